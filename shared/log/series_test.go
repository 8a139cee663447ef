package log_test

import (
	"context"
	"fmt"
	"path/filepath"
	"testing"

	"github.com/muster-crm/muster/shared/clock"
	"github.com/muster-crm/muster/shared/log"
	"github.com/muster-crm/muster/shared/store"
	"github.com/muster-crm/muster/shared/store/boltstore"
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
