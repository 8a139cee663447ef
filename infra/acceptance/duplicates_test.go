package acceptance

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"
)

// yserbyt is somebody, and yserbytToo is she as another secretary wrote her down.
func yserbyt() map[string]any {
	return map[string]any{"firstName": "Margaretha", "lastName": "Yserbyt", "birthDate": "1984-03-07", "iban": "BE68539007547034",
		"addresses": list(map[string]any{"street": "Watermolenlaan", "number": "12", "postcode": "9050", "town": "Gent"})}
}

func yserbytToo() map[string]any {
	return map[string]any{"firstName": "Greet", "lastName": "Iserbyt", "birthDate": "1984-07-03",
		"addresses": list(map[string]any{"street": "Watermolenln.", "number": "12", "postcode": "9050", "town": "Gent"})}
}

var allowDuplicate = []string{"Muster-Allow-Duplicate", "true"}

// duplicates lists the pairs and groups of a question, their ids sorted.
func (c *client) duplicates(query string) (all [][]string) {
	c.t.Helper()
	for _, item := range c.call("GET", "/v1/duplicates"+query, nil).want(http.StatusOK).list("items") {
		var ids []string
		for _, id := range item.(map[string]any)["ids"].([]any) {
			ids = append(ids, id.(string))
		}
		slices.Sort(ids)
		all = append(all, ids)
	}
	return all
}

func hasGroup(all [][]string, ids ...string) bool {
	slices.Sort(ids)
	return slices.ContainsFunc(all, func(g []string) bool { return slices.Equal(g, ids) })
}

// DUP-03: who is entering somebody sees those who look like them beside the form, opens or uses one, or goes on where the key
// policy lets them.
func TestDUP03_GuardAtEntry(t *testing.T) {
	c := begin(t)
	one := c.contact(yserbyt())
	b := c.tab(t)
	b.open("/contacts/new")
	b.set(`[name="firstName"]`, "Greta")
	b.set(`[name="lastName"]`, "Yserbyt")
	b.until("#alike", "Margaretha Yserbyt")
	t.Run("it says which fields agree, and leads there", func(t *testing.T) {
		b.holds("#alike", "First name: a short form", "Last name: the same")
		if b.count(`#alike a[href="/contacts/`+one+`"]`) == 0 {
			t.Error("nothing leads to her")
		}
	})
	t.Run("saving stops, and says why", func(t *testing.T) {
		b.choose(`[name="birthDate"]`, "1984-03-07")
		b.save("#contact")
		b.holds("#contact [role=alert]", "seems to be there already")
		b.holds("#alike", "Margaretha Yserbyt")
		if b.value(`[name="firstName"]`) != "Greta" {
			t.Error("what was typed is lost")
		}
	})
	t.Run("or goes on", func(t *testing.T) {
		b.Follow(`#contact [value="anyway"]`)
		if n := c.total("yserbyt"); n != 2 {
			t.Errorf("there are %d of the name", n)
		}
	})
	t.Run("but not past a key that is one person's", func(t *testing.T) {
		mobile := list(map[string]any{"line": "mobile", "number": "+32471565431"})
		c.patch(one, map[string]any{"phones": mobile})
		body := yserbytToo()
		body["phones"] = mobile
		if a := c.call("POST", "/v1/contacts", body, allowDuplicate...).want(http.StatusConflict); a.text("code") != "mobile_taken" {
			t.Errorf("refused as %s", a.text("code"))
		}
	})
	t.Run("companies alike", func(t *testing.T) {
		c.create("companies", map[string]any{"name": "Drukkerij Yserbyt BV", "taxNumber": "BE0123456749"})
		b.open("/companies/new")
		b.set(`[name="name"]`, "Drukerij Yserbyt")
		b.until("#alike", "Drukkerij Yserbyt BV")
	})
}

