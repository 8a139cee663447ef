package app

import (
	"cmp"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"github.com/muster-crm/muster/functions/web/ui"
	"github.com/muster-crm/muster/shared/account"
	"github.com/muster-crm/muster/shared/contact"
	"github.com/muster-crm/muster/shared/policy"
	"github.com/muster-crm/muster/shared/query"
	"github.com/muster-crm/muster/shared/record"
	"github.com/muster-crm/muster/shared/repository"
	"github.com/muster-crm/muster/shared/setting"
)

var userRoutes = []Route{
	managed(http.MethodGet, usersPath, "settings.users", (*App).users),
	managed(http.MethodGet, usersPath+"/new", "settings.newUser", (*App).newUser),
	managed(http.MethodPost, usersPath+"/new", "settings.newUser", (*App).createUser),
	managed(http.MethodGet, usersPath+"/{id}", "settings.users", (*App).user),
	managed(http.MethodPost, usersPath+"/{id}", "settings.users", (*App).saveUser),
	managed(http.MethodGet, usersPath+"/{id}/block", "settings.block", (*App).askBlock),
	managed(http.MethodPost, usersPath+"/{id}/block", "settings.block", (*App).block),
	managed(http.MethodPost, usersPath+"/{id}/unblock", "settings.users", (*App).unblock),
	managed(http.MethodPost, usersPath+"/{id}/invite", "settings.users", (*App).invite),
	managed(http.MethodPost, usersPath+"/{id}/reset", "settings.users", (*App).sendReset),
	managed(http.MethodPost, usersPath+"/{id}/delete", "settings.users", (*App).deleteUser),
	managed(http.MethodPost, usersPath+"/{id}/restore", "settings.users", (*App).restoreUser),
}

// usersPage is how many users a list shows at once.
const usersPage = 50

func (a *App) users(x *exchange) error {
	q := x.r.URL.Query()
	trashed := q.Get("trash") != ""
	users, next, err := a.Accounts.List(x.ctx(), x.who.Grant, trashed, q.Get("after"), usersPage)
	if err != nil {
		return err
	}
	t := ui.Table{ID: "results", Label: x.p.T("settings.users"), Columns: []ui.Column{
		{Label: x.p.T("field.user.name"), Main: true}, {Label: x.p.T("field.user.role")}, {Label: x.p.T("settings.state")}, {Label: x.p.T("settings.lastSeen"), Wide: true}},
		Empty: ui.Empty{Icon: "users", Title: x.p.T("settings.users.none")}}
	ticked, shown := x.ticked(), map[string]bool{}
	for _, u := range users {
		shown[u.ID] = true
		at := usersPath + "/" + u.ID
		seen := ui.Muted(x.p.T("settings.never"))
		if u.LastLoginAt != nil {
			seen = ui.Muted(x.p.Relative(*u.LastLoginAt, x.now()))
		}
		row := ui.Row{ID: u.ID, Name: u.Name, Href: at, Ticked: slices.Contains(ticked, u.ID), Cells: []templ.Component{
			ui.PersonCell(ui.Person{Face: ui.Face{Name: u.Name}, Href: at, Sub: u.Email}), ui.Words(x.p.T("settings.role." + u.Role)), ui.Badge(x.userState(u)), seen}}
		if trashed {
			row.Actions = []ui.Action{{Label: x.p.T("action.restore"), Icon: "restore", Href: at + "/restore", Post: true,
				Values: []ui.Value{{Name: ui.VersionName, Value: strconv.FormatInt(u.Version, 10)}}}}
		}
		t.Rows = append(t.Rows, row)
	}
	if k, err := x.of(userLook); err != nil {
		return err
	} else if !trashed && len(t.Rows) > 0 {
		t.Bulk = &ui.Bulk{Total: len(t.Rows), Clear: x.altered(usersPath, "sel", ""), Actions: x.bulkActions(k, userLook), Most: maxTicked,
			Others: slices.DeleteFunc(ticked, func(id string) bool { return shown[id] })}
	}
	tabs := ui.Tabs{Label: x.p.T("settings.users"), Items: []ui.Link{{Label: x.p.T("settings.users"), Href: usersPath, Current: !trashed},
		{Label: x.p.T("nav.trash"), Href: usersPath + "?trash=1", Current: trashed}}}
	body := []templ.Component{ui.PageHeader(x.p, ui.Header{Title: x.p.T("settings.users"),
		Primary: &ui.Action{Label: x.p.T("settings.newUser"), Href: usersPath + "/new", Icon: "plus", Key: "n"}}), ui.TabBar(tabs), ui.TableView(x.p, t)}
	if next != "" {
		q.Set("after", next)
		body = append(body, actionsBelow(ui.Action{Label: x.p.T("action.next"), Href: usersPath + "?" + q.Encode(), Icon: "chevron-right"}))
	}
	return x.showSettings(usersPath, x.p.T("settings.users"), complaints{}, body...)
}

