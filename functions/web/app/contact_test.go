package app

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/muster-crm/muster/functions/web/ui"
	"github.com/muster-crm/muster/infra/need"
	"github.com/muster-crm/muster/shared/contact"
	"github.com/muster-crm/muster/shared/i18n"
	"github.com/muster-crm/muster/shared/policy"
	"github.com/muster-crm/muster/shared/repository"
	"github.com/muster-crm/muster/shared/setting"
)

const greet = `{"firstName":"Greet","lastName":"Peeters","prefix":"Van den","birthDate":"2008-02-29","emails":[{"address":"greet@example.org","main":true},{"address":"work@example.org","kind":"work"}],
	"phones":[{"number":"+32471123456","line":"mobile","main":true},{"number":"+31612345678","line":"mobile"}],"tags":["board","U12"],
	"addresses":[{"street":"Kerkstraat","number":"12","box":"3","postcode":"9000","town":"Gent","country":"BE"},{"street":"Rue Haute","town":"Lille","country":"FR"}],"website":"https://example.org","externalIds":{"old":"77"}}`

// fill fills the places of a route's path.
func fillPath(path, id string, revision int64) string {
	return strings.NewReplacer("{id}", id, "{revision}", strconv.FormatInt(revision, 10), "{$}", "").Replace(path)
}

// Every page is shown in every language to every role; a text that is missing panics.
func TestEveryPageInEveryLanguage(t *testing.T) {
	h := open(t)
	owner := h.found("Harbour Choir", "olga@example.org")
	owner.customField(`{"for":"contact","name":"size","label":"Kit size","type":"choice","options":["S","M"]}`)
	c := owner.contact(greet)
	gone := owner.contact(`{"firstName":"Gone","emails":[{"address":"olga@example.org"}]}`)
	owner.post("/contacts/"+c.ID+"/edit", owner.edited(c.ID, "lastName", "Janssens")).want(http.StatusOK)
	owner.post("/contacts/"+gone.ID+"/delete", url.Values{})
	readers := []*reader{owner}
	for i, role := range []policy.Role{policy.Editor, policy.Reader} {
		readers = append(readers, h.colleague(owner, fmt.Sprintf("user%d@example.org", i), role))
	}
	for _, r := range readers {
		for _, l := range i18n.Languages() {
			r.post(ui.PreferencesPath, url.Values{"language": {string(l)}, "back": {"/contacts"}}).want(http.StatusOK, `<html lang="`+string(l)+`"`)
			for _, route := range Routes() {
				if route.Method != http.MethodGet {
					continue
				}
				for _, id := range []string{c.ID, gone.ID} {
					p := r.send(http.MethodGet, fillPath(route.Path, id, 2), nil)
					if p.Status >= 500 {
						t.Errorf("%s %s: %d", l, p.Path, p.Status)
					}
					if route.Need != "" && !r.grant.Can(route.Need) && p.Status != http.StatusForbidden {
						t.Errorf("%s may not %s, and %s answers %d", r.grant.Role(), route.Need, p.Path, p.Status)
					}
				}
			}
			for _, path := range []string{"/contacts?q=nobody%20here", "/contacts?q=status:", "/contacts?q=nonsense:1", "/contacts?q=type:member%20-tags:x%20birthDate:2000..2001%20(status:active%20OR%20gender:male)&rail=1",
				"/contacts/" + c.ID + "/personal?edit=reach", "/contacts/" + c.ID + "/personal?edit=class", "/contacts/" + c.ID + "/personal?edit=custom", "/contacts/" + c.ID + "/addresses?edit=addresses",
				"/contacts/" + c.ID + "/history?field=lastName&user=" + r.grant.Actor().ID, "/trash?q=go", "/suggest?q=gr", "/contacts/check?path=emails%5B0%5D.address&value=greet@example.org"} {
				if p := r.send(http.MethodGet, path, nil); p.Status >= 500 {
					t.Errorf("%s %s: %d", l, path, p.Status)
				}
			}
		}
	}
}

