package app

import (
	"net/url"
	"slices"

	"github.com/a-h/templ"

	"github.com/muster-crm/muster/functions/web/ui"
	"github.com/muster-crm/muster/shared/contact"
	"github.com/muster-crm/muster/shared/fault"
	memo "github.com/muster-crm/muster/shared/note"
	"github.com/muster-crm/muster/shared/policy"
	"github.com/muster-crm/muster/shared/record"
)

// tab shows a part of a record's profile below the header its tabs share.
func (x *exchange) tab(s *subject, tab string, body ...templ.Component) error {
	return x.tabWith(s, tab, 0, body...)
}

func (x *exchange) tabWith(s *subject, tab string, status int, body ...templ.Component) error {
	if c, ok := s.Record.(*contact.Contact); ok {
		return x.profile(profile{contact: c, tab: tab, status: status}, body...)
	}
	return x.frame(s, tab, status, nil, body...)
}

// frame is the profile of a record: its header, what can be done with it, and its tabs above one of them.
func (x *exchange) frame(s *subject, tab string, status int, last *record.Change, body ...templ.Component) error {
	head := ui.Header{Title: s.name(), Face: x.headFace(s, true), Pills: x.pillsOf(s), Sub: x.subOf(s)}
	var err error
	if head.Meta, err = x.lastChangeOf(s, last); err != nil {
		return err
	}
	var above []templ.Component
	if s.gone() {
		above = append(above, x.trashNote(s))
	} else {
		if x.can(policy.Edit) {
			head.Primary = &ui.Action{Label: x.p.T("action.edit"), Href: s.at("edit"), Icon: "edit", Key: "e"}
		}
		if s.actions != nil {
			head.Others = append(head.Others, s.actions(x, s)...)
		}
		if x.can(policy.Trash) {
			head.Others = append(head.Others, x.trashAction(s.look, s.id()))
		}
		head.Menu = x.besides(s)
	}
	bar := ui.Tabs{Label: x.p.T("tabs.sections"), Items: []ui.Link{{Label: x.p.T("page.tab.overview"), Href: s.at(), Current: tab == overviewTab}}}
	more, err := x.moreTabs(s, tab)
	if err != nil {
		return err
	}
	bar.Items = append(bar.Items, more...)
	bar.Items = append(bar.Items, ui.Link{Label: x.p.T("nav.history"), Href: s.at(historyTab), Current: tab == historyTab})
	trail := []ui.Link{{Label: x.p.T(s.title()), Href: s.home()}, {Label: s.name()}}
	if owner, err := x.ownerLink(s); err != nil {
		return err
	} else if owner != nil {
		trail = slices.Insert(trail, 0, *owner)
	}
	above = append(above, ui.PageHeader(x.p, head), ui.TabBar(bar))
	return x.show(view{Title: s.name(), Trail: trail, Status: status}, append(above, body...)...)
}

// moreTabs are the tabs of a record beside those every profile has: the lists that link it to other records, the records
// that link to it, and its children.
func (x *exchange) moreTabs(s *subject, at string) ([]ui.Link, error) {
	var tabs []ui.Link
	for _, t := range x.linksOf(s.look) {
		tab := ui.Link{Label: x.p.T(t.title()), Href: s.at(t.name), Current: t.name == at}
		if n, err := x.countLinks(s, t); err != nil {
			return nil, err
		} else if n > 0 {
			tab.Count = x.p.Number(int64(n))
		}
		tabs = append(tabs, tab)
	}
	if x.hasNotes(s.kind) {
		tabs = append(tabs, ui.Link{Label: x.p.T("file.tab"), Href: s.at(notesTab), Current: notesTab == at})
	}
	for _, child := range x.childrenOf(s.kind) {
		tabs = append(tabs, ui.Link{Label: x.p.T(child.title()), Href: s.at(child.plural), Current: child.plural == at})
	}
	return tabs, nil
}

// hasNotes tells whether records of a kind have notes and files beside them.
func (x *exchange) hasNotes(k *record.Kind) bool {
	notes, err := x.app.Records.Kind(memo.Name)
	return err == nil && slices.Contains(notes.Under, k.Name)
}

// headFace is the face of a record in its header; nil for kinds without.
func (x *exchange) headFace(s *subject, large bool) *ui.Face {
	if !s.people {
		return nil
	}
	face := x.faceOf(s.look, s.Record).Face
	if large {
		face = *x.largeFace(s)
		face.Company = s.square
	}
	return &face
}

