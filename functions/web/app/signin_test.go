package app

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/muster-crm/muster/shared/account"
	"github.com/muster-crm/muster/shared/i18n"
	"github.com/muster-crm/muster/shared/policy"
	"github.com/muster-crm/muster/shared/setting"
)

const secret = "grey pebbles, blue kettle"

// link takes the path of the link out of the newest mail to an address.
func (h *house) link(to string) string {
	h.t.Helper()
	mails, err := h.box.List(h.t.Context(), "", 50)
	if err != nil {
		h.t.Fatal(err)
	}
	for _, m := range mails {
		if len(m.To) == 1 && strings.EqualFold(m.To[0].Address, to) {
			whole, err := h.box.Open(h.t.Context(), m.ID)
			if err != nil {
				h.t.Fatal(err)
			}
			_, path, ok := strings.Cut(whole.Text, "http://localhost:3000")
			if !ok {
				h.t.Fatal("no link in the mail")
			}
			path, _, _ = strings.Cut(path, "\n")
			return strings.TrimSpace(path)
		}
	}
	h.t.Fatalf("no mail to %s", to)
	return ""
}

// is holds the status and texts of a page; unlike want it tells of what stands inside the frame alone.
func (p page) is(status int, texts ...string) page {
	p.t.Helper()
	if p.Status != status {
		p.t.Fatalf("%s: status %d, not %d", p.Path, p.Status, status)
	}
	for _, text := range texts {
		if !strings.Contains(p.Body, text) {
			_, body, _ := strings.Cut(p.Body, `<main`)
			body, _, _ = strings.Cut(body, `</main`)
			p.t.Fatalf("%s: does not hold %q\n%s", p.Path, text, body)
		}
	}
	return p
}

func TestFirstOrganisationByMail(t *testing.T) {
	h := open(t)
	r := h.stranger()
	offer := r.get("/").is(http.StatusOK, "Nobody lives here yet", "o•••@e•••.org")
	offer.without("owner@example.org")
	r.post(setupPath, url.Values{}).is(http.StatusOK, "Look at your mail")
	at := h.link("owner@example.org")
	r.get(at).is(http.StatusOK, "Set up your organisation", "o•••@e•••.org", "Time zone")

	form := url.Values{"name": {""}, "language": {"nl"}, "country": {"BE"}, "timeZone": {"Europe/Brussels"}, "password": {"short"}}
	r.post(at, form).is(http.StatusUnprocessableEntity, "Fill this in")
	form.Set("name", "Zangkoor De Haven")
	r.post(at, form).is(http.StatusUnprocessableEntity, "At least 10 characters", `value="Zangkoor De Haven"`)
	form.Set("password", secret)
	r.post(at, form).is(http.StatusOK, "Zangkoor De Haven", `lang="nl"`)
	r.get(FirstRunPath).is(http.StatusOK, "Zangkoor De Haven")

	other := h.stranger()
	other.get(at).is(http.StatusGone, "This link no longer works")
	other.post(at, form).is(http.StatusGone)
	other.get("/").is(http.StatusOK, `name="password"`).without("Nobody lives here yet")
	other.post(setupPath, url.Values{}).is(http.StatusOK, `name="password"`)
	other.post(SignInPath, url.Values{"login": {"Owner@Example.org"}, "password": {secret}}).is(http.StatusOK, "Zangkoor De Haven")
}

func TestFirstOrganisationByPrintedLink(t *testing.T) {
	h := open(t)
	h.ports.OwnerEmail = ""
	h.pages = New(h.ports)
	r := h.stranger()
	r.headers = map[string]string{"Accept-Language": "fr-CA,fr;q=0.8"}
	r.get("/").is(http.StatusOK, "Au démarrage, le programme a affiché un lien").without("<form method=\"post\" action=\"" + setupPath)
	token, err := h.accounts.FirstOwner(t.Context(), "", "")
	if err != nil {
		t.Fatal(err)
	}
	at := "/welcome/" + token
	r.get(at).is(http.StatusOK, `<option value="CA" selected>`, `<option value="America/Toronto" selected>`, `name="email"`)
	form := url.Values{"name": {"Chœur du Port"}, "language": {"fr"}, "country": {"CA"}, "timeZone": {"America/Toronto"}, "password": {secret}}
	r.post(at, form).is(http.StatusUnprocessableEntity, `href="#f-email"`)
	form.Set("email", "Odile@example.org")
	r.post(at, form).is(http.StatusOK, "Chœur du Port")
}

