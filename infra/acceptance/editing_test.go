package acceptance

import (
	"testing"
)

// HIST-13 (edits and trash; bulk, import and merge come later): after a deletion and after an edit a quiet line on the
// very page it was done on offers Undo, with JavaScript and without.
func TestHIST13_UndoWhereItWasDone(t *testing.T) {
	c := begin(t)
	for _, scripts := range []bool{true, false} {
		name := map[bool]string{true: "with JavaScript", false: "without JavaScript"}[scripts]
		t.Run(name, func(t *testing.T) {
			id := c.contact(map[string]any{"firstName": "Undine", "lastName": "Maes", "nickname": "Un"})
			c.contact(map[string]any{"firstName": "Undo", "lastName": "Bystander"})
			b := c.tab(t)
			b.Scripts(scripts)
			trashed := func() bool { return c.get(id).at("deletedAt") != nil }

			b.open("/contacts?q=und&sort=-name")
			b.Follow(`form[action="/contacts/` + id + `/delete"] button`)
			if !trashed() || b.Where() != "/contacts?q=und&sort=-name" || b.count(`a.row-link[href="/contacts/`+id+`"]`) != 0 {
				t.Errorf("deleted from the list: trashed %v, at %s", trashed(), b.Where())
			}
			b.holds("#notice", "Undine Maes", "Undo")
			b.Follow("#notice form button")
			if trashed() || b.Where() != "/contacts?q=und&sort=-name" || b.count(`a.row-link[href="/contacts/`+id+`"]`) != 1 {
				t.Errorf("undone: trashed %v, at %s", trashed(), b.Where())
			}

			b.open("/contacts/" + id)
			b.Follow(`.page-head form[action="/contacts/` + id + `/delete"] button`)
			if !trashed() {
				t.Error("not deleted from the profile")
			}
			b.holds("#notice", "Undine Maes")
			b.Follow("#notice form button")
			if trashed() {
				t.Error("deletion from the profile is not undone")
			}

			b.open("/contacts/" + id + "/edit")
			b.set(`[name="nickname"]`, "Wrong")
			b.Follow(`form#contact [data-key="s"]`)
			if got := c.get(id).text("nickname"); got != "Wrong" {
				t.Errorf("saved %q", got)
			}
			if b.Where() != "/contacts/"+id {
				t.Errorf("saving leads to %s", b.Where())
			}
			b.Follow("#notice form button")
			if got := c.get(id).text("nickname"); got != "Un" || b.Where() != "/contacts/"+id {
				t.Errorf("undone to %q, at %s", got, b.Where())
			}
			b.Fits("after undo")
			c.trash(id)
		})
	}
	t.Run("of one block, in its place", func(t *testing.T) {
		id := c.contact(map[string]any{"firstName": "Bloc"})
		b := c.tab(t)
		b.open("/contacts/" + id + "/personal")
		b.Click("#block-person a[href*='edit=person']")
		b.Until(`document.querySelector('#block-person [name=nickname]')`)
		b.Type("#block-person [name=nickname]", "Blocky")
		b.Click("#block-person [data-key=s]")
		b.until("#block-person", "Blocky")
		b.until("#notice", "Undo")
		b.Follow("#notice form button")
		if got := c.get(id).text("nickname"); got != "" || b.Where() != "/contacts/"+id+"/personal" {
			t.Errorf("nickname %q at %s", got, b.Where())
		}
	})
	t.Run("of a creation", func(t *testing.T) {
		b := c.tab(t)
		b.open("/contacts/new")
		b.Type("[name=firstName]", "Mistake")
		b.Follow(`form#contact [data-key="s"]`)
		b.holds("#notice", "Undo")
		b.Follow("#notice form button")
		if n := c.total("mistake"); n != 0 {
			t.Errorf("%d left", n)
		}
	})
}

// REC-02 (contacts; families, companies and what follows come later): Add is on every page, and the saved contact is in
// the list at once.
func TestREC02_CreateInTheBackOffice(t *testing.T) {
	c := begin(t)
	b := c.tab(t)
	b.open("/settings/organisation")
	t.Run("Add offers a contact", func(t *testing.T) {
		if b.count(`header a[href="/contacts/new"], .top a[href="/contacts/new"]`) == 0 {
			t.Error("no way to add one")
		}
		b.Keys("n")
		b.Until(`location.pathname === '/contacts/new'`)
	})
	t.Run("bad input saves nothing and keeps what was typed", func(t *testing.T) {
		b.Type("[name=lastName]", "Only")
		b.Follow(`form#contact [data-key="s"]`)
		if b.value("[name=lastName]") != "Only" || b.count("[role=alert]") == 0 || c.total("") != 0 {
			t.Errorf("kept %q, %d contacts", b.value("[name=lastName]"), c.total(""))
		}
		b.Excuse("status of 422")
		b.Audit("refused form")
	})
	t.Run("the saved record is in the list at once", func(t *testing.T) {
		b.Type("[name=firstName]", "Fresh")
		b.Type(`[name="emails[0].address"]`, "fresh@example.org")
		b.Follow(`form#contact [data-key="s"]`)
		b.holds("h1", "Fresh Only")
		b.open("/contacts")
		b.holds("#results", "Fresh Only", "fresh@example.org")
	})
}
