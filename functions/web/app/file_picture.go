package app

import (
	"cmp"
	"net/url"
	"strconv"

	"github.com/a-h/templ"

	"github.com/muster-crm/muster/functions/web/ui"
	"github.com/muster-crm/muster/shared/company"
	"github.com/muster-crm/muster/shared/contact"
	"github.com/muster-crm/muster/shared/fault"
	"github.com/muster-crm/muster/shared/file"
	"github.com/muster-crm/muster/shared/photo"
	"github.com/muster-crm/muster/shared/policy"
	"github.com/muster-crm/muster/shared/record"
	"github.com/muster-crm/muster/shared/repository"
)

// pictureID gives the id of a record's photo or logo, "" when it has none.
func pictureID(r record.Record) string {
	switch r := r.(type) {
	case *contact.Contact:
		return r.Photo
	case *company.Company:
		return r.Logo
	}
	return ""
}

// picturePath is the address of a picture in a size, "" for no picture.
func picturePath(id string, size int) string {
	if id == "" {
		return ""
	}
	return picturesPath + url.PathEscape(id) + "/" + strconv.Itoa(size)
}

// avatarOf is how a record is shown: by its photo or logo, or by its initials. What is in the trash has only these, since
// its files are hidden with it.
func avatarOf(r record.Record) ui.Face {
	f := ui.Face{Name: record.Title(r), Company: r.Base().Kind == company.Name}
	if r.Base().DeletedAt == nil {
		f.Photo = picturePath(pictureID(r), photo.Small)
	}
	return f
}

// largeFace is avatarOf for the head of a profile; for those who may change it, it leads to its picture.
func (x *exchange) largeFace(s *subject) *ui.Face {
	f := avatarOf(s.Record)
	f.Large = true
	if action := x.pictureAction(s); action != nil {
		f.Photo = ""
		if !s.gone() {
			f.Photo = picturePath(pictureID(s.Record), photo.Large)
		}
		f.Href, f.Label = action.Href, action.Label
	}
	return &f
}

// pictureAction leads to where the photo or logo of a record is added, replaced, fetched or removed; nil for kinds without
// one, and where there is nothing to see or do.
func (x *exchange) pictureAction(s *subject) *ui.Action {
	picture, ok := pictureKinds[s.kind.Name]
	has := pictureID(s.Record) != ""
	if !ok || s.gone() || !has && !x.can(policy.Edit) {
		return nil
	}
	key := picture.add
	if has {
		key = picture.title
	}
	return &ui.Action{Label: x.p.T(key), Href: s.at(picture.name), Icon: "user"}
}

// picturePage shows the photo or logo of a record and how to change it.
func (a *App) picturePage(x *exchange) error {
	s, err := x.subject()
	if err != nil {
		return err
	}
	if s.gone() {
		return fault.New(fault.Conflict, "trashed")
	}
	kind := pictureKinds[s.kind.Name]
	name, title := kind.name, x.p.T(kind.title)
	var body []templ.Component
	if id := pictureID(s.Record); id != "" {
		card := pictureCard{Src: picturePath(id, photo.Large), Alt: x.p.T("file.pictureOf", "name", s.name()), Logo: kind.purpose == file.Logo,
			Actions: []ui.Action{{Label: x.p.T("file.download"), Href: s.at(name, "download"), Icon: "download"}}}
		if x.can(policy.Edit) {
			card.Actions = append(card.Actions, ui.Action{Label: x.p.T("file.remove"), Href: s.at(name, "remove"), Icon: "trash", Post: true, Danger: true,
				Values: []ui.Value{{Name: ui.KeyName, Value: x.newKey()}}})
		}
		body = append(body, picture(card))
	}
	if x.can(policy.Edit) && x.can(policy.Create) {
		save := x.p.T(kind.add)
		if len(body) > 0 {
			save = x.p.T("file.replace")
		}
		form, err := x.sendForm(s, kind.purpose, s.at(name, "sent"), save, s.at())
		if err != nil {
			return err
		}
		body = append(body, form)
	}
	return x.show(view{Title: title, Trail: x.trail(s, ui.Link{Label: title})}, append([]templ.Component{ui.Heading(title, "")}, body...)...)
}

