package app

import (
	"cmp"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/a-h/templ"

	"github.com/muster-crm/muster/functions/web/ui"
	"github.com/muster-crm/muster/shared/exporter"
	"github.com/muster-crm/muster/shared/fault"
	"github.com/muster-crm/muster/shared/i18n"
	"github.com/muster-crm/muster/shared/job"
	"github.com/muster-crm/muster/shared/policy"
)

const exportsPath = "/exports"

var exportRoutes = []Route{
	{Method: http.MethodGet, Path: exportsPath + "/{id}", Title: "export.title", Need: policy.Export, handle: (*App).showExport},
	{Method: http.MethodGet, Path: exportsPath + "/{id}/file", Title: "export.title", Need: policy.Export, handle: (*App).exportFile},
}

// exportRoutesOf are the routes of a kind whose records are exported.
func exportRoutesOf(l *look) []Route {
	if !slices.Contains(exporter.Kinds(), l.kind) {
		return nil
	}
	path := l.home() + "/export"
	var routes []Route
	if l.people {
		routes = append(routes, Route{Method: http.MethodPost, Path: l.home() + "/{id}/pdf", Title: "export.profile", Need: policy.Export, handle: (*App).printProfile})
	}
	return append(routes, []Route{
		{Method: http.MethodGet, Path: path, Title: "export.title", Need: policy.Export, handle: (*App).askExport},
		{Method: http.MethodPost, Path: path, Title: "export.title", Need: policy.Export, handle: (*App).askExport},
		{Method: http.MethodPost, Path: path + "/make", Title: "export.title", Need: policy.Export, handle: (*App).makeExport},
	}...)
}

// profileAction prints a contact.
func (x *exchange) profileAction(l *look, id string) ui.Action {
	return ui.Action{Label: x.p.T("export.profile"), Href: l.at(id) + "/pdf", Icon: "print", Post: true, Values: []ui.Value{{Name: ui.KeyName, Value: x.newKey()}}}
}

func (a *App) printProfile(x *exchange) error {
	made, err := a.Exports.Profile(x.ctx(), x.who.Grant, x.r.PathValue("id"), exporter.Order{Language: x.p.Language()})
	if err != nil {
		return err
	}
	return x.redirect(exportsPath + "/" + made.ID)
}

// exports tells whether the records of a look are exported, and the reader may.
func (x *exchange) exports(l *look) bool {
	return slices.Contains(exporter.Kinds(), l.kind) && x.can(policy.Export)
}

// exportAction leads to the export of what a list shows.
func (l *listing) exportAction() ui.Action {
	values := l.result().values()
	if sorts, err := l.sorts(); err == nil {
		for _, s := range sorts {
			path := s.Path
			if s.Down {
				path = "-" + path
			}
			values.Add("sort", path)
		}
	}
	return ui.Action{Label: l.p.T("action.export"), Href: l.home() + "/export?" + values.Encode(), Icon: "download"}
}

// askExport asks what is to be exported of the records that an address, or the ticks in a list, name.
func (a *App) askExport(x *exchange) error {
	form := x.r.URL.Query()
	if x.r.Method == http.MethodPost {
		var err error
		if form, err = x.form(); err != nil {
			return err
		}
	} else if !form.Has("sel") && !form.Has("id") {
		form.Set("all", "1")
	}
	return x.exportForm(form, complaints{})
}

// makeExport begins with an export. The buttons that move a column, and the one that asks for rows for each contact, show
// the form again.
func (a *App) makeExport(x *exchange) error {
	form, err := x.form()
	if err != nil {
		return err
	}
	order, moved := ui.Moved(form, form["order"])
	if moved || form.Get("_action") == "rows" {
		form["order"] = order
		return x.exportForm(form, complaints{})
	}
	l := x.look()
	var made exporter.Export
	err = fault.Bad("cols", "required")
	if len(form["cols"]) > 0 {
		made, err = a.Exports.Create(x.ctx(), x.who.Grant, exporter.Order{Kind: l.kind, Target: selectionOf(form).target(), Sort: form["sort"],
			Rows: form.Get("rows"), Fields: form["cols"], Format: exporter.Format(form.Get("format")), Language: i18n.Language(form.Get("language"))})
	}
	wrong, err := x.complain(err)
	if err != nil {
		return err
	}
	if wrong.any() {
		return x.exportForm(form, wrong)
	}
	return x.redirect(exportsPath + "/" + made.ID)
}