// DUP-08: typing, the API and the scan score alike and say which fields agree.
func TestDUP08_OneScorer(t *testing.T) {
	c := begin(t)
	one := c.contact(yserbyt())
	checked := c.call("POST", "/v1/contacts/check", yserbytToo()).want(http.StatusOK)
	if checked.text("candidates.0.id") != one || checked.text("candidates.0.level") != "same" || !strings.Contains(string(checked.raw), `"agreement":"swapped"`) {
		t.Fatalf("%s", checked.raw)
	}
	refused := c.call("POST", "/v1/contacts", yserbytToo()).want(http.StatusConflict)
	if refused.text("conflicts.0.id") != one {
		t.Errorf("%s", refused.raw)
	}
	c.call("POST", "/v1/contacts", yserbytToo(), allowDuplicate...).want(http.StatusCreated)
	found := c.call("GET", "/v1/duplicates?level=same", nil).want(http.StatusOK)
	if found.number("total") != 1 || found.number("items.0.score") != checked.number("candidates.0.score") {
		t.Errorf("the scan scores %v, the check %v", found.number("items.0.score"), checked.number("candidates.0.score"))
	}
	said := map[string]string{}
	for _, r := range found.list("items.0.reasons") {
		reason := r.(map[string]any)
		said[reason["field"].(string)] = reason["agreement"].(string)
		if reason["text"] == "" {
			t.Errorf("no words for %v", reason)
		}
	}
	for field, want := range map[string]string{"firstName": "short", "birthDate": "swapped", "street": "same"} {
		if said[field] != want {
			t.Errorf("%s is %q, want %q", field, said[field], want)
		}
	}
	t.Run("an import says it before a row is written", func(t *testing.T) {
		c.t = t
		file := "First name;Last name;Birth date\nGreet;Iserbyt;07/03/1984\nBartholomeus;Vermoot;02/02/1990\nBartolomeus;Vermoot;02/02/1990\n"
		imp := c.preview("people.csv", []byte(file), nil)
		if imp.number("counts.create") != 3 || imp.number("counts.alike") != 2 {
			t.Fatalf("%s", imp.raw)
		}
		rows := c.call("GET", "/v1/imports/"+imp.text("id")+"/rows?result=create", nil).want(http.StatusOK)
		if rows.text("items.0.reasons.0.code") != "alike" || !strings.Contains(string(rows.raw), one) || len(rows.list("items.1.reasons")) != 0 {
			t.Errorf("%s", rows.raw)
		}
		alike := c.call("GET", "/v1/imports/"+imp.text("id")+"/rows?result=alike", nil).want(http.StatusOK)
		if len(alike.list("items")) != 2 || alike.text("items.0.reasons.0.alike.1.id") != one || alike.number("items.1.reasons.0.alike.0.line") != 3 ||
			alike.text("items.0.reasons.0.alike.1.reasons.0.agreement") != "short" {
			t.Errorf("%s", alike.raw)
		}
		b := c.tab(t)
		b.open("/imports/" + imp.text("id") + "/preview")
		b.holds("main", "2 of the new rows may be of people who are there already, or in the file twice.", "May be there already.", "Margaretha Yserbyt", "First name: a short form")
		b.open("/imports/" + imp.text("id") + "/preview?fate=alike")
		b.holds("main", "May be the same as an earlier row.", "line 3: Bartholomeus Vermoot", "Birth date: the same")
	})
	t.Run("thresholds are the organisation's", func(t *testing.T) {
		set := func(members map[string]any) *answer {
			etag := c.call("GET", "/v1/settings", nil).want(http.StatusOK).header.Get("ETag")
			return c.call("PATCH", "/v1/settings", map[string]any{"duplicates": members}, "If-Match", etag)
		}
		if a := set(map[string]any{"same": 50, "likely": 60}).want(http.StatusUnprocessableEntity); a.text("errors.0.code") != "likely_above_same" {
			t.Errorf("%s", a.raw)
		}
		namesake := c.contact(map[string]any{"firstName": "Margaretha", "lastName": "Yserbyt"})
		if !slices.ContainsFunc(c.duplicates("?level=likely"), func(g []string) bool { return slices.Contains(g, namesake) }) {
			t.Error("a namesake is not likely")
		}
		set(map[string]any{"same": 100, "likely": 100}).want(http.StatusOK)
		if slices.ContainsFunc(c.duplicates("?level=likely"), func(g []string) bool { return slices.Contains(g, namesake) }) {
			t.Error("a namesake is likely above the threshold")
		}
	})
}

