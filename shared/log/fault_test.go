package log_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/muster-crm/muster/shared/clock"
	"github.com/muster-crm/muster/shared/log"
	"github.com/muster-crm/muster/shared/store"
	"github.com/muster-crm/muster/shared/store/storefault"
)

// once commits a note and, when the process dies or the store fails, does it again as the redelivered message would:
// a note that is there already is done.
func (d *desk) once(plan storefault.Plan) error {
	faults := storefault.New(d.below, plan)
	d.store = faults
	for attempt := 1; ; attempt++ {
		_, err := d.log().Commit(d.t.Context(), d.tenant, d.note("a"))
		var failed *store.Failed
		switch {
		case err == nil:
			return nil
		case errors.As(err, &failed) && attempt > 1:
			return nil
		case attempt == 4:
			return err
		}
		faults.Revive()
	}
}

// passing are the faults a commit gets over without its caller noticing.
var passing = []storefault.Kind{storefault.Before, storefault.Throttled, storefault.After, storefault.Lost}

func TestEveryCallMayFail(t *testing.T) {
	clean := open(t)
	counted := storefault.New(clean.below, nil)
	clean.store = counted
	clean.commit(clean.log(), "a")
	calls := counted.Calls()
	if calls != 2 {
		t.Errorf("a commit takes %d calls of the store", calls)
	}
	for _, kind := range storefault.Kinds {
		for call := 1; call <= calls+1; call++ {
			t.Run(fmt.Sprintf("%v/%d", kind, call), func(t *testing.T) {
				d := open(t)
				if err := d.once(storefault.At(call, kind)); err != nil {
					t.Fatal(err)
				}
				d.commit(log.New(d.below, d.clock, clock.NewIDs(d.clock, nil)), "b")
				all := d.entries()
				if times := d.noted(all); len(all) != 2 || times["a"] != 1 || times["b"] != 1 {
					t.Errorf("%d entries, notes %v", len(all), times)
				}
			})
		}
	}
}

// TestTwoCallsMayFail goes through every two faults of a commit that gets over both by itself.
func TestTwoCallsMayFail(t *testing.T) {
	d := open(t)
	n := 0
	for i, first := range passing {
		for j, second := range passing {
			for one := 1; one <= 3; one++ {
				for two := one + 1; two <= 6; two++ {
					n++
					id := fmt.Sprintf("n%d", n)
					d.store = storefault.New(d.below, func(call int) storefault.Kind {
						switch call {
						case one:
							return passing[i]
						case two:
							return passing[j]
						}
						return storefault.None
					})
					if _, err := d.log().Commit(t.Context(), d.tenant, d.note(id)); err != nil {
						t.Errorf("%v at %d and %v at %d: %v", first, one, second, two, err)
					}
				}
			}
		}
	}
	all := d.entries()
	if times := d.noted(all); len(all) != n || len(times) != n {
		t.Errorf("%d commits made %d entries of %d notes", n, len(all), len(times))
	}
}

// late is a store on a slow way: the first Apply gets no answer and arrives only while it is sent again, which is then
// told that the table is busy.
type late struct {
	store.Store
	mu      sync.Mutex
	held    *store.Batch
	arrived bool
}

func (l *late) Apply(ctx context.Context, b store.Batch) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case l.held == nil:
		l.held = &b
		return store.ErrUnknown
	case !l.arrived:
		l.arrived = true
		if err := l.Store.Apply(ctx, *l.held); err != nil {
			return err
		}
		return store.ErrBusy
	}
	return l.Store.Apply(ctx, b)
}

func TestLateArrivalIsNotDoneTwice(t *testing.T) {
	d := open(t)
	d.store = &late{Store: d.below}
	entry, err := d.log().Commit(t.Context(), d.tenant, d.note("a"))
	if err != nil {
		t.Fatal(err)
	}
	all := d.entries()
	if len(all) != 1 || all[0].Commit != entry.Commit {
		t.Errorf("%d entries", len(all))
	}
}

// TestLostPlace: the answer got lost because the commit did, and meanwhile another one took its place in the log.
func TestLostPlace(t *testing.T) {
	d := open(t)
	overtaken := &overtaken{Store: d.below, then: func() { d.commit(log.New(d.below, d.clock, clock.NewIDs(d.clock, nil)), "other") }}
	d.store = overtaken
	entry, err := d.log().Commit(t.Context(), d.tenant, d.note("a"))
	if err != nil || entry.Seq != 2 {
		t.Fatalf("entry %d, %v", entry.Seq, err)
	}
	if times := d.noted(d.entries()); times["a"] != 1 || times["other"] != 1 {
		t.Errorf("noted %v", times)
	}
}

// overtaken loses the first Apply, and then does something else.
type overtaken struct {
	store.Store
	then func()
	once sync.Once
}

func (o *overtaken) Apply(ctx context.Context, b store.Batch) error {
	lost := false
	o.once.Do(func() {
		lost = true
		o.then()
	})
	if lost {
		return store.ErrUnknown
	}
	return o.Store.Apply(ctx, b)
}

// A defect of the store is told as it is, and not tried for ever.
func TestOutageIsTheAnswer(t *testing.T) {
	for call := 1; call <= 2; call++ {
		d := open(t)
		d.store = storefault.New(d.below, storefault.At(call, storefault.Outage))
		if _, err := d.log().Commit(t.Context(), d.tenant, d.note("a")); !errors.Is(err, storefault.ErrOutage) {
			t.Errorf("call %d: %v", call, err)
		}
		if len(d.entries()) != 0 {
			t.Error("something was written")
		}
	}
}
