package repository

import (
	"context"
	"errors"
	"slices"

	"github.com/muster-crm/muster/shared/fault"
	"github.com/muster-crm/muster/shared/policy"
	"github.com/muster-crm/muster/shared/record"
)

// Drop says which record gives up a key that both a restored record and another one have.
type Drop string

// The answers to a key that was taken while its record lay in the trash (REC-10).
const (
	DropNone     Drop = ""         // none: refuse and name the holder
	DropRestored Drop = "restored" // the restored record comes back without the key
	DropHolder   Drop = "holder"   // the present holder loses it
)

// Restore takes a record out of the trash and claims its keys again. When one is taken, the fault is Conflict with its
// holders, unless drop says which record loses the key.
func (r *Repository) Restore(ctx context.Context, w Write, kind, id string, version int64, drop Drop) (Result, error) {
	if drop != DropNone && drop != DropRestored && drop != DropHolder {
		return Result{}, fault.Bad("drop", "bad_choice")
	}
	k, err := r.Kind(kind)
	if err != nil {
		return Result{}, err
	}
	if err := allow(w.Grant, k, policy.Restore); err != nil {
		return Result{}, err
	}
	return r.once(ctx, w, k, func() (Result, error) { return r.restore(ctx, w, k, id, version, drop) })
}

func (r *Repository) restore(ctx context.Context, w Write, k *record.Kind, id string, version int64, drop Drop) (Result, error) {
	res, err := r.make(ctx, w, k, id, version, edit{action: actionRestore, need: policy.Restore, alter: restored})
	if drop == DropNone || !errors.Is(err, fault.Conflict) || fault.From(err).Code == "not_trashed" {
		return res, err
	}
	for attempt := 1; attempt <= maxJudgements; attempt++ {
		res, err = r.restoreDropping(ctx, w, k, id, version, drop)
		if !errors.Is(err, errClaims) {
			return res, err
		}
		if err := rest(ctx, attempt); err != nil {
			return Result{}, err
		}
	}
	return Result{}, fault.New(fault.Unavailable, "busy")
}

func restored(k *record.Kind, before record.Record) (record.Record, error) {
	after, err := k.Copy(before)
	if err != nil {
		return nil, err
	}
	after.Base().DeletedAt, after.Base().DeletedBy = nil, ""
	return after, nil
}

// dropper is a record that can lose one of its unique keys.
type dropper interface {
	record.Keyed
	Drop(record.Key)
}

func (r *Repository) restoreDropping(ctx context.Context, w Write, k *record.Kind, id string, version int64, drop Drop) (Result, error) {
	before, err := r.read(ctx, w.Grant, k, id)
	if err != nil {
		return Result{}, err
	}
	if err := r.current(ctx, w.Grant, k, before, version, actionRestore); err != nil {
		return Result{}, err
	}
	after, err := restored(k, before.record)
	if err != nil {
		return Result{}, err
	}
	m, err := r.moment(ctx, w.Grant)
	if err != nil {
		return Result{}, err
	}
	claims, err := r.readClaims(ctx, w.tenant(), keysOf(after))
	if err != nil {
		return Result{}, err
	}
	if err := r.ending(ctx, claims, after.Base().ID); err != nil {
		return Result{}, err
	}
	refused, _ := claims.judge(m, k.Name, after.Base().ID, keysOf(after))
	changes := []change{{kind: k, before: before, after: after, action: actionRestore}}
	for _, c := range refused {
		if drop == DropHolder {
			if changes, err = r.dropFromHolders(ctx, w, changes, c); err != nil {
				return Result{}, err
			}
		} else if d, ok := after.(dropper); ok {
			d.Drop(c.key)
		}
	}
	if len(changes) > maxDropped {
		return Result{}, r.conflict(ctx, w.Grant, refused, nil)
	}
	for _, c := range changes {
		if err := mayWrite(c.kind, w.Grant, policy.Edit, c.before.record, c.after, m.cfg.Fields); err != nil {
			return Result{}, err
		}
	}
	return r.change(ctx, w, m, changes)
}

// maxDropped is how many records one restoration changes at most; what they claim must fit the commit as well.
const maxDropped = 20

// dropFromHolders adds the edits that take a key from whoever holds it now.
func (r *Repository) dropFromHolders(ctx context.Context, w Write, changes []change, c clash) ([]change, error) {
	for _, h := range c.holders {
		i := slices.IndexFunc(changes, func(c change) bool { return c.after.Base().ID == h.ID })
		if i < 0 {
			k, err := r.Kind(h.Kind)
			if err != nil {
				return nil, err
			}
			if err := allow(w.Grant, k, policy.Edit); err != nil {
				return nil, err
			}
			before, err := r.load(ctx, w.tenant(), k, h.ID)
			if err != nil {
				return nil, err
			}
			if before.record == nil {
				return nil, errClaims
			}
			after, err := k.Copy(before.record)
			if err != nil {
				return nil, err
			}
			changes = append(changes, change{kind: k, before: before, after: after, action: actionEdit})
			i = len(changes) - 1
		}
		if d, ok := changes[i].after.(dropper); ok { // what cannot lose the key keeps it, and stands in the way
			d.Drop(c.key)
		}
	}
	return changes, nil
}
