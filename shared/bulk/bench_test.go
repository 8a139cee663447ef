package bulk_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/muster-crm/muster/shared/bulk"
	"github.com/muster-crm/muster/shared/contact"
	"github.com/muster-crm/muster/shared/job"
	"github.com/muster-crm/muster/shared/record"
	"github.com/muster-crm/muster/shared/target"
)

// BenchmarkTag gives 100,000 contacts a tag, and takes it back.
func BenchmarkTag(b *testing.B) {
	const people = 100_000
	h := open(b, nil)
	for n := 0; n < people; {
		var lot []record.Record
		for ; len(lot) < 30 && n < people; n++ {
			lot = append(lot, &contact.Contact{FirstName: fmt.Sprintf("Ann%d", n%977), LastName: fmt.Sprintf("Peeters%d", n%7919), Type: "member", Status: "active",
				Tags: []string{"old"}, BirthDate: "1990-05-21",
				Emails:    []contact.Email{{Kind: "personal", Address: fmt.Sprintf("p%d@example.org", n), Main: true}},
				Addresses: []contact.Address{{Kind: "home", Street: "Kerkstraat", Number: "1", Postcode: "9000", Town: "Gent", Country: "BE", Main: true}}})
		}
		if _, err := h.kernel.Records.CreateMany(b.Context(), h.write(), contact.Name, lot, nil); err != nil {
			b.Fatal(err)
		}
	}
	if err := h.kernel.Records.Snapshot(b.Context(), h.grant); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		began := time.Now()
		id := h.start(bulk.Request{Action: "tag.add", Target: target.Target{Q: "tag:old"}, Params: params("tag", "new")})
		if done := h.work(id); done.State != job.Done || done.Counts["changed"] != people {
			b.Fatalf("%s: %v", done.State, done.Counts)
		}
		b.ReportMetric(time.Since(began).Seconds(), "s/tag")
		began = time.Now()
		if undone := h.undo(id); undone.Counts["back"] != people {
			b.Fatalf("%v", undone.Counts)
		}
		b.ReportMetric(time.Since(began).Seconds(), "s/undo")
	}
}
