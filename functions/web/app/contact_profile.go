package app

import (
	"errors"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/a-h/templ"

	"github.com/muster-crm/muster/functions/web/ui"
	"github.com/muster-crm/muster/shared/account"
	"github.com/muster-crm/muster/shared/call"
	"github.com/muster-crm/muster/shared/contact"
	"github.com/muster-crm/muster/shared/fault"
	"github.com/muster-crm/muster/shared/file"
	memo "github.com/muster-crm/muster/shared/note"
	"github.com/muster-crm/muster/shared/policy"
	"github.com/muster-crm/muster/shared/record"
	"github.com/muster-crm/muster/shared/reminder"
	"github.com/muster-crm/muster/shared/repository"
	"github.com/muster-crm/muster/shared/satisfaction"
	"github.com/muster-crm/muster/shared/service"
	"github.com/muster-crm/muster/shared/ticket"
)

// The tabs of a profile, by the last part of their address.
const (
	overviewTab = ""
	personalTab = "personal"
	addressTab  = "addresses"
	historyTab  = "history"
	loginTab    = "login"
)

// profile is a tab of a contact below the header they share.
type profile struct {
	contact *contact.Contact
	tab     string
	status  int
	last    *record.Change  // the newest change; nil to read it
	tagForm templ.Component // in the place of the tags
}

func (x *exchange) profile(p profile, body ...templ.Component) error {
	c := p.contact
	title := record.Title(c)
	s, err := x.about(c)
	if err != nil {
		return err
	}
	head := ui.Header{Title: title, Sub: x.sub(c), Face: x.largeFace(s), Pills: x.pills(c), Tags: tags(c), TagForm: p.tagForm}
	meta, err := x.lastChange(c, p.last)
	if err != nil {
		return err
	}
	head.Meta = meta
	if head.Near, err = x.relatives(c); err != nil {
		return err
	}
	links, err := x.app.Records.Linked(x.ctx(), x.who.Grant, contact.Name, c.ID)
	if err != nil {
		return err
	}
	var above []templ.Component
	if c.DeletedAt != nil {
		above = append(above, x.trashBanner(c))
	} else {
		if x.can(policy.Edit) {
			head.Primary = &ui.Action{Label: x.p.T("action.edit"), Href: contactPath(c.ID, "edit"), Icon: "edit", Key: "e"}
			head.TagEdit = &ui.Action{Label: x.p.T("page.editTags"), Href: contactPath(c.ID) + "?edit=" + tagsBlock}
			if len(c.Tags) == 0 {
				head.TagEdit.Label = x.p.T("page.addTags")
			}
		}
		if x.can(policy.Trash) {
			head.Others = append(head.Others, x.trashAction(contactLook, c.ID))
		}
		head.Menu = x.besides(s)
		if x.can(policy.Export) {
			head.Menu = append(head.Menu, x.profileAction(contactLook, c.ID))
		}
	}
	bars, err := x.tabBars(s, p.tab, links)
	if err != nil {
		return err
	}
	trail := []ui.Link{{Label: x.p.T("nav.contacts"), Href: HomePath}, {Label: title}}
	above = append(above, ui.PageHeader(x.p, head))
	return x.show(view{Title: title, Trail: trail, Status: p.status}, slices.Concat(above, bars, body)...)
}

// besides is what can be added to a record from anywhere on its profile.
func (x *exchange) besides(s *subject) []ui.Action {
	var all []ui.Action
	if x.can(policy.Create) {
		if x.hasNotes(s.kind) {
			all = append(all, ui.Action{Label: x.p.T("file.note.add"), Href: s.at(notesTab), Icon: "note"})
		}
		for _, child := range x.childrenOf(s.kind) {
			all = append(all, x.addChild(s, child))
		}
	}
	if picture := x.pictureAction(s); picture != nil {
		all = append(all, *picture)
	}
	return all
}

// tabGroup is a tab that holds several lists of what belongs to a contact: the key of its name, and the kinds.
type tabGroup struct {
	key   string
	kinds []string
}

var tabGroups = []tabGroup{
	{"page.tab.around", []string{reminder.Name, call.Name}},
	{"page.tab.service", []string{ticket.Name, service.Name, satisfaction.Name}},
}

