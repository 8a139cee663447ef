package repository

import (
	"context"
	"encoding/json"
	"regexp"
	"slices"

	"github.com/muster-crm/muster/shared/catalog"
	"github.com/muster-crm/muster/shared/fault"
	"github.com/muster-crm/muster/shared/index"
	"github.com/muster-crm/muster/shared/policy"
	"github.com/muster-crm/muster/shared/record"
	"github.com/muster-crm/muster/shared/setting"
	"github.com/muster-crm/muster/shared/store"
)

// A reference that is new must name a live record of a kind the field takes; afterwards it stays, whatever becomes of that
// record: in the trash it is shown as absent, and restored it is there again.

// newReferences lists the references of after that before does not have; before may be nil.
func newReferences(k *record.Kind, before, after record.Record, own []record.CustomField) []record.Reference {
	all := k.References(after, own)
	if before == nil || len(all) == 0 {
		return all
	}
	had := k.References(before, own)
	return slices.DeleteFunc(all, func(r record.Reference) bool {
		return slices.ContainsFunc(had, func(h record.Reference) bool { return h.ID == r.ID && field(h.Path) == field(r.Path) })
	})
}

var place = regexp.MustCompile(`\[\d+\]`)

// field gives a path without the places in lists: a reference that moves within its list is not new.
func field(path string) string { return place.ReplaceAllString(path, "") }

// dangling finds, for each of some lists of references, those that name nothing: all are looked up together, but for those
// that the configuration knows.
func (r *Repository) dangling(ctx context.Context, g policy.Grant, cfg *setting.Config, lists [][]record.Reference) ([]error, error) {
	var keys []store.Key
	for _, list := range lists {
		for _, ref := range list {
			of, ok := r.kindOf(ref.ID)
			if ok && slices.Contains(ref.Kinds, of.Name) && !configured(of) {
				keys = append(keys, r.keysFor(g.Tenant(), of, ref.ID)...)
			}
		}
	}
	found, err := r.fetch(ctx, keys)
	if err != nil {
		return nil, err
	}
	faults := make([]error, len(lists))
	for i, list := range lists {
		var bad []fault.Field
		for _, ref := range list {
			good, err := r.names(ctx, g, cfg, found, ref)
			if err != nil {
				return nil, err
			}
			if !good {
				bad = append(bad, fault.At(ref.Path, "bad_reference"))
			}
		}
		faults[i] = fault.Fields(bad)
	}
	return faults, nil
}

// names tells whether a reference names a live record among those found.
func (r *Repository) names(ctx context.Context, g policy.Grant, cfg *setting.Config, found map[store.Key]*store.Item, ref record.Reference) (bool, error) {
	of, ok := r.kindOf(ref.ID)
	if !ok || !slices.Contains(ref.Kinds, of.Name) {
		return false, nil
	}
	if configured(of) {
		there, _ := cfg.Has(of.Name, ref.ID)
		hidden := slices.ContainsFunc(cfg.Live(of.Name), func(rec record.Record) bool { return rec.Base().ID == ref.ID && record.Hidden(rec, g) })
		return there && !hidden, nil
	}
	keys := r.keysFor(g.Tenant(), of, ref.ID)
	for _, key := range keys {
		if gone, err := r.absent(ctx, g.Tenant(), found[key]); gone || err != nil {
			return false, err
		}
	}
	return len(keys) > 0, nil
}

// configured tells whether the configuration holds the records of a kind.
func configured(k *record.Kind) bool { return k.Owner("") == setting.Owner }

// Ref is a record as others name it.
type Ref struct {
	ID      string `json:"id"`
	Kind    string `json:"kind"`
	Title   string `json:"title"`
	Trashed bool   `json:"trashed,omitempty"` // or its owner is
}

// Titles tells what records are called, by their ids: from the index or the configuration where those know them, from the
// table otherwise. Ids of nothing are not in the answer.
func (r *Repository) Titles(ctx context.Context, g policy.Grant, ids ...string) (map[string]Ref, error) {
	if err := g.Allow(policy.Read); err != nil {
		return nil, err
	}
	if len(ids) == 0 {
		return map[string]Ref{}, nil
	}
	m, err := r.glance(ctx, g)
	if err != nil {
		return nil, err
	}
	return r.titles(ctx, g, m, ids)
}

func (r *Repository) titles(ctx context.Context, g policy.Grant, m moment, ids []string) (map[string]Ref, error) {
	titles := map[string]Ref{}
	keys := map[string][]store.Key{} // of the records the index does not hold, with those of their owners
	var all []store.Key
	for _, id := range ids {
		k, ok := r.kindOf(id)
		if !ok {
			continue
		}
		if configured(k) {
			if ref, ok := m.setting(g, k, id); ok {
				titles[id] = ref
			}
			continue
		}
		if ref, ok := m.named(g, k, id); ok {
			titles[id] = ref
			continue
		}
		ref, ok, err := m.titled(r, g, k, id)
		if err != nil {
			return nil, err
		}
		if ok {
			titles[id] = ref
		}
		if ok && ref.Title == id || !k.Indexed || m.shelf == nil { // a note's first line, for one, is not in the index
			keys[id] = r.keysFor(g.Tenant(), k, id)
			all = append(all, keys[id]...)
		}
	}
	found, err := r.fetch(ctx, all)
	if err != nil {
		return nil, err
	}
	for id, at := range keys {
		if len(at) == 0 || found[at[0]] == nil {
			continue
		}
		k, _ := r.kindOf(id)
		rec, err := k.Decode(found[at[0]].Value, found[at[0]].Revision)
		if err != nil {
			return nil, err
		}
		got, err := r.follow(ctx, g.Tenant(), k, stored{record: rec})
		if err != nil || got.record == nil {
			return nil, err
		}
		ref := refTo(k, k.Hide(got.record, g, m.cfg.Fields))
		for _, key := range at {
			gone, err := r.absent(ctx, g.Tenant(), found[key])
			if err != nil {
				return nil, err
			}
			ref.Trashed = ref.Trashed || gone
		}
		titles[id] = ref
	}
	return titles, nil
}