// Whoever the program was given a password for is asked what nobody has told yet, before anything else.
func TestFirstRun(t *testing.T) {
	h := open(t)
	if _, err := h.accounts.FirstOwner(t.Context(), "olga@example.org", secret); err != nil {
		t.Fatal(err)
	}
	r := h.stranger()
	r.post(SignInPath, url.Values{"login": {"olga@example.org"}, "password": {secret}}).is(http.StatusOK, `action="`+FirstRunPath+`"`)
	r.get("/settings/users").is(http.StatusOK, `action="`+FirstRunPath+`"`)
	r.post(FirstRunPath, url.Values{"name": {"  "}, "language": {"nl"}, "country": {"NL"}, "timeZone": {"Mars/Phobos"}}).is(http.StatusUnprocessableEntity, "There is no time zone")
	form := url.Values{"name": {"Roeiclub"}, "language": {"nl"}, "country": {"NL"}, "timeZone": {"Europe/Amsterdam"}}
	r.post(FirstRunPath, form).is(http.StatusOK, "Roeiclub", `lang="nl"`)
	r.post(FirstRunPath, form).is(http.StatusOK, "Roeiclub") // sent twice
	r.get("/settings/organisation").is(http.StatusOK, `<option value="NL" selected>`)
}

func TestSignInSaysTheSameOfEveryFailure(t *testing.T) {
	h := open(t)
	owner := h.found("Harbour Choir", "olga@example.org")
	h.colleague(owner, "blocked@example.org", policy.Reader)
	for _, email := range []string{"olga@example.org", "blocked@example.org"} {
		token, err := h.accounts.Link(t.Context(), email)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := h.accounts.Redeem(t.Context(), token, secret, account.Visit{}); err != nil {
			t.Fatal(err)
		}
	}
	owner = h.signIn("olga@example.org", policy.Grant{})
	blockByPage(t, owner, "blocked@example.org")

	r := h.stranger()
	var bodies []string
	for _, login := range []string{"olga@example.org", "blocked@example.org", "nobody@example.org"} {
		p := r.post(SignInPath, url.Values{"login": {login}, "password": {"not the password"}, "back": {"/jobs"}}).is(http.StatusUnauthorized, "do not match", `value="/jobs"`)
		bodies = append(bodies, strings.ReplaceAll(p.Body, login, "LOGIN"))
	}
	if bodies[0] != bodies[1] || bodies[1] != bodies[2] {
		t.Error("the answers differ")
	}
	// Nothing typed is repeated but the login; a way back leads nowhere else.
	r.post(SignInPath, url.Values{"login": {"x"}, "password": {"hush hush hush"}, "back": {"//evil.example.org/"}}).is(http.StatusUnauthorized).without("hush hush", "evil.example.org")

	p := r.send(http.MethodPost, SignInPath, url.Values{"login": {"olga@example.org"}, "password": {secret}, "back": {"/jobs"}})
	if p.Status != http.StatusSeeOther || p.Header.Get("Location") != "/jobs" {
		t.Fatalf("%d to %q", p.Status, p.Header.Get("Location"))
	}
	r.get(SignInPath+"?back=%2Fjobs").is(http.StatusOK, "Jobs")
	token := r.cookies["muster"]
	r.post("/sign-out", url.Values{}).is(http.StatusOK, `name="password"`)
	r.cookies["muster"] = token
	r.get("/jobs").is(http.StatusOK, `name="password"`)
	r.post("/sign-out", url.Values{}).is(http.StatusOK, `name="password"`)
}

func TestSignInPauses(t *testing.T) {
	h := open(t)
	h.found("Harbour Choir", "olga@example.org")
	r := h.stranger()
	for range account.Attempts {
		r.post(SignInPath, url.Values{"login": {"olga@example.org"}, "password": {"guess number one"}}).is(http.StatusUnauthorized)
	}
	p := r.post(SignInPath, url.Values{"login": {"OLGA@example.org "}, "password": {"guess number two"}}).is(http.StatusTooManyRequests, "Try again in 15 minutes")
	if p.Header.Get("Retry-After") == "" {
		t.Error("no Retry-After")
	}
	r.post(SignInPath, url.Values{"login": {"somebody@example.org"}, "password": {"guess number two"}}).is(http.StatusUnauthorized)
	h.clock.Advance(account.AttemptSpan + time.Second)
	r.post(SignInPath, url.Values{"login": {"olga@example.org"}, "password": {"guess number two"}}).is(http.StatusUnauthorized)
}

