package reminder_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/muster-crm/muster/shared/policy"
	"github.com/muster-crm/muster/shared/reminder"
	"github.com/muster-crm/muster/shared/repository"
	"github.com/muster-crm/muster/shared/repository/repositorytest"
)

// The list of what is due holds one's own reminders, the longest due first, without what is done, put off, still to come
// or of somebody in the trash (MSG-06).
func TestDueList(t *testing.T) {
	h := repositorytest.Open(t, repositorytest.Options{})
	ctx, w := t.Context(), h.Write()
	colleague := h.Create("user", `{"name":"Colleague","email":"colleague@example.org","role":"editor","language":"en"}`).Base().ID
	me := h.Create("user", `{"name":"Me","email":"me@example.org","role":"owner","language":"en"}`).Base().ID
	an := h.Create("contact", `{"firstName":"An"}`).Base().ID
	bo := h.Create("contact", `{"firstName":"Bo"}`).Base().ID
	remind := func(owner, text, due, who string) string {
		t.Helper()
		res, err := h.CreateUnder(ctx, w, reminder.Name, owner, []byte(`{"text":"`+text+`","dueAt":"`+due+`","assignee":"`+who+`"}`))
		if err != nil {
			t.Fatal(err)
		}
		return res.Record.Base().ID
	}
	remind(an, "second", "2026-11-21T14:00:00Z", me)
	remind(bo, "first", "2026-11-21T13:00:00Z", me)
	remind(an, "to come", "2026-11-25T13:00:00Z", me)
	remind(an, "of a colleague", "2026-11-21T13:00:00Z", colleague)
	done := remind(an, "done", "2026-11-21T13:00:00Z", me)
	off := remind(an, "put off", "2026-11-21T13:00:00Z", me)
	for id, patch := range map[string]string{done: `{"done":true}`, off: `{"snoozedUntil":"2026-11-24T08:00:00Z"}`} {
		if _, err := h.Patch(ctx, w, reminder.Name, id, repository.AnyVersion, []byte(patch)); err != nil {
			t.Fatal(err)
		}
	}
	due := func(user string, limit int) (texts []string, total int) {
		t.Helper()
		list, total, err := reminder.DueList(ctx, h.Repository, w.Grant, user, limit)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range list {
			texts = append(texts, r.Text)
		}
		return texts, total
	}
	if texts, total := due(me, 10); texts != nil || total != 0 {
		t.Errorf("at noon %q of %d", texts, total)
	}
	h.Clock.Set(repositorytest.Noon.Add(48 * time.Hour))
	if texts, total := due(me, 10); !cmp.Equal(texts, []string{"first", "second"}) || total != 2 {
		t.Errorf("two days later %q of %d", texts, total)
	}
	if texts, total := due(me, 1); !cmp.Equal(texts, []string{"first"}) || total != 2 {
		t.Errorf("one of them: %q of %d", texts, total)
	}
	if texts, _ := due(colleague, 10); !cmp.Equal(texts, []string{"of a colleague"}) {
		t.Errorf("of the colleague %q", texts)
	}
	if _, err := h.Trash(ctx, w, "contact", bo, repository.AnyVersion); err != nil {
		t.Fatal(err)
	}
	h.Clock.Set(repositorytest.Noon.Add(72 * time.Hour))
	if texts, total := due(me, 10); !cmp.Equal(texts, []string{"second", "put off"}) || total != 2 {
		t.Errorf("without those of the trash %q of %d", texts, total)
	}
	if _, _, err := reminder.DueList(ctx, h.Repository, policy.Grant{}.In(h.Tenant), me, 10); err == nil {
		t.Error("somebody without rights is reminded")
	}
}

// Whoever makes a reminder for nobody in particular makes it for themselves.
func TestForOneself(t *testing.T) {
	h := repositorytest.Open(t, repositorytest.Options{})
	me := h.Create("user", `{"name":"Me","email":"me@example.org","role":"owner","language":"en"}`).Base().ID
	an := h.Create("contact", `{"firstName":"An"}`).Base().ID
	w := repository.Write{Grant: policy.For(policy.Actor{ID: me, Name: "Me", Source: "api"}, policy.Owner).In(h.Tenant)}
	res, err := h.CreateUnder(t.Context(), w, reminder.Name, an, []byte(`{"text":"Ring","dueAt":"2026-11-22T12:00:00Z"}`))
	if err != nil {
		t.Fatal(err)
	}
	if got := res.Record.(*reminder.Reminder).Assignee; got != me {
		t.Errorf("it is for %q", got)
	}
}
