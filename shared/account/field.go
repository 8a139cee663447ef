package account

import (
	"context"

	"github.com/muster-crm/muster/shared/policy"
	"github.com/muster-crm/muster/shared/setting"
	"github.com/muster-crm/muster/shared/store"
)

// Fields lists the organisation's own fields in their order.
func (a *Accounts) Fields(ctx context.Context, g policy.Grant) ([]*setting.Field, error) {
	if err := g.Allow(policy.Read); err != nil {
		return nil, err
	}
	cfg, err := setting.Load(ctx, a.Store, g.Tenant())
	if err != nil {
		return nil, store.Fault(err)
	}
	return cfg.OwnFields(""), nil
}
