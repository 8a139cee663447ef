package app

import (
	"cmp"
	"encoding/json"
	"net/http"
	"net/url"
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
	"github.com/muster-crm/muster/shared/saved"
)

// Saved searches (SRCH-12): tabs above their lists, saved from a filtered list, renamed, shared and deleted here. In the
// address of a list "view" names the one whose tab it is on; what is asked stands in the address as ever.

const savedPath = "/searches"

var savedRoutes = []Route{
	{Method: http.MethodGet, Path: savedPath, Title: "saved.all", Need: policy.Read, handle: (*App).savedSearches},
	{Method: http.MethodGet, Path: savedPath + "/new", Title: "saved.new", Need: policy.Read, handle: (*App).newSaved},
	{Method: http.MethodPost, Path: savedPath + "/new", Title: "saved.new", Need: policy.Read, handle: (*App).createSaved},
	{Method: http.MethodGet, Path: savedPath + "/{id}", Title: "kind.search", Need: policy.Read, handle: (*App).editSaved},
	{Method: http.MethodPost, Path: savedPath + "/{id}", Title: "kind.search", Need: policy.Read, handle: (*App).keepSaved},
	{Method: http.MethodPost, Path: savedPath + "/{id}/delete", Title: "action.delete", Need: policy.Read, handle: (*App).deleteSaved},
	{Method: http.MethodPost, Path: savedPath + "/{id}/restore", Title: "action.restore", Need: policy.Read, handle: (*App).restoreSaved},
}

// spelled writes an expression about a kind as people read it.
func (x *exchange) spelled(k *record.Kind, e query.Expr) string {
	return query.Format(x.book().Spell(k.Name, e))
}

// book is the saved searches the reader sees.
func (x *exchange) book() saved.Book { return saved.NewBook(x.cfg.Searches, x.who.Grant) }

// savedHref is the address of the list as a search shows it; all are the columns there are.
func savedHref(l *look, k *record.Kind, all []column, s *saved.Search) string {
	values := url.Values{"view": {s.ID}}
	if s.Query != "" {
		values.Set("q", s.Query)
	}
	if sort := columnOrder(k, all, s.Sort); sort != "" {
		values.Set("sort", sort)
	}
	if cols := columnIDs(all, s.Columns); len(cols) > 0 {
		values.Set("cols", strings.Join(cols, ","))
	}
	return l.home() + "?" + values.Encode()
}

// columnOrder gives the column that orders a list as a search keeps it, with - the other way round; "" where none does.
func columnOrder(k *record.Kind, all []column, order string) string {
	for _, c := range all {
		for _, down := range []bool{false, true} {
			if text := fieldOrder(k, c, down); text != "" && text == order {
				return downward(c.id, down)
			}
		}
	}
	return ""
}

// fieldOrder writes the order of a column as searches keep it: by fields.
func fieldOrder(k *record.Kind, c column, down bool) string {
	var parts []string
	for _, path := range c.sorts(k) {
		parts = append(parts, downward(path, down))
	}
	return strings.Join(parts, ",")
}

func downward(name string, down bool) string {
	if down {
		return "-" + name
	}
	return name
}

// columnIDs gives the columns of fields.
func columnIDs(all []column, paths []string) []string {
	var ids []string
	for _, path := range paths {
		if i := slices.IndexFunc(all, func(c column) bool { return c.id != mainColumn && c.path == path }); i >= 0 {
			ids = append(ids, all[i].id)
		}
	}
	return ids
}

// maxTabs is how many saved searches are tabs; the others are on their page.
const maxTabs = 20

// savedTabs are the tabs of saved searches above a list. One is where the reader stands when the address says so, or when
// it asks just that.
func (l *listing) savedTabs() []ui.Link {
	var tabs []ui.Link
	for i, s := range l.book().Of(l.kind.Name) {
		current := l.view != nil && l.view.ID == s.ID
		if i < maxTabs || current {
			tabs = append(tabs, ui.Link{Label: s.Name, Href: savedHref(l.look, l.kind, l.all, s), Current: current})
		}
	}
	return tabs
}

// viewed is the saved search whose tab the list is on, nil for none.
func (x *exchange) viewed(kind string) *saved.Search {
	return x.searchNamed(kind, x.r.URL.Query().Get("view"))
}

