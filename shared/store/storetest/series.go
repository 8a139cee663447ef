package storetest

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/muster-crm/muster/shared/store"
)

// seriesCases are about batches that follow each other, whether the store takes them together or one by one.
func seriesCases() []namedCase {
	return []namedCase{
		{"EachSeesTheOnesBefore", eachSeesTheOnesBefore},
		{"UpToTheFirstThatFails", upToTheFirstThatFails},
		{"UpToTheFirstRefused", upToTheFirstRefused},
		{"LimitsAreOfEachBatch", limitsAreOfEachBatch},
		{"SeriesAgain", seriesAgain},
		{"SeriesSentInPart", seriesSentInPart},
		{"TokensOfASeries", tokensOfASeries},
		{"ExpiredWithinASeries", expiredWithinASeries},
		{"CancelledSeries", cancelledSeries},
		{"SeriesAtOnce", seriesAtOnce},
		{"SeriesBesideBatches", seriesBesideBatches},
		{"SeriesIsReadBatchByBatch", seriesIsReadBatchByBatch},
	}
}

// series makes batches of operations, each under a token nobody has used.
func series(batches ...[]store.Op) []store.Batch {
	var all []store.Batch
	for _, ops := range batches {
		all = append(all, store.Batch{Token: token(), Ops: ops})
	}
	return all
}

// wantDone applies a series that has to be done up to a batch, and gives the error of that one.
func (e *env) wantDone(want int, batches []store.Batch) error {
	e.Helper()
	done, err := store.ApplyAll(e.ctx(), e.store, batches)
	if done != want || (err == nil) != (want == len(batches)) {
		e.Fatalf("%d of %d batches are done, want %d: %v", done, len(batches), want, err)
	}
	return err
}

func eachSeesTheOnesBefore(e *env) {
	e.wantDone(0, nil)
	a, b := e.key(), e.key()
	e.wantDone(7, series(
		[]store.Op{put(a, store.Absent, "one")},
		[]store.Op{put(a, 1, "two"), put(b, store.Absent, "x")},
		[]store.Op{check(a, 2), remove(b, 1)},
		[]store.Op{remove(a, 2), check(b, store.Absent)},
		[]store.Op{put(a, store.Absent, "again"), remove(b, store.Any)},
		[]store.Op{put(b, store.Absent, "y")},
		[]store.Op{check(a, 1), put(b, 1, "z")},
	))
	e.want(a, item(a, 1, "again"))
	e.want(b, item(b, 2, "z"))
}

// upToTheFirstThatFails lets one batch fail, at every place and by each of its operations: what is before it is there, and
// nothing of it or behind it. What it is told is there is what those before it left.
func upToTheFirstThatFails(e *env) {
	const n = 4
	for bad := range n {
		for _, wrong := range []int{0, 1, 2} {
			e.row()
			counter := e.key()
			var own [n]store.Key
			var batches []store.Batch
			for i := range own {
				own[i] = e.key()
				ops := []store.Op{put(own[i], store.Absent, "own"), put(counter, int64(i), fmt.Sprint(i)), check(e.key(), store.Absent)}
				if i == bad {
					ops[wrong].Expect = 7
				}
				batches = append(batches, store.Batch{Token: token(), Ops: ops})
			}
			err := e.wantDone(bad, batches)
			failure := store.Failure{Index: wrong, Key: batches[bad].Ops[wrong].Key}
			var last *store.Item
			if bad > 0 {
				last = item(counter, int64(bad), fmt.Sprint(bad-1))
			}
			if wrong == 1 {
				failure.Current = last
			}
			e.wantFailed(err, failure)
			e.want(counter, last)
			for i, k := range own {
				if i < bad {
					e.want(k, item(k, 1, "own"))
				} else {
					e.want(k, nil)
				}
			}
			// It goes on where it ended.
			batches[bad].Ops[wrong].Expect = map[int]int64{1: int64(bad)}[wrong]
			e.wantDone(n, batches)
			e.want(counter, item(counter, n, fmt.Sprint(n-1)))
		}
	}
}

