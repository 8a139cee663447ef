package app

import (
	"slices"

	"github.com/a-h/templ"

	"github.com/muster-crm/muster/functions/web/ui"
	"github.com/muster-crm/muster/shared/contact"
	"github.com/muster-crm/muster/shared/fault"
	"github.com/muster-crm/muster/shared/group"
	"github.com/muster-crm/muster/shared/list"
	"github.com/muster-crm/muster/shared/policy"
	"github.com/muster-crm/muster/shared/query"
	"github.com/muster-crm/muster/shared/record"
	"github.com/muster-crm/muster/shared/repository"
)

// Groups: teams, workgroups and classes (GRP-01 to 03). Who is in them is written on the contacts; their pages are those
// every kind has, with the members as a tab.

// groupLook is how groups are shown.
var groupLook = &look{
	kind: group.Name, plural: "groups", icon: "group", key: "g g", crowd: true,
	usual:  []string{mainColumn, "category", "members", "season", "entity", "capacity"},
	facets: []facet{{"category"}, {"season"}, {"entity"}},
}

func init() {
	groupLook.columns = []column{
		{id: "members", path: "members", alias: "kind.group.members", still: true, end: true, cell: each(func(x *exchange, g *group.Group) templ.Component {
			return ui.Number(x.p.Number(int64(x.sizes[g.ID])))
		})},
	}
	groupLook.before = (*exchange).countMembers
	groupLook.prefill = named("name")
	groupLook.told = func(x *exchange, r record.Record) string {
		g := r.(*group.Group)
		_ = x.learn(g.Season) // without it the line is shorter
		return joinDots(x.code(list.GroupCategory, g.Category), x.called(g.Season))
	}
	groupLook.extra = (*exchange).groupBlock
}

// countMembers counts the contacts who are in each group of a list today: one question of the index.
func (x *exchange) countMembers(records []record.Record) error {
	var any query.Or
	for _, r := range records {
		any = append(any, group.InNow(r.Base().ID))
	}
	found, err := x.app.Records.List(x.ctx(), x.who.Grant, contact.Name, repository.Question{Where: query.Normal(any), Facets: [][]string{{contact.GroupNowPath}}})
	if err != nil {
		return err
	}
	x.sizes = map[string]int{}
	for _, b := range found.Facets[0] {
		x.sizes[b.Values[0]] = b.Count
	}
	return nil
}

// seat is somebody in a group, and what they are there today.
type seat struct {
	id string
	contact.Place
}

// groupShown is how many members the overview of a group names.
const groupShown = 12

// groupBlock names the members of a group beside its facts, and says how many there are and have room.
func (x *exchange) groupBlock(s *subject) ([]templ.Component, error) {
	g := s.Record.(*group.Group)
	if s.gone() {
		return nil, nil
	}
	today := record.DateOf(x.now())
	now, past := 0, 0
	var shown []seat
	does := map[string]int{} // how many do what
	err := group.Members(x.ctx(), x.app.Records, x.who.Grant, g.ID, func(m group.Member) bool {
		if !m.On(today) {
			past++
			return true
		}
		i := slices.IndexFunc(m.Places, func(p contact.Place) bool { return p.On(today) })
		shown = append(shown, seat{m.ID, m.Places[i]})
		does[m.Places[i].Function]++
		now++
		return true
	})
	if err != nil {
		return nil, err
	}
	// Who does what few do comes first: the coaches before the players.
	slices.SortStableFunc(shown, func(a, b seat) int { return does[a.Function] - does[b.Function] })
	shown = shown[:min(len(shown), groupShown)]
	var ids []string
	for _, m := range shown {
		ids = append(ids, m.id)
	}
	if err := x.learn(ids...); err != nil {
		return nil, err
	}
	b := ui.Block{ID: "block-members", Title: x.p.T("kind.group.members"), Empty: x.p.T("kind.group.nobody")}
	room := ui.Item{Label: x.p.T("kind.group.now"), Value: x.p.Number(int64(now))}
	if g.Capacity != nil {
		room.Value = x.p.T("kind.group.room", "n", now, "capacity", *g.Capacity)
		if g.Full(now) {
			room.Body = ui.Badge(ui.Pill{Label: room.Value, Tone: ui.Warn})
			room.Note = x.p.T("kind.group.full")
		}
	}
	if now > 0 || past > 0 {
		b.Items = append(b.Items, room)
	}
	if past > 0 {
		b.Items = append(b.Items, ui.Item{Label: x.p.T("kind.group.past"), Value: x.p.Number(int64(past))})
	}
	for _, m := range shown {
		label := x.code(list.Functions, m.Function)
		if label == "" {
			label = x.p.T("kind.group.seat")
		}
		b.Items = append(b.Items, ui.Item{Label: label, Value: x.called(m.id), Href: contactPath(m.id)})
	}
	if more := now - len(shown); more > 0 {
		b.Items = append(b.Items, ui.Item{Label: "", Value: x.p.N("kind.group.more", more), Href: s.at(crowdTab)})
	}
	b.Actions = []ui.Action{{Label: x.p.T("kind.group.toMembers"), Href: s.at(crowdTab), Icon: "users"}}
	return []templ.Component{ui.BlockCard(x.p, b)}, nil
}

