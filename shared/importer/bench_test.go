package importer_test

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/muster-crm/muster/shared/job"
	"github.com/muster-crm/muster/shared/sheet"
)

// crowd is an .xlsx file of n people.
func crowd(b *testing.B, n int) []byte {
	b.Helper()
	var file bytes.Buffer
	w := sheet.NewXLSXWriter(&file, "People")
	if err := w.Header([]string{"First name", "Last name", "Date of birth", "Gender", "E-mail", "Mobile", "Street", "House number", "Postcode", "Town", "Tags", "Newsletter", "Language"}); err != nil {
		b.Fatal(err)
	}
	for i := range n {
		var cells []sheet.Cell
		for _, text := range []string{fmt.Sprint("Emma", i%83), fmt.Sprint("Peeters", i%977), fmt.Sprintf("%04d-%02d-%02d", 1940+i%75, i%12+1, i%28+1), []string{"F", "M", "X"}[i%3],
			fmt.Sprintf("person%d@example.org", i), fmt.Sprintf("+3247%07d", i), "Kerkstraat", fmt.Sprint(i%200 + 1), fmt.Sprint(1000 + i%9000), "Gent", "U8", "yes", "en"} {
			cells = append(cells, sheet.T(text))
		}
		if err := w.Row(cells); err != nil {
			b.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		b.Fatal(err)
	}
	return file.Bytes()
}

// BenchmarkImport imports 20,000 people into an organisation without any.
func BenchmarkImport(b *testing.B) {
	for _, phase := range []string{"preview", "run"} {
		b.Run(phase, func(b *testing.B) {
			file := crowd(b, 20_000)
			for b.Loop() {
				b.StopTimer()
				h := open(b, nil)
				id := h.upload("crowd.xlsx", file).ID
				b.StartTimer()
				if phase == "preview" {
					h.preview(id)
				} else if imp := h.run(id); imp.State != job.Done || imp.Counts["create"] != 20_000 {
					b.Fatal(imp.State, imp.Counts)
				}
			}
		})
	}
}
