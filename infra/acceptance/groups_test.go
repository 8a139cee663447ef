package acceptance

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// place is a contact's place in a group.
func place(group string, pairs ...string) map[string]any {
	p := map[string]any{"group": group}
	for i := 0; i < len(pairs); i += 2 {
		p[pairs[i]] = pairs[i+1]
	}
	return p
}

// GRP-01: teams, workgroups and classes with a category, an entity, a season and room for some; the groups of a contact are
// on their profile, the members of a group on its page.
func TestGRP01_Groups(t *testing.T) {
	c := begin(t)
	season := c.create("seasons", map[string]any{"name": "2026-2027", "from": "2026-09-01", "to": "2027-08-31"})
	entity := c.create("entities", map[string]any{"name": "Youth"})
	full := map[string]any{"name": "U15", "category": "team", "entity": entity, "season": season, "capacity": 2, "description": "Trains on Friday."}
	id := c.create("groups", full)
	for path, want := range full {
		if a := c.at("groups/" + id); fmt.Sprint(a.at(path)) != fmt.Sprint(want) {
			t.Errorf("%s: %v", path, a.at(path))
		}
	}
	t.Run("bad input", func(t *testing.T) {
		for path, bad := range map[string]map[string]any{"name": {}, "category": {"name": "X", "category": "gang"}, "season": {"name": "X", "season": "sea_00000000000000000000000000"},
			"entity": {"name": "X", "entity": season}, "capacity": {"name": "X", "capacity": 0}} {
			if got := c.call("POST", "/v1/groups", bad).want(422).codes(); got[path] == "" {
				t.Errorf("%s: %v", path, got)
			}
		}
	})
	jan := c.contact(map[string]any{"firstName": "Jan", "lastName": "Peeters", "groups": list(place(id, "function", "coach", "from", "2020-01-01"))})
	els := c.contact(map[string]any{"firstName": "Els", "lastName": "Maes", "groups": list(place(id))})
	b := c.tab(t)
	t.Run("on the pages of both", func(t *testing.T) {
		b.open("/groups/" + id)
		b.holds("main", "Team", "2026-2027", "Youth", "2 of 2", "full", "Jan Peeters", "Coach", "Els Maes", "Trains on Friday.")
		b.Audit("a group")
		b.open("/groups/" + id + "/members")
		b.holds("#links", "Jan Peeters", "Coach", "Els Maes")
		b.Audit("members")
		b.open("/contacts/" + jan)
		b.holds("#block-groups", "U15", "Coach", "since")
		b.open("/contacts/" + els + "/groups")
		b.holds("#links", "U15")
		b.Audit("groups of a contact")
		b.open("/groups")
		b.holds("#results", "U15", "Team", "2026-2027")
	})
	t.Run("by season", func(t *testing.T) {
		c.create("groups", map[string]any{"name": "Old ones"})
		for q, want := range map[string]int{`season:"2026-2027"`: 1, "season:" + season: 1, "-season:*": 1, "": 2} {
			if n := len(c.call("GET", "/v1/groups?q="+url.QueryEscape(q), nil).want(200).list("items")); n != want {
				t.Errorf("%s finds %d, not %d", q, n, want)
			}
		}
	})
	t.Run("from the form", func(t *testing.T) {
		b.open("/groups/new")
		b.Type("[name=name]", "Class 3B")
		b.choose("[name=category]", "class")
		b.set("[name=capacity]", "25")
		b.save("form#group")
		b.holds("h1", "Class 3B")
		b.open("/groups?q=category:class")
		b.holds("#results", "Class 3B")
	})
	t.Run("in the trash nobody is in it, and restored everybody is again", func(t *testing.T) {
		c.call("DELETE", "/v1/groups/"+id, nil, "If-Match", "*").want(200)
		c.finds("group:u15")
		b.open("/contacts/" + jan)
		if strings.Contains(b.text("main"), "U15") && b.count("#block-groups") > 0 {
			t.Error("the group is named though it is in the trash")
		}
		c.call("POST", "/v1/groups/"+id+"/restore", nil).want(200)
		c.finds("group:u15", "Jan Peeters", "Els Maes")
	})
	t.Run("nobody else's", func(t *testing.T) {
		other := c.site.found(t, "Elsewhere")
		if got := other.call("POST", "/v1/contacts", map[string]any{"firstName": "Eve", "groups": list(place(id))}).want(422).codes(); got["groups[0].group"] != "bad_reference" {
			t.Errorf("%v", got)
		}
		other.call("GET", "/v1/groups/"+id, nil).want(404)
	})
	t.Run("without the right there is nothing to change", func(t *testing.T) {
		reader := c.user("reader@example.org", "reader", another)
		reader.call("POST", "/v1/groups", map[string]any{"name": "Mine"}).want(http.StatusForbidden)
		tab := reader.tab(t)
		tab.open("/groups/" + id + "/members")
		tab.holds("#links", "Jan Peeters")
		if tab.count(`main form[method=post]:not(.per-page), main [href$="/edit"]`) != 0 {
			t.Error("a reader is offered changes")
		}
	})
}

