package acceptance

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/chromedp/chromedp/kb"

	"github.com/muster-crm/muster/infra/need"
)

// The main job with JavaScript switched off: sign in, import a real list, find somebody, edit, see who changed what, take
// the change back.
func TestMainJobWithoutScripts(t *testing.T) {
	s := start(t, nil)
	c := s.found(t, "Testers")
	b := s.visitor(t)
	b.Scripts(false)
	step := func(name string, do func(t *testing.T)) {
		t.Helper()
		if !t.Run(name, do) {
			t.FailNow()
		}
	}
	// settled follows "show the present numbers" until an import is no longer on its way.
	settled := func() {
		t.Helper()
		for b.count(".without-script a.button") > 0 {
			b.Follow(".without-script a.button")
		}
	}
	step("sign in", func(t *testing.T) {
		b.open("/contacts?q=somebody")
		b.Type("[name=login]", "testers@example.org")
		b.Type("[name=password]", password)
		b.save("main form")
		if b.Where() != "/contacts?q=somebody" {
			t.Errorf("at %s", b.Where())
		}
	})
	step("import a real file", func(t *testing.T) {
		b.open("/contacts")
		b.Follow(`main a[href="/imports/new"]`)
		b.Follow(`main a[href="/imports/new?mode=create"]`)
		b.File("input[type=file]", need.TestData(t, "contacts/ledenlijst-2026.csv"))
		b.save("form#upload")
		if !strings.HasSuffix(b.Where(), "/map") {
			t.Fatalf("the upload leads to %s: %s", b.Where(), b.text("main"))
		}
		b.save("form#map")
		settled()
		if !strings.HasSuffix(b.Where(), "/preview") || c.total("") != 0 {
			t.Fatalf("the mapping leads to %s: %s", b.Where(), b.text("main"))
		}
		b.Follow(`main form[action$="/run"] button`)
		settled()
		if n := c.total(""); n < 470 {
			t.Fatalf("%d contacts, at %s: %s", n, b.Where(), b.text("main"))
		}
		b.holds("main", fmt.Sprint(c.total("")))
		b.Follow(`main a[href^="/contacts?"]`)
		b.holds("#results", "Claes")
	})
	var id string
	step("find somebody", func(t *testing.T) {
		one := c.call("GET", "/v1/contacts?limit=1&q=email:*+phone:*", nil).want(http.StatusOK)
		id = one.text("items.0.id")
		name := strings.ToLower(one.text("items.0.firstName") + " " + one.text("items.0.lastName"))
		b.Type("header [type=search]", name)
		b.Submit()
		b.Follow(`#results a.row-link[href="/contacts/` + id + `"]`)
		b.holds("h1", one.text("items.0.firstName"), one.text("items.0.lastName"))
	})
	before := c.get(id)
	step("edit", func(t *testing.T) {
		b.Follow(`.page-head a[href="/contacts/` + id + `/edit"]`)
		b.set("[name=nickname]", "Sparrow")
		b.Follow(`button[name=_add][value=emails]`)
		if got := b.value("[name=nickname]"); got != "Sparrow" {
			t.Fatalf("a further row lost what was typed: %q", got)
		}
		b.Type(fmt.Sprintf(`[name="emails[%d].address"]`, len(before.list("emails"))), "sparrow@example.org")
		b.save("form#contact")
		after := c.get(id)
		if after.text("nickname") != "Sparrow" || len(after.list("emails")) != len(before.list("emails"))+1 || len(after.list("phones")) != len(before.list("phones")) {
			t.Errorf("saved %s", after.raw)
		}
	})
	step("who changed what", func(t *testing.T) {
		b.Follow(`main nav.tabs a[href$="/history"]`)
		b.holds(".entry", "Olga Testers", "Sparrow", "sparrow@example.org")
	})
	step("take it back", func(t *testing.T) {
		b.Follow(`.entry a[href="/contacts/` + id + `/history/2"]`)
		b.Follow(`main form[action="/contacts/` + id + `/history/2"] [data-key="s"]`)
		after := c.get(id)
		if after.at("nickname") != nil || len(after.list("emails")) != len(before.list("emails")) {
			t.Errorf("reverted to %s", after.raw)
		}
		b.holds("#notice", "taken back")
	})
	step("sign out", func(t *testing.T) {
		b.Click(`details:has(form[action="/sign-out"]) > summary`)
		b.Follow(`form[action="/sign-out"] button`)
		b.open("/contacts")
		if !strings.HasPrefix(b.Where(), "/sign-in") {
			t.Errorf("at %s", b.Where())
		}
	})
	b.Fits("the whole way")
}

// From any page a person is three keystrokes away, and the work itself needs no mouse.
func TestKeyboardPath(t *testing.T) {
	c := begin(t)
	id := c.contact(map[string]any{"firstName": "Zita", "lastName": "Claes"})
	c.contact(map[string]any{"firstName": "Adam", "lastName": "Aerts"})
	b := c.tab(t)
	t.Run("/ and two letters and Enter open a person", func(t *testing.T) {
		b.open("/settings/users")
		b.Keys("/")
		b.Keys("zi" + kb.Enter)
		b.until("#panel", "Zita Claes") // the quick view, with the name focused
		b.Keys(kb.Enter)
		b.Until(`location.pathname === '/contacts/` + id + `'`)
	})
	t.Run("e edits", func(t *testing.T) {
		b.Keys("e")
		b.Until(`location.pathname === '/contacts/` + id + `/edit'`)
		b.Type("[name=nickname]", "Zizi")
	})
	t.Run("s saves", func(t *testing.T) {
		b.Eval(`document.activeElement.blur()`) // in a field, s is a letter
		b.Keys("s")
		b.Until(`location.pathname === '/contacts/` + id + `'`)
		if got := c.get(id).text("nickname"); got != "Zizi" {
			t.Errorf("nickname %q", got)
		}
	})
	t.Run("g c, j, x, Space and Enter work the list", func(t *testing.T) {
		b.Keys("gc")
		b.Until(`location.pathname === '/contacts'`)
		b.Keys("j")
		b.Keys("j")
		b.Until(`document.activeElement.closest('tr')?.innerText.includes('Zita')`)
		b.Keys("x")
		b.Until(`document.activeElement.closest('tr').querySelector('[name=id]').checked`)
		b.Keys(" ")
		b.until("#panel", "Zita Claes")
		b.Keys(kb.Enter)
		b.Until(`location.pathname === '/contacts/` + id + `'`)
	})
	t.Run("n adds, ? shows the keys", func(t *testing.T) {
		b.Keys("?")
		b.Until(`document.querySelector('#shortcuts').open`)
		b.Audit("shortcuts")
		b.Keys(kb.Escape)
		b.Until(`!document.querySelector('#shortcuts').open`)
		b.Keys("n")
		b.Until(`location.pathname === '/contacts/new'`)
	})
	t.Run("Tab reaches the content past the navigation", func(t *testing.T) {
		b.open("/contacts/" + id)
		b.Keys(kb.Tab)
		b.Keys(kb.Enter)
		b.Keys(kb.Tab)
		b.Until(`document.activeElement.closest('main')`)
	})
	b.Fits("the keyboard path")
}
