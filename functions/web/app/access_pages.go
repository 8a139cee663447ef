package app

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/a-h/templ"

	"github.com/muster-crm/muster/functions/web/ui"
	"github.com/muster-crm/muster/shared/access"
	"github.com/muster-crm/muster/shared/policy"
	"github.com/muster-crm/muster/shared/repository"
)

// accessPath is the log of who was shown what is sensitive (HIST-07), for those who manage the organisation.
const accessPath = settingsPath + "/access"

var accessRoutes = []Route{managed(http.MethodGet, accessPath, "access.title", (*App).accesses)}

// accessRows is how many entries a page of the access log holds.
const accessRows = 50

// accesses shows the access log, newest first, narrowed by user, day and record.
func (a *App) accesses(x *exchange) error {
	values := x.r.URL.Query()
	filter := repository.AccessFilter{Record: values.Get("record"), Actor: values.Get("user"), From: day(values.Get("from")), To: day(values.Get("to"))}
	entries, next, err := a.Records.Accesses(x.ctx(), x.who.Grant, filter, values.Get("after"), accessRows)
	if err != nil {
		return err
	}
	var ids []string
	for _, e := range entries {
		ids = append(ids, e.Record)
	}
	if filter.Record != "" {
		ids = append(ids, filter.Record)
	}
	if err := x.learn(ids...); err != nil {
		return err
	}
	t := ui.Table{ID: "results", Label: x.p.T("access.title"), Columns: []ui.Column{{Label: x.p.T("access.record"), Main: true}, {Label: x.p.T("access.fields")},
		{Label: x.p.T("access.who")}, {Label: x.p.T("access.when"), End: true}, {Label: x.p.T("access.how"), Wide: true}},
		Empty: ui.Empty{Icon: "eye", Title: x.p.T("access.none"), Text: x.p.T("access.none.text")}}
	for _, e := range entries {
		t.Rows = append(t.Rows, x.accessRow(e))
	}
	form := ui.Form{ID: "access-filter", Get: true, Line: true, Action: accessPath, Save: x.p.T("filter.label"), Fields: []ui.Field{ui.Inline{Fields: []ui.Field{
		ui.Select{Base: ui.Base{Name: "user", Label: x.p.T("page.user")}, Value: filter.Actor, Options: x.accessUsers(filter.Actor, entries), Empty: x.p.T("page.anybody")},
		ui.Date{Base: ui.Base{Name: "from", Label: x.p.T("page.from")}, Value: string(filter.From)},
		ui.Date{Base: ui.Base{Name: "to", Label: x.p.T("page.to")}, Value: string(filter.To)}}}}}
	if filter != (repository.AccessFilter{}) {
		form.Cancel = accessPath
	}
	sub := x.p.T("access.text")
	if filter.Record != "" {
		form.Values = []ui.Value{{Name: "record", Value: filter.Record}}
		sub = x.p.T("access.of", "name", x.nameOr(filter.Record))
	}
	body := []templ.Component{ui.Heading(x.p.T("access.title"), sub), ui.FormView(x.p, form), ui.TableView(x.p, t)}
	if next != "" {
		values.Set("after", next)
		body = append(body, ui.Do(ui.Action{Label: x.p.T("page.older"), Href: accessPath + "?" + values.Encode(), Icon: "arrow-right"}, "button"))
	}
	return x.showSettings(accessPath, x.p.T("access.title"), complaints{}, body...)
}

// nameOr is what a record is called, or its id where it has no name any more.
func (x *exchange) nameOr(id string) string {
	if name := x.names[id].Title; name != "" {
		return name
	}
	return id
}

func (x *exchange) accessRow(e access.Entry) ui.Row {
	name := x.nameOr(e.Record)
	cells := []templ.Component{ui.Words(name), ui.Words(strings.Join(x.accessFields(e), ", ")), ui.Words(e.Name), ui.Number(x.p.Moment(e.At)), ui.Words(x.accessAct(e))}
	row := ui.Row{ID: e.At.UTC().Format("20060102150405.000000000"), Name: name, Cells: cells}
	if l := lookOf(e.Kind); l != nil && x.names[e.Record].ID != "" {
		row.Href = l.at(e.Record)
		row.Cells[0] = ui.MainLink(name, row.Href)
	}
	return row
}

// accessFields names the fields that were shown.
func (x *exchange) accessFields(e access.Entry) []string {
	k, err := x.app.Records.Kind(e.Kind)
	if err != nil {
		return e.Fields
	}
	names := make([]string, len(e.Fields))
	for i, path := range e.Fields {
		names[i] = x.fieldLabel(k, path)
	}
	return names
}

func (x *exchange) accessAct(e access.Entry) string {
	how := x.p.T("access.act." + string(e.Act))
	if e.Channel == "api" {
		return joinDots(how, x.p.T("page.via.api"))
	}
	return how
}

// accessUsers are those whose accesses can be asked for: who works here now, and who appears on the page.
func (x *exchange) accessUsers(chosen string, entries []access.Entry) []ui.Option {
	options := x.colleagues()
	add := func(id, name string) {
		if id != "" && name != "" && !slices.ContainsFunc(options, func(o ui.Option) bool { return o.Value == id }) {
			options = append(options, ui.Option{Value: id, Label: name})
		}
	}
	for _, e := range entries {
		add(e.Actor, e.Name)
	}
	add(chosen, x.p.T("page.user.other"))
	return options
}

// accessHref is the access log of a record.
func accessHref(id string) string { return accessPath + "?" + url.Values{"record": {id}}.Encode() }

// accessLink leads from a record's history to who was shown what is sensitive of it; nothing for whoever may not know.
func (x *exchange) accessLink(id string) []templ.Component {
	if !x.can(policy.Manage) {
		return nil
	}
	return []templ.Component{ui.Do(ui.Action{Label: x.p.T("access.title"), Href: accessHref(id), Icon: "eye"}, "button small")}
}
