package app

import (
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"github.com/muster-crm/muster/functions/web/ui"
	"github.com/muster-crm/muster/shared/fault"
	"github.com/muster-crm/muster/shared/file"
	memo "github.com/muster-crm/muster/shared/note"
	"github.com/muster-crm/muster/shared/policy"
	"github.com/muster-crm/muster/shared/record"
	"github.com/muster-crm/muster/shared/repository"
)

// jsonOf writes a request's body.
func jsonOf(values map[string]any) ([]byte, error) { return json.Marshal(values) }

// notePath is the address of a note's page; parts name what is below it.
func notePath(s *subject, id string, parts ...string) string {
	return s.at(append([]string{notesTab, url.PathEscape(id)}, parts...)...)
}

// notesCard lists the notes about a record, newest first, below the form another is written with.
func (x *exchange) notesCard(s *subject, around repository.Around, authors map[string]string) templ.Component {
	var body []templ.Component
	if !s.gone() && x.can(policy.Create) {
		body = append(body, ui.FormView(x.p, x.noteForm(s, around, &memo.Note{}, complaints{})))
	}
	files := map[string]string{} // names by id
	for _, f := range file.Documents(around.Children[file.Name]) {
		files[f.ID] = f.Name
	}
	var items []noteItem
	for _, rec := range around.Children[memo.Name] {
		if n, ok := rec.(*memo.Note); ok {
			items = append(items, x.noteItem(s, n, files, authors))
		}
	}
	if len(items) == 0 {
		body = append(body, ui.Muted(x.p.T("file.note.none")))
	} else {
		body = append(body, noteList(x.p, items))
	}
	return ui.BlockCard(x.p, ui.Block{ID: "notes", Title: x.p.T("file.notes"), Body: templ.Join(body...)})
}

func (x *exchange) noteItem(s *subject, n *memo.Note, files, authors map[string]string) noteItem {
	item := noteItem{Text: n.Text, Author: authors[n.CreatedBy], When: x.p.Relative(n.CreatedAt, x.now()), Moment: x.p.Moment(n.CreatedAt)}
	if n.Shared {
		item.Pills = append(item.Pills, ui.Pill{Label: x.p.T("file.note.shared"), Tone: ui.Info})
	}
	if n.Version > 1 {
		item.Versions = &ui.Link{Label: x.p.T("file.note.changed", "when", x.p.Relative(n.UpdatedAt, x.now())), Href: notePath(s, n.ID)}
	}
	for _, id := range n.Files {
		if name, ok := files[id]; ok {
			item.Files = append(item.Files, ui.Link{Label: name, Href: downloadPath(s, id), Icon: "file"})
		} else {
			item.Files = append(item.Files, x.otherFile(id))
		}
	}
	if s.gone() {
		return item
	}
	if x.can(policy.Edit) {
		item.Actions = append(item.Actions, ui.Action{Label: x.p.T("action.edit"), Href: notePath(s, n.ID, "edit"), Icon: "edit"})
	}
	if x.can(policy.Trash) {
		item.Actions = append(item.Actions, ui.Action{Label: x.p.T("action.delete"), Href: notePath(s, n.ID, "delete"), Icon: "trash", Post: true, Danger: true,
			Values: []ui.Value{{Name: ui.KeyName, Value: x.newKey()}}})
	}
	return item
}

// otherFile is a file that a note names and that is not its record's. The undoing of a merge may have made it another's: then
// it is shown as that one's. One that lies in the trash is kept by the note and shown as absent.
func (x *exchange) otherFile(id string) ui.Link {
	name, href := x.called(id), x.fileHref(id)
	k, err := x.app.Records.Kind(file.Name)
	if name == "" || href == "" || err != nil {
		return ui.Link{Label: x.p.T("file.absent")}
	}
	of := x.called(k.Owner(id))
	if of == "" {
		return ui.Link{Label: x.p.T("file.absent")}
	}
	return ui.Link{Label: x.p.T("file.of", "file", name, "name", of), Href: href, Icon: "file"}
}

