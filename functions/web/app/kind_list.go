package app

import (
	"encoding/json"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/muster-crm/muster/functions/web/ui"
	"github.com/muster-crm/muster/shared/contact"
	"github.com/muster-crm/muster/shared/fault"
	"github.com/muster-crm/muster/shared/policy"
	"github.com/muster-crm/muster/shared/query"
	"github.com/muster-crm/muster/shared/record"
	"github.com/muster-crm/muster/shared/repository"
	"github.com/muster-crm/muster/shared/saved"
)

// savedView is a question everybody has.
type savedView struct {
	key  string // of its name in the catalogues
	q    string
	sort string
}

// listing is one page of the list of a kind as its address asks for it.
type listing struct {
	*exchange
	*look
	kind    *record.Kind
	q       string
	where   query.Expr
	wrong   *fault.Fault // the query cannot be read
	sort    string       // a column's id, with - the other way round
	rail    bool
	all     []column      // that there are
	columns []column      // that are shown
	view    *saved.Search // whose tab it is on
	facets  []facet
	paging
	found repository.List
	items []*listed
}

// listed is a record in a list: as its kind has it, and as JSON for cells that are made from the fields.
type listed struct {
	record.Record
	raw []byte
	doc document
}

// id is the id of the record.
func (i *listed) id() string { return i.Base().ID }

// document gives the record as JSON.
func (i *listed) document() document {
	if i.doc == nil {
		i.doc = document{}
		if doc, err := readDocument(i.raw); err == nil { // the same bytes have been read as a record
			i.doc = doc
		}
	}
	return i.doc
}

func (a *App) list(x *exchange) error {
	l, err := x.listing()
	if err != nil {
		return err
	}
	if err := l.find(); err != nil {
		return err
	}
	return l.show()
}

// listing reads the address.
func (x *exchange) listing() (*listing, error) {
	values := x.r.URL.Query()
	l := &listing{exchange: x, look: x.look(), q: strings.TrimSpace(values.Get("q")), sort: values.Get("sort"), rail: x.taste("rail") != "0"}
	var err error
	if l.kind, err = x.of(l.look); err != nil {
		return nil, err
	}
	l.view = x.viewed(l.kind.Name)
	l.all = x.columnsOf(l.look, l.kind)
	l.columns = x.chosenColumns(l.look, l.all)
	l.facets = x.facetsOf(l.look, l.kind)
	if l.where, err = x.parseFor(l.kind, l.q); err != nil {
		if l.wrong = fault.From(err); l.wrong.Kind != fault.Invalid {
			return nil, err
		}
		l.where = query.All
	}
	l.paging, err = x.paging(l.plural, l.q, l.sort)
	return l, err
}

// parseFor reads a query about records of a kind.
func (x *exchange) parseFor(k *record.Kind, text string) (query.Expr, error) {
	if x.fields == nil {
		x.fields = map[string]query.Fields{}
	}
	if x.fields[k.Name] == nil {
		fields, err := x.app.Records.QueryFields(x.ctx(), x.who.Grant, k.Name)
		if err != nil {
			return nil, err
		}
		x.fields[k.Name] = fields
	}
	return query.Parse(text, x.fields[k.Name])
}

// sorts gives the order asked for. Without one it is the kind's usual one, and with words to find by best match.
func (l *listing) sorts() ([]repository.Sort, error) {
	asked := l.sort
	if asked == "" && !anyText(l.where) {
		asked = l.look.sort
	}
	id, down := strings.CutPrefix(asked, "-")
	if id == "" {
		return nil, nil
	}
	i := slices.IndexFunc(l.all, func(c column) bool { return c.id == id })
	var sorts []repository.Sort
	if i >= 0 {
		for _, path := range l.all[i].sorts(l.kind) {
			sorts = append(sorts, repository.Sort{Path: path, Down: down})
		}
	}
	if sorts == nil {
		return nil, fault.Bad("sort", "choice")
	}
	return sorts, nil
}

func (l *listing) find() error {
	if l.wrong != nil {
		return nil
	}
	sorts, err := l.sorts()
	if err != nil {
		return err
	}
	q := repository.Question{Where: l.where, Sort: sorts, Limit: l.rows, After: l.behind(), Count: true}
	if l.rail {
		for _, f := range l.facets {
			q.Facets = append(q.Facets, []string{f.path})
		}
	}
	if l.found, err = l.app.Records.List(l.ctx(), l.who.Grant, l.kind.Name, q); err != nil {
		if f := fault.From(err); f.Kind == fault.Invalid {
			l.wrong = f
			return nil
		}
		return err
	}
	l.items, err = readItems(l.kind, l.found.Items)
	return err
}

