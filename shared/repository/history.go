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
// caller may not read are left out of them. next is 0 at the very first change.
func (r *Repository) History(ctx context.Context, g policy.Grant, kind, id string, before int64, limit int) (changes []record.Change, next int64, err error) {
	k, err := r.Kind(kind)
	if err != nil {
		return nil, 0, err
	}
	if err := g.Allow(policy.Read); err != nil {
		return nil, 0, err
	}
	got, err := r.read(ctx, g, k, id)
	if err != nil {
		return nil, 0, err
	}
	id = got.record.Base().ID
	q := g.Tenant().Changes(id)
	q.Limit = limit
	if before > 0 {
		q.After = g.Tenant().Change(id, before).Sort
	}
	page, err := r.Store.Query(ctx, q)
	if err != nil {
		return nil, 0, unavailable(err)
	}
	for _, item := range page.Items {
		c, err := readChange(item)
		if err != nil {
			return nil, 0, err
		}
		c.Fields = slices.DeleteFunc(c.Fields, func(f record.FieldChange) bool {
			field, ok := k.Member(f.Field)
			return ok && !g.Fields(policy.Read, field.Class)
		})
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
// (edited_since) that names them, unless fields lists them: then exactly the listed ones are taken back. It is an edit
// like any other and can itself be reverted.
func (r *Repository) Revert(ctx context.Context, w Write, kind, id string, version, seq int64, fields []string) (Result, error) {
	k, err := r.Kind(kind)
	if err != nil {
		return Result{}, err
	}
	if err := allow(w.Grant, k, policy.Edit); err != nil {
		return Result{}, err
	}
	// The kept answer comes first: after a revert the same request would meet its own work.
	if res, ok, err := r.replayed(ctx, w, k); ok || err != nil {
		return res, err
	}
	c, err := r.changeAt(ctx, w.Grant, k, id, seq)
	if err != nil {
		return Result{}, err
	}
	switch _, action, _ := strings.Cut(c.Action, "."); action {
	case actionCreate:
		return r.Trash(ctx, w, kind, id, version)
	case actionTrash:
		return r.Restore(ctx, w, kind, id, version, DropNone)
	case actionRestore:
		if len(c.Fields) == 0 {
			return r.Trash(ctx, w, kind, id, version)
		}
	}
	return r.edit(ctx, w, kind, id, version, edit{actionRevert, policy.Edit, func(k *record.Kind, now record.Record) (record.Record, error) {
		patch, err := revertPatch(k, c, now, fields)
		if err != nil {
			return nil, err
		}
		return k.Patch(now, patch)
	}})
}

// changeAt finds the change of a record that log entry seq made.
func (r *Repository) changeAt(ctx context.Context, g policy.Grant, k *record.Kind, id string, seq int64) (record.Change, error) {
	before := int64(0)
	for {
		changes, next, err := r.History(ctx, g, k.Name, id, before, 100)
		if err != nil {
			return record.Change{}, err
		}
		for _, c := range changes {
			if c.Seq == seq {
				return c, nil
			}
		}
		if next == 0 {
			return record.Change{}, fault.New(fault.NotFound, "not_found")
		}
		before = next
	}
}

// revertPatch makes the merge patch that puts a change's fields back.
func revertPatch(k *record.Kind, c record.Change, now record.Record, fields []string) ([]byte, error) {
	encoded, err := json.Marshal(now)
	if err != nil {
		return nil, err
	}
	patch := map[string]any{}
	var since []fault.Field
	for _, f := range c.Fields {
		if field, ok := k.Member(f.Field); !ok || field.System || len(fields) > 0 && !slices.Contains(fields, f.Field) {
			continue
		}
		value, err := member(encoded, f.Field)
		if err != nil {
			return nil, err
		}
		if !bytes.Equal(value, f.To) && len(fields) == 0 {
			since = append(since, fault.At(f.Field, "edited_since"))
			continue
		}
		set(patch, f.Field, f.From)
	}
	if len(since) > 0 {
		conflict := fault.New(fault.Conflict, "edited_since")
		conflict.Fields = since
		return nil, conflict
	}
	return json.Marshal(patch)
}

// member reads the value under a path of one or two names.
func member(doc json.RawMessage, path string) (json.RawMessage, error) {
	name, rest, deeper := strings.Cut(path, ".")
	var members map[string]json.RawMessage
	if err := json.Unmarshal(doc, &members); err != nil {
		return nil, err
	}
	value, ok := members[name]
	if !ok || !deeper {
		return value, nil
	}
	return member(value, rest)
}

func set(patch map[string]any, path string, value json.RawMessage) {
	name, rest, deeper := strings.Cut(path, ".")
	if !deeper {
		patch[name] = value
		if value == nil {
			patch[name] = nil
		}
		return
	}
	inner, ok := patch[name].(map[string]any)
	if !ok {
		inner = map[string]any{}
		patch[name] = inner
	}
	set(inner, rest, value)
}