// searchNamed is the saved search of an id, nil for none that the reader sees.
func (x *exchange) searchNamed(kind, id string) *saved.Search {
	of := x.book().Of(kind)
	if i := slices.IndexFunc(of, func(s *saved.Search) bool { return s.ID == id }); i >= 0 {
		return of[i]
	}
	return nil
}

// result names the whole result of the list, as a selection: by the saved search that asks just that, if it is on its tab.
func (l *listing) result() selection {
	s := selection{all: true, q: l.q}
	if l.view != nil && l.wrong == nil && query.Format(l.where) == l.view.Query {
		s.view = l.view.ID
	}
	return s
}

// keeping offers to save what the list asks: as a search of its own, or in the one whose tab it is on.
func (l *listing) keeping() []ui.Link {
	if l.wrong != nil {
		return nil
	}
	asked := l.r.URL.Query()
	plain := l.q == "" && asked.Get("sort") == "" && asked.Get("cols") == ""
	if l.view == nil && plain {
		return nil
	}
	values := url.Values{"for": {l.kind.Name}}
	for name, value := range map[string]string{"q": l.spelled(l.kind, l.where), "sort": l.sort, "cols": asked.Get("cols")} {
		if value != "" {
			values.Set(name, value)
		}
	}
	fresh := ui.Link{Label: l.p.T("saved.save"), Href: savedPath + "/new?" + values.Encode(), Icon: "star"}
	if l.view == nil {
		return []ui.Link{fresh}
	}
	same := query.Format(l.where) == l.view.Query && l.sort == columnOrder(l.kind, l.all, l.view.Sort) &&
		asked.Get("cols") == strings.Join(columnIDs(l.all, l.view.Columns), ",")
	at := savedPath + "/" + l.view.ID
	switch {
	case !l.view.ChangedBy(l.who.Grant) && same:
		return nil
	case !l.view.ChangedBy(l.who.Grant):
		return []ui.Link{fresh}
	case same:
		return []ui.Link{{Label: l.p.T("saved.edit"), Href: at, Icon: "edit"}}
	}
	values.Set("cols", asked.Get("cols")) // also when it asks for none
	values.Set("sort", l.sort)
	values.Set("q", l.spelled(l.kind, l.where))
	return []ui.Link{{Label: l.p.T("saved.change", "name", l.view.Name), Href: at + "?" + values.Encode(), Icon: "edit"}, fresh}
}

// savedSearches lists the saved searches the reader sees, of one list or of all.
func (a *App) savedSearches(x *exchange) error {
	t := ui.Table{ID: "results", Label: x.p.T("saved.all"), Columns: []ui.Column{{Label: x.p.T("field.search.name"), Main: true}, {Label: x.p.T("field.search.for")},
		{Label: x.p.T("field.search.query"), Wide: true}, {Label: x.p.T("field.search.roles")}, {Label: x.p.T("saved.by"), Wide: true}},
		Empty: ui.Empty{Icon: "star", Title: x.p.T("saved.none"), Text: x.p.T("saved.none.text"), Actions: []ui.Action{{Label: x.p.T("nav.contacts"), Href: HomePath}}}}
	for _, l := range looks {
		k, err := x.of(l)
		if err != nil {
			return err
		}
		all := x.columnsOf(l, k)
		for _, s := range x.book().Of(k.Name) {
			by := x.p.T("saved.me")
			if !s.Mine(x.who.Grant) {
				by = x.called(s.CreatedBy)
			}
			href := savedHref(l, k, all, s)
			row := ui.Row{ID: s.ID, Name: s.Name, Href: href, Cells: []templ.Component{ui.MainLink(s.Name, href), ui.Words(x.p.T(l.title())), ui.Muted(s.Query), ui.Words(x.sharedWith(s)), ui.Muted(by)}}
			if s.ChangedBy(x.who.Grant) {
				row.Actions = []ui.Action{{Label: x.p.T("action.edit"), Href: savedPath + "/" + s.ID, Icon: "edit", Of: s.Name},
					{Label: x.p.T("action.delete"), Href: savedPath + "/" + s.ID + "/delete", Icon: "trash", Of: s.Name, Post: true, Values: []ui.Value{{Name: ui.VersionName, Value: strconv.FormatInt(s.Version, 10)}}}}
			}
			t.Rows = append(t.Rows, row)
		}
	}
	gone := slices.DeleteFunc(slices.Clone(x.cfg.Trashed(saved.Name)), func(r record.Record) bool { return !r.(*saved.Search).ChangedBy(x.who.Grant) })
	body := []templ.Component{ui.PageHeader(x.p, ui.Header{Title: x.p.T("saved.all"), Sub: x.p.T("saved.all.text")}), ui.TableView(x.p, t)}
	return x.show(view{Trail: []ui.Link{{Label: x.p.T("nav.contacts"), Href: HomePath}, {Label: x.p.T("saved.all")}}}, append(body, x.gone(gone, savedPath)...)...)
}

