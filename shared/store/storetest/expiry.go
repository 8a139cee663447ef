package storetest

import (
	"fmt"
	"time"

	"github.com/muster-crm/muster/shared/store"
)

func expiryCases() []namedCase {
	return []namedCase{
		{"ToTheSecond", toTheSecond},
		{"ExpiredIsAbsentToEveryOperation", expiredIsAbsent},
		{"LiveIsPresentToEveryOperation", liveIsPresent},
		{"ExpiryIsReplaced", expiryIsReplaced},
		{"PagesSkipTheExpired", pagesSkipTheExpired},
		{"BornExpired", bornExpired},
	}
}

func toTheSecond(e *env) {
	second := e.clock.Now().Truncate(time.Second).Add(10 * time.Second)
	e.clock.Set(second)
	for _, at := range []time.Duration{time.Second, 1999 * time.Millisecond} { // a fraction is cut off
		e.row()
		e.clock.Set(second)
		k := e.key()
		e.apply(expiring(put(k, store.Absent, "x"), second.Add(at)))
		want := item(k, 1, "x")
		want.Expires = second.Add(time.Second)
		e.want(k, want)
		e.clock.Advance(999 * time.Millisecond)
		e.want(k, want)
		e.wantFailed(e.try(check(k, store.Absent)), store.Failure{Index: 0, Key: k, Current: want})
		e.apply(check(k, 1))
		e.clock.Advance(time.Millisecond)
		e.want(k, nil)
		e.wantFailed(e.try(check(k, 1)), store.Failure{Index: 0, Key: k})
		e.apply(check(k, store.Absent))
		if items := e.all(store.Query{Partition: k.Partition}); len(items) != 0 {
			e.Fatalf("a query still has %v", items)
		}
	}
}

// expired puts an item at revision 2 and lets it expire.
func (e *env) expired() store.Key {
	e.Helper()
	k := e.key()
	e.apply(put(k, store.Absent, "x"))
	e.apply(expiring(put(k, 1, "y"), e.clock.Now().Add(5*time.Second)))
	e.clock.Advance(time.Minute)
	return k
}

func expiredIsAbsent(e *env) {
	for _, kind := range []store.OpKind{store.Put, store.Delete, store.Check} {
		for _, expect := range []int64{store.Any, store.Absent, 1, 2, 3} {
			if expect == store.Any && kind != store.Delete {
				continue
			}
			e.row()
			k := e.expired()
			err := e.try(store.Op{Kind: kind, Key: k, Expect: expect})
			if expect > 0 {
				e.wantFailed(err, store.Failure{Index: 0, Key: k})
				e.want(k, nil)
				continue
			}
			if err != nil {
				e.Fatalf("operation %d expecting %d: %v", kind, expect, err)
			}
			if kind == store.Put {
				e.want(k, item(k, 1, ""))
			} else {
				e.want(k, nil)
			}
		}
	}
}

func liveIsPresent(e *env) {
	for _, kind := range []store.OpKind{store.Put, store.Delete, store.Check} {
		for _, expect := range []int64{store.Any, store.Absent, 1, 2} {
			if expect == store.Any && kind != store.Delete {
				continue
			}
			e.row()
			k := e.key()
			at := e.clock.Now().Truncate(time.Second).Add(time.Hour)
			e.apply(expiring(put(k, store.Absent, "x"), at))
			present := item(k, 1, "x")
			present.Expires = at
			err := e.try(store.Op{Kind: kind, Key: k, Expect: expect})
			if expect != 1 && expect != store.Any {
				e.wantFailed(err, store.Failure{Index: 0, Key: k, Current: present})
				e.want(k, present)
			} else if err != nil {
				e.Fatalf("operation %d expecting %d: %v", kind, expect, err)
			}
		}
	}
}

func expiryIsReplaced(e *env) {
	now := e.clock.Now().Truncate(time.Second)
	longer, never := e.key(), e.key()
	for _, k := range []store.Key{longer, never} {
		e.apply(expiring(put(k, store.Absent, "x"), now.Add(10*time.Second)))
	}
	e.apply(expiring(put(longer, 1, "y"), now.Add(time.Hour)), put(never, 1, "y"))
	e.clock.Advance(time.Minute)
	want := item(longer, 2, "y")
	want.Expires = now.Add(time.Hour)
	e.want(longer, want)
	e.clock.Advance(2 * time.Hour)
	e.want(longer, nil)
	e.want(never, item(never, 2, "y"))
}

// pagesSkipTheExpired pages through partitions in which few, and long stretches without any, are alive.
func pagesSkipTheExpired(e *env) {
	const n = 40
	for name, alive := range map[string]func(i int) bool{
		"every third": func(i int) bool { return i%3 == 0 },
		"the last":    func(i int) bool { return i == n-1 },
		"the first":   func(i int) bool { return i == 0 },
		"none":        func(int) bool { return false },
	} {
		partition := e.partition()
		ops := make([]store.Op, n)
		var live []string
		for i := range ops {
			sort := fmt.Sprintf("%02d", i)
			ops[i] = put(store.Key{Partition: partition, Sort: sort}, store.Absent, sort)
			if alive(i) {
				live = append(live, sort)
			} else {
				ops[i].Expires = e.clock.Now().Add(time.Second)
			}
		}
		e.apply(ops...)
		e.clock.Advance(time.Minute)
		for _, limit := range []int{1, 2, 3, 7, n} {
			for _, reverse := range []bool{false, true} {
				e.row()
				q := store.Query{Partition: partition, Limit: limit, Reverse: reverse}
				e.wantSorts(name, e.all(q), find(live, q))
				first, err := e.store.Query(e.ctx(), q)
				if err != nil || len(first.Items) < min(limit, len(live)) {
					e.Fatalf("%s: a page of %d with limit %d, %v", name, len(first.Items), limit, err)
				}
			}
		}
	}
}

func bornExpired(e *env) {
	k := e.key()
	e.apply(expiring(put(k, store.Absent, "x"), e.clock.Now().Add(-time.Second)))
	e.want(k, nil)
	e.apply(expiring(put(k, store.Absent, "x"), time.Unix(1, 0)))
	e.want(k, nil)
	e.apply(put(k, store.Absent, "y"))
	e.want(k, item(k, 1, "y"))
}
