package storetest

import (
	"errors"
	"fmt"
	"strconv"
	"sync"
	"sync/atomic"

	"github.com/muster-crm/muster/shared/store"
)

func parallelCases() []namedCase {
	return []namedCase{
		{"OneWinsEachRevision", oneWinsEachRevision},
		{"CounterReachesItsTotal", counterReachesItsTotal},
		{"SumIsKept", sumIsKept},
		{"TogetherIsOneMoment", togetherIsOneMoment},
		{"AcknowledgedIsSeen", acknowledgedIsSeen},
	}
}

const writers = 8

// oneWinsEachRevision lets writers race for the same revision, again and again.
func oneWinsEachRevision(e *env) {
	s, k := Patient(e.store), e.key()
	for revision := range int64(5) {
		e.row()
		var all sync.WaitGroup
		var won, lost atomic.Int64
		for w := range writers {
			all.Go(func() {
				err := s.Apply(e.ctx(), store.Batch{Token: token(), Ops: []store.Op{put(k, revision, fmt.Sprint(w))}})
				failed, ok := errors.AsType[*store.Failed](err)
				switch {
				case err == nil:
					won.Add(1)
				case ok && len(failed.Failures) == 1 && failed.Failures[0].Current != nil && failed.Failures[0].Current.Revision == revision+1:
					lost.Add(1)
				default:
					e.Errorf("apply: %v", err)
				}
			})
		}
		all.Wait()
		if won.Load() != 1 || lost.Load() != writers-1 {
			e.Fatalf("revision %d: %d won and %d lost", revision, won.Load(), lost.Load())
		}
	}
}

// counterReachesItsTotal lets writers count in one item, each from what its failure told it.
func counterReachesItsTotal(e *env) {
	const each = 5
	s, k := Patient(e.store), e.key()
	var all sync.WaitGroup
	for range writers {
		all.Go(func() {
			var current *store.Item
			for done := 0; done < each; {
				op := put(k, store.Absent, "1")
				if current != nil {
					n, _ := strconv.Atoi(string(current.Value))
					op = put(k, current.Revision, fmt.Sprint(n+1))
				}
				err := s.Apply(e.ctx(), store.Batch{Token: token(), Ops: []store.Op{op}})
				if err == nil {
					current = item(k, op.Expect+1, string(op.Value))
					done++
					continue
				}
				failed, ok := errors.AsType[*store.Failed](err)
				if !ok {
					e.Errorf("apply: %v", err)
					return
				}
				current = failed.Failures[0].Current
			}
		})
	}
	all.Wait()
	e.want(k, item(k, writers*each, fmt.Sprint(writers*each)))
}

// sumIsKept moves amounts between accounts; no two moves may use the same revision of an account.
func sumIsKept(e *env) {
	const accounts, each, start = 4, 5, 100
	s := Patient(e.store)
	keys := make([]store.Key, accounts)
	for i := range keys {
		keys[i] = e.key()
		e.apply(put(keys[i], store.Absent, fmt.Sprint(start)))
	}
	read := func(it *store.Item) int {
		n, _ := strconv.Atoi(string(it.Value))
		return n
	}
	var all sync.WaitGroup
	for w := range writers {
		all.Go(func() {
			for done := 0; done < each; {
				from, to := keys[(w+done)%accounts], keys[(w+done+1+done%2)%accounts]
				items, err := s.Get(e.ctx(), store.Each, from, to)
				if err != nil {
					e.Errorf("get: %v", err)
					return
				}
				err = s.Apply(e.ctx(), store.Batch{Token: token(), Ops: []store.Op{
					put(from, items[0].Revision, fmt.Sprint(read(items[0])-w)),
					put(to, items[1].Revision, fmt.Sprint(read(items[1])+w)),
				}})
				if _, failed := errors.AsType[*store.Failed](err); failed {
					continue
				}
				if err != nil {
					e.Errorf("apply: %v", err)
					return
				}
				done++
			}
		})
	}
	all.Wait()
	items, err := e.store.Get(e.ctx(), store.Together, keys...)
	if err != nil {
		e.Fatal(err)
	}
	sum, revisions := 0, int64(0)
	for _, it := range items {
		sum += read(it)
		revisions += it.Revision - 1
	}
	if sum != accounts*start || revisions != writers*each*2 {
		e.Fatalf("the sum is %d and there were %d changes", sum, revisions)
	}
}

// togetherIsOneMoment reads items that always change at once, while they do.
func togetherIsOneMoment(e *env) {
	const items, changes, readers = 5, 30, 3
	s := Patient(e.store)
	keys := make([]store.Key, items)
	ops := make([]store.Op, items)
	for i := range keys {
		keys[i] = e.key()
		ops[i] = put(keys[i], store.Absent, "x")
	}
	e.apply(ops...)
	var all sync.WaitGroup
	done := make(chan struct{})
	for range readers {
		all.Go(func() {
			last := int64(0)
			for {
				got, err := s.Get(e.ctx(), store.Together, keys...)
				if err != nil {
					e.Errorf("get: %v", err)
					return
				}
				for _, it := range got {
					if it == nil || it.Revision != got[0].Revision || it.Revision < last {
						e.Errorf("a torn read: %v", got)
						return
					}
				}
				last = got[0].Revision
				select {
				case <-done:
					return
				default:
				}
			}
		})
	}
	for revision := range int64(changes) {
		for i, k := range keys {
			ops[i] = put(k, revision+1, "x")
		}
		if err := s.Apply(e.ctx(), store.Batch{Token: token(), Ops: ops}); err != nil {
			e.Errorf("apply: %v", err)
			break
		}
	}
	close(done)
	all.Wait()
}

// acknowledgedIsSeen reads what was written at once, in every way, while others write beside it.
func acknowledgedIsSeen(e *env) {
	const each = 5
	s, partition := Patient(e.store), e.partition()
	var all sync.WaitGroup
	for w := range writers {
		all.Go(func() {
			for i := range each {
				k := store.Key{Partition: partition, Sort: fmt.Sprintf("%d/%d", w, i)}
				if err := s.Apply(e.ctx(), store.Batch{Token: token(), Ops: []store.Op{put(k, store.Absent, "x")}}); err != nil {
					e.Errorf("apply: %v", err)
					return
				}
				got, err := s.Get(e.ctx(), store.Each, k)
				if err != nil || got[0] == nil {
					e.Errorf("get: %v, %v", got, err)
				}
				page, err := s.Query(e.ctx(), store.Query{Partition: partition, Prefix: fmt.Sprintf("%d/", w)})
				if err != nil || len(page.Items) != i+1 {
					e.Errorf("query: %d items after %d, %v", len(page.Items), i+1, err)
				}
			}
		})
	}
	all.Wait()
}
