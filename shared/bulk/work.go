package bulk

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/muster-crm/muster/shared/account"
	"github.com/muster-crm/muster/shared/fault"
	"github.com/muster-crm/muster/shared/job"
	"github.com/muster-crm/muster/shared/policy"
	"github.com/muster-crm/muster/shared/repository"
	"github.com/muster-crm/muster/shared/store"
)

const (
	chunkRecords = 44     // of one commit: two operations each, beside those of the job
	listIDs      = 900    // of one item of the target: with the longest of ids it is smaller than an item may be
	gatherLists  = 20     // items of the target that one commit writes down
	snapshotEach = 20_000 // records after which a snapshot of the index is written
)

// The counts of a job. What was changed and what was not are kept while it is undone.
const (
	countDone      = "done" // records dealt with in this phase, whatever became of them
	countChanged   = "changed"
	countUnchanged = "unchanged"
	countSkipped   = "skipped"
	countFailed    = "failed"
	countBack      = "back"  // put back by undo
	countKept      = "kept"  // left as they are by undo
	countUndos     = "undos" // how often an undo was begun
)

// cursor is how far a bulk action has come. Until all of the target is written down, After is where that goes on; then
// Item and Offset say which of the ids comes next. Of an undo they do so among the results.
type cursor struct {
	Gathered bool                 `json:"gathered,omitempty"`
	After    *repository.Position `json:"after,omitempty"`
	Lists    int                  `json:"lists,omitempty"`  // items of the target
	Found    int                  `json:"found,omitempty"`  // ids in them
	Item     int                  `json:"item,omitempty"`   //
	Offset   int                  `json:"offset,omitempty"` //
	Chunks   int                  `json:"chunks,omitempty"` // of results, so far
}

// The names of a job's items. Results are found by their number, so that the cursor can be one.
func listName(n int) string   { return fmt.Sprintf("t/%06d", n) }
func resultName(n int) string { return fmt.Sprintf("r/%06d", n) }
func exceptName(n int) string { return fmt.Sprintf("x/%06d", n) }
func undoName(undo int64, n int) string {
	return fmt.Sprintf("u/%03d/%06d", undo, n)
}

// work is a bulk action being done or undone.
type work struct {
	*Bulks
	grant   policy.Grant
	ready   *ready
	bulk    Bulk
	pace    job.Pace
	ids     []string // of the item of the target that is being worked on
	item    int      // its number; -1: none
	results []Result // likewise, of an undo
	since   int      // records since the last snapshot
}

// Open readies a bulk action at its cursor.
func (b *Bulks) Open(ctx context.Context, g policy.Grant, j *job.Job) (job.Work, error) {
	bulk, err := open(j)
	if err != nil {
		return nil, err
	}
	w := &work{Bulks: b, grant: g, bulk: bulk, item: -1}
	if j.Phase == phaseUndo {
		return w, g.Allow(needOf(bulk.Request.Kind))
	}
	q := bulk.Request
	if bulk.Ticked {
		q.Target.IDs = []string{"ticked"} // they are written down
	}
	w.ready, err = b.check(ctx, w.write(j), q)
	return w, err
}

func (w *work) write(j *job.Job) repository.Write {
	return repository.Write{Grant: w.grant, Batch: j.ID}
}

// Chunk does the next records.
func (w *work) Chunk(ctx context.Context, j *job.Job) (end bool, err error) {
	head, err := w.Records.Log.Head(ctx, j.Tenant())
	if err != nil {
		return false, store.Fault(err)
	}
	if err := w.pace.Rest(ctx, head.Seq); err != nil {
		return false, err
	}
	defer w.pace.Begin()()
	var at cursor
	if j.Cursor != nil {
		if err := json.Unmarshal(j.Cursor, &at); err != nil {
			return false, err
		}
	}
	switch {
	case j.Phase == phaseUndo && w.bulk.Request.Kind == account.Name:
		return w.putUserBack(ctx, j, at)
	case j.Phase == phaseUndo:
		return w.putBack(ctx, j, at)
	case !at.Gathered:
		return false, w.gather(ctx, j, at)
	case w.ready.ofUsers():
		return w.runUser(ctx, j, at)
	}
	return w.run(ctx, j, at)
}

// gather writes down which records it is about: the next of them.
func (w *work) gather(ctx context.Context, j *job.Job, at cursor) error {
	next := *j
	var ops []store.Op
	if w.bulk.Ticked {
		at.Gathered = true
	} else {
		ids, more, err := w.Records.Matching(ctx, w.grant, w.ready.kind.Name, repository.Question{Where: w.ready.where,
			Sort: []repository.Sort{{Path: "id"}}, After: at.After, Limit: w.list * gatherLists})
		if err != nil {
			return err
		}
		if ops, err = w.lists(j.Tenant(), j.ID, at.Lists, w.near(ids)); err != nil {
			return err
		}
		at.After, at.Gathered, at.Lists, at.Found = more, more == nil, at.Lists+len(ops), at.Found+len(ids)
		if at.Gathered {
			next.Total = int64(at.Found)
			if w.ready.todo.sure >= 0 && at.Found != w.ready.todo.sure {
				return fault.New(fault.Conflict, "count_moved") // since it was confirmed
			}
		}
	}
	var err error
	if next.Cursor, err = json.Marshal(at); err != nil {
		return err
	}
	if err := w.Jobs.Save(ctx, &next, ops...); err != nil {
		return err
	}
	*j = next
	return nil
}

