package app

import (
	"cmp"
	"errors"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"github.com/muster-crm/muster/functions/web/ui"
	"github.com/muster-crm/muster/shared/fault"
	"github.com/muster-crm/muster/shared/file"
	"github.com/muster-crm/muster/shared/policy"
	"github.com/muster-crm/muster/shared/record"
	"github.com/muster-crm/muster/shared/repository"
)

// downloadPath is the address a document of a record is fetched at.
func downloadPath(s *subject, id string) string { return s.at("files", url.PathEscape(id)) }

// notesAndFiles shows what was written down about a record, newest first, and its documents.
func (a *App) notesAndFiles(x *exchange) error {
	s, err := x.subject()
	if err != nil {
		return err
	}
	around, err := x.beside(s)
	if err != nil {
		return err
	}
	authors, err := x.authors(around)
	if err != nil {
		return err
	}
	files, err := x.filesCard(s, around, authors)
	if err != nil {
		return err
	}
	return x.tab(s, notesTab, besides(x.notesCard(s, around, authors), files))
}

// authors names who made what is around a record, by their ids.
func (x *exchange) authors(around repository.Around) (map[string]string, error) {
	ids := map[string]bool{}
	for _, children := range around.Children {
		for _, c := range children {
			ids[c.Base().CreatedBy] = true
		}
	}
	found, err := x.app.Records.Titles(x.ctx(), x.who.Grant, slices.Sorted(maps.Keys(ids))...)
	if err != nil {
		return nil, err
	}
	names := map[string]string{}
	for id := range ids {
		names[id] = cmp.Or(found[id].Title, x.p.T("page.system"))
	}
	return names, nil
}

// made says who made a record, and when.
func (x *exchange) made(r record.Record, authors map[string]string) string {
	return joinDots(authors[r.Base().CreatedBy], x.p.Relative(r.Base().CreatedAt, x.now()))
}

// filesCard lists the documents of a record, newest first, above the form another is sent with.
func (x *exchange) filesCard(s *subject, around repository.Around, authors map[string]string) (templ.Component, error) {
	var rows []fileRow
	for _, f := range file.Documents(around.Children[file.Name]) {
		row := fileRow{Name: f.Name, Href: downloadPath(s, f.ID), Sub: joinDots(x.p.Size(f.Size), x.made(f, authors))}
		if !s.gone() && x.can(policy.Edit) {
			row.Actions = append(row.Actions, ui.Action{Label: x.p.T("file.rename"), Href: downloadPath(s, f.ID) + "/name", Icon: "edit"})
		}
		if !s.gone() && x.can(policy.Trash) {
			row.Actions = append(row.Actions, ui.Action{Label: x.p.T("action.delete"), Href: downloadPath(s, f.ID) + "/delete", Icon: "trash", Post: true, Danger: true,
				Values: []ui.Value{{Name: ui.KeyName, Value: x.newKey()}}})
		}
		rows = append(rows, row)
	}
	body := []templ.Component{fileList(x.p, rows)}
	if len(rows) == 0 {
		body = []templ.Component{ui.Muted(x.p.T("file.none"))}
	}
	if !s.gone() && x.can(policy.Create) {
		form, err := x.sendForm(s, file.Document, s.at("files", "sent"), x.p.T("file.add"), "")
		if err != nil {
			return nil, err
		}
		body = append(body, form)
	}
	return ui.BlockCard(x.p, ui.Block{ID: "files", Title: x.p.T("file.files"), Body: templ.Join(body...)}), nil
}

// sendForm is a form a file is sent with, straight to the bucket; from there the browser comes back to an address of ours.
func (x *exchange) sendForm(s *subject, p file.Purpose, back, save, cancel string) (templ.Component, error) {
	upload, err := x.app.Files.Offer(x.ctx(), x.who.Grant, s.kind.Name, s.id(), p, func(id string) string {
		return x.base() + back + "?" + url.Values{"id": {id}}.Encode()
	})
	if err != nil {
		return nil, err
	}
	return x.uploadForm(upload, p, save, cancel), nil
}

