package index

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/muster-crm/muster/shared/policy"
	"github.com/muster-crm/muster/shared/query"
)

var orderSchema = Schema{Kind: "order", Order: []string{"state"}, Columns: []Column{
	{Path: "state", Type: query.TypeCode, Class: policy.Public},
	{Path: "way", Type: query.TypeCode, Class: policy.Public},
	{Path: "shelf", Type: query.TypeCode, Class: policy.Public}, // of more values than a byte tells
	{Path: "amount", Type: query.TypeNumber, Class: policy.Public},
}}

// Where every record has a value of each of two columns they are counted many at a time, whatever the width of their codes: the
// counts and sums are those of a count one by one.
func TestTwoFullColumns(t *testing.T) {
	const n = 5000
	type cell struct {
		Count int
		Sum   int64
	}
	records := map[string]string{}
	want := map[[2]string]map[[2]string]cell{{"state", "way"}: {}, {"way", "state"}: {}, {"state", "shelf"}: {}, {"shelf", "way"}: {}}
	for i := range n {
		values := map[string]string{"state": fmt.Sprintf("s%d", i%3), "way": fmt.Sprintf("w%d", i*i%7), "shelf": fmt.Sprintf("f%d", i%300)}
		records[fmt.Sprintf("ord_%05d", i)] = fmt.Sprintf(`{"state":%q,"way":%q,"shelf":%q,"amount":%d}`, values["state"], values["way"], values["shelf"], i%11)
		if i%3 == 2 && i < n/4 {
			continue // not asked for, below
		}
		for paths, cells := range want {
			at := [2]string{values[paths[0]], values[paths[1]]}
			cells[at] = cell{cells[at].Count + 1, cells[at].Sum + int64(i%11)}
		}
	}
	view := build(t, orderSchema, records)
	left := query.And{}
	for i := range n / 4 {
		if i%3 == 2 {
			left = append(left, query.Not{Expr: query.Term{Field: "id", Op: query.Is, Value: fmt.Sprintf("ord_%05d", i)}})
		}
	}
	for paths, cells := range want {
		a, err := view.Find(Request{Where: left, Facets: [][]string{paths[:]}, Sums: []string{"amount"}, Grant: grant(policy.Owner)})
		if err != nil {
			t.Fatal(err)
		}
		got := map[[2]string]cell{}
		for _, b := range a.Facets[0] {
			got[[2]string{b.Values[0], b.Values[1]}] = cell{b.Count, b.Sums[0]}
		}
		if diff := cmp.Diff(cells, got); diff != "" {
			t.Errorf("%v: %s", paths, diff)
		}
	}
}
