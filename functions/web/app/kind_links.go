package app

import (
	"errors"
	"maps"
	"net/url"
	"reflect"
	"slices"
	"strconv"

	"github.com/a-h/templ"

	"github.com/muster-crm/muster/functions/web/ui"
	"github.com/muster-crm/muster/shared/fault"
	"github.com/muster-crm/muster/shared/policy"
	"github.com/muster-crm/muster/shared/preference"
	"github.com/muster-crm/muster/shared/query"
	"github.com/muster-crm/muster/shared/record"
	"github.com/muster-crm/muster/shared/repository"
)

// Links between records are lists of objects that name another record: the members of a family, the contacts of a
// company. They lie in one of the two and are shown, made and ended from either side.

// linking gives the member of a list's objects that names the other record; nil for other fields.
func linking(f *record.Field) *record.Field {
	if f.Type != record.Object || !f.List {
		return nil
	}
	for _, in := range f.Fields {
		if in.Ref != nil && in.Required && lookOf(in.Ref[0]) != nil {
			return in
		}
	}
	return nil
}

// linkTab is a tab of a profile that shows links.
type linkTab struct {
	name   string        // in addresses: "members" of a family, "families" of a contact
	of     *look         // of the profile
	holder *look         // of the records that hold the links
	kind   *record.Kind  // likewise
	field  *record.Field // the list that holds them
	ref    *record.Field // what in it names the other record
	here   bool          // the record of the profile holds them
}

// title is the key of the tab's name.
func (t linkTab) title() string {
	switch {
	case t.here:
		return "field." + t.kind.Name + "." + t.field.Path
	case t.of.crowd:
		return t.of.says(t.name)
	}
	return t.holder.title()
}

// linksOf lists the tabs of links of a kind.
func (x *exchange) linksOf(l *look) []linkTab {
	return linkTabs(l, func(of *look) *record.Kind {
		k, _ := x.of(of)
		return k
	})
}

// linkTabs lists the tabs of links of a kind: those it holds, and those that others hold to it.
func linkTabs(l *look, kind func(*look) *record.Kind) []linkTab {
	var tabs []linkTab
	for _, of := range looks {
		k := kind(of)
		if k == nil {
			continue
		}
		for _, f := range k.Fields {
			switch ref := linking(f); {
			case ref == nil:
			case of == l:
				tabs = append(tabs, linkTab{f.Name, l, of, k, f, ref, true})
			case slices.Contains(ref.Ref, l.kind) && l.crowd:
				tabs = append(tabs, linkTab{crowdTab, l, of, k, f, ref, false})
			case slices.Contains(ref.Ref, l.kind):
				tabs = append(tabs, linkTab{of.plural, l, of, k, f, ref, false})
			}
		}
	}
	return tabs
}

// crowdTab is the tab of those who are in a record, where their number knows no bound.
const crowdTab = "members"

// linkRow is one link: the element of a list in the record that holds it.
type linkRow struct {
	holder  record.Record
	at      int // its place in the list
	element document
	others  []document // the other elements
}

// id names the record at the other end.
func (t linkTab) id(row linkRow) string {
	if !t.here {
		return row.holder.Base().ID
	}
	id, _ := row.element[t.ref.Name].(string)
	return id
}

// linkRows reads the links of a record: those it holds itself, or a page of those that others hold, with what is below it.
func (x *exchange) linkRows(s *subject, t linkTab) ([]linkRow, *ui.Pager, error) {
	if t.here {
		rows, err := t.rows(s, s.Record)
		return rows, nil, err
	}
	page, err := x.paging(t.name, s.id())
	if err != nil {
		return nil, nil, err
	}
	q := repository.Question{Where: t.where(s), Limit: page.rows, After: page.behind(), Count: true}
	found, err := x.app.Records.List(x.ctx(), x.who.Grant, t.kind.Name, q)
	if err != nil || len(found.IDs) == 0 {
		return nil, nil, err
	}
	items, err := readItems(t.kind, found.Items)
	if err != nil {
		return nil, nil, err
	}
	rows, err := t.rows(s, listedRecords(items)...)
	if err != nil || found.Total <= slices.Min(preference.RowChoices()) {
		return rows, nil, err // a short list has no pages
	}
	foot, err := page.pager(x, found, s.at(t.name))
	return rows, foot, err
}

