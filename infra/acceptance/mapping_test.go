package acceptance

import (
	"fmt"
	"strings"
	"testing"
)

// IMP-08: a mapping, with its key and rules, is kept by name and offered for the same headers; who may import sees, renames, deletes
// and brings back what is kept, its history says who did, and it goes where the organisation goes.
func TestIMP08_SavedMapping(t *testing.T) {
	c := begin(t)
	id := c.upload("x.csv", []byte("Voornaam;Wat;E-mail\nAnn;baker;ann@example.org\n"))
	c.call("GET", "/v1/imports/"+id, nil).want(200)
	c.call("POST", "/v1/imports/"+id+"/keep", map[string]any{"name": "Club list"}).want(409) // there is no plan yet
	columns := []any{map[string]any{"header": "Voornaam", "field": "firstName"}, map[string]any{"header": "Wat", "field": "occupation", "rule": "overwrite", "clear": true},
		map[string]any{"header": "E-mail", "field": "emails.address"}}
	c.call("PUT", "/v1/imports/"+id+"/plan", map[string]any{"mode": "merge", "matchKey": "email", "columns": columns}).want(200)
	kept := c.call("POST", "/v1/imports/"+id+"/keep", map[string]any{"name": "Club list"}, "Idempotency-Key", "once").want(200)
	if kept.text("matchKey") != "email" || kept.text("columns.1.rule") != "overwrite" || kept.text("mode") != "merge" {
		t.Errorf("kept %s", kept.raw)
	}
	again := c.call("POST", "/v1/imports/"+id+"/keep", map[string]any{"name": "Club list"}, "Idempotency-Key", "once").want(200)
	if again.text("id") != kept.text("id") || again.number("version") != kept.number("version") {
		t.Errorf("the repeated request: %s", again.raw)
	}
	at := "/v1/mappings/" + kept.text("id")

	t.Run("offered where headers match", func(t *testing.T) {
		c.t = t
		same, other := c.upload("y.csv", []byte("VOORNAAM;wat;E-mail\nBob;smith;bob@example.org\n")), c.upload("z.csv", []byte("Voornaam;Iets;E-mail\nBob;smith;bob@example.org\n"))
		for next, n := range map[string]int{same: 1, other: 0} {
			if a := c.call("GET", "/v1/mappings?import="+next, nil).want(200); len(a.list("items")) != n {
				t.Errorf("%d offered, want %d", len(a.list("items")), n)
			}
			page := c.pageOf("/imports/" + next + "/map")
			if strings.Contains(page, "Club list") != (n == 1) || strings.Contains(page, `<option value="occupation" selected>`) != (n == 1) {
				t.Errorf("on the page: %d offered", n)
			}
		}
	})
	t.Run("seen, renamed, deleted and brought back on its pages", func(t *testing.T) {
		c.t = t
		b := c.tab(t)
		b.open("/imports")
		b.Follow(`main a[href="/mappings"]`)
		b.holds("main", "Club list", "3 of 3", "Rows go into the contacts they match", "E-mail")
		b.Audit("mappings")
		if b.count(`nav a[href="/imports"][aria-current="page"]`) == 0 {
			t.Error("the navigation does not say where this is")
		}
		b.Follow(`main a[href="/mappings/` + kept.text("id") + `"]`)
		b.holds("main", "Wat", "Occupation", "Overwrites", "Empty cells clear it")
		b.Audit("a mapping")
		b.set(`[name="name"]`, "Members of the club")
		b.save("#mapping")
		b.holds("main", "Members of the club")
		b.open("/mappings/" + kept.text("id"))
		b.holds("#history", "Club list", "Members of the club")
		b.Click(".page-head .menu summary")
		b.Follow(`form[action$="/delete"] button`)
		b.holds("main", "No mappings yet", "1 deleted")
		if a := c.call("GET", "/v1/mappings", nil).want(200); len(a.list("items")) != 0 {
			t.Errorf("left %s", a.raw)
		}
		b.Click("main details summary")
		b.Follow(`main form[action$="/restore"] button`)
		b.holds("#results", "Members of the club")
	})
	t.Run("a record as any other", func(t *testing.T) {
		c.t = t
		c.call("PATCH", at, map[string]any{"name": "Club list"}, "If-Match", `"1"`).want(412)
		c.call("PATCH", at, map[string]any{"rule": "overwrite"}, "If-Match", "*").want(200)
		c.call("PATCH", at, map[string]any{"rule": "sometimes"}, "If-Match", "*").want(422)
		c.call("POST", "/v1/mappings", map[string]any{"name": "members of the CLUB"}).want(422)
		changes := c.call("GET", at+"/history", nil).want(200)
		if changes.text("items.0.changes.0.field") != "rule" || changes.text("items.0.actorName") == "" {
			t.Errorf("history %s", changes.raw)
		}
		c.call("POST", fmt.Sprintf("%s/history/%d/revert", at, changes.number("items.0.seq")), nil).want(200)
		if rule := c.call("GET", at, nil).want(200).text("rule"); rule != "fill" {
			t.Errorf("taken back, the rule is %q", rule)
		}
		reader := c.colleague("reader")
		reader.call("GET", at, nil).want(404)
		reader.call("GET", "/v1/mappings", nil).want(403)
		reader.call("POST", "/v1/mappings", map[string]any{"name": "Mine"}).want(403)
		reader.call("PATCH", at, map[string]any{"name": "Mine"}, "If-Match", "*").want(404)
	})
}

// mappingPages gives the addresses of the mappings of imports.
func (h *house) mappingPages() map[string][]address {
	id := h.call("POST", "/v1/mappings", map[string]any{"name": "List " + h.contact[len(h.contact)-6:], "mode": "merge", "matchKey": "externalId.legacy", "defaultCountry": "BE",
		"links": map[string]any{"group": "reject"}, "columns": []any{map[string]any{"header": "Naam <b>", "field": "lastName", "rule": "skip"}, map[string]any{"header": "Geboren", "field": "birthDate", "dateFormat": "dmy"},
			map[string]any{"header": "Rest"}}}).want(201).text("id")
	return map[string][]address{"/mappings": {{path: "/mappings"}}, "/mappings/{id}": {{path: "/mappings/" + id}, {path: "/mappings/map_nothing", status: 404}}}
}
