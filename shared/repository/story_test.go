package repository_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/muster-crm/muster/shared/deed"
	"github.com/muster-crm/muster/shared/fault"
	"github.com/muster-crm/muster/shared/policy"
	"github.com/muster-crm/muster/shared/repository"
	"github.com/muster-crm/muster/shared/store"
)

// What changed a record and what was done with it are told in one line of time, in pages of any length, with a filter or
// without.
func TestStory(t *testing.T) {
	h := open(t)
	c := h.contact(`{"firstName":"Ann"}`)
	var want []string
	tell := func(what string) { want = append([]string{what}, want...) }
	tell("contact.create")
	for i := range 9 {
		h.Clock.Advance(7 * time.Hour)
		if i%3 == 1 {
			h.mustPatch(c.ID, fmt.Sprintf(`{"nickname":"N%d"}`, i))
			tell("contact.edit")
			continue
		}
		by := policy.Actor{ID: []string{"usr_1", "usr_2"}[i%2], Name: "Somebody"}
		ops, err := deed.Ops(h.Tenant, deed.Entry{At: h.Clock.Now(), Act: deed.Acts()[i%2], Record: c.ID, Ref: fmt.Sprint("exp_", i)}.By(by))
		if err != nil {
			t.Fatal(err)
		}
		if err := h.Store.Apply(t.Context(), store.Batch{Token: fmt.Sprint("deed", i), Ops: ops}); err != nil {
			t.Fatal(err)
		}
		tell(string(deed.Acts()[i%2]) + " " + by.ID)
	}
	read := func(f repository.HistoryFilter, limit int) (all []string) {
		var from repository.StoryPlace
		for {
			lines, next, err := h.Story(t.Context(), h.Write().Grant, "contact", c.ID, f, from, limit)
			if err != nil || len(lines) > limit {
				t.Fatalf("%d lines of %d, %v", len(lines), limit, err)
			}
			for i, line := range lines {
				if i > 0 && line.At().After(lines[i-1].At()) {
					t.Errorf("%v behind %v", line.At(), lines[i-1].At())
				}
				if line.Change != nil {
					all = append(all, line.Change.Action)
				} else {
					all = append(all, string(line.Deed.Act)+" "+line.Deed.Actor)
				}
			}
			if next == nil {
				return all
			}
			from = *next
		}
	}
	for limit := 1; limit <= len(want)+1; limit++ {
		if diff := cmp.Diff(want, read(repository.HistoryFilter{}, limit)); diff != "" {
			t.Fatalf("by %d: %s", limit, diff)
		}
		if got := read(repository.HistoryFilter{Field: "nickname"}, limit); len(got) != 3 {
			t.Errorf("of one field: %q", got)
		}
		if diff := cmp.Diff([]string{"export usr_1", "export usr_1", "export usr_1", "export usr_1"}, read(repository.HistoryFilter{Actor: "usr_1"}, limit)); diff != "" {
			t.Errorf("of one user: %s", diff)
		}
		if got := read(repository.HistoryFilter{From: "2026-11-22", To: "2026-11-22"}, limit); len(got) == 0 || len(got) >= len(want) {
			t.Errorf("of one day: %q", got)
		}
	}
	if _, _, err := h.Story(t.Context(), policy.Grant{}.In(h.Tenant), "contact", c.ID, repository.HistoryFilter{}, repository.StoryPlace{}, 5); fault.From(err).Kind != fault.Denied {
		t.Errorf("nobody reads it: %v", err)
	}
	if _, _, err := h.Story(t.Context(), h.Write().Grant, "contact", "con_none", repository.HistoryFilter{}, repository.StoryPlace{}, 5); fault.From(err).Kind != fault.NotFound {
		t.Errorf("of nobody: %v", err)
	}
}
