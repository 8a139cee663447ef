package acceptance

import (
	"fmt"
	"net/url"
	"strings"
	"testing"
)

// crowd makes numbered contacts and gives their ids.
func (c *client) crowd(n int) []string {
	c.t.Helper()
	var ids []string
	for len(ids) < n {
		var some []any
		for i := len(ids); i < n && len(some) < 100; i++ {
			some = append(some, map[string]any{"firstName": fmt.Sprintf("P%03d", i), "lastName": "Crowd"})
			ids = append(ids, "")
		}
		a := c.call("POST", "/v1/contacts/batch", map[string]any{"items": some}).want(200)
		for i := range some {
			ids[len(ids)-len(some)+i] = a.text(fmt.Sprintf("results.%d.record.id", i))
		}
	}
	return ids
}

// BULK-01: ticks, a box for the page and "all N results"; what is ticked survives paging, and its number is shown.
func TestBULK01_SelectRecords(t *testing.T) {
	c := begin(t)
	c.crowd(30)
	b := c.tab(t)
	const boxes, count, page = `tbody input[name=id]:checked`, `.bulk-count`, `[data-tick-all]`
	t.Run("a box for the page, kept while paging", func(t *testing.T) {
		b.open("/contacts?rows=25")
		b.Click(page)
		b.until(count, "25 selected")
		b.Follow(`.pages a[rel=next]`)
		b.holds(count, "25 selected")
		if n := b.count(boxes); n != 0 {
			t.Errorf("%d ticked on the second page", n)
		}
		b.Click(`tbody tr:nth-child(2) input[name=id]`)
		b.until(count, "26 selected")
		b.Follow(`.pages a[rel=prev]`)
		b.holds(count, "26 selected")
		if n := b.count(boxes); n != 25 {
			t.Errorf("%d ticked on the first page", n)
		}
		b.Click(`tbody tr:nth-child(1) input[name=id]`)
		b.until(count, "25 selected")
	})
	t.Run("the address is the selection", func(t *testing.T) {
		b.open(b.Where())
		b.holds(count, "25 selected")
	})
	t.Run("sorted otherwise, the same are ticked", func(t *testing.T) {
		b.Follow(`thead th.main a`)
		b.holds(count, "25 selected")
	})
	t.Run("all results", func(t *testing.T) {
		b.open("/contacts?rows=25")
		b.Click(page)
		b.until(count, "25 selected")
		b.Follow(`.bulk a[href*="all=1"]`)
		b.holds(count, "All 30 results")
		b.Follow(`.pages a[rel=next]`)
		b.holds(count, "All 30 results")
		if n := b.count(boxes); n != 5 {
			t.Errorf("%d of 5 ticked", n)
		}
		b.Fits("all results selected")
	})
	t.Run("and what is done is done to all of them", func(t *testing.T) {
		b.Follow(`button[formaction="/bulk/contacts/tag.add"]`)
		b.Type("[name=tag]", "Crowd")
		b.save("form#bulk")
		b.holds("main", "30")
		b.save("form#confirm")
		b.Until(`document.body.innerText.includes('30 were changed')`)
		if n := c.total("tag:crowd"); n != 30 {
			t.Errorf("%d tagged", n)
		}
	})
	t.Run("without JavaScript", func(t *testing.T) {
		plain := c.tab(t)
		plain.Scripts(false)
		plain.open("/contacts?rows=25")
		plain.Click(`tbody tr:nth-child(3) input[name=id]`)
		plain.Follow(`.bulk .no-script`)
		plain.holds(count, "1 selected")
		plain.open(plain.Where() + "&rows=25")
		plain.Follow(`.pages a[rel=next]`)
		plain.holds(count, "1 selected")
		plain.Click(`tbody tr:nth-child(1) input[name=id]`)
		plain.Click(`.bulk details:has(button[formaction="/bulk/contacts/tag.remove"]) > summary`)
		plain.Follow(`button[formaction="/bulk/contacts/tag.remove"]`)
		plain.holds("main", "2 selected")
	})
	t.Run("cleared", func(t *testing.T) {
		b.open("/contacts?rows=25")
		b.Click(page)
		b.Click(".bulk-clear")
		if n := b.count(boxes); n != 0 {
			t.Errorf("%d ticked", n)
		}
	})
}

