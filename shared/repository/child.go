package repository

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/muster-crm/muster/shared/fault"
	"github.com/muster-crm/muster/shared/org"
	"github.com/muster-crm/muster/shared/policy"
	"github.com/muster-crm/muster/shared/record"
	"github.com/muster-crm/muster/shared/store"
)

// A child lies in its owner's partition and lives with it: while the owner is in the trash the child is nowhere to be
// found, and when the owner comes back it is there as it was. Nothing is written to it for that.

// CreateUnder makes a child of a record: an id, or "ext:system:id" of the only kind that can own it. Faults: NotFound when
// there is no owner the caller sees, Conflict (trashed) when it lies in the trash, otherwise as Create.
func (r *Repository) CreateUnder(ctx context.Context, w Write, kind, owner string, body []byte) (Result, error) {
	k, err := r.Kind(kind)
	if err != nil {
		return Result{}, err
	}
	if err := allow(w.Grant, k, policy.Create); err != nil {
		return Result{}, err
	}
	return r.once(ctx, w, k, func() (Result, error) {
		owner, err := r.owner(ctx, w.Grant, k, owner)
		if err != nil {
			return Result{}, err
		}
		rec, err := k.Create(body)
		if err != nil {
			return Result{}, err
		}
		r.Adopt(k, rec, owner)
		return r.createOne(ctx, w, k, rec)
	})
}

// Adopt makes a new record of a kind a child of an owner: it gets its id.
func (r *Repository) Adopt(k *record.Kind, rec record.Record, owner string) {
	rec.Base().ID = record.ChildID(r.IDs.New(k.Prefix), owner)
	k.Adopt(rec, owner)
}

// owner finds the record that is to own a child, and gives its id.
func (r *Repository) owner(ctx context.Context, g policy.Grant, k *record.Kind, id string) (string, error) {
	of, ok := r.kindOf(id)
	if strings.HasPrefix(id, "ext:") && len(k.Under) == 1 {
		of, ok = r.Kinds.Kind(k.Under[0])
	}
	if !ok || !slices.Contains(k.Under, of.Name) {
		return "", fault.New(fault.NotFound, "not_found")
	}
	got, err := r.read(ctx, g, of, id)
	if err != nil {
		return "", err
	}
	if got.record.Base().DeletedAt != nil {
		return "", fault.New(fault.Conflict, "trashed")
	}
	return got.record.Base().ID, nil
}

// Resolve gives the id of a record that may be named by an external id.
func (r *Repository) Resolve(ctx context.Context, g policy.Grant, kind, id string) (string, error) {
	k, err := r.Kind(kind)
	if err != nil {
		return "", err
	}
	if err := g.Allow(policy.Read); err != nil {
		return "", err
	}
	return r.resolve(ctx, g.Tenant(), k, id)
}

// kindOf tells the kind of a record by the beginning of its id.
func (r *Repository) kindOf(id string) (*record.Kind, bool) {
	prefix, _, ok := strings.Cut(id, "_")
	if !ok {
		return nil, false
	}
	for _, k := range r.Kinds.Kinds() {
		if k.Prefix == prefix {
			return k, true
		}
	}
	return nil, false
}

// keysFor gives the key of a record and, for a child, that of its owner behind it; none for what cannot be an id of the
// kind.
func (r *Repository) keysFor(t org.Tenant, k *record.Kind, id string) []store.Key {
	if !record.WellFormed(id) {
		return nil
	}
	keys := []store.Key{t.Record(k.Owner(id), k.Name, id)}
	if len(k.Under) == 0 {
		return keys
	}
	owner := k.Owner(id)
	of, ok := r.kindOf(owner)
	if !ok || owner == id || !slices.Contains(k.Under, of.Name) {
		return nil
	}
	return append(keys, t.Record(of.Owner(owner), of.Name, owner))
}

// absent tells that there is no record, or that it lies in the trash.
func absent(item *store.Item) (bool, error) {
	if item == nil {
		return true, nil
	}
	var base struct {
		DeletedAt *time.Time `json:"deletedAt"`
	}
	err := json.Unmarshal(item.Value, &base)
	return base.DeletedAt != nil, err
}

// fetch reads items, each as of its own moment; what is not there is not in the answer.
func (r *Repository) fetch(ctx context.Context, keys []store.Key) (map[store.Key]*store.Item, error) {
	found := make(map[store.Key]*store.Item, len(keys))
	seen := make(map[store.Key]bool, len(keys))
	keys = slices.DeleteFunc(slices.Clone(keys), func(k store.Key) bool {
		again := seen[k]
		seen[k] = true
		return again
	})
	for part := range slices.Chunk(keys, store.MaxGet) {
		items, err := r.Store.Get(ctx, store.Each, part...)
		if err != nil {
			return nil, store.Fault(err)
		}
		for i, item := range items {
			if item != nil {
				found[part[i]] = item
			}
		}
	}
	return found, nil
}

// Around is a record with everything that belongs to it.
type Around struct {
	Record   record.Record
	Children map[string][]record.Record // by kind, newest first, at most MaxAround of each and AroundBytes together
	Totals   map[string]int             // by kind: how many there are
}

