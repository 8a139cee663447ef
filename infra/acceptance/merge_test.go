package acceptance

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// three people who are one, with what hangs on them.
type peeters struct {
	*client
	a, b, d      string
	family, note string
}

func mergeable(t *testing.T) peeters {
	c := begin(t)
	p := peeters{client: c}
	p.a = c.person(map[string]any{"firstName": "Jan", "lastName": "Peeters", "emails": list(map[string]any{"address": "jan@example.org"}), "tags": []any{"board"}})
	p.b = c.person(map[string]any{"firstName": "Jean", "lastName": "Peters", "nickname": "Jeannot", "tags": []any{"choir"}, "externalIds": map[string]any{"crm": "8"},
		"emails": list(map[string]any{"address": "jean@example.com"}), "phones": list(map[string]any{"number": "0472 12 34 56"})})
	p.d = c.person(map[string]any{"firstName": "J.", "lastName": "Peeters", "occupation": "baker"})
	p.family = c.create("families", map[string]any{"name": "Peeters-Maes", "members": list(map[string]any{"contact": p.b})})
	p.note = c.under(p.b, "notes", map[string]any{"text": "Sings tenor"})
	return p
}

// person makes a contact, whoever is alike.
func (c *client) person(members map[string]any) string {
	c.t.Helper()
	return c.call("POST", "/v1/contacts", members, allowDuplicate...).want(http.StatusCreated).text("id")
}

func (c *client) merge(kind, main string, others ...string) *answer {
	c.t.Helper()
	return c.call("POST", "/v1/merges", map[string]any{"kind": kind, "main": main, "others": others}).want(http.StatusCreated)
}

func (c *client) unmerge(m *answer) *answer {
	c.t.Helper()
	return c.call("POST", "/v1/merges/"+m.text("id")+"/undo", nil).want(http.StatusOK)
}

// plain gives a record without what every write changes.
func (c *client) plain(id string) string {
	c.t.Helper()
	members := map[string]any{}
	if err := json.Unmarshal(c.get(id).raw, &members); err != nil {
		c.t.Fatal(err)
	}
	for _, name := range []string{"version", "updatedAt", "updatedBy"} {
		delete(members, name)
	}
	raw, err := json.Marshal(members)
	if err != nil {
		c.t.Fatal(err)
	}
	return string(raw)
}

// DUP-01: from two ticked contacts up merging is offered; the main one is chosen, the result seen and confirmed, and
// the others end in it.
func TestDUP01_MergeIntoAMainContact(t *testing.T) { merging(t) }

func merging(t *testing.T) {
	p := mergeable(t)
	b := p.tab(t)
	t.Run("with one ticked it is not there, with two it is", func(t *testing.T) {
		b.open("/contacts")
		b.Click(fmt.Sprintf(`input[type=checkbox][value=%q]`, p.a))
		if b.count(`[data-from="2"]:not([hidden])`) > 0 {
			t.Error("one record is offered to be merged")
		}
		b.Click(fmt.Sprintf(`input[type=checkbox][value=%q]`, p.b))
		if b.count(`[data-from="2"]:not([hidden])`) == 0 {
			t.Error("two records are not")
		}
	})
	t.Run("chosen, seen, confirmed", func(t *testing.T) {
		b.open("/merge?kind=contact&ids=" + p.a + "&ids=" + p.b + "&ids=" + p.d)
		b.until("#result-nickname", "Jeannot")
		b.Click(fmt.Sprintf(`input[name="c.firstName"][value=%q]`, p.b))
		b.until("#result-firstName", "Jean")
		b.Click(`button[formmethod=post]`)
		b.until("h1", "Jean Peeters")
		if got := p.total(""); got != 1 {
			t.Errorf("%d contacts are left", got)
		}
	})
	t.Run("more than ten, or one, are refused", func(t *testing.T) {
		p.call("POST", "/v1/merges", map[string]any{"kind": "contact", "main": p.a, "others": slices.Repeat([]string{"con_x"}, 10)}).want(422)
		p.call("POST", "/v1/merges", map[string]any{"kind": "contact", "main": p.a, "others": []string{}}).want(422)
	})
}

