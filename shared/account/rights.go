package account

import (
	"context"

	"github.com/muster-crm/muster/shared/fault"
	"github.com/muster-crm/muster/shared/org"
	"github.com/muster-crm/muster/shared/policy"
	"github.com/muster-crm/muster/shared/record"
	"github.com/muster-crm/muster/shared/store"
)

// Rights tells what users may do now, for work that goes on without them: a job runs under the rights its maker has at
// each chunk.
type Rights struct {
	Store store.Store
	Kinds *record.Registry
}

// GrantOf gives the grant a user has now. The fault is Denied when there is no such user any more, or it is blocked.
func (r Rights) GrantOf(ctx context.Context, t org.Tenant, id string) (policy.Grant, error) {
	items, err := r.Store.Get(ctx, store.Each, userKey(t, id))
	if err != nil {
		return policy.Grant{}, store.Fault(err)
	}
	k, ok := r.Kinds.Kind(Name)
	if !ok || items[0] == nil {
		return policy.Grant{}, fault.New(fault.Denied, "denied")
	}
	rec, err := k.Decode(items[0].Value, items[0].Revision)
	if err != nil {
		return policy.Grant{}, err
	}
	u := rec.(*User)
	if !u.active() {
		return policy.Grant{}, fault.New(fault.Denied, "denied")
	}
	return policy.For(policy.Actor{ID: u.ID, Name: u.Name}, policy.Role(u.Role)).In(t).At(u.Entity), nil
}