// noteForm is the form a note is written with; a note with an id is changed by it.
func (x *exchange) noteForm(s *subject, around repository.Around, n *memo.Note, c complaints) ui.Form {
	labels := map[string]string{"text": x.p.T("field.note.text"), "files": x.p.T("field.note.files"), "shared": x.p.T("field.note.shared")}
	area := ui.Area{Base: c.base(labels, "text"), Value: n.Text, Rows: 3, Max: 10_000}
	shared := ui.Toggle{Base: c.base(labels, "shared"), On: n.Shared}
	shared.Help = x.p.T("file.note.shared.help")
	form := ui.Form{ID: "note", Action: s.at(notesTab), Key: x.newKey(), Save: x.p.T("file.note.add"), Guard: true, Fields: []ui.Field{area}}
	options := x.fileOptions(around)
	for _, id := range n.Files {
		if !slices.ContainsFunc(options, func(o ui.Option) bool { return o.Value == id }) {
			options = append(options, ui.Option{Value: id, Label: x.otherFile(id).Label})
		}
	}
	if len(options) > 0 {
		base := c.base(labels, "files")
		base.Help = x.p.T("file.note.files.help")
		form.Fields = append(form.Fields, ui.Choices{Base: base, Values: n.Files, Options: options})
	}
	form.Fields = append(form.Fields, shared)
	if n.ID != "" {
		form.Action, form.Version, form.Save, form.Cancel = notePath(s, n.ID, "edit"), strconv.FormatInt(n.Version, 10), "", s.at(notesTab)
		area.Rows = 8
		form.Fields[0] = area
	}
	return c.onto(form, labels)
}

// typedNote reads a posted form.
func typedNote(form url.Values) map[string]any {
	files := []string{}
	for _, id := range form["files"] {
		if id != "" {
			files = append(files, id)
		}
	}
	return map[string]any{"text": form.Get("text"), "files": files, "shared": slices.Contains(form["shared"], "true")}
}

// retyped is a note as it was typed, to be shown again.
func retyped(n *memo.Note, typed map[string]any) *memo.Note {
	again := *n
	again.Text, _ = typed["text"].(string)
	again.Files, _ = typed["files"].([]string)
	again.Shared, _ = typed["shared"].(bool)
	return &again
}

func (a *App) addNote(x *exchange) error {
	form, err := x.form()
	if err != nil {
		return err
	}
	s, err := x.subject()
	if err != nil {
		return err
	}
	typed := typedNote(form)
	body, err := jsonOf(typed)
	if err != nil {
		return err
	}
	res, err := a.Records.CreateUnder(x.ctx(), x.writing(), memo.Name, s.id(), body)
	if err != nil {
		return x.noteAgain(s, retyped(&memo.Note{}, typed), err)
	}
	x.say(note{Text: x.p.T("file.said.note", "name", clip(record.Title(res.Record)))})
	return x.redirect(s.at(notesTab))
}

// noteAgain shows a form again with what is wrong with it; nothing typed is lost.
func (x *exchange) noteAgain(s *subject, n *memo.Note, err error) error {
	c, err := x.complain(err)
	if err != nil {
		return err
	}
	return x.showNote(s, n, c)
}

func (x *exchange) showNote(s *subject, n *memo.Note, c complaints, above ...templ.Component) error {
	around, err := x.app.Records.Around(x.ctx(), x.who.Grant, s.kind.Name, s.id())
	if err != nil {
		return err
	}
	title := x.p.T("file.note.add")
	if n.ID != "" {
		title = x.p.T("file.note.edit")
	}
	body := append([]templ.Component{ui.Heading(title, "")}, above...)
	return x.show(view{Title: title, Status: x.status(c), Trail: x.trail(s, ui.Link{Label: x.p.T("file.tab"), Href: s.at(notesTab)}, ui.Link{Label: title})},
		append(body, ui.FormView(x.p, x.noteForm(s, around, n, c)))...)
}

