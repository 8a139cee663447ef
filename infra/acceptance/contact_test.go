package acceptance

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/muster-crm/muster/shared/clock"
)

// Members of contacts, as requests write them.

func email(address string) map[string]any { return map[string]any{"address": address} }

func mobile(number string) map[string]any { return map[string]any{"line": "mobile", "number": number} }

func fixed(number string) map[string]any { return map[string]any{"line": "fixed", "number": number} }

func list(elements ...map[string]any) []any {
	all := make([]any, len(elements))
	for i, e := range elements {
		all[i] = e
	}
	return all
}

// with makes a person with some members.
func with(pairs ...any) map[string]any {
	members := map[string]any{"firstName": "Test"}
	for i := 0; i < len(pairs); i += 2 {
		members[pairs[i].(string)] = pairs[i+1]
	}
	return members
}

// refused posts a contact that must be refused for one field, with a code.
func (c *client) refused(members map[string]any, path, code string) {
	c.t.Helper()
	a := c.call("POST", "/v1/contacts", members).want(http.StatusUnprocessableEntity)
	if got := a.codes()[path]; got != code {
		c.t.Errorf("%s: %q, want %q in %s", path, got, code, a.raw)
	}
}

// patch changes a contact as it is now.
func (c *client) patch(id string, members map[string]any) *answer {
	c.t.Helper()
	return c.call("PATCH", "/v1/contacts/"+id, members, "If-Match", "*")
}

// get reads a contact.
func (c *client) get(id string) *answer {
	c.t.Helper()
	return c.call("GET", "/v1/contacts/"+id, nil).want(http.StatusOK)
}

// trash deletes a contact.
func (c *client) trash(id string) {
	c.t.Helper()
	c.call("DELETE", "/v1/contacts/"+id, nil, "If-Match", "*").want(http.StatusOK)
}

// REC-05: an e-mail address is checked as its field is left, for its form and for whether somebody has it, and once more
// when the contact is saved. (That the page asks and shows it: TestREC05_OnThePage.)
func TestREC05_EmailCheck(t *testing.T) {
	c := begin(t)
	holder := c.contact(with("lastName", "Holder", "emails", list(email("taken@example.org"))))
	t.Run("form", func(t *testing.T) {
		for _, wrong := range []string{"nobody", "@example.org", "a@", "a b@example.org", "a@exa mple.org", "a@@example.org"} {
			a := c.call("POST", "/v1/contacts/check", map[string]any{"email": wrong}).want(200)
			if a.at("valid") != false || a.text("problem.code") != "email_invalid" || a.text("problem.message") == "" {
				t.Errorf("%q: %s", wrong, a.raw)
			}
			c.refused(with("emails", list(email(wrong))), "emails[0].address", "email_invalid")
		}
		c.refused(with("emails", list(email("a@example..org"))), "emails[0].address", "email_bad_domain")
		for _, right := range []string{"a@example.org", "first.last+tag@sub.example.org", "o'neill@example.org", "josé@exämple.org"} {
			if a := c.call("POST", "/v1/contacts/check", map[string]any{"email": right}).want(200); a.at("valid") != true {
				t.Errorf("%q: %s", right, a.raw)
			}
		}
	})
	t.Run("existing use names the holder", func(t *testing.T) {
		a := c.call("POST", "/v1/contacts/check", map[string]any{"email": "Taken@Example.ORG"}).want(200)
		if a.at("taken") != true || a.at("refused") != false || a.text("conflicts.0.id") != holder || a.text("conflicts.0.title") != "Test Holder" {
			t.Errorf("answer %s", a.raw)
		}
	})
	t.Run("not to its own holder", func(t *testing.T) {
		a := c.call("POST", "/v1/contacts/check", map[string]any{"email": "taken@example.org", "id": holder}).want(200)
		if a.at("taken") != false {
			t.Errorf("answer %s", a.raw)
		}
	})
	t.Run("not who cannot be seen", func(t *testing.T) {
		other := c.site.found(t, "Elsewhere")
		a := other.call("POST", "/v1/contacts/check", map[string]any{"email": "taken@example.org"}).want(200)
		if a.at("taken") != false || a.at("conflicts") != nil {
			t.Errorf("answer %s", a.raw)
		}
	})
	t.Run("again at save", func(t *testing.T) {
		c.policy("email", "block")
		if a := c.call("POST", "/v1/contacts/check", map[string]any{"email": "taken@example.org"}).want(200); a.at("refused") != true {
			t.Errorf("answer %s", a.raw)
		}
		a := c.call("POST", "/v1/contacts", with("emails", list(email("taken@example.org")))).want(409)
		if a.text("code") != "email_taken" || a.text("conflicts.0.field") != "emails[0].address" {
			t.Errorf("answer %s", a.raw)
		}
	})
}

