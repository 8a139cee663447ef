package account

import (
	"cmp"
	"context"
	"time"

	"github.com/muster-crm/muster/shared/org"
	"github.com/muster-crm/muster/shared/setting"
	"github.com/muster-crm/muster/shared/store"
)

// spans say how long what lets people into an organisation is good.
type spans struct{ session, invite, reset time.Duration }

// spans reads what an organisation says of it, and takes what it says nothing of from the constants.
func (a *Accounts) spans(ctx context.Context, t org.Tenant) (spans, error) {
	said := &setting.Settings{}
	items, err := a.Store.Get(ctx, store.Each, t.Record(setting.Owner, setting.Name, setting.Owner))
	if err != nil {
		return spans{}, unavailable(err)
	}
	if items[0] != nil {
		rec, err := settings.Decode(items[0].Value, items[0].Revision)
		if err != nil {
			return spans{}, err
		}
		said = rec.(*setting.Settings)
	}
	return spansOf(said), nil
}

func spansOf(s *setting.Settings) spans {
	session, invite, reset := s.Spans()
	return spans{cmp.Or(session, SessionSpan), cmp.Or(invite, InviteSpan), cmp.Or(reset, ResetSpan)}
}

// of gives how long a link of a purpose is good.
func (s spans) of(purpose Purpose) time.Duration {
	if purpose == Invite {
		return s.invite
	}
	return s.reset
}
