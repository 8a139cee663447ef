package storefault_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/muster-crm/muster/shared/clock"
	"github.com/muster-crm/muster/shared/store"
	"github.com/muster-crm/muster/shared/store/boltstore"
	"github.com/muster-crm/muster/shared/store/storefault"
	"github.com/muster-crm/muster/shared/store/storetest"
)

func open(t *testing.T, clk clock.Clock) store.Store {
	t.Helper()
	s, err := boltstore.Open(filepath.Join(t.TempDir(), "store"), clk)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func someday() *clock.Manual { return clock.At(time.Date(2090, 3, 1, 12, 0, 0, 0, time.UTC)) }

// TestSuite runs the store's suite over every wrapper: none of them breaks a promise of the port.
func TestSuite(t *testing.T) {
	for name, wrap := range map[string]func(*testing.T, store.Store) store.Store{
		"Counting": func(_ *testing.T, s store.Store) store.Store { return storefault.New(s, nil) },
		"Faulty": func(t *testing.T, s store.Store) store.Store {
			seed := rand.Uint64()
			t.Logf("seed %d", seed)
			random := rand.New(rand.NewPCG(seed, 1))
			var mu sync.Mutex
			return storetest.Patient(storefault.New(s, func(int) storefault.Kind {
				mu.Lock()
				defer mu.Unlock()
				if random.IntN(4) > 0 {
					return storefault.None
				}
				return []storefault.Kind{storefault.Before, storefault.Throttled, storefault.After, storefault.Lost}[random.IntN(4)]
			}))
		},
		"Torn": func(_ *testing.T, s store.Store) store.Store { return storefault.NewTorn(s) },
		"Recorded": func(t *testing.T, s store.Store) store.Store {
			r := storefault.NewRecorder(t, s)
			r.AllowPrefix("")
			return r
		},
	} {
		t.Run(name, func(t *testing.T) {
			clk := someday()
			storetest.Run(t, storetest.Suite{
				Open:   func(t *testing.T) store.Store { return wrap(t, open(t, clk)) },
				Clock:  clk,
				Effort: 1000,
			})
		})
	}
}

var key = store.Key{Partition: "p", Sort: "a"}

func put(k store.Key, expect int64, value string) store.Op {
	return store.Op{Kind: store.Put, Key: k, Expect: expect, Value: []byte(value)}
}

func TestEachKind(t *testing.T) {
	for _, c := range []struct {
		kind  storefault.Kind
		read  error
		write error
		done  bool
		later error // of the next call
	}{
		{storefault.None, nil, nil, true, nil},
		{storefault.Before, store.ErrBusy, store.ErrBusy, false, nil},
		{storefault.Throttled, store.ErrBusy, store.ErrBusy, false, store.ErrBusy},
		{storefault.After, store.ErrBusy, store.ErrUnknown, true, nil},
		{storefault.Lost, store.ErrBusy, store.ErrUnknown, false, nil},
		{storefault.Cancelled, context.Canceled, context.Canceled, false, nil},
		{storefault.Outage, storefault.ErrOutage, storefault.ErrOutage, false, nil},
		{storefault.KilledBefore, storefault.ErrKilled, storefault.ErrKilled, false, storefault.ErrKilled},
		{storefault.KilledAfter, storefault.ErrKilled, storefault.ErrKilled, true, storefault.ErrKilled},
	} {
		t.Run(c.kind.String(), func(t *testing.T) {
			below := open(t, someday())
			defer below.Close()
			fresh := func() *storefault.Faults { return storefault.New(below, storefault.At(1, c.kind)) }

			if items, err := fresh().Get(t.Context(), store.Each, key); !errors.Is(err, c.read) || (items == nil) != (err != nil) {
				t.Errorf("get: %v, %v", items, err)
			}
			if _, err := fresh().Query(t.Context(), store.Query{Partition: "p"}); !errors.Is(err, c.read) {
				t.Errorf("query: %v", err)
			}
			faults := fresh()
			err := faults.Apply(t.Context(), store.Batch{Token: "t", Ops: []store.Op{put(key, store.Absent, "x")}})
			if !errors.Is(err, c.write) {
				t.Errorf("apply: %v", err)
			}
			items, err := below.Get(t.Context(), store.Each, key)
			if err != nil || (items[0] != nil) != c.done {
				t.Errorf("stored: %v, %v", items, err)
			}
			if _, err := faults.Get(t.Context(), store.Each, key); !errors.Is(err, c.later) {
				t.Errorf("the next call: %v", err)
			}
			faults.Revive()
			if _, err := faults.Get(t.Context(), store.Each, key); c.kind != storefault.Throttled && err != nil {
				t.Errorf("after a revival: %v", err)
			}
			if _, err := faults.Get(t.Context(), store.Each, key); err != nil {
				t.Errorf("the fourth call: %v", err)
			}
			if faults.Calls() != 4 {
				t.Errorf("%d calls were counted", faults.Calls())
			}
		})
	}
	if len(storefault.Kinds) != int(storefault.KilledAfter) || slices.Contains(storefault.Kinds, storefault.None) {
		t.Errorf("the kinds are %v", storefault.Kinds)
	}
}

// A series goes wrong at any of its batches: those before it are done, those behind it are not, and its caller is told no more
// than the fault lets through.
func TestSeriesGoesWrong(t *testing.T) {
	const n = 4
	batches := func(name string) (keys []store.Key, all []store.Batch) {
		for i := range n {
			k := store.Key{Partition: name, Sort: fmt.Sprint(i)}
			keys, all = append(keys, k), append(all, store.Batch{Token: fmt.Sprint(name, "/", i), Ops: []store.Op{put(k, store.Absent, "x")}})
		}
		return keys, all
	}
	below := open(t, someday())
	defer below.Close()
	stored := func(keys []store.Key) (count int) {
		items, err := below.Get(t.Context(), store.Together, keys...)
		if err != nil {
			t.Fatal(err)
		}
		for i, it := range items {
			if it != nil && i != count {
				t.Errorf("%v is there, one before it is not", it.Key)
			}
			if it != nil {
				count++
			}
		}
		return count
	}
	for _, c := range []struct {
		kind storefault.Kind
		err  error
		more int  // of the batch it goes wrong at
		told bool // what was done
	}{
		{storefault.Before, store.ErrBusy, 0, true},
		{storefault.Throttled, store.ErrBusy, 0, true},
		{storefault.After, store.ErrUnknown, 1, false},
		{storefault.Lost, store.ErrUnknown, 0, true},
		{storefault.Cancelled, context.Canceled, 0, true},
		{storefault.Outage, storefault.ErrOutage, 0, true},
		{storefault.KilledBefore, storefault.ErrKilled, 0, false},
		{storefault.KilledAfter, storefault.ErrKilled, 1, false},
	} {
		for at := range n {
			name := strings.ReplaceAll(fmt.Sprint(c.kind, at), " ", "-")
			keys, all := batches(name)
			faults := storefault.New(below, storefault.At(at+1, c.kind))
			done, err := faults.ApplyAll(t.Context(), all)
			told := 0
			if c.told {
				told = at
			}
			if !errors.Is(err, c.err) || done != told || stored(keys) != at+c.more || faults.Calls() != at+1 {
				t.Errorf("%s: %d done, %v; %d are stored, %d calls", name, done, err, stored(keys), faults.Calls())
			}
			faults.Revive()
			if done, err := storetest.Patient(faults).(store.Series).ApplyAll(t.Context(), all); done != n || err != nil || stored(keys) != n {
				t.Errorf("%s, again: %d done, %v", name, done, err)
			}

			// Where the series ends before the fault, its own failure is the answer, unless nobody gets one.
			keys, all = batches("failing-" + name)
			all[0].Ops[0].Expect = 7
			faults = storefault.New(below, storefault.At(at+1, c.kind))
			done, err = faults.ApplyAll(t.Context(), all)
			if _, failed := errors.AsType[*store.Failed](err); done != 0 || failed != (c.told && at > 0) || stored(keys) != 0 {
				t.Errorf("failing %s: %d done, %v", name, done, err)
			}
		}
	}
}

// TestTornShowsEveryPair changes items together and reads them beside that: for any two of them, one reader sees only
// the first changed and another only the second, in a query and in single gets, and nobody in a transactional read.
func TestTornShowsEveryPair(t *testing.T) {
	for _, n := range []int{2, 3, 5, 9} {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			torn := storefault.NewTorn(open(t, someday()))
			defer torn.Close()
			var keys []store.Key
			var first, second []store.Op
			for i := range n {
				k := store.Key{Partition: "p", Sort: string(rune('a' + i))}
				keys = append(keys, k)
				// Some are there before and gone after, some the other way, and some change.
				switch i % 3 {
				case 0:
					first = append(first, put(k, store.Absent, "old"))
					second = append(second, put(k, 1, "new"))
				case 1:
					second = append(second, put(k, store.Absent, "new"))
				case 2:
					first = append(first, put(k, store.Absent, "old"))
					second = append(second, store.Op{Kind: store.Delete, Key: k, Expect: 1})
				}
			}
			if err := torn.Apply(t.Context(), store.Batch{Token: "first", Ops: first}); err != nil {
				t.Fatal(err)
			}
			changed := func(i int, it *store.Item) bool {
				if i%3 == 2 {
					return it == nil
				}
				return it != nil && string(it.Value) == "new"
			}
			type pair struct{ i, j int }
			queried, got := map[pair]bool{}, map[pair]bool{}
			note := func(seen map[pair]bool, state []bool) {
				for i := range n {
					for j := range n {
						if state[i] && !state[j] {
							seen[pair{i, j}] = true
						}
					}
				}
			}
			torn.Beside(func() {
				state := make([]bool, n)
				items, err := torn.Get(t.Context(), store.Each, keys...)
				if err != nil {
					t.Error(err)
					return
				}
				for i, it := range items {
					state[i] = changed(i, it)
				}
				note(got, state)

				page, err := torn.Query(t.Context(), store.Query{Partition: "p", Reverse: true})
				if err != nil {
					t.Error(err)
					return
				}
				if !slices.IsSortedFunc(page.Items, func(a, b store.Item) int { return strings.Compare(b.Sort, a.Sort) }) {
					t.Errorf("out of order: %v", page.Items)
				}
				for i, k := range keys {
					at := slices.IndexFunc(page.Items, func(it store.Item) bool { return it.Key == k })
					if at < 0 {
						state[i] = changed(i, nil)
					} else {
						state[i] = changed(i, &page.Items[at])
					}
				}
				note(queried, state)

				items, err = torn.Get(t.Context(), store.Together, keys...)
				if err != nil {
					t.Error(err)
					return
				}
				for i, it := range items {
					if changed(i, it) != changed(0, items[0]) {
						t.Errorf("a transactional read is torn: %v", items)
					}
				}
			})
			if err := torn.Apply(t.Context(), store.Batch{Token: "second", Ops: second}); err != nil {
				t.Fatal(err)
			}
			if want := n * (n - 1); len(queried) != want || len(got) != want {
				t.Errorf("queries saw %d, gets %d of %d pairs torn", len(queried), len(got), want)
			}
			torn.Beside(nil)
			items, err := torn.Get(t.Context(), store.Each, keys...)
			if err != nil {
				t.Fatal(err)
			}
			for i, it := range items {
				if !changed(i, it) {
					t.Errorf("item %d is as before after the answer", i)
				}
			}
		})
	}
}

