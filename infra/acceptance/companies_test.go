package acceptance

import (
	"strings"
	"testing"
)

func function(id, code string) map[string]any { return map[string]any{"contact": id, "function": code} }

// COM-01: a company has a name, a tax number, ways to reach it, addresses and a kind; a tax number somebody has already
// warns and does not block.
func TestCOM01_Companies(t *testing.T) {
	c := begin(t)
	full := map[string]any{"name": "Acme & Sons", "taxNumber": "BE 0123.456.749", "companyKind": "sponsor", "emails": list(email("info@example.com")), "phones": list(fixed("02 512 34 56")),
		"addresses": list(map[string]any{"street": "Markt", "town": "Gent"}), "website": "example.com"}
	first := c.create("companies", full)
	if a := c.at("companies/" + first); a.text("phones.0.number") != "+3225123456" || a.text("website") != "https://example.com" || a.at("emails.0.main") != true || a.text("companyKind") != "sponsor" {
		t.Errorf("%s", a.raw)
	}
	t.Run("bad input", func(t *testing.T) {
		for path, bad := range map[string]map[string]any{"name": {}, "companyKind": {"name": "X", "companyKind": "friend"}, "emails[0].address": {"name": "X", "emails": list(email("nobody"))},
			"phones[0].number": {"name": "X", "phones": list(fixed("12"))}} {
			if got := c.call("POST", "/v1/companies", bad).want(422).codes(); got[path] == "" {
				t.Errorf("%s: %v", path, got)
			}
		}
	})
	t.Run("a tax number already used warns", func(t *testing.T) {
		a := c.call("POST", "/v1/companies", map[string]any{"name": "Twin", "taxNumber": "be0123456749"}).want(201)
		if a.text("warnings.0.path") != "taxNumber" && !strings.Contains(string(a.raw), "key_shared") {
			t.Errorf("no warning: %s", a.raw)
		}
		b := c.tab(t)
		b.open("/companies/new")
		b.Type("[name=name]", "Third")
		b.Type("[name=taxNumber]", "BE0123456749")
		b.save("form#company")
		b.holds("h1", "Third")
		b.holds("#notice", "Another record has this too.")
		if b.count(`#notice a[href^="/companies/com_"]`) == 0 {
			t.Error("the notice does not lead to the other one")
		}
		b.open("/companies")
		b.holds("#results", "Acme & Sons", "Third", "Twin", "Sponsor", "info@example.com", "02 512 34 56")
	})
}

// COM-02 (details, logo, contacts, documents and history; contracts, invoices and messages come with their areas).
func TestCOM02_Profile(t *testing.T) {
	c := begin(t)
	jan := c.contact(map[string]any{"firstName": "Jan", "lastName": "Peeters"})
	id := c.create("companies", map[string]any{"name": "Acme & Sons", "companyKind": "sponsor", "emails": list(email("info@example.com")), "contacts": list(function(jan, "director"))})
	b := c.tab(t)
	at := "/companies/" + id
	b.open(at)
	b.holds("h1", "Acme & Sons")
	b.holds("main", "info@example.com", "Sponsor")
	if b.count(`.page-head a[href="`+at+`/logo"]`) == 0 {
		t.Error("no way to its logo")
	}
	for _, tab := range []string{"contacts", "notes", "calls", "history"} {
		b.open(at + "/" + tab)
		if b.Eval(`document.querySelector('main nav.tabs [aria-current=page]').pathname`) != at+"/"+tab {
			t.Errorf("%s is not the current tab", tab)
		}
	}
	t.Run("the quick panel, from the list and by keyboard", func(t *testing.T) {
		b.open("/companies")
		b.Keys("j ")
		b.until("#panel", "info@example.com")
		b.Audit("panel of a company")
	})
	t.Run("without the right there is nothing to change", func(t *testing.T) {
		reader := c.user("reader@example.org", "reader", another).tab(t)
		reader.open(at)
		reader.holds("h1", "Acme & Sons")
		if reader.count(`main [href$="/edit"], main form[method=post]`) != 0 {
			t.Error("a reader is offered changes")
		}
	})
}