// REC-06: a mobile is brought into E.164 by the organisation's country, is one person's, and possible.
func TestREC06_MobileCheck(t *testing.T) {
	c := begin(t)
	t.Run("E.164 with the organisation's country", func(t *testing.T) {
		for _, typed := range []string{"0471 56 54 31", "0471/56.54.31", "+32 471 56 54 31", "0032471565431"} {
			a := c.call("POST", "/v1/contacts/check", map[string]any{"mobile": typed}).want(200)
			if a.at("valid") != true || a.text("value") != "+32471565431" {
				t.Errorf("%q: %s", typed, a.raw)
			}
		}
		a := c.call("POST", "/v1/contacts", with("phones", list(mobile("0471 56 54 31")))).want(201)
		if a.text("phones.0.number") != "+32471565431" || a.text("phones.0.line") != "mobile" {
			t.Errorf("stored %s", a.raw)
		}
		settings := c.call("GET", "/v1/settings", nil)
		c.call("PATCH", "/v1/settings", `{"country":"FR"}`, "If-Match", settings.header.Get("ETag")).want(200)
		if a := c.call("POST", "/v1/contacts/check", map[string]any{"mobile": "06 20 48 93 64"}).want(200); a.text("value") != "+33620489364" {
			t.Errorf("in France: %s", a.raw)
		}
	})
	t.Run("unique, on leaving the field and at save", func(t *testing.T) {
		a := c.call("POST", "/v1/contacts/check", map[string]any{"mobile": "+32 471 565 431"}).want(200)
		if a.at("taken") != true || a.at("refused") != true || a.text("conflicts.0.title") != "Test" {
			t.Errorf("answer %s", a.raw)
		}
		c.call("POST", "/v1/contacts", with("phones", list(mobile("+32471565431")))).want(409)
	})
	t.Run("an impossible number is refused", func(t *testing.T) {
		for _, wrong := range []string{"+32 471 56 54", "12", "+999 12345678", "no number", "+32 471 56 54 31 99 88"} {
			a := c.call("POST", "/v1/contacts/check", map[string]any{"mobile": wrong}).want(200)
			if a.at("valid") != false || a.text("problem.code") == "" {
				t.Errorf("%q: %s", wrong, a.raw)
			}
			c.call("POST", "/v1/contacts", with("phones", list(mobile(wrong)))).want(422)
		}
	})
}

// REC-07: a fixed line has the same form and is nobody's alone.
func TestREC07_FixedPhone(t *testing.T) {
	c := begin(t)
	t.Run("kept apart from the mobile", func(t *testing.T) {
		a := c.call("POST", "/v1/contacts", with("phones", list(mobile("0471 56 54 31"), fixed("02 512 34 56")))).want(201)
		if a.text("phones.0.line") != "mobile" || a.text("phones.1.line") != "fixed" || a.text("phones.1.number") != "+3225123456" {
			t.Errorf("stored %s", a.raw)
		}
	})
	t.Run("the same check of its form", func(t *testing.T) {
		c.call("POST", "/v1/contacts", with("phones", list(fixed("02 512")))).want(422)
		if a := c.call("POST", "/v1/contacts/check", map[string]any{"phone": "02 512"}).want(200); a.at("valid") != false {
			t.Errorf("answer %s", a.raw)
		}
		if a := c.call("POST", "/v1/contacts/check", map[string]any{"phone": "02 512 34 56"}).want(200); a.at("valid") != true || a.at("taken") != false {
			t.Errorf("answer %s", a.raw)
		}
	})
	t.Run("a whole office may have it", func(t *testing.T) {
		c.call("POST", "/v1/contacts", with("phones", list(fixed("02 512 34 56")))).want(201)
	})
}

