package repository

import (
	"context"
	"errors"
	"slices"

	"github.com/muster-crm/muster/shared/fault"
	"github.com/muster-crm/muster/shared/policy"
	"github.com/muster-crm/muster/shared/record"
)

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
