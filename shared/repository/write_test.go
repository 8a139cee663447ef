package repository_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/muster-crm/muster/shared/contact"
	"github.com/muster-crm/muster/shared/fault"
	"github.com/muster-crm/muster/shared/policy"
	"github.com/muster-crm/muster/shared/record"
	"github.com/muster-crm/muster/shared/repository"
	"github.com/muster-crm/muster/shared/repository/repositorytest"
)

func TestCreateIsRead(t *testing.T) {
	h := open(t)
	w := h.Write()
	w.Batch = "imp_1"
	res, err := h.Repository.Create(t.Context(), w, "contact", []byte(`{"firstName":"Jan","emails":[{"address":"jan@example.org"}]}`))
	if err != nil {
		t.Fatal(err)
	}
	c := res.Record.(*contact.Contact)
	if !res.Created || res.Replayed || len(res.Warnings) != 0 || c.Version != 1 || c.Number != 1 || !strings.HasPrefix(c.ID, "con_") ||
		!c.CreatedAt.Equal(repositorytest.Noon) || c.CreatedBy != "usr_owner" || c.UpdatedBy != "usr_owner" || !c.UpdatedAt.Equal(c.CreatedAt) {
		t.Errorf("%+v", res)
	}
	if diff := cmp.Diff(c, h.get(c.ID)); diff != "" {
		t.Error(diff)
	}
	changes := h.history(c.ID)
	if len(changes) != 1 || changes[0].Batch != "imp_1" || changes[0].Actor != "usr_owner" || changes[0].Name != "Somebody" || changes[0].Channel != "api" || changes[0].Revision != 1 {
		t.Errorf("%+v", changes)
	}
}

func TestCreateRefuses(t *testing.T) {
	h := open(t)
	for body, want := range map[string]string{
		`{`:                      "malformed, malformed",
		`{"id":"con_1"}`:         "invalid, id read_only",
		`{"lastName":"Peeters"}`: "invalid, firstName required",
		`{"firstName":"a","emails":[{"address":"x"}],"gender":"y"}`: "invalid, gender bad_choice, emails[0].address email_invalid",
	} {
		if _, err := h.Repository.Create(t.Context(), h.Write(), "contact", []byte(body)); told(err) != want {
			t.Errorf("%s: %s, want %s", body, told(err), want)
		}
	}
	if _, err := h.Repository.Create(t.Context(), h.Write(), "unheard", []byte(`{}`)); !errors.Is(err, fault.NotFound) {
		t.Errorf("of no kind: %v", err)
	}
}

func TestPatch(t *testing.T) {
	h := open(t)
	c := h.contact(`{"firstName":"Jan","lastName":"Peeters","tags":["a"]}`)
	h.Clock.Advance(time.Hour)
	after, err := h.patch(c.ID, 1, `{"firstName":"Piet","tags":null,"custom":{}}`)
	if err != nil {
		t.Fatal(err)
	}
	if after.Version != 2 || after.FirstName != "Piet" || after.Tags != nil || !after.CreatedAt.Equal(repositorytest.Noon) || !after.UpdatedAt.Equal(repositorytest.Noon.Add(time.Hour)) {
		t.Errorf("%+v", after)
	}
	if diff := cmp.Diff(after, h.get(c.ID)); diff != "" {
		t.Error(diff)
	}
	if got := actions(h.history(c.ID)); !strings.HasPrefix(got, "edit firstName+tags, create ") {
		t.Error(got)
	}
}

// The most keys a contact can have, and all of them others at once, fit one commit.
func TestAllKeysAtOnce(t *testing.T) {
	h := open(t)
	all := func(n int) string {
		var addresses, numbers, ids []string
		for i := range 10 {
			addresses = append(addresses, body(`{"address":"a%d@example.org"}`, n+i))
			numbers = append(numbers, body(`{"number":"0471 12 %02d %02d"}`, n, i))
		}
		for i := range 20 {
			ids = append(ids, body(`"s%d":"%d"`, i, n))
		}
		join := func(all []string) string { return strings.Join(all, ",") }
		return body(`{"firstName":"Jan","emails":[%s],"phones":[%s],"externalIds":{%s}}`, join(addresses), join(numbers), join(ids))
	}
	c := h.contact(all(0))
	if n := repository.Cost(c); n != 42 {
		t.Errorf("a contact of %d keys costs %d operations", len(c.Keys()), n)
	}
	w := h.keyed("k", "b")
	patch := strings.ReplaceAll(strings.ReplaceAll(all(50), `"address":"a50@example.org"`, `"main":true,"address":"a50@example.org"`), `"number":"0471 12 50 00"`, `"main":true,"number":"0471 12 50 00"`)
	if _, err := h.Patch(t.Context(), w, "contact", c.ID, 1, []byte(patch)); err != nil {
		t.Errorf("%s", told(err))
	}
}

