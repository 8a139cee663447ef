package acceptance

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// ownFields are one own field of each type, with a value, one that is refused, and what a page shows of the value.
var ownFields = []struct {
	name, typ    string
	good, bad    any
	code, shown  string
	typed, input string // into the form: a value and the input it goes into, "" for the field's own
}{
	{"motto", "text", "Keep rowing", strings.Repeat("x", 256), "too_long", "Keep rowing", "Row on", ""},
	{"story", "long", "First line\nSecond line", strings.Repeat("x", 10001), "too_long", "Second line", "A long story", ""},
	{"height", "number", 1.78, "tall", "bad_type", "1.78", "1.82", ""},
	{"dues", "amount", map[string]any{"amount": 12550, "currency": "EUR"}, map[string]any{"amount": 12550, "currency": "XXX"}, "bad_choice", "€125.50", "1,234.50", ".amount"},
	{"since", "date", "2020-09-01", "2020-02-30", "date_invalid", "01/09/2020", "2021-10-02", ""},
	{"swims", "flag", true, "perhaps", "bad_type", "Yes", "false", ""},
	{"boat", "choice", "eight", "raft", "bad_choice", "eight", "four", ""},
	{"roles", "choices", []any{"cox", "coach"}, []any{"cox", "king"}, "bad_choice", "cox", "", ""},
	{"page", "link", "https://example.org/a", "javascript:alert(1)", "link_invalid", "example.org/a", "example.org/b", ""},
}

// defineOwn makes the fields for a kind.
func (c *client) defineOwn(kind string) {
	c.t.Helper()
	for _, f := range ownFields {
		members := map[string]any{"for": kind, "name": f.name, "label": "Own " + f.name, "type": f.typ}
		switch f.typ {
		case "choice":
			members["options"] = []any{"eight", "four"}
		case "choices":
			members["options"] = []any{"cox", "coach", "stroke"}
		}
		c.call("POST", "/v1/fields", members).want(http.StatusCreated)
	}
}

