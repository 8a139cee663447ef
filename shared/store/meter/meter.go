// Package meter counts the request units of DynamoDB that work consumes, by the rules of its documentation and from
// what the port sees. DynamoDB Local reports transactions and empty queries wrongly, and the embedded store has no
// units at all; counted here, a use case costs the same number on each, and a golden file can hold it.
//
// The rules. A strongly consistent read costs 1 unit per 4 KB of item, in a transaction 2, an item that is not there as
// much as a small one. A query costs 1 unit per 4 KB of all its items together, at least 1. A transaction writes for 2
// units per KB of item. What a caller cannot know is left out: an item that is deleted, only checked or overwritten by a
// smaller one costs DynamoDB its stored size, and is counted by what the request holds of it.
package meter

import (
	"context"
	"errors"
	"sync"

	"github.com/muster-crm/muster/shared/store"
)

// Counted is what one kind of operation has come to.
type Counted struct {
	Requests int64
	Items    int64 // read or written, absent ones included
	Units    int64 // read units for Get and Query, write units for Apply
}

// Tally is what some work has come to.
type Tally struct {
	Get, Query, Apply Counted
}

// Add adds another tally.
func (t *Tally) Add(other Tally) {
	t.Get.add(other.Get)
	t.Query.add(other.Query)
	t.Apply.add(other.Apply)
}

func (c *Counted) add(other Counted) {
	c.Requests += other.Requests
	c.Items += other.Items
	c.Units += other.Units
}

// Meter adds up tallies. The zero value is ready, and it is safe for concurrent use.
type Meter struct {
	mu     sync.Mutex
	tally  Tally
	parent *Meter
}

// Read gives what has been counted so far.
func (m *Meter) Read() Tally {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.tally
}

func (m *Meter) add(t Tally) {
	for ; m != nil; m = m.parent {
		m.mu.Lock()
		m.tally.Add(t)
		m.mu.Unlock()
	}
}

type contextKey struct{}

// WithMeter gives a context whose store calls are counted by the returned meter, and by those of the contexts above.
func WithMeter(ctx context.Context) (context.Context, *Meter) {
	parent, _ := ctx.Value(contextKey{}).(*Meter)
	m := &Meter{parent: parent}
	return context.WithValue(ctx, contextKey{}, m), m
}

// Count adds t to m, which may be nil, and to the meters of the context. Drivers that know their requests call it.
func Count(ctx context.Context, m *Meter, t Tally) {
	m.add(t)
	inner, _ := ctx.Value(contextKey{}).(*Meter)
	inner.add(t)
}

// Metered counts the calls of a store whose driver does not count itself. m may be nil: then only meters of contexts
// count.
func Metered(s store.Store, m *Meter) store.Store { return &metered{s, m} }

type metered struct {
	store.Store
	meter *Meter
}

func (s *metered) Get(ctx context.Context, mode store.Mode, keys ...store.Key) ([]*store.Item, error) {
	items, err := s.Store.Get(ctx, mode, keys...)
	if err == nil && len(keys) > 0 {
		Count(ctx, s.meter, Get(mode, items))
	}
	return items, err
}

func (s *metered) Query(ctx context.Context, q store.Query) (store.Page, error) {
	page, err := s.Store.Query(ctx, q)
	if err == nil {
		Count(ctx, s.meter, Query(page.Items))
	}
	return page, err
}

// Apply counts a batch whose expectations do not hold too: DynamoDB charges for it.
func (s *metered) Apply(ctx context.Context, b store.Batch) error {
	err := s.Store.Apply(ctx, b)
	if _, refused := errors.AsType[*store.Refused](err); !refused {
		Count(ctx, s.meter, Apply(b.Ops))
	}
	return err
}

// ApplyAll counts the batches of a series as if they came one by one, up to the one that was not applied.
func (s *metered) ApplyAll(ctx context.Context, batches []store.Batch) (done int, err error) {
	done, err = store.ApplyAll(ctx, s.Store, batches)
	tried := batches[:done]
	if _, refused := errors.AsType[*store.Refused](err); err != nil && !refused {
		tried = batches[:done+1]
	}
	for _, b := range tried {
		Count(ctx, s.meter, Apply(b.Ops))
	}
	return done, err
}
