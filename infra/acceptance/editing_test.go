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
			b.save("form#contact")
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
		b.save("form#contact")
		b.holds("#notice", "Undo")
		b.Follow("#notice form button")
		if n := c.total("mistake"); n != 0 {
			t.Errorf("%d left", n)
		}
	})
}

// REC-02 (memberships and groups come later): Add is on every page and offers a contact, a family or a company; the saved
// record is in its list at once, and what may follow is offered.
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
		b.save("form#contact")
		if b.value("[name=lastName]") != "Only" || b.count("[role=alert]") == 0 || c.total("") != 0 {
			t.Errorf("kept %q, %d contacts", b.value("[name=lastName]"), c.total(""))
		}
		b.Excuse("status of 422")
		b.Audit("refused form")
	})
	t.Run("the saved record is in the list at once", func(t *testing.T) {
		b.Type("[name=firstName]", "Fresh")
		b.Type(`[name="emails[0].address"]`, "fresh@example.org")
		b.save("form#contact")
		b.holds("h1", "Fresh Only")
		b.open("/contacts")
		b.holds("#results", "Fresh Only", "fresh@example.org")
	})
	t.Run("families and companies", func(t *testing.T) {
		for plural, name := range map[string]string{"families": "Peeters", "companies": "Acme"} {
			b.open("/settings/organisation")
			if b.count(`.top a[href="/`+plural+`/new"], header a[href="/`+plural+`/new"]`) == 0 {
				t.Errorf("Add does not offer %s", plural)
			}
			b.open("/" + plural + "/new")
			b.save("main form[method=post]")
			b.Excuse("status of 422")
			if b.count("[role=alert]") == 0 {
				t.Errorf("%s without a name are made", plural)
			}
			b.Type("[name=name]", name)
			b.save("main form[method=post]")
			b.holds("h1", name)
			b.open("/" + plural)
			b.holds("#results", name)
		}
	})
	t.Run("what may follow", func(t *testing.T) {
		b.open("/contacts/new")
		b.Type("[name=firstName]", "Next")
		b.save("form#contact")
		b.holds("#notice", "Add to a group", "Add to a family", "Link a company")
		b.Follow(`#notice a[href$="/families"]`)
		b.pick("#f-holder", "pee", "Peeters")
		b.save("#link-form")
		b.holds("#links", "Peeters")
	})
}

// REC-05 and REC-06 on the page: a value is checked as its field is left, and once more as the form is saved.
func TestREC05_OnThePage(t *testing.T) {
	c := begin(t)
	holder := c.contact(map[string]any{"firstName": "Holder", "emails": list(email("taken@example.org")), "phones": list(mobile("0471 56 54 31"))})
	b := c.tab(t)
	b.open("/contacts/new")
	const address, number = "#f-emails-0-address", "#f-phones-0-number"
	t.Run("e-mail", func(t *testing.T) {
		b.Type(address, "nonsense\t")
		b.Until(`document.querySelector('` + address + `').getAttribute('aria-invalid') === 'true'`)
		b.set(address, "Taken@example.org\t")
		b.Until(`document.querySelector('` + address + `-check a[href="/contacts/` + holder + `"]')`)
		b.holds(address+"-check", "Holder")
		b.set(address, "free@example.org\t")
		b.Until(`document.querySelector('` + address + `-check').innerText === ''`)
	})
	t.Run("mobile", func(t *testing.T) {
		b.Type(number, "0471 56\t")
		b.Until(`document.querySelector('` + number + `').getAttribute('aria-invalid') === 'true'`)
		b.set(number, "0471 56 54 31\t")
		b.until(number+"-check", "Holder")
		b.Audit("checked fields")
	})
	t.Run("again at save", func(t *testing.T) {
		b.Type("[name=firstName]", "Late")
		b.save("form#contact")
		if b.value(number) != "0471 56 54 31" || c.total("late") != 0 {
			t.Errorf("kept %q, %d saved", b.value(number), c.total("late"))
		}
		b.holds("[role=alert]", "mobile")
		b.Excuse("status of 409")
		b.Audit("refused at save")
	})
	t.Run("the country prefix is entered by itself", func(t *testing.T) {
		b.Eval(`(() => { document.querySelector('[name="phones[0].country"]').value = 'FR'; })()`)
		b.set(number, "06 20 48 93 64\t")
		b.until(number+"-check", "6 20 48 93 64")
		b.save("form#contact")
		if got := c.call("GET", "/v1/contacts?q=late", nil).text("items.0.phones.0.number"); got != "+33620489364" {
			t.Errorf("saved %q", got)
		}
	})
}

// REC-33: nothing is written before Save; who leaves with something unsaved is warned; a stale save shows both versions.
func TestREC33_EditWithExplicitSave(t *testing.T) {
	c := begin(t)
	id := c.contact(map[string]any{"firstName": "Rea", "lastName": "Old", "nickname": "R"})
	edit := "/contacts/" + id + "/edit"
	const leaving = `dispatchEvent(new Event('beforeunload', { cancelable: true }))`
	b := c.tab(t)
	t.Run("Edit opens, Save writes", func(t *testing.T) {
		b.open("/contacts/" + id)
		b.Keys("e")
		b.Until(`location.pathname === '` + edit + `'`)
		b.set("[name=lastName]", "New")
		if v := c.get(id).number("version"); v != 1 {
			t.Errorf("written before Save: version %d", v)
		}
	})
	t.Run("leaving unsaved warns", func(t *testing.T) {
		if b.Eval(leaving) != "false" {
			t.Error("no warning")
		}
		b.set("[name=lastName]", "Old")
		if b.Eval(leaving) != "true" {
			t.Error("a warning with nothing unsaved")
		}
		b.set("[name=lastName]", "Mine")
	})
	t.Run("a stale save is refused and shows both, field by field", func(t *testing.T) {
		c.patch(id, map[string]any{"lastName": "Theirs", "nickname": "Their"}).want(200)
		b.save("form#contact")
		if got := c.get(id).text("lastName"); got != "Theirs" {
			t.Errorf("overwritten with %q", got)
		}
		b.holds(".compare", "Theirs", "Mine", "Their", "R")
		b.Excuse("status of 412")
		b.Audit("stale save")
		b.Shot("stale")
		b.Click(`[name="choice.lastName"][value=yours]`)
		b.Click(`[name="choice.nickname"][value=theirs]`)
		b.save("form#stale")
		if a := c.get(id); a.text("lastName") != "Mine" || a.text("nickname") != "Their" || a.number("version") != 3 {
			t.Errorf("saved %s", a.raw)
		}
	})
	t.Run("through the API a stale version is refused with the current one", func(t *testing.T) {
		a := c.call("PATCH", "/v1/contacts/"+id, `{"lastName":"Again"}`, "If-Match", `"1"`).want(412)
		if a.text("current.lastName") != "Mine" {
			t.Errorf("current %s", a.raw)
		}
	})
}
