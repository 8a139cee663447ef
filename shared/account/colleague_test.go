package account_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/muster-crm/muster/shared/account"
	"github.com/muster-crm/muster/shared/fault"
	"github.com/muster-crm/muster/shared/policy"
	"github.com/muster-crm/muster/shared/repository"
)

// Everybody of the office knows who works there; who was blocked or deleted does not any more.
func TestColleagues(t *testing.T) {
	h := open(t)
	owner := h.found(ownerMail)
	h.clock.Advance(time.Second) // what is made at one moment has no order
	reader := h.user(owner, "reader@example.org", policy.Reader)
	blocked := h.user(owner, "blocked@example.org", policy.Editor)
	gone := h.user(owner, "gone@example.org", policy.Editor)
	w := repository.Write{Grant: owner}
	if _, err := h.Block(t.Context(), w, blocked.ID, ""); err != nil {
		t.Fatal(err)
	}
	if _, err := h.Trash(t.Context(), w, gone.ID, repository.AnyVersion); err != nil {
		t.Fatal(err)
	}
	got, err := h.Colleagues(t.Context(), grant(owner, reader, policy.Reader))
	if err != nil {
		t.Fatal(err)
	}
	me, err := h.Me(t.Context(), owner)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]account.Colleague{{ID: me.ID, Name: me.Name}, {ID: reader.ID, Name: reader.Name}}, got); diff != "" {
		t.Error(diff)
	}
	if _, err := h.Colleagues(t.Context(), policy.Grant{}.In(owner.Tenant())); !errors.Is(err, fault.Denied) {
		t.Errorf("a stranger is told: %v", err)
	}
}
