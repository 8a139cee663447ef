package account

import (
	"context"

	"github.com/muster-crm/muster/shared/fault"
	"github.com/muster-crm/muster/shared/policy"
)

// What would be refused, for those who ask before they act on many users.

// MayGive tells whether the caller could give a user a role: the faults of Update for a patch of it.
func (a *Accounts) MayGive(ctx context.Context, g policy.Grant, id, role string) error {
	if err := mayGrant(g, role); err != nil {
		return err
	}
	p, err := a.load(ctx, g.Tenant(), id)
	if err != nil {
		return err
	}
	if err := manageable(&p, g, false); err != nil {
		return err
	}
	if p.user.owns() && policy.Role(role) != policy.Owner {
		if n, err := a.otherOwners(ctx, g.Tenant(), id); err != nil {
			return err
		} else if n == 0 {
			return fault.New(fault.Conflict, "last_owner")
		}
	}
	return nil
}

// MayMail tells whether the caller could mail a user a link: the faults of Invite and Reset.
func (a *Accounts) MayMail(ctx context.Context, g policy.Grant, id string) error {
	if err := g.Allow(policy.Manage); err != nil {
		return err
	}
	p, err := a.load(ctx, g.Tenant(), id)
	if err != nil {
		return err
	}
	if err := manageable(&p, g, true); err != nil {
		return err
	}
	return p.reachable()
}
