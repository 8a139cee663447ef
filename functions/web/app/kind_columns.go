package app

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/a-h/templ"

	"github.com/muster-crm/muster/functions/web/ui"
	"github.com/muster-crm/muster/shared/fault"
	"github.com/muster-crm/muster/shared/policy"
	"github.com/muster-crm/muster/shared/preference"
	"github.com/muster-crm/muster/shared/record"
	"github.com/muster-crm/muster/shared/setting"
)

// column is a column of the list of a kind.
type column struct {
	id    string // in addresses
	path  string // the field that names it and orders by it
	by    string // the field that orders by it, where that is another
	alias string // key of its label, where the field's does not fit
	end   bool
	mid   bool
	wide  bool
	still bool // cannot be ordered by
	made  bool // from the description of its field
	cell  func(*exchange, *listed) templ.Component
}

// mainColumn names the record; it is always the first and cannot be left out.
const mainColumn = "name"

// sorts are the fields a column orders by: the name by those that order the kind.
func (c column) sorts(k *record.Kind) []string {
	switch order := orderOf(k); {
	case c.id == mainColumn && len(order) > 0:
		return order
	case c.still, c.path == mainColumn:
		return nil
	}
	return []string{cmp.Or(c.by, c.path)}
}

// each makes a cell for records of one type.
func each[T record.Record](cell func(*exchange, T) templ.Component) func(*exchange, *listed) templ.Component {
	return func(x *exchange, i *listed) templ.Component {
		r, ok := i.Record.(T)
		if !ok {
			return nil
		}
		return cell(x, r)
	}
}

func words(text string) templ.Component {
	if text == "" {
		return nil
	}
	return ui.Words(text)
}

func (x *exchange) dayCell(t time.Time) templ.Component {
	if t.IsZero() {
		return nil
	}
	return ui.Number(x.p.Day(t))
}

// columnsOf lists every column there is: those of the look, those of fields it has none for, the organisation's own
// fields, and when records were made and changed.
func (x *exchange) columnsOf(l *look, k *record.Kind) []column {
	all, order := slices.Clone(l.columns), orderOf(k)
	has := func(path string) bool {
		return slices.ContainsFunc(all, func(c column) bool { return c.path == path || strings.HasPrefix(c.path, path+".") })
	}
	if len(all) == 0 || all[0].id != mainColumn {
		main := column{id: mainColumn, path: mainColumn, alias: l.one(), cell: func(x *exchange, i *listed) templ.Component { return x.mainCell(l, i.Record) }}
		all = append([]column{main}, all...)
	}
	for _, f := range k.Fields {
		if !slices.Contains(order, f.Path) && !has(f.Path) {
			all = append(all, x.fieldColumn(f, func(i *listed) any { return i.document()[f.Name] })...)
		}
	}
	for _, f := range k.OwnFields(x.cfg.Fields) {
		all = append(all, x.fieldColumn(f, func(i *listed) any {
			values, _ := i.document()["custom"].(document)
			return values[f.Name]
		})...)
	}
	for id, path := range map[string]string{"created": "createdAt", "updated": "updatedAt"} {
		all = append(all, column{id: id, path: path, end: true, wide: true, cell: func(x *exchange, i *listed) templ.Component {
			if id == "created" {
				return x.dayCell(i.Base().CreatedAt)
			}
			return x.dayCell(i.Base().UpdatedAt)
		}})
	}
	slices.SortStableFunc(all[len(all)-2:], func(a, b column) int { return strings.Compare(a.id, b.id) })
	return slices.DeleteFunc(all, func(c column) bool { return c.id != mainColumn && (!x.inUse(k, c.path) || !x.reads(k, c.path)) })
}

// reads tells whether the reader may read what a column shows.
func (x *exchange) reads(k *record.Kind, path string) bool {
	for _, f := range k.Fields {
		if f.Age == path {
			path = f.Path
		}
	}
	f, ok := k.Field(path)
	return !ok || x.who.Grant.Fields(policy.Read, f.Class)
}