// BULK-06: a role is given and taken; never one's own, never more than one holds.
func TestBULK06_ChangeRights(t *testing.T) {
	c := begin(t)
	admin := c.colleague("admin")
	editor, reader := c.colleague("editor"), c.colleague("reader")
	_, _ = editor, reader
	id := func(role string) string { return c.userID(role + "@example.org") }
	me := c.call("GET", "/v1/me", nil).want(200).text("user.id")
	role := func(who string) string { return c.call("GET", "/v1/users/"+who, nil).want(200).text("role") }
	give := func(by *client, role string, ids ...any) *answer {
		a := by.call("POST", "/v1/bulks", map[string]any{"kind": "user", "action": "grant", "target": map[string]any{"ids": ids}, "params": map[string]any{"role": role}}).want(201)
		return by.awaitBulk(a.text("id"))
	}
	t.Run("given", func(t *testing.T) {
		done := give(c, "editor", id("editor"), id("reader"))
		if counts(done) != "1 1 0 0" || role(id("reader")) != "editor" {
			t.Errorf("%s, now %s", done.raw, role(id("reader")))
		}
		if undone := c.undoBulk(done.text("id")); undone.text("state") != "undone" || role(id("reader")) != "reader" {
			t.Errorf("%s, now %s", undone.raw, role(id("reader")))
		}
	})
	t.Run("withdrawn", func(t *testing.T) {
		a := c.call("POST", "/v1/bulks", map[string]any{"kind": "user", "action": "withdraw", "target": map[string]any{"all": true}, "params": map[string]any{"role": "editor"}}).want(201)
		if done := c.awaitBulk(a.text("id")); done.number("counts.done") != 1 || role(id("editor")) != "reader" {
			t.Errorf("%s", done.raw)
		}
	})
	t.Run("never one's own", func(t *testing.T) {
		done := give(admin, "reader", id("admin"))
		if counts(done) != "0 0 0 1" || role(id("admin")) != "admin" {
			t.Errorf("%s", done.raw)
		}
		if reason := admin.call("GET", "/v1/bulks/"+done.text("id")+"/items", nil).want(200).text("items.0.reasons.0.code"); reason != "own_rights" {
			t.Errorf("because of %s", reason)
		}
	})
	t.Run("never more than one holds", func(t *testing.T) {
		admin.call("POST", "/v1/bulks", map[string]any{"kind": "user", "action": "grant", "target": map[string]any{"ids": []any{id("reader")}}, "params": map[string]any{"role": "owner"}}).want(403)
		if done := give(admin, "reader", me); counts(done) != "0 0 0 1" || role(me) != "owner" {
			t.Errorf("%s", done.raw)
		}
	})
	t.Run("who may not manage users has none of it", func(t *testing.T) {
		reader := c.user("another@example.org", "editor", another)
		reader.call("POST", "/v1/bulks", map[string]any{"kind": "user", "action": "grant", "target": map[string]any{"ids": []any{id("admin")}}, "params": map[string]any{"role": "reader"}}).want(403)
	})
	t.Run("on the page of users", func(t *testing.T) {
		b := c.tab(t)
		b.open("/settings/users")
		b.Click(`input[name=id][value="` + id("reader") + `"]`)
		b.Follow(`button[formaction="/bulk/settings/users/grant"]`)
		b.choose(`[name=role]`, "editor")
		b.save("form#bulk")
		b.holds("main", "Will change")
		b.Audit("roles previewed")
		b.save("form#confirm")
		b.Until(`document.body.innerText.includes('1 was changed')`)
		if role(id("reader")) != "editor" {
			t.Error("not changed")
		}
		b.holds("#notice", "Undo")
	})
}

