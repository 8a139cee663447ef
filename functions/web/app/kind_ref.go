package app

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/muster-crm/muster/functions/web/ui"
	"github.com/muster-crm/muster/shared/account"
	"github.com/muster-crm/muster/shared/contact"
	"github.com/muster-crm/muster/shared/fault"
	"github.com/muster-crm/muster/shared/fold"
	"github.com/muster-crm/muster/shared/list"
	"github.com/muster-crm/muster/shared/policy"
	"github.com/muster-crm/muster/shared/record"
	"github.com/muster-crm/muster/shared/setting"
)

// References to other records in forms: what there are few of is chosen from a list, anything else is found by typing.

const findPath = "/find"

var refRoutes = []Route{
	{Method: http.MethodGet, Path: findPath, Title: "search.label", Need: policy.Read, Part: true, handle: (*App).findRefs},
}

// settled lists the records of kinds that there are few of: those of the settings, and users. nil for other kinds.
func (x *exchange) settled(kinds []string) []ui.Option {
	if len(kinds) != 1 {
		return nil
	}
	if kinds[0] == account.Name {
		return x.colleagues()
	}
	if kinds[0] == setting.EntityName {
		return x.entities()
	}
	if _, known := x.cfg.Has(kinds[0], ""); !known {
		return nil
	}
	options := []ui.Option{}
	for _, r := range x.cfg.Live(kinds[0]) {
		if record.Hidden(r, x.who.Grant) {
			continue
		}
		options = append(options, ui.Option{Value: r.Base().ID, Label: record.Title(r)})
	}
	return options
}

// entities are the sections of the organisation, each set in below the one it belongs to.
func (x *exchange) entities() []ui.Option {
	options := make([]ui.Option, len(x.cfg.Entities))
	for i, e := range x.cfg.Entities {
		options[i] = ui.Option{Value: e.ID, Label: strings.Repeat("\u2003", e.Depth) + e.Name}
	}
	return options
}

// maxFound is how many records a reference is completed with.
const maxFound = 10

// findRefs completes a reference while it is typed.
func (a *App) findRefs(x *exchange) error {
	values := x.r.URL.Query()
	q := strings.TrimSpace(values.Get("q"))
	kinds := slices.DeleteFunc(values["kind"], func(kind string) bool { return lookOf(kind) == nil })
	if len(kinds) == 0 {
		return fault.New(fault.NotFound, "not_found")
	}
	options, err := x.findRef(kinds, q)
	if err != nil {
		return err
	}
	return x.part(ui.Found(x.p, q, options))
}

// findRef finds records of kinds by what somebody typed, the best first.
func (x *exchange) findRef(kinds []string, typed string) ([]ui.Option, error) {
	var options []ui.Option
	if typed == "" {
		return nil, nil
	}
	for _, kind := range kinds {
		items, err := x.matches(kind, typed, maxFound)
		if err != nil {
			return nil, err
		}
		for _, i := range items {
			option := ui.Option{Value: i.id(), Label: x.nameOf(lookOf(kind), i.Record), Help: x.told(i.Record)}
			if len(kinds) > 1 {
				option.Help = joinDots(x.p.T(lookOf(kind).one()), option.Help)
			}
			options = append(options, option)
		}
	}
	return options[:min(len(options), maxFound)], nil
}

// told is what tells a record from another of the same name.
func (x *exchange) told(r record.Record) string {
	if c, ok := r.(*contact.Contact); ok {
		address, _ := c.MainAddress()
		return joinDots(numberOf(c), x.code(list.Type, c.Type), address.Town, c.MainEmail())
	}
	if l := lookOf(r.Base().Kind); l != nil && l.told != nil {
		return l.told(x, r)
	}
	return ""
}

// ref makes the field of a reference that is found by typing.
func (f *kindForm) ref(base ui.Base, kinds []string, id string) ui.Ref {
	one := ui.Ref{Base: base, Value: id, Find: findPath + "?" + url.Values{"kind": kinds}.Encode()}
	if typed, ok := f.typed[base.Name]; ok {
		one.Title, one.Choices, one.Searched = typed.text, typed.choices, true
		return one
	}
	if id == "" {
		return one
	}
	if err := f.learn(id); err != nil {
		return one // its id stays
	}
	if one.Title = f.called(id); one.Title == "" {
		one.Title = f.p.T("ref.gone")
	}
	return one
}

// ref reads a reference: the choice among what was found, the id that came along while what is typed is its title, or
// what is typed, when one record alone goes by that name.
func (r *formReader) ref(kinds []string, path string) any {
	id, typed := r.form.Get(path), strings.TrimSpace(r.form.Get(ui.FindPrefix+path))
	if pick := r.form.Get(ui.PickPrefix + path); pick != "" {
		return pick
	}
	if !r.form.Has(ui.FindPrefix + path) {
		if id == "" {
			return nil
		}
		return id
	}
	if typed == "" {
		return nil
	}
	if id != "" {
		if err := r.learn(id); err != nil {
			r.err = err
			return nil
		}
		if title := r.called(id); title == typed || title == "" && typed == r.p.T("ref.gone") {
			return id
		}
	}
	found, err := r.findRef(kinds, typed)
	if err != nil {
		r.err = err
		return nil
	}
	named := slices.DeleteFunc(slices.Clone(found), func(o ui.Option) bool { return fold.String(o.Label) != fold.String(typed) })
	if len(named) == 1 && r.form.Get(ui.FindName) != path {
		return named[0].Value
	}
	pending := typedRef{text: typed, choices: found}
	if r.form.Get(ui.FindName) != path {
		pending.must, r.unclear = true, true
		r.errors[path] = r.p.T("ref.unclear", "typed", typed)
		if len(found) == 0 {
			r.errors[path] = r.p.T("ref.unknown", "typed", typed)
		}
	}
	r.typed[path] = pending
	return nil
}