// GRP-02 (adding to a class makes nobody a student yet, and a full group has no waiting list): contacts are put into a group from
// their row, from their profile and from the group's page; one that is full refuses, whichever way somebody comes.
func TestGRP02_AddToGroup(t *testing.T) {
	c := begin(t)
	id := c.create("groups", map[string]any{"name": "U15", "category": "team"})
	jan, els, bo := c.contact(map[string]any{"firstName": "Jan", "lastName": "Peeters"}), c.contact(map[string]any{"firstName": "Els", "lastName": "Maes"}),
		c.contact(map[string]any{"firstName": "Bo", "lastName": "Claes"})
	in := func(contact string) string { return c.at("contacts/" + contact).text("groups.0.group") }
	b := c.tab(t)
	t.Run("from the row, beside the list", func(t *testing.T) {
		b.open("/contacts?q=peeters")
		b.Click(`#results a[data-preview^="/contacts/` + jan + `/join"]`)
		b.until("#panel", "Add Jan Peeters to a group")
		b.Audit("the panel that asks for a group")
		b.pick("#panel #f-group", "u1", "U15")
		b.Follow("#panel #link-form [data-key=s]")
		if in(jan) != id || b.Where() != "/contacts?q=peeters" {
			t.Errorf("at %s, in %q", b.Where(), in(jan))
		}
		b.Follow("#notice form button")
		if in(jan) != "" {
			t.Error("not undone")
		}
	})
	t.Run("from the profile", func(t *testing.T) {
		b.open("/contacts/" + els + "/groups")
		b.pick("#f-group", "u1", "U15")
		b.save("#link-form")
		if in(els) != id {
			t.Errorf("in %q", in(els))
		}
	})
	t.Run("from the group's page, and taken out there", func(t *testing.T) {
		b.open("/groups/" + id + "/members")
		b.pick("#f-holder", "bo", "Bo Claes")
		b.save("#link-form")
		b.holds("#links", "Bo Claes", "Els Maes")
		b.Follow(`#links form:has([name=other][value="` + bo + `"]) button`)
		if in(bo) != "" {
			t.Errorf("in %q", in(bo))
		}
	})
	t.Run("without JavaScript", func(t *testing.T) {
		plain := c.tab(t)
		plain.Scripts(false)
		plain.open("/contacts/" + bo + "/join?back=%2Fcontacts")
		plain.Type(`[name="find:group"]`, "u15")
		plain.Submit()
		if in(bo) != id || plain.Where() != "/contacts" {
			t.Errorf("at %s, in %q", plain.Where(), in(bo))
		}
	})
}

