package app

import (
	"cmp"
	"slices"
	"strings"

	"github.com/muster-crm/muster/functions/web/ui"
	"github.com/muster-crm/muster/shared/policy"
	"github.com/muster-crm/muster/shared/query"
	"github.com/muster-crm/muster/shared/record"
	"github.com/muster-crm/muster/shared/saved"
)

// What can be asked of a kind, in the reader's words: for the builder of searches and for completing what is typed.

// askable is a field of conditions.
type askable struct {
	query.Field
	label string
	group string // the linked kind it is of, in words; "" for the kind's own
	of    *record.Field
	short string // what people type: its shortest name
}

// asks lists the fields of conditions on a kind that the reader may use: its own, the organisation's, saved searches, and
// those of the records it is linked with.
func (x *exchange) asks(k *record.Kind) ([]askable, error) {
	if _, err := x.parseFor(k, ""); err != nil {
		return nil, err
	}
	fields, all := x.fields[k.Name], []askable{}
	all = append(all, x.asksOf(k, fields, "", "")...)
	if len(x.book().Of(k.Name)) > 0 {
		if f, ok := fields.Field(saved.Field); ok {
			all = append(all, askable{Field: f, label: x.p.T("kind.search"), short: saved.Field})
		}
	}
	for _, l := range looks { // kinds whose records hold this kind's: they lend their names
		other, err := x.of(l)
		if err != nil {
			return nil, err
		}
		f, ok := fields.Field(l.kind)
		if _, own := k.Field(f.Path); !ok || own || f.Path != l.kind {
			continue
		}
		all = append(all, askable{Field: f, label: x.p.T(l.one()), short: f.Path, group: x.p.T(l.title())})
		all = append(all, x.asksOf(other, fields, f.Path+".", x.p.T(l.title()))...)
	}
	for _, c := range k.Schema(x.cfg.Fields).Columns { // and those it holds itself
		if len(c.Refs) != 1 || !x.who.Grant.Fields(policy.Read, c.Class) || !x.inUse(k, c.Path) {
			continue
		}
		l := lookOf(c.Refs[0])
		if l == nil || l.kind == k.Name {
			continue
		}
		other, err := x.of(l)
		if err != nil {
			return nil, err
		}
		all = append(all, x.asksOf(other, fields, c.Path+".", x.fieldLabel(k, c.Path))...)
	}
	return all, nil
}

// asksOf lists the fields of a kind as they are named behind a prefix.
func (x *exchange) asksOf(k *record.Kind, fields query.Fields, prefix, group string) []askable {
	var all []askable
	add := func(path, label string, of *record.Field) {
		if f, ok := fields.Field(prefix + path); ok && !slices.ContainsFunc(all, func(a askable) bool { return a.Path == f.Path }) {
			all = append(all, askable{Field: f, label: label, group: group, of: of, short: shortest(f, fields)})
		}
	}
	for _, c := range k.Schema(x.cfg.Fields).Columns {
		if !x.who.Grant.Fields(policy.Read, c.Class) || !x.inUse(k, c.Path) {
			continue
		}
		of, _ := k.At(c.Path, x.cfg.Fields)
		add(c.Path, x.fieldLabel(k, strings.TrimSuffix(c.Path, ".*")), of)
		if c.Age != "" {
			add(c.Age, x.fieldLabel(k, c.Age), nil)
		}
		if c.Now != "" {
			add(c.Now, x.fieldLabel(k, c.Now), of)
		}
	}
	if prefix == "" {
		for _, path := range []string{"createdAt", "updatedAt"} {
			add(path, x.fieldLabel(k, path), nil)
		}
	}
	called := map[string]int{}
	for _, a := range all {
		called[a.label]++
	}
	for i, a := range all { // of several with one name each says in what it lies
		inside := strings.TrimPrefix(a.Path, prefix)
		if at := strings.LastIndexByte(inside, '.'); called[a.label] > 1 && at > 0 && a.of != nil && a.of.Own == nil {
			all[i].label = joinDots(x.fieldLabel(k, inside[:at]), a.label)
		}
	}
	return all
}

// shortest is the name people type for a field: the shortest of its names that leads to it.
func shortest(f query.Field, fields query.Fields) string {
	short := f.Path
	for _, alias := range f.Aliases {
		if same, ok := fields.Field(alias); ok && same.Path == f.Path && len(alias) < len(short) {
			short = alias
		}
	}
	return short
}

// options are the values a field chooses from, nil where it takes any.
func (x *exchange) options(kind string, a askable) []ui.Option {
	switch {
	case a.Path == saved.Field:
		var all []ui.Option
		for _, s := range x.book().Of(kind) {
			all = append(all, ui.Option{Value: s.ID, Label: s.Name})
		}
		return all
	case a.Type == query.TypeFlag:
		return []ui.Option{{Value: "true", Label: x.p.T("form.yes")}, {Value: "false", Label: x.p.T("form.no")}}
	case a.of == nil:
		return nil
	case a.of.Own != nil && len(a.of.Own.Options) > 0:
		var all []ui.Option
		for _, o := range a.of.Own.Options {
			all = append(all, ui.Option{Value: o, Label: o})
		}
		return all
	case a.of.Values != "" && a.Values != nil:
		return x.codes(a.of.Values)
	case len(a.of.Ref) > 0:
		return x.settled(a.of.Ref)
	}
	return nil
}

// label names a field of conditions with the kind it is of.
func (a askable) name() string {
	if a.group == "" {
		return a.label
	}
	return joinDots(a.group, a.label)
}

// fieldOptions offers fields, each kind's under its name.
func fieldOptions(all []askable) []ui.Option {
	options := make([]ui.Option, len(all))
	for i, a := range all {
		options[i] = ui.Option{Value: a.Path, Label: a.name(), Group: a.group}
	}
	return options
}

// find finds a field of conditions by its path.
func findAsk(all []askable, path string) (askable, bool) {
	i := slices.IndexFunc(all, func(a askable) bool { return a.Path == path })
	if i < 0 {
		return askable{}, false
	}
	return all[i], true
}

// known gives values of a field that records have, most used first.
func (x *exchange) known(kind, path, prefix string, limit int) []string {
	found, err := x.app.Records.Suggest(x.ctx(), x.who.Grant, kind, path, prefix, limit)
	if err != nil {
		return nil // it is only to help
	}
	var all []string
	for _, b := range found {
		all = append(all, cmp.Or(b.Values...))
	}
	return all
}
