package catalog_test

import (
	"context"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/muster-crm/muster/shared/catalog"
	"github.com/muster-crm/muster/shared/policy"
	"github.com/muster-crm/muster/shared/repository"
	"github.com/muster-crm/muster/shared/repository/repositorytest"
	"github.com/muster-crm/muster/shared/store"
)

// tails counts the questions for the end of the log.
type tails struct {
	store.Store
	asked atomic.Int64
}

func (s *tails) Query(ctx context.Context, q store.Query) (store.Page, error) {
	if strings.HasSuffix(q.Partition, "#l") {
		s.asked.Add(1)
	}
	return s.Store.Query(ctx, q)
}

// What is read in one request is read as of one moment and asks the log once, but it sees what the request itself writes.
func TestPinnedReads(t *testing.T) {
	w := &tails{}
	h := open(t, repositorytest.Options{Wrap: func(s store.Store) store.Store {
		w.Store = s
		return w
	}})
	h.Settings(repositorytest.Block)
	h.contact(`{"firstName":"Jan"}`)
	other := h.again()
	g := h.Grant(policy.Owner)
	names := func(ctx context.Context) int {
		t.Helper()
		list, err := h.List(ctx, g, "contact", repository.Question{Count: true})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := h.Config(ctx, g); err != nil {
			t.Fatal(err)
		}
		if _, err := h.Suggest(ctx, g, "contact", "tags", "", 5); err != nil {
			t.Fatal(err)
		}
		return list.Total
	}
	names(t.Context())
	w.asked.Store(0)
	if n := names(t.Context()); n != 1 || w.asked.Load() != 3 {
		t.Errorf("%d records, the log was asked %d times", n, w.asked.Load())
	}
	ctx := catalog.Pin(t.Context())
	w.asked.Store(0)
	if n := names(ctx); n != 1 || w.asked.Load() != 1 {
		t.Errorf("pinned: %d records, the log was asked %d times", n, w.asked.Load())
	}
	other.contact(`{"firstName":"Piet"}`)
	if n := names(ctx); n != 1 {
		t.Errorf("later in the request: %d records", n)
	}
	if n := names(catalog.Pin(t.Context())); n != 2 {
		t.Errorf("in the next request: %d records", n)
	}
	if _, err := h.Repository.Create(ctx, h.Write(), "contact", []byte(`{"firstName":"An"}`)); err != nil {
		t.Fatal(err)
	}
	if n := names(ctx); n != 3 {
		t.Errorf("after a write of its own: %d records", n)
	}
	w.asked.Store(0)
	if n := names(ctx); n != 3 || w.asked.Load() != 0 {
		t.Errorf("then again: %d records, the log was asked %d times", n, w.asked.Load())
	}
}

// Records are found by the names of those they are linked with, whether those are indexed, users or settings.
func TestNamesOfAllKinds(t *testing.T) {
	h := open(t, repositorytest.Options{})
	h.Settings(repositorytest.Block)
	section := h.Create("entity", `{"name":"Youth section"}`).Base().ID
	user := h.Create("user", `{"name":"Els De Vos","email":"els@example.org","role":"editor","language":"nl"}`).Base().ID
	jan := h.contact(`{"firstName":"Jan","entity":"` + section + `","operator":"` + user + `"}`).ID
	an := h.contact(`{"firstName":"An","entity":"ent_root"}`).ID
	firm := h.Create("company", `{"name":"Acme Belgium","companyKind":"supplier","contacts":[{"contact":"`+jan+`"}]}`).Base().ID
	h.Create("family", `{"name":"Peeters","members":[{"contact":"`+an+`","role":"parent"}]}`)
	check := func(q string, want ...string) {
		t.Helper()
		for _, p := range []house{h, h.again()} {
			list, err := p.List(t.Context(), h.Grant(policy.Owner), "contact", repository.Question{Text: q, Limit: 10})
			if err != nil || !slices.Equal(list.IDs, want) {
				t.Errorf("%s finds %v, %v; want %v", q, list.IDs, err, want)
			}
		}
	}
	check("entity:youth", jan)
	check("entity:choir", an) // the root is called as the organisation is
	check("entity:ent_root", an)
	check("operator:vos", jan)
	check("operator:\"de els\"", jan)
	check("-operator:*", an)
	check("acme", jan)
	check("jan belg", jan)
	check("an acme")
	check("company:acme", jan)
	check("-company:*", an)
	check("company:"+firm, jan)
	check("family:peeters", an)
	check("peeters") // families do not lend their names to words
	check("family.members.role:parent", an)
	check("company.companyKind:supplier", jan)
	if _, err := h.Patch(t.Context(), h.Write(), "entity", section, repository.AnyVersion, []byte(`{"name":"Seniors"}`)); err != nil {
		t.Fatal(err)
	}
	check("entity:senior", jan)
	check("entity:youth")
	if _, err := h.Trash(t.Context(), h.Write(), "company", firm, repository.AnyVersion); err != nil {
		t.Fatal(err)
	}
	check("acme") // what lies in the trash lends nothing
}