// upToTheFirstRefused puts a batch outside the limits at every place of a series.
func upToTheFirstRefused(e *env) {
	long := strings.Repeat("x", store.MaxValue+1)
	for name, spoil := range map[string]func(b *store.Batch){
		"empty":       func(b *store.Batch) { b.Ops = nil },
		"no token":    func(b *store.Batch) { b.Token = "" },
		"long token":  func(b *store.Batch) { b.Token = strings.Repeat("t", store.MaxToken+1) },
		"key twice":   func(b *store.Batch) { b.Ops = append(b.Ops, b.Ops[0]) },
		"long value":  func(b *store.Batch) { b.Ops[0].Value = []byte(long) },
		"expectation": func(b *store.Batch) { b.Ops[0].Expect = store.Any },
		"revision":    func(b *store.Batch) { b.Ops[0].Expect, b.Ops[0].Revision = 5, 5 },
		"actions": func(b *store.Batch) {
			for range store.MaxActions {
				b.Ops = append(b.Ops, check(e.key(), store.Absent))
			}
		},
		"bytes": func(b *store.Batch) {
			for range store.MaxBatch/store.MaxValue + 1 {
				b.Ops = append(b.Ops, put(e.key(), store.Absent, long[1:]))
			}
		},
	} {
		for bad := range 3 {
			e.row()
			k := e.key()
			batches := series([]store.Op{put(k, store.Absent, "0")}, []store.Op{put(k, 1, "1")}, []store.Op{put(k, 2, "2")})
			spoil(&batches[bad])
			done, err := store.ApplyAll(e.ctx(), e.store, batches)
			if _, ok := errors.AsType[*store.Refused](err); !ok || done != bad {
				e.Errorf("%s in batch %d: %d done, %v", name, bad, done, err)
			}
			if bad == 0 {
				e.want(k, nil)
			} else {
				e.want(k, item(k, int64(bad), fmt.Sprint(bad-1)))
			}
		}
	}
}

// limitsAreOfEachBatch sends more actions and bytes in a series than one batch may hold.
func limitsAreOfEachBatch(e *env) {
	partition := e.partition()
	value := strings.Repeat("v", store.MaxValue)
	var batches []store.Batch
	for i := range 3 {
		var ops []store.Op
		for n := range 30 {
			ops = append(ops, put(store.Key{Partition: partition, Sort: fmt.Sprintf("%d/%02d", i, n)}, store.Absent, value))
		}
		for range store.MaxActions - len(ops) {
			ops = append(ops, check(e.key(), store.Absent))
		}
		batches = append(batches, store.Batch{Token: token(), Ops: ops})
	}
	e.wantDone(3, batches)
	if n := len(e.all(store.Query{Partition: partition})); n != 90 {
		e.Errorf("%d of 90 items", n)
	}
}

// counting is a series that counts in one item.
func counting(k store.Key, n int) []store.Batch {
	var batches []store.Batch
	for i := range n {
		batches = append(batches, store.Batch{Token: token(), Ops: []store.Op{put(k, int64(i), fmt.Sprint(i+1))}})
	}
	return batches
}

// seriesAgain sends a series again, and when what it wrote has been written over: it answers success and changes nothing.
func seriesAgain(e *env) {
	k := e.key()
	batches := counting(k, 4)
	for range 3 {
		e.row()
		e.wantDone(4, batches)
		e.want(k, item(k, 4, "4"))
		e.clock.Advance(90 * time.Second)
	}
	e.apply(put(k, 4, "over"))
	e.wantDone(4, batches)
	e.want(k, item(k, 5, "over"))
}

// seriesSentInPart sends parts of a series alone, before and after the whole.
func seriesSentInPart(e *env) {
	for first := range 5 {
		e.row()
		k := e.key()
		batches := counting(k, 4)
		e.wantDone(first, batches[:first])
		e.wantDone(4, batches)
		for _, b := range batches {
			if err := e.store.Apply(e.ctx(), b); err != nil {
				e.Fatal(err)
			}
		}
		e.wantDone(4-min(first, 4), batches[min(first, 4):])
		e.want(k, item(k, 4, "4"))
	}
}

func tokensOfASeries(e *env) {
	k := e.key()
	batches := counting(k, 3)
	if err := e.store.Apply(e.ctx(), batches[0]); err != nil {
		e.Fatal(err)
	}
	e.wantDone(3, batches)
	e.want(k, item(k, 3, "3"))

	e.row() // the same batch twice in one series
	e.wantDone(5, []store.Batch{batches[0], batches[1], batches[1], batches[2], batches[0]})
	e.want(k, item(k, 3, "3"))

	e.row() // another batch under the token of one before it
	other := counting(e.key(), 3)
	other[2].Token = other[0].Token
	e.wantRefused(e.wantDone(2, other))

	e.row() // what failed is not remembered, nor is what came behind it
	late := e.key()
	failing := series([]store.Op{put(late, 1, "b")}, []store.Op{put(late, 2, "c")})
	e.wantFailed(e.wantDone(0, failing), store.Failure{Key: late})
	e.apply(put(late, store.Absent, "a"))
	e.wantDone(2, failing)
	e.want(late, item(late, 3, "c"))
}