// exportForm is the form of the columns, the format and the language.
func (x *exchange) exportForm(form url.Values, wrong complaints) error {
	l := x.look()
	k, err := x.of(l)
	if err != nil {
		return err
	}
	perContact := form.Get("rows") == exporter.PerContact
	columns, err := x.app.Exports.Columns(x.ctx(), x.who.Grant, l.kind, perContact, x.p.Language())
	if err != nil {
		return err
	}
	at := func(path string) int {
		if i := slices.Index(form["order"], path); i >= 0 {
			return i
		}
		return len(form["order"])
	}
	slices.SortStableFunc(columns, func(a, b exporter.Column) int { return at(a.Path) - at(b.Path) })
	sorter := ui.Sorter{Base: ui.Base{Name: "cols", Label: x.p.T("export.columns"), Help: x.p.T("export.columns.help"), Error: wrong.at("cols")}}
	values := []ui.Value{{Name: ui.KeyName, Value: x.newKey()}}
	asked := form.Has("order")
	sensitive := false
	for _, c := range columns {
		label := c.Label
		if strings.HasPrefix(c.Path, "contact.") {
			label = x.p.T("export.ofContact", "column", label)
		}
		if c.Sensitive() {
			label, sensitive = x.p.T("export.sensitive", "column", label), true
		}
		on := c.Usual && !asked || asked && slices.Contains(form["cols"], c.Path)
		if asked && !slices.Contains(form["order"], c.Path) {
			on = c.Usual // it has just come in
		}
		sorter.Items = append(sorter.Items, ui.SortItem{Value: c.Path, Label: label, On: on})
		values = append(values, ui.Value{Name: "order", Value: c.Path})
	}
	if sensitive {
		sorter.Help += " " + x.p.T("export.noted")
	}
	sel := selectionOf(form)
	values = append(values, sel.hidden()...)
	for _, sort := range form["sort"] {
		values = append(values, ui.Value{Name: "sort", Value: sort})
	}
	which, total := sel.target(), len(sel.ids)
	if err := which.Tidy(); err != nil {
		if wrong, err = x.complain(err); err != nil {
			return err
		}
	} else if sel.all {
		q := which.Question()
		q.Count = true
		found, err := x.app.Records.List(x.ctx(), x.who.Grant, l.kind, q)
		if err != nil {
			return err
		}
		total = found.Total
	}
	labels := map[string]string{"format": x.p.T("export.format"), "language": x.p.T("export.language"), "cols": x.p.T("export.columns"), "rows": x.p.T("export.rows")}
	fields := []ui.Field{ui.Choice{Base: wrong.base(labels, "format"), Value: cmp.Or(form.Get("format"), string(exporter.XLSX)), Options: x.formats(l)},
		ui.Select{Base: wrong.base(labels, "language"), Value: cmp.Or(form.Get("language"), string(x.p.Language())), Options: languageOptions()}}
	others := []ui.Action{}
	if exporter.Linked(k.Name) {
		fields = append(fields, ui.Choice{Base: wrong.base(labels, "rows"), Value: form.Get("rows"), Options: []ui.Option{
			{Value: "", Label: x.p.T("export.rows.record." + l.kind)}, {Value: exporter.PerContact, Label: x.p.T("export.rows.contact")}}})
		others = append(others, ui.Action{Label: x.p.T("export.rows.show"), Href: "rows"})
	}
	title, sub := x.p.T("export.title"), x.p.N("count."+l.plural, total)
	if sel.all && sel.view != "" {
		sub = joinDots(x.selected(l, sel), sub)
	}
	f := ui.Form{ID: "export", Action: l.home() + "/export/make", Cancel: sel.addressed(l.home()), Save: x.p.T("action.export"), Values: values, Fields: append(fields, sorter), Others: others}
	return x.show(view{Status: x.status(wrong), Trail: []ui.Link{{Label: x.p.T(l.title()), Href: l.home()}, {Label: title}}},
		ui.PageHeader(x.p, ui.Header{Title: title, Sub: sub}), ui.FormView(x.p, wrong.onto(f, labels)))
}

func (x *exchange) formats(l *look) []ui.Option {
	var options []ui.Option
	for _, f := range exporter.Formats() {
		if f == exporter.VCard && l.kind != "contact" {
			continue
		}
		options = append(options, ui.Option{Value: string(f), Label: x.p.T("export.format." + string(f)), Help: x.p.T("export.format." + string(f) + ".help")})
	}
	return options
}

// showExport shows how far an export is, and then where its file is.
func (a *App) showExport(x *exchange) error {
	e, err := a.Exports.Get(x.ctx(), x.who.Grant, x.r.PathValue("id"))
	if err != nil {
		return err
	}
	body := []templ.Component{ui.PageHeader(x.p, ui.Header{Title: x.p.T("export.title"), Sub: e.Title})}
	switch {
	case working(e.Job):
		body = append(body, ui.ProgressView(x.p, x.progress(e.Job)), latest(x.p.T("job.refresh"), x.r.URL.Path))
	case a.Exports.Fetchable(x.who.Grant, e):
		title := x.p.N("export.done", int(e.Counts["done"]))
		if e.Order.Format == exporter.PDF {
			title = x.p.T("export.profile.done")
		}
		actions := []ui.Action{{Label: x.p.T("action.download"), Href: exportsPath + "/" + e.ID + "/file", Icon: "download"}}
		if l := lookOf(e.Order.Kind); l != nil {
			back := ui.Action{Label: x.p.T("bulk.back"), Href: l.home(), Icon: "arrow-left"}
			if e.Order.Q != "" {
				back.Href += "?" + url.Values{"q": {e.Order.Q}}.Encode()
			}
			actions = append(actions, back)
		}
		body = append(body, ui.AlertBox(x.p, ui.Alert{Tone: ui.Good, Title: title, Text: x.p.T("export.until", "date", x.p.Moment(e.EndedAt.Add(exporter.Kept)))}), wizardActions(actions))
	case e.State == job.Done:
		text := x.p.T("export.gone")
		if e.Maker.ID != x.who.Grant.Actor().ID {
			text = x.p.T("export.others", "name", e.Maker.Name)
		}
		body = append(body, ui.AlertBox(x.p, ui.Alert{Tone: ui.Info, Title: x.p.N("export.done", int(e.Counts["done"])), Text: text}))
	case e.State == job.Cancelled:
		body = append(body, ui.AlertBox(x.p, ui.Alert{Tone: ui.Warn, Title: x.p.T("export.cancelled")}))
	default:
		body = append(body, ui.AlertBox(x.p, ui.Alert{Tone: ui.Bad, Title: x.p.T("export.failed"), Text: x.failure(e.Job)}))
	}
	return x.show(view{Trail: []ui.Link{{Label: x.p.T("nav.jobs"), Href: jobsPath}, {Label: x.p.T("export.title")}}}, body...)
}

func (a *App) exportFile(x *exchange) error {
	address, err := a.Exports.Download(x.ctx(), x.who.Grant, x.r.PathValue("id"))
	if err != nil {
		return err
	}
	return x.redirect(address)
}
