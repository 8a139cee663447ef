package repository

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"slices"

	"github.com/muster-crm/muster/shared/fault"
	"github.com/muster-crm/muster/shared/log"
	"github.com/muster-crm/muster/shared/policy"
	"github.com/muster-crm/muster/shared/record"
	"github.com/muster-crm/muster/shared/store"
)

// Deed names a change of a record that a batch made: one of several, perhaps.
type Deed struct {
	Kind     string
	ID       string
	Revision int64
}

// Returned is what became of a record whose changes are taken back.
type Returned struct {
	Err  error    // a fault: it stays as it is, edited_since when somebody has changed what the batch made
	Kept []string // the fields that were edited since, and stay; the others are as before
}

// TakeBack undoes what the write's batch did to records, all of it where it changed one several times: what it made goes to
// the trash, unless somebody has made something else of it since; of what it changed, each field that still holds what the
// batch put there gets back what it held before, and those edited since stay and are named. What is computed from the fields
// follows them. Whoever takes back twice changes nothing.
//
// One commit holds so many operations and bytes: it answers for the first of the deeds that fit, one at least. Extra adds
// operations that tell of them.
func (r *Repository) TakeBack(ctx context.Context, w Write, deeds []Deed, extra func([]Returned) ([]store.Op, error)) ([]Returned, error) {
	for attempt := 1; attempt <= maxJudgements; attempt++ {
		all, p, err := r.takeBack(ctx, w, deeds)
		if err == nil {
			if p.ops, err = extra(all); err == nil {
				_, err = r.commit(ctx, w, "batch."+actionRevert, p)
			}
		}
		if !errors.Is(err, errClaims) && !errors.Is(err, fault.Stale) {
			return all, err
		}
		if err := rest(ctx, attempt); err != nil {
			return nil, err
		}
	}
	return nil, fault.New(fault.Unavailable, "busy")
}

func (r *Repository) takeBack(ctx context.Context, w Write, deeds []Deed) ([]Returned, plan, error) {
	m, err := r.moment(ctx, w.Grant)
	if err != nil {
		return nil, plan{}, err
	}
	deeds = deeds[:min(len(deeds), store.MaxGet/2)]
	records, changes, err := r.done(ctx, w, deeds)
	if err != nil {
		return nil, plan{}, err
	}
	var all []Returned
	var back []change
	var at []int // the answers they are of
	var keys []record.Key
	seen := map[string]bool{}
	ops, size := extraOps, 0
	for i, deed := range deeds {
		if seen[deed.ID] {
			all = append(all, Returned{}) // with the deed before
			continue
		}
		seen[deed.ID] = true
		k, err := r.Kind(deed.Kind)
		if err != nil {
			return nil, plan{}, err
		}
		out := Returned{}
		if now := records[i].record; now != nil && now.Base().ID != deed.ID {
			all = append(all, Returned{Err: fault.New(fault.Conflict, "merged")})
			continue
		}
		c, err := r.returning(ctx, w, m, k, deed.ID, records[i], changes[i], &out)
		if err != nil && !refused(err) {
			return nil, plan{}, err
		}
		if out.Err = err; err == nil && c.after != nil {
			moved := slices.Concat(newKeys(c.before.record, c.after), newKeys(c.after, c.before.record))
			cost, weight := 2+len(moved), changeSize+5*len(c.before.raw)
			if len(back) > 0 && (ops+cost > log.MaxOps || size+weight > lotBytes) {
				break
			}
			ops, size, keys = ops+cost, size+weight, append(keys, moved...)
			back, at = append(back, c), append(at, i)
		}
		all = append(all, out)
	}
	p := plan{claims: newClaims(w.tenant())}
	if err := p.claims.read(ctx, r.Store, keys); err != nil {
		return nil, plan{}, err
	}
	if err := r.ending(ctx, p.claims, idsOf(back)...); err != nil {
		return nil, plan{}, err
	}
	for i, c := range back {
		taken, _ := p.claims.judge(m, c.kind.Name, c.after.Base().ID, newKeys(c.before.record, c.after))
		if len(taken) > 0 {
			out := &all[at[i]]
			if out.Err = r.conflict(ctx, w.Grant, taken, nil); !errors.Is(out.Err, fault.Conflict) {
				return nil, plan{}, out.Err
			}
			continue
		}
		if err := r.release(ctx, p.claims, c); err != nil {
			return nil, plan{}, err
		}
		p.changes = append(p.changes, c)
	}
	return all, p, nil
}

// done reads the records of deeds as they are, and the changes the deeds were.
func (r *Repository) done(ctx context.Context, w Write, deeds []Deed) ([]stored, []*store.Item, error) {
	var keys []store.Key
	byKind := map[string][]string{}
	for _, d := range deeds {
		keys = append(keys, w.tenant().Change(d.ID, d.Revision))
		byKind[d.Kind] = append(byKind[d.Kind], d.ID)
	}
	found, err := r.fetch(ctx, keys)
	if err != nil {
		return nil, nil, err
	}
	records := map[string]stored{}
	for kind, ids := range byKind {
		k, err := r.Kind(kind)
		if err != nil {
			return nil, nil, err
		}
		all, err := r.loadMany(ctx, w, k, ids)
		if err != nil {
			return nil, nil, err
		}
		for i, id := range ids {
			records[id] = all[i]
		}
	}
	now, changes := make([]stored, len(deeds)), make([]*store.Item, len(deeds))
	for i, d := range deeds {
		now[i], changes[i] = records[d.ID], found[keys[i]]
	}
	return now, changes, nil
}

