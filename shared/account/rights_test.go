package account_test

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/muster-crm/muster/shared/account"
	"github.com/muster-crm/muster/shared/account/session"
	"github.com/muster-crm/muster/shared/fault"
	"github.com/muster-crm/muster/shared/i18n"
	"github.com/muster-crm/muster/shared/org"
	"github.com/muster-crm/muster/shared/policy"
	"github.com/muster-crm/muster/shared/repository"
	"github.com/muster-crm/muster/shared/store/storefault"
)

// Work that goes on without its maker has the rights the maker has now.
func TestRightsAreThoseOfNow(t *testing.T) {
	h := open(t)
	g := h.found(ownerMail)
	w := repository.Write{Grant: g}
	u := h.user(g, "rita@example.org", policy.Editor)
	rights := account.Rights{Store: h.store, Kinds: h.Records.Kinds}
	role := func() policy.Role {
		t.Helper()
		now, err := rights.GrantOf(t.Context(), g.Tenant(), u.ID)
		if err != nil {
			t.Fatal(err)
		}
		return now.Role()
	}
	if role() != policy.Editor {
		t.Errorf("got %s", role())
	}
	if _, err := h.Update(t.Context(), w, u.ID, repository.AnyVersion, []byte(`{"role":"reader"}`)); err != nil {
		t.Fatal(err)
	}
	if role() != policy.Reader {
		t.Errorf("got %s", role())
	}
	if _, err := h.Block(t.Context(), w, u.ID, ""); err != nil {
		t.Fatal(err)
	}
	for _, id := range []string{u.ID, "usr_nobody"} {
		_, err := rights.GrantOf(t.Context(), g.Tenant(), id)
		want(t, err, fault.Denied, "denied")
	}
}

func TestPermissions(t *testing.T) {
	got := account.Permissions(policy.For(policy.Actor{}, policy.Reader))
	read := account.Permission{Scope: policy.All, Fields: []policy.Class{policy.Public, policy.Contact}}
	if diff := cmp.Diff(map[policy.Action]account.Permission{policy.Read: read}, got); diff != "" {
		t.Error(diff)
	}
	if got := account.Permissions(policy.Grant{}); len(got) != 0 {
		t.Errorf("nobody may %v", got)
	}
}

func TestSentences(t *testing.T) {
	h := open(t)
	g := h.found(ownerMail)
	w := repository.Write{Grant: g}
	u, _ := h.invited(g, "rita@example.org")
	for _, err := range []error{
		func() error { _, err := h.Invite(t.Context(), w, u.ID, visit); return err }(),
		func() error {
			_, err := h.Update(t.Context(), w, u.ID, repository.AnyVersion, []byte(`{"role":"editor"}`))
			return err
		}(),
		func() error { _, err := h.Block(t.Context(), w, u.ID, "left"); return err }(),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	changes, _, err := h.History(t.Context(), g, u.ID, 0, 10)
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range i18n.Languages() {
		for _, c := range changes {
			if account.Sentence(i18n.New(l, time.UTC), c) == "" {
				t.Errorf("%s: nothing for %s", l, c.Action)
			}
		}
	}
	var got []string
	for _, c := range changes {
		got = append(got, account.Sentence(i18n.New(i18n.Dutch, time.UTC), c))
	}
	if diff := cmp.Diff([]string{"Geblokkeerd", "Rol: van Lezer naar Bewerker", "Per mail uitgenodigd", "Aangemaakt"}, got); diff != "" {
		t.Error(diff)
	}
}

func TestTheReaderTellsTheZone(t *testing.T) {
	h := open(t)
	g := h.found(ownerMail)
	token, _ := h.signIn(ownerMail)
	zone := time.FixedZone("somewhere", 3600)
	r := session.Reader{Directory: h.Directory, Source: "api", Zone: func(_ context.Context, of org.Tenant) (*time.Location, error) {
		if of != g.Tenant() {
			t.Errorf("asked for %s", of.ID())
		}
		return zone, nil
	}}
	who, err := r.Authenticate(t.Context(), token)
	if err != nil || who.Zone != zone || who.Grant.Actor().Source != "api" {
		t.Errorf("%+v %v", who, err)
	}
}

// Whatever goes wrong at whichever call: a link has been used and its password holds, or neither.
func TestALinkSurvivesFaults(t *testing.T) {
	calls := func() int {
		h := open(t)
		_, token := h.invited(h.found(ownerMail), "rita@example.org")
		faults := storefault.New(h.store, nil)
		if _, err := over(t, faults, h.clock).Redeem(t.Context(), token, other, visit); err != nil {
			t.Fatal(err)
		}
		return faults.Calls()
	}()
	if calls < 4 {
		t.Fatalf("%d calls", calls)
	}
	for call := 1; call <= calls; call++ {
		for _, kind := range storefault.Kinds {
			h := open(t)
			_, token := h.invited(h.found(ownerMail), "rita@example.org")
			s, err := over(t, storefault.New(h.store, storefault.At(call, kind)), h.clock).Redeem(t.Context(), token, other, visit)
			_, link := h.Open(t.Context(), token)
			_, entry := h.SignIn(t.Context(), "rita@example.org", other, visit)
			if used, set := link != nil, entry == nil; used != set || err == nil && !used {
				t.Errorf("call %d, %v: answer %v, link %v, sign-in %v", call, kind, err, link, entry)
			}
			if err == nil {
				h.in(s.Token)
			}
		}
	}
}