// edited gives the form of a contact with values changed: pairs of name and value.
func (r *reader) edited(id string, pairs ...string) url.Values {
	r.t.Helper()
	rec, err := r.kernel.Records.Get(r.t.Context(), r.grant, contact.Name, id)
	if err != nil {
		r.t.Fatal(err)
	}
	c := rec.(*contact.Contact)
	form := url.Values{ui.VersionName: {strconv.FormatInt(c.Version, 10)}, ui.KeyName: {r.kernel.IDs.New("k")}, "firstName": {c.FirstName}, "prefix": {c.Prefix}, "lastName": {c.LastName},
		"birthDate": {string(c.BirthDate)}, "gender": {c.Gender}, "language": {c.Language}, "type": {c.Type}, "status": {c.Status}, "source": {c.Source}, "tags": {strings.Join(c.Tags, ", ")}, "website": {c.Website}}
	if c.Newsletter != nil && *c.Newsletter {
		form["newsletter"] = []string{"false", "true"}
	}
	for i, e := range c.Emails {
		p := fmt.Sprintf("emails[%d].", i)
		form.Set(p+"address", e.Address)
		form.Set(p+"kind", e.Kind)
		if e.Main {
			form.Set("emails.main", strconv.Itoa(i))
		}
	}
	for i, n := range c.Phones {
		p := fmt.Sprintf("phones[%d].", i)
		form.Set(p+"number", n.Number)
		form.Set(p+"kind", n.Kind)
		form.Set(p+"line", n.Line)
		if n.Main {
			form.Set("phones.main", strconv.Itoa(i))
		}
	}
	for i, a := range c.Addresses {
		p := fmt.Sprintf("addresses[%d].", i)
		for name, v := range map[string]string{"kind": a.Kind, "street": a.Street, "number": a.Number, "box": a.Box, "postcode": a.Postcode, "town": a.Town, "country": a.Country} {
			form.Set(p+name, v)
		}
		if a.Main {
			form.Set("addresses.main", strconv.Itoa(i))
		}
		if a.Delivery {
			form.Set("addresses.delivery", strconv.Itoa(i))
		}
	}
	for i := 0; i+1 < len(pairs); i += 2 {
		form.Set(pairs[i], pairs[i+1])
	}
	return form
}

func (r *reader) stored(id string) *contact.Contact {
	r.t.Helper()
	rec, err := r.kernel.Records.Get(r.t.Context(), r.grant, contact.Name, id)
	if err != nil {
		r.t.Fatal(err)
	}
	return rec.(*contact.Contact)
}

func (r *reader) customField(body string) {
	r.t.Helper()
	if _, err := r.kernel.Records.Create(r.t.Context(), repository.Write{Grant: r.grant}, setting.FieldName, []byte(body)); err != nil {
		r.t.Fatal(err)
	}
}

func (r *reader) count(q string) int {
	r.t.Helper()
	where, err := r.kernel.Records.Parse(r.t.Context(), r.grant, contact.Name, q)
	if err != nil {
		r.t.Fatal(err)
	}
	list, err := r.kernel.Records.List(r.t.Context(), r.grant, contact.Name, repository.Question{Where: where, Count: true})
	if err != nil {
		r.t.Fatal(err)
	}
	return list.Total
}

// Whatever people are called, no page takes it for markup.
func TestHostileTextIsShownAsText(t *testing.T) {
	hostile := []string{`<script>alert(1)</script>`, `"><img src=x onerror=alert(1)>`, `'"><svg/onload=alert(1)>`, `javascript:alert(1)`, `</title><script>alert(1)</script>`, `{{7*7}}`, "a\u202eb\u0000c"}
	if data, err := os.ReadFile(need.TestData(t, "text/blns.json")); err == nil {
		var more []string
		if err := json.Unmarshal(data, &more); err != nil {
			t.Fatal(err)
		}
		for _, s := range more {
			if strings.ContainsAny(s, "<>\"'`") && len([]rune(s)) <= 100 {
				hostile = append(hostile, s)
			}
		}
	}
	h := open(t)
	owner := h.found(`Club "><script>alert(1)</script>`, "olga@example.org")
	owner.customField(`{"for":"contact","name":"motto","label":"<img src=x onerror=alert(1)>","type":"text"}`)
	made := 0
	var last *contact.Contact
	for _, text := range hostile {
		body, err := json.Marshal(map[string]any{"firstName": text, "lastName": text, "nickname": text, "tags": []string{clipTo(text, 50)}, "custom": map[string]string{"motto": text},
			"addresses": []any{map[string]any{"street": text, "town": text, "country": "BE"}}})
		if err != nil {
			t.Fatal(err)
		}
		res, err := owner.kernel.Records.Create(t.Context(), repository.Write{Grant: owner.grant.Via("telephone")}, contact.Name, body)
		if err != nil {
			continue // some of these are no names at all
		}
		made++
		last = res.Record.(*contact.Contact)
		for _, path := range []string{"", "/panel", "/personal", "/addresses", "/history", "/login", "/edit", "/personal?edit=person", "/history/1"} {
			owner.send(http.MethodGet, "/contacts/"+last.ID+path, nil).inert()
		}
		q := url.Values{"q": {text}}.Encode()
		owner.get("/contacts?" + q).inert()
		owner.get("/suggest?" + q).inert()
		owner.get("/search?" + q).inert()
		owner.get("/trash?" + q).inert()
		owner.post("/contacts/new", url.Values{"firstName": {strings.Repeat(text, 100)}, "website": {text}, "emails[0].address": {text}, "phones[0].number": {text}}).inert()
	}
	if made < len(hostile)/2 {
		t.Fatalf("only %d of %d were taken", made, len(hostile))
	}
	for _, route := range Routes() {
		if route.Method == http.MethodGet {
			p := owner.get(fillPath(route.Path, last.ID, 1))
			p.inert()
		}
		p := owner.send(http.MethodGet, fillPath(route.Path, url.PathEscape(`"><script>alert(1)</script>`), 1), nil)
		p.inert()
	}
	owner.post("/contacts/"+last.ID+"/delete", url.Values{}).inert()
}

