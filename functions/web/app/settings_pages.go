package app

import (
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"github.com/a-h/templ"

	"github.com/muster-crm/muster/functions/web/ui"
	"github.com/muster-crm/muster/shared/list"
	"github.com/muster-crm/muster/shared/policy"
	"github.com/muster-crm/muster/shared/repository"
	"github.com/muster-crm/muster/shared/setting"
)

// Addresses of the settings.
const (
	settingsPath     = "/settings"
	organisationPath = settingsPath + "/organisation"
	policiesPath     = settingsPath + "/policies"
	fieldsPath       = settingsPath + "/fields"
	usersPath        = settingsPath + "/users"
)

var settingsRoutes = slices.Concat([]Route{
	managed(http.MethodGet, settingsPath, "nav.settings", func(_ *App, x *exchange) error { return x.redirect(organisationPath) }),
	managed(http.MethodGet, organisationPath, "settings.organisation", (*App).organisation),
	managed(http.MethodPost, organisationPath, "settings.organisation", (*App).saveOrganisation),
	managed(http.MethodGet, policiesPath, "settings.policies", (*App).policies),
	managed(http.MethodPost, policiesPath, "settings.policies", (*App).savePolicies),
}, fieldRoutes, userRoutes)

// managed is a route for those who manage users and settings.
func managed(method, path, title string, handle func(*App, *exchange) error) Route {
	return Route{Method: method, Path: path, Title: title, Need: policy.Manage, handle: handle}
}

