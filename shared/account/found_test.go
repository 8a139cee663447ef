package account_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/muster-crm/muster/shared/account"
	"github.com/muster-crm/muster/shared/fault"
	"github.com/muster-crm/muster/shared/i18n"
	"github.com/muster-crm/muster/shared/org"
	"github.com/muster-crm/muster/shared/policy"
	"github.com/muster-crm/muster/shared/repository"
	"github.com/muster-crm/muster/shared/setting"
	"github.com/muster-crm/muster/shared/store"
	"github.com/muster-crm/muster/shared/store/storefault"
)

func (h *house) settings(g policy.Grant) *setting.Settings {
	h.t.Helper()
	rec, err := h.Records.Get(h.t.Context(), g, setting.Name, setting.Owner)
	if err != nil {
		h.t.Fatal(err)
	}
	return rec.(*setting.Settings)
}

// organisations lists the directory.
func (h *house) organisations() []org.Tenant {
	h.t.Helper()
	all, _, err := h.Directory.All(h.t.Context(), "", 100)
	if err != nil {
		h.t.Fatal(err)
	}
	return all
}

func TestFound(t *testing.T) {
	h := open(t)
	g := h.found(ownerMail)
	s := h.settings(g)
	if s.Name != "Harbour Choir" || s.Language != "nl" || s.Country != "BE" || s.TimeZone != "Europe/Brussels" || account.FirstRun(s) {
		t.Errorf("got %+v", s)
	}
	if s.CreatedBy != g.Actor().ID {
		t.Errorf("made by %q", s.CreatedBy)
	}
	entries, err := h.Log.After(t.Context(), g.Tenant(), 0, 10)
	if err != nil || len(entries) != 1 || entries[0].Action != "organisation.found" || len(entries[0].Refs) != 2 {
		t.Errorf("%+v %v", entries, err)
	}
	_, err = h.Found(t.Context(), account.Founding{Name: "Again", OwnerEmail: ownerMail, Password: password}, "console")
	want(t, err, fault.Conflict, "login_taken")
	if n := len(h.organisations()); n != 1 {
		t.Errorf("%d organisations", n)
	}
}

func TestFoundChecks(t *testing.T) {
	h := open(t)
	_, err := h.Found(t.Context(), account.Founding{Name: strings.Repeat("x", 101), Language: "tlh", Country: "XX", TimeZone: "Mars/Base", OwnerEmail: "nobody", Password: password}, "console")
	var paths []string
	if errors.Is(err, fault.Invalid) {
		for _, f := range fault.From(err).Fields {
			paths = append(paths, f.Path)
		}
	}
	if got := strings.Join(paths, " "); !strings.Contains(got, "name") || !strings.Contains(got, "country") || !strings.Contains(got, "timeZone") || !strings.Contains(got, "email") {
		t.Errorf("got %v %q", err, got)
	}
	_, err = h.Found(t.Context(), account.Founding{OwnerEmail: ownerMail, Password: "password123"}, "console")
	wantField(t, err, "password", "password_common")
	if n := len(h.organisations()); n != 0 {
		t.Errorf("%d organisations", n)
	}
}

func TestFoundWithoutPassword(t *testing.T) {
	h := open(t)
	f, err := h.Found(t.Context(), account.Founding{Name: "Harbour Choir", OwnerEmail: ownerMail}, "console")
	if err != nil {
		t.Fatal(err)
	}
	s, err := h.Redeem(t.Context(), f.Link, password, visit)
	if err != nil {
		t.Fatal(err)
	}
	if who := h.in(s.Token); who.Grant.Role() != policy.Owner || who.Grant.Tenant() != f.Grant.Tenant() {
		t.Errorf("got %+v", who)
	}
}

