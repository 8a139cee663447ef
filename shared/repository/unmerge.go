package repository

import (
	"context"
	"encoding/json"
	"slices"

	"github.com/muster-crm/muster/shared/fault"
	"github.com/muster-crm/muster/shared/record"
)

// Split says which merge is to be undone.
type Split struct {
	Kind     string
	Main     string   // the survivor of this merge, whatever it was merged into since
	Revision int64    // of the survivor, as the merge made it
	Others   []string // those that come back
	Drop     Drop     // who loses a unique key that a record coming back and another one both have
}

// Parted is what the undoing of a merge leaves.
type Parted struct {
	Survivor  record.Record
	Returned  []record.Record
	Conflicts []Conflicting // fields that keep what was edited since
}

// Conflicting is a field of a survivor that was edited after the merge wrote it.
type Conflicting struct {
	Field string          `json:"field"`
	Was   json.RawMessage `json:"was,omitempty"` // before the merge
	Is    json.RawMessage `json:"is,omitempty"`  // and stays
}

// Part tells what Unmerge would do, and writes nothing. Faults as Unmerge's, but for keys.
func (r *Repository) Part(ctx context.Context, w Write, s Split) (Parted, error) {
	k, err := r.Kind(s.Kind)
	if err != nil {
		return Parted{}, err
	}
	if err := MayMerge(w.Grant); err != nil {
		return Parted{}, err
	}
	m, err := r.moment(ctx, w.Grant)
	if err != nil {
		return Parted{}, err
	}
	p, _, err := r.part(ctx, w, m, k, s)
	return p, err
}

// Unmerge undoes a merge in one commit, at any later time and in any order: its others come back as they were, the
// survivor's fields that still hold what the merge wrote are put back, and what was edited since stays and is named. Lists
// lose what the merge brought and keep what came since. Children are where they ever were: those made since stay with the
// survivor. The record that tells of the merge becomes what note makes of it, and goes to the trash. The batch of the write is
// its id. Faults: NotFound; Denied; Conflict: not_merged when it was undone, trashed when the survivor lies in the trash,
// key_taken with the holders of a key that is another's by now, unless Drop says who loses it.
func (r *Repository) Unmerge(ctx context.Context, w Write, s Split, of *record.Kind, note func(told record.Record, p Parted) error) (Result, error) {
	k, err := r.Kind(s.Kind)
	if err != nil {
		return Result{}, err
	}
	if err := MayMerge(w.Grant); err != nil {
		return Result{}, err
	}
	if s.Drop != DropNone && s.Drop != DropRestored && s.Drop != DropHolder {
		return Result{}, fault.Bad("drop", "bad_choice")
	}
	return r.once(ctx, w, of, func() (Result, error) {
		return r.judging(ctx, true, func() (Result, error) { return r.unmergeOnce(ctx, w, k, of, s, note) })
	})
}

func (r *Repository) unmergeOnce(ctx context.Context, w Write, k, of *record.Kind, s Split, note func(record.Record, Parted) error) (Result, error) {
	told, err := r.load(ctx, w.tenant(), of, w.Batch)
	if err != nil {
		return Result{}, err
	}
	if told.record == nil {
		return Result{}, fault.New(fault.NotFound, "not_found")
	}
	m, err := r.moment(ctx, w.Grant)
	if err != nil {
		return Result{}, err
	}
	p, changes, err := r.part(ctx, w, m, k, s)
	if err != nil {
		return Result{}, err
	}
	after, err := of.Copy(told.record)
	if err != nil {
		return Result{}, err
	}
	claims, changes, err := r.reclaim(ctx, w, m, k, s, changes)
	if err != nil {
		return Result{}, err
	}
	if err := note(after, p); err != nil {
		return Result{}, err
	}
	changes = append([]change{{kind: of, before: told, after: after, action: actionTrash}}, changes...)
	return r.commitUnion(ctx, w, m, k, changes, claims)
}

