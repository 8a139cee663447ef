package account_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/muster-crm/muster/shared/account"
	"github.com/muster-crm/muster/shared/fault"
	"github.com/muster-crm/muster/shared/i18n"
	"github.com/muster-crm/muster/shared/policy"
	"github.com/muster-crm/muster/shared/repository"
)

func TestSignIn(t *testing.T) {
	h := open(t)
	g := h.found(ownerMail)
	s, err := h.SignIn(t.Context(), "  OLGA@example.ORG ", password, visit)
	if err != nil {
		t.Fatal(err)
	}
	if !s.Expires.Equal(noon.Add(12 * time.Hour)) {
		t.Errorf("expires %v", s.Expires)
	}
	who := h.in(s.Token)
	if who.Grant.Tenant() != g.Tenant() || who.Grant.Actor() != (policy.Actor{ID: s.User.ID, Name: "Olga", Source: "page"}) ||
		who.Grant.Role() != policy.Owner || who.Language != i18n.Dutch || !who.Expires.Equal(s.Expires) {
		t.Errorf("got %+v", who)
	}
	me, err := h.Me(t.Context(), who.Grant)
	if err != nil {
		t.Fatal(err)
	}
	if me.FirstLoginAt == nil || !me.FirstLoginAt.Equal(noon) || me.Version != 1 {
		t.Errorf("first sign-in at %v, version %d: signing in is no change of the user", me.FirstLoginAt, me.Version)
	}
	h.clock.Advance(12*time.Hour - time.Second)
	h.in(s.Token)
	h.clock.Advance(time.Second)
	h.out(s.Token)
}

func TestAuthenticateRefusesWhatIsNoToken(t *testing.T) {
	h := open(t)
	h.found(ownerMail)
	for _, token := range []string{"", "x", strings.Repeat("x", 10000)} {
		if _, err := h.door.Authenticate(t.Context(), token); !isKind(err, fault.Unauthenticated) {
			t.Errorf("%.20q: %v", token, err)
		}
	}
}

func isKind(err error, kind fault.Kind) bool { return err != nil && fault.From(err).Kind == kind }

// Unknown login, wrong password, blocked, trashed, no password yet: one answer.
func TestSignInRefusesAllAlike(t *testing.T) {
	h := open(t)
	g := h.found(ownerMail)
	w := repository.Write{Grant: g}
	blocked := h.user(g, "blocked@example.org", policy.Reader)
	if _, err := h.Block(t.Context(), w, blocked.ID, "left"); err != nil {
		t.Fatal(err)
	}
	trashed := h.user(g, "trashed@example.org", policy.Reader)
	if _, err := h.Trash(t.Context(), w, trashed.ID, repository.AnyVersion); err != nil {
		t.Fatal(err)
	}
	if _, err := h.Create(t.Context(), w, account.NewUser{Name: "New", Email: "new@example.org", Role: "reader"}, visit); err != nil {
		t.Fatal(err)
	}
	cases := map[string]string{ownerMail: "wrong password", "nobody@example.org": password, "blocked@example.org": password,
		"trashed@example.org": password, "new@example.org": "", "": "", strings.Repeat("long", 1000): strings.Repeat("x", 5000)}
	for login, pass := range cases {
		_, err := h.SignIn(t.Context(), login, pass, visit)
		if diff := cmp.Diff(fault.New(fault.Unauthenticated, "sign_in_failed"), fault.From(err), cmp.AllowUnexported(fault.Fault{})); diff != "" {
			t.Errorf("%.20q: %s", login, diff)
		}
	}
}

func TestTooManyFailuresPauseALogin(t *testing.T) {
	for _, login := range []string{ownerMail, "nobody@example.org"} {
		h := open(t)
		h.found(ownerMail)
		for i := range account.Attempts {
			_, err := h.SignIn(t.Context(), login, "wrong password", visit)
			want(t, err, fault.Unauthenticated, "sign_in_failed")
			if i == 0 {
				h.clock.Advance(5 * time.Minute)
			}
		}
		_, err := h.SignIn(t.Context(), strings.ToUpper(login), password, visit)
		want(t, err, fault.Exhausted, "too_many_attempts")
		if f := fault.From(err); f.Retry != 10*time.Minute {
			t.Errorf("%s: retry after %v", login, f.Retry)
		}
		// The first failure is a quarter of an hour old: one more try, not ten.
		h.clock.Advance(10 * time.Minute)
		_, err = h.SignIn(t.Context(), login, "wrong password", visit)
		want(t, err, fault.Unauthenticated, "sign_in_failed")
		_, err = h.SignIn(t.Context(), login, "wrong password", visit)
		want(t, err, fault.Exhausted, "too_many_attempts")
	}
}

func TestSuccessForgivesFailures(t *testing.T) {
	h := open(t)
	h.found(ownerMail)
	for range 3 {
		for range account.Attempts - 1 {
			_, err := h.SignIn(t.Context(), ownerMail, "wrong password", visit)
			want(t, err, fault.Unauthenticated, "sign_in_failed")
		}
		h.signIn(ownerMail)
	}
}

