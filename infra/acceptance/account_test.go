package acceptance

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/muster-crm/muster/shared/clock"
	"github.com/muster-crm/muster/shared/mail/dirmail"
)

// A second password that fits the rules.
const another = "another long secret"

// mails lists what was mailed to an address, newest first.
func (s *site) mails(t *testing.T, to string) []dirmail.Mail {
	t.Helper()
	all, err := s.Mail.List(t.Context(), "", 100)
	if err != nil {
		t.Fatal(err)
	}
	return slices.DeleteFunc(all, func(m dirmail.Mail) bool { return m.To[0].Address != to })
}

// token gives the token of the link in the newest mail to an address.
func (s *site) token(t *testing.T, to string) string {
	t.Helper()
	mails := s.mails(t, to)
	if len(mails) == 0 {
		t.Fatalf("no mail to %s", to)
	}
	for _, link := range mails[0].Links {
		if _, token, ok := strings.Cut(link, "/welcome/"); ok {
			return token
		}
	}
	t.Fatalf("no link in %s", mails[0].Text)
	return ""
}

// stranger gives the client of somebody who is not signed in.
func (s *site) stranger(t *testing.T) *client { return &client{t: t, site: s} }

// attempt tries to sign in.
func (c *client) attempt(login, password string) *answer {
	c.t.Helper()
	return c.call("POST", "/v1/sessions", map[string]any{"login": login, "password": password})
}

// redeem uses a one-time link.
func (c *client) redeem(token, password string) *answer {
	c.t.Helper()
	return c.call("POST", "/v1/sessions/link", map[string]any{"token": token, "password": password})
}

// user makes a user with a password and gives their client.
func (c *client) user(email, role, password string) *client {
	c.t.Helper()
	c.call("POST", "/v1/users", map[string]any{"email": email, "name": "User " + email, "role": role}).want(201)
	s := c.site.stranger(c.t)
	s.token = s.redeem(c.site.token(c.t, email), password).want(201).text("token")
	return s
}

// alive tells whether a client's session still holds.
func (c *client) alive() bool {
	c.t.Helper()
	a := c.call("GET", "/v1/me", nil)
	if a.status != http.StatusOK && a.status != http.StatusUnauthorized {
		c.t.Fatalf("status %d: %s", a.status, a.raw)
	}
	return a.status == http.StatusOK
}

// SELF-09: a password is set anew by a link that works once, for an hour, and ends all sessions; who asks learns nothing.
func TestSELF09_ResetPassword(t *testing.T) {
	t.Parallel()
	now := clock.At(time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC))
	s := start(t, now)
	owner := s.found(t, "Testers")
	ed := owner.user("ed@example.org", "editor", password)
	stranger := s.stranger(t)
	me := ed.call("GET", "/v1/me", nil).want(200).text("user.id")

	t.Run("by its owner", func(t *testing.T) {
		stranger.call("POST", "/v1/sessions/reset", `{"login":"Ed@Example.org"}`).want(202)
		stranger.redeem(s.token(t, "ed@example.org"), another).want(201)
		stranger.attempt("ed@example.org", another).want(201)
		stranger.attempt("ed@example.org", password).want(401)
	})
	t.Run("using it ends all sessions", func(t *testing.T) {
		if ed.alive() {
			t.Error("an old session still holds")
		}
	})
	ed = s.signIn(t, "ed@example.org", another)
	t.Run("by an operator", func(t *testing.T) {
		owner.call("POST", "/v1/users/"+me+"/reset", nil).want(200)
		ed.call("POST", "/v1/users/"+me+"/reset", nil).want(403)
		token := s.token(t, "ed@example.org")
		if !ed.alive() {
			t.Error("the mail alone ended a session")
		}
		ed.token = stranger.redeem(token, password).want(201).text("token")
	})
	t.Run("once", func(t *testing.T) {
		stranger.redeem(s.token(t, "ed@example.org"), another).want(404)
	})
	t.Run("not with a password that is none", func(t *testing.T) {
		stranger.call("POST", "/v1/sessions/reset", `{"login":"ed@example.org"}`).want(202)
		token := s.token(t, "ed@example.org")
		if a := stranger.redeem(token, "short").want(422); a.codes()["password"] != "password_short" {
			t.Errorf("codes %v", a.codes())
		}
		stranger.redeem(token, another).want(201) // and the link was not used up by it
	})
	t.Run("valid 60 minutes", func(t *testing.T) {
		stranger.call("POST", "/v1/sessions/reset", `{"login":"ed@example.org"}`).want(202)
		first := s.token(t, "ed@example.org")
		now.Advance(59 * time.Minute)
		stranger.redeem(first, password).want(201)
		stranger.call("POST", "/v1/sessions/reset", `{"login":"ed@example.org"}`).want(202)
		late := s.token(t, "ed@example.org")
		now.Advance(60 * time.Minute)
		stranger.redeem(late, another).want(404)
	})
	t.Run("the same answer for unknown addresses", func(t *testing.T) {
		known := stranger.call("POST", "/v1/sessions/reset", `{"login":"ed@example.org"}`)
		unknown := stranger.call("POST", "/v1/sessions/reset", `{"login":"nobody@example.org"}`)
		if known.status != unknown.status || string(known.raw) != string(unknown.raw) || len(known.header) != len(unknown.header) {
			t.Errorf("%d %s %v and %d %s %v", known.status, known.raw, known.header, unknown.status, unknown.raw, unknown.header)
		}
		if len(s.mails(t, "nobody@example.org")) != 0 {
			t.Error("a mail to nobody")
		}
	})
}