// theNote reads the note that the address names, if it is its owner's.
func (x *exchange) theNote() (*subject, *memo.Note, error) {
	s, err := x.subject()
	if err != nil {
		return nil, nil, err
	}
	rec, err := x.app.Records.Get(x.ctx(), x.who.Grant, memo.Name, x.r.PathValue("note"))
	if err != nil {
		return nil, nil, err
	}
	n, ok := rec.(*memo.Note)
	if !ok || n.Owner != s.id() {
		return nil, nil, fault.New(fault.NotFound, "not_found")
	}
	return s, n, nil
}

func (a *App) editNote(x *exchange) error {
	s, n, err := x.theNote()
	if err != nil {
		return err
	}
	if n.DeletedAt != nil {
		return fault.New(fault.Conflict, "trashed")
	}
	return x.showNote(s, n, complaints{})
}

func (a *App) saveNote(x *exchange) error {
	form, err := x.form()
	if err != nil {
		return err
	}
	s, n, err := x.theNote()
	if err != nil {
		return err
	}
	version, err := strconv.ParseInt(form.Get(ui.VersionName), 10, 64)
	if err != nil {
		return fault.New(fault.Unconditional, "if_match_required")
	}
	typed := typedNote(form)
	body, err := jsonOf(typed)
	if err != nil {
		return err
	}
	res, err := a.Records.Patch(x.ctx(), x.writing(), memo.Name, n.ID, version, body)
	if f := fault.From(err); f != nil && f.Kind == fault.Stale {
		if now, ok := f.Current.(*memo.Note); ok {
			// Both versions are shown; saving again writes the reader's over the other.
			c, _ := x.complain(err)
			return x.showNote(s, retyped(now, typed), c, ui.AlertBox(x.p, ui.Alert{Tone: ui.Warn, Title: x.p.T("file.note.theirs"), Text: now.Text}))
		}
	}
	if err != nil {
		return x.noteAgain(s, retyped(n, typed), err)
	}
	x.say(note{Text: x.p.T("page.said.saved", "name", clip(record.Title(res.Record)))})
	return x.redirect(s.at(notesTab))
}

func (a *App) trashNote(x *exchange) error {
	s, n, err := x.theNote()
	if err != nil {
		return err
	}
	return x.putAway(s, memo.Name, n.ID, n.Title(), notePath(s, n.ID, "restore"))
}

func (a *App) restoreNote(x *exchange) error {
	s, n, err := x.theNote()
	if err != nil {
		return err
	}
	return x.bringBack(s, memo.Name, n.ID)
}

// maxVersions is how many earlier versions of a note its page shows.
const maxVersions = 100

// noteVersions shows a note with what it said before, newest first (DOC-04).
func (a *App) noteVersions(x *exchange) error {
	s, n, err := x.theNote()
	if err != nil {
		return err
	}
	changes, _, err := a.Records.History(x.ctx(), x.who.Grant, memo.Name, n.ID, 0, maxVersions)
	if err != nil {
		return err
	}
	var items []noteItem
	text := n.Text
	for _, c := range changes {
		i := slices.IndexFunc(c.Fields, func(f record.FieldChange) bool { return f.Field == "text" })
		if i < 0 {
			continue
		}
		items = append(items, noteItem{Text: text, Author: x.actor(c), When: x.p.Relative(c.At, x.now()), Moment: x.p.Moment(c.At)})
		text = ""
		if err := json.Unmarshal(c.Fields[i].From, &text); err != nil && len(c.Fields[i].From) > 0 {
			return err
		}
	}
	title := x.p.T("kind.note")
	return x.show(view{Title: title, Status: http.StatusOK, Trail: x.trail(s, ui.Link{Label: x.p.T("file.tab"), Href: s.at(notesTab)}, ui.Link{Label: title})},
		ui.Heading(title, x.p.T("file.note.versions", "when", strings.ToLower(x.p.Relative(n.CreatedAt, x.now())))), noteList(x.p, items))
}
