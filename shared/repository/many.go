package repository

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"

	"github.com/muster-crm/muster/shared/fault"
	"github.com/muster-crm/muster/shared/log"
	"github.com/muster-crm/muster/shared/policy"
	"github.com/muster-crm/muster/shared/record"
	"github.com/muster-crm/muster/shared/store"
)

// Changes of many records in one commit: those somebody asks for (ChangeMany), those the system makes by itself
// (EditMany), and their undoing (UndoMany). All take the records one by one through what a single change goes through.
// What is refused is left out and has its fault in its outcome; the others are written together, with the operations the
// caller adds, which tell of the outcomes (a job's cursor and results); the commit then happens even when nothing changed.
// An outcome without Err and Record is of a record left alone.
//
// One commit holds so many operations and bytes: they answer outcomes for the first of the ids that fit, one at least.

// Step is what is to be done with one of many records. The zero Step leaves it alone.
type Step struct {
	Patch []byte // a merge patch, as Patch takes it
	Trash bool
}

// ChangeMany patches and trashes records, each as Patch and Trash do it. step says what is to become of a record, or with
// a fault why nothing is. Extra may be nil.
func (r *Repository) ChangeMany(ctx context.Context, w Write, kind string, ids []string, step func(record.Record) (Step, error),
	extra func([]Outcome) ([]store.Op, error)) ([]Outcome, error) {
	return r.many(ctx, w, kind, ids, r.stepping(step), extra)
}

// JudgeMany tells of all the ids what ChangeMany would do with them, and writes nothing.
func (r *Repository) JudgeMany(ctx context.Context, w Write, kind string, ids []string, step func(record.Record) (Step, error)) ([]Outcome, error) {
	k, err := r.Kind(kind)
	if err != nil {
		return nil, err
	}
	m, err := r.moment(ctx, w.Grant)
	if err != nil {
		return nil, err
	}
	var all []Outcome
	for len(all) < len(ids) {
		l, err := r.judgeLot(ctx, w, m, k, ids[len(all):], r.stepping(step))
		if err != nil {
			return nil, err
		}
		all = append(all, l.outcomes...)
	}
	return all, nil
}

// stepping makes edits of steps.
func (r *Repository) stepping(step func(record.Record) (Step, error)) choice {
	return func(_ context.Context, _ moment, before stored) (edit, error) {
		if before.record.Base().DeletedAt != nil {
			return edit{}, fault.New(fault.Conflict, "trashed")
		}
		s, err := step(before.record)
		switch {
		case err != nil:
			return edit{}, err
		case s.Trash:
			return r.trashing(func(k *record.Kind, before record.Record) (record.Record, error) { return k.Copy(before) }), nil
		case s.Patch != nil:
			e := patching(s.Patch)
			e.size = len(s.Patch)
			return e, nil
		}
		return edit{}, nil
	}
}

// EditMany changes records each as alter makes it from what is stored: a new version, or nil to leave it alone. Records in
// the trash take part. What alter makes is not held against the kind's rules: this is for the system's own work on many
// records, where one that no longer passes them must not stand in the way.
func (r *Repository) EditMany(ctx context.Context, w Write, kind string, ids []string, alter func(record.Record) (record.Record, error),
	extra func([]Outcome) ([]store.Op, error)) ([]Outcome, error) {
	k, err := r.Kind(kind)
	if err != nil {
		return nil, err
	}
	if err := allow(w.Grant, k, policy.Edit); err != nil {
		return nil, err
	}
	return r.many(ctx, w, kind, ids, func(_ context.Context, _ moment, before stored) (edit, error) {
		after, err := alter(before.record)
		if err != nil || after == nil {
			return edit{}, err
		}
		return edit{action: actionEdit, need: policy.Edit, lax: true,
			alter: func(*record.Kind, record.Record) (record.Record, error) { return after, nil }}, nil
	}, extra)
}

// Mark names a change of a record that is to be undone: the revision it led to.
type Mark struct {
	ID       string `json:"id"`
	Revision int64  `json:"revision"`
}

