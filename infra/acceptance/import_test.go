package acceptance

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/muster-crm/muster/infra/need"
)

// preview uploads a file, previews it with a plan (nil: the guessed one) and gives the import as it is then.
func (c *client) preview(name string, content []byte, plan any) *answer {
	c.t.Helper()
	id := c.upload(name, content)
	c.call("GET", "/v1/imports/"+id, nil).want(200)
	if plan != nil {
		c.call("PUT", "/v1/imports/"+id+"/plan", plan).want(200)
	}
	c.call("POST", "/v1/imports/"+id+"/preview", nil).want(200)
	return c.await(id)
}

// run runs an import to its end.
func (c *client) run(id string) *answer {
	c.t.Helper()
	c.call("POST", "/v1/imports/"+id+"/run", nil).want(200)
	return c.await(id)
}

// total counts the contacts a query finds.
func (c *client) total(q string) int {
	c.t.Helper()
	return c.call("GET", "/v1/contacts?limit=1&count=true&q="+q, nil).want(200).number("total")
}

// IMP-01: .xlsx and CSV of every kind are read; anything else is refused with the reason before a row is written.
func TestIMP01_ImportAFile(t *testing.T) {
	c := begin(t)
	for _, f := range []struct {
		name string
		rows int // at least so many contacts
	}{
		{"ledenlijst-2026.csv", 470},  // Windows-1252, semicolons, a title, a total
		{"socios.tsv", 350},           // UTF-16 with tabs
		{"adherents.csv", 250},        // UTF-8 with a mark, line breaks in cells
		{"members-export.csv", 1990},  // commas, month first
		{"members-export.xlsx", 1990}, // a workbook
		{"basic_csv_addressbook.csv", 2},
		{"csv_semicolon.csv", 2},
		{"utf16_addressbook.csv", 1},
	} {
		t.Run(f.name, func(t *testing.T) {
			c := c.site.found(t, "Org"+strings.NewReplacer(".", "", "-", "", "_", "").Replace(f.name))
			content, err := os.ReadFile(need.TestData(t, "contacts/"+f.name))
			if err != nil {
				t.Fatal(err)
			}
			done := c.run(c.preview(f.name, content, nil).text("id"))
			if done.text("state") != "done" || done.number("counts.create") < f.rows || c.total("") != done.number("counts.create") {
				t.Errorf("counts %v, %d contacts, want %d or more", done.at("counts"), c.total(""), f.rows)
			}
		})
	}
	for name, content := range map[string][]byte{
		"picture.xlsx": []byte("\x89PNG\r\n\x1a\n0000000000000000"),
		"document.csv": []byte("%PDF-1.7\n%âãÏÓ\n"),
		"old.xls":      append([]byte("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"), make([]byte, 4096)...),
		"damaged.xlsx": []byte("PK\x03\x04 and then nothing of use"),
		"blank.csv":    []byte("\r\n\r\n"),
	} {
		t.Run("refused: "+name, func(t *testing.T) {
			before := c.total("")
			id := c.upload(name, content)
			a := c.call("GET", "/v1/imports/"+id, nil).want(200)
			if a.text("state") != "failed" || a.text("failure.code") == "" || a.text("failure.message") == "" {
				t.Errorf("import %s", a.raw)
			}
			c.call("POST", "/v1/imports/"+id+"/run", nil).want(409)
			if c.total("") != before {
				t.Error("a row was written")
			}
		})
	}
	t.Run("larger than 50 MB is refused before the upload", func(t *testing.T) {
		a := c.call("POST", "/v1/imports", map[string]any{"kind": "contact", "fileName": "big.xlsx", "size": 50<<20 + 1}).want(422)
		if a.codes()["size"] != "file_too_large" {
			t.Errorf("codes %v", a.codes())
		}
	})
	t.Run("run before the upload is refused", func(t *testing.T) {
		a := c.call("POST", "/v1/imports", map[string]any{"kind": "contact", "fileName": "later.csv", "size": 10}).want(201)
		if b := c.call("POST", "/v1/imports/"+a.text("id")+"/run", nil).want(409); b.text("code") != "not_uploaded" {
			t.Errorf("code %s", b.text("code"))
		}
	})
}

