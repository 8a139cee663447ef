package app

import (
	"context"
	"net/http"
	"slices"

	"github.com/muster-crm/muster/shared/httpapi"
	"github.com/muster-crm/muster/shared/i18n"
	"github.com/muster-crm/muster/shared/policy"
	"github.com/muster-crm/muster/shared/record"
	"github.com/muster-crm/muster/shared/setting"
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
	Type     record.Type  `json:"type" enum:"text,code,email,phone,number,date,instant,flag,long,link,object,map,custom"`
	List     bool         `json:"list,omitempty"`
	Required bool         `json:"required,omitempty" doc:"By itself, or because the organisation wants it"`
	Unused   bool         `json:"unused,omitempty" doc:"The organisation does not use it: pages leave it out"`
	Optional bool         `json:"optional,omitempty" doc:"Of the organisation's own fields: carried by those records only for which somebody chose so"`
	ReadOnly bool         `json:"readOnly,omitempty"`
	Max      int          `json:"max,omitempty" doc:"Characters of a text"`
	Items    int          `json:"items,omitempty" doc:"Elements of a list"`
	Decimals int          `json:"decimals,omitempty" doc:"Of a number"`
	Values   []string     `json:"values,omitempty" doc:"The codes it takes"`
	Refs     []string     `json:"refs,omitempty" doc:"The kinds of record whose ids it takes"`
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
			d := describer{printer: httpapi.Printer(ctx), kind: k, grant: g, cfg: cfg, writable: g.Can(policy.Edit)}
			switch {
			case k.Managed:
				d.writable = g.Can(policy.Manage)
			case k.Guarded():
				d.writable = true
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
	cfg      *setting.Config
	writable bool
}

func (d describer) fields(fields []*record.Field) []fieldOf {
	mandatory, all := d.cfg.Mandatory(d.kind.Name), []fieldOf{}
	for _, f := range fields {
		if !d.reads(f.Class) {
			continue
		}
		one := fieldOf{Name: f.Name, Label: d.label(f), Type: f.Type, List: f.List, Required: f.Required, Class: f.Class, Decimals: f.Decimals, Refs: f.Ref,
			ReadOnly: f.System || !d.writable || !d.grant.Fields(policy.Edit, f.Class)}
		switch f.Type {
		case record.Text, record.Code, record.Email, record.Phone, record.Long, record.Link:
			if f.Own == nil || f.Own.Options == nil {
				one.Max = f.Max
			}
		case record.Object:
			one.Fields = d.fields(f.Fields)
		case record.Values:
			one.Fields = d.fields(d.kind.OwnFields(d.cfg.Fields))
		}
		if f.List {
			one.Items = f.Items
		}
		switch {
		case f.Own != nil:
			one.Values, one.Optional = f.Own.Options, f.Own.Optional
		case f.Values != "":
			one.Values = d.cfg.Lists.Codes(f.Values)
		}
		if f.Own == nil && f.Path == f.Name {
			one.Required = one.Required || slices.Contains(mandatory, f.Path)
			one.Unused = !d.cfg.Used(d.kind.Name, f.Path)
		}
		all = append(all, one)
	}
	return all
}

// reads tells whether the caller sees anything of a class: of what is sensitive, its end.
func (d describer) reads(class policy.Class) bool {
	return d.grant.Fields(policy.Read, class) || class == policy.Sensitive && d.grant.Fields(policy.Read, policy.Contact)
}

func (d describer) label(f *record.Field) string {
	if f.Own != nil {
		return f.Own.Label
	}
	if d.printer.Has("field."+d.kind.Name+"."+f.Path) || d.printer.Has("field."+f.Path) {
		return d.kind.Label(d.printer, f.Path)
	}
	return i18n.Spell(f.Path)
}
