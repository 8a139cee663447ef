package app

import (
	"errors"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"github.com/muster-crm/muster/functions/web/ui"
	"github.com/muster-crm/muster/shared/contact"
	"github.com/muster-crm/muster/shared/fault"
	"github.com/muster-crm/muster/shared/policy"
	"github.com/muster-crm/muster/shared/query"
	"github.com/muster-crm/muster/shared/record"
	"github.com/muster-crm/muster/shared/repository"
)

// savedView is a question everybody has.
type savedView struct{ key, q, sort string }

var savedViews = []savedView{
	{"page.view.all", "", ""},
	{"page.view.active", "type:member status:active", ""},
	{"page.view.noEmail", "-email:*", ""},
	{"page.view.birthdays", "birthDate:*-this-month", "birth"},
	{"page.view.changed", "updatedAt>-7d", "-updated"},
}

// listing is one page of the list of contacts as its address asks for it.
type listing struct {
	*exchange
	q       string
	where   query.Expr
	wrong   *fault.Fault // the query cannot be read
	sort    string       // a column's id, with - the other way round
	rail    bool
	columns []column
	paging
	found  repository.List
	people []*contact.Contact
}

func (a *App) contacts(x *exchange) error {
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
	l := &listing{exchange: x, q: strings.TrimSpace(values.Get("q")), sort: values.Get("sort"), rail: x.taste("rail") != "0", columns: x.chosenColumns()}
	var err error
	if l.where, err = x.parse(l.q); err != nil {
		if l.wrong = fault.From(err); l.wrong.Kind != fault.Invalid {
			return nil, err
		}
		l.where = query.All
	}
	l.paging, err = x.paging("contacts", l.q, l.sort)
	return l, err
}

// parse reads a query about contacts.
func (x *exchange) parse(text string) (query.Expr, error) {
	if x.fields == nil {
		k, err := x.app.Records.Kind(contact.Name)
		if err != nil {
			return nil, err
		}
		x.fields = k.QueryFields(x.cfg.Fields)
	}
	return query.Parse(text, x.fields)
}

// sorts gives the order asked for; none is by best match, then name.
func (l *listing) sorts() ([]repository.Sort, error) {
	id, down := strings.CutPrefix(l.sort, "-")
	if id == "" {
		return nil, nil
	}
	all := l.exchange.columns()
	i := slices.IndexFunc(all, func(c column) bool { return c.id == id })
	if i < 0 {
		return nil, fault.Bad("sort", "choice")
	}
	if id == "name" {
		return []repository.Sort{{Path: "sortName", Down: down}, {Path: "firstName", Down: down}}, nil
	}
	return []repository.Sort{{Path: all[i].path, Down: down}}, nil
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
		q.Facets = facetPaths()
	}
	if l.found, err = l.app.Records.List(l.ctx(), l.who.Grant, contact.Name, q); err != nil {
		if f := fault.From(err); f.Kind == fault.Invalid {
			l.wrong = f
			return nil
		}
		return err
	}
	l.people, err = items(l.found.Items)
	return err
}

// href is this list's address with some of its values changed: pairs of name and value, "" takes one away.
func (l *listing) href(pairs ...string) string {
	return l.altered(HomePath, pairs...)
}

// asking is this list's address with another question; what was ticked is let go.
func (l *listing) asking(e query.Expr) string {
	return l.href("q", query.Format(e), "sel", "", "all", "")
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
	} else if l.rail && (l.found.Total > 0 || l.q != "") {
		if v.Facets, err = l.facets(); err != nil {
			return err
		}
	}
	head := ui.Header{Title: l.p.T("nav.contacts")}
	if l.can(policy.Create) {
		head.Primary = &ui.Action{Label: l.p.T("action.addContact"), Href: HomePath + "/new", Icon: "plus"}
	}
	if l.can(policy.Import) {
		head.Others = append(head.Others, ui.Action{Label: l.p.T("action.import"), Href: "/imports/new", Icon: "import"})
	}
	return l.exchange.show(view{Fill: true}, ui.PageHeader(l.p, head), ui.List(l.p, v))
}

