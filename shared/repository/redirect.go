package repository

import (
	"context"
	"encoding/json"
	"slices"
	"time"

	"github.com/muster-crm/muster/shared/org"
	"github.com/muster-crm/muster/shared/policy"
	"github.com/muster-crm/muster/shared/record"
	"github.com/muster-crm/muster/shared/store"
)

// A record that was merged into another is a redirect: its item stays where it is, with all it held, and names the record
// it was merged into. Whoever reads or writes it reads and writes that one, or the one that was merged into in its turn. Its
// children stay beside it and are read with the survivor's; its unique keys stay claimed by it and count as the survivor's.

// maxMerged is how many records may have ended in one.
const maxMerged = 50

// seek reads a record by its id, or where it was merged the one it has ended in; the zero stored when there is none.
func (r *Repository) seek(ctx context.Context, t org.Tenant, k *record.Kind, id string) (stored, error) {
	got, err := r.load(ctx, t, k, id)
	if err != nil {
		return stored{}, err
	}
	return r.follow(ctx, t, k, got)
}

// follow gives the record that a merged one has ended in, and another as it is.
func (r *Repository) follow(ctx context.Context, t org.Tenant, k *record.Kind, got stored) (stored, error) {
	for range maxMerged {
		if got.record == nil || got.record.Base().MergedInto == "" {
			return got, nil
		}
		var err error
		if got, err = r.load(ctx, t, k, got.record.Base().MergedInto); err != nil {
			return stored{}, err
		}
	}
	return stored{}, nil
}

// lying is what an item says of where its record is.
type lying struct {
	DeletedAt  *time.Time `json:"deletedAt"`
	MergedInto string     `json:"mergedInto"`
}

// absent tells that there is no record under a key, or that it, or the one it has ended in, lies in the trash.
func (r *Repository) absent(ctx context.Context, t org.Tenant, item *store.Item) (bool, error) {
	end, err := r.endOf(ctx, t, item)
	return end == "", err
}

// endOf gives the id of the live record that an item is of or has ended in, "" for none.
func (r *Repository) endOf(ctx context.Context, t org.Tenant, item *store.Item) (string, error) {
	for range maxMerged {
		if item == nil {
			break
		}
		var at lying
		if err := json.Unmarshal(item.Value, &at); err != nil {
			return "", err
		}
		if at.MergedInto == "" {
			_, _, id, _ := org.ParseRecord(item.Sort)
			if at.DeletedAt != nil {
				id = ""
			}
			return id, nil
		}
		k, ok := r.kindOf(at.MergedInto)
		if !ok {
			break
		}
		items, err := r.Store.Get(ctx, store.Each, t.Record(k.Owner(at.MergedInto), k.Name, at.MergedInto))
		if err != nil {
			return "", store.Fault(err)
		}
		item = items[0]
	}
	return "", nil
}

// ownerOf gives the id of the live record that a child belongs to, through any merges; "" for none.
func (r *Repository) ownerOf(ctx context.Context, t org.Tenant, k *record.Kind, id string) (string, error) {
	keys := r.keysFor(t, k, id)
	if len(keys) < 2 {
		return "", nil
	}
	found, err := r.fetch(ctx, keys[1:])
	if err != nil {
		return "", err
	}
	return r.endOf(ctx, t, found[keys[1]])
}

// owned gives a child as it is shown: it belongs to what its owner has ended in. Where it lies is in its id.
func (s stored) owned(k *record.Kind) (record.Record, error) {
	if s.owner == "" || s.owner == k.Owner(s.record.Base().ID) {
		return s.record, nil
	}
	shown, err := k.Copy(s.record)
	if err == nil {
		k.Adopt(shown, s.owner)
	}
	return shown, err
}

// root gives the id that an id of a kind leads to, as far as the index knows.
func (m moment) root(kind, id string) string {
	if m.shelf == nil {
		return id
	}
	return m.shelf.Root(kind, id)
}

// below lists the records that have ended in one, those merged into it itself before those merged into them.
func (r *Repository) below(ctx context.Context, t org.Tenant, k *record.Kind, rec record.Record) ([]record.Record, error) {
	var all []record.Record
	next := rec.Base().Merged
	for len(next) > 0 && len(all) <= maxMerged {
		var keys []store.Key
		for _, id := range next {
			keys = append(keys, t.Record(k.Owner(id), k.Name, id))
		}
		found, err := r.fetch(ctx, keys)
		if err != nil {
			return nil, err
		}
		next = nil
		for _, key := range keys {
			if found[key] == nil {
				continue
			}
			one, err := k.Decode(found[key].Value, found[key].Revision)
			if err != nil {
				return nil, err
			}
			all, next = append(all, one), append(next, one.Base().Merged...)
		}
	}
	return all, nil
}

// ending finds out which holders of keys were merged into others, of the keys read since it was last asked. own are the records
// being written, which are known.
func (r *Repository) ending(ctx context.Context, c *claims, own ...string) error {
	var keys []store.Key
	var ids []string
	for _, item := range c.late {
		for _, h := range item.was.Holders {
			k, ok := r.Kinds.Kind(h.Kind)
			if _, known := c.ends[h.ID]; !ok || known || slices.Contains(own, h.ID) || slices.Contains(ids, h.ID) {
				continue
			}
			ids, keys = append(ids, h.ID), append(keys, c.tenant.Record(k.Owner(h.ID), k.Name, h.ID))
		}
	}
	found, err := r.fetch(ctx, keys)
	if err != nil {
		return err
	}
	for i, id := range ids {
		if c.ends[id], err = r.endOf(ctx, c.tenant, found[keys[i]]); err != nil {
			return err
		}
	}
	if len(own) == 0 {
		c.late = nil
	}
	return nil
}

