package repository

import (
	"context"
	"encoding/json"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/muster-crm/muster/shared/fault"
	"github.com/muster-crm/muster/shared/org"
	"github.com/muster-crm/muster/shared/policy"
	"github.com/muster-crm/muster/shared/record"
	"github.com/muster-crm/muster/shared/store"
)

// Writes of a serial kind follow each other: each moves the kind's serial item on from where it was when the other records
// were read, so that of two writes judged by the same others one fails, reads again and is judged anew.

// order is where the writes of a serial kind stand, and the records there are by then.
type order struct {
	key      store.Key
	revision int64
	item     serialItem
	records  []record.Record // live ones, by id
}

// serialItem is the item of a serial kind: what its last writes have written.
type serialItem struct {
	Last []written `json:"last"` // the newest at the end
}

type written struct {
	ID       string `json:"id"`
	Revision int64  `json:"revision"`
}

// remembered is how many writes the serial item lists. A query beside a committing transaction may miss a part of what it
// writes; with this list that is noticed, and the query made again.
const remembered = 16

// ordered adds to a moment where the writes of a kind stand, if it is a serial one.
func (r *Repository) ordered(ctx context.Context, g policy.Grant, m moment, k *record.Kind) (moment, error) {
	if !k.Serial || m.orders[k.Name] != nil {
		return m, nil
	}
	for attempt := 1; ; attempt++ {
		o, whole, err := r.readOrder(ctx, g.Tenant(), k)
		if err != nil {
			return m, store.Fault(err)
		}
		if whole {
			orders := map[string]*order{k.Name: o}
			for name, other := range m.orders {
				orders[name] = other
			}
			m.orders = orders
			return m, nil
		}
		if err := rest(ctx, attempt); err != nil {
			return m, err
		}
	}
}

// readOrder reads the serial item and then the records. whole tells that the records are at least those it speaks of.
func (r *Repository) readOrder(ctx context.Context, t org.Tenant, k *record.Kind) (o *order, whole bool, err error) {
	o = &order{key: t.Serial(k.Name), revision: store.Absent}
	items, err := r.Store.Get(ctx, store.Each, o.key)
	if err != nil {
		return nil, false, err
	}
	if items[0] != nil {
		o.revision = items[0].Revision
		if err := json.Unmarshal(items[0].Value, &o.item); err != nil {
			return nil, false, err
		}
	}
	revisions := map[string]int64{}
	q := t.Owned(k.Owner(""), k.Name)
	for {
		page, err := r.Store.Query(ctx, q)
		if err != nil {
			return nil, false, err
		}
		for _, item := range page.Items {
			_, _, id, _ := org.ParseRecord(item.Sort)
			revisions[id] = item.Revision
			rec, err := k.Decode(item.Value, item.Revision)
			if err != nil {
				return nil, false, err
			}
			if rec.Base().DeletedAt == nil {
				o.records = append(o.records, rec)
			}
		}
		if q.After = page.Next; q.After == "" {
			break
		}
	}
	late := func(w written) bool { return revisions[w.ID] < w.Revision }
	return o, !slices.ContainsFunc(o.item.Last, late), nil
}

// others gives all records but one.
func (o *order) others(id string) []record.Record {
	if o == nil {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(o.records), func(rec record.Record) bool { return rec.Base().ID == id })
}

// move gives the operation that notes what a commit writes.
func (o *order) move(changes []change, kind string) (store.Op, error) {
	next := serialItem{Last: slices.Clone(o.item.Last)}
	for _, c := range changes {
		if c.kind.Name == kind {
			next.Last = append(next.Last, written{c.after.Base().ID, c.after.Base().Version})
		}
	}
	next.Last = next.Last[max(0, len(next.Last)-remembered):]
	value, err := json.Marshal(next)
	return store.Op{Kind: store.Put, Key: o.key, Expect: o.revision, Value: value}, err
}

// patience is how often something is read again that a commit beside it was in the way of.
const patience = 20

// rest waits before it. The fault is Unavailable after the last time, or when the context ends.
func rest(ctx context.Context, attempt int) error {
	if attempt >= patience {
		return fault.New(fault.Unavailable, "busy")
	}
	timer := time.NewTimer(rand.N(min(time.Millisecond<<attempt, 100*time.Millisecond)))
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return fault.Wrap(fault.Unavailable, "unavailable", ctx.Err())
	}
}
