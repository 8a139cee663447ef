package index

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/muster-crm/muster/shared/fault"
	"github.com/muster-crm/muster/shared/fold"
	"github.com/muster-crm/muster/shared/policy"
	"github.com/muster-crm/muster/shared/query"
)

// linkTerm makes a condition on a link of a kind.
func (s *society) linkTerm(kind string) query.Expr {
	op := func() query.Op { return pick(s.world, query.Has, query.Has, query.Is, query.Contains, query.Filled) }
	company := func() string {
		return pick(s.world, s.part(pick(s.world, companyNames...)), pick(s.world, companyNames...), s.ref("company"), "belg acm", "-")
	}
	person := func() string {
		return pick(s.world, pick(s.world, firstNames...), pick(s.world, firstNames...)+" "+s.part(pick(s.world, lastNames...)), s.ref("person"))
	}
	switch kind {
	case "company":
		switch s.IntN(5) {
		case 0:
			return query.Term{Field: "parent", Op: op(), Value: company()}
		case 1:
			return query.Term{Field: "contacts.contact.age", Op: query.AtLeast, Value: "40"}
		case 2:
			return query.Term{Field: "contacts.contact.company", Op: op(), Value: company()}
		case 3:
			return query.Term{Field: "parent.parent.parent", Op: op(), Value: company()}
		}
		return query.Term{Field: "contacts.contact", Op: op(), Value: person()}
	case "ticket":
		switch s.IntN(4) {
		case 0:
			return query.Term{Field: "owner", Op: op(), Value: pick(s.world, company(), person())}
		case 1:
			return query.Term{Field: "helper.company", Op: op(), Value: company()}
		case 2:
			return query.Term{Field: pick(s.world, "owner.size", "owner.age", "helper.company.size"), Op: pick(s.world, query.Is, query.More), Value: "3"}
		}
		return query.Term{Field: "helper.company.parent", Op: op(), Value: company()}
	}
	switch s.IntN(5) {
	case 0:
		return query.Term{Field: "nick", Op: op(), Value: pick(s.world, "bread", "iron", "works Ir", "Bread")}
	case 1:
		return query.Term{Field: "company.size", Op: pick(s.world, query.Is, query.Less, query.AtLeast), Value: "2"}
	case 2:
		return query.Term{Field: pick(s.world, "company.parent", "company.contacts.contact"), Op: op(), Value: pick(s.world, company(), person())}
	case 3:
		return query.Term{Field: "ticket", Op: op(), Value: pick(s.world, "lost", "jan", "Lost key", "key lost")}
	}
	return query.Term{Field: "company", Op: op(), Value: company()}
}

func (s *society) linkExpr(kind string, depth int) query.Expr {
	if depth > 0 && s.chance(60) {
		var and query.And
		for range 1 + s.IntN(3) {
			and = append(and, s.linkExpr(kind, depth-1))
		}
		switch s.IntN(4) {
		case 0:
			return query.Not{Expr: and[0]}
		case 1:
			return query.Or(and)
		}
		return and
	}
	switch {
	case s.chance(50):
		return s.linkTerm(kind)
	case s.chance(60) || kind != "person":
		word := s.part(pick(s.world, append(companyNames, lastNames...)...))
		if s.chance(30) {
			return query.Text{Words: s.typo(pick(s.world, "Bakkerij", "Belgium", "Peeters", "Garage"))}
		}
		if s.chance(20) {
			return query.Text{Words: pick(s.world, companyNames...), Phrase: true}
		}
		return query.Text{Words: word}
	}
	return s.expr(1)
}