// BULK-07: an entity for all; what is refused is listed with the reason.
func TestBULK07_ChangeEntity(t *testing.T) {
	c := begin(t)
	south := c.make("entities", map[string]any{"name": "South"})
	closed := c.make("entities", map[string]any{"name": "Closed"})
	c.call("DELETE", "/v1/entities/"+closed, nil, "If-Match", "*").want(200)
	ids := c.three()
	full := c.contact(map[string]any{"firstName": "Dee", "entity": south})
	target := map[string]any{"ids": append(ids, full, "con_nobody")}
	for _, entity := range []string{closed, "ent_none"} {
		c.call("POST", "/v1/bulks", map[string]any{"action": "entity", "target": target, "params": map[string]any{"entity": entity}}).want(422)
	}
	c.call("POST", "/v1/fields", map[string]any{"for": "contact", "name": "licence", "label": "Licence", "type": "text"}).want(201)
	done := c.bulk("entity", target, map[string]any{"entity": south})
	if counts(done) != "3 1 1 0" || c.total("entity:"+south) != 4 {
		t.Errorf("%s: %d in it", counts(done), c.total("entity:"+south))
	}
	if a := c.call("GET", "/v1/bulks/"+done.text("id")+"/items?result=skipped", nil).want(200); a.text("items.0.id") != "con_nobody" || a.text("items.0.reason") == "" {
		t.Errorf("%s", a.raw)
	}
	// Who may not write is refused before anything is done.
	c.colleague("reader").call("POST", "/v1/bulks", map[string]any{"action": "entity", "target": target, "params": map[string]any{"entity": south}}).want(403)
}

// BULK-18: merging is offered for two to ten ticked records, and leads to the page that does it.
func TestBULK18_Merge(t *testing.T) {
	c := begin(t)
	ids := c.crowd(11)
	b := c.tab(t)
	b.open("/contacts")
	const merge = `button[formaction="/bulk/contacts/merge"]`
	if b.count(merge) != 1 {
		t.Fatal("merging is not offered")
	}
	seen := func() bool { return b.Eval(`!document.querySelector('`+merge+`').hidden`) == "true" }
	tick := func(n int) { b.Click(fmt.Sprintf(`tbody tr:nth-child(%d) input[name=id]`, n)) }
	tick(1)
	if seen() {
		t.Error("offered for one")
	}
	tick(2)
	if !seen() {
		t.Error("not offered for two")
	}
	for n := 3; n <= 11; n++ {
		tick(n)
	}
	if seen() {
		t.Error("offered for eleven")
	}
	for _, n := range []int{3, 4, 5, 6, 7, 8, 9, 10, 11} {
		tick(n)
	}
	b.Follow(merge)
	where, err := url.Parse(b.Where())
	if err != nil {
		t.Fatal(err)
	}
	q := where.Query()
	if where.Path != "/merge" || q.Get("kind") != "contact" || len(q["ids"]) != 2 || !strings.Contains(fmt.Sprint(ids), q["ids"][0]) {
		t.Errorf("leads to %s", where)
	}
}

// BULK-20 (users of the back office; members once there is a portal): invitations and resets, each as the single one;
// blocked ones and those without need are listed as skipped, and that mails are final is said before.
func TestBULK20_InviteAndReset(t *testing.T) {
	c := begin(t)
	var ids []any
	for _, name := range []string{"ann", "bob", "cas"} {
		ids = append(ids, c.call("POST", "/v1/users", map[string]any{"email": name + "@example.com", "name": name, "role": "reader"}).want(201).text("id"))
	}
	c.call("POST", "/v1/users/"+ids[1].(string)+"/block", map[string]any{"reason": "left"}).want(200)
	in := c.site.stranger(t)
	in.redeem(c.site.token(t, "cas@example.com"), another).want(201)
	mailed := func(to string) int { return len(c.site.mails(t, to+"@example.com")) }
	before := map[string]int{"ann": mailed("ann"), "bob": mailed("bob"), "cas": mailed("cas")}
	send := func(action string) *answer {
		a := c.call("POST", "/v1/bulks", map[string]any{"kind": "user", "action": action, "target": map[string]any{"ids": ids}}).want(201)
		return c.awaitBulk(a.text("id"))
	}
	done := send("invite")
	if counts(done) != "1 0 2 0" || mailed("ann") != before["ann"]+1 || mailed("bob") != before["bob"] || mailed("cas") != before["cas"] {
		t.Errorf("%s", done.raw)
	}
	c.call("POST", "/v1/bulks/"+done.text("id")+"/undo", nil).want(409)
	done = send("reset")
	if counts(done) != "2 0 1 0" || mailed("cas") != before["cas"]+1 || mailed("bob") != before["bob"] {
		t.Errorf("%s", done.raw)
	}
	c.site.stranger(t).redeem(c.site.token(t, "cas@example.com"), "quite another secret").want(201)
	b := c.tab(t)
	b.open("/bulk/settings/users/invite?" + url.Values{"sel": {strings.Join([]string{ids[0].(string), ids[1].(string)}, ".")}}.Encode())
	b.holds("main", "Mails that were sent cannot be taken back", "Send to 1", "blocked")
	b.Audit("invitations previewed")
	b.Fits("invitations previewed")
}

