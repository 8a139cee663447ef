package acceptance

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/muster-crm/muster/shared/clock"
)

// HIST-02: who changed which field, when, from what to what; narrowed by field, user and day.
func TestHIST02_FieldHistory(t *testing.T) {
	now := clock.At(time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC))
	c := start(t, now).found(t, "Testers")
	id := c.contact(map[string]any{"firstName": "Greet", "lastName": "Claes"})
	path := "/v1/contacts/" + id
	now.Advance(time.Hour)
	c.call("PATCH", path, `{"nickname":"Gré"}`, "If-Match", `"1"`).want(200)
	me := c.call("GET", "/v1/me", nil).want(200)
	t.Run("who, when, which field, from, to", func(t *testing.T) {
		e := c.call("GET", path+"/history", nil).want(200)
		if e.text("items.0.actor") != me.text("user.id") || e.text("items.0.at") != "2026-03-02T11:00:00Z" || e.text("items.0.action") != "contact.edit" ||
			e.text("items.0.changes.0.field") != "nickname" || e.at("items.0.changes.0.from") != nil || e.text("items.0.changes.0.to") != "Gré" ||
			e.text("items.0.text") == "" {
			t.Errorf("entry %s", raw(t, e.at("items.0")))
		}
	})
	// The session would be over tomorrow: sign in again.
	now.Advance(24 * time.Hour)
	c = c.site.signIn(t, "testers@example.org", password)
	c.call("PATCH", path, `{"lastName":"Peeters"}`, "If-Match", `"2"`).want(200)
	for _, tt := range []struct {
		name, query string
		want        int
	}{
		{"by field", "field=nickname", 1},
		{"by user", "actor=" + me.text("user.id"), 3},
		{"by another user", "actor=usr_nobody", 0},
		{"from a day", "from=2026-03-03", 1},
		{"to a day", "to=2026-03-02", 2},
		{"all of it", "", 3},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if n := len(c.call("GET", path+"/history?"+tt.query, nil).want(200).list("items")); n != tt.want {
				t.Errorf("%d entries, want %d", n, tt.want)
			}
		})
	}
}

// HIST-02: sensitive values are masked in the history, from and to, in the API and on the page.
func TestHIST02_SensitiveValuesMasked(t *testing.T) {
	c := begin(t)
	id := c.contact(papers())
	c.patch(id, map[string]any{"iban": "NL91ABNA0417164300"}).want(200)
	a := c.call("GET", "/v1/contacts/"+id+"/history", nil).want(200)
	if a.text("items.0.changes.0.from") != "•••034" || a.text("items.0.changes.0.to") != "•••300" || strings.Contains(string(a.raw), "ABNA") {
		t.Errorf("%s", a.raw)
	}
	b := c.tab(t)
	b.open("/contacts/" + id + "/history")
	b.holds("main", "•••034", "•••300")
	b.open("/contacts/" + id + "/history/2")
	b.holds("main", "•••034", "•••300")
	if strings.Contains(b.Eval("document.body.innerHTML"), "0417164") {
		t.Error("the preview tells")
	}
	b.Follow(`form[action$="/history/2"] [data-key="s"]`)
	if values, _ := c.revealed(id, "iban").at("values").(map[string]any); values["iban"] != "BE68539007547034" {
		t.Errorf("taken back to %v", values)
	}
}

