package repository

import (
	"context"
	"encoding/json"

	"github.com/muster-crm/muster/shared/fault"
	"github.com/muster-crm/muster/shared/policy"
	"github.com/muster-crm/muster/shared/record"
)

// A record can go back to how it was after any of its changes (HIST-06): to all of it, or field by field. What is computed
// and what the system alone sets stays as it is, but for what it names; so does what a merge has done to other records.

// AsAfter tells in which fields a record differs by now from how it was after the change that a log entry made: From is
// what it held then, To what it holds now. What the caller may not read is left out, what is sensitive masked. Faults as
// History's; NotFound when it has no such change.
func (r *Repository) AsAfter(ctx context.Context, g policy.Grant, kind, id string, seq int64) (record.Change, error) {
	k, err := r.Kind(kind)
	if err != nil {
		return record.Change{}, err
	}
	if err := g.Allow(policy.Read); err != nil {
		return record.Change{}, err
	}
	now, err := r.read(ctx, g, k, id)
	if err != nil {
		return record.Change{}, err
	}
	c, err := r.sinceChange(ctx, g, k, now.record, seq)
	if err != nil {
		return record.Change{}, err
	}
	own, err := r.ownIn(ctx, g, c)
	return k.HideChange(c, g, own), err
}

// RestoreTo makes a record what it was after the change that a log entry made: all of its fields, or those named. It is an
// edit like any other and can be reverted. Faults as Patch's; NotFound when there is no such change; Invalid for a field
// that is the same.
func (r *Repository) RestoreTo(ctx context.Context, w Write, kind, id string, version, seq int64, fields []string) (Result, error) {
	k, err := r.Kind(kind)
	if err != nil {
		return Result{}, err
	}
	if err := allow(w.Grant, k, policy.Edit); err != nil {
		return Result{}, err
	}
	return r.once(ctx, w, k, func() (Result, error) {
		return r.make(ctx, w, k, id, version, edit{action: actionRevert, need: policy.Edit, alter: func(k *record.Kind, now record.Record) (record.Record, error) {
			c, err := r.sinceChange(ctx, w.Grant, k, now, seq)
			if err != nil {
				return nil, err
			}
			if len(fields) == 0 {
				// What the caller does not see stays as it is.
				own, err := r.ownIn(ctx, w.Grant, c)
				if err != nil {
					return nil, err
				}
				var seen []record.FieldChange
				for _, f := range c.Fields {
					if w.Grant.Fields(policy.Edit, k.Class(f.Field, own)) {
						seen = append(seen, f)
					}
				}
				c.Fields = seen
			}
			patch, named, err := revertPatch(k, c, now, fields)
			if err != nil {
				return nil, err
			}
			after, err := k.Patch(now, patch)
			if err != nil || len(named) == 0 {
				return after, err
			}
			return overlay(k, after, named)
		}})
	})
}

// sinceChange puts all that happened to a record after a change together as one: from what it was then to what it is.
func (r *Repository) sinceChange(ctx context.Context, g policy.Grant, k *record.Kind, now record.Record, seq int64) (record.Change, error) {
	id := now.Base().ID
	c, err := r.changeAt(ctx, g, k, id, seq)
	if err != nil {
		return record.Change{}, err
	}
	encoded, err := json.Marshal(now)
	if err != nil {
		return record.Change{}, err
	}
	var doc map[string]json.RawMessage
	if err := json.Unmarshal(encoded, &doc); err != nil {
		return record.Change{}, err
	}
	if err := r.turnBack(ctx, g, doc, Row{id, c.Revision}); err != nil {
		return record.Change{}, err
	}
	for name, value := range doc { // the last member of a map was taken away
		if string(value) == "{}" {
			delete(doc, name)
		}
	}
	if encoded, err = json.Marshal(doc); err != nil {
		return record.Change{}, err
	}
	then, err := k.Decode(encoded, c.Revision)
	if err != nil {
		return record.Change{}, fault.Wrap(fault.Conflict, "undo_impossible", err) // an older program's record
	}
	c.Fields, err = k.Diff(then, now)
	if err != nil {
		return record.Change{}, err
	}
	kept := c.Fields[:0]
	for _, f := range c.Fields {
		if field, ok := k.Member(f.Field); ok && (!field.System || len(field.Ref) > 0) {
			kept = append(kept, f)
		}
	}
	c.Fields = kept
	return c, nil
}
