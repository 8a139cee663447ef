package repository

import (
	"context"
	"slices"
	"strings"

	"github.com/muster-crm/muster/shared/policy"
	"github.com/muster-crm/muster/shared/record"
)

// Words gives what the sentences about changes need beside the changes: the organisation's own fields, what it calls the
// values of lists, and the names of the records that are spoken of. Where the sentences speak of none of these nothing is
// read.
func (r *Repository) Words(ctx context.Context, g policy.Grant, k *record.Kind, changes ...record.Change) (record.Own, error) {
	if !slices.ContainsFunc(changes, func(c record.Change) bool { return speaks(k, c) }) {
		return record.Own{}, nil
	}
	m, err := r.glance(ctx, g)
	if err != nil {
		return record.Own{}, err
	}
	var ids []string
	for _, c := range changes {
		if len(c.Fields) == 1 {
			ids = append(ids, k.IDs(c, m.cfg.Fields)...)
		}
	}
	titles, err := r.titles(ctx, g, m, ids)
	if err != nil {
		return record.Own{}, err
	}
	return record.Own{Fields: m.cfg.Fields, Lists: m.cfg.Lists, Title: func(id string) string { return titles[id].Title }}, nil
}

// speaks tells whether the sentence about a change names an own field, a value of a list or a record.
func speaks(k *record.Kind, c record.Change) bool {
	if slices.ContainsFunc(c.Fields, func(f record.FieldChange) bool { return strings.HasPrefix(f.Field, "custom.") }) {
		return true
	}
	if len(c.Fields) != 1 {
		return false
	}
	var named func(f *record.Field) bool
	named = func(f *record.Field) bool {
		return f.Values != "" || f.Ref != nil || slices.ContainsFunc(f.Fields, named)
	}
	f, ok := k.Member(c.Fields[0].Field)
	return ok && named(f)
}
