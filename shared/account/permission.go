package account

import (
	"context"

	"github.com/muster-crm/muster/shared/policy"
	"github.com/muster-crm/muster/shared/store"
)

// Permission is what one action is allowed on: which records, and which classes of their fields.
type Permission struct {
	Scope  policy.Scope   `json:"scope"`
	Fields []policy.Class `json:"fields"`
}

// Permissions tells all a grant allows, by action.
func Permissions(g policy.Grant) map[policy.Action]Permission {
	all := map[policy.Action]Permission{}
	for _, action := range policy.Actions() {
		if !g.Can(action) {
			continue
		}
		p := Permission{Scope: g.Scope(action), Fields: []policy.Class{}}
		for _, class := range policy.Classes() {
			if g.Fields(action, class) {
				p.Fields = append(p.Fields, class)
			}
		}
		all[action] = p
	}
	return all
}

// Reachable gives an error when the table does not answer.
func (a *Accounts) Reachable(ctx context.Context) error {
	_, err := a.Directory.Empty(ctx)
	return store.Fault(err)
}
