package exporter_test

import (
	"fmt"
	"runtime"
	"testing"
	"time"

	"github.com/muster-crm/muster/shared/account"
	"github.com/muster-crm/muster/shared/contact"
	"github.com/muster-crm/muster/shared/exporter"
	"github.com/muster-crm/muster/shared/i18n"
	"github.com/muster-crm/muster/shared/job"
	"github.com/muster-crm/muster/shared/record"
	"github.com/muster-crm/muster/shared/repository"
)

// BenchmarkExport writes 100,000 contacts with the usual 20 columns in each format, and as .xlsx with a column that only
// the stored records hold. It tells the time from the order to the file, and how far the heap grew beyond what it was.
func BenchmarkExport(b *testing.B) {
	const people = 100_000
	h := open(b)
	for n := 0; n < people; {
		var lot []record.Record
		for ; len(lot) < 20 && n < people; n++ {
			lot = append(lot, &contact.Contact{FirstName: fmt.Sprintf("Ann%d", n%977), LastName: fmt.Sprintf("Peeters%d", n%7919), Type: "member", Status: "active", Gender: "female",
				Tags: []string{"choir", "board"}, BirthDate: "1990-05-21",
				Emails:    []contact.Email{{Kind: "personal", Address: fmt.Sprintf("p%d@example.org", n), Main: true}},
				Phones:    []contact.Phone{{Line: "mobile", Kind: "personal", Number: fmt.Sprintf("+32471%06d", n), Main: true}},
				Addresses: []contact.Address{{Kind: "home", Street: "Kerkstraat", Number: fmt.Sprint(n % 200), Postcode: "9000", Town: "Gent", Country: "BE", Main: true}}})
		}
		outcomes, err := h.Records.CreateMany(b.Context(), repository.Write{Grant: h.grant}, contact.Name, lot, nil)
		if err != nil {
			b.Fatal(err)
		}
		if outcomes[0].Err != nil {
			b.Fatal(outcomes[0].Err)
		}
	}
	if _, err := h.Records.Seq(b.Context(), h.grant); err != nil {
		b.Fatal(err)
	}
	runner := job.NewRunner(h.Jobs, account.Rights{Store: h.Store, Kinds: h.Kinds}, map[string]job.Worker{exporter.Kind: h.exports}, time.Hour)
	for _, m := range []struct {
		name   string
		format exporter.Format
		fields []string
	}{{"xlsx", exporter.XLSX, nil}, {"csv", exporter.CSV, nil}, {"vcard", exporter.VCard, nil}, {"stored", exporter.XLSX, []string{"number", "firstName", "lastName", "custom.story"}}} {
		if m.name == "stored" {
			h.make("field", `{"for":"contact","name":"story","label":"Story","type":"long"}`)
		}
		b.Run(m.name, func(b *testing.B) {
			for b.Loop() {
				x, err := h.exports.Create(b.Context(), h.grant, exporter.Order{Kind: contact.Name, Target: everything, Fields: m.fields, Format: m.format, Language: i18n.English})
				if err != nil {
					b.Fatal(err)
				}
				runtime.GC()
				stop, most := make(chan struct{}), make(chan uint64)
				var before runtime.MemStats
				runtime.ReadMemStats(&before)
				go func() {
					peak := uint64(0)
					tick := time.NewTicker(20 * time.Millisecond)
					defer tick.Stop()
					for {
						select {
						case <-stop:
							most <- peak
							return
						case <-tick.C:
							var now runtime.MemStats
							runtime.ReadMemStats(&now)
							peak = max(peak, now.HeapAlloc)
						}
					}
				}()
				if err := runner.Run(b.Context(), h.grant.Tenant(), x.ID, 0); err != nil {
					b.Fatal(err)
				}
				close(stop)
				peak := <-most
				done, err := h.exports.Get(b.Context(), h.grant, x.ID)
				if err != nil || done.State != job.Done || done.Counts["done"] != people {
					b.Fatalf("%s, %d rows, %v", done.State, done.Counts["done"], err)
				}
				b.ReportMetric(float64(int64(peak)-int64(before.HeapAlloc))/(1<<20), "MB/grown")
			}
		})
	}
}
