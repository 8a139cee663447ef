package repository_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/muster-crm/muster/shared/contact"
	"github.com/muster-crm/muster/shared/repository"
	"github.com/muster-crm/muster/shared/repository/repositorytest"
)

func TestRevertOfEachAction(t *testing.T) {
	h := open(t)
	c := h.contact(`{"firstName":"Jan","lastName":"Peeters","tags":["a"],"externalIds":{"shop":"7","my.club":"1"},"custom":{}}`)
	whole := mustJSON(t, plainly(h.get(c.ID)))

	h.mustPatch(c.ID, `{"firstName":"Piet","lastName":null,"nickname":"P","tags":["b","c"],"externalIds":{"shop":null,"my.club":"2","third":"3"},"emails":[{"address":"a@example.org"}],"newsletter":true}`)
	back, err := h.revert(c.ID, 0)
	if err != nil {
		t.Fatalf("an edit: %s", told(err))
	}
	if len(back.Consents) != 2 || back.Consents[1].Given {
		t.Errorf("the newsletter was taken back without a note of it: %+v", back.Consents)
	}
	back.Consents = nil
	if diff := cmp.Diff(whole, mustJSON(t, plainly(back))); diff != "" {
		t.Errorf("an edit: %s", diff)
	}
	if h.history(c.ID)[0].Action != "contact.revert" {
		t.Errorf("%s", actions(h.history(c.ID)))
	}

	// Taking the revert back brings the edit again.
	again, err := h.revert(c.ID, 0)
	if err != nil || again.FirstName != "Piet" || again.ExternalIDs["my.club"] != "2" || again.LastName != "" || emails(again) != "a@example.org" {
		t.Errorf("a revert: %+v, %s", again, told(err))
	}

	gone := h.trash(c.ID)
	if back, err := h.revert(c.ID, 0); err != nil || back.DeletedAt != nil || back.FirstName != gone.FirstName {
		t.Errorf("a trashing: %+v, %s", back, told(err))
	}
	if gone, err := h.revert(c.ID, 0); err != nil || gone.DeletedAt == nil {
		t.Errorf("a restoration: %+v, %s", gone, told(err))
	}
	if _, err := h.restore(c.ID, repository.DropNone); err != nil {
		t.Fatal(err)
	}
	first := h.history(c.ID)
	if gone, err := h.revert(c.ID, len(first)-1); err != nil || gone.DeletedAt == nil {
		t.Errorf("a creation: %+v, %s", gone, told(err))
	}
	if !strings.HasPrefix(actions(h.history(c.ID)), "trash, restore, trash, restore, trash, revert ") {
		t.Error(actions(h.history(c.ID)))
	}
}

// plainly leaves out what every write changes.
func plainly(c *contact.Contact) *contact.Contact {
	plain := *c
	plain.Version, plain.UpdatedAt = 0, time.Time{}
	return &plain
}

func TestRevertOfWhatWasEditedSince(t *testing.T) {
	h := open(t)
	c := h.contact(`{"firstName":"Jan","lastName":"Peeters","nickname":"J"}`)
	h.mustPatch(c.ID, `{"firstName":"Piet","lastName":"Claes","nickname":"P","externalIds":{"shop":"1"}}`)
	seq := h.history(c.ID)[0].Seq
	h.mustPatch(c.ID, `{"lastName":"Maes","externalIds":{"shop":"2"}}`)
	revert := func(fields ...string) (string, error) {
		res, err := h.Revert(t.Context(), h.Write(), "contact", c.ID, anyVersion, seq, fields)
		if err != nil {
			return told(err), err
		}
		return mustJSON(t, res.Record), nil
	}
	if got, _ := revert(); got != "conflict, lastName edited_since, externalIds.shop edited_since" {
		t.Errorf("%s", got)
	}
	if now := h.get(c.ID); now.Version != 3 {
		t.Errorf("a refused revert wrote %+v", now)
	}
	for fields, want := range map[string]string{
		"website":            "invalid, fields[0] unknown_field",
		"nickname,tags":      "invalid, fields[1] unknown_field",
		"externalIds":        "invalid, fields[0] unknown_field",
		"externalIds.nobody": "invalid, fields[0] unknown_field",
	} {
		if got, _ := revert(strings.Split(fields, ",")...); got != want {
			t.Errorf("%s: %s, want %s", fields, got, want)
		}
	}
	// Exactly the listed ones are taken back, edited since or not.
	if _, err := revert("nickname"); err != nil {
		t.Fatal(err)
	}
	if now := h.get(c.ID); now.Nickname != "J" || now.FirstName != "Piet" || now.LastName != "Maes" {
		t.Errorf("%+v", now)
	}
	if _, err := revert("lastName", "externalIds.shop"); err != nil {
		t.Fatal(err)
	}
	if now := h.get(c.ID); now.LastName != "Peeters" || len(now.ExternalIDs) != 0 || now.FirstName != "Piet" {
		t.Errorf("%+v", now)
	}
	// What was taken back already has been edited since.
	if got, _ := revert(); got != "conflict, lastName edited_since, nickname edited_since, externalIds.shop edited_since" {
		t.Errorf("%s", got)
	}
	// Taken back to what it is writes nothing.
	before := h.get(c.ID).Version
	if _, err := revert("lastName"); err != nil || h.get(c.ID).Version != before {
		t.Errorf("version %d after %d, %v", h.get(c.ID).Version, before, err)
	}
}