// HIST-03: newest first, to the very first entry, and nobody can edit it.
func TestHIST03_HistoryTab(t *testing.T) {
	c := begin(t)
	id := c.contact(map[string]any{"firstName": "Nr 0"})
	path := "/v1/contacts/" + id
	const edits = 25
	for i := 1; i <= edits; i++ {
		c.call("PATCH", path, map[string]any{"firstName": fmt.Sprint("Nr ", i)}, "If-Match", fmt.Sprintf(`"%d"`, i)).want(200)
	}
	t.Run("newest first, page by page to the first", func(t *testing.T) {
		cursor, next := "", edits+1
		for {
			a := c.call("GET", path+"/history?limit=10&cursor="+cursor, nil).want(200)
			for i := range a.list("items") {
				if v := a.number(fmt.Sprintf("items.%d.version", i)); v != next {
					t.Fatalf("version %d, want %d", v, next)
				}
				next--
			}
			if cursor = a.text("next"); cursor == "" {
				break
			}
		}
		if next != 0 {
			t.Errorf("ends before version %d", next)
		}
	})
	t.Run("nobody can edit it", func(t *testing.T) {
		for _, method := range []string{"POST", "PUT", "PATCH", "DELETE"} {
			if a := c.call(method, path+"/history", `{}`); a.status != http.StatusMethodNotAllowed && a.status != http.StatusNotFound {
				t.Errorf("%s: %d", method, a.status)
			}
		}
	})
}

// HIST-04: what is deleted stays, in a list with who and when, until restored by who may.
func TestHIST04_TrashAndRestore(t *testing.T) {
	c := begin(t)
	id := c.contact(map[string]any{"firstName": "Tess", "emails": []any{map[string]any{"address": "tess@example.org"}}})
	c.contact(map[string]any{"firstName": "Stay"})
	c.call("DELETE", "/v1/contacts/"+id, nil, "If-Match", `"1"`).want(200)
	t.Run("a list with who and when", func(t *testing.T) {
		a := c.call("GET", "/v1/contacts?q=is:trashed&count=true", nil).want(200)
		if a.number("total") != 1 || a.text("items.0.id") != id || a.text("items.0.deletedAt") == "" || a.text("items.0.deletedBy") == "" {
			t.Errorf("trash %s", a.raw)
		}
	})
	t.Run("on the page too", func(t *testing.T) {
		b := c.tab(t)
		b.open("/trash")
		b.holds("#results", "Tess", "Olga Testers")
		if b.count(`form[action="/contacts/`+id+`/restore"]`) != 1 {
			t.Error("no way to restore")
		}
	})
	t.Run("restoring needs its own right", func(t *testing.T) {
		reader := c.user("reader@example.org", "reader", another)
		reader.call("POST", "/v1/contacts/"+id+"/restore", nil).want(403)
		reader.call("GET", "/v1/contacts?q=is:trashed", nil).want(403)
	})
	t.Run("it has left lists and searches", func(t *testing.T) {
		for _, q := range []string{"", "tess", "firstName:Tess"} {
			a := c.call("GET", "/v1/contacts?count=true&q="+q, nil).want(200)
			for _, item := range a.list("items") {
				if dig(item, "id") == id {
					t.Errorf("found by %q", q)
				}
			}
		}
	})
	t.Run("it cannot be edited there", func(t *testing.T) {
		c.call("PATCH", "/v1/contacts/"+id, `{"nickname":"x"}`, "If-Match", `"2"`).want(409)
	})
	t.Run("restoring brings it back as it was", func(t *testing.T) {
		a := c.call("POST", "/v1/contacts/"+id+"/restore", nil).want(200)
		if a.at("deletedAt") != nil || a.text("emails.0.address") != "tess@example.org" {
			t.Errorf("restored %s", a.raw)
		}
		if n := c.call("GET", "/v1/contacts?count=true&q=tess", nil).number("total"); n != 1 {
			t.Errorf("found %d times", n)
		}
		c.call("POST", "/v1/contacts/"+id+"/restore", nil).want(409)
	})
}