// REC-31: fields of an organisation's own, of every type, for contacts, families, companies and groups.
func TestREC31_CustomFields(t *testing.T) {
	c := begin(t)
	for _, kind := range []string{"contact", "family", "company", "group"} {
		c.defineOwn(kind)
	}
	values := map[string]any{}
	for _, f := range ownFields {
		values[f.name] = f.good
	}
	for kind, make := range map[string]func(custom map[string]any) *answer{
		"contact": func(custom map[string]any) *answer { return c.call("POST", "/v1/contacts", with("custom", custom)) },
		"family": func(custom map[string]any) *answer {
			return c.call("POST", "/v1/families", map[string]any{"name": "Test", "custom": custom})
		},
		"company": func(custom map[string]any) *answer {
			return c.call("POST", "/v1/companies", map[string]any{"name": "Test", "custom": custom})
		},
		"group": func(custom map[string]any) *answer {
			return c.call("POST", "/v1/groups", map[string]any{"name": "Test", "custom": custom})
		},
	} {
		t.Run(kind+": every type keeps its value", func(t *testing.T) {
			c.t = t
			a := make(values).want(201)
			for _, f := range ownFields {
				if diff := cmp.Diff(raw(t, f.good), raw(t, a.at("custom."+f.name))); diff != "" {
					t.Errorf("%s: %s", f.name, diff)
				}
			}
		})
		t.Run(kind+": a value of the wrong kind is refused", func(t *testing.T) {
			c.t = t
			for _, f := range ownFields {
				a := make(map[string]any{f.name: f.bad}).want(http.StatusUnprocessableEntity)
				found := false
				for path := range a.codes() {
					found = found || strings.HasPrefix(path, "custom."+f.name)
				}
				if !found {
					t.Errorf("%s: %s", f.name, a.raw)
				}
			}
			make(map[string]any{"unheard": "x"}).want(http.StatusUnprocessableEntity)
		})
	}
	id := c.call("POST", "/v1/contacts", with("custom", values)).want(201).text("id")
	t.Run("shown, and found, and ordered by", func(t *testing.T) {
		c.t = t
		b := c.tab(t)
		b.open("/contacts/" + id + "/personal")
		for _, f := range ownFields {
			b.holds("#own-"+f.name, "Own "+f.name, f.shown)
		}
		for _, q := range []string{"height>1.7", "dues>100", "since>2020-08-31", "swims:true", "boat:eight", "roles:coach", "motto:rowing"} {
			if n := c.total(strings.ReplaceAll(q, ">", "%3E")); n != 2 { // this one and the one above
				t.Errorf("%s finds %d", q, n)
			}
		}
		c.call("GET", "/v1/contacts?sort=custom.height", nil).want(200)
	})
	t.Run("in the form of a new contact", func(t *testing.T) {
		c.t = t
		b := c.tab(t)
		b.open("/contacts/new")
		b.Type("[name=firstName]", "Formed")
		for _, f := range ownFields {
			if f.typed != "" {
				b.choose(`[name="custom.`+f.name+f.input+`"]`, f.typed)
			}
		}
		b.Click(`[name="custom.roles"][value=stroke]`)
		b.Audit("own fields in a form")
		b.save("#contact")
		got := c.get(strings.TrimPrefix(b.Where(), "/contacts/"))
		want := map[string]any{"motto": "Row on", "story": "A long story", "height": 1.82, "dues": map[string]any{"amount": 123450, "currency": "EUR"},
			"since": "2021-10-02", "swims": false, "boat": "four", "roles": []any{"stroke"}, "page": "https://example.org/b"}
		if diff := cmp.Diff(raw(t, want), raw(t, got.at("custom"))); diff != "" {
			t.Error(diff)
		}
	})
	t.Run("order, default, mandatory", func(t *testing.T) {
		c := begin(t)
		for i, f := range []map[string]any{{"name": "second", "label": "Second", "order": 2000}, {"name": "first", "label": "First", "order": 1000, "default": "as usual"},
			{"name": "third", "label": "Third", "order": 3000}} {
			f["for"], f["type"] = "contact", "text"
			if c.call("POST", "/v1/fields", f).want(201); i == 1 {
				if got := c.get(c.contact(with())).text("custom.first"); got != "as usual" {
					t.Errorf("default %q", got)
				}
			}
		}
		old := c.contact(with())
		third := c.call("GET", "/v1/fields", nil).want(200)
		for i := range third.list("items") {
			if at := fmt.Sprintf("items.%d.", i); third.text(at+"name") == "third" {
				c.call("PATCH", "/v1/fields/"+third.text(at+"id"), map[string]any{"required": true}, "If-Match", "*").want(200)
			}
		}
		c.refused(with(), "custom.third", "required")
		c.contact(with("custom", map[string]any{"third": "x"}))
		c.patch(old, map[string]any{"nickname": "Old one"}).want(200)
		b := c.tab(t)
		b.open("/contacts/" + old + "/personal")
		if shown := b.Eval(`[...document.querySelectorAll('#block-custom dt')].map((e) => e.innerText).join()`); shown != "First,Second,Third" {
			t.Errorf("in the order %s", shown)
		}
		b.open("/contacts/new")
		if b.value(`[name="custom.first"]`) != "as usual" || b.Eval(`document.querySelector('[name="custom.third"]').getAttribute('aria-required')`) != "true" {
			t.Error("the form does not begin with the default, or does not mark what must be filled")
		}
	})
}

