package acceptance

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/chromedp/kb"
	web "github.com/muster-crm/muster/functions/web/app"
)

// SRCH-02 (names, numbers, e-mail and phones; membership and balance in the quick panel come later): a search box at the
// top of every page that answers from two characters on with up to ten people, each opening a quick panel.
func TestSRCH02_GlobalSearchBox(t *testing.T) {
	c := begin(t)
	jan := c.contact(map[string]any{"firstName": "Jan", "lastName": "Peeters", "emails": list(email("jan.p@example.org")), "phones": list(mobile("0471 56 54 31"))})
	number := c.get(jan).number("number")
	for i := range 12 {
		c.contact(map[string]any{"firstName": "Willem", "lastName": fmt.Sprintf("Nr%02d", i)})
	}
	b := c.tab(t)
	const box, options = `header [role=combobox]`, `header [role=listbox] [role=option]`
	t.Run("on every page", func(t *testing.T) {
		for _, path := range []string{"/contacts", "/contacts/new", "/contacts/" + jan, "/contacts/" + jan + "/history", "/contacts/" + jan + "/edit", "/trash", "/imports", "/imports/new",
			"/jobs", "/settings/organisation", "/settings/policies", "/settings/fields", "/settings/users", "/account", "/nowhere"} {
			b.open(path)
			if b.count(box) != 1 {
				t.Errorf("%s has %d boxes", path, b.count(box))
			}
		}
		b.Excuse("status of 404")
	})
	b.open("/jobs")
	ask := func(text string) {
		t.Helper()
		b.Eval(`(() => { const e = document.querySelector('` + box + `'); e.value = ''; e.focus(); })()`)
		b.Keys(text)
	}
	t.Run("from two characters of a name", func(t *testing.T) {
		ask("j")
		if b.count(options) != 0 {
			t.Error("answers one character")
		}
		b.Keys("a")
		b.until(`header [role=listbox]`, "Jan Peeters")
		b.Audit("suggestions")
	})
	t.Run("number, e-mail and phone", func(t *testing.T) {
		for _, text := range []string{fmt.Sprint(number, " "), "jan.p@exam", "0471 56 54", "peeters jan", "+32471565431"} {
			ask(strings.Repeat("z", 3)) // empties what was found before
			b.Until(`![...document.querySelectorAll('` + options + `')].some((o) => o.href.includes('` + jan + `'))`)
			if text == fmt.Sprint(number, " ") {
				text = fmt.Sprintf("number:%d", number)
			}
			ask(text)
			b.Until(`[...document.querySelectorAll('` + options + `')].some((o) => o.href.endsWith('/` + jan + `'))`)
		}
	})
	t.Run("up to ten", func(t *testing.T) {
		ask("willem")
		b.until(`header [role=listbox]`, "Willem Nr00")
		people := b.Eval(`[...document.querySelectorAll('` + options + `')].filter((o) => /\/contacts\/con_/.test(o.href)).length`)
		if people != "10" {
			t.Errorf("%s people", people)
		}
	})
	t.Run("each opens a quick panel, without leaving the page", func(t *testing.T) {
		ask("peeters")
		b.until(`header [role=listbox]`, "Jan Peeters")
		b.Keys(kb.Enter)
		b.until("#panel", "jan.p@example.org")
		b.holds("#panel", "Jan Peeters", "0471 56 54 31")
		if b.Where() != "/jobs" {
			t.Errorf("at %s", b.Where())
		}
		b.Audit("quick panel")
		b.Keys(kb.Enter) // on to the whole record
		b.Until(`location.pathname === '/contacts/` + jan + `'`)
	})
	t.Run("only what the reader may see", func(t *testing.T) {
		other := c.site.found(t, "Elsewhere").tab(t)
		other.open("/suggest?q=peeters")
		if strings.Contains(other.text("body"), "Jan") {
			t.Error("another organisation's contact")
		}
	})
	t.Run("without JavaScript it leads to the list", func(t *testing.T) {
		plain := c.tab(t)
		plain.Scripts(false)
		plain.open("/jobs")
		plain.Type("header [type=search]", "peeters")
		plain.Submit()
		if !strings.HasPrefix(plain.Where(), web.HomePath) {
			t.Errorf("at %s", plain.Where())
		}
		plain.holds("#results", "Jan Peeters")
	})
}

// SRCH-08: a name opens the profile, and Back returns to the same results, page and selection.
func TestSRCH08_OpenTheRecord(t *testing.T) {
	c := begin(t)
	var people []any
	for i := range 60 {
		people = append(people, map[string]any{"firstName": "Back", "lastName": fmt.Sprintf("Nr%02d", i)})
	}
	c.call("POST", "/v1/contacts/batch", map[string]any{"items": people}).want(200)
	rows := func(b *tab) []string {
		t.Helper()
		return strings.Split(b.Eval(`[...document.querySelectorAll('#results a.row-link')].map((a) => a.innerText).join()`), ",")
	}
	for _, scripts := range []bool{true, false} {
		t.Run(map[bool]string{true: "with JavaScript", false: "without JavaScript"}[scripts], func(t *testing.T) {
			b := c.tab(t)
			b.Scripts(scripts)
			b.open("/contacts?q=back&rows=25&sort=-name")
			b.Follow(`a[rel=next]`)
			if scripts { // ticks live in the address
				b.Click(`#results tbody tr:nth-child(2) .tick input`)
				b.Click(`#results tbody tr:nth-child(4) .tick input`)
			}
			where, shown := b.Where(), rows(b)
			if len(shown) != 25 || shown[0] != "Back Nr34" {
				t.Fatalf("the second page is %q", shown)
			}
			b.Follow(`#results tbody tr:nth-child(3) a.row-link`)
			b.holds("h1", "Back Nr32")
			if b.count("nav.tabs a") < 4 {
				t.Errorf("%d tabs", b.count("nav.tabs a"))
			}
			b.Back()
			if scripts {
				b.Until(`document.querySelectorAll('#results a.row-link').length === 25`)
			}
			if b.Where() != where || !slices.Equal(rows(b), shown) {
				t.Errorf("back at %s with %q, was %s with %q", b.Where(), rows(b), where, shown)
			}
			ticked := b.Eval(`[...document.querySelectorAll('.tick input[name=id]')].map((e, i) => e.checked ? i : -1).filter((i) => i >= 0).join()`)
			if want := map[bool]string{true: "1,3", false: ""}[scripts]; ticked != want {
				t.Errorf("ticked %q, want %q", ticked, want)
			}
		})
	}
}
