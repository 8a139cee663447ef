package rewrite

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"

	"github.com/muster-crm/muster/shared/job"
	"github.com/muster-crm/muster/shared/policy"
	"github.com/muster-crm/muster/shared/query"
	"github.com/muster-crm/muster/shared/record"
	"github.com/muster-crm/muster/shared/repository"
	"github.com/muster-crm/muster/shared/store"
)

// chunk is how many records one commit rewrites: two operations each, beside the job and its results.
const chunk = 40

// cursor is how far a rewrite has come: a place in the walk over the records of each target, first those in use, then the
// trash. Of an undo it is the item of results that comes next.
type cursor struct {
	Target  int                  `json:"target,omitempty"`
	Trash   bool                 `json:"trash,omitempty"`
	After   *repository.Position `json:"after,omitempty"`
	Through bool                 `json:"through,omitempty"` // the walk is at its end
	Changed int                  `json:"changed,omitempty"` // in this walk
	Chunks  int                  `json:"chunks,omitempty"`  // of results, so far
	Item    string               `json:"item,omitempty"`    // of an undo: the one done last
}

// touched is a record that a chunk changed.
type touched struct {
	Kind     string `json:"kind"`
	ID       string `json:"id"`
	Revision int64  `json:"revision"`
	Path     string `json:"path"`
}

// work is a rewrite being done.
type work struct {
	*Rewriter
	grant   policy.Grant
	request Request
	retired []string // values that were not offered before either
	targets []target
	pace    job.Pace
	ready   bool
}

// Open readies a rewrite at its cursor.
func (r *Rewriter) Open(_ context.Context, g policy.Grant, j *job.Job) (job.Work, error) {
	if err := g.Allow(policy.Manage); err != nil {
		return nil, err
	}
	p, err := paramsOf(j)
	return &work{Rewriter: r, grant: g, request: p.Request, retired: p.Retired, targets: r.targets(p.Of)}, err
}

func (w *work) write(j *job.Job) repository.Write {
	return repository.Write{Grant: w.grant, Batch: j.ID}
}

// where selects the records of a target that have one of the values.
func where(t target, q Request, trash bool) query.Expr {
	op := query.Is
	if q.Of == Tags {
		op = query.Has
	}
	any := query.Or{}
	for _, value := range q.From {
		any = append(any, query.Term{Field: t.path, Op: op, Value: value})
	}
	if !trash {
		return any
	}
	return query.And{any, query.Term{Field: "is", Op: query.Has, Value: "trashed"}}
}

// Chunk rewrites the next records, or puts them back.
func (w *work) Chunk(ctx context.Context, j *job.Job) (end bool, err error) {
	seq, err := w.Records.Seq(ctx, w.grant)
	if err != nil {
		return false, err
	}
	if err := w.pace.Rest(ctx, seq); err != nil {
		return false, err
	}
	defer w.pace.Begin()()
	var at cursor
	if j.Cursor != nil {
		if err := json.Unmarshal(j.Cursor, &at); err != nil {
			return false, err
		}
	}
	if j.Phase == phaseUndo {
		return w.putBack(ctx, j, at)
	}
	if !w.ready {
		if err := w.retire(ctx, j); err != nil {
			return false, err
		}
		w.ready = true
	}
	return w.run(ctx, j, at)
}

func (w *work) run(ctx context.Context, j *job.Job, at cursor) (end bool, err error) {
	for at.Target < len(w.targets) {
		t := w.targets[at.Target]
		if at.Through {
			at = at.next()
			continue
		}
		list, err := w.Records.List(ctx, w.grant, t.kind.Name, repository.Question{Where: where(t, w.request, at.Trash),
			Sort: []repository.Sort{{Path: "id"}}, After: at.After, Limit: w.chunk})
		if err != nil {
			return false, err
		}
		at.After, at.Through = list.Next, list.Next == nil
		if len(list.IDs) > 0 {
			return false, w.rewrite(ctx, j, at, t, list.IDs)
		}
	}
	return true, nil
}

// next is where to go after a walk: the same once more when it changed anything, for what was written behind it; else
// through the trash, and then to the next target.
func (c cursor) next() cursor {
	switch {
	case c.Changed > 0:
		return cursor{Target: c.Target, Trash: c.Trash, Chunks: c.Chunks}
	case !c.Trash:
		return cursor{Target: c.Target, Trash: true, Chunks: c.Chunks}
	}
	return cursor{Target: c.Target + 1, Chunks: c.Chunks}
}

// rewrite changes some records in one commit with the cursor.
func (w *work) rewrite(ctx context.Context, j *job.Job, at cursor, t target, ids []string) error {
	matches := w.request.matches()
	var next job.Job
	_, err := w.Records.EditMany(ctx, w.write(j), t.kind.Name, ids, func(before record.Record) (record.Record, error) {
		return substitute(t.kind, before, t.path, matches, w.request.To)
	}, func(outcomes []repository.Outcome) ([]store.Op, error) {
		place, done := at, []touched{}
		counts := map[string]int64{}
		maps.Copy(counts, j.Counts)
		for _, out := range outcomes {
			if out.Err != nil || out.Record == nil {
				continue
			}
			base := out.Record.Base()
			done = append(done, touched{Kind: t.kind.Name, ID: base.ID, Revision: base.Version + 1, Path: top(t.path)})
		}
		place.Changed += len(done)
		counts["done"] += int64(len(done))
		return w.save(j, &next, place, counts, done)
	})
	return j.Become(&next, err)
}

// save gives the operations that move a job on and keep what a chunk changed.
func (w *work) save(j, next *job.Job, at cursor, counts map[string]int64, done []touched) ([]store.Op, error) {
	var ops []store.Op
	if len(done) > 0 {
		value, err := json.Marshal(done)
		if err != nil {
			return nil, err
		}
		ops = append(ops, store.Op{Kind: store.Put, Key: j.Item(result(at.Chunks)), Expect: store.Absent, Value: value})
		at.Chunks++
	}
	raw, err := json.Marshal(at)
	if err != nil {
		return nil, err
	}
	*next = *j
	next.Cursor, next.Counts, next.UpdatedAt = raw, counts, w.Records.Clock.Now()
	put, err := next.Put()
	return append(ops, put), err
}

// result names the item of a chunk's results, so that later ones come first.
func result(chunk int) string { return fmt.Sprintf("r/%06d", 999_999-chunk) }

// substitute gives a record in which a value takes the place of others in one field; nil when it has none of them. A
// list of plain values holds it once.
func substitute(k *record.Kind, before record.Record, path string, matches func(string) bool, to string) (record.Record, error) {
	encoded, err := json.Marshal(before)
	if err != nil {
		return nil, err
	}
	var doc map[string]any
	d := json.NewDecoder(bytes.NewReader(encoded))
	d.UseNumber()
	if err := d.Decode(&doc); err != nil {
		return nil, err
	}
	if !put(doc, path, matches, to) {
		return nil, nil
	}
	if encoded, err = json.Marshal(doc); err != nil {
		return nil, err
	}
	return k.Decode(encoded, before.Base().Version)
}
