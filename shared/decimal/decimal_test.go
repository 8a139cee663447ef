package decimal_test

import (
	"fmt"
	"math/big"
	"testing"

	"github.com/muster-crm/muster/shared/decimal"
)

func TestRead(t *testing.T) {
	for _, c := range []struct {
		text   string
		places int
		want   int64
		ok     bool
	}{
		{"0", 6, 0, true}, {"-0", 6, 0, true}, {"-0.000", 2, 0, true}, {"12.5", 2, 1250, true}, {"12.50", 2, 1250, true},
		{"12.500000000", 2, 1250, true}, {"12.501", 2, 0, false}, {"-1.000001", 6, -1000001, true}, {"007", 0, 7, true},
		{"1.0", 0, 1, true}, {"1.5", 0, 0, false}, {"1152921504606846976", 0, 1 << 60, true}, {"1152921504606846977", 0, 0, false},
		{"-1152921504606846976", 0, -1 << 60, true}, {"99999999999999999999999", 0, 0, false}, {"1152921504606.846976", 6, 1 << 60, true},
		{"", 2, 0, false}, {"-", 2, 0, false}, {".5", 2, 0, false}, {"5.", 2, 0, false}, {"+5", 2, 0, false}, {"1e3", 2, 0, false},
		{"1,5", 2, 0, false}, {" 1", 2, 0, false}, {"1.2.3", 2, 0, false}, {"--1", 2, 0, false}, {"1.-5", 2, 0, false}, {"٣", 2, 0, false},
	} {
		if n, ok := decimal.Read(c.text, c.places); n != c.want || ok != c.ok {
			t.Errorf("%q with %d decimals is %d, %v; want %d, %v", c.text, c.places, n, ok, c.want, c.ok)
		}
	}
}

func TestWrite(t *testing.T) {
	for _, c := range []struct {
		n            int64
		places       int
		short, fixed string
	}{
		{0, 2, "0", "0.00"}, {1250, 2, "12.5", "12.50"}, {-1, 2, "-0.01", "-0.01"}, {100, 2, "1", "1.00"}, {7, 0, "7", "7"}, {70, 0, "70", "70"},
		{-9223372036854775808, 6, "-9223372036854.775808", "-9223372036854.775808"}, {5, 3, "0.005", "0.005"}, {1000, 2, "10", "10.00"},
	} {
		if got := decimal.Write(c.n, c.places); got != c.short {
			t.Errorf("%d with %d decimals is written %q, want %q", c.n, c.places, got, c.short)
		}
		if got := decimal.Fixed(c.n, c.places); got != c.fixed {
			t.Errorf("%d with %d decimals is written %q, want %q", c.n, c.places, got, c.fixed)
		}
	}
}

// FuzzRead holds every number that is read against exact arithmetic, and writes it back to itself.
func FuzzRead(f *testing.F) {
	for _, s := range []string{"0", "-0.10", "12.345678", "1152921504606846976", "00.1", "1e3", "-", "."} {
		f.Add(s, 6)
	}
	f.Fuzz(func(t *testing.T, s string, places int) {
		if places < 0 || places > 9 {
			return
		}
		n, ok := decimal.Read(s, places)
		if !ok {
			return
		}
		want, sound := new(big.Rat).SetString(s)
		unit := new(big.Rat).SetFrac(big.NewInt(1), new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(places)), nil))
		if got := new(big.Rat).Mul(big.NewRat(n, 1), unit); !sound || got.Cmp(want) != 0 {
			t.Fatalf("%q with %d decimals is %d", s, places, n)
		}
		for _, again := range []string{decimal.Write(n, places), decimal.Fixed(n, places)} {
			if back, ok := decimal.Read(again, places); !ok || back != n {
				t.Fatalf("%q was written %q and read %d, %v", s, again, back, ok)
			}
		}
	})
}

func ExampleWrite() {
	n, _ := decimal.Read("12.50", 2)
	fmt.Println(n, decimal.Write(n, 2), decimal.Fixed(n, 2))
	// Output: 1250 12.5 12.50
}