// where finds the records that hold links to one.
func (t linkTab) where(s *subject) query.Expr {
	return query.Term{Field: t.ref.Path, Op: query.Is, Value: s.id()}
}

// rows are the links that some records hold.
func (t linkTab) rows(s *subject, holders ...record.Record) ([]linkRow, error) {
	var rows []linkRow
	for _, holder := range holders {
		elements, err := elementsOf(holder, t.field.Name)
		if err != nil {
			return nil, err
		}
		one := t.distinct(elements)
		for i, e := range elements {
			at := slices.IndexFunc(one, func(first document) bool { return t.twins(first, e) })
			first := slices.IndexFunc(elements, func(first document) bool { return t.twins(first, e) }) == i
			if first && (t.here || e[t.ref.Name] == s.id()) {
				rows = append(rows, linkRow{holder, i, one[at], slices.Delete(slices.Clone(one), at, at+1)})
			}
		}
	}
	return rows, nil
}

// twins tells whether two elements of a list are one link to a reader, as those of two records are that were merged. Both
// stay where they are, for the undoing of the merge.
func (t linkTab) twins(a, b document) bool {
	if a[t.ref.Name] != b[t.ref.Name] {
		return false
	}
	return t.holder.fellows || !slices.ContainsFunc(t.field.Fields, func(in *record.Field) bool {
		return in.Type != record.Flag && !reflect.DeepEqual(a[in.Name], b[in.Name])
	})
}

// distinct gives of twins the first, with the marks of all.
func (t linkTab) distinct(elements []document) []document {
	var all []document
	for _, e := range elements {
		i := slices.IndexFunc(all, func(first document) bool { return t.twins(first, e) })
		if i < 0 {
			all = append(all, maps.Clone(e))
			continue
		}
		for _, in := range t.field.Fields {
			if in.Type == record.Flag && e[in.Name] == true {
				all[i][in.Name] = true
			}
		}
	}
	return all
}

// linkNamed reads the link that a handle names; nil when there is none any more.
func (x *exchange) linkNamed(s *subject, t linkTab, handle string) (*linkRow, error) {
	holder := s.Record
	if id := t.holderOf(s, handle); !t.here {
		if !wellFormed.MatchString(id) {
			return nil, nil
		}
		var err error
		holder, err = x.app.Records.Get(x.ctx(), x.who.Grant, t.kind.Name, id)
		if errors.Is(err, fault.NotFound) {
			return nil, nil
		}
		if err != nil {
			return nil, err
		}
	}
	rows, err := t.rows(s, holder)
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(rows, func(row linkRow) bool { return t.handle(row) == handle })
	if i < 0 {
		return nil, nil
	}
	return &rows[i], x.learn(t.id(rows[i]))
}

func (x *exchange) countLinks(s *subject, t linkTab) (int, error) {
	if s.gone() {
		return 0, nil
	}
	if t.here {
		elements, err := elementsOf(s.Record, t.field.Name)
		return len(t.distinct(elements)), err
	}
	q := repository.Question{Where: t.where(s), Count: true}
	found, err := x.app.Records.List(x.ctx(), x.who.Grant, t.kind.Name, q)
	return found.Total, err
}

// elementsOf gives the objects of a list of a record.
func elementsOf(r record.Record, name string) ([]document, error) {
	doc, err := documentOf(r)
	if err != nil {
		return nil, err
	}
	all, _ := doc[name].([]any)
	elements := make([]document, 0, len(all))
	for _, v := range all {
		if e, ok := v.(document); ok {
			elements = append(elements, e)
		}
	}
	return elements, nil
}

// linkTabOf finds the tab the address names.
func (x *exchange) linkTabOf(s *subject) (linkTab, error) {
	for _, t := range x.linksOf(s.look) {
		if t.name == x.route.tab {
			return t, nil
		}
	}
	return linkTab{}, fault.New(fault.NotFound, "not_found")
}

// links shows the links of a record, with a form for one more.
func (a *App) links(x *exchange) error {
	s, err := x.subject()
	if err != nil {
		return err
	}
	t, err := x.linkTabOf(s)
	if err != nil {
		return err
	}
	first := document{}
	if id := x.r.URL.Query().Get("add"); id != "" {
		first[t.ref.Name] = id
	}
	return x.showLinks(s, t, x.kindForm(t.kind, document{}), first, 0)
}

