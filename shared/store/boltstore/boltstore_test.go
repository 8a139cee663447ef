package boltstore_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/muster-crm/muster/shared/clock"
	"github.com/muster-crm/muster/shared/store"
	"github.com/muster-crm/muster/shared/store/boltstore"
	"github.com/muster-crm/muster/shared/store/storetest"
)

func someday() *clock.Manual { return clock.At(time.Date(2090, 3, 1, 12, 0, 0, 0, time.UTC)) }

func open(t *testing.T, path string, clk clock.Clock) *boltstore.Store {
	t.Helper()
	s, err := boltstore.Open(path, clk)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestSuite(t *testing.T) {
	clk := someday()
	storetest.Run(t, storetest.Suite{
		Open:   func(t *testing.T) store.Store { return open(t, filepath.Join(t.TempDir(), "store"), clk) },
		Clock:  clk,
		Effort: 5000,
	})
}

func put(k store.Key, expect int64, value string) store.Op {
	return store.Op{Kind: store.Put, Key: k, Expect: expect, Value: []byte(value)}
}

func apply(t *testing.T, s store.Store, token string, ops ...store.Op) {
	t.Helper()
	if err := s.Apply(t.Context(), store.Batch{Token: token, Ops: ops}); err != nil {
		t.Fatal(err)
	}
}

func TestReopen(t *testing.T) {
	path, clk := filepath.Join(t.TempDir(), "store"), someday()
	var want []store.Item
	for round := range 3 {
		s := open(t, path, clk)
		page, err := s.Query(t.Context(), store.Query{Partition: "p"})
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, page.Items); diff != "" {
			t.Fatalf("round %d: %s", round, diff)
		}
		k := store.Key{Partition: "p", Sort: fmt.Sprint(round)}
		b := store.Batch{Token: fmt.Sprint(round), Ops: []store.Op{put(k, store.Absent, "x")}}
		b.Ops[0].Expires = clk.Now().Add(time.Hour)
		for range 2 { // the token survives a restart too
			if err := s.Apply(t.Context(), b); err != nil {
				t.Fatal(err)
			}
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
			s = open(t, path, clk)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		want = append(want, store.Item{Key: k, Revision: 1, Value: []byte("x"), Expires: b.Ops[0].Expires})
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the file: %v, %v", info.Mode(), err)
	}
}

// A series is there after a restart, and known: sent again, it does nothing, and what comes behind it goes on.
func TestReopenAfterSeries(t *testing.T) {
	path, clk := filepath.Join(t.TempDir(), "store"), someday()
	k := store.Key{Partition: "p", Sort: "counter"}
	var batches []store.Batch
	for n := range int64(6) {
		batches = append(batches, store.Batch{Token: fmt.Sprint(n), Ops: []store.Op{put(k, n, fmt.Sprint(n+1))}})
	}
	for _, sent := range []int{0, 2, 2, 5, 3, 6, 6} {
		s := open(t, path, clk)
		if done, err := s.ApplyAll(t.Context(), batches[:sent]); done != sent || err != nil {
			t.Fatalf("%d of %d done, %v", done, sent, err)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
	s := open(t, path, clk)
	defer s.Close()
	items, err := s.Get(t.Context(), store.Each, k)
	if err != nil || items[0] == nil || items[0].Revision != 6 || string(items[0].Value) != "6" {
		t.Errorf("%v, %v", items, err)
	}
}

func TestInUse(t *testing.T) {
	path := filepath.Join(t.TempDir(), "store")
	first := open(t, path, someday())
	if _, err := boltstore.Open(path, someday()); !errors.Is(err, boltstore.ErrInUse) {
		t.Errorf("the second open: %v", err)
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	if err := open(t, path, someday()).Close(); err != nil {
		t.Error(err)
	}
}

func TestForeignFiles(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, []byte("no store at all, only some text that is longer than nothing\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{path, filepath.Join(path, "below a file"), t.TempDir()} {
		if s, err := boltstore.Open(path, someday()); err == nil || errors.Is(err, boltstore.ErrInUse) {
			t.Errorf("%v, %v", s, err)
		}
	}
}

func TestSweep(t *testing.T) {
	clk := someday()
	s := open(t, filepath.Join(t.TempDir(), "store"), clk)
	defer s.Close()
	const n = 250
	for i := range n {
		k := store.Key{Partition: fmt.Sprint(i % 7), Sort: fmt.Sprint(i)}
		op := put(k, store.Absent, "x")
		op.Expires = clk.Now().Add(time.Duration(i+1) * time.Second)
		apply(t, s, fmt.Sprint("put", i), op)
	}
	live := func() int {
		total := 0
		for p := range 7 {
			page, err := s.Query(t.Context(), store.Query{Partition: fmt.Sprint(p)})
			if err != nil {
				t.Fatal(err)
			}
			total += len(page.Items)
		}
		return total
	}
	sweep := func(want int) {
		t.Helper()
		got, err := s.Sweep(t.Context())
		if err != nil || got != want {
			t.Fatalf("swept %d, %v, want %d", got, err, want)
		}
	}
	key := func(i int) store.Key { return store.Key{Partition: fmt.Sprint(i % 7), Sort: fmt.Sprint(i)} }

	sweep(0)
	later := put(key(0), 1, "y")
	later.Expires = clk.Now().Add(time.Hour)
	apply(t, s, "later", later)
	apply(t, s, "never", put(key(1), 1, "y"))
	apply(t, s, "gone", store.Op{Kind: store.Delete, Key: key(2), Expect: 1})
	clk.Advance(220 * time.Second)
	apply(t, s, "again", put(key(3), store.Absent, "z")) // takes the place of an expired item
	if want := 30 + 3; live() != want {
		t.Fatalf("%d live before the sweep, want %d", live(), want)
	}
	sweep(216)
	if want := 30 + 3; live() != want {
		t.Fatalf("%d live after the sweep, want %d", live(), want)
	}
	sweep(0)
	clk.Advance(2 * time.Hour)
	sweep(31)
	if live() != 2 {
		t.Fatalf("%d live at the end", live())
	}
}

// TestTokensAreForgotten resends a batch: ten minutes later its token is known, half an hour later it is not.
func TestTokensAreForgotten(t *testing.T) {
	clk := someday()
	s := open(t, filepath.Join(t.TempDir(), "store"), clk)
	defer s.Close()
	b := store.Batch{Token: "t", Ops: []store.Op{put(store.Key{Partition: "p", Sort: "s"}, store.Absent, "x")}}
	for _, step := range []struct {
		after time.Duration
		known bool
	}{{0, true}, {10 * time.Minute, true}, {20 * time.Minute, false}} {
		clk.Advance(step.after)
		// Any commit drops what is old.
		apply(t, s, clk.Now().Format("15:04:05"), put(store.Key{Partition: "q", Sort: clk.Now().String()}, store.Absent, "x"))
		err := s.Apply(t.Context(), b)
		if _, failed := errors.AsType[*store.Failed](err); failed == step.known {
			t.Errorf("after %v: %v", step.after, err)
		}
	}
}