// sharedWith says who sees a search.
func (x *exchange) sharedWith(s *saved.Search) string {
	if len(s.Roles) == 0 {
		return x.p.T("saved.private")
	}
	var names []string
	for _, role := range s.Roles {
		names = append(names, x.p.T("role."+role))
	}
	return x.p.List(names)
}

// savedForm is a search as its form sends it: order and columns by fields, as searches keep them.
func savedForm(s *saved.Search) url.Values {
	return url.Values{"for": {s.For}, "name": {s.Name}, "query": {s.Query}, "sort": {s.Sort}, "columns": {strings.Join(s.Columns, ",")},
		"keep": {strconv.FormatBool(len(s.Columns) > 0)}, "roles": s.Roles}
}

// asked puts what the address of a list asks into the form of a search.
func (x *exchange) asked(form url.Values) error {
	l := lookOf(form.Get("for"))
	if l == nil {
		return fault.New(fault.NotFound, "not_found")
	}
	k, err := x.of(l)
	if err != nil {
		return err
	}
	given, all := x.r.URL.Query(), x.columnsOf(l, k)
	if given.Has("q") {
		form.Set("query", given.Get("q"))
	}
	if given.Has("sort") {
		id, down := strings.CutPrefix(given.Get("sort"), "-")
		form.Set("sort", "")
		if i := slices.IndexFunc(all, func(c column) bool { return c.id == id }); i >= 0 {
			form.Set("sort", fieldOrder(k, all[i], down))
		}
	}
	if given.Has("cols") || form.Get("columns") == "" {
		var paths []string
		for _, c := range x.chosenColumns(l, all)[1:] {
			paths = append(paths, c.path)
		}
		form.Set("columns", strings.Join(paths, ","))
		form.Set("keep", strconv.FormatBool(given.Get("cols") != "" || !given.Has("cols") && form.Get("name") == ""))
	}
	return nil
}

func (a *App) newSaved(x *exchange) error {
	form := url.Values{"for": {cmp.Or(x.r.URL.Query().Get("for"), contact.Name)}}
	if err := x.asked(form); err != nil {
		return err
	}
	return x.showSaved(nil, form, complaints{})
}

