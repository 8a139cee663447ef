package storefault

import (
	"context"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/muster-crm/muster/shared/store"
)

// The wrappers take series, as the stores do that they stand for.
var _, _, _ store.Series = (*Faults)(nil), (*Torn)(nil), (*Recorder)(nil)

// Reporter is the part of testing.TB the recorder uses.
type Reporter interface {
	Helper()
	Errorf(format string, args ...any)
}

// Recorder is a store that remembers the partitions it was asked for, and fails a test that goes outside those it may
// touch: every organisation's keys begin with its own prefix, so a foreign key is one tenant reaching for another's.
type Recorder struct {
	store    store.Store
	reporter Reporter

	mu       sync.Mutex
	prefixes []string
	touched  map[string]bool
}

// NewRecorder wraps s. No partition is allowed at first.
func NewRecorder(r Reporter, s store.Store) *Recorder {
	return &Recorder{store: s, reporter: r, touched: map[string]bool{}}
}

// AllowPrefix lets partitions be touched that begin with the prefix.
func (r *Recorder) AllowPrefix(prefix string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.prefixes = append(r.prefixes, prefix)
}

// Partitions gives the partitions touched so far, in order.
func (r *Recorder) Partitions() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Sorted(maps.Keys(r.touched))
}

// touch remembers a partition, and reports it the first time if it is not allowed.
func (r *Recorder) touch(partition string) {
	r.reporter.Helper()
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.touched[partition] {
		return
	}
	r.touched[partition] = true
	if !slices.ContainsFunc(r.prefixes, func(p string) bool { return strings.HasPrefix(partition, p) }) {
		r.reporter.Errorf("the partition %q was touched, allowed are those that begin with one of %q", partition, r.prefixes)
	}
}

// Get reads, and remembers what.
func (r *Recorder) Get(ctx context.Context, mode store.Mode, keys ...store.Key) ([]*store.Item, error) {
	r.reporter.Helper()
	for _, k := range keys {
		r.touch(k.Partition)
	}
	return r.store.Get(ctx, mode, keys...)
}

// Query reads, and remembers what.
func (r *Recorder) Query(ctx context.Context, q store.Query) (store.Page, error) {
	r.reporter.Helper()
	r.touch(q.Partition)
	return r.store.Query(ctx, q)
}

// Apply commits, and remembers what.
func (r *Recorder) Apply(ctx context.Context, b store.Batch) error {
	r.reporter.Helper()
	for _, op := range b.Ops {
		r.touch(op.Key.Partition)
	}
	return r.store.Apply(ctx, b)
}

// ApplyAll commits a series, and remembers what.
func (r *Recorder) ApplyAll(ctx context.Context, batches []store.Batch) (done int, err error) {
	r.reporter.Helper()
	for _, b := range batches {
		for _, op := range b.Ops {
			r.touch(op.Key.Partition)
		}
	}
	return store.ApplyAll(ctx, r.store, batches)
}

// Close closes the store below.
func (r *Recorder) Close() error { return r.store.Close() }
