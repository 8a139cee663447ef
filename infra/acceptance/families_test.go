package acceptance

import (
	"net/http"
	"strings"
	"testing"
)

// create makes a record under a path of the API and gives its id.
func (c *client) create(path string, members map[string]any) string {
	c.t.Helper()
	return c.call("POST", "/v1/"+path, members).want(http.StatusCreated).text("id")
}

// at reads a record of any kind by its path.
func (c *client) at(path string) *answer {
	c.t.Helper()
	return c.call("GET", "/v1/"+path, nil).want(http.StatusOK)
}

// pick types into a field that names another record and takes the match that has some words.
func (b *tab) pick(field, typed, match string) {
	b.t.Helper()
	b.Type(field, typed)
	list := field + " ~ [role=listbox]"
	b.until(list, match)
	for b.text(list+" [aria-selected=true]") != "" && !strings.Contains(b.text(list+" [aria-selected=true]"), match) {
		b.Keys("↓")
	}
	b.Keys("\r")
	b.Until(`document.querySelector(` + "`" + list + "`" + `).hidden`)
}

func member(id, role string) map[string]any { return map[string]any{"contact": id, "role": role} }

// FAM-01: a family has a name, an address and the organisation's own fields; it is made from Add or from a contact, and a
// contact may belong to several.
func TestFAM01_FamilyRecords(t *testing.T) {
	c := begin(t)
	c.create("fields", map[string]any{"for": "family", "name": "carpool", "label": "Car pool", "type": "flag"})
	jan := c.contact(map[string]any{"firstName": "Jan", "lastName": "Peeters"})
	t.Run("name, address, own fields", func(t *testing.T) {
		id := c.create("families", map[string]any{"name": "  Peeters ", "address": map[string]any{"street": "Kerkstraat", "number": "12", "town": "Gent"}, "custom": map[string]any{"carpool": true}})
		a := c.at("families/" + id)
		if a.text("name") != "Peeters" || a.text("address.country") != "BE" || a.at("custom.carpool") != true {
			t.Errorf("%s", a.raw)
		}
		if got := c.call("POST", "/v1/families", map[string]any{"address": map[string]any{"town": "Gent"}}).want(422).codes()["name"]; got != "required" {
			t.Errorf("without a name: %s", got)
		}
	})
	b := c.tab(t)
	t.Run("from Add", func(t *testing.T) {
		b.open("/contacts")
		b.Click(`header details summary:has(.i-plus), .top-menus details summary`)
		b.Follow(`a[href="/families/new"]`)
		b.Type("[name=name]", "Maes")
		b.pick(`[name="find:members[0].contact"]`, "jan pee", "Jan Peeters")
		b.Audit("a family with a member")
		b.save("form#family")
		b.holds("h1", "Maes")
		b.open("/families")
		b.holds("#results", "Maes", "Jan Peeters")
	})
	t.Run("from a contact, who may be in several", func(t *testing.T) {
		b.open("/contacts/" + jan + "/families")
		b.Follow(`main a[href^="/families/new?"]`)
		if b.value(`[name="find:members[0].contact"]`) != "Jan Peeters" {
			t.Errorf("begins with %q", b.value(`[name="find:members[0].contact"]`))
		}
		b.Type("[name=name]", "Second home")
		b.save("form#family")
		b.holds("#links", "Maes", "Second home")
		if n := c.call("GET", "/v1/families?count=true&limit=1&q=member:"+jan, nil).want(200).number("total"); n != 2 {
			t.Errorf("in %d families", n)
		}
	})
}

// FAM-02 (details, members, documents and history; finance and messages come with their areas).
func TestFAM02_Profile(t *testing.T) {
	c := begin(t)
	jan := c.contact(map[string]any{"firstName": "Jan", "lastName": "Peeters"})
	id := c.create("families", map[string]any{"name": "Peeters", "address": map[string]any{"street": "Kerkstraat", "town": "Gent"}, "members": list(member(jan, "parent"))})
	b := c.tab(t)
	at := "/families/" + id
	b.open(at)
	b.holds("h1", "Peeters")
	b.holds("main", "Kerkstraat", "Gent", "Jan Peeters", "Parent")
	for _, tab := range []string{"members", "notes", "reminders", "history"} {
		b.open(at + "/" + tab)
		if b.Eval(`document.querySelector('main nav.tabs [aria-current=page]').pathname`) != at+"/"+tab {
			t.Errorf("%s is not the current tab", tab)
		}
	}
	t.Run("a block is edited in its place, and saved by Enter", func(t *testing.T) {
		b.open(at)
		b.Click(`#block-address [data-into]`)
		b.Until(`document.querySelector('#edit-address')`)
		b.set(`[name="address.street"]`, "Nieuwstraat\r")
		b.until("#block-address", "Nieuwstraat")
	})
}

