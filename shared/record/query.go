package record

import (
	"strings"

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
type queryFields map[string]query.Field

func (f queryFields) Field(name string) (query.Field, bool) {
	field, ok := f[strings.ToLower(name)]
	return field, ok
}

func (f queryFields) add(field query.Field) {
	f[strings.ToLower(field.Path)] = field
	for _, alias := range field.Aliases {
		f[strings.ToLower(alias)] = field
	}
}

// QueryFields gives what the query language knows of the kind: its indexed fields, the system members and the
// organisation's own fields, which also go by their name alone where no other field has it.
func (k *Kind) QueryFields(custom []CustomField) query.Fields {
	fields := queryFields{}
	for _, f := range metaFields {
		fields.add(f)
	}
	for _, own := range custom {
		if own.Kind == k.Name {
			f := query.Field{Path: "custom." + own.Name, Type: query.TypeText, Aliases: []string{own.Name}}
			if own.Type == "choice" {
				f.Type = query.TypeCode
			}
			fields.add(f)
		}
	}
	// The index knows the columns; the kind knows their aliases.
	for _, c := range k.Schema(nil).Columns {
		path, _ := strings.CutSuffix(c.Path, ".*")
		f := query.Field{Path: c.Path, Type: c.Type}
		if known, ok := k.Field(path); ok {
			f.Aliases = append(f.Aliases, known.Aliases...)
		}
		if path != c.Path {
			f.Aliases = append(f.Aliases, path)
		}
		fields.add(f)
		if c.Age != "" {
			fields.add(query.Field{Path: c.Age, Type: query.TypeNumber})
		}
	}
	return fields
}
