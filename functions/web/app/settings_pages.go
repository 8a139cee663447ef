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
	"github.com/muster-crm/muster/shared/account"
	"github.com/muster-crm/muster/shared/dedupe"
	"github.com/muster-crm/muster/shared/iban"
	"github.com/muster-crm/muster/shared/list"
	"github.com/muster-crm/muster/shared/policy"
	"github.com/muster-crm/muster/shared/setting"
)

// Addresses of the settings.
const (
	settingsPath     = "/settings"
	organisationPath = settingsPath + "/organisation"
	policiesPath     = settingsPath + "/policies"
	profilePath      = settingsPath + "/profile"
	fieldsPath       = settingsPath + "/fields"
	listsPath        = settingsPath + "/lists"
	tagsPath         = settingsPath + "/tags"
	rewritesPath     = settingsPath + "/rewrites"
	usersPath        = settingsPath + "/users"
)

var settingsRoutes = slices.Concat([]Route{
	managed(http.MethodGet, settingsPath, "nav.settings", func(_ *App, x *exchange) error { return x.redirect(organisationPath) }),
	managed(http.MethodGet, organisationPath, "settings.organisation", (*App).organisation),
	managed(http.MethodPost, organisationPath, "settings.organisation", (*App).saveOrganisation),
	managed(http.MethodGet, policiesPath, "settings.policies", (*App).policies),
	managed(http.MethodPost, policiesPath, "settings.policies", (*App).savePolicies),
	managed(http.MethodGet, profilePath, "settings.profile", (*App).profileFields),
	managed(http.MethodPost, profilePath, "settings.profile", (*App).saveProfileFields),
}, fieldRoutes, listRoutes, tagRoutes, rewriteRoutes, partRoutes(), userRoutes)

// managed is a route for those who manage users and settings.
func managed(method, path, title string, handle func(*App, *exchange) error) Route {
	return Route{Method: method, Path: path, Title: title, Need: policy.Manage, handle: handle}
}

// showSettings shows a part of the settings: what there is on the left, the editor beside it.
func (x *exchange) showSettings(path, title string, c complaints, body ...templ.Component) error {
	nav := []ui.Link{{Label: x.p.T("settings.organisation"), Href: organisationPath, Icon: "home"},
		{Label: x.p.T("settings.policies"), Href: policiesPath, Icon: "shield"}, {Label: x.p.T("settings.profile"), Href: profilePath, Icon: "id"},
		{Label: x.p.T("settings.fields"), Href: fieldsPath, Icon: "columns"}, {Label: x.p.T("settings.lists"), Href: listsPath, Icon: "table"},
		{Label: x.p.T("settings.tags"), Href: tagsPath, Icon: "tag"}}
	for _, p := range parts {
		nav = append(nav, ui.Link{Label: x.p.T(p.title), Href: p.path, Icon: p.icon})
	}
	nav = append(nav, ui.Link{Label: x.p.T("settings.users"), Href: usersPath, Icon: "users"}, ui.Link{Label: x.p.T("access.title"), Href: accessPath, Icon: "eye"})
	if x.who.Grant.Role() == policy.Owner {
		nav = append(nav, ui.Link{Label: x.p.T("backup.title"), Href: backupPath, Icon: "download"})
	}
	trail := []ui.Link{{Label: x.p.T("nav.settings"), Href: settingsPath}}
	for i := range nav {
		if nav[i].Current = nav[i].Href == path; nav[i].Current && nav[i].Label != title {
			trail = append(trail, ui.Link{Label: nav[i].Label, Href: path})
		}
	}
	return x.show(view{Title: title, Status: x.status(c), Trail: append(trail, ui.Link{Label: title})},
		settingsFrame(x.p.T("nav.settings"), nav, templ.Join(body...)))
}

// settings reads the organisation's settings, as stored now.
func (x *exchange) settings() (*setting.Settings, error) {
	rec, err := x.app.Records.Get(x.ctx(), x.who.Grant, setting.Name, setting.Owner)
	if err != nil {
		return nil, err
	}
	return rec.(*setting.Settings), nil
}

// fieldLabels are the names of fields of a kind by path, as forms and complaints show them.
func (x *exchange) fieldLabels(kind string, paths ...string) map[string]string {
	labels := map[string]string{}
	for _, path := range paths {
		labels[path] = x.p.T("field." + kind + "." + path)
	}
	return labels
}

func (a *App) organisation(x *exchange) error { return x.showOrganisation(nil, complaints{}) }