// during writes the time of a place in a group.
func (x *exchange) during(p contact.Place) string {
	from, to := x.p.Date(string(p.From)), x.p.Date(string(p.To))
	switch {
	case from != "" && to != "":
		return from + " – " + to
	case from != "":
		return x.p.T("kind.group.from", "date", from)
	case to != "":
		return x.p.T("kind.group.until", "date", to)
	}
	return ""
}

// groupsBlock names the groups a contact is in today, with what they do there.
func (x *exchange) groupsBlock(c *contact.Contact) ui.Block {
	b := ui.Block{ID: "block-groups", Title: x.p.T("field.contact.groups")}
	if !x.shows("groups") {
		return b
	}
	today := record.DateOf(x.now())
	for _, p := range c.Groups {
		ref, known := x.names[p.Group]
		if !known || ref.Trashed || !p.On(today) {
			continue
		}
		label := x.code(list.Functions, p.Function)
		if label == "" {
			label = x.p.T("kind.group.seat")
		}
		b.Items = append(b.Items, ui.Item{Label: label, Value: ref.Title, Href: groupLook.at(p.Group), Note: x.during(p)})
	}
	if c.DeletedAt == nil && x.can(policy.Edit) {
		b.Actions = []ui.Action{{Label: x.p.T("kind.group.toGroups"), Href: contactPath(c.ID, "groups"), Icon: "group"}}
	}
	return b
}

// groupsCell names the groups of a contact in a list.
func (x *exchange) groupsCell(c *contact.Contact) templ.Component {
	today := record.DateOf(x.now())
	var links []ui.Link
	for _, p := range c.Groups {
		ref, known := x.names[p.Group]
		href := groupLook.at(p.Group)
		if known && !ref.Trashed && p.On(today) && !slices.ContainsFunc(links, func(l ui.Link) bool { return l.Href == href }) {
			links = append(links, ui.Link{Label: ref.Title, Href: href})
		}
	}
	if len(links) == 0 {
		return nil
	}
	return ui.Anchors(links)
}

// joinTab is the page that asks for the group a contact is put into, from wherever they are listed (GRP-02).
const joinTab = "join"

// askJoin asks which group, beside the list where there is one. What it sends goes to the tab of the contact's groups.
func (a *App) askJoin(x *exchange) error {
	s, err := x.subject()
	if err != nil {
		return err
	}
	if err := x.allowEdit(s); err != nil {
		return err
	}
	tabs := x.linksOf(s.look)
	i := slices.IndexFunc(tabs, func(t linkTab) bool { return t.here && t.ref.Path == contact.GroupPath })
	if i < 0 {
		return fault.New(fault.NotFound, "not_found")
	}
	t := tabs[i]
	title := x.p.T("kind.group.join", "name", s.name())
	return x.show(view{Title: title, Trail: x.trail(s, ui.Link{Label: x.p.T(t.addKey())})}, ui.PageHeader(x.p, ui.Header{Title: title}),
		x.linkForm(s, t, x.kindForm(t.kind, document{}), document{}, nil))
}