// DUP-02: per field it is chosen whose value stays; lists are united, and beyond their limit the operator picks.
func TestDUP02_ChooseWhatIsKept(t *testing.T) {
	p := mergeable(t)
	var many []any
	for i := range 10 {
		many = append(many, map[string]any{"address": fmt.Sprintf("m%d@example.org", i)})
	}
	p.patch(p.d, map[string]any{"emails": many})
	ask := map[string]any{"kind": "contact", "main": p.a, "others": []any{p.b, p.d}, "choices": map[string]any{"firstName": p.b}}
	t.Run("beyond the limit", func(t *testing.T) {
		seen := p.call("POST", "/v1/merges/preview", ask).want(200)
		over := seen.list("fields")[0].(map[string]any)
		if over["field"] != "emails" || over["over"] != float64(10) || len(over["elements"].([]any)) != 12 {
			t.Errorf("%v", over)
		}
		refused := p.call("POST", "/v1/merges", ask).want(422)
		if refused.text("errors.0.path") != "choices.emails" || refused.text("errors.0.code") != "too_many" {
			t.Errorf("%s", refused.raw)
		}
		ask["keep"] = map[string]any{"emails": []any{p.a + "/0", p.b + "/0", p.d + "/9"}}
	})
	t.Run("chosen and united", func(t *testing.T) {
		p.call("POST", "/v1/merges", ask).want(201)
		got := p.get(p.a)
		if got.text("firstName") != "Jean" || got.text("lastName") != "Peeters" || got.text("nickname") != "Jeannot" || got.text("occupation") != "baker" {
			t.Errorf("%s", got.raw)
		}
		if len(got.list("emails")) != 3 || !cmp.Equal(got.list("tags"), []any{"board", "choir"}) {
			t.Errorf("%s", got.raw)
		}
	})
	t.Run("each profile opens from the screen", func(t *testing.T) {
		q := mergeable(t)
		b := q.tab(t)
		b.open("/merge?kind=contact&ids=" + q.a + "&ids=" + q.b)
		if b.count(`.merge-table a[href="/contacts/`+q.a+`"]`) != 1 || b.count(`.merge-table a[href="/contacts/`+q.b+`"]`) != 1 {
			t.Error("no way to the profiles")
		}
	})
}

// DUP-04: what hangs on the records ends on the survivor.
func TestDUP04_EverythingMoves(t *testing.T) {
	p := mergeable(t)
	call := p.under(p.d, "calls", map[string]any{"number": "+32471000000"})
	company := p.create("companies", map[string]any{"name": "Bakery", "contacts": list(map[string]any{"contact": p.d})})
	group := p.create("groups", map[string]any{"name": "Choir"})
	p.patch(p.b, map[string]any{"groups": list(map[string]any{"group": group})})
	p.merge("contact", p.a, p.b, p.d)
	profile := p.call("GET", "/v1/contacts/"+p.a+"/profile", nil).want(200)
	for _, id := range []string{p.note, call, p.family, company} {
		if !strings.Contains(string(profile.raw), id) {
			t.Errorf("%s is not on the profile: %s", id, profile.raw)
		}
	}
	if got := p.call("GET", "/v1/contacts/"+p.a+"/notes", nil).want(200).list("items"); len(got) != 1 {
		t.Errorf("%d notes", len(got))
	}
	if got := p.call("GET", "/v1/contacts?q=group:Choir", nil).want(200).text("items.0.id"); got != p.a {
		t.Errorf("in the group: %s", got)
	}
	if got := p.at("families/" + p.family).text("members.0.contact"); got != p.a {
		t.Errorf("the family names %s", got)
	}
	history := p.call("GET", "/v1/contacts/"+p.a+"/history", nil).want(200)
	if n := len(history.list("items")); n != 5 { // made three times, put into a group, merged
		t.Errorf("%d entries: %s", n, history.raw)
	}
}

