package call_test

import (
	"testing"
	"time"

	"github.com/muster-crm/muster/shared/call"
	"github.com/muster-crm/muster/shared/record"
	"github.com/muster-crm/muster/shared/record/kindtest"
)

var kind = call.Kind()

func TestRules(t *testing.T) {
	kindtest.Rules(t, kind, map[string][]string{
		`{}`: nil,
		`{"direction":"incoming","number":"0471 12 34 56","startedAt":"2026-11-21T12:00:00Z","minutes":5,"outcome":"reached","note":"a\nb"}`: nil,
		`{"direction":"up","outcome":"maybe"}`: {"direction bad_choice", "outcome bad_choice"},
		`{"number":"012"}`:                     {"number phone_impossible"},
		`{"startedAt":"2026-11-21T12:00:01Z"}`: {"startedAt time_future"},
		`{"minutes":-1}`:                       {"minutes too_small"},
		`{"minutes":1441}`:                     {"minutes too_large"},
		`{"owner":"con_1"}`:                    {"owner read_only"},
	})
}

func TestNewCallIsComplete(t *testing.T) {
	c, problems := kindtest.Make[*call.Call](t, kind, `{"number":"0471 12 34 56"}`)
	if problems != nil || c.Direction != "outgoing" || !c.StartedAt.Equal(kindtest.Noon) || c.Number != "+32471123456" || c.Title() != c.Number {
		t.Errorf("%+v, %q", c, problems)
	}
	kindtest.Settled(t, kind, c)
	later, problems := kindtest.Edit(t, kind, c, `{"startedAt":null,"number":null,"direction":null}`, func(e *record.Env) { e.Now = e.Now.Add(time.Hour) })
	if problems != nil || !later.StartedAt.Equal(kindtest.Noon) || later.Title() != "2026-11-21 12:00" {
		t.Errorf("emptied it began at %v, %q", later.StartedAt, problems)
	}
}
