package app

import (
	"fmt"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/muster-crm/muster/functions/web/ui/uitest"
	"github.com/muster-crm/muster/shared/i18n"
)

// browse opens a tab in which a reader is signed in, and gives the address of the pages.
func (r *reader) browse(browser *uitest.Browser) (tab *uitest.Tab, site string) {
	r.t.Helper()
	server := httptest.NewServer(r.pages)
	r.t.Cleanup(server.Close)
	tab = browser.Tab(r.t)
	tab.Cookie(server.URL, "muster", r.cookies["muster"])
	return tab, server.URL
}

// club is an organisation with some people in it.
func club(t *testing.T) *reader {
	owner := open(t).found("Harbour Choir", "olga@example.org")
	owner.customField(`{"for":"contact","name":"size","label":"Kit size","type":"choice","options":["S","M"]}`)
	for i := range 60 {
		owner.contact(fmt.Sprintf(`{"firstName":"Person%02d","lastName":"Peeters","type":"%s","tags":["t%d"],"addresses":[{"town":"Gent"}]}`, i, []string{"member", "donor"}[i%2], i%9))
	}
	return owner
}

// The pages of contacts pass the audit: wide and narrow, light and dark, in every language.
func TestContactsInABrowser(t *testing.T) {
	browser := uitest.Start(t)
	owner := club(t)
	c := owner.contact(greet)
	at := "/contacts/" + c.ID
	owner.post(at+"/edit", owner.edited(c.ID, "lastName", "Van den Abeele-Vandenbroucke", "nickname", "Gigi"))
	gone := owner.contact(`{"firstName":"Gone"}`)
	owner.post("/contacts/"+gone.ID+"/delete", url.Values{})
	pages := []struct{ name, path string }{
		{"list", "/contacts"}, {"filtered", "/contacts?q=type:donor+tags:t1,t2+peeters&rail=1"}, {"ticked", "/contacts?all=1&rail=0"}, {"nobody", "/contacts?q=zzz"}, {"wrong", "/contacts?q=nonsense:1"},
		{"columns", "/contacts/columns"}, {"new", "/contacts/new"}, {"overview", at}, {"tags", at + "?edit=tags"}, {"personal", at + "/personal"}, {"block", at + "/personal?edit=reach"},
		{"addresses", at + "/addresses"}, {"history", at + "/history"}, {"revert", at + "/history/2"}, {"login", at + "/login"}, {"edit", at + "/edit"}, {"trash", "/trash"}, {"trashed", "/contacts/" + gone.ID},
	}
	tab, site := owner.browse(browser)
	for _, size := range []struct {
		name          string
		width, height int64
		dark          bool
		languages     []i18n.Language
	}{
		{"wide-light", 1440, 900, false, i18n.Languages()[:1]},
		{"wide-dark", 1280, 800, true, []i18n.Language{i18n.Dutch}},
		{"phone-dark", 390, 844, true, []i18n.Language{i18n.French}},
		{"narrow-light", 320, 640, false, i18n.Languages()},
	} {
		tab.Size(size.width, size.height)
		tab.Dark(size.dark)
		for i, l := range size.languages {
			owner.post("/preferences", url.Values{"language": {string(l)}})
			for _, p := range pages {
				tab.Open(site + p.path)
				tab.Shot(size.name + "-" + string(l) + "-" + p.name)
				if what := size.name + " " + string(l) + " " + p.name; i == 0 {
					tab.Audit(what)
				} else {
					tab.Fits(what)
				}
			}
		}
	}
}

const enter = "\r"

// From any page a person is three keystrokes away, and a list is worked without a mouse.
func TestContactsByKeyboard(t *testing.T) {
	browser := uitest.Start(t)
	owner := club(t)
	c := owner.contact(`{"firstName":"Zoë","lastName":"Quist"}`)
	tab, site := owner.browse(browser)
	tab.Open(site + "/trash")
	tab.Keys("/qu")
	tab.Until(`document.querySelector("#global-list [aria-selected=true]")`)
	tab.Keys(enter)
	tab.Until(`document.activeElement.matches("[data-panel-focus]")`)
	tab.Keys(enter)
	tab.Until(`location.pathname === "/contacts/` + c.ID + `" && document.readyState === "complete"`)
	tab.Keys("gc")
	tab.Until(`location.pathname === "/contacts" && document.readyState === "complete"`)
	tab.Keys("jj ")
	tab.Until(`!document.querySelector("#panel").hidden && document.querySelector("#panel h2")`)
	if name := tab.Eval(`document.querySelector("#panel h2").textContent`); name != "Person01 Peeters" {
		t.Errorf("the panel shows %q", name)
	}
	tab.Keys("x")
	tab.Until(`location.search.startsWith("?sel=con_")`)
	tab.Keys("e") // nothing to edit in a list
	tab.Open(site + "/contacts")
	tab.Type("#filter-q", "type:donor person0")
	tab.Until(`document.querySelectorAll("tbody tr").length === 5 && new URLSearchParams(location.search).get("q") === "type:donor person0"`)
	tab.Until(`document.querySelector(".chips").textContent.includes("Type: Donor")`)
	tab.Eval(`document.querySelector(".row-link").click()`)
	tab.Until(`document.querySelector("h1")?.textContent === "Person01 Peeters" && document.readyState === "complete"`)
	tab.Back()
	tab.Until(`document.querySelectorAll("tbody tr").length === 5 && document.querySelector("#filter-q").value === "type:donor person0"`)
	tab.Open(site + "/contacts/" + c.ID)
	tab.Keys("e")
	tab.Until(`location.pathname.endsWith("/edit") && document.readyState === "complete"`)
}

