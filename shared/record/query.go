package record

import (
	"slices"
	"strings"
	"sync"

	"github.com/muster-crm/muster/shared/fold"
	"github.com/muster-crm/muster/shared/i18n"
	"github.com/muster-crm/muster/shared/index"
	"github.com/muster-crm/muster/shared/list"
	"github.com/muster-crm/muster/shared/query"
)

// metaFields are the system members one can search by.
var metaFields = []query.Field{
	{Path: "id", Type: query.TypeCode},
	{Path: "version", Type: query.TypeNumber},
	{Path: "createdAt", Type: query.TypeInstant, Aliases: []string{"created"}},
	{Path: "createdBy", Type: query.TypeCode},
	{Path: "updatedAt", Type: query.TypeInstant, Aliases: []string{"updated", "changed"}},
	{Path: "updatedBy", Type: query.TypeCode},
	{Path: "deletedAt", Type: query.TypeInstant, Aliases: []string{"deleted"}},
	{Path: "deletedBy", Type: query.TypeCode},
}

// queryFields finds fields by path or alias, case folded.
type queryFields struct {
	byName map[string]queryField
	labels map[string]func() map[string]string // of the organisation's lists that are not as they are built in
}

// queryField is a field with the code list its values are from, "" for none.
type queryField struct {
	query.Field
	list string
}

func (f queryFields) Field(name string) (query.Field, bool) {
	field, ok := f.byName[strings.ToLower(name)]
	if ok && field.list != "" {
		if own := f.labels[field.list]; own != nil {
			field.Values = own()
		} else {
			field.Values = labels(field.list)
		}
	}
	return field.Field, ok
}

func (f queryFields) add(field query.Field, list string) {
	for _, name := range append([]string{field.Path}, field.Aliases...) {
		f.byName[strings.ToLower(name)] = queryField{field, list}
	}
}

// labels gives the codes of a built-in list by themselves and by what they are called in every language, folded. They
// are gathered when somebody first asks for a field of the list.
func labels(name string) map[string]string {
	if gathered := labelsOf[name]; gathered != nil {
		return gathered()
	}
	return nil
}

var labelsOf = func() map[string]func() map[string]string {
	all := map[string]func() map[string]string{}
	for _, name := range list.BuiltIn().Names() {
		all[name] = sync.OnceValue(func() map[string]string { return labelled(list.BuiltIn(), name) })
	}
	return all
}()

// labelled lets a code itself win over a label that reads the same, the organisation's own label over a language's, and an
// earlier language over a later one. Values that are retired can be asked for: records have them.
func labelled(lists list.Lists, name string) map[string]string {
	codes := map[string]string{}
	take := func(label, code string) {
		if label = fold.String(label); label != "" && codes[label] == "" {
			codes[label] = code
		}
	}
	values := lists.Values(name)
	for _, v := range values {
		take(v.Code, v.Code)
	}
	for _, v := range values {
		take(v.Label, v.Code)
	}
	for _, language := range i18n.Languages() {
		p := i18n.New(language, nil)
		for _, v := range values {
			take(codeLabel(p, list.Lists{}, name, v.Code), v.Code)
		}
	}
	return codes
}

// QueryFields gives what the query language knows of the kind: its indexed fields, the system members and the
// organisation's own fields, which also go by their name alone where no other field has it. An amount goes by its field's
// path. lists are the organisation's; without them the built-in ones count.
func (k *Kind) QueryFields(custom []CustomField, lists ...list.Lists) query.Fields {
	fields := queryFields{byName: map[string]queryField{}, labels: map[string]func() map[string]string{}}
	for _, f := range metaFields {
		fields.add(f, "")
	}
	add := func(c index.Column, f, within *Field) {
		fields.add(asQuery(c, f, within), f.Values)
		if c.Age != "" {
			fields.add(query.Field{Path: c.Age, Type: query.TypeNumber}, "")
		}
		if c.Now != "" {
			fields.add(query.Field{Path: c.Now, Type: c.Type}, f.Values)
		}
		if name := f.Values; len(lists) > 0 && name != "" && fields.labels[name] == nil && !slices.Equal(lists[0].Values(name), list.BuiltIn().Values(name)) {
			fields.labels[name] = sync.OnceValue(func() map[string]string { return labelled(lists[0], name) })
		}
	}
	// What comes later takes a name from what came before: the kind's own members keep theirs.
	k.columns(k.OwnFields(custom), nil, "", nil, add)
	k.columns(k.Fields, nil, "", nil, add)
	return fields
}

// hundredths are the decimals amounts are asked for with, whatever their currency.
const hundredths = 2

// asQuery describes a column to the query language. f is its field, within the object that is in.
func asQuery(c index.Column, f, within *Field) query.Field {
	field := query.Field{Path: c.Path, Type: c.Type, Decimals: c.Decimals, Aliases: slices.Clone(f.Aliases)}
	if f.Type == Map {
		field.Aliases = append(field.Aliases, f.Path)
	}
	if f.Own != nil {
		field.Aliases = append(field.Aliases, f.Name)
	}
	if within == nil || !within.money {
		return field
	}
	if f.Type == Number {
		field.Aliases = append(field.Aliases, within.Path)
	}
	if within.Own != nil {
		field.Aliases = append(field.Aliases, within.Name+"."+f.Name)
		if f.Type == Number {
			field.Aliases = append(field.Aliases, within.Name)
		}
	}
	return field
}
