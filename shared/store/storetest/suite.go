// Package storetest is the suite every driver of the store passes: what the port promises, as tests.
package storetest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/muster-crm/muster/shared/clock"
	"github.com/muster-crm/muster/shared/store"
)

// Suite is what Run needs to know of a driver.
type Suite struct {
	// Open gives a store that goes by Clock. The suite closes it. It may give the same table again and again: every
	// case has partitions of its own.
	Open func(t *testing.T) store.Store
	// Clock is moved on by the suite. It has to stand in the future, because a driver's broom goes by the real time.
	Clock *clock.Manual
	// Effort is how many steps the random tests take.
	Effort int
	// Sample leaves out all but one in so many of the queries that differ little; 0 and 1 leave out none.
	Sample int
}

// Run runs the suite.
func Run(t *testing.T, s Suite) {
	var count atomic.Int64
	for _, group := range []struct {
		name  string
		cases []namedCase
	}{
		{"Query", queryCases()},
		{"Apply", applyCases()},
		{"Expiry", expiryCases()},
		{"Limit", limitCases()},
		{"Token", tokenCases()},
		{"Series", seriesCases()},
		{"Parallel", parallelCases()},
		{"Model", modelCases()},
	} {
		t.Run(group.name, func(t *testing.T) {
			opened := s.Open(t)
			t.Cleanup(func() {
				if err := opened.Close(); err != nil {
					t.Errorf("close: %v", err)
				}
			})
			for _, c := range group.cases {
				t.Run(c.name, func(t *testing.T) {
					count.Add(1)
					c.run(&env{T: t, store: opened, clock: s.Clock, effort: s.Effort, sample: s.Sample, count: &count})
				})
			}
		})
	}
	t.Logf("storetest: %d cases", count.Load())
}

type namedCase struct {
	name string
	run  func(e *env)
}

// env is what a case works with.
type env struct {
	*testing.T
	store  store.Store
	clock  *clock.Manual
	effort int
	sample int
	met    int // rows met by sampled
	count  *atomic.Int64
}

// row counts one more case, for tests that go through a table of them.
func (e *env) row() { e.count.Add(1) }

// sampled says whether one of many rows that differ little is to be run, and counts it.
func (e *env) sampled() bool {
	e.met++
	if e.sample > 1 && e.met%e.sample != 0 {
		return false
	}
	e.row()
	return true
}

var serial atomic.Int64

// partition gives a partition nobody has used.
func (e *env) partition() string { return fmt.Sprintf("partition-%d", serial.Add(1)) }

// key gives a key nobody has used.
func (e *env) key() store.Key { return store.Key{Partition: e.partition(), Sort: "item"} }

// token gives a token nobody has used.
func token() string { return fmt.Sprintf("token-%d", serial.Add(1)) }

func put(k store.Key, expect int64, value string) store.Op {
	return store.Op{Kind: store.Put, Key: k, Expect: expect, Value: []byte(value)}
}

func remove(k store.Key, expect int64) store.Op {
	return store.Op{Kind: store.Delete, Key: k, Expect: expect}
}

func check(k store.Key, expect int64) store.Op {
	return store.Op{Kind: store.Check, Key: k, Expect: expect}
}

func expiring(op store.Op, at time.Time) store.Op {
	op.Expires = at
	return op
}

func item(k store.Key, revision int64, value string) *store.Item {
	return &store.Item{Key: k, Revision: revision, Value: []byte(value)}
}

func (e *env) ctx() context.Context { return e.Context() }

func (e *env) try(ops ...store.Op) error {
	return e.store.Apply(e.ctx(), store.Batch{Token: token(), Ops: ops})
}

// apply commits ops, which has to go well.
func (e *env) apply(ops ...store.Op) {
	e.Helper()
	if err := e.try(ops...); err != nil {
		e.Fatalf("apply: %v", err)
	}
}

// fill puts an item under each sort key of a partition, with the key as its value.
func (e *env) fill(partition string, sorts ...string) {
	e.Helper()
	for len(sorts) > 0 {
		n := min(len(sorts), store.MaxActions)
		ops := make([]store.Op, n)
		for i, s := range sorts[:n] {
			ops[i] = put(store.Key{Partition: partition, Sort: s}, store.Absent, s)
		}
		e.apply(ops...)
		sorts = sorts[n:]
	}
}

// want checks what is stored under a key, in both modes; nil: nothing.
func (e *env) want(k store.Key, want *store.Item) {
	e.Helper()
	beside := store.Key{Partition: k.Partition, Sort: "there is nothing here"}
	for _, mode := range []store.Mode{store.Each, store.Together} {
		e.wantGot(mode, []store.Key{k}, []*store.Item{want})
		e.wantGot(mode, []store.Key{beside, k}, []*store.Item{nil, want})
	}
}

func (e *env) wantGot(mode store.Mode, keys []store.Key, want []*store.Item) {
	e.Helper()
	got, err := e.store.Get(e.ctx(), mode, keys...)
	if err != nil {
		e.Fatalf("get: %v", err)
	}
	if diff := diffOf(want, got); diff != "" {
		e.Fatalf("get in mode %d (-want +got):\n%s", mode, diff)
	}
}

// wantFailed checks that an Apply failed by exactly these expectations.
func (e *env) wantFailed(err error, want ...store.Failure) {
	e.Helper()
	failed, ok := errors.AsType[*store.Failed](err)
	if !ok {
		e.Fatalf("apply answered %v, want failed expectations", err)
	}
	if diff := diffOf(want, failed.Failures); diff != "" {
		e.Fatalf("failures (-want +got):\n%s", diff)
	}
}

func (e *env) wantRefused(err error) {
	e.Helper()
	if _, ok := errors.AsType[*store.Refused](err); !ok {
		e.Fatalf("answered %v, want a refusal", err)
	}
}

// all reads a query to its end, page by page.
func (e *env) all(q store.Query) []store.Item {
	e.Helper()
	var items []store.Item
	for {
		page, err := e.store.Query(e.ctx(), q)
		if err != nil {
			e.Fatalf("query: %v", err)
		}
		if q.Limit > 0 && len(page.Items) > q.Limit {
			e.Fatalf("a page of %d items with limit %d", len(page.Items), q.Limit)
		}
		items = append(items, page.Items...)
		if page.Next == "" {
			return items
		}
		if q.After != "" && (page.Next > q.After) == q.Reverse || page.Next == q.After {
			e.Fatalf("the cursor goes from %q to %q", q.After, page.Next)
		}
		q.After = page.Next
	}
}

// wantSorts checks the sort keys of items, and that each has the value fill gave it.
func (e *env) wantSorts(what any, items []store.Item, want []string) {
	e.Helper()
	got := make([]string, len(items))
	for i, it := range items {
		got[i] = it.Sort
		if string(it.Value) != it.Sort || it.Revision != 1 {
			e.Fatalf("%+v: item %q has value %q and revision %d", what, it.Sort, it.Value, it.Revision)
		}
	}
	if diff := diffOf(want, got); diff != "" {
		e.Fatalf("%+v (-want +got):\n%s", what, diff)
	}
}

// diffOf compares; an empty list and none, and an empty value and none, are the same.
func diffOf(want, got any) string {
	return cmp.Diff(want, got, cmp.Comparer(bytes.Equal), cmp.Comparer(func(a, b []string) bool {
		return fmt.Sprintf("%q", a) == fmt.Sprintf("%q", b)
	}))
}
