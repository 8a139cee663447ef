package app

import (
	"cmp"
	"encoding/json"
	"errors"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/muster-crm/muster/functions/web/ui"
	"github.com/muster-crm/muster/shared/account"
	"github.com/muster-crm/muster/shared/fault"
	"github.com/muster-crm/muster/shared/i18n"
	"github.com/muster-crm/muster/shared/list"
	"github.com/muster-crm/muster/shared/org"
	"github.com/muster-crm/muster/shared/repository"
	"github.com/muster-crm/muster/shared/setting"
)

// offerLimit is how often the set-up link is mailed.
var offerLimit = org.Limit{Most: 3, In: time.Hour}

// showOffer tells that there is no organisation yet: where mail leaves the house, the link goes to the owner's address;
// on a machine of one's own it was printed where the program was started.
func (x *exchange) showOffer(masked string, sent bool) error {
	e := ui.Empty{Icon: "star", Title: x.p.T("setup.offer"), Text: x.p.T("setup.offer.printed")}
	switch {
	case sent:
		e.Icon, e.Title, e.Text = "mail", x.p.T("setup.sent"), x.p.T("setup.sent.text", "email", masked, "time", x.p.Duration(account.SetupSpan))
	case masked != "":
		e.Text = x.p.T("setup.offer.mail", "email", masked)
		e.Actions = []ui.Action{{Label: x.p.T("setup.send"), Href: setupPath, Post: true, Icon: "mail"}}
	}
	return x.show(view{Bare: true, Title: x.p.T("setup.title")}, message(e))
}

// offerSetup mails the set-up link to whoever is to own this installation.
func (a *App) offerSetup(x *exchange) error {
	masked, waiting, err := a.Accounts.SetupOffered(x.ctx(), a.OwnerEmail)
	if err != nil {
		return err
	}
	if !waiting || masked == "" {
		return x.redirect(SignInPath)
	}
	if _, err := a.Accounts.OfferSetup(x.ctx(), a.OwnerEmail, offerLimit, x.visit()); err != nil {
		return err
	}
	return x.showOffer(masked, true) // the same while the limit holds it back: one is on its way already
}

// setupForm is the form a new organisation is described with.
type setupForm struct {
	action string
	email  string // of the owner, masked, when the link knows it
	owner  bool   // asks what the owner needs to sign in
}

// showSetup asks for the name, language, country and time zone of an organisation, and how its owner signs in.
func (x *exchange) showSetup(s setupForm, typed url.Values, c complaints) error {
	labels := map[string]string{"name": x.p.T("field.settings.name"), "language": x.p.T("field.settings.language"), "country": x.p.T("field.settings.country"),
		"timeZone": x.p.T("field.settings.timeZone"), "email": x.p.T("signin.login"), "password": x.p.T("signin.newPassword")}
	language := cmp.Or(typed.Get("language"), string(x.p.Language()))
	country := cmp.Or(typed.Get("country"), x.country())
	fields := []ui.Field{
		ui.Text{Base: required(helped(c.base(labels, "name"), x.p.T("setup.name.help"))), Value: typed.Get("name"), Autocomplete: "organization", Max: 100},
		ui.Select{Base: c.base(labels, "language"), Value: language, Options: languageOptions()},
		ui.Select{Base: c.base(labels, "country"), Value: country, Options: x.countryOptions()},
		ui.Select{Base: c.base(labels, "timeZone"), Value: cmp.Or(typed.Get("timeZone"), zoneOf(country)), Options: x.zoneOptions(typed.Get("timeZone"))},
	}
	if s.owner {
		if s.email == "" {
			fields = append(fields, ui.Text{Base: required(c.base(labels, "email")), Value: typed.Get("email"), Type: "email", Autocomplete: "username", Max: 254})
		} else {
			fields = append(fields, ui.Fixed{Base: c.base(labels, "email"), Value: s.email})
		}
		fields = append(fields, ui.Text{Base: required(helped(c.base(labels, "password"), x.p.T("signin.passwordHelp", "min", account.MinPassword))),
			Type: "password", Autocomplete: "new-password", Max: 1024})
	}
	form := c.onto(ui.Form{ID: "set-up", Action: s.action, Save: x.p.T("setup.save"), Fields: fields}, labels)
	return x.show(view{Bare: true, Title: x.p.T("setup.title"), Status: x.status(c)},
		ui.Heading(x.p.T("setup.title"), x.p.T("setup.text")), ui.FormView(x.p, form))
}