// GRP-02, the group that is full.
func TestGRP02_FullGroup(t *testing.T) {
	c := begin(t)
	id := c.create("groups", map[string]any{"name": "Youth theatre", "category": "class", "capacity": 2})
	in := func() int { return c.total("groups.now:" + id) }
	places := list(map[string]any{"group": id})
	jan := c.contact(map[string]any{"firstName": "Jan", "lastName": "Peeters", "groups": places})
	els := c.contact(map[string]any{"firstName": "Els", "lastName": "Maes"})
	bo, cas := c.contact(map[string]any{"firstName": "Bo", "lastName": "Claes"}), c.contact(map[string]any{"firstName": "Cas", "lastName": "Nys"})
	t.Run("in bulk: as many as there is room for, the others are skipped and told why", func(t *testing.T) {
		params := map[string]any{"group": id}
		all := map[string]any{"ids": []any{els, bo, cas}}
		dry := c.call("POST", "/v1/bulks", map[string]any{"action": "group.add", "target": all, "params": params, "dryRun": true}).want(200)
		if dry.number("counts.done") != 1 || dry.number("counts.skipped") != 2 || dry.text("exceptions.0.reasons.0.code") != "group_full" {
			t.Errorf("%s", dry.raw)
		}
		done := c.bulk("group.add", all, params)
		if done.number("counts.done") != 1 || done.number("counts.skipped") != 2 || in() != 2 {
			t.Errorf("%s, %d are in it", done.raw, in())
		}
		if a := c.call("GET", "/v1/bulks/"+done.text("id")+"/items?result=skipped", nil).want(200); a.text("items.0.reasons.0.code") != "group_full" || !strings.Contains(a.text("items.0.reason"), "Youth theatre") {
			t.Errorf("%s", a.raw)
		}
	})
	left := bo
	if c.at("contacts/"+bo).text("groups.0.group") == id {
		left = els
	}
	t.Run("one by one", func(t *testing.T) {
		a := c.call("PATCH", "/v1/contacts/"+left, map[string]any{"groups": places}, "If-Match", "*").want(422)
		if a.text("errors.0.code") != "group_full" || a.text("errors.0.path") != "groups[0].group" {
			t.Errorf("%s", a.raw)
		}
		c.call("POST", "/v1/contacts", map[string]any{"firstName": "Dirk", "lastName": "Aerts", "groups": places}).want(422)
		if in() != 2 {
			t.Errorf("%d are in it", in())
		}
	})
	t.Run("from a file", func(t *testing.T) {
		imp := c.preview("people.csv", []byte("First name,Last name,Groups\r\nFien,Wouters,Youth theatre\r\nGus,Thys,\r\n"), nil)
		if done := c.run(imp.text("id")); done.number("counts.create") != 1 || done.number("counts.reject") != 1 || in() != 2 {
			t.Errorf("%s, %d are in it", done.raw, in())
		}
		equal(t, c.fates(imp.text("id"), "&result=reject"), "2 reject group_full")
	})
	t.Run("on the page", func(t *testing.T) {
		b := c.tab(t)
		b.open("/contacts/" + left + "/groups")
		b.pick("#f-group", "youth", "Youth theatre")
		b.Follow("#link-form [data-key=s]")
		b.holds("#link-form", "Youth theatre is full: there is room for 2.")
	})
	t.Run("who leaves makes room", func(t *testing.T) {
		c.call("PATCH", "/v1/contacts/"+jan, map[string]any{"groups": []any{}}, "If-Match", "*").want(200)
		c.call("PATCH", "/v1/contacts/"+left, map[string]any{"groups": places}, "If-Match", "*").want(200)
		if in() != 2 {
			t.Errorf("%d are in it", in())
		}
	})
}

// GRP-03: what somebody does in a group, from a list of the organisation's own, with from and to; several for each contact.
func TestGRP03_FunctionInTheGroup(t *testing.T) {
	c := begin(t)
	id, other := c.create("groups", map[string]any{"name": "U15"}), c.create("groups", map[string]any{"name": "Choir"})
	c.call("POST", "/v1/lists/functions/values", map[string]any{"label": "Goalkeeper"}).want(201)
	code := ""
	for _, v := range c.call("GET", "/v1/lists/functions/values", nil).want(200).list("items") {
		if dig(v, "label") == "Goalkeeper" {
			code = fmt.Sprint(dig(v, "code"))
		}
	}
	jan := c.contact(map[string]any{"firstName": "Jan", "lastName": "Peeters", "groups": list(place(id, "function", code, "from", "2020-01-01", "to", "2021-06-30"),
		place(id, "function", "coach", "from", "2021-09-01"), place(other, "function", "secretary"))})
	b := c.tab(t)
	b.open("/contacts/" + jan + "/groups")
	b.holds("#links", "Goalkeeper", "Coach", "Secretary", "Choir", "ended")
	b.open("/contacts/" + jan)
	b.holds("#block-groups", "Coach", "Secretary")
	if strings.Contains(b.text("#block-groups"), "Goalkeeper") {
		t.Error("what has ended is told as if it were so")
	}
	t.Run("found by it", func(t *testing.T) {
		c.finds("function:"+code, "Jan Peeters")
		c.finds("groups.from>2021-01-01", "Jan Peeters")
		c.finds("function:player")
	})
	t.Run("bad input", func(t *testing.T) {
		for want, groups := range map[string][]any{
			"groups[0].function bad_choice":  {place(id, "function", "pope")},
			"groups[0].group required":       {map[string]any{"function": "coach"}},
			"groups[0].to ends_before_start": {place(id, "from", "2021-01-01", "to", "2020-01-01")},
			"groups[1].group twice":          {place(id, "function", "coach", "from", "2020-01-01"), place(id, "function", "coach")},
			"groups[0].group bad_reference":  {place(jan)},
		} {
			path, code, _ := strings.Cut(want, " ")
			if got := c.call("POST", "/v1/contacts", map[string]any{"firstName": "X", "groups": groups}).want(422).codes(); got[path] != code {
				t.Errorf("%s: %v", want, got)
			}
		}
	})
}

