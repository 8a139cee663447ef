package repository

import (
	"encoding/json"
	"slices"

	"github.com/muster-crm/muster/shared/policy"
)

// The kind that says who are of one family, and its list of members.
const (
	familyKind    = "family"
	familyMembers = "members.contact"
	contactKind   = "contact"
)

// family tells whether a record is of one family with every one of some others: under the policy Family they may share
// a key. Who is of which family the index knows; families in the trash are none.
func (m moment) family(id string, others []holder) bool {
	related := m.relatives(id)
	return !slices.ContainsFunc(others, func(h holder) bool { return !related[m.root(h.Kind, h.ID)] })
}

// relatives lists whoever is in a family with a record.
func (m moment) relatives(id string) map[string]bool {
	if m.shelf == nil || id == "" {
		return nil
	}
	view, err := m.shelf.View(familyKind)
	if err != nil {
		return nil // there are no families
	}
	related := map[string]bool{}
	everything := policy.For(policy.Actor{}, policy.Owner)
	for _, hit := range view.Lookup(familyMembers, id) {
		var family struct {
			Members []struct{ Contact string }
		}
		if hit.Trashed || json.Unmarshal(view.AppendJSON(nil, hit, everything), &family) != nil {
			continue
		}
		for _, member := range family.Members {
			related[m.root(contactKind, member.Contact)] = true
		}
	}
	return related
}
