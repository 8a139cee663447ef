package app

import (
	"errors"
	"net/http"
	"net/url"

	"github.com/muster-crm/muster/functions/web/ui"
	"github.com/muster-crm/muster/shared/account"
	"github.com/muster-crm/muster/shared/fault"
	"github.com/muster-crm/muster/shared/i18n"
)

// welcome shows what a one-time link is for. It is used by the form alone: programs that look into mails open links too.
func (a *App) welcome(x *exchange) error {
	opened, err := x.openLink()
	if err != nil {
		return x.expired(err)
	}
	return x.showLink(opened, url.Values{}, complaints{})
}

// openLink reads the link of the request. Whoever has not chosen a language yet reads on in the one of the link.
func (x *exchange) openLink() (account.Opened, error) {
	opened, err := x.app.Accounts.Open(x.ctx(), x.r.PathValue("token"))
	if err == nil && opened.Language.Valid() && !x.signedIn() && x.cookie("language") == "" {
		x.p = i18n.New(opened.Language, nil)
	}
	return opened, err
}

// expired says that a link is no longer good, and how to get another.
func (x *exchange) expired(err error) error {
	if !errors.Is(err, fault.NotFound) {
		return err
	}
	return x.show(view{Bare: true, Status: http.StatusGone, Title: x.p.T("welcome.expired")}, message(ui.Empty{Icon: "clock",
		Title: x.p.T("welcome.expired"), Text: x.p.T("welcome.expired.text"), Actions: []ui.Action{
			{Label: x.p.T("welcome.another"), Href: resetPath}, {Label: x.p.T("signin.back"), Href: SignInPath}}}))
}

// showLink shows the form of a link: by its purpose a password to be chosen, an address to be confirmed, or an
// organisation to be set up.
func (x *exchange) showLink(o account.Opened, typed url.Values, c complaints) error {
	labels := map[string]string{"password": x.p.T("signin.newPassword")}
	form := ui.Form{ID: "welcome", Action: x.r.URL.Path}
	password := ui.Text{Base: helped(c.base(labels, "password"), x.p.T("signin.passwordHelp", "min", account.MinPassword)),
		Type: "password", Autocomplete: "new-password", Max: 1024}
	title, text := x.p.T("welcome."+string(o.For)), ""
	switch o.For {
	case account.Setup:
		return x.showSetup(setupForm{action: x.r.URL.Path, email: o.Email, owner: true}, typed, c)
	case account.Confirm:
		text = x.p.T("welcome.confirm.text", "organisation", o.Organisation, "email", o.Email)
		form.Save = x.p.T("welcome.confirm.save")
	case account.Enter:
		text = x.p.T("welcome.enter.text", "organisation", o.Organisation, "name", o.Name)
		password.Help = x.p.T("welcome.enter.password")
		form.Fields, form.Save = []ui.Field{password}, x.p.T("action.signIn")
	default:
		text = x.p.T("welcome."+string(o.For)+".text", "organisation", o.Organisation, "login", o.Login)
		password.Required = true
		form.Fields, form.Save = []ui.Field{userName(o.Login), password}, x.p.T("welcome.save")
	}
	form = c.onto(form, labels)
	return x.show(view{Bare: true, Title: title, Status: x.status(c)}, ui.Heading(title, text), ui.FormView(x.p, form))
}

// userName tells password managers whose password it is.
func userName(login string) ui.Field { return ui.Part{Body: hiddenLogin(login)} }

// redeem uses a one-time link.
func (a *App) redeem(x *exchange) error {
	form, err := x.form()
	if err != nil {
		return err
	}
	opened, err := x.openLink()
	if err != nil {
		return x.expired(err)
	}
	token := x.r.PathValue("token")
	var s account.Session
	switch opened.For {
	case account.Confirm:
		return x.confirm(token)
	case account.Setup:
		s, err = x.setup(token, opened, form)
	default:
		s, err = a.Accounts.Redeem(x.ctx(), token, form.Get("password"), x.visit())
	}
	if errors.Is(err, fault.NotFound) {
		return x.expired(err)
	}
	if c, err := x.complain(err); err != nil {
		return err
	} else if c.any() {
		return x.showLink(opened, form, c)
	}
	x.startSession(s)
	return x.redirect("/")
}

// confirm makes a new e-mail address the user's.
func (x *exchange) confirm(token string) error {
	u, err := x.app.Accounts.ConfirmEmail(x.ctx(), token, x.visit())
	if errors.Is(err, fault.NotFound) {
		return x.expired(err)
	}
	c, err := x.complain(err)
	if err != nil {
		return err
	}
	e := ui.Empty{Icon: "check", Title: x.p.T("welcome.confirmed"), Actions: []ui.Action{{Label: x.p.T("action.continue"), Href: "/"}}}
	if c.any() {
		e.Icon, e.Title, e.Text = "warning", x.p.T("welcome.unconfirmed"), c.whole()
	} else {
		e.Text = x.p.T("welcome.confirmed.text", "email", u.Email)
	}
	return x.show(view{Bare: true, Title: e.Title, Status: x.status(c)}, message(e))
}