// UndoMany takes changes of the write's batch back: each record is as it was before, whatever its kind's rules are by now. Of
// one that was edited since, each field that still holds what the change put there gets back what it held before; those that do
// not stay, and are named in its outcome. One that was trashed comes back unless a key of it was taken, which is the fault
// Conflict, as edited_since is where somebody else has trashed it since. What the batch has taken back already is left alone.
func (r *Repository) UndoMany(ctx context.Context, w Write, kind string, marks []Mark, extra func([]Outcome) ([]store.Op, error)) ([]Outcome, error) {
	ids, revisions := make([]string, len(marks)), map[string]int64{}
	keys := make([]store.Key, len(marks))
	for i, mark := range marks {
		ids[i], revisions[mark.ID] = mark.ID, mark.Revision
		keys[i] = w.tenant().Change(mark.ID, mark.Revision)
	}
	found, err := r.fetch(ctx, keys)
	if err != nil {
		return nil, err
	}
	k, err := r.Kind(kind)
	if err != nil {
		return nil, err
	}
	kept := map[string][]string{}
	told := func(outcomes []Outcome) ([]store.Op, error) {
		for i := range outcomes {
			outcomes[i].Kept = kept[ids[i]]
		}
		return extra(outcomes)
	}
	return r.many(ctx, w, kind, ids, func(ctx context.Context, m moment, before stored) (edit, error) {
		base := before.record.Base()
		delete(kept, base.ID) // of an attempt before
		revision, named := revisions[base.ID]
		if !named {
			return edit{}, fault.New(fault.Conflict, "merged") // it is another record's since
		}
		item := found[w.tenant().Change(base.ID, revision)]
		if item == nil {
			return edit{}, fault.New(fault.NotFound, "not_found")
		}
		c, err := readChange(*item)
		if err != nil {
			return edit{}, err
		}
		e := r.taking(c)
		switch {
		case base.Version == revision: // nothing has followed it
		case actionOf(c) == actionTrash:
			if e, err = r.lifting(ctx, w, before, revision, e); err != nil {
				return edit{}, err
			}
		default:
			out := Returned{}
			back, err := r.returning(ctx, w, m, k, base.ID, before, item, &out)
			kept[base.ID] = slices.DeleteFunc(out.Kept, func(path string) bool { f, ok := k.Member(path); return ok && f.Derived })
			if err != nil || back.after == nil {
				return edit{}, err
			}
			e = edit{action: back.action, need: policy.Edit, lax: true, alter: func(*record.Kind, record.Record) (record.Record, error) { return back.after, nil }}
		}
		e.size = len(item.Value)
		return e, nil
	}, told)
}

// taking is the edit that takes a change of a record back which nothing has followed.
func (r *Repository) taking(c record.Change) edit {
	back := func(k *record.Kind, now record.Record) (record.Record, error) { return before(k, now, c) }
	switch actionOf(c) {
	case actionCreate:
		return r.trashing(func(k *record.Kind, now record.Record) (record.Record, error) { return k.Copy(now) })
	case actionTrash:
		return edit{action: actionRestore, need: policy.Restore, alter: restored}
	case actionRestore:
		return r.trashing(back)
	}
	return edit{action: actionRevert, need: policy.Edit, lax: true, undo: true, alter: back}
}

// lifting is the edit that takes a record out of the trash into which a batch put it, back; none when it is not there any more. The
// fault is Conflict (edited_since) when it came back since, and somebody has put it away again.
func (r *Repository) lifting(ctx context.Context, w Write, before stored, revision int64, back edit) (edit, error) {
	base := before.record.Base()
	if base.DeletedAt == nil {
		return edit{}, nil
	}
	since, err := r.since(ctx, w, base.ID, revision)
	if err != nil {
		return edit{}, err
	}
	for _, c := range since {
		switch {
		case actionOf(c) == actionRestore && c.Batch == w.Batch:
			return edit{}, nil // taken back already
		case actionOf(c) == actionTrash:
			return edit{}, fault.New(fault.Conflict, "edited_since")
		}
	}
	return back, nil
}

// before gives a record with the fields of a change as they were before it.
func before(k *record.Kind, now record.Record, c record.Change) (record.Record, error) {
	values := make([]record.PathValue, 0, len(c.Fields))
	for _, f := range c.Fields {
		if _, ok := k.Member(f.Field); ok {
			values = append(values, record.PathValue{Path: f.Field, Value: f.From})
		}
	}
	if len(values) == len(c.Fields) {
		return k.With(now, values)
	}
	encoded, err := json.Marshal(now)
	if err != nil {
		return nil, err
	}
	var doc map[string]json.RawMessage
	if err := json.Unmarshal(encoded, &doc); err != nil {
		return nil, err
	}
	for _, f := range c.Fields {
		if err := replace(doc, f.Field, f.From); err != nil {
			return nil, err
		}
	}
	if encoded, err = json.Marshal(doc); err != nil {
		return nil, err
	}
	return k.Decode(encoded, now.Base().Version)
}

// replace sets a field, or a member of a map, whose name may have dots; nil takes it away, and the map with its last member.
func replace(doc map[string]json.RawMessage, path string, value json.RawMessage) error {
	name, inner, deeper := strings.Cut(path, ".")
	if deeper {
		members := map[string]json.RawMessage{}
		if doc[name] != nil {
			if err := json.Unmarshal(doc[name], &members); err != nil {
				return err
			}
		}
		if members[inner] = value; value == nil {
			delete(members, inner)
		}
		value = nil
		if len(members) > 0 {
			var err error
			if value, err = json.Marshal(members); err != nil {
				return err
			}
		}
	}
	if doc[name] = value; value == nil {
		delete(doc, name)
	}
	return nil
}