// A patch that changes nothing writes nothing, whatever it looks like.
func TestPatchOfNothing(t *testing.T) {
	h := open(t)
	c := h.contact(`{"firstName":"Jan","emails":[{"address":"jan@example.org"}],"phones":[{"number":"0471123456"}]}`)
	for _, body := range []string{`{}`, `{"firstName":" Jan "}`, `{"lastName":null}`, `{"phones":[{"number":"0471 12 34 56"}]}`, mustJSON(t, c)} {
		after, err := h.patch(c.ID, 1, body)
		if err != nil || after.Version != 1 {
			t.Errorf("%s: %+v, %v", body, after, err)
		}
	}
	if n := len(h.history(c.ID)); n != 1 {
		t.Errorf("%d changes", n)
	}
}

func TestPatchRefuses(t *testing.T) {
	h := open(t)
	c := h.contact(`{"firstName":"Jan"}`)
	h.mustPatch(c.ID, `{"lastName":"Peeters"}`)
	for _, x := range []struct {
		id      string
		version int64
		body    string
		want    string
	}{
		{c.ID, 1, `{"firstName":"x"}`, "stale, stale"},
		{c.ID, 3, `{"firstName":"x"}`, "stale, stale"},
		{c.ID, 2, `{"firstName":null}`, "invalid, firstName required"},
		{c.ID, 2, `{"number":7}`, "invalid, number read_only"},
		{"con_nobody", 1, `{}`, "not_found, not_found"},
		{"", 1, `{}`, "not_found, not_found"},
		{"../con", 1, `{}`, "not_found, not_found"},
		{strings.Repeat("a", 2000), 1, `{}`, "not_found, not_found"},
		{"ext:shop:7", 1, `{}`, "not_found, not_found"},
	} {
		_, err := h.patch(x.id, x.version, x.body)
		if told(err) != x.want {
			t.Errorf("%.20s at %d %s: %s, want %s", x.id, x.version, x.body, told(err), x.want)
		}
		if f := fault.From(err); f.Kind == fault.Stale {
			if now, ok := f.Current.(*contact.Contact); !ok || now.Version != 2 || now.LastName != "Peeters" {
				t.Errorf("the refusal shows %+v", f.Current)
			}
		}
	}
	if n := len(h.history(c.ID)); n != 2 {
		t.Errorf("%d changes", n)
	}
}

func TestTrashAndRestore(t *testing.T) {
	h := open(t)
	c := h.contact(`{"firstName":"Jan"}`)
	h.Clock.Advance(time.Minute)
	gone := h.trash(c.ID)
	if gone.DeletedAt == nil || !gone.DeletedAt.Equal(repositorytest.Noon.Add(time.Minute)) || gone.DeletedBy != "usr_owner" || gone.Version != 2 {
		t.Errorf("%+v", gone)
	}
	if diff := cmp.Diff(gone, h.get(c.ID)); diff != "" {
		t.Error(diff)
	}
	if _, err := h.Get(t.Context(), h.Grant(policy.Reader), "contact", c.ID); !errors.Is(err, fault.NotFound) {
		t.Errorf("somebody who may not restore sees what lies in the trash: %v", err)
	}
	if _, err := h.patch(c.ID, anyVersion, `{"firstName":"x"}`); told(err) != "conflict, trashed" {
		t.Errorf("an edit in the trash: %s", told(err))
	}
	if _, err := h.Trash(t.Context(), h.Write(), "contact", c.ID, 2); told(err) != "conflict, trashed" {
		t.Errorf("trash in the trash: %s", told(err))
	}
	if _, err := h.Restore(t.Context(), h.Write(), "contact", c.ID, 1, repository.DropNone); told(err) != "stale, stale" {
		t.Errorf("restore of an old version: %s", told(err))
	}
	back, err := h.restore(c.ID, repository.DropNone)
	if err != nil || back.DeletedAt != nil || back.DeletedBy != "" || back.Version != 3 {
		t.Errorf("%+v, %v", back, err)
	}
	if _, err := h.restore(c.ID, repository.DropHolder); told(err) != "conflict, not_trashed" {
		t.Errorf("restore of what is not in the trash: %s", told(err))
	}
	if _, err := h.restore(c.ID, "somebody"); told(err) != "invalid, drop bad_choice" {
		t.Errorf("an answer there is not: %s", told(err))
	}
	if got := actions(h.history(c.ID)); !strings.HasPrefix(got, "restore, trash, create ") {
		t.Error(got)
	}
}

