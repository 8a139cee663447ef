// Package call is the kind of record for telephone calls with a contact or company: who rang, when, how long and what
// came of it (MSG-07).
package call

import (
	"cmp"
	"time"

	"github.com/muster-crm/muster/shared/record"
)

// Name is the name of the kind.
const Name = "call"

// Kind describes calls.
func Kind() *record.Kind {
	return record.Define[Call](Name, "calls", "cal", record.Under("contact", "company", "family"))
}

// Call is one call. It is outgoing and began now unless it says otherwise; a withheld number is absent.
type Call struct {
	record.Meta
	Owner     string    `json:"owner,omitempty" field:"ref=contact|company|family,system" readOnly:"true"`
	Direction string    `json:"direction,omitempty" field:"list=callDirection"`
	Number    string    `json:"number,omitempty" field:"phone,max=40,class=contact,find=digits"`
	StartedAt time.Time `json:"startedAt,omitzero" field:"alias=started"`
	Minutes   int       `json:"minutes,omitempty" field:"min=0,max=1440"`
	Outcome   string    `json:"outcome,omitempty" field:"list=callOutcome"`
	Note      string    `json:"note,omitempty" field:"long"`
}

// Title gives the number, or when the call was.
func (c *Call) Title() string { return cmp.Or(c.Number, c.StartedAt.UTC().Format("2006-01-02 15:04")) }

// Normalize completes a call.
func (c *Call) Normalize(env *record.Env) {
	c.Direction = cmp.Or(c.Direction, "outgoing")
	if c.StartedAt.IsZero() {
		if c.StartedAt = env.Now.UTC().Truncate(time.Second); env.Before != nil {
			c.StartedAt = env.Before.(*Call).StartedAt
		}
	}
	if env.Phones != nil && c.Number != "" {
		if e164, _, code := env.Phones.Read(c.Number, env.Defaults.Country); code == "" {
			c.Number = e164
		}
	}
}

// Validate refuses numbers that are none and calls that are still to come.
func (c *Call) Validate(env *record.Env) []record.Problem {
	var problems []record.Problem
	if env.Phones != nil && c.Number != "" {
		if _, _, code := env.Phones.Read(c.Number, env.Defaults.Country); code != "" {
			problems = append(problems, record.Problem{Path: "number", Code: code})
		}
	}
	if c.StartedAt.After(env.Now) {
		problems = append(problems, record.Problem{Path: "startedAt", Code: "time_future"})
	}
	return problems
}