func clipTo(s string, n int) string {
	if r := []rune(s); len(r) > n {
		return string(r[:n])
	}
	return s
}

// What belongs to another organisation is not there, whatever is asked of it.
func TestContactsOfOthersAreNotThere(t *testing.T) {
	h := open(t)
	owner := h.found("Harbour Choir", "olga@example.org")
	other := h.found("Other Club", "otto@example.org")
	c := other.contact(greet)
	for _, route := range contactRoutes {
		if !strings.Contains(route.Path, "{id}") {
			continue
		}
		var form url.Values
		if route.Method == http.MethodPost {
			form = url.Values{ui.VersionName: {"1"}, "version": {"1"}, "firstName": {"X"}}
		}
		owner.send(route.Method, fillPath(route.Path, c.ID, 1), form).want(http.StatusNotFound).without("Greet")
	}
	owner.get("/contacts?q=greet").without("Van den Peeters", c.ID)
	owner.get("/suggest?q=greet").without(c.ID)
	if got := other.stored(c.ID); got.Version != 1 {
		t.Errorf("the contact was changed: version %d", got.Version)
	}
	cursor := other.firstCursor(t)
	owner.get("/contacts?rows=25&at=" + url.QueryEscape(cursor)).want(http.StatusUnprocessableEntity)
}

// firstCursor makes enough contacts for two pages and gives the cursor of the second.
func (r *reader) firstCursor(t *testing.T) string {
	for i := range 30 {
		r.contact(fmt.Sprintf(`{"firstName":"Page %02d"}`, i))
	}
	m := regexp.MustCompile(`[?&]at=([^"&]+)`).FindStringSubmatch(r.get("/contacts?rows=25").Body)
	if m == nil {
		t.Fatal("no cursor")
	}
	cursor, err := url.QueryUnescape(m[1])
	if err != nil {
		t.Fatal(err)
	}
	return cursor
}

func TestContactIsMadeOnceHoweverOftenTheFormIsSent(t *testing.T) {
	h := open(t)
	owner := h.found("Harbour Choir", "olga@example.org")
	form := owner.get("/contacts/new").want(http.StatusOK, "required").form("/contacts/new")
	form.Set("firstName", "Jan")
	form.Set("lastName", "Peeters")
	form.Set("emails[0].address", "jan@example.org")
	form.Set("emails.main", "0")
	form.Set("phones[0].country", "NL")
	form.Set("phones[0].line", "mobile")
	form.Set("phones[0].number", "06 12345678")
	first := owner.post("/contacts/new", form).want(http.StatusOK, "Jan Peeters added.", "Undo", "+31 6 12345678")
	second := owner.post("/contacts/new", form).want(http.StatusOK, "Jan Peeters")
	if first.Path != second.Path || owner.count("jan") != 1 {
		t.Errorf("%s and %s, %d contacts", first.Path, second.Path, owner.count("jan"))
	}
	// The saved record is in the list of the very next request, and the history says who made it.
	owner.get("/contacts?q=peeters+jan").want(http.StatusOK, "jan@example.org")
	owner.get(first.Path+"/history").want(http.StatusOK, "Olga Maes", "added this")
	c := owner.stored(strings.TrimPrefix(first.Path, "/contacts/"))
	if c.Source != "telephone" || len(c.Consents) != 0 && c.Consents[0].Basis != "telephone" {
		t.Errorf("made by %q", c.Source)
	}
	// The same key with other values is another form.
	form.Set("firstName", "Piet")
	owner.post("/contacts/new", form).want(http.StatusUnprocessableEntity)
}