// IMP-03: headers are matched in any language; an unknown column becomes a field of one's own or is ignored.
func TestIMP03_MapColumns(t *testing.T) {
	c := begin(t)
	for language, header := range map[string]string{
		"en": "First name,Surname,Date of birth,E-mail,Mobile,Postcode,Town",
		"nl": "Voornaam,Achternaam,Geboortedatum,E-mailadres,GSM,Postcode,Gemeente",
		"fr": "Prénom,Nom,Date de naissance,Courriel,Portable,Code postal,Ville",
		"es": "Nombre,Apellidos,Fecha de nacimiento,Correo electrónico,Móvil,C.P.,Población",
	} {
		t.Run(language, func(t *testing.T) {
			id := c.upload("x.csv", []byte(header+"\nAnn,Nys,12/11/1980,ann@example.org,+32471000001,9000,Gent\n"))
			a := c.call("GET", "/v1/imports/"+id, nil).want(200)
			for i, want := range []string{"firstName", "lastName", "birthDate", "emails.address", "phones.number:mobile", "addresses.postcode", "addresses.town"} {
				if got := a.text(fmt.Sprintf("guess.columns.%d.field", i)); got != want {
					t.Errorf("%s: %q, want %q", a.text(fmt.Sprintf("guess.columns.%d.header", i)), got, want)
				}
			}
		})
	}
	t.Run("an unknown column becomes a field or is ignored", func(t *testing.T) {
		id := c.upload("x.csv", []byte("Voornaam;Lid sinds;Kleur\nBob;2020;rood\n"))
		guess := c.call("GET", "/v1/imports/"+id, nil).want(200)
		if guess.at("guess.columns.2.ignore") != true {
			t.Errorf("Kleur is mapped: %s", raw(t, guess.at("guess.columns.2")))
		}
		plan := map[string]any{"columns": []any{
			map[string]any{"header": "Voornaam", "field": "firstName"},
			map[string]any{"header": "Lid sinds", "newCustomField": "text"},
			map[string]any{"header": "Kleur", "ignore": true},
		}}
		c.call("PUT", "/v1/imports/"+id+"/plan", plan).want(200)
		c.run(id)
		found := c.call("GET", "/v1/contacts?q="+"custom.lidSinds:2020", nil).want(200)
		if found.text("items.0.firstName") != "Bob" || found.text("items.0.custom.lidSinds") != "2020" || found.at("items.0.custom.kleur") != nil {
			t.Errorf("found %s", found.raw)
		}
	})
	t.Run("a plan that does not fit is refused at the column", func(t *testing.T) {
		id := c.upload("x.csv", []byte("Voornaam;Naam\nBob;Bos\n"))
		c.call("GET", "/v1/imports/"+id, nil).want(200)
		a := c.call("PUT", "/v1/imports/"+id+"/plan", map[string]any{"columns": []any{
			map[string]any{"header": "Voornaam", "field": "colour"}, map[string]any{"header": "Naam", "field": "lastName"}}}).want(422)
		if a.codes()["columns[0].field"] != "unknown_field" || a.codes()["columns"] != "no_name_column" {
			t.Errorf("codes %v", a.codes())
		}
	})
}

const mixed = "Voornaam;Naam;E-mail;GSM;Geboren\r\n" +
	"Ann;Nys;ann@example.org;0471 00 00 01;1/2/1980\r\n" +
	";Naamloos;x@example.org;;\r\n" +
	"Bob;Bos;geen adres;;\r\n" +
	"Cas;Cool;cas@example.org;0471 00 00 01;\r\n" +
	"Dan;Dom;dan@example.org;;31/02/1980\r\n" +
	"Eva;Els;eva@example.org;;\r\n"

