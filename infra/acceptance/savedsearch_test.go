package acceptance

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/chromedp/kb"
)

// ask counts what a structured filter finds.
func (c *client) ask(filter any) int {
	c.t.Helper()
	return c.call("POST", "/v1/search/contact", map[string]any{"filter": filter, "count": true, "limit": 0}).want(http.StatusOK).number("total")
}

func is(field string, value any) map[string]any {
	return map[string]any{"field": field, "value": value}
}

// nested is a filter of groups in groups, so many deep.
func nested(depth int) map[string]any {
	inner := is("firstName", "Jan")
	for i := range depth {
		inner = map[string]any{[]string{"and", "or"}[i%2]: list(inner, is("lastName", fmt.Sprint("Nr", i)))}
	}
	return inner
}

// SRCH-10 (conditions on memberships, seasons and balances come with them): conditions on any field, in groups of AND, OR
// and NOT; what is not known is refused.
func TestSRCH10_AdvancedSearch(t *testing.T) {
	c := begin(t)
	c.call("POST", "/v1/fields", map[string]any{"for": "contact", "name": "height", "label": "Height", "type": "number"}).want(201)
	entity := c.make("entities", map[string]any{"name": "Rowing"})
	jan := c.contact(map[string]any{"firstName": "Jan", "lastName": "Peeters", "birthDate": "2010-05-21", "tags": []any{"board"}, "entity": entity, "custom": map[string]any{"height": 1.82},
		"emails": list(email("jan@example.org")), "newsletter": true, "addresses": list(map[string]any{"town": "Gent"})})
	an := c.contact(map[string]any{"firstName": "An", "lastName": "Claes", "tags": []any{"vip"}, "newsletter": false, "custom": map[string]any{"height": 1.6}, "addresses": list(map[string]any{"town": "Aalst"})})
	c.create("families", map[string]any{"name": "Peeters", "members": list(map[string]any{"contact": jan, "head": true})})
	c.create("companies", map[string]any{"name": "Harbour Works", "addresses": list(map[string]any{"town": "Oostende"}), "contacts": list(function(an, "director"))})
	t.Run("any field: standard, own, family, company, tag, entity, consent", func(t *testing.T) {
		c.t = t
		for i, f := range []any{is("lastName", "Peeters"), map[string]any{"field": "birthDate", "op": "<", "value": "2011-01-01"}, map[string]any{"field": "custom.height", "op": ">", "value": 1.7},
			is("family", "Peeters"), map[string]any{"not": is("company", "Harbour Works")}, is("tags", "board"), is("entity", entity), is("newsletter", true), map[string]any{"field": "emails.address", "op": "*"},
			map[string]any{"text": "jan"}, map[string]any{"not": is("company.addresses.town", "Oostende")}, map[string]any{"field": "age", "op": "..", "value": "10..20"}} {
			if n := c.ask(f); n != 1 {
				t.Errorf("condition %d finds %d: %v", i, n, f)
			}
		}
	})
	t.Run("AND, OR and NOT", func(t *testing.T) {
		c.t = t
		for want, f := range map[int]any{
			0: map[string]any{"and": list(is("tags", "board"), is("tags", "vip"))},
			1: map[string]any{"and": list(is("tags", "board"), map[string]any{"not": is("tags", "vip")})},
			2: map[string]any{"or": list(is("tags", "board"), is("tags", "vip"))},
		} {
			if n := c.ask(f); n != want {
				t.Errorf("%d, want %d: %v", n, want, f)
			}
		}
	})
	refused := func(filter any, code string) {
		c.t.Helper()
		a := c.call("POST", "/v1/search/contact", map[string]any{"filter": filter}).want(422)
		if got := a.text("errors.0.code"); got != code {
			c.t.Errorf("%s, want %s: %s", got, code, a.raw)
		}
	}
	t.Run("5 levels and 50 conditions", func(t *testing.T) {
		c.t = t
		c.ask(nested(5))
		refused(nested(6), "too_deep")
		var fifty []any
		for i := range 50 {
			fifty = append(fifty, is("tags", fmt.Sprint("t", i)))
		}
		c.ask(map[string]any{"or": fifty})
		refused(map[string]any{"or": append(fifty, is("tags", "x"))}, "too_many")
	})
	t.Run("an unknown field or operator is refused", func(t *testing.T) {
		c.t = t
		refused(is("colour", "red"), "unknown_field")
		refused(map[string]any{"field": "birthDate", "op": "~", "value": "x"}, "unknown_operator")
		refused(map[string]any{"field": "birthDate", "op": "resembles", "value": "x"}, "unknown_operator")
		refused(is("birthDate", "soon"), "bad_value")
		for q, code := range map[string]string{"colour:red": "unknown_field", "birthDate~x": "unknown_operator"} {
			if a := c.call("GET", "/v1/contacts?q="+url.QueryEscape(q), nil).want(422); a.text("errors.0.code") != code {
				t.Errorf("%s: %s", q, a.raw)
			}
		}
	})
	for _, scripts := range []bool{true, false} {
		t.Run(map[bool]string{true: "the builder", false: "the builder without JavaScript"}[scripts], func(t *testing.T) {
			c.t = t
			b := c.tab(t)
			b.Scripts(scripts)
			b.open("/contacts/advanced?q=" + url.QueryEscape("tag:board (town:Gent OR town:Aalst)"))
			press := func(button string) {
				t.Helper()
				before := b.Eval(`[...document.querySelectorAll('[name=n]')].map((e) => e.value).join()`)
				if !scripts {
					b.Follow(`button[value="` + button + `"]`)
					return
				}
				b.Click(`button[value="` + button + `"]`)
				b.Until(fmt.Sprintf(`[...document.querySelectorAll('[name=n]')].map((e) => e.value).join() !== %q`, before))
			}
			if got := b.Eval(`[...document.querySelectorAll('[name=n]')].map((e) => e.value).join()`); got != "0:g,0.0:c,0.1:g,0.1.0:c,0.1.1:c" {
				t.Fatalf("it shows %s", got)
			}
			if scripts {
				b.Audit("builder")
			}
			press("add 0.1")
			press("remove 0.1.1")
			press("group 0")
			press("remove 0.2")
			chooseField := func(id, path string) {
				t.Helper()
				b.choose(`[name="f.`+id+`"]`, path)
				if !scripts {
					b.Follow(`button[value=show]`)
				}
				b.Until(fmt.Sprintf(`document.querySelector('[name="f.%s"] option[selected]')?.value === %q`, id, path))
			}
			chooseField("0.1.1", "birthDate")
			b.set(`[name="v.0.1.1"]`, "soon")
			if scripts {
				b.Click(`.form-actions button[value=ask]`)
				b.Until(`document.querySelector('[name="v.0.1.1"][aria-invalid=true]')`)
				b.Excuse("status of 422")
			} else {
				b.Follow(`.form-actions button[value=ask]`)
			}
			if b.count(`[name="v.0.1.1"][aria-invalid=true]`) != 1 || b.value(`[name="v.0.1.1"]`) != "soon" {
				t.Error("the mistake is not at its field")
			}
			b.set(`[name="v.0.1.1"]`, "2010")
			b.Follow(`.form-actions button[value=ask]`)
			if q := b.value("main [type=search]"); q != "tags:board (addresses.town:Gent OR birthDate:2010)" {
				t.Errorf("the filter line says %q at %s", q, b.Where())
			}
			b.holds("#results", "Jan Peeters")
			if strings.Contains(b.text("#results"), "An Claes") {
				t.Error("more than was asked")
			}
		})
	}
}

