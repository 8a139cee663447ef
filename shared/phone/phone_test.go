package phone_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/nyaruka/phonenumbers"

	"github.com/muster-crm/muster/shared/fault"
	"github.com/muster-crm/muster/shared/phone"
	"github.com/muster-crm/muster/shared/phone/display"
	"github.com/muster-crm/muster/shared/record"
)

var _ record.Phones = phone.Plan{}

func TestParse(t *testing.T) {
	gent := phone.Number{E164: "+3292345678", National: "09 234 56 78", International: "+32 9 234 56 78", Country: "BE", Line: phone.Fixed}
	jan := phone.Number{E164: "+32471123456", National: "0471 12 34 56", International: "+32 471 12 34 56", Country: "BE", Line: phone.Mobile}
	for _, c := range []struct {
		s, country string
		want       phone.Number
	}{
		{"0471123456", "BE", jan},
		{"0471 12 34 56", "be", jan},
		{"0471/12.34.56", "BE", jan},
		{"471123456", "BE", jan},
		{"+32 471 12 34 56", "", jan},
		{"+32 (0)471 12 34 56", "", jan},
		{"+32471123456", "NL", jan},
		{"0032 471 12 34 56", "BE", jan},
		{"0032 471 12 34 56", "", jan},
		{"0032 471 12 34 56", "US", jan},
		{"tel:+32-471-12-34-56", "", jan},
		{"\u202a+32 471 12 34 56\u202c", "", jan},
		{"\u00a0＋32 471 12 34 56", "", jan},
		{"0471–12–34–56", "BE", jan},
		{"(09) 234 56 78", "BE", gent},
		{"09-234.56.78", "BE", gent},
		{"06-12345678", "NL", phone.Number{E164: "+31612345678", National: "06 12345678", International: "+31 6 12345678", Country: "NL", Line: phone.Mobile}},
		{"06 12 34 56 78", "FR", phone.Number{E164: "+33612345678", National: "06 12 34 56 78", International: "+33 6 12 34 56 78", Country: "FR", Line: phone.Mobile}},
		{"612345678", "ES", phone.Number{E164: "+34612345678", National: "612 34 56 78", International: "+34 612 34 56 78", Country: "ES", Line: phone.Mobile}},
		{"02 1234 5678", "IT", phone.Number{E164: "+390212345678", National: "02 1234 5678", International: "+39 02 1234 5678", Country: "IT", Line: phone.Fixed}},
		{"202-555-0100", "US", phone.Number{E164: "+12025550100", National: "(202) 555-0100", International: "+1 202-555-0100", Country: "US", Line: phone.Unknown}},
		{"+1 604 555 0100", "", phone.Number{E164: "+16045550100", National: "(604) 555-0100", International: "+1 604-555-0100", Country: "CA", Line: phone.Unknown}},
		{"+800 1234 5678", "", phone.Number{E164: "+80012345678", National: "1234 5678", International: "+800 1234 5678", Country: "", Line: phone.Unknown}},
		{"07.29.99.11.53", "FR", phone.Number{E164: "+33729991153", National: "07 29 99 11 53", International: "+33 7 29 99 11 53", Country: "FR", Line: phone.Unknown}},
	} {
		got, err := phone.Parse(c.s, c.country)
		if err != nil {
			t.Errorf("Parse(%q, %q): %v", c.s, c.country, err)
			continue
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("Parse(%q, %q) (-want +got):\n%s", c.s, c.country, diff)
		}
	}
}

func TestParseRefuses(t *testing.T) {
	for _, c := range []struct{ s, country, code string }{
		{"", "BE", phone.Invalid},
		{"   ", "BE", phone.Invalid},
		{"jan", "BE", phone.Invalid},
		{"jan@example.org", "BE", phone.Invalid},
		{"0800 FLOWERS", "BE", phone.Invalid},
		{"+", "BE", phone.Invalid},
		{"0471 12 34 56 / 0472 12 34 56", "BE", phone.Impossible},
		{"0471", "BE", phone.Impossible},
		{"0471 12 34 5", "BE", phone.Impossible},
		{"0471 12 34 56 78", "BE", phone.Impossible},
		{"+32 1", "", phone.Impossible},
		{"0000000000", "BE", phone.Impossible},
		{"+32 000 12 34 56", "", phone.Impossible},
		{"0151 1234567", "DE", phone.Impossible},
		{"555-0100", "US", phone.Impossible},
		{strings.Repeat("1", 300), "BE", phone.Impossible},
		{"0471 12 34 56", "", phone.NoCountry},
		{"0471 12 34 56", "XX", phone.NoCountry},
		{"+999 471 12 34 56", "BE", phone.NoCountry},
		{"02 234 56 78 ext. 12", "BE", phone.Extension},
		{"tel:+32-2-234-56-78;ext=12", "BE", phone.Extension},
	} {
		n, err := phone.Parse(c.s, c.country)
		if !errors.Is(err, fault.Invalid) || fault.From(err).Code != c.code || n != (phone.Number{}) {
			t.Errorf("Parse(%.40q, %q) = %+v, %v; want %s", c.s, c.country, n, err, c.code)
		}
		if _, _, code := (phone.Plan{}).Read(c.s, c.country); code != c.code {
			t.Errorf("Read(%.40q, %q) refuses with %q", c.s, c.country, code)
		}
	}
	if e164, line, code := (phone.Plan{}).Read("0471 12 34 56", "BE"); e164 != "+32471123456" || line != phone.Mobile || code != "" {
		t.Errorf("Read gives %q, %q, %q", e164, line, code)
	}
}