func (x *exchange) uploadForm(upload file.Upload, p file.Purpose, save, cancel string) templ.Component {
	input := ui.File{Base: ui.Base{Name: "file", Label: save}, MaxBytes: p.Limit() >> 20 * 1_000_000}
	switch p {
	case file.Photo:
		input.Accept, input.Types = ".jpg,.jpeg,.png,.webp", x.p.T("file.types.photo")
	case file.Logo:
		input.Accept, input.Types = ".png,.jpg,.jpeg,.svg", x.p.T("file.types.logo")
	default:
		input.Accept, input.Types = strings.Join(file.Ends(), ","), x.p.T("file.types.document")
	}
	form := ui.Form{ID: "upload", Action: upload.URL, Upload: true, Save: x.p.T("file.send"), Cancel: cancel, Fields: []ui.Field{input}}
	for _, name := range slices.Sorted(maps.Keys(upload.Fields)) {
		form.Values = append(form.Values, ui.Value{Name: name, Value: upload.Fields[name]})
	}
	return ui.FormView(x.p, form)
}

// sentName is the name of the file that was just sent, where there is script to tell it.
func (x *exchange) sentName() string {
	name, err := url.PathUnescape(x.cookie(uploadCookie))
	x.setCookie(uploadCookie, "", 0, false)
	if err != nil {
		return ""
	}
	return file.CleanName(name)
}

// fileSent makes a document of what has just arrived in the bucket. Where nobody told its name, it gets one by its day,
// and the reader is asked for a better one.
func (a *App) fileSent(x *exchange) error {
	s, err := x.subject()
	if err != nil {
		return err
	}
	name := x.sentName()
	w := repository.Write{Grant: x.who.Grant.Via("telephone")}
	res, err := a.Files.Adopt(x.ctx(), w, s.kind.Name, s.id(), x.r.URL.Query().Get("id"), cmp.Or(name, x.p.T("file.untitled", "date", x.p.LongDate(x.now()))), file.Document)
	if refused, again := x.refused(err); again {
		return refused
	}
	if err != nil {
		return err
	}
	if name == "" && x.can(policy.Edit) && !res.Replayed {
		return x.redirect(downloadPath(s, res.Record.Base().ID) + "/name")
	}
	x.say(note{Text: x.p.T("file.said.added", "name", clip(record.Title(res.Record)))})
	return x.redirect(s.at(notesTab))
}

// refused tells the reader why what they sent is not taken, where they sent it from.
func (x *exchange) refused(err error) (shown error, ok bool) {
	if !errors.Is(err, fault.Invalid) && !errors.Is(err, fault.Conflict) {
		return nil, false
	}
	c, err := x.complain(err)
	if err != nil {
		return err, true
	}
	text := cmp.Or(c.at("file"), c.whole())
	x.say(note{Text: text, Tone: ui.Bad})
	return x.redirect(strings.TrimSuffix(strings.TrimSuffix(x.r.URL.Path, "/sent"), "/files") + x.backPart()), true
}

// backPart is the tab that documents are sent from; pictures have a page of their own.
func (x *exchange) backPart() string {
	if strings.HasSuffix(x.r.URL.Path, "/files/sent") {
		return "/" + notesTab
	}
	return ""
}

// theFile reads the document that the address names, if it is its owner's.
func (x *exchange) theFile() (*subject, *file.File, error) {
	s, err := x.subject()
	if err != nil {
		return nil, nil, err
	}
	rec, err := x.app.Records.Get(x.ctx(), x.who.Grant, file.Name, x.r.PathValue("file"))
	if err != nil {
		return nil, nil, err
	}
	f, ok := rec.(*file.File)
	if !ok || f.Owner != s.id() {
		return nil, nil, fault.New(fault.NotFound, "not_found")
	}
	return s, f, nil
}

// downloadFile sends the reader to where a document can be fetched for five minutes.
func (a *App) downloadFile(x *exchange) error {
	_, f, err := x.theFile()
	if err != nil {
		return err
	}
	address, err := a.Files.Download(x.ctx(), x.who.Grant, f.ID)
	if err != nil {
		return err
	}
	return x.redirect(address.URL)
}

func (a *App) renameForm(x *exchange) error {
	s, f, err := x.theFile()
	if err != nil {
		return err
	}
	return x.showRename(s, f, f.Name, complaints{})
}

