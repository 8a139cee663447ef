// Package service is the kind of record for things that were brought in to be repaired or looked after: what, with what
// fault, in and out when, what was done and what it cost (MSG-09).
package service

import (
	"cmp"

	"github.com/muster-crm/muster/shared/record"
)

// Name is the name of the kind.
const Name = "service"

// Kind describes the entries of the service register.
func Kind() *record.Kind {
	return record.Define[Service](Name, "services", "svc", record.Order("item"), record.Titled("item"), record.Under("contact", "company", "family"))
}

// Service is one entry. It came in today unless it says otherwise.
type Service struct {
	record.Meta
	Owner string       `json:"owner,omitempty" field:"ref=contact|company|family,system" readOnly:"true"`
	Item  string       `json:"item,omitempty" field:"required,max=200,find=words"`
	Fault string       `json:"fault,omitempty" field:"long,max=2000"`
	In    record.Date  `json:"in,omitempty"`
	Out   record.Date  `json:"out,omitempty"`
	State string       `json:"state,omitempty" field:"list=serviceState"`
	Work  string       `json:"work,omitempty" field:"long,max=2000"`
	Cost  record.Money `json:"cost,omitzero" field:"class=finance"`
}

// Title gives the item.
func (s *Service) Title() string { return s.Item }

// Normalize completes an entry.
func (s *Service) Normalize(env *record.Env) {
	s.In = cmp.Or(s.In, record.DateOf(env.Now))
	s.State = cmp.Or(s.State, "received")
}

// Validate refuses what went out before it came in, and what cost less than nothing.
func (s *Service) Validate(*record.Env) []record.Problem {
	var problems []record.Problem
	if s.Out != "" && s.Out < s.In {
		problems = append(problems, record.Problem{Path: "out", Code: "ends_before_start"})
	}
	if s.Cost.Amount < 0 {
		problems = append(problems, record.Problem{Path: "cost.amount", Code: "too_small", Pairs: []string{"min", "0"}})
	}
	return problems
}
