package acceptance

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// DUP-03: who is entering somebody sees those who look like them beside the form and goes on where they may. Without scripts
// nothing stands beside a form while it is typed: so the first save shows it, once.
func TestDUP03_WithoutScripts(t *testing.T) {
	c := begin(t)
	one := c.contact(yserbyt())
	works := c.create("companies", map[string]any{"name": "Drukkerij Yserbyt", "addresses": list(map[string]any{"street": "Kaai", "number": "3", "postcode": "9000", "town": "Gent"})})
	companies := func() int {
		return int(c.call("GET", "/v1/companies?count=true&limit=1", nil).want(http.StatusOK).number("total"))
	}
	b := c.tab(t)
	greta := func() {
		b.open("/contacts/new")
		b.set(`[name="firstName"]`, "Greta")
		b.set(`[name="lastName"]`, "Yserbyt")
	}
	t.Run("the first save shows who is alike, and keeps what was typed", func(t *testing.T) {
		b.Scripts(false)
		greta()
		b.save("#contact")
		b.holds("#contact [role=alert]", "may be there already")
		b.holds("#alike", "Margaretha Yserbyt", "Last name: the same")
		if b.count(`#alike a[href="/contacts/`+one+`"]`) == 0 {
			t.Error("nothing leads to her")
		}
		if b.value(`[name="firstName"]`) != "Greta" || b.value(`[name="lastName"]`) != "Yserbyt" || c.total("") != 1 {
			t.Errorf("%q is typed, %d are there", b.value(`[name="firstName"]`), c.total(""))
		}
	})
	t.Run("saving again goes on", func(t *testing.T) {
		b.save("#contact")
		b.until("h1", "Greta Yserbyt")
		if n := c.total("yserbyt"); n != 2 {
			t.Errorf("there are %d of the name", n)
		}
	})
	t.Run("so does the button that says so", func(t *testing.T) {
		greta()
		b.set(`[name="firstName"]`, "Grietje")
		b.save("#contact")
		b.holds("#contact [role=alert]", "may be there already")
		b.Follow(`#contact [value="anyway"]`)
		b.until("h1", "Grietje Yserbyt")
	})
	t.Run("nobody is asked about somebody new", func(t *testing.T) {
		b.open("/contacts/new")
		b.set(`[name="firstName"]`, "Bartholomeus")
		b.set(`[name="lastName"]`, "Vermoot")
		b.save("#contact")
		b.until("h1", "Bartholomeus Vermoot")
	})
	t.Run("companies likewise", func(t *testing.T) {
		b.open("/companies/new")
		b.set(`[name="name"]`, "Drukerij Yserbyt")
		b.save("#company")
		b.holds("#company [role=alert]", "may be there already")
		b.holds("#alike", "Drukkerij Yserbyt")
		if b.value(`[name="name"]`) != "Drukerij Yserbyt" || companies() != 1 || works == "" {
			t.Errorf("%q is typed", b.value(`[name="name"]`))
		}
		b.save("#company")
		b.until("h1", "Drukerij Yserbyt")
	})
	t.Run("with scripts who stood beside the form is not asked about", func(t *testing.T) {
		b.Scripts(true)
		b.open("/contacts/new")
		b.set(`[name="firstName"]`, "Bart")
		b.set(`[name="lastName"]`, "Vermoot")
		b.until("#alike", "Bartholomeus Vermoot")
		b.save("#contact")
		b.until("h1", "Bart Vermoot")
	})
}

