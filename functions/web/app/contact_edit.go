package app

import (
	"errors"
	"slices"
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"github.com/muster-crm/muster/functions/web/ui"
	"github.com/muster-crm/muster/shared/contact"
	"github.com/muster-crm/muster/shared/email"
	"github.com/muster-crm/muster/shared/fault"
	"github.com/muster-crm/muster/shared/record"
)

// newContact shows the form of a new contact; the address may bring first values.
func (a *App) newContact(x *exchange) error {
	d := x.newDraft()
	if given := x.r.URL.Query(); len(given) > 0 {
		first := *d
		x.readDraft(given, []string{personBlock, reachBlock}, d)
		d.Gender, d.Language = first.Gender, first.Language
		for i := range d.Emails {
			d.Emails[i].Kind, d.Emails[i].Main = "personal", i == 0
		}
		for i := range d.Phones {
			d.typed[i].Country = x.cfg.Settings.Country
			d.Phones[i].Line, d.Phones[i].Kind, d.Phones[i].Main = "mobile", "personal", i == 0
		}
	}
	return x.showNew(d, 0, nil)
}

func (x *exchange) showNew(d *draft, status int, f *fault.Fault) error {
	form := x.contactForm(d, f).form("contact", HomePath+"/new", formBlocks)
	form.Cancel = HomePath
	form.Others = []ui.Action{{Label: x.p.T("page.saveAndNext"), Href: "another"}}
	form.Alike = HomePath + alikeTail
	x.offerAnyway(&form, f)
	title := x.p.T("kind.contact.add")
	return x.show(view{Title: title, Status: status, Trail: []ui.Link{{Label: x.p.T("nav.contacts"), Href: HomePath}, {Label: title}}},
		ui.PageHeader(x.p, ui.Header{Title: title}), x.withAlike(contact.Name, ui.FormView(x.p, form), x.posted, f))
}

// create makes a contact.
func (a *App) create(x *exchange) error {
	form, err := x.form()
	if err != nil {
		return err
	}
	d := x.newDraft()
	if x.readDraft(form, formBlocks, d) {
		return x.showNew(d, 0, nil)
	}
	body, err := x.body(d, formBlocks, nil)
	if err != nil {
		return err
	}
	res, err := a.Records.Create(x.ctx(), x.guarded(form), contact.Name, body)
	if f, ok := shownInForm(err); ok {
		return x.showNew(d, statusOf(f), f)
	}
	if err != nil {
		return err
	}
	id := res.Record.Base().ID
	if form.Get("_action") == "another" {
		x.sayDone(saidCreated, res, HomePath+"/new")
		return x.redirect(HomePath + "/new")
	}
	x.sayDone(saidCreated, res, contactPath(id))
	return x.redirect(contactPath(id))
}

// editContact shows the whole form of a contact.
func (a *App) editContact(x *exchange) error {
	c, err := x.contact()
	if err != nil {
		return err
	}
	if err := x.editable(c, ""); err != nil {
		return err
	}
	return x.showEdit(c, x.draftOf(c), strconv.FormatInt(c.Version, 10), 0, nil)
}

func (x *exchange) showEdit(c *contact.Contact, d *draft, version string, status int, f *fault.Fault) error {
	form := x.contactForm(d, f).form("contact", contactPath(c.ID, "edit"), formBlocks)
	form.Version = version
	form.Cancel = contactPath(c.ID)
	title := record.Title(c)
	return x.show(view{Title: x.p.T("page.editing", "name", title), Status: status, Trail: x.editTrail(c)},
		ui.PageHeader(x.p, ui.Header{Title: title, Sub: x.sub(c), Face: &ui.Face{Name: title}}), ui.FormView(x.p, form))
}

func (x *exchange) editTrail(c *contact.Contact) []ui.Link {
	return []ui.Link{{Label: x.p.T("nav.contacts"), Href: HomePath}, {Label: record.Title(c), Href: contactPath(c.ID)}, {Label: x.p.T("action.edit")}}
}