// pictureSent makes what has just arrived in the bucket the photo or logo.
func (a *App) pictureSent(x *exchange) error {
	s, err := x.subject()
	if err != nil {
		return err
	}
	w, id, kind := repository.Write{Grant: x.who.Grant.Via("telephone")}, x.r.URL.Query().Get("id"), pictureKinds[s.kind.Name]
	_, err = a.Files.Adopt(x.ctx(), w, s.kind.Name, s.id(), id, cmp.Or(x.sentName(), x.p.T(kind.title)), kind.purpose)
	var res repository.Result
	if err == nil {
		res, err = a.Files.SetPicture(x.ctx(), w, s.kind.Name, s.id(), repository.AnyVersion, id)
	}
	if refused, again := x.refused(err); again {
		return refused
	}
	if err != nil {
		return err
	}
	x.sayDone("page.said.saved", res, s.at())
	return x.redirect(s.at())
}

func (a *App) removePicture(x *exchange) error {
	s, err := x.subject()
	if err != nil {
		return err
	}
	res, err := a.Files.RemovePicture(x.ctx(), x.writing(), s.kind.Name, s.id(), repository.AnyVersion)
	if err != nil {
		return err
	}
	x.sayDone("page.said.saved", res, s.at())
	return x.redirect(s.at())
}

// downloadPicture sends the reader to where the whole picture can be fetched for five minutes.
func (a *App) downloadPicture(x *exchange) error {
	s, err := x.subject()
	if err != nil {
		return err
	}
	id := pictureID(s.Record)
	if id == "" {
		return fault.New(fault.NotFound, "not_found")
	}
	address, err := a.Files.Download(x.ctx(), x.who.Grant, id)
	if err != nil {
		return err
	}
	return x.redirect(address.URL)
}

// ownLogo is the address of the organisation's logo in a size, "" when it has none.
func (x *exchange) ownLogo(size int) string {
	if x.cfg.Settings.Logo == "" {
		return ""
	}
	return ownLogoPath + x.cfg.Settings.Logo + "/" + strconv.Itoa(size)
}

// logoPage is where the organisation's logo is set.
func (a *App) logoPage(x *exchange) error {
	title := x.p.T("file.ownLogo")
	body := []templ.Component{ui.Heading(title, x.p.T("file.ownLogo.text"))}
	save := x.p.T("file.logo.add")
	if src := x.ownLogo(photo.Large); src != "" {
		save = x.p.T("file.replace")
		body = append(body, picture(pictureCard{Src: src, Alt: x.p.T("file.pictureOf", "name", x.cfg.Settings.Name), Logo: true,
			Actions: []ui.Action{{Label: x.p.T("file.remove"), Href: logoSettings + "/remove", Icon: "trash", Post: true, Danger: true, Values: []ui.Value{{Name: ui.KeyName, Value: x.newKey()}}}}}))
	}
	upload, err := a.Files.OfferLogo(x.ctx(), x.who.Grant, func(id string) string {
		return x.base() + logoSettings + "/sent?" + url.Values{"id": {id}}.Encode()
	})
	if err != nil {
		return err
	}
	return x.showSettings(organisationPath, title, complaints{}, append(body, x.uploadForm(upload, file.Logo, save, settingsPath))...)
}

func (a *App) logoSent(x *exchange) error {
	x.sentName()
	_, err := a.Files.SetLogo(x.ctx(), repository.Write{Grant: x.who.Grant.Via("telephone")}, repository.AnyVersion, x.r.URL.Query().Get("id"))
	if refused, again := x.refused(err); again {
		return refused
	}
	if err != nil {
		return err
	}
	x.say(note{Text: x.p.T("file.said.logo")})
	return x.redirect(logoSettings)
}

func (a *App) removeLogo(x *exchange) error {
	if _, err := a.Files.RemoveLogo(x.ctx(), x.writing(), repository.AnyVersion); err != nil {
		return err
	}
	x.say(note{Text: x.p.T("file.said.logoGone")})
	return x.redirect(logoSettings)
}