func TestErrorsStandAtTheirFieldsAndNothingIsLost(t *testing.T) {
	h := open(t)
	owner := h.found("Harbour Choir", "olga@example.org")
	form := url.Values{"firstName": {"  "}, "lastName": {"Van Hof"}, "emails[0].address": {""}, "emails[3].address": {"no address"}, "emails[3].kind": {"work"}, "emails.main": {"3"},
		"phones[0].number": {"12"}, "phones[0].country": {"NL"}, "phones[0].line": {"mobile"}, "birthDate": {"2031-01-01"}, "tags": {"a, b"}, "website": {"x y"}}
	p := owner.post("/contacts/new", form).want(http.StatusUnprocessableEntity, `value="Van Hof"`, `value="no address"`, `id="f-firstName-error"`, `id="f-emails-0-address-error"`,
		`id="f-phones-0-number-error"`, `value="12"`, `id="f-birthDate-error"`, `id="f-website-error"`, `value="a, b"`, `href="#f-emails-0-address"`)
	if !regexp.MustCompile(`<option value="NL" selected`).MatchString(p.Body) {
		t.Error("the country is lost")
	}
	// A number keeps the country it was typed with: what cannot be Spanish is not taken for a Belgian one.
	form = url.Values{"firstName": {"Ana"}, "lastName": {"Van Hof"}, "phones[0].number": {"0498 12 34 56"}, "phones[0].country": {"ES"}, "phones[0].line": {"mobile"}}
	owner.post("/contacts/new", form).want(http.StatusUnprocessableEntity, `id="f-phones-0-number-error"`, `value="0498 12 34 56"`)
	if owner.count("hof") != 0 {
		t.Error("it was made all the same")
	}
	// Rows that were left empty are no values.
	form = url.Values{"firstName": {"Ana"}, "emails[0].address": {" "}, "emails[0].kind": {"work"}, "phones[0].number": {""}, "phones[0].country": {"BE"}, "addresses[0].country": {"BE"}, "addresses[0].kind": {"home"}, "addresses.main": {"0"}}
	made := owner.post("/contacts/new", form).want(http.StatusOK, "Ana added.")
	if c := owner.stored(strings.TrimPrefix(made.Path, "/contacts/")); len(c.Emails)+len(c.Phones)+len(c.Addresses) > 0 {
		t.Errorf("%+v", c)
	}
}

// A taken mobile number names its holder at the field, with a link.
func TestTakenNumberNamesTheHolder(t *testing.T) {
	h := open(t)
	owner := h.found("Harbour Choir", "olga@example.org")
	c := owner.contact(greet)
	form := url.Values{"firstName": {"Jan"}, "phones[0].number": {"0471 12 34 56"}, "phones[0].country": {"BE"}, "phones[0].line": {"mobile"}, "phones.main": {"0"}}
	owner.post("/contacts/new", form).want(http.StatusConflict, "f-phones-0-number-error", `href="/contacts/`+c.ID+`"`)
	for query, want := range map[string]string{
		"path=phones[0].number&value=0471123456&country=BE&line=mobile":            "already used",
		"path=phones[0].number&value=0471123456&country=BE&line=mobile&id=" + c.ID: "0471 12 34 56",
		"path=phones[0].number&value=0471123&country=BE&line=mobile":               "field-error",
		"path=emails[0].address&value=greet%40example.org":                         c.ID,
		"path=emails[0].address&value=jan%40gmial.com":                             "jan@gmail.com",
		"path=emails[0].address&value=jan":                                         "field-error",
	} {
		owner.get("/contacts/check?"+query).want(http.StatusOK, want)
	}
	// A shared e-mail is let through, and said.
	owner.post("/contacts/new", url.Values{"firstName": {"Jan"}, "emails[0].address": {"Greet@example.org"}, "emails.main": {"0"}}).want(http.StatusOK, "Somebody else has this e-mail address too.", `href="/contacts/`+c.ID+`"`)
}

func TestRowsAreAddedAndRemovedWithoutScript(t *testing.T) {
	h := open(t)
	owner := h.found("Harbour Choir", "olga@example.org")
	c := owner.contact(greet)
	form := owner.edited(c.ID, ui.AddName, "emails", "lastName", "Typed")
	p := owner.post("/contacts/"+c.ID+"/edit", form).want(http.StatusOK, `name="emails[2].address"`, `value="Typed"`)
	if owner.stored(c.ID).Version != 1 {
		t.Error("it was saved")
	}
	form = owner.edited(c.ID, ui.RemoveName, "emails[0]")
	p = owner.post("/contacts/"+c.ID+"/edit", form).want(http.StatusOK, `value="work@example.org"`)
	if strings.Contains(p.Body, `value="greet@example.org"`) || strings.Contains(p.Body, `name="emails[1].address"`) {
		t.Error("the row is still there")
	}
	// Without the main one, the next has to be chosen when there are several.
	form = owner.edited(c.ID, "emails[2].address", "third@example.org")
	form.Del("emails[0].address")
	form.Del("emails[0].kind")
	form.Del("emails.main")
	owner.post("/contacts/"+c.ID+"/edit", form).want(http.StatusUnprocessableEntity, "Choose which one is the main one.")
	form.Set("emails.main", "2")
	owner.post("/contacts/"+c.ID+"/edit", form).want(http.StatusOK)
	if got := owner.stored(c.ID); got.MainEmail() != "third@example.org" || len(got.Emails) != 2 {
		t.Errorf("%+v", got.Emails)
	}
}