func (s *society) check() {
	s.t.Helper()
	kind := pick(s.world, "person", "person", "company", "ticket")
	e := s.linkExpr(kind, 2)
	all, levels := s.model[kind].find(e, []Sort{{Path: "id"}})
	want := slices.DeleteFunc(all, s.orphan)
	req := Request{Where: e, Sort: []Sort{{Path: "id"}}, Limit: 1 + s.IntN(100), Count: true, Now: now, Grant: grant(policy.Owner)}
	var got []string
	for {
		a, err := s.views[kind].Find(req)
		if err != nil {
			s.t.Fatalf("%#v: %v", e, err)
		}
		if a.Total != len(want) {
			s.t.Errorf("%s %#v: total %d, want %d", kind, e, a.Total, len(want))
		}
		for _, hit := range a.Hits {
			got = append(got, hit.ID)
			if hit.Exact != (levels[hit.ID] <= typed) {
				s.t.Errorf("%s %#v: %s is exact: %v", kind, e, hit.ID, hit.Exact)
			}
		}
		if a.Next == nil {
			break
		}
		req.After = a.Next
	}
	var ids []string
	for _, r := range want {
		ids = append(ids, r.id)
	}
	if diff := cmp.Diff(ids, got); diff != "" {
		s.t.Fatalf("%s %#v: %s", kind, e, diff)
	}
	if kind == "person" && hasText(e) {
		ranked, err := s.views[kind].Find(Request{Where: e, Limit: 1000, Now: now, Grant: grant(policy.Owner)})
		if err != nil {
			s.t.Fatal(err)
		}
		if !slices.IsSortedFunc(ranked.Hits, func(a, b Hit) int { return int(levels[a.ID]) - int(levels[b.ID]) }) {
			s.t.Errorf("%#v: not the best first", e)
		}
	}
}

// facets counts people by their companies.
func (s *society) facets() {
	s.t.Helper()
	e := s.linkExpr("person", 1)
	a, err := s.views["person"].Find(Request{Where: e, Now: now, Facets: [][]string{{"company"}, {"type", "company"}}, Grant: grant(policy.Owner)})
	if err != nil {
		s.t.Fatal(err)
	}
	list, _ := s.model["person"].find(e, nil)
	want := []map[string]int{{}, {}}
	for _, r := range list {
		ids := []string{}
		for _, c := range s.holders("company", "contacts.contact", r.id) {
			ids = append(ids, c.id)
		}
		for _, id := range distinct(ids) {
			want[0][id]++
			want[1][r.data["type"].(string)+"|"+id]++
		}
	}
	got := []map[string]int{{}, {}}
	for i, group := range a.Facets {
		for _, b := range group {
			got[i][strings.Join(b.Values, "|")] += b.Count
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		s.t.Errorf("%#v: %s", e, diff)
	}
}

// Following links finds what the obvious way finds, whatever came when.
func TestLinksAgreeWithTheModel(t *testing.T) {
	for seed := range uint64(5) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			s := newSociety(t, seed, [][]int{{1, 1, 1}, {40, 300, 0}, {300, 40, 300}, {600, 0, 300}}[seed%4]...)
			for _, n := range []int{0, 3, 60, 500, 700, 20} {
				s.change(n)
				for range 20 {
					s.check()
				}
				s.facets()
			}
		})
	}
}

// Of linked records, titles and ids are suggested with the number of records each is linked with.
func TestSuggestLinked(t *testing.T) {
	s := newSociety(t, 5, 200, 200, 200)
	for _, n := range []int{0, 300} {
		s.change(n)
		for _, c := range []struct{ kind, path, prefix string }{
			{"person", "company", ""}, {"person", "company", "Acm"}, {"person", "nick", "wor"}, {"person", "company", "belg ac"},
			{"company", "contacts.contact", "peet"}, {"company", "parent", ""}, {"ticket", "owner", "jan"}, {"ticket", "owner", "zon"},
		} {
			want := map[string]int{}
			for _, r := range s.model[c.kind].records {
				if s.live(c.kind, r.id) == nil {
					continue
				}
				seen := map[string]bool{}
				others, _ := s.linked(r, c.path)
				for _, other := range others {
					title := strings.Join(other.titleParts(c.path), " ")
					if !seen[other.id] && !slices.ContainsFunc(fold.Words(c.prefix), func(w string) bool {
						return !slices.ContainsFunc(modelWords(title), func(word string) bool { return strings.HasPrefix(word, w) })
					}) {
						want[title+" "+other.id]++
					}
					seen[other.id] = true
				}
			}
			got := map[string]int{}
			last := 1 << 30
			for _, b := range s.views[c.kind].Suggest(c.path, c.prefix, 10000, grant(policy.Owner)) {
				got[strings.Join(b.Values, " ")] = b.Count
				if b.Count > last {
					t.Errorf("%v: not the most used first", c)
				}
				last = b.Count
			}
			if diff := cmp.Diff(want, got); diff != "" || len(want) == 0 {
				t.Errorf("%v: %s", c, diff)
			}
		}
	}
}