// A record that today's rules would refuse can be trashed and restored as it is.
func TestRestoreUnderTodaysRules(t *testing.T) {
	h := open(t)
	h.Create("field", `{"for":"contact","name":"size","label":"Size","type":"choice","options":["S","M"]}`)
	c := h.contact(`{"firstName":"Jan","custom":{"size":"S"}}`)
	field := h.Create("field", `{"for":"contact","name":"note","label":"Note","type":"text"}`)
	d := h.contact(`{"firstName":"Piet","custom":{"note":"x"}}`)
	h.trash(c.ID)
	h.trash(d.ID)
	if _, err := h.Trash(t.Context(), h.Write(), "field", field.Base().ID, anyVersion); err != nil {
		t.Fatal(err)
	}
	for _, id := range []string{c.ID, d.ID} {
		if _, err := h.restore(id, repository.DropNone); err != nil {
			t.Errorf("%v", err)
		}
	}
	if now := h.mustPatch(d.ID, `{"lastName":"Peeters"}`); now.Custom["note"] != nil {
		t.Errorf("the value of a removed field is shown: %+v", now.Custom)
	}
	if _, err := h.patch(d.ID, anyVersion, `{"custom":{"note":"y"}}`); told(err) != "invalid, custom.note unknown_member" {
		t.Errorf("a removed field is written: %s", told(err))
	}
	if _, err := h.Restore(t.Context(), h.Write(), "field", field.Base().ID, anyVersion, repository.DropNone); err != nil {
		t.Fatal(err)
	}
	if now := h.get(d.ID); now.Custom["note"] != "x" {
		t.Errorf("the value of a field that was removed is gone: %+v", now.Custom)
	}
}

func TestOrganisationsAreApart(t *testing.T) {
	one := open(t)
	two := house{one.Organisation()}
	c := one.contact(`{"firstName":"Jan","emails":[{"address":"jan@example.org"}],"externalIds":{"shop":"7"}}`)
	for _, id := range []string{c.ID, "ext:shop:7"} {
		if _, err := two.Get(t.Context(), two.Grant(policy.Owner), "contact", id); !errors.Is(err, fault.NotFound) {
			t.Errorf("%s is seen by another organisation: %v", id, err)
		}
		if _, err := two.patch(id, anyVersion, `{"firstName":"x"}`); !errors.Is(err, fault.NotFound) {
			t.Errorf("%s is written by another organisation: %v", id, err)
		}
	}
	d := two.contact(`{"firstName":"Jan","emails":[{"address":"jan@example.org"}],"externalIds":{"shop":"7"}}`)
	if d.Number != 1 {
		t.Errorf("numbers of one organisation go on in another: %d", d.Number)
	}
}

func TestExternalIDNamesTheRecord(t *testing.T) {
	h := open(t)
	c := h.contact(`{"firstName":"Jan","externalIds":{"shop":"A:7","club":"é"}}`)
	for _, id := range []string{"ext:shop:A:7", "ext:club:é", "ext:club:e\u0301", "ext:shop: A:7 "} {
		if got := h.get(id); got.ID != c.ID {
			t.Errorf("%s is %s", id, got.ID)
		}
	}
	if now := h.mustPatch("ext:shop:A:7", `{"externalIds":{"shop":"8"}}`); now.ID != c.ID {
		t.Error("another record was written")
	}
	if changes, _, err := h.History(t.Context(), h.Grant(policy.Owner), "contact", "ext:shop:8", 0, 10); err != nil || len(changes) != 2 {
		t.Errorf("%v, %v", changes, err)
	}
	for _, id := range []string{"ext:shop:A:7", "ext:", "ext::", "ext:shop", "ext:nope:1"} {
		if _, err := h.Get(t.Context(), h.Grant(policy.Owner), "contact", id); !errors.Is(err, fault.NotFound) {
			t.Errorf("%s: %v", id, err)
		}
	}
	h.trash(c.ID)
	if _, err := h.Get(t.Context(), h.Grant(policy.Owner), "contact", "ext:shop:8"); !errors.Is(err, fault.NotFound) {
		t.Errorf("the trash frees external ids: %v", err)
	}
}

