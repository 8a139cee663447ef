package importer

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"strings"
	"time"

	"github.com/muster-crm/muster/shared/contact"
	"github.com/muster-crm/muster/shared/fault"
	"github.com/muster-crm/muster/shared/job"
	"github.com/muster-crm/muster/shared/policy"
	"github.com/muster-crm/muster/shared/repository"
	"github.com/muster-crm/muster/shared/store"
)

// Undoable is how long after it ran an import can be taken back (IMP-11).
const Undoable = 30 * 24 * time.Hour

// The counts of an undo, beside those of the rows: what it put back, what it left as it is, and how often one was begun.
const (
	countBack  = "back"
	countUndos = "undos"
)

// Written tells how many rows changed something.
func (i Import) Written() int64 { return i.Counts[Create] + i.Counts[Update] + i.Counts[Merge] }

// Undoable tells whether the import can be taken back at a time.
func (i Import) Undoable(now time.Time) bool {
	ran := i.Phase == phaseRun && (i.State == job.Done || i.State == job.Cancelled || i.State == job.Failed) ||
		i.Phase == phaseUndo && (i.State == job.Cancelled || i.State == job.Failed)
	return ran && i.Written() > 0 && now.Before(i.UndoUntil())
}

// UndoUntil tells until when the import can be taken back.
func (i Import) UndoUntil() time.Time { return i.ran.Add(Undoable) }

// Undo takes back what an import that has ended wrote: what it made goes to the trash, what it changed is as before. What was
// edited since stays, and is listed by Rows with the result Kept. The fault is Conflict: not_undoable for an import that did
// not run, or was undone, undo_too_late when its time is over.
func (i *Importer) Undo(ctx context.Context, g policy.Grant, id string) (Import, error) {
	if _, _, err := i.get(ctx, g, id); err != nil {
		return Import{}, err
	}
	for _, need := range []policy.Action{policy.Edit, policy.Trash} {
		if err := g.Allow(need); err != nil {
			return Import{}, err
		}
	}
	j, err := i.Jobs.Start(ctx, g, id, phaseUndo, func(j *job.Job) error {
		imp, p, err := open(j)
		if err != nil {
			return err
		}
		now := i.Records.Clock.Now()
		if !imp.Undoable(now) {
			if imp.Written() > 0 && imp.State != job.Undone && !now.Before(imp.UndoUntil()) {
				return fault.New(fault.Conflict, "undo_too_late")
			}
			return fault.New(fault.Conflict, "not_undoable")
		}
		p.Ran = imp.ran
		counts := maps.Clone(j.Counts)
		delete(counts, countBack)
		delete(counts, Kept)
		counts["done"] = 0
		counts[countUndos]++
		j.Counts, j.Total = counts, imp.Written()
		return p.into(j)
	})
	if err != nil {
		return Import{}, err
	}
	imp, _, err := open(j)
	return imp, err
}

// undoing is an import being taken back: its results are walked in the order of the file.
type undoing struct {
	*Importer
	grant  policy.Grant
	params params
	pace   pace
	item   string // of results, that is being worked on
	rows   []RowResult
	since  int // rows since the last snapshot
}

// undoCursor is how far an undo has come: the item of results, and how many of its rows are done.
type undoCursor struct {
	Item string `json:"item,omitempty"`
	Rows int    `json:"rows,omitempty"`
}

// Chunk takes back the next rows, in one commit with the cursor.
func (u *undoing) Chunk(ctx context.Context, j *job.Job) (bool, error) {
	var at undoCursor
	if j.Cursor != nil {
		if err := json.Unmarshal(j.Cursor, &at); err != nil {
			return false, err
		}
	}
	rows, err := u.next(ctx, j, &at)
	if err != nil || len(rows) == 0 {
		return err == nil, err
	}
	if err := u.pace.rest(ctx, u.Importer, u.grant); err != nil {
		return false, err
	}
	defer u.pace.begin()()
	deeds, ends := deedsOf(rows)
	var next job.Job
	n := 0
	_, err = u.Records.TakeBack(ctx, repository.Write{Grant: u.grant, Batch: j.ID}, deeds, func(back []repository.Returned) ([]store.Op, error) {
		n = 0
		for n < len(rows) && ends[n] <= len(back) {
			n++
		}
		kept := keptOf(rows[:n], ends, back)
		next = *j
		next.UpdatedAt = u.Records.Clock.Now()
		next.Counts = maps.Clone(j.Counts)
		for _, r := range rows[:n] {
			if wrote(r) {
				next.Counts["done"]++
				next.Counts[countBack]++
			}
		}
		next.Counts[countBack] -= int64(len(kept))
		next.Counts[Kept] += int64(len(kept))
		moved := undoCursor{at.Item, at.Rows + n}
		var err error
		if next.Cursor, err = json.Marshal(moved); err != nil {
			return nil, err
		}
		var ops []store.Op
		if len(kept) > 0 {
			value, err := json.Marshal(kept)
			if err != nil {
				return nil, err
			}
			name := undoPrefix(j) + lineName(kept[len(kept)-1].Line)
			ops = append(ops, store.Op{Kind: store.Put, Key: j.Item(name), Expect: store.Absent, Value: value})
		}
		put, err := next.Put()
		return append(ops, put), err
	})
	var failed *store.Failed
	if errors.As(err, &failed) {
		return false, fault.New(fault.Conflict, "job_moved")
	}
	if err != nil {
		return false, err
	}
	next.Saved()
	*j = next
	u.pace.wrote(1)
	if n == 0 {
		return false, fmt.Errorf("importer: a row of %d records does not go into one commit", ends[0])
	}
	if u.since += n; u.since >= snapshotRows {
		u.since = 0
		return false, u.Records.Snapshot(ctx, u.grant)
	}
	return false, nil
}

