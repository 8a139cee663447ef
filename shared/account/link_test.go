package account_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/muster-crm/muster/shared/account"
	"github.com/muster-crm/muster/shared/account/session"
	"github.com/muster-crm/muster/shared/fault"
	"github.com/muster-crm/muster/shared/org"
	"github.com/muster-crm/muster/shared/policy"
	"github.com/muster-crm/muster/shared/repository"
)

// invited makes a user who has an invitation, and gives its token.
func (h *house) invited(g policy.Grant, email string) (*account.User, string) {
	h.t.Helper()
	res, err := h.Create(h.t.Context(), repository.Write{Grant: g}, account.NewUser{Name: "Rita", Email: email, Role: "reader", Invite: true}, visit)
	if err != nil {
		h.t.Fatal(err)
	}
	return res.Record.(*account.User), h.token(email)
}

func TestInvitation(t *testing.T) {
	h := open(t)
	g := h.found(ownerMail)
	u, token := h.invited(g, "rita@example.org")
	if u.InvitedAt == nil || !u.InvitedAt.Equal(noon) {
		t.Errorf("invited at %v", u.InvitedAt)
	}
	m := h.letters("rita@example.org")[0]
	if m.Subject != "Je toegang tot Harbour Choir" || m.From.Name != "Harbour Choir" || !strings.Contains(m.HTML, token) {
		t.Errorf("got %q from %q", m.Subject, m.From.Name)
	}
	opened, err := h.Open(t.Context(), token)
	if err != nil {
		t.Fatal(err)
	}
	if opened.For != account.Invite || opened.Organisation != "Harbour Choir" || opened.Name != "Rita" || opened.Login != "rita@example.org" ||
		!opened.Expires.Equal(noon.Add(7*24*time.Hour)) {
		t.Errorf("got %+v", opened)
	}
	s, err := h.Redeem(t.Context(), token, password, visit)
	if err != nil {
		t.Fatal(err)
	}
	if who := h.in(s.Token); who.Grant.Actor().ID != u.ID {
		t.Errorf("signed in as %v", who.Grant.Actor())
	}
	h.signIn("rita@example.org")
	_, err = h.Redeem(t.Context(), token, other, visit)
	want(t, err, fault.NotFound, "link_expired")
	_, err = h.Open(t.Context(), token)
	want(t, err, fault.NotFound, "link_expired")
}

func TestLinksRunOut(t *testing.T) {
	h := open(t)
	g := h.found(ownerMail)
	u, invitation := h.invited(g, "rita@example.org")
	h.clock.Advance(7*24*time.Hour - time.Minute)
	if _, err := h.Open(t.Context(), invitation); err != nil {
		t.Error(err)
	}
	if _, err := h.Reset(t.Context(), repository.Write{Grant: g}, u.ID, visit); err != nil {
		t.Fatal(err)
	}
	reset := h.token("rita@example.org")
	h.clock.Advance(time.Minute)
	_, err := h.Redeem(t.Context(), invitation, password, visit)
	want(t, err, fault.NotFound, "link_expired")
	h.clock.Advance(time.Hour)
	_, err = h.Redeem(t.Context(), reset, password, visit)
	want(t, err, fault.NotFound, "link_expired")
	_, err = h.Redeem(t.Context(), "never made", password, visit)
	want(t, err, fault.NotFound, "link_expired")
}

func TestANewInvitationVoidsTheOld(t *testing.T) {
	h := open(t)
	g := h.found(ownerMail)
	u, old := h.invited(g, "rita@example.org")
	h.clock.Advance(time.Minute)
	if _, err := h.Invite(t.Context(), repository.Write{Grant: g}, u.ID, visit); err != nil {
		t.Fatal(err)
	}
	_, err := h.Redeem(t.Context(), old, password, visit)
	want(t, err, fault.NotFound, "link_expired")
	if _, err := h.Redeem(t.Context(), h.token("rita@example.org"), password, visit); err != nil {
		t.Error(err)
	}
}