// TestTornPages pages through a partition with every limit while a commit is half visible.
func TestTornPages(t *testing.T) {
	torn := storefault.NewTorn(open(t, someday()))
	defer torn.Close()
	var ops []store.Op
	for i := range 6 {
		ops = append(ops, put(store.Key{Partition: "p", Sort: fmt.Sprint(i)}, store.Absent, "old"))
	}
	if err := torn.Apply(t.Context(), store.Batch{Token: "put", Ops: ops}); err != nil {
		t.Fatal(err)
	}
	for i := range ops {
		ops[i] = store.Op{Kind: store.Delete, Key: ops[i].Key, Expect: 1}
	}
	halves := 0
	torn.Beside(func() {
		halves++
		whole, err := torn.Query(t.Context(), store.Query{Partition: "p"})
		if err != nil {
			t.Error(err)
		}
		for limit := 1; limit <= 7; limit++ {
			for _, reverse := range []bool{false, true} {
				var found []store.Item
				q := store.Query{Partition: "p", Limit: limit, Reverse: reverse}
				for {
					page, err := torn.Query(t.Context(), q)
					if err != nil || len(page.Items) > limit {
						t.Fatalf("a page of %d: %v", len(page.Items), err)
					}
					found = append(found, page.Items...)
					if q.After = page.Next; q.After == "" {
						break
					}
				}
				if reverse {
					slices.Reverse(found)
				}
				if diff := cmp.Diff(whole.Items, found); diff != "" {
					t.Errorf("limit %d, reverse %v: %s", limit, reverse, diff)
				}
			}
		}
	})
	if err := torn.Apply(t.Context(), store.Batch{Token: "delete", Ops: ops}); err != nil {
		t.Fatal(err)
	}
	if halves != 6 {
		t.Errorf("%d halves were shown", halves)
	}
}