// showLinks shows them; f and typed are the form of a new one.
func (x *exchange) showLinks(s *subject, t linkTab, f *kindForm, typed document, status int) error {
	rows, foot, err := x.linkRows(s, t)
	if err != nil {
		return err
	}
	var ids []string
	for _, row := range rows {
		ids = append(ids, t.id(row))
		for _, other := range row.others {
			if id, ok := other[t.ref.Name].(string); ok && t.holder.fellows {
				ids = append(ids, id)
			}
		}
	}
	if err := x.learn(ids...); err != nil {
		return err
	}
	var open *linkRow
	if handle := x.r.URL.Query().Get("edit"); handle != "" && x.allowEdit(s) == nil {
		if open, err = x.linkNamed(s, t, handle); err != nil {
			return err
		}
	}
	var body []templ.Component
	if open != nil {
		body = append(body, ui.BlockCard(x.p, ui.Block{ID: "link", Title: x.linkTitle(t, *open), Body: x.linkForm(s, t, x.kindForm(t.kind, document{}), open.element, open)}))
	}
	table := x.linkTable(s, t, rows)
	table.Pager = foot
	var tools []templ.Component
	if t.of.crowd && len(rows) > 0 {
		whole := ui.Action{Label: x.p.T("links.asList"), Href: t.holder.home() + "?" + url.Values{"q": {query.Format(t.where(s))}}.Encode(), Icon: "table"}
		tools = append(tools, ui.Do(whole, "button"))
	}
	adding := ui.BlockCard(x.p, ui.Block{ID: "link", Title: x.p.T(t.addKey()), Body: x.linkForm(s, t, f, typed, nil)})
	switch may := open == nil && x.allowEdit(s) == nil; {
	case t.of.crowd && may: // the table may be long
		body = append(body, adding)
		if len(tools) > 0 {
			body = append(body, ui.Toolbar(tools...))
		}
		body = append(body, ui.TableView(x.p, table))
	case may:
		body = append(body, ui.TableView(x.p, table))
		if !t.here && x.can(policy.Create) {
			first := url.Values{t.field.Name + "[0]." + t.ref.Name: {s.id()}, "back": {s.at(t.name)}}
			add := ui.Action{Label: x.p.T(t.holder.says("add")), Href: t.holder.home() + "/new?" + first.Encode(), Icon: "plus"}
			body = append(body, ui.Toolbar(ui.Do(add, "button")))
		}
		body = append(body, adding)
	default:
		body = append(body, ui.TableView(x.p, table))
	}
	if status != 0 && !t.of.crowd {
		slices.Reverse(body) // what is to be mended comes first
	}
	return x.tabWith(s, t.name, status, body...)
}

func (x *exchange) linkTitle(t linkTab, row linkRow) string {
	if title := x.called(t.id(row)); title != "" {
		return title
	}
	return x.p.T("ref.gone")
}

// addKey is the key of what making a link is called: "kind.family.link" of contacts into families and the other way round
// by what is chosen.
func (t linkTab) addKey() string {
	switch {
	case t.here:
		return "kind." + t.ref.Ref[0] + ".link"
	case t.of.crowd:
		return t.of.says("member")
	}
	return t.holder.says("link")
}

// saveKey is the key of what the button that makes one says.
func (t linkTab) saveKey() string {
	if lookOf(t.ref.Ref[0]).crowd {
		return "shell.add"
	}
	return "links.add"
}

// endKey is the key of what ending a link is called.
func (t linkTab) endKey() string {
	if lookOf(t.ref.Ref[0]).crowd {
		return "kind." + t.ref.Ref[0] + ".unlink"
	}
	return "links.end"
}

// handle names a link in addresses and forms.
func (t linkTab) handle(row linkRow) string {
	return row.holder.Base().ID + "." + strconv.Itoa(row.at)
}