// several tells whether a field leaves a choice: one that names a section or a season of the organisation does where it has
// several.
func (x *exchange) several(f *record.Field) bool {
	switch {
	case slices.Equal(f.Ref, []string{setting.EntityName}):
		return len(x.cfg.Entities) > 1
	case slices.Equal(f.Ref, []string{setting.SeasonName}):
		return len(x.cfg.Live(setting.SeasonName)) > 0
	}
	return true
}

// inUse tells whether the organisation uses what lies at a path of a kind (SET-02): a field, or the age since a date.
func (x *exchange) inUse(k *record.Kind, path string) bool {
	for _, f := range k.Fields {
		if f.Age == path {
			path = f.Path
		}
	}
	if f, ok := k.Field(path); ok && !x.several(f) {
		return false
	}
	return x.cfg.Used(k.Name, path)
}

// fieldColumn makes the column of a field; objects but amounts, long texts and what is not in the index have none.
func (x *exchange) fieldColumn(f *record.Field, value func(*listed) any) []column {
	money := f.IsMoney()
	if !f.Indexed || f.Derived || !x.who.Grant.Fields(policy.Read, f.Class) || f.Class == policy.Sensitive {
		return nil
	}
	switch f.Type {
	case record.Object, record.Map, record.Values, record.Long:
		if !money {
			return nil
		}
	}
	c := column{id: f.Path, path: f.Path, wide: true, made: true, cell: func(x *exchange, i *listed) templ.Component { return x.fieldCell(f, value(i)) }}
	if money {
		c.by = f.Path + ".amount"
	}
	c.end = money || f.Type == record.Number || f.Type == record.Day || f.Type == record.Instant
	return []column{c}
}

// mainCell names a record and leads to it.
func (x *exchange) mainCell(l *look, r record.Record) templ.Component {
	if l.people {
		return ui.PersonCell(x.faceOf(l, r))
	}
	return ui.MainLink(x.nameOf(l, r), l.at(r.Base().ID))
}

// faceOf shows a record by its picture or its letters.
func (x *exchange) faceOf(l *look, r record.Record) ui.Person {
	f := avatarOf(r)
	f.Company = l.square
	return ui.Person{Face: f, Href: l.at(r.Base().ID)}
}

func (x *exchange) columnLabel(k *record.Kind, c column) string {
	if c.alias != "" {
		return x.p.T(c.alias)
	}
	return x.fieldLabel(k, c.path)
}

// usualOf are the columns shown until the reader chooses.
func (x *exchange) usualOf(l *look, all []column) []string {
	if len(l.usual) > 0 {
		return l.usual
	}
	var ids []string
	for _, c := range all[:min(len(all), 6)] {
		ids = append(ids, c.id)
	}
	return ids
}

// usualColumns are the columns of a list until the reader chooses; the name is always the first.
func (x *exchange) usualColumns(l *look, all []column) []column {
	return pick(all, x.usualOf(l, all), false)
}

// chosenColumns are the columns of this reader's list: of the address, those they have chosen, or the usual ones. The
// name is always the first. What is not known is left out: a field may be gone.
func (x *exchange) chosenColumns(l *look, all []column) []column {
	ids, asked := x.usualOf(l, all), false
	if given := x.r.URL.Query().Get("cols"); given != "" {
		ids, asked = strings.Split(given, ","), true
	} else if kept := x.likes().Columns[l.kind]; len(kept) > 0 {
		ids, asked = kept, true
	}
	return pick(all, ids, asked)
}

func pick(all []column, ids []string, asked bool) []column {
	chosen := []column{all[0]}
	for _, id := range ids {
		i := slices.IndexFunc(all, func(c column) bool { return c.id == id })
		if i > 0 && !slices.ContainsFunc(chosen, func(c column) bool { return c.id == id }) {
			c := all[i]
			if c.made { // the first ones are seen in any window
				c.mid, c.wide = len(chosen) == 3, len(chosen) > 3
			}
			c.mid, c.wide = c.mid && !asked, c.wide && !asked // who asks for a column sees it, if by scrolling
			chosen = append(chosen, c)
		}
	}
	return chosen
}