// HIST-05: every write has its history, and nothing has history without a write.
func TestHIST05_EveryWriteRecorded(t *testing.T) {
	c := begin(t)
	id := c.contact(map[string]any{"firstName": "Wim"})
	path := "/v1/contacts/" + id
	c.call("PATCH", path, `{"nickname":"W"}`, "If-Match", `"1"`).want(200)
	c.call("PATCH", path, `{"nickname":"W"}`, "If-Match", `"2"`).want(200) // changes nothing
	c.call("PATCH", path, `{"birthDate":"2999-01-01"}`, "If-Match", `"2"`).want(422)
	c.call("DELETE", path, nil, "If-Match", `"2"`).want(200)
	c.call("POST", path+"/restore", nil).want(200)
	c.call("PUT", "/v1/contacts/ext:erp:1", `{"firstName":"Ext"}`).want(201)
	t.Run("one entry a write, none for what was refused or changed nothing", func(t *testing.T) {
		a := c.call("GET", path+"/history", nil).want(200)
		var actions []string
		for i := range a.list("items") {
			actions = append(actions, a.text(fmt.Sprintf("items.%d.action", i)))
		}
		if fmt.Sprint(actions) != "[contact.restore contact.trash contact.edit contact.create]" {
			t.Errorf("actions %v", actions)
		}
		if v := c.call("GET", path, nil).number("version"); v != len(actions) {
			t.Errorf("version %d with %d entries", v, len(actions))
		}
	})
	t.Run("imports too, with their batch", func(t *testing.T) {
		imp := c.upload("people.csv", []byte("First name;Last name\r\nIlse;Import\r\n"))
		c.call("GET", "/v1/imports/"+imp, nil).want(200)
		c.call("POST", "/v1/imports/"+imp+"/run", nil).want(200)
		c.await(imp)
		found := c.call("GET", "/v1/contacts?q=ilse", nil).want(200)
		entry := c.call("GET", "/v1/contacts/"+found.text("items.0.id")+"/history", nil).want(200)
		if entry.text("items.0.batch") != imp || entry.text("items.0.action") != "contact.create" {
			t.Errorf("entry %s", entry.raw)
		}
	})
}

// What HIST-06 asks of one field and one record: what a change did is taken back, conflicts are chosen one by one.
func TestHistoryRevert(t *testing.T) {
	c := begin(t)
	id := c.contact(map[string]any{"firstName": "Rik", "nickname": "R", "website": "https://a.example"})
	path := "/v1/contacts/" + id
	c.call("PATCH", path, `{"nickname":"Ricky","website":"https://b.example"}`, "If-Match", `"1"`).want(200)
	seq := c.call("GET", path+"/history", nil).number("items.0.seq")
	revert := fmt.Sprintf("%s/history/%d/revert", path, seq)
	t.Run("one change", func(t *testing.T) {
		a := c.call("POST", revert, nil, "If-Match", `"2"`).want(200)
		if a.text("nickname") != "R" || a.text("website") != "https://a.example" {
			t.Errorf("reverted %s", a.raw)
		}
	})
	t.Run("itself logged and revertible", func(t *testing.T) {
		h := c.call("GET", path+"/history", nil).want(200)
		if h.text("items.0.action") != "contact.revert" {
			t.Fatalf("entry %s", raw(t, h.at("items.0")))
		}
		a := c.call("POST", fmt.Sprintf("%s/history/%d/revert", path, h.number("items.0.seq")), nil).want(200)
		if a.text("nickname") != "Ricky" {
			t.Errorf("nickname %q", a.text("nickname"))
		}
	})
	t.Run("later edits are conflicts, chosen one by one", func(t *testing.T) {
		v := c.call("GET", path, nil).header.Get("ETag")
		c.call("PATCH", path, `{"website":"https://c.example"}`, "If-Match", v).want(200)
		a := c.call("POST", revert, nil).want(409)
		if a.text("code") != "edited_since" || a.text("errors.0.path") != "website" {
			t.Errorf("conflict %s", a.raw)
		}
		b := c.call("POST", revert, `{"fields":["nickname"]}`).want(200)
		if b.text("nickname") != "R" || b.text("website") != "https://c.example" {
			t.Errorf("chosen %s", b.raw)
		}
		d := c.call("POST", revert, `{"fields":["website"]}`).want(200)
		if d.text("website") != "https://a.example" {
			t.Errorf("overwritten %s", d.raw)
		}
	})
	t.Run("a deletion is taken back", func(t *testing.T) {
		v := c.call("GET", path, nil).header.Get("ETag")
		c.call("DELETE", path, nil, "If-Match", v).want(200)
		seq := c.call("GET", path+"/history", nil).number("items.0.seq")
		if a := c.call("POST", fmt.Sprintf("%s/history/%d/revert", path, seq), nil).want(200); a.at("deletedAt") != nil {
			t.Errorf("still deleted: %s", a.raw)
		}
	})
}

