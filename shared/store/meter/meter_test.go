package meter

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/muster-crm/muster/shared/clock"
	"github.com/muster-crm/muster/shared/store"
	"github.com/muster-crm/muster/shared/store/boltstore"
	"github.com/muster-crm/muster/shared/store/storetest"
)

// sized makes an item that DynamoDB counts as size bytes.
func sized(size int) *store.Item {
	it := &store.Item{Key: store.Key{Partition: "p", Sort: "s"}, Revision: 1}
	it.Value = make([]byte, size-itemSize(it))
	return it
}

func putOf(size int) store.Op {
	it := sized(size)
	return store.Op{Kind: store.Put, Key: it.Key, Value: it.Value}
}

func TestItemSize(t *testing.T) {
	at := func(second int64) time.Time { return time.Unix(second, 0) }
	for _, c := range []struct {
		item *store.Item
		want int
	}{
		{nil, 0},
		{&store.Item{Key: store.Key{Partition: "p", Sort: "s"}, Revision: 1}, 2 + 1 + 2 + 1 + 3 + 2 + 3},
		{&store.Item{Key: store.Key{Partition: "pp", Sort: "é"}, Revision: 12, Value: []byte("xyz")}, 2 + 2 + 2 + 2 + 3 + 2 + 3 + 3},
		{&store.Item{Key: store.Key{Partition: "p", Sort: "s"}, Revision: 100}, 2 + 1 + 2 + 1 + 3 + 2 + 3},
		{&store.Item{Key: store.Key{Partition: "p", Sort: "s"}, Revision: 101}, 2 + 1 + 2 + 1 + 3 + 3 + 3},
		{&store.Item{Key: store.Key{Partition: "p", Sort: "s"}, Revision: 1, Expires: at(1700000000)}, 2 + 1 + 2 + 1 + 3 + 2 + 3 + 3 + 2},
		{&store.Item{Key: store.Key{Partition: "p", Sort: "s"}, Revision: 1, Expires: at(1792345671)}, 2 + 1 + 2 + 1 + 3 + 2 + 3 + 3 + 6},
	} {
		if got := itemSize(c.item); got != c.want {
			t.Errorf("%+v: %d bytes, want %d", c.item, got, c.want)
		}
	}
}

func TestUnits(t *testing.T) {
	for _, c := range []struct {
		name string
		got  Tally
		want Tally
	}{
		{"no item", Get(store.Each, []*store.Item{nil}), Tally{Get: Counted{1, 1, 1}}},
		{"4 KB", Get(store.Each, []*store.Item{sized(4096)}), Tally{Get: Counted{1, 1, 1}}},
		{"more than 4 KB", Get(store.Each, []*store.Item{sized(4097)}), Tally{Get: Counted{1, 1, 2}}},
		{"each rounded", Get(store.Each, []*store.Item{sized(4097), nil, sized(20)}), Tally{Get: Counted{1, 3, 4}}},
		{"one together", Get(store.Together, []*store.Item{sized(4097)}), Tally{Get: Counted{1, 1, 2}}},
		{"together", Get(store.Together, []*store.Item{sized(4097), nil}), Tally{Get: Counted{1, 2, 6}}},
		{"empty query", Query(nil), Tally{Query: Counted{1, 0, 1}}},
		{"rounded at the end", Query([]store.Item{*sized(2000), *sized(2096)}), Tally{Query: Counted{1, 2, 1}}},
		{"just over", Query([]store.Item{*sized(2000), *sized(2097)}), Tally{Query: Counted{1, 2, 2}}},
		{"1 KB", Apply([]store.Op{putOf(1024)}), Tally{Apply: Counted{1, 1, 2}}},
		{"more than 1 KB", Apply([]store.Op{putOf(1025)}), Tally{Apply: Counted{1, 1, 4}}},
		{"others", Apply([]store.Op{putOf(100), {Kind: store.Delete}, {Kind: store.Check, Expect: 5}}), Tally{Apply: Counted{1, 3, 6}}},
	} {
		if diff := cmp.Diff(c.want, c.got); diff != "" {
			t.Errorf("%s: %s", c.name, diff)
		}
	}
}

