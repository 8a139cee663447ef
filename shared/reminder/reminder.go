// Package reminder is the kind of record for what somebody of the office wants to be reminded of: a text about a
// contact, company or family that falls due at a time, for oneself or a colleague (MSG-06).
package reminder

import (
	"strings"
	"time"

	"github.com/muster-crm/muster/shared/record"
)

// Name is the name of the kind.
const Name = "reminder"

// Kind describes reminders.
func Kind() *record.Kind {
	return record.Define[Reminder](Name, "reminders", "rem", record.Order("text"), record.Titled("text"), record.Under("contact", "company", "family"))
}

// Reminder falls due at RemindAt: when it was said to, or until when it was put off.
type Reminder struct {
	record.Meta
	Owner        string    `json:"owner,omitempty" field:"ref=contact|company|family,system" readOnly:"true"`
	Text         string    `json:"text,omitempty" field:"required,max=500,find=words"`
	DueAt        time.Time `json:"dueAt,omitzero" field:"required,alias=due"`
	Assignee     string    `json:"assignee,omitempty" field:"ref=user"`
	Done         bool      `json:"done,omitempty"`
	SnoozedUntil time.Time `json:"snoozedUntil,omitzero" field:"alias=snoozed"`
	RemindAt     time.Time `json:"remindAt,omitzero" field:"derived" readOnly:"true"`
}

// Title gives the text.
func (r *Reminder) Title() string { return r.Text }

// userPrefix begins the ids of users; programs that write have others.
const userPrefix = "usr_"

// Normalize completes a reminder: it is for whoever makes it unless it is for somebody else, and a new due time ends a
// snooze.
func (r *Reminder) Normalize(env *record.Env) {
	before, _ := env.Before.(*Reminder)
	if r.Assignee == "" && strings.HasPrefix(env.Actor, userPrefix) {
		r.Assignee = env.Actor
	}
	if before != nil && !r.DueAt.Equal(before.DueAt) && r.SnoozedUntil.Equal(before.SnoozedUntil) {
		r.SnoozedUntil = time.Time{}
	}
	r.RemindAt = r.DueAt
	if r.SnoozedUntil.After(r.DueAt) {
		r.RemindAt = r.SnoozedUntil
	}
}

// Validate refuses times in the past, of a new reminder and when they change.
func (r *Reminder) Validate(env *record.Env) []record.Problem {
	before, _ := env.Before.(*Reminder)
	if before == nil {
		before = &Reminder{}
	}
	var problems []record.Problem
	for _, t := range []struct {
		path     string
		was, now time.Time
	}{{"dueAt", before.DueAt, r.DueAt}, {"snoozedUntil", before.SnoozedUntil, r.SnoozedUntil}} {
		if !t.now.IsZero() && !t.now.Equal(t.was) && t.now.Before(env.Now) {
			problems = append(problems, record.Problem{Path: t.path, Code: "time_past"})
		}
	}
	return problems
}