// Blocks and tags are edited where they stand, and taken back from the quiet line.
func TestContactIsEditedInPlace(t *testing.T) {
	browser := uitest.Start(t)
	owner := club(t)
	c := owner.contact(greet)
	tab, site := owner.browse(browser)
	tab.Open(site + "/contacts/" + c.ID + "/personal")
	tab.Eval(`window.stays = true`)
	tab.Click(`#block-person .icon-button`)
	tab.Until(`document.activeElement.name === "firstName"`)
	tab.Eval(`document.querySelector("#block-person [name=nickname]").value = "Gigi"`)
	tab.Click(`#block-person .form-actions .primary`)
	tab.Until(`document.querySelector("#block-person dl")?.textContent.includes("Gigi") && document.querySelector("#notice form")`)
	if tab.Eval(`window.stays`) != "true" {
		t.Error("the page was loaded anew")
	}
	tab.Follow(`#notice form button`)
	tab.Until(`document.querySelector("#notice").textContent.includes("Undone")`)
	if got := owner.stored(c.ID).Nickname; got != "" {
		t.Errorf("nickname %q", got)
	}
	tab.Click(`.tag-edit`)
	tab.Until(`document.activeElement.closest(".tokens")`)
	tab.Keys("first," + "second" + enter)
	tab.Click(`#tags .form-actions .primary`)
	tab.Until(`document.querySelectorAll("#tags .tag").length === 4`)
	// Somebody else is quicker: what was typed stands beside what is stored.
	tab.Open(site + "/contacts/" + c.ID + "/personal?edit=person")
	owner.post("/contacts/"+c.ID+"/edit", owner.edited(c.ID, "nickname", "Quick"))
	tab.Eval(`document.querySelector("#block-person [name=nickname]").value = "Slow"`)
	tab.Follow(`#block-person .form-actions .primary`)
	tab.Until(`document.querySelector(".compare")?.textContent.includes("Quick") && document.querySelector(".compare").textContent.includes("Slow")`)
	tab.Excuse("412")
	// A wrong number is said as its field is left.
	tab.Open(site + "/contacts/new")
	tab.Type(`[name="phones[0].number"]`, "0471 12 34 56")
	tab.Click(`[name=website]`)
	tab.Until(`document.querySelector('[id="f-phones-0-number-check"]').textContent.includes("Greet")`)
}

// The main job is done without script: add, find, edit with one more row, delete and bring back.
func TestContactsWithoutScript(t *testing.T) {
	browser := uitest.Start(t)
	owner := club(t)
	tab, site := owner.browse(browser)
	tab.Scripts(false)
	tab.Open(site + "/contacts")
	tab.Follow(".page-actions .primary")
	tab.Type("[name=firstName]", "Wout")
	tab.Type("[name=lastName]", "Nachtegaal")
	tab.Type(`[name="emails[0].address"]`, "wout@example.org")
	tab.Follow(`button[name=_add][value=emails]`)
	tab.Type(`[name="emails[1].address"]`, "wout.work@example.org")
	tab.Follow(".form-actions .primary")
	at := tab.Where()
	if !strings.HasPrefix(at, "/contacts/con_") {
		t.Fatalf("saving leads to %s", at)
	}
	tab.Open(site + "/contacts")
	tab.Type("#filter-q", "nachtegaal wout")
	tab.Follow(".filter-form button[type=submit]")
	tab.Follow(".row-link")
	if tab.Where() != at {
		t.Errorf("found %s", tab.Where())
	}
	tab.Follow(".page-actions .danger")
	tab.Follow("#notice form button")
	if got := owner.count("nachtegaal"); got != 1 {
		t.Errorf("%d left", got)
	}
	if got := owner.stored(strings.TrimPrefix(at, "/contacts/")); len(got.Emails) != 2 || got.MainEmail() != "wout@example.org" {
		t.Errorf("%+v", got.Emails)
	}
}
