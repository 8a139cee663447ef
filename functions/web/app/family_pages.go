package app

import (
	"encoding/json"
	"net/http"
	"slices"

	"github.com/a-h/templ"

	"github.com/muster-crm/muster/functions/web/ui"
	"github.com/muster-crm/muster/shared/contact"
	"github.com/muster-crm/muster/shared/family"
	"github.com/muster-crm/muster/shared/fault"
	"github.com/muster-crm/muster/shared/idem"
	"github.com/muster-crm/muster/shared/list"
	"github.com/muster-crm/muster/shared/policy"
	"github.com/muster-crm/muster/shared/reach"
	"github.com/muster-crm/muster/shared/record"
)

// familyLook is how families are shown.
var familyLook = &look{
	kind: family.Name, plural: "families", icon: "family", key: "g f", people: true, square: true, fellows: true,
	usual:  []string{mainColumn, "head", "members", "town", "updated"},
	facets: []facet{{"address.town"}},
}

func init() {
	familyLook.columns = []column{
		{id: "head", path: "members.head", still: true, cell: each(func(x *exchange, f *family.Family) templ.Component { return x.contactLinks(f.Head()) })},
		{id: "members", path: "members", still: true, mid: true, cell: each(func(x *exchange, f *family.Family) templ.Component {
			return x.contactLinks(slices.DeleteFunc(f.Contacts(), func(id string) bool { return id == f.Head() })...)
		})},
		{id: "town", path: "address.town", cell: each(func(_ *exchange, f *family.Family) templ.Component { return words(f.Address.Town) })},
		{id: "street", path: "address.street", wide: true, cell: each(func(x *exchange, f *family.Family) templ.Component {
			return words(street(x, f.Address))
		})},
	}
	familyLook.prefill = named("name")
	familyLook.told = func(_ *exchange, r record.Record) string { return r.(*family.Family).Address.Town }
	familyLook.extra = (*exchange).membersBlock
	familyLook.saved = (*exchange).familySaved
	familyLook.added = []Route{
		{Method: http.MethodGet, Path: "/families/{id}/move/{revision}", Title: "family.move", Need: policy.Edit, handle: (*App).askMove},
		{Method: http.MethodPost, Path: "/families/{id}/move/{revision}", Title: "family.move", Need: policy.Edit, handle: (*App).move},
	}
}

// street is the first line of an address.
func street(x *exchange, p reach.Place) string {
	if p.Street == "" {
		return ""
	}
	return x.addressLines(contact.Address{Street: p.Street, Number: p.Number, Box: p.Box, Country: x.cfg.Settings.Country})[0]
}

// contactLinks names contacts whose titles were learnt, each once.
func (x *exchange) contactLinks(ids ...string) templ.Component {
	var links []ui.Link
	for _, id := range ids {
		link := ui.Link{Label: x.called(id), Href: contactPath(id)}
		if link.Label != "" && !slices.Contains(links, link) {
			links = append(links, link)
		}
	}
	if len(links) == 0 {
		return nil
	}
	return ui.Anchors(links)
}

// membersBlock names the members of a family beside its facts, the head first.
func (x *exchange) membersBlock(s *subject) ([]templ.Component, error) {
	f := s.Record.(*family.Family)
	b := ui.Block{ID: "block-members", Title: x.p.T("field.family.members"), Empty: x.p.T("links.none")}
	members := slices.Clone(f.Members)
	slices.SortStableFunc(members, func(a, b family.Member) int { return ordinal(!a.Head) - ordinal(!b.Head) })
	for i, m := range members {
		title := x.called(m.Contact)
		if title == "" || slices.ContainsFunc(members[:i], func(before family.Member) bool { return before.Contact == m.Contact }) {
			continue
		}
		item := ui.Item{Label: x.code(list.FamilyRole, m.Role), Value: title, Href: contactPath(m.Contact)}
		if m.Head {
			item.Note = x.p.T("family.head")
		}
		b.Items = append(b.Items, item)
	}
	if !s.gone() {
		b.Actions = []ui.Action{{Label: x.p.T("family.toMembers"), Href: s.at("members"), Icon: "users"}}
	}
	return []templ.Component{ui.BlockCard(x.p, b)}, nil
}

