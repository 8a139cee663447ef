package repository

import (
	"bytes"
	"context"
	"encoding/json"
	"math"
	"slices"

	"github.com/muster-crm/muster/shared/fault"
	"github.com/muster-crm/muster/shared/record"
	"github.com/muster-crm/muster/shared/store"
)

// putBack gives a survivor without what a merge wrote. The history says what that was, and what came after.
func (r *Repository) putBack(ctx context.Context, w Write, m moment, k *record.Kind, main stored, revision int64) (record.Record, []Conflicting, error) {
	writes, merged, err := r.writes(ctx, w, main.record.Base().ID, revision)
	if err != nil {
		return nil, nil, err
	}
	encoded, err := json.Marshal(main.record)
	if err != nil {
		return nil, nil, err
	}
	var doc map[string]json.RawMessage
	if err := json.Unmarshal(encoded, &doc); err != nil {
		return nil, nil, err
	}
	var conflicts []Conflicting
	for _, f := range merged.Fields {
		field, known := k.Member(f.Field)
		if known && field.Derived {
			continue // computed anew below
		}
		is, err := member(encoded, f.Field)
		if err != nil {
			return nil, nil, err
		}
		edited := !bytes.Equal(is, f.To)
		later := writes.after(f.Field, revision)
		list := known && field.List
		put, err := writes.from(f, revision, list)
		if err != nil {
			return nil, nil, err
		}
		switch superseded := later != nil && actionOf(*later) == actionMerge; {
		case list && !replaced(later, f.Field):
			if put, err = writes.without(f, put, is, revision); err != nil {
				return nil, nil, err
			}
		case superseded || edited:
			put = is
		}
		if err := replace(doc, f.Field, put); err != nil {
			return nil, nil, err
		}
		if edited && later != nil && actionOf(*later) != actionMerge {
			conflicts = append(conflicts, Conflicting{f.Field, f.From, put})
		}
	}
	if encoded, err = json.Marshal(doc); err != nil {
		return nil, nil, err
	}
	after, err := k.Decode(encoded, main.record.Base().Version)
	if err != nil {
		return nil, nil, err
	}
	env, err := r.env(w, m, k)
	if err != nil {
		return nil, nil, err
	}
	return after, conflicts, recompute(env, k, main.record, after)
}

// writing tells what wrote the fields of a record, newest first, without the merges that were undone.
type writing struct {
	changes []record.Change
	undone  map[string]int64 // merges, by their batch: the revision that undid them
}

// writes reads what was written to a record since a merge and, as far as merges that were undone since reach back, before
// it; and the merge's own change.
func (r *Repository) writes(ctx context.Context, w Write, id string, revision int64) (writing, record.Change, error) {
	all, merged, err := r.writesOf(ctx, w, id, w.Batch)
	if err == nil && merged.Revision != revision {
		err = fault.New(fault.Conflict, "not_merged")
	}
	return all, merged, err
}

// writesOf is writes, of the merge with an id.
func (r *Repository) writesOf(ctx context.Context, w Write, id, batch string) (writing, record.Change, error) {
	all := writing{undone: map[string]int64{}}
	var merged record.Change
	open := map[string]bool{} // undone merges whose own change is still to come
	q := w.tenant().Changes(id)
	for {
		page, err := r.Store.Query(ctx, q)
		if err != nil {
			return all, merged, store.Fault(err)
		}
		for _, item := range page.Items {
			c, err := readChange(item)
			if err != nil {
				return all, merged, err
			}
			if merged.Revision > 0 && len(open) == 0 {
				return all, merged, nil
			}
			all.changes = append(all.changes, c)
			switch actionOf(c) {
			case actionUnmerge:
				all.undone[c.Batch], open[c.Batch] = c.Revision, true
			case actionMerge:
				delete(open, c.Batch)
			}
			if actionOf(c) == actionMerge && c.Batch == batch {
				merged = c
			}
		}
		if q.After = page.Next; q.After == "" {
			return all, merged, nil
		}
	}
}

func writesTo(c record.Change, field string) *record.FieldChange {
	i := slices.IndexFunc(c.Fields, func(f record.FieldChange) bool { return f.Field == field })
	if i < 0 {
		return nil
	}
	return &c.Fields[i]
}

// counts tells whether what a change wrote was not taken back as a merge. Undoings themselves only take back.
func (all writing) counts(c record.Change) bool {
	return actionOf(c) != actionUnmerge && all.undone[c.Batch] == 0
}

// after gives the last change that wrote a field after a revision and counts still; nil when there is none.
func (all writing) after(field string, revision int64) *record.Change {
	for i, c := range all.changes {
		if c.Revision > revision && all.counts(c) && writesTo(c, field) != nil {
			return &all.changes[i]
		}
	}
	return nil
}

// from gives what a field held before a merge wrote it, without the doing of other merges that were undone since.
func (all writing) from(f record.FieldChange, revision int64, list bool) (json.RawMessage, error) {
	value, at := f.From, revision // what was there then
	for _, c := range all.changes {
		before := writesTo(c, f.Field)
		if c.Revision >= at || before == nil || actionOf(c) == actionUnmerge {
			continue
		}
		switch undone := all.undone[c.Batch] > at; {
		case all.undone[c.Batch] > 0 && !undone: // made and taken back before
		case undone && bytes.Equal(before.To, value):
			value, at = before.From, c.Revision
		case undone && list:
			since, err := all.since(f.Field, c.Revision, revision)
			if err != nil {
				return nil, err
			}
			if value, err = without(before.From, before.To, value, since); err != nil {
				return nil, err
			}
		case !list:
			return value, nil
		}
	}
	return value, nil
}

