package repository

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/muster-crm/muster/shared/fault"
	"github.com/muster-crm/muster/shared/policy"
	"github.com/muster-crm/muster/shared/record"
	"github.com/muster-crm/muster/shared/store"
)

// History reads a record's changes, newest first, at most limit behind revision before (0: from the newest). Fields the
// caller may not read are left out of them, sensitive ones masked. next is 0 at the very first change. Of a record that others
// were merged into it is theirs as well, and before and next are log entries.
func (r *Repository) History(ctx context.Context, g policy.Grant, kind, id string, before int64, limit int) (changes []record.Change, next int64, err error) {
	k, err := r.Kind(kind)
	if err != nil {
		return nil, 0, err
	}
	changes, next, err = r.changes(ctx, g, k, id, before, limit)
	if err != nil {
		return nil, 0, err
	}
	own, err := r.ownIn(ctx, g, changes...)
	if err != nil {
		return nil, 0, err
	}
	for i, c := range changes {
		changes[i] = k.HideChange(c, g, own)
	}
	return changes, next, nil
}

// ownIn gives the organisation's own fields where changes are of some.
func (r *Repository) ownIn(ctx context.Context, g policy.Grant, changes ...record.Change) ([]record.CustomField, error) {
	ofOwn := func(f record.FieldChange) bool { return strings.HasPrefix(f.Field, "custom.") }
	if !slices.ContainsFunc(changes, func(c record.Change) bool { return slices.ContainsFunc(c.Fields, ofOwn) }) {
		return nil, nil
	}
	cfg, err := r.Config(ctx, g)
	if err != nil {
		return nil, err
	}
	return cfg.Fields, nil
}

// changes reads a record's changes as they are stored, see History.
func (r *Repository) changes(ctx context.Context, g policy.Grant, k *record.Kind, id string, before int64, limit int) (changes []record.Change, next int64, err error) {
	if err := g.Allow(policy.Read); err != nil {
		return nil, 0, err
	}
	got, err := r.read(ctx, g, k, id)
	if err != nil {
		return nil, 0, err
	}
	id = got.record.Base().ID
	if len(got.record.Base().Merged) > 0 {
		ids, err := r.ledBy(ctx, g.Tenant(), k, got.record)
		if err != nil {
			return nil, 0, err
		}
		return r.mergedChanges(ctx, g.Tenant(), ids, before, limit)
	}
	q := g.Tenant().Changes(id)
	q.Limit = limit
	if before > 0 {
		q.After = g.Tenant().Change(id, before).Sort
	}
	page, err := r.Store.Query(ctx, q)
	if err != nil {
		return nil, 0, store.Fault(err)
	}
	for _, item := range page.Items {
		c, err := readChange(item)
		if err != nil {
			return nil, 0, err
		}
		changes = append(changes, c)
	}
	if page.Next != "" && len(changes) > 0 {
		next = changes[len(changes)-1].Revision
	}
	return changes, next, nil
}

// HistoryFilter narrows a history (HIST-02). Its zero value narrows nothing; days are the organisation's.
type HistoryFilter struct {
	Field    string
	Actor    string
	From, To record.Date
}

func (f HistoryFilter) keeps(c record.Change, day record.Date) bool {
	named := func(fc record.FieldChange) bool {
		return fc.Field == f.Field || strings.HasPrefix(fc.Field, f.Field+".")
	}
	return (f.Field == "" || slices.ContainsFunc(c.Fields, named)) && (f.Actor == "" || c.Actor == f.Actor) &&
		(f.From == "" || day >= f.From) && (f.To == "" || day <= f.To)
}

