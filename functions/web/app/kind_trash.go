package app

import (
	"net/http"
	"strconv"
	"strings"

	"github.com/muster-crm/muster/functions/web/ui"
	"github.com/muster-crm/muster/shared/fault"
	"github.com/muster-crm/muster/shared/query"
	"github.com/muster-crm/muster/shared/record"
	"github.com/muster-crm/muster/shared/repository"
)

func (x *exchange) trashAction(l *look, id string) ui.Action {
	return ui.Action{Label: x.p.T("action.delete"), Href: l.at(id, "delete"), Icon: "trash", Post: true, Danger: true,
		Values: []ui.Value{{Name: ui.KeyName, Value: x.newKey()}, {Name: "back", Value: x.backToList(l)}}}
}

// backToList is where a deletion leads: the list it was done in, or that of the kind.
func (x *exchange) backToList(l *look) string {
	if x.r.URL.Path == l.home() {
		return x.r.URL.RequestURI()
	}
	return l.home()
}

func (x *exchange) restoreAction(l *look, id string) ui.Action {
	return ui.Action{Label: x.p.T("action.restore"), Href: l.at(id, "restore"), Icon: "restore", Post: true, Values: []ui.Value{{Name: ui.KeyName, Value: x.newKey()}}}
}

// trash deletes a record at once; the quiet line brings it back.
func (a *App) trash(x *exchange) error {
	form, err := x.form()
	if err != nil {
		return err
	}
	l := x.look()
	res, err := a.Records.Trash(x.ctx(), x.writing(), l.kind, x.r.PathValue("id"), repository.AnyVersion)
	if err != nil {
		return err
	}
	back := localPath(form.Get("back"))
	if back == "" {
		back = l.home()
	}
	x.sayDone("page.said.trashed", res, back)
	return x.redirect(back)
}

// trashed lists what lies in the trash, latest first.
func (a *App) trashed(x *exchange) error {
	l := x.look()
	k, err := x.of(l)
	if err != nil {
		return err
	}
	text := strings.TrimSpace(x.r.URL.Query().Get("q"))
	where, err := x.lenient(k, text)
	if err != nil {
		return err
	}
	at, err := x.paging("trash", l.plural, text)
	if err != nil {
		return err
	}
	q := repository.Question{Where: query.With(where, query.Term{Field: query.State, Op: query.Has, Value: query.Trashed}), Limit: at.rows, After: at.behind(), Count: true,
		Sort: []repository.Sort{{Path: "deletedAt", Down: true}}}
	found, err := a.Records.List(x.ctx(), x.who.Grant, k.Name, q)
	if err != nil {
		return err
	}
	items, err := readItems(k, found.Items)
	if err != nil {
		return err
	}
	if err := x.learnOf(k, listedRecords(items)...); err != nil {
		return err
	}
	names, err := x.deleters(k, items)
	if err != nil {
		return err
	}
	all := x.columnsOf(l, k)
	columns := x.usualColumns(l, all)
	columns = columns[:min(len(columns), 3)]
	t := ui.Table{ID: "results", Label: x.p.T("nav.trash"), Found: x.p.N(l.count(), found.Total),
		Empty: ui.Empty{Icon: "trash", Title: x.p.T("page.trashEmpty"), Text: x.p.T("page.trashEmpty.text")}}
	for _, c := range columns {
		t.Columns = append(t.Columns, ui.Column{Label: x.columnLabel(k, c), Main: c.id == mainColumn, End: c.end, Mid: c.mid, Wide: c.wide})
	}
	t.Columns = append(t.Columns, ui.Column{Label: x.p.T("field.deletedBy"), Mid: true}, ui.Column{Label: x.p.T("field.deletedAt"), End: true})
	if text != "" {
		t.Empty = ui.Empty{Icon: "search", Title: x.p.T("search.none", "q", text)}
	}
	for _, i := range items {
		when := ""
		if deleted := i.Base().DeletedAt; deleted != nil {
			when = x.p.Relative(*deleted, x.now())
		}
		row := ui.Row{ID: i.id(), Name: x.nameOf(l, i.Record), Href: l.at(i.id()), Preview: l.at(i.id(), "panel"), Actions: []ui.Action{x.restoreAction(l, i.id())}}
		for _, c := range columns {
			row.Cells = append(row.Cells, c.cell(x, i))
		}
		row.Cells = append(row.Cells, words(names[i.Base().DeletedBy]), ui.Number(when))
		t.Rows = append(t.Rows, row)
	}
	if len(items) > 0 {
		if t.Pager, err = at.pager(x, found, l.trash()); err != nil {
			return err
		}
	}
	return x.show(view{Fill: true, Trail: []ui.Link{{Label: x.p.T(l.title()), Href: l.home()}, {Label: x.p.T("nav.trash")}}},
		ui.PageHeader(x.p, ui.Header{Title: x.p.T("nav.trash"), Sub: x.p.T("page.trash.text")}),
		ui.List(x.p, ui.ListView{Tabs: x.trashTabs(l), Filter: ui.Filter{Action: l.trash(), Query: text, Placeholder: x.p.T("filter.plain"), Label: x.p.T("page.filterTrash")}, Table: t}))
}