func TestARefusedPasswordLeavesTheLink(t *testing.T) {
	h := open(t)
	_, token := h.invited(h.found(ownerMail), "rita@example.org")
	for password, code := range map[string]string{"": "required", "short": "password_short", "Welcome2026!": "password_common",
		"rita@example.org": "password_login", strings.Repeat("long ", 300): "too_long", "bad \xff bytes in it": "bad_characters"} {
		_, err := h.Redeem(t.Context(), token, password, visit)
		wantField(t, err, "password", code)
	}
	if _, err := h.Redeem(t.Context(), token, password, visit); err != nil {
		t.Error(err)
	}
}

func TestALinkUsedTwiceAtOnceWorksOnce(t *testing.T) {
	h := open(t)
	_, token := h.invited(h.found(ownerMail), "rita@example.org")
	passwords := []string{password, other, "plain tin whistle tune", "eleven wet umbrellas", "orchard gate left ajar", "slow boats carry rye"}
	tokens := make([]string, len(passwords))
	errs := together(len(passwords), func(i int) error {
		s, err := h.Redeem(t.Context(), token, passwords[i], visit)
		tokens[i] = s.Token
		return err
	})
	if won := count(errs, nil); won != 1 || count(errs, fault.NotFound) != len(errs)-1 {
		t.Fatalf("%d won: %v", won, errs)
	}
	for i, err := range errs {
		_, got := h.SignIn(t.Context(), "rita@example.org", passwords[i], visit)
		if (err == nil) != (got == nil) {
			t.Errorf("link %v, sign-in %v", err, got)
		}
		if err == nil {
			h.in(tokens[i])
		}
	}
}

func TestResetEndsSessionsAndLinks(t *testing.T) {
	h := open(t)
	g := h.found(ownerMail)
	h.user(g, "rita@example.org", policy.Reader)
	before, _ := h.signIn("rita@example.org")
	if err := h.RequestReset(t.Context(), " RITA@example.org", visit); err != nil {
		t.Fatal(err)
	}
	reset := h.token("rita@example.org")
	enter, err := h.Link(t.Context(), "rita@example.org")
	if err != nil {
		t.Fatal(err)
	}
	h.in(before)
	s, err := h.Redeem(t.Context(), reset, other, visit)
	if err != nil {
		t.Fatal(err)
	}
	h.in(s.Token)
	h.out(before)
	_, err = h.Redeem(t.Context(), enter, "", visit)
	want(t, err, fault.NotFound, "link_expired")
	_, err = h.SignIn(t.Context(), "rita@example.org", password, visit)
	want(t, err, fault.Unauthenticated, "sign_in_failed")
}

// Whoever is paused after too many wrong passwords comes in by a new one.
func TestResetEndsAPause(t *testing.T) {
	h := open(t)
	h.found(ownerMail)
	for range account.Attempts {
		_, err := h.SignIn(t.Context(), ownerMail, "wrong password", visit)
		want(t, err, fault.Unauthenticated, "sign_in_failed")
	}
	if err := h.RequestReset(t.Context(), ownerMail, visit); err != nil {
		t.Fatal(err)
	}
	if _, err := h.Redeem(t.Context(), h.token(ownerMail), password, visit); err != nil {
		t.Fatal(err)
	}
	h.signIn(ownerMail)
}

func TestNobodyIsMailedAReset(t *testing.T) {
	h := open(t)
	g := h.found(ownerMail)
	u := h.user(g, "rita@example.org", policy.Reader)
	if _, err := h.Block(t.Context(), repository.Write{Grant: g}, u.ID, ""); err != nil {
		t.Fatal(err)
	}
	had := len(h.letters("rita@example.org"))
	for _, login := range []string{"nobody@example.org", "rita@example.org", ""} {
		if err := h.RequestReset(t.Context(), login, visit); err != nil {
			t.Errorf("%q: %v", login, err)
		}
	}
	if got := len(h.letters("rita@example.org")); got != had {
		t.Errorf("a blocked user was mailed")
	}
	if got := len(h.letters("nobody@example.org")); got != 0 {
		t.Errorf("a stranger was mailed")
	}
}

