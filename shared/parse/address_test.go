package parse

import (
	"encoding/csv"
	"io"
	"os"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/encoding/charmap"

	"github.com/muster-crm/muster/infra/need"
)

func TestStreet(t *testing.T) {
	for in, want := range map[string]string{
		"Kerkstraat 12 bus 3":             "Kerkstraat|12|3",
		"Stationslaan 153 bus 3":          "Stationslaan|153|3",
		"Molenweg 124A":                   "Molenweg|124A|",
		"Dorpsplein 8 A":                  "Dorpsplein|8 A|",
		"Kerkstraat 12/3":                 "Kerkstraat|12|3",
		"Kerkstraat 12 bte 3":             "Kerkstraat|12|3",
		"Kerkstraat 12B3":                 "Kerkstraat 12B3||",
		"Kerkstraat 12bus3":               "Kerkstraat|12|3",
		"Kerkstraat, 12":                  "Kerkstraat|12|",
		"Kerkstraat nr. 12":               "Kerkstraat|12|",
		"Stationsstraat 12-14":            "Stationsstraat|12-14|",
		"Plein 1940 5":                    "Plein 1940|5|",
		"Rue du 8 mai 1945 12":            "Rue du 8 mai 1945|12|",
		"1 Meistraat 5":                   "1 Meistraat|5|",
		"11 Novemberlaan 3 bus 2":         "11 Novemberlaan|3|2",
		"99 bis, rue de la République":    "rue de la République|99 bis|",
		"12 rue du 8 mai 1945":            "rue du 8 mai 1945|12|",
		"12 ter avenue Foch":              "avenue Foch|12 ter|",
		"Rue de la Loi 16 bte 3":          "Rue de la Loi|16|3",
		"Rue Neuve, 12 boîte 4":           "Rue Neuve|12|4",
		"53 High Street":                  "High Street|53|",
		"12A Park Lane":                   "Park Lane|12A|",
		"Flat 2, 53 High Street":          "High Street|53|Flat 2",
		"Calle Mayor 5, 2º B":             "Calle Mayor|5|2º B",
		"C/ Mayor, 5, 2º B":               "C/ Mayor|5|2º B",
		"Av. de la Paz, 12 3ºA":           "Av. de la Paz|12|3ºA",
		"Calle Mayor nº 5 piso 2":         "Calle Mayor|5|piso 2",
		"Calle Mayor 5, esc. A, 3º 2ª":    "Calle Mayor|5|esc. A, 3º 2ª",
		"Calle Mayor, s/n":                "Calle Mayor|s/n|",
		"Camino Real s/n bajo":            "Camino Real|s/n|bajo",
		"Kerkstraat":                      "Kerkstraat||",
		"The Old Vicarage":                "The Old Vicarage||",
		"":                                "||",
		"12":                              "12||",
		"Postbus 123":                     "Postbus|123|",
		"  Kerkstraat   12  ":             "Kerkstraat|12|",
		"Kerkstraat 12 naast de bakkerij": "Kerkstraat 12 naast de bakkerij||",
	} {
		street, number, box := Street(in)
		if got := street + "|" + number + "|" + box; got != want {
			t.Errorf("%q: %s, want %s", in, got, want)
		}
	}
}

func TestAddress(t *testing.T) {
	for in, want := range map[string]Place{
		"99 bis, rue de la République\n75011 Paris":       {Street: "rue de la République", Number: "99 bis", Postcode: "75011", Town: "Paris"},
		"99 bis, rue de la République, 75011 Paris":       {Street: "rue de la République", Number: "99 bis", Postcode: "75011", Town: "Paris"},
		"Kerkstraat 12 bus 3, 9000 Gent":                  {Street: "Kerkstraat", Number: "12", Box: "3", Postcode: "9000", Town: "Gent"},
		"Kerkstraat 12 bus 3 9000 Gent":                   {Street: "Kerkstraat", Number: "12", Box: "3", Postcode: "9000", Town: "Gent"},
		"Kerkstraat 12, B-9000 Gent, België":              {Street: "Kerkstraat", Number: "12", Postcode: "9000", Town: "Gent", Country: "BE"},
		"Damrak 1\r\n1012 LG Amsterdam\r\nNederland":      {Street: "Damrak", Number: "1", Postcode: "1012 LG", Town: "Amsterdam", Country: "NL"},
		"53 High Street\nLeeds\nLS1 1UR":                  {Street: "High Street", Number: "53", Postcode: "LS1 1UR", Town: "Leeds", Country: "GB"},
		"53 High Street, Leeds LS1 1UR":                   {Street: "High Street", Number: "53", Postcode: "LS1 1UR", Town: "Leeds", Country: "GB"},
		"Flat 2\n53 High Street\nLeeds LS1 1UR\nUK":       {Street: "High Street", Number: "53", Postcode: "LS1 1UR", Town: "Leeds", Country: "GB", Box: "Flat 2"},
		"Calle Mayor, 5, 2º B, 28013 Madrid, España":      {Street: "Calle Mayor", Number: "5", Box: "2º B", Postcode: "28013", Town: "Madrid", Country: "ES"},
		"Calle Mayor 5\n2º B\n28013 Madrid":               {Street: "Calle Mayor", Number: "5", Box: "2º B", Postcode: "28013", Town: "Madrid"},
		"12 Oak Street, Springfield, IL 62701, USA":       {Street: "Oak Street", Number: "12", Postcode: "62701", Town: "Springfield", Region: "IL", Country: "US"},
		"12 Oak Street\nSpringfield, IL 62701":            {Street: "Oak Street", Number: "12", Postcode: "62701", Town: "Springfield", Region: "IL", Country: "US"},
		"Résidence Les Lilas\n3 rue Foch\n31000 Toulouse": {Street: "rue Foch", Number: "3", Postcode: "31000", Town: "Toulouse", Extra: "Résidence Les Lilas"},
		"Kerkstraat 12": {Street: "Kerkstraat", Number: "12"},
		"9000 Gent":     {Postcode: "9000", Town: "Gent"},
		"":              {},
		"\n,\n":         {},
	} {
		if diff := cmp.Diff(want, Address(in)); diff != "" {
			t.Errorf("%q: %s", in, diff)
		}
	}
}