// trashTabs lead to what was deleted of each kind.
func (x *exchange) trashTabs(at *look) *ui.Tabs {
	t := &ui.Tabs{Label: x.p.T("tabs.views")}
	for _, l := range looks {
		t.Items = append(t.Items, ui.Link{Label: x.p.T(l.title()), Href: l.trash(), Current: l == at})
	}
	return t
}

// deleters gives the names of who deleted records: each person's name is read once, from the newest change of one of
// the records they deleted.
func (x *exchange) deleters(k *record.Kind, items []*listed) (map[string]string, error) {
	names := map[string]string{}
	for _, i := range items {
		by := i.Base().DeletedBy
		if _, ok := names[by]; ok {
			continue
		}
		changes, _, err := x.app.Records.History(x.ctx(), x.who.Grant, k.Name, i.id(), 0, 1)
		if err != nil {
			return nil, err
		}
		if len(changes) > 0 && changes[0].Actor == by {
			names[by] = x.actor(changes[0])
		}
	}
	return names, nil
}

// restore brings a record back. Where another has what must be unique by now, it asks who keeps it.
func (a *App) restore(x *exchange) error {
	form, err := x.form()
	if err != nil {
		return err
	}
	s, err := x.subject()
	if err != nil {
		return err
	}
	res, err := a.Records.Restore(x.ctx(), x.writing(), s.kind.Name, s.id(), repository.AnyVersion, repository.Drop(form.Get("drop")))
	if f := fault.From(err); f != nil && f.Kind == fault.Conflict && len(f.Fields) > 0 {
		return x.askDrop(s, f)
	}
	if err != nil {
		return err
	}
	x.sayDone("page.said.restored", res, s.at())
	return x.redirect(s.at())
}

// askDrop asks which record gives up what two of them have.
func (x *exchange) askDrop(s *subject, f *fault.Fault) error {
	title := s.name()
	a := ui.Alert{Tone: ui.Warn, Title: x.p.T("page.taken", "name", title)}
	for _, field := range f.Fields {
		a.Items = append(a.Items, ui.Link{Label: joinDots(textAt(s.Record, field.Path), x.p.Field(field))})
	}
	for _, clash := range f.Clashes {
		a.Items = append(a.Items, ui.Link{Label: clash.Title, Href: s.look.at(clash.ID)})
	}
	holder := x.p.T("page.taken.other")
	if len(f.Clashes) > 0 {
		holder = f.Clashes[0].Title
	}
	form := ui.Form{ID: "drop", Action: s.at("restore"), Key: x.newKey(), Save: x.p.T("action.restore"), Cancel: s.at(), Fields: []ui.Field{
		ui.Choice{Base: ui.Base{Name: "drop", Label: x.p.T("page.taken.ask"), Required: true}, Value: string(repository.DropRestored), Options: []ui.Option{
			{Value: string(repository.DropRestored), Label: x.p.T("page.taken.holder", "holder", holder), Help: x.p.T("page.taken.holder.help", "name", title)},
			{Value: string(repository.DropHolder), Label: x.p.T("page.taken.restored", "name", title), Help: x.p.T("page.taken.restored.help", "holder", holder)}}}}}
	return x.show(view{Title: title, Status: http.StatusConflict, Trail: x.trail(s, ui.Link{Label: x.p.T("action.restore")})},
		ui.Heading(x.p.T("page.restoring", "name", title), ""), ui.AlertBox(x.p, a), ui.FormView(x.p, form))
}

// textAt gives the text under a path of a fault, such as "emails[1].address" or "externalIds.shop".
func textAt(r record.Record, path string) string {
	doc, err := documentOf(r)
	if err != nil {
		return ""
	}
	var value any = doc
	for name := range strings.FieldsFuncSeq(path, func(r rune) bool { return r == '.' || r == '[' || r == ']' }) {
		switch v := value.(type) {
		case document:
			value = v[name]
		case []any:
			i, err := strconv.Atoi(name)
			if err != nil || i < 0 || i >= len(v) {
				return ""
			}
			value = v[i]
		default:
			return ""
		}
	}
	text, _ := value.(string)
	return text
}