// userState says how far somebody has come in.
func (x *exchange) userState(u *account.User) ui.Pill {
	switch {
	case u.DeletedAt != nil:
		return ui.Pill{Label: x.p.T("settings.state.deleted"), Tone: ui.Neutral, Dot: true}
	case u.Blocked != nil:
		return ui.Pill{Label: x.p.T("settings.state.blocked"), Tone: ui.Bad, Dot: true}
	case u.LastLoginAt != nil:
		return ui.Pill{Label: x.p.T("settings.state.active"), Tone: ui.Good, Dot: true}
	case u.InvitedAt != nil:
		return ui.Pill{Label: x.p.T("settings.state.invited"), Tone: ui.Info, Dot: true}
	}
	return ui.Pill{Label: x.p.T("settings.state.new"), Tone: ui.Neutral, Dot: true}
}

// roleOptions are the roles the reader may give.
func (x *exchange) roleOptions() []ui.Option {
	var all []ui.Option
	for _, role := range policy.Roles() {
		if x.who.Grant.Covers(role) {
			all = append(all, ui.Option{Value: string(role), Label: x.p.T("settings.role." + string(role)), Help: x.p.T("settings.role." + string(role) + ".help")})
		}
	}
	return all
}

func (x *exchange) userLabels() map[string]string {
	return x.fieldLabels(account.Name, "name", "email", "role", "language", "entity")
}

// userEntity asks where what a user makes begins; nothing where there is only the root.
func (x *exchange) userEntity(typed url.Values, labels map[string]string, c complaints) []ui.Field {
	if len(x.cfg.Entities) < 2 {
		return nil
	}
	return []ui.Field{ui.Select{Base: helped(c.base(labels, "entity"), x.p.T("settings.userEntity.help")), Value: cmp.Or(typed.Get("entity"), setting.RootEntity), Options: x.entityOptions(nil)}}
}

func (a *App) newUser(x *exchange) error {
	return x.showNewUser(url.Values{"role": {string(policy.Editor)}, "language": {x.cfg.Settings.Language}}, complaints{})
}

func (x *exchange) showNewUser(typed url.Values, c complaints) error {
	labels := x.userLabels()
	form := c.onto(ui.Form{ID: "new-user", Action: usersPath + "/new", Key: x.newKey(), Guard: true, Cancel: usersPath, Save: x.p.T("settings.invite"), Fields: append([]ui.Field{
		ui.Text{Base: required(c.base(labels, "name")), Value: typed.Get("name"), Max: 100},
		ui.Text{Base: required(helped(c.base(labels, "email"), x.p.T("settings.invite.help"))), Value: typed.Get("email"), Type: "email", Max: 254},
		ui.Choice{Base: c.base(labels, "role"), Value: typed.Get("role"), Options: x.roleOptions()},
		ui.Select{Base: c.base(labels, "language"), Value: typed.Get("language"), Options: languageOptions()},
	}, x.userEntity(typed, labels, c)...)}, labels)
	return x.showSettings(usersPath, x.p.T("settings.newUser"), c, ui.Heading(x.p.T("settings.newUser"), ""), ui.FormView(x.p, form))
}

func (a *App) createUser(x *exchange) error {
	form, err := x.form()
	if err != nil {
		return err
	}
	res, err := a.Accounts.Create(x.ctx(), repository.Write{Grant: x.who.Grant, Key: x.key()}, account.NewUser{Name: form.Get("name"),
		Email: strings.TrimSpace(form.Get("email")), Role: form.Get("role"), Language: form.Get("language"), Entity: form.Get("entity"), Invite: true}, x.visit())
	if c, err := x.complain(err); err != nil {
		return err
	} else if c.any() {
		return x.showNewUser(form, c)
	}
	u := res.Record.(*account.User)
	if len(res.Warnings) > 0 {
		x.say(note{Text: x.p.T("fault.mail_unsent"), Tone: ui.Warn})
		return x.redirect(usersPath + "/" + u.ID)
	}
	x.say(note{Text: x.p.T("settings.invited", "email", u.Email)})
	return x.redirect(usersPath)
}

func (a *App) user(x *exchange) error { return x.showUser(nil, complaints{}) }

