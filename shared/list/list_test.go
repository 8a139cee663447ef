package list_test

import (
	"maps"
	"regexp"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/currency"
	"golang.org/x/text/language"

	"github.com/muster-crm/muster/shared/list"
)

func TestBuiltIn(t *testing.T) {
	shape := regexp.MustCompile(`^[a-z][a-zA-Z]*$`)
	for _, name := range list.BuiltIn().Names() {
		codes := list.Codes(name)
		if len(codes) == 1 || !shape.MatchString(name) {
			t.Errorf("list %q has %d codes", name, len(codes))
		}
		for i, code := range codes {
			if !list.Has(name, code) || slices.Index(codes, code) != i {
				t.Errorf("%s: %q is twice in it or not at all", name, code)
			}
			if name != list.Country && name != list.Currency && !shape.MatchString(code) {
				t.Errorf("%s: code %q", name, code)
			}
		}
	}
	for _, c := range [][2]string{{list.Gender, ""}, {list.Gender, "Female"}, {"colour", "red"}, {list.Country, "be"}, {list.Country, "UK"}} {
		if list.Has(c[0], c[1]) {
			t.Errorf("%s has %q", c[0], c[1])
		}
	}
	if list.Codes("colour") != nil {
		t.Error("a list that is not has codes")
	}
}

// TestCountries compares with the regions of CLDR: every code of two letters that is a country and stands for itself.
func TestCountries(t *testing.T) {
	notISO := []string{
		"AC", "CP", "CQ", "DG", "EA", "IC", "TA", // reserved for parts of countries
		"EU", "EZ", "UN", // reserved for unions
		"AN", "CS", "FQ", "NT", "PC", "SU", "YU", // withdrawn
		"XA", "XB", "XK", "XX", "ZZ", "QO", "AA", // for users
	}
	var want []string
	for a := 'A'; a <= 'Z'; a++ {
		for b := 'A'; b <= 'Z'; b++ {
			code := string(a) + string(b)
			region, err := language.ParseRegion(code)
			if err == nil && region.IsCountry() && region.String() == code && region.Canonicalize() == region && !slices.Contains(notISO, code) {
				want = append(want, code)
			}
		}
	}
	if diff := cmp.Diff(want, list.Codes(list.Country)); diff != "" || len(want) != 249 {
		t.Errorf("of %d countries (-CLDR +ours):\n%s", len(want), diff)
	}
}

func TestWith(t *testing.T) {
	own := list.BuiltIn().With(list.Status, "honorary", "active", "honorary").With("colour", "red", "blue")
	if diff := cmp.Diff([]string{"pending", "active", "withdrawn", "honorary"}, own.Codes(list.Status)); diff != "" {
		t.Error(diff)
	}
	if !own.Has("colour", "blue") || !slices.Contains(own.Names(), "colour") {
		t.Error("the new list is not there")
	}
	if list.Has(list.Status, "honorary") || list.BuiltIn().Has("colour", "red") {
		t.Error("an organisation's own values are in the built-in lists")
	}
	codes := own.Codes("colour")
	codes[0] = "green"
	if own.Has("colour", "green") {
		t.Error("what Codes gives is not a copy")
	}
	if got := (list.Lists{}).With("a", "b").Codes("a"); len(got) != 1 {
		t.Errorf("of no lists, With makes %q", got)
	}
}

// A value that is retired stays known, and nobody is offered it.
func TestReplace(t *testing.T) {
	values := []list.Value{{Code: "active", Label: "Sings"}, {Code: "pending", Retired: true}, {Code: "guest"}, {Code: "active", Label: "twice"}}
	own := list.BuiltIn().Replace(list.Status, values)
	if diff := cmp.Diff([]string{"active", "guest"}, own.Codes(list.Status)); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(values[:3], own.Values(list.Status)); diff != "" {
		t.Error(diff)
	}
	for code, want := range map[string]struct {
		has, known bool
		label      string
	}{"active": {true, true, "Sings"}, "pending": {false, true, ""}, "guest": {true, true, ""}, "withdrawn": {}, "Active": {}} {
		v, known := own.Find(list.Status, code)
		if own.Has(list.Status, code) != want.has || known != want.known || own.Label(list.Status, code) != want.label || v.Label != want.label {
			t.Errorf("%s: %v, %+v, %q", code, own.Has(list.Status, code), v, own.Label(list.Status, code))
		}
	}
	own.Values(list.Status)[0].Retired = true
	values[0].Retired = true
	if !own.Has(list.Status, "active") || !list.Has(list.Status, "pending") {
		t.Error("what was given or taken is not a copy")
	}
	if !(list.Lists{}).IsZero() || list.BuiltIn().IsZero() || own.IsZero() {
		t.Error("no lists are some, or some are none")
	}
	if empty := (list.Lists{}).Replace("a", nil); empty.IsZero() || empty.Codes("a") != nil || !slices.Contains(empty.Names(), "a") {
		t.Error("a list without values is not there")
	}
	if own.Values("nothing") != nil {
		t.Error("a list that is not has values")
	}
}

// TestCurrencies holds the currencies against those of CLDR, which is older than some changes of ISO 4217.
func TestCurrencies(t *testing.T) {
	var known []string
	for it := currency.Query(currency.Date(time.Date(2018, 1, 1, 0, 0, 0, 0, time.UTC))); it.Next(); {
		if code := it.Unit().String(); !slices.Contains(known, code) {
			known = append(known, code)
		}
	}
	since := map[string]string{ // what has become of them
		"ANG": "XCG", "BGN": "EUR", "HRK": "EUR", "MRO": "MRU", "SLL": "SLE", "VEF": "VES", "CUC": "CUP",
	}
	codes := list.Codes(list.Currency)
	for _, code := range known {
		if now := since[code]; now != "" {
			if slices.Contains(codes, code) || !slices.Contains(codes, now) {
				t.Errorf("%s is there still, or %s is not", code, now)
			}
			continue
		}
		if !slices.Contains(codes, code) {
			t.Errorf("there is no %s", code)
		}
	}
	for _, code := range codes {
		later := []string{"VED", "SVC", "ZWG"}
		if !slices.Contains(known, code) && !slices.Contains(slices.Concat(slices.Collect(maps.Values(since)), later), code) {
			t.Errorf("%s is no currency", code)
		}
	}
	if !slices.IsSorted(codes) {
		t.Error("they are in no order")
	}
	for code, want := range map[string]int{"EUR": 2, "eur": 2, "JPY": 0, "jpy": 0, "KWD": 3, "CHF": 2, "": 2} {
		if got := list.MinorUnits(code); got != want {
			t.Errorf("%q has %d decimals, want %d", code, got, want)
		}
	}
}