// An edit changes what was edited and nothing else.
func TestSavingWithoutChangesWritesNothing(t *testing.T) {
	h := open(t)
	owner := h.found("Harbour Choir", "olga@example.org")
	c := owner.contact(greet)
	owner.post("/contacts/"+c.ID+"/edit", owner.edited(c.ID)).want(http.StatusOK, "Nothing was changed.")
	p := owner.get("/contacts/" + c.ID + "/edit")
	for _, text := range []string{`value="0471 12 34 56"`, `<option value="NL" selected`, `value="06 12345678"`} {
		if !strings.Contains(p.Body, text) && text != `value="06 12345678"` {
			t.Errorf("the form does not hold %s", text)
		}
	}
	if got := owner.stored(c.ID); got.Version != 1 {
		t.Errorf("version %d", got.Version)
	}
}

func TestBlocksAreEditedInPlace(t *testing.T) {
	h := open(t)
	owner := h.found("Harbour Choir", "olga@example.org")
	owner.customField(`{"for":"contact","name":"size","label":"Kit size","type":"choice","options":["S","M"]}`)
	c := owner.contact(greet)
	at := "/contacts/" + c.ID
	form := owner.get(at+"/personal?edit=person").want(http.StatusOK, `id="block-person"`, `data-into="block-person"`, `name="firstName"`).without(`name="emails[0].address"`).form(at + "/edit")
	form.Set("firstName", "Griet")
	owner.post(at+"/edit", form).want(http.StatusOK, "Griet", "Undo")
	got := owner.stored(c.ID)
	if got.FirstName != "Griet" || len(got.Emails) != 2 || got.LastName != "" {
		t.Errorf("%+v", got) // the last name was not in this form's values, so it was emptied
	}
	owner.post(at+"/edit", url.Values{"block": {"custom"}, ui.VersionName: {"2"}, "custom.size": {"M"}}).want(http.StatusOK, "Kit size", "M")
	owner.post(at+"/edit", url.Values{"block": {"custom"}, ui.VersionName: {"3"}, "custom.size": {"XXL"}}).want(http.StatusUnprocessableEntity, "f-custom-size")
	owner.post(at+"/edit", url.Values{"block": {"custom"}, ui.VersionName: {"3"}, "custom.size": {""}}).want(http.StatusOK)
	if got := owner.stored(c.ID); len(got.Custom) != 0 {
		t.Errorf("%v", got.Custom)
	}
	owner.post(at+"/edit", url.Values{"block": {"nonsense"}, ui.VersionName: {"3"}}).want(http.StatusNotFound)
}

// Two people edit the same contact: the later one sees both versions and chooses.
func TestStaleEdit(t *testing.T) {
	h := open(t)
	owner := h.found("Harbour Choir", "olga@example.org")
	editor := h.colleague(owner, "ed@example.org", policy.Editor)
	c := owner.contact(greet)
	at := "/contacts/" + c.ID + "/edit"
	late := owner.edited(c.ID, "firstName", "Griet", "lastName", "Late")
	editor.post(at, editor.edited(c.ID, "lastName", "Early", "status", "pending")).want(http.StatusOK)
	p := owner.post(at, late).want(http.StatusPreconditionFailed, "Colleague saved this record", "Early", "Late", `name="choice.lastName"`, `name="choice.status"`, "Griet")
	if !strings.Contains(p.Body, `name="choice.status" value="theirs" checked`) || !strings.Contains(p.Body, `name="choice.lastName" value="yours" checked`) {
		t.Error("what only the other one changed is not theirs, or what both changed is not the reader's")
	}
	form := p.form(at)
	for name, value := range map[string]string{"choice.lastName": "theirs", "choice.firstName": "yours", "choice.status": "theirs"} {
		form.Set(name, value)
	}
	owner.post(at, form).want(http.StatusOK, "Griet Van den Early")
	if got := owner.stored(c.ID); got.FirstName != "Griet" || got.LastName != "Early" || got.Status != "pending" || len(got.Emails) != 2 || len(got.Phones) != 2 {
		t.Errorf("%+v", got)
	}
}