// HistoryOf reads a record's changes like History, those alone that a filter keeps.
func (r *Repository) HistoryOf(ctx context.Context, g policy.Grant, kind, id string, f HistoryFilter, before int64, limit int) ([]record.Change, int64, error) {
	if f == (HistoryFilter{}) {
		return r.History(ctx, g, kind, id, before, limit)
	}
	cfg, err := r.Config(ctx, g)
	if err != nil {
		return nil, 0, err
	}
	k, err := r.Kind(kind)
	if err != nil {
		return nil, 0, err
	}
	got, err := r.read(ctx, g, k, id)
	if err != nil {
		return nil, 0, err
	}
	whole := len(got.record.Base().Merged) > 0
	var kept []record.Change
	for {
		changes, next, err := r.History(ctx, g, kind, id, before, limit)
		if err != nil {
			return nil, 0, err
		}
		for i, c := range changes {
			if !f.keeps(c, record.DateOf(c.At.In(cfg.Settings.Zone()))) {
				continue
			}
			if kept = append(kept, c); len(kept) == limit {
				if i == len(changes)-1 {
					return kept, next, nil
				}
				if whole {
					return kept, c.Seq, nil
				}
				return kept, c.Revision, nil
			}
		}
		if next == 0 {
			return kept, 0, nil
		}
		before = next
	}
}

func readChange(item store.Item) (record.Change, error) {
	var c record.Change
	if err := json.Unmarshal(item.Value, &c); err != nil {
		return c, fmt.Errorf("repository: stored change: %w", err)
	}
	_, revision, _ := strings.Cut(item.Sort, "/")
	n, err := strconv.ParseInt(revision, 10, 64)
	c.Revision = n
	return c, err
}

// Revert takes one change of a record back: its fields get the values they had before it, a creation or restoration
// goes to the trash, a trashing is restored. seq is the change's log entry. Fields edited since are a Conflict
// (edited_since) that names them, unless fields lists them: then exactly the listed ones are taken back; naming one the
// change has not is Invalid, one the caller may not write Denied. What the caller does not see stays as it is. It is an edit like any other and can itself be reverted.
func (r *Repository) Revert(ctx context.Context, w Write, kind, id string, version, seq int64, fields []string) (Result, error) {
	k, err := r.Kind(kind)
	if err != nil {
		return Result{}, err
	}
	if err := allow(w.Grant, k, policy.Edit); err != nil {
		return Result{}, err
	}
	return r.once(ctx, w, k, func() (Result, error) { return r.revert(ctx, w, k, id, version, seq, fields) })
}

func (r *Repository) revert(ctx context.Context, w Write, k *record.Kind, id string, version, seq int64, fields []string) (Result, error) {
	c, err := r.changeAt(ctx, w.Grant, k, id, seq)
	if err != nil {
		return Result{}, err
	}
	if len(fields) == 0 {
		own, err := r.ownIn(ctx, w.Grant, c)
		if err != nil {
			return Result{}, err
		}
		c.Fields = slices.DeleteFunc(c.Fields, func(f record.FieldChange) bool {
			return !w.Grant.Fields(policy.Read, k.Class(f.Field, own))
		})
	}
	back := func(k *record.Kind, now record.Record) (record.Record, error) {
		patch, named, err := revertPatch(k, c, now, fields)
		if err != nil {
			return nil, err
		}
		after, err := k.Patch(now, patch)
		if err != nil || len(named) == 0 {
			return after, err
		}
		return overlay(k, after, named)
	}
	switch actionOf(c) {
	case actionMerge, actionUnmerge:
		return Result{}, fault.New(fault.Conflict, "undo_merge")
	case actionCreate:
		return r.make(ctx, w, k, id, version, r.trashing(func(k *record.Kind, now record.Record) (record.Record, error) { return k.Copy(now) }))
	case actionTrash:
		return r.restore(ctx, w, k, id, version, DropNone)
	case actionRestore: // a key that was dropped then comes back with it
		return r.make(ctx, w, k, id, version, r.trashing(back))
	}
	return r.make(ctx, w, k, id, version, edit{action: actionRevert, need: policy.Edit, alter: back})
}

// actionOf gives what a change did, without the kind it did it to.
func actionOf(c record.Change) string {
	_, action, _ := strings.Cut(c.Action, ".")
	return action
}