// SELF-11: what a password has to be, how often one may guess, and how long a session lasts.
func TestSELF11_SignInLimits(t *testing.T) {
	now := clock.At(time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC))
	s := start(t, now)
	c := s.found(t, "Testers")
	stranger := s.stranger(t)
	t.Run("10 characters or more", func(t *testing.T) {
		for next, code := range map[string]string{"123456789": "password_short", "kröte-zau": "password_short", "password123": "password_common", "Qwertyuiop": "password_common",
			"testers@example.org": "password_login"} {
			a := c.call("POST", "/v1/me/password", map[string]any{"current": password, "password": next}).want(422)
			if a.codes()["password"] != code {
				t.Errorf("%q: %v, want %s", next, a.codes(), code)
			}
		}
		c.call("POST", "/v1/me/password", map[string]any{"current": password, "password": "kröte-zaun"}).want(204)
		c.call("POST", "/v1/me/password", map[string]any{"current": "kröte-zaun", "password": password}).want(204)
	})
	t.Run("10 failures in 15 minutes pause that login", func(t *testing.T) {
		s.found(t, "Careful")
		for range 10 {
			if a := stranger.attempt("testers@example.org", "a wrong guess"); a.status != 401 {
				t.Fatalf("status %d: %s", a.status, a.raw)
			}
		}
		a := stranger.attempt("testers@example.org", password).want(429)
		if a.header.Get("Retry-After") == "" {
			t.Error("it does not say when to try again")
		}
		if !c.alive() {
			t.Error("who is in was put out")
		}
		stranger.attempt("careful@example.org", password).want(201) // another login is not paused
		now.Advance(16 * time.Minute)
		stranger.attempt("testers@example.org", password).want(201)
	})
	t.Run("an unknown login is paused alike", func(t *testing.T) {
		for range 10 {
			stranger.attempt("ghost@example.org", "a wrong guess").want(401)
		}
		stranger.attempt("ghost@example.org", "a wrong guess").want(429)
	})
	t.Run("guessing at once does not help", func(t *testing.T) {
		s.found(t, "Rushed")
		counts, _ := c.parallel(20, func(int) (*answer, error) {
			return stranger.send("POST", "/v1/sessions", map[string]any{"login": "rushed@example.org", "password": "a wrong guess"})
		})
		if counts[401] > 10 || counts[401]+counts[429] != 20 {
			t.Errorf("answers %v", counts)
		}
	})
	t.Run("sessions end after 12 hours", func(t *testing.T) {
		fresh := s.signIn(t, "testers@example.org", password)
		now.Advance(12*time.Hour - time.Second)
		if !fresh.alive() {
			t.Error("ended early")
		}
		now.Advance(time.Second)
		if fresh.alive() {
			t.Error("still there")
		}
	})
}

