package app

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/muster-crm/muster/functions/web/ui"
	"github.com/muster-crm/muster/shared/i18n"
)

func TestNobodySignedInIsSentToTheSignInAndBack(t *testing.T) {
	h := open(t)
	stranger := h.stranger()
	for _, route := range Routes() {
		if route.Open || route.Method != http.MethodGet {
			continue
		}
		path := strings.NewReplacer("{id}", "con_1", "{revision}", "1", "{$}", "").Replace(route.Path)
		p := stranger.send(http.MethodGet, path, nil)
		if p.Status != http.StatusSeeOther || !strings.HasPrefix(p.Header.Get("Location"), SignInPath) {
			t.Errorf("%s: %d %s", path, p.Status, p.Header.Get("Location"))
		}
	}
	p := stranger.send(http.MethodGet, "/?x=1", nil)
	if got, want := p.Header.Get("Location"), "/sign-in?back=%2F%3Fx%3D1"; got != want {
		t.Errorf("sent to %q, not %q", got, want)
	}
}

// A form that arrives after the session has ended comes back with all that was typed.
func TestFormOfAnEndedSessionIsKept(t *testing.T) {
	h := open(t)
	owner := h.found("Harbour Choir", "olga@example.org")
	form := url.Values{"firstName": {`An "<b>"`}, ui.KeyName: {"k1"}}
	h.stranger().send(http.MethodPost, "/contacts/new", form).want(http.StatusUnauthorized, `name="firstName" value="An &#34;&lt;b&gt;&#34;"`, `value="k1"`)
	_ = owner
}

func TestWritesOfOtherSitesAreRefused(t *testing.T) {
	h := open(t)
	owner := h.found("Harbour Choir", "olga@example.org")
	owner.headers = map[string]string{"Sec-Fetch-Site": "cross-site"}
	owner.send(http.MethodPost, ui.PreferencesPath, url.Values{"theme": {"dark"}}).want(http.StatusForbidden)
	if owner.cookies["theme"] != "" {
		t.Error("the theme was changed")
	}
}

func TestPreferences(t *testing.T) {
	h := open(t)
	owner := h.found("Harbour Choir", "olga@example.org")
	owner.post(ui.PreferencesPath, url.Values{"theme": {"dark"}, "back": {"/nowhere"}}).want(http.StatusNotFound, `data-theme="dark"`)
	owner.post(ui.PreferencesPath, url.Values{"language": {"nl"}, "back": {"https://elsewhere.example"}})
	owner.get("/nowhere").want(http.StatusNotFound, `<html lang="nl"`)
	delete(owner.cookies, "language")
	owner.get("/nowhere").want(http.StatusNotFound, `<html lang="nl"`) // the account remembers
	owner.send(http.MethodPost, ui.PreferencesPath, url.Values{"language": {"xx"}}).want(http.StatusUnprocessableEntity)
}

func TestWhatIsNotThere(t *testing.T) {
	h := open(t)
	owner := h.found("Harbour Choir", "olga@example.org")
	p := owner.get("/v1/nothing").want(http.StatusNotFound)
	if got := p.Header.Get("Content-Type"); got != "application/problem+json" {
		t.Errorf("the API answers %s", got)
	}
	p = owner.send(http.MethodGet, ui.PreferencesPath, nil).want(http.StatusMethodNotAllowed)
	if p.Header.Get("Allow") != http.MethodPost {
		t.Errorf("allows %q", p.Header.Get("Allow"))
	}
}

func TestIconForWhoeverLooksForOne(t *testing.T) {
	p := open(t).stranger().send(http.MethodGet, ui.IconPath, nil).want(http.StatusOK, "<svg ")
	if got := p.Header.Get("Content-Type"); got != "image/svg+xml" {
		t.Errorf("a picture of type %s", got)
	}
}

// Every page is sent with the headers that keep it ours.
func TestHeaders(t *testing.T) {
	h := open(t)
	p := h.stranger().send(http.MethodGet, "/", nil)
	for name, want := range map[string]string{"Content-Security-Policy": "script-src 'self'", "X-Content-Type-Options": "nosniff", "Cache-Control": "no-store"} {
		if !strings.Contains(p.Header.Get(name), want) {
			t.Errorf("%s: %q", name, p.Header.Get(name))
		}
	}
}

func TestLocalPath(t *testing.T) {
	for path, want := range map[string]string{"/contacts?q=a%20b": "/contacts?q=a%20b", "//evil.example": "", "https://evil.example": "", "/\\evil.example": "",
		"contacts": "", "": "", "/a\nb": "", "javascript:alert(1)": "", "/": "/"} {
		if got := localPath(path); got != want {
			t.Errorf("%q: %q", path, got)
		}
	}
}

func TestEveryRouteHasATitle(t *testing.T) {
	seen := map[string]bool{}
	for _, route := range Routes() {
		for _, l := range i18n.Languages() {
			if !i18n.New(l, nil).Has(route.Title) {
				t.Errorf("%s %s: no title %q in %s", route.Method, route.Path, route.Title, l)
			}
		}
		if key := route.Method + " " + route.Path; seen[key] {
			t.Errorf("%s twice", key)
		} else {
			seen[key] = true
		}
	}
}