// TestLists reads the columns of whole lists: every value of them is understood.
func TestLists(t *testing.T) {
	column := func(file, name string, comma rune, decode func(io.Reader) io.Reader) []string {
		f, err := os.Open(need.TestData(t, file))
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		r := csv.NewReader(decode(f))
		r.Comma, r.FieldsPerRecord = comma, -1
		rows, err := r.ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		at := -1
		var values []string
		for _, row := range rows {
			for i, cell := range row {
				if at < 0 && strings.TrimPrefix(cell, "\ufeff") == name {
					at = i
					row = nil
				}
			}
			if at >= 0 && at < len(row) && row[at] != "" {
				values = append(values, row[at])
			}
		}
		if len(values) < 100 {
			t.Fatalf("%s %s: %d values", file, name, len(values))
		}
		return values
	}
	plain := func(r io.Reader) io.Reader { return r }
	dates := func(values []string, order Order) {
		t.Helper()
		got, ambiguous := DateOrder(values)
		if got != order || ambiguous {
			t.Errorf("%s %v, want %s", got, ambiguous, order)
		}
		for _, v := range values {
			if _, ok := Date(v, DateRule{Order: got, Now: now, Past: true}); !ok {
				t.Errorf("no date: %q", v)
			}
		}
	}
	const dutch, french, english = "contacts/ledenlijst-2026.csv", "contacts/adherents.csv", "contacts/members-export.csv"
	western := func(r io.Reader) io.Reader { return charmap.Windows1252.NewDecoder().Reader(r) }
	dates(column(dutch, "Geb.datum", ';', western), DMY)
	dates(column(french, "Né(e) le", ';', plain), DMY)
	dates(column(english, "DOB", ',', plain), MDY)
	dates(column(english, "Joined", ',', plain), YMD)
	for _, v := range column(dutch, "Lidgeld", ';', western) {
		if _, _, ok := Amount(v); !ok {
			t.Errorf("no amount: %q", v)
		}
	}
	for _, v := range column(dutch, "Straat + nr", ';', western) {
		if _, number, _ := Street(v); number == "" {
			t.Errorf("no number: %q", v)
		}
	}
	for _, v := range column(french, "Adresse complète", ';', plain) {
		if p := Address(v); p.Number == "" || p.Street != "rue de la République" || p.Town != "Paris" || p.Postcode != "75011" {
			t.Errorf("%q: %+v", v, p)
		}
	}
	for _, values := range [][]string{column(dutch, "M/V", ';', western), column(french, "Civilité", ';', plain)} {
		for _, v := range values {
			if _, ok := Gender(v); !ok {
				t.Errorf("no gender: %q", v)
			}
		}
	}
	for _, values := range [][]string{column(dutch, "Nieuwsbrief", ';', western), column(french, "Cotisation réglée", ';', plain),
		column(english, "Newsletter?", ',', plain)} {
		for _, v := range values {
			if _, ok := Bool(v); !ok && v != "12" {
				t.Errorf("no yes or no: %q", v)
			}
		}
	}
	for _, v := range column(english, "Country", ',', plain) {
		if code, _ := Country(v); code != "GB" {
			t.Errorf("%q: %s", v, code)
		}
	}
}

// FuzzAddress checks that no text upsets the functions that take texts apart, and that nothing is made up: every part
// of an address stands in it.
func FuzzAddress(f *testing.F) {
	for _, s := range []string{"99 bis, rue de la République\n75011 Paris", "Flat 2, 53 High Street, Leeds LS1 1UR", "Calle Mayor, s/n", ",,1", "1,1", "B-9000 x"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		Emails(s)
		PersonName(s)
		Country(s)
		Gender(s)
		Bool(s)
		if !utf8.ValidString(s) {
			Address(s)
			return // cutting it may make characters of bytes
		}
		squeeze := func(s string) string {
			return strings.ToUpper(strings.Join(strings.FieldsFunc(s, func(r rune) bool { return r == ',' || r == ' ' }), ""))
		}
		whole := squeeze(strings.Join(strings.Fields(s), ""))
		street, number, box := Street(s)
		p := Address(s)
		for _, part := range []string{street, number, box, p.Street, p.Number, p.Box, p.Postcode, p.Town, p.Region} {
			if part != "s/n" && !strings.Contains(whole, squeeze(strings.Join(strings.Fields(part), ""))) {
				t.Fatalf("%q has no %q", s, part)
			}
		}
	})
}