func (x *exchange) linkTable(s *subject, t linkTab, rows []linkRow) ui.Table {
	other := t.holder
	if t.here {
		other = lookOf(t.ref.Ref[0])
	}
	table := ui.Table{ID: "links", Label: x.p.T(t.title()), Columns: []ui.Column{{Label: x.p.T(other.one()), Main: true}},
		Empty: ui.Empty{Icon: other.icon, Title: x.p.T("links.none")}}
	var shown []*record.Field
	for _, in := range t.field.Fields {
		if in != t.ref && !in.System {
			shown = append(shown, in)
			table.Columns = append(table.Columns, ui.Column{Label: x.fieldLabel(t.kind, in.Path), End: in.Type == record.Day})
		}
	}
	fellows := !t.here && t.holder.fellows
	if fellows {
		table.Columns = append(table.Columns, ui.Column{Label: x.p.T(t.holder.says("fellows"))})
	}
	edit, today := x.allowEdit(s) == nil, string(record.DateOf(x.now()))
	for _, row := range rows {
		id, title := t.id(row), x.linkTitle(t, row)
		line := ui.Row{ID: t.handle(row), Name: title}
		main := ui.Anchors([]ui.Link{{Label: title}})
		if x.called(id) != "" {
			line.Href, line.Preview = other.at(id), other.at(id, "panel")
			person := ui.Person{Face: ui.Face{Name: title, Company: other.square}, Href: other.at(id)}
			if to, _ := row.element["to"].(string); to != "" && to < today {
				person.Detail = x.p.T("links.ended")
			}
			main = ui.PersonCell(person)
		}
		line.Cells = append(line.Cells, main)
		for _, in := range shown {
			line.Cells = append(line.Cells, x.fieldCell(in, row.element[in.Name]))
		}
		if fellows {
			line.Cells = append(line.Cells, x.fellowsCell(t, row.others))
		}
		if edit {
			line.Actions = []ui.Action{{Label: x.p.T("action.edit"), Href: s.at(t.name) + "?edit=" + t.handle(row), Icon: "edit"},
				{Label: x.p.T(t.endKey()), Href: s.at(t.name), Icon: "close", Post: true, Values: []ui.Value{{Name: ui.KeyName, Value: x.newKey()}, {Name: "end", Value: t.handle(row)}, {Name: "other", Value: id}}}}
		}
		table.Rows = append(table.Rows, line)
	}
	return table
}

// fellowsCell names those who are linked to the same record: relatives.
func (x *exchange) fellowsCell(t linkTab, others []document) templ.Component {
	var links []ui.Link
	for _, other := range others {
		id, _ := other[t.ref.Name].(string)
		title := x.called(id)
		if title == "" {
			continue
		}
		for _, in := range t.field.Fields {
			if code, ok := other[in.Name].(string); ok && in.Values != "" {
				title += " (" + x.phrase(in, code) + ")"
			}
		}
		links = append(links, ui.Link{Label: title, Href: x.hrefOf(t.ref, id)})
	}
	return ui.Anchors(links)
}

// linkForm is the form of a link; row is the one that is changed, nil for a new one.
func (x *exchange) linkForm(s *subject, t linkTab, f *kindForm, element document, row *linkRow) templ.Component {
	form := ui.Form{ID: "link-form", Action: s.at(t.name), Key: x.newKey(), Save: x.p.T(t.saveKey()), Line: true}
	if back := localPath(x.r.URL.Query().Get("back")); back != "" {
		form.Values = []ui.Value{{Name: "back", Value: back}}
	}
	var line []ui.Field
	switch {
	case row != nil:
		form.Save, form.Cancel = "", s.at(t.name)
		form.Values = append(form.Values, ui.Value{Name: "change", Value: t.handle(*row)}, ui.Value{Name: "other", Value: t.id(*row)})
	case t.here:
		line = append(line, f.field(t.ref, t.ref.Name, element[t.ref.Name]))
	default:
		id, _ := element[holderName].(string)
		f.labels[holderName] = x.p.T(t.holder.one())
		line = append(line, f.ref(ui.Base{Name: holderName, Label: f.labels[holderName], Error: f.errors[holderName], Required: true}, []string{t.kind.Name}, id))
	}
	for _, in := range t.field.Fields {
		if in == t.ref || in.System || !x.who.Grant.Fields(policy.Edit, in.Class) {
			continue
		}
		line = append(line, f.field(in, in.Name, element[in.Name]))
	}
	form.Fields = []ui.Field{ui.Inline{Fields: line}}
	f.summary(&form)
	return ui.FormView(x.p, form)
}
