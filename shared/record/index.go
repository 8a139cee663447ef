package record

import (
	"github.com/muster-crm/muster/shared/index"
	"github.com/muster-crm/muster/shared/policy"
	"github.com/muster-crm/muster/shared/query"
)

// Schema describes the kind to the index, with the organisation's own fields. Of sensitive fields the index knows only
// whether they are filled, and lets whoever may see their masks ask for that.
func (k *Kind) Schema(custom []CustomField) index.Schema {
	s := index.Schema{Kind: k.Name, Order: k.order, Title: k.title, Borrows: k.borrows}
	if len(k.Under) > 0 {
		s.Owner = ownerPath
	}
	k.columns(k.Fields, nil, "", custom, func(c index.Column, _, _ *Field) { s.Columns = append(s.Columns, c) })
	return s
}

// columns calls emit with every column of the index, its field and the object that field is in, nil for none.
func (k *Kind) columns(fields []*Field, within *Field, list string, custom []CustomField, emit func(c index.Column, f, within *Field)) {
	for _, f := range fields {
		c := index.Column{Path: f.Path, Type: f.column(), Decimals: f.Decimals, List: list, Class: f.Class, How: f.How, Age: f.Age, Refs: f.Ref}
		if f.Now != "" {
			c.Now, c.From, c.To = f.Now, list+".from", list+".to"
		}
		if within != nil && within.money && f.Type == Number {
			c.Decimals, c.Minor = hundredths, true
		}
		switch {
		case !f.Indexed:
		case f.Class == policy.Sensitive:
			emit(index.Column{Path: f.Path, Type: query.TypeFilled, Class: policy.Contact}, f, within)
		case f.Type == Object && f.List:
			k.columns(f.Fields, f, f.Path, custom, emit)
		case f.Type == Object:
			k.columns(f.Fields, f, list, custom, emit)
		case f.Type == Map:
			c.Path, c.List, c.Type = f.Path+".*", f.Path, query.TypeCode
			emit(c, f, within)
		case f.Type == Values:
			k.columns(k.OwnFields(custom), nil, list, nil, emit)
		default:
			if f.List {
				c.List = f.Path
			}
			emit(c, f, within)
		}
	}
}

// column is the type the index holds the field's values as.
func (f *Field) column() query.Type {
	if f.Type == Link {
		return query.TypeText
	}
	return query.Type(f.Type)
}