// expiredWithinASeries lets an item be absent to a batch because the one before it wrote it with a time that is over.
func expiredWithinASeries(e *env) {
	k := e.key()
	e.wantDone(3, series(
		[]store.Op{expiring(put(k, store.Absent, "gone"), e.clock.Now().Add(-time.Second))},
		[]store.Op{expiring(put(k, store.Absent, "there"), e.clock.Now().Add(time.Hour))},
		[]store.Op{put(k, 1, "for ever")},
	))
	e.want(k, item(k, 2, "for ever"))
}

func cancelledSeries(e *env) {
	k := e.key()
	ctx, cancel := context.WithCancel(e.ctx())
	cancel()
	batches := counting(k, 3)
	if done, err := store.ApplyAll(ctx, e.store, batches); done != 0 || !errors.Is(err, context.Canceled) {
		e.Errorf("%d done, %v", done, err)
	}
	e.want(k, nil)
	e.wantDone(3, batches)
}

// seriesAtOnce lets writers send one and the same series at once: it happens once.
func seriesAtOnce(e *env) {
	s, k := Patient(e.store), e.key()
	batches := counting(k, 5)
	var all sync.WaitGroup
	for range writers {
		all.Go(func() {
			if done, err := store.ApplyAll(e.ctx(), s, batches); done != 5 || err != nil {
				e.Errorf("%d done, %v", done, err)
			}
		})
	}
	all.Wait()
	e.want(k, item(k, 5, "5"))
}

// seriesBesideBatches lets some writers count by series and others by single batches, each from what its failure told it.
// Every batch that was done counts once.
func seriesBesideBatches(e *env) {
	s, k := Patient(e.store), e.key()
	var all sync.WaitGroup
	var total atomic.Int64
	for w := range writers {
		size := 1 + w%4
		all.Go(func() {
			revision, n := store.Absent, 0
			for range 6 {
				var batches []store.Batch
				for i := range size {
					batches = append(batches, store.Batch{Token: token(), Ops: []store.Op{put(k, revision+int64(i), strconv.Itoa(n+i+1))}})
				}
				done, err := store.ApplyAll(e.ctx(), s, batches)
				total.Add(int64(done))
				revision, n = revision+int64(done), n+done
				failed, ok := errors.AsType[*store.Failed](err)
				switch {
				case err == nil:
				case ok && failed.Failures[0].Current != nil:
					revision = failed.Failures[0].Current.Revision
					n, _ = strconv.Atoi(string(failed.Failures[0].Current.Value))
				default:
					e.Errorf("%d done, %v", done, err)
					return
				}
			}
		})
	}
	all.Wait()
	e.want(k, item(k, total.Load(), strconv.FormatInt(total.Load(), 10)))
}

// seriesIsReadBatchByBatch reads beside a series items that each of its batches changes at once: whoever reads them together
// sees them alike, and never sees one go back.
func seriesIsReadBatchByBatch(e *env) {
	const n, rounds = 5, 6
	s := Patient(e.store)
	keys := []store.Key{e.key(), e.key(), e.key()}
	end := make(chan struct{})
	var all sync.WaitGroup
	for range 2 {
		all.Go(func() {
			last := int64(0)
			for {
				items, err := s.Get(e.ctx(), store.Together, keys...)
				if err != nil {
					e.Errorf("get: %v", err)
					return
				}
				var seen [3]int64
				for i, it := range items {
					if it != nil {
						seen[i] = it.Revision
					}
				}
				if seen[0] != seen[1] || seen[1] != seen[2] || seen[0] < last {
					e.Errorf("seen are revisions %v, after %d", seen, last)
				}
				last = seen[0]
				select {
				case <-end:
					return
				default:
				}
			}
		})
	}
	for round := range int64(rounds) {
		var batches []store.Batch
		for i := range int64(n) {
			b := store.Batch{Token: token()}
			for _, k := range keys {
				b.Ops = append(b.Ops, put(k, round*n+i, "x"))
			}
			batches = append(batches, b)
		}
		if done, err := store.ApplyAll(e.ctx(), s, batches); done != n || err != nil {
			e.Errorf("%d done, %v", done, err)
		}
	}
	close(end)
	all.Wait()
	e.want(keys[1], item(keys[1], n*rounds, "x"))
}