// organisationForm gives settings as the form sends them.
func organisationForm(s *setting.Settings) url.Values {
	form := url.Values{"name": {s.Name}, "language": {s.Language}, "languages": s.Languages, "country": {s.Country}, "timeZone": {s.TimeZone},
		"ownColour": {strconv.FormatBool(s.Colour != "")}, "colour": {s.Colour}, "loginText": {s.LoginText}}
	for i, a := range s.BankAccounts {
		at := "bankAccounts[" + strconv.Itoa(i) + "]"
		form.Set(at+".iban", iban.Format(a.IBAN))
		form.Set(at+".holder", a.Holder)
	}
	if s.Federation != nil {
		form.Set("federation.name", s.Federation.Name)
		form.Set("federation.number", s.Federation.Number)
	}
	return form
}

// plainColour is what the picker of colours begins with.
const plainColour = "#1d4ed8"

func (x *exchange) showOrganisation(typed url.Values, c complaints) error {
	s, err := x.settings()
	if err != nil {
		return err
	}
	if typed == nil {
		typed = organisationForm(s)
	}
	labels := x.fieldLabels(setting.Name, "name", "language", "languages", "country", "timeZone", "colour", "loginText", "bankAccounts", "federation.name", "federation.number")
	colour := typed.Get("colour")
	if colour == "" {
		colour = plainColour
	}
	form := c.onto(ui.Form{ID: "organisation", Action: organisationPath, Key: x.newKey(), Version: strconv.FormatInt(s.Version, 10), Guard: true, Wide: true, Fields: []ui.Field{
		ui.Section{Title: x.p.T("settings.section.organisation"), Fields: []ui.Field{
			ui.Text{Base: required(c.base(labels, "name")), Value: typed.Get("name"), Autocomplete: "organization", Max: 100},
			ui.Select{Base: helped(c.base(labels, "country"), x.p.T("settings.country.help")), Value: typed.Get("country"), Options: x.countryOptions()},
			ui.Select{Base: helped(c.base(labels, "timeZone"), x.p.T("settings.timeZone.help")), Value: typed.Get("timeZone"), Options: x.zoneOptions(typed.Get("timeZone"))},
		}},
		ui.Section{Title: x.p.T("settings.section.languages"), Fields: []ui.Field{
			ui.Select{Base: helped(c.base(labels, "language"), x.p.T("settings.language.help")), Value: typed.Get("language"), Options: languageOptions()},
			ui.Choices{Base: helped(c.base(labels, "languages"), x.p.T("settings.languages.help")), Values: typed["languages"], Options: languageOptions()},
		}},
		ui.Section{Title: x.p.T("settings.section.look"), Fields: []ui.Field{
			ui.Toggle{Base: ui.Base{Name: "ownColour", Label: x.p.T("settings.ownColour"), Help: x.p.T("settings.ownColour.help")}, On: ticked(typed, "ownColour")},
			ui.Text{Base: c.base(labels, "colour"), Value: colour, Type: "color"},
			ui.Area{Base: helped(c.base(labels, "loginText"), x.p.T("settings.loginText.help")), Value: typed.Get("loginText"), Rows: 3, Max: 1000},
		}},
		ui.Section{Title: x.p.T("settings.section.bank"), Fields: []ui.Field{x.bankAccounts(typed, labels, c)}},
		ui.Section{Title: x.p.T("field.settings.federation"), Help: x.p.T("settings.federation.help"), Fields: []ui.Field{
			ui.Text{Base: c.base(labels, "federation.name"), Value: typed.Get("federation.name"), Max: 100},
			ui.Text{Base: c.base(labels, "federation.number"), Value: typed.Get("federation.number"), Max: 50},
		}},
	}}, labels)
	history, err := x.settingsHistory(setting.Name, setting.Owner)
	if err != nil {
		return err
	}
	return x.showSettings(organisationPath, x.p.T("settings.organisation"), c, ui.PageHeader(x.p, ui.Header{Title: x.p.T("settings.organisation"), Others: []ui.Action{{Label: x.p.T("file.ownLogo"), Href: logoSettings, Icon: "upload"}}}), ui.FormView(x.p, form), history)
}

// bankAccounts are rows of the form, to be added and removed.
func (x *exchange) bankAccounts(typed url.Values, labels map[string]string, c complaints) ui.Field {
	row := func(index string) []ui.Field {
		at := "bankAccounts[" + index + "]"
		for _, part := range []string{"iban", "holder"} {
			labels[at+"."+part] = x.p.T("field.settings.bankAccounts." + part)
		}
		return []ui.Field{ui.Text{Base: c.base(labels, at+".iban"), Value: typed.Get(at + ".iban"), Max: 42},
			ui.Text{Base: c.base(labels, at+".holder"), Value: typed.Get(at + ".holder"), Max: 70}}
	}
	f := ui.Repeat{Base: c.base(labels, "bankAccounts"), Item: x.p.T("settings.bankAccount"), New: row(ui.NewIndex), Max: 10, Add: x.p.T("settings.bankAccount.add")}
	f.Help = x.p.T("settings.bankAccounts.help")
	rows, _ := ui.Rows(typed, "bankAccounts")
	for _, n := range rows {
		f.Rows = append(f.Rows, ui.RepeatRow{Index: n, Fields: row(strconv.Itoa(n))})
	}
	return f
}