// REC-08: up to ten e-mail addresses and ten numbers, of a kind from a list, one of them the main one.
func TestREC08_SeveralEmailsAndPhones(t *testing.T) {
	c := begin(t)
	many := func(n int) (emails, phones []any) {
		for i := range n {
			emails = append(emails, email(fmt.Sprintf("nr%d@example.org", i)))
			phones = append(phones, fixed(fmt.Sprintf("02 512 34 %02d", i)))
		}
		return emails, phones
	}
	t.Run("ten of each", func(t *testing.T) {
		emails, phones := many(10)
		a := c.call("POST", "/v1/contacts", with("emails", emails, "phones", phones)).want(201)
		if len(a.list("emails")) != 10 || len(a.list("phones")) != 10 {
			t.Errorf("stored %s", a.raw)
		}
	})
	t.Run("eleven are refused", func(t *testing.T) {
		emails, phones := many(11)
		c.refused(with("emails", emails), "emails", "too_many")
		c.refused(with("phones", phones), "phones", "too_many")
	})
	t.Run("with a kind from a list", func(t *testing.T) {
		kinds := []string{"personal", "work", "father", "mother", "other"}
		var emails, phones []any
		for i, kind := range kinds {
			emails = append(emails, map[string]any{"kind": kind, "address": fmt.Sprint(kind, "@example.org")})
			phones = append(phones, map[string]any{"kind": kind, "line": "mobile", "number": fmt.Sprintf("0471 00 00 %02d", i)})
		}
		a := c.call("POST", "/v1/contacts", with("emails", emails, "phones", phones)).want(201)
		for i, kind := range kinds {
			if a.text(fmt.Sprintf("emails.%d.kind", i)) != kind || a.text(fmt.Sprintf("phones.%d.kind", i)) != kind {
				t.Errorf("stored %s", a.raw)
			}
		}
		c.refused(with("emails", list(map[string]any{"kind": "uncle", "address": "u@example.org"})), "emails[0].kind", "bad_choice")
	})
	t.Run("one is the main one", func(t *testing.T) {
		a := c.call("POST", "/v1/contacts", with("emails", list(email("m1@example.org"), email("m2@example.org")))).want(201)
		if a.at("emails.0.main") != true || a.at("emails.1.main") == true {
			t.Errorf("stored %s", a.raw)
		}
		two := list(email("m3@example.org"), email("m4@example.org"))
		two[0].(map[string]any)["main"], two[1].(map[string]any)["main"] = true, true
		c.refused(with("emails", two), "emails[1].main", "one_main")
	})
	t.Run("removing the main one asks for the next", func(t *testing.T) {
		id := c.contact(with("emails", list(email("a@example.org"), email("b@example.org"), email("c@example.org"))))
		left := list(email("b@example.org"), email("c@example.org"))
		a := c.patch(id, map[string]any{"emails": left}).want(422)
		if a.codes()["emails"] != "choose_main" {
			t.Errorf("codes %v", a.codes())
		}
		left[1].(map[string]any)["main"] = true
		if a := c.patch(id, map[string]any{"emails": left}).want(200); a.at("emails.1.main") != true {
			t.Errorf("stored %s", a.raw)
		}
		if a := c.patch(id, map[string]any{"emails": list(email("b@example.org"))}).want(200); a.at("emails.0.main") != true {
			t.Errorf("the last one is the main one: %s", a.raw)
		}
	})
}