// part makes the changes that undo a merge: of the survivor first, then of those that come back, then of what the survivor
// was merged into since.
func (r *Repository) part(ctx context.Context, w Write, m moment, k *record.Kind, s Split) (Parted, []change, error) {
	main, err := r.load(ctx, w.tenant(), k, s.Main)
	if err != nil {
		return Parted{}, nil, err
	}
	end, err := r.follow(ctx, w.tenant(), k, main)
	if err != nil {
		return Parted{}, nil, err
	}
	if main.record == nil || end.record == nil {
		return Parted{}, nil, fault.New(fault.NotFound, "not_found")
	}
	if end.record.Base().DeletedAt != nil {
		return Parted{}, nil, fault.New(fault.Conflict, "trashed")
	}
	var p Parted
	if p.Survivor, p.Conflicts, err = r.putBack(ctx, w, m, k, main, s.Revision); err != nil {
		return Parted{}, nil, err
	}
	p.Survivor.Base().Merged = slices.DeleteFunc(p.Survivor.Base().Merged, func(id string) bool { return slices.Contains(s.Others, id) })
	if len(p.Survivor.Base().Merged) == 0 {
		p.Survivor.Base().Merged = nil
	}
	changes := []change{{kind: k, before: main, after: p.Survivor, action: actionUnmerge}}
	if changes[0].fields, err = k.Diff(main.record, p.Survivor); err != nil {
		return Parted{}, nil, err
	}
	if changes[0].fields == nil {
		changes[0].fields = []record.FieldChange{}
	}
	for _, id := range s.Others {
		other, err := r.load(ctx, w.tenant(), k, id)
		if err != nil {
			return Parted{}, nil, err
		}
		if other.record == nil || other.record.Base().Merge != w.Batch {
			return Parted{}, nil, fault.New(fault.Conflict, "not_merged")
		}
		after, err := k.Copy(other.record)
		if err != nil {
			return Parted{}, nil, err
		}
		after.Base().MergedInto, after.Base().Merge = "", ""
		p.Returned = append(p.Returned, after)
		changes = append(changes, change{kind: k, before: other, after: after, action: actionUnmerge, fields: []record.FieldChange{}})
	}
	above, err := r.above(ctx, w, k, changes)
	return p, append(changes, above...), err
}

// above makes the changes of the records that the survivor of an undone merge was merged into since, one after the other: what
// they got of those that come back leaves with them. The last of them is written whatever it got, so that whoever writes
// it meanwhile learns of it.
func (r *Repository) above(ctx context.Context, w Write, k *record.Kind, changes []change) ([]change, error) {
	var all []change
	for below := changes[0]; below.after.Base().MergedInto != ""; {
		batch := below.after.Base().Merge
		up, err := r.load(ctx, w.tenant(), k, below.after.Base().MergedInto)
		if err != nil {
			return nil, err
		}
		if up.record == nil {
			return nil, fault.New(fault.NotFound, "not_found")
		}
		c := change{kind: k, before: up, action: actionUnmerge}
		if c.after, err = r.leaving(ctx, w, k, up.record, below, batch); err != nil {
			return nil, err
		}
		if c.fields, err = k.Diff(up.record, c.after); err != nil {
			return nil, err
		}
		if len(c.fields) > 0 || up.record.Base().MergedInto == "" {
			if c.fields == nil {
				c.fields = []record.FieldChange{}
			}
			all = append(all, c)
		}
		below = c
	}
	return all, nil
}

// leaving gives a record without the elements of its lists that a merge brought it from another, that this one has lost now,
// and that no other record of the merge has.
func (r *Repository) leaving(ctx context.Context, w Write, k *record.Kind, up record.Record, below change, batch string) (record.Record, error) {
	lost, err := lists(k, below.before.record, below.after)
	if err != nil || len(lost) == 0 {
		if err == nil {
			return k.Copy(up)
		}
		return nil, err
	}
	writes, merged, err := r.writesOf(ctx, w, up.Base().ID, batch)
	if err != nil {
		return nil, err
	}
	others, err := r.below(ctx, w.tenant(), k, up)
	if err != nil {
		return nil, err
	}
	others = slices.DeleteFunc(others, func(o record.Record) bool { return o.Base().Merge != batch || o.Base().ID == below.after.Base().ID })
	encoded, err := json.Marshal(up)
	if err != nil {
		return nil, err
	}
	var doc map[string]json.RawMessage
	if err := json.Unmarshal(encoded, &doc); err != nil {
		return nil, err
	}
	for field, gone := range lost {
		f := writesTo(merged, field)
		if f == nil {
			continue
		}
		var stay []string
		for _, o := range others {
			names, err := namesOf(o, field)
			if err != nil {
				return nil, err
			}
			stay = append(stay, names...)
		}
		gone = slices.DeleteFunc(gone, func(name string) bool { return slices.Contains(stay, name) })
		if doc[field], err = writes.leave(*f, doc[field], gone, merged.Revision); err != nil {
			return nil, err
		}
		if doc[field] == nil {
			delete(doc, field)
		}
	}
	if encoded, err = json.Marshal(doc); err != nil {
		return nil, err
	}
	return k.Decode(encoded, up.Base().Version)
}