// setup founds the organisation a set-up link stands for.
func (x *exchange) setup(token string, o account.Opened, form url.Values) (account.Session, error) {
	var faults []fault.Field
	if strings.TrimSpace(form.Get("name")) == "" {
		faults = append(faults, fault.At("name", "required"))
	}
	if o.Email == "" && strings.TrimSpace(form.Get("email")) == "" {
		faults = append(faults, fault.At("email", "required"))
	}
	if form.Get("password") == "" {
		faults = append(faults, fault.At("password", "required"))
	}
	if err := fault.Fields(faults); err != nil {
		return account.Session{}, err
	}
	return x.app.Accounts.Setup(x.ctx(), token, account.Founding{Name: form.Get("name"), Language: form.Get("language"), Country: form.Get("country"),
		TimeZone: form.Get("timeZone"), OwnerEmail: strings.TrimSpace(form.Get("email")), Password: form.Get("password")}, x.visit())
}

// firstRun asks the owner for what nobody has told about the organisation yet (SET-09).
func (a *App) firstRun(x *exchange) error {
	if !account.FirstRun(x.cfg.Settings) {
		return x.redirect("/")
	}
	return x.showSetup(setupForm{action: FirstRunPath}, url.Values{}, complaints{})
}

func (a *App) saveFirstRun(x *exchange) error {
	form, err := x.form()
	if err != nil {
		return err
	}
	patch, err := json.Marshal(map[string]string{"name": form.Get("name"), "language": form.Get("language"), "country": form.Get("country"), "timeZone": form.Get("timeZone")})
	if err != nil {
		return err
	}
	_, err = a.Records.Patch(x.ctx(), repository.Write{Grant: x.who.Grant}, setting.Name, setting.Owner, 1, patch)
	if errors.Is(err, fault.Stale) {
		return x.redirect("/") // sent twice, or told in another window
	}
	if c, err := x.complain(err); err != nil {
		return err
	} else if c.any() {
		return x.showSetup(setupForm{action: FirstRunPath}, form, c)
	}
	if err := x.speak(form.Get("language")); err != nil {
		return err
	}
	return x.redirect("/")
}

// country guesses the country of a reader from what their browser asks for: "nl-BE" is Belgium.
func (x *exchange) country() string {
	for part := range strings.SplitSeq(x.r.Header.Get("Accept-Language"), ",") {
		tag, _, _ := strings.Cut(part, ";")
		if _, region, ok := strings.Cut(strings.TrimSpace(tag), "-"); ok && list.Has(list.Country, strings.ToUpper(region)) {
			return strings.ToUpper(region)
		}
	}
	return map[i18n.Language]string{i18n.English: "GB", i18n.Spanish: "ES", i18n.Dutch: "BE", i18n.French: "FR"}[x.p.Language()]
}

func languageOptions() []ui.Option {
	var all []ui.Option
	for _, l := range i18n.Languages() {
		all = append(all, ui.Option{Value: string(l), Label: l.Name()})
	}
	return all
}

func (x *exchange) countryOptions() []ui.Option {
	var all []ui.Option
	for _, c := range x.p.Countries() {
		all = append(all, ui.Option{Value: c.Code, Label: c.Name})
	}
	return all
}

// zoneOptions lists time zones by continent, with the one in use if it is not among them.
func (x *exchange) zoneOptions(used string) []ui.Option {
	names := strings.Fields(zones)
	if used != "" && !slices.Contains(names, used) {
		if _, err := time.LoadLocation(used); err == nil {
			names = append(names, used)
		}
	}
	slices.Sort(names)
	var all []ui.Option
	for _, name := range names {
		continent, city, ok := strings.Cut(name, "/")
		if !ok {
			continent, city = "", name
		}
		all = append(all, ui.Option{Value: name, Label: strings.ReplaceAll(strings.ReplaceAll(city, "_", " "), "/", " / "), Group: continent})
	}
	return all
}

