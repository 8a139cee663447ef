package app

import (
	"context"
	"net/http"

	"github.com/muster-crm/muster/shared/httpapi"
	"github.com/muster-crm/muster/shared/i18n"
	"github.com/muster-crm/muster/shared/list"
	"github.com/muster-crm/muster/shared/policy"
	"github.com/muster-crm/muster/shared/record"
)

// kindOf describes a kind to the caller: the fields they may read, and whether they may write them.
type kindOf struct {
	Kind     string    `json:"kind"`
	Plural   string    `json:"plural" doc:"Of its collection: /v1/PLURAL"`
	Listed   bool      `json:"listed" doc:"Listed and searched; otherwise only read by id"`
	Writable bool      `json:"writable"`
	Fields   []fieldOf `json:"fields"`
}

// fieldOf describes a field. Of a list it describes one element.
type fieldOf struct {
	Name     string       `json:"name"`
	Label    string       `json:"label" doc:"In the caller's language"`
	Type     record.Type  `json:"type" enum:"text,code,email,phone,number,date,instant,flag,long,object,map,custom"`
	List     bool         `json:"list,omitempty"`
	Required bool         `json:"required,omitempty"`
	ReadOnly bool         `json:"readOnly,omitempty"`
	Max      int          `json:"max,omitempty" doc:"Characters of a text"`
	Items    int          `json:"items,omitempty" doc:"Elements of a list"`
	Values   []string     `json:"values,omitempty" doc:"The codes it takes"`
	Class    policy.Class `json:"class,omitempty" enum:"public,contact,finance,sensitive"`
	Fields   []fieldOf    `json:"fields,omitempty" doc:"Members of an object, or the organisation's own fields"`
}

type kindsOutput struct {
	Body struct {
		Items []kindOf `json:"items"`
	}
}

func (a app) kinds() {
	op := operation(http.MethodGet, "/kinds", "list-kinds", "Describe the fields of every kind of record to the caller", "about")
	httpapi.Handle(a.API, op, func(ctx context.Context, _ *none) (*kindsOutput, error) {
		g := httpapi.Caller(ctx).Grant
		if err := g.Allow(policy.Read); err != nil {
			return nil, err
		}
		cfg, err := a.records.Config(ctx, g)
		if err != nil {
			return nil, err
		}
		out := &kindsOutput{}
		out.Body.Items = []kindOf{}
		for _, k := range a.records.Kinds.Kinds() {
			d := describer{printer: httpapi.Printer(ctx), kind: k, grant: g, custom: cfg.Fields, writable: g.Can(policy.Edit)}
			if k.Managed {
				d.writable = g.Can(policy.Manage)
			}
			out.Body.Items = append(out.Body.Items, kindOf{Kind: k.Name, Plural: k.Plural, Listed: k.Indexed, Writable: d.writable, Fields: d.fields(k.Fields)})
		}
		return out, nil
	})
}

type describer struct {
	printer  *i18n.Printer
	kind     *record.Kind
	grant    policy.Grant
	custom   []record.CustomField
	writable bool
}

func (d describer) fields(fields []*record.Field) []fieldOf {
	all := []fieldOf{}
	for _, f := range fields {
		if !d.grant.Fields(policy.Read, f.Class) {
			continue
		}
		one := fieldOf{Name: f.Name, Label: d.label(f.Path), Type: f.Type, List: f.List, Required: f.Required, Class: f.Class,
			ReadOnly: f.System || !d.writable || !d.grant.Fields(policy.Edit, f.Class)}
		switch f.Type {
		case record.Text, record.Code, record.Email, record.Phone, record.Long:
			one.Max = f.Max
		case record.Object:
			one.Fields = d.fields(f.Fields)
		case record.Values:
			one.Fields = d.own()
		}
		if f.List {
			one.Items = f.Items
		}
		if f.Values != "" {
			one.Values = list.Codes(f.Values)
		}
		all = append(all, one)
	}
	return all
}

// own describes the organisation's own fields of the kind.
func (d describer) own() []fieldOf {
	all := []fieldOf{}
	for _, f := range d.custom {
		if f.Kind != d.kind.Name {
			continue
		}
		one := fieldOf{Name: f.Name, Label: f.Label, Type: record.Text, ReadOnly: !d.writable}
		if f.Type == "choice" {
			one.Type, one.Values = record.Code, f.Options
		}
		all = append(all, one)
	}
	return all
}

func (d describer) label(path string) string {
	if d.printer.Has("field."+d.kind.Name+"."+path) || d.printer.Has("field."+path) {
		return d.kind.Label(d.printer, path)
	}
	return i18n.Spell(path)
}
