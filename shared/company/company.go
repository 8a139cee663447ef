// Package company is the kind of record for businesses, schools, authorities and other bodies: suppliers, sponsors and
// customers, with the contacts who speak for them (COM-01 to 03).
//
// Keys: the tax number, under the policy that warns of others who have it. The company holds its contacts; those of a
// contact are asked of the index ("contacts.contact").
package company

import (
	"fmt"
	"strings"
	"unicode"

	"github.com/muster-crm/muster/shared/reach"
	"github.com/muster-crm/muster/shared/record"
)

// Name is the name of the kind.
const Name = "company"

// Kind describes companies.
func Kind() *record.Kind {
	return record.Define[Company](Name, "companies", "com", record.Order("name"))
}

// Company is a body that is no person.
type Company struct {
	record.Meta
	Name        string          `json:"name,omitempty" field:"required,max=150,find=words"`
	TaxNumber   string          `json:"taxNumber,omitempty" field:"max=30,find=exact,alias=tax,alias=vat"`
	CompanyKind string          `json:"companyKind,omitempty" field:"list=companyKind,alias=type"`
	Emails      []reach.Email   `json:"emails,omitempty" field:"items=10,class=contact"`
	Phones      []reach.Phone   `json:"phones,omitempty" field:"items=10,class=contact"`
	Addresses   []reach.Address `json:"addresses,omitempty" field:"items=20,class=contact"`
	Website     string          `json:"website,omitempty" field:"link"`
	Contacts    []Contact       `json:"contacts,omitempty" field:"items=200"`
	Logo        string          `json:"logo,omitempty" field:"ref=file,system" readOnly:"true"`
	Custom      record.Custom   `json:"custom,omitempty"`
}

// Contact is somebody who speaks, or spoke, for a company. Open ends say nothing or last on.
type Contact struct {
	Contact  string      `json:"contact,omitempty" field:"required,ref=contact"`
	Function string      `json:"function,omitempty" field:"list=companyFunction,alias=function"`
	From     record.Date `json:"from,omitempty"`
	To       record.Date `json:"to,omitempty"`
}

// Title gives the name.
func (c *Company) Title() string { return c.Name }

// Keys gives the tax number without what stands between its characters.
func (c *Company) Keys() []record.Key {
	folded := strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToUpper(r)
		}
		return -1
	}, c.TaxNumber)
	if folded == "" {
		return nil
	}
	return []record.Key{{Name: "taxNumber", Path: "taxNumber", Value: folded}}
}

// Drop removes the value that holds a unique key.
func (c *Company) Drop(record.Key) { c.TaxNumber = "" }

// On reports whether somebody speaks for the company on a day.
func (c Contact) On(day record.Date) bool {
	return (c.From == "" || c.From <= day) && (c.To == "" || day <= c.To)
}

func (c *Company) ways() reach.Ways {
	return reach.Ways{Emails: c.Emails, Phones: c.Phones, Addresses: c.Addresses}
}

// Normalize completes a company.
func (c *Company) Normalize(env *record.Env) {
	before, _ := env.Before.(*Company)
	if before == nil {
		before = &Company{}
	}
	c.TaxNumber = strings.ToUpper(c.TaxNumber)
	c.ways().Complete(before.ways(), reach.Usual{Kind: "work", Address: "billing", Line: "fixed"}, env)
}

// Validate checks what the fields' own rules cannot.
func (c *Company) Validate(env *record.Env) []record.Problem {
	problems := c.ways().Check(env)
	if c.TaxNumber != "" && len(c.Keys()) == 0 {
		problems = append(problems, record.Problem{Path: "taxNumber", Code: "bad_value"})
	}
	had := map[Contact]bool{}
	if before, ok := env.Before.(*Company); ok {
		for _, contact := range before.Contacts {
			contact.To = ""
			had[contact] = true
		}
	}
	seen, led := map[Contact]bool{}, map[Contact]bool{}
	for i, contact := range c.Contacts {
		if contact.To != "" && contact.To < contact.From {
			problems = append(problems, record.Problem{Path: fmt.Sprintf("contacts[%d].to", i), Code: "ends_before_start"})
		}
		contact.To = "" // one person begins a function on a day but once; two who were merged stay until that is undone
		leads := contact
		leads.Contact = env.Leads(contact.Contact)
		if contact.Contact != "" && (seen[contact] || led[leads] && !had[contact]) {
			problems = append(problems, record.Problem{Path: fmt.Sprintf("contacts[%d].contact", i), Code: "twice"})
		}
		seen[contact], led[leads] = true, true
	}
	return problems
}