// REC-10: what is in the trash holds no key; who comes back claims it again, and where it is taken the holder is shown
// and one of the two gives it up.
func TestREC10_KeysFreedByDeletion(t *testing.T) {
	c := begin(t)
	c.policy("email", "block")
	person := func(name string) map[string]any {
		return map[string]any{"firstName": name, "emails": list(email("shared@example.org")), "phones": list(mobile("0471 56 54 31"))}
	}
	first := c.contact(person("First"))
	c.call("POST", "/v1/contacts", person("Second")).want(409)
	c.trash(first)
	second := c.contact(person("Second"))
	t.Run("freed at once", func(t *testing.T) {
		if second == first {
			t.Fatal("the same record")
		}
	})
	t.Run("restoring shows the holder and asks", func(t *testing.T) {
		a := c.call("POST", "/v1/contacts/"+first+"/restore", nil).want(409)
		codes := a.codes()
		if codes["emails[0].address"] != "email_taken" || codes["phones[0].number"] != "mobile_taken" {
			t.Errorf("codes %v", codes)
		}
		if a.text("conflicts.0.id") != second || a.text("conflicts.0.title") != "Second" {
			t.Errorf("conflicts %s", a.raw)
		}
	})
	t.Run("the restored one drops them", func(t *testing.T) {
		a := c.call("POST", "/v1/contacts/"+first+"/restore", `{"drop":"restored"}`).want(200)
		if len(a.list("emails")) != 0 || len(a.list("phones")) != 0 || len(c.get(second).list("emails")) != 1 {
			t.Errorf("restored %s", a.raw)
		}
	})
	t.Run("or the holder does", func(t *testing.T) {
		c.trash(second)
		third := c.contact(person("Third"))
		a := c.call("POST", "/v1/contacts/"+second+"/restore", `{"drop":"holder"}`).want(200)
		if len(a.list("emails")) != 1 || len(a.list("phones")) != 1 {
			t.Errorf("restored %s", a.raw)
		}
		holder := c.get(third)
		if len(holder.list("emails")) != 0 || len(holder.list("phones")) != 0 || holder.number("version") != 2 {
			t.Errorf("holder %s", holder.raw)
		}
		history := c.call("GET", "/v1/contacts/"+third+"/history", nil).want(200)
		if history.text("items.0.changes.0.field") != "emails" {
			t.Errorf("its history does not say so: %s", history.raw)
		}
	})
	t.Run("on the page", func(t *testing.T) {
		gone := c.contact(map[string]any{"firstName": "Gone", "emails": list(email("asked@example.org"))})
		c.trash(gone)
		has := c.contact(map[string]any{"firstName": "Has", "emails": list(email("asked@example.org"))})
		b := c.tab(t)
		b.open("/trash?q=gone")
		b.Follow(`form[action="/contacts/` + gone + `/restore"] button`)
		b.holds("main", "asked@example.org", "Has", "Gone")
		b.Excuse("status of 409")
		b.Audit("who keeps the key")
		b.Shot("restore")
		b.Click(`[name=drop][value=holder]`)
		b.save("form#drop")
		if len(c.get(gone).list("emails")) != 1 || len(c.get(has).list("emails")) != 0 {
			t.Errorf("restored %s", c.get(gone).raw)
		}
	})
	t.Run("free keys are claimed again", func(t *testing.T) {
		alone := c.contact(with("emails", list(email("alone@example.org"))))
		c.trash(alone)
		c.call("POST", "/v1/contacts/"+alone+"/restore", nil).want(200)
		c.call("POST", "/v1/contacts", with("emails", list(email("alone@example.org")))).want(409)
	})
}

