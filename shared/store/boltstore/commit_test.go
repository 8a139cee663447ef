package boltstore

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"runtime"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.etcd.io/bbolt"

	"github.com/muster-crm/muster/shared/clock"
	"github.com/muster-crm/muster/shared/store"
)

func openDriver(t *testing.T) *driver {
	t.Helper()
	s, err := Open(filepath.Join(t.TempDir(), "store"), clock.At(time.Date(2090, 1, 1, 0, 0, 0, 0, time.UTC)))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s.driver
}

// commits is how many transactions have been written to the file.
func (d *driver) commits(t *testing.T) int {
	t.Helper()
	var n int
	if err := d.db.View(func(tx *bbolt.Tx) error { n = tx.ID(); return nil }); err != nil {
		t.Fatal(err)
	}
	return n
}

func batch(token string, sort string, expect int64) store.Batch {
	return store.Batch{Token: token, Ops: []store.Op{
		{Kind: store.Put, Key: store.Key{Partition: "p", Sort: sort}, Value: []byte(token)},
		{Kind: store.Check, Key: store.Key{Partition: "q", Sort: sort}, Expect: expect},
	}}
}

// TestQueueSharesASync keeps the file busy while batches queue up: they go in with one commit.
func TestQueueSharesASync(t *testing.T) {
	const others = 50
	d := openDriver(t)
	before := d.commits(t)
	busy, err := d.db.Begin(true)
	if err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	send := func(name string) {
		all.Go(func() {
			if err := d.Apply(t.Context(), batch(name, name, store.Absent)); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		})
	}
	queued := func(n int) {
		for {
			d.mu.Lock()
			there := len(d.queue) == n && d.committing
			d.mu.Unlock()
			if there {
				return
			}
			runtime.Gosched()
		}
	}
	send("first")
	queued(0) // the first has been taken, and waits for the file
	for i := range others {
		send(fmt.Sprint(i))
	}
	queued(others)
	if err := busy.Rollback(); err != nil {
		t.Fatal(err)
	}
	all.Wait()
	if n := d.commits(t) - before; n != 2 {
		t.Errorf("%d commits", n)
	}
}

// TestGroupMembersAreApart commits a group in which some fail, some are cancelled, some come twice and some build on
// others: each gets the answer it would have got alone, in this order.
func TestGroupMembersAreApart(t *testing.T) {
	d := openDriver(t)
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	onFirst := store.Batch{Token: "builds on one", Ops: []store.Op{{Kind: store.Put, Key: store.Key{Partition: "p", Sort: "one"}, Expect: 1}}}
	steps := []struct {
		ctx   context.Context
		batch store.Batch
		want  func(error) bool
	}{
		{t.Context(), onFirst, isFailed},
		{t.Context(), batch("a", "one", store.Absent), isNil},
		{t.Context(), batch("b", "two", 3), isFailed},
		{cancelled, batch("c", "three", store.Absent), func(err error) bool { return errors.Is(err, context.Canceled) }},
		{t.Context(), batch("a", "one", store.Absent), isNil},
		{t.Context(), batch("a", "another", store.Absent), isRefused},
		{t.Context(), onFirst, isNil},
		{t.Context(), batch("d", "one", store.Absent), isFailed},
		{t.Context(), batch("e", "four", store.Absent), isNil},
	}
	var group []*waiting
	for _, s := range steps {
		group = append(group, &waiting{ctx: s.ctx, batches: []store.Batch{s.batch}, digests: []digest{digestOf(s.batch)}})
	}
	before := d.commits(t)
	for i, a := range d.commit(group) {
		if !steps[i].want(a.err) {
			t.Errorf("member %d: %v", i, a.err)
		}
	}
	if n := d.commits(t) - before; n != 1 {
		t.Errorf("%d commits", n)
	}
	page, err := d.Query(t.Context(), store.Query{Partition: "p", Limit: 10})
	if err != nil || len(page.Items) != 2 || page.Items[0].Sort != "four" || page.Items[1].Revision != 2 {
		t.Errorf("stored: %v, %v", page.Items, err)
	}

	before = d.commits(t)
	for i, a := range d.commit(group[2:4]) {
		if !steps[2+i].want(a.err) {
			t.Errorf("again, member %d: %v", i, a.err)
		}
	}
	if n := d.commits(t) - before; n != 0 {
		t.Errorf("%d commits of nothing", n)
	}
}