// pillsOf are the codes a record is known by at a glance: state, kind, priority.
func (x *exchange) pillsOf(s *subject) []ui.Pill {
	doc, err := documentOf(s.Record)
	if err != nil {
		return nil
	}
	var pills []ui.Pill
	for _, path := range s.pills {
		f, ok := s.kind.Field(path)
		if code, is := doc[path].(string); ok && is && code != "" {
			pills = append(pills, ui.Pill{Label: x.phrase(f, code), Tone: s.tones[code], Dot: s.tones[code] != ""})
		}
	}
	return pills
}

// subOf is the line below a name.
func (x *exchange) subOf(s *subject) string {
	if s.told == nil {
		return ""
	}
	return s.told(x, s.Record)
}

// lastChangeOf says who changed a record last, and when.
func (x *exchange) lastChangeOf(s *subject, last *record.Change) (string, error) {
	if last == nil {
		changes, _, err := x.app.Records.History(x.ctx(), x.who.Grant, s.kind.Name, s.id(), 0, 1)
		if err != nil || len(changes) == 0 {
			return "", err
		}
		last = &changes[0]
	}
	return x.p.T("page.changed", "name", x.actor(*last), "when", x.p.Relative(last.At, x.now())), nil
}

func (x *exchange) trashNote(s *subject) templ.Component {
	a := ui.Alert{Tone: ui.Warn, Title: x.p.T("page.inTrash"), Text: x.p.T("page.inTrash.text", "when", x.p.Moment(*s.Base().DeletedAt))}
	if x.can(policy.Restore) {
		a.Actions = append(a.Actions, x.restoreAction(s.look, s.id()))
	}
	return ui.AlertBox(x.p, a)
}

// ownerLink leads from a child to the record it belongs to; nil for others.
func (x *exchange) ownerLink(s *subject) (*ui.Link, error) {
	owner := s.owner()
	if owner == "" {
		return nil, nil
	}
	if err := x.learn(owner); err != nil {
		return nil, err
	}
	l := lookOf(x.names[owner].Kind)
	if l == nil {
		return nil, nil
	}
	return &ui.Link{Label: x.names[owner].Title, Href: l.at(owner, s.plural)}, nil
}

// record shows a record: its facts in blocks, each edited in place, and what happened.
func (a *App) record(x *exchange) error {
	s, err := x.subject()
	if err != nil {
		return err
	}
	name := x.r.URL.Query().Get("edit")
	if name == "" {
		return x.showRecord(s, 0, "", nil)
	}
	if err := x.mayOpen(s, name); err != nil {
		return err
	}
	b, _ := x.blockOf(s, name)
	doc, err := documentOf(s.Record)
	if err != nil {
		return err
	}
	return x.showRecord(s, 0, name, x.editInPlace(s, b, x.kindForm(s.kind, doc), s.version()))
}

// showRecord shows a record, one block of it perhaps as a form.
func (x *exchange) showRecord(s *subject, status int, open string, form templ.Component) error {
	changes, next, err := x.app.Records.History(x.ctx(), x.who.Grant, s.kind.Name, s.id(), 0, overviewChanges)
	if err != nil {
		return err
	}
	days, err := x.story(s, changes, false)
	if err != nil {
		return err
	}
	if err := x.learnOf(s.kind, s.Record); err != nil {
		return err
	}
	blocks, err := x.factBlocks(s)
	if err != nil {
		return err
	}
	var cards []templ.Component
	for _, b := range blocks {
		if b.ID == "block-"+open && form != nil {
			b.Edit, b.Items, b.Body = nil, nil, form
		}
		cards = append(cards, ui.BlockCard(x.p, b))
	}
	if s.extra != nil {
		more, err := s.extra(x, s)
		if err != nil {
			return err
		}
		cards = append(cards, more...)
	}
	story := []templ.Component{ui.Timeline(x.p, days)}
	if next > 0 {
		story = append(story, ui.Do(ui.Action{Label: x.p.T("page.wholeHistory"), Href: s.at(historyTab), Icon: "history"}, "button small"))
	}
	var last *record.Change
	if len(changes) > 0 {
		last = &changes[0]
	}
	timeline := ui.Block{ID: "story", Title: x.p.T("page.story"), Body: templ.Join(story...)}
	return x.frame(s, overviewTab, status, last, ui.Halves(cards, []templ.Component{ui.BlockCard(x.p, timeline)}))
}