// IMP-04: every row's fate, with line and reason, before anything is written.
func TestIMP04_DryRun(t *testing.T) {
	c := begin(t)
	previewed := c.preview("mixed.csv", []byte(mixed), nil)
	id := previewed.text("id")
	t.Run("nothing is written", func(t *testing.T) {
		if previewed.text("state") != "previewed" || c.total("") != 0 {
			t.Errorf("state %s, %d contacts", previewed.text("state"), c.total(""))
		}
	})
	t.Run("every row with line, fate and reason", func(t *testing.T) {
		a := c.call("GET", "/v1/imports/"+id+"/rows", nil).want(200)
		var got []string
		for _, row := range a.list("items") {
			got = append(got, fmt.Sprint(dig(row, "line"), " ", dig(row, "result"), " ", dig(row, "reasons.0.code")))
			if dig(row, "result") == "reject" && dig(row, "reason") == "" {
				t.Errorf("no sentence for %v", row)
			}
		}
		want := []string{"2 create <nil>", "3 reject required", "4 reject email_invalid", "5 reject mobile_taken", "6 reject bad_date", "7 create <nil>"}
		if strings.Join(got, "\n") != strings.Join(want, "\n") {
			t.Errorf("rows:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
	})
	t.Run("checked again at the run", func(t *testing.T) {
		c.contact(map[string]any{"firstName": "First", "phones": []any{map[string]any{"line": "mobile", "number": "0471000001"}}})
		done := c.run(id)
		if done.number("counts.create") != 1 || done.number("counts.reject") != 5 {
			t.Errorf("counts %v", done.at("counts")) // the number of Ann and Cas is somebody else's by now
		}
		rows := c.call("GET", "/v1/imports/"+id+"/rows?result=reject", nil).want(200)
		if fmt.Sprint(rows.at("items.0.line")) != "2" || rows.text("items.0.reasons.0.conflicts.0.title") != "First" {
			t.Errorf("rejected %s", rows.raw)
		}
	})
}

// IMP-09: refused rows come back in the same columns with a reason; corrected and sent in again they make no duplicates.
func TestIMP09_ErrorFile(t *testing.T) {
	c := begin(t)
	done := c.run(c.preview("mixed.csv", []byte(mixed), nil).text("id"))
	t.Run("good rows go in", func(t *testing.T) {
		if done.number("counts.create") != 2 || c.total("") != 2 {
			t.Errorf("counts %v", done.at("counts"))
		}
	})
	url := c.call("GET", "/v1/imports/"+done.text("id")+"/errors", nil).want(200).text("url")
	resp, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	file, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != 200 {
		t.Fatalf("error file: %d %v", resp.StatusCode, err)
	}
	t.Run("the same columns and a reason", func(t *testing.T) {
		lines := strings.Split(strings.TrimSpace(strings.TrimPrefix(string(file), "\ufeff")), "\r\n")
		if len(lines) != 5 || !strings.HasPrefix(lines[0], "Voornaam;Naam;E-mail;GSM;Geboren;") || !strings.HasPrefix(lines[1], ";Naamloos;x@example.org;;;") {
			t.Errorf("file:\n%s", file)
		}
		for _, line := range lines[1:] {
			if strings.HasSuffix(line, ";") {
				t.Errorf("no reason in %s", line)
			}
		}
		if !strings.Contains(resp.Header.Get("Content-Disposition"), "attachment") {
			t.Errorf("disposition %q", resp.Header.Get("Content-Disposition"))
		}
	})
	t.Run("corrected, it makes no duplicates", func(t *testing.T) {
		fixed := bytes.ReplaceAll(file, []byte(";Naamloos"), []byte("Nel;Naamloos"))
		fixed = bytes.ReplaceAll(fixed, []byte("geen adres"), []byte("bob@example.org"))
		fixed = bytes.ReplaceAll(fixed, []byte("31/02/1980"), []byte("28/02/1980"))
		fixed = bytes.Replace(fixed, []byte("0471 00 00 01"), []byte("0471 00 00 02"), 1)
		again := c.run(c.preview("fixed.csv", fixed, nil).text("id"))
		if again.number("counts.create") != 4 || again.number("counts.reject") != 0 || c.total("") != 6 {
			t.Errorf("counts %v, %d contacts", again.at("counts"), c.total(""))
		}
	})
}

// IMP-16: numbers and phone numbers of the old system are kept.
func TestIMP16_NumbersKept(t *testing.T) {
	c := begin(t)
	taken := c.call("POST", "/v1/contacts", `{"firstName":"Here"}`).want(201).number("number")
	file := fmt.Sprintf("Lidnr;Voornaam;Tel\n00100;Ann;0471 00 00 01\n%d;Bob;0471 00 00 02\n00050;Cas;0471 00 00 03\n00050;Dan;0471 00 00 04\n", taken)
	previewed := c.preview("numbers.csv", []byte(file), nil)
	t.Run("the country of national numbers is guessed and can be changed", func(t *testing.T) {
		if previewed.text("guess.defaultCountry") != "BE" {
			t.Errorf("guessed %q", previewed.text("guess.defaultCountry"))
		}
		other := c.preview("french.csv", []byte("Prénom;Portable\nZoé;06 20 48 93 64\nLuc;07 76 77 93 90\n"), map[string]any{"defaultCountry": "FR"})
		c.run(other.text("id"))
		if got := c.call("GET", "/v1/contacts?q=zoe", nil).text("items.0.phones.0.number"); got != "+33620489364" {
			t.Errorf("number %q", got)
		}
	})
	done := c.run(previewed.text("id"))
	t.Run("a free number is kept, a taken one refused", func(t *testing.T) {
		if done.number("counts.create") != 2 || done.number("counts.reject") != 2 {
			t.Errorf("counts %v", done.at("counts"))
		}
		if n := c.call("GET", "/v1/contacts?q=ann", nil).number("items.0.number"); n != 100 {
			t.Errorf("Ann has number %d", n)
		}
		rows := c.call("GET", "/v1/imports/"+done.text("id")+"/rows?result=reject", nil)
		for i := range rows.list("items") {
			if code := rows.text(fmt.Sprintf("items.%d.reasons.0.code", i)); code != "number_taken" {
				t.Errorf("code %q", code)
			}
		}
	})
	t.Run("the counter goes on above", func(t *testing.T) {
		if n := c.call("POST", "/v1/contacts", `{"firstName":"Next"}`).want(201).number("number"); n != 101 {
			t.Errorf("next number %d, want 101", n)
		}
	})
}
