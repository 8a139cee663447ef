package account_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/muster-crm/muster/shared/account"
	"github.com/muster-crm/muster/shared/fault"
	"github.com/muster-crm/muster/shared/policy"
	"github.com/muster-crm/muster/shared/repository"
	"github.com/muster-crm/muster/shared/setting"
)

// patch changes the organisation's settings.
func (h *house) patch(g policy.Grant, body string) {
	h.t.Helper()
	if _, err := h.Records.Patch(h.t.Context(), repository.Write{Grant: g}, setting.Name, setting.Owner, repository.AnyVersion, []byte(body)); err != nil {
		h.t.Fatal(err)
	}
}

// Sessions, invitations and links to a new password last as long as the organisation says; those made before keep their
// end.
func TestLifetimesAreTheOrganisations(t *testing.T) {
	h := open(t)
	g := h.found("olga@example.org")
	old, _ := h.signIn("olga@example.org")
	h.patch(g, `{"lifetimes":{"sessionHours":2,"inviteDays":1,"resetMinutes":30}}`)
	token, who := h.signIn("olga@example.org")
	if got := who.Expires.Sub(noon); got != 2*time.Hour {
		t.Errorf("a session lasts %v", got)
	}
	h.clock.Advance(2*time.Hour - time.Second)
	h.in(token)
	h.clock.Advance(time.Second)
	h.out(token)
	h.in(old)

	_, invitation := h.invited(g, "ann@example.org")
	if text := h.letters("ann@example.org")[0].Text; !strings.Contains(text, "1 dag") {
		t.Errorf("the invitation says %q", text)
	}
	h.clock.Advance(24*time.Hour - time.Second)
	if _, err := h.Open(t.Context(), invitation); err != nil {
		t.Error(err)
	}
	h.clock.Advance(time.Second)
	_, err := h.Open(t.Context(), invitation)
	want(t, err, fault.NotFound, "link_expired")

	if err := h.RequestReset(t.Context(), "olga@example.org", visit); err != nil {
		t.Fatal(err)
	}
	reset := h.token("olga@example.org")
	if text := h.letters("olga@example.org")[0].Text; !strings.Contains(text, "30 minuten") {
		t.Errorf("the mail says %q", text)
	}
	h.clock.Advance(30 * time.Minute)
	_, err = h.Open(t.Context(), reset)
	want(t, err, fault.NotFound, "link_expired")

	h.patch(g, `{"lifetimes":null}`)
	if _, who := h.signIn("olga@example.org"); who.Expires.Sub(h.clock.Now()) != account.SessionSpan {
		t.Errorf("without a word of the organisation a session lasts until %v", who.Expires)
	}
}

// What a user makes begins in the user's entity; their sessions know at once when they move to another.
func TestUsersBelongToAnEntity(t *testing.T) {
	h := open(t)
	g := h.found("olga@example.org")
	made, err := h.Records.Create(t.Context(), repository.Write{Grant: g}, setting.EntityName, []byte(`{"name":"Youth"}`))
	if err != nil {
		t.Fatal(err)
	}
	youth := made.Record.Base().ID
	for entity, code := range map[string]string{"ent_none": "bad_reference", "usr_1": "bad_reference"} {
		_, err := h.Create(t.Context(), repository.Write{Grant: g}, account.NewUser{Name: "Ann", Email: "ann@example.org", Role: "editor", Entity: entity}, visit)
		wantField(t, err, "entity", code)
	}
	res, err := h.Create(t.Context(), repository.Write{Grant: g}, account.NewUser{Name: "Ann", Email: "ann@example.org", Role: "editor", Entity: youth, Invite: true}, visit)
	if err != nil {
		t.Fatal(err)
	}
	ann := res.Record.(*account.User)
	s, err := h.Redeem(t.Context(), h.token("ann@example.org"), "grey pebbles, blue kettle", visit)
	if err != nil {
		t.Fatal(err)
	}
	if got := h.in(s.Token).Grant.Entity(); got != youth {
		t.Errorf("a session is in %q", got)
	}
	rights := account.Rights{Store: h.store, Kinds: h.Records.Kinds}
	if now, err := rights.GrantOf(t.Context(), g.Tenant(), ann.ID); err != nil || now.Entity() != youth {
		t.Errorf("a job works in %q, %v", now.Entity(), err)
	}
	_, err = h.Update(t.Context(), repository.Write{Grant: g}, ann.ID, repository.AnyVersion, []byte(`{"entity":"ent_none"}`))
	wantField(t, err, "entity", "bad_reference")
	body, err := json.Marshal(map[string]string{"entity": setting.RootEntity})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := h.Update(t.Context(), repository.Write{Grant: g}, ann.ID, repository.AnyVersion, body); err != nil {
		t.Fatal(err)
	}
	if got := h.in(s.Token).Grant.Entity(); got != setting.RootEntity {
		t.Errorf("the session is still in %q", got)
	}
}
