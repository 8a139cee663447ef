package acceptance

import (
	"fmt"
	"strings"
	"testing"
)

// PROF-01 (invitation, orders and reset of the password come with portal and orders; the photo is in TestREC24).
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
		for _, plural := range []string{"reminders", "tickets", "calls", "services", "satisfactions"} {
			if b.count(`.page-head a[href="/`+plural+`/new?owner=`+id+`"]`) != 1 {
				t.Errorf("no way to one of the %s", plural)
			}
		}
	})
	t.Run("family", func(t *testing.T) {
		c.t = t
		child := c.contact(map[string]any{"firstName": "Bo", "lastName": "Claes"})
		c.call("POST", "/v1/families", map[string]any{"name": "Claes", "members": list(map[string]any{"contact": id, "role": "parent"}, map[string]any{"contact": child, "role": "child"})}).want(201)
		b.open(at)
		b.holds(".page-head", "Bo Claes")
		if b.count(`.page-head a[href="/contacts/`+child+`"]`) != 1 {
			t.Error("the relative is no link")
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
		if r.count(`.page-head a[href*="/new?owner="], .page-head .menu summary`) != 0 {
			t.Error("a reader is offered to add to the contact")
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
		for _, tab := range strings.Fields("personal addresses groups families companies notes reminders tickets history login") {
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

// PROF-02 (memberships come with them): all standard fields in blocks, each edited in its place; families and companies are
// tabs beside.
func TestPROF02_Personal(t *testing.T) {
	c := begin(t)
	id := c.contact(map[string]any{"firstName": "Greet"})
	at := "/contacts/" + id + "/personal"
	b := c.tab(t)
	for _, tt := range []struct{ block, field, value, shown string }{
		{"person", "occupation", "Nurse", "Nurse"}, {"reach", "emails[0].address", "greet@example.org", "greet@example.org"}, {"class", "category", "", "Member"}, {"kit", "shirtNumber", "7", "7"},
		{"papers", "iban", "BE68 5390 0754 7034", "•••034"}, {"terms", "discount", "12.5", "12.5"},
	} {
		t.Run(tt.block, func(t *testing.T) {
			b.open(at)
			b.Click(`#block-` + tt.block + ` .block-head a`)
			b.Until(`document.querySelector('#edit-` + tt.block + `')`)
			if n := b.count("main form.form"); n != 1 {
				t.Errorf("%d forms are open", n)
			}
			b.choose(`[name="`+tt.field+`"]`, tt.value)
			b.saveHere("#edit-" + tt.block)
			b.holds("#block-"+tt.block, tt.shown)
		})
	}
	b.Audit("all blocks filled")
	if got := c.get(id); got.number("discount") != 1250 || got.number("shirtNumber") != 7 || got.text("occupation") != "Nurse" {
		t.Errorf("%s", got.raw)
	}
}

// PROF-04: addresses are listed, added and edited, one the main one and one for deliveries.
func TestPROF04_Addresses(t *testing.T) {
	c := begin(t)
	id := c.contact(map[string]any{"firstName": "Greet", "addresses": list(map[string]any{"street": "Kerkstraat", "number": "1", "town": "Gent"})})
	at := "/contacts/" + id + "/addresses"
	b := c.tab(t)
	b.open(at + "?edit=addresses")
	b.Click(`[name="_add"][value=addresses]`)
	b.Until(`document.querySelector('[name="addresses[1].town"]')`)
	b.Type(`[name="addresses[1].town"]`, "Lille")
	b.choose(`[name="addresses[1].country"]`, "FR")
	b.choose(`[name="addresses[1].kind"]`, "billing")
	b.Click(`[name="addresses.main"][value="1"]`)
	b.saveHere("#edit-addresses")
	b.holds("#block-addresses", "Kerkstraat 1", "Lille", "France", "Billing")
	a := c.get(id)
	if len(a.list("addresses")) != 2 || a.at("addresses.1.main") != true || a.at("addresses.0.main") == true || a.at("addresses.0.delivery") != true || a.at("addresses.1.delivery") == true {
		t.Errorf("%s", raw(t, a.at("addresses")))
	}
	b.Audit("addresses")
}

// PROF-06: the families of a contact with role and relatives; linked and unlinked from here.
func TestPROF06_Families(t *testing.T) {
	c := begin(t)
	parent, child := c.contact(map[string]any{"firstName": "Greet", "lastName": "Claes"}), c.contact(map[string]any{"firstName": "Bo", "lastName": "Claes"})
	family := c.call("POST", "/v1/families", map[string]any{"name": "Claes at home", "members": list(map[string]any{"contact": parent, "role": "parent"})}).want(201).text("id")
	at := "/contacts/" + child + "/families"
	b := c.tab(t)
	t.Run("linked", func(t *testing.T) {
		c.t = t
		b.open(at)
		b.Audit("no family yet")
		b.Type(`#link-form [name="find:holder"]`, "Claes at home")
		b.choose(`#link-form [name=role]`, "child")
		b.save("#link-form")
		b.holds("#links", "Claes at home", "Child", "Greet Claes")
		b.holds("main nav.tabs [aria-current]", "Families", "1")
		b.Audit("a family")
		if a := c.call("GET", "/v1/families/"+family, nil).want(200); len(a.list("members")) != 2 {
			t.Errorf("%s", a.raw)
		}
	})
	t.Run("unlinked", func(t *testing.T) {
		c.t = t
		b.open(at)
		b.Follow(`#links form[action="` + at + `"] button`)
		if a := c.call("GET", "/v1/families/"+family, nil).want(200); len(a.list("members")) != 1 || a.text("members.0.contact") != parent {
			t.Errorf("%s", a.raw)
		}
	})
	t.Run("by whoever may write alone", func(t *testing.T) {
		c.t = t
		r := c.user("reader@example.org", "reader", another).tab(t)
		r.open("/contacts/" + parent + "/families")
		r.holds("#links", "Claes at home", "Parent")
		if r.count("#link-form, #links form") != 0 {
			t.Error("a reader is offered to link")
		}
	})
}

// PROF-07: the companies of a contact with what they do there; linked and unlinked from here.
func TestPROF07_Companies(t *testing.T) {
	c := begin(t)
	id := c.contact(map[string]any{"firstName": "Greet", "lastName": "Claes"})
	company := c.call("POST", "/v1/companies", map[string]any{"name": "Acme & Sons"}).want(201).text("id")
	at := "/contacts/" + id + "/companies"
	b := c.tab(t)
	b.open(at)
	b.Type(`#link-form [name="find:holder"]`, "acme & sons")
	b.choose(`#link-form [name=function]`, "director")
	b.choose(`#link-form [name=from]`, "2024-01-01")
	b.save("#link-form")
	b.holds("#links", "Acme & Sons", "Director", "01/01/2024")
	b.Audit("a company")
	if a := c.call("GET", "/v1/companies/"+company, nil).want(200); a.text("contacts.0.contact") != id || a.text("contacts.0.function") != "director" {
		t.Errorf("%s", a.raw)
	}
	b.Follow(`#links form[action="` + at + `"] button`)
	if a := c.call("GET", "/v1/companies/"+company, nil).want(200); len(a.list("contacts")) != 0 {
		t.Errorf("%s", a.raw)
	}
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
