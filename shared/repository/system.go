package repository

import (
	"context"

	"github.com/muster-crm/muster/shared/policy"
	"github.com/muster-crm/muster/shared/record"
)

// What requests cannot set, packages with operations of their own do: the members of a kind that are the system's.

// Make makes a record that a package has put together, its system members set. A child is under its owner already (Adopt).
// Faults as Create's and, for a child, as CreateUnder's.
func (r *Repository) Make(ctx context.Context, w Write, kind string, rec record.Record) (Result, error) {
	k, err := r.Kind(kind)
	if err != nil {
		return Result{}, err
	}
	if err := allow(w.Grant, k, policy.Create); err != nil {
		return Result{}, err
	}
	return r.once(ctx, w, k, func() (Result, error) {
		if len(k.Under) > 0 {
			if _, err := r.owner(ctx, w.Grant, k, k.Owner(rec.Base().ID)); err != nil {
				return Result{}, err
			}
		}
		return r.createOne(ctx, w, k, rec)
	})
}

// Alter makes the edit of a record that alter describes; it may set system members. alter is called anew with what is
// there when somebody was quicker and any version will do, and must not do anything else. Faults as Patch's, and alter's.
func (r *Repository) Alter(ctx context.Context, w Write, kind, id string, version int64, alter func(record.Record) error) (Result, error) {
	return r.edit(ctx, w, kind, id, version, edit{action: actionEdit, need: policy.Edit, alter: func(k *record.Kind, before record.Record) (record.Record, error) {
		after, err := k.Copy(before)
		if err != nil {
			return nil, err
		}
		if err := alter(after); err != nil {
			return nil, err
		}
		return after, nil
	}})
}