func build(t *testing.T, schema Schema, records map[string]string) *View {
	t.Helper()
	b := NewBuilder(schema)
	for id, value := range records {
		if err := b.Add(Change{ID: id, Revision: 1, Value: []byte(value)}); err != nil {
			t.Fatal(err)
		}
	}
	return b.View(1)
}

// Links follow the rights of who asks: a column the grant may not read finds nothing and is not there.
func TestLinksUnderGrants(t *testing.T) {
	firm := func(link, name policy.Class) Schema {
		return Schema{Kind: "company", Title: []string{"name"}, Columns: []Column{
			{Path: "name", Type: query.TypeText, Class: name, How: Words},
			{Path: "people", Type: query.TypeCode, Class: link, List: "people", Refs: []string{"person"}},
			{Path: "profit", Type: query.TypeNumber, Class: policy.Finance},
		}}
	}
	person := Schema{Kind: "person", Title: []string{"name"}, Columns: []Column{{Path: "name", Type: query.TypeText, Class: policy.Public, How: Words}},
		Borrows: []Borrow{{Path: "company", Kind: "company", Link: "people"}}}
	term := func(field string, op query.Op, value string) query.Expr {
		return query.Term{Field: field, Op: op, Value: value}
	}
	for _, c := range []struct {
		name       string
		link, text policy.Class
		where      query.Expr
		role       policy.Role
		want       int // -1: there is no such field
	}{
		{"all may be read", policy.Public, policy.Public, query.Text{Words: "acme"}, policy.Reader, 1},
		{"the name may not", policy.Public, policy.Finance, query.Text{Words: "acme"}, policy.Reader, 0},
		{"but it may by others", policy.Public, policy.Finance, query.Text{Words: "acme"}, policy.Editor, 1},
		{"the link may not", policy.Finance, policy.Public, query.Text{Words: "acme"}, policy.Reader, 0},
		{"by name", policy.Public, policy.Public, term("company", query.Has, "acme"), policy.Reader, 1},
		{"by a name that may not be read", policy.Public, policy.Finance, term("company", query.Has, "acme"), policy.Reader, 0},
		{"by id all the same", policy.Public, policy.Finance, term("company", query.Is, "com_1"), policy.Reader, 1},
		{"over a link that may not", policy.Finance, policy.Public, term("company", query.Is, "com_1"), policy.Reader, -1},
		{"whether there is any", policy.Finance, policy.Public, term("company", query.Filled, ""), policy.Reader, -1},
		{"another column", policy.Public, policy.Public, term("company.profit", query.More, "5"), policy.Reader, -1},
		{"another column by others", policy.Public, policy.Public, term("company.profit", query.More, "5"), policy.Editor, 1},
		{"no such column", policy.Public, policy.Public, term("company.losses", query.More, "5"), policy.Owner, -1},
		{"the trash beyond a link", policy.Public, policy.Public, term("company.is", query.Is, "trashed"), policy.Owner, -1},
		{"too far", policy.Public, policy.Public, term("company.people.company.people.name", query.Has, "jan"), policy.Owner, -1},
		{"far", policy.Public, policy.Public, term("company.people.company.name", query.Has, "acme"), policy.Owner, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			views := map[string]*View{
				"person":  build(t, person, map[string]string{"per_1": `{"name":"Jan"}`, "per_2": `{"name":"An"}`}),
				"company": build(t, firm(c.link, c.text), map[string]string{"com_1": `{"name":"Acme","people":["per_1"],"profit":7}`}),
			}
			a, err := views["person"].Beside(views).Find(Request{Where: c.where, Count: true, Now: now, Grant: grant(c.role)})
			if c.want < 0 {
				if f := (*fault.Fault)(nil); !errors.As(err, &f) || len(f.Fields) != 1 || f.Fields[0].Code != query.UnknownField {
					t.Fatalf("%v, want an unknown field", err)
				}
				return
			}
			if err != nil || a.Total != c.want {
				t.Errorf("%d found, %v; want %d", a.Total, err, c.want)
			}
			if got := len(views["person"].Beside(views).Suggest("company", "a", 5, grant(c.role))); (got > 0) != (c.text == policy.Public && c.link == policy.Public || c.role != policy.Reader) {
				t.Errorf("%d are suggested", got)
			}
		})
	}
}