// DUP-01, DUP-02: the main record is chosen, and per field whose value stays. A choice that was made stays when another record
// becomes the main one, and what nobody chose follows that; with scripts and without.
func TestDUP02_ChoicesStayWithTheirRecord(t *testing.T) {
	for _, scripts := range []bool{true, false} {
		t.Run(fmt.Sprint("scripts ", scripts), func(t *testing.T) {
			p := mergeable(t)
			p.patch(p.a, map[string]any{"nickname": "Jo", "occupation": "miller"})
			b := p.tab(t)
			b.Scripts(scripts)
			b.open("/merge?kind=contact&ids=" + p.a + "&ids=" + p.b + "&ids=" + p.d)
			click := func(name, id, field, result string) {
				t.Helper()
				b.Click(fmt.Sprintf("input[name=%q][value=%q]", name, id))
				if !scripts {
					b.Follow("[data-merge-show]")
				}
				b.until("#result-"+field, result)
			}
			b.holds("#result-phones", "0472 12 34 56")
			click("c.firstName", p.d, "firstName", "J.")
			click("c.nickname", p.a, "nickname", "Jo")    // as it would be anyway
			click("main", p.b, "lastName", "Peters")      // nobody chose: it follows
			b.holds("#result-firstName", "J.")            // somebody chose
			b.holds("#result-nickname", "Jeannot")        // nobody chose
			b.holds("#result-emails", "jean@example.com") // united
			click("c.occupation", p.d, "occupation", "baker")
			b.Click(`input[name="k.tags"][value="` + p.a + `/0"]`)
			click("main", p.a, "lastName", "Peeters")
			b.holds("#result-firstName", "J.")
			b.holds("#result-occupation", "baker")
			b.holds("#result-tags", "choir")
			if strings.Contains(b.text("#result-tags"), "board") {
				t.Error("what was unticked is ticked again")
			}
			if !scripts {
				b.Click(`input[name="main"][value="` + p.b + `"]`)
				b.Follow("button[formmethod=post]")
				b.holds("main [role=alert], main .alert", "Look at the result")
				b.holds("#result-lastName", "Peters")
				if p.get(p.b).text("id") != p.b {
					t.Fatal("merged before the result was seen")
				}
			} else {
				click("main", p.b, "lastName", "Peters")
				b.Audit("merge")
			}
			b.Follow("button[formmethod=post]")
			b.until("h1", "J. Peters")
			got := p.get(p.a)
			if got.text("id") != p.b || got.text("occupation") != "baker" || got.text("nickname") != "Jeannot" || !cmp.Equal(got.list("tags"), []any{"choir"}) {
				t.Errorf("%s", got.raw)
			}
		})
	}
}

// DUP-04, HIST-01: what was done with a record is told with the one it was merged into, as of which record; undone, it is told
// with its own again.
func TestDUP04_WhatWasDoneMoves(t *testing.T) {
	p := mergeable(t)
	p.export(map[string]any{"kind": "contact", "format": "csv", "ids": []any{p.b}})
	done := func(id string) (told []string) {
		t.Helper()
		for _, item := range p.call("GET", "/v1/contacts/"+id+"/history", nil).want(http.StatusOK).list("items") {
			if m := item.(map[string]any); m["action"] == "contact.export" {
				of, _ := m["of"].(string)
				told = append(told, of)
			}
		}
		return told
	}
	if len(done(p.b)) != 1 || len(done(p.a)) != 0 {
		t.Fatalf("exported: %q, %q", done(p.a), done(p.b))
	}
	m := p.merge("contact", p.a, p.b)
	if diff := cmp.Diff([]string{p.b}, done(p.a)); diff != "" {
		t.Errorf("merged: %s", diff)
	}
	b := p.tab(t)
	b.open("/contacts/" + p.a + "/history")
	b.holds("main", "exported", "on Jean Peters, merged into this record")
	if b.count(`main a[href="/merges/`+m.text("id")+`"]`) == 0 {
		t.Error("nothing leads to the merge")
	}
	p.unmerge(m)
	if len(done(p.a)) != 0 || !cmp.Equal(done(p.b), []string{""}) {
		t.Errorf("undone: %q, %q", done(p.a), done(p.b))
	}
}