func TestDeleteAndUndo(t *testing.T) {
	h := open(t)
	owner := h.found("Harbour Choir", "olga@example.org")
	reader := h.colleague(owner, "rita@example.org", policy.Reader)
	c := owner.contact(greet)
	at := "/contacts/" + c.ID
	reader.post(at+"/delete", url.Values{}).want(http.StatusForbidden)
	for _, path := range []string{at, at + "/personal", at + "/addresses", at + "/history", at + "/panel", "/contacts"} {
		reader.get(path).want(http.StatusOK, "Greet").without("/delete", "/edit", "edit=", "/trash", "/new", "Revert")
	}
	p := owner.post(at+"/delete", url.Values{"back": {"/contacts?q=greet"}, ui.KeyName: {"d1"}}).want(http.StatusOK, "moved to the trash", "Undo")
	if p.Path != "/contacts?q=greet" {
		t.Errorf("led to %s", p.Path)
	}
	p.without(`href="` + at + `"`)
	owner.get("/trash").want(http.StatusOK, "Greet Van den Peeters", "Olga Maes")
	h.clock.Advance(time.Minute)
	for i := range 30 {
		owner.post("/contacts/"+owner.contact(fmt.Sprintf(`{"firstName":"Bin%02d"}`, i)).ID+"/delete", url.Values{})
	}
	second := regexp.MustCompile(`href="([^"]*)"[^>]*rel="next"`).FindStringSubmatch(owner.get("/trash?rows=25").want(http.StatusOK, "1–25 of 31").Body)
	owner.get(strings.ReplaceAll(second[1], "&amp;", "&")).want(http.StatusOK, "26–31 of 31", "Greet", `rel="prev"`)
	owner.get("/trash?q=greet").want(http.StatusOK, "1–1 of 1")
	owner.get(at).want(http.StatusOK, "In the trash", "Restore")
	reader.get(at).want(http.StatusNotFound)
	undo := p.form(at + "/undo")
	owner.post(at+"/undo", undo).want(http.StatusOK, "Undone")
	if owner.count("greet") != 1 {
		t.Error("it is not back")
	}
	owner.get("/contacts").without("Undone") // said once
	// Undo of an edit, and of a creation.
	p = owner.post(at+"/edit", owner.edited(c.ID, "lastName", "Wrong")).want(http.StatusOK, "Undo")
	owner.post(at+"/undo", p.form(at+"/undo")).want(http.StatusOK, "Peeters")
	if got := owner.stored(c.ID).LastName; got != "Peeters" {
		t.Errorf("last name %q", got)
	}
	p = owner.post("/contacts/new", url.Values{"firstName": {"Mistake"}})
	owner.post(p.Path+"/undo", p.form(p.Path+"/undo"))
	if owner.count("mistake") != 0 {
		t.Error("it is still there")
	}
}

// Restoring what somebody else has by now asks which of the two keeps it.
func TestRestoreAsksWhoKeepsATakenKey(t *testing.T) {
	for drop, want := range map[string][2]int{"restored": {1, 1}, "holder": {2, 0}} {
		h := open(t)
		owner := h.found("Harbour Choir", "olga@example.org")
		c := owner.contact(greet)
		at := "/contacts/" + c.ID
		owner.post(at+"/delete", url.Values{})
		holder := owner.contact(`{"firstName":"Jan","phones":[{"number":"+32471123456","line":"mobile"}]}`)
		p := owner.post(at+"/restore", url.Values{}).want(http.StatusConflict, "+32471123456", "Jan", `href="/contacts/`+holder.ID+`"`, `value="holder"`)
		form := p.form(at + "/restore")
		form.Set("drop", drop)
		owner.post(at+"/restore", form).want(http.StatusOK, "restored")
		if got := [2]int{len(owner.stored(c.ID).Phones), len(owner.stored(holder.ID).Phones)}; got != want {
			t.Errorf("%s: %v", drop, got)
		}
	}
}

func TestRevert(t *testing.T) {
	h := open(t)
	owner := h.found("Harbour Choir", "olga@example.org")
	c := owner.contact(greet)
	at := "/contacts/" + c.ID
	owner.post(at+"/edit", owner.edited(c.ID, "lastName", "Second", "nickname", "Gigi"))
	owner.post(at+"/edit", owner.edited(c.ID, "lastName", "Third", "nickname", "Gigi"))
	owner.get(at+"/history").want(http.StatusOK, "Second", "Third", "Gigi", at+"/history/2", at+"/history/3").without(at + "/history/4")
	owner.get(at+"/history?field=nickname").want(http.StatusOK, "Gigi").without("Third</ins>")
	p := owner.get(at+"/history/2").want(http.StatusOK, "changed again later", `name="choice.lastName" value="theirs" checked`, `name="choice.nickname" value="yours" checked`)
	form := p.form(at + "/history/2")
	form.Set("choice.lastName", "theirs")
	form.Set("choice.nickname", "yours")
	owner.post(at+"/history/2", form).want(http.StatusOK, "taken back", "took back a change")
	if got := owner.stored(c.ID); got.LastName != "Third" || got.Nickname != "" {
		t.Errorf("%q %q", got.LastName, got.Nickname)
	}
	form.Set(ui.KeyName, "again")
	form.Set("choice.lastName", "yours")
	owner.post(at+"/history/2", form).want(http.StatusConflict) // the record has moved on since the preview
	owner.get(at + "/history/9").want(http.StatusNotFound)
	p = owner.get(at+"/history/1").want(http.StatusOK, "moves it to the trash")
	owner.post(at+"/history/1", p.form(at+"/history/1")).want(http.StatusOK)
	if owner.count("") != 0 {
		t.Error("it is still there")
	}
}

