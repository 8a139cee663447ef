package storetest

import (
	"fmt"
	"strings"
	"time"

	"github.com/muster-crm/muster/shared/store"
)

func limitCases() []namedCase {
	return []namedCase{
		{"KeySizes", keySizes},
		{"ValueSize", valueSize},
		{"Actions", actions},
		{"BatchSize", batchSize},
		{"Tokens", tokens},
		{"Keys", keysOfOneGet},
		{"TheGreatestTogether", theGreatestTogether},
		{"Queries", queries},
		{"Operations", operations},
	}
}

func keySizes(e *env) {
	// A partition key of the greatest size, different each time.
	greatest := func() string { return (e.partition() + strings.Repeat("p", store.MaxPartition))[:store.MaxPartition] }
	for _, c := range []struct {
		key store.Key
		ok  bool
	}{
		{store.Key{Partition: greatest(), Sort: strings.Repeat("s", store.MaxSort)}, true},
		{store.Key{Partition: greatest(), Sort: strings.Repeat("\xff", store.MaxSort)}, true},
		{store.Key{Partition: e.partition(), Sort: "\x00"}, true},
		{store.Key{Partition: greatest() + "p", Sort: "s"}, false},
		{store.Key{Partition: e.partition(), Sort: strings.Repeat("s", store.MaxSort+1)}, false},
		{store.Key{Partition: "", Sort: "s"}, false},
		{store.Key{Partition: e.partition(), Sort: ""}, false},
	} {
		e.row()
		err := e.try(put(c.key, store.Absent, "x"))
		if !c.ok {
			e.wantRefused(err)
			_, err := e.store.Get(e.ctx(), store.Each, c.key)
			e.wantRefused(err)
			continue
		}
		if err != nil {
			e.Fatal(err)
		}
		e.wantGot(store.Each, []store.Key{c.key}, []*store.Item{item(c.key, 1, "x")})
		for _, reverse := range []bool{false, true} {
			for _, q := range []store.Query{{}, {Prefix: c.key.Sort}, {From: c.key.Sort}} {
				q.Partition, q.Reverse = c.key.Partition, reverse
				if items := e.all(q); len(items) != 1 || items[0].Key != c.key {
					e.Fatalf("%d items", len(items))
				}
			}
			q := store.Query{Partition: c.key.Partition, After: c.key.Sort, Reverse: reverse}
			if items := e.all(q); len(items) != 0 {
				e.Fatalf("%d items behind the only one", len(items))
			}
		}
	}
}

func valueSize(e *env) {
	k := e.key()
	full := strings.Repeat("v", store.MaxValue)
	e.apply(put(k, store.Absent, full))
	e.want(k, item(k, 1, full))
	e.wantRefused(e.try(put(k, 1, full+"v")))
	e.want(k, item(k, 1, full))
}

func actions(e *env) {
	for _, n := range []int{0, 1, store.MaxActions, store.MaxActions + 1} {
		e.row()
		partition := e.partition()
		ops := make([]store.Op, n)
		for i := range ops {
			ops[i] = put(store.Key{Partition: partition, Sort: fmt.Sprintf("%03d", i)}, store.Absent, "x")
		}
		err := e.try(ops...)
		found := len(e.all(store.Query{Partition: partition}))
		if n == 0 || n > store.MaxActions {
			e.wantRefused(err)
			n = 0
		} else if err != nil {
			e.Fatalf("%d actions: %v", n, err)
		}
		if found != n {
			e.Fatalf("%d items after %d actions", found, n)
		}
	}
}

// batchSize fills a batch to the last byte, and to one more.
func batchSize(e *env) {
	for _, excess := range []int{0, 1} {
		e.row()
		partition := e.partition()
		var ops []store.Op
		left := store.MaxBatch + excess
		for left > 0 {
			op := put(store.Key{Partition: partition, Sort: fmt.Sprintf("%03d", len(ops))}, store.Absent, "")
			room := left - store.Size(op)
			if room > store.MaxValue && room < store.MaxValue+1000 {
				room -= 1000 // leave enough for a last one
			}
			op.Value = make([]byte, min(room, store.MaxValue))
			ops = append(ops, op)
			left -= store.Size(op)
		}
		if left != 0 {
			e.Fatalf("the test's batch is %d bytes off", left)
		}
		err := e.try(ops...)
		if excess > 0 {
			e.wantRefused(err)
			ops = nil
		} else if err != nil {
			e.Fatalf("a batch of %d bytes: %v", store.MaxBatch, err)
		}
		if found := len(e.all(store.Query{Partition: partition})); found != len(ops) {
			e.Fatalf("%d items after a batch of %d", found, len(ops))
		}
	}
}