// REC-32, PROF-03: each own field by its own pencil; which of the optional ones a profile has is chosen, and one that is
// filled is not taken away unasked.
func TestREC32_CustomFieldsPerProfile(t *testing.T) {
	c := begin(t)
	c.call("POST", "/v1/fields", map[string]any{"for": "contact", "name": "locker", "label": "Locker", "type": "text"}).want(201)
	for _, name := range []string{"licence", "allergy"} {
		c.call("POST", "/v1/fields", map[string]any{"for": "contact", "name": name, "label": "Own " + name, "type": "text", "optional": true}).want(201)
	}
	id := c.contact(with("nickname", "Gigi", "custom", map[string]any{"licence": "R-77"}))
	at := "/contacts/" + id + "/personal"
	b := c.tab(t)
	t.Run("what is not chosen or filled is not there", func(t *testing.T) {
		b.open(at)
		if b.count("#own-locker") != 1 || b.count("#own-licence") != 1 || b.count("#own-allergy") != 0 {
			t.Errorf("shows %s", b.text("#block-custom"))
		}
		b.open("/contacts/new")
		if b.count(`[name="custom.licence"], [name="custom.allergy"]`) != 0 {
			t.Error("asked of a new contact")
		}
	})
	t.Run("edited by its own pencil", func(t *testing.T) {
		c.t = t
		b.open(at)
		b.Click("#own-locker .fact-edit")
		b.Until(`document.querySelector('#own-locker input[name="custom.locker"]')`)
		if b.count("main form input:not([type=hidden])") != 1 {
			t.Error("more than the field is asked for")
		}
		b.Audit("one field open")
		b.Type(`[name="custom.locker"]`, "12 B")
		b.saveHere("#own-locker form")
		b.holds("#own-locker", "12 B")
		if got := c.get(id); got.text("custom.locker") != "12 B" || got.text("custom.licence") != "R-77" || got.text("nickname") != "Gigi" {
			t.Errorf("%s", got.raw)
		}
	})
	t.Run("an older version is not written over", func(t *testing.T) {
		c.t = t
		b.open(at + "?edit=custom.locker")
		c.patch(id, map[string]any{"custom": map[string]any{"locker": "99 Z"}}).want(200)
		b.set(`[name="custom.locker"]`, "13 C")
		b.Follow(`#own-locker form [data-key="s"]`)
		b.Excuse("status of 412")
		b.holds("main", "99 Z", "13 C")
		b.Follow(`#stale [data-key="s"]`)
		if got := c.get(id).text("custom.locker"); got != "13 C" {
			t.Errorf("%q", got)
		}
	})
	carry := func(name string, on bool) {
		b.open(at)
		b.Click("#block-custom .block-actions a")
		b.Until(`document.querySelector('#edit-carried')`)
		b.Eval(fmt.Sprintf(`(() => { document.querySelector('[name=carry][value=%s]').checked = %v; })()`, name, on))
		b.Click(`#edit-carried [data-key="s"]`)
	}
	t.Run("chosen, it is there to be filled", func(t *testing.T) {
		c.t = t
		carry("allergy", true)
		b.Until(`document.querySelector('#own-allergy')`)
		b.open(at + "?edit=custom.allergy")
		b.Type(`[name="custom.allergy"]`, "Nuts")
		b.saveHere("#own-allergy form")
		b.open(at + "?edit=custom.allergy")
		b.set(`[name="custom.allergy"]`, " ")
		b.saveHere("#own-allergy form")
		b.Until(`document.querySelector('#own-allergy')`) // emptied, it stays
	})
	t.Run("empty, it goes unasked", func(t *testing.T) {
		carry("allergy", false)
		b.Until(`!document.querySelector('#edit-carried') && !document.querySelector('#own-allergy')`)
	})
	t.Run("filled, it asks first", func(t *testing.T) {
		c.t = t
		carry("licence", false)
		b.until("#block-custom", "Remove 1 field")
		b.holds("#block-custom", "R-77")
		b.Audit("asks before a filled field goes")
		if got := c.get(id).text("custom.licence"); got != "R-77" {
			t.Errorf("gone before the answer: %q", got)
		}
		b.Click(`#edit-carried .form-actions .danger`)
		b.Until(`!document.querySelector('#edit-carried') && !document.querySelector('#own-licence')`)
		if got := c.get(id).at("custom.licence"); got != nil {
			t.Errorf("%v", got)
		}
	})
	t.Run("undone", func(t *testing.T) {
		c.t = t
		b.Follow(`#notice form button`)
		if got := c.get(id).text("custom.licence"); got != "R-77" {
			t.Errorf("%q", got)
		}
	})
}