// DUP-09: a pair that is no duplicate is not offered again at any door, until one of its scored fields changes.
func TestDUP09_NotADuplicate(t *testing.T) {
	c := begin(t)
	one := c.contact(yserbyt())
	two := c.call("POST", "/v1/contacts", yserbytToo(), allowDuplicate...).want(http.StatusCreated).text("id")
	if !hasGroup(c.duplicates(""), one, two) {
		t.Fatal("they are not found")
	}
	ids := map[string]any{"ids": []any{one, two}}
	c.call("POST", "/v1/duplicates/dismiss", ids).want(http.StatusOK)
	check := yserbytToo()
	check["id"] = two
	offered := func() (inbox, form bool) {
		return hasGroup(c.duplicates(""), one, two), strings.Contains(string(c.call("POST", "/v1/contacts/check", check).want(http.StatusOK).raw), one)
	}
	if inbox, form := offered(); inbox || form {
		t.Errorf("offered again: inbox %v, form %v", inbox, form)
	}
	t.Run("a field that is not scored changes nothing", func(t *testing.T) {
		c.patch(two, map[string]any{"occupation": "baker", "iban": "BE68539007547034"})
		if inbox, form := offered(); inbox || form {
			t.Errorf("offered again: inbox %v, form %v", inbox, form)
		}
	})
	t.Run("one that is does", func(t *testing.T) {
		c.patch(two, map[string]any{"nickname": "Greetje"})
		if inbox, form := offered(); !inbox || !form {
			t.Errorf("not offered: inbox %v, form %v", inbox, form)
		}
	})
	t.Run("and it can be taken back", func(t *testing.T) {
		c.call("POST", "/v1/duplicates/dismiss", ids).want(http.StatusOK)
		c.call("POST", "/v1/duplicates/dismiss", map[string]any{"ids": []any{one, two}, "undo": true}).want(http.StatusOK)
		if inbox, _ := offered(); !inbox {
			t.Error("not offered")
		}
	})
	t.Run("readers do not decide", func(t *testing.T) {
		c.colleague("reader").call("POST", "/v1/duplicates/dismiss", ids).want(http.StatusForbidden)
	})
}

// DUP-10: the scan is of now; its list is ranked, gives reasons, and each is merged, no duplicate, or put off, with one key.
func TestDUP10_Scan(t *testing.T) {
	c := begin(t)
	one := c.contact(yserbyt())
	two := c.call("POST", "/v1/contacts", yserbytToo(), allowDuplicate...).want(http.StatusCreated).text("id")
	three := c.contact(map[string]any{"firstName": "Bartholomeus", "lastName": "Vermoot", "gender": "male"})
	four := c.contact(map[string]any{"firstName": "Mees", "lastName": "Vermoot", "gender": "male"})
	all := c.duplicates("")
	if len(all) != 2 || !hasGroup(all[:1], one, two) || !hasGroup(all[1:], three, four) {
		t.Fatalf("%q", all)
	}
	if got := c.duplicates("?level=same&kind=contact"); len(got) != 1 {
		t.Errorf("the same are %q", got)
	}
	if got := c.duplicates("?kind=company"); len(got) != 0 {
		t.Errorf("companies are %q", got)
	}
	t.Run("page by page", func(t *testing.T) {
		a := c.call("GET", "/v1/duplicates?limit=1", nil).want(http.StatusOK)
		if next := c.duplicates("?limit=1&cursor=" + a.text("next")); len(next) != 1 || !hasGroup(next, three, four) {
			t.Errorf("the next page has %q", next)
		}
	})
	t.Run("other organisations have their own", func(t *testing.T) {
		if got := c.site.found(t, "Elsewhere").duplicates(""); len(got) > 0 {
			t.Errorf("%q", got)
		}
	})
	t.Run("what is sensitive is not told", func(t *testing.T) {
		if a := c.call("GET", "/v1/duplicates", nil).want(http.StatusOK); strings.Contains(strings.ToLower(string(a.raw)), "iban") || strings.Contains(string(a.raw), "BE68") {
			t.Errorf("%s", a.raw)
		}
	})
	t.Run("every night", func(t *testing.T) {
		c.t = t
		if a := c.call("GET", "/v1/duplicates", nil).want(http.StatusOK); a.at("lastNight") != nil {
			t.Fatalf("before the first night: %s", a.raw)
		}
		if err := c.site.Parts.Functions["schedule"].Schedule(t.Context(), time.Date(2026, 11, 22, 3, 0, 0, 0, time.UTC)); err != nil {
			t.Fatal(err)
		}
		again := time.NewTicker(20 * time.Millisecond)
		defer again.Stop()
		for range again.C {
			a := c.call("GET", "/v1/duplicates?limit=1", nil).want(http.StatusOK)
			if a.at("lastNight") == nil {
				continue
			}
			if a.number("lastNight.same") != 1 || a.number("lastNight.likely") != 1 {
				t.Errorf("found at night: %s", a.raw)
			}
			break
		}
		if page := c.pageOf("/duplicates"); !strings.Contains(page, "Looked through by night") {
			t.Error("the page does not tell of it")
		}
	})
	b := c.tab(t)
	b.open("/contacts")
	t.Run("the inbox is a view of the list", func(t *testing.T) {
		b.Follow(`#views a[href="/duplicates?kind=contact"]`)
		b.holds("main", "Margaretha Yserbyt", "Greet Iserbyt", "a short form", "swapped")
		if b.count(`a[href^="/merge?"][href*="ids=`+one+`"][href*="ids=`+two+`"]`) != 1 {
			t.Error("nothing leads to the merge")
		}
		b.Audit("duplicates")
		b.Size(320, 800)
		b.Fits("duplicates")
		b.Size(1280, 900)
	})
	t.Run("keys", func(t *testing.T) {
		b.Keys("j")
		b.Keys("j")
		b.Keys("n")
		b.until("body", "Noted: not a duplicate.")
		b.Until(`document.querySelectorAll('[data-card]').length === 1`)
		if got := c.duplicates(""); len(got) != 1 || !hasGroup(got, one, two) {
			t.Errorf("left are %q", got)
		}
	})
	t.Run("undo", func(t *testing.T) {
		b.Click(".notice form button")
		b.Until(`document.querySelectorAll('[data-card]').length === 2`)
	})
	t.Run("later", func(t *testing.T) {
		b.Keys("l")
		b.until("body", "Put off for a week.")
		if got := c.duplicates(""); len(got) != 1 {
			t.Errorf("left are %q", got)
		}
	})
}