// REC-11: up to twenty addresses of a kind, with their parts; one is the main one and one for deliveries.
func TestREC11_Addresses(t *testing.T) {
	c := begin(t)
	full := map[string]any{"kind": "billing", "street": "Kerkstraat", "number": "12", "box": "3", "postcode": "9000", "town": "Gent",
		"region": "Oost-Vlaanderen", "country": "BE", "main": true, "delivery": true}
	t.Run("all its parts", func(t *testing.T) {
		a := c.call("POST", "/v1/contacts", with("addresses", list(full))).want(201)
		if diff := cmp.Diff(any(full), a.at("addresses.0")); diff != "" {
			t.Error(diff)
		}
	})
	t.Run("kinds", func(t *testing.T) {
		for _, kind := range []string{"home", "billing", "delivery", "other"} {
			c.contact(with("addresses", list(map[string]any{"kind": kind, "town": "Gent"})))
		}
		c.refused(with("addresses", list(map[string]any{"kind": "palace", "town": "Gent"})), "addresses[0].kind", "bad_choice")
	})
	t.Run("an ISO country", func(t *testing.T) {
		c.refused(with("addresses", list(map[string]any{"town": "Gent", "country": "XX"})), "addresses[0].country", "bad_choice")
		a := c.call("POST", "/v1/contacts", with("addresses", list(map[string]any{"town": "Gent"}, map[string]any{"town": "Lille", "country": "fr"}))).want(201)
		if a.text("addresses.0.country") != "BE" || a.text("addresses.1.country") != "FR" {
			t.Errorf("stored %s", a.raw)
		}
	})
	t.Run("twenty, not more", func(t *testing.T) {
		var towns []map[string]any
		for i := range 21 {
			towns = append(towns, map[string]any{"town": fmt.Sprint("Town ", i)})
		}
		c.contact(with("addresses", list(towns[:20]...)))
		c.refused(with("addresses", list(towns...)), "addresses", "too_many")
	})
	t.Run("one main and one for deliveries", func(t *testing.T) {
		a := c.call("POST", "/v1/contacts", with("addresses", list(map[string]any{"town": "Gent"}, map[string]any{"town": "Aalst", "delivery": true}))).want(201)
		if a.at("addresses.0.main") != true || a.at("addresses.0.delivery") == true || a.at("addresses.1.delivery") != true {
			t.Errorf("stored %s", a.raw)
		}
		both := list(map[string]any{"town": "Gent", "main": true}, map[string]any{"town": "Aalst", "main": true})
		c.refused(with("addresses", both), "addresses[1].main", "one_main")
	})
}

// REC-12: a birth date is a real one, between 1900 and today; the age follows from it, is shown and can be searched.
func TestREC12_BirthDate(t *testing.T) {
	now := clock.At(time.Date(2026, 2, 27, 12, 0, 0, 0, time.UTC))
	c := start(t, now).found(t, "Testers")
	for date, code := range map[string]string{"2026-02-28": "date_future", "1899-12-31": "date_too_early", "2026-02-29": "bad_date", "2025-13-01": "bad_date", "12/05/1980": "bad_date"} {
		t.Run("refused: "+date, func(t *testing.T) { c.t = t; c.refused(with("birthDate", date), "birthDate", code) })
	}
	t.Run("accepted at the limits", func(t *testing.T) {
		c.contact(with("lastName", "Oldest", "birthDate", "1900-01-01"))
		c.contact(with("lastName", "Youngest", "birthDate", "2026-02-27"))
	})
	leap := c.contact(with("lastName", "Leap", "birthDate", "2008-02-29"))
	age := func(want int) {
		t.Helper()
		if got := c.call("GET", "/v1/contacts/"+leap+"/profile", nil).want(200).number("age"); got != want {
			t.Errorf("age %d on %s, want %d", got, now.Now().Format(time.DateOnly), want)
		}
		if got := c.names(fmt.Sprintf("age:%d", want), ""); !slices.Contains(got, "Test Leap") {
			t.Errorf("age:%d finds %q", want, got)
		}
	}
	t.Run("shown and searchable", func(t *testing.T) {
		age(17)
		c.finds("age>=18", "Test Oldest")
	})
	t.Run("29 February counts as 28 February in other years", func(t *testing.T) {
		now.Set(time.Date(2026, 2, 28, 12, 0, 0, 0, time.UTC))
		c = c.site.signIn(t, "testers@example.org", password)
		age(18)
		now.Set(time.Date(2028, 2, 28, 12, 0, 0, 0, time.UTC))
		c = c.site.signIn(t, "testers@example.org", password)
		age(19)
		now.Set(time.Date(2028, 2, 29, 12, 0, 0, 0, time.UTC))
		c = c.site.signIn(t, "testers@example.org", password)
		age(20)
	})
}