// FAM-03: contacts are linked from the family or from the contact, with their role, and unlinked again; a changed address
// is offered to every member who had the old one.
func TestFAM03_LinkContacts(t *testing.T) {
	c := begin(t)
	home := list(map[string]any{"street": "Kerkstraat", "number": "12", "postcode": "9000", "town": "Gent", "country": "BE"})
	jan := c.contact(map[string]any{"firstName": "Jan", "lastName": "Peeters", "addresses": home})
	els := c.contact(map[string]any{"firstName": "Els", "lastName": "Maes", "addresses": home})
	tom := c.contact(map[string]any{"firstName": "Tom", "lastName": "Peeters"})
	id := c.create("families", map[string]any{"name": "Peeters", "address": home[0], "members": list(member(jan, "parent"))})
	b := c.tab(t)
	members := func() string {
		var all []string
		for _, m := range c.at("families/" + id).list("members") {
			name := map[any]string{jan: "jan", els: "els", tom: "tom"}[dig(m, "contact")]
			all = append(all, name+" "+dig(m, "role").(string))
		}
		return strings.Join(all, ", ")
	}
	t.Run("bad links", func(t *testing.T) {
		for _, bad := range []map[string]any{member("con_nobody", "child"), member(id, "child"), member(jan, "cousin"), {"role": "child"}} {
			c.call("PATCH", "/v1/families/"+id, map[string]any{"members": []any{bad}}, "If-Match", "*").want(422)
		}
	})
	t.Run("from the family", func(t *testing.T) {
		b.open("/families/" + id + "/members")
		b.pick("#f-contact", "tom", "Tom Peeters")
		b.choose("[name=role]", "child")
		b.save("#link-form")
		if got := members(); got != "jan parent, tom child" {
			t.Error(got)
		}
		b.Audit("members")
	})
	t.Run("from the contact", func(t *testing.T) {
		b.open("/contacts/" + els + "/families")
		b.pick("#f-holder", "peet", "Peeters")
		b.choose("[name=role]", "partner")
		b.save("#link-form")
		b.holds("#links", "Peeters", "Partner", "Jan Peeters (Parent)", "Tom Peeters (Child)")
		if got := members(); got != "jan parent, tom child, els partner" {
			t.Error(got)
		}
	})
	t.Run("without scripts a name is enough, and choices where it is not", func(t *testing.T) {
		ana := c.contact(map[string]any{"firstName": "Ana", "lastName": "Ruiz"})
		c.contact(map[string]any{"firstName": "Tim", "lastName": "Ruiz"})
		plain := c.tab(t)
		plain.Scripts(false)
		plain.open("/families/" + id + "/members")
		plain.Type("#f-contact", "ruiz")
		plain.Follow(`#link-form button[name=_find]`)
		plain.Click(`[name="pick:contact"][value="` + ana + `"]`)
		plain.Follow(`#link-form [data-key="s"]`)
		if got := members(); !strings.HasSuffix(got, " other") {
			t.Error(got)
		}
		plain.Follow(`#links form:has([name=other][value="` + ana + `"]) button`)
		if got := members(); got != "jan parent, tom child, els partner" {
			t.Error(got)
		}
	})
	t.Run("a changed address is offered", func(t *testing.T) {
		b.open("/families/" + id + "/edit")
		b.set(`[name="address.street"]`, "Nieuwstraat")
		b.save("form#family")
		b.holds("main", "Jan Peeters", "Els Maes", "Nieuwstraat")
		if strings.Contains(b.text("main"), "Tom Peeters") {
			t.Error("offered to somebody who never lived there")
		}
		b.Audit("the offer")
		b.Click(`[name=contacts][value="` + els + `"]`)
		b.save("form#move")
		if street := c.get(jan).text("addresses.0.street"); street != "Nieuwstraat" {
			t.Errorf("Jan lives in %s", street)
		}
		if street := c.get(els).text("addresses.0.street"); street != "Kerkstraat" {
			t.Errorf("Els lives in %s", street)
		}
	})
	t.Run("unlinked, and undone", func(t *testing.T) {
		b.open("/families/" + id + "/members")
		b.Follow(`#links form:has([name=other][value="` + tom + `"]) button`)
		if got := members(); got != "jan parent, els partner" {
			t.Error(got)
		}
		b.Follow("#notice form button")
		if got := members(); got != "jan parent, tom child, els partner" {
			t.Error(got)
		}
	})
}

