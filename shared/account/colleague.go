package account

import (
	"context"

	"github.com/muster-crm/muster/shared/policy"
	"github.com/muster-crm/muster/shared/store"
)

// Colleague is a user as the others know them: who may be given work.
type Colleague struct {
	ID, Name string
}

// Colleagues lists the users who can sign in, in the order they were made. Everybody of the office may know their names:
// histories tell them too. The fault is Denied for whoever may read nothing.
func (a *Accounts) Colleagues(ctx context.Context, g policy.Grant) ([]Colleague, error) {
	if err := g.Allow(policy.Read); err != nil {
		return nil, err
	}
	var all []Colleague
	for after := ""; ; {
		users, next, err := a.page(ctx, g.Tenant(), after, store.MaxQuery)
		if err != nil {
			return nil, err
		}
		for _, u := range users {
			if u.active() {
				all = append(all, Colleague{ID: u.ID, Name: u.Name})
			}
		}
		if next == "" {
			return all, nil
		}
		after = next
	}
}