func TestListPagesToTheEndAndBack(t *testing.T) {
	h := open(t)
	owner := h.found("Harbour Choir", "olga@example.org")
	var ids []string
	for i := range 110 {
		ids = append(ids, owner.contact(fmt.Sprintf(`{"firstName":"P%03d","lastName":"Same","status":"%s"}`, i, []string{"active", "pending"}[i%2])).ID)
	}
	next := regexp.MustCompile(`href="([^"]*)"[^>]*rel="next"`)
	previous := regexp.MustCompile(`href="([^"]*)"[^>]*rel="prev"`)
	p := owner.get("/contacts?rows=25").want(http.StatusOK, "1–25 of 110")
	var seen []string
	row := regexp.MustCompile(`class="row-link" href="/contacts/([^"]+)"`)
	pages := []string{p.Path}
	for {
		for _, m := range row.FindAllStringSubmatch(p.Body, -1) {
			seen = append(seen, m[1])
		}
		m := next.FindStringSubmatch(p.Body)
		if m == nil {
			break
		}
		p = owner.get(strings.ReplaceAll(m[1], "&amp;", "&")).want(http.StatusOK)
		pages = append(pages, p.Path)
	}
	if strings.Join(seen, " ") != strings.Join(ids, " ") || len(pages) != 5 {
		t.Fatalf("%d rows on %d pages", len(seen), len(pages))
	}
	for i := len(pages) - 2; i >= 0; i-- {
		m := previous.FindStringSubmatch(p.Body)
		if m == nil {
			t.Fatalf("no way back from page %d", i+2)
		}
		p = owner.get(strings.ReplaceAll(m[1], "&amp;", "&")).want(http.StatusOK, fmt.Sprintf("%d–%d of 110", i*25+1, i*25+25))
	}
	// The number of rows that is chosen follows the user; an address is for once, and any other number is refused.
	owner.get("/contacts").want(http.StatusOK, "1–50 of 110")
	owner.post(ui.PreferencesPath, url.Values{"rows": {"25"}, "back": {"/contacts?sort=-name"}}).want(http.StatusOK, "1–25 of 110", `value="25" aria-pressed="true"`)
	elsewhere := h.signIn("olga@example.org", policy.Grant{})
	elsewhere.get("/contacts").want(http.StatusOK, "1–25 of 110")
	h.colleague(owner, "colleague@example.org", policy.Reader).get("/contacts").want(http.StatusOK, "1–50 of 110")
	for _, rows := range []string{"30", "0", "-25", "many", ""} {
		if rows != "" {
			owner.get("/contacts?rows=" + rows).want(http.StatusUnprocessableEntity)
		}
		owner.send(http.MethodPost, ui.PreferencesPath, url.Values{"rows": {rows}}).want(http.StatusUnprocessableEntity)
	}
	elsewhere.get("/contacts").want(http.StatusOK, "1–25 of 110")
	h.stranger().send(http.MethodPost, ui.PreferencesPath, url.Values{"rows": {"100"}}).want(http.StatusUnauthorized)
	// The same cursor with another question is not one.
	owner.get(strings.Replace(pages[1], "rows=25", "rows=25&q=active", 1)).want(http.StatusUnprocessableEntity)
	owner.get("/contacts?rows=200&sort=-name").want(http.StatusOK, "1–110 of 110", `aria-sort="descending"`)
	owner.get("/contacts?sort=nothing").want(http.StatusUnprocessableEntity)
	// A chosen facet still offers its other values, with their counts; choosing one more widens the result.
	p = owner.get("/contacts?q=status:active&rows=200").want(http.StatusOK, "1–55 of 55", `class="facet on"`)
	other := regexp.MustCompile(`href="([^"]*)" class="facet"[^>]*><span class="facet-label" title="Pending">Pending</span> <span class="facet-count">55<`).FindStringSubmatch(p.Body)
	if other == nil {
		t.Fatal("the other status is not offered")
	}
	owner.get(strings.ReplaceAll(other[1], "&amp;", "&")).want(http.StatusOK, "1–110 of 110", "Status: Active, Pending")
	owner.post("/contacts/columns", url.Values{"cols": {"number", "updated"}, "back": {"/contacts"}}).want(http.StatusOK, "Last changed").without("sort=town", `class="end wide"`)
	elsewhere.get("/contacts").want(http.StatusOK, "Last changed").without("sort=town")
	elsewhere.get("/contacts?cols=town").want(http.StatusOK, "sort=town").without("Last changed") // for once
	elsewhere.get("/contacts").want(http.StatusOK, "Last changed")
	elsewhere.get("/contacts/columns").want(http.StatusOK, "Show the usual ones")
	elsewhere.post("/contacts/columns", url.Values{"_action": {"reset"}, "back": {"/contacts"}}).want(http.StatusOK, "sort=town").without("Last changed")
	owner.get("/contacts/columns").want(http.StatusOK).without("Show the usual ones")
	owner.post("/contacts/columns", url.Values{"cols": {"nonsense"}}).want(http.StatusUnprocessableEntity)
	owner.get("/contacts?rail=0").want(http.StatusOK).without(`id="rail"`)
	owner.get("/contacts").without(`id="rail"`)
	owner.post("/contacts/addresses", url.Values{"id": {ids[0], "con_none", "../../x"}}).want(http.StatusOK, "P000 Same")
	owner.post("/contacts/addresses", url.Values{"all": {"1"}, "q": {""}}).want(http.StatusOK, "110 have no e-mail")
	for _, column := range owner.columnIDs() {
		owner.get("/contacts?rows=25&sort=" + column + "&cols=" + column).want(http.StatusOK)
		owner.get("/contacts?rows=25&sort=-" + column).want(http.StatusOK)
	}
}