// TestTornWriterBeside writes over an item while the commit before is half visible: the answered write is seen.
func TestTornWriterBeside(t *testing.T) {
	torn := storefault.NewTorn(open(t, someday()))
	defer torn.Close()
	other := store.Key{Partition: "p", Sort: "b"}
	expect := int64(1)
	torn.Beside(func() {
		for _, k := range []store.Key{key, other} {
			op := put(k, expect, "later")
			if err := torn.Apply(t.Context(), store.Batch{Token: fmt.Sprint(k.Sort, expect), Ops: []store.Op{op}}); err != nil {
				t.Error(err)
			}
			items, err := torn.Get(t.Context(), store.Each, k)
			if err != nil || items[0] == nil || items[0].Revision != expect+1 {
				t.Errorf("after a write: %v, %v", items, err)
			}
		}
		expect++
	})
	err := torn.Apply(t.Context(), store.Batch{Token: "t", Ops: []store.Op{put(key, store.Absent, "x"), put(other, store.Absent, "x")}})
	if err != nil || expect != 3 {
		t.Errorf("%v, %d", err, expect)
	}
}

// reports collects what a recorder reports.
type reports []string

func (*reports) Helper() {}

func (r *reports) Errorf(format string, args ...any) { *r = append(*r, fmt.Sprintf(format, args...)) }