func TestAGuesserInParallelGetsNoMoreTries(t *testing.T) {
	h := open(t)
	h.found(ownerMail)
	errs := together(50, func(int) error {
		_, err := h.SignIn(t.Context(), ownerMail, "wrong password", visit)
		return err
	})
	if got := count(errs, fault.Unauthenticated); got != account.Attempts {
		t.Errorf("%d guesses were judged, want %d", got, account.Attempts)
	}
	if got := count(errs, fault.Exhausted); got != 50-account.Attempts {
		t.Errorf("%d were told to wait", got)
	}
}

func TestTheOldestSessionGivesWay(t *testing.T) {
	h := open(t)
	h.found(ownerMail)
	var tokens []string
	for range account.MaxSessions + 2 {
		token, _ := h.signIn(ownerMail)
		tokens = append(tokens, token)
		h.clock.Advance(time.Minute)
	}
	h.out(tokens[0])
	h.out(tokens[1])
	h.in(tokens[2])
	who := h.in(tokens[len(tokens)-1])
	list, err := h.Sessions(t.Context(), who)
	if err != nil {
		t.Fatal(err)
	}
	if len(list) != account.MaxSessions || !list[0].Current || list[1].Current || list[0].Device != "Test browser" {
		t.Errorf("got %d sessions, %+v first", len(list), list[0])
	}
}

func TestSignOut(t *testing.T) {
	h := open(t)
	h.found(ownerMail)
	one, me := h.signIn(ownerMail)
	two, _ := h.signIn(ownerMail)
	three, _ := h.signIn(ownerMail)
	list, err := h.Sessions(t.Context(), h.in(two))
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range list {
		if s.Current {
			if err := h.SignOut(t.Context(), me, s.ID); err != nil {
				t.Fatal(err)
			}
			want(t, h.SignOut(t.Context(), me, s.ID), fault.NotFound, "not_found")
		}
	}
	h.out(two)
	h.in(three)
	if err := h.SignOut(t.Context(), me, "current"); err != nil {
		t.Fatal(err)
	}
	h.out(one)
	h.in(three)
}

func TestSignOutEverywhere(t *testing.T) {
	for _, stay := range []bool{false, true} {
		h := open(t)
		h.found(ownerMail)
		one, me := h.signIn(ownerMail)
		two, _ := h.signIn(ownerMail)
		if err := h.SignOutEverywhere(t.Context(), me, stay); err != nil {
			t.Fatal(err)
		}
		h.out(two)
		if stay {
			h.in(one)
		} else {
			h.out(one)
		}
	}
}

// A session is somebody's alone: its id means nothing to another user.
func TestSessionsOfOthersAreOutOfReach(t *testing.T) {
	h := open(t)
	g := h.found(ownerMail)
	h.user(g, "rita@example.org", policy.Reader)
	token, owner := h.signIn(ownerMail)
	_, rita := h.signIn("rita@example.org")
	list, err := h.Sessions(t.Context(), owner)
	if err != nil {
		t.Fatal(err)
	}
	want(t, h.SignOut(t.Context(), rita, list[0].ID), fault.NotFound, "not_found")
	h.in(token)
}

func TestSignInWhileBeingBlocked(t *testing.T) {
	h := open(t)
	g := h.found(ownerMail)
	u := h.user(g, "rita@example.org", policy.Reader)
	tokens := make([]string, 8)
	errs := together(9, func(i int) error {
		if i == 8 {
			_, err := h.Block(t.Context(), repository.Write{Grant: g}, u.ID, "")
			return err
		}
		s, err := h.SignIn(t.Context(), "rita@example.org", password, visit)
		tokens[i] = s.Token
		return err
	})
	if errs[8] != nil {
		t.Fatal(errs[8])
	}
	for i, token := range tokens {
		if errs[i] != nil {
			want(t, errs[i], fault.Unauthenticated, "sign_in_failed")
			continue
		}
		h.out(token)
	}
}

func TestNoSecretIsStored(t *testing.T) {
	h := open(t)
	g := h.found(ownerMail)
	u := h.user(g, "rita@example.org", policy.Reader)
	token, _ := h.signIn("rita@example.org")
	if _, err := h.Reset(t.Context(), repository.Write{Grant: g}, u.ID, visit); err != nil {
		t.Fatal(err)
	}
	link := h.token("rita@example.org")
	stored := everything(t, h.store, g)
	for what, secret := range map[string]string{"password": password, "session": token, "link": link} {
		if strings.Contains(stored, secret) {
			t.Errorf("the %s lies in the table", what)
		}
	}
	if !strings.Contains(stored, "$argon2id$") {
		t.Error("the table was not read as far as the password's hash")
	}
	changes, _, err := h.History(t.Context(), g, u.ID, 0, 100)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range changes {
		for _, f := range c.Fields {
			if strings.Contains(string(f.To)+string(f.From), "argon2") {
				t.Errorf("%s shows a hash", f.Field)
			}
		}
	}
}