// tabBars are the tabs of a contact and, where the one that is open holds several lists, theirs below.
func (x *exchange) tabBars(s *subject, at string, links []repository.Link) ([]templ.Component, error) {
	c := s.Record.(*contact.Contact)
	around, err := x.beside(s)
	if err != nil {
		return nil, err
	}
	tab := func(name, key string, n int) ui.Link {
		link := ui.Link{Label: x.p.T(key), Href: s.at(), Current: name == at}
		if name != overviewTab {
			link.Href = s.at(name)
		}
		if n > 0 {
			link.Count = x.p.Number(int64(n))
		}
		return link
	}
	bar := ui.Tabs{Label: x.p.T("tabs.sections"), Items: []ui.Link{tab(overviewTab, "page.tab.overview", 0), tab(personalTab, "page.tab.personal", 0)}}
	if x.shows("addresses") {
		bar.Items = append(bar.Items, tab(addressTab, "field.contact.addresses", len(c.Addresses)))
	}
	for _, t := range x.linksOf(s.look) {
		n := 0
		for _, l := range links {
			if l.Kind == t.kind.Name && l.Field == t.ref.Path {
				n++
			}
		}
		if t.here {
			if n, err = x.countLinks(s, t); err != nil {
				return nil, err
			}
		}
		bar.Items = append(bar.Items, tab(t.name, t.title(), n))
	}
	bar.Items = append(bar.Items, tab(notesTab, "file.tab", around.Totals[memo.Name]+len(file.Documents(around.Children[file.Name]))))
	var below []templ.Component
	for _, group := range tabGroups {
		inner := ui.Tabs{Label: x.p.T(group.key)}
		total := 0
		for _, kind := range group.kinds {
			child := lookOf(kind)
			inner.Items = append(inner.Items, tab(child.plural, child.title(), around.Totals[kind]))
			total += around.Totals[kind]
		}
		one := tab(lookOf(group.kinds[0]).plural, group.key, total)
		if one.Current = slices.ContainsFunc(inner.Items, func(l ui.Link) bool { return l.Current }); one.Current {
			below = append(below, ui.SubTabs(inner))
		}
		bar.Items = append(bar.Items, one)
	}
	for _, child := range x.childrenOf(s.kind) { // kinds of which no group knows
		if !slices.ContainsFunc(tabGroups, func(g tabGroup) bool { return slices.Contains(g.kinds, child.kind) }) {
			bar.Items = append(bar.Items, tab(child.plural, child.title(), around.Totals[child.kind]))
		}
	}
	bar.Items = append(bar.Items, tab(historyTab, "nav.history", 0), tab(loginTab, "page.tab.login", 0))
	return append([]templ.Component{ui.TabBar(bar)}, below...), nil
}

// beside gives what belongs to the record of the page; it is read once.
func (x *exchange) beside(s *subject) (repository.Around, error) {
	if x.around == nil || x.around.Record.Base().ID != s.id() {
		around, err := x.app.Records.Around(x.ctx(), x.who.Grant, s.kind.Name, s.id())
		if err != nil {
			return around, err
		}
		x.around = &around
	}
	return *x.around, nil
}

// profiled reads the contact of the address and what belongs to it, with one read.
func (x *exchange) profiled() (*contact.Contact, error) {
	around, err := x.app.Records.Around(x.ctx(), x.who.Grant, contact.Name, x.r.PathValue("id"))
	if err != nil {
		return nil, err
	}
	if err := x.movedOn(around.Record); err != nil {
		return nil, err
	}
	x.around = &around
	return around.Record.(*contact.Contact), nil
}

// lastChange says who changed a contact last, and when.
func (x *exchange) lastChange(c *contact.Contact, last *record.Change) (string, error) {
	if last == nil {
		changes, _, err := x.app.Records.History(x.ctx(), x.who.Grant, contact.Name, c.ID, 0, 1)
		if err != nil || len(changes) == 0 {
			return "", err
		}
		last = &changes[0]
	}
	return x.p.T("page.changed", "name", x.actor(*last), "when", x.p.Relative(last.At, x.now())), nil
}

// actor names who made a change.
func (x *exchange) actor(c record.Change) string {
	if c.Name == "" {
		return x.p.T("page.system")
	}
	return c.Name
}

func (x *exchange) trashBanner(c *contact.Contact) templ.Component {
	a := ui.Alert{Tone: ui.Warn, Title: x.p.T("page.inTrash"), Text: x.p.T("page.inTrash.text", "when", x.p.Moment(*c.DeletedAt))}
	if x.can(policy.Restore) {
		a.Actions = append(a.Actions, x.restoreAction(contactLook, c.ID))
	}
	return ui.AlertBox(x.p, a)
}