// changeAt finds the change of a record that log entry seq made, as it is stored.
func (r *Repository) changeAt(ctx context.Context, g policy.Grant, k *record.Kind, id string, seq int64) (record.Change, error) {
	before := int64(0)
	for {
		changes, next, err := r.changes(ctx, g, k, id, before, 100)
		if err != nil {
			return record.Change{}, err
		}
		for _, c := range changes {
			if c.Seq == seq && c.Of == "" {
				return c, nil
			}
		}
		if next == 0 || changes[len(changes)-1].Seq < seq {
			return record.Change{}, fault.New(fault.NotFound, "not_found")
		}
		before = next
	}
}

// revertPatch makes the merge patch that puts a change's fields back. What the system alone sets stays, but for what it
// names: a photo that was replaced or removed comes back. Requests cannot patch those, so they are apart.
func revertPatch(k *record.Kind, c record.Change, now record.Record, fields []string) (patch []byte, named map[string]json.RawMessage, err error) {
	encoded, err := json.Marshal(now)
	if err != nil {
		return nil, nil, err
	}
	for i, name := range fields {
		if !slices.ContainsFunc(c.Fields, func(f record.FieldChange) bool { return f.Field == name }) {
			return nil, nil, fault.Bad(fmt.Sprintf("fields[%d]", i), "unknown_field", "word", name)
		}
	}
	members, named := map[string]any{}, map[string]json.RawMessage{}
	var since []fault.Field
	for _, f := range c.Fields {
		field, ok := k.Member(f.Field)
		if !ok || field.System && len(field.Ref) == 0 || len(fields) > 0 && !slices.Contains(fields, f.Field) {
			continue
		}
		value, err := member(encoded, f.Field)
		if err != nil {
			return nil, nil, err
		}
		if !bytes.Equal(value, f.To) && len(fields) == 0 {
			since = append(since, fault.At(f.Field, "edited_since"))
			continue
		}
		if field.System {
			named[f.Field] = f.From
		} else {
			set(members, f.Field, f.From)
		}
	}
	if len(since) > 0 {
		conflict := fault.New(fault.Conflict, "edited_since")
		conflict.Fields = since
		return nil, nil, conflict
	}
	patch, err = json.Marshal(members)
	return patch, named, err
}

// overlay gives a record with some of its members set, or taken away where there is no value.
func overlay(k *record.Kind, rec record.Record, members map[string]json.RawMessage) (record.Record, error) {
	encoded, err := json.Marshal(rec)
	if err != nil {
		return nil, err
	}
	var doc map[string]json.RawMessage
	if err := json.Unmarshal(encoded, &doc); err != nil {
		return nil, err
	}
	for name, value := range members {
		if doc[name] = value; value == nil {
			delete(doc, name)
		}
	}
	if encoded, err = json.Marshal(doc); err != nil {
		return nil, err
	}
	return k.Decode(encoded, rec.Base().Version)
}

// member reads the value of a field, or of a member of a map: its name, which may have dots, follows the field's.
func member(doc json.RawMessage, path string) (json.RawMessage, error) {
	name, inner, deeper := strings.Cut(path, ".")
	var members map[string]json.RawMessage
	if err := json.Unmarshal(doc, &members); err != nil {
		return nil, err
	}
	value, ok := members[name]
	if !ok || !deeper {
		return value, nil
	}
	var values map[string]json.RawMessage
	err := json.Unmarshal(value, &values)
	return values[inner], err
}

// set gives such a value to a patch; nil removes it.
func set(patch map[string]any, path string, value json.RawMessage) {
	name, inner, deeper := strings.Cut(path, ".")
	if !deeper {
		patch[name] = value
		return
	}
	values, ok := patch[name].(map[string]json.RawMessage)
	if !ok {
		values = map[string]json.RawMessage{}
		patch[name] = values
	}
	values[inner] = value
}
