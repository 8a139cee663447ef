package parse

import (
	"fmt"
	"math"
	"testing"
)

func TestAmount(t *testing.T) {
	const not = math.MinInt64
	for _, c := range []struct {
		in       string
		minor    int64
		currency string
	}{
		{"€ 45,00", 4500, "EUR"},
		{"45,00 €", 4500, "EUR"},
		{"€45", 4500, "EUR"},
		{"120,00", 12000, ""},
		{"85,5", 8550, ""},
		{"0", 0, ""},
		{"1.234,50", 123450, ""},
		{"1,234.50", 123450, ""},
		{"1 234,50", 123450, ""},
		{"1\u00a0234,50 €", 123450, "EUR"},
		{"1\u202f234\u202f567,50", 123456750, ""},
		{"CHF 1'200.-", 120000, "CHF"},
		{"1’200.50", 120050, ""},
		{"45,-", 4500, ""},
		{"€ 45,-", 4500, "EUR"},
		{"-45,00", -4500, ""},
		{"−45,00", -4500, ""},
		{"45,00-", -4500, ""},
		{"(12,00)", -1200, ""},
		{"-€ 12", -1200, "EUR"},
		{"€ -12", -1200, "EUR"},
		{"+12", 1200, ""},
		{"1.234", 123400, ""},
		{"1,234", 123400, ""},
		{"0.123", not, ""},
		{"0,120", 12, ""},
		{"1.234.567", 123456700, ""},
		{"1.234.567,8", 123456780, ""},
		{"12.345.678", 1234567800, ""},
		{"1234,500", 123450, ""},
		{"1234.567", not, ""},
		{"1.23.456", not, ""},
		{"1,234,56", not, ""},
		{"1.234.56", not, ""},
		{"12 34", not, ""},
		{",50", 50, ""},
		{".5", 50, ""},
		{"5.", 500, ""},
		{"¥ 1200", 1200, "JPY"},
		{"JPY 12.5", not, ""},
		{"12.345 KWD", 12345000, "KWD"},
		{"12,3456 KWD", not, ""},
		{"£1,000,000.00", 100000000, "GBP"},
		{"25 euro", 2500, "EUR"},
		{"USD 10", 1000, "USD"},
		{"10 ABC", not, ""},
		{"", not, ""},
		{"€", not, ""},
		{"-", not, ""},
		{".", not, ""},
		{"1e5", not, ""},
		{"12,5,5", not, ""},
		{"--5", not, ""},
		{"92233720368547758,07", not, ""},
		{"999999999999999,99", 99999999999999999, ""},
		{"99999999999999999999", not, ""},
		{"gratis", not, ""},
	} {
		minor, currency, ok := Amount(c.in)
		if !ok {
			minor = not
		}
		if minor != c.minor || ok && currency != c.currency {
			t.Errorf("%q: %d %q %v, want %d %q", c.in, minor, currency, ok, c.minor, c.currency)
		}
	}
}

func TestDecimal(t *testing.T) {
	const not = math.MinInt64
	for _, c := range []struct {
		in     string
		digits int
		want   int64
	}{
		{"120", 2, 12000}, {"85.5", 2, 8550}, {"33.333333", 2, 3333}, {"0.005", 2, 1}, {"-0.005", 2, -1}, {"0.0049999", 2, 0},
		{"1.234", 2, 123}, {"1.234", 3, 1234}, {"12", 0, 12}, {"12.5", 0, 13}, {"99.999", 2, 10000}, {"-12.5", 2, -1250},
		{"", 2, not}, {"1,5", 2, not}, {".5", 2, not}, {"1E5", 2, not}, {"1234567890123456789", 2, not},
	} {
		got, ok := Decimal(c.in, c.digits)
		if !ok {
			got = not
		}
		if got != c.want {
			t.Errorf("%q %d: %d, want %d", c.in, c.digits, got, c.want)
		}
	}
}

// FuzzAmount checks that an amount that is understood, written plainly, is the same amount.
func FuzzAmount(f *testing.F) {
	for _, s := range []string{"€ 45,00", "1.234,50", "1,234.50", "(12,00)", "45,-", "1'200.-", "-", "12.345 KWD"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		minor, currency, ok := Amount(s)
		if !ok {
			return
		}
		sign, n := "", uint64(minor)
		if minor < 0 {
			sign, n = "-", uint64(-minor)
		}
		digits := Digits(currency)
		unit := uint64(math.Pow10(digits))
		plain := fmt.Sprintf("%s%d", sign, n/unit)
		if digits > 0 {
			plain += fmt.Sprintf(",%0*d", digits, n%unit)
			if digits == 3 {
				plain += "0" // or three decimals would be thousands
			}
		}
		if again, cur, ok := Amount(plain + " " + currency); !ok || again != minor || cur != currency {
			t.Fatalf("%q: %d %s; %q: %d %s", s, minor, currency, plain, again, cur)
		}
	})
}
