package merge_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/muster-crm/muster/shared/contact"
	"github.com/muster-crm/muster/shared/merge"
)

// Merges that choose what somebody agreed to, undone in any order, leave no trace in the notes of it.
func TestConsentsOfMerges(t *testing.T) {
	h := open(t)
	for flags := range 1 << 3 {
		given := func(i int) bool { return flags>>i&1 == 1 }
		var people [3]*contact.Contact
		for i := range people {
			people[i] = h.person(fmt.Sprintf(`{"firstName":"P%d","newsletter":%v,"promotionalSms":%v}`, i, given(i), given((i+1)%3)))
		}
		a, b, c := people[0].ID, people[1].ID, people[2].ID
		before := h.dump()
		for _, chain := range []bool{false, true} {
			for _, order := range [][]int{{0, 1}, {1, 0}} {
				choose := func(main, other string) *merge.Merge {
					told, _, err := h.merges.Do(t.Context(), h.Write(), merge.Request{Kind: "contact", Main: main, Others: []string{other},
						Choices: map[string]string{"newsletter": other, "promotionalSms": other}})
					if err != nil {
						t.Fatal(err)
					}
					return told
				}
				told := []*merge.Merge{choose(a, b)}
				if chain {
					told = append(told, choose(c, a))
				} else {
					told = append(told, choose(a, c))
				}
				for _, i := range order {
					h.undo(told[i])
				}
				if diff := cmp.Diff(before, h.dump()); diff != "" {
					t.Fatalf("flags %03b, chain %v, undone %v: %s", flags, chain, order, diff)
				}
			}
		}
	}
}

// What somebody says after a merge stays when it is undone, and so does what it was said about.
func TestConsentsSinceAMerge(t *testing.T) {
	h := open(t)
	a, b := h.person(`{"firstName":"Ann","newsletter":false}`), h.person(`{"firstName":"Ann","newsletter":true,"promotionalSms":true}`)
	told, _, err := h.merges.Do(t.Context(), h.Write(), merge.Request{Kind: "contact", Main: a.ID, Others: []string{b.ID},
		Choices: map[string]string{"newsletter": b.ID, "promotionalSms": b.ID}})
	if err != nil {
		t.Fatal(err)
	}
	h.patch(a.ID, `{"newsletter":false}`)
	h.undo(told)
	var notes []string
	for _, n := range h.get(a.ID).Consents {
		notes = append(notes, fmt.Sprint(n.Purpose, " ", n.Given, " ", n.Batch == told.ID))
	}
	if diff := cmp.Diff([]string{"newsletter true true", "newsletter false false"}, notes); diff != "" {
		t.Error(diff)
	}
	if got := h.get(a.ID); *got.Newsletter || *got.PromotionalSMS {
		t.Errorf("newsletter %v, promotional messages %v", *got.Newsletter, *got.PromotionalSMS)
	}
}