// choice chooses what is done to one of many records, at a moment.
type choice func(ctx context.Context, m moment, before stored) (edit, error)

// many makes edits of many records in one commit.
func (r *Repository) many(ctx context.Context, w Write, kind string, ids []string, choose choice,
	extra func([]Outcome) ([]store.Op, error)) ([]Outcome, error) {
	k, err := r.Kind(kind)
	if err != nil {
		return nil, err
	}
	for attempt := 1; attempt <= maxJudgements; attempt++ {
		m, err := r.moment(ctx, w.Grant)
		if err != nil {
			return nil, err
		}
		l, err := r.judgeLot(ctx, w, m, k, ids, choose)
		if err == nil {
			err = r.commitLot(ctx, w, k, l, extra)
		}
		if !errors.Is(err, errClaims) && !errors.Is(err, fault.Stale) {
			return l.outcomes, err
		}
		if err := rest(ctx, attempt); err != nil {
			return nil, err
		}
	}
	return nil, fault.New(fault.Unavailable, "busy")
}

// commitLot writes what was judged.
func (r *Repository) commitLot(ctx context.Context, w Write, k *record.Kind, l lot, extra func([]Outcome) ([]store.Op, error)) error {
	p := plan{changes: l.changes, claims: l.claims, orders: l.moment.orders, seats: l.moment.seats}
	if extra != nil {
		var err error
		if p.ops, err = extra(l.outcomes); err != nil {
			return err
		}
	} else if len(l.changes) == 0 {
		return nil
	}
	action := actionEdit
	if len(l.changes) > 0 {
		action = l.changes[0].action
	}
	_, err := r.commit(ctx, w, k.Name+"."+action, p)
	return err
}

// What a commit of many changes holds at most beside the caller's operations, of which there may be extraOps.
const (
	extraOps   = 8
	lotBytes   = store.MaxBatch - 1<<20 // the caller's and the log's are in the rest
	changeSize = 2 << 10                // of a change, beside the values it tells of
)

// lot is the part of many changes that one commit holds, judged.
type lot struct {
	moment   moment
	outcomes []Outcome
	changes  []change
	claims   *claims
}

// judgeLot makes and holds against the rules as many of the edits as one commit holds.
func (r *Repository) judgeLot(ctx context.Context, w Write, m moment, k *record.Kind, ids []string, choose choice) (lot, error) {
	m, err := r.ordered(ctx, w.Grant, m, k)
	if err != nil {
		return lot{}, err
	}
	env, err := r.env(w, m, k)
	if err != nil {
		return lot{}, err
	}
	ids = ids[:min(len(ids), store.MaxGet)]
	all, err := r.loadMany(ctx, w, k, ids)
	if err != nil {
		return lot{}, err
	}
	l := lot{moment: m, outcomes: make([]Outcome, 0, len(ids))}
	var at []int                     // the outcomes of the changes
	var named [][]record.Reference   // what they name anew
	var checked []bool               // those that are held against the rules
	var taken, released []record.Key // unique keys
	ops, size := extraOps+len(w.Due), 0
	for i := range ids {
		c, e, err := r.alter(ctx, w, m, k, env, all[i], choose)
		if err != nil && !refused(err) {
			return lot{}, err
		}
		out := Outcome{Err: err}
		if err == nil && c.after != nil {
			begin, end := newKeys(c.before.record, c.after), newKeys(c.after, c.before.record)
			cost, weight := 2+len(begin)+len(end), changeSize+2*len(c.before.raw)+3*e.size
			if len(l.changes) > 0 && (ops+cost > log.MaxOps || size+weight > lotBytes) {
				break
			}
			ops, size = ops+cost, size+weight
			taken, released = append(taken, begin...), append(released, end...)
			out.Record = c.after
			at = append(at, i)
			l.changes = append(l.changes, c)
			var refs []record.Reference
			if e.checked() {
				refs = newReferences(k, c.before.record, c.after, m.cfg.Fields)
			}
			named, checked = append(named, refs), append(checked, e.checked())
		}
		l.outcomes = append(l.outcomes, out)
	}
	if l.claims, err = r.readClaims(ctx, w.tenant(), append(taken, released...)); err != nil {
		return lot{}, err
	}
	if err := r.ending(ctx, l.claims, idsOf(l.changes)...); err != nil {
		return lot{}, err
	}
	dangling, err := r.dangling(ctx, w.Grant, m.cfg, named)
	if err != nil {
		return lot{}, err
	}
	return l, r.settle(ctx, w, &l, at, dangling, checked)
}

