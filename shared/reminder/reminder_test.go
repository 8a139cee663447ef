package reminder_test

import (
	"slices"
	"testing"
	"time"

	"github.com/muster-crm/muster/shared/record"
	"github.com/muster-crm/muster/shared/record/kindtest"
	"github.com/muster-crm/muster/shared/reminder"
)

var kind = reminder.Kind()

func TestRules(t *testing.T) {
	kindtest.Rules(t, kind, map[string][]string{
		`{}`: {"dueAt required", "text required"},
		`{"text":"Ring","dueAt":"2026-11-21T12:00:00Z","assignee":"usr_2"}`:                                nil,
		`{"text":"Ring","dueAt":"2026-11-21T11:59:59Z"}`:                                                   {"dueAt time_past"},
		`{"text":"Ring","dueAt":"2026-11-21T12:30:00+01:00"}`:                                              {"dueAt time_past"},
		`{"text":"Ring","dueAt":"2026-11-21T13:30:00+01:00","done":true}`:                                  nil,
		`{"text":"Ring","dueAt":"2026-11-22T12:00:00Z","snoozedUntil":"2026-11-20T12:00:00Z"}`:             {"snoozedUntil time_past"},
		`{"text":"Ring","dueAt":"soon"}`:                                                                   {"dueAt bad_type"},
		`{"text":"Ring","dueAt":"2026-11-22T12:00:00Z","owner":"con_1","remindAt":"2026-11-22T12:00:00Z"}`: {"owner read_only", "remindAt read_only"},
	})
}

// What is overdue can be done, put off and reworded; only its times may not be moved into the past.
func TestOverdue(t *testing.T) {
	r, problems := kindtest.Make[*reminder.Reminder](t, kind, `{"text":"Ring","dueAt":"2026-11-21T13:00:00Z"}`)
	if problems != nil || r.Assignee != "usr_1" || !r.RemindAt.Equal(r.DueAt) || r.Title() != "Ring" {
		t.Fatalf("%+v, %q", r, problems)
	}
	later := func(e *record.Env) { e.Now = kindtest.Noon.Add(48 * time.Hour) }
	for patch, want := range map[string][]string{
		`{"done":true}`:                                    nil,
		`{"text":"Write"}`:                                 nil,
		`{"dueAt":"2026-11-21T13:00:00Z"}`:                 nil,
		`{"dueAt":"2026-11-21T13:00:01Z"}`:                 {"dueAt time_past"},
		`{"dueAt":"2026-11-24T13:00:00Z"}`:                 nil,
		`{"snoozedUntil":"2026-11-23T11:00:00Z"}`:          {"snoozedUntil time_past"},
		`{"snoozedUntil":"2026-11-23T12:00:00Z"}`:          nil,
		`{"snoozedUntil":null,"assignee":null,"text":"a"}`: nil,
	} {
		if _, got := kindtest.Edit(t, kind, r, patch, later); !slices.Equal(want, got) {
			t.Errorf("%s: %q, want %q", patch, got, want)
		}
	}
}

// A reminder falls due when it is put off to; a new due time ends that.
func TestSnooze(t *testing.T) {
	edit := func(r *reminder.Reminder, patch string) *reminder.Reminder {
		t.Helper()
		next, problems := kindtest.Edit(t, kind, r, patch)
		if problems != nil {
			t.Fatalf("%s: %q", patch, problems)
		}
		return next
	}
	r, _ := kindtest.Make[*reminder.Reminder](t, kind, `{"text":"Ring","dueAt":"2026-11-21T13:00:00Z"}`)
	put := edit(r, `{"snoozedUntil":"2026-11-22T08:00:00Z"}`)
	if !put.RemindAt.Equal(put.SnoozedUntil) {
		t.Errorf("put off to %v it reminds at %v", put.SnoozedUntil, put.RemindAt)
	}
	if next := edit(put, `{"text":"Write"}`); !next.RemindAt.Equal(put.SnoozedUntil) {
		t.Errorf("reworded it reminds at %v", next.RemindAt)
	}
	moved := edit(put, `{"dueAt":"2026-11-21T18:00:00Z"}`)
	if !moved.SnoozedUntil.IsZero() || !moved.RemindAt.Equal(moved.DueAt) {
		t.Errorf("moved to %v it reminds at %v", moved.DueAt, moved.RemindAt)
	}
	if both := edit(r, `{"dueAt":"2026-11-24T18:00:00Z","snoozedUntil":"2026-11-22T08:00:00Z"}`); !both.RemindAt.Equal(both.DueAt) {
		t.Errorf("put off to before it is due it reminds at %v", both.RemindAt)
	}
}
