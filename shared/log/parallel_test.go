package log_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/muster-crm/muster/shared/clock"
	"github.com/muster-crm/muster/shared/log"
	"github.com/muster-crm/muster/shared/store/dynamostore/dynamotest"
	"github.com/muster-crm/muster/shared/store/storefault"
)

// unsteady is the clock of a machine whose time is set back and forth.
type unsteady struct{}

func (unsteady) Now() time.Time { return noon.Add(rand.N(time.Hour)) }

// crowd lets writers commit, each as a process of its own, while readers follow the log.
func crowd(t *testing.T, d *desk, writers, each int) {
	var writing, reading sync.WaitGroup
	news := []chan struct{}{make(chan struct{}, 1), make(chan struct{}, 1)} // of commits, for each reader
	var mu sync.Mutex
	acknowledged := map[int64]log.Entry{}
	// On a crowded machine a writer may lose the race for longer than a request would wait.
	patient, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
	defer cancel()
	for w := range writers {
		writing.Go(func() {
			l := log.New(d.store, unsteady{}, clock.NewIDs(d.clock, nil))
			for n := range each {
				e, err := l.Commit(patient, d.tenant, d.note(fmt.Sprintf("w%dn%d", w, n)))
				if err != nil {
					t.Errorf("writer %d: %v", w, err)
					return
				}
				seen, err := l.After(t.Context(), d.tenant, e.Seq-1, 1)
				if diff := cmp.Diff([]log.Entry{e}, seen); diff != "" || err != nil {
					t.Errorf("what was just committed is not what is read: %v %s", err, diff)
				}
				mu.Lock()
				if _, twice := acknowledged[e.Seq]; twice {
					t.Errorf("two commits were told they are entry %d", e.Seq)
				}
				acknowledged[e.Seq] = e
				mu.Unlock()
				for _, n := range news {
					select {
					case n <- struct{}{}:
					default: // the reader has not yet looked since the last
					}
				}
			}
		})
	}
	ctx, stop := context.WithCancel(t.Context())
	total := writers * each
	for _, n := range news {
		reading.Go(func() {
			all, err := d.follow(ctx, n, total)
			if err != nil {
				t.Error(err)
				return
			}
			d.ordered(all)
		})
	}
	writing.Wait()
	if t.Failed() {
		stop()
	}
	reading.Wait()
	stop()
	all := d.entries()
	if len(all) != total {
		t.Fatalf("%d entries of %d commits", len(all), total)
	}
	for _, e := range all {
		if diff := cmp.Diff(acknowledged[e.Seq], e); diff != "" {
			t.Errorf("entry %d is not what its writer was told: %s", e.Seq, diff)
		}
	}
	for id, n := range d.noted(all) {
		if n != 1 {
			t.Errorf("%s is in %d entries", id, n)
		}
	}
}

// follow reads entries as they come, asking for what is later than the last, until there are as many as wanted.
func (d *desk) follow(ctx context.Context, news <-chan struct{}, want int) ([]log.Entry, error) {
	l := d.log()
	var all []log.Entry
	for len(all) < want {
		select {
		case <-news:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
		for more := true; more; {
			page, err := l.After(ctx, d.tenant, int64(len(all)), 10)
			if err != nil {
				return nil, err
			}
			all, more = append(all, page...), len(page) > 0
		}
	}
	return all, nil
}

func TestParallelCommits(t *testing.T) {
	crowd(t, open(t), 8, 50)
}

// A query beside a committing transaction may see a part of it.
func TestParallelCommitsTorn(t *testing.T) {
	d := open(t)
	d.store = storefault.NewTorn(d.store)
	crowd(t, d, 4, 20)
}

// Inside one process commits queue, so that none is proposed twice.
func TestCommitsOfOneProcessQueue(t *testing.T) {
	d := open(t)
	counted := storefault.New(d.store, nil)
	d.store = counted
	l := d.log()
	var all sync.WaitGroup
	for n := range 40 {
		all.Go(func() {
			if _, err := l.Commit(t.Context(), d.tenant, d.note(fmt.Sprintf("n%d", n))); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if counted.Calls() != 80 {
		t.Errorf("40 commits took %d calls of the store, not one read and one write each", counted.Calls())
	}
	if len(d.entries()) != 40 {
		t.Error("commits are missing")
	}
}

// storm makes a part of all calls go wrong, each time others.
func storm(kinds ...storefault.Kind) storefault.Plan {
	var mu sync.Mutex
	return func(int) storefault.Kind {
		mu.Lock()
		defer mu.Unlock()
		return kinds[rand.IntN(len(kinds))]
	}
}

func TestParallelCommitsInStorms(t *testing.T) {
	const none = storefault.None
	for name, plan := range map[string]storefault.Plan{
		"conflicts":    storm(none, storefault.Before),
		"throttling":   storm(none, none, none, none, none, storefault.Throttled),
		"lost answers": storm(none, storefault.After, storefault.Lost),
		"everything":   storm(none, none, none, none, storefault.Before, storefault.Throttled, storefault.After, storefault.Lost),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := open(t)
			d.store = storefault.New(d.store, plan)
			var all sync.WaitGroup
			for w := range 3 {
				all.Go(func() {
					l := log.New(d.store, unsteady{}, clock.NewIDs(d.clock, nil))
					for n := range 10 {
						if _, err := l.Commit(t.Context(), d.tenant, d.note(fmt.Sprintf("w%dn%d", w, n))); err != nil {
							t.Errorf("writer %d: %v", w, err)
							return
						}
					}
				})
			}
			all.Wait()
			entries := d.entries()
			if times := d.noted(entries); len(times) != 30 || len(entries) != 30 {
				t.Errorf("30 commits made %d entries of %d notes", len(entries), len(times))
			}
		})
	}
}

func TestParallelCommitsOnDynamoDB(t *testing.T) {
	clk := clock.At(time.Date(2090, 3, 1, 12, 0, 0, 0, time.UTC)) // the endpoint removes by the real time what has expired
	crowd(t, over(t, dynamotest.Open(t, clk), clk), 4, 8)
}