// SELF-16 (passwords and sessions; a second factor comes later): what users change of their own account.
func TestSELF16_OwnAccount(t *testing.T) {
	s := start(t, nil)
	c := s.found(t, "Testers")
	t.Run("password", func(t *testing.T) {
		elsewhere := s.signIn(t, "testers@example.org", password)
		if a := c.call("POST", "/v1/me/password", map[string]any{"current": "not this one", "password": another}).want(422); a.codes()["current"] != "password_wrong" {
			t.Errorf("codes %v", a.codes())
		}
		c.call("POST", "/v1/me/password", map[string]any{"current": password, "password": another}).want(204)
		if !c.alive() || elsewhere.alive() {
			t.Error("the session that changed it ended, or another one did not")
		}
		s.stranger(t).attempt("testers@example.org", password).want(401)
		s.stranger(t).attempt("testers@example.org", another).want(201)
	})
	t.Run("e-mail, by a link to the new one", func(t *testing.T) {
		c.call("POST", "/v1/me/email", map[string]any{"password": "not this one", "email": "new@example.org"}).want(422)
		c.call("POST", "/v1/me/email", map[string]any{"password": another, "email": "new@example.org"}).want(202)
		if got := c.call("GET", "/v1/me", nil).text("user.email"); got != "testers@example.org" {
			t.Errorf("changed before it was confirmed: %s", got)
		}
		s.stranger(t).call("POST", "/v1/sessions/confirm", map[string]any{"token": s.token(t, "new@example.org")}).want(204)
		if got := c.call("GET", "/v1/me", nil).want(200).text("user.email"); got != "new@example.org" {
			t.Errorf("e-mail %s", got)
		}
		s.stranger(t).attempt("testers@example.org", another).want(401)
		s.stranger(t).attempt("new@example.org", another).want(201)
		if len(s.mails(t, "testers@example.org")) == 0 {
			t.Error("the old address was not told")
		}
	})
	t.Run("language", func(t *testing.T) {
		me := c.call("GET", "/v1/me", nil).want(200)
		c.call("PATCH", "/v1/me", `{"language":"fr"}`, "If-Match", me.header.Get("ETag")).want(200)
		french := c.call("POST", "/v1/contacts", `{}`, "Accept-Language", "fr").want(422)
		if a := c.call("POST", "/v1/contacts", `{}`).want(422); a.text("detail") != french.text("detail") {
			t.Errorf("not French: %s", a.raw)
		}
		if a := c.call("PATCH", "/v1/me", `{"role":"reader"}`, "If-Match", "*").want(422); a.codes()["role"] != "read_only" {
			t.Errorf("codes %v", a.codes())
		}
	})
	t.Run("sessions are seen and ended", func(t *testing.T) {
		other := s.signIn(t, "new@example.org", another)
		sessions := c.call("GET", "/v1/sessions", nil).want(200)
		current := 0
		for _, one := range sessions.list("items") {
			if dig(one, "current") == true {
				current++
			}
		}
		if n := len(sessions.list("items")); n < 3 || current != 1 {
			t.Errorf("%d sessions, %d of them this one", n, current)
		}
		id := other.call("GET", "/v1/sessions", nil).want(200)
		for _, one := range id.list("items") {
			if dig(one, "current") == true {
				c.call("DELETE", "/v1/sessions/"+dig(one, "id").(string), nil).want(204)
			}
		}
		if other.alive() || !c.alive() {
			t.Error("the wrong one ended")
		}
	})
	t.Run("sign out everywhere", func(t *testing.T) {
		others := []*client{s.signIn(t, "new@example.org", another), s.signIn(t, "new@example.org", another)}
		c.call("DELETE", "/v1/sessions?keep=current", nil).want(204)
		if !c.alive() || others[0].alive() || others[1].alive() {
			t.Error("not all others ended, or this one did")
		}
		c.call("DELETE", "/v1/sessions", nil).want(204)
		if c.alive() {
			t.Error("still in")
		}
	})
	t.Run("a lost owner has a way back", func(t *testing.T) {
		token, err := s.Accounts.Link(t.Context(), "new@example.org") // what `-link` prints to whoever runs the program
		if err != nil {
			t.Fatal(err)
		}
		back := s.stranger(t)
		back.token = back.redeem(token, "a third long secret").want(201).text("token")
		if !back.alive() {
			t.Error("not in")
		}
		back.redeem(token, another).want(404)
	})
}
