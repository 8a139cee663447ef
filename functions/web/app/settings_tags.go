package app

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"github.com/muster-crm/muster/functions/web/ui"
	"github.com/muster-crm/muster/shared/fault"
	"github.com/muster-crm/muster/shared/fold"
	"github.com/muster-crm/muster/shared/query"
	"github.com/muster-crm/muster/shared/rewrite"
)

// Tags are made by using them (CLS-04); here they are renamed and merged.

var tagRoutes = []Route{
	managed(http.MethodGet, tagsPath, "settings.tags", (*App).tags),
	managed(http.MethodGet, tagsPath+"/edit", "settings.tags.edit", (*App).editTags),
	managed(http.MethodPost, tagsPath+"/pick", "settings.tags.edit", (*App).pickTags),
	managed(http.MethodPost, tagsPath+"/edit", "settings.tags.edit", (*App).saveTags),
}

// tagsPage is how many tags are shown at once.
const tagsPage = 100

// tag is a tag with how many have it.
type tag struct {
	name string
	uses int
}

// tagList lists the tags that hold a text, by name.
func (x *exchange) tagList(filter string) []tag {
	var all []tag
	for name, n := range x.uses(rewrite.Tags) {
		if strings.Contains(fold.String(name), fold.String(filter)) {
			all = append(all, tag{name, n})
		}
	}
	slices.SortFunc(all, func(a, b tag) int { return x.collate(a.name, b.name) })
	return all
}

func (a *App) tags(x *exchange) error {
	q := x.r.URL.Query()
	filter, title := strings.TrimSpace(q.Get("q")), x.p.T("settings.tags")
	all := x.tagList(filter)
	from, err := strconv.Atoi(q.Get("from"))
	if err != nil || from < 0 || from >= len(all) {
		from = 0
	}
	shown := all[from:min(from+tagsPage, len(all))]
	t := ui.Table{ID: "results", Label: title, Columns: []ui.Column{{Label: x.p.T("settings.tag"), Main: true}, {Label: x.p.T("settings.contacts"), End: true}},
		Empty: ui.Empty{Icon: "tag", Title: x.p.T("settings.tags.none"), Text: x.p.T("settings.tags.none.text")},
		Bulk:  &ui.Bulk{Total: len(shown), Clear: tagsPath, Actions: []ui.Action{{Label: x.p.T("settings.tags.merge"), Icon: "merge", Href: tagsPath + "/pick"}}}}
	for _, one := range shown {
		at := tagsPath + "/edit?" + url.Values{"tag": {one.name}}.Encode()
		t.Rows = append(t.Rows, ui.Row{ID: one.name, Name: one.name, Href: at, Cells: []templ.Component{ui.MainLink(one.name, at), x.countLink(one.uses, query.Format(query.Term{Field: "tags", Op: query.Has, Value: one.name}))}})
	}
	body := []templ.Component{ui.PageHeader(x.p, ui.Header{Title: title, Sub: x.p.T("settings.tags.text")})}
	if filter != "" || len(all) > tagsPage {
		body = append(body, ui.FormView(x.p, ui.Form{ID: "filter", Action: tagsPath, Get: true, Line: true, Save: x.p.T("settings.tags.search"), Fields: []ui.Field{
			ui.Text{Base: ui.Base{Name: "q", Label: x.p.T("settings.tags.filter")}, Value: filter, Type: "search", Max: 50}}}))
	}
	body = append(body, ui.TableView(x.p, t))
	if next := from + tagsPage; next < len(all) {
		q.Set("from", strconv.Itoa(next))
		body = append(body, actionsBelow(ui.Action{Label: x.p.T("action.next"), Href: tagsPath + "?" + q.Encode(), Icon: "chevron-right"}))
	}
	return x.showSettings(tagsPath, title, complaints{}, body...)
}

// pickTags leads from ticked rows to the page that renames and merges.
func (a *App) pickTags(x *exchange) error {
	form, err := x.form()
	if err != nil {
		return err
	}
	if len(form["id"]) == 0 {
		return x.redirect(tagsPath)
	}
	return x.redirect(tagsPath + "/edit?" + url.Values{"tag": form["id"]}.Encode())
}

func (a *App) editTags(x *exchange) error {
	from := x.r.URL.Query()["tag"]
	if len(from) == 0 {
		return fault.New(fault.NotFound, "not_found")
	}
	to := from[0]
	for _, one := range from { // the one most have stays
		if x.uses(rewrite.Tags)[one] > x.uses(rewrite.Tags)[to] {
			to = one
		}
	}
	return x.showTags(from, to, complaints{})
}

// showTags asks what one or more tags are to be called.
func (x *exchange) showTags(from []string, to string, c complaints) error {
	labels := map[string]string{"to": x.p.T("settings.tag.name")}
	title, save, total := x.p.T("settings.tag.rename", "name", from[0]), x.p.T("settings.tags.rename"), 0
	form := ui.Form{ID: "tags", Action: tagsPath + "/edit", Key: x.newKey(), Cancel: tagsPath}
	var all []string
	for _, one := range from {
		form.Values = append(form.Values, ui.Value{Name: "tag", Value: one})
		n := x.uses(rewrite.Tags)[one]
		total += n
		all = append(all, x.p.T("settings.tag.count", "name", one, "n", n))
	}
	text := x.p.N("settings.uses", total)
	if len(from) > 1 {
		title, save, text = x.p.N("settings.tags.mergeN", len(from)), x.p.T("settings.tags.merge"), x.p.List(all)
	}
	var known []string
	for _, one := range x.tagList("") {
		if len(known) < 500 {
			known = append(known, one.name)
		}
	}
	form.Save = save
	form.Fields = []ui.Field{ui.Text{Base: required(helped(c.base(labels, "to"), x.p.T("settings.tag.help"))), Value: to, Max: 50, Options: known}}
	return x.showSettings(tagsPath, title, c, ui.Heading(title, text), ui.FormView(x.p, c.onto(form, labels)))
}

func (a *App) saveTags(x *exchange) error {
	form, err := x.form()
	if err != nil {
		return err
	}
	from := given(form["tag"])
	if len(from) == 0 {
		return fault.New(fault.NotFound, "not_found")
	}
	return x.startRewrite(rewrite.Request{Of: rewrite.Tags, From: from, To: form.Get("to")}, func(form url.Values, c complaints) error {
		return x.showTags(from, form.Get("to"), c)
	})
}