func (l *listing) tabs() *ui.Tabs {
	asked := query.Format(l.where)
	t := &ui.Tabs{Label: l.p.T("tabs.views")}
	for _, s := range savedViews {
		where, err := l.parse(s.q)
		if err != nil {
			continue // proven by the tests to be read
		}
		href := HomePath
		values := url.Values{}
		if s.q != "" {
			values.Set("q", s.q)
		}
		if s.sort != "" {
			values.Set("sort", s.sort)
		}
		if len(values) > 0 {
			href += "?" + values.Encode()
		}
		t.Items = append(t.Items, ui.Link{Label: l.p.T(s.key), Href: href, Current: l.wrong == nil && query.Format(where) == asked})
	}
	if l.can(policy.Restore) {
		t.Items = append(t.Items, ui.Link{Label: l.p.T("nav.trash"), Href: "/trash"})
	}
	return t
}

func (l *listing) filter() ui.Filter {
	f := ui.Filter{Action: HomePath, Query: l.q, Placeholder: l.p.T("filter.placeholder"), Label: l.p.T("page.filterContacts"),
		Tools: []ui.Action{{Label: l.p.T("table.columns"), Icon: "columns", Href: HomePath + "/columns?" + url.Values{"back": {l.href()}}.Encode()}}}
	for _, name := range []string{"sort", "rows", "rail", "cols"} {
		if v := l.r.URL.Query().Get(name); v != "" {
			f.Hidden = append(f.Hidden, ui.Value{Name: name, Value: v})
		}
	}
	f.Rail = &ui.Link{Label: l.p.T("filter.show"), Href: l.href("rail", "1"), Current: false}
	if l.rail {
		f.Rail = &ui.Link{Label: l.p.T("filter.hide"), Href: l.href("rail", "0"), Current: true}
	}
	if l.wrong != nil {
		f.Error = l.queryError()
		return f
	}
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

var wellFormed = regexp.MustCompile(`^[a-z0-9_]{1,64}$`)

// maxTicked is how many ticked rows an address carries; above that, the whole result is ticked.
const maxTicked = 100

// ticked reads which rows are ticked.
func (x *exchange) ticked() []string {
	var ids []string
	for id := range strings.SplitSeq(x.r.URL.Query().Get("sel"), ",") {
		if wellFormed.MatchString(id) && len(ids) < maxTicked && !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	return ids
}

func (l *listing) table() (ui.Table, error) {
	t := ui.Table{ID: "results", Label: l.p.T("nav.contacts"), Found: l.p.N("count.contacts", l.found.Total)}
	for _, c := range l.columns {
		t.Columns = append(t.Columns, l.head(c))
	}
	ticked := l.ticked()
	shown := map[string]bool{}
	for _, c := range l.people {
		shown[c.ID] = true
		t.Rows = append(t.Rows, l.row(c, slices.Contains(ticked, c.ID)))
	}
	t.Empty = l.empty()
	if len(t.Rows) == 0 {
		return t, nil
	}
	all := l.r.URL.Query().Get("all") == "1"
	t.Bulk = &ui.Bulk{Total: l.found.Total, All: all, Clear: l.href("sel", "", "all", ""), Values: []ui.Value{{Name: "q", Value: l.q}}}
	if !all {
		t.Bulk.Others = slices.DeleteFunc(ticked, func(id string) bool { return shown[id] })
	}
	if l.found.Total > len(t.Rows) {
		t.Bulk.AllHref = l.href("all", "1", "sel", "")
	}
	if l.who.Grant.Fields(policy.Read, policy.Contact) {
		t.Bulk.Actions = append(t.Bulk.Actions, ui.Action{Label: l.p.T("page.addresses"), Href: HomePath + "/addresses", Icon: "mail"})
	}
	var err error
	t.Pager, err = l.pager(l.exchange, l.found, HomePath)
	return t, err
}

func (l *listing) head(c column) ui.Column {
	head := ui.Column{Label: l.columnLabel(c), End: c.end, Mid: c.mid, Wide: c.wide, Main: c.id == "name"}
	id, down := strings.CutPrefix(l.sort, "-")
	next := c.id
	switch {
	case id == c.id && down:
		head.Sorted = ui.Descending
	case id == c.id, id == "" && c.id == "name" && !anyText(l.where):
		head.Sorted, next = ui.Ascending, "-"+c.id
	}
	head.Sort = l.href("sort", next)
	return head
}

func (l *listing) row(c *contact.Contact, ticked bool) ui.Row {
	title := record.Title(c)
	row := ui.Row{ID: c.ID, Name: title, Href: contactPath(c.ID), Preview: contactPath(c.ID, "panel"), Ticked: ticked}
	for _, column := range l.columns {
		row.Cells = append(row.Cells, column.cell(l.exchange, c))
	}
	if l.can(policy.Edit) {
		row.Actions = append(row.Actions, ui.Action{Label: l.p.T("action.edit"), Href: contactPath(c.ID, "edit"), Icon: "edit"})
	}
	if l.can(policy.Trash) {
		row.Actions = append(row.Actions, l.trashAction(c.ID))
	}
	return row
}

func (l *listing) empty() ui.Empty {
	if l.wrong != nil {
		return ui.Empty{Icon: "search", Title: l.p.T("page.queryWrong"), Text: l.p.T("page.queryWrong.text"), Actions: []ui.Action{{Label: l.p.T("filter.clear"), Href: HomePath}}}
	}
	add := ui.Action{Label: l.p.T("action.addContact"), Href: HomePath + "/new", Icon: "plus"}
	if l.q == "" {
		e := ui.Empty{Icon: "users", Title: l.p.T("page.noContacts"), Text: l.p.T("page.noContacts.text")}
		if l.can(policy.Create) {
			e.Actions = append(e.Actions, add)
		}
		if l.can(policy.Import) {
			e.Actions = append(e.Actions, ui.Action{Label: l.p.T("action.import"), Href: "/imports/new", Icon: "import"})
		}
		return e
	}
	e := ui.Empty{Icon: "search", Title: l.p.T("search.none", "q", l.q), Text: l.p.T("page.noMatch")}
	if l.can(policy.Create) {
		if name, values := prefill(l.where); len(values) > 0 {
			add.Label, add.Href = l.p.T("page.addNamed", "name", name), HomePath+"/new?"+values.Encode()
		}
		e.Actions = append(e.Actions, add)
	}
	e.Actions = append(e.Actions, ui.Action{Label: l.p.T("filter.clear"), Href: l.href("q", "", "sel", "", "all", "")})
	return e
}

// prefill makes the first values of a new contact from the words that found nobody.
func prefill(e query.Expr) (name string, values url.Values) {
	values = url.Values{}
	var names []string
	for i := range query.Chips(e) {
		text, ok := conjunct(e, i).(query.Text)
		switch {
		case !ok:
		case strings.Contains(text.Words, "@"):
			values.Set("emails[0].address", text.Words)
		case strings.Trim(text.Words, "+0123456789") == "":
			values.Set("phones[0].number", text.Words)
		default:
			names = append(names, text.Words)
		}
	}
	if len(names) > 0 {
		values.Set("firstName", names[0])
	}
	if len(names) > 1 {
		values.Set("lastName", strings.Join(names[1:], " "))
	}
	name = strings.Join(names, " ")
	if name == "" && len(values) > 0 {
		name = values.Get("emails[0].address") + values.Get("phones[0].number")
	}
	return name, values
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

// addresses shows the e-mail addresses of ticked contacts, to be copied into a mail.
func (a *App) addresses(x *exchange) error {
	form, err := x.form()
	if err != nil {
		return err
	}
	people, err := x.chosen(form)
	if err != nil {
		return err
	}
	var there []string
	var missing []ui.Link
	for _, c := range people {
		if e := c.MainEmail(); e == "" {
			missing = append(missing, ui.Link{Label: record.Title(c), Href: contactPath(c.ID)})
		} else if !slices.Contains(there, e) {
			there = append(there, e)
		}
	}
	title := x.p.T("page.addresses")
	body := []templ.Component{ui.PageHeader(x.p, ui.Header{Title: title, Sub: x.p.N("page.addresses.count", len(there))})}
	if len(there) > 0 {
		body = append(body, ui.Fields(x.p, []ui.Field{ui.Area{Base: ui.Base{Name: "addresses", Label: title, Help: x.p.T("page.addresses.help"), ReadOnly: true}, Value: strings.Join(there, ", "), Rows: 8}}))
	}
	if len(missing) > 0 {
		body = append(body, ui.AlertBox(x.p, ui.Alert{Tone: ui.Info, Title: x.p.N("page.addresses.missing", len(missing)), Items: missing}))
	}
	back := x.referer()
	if back == "" {
		back = HomePath
	}
	return x.show(view{Trail: []ui.Link{{Label: x.p.T("nav.contacts"), Href: back}, {Label: title}}}, body...)
}

// chosen reads the contacts a selection names: the ticked ones, or the whole result.
func (x *exchange) chosen(form url.Values) ([]*contact.Contact, error) {
	if form.Get("all") != "1" {
		ids := slices.DeleteFunc(slices.Clone(form["id"]), func(id string) bool { return !wellFormed.MatchString(id) })
		slices.Sort(ids)
		if ids = slices.Compact(ids); len(ids) > 2*maxTicked {
			return nil, fault.New(fault.TooLarge, "too_large")
		}
		if len(ids) == 0 {
			return nil, fault.New(fault.Invalid, "empty_target")
		}
		records, err := x.app.Records.Read(x.ctx(), x.who.Grant, contact.Name, ids)
		if err != nil {
			return nil, err
		}
		var people []*contact.Contact
		for _, r := range records {
			if c, ok := r.(*contact.Contact); ok && c.DeletedAt == nil {
				people = append(people, c)
			}
		}
		return people, nil
	}
	where, err := x.parse(form.Get("q"))
	if err != nil {
		return nil, err
	}
	q := repository.Question{Where: where, Limit: repository.MaxPage}
	var people []*contact.Contact
	for {
		found, err := x.app.Records.List(x.ctx(), x.who.Grant, contact.Name, q)
		if err != nil {
			return nil, err
		}
		page, err := items(found.Items)
		if err != nil {
			return nil, err
		}
		if people = append(people, page...); found.Next == nil {
			return people, nil
		}
		q.After = found.Next
	}
}

// panel shows a contact beside the list.
func (a *App) panel(x *exchange) error {
	c, err := x.contact()
	if err != nil {
		return err
	}
	v := ui.PanelView{Person: x.person(c, x.sub(c)), Pills: x.pills(c)}
	for _, b := range []ui.Block{x.reachBlock(c, nil), x.personalBlock(c, nil), x.addressBlock(c)} {
		if len(b.Items) > 0 {
			b.ID = "panel-" + b.ID
			v.Blocks = append(v.Blocks, b)
		}
	}
	if c.DeletedAt == nil {
		if x.can(policy.Edit) {
			v.Actions = append(v.Actions, ui.Action{Label: x.p.T("action.edit"), Href: contactPath(c.ID, "edit"), Icon: "edit"})
		}
		if x.can(policy.Trash) {
			v.Actions = append(v.Actions, x.trashAction(c.ID))
		}
	}
	return x.part(ui.Panel(x.p, v))
}

// contact reads the contact that the address names.
func (x *exchange) contact() (*contact.Contact, error) {
	rec, err := x.app.Records.Get(x.ctx(), x.who.Grant, contact.Name, x.r.PathValue("id"))
	if err != nil {
		return nil, err
	}
	c, ok := rec.(*contact.Contact)
	if !ok {
		return nil, errors.New("app: a contact of another type")
	}
	return c, nil
}