// undoPrefix is where what an undo kept is told.
func undoPrefix(j *job.Job) string { return fmt.Sprintf("u/%03d/", j.Counts[countUndos]) }

// next gives the rows that come next, of one item of results.
func (u *undoing) next(ctx context.Context, j *job.Job, at *undoCursor) ([]RowResult, error) {
	prefix := u.params.Attempt + "/a/"
	for {
		if u.item != at.Item || at.Item == "" || at.Rows >= len(u.rows) {
			after := at.Item
			if u.item != at.Item && at.Item != "" {
				// Begun anew at a cursor: the item it names itself.
				after = before(at.Item)
			}
			items, _, err := u.Jobs.Items(ctx, j, prefix, after, 1)
			if err != nil || len(items) == 0 {
				return nil, err
			}
			u.rows = nil
			if err := json.Unmarshal(items[0].Value, &u.rows); err != nil {
				return nil, err
			}
			u.item = items[0].Key.Sort
			if at.Item != u.item {
				at.Item, at.Rows = u.item, 0
			}
		}
		for at.Rows < len(u.rows) && !wrote(u.rows[at.Rows]) {
			at.Rows++
		}
		if at.Rows < len(u.rows) {
			return u.rows[at.Rows:min(at.Rows+u.sizes.undo, len(u.rows))], nil
		}
	}
}

// before gives a name that comes right before that of an item.
func before(name string) string {
	at := strings.LastIndexByte(name, '/') + 1
	var line int
	if _, err := fmt.Sscanf(name[at:], "%d", &line); err != nil || line == 0 {
		return ""
	}
	return name[:at] + lineName(line-1)
}

// wrote tells whether a row changed something.
func wrote(r RowResult) bool {
	return r.Result == Create || r.Result == Update || r.Result == Merge
}

// deedsOf lists what rows did, and after how many of the deeds each row ends.
func deedsOf(rows []RowResult) (deeds []repository.Deed, ends []int) {
	for _, r := range rows {
		if wrote(r) {
			if r.Revision > 0 {
				deeds = append(deeds, repository.Deed{Kind: contact.Name, ID: r.RecordID, Revision: r.Revision})
			}
			for _, l := range r.Links {
				deeds = append(deeds, repository.Deed{Kind: l.Kind, ID: l.ID, Revision: l.Revision})
			}
		}
		ends = append(ends, len(deeds))
	}
	return deeds, ends
}

// keptOf lists the rows of which something stays as it is, and why.
func keptOf(rows []RowResult, ends []int, back []repository.Returned) []RowResult {
	var kept []RowResult
	from := 0
	for i, r := range rows {
		out := RowResult{Line: r.Line, Result: Kept, Title: r.Title, RecordID: r.RecordID}
		for _, b := range back[from:ends[i]] {
			if b.Err != nil {
				out.Reasons = append(out.Reasons, reasons(b.Err, nil)...)
			}
			for _, field := range b.Kept {
				out.Reasons = append(out.Reasons, Reason{Field: field, Code: "edited_since"})
			}
		}
		from = ends[i]
		if len(out.Reasons) > 0 {
			kept = append(kept, out)
		}
	}
	return kept
}

// Finish writes a snapshot of the index.
func (u *undoing) Finish(ctx context.Context, _ *job.Job) error {
	return u.Records.Snapshot(ctx, u.grant)
}

// Close has nothing to release.
func (u *undoing) Close() error { return nil }
