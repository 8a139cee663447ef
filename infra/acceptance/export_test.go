package acceptance

import (
	"bytes"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/muster-crm/muster/shared/sheet"
	"github.com/muster-crm/muster/shared/vcard"
)

// export makes an export and fetches its file.
func (c *client) export(order map[string]any) (id string, file []byte) {
	c.t.Helper()
	id = c.call("POST", "/v1/exports", order).want(http.StatusCreated).text("id")
	if a := c.waitFor("/v1/exports/" + id); a.text("state") != "done" {
		c.t.Fatalf("the export is %s", a.raw)
	}
	return id, c.fetchExport(id)
}

func (c *client) fetchExport(id string) []byte {
	c.t.Helper()
	resp, err := http.Get(c.call("GET", "/v1/exports/"+id+"/file", nil).want(http.StatusOK).text("url"))
	if err != nil {
		c.t.Fatal(err)
	}
	defer resp.Body.Close()
	file, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK || !strings.Contains(resp.Header.Get("Content-Disposition"), "attachment") {
		c.t.Fatal(resp.StatusCode, err, resp.Header)
	}
	return file
}

// cells reads a table.
func cells(t *testing.T, file []byte) (all [][]string) {
	t.Helper()
	book, err := sheet.Open(bytes.NewReader(file), int64(len(file)), sheet.Options{})
	if err != nil {
		t.Fatal(err)
	}
	rows, err := book.Rows("")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var texts []string
		for _, c := range rows.Row().Cells {
			texts = append(texts, c.Text)
		}
		all = append(all, texts)
	}
	if rows.Err() != nil {
		t.Fatal(rows.Err())
	}
	return all
}

// IMP-12: selection, search or all, as .xlsx, CSV or vCard, with chosen columns; only what may be read; formulas are
// neutralised; the export is logged.
func TestIMP12_ExportContacts(t *testing.T) {
	c := begin(t)
	c.call("POST", "/v1/fields", map[string]any{"for": "contact", "name": "fee", "label": "Fee", "type": "amount"}).want(201)
	one := c.call("POST", "/v1/contacts", map[string]any{"firstName": "=cmd|' /C calc'!A0", "lastName": "Aerts", "type": "donor", "iban": "BE68539007547034",
		"emails": list(email("one@example.org")), "custom": map[string]any{"fee": map[string]any{"amount": 1250, "currency": "EUR"}}, "birthDate": "1985-02-28"}).want(201).text("id")
	c.call("POST", "/v1/contacts", map[string]any{"firstName": "Bo", "lastName": "Maes", "type": "member"}).want(201)
	fields := []any{"firstName", "lastName", "birthDate", "custom.fee"}
	_, file := c.export(map[string]any{"kind": "contact", "format": "csv", "fields": fields})
	if !bytes.HasPrefix(file, []byte("\ufeff")) || !bytes.Contains(file, []byte("'=cmd")) || !strings.Contains(string(file), "1985-02-28,12.50") {
		t.Errorf("%q", file)
	}
	_, file = c.export(map[string]any{"kind": "contact", "format": "xlsx", "fields": fields})
	got := cells(t, file)
	if len(got) != 3 || !slices.Equal(got[1], []string{"=cmd|' /C calc'!A0", "Aerts", "1985-02-28", "12.5"}) || got[2][0] != "Bo" {
		t.Errorf("%q", got)
	}
	donors := c.call("POST", "/v1/searches", map[string]any{"for": "contact", "name": "Donors", "query": "type:donor"}).want(201).text("id")
	for _, which := range []map[string]any{{"q": "type:donor"}, {"ids": []any{one}}, {"target": map[string]any{"search": donors}}, {"target": map[string]any{"q": "type:donor"}}} {
		which["kind"], which["format"], which["fields"] = "contact", "csv", []any{"lastName"}
		if _, file = c.export(which); len(cells(t, file)) != 2 || cells(t, file)[1][0] != "Aerts" {
			t.Errorf("%v: %q", which, file)
		}
	}
	for code, which := range map[string]map[string]any{"empty_target": {"ids": []any{}}, "one_target": {"target": map[string]any{"all": true}, "q": "type:donor"},
		"unknown_field": {"q": "colour:red"}} {
		which["kind"], which["format"] = "contact", "csv"
		if a := c.call("POST", "/v1/exports", which).want(422); a.text("errors.0.code") != code || code == "unknown_field" && a.text("errors.0.path") != "q" {
			t.Errorf("%s", a.raw)
		}
	}
	_, file = c.export(map[string]any{"kind": "contact", "q": "type:donor", "format": "vcard"})
	cards := vcard.NewReader(bytes.NewReader(file))
	if !cards.Next() || cards.Card().Person().Emails[0].Value != "one@example.org" || cards.Next() {
		t.Errorf("%q", file)
	}
	// Only fields one may read; sensitive ones with the right, and noted.
	editor := c.colleague("editor")
	if a := editor.call("POST", "/v1/exports", map[string]any{"kind": "contact", "format": "csv", "fields": []any{"firstName", "iban"}}).want(422); a.text("errors.0.code") != "denied" {
		t.Errorf("%s", a.raw)
	}
	c.colleague("reader").call("POST", "/v1/exports", map[string]any{"kind": "contact", "format": "csv"}).want(403)
	_, file = c.export(map[string]any{"kind": "contact", "format": "csv", "fields": []any{"firstName", "iban"}})
	if !strings.Contains(string(file), "BE68539007547034") {
		t.Errorf("%q", file)
	}
	if a := c.call("GET", "/v1/accesses?record="+one, nil).want(200); a.text("items.0.act") != "export" || a.text("items.0.fields.0") != "iban" {
		t.Errorf("%s", a.raw)
	}
	if a := c.call("GET", "/v1/exports", nil).want(200); len(a.list("items")) != 8 || a.text("items.0.createdBy") == "" || a.text("items.7.format") != "csv" || a.text("items.3.target.search") != donors {
		t.Errorf("%s", a.raw)
	}
	// Imported elsewhere, an export makes the same contacts.
	_, file = c.export(map[string]any{"kind": "contact", "format": "xlsx"})
	other := c.site.found(t, "Elsewhere")
	if done := other.run(other.preview("contacts.xlsx", file, nil).text("id")); done.number("counts.create") != 2 || other.total("type:donor") != 1 {
		t.Errorf("%s", done.raw)
	}
}