func TestResetRequestsAreLimited(t *testing.T) {
	for _, login := range []string{ownerMail, "nobody@example.org"} {
		h := open(t)
		h.found(ownerMail)
		for range 5 {
			if err := h.RequestReset(t.Context(), login, visit); err != nil {
				t.Fatal(err)
			}
		}
		want(t, h.RequestReset(t.Context(), login, visit), fault.Exhausted, "too_many_attempts")
		h.clock.Advance(time.Hour)
		if err := h.RequestReset(t.Context(), login, visit); err != nil {
			t.Error(err)
		}
	}
}

// However much or little there is to do, the answer takes as long.
func TestAResetRequestTellsNothingByItsTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := open(t)
		h.found(ownerMail)
		h.SetPace(time.Second)
		for _, login := range []string{ownerMail, "nobody@example.org"} {
			start := time.Now()
			if err := h.RequestReset(t.Context(), login, visit); err != nil {
				t.Fatal(err)
			}
			if took := time.Since(start); took != time.Second {
				t.Errorf("%s: %v of the bubble's time", login, took)
			}
		}
		if len(h.letters(ownerMail)) != 1 {
			t.Error("no mail")
		}
	})
}

func TestEnterLink(t *testing.T) {
	h := open(t)
	h.found(ownerMail)
	had, _ := h.signIn(ownerMail)
	token, err := h.Link(t.Context(), ownerMail)
	if err != nil {
		t.Fatal(err)
	}
	if o, err := h.Open(t.Context(), token); err != nil || o.For != account.Enter {
		t.Errorf("%+v %v", o, err)
	}
	s, err := h.Redeem(t.Context(), token, "", visit)
	if err != nil {
		t.Fatal(err)
	}
	h.in(s.Token)
	h.in(had)
	h.signIn(ownerMail)
	_, err = h.Redeem(t.Context(), token, "", visit)
	want(t, err, fault.NotFound, "link_expired")
	_, err = h.Link(t.Context(), "nobody@example.org")
	want(t, err, fault.NotFound, "not_found")
	if token, err = h.Link(t.Context(), ownerMail); err != nil {
		t.Fatal(err)
	}
	if _, err := h.Redeem(t.Context(), token, other, visit); err != nil {
		t.Fatal(err)
	}
	h.out(had)
	_, err = h.SignIn(t.Context(), ownerMail, password, visit)
	want(t, err, fault.Unauthenticated, "sign_in_failed")
}

func TestBlockingVoidsLinks(t *testing.T) {
	h := open(t)
	g := h.found(ownerMail)
	w := repository.Write{Grant: g}
	u, token := h.invited(g, "rita@example.org")
	if _, err := h.Block(t.Context(), w, u.ID, "left the club"); err != nil {
		t.Fatal(err)
	}
	_, err := h.Redeem(t.Context(), token, password, visit)
	want(t, err, fault.NotFound, "link_expired")
	_, err = h.Invite(t.Context(), w, u.ID, visit)
	want(t, err, fault.Conflict, "user_blocked")
	_, err = h.Reset(t.Context(), w, u.ID, visit)
	want(t, err, fault.Conflict, "user_blocked")
	_, err = h.Link(t.Context(), "rita@example.org")
	want(t, err, fault.Conflict, "user_blocked")
	if _, err := h.Unblock(t.Context(), w, u.ID); err != nil {
		t.Fatal(err)
	}
	_, err = h.Redeem(t.Context(), token, password, visit)
	want(t, err, fault.NotFound, "link_expired")
}

// A session's token opens no link, a link's no session, and a login no account.
func TestTokensAreForOneThing(t *testing.T) {
	h := open(t)
	_, link := h.invited(h.found(ownerMail), "rita@example.org")
	token, _ := h.signIn(ownerMail)
	_, err := h.door.Authenticate(t.Context(), link)
	want(t, err, fault.Unauthenticated, "session_expired")
	_, err = h.door.Authenticate(t.Context(), "olga@example.org")
	want(t, err, fault.Unauthenticated, "session_expired")
	_, err = h.Open(t.Context(), token)
	want(t, err, fault.NotFound, "link_expired")
	_, err = session.Reader{Directory: org.NewDirectory(h.store, h.clock)}.Authenticate(t.Context(), token)
	if err != nil {
		t.Error(err)
	}
}