// zoneOf gives the time zone most people of a country live in, for those countries that organisations come from most.
func zoneOf(country string) string { return cmp.Or(countryZones[country], "UTC") }

var countryZones = map[string]string{
	"AT": "Europe/Vienna", "AR": "America/Argentina/Buenos_Aires", "AU": "Australia/Sydney", "BE": "Europe/Brussels", "BG": "Europe/Sofia",
	"BR": "America/Sao_Paulo", "CA": "America/Toronto", "CH": "Europe/Zurich", "CL": "America/Santiago", "CN": "Asia/Shanghai", "CO": "America/Bogota",
	"CZ": "Europe/Prague", "DE": "Europe/Berlin", "DK": "Europe/Copenhagen", "EE": "Europe/Tallinn", "ES": "Europe/Madrid", "FI": "Europe/Helsinki",
	"FR": "Europe/Paris", "GB": "Europe/London", "GR": "Europe/Athens", "HR": "Europe/Zagreb", "HU": "Europe/Budapest", "IE": "Europe/Dublin",
	"IN": "Asia/Kolkata", "IT": "Europe/Rome", "JP": "Asia/Tokyo", "LT": "Europe/Vilnius", "LU": "Europe/Luxembourg", "LV": "Europe/Riga",
	"MA": "Africa/Casablanca", "MX": "America/Mexico_City", "NL": "Europe/Amsterdam", "NO": "Europe/Oslo", "NZ": "Pacific/Auckland", "PE": "America/Lima",
	"PL": "Europe/Warsaw", "PT": "Europe/Lisbon", "RO": "Europe/Bucharest", "SE": "Europe/Stockholm", "SI": "Europe/Ljubljana", "SK": "Europe/Bratislava",
	"SN": "Africa/Dakar", "TN": "Africa/Tunis", "TR": "Europe/Istanbul", "UA": "Europe/Kyiv", "US": "America/New_York", "UY": "America/Montevideo",
	"ZA": "Africa/Johannesburg",
}

// zones are the time zones offered: at least one for every hour and country group people choose by.
const zones = `
	UTC
	Africa/Algiers Africa/Cairo Africa/Casablanca Africa/Dakar Africa/Johannesburg Africa/Kinshasa Africa/Lagos Africa/Nairobi Africa/Tunis
	America/Anchorage America/Argentina/Buenos_Aires America/Bogota America/Caracas America/Chicago America/Curacao America/Denver America/Guayaquil
	America/Halifax America/Havana America/La_Paz America/Lima America/Los_Angeles America/Managua America/Martinique America/Mexico_City
	America/Montevideo America/New_York America/Panama America/Paramaribo America/Phoenix America/Puerto_Rico America/Santiago America/Santo_Domingo
	America/Sao_Paulo America/St_Johns America/Toronto America/Vancouver
	Asia/Bangkok Asia/Dubai Asia/Hong_Kong Asia/Jakarta Asia/Jerusalem Asia/Karachi Asia/Kolkata Asia/Manila Asia/Seoul Asia/Shanghai Asia/Singapore
	Asia/Tokyo
	Atlantic/Azores Atlantic/Canary Atlantic/Reykjavik
	Australia/Adelaide Australia/Brisbane Australia/Perth Australia/Sydney
	Europe/Amsterdam Europe/Athens Europe/Berlin Europe/Bratislava Europe/Brussels Europe/Bucharest Europe/Budapest Europe/Copenhagen Europe/Dublin
	Europe/Helsinki Europe/Istanbul Europe/Kyiv Europe/Lisbon Europe/Ljubljana Europe/London Europe/Luxembourg Europe/Madrid Europe/Oslo Europe/Paris
	Europe/Prague Europe/Riga Europe/Rome Europe/Sofia Europe/Stockholm Europe/Tallinn Europe/Vienna Europe/Vilnius Europe/Warsaw Europe/Zagreb
	Europe/Zurich
	Indian/Mauritius Indian/Reunion
	Pacific/Auckland Pacific/Honolulu Pacific/Noumea Pacific/Tahiti`