// REC-30: a number of the organisation's own that is never changed or given again, and is searched by.
func TestREC30_SystemID(t *testing.T) {
	c := begin(t)
	var numbers []int
	for range 3 {
		numbers = append(numbers, c.call("POST", "/v1/contacts", with()).want(201).number("number"))
	}
	t.Run("unique, also made at once", func(t *testing.T) {
		_, answers := c.parallel(20, func(int) (*answer, error) { return c.send("POST", "/v1/contacts", with()) })
		for _, a := range answers {
			numbers = append(numbers, a.want(201).number("number"))
		}
		slices.Sort(numbers)
		if n := len(slices.Compact(slices.Clone(numbers))); n != 23 || numbers[0] < 1 {
			t.Errorf("numbers %v", numbers)
		}
	})
	t.Run("never changed", func(t *testing.T) {
		id := c.call("GET", fmt.Sprintf("/v1/contacts?q=number:%d", numbers[0]), nil).want(200).text("items.0.id")
		if a := c.patch(id, map[string]any{"number": 9999}).want(422); a.codes()["number"] != "read_only" {
			t.Errorf("codes %v", a.codes())
		}
		c.refused(with("number", 9999), "number", "read_only")
	})
	t.Run("never reused", func(t *testing.T) {
		last := c.call("POST", "/v1/contacts", with("lastName", "Last")).want(201)
		c.trash(last.text("id"))
		if next := c.call("POST", "/v1/contacts", with()).want(201).number("number"); next <= last.number("number") {
			t.Errorf("%d follows %d", next, last.number("number"))
		}
		if a := c.call("POST", "/v1/contacts/"+last.text("id")+"/restore", nil).want(200); a.number("number") != last.number("number") {
			t.Errorf("restored with number %d", a.number("number"))
		}
	})
	t.Run("of each organisation by itself", func(t *testing.T) {
		if n := c.site.found(t, "Second").call("POST", "/v1/contacts", with()).want(201).number("number"); n != 1 {
			t.Errorf("number %d", n)
		}
	})
	t.Run("searchable", func(t *testing.T) {
		wanted := c.call("POST", "/v1/contacts", map[string]any{"firstName": "Wanted"}).want(201).number("number")
		c.finds(fmt.Sprint(wanted), "Wanted")
		c.finds(fmt.Sprintf("number:%d", wanted), "Wanted")
	})
}