func TestReset(t *testing.T) {
	h := open(t)
	owner := h.found("Harbour Choir", "olga@example.org")
	r := h.stranger()
	r.post(resetPath, url.Values{"login": {" "}}).is(http.StatusUnprocessableEntity, "Fill this in")
	known := r.post(resetPath, url.Values{"login": {"olga@example.org"}}).is(http.StatusOK, "Look at your mail")
	unknown := r.post(resetPath, url.Values{"login": {"nemo@example.org"}}).is(http.StatusOK)
	if strings.ReplaceAll(known.Body, "olga", "nemo") != unknown.Body {
		t.Error("the page tells who has a login")
	}
	at := h.link("olga@example.org")
	r.get(at).is(http.StatusOK, "Set a new password", `autocomplete="new-password"`)
	r.get(at).is(http.StatusOK) // looking does not use it
	r.post(at, url.Values{"password": {"olga@example.org"}}).is(http.StatusUnprocessableEntity, "Do not use your e-mail address")
	owner.get("/jobs").is(http.StatusOK, "Jobs")
	r.post(at, url.Values{"password": {secret}}).is(http.StatusOK, "Harbour Choir")
	owner.get("/jobs").is(http.StatusOK, `name="login"`) // every session has ended
	h.stranger().get(at).is(http.StatusGone, resetPath)
	h.stranger().post(SignInPath, url.Values{"login": {"olga@example.org"}, "password": {secret}}).is(http.StatusOK, "Harbour Choir")

	r.post(resetPath, url.Values{"login": {"olga@example.org"}}).is(http.StatusOK)
	at = h.link("olga@example.org")
	h.clock.Advance(account.ResetSpan + time.Second)
	h.stranger().get(at).is(http.StatusGone)
	h.stranger().post(at, url.Values{"password": {"another fine sentence"}}).is(http.StatusGone)
}

func TestEnterLink(t *testing.T) {
	h := open(t)
	h.found("Harbour Choir", "olga@example.org")
	token, err := h.accounts.Link(t.Context(), "olga@example.org")
	if err != nil {
		t.Fatal(err)
	}
	r := h.stranger()
	r.get("/welcome/"+token).is(http.StatusOK, "signs you in to Harbour Choir as Olga Maes")
	r.post("/welcome/"+token, url.Values{"password": {""}}).is(http.StatusOK, "Harbour Choir")
	h.stranger().post("/welcome/"+token, url.Values{"password": {""}}).is(http.StatusGone)
}

// Every page before the sign-in is there in every language, and a link speaks the language of who gets it.
func TestWayInSpeaksEveryLanguage(t *testing.T) {
	h := open(t)
	owner := h.found("Harbour Choir", "olga@example.org")
	owner.post("/settings/users/new", url.Values{"name": {"Nele"}, "email": {"nele@example.org"}, "role": {"editor"}, "language": {"nl"}}).is(http.StatusOK)
	at := h.link("nele@example.org")
	h.stranger().get(at).is(http.StatusOK, `lang="nl"`, "Kies een wachtwoord")
	for _, l := range i18n.Languages() {
		r := h.stranger()
		r.cookies["language"] = string(l)
		for _, path := range []string{SignInPath, resetPath, at, "/welcome/nothing"} {
			r.get(path).is(map[bool]int{true: http.StatusGone, false: http.StatusOK}[path == "/welcome/nothing"], fmt.Sprintf(`<html lang="%s"`, l))
		}
		r.post(SignInPath, url.Values{"login": {"x"}, "password": {"y"}}).is(http.StatusUnauthorized)
	}
}

func TestZonesExist(t *testing.T) {
	for _, name := range strings.Fields(zones) {
		if _, err := time.LoadLocation(name); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	for country, name := range countryZones {
		if !strings.Contains(zones, name) {
			t.Errorf("%s of %s is not offered", name, country)
		}
	}
	for _, l := range i18n.Languages() {
		x := exchange{p: i18n.New(l, nil), r: &http.Request{Header: http.Header{}}}
		if zoneOf(x.country()) == "UTC" {
			t.Errorf("no time zone for %s", l)
		}
	}
}

// config reads the settings.
func (r *reader) config() *setting.Settings {
	r.t.Helper()
	rec, err := r.kernel.Records.Get(r.t.Context(), r.grant, setting.Name, setting.Owner)
	if err != nil {
		r.t.Fatal(err)
	}
	return rec.(*setting.Settings)
}
