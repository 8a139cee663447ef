package app

import (
	"cmp"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"github.com/muster-crm/muster/functions/web/ui"
	"github.com/muster-crm/muster/shared/contact"
	"github.com/muster-crm/muster/shared/fault"
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
		{"page.view.incomplete", incomplete, ""},
		{"page.view.birthdays", "birthDate:*-this-month", "birth"},
		{"page.view.changed", "updatedAt>-7d", "-updated"},
	},
	usual:  []string{mainColumn, "type", "status", "email", "phone", "town", "tags", "birth"},
	facets: []facet{{"type"}, {"status"}, {"tags"}, {contact.GroupNowPath}, {"addresses.town"}, {"gender"}, {"language"}},
	hint:   "filter.placeholder",
}

func init() {
	contactLook.columns = contactColumns()
	contactLook.prefill = prefill
	contactLook.before = (*exchange).markFamilies
	contactLook.mail = func(r record.Record) string { return r.(*contact.Contact).MainEmail() }
	contactLook.panel = (*exchange).contactPanel
	contactLook.added = contactRoutes
	contactLook.deeds = (*exchange).contactDeeds
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
		{id: "groups", path: "groups", still: true, wide: true, cell: each(func(x *exchange, c *contact.Contact) templ.Component { return x.groupsCell(c) })},
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

// contactDeeds are what is done to a contact straight from its row (SRCH-09): both ask beside the list.
func (x *exchange) contactDeeds(r record.Record) []ui.Action {
	var all []ui.Action
	id, back := r.Base().ID, x.back()
	if x.can(policy.Create) {
		values := url.Values{ownerName: {id}, "back": {back}}
		all = append(all, ui.Action{Label: x.p.T("kind.reminder.add"), Icon: "bell", Href: reminderLook.home() + "/new?" + values.Encode(), Preview: true})
	}
	if x.can(policy.Edit) {
		all = append(all, ui.Action{Label: x.p.T("kind.group.link"), Icon: "group", Href: contactPath(id, joinTab) + "?" + url.Values{"back": {back}}.Encode(), Preview: true})
	}
	return all
}

// back is the page to come back to: this one, or the one whose part this is.
func (x *exchange) back() string {
	if x.route.Part || x.r.Method == http.MethodPost {
		return cmp.Or(x.referer(), HomePath)
	}
	return x.here()
}

// panelBlocks are what the quick view of a contact tells, each of which can be edited there (SRCH-02, 03).
var panelBlocks = []string{reachBlock, personBlock, addressesBlock, classBlock}

// panelID names the element of a block in the quick view.
func panelID(block string) string { return "panel-" + blockID(block) }

// contactPanel shows a contact beside the list; ?edit= names the block that is open there.
func (x *exchange) contactPanel(s *subject) (ui.PanelView, error) {
	c := s.Record.(*contact.Contact)
	open := x.r.URL.Query().Get("edit")
	if !slices.Contains(panelBlocks, open) {
		return x.panelOf(s, "", nil)
	}
	if err := x.editable(c, open); err != nil {
		return ui.PanelView{}, err
	}
	return x.panelOf(s, open, x.panelForm(c, open, x.draftOf(c), nil))
}

// panelForm is the form of a block in the quick view.
func (x *exchange) panelForm(c *contact.Contact, block string, d *draft, f *fault.Fault) templ.Component {
	form := x.contactForm(d, f).form("panel-edit-"+block, contactPath(c.ID, "edit"), []string{block})
	form.Version = strconv.FormatInt(c.Version, 10)
	form.Into = panelID(block)
	form.Cancel = contactPath(c.ID, "panel")
	form.Values = []ui.Value{{Name: "block", Value: block}, {Name: "in", Value: "panel"}}
	return ui.FormView(x.p, form)
}

// panelOf is the quick view, one block of it perhaps as a form.
func (x *exchange) panelOf(s *subject, open string, form templ.Component) (ui.PanelView, error) {
	c := s.Record.(*contact.Contact)
	v := ui.PanelView{Person: x.person(c, x.sub(c)), Pills: x.pills(c)}
	if err := x.learn(refsOf(c)...); err != nil {
		return v, err
	}
	may := c.DeletedAt == nil && x.can(policy.Edit)
	for _, name := range panelBlocks {
		b := x.block(c, name)
		b.ID = panelID(name)
		switch {
		case name == open && form != nil:
			b.Items, b.Body, b.Actions = nil, form, nil
		case may && slices.ContainsFunc(blockFields[name], x.offers):
			b.Edit = &ui.Action{Label: x.p.T("action.edit"), Href: contactPath(c.ID, "panel") + "?edit=" + name}
			if name == reachBlock { // what changes most
				b.Edit.Key = "e"
			}
		}
		if len(b.Items) > 0 || b.Edit != nil || b.Body != nil {
			v.Blocks = append(v.Blocks, b)
		}
	}
	if b := x.groupsBlock(c); len(b.Items) > 0 {
		b.ID, b.Actions = "panel-groups", nil
		v.Blocks = append(v.Blocks, b)
	}
	if c.DeletedAt == nil {
		if x.can(policy.Edit) {
			v.Actions = append(v.Actions, ui.Action{Label: x.p.T("action.edit"), Href: contactPath(c.ID, "edit"), Icon: "edit"})
		}
		v.Actions = append(v.Actions, x.contactDeeds(c)...)
		if x.can(policy.Trash) {
			v.Actions = append(v.Actions, x.trashAction(s.look, c.ID))
		}
	}
	return v, nil
}

// savedInPanel answers an edit made in the quick view: with the view as it is now, or with its form again.
func (x *exchange) savedInPanel(c *contact.Contact, block string, form templ.Component) error {
	s, err := x.about(c)
	if err != nil {
		return err
	}
	v, err := x.panelOf(s, block, form)
	if err != nil {
		return err
	}
	return x.part(ui.Panel(x.p, v))
}

// contact reads the contact that the address names.
func (x *exchange) contact() (*contact.Contact, error) {
	rec, err := x.app.Records.Get(x.ctx(), x.who.Grant, contact.Name, x.r.PathValue("id"))
	if err != nil {
		return nil, err
	}
	if err := x.movedOn(rec); err != nil {
		return nil, err
	}
	c, ok := rec.(*contact.Contact)
	if !ok {
		return nil, errors.New("app: a contact of another type")
	}
	return c, nil
}