// DUP-04, DOC-04: notes and files that came with a merge are the survivor's: they are read, named, edited as its own. After an
// undo a note keeps the file it names, which is shown as the other's.
func TestDUP04_NotesAndFilesMove(t *testing.T) {
	p := mergeable(t)
	letter := p.document("contacts/"+p.b, "letter.pdf", []byte("%PDF-1.7\n%%EOF\n"))
	own := p.under(p.a, "notes", map[string]any{"text": "Wrote to us"})
	before := p.at("notes/" + p.note).raw
	m := p.merge("contact", p.a, p.b)
	b := p.tab(t)
	t.Run("read as the survivor's", func(t *testing.T) {
		for _, path := range []string{"notes/" + p.note, "files/" + letter} {
			if got := p.at(path).text("owner"); got != p.a {
				t.Errorf("%s is %s's", path, got)
			}
		}
		for _, path := range []string{"/v1/contacts/" + p.a + "/notes", "/v1/contacts/" + p.a + "/files", "/v1/files"} {
			got := p.call("GET", path, nil).want(http.StatusOK)
			for _, item := range got.list("items") {
				if owner := item.(map[string]any)["owner"]; owner != p.a {
					t.Errorf("%s: %v", path, owner)
				}
			}
		}
	})
	t.Run("named by the survivor's notes", func(t *testing.T) {
		b.open("/contacts/" + p.a + "/notes/" + own + "/edit")
		b.Click(`input[name="files"][value="` + letter + `"]`)
		b.save("#note")
		b.holds("#notes", "Wrote to us", "letter.pdf")
		if status, _, _ := fetch(t, p.call("GET", "/v1/files/"+letter+"/download", nil).want(http.StatusOK).text("url")); status != http.StatusOK {
			t.Errorf("fetched with %d", status)
		}
	})
	t.Run("edited on the survivor's pages", func(t *testing.T) {
		b.open("/contacts/" + p.a + "/notes/" + p.note + "/edit")
		b.set(`[name="text"]`, "Sings bass")
		b.save("#note")
		b.holds("#notes", "Sings bass")
		b.open("/contacts/" + p.a + "/files/" + letter + "/name")
		b.set(`[name="name"]`, "brief.pdf")
		b.save("#rename")
		b.holds("#files", "brief.pdf")
	})
	p.unmerge(m)
	t.Run("undone, each has its own", func(t *testing.T) {
		if p.at("notes/"+p.note).text("owner") != p.b || p.at("files/"+letter).text("owner") != p.b || p.at("notes/"+own).text("owner") != p.a {
			t.Error("they are with somebody else")
		}
		back := strings.NewReplacer("Sings bass", "Sings tenor", `"version":2`, `"version":1`).Replace(string(p.at("notes/" + p.note).raw))
		if members := `"owner":"` + p.b + `"`; !strings.Contains(back, members) || !strings.Contains(string(before), members) {
			t.Errorf("%s, not %s", back, before)
		}
		b.open("/contacts/" + p.a + "/notes")
		b.holds("#notes", "Wrote to us", "brief.pdf, a file of Jean Peters")
		if b.count(`#notes a[href="/contacts/`+p.b+`/files/`+letter+`"]`) == 0 {
			t.Error("the file cannot be fetched from the note")
		}
		b.open("/contacts/" + p.a + "/notes/" + own + "/edit")
		b.holds("#note", "brief.pdf, a file of Jean Peters")
		b.set(`[name="text"]`, "Wrote twice")
		b.save("#note")
		b.holds("#notes", "Wrote twice", "brief.pdf, a file of Jean Peters")
	})
	t.Run("with the other in the trash the file is absent, and the page is whole", func(t *testing.T) {
		p.trash(p.b)
		b.open("/contacts/" + p.a + "/notes")
		b.holds("#notes", "Wrote twice", "A file that is in the trash")
	})
}