// DUP-05: the preview lists what moves and what is lost; whatever fails leaves all as it was.
func TestDUP05_PreviewAndAllOrNothing(t *testing.T) {
	p := mergeable(t)
	ask := map[string]any{"kind": "contact", "main": p.a, "others": []any{p.b, p.d}}
	before := [3]string{p.plain(p.a), p.plain(p.b), p.plain(p.d)}
	seen := p.call("POST", "/v1/merges/preview", ask).want(200)
	if seen.text("moves.0.kind") != "note" || seen.number("moves.0.total") != 1 || seen.text("moves.0.items.0.title") != "Sings tenor" || seen.text("links.0.id") != p.family {
		t.Errorf("moves %s", seen.raw)
	}
	var lost []string
	for _, l := range seen.list("lost") {
		lost = append(lost, fmt.Sprint(l.(map[string]any)["field"], "=", l.(map[string]any)["value"]))
	}
	if diff := cmp.Diff([]string{"firstName=Jean", "firstName=J.", "lastName=Peters"}, lost); diff != "" {
		t.Error(diff)
	}
	if seen.text("result.nickname") != "Jeannot" {
		t.Errorf("%v", seen.at("result"))
	}
	stale := map[string]any{"kind": "contact", "main": p.a, "others": []any{p.b, p.d}, "versions": seen.at("versions")}
	p.patch(p.d, map[string]any{"occupation": "miller"})
	p.call("POST", "/v1/merges", stale).want(http.StatusPreconditionFailed)
	p.patch(p.d, map[string]any{"occupation": "baker"})
	p.trash(p.d)
	p.call("POST", "/v1/merges", ask).want(http.StatusConflict)
	p.call("POST", "/v1/contacts/"+p.d+"/restore", nil).want(200)
	if diff := cmp.Diff(before, [3]string{p.plain(p.a), p.plain(p.b), p.plain(p.d)}); diff != "" {
		t.Errorf("refused, and yet: %s", diff)
	}
}

// DUP-06: a merge is undone at any later time; what was edited since is kept and listed.
func TestDUP06_UndoAMerge(t *testing.T) {
	p := mergeable(t)
	before := map[string]string{}
	for _, id := range []string{p.a, p.b, p.d} {
		before[id] = p.plain(id)
	}
	m := p.merge("contact", p.a, p.b, p.d)
	p.patch(p.a, map[string]any{"nickname": "Jo"})
	late := p.under(p.b, "notes", map[string]any{"text": "Made since"})
	seen := p.call("GET", "/v1/merges/"+m.text("id"), nil).want(200)
	if seen.text("conflicts.0.field") != "nickname" || seen.text("conflicts.0.is") != "Jo" || seen.text("state") != "done" {
		t.Errorf("%s", seen.raw)
	}
	undone := p.unmerge(m)
	if undone.text("state") != "undone" || undone.text("conflicts.0.field") != "nickname" || len(undone.list("conflicts")) != 1 {
		t.Errorf("%s", undone.raw)
	}
	for id, want := range before {
		got := p.plain(id)
		if id == p.a {
			got = strings.Replace(got, `"nickname":"Jo",`, "", 1)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s", diff)
		}
	}
	if p.at("notes/"+late).text("owner") != p.a || p.at("notes/"+p.note).text("owner") != p.b {
		t.Error("the notes are with somebody else")
	}
	p.call("POST", "/v1/merges/"+m.text("id")+"/undo", nil).want(http.StatusConflict)
}

// HIST-13, HIST-05, HIST-01, PROF-24: after a merge a quiet line offers to undo it, where it was done; the history tells of
// both, with who and when, and the merge they belong to.
func TestDUP06_UndoFromTheLine(t *testing.T) {
	p := mergeable(t)
	before := p.plain(p.a) + p.plain(p.b)
	b := p.tab(t)
	b.open("/merge?kind=contact&ids=" + p.a + "&ids=" + p.b)
	b.Follow("button[formmethod=post]")
	b.until("h1", "Jan Peeters")
	b.holds("body", "Merged 2 records into Jan Peeters.")
	if p.get(p.b).text("id") != p.a {
		t.Fatal("not merged")
	}
	b.Follow(`form[action^="/merges/"] button`)
	b.until("body", "The merge is undone.")
	if after := p.plain(p.a) + p.plain(p.b); after != before {
		t.Errorf("%s, not %s", after, before)
	}
	b.open("/contacts/" + p.a + "/history")
	b.holds("main", "merged other records into this one", "undid a merge")
	for _, entry := range p.call("GET", "/v1/contacts/"+p.a+"/history?limit=2", nil).want(200).list("items") {
		members := entry.(map[string]any)
		if members["actor"] == "" || members["at"] == "" || !strings.HasPrefix(members["batch"].(string), "mrg_") {
			t.Errorf("%v", members)
		}
	}
}