// TestExamples reads the plans' example of a mobile and a fixed number of every country, in each of its forms.
func TestExamples(t *testing.T) {
	regions := phonenumbers.GetSupportedRegions()
	if len(regions) < 240 {
		t.Fatalf("only %d regions", len(regions))
	}
	for region := range regions {
		for _, kind := range []phonenumbers.PhoneNumberType{phonenumbers.MOBILE, phonenumbers.FIXED_LINE} {
			example := phonenumbers.GetExampleNumberForType(region, kind)
			if example == nil {
				continue
			}
			want := phonenumbers.Format(example, phonenumbers.E164)
			for _, form := range []phonenumbers.PhoneNumberFormat{phonenumbers.E164, phonenumbers.NATIONAL, phonenumbers.INTERNATIONAL, phonenumbers.RFC3966} {
				if region == "AR" && form == phonenumbers.NATIONAL {
					continue // mobile numbers change their digits there when called from at home, and the example is not in the plan
				}
				s := phonenumbers.Format(example, form)
				got, err := phone.Parse(s, region)
				if err != nil || got.E164 != want {
					t.Errorf("%s: %q reads as %q, %v; want %s", region, s, got.E164, err, want)
				}
			}
			shown := display.Number(want, region)
			if got, err := phone.Parse(shown, region); err != nil || got.E164 != want {
				t.Errorf("%s is shown in %s as %q, which reads as %q, %v", want, region, shown, got.E164, err)
			}
		}
	}
}

// TestCallingCodes compares the table of package display with the plans.
func TestCallingCodes(t *testing.T) {
	for region := range phonenumbers.GetSupportedRegions() {
		if got, want := display.CallingCode(region), fmt.Sprint(phonenumbers.GetCountryCodeForRegion(region)); got != want {
			t.Errorf("calling code of %s is %q, want %s", region, got, want)
		}
	}
	for code := range phonenumbers.GetSupportedCallingCodes() {
		if got := display.Number(fmt.Sprintf("+%d55501", code), ""); got != fmt.Sprintf("+%d 555 01", code) && !strings.HasPrefix(got, fmt.Sprintf("+%d ", code)) {
			t.Errorf("+%d is no calling code for display: %q", code, got)
		}
	}
}

// TestDisplayAgrees compares the grouping of package display with that of the plans, over random numbers that the
// plans know as mobile or fixed.
func TestDisplayAgrees(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	for _, c := range []struct {
		region  string
		lengths []int // of the digits behind the calling code
	}{
		{"BE", []int{8, 9}}, {"NL", []int{9}}, {"FR", []int{9}}, {"ES", []int{9}}, {"PT", []int{9}}, {"LU", []int{8, 9}}, {"CH", []int{9}},
	} {
		seen := map[string]bool{}
		for tries := 0; len(seen) < 400 && tries < 200000; tries++ {
			digits := ""
			for range c.lengths[r.IntN(len(c.lengths))] {
				digits += string(rune('0' + r.IntN(10)))
			}
			e164 := "+" + display.CallingCode(c.region) + digits
			n, err := phonenumbers.Parse(e164, "")
			if err != nil || !phonenumbers.IsValidNumberForRegion(n, c.region) || phonenumbers.Format(n, phonenumbers.E164) != e164 ||
				!slices.Contains([]phonenumbers.PhoneNumberType{phonenumbers.MOBILE, phonenumbers.FIXED_LINE}, phonenumbers.GetNumberType(n)) {
				continue
			}
			seen[e164] = true
			if got, want := display.Number(e164, c.region), phonenumbers.Format(n, phonenumbers.NATIONAL); got != want {
				t.Errorf("%s at home is %q, want %q", e164, got, want)
			}
			if got, want := display.Number(e164, "US"), phonenumbers.Format(n, phonenumbers.INTERNATIONAL); got != want {
				t.Errorf("%s abroad is %q, want %q", e164, got, want)
			}
		}
		if len(seen) < 100 {
			t.Errorf("only %d numbers of %s were compared", len(seen), c.region)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{"0471 12 34 56", "+32 (0)471", "00", "tel:+1;ext=5", "+800 1234 5678", "０４７１", "\u202a+1", "+39 02 1234 5678", "x", "+1x1"} {
		f.Add(s, "BE")
		f.Add(s, "")
	}
	f.Fuzz(func(t *testing.T, s, country string) {
		n, err := phone.Parse(s, country)
		if err != nil {
			if !errors.Is(err, fault.Invalid) {
				t.Fatalf("Parse(%q, %q): %v", s, country, err)
			}
			return
		}
		if len(n.E164) < 4 || len(n.E164) > 19 || n.E164[0] != '+' || strings.Trim(n.E164[1:], "0123456789") != "" {
			t.Fatalf("Parse(%q, %q) = %+v", s, country, n)
		}
		if again, err := phone.Parse(n.E164, ""); err != nil || again != n {
			t.Fatalf("Parse(%q, %q) = %+v, and that is %+v, %v", s, country, n, again, err)
		}
		shown := display.Number(n.E164, "BE")
		if again, err := phone.Parse(shown, "BE"); err != nil || again.E164 != n.E164 {
			t.Fatalf("%s is shown as %q, and that is %+v, %v", n.E164, shown, again, err)
		}
	})
}