// near puts ids in an order in which records that are written together lie together, ten partitions of the table side by
// side: a commit then touches a few pages of an embedded store, and no partition of a table has to take it alone.
func (w *work) near(ids []string) []string {
	side := make(map[string]string, len(ids))
	for _, id := range ids {
		partition := w.grant.Tenant().Record(id, w.ready.kind.Name, id).Partition
		side[id] = partition[:len(partition)-1]
	}
	slices.SortStableFunc(ids, func(a, b string) int { return strings.Compare(side[a], side[b]) })
	return ids
}

// run does the next records in one commit with the cursor.
func (w *work) run(ctx context.Context, j *job.Job, at cursor) (end bool, err error) {
	ids, err := w.next(ctx, j, &at)
	if err != nil || len(ids) == 0 {
		return err == nil, err
	}
	var next job.Job
	n := 0
	_, err = w.Records.ChangeMany(ctx, w.write(j), w.ready.kind.Name, ids, w.ready.todo.step, func(outcomes []repository.Outcome) ([]store.Op, error) {
		n = len(outcomes)
		results := make([]Result, n)
		for i, out := range outcomes {
			results[i] = resultOf(ids[i], out)
		}
		moved := at
		moved.Offset, moved.Chunks = at.Offset+n, at.Chunks+1
		counts := counted(j, results)
		ops, err := keep(j, resultName(at.Chunks), results)
		if err != nil {
			return nil, err
		}
		if except := exceptions(results); len(except) > 0 {
			more, err := keep(j, exceptName(at.Chunks), except)
			if err != nil {
				return nil, err
			}
			ops = append(ops, more...)
		}
		return w.save(j, &next, moved, counts, ops)
	})
	if err := j.Become(&next, err); err != nil {
		return false, err
	}
	return false, w.snapshot(ctx, n)
}

// next gives the ids that come next.
func (w *work) next(ctx context.Context, j *job.Job, at *cursor) ([]string, error) {
	for {
		if w.item != at.Item {
			w.ids = nil
			if _, err := w.read(ctx, j, listName(at.Item), &w.ids); err != nil {
				return nil, err
			}
			w.item = at.Item
		}
		if len(w.ids) == 0 || at.Offset < len(w.ids) {
			return w.ids[min(at.Offset, len(w.ids)):min(at.Offset+w.chunk, len(w.ids))], nil
		}
		at.Item, at.Offset = at.Item+1, 0
	}
}

// read reads an item of a job and tells whether there is one.
func (w *work) read(ctx context.Context, j *job.Job, name string, into any) (bool, error) {
	items, _, err := w.Jobs.Items(ctx, j, name, "", 1)
	if err != nil || len(items) == 0 {
		return false, err
	}
	return true, json.Unmarshal(items[0].Value, into)
}

// counted gives a job's counts with results added.
func counted(j *job.Job, results []Result) map[string]int64 {
	counts := map[string]int64{}
	maps.Copy(counts, j.Counts)
	for _, r := range results {
		counts[countOf[r.Result]]++
	}
	counts[countDone] += int64(len(results))
	return counts
}

// keep gives the operation that writes results.
func keep(j *job.Job, name string, results []Result) ([]store.Op, error) {
	value, err := json.Marshal(results)
	return []store.Op{{Kind: store.Put, Key: j.Item(name), Expect: store.Absent, Value: value}}, err
}

// save adds the operation that moves a job on.
func (w *work) save(j, next *job.Job, at cursor, counts map[string]int64, ops []store.Op) ([]store.Op, error) {
	raw, err := json.Marshal(at)
	if err != nil {
		return nil, err
	}
	*next = *j
	next.Cursor, next.Counts, next.UpdatedAt = raw, counts, w.Records.Clock.Now()
	put, err := next.Put()
	return append(ops, put), err
}

// snapshot writes one of the index now and then.
func (w *work) snapshot(ctx context.Context, n int) error {
	if w.since += n; w.since < snapshotEach || w.bulk.Request.Kind == account.Name {
		return nil
	}
	w.since = 0
	return w.Records.Snapshot(ctx, w.grant)
}

// Finish writes a snapshot of the index.
func (w *work) Finish(ctx context.Context, _ *job.Job) error {
	if w.bulk.Request.Kind == account.Name {
		return nil // they are in no index
	}
	return w.Records.Snapshot(ctx, w.grant)
}

// Close has nothing to release.
func (w *work) Close() error { return nil }