// showUser shows somebody who can sign in, and what can be done about that.
func (x *exchange) showUser(typed url.Values, c complaints) error {
	u, err := x.app.Accounts.Get(x.ctx(), x.who.Grant, x.r.PathValue("id"))
	if err != nil {
		return err
	}
	at := usersPath + "/" + u.ID
	version := []ui.Value{{Name: ui.VersionName, Value: strconv.FormatInt(u.Version, 10)}}
	myself := u.ID == x.who.Grant.Actor().ID
	mine := x.who.Grant.Covers(policy.Role(u.Role)) // they hold no more than the reader
	header := ui.Header{Title: u.Name, Sub: u.Email, Face: &ui.Face{Name: u.Name, Large: true}, Pills: []ui.Pill{rolePill(x, u.Role), x.userState(u)}, Meta: x.seenLine(u)}
	switch {
	case u.DeletedAt != nil:
		header.Primary = &ui.Action{Label: x.p.T("action.restore"), Icon: "restore", Href: at + "/restore", Post: true, Values: version}
	case mine && u.Blocked != nil:
		header.Primary = &ui.Action{Label: x.p.T("settings.unblock"), Icon: "check", Href: at + "/unblock", Post: true}
	case mine && u.FirstLoginAt == nil:
		header.Others = append(header.Others, ui.Action{Label: x.p.T("settings.inviteAgain"), Icon: "mail", Href: at + "/invite", Post: true})
	case mine:
		header.Others = append(header.Others, ui.Action{Label: x.p.T("settings.sendReset"), Icon: "mail", Href: at + "/reset", Post: true})
	}
	if mine && !myself && u.DeletedAt == nil {
		if u.Blocked == nil {
			header.Menu = append(header.Menu, ui.Action{Label: x.p.T("settings.block"), Icon: "lock", Href: at + "/block"})
		}
		header.Menu = append(header.Menu, ui.Action{Label: x.p.T("action.delete"), Icon: "trash", Href: at + "/delete", Post: true, Danger: true, Values: version})
	}
	body := []templ.Component{ui.PageHeader(x.p, header)}
	if u.Blocked != nil {
		body = append(body, ui.AlertBox(x.p, ui.Alert{Tone: ui.Warn, Title: x.p.T("settings.blockedSince", "date", x.p.Moment(u.Blocked.At)), Text: u.Blocked.Reason}))
	}
	if left, err := x.leftBehind(u); err != nil {
		return err
	} else if left != nil {
		body = append(body, left)
	}
	if c.any() && (u.DeletedAt != nil || myself || !mine) {
		body = append(body, ui.AlertBox(x.p, ui.Alert{Tone: ui.Bad, Text: c.whole()})) // there is no form to say it
	}
	switch {
	case u.DeletedAt != nil:
	case myself:
		body = append(body, ui.AlertBox(x.p, ui.Alert{Tone: ui.Info, Text: x.p.T("settings.yourself"),
			Actions: []ui.Action{{Label: x.p.T("account.title"), Href: ownPath}}}))
	case !mine:
		body = append(body, ui.AlertBox(x.p, ui.Alert{Tone: ui.Info, Text: x.p.T("settings.holdsMore")}))
	default:
		body = append(body, ui.FormView(x.p, x.userForm(u, typed, c)))
	}
	history, err := x.settingsHistory(account.Name, u.ID)
	if err != nil {
		return err
	}
	return x.showSettings(usersPath, u.Name, c, append(body, history)...)
}

// leftBehind leads to the contacts whose dedicated operator somebody was who works here no more; nil when there are none.
func (x *exchange) leftBehind(u *account.User) (templ.Component, error) {
	if u.Blocked == nil && u.DeletedAt == nil {
		return nil, nil
	}
	whose := query.Term{Field: "operator", Op: query.Is, Value: u.ID}
	list, err := x.app.Records.List(x.ctx(), x.who.Grant, contact.Name, repository.Question{Where: whose, Count: true})
	if err != nil || list.Total == 0 {
		return nil, err
	}
	return ui.AlertBox(x.p, ui.Alert{Tone: ui.Info, Text: x.p.N("settings.leftBehind", list.Total),
		Actions: []ui.Action{{Label: x.p.T("settings.leftBehind.show"), Href: HomePath + "?" + url.Values{"q": {query.Format(whose)}}.Encode()}}}), nil
}

func (x *exchange) seenLine(u *account.User) string {
	if u.LastLoginAt == nil {
		return x.p.T("settings.neverSeen")
	}
	return x.p.T("settings.seen", "time", x.p.Relative(*u.LastLoginAt, x.now()))
}

func (x *exchange) userForm(u *account.User, typed url.Values, c complaints) ui.Form {
	labels := x.userLabels()
	if typed == nil {
		typed = url.Values{"name": {u.Name}, "email": {u.Email}, "role": {u.Role}, "language": {u.Language}, "entity": {u.Entity}}
	}
	return c.onto(ui.Form{ID: "user", Action: usersPath + "/" + u.ID, Key: x.newKey(), Version: strconv.FormatInt(u.Version, 10), Guard: true, Cancel: usersPath, Fields: append([]ui.Field{
		ui.Text{Base: required(c.base(labels, "name")), Value: typed.Get("name"), Max: 100},
		ui.Text{Base: required(helped(c.base(labels, "email"), x.p.T("settings.email.help"))), Value: typed.Get("email"), Type: "email", Max: 254},
		ui.Choice{Base: c.base(labels, "role"), Value: typed.Get("role"), Options: x.roleOptions()},
		ui.Select{Base: c.base(labels, "language"), Value: typed.Get("language"), Options: languageOptions()},
	}, x.userEntity(typed, labels, c)...)}, labels)
}