// IMP-13: one row for each family or company, or one for each linked contact.
func TestIMP13_ExportFamiliesAndCompanies(t *testing.T) {
	c := begin(t)
	an := c.call("POST", "/v1/contacts", map[string]any{"firstName": "An", "lastName": "Peeters"}).want(201).text("id")
	bo := c.call("POST", "/v1/contacts", map[string]any{"firstName": "Bo", "lastName": "Peeters", "emails": list(email("bo@example.org"))}).want(201).text("id")
	c.call("POST", "/v1/families", map[string]any{"name": "Peeters", "address": map[string]any{"town": "Gent"},
		"members": []any{map[string]any{"contact": an, "role": "parent", "head": true}, map[string]any{"contact": bo, "role": "child"}}}).want(201)
	c.call("POST", "/v1/companies", map[string]any{"name": "ACME", "contacts": list(map[string]any{"contact": bo, "function": "director"})}).want(201)
	for _, x := range []struct {
		order map[string]any
		want  []string
	}{
		{map[string]any{"kind": "family", "fields": []any{"name", "address.town", "members.contact"}}, []string{"Peeters|Gent|An Peeters; Bo Peeters"}},
		{map[string]any{"kind": "family", "rows": "contact", "fields": []any{"name", "members.role", "contact.firstName", "contact.emails.address"}},
			[]string{"Peeters|Parent|An", "Peeters|Child|Bo|bo@example.org"}},
		{map[string]any{"kind": "company", "fields": []any{"name", "contacts.contact"}}, []string{"ACME|Bo Peeters"}},
		{map[string]any{"kind": "company", "rows": "contact", "fields": []any{"name", "contacts.function", "contact.lastName"}}, []string{"ACME|Director|Peeters"}},
	} {
		for _, format := range []string{"xlsx", "csv"} {
			x.order["format"] = format
			_, file := c.export(x.order)
			var got []string
			for _, row := range cells(t, file)[1:] {
				got = append(got, strings.Join(row, "|"))
			}
			if !slices.Equal(got, x.want) {
				t.Errorf("%v: %q, want %q", x.order, got, x.want)
			}
		}
	}
}

// IMP-14: one file with what the user may read of a contact, in the chosen language.
func TestIMP14_ProfileAsPDF(t *testing.T) {
	c := begin(t)
	id := c.call("POST", "/v1/contacts", map[string]any{"firstName": "Žofie", "lastName": "Łódź"}).want(201).text("id")
	c.call("POST", "/v1/contacts/"+id+"/notes", map[string]any{"text": "Sings alto"}).want(201)
	for _, language := range []string{"en", "es", "nl", "fr"} {
		_, file := c.export(map[string]any{"kind": "contact", "ids": []any{id}, "format": "pdf", "language": language})
		if !bytes.HasPrefix(file, []byte("%PDF-")) || !bytes.Contains(file, []byte("FontFile2")) || !bytes.Contains(file, []byte("/Lang ("+language+")")) {
			t.Errorf("%s: %d bytes, %.80q", language, len(file), file)
		}
	}
	if page := c.pageOf("/contacts/" + id); !strings.Contains(page, "/contacts/"+id+"/pdf") {
		t.Error("the profile is not offered on its page")
	}
	c.call("POST", "/v1/exports", map[string]any{"kind": "contact", "ids": []any{"con_none"}, "format": "pdf"}).want(404)
}

// IMP-15: imports, exports and other long work on one page, with state, counts and a way to stop; an export is fetched
// again for seven days, by its maker alone.
func TestIMP15_JobPage(t *testing.T) {
	c := begin(t)
	c.call("POST", "/v1/contacts", map[string]any{"firstName": "An"}).want(201)
	done := c.run(c.preview("list.csv", []byte("Voornaam;Naam\r\nBo;Maes\r\n"), nil).text("id")).text("id")
	id, file := c.export(map[string]any{"kind": "contact", "format": "csv"})
	page := c.pageOf("/jobs")
	for _, want := range []string{"list.csv", "Import", "Export", "/exports/" + id, "/imports/" + done, "Done"} {
		if !strings.Contains(page, want) {
			t.Errorf("%q is not on the page", want)
		}
	}
	if again := c.fetchExport(id); !bytes.Equal(again, file) {
		t.Error("fetched again, it is another file")
	}
	if page := c.pageOf("/exports/" + id); !strings.Contains(page, "/exports/"+id+"/file") {
		t.Error("no way to the file")
	}
	admin := c.colleague("admin")
	admin.call("GET", "/v1/exports/"+id, nil).want(200)
	admin.call("GET", "/v1/exports/"+id+"/file", nil).want(404)
	if page := admin.pageOf("/exports/" + id); strings.Contains(page, "/file") {
		t.Error("an administrator is offered somebody else's export")
	}
	c.colleague("editor").call("GET", "/v1/exports/"+id, nil).want(404)
	if a := c.call("POST", "/v1/exports/"+id+"/cancel", nil); a.status != 409 || a.text("code") != "job_ended" {
		t.Errorf("%s", a.raw)
	}
}
