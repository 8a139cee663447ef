package app

import (
	"net/http"
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"github.com/muster-crm/muster/functions/web/ui"
	"github.com/muster-crm/muster/shared/contact"
	"github.com/muster-crm/muster/shared/fault"
	"github.com/muster-crm/muster/shared/query"
	"github.com/muster-crm/muster/shared/record"
	"github.com/muster-crm/muster/shared/repository"
)

func (x *exchange) trashAction(id string) ui.Action {
	return ui.Action{Label: x.p.T("action.delete"), Href: contactPath(id, "delete"), Icon: "trash", Post: true, Danger: true,
		Values: []ui.Value{{Name: ui.KeyName, Value: x.newKey()}, {Name: "back", Value: x.backToList()}}}
}

// backToList is where a deletion leads: the list it was done in, or the contacts.
func (x *exchange) backToList() string {
	if x.r.URL.Path == HomePath {
		return x.r.URL.RequestURI()
	}
	return HomePath
}

func (x *exchange) restoreAction(id string) ui.Action {
	return ui.Action{Label: x.p.T("action.restore"), Href: contactPath(id, "restore"), Icon: "restore", Post: true, Values: []ui.Value{{Name: ui.KeyName, Value: x.newKey()}}}
}

// trash deletes a contact at once; the quiet line brings it back.
func (a *App) trash(x *exchange) error {
	form, err := x.form()
	if err != nil {
		return err
	}
	res, err := a.Records.Trash(x.ctx(), x.writing(), contact.Name, x.r.PathValue("id"), repository.AnyVersion)
	if err != nil {
		return err
	}
	back := localPath(form.Get("back"))
	if back == "" {
		back = HomePath
	}
	x.sayDone("page.said.trashed", res, back)
	return x.redirect(back)
}

// trashed lists what lies in the trash, latest first.
func (a *App) trashed(x *exchange) error {
	text := strings.TrimSpace(x.r.URL.Query().Get("q"))
	where, err := x.lenient(text)
	if err != nil {
		return err
	}
	at, err := x.paging("trash", text)
	if err != nil {
		return err
	}
	q := repository.Question{Where: query.With(where, query.Term{Field: query.State, Op: query.Has, Value: query.Trashed}), Limit: at.rows, After: at.behind(), Count: true,
		Sort: []repository.Sort{{Path: "deletedAt", Down: true}}}
	found, err := a.Records.List(x.ctx(), x.who.Grant, contact.Name, q)
	if err != nil {
		return err
	}
	people, err := items(found.Items)
	if err != nil {
		return err
	}
	names, err := x.deleters(people)
	if err != nil {
		return err
	}
	t := ui.Table{ID: "results", Label: x.p.T("nav.trash"), Found: x.p.N("count.contacts", found.Total), Columns: []ui.Column{
		{Label: x.p.T("field.contact.name"), Main: true}, {Label: x.p.T("field.contact.type")}, {Label: x.p.T("field.contact.emails.address"), Wide: true},
		{Label: x.p.T("field.deletedBy")}, {Label: x.p.T("field.deletedAt"), End: true}},
		Empty: ui.Empty{Icon: "trash", Title: x.p.T("page.trashEmpty"), Text: x.p.T("page.trashEmpty.text")}}
	if text != "" {
		t.Empty = ui.Empty{Icon: "search", Title: x.p.T("search.none", "q", text)}
	}
	for _, c := range people {
		when := ""
		if c.DeletedAt != nil {
			when = x.p.Relative(*c.DeletedAt, x.now())
		}
		t.Rows = append(t.Rows, ui.Row{ID: c.ID, Name: record.Title(c), Href: contactPath(c.ID), Preview: contactPath(c.ID, "panel"), Actions: []ui.Action{x.restoreAction(c.ID)},
			Cells: []templ.Component{ui.PersonCell(x.person(c, "")), ui.Badge(ui.Pill{Label: x.code("type", c.Type)}), words(c.MainEmail()), words(names[c.DeletedBy]), ui.Number(when)}})
	}
	if len(people) > 0 {
		if t.Pager, err = at.pager(x, found, "/trash"); err != nil {
			return err
		}
	}
	return x.show(view{Fill: true, Trail: []ui.Link{{Label: x.p.T("nav.contacts"), Href: HomePath}, {Label: x.p.T("nav.trash")}}},
		ui.PageHeader(x.p, ui.Header{Title: x.p.T("nav.trash"), Sub: x.p.T("page.trash.text")}),
		ui.List(x.p, ui.ListView{Filter: ui.Filter{Action: "/trash", Query: text, Placeholder: x.p.T("filter.placeholder"), Label: x.p.T("page.filterTrash")}, Table: t}))
}