// DUP-04: two members of a family who are one are shown as one, changed as one and leave as one; undone, they are two again.
func TestDUP04_MembersAreOne(t *testing.T) {
	p := mergeable(t)
	family := p.create("families", map[string]any{"name": "Both", "members": list(map[string]any{"contact": p.b, "role": "parent"}, map[string]any{"contact": p.a, "head": true}, map[string]any{"contact": p.d})})
	before := p.at("families/" + family).raw
	m := p.merge("contact", p.a, p.b)
	b := p.tab(t)
	b.open("/families/" + family)
	if n := b.count(`#block-members a[href="/contacts/` + p.a + `"]`); n != 1 {
		t.Errorf("named %d times", n)
	}
	b.open("/families/" + family + "/members")
	if n := b.count(`#links tbody tr`); n != 2 {
		t.Errorf("%d rows", n)
	}
	b.holds("#links", "Jan Peeters", "J. Peeters", "Parent", "Yes")
	b.open("/contacts/" + p.a + "/families")
	if n := b.count(`#links a[href="/families/` + family + `"]`); n != 1 {
		t.Errorf("in it %d times", n)
	}
	p.unmerge(m)
	if diff := cmp.Diff(string(before), string(p.at("families/"+family).raw)); diff != "" {
		t.Error(diff)
	}
	m = p.merge("contact", p.a, p.b)
	b.open("/families/" + family + "/members?edit=" + family + ".0")
	b.choose(`#link-form [name="role"]`, "child")
	b.save("#link-form")
	b.holds("#links", "Child")
	p.unmerge(m)
	if got := p.at("families/" + family); len(got.list("members")) != 3 {
		t.Errorf("changed as one: %s", got.raw)
	}
	m = p.merge("contact", p.a, p.b)
	b.open("/families/" + family + "/members")
	b.Follow(`#links form:has([name="other"][value="` + p.a + `"]) button`)
	if got := p.at("families/" + family); len(got.list("members")) != 1 || got.text("members.0.contact") != p.d {
		t.Errorf("gone: %s", got.raw)
	}
	p.unmerge(m)
}

// HIST-07: who was shown what of a record that was merged stands in the access log of the main one, and after the undo of the
// merge with its own record alone.
func TestHIST07_OfMergedRecords(t *testing.T) {
	c := begin(t)
	main, other, third := c.contact(with("lastName", "Janssens")), c.contact(papers()), c.contact(with("lastName", "Devos", "iban", "NL91ABNA0417164300"))
	c.revealed(other, "iban")
	c.revealed(third, "iban")
	seen := func(id string) []string {
		t.Helper()
		var all []string
		for cursor := ""; ; {
			a := c.call("GET", "/v1/accesses?limit=1&record="+id+"&cursor="+cursor, nil).want(http.StatusOK)
			for _, item := range a.list("items") {
				all = append(all, item.(map[string]any)["record"].(string))
			}
			if cursor = a.text("next"); cursor == "" {
				return all
			}
		}
	}
	merged := c.merge("contact", main, other)
	c.revealed(main, "iban")
	for _, id := range []string{main, other} {
		if diff := cmp.Diff([]string{main, other}, seen(id)); diff != "" {
			t.Errorf("of %s: %s", id, diff)
		}
	}
	c.unmerge(merged)
	for id, want := range map[string][]string{main: {main}, other: {other}, third: {third}} {
		if diff := cmp.Diff(want, seen(id)); diff != "" {
			t.Errorf("after the undo, of %s: %s", id, diff)
		}
	}
}

// DUP-02: two records of one name are told apart where their columns lie below each other, by their numbers.
func TestDUP02_NamesakesAreToldApart(t *testing.T) {
	c := begin(t)
	one, two := c.contact(with("nickname", "Jo")), c.contact(with("nickname", "Jos"))
	b := c.tab(t)
	b.open("/merge?kind=contact&ids=" + one + "&ids=" + two)
	labels := map[string]bool{}
	for i := 1; i <= 2; i++ {
		labels[b.Eval(fmt.Sprintf(`document.querySelector('.merge-table tbody tr td:nth-of-type(%d)').dataset.of`, i))] = true
	}
	if len(labels) != 2 {
		t.Errorf("both are called %v", labels)
	}
}