// overviewChanges is how much of its story a record of another kind tells.
const overviewChanges = 15

// overview is the person at a glance: how to reach them, what they are, what waits, and what happened.
func (a *App) overview(x *exchange) error {
	c, err := x.profiled()
	if err != nil {
		return err
	}
	if x.r.URL.Query().Get("edit") != tagsBlock {
		return x.overview(c, 0, nil)
	}
	if err := x.editable(c, tagsBlock); err != nil {
		return err
	}
	return x.overview(c, 0, x.blockForm(c, tagsBlock, x.draftOf(c), nil))
}

func (x *exchange) overview(c *contact.Contact, status int, tagForm templ.Component) error {
	s, err := x.about(c)
	if err != nil {
		return err
	}
	around, err := x.beside(s)
	if err != nil {
		return err
	}
	parts := 1
	if n, err := strconv.Atoi(x.r.URL.Query().Get("more")); err == nil && n > 1 {
		parts = min(n, maxStory)
	}
	if err := x.learn(slices.Concat(refsOf(c), assignees(around))...); err != nil {
		return err
	}
	days, last, more, err := x.lifeStory(s, around, parts)
	if err != nil {
		return err
	}
	var facts []templ.Component
	for _, b := range []ui.Block{x.openBlock(around), x.reachBlock(c), x.addressBlock(c), x.groupsBlock(c), x.lifeBlock(c), x.workBlock(c), x.customBlock(c)} {
		if len(b.Items) > 0 {
			facts = append(facts, ui.BlockCard(x.p, b))
		}
	}
	if len(facts) == 0 {
		facts = append(facts, ui.EmptyState(ui.Empty{Icon: "user", Title: x.p.T("page.bare"), Text: x.p.T("page.bare.text")}))
	}
	return x.profile(profile{contact: c, tab: overviewTab, status: status, tagForm: tagForm, last: last},
		ui.Halves(facts, []templ.Component{ui.BlockCard(x.p, x.storyBlock(s, days, more, parts))}))
}

// personal shows all of a contact in blocks; ?edit= names the one that is open for editing.
func (a *App) personal(x *exchange) error {
	c, err := x.profiled()
	if err != nil {
		return err
	}
	edit := x.r.URL.Query().Get("edit")
	if edit == "" {
		return x.blocks(c, personalTab, 0, "", nil)
	}
	if err := x.editable(c, edit); err != nil {
		return err
	}
	form := x.carriedForm
	if edit != carriedBlock {
		form = func(c *contact.Contact) templ.Component { return x.blockForm(c, edit, x.draftOf(c), nil) }
	}
	return x.blocks(c, personalTab, 0, edit, form(c))
}

// editable refuses to open a form for what cannot be changed.
func (x *exchange) editable(c *contact.Contact, block string) error {
	if block != "" && block != carriedBlock && !x.isBlock(block) {
		return fault.New(fault.NotFound, "not_found")
	}
	if c.DeletedAt != nil {
		return fault.New(fault.Conflict, "trashed")
	}
	return x.who.Grant.Allow(policy.Edit)
}

// blocks shows the blocks of a tab, one of them, or one field of them, perhaps as a form.
func (x *exchange) blocks(c *contact.Contact, tab string, status int, open string, form templ.Component) error {
	if err := x.learn(refsOf(c)...); err != nil {
		return err
	}
	names := []string{personBlock, reachBlock, classBlock, kitBlock, workBlock, papersBlock, termsBlock, customBlock}
	if tab == addressTab {
		names = []string{addressesBlock}
	}
	var cards []templ.Component
	for _, name := range names {
		b := x.block(c, name)
		b.Edit = x.editBlock(c, tab, name)
		switch {
		case name == open && form != nil:
			b.Edit, b.Items, b.Body, b.Actions = nil, nil, form, nil
		case name == customBlock:
			x.ownEdits(c, &b, open, form)
		}
		if len(b.Items) > 0 || b.Edit != nil || b.Body != nil || len(b.Actions) > 0 {
			cards = append(cards, ui.BlockCard(x.p, b))
		}
	}
	return x.profile(profile{contact: c, tab: tab, status: status}, ui.Blocks(cards...))
}

// block is one of the blocks of a profile, to be read.
func (x *exchange) block(c *contact.Contact, name string) ui.Block {
	switch name {
	case personBlock:
		return x.personalBlock(c)
	case reachBlock:
		return x.reachBlock(c)
	case addressesBlock:
		return x.addressBlock(c)
	case classBlock:
		return x.classBlock(c)
	case kitBlock:
		return x.kitBlock(c)
	case workBlock:
		return x.workBlock(c)
	case papersBlock:
		return x.papersBlock(c)
	case termsBlock:
		return x.termsBlock(c)
	}
	return x.customBlock(c)
}

