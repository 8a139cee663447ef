package acceptance

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
)

// names gives the names a query finds, in order.
func (c *client) names(q, sort string) []string {
	c.t.Helper()
	a := c.call("GET", "/v1/contacts?limit=200&q="+url.QueryEscape(q)+"&sort="+url.QueryEscape(sort), nil).want(200)
	names := []string{}
	for _, item := range a.list("items") {
		name := fmt.Sprint(dig(item, "firstName"))
		if last, ok := dig(item, "lastName").(string); ok {
			name += " " + last
		}
		names = append(names, name)
	}
	return names
}

func (c *client) finds(q string, want ...string) {
	c.t.Helper()
	got := c.names(q, "")
	slices.Sort(want)
	slices.Sort(got)
	if !slices.Equal(got, want) {
		c.t.Errorf("%q finds %q, want %q", q, got, want)
	}
}

// club makes a few people to look for.
func club(t *testing.T) *client {
	c := begin(t)
	for _, p := range []map[string]any{
		{"firstName": "Jan", "lastName": "Peeters", "birthDate": "1980-05-01", "tags": []any{"board"},
			"emails": []any{map[string]any{"address": "jan.peeters@example.org"}}, "phones": []any{map[string]any{"line": "mobile", "number": "0471 56 54 31"}}},
		{"firstName": "Peter", "lastName": "Jansen", "birthDate": "2010-07-15", "status": "pending"},
		{"firstName": "Zoë", "lastName": "D'Hondt", "type": "donor", "addresses": []any{map[string]any{"street": "Kerkstraat", "number": "1", "postcode": "9000", "town": "Gent", "country": "BE"}}},
		{"firstName": "André", "lastName": "Élise", "newsletter": true},
		{"firstName": "Wout", "prefix": "Van den", "lastName": "Berghe"},
		{"firstName": "Christine", "lastName": "Vandamme", "status": "withdrawn"},
	} {
		c.contact(p)
	}
	return c
}

// SRCH-01: all contacts but the trash, by last name, sortable by any column, with their total.
func TestSRCH01_ContactList(t *testing.T) {
	c := club(t)
	t.Run("by last name", func(t *testing.T) {
		got := c.names("", "")
		want := []string{"Zoë D'Hondt", "André Élise", "Peter Jansen", "Jan Peeters", "Wout Berghe", "Christine Vandamme"}
		if !slices.Equal(got, want) {
			t.Errorf("order %q, want %q", got, want)
		}
	})
	t.Run("sortable by any column, both ways", func(t *testing.T) {
		list := c.call("GET", "/v1/contacts?sort=birthDate", nil).want(200)
		if list.text("items.0.firstName") != "Jan" || list.text("items.1.firstName") != "Peter" {
			t.Errorf("by birth date: %s", list.raw)
		}
		if got := c.names("", "-birthDate")[0]; got != "Peter Jansen" {
			t.Errorf("youngest first: %s", got)
		}
		members, _ := list.at("items.0").(map[string]any)
		for column := range members {
			if _, plain := members[column].([]any); !plain && column != "kind" && column != "newsletter" {
				c.call("GET", "/v1/contacts?sort=-"+column, nil).want(200)
			}
		}
		c.call("GET", "/v1/contacts?sort=colour", nil).want(422)
	})
	t.Run("total shown, without the trash", func(t *testing.T) {
		id := c.contact(map[string]any{"firstName": "Gone"})
		c.call("DELETE", "/v1/contacts/"+id, nil, "If-Match", `"1"`).want(200)
		if n := c.call("GET", "/v1/contacts?count=true&limit=1", nil).number("total"); n != 6 {
			t.Errorf("total %d, want 6", n)
		}
	})
}

