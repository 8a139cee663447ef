package app

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"github.com/muster-crm/muster/functions/web/ui"
	"github.com/muster-crm/muster/shared/account"
	"github.com/muster-crm/muster/shared/fault"
	"github.com/muster-crm/muster/shared/i18n"
	"github.com/muster-crm/muster/shared/repository"
)

const ownPath = "/account"

var ownRoutes = []Route{
	{Method: http.MethodGet, Path: ownPath, Title: "account.title", Setup: true, handle: (*App).own},
	{Method: http.MethodPost, Path: ownPath, Title: "account.title", Setup: true, handle: (*App).saveOwn},
	{Method: http.MethodPost, Path: ownPath + "/password", Title: "account.title", Setup: true, handle: (*App).changePassword},
	{Method: http.MethodPost, Path: ownPath + "/email", Title: "account.title", Setup: true, handle: (*App).changeEmail},
	{Method: http.MethodPost, Path: ownPath + "/sessions/end", Title: "account.title", Setup: true, handle: (*App).endSessions},
	{Method: http.MethodPost, Path: ownPath + "/sessions/{id}/end", Title: "account.title", Setup: true, handle: (*App).endOneSession},
}

// ownPage is what the account page shows: each form with what was typed into it and what is wrong with that.
type ownPage struct {
	typed                    url.Values // into the form that was sent
	profile, password, email complaints
}

func (a *App) own(x *exchange) error { return x.showOwn(ownPage{}) }

func (x *exchange) showOwn(o ownPage) error {
	u, err := x.app.Accounts.Me(x.ctx(), x.who.Grant)
	if err != nil {
		return err
	}
	sessions, err := x.app.Accounts.Sessions(x.ctx(), x.who)
	if err != nil {
		return err
	}
	status := max(x.status(o.profile), x.status(o.password), x.status(o.email))
	return x.show(view{Title: x.p.T("account.title"), Status: status},
		ui.PageHeader(x.p, ui.Header{Title: x.p.T("account.title"), Sub: u.Email, Face: &ui.Face{Name: u.Name, Large: true}, Pills: []ui.Pill{rolePill(x, u.Role)}}),
		stacked(
			panelOf("profile", x.p.T("account.profile"), ui.FormView(x.p, x.profileForm(u, o))),
			panelOf("email", x.p.T("account.email"), ui.FormView(x.p, x.emailForm(u, o))),
			panelOf("password", x.p.T("account.password"), ui.FormView(x.p, x.passwordForm(u, o))),
			panelOf("sessions", x.p.T("account.sessions"), x.sessionTable(sessions)),
		))
}

func rolePill(x *exchange, role string) ui.Pill {
	return ui.Pill{Label: x.p.T("settings.role." + role), Tone: ui.Accent}
}

func (x *exchange) profileForm(u *account.User, o ownPage) ui.Form {
	labels := map[string]string{"name": x.p.T("field.user.name"), "language": x.p.T("field.user.language")}
	name, language := u.Name, u.Language
	if o.profile.any() {
		name, language = o.typed.Get("name"), o.typed.Get("language")
	}
	return o.profile.onto(ui.Form{ID: "own-profile", Action: ownPath, Version: strconv.FormatInt(u.Version, 10), Guard: true, Fields: []ui.Field{
		ui.Text{Base: required(o.profile.base(labels, "name")), Value: name, Autocomplete: "name", Max: 100},
		ui.Select{Base: o.profile.base(labels, "language"), Value: language, Options: languageOptions()},
	}}, labels)
}

func (x *exchange) emailForm(u *account.User, o ownPage) ui.Form {
	labels := map[string]string{"email": x.p.T("account.newEmail"), "emailPassword": x.p.T("account.currentPassword")}
	return o.email.onto(ui.Form{ID: "own-email", Action: ownPath + "/email", Save: x.p.T("account.email.save"), Fields: []ui.Field{
		ui.Fixed{Base: ui.Base{Name: "now", Label: x.p.T("account.email.now")}, Value: u.Email},
		ui.Text{Base: helped(o.email.base(labels, "email"), x.p.T("account.email.help")), Value: o.typed.Get("email"), Type: "email", Autocomplete: "email", Max: 254},
		ui.Text{Base: o.email.base(labels, "emailPassword"), Type: "password", Autocomplete: "current-password", Max: 1024},
	}}, labels)
}

func (x *exchange) passwordForm(u *account.User, o ownPage) ui.Form {
	labels := map[string]string{"current": x.p.T("account.currentPassword"), "password": x.p.T("signin.newPassword")}
	return o.password.onto(ui.Form{ID: "own-password", Action: ownPath + "/password", Save: x.p.T("account.password.save"), Fields: []ui.Field{
		userName(u.Login),
		ui.Text{Base: o.password.base(labels, "current"), Type: "password", Autocomplete: "current-password", Max: 1024},
		ui.Text{Base: helped(o.password.base(labels, "password"), x.p.T("account.password.help", "min", account.MinPassword)),
			Type: "password", Autocomplete: "new-password", Max: 1024},
	}}, labels)
}

