package log_test

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/muster-crm/muster/shared/clock"
	"github.com/muster-crm/muster/shared/log"
	"github.com/muster-crm/muster/shared/store"
	"github.com/muster-crm/muster/shared/store/boltstore"
	"github.com/muster-crm/muster/shared/store/storefault"
)

// line is a store that takes series, and does something else around the first of them.
type line struct {
	store.Store
	series store.Series
	first  func(apply func() (int, error)) (int, error)
	taken  int
}

func (l *line) ApplyAll(ctx context.Context, batches []store.Batch) (int, error) {
	apply := func() (int, error) { return l.series.ApplyAll(ctx, batches) }
	if l.taken++; l.taken == 1 && l.first != nil {
		return l.first(apply)
	}
	return apply()
}

// A series is committed once and in order, whatever comes between its proposals and the disk.
func TestCommitSeries(t *testing.T) {
	for name, first := range map[string]func(d *desk, apply func() (int, error)) (int, error){
		"undisturbed":    nil,
		"overtaken":      func(d *desk, apply func() (int, error)) (int, error) { d.commit(d.log(), "other"); return apply() },
		"busy":           func(*desk, func() (int, error)) (int, error) { return 0, store.ErrBusy },
		"lost, and done": func(_ *desk, apply func() (int, error)) (int, error) { _, _ = apply(); return 0, store.ErrUnknown },
		"lost, not done": func(*desk, func() (int, error)) (int, error) { return 0, store.ErrUnknown },
		"refused as a loss": func(d *desk, _ func() (int, error)) (int, error) {
			d.commit(d.log(), "other")
			return 0, store.ErrUnknown
		},
	} {
		t.Run(name, func(t *testing.T) {
			clk := clock.At(noon)
			bolt, err := boltstore.Open(filepath.Join(t.TempDir(), "store"), clk)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { bolt.Close() })
			d := over(t, bolt, clk)
			s := &line{Store: bolt, series: bolt}
			if first != nil {
				s.first = func(apply func() (int, error)) (int, error) { return first(d, apply) }
			}
			l := log.New(s, clk, clock.NewIDs(clk, nil))
			done, err := l.CommitSeries(t.Context(), d.tenant, 5, func(i int, head log.Head) (log.Proposal, error) {
				return d.note(fmt.Sprint("s", i))(head)
			})
			if done != 5 || err != nil {
				t.Fatalf("%d done, %v", done, err)
			}
			times := d.noted(d.entries())
			for i := range 5 {
				if times[fmt.Sprint("s", i)] != 1 {
					t.Errorf("s%d %d times", i, times[fmt.Sprint("s", i)])
				}
			}
		})
	}
}

// A proposal that is refused ends the series behind those before it.
func TestSeriesRefused(t *testing.T) {
	clk := clock.At(noon)
	bolt, err := boltstore.Open(filepath.Join(t.TempDir(), "store"), clk)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { bolt.Close() })
	d := over(t, bolt, clk)
	d.commit(d.log(), "s2")
	l := log.New(bolt, clk, clock.NewIDs(clk, nil))
	done, err := l.CommitSeries(t.Context(), d.tenant, 4, func(i int, head log.Head) (log.Proposal, error) {
		return d.note(fmt.Sprint("s", i))(head)
	})
	if _, ok := err.(*store.Failed); done != 2 || !ok {
		t.Errorf("%d done, %v", done, err)
	}
	if len(d.entries()) != 3 {
		t.Error("something else was written")
	}
}

// series commits notes s0 to s3 by one call, as a process that died did not: it goes on behind what is written.
func (d *desk) series(l *log.Log) error {
	first := len(d.noted(d.entries()))
	_, err := l.CommitSeries(d.t.Context(), d.tenant, seriesLength-first, func(i int, head log.Head) (log.Proposal, error) {
		return d.note(fmt.Sprint("s", first+i))(head)
	})
	return err
}

const seriesLength = 4

// wantSeries says what is wrong when not each of them happened once and in order.
func (d *desk) wantSeries(what any) {
	d.t.Helper()
	all := d.entries()
	if len(all) != seriesLength {
		d.t.Fatalf("%v: %d entries", what, len(all))
	}
	for i, e := range all {
		if e.Refs[0].ID != fmt.Sprint("s", i) {
			d.t.Errorf("%v: entry %d is of %s", what, e.Seq, e.Refs[0].ID)
		}
	}
}

// Whatever goes wrong with whichever batch of a series, what was written is a prefix of it, and who goes on behind that ends
// as if nothing had.
func TestEveryBatchOfASeriesMayFail(t *testing.T) {
	t.Parallel()
	clean := open(t)
	counted := storefault.New(clean.below, nil)
	clean.store = counted
	if err := clean.series(clean.log()); err != nil {
		t.Fatal(err)
	}
	clean.wantSeries("clean")
	if counted.Calls() != 1+seriesLength {
		t.Errorf("a series takes %d calls of the store", counted.Calls())
	}
	points := 0
	for _, kind := range storefault.Kinds {
		for call := 1; call <= counted.Calls()+1; call++ {
			points++
			d := open(t)
			faults := storefault.New(d.below, storefault.At(call, kind))
			d.store = faults
			err := d.series(d.log())
			if err != nil && slices.Contains(passing, kind) {
				t.Errorf("%v at %d: %v", kind, call, err)
			}
			for range 3 {
				if err != nil {
					faults.Revive()
					err = d.series(d.log())
				}
			}
			if err != nil {
				t.Errorf("%v at %d: %v", kind, call, err)
			}
			d.wantSeries(fmt.Sprint(kind, " at ", call))
		}
	}
	t.Logf("%d points", points)
}

// A series gets over any two faults that pass by itself, and does nothing twice.
func TestTwoBatchesOfASeriesMayFail(t *testing.T) {
	t.Parallel()
	points := 0
	for _, first := range passing {
		for _, second := range passing {
			for one := 1; one <= 1+seriesLength; one++ {
				for two := one + 1; two <= one+3; two++ {
					points++
					d := open(t)
					d.store = storefault.New(d.below, func(call int) storefault.Kind {
						switch call {
						case one:
							return first
						case two:
							return second
						}
						return storefault.None
					})
					what := fmt.Sprintf("%v at %d and %v at %d", first, one, second, two)
					if err := d.series(d.log()); err != nil {
						t.Errorf("%s: %v", what, err)
					}
					d.wantSeries(what)
				}
			}
		}
	}
	t.Logf("%d points", points)
}

// Series of several processes and single commits beside them: each happens once and in its order.
func TestSeriesBesideEachOther(t *testing.T) {
	d := open(t)
	var all sync.WaitGroup
	const processes, rounds = 4, 5
	for p := range processes {
		l := d.log()
		all.Go(func() {
			for round := range rounds {
				done, err := l.CommitSeries(t.Context(), d.tenant, 1+p, func(i int, head log.Head) (log.Proposal, error) {
					return d.note(fmt.Sprintf("p%d-%02d", p, round*(1+p)+i))(head)
				})
				if done != 1+p || err != nil {
					t.Errorf("%d done, %v", done, err)
				}
			}
		})
	}
	all.Wait()
	last := map[string]string{}
	entries := d.entries()
	for _, e := range entries {
		who, _, _ := strings.Cut(e.Refs[0].ID, "-")
		if last[who] >= e.Refs[0].ID {
			t.Errorf("%s comes behind %s", e.Refs[0].ID, last[who])
		}
		last[who] = e.Refs[0].ID
	}
	if len(entries) != rounds*(1+2+3+4) {
		t.Errorf("%d entries", len(entries))
	}
}