// SRCH-11 (memberships, sign-ins and debts come with them): questions everybody has stand ready as tabs.
func TestSRCH11_ReadyMadeSearches(t *testing.T) {
	c := begin(t)
	month := c.site.Clock.Now().Format("01")
	reach := list(email("a@example.org"))
	c.contact(map[string]any{"firstName": "Has", "lastName": "Everything", "emails": reach, "birthDate": "2001-" + other(month) + "-03"})
	c.contact(map[string]any{"firstName": "No", "lastName": "Mail", "phones": list(mobile("0471 00 00 01")), "birthDate": "2001-" + other(month) + "-03"})
	c.contact(map[string]any{"firstName": "Born", "lastName": "Now", "emails": list(email("b@example.org")), "birthDate": "1999-" + month + "-03"})
	c.contact(map[string]any{"firstName": "Quite", "lastName": "Empty", "birthDate": "2001-" + other(month) + "-03"})
	c.contact(map[string]any{"firstName": "Lacks", "lastName": "Birthday", "emails": list(email("c@example.org"))})
	c.call("PATCH", "/v1/settings", map[string]any{"profile": map[string]any{"contact.birthDate": "mandatory"}}, "If-Match", "*").want(200)
	b := c.tab(t)
	for label, want := range map[string]string{"Without e-mail": "No Mail,Quite Empty", "Birthdays this month": "Born Now", "Incomplete": "Lacks Birthday,Quite Empty"} {
		t.Run(label, func(t *testing.T) {
			c.t, b.t = t, t
			b.open("/contacts")
			href := b.Eval(fmt.Sprintf(`[...document.querySelectorAll('#views a')].find((a) => a.innerText.trim() === %q)?.getAttribute('href') ?? ''`, label))
			if href == "" {
				t.Fatal("no such tab")
			}
			b.open(href)
			names := strings.Split(b.Eval(`[...document.querySelectorAll('#results a.row-link')].map((a) => a.innerText).join()`), ",")
			slices.Sort(names)
			if got := strings.Join(names, ","); got != want {
				t.Errorf("%s, want %s", got, want)
			}
			if b.text(`#views [aria-current]`) != label {
				t.Errorf("the tab %q is the one", b.text(`#views [aria-current]`))
			}
		})
	}
	t.Run("Possible duplicates", func(t *testing.T) {
		c.t, b.t = t, t
		for range 2 {
			c.call("POST", "/v1/contacts", map[string]any{"firstName": "Bartholomeus", "lastName": "Verhaegen", "birthDate": "1987-06-05"}, "Muster-Allow-Duplicate", "true").want(201)
		}
		b.open("/contacts")
		b.Follow(`#views a[href^="/duplicates"]`)
		b.holds("main", "Bartholomeus Verhaegen")
	})
}