// lists names the elements of lists that one version of a record has and the next has not.
func lists(k *record.Kind, before, after record.Record) (map[string][]string, error) {
	lost := map[string][]string{}
	for _, f := range k.Fields {
		if !f.List || f.Derived {
			continue
		}
		had, err := namesOf(before, f.Name)
		if err != nil {
			return nil, err
		}
		has, err := namesOf(after, f.Name)
		if err != nil {
			return nil, err
		}
		for _, name := range had {
			if !slices.Contains(has, name) {
				lost[f.Name] = append(lost[f.Name], name)
			}
		}
	}
	return lost, nil
}

// namesOf lists what the elements of a list of a record are the same by.
func namesOf(rec record.Record, field string) ([]string, error) {
	encoded, err := json.Marshal(rec)
	if err != nil {
		return nil, err
	}
	raw, err := member(encoded, field)
	if err != nil {
		return nil, err
	}
	all, err := elementsOf(raw)
	var names []string
	for _, e := range all {
		names = append(names, e.name)
	}
	return names, err
}

// reclaim settles the unique keys of records that come back and of the one they leave: each holds those it has.
func (r *Repository) reclaim(ctx context.Context, w Write, m moment, k *record.Kind, s Split, changes []change) (*claims, []change, error) {
	var keys []record.Key
	parted := 1 + len(s.Others)
	for _, c := range changes {
		keys = append(append(keys, keysOf(c.before.record)...), keysOf(c.after)...)
	}
	claims, err := r.readClaims(ctx, w.tenant(), keys)
	if err != nil {
		return nil, nil, err
	}
	survivor := changes[0]
	end := survivor
	if len(changes) > parted {
		end = changes[len(changes)-1]
	}
	for _, c := range append(slices.Clone(changes[:1]), changes[parted:]...) {
		claims.ends[c.after.Base().ID] = end.after.Base().ID
	}
	for _, c := range changes[1:parted] {
		claims.ends[c.after.Base().ID] = c.after.Base().ID
		below, err := r.below(ctx, w.tenant(), k, c.after)
		if err != nil {
			return nil, nil, err
		}
		for _, rec := range below {
			claims.ends[rec.Base().ID] = c.after.Base().ID
		}
	}
	if err := r.ending(ctx, claims); err != nil {
		return nil, nil, err
	}
	for _, c := range changes {
		for _, key := range newKeys(c.after, c.before.record) {
			claims.release(key, c.after.Base().ID)
		}
	}
	var refused []clash
	for i, n := 0, len(changes); i < n; i++ {
		c := changes[i]
		id := c.after.Base().ID
		missing := slices.DeleteFunc(keysOf(c.after), func(key record.Key) bool { return claims.holds(key, id) })
		clashes, _ := claims.judge(m, k.Name, id, missing)
		for _, clash := range clashes {
			switch d, ok := changes[i].after.(dropper); {
			case s.Drop == DropRestored && ok && i > 0:
				d.Drop(clash.key)
				changes[i].fields = nil
			case s.Drop == DropHolder:
				if changes, err = r.dropFromHolders(ctx, w, changes, clash); err != nil {
					return nil, nil, err
				}
			default:
				refused = append(refused, clash)
			}
		}
		if len(clashes) > 0 && len(refused) == 0 {
			i-- // what was dropped may stand in the way of nothing any more
			if err := r.settleDrops(ctx, w, claims, changes, clashes, s.Drop); err != nil {
				return nil, nil, err
			}
		}
	}
	if len(refused) > 0 {
		return nil, nil, r.conflict(ctx, w.Grant, refused, nil)
	}
	if len(changes) > maxDropped {
		return nil, nil, fault.New(fault.TooLarge, "merge_too_large")
	}
	return claims, changes, nil
}

// settleDrops releases the keys that holders were made to drop.
func (r *Repository) settleDrops(ctx context.Context, w Write, claims *claims, changes []change, clashes []clash, drop Drop) error {
	if drop != DropHolder {
		return nil
	}
	for _, c := range clashes {
		for _, h := range c.holders {
			i := slices.IndexFunc(changes, func(c change) bool { return c.after.Base().ID == h.ID })
			if i < 0 || slices.ContainsFunc(keysOf(changes[i].after), func(k record.Key) bool { return k.Name == c.key.Name && k.Value == c.key.Value }) {
				return r.conflict(ctx, w.Grant, []clash{c}, nil) // it cannot lose the key
			}
			changes[i].fields = nil
			for _, other := range claims.items[claims.tenant.Claim(c.key.Name, c.key.Value)].is.Holders {
				if claims.end(other.ID) == h.ID {
					claims.release(c.key, other.ID)
				}
			}
		}
	}
	return nil
}

// holds tells whether a record itself is among the holders of a key.
func (c *claims) holds(key record.Key, id string) bool {
	return slices.ContainsFunc(c.items[c.tenant.Claim(key.Name, key.Value)].is.Holders, func(h holder) bool { return h.ID == id })
}