// DUP-07: the system id, external id and address of a merged record lead to the survivor in search, links, import and API.
func TestDUP07_OldIDsKeepWorking(t *testing.T) {
	p := mergeable(t)
	number := p.get(p.b).number("number")
	p.merge("contact", p.a, p.b)
	t.Run("API", func(t *testing.T) {
		for _, id := range []string{p.b, "ext:crm:8"} {
			got := p.call("GET", "/v1/contacts/"+id, nil).want(200)
			if got.text("id") != p.a || got.header.Get("Content-Location") != "/v1/contacts/"+p.a {
				t.Errorf("%s: %s %v", id, got.text("id"), got.header)
			}
		}
		got := p.call("GET", "/v1/contacts/"+p.b, nil)
		if p.call("PATCH", "/v1/contacts/"+p.b, map[string]any{"suffix": "jr"}, "If-Match", got.header.Get("ETag")).want(200).text("id") != p.a {
			t.Error("a write through the old id is somebody else's")
		}
	})
	t.Run("search", func(t *testing.T) {
		for _, q := range []string{"jean@example.com", fmt.Sprint(number), "0472123456", "8", "id:" + p.b, "number:" + fmt.Sprint(number)} {
			found := p.call("GET", "/v1/contacts?count=true&q="+strings.ReplaceAll(q, "@", "%40"), nil).want(200)
			if found.number("total") != 1 || found.text("items.0.id") != p.a {
				t.Errorf("%s finds %s", q, found.raw)
			}
		}
	})
	t.Run("links", func(t *testing.T) {
		b := p.tab(t)
		b.open("/contacts/" + p.b)
		b.until("h1", "Jan Peeters")
		b.holds("body", "Jean Peters was merged into this record.")
		if got := p.call("GET", "/v1/families?q=members.contact:"+p.a, nil).want(200).text("items.0.id"); got != p.family {
			t.Errorf("families of the survivor: %s", got)
		}
	})
	t.Run("import", func(t *testing.T) {
		for key, file := range map[string]string{"email": "First name,Email,Nickname\nJean,jean@example.com,X1\n", "id": "id,First name,Nickname\n" + p.b + ",Jean,X2\n"} {
			plan := map[string]any{"mode": "merge", "matchKey": key, "rule": "overwrite"}
			id := p.preview("old.csv", []byte(file), plan).text("id")
			done := p.run(id)
			if got := p.get(p.a).text("nickname"); !strings.HasPrefix(got, "X") || p.total("") != 2 {
				t.Errorf("by %s: %s, %s", key, got, done.raw)
			}
			p.patch(p.a, map[string]any{"nickname": nil})
		}
	})
}

// HIST-06: one field, one record, one batch goes back; conflicts with later edits are chosen one by one; it is itself logged.
func TestHIST06_RestoreFromHistory(t *testing.T) {
	p := mergeable(t)
	first := p.call("GET", "/v1/contacts/"+p.a+"/history", nil).want(200).number("items.0.seq")
	p.patch(p.a, map[string]any{"lastName": "Maes", "nickname": "Jo"})
	p.patch(p.a, map[string]any{"lastName": "Claes", "tags": []any{}})
	at := fmt.Sprintf("/v1/contacts/%s/history/%d/revert", p.a, int(first))
	t.Run("one field", func(t *testing.T) {
		p.call("POST", at, map[string]any{"whole": true, "fields": []any{"lastName"}}).want(200)
		if got := p.get(p.a); got.text("lastName") != "Peeters" || got.text("nickname") != "Jo" {
			t.Errorf("%s", got.raw)
		}
	})
	t.Run("one record, chosen field by field on the page", func(t *testing.T) {
		b := p.tab(t)
		b.open("/contacts/" + p.a + "/history/1?whole=1")
		b.holds("main", "Nickname")
		b.Click(`input[name="choice.nickname"][value=theirs]`)
		b.save("#revert")
		if got := p.get(p.a); got.text("nickname") != "Jo" || len(got.list("tags")) != 1 {
			t.Errorf("%s", got.raw)
		}
		entry := p.call("GET", "/v1/contacts/"+p.a+"/history", nil).want(200)
		if entry.text("items.0.action") != "contact.revert" {
			t.Errorf("%s", entry.raw)
		}
		p.call("POST", fmt.Sprintf("/v1/contacts/%s/history/%d/revert", p.a, int(entry.number("items.0.seq"))), nil).want(200)
		if got := p.get(p.a); len(got.list("tags")) != 0 {
			t.Errorf("taken back: %s", got.raw)
		}
	})
	t.Run("one batch", func(t *testing.T) {
		m := p.merge("contact", p.a, p.b)
		p.patch(p.a, map[string]any{"nickname": "X"})
		p.unmerge(m)
		if got := p.get(p.b).text("id"); got != p.b {
			t.Errorf("%s", got)
		}
		history := p.call("GET", "/v1/contacts/"+p.a+"/history", nil).want(200)
		if history.text("items.0.action") != "contact.unmerge" || history.text("items.0.batch") != m.text("id") {
			t.Errorf("%s", history.raw)
		}
	})
}
