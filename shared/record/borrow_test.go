package record_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/muster-crm/muster/shared/index"
	"github.com/muster-crm/muster/shared/policy"
	"github.com/muster-crm/muster/shared/query"
	"github.com/muster-crm/muster/shared/record"
)

type client struct {
	record.Meta
	First string `json:"first,omitempty" field:"find=words"`
	Last  string `json:"last,omitempty" field:"find=words"`
	Born  string `json:"born,omitempty" field:"class=contact"`
	Agent string `json:"agent,omitempty" field:"ref=agent,alias=helper"`
}

type shop struct {
	record.Meta
	Name    string        `json:"name,omitempty" field:"required,find=words"`
	Size    int           `json:"size,omitempty"`
	Cost    *record.Money `json:"cost,omitempty"`
	Clients []visitor     `json:"clients,omitempty"`
	Chain   string        `json:"chain,omitempty" field:"ref=shop"`
}

type visitor struct {
	Who  string `json:"who,omitempty" field:"ref=client"`
	Role string `json:"role,omitempty" field:"list=gender,alias=function"`
}

type agent struct {
	record.Meta
	Name  string `json:"name,omitempty" field:"required"`
	Email string `json:"email,omitempty" field:"email"`
}

func market() (*record.Registry, *record.Kind, *record.Kind) {
	clients := record.Define[client]("client", "clients", "cli", record.Titled("first", "last"),
		record.Borrow(index.Borrow{Path: "shop", Kind: "shop", Link: "clients.who", Text: "name"}))
	shops := record.Define[shop]("shop", "shops", "shp")
	agents := record.Define[agent]("agent", "agents", "age", record.Unindexed())
	return record.NewRegistry(clients, shops, agents), clients, shops
}

func TestTitledAndBorrowed(t *testing.T) {
	r, clients, shops := market()
	if err := r.Check(hasList); err != nil {
		t.Fatal(err)
	}
	if s := clients.Schema(nil); !slices.Equal(s.Title, []string{"first", "last"}) || len(s.Borrows) != 1 || s.Borrows[0].Path != "shop" {
		t.Errorf("the index learns %+v", s)
	}
	if s := shops.Schema(nil); !slices.Equal(s.Title, []string{"name"}) || !shops.Named() {
		t.Errorf("shops are titled %v", s.Title)
	}
	agents, _ := r.Kind("agent")
	want := index.Schema{Kind: "agent", Title: []string{"name"}, Columns: []index.Column{{Path: "name", Type: query.TypeText, Class: policy.Public}}}
	if diff := cmp.Diff(want, agents.Names()); diff != "" {
		t.Errorf("of agents the index learns: %s", diff)
	}
	if labels.Named() {
		t.Error("labels have no name")
	}
}

func TestBorrowMistakes(t *testing.T) {
	k := record.Define[client]("client", "clients", "cli", record.Titled("first", "born", "none", "agent"),
		record.Borrow(index.Borrow{Path: "last", Kind: "shop", Link: "clients.who"}),
		record.Borrow(index.Borrow{Path: "a", Kind: "none", Link: "clients.who"}),
		record.Borrow(index.Borrow{Path: "b", Kind: "shop", Link: "clients.role"}),
		record.Borrow(index.Borrow{Path: "c", Kind: "shop", Link: "chain"}),
		record.Borrow(index.Borrow{Path: "d", Kind: "shop", Link: "clients.who", Text: "size"}),
		record.Borrow(index.Borrow{Path: "e", Kind: "label", Link: "owner"}))
	err := record.NewRegistry(k, record.Define[shop]("shop", "shops", "shp"), labels).Check(hasList)
	if err == nil {
		t.Fatal("no mistake was found")
	}
	lines := strings.Split(err.Error(), "\n")
	for _, want := range []string{
		`client: titled by "born", which is no public text or number`,
		`client: titled by "none", which is no public text or number`,
		`client: titled by "agent", which is no public text or number`,
		`client: last is a field, and where others lend their names`,
		`client: borrows from a kind there is not: none`,
		`client: borrows by shop.clients.role, which does not refer to it`,
		`client: borrows by shop.chain, which does not refer to it`,
		`client: borrows from shop, which has no such text to lend`,
		`client: borrows by label.owner, which does not refer to it`,
		`client: borrows from label, which has no such text to lend`,
	} {
		if !slices.Contains(lines, want) {
			t.Errorf("not reported: %s", want)
		}
	}
}

// Behind a path that leads to another kind stand the fields of that kind.
func TestLinkedQueryFields(t *testing.T) {
	r, clients, shops := market()
	own := []record.CustomField{{Kind: "shop", Name: "extra", Type: "number"}}
	for _, c := range []struct {
		k          *record.Kind
		name, want string
	}{
		{clients, "first", "first text"},
		{clients, "shop", "shop code"},
		{clients, "SHOP", "shop code"},
		{clients, "shop.name", "shop.name text"},
		{clients, "shop.cost", "shop.cost.amount number 2"},
		{clients, "shop.function", "shop.clients.role code values"},
		{clients, "shop.chain", "shop.chain code"},
		{clients, "shop.chain.chain.size", "shop.chain.chain.size number"},
		{clients, "shop.clients.who.Last", "shop.clients.who.last text"},
		{clients, "shop.is", ""},
		{clients, "shop.", ""},
		{clients, ".name", ""},
		{clients, "agent", "agent code"},
		{clients, "helper", "agent code"},
		{clients, "helper.name", ""}, // agents are not searched
		{clients, "nothing.name", ""},
		{clients, "last.name", ""},
		{shops, "clients.who.shop", "clients.who.shop code"},
		{shops, "client", ""},
	} {
		got := ""
		if f, ok := r.QueryFields(c.k, own).Field(c.name); ok {
			got = f.Path + " " + string(f.Type)
			if f.Values != nil {
				got += " values"
			}
			if f.Decimals > 0 {
				got += " 2"
			}
		}
		if got != c.want {
			t.Errorf("%s knows %q as %q, want %q", c.k.Name, c.name, got, c.want)
		}
	}
}
