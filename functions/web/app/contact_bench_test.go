package app

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/muster-crm/muster/shared/contact"
	"github.com/muster-crm/muster/shared/record"
	"github.com/muster-crm/muster/shared/repository"
	"github.com/muster-crm/muster/shared/store"
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

// crowded gives a contact 500 children, a hundred of each kind.
func (r *reader) crowded() string {
	r.t.Helper()
	id := r.contact(greet).ID
	for i := range 100 {
		for kind, body := range map[string]string{"note": `{"text":"Note %d about what was said."}`, "call": `{"number":"+32471123456","outcome":"reached","note":"Call %d"}`,
			"ticket": `{"subject":"Ticket %d","text":"Something is broken."}`, "reminder": `{"text":"Reminder %d","dueAt":"2030-01-01T09:00:00Z"}`, "service": `{"item":"Oar %d","fault":"Cracked"}`} {
			r.make(kind, id, fmt.Sprintf(body, i))
		}
	}
	return id
}

// BenchmarkProfileOf500 measures the profile of somebody with 500 children, from request to last byte.
func BenchmarkProfileOf500(b *testing.B) {
	owner := open(b).found("Harbour Choir", "olga@example.org")
	id := owner.crowded()
	for _, tab := range []string{"", "/personal", "/calls", "/notes", "/history"} {
		b.Run("overview"+tab, func(b *testing.B) {
			for b.Loop() {
				if p := owner.send(http.MethodGet, "/contacts/"+id+tab, nil); p.Status != http.StatusOK {
					b.Fatal(p.Status)
				}
			}
		})
	}
}

// asked counts what a store is asked for, by partition.
type asked struct {
	store.Store
	sync.Mutex
	queries map[string]int
}

func (a *asked) Query(ctx context.Context, q store.Query) (store.Page, error) {
	a.Lock()
	a.queries[q.Partition]++
	a.Unlock()
	return a.Store.Query(ctx, q)
}

// A profile with everything around it is one query of one partition, beside its history and what the log has to tell.
func TestProfileIsOneQuery(t *testing.T) {
	var all *asked
	owner := open(t, func(s store.Store) store.Store {
		all = &asked{Store: s, queries: map[string]int{}}
		return all
	}).found("Harbour Choir", "olga@example.org")
	id := owner.crowded()
	owner.get("/contacts") // the index is loaded
	for _, tab := range []string{"", "/personal", "/addresses"} {
		all.queries = map[string]int{}
		owner.get("/contacts/"+id+tab).want(http.StatusOK, "Reminders and calls", ">200<")
		records, others := 0, 0
		for partition, n := range all.queries {
			switch {
			case strings.Contains(partition, "#r#"):
				records += n
			case strings.Contains(partition, "#h#"), strings.HasSuffix(partition, "#l"):
			default:
				others += n
			}
		}
		if records != 1 || others != 0 {
			t.Errorf("%s: %d queries of records in %v", tab, records, all.queries)
		}
	}
}