// replaced tells whether a change is a merge that put another list in the place of one, instead of adding to it.
func replaced(c *record.Change, field string) bool {
	if c == nil || actionOf(*c) != actionMerge {
		return false
	}
	f := writesTo(*c, field)
	from, to, err := both(f.From, f.To)
	return err == nil && slices.ContainsFunc(from, func(e element) bool { return to.find(e.name) == nil })
}

// without gives a list as it is without the elements that a merge has added, and with those it has left out, unless somebody
// has put them there, or taken them out, since. from is the list before the merge. Elements are the same whatever their flags
// say.
func (all writing) without(merged record.FieldChange, from, is json.RawMessage, revision int64) (json.RawMessage, error) {
	since, err := all.since(merged.Field, revision, math.MaxInt64)
	if err != nil {
		return nil, err
	}
	return without(from, merged.To, is, since)
}

// leave gives a list as it is without some of the elements that a merge has added, unless somebody has put them there since.
func (all writing) leave(merged record.FieldChange, is json.RawMessage, gone []string, revision int64) (json.RawMessage, error) {
	since, err := all.since(merged.Field, revision, math.MaxInt64)
	if err != nil {
		return nil, err
	}
	had, left, err := both(merged.From, merged.To)
	if err != nil {
		return nil, err
	}
	now, err := elementsOf(is)
	if err != nil {
		return nil, err
	}
	var kept elements
	for _, e := range now {
		brought := had.find(e.name) == nil && left.find(e.name) != nil
		if !brought || since[e.name] || !slices.Contains(gone, e.name) {
			kept = append(kept, e)
		}
	}
	if len(kept) == len(now) {
		return is, nil
	}
	return kept.json(now)
}

// since tells of the elements of a list whether changes after a revision and before another have added them (true) or left
// them out.
func (all writing) since(field string, revision, until int64) (map[string]bool, error) {
	since := map[string]bool{}
	for _, c := range all.changes {
		f := writesTo(c, field)
		if c.Revision <= revision || c.Revision >= until || !all.counts(c) || f == nil {
			continue
		}
		before, after, err := both(f.From, f.To)
		if err != nil {
			return nil, err
		}
		for _, e := range after {
			if _, known := since[e.name]; !known && before.find(e.name) == nil {
				since[e.name] = true
			}
		}
		for _, e := range before {
			if _, known := since[e.name]; !known && after.find(e.name) == nil {
				since[e.name] = false
			}
		}
	}
	return since, nil
}

func both(a, b json.RawMessage) (x, y elements, err error) {
	if x, err = elementsOf(a); err == nil {
		y, err = elementsOf(b)
	}
	return x, y, err
}

// without gives the list is without what it took to make to of from, but for what was done since.
func without(from, to, is json.RawMessage, since map[string]bool) (json.RawMessage, error) {
	if bytes.Equal(to, is) && len(since) == 0 {
		return from, nil
	}
	had, left, err := both(from, to)
	if err != nil {
		return nil, err
	}
	now, err := elementsOf(is)
	if err != nil {
		return nil, err
	}
	var kept elements
	for _, e := range now {
		before, after := had.find(e.name), left.find(e.name)
		switch {
		case before == nil && after != nil && !since[e.name]:
			continue
		case before != nil && after != nil && bytes.Equal(e.raw, after.raw):
			e = *before
		}
		kept = append(kept, e)
	}
	for _, e := range had {
		_, touched := since[e.name]
		if !touched && left.find(e.name) == nil && kept.find(e.name) == nil {
			kept = append(kept, e)
		}
	}
	return kept.json(had)
}

// elements are those of a list, each with what it is the same by.
type elements []element

type element struct {
	name    string
	raw     json.RawMessage
	members map[string]json.RawMessage // nil for a plain value
}

func elementsOf(raw json.RawMessage) (elements, error) {
	var list []json.RawMessage
	if raw != nil {
		if err := json.Unmarshal(raw, &list); err != nil {
			return nil, err
		}
	}
	var all elements
	for _, raw := range list {
		e := element{name: string(raw), raw: raw}
		if bytes.HasPrefix(raw, []byte("{")) {
			if err := json.Unmarshal(raw, &e.members); err != nil {
				return nil, err
			}
			plain := map[string]json.RawMessage{}
			for name, value := range e.members {
				if !flag(value) {
					plain[name] = value
				}
			}
			name, err := json.Marshal(plain)
			if err != nil {
				return nil, err
			}
			e.name = string(name)
		}
		all = append(all, e)
	}
	return all, nil
}

func flag(value json.RawMessage) bool { return string(value) == "true" || string(value) == "false" }

func (all elements) find(name string) *element {
	i := slices.IndexFunc(all, func(e element) bool { return e.name == name })
	if i < 0 {
		return nil
	}
	return &all[i]
}

// json writes a list. Where one element of had bore a mark and none does any more, the first gets it.
func (all elements) json(had elements) (json.RawMessage, error) {
	if len(all) == 0 {
		return nil, nil
	}
	for _, e := range had {
		for mark, value := range e.members {
			borne := func(e element) bool { return string(e.members[mark]) == "true" }
			if string(value) == "true" && !slices.ContainsFunc(all, borne) && all[0].members != nil {
				all[0].members[mark] = value
				raw, err := json.Marshal(all[0].members)
				if err != nil {
					return nil, err
				}
				all[0].raw = raw
			}
		}
	}
	var list []json.RawMessage
	for _, e := range all {
		list = append(list, e.raw)
	}
	return json.Marshal(list)
}