// other is some other month.
func other(month string) string {
	if month == "01" {
		return "02"
	}
	return "01"
}

// SRCH-12 (audiences and rules of groups come with them): a search with a name, one's own or shared with roles, answered as
// things are now under the rights of whoever looks.
func TestSRCH12_SavedSearches(t *testing.T) {
	c := begin(t)
	editor, reader := c.colleague("editor"), c.colleague("reader")
	jan := c.contact(map[string]any{"firstName": "Jan", "tags": []any{"board"}, "discount": 10})
	c.contact(map[string]any{"firstName": "An", "tags": []any{"vip"}})
	save := func(by *client, members map[string]any) string {
		t.Helper()
		members["for"] = "contact"
		return by.call("POST", "/v1/searches", members).want(201).text("id")
	}
	board := save(c, map[string]any{"name": "Board", "query": "tag:board", "sort": "-lastName", "columns": []any{"tags", "type"}, "roles": []any{"editor"}})
	t.Run("named, private or shared with roles", func(t *testing.T) {
		c.t, editor.t, reader.t = t, t, t
		own := save(editor, map[string]any{"name": "Mine", "query": "tag:vip"})
		for id, want := range map[string][]int{own: {404, 200, 404}, board: {200, 200, 404}} {
			for i, by := range []*client{c, editor, reader} {
				for _, path := range []string{"/v1/searches/" + id, "/v1/searches/" + id + "/results", "/v1/searches/" + id + "/history"} {
					by.call("GET", path, nil).want(want[i])
				}
				if a := by.call("GET", "/v1/contacts?q=search:"+id, nil); (a.status == 200) != (want[i] == 200) {
					t.Errorf("%s asked for %s: %d", []string{"owner", "editor", "reader"}[i], id, a.status)
				}
			}
		}
		for by, want := range map[*client]string{c: "Board", editor: "Mine,Board", reader: ""} {
			var names []string
			for _, item := range by.call("GET", "/v1/searches?for=contact", nil).want(200).list("items") {
				names = append(names, item.(map[string]any)["name"].(string))
			}
			if got := strings.Join(names, ","); got != want {
				t.Errorf("%q, want %q", got, want)
			}
		}
		editor.call("PATCH", "/v1/searches/"+board, map[string]any{"name": "Ours"}, "If-Match", "*").want(403)
		reader.call("POST", "/v1/searches", map[string]any{"name": "x", "for": "contact", "roles": []any{"editor"}}).want(403)
		c.call("POST", "/v1/searches", map[string]any{"name": "board", "for": "contact"}).want(422)
	})
	t.Run("as things are now, under the reader's rights", func(t *testing.T) {
		c.t, editor.t, reader.t = t, t, t
		els := c.contact(map[string]any{"firstName": "Els", "tags": []any{"board"}})
		if n := c.call("GET", "/v1/searches/"+board+"/results?count=true", nil).want(200).number("total"); n != 2 {
			t.Errorf("%d", n)
		}
		c.trash(els)
		if n := editor.call("GET", "/v1/searches/"+board+"/results?count=true&q=jan", nil).want(200).number("total"); n != 1 {
			t.Errorf("%d", n)
		}
		money := save(c, map[string]any{"name": "Discount", "query": "discount>0", "roles": []any{"editor", "reader"}})
		editor.call("GET", "/v1/searches/"+money+"/results", nil).want(200)
		reader.call("GET", "/v1/searches/"+money+"/results", nil).want(422) // no more than they could ask themselves
		reader.call("GET", "/v1/contacts?q=discount%3E0", nil).want(422)
	})
	t.Run("in lists, counts, facets, exports and other searches", func(t *testing.T) {
		c.t, editor.t, reader.t = t, t, t
		if n := c.total("search:Board+jan"); n != 1 {
			t.Errorf("list: %d", n)
		}
		if n := c.ask(is("search", board)); n != 1 {
			t.Errorf("structured: %d", n)
		}
		_, file := c.export(map[string]any{"kind": "contact", "format": "csv", "q": "search:" + board, "fields": []any{"firstName"}})
		if rows := cells(t, file); len(rows) != 2 || rows[1][len(rows[1])-1] != "Jan" {
			t.Errorf("export: %q", rows)
		}
		both := save(c, map[string]any{"name": "Both", "query": "search:Board OR tag:vip"})
		if n := c.call("GET", "/v1/searches/"+both+"/results?count=true", nil).want(200).number("total"); n != 2 {
			t.Errorf("nested: %d", n)
		}
	})
	t.Run("as target of a bulk action", func(t *testing.T) {
		c.t, editor.t, reader.t = t, t, t
		c.bulk("tag.add", map[string]any{"search": board}, map[string]any{"tag": "seen"})
		if a := c.get(jan); !slices.Contains(a.list("tags"), any("seen")) {
			t.Errorf("%s", a.raw)
		}
		if n := c.total("tag:seen"); n != 1 {
			t.Errorf("%d", n)
		}
	})
	t.Run("one in use is not deleted, and where is told", func(t *testing.T) {
		c.t, editor.t, reader.t = t, t, t
		a := c.call("DELETE", "/v1/searches/"+board, nil, "If-Match", "*").want(409)
		if a.text("code") != "search_in_use" || a.text("conflicts.0.title") != "Both" {
			t.Errorf("%s", a.raw)
		}
		for _, q := range []string{"search:Both", "search:Board"} {
			c.call("PATCH", "/v1/searches/"+board, map[string]any{"query": q}, "If-Match", "*").want(422)
		}
		spare := save(c, map[string]any{"name": "Spare", "query": "tag:x"})
		c.call("DELETE", "/v1/searches/"+spare, nil, "If-Match", "*").want(200)
		c.call("GET", "/v1/contacts?q=search:"+spare, nil).want(422)
		c.call("POST", "/v1/searches/"+spare+"/restore", nil).want(200)
		c.call("GET", "/v1/contacts?q=search:"+spare, nil).want(200)
	})
	t.Run("saved from a list, renamed, shared and deleted on its pages", func(t *testing.T) {
		c.t, editor.t, reader.t = t, t, t
		b := c.tab(t)
		b.open("/contacts?q=tag:vip&sort=-birth&cols=type,birth")
		b.Follow(".chip-keep")
		b.Audit("save a search")
		b.set("[name=name]", "Very important")
		b.save("#saved")
		if b.text("#views [aria-current]") != "Very important" {
			t.Errorf("the tab %q is the one", b.text("#views [aria-current]"))
		}
		heads := b.Eval(`[...document.querySelectorAll('#results thead th')].map((e) => e.innerText.trim()).filter(Boolean).join()`)
		b.holds("#results", "An")
		b.open("/contacts")
		if b.count("#results thead th") <= len(strings.Split(heads, ",")) {
			t.Errorf("the usual list has columns like the view's: %s", heads)
		}
		view := b.Eval(`[...document.querySelectorAll('#views a')].find((a) => a.innerText.trim() === 'Very important').getAttribute('href')`)
		b.open(view)
		if again := b.Eval(`[...document.querySelectorAll('#results thead th')].map((e) => e.innerText.trim()).filter(Boolean).join()`); again != heads {
			t.Errorf("columns %s, saved %s", again, heads)
		}
		if !strings.Contains(b.Where(), "sort=-birth") {
			t.Errorf("the order is not kept: %s", b.Where())
		}
		b.Follow(".chip-keep") // edit
		b.set("[name=name]", "VIP")
		b.Click(`[name=roles][value=reader]`)
		b.save("#saved")
		r := reader.tab(t)
		r.open("/contacts")
		if !strings.Contains(r.text("#views"), "VIP") {
			t.Errorf("the reader sees %q", r.text("#views"))
		}
		r.open("/searches")
		r.holds("#results", "VIP")
		if r.count(`#results form`) != 0 {
			t.Error("a reader may delete it")
		}
		b.open("/searches")
		b.Audit("saved searches")
		b.open(b.Eval(`[...document.querySelectorAll('#results a')].find((a) => a.innerText.trim() === 'Board').getAttribute('href')`))
		b.Follow(".chip-keep")
		b.Click(".page-head .menu summary")
		b.Follow(`form[action$="/delete"] button`)
		b.Excuse("status of 409")
		b.holds("main", "Both")
	})
}