// An operator that ids and titles have no use for is refused, and nothing follows links where a View stands alone.
func TestLinksRefused(t *testing.T) {
	s := newSociety(t, 1, 5, 5, 5)
	alone, err := s.views["person"].Apply(9, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		v    *View
		req  Request
		code string
	}{
		{s.views["person"], Request{Where: query.Term{Field: "company", Op: query.Less, Value: "b"}}, query.UnknownOperator},
		{s.views["person"], Request{Where: query.Term{Field: "company.size", Op: query.Contains, Value: "b"}}, query.UnknownOperator},
		{s.views["person"], Request{Where: query.Term{Field: "company.size", Op: query.Is, Value: "b"}}, query.BadValue},
		{s.views["person"], Request{Where: query.Term{Field: "nothing", Op: query.Is, Value: "b"}}, query.UnknownField},
		{s.views["person"], Request{Sort: []Sort{{Path: "company"}}}, query.UnknownField},
		{s.views["person"], Request{Sums: []string{"company"}}, query.UnknownField},
		{alone, Request{Where: query.Term{Field: "company", Op: query.Is, Value: "b"}}, query.UnknownField},
		{alone, Request{Facets: [][]string{{"company"}}}, query.UnknownField},
	} {
		c.req.Grant, c.req.Now = grant(policy.Owner), now
		_, err := c.v.Find(c.req)
		if f := (*fault.Fault)(nil); !errors.As(err, &f) || len(f.Fields) != 1 || f.Fields[0].Code != c.code {
			t.Errorf("%+v: %v, want %s", c.req, err, c.code)
		}
	}
}

// Titles are those of the records as they are, as far as they may be read.
func TestTitle(t *testing.T) {
	s := newSociety(t, 2, 100, 100, 100)
	s.change(200)
	for _, schema := range societySchemas {
		for _, r := range s.model[schema.Kind].records {
			title, trashed, ok := s.views[schema.Kind].Title(r.id, grant(policy.Reader))
			if r.data == nil {
				if ok {
					t.Errorf("%s %s is called %q, and is not there", schema.Kind, r.id, title)
				}
				continue
			}
			if want := strings.Join(append(r.values("ticketNumber"), r.titleParts("")...), " "); !ok || title != want || trashed != (r.trashed() || s.orphan(r)) {
				t.Errorf("%s %s is called %q, trashed %v, want %q", schema.Kind, r.id, title, trashed, want)
			}
			if _, _, ok := s.views[schema.Kind].Title(r.id, grant("")); ok {
				t.Error("a title for a grant that may read nothing")
			}
		}
	}
}

// Many follow links at once. The race detector says more than this test does.
func TestLinksForManyReaders(t *testing.T) {
	s := newSociety(t, 4, 300, 300, 300)
	s.change(100)
	var wait sync.WaitGroup
	for i := range 4 {
		reader := *s
		reader.world = world{rand.New(rand.NewPCG(uint64(i), 5))}
		wait.Go(func() {
			for range 40 {
				if _, err := reader.views["person"].Find(Request{Where: reader.linkTerm("person"), Now: now, Facets: [][]string{{"company"}}, Grant: grant(policy.Owner)}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wait.Wait()
}