// sessionTable lists where the reader is signed in.
func (x *exchange) sessionTable(sessions []account.OpenSession) templ.Component {
	t := ui.Table{ID: "open-sessions", Label: x.p.T("account.devices"), Columns: []ui.Column{
		{Label: x.p.T("account.device"), Main: true}, {Label: x.p.T("account.since")}, {Label: x.p.T("account.until"), Wide: true}}}
	for _, s := range sessions {
		name := deviceName(x, s.Device)
		row := ui.Row{ID: s.ID, Name: name, Cells: []templ.Component{ui.Words(name), ui.Muted(x.p.Moment(s.Made)), ui.Muted(x.p.Moment(s.Expires))}}
		if s.Current {
			row.Cells[0] = labelled(name, ui.Pill{Label: x.p.T("account.thisOne"), Tone: ui.Good})
		} else {
			row.Actions = []ui.Action{{Label: x.p.T("account.end"), Icon: "sign-out", Href: ownPath + "/sessions/" + s.ID + "/end", Post: true}}
		}
		t.Rows = append(t.Rows, row)
	}
	return templ.Join(ui.TableView(x.p, t), actionsBelow(ui.Action{Label: x.p.T("account.everywhere"), Icon: "sign-out", Href: ownPath + "/sessions/end", Post: true}))
}

// browsers and systems are looked for in what a browser says of itself, the first that is found counts.
var (
	browsers = [][2]string{{"Edg", "Edge"}, {"OPR/", "Opera"}, {"SamsungBrowser", "Samsung Internet"}, {"Firefox", "Firefox"}, {"FxiOS", "Firefox"},
		{"CriOS", "Chrome"}, {"Chrome", "Chrome"}, {"Safari", "Safari"}}
	systems = [][2]string{{"iPhone", "iPhone"}, {"iPad", "iPad"}, {"Android", "Android"}, {"Windows", "Windows"}, {"Mac OS", "macOS"}, {"CrOS", "ChromeOS"}, {"Linux", "Linux"}}
)

// deviceName says in words what a session was made with: "Firefox, Windows".
func deviceName(x *exchange, device string) string {
	var parts []string
	for _, known := range [][][2]string{browsers, systems} {
		for _, k := range known {
			if strings.Contains(device, k[0]) {
				parts = append(parts, k[1])
				break
			}
		}
	}
	switch {
	case len(parts) > 0:
		return strings.Join(parts, ", ")
	case device != "":
		return device
	}
	return x.p.T("account.unknownDevice")
}

// version is the version a posted form was opened at; one that no record has when the form does not say.
func (x *exchange) version() int64 {
	n, err := strconv.ParseInt(x.r.PostFormValue(ui.VersionName), 10, 64)
	if err != nil || n < 1 {
		return 0
	}
	return n
}

func (a *App) saveOwn(x *exchange) error {
	form, err := x.form()
	if err != nil {
		return err
	}
	patch, err := json.Marshal(map[string]string{"name": form.Get("name"), "language": form.Get("language")})
	if err != nil {
		return err
	}
	_, err = a.Accounts.UpdateMe(x.ctx(), repository.Write{Grant: x.who.Grant, Key: x.key()}, x.version(), patch)
	if c, err := x.complain(err); err != nil {
		return err
	} else if c.any() {
		return x.showOwn(ownPage{typed: form, profile: c})
	}
	x.keep("language", form.Get("language"))
	x.p = i18n.New(i18n.Language(form.Get("language")), x.p.Zone()) // the notice is read on the next page
	x.say(note{Text: x.p.T("account.saved")})
	return x.redirect(ownPath)
}

func (a *App) changePassword(x *exchange) error {
	form, err := x.form()
	if err != nil {
		return err
	}
	err = a.Accounts.ChangePassword(x.ctx(), x.who, form.Get("current"), form.Get("password"), x.visit())
	if c, err := x.complain(err); err != nil {
		return err
	} else if c.any() {
		return x.showOwn(ownPage{typed: form, password: c})
	}
	x.say(note{Text: x.p.T("account.password.saved")})
	return x.redirect(ownPath)
}

func (a *App) changeEmail(x *exchange) error {
	form, err := x.form()
	if err != nil {
		return err
	}
	address := strings.TrimSpace(form.Get("email"))
	err = a.Accounts.ChangeEmail(x.ctx(), x.who, form.Get("emailPassword"), address, x.visit())
	if c, err := x.complain(err); err != nil {
		return err
	} else if c.any() {
		return x.showOwn(ownPage{typed: form, email: c.renamed("password", "emailPassword")})
	}
	x.say(note{Text: x.p.T("account.email.sent", "email", address)})
	return x.redirect(ownPath)
}

func (a *App) endOneSession(x *exchange) error {
	if err := a.Accounts.SignOut(x.ctx(), x.who, x.r.PathValue("id")); err != nil && fault.From(err).Kind != fault.NotFound {
		return err
	}
	x.say(note{Text: x.p.T("account.ended")})
	return x.redirect(ownPath)
}

func (a *App) endSessions(x *exchange) error {
	if err := a.Accounts.SignOutEverywhere(x.ctx(), x.who, false); err != nil {
		return err
	}
	x.endSession()
	return x.redirect(SignInPath)
}
