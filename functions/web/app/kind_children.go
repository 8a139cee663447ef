package app

import (
	"net/http"
	"net/url"
	"slices"

	"github.com/a-h/templ"

	"github.com/muster-crm/muster/functions/web/ui"
	"github.com/muster-crm/muster/shared/fault"
	"github.com/muster-crm/muster/shared/policy"
	"github.com/muster-crm/muster/shared/query"
	"github.com/muster-crm/muster/shared/record"
	"github.com/muster-crm/muster/shared/repository"
)

// Children are records that belong to another: its calls, its tickets. Each kind of them has a list of its own and a tab
// on the profile of whom they belong to.

// childrenOf lists the looks of the kinds whose records may belong to one of a kind.
func (x *exchange) childrenOf(k *record.Kind) []*look {
	var all []*look
	for _, l := range looks {
		if of, err := x.of(l); err == nil && slices.Contains(of.Under, k.Name) {
			all = append(all, l)
		}
	}
	return all
}

// children shows the records of a kind that belong to a record.
func (a *App) children(x *exchange) error {
	s, err := x.subject()
	if err != nil {
		return err
	}
	child := lookOf(x.route.tab)
	k, err := x.of(child)
	if err != nil {
		return err
	}
	if s.gone() {
		return x.tab(s, child.plural, ui.EmptyState(ui.Empty{Icon: child.icon, Title: x.p.T(child.says("none"))}))
	}
	l := &listing{exchange: x, look: child, kind: k, all: x.columnsOf(child, k), where: query.Term{Field: ownerName, Op: query.Is, Value: s.id()}}
	l.columns = slices.DeleteFunc(x.usualColumns(child, l.all), func(c column) bool { return c.id == ownerName })
	if l.paging, err = x.paging(child.plural, s.id()); err != nil {
		return err
	}
	if err := l.find(); err != nil {
		return err
	}
	if l.wrong != nil {
		return l.wrong
	}
	table, err := l.childTable(s)
	if err != nil {
		return err
	}
	var body []templ.Component
	if child.above != nil {
		above, err := child.above(x, s, l)
		if err != nil {
			return err
		}
		body = append(body, above...)
	}
	if len(l.items) > 0 && x.can(policy.Create) {
		add := x.addChild(s, child)
		body = append(body, ui.Toolbar(ui.Do(add, "button primary")))
	}
	return x.tab(s, child.plural, append(body, ui.TableView(x.p, table))...)
}

// addChild leads to the form of a new child of a record.
func (x *exchange) addChild(s *subject, child *look) ui.Action {
	return ui.Action{Label: x.p.T(child.says("add")), Href: child.home() + "/new?" + url.Values{ownerName: {s.id()}}.Encode(), Icon: "plus"}
}

// childTable is the list of a record's children: without ticks, facets and sorting.
func (l *listing) childTable(s *subject) (ui.Table, error) {
	t := ui.Table{ID: "results", Label: l.p.T(l.title()), Found: l.p.N(l.look.count(), l.found.Total),
		Empty: ui.Empty{Icon: l.icon, Title: l.p.T(l.says("none"))}}
	if l.can(policy.Create) {
		t.Empty.Actions = []ui.Action{l.addChild(s, l.look)}
	}
	if err := l.learnOf(l.kind, listedRecords(l.items)...); err != nil {
		return t, err
	}
	for _, c := range l.columns {
		t.Columns = append(t.Columns, ui.Column{Label: l.columnLabel(l.kind, c), End: c.end, Mid: c.mid, Wide: c.wide, Main: c.id == mainColumn})
	}
	for _, i := range l.items {
		t.Rows = append(t.Rows, l.row(i, false))
	}
	var err error
	if len(t.Rows) > 0 {
		t.Pager, err = l.pager(l.exchange, l.found, s.at(l.plural))
	}
	return t, err
}

// allChildren reads every child of a record, newest first, as many as one page of a list holds.
func (x *exchange) allChildren(s *subject, kind string) ([]record.Record, error) {
	found, err := x.app.Records.List(x.ctx(), x.who.Grant, kind, repository.Question{Where: query.Term{Field: ownerName, Op: query.Is, Value: s.id()}, Limit: repository.MaxPage})
	if err != nil {
		return nil, err
	}
	return x.app.Records.Read(x.ctx(), x.who.Grant, kind, found.IDs)
}

// deed is what one button does: it writes to the record of the address and goes back.
func (x *exchange) deed(s *subject, body string) error {
	form, err := x.form()
	if err != nil {
		return err
	}
	if err := x.allowEdit(s); err != nil {
		return err
	}
	back := localPath(form.Get("back"))
	if back == "" {
		back = s.at()
	}
	res, err := x.app.Records.Patch(x.ctx(), x.writing(), s.kind.Name, s.id(), repository.AnyVersion, []byte(body))
	if f := fault.From(err); err != nil && (f.Kind == fault.Invalid || f.Kind == fault.Conflict) {
		text := x.p.Fault(f)
		if len(f.Fields) > 0 {
			text = x.p.Field(f.Fields[0])
		}
		x.say(note{Text: text, Tone: ui.Warn})
		return x.redirect(back)
	}
	if err != nil {
		return err
	}
	x.sayDone("page.said.saved", res, back)
	return x.redirect(back)
}

// childRoutes are the tabs of children that profiles of a kind have.
func childRoutes(l *look, kinds *record.Registry) []Route {
	var routes []Route
	for _, child := range looks {
		k, ok := kinds.Kind(child.kind)
		if ok && slices.Contains(k.Under, l.kind) {
			routes = append(routes, Route{Method: http.MethodGet, Path: l.home() + "/{id}" + child.home(), Title: child.title(), tab: child.kind, Need: policy.Read, handle: (*App).children})
		}
	}
	return routes
}
