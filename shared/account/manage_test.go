package account_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/muster-crm/muster/shared/account"
	"github.com/muster-crm/muster/shared/fault"
	"github.com/muster-crm/muster/shared/idem"
	"github.com/muster-crm/muster/shared/mail"
	"github.com/muster-crm/muster/shared/policy"
	"github.com/muster-crm/muster/shared/repository"
)

// grant gives the grant of a user of g's organisation.
func grant(g policy.Grant, u *account.User, role policy.Role) policy.Grant {
	return policy.For(policy.Actor{ID: u.ID, Name: u.Name, Source: "page"}, role).In(g.Tenant())
}

func TestOnlyManagersManage(t *testing.T) {
	h := open(t)
	owner := h.found(ownerMail)
	target := h.user(owner, "target@example.org", policy.Reader)
	for _, role := range policy.Roles() {
		u := h.user(owner, string(role)+"@example.org", role)
		g := grant(owner, u, role)
		w := repository.Write{Grant: g}
		n := 0
		calls := map[string]func() error{
			"create": func() error {
				n++
				_, err := h.Create(t.Context(), w, account.NewUser{Name: "x", Email: fmt.Sprintf("%s%d@example.com", role, n), Role: "reader"}, visit)
				return err
			},
			"list":    func() error { _, _, err := h.List(t.Context(), g, false, "", 50); return err },
			"get":     func() error { _, err := h.Get(t.Context(), g, target.ID); return err },
			"history": func() error { _, _, err := h.History(t.Context(), g, target.ID, 0, 10); return err },
			"update": func() error {
				_, err := h.Update(t.Context(), w, target.ID, repository.AnyVersion, []byte(`{"name":"T"}`))
				return err
			},
			"invite":  func() error { _, err := h.Invite(t.Context(), w, target.ID, visit); return err },
			"reset":   func() error { _, err := h.Reset(t.Context(), w, target.ID, visit); return err },
			"block":   func() error { _, err := h.Block(t.Context(), w, target.ID, ""); return err },
			"unblock": func() error { _, err := h.Unblock(t.Context(), w, target.ID); return err },
			"trash": func() error {
				_, err := h.Trash(t.Context(), w, target.ID, repository.AnyVersion)
				return err
			},
			"restore": func() error {
				_, err := h.Restore(t.Context(), w, target.ID, repository.AnyVersion)
				return err
			},
		}
		may := role == policy.Owner || role == policy.Admin
		for _, name := range []string{"create", "list", "get", "history", "update", "invite", "reset", "block", "unblock", "trash", "restore"} {
			err := calls[name]()
			if may && err != nil {
				t.Errorf("%s may not %s: %v", role, name, err)
			}
			if !may {
				want(t, err, fault.Denied, "denied")
			}
		}
		if me, err := h.Get(t.Context(), g, u.ID); err != nil || me.Email != string(role)+"@example.org" {
			t.Errorf("%s may not see their own account: %v", role, err)
		}
	}
}

func TestNobodyGrantsMoreThanTheyHold(t *testing.T) {
	h := open(t)
	owner := h.found(ownerMail)
	admin := h.user(owner, "admin@example.org", policy.Admin)
	reader := h.user(owner, "reader@example.org", policy.Reader)
	w := repository.Write{Grant: grant(owner, admin, policy.Admin)}
	_, err := h.Create(t.Context(), w, account.NewUser{Name: "x", Email: "x@example.org", Role: "owner"}, visit)
	want(t, err, fault.Denied, "denied")
	_, err = h.Update(t.Context(), w, reader.ID, repository.AnyVersion, []byte(`{"role":"owner"}`))
	want(t, err, fault.Denied, "denied")
	for name, call := range map[string]func(id string) error{
		"update": func(id string) error {
			_, err := h.Update(t.Context(), w, id, repository.AnyVersion, []byte(`{"email":"mine@example.com"}`))
			return err
		},
		"reset": func(id string) error { _, err := h.Reset(t.Context(), w, id, visit); return err },
		"block": func(id string) error { _, err := h.Block(t.Context(), w, id, ""); return err },
		"trash": func(id string) error { _, err := h.Trash(t.Context(), w, id, repository.AnyVersion); return err },
	} {
		if err := call(owner.Actor().ID); !isKind(err, fault.Denied) {
			t.Errorf("an admin may %s an owner: %v", name, err)
		}
	}
	if _, err := h.Update(t.Context(), w, reader.ID, repository.AnyVersion, []byte(`{"role":"admin"}`)); err != nil {
		t.Errorf("an admin may make admins: %v", err)
	}
	_, err = h.Create(t.Context(), w, account.NewUser{Name: "x", Email: "x@example.org", Role: "emperor"}, visit)
	wantField(t, err, "role", "bad_choice")
}

