package app

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/muster-crm/muster/functions/web/ui"
	"github.com/muster-crm/muster/shared/account"
	"github.com/muster-crm/muster/shared/policy"
)

// signedIn makes an owner with a password who is signed in by it.
func (h *house) withPassword(email string) *reader {
	h.t.Helper()
	h.found("Harbour Choir", email)
	token, err := h.accounts.Link(h.t.Context(), email)
	if err != nil {
		h.t.Fatal(err)
	}
	if _, err := h.accounts.Redeem(h.t.Context(), token, secret, account.Visit{}); err != nil {
		h.t.Fatal(err)
	}
	return h.signIn(email, policy.Grant{})
}

func TestOwnProfile(t *testing.T) {
	h := open(t)
	r := h.withPassword("olga@example.org")
	form := r.get(ownPath).is(http.StatusOK, "Olga Maes", "Owner").form(ownPath)
	form.Set("name", "Olga De Maes")
	form.Set("language", "nl")
	r.post(ownPath, form).is(http.StatusOK, "Je profiel is opgeslagen.", "Olga De Maes", `lang="nl"`)
	r.post(ownPath, form).is(http.StatusPreconditionFailed, `value="Olga De Maes"`)
	form.Set(ui.VersionName, "not a number")
	r.post(ownPath, form).is(http.StatusPreconditionFailed)
	r.post(ownPath, url.Values{ui.VersionName: {"99"}, "name": {" "}, "language": {"xx"}}).is(http.StatusPreconditionFailed)
}

func TestOwnPassword(t *testing.T) {
	h := open(t)
	r := h.withPassword("olga@example.org")
	elsewhere := h.signIn("olga@example.org", policy.Grant{})
	at := ownPath + "/password"
	r.post(at, url.Values{"current": {"wrong wrong wrong"}, "password": {"seven quiet lanterns hum"}}).is(http.StatusUnprocessableEntity, "not your current password", `href="#f-current"`)
	r.post(at, url.Values{"current": {secret}, "password": {"1234567890"}}).is(http.StatusUnprocessableEntity, "known to everybody").without(secret)
	r.post(at, url.Values{"current": {secret}, "password": {"seven quiet lanterns hum"}}).is(http.StatusOK, "Your password is changed")
	elsewhere.get(ownPath).is(http.StatusOK, `name="login"`)
	h.stranger().post(SignInPath, url.Values{"login": {"olga@example.org"}, "password": {secret}}).is(http.StatusUnauthorized)
	for range account.Attempts {
		r.post(at, url.Values{"current": {"wrong wrong wrong"}, "password": {secret}})
	}
	r.post(at, url.Values{"current": {"seven quiet lanterns hum"}, "password": {secret}}).is(http.StatusTooManyRequests, "Too many attempts")
}

func TestOwnEmail(t *testing.T) {
	h := open(t)
	r := h.withPassword("olga@example.org")
	at := ownPath + "/email"
	r.post(at, url.Values{"email": {"nonsense"}, "emailPassword": {secret}}).is(http.StatusUnprocessableEntity, "not an e-mail address", `value="nonsense"`)
	r.post(at, url.Values{"email": {"new@example.org"}, "emailPassword": {"wrong wrong wrong"}}).is(http.StatusUnprocessableEntity, `href="#f-emailPassword"`)
	r.post(at, url.Values{"email": {"new@example.org"}, "emailPassword": {secret}}).is(http.StatusOK, "on its way to new@example.org")
	r.get(ownPath).is(http.StatusOK, "olga@example.org")
	link := h.link("new@example.org")
	h.stranger().get(link).is(http.StatusOK, "new@example.org", "Use this address")
	h.stranger().post(link, url.Values{}).is(http.StatusOK, "You sign in with new@example.org")
	h.stranger().post(link, url.Values{}).is(http.StatusGone)
	r.get(ownPath).is(http.StatusOK, "new@example.org")

	// Somebody else took the address before the link was opened.
	r.post(at, url.Values{"email": {"third@example.org"}, "emailPassword": {secret}}).is(http.StatusOK)
	link = h.link("third@example.org")
	h.colleague(r, "third@example.org", policy.Reader)
	h.stranger().post(link, url.Values{}).is(http.StatusConflict, "already signs in")
}

func TestOwnSessions(t *testing.T) {
	h := open(t)
	r := h.withPassword("olga@example.org")
	token, err := h.accounts.Link(t.Context(), "olga@example.org")
	if err != nil {
		t.Fatal(err)
	}
	s, err := h.accounts.Redeem(t.Context(), token, "", account.Visit{Device: "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0 <script>"})
	if err != nil {
		t.Fatal(err)
	}
	phone := &reader{house: h, cookies: map[string]string{"muster": s.Token}}
	p := r.get(ownPath).is(http.StatusOK, "Firefox, Windows", "this one")
	if sessions := strings.Count(p.Body, "/sessions/ses_"); sessions != 2 {
		t.Errorf("%d sessions can be ended: the present one must not be among them", sessions)
	}
	_, rest, _ := strings.Cut(p.Body, "Firefox, Windows")
	_, rest, _ = strings.Cut(rest, ownPath+"/sessions/ses_")
	id, _, _ := strings.Cut(rest, "/")
	r.post(ownPath+"/sessions/ses_"+id+"/end", url.Values{}).is(http.StatusOK, "That session has ended")
	r.post(ownPath+"/sessions/ses_"+id+"/end", url.Values{}).is(http.StatusOK)
	phone.get(ownPath).is(http.StatusOK, `name="login"`)
	other := h.signIn("olga@example.org", policy.Grant{})
	r.post(ownPath+"/sessions/end", url.Values{}).is(http.StatusOK, `name="login"`)
	other.get(ownPath).is(http.StatusOK, `name="login"`)
}