// SRCH-04: one box finds by name, e-mail, phone and number; all words must match.
func TestSRCH04_ListSearch(t *testing.T) {
	c := club(t)
	number := c.call("GET", "/v1/contacts?q=zoe", nil).number("items.0.number")
	for q, want := range map[string][]string{
		"jan":                     {"Jan Peeters", "Peter Jansen"},
		"jan pe":                  {"Jan Peeters", "Peter Jansen"},
		"jan peet":                {"Jan Peeters"},
		"jan peeters":             {"Jan Peeters"},
		"jan.peeters@example.org": {"Jan Peeters"},
		"peeters@example":         {"Jan Peeters"},
		"0471565431":              {"Jan Peeters"},
		"471 56 54":               {"Jan Peeters"},
		fmt.Sprint(number):        {"Zoë D'Hondt"},
		"jan nobody":              {},
	} {
		t.Run(q, func(t *testing.T) { c.t = t; c.finds(q, want...) })
	}
	t.Run("by the name of a company", func(t *testing.T) {
		c.t = t
		id, _ := c.call("GET", "/v1/contacts?q=zoe", nil).at("items.0.id").(string)
		c.create("companies", map[string]any{"name": "Quiet Harbour", "contacts": list(function(id, "director"))})
		c.finds("quiet harbour", "Zoë D'Hondt")
		c.finds("harbour jan")
	})
	t.Run("one box above the list, which follows the typing", func(t *testing.T) {
		b := c.tab(t)
		b.open("/contacts")
		b.Type("main [type=search]", "jan peet")
		b.Until(`document.querySelectorAll('#results a.row-link').length === 1`)
		b.holds("#results", "Jan Peeters")
		b.Until(`new URLSearchParams(location.search).get('q') === 'jan peet'`)
	})
	t.Run("no match says so and offers Add", func(t *testing.T) {
		b := c.tab(t)
		b.open("/contacts?q=jan+nobody")
		b.holds("#results", "jan nobody")
		b.Follow(`#results a[href^="/contacts/new"]`)
		if b.value("[name=firstName]") != "jan" || b.value("[name=lastName]") != "nobody" {
			t.Errorf("the form begins with %q %q", b.value("[name=firstName]"), b.value("[name=lastName]"))
		}
	})
}

// SRCH-05: a name in either order, by the beginnings of its words.
func TestSRCH05_NameInEitherOrder(t *testing.T) {
	c := club(t)
	for _, q := range []string{"christine vandamme", "vandamme christine", "chris vand", "vand chris"} {
		t.Run(q, func(t *testing.T) { c.t = t; c.finds(q, "Christine Vandamme") })
	}
	t.Run("with its prefix", func(t *testing.T) { c.t = t; c.finds("van den berghe wout", "Wout Berghe") })
	t.Run("not from the middle of a word", func(t *testing.T) { c.t = t; c.finds("damme") })
}

// SRCH-06: pages of 25, 50, 100 or 200 and nothing beyond.
func TestSRCH06_RowsPerPage(t *testing.T) {
	c := club(t)
	for limit, status := range map[string]int{"25": 200, "50": 200, "100": 200, "200": 200, "201": 422, "0": 422, "-1": 422, "many": 422} {
		t.Run(limit, func(t *testing.T) { c.t = t; c.call("GET", "/v1/contacts?limit="+limit, nil).want(status) })
	}
	t.Run("50 by default, and what was chosen stays", func(t *testing.T) {
		c := begin(t)
		var people []any
		for i := range 60 {
			people = append(people, map[string]any{"firstName": "Row", "lastName": fmt.Sprint(i)})
		}
		c.call("POST", "/v1/contacts/batch", map[string]any{"items": people}).want(200)
		b := c.tab(t)
		for _, at := range []struct {
			path string
			rows int
		}{{"/contacts", 50}, {"", 25}, {"/contacts", 25}, {"/contacts?q=row", 25}, {"/contacts?rows=100", 60}, {"/contacts", 25}} {
			if at.path == "" {
				b.Follow(`.per-page button[value="25"]`)
			} else {
				b.open(at.path)
			}
			if n := b.count("#results a.row-link"); n != at.rows {
				t.Errorf("%s shows %d rows, want %d", at.path, n, at.rows)
			}
		}
		t.Run("in another browser too, and for nobody else", func(t *testing.T) {
			other := c.site.signIn(t, loginOf("Testers"), password).tab(t)
			other.open("/contacts")
			if n := other.count("#results a.row-link"); n != 25 {
				t.Errorf("%d rows", n)
			}
			colleague := c.user("colleague@example.org", "reader", another).tab(t)
			colleague.open("/contacts")
			if n := colleague.count("#results a.row-link"); n != 50 {
				t.Errorf("%d rows for a colleague", n)
			}
		})
		b.open("/contacts?rows=30")
		if b.count("#results a.row-link") != 0 {
			t.Error("30 rows are not refused")
		}
	})
}