// given drops empty values.
func given(values []string) []string {
	return slices.DeleteFunc(slices.Clone(values), func(s string) bool { return s == "" })
}

func (a *App) saveOrganisation(x *exchange) error {
	form, err := x.form()
	if err != nil {
		return err
	}
	if _, changed := ui.Rows(form, "bankAccounts"); changed {
		return x.showOrganisation(form, complaints{})
	}
	colour := ""
	if ticked(form, "ownColour") {
		colour = form.Get("colour")
	}
	accounts := []map[string]string{}
	for _, n := range ui.Indexes(form, "bankAccounts") {
		at := "bankAccounts[" + strconv.Itoa(n) + "]"
		accounts = append(accounts, map[string]string{"iban": form.Get(at + ".iban"), "holder": form.Get(at + ".holder")})
	}
	return x.saveSettings(organisationPath, organisationPath, x.p.T("settings.organisation"), map[string]any{"name": form.Get("name"), "language": form.Get("language"),
		"languages": given(form["languages"]), "country": form.Get("country"), "timeZone": form.Get("timeZone"), "colour": colour, "loginText": form.Get("loginText"),
		"bankAccounts": accounts, "federation": map[string]any{"name": form.Get("federation.name"), "number": form.Get("federation.number")}}, x.showOrganisation)
}

// saveSettings changes some of the settings, and goes back to their page or shows it again.
func (x *exchange) saveSettings(path, back, title string, body map[string]any, again func(url.Values, complaints) error) error {
	_, c, answered, err := x.save(edited{kind: setting.Name, id: setting.Owner, nav: path, title: title, cancel: back, body: body})
	switch {
	case err != nil || answered:
		return err
	case c.any():
		form, err := x.form()
		if err != nil {
			return err
		}
		return again(form, c)
	}
	x.say(note{Text: x.p.T("settings.saved")})
	return x.redirect(back)
}

// uniqueKeys are the keys whose policy an organisation chooses.
var uniqueKeys = []string{"email", "mobile"}

func (a *App) policies(x *exchange) error { return x.showPolicies(nil, complaints{}) }

// spans are the lifetimes an organisation chooses, with what holds where it has not.
var spans = []struct {
	name  string
	usual int
	key   string // of the unit's word
}{
	{"sessionHours", int(account.SessionSpan.Hours()), "settings.hours"},
	{"inviteDays", int(account.InviteSpan.Hours()) / 24, "settings.days"},
	{"resetMinutes", int(account.ResetSpan.Minutes()), "settings.minutes"},
}

// keptFor are the spans after which what is over is to be erased.
var keptFor = []string{"withdrawnMonths", "trashMonths"}

// policiesForm gives settings as the form sends them.
func policiesForm(s *setting.Settings) (url.Values, error) {
	form := url.Values{"newsletterDefault": {strconv.FormatBool(s.Newsletter == nil || *s.Newsletter)}, "operatorDefault": {s.Operator}, "portal": s.Portal}
	for _, key := range uniqueKeys {
		form.Set("keyPolicy."+key, string(s.Policy(key)))
	}
	for name, numbers := range map[string]any{"lifetimes": s.Lifetimes, "retention": s.Retention, "duplicates": s.Duplicates} {
		raw, err := json.Marshal(numbers)
		if err != nil {
			return nil, err
		}
		var members map[string]int
		if err := json.Unmarshal(raw, &members); err != nil {
			return nil, err
		}
		for member, n := range members {
			form.Set(name+"."+member, strconv.Itoa(n))
		}
	}
	return form, nil
}

