// Package storefault wraps a store so that tests meet what a distant database does to its callers: answers that get
// lost, throttling, processes that die, reads that see half of a commit, and keys that are somebody else's.
//
// Faults puts a fault at a numbered call and counts calls, so that a test can count those of a clean run and then go
// through every call and every kind. Torn shows a Query the half of a commit it runs beside. Recorder remembers the
// partitions that are touched and reports those outside the prefixes it was allowed. The wrappers can be stacked.
package storefault

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/muster-crm/muster/shared/store"
)

// Kind says what goes wrong with a call.
type Kind uint8

// What can go wrong. A read has no effect, so After and Lost are to it what Before is.
const (
	None         Kind = iota
	Before            // nothing is done: ErrBusy
	Throttled         // nothing is done, nor by the next two calls: ErrBusy
	After             // it is done, and the answer is lost: ErrUnknown
	Lost              // it is not done, and there is no answer: ErrUnknown
	Cancelled         // nothing is done: context.Canceled
	Outage            // nothing is done: an error of no special kind
	KilledBefore      // the process dies before the call: ErrKilled, now and ever after
	KilledAfter       // the process dies when the call is done: ErrKilled, now and ever after
)

// Kinds are all that can go wrong, for tests that go through them.
var Kinds = []Kind{Before, Throttled, After, Lost, Cancelled, Outage, KilledBefore, KilledAfter}

var kindNames = [...]string{"none", "before", "throttled", "after", "lost", "cancelled", "outage", "killed before", "killed after"}

func (k Kind) String() string {
	if int(k) < len(kindNames) {
		return kindNames[k]
	}
	return fmt.Sprintf("kind %d", k)
}

// ErrKilled is the answer of every call after the process has died. Nobody would be there to see it: code under test
// must not carry on after it, and a test goes on with Revive, as the next process.
var ErrKilled = errors.New("storefault: the process is dead")

// ErrOutage is the error of no special kind.
var ErrOutage = errors.New("storefault: outage")

// throttledCalls is how many calls in a row Throttled refuses.
const throttledCalls = 3

// Plan says what goes wrong with a call, by its number from 1.
type Plan func(call int) Kind

// At is the plan in which one call goes wrong.
func At(number int, kind Kind) Plan {
	return func(call int) Kind {
		if call == number {
			return kind
		}
		return None
	}
}

// Faults is a store in which calls go wrong by a plan.
type Faults struct {
	store store.Store
	plan  Plan

	mu        sync.Mutex
	calls     int
	throttled int // calls still to be refused
	dead      bool
}

// New wraps s. A nil plan only counts.
func New(s store.Store, plan Plan) *Faults { return &Faults{store: s, plan: plan} }

// Calls is how many calls of Get, Query and Apply there were, those that went wrong included. Each batch of a series counts as
// a call of its own, so that a plan can let one go wrong at any of them.
func (f *Faults) Calls() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.calls
}

// Revive lets calls through again after a kill. The count goes on.
func (f *Faults) Revive() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.dead = false
}

// next counts a call and says what goes wrong with it.
func (f *Faults) next() Kind {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.calls++
	if f.dead {
		return KilledBefore
	}
	kind := None
	if f.plan != nil {
		kind = f.plan(f.calls)
	}
	switch {
	case kind == Throttled:
		f.throttled = throttledCalls
	case kind == KilledBefore || kind == KilledAfter:
		f.dead = true
	}
	if f.throttled > 0 && kind != KilledBefore && kind != KilledAfter {
		f.throttled--
		return Before
	}
	return kind
}

// around makes a call go wrong. unanswered is what its caller gets when the answer is lost.
func (f *Faults) around(unanswered error, call func() error) error {
	kind := f.next()
	switch kind {
	case None:
		return call()
	case After, KilledAfter:
		call() // whatever it answers, nobody gets to see it
	}
	return kind.answer(unanswered)
}

// answer is the error of a call that goes wrong.
func (k Kind) answer(unanswered error) error {
	switch k {
	case After, Lost:
		return unanswered
	case Cancelled:
		return context.Canceled
	case Outage:
		return ErrOutage
	case KilledBefore, KilledAfter:
		return ErrKilled
	}
	return store.ErrBusy
}

// Get reads, or goes wrong.
func (f *Faults) Get(ctx context.Context, mode store.Mode, keys ...store.Key) (items []*store.Item, err error) {
	err = f.around(store.ErrBusy, func() error {
		items, err = f.store.Get(ctx, mode, keys...)
		return err
	})
	if err != nil {
		return nil, err
	}
	return items, nil
}

// Query reads, or goes wrong.
func (f *Faults) Query(ctx context.Context, q store.Query) (page store.Page, err error) {
	err = f.around(store.ErrBusy, func() error {
		page, err = f.store.Query(ctx, q)
		return err
	})
	if err != nil {
		return store.Page{}, err
	}
	return page, nil
}

// Apply commits, or goes wrong.
func (f *Faults) Apply(ctx context.Context, b store.Batch) error {
	return f.around(store.ErrUnknown, func() error { return f.store.Apply(ctx, b) })
}

// ApplyAll commits a series, or goes wrong at one of its batches: those before it are done, those behind it are not. After and
// the kills leave the caller with no answer at all, so that of what was done nothing is told.
func (f *Faults) ApplyAll(ctx context.Context, batches []store.Batch) (done int, err error) {
	kind := None
	n := 0 // are to be done
	for n < len(batches) && kind == None {
		if kind = f.next(); kind == None || kind == After || kind == KilledAfter {
			n++
		}
	}
	done, err = store.ApplyAll(ctx, f.store, batches[:n])
	switch kind {
	case None:
		return done, err
	case After, KilledBefore, KilledAfter:
		return 0, kind.answer(store.ErrUnknown)
	}
	if err == nil { // else it ended before that
		err = kind.answer(store.ErrUnknown)
	}
	return done, err
}

// Close closes the store below. It never goes wrong by plan.
func (f *Faults) Close() error { return f.store.Close() }
