package storetest

import (
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/muster-crm/muster/shared/store"
)

func modelCases() []namedCase {
	return []namedCase{{"RandomOperations", randomOperations}}
}

// randomOperations does random things to the store and to a map, which have to answer alike.
func randomOperations(e *env) {
	seed := rand.Uint64()
	m := &model{env: e, rand: rand.New(rand.NewPCG(seed, 1)), items: map[store.Key]store.Item{}}
	m.partitions = []string{e.partition(), e.partition()}
	e.Logf("seed %d, %d steps", seed, e.effort)
	for range e.effort {
		if e.Failed() {
			return
		}
		switch n := m.rand.IntN(10); {
		case n < 4:
			m.apply()
		case n < 5:
			m.series()
		case n < 7:
			m.get()
		case n < 9:
			m.query()
		default:
			e.clock.Advance(time.Duration(m.rand.IntN(3000)) * time.Millisecond)
		}
	}
}

// model is the store as it should be.
type model struct {
	*env
	rand       *rand.Rand
	partitions []string
	items      map[store.Key]store.Item
	last       *store.Batch // the last one that had its effect
}

// sorts are the sort keys the random test uses.
var sorts = []string{"a", "a\x00", "a%", "ab", "b", "\xff"}

func (m *model) pick() store.Key {
	return store.Key{Partition: m.partitions[m.rand.IntN(2)], Sort: sorts[m.rand.IntN(len(sorts))]}
}

// current is the live item under a key.
func (m *model) current(k store.Key) *store.Item {
	it, ok := m.items[k]
	if !ok || !it.Live(m.clock.Now()) {
		return nil
	}
	return &it
}

// randomOp makes an operation that mostly expects what is there.
func (m *model) randomOp(k store.Key) store.Op {
	op := store.Op{Kind: store.Put, Key: k}
	if current := m.current(k); current != nil {
		op.Expect = current.Revision
	}
	switch n := m.rand.IntN(20); {
	case n < 2:
		op.Expect = int64(m.rand.IntN(4))
	case n < 6:
		op.Kind = store.Delete
		if n == 2 {
			op.Expect = store.Any
		}
		return op
	case n < 8:
		op.Kind = store.Check
		return op
	}
	op.Value = []byte(fmt.Sprint(m.rand.IntN(1000)))
	if m.rand.IntN(10) == 0 {
		op.Revision = op.Expect + 1 + m.rand.Int64N(4)
	}
	if m.rand.IntN(3) == 0 {
		op.Expires = m.clock.Now().Add(time.Duration(m.rand.IntN(8000)-1000) * time.Millisecond)
	}
	return op
}

func (m *model) apply() {
	if m.last != nil && m.rand.IntN(10) == 0 {
		if err := m.store.Apply(m.ctx(), *m.last); err != nil {
			m.Errorf("resend: %v", err)
		}
		return
	}
	b := m.batch()
	m.judge(b, m.store.Apply(m.ctx(), b))
}

// series applies batches that follow each other. Each is made for what is there before the first.
func (m *model) series() {
	var batches []store.Batch
	for range m.rand.IntN(5) {
		batches = append(batches, m.batch())
	}
	if m.last != nil && m.rand.IntN(3) == 0 {
		batches = slices.Insert(batches, m.rand.IntN(len(batches)+1), *m.last)
	}
	again := m.last
	done, err := store.ApplyAll(m.ctx(), m.store, batches)
	if (err == nil) != (done == len(batches)) {
		m.Errorf("%d of %d batches are done: %v", done, len(batches), err)
	}
	for i, b := range batches {
		var own error
		switch {
		case i > done:
			return
		case i == done:
			own = err
		}
		if again != nil && b.Token == again.Token {
			if own != nil {
				m.Errorf("resend in a series: %v", own)
			}
			continue
		}
		m.judge(b, own)
	}
}

// batch makes a batch that mostly expects what is there.
func (m *model) batch() store.Batch {
	b := store.Batch{Token: token()}
	for range 1 + m.rand.IntN(5) {
		k := m.pick()
		if !slices.ContainsFunc(b.Ops, func(op store.Op) bool { return op.Key == k }) {
			b.Ops = append(b.Ops, m.randomOp(k))
		}
	}
	return b
}

// judge says whether the answer to a batch is right, and notes what it did.
func (m *model) judge(b store.Batch, err error) {
	var failures []store.Failure
	for i, op := range b.Ops {
		current, revision := m.current(op.Key), int64(0)
		if current != nil {
			revision = current.Revision
		}
		if op.Expect != store.Any && op.Expect != revision {
			failures = append(failures, store.Failure{Index: i, Key: op.Key, Current: current})
		}
	}
	if failures != nil {
		failed, ok := errors.AsType[*store.Failed](err)
		if !ok {
			m.Errorf("apply %+v: %v, want failures", b.Ops, err)
		} else if diff := diffOf(failures, failed.Failures); diff != "" {
			m.Errorf("apply %+v (-want +got):\n%s", b.Ops, diff)
		}
		return
	}
	if err != nil {
		m.Errorf("apply %+v: %v", b.Ops, err)
	}
	m.last = &b
	for _, op := range b.Ops {
		switch op.Kind {
		case store.Put:
			it := store.Item{Key: op.Key, Revision: op.Next(), Value: op.Value}
			if !op.Expires.IsZero() {
				it.Expires = time.Unix(op.Expires.Unix(), 0).UTC()
			}
			m.items[op.Key] = it
		case store.Delete:
			delete(m.items, op.Key)
		}
	}
}

func (m *model) get() {
	keys := map[store.Key]bool{}
	for range 1 + m.rand.IntN(6) {
		keys[m.pick()] = true
	}
	asked := slices.Collect(maps.Keys(keys))
	want := make([]*store.Item, len(asked))
	for i, k := range asked {
		want[i] = m.current(k)
	}
	m.wantGot(store.Mode(m.rand.IntN(2)), asked, want)
}

func (m *model) query() {
	ends := append([]string{"", "\x00", "a\x00\x00", "c"}, sorts...)
	end := func() string { return ends[m.rand.IntN(len(ends))] }
	q := store.Query{Partition: m.partitions[m.rand.IntN(2)], Reverse: m.rand.IntN(2) == 0, Limit: m.rand.IntN(5)}
	if m.rand.IntN(2) == 0 {
		q.Prefix = end()
	} else {
		q.From, q.To = end(), end()
	}
	if m.rand.IntN(3) == 0 {
		q.After = end()
	}
	var live []string
	for k := range m.items {
		if k.Partition == q.Partition && m.current(k) != nil {
			live = append(live, k.Sort)
		}
	}
	slices.Sort(live)
	want := []store.Item{}
	for _, s := range find(live, q) {
		want = append(want, m.items[store.Key{Partition: q.Partition, Sort: s}])
	}
	got := m.all(q)
	if len(want) == 0 && len(got) == 0 {
		return
	}
	if diff := diffOf(want, got); diff != "" {
		m.Errorf("query %+v (-want +got):\n%s", q, diff)
	}
}
