package acceptance

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// CLS-01: what somebody is to the organisation is one type from a list, changed at any time without losing anything.
func TestCLS01_ContactType(t *testing.T) {
	c := begin(t)
	types := []string{"member", "external", "donor", "volunteer", "supplier", "student", "partner", "customer"}
	t.Run("the list", func(t *testing.T) {
		kinds := c.call("GET", "/v1/kinds", nil).want(200)
		for _, field := range kinds.list("items.0.fields") {
			if dig(field, "name") == "type" {
				var values []string
				for _, v := range dig(field, "values").([]any) {
					values = append(values, v.(string))
				}
				slices.Sort(values)
				if diff := cmp.Diff(slices.Sorted(slices.Values(types)), values); diff != "" {
					t.Error(diff)
				}
				return
			}
		}
		t.Errorf("no type among the fields of contacts: %s", kinds.raw)
	})
	t.Run("one per contact", func(t *testing.T) {
		if a := c.call("POST", "/v1/contacts", with()).want(201); a.text("type") != "member" {
			t.Errorf("type %q where none is said", a.text("type"))
		}
		c.refused(with("type", "wizard"), "type", "bad_choice")
		c.refused(with("type", []any{"member", "donor"}), "type", "bad_type")
	})
	t.Run("changed at any time, nothing lost", func(t *testing.T) {
		id := c.contact(map[string]any{"firstName": "Change", "lastName": "Able", "birthDate": "1980-05-01", "tags": []any{"board"}, "emails": list(email("change@example.org")),
			"phones": list(mobile("0471 56 54 31")), "addresses": list(map[string]any{"town": "Gent"}), "externalIds": map[string]any{"shop": "1"}})
		before, _ := c.get(id).body.(map[string]any)
		for i, typ := range append(types[1:], types[0]) {
			after, _ := c.patch(id, map[string]any{"type": typ}).want(200).body.(map[string]any)
			if after["type"] != typ || after["version"] != float64(i+2) {
				t.Fatalf("type %v, version %v", after["type"], after["version"])
			}
			for name, was := range before {
				if name != "type" && name != "version" && name != "updatedAt" {
					if diff := cmp.Diff(was, after[name]); diff != "" {
						t.Errorf("%s: %s", name, diff)
					}
				}
			}
			if n := c.total("change+type:" + typ); n != 1 {
				t.Errorf("type:%s finds %d", typ, n)
			}
		}
		if n := len(c.call("GET", "/v1/contacts/"+id+"/history?field=type", nil).want(200).list("items")); n < len(types) {
			t.Errorf("%d changes in the history", n)
		}
	})
}

// CLS-03: pending, active and withdrawn are built in; who has left is still found.
func TestCLS03_Status(t *testing.T) {
	c := begin(t)
	t.Run("built in", func(t *testing.T) {
		for _, status := range []string{"pending", "active", "withdrawn"} {
			c.contact(map[string]any{"firstName": "Person", "lastName": status, "status": status})
			c.finds("status:"+status, "Person "+status)
		}
		c.refused(with("status", "retired"), "status", "bad_choice")
	})
	t.Run("active where none is said", func(t *testing.T) {
		if a := c.call("POST", "/v1/contacts", with()).want(201); a.text("status") != "active" {
			t.Errorf("status %q", a.text("status"))
		}
	})
	t.Run("withdrawn stay searchable", func(t *testing.T) {
		c.finds("person withdrawn", "Person withdrawn")
		if got := c.names("", ""); !slices.Contains(got, "Person withdrawn") {
			t.Errorf("the list has %q", got)
		}
	})
}

// CLS-04: tags are free labels, made by using them; spellings that differ in case or accents alone are one tag.
func TestCLS04_Tags(t *testing.T) {
	c := begin(t)
	t.Run("made while typing", func(t *testing.T) {
		a := c.call("POST", "/v1/contacts", map[string]any{"firstName": "First", "tags": []any{"Comité", "U12"}}).want(201)
		if diff := cmp.Diff([]any{"Comité", "U12"}, a.at("tags")); diff != "" {
			t.Error(diff)
		}
		c.finds(`tag:"u12"`, "First")
	})
	t.Run("up to 50 characters, 50 a contact", func(t *testing.T) {
		c.contact(with("tags", []any{strings.Repeat("é", 50)}))
		c.refused(with("tags", []any{strings.Repeat("é", 51)}), "tags[0]", "too_long")
		var many []any
		for i := range 51 {
			many = append(many, fmt.Sprint("tag ", i))
		}
		c.contact(with("tags", many[:50]))
		c.refused(with("tags", many), "tags", "too_many")
	})
	t.Run("spellings are one tag", func(t *testing.T) {
		a := c.call("POST", "/v1/contacts", map[string]any{"firstName": "Second", "tags": []any{"COMITE", "comité", "u12"}}).want(201)
		if diff := cmp.Diff([]any{"Comité", "U12"}, a.at("tags")); diff != "" {
			t.Error(diff)
		}
		c.finds("tag:comite", "First", "Second")
		facet := c.call("POST", "/v1/search/contact", map[string]any{"facets": []any{"tags"}, "limit": 0}).want(200)
		spelled := 0
		for _, b := range facet.list("facets.tags") {
			if name, _ := dig(b, "values.0").(string); strings.EqualFold(name, "comité") || strings.EqualFold(name, "comite") {
				if spelled++; dig(b, "count") != float64(2) {
					t.Errorf("counted %v", b)
				}
			}
		}
		if spelled != 1 {
			t.Errorf("facets %s", facet.raw)
		}
	})
	t.Run("spellings made at once are one tag", func(t *testing.T) {
		spellings := []string{"Élan", "elan", "ELAN", "élan"}
		c.parallel(len(spellings), func(i int) (*answer, error) {
			return c.send("POST", "/v1/contacts", map[string]any{"firstName": "Racer", "tags": []any{spellings[i]}})
		})
		if n := c.total("tag:elan"); n != len(spellings) {
			t.Errorf("tag:elan finds %d", n)
		}
	})
}
