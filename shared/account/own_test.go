package account_test

import (
	"fmt"
	"testing"

	"github.com/muster-crm/muster/shared/account"
	"github.com/muster-crm/muster/shared/account/session"
	"github.com/muster-crm/muster/shared/fault"
	"github.com/muster-crm/muster/shared/i18n"
	"github.com/muster-crm/muster/shared/policy"
	"github.com/muster-crm/muster/shared/repository"
)

func TestChangePassword(t *testing.T) {
	h := open(t)
	h.found(ownerMail)
	mine, me := h.signIn(ownerMail)
	elsewhere, _ := h.signIn(ownerMail)
	wantField(t, h.ChangePassword(t.Context(), me, "wrong password", other, visit), "current", "password_wrong")
	wantField(t, h.ChangePassword(t.Context(), me, password, "iloveyou123", visit), "password", "password_common")
	h.in(elsewhere)
	if err := h.RequestReset(t.Context(), ownerMail, visit); err != nil {
		t.Fatal(err)
	}
	if err := h.ChangePassword(t.Context(), me, password, other, visit); err != nil {
		t.Fatal(err)
	}
	h.in(mine)
	h.out(elsewhere)
	_, err := h.Open(t.Context(), h.token(ownerMail))
	want(t, err, fault.NotFound, "link_expired")
	_, err = h.SignIn(t.Context(), ownerMail, password, visit)
	want(t, err, fault.Unauthenticated, "sign_in_failed")
	if _, err := h.SignIn(t.Context(), ownerMail, other, visit); err != nil {
		t.Error(err)
	}
}

func TestGuessingThePresentPasswordIsLimited(t *testing.T) {
	h := open(t)
	h.found(ownerMail)
	_, me := h.signIn(ownerMail)
	for range account.Attempts {
		wantField(t, h.ChangePassword(t.Context(), me, "wrong password", other, visit), "current", "password_wrong")
	}
	want(t, h.ChangePassword(t.Context(), me, password, other, visit), fault.Exhausted, "too_many_attempts")
}

// Both were proven with the password that the first of them replaces.
func TestTwoPasswordChangesAtOnce(t *testing.T) {
	h := open(t)
	h.found(ownerMail)
	_, one := h.signIn(ownerMail)
	_, two := h.signIn(ownerMail)
	next := []string{other, "plain tin whistle tune"}
	errs := together(2, func(i int) error {
		return h.ChangePassword(t.Context(), []session.Identity{one, two}[i], password, next[i], visit)
	})
	if count(errs, nil) != 1 {
		t.Fatalf("got %v", errs)
	}
	for i, err := range errs {
		_, got := h.SignIn(t.Context(), ownerMail, next[i], visit)
		if (err == nil) != (got == nil) {
			t.Errorf("change %v, sign-in %v", err, got)
		}
	}
}

func TestChangeEmail(t *testing.T) {
	h := open(t)
	g := h.found(ownerMail)
	token, me := h.signIn(ownerMail)
	wantField(t, h.ChangeEmail(t.Context(), me, password, "no address", visit), "email", "email_invalid")
	wantField(t, h.ChangeEmail(t.Context(), me, "wrong password", "o.new@example.com", visit), "password", "password_wrong")
	if err := h.ChangeEmail(t.Context(), me, password, "O.New@example.com", visit); err != nil {
		t.Fatal(err)
	}
	h.signIn(ownerMail)
	link := h.token("O.New@example.com")
	if o, err := h.Open(t.Context(), link); err != nil || o.For != account.Confirm || o.Email != "O.New@example.com" {
		t.Errorf("%+v %v", o, err)
	}
	_, err := h.Redeem(t.Context(), link, password, visit)
	want(t, err, fault.NotFound, "link_expired")
	if err := h.RequestReset(t.Context(), ownerMail, visit); err != nil {
		t.Fatal(err)
	}
	reset := h.token(ownerMail)
	u, err := h.ConfirmEmail(t.Context(), link, visit)
	if err != nil {
		t.Fatal(err)
	}
	if u.Email != "O.New@example.com" || u.Login != "o.new@example.com" {
		t.Errorf("got %q %q", u.Email, u.Login)
	}
	h.in(token)
	if _, err := h.SignIn(t.Context(), "o.new@example.com", password, visit); err != nil {
		t.Error(err)
	}
	_, err = h.SignIn(t.Context(), ownerMail, password, visit)
	want(t, err, fault.Unauthenticated, "sign_in_failed")
	_, err = h.Open(t.Context(), reset)
	want(t, err, fault.NotFound, "link_expired")
	_, err = h.ConfirmEmail(t.Context(), link, visit)
	want(t, err, fault.NotFound, "link_expired")
	if m := h.letters(ownerMail); m[0].Subject != "Je e-mailadres is gewijzigd" {
		t.Errorf("the old address was told %q", m[0].Subject)
	}
	h.user(g, ownerMail, policy.Reader) // the old login is free
}

