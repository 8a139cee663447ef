package app

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/muster-crm/muster/functions/web/ui"
	"github.com/muster-crm/muster/shared/policy"
)

// elements gives the objects of a list of a record.
func (r *reader) elements(kind, id, name string) []document {
	r.t.Helper()
	all, _ := r.read(kind, id)[name].([]any)
	elements := make([]document, len(all))
	for i, v := range all {
		elements[i] = v.(document)
	}
	return elements
}

// link posts the form of a link on a tab: pairs of name and value.
func (r *reader) link(tab string, typed ...string) page {
	r.t.Helper()
	form := r.opened(tab, tab, typed...)
	form.Del("end") // the first form of the page may be the one that ends a link
	form.Del("other")
	return r.post(tab, form)
}

// A family is made from a contact, and its members are linked, changed and unlinked from either side; one of them is the
// head. Nobody is deleted with it, and restoring it brings the links back (FAM-01, 03, 04, 08).
func TestFamilyFromEitherSide(t *testing.T) {
	h := open(t)
	owner := h.found("Harbour Choir", "olga@example.org")
	greta, jan, els := owner.contact(greet), owner.contact(`{"firstName":"Jan","lastName":"Peeters"}`), owner.contact(`{"firstName":"Els","lastName":"Maes"}`)
	tab := "/contacts/" + greta.ID + "/families"
	add := "/families/new?back=" + url.QueryEscape(tab) + "&" + url.QueryEscape("members[0].contact") + "=" + greta.ID
	owner.get(tab).want(http.StatusOK, strings.ReplaceAll(add, "&", "&amp;"))
	p := owner.post("/families/new", owner.opened(add, "/families/new", "name", "Peeters", "members[0].role", "parent", "find:members[0].contact", "Greet Van den Peeters"))
	p.want(http.StatusOK, "Peeters added.", `href="/families/`)
	if !strings.HasPrefix(p.Path, "/families/new") && p.Path != tab && !strings.Contains(p.Body, ">Parent<") {
		t.Errorf("led to %s", p.Path)
	}
	id := strings.Split(strings.Split(p.Body, `href="/families/fam_`)[1], `"`)[0]
	id, _, _ = strings.Cut("fam_"+id, "/")
	at := "/families/" + id
	if got := fmt.Sprint(owner.elements("family", id, "members")); got != fmt.Sprintf("[map[contact:%s head:true role:parent]]", greta.ID) {
		t.Fatal(got)
	}
	// From the family, by typing a name.
	owner.link(at+"/members", "find:contact", "Jan Peeters", "role", "child").want(http.StatusOK, "Jan Peeters", "Child")
	// From the contact, by typing the family's.
	els2 := "/contacts/" + els.ID + "/families"
	owner.link(els2, "find:holder", "Peeters", "role", "partner").want(http.StatusOK, "Partner", "Greet Van den Peeters (Parent)", "Jan Peeters (Child)")
	// A member twice is refused where it was typed.
	owner.link(at+"/members", "find:contact", "Jan Peeters").want(http.StatusUnprocessableEntity, "This is here twice.")
	owner.link(at+"/members").want(http.StatusUnprocessableEntity, `id="f-contact"`)
	// Another head takes over, from the contact's side.
	form := owner.opened(els2+"?edit="+id+".2", els2)
	form.Set("role", "partner")
	form["head"] = []string{"false", "true"}
	owner.post(els2, form).want(http.StatusOK)
	members := owner.elements("family", id, "members")
	if members[0]["head"] != nil || members[2]["head"] != true || members[2]["role"] != "partner" {
		t.Errorf("members %v", members)
	}
	// Relatives stand in the header, an icon in the list.
	owner.get("/contacts/"+jan.ID).want(http.StatusOK, "Greet Van den Peeters (Parent)", "Els Maes (Partner)")
	owner.get("/contacts").want(http.StatusOK, `aria-label="Head of the family Peeters"`, `aria-label="In the family Peeters"`)
	// Unlinked: the head's place is taken by another, and it can be undone.
	form = owner.get(at + "/members").form(at + "/members")
	form.Set("end", id+".2")
	form.Set("other", els.ID)
	owner.post(at+"/members", form).want(http.StatusOK, "Undo")
	if members = owner.elements("family", id, "members"); len(members) != 2 || members[0]["head"] != true {
		t.Errorf("members %v", members)
	}
	owner.get(els2).want(http.StatusOK, "Nothing is linked yet.")
	// A link that was moved meanwhile is ended all the same; one that is gone changes nothing.
	form = owner.get(at + "/members").form(at + "/members")
	form.Set("end", id+".0")
	form.Set("other", jan.ID)
	owner.post(at+"/members", form).want(http.StatusOK)
	if members = owner.elements("family", id, "members"); len(members) != 1 || members[0]["contact"] != greta.ID {
		t.Errorf("members %v", members)
	}
	owner.link(at+"/members", "find:contact", "Jan Peeters", "role", "child").want(http.StatusOK)
	// In the trash nobody is linked; restored, everybody is again.
	owner.post(at+"/delete", url.Values{}).want(http.StatusOK, "moved to the trash")
	owner.get(tab).want(http.StatusOK, "Nothing is linked yet.")
	owner.get("/contacts/" + jan.ID).want(http.StatusOK).without("Greet Van den Peeters (Parent)")
	owner.get("/trash/families").want(http.StatusOK, "Peeters", "Olga Maes")
	owner.post(at+"/restore", url.Values{}).want(http.StatusOK, "restored")
	owner.get(tab).want(http.StatusOK, "Jan Peeters (Child)")
	// Readers are shown links and offered nothing.
	reader := h.colleague(owner, "reader@example.org", policy.Reader)
	reader.get(tab).want(http.StatusOK, "Jan Peeters (Child)").without("<form id=\"link-form\"", `action="`+tab+`"`)
	reader.send(http.MethodPost, tab, form).want(http.StatusForbidden)
}

