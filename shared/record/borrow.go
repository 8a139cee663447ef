package record

import (
	"slices"
	"strings"

	"github.com/muster-crm/muster/shared/index"
	"github.com/muster-crm/muster/shared/list"
	"github.com/muster-crm/muster/shared/policy"
	"github.com/muster-crm/muster/shared/query"
)

// Borrow lets records of the kind be found by those of another kind that hold their ids: contacts by their companies.
func Borrow(b index.Borrow) Option { return func(k *Kind) { k.borrows = append(k.borrows, b) } }

// Titled gives the fields whose values, one after the other, are the title of a record of the kind in the index, where other
// records are found by it: public text or numbers at the top of the record. Without it that is "name", where there is one.
func Titled(paths ...string) Option { return func(k *Kind) { k.title = paths } }

// named gives the fields of the title, and reports those that cannot be part of one.
func (k *Kind) named() {
	if k.title == nil && k.titles("name") {
		k.title = []string{"name"}
	}
	for _, path := range k.title {
		if !k.titles(path) {
			k.fault("titled by %q, which is no public text or number", path)
		}
	}
	for _, b := range k.borrows {
		if k.byPath[b.Path] != nil {
			k.fault("%s is a field, and where others lend their names", b.Path)
		}
	}
}

// titles tells whether a field can be part of a title.
func (k *Kind) titles(path string) bool {
	f := k.byPath[path]
	return f != nil && (f.Type == Text || f.Type == Number) && !f.List && f.Indexed && f.Class == policy.Public && !strings.Contains(path, ".")
}

// Named tells whether the records of the kind have a title in the index.
func (k *Kind) Named() bool { return len(k.title) > 0 }

// Names describes to the index the titles of the kind's records and nothing else: of kinds that are not listed or searched,
// but that others refer to.
func (k *Kind) Names() index.Schema {
	s := k.Schema(nil)
	s.Columns = slices.DeleteFunc(s.Columns, func(c index.Column) bool { return !slices.Contains(k.title, c.Path) })
	s.Order, s.Borrows, s.Owner = nil, nil, ""
	return s
}

// lenders reports borrows and titles that lead nowhere among the kinds of a registry.
func (r *Registry) lenders(k *Kind, report func(problem string)) {
	for _, b := range k.borrows {
		from := r.byName[b.Kind]
		if from == nil {
			report("borrows from a kind there is not: " + b.Kind)
			continue
		}
		if f := from.byPath[b.Link]; f == nil || !slices.Contains(f.Ref, k.Name) {
			report("borrows by " + b.Kind + "." + b.Link + ", which does not refer to it")
		}
		if f := from.byPath[b.Text]; b.Text != "" && (f == nil || f.Type != Text) || b.Text == "" && !from.Named() {
			report("borrows from " + b.Kind + ", which has no such text to lend")
		}
	}
}

// QueryFields gives what the query language knows of a kind: its own fields, and behind a path that leads to records of
// another kind that kind's fields too ("company.website").
func (r *Registry) QueryFields(k *Kind, custom []CustomField, lists ...list.Lists) query.Fields {
	return &linkedFields{Fields: k.QueryFields(custom, lists...), r: r, k: k, custom: custom, lists: lists}
}

// linkedFields are the fields of a kind and of those it is linked with. Most questions name none of those, so they are
// only described when asked for.
type linkedFields struct {
	query.Fields
	r      *Registry
	k      *Kind
	custom []CustomField
	lists  []list.Lists
	beyond map[string]*linkedFields // by kind
	refs   map[string][]string      // kinds by the path of the column that refers to them
}

func (f *linkedFields) Field(name string) (query.Field, bool) {
	if field, ok := f.Fields.Field(name); ok {
		return field, true
	}
	if b := f.borrow(name); b != nil {
		return query.Field{Path: b.Path, Type: query.TypeCode}, true
	}
	for i := len(name) - 1; i > 0; i-- {
		if name[i] != '.' {
			continue
		}
		path, kinds := f.leads(name[:i])
		for _, kind := range kinds {
			if other := f.of(kind); other != nil {
				if field, ok := other.Field(name[i+1:]); ok {
					return query.Field{Path: path + "." + field.Path, Type: field.Type, Decimals: field.Decimals, Values: field.Values}, true
				}
			}
		}
	}
	return query.Field{}, false
}

func (f *linkedFields) borrow(name string) *index.Borrow {
	for i := range f.k.borrows {
		if b := &f.k.borrows[i]; strings.EqualFold(b.Path, name) && f.r.byName[b.Kind] != nil {
			return b
		}
	}
	return nil
}

// leads gives the path that a name stands for and the kinds of the records it leads to.
func (f *linkedFields) leads(name string) (path string, kinds []string) {
	if b := f.borrow(name); b != nil {
		return b.Path, []string{b.Kind}
	}
	if f.refs == nil {
		f.refs = map[string][]string{}
		for _, c := range f.k.Schema(f.custom).Columns {
			f.refs[c.Path] = c.Refs
			if c.Now != "" {
				f.refs[c.Now] = c.Refs
			}
		}
	}
	field, _ := f.Fields.Field(name)
	return field.Path, f.refs[field.Path]
}

// of describes the fields of another kind, nil for one that is not searched.
func (f *linkedFields) of(kind string) *linkedFields {
	if f.beyond == nil {
		f.beyond = map[string]*linkedFields{}
	}
	k := f.r.byName[kind]
	if f.beyond[kind] == nil && k != nil && k.Indexed {
		f.beyond[kind] = f.r.QueryFields(k, f.custom, f.lists...).(*linkedFields)
	}
	return f.beyond[kind]
}