func ordinal(b bool) int {
	if b {
		return 1
	}
	return 0
}

// familySaved offers a changed address to the members who live where the family did (FAM-03).
func (x *exchange) familySaved(before *subject, after record.Record) (string, error) {
	followers, err := family.Followers(x.ctx(), x.app.Records, x.who.Grant, after.(*family.Family), before.Record.(*family.Family).Address)
	if err != nil || len(followers) == 0 {
		return before.at(), err
	}
	s, err := x.about(after)
	if err != nil {
		return "", err
	}
	return s.at("move", s.version()), nil
}

// moving reads the family of the address, and the address it had before the change the address names.
func (x *exchange) moving() (*subject, *family.Family, reach.Place, error) {
	var was reach.Place
	s, err := x.subject()
	if err != nil {
		return nil, nil, was, err
	}
	if err := x.allowEdit(s); err != nil {
		return nil, nil, was, err
	}
	change, err := x.change(s, x.r.PathValue("revision"))
	if err != nil {
		return nil, nil, was, err
	}
	at := slices.IndexFunc(change.Fields, func(f record.FieldChange) bool { return f.Field == "address" })
	if at < 0 || change.Fields[at].From == nil {
		return nil, nil, was, fault.New(fault.NotFound, "not_found")
	}
	return s, s.Record.(*family.Family), was, json.Unmarshal(change.Fields[at].From, &was)
}

// askMove asks which members take the new address.
func (a *App) askMove(x *exchange) error {
	s, f, was, err := x.moving()
	if err != nil {
		return err
	}
	followers, err := family.Followers(x.ctx(), a.Records, x.who.Grant, f, was)
	if err != nil {
		return err
	}
	title := x.p.T("family.move")
	page := view{Title: title, Trail: x.trail(s, ui.Link{Label: title})}
	if len(followers) == 0 {
		return x.show(page, ui.PageHeader(x.p, ui.Header{Title: title}), ui.EmptyState(ui.Empty{Icon: "pin", Title: x.p.T("family.move.nobody"), Actions: []ui.Action{{Label: s.name(), Href: s.at()}}}))
	}
	field := ui.Choices{Base: ui.Base{Name: "contacts", Label: x.p.T("family.move.who")}}
	for _, c := range followers {
		field.Options = append(field.Options, ui.Option{Value: c.ID, Label: record.Title(c), Help: x.sub(c)})
		field.Values = append(field.Values, c.ID)
	}
	from, to := x.addressText(was), x.addressText(f.Address)
	return x.show(page, ui.PageHeader(x.p, ui.Header{Title: title, Sub: x.p.T("family.move.text", "from", from, "to", to)}),
		ui.FormView(x.p, ui.Form{ID: "move", Action: s.at("move", x.r.PathValue("revision")), Key: x.newKey(), Save: x.p.T("family.move.do"), Cancel: s.at(), Fields: []ui.Field{field}}))
}

// addressText writes an address on one line.
func (x *exchange) addressText(p reach.Place) string {
	var line string
	for i, part := range x.addressLines(contact.Address{Street: p.Street, Number: p.Number, Box: p.Box, Postcode: p.Postcode, Town: p.Town, Region: p.Region, Country: p.Country}) {
		if i > 0 {
			line += ", "
		}
		line += part
	}
	return line
}

// move gives the chosen members the new address.
func (a *App) move(x *exchange) error {
	form, err := x.form()
	if err != nil {
		return err
	}
	s, f, was, err := x.moving()
	if err != nil {
		return err
	}
	ids := slices.DeleteFunc(slices.Clone(form["contacts"]), func(id string) bool { return id == "" })
	w := x.writing()
	w.Key = idem.Key{} // each member is a write of its own; whoever has moved already is no follower any more
	moved, err := family.Move(x.ctx(), a.Records, w, f, was, ids)
	if err != nil {
		return err
	}
	x.say(note{Text: x.p.N("family.moved", moved)})
	return x.redirect(s.at())
}
