package list_test

import (
	"regexp"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
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
