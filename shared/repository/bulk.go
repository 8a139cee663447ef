package repository

import (
	"context"
	"errors"
	"slices"

	"github.com/muster-crm/muster/shared/fault"
	"github.com/muster-crm/muster/shared/policy"
	"github.com/muster-crm/muster/shared/record"
	"github.com/muster-crm/muster/shared/store"
)

// EditMany changes records of a kind in one commit, each as alter makes it from what is stored: a new version, or nil to
// leave it alone. Records in the trash take part; those that are gone, hidden or not the caller's to change have their
// fault in their outcome. What alter makes is not held against the kind's rules: this is for the system's own work on many
// records, where one that no longer passes them must not stand in the way. extra, when given, adds operations to the
// commit that tell of the outcomes, as in CreateMany. An outcome without Err and Record is of a record left alone.
func (r *Repository) EditMany(ctx context.Context, w Write, kind string, ids []string, alter func(record.Record) (record.Record, error),
	extra func([]Outcome) ([]store.Op, error)) ([]Outcome, error) {
	k, err := r.Kind(kind)
	if err != nil {
		return nil, err
	}
	if err := allow(w.Grant, k, policy.Edit); err != nil {
		return nil, err
	}
	for attempt := 1; attempt <= maxJudgements; attempt++ {
		outcomes, err := r.editMany(ctx, w, k, ids, alter, extra)
		if !errors.Is(err, errClaims) && !errors.Is(err, fault.Stale) {
			return outcomes, err
		}
		if err := rest(ctx, attempt); err != nil {
			return nil, err
		}
	}
	return nil, fault.New(fault.Unavailable, "busy")
}

func (r *Repository) editMany(ctx context.Context, w Write, k *record.Kind, ids []string, alter func(record.Record) (record.Record, error),
	extra func([]Outcome) ([]store.Op, error)) ([]Outcome, error) {
	m, err := r.moment(ctx, w.Grant)
	if err != nil {
		return nil, err
	}
	if m, err = r.ordered(ctx, w.Grant, m, k); err != nil {
		return nil, err
	}
	outcomes := make([]Outcome, len(ids))
	var changes []change
	for i, id := range ids {
		before, err := r.load(ctx, w.tenant(), k, id)
		if err != nil {
			return nil, err
		}
		if before.record == nil || before.hidden {
			outcomes[i].Err = fault.New(fault.NotFound, "not_found")
			continue
		}
		after, err := alter(before.record)
		if err != nil {
			return nil, err
		}
		if after == nil {
			continue
		}
		if outcomes[i].Err = mayWrite(k, w.Grant, policy.Edit, before.record, after, m.cfg.Fields); outcomes[i].Err != nil {
			continue
		}
		outcomes[i].Record = after
		changes = append(changes, change{kind: k, before: before, after: after, action: actionEdit})
	}
	p := plan{changes: changes, orders: m.orders}
	if p.claims, err = r.moved(ctx, w, m, changes); err != nil {
		return nil, err
	}
	if extra != nil {
		if p.ops, err = extra(outcomes); err != nil {
			return nil, err
		}
	} else if len(changes) == 0 {
		return outcomes, nil
	}
	_, err = r.commit(ctx, w, k.Name+"."+actionEdit, p)
	return outcomes, err
}

// moved reads the claims that changes touch, releases those that end and takes those that begin. The fault is Conflict
// when one of those is taken.
func (r *Repository) moved(ctx context.Context, w Write, m moment, changes []change) (*claims, error) {
	var keys []record.Key
	for _, c := range changes {
		keys = append(keys, newKeys(c.before.record, c.after)...)
		keys = append(keys, newKeys(c.after, c.before.record)...)
	}
	claims, err := r.readClaims(ctx, w.tenant(), keys)
	if err != nil {
		return nil, err
	}
	for _, c := range changes {
		for _, key := range newKeys(c.after, c.before.record) {
			claims.release(key, c.after.Base().ID)
		}
	}
	for _, c := range changes {
		if refused, _ := claims.judge(m, c.kind.Name, c.after.Base().ID, newKeys(c.before.record, c.after)); len(refused) > 0 {
			return nil, r.conflict(ctx, w.Grant, refused, nil)
		}
	}
	return claims, nil
}

// sole is a record of which one at most is selected among those it names: the current season of an entity.
type sole interface {
	record.Record
	Select(on bool)
	Selected() bool
	Among() string
}

// Select makes a record of a serial kind the selected one, and the one that was no longer so, in one commit. Faults as
// Patch; NotFound also for kinds of which none is ever selected.
func (r *Repository) Select(ctx context.Context, w Write, kind, id string, version int64) (Result, error) {
	k, err := r.Kind(kind)
	if err != nil {
		return Result{}, err
	}
	if err := allow(w.Grant, k, policy.Edit); err != nil {
		return Result{}, err
	}
	return r.once(ctx, w, k, func() (Result, error) {
		for attempt := 1; attempt <= maxJudgements; attempt++ {
			res, err := r.selectOnce(ctx, w, k, id, version)
			if moved := errors.Is(err, fault.Stale) && version == AnyVersion; !moved && !errors.Is(err, errClaims) {
				return res, err
			}
			if err := rest(ctx, attempt); err != nil {
				return Result{}, err
			}
		}
		return Result{}, fault.New(fault.Unavailable, "busy")
	})
}

func (r *Repository) selectOnce(ctx context.Context, w Write, k *record.Kind, id string, version int64) (Result, error) {
	before, err := r.read(ctx, w.Grant, k, id)
	if err != nil {
		return Result{}, err
	}
	chosen, ok := before.record.(sole)
	if !ok || !k.Serial {
		return Result{}, fault.New(fault.NotFound, "not_found")
	}
	if err := r.current(ctx, w.Grant, k, before, version, actionEdit); err != nil {
		return Result{}, err
	}
	m, err := r.moment(ctx, w.Grant)
	if err != nil {
		return Result{}, err
	}
	if m, err = r.ordered(ctx, w.Grant, m, k); err != nil {
		return Result{}, err
	}
	changes, err := r.selecting(ctx, w, m, k, before)
	if err != nil {
		return Result{}, err
	}
	if len(changes) == 1 && chosen.Selected() {
		return Result{Record: before.record, unchanged: true}, nil
	}
	return r.change(ctx, w, m, changes)
}

// selecting makes the change that selects a record, first, and those that end the selection of others, and holds them
// against the rules together.
func (r *Repository) selecting(ctx context.Context, w Write, m moment, k *record.Kind, before stored) ([]change, error) {
	turn := func(s stored, on bool) (change, error) {
		after, err := k.Copy(s.record)
		if err != nil {
			return change{}, err
		}
		after.(sole).Select(on)
		return change{kind: k, before: s, after: after, action: actionEdit}, nil
	}
	first, err := turn(before, true)
	if err != nil {
		return nil, err
	}
	changes := []change{first}
	then := *m.orders[k.Name]
	then.records = slices.Clone(then.records)
	for i, other := range then.records {
		o := other.(sole)
		if other.Base().ID == before.record.Base().ID || !o.Selected() || o.Among() != before.record.(sole).Among() {
			continue
		}
		s, err := r.load(ctx, w.tenant(), k, other.Base().ID)
		if err != nil {
			return nil, err
		}
		if s.record == nil || s.record.Base().Version != other.Base().Version {
			return nil, errClaims
		}
		c, err := turn(s, false)
		if err != nil {
			return nil, err
		}
		changes, then.records[i] = append(changes, c), c.after
	}
	judged := m
	judged.orders = map[string]*order{k.Name: &then}
	return changes, r.valid(w, judged, k, before.record, first.after)
}