func refTo(k *record.Kind, rec record.Record) Ref {
	return Ref{ID: rec.Base().ID, Kind: k.Name, Title: record.Title(rec), Trashed: rec.Base().DeletedAt != nil}
}

// refOf names a record by what the index holds of it.
func refOf(k *record.Kind, view *catalog.View, hit index.Hit, g policy.Grant) (Ref, error) {
	var members map[string]json.RawMessage
	if err := json.Unmarshal(view.AppendJSON(nil, hit, g), &members); err != nil {
		return Ref{}, err
	}
	for _, f := range k.Fields {
		if f.Class == policy.Sensitive || f.Type == record.Values {
			delete(members, f.Name) // no names, and not as the record has them
		}
	}
	raw, err := json.Marshal(members)
	if err != nil {
		return Ref{}, err
	}
	rec, err := k.Decode(raw, hit.Revision)
	if err != nil {
		return Ref{}, err
	}
	ref := refTo(k, rec)
	ref.Trashed = hit.Trashed
	return ref, nil
}

// setting asks the configuration for a record.
func (m moment) setting(g policy.Grant, k *record.Kind, id string) (Ref, bool) {
	if e := m.cfg.Entity(id); e != nil && k.Name == setting.EntityName {
		return Ref{ID: id, Kind: k.Name, Title: e.Title()}, true // the root is no record
	}
	for _, rec := range slices.Concat(m.cfg.Live(k.Name), m.cfg.Trashed(k.Name)) {
		if rec.Base().ID == id && !record.Hidden(rec, g) {
			return refTo(k, rec), true
		}
	}
	return Ref{}, false
}

// named asks the index for the title of a record.
func (m moment) named(g policy.Grant, k *record.Kind, id string) (Ref, bool) {
	if m.shelf == nil || !k.Named() {
		return Ref{}, false
	}
	title, trashed, ok := m.shelf.Title(k.Name, id, g)
	return Ref{ID: m.shelf.Root(k.Name, id), Kind: k.Name, Title: title, Trashed: trashed}, ok && title != ""
}

// titled asks the index for a record.
func (m moment) titled(r *Repository, g policy.Grant, k *record.Kind, id string) (Ref, bool, error) {
	view, err := m.view(k)
	if err != nil || view == nil {
		return Ref{}, false, err
	}
	hit, ok := view.Get(id)
	if !ok {
		return Ref{}, false, nil
	}
	ref, err := refOf(k, view, hit, g)
	if err != nil {
		return Ref{}, false, err
	}
	if len(k.Under) > 0 && !ref.Trashed {
		owner := k.Owner(id)
		if of, ok := r.kindOf(owner); ok {
			above, ok, err := m.titled(r, g, of, owner)
			if err != nil {
				return Ref{}, false, err
			}
			ref.Trashed = ok && above.Trashed
		}
	}
	return ref, true, nil
}

// Linked lists the records of other kinds that name a record, by kind and in the order of their ids: families and
// companies of a contact. Those in the trash are left out.
func (r *Repository) Linked(ctx context.Context, g policy.Grant, kind, id string) ([]Link, error) {
	if err := g.Allow(policy.Read); err != nil {
		return nil, err
	}
	m, err := r.glance(ctx, g)
	if err != nil {
		return nil, err
	}
	var links []Link
	for _, k := range r.Kinds.Kinds() {
		view, err := m.view(k)
		if err != nil {
			return nil, err
		}
		if view == nil || len(k.Under) > 0 {
			continue
		}
		for _, f := range refFields(k.Fields, kind) {
			if !g.Fields(policy.Read, f.Class) {
				continue
			}
			for _, hit := range view.Lookup(f.Path, id) {
				if hit.Trashed {
					continue
				}
				ref, err := refOf(k, view, hit, g)
				if err != nil {
					return nil, err
				}
				links = append(links, Link{ref, f.Path})
			}
		}
	}
	return links, nil
}

// Link is a record that names another one in a field.
type Link struct {
	Ref
	Field string `json:"field" doc:"Where it names it"`
}

// refFields lists the fields that hold ids of a kind.
func refFields(fields []*record.Field, kind string) (all []*record.Field) {
	for _, f := range fields {
		if slices.Contains(f.Ref, kind) && f.Indexed {
			all = append(all, f)
		}
		all = append(all, refFields(f.Fields, kind)...)
	}
	return all
}
