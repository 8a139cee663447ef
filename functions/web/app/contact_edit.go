package app

import (
	"errors"
	"net/http"
	"net/url"
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
	title := x.p.T("kind.contact.add")
	return x.show(view{Title: title, Status: status, Trail: []ui.Link{{Label: x.p.T("nav.contacts"), Href: HomePath}, {Label: title}}},
		ui.PageHeader(x.p, ui.Header{Title: title}), ui.FormView(x.p, form))
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
	res, err := a.Records.Create(x.ctx(), x.writing(), contact.Name, body)
	if f, ok := shownInForm(err); ok {
		return x.showNew(d, statusOf(f), f)
	}
	if err != nil {
		return err
	}
	id := res.Record.Base().ID
	if form.Get("_action") == "another" {
		x.sayDone("page.said.created", res, HomePath+"/new")
		return x.redirect(HomePath + "/new")
	}
	x.sayDone("page.said.created", res, contactPath(id))
	return x.redirect(contactPath(id))
}

// shownInForm tells whether a fault belongs beside the fields rather than on a page of its own.
func shownInForm(err error) (*fault.Fault, bool) {
	if err == nil {
		return nil, false
	}
	f := fault.From(err)
	return f, slices.Contains([]fault.Kind{fault.Invalid, fault.Conflict, fault.Unavailable, fault.Exhausted, fault.TooLarge}, f.Kind)
}

func statusOf(f *fault.Fault) int {
	switch f.Kind {
	case fault.Conflict:
		return http.StatusConflict
	case fault.Unavailable:
		return http.StatusServiceUnavailable
	case fault.Exhausted:
		return http.StatusTooManyRequests
	case fault.TooLarge:
		return http.StatusRequestEntityTooLarge
	}
	return http.StatusUnprocessableEntity
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
	again := func(status int, f *fault.Fault) error {
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
	switch block {
	case "", tagsBlock:
	case addressesBlock:
		back = contactPath(c.ID, addressTab)
	default:
		back = contactPath(c.ID, personalTab)
	}
	if res.Record.Base().Version == version {
		x.say(note{Text: x.p.T("page.said.same"), Tone: ui.Info})
	} else {
		x.sayDone("page.said.saved", res, back)
	}
	return x.redirect(back)
}

// keptFields are those for which the reader chose the stored version after a stale save.
func keptFields(form url.Values) []string {
	var kept []string
	for name, values := range form {
		if field, ok := strings.CutPrefix(name, keepPrefix); ok && slices.Contains(values, "theirs") {
			kept = append(kept, field)
		}
	}
	return kept
}

// sideBySide shows what was typed beside what somebody else saved meanwhile, field by field (REC-33). A field that only
// the other one changed is theirs unless the reader says otherwise, one that only the reader changed is the reader's.
func (x *exchange) sideBySide(stale *fault.Fault, form url.Values, body []byte, opened int64) error {
	now, ok := stale.Current.(*contact.Contact)
	if !ok {
		return stale
	}
	if now.DeletedAt != nil {
		return fault.New(fault.Conflict, "trashed")
	}
	k, err := x.app.Records.Kind(contact.Name)
	if err != nil {
		return err
	}
	typed, err := k.Patch(now, body)
	if err != nil {
		return err
	}
	changes, err := k.Diff(now, typed)
	if err != nil {
		return err
	}
	before, by, err := x.changedSince(now.ID, opened)
	if err != nil {
		return err
	}
	rows := make([]ui.Differ, len(changes))
	for i, ch := range changes {
		was, theirs := before[ch.Field]
		rows[i] = ui.Differ{Name: keepPrefix + ch.Field, Label: x.label(ch.Field), Theirs: k.Show(x.p, ch.Field, ch.From), Yours: k.Show(x.p, ch.Field, ch.To),
			TakeTheirs: theirs && string(was) == string(ch.To)}
	}
	f := ui.Form{ID: "stale", Action: contactPath(now.ID, "edit"), Key: x.newKey(), Version: strconv.FormatInt(now.Version, 10), Cancel: contactPath(now.ID), Wide: true}
	for name, values := range form {
		if name == ui.KeyName || name == ui.VersionName || strings.HasPrefix(name, keepPrefix) {
			continue
		}
		for _, v := range values {
			f.Values = append(f.Values, ui.Value{Name: name, Value: v})
		}
	}
	slices.SortStableFunc(f.Values, func(a, b ui.Value) int { return strings.Compare(a.Name, b.Name) })
	text := x.p.T("form.stale", "name", by)
	if len(rows) == 0 {
		text = x.p.T("page.stale.same", "name", by)
	}
	f.Fields = []ui.Field{ui.Part{Body: ui.CompareField(x.p, ui.Comparison{Text: text, Rows: rows})}}
	title := record.Title(now)
	return x.show(view{Title: title, Status: http.StatusPreconditionFailed, Trail: x.editTrail(now)},
		ui.PageHeader(x.p, ui.Header{Title: title, Sub: x.sub(now), Face: &ui.Face{Name: title}}), ui.FormView(x.p, f))
}

// changedSince gives the values that fields changed after a version had at it, and who changed the record last.
func (x *exchange) changedSince(id string, version int64) (before map[string][]byte, by string, err error) {
	before = map[string][]byte{}
	for at := int64(0); ; {
		changes, next, err := x.app.Records.History(x.ctx(), x.who.Grant, contact.Name, id, at, 20)
		if err != nil {
			return nil, "", err
		}
		for _, c := range changes {
			if by == "" {
				by = x.actor(c)
			}
			if c.Revision <= version {
				return before, by, nil
			}
			for _, f := range c.Fields {
				before[f.Field] = f.From
			}
		}
		if next == 0 {
			return before, by, nil
		}
		at = next
	}
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