// TestMetered counts for the store and for the contexts of the calls, one inside the other.
func TestMetered(t *testing.T) {
	below, err := boltstore.Open(filepath.Join(t.TempDir(), "store"), clock.At(time.Date(2090, 1, 1, 0, 0, 0, 0, time.UTC)))
	if err != nil {
		t.Fatal(err)
	}
	defer below.Close()
	var whole Meter
	s := Metered(below, &whole)
	k := store.Key{Partition: "p", Sort: "s"}
	apply := func(ctx context.Context, token string, op store.Op) error {
		return s.Apply(ctx, store.Batch{Token: token, Ops: []store.Op{op}})
	}

	outer, outerMeter := WithMeter(t.Context())
	if err := apply(outer, "a", store.Op{Kind: store.Put, Key: k, Value: []byte(strings.Repeat("x", 1500))}); err != nil {
		t.Fatal(err)
	}
	inner, innerMeter := WithMeter(outer)
	if _, err := s.Get(inner, store.Together, k, store.Key{Partition: "p", Sort: "other"}); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Query(inner, store.Query{Partition: "p"}); err != nil {
		t.Fatal(err)
	}
	if err := apply(t.Context(), "b", store.Op{Kind: store.Check, Key: k, Expect: 7}); err == nil { // is charged all the same
		t.Fatal("a stale check went well")
	}
	// What never gets to the table costs nothing.
	if err := apply(t.Context(), "", store.Op{Kind: store.Check, Key: k}); err == nil {
		t.Fatal("a batch without a token went well")
	}
	if _, err := s.Query(t.Context(), store.Query{}); err == nil {
		t.Fatal("a query of nothing went well")
	}
	if _, err := s.Get(t.Context(), store.Each); err != nil {
		t.Fatal(err)
	}

	for name, c := range map[string]struct {
		meter *Meter
		want  Tally
	}{
		"inner": {innerMeter, Tally{Get: Counted{1, 2, 4}, Query: Counted{1, 1, 1}}},
		"outer": {outerMeter, Tally{Get: Counted{1, 2, 4}, Query: Counted{1, 1, 1}, Apply: Counted{1, 1, 4}}},
		"whole": {&whole, Tally{Get: Counted{1, 2, 4}, Query: Counted{1, 1, 1}, Apply: Counted{2, 2, 6}}},
	} {
		if diff := cmp.Diff(c.want, c.meter.Read()); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

// A metered store keeps the promises of the one below, series among them.
func TestSuite(t *testing.T) {
	clk := clock.At(time.Date(2090, 1, 1, 0, 0, 0, 0, time.UTC))
	storetest.Run(t, storetest.Suite{
		Open: func(t *testing.T) store.Store {
			below, err := boltstore.Open(filepath.Join(t.TempDir(), "store"), clk)
			if err != nil {
				t.Fatal(err)
			}
			return Metered(below, nil)
		},
		Clock:  clk,
		Effort: 300,
		Sample: 10,
	})
}

// A series costs what its batches cost one by one, up to the one that was not applied.
func TestMeteredSeries(t *testing.T) {
	below, err := boltstore.Open(filepath.Join(t.TempDir(), "store"), clock.At(time.Date(2090, 1, 1, 0, 0, 0, 0, time.UTC)))
	if err != nil {
		t.Fatal(err)
	}
	defer below.Close()
	batches := func(bad int, spoil func(*store.Batch)) []store.Batch {
		var all []store.Batch
		for i := range 4 {
			it := sized(500 + 1000*i)
			it.Sort = fmt.Sprint(bad, i)
			all = append(all, store.Batch{Token: fmt.Sprint(bad, "/", i), Ops: []store.Op{{Kind: store.Put, Key: it.Key, Value: it.Value}}})
		}
		if bad < len(all) {
			spoil(&all[bad])
		}
		return all
	}
	for bad := range 5 {
		for what, spoil := range map[string]func(*store.Batch){
			"fails":   func(b *store.Batch) { b.Ops[0].Expect = 7 },
			"refused": func(b *store.Batch) { b.Token = "" },
		} {
			all := batches(bad, spoil)
			var together, apart Meter
			done, err := store.ApplyAll(t.Context(), Metered(below, &together), all)
			if done != bad && done != len(all) || (err == nil) != (bad > 3) {
				t.Errorf("%d %s: %d done, %v", bad, what, done, err)
			}
			// Sent again they are charged again.
			s := Metered(below, &apart)
			for _, b := range all {
				if s.Apply(t.Context(), b) != nil {
					break
				}
			}
			if diff := cmp.Diff(apart.Read(), together.Read()); diff != "" {
				t.Errorf("%d %s: %s", bad, what, diff)
			}
		}
	}
}