// showSaved shows the form of a search, a new one for nil.
func (x *exchange) showSaved(s *saved.Search, form url.Values, c complaints) error {
	l := lookOf(form.Get("for"))
	if l == nil {
		return fault.New(fault.NotFound, "not_found")
	}
	k, err := x.of(l)
	if err != nil {
		return err
	}
	all := x.columnsOf(l, k)
	labels := x.fieldLabels(saved.Name, "name", "query", "roles", "sort", "columns")
	name, text := required(helped(c.base(labels, "name"), x.p.T("saved.name.help"))), helped(c.base(labels, "query"), x.p.T("saved.query.help"))
	fields := []ui.Field{ui.Text{Base: name, Value: form.Get("name"), Max: 80}, ui.Area{Base: text, Value: form.Get("query"), Rows: 2, Max: query.MaxLength}}
	if x.can(policy.Edit) {
		var options []ui.Option
		for _, role := range policy.Roles() {
			options = append(options, ui.Option{Value: string(role), Label: x.p.T("role." + string(role))})
		}
		fields = append(fields, ui.Choices{Base: helped(c.base(labels, "roles"), x.p.T("saved.roles.help")), Values: form["roles"], Options: options})
	}
	fields = append(fields, ui.Fixed{Base: c.base(labels, "sort"), Value: x.orderLabel(k, all, form.Get("sort"))})
	if paths := splitList(form.Get("columns")); len(paths) > 0 {
		keep := ui.Base{Name: "keep", Label: x.p.T("saved.keep"), Help: x.columnNames(k, all, paths), Error: c.at("columns")}
		fields = append(fields, ui.Toggle{Base: keep, On: ticked(form, "keep")})
	}
	f := ui.Form{ID: "saved", Action: savedPath + "/new", Key: x.newKey(), Guard: true, Begin: s == nil, Fields: fields,
		Cancel: l.home() + "?" + url.Values{"q": {form.Get("query")}, "sort": {form.Get("sort")}}.Encode()}
	for _, hidden := range []string{"for", "sort", "columns"} {
		f.Values = append(f.Values, ui.Value{Name: hidden, Value: form.Get(hidden)})
	}
	head := ui.Header{Title: x.p.T("saved.new")}
	if s != nil {
		f.Action, f.Version, f.Cancel = savedPath+"/"+s.ID, strconv.FormatInt(s.Version, 10), savedHref(l, k, all, s)
		head.Title = s.Name
		if !s.Mine(x.who.Grant) {
			head.Sub = joinDots(x.p.T("saved.by"), x.called(s.CreatedBy))
		}
		head.Menu = []ui.Action{{Label: x.p.T("action.delete"), Icon: "trash", Href: f.Action + "/delete", Post: true, Danger: true, Values: []ui.Value{{Name: ui.VersionName, Value: f.Version}}}}
	}
	trail := []ui.Link{{Label: x.p.T(l.title()), Href: l.home()}, {Label: x.p.T("saved.all"), Href: savedPath}, {Label: head.Title}}
	return x.show(view{Title: head.Title, Trail: trail, Status: x.status(c)}, ui.PageHeader(x.p, head), ui.FormView(x.p, c.onto(f, labels)))
}

// orderLabel says in words how a search orders its list.
func (x *exchange) orderLabel(k *record.Kind, all []column, order string) string {
	id, down := strings.CutPrefix(columnOrder(k, all, order), "-")
	i := slices.IndexFunc(all, func(c column) bool { return c.id == id })
	switch {
	case order == "":
		return x.p.T("saved.order.usual")
	case i < 0:
		return order
	case down:
		return x.columnLabel(k, all[i]) + " ↓"
	}
	return x.columnLabel(k, all[i]) + " ↑"
}

// columnNames names columns.
func (x *exchange) columnNames(k *record.Kind, all []column, paths []string) string {
	var names []string
	for _, id := range columnIDs(all, paths) {
		i := slices.IndexFunc(all, func(c column) bool { return c.id == id })
		names = append(names, x.columnLabel(k, all[i]))
	}
	return x.p.List(names)
}

func splitList(s string) []string {
	return slices.DeleteFunc(strings.Split(s, ","), func(part string) bool { return part == "" })
}

// savedBody is what a form says of a search.
func (x *exchange) savedBody(form url.Values) map[string]any {
	body := map[string]any{"name": form.Get("name"), "query": strings.Join(strings.Fields(form.Get("query")), " "), "sort": form.Get("sort"), "columns": []string{}}
	if ticked(form, "keep") {
		body["columns"] = splitList(form.Get("columns"))
	}
	if x.can(policy.Edit) {
		body["roles"] = append([]string{}, slices.DeleteFunc(slices.Clone(form["roles"]), func(role string) bool { return role == "" })...)
	}
	return body
}

func (a *App) createSaved(x *exchange) error {
	form, err := x.form()
	if err != nil {
		return err
	}
	body := x.savedBody(form)
	body["for"] = form.Get("for")
	res, c, err := x.create(saved.Name, body)
	if err != nil {
		return err
	}
	if c.any() {
		return x.showSaved(nil, form, c)
	}
	return x.backToSaved(res, "saved.made")
}

