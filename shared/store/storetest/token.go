package storetest

import (
	"sync"
	"time"

	"github.com/muster-crm/muster/shared/store"
)

func tokenCases() []namedCase {
	return []namedCase{
		{"SameBatchAgain", sameBatchAgain},
		{"SameBatchAfterOthers", sameBatchAfterOthers},
		{"SameBatchAtOnce", sameBatchAtOnce},
		{"FailureIsNotRemembered", failureIsNotRemembered},
		{"AnotherBatch", anotherBatch},
	}
}

func sameBatchAgain(e *env) {
	made, gone, held := e.key(), e.key(), e.key()
	e.apply(put(gone, store.Absent, "x"), put(held, store.Absent, "x"))
	b := store.Batch{Token: token(), Ops: []store.Op{
		expiring(put(made, store.Absent, "x"), e.clock.Now().Add(time.Hour)), remove(gone, 1), check(held, 1),
	}}
	for range 3 {
		e.row()
		e.clock.Advance(90 * time.Second)
		if err := e.store.Apply(e.ctx(), b); err != nil {
			e.Fatal(err)
		}
		want := item(made, 1, "x")
		want.Expires = b.Ops[0].Expires.Truncate(time.Second)
		e.want(made, want)
		e.want(gone, nil)
	}
}

// sameBatchAfterOthers resends a batch when what it wrote has been written over: it answers success and leaves it so.
func sameBatchAfterOthers(e *env) {
	k := e.key()
	b := store.Batch{Token: token(), Ops: []store.Op{put(k, store.Absent, "first")}}
	if err := e.store.Apply(e.ctx(), b); err != nil {
		e.Fatal(err)
	}
	e.apply(put(k, 1, "second"))
	if err := e.store.Apply(e.ctx(), b); err != nil {
		e.Fatal(err)
	}
	e.want(k, item(k, 2, "second"))
	e.apply(remove(k, 2))
	if err := e.store.Apply(e.ctx(), b); err != nil {
		e.Fatal(err)
	}
	e.want(k, nil)
}

func sameBatchAtOnce(e *env) {
	s := Patient(e.store)
	k := e.key()
	b := store.Batch{Token: token(), Ops: []store.Op{put(k, store.Absent, "x"), remove(e.key(), store.Any)}}
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			if err := s.Apply(e.ctx(), b); err != nil {
				e.Errorf("apply: %v", err)
			}
		})
	}
	all.Wait()
	e.want(k, item(k, 1, "x"))
}

func failureIsNotRemembered(e *env) {
	k := e.key()
	e.apply(put(k, store.Absent, "x"))
	b := store.Batch{Token: token(), Ops: []store.Op{put(k, 2, "y")}}
	for range 2 {
		e.wantFailed(e.store.Apply(e.ctx(), b), store.Failure{Index: 0, Key: k, Current: item(k, 1, "x")})
	}
	e.apply(put(k, 1, "between"))
	if err := e.store.Apply(e.ctx(), b); err != nil {
		e.Fatal(err)
	}
	e.want(k, item(k, 3, "y"))
}

// anotherBatch sends something else under a token, different in one thing at a time.
func anotherBatch(e *env) {
	k, other := e.key(), e.key()
	at := e.clock.Now().Add(time.Hour)
	first := expiring(put(k, store.Absent, "x"), at)
	b := store.Batch{Token: token(), Ops: []store.Op{first, check(other, store.Absent)}}
	if err := e.store.Apply(e.ctx(), b); err != nil {
		e.Fatal(err)
	}
	for _, ops := range [][]store.Op{
		{expiring(put(k, store.Absent, "y"), at), b.Ops[1]},
		{expiring(put(k, store.Absent, "x"), at.Add(time.Second)), b.Ops[1]},
		{put(k, store.Absent, "x"), b.Ops[1]},
		{expiring(put(k, 1, "x"), at), b.Ops[1]},
		{remove(k, store.Absent), b.Ops[1]},
		{first, check(e.key(), store.Absent)},
		{first},
		{first, b.Ops[1], check(e.key(), store.Absent)},
		{b.Ops[1], first},
	} {
		e.row()
		e.wantRefused(e.store.Apply(e.ctx(), store.Batch{Token: b.Token, Ops: ops}))
	}
	want := item(k, 1, "x")
	want.Expires = at.Truncate(time.Second)
	e.want(k, want)
}