// save writes what was edited: the whole form, or one block.
func (a *App) save(x *exchange) error {
	c, err := x.contact()
	if err != nil {
		return err
	}
	form, err := x.form()
	if err != nil {
		return err
	}
	block := form.Get("block")
	blocks := formBlocks
	if block != "" {
		if !x.isBlock(block) {
			return fault.New(fault.NotFound, "not_found")
		}
		blocks = []string{block}
	}
	version, err := formVersion(form)
	if err != nil {
		return err
	}
	d := x.draftOf(c)
	inPanel := form.Get("in") == "panel" && slices.Contains(panelBlocks, block)
	again := func(status int, f *fault.Fault) error {
		if inPanel {
			opened := *c
			opened.Version = version
			return x.savedInPanel(&opened, block, x.panelForm(&opened, block, d, f))
		}
		if block == "" {
			return x.showEdit(c, d, form.Get(ui.VersionName), status, f)
		}
		opened := *c
		opened.Version = version
		tab := personalTab
		switch block {
		case tagsBlock:
			return x.overview(c, status, x.blockForm(&opened, block, d, f))
		case addressesBlock:
			tab = addressTab
		}
		return x.blocks(c, tab, status, block, x.blockForm(&opened, block, d, f))
	}
	if x.readDraft(form, blocks, d) {
		return again(0, nil)
	}
	body, err := x.body(d, blocks, keptFields(form))
	if err != nil {
		return err
	}
	res, err := a.Records.Patch(x.ctx(), x.writing(), contact.Name, c.ID, version, body)
	if errors.Is(err, fault.Stale) {
		return x.sideBySide(fault.From(err), form, body, version)
	}
	if f, ok := shownInForm(err); ok {
		return again(statusOf(f), f)
	}
	if err != nil {
		return err
	}
	back := contactPath(c.ID)
	switch {
	case inPanel:
		back = contactPath(c.ID, "panel") + "?said=1"
	case block == "", block == tagsBlock:
	case block == addressesBlock:
		back = contactPath(c.ID, addressTab)
	default:
		back = contactPath(c.ID, personalTab)
	}
	if res.Record.Base().Version == version {
		x.say(note{Text: x.p.T("page.said.same"), Tone: ui.Info})
	} else {
		undone := back
		if inPanel {
			undone = x.back()
		}
		x.sayDone("page.said.saved", res, undone)
	}
	return x.redirect(back)
}

// check tells about an e-mail address or number as its field is left (REC-05, REC-06).
func (a *App) check(x *exchange) error {
	values := x.r.URL.Query()
	value := strings.TrimSpace(values.Get("value"))
	t := contact.Typed{ID: values.Get("id")}
	if value == "" {
		return x.part(ui.CheckNote(ui.Neutral, "", nil))
	}
	switch path := values.Get("path"); {
	case strings.HasPrefix(path, "emails["):
		t.Email = email.Clean(value)
	case values.Get("line") == "fixed":
		t.Phone = x.number(typedPhone{values.Get("country"), value})
	default:
		t.Mobile = x.number(typedPhone{values.Get("country"), value})
	}
	found, err := contact.Check(x.ctx(), a.Records, x.who.Grant, t)
	if err != nil {
		return err
	}
	return x.part(x.checkNote(t, found))
}

func (x *exchange) checkNote(t contact.Typed, found contact.Finding) templ.Component {
	var holders []ui.Link
	for _, h := range found.Holders {
		holders = append(holders, ui.Link{Label: h.Title, Href: contactPath(h.ID)})
	}
	kind := "mobile"
	if t.Email != "" {
		kind = "email"
	}
	switch {
	case found.Problem != nil:
		return ui.CheckNote(ui.Bad, x.p.Field(*found.Problem), nil)
	case found.Refused:
		return ui.CheckNote(ui.Bad, x.p.T("fault."+kind+"_taken"), holders)
	case found.Taken:
		return ui.CheckNote(ui.Warn, x.p.T("fault."+kind+"_shared"), holders)
	}
	if t.Email != "" {
		if meant := email.Suggest(t.Email); meant != "" {
			return ui.CheckNote(ui.Warn, x.p.T("page.meant", "email", meant), nil)
		}
		return ui.CheckNote(ui.Neutral, "", nil)
	}
	return ui.CheckNote(ui.Good, x.phone(found.Value), nil)
}
