package importer_test

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/google/go-cmp/cmp"

	"github.com/muster-crm/muster/shared/importer"
	"github.com/muster-crm/muster/shared/job"
)

// workbook makes an .xlsx of strings and numbers; a number in a column named "Geboren" is shown as a date.
func workbook(t testing.TB, from1904 bool, rows ...[]any) []byte {
	t.Helper()
	var sheet strings.Builder
	sheet.WriteString(`<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>`)
	for i, row := range rows {
		fmt.Fprintf(&sheet, `<row r="%d">`, i+1)
		for column, v := range row {
			ref := fmt.Sprintf("%c%d", 'A'+column, i+1)
			switch v := v.(type) {
			case string:
				fmt.Fprintf(&sheet, `<c r="%s" t="inlineStr"><is><t>%s</t></is></c>`, ref, strings.NewReplacer("&", "&amp;", "<", "&lt;").Replace(v))
			case int:
				style := 0
				if rows[0][column] == "Geboren" {
					style = 1
				}
				fmt.Fprintf(&sheet, `<c r="%s" s="%d"><v>%d</v></c>`, ref, style, v)
			case error:
				fmt.Fprintf(&sheet, `<c r="%s" t="e"><v>%s</v></c>`, ref, v)
			}
		}
		sheet.WriteString(`</row>`)
	}
	sheet.WriteString(`</sheetData></worksheet>`)
	epoch := ""
	if from1904 {
		epoch = `<workbookPr date1904="1"/>`
	}
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, part := range [][2]string{
		{"[Content_Types].xml", `<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/><Override PartName="/xl/worksheets/sheet1.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/><Override PartName="/xl/styles.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.styles+xml"/></Types>`},
		{"_rels/.rels", `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>`},
		{"xl/workbook.xml", `<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships">` + epoch + `<sheets><sheet name="Leden" sheetId="1" r:id="r1"/></sheets></workbook>`},
		{"xl/_rels/workbook.xml.rels", `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/><Relationship Id="r2" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/styles" Target="styles.xml"/></Relationships>`},
		{"xl/styles.xml", `<styleSheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><cellXfs count="2"><xf numFmtId="0"/><xf numFmtId="14"/></cellXfs></styleSheet>`},
		{"xl/worksheets/sheet1.xml", sheet.String()},
	} {
		w, err := z.Create(part[0])
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(part[1])); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func utf16le(s string) []byte {
	out := []byte{0xff, 0xfe}
	for _, u := range utf16.Encode([]rune(s)) {
		out = append(out, byte(u), byte(u>>8))
	}
	return out
}

// What single cells become.
func TestCells(t *testing.T) {
	text := func(s string) []byte { return []byte(strings.ReplaceAll(s, "|", "\n")) }
	for name, c := range map[string]struct {
		content []byte
		want    string // of the first contact: the fields named in the case
		fields  string
		reject  int64
	}{
		"1900 date":         {workbook(t, false, []any{"Voornaam", "Geboren"}, []any{"An", 27571}), "1975-06-26", "BirthDate", 0},
		"1904 date":         {workbook(t, true, []any{"Voornaam", "Geboren"}, []any{"An", 27571 - 1462}), "1975-06-26", "BirthDate", 0},
		"leading zeros":     {text("Voornaam;Postcode;ID|An;01234;0007|Bo;02345;0008"), "01234", "Postcode", 0},
		"utf-16":            {utf16le("Voornaam;Naam\r\nZoë;Łukasz\r\n"), "Zoë Łukasz", "Name", 0},
		"windows-1252":      {[]byte("Voornaam;Naam\r\nZo\xeb;D\x92Hondt\r\n"), "Zoë D’Hondt", "Name", 0},
		"no header":         {text("An;Maes;an@example.org|Bo;Claes;bo@example.org|Cis;Roels;cis@example.org"), "An Maes", "Name", 0},
		"full name":         {text("Naam;E-mail|Maes, An;an@example.org|Claes, Bo;bo@example.org"), "An Maes", "Name", 0},
		"two mails":         {text("Voornaam;E-mail|An;an@example.org / an.maes@example.com"), "an@example.org an.maes@example.com", "Emails", 0},
		"national number":   {text("Voornaam;Telefoon|An;09 223 45 67"), "+3292234567", "Phones", 0},
		"number as number":  {workbook(t, false, []any{"Voornaam", "GSM"}, []any{"An", 471565431}), "+32471565431", "Phones", 0},
		"day first":         {text("Voornaam;Geboortedatum|An;3/4/1980|Bo;23/4/1980"), "1980-04-03", "BirthDate", 0},
		"month first":       {text("First name;DOB|An;3/4/1980|Bo;3/24/1980"), "1980-03-04", "BirthDate", 0},
		"date in parts":     {text("First name;Birth Year;Birth Month;Birth Day|An;1980;4;3"), "1980-04-03", "BirthDate", 0},
		"no such date":      {text("Voornaam;Geboren|Bo;3/3/1981|An;31/2/1980"), "1981-03-03", "BirthDate", 1},
		"future":            {text("Voornaam;Geboren|Bo;3/3/1981|An;1/1/2031"), "1981-03-03", "BirthDate", 1},
		"error cell":        {workbook(t, false, []any{"Voornaam", "Naam"}, []any{"Bo", "Claes"}, []any{"An", errors.New("#N/A")}), "Bo Claes", "Name", 1},
		"missing words":     {text("Voornaam;Naam;E-mail;GSM;Geboren|An;Maes;-;n/a;onbekend|Bo;Claes;bo@example.org;0471565431;1/2/1980"), "An Maes", "Name", 0},
		"bell and zero":     {[]byte("Voornaam;Naam\nAn\a;Ma\u200bes\n"), "An Maes", "Name", 0},
		"address in France": {text("Prénom;Adresse;Portable|An;12 rue de la Paix, 75002 Paris;06 20 48 93 64|Bo;3 rue Haute, 59000 Lille;06 20 48 93 65"), "rue de la Paix 12 75002 Paris FR", "Address", 0},
	} {
		t.Run(name, func(t *testing.T) {
			h := open(t, nil)
			imp := h.upload(name, c.content)
			if imp.Guess == nil {
				t.Fatal(imp.Failure)
			}
			imp = h.run(imp.ID)
			if imp.State != job.Done || imp.Counts["reject"] != c.reject {
				t.Fatalf("%s %s: %v\n%s", imp.State, imp.Failure, imp.Counts, strings.Join(h.end(imp.ID).Rows, "\n"))
			}
			first := h.contacts(h.rows(imp.ID, importer.Create, 50))[0]
			got := ""
			switch c.fields {
			case "Name":
				got = first.Title()
			case "BirthDate":
				got = string(first.BirthDate)
			case "Emails":
				for _, e := range first.Emails {
					got += e.Address + " "
				}
			case "Phones":
				for _, p := range first.Phones {
					got += p.Number + " "
				}
			case "Postcode":
				got = first.Addresses[0].Postcode
				if first.ExternalIDs["import"] != "0007" && first.Number != 7 {
					t.Errorf("ID became %v and number %d", first.ExternalIDs, first.Number)
				}
			case "Address":
				a := first.Addresses[0]
				got = strings.Join([]string{a.Street, a.Number, a.Postcode, a.Town, a.Country}, " ")
			}
			if got = strings.TrimSpace(got); got != c.want {
				t.Errorf("%q, not %q", got, c.want)
			}
		})
	}
}

// Cells somebody made to do harm end as text, or as rejected rows; no chunk grows beyond what a commit takes.
func TestHostileCells(t *testing.T) {
	long := strings.Repeat("ü", 16_000)
	var wide strings.Builder
	wide.WriteString("Voornaam;Naam;E-mail")
	for i := range 190 {
		fmt.Fprintf(&wide, ";Kolom %d", i)
	}
	wide.WriteString("\n")
	for i := range 120 {
		fmt.Fprintf(&wide, "Person %d;%s;not an address", i, strings.Repeat("x", 300))
		for range 190 {
			wide.WriteString(";" + strings.Repeat("é", 100))
		}
		wide.WriteString("\n")
	}
	for name, content := range map[string]string{
		"markup":   "Voornaam;Naam;E-mail\n<script>alert(1)</script>;\"><img src=x onerror=alert(1)>;x\n",
		"long":     "Voornaam;Naam;Tags\nAn;" + long + ";" + long + "\nBo;Claes;" + strings.Repeat("tag,", 4000) + "\n",
		"wide":     wide.String(),
		"formulas": "Voornaam;Naam;E-mail\n=cmd|' /C calc'!A0;@SUM(1);+1\n",
		"keys":     "Voornaam;E-mail\n" + strings.Repeat("An;same@example.org\n", 300),
	} {
		t.Run(name, func(t *testing.T) {
			h := open(t, nil)
			imp := h.upload(name+".csv", []byte(content))
			if imp.Guess == nil {
				t.Fatal(imp.Failure)
			}
			before := h.preview(imp.ID)
			after := h.run(imp.ID)
			if after.State != job.Done {
				t.Fatalf("%s: %s", after.State, after.Failure)
			}
			if n, want := before.Counts[importer.Alike], map[string]int64{"keys": 49}[name]; n != want { // each but the first is like one before
				t.Errorf("%d alike, want %d", n, want)
			}
			delete(before.Counts, importer.Alike) // a run does not look
			if diff := cmp.Diff(before.Counts, after.Counts); diff != "" {
				t.Error(diff)
			}
			if n := len(h.rows(imp.ID, "", 200)); int64(n) != after.Counts["done"] {
				t.Errorf("%d rows told of, %d done", n, after.Counts["done"])
			}
			if after.Counts["reject"] > 0 && len(h.errorFile(imp.ID)) == 0 {
				t.Error("no error file")
			}
		})
	}
}
