package app

import (
	"cmp"
	"net/http"

	"github.com/a-h/templ"

	"github.com/muster-crm/muster/functions/web/ui"
	"github.com/muster-crm/muster/shared/account"
	"github.com/muster-crm/muster/shared/fault"
	"github.com/muster-crm/muster/shared/policy"
)

// Addresses of the way in, beside SignInPath and FirstRunPath.
const (
	resetPath   = "/reset"
	setupPath   = "/set-up"
	welcomePath = "/welcome/{token}"
)

var signinRoutes = []Route{
	{Method: http.MethodGet, Path: SignInPath, Title: "signin.title", Open: true, Setup: true, handle: (*App).signIn},
	{Method: http.MethodPost, Path: SignInPath, Title: "signin.title", Open: true, Setup: true, handle: (*App).enter},
	{Method: http.MethodPost, Path: ui.SignOutPath, Title: "action.signOut", Open: true, Setup: true, handle: (*App).signOut},
	{Method: http.MethodGet, Path: resetPath, Title: "reset.title", Open: true, Setup: true, handle: (*App).reset},
	{Method: http.MethodPost, Path: resetPath, Title: "reset.title", Open: true, Setup: true, handle: (*App).requestReset},
	{Method: http.MethodPost, Path: setupPath, Title: "setup.title", Open: true, Setup: true, handle: (*App).offerSetup},
	{Method: http.MethodGet, Path: welcomePath, Title: "welcome.title", Open: true, Setup: true, handle: (*App).welcome},
	{Method: http.MethodPost, Path: welcomePath, Title: "welcome.title", Open: true, Setup: true, handle: (*App).redeem},
	{Method: http.MethodGet, Path: FirstRunPath, Title: "setup.title", Setup: true, Need: policy.Manage, handle: (*App).firstRun},
	{Method: http.MethodPost, Path: FirstRunPath, Title: "setup.title", Setup: true, Need: policy.Manage, handle: (*App).saveFirstRun},
}

// signIn shows the way in, or, while there is no organisation, how there comes to be one.
func (a *App) signIn(x *exchange) error {
	if x.signedIn() {
		return x.redirect(backOf(x))
	}
	masked, waiting, err := a.Accounts.SetupOffered(x.ctx(), a.OwnerEmail)
	if err != nil {
		return err
	}
	if waiting {
		return x.showOffer(masked, false)
	}
	return x.showSignIn(backOf(x), "", complaints{})
}

// backOf is where the reader wants to go once signed in.
func backOf(x *exchange) string { return cmp.Or(localPath(x.r.FormValue("back")), "/") }

func (x *exchange) showSignIn(back, login string, c complaints) error {
	labels := map[string]string{"login": x.p.T("signin.login"), "password": x.p.T("signin.password")}
	form := c.onto(ui.Form{ID: "sign-in", Action: SignInPath, Save: x.p.T("action.signIn"), Values: []ui.Value{{Name: "back", Value: back}}, Fields: []ui.Field{
		ui.Text{Base: c.base(labels, "login"), Value: login, Type: "email", Autocomplete: "username", Max: 254},
		ui.Text{Base: c.base(labels, "password"), Type: "password", Autocomplete: "current-password", Max: 1024},
	}}, labels)
	front, err := x.app.Accounts.Front(x.ctx())
	if err != nil {
		return err
	}
	body := []templ.Component{ui.Heading(x.p.T("signin.title"), "")}
	if front != nil && front.LoginText != "" {
		body = append(body, greeting(front.LoginText))
	}
	return x.show(view{Bare: true, Status: x.status(c), Front: front}, append(body, ui.FormView(x.p, form), asideLink(x.p.T("signin.forgot"), resetPath))...)
}

// enter signs somebody in. Whatever is wrong, the answer is the same but for the pause after too many attempts.
func (a *App) enter(x *exchange) error {
	form, err := x.form()
	if err != nil {
		return err
	}
	s, err := a.Accounts.SignIn(x.ctx(), form.Get("login"), form.Get("password"), x.visit())
	if c, err := x.complain(err); err != nil {
		return err
	} else if c.any() {
		return x.showSignIn(backOf(x), form.Get("login"), c)
	}
	x.startSession(s)
	return x.redirect(backOf(x))
}

// signOut ends the reader's session. Somebody whose session has ended already is signed out too.
func (a *App) signOut(x *exchange) error {
	if x.signedIn() {
		if err := a.Accounts.SignOut(x.ctx(), x.who, "current"); err != nil && fault.From(err).Kind != fault.NotFound {
			return err
		}
	}
	x.endSession()
	return x.redirect(SignInPath)
}

func (a *App) reset(x *exchange) error { return x.showReset("", complaints{}) }

func (x *exchange) showReset(login string, c complaints) error {
	labels := map[string]string{"login": x.p.T("signin.login")}
	form := c.onto(ui.Form{ID: "reset", Action: resetPath, Save: x.p.T("reset.send"), Cancel: SignInPath, Fields: []ui.Field{
		ui.Text{Base: c.base(labels, "login"), Value: login, Type: "email", Autocomplete: "username", Max: 254},
	}}, labels)
	return x.show(view{Bare: true, Status: x.status(c)}, ui.Heading(x.p.T("reset.title"), x.p.T("reset.text")), ui.FormView(x.p, form))
}

// requestReset mails a link. Whether anybody has the login, the page does not tell.
func (a *App) requestReset(x *exchange) error {
	form, err := x.form()
	if err != nil {
		return err
	}
	login := form.Get("login")
	if account.FoldLogin(login) == "" {
		return x.showReset("", complaints{x.p, fault.Bad("login", "required")})
	}
	err = a.Accounts.RequestReset(x.ctx(), login, x.visit())
	if c, err := x.complain(err); err != nil {
		return err
	} else if c.any() {
		return x.showReset(login, c)
	}
	return x.show(view{Bare: true}, message(ui.Empty{Icon: "mail", Title: x.p.T("reset.sent"),
		Text:    x.p.T("reset.sent.text", "login", login),
		Actions: []ui.Action{{Label: x.p.T("signin.back"), Href: SignInPath}}}))
}
