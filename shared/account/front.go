package account

import (
	"context"

	"github.com/muster-crm/muster/shared/org"
	"github.com/muster-crm/muster/shared/setting"
	"github.com/muster-crm/muster/shared/store"
)

// Front gives the settings of an installation's only organisation, for the page where people sign in: what it is called,
// its colour, its greeting. It is nil where there is none, or several: then nobody can know whose page it is.
func (a *Accounts) Front(ctx context.Context) (*setting.Settings, error) {
	all, _, err := a.Directory.All(ctx, "", 2)
	if err != nil || len(all) != 1 {
		return nil, store.Fault(err)
	}
	return a.settingsOf(ctx, all[0])
}

// settingsOf reads an organisation's settings alone.
func (a *Accounts) settingsOf(ctx context.Context, t org.Tenant) (*setting.Settings, error) {
	items, err := a.Store.Get(ctx, store.Each, t.Record(setting.Owner, setting.Name, setting.Owner))
	if err != nil {
		return nil, store.Fault(err)
	}
	if items[0] == nil {
		return &setting.Settings{}, nil
	}
	rec, err := settings.Decode(items[0].Value, items[0].Revision)
	if err != nil {
		return nil, err
	}
	return rec.(*setting.Settings), nil
}
