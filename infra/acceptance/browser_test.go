package acceptance

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/muster-crm/muster/functions/web/ui/uitest"
)

// chromium is the one browser of all tests here.
var chromium uitest.Shared

func TestMain(m *testing.M) {
	code := m.Run()
	chromium.Close()
	os.Exit(code)
}

// tab is a tab of the browser on a site.
type tab struct {
	*uitest.Tab
	t    *testing.T
	site *site
}

// visitor opens a tab for somebody who is not signed in.
func (s *site) visitor(t *testing.T) *tab {
	t.Helper()
	return &tab{Tab: chromium.Browser(t).Tab(t), t: t, site: s}
}

// tab opens a tab in which the client's user is signed in.
func (c *client) tab(t *testing.T) *tab {
	t.Helper()
	b := c.site.visitor(t)
	b.Cookie(c.site.url, "muster", c.token)
	return b
}

// open goes to a page of the site.
func (b *tab) open(path string) {
	b.t.Helper()
	b.Open(b.site.url + path)
}

// text gives the words of the first element that a CSS selector finds, "" when there is none. It looks at the page as
// it is.
func (b *tab) text(selector string) string {
	b.t.Helper()
	return b.Eval(fmt.Sprintf(`(document.querySelector(%q)?.innerText ?? '').trim()`, selector))
}

// count tells how many elements a CSS selector finds.
func (b *tab) count(selector string) int {
	b.t.Helper()
	n := 0
	if _, err := fmt.Sscan(b.Eval(fmt.Sprintf(`document.querySelectorAll(%q).length`, selector)), &n); err != nil {
		b.t.Fatal(err)
	}
	return n
}

// value gives the value of the first field that a CSS selector finds.
func (b *tab) value(selector string) string {
	b.t.Helper()
	return b.Eval(fmt.Sprintf(`document.querySelector(%q)?.value ?? ''`, selector))
}

// set gives a field a value as if it had been typed in place of the one there.
func (b *tab) set(selector, value string) {
	b.t.Helper()
	b.Eval(fmt.Sprintf(`(() => { const e = document.querySelector(%q); e.value = ''; })()`, selector))
	b.Type(selector, value)
}

// save presses the button a form is saved with and waits for the page that follows.
func (b *tab) save(form string) {
	b.t.Helper()
	b.Follow(form + ` [data-key="s"]`)
}

// saveHere presses the button of a form that is replaced by what it saved, and waits until it is.
func (b *tab) saveHere(form string) {
	b.t.Helper()
	b.Click(form + ` [data-key="s"]`)
	b.Until(fmt.Sprintf(`!document.querySelector(%q)`, form))
}

// choose gives a choice or a date its value.
func (b *tab) choose(selector, value string) {
	b.t.Helper()
	b.Eval(fmt.Sprintf(`(() => { const e = document.querySelector(%q); e.value = %q; e.dispatchEvent(new Event('change', { bubbles: true })); })()`, selector, value))
}

// holds fails the test unless the words of an element hold each of the texts.
func (b *tab) holds(selector string, texts ...string) {
	b.t.Helper()
	shown := b.text(selector)
	for _, text := range texts {
		if !strings.Contains(shown, text) {
			b.t.Errorf("%s: %s does not say %q but %q", b.Where(), selector, text, shown)
		}
	}
}

// until waits until the words of an element hold a text, over page changes too.
func (b *tab) until(selector, text string) {
	b.t.Helper()
	b.Until(fmt.Sprintf(`(document.querySelector(%q)?.innerText ?? '').includes(%q)`, selector, text))
}