// What of a record's children one answer holds; lists of the kinds have the others.
const (
	MaxAround   = 500
	AroundBytes = 4 << 20
)

// Around reads a record and its children with one query of one partition, and one more of each record merged into it. Children in the trash are left out; a record
// in the trash shows none. Faults as Get's.
func (r *Repository) Around(ctx context.Context, g policy.Grant, kind, id string) (Around, error) {
	k, err := r.Kind(kind)
	if err != nil {
		return Around{}, err
	}
	if err := g.Allow(policy.Read); err != nil {
		return Around{}, err
	}
	if id, err = r.resolve(ctx, g.Tenant(), k, id); err != nil {
		return Around{}, err
	}
	around := Around{Children: map[string][]record.Record{}, Totals: map[string]int{}}
	if k.Owner(id) != id || len(k.Under) > 0 {
		around.Record, err = r.Get(ctx, g, kind, id) // nothing is beside it that is its own
		return around, err
	}
	m, err := r.glance(ctx, g)
	if err != nil {
		return Around{}, err
	}
	items, id, err := r.around(ctx, g.Tenant(), k, id)
	if err != nil {
		return Around{}, err
	}
	children := map[*record.Kind][]store.Item{}
	for _, item := range items {
		_, name, child, _ := org.ParseRecord(item.Sort)
		of, ok := r.Kinds.Kind(name)
		switch {
		case ok && of == k && child == id:
			rec, err := k.Decode(item.Value, item.Revision)
			if err != nil {
				return Around{}, err
			}
			if rec, err = m.ended(k, rec); err != nil {
				return Around{}, err
			}
			around.Record = k.Hide(rec, g, m.cfg.Fields)
		case ok && slices.Contains(of.Under, k.Name):
			children[of] = append(children[of], item)
		}
	}
	if around.Record == nil || around.Record.Base().DeletedAt != nil && !g.Can(policy.Restore) {
		return Around{}, fault.New(fault.NotFound, "not_found")
	}
	if around.Record.Base().DeletedAt != nil {
		return around, nil
	}
	for of, items := range children {
		// Those of merged records lie elsewhere; ids begin with the time.
		slices.SortFunc(items, func(a, b store.Item) int { return strings.Compare(childID(a), childID(b)) })
		if err := around.add(g, m, of, id, items, AroundBytes/len(children)); err != nil {
			return Around{}, err
		}
	}
	return around, nil
}

// add puts the children of a kind, which are the owner's by now and given in the order they were made, into an answer with
// room for so many bytes of them.
func (a *Around) add(g policy.Grant, m moment, k *record.Kind, owner string, items []store.Item, room int) error {
	for _, item := range slices.Backward(items) {
		if gone, err := absent(&item); err != nil || gone {
			if err != nil {
				return err
			}
			continue
		}
		a.Totals[k.Name]++
		if room -= len(item.Value); room < 0 || len(a.Children[k.Name]) == MaxAround {
			continue
		}
		rec, err := k.Decode(item.Value, item.Revision)
		if err != nil {
			return err
		}
		k.Adopt(rec, owner)
		a.Children[k.Name] = append(a.Children[k.Name], k.Hide(rec, g, m.cfg.Fields))
	}
	return nil
}

func childID(item store.Item) string {
	_, _, id, _ := org.ParseRecord(item.Sort)
	return id
}

// around reads what lies under a record and under all that were merged into it, itself included. Of a merged record it is
// what lies around the one it has ended in, whose id it gives.
func (r *Repository) around(ctx context.Context, t org.Tenant, k *record.Kind, id string) ([]store.Item, string, error) {
	var all []store.Item
	seen := map[string]bool{}
	for next := []string{id}; len(next) > 0; next = next[1:] {
		if seen[next[0]] {
			continue
		}
		seen[next[0]] = true
		items, err := r.partition(ctx, t, next[0])
		if err != nil {
			return nil, "", err
		}
		for _, item := range items {
			if _, name, own, _ := org.ParseRecord(item.Sort); name != k.Name || own != next[0] {
				continue
			}
			rec, err := k.Decode(item.Value, item.Revision)
			if err != nil {
				return nil, "", err
			}
			if next[0] == id && rec.Base().MergedInto != "" {
				got, err := r.follow(ctx, t, k, stored{record: rec})
				if err != nil || got.record == nil {
					return nil, "", err
				}
				return r.around(ctx, t, k, got.record.Base().ID)
			}
			next = append(next, rec.Base().Merged...)
		}
		all = append(all, items...)
	}
	return all, id, nil
}

// partition reads what lies under an owner, itself included.
func (r *Repository) partition(ctx context.Context, t org.Tenant, owner string) ([]store.Item, error) {
	if !record.WellFormed(owner) {
		return nil, nil
	}
	q := t.Owned(owner, "")
	var items []store.Item
	for {
		page, err := r.Store.Query(ctx, q)
		if err != nil {
			return nil, store.Fault(err)
		}
		items = append(items, page.Items...)
		if q.After = page.Next; q.After == "" {
			return items, nil
		}
	}
}
