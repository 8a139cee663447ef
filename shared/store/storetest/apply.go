package storetest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/muster-crm/muster/shared/store"
)

func applyCases() []namedCase {
	return []namedCase{
		{"PutPutDelete", putPutDelete},
		{"EveryExpectation", everyExpectation},
		{"AllOrNothing", allOrNothing},
		{"EveryFailureIsTold", everyFailureIsTold},
		{"GivenRevision", givenRevision},
		{"Values", values},
		{"NothingIsShared", nothingIsShared},
		{"OrderOfGet", orderOfGet},
		{"CancelledContext", cancelledContext},
	}
}

func putPutDelete(e *env) {
	k := e.key()
	e.want(k, nil)
	e.apply(put(k, store.Absent, "one"))
	e.want(k, item(k, 1, "one"))
	e.apply(put(k, 1, "two"))
	e.want(k, item(k, 2, "two"))
	e.apply(check(k, 2))
	e.want(k, item(k, 2, "two"))
	e.apply(remove(k, 2))
	e.want(k, nil)
	e.apply(put(k, store.Absent, "again"))
	e.want(k, item(k, 1, "again"))
}

// everyExpectation goes through every kind of operation, every state and every expectation.
func everyExpectation(e *env) {
	for _, revision := range []int64{0, 1, 2, 3} { // 0: there is no item
		for _, kind := range []store.OpKind{store.Put, store.Delete, store.Check} {
			for _, expect := range []int64{store.Any, store.Absent, 1, 2, 3, 4, 1 << 40} {
				if expect == store.Any && kind != store.Delete {
					continue
				}
				e.row()
				k := e.key()
				var before, after *store.Item
				for r := range revision {
					e.apply(put(k, r, "old"))
					before = item(k, r+1, "old")
				}
				op := store.Op{Kind: kind, Key: k, Expect: expect}
				switch kind {
				case store.Put:
					op.Value = []byte("new")
					after = item(k, expect+1, "new")
				case store.Check:
					after = before
				}
				err := e.try(op)
				if expect == store.Any || expect == revision {
					if err != nil {
						e.Fatalf("operation %d expecting %d at revision %d: %v", kind, expect, revision, err)
					}
				} else {
					e.wantFailed(err, store.Failure{Index: 0, Key: k, Current: before})
					after = before
				}
				e.want(k, after)
			}
		}
	}
}

// givenRevision moves items in under the revisions they had elsewhere.
func givenRevision(e *env) {
	for _, revision := range []int64{1, 2, 7, 1 << 40} {
		e.row()
		k := e.key()
		moved := put(k, store.Absent, "moved")
		moved.Revision = revision
		e.apply(moved)
		e.want(k, item(k, revision, "moved"))
		e.wantFailed(e.try(moved), store.Failure{Index: 0, Key: k, Current: item(k, revision, "moved")})
		e.apply(put(k, revision, "edited"))
		e.want(k, item(k, revision+1, "edited"))
		higher := put(k, revision+1, "again")
		higher.Revision = revision + 5
		e.apply(higher)
		e.want(k, item(k, revision+5, "again"))
	}
}

// allOrNothing lets one member of a batch fail, at every place and of every kind.
func allOrNothing(e *env) {
	const n = 7
	for bad := range n {
		for _, kind := range []store.OpKind{store.Put, store.Delete, store.Check} {
			e.row()
			partition := e.partition()
			keys, ops := make([]store.Key, n), make([]store.Op, n)
			for i := range keys {
				keys[i] = store.Key{Partition: partition, Sort: fmt.Sprint(i)}
				if i%2 == 0 {
					keys[i].Partition = e.partition()
				}
				e.apply(put(keys[i], store.Absent, "old"))
				switch i % 3 {
				case 0:
					ops[i] = put(keys[i], 1, "new")
				case 1:
					ops[i] = remove(keys[i], 1)
				case 2:
					ops[i] = check(keys[i], 1)
				}
			}
			ops[bad] = store.Op{Kind: kind, Key: keys[bad], Expect: 2}
			err := e.try(ops...)
			e.wantFailed(err, store.Failure{Index: bad, Key: keys[bad], Current: item(keys[bad], 1, "old")})
			want := make([]*store.Item, n)
			for i, k := range keys {
				want[i] = item(k, 1, "old")
			}
			e.wantGot(store.Together, keys, want)
		}
	}
}