// readItems reads the items of a list.
func readItems(k *record.Kind, raw [][]byte) ([]*listed, error) {
	all := make([]*listed, len(raw))
	for i, item := range raw {
		all[i] = &listed{Record: k.New(), raw: item}
		if err := json.Unmarshal(item, all[i].Record); err != nil {
			return nil, err
		}
	}
	return all, nil
}

func listedRecords(items []*listed) []record.Record {
	all := make([]record.Record, len(items))
	for i, item := range items {
		all[i] = item.Record
	}
	return all
}

// href is this list's address with some of its values changed: pairs of name and value, "" takes one away.
func (l *listing) href(pairs ...string) string {
	return l.altered(l.home(), pairs...)
}

// asking is this list's address with another question; what was ticked is let go.
func (l *listing) asking(e query.Expr) string {
	return l.href("q", l.spelled(l.kind, e), "sel", "", "all", "")
}

// without takes a value out of a local address.
func without(path string, names ...string) string {
	u, err := url.Parse(path)
	if err != nil {
		return path
	}
	values := u.Query()
	for _, name := range names {
		values.Del(name)
	}
	u.RawQuery = values.Encode()
	return u.RequestURI()
}

func (l *listing) show() error {
	table, err := l.table()
	if err != nil {
		return err
	}
	v := ui.ListView{Tabs: l.tabs(), Filter: l.filter(), Table: table}
	if l.rail && l.wrong != nil {
		v.Facets = &ui.Facets{} // its place is kept, so that nothing jumps while a filter is typed
	} else if l.rail && len(l.facets) > 0 && (l.found.Total > 0 || l.q != "") {
		if v.Facets, err = l.counts(); err != nil {
			return err
		}
	}
	head := ui.Header{Title: l.p.T(l.title())}
	if l.can(policy.Create) {
		add := l.add()
		head.Primary = &add
	}
	if l.imports() {
		head.Others = append(head.Others, ui.Action{Label: l.p.T("action.import"), Href: "/imports/new", Icon: "import"})
	}
	if l.exchange.exports(l.look) {
		head.Others = append(head.Others, l.exportAction())
	}
	if l.found.Total > 0 {
		head.Others = append(head.Others, l.statisticsAction())
	}
	if len(l.book().Of(l.kind.Name)) > 0 {
		head.Menu = append(head.Menu, ui.Action{Label: l.p.T("saved.manage"), Href: savedPath, Icon: "star"})
	}
	return l.exchange.show(view{Fill: true}, ui.PageHeader(l.p, head), ui.List(l.p, v))
}

// add leads to the form of a new record.
func (l *listing) add() ui.Action {
	return ui.Action{Label: l.p.T(l.says("add")), Href: l.home() + "/new", Icon: "plus"}
}

// imports tells whether files of the kind are read in, and the reader may.
func (l *listing) imports() bool { return l.look.kind == contact.Name && l.can(policy.Import) }

func (l *listing) tabs() *ui.Tabs {
	asked := query.Format(l.where)
	t := &ui.Tabs{Label: l.p.T("tabs.views")}
	for _, s := range append([]savedView{{key: "page.view.all"}}, l.views...) {
		where, err := l.parseFor(l.kind, s.asks(l.exchange))
		if err != nil {
			continue // proven by the tests to be read
		}
		href := l.home()
		if values := s.address(l.exchange); len(values) > 0 {
			href += "?" + values.Encode()
		}
		t.Items = append(t.Items, ui.Link{Label: l.p.T(s.key), Href: href, Current: l.wrong == nil && l.view == nil && query.Format(where) == asked})
	}
	if slices.Contains(repository.ScoredKinds(), l.kind.Name) {
		t.Items = append(t.Items, ui.Link{Label: l.p.T("duplicates.view"), Href: duplicatesPath + "?kind=" + l.kind.Name})
	}
	t.Items = append(t.Items, l.savedTabs()...)
	if l.can(policy.Restore) {
		t.Items = append(t.Items, ui.Link{Label: l.p.T("nav.trash"), Href: l.trash()})
	}
	return t
}

// asks gives the question of a view; "@me" in it is the reader.
func (s savedView) asks(x *exchange) string {
	if s.q == incomplete {
		return x.incomplete()
	}
	return strings.ReplaceAll(s.q, "@me", x.who.Grant.Actor().ID)
}

// address is what the address of a list says to show a view.
func (s savedView) address(x *exchange) url.Values {
	values := url.Values{}
	if q := s.asks(x); q != "" {
		values.Set("q", q)
	}
	if s.sort != "" {
		values.Set("sort", s.sort)
	}
	return values
}