// BULK-21, the part on a saved search: its result is the target, under the rights of who acts.
func TestBULK21_OnASavedSearch(t *testing.T) {
	c := begin(t)
	c.three()
	search := c.call("POST", "/v1/searches", map[string]any{"for": "contact", "name": "Donors", "query": "type:donor"}).want(201).text("id")
	target := map[string]any{"search": search}
	p := c.call("POST", "/v1/bulks", map[string]any{"action": "tag.add", "target": target, "params": map[string]any{"tag": "x"}, "dryRun": true}).want(200)
	if counts(p) != "1 0 0 0" || p.text("target.search") != search {
		t.Errorf("%s", p.raw)
	}
	if done := c.bulk("tag.add", target, map[string]any{"tag": "x"}); counts(done) != "1 0 0 0" || c.total("tag:x") != 1 {
		t.Errorf("%s", done.raw)
	}
	for _, bad := range []map[string]any{{"search": "sch_none"}, {"search": search, "all": true}} {
		c.call("POST", "/v1/bulks", map[string]any{"action": "tag.add", "target": bad, "params": map[string]any{"tag": "y"}}).want(422)
	}
}

// IMP-15 beside exports and imports: bulk actions with what became of their records, taken back and stopped where they
// are listed.
func TestIMP15_BulkActionsOnTheJobPage(t *testing.T) {
	c := begin(t)
	ids := c.three()
	done := c.bulk("tag.add", map[string]any{"ids": ids}, map[string]any{"tag": "board"})
	exported, _ := c.export(map[string]any{"kind": "contact", "format": "csv"})
	b := c.tab(t)
	b.open("/jobs")
	b.holds("#results", "Add the tag “board”", "Bulk action", "Changed: 2", "Already so: 1", "Olga Testers")
	if b.count(`a[href="/exports/`+exported+`/file"]`) != 1 {
		t.Error("the export cannot be fetched where it is listed")
	}
	b.Audit("jobs")
	b.Fits("jobs")
	b.Follow(`form[action="/bulks/` + done.text("id") + `/undo"] button`)
	if a := c.awaitBulk(done.text("id")); a.text("state") != "undone" || c.total("tag:board") != 1 {
		t.Errorf("%s", a.raw)
	}
	if page := c.colleague("editor").pageOf("/jobs"); strings.Contains(page, done.text("id")) || strings.Contains(page, exported) {
		t.Error("an editor is shown what others did")
	}
}