func everyFailureIsTold(e *env) {
	there, newer, gone, fine := e.key(), e.key(), e.key(), e.key()
	e.apply(put(there, store.Absent, "there"), put(newer, store.Absent, "first"))
	e.apply(put(newer, 1, "second"))
	err := e.try(
		put(there, store.Absent, "x"),
		put(fine, store.Absent, "x"),
		remove(newer, 1),
		check(gone, 3),
	)
	e.wantFailed(err,
		store.Failure{Index: 0, Key: there, Current: item(there, 1, "there")},
		store.Failure{Index: 2, Key: newer, Current: item(newer, 2, "second")},
		store.Failure{Index: 3, Key: gone},
	)
	e.want(fine, nil)

	e.row()
	ops := make([]store.Op, store.MaxActions)
	want := make([]store.Failure, store.MaxActions)
	for i := range ops {
		ops[i] = check(e.key(), 1)
		want[i] = store.Failure{Index: i, Key: ops[i].Key}
	}
	e.wantFailed(e.try(ops...), want...)
}

func values(e *env) {
	all := make([]byte, 256)
	for i := range all {
		all[i] = byte(i)
	}
	for _, value := range []string{"", "\x00", string(all), "日本", strings.Repeat("\xff", store.MaxValue), strings.Repeat("x", 1025)} {
		e.row()
		k := e.key()
		e.apply(put(k, store.Absent, value))
		e.want(k, item(k, 1, value))
		e.apply(store.Op{Kind: store.Put, Key: k, Expect: 1})
		e.want(k, item(k, 2, ""))
	}
}

// nothingIsShared writes into what was given to the store and into what it gave back.
func nothingIsShared(e *env) {
	k := e.key()
	value := []byte("kept")
	e.apply(store.Op{Kind: store.Put, Key: k, Expect: store.Absent, Value: value})
	copy(value, "lost")
	got, err := e.store.Get(e.ctx(), store.Each, k)
	if err != nil || got[0] == nil {
		e.Fatalf("get: %v, %v", got, err)
	}
	copy(got[0].Value, "lost")
	page, err := e.store.Query(e.ctx(), store.Query{Partition: k.Partition})
	if err != nil || len(page.Items) != 1 {
		e.Fatalf("query: %v, %v", page, err)
	}
	copy(page.Items[0].Value, "lost")
	e.want(k, item(k, 1, "kept"))
}

// orderOfGet asks for many keys, some of which have no item, in no order.
func orderOfGet(e *env) {
	for _, n := range []int{1, 2, store.MaxTogether, store.MaxGet} {
		for _, mode := range []store.Mode{store.Each, store.Together} {
			if mode == store.Together && n > store.MaxTogether {
				continue
			}
			e.row()
			partition := e.partition()
			var keys []store.Key
			var want []*store.Item
			var ops []store.Op
			for i := range n {
				k := store.Key{Partition: fmt.Sprint(partition, i%3), Sort: fmt.Sprint(i)}
				keys, want = append(keys, k), append(want, nil)
				if i%4 != 3 {
					ops = append(ops, put(k, store.Absent, k.Sort))
					want[i] = item(k, 1, k.Sort)
				}
			}
			e.apply(ops...)
			slices.Reverse(keys)
			slices.Reverse(want)
			e.wantGot(mode, keys, want)
		}
	}
}

func cancelledContext(e *env) {
	k := e.key()
	ctx, cancel := context.WithCancel(e.ctx())
	cancel()
	err := e.store.Apply(ctx, store.Batch{Token: token(), Ops: []store.Op{put(k, store.Absent, "x")}})
	if !errors.Is(err, context.Canceled) {
		e.Errorf("apply: %v", err)
	}
	if _, err := e.store.Get(ctx, store.Each, k); !errors.Is(err, context.Canceled) {
		e.Errorf("get: %v", err)
	}
	if _, err := e.store.Query(ctx, store.Query{Partition: k.Partition}); !errors.Is(err, context.Canceled) {
		e.Errorf("query: %v", err)
	}
	e.want(k, nil)
}
