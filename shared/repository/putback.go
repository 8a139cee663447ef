package repository

import (
	"bytes"
	"context"
	"encoding/json"
	"slices"

	"github.com/muster-crm/muster/shared/fault"
	"github.com/muster-crm/muster/shared/record"
)

// putBack gives a survivor without what a merge wrote. The history says what that was, and what came after.
func (r *Repository) putBack(ctx context.Context, w Write, k *record.Kind, main stored, revision int64) (record.Record, []Conflicting, error) {
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
	derived := false
	for _, f := range merged.Fields {
		is, err := member(encoded, f.Field)
		if err != nil {
			return nil, nil, err
		}
		field, known := k.Member(f.Field)
		put, edited := f.From, !bytes.Equal(is, f.To)
		later := writes.after(f.Field, revision)
		if known && field.List {
			if put, err = without(f.From, f.To, is); err != nil {
				return nil, nil, err
			}
		} else if put = writes.from(f, revision); edited {
			put = is
		}
		if err := replace(doc, f.Field, put); err != nil {
			return nil, nil, err
		}
		if edited && later != nil && actionOf(*later) != actionMerge && !(known && field.Derived) {
			conflicts = append(conflicts, Conflicting{f.Field, f.From, put})
		}
		derived = derived || edited
	}
	if encoded, err = json.Marshal(doc); err != nil {
		return nil, nil, err
	}
	after, err := k.Decode(encoded, main.record.Base().Version)
	if err != nil || !derived {
		return after, conflicts, err
	}
	// What is computed from fields of which some were edited is computed anew.
	m, err := r.moment(ctx, w.Grant)
	if err != nil {
		return nil, nil, err
	}
	env, err := r.env(w, m, k)
	if err != nil {
		return nil, nil, err
	}
	if env.Before, err = k.Copy(after); err != nil {
		return nil, nil, err
	}
	if n, ok := after.(record.Normalizer); ok {
		n.Normalize(env)
	}
	return after, conflicts, nil
}

// written tells what wrote the fields of a record, newest first, without the merges that were undone.
type writing struct {
	changes []record.Change
	undone  map[string]bool // merges
}

// writes reads what was written to a record since a merge and, as far as merges that were undone since reach back, before
// it; and the merge's own change.
func (r *Repository) writes(ctx context.Context, w Write, id string, revision int64) (writing, record.Change, error) {
	all := writing{undone: map[string]bool{}}
	var merged record.Change
	open := map[string]bool{} // undone merges whose own change is still to come
	q := w.tenant().Changes(id)
	for {
		page, err := r.Store.Query(ctx, q)
		if err != nil {
			return all, merged, unavailable(err)
		}
		for _, item := range page.Items {
			c, err := readChange(item)
			if err != nil {
				return all, merged, err
			}
			if c.Revision < revision && len(open) == 0 {
				return all, merged, nil
			}
			all.changes = append(all.changes, c)
			switch actionOf(c) {
			case actionUnmerge:
				all.undone[c.Batch], open[c.Batch] = true, true
			case actionMerge:
				delete(open, c.Batch)
			}
			if c.Revision == revision {
				merged = c
			}
		}
		if q.After = page.Next; q.After == "" {
			break
		}
	}
	if merged.Batch != w.Batch {
		return all, merged, fault.New(fault.Conflict, "not_merged")
	}
	return all, merged, nil
}

func writesTo(c record.Change, field string) *record.FieldChange {
	i := slices.IndexFunc(c.Fields, func(f record.FieldChange) bool { return f.Field == field })
	if i < 0 {
		return nil
	}
	return &c.Fields[i]
}

// after gives the last change that wrote a field after a revision and counts still; nil when there is none.
func (all writing) after(field string, revision int64) *record.Change {
	for i, c := range all.changes {
		if c.Revision > revision && !all.undone[c.Batch] && writesTo(c, field) != nil {
			return &all.changes[i]
		}
	}
	return nil
}

// from gives what a field held before a merge wrote it. Where that was another merge's doing which was undone since, it is
// what was there before that one.
func (all writing) from(f record.FieldChange, revision int64) json.RawMessage {
	value := f.From
	for _, c := range all.changes {
		before := writesTo(c, f.Field)
		if c.Revision >= revision || before == nil {
			continue
		}
		if !all.undone[c.Batch] {
			break
		}
		value = before.From
	}
	return value
}

// without gives a list without the elements that a merge has added, and with those it has left out: from is the list before
// it, to as it left it, is the list as it is. Elements are the same whatever their flags say.
func without(from, to, is json.RawMessage) (json.RawMessage, error) {
	if bytes.Equal(to, is) {
		return from, nil
	}
	var lists [3]elements
	for i, raw := range []json.RawMessage{from, to, is} {
		var err error
		if lists[i], err = elementsOf(raw); err != nil {
			return nil, err
		}
	}
	had, left, now := lists[0], lists[1], lists[2]
	var kept elements
	for _, e := range now {
		before, after := had.find(e.name), left.find(e.name)
		switch {
		case before == nil && after != nil:
			continue
		case before != nil && after != nil && bytes.Equal(e.raw, after.raw):
			e = *before
		}
		kept = append(kept, e)
	}
	for _, e := range had {
		if left.find(e.name) == nil && kept.find(e.name) == nil {
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