// Wherever the program dies, there is an organisation with its owner, or none, and the next start makes one.
func TestFoundingSurvivesCrashes(t *testing.T) {
	calls := func() int {
		h := open(t)
		faults := storefault.New(h.store, nil)
		if _, err := over(t, faults, h.clock).FirstOwner(t.Context(), ownerMail, password); err != nil {
			t.Fatal(err)
		}
		return faults.Calls()
	}()
	if calls < 3 {
		t.Fatalf("%d calls", calls)
	}
	for call := 1; call <= calls; call++ {
		for _, kind := range storefault.Kinds {
			h := open(t)
			_, err := over(t, storefault.New(h.store, storefault.At(call, kind)), h.clock).FirstOwner(t.Context(), ownerMail, password)
			if (kind == storefault.KilledBefore || kind == storefault.KilledAfter) && err == nil {
				t.Errorf("call %d: alive after %v", call, kind)
			}
			if _, err := h.FirstOwner(t.Context(), ownerMail, password); err != nil {
				t.Errorf("call %d, %v: next start: %v", call, kind, err)
			}
			if n := len(h.organisations()); n != 1 {
				t.Errorf("call %d, %v: %d organisations", call, kind, n)
			}
			h.signIn(ownerMail)
		}
	}
}

func TestFirstOwnerOfManyStartsAtOnce(t *testing.T) {
	h := open(t)
	for _, err := range together(6, func(i int) error {
		_, err := h.FirstOwner(t.Context(), []string{ownerMail, "otto@example.com"}[i%2], password)
		return err
	}) {
		if err != nil {
			t.Error(err)
		}
	}
	if n := len(h.organisations()); n != 1 {
		t.Errorf("%d organisations", n)
	}
}

func TestFirstRun(t *testing.T) {
	h := open(t)
	if _, err := h.FirstOwner(t.Context(), ownerMail, password); err != nil {
		t.Fatal(err)
	}
	_, who := h.signIn(ownerMail)
	s := h.settings(who.Grant)
	if !account.FirstRun(s) || s.Name == "" {
		t.Errorf("got %+v", s)
	}
	_, err := h.Records.Patch(t.Context(), repository.Write{Grant: who.Grant}, setting.Name, setting.Owner, 1,
		[]byte(`{"name":"Harbour Choir","language":"fr","country":"FR","timeZone":"Europe/Paris"}`))
	if err != nil {
		t.Fatal(err)
	}
	if s := h.settings(who.Grant); account.FirstRun(s) || s.Name != "Harbour Choir" {
		t.Errorf("got %+v", s)
	}
	// Later starts change nothing.
	link, err := h.FirstOwner(t.Context(), "someone@example.com", other)
	if err != nil || link != "" {
		t.Errorf("%q %v", link, err)
	}
	h.signIn(ownerMail)
}

func TestSetup(t *testing.T) {
	h := open(t)
	token, err := h.FirstOwner(t.Context(), "", "")
	if err != nil || token == "" {
		t.Fatalf("%q %v", token, err)
	}
	second, err := h.FirstOwner(t.Context(), "", "")
	if err != nil {
		t.Fatal(err)
	}
	o, err := h.Open(t.Context(), token)
	if err != nil || o.For != account.Setup || o.Email != "" || !o.Expires.Equal(noon.Add(7*24*time.Hour)) {
		t.Errorf("%+v %v", o, err)
	}
	f := account.Founding{Name: "Harbour Choir", Language: "fr", Country: "FR", TimeZone: "Europe/Paris", OwnerEmail: ownerMail}
	_, err = h.Setup(t.Context(), token, f, visit)
	wantField(t, err, "password", "required")
	f.Password = password
	s, err := h.Setup(t.Context(), token, f, visit)
	if err != nil {
		t.Fatal(err)
	}
	who := h.in(s.Token)
	if who.Grant.Role() != policy.Owner || who.Language != i18n.French || account.FirstRun(h.settings(who.Grant)) {
		t.Errorf("got %+v", who)
	}
	f.OwnerEmail = "otto@example.com"
	for _, used := range []string{token, second} {
		_, err = h.Setup(t.Context(), used, f, visit)
		want(t, err, fault.NotFound, "link_expired")
		_, err = h.Open(t.Context(), used)
		want(t, err, fault.NotFound, "link_expired")
	}
}

func TestSetupTwiceAtOnce(t *testing.T) {
	h := open(t)
	token, err := h.FirstOwner(t.Context(), "", "")
	if err != nil {
		t.Fatal(err)
	}
	owners := []string{ownerMail, "otto@example.com", "ozan@example.com"}
	errs := together(3, func(i int) error {
		_, err := h.Setup(t.Context(), token, account.Founding{OwnerEmail: owners[i], Password: password}, visit)
		return err
	})
	if count(errs, nil) != 1 || count(errs, fault.NotFound) != 2 || len(h.organisations()) != 1 {
		t.Errorf("%d organisations, %v", len(h.organisations()), errs)
	}
}