// showSettings shows a part of the settings: what there is on the left, the editor beside it.
func (x *exchange) showSettings(path, title string, c complaints, body ...templ.Component) error {
	var nav []ui.Link
	links := []ui.Link{{Label: x.p.T("settings.organisation"), Href: organisationPath, Icon: "home"},
		{Label: x.p.T("settings.policies"), Href: policiesPath, Icon: "shield"}, {Label: x.p.T("settings.fields"), Href: fieldsPath, Icon: "columns"},
		{Label: x.p.T("settings.users"), Href: usersPath, Icon: "users"}}
	if x.who.Grant.Role() == policy.Owner {
		links = append(links, ui.Link{Label: x.p.T("backup.title"), Href: backupPath, Icon: "download"})
	}
	for _, l := range links {
		l.Current = l.Href == path
		nav = append(nav, l)
	}
	return x.show(view{Title: title, Status: x.status(c), Trail: []ui.Link{{Label: x.p.T("nav.settings"), Href: settingsPath}, {Label: title}}},
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

func (a *App) organisation(x *exchange) error { return x.showOrganisation(nil, complaints{}) }

func (x *exchange) showOrganisation(typed url.Values, c complaints) error {
	s, err := x.settings()
	if err != nil {
		return err
	}
	version := s.Version
	if typed != nil {
		s.Name, s.Language, s.Country, s.TimeZone, s.Languages = typed.Get("name"), typed.Get("language"), typed.Get("country"), typed.Get("timeZone"), given(typed["languages"])
	}
	labels := map[string]string{"name": x.p.T("settings.field.name"), "language": x.p.T("settings.field.language"), "languages": x.p.T("settings.field.languages"),
		"country": x.p.T("settings.field.country"), "timeZone": x.p.T("settings.field.timeZone")}
	form := c.onto(ui.Form{ID: "organisation", Action: organisationPath, Key: x.newKey(), Version: strconv.FormatInt(version, 10), Guard: true, Fields: []ui.Field{
		ui.Text{Base: required(c.base(labels, "name")), Value: s.Name, Autocomplete: "organization", Max: 100},
		ui.Select{Base: helped(c.base(labels, "language"), x.p.T("settings.language.help")), Value: s.Language, Options: languageOptions()},
		ui.Choices{Base: helped(c.base(labels, "languages"), x.p.T("settings.languages.help")), Values: s.Languages, Options: languageOptions()},
		ui.Select{Base: helped(c.base(labels, "country"), x.p.T("settings.country.help")), Value: s.Country, Options: x.countryOptions()},
		ui.Select{Base: helped(c.base(labels, "timeZone"), x.p.T("settings.timeZone.help")), Value: s.TimeZone, Options: x.zoneOptions(s.TimeZone)},
	}}, labels)
	history, err := x.settingsHistory(setting.Name, setting.Owner)
	if err != nil {
		return err
	}
	return x.showSettings(organisationPath, x.p.T("settings.organisation"), c, ui.Heading(x.p.T("settings.organisation"), ""), ui.FormView(x.p, form), history)
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
	c, err := x.patchSettings(map[string]any{"name": form.Get("name"), "language": form.Get("language"), "languages": given(form["languages"]),
		"country": form.Get("country"), "timeZone": form.Get("timeZone")})
	if err != nil {
		return err
	}
	if c.any() {
		return x.showOrganisation(form, c)
	}
	x.say(note{Text: x.p.T("settings.saved")})
	return x.redirect(organisationPath)
}

// patchSettings saves some of the settings over the version the form was opened at.
func (x *exchange) patchSettings(values map[string]any) (complaints, error) {
	patch, err := json.Marshal(values)
	if err != nil {
		return complaints{}, err
	}
	_, err = x.app.Records.Patch(x.ctx(), repository.Write{Grant: x.who.Grant, Key: x.key()}, setting.Name, setting.Owner, x.version(), patch)
	return x.complain(err)
}

// uniqueKeys are the keys whose policy an organisation chooses.
var uniqueKeys = []string{"email", "mobile"}

func (a *App) policies(x *exchange) error { return x.showPolicies(nil, complaints{}) }

func (x *exchange) showPolicies(typed url.Values, c complaints) error {
	s, err := x.settings()
	if err != nil {
		return err
	}
	labels := map[string]string{"newsletterDefault": x.p.T("settings.field.newsletterDefault")}
	var fields []ui.Field
	for _, key := range uniqueKeys {
		name := "keyPolicy." + key
		labels[name] = x.p.T("settings.field." + name)
		var options []ui.Option
		for _, code := range list.BuiltIn().Codes(list.KeyPolicy) {
			options = append(options, ui.Option{Value: code, Label: x.p.T("settings.policy." + code), Help: x.p.T("settings.policy." + code + ".help")})
		}
		value := string(s.Policy(key))
		if typed != nil {
			value = typed.Get(name)
		}
		fields = append(fields, ui.Choice{Base: c.base(labels, name), Value: value, Options: options})
	}
	on := s.Newsletter == nil || *s.Newsletter
	if typed != nil {
		on = ticked(typed, "newsletterDefault")
	}
	fields = append(fields, ui.Toggle{Base: helped(c.base(labels, "newsletterDefault"), x.p.T("settings.newsletter.help")), On: on})
	form := c.onto(ui.Form{ID: "policies", Action: policiesPath, Key: x.newKey(), Version: strconv.FormatInt(s.Version, 10), Guard: true, Fields: fields}, labels)
	history, err := x.settingsHistory(setting.Name, setting.Owner)
	if err != nil {
		return err
	}
	return x.showSettings(policiesPath, x.p.T("settings.policies"), c, ui.Heading(x.p.T("settings.policies"), x.p.T("settings.policies.text")), ui.FormView(x.p, form), history)
}

// ticked reads a Toggle: the last value counts, since the box stands behind its hidden "false".
func ticked(form url.Values, name string) bool {
	values := form[name]
	return len(values) > 0 && values[len(values)-1] == "true"
}

func (a *App) savePolicies(x *exchange) error {
	form, err := x.form()
	if err != nil {
		return err
	}
	policies := map[string]string{}
	for _, key := range uniqueKeys {
		policies[key] = form.Get("keyPolicy." + key)
	}
	c, err := x.patchSettings(map[string]any{"keyPolicy": policies, "newsletterDefault": ticked(form, "newsletterDefault")})
	if err != nil {
		return err
	}
	if c.any() {
		return x.showPolicies(form, c)
	}
	x.say(note{Text: x.p.T("settings.saved")})
	return x.redirect(policiesPath)
}
