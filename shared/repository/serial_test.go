package repository_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/muster-crm/muster/shared/record"
	"github.com/muster-crm/muster/shared/repository"
	"github.com/muster-crm/muster/shared/repository/repositorytest"
	"github.com/muster-crm/muster/shared/store"
	"github.com/muster-crm/muster/shared/store/storefault"
)

func (h house) slot(number int) (record.Record, error) {
	res, err := h.Repository.Create(h.T.Context(), h.Write(), "slot", []byte(body(`{"number":%d}`, number)))
	return res.Record, err
}

func (h house) mustSlot(number int) record.Record {
	h.T.Helper()
	s, err := h.slot(number)
	if err != nil {
		h.T.Fatal(err)
	}
	return s
}

// slots lists the numbers there are.
func (h house) slots() []int {
	h.T.Helper()
	var numbers []int
	for _, item := range h.Partition(h.Tenant.Owned("slots", "slot").Partition) {
		k, _ := h.Kinds.Kind("slot")
		if rec, err := k.Decode(item.Value, item.Revision); err == nil && rec.Base().Kind == "slot" && rec.Base().DeletedAt == nil {
			numbers = append(numbers, rec.(*slot).Number)
		}
	}
	slices.Sort(numbers)
	return numbers
}

// Every way to write a record of a serial kind holds it against all others.
func TestSerial(t *testing.T) {
	h := clubhouse(t, repositorytest.Options{})
	ctx := t.Context()
	if _, err := h.slot(2); told(err) != "invalid, number gap" {
		t.Errorf("%s", told(err))
	}
	one, two := h.mustSlot(1), h.mustSlot(2)
	if _, err := h.slot(2); told(err) != "invalid, number twice" {
		t.Errorf("%s", told(err))
	}
	if _, err := h.Patch(ctx, h.Write(), "slot", one.Base().ID, 1, []byte(`{"number":2}`)); told(err) != "invalid, number twice" {
		t.Errorf("%s", told(err))
	}
	if _, err := h.Patch(ctx, h.Write(), "slot", two.Base().ID, 1, []byte(`{"note":"itself is none of the others"}`)); err != nil {
		t.Errorf("%s", told(err))
	}
	h.away(two)
	again := h.mustSlot(2)
	if _, err := h.Restore(ctx, h.Write(), "slot", two.Base().ID, anyVersion, repository.DropNone); told(err) != "invalid, number twice" {
		t.Errorf("restored beside another: %s", told(err))
	}
	h.away(again)
	h.back(two)
	h.away(one)
	h.away(two)
	if _, err := h.Restore(ctx, h.Write(), "slot", two.Base().ID, anyVersion, repository.DropNone); told(err) != "invalid, number gap" {
		t.Errorf("restored alone: %s", told(err))
	}
	h.back(one)
	h.back(two)
	if diff := cmp.Diff([]int{1, 2}, h.slots()); diff != "" {
		t.Error(diff)
	}
	k, _ := h.Kinds.Kind("slot")
	if _, err := h.CreateMany(ctx, h.Write(), "slot", []record.Record{k.New(), k.New()}, nil); err == nil {
		t.Error("two were made at once")
	}
}

// TestParallelSerial: of any number of writers over several processes, on a store that shows halves of commits, those alone
// succeed that agree with each other.
func TestParallelSerial(t *testing.T) {
	h := clubhouse(t, repositorytest.Options{Wrap: func(s store.Store) store.Store { return storefault.NewTorn(s) }})
	h.mustSlot(1)
	answers := h.race(30, 3, func(h house, n int) error {
		_, err := h.slot(2 + n%3)
		return err
	})
	numbers := h.slots()
	if !slices.Equal(numbers, []int{1, 2}) && !slices.Equal(numbers, []int{1, 2, 3}) && !slices.Equal(numbers, []int{1, 2, 3, 4}) {
		t.Errorf("there are %v", numbers)
	}
	if answers["done"] != len(numbers)-1 || answers["done"]+answers["invalid, number twice"]+answers["invalid, number gap"] != 30 {
		t.Errorf("%v", answers)
	}
}

// Writers that get into each other's way without disagreeing all succeed.
func TestParallelSerialAgreeing(t *testing.T) {
	h := clubhouse(t, repositorytest.Options{})
	var all []record.Record
	for n := range 8 {
		all = append(all, h.mustSlot(n+1))
	}
	answers := h.race(16, 4, func(h house, n int) error {
		_, err := h.Patch(h.T.Context(), h.Write(), "slot", all[n/2].Base().ID, anyVersion, []byte(body(`{"note":"n%d"}`, n)))
		return err
	})
	if diff := cmp.Diff(map[string]int{"done": 16}, answers); diff != "" {
		t.Error(diff)
	}
}

// A move of the last slot and one that follows it race: whichever comes first, no gap remains.
func TestParallelSerialMoves(t *testing.T) {
	for round := range 5 {
		h := clubhouse(t, repositorytest.Options{})
		h.mustSlot(1)
		two := h.mustSlot(2)
		h.race(2, 2, func(h house, n int) error {
			if n == 0 {
				_, err := h.Patch(h.T.Context(), h.Write(), "slot", two.Base().ID, anyVersion, []byte(`{"number":0}`))
				return err
			}
			_, err := h.slot(3)
			return err
		})
		if got := fmt.Sprint(h.slots()); got != "[0 1]" && got != "[1 2 3]" && got != "[0 1 3]" {
			t.Errorf("round %d: %s", round, got)
		}
	}
}
