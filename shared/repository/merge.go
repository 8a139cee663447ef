package repository

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/muster-crm/muster/shared/fault"
	"github.com/muster-crm/muster/shared/log"
	"github.com/muster-crm/muster/shared/policy"
	"github.com/muster-crm/muster/shared/record"
	"github.com/muster-crm/muster/shared/store"
)

// Union says which records are to become one.
type Union struct {
	Kind     string
	Main     string
	Others   []string
	Versions map[string]int64 // of the records by id, as the caller has seen them; what is not in it may be at any
}

// Unite tells what the survivor of a merge is to be: records are the main one and then the others, none of which it changes.
type Unite func(records []record.Record) (record.Record, error)

// Together reads the records of a union, the main one first, each as it is stored. One that was merged is the one it has
// ended in. Faults: NotFound (others[n]); Invalid (twice) for one that is named twice; Conflict (trashed); Stale with the
// record when it is not at its version.
func (r *Repository) Together(ctx context.Context, g policy.Grant, u Union) ([]record.Record, error) {
	k, err := r.Kind(u.Kind)
	if err != nil {
		return nil, err
	}
	if err := MayMerge(g); err != nil {
		return nil, err
	}
	all, err := r.together(ctx, g, k, u)
	var records []record.Record
	for _, s := range all {
		records = append(records, s.record)
	}
	return records, err
}

// MayMerge refuses who may not: a merge edits one record and takes others out of every list.
func MayMerge(g policy.Grant) error {
	for _, need := range []policy.Action{policy.Read, policy.Edit, policy.Trash} {
		if err := g.Allow(need); err != nil {
			return err
		}
	}
	return nil
}

func (r *Repository) together(ctx context.Context, g policy.Grant, k *record.Kind, u Union) ([]stored, error) {
	var all []stored
	for i, id := range append([]string{u.Main}, u.Others...) {
		path := "main"
		if i > 0 {
			path = fmt.Sprintf("others[%d]", i-1)
		}
		id, err := r.resolve(ctx, g.Tenant(), k, id)
		if err != nil && !errors.Is(err, fault.NotFound) {
			return nil, err
		}
		got, err := r.seek(ctx, g.Tenant(), k, id)
		if err != nil {
			return nil, err
		}
		switch base := baseOf(got); {
		case base == nil || base.DeletedAt != nil && !g.Can(policy.Restore):
			missing := fault.New(fault.NotFound, "not_found")
			missing.Fields = []fault.Field{fault.At(path, "not_found")}
			return nil, missing
		case base.DeletedAt != nil:
			trashed := fault.New(fault.Conflict, "trashed")
			trashed.Fields = []fault.Field{fault.At(path, "trashed")}
			return nil, trashed
		case slices.ContainsFunc(all, func(s stored) bool { return s.record.Base().ID == base.ID }):
			return nil, fault.Bad(path, "twice")
		default:
			if version, ok := u.Versions[base.ID]; ok && version != base.Version {
				return nil, r.stale(ctx, g, k, got)
			}
		}
		all = append(all, got)
	}
	return all, nil
}

func baseOf(s stored) *record.Meta {
	if s.record == nil {
		return nil
	}
	return s.record.Base()
}

// Merge makes records one in a single commit, whatever hangs on them: the main one becomes what unite makes of them, the
// others lead to it, and the record that tells of the merge is made beside them by note, which is given the survivor and the
// others as they will be. That record's id is the batch of the write. Faults as Together's; Denied; Conflict
// (too_many_merged) when more than 50 would have ended in the survivor; unite's.
func (r *Repository) Merge(ctx context.Context, w Write, u Union, unite Unite, note func(survivor record.Record, others []record.Record) record.Record) (Result, error) {
	k, err := r.Kind(u.Kind)
	if err != nil {
		return Result{}, err
	}
	if err := MayMerge(w.Grant); err != nil {
		return Result{}, err
	}
	told := note(nil, nil)
	of, err := r.Kind(told.Base().Kind)
	if err != nil {
		return Result{}, err
	}
	return r.once(ctx, w, of, func() (Result, error) {
		return r.judging(ctx, u.Versions == nil, func() (Result, error) { return r.mergeOnce(ctx, w, k, of, u, unite, note) })
	})
}