// taste reads what the reader likes: from the address, which is then remembered, or as remembered.
func (x *exchange) taste(name string) string {
	if given := x.r.URL.Query(); given.Has(name) && len(given.Get(name)) <= 1000 {
		x.keep(name, given.Get(name))
		return given.Get(name)
	}
	return x.cookie(name)
}

// chooseColumns shows which columns there are, and in what order.
func (a *App) chooseColumns(x *exchange) error {
	l := x.look()
	k, err := x.of(l)
	if err != nil {
		return err
	}
	all := x.columnsOf(l, k)
	var shown []string
	for _, c := range x.chosenColumns(l, all)[1:] {
		shown = append(shown, c.id)
	}
	return x.askColumns(l, k, all, x.r.URL.Query().Get("back"), shown, shown)
}

// askColumns is the form of the columns: those in order first, then the others.
func (x *exchange) askColumns(l *look, k *record.Kind, all []column, back string, order, ticked []string) error {
	if back = localPath(back); back == "" {
		back = l.home()
	}
	at := func(id string) int {
		if i := slices.Index(order, id); i >= 0 {
			return i
		}
		return len(order)
	}
	rest := slices.Clone(all[1:])
	slices.SortStableFunc(rest, func(a, b column) int { return at(a.id) - at(b.id) })
	sorter := ui.Sorter{Base: ui.Base{Name: "cols", Label: x.p.T("page.columns"), Help: x.p.T("page.columns.help")}}
	for _, c := range rest {
		sorter.Items = append(sorter.Items, ui.SortItem{Value: c.id, Label: x.columnLabel(k, c), On: slices.Contains(ticked, c.id)})
	}
	values := []ui.Value{{Name: "back", Value: back}}
	for _, c := range rest {
		values = append(values, ui.Value{Name: "order", Value: c.id})
	}
	form := ui.Form{ID: "columns", Action: l.home() + "/columns", Cancel: back, Values: values, Fields: []ui.Field{sorter}}
	if len(x.likes().Columns[l.kind]) > 0 {
		form.Others = []ui.Action{{Label: x.p.T("page.columns.reset"), Href: "reset"}}
	}
	return x.show(view{Trail: []ui.Link{{Label: x.p.T(l.title()), Href: back}, {Label: x.p.T("table.columns")}}},
		ui.PageHeader(x.p, ui.Header{Title: x.p.T("table.columns")}), ui.FormView(x.p, form))
}

// keepColumns remembers the columns somebody chose. Without script the buttons that move a column send the form, which
// is then shown again.
func (a *App) keepColumns(x *exchange) error {
	form, err := x.form()
	if err != nil {
		return err
	}
	l := x.look()
	k, err := x.of(l)
	if err != nil {
		return err
	}
	all := x.columnsOf(l, k)
	if order, moved := ui.Moved(form, form["order"]); moved {
		return x.askColumns(l, k, all, form.Get("back"), order, form["cols"])
	}
	var chosen []string
	for _, id := range form["cols"] {
		if slices.ContainsFunc(all[1:], func(c column) bool { return c.id == id }) && !slices.Contains(chosen, id) {
			chosen = append(chosen, id)
		}
	}
	reset := form.Get("_action") == "reset"
	if len(chosen) == 0 && !reset {
		return fault.Bad("cols", "required")
	}
	err = x.prefer(func(p *preference.Preferences) {
		if p.Columns[l.kind] = chosen; reset {
			delete(p.Columns, l.kind)
		}
	})
	if err != nil {
		return err
	}
	back := localPath(form.Get("back"))
	if back == "" {
		back = l.home()
	}
	return x.redirect(without(back, "cols"))
}

// orderOf gives the fields that order lists of a kind.
func orderOf(k *record.Kind) []string { return k.Schema(nil).Order }
