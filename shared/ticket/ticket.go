// Package ticket is the kind of record for questions and complaints that somebody of the office answers: with a number,
// a priority, an assignee and a state (MSG-08).
//
// Keys: the number. Tickets take theirs from the organisation's one series, as contacts do: it is never given again, and
// whoever quotes a number means one thing.
package ticket

import (
	"cmp"
	"fmt"
	"time"

	"github.com/muster-crm/muster/shared/record"
)

// Name is the name of the kind.
const Name = "ticket"

// Kind describes tickets.
func Kind() *record.Kind {
	return record.Define[Ticket](Name, "tickets", "tic", record.Order("subject"), record.Titled("number", "subject"), record.Under("contact", "company", "family"))
}

// Ticket is something to be answered.
type Ticket struct {
	record.Meta
	Owner    string   `json:"owner,omitempty" field:"ref=contact|company|family,system" readOnly:"true"`
	Number   int64    `json:"number,omitempty" field:"system,find=exact" readOnly:"true"`
	Subject  string   `json:"subject,omitempty" field:"required,max=200,find=words"`
	Text     string   `json:"text,omitempty" field:"long"`
	Priority string   `json:"priority,omitempty" field:"list=ticketPriority"`
	State    string   `json:"state,omitempty" field:"list=ticketState"`
	Assignee string   `json:"assignee,omitempty" field:"ref=user"`
	Answers  []Answer `json:"answers,omitempty" field:"items=100"`
}

// Answer is what the office wrote back. At and By are filled in where they are absent.
type Answer struct {
	Text string    `json:"text,omitempty" field:"required,long"`
	At   time.Time `json:"at,omitzero"`
	By   string    `json:"by,omitempty" field:"code"`
}

// Title gives the number and the subject.
func (t *Ticket) Title() string {
	if t.Number == 0 {
		return t.Subject
	}
	return fmt.Sprintf("%d %s", t.Number, t.Subject)
}

// Normalize completes a ticket.
func (t *Ticket) Normalize(env *record.Env) {
	t.Priority = cmp.Or(t.Priority, "normal")
	t.State = cmp.Or(t.State, "open")
	for i := range t.Answers {
		a := &t.Answers[i]
		if a.At.IsZero() {
			a.At = env.Now.UTC().Truncate(time.Second)
		}
		a.By = cmp.Or(a.By, env.Actor)
	}
}

// Validate refuses answers that are still to come.
func (t *Ticket) Validate(env *record.Env) []record.Problem {
	var problems []record.Problem
	for i, a := range t.Answers {
		if a.At.After(env.Now) {
			problems = append(problems, record.Problem{Path: fmt.Sprintf("answers[%d].at", i), Code: "time_future"})
		}
	}
	return problems
}

// Open reports whether the ticket still waits for somebody.
func (t *Ticket) Open() bool { return t.State == "open" || t.State == "waiting" }

// SystemNumber gives the ticket's number in the organisation.
func (t *Ticket) SystemNumber() int64 { return t.Number }

// SetSystemNumber sets it; only creation does.
func (t *Ticket) SetSystemNumber(n int64) { t.Number = n }