// API-07: a creation that scores as the same is refused with the candidates, until a header confirms it; the order is
// idempotency, validation, keys, duplicates.
func TestAPI07_Duplicates(t *testing.T) {
	c := begin(t)
	one := c.contact(yserbyt())
	a := c.call("POST", "/v1/contacts", yserbytToo(), "Idempotency-Key", "k1").want(http.StatusConflict)
	if a.text("code") != "duplicate" || a.text("conflicts.0.id") != one || a.text("conflicts.0.title") != "Margaretha Yserbyt" {
		t.Fatalf("%s", a.raw)
	}
	t.Run("a refusal is not kept", func(t *testing.T) {
		made := c.call("POST", "/v1/contacts", yserbytToo(), append(allowDuplicate, "Idempotency-Key", "k1")...).want(http.StatusCreated)
		again := c.call("POST", "/v1/contacts", yserbytToo(), "Idempotency-Key", "k1").want(http.StatusCreated)
		if again.text("id") != made.text("id") {
			t.Error("a repeated request made another")
		}
	})
	t.Run("rules come first", func(t *testing.T) {
		wrong := yserbytToo()
		wrong["emails"] = list(email("nobody"))
		c.call("POST", "/v1/contacts", wrong).want(http.StatusUnprocessableEntity)
	})
	t.Run("then keys", func(t *testing.T) {
		body := yserbytToo()
		body["externalIds"] = map[string]any{"shop": "7"}
		c.call("POST", "/v1/contacts", body, allowDuplicate...).want(http.StatusCreated)
		if a := c.call("POST", "/v1/contacts", body, allowDuplicate...).want(http.StatusConflict); a.text("code") == "duplicate" {
			t.Errorf("%s", a.raw)
		}
	})
	t.Run("a batch item by item", func(t *testing.T) {
		items := map[string]any{"items": list(yserbytToo(), map[string]any{"firstName": "Wolfgang", "lastName": "Zeebroeck"})}
		a := c.call("POST", "/v1/contacts/batch", items).want(http.StatusOK)
		if a.number("results.0.status") != http.StatusConflict || a.number("results.1.status") != http.StatusCreated {
			t.Errorf("%s", a.raw)
		}
	})
	t.Run("namesakes pass", func(t *testing.T) {
		c.call("POST", "/v1/contacts", map[string]any{"firstName": "Margaretha", "lastName": "Yserbyt"}).want(http.StatusCreated)
	})
	t.Run("files pass", func(t *testing.T) {
		id := c.preview("again.csv", []byte("First name,Last name,Birth date\nMargaretha,Yserbyt,1984-03-07\n"), map[string]any{"mode": "create"}).text("id")
		if a := c.run(id); a.number("counts.done") != 1 {
			t.Errorf("%s", a.raw)
		}
	})
	t.Run("companies too", func(t *testing.T) {
		c.create("companies", map[string]any{"name": "Drukkerij Yserbyt BV", "taxNumber": "BE0123456749"})
		c.call("POST", "/v1/companies", map[string]any{"name": "Drukkerij Yserbyt", "taxNumber": "BE 0123.456.749"}).want(http.StatusConflict)
	})
}
