package storetest

import (
	"context"
	"errors"

	"github.com/muster-crm/muster/shared/store"
)

// patience is how often a patient store tries.
const patience = 1000

// Patient gives a store that behaves as every caller has to: what was busy is tried again, and what is not known is
// sent again under the same token. It never pauses, so it is for tests only.
func Patient(s store.Store) store.Store { return patient{s} }

type patient struct{ store.Store }

func (p patient) Get(ctx context.Context, mode store.Mode, keys ...store.Key) (items []*store.Item, err error) {
	err = again(func() error {
		items, err = p.Store.Get(ctx, mode, keys...)
		return err
	})
	return items, err
}

func (p patient) Query(ctx context.Context, q store.Query) (page store.Page, err error) {
	err = again(func() error {
		page, err = p.Store.Query(ctx, q)
		return err
	})
	return page, err
}

func (p patient) Apply(ctx context.Context, b store.Batch) error {
	return again(func() error { return p.Store.Apply(ctx, b) })
}

// ApplyAll sends what is not known to be done again, under the same tokens.
func (p patient) ApplyAll(ctx context.Context, batches []store.Batch) (done int, err error) {
	err = again(func() error {
		n, err := store.ApplyAll(ctx, p.Store, batches[done:])
		done += n
		return err
	})
	return done, err
}

func again(try func() error) error {
	for attempt := 1; ; attempt++ {
		err := try()
		if attempt == patience || !errors.Is(err, store.ErrBusy) && !errors.Is(err, store.ErrUnknown) {
			return err
		}
	}
}
