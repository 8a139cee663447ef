package service_test

import (
	"testing"

	"github.com/muster-crm/muster/shared/record/kindtest"
	"github.com/muster-crm/muster/shared/service"
)

var kind = service.Kind()

func TestRules(t *testing.T) {
	kindtest.Rules(t, kind, map[string][]string{
		`{}`: {"item required"},
		`{"item":"Bicycle","fault":"Brake","in":"2026-11-01","out":"2026-11-01","state":"ready","work":"New cable","cost":{"amount":1250,"currency":"EUR"}}`: nil,
		`{"item":"Bicycle","in":"2026-11-02","out":"2026-11-01"}`:    {"out ends_before_start"},
		`{"item":"Bicycle","out":"2026-11-20"}`:                      {"out ends_before_start"},
		`{"item":"Bicycle","out":"2026-11-21"}`:                      nil,
		`{"item":"Bicycle","in":"never"}`:                            {"in bad_date"},
		`{"item":"Bicycle","state":"lost"}`:                          {"state bad_choice"},
		`{"item":"Bicycle","cost":{"amount":0,"currency":"EUR"}}`:    nil,
		`{"item":"Bicycle","cost":{"amount":-1,"currency":"EUR"}}`:   {"cost.amount too_small"},
		`{"item":"Bicycle","cost":{"amount":12.5,"currency":"EUR"}}`: {"cost.amount bad_type"},
		`{"item":"Bicycle","cost":{"amount":1250}}`:                  {"cost.currency required"},
	})
}

func TestNewEntryIsComplete(t *testing.T) {
	s, problems := kindtest.Make[*service.Service](t, kind, `{"item":"Bicycle"}`)
	if problems != nil || s.In != "2026-11-21" || s.State != "received" || s.Title() != "Bicycle" {
		t.Errorf("%+v, %q", s, problems)
	}
	kindtest.Settled(t, kind, s)
}