// settle takes and releases the keys and places of changes in their order, and drops those whose keys, references or places are
// refused.
func (r *Repository) settle(ctx context.Context, w Write, l *lot, at []int, dangling []error, checked []bool) error {
	kept := l.changes[:0]
	for i, c := range l.changes {
		out := &l.outcomes[at[i]]
		out.Err = dangling[i]
		var seats taking
		if out.Err == nil && checked[i] {
			var err error
			if seats, err = l.moment.seats.asks(c.kind, c.before.record, c.after); err != nil && !refused(err) {
				return err
			}
			out.Err = err
		}
		if out.Err == nil {
			refused, warned := l.claims.judge(l.moment, c.kind.Name, c.after.Base().ID, newKeys(c.before.record, c.after))
			if len(refused) > 0 {
				if out.Err = r.conflict(ctx, w.Grant, refused, nil); !errors.Is(out.Err, fault.Conflict) {
					return out.Err // the holders could not be read: that is no fault of the record
				}
			}
			var err error
			if out.Warnings, err = r.warnings(ctx, w.Grant, warned, nil); err != nil {
				return err
			}
		}
		if out.Err != nil {
			out.Record = nil
			continue
		}
		if err := r.release(ctx, l.claims, c); err != nil {
			return err
		}
		l.moment.seats.note(seats)
		kept = append(kept, c)
	}
	l.changes = kept
	return nil
}

// refused tells whether an error is about the record it came with, so that others may go on without it.
func refused(err error) bool {
	var f *fault.Fault
	if !errors.As(err, &f) {
		return false
	}
	return f.Kind != fault.Internal && f.Kind != fault.Unavailable
}

// loadMany reads records; one that is not there, or not to be seen, is nil. A merged one is the record it has ended in, once
// for all ids that lead there; the others are marked.
func (r *Repository) loadMany(ctx context.Context, w Write, k *record.Kind, ids []string) ([]stored, error) {
	var keys []store.Key
	for _, id := range ids {
		keys = append(keys, r.keysFor(w.tenant(), k, id)...)
	}
	found, err := r.fetch(ctx, keys)
	if err != nil {
		return nil, err
	}
	all, seen := make([]stored, len(ids)), map[string]bool{}
	for i, id := range ids {
		own := r.keysFor(w.tenant(), k, id)
		if len(own) == 0 || found[own[0]] == nil {
			continue
		}
		if len(own) > 1 {
			if all[i].owner, err = r.endOf(ctx, w.tenant(), found[own[1]]); err != nil {
				return nil, err
			}
			if all[i].owner == "" {
				continue
			}
		}
		item := found[own[0]]
		all[i].raw = item.Value
		if all[i].record, err = k.Decode(item.Value, item.Revision); err != nil {
			return nil, err
		}
		if all[i], err = r.follow(ctx, w.tenant(), k, all[i]); err != nil {
			return nil, err
		}
		if all[i].record != nil {
			id := all[i].record.Base().ID
			all[i].again = seen[id]
			seen[id] = true
		}
	}
	return all, nil
}

// alter makes the new version of one of many records and holds it against its rules and the caller's rights. A change
// without a new version is none.
func (r *Repository) alter(ctx context.Context, w Write, m moment, k *record.Kind, env *record.Env, before stored, choose choice) (change, edit, error) {
	if before.record == nil {
		return change{}, edit{}, fault.New(fault.NotFound, "not_found")
	}
	if before.again {
		return change{}, edit{}, nil
	}
	e, err := choose(ctx, m, before)
	if err != nil || e.alter == nil {
		return change{}, e, err
	}
	if err := allow(w.Grant, k, e.need); err != nil {
		return change{}, e, err
	}
	if !e.lax {
		if err := r.current(ctx, w.Grant, k, before, AnyVersion, e.action); err != nil {
			return change{}, e, err
		}
	}
	after, err := e.of(k, before)
	if err != nil {
		return change{}, e, err
	}
	if e.undo {
		if err := recompute(env, k, before.record, after); err != nil {
			return change{}, e, err
		}
	}
	c := change{kind: k, before: before, after: after, action: e.action}
	if e.checked() {
		m.redirected(r, k, before.record, after)
		if err := m.holds(k, env, before.record, after); err != nil {
			return change{}, e, err
		}
		if c.fields, err = k.Diff(before.record, after); err != nil || len(c.fields) == 0 {
			return change{}, e, err
		}
		if len(before.raw)+e.size > maxRecord/2 { // it may have become too large
			if _, err := weighed(after, c.fields); err != nil {
				return change{}, e, err
			}
		}
	}
	if !e.checked() && !e.lax {
		return c, e, r.moving(w, m, k, before.record, after, e)
	}
	return c, e, mayWrite(k, w.Grant, e.need, before.record, after, m.cfg.Fields)
}