func TestRevertRefuses(t *testing.T) {
	h := blocking(t)
	c := h.contact(`{"firstName":"Jan","emails":[{"address":"a@example.org"}]}`)
	h.mustPatch(c.ID, `{"emails":[{"address":"b@example.org"}]}`)
	edit := h.history(c.ID)[0].Seq
	if _, err := h.Revert(t.Context(), h.Write(), "contact", c.ID, 1, edit, nil); told(err) != "stale, stale" {
		t.Errorf("of an old version: %s", told(err))
	}
	for _, seq := range []int64{-1, 0, edit + 1, edit - 2, 1 << 40} {
		if _, err := h.Revert(t.Context(), h.Write(), "contact", c.ID, anyVersion, seq, nil); told(err) != "not_found, not_found" {
			t.Errorf("of entry %d: %s", seq, told(err))
		}
	}
	other := h.contact(`{"firstName":"Piet","emails":[{"address":"a@example.org"}]}`)
	if _, err := h.revert(c.ID, 0); told(err) != "conflict, emails[0].address email_taken, (Piet)" {
		t.Errorf("to a key that is taken: %s", told(err))
	}
	if _, err := h.Revert(t.Context(), h.Write(), "contact", other.ID, anyVersion, edit, nil); told(err) != "not_found, not_found" {
		t.Errorf("another record's change: %s", told(err))
	}
	h.trash(c.ID)
	if _, err := h.revert(c.ID, 1); told(err) != "conflict, trashed" {
		t.Errorf("an edit of what is in the trash: %s", told(err))
	}
	if _, err := h.restore(c.ID, repository.DropNone); err != nil {
		t.Fatal(err)
	}
	if _, err := h.revert(c.ID, 1); told(err) != "conflict, not_trashed" {
		t.Errorf("a trashing that is over: %s", told(err))
	}
	h.mustPatch(c.ID, `{"lastName":"x"}`)
	if gone, err := h.revert(c.ID, 1); err != nil || gone.DeletedAt == nil || gone.LastName != "x" {
		t.Errorf("a restoration, edited since: %+v, %s", gone, told(err))
	}
}

// A change that today's rules refuse to take back is refused like any edit.
func TestRevertIsChecked(t *testing.T) {
	h := open(t)
	field := h.Create("field", `{"for":"contact","name":"size","label":"Size","type":"choice","options":["S","M"]}`)
	c := h.contact(`{"firstName":"Jan","custom":{"size":"S"}}`)
	h.mustPatch(c.ID, `{"custom":{"size":"M"}}`)
	if _, err := h.Patch(t.Context(), h.Write(), "field", field.Base().ID, anyVersion, []byte(`{"options":["M","L"]}`)); err != nil {
		t.Fatal(err)
	}
	if _, err := h.revert(c.ID, 0); told(err) != "invalid, custom.size bad_choice" {
		t.Errorf("%s", told(err))
	}
	h.mustPatch(c.ID, `{"custom":{"size":null}}`)
	if now, err := h.revert(c.ID, 0); err != nil || now.Custom["size"] != "M" {
		t.Errorf("%+v, %s", now, told(err))
	}
}

// Settings have a history like everything else.
func TestRevertOfSettings(t *testing.T) {
	h := open(t)
	h.Settings(repositorytest.Block)
	h.Settings(`{"name":"Other name","keyPolicy":{"email":"warn"}}`)
	ctx, owner := t.Context(), h.Write()
	changes, _, err := h.History(ctx, owner.Grant, "settings", "settings", 0, 10)
	if err != nil || len(changes) != 2 {
		t.Fatalf("%+v, %v", changes, err)
	}
	if _, err := h.Revert(ctx, owner, "settings", "settings", anyVersion, changes[0].Seq, []string{"keyPolicy.email"}); err != nil {
		t.Fatal(err)
	}
	cfg, err := h.Config(ctx, owner.Grant)
	if err != nil || cfg.Settings.Name != "Other name" || cfg.Settings.KeyPolicy["email"] != "block" {
		t.Errorf("%+v, %v", cfg.Settings, err)
	}
}