// release ends the hold of the keys that a change takes from a record, also where those merged into it hold them for it.
func (r *Repository) release(ctx context.Context, c *claims, ch change) error {
	lost := newKeys(ch.after, ch.before.record)
	if len(lost) == 0 {
		return nil
	}
	holders := []string{ch.after.Base().ID}
	below, err := r.below(ctx, c.tenant, ch.kind, ch.before.record)
	if err != nil {
		return err
	}
	for _, rec := range below {
		holders = append(holders, rec.Base().ID)
	}
	for _, key := range lost {
		for _, id := range holders {
			c.release(key, id)
		}
	}
	return nil
}

// ledBy lists the ids that lead to a record: its own, and those of the records that have ended in it.
func (r *Repository) ledBy(ctx context.Context, t org.Tenant, k *record.Kind, rec record.Record) ([]string, error) {
	below, err := r.below(ctx, t, k, rec)
	ids := []string{rec.Base().ID}
	for _, b := range below {
		ids = append(ids, b.Base().ID)
	}
	return ids, err
}

func idsOf(changes []change) (ids []string) {
	for _, c := range changes {
		ids = append(ids, c.after.Base().ID)
	}
	return ids
}

// mergeables are the kinds whose records can be merged.
var mergeables = []string{contactKind, "company", familyKind}

// Mergeable lists the kinds whose records can be merged.
func Mergeable() []string { return slices.Clone(mergeables) }

// redirected makes new references to merged records name those they have ended in. One that was there stays as it is stored,
// though it was shown as leading there: undoing the merge must find it.
func (m moment) redirected(_ *Repository, k *record.Kind, before, after record.Record) {
	if m.shelf == nil || !leads(k.Fields) {
		return
	}
	type place struct{ path, end string }
	had := map[place][]string{}
	if before != nil {
		for _, ref := range k.References(before, nil) {
			at := place{field(ref.Path), m.end(ref.Kinds, ref.ID)}
			had[at] = append(had[at], ref.ID)
		}
	}
	k.Rerefer(after, func(f *record.Field, id string) string {
		end := m.end(f.Ref, id)
		if was := had[place{f.Path, end}]; len(was) > 0 {
			id, had[place{f.Path, end}] = was[0], was[1:]
			return id
		}
		return end
	})
}

// leads tells whether fields hold ids of records that can be merged.
func leads(fields []*record.Field) bool {
	return slices.ContainsFunc(fields, func(f *record.Field) bool {
		return slices.ContainsFunc(f.Ref, func(kind string) bool { return slices.Contains(mergeables, kind) }) || leads(f.Fields)
	})
}

// end gives the id that an id of one of some kinds leads to.
func (m moment) end(kinds []string, id string) string {
	for _, kind := range kinds {
		if slices.Contains(mergeables, kind) {
			if end := m.root(kind, id); end != id {
				return end
			}
		}
	}
	return id
}

// ended gives a record as it is shown: what it names leads to where that has ended. The record itself stays as it is.
func (m moment) ended(k *record.Kind, rec record.Record) (record.Record, error) {
	if m.shelf == nil || !leads(k.Fields) || !slices.ContainsFunc(k.References(rec, nil), func(ref record.Reference) bool { return m.end(ref.Kinds, ref.ID) != ref.ID }) {
		return rec, nil
	}
	shown, err := k.Copy(rec)
	if err == nil {
		k.Rerefer(shown, func(f *record.Field, id string) string { return m.end(f.Ref, id) })
		k.Adopt(shown, m.end(k.Under, k.Owner(rec.Base().ID)))
	}
	return shown, err
}

// Root gives the id of the record that an id leads to: itself unless that record was merged into another. It asks the
// index where there is one, and tells nothing of what the caller may see.
func (r *Repository) Root(ctx context.Context, g policy.Grant, kind, id string) (string, error) {
	if r.Catalog == nil {
		k, err := r.Kind(kind)
		if err != nil {
			return "", err
		}
		got, err := r.seek(ctx, g.Tenant(), k, id)
		if got.record != nil {
			id = got.record.Base().ID
		}
		return id, err
	}
	m, err := r.glance(ctx, g)
	return m.root(kind, id), err
}

// mergedChanges reads the changes of a record and of those merged into it, newest first, those before log entry before (0:
// all), at most limit. next is 0 at the end, else the before of what follows.
func (r *Repository) mergedChanges(ctx context.Context, t org.Tenant, ids []string, before int64, limit int) (changes []record.Change, next int64, err error) {
	var heads [][]record.Change
	for _, id := range ids {
		q := t.Changes(id)
		var own []record.Change
		for {
			page, err := r.Store.Query(ctx, q)
			if err != nil {
				return nil, 0, store.Fault(err)
			}
			for _, item := range page.Items {
				c, err := readChange(item)
				if err != nil {
					return nil, 0, err
				}
				// What a merge did to a merged record the survivor's own change tells.
				aside := id != ids[0] && (actionOf(c) == actionMerge || actionOf(c) == actionUnmerge)
				if (before == 0 || c.Seq < before) && !aside {
					if id != ids[0] {
						c.Of = id
					}
					own = append(own, c)
				}
			}
			if q.After = page.Next; q.After == "" || limit > 0 && len(own) > limit {
				break
			}
		}
		heads = append(heads, own)
	}
	all := slices.Concat(heads...)
	slices.SortStableFunc(all, func(a, b record.Change) int { return int(b.Seq - a.Seq) })
	if limit > 0 && len(all) > limit {
		return all[:limit], all[limit-1].Seq, nil
	}
	return all, 0, nil
}

// The actions of a merge and of its undoing.
const (
	actionMerge   = "merge"
	actionUnmerge = "unmerge"
)
