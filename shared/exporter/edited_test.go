package exporter_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/muster-crm/muster/shared/exporter"
	"github.com/muster-crm/muster/shared/i18n"
	"github.com/muster-crm/muster/shared/sheet"
)

// crowd makes people of all sorts: with nothing but a name, with several of what there can be several of, in groups.
func (h *house) crowd(n int) {
	h.t.Helper()
	h.make("value", `{"list":"functions","code":"captain","label":"Captain"}`)
	a, b := h.make("group", `{"name":"U15"}`).Base().ID, h.make("group", `{"name":"Board, the"}`).Base().ID
	h.make("field", `{"for":"contact","name":"sizes","label":"Sizes","type":"choices","options":["S","L; XL"]}`)
	r := rand.New(rand.NewPCG(1, 2))
	some := func(members ...string) (chosen []string) {
		for _, m := range members {
			if r.IntN(2) == 0 {
				chosen = append(chosen, m)
			}
		}
		return chosen
	}
	for i := range n {
		members := append([]string{fmt.Sprintf(`"firstName":"P%d"`, i)}, some(`"lastName":"Maes; \"de\" jonge"`, `"prefix":"van den"`, `"nickname":"=1+1"`, `"birthDate":"1980-02-29"`, `"gender":"other"`,
			`"tags":["a","b;c","D \"e\""]`, `"occupation":"- "`, `"website":"https://example.org/a;b"`, `"nationalities":["BE","NL"]`, `"newsletter":true`, `"shirtNumber":0`, `"discount":1250`,
			`"iban":"BE68539007547034"`, `"custom":{"sizes":["L; XL","S"]}`, `"language":"en"`, `"status":"withdrawn"`,
			fmt.Sprintf(`"externalIds":{"import":"00%d"}`, i),
			fmt.Sprintf(`"emails":[{"address":"a%d@example.org","kind":"other"},{"address":"b%d@example.org","main":true},{"address":"w%d@example.org","kind":"work"}]`, i, i, i),
			fmt.Sprintf(`"phones":[{"line":"mobile","number":"+324711%05d"},{"line":"mobile","number":"+324712%05d","main":true,"kind":"work"},{"line":"fixed","number":"+3223450000"}]`, i, i),
			`"addresses":[{"street":"Oud","number":"1","town":"Gent"},{"kind":"other","street":"Rue du 8 mai","number":"2A","box":"3","postcode":"1000","town":"Bruxelles","country":"FR","main":true}]`,
			`"work":[{"employer":"ACME","role":"boss"},{"employer":"Other"}]`,
			fmt.Sprintf(`"groups":[{"group":%q,"function":"captain","from":"2020-01-01","to":"2021-01-01"},{"group":%q},{"group":%q,"from":"2022-02-02"}]`, a, a, b))...)
		h.make("contact", "{"+strings.Join(members, ",")+"}")
	}
}

// An export that nobody has touched changes nothing when it is imported again, with every rule to overwrite and every empty
// cell clearing; one that was edited changes exactly what was edited (API-08, API-09).
func TestEdited(t *testing.T) {
	for _, l := range i18n.Languages() {
		h := open(t)
		h.crowd(40)
		columns, err := h.exports.Columns(t.Context(), h.grant, "contact", false, l)
		if err != nil {
			t.Fatal(err)
		}
		var fields []string
		at := map[string]int{}
		for i, c := range columns {
			fields = append(fields, c.Path)
			at[c.Path] = i
		}
		for _, format := range []exporter.Format{exporter.XLSX, exporter.CSV} {
			_, file := h.export(exporter.Order{Kind: "contact", Target: everything, Fields: fields, Format: format, Language: l}, nil)
			want := make([]string, 40)
			for i := range want {
				want[i] = "unchanged"
			}
			h.again("again."+string(format), file, want...)
			if format == exporter.CSV {
				continue
			}
			var b strings.Builder
			w := sheet.NewCSVWriter(&b, ';')
			for n, row := range rows(t, file) {
				for len(row) < len(columns) {
					row = append(row, "")
				}
				if n == 0 {
					if err := w.Header(row); err != nil {
						t.Fatal(err)
					}
					continue
				}
				switch n {
				case 1:
					row[at["nickname"]] = "Edited"
				case 2:
					row[at["occupation"]], row[at["tags"]] = "judge", "only"
				}
				cells := make([]sheet.Cell, len(row))
				for i, text := range row {
					cells[i] = sheet.T(text)
				}
				if err := w.Row(cells); err != nil {
					t.Fatal(err)
				}
			}
			if err := w.Close(); err != nil {
				t.Fatal(err)
			}
			h.edited("edited.csv", []byte(b.String()), map[int]string{0: "update nickname", 1: "update tags occupation"})
		}
	}
}