// BULK-19: each ticked contact is put into a group as one is; those who are in it are left out, and said to be.
func TestBULK19_AddToGroup(t *testing.T) {
	c := begin(t)
	id := c.create("groups", map[string]any{"name": "U15"})
	jan := c.contact(map[string]any{"firstName": "Jan", "lastName": "Peeters", "groups": list(place(id))})
	els := c.contact(map[string]any{"firstName": "Els", "lastName": "Maes"})
	b := c.tab(t)
	b.open("/contacts")
	b.Click(`#results .tick input[value="` + jan + `"]`)
	b.Click(`#results .tick input[value="` + els + `"]`)
	b.Follow(`[formaction="/bulk/contacts/group.add"]`)
	b.choose("[name=group]", id)
	b.choose("[name=function]", "player")
	b.choose("[name=function]", "")
	b.Follow("form#bulk button[type=submit]:not(.default-submit)")
	b.holds("main", "Is in the group already.", "Jan Peeters", "Els Maes")
	b.Audit("adding many to a group")
	b.Follow("form#confirm button[type=submit]:not(.default-submit)")
	b.until("main", "1 was changed.")
	if got := c.at("contacts/" + els).text("groups.0.group"); got != id || len(c.at("contacts/"+jan).list("groups")) != 1 {
		t.Errorf("in %q", got)
	}
	t.Run("and taken out again", func(t *testing.T) {
		a := c.bulk("group.remove", map[string]any{"q": "group:" + url.QueryEscape("u15")}, map[string]any{"group": id})
		if a.number("counts.done") != 2 {
			t.Errorf("%s", a.raw)
		}
		c.finds("group:u15")
		c.call("POST", "/v1/bulks/"+a.text("id")+"/undo", nil).want(200)
		c.waitFor("/v1/bulks/" + a.text("id"))
		c.finds("group:u15", "Jan Peeters", "Els Maes")
	})
}

// PROF-09: the groups of a contact with what they do there and since when, changed from the profile.
func TestPROF09_Groups(t *testing.T) {
	c := begin(t)
	id := c.create("groups", map[string]any{"name": "U15"})
	jan := c.contact(map[string]any{"firstName": "Jan", "lastName": "Peeters", "groups": list(place(id, "function", "player", "from", "2024-09-01"))})
	b := c.tab(t)
	b.open("/contacts/" + jan)
	b.holds("#block-groups", "U15", "Player", "since 01/09/2024")
	b.Follow(`#block-groups a[href$="/groups"]`)
	b.Follow(`#links a[href*="edit="]`)
	b.choose("[name=function]", "coach")
	b.choose("[name=to]", "2020-01-01")
	b.save("#link-form")
	b.Excuse("status of 422")
	b.holds("#link", "The end lies before the start.")
	b.choose("[name=to]", "2030-06-30")
	b.save("#link-form")
	if a := c.at("contacts/" + jan); a.text("groups.0.function") != "coach" || a.text("groups.0.to") != "2030-06-30" || a.text("groups.0.from") != "2024-09-01" {
		t.Errorf("%s", a.raw)
	}
	b.open("/contacts/" + jan + "/history")
	b.holds("main", "Groups", "U15", "Coach")
}