func (x *exchange) showPolicies(typed url.Values, c complaints) error {
	s, err := x.settings()
	if err != nil {
		return err
	}
	if typed == nil {
		if typed, err = policiesForm(s); err != nil {
			return err
		}
	}
	labels := x.fieldLabels(setting.Name, "newsletterDefault", "operatorDefault", "portal", "keyPolicy.email", "keyPolicy.mobile", "lifetimes.sessionHours", "lifetimes.inviteDays",
		"lifetimes.resetMinutes", "retention.withdrawnMonths", "retention.trashMonths", "duplicates.same", "duplicates.likely")
	keys := []ui.Field{}
	for _, key := range uniqueKeys {
		name := "keyPolicy." + key
		var options []ui.Option
		for _, code := range list.BuiltIn().Codes(list.KeyPolicy) {
			options = append(options, ui.Option{Value: code, Label: x.p.T("settings.policy." + code), Help: x.p.T("settings.policy." + code + ".help")})
		}
		keys = append(keys, ui.Choice{Base: c.base(labels, name), Value: typed.Get(name), Options: options})
	}
	number := func(name, unit string, usual int) ui.Field {
		base := c.base(labels, name)
		base.Width = ui.Medium
		if usual > 0 {
			base.Help = x.p.T("settings.usual", "n", usual)
		}
		return ui.Text{Base: base, Value: typed.Get(name), Mode: "numeric", Max: 6, After: x.p.T(unit)}
	}
	lifetimes, retention := []ui.Field{}, []ui.Field{}
	for _, span := range spans {
		lifetimes = append(lifetimes, number("lifetimes."+span.name, span.key, span.usual))
	}
	for _, name := range keptFor {
		retention = append(retention, number("retention."+name, "settings.months", 0))
	}
	form := c.onto(ui.Form{ID: "policies", Action: policiesPath, Key: x.newKey(), Version: strconv.FormatInt(s.Version, 10), Guard: true, Wide: true, Fields: []ui.Field{
		ui.Section{Title: x.p.T("settings.section.keys"), Help: x.p.T("settings.policies.text"), Fields: keys},
		ui.Section{Title: x.p.T("settings.section.new"), Fields: []ui.Field{
			ui.Toggle{Base: helped(c.base(labels, "newsletterDefault"), x.p.T("settings.newsletter.help")), On: ticked(typed, "newsletterDefault")},
			ui.Select{Base: helped(c.base(labels, "operatorDefault"), x.p.T("settings.operator.help")), Value: typed.Get("operatorDefault"), Options: x.codes(list.OperatorDefault)},
		}},
		ui.Section{Title: x.p.T("settings.section.access"), Help: x.p.T("settings.access.help"), Fields: lifetimes},
		ui.Section{Title: x.p.T("settings.section.portal"), Fields: []ui.Field{
			ui.Choices{Base: helped(c.base(labels, "portal"), x.p.T("settings.portal.help")), Values: typed["portal"], Options: x.codes(list.PortalPart)},
		}},
		ui.Section{Title: x.p.T("settings.duplicates"), Help: x.p.T("settings.duplicates.help"), Fields: []ui.Field{
			number("duplicates.same", "settings.points", dedupe.Default.Same), number("duplicates.likely", "settings.points", dedupe.Default.Likely)}},
		ui.Section{Title: x.p.T("field.settings.retention"), Help: x.p.T("settings.retention.help"), Fields: retention},
	}}, labels)
	history, err := x.settingsHistory(setting.Name, setting.Owner)
	if err != nil {
		return err
	}
	return x.showSettings(policiesPath, x.p.T("settings.policies"), c, ui.Heading(x.p.T("settings.policies"), ""), ui.FormView(x.p, form), history)
}

// ticked reads a Toggle: the last value counts, since the box stands behind its hidden "false".
func ticked(form url.Values, name string) bool {
	values := form[name]
	return len(values) > 0 && values[len(values)-1] == "true"
}

// whole reads a whole number; nil for nothing, and the text for what is none, so that the field's rules refuse it.
func whole(text string) any {
	text = strings.TrimSpace(text)
	if text == "" {
		return nil
	}
	if n, err := strconv.Atoi(text); err == nil {
		return n
	}
	return text
}

func (a *App) savePolicies(x *exchange) error {
	form, err := x.form()
	if err != nil {
		return err
	}
	policies, lifetimes, retention := map[string]any{}, map[string]any{}, map[string]any{}
	for _, key := range uniqueKeys {
		policies[key] = form.Get("keyPolicy." + key)
	}
	for _, span := range spans {
		lifetimes[span.name] = whole(form.Get("lifetimes." + span.name))
	}
	for _, name := range keptFor {
		retention[name] = whole(form.Get("retention." + name))
	}
	return x.saveSettings(policiesPath, policiesPath, x.p.T("settings.policies"), map[string]any{"keyPolicy": policies, "newsletterDefault": ticked(form, "newsletterDefault"),
		"operatorDefault": form.Get("operatorDefault"), "portal": given(form["portal"]), "lifetimes": lifetimes, "retention": retention,
		"duplicates": map[string]any{"same": whole(form.Get("duplicates.same")), "likely": whole(form.Get("duplicates.likely"))}}, x.showPolicies)
}