// What is typed to name another record is found without script: one that goes by the name is taken, several are asked
// about, none is said to be none (REC-02).
func TestNamingAnotherRecord(t *testing.T) {
	owner := open(t).found("Harbour Choir", "olga@example.org")
	first := owner.contact(`{"firstName":"Jan","lastName":"Peeters","addresses":[{"town":"Gent"}]}`)
	second := owner.contact(`{"firstName":"Jan","lastName":"Peeters","addresses":[{"town":"Leuven"}]}`)
	other := owner.contact(`{"firstName":"Élodie","lastName":"Bertrand"}`)
	families := func() int {
		return strings.Count(owner.get("/families").Body, `data-href="/families/fam_`)
	}
	form := owner.opened("/families/new", "/families/new", "name", "New ones", "members[0].contact", "", "find:members[0].contact", "jan peeters")
	owner.post("/families/new", form).want(http.StatusOK, "can mean several", "Gent", "Leuven", `name="pick:members[0].contact" value="`+first.ID+`"`, `value="New ones"`, `href="#f-members-0-contact"`)
	if families() != 0 {
		t.Fatal("made although it is not clear whom it is about")
	}
	form.Set("pick:members[0].contact", second.ID)
	owner.post("/families/new", form).want(http.StatusOK, "added")
	form = owner.opened("/families/new", "/families/new", "name", "Others", "members[0].contact", "", "find:members[0].contact", "zz nobody")
	owner.post("/families/new", form).want(http.StatusOK, "Nobody and nothing is called")
	// The button that looks for a name makes nothing yet.
	form.Set("find:members[0].contact", "elodie")
	form.Set(ui.FindName, "members[0].contact")
	owner.post("/families/new", form).want(http.StatusOK, "Élodie Bertrand", `value="`+other.ID+`"`).without("can mean several")
	form.Del(ui.FindName)
	form.Set("find:members[0].contact", "elodie BERTRAND")
	owner.post("/families/new", form).want(http.StatusOK, "added")
	// Another name typed over that of a record is that of another one; none takes it away.
	form = owner.opened("/families/new", "/families/new", "name", "Third", "members[0].contact", first.ID, "find:members[0].contact", "Élodie Bertrand")
	owner.post("/families/new", form).want(http.StatusOK, "added", other.ID)
	form = owner.opened("/families/new", "/families/new", "name", "Fourth", "members[0].contact", first.ID, "find:members[0].contact", "")
	owner.post("/families/new", form).want(http.StatusOK, "added").without(first.ID)
	// Completion names what tells one from another, and no kind there is not.
	owner.get("/find?kind=contact&q=jan+pee").want(http.StatusOK, `data-id="`+first.ID+`"`, "Gent", "Leuven")
	owner.get("/find?kind=company&kind=contact&q=elodie").want(http.StatusOK, "Contact · ")
	owner.get("/find?kind=user&q=olga").want(http.StatusNotFound)
	owner.get("/find?kind=contact&q=").want(http.StatusOK)
}

