package repository_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/muster-crm/muster/shared/record"
	"github.com/muster-crm/muster/shared/repository"
)

// Of many records, one that would become too large is refused by itself.
func TestOneOfManyIsTooLarge(t *testing.T) {
	h := open(t)
	members := map[string]string{}
	for i := range 8 {
		name := fmt.Sprint("story", i)
		h.Create("field", fmt.Sprintf(`{"for":"contact","name":%q,"label":%q,"type":"long"}`, name, name))
		members[name] = strings.Repeat("x", 9000)
	}
	full := func(n int) string {
		var all []string
		for i := range n {
			name := fmt.Sprint("story", i)
			all = append(all, fmt.Sprintf("%q:%q", name, members[name]))
		}
		return `{"custom":{` + strings.Join(all, ",") + `}}`
	}
	small, nearly := h.contact(`{"firstName":"Ann"}`), h.contact(`{"firstName":"Bob"}`)
	h.mustPatch(nearly.ID, full(3))
	h.mustPatch(nearly.ID, full(5))
	patch := []byte(`{"custom":{"story6":"` + members["story6"] + `","story7":"` + members["story7"] + `"}}`)
	outcomes, err := h.ChangeMany(t.Context(), h.Write(), "contact", []string{nearly.ID, small.ID},
		func(record.Record) (repository.Step, error) { return repository.Step{Patch: patch}, nil }, nil)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"too_large, record_too_large", "made"}, fates(outcomes)); diff != "" {
		t.Error(diff)
	}
	if got := h.get(small.ID); len(got.Custom) != 2 {
		t.Errorf("%d of the other's fields", len(got.Custom))
	}
	if got := h.get(nearly.ID); len(got.Custom) != 5 {
		t.Errorf("%d of its fields", len(got.Custom))
	}
}