// PROF-03: the own fields of a contact in the organisation's order, each to be edited (REC-31, REC-32).
func TestPROF03_CustomFields(t *testing.T) {
	c := begin(t)
	c.defineOwn("contact")
	id := c.contact(with())
	b := c.tab(t)
	b.open("/contacts/" + id + "/personal")
	var want []string
	for _, f := range ownFields {
		want = append(want, "Own "+f.name)
	}
	if shown := b.Eval(`[...document.querySelectorAll('#block-custom dt')].map((e) => e.innerText).join()`); shown != strings.Join(want, ",") {
		t.Errorf("in the order %s", shown)
	}
	if n := b.count("#block-custom .fact-edit"); n != len(ownFields) {
		t.Errorf("%d pencils", n)
	}
	for _, f := range ownFields {
		if f.typed == "" {
			continue
		}
		t.Run(f.typ, func(t *testing.T) {
			b.open("/contacts/" + id + "/personal?edit=custom." + f.name)
			b.choose(`[name="custom.`+f.name+f.input+`"]`, f.typed)
			b.saveHere("#own-" + f.name + " form")
			if strings.Contains(b.text("#own-"+f.name), "None") {
				t.Errorf("shows %s", b.text("#own-"+f.name))
			}
		})
	}
	reader := c.user("reader@example.org", "reader", another).tab(t)
	reader.open("/contacts/" + id + "/personal")
	reader.holds("#block-custom", "Row on")
	if reader.count(".fact-edit, .block-actions") != 0 {
		t.Error("a reader is offered to edit")
	}
}

// SET-02 (families and companies: their pages): fields that are not used are absent, mandatory ones are marked and asked
// for, and an old record is saved without.
func TestSET02_ProfileFields(t *testing.T) {
	c := begin(t)
	id := c.contact(with("nickname", "Gigi", "occupation", "Nurse", "birthDate", "1985-07-30"))
	settings := c.call("GET", "/v1/settings", nil).want(200)
	c.call("PATCH", "/v1/settings", map[string]any{"profile": map[string]any{"contact.nickname": "unused", "contact.work": "unused", "contact.occupation": "unused", "contact.lastName": "mandatory"}},
		"If-Match", settings.header.Get("ETag")).want(200)
	b := c.tab(t)
	t.Run("absent from profile and forms", func(t *testing.T) {
		for _, path := range []string{"", "/personal", "/edit"} {
			b.open("/contacts/" + id + path)
			if b.count("[name=nickname], [name=occupation], [data-repeat=work], #block-work") != 0 || strings.Contains(b.text("main"), "Nurse") {
				t.Errorf("%s shows %s", path, b.text("main"))
			}
		}
	})
	t.Run("absent from the list", func(t *testing.T) {
		b.open("/contacts/columns")
		if b.count(`[value=nickname], [value=occupation]`) != 0 || b.count(`[value=maritalStatus]`) == 0 {
			t.Error("offered as a column, or what is used is not")
		}
	})
	t.Run("what is not shown is not lost", func(t *testing.T) {
		c.t = t
		b.open("/contacts/" + id + "/edit")
		b.set("[name=firstName]", "Renamed")
		b.set("[name=lastName]", "Now")
		b.save("#contact")
		if a := c.get(id); a.text("nickname") != "Gigi" || a.text("occupation") != "Nurse" || a.text("firstName") != "Renamed" {
			t.Errorf("%s", a.raw)
		}
	})
	t.Run("mandatory is marked in words and refused empty", func(t *testing.T) {
		c.t = t
		b.open("/contacts/new")
		if b.Eval(`document.querySelector('[name=lastName]').getAttribute('aria-required')`) != "true" || !strings.Contains(b.text(`label[for=f-lastName]`), "required") {
			t.Error("not marked")
		}
		c.refused(with(), "lastName", "required")
	})
	t.Run("an old record is saved without", func(t *testing.T) {
		c := begin(t)
		old := c.contact(with())
		settings := c.call("GET", "/v1/settings", nil).want(200)
		c.call("PATCH", "/v1/settings", map[string]any{"profile": map[string]any{"contact.lastName": "mandatory"}}, "If-Match", settings.header.Get("ETag")).want(200)
		b := c.tab(t)
		b.open("/contacts/" + old + "/personal?edit=kit")
		b.Type("[name=shirtNumber]", "9")
		b.saveHere("#edit-kit")
		b.holds("#block-kit", "9")
	})
}
