package target_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/muster-crm/muster/shared/fault"
	"github.com/muster-crm/muster/shared/policy"
	"github.com/muster-crm/muster/shared/repository/repositorytest"
	"github.com/muster-crm/muster/shared/target"
)

// told lists the field faults of an error.
func told(err error) string {
	var all []string
	if err != nil {
		for _, f := range fault.From(err).Fields {
			all = append(all, f.Path+" "+f.Code)
		}
	}
	return strings.Join(all, ", ")
}

// A target names its records in one way, and nothing is never all.
func TestTidy(t *testing.T) {
	var many []string
	for i := range target.MaxIDs + 1 {
		many = append(many, fmt.Sprintf("con_%d", i))
	}
	for name, c := range map[string]struct {
		given, tidy target.Target
		faults      string
	}{
		"ids":          {given: target.Target{IDs: []string{"b", "a", "b"}}, tidy: target.Target{IDs: []string{"a", "b"}}},
		"a query":      {given: target.Target{Q: " jan "}, tidy: target.Target{Q: "jan"}},
		"a search":     {given: target.Target{Search: "sch_1"}, tidy: target.Target{Search: "sch_1"}},
		"all":          {given: target.Target{All: true}, tidy: target.Target{All: true}},
		"as many":      {given: target.Target{IDs: append(many[:target.MaxIDs:target.MaxIDs], many[0])}, tidy: target.Target{IDs: many[:target.MaxIDs]}},
		"nothing":      {faults: "target empty_target"},
		"no ids":       {given: target.Target{IDs: []string{}}, faults: "target empty_target"},
		"blank":        {given: target.Target{Q: "  "}, faults: "target empty_target"},
		"two":          {given: target.Target{Q: "jan", All: true}, faults: "target one_target"},
		"ids and more": {given: target.Target{IDs: []string{"a"}, Search: "sch_1"}, faults: "target one_target"},
		"too many":     {given: target.Target{IDs: many}, faults: "target.ids too_many"},
	} {
		t.Run(name, func(t *testing.T) {
			got := c.given
			if err := got.Tidy(); told(err) != c.faults {
				t.Fatalf("%q", told(err))
			}
			if c.faults != "" {
				return
			}
			if name == "as many" {
				if len(got.IDs) != target.MaxIDs {
					t.Errorf("%d ids", len(got.IDs))
				}
				return
			}
			if diff := cmp.Diff(c.tidy, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// Whatever names them, the same records are found; what the caller does not see names none.
func TestQuestion(t *testing.T) {
	h := repositorytest.Open(t, repositorytest.Options{})
	ctx := t.Context()
	donor := h.Create("contact", `{"firstName":"Jan","lastName":"Maes","type":"donor"}`).Base().ID
	h.Create("contact", `{"firstName":"An","lastName":"Smet"}`)
	search := h.Create("search", `{"for":"contact","name":"Donors","query":"type:donor"}`).Base().ID
	families := h.Create("search", `{"for":"family","name":"All of them"}`).Base().ID
	stranger := policy.For(policy.Actor{ID: "usr_stranger"}, policy.Reader).In(h.Grant(policy.Owner).Tenant())
	for name, c := range map[string]struct {
		target target.Target
		g      policy.Grant
		found  int
		faults string
	}{
		"ids":                    {target.Target{IDs: []string{donor, "con_nobody"}}, h.Grant(policy.Owner), 1, ""},
		"a query":                {target.Target{Q: "type:donor"}, h.Grant(policy.Owner), 1, ""},
		"a search":               {target.Target{Search: search}, h.Grant(policy.Owner), 1, ""},
		"all":                    {target.Target{All: true}, h.Grant(policy.Owner), 2, ""},
		"a bad query":            {target.Target{Q: "colour:red"}, h.Grant(policy.Owner), 0, "target.q unknown_field"},
		"no search":              {target.Target{Search: "sch_none"}, h.Grant(policy.Owner), 0, "target.search bad_value"},
		"a search of others":     {target.Target{Search: search}, stranger, 0, "target.search bad_value"},
		"a search for others":    {target.Target{Search: families}, h.Grant(policy.Owner), 0, "target.search bad_value"},
		"a search that is a lot": {target.Target{Search: search + ` OR name:*`}, h.Grant(policy.Owner), 0, "target.search bad_value"},
	} {
		t.Run(name, func(t *testing.T) {
			where, err := c.target.Where(ctx, h.Repository, c.g, "contact")
			if told(err) != c.faults {
				t.Fatalf("%v", err)
			}
			if err != nil {
				return
			}
			q := c.target.Question()
			q.Limit = 10
			asked, err := h.List(ctx, c.g, "contact", q)
			if err != nil || len(asked.IDs) != c.found {
				t.Errorf("%v, %v", asked.IDs, err)
			}
			q.Text, q.Where = "", where
			parsed, err := h.List(ctx, c.g, "contact", q)
			if diff := cmp.Diff(asked.IDs, parsed.IDs); diff != "" || err != nil {
				t.Errorf("%v %s", err, diff)
			}
		})
	}
}