// deleters gives the names of who deleted contacts: each person's name is read once, from the newest change of one of
// the contacts they deleted.
func (x *exchange) deleters(people []*contact.Contact) (map[string]string, error) {
	names := map[string]string{}
	for _, c := range people {
		if _, ok := names[c.DeletedBy]; ok {
			continue
		}
		changes, _, err := x.app.Records.History(x.ctx(), x.who.Grant, contact.Name, c.ID, 0, 1)
		if err != nil {
			return nil, err
		}
		if len(changes) > 0 && changes[0].Actor == c.DeletedBy {
			names[c.DeletedBy] = x.actor(changes[0])
		}
	}
	return names, nil
}

// restore brings a contact back. Where somebody else has its e-mail address or number by now, it asks who keeps it.
func (a *App) restore(x *exchange) error {
	form, err := x.form()
	if err != nil {
		return err
	}
	c, err := x.contact()
	if err != nil {
		return err
	}
	res, err := a.Records.Restore(x.ctx(), x.writing(), contact.Name, c.ID, repository.AnyVersion, repository.Drop(form.Get("drop")))
	if f := fault.From(err); f != nil && f.Kind == fault.Conflict && len(f.Fields) > 0 {
		return x.askDrop(c, f)
	}
	if err != nil {
		return err
	}
	x.sayDone("page.said.restored", res, contactPath(c.ID))
	return x.redirect(contactPath(c.ID))
}

// askDrop asks which record gives up what two of them have.
func (x *exchange) askDrop(c *contact.Contact, f *fault.Fault) error {
	title := record.Title(c)
	a := ui.Alert{Tone: ui.Warn, Title: x.p.T("page.taken", "name", title)}
	for _, field := range f.Fields {
		a.Items = append(a.Items, ui.Link{Label: joinDots(listValue(c, field.Path), x.p.Field(field))})
	}
	for _, clash := range f.Clashes {
		a.Items = append(a.Items, ui.Link{Label: clash.Title, Href: contactPath(clash.ID)})
	}
	holder := x.p.T("page.taken.other")
	if len(f.Clashes) > 0 {
		holder = f.Clashes[0].Title
	}
	form := ui.Form{ID: "drop", Action: contactPath(c.ID, "restore"), Key: x.newKey(), Save: x.p.T("action.restore"), Cancel: contactPath(c.ID), Fields: []ui.Field{
		ui.Choice{Base: ui.Base{Name: "drop", Label: x.p.T("page.taken.ask"), Required: true}, Value: string(repository.DropRestored), Options: []ui.Option{
			{Value: string(repository.DropRestored), Label: x.p.T("page.taken.holder", "holder", holder), Help: x.p.T("page.taken.holder.help", "name", title)},
			{Value: string(repository.DropHolder), Label: x.p.T("page.taken.restored", "name", title), Help: x.p.T("page.taken.restored.help", "holder", holder)}}}}}
	return x.show(view{Title: title, Status: http.StatusConflict, Trail: []ui.Link{{Label: x.p.T("nav.contacts"), Href: HomePath}, {Label: title, Href: contactPath(c.ID)}, {Label: x.p.T("action.restore")}}},
		ui.Heading(x.p.T("page.restoring", "name", title), ""), ui.AlertBox(x.p, a), ui.FormView(x.p, form))
}

// listValue gives the text under a path into a list, such as "emails[1].address".
func listValue(c *contact.Contact, path string) string {
	var i int
	switch {
	case scan(path, "emails[", "].address", &i) && i < len(c.Emails):
		return c.Emails[i].Address
	case scan(path, "phones[", "].number", &i) && i < len(c.Phones):
		return c.Phones[i].Number
	}
	if system, ok := strings.CutPrefix(path, "externalIds."); ok {
		return c.ExternalIDs[system]
	}
	return ""
}

func scan(path, before, after string, i *int) bool {
	digits, ok := strings.CutPrefix(path, before)
	if !ok {
		return false
	}
	digits, ok = strings.CutSuffix(digits, after)
	n, err := strconv.Atoi(digits)
	*i = n
	return ok && err == nil && n >= 0
}