// judging makes a write until it is judged by what there is: again where claims have moved, and, if any version will do,
// where records have.
func (r *Repository) judging(ctx context.Context, any bool, do func() (Result, error)) (Result, error) {
	for attempt := 1; attempt <= maxJudgements; attempt++ {
		res, err := do()
		if moved := errors.Is(err, fault.Stale) && any; !moved && !errors.Is(err, errClaims) {
			return res, err
		}
		if err := rest(ctx, attempt); err != nil {
			return Result{}, err
		}
	}
	return Result{}, fault.New(fault.Unavailable, "busy")
}

func (r *Repository) mergeOnce(ctx context.Context, w Write, k, of *record.Kind, u Union, unite Unite, note func(record.Record, []record.Record) record.Record) (Result, error) {
	all, err := r.together(ctx, w.Grant, k, u)
	if err != nil {
		return Result{}, err
	}
	m, err := r.moment(ctx, w.Grant)
	if err != nil {
		return Result{}, err
	}
	var records []record.Record
	ends := map[string]string{} // of all that will have ended in the survivor
	main := all[0]
	for _, s := range all {
		records = append(records, s.record)
		below, err := r.below(ctx, w.tenant(), k, s.record)
		if err != nil {
			return Result{}, err
		}
		for _, rec := range append(below, s.record) {
			ends[rec.Base().ID] = main.record.Base().ID
		}
	}
	if len(ends)-1 > maxMerged {
		return Result{}, fault.New(fault.Conflict, "too_many_merged", "max", fmt.Sprint(maxMerged))
	}
	survivor, err := r.survivor(w, m, k, records, unite)
	if err != nil {
		return Result{}, err
	}
	changes := []change{{kind: k, before: main, after: survivor, action: actionMerge}}
	if changes[0].fields, err = k.Diff(main.record, survivor); err != nil {
		return Result{}, err
	}
	var others []record.Record
	for _, s := range all[1:] {
		after, err := k.Copy(s.record)
		if err != nil {
			return Result{}, err
		}
		base := after.Base()
		base.MergedInto, base.Merge = survivor.Base().ID, w.Batch
		survivor.Base().Merged = append(survivor.Base().Merged, base.ID)
		others = append(others, after)
		changes = append(changes, change{kind: k, before: s, after: after, action: actionMerge, fields: []record.FieldChange{}})
	}
	told := note(survivor, others)
	if told.Base().ID != w.Batch {
		return Result{}, errors.New("repository: a merge is told of by the record of its batch")
	}
	changes = append([]change{{kind: of, after: told, action: actionCreate}}, changes...)
	taken, lost := newKeys(main.record, survivor), newKeys(survivor, main.record)
	claims, err := r.readClaims(ctx, w.tenant(), append(slices.Clone(taken), lost...))
	if err != nil {
		return Result{}, err
	}
	claims.ends = ends
	if err := r.ending(ctx, claims); err != nil {
		return Result{}, err
	}
	for _, key := range lost {
		claims.release(key, main.record.Base().ID)
	}
	if refused, _ := claims.judge(m, k.Name, main.record.Base().ID, taken); len(refused) > 0 {
		return Result{}, r.conflict(ctx, w.Grant, refused, nil)
	}
	return r.commitUnion(ctx, w, m, k, changes, claims)
}

// survivor makes and completes what a merge is to leave. What the records hold has passed its checks with them, and is not
// held against today's rules.
func (r *Repository) survivor(w Write, m moment, k *record.Kind, records []record.Record, unite Unite) (record.Record, error) {
	survivor, err := unite(records)
	if err != nil {
		return nil, err
	}
	env, err := r.env(w, m, k)
	if err != nil {
		return nil, err
	}
	env.Before = records[0]
	if n, ok := survivor.(record.Normalizer); ok {
		n.Normalize(env)
	}
	return survivor, nil
}

// Survivor gives what a merge would leave, completed as Merge does it, and writes nothing.
func (r *Repository) Survivor(ctx context.Context, w Write, kind string, records []record.Record, unite Unite) (record.Record, error) {
	k, err := r.Kind(kind)
	if err != nil {
		return nil, err
	}
	m, err := r.glance(ctx, w.Grant)
	if err != nil {
		return nil, err
	}
	return r.survivor(w, m, k, records, unite)
}

