package importer

import (
	"slices"
	"strings"
	"testing"

	"github.com/muster-crm/muster/shared/list"
	"github.com/muster-crm/muster/shared/parse"
)

func TestNationalitiesOf(t *testing.T) {
	for s, want := range map[string][]string{
		"Belg": {"BE"}, "BELGISCHE": {"BE"}, "belge": {"BE"}, "belga": {"BE"}, "Belgian": {"BE"}, "België": {"BE"}, "Belgique": {"BE"}, "be": {"BE"}, "BEL": {"BE"},
		"française": {"FR"}, "Nederlandse": {"NL"}, "marroquí": {"MA"}, "Marokkaan": {"MA"}, "Zuid-Afrikaanse": {"ZA"}, "Sud-Africain": {"ZA"},
		"Belg/Fransman": {"BE", "FR"}, "belge et française": {"BE", "FR"}, "española y argentina": {"ES", "AR"}, "Dutch and Turkish": {"NL", "TR"},
		"Belg en Marokkaan": {"BE", "MA"}, "BE, NL; FR": {"BE", "NL", "FR"}, "Bosnia and Herzegovina": {"BA"}, "Trinidad and Tobago": {"TT"},
		"Martian": nil, "": nil, " ; ": nil, "Belg, Martian": nil,
	} {
		got, ok := nationalitiesOf(s)
		if !slices.Equal(got, want) || ok != (want != nil) {
			t.Errorf("%q is %v, %v", s, got, ok)
		}
	}
}

// The words are those of countries there are, each of one country only, and none is the name of another country.
func TestWordsForPeople(t *testing.T) {
	of := map[string]string{}
	for line := range strings.Lines(strings.TrimSpace(nationalities)) {
		names := strings.Split(strings.TrimSpace(line), "|")
		if !list.Has(list.Country, names[0]) || len(names) < 4 {
			t.Errorf("%v", names)
		}
		for _, name := range names[1:] {
			key := plain(name)
			if other := of[key]; other != "" && other != names[0] || key == "" {
				t.Errorf("%s is of %s and %s", name, other, names[0])
			}
			of[key] = names[0]
			if country, ok := parse.Country(name); ok && country != names[0] {
				t.Errorf("%s is of %s and the country %s", name, names[0], country)
			}
		}
	}
}

func FuzzNationalitiesOf(f *testing.F) {
	for _, s := range []string{"Belg en Fransman", "a;b", " and ", "é", "\xff/BE"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		codes, ok := nationalitiesOf(s)
		if ok == (len(codes) == 0) {
			t.Fatalf("%q: %v, %v", s, codes, ok)
		}
		for _, code := range codes {
			if !list.Has(list.Country, code) {
				t.Fatalf("%q: there is no country %q", s, code)
			}
		}
	})
}

func FuzzNumber(f *testing.F) {
	for _, s := range []string{"12,5", "1.234,50", "-3", "+4", "1e9", "", "€ 3", "1'000", "−2"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		n, ok := number(s)
		if !ok {
			return
		}
		if again, ok := number(n); !ok || again != n {
			t.Fatalf("%q is %q, and that is %q", s, n, again)
		}
	})
}

func TestNumber(t *testing.T) {
	for s, want := range map[string]string{"12,5": "12.5", "12.5": "12.5", "-3": "-3", "+4": "4", "1.234,50": "1234.5", "1,234.5": "1234.5", "1 000": "1000",
		"0,000001": "0.000001", "-0": "0", "−2": "-2", "": "", "€ 3": "", "x": "", "1e9": "", "12.34.56": "", "0,0000001": ""} {
		if got, ok := number(s); got != want || ok != (want != "") {
			t.Errorf("%q is %q, %v", s, got, ok)
		}
	}
}

func TestIdentityCard(t *testing.T) {
	for s, want := range map[string]bool{"592-1234567-32": true, "592123456732": true, "592-1234567-13": false, "000-0000000-97": true, "": false} {
		if isIdentityCard(s) != want {
			t.Errorf("%q", s)
		}
	}
}