func tokens(e *env) {
	long := (token() + strings.Repeat("-", store.MaxToken))[:store.MaxToken]
	for _, c := range []struct {
		token string
		ok    bool
	}{
		{token(), true}, {long, true}, {"~!" + token(), true},
		{"", false}, {long + "-", false}, {"é", false}, {"a b", false}, {"a\n", false}, {"\xff", false}, {"\x00", false},
	} {
		e.row()
		err := e.store.Apply(e.ctx(), store.Batch{Token: c.token, Ops: []store.Op{put(e.key(), store.Absent, "x")}})
		if !c.ok {
			e.wantRefused(err)
		} else if err != nil {
			e.Fatalf("token %q: %v", c.token, err)
		}
	}
}

func keysOfOneGet(e *env) {
	if items, err := e.store.Get(e.ctx(), store.Each); err != nil || len(items) != 0 {
		e.Fatalf("no keys: %v, %v", items, err)
	}
	for _, c := range []struct {
		mode store.Mode
		most int
	}{{store.Each, store.MaxGet}, {store.Together, store.MaxTogether}} {
		for _, n := range []int{c.most, c.most + 1} {
			e.row()
			keys := make([]store.Key, n)
			for i := range keys {
				keys[i] = e.key()
			}
			_, err := e.store.Get(e.ctx(), c.mode, keys...)
			if n > c.most {
				e.wantRefused(err)
			} else if err != nil {
				e.Fatalf("%d keys in mode %d: %v", n, c.mode, err)
			}
		}
		k := e.key()
		_, err := e.store.Get(e.ctx(), c.mode, k, e.key(), k)
		e.wantRefused(err)
	}
}

// theGreatestTogether reads as many items of the greatest size as one Get may.
func theGreatestTogether(e *env) {
	suffix := strings.Repeat("k", store.MaxSort-3)
	partition := (e.partition() + strings.Repeat("p", store.MaxPartition))[:store.MaxPartition]
	value := strings.Repeat("v", store.MaxValue)
	for mode, n := range map[store.Mode]int{store.Each: store.MaxGet, store.Together: store.MaxTogether} {
		e.row()
		keys, want := make([]store.Key, n), make([]*store.Item, n)
		for i := range keys {
			keys[i] = store.Key{Partition: partition, Sort: fmt.Sprintf("%d%02d", mode, i) + suffix}
			want[i] = item(keys[i], 1, value)
		}
		for i := 0; i < n; i += 50 {
			var ops []store.Op
			for _, k := range keys[i:min(n, i+50)] {
				ops = append(ops, put(k, store.Absent, value))
			}
			e.apply(ops...)
		}
		e.wantGot(mode, keys, want)
	}
}

func queries(e *env) {
	long := strings.Repeat("s", store.MaxSort)
	p := e.partition()
	for _, c := range []struct {
		query store.Query
		ok    bool
	}{
		{store.Query{Partition: p, Prefix: long}, true},
		{store.Query{Partition: p, From: long, To: long}, true},
		{store.Query{Partition: p, After: long}, true},
		{store.Query{Partition: p, Limit: store.MaxQuery}, true},
		{store.Query{}, false},
		{store.Query{Partition: strings.Repeat("p", store.MaxPartition+1)}, false},
		{store.Query{Partition: p, Prefix: long + "s"}, false},
		{store.Query{Partition: p, From: long + "s"}, false},
		{store.Query{Partition: p, To: long + "s"}, false},
		{store.Query{Partition: p, After: long + "s"}, false},
		{store.Query{Partition: p, Prefix: "a", From: "a"}, false},
		{store.Query{Partition: p, Prefix: "a", To: "b"}, false},
		{store.Query{Partition: p, Limit: store.MaxQuery + 1}, false},
		{store.Query{Partition: p, Limit: -1}, false},
	} {
		e.row()
		_, err := e.store.Query(e.ctx(), c.query)
		if !c.ok {
			e.wantRefused(err)
		} else if err != nil {
			e.Fatalf("%+v: %v", c.query, err)
		}
	}
}

func operations(e *env) {
	k := e.key()
	for _, ops := range [][]store.Op{
		{{Kind: 0, Key: k}},
		{{Kind: store.Check + 1, Key: k}},
		{put(k, store.Any, "x")},
		{check(k, store.Any)},
		{put(k, -2, "x")},
		{remove(k, -2)},
		{{Kind: store.Delete, Key: k, Value: []byte("x")}},
		{{Kind: store.Check, Key: k, Value: []byte{}}},
		{expiring(check(k, store.Absent), e.clock.Now().Add(time.Hour))},
		{expiring(put(k, store.Absent, "x"), time.Unix(0, 0))},
		{expiring(put(k, store.Absent, "x"), time.Unix(-5, 0))},
		{{Kind: store.Check, Key: k, Expect: 1, Revision: 2}},
		{{Kind: store.Delete, Key: k, Expect: 1, Revision: 2}},
		{{Kind: store.Put, Key: k, Expect: 1, Revision: 1}},
		{{Kind: store.Put, Key: k, Revision: -1}},
		{put(k, store.Absent, "x"), put(k, store.Absent, "x")},
		{put(k, store.Absent, "x"), check(k, 1)},
	} {
		e.row()
		e.wantRefused(e.try(ops...))
	}
	e.want(k, nil)
}
