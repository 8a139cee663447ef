package index

import (
	"fmt"
	"testing"
	"time"

	"github.com/muster-crm/muster/shared/policy"
)

// Counting who is in which group today, of 100,000 of whom every second is in some.
func BenchmarkTimed(b *testing.B) {
	players := NewBuilder(playerSchema)
	for i := range 100_000 {
		places := ""
		if i%2 == 0 {
			places = fmt.Sprintf(`{"team":"team_%d","from":"2020-01-01","to":"2027-06-30"},{"team":"team_%d","to":"2024-06-30"}`, i%40, i%37)
		}
		if err := players.Add(Change{ID: fmt.Sprint("player_", i), Revision: 1, Value: fmt.Appendf(nil, `{"name":"P%d","places":[%s]}`, i%5000, places)}); err != nil {
			b.Fatal(err)
		}
	}
	v := players.View(0)
	req := Request{Now: time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC), Grant: grant(policy.Owner), Facets: [][]string{{"places.now"}}}
	for b.Loop() {
		if _, err := v.Find(req); err != nil {
			b.Fatal(err)
		}
	}
}