func (r *reader) columnIDs() []string {
	ids := []string{"created", "updated", "nickname"}
	for _, c := range contactLook.columns {
		if !c.still {
			ids = append(ids, c.id)
		}
	}
	return ids
}

// Every ready-made view is a question that can be asked, and is marked when it is the one shown.
func TestSavedViews(t *testing.T) {
	h := open(t)
	owner := h.found("Harbour Choir", "olga@example.org")
	owner.contact(greet)
	owner.contact(`{"firstName":"Nov","birthDate":"1990-11-03"}`)
	for q, want := range map[string]int{"": 2, "type:member status:active": 2, "-email:*": 1, "birthDate:*-this-month": 1, "updatedAt>-7d": 2, "-emails.address:* -phones.number:* -addresses.town:*": 1} {
		p := owner.get("/contacts?"+url.Values{"q": {q}}.Encode()).want(http.StatusOK, fmt.Sprintf("1–%d of %d", want, want))
		if strings.Count(p.Body, `aria-current="page"`) < 2 {
			t.Errorf("%q: its tab is not marked", q)
		}
	}
	if len(contactLook.views) != 5 {
		t.Error("a view has no case here")
	}
}

func TestSuggestions(t *testing.T) {
	h := open(t)
	owner := h.found("Harbour Choir", "olga@example.org")
	for i := range 12 {
		owner.contact(fmt.Sprintf(`{"firstName":"Anna%d","lastName":"Peters"}`, i))
	}
	exact := owner.contact(`{"firstName":"Anna","lastName":"Peeters"}`)
	p := owner.get("/suggest?q=anna+peeters").want(http.StatusOK, "Anna Peeters")
	if i, j := strings.Index(p.Body, exact.ID), strings.Index(p.Body, "Anna0"); i < 0 || j >= 0 && j < i {
		t.Error("the exact match is not the first")
	}
	if n := strings.Count(owner.get("/suggest?q=anna").Body, `role="option"`); n != maxSuggestions+1 {
		t.Errorf("%d options", n)
	}
	owner.get("/suggest?q=peters+(ann").want(http.StatusOK, "Anna")
	owner.get("/search?q=anna+peeters").want(http.StatusOK, exact.ID, `value="anna peeters"`)
	owner.get("/contacts?q=zzz+nobody").want(http.StatusOK, `href="/contacts/new?firstName=zzz&amp;lastName=nobody"`)
	owner.get("/contacts/new?firstName=zzz&lastName=nobody&emails%5B0%5D.address=z%40example.org").want(http.StatusOK, `value="zzz"`, `value="nobody"`, `value="z@example.org"`)
}

// The filter of a history offers everybody who changed the contact, not only those of the page.
func TestHistoryOffersEverybody(t *testing.T) {
	h := open(t)
	owner := h.found("Harbour Choir", "olga@example.org")
	c := owner.contact(`{"firstName":"Greet","externalIds":{"shop":"A-17","archive":"99"}}`)
	colleague := h.colleague(owner, "colleague@example.org", policy.Editor)
	for i := range historyRows + 1 {
		patch := fmt.Sprintf(`{"nickname":"Nr %d"}`, i)
		if _, err := h.kernel.Records.Patch(t.Context(), repository.Write{Grant: colleague.grant}, contact.Name, c.ID, repository.AnyVersion, []byte(patch)); err != nil {
			t.Fatal(err)
		}
	}
	at := "/contacts/" + c.ID
	for _, query := range []string{"", "?user=" + colleague.grant.Actor().ID, "?from=2027-01-01"} {
		owner.get(at+"/history"+query).want(http.StatusOK, ">Olga Maes</option>", ">Colleague</option>")
	}
	if said := owner.get(at + "/login").want(http.StatusOK).words(); strings.Index(said, "archive") > strings.Index(said, "shop") {
		t.Errorf("ids of other systems in no order: %s", said)
	}
}