// What is typed in the box above a list is completed (SRCH-04): fields, values, saved searches, by the keys alone, read
// aloud as a combobox; the global box offers the same as lists (SRCH-02), one key away on every page.
func TestSRCH04_Completion(t *testing.T) {
	c := begin(t)
	for i, town := range []string{"Gent", "Gent", "Genk", "Aalst"} {
		c.contact(map[string]any{"firstName": fmt.Sprint("P", i), "tags": []any{"rode duivels"}, "addresses": list(map[string]any{"town": town}), "emails": list(email(fmt.Sprintf("p%d@example.org", i)))})
	}
	c.call("POST", "/v1/searches", map[string]any{"name": "Ghent people", "for": "contact", "query": "town:Gent"}).want(201)
	c.create("companies", map[string]any{"name": "Gentle Works"})
	b := c.tab(t)
	b.open("/contacts")
	const box, options = "#filter-q", "#filter-list [role=option]"
	typed := func(text, want string) string {
		t.Helper()
		b.Eval(`(() => { const e = document.querySelector('` + box + `'); e.value = ''; e.focus(); e.dispatchEvent(new Event('input', { bubbles: true })); })()`)
		b.Until(`document.querySelector('#filter-list').hidden`)
		b.Keys(text)
		b.until("#filter-list", want)
		return b.Eval(`[...document.querySelectorAll('` + options + `')].map((e) => e.innerText.replace(/\s+/g, ' ').trim()).join()`)
	}
	t.Run("fields", func(t *testing.T) {
		if got := typed("tow", "town:"); !strings.HasPrefix(got, "town: Town") {
			t.Error(got)
		}
	})
	t.Run("values, most used first", func(t *testing.T) {
		for text, want := range map[string]string{"town:gen": "Gent 2,Genk 1", "jan -town:gen": "Gent 2,Genk 1", "status:act": "Active", "tag:rod": "rode duivels 4"} {
			if got := typed(text, strings.Fields(want)[0]); got != want {
				t.Errorf("%s: %s, want %s", text, got, want)
			}
		}
		if got := typed("birthDate:this-m", "this month"); !strings.Contains(got, "*-this-month birthday this month") {
			t.Error(got)
		}
	})
	t.Run("saved searches", func(t *testing.T) {
		if got := typed("search:gh", "Ghent"); got != "Ghent people" {
			t.Error(got)
		}
	})
	t.Run("by the keyboard, as a combobox", func(t *testing.T) {
		typed("tag:rod", "rode")
		if got := b.Eval(`(() => { const e = document.querySelector('` + box + `'); return [e.getAttribute('role'), e.getAttribute('aria-expanded'), e.getAttribute('aria-controls'), String(e.getAttribute('aria-activedescendant'))].join() })()`); got != "combobox,true,filter-list,null" {
			t.Error(got)
		}
		b.Audit("completion")
		b.Keys(kb.ArrowDown)
		b.Until(`document.getElementById(document.querySelector('` + box + `').getAttribute('aria-activedescendant'))?.getAttribute('aria-selected') === 'true'`)
		b.Keys(kb.Enter)
		b.Until(`document.querySelector('` + box + `').value === 'tag:"rode duivels" '`)
		b.Until(`document.querySelectorAll('#results a.row-link').length === 4`)
		if b.count("#filter-list[hidden]") != 1 {
			t.Error("the list stays open")
		}
		b.Keys("town:gen")
		b.until("#filter-list", "Genk")
		b.Keys(kb.Escape)
		b.Until(`document.querySelector('#filter-list').hidden && document.querySelector('` + box + `').value !== ''`)
	})
	t.Run("only what the reader may see", func(t *testing.T) {
		other := c.site.found(t, "Elsewhere").tab(t)
		other.open("/contacts/complete?q=town:gen")
		if strings.Contains(other.text("body"), "Gen") {
			t.Error("another organisation's towns")
		}
		other.open("/contacts/complete?q=search:gh")
		if strings.Contains(other.text("body"), "Ghent") {
			t.Error("another organisation's search")
		}
	})
	t.Run("the global box: every kind, values and saved searches, one key away", func(t *testing.T) {
		for _, path := range []string{"/jobs", "/settings/organisation", "/companies"} {
			b.open(path)
			b.Eval(`document.activeElement.blur()`)
			b.Keys("/")
			b.Until(`document.activeElement.id === 'global-q'`)
		}
		b.Keys("gent")
		b.until("#global-list", "Gentle Works")
		b.Eval(`document.querySelector('#global-q').value = ''`)
		b.Keys("ghen")
		b.until("#global-list", "Ghent people")
		b.Eval(`document.querySelector('#global-q').value = ''`)
		b.Keys("town:gen")
		b.until("#global-list", "Genk")
		b.Follow(`#global-list a[href*="Genk"]`)
		b.holds("#results", "P2")
		if n := b.count("#results a.row-link"); n != 1 {
			t.Errorf("%d rows", n)
		}
	})
}

