package repository_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/muster-crm/muster/shared/fault"
	"github.com/muster-crm/muster/shared/policy"
	"github.com/muster-crm/muster/shared/repository/repositorytest"
)

// The global box asks every kind that has titles, those with the best matches first.
func TestSearch(t *testing.T) {
	h := house{repositorytest.Open(t, repositorytest.Options{})}
	h.Settings(repositorytest.Block)
	jan := h.contact(`{"firstName":"Jan","lastName":"Harbour"}`).ID
	an := h.contact(`{"firstName":"An","lastName":"Harbourman"}`).ID
	firm := h.Create("company", `{"name":"Harbour Works","contacts":[{"contact":"`+an+`"}]}`).Base().ID
	family := h.Create("family", `{"name":"Peeters"}`).Base().ID
	ticket := h.under("ticket", jan, `{"subject":"Lost key of the harbour"}`).Base().ID
	h.Create("entity", `{"name":"Harbour section"}`) // not listed
	h.under("note", jan, `{"text":"harbour"}`)       // without a title in the index
	for _, c := range []struct {
		text string
		want []string
	}{
		{"harbour", []string{"contact 2: Jan Harbour, An Harbourman", "company 1: Harbour Works", "ticket 1: 3 Lost key of the harbour"}},
		{"harbou", []string{"contact 2: Jan Harbour, An Harbourman", "company 1: Harbour Works", "ticket 1: 3 Lost key of the harbour"}},
		{"peetrs", []string{"family 1: Peeters"}},
		{"harbourmna", []string{"contact 1: An Harbourman"}},
		{"works", []string{"contact 1: An Harbourman", "company 1: Harbour Works"}},
		{"lost key", []string{"ticket 1: 3 Lost key of the harbour"}},
		{"state:open", []string{"ticket 1: 3 Lost key of the harbour"}},
		{"status:active", []string{"contact 2: Jan Harbour, An Harbourman"}},
		{"nowhere", nil},
	} {
		found, err := h.Search(t.Context(), h.Grant(policy.Reader), c.text, 10)
		if err != nil {
			t.Errorf("%s: %v", c.text, err)
		}
		var got []string
		for _, f := range found {
			got = append(got, body("%s %d: %s", f.Kind, f.Total, strings.Join(f.Titles, ", ")))
			if len(f.IDs) != len(f.Items) || len(f.Titles) != len(f.Items) {
				t.Errorf("%s: %d ids of %d items with %d titles", c.text, len(f.IDs), len(f.Items), len(f.Titles))
			}
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s: %s", c.text, diff)
		}
	}
	found, err := h.Search(t.Context(), h.Grant(policy.Owner), "harbour", 1)
	if err != nil || len(found) != 3 || len(found[0].IDs) != 1 || found[0].Total != 2 || found[1].IDs[0] != firm || found[2].IDs[0] != ticket || family == "" {
		t.Errorf("%+v, %v", found, err)
	}
	for text, want := range map[string]error{"nothing:x": fault.Invalid, `"open`: fault.Invalid, "is:trashed": fault.Denied} {
		if _, err := h.Search(t.Context(), h.Grant(policy.Reader), text, 10); !errors.Is(err, want) {
			t.Errorf("%s: %v", text, err)
		}
	}
	if _, err := h.Search(t.Context(), h.Grant(""), "harbour", 10); !errors.Is(err, fault.Denied) {
		t.Errorf("nobody: %v", err)
	}
}

// A typo is forgiven after everything that is as typed: kinds with worse matches come later.
func TestSearchOrdersKinds(t *testing.T) {
	h := house{repositorytest.Open(t, repositorytest.Options{})}
	h.Settings(repositorytest.Block)
	h.contact(`{"firstName":"Jan","lastName":"Harbuor"}`)
	h.Create("family", `{"name":"Harbours"}`)
	h.Create("company", `{"name":"Harbour"}`)
	found, err := h.Search(t.Context(), h.Grant(policy.Reader), "harbour", 10)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, f := range found {
		got = append(got, f.Kind)
	}
	if diff := cmp.Diff([]string{"company", "family", "contact"}, got); diff != "" {
		t.Error(diff)
	}
}