func (l *listing) filter() ui.Filter {
	f := ui.Filter{Action: l.home(), Query: l.q, Placeholder: l.p.T("filter.plain"), Label: l.p.T(l.says("filter")), Complete: l.completePath(),
		Tools: []ui.Action{l.advanced(), {Label: l.p.T("table.columns"), Icon: "columns", Href: l.home() + "/columns?" + url.Values{"back": {l.href()}}.Encode()}}}
	if l.hint != "" {
		f.Placeholder = l.p.T(l.hint)
	}
	for _, name := range []string{"sort", "rows", "rail", "cols", "view"} {
		if v := l.r.URL.Query().Get(name); v != "" {
			f.Hidden = append(f.Hidden, ui.Value{Name: name, Value: v})
		}
	}
	if len(l.facets) > 0 {
		f.Rail = &ui.Link{Label: l.p.T("filter.show"), Href: l.href("rail", "1"), Current: false}
		if l.rail {
			f.Rail = &ui.Link{Label: l.p.T("filter.hide"), Href: l.href("rail", "0"), Current: true}
		}
	}
	if l.wrong != nil {
		f.Error = l.queryError()
		return f
	}
	f.Keep = l.keeping()
	for i := range query.Chips(l.where) {
		if part := conjunct(l.where, i); part != nil && !onlyText(part) {
			f.Chips = append(f.Chips, ui.Chip{Label: l.chip(part), Remove: l.asking(query.Without(l.where, i))})
		}
	}
	if len(f.Chips) > 0 {
		f.Clear = l.href("q", "", "sel", "", "all", "")
	}
	return f
}

// queryError points at what is wrong with the query.
func (l *listing) queryError() *ui.QueryError {
	e := &ui.QueryError{Text: l.p.Fault(l.wrong), Before: l.q}
	if len(l.wrong.Fields) == 0 {
		return e
	}
	field := l.wrong.Fields[0]
	args := fault.Args{"field": field.Args["word"], "operator": field.Args["word"], "name": field.Args["word"]}
	for name, value := range field.Args {
		args[name] = value
	}
	e.Text = l.p.Field(fault.Field{Path: field.Path, Code: field.Code, Args: args})
	at, err := strconv.Atoi(field.Args["pos"])
	word := field.Args["word"]
	if err == nil && at >= 0 && at+len(word) <= len(l.q) && l.q[at:at+len(word)] == word {
		e.Before, e.Wrong, e.After = l.q[:at], word, l.q[at+len(word):]
	}
	return e
}

func (l *listing) table() (ui.Table, error) {
	t := ui.Table{ID: "results", Label: l.p.T(l.title()), Found: l.p.N(l.look.count(), l.found.Total)}
	for _, c := range l.columns {
		t.Columns = append(t.Columns, l.head(c))
	}
	if err := l.learnOf(l.kind, listedRecords(l.items)...); err != nil {
		return t, err
	}
	if l.before != nil && len(l.items) > 0 {
		if err := l.before(l.exchange, listedRecords(l.items)); err != nil {
			return t, err
		}
	}
	ticked := l.ticked()
	shown := map[string]bool{}
	for _, i := range l.items {
		shown[i.id()] = true
		t.Rows = append(t.Rows, l.row(i, slices.Contains(ticked, i.id())))
	}
	t.Empty = l.empty()
	if len(t.Rows) == 0 {
		return t, nil
	}
	if actions := l.bulkActions(l.kind, l.look); len(actions) > 0 {
		all := l.r.URL.Query().Get("all") == "1"
		t.Bulk = &ui.Bulk{Total: l.found.Total, All: all, Clear: l.href("sel", "", "all", "", "id", ""), Keep: l.home(), Values: []ui.Value{{Name: "q", Value: l.q}}, Actions: actions, Most: maxTicked}
		if view := l.result().view; view != "" {
			t.Bulk.Values = append(t.Bulk.Values, ui.Value{Name: "view", Value: view})
		}
		if !all {
			t.Bulk.Others = slices.DeleteFunc(ticked, func(id string) bool { return shown[id] })
		}
		if l.found.Total > len(t.Rows) {
			t.Bulk.AllHref = l.href("all", "1", "sel", "", "id", "")
		}
	}
	var err error
	t.Pager, err = l.pager(l.exchange, l.found, l.home())
	return t, err
}

