package app

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/muster-crm/muster/shared/contact"
	"github.com/muster-crm/muster/shared/record"
	"github.com/muster-crm/muster/shared/repository"
)

// BenchmarkPages measures the pages people open most, from request to last byte, with 20,000 contacts.
func BenchmarkPages(b *testing.B) {
	owner := open(b).found("Harbour Choir", "olga@example.org")
	towns := []string{"Gent", "Leuven", "Brugge", "Antwerpen", "Mechelen"}
	var id string
	for n := 0; n < 20_000; {
		var some []record.Record
		for range 40 {
			c := contact.Kind().New().(*contact.Contact)
			c.FirstName, c.LastName = fmt.Sprintf("First%d", n%997), fmt.Sprintf("Last%d", n%4999)
			c.Status = []string{"active", "pending", "withdrawn"}[n%3]
			c.Tags = []string{fmt.Sprintf("tag%d", n%23)}
			c.Addresses = []contact.Address{{Street: "Kerkstraat", Number: fmt.Sprint(n % 300), Postcode: "9000", Town: towns[n%5]}}
			some = append(some, c)
			n++
		}
		made, err := owner.kernel.Records.CreateMany(b.Context(), repository.Write{Grant: owner.grant.Via("telephone")}, contact.Name, some, nil)
		if err != nil {
			b.Fatal(err)
		}
		id = made[0].Record.Base().ID
	}
	for _, page := range []struct{ name, path string }{
		{"list", "/contacts?rail=1"}, {"list without rail", "/contacts?rail=0"}, {"filtered", "/contacts?q=status:active+town:Gent+last1&rail=1"}, {"suggest", "/suggest?q=first1+last"},
		{"overview", "/contacts/" + id}, {"edit", "/contacts/" + id + "/edit"}, {"panel", "/contacts/" + id + "/panel"},
	} {
		b.Run(page.name, func(b *testing.B) {
			b.ReportAllocs()
			size := 0
			for b.Loop() {
				p := owner.send(http.MethodGet, page.path, nil)
				if p.Status != http.StatusOK {
					b.Fatal(p.Status)
				}
				size = len(p.Body)
			}
			b.ReportMetric(float64(size), "bytes/page")
		})
	}
}