// returning makes the change that takes a batch's changes of a record back; none when there is nothing to take back.
func (r *Repository) returning(ctx context.Context, w Write, m moment, k *record.Kind, id string, now stored, item *store.Item, out *Returned) (change, error) {
	if now.record == nil || item == nil {
		return change{}, fault.New(fault.NotFound, "not_found")
	}
	first, err := readChange(*item)
	if err != nil {
		return change{}, err
	}
	base := now.record.Base()
	if base.ID != id {
		return change{}, fault.New(fault.Conflict, "merged") // it is another record's since
	}
	ours := []record.Change{first}
	var others []record.Change
	if base.Version != first.Revision {
		since, err := r.since(ctx, w, base.ID, first.Revision)
		if err != nil {
			return change{}, err
		}
		for _, c := range since {
			switch {
			case c.Batch != w.Batch:
				others = append(others, c)
			case actionOf(c) == actionRevert || actionOf(c) == actionTrash:
				return change{}, nil // taken back already
			default:
				ours = append(ours, c)
			}
		}
	}
	if actionOf(first) == actionCreate {
		switch {
		case edited(others):
			return change{}, fault.New(fault.Conflict, "edited_since")
		case base.DeletedAt != nil:
			return change{}, nil
		}
		if err := allow(w.Grant, k, policy.Trash); err != nil {
			return change{}, err
		}
		after, err := r.trashing(func(k *record.Kind, now record.Record) (record.Record, error) { return k.Copy(now) }).alter(k, now.record)
		return change{kind: k, before: now, after: after, action: actionTrash}, err
	}
	if base.DeletedAt != nil {
		return change{}, fault.New(fault.Conflict, "trashed")
	}
	if err := allow(w.Grant, k, policy.Edit); err != nil {
		return change{}, err
	}
	return r.restoring(w, m, k, now, net(ours), out)
}

// since reads the changes of a record behind a revision, oldest first.
func (r *Repository) since(ctx context.Context, w Write, id string, revision int64) ([]record.Change, error) {
	var all []record.Change
	q := w.tenant().Changes(id)
	for {
		page, err := r.Store.Query(ctx, q)
		if err != nil {
			return nil, store.Fault(err)
		}
		for _, item := range page.Items {
			c, err := readChange(item)
			if err != nil {
				return nil, err
			}
			if c.Revision > revision {
				all = append(all, c)
			}
		}
		if page.Next == "" {
			break
		}
		q.After = page.Next
	}
	slices.SortFunc(all, func(a, b record.Change) int { return int(a.Revision - b.Revision) })
	return all, nil
}

// edited tells whether changes have made something of a record: edits that were taken back have not.
func edited(changes []record.Change) bool {
	return slices.ContainsFunc(changes, func(c record.Change) bool { return actionOf(c) != actionEdit && actionOf(c) != actionRevert }) ||
		slices.ContainsFunc(net(changes), func(f record.FieldChange) bool { return !bytes.Equal(f.From, f.To) })
}

// net puts changes that followed each other together: each field with what it held before the first and after the last.
func net(changes []record.Change) []record.FieldChange {
	var all []record.FieldChange
	for _, c := range changes {
		for _, f := range c.Fields {
			i := slices.IndexFunc(all, func(o record.FieldChange) bool { return o.Field == f.Field })
			if i < 0 {
				all = append(all, f)
			} else {
				all[i].To = f.To
			}
		}
	}
	return all
}

// restoring puts fields back that hold what a batch put there.
func (r *Repository) restoring(w Write, m moment, k *record.Kind, now stored, fields []record.FieldChange, out *Returned) (change, error) {
	encoded, err := json.Marshal(now.record)
	if err != nil {
		return change{}, err
	}
	var back record.Change
	for _, f := range fields {
		is, err := member(encoded, f.Field)
		if err != nil {
			return change{}, err
		}
		switch {
		case bytes.Equal(is, f.From):
		case bytes.Equal(is, f.To):
			back.Fields = append(back.Fields, f)
		default:
			out.Kept = append(out.Kept, f.Field)
		}
	}
	after, err := before(k, now.record, back)
	if err != nil {
		return change{}, err
	}
	if err := mayWrite(k, w.Grant, policy.Edit, now.record, after, m.cfg.Fields); err != nil {
		return change{}, err
	}
	env, err := r.env(w, m, k)
	if err != nil {
		return change{}, err
	}
	if err := recompute(env, k, now.record, after); err != nil {
		return change{}, err
	}
	if len(encoded) > maxRecord/2 { // several changes of it may be too much for one
		if _, err := weighed(after, back.Fields); err != nil {
			return change{}, err
		}
	}
	if len(back.Fields) == 0 {
		// What the batch has noted of changes it took back itself goes all the same.
		if same, err := json.Marshal(after); err != nil || bytes.Equal(same, encoded) {
			return change{}, err
		}
	}
	return change{kind: k, before: now, after: after, action: actionRevert}, nil
}

// recompute computes anew what is computed from the fields of a record that takes back what a batch made of it. The fields
// themselves are as they were, by today's rules or not.
func recompute(env *record.Env, k *record.Kind, now, after record.Record) error {
	if _, ok := after.(record.Normalizer); !ok {
		return nil
	}
	whole, err := k.Copy(after)
	if err != nil {
		return err
	}
	env.Before, env.Undo = now, true
	whole.(record.Normalizer).Normalize(env)
	k.TakeDerived(after, whole)
	return nil
}