// FAM-04 (records; what the head may do in the portal comes with it): one head a family, relatives in the header, an icon
// in lists.
func TestFAM04_HeadOfFamily(t *testing.T) {
	c := begin(t)
	jan, els := c.contact(map[string]any{"firstName": "Jan", "lastName": "Peeters"}), c.contact(map[string]any{"firstName": "Els", "lastName": "Maes"})
	id := c.create("families", map[string]any{"name": "Peeters", "members": list(member(els, "child"), member(jan, "parent"))})
	if a := c.at("families/" + id); a.at("members.1.head") != true || a.at("members.0.head") != nil {
		t.Errorf("the parent is not the head: %s", a.raw)
	}
	both := []any{map[string]any{"contact": jan, "head": true}, map[string]any{"contact": els, "head": true}}
	if got := c.call("PATCH", "/v1/families/"+id, map[string]any{"members": both}, "If-Match", "*").want(422).codes()["members[1].head"]; got != "one_head" {
		t.Errorf("two heads: %s", got)
	}
	b := c.tab(t)
	t.Run("another head takes over", func(t *testing.T) {
		b.open("/families/" + id + "/members?edit=" + id + ".0")
		b.Click("#f-head")
		b.save("#link-form")
		if a := c.at("families/" + id); a.at("members.0.head") != true || a.at("members.1.head") != nil {
			t.Errorf("%s", a.raw)
		}
	})
	t.Run("relatives in the header", func(t *testing.T) {
		b.open("/contacts/" + jan)
		b.holds(".page-head", "Els Maes (Child)")
		b.Follow(`.page-near a`)
		b.holds("h1", "Els Maes")
	})
	t.Run("an icon in lists", func(t *testing.T) {
		alone := c.contact(map[string]any{"firstName": "Alone"})
		b.open("/contacts")
		for who, want := range map[string]int{jan: 1, els: 1, alone: 0} {
			if n := b.count(`tr:has(a[href="/contacts/` + who + `"]) a.person-mark[href="/families/` + id + `"]`); n != want {
				t.Errorf("%d icons, want %d", n, want)
			}
		}
		b.Audit("list with icons")
	})
}

// FAM-08: deleting a family unlinks its members and deletes none of them; restoring it brings the links back.
func TestFAM08_DeleteAFamily(t *testing.T) {
	c := begin(t)
	jan := c.contact(map[string]any{"firstName": "Jan", "lastName": "Peeters"})
	id := c.create("families", map[string]any{"name": "Peeters", "members": list(member(jan, "parent"))})
	linked := func() int {
		return c.call("GET", "/v1/families?count=true&limit=1&q=member:"+jan, nil).want(200).number("total")
	}
	b := c.tab(t)
	b.open("/families/" + id)
	b.Follow(`form[action="/families/` + id + `/delete"] button`)
	if linked() != 0 || c.get(jan).text("firstName") != "Jan" {
		t.Error("still linked, or gone")
	}
	b.open("/contacts/" + jan + "/families")
	b.holds("#links", "Nothing is linked")
	b.open("/trash/families")
	b.holds("#results", "Peeters")
	b.Audit("trash of families")
	b.Follow(`form[action="/families/` + id + `/restore"] button`)
	if linked() != 1 {
		t.Error("the link has not come back")
	}
	b.open("/contacts/" + jan + "/families")
	b.holds("#links", "Peeters", "Parent")
}