// blockID names the element that a block, or an own field by itself, is shown in and edited in.
func blockID(block string) string {
	if name, ok := strings.CutPrefix(block, "custom."); ok {
		return "own-" + name
	}
	if block == carriedBlock {
		block = customBlock
	}
	return "block-" + block
}

// editBlock is the action that opens a block for editing; nil where there is nothing that the reader may change.
func (x *exchange) editBlock(c *contact.Contact, tab, block string) *ui.Action {
	if c.DeletedAt != nil || !x.can(policy.Edit) || block == customBlock || !slices.ContainsFunc(blockFields[block], x.offers) {
		return nil
	}
	return &ui.Action{Label: x.p.T("action.edit"), Href: contactPath(c.ID, tab) + "?" + url.Values{"edit": {block}}.Encode()}
}

func (a *App) addressesTab(x *exchange) error {
	c, err := x.profiled()
	if err != nil {
		return err
	}
	edit := x.r.URL.Query().Get("edit")
	if edit == "" {
		return x.blocks(c, addressTab, 0, "", nil)
	}
	if err := x.editable(c, edit); err != nil {
		return err
	}
	return x.blocks(c, addressTab, 0, addressesBlock, x.blockForm(c, addressesBlock, x.draftOf(c), nil))
}

// login shows how a contact is known to the system, and whether one of its users has their e-mail address.
func (a *App) login(x *exchange) error {
	c, err := x.profiled()
	if err != nil {
		return err
	}
	system := ui.Block{ID: "block-system", Title: x.p.T("page.section.system"), Items: present(
		ui.Item{Label: x.label("number"), Value: numberOf(c)}, x.item("createdAt", x.moment(c.CreatedAt)), x.item("updatedAt", x.moment(c.UpdatedAt)))}
	for _, name := range slices.Sorted(maps.Keys(c.ExternalIDs)) {
		system.Items = append(system.Items, ui.Item{Label: x.label("externalIds") + " " + name, Value: c.ExternalIDs[name]})
	}
	if b := c.LoginBlocked; !b.At.IsZero() {
		system.Items = append(system.Items, ui.Item{Label: x.label("loginBlocked"), Body: ui.Badge(ui.Pill{Label: x.p.T("page.loginBlocked", "when", x.p.Day(b.At)), Tone: ui.Bad, Dot: true}), Note: b.Reason})
	}
	access := ui.Block{ID: "block-access", Title: x.p.T("page.section.access"), Empty: x.p.T("page.noLogin")}
	if u, err := x.userOf(c); err != nil {
		return err
	} else if u != nil {
		access.Items = present(ui.Item{Label: x.p.T("page.user.name"), Value: u.Name, Href: "/settings/users/" + u.ID}, ui.Item{Label: x.p.T("page.user.login"), Value: u.Login},
			ui.Item{Label: x.p.T("page.user.first"), Value: x.momentOf(u.FirstLoginAt)}, ui.Item{Label: x.p.T("page.user.last"), Value: x.momentOf(u.LastLoginAt)})
	}
	return x.profile(profile{contact: c, tab: loginTab}, ui.Blocks(ui.BlockCard(x.p, system), ui.BlockCard(x.p, access)))
}

func (x *exchange) moment(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return x.p.Moment(t)
}

func (x *exchange) momentOf(t *time.Time) string {
	if t == nil {
		return ""
	}
	return x.moment(*t)
}

// userOf finds the user who signs in with one of a contact's addresses, for those who may know; else nil.
func (x *exchange) userOf(c *contact.Contact) (*account.User, error) {
	if !x.can(policy.Manage) {
		return nil, nil
	}
	logins := map[string]bool{}
	for _, e := range c.Emails {
		logins[account.FoldLogin(e.Address)] = true
	}
	for after := ""; len(logins) > 0; {
		users, next, err := x.app.Accounts.List(x.ctx(), x.who.Grant, false, after, 100)
		if errors.Is(err, fault.Denied) {
			return nil, nil
		}
		if err != nil {
			return nil, err
		}
		for _, u := range users {
			if logins[u.Login] {
				return u, nil
			}
		}
		if next == "" {
			break
		}
		after = next
	}
	return nil, nil
}
