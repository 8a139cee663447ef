package ui

import (
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/muster-crm/muster/functions/web/ui/uitest"
)

// What the script does, tried in a browser by keyboard and mouse.
func TestBehaviour(t *testing.T) {
	g := gallery()
	site := httptest.NewServer(g.mux)
	defer site.Close()
	browser := uitest.Start(t)
	run := func(name, path string, try func(t *testing.T, tab *uitest.Tab)) {
		t.Run(name, func(t *testing.T) {
			tab := browser.Tab(t)
			tab.Open(site.URL + path)
			try(t, tab)
		})
	}
	is := func(t *testing.T, tab *uitest.Tab, expression, want string) {
		t.Helper()
		if got := tab.Eval(expression); got != want {
			t.Errorf("%s is %q, want %q", expression, got, want)
		}
	}
	const rows = `document.querySelectorAll('tbody tr').length`
	const focus = `document.activeElement.textContent.trim()`

	run("a person is three keystrokes away", "/history", func(t *testing.T, tab *uitest.Tab) {
		tab.Keys("/")
		is(t, tab, `document.activeElement.id`, "global-q")
		tab.Keys("ja" + kb.Enter) // Enter before the matches came
		tab.Until(`document.activeElement.matches('#panel h2 a')`)
		is(t, tab, focus, "Jan Janssens")
		tab.Audit("quick view")
		tab.Shot("behaviour-panel")
		tab.Keys(kb.Enter)
		tab.Until(`location.pathname === '/contacts/102'`)
	})
	run("completion", "/history", func(t *testing.T, tab *uitest.Tab) {
		tab.Type("#global-q", "de")
		tab.Until(`document.querySelectorAll('#global-list [role=option]').length > 2`)
		tab.Shot("behaviour-suggest")
		tab.Audit("completion")
		is(t, tab, `document.querySelector('#global-q').getAttribute('aria-expanded')`, "true")
		tab.Keys(kb.ArrowDown)
		is(t, tab, `document.querySelector('[aria-selected=true]').id === document.querySelector('#global-q').getAttribute('aria-activedescendant')`, "true")
		is(t, tab, `[...document.querySelectorAll('#global-list [role=option]')].findIndex((o) => o.ariaSelected === 'true')`, "1")
		tab.Keys(kb.ArrowUp + kb.ArrowUp + kb.Enter) // round to the last: all results
		tab.Until(`location.pathname === '/search'`)
	})
	run("another record by typing", "/form", func(t *testing.T, tab *uitest.Tab) {
		const id, list = `document.querySelector('[name=partner]').value`, `document.querySelector('#f-partner-options')`
		is(t, tab, id, "con_3")
		tab.Eval(`document.querySelector('#f-partner').select()`)
		tab.Keys("jan")
		tab.Until(list + `.querySelectorAll('[role=option]').length === 2`)
		is(t, tab, id, "") // what is typed is nobody yet
		tab.Audit("a reference being typed")
		tab.Shot("behaviour-ref")
		is(t, tab, `document.querySelector('#f-partner').getAttribute('aria-activedescendant')`, "f-partner-options-0")
		tab.Keys(kb.ArrowDown + kb.Enter)
		is(t, tab, id, "con_2")
		is(t, tab, `document.querySelector('#f-partner').value`, "Jan Peeters")
		is(t, tab, list+`.hidden`, "true")
		is(t, tab, `location.pathname`, "/form") // Enter took the match and sent nothing
		tab.Keys("x")
		tab.Until(list + `.querySelectorAll('[role=option]').length === 0 && !` + list + `.hidden`)
		tab.Keys(kb.Escape)
		is(t, tab, list+`.hidden`, "true")
		is(t, tab, `document.querySelector('#f-partner').value`, "Jan Peetersx")
		tab.Eval(`document.querySelector('#f-partner').select()`)
		tab.Keys("els")
		tab.Until(list + `.querySelectorAll('[role=option]').length === 1`)
		tab.Click(`#f-partner-options [role=option]`)
		is(t, tab, id, "con_3")
	})
	run("shortcuts", "/history", func(t *testing.T, tab *uitest.Tab) {
		tab.Keys("?")
		tab.Until(`document.querySelector('#shortcuts').open`)
		tab.Audit("shortcuts")
		tab.Shot("behaviour-shortcuts")
		tab.Click("[data-shortcuts-on]")
		tab.Keys(kb.Escape)
		tab.Keys("n?")
		is(t, tab, `location.pathname + document.querySelector('#shortcuts').open`, "/historyfalse")
		tab.Click("[data-dialog=shortcuts]")
		tab.Click("[data-shortcuts-on]")
		tab.Keys(kb.Escape)
		tab.Keys("gc")
		tab.Until(`location.pathname === '/contacts'`)
		tab.Keys("n")
		tab.Until(`location.pathname === '/form'`)
	})
	run("moving through a list", "/contacts", func(t *testing.T, tab *uitest.Tab) {
		tab.Keys("jjjk")
		is(t, tab, focus, "Jan Janssens")
		tab.Keys("x")
		is(t, tab, `location.search`, "?sel=102")
		is(t, tab, `document.querySelector('.bulk-count').textContent`, "1 selected")
		is(t, tab, `document.querySelector('.pages a[rel=next]').search`, "?page=2&sel=102")
		tab.Keys("jx")
		is(t, tab, `document.querySelector('.bulk-count').textContent + document.querySelector('[data-tick-all]').indeterminate`, "2 selectedtrue")
		tab.Shot("behaviour-ticked")
		tab.Audit("ticked")
		tab.Keys("b")
		is(t, tab, `document.activeElement === document.querySelector('.bulk-actions button')`, "true")
		tab.Keys("k ")
		tab.Until(`document.querySelector('#panel h2')?.textContent === 'Jan Janssens'`)
		is(t, tab, focus, "Jan Janssens")
		tab.Keys("j")
		tab.Until(`document.querySelector('#panel h2')?.textContent === 'Fatima El Amrani'`)
		tab.Keys(kb.Escape)
		is(t, tab, `document.querySelector('#panel').hidden`, "true")
		tab.Click(".bulk-clear")
		is(t, tab, `location.search + document.querySelectorAll('tbody input:checked').length`, "0")
		tab.Click("[data-tick-all]")
		is(t, tab, `document.querySelector('.bulk-count').textContent`, "50 selected")
		tab.Keys("j" + kb.Enter)
		tab.Until(`location.pathname === '/contacts/104'`)
	})
	run("a selection comes back with its address", "/contacts?sel=102,7001", func(t *testing.T, tab *uitest.Tab) {
		is(t, tab, `document.querySelectorAll('tbody input:checked').length + document.querySelector('.bulk-count').textContent`, "11 selected")
	})
	run("the list follows the typing", "/contacts", func(t *testing.T, tab *uitest.Tab) {
		tab.Type("#filter-q", "jan")
		tab.Until(rows + ` < 10`)
		is(t, tab, `location.search`, "?q=jan")
		is(t, tab, `document.activeElement.id + document.querySelector('#filter-q').value`, "filter-qjan")
		tab.Until(`document.querySelector('[data-live-status]').textContent.endsWith('contacts')`)
		is(t, tab, `document.querySelectorAll('.chip').length`, "2")
		tab.Type("#filter-q", "xyz")
		tab.Until(`document.querySelector('.empty h2')`)
		tab.Keys(kb.Escape)
		tab.Until(rows + ` === 50`)
		is(t, tab, `location.search`, "")
		tab.Audit("after searching")
	})
	run("a row opens by a click beside its name", "/contacts", func(t *testing.T, tab *uitest.Tab) {
		tab.Click("tbody tr:nth-child(3) td:nth-child(4)")
		tab.Until(`location.pathname === '/contacts/103'`)
	})
	run("repeated rows", "/form", func(t *testing.T, tab *uitest.Tab) {
		emails := `[...document.querySelectorAll('[data-repeat=emails] input[type=email]')].map((e) => e.name).join()`
		tab.Click("[data-repeat=emails] [name=_add]")
		is(t, tab, emails, "emails[0].address,emails[1].address,emails[2].address")
		is(t, tab, `document.activeElement.name + document.querySelector('[data-repeat=emails] [name=_add]').disabled`, "emails[2].addresstrue")
		tab.Click("[data-repeat=emails] [value='emails[0]']")
		is(t, tab, emails, "emails[1].address,emails[2].address")
		is(t, tab, `document.querySelectorAll('[data-repeat=emails] input[type=radio]:checked').length`, "0") // the server asks for the next main one
		tab.Click("[data-repeat=emails] [value='emails[1]']")
		is(t, tab, `document.querySelectorAll('[data-repeat=emails] input[type=radio]:checked').length`, "1")
		tab.Audit("rows")
	})
	run("checks on leaving a field", "/form", func(t *testing.T, tab *uitest.Tab) {
		tab.Type("#f-emails-0-address", "taken@example.org\t")
		tab.Until(`document.querySelector('#f-emails-0-address-check .field-error')`)
		is(t, tab, `document.querySelector('#f-emails-0-address').getAttribute('aria-invalid')`, "true")
		tab.Audit("check")
		tab.Shot("behaviour-check")
		tab.Type("#f-phones-0-number", "0471 23 45 67\t")
		tab.Until(`document.querySelector('#f-phones-0-number-check .field-good')`) // the row's country went along
	})
	run("likely duplicates beside the form", "/form", func(t *testing.T, tab *uitest.Tab) {
		tab.Type("#f-lastName", "Peeters")
		tab.Until(`document.querySelector('#alike .row-link')`)
		tab.Audit("alike")
		tab.Type("#f-lastName", strings.Repeat(kb.Backspace, 7))
		tab.Until(`!document.querySelector('#alike .row-link')`)
	})
	run("unsaved changes", "/form", func(t *testing.T, tab *uitest.Tab) {
		const leaving = `dispatchEvent(new Event('beforeunload', { cancelable: true }))`
		is(t, tab, leaving, "true")
		tab.Type("#f-firstName", "A")
		is(t, tab, leaving, "false")
		tab.Type("#f-firstName", kb.Backspace)
		is(t, tab, leaving, "true")
	})
	run("nothing is sent twice", "/form", func(t *testing.T, tab *uitest.Tab) {
		tab.Type("#f-firstName", "A")
		before := g.posts.Load()
		tab.Eval(`(() => { const b = document.querySelector('[data-key=s]'); b.click(); b.click(); })()`)
		tab.Until(`document.querySelector('#notice p')`)
		if n := g.posts.Load() - before; n != 1 {
			t.Errorf("sent %d times", n)
		}
		tab.Audit("notice")
		tab.Shot("behaviour-notice")
		tab.Click("[data-dismiss]")
		is(t, tab, `document.querySelector('.notice')`, "null")
	})
	run("saving by keys", "/form", func(t *testing.T, tab *uitest.Tab) {
		tab.Type("#f-firstName", "A")
		tab.Keys("s", chromedp.KeyModifiers(chromedp.ModifierCtrl))
		tab.Until(`location.pathname === '/profile'`)
	})
	run("tags as pieces", "/form", func(t *testing.T, tab *uitest.Tab) {
		value := `document.querySelector('input[name=tags]').value`
		is(t, tab, value, "bestuur, U12")
		tab.Type("#f-tags", "Béstuur,vrijwilliger"+kb.Enter)
		is(t, tab, value, "bestuur, U12, vrijwilliger")
		tab.Click(".token button")
		is(t, tab, value, "U12, vrijwilliger")
		tab.Keys(kb.Backspace)
		is(t, tab, value, "U12")
		tab.Audit("tags")
	})
	run("bringing columns in order", "/parts", func(t *testing.T, tab *uitest.Tab) {
		order := `new FormData(document.querySelector('#columns')).getAll('columns').join()`
		tab.Click("[name=_up][value=status]")
		tab.Click("[name=columns][value=status]")
		is(t, tab, order, "name,status,type")
		is(t, tab, `document.activeElement.value`, "status")
		tab.Audit("columns")
	})
	run("facets on a phone", "/contacts", func(t *testing.T, tab *uitest.Tab) {
		tab.Size(390, 844)
		is(t, tab, `getComputedStyle(document.querySelector('#rail')).display`, "none")
		tab.Click(".filter-tools .narrow-only")
		is(t, tab, `getComputedStyle(document.querySelector('#rail')).display`, "grid")
		tab.Shot("behaviour-phone-facets")
		tab.Audit("facets")
		tab.Click("#rail .narrow-only")
		is(t, tab, `getComputedStyle(document.querySelector('#rail')).display`, "none")
	})
	run("a block edits in place", "/profile", func(t *testing.T, tab *uitest.Tab) {
		tab.Click("#block-personal .icon-button")
		tab.Until(`document.activeElement.name === 'firstName'`)
		is(t, tab, `location.pathname`, "/profile")
		tab.Click("#block-personal .quiet")
		tab.Until(`document.querySelector('#block-personal dl')`)
		tab.Click("#block-personal .icon-button")
		tab.Until(`document.activeElement.name === 'firstName'`)
		tab.Type("#f-firstName", "!")
		tab.Click("#block-personal .primary")
		tab.Until(`document.querySelector('#block-personal dl') && document.querySelector('#notice p')`)
		is(t, tab, `location.pathname + location.search`, "/profile")
		tab.Audit("after saving a block")
	})
	run("progress", "/job", func(t *testing.T, tab *uitest.Tab) {
		tab.Until(`document.querySelector('#job .progress-actions')`)
		is(t, tab, `document.querySelector('#job').hasAttribute('data-poll')`, "false")
		tab.Audit("done")
	})
	run("colours", "/contacts", func(t *testing.T, tab *uitest.Tab) {
		tab.Click(".top-menus .menu:last-child summary")
		tab.Shot("behaviour-account")
		tab.Audit("account menu")
		tab.Click("[data-theme-choice] [value=dark]")
		is(t, tab, `document.documentElement.dataset.theme`, "dark")
		tab.Open(site.URL + "/contacts")
		is(t, tab, `document.documentElement.dataset.theme`, "dark")
		tab.Audit("dark by choice")
	})
	run("menus and dialogs", "/profile", func(t *testing.T, tab *uitest.Tab) {
		tab.Click(".page-actions summary")
		tab.Keys(kb.ArrowDown + kb.ArrowDown)
		is(t, tab, focus, "Delete")
		tab.Keys(kb.Escape)
		is(t, tab, `document.querySelector('.page-actions details').open`, "false")
		tab.Keys(kb.Enter + kb.ArrowDown + kb.ArrowDown + kb.Enter)
		tab.Until(`document.querySelector('#delete').open`)
		tab.Audit("dialog")
		tab.Shot("behaviour-dialog")
		tab.Click("#delete [data-close]")
		is(t, tab, `document.querySelector('#delete').open`, "false")
	})
	run("on a phone", "/contacts", func(t *testing.T, tab *uitest.Tab) {
		tab.Size(390, 844)
		tab.Click(".bar summary")
		tab.Audit("more")
		tab.Shot("behaviour-phone-more")
		tab.Keys(kb.Escape)
		tab.Type("#global-q", "gr")
		tab.Until(`document.querySelector('#global-list a')`)
		tab.Shot("behaviour-phone-suggest")
		tab.Keys(kb.Enter)
		tab.Until(`document.querySelector('#panel h2')`)
		tab.Audit("panel on a phone")
		tab.Shot("behaviour-phone-panel")
	})
	run("without script", "/contacts", func(t *testing.T, tab *uitest.Tab) {
		tab.Scripts(false)
		tab.Open(site.URL + "/contacts")
		tab.Type("#filter-q", "jan")
		tab.Shot("behaviour-no-script")
		tab.Follow(".filter-box button")
		is(t, tab, `location.search`, "?q=jan")
		tab.Click(".top-menus summary")
		is(t, tab, `document.querySelector('.top-menus details').open`, "true")
		is(t, tab, `getComputedStyle(document.querySelector('.bulk')).display`, "flex")
		tab.Open(site.URL + "/form")
		before := g.posts.Load()
		tab.Follow("[data-repeat=emails] [name=_add]")
		is(t, tab, `location.pathname`, "/profile")
		if g.posts.Load() != before+1 {
			t.Error("the button did not send the form")
		}
	})
	run("printed", "/contacts", func(t *testing.T, tab *uitest.Tab) {
		tab.Print()
		is(t, tab, `['.side', '.top', '.filter-form', '.pages', '.tick'].map((s) => getComputedStyle(document.querySelector(s)).display).join()`, "none,none,none,none,none")
		is(t, tab, `document.querySelector('.sheet').scrollHeight > 1200`, "true")
		tab.Shot("behaviour-print")
	})
}
