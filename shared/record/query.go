package record

import (
	"strings"
	"sync"

	"github.com/muster-crm/muster/shared/fold"
	"github.com/muster-crm/muster/shared/i18n"
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
type queryFields map[string]queryField

// queryField is a field with the code list its values are from, "" for none.
type queryField struct {
	query.Field
	list string
}

func (f queryFields) Field(name string) (query.Field, bool) {
	field, ok := f[strings.ToLower(name)]
	if ok && field.list != "" {
		field.Values = labels(field.list)
	}
	return field.Field, ok
}

func (f queryFields) add(field query.Field, list string) {
	for _, name := range append([]string{field.Path}, field.Aliases...) {
		f[strings.ToLower(name)] = queryField{field, list}
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
		all[name] = sync.OnceValue(func() map[string]string { return gather(name) })
	}
	return all
}()

// gather lets a code itself win over a label that reads the same, and an earlier language over a later one.
func gather(name string) map[string]string {
	codes := map[string]string{}
	take := func(label, code string) {
		if label = fold.String(label); codes[label] == "" {
			codes[label] = code
		}
	}
	for _, code := range list.Codes(name) {
		take(code, code)
	}
	for _, language := range i18n.Languages() {
		p := i18n.New(language, nil)
		for _, code := range list.Codes(name) {
			take(codeLabel(p, name, code), code)
		}
	}
	return codes
}

// QueryFields gives what the query language knows of the kind: its indexed fields, the system members and the
// organisation's own fields, which also go by their name alone where no other field has it.
func (k *Kind) QueryFields(custom []CustomField) query.Fields {
	fields := queryFields{}
	for _, f := range metaFields {
		fields.add(f, "")
	}
	for _, own := range custom {
		if own.Kind == k.Name {
			f := query.Field{Path: "custom." + own.Name, Type: query.TypeText, Aliases: []string{own.Name}}
			if own.Type == "choice" {
				f.Type = query.TypeCode
			}
			fields.add(f, "")
		}
	}
	// The index knows the columns; the kind knows their aliases.
	for _, c := range k.Schema(nil).Columns {
		path, _ := strings.CutSuffix(c.Path, ".*")
		f, values := query.Field{Path: c.Path, Type: c.Type}, ""
		if known, ok := k.Field(path); ok {
			f.Aliases = append(f.Aliases, known.Aliases...)
			values = known.Values
		}
		if path != c.Path {
			f.Aliases = append(f.Aliases, path)
		}
		fields.add(f, values)
		if c.Age != "" {
			fields.add(query.Field{Path: c.Age, Type: query.TypeNumber}, "")
		}
	}
	return fields
}
