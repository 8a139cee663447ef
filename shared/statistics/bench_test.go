package statistics_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/muster-crm/muster/shared/contact"
	"github.com/muster-crm/muster/shared/index"
	"github.com/muster-crm/muster/shared/policy"
)

// BenchmarkCounts counts 100,000 contacts by what people usually count them by, all at once and by each alone.
func BenchmarkCounts(b *testing.B) {
	builder := index.NewBuilder(contact.Kind().Schema(nil))
	for i := range 100_000 {
		groups, tags := "", ""
		if i%5 < 2 {
			groups = fmt.Sprintf(`,"groups":[{"group":"grp_%026d","function":"player"}]`, i%200)
		}
		if i%3 == 0 {
			tags = fmt.Sprintf(`,"tags":["t%d","u%d"]`, i%40, i%7)
		}
		id := fmt.Sprintf("con_%026d", i)
		value := fmt.Sprintf(`{"id":%q,"kind":"contact","type":%q,"status":"active","gender":"female","language":"nl","sortName":"L%d","birthDate":"%d-05-%02d","addresses":[{"town":"Town %d"}]%s%s}`,
			id, []string{"member", "donor"}[i%2], i%9000, 1940+i%80, 1+i%28, i%300, tags, groups)
		if err := builder.Add(index.Change{ID: id, Revision: 1, Value: []byte(value)}); err != nil {
			b.Fatal(err)
		}
	}
	view := builder.View(1)
	all := [][]string{{"type"}, {"status"}, {"gender"}, {"age"}, {"language"}, {"category"}, {"entity"}, {"groups.group"}, {"tags"}, {"addresses.town"}}
	asked := map[string][][]string{"all": all}
	for _, f := range all {
		asked[f[0]] = [][]string{f}
	}
	for name, facets := range asked {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if _, err := view.Find(index.Request{Facets: facets, Count: true, Now: time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC), Grant: policy.For(policy.Actor{}, policy.Owner)}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