// backToSaved goes to the list of a search that was written, and says so.
func (x *exchange) backToSaved(res repository.Result, said string) error {
	s, ok := res.Record.(*saved.Search)
	if !ok {
		return fault.New(fault.NotFound, "not_found")
	}
	x.say(note{Text: x.p.T(said, "name", s.Name)})
	l := lookOf(s.For)
	if l == nil {
		return x.redirect(savedPath)
	}
	k, err := x.of(l)
	if err != nil {
		return err
	}
	return x.redirect(savedHref(l, k, x.columnsOf(l, k), s))
}

// savedSearch is the search that the address names.
func (x *exchange) savedSearch() (*saved.Search, error) {
	rec, err := x.app.Records.Get(x.ctx(), x.who.Grant, saved.Name, x.r.PathValue("id"))
	if err != nil {
		return nil, err
	}
	s, ok := rec.(*saved.Search)
	if !ok || s.DeletedAt != nil {
		return nil, fault.New(fault.NotFound, "not_found")
	}
	if !s.ChangedBy(x.who.Grant) {
		return nil, fault.New(fault.Denied, "denied")
	}
	return s, nil
}

func (a *App) editSaved(x *exchange) error {
	s, err := x.savedSearch()
	if err != nil {
		return err
	}
	form := savedForm(s)
	if err := x.asked(form); err != nil {
		return err
	}
	return x.showSaved(s, form, complaints{})
}

func (a *App) keepSaved(x *exchange) error {
	s, err := x.savedSearch()
	if err != nil {
		return err
	}
	form, err := x.form()
	if err != nil {
		return err
	}
	form.Set("for", s.For)
	raw, err := json.Marshal(x.savedBody(form))
	if err != nil {
		return err
	}
	res, err := x.app.Records.Patch(x.ctx(), x.writing(), saved.Name, s.ID, x.version(), raw)
	c, err := x.complain(err)
	if err != nil {
		return err
	}
	if c.any() {
		return x.showSaved(s, form, c)
	}
	return x.backToSaved(res, "saved.kept")
}

func (a *App) deleteSaved(x *exchange) error {
	s, err := x.savedSearch()
	if err != nil {
		return err
	}
	res, c, err := x.discard(saved.Name, s.ID)
	if err != nil {
		return err
	}
	if c.any() {
		return x.showSaved(s, savedForm(s), c)
	}
	x.say(note{Text: x.p.T("saved.deleted", "name", s.Name), Undo: savedPath + "/" + s.ID + "/restore",
		With: []ui.Value{{Name: ui.VersionName, Value: strconv.FormatInt(res.Record.Base().Version, 10)}}})
	if l := lookOf(s.For); l != nil {
		return x.redirect(l.home())
	}
	return x.redirect(savedPath)
}

func (a *App) restoreSaved(x *exchange) error {
	res, err := x.app.Records.Restore(x.ctx(), x.writing(), saved.Name, x.r.PathValue("id"), x.version(), repository.DropNone)
	if err != nil {
		return err
	}
	return x.backToSaved(res, "saved.restored")
}

// incomplete is the question of the ready-made view of contacts that lack something.
const incomplete = "@incomplete"

// incomplete asks for the contacts that lack what the organisation wants filled, or any way to be reached.
func (x *exchange) incomplete() string {
	k, err := x.app.Records.Kind(contact.Name)
	if err != nil {
		return ""
	}
	without := func(path string) query.Expr {
		for _, c := range k.Schema(x.cfg.Fields).Columns {
			if (c.Path == path || c.List == path) && x.who.Grant.Fields(policy.Read, c.Class) {
				return query.Not{Expr: query.Term{Field: c.Path, Op: query.Filled}}
			}
		}
		return nil
	}
	var unreached query.And
	for _, path := range []string{"emails.address", "phones.number", "addresses.town"} {
		if e := without(path); e != nil {
			unreached = append(unreached, e)
		}
	}
	lacking := query.Or{}
	if len(unreached) > 0 {
		lacking = append(lacking, unreached)
	}
	for _, path := range x.cfg.Mandatory(k.Name) {
		if e := without(path); e != nil {
			lacking = append(lacking, e)
		}
	}
	for _, f := range x.cfg.Fields {
		if f.Kind == k.Name && f.Required && !f.Optional {
			if e := without("custom." + f.Name); e != nil {
				lacking = append(lacking, e)
			}
		}
	}
	return query.Format(lacking[:min(len(lacking), query.MaxConditions/2)])
}