func TestLargeRecordIsRefused(t *testing.T) {
	h := open(t)
	var options []string
	for n := range 200 {
		options = append(options, body("%03d%s", n, strings.Repeat("é", 90)))
	}
	for n, want := range map[int]string{100: "done", 200: "done", 201: "invalid, options too_many"} {
		list := append(options, "one more")[:n]
		_, err := h.Repository.Create(t.Context(), h.Write(), "field", []byte(body(`{"for":"contact","name":"f%s","label":"x","type":"choice","options":%s}`, string(rune('a'+n%26)), mustJSON(t, list))))
		if told(err) != want {
			t.Errorf("%d options: %s", n, told(err))
		}
	}
	for n := range options {
		options[n] = body("%03d%s", n, strings.Repeat("語", 97))
	}
	_, err := h.Repository.Create(t.Context(), h.Write(), "field", []byte(body(`{"for":"contact","name":"large","label":"x","type":"choice","options":%s}`, mustJSON(t, options))))
	if told(err) != "too_large, record_too_large" {
		t.Errorf("more than an item holds: %s", told(err))
	}
}

func TestHistoryPages(t *testing.T) {
	h := open(t)
	c := h.contact(`{"firstName":"Jan"}`)
	for n := range 24 {
		h.mustPatch(c.ID, body(`{"lastName":"P%d"}`, n))
	}
	var all []record.Change
	before := int64(0)
	for pages := 0; ; pages++ {
		page, next, err := h.History(t.Context(), h.Grant(policy.Owner), "contact", c.ID, before, 10)
		if err != nil || pages > 3 {
			t.Fatal(err)
		}
		all = append(all, page...)
		if before = next; next == 0 {
			break
		}
	}
	if diff := cmp.Diff(h.history(c.ID), all); diff != "" {
		t.Error(diff)
	}
	for i, change := range all {
		if change.Revision != int64(25-i) {
			t.Errorf("change %d has revision %d", i, change.Revision)
		}
	}
}

func TestHistoryFilter(t *testing.T) {
	h := open(t)
	c := h.contact(`{"firstName":"Jan"}`)
	h.Clock.Advance(24 * time.Hour)
	h.mustPatch(c.ID, `{"lastName":"A","externalIds":{"shop":"7"}}`)
	if _, err := h.Patch(t.Context(), h.as(policy.Editor), "contact", c.ID, anyVersion, []byte(`{"lastName":"B"}`)); err != nil {
		t.Fatal(err)
	}
	h.Clock.Advance(24 * time.Hour)
	h.mustPatch(c.ID, `{"nickname":"J"}`)
	for name, x := range map[string]struct {
		filter repository.HistoryFilter
		want   string
	}{
		"field":      {repository.HistoryFilter{Field: "lastName"}, "3 2"},
		"map member": {repository.HistoryFilter{Field: "externalIds"}, "2"},
		"actor":      {repository.HistoryFilter{Actor: "usr_editor"}, "3"},
		"from":       {repository.HistoryFilter{From: "2026-11-22"}, "4 3 2"},
		"to":         {repository.HistoryFilter{To: "2026-11-21"}, "1"},
		"one day":    {repository.HistoryFilter{From: "2026-11-22", To: "2026-11-22", Actor: "usr_owner"}, "2"},
		"nothing":    {repository.HistoryFilter{Field: "website"}, ""},
		"everything": {repository.HistoryFilter{}, "4 3 2 1"},
	} {
		var got []string
		before := int64(0)
		for pages := 0; ; pages++ {
			page, next, err := h.HistoryOf(t.Context(), h.Grant(policy.Owner), "contact", c.ID, x.filter, before, 1)
			if err != nil || pages > 6 {
				t.Fatal(err)
			}
			for _, change := range page {
				got = append(got, body("%d", change.Revision))
			}
			if before = next; next == 0 {
				break
			}
		}
		if strings.Join(got, " ") != x.want {
			t.Errorf("%s: %v, want %s", name, got, x.want)
		}
	}
}