// API-09 (memberships and groups as of a date come later): searches of programs.
func TestAPI09_Search(t *testing.T) {
	c := begin(t)
	var people []any
	for i := range 30 {
		people = append(people, map[string]any{"firstName": "Nr", "lastName": fmt.Sprintf("%02d", i), "tags": []any{[]string{"odd", "even"}[i%2]}, "type": []string{"member", "donor", "external"}[i%3]})
	}
	c.call("POST", "/v1/contacts/batch", map[string]any{"items": people}).want(200)
	id := c.call("POST", "/v1/searches", map[string]any{"name": "Odd", "for": "contact", "query": "tag:odd"}).want(201).text("id")
	filter := map[string]any{"and": []any{is("search", id), map[string]any{"not": is("type", []any{"donor", "external"})}}}
	search := func(t *testing.T, members map[string]any) *answer {
		t.Helper()
		c.t = t
		return c.call("POST", "/v1/search/contact", members).want(200)
	}
	t.Run("nested filters by saved search, sorted", func(t *testing.T) {
		a := search(t, map[string]any{"filter": filter, "sort": []any{"-lastName"}, "count": true})
		if a.number("total") != 5 || a.text("items.0.lastName") != "24" || a.text("items.4.lastName") != "00" {
			t.Errorf("%s", a.raw)
		}
	})
	t.Run("members chosen, ids alone, the count alone", func(t *testing.T) {
		one, _ := search(t, map[string]any{"filter": filter, "fields": []any{"lastName"}}).list("items")[0].(map[string]any)
		if len(one) != 2 || one["id"] == nil || one["lastName"] == nil {
			t.Errorf("%v", one)
		}
		one, _ = search(t, map[string]any{"filter": filter, "fields": []any{"id"}}).list("items")[0].(map[string]any)
		if len(one) != 1 || one["id"] == nil {
			t.Errorf("%v", one)
		}
		if a := search(t, map[string]any{"filter": filter, "limit": 0, "count": true}); len(a.list("items")) != 0 || a.number("total") != 5 {
			t.Errorf("%s", a.raw)
		}
	})
	t.Run("with a cursor to the end, with what was saved just before", func(t *testing.T) {
		last := c.contact(map[string]any{"firstName": "Nr", "lastName": "99", "tags": []any{"odd"}})
		seen, cursor := map[string]bool{}, ""
		for range 20 {
			a := search(t, map[string]any{"q": "tag:odd", "sort": []any{"lastName"}, "limit": 4, "cursor": cursor, "fields": []any{"id"}})
			for _, item := range a.list("items") {
				seen[item.(map[string]any)["id"].(string)] = true
			}
			if cursor = a.text("next"); cursor == "" {
				break
			}
		}
		if len(seen) != 16 || !seen[last] || cursor != "" {
			t.Errorf("%d seen, the last one %v, cursor %q", len(seen), seen[last], cursor)
		}
		c.call("POST", "/v1/search/contact", map[string]any{"q": "tag:even", "cursor": "garbage"}).want(422)
	})
	t.Run("a cursor is of its question", func(t *testing.T) {
		next := search(t, map[string]any{"q": "tag:odd", "limit": 4}).text("next")
		c.call("POST", "/v1/search/contact", map[string]any{"q": "tag:even", "limit": 4, "cursor": next}).want(422)
	})
}

// searchPages gives the addresses of saved searches and of the builder of every list.
func (h *house) searchPages() map[string][]address {
	const all = "tag:a -email:* (birthDate:*-this-month OR age:10..20 OR NOT (town:Gent jan))"
	id := h.call("POST", "/v1/searches", map[string]any{"name": "Tab " + h.contact[len(h.contact)-6:], "for": "contact", "query": all, "roles": []any{"editor"}}).want(201).text("id")
	pages := map[string][]address{
		"/searches":      {{path: "/searches"}},
		"/searches/new":  {{path: "/searches/new?for=contact&q=town:Gent&sort=-birth&cols=type,birth"}, {path: "/searches/new?for=nothing", status: 404}},
		"/searches/{id}": {{path: "/searches/" + id}, {path: "/searches/" + id + "?q=jan"}, {path: "/searches/sch_nothing", status: 404}},
	}
	for home := range h.kindPages() {
		if strings.Count(home, "/") == 1 && home != "/search" {
			pages[home+"/advanced"] = []address{{path: home + "/advanced"}}
		}
	}
	pages["/contacts/advanced"] = []address{{path: "/contacts/advanced?q=" + url.QueryEscape(all)}, {path: "/contacts/advanced?q=colour:red", status: 422}}
	return pages
}
