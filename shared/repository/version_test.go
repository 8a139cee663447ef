package repository_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/muster-crm/muster/shared/fault"
	"github.com/muster-crm/muster/shared/policy"
	"github.com/muster-crm/muster/shared/repository"
)

// A record goes back to how it was after a change, whole or field by field; that is an edit, and can be taken back.
func TestRestoreTo(t *testing.T) {
	h := open(t)
	ctx := t.Context()
	c := h.contact(`{"firstName":"Jan","lastName":"Peeters","emails":[{"address":"a@example.org"}],"externalIds":{"shop":"7"},"iban":"BE68539007547034"}`)
	seqs := map[int64]int64{} // by version
	note := func() {
		changes, _, err := h.History(ctx, h.Grant(policy.Owner), "contact", c.ID, 0, 1)
		if err != nil {
			t.Fatal(err)
		}
		seqs[changes[0].Revision] = changes[0].Seq
	}
	note()
	first := h.get(c.ID)
	for _, patch := range []string{`{"lastName":"Maes","nickname":"Jo"}`, `{"emails":[{"address":"b@example.org"}],"externalIds":{"shop":null}}`, `{"lastName":"Claes","iban":null}`} {
		if _, err := h.patch(c.ID, repository.AnyVersion, patch); err != nil {
			t.Fatal(err)
		}
		note()
	}
	fields := func(seq int64) (names []string) {
		t.Helper()
		since, err := h.AsAfter(ctx, h.Grant(policy.Owner), "contact", c.ID, seq)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range since.Fields {
			names = append(names, f.Field)
		}
		return names
	}
	if diff := cmp.Diff([]string{"lastName", "nickname", "emails", "iban", "externalIds.shop"}, fields(seqs[1])); diff != "" {
		t.Error(diff)
	}
	if got := fields(seqs[4]); got != nil {
		t.Errorf("since the last change %v", got)
	}
	res, err := h.RestoreTo(ctx, h.Write(), "contact", c.ID, 4, seqs[2], []string{"lastName"})
	if err != nil {
		t.Fatal(err)
	}
	note()
	if now := h.get(c.ID); now.LastName != "Maes" || now.Emails[0].Address != "b@example.org" || res.Record.Base().Version != 5 {
		t.Errorf("%+v", now)
	}
	if _, err := h.RestoreTo(ctx, h.Write(), "contact", c.ID, 5, seqs[1], nil); err != nil {
		t.Fatal(err)
	}
	note()
	want := *first
	got := *h.get(c.ID)
	want.Version, want.UpdatedAt = got.Version, got.UpdatedAt
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the record as of its first version: %s", diff)
	}
	if _, err := h.Revert(ctx, h.Write(), "contact", c.ID, 6, seqs[6], nil); err != nil {
		t.Fatal(err)
	}
	if now := h.get(c.ID); now.LastName != "Maes" || now.Nickname != "Jo" {
		t.Errorf("taken back: %+v", now)
	}
	if _, err := h.RestoreTo(ctx, h.Write(), "contact", c.ID, repository.AnyVersion, seqs[1], []string{"gender"}); !errors.Is(err, fault.Invalid) {
		t.Errorf("a field that is the same: %v", err)
	}
	if _, err := h.RestoreTo(ctx, h.Write(), "contact", c.ID, 3, seqs[1], nil); !errors.Is(err, fault.Stale) {
		t.Errorf("an old version: %v", err)
	}
	if _, err := h.RestoreTo(ctx, h.Write(), "contact", c.ID, repository.AnyVersion, 999, nil); !errors.Is(err, fault.NotFound) {
		t.Errorf("no such change: %v", err)
	}
	// Who may not write a field restores the others.
	if _, err := h.RestoreTo(ctx, h.as(policy.Editor), "contact", c.ID, repository.AnyVersion, seqs[4], nil); err != nil {
		t.Fatal(err)
	}
	if now := h.get(c.ID); now.LastName != "Claes" {
		t.Errorf("%+v", now)
	}
}