// COM-03: contacts and companies are linked many to many, from either side, with a function, from and to; contacts are found
// by the name of their company.
func TestCOM03_LinkContacts(t *testing.T) {
	c := begin(t)
	jan, els := c.contact(map[string]any{"firstName": "Jan", "lastName": "Peeters"}), c.contact(map[string]any{"firstName": "Els", "lastName": "Maes"})
	acme, other := c.create("companies", map[string]any{"name": "Acme & Sons"}), c.create("companies", map[string]any{"name": "Bakery"})
	c.call("PATCH", "/v1/companies/"+other, map[string]any{"contacts": list(function(jan, "sales"))}, "If-Match", "*").want(200)
	b := c.tab(t)
	t.Run("from the company", func(t *testing.T) {
		b.open("/companies/" + acme + "/contacts")
		b.pick("#f-contact", "jan", "Jan Peeters")
		b.choose("[name=function]", "director")
		b.choose("[name=from]", "2024-01-01")
		b.choose("[name=to]", "2023-01-01")
		b.save("#link-form")
		b.Excuse("status of 422")
		b.holds("#link", "before")
		b.choose("[name=to]", "2030-12-31")
		b.save("#link-form")
		a := c.at("companies/" + acme)
		if a.text("contacts.0.contact") != jan || a.text("contacts.0.function") != "director" || a.text("contacts.0.from") != "2024-01-01" || a.text("contacts.0.to") != "2030-12-31" {
			t.Errorf("%s", a.raw)
		}
		b.Audit("contacts of a company")
	})
	t.Run("from the contact", func(t *testing.T) {
		b.open("/contacts/" + els + "/companies")
		b.pick("#f-holder", "acm", "Acme & Sons")
		b.choose("[name=function]", "accounting")
		b.save("#link-form")
		b.holds("#links", "Acme & Sons", "Accounting")
		if n := len(c.at("companies/" + acme).list("contacts")); n != 2 {
			t.Errorf("%d contacts", n)
		}
		b.open("/contacts/" + jan + "/companies")
		b.holds("#links", "Acme & Sons", "Bakery", "Director", "Sales")
	})
	t.Run("found by the company's name", func(t *testing.T) {
		for q, want := range map[string]string{"acme": "Els Maes, Jan Peeters", "bakery": "Jan Peeters", "company:acme maes": "Els Maes", "nowhere": ""} {
			var names []string
			for _, item := range c.call("GET", "/v1/contacts?sort=firstName&q="+strings.ReplaceAll(q, " ", "+"), nil).want(200).list("items") {
				names = append(names, dig(item, "firstName").(string)+" "+dig(item, "lastName").(string))
			}
			if got := strings.Join(names, ", "); got != want {
				t.Errorf("%s finds %q, want %q", q, got, want)
			}
		}
		b.open("/contacts?q=acme")
		b.holds("#results", "Jan Peeters", "Els Maes")
	})
	t.Run("ended and unlinked", func(t *testing.T) {
		b.open("/companies/" + acme + "/contacts")
		b.Follow(`#links form:has([name=other][value="` + els + `"]) button`)
		if a := c.at("companies/" + acme); len(a.list("contacts")) != 1 || a.text("contacts.0.contact") != jan {
			t.Errorf("%s", a.raw)
		}
	})
}

// COM-08 (records; running contracts and open invoices are listed once there are any): a deleted company keeps its contacts,
// and restoring it brings everything back.
func TestCOM08_DeleteACompany(t *testing.T) {
	c := begin(t)
	jan := c.contact(map[string]any{"firstName": "Jan", "lastName": "Peeters"})
	id := c.create("companies", map[string]any{"name": "Acme & Sons", "contacts": list(function(jan, "director"))})
	b := c.tab(t)
	b.open("/companies")
	b.Follow(`form[action="/companies/` + id + `/delete"] button`)
	b.holds("#notice", "Acme & Sons")
	if a := c.at("companies/" + id); a.at("deletedAt") == nil {
		t.Errorf("%s", a.raw)
	}
	b.open("/contacts/" + jan + "/companies")
	b.holds("h1", "Jan Peeters")
	b.holds("#links", "Nothing is linked")
	if n := c.call("GET", "/v1/contacts?count=true&limit=1&q=acme", nil).want(200).number("total"); n != 0 {
		t.Errorf("found by the name of a company that is gone: %d", n)
	}
	b.open("/companies/" + id)
	b.Follow(`main form[action="/companies/` + id + `/restore"] button`)
	b.open("/contacts/" + jan + "/companies")
	b.holds("#links", "Acme & Sons", "Director")
}
