// Package family is the kind of record for people who belong together: a household with one address and a head who acts
// for the others (FAM-01 to 04). A contact may belong to several families.
//
// The family holds its members; a contact's families are asked of the index ("members.contact"). So putting a family
// away unlinks nobody for good, and restoring it brings the links back (FAM-08).
package family

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/muster-crm/muster/shared/reach"
	"github.com/muster-crm/muster/shared/record"
)

// Name is the name of the kind.
const Name = "family"

// Kind describes families.
func Kind() *record.Kind {
	return record.Define[Family](Name, "families", "fam", record.Order("name"))
}

// Family is a household.
type Family struct {
	record.Meta
	Name    string        `json:"name,omitempty" field:"required,max=100,find=words"`
	Address reach.Place   `json:"address,omitzero" field:"class=contact"`
	Members []Member      `json:"members,omitempty" field:"items=50"`
	Custom  record.Custom `json:"custom,omitempty"`
}

// Member is a contact in a family.
type Member struct {
	Contact string `json:"contact,omitempty" field:"required,ref=contact,alias=member"`
	Role    string `json:"role,omitempty" field:"list=familyRole"`
	Head    bool   `json:"head,omitempty"`
}

// Title gives the name.
func (f *Family) Title() string { return f.Name }

// Head gives the contact who acts for the family, "" when it has no members.
func (f *Family) Head() string {
	if i := slices.IndexFunc(f.Members, func(m Member) bool { return m.Head }); i >= 0 {
		return f.Members[i].Contact
	}
	return ""
}

// Contacts lists the members.
func (f *Family) Contacts() []string {
	var ids []string
	for _, m := range f.Members {
		ids = append(ids, m.Contact)
	}
	return ids
}

// Normalize completes a family. Of the first members it gets the first parent is the head, or the first of all; later
// whoever takes the head away says who follows.
func (f *Family) Normalize(env *record.Env) {
	f.Address = f.Address.Complete(env)
	for i := range f.Members {
		f.Members[i].Role = cmp.Or(f.Members[i].Role, "other")
	}
	before, _ := env.Before.(*Family)
	first := before == nil || len(before.Members) == 0
	if len(f.Members) == 0 || f.Head() != "" || !first && len(f.Members) > 1 {
		return
	}
	parent := slices.IndexFunc(f.Members, func(m Member) bool { return m.Role == "parent" })
	f.Members[max(parent, 0)].Head = true
}

// Validate holds a family to one head, and nobody to be in it twice. Two members that were merged stay, each where the
// undoing of the merge will look for them.
func (f *Family) Validate(env *record.Env) []record.Problem {
	var problems []record.Problem
	var had []string
	if before, ok := env.Before.(*Family); ok {
		had = before.Contacts()
	}
	seen, led, heads := map[string]bool{}, map[string]bool{}, 0
	for i, m := range f.Members {
		who := env.Leads(m.Contact)
		if m.Contact != "" && (seen[m.Contact] || led[who] && !slices.Contains(had, m.Contact)) {
			problems = append(problems, record.Problem{Path: fmt.Sprintf("members[%d].contact", i), Code: "twice"})
		}
		seen[m.Contact], led[who] = true, true
		if m.Head {
			if heads++; heads > 1 {
				problems = append(problems, record.Problem{Path: fmt.Sprintf("members[%d].head", i), Code: "one_head"})
			}
		}
	}
	if len(f.Members) > 0 && heads == 0 {
		problems = append(problems, record.Problem{Path: "members", Code: "choose_head"})
	}
	return problems
}
