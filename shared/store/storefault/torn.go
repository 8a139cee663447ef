package storefault

import (
	"bytes"
	"cmp"
	"context"
	"math/bits"
	"runtime"
	"slices"
	"sync"

	"github.com/muster-crm/muster/shared/store"
)

// Torn is a store in which a Query, or a Get in mode Each, that runs beside an Apply sees a part of it: some items as
// they were before, some as they are after. Get in mode Together sees all of it. What an Apply did is seen by
// everyone once it has answered. That is what DynamoDB promises, at its worst.
type Torn struct {
	store store.Store

	applying sync.Mutex // held by the Apply that is or will be half visible
	mu       sync.Mutex
	hidden   map[store.Key]*store.Item // what readers see instead: the item before, nil for none
	settled  map[store.Key]bool        // written by others since applying was taken: must not be hidden
	beside   func()
	commits  int
}

// NewTorn wraps s.
func NewTorn(s store.Store) *Torn {
	return &Torn{store: s, hidden: map[store.Key]*store.Item{}, settled: map[store.Key]bool{}}
}

// Beside has f run in the middle of every Apply that changes more than one item, from now on; nil ends it. It runs
// several times an Apply, and of any two of the items it once sees only the one changed and once only the other. f may
// read and write; what it writes is not torn.
func (t *Torn) Beside(f func()) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.beside = f
}

// Get reads; in mode Each it may see half of a commit.
func (t *Torn) Get(ctx context.Context, mode store.Mode, keys ...store.Key) ([]*store.Item, error) {
	items, err := t.store.Get(ctx, mode, keys...)
	if err != nil || mode == store.Together {
		return items, err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	for i, k := range keys {
		if before, ok := t.hidden[k]; ok {
			items[i] = clone(before)
		}
	}
	return items, nil
}

// Query reads; it may see half of a commit.
func (t *Torn) Query(ctx context.Context, q store.Query) (store.Page, error) {
	page, err := t.store.Query(ctx, q)
	if err != nil {
		return page, err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	for k, before := range t.hidden {
		if k.Partition == q.Partition && covers(q, page, k.Sort) {
			page.Items = slices.DeleteFunc(page.Items, func(it store.Item) bool { return it.Sort == k.Sort })
			if before != nil {
				page.Items = append(page.Items, *clone(before))
			}
		}
	}
	slices.SortFunc(page.Items, func(a, b store.Item) int {
		if q.Reverse {
			a, b = b, a
		}
		return cmp.Compare(a.Sort, b.Sort)
	})
	if q.Limit > 0 && len(page.Items) > q.Limit {
		page.Items = page.Items[:q.Limit]
		page.Next = page.Items[q.Limit-1].Sort
	}
	return page, nil
}

// covers says whether a sort key lies in the stretch a page is the answer for.
func covers(q store.Query, page store.Page, sort string) bool {
	from, to := q.Bounds()
	if sort < from || to != "" && sort >= to {
		return false
	}
	if q.Reverse {
		return (q.After == "" || sort < q.After) && sort >= page.Next
	}
	return sort > q.After && (page.Next == "" || sort <= page.Next)
}

// Apply commits, and before it answers it is half visible for a while. While another Apply is, it is not.
func (t *Torn) Apply(ctx context.Context, b store.Batch) error {
	if !t.applying.TryLock() {
		err := t.store.Apply(ctx, b)
		t.settle(b.Ops)
		return err
	}
	defer t.applying.Unlock()
	t.mu.Lock()
	clear(t.settled)
	t.mu.Unlock()
	var keys []store.Key
	for _, op := range b.Ops {
		if op.Kind != store.Check {
			keys = append(keys, op.Key)
		}
	}
	before, readErr := t.before(ctx, keys)
	err := t.store.Apply(ctx, b)
	if err == nil && readErr == nil && len(keys) > 1 {
		t.show(keys, before)
	}
	return err
}

// ApplyAll commits a series one by one, and each is half visible for a while.
func (t *Torn) ApplyAll(ctx context.Context, batches []store.Batch) (done int, err error) {
	for ; done < len(batches); done++ {
		if err := t.Apply(ctx, batches[done]); err != nil {
			return done, err
		}
	}
	return done, nil
}

// before reads the items a batch is about to change.
func (t *Torn) before(ctx context.Context, keys []store.Key) ([]*store.Item, error) {
	if len(keys) < 2 || len(keys) > store.MaxGet {
		return nil, nil
	}
	return t.store.Get(ctx, store.Each, keys...)
}

// show lets readers see the halves of a commit, one after the other: for each bit of the items' numbers, those that
// have it and those that have not. Without a function to run beside it, each commit is torn in one of these ways.
func (t *Torn) show(keys []store.Key, before []*store.Item) {
	t.mu.Lock()
	beside := t.beside
	t.commits++
	turn := t.commits
	t.mu.Unlock()
	halves := 2 * bits.Len(uint(len(keys)-1))
	for half := range halves {
		if beside == nil && half != turn%halves {
			continue
		}
		t.mu.Lock()
		for i, k := range keys {
			if i>>(half/2)&1 == half%2 && !t.settled[k] {
				t.hidden[k] = before[i]
			}
		}
		t.mu.Unlock()
		if beside != nil {
			beside()
		} else {
			giveWay()
		}
		t.mu.Lock()
		clear(t.hidden)
		t.mu.Unlock()
	}
}

// giveWay lets readers run that wait for the processor.
func giveWay() {
	for range 50 {
		runtime.Gosched()
	}
}

// settle ends the hiding of items that have been written over.
func (t *Torn) settle(ops []store.Op) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, op := range ops {
		delete(t.hidden, op.Key)
		t.settled[op.Key] = true
	}
}

// clone gives each reader an item of its own.
func clone(item *store.Item) *store.Item {
	if item == nil {
		return nil
	}
	own := *item
	own.Value = bytes.Clone(item.Value)
	return &own
}

// Close closes the store below.
func (t *Torn) Close() error { return t.store.Close() }