// A changed address of a family is offered to the members who had the old one, and to nobody else (FAM-03).
func TestFamilyMoves(t *testing.T) {
	owner := open(t).found("Harbour Choir", "olga@example.org")
	home := `"addresses":[{"street":"Kerkstraat","number":"12","postcode":"9000","town":"Gent","country":"BE"}]`
	stays, moves, elsewhere := owner.contact(`{"firstName":"Stays",`+home+`}`), owner.contact(`{"firstName":"Moves",`+home+`}`), owner.contact(`{"firstName":"Elsewhere","addresses":[{"town":"Lille"}]}`)
	id := owner.make("family", "", fmt.Sprintf(`{"name":"Peeters","address":{"street":"Kerkstraat","number":"12","postcode":"9000","town":"Gent","country":"BE"},"members":[{"contact":%q,"head":true},{"contact":%q},{"contact":%q}]}`, stays.ID, moves.ID, elsewhere.ID)).Base().ID
	at := "/families/" + id
	form := owner.opened(at+"?edit=address", at+"/edit", "address.street", "Nieuwstraat", "address.number", "1", "address.postcode", "9000", "address.town", "Gent", "address.country", "BE")
	p := owner.post(at+"/edit", form).want(http.StatusOK, "The family has moved", "Kerkstraat 12", "Nieuwstraat 1", "Stays", "Moves").without("Elsewhere")
	answer := p.form(at + "/move/2")
	answer["contacts"] = []string{"", moves.ID}
	owner.post(at+"/move/2", answer).want(http.StatusOK, "1 member has the new address.")
	streets := func(id string) string { return fmt.Sprint(owner.elements("contact", id, "addresses")[0]["street"]) }
	if streets(moves.ID) != "Nieuwstraat" || streets(stays.ID) != "Kerkstraat" {
		t.Errorf("%s moved, %s stayed", streets(moves.ID), streets(stays.ID))
	}
	owner.post(at+"/edit", owner.opened(at+"?edit=address", at+"/edit", "address.street", "Kerkstraat", "address.number", "12", "address.postcode", "9000", "address.town", "Gent", "address.country", "BE")).want(http.StatusOK, "Moves").without("Stays")
	owner.patch("contact", moves.ID, `{`+home+`}`)
	form = owner.opened(at+"?edit=address", at+"/edit", "address.street", "Laan", "address.number", "1", "address.town", "Gent", "address.country", "BE")
	both := owner.post(at+"/edit", form).want(http.StatusOK, "Stays", "Moves").form(at + "/move/4")
	both["contacts"] = []string{"", moves.ID, stays.ID}
	owner.post(at+"/move/4", both).want(http.StatusOK, "2 members have the new address.")
	if streets(moves.ID) != "Laan" || streets(stays.ID) != "Laan" {
		t.Errorf("in %s and %s", streets(moves.ID), streets(stays.ID))
	}
	answer["contacts"] = []string{elsewhere.ID, "con_nobody"}
	owner.send(http.MethodPost, at+"/move/2", answer).want(http.StatusUnprocessableEntity)
	owner.get(at + "/move/1").want(http.StatusNotFound)
	// Nothing to offer when only the name changes.
	owner.post(at+"/edit", owner.opened(at+"?edit=main", at+"/edit", "name", "Peeters-Maes")).want(http.StatusOK, "Peeters-Maes saved").without("has moved")
}

// Contacts are linked to companies from either side, with what they do there and from when to when; an end before its
// beginning is refused at its field (COM-03).
func TestCompanyFromEitherSide(t *testing.T) {
	owner := open(t).found("Harbour Choir", "olga@example.org")
	greta := owner.contact(greet)
	jan := owner.contact(`{"firstName":"Jan","lastName":"Peeters"}`)
	id := owner.make("company", "", `{"name":"Acme & Sons"}`).Base().ID
	tab := "/companies/" + id + "/contacts"
	owner.link(tab, "find:contact", "Jan Peeters", "function", "director", "from", "2026-01-01", "to", "2025-01-01").want(http.StatusUnprocessableEntity, `id="f-to-error"`, `value="2025-01-01"`)
	owner.link(tab, "find:contact", "Jan Peeters", "function", "director", "from", "2024-01-01").want(http.StatusOK, "Jan Peeters", "Director", "01/01/2024")
	side := "/contacts/" + greta.ID + "/companies"
	owner.link(side, "find:holder", "acme & sons", "function", "sales", "from", "2020-01-01", "to", "2021-12-31").want(http.StatusOK, "Acme &amp; Sons", "Sales", "31/12/2021")
	form := owner.get(side+"?edit="+id+".1").want(http.StatusOK, `value="2021-12-31"`).form(side)
	form.Set("function", "accounting")
	form.Set("from", "2020-01-01")
	form.Set("to", "2019-01-01")
	owner.post(side, form).want(http.StatusUnprocessableEntity, `id="f-to-error"`)
	form.Set("to", "")
	owner.post(side, form).want(http.StatusOK, "Accounting").without("31/12/2021")
	owner.get("/companies").want(http.StatusOK, "Greet Van den Peeters", "Jan Peeters")
	owner.get("/contacts?q=acme").want(http.StatusOK, "Greet Van den Peeters", jan.ID)
	owner.post("/companies/"+id+"/delete", url.Values{}).want(http.StatusOK, "moved to the trash")
	owner.get(side).want(http.StatusOK, "Nothing is linked yet.")
	owner.get("/contacts/"+greta.ID).want(http.StatusOK, "Greet Van den Peeters")
}