// One more organisation by a link of its own, which founds one and no second.
func TestOneMoreOrganisation(t *testing.T) {
	h := open(t)
	h.found(ownerMail)
	token, err := h.SetupLink(t.Context(), account.Pending{Name: "Chess Club"})
	if err != nil {
		t.Fatal(err)
	}
	f := account.Founding{Name: "Chess Club", OwnerEmail: "otto@example.com", Password: password}
	if _, err := h.Setup(t.Context(), token, f, visit); err != nil {
		t.Fatal(err)
	}
	f.OwnerEmail = "ozan@example.com"
	_, err = h.Setup(t.Context(), token, f, visit)
	want(t, err, fault.NotFound, "link_expired")
	if n := len(h.organisations()); n != 2 {
		t.Errorf("%d organisations", n)
	}
	h.clock.Advance(account.SetupSpan)
	if token, err = h.SetupLink(t.Context(), account.Pending{}); err != nil {
		t.Fatal(err)
	}
	h.clock.Advance(account.SetupSpan)
	_, err = h.Open(t.Context(), token)
	want(t, err, fault.NotFound, "link_expired")
}

func TestOfferSetup(t *testing.T) {
	h := open(t)
	const mailbox = "operator@example.net"
	limit := org.Limit{Most: 1, In: account.SetupSpan}
	offer := func() bool {
		t.Helper()
		sent, err := h.OfferSetup(t.Context(), mailbox, limit, account.Visit{Language: i18n.French})
		if err != nil {
			t.Fatal(err)
		}
		return sent
	}
	if masked, waiting, err := h.SetupOffered(t.Context(), mailbox); err != nil || !waiting || masked != "o•••@e•••.net" {
		t.Errorf("%q %v %v", masked, waiting, err)
	}
	if !offer() || offer() {
		t.Error("the offer is made once")
	}
	s, err := h.Setup(t.Context(), h.token(mailbox), account.Founding{OwnerEmail: "intruder@example.com", Password: password}, visit)
	if err != nil {
		t.Fatal(err)
	}
	if s.User.Email != mailbox {
		t.Errorf("the owner is %q", s.User.Email)
	}
	h.clock.Advance(account.SetupSpan)
	if offer() {
		t.Error("an offer though there is an organisation")
	}
	if _, waiting, err := h.SetupOffered(t.Context(), mailbox); err != nil || waiting {
		t.Errorf("%v %v", waiting, err)
	}
}

// No request of one organisation touches an item of another.
func TestTenantsAreApart(t *testing.T) {
	h := open(t)
	g := h.found(ownerMail)
	h.found("otto@example.com")
	recorder := storefault.NewRecorder(t, h.store)
	for _, prefix := range []string{g.Tenant().ID() + "#", "ptr#", "try#", "ring"} {
		recorder.AllowPrefix(prefix)
	}
	r := over(t, store.Store(recorder), h.clock)
	u := r.user(g, "rita@example.org", policy.Editor)
	token, who := r.signIn("rita@example.org")
	for _, err := range []error{
		r.ChangePassword(t.Context(), who, password, other, visit),
		r.ChangeEmail(t.Context(), who, other, "rita@example.com", visit),
		r.RequestReset(t.Context(), "rita@example.org", visit),
		r.SignOutEverywhere(t.Context(), who, false),
	} {
		if err != nil {
			t.Error(err)
		}
	}
	r.out(token)
	if _, err := r.Trash(t.Context(), repository.Write{Grant: g}, u.ID, repository.AnyVersion); err != nil {
		t.Error(err)
	}
	if _, _, err := r.List(t.Context(), g, true, "", 10); err != nil {
		t.Error(err)
	}
}

func TestMask(t *testing.T) {
	for email, want := range map[string]string{"olga@example.org": "o•••@e•••.org", "é@x.be": "é•••@x•••.be", "": "", "nobody": ""} {
		if got := account.Mask(email); got != want {
			t.Errorf("%q: %q, want %q", email, got, want)
		}
	}
}