func TestNobodyChangesTheirOwnRights(t *testing.T) {
	h := open(t)
	g := h.found(ownerMail)
	h.user(g, "second@example.org", policy.Owner)
	w, id := repository.Write{Grant: g}, g.Actor().ID
	_, err := h.Update(t.Context(), w, id, repository.AnyVersion, []byte(`{"role":"reader"}`))
	want(t, err, fault.Denied, "own_rights")
	_, err = h.Block(t.Context(), w, id, "")
	want(t, err, fault.Denied, "own_rights")
	_, err = h.Trash(t.Context(), w, id, repository.AnyVersion)
	want(t, err, fault.Denied, "own_rights")
	if _, err := h.Update(t.Context(), w, id, repository.AnyVersion, []byte(`{"name":"Olga B."}`)); err != nil {
		t.Error(err)
	}
}

func TestARoleChangeReachesSessionsAtOnce(t *testing.T) {
	h := open(t)
	g := h.found(ownerMail)
	u := h.user(g, "rita@example.org", policy.Reader)
	one, _ := h.signIn("rita@example.org")
	two, _ := h.signIn("rita@example.org")
	if _, err := h.Update(t.Context(), repository.Write{Grant: g}, u.ID, repository.AnyVersion, []byte(`{"role":"editor"}`)); err != nil {
		t.Fatal(err)
	}
	for _, token := range []string{one, two} {
		if role := h.in(token).Grant.Role(); role != policy.Editor {
			t.Errorf("the session's role is %s", role)
		}
	}
	if _, err := h.Block(t.Context(), repository.Write{Grant: g}, u.ID, "left"); err != nil {
		t.Fatal(err)
	}
	h.out(one)
	h.out(two)
	blocked, err := h.Get(t.Context(), g, u.ID)
	if err != nil {
		t.Fatal(err)
	}
	if b := blocked.Blocked; b == nil || b.Reason != "left" || !b.At.Equal(noon) || b.By != g.Actor().ID {
		t.Errorf("got %+v", b)
	}
	if _, err := h.Unblock(t.Context(), repository.Write{Grant: g}, u.ID); err != nil {
		t.Fatal(err)
	}
	h.out(one)
	h.signIn("rita@example.org")
}

func TestOneOwnerRemains(t *testing.T) {
	h := open(t)
	one := h.found(ownerMail)
	u := h.user(one, "second@example.org", policy.Owner)
	two := grant(one, u, policy.Owner)
	ids := []string{two.Actor().ID, one.Actor().ID}
	errs := together(2, func(i int) error {
		_, err := h.Update(t.Context(), repository.Write{Grant: []policy.Grant{one, two}[i]}, ids[i], repository.AnyVersion, []byte(`{"role":"reader"}`))
		return err
	})
	if count(errs, nil) != 1 {
		t.Fatalf("got %v", errs)
	}
	for _, err := range errs {
		if err != nil {
			want(t, err, fault.Conflict, "last_owner")
		}
	}
}