func (l *listing) head(c column) ui.Column {
	head := ui.Column{Label: l.columnLabel(l.kind, c), End: c.end, Mid: c.mid, Wide: c.wide, Main: c.id == mainColumn}
	if len(c.sorts(l.kind)) == 0 {
		return head
	}
	asked := l.sort
	if asked == "" && !anyText(l.where) {
		asked = l.look.sort
		if asked == "" {
			asked = mainColumn
		}
	}
	id, down := strings.CutPrefix(asked, "-")
	next := c.id
	switch {
	case id == c.id && down:
		head.Sorted = ui.Descending
	case id == c.id:
		head.Sorted, next = ui.Ascending, "-"+c.id
	}
	head.Sort = l.href("sort", next)
	return head
}

func (l *listing) row(i *listed, ticked bool) ui.Row {
	title := l.nameOf(l.look, i.Record)
	row := ui.Row{ID: i.id(), Name: title, Href: l.at(i.id()), Preview: l.at(i.id(), "panel"), Ticked: ticked}
	for _, c := range l.columns {
		row.Cells = append(row.Cells, c.cell(l.exchange, i))
	}
	if l.deeds != nil && l.can(policy.Edit) {
		row.Actions = append(row.Actions, l.deeds(l.exchange, i.Record)...)
	}
	if l.can(policy.Edit) {
		row.Actions = append(row.Actions, ui.Action{Label: l.p.T("action.edit"), Href: l.at(i.id(), "edit"), Icon: "edit"})
	}
	if l.can(policy.Trash) {
		row.Actions = append(row.Actions, l.trashAction(l.look, i.id()))
	}
	return row
}

func (l *listing) empty() ui.Empty {
	if l.wrong != nil {
		return ui.Empty{Icon: "search", Title: l.p.T("page.queryWrong"), Text: l.p.T("page.queryWrong.text"), Actions: []ui.Action{{Label: l.p.T("filter.clear"), Href: l.home()}}}
	}
	add := l.add()
	if l.q == "" {
		e := ui.Empty{Icon: l.icon, Title: l.p.T(l.says("none"))}
		if key := l.says("none.text"); l.p.Has(key) {
			e.Text = l.p.T(key)
		}
		if l.can(policy.Create) {
			e.Actions = append(e.Actions, add)
		}
		if l.imports() {
			e.Actions = append(e.Actions, ui.Action{Label: l.p.T("action.import"), Href: "/imports/new", Icon: "import"})
		}
		e.Actions = append(e.Actions, l.demoOffer(l.look)...)
		return e
	}
	e := ui.Empty{Icon: "search", Title: l.p.T("search.none", "q", l.q), Text: l.p.T("page.noMatch")}
	if l.can(policy.Create) {
		if l.prefill != nil {
			if name, values := l.prefill(l.where); len(values) > 0 {
				add.Label, add.Href = l.p.T("page.addNamed", "name", name), l.home()+"/new?"+values.Encode()
			}
		}
		e.Actions = append(e.Actions, add)
	}
	e.Actions = append(e.Actions, ui.Action{Label: l.p.T("filter.clear"), Href: l.href("q", "", "sel", "", "all", "")})
	return e
}

// named makes the first value of a new record from the words that found none: its name.
func named(path string) func(query.Expr) (string, url.Values) {
	return func(e query.Expr) (string, url.Values) {
		var words []string
		for i := range query.Chips(e) {
			if text, ok := conjunct(e, i).(query.Text); ok {
				words = append(words, text.Words)
			}
		}
		if len(words) == 0 {
			return "", nil
		}
		name := strings.Join(words, " ")
		return name, url.Values{path: {name}}
	}
}

// conjunct gives chip i of a query.
func conjunct(e query.Expr, i int) query.Expr {
	e = query.Normal(e)
	parts, ok := e.(query.And)
	if !ok {
		parts = query.And{e}
	}
	if i < 0 || i >= len(parts) {
		return nil
	}
	return parts[i]
}

func onlyText(e query.Expr) bool { _, ok := e.(query.Text); return ok }

func anyText(e query.Expr) bool {
	found := false
	query.Walk(e, func(e query.Expr) bool {
		found = found || onlyText(e)
		return !found
	})
	return found
}

// panel shows a record beside the list.
func (a *App) panel(x *exchange) error {
	s, err := x.subject()
	if err != nil {
		return err
	}
	show := (*exchange).kindPanel
	if s.look.panel != nil {
		show = s.look.panel
	}
	v, err := show(x, s)
	if err != nil {
		return err
	}
	if !s.gone() && x.can(policy.Create) && s.look != contactLook && slices.Contains(x.childrenOf(s.kind), reminderLook) {
		v.Actions = append(v.Actions, x.addChild(s, reminderLook))
	}
	if x.r.URL.Query().Get("said") == "1" { // something was changed in it
		return x.part(ui.NoticePlace(x.p, x.takeNotice()), ui.Panel(x.p, v))
	}
	return x.part(ui.Panel(x.p, v))
}