// HIST-07 (exports and views come with them): who was shown which sensitive field of whom, and when, for those who manage
// the organisation; nobody changes it.
func TestHIST07_AccessLog(t *testing.T) {
	now := clock.At(time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC))
	c := start(t, now).found(t, "Testers")
	ann, bea := c.contact(papers()), c.contact(papers())
	c.revealed(ann, "iban")
	now.Advance(time.Minute)
	c.revealed(bea, "iban", "nationalNumber.number")
	me := c.call("GET", "/v1/me", nil).want(200)
	t.Run("who, when, which, of whom", func(t *testing.T) {
		c.t = t
		a := c.call("GET", "/v1/accesses", nil).want(200)
		if len(a.list("items")) != 2 || a.text("items.0.record") != bea || a.text("items.0.actor") != me.text("user.id") || a.text("items.0.at") != "2026-03-02T10:01:00Z" ||
			fmt.Sprint(a.list("items.0.fields")) != "[iban nationalNumber.number]" || a.text("items.0.act") != "reveal" {
			t.Errorf("%s", a.raw)
		}
	})
	t.Run("for those who manage alone", func(t *testing.T) {
		c.t = t
		admin, editor := c.user("ad@example.org", "admin", another), c.user("ed@example.org", "editor", another)
		admin.call("GET", "/v1/accesses", nil).want(200)
		editor.call("GET", "/v1/accesses", nil).want(http.StatusForbidden)
		b := editor.tab(t)
		b.open("/settings/access")
		b.Excuse("status of 403")
		if b.count("#results") != 0 {
			t.Error("shown to an editor")
		}
		b.open("/contacts/" + ann + "/history")
		if b.count(`a[href^="/settings/access"]`) != 0 {
			t.Error("offered to an editor")
		}
	})
	b := c.tab(t)
	rows := func() int { return b.count("#results a.row-link") }
	t.Run("on its page, narrowed", func(t *testing.T) {
		b.open("/settings/access")
		b.holds("#results", "Bank account (IBAN), National number", "Olga Testers")
		b.Audit("access log")
		for query, want := range map[string]int{"": 2, "?record=" + ann: 1, "?user=" + me.text("user.id"): 2, "?user=usr_nobody": 0, "?from=2026-03-03": 0, "?from=2026-03-02&to=2026-03-02": 2, "?to=2026-03-01": 0} {
			if b.open("/settings/access" + query); rows() != want {
				t.Errorf("%s: %d rows, want %d", query, rows(), want)
			}
		}
		b.open("/contacts/" + ann + "/history")
		b.Follow(`main a[href^="/settings/access"]`)
		if rows() != 1 {
			t.Errorf("%d rows of one contact", rows())
		}
	})
	t.Run("what is shown on a page is noted", func(t *testing.T) {
		b.open("/contacts/" + ann + "/personal")
		b.Click("#block-papers form.inline button")
		b.until("#block-papers", "BE68539007547034")
		if b.open("/settings/access?record=" + ann); rows() != 2 {
			t.Errorf("%d rows", rows())
		}
	})
	t.Run("nobody changes it", func(t *testing.T) {
		c.t = t
		for _, method := range []string{"POST", "PUT", "PATCH", "DELETE"} {
			if a := c.call(method, "/v1/accesses", nil); a.status < 400 {
				t.Errorf("%s: %d", method, a.status)
			}
		}
	})
}