// An owner who is blocked or in the trash does not count.
func TestTheLastOwnerWhoCanSignIn(t *testing.T) {
	for name, keep := range map[string]func(h *house, w repository.Write, id string) error{
		"blocked": func(h *house, w repository.Write, id string) error {
			_, err := h.Block(t.Context(), w, id, "")
			return err
		},
		"trashed": func(h *house, w repository.Write, id string) error {
			_, err := h.Trash(t.Context(), w, id, repository.AnyVersion)
			return err
		},
	} {
		h := open(t)
		one := h.found(ownerMail)
		u := h.user(one, "second@example.org", policy.Owner)
		two := grant(one, u, policy.Owner)
		if err := keep(h, repository.Write{Grant: one}, u.ID); err != nil {
			t.Fatal(err)
		}
		// A request of the second owner that was under way meanwhile.
		for _, err := range []error{
			func() error {
				_, err := h.Block(t.Context(), repository.Write{Grant: two}, one.Actor().ID, "")
				return err
			}(),
			func() error {
				_, err := h.Trash(t.Context(), repository.Write{Grant: two}, one.Actor().ID, repository.AnyVersion)
				return err
			}(),
		} {
			if !isKind(err, fault.Conflict) || fault.From(err).Code != "last_owner" {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
}

func TestLoginsAreUnique(t *testing.T) {
	h := open(t)
	one := h.found(ownerMail)
	two := h.found("otto@example.com")
	for _, g := range []policy.Grant{one, two} {
		_, err := h.Create(t.Context(), repository.Write{Grant: g}, account.NewUser{Name: "x", Email: "OLGA@EXAMPLE.ORG", Role: "reader"}, visit)
		want(t, err, fault.Conflict, "login_taken")
		if f := fault.From(err); len(f.Clashes) > 0 || len(f.Fields) != 1 || f.Fields[0].Path != "email" {
			t.Errorf("got %+v", f)
		}
	}
	errs := together(10, func(i int) error {
		g := []policy.Grant{one, two}[i%2]
		_, err := h.Create(t.Context(), repository.Write{Grant: g}, account.NewUser{Name: "x", Email: "same@example.org", Role: "reader"}, visit)
		return err
	})
	if count(errs, nil) != 1 || count(errs, fault.Conflict) != 9 {
		t.Errorf("got %v", errs)
	}
	u := h.user(one, "rita@example.org", policy.Reader)
	_, err := h.Update(t.Context(), repository.Write{Grant: one}, u.ID, repository.AnyVersion, []byte(`{"email":"otto@example.com"}`))
	want(t, err, fault.Conflict, "login_taken")
	h.signIn("rita@example.org")
}

func TestTrashFreesALoginAndRestoreTakesItBack(t *testing.T) {
	h := open(t)
	g := h.found(ownerMail)
	w := repository.Write{Grant: g}
	u := h.user(g, "rita@example.org", policy.Reader)
	token, _ := h.signIn("rita@example.org")
	if _, err := h.Trash(t.Context(), w, u.ID, repository.AnyVersion); err != nil {
		t.Fatal(err)
	}
	h.out(token)
	_, err := h.Trash(t.Context(), w, u.ID, repository.AnyVersion)
	want(t, err, fault.Conflict, "trashed")
	second := h.user(g, "rita@example.org", policy.Reader)
	_, err = h.Restore(t.Context(), w, u.ID, repository.AnyVersion)
	want(t, err, fault.Conflict, "login_taken")
	if _, err := h.Trash(t.Context(), w, second.ID, repository.AnyVersion); err != nil {
		t.Fatal(err)
	}
	if _, err := h.Restore(t.Context(), w, u.ID, repository.AnyVersion); err != nil {
		t.Fatal(err)
	}
	if _, who := h.signIn("rita@example.org"); who.Grant.Actor().ID != u.ID {
		t.Error("signed in as somebody else")
	}
	_, err = h.Restore(t.Context(), w, u.ID, repository.AnyVersion)
	want(t, err, fault.Conflict, "not_trashed")
}

func TestUsersOfAnotherOrganisationAreNotThere(t *testing.T) {
	h := open(t)
	one, two := h.found(ownerMail), h.found("otto@example.com")
	u := h.user(one, "rita@example.org", policy.Reader)
	w := repository.Write{Grant: two}
	for name, err := range map[string]error{
		"get":    func() error { _, err := h.Get(t.Context(), two, u.ID); return err }(),
		"block":  func() error { _, err := h.Block(t.Context(), w, u.ID, ""); return err }(),
		"reset":  func() error { _, err := h.Reset(t.Context(), w, u.ID, visit); return err }(),
		"update": func() error { _, err := h.Update(t.Context(), w, u.ID, 1, []byte(`{}`)); return err }(),
		"odd id": func() error { _, err := h.Get(t.Context(), two, "../"+u.ID); return err }(),
	} {
		if !isKind(err, fault.NotFound) {
			t.Errorf("%s: %v", name, err)
		}
	}
	users, _, err := h.List(t.Context(), two, false, "", 50)
	if err != nil || len(users) != 1 {
		t.Errorf("%d users, %v", len(users), err)
	}
}

func TestList(t *testing.T) {
	h := open(t)
	g := h.found(ownerMail)
	for i := range 5 {
		h.clock.Advance(time.Second)
		h.user(g, fmt.Sprintf("u%d@example.org", i), policy.Reader)
	}
	all, next, err := h.List(t.Context(), g, false, "", 200)
	if err != nil || len(all) != 6 || next != "" {
		t.Fatalf("%d users, next %q, %v", len(all), next, err)
	}
	if all[0].LastLoginAt != nil || all[1].LastLoginAt == nil {
		t.Error("the times of sign-ins are not told")
	}
	if _, err := h.Trash(t.Context(), repository.Write{Grant: g}, all[2].ID, repository.AnyVersion); err != nil {
		t.Fatal(err)
	}
	var got []string
	for after, more := "", true; more; more = after != "" {
		var page []*account.User
		if page, after, err = h.List(t.Context(), g, false, after, 2); err != nil {
			t.Fatal(err)
		}
		for _, u := range page {
			got = append(got, u.ID)
		}
	}
	if fmt.Sprint(got) != fmt.Sprint([]string{all[0].ID, all[1].ID, all[3].ID, all[4].ID, all[5].ID}) {
		t.Errorf("got %v", got)
	}
	trashed, _, err := h.List(t.Context(), g, true, "", 50)
	if err != nil || len(trashed) != 1 || trashed[0].ID != all[2].ID {
		t.Errorf("%d in the trash, %v", len(trashed), err)
	}
}

func TestOneRequestManyTimes(t *testing.T) {
	h := open(t)
	g := h.found(ownerMail)
	w := repository.Write{Grant: g, Key: idem.Key{Caller: g.Actor().ID, Route: "POST /v1/users", Name: "k", Body: "b"}}
	ids := make([]string, 8)
	errs := together(8, func(i int) error {
		res, err := h.Create(t.Context(), w, account.NewUser{Name: "x", Email: "x@example.org", Role: "reader", Invite: true}, visit)
		if err == nil {
			ids[i] = res.Record.Base().ID
		}
		return err
	})
	if count(errs, nil) != 8 {
		t.Fatalf("got %v", errs)
	}
	for _, id := range ids {
		if id != ids[0] {
			t.Errorf("made %v", ids)
			break
		}
	}
	if n := len(h.letters("x@example.org")); n != 1 {
		t.Errorf("%d invitations", n)
	}
	w.Key.Body = "c"
	_, err := h.Create(t.Context(), w, account.NewUser{Name: "y", Email: "y@example.org", Role: "reader"}, visit)
	want(t, err, fault.Invalid, "idempotency_mismatch")
}

// When the mail does not leave, the request may be sent again under its key and is not taken for done.
func TestAMailThatDoesNotLeave(t *testing.T) {
	h := open(t)
	g := h.found(ownerMail)
	u := h.user(g, "rita@example.org", policy.Reader)
	w := repository.Write{Grant: g, Key: idem.Key{Caller: g.Actor().ID, Route: "POST invite", Name: "k", Body: "b"}}
	broken := *h.Accounts
	broken.Mail = refusing{}
	if _, err := broken.Invite(t.Context(), w, u.ID, visit); !isKind(err, fault.Unavailable) {
		t.Errorf("got %v", err)
	}
	res, err := broken.Create(t.Context(), repository.Write{Grant: g}, account.NewUser{Name: "n", Email: "n@example.org", Role: "reader", Invite: true}, visit)
	if err != nil || len(res.Warnings) != 1 || res.Warnings[0].Code != "mail_unsent" {
		t.Errorf("%+v %v", res.Warnings, err)
	}
	had := len(h.letters("rita@example.org"))
	for range 2 {
		if _, err := h.Invite(t.Context(), w, u.ID, visit); err != nil {
			t.Fatal(err)
		}
	}
	if got := len(h.letters("rita@example.org")); got != had+1 {
		t.Errorf("%d mails more, want 1", got-had)
	}
	if err := broken.RequestReset(t.Context(), "rita@example.org", visit); err != nil {
		t.Errorf("the trouble with the mail tells that there is such a login: %v", err)
	}
}

// refusing is a mail service that is down.
type refusing struct{}

func (refusing) Send(context.Context, mail.Message) (string, error) {
	return "", fault.New(fault.Unavailable, "mail")
}
