package acceptance

import (
	"strings"
	"testing"
)

// SET-09: the first run asks for name, language, country and time zone of the organisation and nothing more, and an empty
// organisation says how to go on: import, add, or a demo.
func TestSET09_FirstRun(t *testing.T) {
	fields := func(b *tab) string {
		return b.Eval(`[...document.querySelectorAll('main form[method=post]')].find((f) => f.querySelector('[name=timeZone]')) ? [...document.querySelectorAll('main form [name]:not([type=hidden]):not(button)')].map((e) => e.name).join() : ''`)
	}
	t.Run("an owner given to the program is asked once", func(t *testing.T) {
		s := start(t, nil)
		if _, err := s.Accounts.FirstOwner(t.Context(), "owner@example.org", password); err != nil {
			t.Fatal(err)
		}
		b := s.visitor(t)
		b.open("/")
		b.Type("[name=login]", "owner@example.org")
		b.Type("[name=password]", password)
		b.save("main form")
		if b.Where() != "/first-run" || fields(b) != "name,language,country,timeZone" {
			t.Fatalf("at %s with %s", b.Where(), fields(b))
		}
		b.Audit("first run")
		b.open("/contacts")
		if b.Where() != "/first-run" {
			t.Errorf("passed over, to %s", b.Where())
		}
		b.Type("[name=name]", "Harbour Choir")
		b.Eval(`(() => { for (const [name, value] of [['language', 'nl'], ['country', 'NL'], ['timeZone', 'Europe/Amsterdam']]) document.querySelector('[name=' + name + ']').value = value; })()`)
		b.save("main form")
		if b.Where() != "/contacts" || b.Eval("document.documentElement.lang") != "nl" {
			t.Errorf("at %s in %s", b.Where(), b.Eval("document.documentElement.lang"))
		}
		settings := s.signIn(t, "owner@example.org", password).call("GET", "/v1/settings", nil).want(200)
		for name, want := range map[string]string{"name": "Harbour Choir", "language": "nl", "country": "NL", "timeZone": "Europe/Amsterdam"} {
			if got := settings.text(name); got != want {
				t.Errorf("%s: %q, want %q", name, got, want)
			}
		}
		b.open("/first-run")
		if b.Where() != "/contacts" {
			t.Errorf("asked again at %s", b.Where())
		}
		t.Run("an empty organisation offers import, add and the demo", func(t *testing.T) {
			b.open("/contacts")
			for _, href := range []string{"/imports/new", "/contacts/new", "/demo"} {
				if b.count(`main .empty a[href="`+href+`"]`) != 1 {
					t.Errorf("no way to %s", href)
				}
			}
			b.Audit("empty list")
			b.Shot("empty-list")
		})
		t.Run("the demo says what it does and fills the list once", func(t *testing.T) {
			owner := s.signIn(t, "owner@example.org", password)
			editor := owner.user("editor@example.org", "editor", another)
			e := editor.tab(t)
			e.open("/contacts")
			if e.count(`main a[href="/demo"]`) != 0 {
				t.Error("offered to an editor")
			}
			e.open("/demo")
			e.Excuse("status of 403")
			if e.count("form#demo") != 0 {
				t.Error("there for an editor")
			}
			b.open("/contacts")
			b.Follow(`main .empty a[href="/demo"]`)
			b.holds("main", "Harbour Choir")
			b.Audit("demo")
			b.save("#demo")
			if b.Where() != "/contacts" || b.count("#results a.row-link") != 50 {
				t.Errorf("at %s with %d rows", b.Where(), b.count("#results a.row-link"))
			}
			filled := owner.call("GET", "/v1/contacts?limit=25&count=true", nil).want(200)
			if n := filled.number("total"); n < 400 {
				t.Errorf("%d people", n)
			}
			b.open("/demo")
			if b.Where() != "/contacts" {
				t.Errorf("offered again at %s", b.Where())
			}
		})
	})
	t.Run("without one a printed link asks for the sign-in too", func(t *testing.T) {
		s := start(t, nil)
		b := s.visitor(t)
		b.open("/contacts")
		if !strings.HasPrefix(b.Where(), "/sign-in") || b.count("[name=password]") != 0 {
			t.Errorf("at %s with a password to give while nobody has one", b.Where())
		}
		b.Audit("nobody yet")
		token, err := s.Accounts.FirstOwner(t.Context(), "", "")
		if err != nil {
			t.Fatal(err)
		}
		b.open("/welcome/" + token)
		if got := fields(b); got != "name,language,country,timeZone,email,password" {
			t.Fatalf("asks for %s", got)
		}
		b.Type("[name=name]", "Harbour Choir")
		b.Type("[name=email]", "owner@example.org")
		b.Type("[name=password]", "short")
		b.save("main form")
		b.Excuse("status of 422")
		if b.value("[name=name]") != "Harbour Choir" || b.value("[name=email]") != "owner@example.org" || b.count("[role=alert]") == 0 {
			t.Error("what was typed is lost")
		}
		b.Audit("set up, refused")
		b.set("[name=password]", password)
		b.save("main form")
		if b.Where() != "/contacts" {
			t.Errorf("at %s", b.Where())
		}
		other := s.visitor(t)
		other.open("/welcome/" + token)
		if other.count("[name=name]") != 0 {
			t.Error("the link works twice")
		}
	})
}