func (a *App) saveUser(x *exchange) error {
	form, err := x.form()
	if err != nil {
		return err
	}
	body := map[string]any{"name": form.Get("name"), "email": strings.TrimSpace(form.Get("email")), "role": form.Get("role"), "language": form.Get("language")}
	if form.Has("entity") {
		body["entity"] = form.Get("entity")
	}
	for _, field := range keptFields(form) {
		leave(body, field)
	}
	patch, err := json.Marshal(body)
	if err != nil {
		return err
	}
	_, err = a.Accounts.Update(x.ctx(), repository.Write{Grant: x.who.Grant, Key: x.key()}, x.r.PathValue("id"), x.version(), patch)
	if now, ok := overtaken(err); ok {
		at := usersPath + "/" + now.Base().ID
		return x.showStale(edited{kind: account.Name, id: now.Base().ID, nav: usersPath, title: record.Title(now), cancel: at, body: body}, form, now, x.version())
	}
	if c, err := x.complain(err); err != nil {
		return err
	} else if c.any() {
		return x.showUser(form, c)
	}
	x.say(note{Text: x.p.T("settings.saved")})
	return x.redirect(usersPath + "/" + x.r.PathValue("id"))
}

// askBlock asks for the reason before somebody is kept out.
func (a *App) askBlock(x *exchange) error {
	u, err := a.Accounts.Get(x.ctx(), x.who.Grant, x.r.PathValue("id"))
	if err != nil {
		return err
	}
	at := usersPath + "/" + u.ID
	form := ui.Form{ID: "block", Action: at + "/block", Save: x.p.T("settings.block"), Danger: true, Cancel: at, Fields: []ui.Field{
		ui.Text{Base: ui.Base{Name: "reason", Label: x.p.T("settings.reason"), Help: x.p.T("settings.reason.help")}, Max: 500}}}
	return x.showSettings(usersPath, u.Name, complaints{}, ui.Heading(x.p.T("settings.blockUser", "name", u.Name), x.p.T("settings.block.text")), ui.FormView(x.p, form))
}

// done goes back to a user with a notice of what was done, or says on their page why it was not.
func (x *exchange) done(u *account.User, err error, key string) error {
	if c, err := x.complain(err); err != nil {
		return err
	} else if c.any() {
		return x.showUser(nil, c)
	}
	x.say(note{Text: x.p.T(key, "name", u.Name, "email", u.Email)})
	return x.redirect(usersPath + "/" + u.ID)
}

func (x *exchange) manager() repository.Write {
	return repository.Write{Grant: x.who.Grant, Key: x.key()}
}

func (a *App) block(x *exchange) error {
	u, err := a.Accounts.Block(x.ctx(), x.manager(), x.r.PathValue("id"), x.r.PostFormValue("reason"))
	return x.done(u, err, "settings.blocked")
}

func (a *App) unblock(x *exchange) error {
	u, err := a.Accounts.Unblock(x.ctx(), x.manager(), x.r.PathValue("id"))
	return x.done(u, err, "settings.unblocked")
}

func (a *App) invite(x *exchange) error {
	u, err := a.Accounts.Invite(x.ctx(), x.manager(), x.r.PathValue("id"), x.visit())
	return x.done(u, err, "settings.invited")
}

func (a *App) sendReset(x *exchange) error {
	u, err := a.Accounts.Reset(x.ctx(), x.manager(), x.r.PathValue("id"), x.visit())
	return x.done(u, err, "settings.resetSent")
}

func (a *App) deleteUser(x *exchange) error {
	u, err := a.Accounts.Trash(x.ctx(), x.manager(), x.r.PathValue("id"), x.version())
	if c, err := x.complain(err); err != nil {
		return err
	} else if c.any() {
		return x.showUser(nil, c)
	}
	x.say(note{Text: x.p.T("settings.userDeleted", "name", u.Name), Undo: usersPath + "/" + u.ID + "/restore",
		With: []ui.Value{{Name: ui.VersionName, Value: strconv.FormatInt(u.Version, 10)}}})
	return x.redirect(usersPath)
}

func (a *App) restoreUser(x *exchange) error {
	u, err := a.Accounts.Restore(x.ctx(), x.manager(), x.r.PathValue("id"), x.version())
	return x.done(u, err, "settings.userRestored")
}