func (x *exchange) showRename(s *subject, f *file.File, name string, c complaints) error {
	labels := map[string]string{"name": x.p.T("field.file.name")}
	form := c.onto(ui.Form{ID: "rename", Action: downloadPath(s, f.ID) + "/name", Key: x.newKey(), Version: strconv.FormatInt(f.Version, 10), Cancel: s.at(notesTab), Guard: true,
		Fields: []ui.Field{ui.Text{Base: c.base(labels, "name"), Value: name, Max: 200}}}, labels)
	return x.show(view{Status: x.status(c), Trail: x.trail(s, ui.Link{Label: x.p.T("file.tab"), Href: s.at(notesTab)}, ui.Link{Label: x.p.T("file.rename")})},
		ui.Heading(x.p.T("file.rename"), x.p.T("file.rename.text")), ui.FormView(x.p, form))
}

func (a *App) renameFile(x *exchange) error {
	form, err := x.form()
	if err != nil {
		return err
	}
	s, f, err := x.theFile()
	if err != nil {
		return err
	}
	body, err := jsonOf(map[string]any{"name": form.Get("name")})
	if err != nil {
		return err
	}
	res, err := a.Records.Patch(x.ctx(), x.writing(), file.Name, f.ID, repository.AnyVersion, body)
	if err != nil {
		c, err := x.complain(err)
		if err != nil {
			return err
		}
		return x.showRename(s, f, form.Get("name"), c)
	}
	x.say(note{Text: x.p.T("file.said.named", "name", clip(record.Title(res.Record)))})
	return x.redirect(s.at(notesTab))
}

func (a *App) trashFile(x *exchange) error {
	s, f, err := x.theFile()
	if err != nil {
		return err
	}
	return x.putAway(s, file.Name, f.ID, f.Name, downloadPath(s, f.ID)+"/restore")
}

// putAway trashes what belongs to a record; the quiet line brings it back.
func (x *exchange) putAway(s *subject, kind, id, name, undo string) error {
	if _, err := x.app.Records.Trash(x.ctx(), x.writing(), kind, id, repository.AnyVersion); err != nil {
		return err
	}
	n := note{Text: x.p.T("page.said.trashed", "name", clip(name))}
	if x.can(policy.Restore) {
		n.Undo = undo
	}
	x.say(n)
	return x.redirect(s.at(notesTab))
}

// bringBack takes what belongs to a record out of the trash.
func (x *exchange) bringBack(s *subject, kind, id string) error {
	res, err := x.app.Records.Restore(x.ctx(), x.writing(), kind, id, repository.AnyVersion, repository.DropNone)
	if err != nil {
		return err
	}
	x.say(note{Text: x.p.T("page.said.restored", "name", clip(record.Title(res.Record)))})
	return x.redirect(s.at(notesTab))
}

func (a *App) restoreFile(x *exchange) error {
	s, f, err := x.theFile()
	if err != nil {
		return err
	}
	return x.bringBack(s, file.Name, f.ID)
}

// fileOptions lists the documents of a record as options of a field that holds one or more of them.
func (x *exchange) fileOptions(around repository.Around) []ui.Option {
	var options []ui.Option
	for _, f := range file.Documents(around.Children[file.Name]) {
		options = append(options, ui.Option{Value: f.ID, Label: f.Name})
	}
	return options
}

// stream answers with a picture. It may be kept for ever, since its address never means another one, and does nothing
// whatever a browser takes it for.
func (x *exchange) stream(img file.Image, err error) error {
	if err != nil {
		return err
	}
	defer img.Body.Close()
	h := x.w.Header()
	h.Set("Content-Type", img.Type)
	h.Set("Content-Length", strconv.FormatInt(img.Size, 10))
	h.Set("Cache-Control", "private, max-age=31536000, immutable")
	h.Set("Content-Security-Policy", file.Sandbox)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	x.answered = true
	if x.r.Method == http.MethodHead {
		return nil
	}
	_, err = io.Copy(x.w, img.Body)
	return ignoreGone(err)
}

// pixels reads the size of a picture out of its address.
func (x *exchange) pixels() int {
	n, err := strconv.Atoi(x.r.PathValue("size"))
	if err != nil {
		return 0
	}
	return n
}

func (a *App) thumbnail(x *exchange) error {
	return x.stream(a.Files.Thumbnail(x.ctx(), x.who.Grant, x.r.PathValue("file"), x.pixels()))
}

func (a *App) ownLogo(x *exchange) error {
	return x.stream(a.Files.OwnLogo(x.ctx(), x.who.Grant, x.r.PathValue("hash"), x.pixels()))
}