// REC-35: deleting marks a record deleted and no more; it leaves lists and searches. (From list and profile, on the
// page: TestHIST13_UndoWhereItWasDone.)
func TestREC35_Delete(t *testing.T) {
	c := begin(t)
	id := c.contact(with("lastName", "Leaver", "tags", []any{"rare"}))
	before := c.get(id)
	c.trash(id)
	t.Run("only marked", func(t *testing.T) {
		a := c.get(id)
		if a.text("deletedAt") == "" || a.text("lastName") != "Leaver" || a.number("number") != before.number("number") {
			t.Errorf("record %s", a.raw)
		}
	})
	t.Run("out of lists, searches and counts", func(t *testing.T) {
		for _, q := range []string{"", "leaver", "lastName:Leaver", "tag:rare", fmt.Sprintf("number:%d", before.number("number")), "-tag:other"} {
			if n := c.total(strings.ReplaceAll(q, " ", "+")); n != 0 {
				t.Errorf("%q finds %d", q, n)
			}
		}
		if a := c.call("GET", "/v1/search?q=leaver", nil).want(200); len(a.list("results.0.items")) != 0 || strings.Contains(string(a.raw), id) {
			t.Errorf("the search over all kinds finds %s", a.raw)
		}
		if a := c.call("POST", "/v1/search/contact", map[string]any{"facets": []any{"tags"}, "count": true}).want(200); a.number("total") != 0 || strings.Contains(string(a.raw), "rare") {
			t.Errorf("facets %s", a.raw)
		}
	})
	t.Run("deleting again or without right", func(t *testing.T) {
		c.call("DELETE", "/v1/contacts/"+id, nil, "If-Match", "*").want(409)
		c.call("DELETE", "/v1/contacts/con_00000000000000000000000000", nil, "If-Match", "*").want(404)
	})
}

// REC-36: what stands before, between and after a name, and a website; sorted by the custom of the country; imports keep
// them.
func TestREC36_NameParts(t *testing.T) {
	c := begin(t)
	members := map[string]any{"title": "Dr.", "firstName": "Wout", "prefix": "van den", "lastName": "Berghe", "nickname": "Woutje", "suffix": "MSc", "website": "www.example.org"}
	id := c.contact(members)
	t.Run("kept as written", func(t *testing.T) {
		a := c.get(id)
		members["website"] = "https://www.example.org"
		for name, want := range members {
			if got := a.text(name); got != want {
				t.Errorf("%s: %q, want %q", name, got, want)
			}
		}
		c.refused(with("website", "javascript:alert(1)"), "website", "bad_url")
	})
	t.Run("sorted by the custom of the country", func(t *testing.T) {
		for _, name := range []string{"Claes", "Zwart"} {
			c.contact(map[string]any{"firstName": "An", "lastName": name})
		}
		if got, want := c.names("", ""), []string{"An Claes", "Wout Berghe", "An Zwart"}; !slices.Equal(got, want) {
			t.Errorf("in Belgium %q, want %q", got, want) // under V
		}
		s := c.site
		_, err := s.Accounts.Found(t.Context(), founding("Dutch", "NL"), "page")
		if err != nil {
			t.Fatal(err)
		}
		nl := s.signIn(t, "dutch@example.org", password)
		nl.contact(members)
		for _, name := range []string{"Aalbers", "Claes", "Zwart"} {
			nl.contact(map[string]any{"firstName": "An", "lastName": name})
		}
		if got, want := nl.names("", ""), []string{"An Aalbers", "Wout Berghe", "An Claes", "An Zwart"}; !slices.Equal(got, want) {
			t.Errorf("in the Netherlands %q, want %q", got, want) // under B
		}
	})
	t.Run("found by each", func(t *testing.T) {
		for _, q := range []string{"van den berghe", "woutje", "berghe wout"} {
			c.finds(q, "Wout Berghe")
		}
	})
	t.Run("imports keep them", func(t *testing.T) {
		file := "Titel;Voornaam;Tussenvoegsel;Achternaam;Roepnaam;Website\nProf.;Ida;van der;Meer;Ietje;https://ida.example.org\n"
		done := c.run(c.preview("names.csv", []byte(file), nil).text("id"))
		if done.number("counts.create") != 1 {
			t.Fatalf("counts %v", done.at("counts"))
		}
		a := c.call("GET", "/v1/contacts?q=ietje", nil).want(200)
		for name, want := range map[string]string{"title": "Prof.", "firstName": "Ida", "prefix": "van der", "lastName": "Meer", "nickname": "Ietje", "website": "https://ida.example.org"} {
			if got := a.text("items.0." + name); got != want {
				t.Errorf("%s: %q, want %q", name, got, want)
			}
		}
	})
}