func TestRecorder(t *testing.T) {
	var reported reports
	r := storefault.NewRecorder(&reported, open(t, someday()))
	defer r.Close()
	r.AllowPrefix("one#")
	r.AllowPrefix("shared#")
	at := func(partition string) store.Key { return store.Key{Partition: partition, Sort: "s"} }
	calls := []func() error{
		func() error { _, err := r.Get(t.Context(), store.Each, at("one#a"), at("shared#b")); return err },
		func() error { _, err := r.Query(t.Context(), store.Query{Partition: "one#c"}); return err },
		func() error {
			return r.Apply(t.Context(), store.Batch{Token: "t", Ops: []store.Op{put(at("one#d"), store.Absent, "x")}})
		},
	}
	for _, call := range calls {
		if err := call(); err != nil {
			t.Fatal(err)
		}
	}
	if len(reported) != 0 {
		t.Fatalf("reported %q", reported)
	}
	calls = []func() error{
		func() error { _, err := r.Get(t.Context(), store.Together, at("one#a"), at("two#a")); return err },
		func() error { _, err := r.Query(t.Context(), store.Query{Partition: "on"}); return err },
		func() error {
			return r.Apply(t.Context(), store.Batch{Token: "u", Ops: []store.Op{
				put(at("one#e"), store.Absent, "x"), {Kind: store.Check, Key: at("three#a")},
			}})
		},
	}
	for i, call := range calls {
		for range 2 { // each partition is reported once
			if err := call(); err != nil {
				t.Fatal(err)
			}
		}
		if len(reported) != i+1 {
			t.Fatalf("after foreign call %d: %q", i+1, reported)
		}
	}
	want := []string{"on", "one#a", "one#c", "one#d", "one#e", "shared#b", "three#a", "two#a"}
	if diff := cmp.Diff(want, r.Partitions()); diff != "" {
		t.Error(diff)
	}
}