// HIST-01 and HIST-03: that a record was exported or printed stands in its history among its changes, with who, when and
// the way to the job; a bulk action's changes name it.
func TestHIST01_ActionLog(t *testing.T) {
	c := begin(t)
	id := c.contact(map[string]any{"firstName": "Nele"})
	other := c.contact(map[string]any{"firstName": "Not exported"})
	c.export(map[string]any{"kind": "contact", "ids": []any{id}, "format": "csv"})
	c.export(map[string]any{"kind": "contact", "ids": []any{id}, "format": "pdf"})
	done := c.bulk("tag.add", map[string]any{"ids": []any{id}}, map[string]any{"tag": "board"})
	family := c.create("families", map[string]any{"name": "Peeters", "members": list(map[string]any{"contact": id, "role": "parent"})})
	c.export(map[string]any{"kind": "family", "rows": "contact", "format": "xlsx"})
	told := func(path string) (all []string) {
		a := c.call("GET", path+"/history", nil).want(200)
		for i := range a.list("items") {
			at := fmt.Sprintf("items.%d.", i)
			if a.text(at+"actor") == "" || a.text(at+"at") == "" || a.text(at+"text") == "" {
				t.Errorf("%s", a.raw)
			}
			all = append(all, a.text(at+"action"))
		}
		return all
	}
	t.Run("through the API, newest first", func(t *testing.T) {
		for path, want := range map[string]string{"/v1/contacts/" + id: "[contact.export contact.edit contact.print contact.export contact.create]",
			"/v1/contacts/" + other: "[contact.create]", "/v1/families/" + family: "[family.export family.create]"} {
			if got := fmt.Sprint(told(path)); got != want {
				t.Errorf("%s: %s", path, got)
			}
		}
	})
	t.Run("page by page", func(t *testing.T) {
		n, cursor := 0, ""
		for {
			a := c.call("GET", "/v1/contacts/"+id+"/history?limit=2&cursor="+cursor, nil).want(200)
			n += len(a.list("items"))
			if cursor = a.text("next"); cursor == "" {
				break
			}
		}
		if n != 5 {
			t.Errorf("%d entries", n)
		}
	})
	t.Run("on the history tab", func(t *testing.T) {
		b := c.tab(t)
		b.open("/contacts/" + id + "/history")
		b.holds("main", "Olga Testers exported this", "Olga Testers printed this", "Bulk action: Add the tag “board”", "Export: Contacts")
		if b.count(`.entry a[href="/bulks/`+done.text("id")+`"]`) != 1 {
			t.Error("the change does not lead to its bulk action")
		}
		b.Audit("history with what was done")
		b.Fits("history with what was done")
		b.open("/contacts/" + id + "/history?field=tags")
		if shown := b.text(".entry"); strings.Contains(b.text("main"), "exported this") || shown == "" {
			t.Errorf("narrowed to a field: %s", b.text("main"))
		}
	})
}

// HIST-05: a bulk action writes each record's history in the commit that changes it, with actor and batch, and so does its
// undo; what it leaves as it is has none.
func TestHIST05_BulkActions(t *testing.T) {
	c := begin(t)
	ids := c.three()
	done := c.bulk("tag.add", map[string]any{"ids": ids}, map[string]any{"tag": "board"})
	c.undoBulk(done.text("id"))
	for i, id := range ids {
		a := c.call("GET", "/v1/contacts/"+id.(string)+"/history", nil).want(200)
		if i == 0 {
			if len(a.list("items")) != 1 {
				t.Errorf("unchanged, and yet %s", a.raw)
			}
			continue
		}
		if len(a.list("items")) != 3 || a.text("items.1.batch") != done.text("id") || a.text("items.0.batch") != done.text("id") || a.text("items.1.actorName") != "Olga Testers" ||
			a.text("items.0.action") != "contact.revert" || a.text("items.1.changes.0.field") != "tags" {
			t.Errorf("%s", a.raw)
		}
		if v := c.call("GET", "/v1/contacts/"+id.(string), nil).want(200).number("version"); v != 3 {
			t.Errorf("version %d", v)
		}
	}
}

// HIST-13, the part after bulk actions: the page an action ends on offers Undo in the quiet line, and stays.
func TestHIST13_AfterABulkAction(t *testing.T) {
	c := begin(t)
	c.three()
	b := c.tab(t)
	b.open("/bulk/contacts/status?all=1&show=1&status=active")
	b.save("form#confirm")
	b.until("#notice", "Undo")
	where := b.Where()
	if n := c.total("status:active"); n != 3 {
		t.Fatalf("%d are active", n)
	}
	b.Follow("#notice form button")
	b.Until(`document.body.innerText.includes('as they were before') || document.body.innerText.includes('as it was before')`)
	if n := c.total("status:withdrawn"); n != 1 || b.Where() != where {
		t.Errorf("%d withdrawn, at %s", n, b.Where())
	}
}
