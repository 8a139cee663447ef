package app

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/a-h/templ"

	"github.com/muster-crm/muster/functions/web/ui"
	"github.com/muster-crm/muster/shared/contact"
	"github.com/muster-crm/muster/shared/fault"
	"github.com/muster-crm/muster/shared/list"
	"github.com/muster-crm/muster/shared/preference"
)

// column is a column of the list of contacts.
type column struct {
	id    string // in addresses
	path  string // the field that names it and orders by it
	alias string // key of its label, where the field's does not fit
	end   bool
	mid   bool
	wide  bool
	cell  func(*exchange, *contact.Contact) templ.Component
}

func words(text string) templ.Component {
	if text == "" {
		return nil
	}
	return ui.Words(text)
}

var contactColumns = []column{
	{id: "name", path: "sortName", alias: "field.contact.name", cell: func(x *exchange, c *contact.Contact) templ.Component {
		return ui.PersonCell(x.person(c, ""))
	}},
	{id: "number", path: "number", end: true, cell: func(_ *exchange, c *contact.Contact) templ.Component { return ui.Number(numberOf(c)) }},
	{id: "type", path: "type", cell: func(x *exchange, c *contact.Contact) templ.Component {
		if c.Type == "" {
			return nil
		}
		return ui.Badge(ui.Pill{Label: x.code(list.Type, c.Type)})
	}},
	{id: "status", path: "status", cell: func(x *exchange, c *contact.Contact) templ.Component {
		if c.Status == "" {
			return nil
		}
		return ui.Badge(x.statusPill(c.Status))
	}},
	{id: "email", path: "emails.address", cell: func(_ *exchange, c *contact.Contact) templ.Component { return words(c.MainEmail()) }},
	{id: "phone", path: "phones.number", alias: "page.phone", cell: func(x *exchange, c *contact.Contact) templ.Component {
		number := c.Mobile()
		if number == "" && len(c.Phones) > 0 {
			number = c.Phones[0].Number
		}
		return ui.Number(x.phone(number))
	}},
	{id: "town", path: "addresses.town", mid: true, cell: func(_ *exchange, c *contact.Contact) templ.Component {
		a, _ := c.MainAddress()
		return words(a.Town)
	}},
	{id: "tags", path: "tags", wide: true, cell: func(_ *exchange, c *contact.Contact) templ.Component {
		if len(c.Tags) == 0 {
			return nil
		}
		return ui.Labels(tags(c))
	}},
	{id: "birth", path: "birthDate", end: true, wide: true, cell: func(x *exchange, c *contact.Contact) templ.Component {
		return ui.Number(x.p.Date(string(c.BirthDate)))
	}},
	{id: "age", path: "age", end: true, wide: true, cell: func(x *exchange, c *contact.Contact) templ.Component { return ui.Number(x.age(c)) }},
	{id: "gender", path: "gender", wide: true, cell: func(x *exchange, c *contact.Contact) templ.Component { return words(x.code(list.Gender, c.Gender)) }},
	{id: "language", path: "language", wide: true, cell: func(x *exchange, c *contact.Contact) templ.Component {
		return words(x.code(list.Language, c.Language))
	}},
	{id: "street", path: "addresses.street", wide: true, cell: func(x *exchange, c *contact.Contact) templ.Component {
		a, ok := c.MainAddress()
		if !ok {
			return nil
		}
		return words(strings.Join(x.addressLines(contact.Address{Street: a.Street, Number: a.Number, Box: a.Box, Country: x.cfg.Settings.Country}), ""))
	}},
	{id: "postcode", path: "addresses.postcode", wide: true, cell: func(_ *exchange, c *contact.Contact) templ.Component {
		a, _ := c.MainAddress()
		return ui.Number(a.Postcode)
	}},
	{id: "source", path: "source", wide: true, cell: func(x *exchange, c *contact.Contact) templ.Component { return words(x.code(list.Source, c.Source)) }},
	{id: "created", path: "createdAt", end: true, wide: true, cell: func(x *exchange, c *contact.Contact) templ.Component { return x.dayCell(c.CreatedAt) }},
	{id: "updated", path: "updatedAt", end: true, wide: true, cell: func(x *exchange, c *contact.Contact) templ.Component { return x.dayCell(c.UpdatedAt) }},
}

func (x *exchange) dayCell(t time.Time) templ.Component {
	if t.IsZero() {
		return nil
	}
	return ui.Number(x.p.Day(t))
}

