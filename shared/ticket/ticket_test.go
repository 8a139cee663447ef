package ticket_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/muster-crm/muster/shared/record"
	"github.com/muster-crm/muster/shared/record/kindtest"
	"github.com/muster-crm/muster/shared/ticket"
)

var kind = ticket.Kind()

func TestRules(t *testing.T) {
	answers := strings.TrimSuffix(strings.Repeat(`{"text":"a"},`, 101), ",")
	kindtest.Rules(t, kind, map[string][]string{
		`{}`: {"subject required"},
		`{"subject":"Key lost","text":"a\nb","priority":"urgent","state":"waiting","assignee":"usr_2"}`: nil,
		`{"subject":"a","priority":"extreme","state":"gone"}`:                                           {"priority bad_choice", "state bad_choice"},
		`{"subject":"` + strings.Repeat("x", 201) + `"}`:                                                {"subject too_long"},
		`{"subject":"a","number":7}`:                                                                    {"number read_only"},
		`{"subject":"a","answers":[{"by":"usr_1"}]}`:                                                    {"answers[0].text required"},
		`{"subject":"a","answers":[{"text":"b","at":"2026-11-21T12:00:01Z"}]}`:                          {"answers[0].at time_future"},
		`{"subject":"a","answers":[` + answers + `]}`:                                                   {"answers too_many"},
	})
}

func TestNewTicketIsComplete(t *testing.T) {
	made, problems := kindtest.Make[*ticket.Ticket](t, kind, `{"subject":"Key lost"}`)
	if problems != nil || made.Priority != "normal" || made.State != "open" || !made.Open() || made.Title() != "Key lost" {
		t.Fatalf("%+v, %q", made, problems)
	}
	made.SetSystemNumber(12)
	if made.SystemNumber() != 12 || made.Title() != "12 Key lost" {
		t.Errorf("%q", made.Title())
	}
	for state, open := range map[string]bool{"open": true, "waiting": true, "solved": false, "closed": false} {
		if next, problems := kindtest.Edit(t, kind, made, `{"state":"`+state+`"}`); problems != nil || next.Open() != open {
			t.Errorf("%s: %v, %q", state, next.Open(), problems)
		}
	}
}

// An answer says when it was given and by whom, and keeps that when others are added.
func TestAnswers(t *testing.T) {
	first, _ := kindtest.Make[*ticket.Ticket](t, kind, `{"subject":"a","answers":[{"text":"one"}]}`)
	value, err := kind.Encode(first, nil)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(value), `"at":"2026-11-21T12:00:00Z"`) {
		t.Errorf("%s", value)
	}
	next, problems := kindtest.Edit(t, kind, first, `{"answers":[{"text":"one","at":"2026-11-21T12:00:00Z","by":"usr_1"},{"text":"two"}]}`, func(e *record.Env) {
		e.Now, e.Actor = e.Now.Add(time.Hour), "usr_2"
	})
	want := []ticket.Answer{{Text: "one", At: kindtest.Noon, By: "usr_1"}, {Text: "two", At: kindtest.Noon.Add(time.Hour), By: "usr_2"}}
	if !slices.Equal(problems, nil) || !cmp.Equal(want, next.Answers) {
		t.Errorf("%q %s", problems, cmp.Diff(want, next.Answers))
	}
}