// commitUnion commits the changes of a merge or of its undoing; the answer is the first, the record that tells of it.
func (r *Repository) commitUnion(ctx context.Context, w Write, m moment, k *record.Kind, changes []change, claims *claims) (Result, error) {
	first := changes[0]
	res := Result{Record: first.after, Created: first.action == actionCreate}
	p := plan{changes: changes, claims: claims, answer: keep(first.kind, &res, first.before.raw)}
	if n := len(p.changes)*2 + len(claims.order) + len(w.Due) + 1; n > log.MaxOps {
		return Result{}, fault.New(fault.TooLarge, "merge_too_large")
	}
	raw, err := r.commit(ctx, w, k.Name+"."+changes[1].action, p)
	if err != nil {
		return Result{}, err
	}
	if raw != nil {
		return r.replay(ctx, w, first.kind, raw)
	}
	res.Record = first.kind.Hide(first.after, w.Grant, m.cfg.Fields)
	return res, nil
}

// Recall reads a record of a kind that people only look up, also from the trash, for whoever reads. Faults: NotFound, Denied.
func (r *Repository) Recall(ctx context.Context, g policy.Grant, kind, id string) (record.Record, error) {
	k, err := r.Kind(kind)
	if err != nil {
		return nil, err
	}
	if err := g.Allow(policy.Read); err != nil {
		return nil, err
	}
	got, err := r.load(ctx, g.Tenant(), k, id)
	if err != nil {
		return nil, err
	}
	if got.record == nil {
		return nil, fault.New(fault.NotFound, "not_found")
	}
	return r.show(ctx, g, k, got)
}

// Owned reads the records of a kind that lie under one owner, those in the trash too, the latest first, behind the one with
// the id after ("" from the latest); next is "" at the end.
func (r *Repository) Owned(ctx context.Context, g policy.Grant, kind, after string, limit int) (records []record.Record, next string, err error) {
	k, err := r.Kind(kind)
	if err != nil {
		return nil, "", err
	}
	if err := g.Allow(policy.Read); err != nil {
		return nil, "", err
	}
	q := g.Tenant().Owned(k.Owner(""), k.Name)
	q.Reverse, q.Limit = true, limit
	if after != "" {
		q.After = g.Tenant().Record(k.Owner(""), k.Name, after).Sort
	}
	page, err := r.Store.Query(ctx, q)
	if err != nil {
		return nil, "", store.Fault(err)
	}
	for _, item := range page.Items {
		rec, err := k.Decode(item.Value, item.Revision)
		if err != nil {
			return nil, "", err
		}
		records = append(records, k.Hide(rec, g, nil))
	}
	if page.Next != "" && len(records) > 0 {
		next = records[len(records)-1].Base().ID
	}
	return records, next, nil
}

// ChangeOf reads the change that made a revision of a record, of a merged one too, as the caller may see it; the zero Change
// when there is none.
func (r *Repository) ChangeOf(ctx context.Context, g policy.Grant, kind, id string, revision int64) (record.Change, error) {
	k, err := r.Kind(kind)
	if err != nil {
		return record.Change{}, err
	}
	if err := g.Allow(policy.Read); err != nil {
		return record.Change{}, err
	}
	key := g.Tenant().Change(id, revision)
	found, err := r.fetch(ctx, []store.Key{key})
	if err != nil || found[key] == nil {
		return record.Change{}, err
	}
	c, err := readChange(*found[key])
	if err != nil {
		return record.Change{}, err
	}
	own, err := r.ownIn(ctx, g, c)
	return k.HideChange(c, g, own), err
}

// AsMerged reads a record that was merged into another as it is itself, for naming it. Faults: NotFound, also for one that
// was not merged; Denied.
func (r *Repository) AsMerged(ctx context.Context, g policy.Grant, kind, id string) (record.Record, error) {
	rec, err := r.Recall(ctx, g, kind, id)
	if err == nil && rec.Base().MergedInto == "" {
		err = fault.New(fault.NotFound, "not_found")
	}
	return rec, err
}