// SRCH-15: case, accents and one typo in words of five letters or more are forgiven; exact matches come first.
func TestSRCH15_TolerantSearch(t *testing.T) {
	c := club(t)
	t.Run("case and accents", func(t *testing.T) {
		c.t = t
		c.finds("ZOE dhondt", "Zoë D'Hondt")
		c.finds("elise", "André Élise")
		c.finds("ÉLISE", "André Élise")
	})
	t.Run("one typo in words of five letters or more", func(t *testing.T) {
		c.t = t
		for _, q := range []string{"peetres", "peters jan", "peeeters", "peetrs"} {
			if got := c.names(q, ""); !slices.Contains(got, "Jan Peeters") {
				t.Errorf("%q finds %q", q, got)
			}
		}
		c.finds("zor") // three letters: no typo is forgiven
	})
	t.Run("phones in national and international notation", func(t *testing.T) {
		c.t = t
		for _, q := range []string{"0471565431", "+32471565431", "0032471565431", "0471 56 54 31", "+32 471 56 54 31"} {
			c.finds(q, "Jan Peeters")
		}
	})
	t.Run("exact first", func(t *testing.T) {
		c.contact(map[string]any{"firstName": "Aaron", "lastName": "Petersen"})
		c.contact(map[string]any{"firstName": "Zeno", "lastName": "Peterzen"})
		got := c.names("peterzen", "")
		if len(got) == 0 || got[0] != "Zeno Peterzen" {
			t.Errorf("order %q", got)
		}
	})
}

// SRCH-16: what was saved is found by the next request, and results page to the end.
func TestSRCH16_FreshAndCompleteResults(t *testing.T) {
	c := begin(t)
	t.Run("found by the request that follows its save", func(t *testing.T) {
		for i := range 20 {
			name := fmt.Sprintf("Fresh%c", 'a'+i)
			id := c.contact(map[string]any{"firstName": name})
			a := c.call("GET", "/v1/contacts?q="+name, nil).want(200)
			if a.text("items.0.id") != id {
				t.Fatalf("%s is not found: %s", name, a.raw)
			}
			renamed := strings.Replace(name, "Fresh", "Again", 1)
			c.call("PATCH", "/v1/contacts/"+id, map[string]any{"firstName": renamed}, "If-Match", `"1"`).want(200)
			if n := c.call("GET", "/v1/contacts?count=true&q="+name, nil).number("total"); n != 0 {
				t.Fatalf("%s is still found", name)
			}
		}
	})
	t.Run("pages to the end, each record once", func(t *testing.T) {
		var items []any
		for i := range 100 {
			items = append(items, map[string]any{"firstName": "Page", "lastName": fmt.Sprintf("Nr%03d", i)})
		}
		for range 3 {
			c.call("POST", "/v1/contacts/batch", map[string]any{"items": items}).want(200)
		}
		for _, limit := range []int{1 + 12, 50, 200} {
			ids := c.pages(fmt.Sprintf("/v1/contacts?limit=%d&q=page", limit))
			slices.Sort(ids)
			if len(ids) != 300 || len(slices.Compact(ids)) != 300 {
				t.Errorf("limit %d: %d ids", limit, len(ids))
			}
		}
	})
	t.Run("also while records are added in between", func(t *testing.T) {
		a := c.call("GET", "/v1/contacts?limit=100&q=page", nil).want(200)
		c.contact(map[string]any{"firstName": "Page", "lastName": "Aaa"})
		seen := map[any]bool{}
		for _, item := range a.list("items") {
			seen[dig(item, "id")] = true
		}
		for cursor := a.text("next"); cursor != ""; {
			a = c.call("GET", "/v1/contacts?limit=100&q=page&cursor="+cursor, nil).want(200)
			for _, item := range a.list("items") {
				if seen[dig(item, "id")] {
					t.Fatal("a record twice")
				}
				seen[dig(item, "id")] = true
			}
			cursor = a.text("next")
		}
		if len(seen) != 300 {
			t.Errorf("%d records, want the 300 there were", len(seen))
		}
	})
}