// A series goes into one commit of the file up to the first batch that is refused; what comes behind it is not looked at.
func TestSeries(t *testing.T) {
	d := openDriver(t)
	onFirst := store.Batch{Token: "builds on one", Ops: []store.Op{{Kind: store.Put, Key: store.Key{Partition: "p", Sort: "one"}, Expect: 1}}}
	whole := []store.Batch{batch("a", "one", store.Absent), onFirst, batch("b", "two", store.Absent)}
	before := d.commits(t)
	for range 2 { // the second time it is known
		if done, err := d.apply(t.Context(), whole); done != 3 || err != nil {
			t.Errorf("%d of a series, %v", done, err)
		}
	}
	if n := d.commits(t) - before; n != 1 {
		t.Errorf("%d commits", n)
	}
	done, err := d.apply(t.Context(), []store.Batch{batch("c", "three", store.Absent), batch("d", "one", store.Absent), batch("e", "four", store.Absent)})
	if done != 1 || !isFailed(err) {
		t.Errorf("%d of a series that is refused in the middle, %v", done, err)
	}
	page, err := d.Query(t.Context(), store.Query{Partition: "p", Limit: 10})
	if err != nil || len(page.Items) != 3 || page.Items[0].Revision != 2 || page.Items[1].Sort != "three" {
		t.Errorf("stored: %v, %v", page.Items, err)
	}
}

func isNil(err error) bool { return err == nil }

func isFailed(err error) bool {
	_, ok := errors.AsType[*store.Failed](err)
	return ok
}

func isRefused(err error) bool {
	_, ok := errors.AsType[*store.Refused](err)
	return ok
}

// TestSweepBesideWriters has items written over between the sweep's look at the list and its removal.
func TestSweepBesideWriters(t *testing.T) {
	clk := clock.At(time.Date(2090, 1, 1, 0, 0, 0, 0, time.UTC))
	d := openDriver(t)
	d.clock = clk
	keys := []store.Key{{Partition: "p", Sort: "stays gone"}, {Partition: "p", Sort: "comes back"}, {Partition: "p", Sort: "was removed"}}
	var ops []store.Op
	for _, k := range keys {
		ops = append(ops, store.Op{Kind: store.Put, Key: k, Expires: clk.Now().Add(time.Second)})
	}
	if err := d.Apply(t.Context(), store.Batch{Token: "a", Ops: ops}); err != nil {
		t.Fatal(err)
	}
	clk.Advance(time.Minute)
	due, err := d.due(clk.Now())
	if err != nil || len(due) != len(keys) {
		t.Fatalf("%d due, %v", len(due), err)
	}
	err = d.Apply(t.Context(), store.Batch{Token: "b", Ops: []store.Op{
		{Kind: store.Put, Key: keys[1], Value: []byte("new")}, {Kind: store.Delete, Key: keys[2], Expect: store.Any},
	}})
	if err != nil {
		t.Fatal(err)
	}
	if n, err := d.remove(due); err != nil || n != 1 {
		t.Errorf("removed %d, %v", n, err)
	}
	page, err := d.Query(t.Context(), store.Query{Partition: "p", Limit: 10})
	if err != nil || len(page.Items) != 1 || string(page.Items[0].Value) != "new" {
		t.Errorf("%v, %v", page.Items, err)
	}
}

// TestInBubble applies inside a bubble of testing/synctest, where time is not the machine's, to a file opened outside
// and to one opened inside.
func TestInBubble(t *testing.T) {
	outside := openDriver(t)
	synctest.Test(t, func(t *testing.T) {
		for i, d := range []*driver{outside, openDriver(t)} {
			var all sync.WaitGroup
			for n := range 5 {
				all.Go(func() {
					if err := d.Apply(t.Context(), batch(fmt.Sprint(i, n), fmt.Sprint(n), store.Absent)); err != nil {
						t.Error(err)
					}
				})
			}
			all.Wait()
		}
	})
	if err := outside.Apply(t.Context(), batch("outside", "outside", store.Absent)); err != nil {
		t.Error(err)
	}
}

// TestClosedFile applies after Close: a plain error, nothing unknown about it.
func TestClosedFile(t *testing.T) {
	d := openDriver(t)
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	if err := d.Apply(t.Context(), batch("a", "one", store.Absent)); err == nil || errors.Is(err, store.ErrUnknown) {
		t.Errorf("apply: %v", err)
	}
	if _, err := d.Get(t.Context(), store.Each, store.Key{Partition: "p", Sort: "s"}); err == nil {
		t.Error("get went well")
	}
}

// TestDamagedEntries reads and writes over what this package did not write.
func TestDamagedEntries(t *testing.T) {
	d := openDriver(t)
	k := store.Key{Partition: "p", Sort: "one"}
	err := d.db.Update(func(tx *bbolt.Tx) error {
		if err := tx.Bucket(expiryBucket).Put([]byte("short"), nil); err != nil {
			return err
		}
		return tx.Bucket(itemBucket).Put(itemKey(k), []byte("short"))
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := d.Get(t.Context(), store.Each, k); !errors.Is(err, errDamaged) {
		t.Errorf("get: %v", err)
	}
	if _, err := d.Query(t.Context(), store.Query{Partition: "p", Limit: 1}); !errors.Is(err, errDamaged) {
		t.Errorf("query: %v", err)
	}
	if err := d.Apply(t.Context(), batch("a", "one", store.Absent)); !errors.Is(err, errDamaged) {
		t.Errorf("apply: %v", err)
	}
	if _, err := (&Store{driver: d}).Sweep(t.Context()); !errors.Is(err, errDamaged) {
		t.Errorf("sweep: %v", err)
	}
}