// factBlocks are the facts of a record, block by block. A block that holds nothing says so, and can be filled.
func (x *exchange) factBlocks(s *subject) ([]ui.Block, error) {
	doc, err := documentOf(s.Record)
	if err != nil {
		return nil, err
	}
	var all []ui.Block
	for _, b := range x.blocksOf(s.look, s.kind) {
		shown := ui.Block{ID: "block-" + b.name, Title: x.blockTitle(s.kind, b), Empty: x.p.T("form.none")}
		if !s.gone() && x.can(policy.Edit) {
			shown.Edit = &ui.Action{Label: x.p.T("action.edit"), Href: s.at() + "?" + url.Values{"edit": {b.name}}.Encode()}
		}
		if b.name == ownBlock {
			values, _ := doc[ownBlock].(document)
			for _, f := range s.kind.OwnFields(x.cfg.Fields) {
				shown.Items = append(shown.Items, x.ownFacts(s, f, values[f.Name])...)
			}
		}
		readable := b.name == ownBlock
		for _, name := range b.fields {
			f, ok := s.kind.Field(name)
			if !ok || b.name == ownBlock {
				continue
			}
			readable = readable || x.who.Grant.Fields(policy.Read, f.Class)
			shown.Items = append(shown.Items, x.facts(s.kind, f, doc[name])...)
		}
		if readable {
			all = append(all, shown)
		}
	}
	return all, nil
}

// ownFacts tells an own field: of a sensitive one its mask, with a button that shows the value to who may see it, or the
// value that was asked for just now (REC-23).
func (x *exchange) ownFacts(s *subject, f *record.Field, value any) []ui.Item {
	if f.Class != policy.Sensitive || value == nil || value == "" {
		return x.facts(s.kind, f, value)
	}
	item := ui.Item{Label: f.Own.Label, Value: typedText(value), Masked: true}
	if raw, ok := x.revealed[f.Path]; ok {
		doc, err := readDocument([]byte(`{"value":` + string(raw) + `}`))
		if err != nil {
			return nil
		}
		all := x.facts(s.kind, f, doc["value"])
		for i := range all {
			all[i].Note = x.p.T("page.revealed")
		}
		return all
	}
	if x.can(policy.Reveal) && !s.gone() {
		item.Reveal = &ui.Action{Label: x.p.T("page.reveal"), Href: s.at("reveal"), Post: true, Icon: "eye", Of: item.Label, Into: "block-" + ownBlock,
			Values: []ui.Value{{Name: "field", Value: f.Path}}}
	}
	return []ui.Item{item}
}

// revealRecord shows the values of sensitive fields, after it has been noted who asked for them (HIST-07). They are in this
// answer alone.
func (a *App) revealRecord(x *exchange) error {
	s, err := x.subject()
	if err != nil {
		return err
	}
	if s.gone() {
		return fault.New(fault.Conflict, "trashed")
	}
	form, err := x.form()
	if err != nil {
		return err
	}
	if x.revealed, err = a.Records.Reveal(x.ctx(), x.writing(), s.kind.Name, s.id(), form["field"]); err != nil {
		return err
	}
	return x.showRecord(s, 0, "", nil)
}

// kindPanel shows a record beside its list.
func (x *exchange) kindPanel(s *subject) (ui.PanelView, error) {
	v := ui.PanelView{Person: x.faceOf(s.look, s.Record), Pills: x.pillsOf(s)}
	v.Person.Sub = x.subOf(s)
	if err := x.learnOf(s.kind, s.Record); err != nil {
		return v, err
	}
	blocks, err := x.factBlocks(s)
	if err != nil {
		return v, err
	}
	for _, b := range blocks {
		if len(b.Items) > 0 {
			b.ID, b.Edit = "panel-"+b.ID, nil
			v.Blocks = append(v.Blocks, b)
		}
	}
	if s.extra != nil {
		more, err := s.extra(x, s)
		if err != nil {
			return v, err
		}
		v.More = more
	}
	if !s.gone() {
		if x.can(policy.Edit) {
			v.Actions = append(v.Actions, ui.Action{Label: x.p.T("action.edit"), Href: s.at("edit"), Icon: "edit", Key: "e"})
		}
		if x.can(policy.Trash) {
			v.Actions = append(v.Actions, x.trashAction(s.look, s.id()))
		}
	}
	return v, nil
}

// allow refuses what cannot be done with a record in the trash, or by this reader.
func (x *exchange) allowEdit(s *subject) error {
	if s.gone() {
		return fault.New(fault.Conflict, "trashed")
	}
	return x.who.Grant.Allow(policy.Edit)
}