// usualColumns are shown until the reader chooses.
var usualColumns = []string{"name", "type", "status", "email", "phone", "town", "tags", "birth"}

// columns lists every column there is, those of the organisation's own fields last.
func (x *exchange) columns() []column {
	all := slices.Clone(contactColumns)
	for _, f := range x.cfg.Fields {
		if f.Kind != contact.Name {
			continue
		}
		all = append(all, column{id: "custom." + f.Name, path: "custom." + f.Name, wide: true, cell: func(_ *exchange, c *contact.Contact) templ.Component {
			if v, ok := c.Custom[f.Name]; ok {
				return words(fmt.Sprint(v))
			}
			return nil
		}})
	}
	return all
}

func (x *exchange) columnLabel(c column) string {
	if c.alias != "" {
		return x.p.T(c.alias)
	}
	return x.label(c.path)
}

// chosenColumns are the columns of this reader's list: of the address, those they have chosen, or the usual ones. The
// name is always the first. What is not known is left out: a field may be gone.
func (x *exchange) chosenColumns() []column {
	ids, asked := usualColumns, false
	if given := x.r.URL.Query().Get("cols"); given != "" {
		ids, asked = strings.Split(given, ","), true
	} else if kept := x.likes().Columns[contact.Name]; len(kept) > 0 {
		ids, asked = kept, true
	}
	all := x.columns()
	chosen := []column{all[0]}
	for _, id := range ids {
		i := slices.IndexFunc(all, func(c column) bool { return c.id == id })
		if i > 0 && !slices.ContainsFunc(chosen, func(c column) bool { return c.id == id }) {
			c := all[i]
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

// chooseColumns shows which columns there are.
func (a *App) chooseColumns(x *exchange) error {
	back := localPath(x.r.URL.Query().Get("back"))
	if back == "" {
		back = HomePath
	}
	var shown []string
	for _, c := range x.chosenColumns()[1:] {
		shown = append(shown, c.id)
	}
	var options []ui.Option
	for _, c := range x.columns()[1:] {
		options = append(options, ui.Option{Value: c.id, Label: x.columnLabel(c)})
	}
	var others []ui.Action
	if len(x.likes().Columns[contact.Name]) > 0 {
		others = []ui.Action{{Label: x.p.T("page.columns.reset"), Href: "reset"}}
	}
	return x.show(view{Trail: []ui.Link{{Label: x.p.T("nav.contacts"), Href: back}, {Label: x.p.T("table.columns")}}},
		ui.PageHeader(x.p, ui.Header{Title: x.p.T("table.columns")}),
		ui.FormView(x.p, ui.Form{ID: "columns", Action: HomePath + "/columns", Cancel: back, Values: []ui.Value{{Name: "back", Value: back}},
			Others: others, Fields: []ui.Field{ui.Choices{Base: ui.Base{Name: "cols", Label: x.p.T("page.columns"), Help: x.p.T("page.columns.help")}, Values: shown, Options: options}}}))
}

// keepColumns remembers the columns somebody chose.
func (a *App) keepColumns(x *exchange) error {
	form, err := x.form()
	if err != nil {
		return err
	}
	chosen := []string{}
	for _, c := range x.columns()[1:] {
		if slices.Contains(form["cols"], c.id) {
			chosen = append(chosen, c.id)
		}
	}
	reset := form.Get("_action") == "reset"
	if len(chosen) == 0 && !reset {
		return fault.Bad("cols", "required")
	}
	// The usual order comes first, as the reader knows it.
	slices.SortStableFunc(chosen, func(a, b string) int { return usual(a) - usual(b) })
	err = x.prefer(func(p *preference.Preferences) {
		if p.Columns[contact.Name] = chosen; reset {
			delete(p.Columns, contact.Name)
		}
	})
	if err != nil {
		return err
	}
	back := localPath(form.Get("back"))
	if back == "" {
		back = HomePath
	}
	return x.redirect(without(back, "cols"))
}

func usual(id string) int {
	if i := slices.Index(usualColumns, id); i >= 0 {
		return i
	}
	return len(usualColumns)
}

var columnRoutes = []Route{
	{Method: http.MethodGet, Path: HomePath + "/columns", Title: "table.columns", handle: (*App).chooseColumns},
	{Method: http.MethodPost, Path: HomePath + "/columns", Title: "table.columns", handle: (*App).keepColumns},
}
