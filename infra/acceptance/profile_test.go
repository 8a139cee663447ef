package acceptance

import (
	"fmt"
	"strings"
	"testing"
)

// PROF-01 (header, tabs and the actions there are; photo, family and actions of other areas come later).
func TestPROF01_HeaderAndActions(t *testing.T) {
	c := begin(t)
	id := c.contact(map[string]any{"firstName": "Greet", "lastName": "Claes", "type": "volunteer", "status": "pending", "tags": []any{"board", "U12"}})
	number := c.get(id).number("number")
	reader := c.user("reader@example.org", "reader", another)
	b := c.tab(t)
	at := "/contacts/" + id
	t.Run("name, number, type, status and tags", func(t *testing.T) {
		b.open(at)
		b.holds("h1", "Greet Claes")
		b.holds(".page-head", fmt.Sprintf("#%d", number), "Volunteer", "Pending", "board", "U12")
	})
	t.Run("actions", func(t *testing.T) {
		for _, action := range []string{`a[href="` + at + `/edit"]`, `form[action="` + at + `/delete"]`} {
			if b.count(".page-head "+action) != 1 {
				t.Errorf("no %s", action)
			}
		}
	})
	t.Run("without the right they are absent", func(t *testing.T) {
		r := reader.tab(t)
		r.open(at)
		r.holds("h1", "Greet Claes")
		for _, part := range []string{"edit", "delete", "restore"} {
			if r.count(`[href*="/`+part+`"], form[action*="/`+part+`"]`) != 0 {
				t.Errorf("a reader is offered %s", part)
			}
		}
		if r.count(`a[href="/contacts/new"], a[href^="/settings"], a[href="/trash"], a[href^="/imports"]`) != 0 {
			t.Error("a reader is offered what readers may not do")
		}
		for _, path := range []string{at + "/edit", "/contacts/new", "/trash", "/imports/new", "/settings/users"} {
			r.open(path)
			if r.count("form[method=post]#contact, form#upload") != 0 || strings.Contains(r.text("main"), "reader@example.org") {
				t.Errorf("%s is there for a reader", path)
			}
		}
	})
	t.Run("each tab has its own address", func(t *testing.T) {
		b.open(at)
		tabs := strings.Split(b.Eval(`[...document.querySelectorAll('main nav.tabs a')].map((a) => a.pathname).join()`), ",")
		want := []string{at}
		for _, tab := range strings.Fields("personal addresses families companies notes reminders tickets calls services satisfactions history login") {
			want = append(want, at+"/"+tab)
		}
		if strings.Join(tabs, " ") != strings.Join(want, " ") {
			t.Fatalf("tabs %q", tabs)
		}
		for _, path := range tabs {
			b.open(path)
			if b.Eval(`document.querySelector('main nav.tabs [aria-current=page]').pathname`) != path {
				t.Errorf("%s is not the current tab", path)
			}
			b.holds("h1", "Greet Claes")
		}
	})
}

// PROF-24: the history is a tab of the profile, in sentences, newest first, narrowed by field, user and day, and each line
// can be taken back after a look at what that would do.
func TestPROF24_History(t *testing.T) {
	c := begin(t)
	id := c.contact(map[string]any{"firstName": "Greet", "nickname": "G"})
	c.patch(id, map[string]any{"nickname": "Gré"}).want(200)
	c.patch(id, map[string]any{"status": "withdrawn"}).want(200)
	b := c.tab(t)
	at := "/contacts/" + id + "/history"
	t.Run("who changed what, newest first", func(t *testing.T) {
		b.open(at)
		b.holds("main", "Olga Testers", "Nickname", "Gré", "Withdrawn")
		shown := b.text("main")
		if strings.Index(shown, "Withdrawn") > strings.Index(shown, "Gré") {
			t.Errorf("not the newest first: %s", shown)
		}
	})
	t.Run("narrowed by field", func(t *testing.T) {
		b.open(at + "?field=nickname")
		if shown := b.Eval(`[...document.querySelectorAll('.entry')].map((e) => e.innerText).join()`); !strings.Contains(shown, "Gré") || strings.Contains(shown, "Withdrawn") {
			t.Errorf("shows %s", shown)
		}
	})
	t.Run("a line is taken back after a preview", func(t *testing.T) {
		b.open(at)
		b.Follow(`a[href="` + at + `/2"]`)
		b.holds("main", "Gré", "G")
		b.Audit("revert preview")
		b.Follow(`form[action="` + at + `/2"] [data-key="s"], form[action="` + at + `/2"] button.primary`)
		if got := c.get(id).text("nickname"); got != "G" {
			t.Errorf("nickname %q", got)
		}
		if got := c.get(id).text("status"); got != "withdrawn" {
			t.Errorf("status %q", got)
		}
	})
}

// PROF-27 (what there is of it for back-office users; invitation, reset and block of contacts come with the portal).
func TestPROF27_Login(t *testing.T) {
	c := begin(t)
	c.user("ed@example.org", "editor", another)
	id := c.contact(map[string]any{"firstName": "Ed", "emails": list(email("ed@example.org")), "externalIds": map[string]any{"shop": "A-17"}})
	b := c.tab(t)
	b.open("/contacts/" + id + "/login")
	t.Run("system ID and other systems' ids", func(t *testing.T) {
		b.holds("main", fmt.Sprintf("#%d", c.get(id).number("number")), "A-17")
	})
	t.Run("user name, first and last login", func(t *testing.T) {
		b.holds("#block-access", "ed@example.org", "User ed@example.org", "First", "Last")
	})
	t.Run("nobody's login is said to be none", func(t *testing.T) {
		other := c.contact(map[string]any{"firstName": "Nobody"})
		b.open("/contacts/" + other + "/login")
		if b.text("#block-access") == "" || strings.Contains(b.text("#block-access"), "@") {
			t.Errorf("shows %q", b.text("#block-access"))
		}
	})
}
