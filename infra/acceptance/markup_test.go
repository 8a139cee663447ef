package acceptance

import (
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/muster-crm/muster/infra/need"
)

// naughty is a public list of strings that have broken programs.
func naughty(t *testing.T) []string {
	t.Helper()
	raw, err := os.ReadFile(need.TestData(t, "text/blns.json"))
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	if err := json.Unmarshal(raw, &all); err != nil {
		t.Fatal(err)
	}
	return all
}

// acting names what a page holds that could act and is not ours. (What tries to is refused by the content security policy,
// which the console tells.)
const acting = `[...document.querySelectorAll('*')].flatMap((e) => [...e.attributes]
	.filter((a) => /^on|^srcdoc$|^style$/.test(a.name) || /^(href|src|action|formaction)$/.test(a.name) && /^\s*(javascript|data|vbscript):/i.test(a.value))
	.map((a) => e.tagName + ' ' + a.name + '=' + a.value))
	.concat([...document.scripts].filter((s) => !s.src.startsWith(location.origin + '/assets/')).map((s) => s.outerHTML))
	.concat([...document.querySelectorAll('iframe, object, embed, base, marquee, video, audio, style, math')].map((e) => e.outerHTML)).join('\n')`

// inert fails the test when the page holds something that acts or its console says so.
func (b *tab) inert(what string) {
	b.t.Helper()
	if found := b.Eval(acting); found != "" {
		b.t.Errorf("%s holds %s", what, found)
	}
	b.Fits(what)
}

// Text that is markup stays text, on every page and wherever it comes from.
func TestHostileTextNeverExecutes(t *testing.T) {
	t.Parallel()
	s := start(t, nil)
	strings515 := naughty(t)
	t.Run("all of a list of hostile names", func(t *testing.T) {
		c := s.found(t, "Everything")
		accepted := 0
		for chunk := range slices.Chunk(strings515, 100) {
			var people []any
			for _, text := range chunk {
				people = append(people, map[string]any{"firstName": text, "lastName": text, "nickname": text, "addresses": list(map[string]any{"town": text})})
			}
			for _, result := range c.call("POST", "/v1/contacts/batch", map[string]any{"items": people}).want(200).list("results") {
				switch status := dig(result, "status"); status {
				case float64(201):
					accepted++
				case float64(422):
				default:
					t.Errorf("answered %v: %v", status, result)
				}
			}
		}
		if accepted < len(strings515)/2 {
			t.Fatalf("only %d names were accepted", accepted)
		}
		b := c.tab(t)
		seen := 0
		for b.open("/contacts?rows=200&cols=name,nickname,town"); ; b.Follow("a[rel=next]") {
			b.inert("the list at " + b.Where())
			seen += b.count("#results a.row-link")
			if b.count("a[rel=next]") == 0 {
				break
			}
		}
		if seen != accepted {
			t.Errorf("%d of %d names shown", seen, accepted)
		}
		t.Run("through a file", func(t *testing.T) {
			var file strings.Builder
			file.WriteString("Voornaam;Naam;E-mail;Gemeente\n")
			for _, text := range strings515 {
				quoted := `"` + strings.ReplaceAll(text, `"`, `""`) + `"`
				fmt.Fprintf(&file, "%s;%s;%s;%s\n", quoted, quoted, quoted, quoted)
			}
			id := c.preview("hostile.csv", []byte(file.String()), nil).text("id")
			b.open("/imports/" + id + "/map")
			b.inert("the mapping")
			for _, fate := range []string{"", "?fate=reject", "?fate=create"} {
				b.open("/imports/" + id + "/preview" + fate)
				b.inert("the preview" + fate)
			}
			c.run(id)
			b.open("/imports/" + id)
			b.inert("the result")
		})
		t.Run("through the address", func(t *testing.T) {
			var acting []string
			for _, text := range strings515 {
				if strings.ContainsAny(text, "<'") && strings.Contains(text, "alert") {
					acting = append(acting, text)
				}
			}
			for i := 0; i < len(acting); i += 8 { // they are of few kinds, many of each
				text := acting[i]
				b.open("/contacts?" + url.Values{"q": {text}}.Encode())
				b.inert("the list for " + text)
				if len(b.Eval("document.title")) == 0 {
					t.Errorf("no page for %q", text)
				}
			}
			for _, path := range []string{"/sign-in?back=javascript:alert(1)", "/contacts/columns?back=javascript:alert(1)", "/contacts/columns?back=%2F%2Fevil.example",
				"/contacts/new?firstName=%22%3E%3Cscript%3Ealert(1)%3C%2Fscript%3E", "/reset?login=%22%3E%3Cimg+src%3Dx+onerror%3Dalert(1)%3E",
				"/contacts/%3Cscript%3Ealert(1)%3C%2Fscript%3E", "/%3Cscript%3Ealert(1)%3C%2Fscript%3E"} {
				b.open(path)
				b.Excuse("status of 404")
				b.inert(path)
			}
			b.open("/jobs")
			b.Type("header [role=combobox]", `<img src=x onerror=alert(1)>`)
			b.Until(`document.querySelector('header [role=listbox]').innerText.includes('onerror')`)
			b.inert("what the search box says")
		})
	})
	// Everything of an organisation is called this, on every page there is.
	hostile := []string{`"><script>alert(123);</script x="`, "' onfocus=JaVaSCript:alert(123) autofocus"}
	for i, name := range hostile {
		t.Run(name, func(t *testing.T) {
			if !slices.Contains(strings515, name) {
				t.Fatal("not from the list")
			}
			c := s.found(t, fmt.Sprint("Hostile", i))
			settings := c.call("GET", "/v1/settings", nil).want(200)
			c.call("PATCH", "/v1/settings", map[string]any{"name": name}, "If-Match", settings.header.Get("ETag")).want(200)
			me := c.call("GET", "/v1/me", nil).want(200)
			c.call("PATCH", "/v1/me", map[string]any{"name": name}, "If-Match", me.header.Get("ETag")).want(200)
			h := furnish(t, c, name)
			inside, outside := c.tab(t), s.visitor(t)
			for _, page := range h.everyPage(t) {
				b := inside
				if page.open {
					b = outside
				}
				b.open(page.path)
				if page.status != 0 {
					b.Excuse(fmt.Sprintf("status of %d", page.status))
				}
				b.inert(page.path)
			}
			inside.open("/jobs") // and what the script puts into a page
			inside.Type("header [role=combobox]", "nr 1")
			inside.Until(`document.querySelectorAll('header [role=option]').length > 1`)
			inside.inert("suggestions")
			inside.open("/contacts")
			inside.Keys("j ")
			inside.Until(`!document.querySelector('#panel').hidden && document.querySelector('#panel h2')`)
			inside.inert("the quick view")
		})
	}
}
