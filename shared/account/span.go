package account

import (
	"cmp"
	"context"
	"time"

	"github.com/muster-crm/muster/shared/org"
	"github.com/muster-crm/muster/shared/setting"
)

// spans say how long what lets people into an organisation is good.
type spans struct{ session, invite, reset time.Duration }

// spans reads what an organisation says of it, and takes what it says nothing of from the constants.
func (a *Accounts) spans(ctx context.Context, t org.Tenant) (spans, error) {
	said, err := a.settingsOf(ctx, t)
	if err != nil {
		return spans{}, err
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