func TestAnAddressSomebodyHas(t *testing.T) {
	h := open(t)
	g := h.found(ownerMail)
	h.user(g, "rita@example.org", policy.Reader)
	_, me := h.signIn(ownerMail)
	if err := h.ChangeEmail(t.Context(), me, password, "RITA@example.org", visit); err != nil {
		t.Fatal(err)
	}
	_, err := h.ConfirmEmail(t.Context(), h.token("rita@example.org"), visit)
	want(t, err, fault.Conflict, "login_taken")
	h.signIn(ownerMail)
	h.signIn("rita@example.org")
}

func TestUpdateMe(t *testing.T) {
	h := open(t)
	h.found(ownerMail)
	token, me := h.signIn(ownerMail)
	w := repository.Write{Grant: me.Grant}
	u, err := h.UpdateMe(t.Context(), w, 1, []byte(`{"name": "Olga V.", "language": "fr"}`))
	if err != nil {
		t.Fatal(err)
	}
	if u.Name != "Olga V." || u.Version != 2 {
		t.Errorf("got %q, version %d", u.Name, u.Version)
	}
	if who := h.in(token); who.Language != i18n.French || who.Grant.Actor().Name != "Olga V." {
		t.Errorf("the session says %v %v", who.Language, who.Grant.Actor())
	}
	_, err = h.UpdateMe(t.Context(), w, 1, []byte(`{"name": "Late"}`))
	want(t, err, fault.Stale, "stale")
	for patch, code := range map[string][2]string{
		`{"role": "reader"}`:            {"role", "read_only"},
		`{"email": "x@example.org"}`:    {"email", "read_only"},
		`{"login": "x@example.org"}`:    {"login", "read_only"},
		`{"blocked": {"reason": "x"}}`:  {"blocked", "read_only"},
		`{"language": "tlh"}`:           {"language", "bad_choice"},
		`{"name": ""}`:                  {"name", "required"},
		`{"password": "x"}`:             {"password", "unknown_member"},
		`{"firstLoginAt": null}`:        {"firstLoginAt", "read_only"},
		`{"invitedAt": "2020-01-01T0"}`: {"invitedAt", "read_only"},
	} {
		_, err := h.UpdateMe(t.Context(), w, 2, []byte(patch))
		if err == nil || len(fault.From(err).Fields) == 0 || fault.From(err).Fields[0].Path != code[0] || fault.From(err).Fields[0].Code != code[1] {
			t.Errorf("%s: %v", patch, err)
		}
	}
	_, err = h.UpdateMe(t.Context(), w, 2, []byte(`{`))
	want(t, err, fault.Malformed, "malformed")
}

func TestHistoryTellsWhatHappenedToAUser(t *testing.T) {
	h := open(t)
	g := h.found(ownerMail)
	u := h.user(g, "rita@example.org", policy.Reader)
	w := repository.Write{Grant: g}
	if _, err := h.Block(t.Context(), w, u.ID, "on leave"); err != nil {
		t.Fatal(err)
	}
	if _, err := h.Unblock(t.Context(), w, u.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := h.Update(t.Context(), w, u.ID, repository.AnyVersion, []byte(`{"role":"editor"}`)); err != nil {
		t.Fatal(err)
	}
	changes, _, err := h.History(t.Context(), g, u.ID, 0, 100)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, c := range changes {
		got = append(got, fmt.Sprint(c.Action, " ", c.Name))
	}
	if fmt.Sprint(got) != "[user.edit Olga user.unblock Olga user.block Olga user.setPassword Someone user.create Olga]" {
		t.Errorf("got %v", got)
	}
	if f := changes[0].Fields; len(f) != 1 || f[0].Field != "role" || string(f[0].From) != `"reader"` || string(f[0].To) != `"editor"` {
		t.Errorf("got %+v", f)
	}
}
