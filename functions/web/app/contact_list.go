package app

import (
	"errors"
	"net/url"
	"strings"

	"github.com/a-h/templ"

	"github.com/muster-crm/muster/functions/web/ui"
	"github.com/muster-crm/muster/shared/contact"
	"github.com/muster-crm/muster/shared/list"
	"github.com/muster-crm/muster/shared/policy"
	"github.com/muster-crm/muster/shared/query"
	"github.com/muster-crm/muster/shared/record"
)

// contactLook is how contacts are shown.
var contactLook = &look{
	kind: contact.Name, plural: "contacts", icon: "users", key: "g c", people: true, own: true,
	views: []savedView{
		{"page.view.active", "type:member status:active", ""},
		{"page.view.noEmail", "-email:*", ""},
		{"page.view.birthdays", "birthDate:*-this-month", "birth"},
		{"page.view.changed", "updatedAt>-7d", "-updated"},
	},
	usual:  []string{mainColumn, "type", "status", "email", "phone", "town", "tags", "birth"},
	facets: []facet{{"type"}, {"status"}, {"tags"}, {"addresses.town"}, {"gender"}, {"language"}},
	hint:   "filter.placeholder",
}

func init() {
	contactLook.columns = contactColumns()
	contactLook.prefill = prefill
	contactLook.before = (*exchange).markFamilies
	contactLook.mail = func(r record.Record) string { return r.(*contact.Contact).MainEmail() }
	contactLook.panel = (*exchange).contactPanel
	contactLook.added = contactRoutes
	contactLook.deeds = func(x *exchange, r record.Record) []ui.Action {
		if !x.can(policy.Create) {
			return nil
		}
		values := url.Values{ownerName: {r.Base().ID}, "back": {x.here()}}
		return []ui.Action{{Label: x.p.T("kind.reminder.add"), Icon: "bell", Href: reminderLook.home() + "/new?" + values.Encode()}}
	}
}

func contactColumns() []column {
	return []column{
		{id: mainColumn, path: "sortName", alias: "field.contact.name", cell: each(func(x *exchange, c *contact.Contact) templ.Component {
			person := x.person(c, "")
			person.Marks = x.marks[c.ID]
			return ui.PersonCell(person)
		})},
		{id: "number", path: "number", end: true, cell: each(func(_ *exchange, c *contact.Contact) templ.Component { return ui.Number(numberOf(c)) })},
		{id: "type", path: "type", cell: each(func(x *exchange, c *contact.Contact) templ.Component {
			if c.Type == "" {
				return nil
			}
			return ui.Badge(ui.Pill{Label: x.code(list.Type, c.Type)})
		})},
		{id: "status", path: "status", cell: each(func(x *exchange, c *contact.Contact) templ.Component {
			if c.Status == "" {
				return nil
			}
			return ui.Badge(x.statusPill(c.Status))
		})},
		{id: "email", path: "emails.address", cell: each(func(_ *exchange, c *contact.Contact) templ.Component { return words(c.MainEmail()) })},
		{id: "phone", path: "phones.number", alias: "page.phone", cell: each(func(x *exchange, c *contact.Contact) templ.Component {
			number := c.Mobile()
			if number == "" && len(c.Phones) > 0 {
				number = c.Phones[0].Number
			}
			return ui.Number(x.phone(number))
		})},
		{id: "town", path: "addresses.town", mid: true, cell: each(func(_ *exchange, c *contact.Contact) templ.Component {
			a, _ := c.MainAddress()
			return words(a.Town)
		})},
		{id: "tags", path: "tags", wide: true, cell: each(func(_ *exchange, c *contact.Contact) templ.Component {
			if len(c.Tags) == 0 {
				return nil
			}
			return ui.Labels(tags(c))
		})},
		{id: "birth", path: "birthDate", end: true, wide: true, cell: each(func(x *exchange, c *contact.Contact) templ.Component {
			return ui.Number(x.p.Date(string(c.BirthDate)))
		})},
		{id: "age", path: "age", end: true, wide: true, cell: each(func(x *exchange, c *contact.Contact) templ.Component { return ui.Number(x.age(c)) })},
		{id: "gender", path: "gender", wide: true, cell: each(func(x *exchange, c *contact.Contact) templ.Component { return words(x.code(list.Gender, c.Gender)) })},
		{id: "language", path: "language", wide: true, cell: each(func(x *exchange, c *contact.Contact) templ.Component {
			return words(x.code(list.Language, c.Language))
		})},
		{id: "street", path: "addresses.street", wide: true, cell: each(func(x *exchange, c *contact.Contact) templ.Component {
			a, ok := c.MainAddress()
			if !ok {
				return nil
			}
			return words(strings.Join(x.addressLines(contact.Address{Street: a.Street, Number: a.Number, Box: a.Box, Country: x.cfg.Settings.Country}), ""))
		})},
		{id: "postcode", path: "addresses.postcode", wide: true, cell: each(func(_ *exchange, c *contact.Contact) templ.Component {
			a, _ := c.MainAddress()
			return ui.Number(a.Postcode)
		})},
		{id: "source", path: "source", wide: true, cell: each(func(x *exchange, c *contact.Contact) templ.Component { return words(x.code(list.Source, c.Source)) })},
	}
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

// contactPanel shows a contact beside the list.
func (x *exchange) contactPanel(s *subject) (ui.PanelView, error) {
	c := s.Record.(*contact.Contact)
	v := ui.PanelView{Person: x.person(c, x.sub(c)), Pills: x.pills(c)}
	for _, b := range []ui.Block{x.reachBlock(c), x.personalBlock(c), x.addressBlock(c)} {
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
			v.Actions = append(v.Actions, x.trashAction(s.look, c.ID))
		}
	}
	return v, nil
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
