package parse

import (
	"strings"
	"testing"
	"time"
)

var now = time.Date(2026, 9, 14, 12, 0, 0, 0, time.UTC)

func TestDate(t *testing.T) {
	for _, c := range []struct {
		in    string
		order Order
		want  string // "" is not ok
	}{
		{"1975-06-26", DMY, "1975-06-26"},
		{"1975-06-26", MDY, "1975-06-26"},
		{"1975/6/26", MDY, "1975-06-26"},
		{"26/06/1975", DMY, "1975-06-26"},
		{"1-9-2026", DMY, "2026-09-01"},
		{"1/09/2025", DMY, "2025-09-01"},
		{"26.6.1975", DMY, "1975-06-26"},
		{"26. 6. 1975", DMY, "1975-06-26"},
		{"26 06 1975", DMY, "1975-06-26"},
		{"10/18/1978", MDY, "1978-10-18"},
		{"10/18/1978", DMY, ""},
		{"01/02/1983", MDY, "1983-01-02"},
		{"01/02/1983", DMY, "1983-02-01"},
		{"10.11.53", DMY, "1953-11-10"},
		{"24.10.02", DMY, "2002-10-24"},
		{"09.11.14", DMY, "2014-11-09"},
		{"15.09.26", DMY, "1926-09-15"}, // tomorrow
		{"14.09.26", DMY, "2026-09-14"},
		{"75-06-26", YMD, "1975-06-26"},
		{"26 juni 1975", DMY, "1975-06-26"},
		{"26 juni 1975", MDY, "1975-06-26"},
		{"vrijdag 26 juni 1975", DMY, "1975-06-26"},
		{"26 de junio de 1975", DMY, "1975-06-26"},
		{"1er août 2001", DMY, "2001-08-01"},
		{"1ER AOÛT 2001", DMY, "2001-08-01"},
		{"26 févr. 1975", DMY, "1975-02-26"},
		{"June 26, 1975", DMY, "1975-06-26"},
		{"Jun 26th, 1975", DMY, "1975-06-26"},
		{"the 3rd of March 1999", DMY, "1999-03-03"},
		{"26-jun-75", DMY, "1975-06-26"},
		{"26-JUN-1975", DMY, "1975-06-26"},
		{"26 mrt 1975", DMY, "1975-03-26"},
		{"26. März 1975", DMY, "1975-03-26"},
		{"1975 juni 26", DMY, "1975-06-26"},
		{"1975-06-26T00:00:00Z", DMY, "1975-06-26"},
		{"1975-06-26T10:11:12.000+02:00", DMY, "1975-06-26"},
		{"26/06/1975 10:30", DMY, "1975-06-26"},
		{"6/26/1975 12:00:00 AM", MDY, "1975-06-26"},
		{"19750626", DMY, "1975-06-26"},
		{"26061975", DMY, "1975-06-26"},
		{"06261975", MDY, "1975-06-26"},
		{"27571", Serial, "1975-06-26"},
		{"27571.5", Serial, "1975-06-26"},
		{"27571", DMY, ""},
		{"29/02/2024", DMY, "2024-02-29"},
		{"29/02/2023", DMY, ""},
		{"31/04/2020", DMY, ""},
		{"00/00/0000", DMY, ""},
		{"0000-00-00", DMY, ""},
		{"1900-02-29", DMY, ""},
		{"26/06", DMY, ""},
		{"1975", DMY, ""},
		{"juni 1975", DMY, ""},
		{"26 juni", DMY, ""},
		{"26/06/975", DMY, ""},
		{"26/06/1975 of 1976", DMY, ""},
		{"1/2/3/4", DMY, ""},
		{"Kerkstraat 12", DMY, ""},
		{"+32 471 56 54 31", DMY, ""},
		{"0471 56 54", DMY, ""},
		{"12.50", DMY, ""},
		{"", DMY, ""},
		{"26 juni juli 1975", DMY, ""},
		{strings.Repeat("1", 100), DMY, ""},
	} {
		got, ok := Date(c.in, DateRule{Order: c.order, Now: now, Past: true})
		if got != c.want || ok != (c.want != "") {
			t.Errorf("%q %s: %q %v, want %q", c.in, c.order, got, ok, c.want)
		}
	}
}

func TestDateTwoDigitYears(t *testing.T) {
	for in, want := range map[string]string{"01/01/46": "2046-01-01", "01/01/47": "1947-01-01", "31/12/26": "2026-12-31", "01/01/99": "1999-01-01"} {
		if got, _ := Date(in, DateRule{Now: now}); got != want {
			t.Errorf("%s: %s, want %s", in, got, want)
		}
	}
	if got, ok := Date("01/01/99", DateRule{}); ok {
		t.Errorf("without a year to count from: %s", got)
	}
}

func TestDateOrder(t *testing.T) {
	for _, c := range []struct {
		samples   string
		order     Order
		ambiguous bool
	}{
		{"26/06/1975,01/02/2000", DMY, false},
		{"10/18/1978,01/02/1983", MDY, false},
		{"01/02/1983,03/04/1990", DMY, true},
		{"01.02.83,03.04.90", DMY, false},
		{"26/06/1975,10/18/1978,27/06/1975", DMY, true},
		{"10/18/1978,10/19/1978,26/06/1975", MDY, true},
		{"1975-06-26,2012-08-02", YMD, false},
		{"75-06-26,99-12-31", YMD, false},
		{"26 juni 1975,1 mei 1980", YMD, false},
		{"27571,30000", Serial, false},
		{"geen,,?", DMY, false},
		{"geen,26/06/1975,", DMY, false},
	} {
		order, ambiguous := DateOrder(strings.Split(c.samples, ","))
		if order != c.order || ambiguous != c.ambiguous {
			t.Errorf("%s: %s %v", c.samples, order, ambiguous)
		}
	}
}

func TestOrderNames(t *testing.T) {
	for o := DMY; o <= Serial; o++ {
		if got, ok := OrderNamed(o.String()); !ok || got != o {
			t.Errorf("%s", o)
		}
	}
	if _, ok := OrderNamed("dym"); ok {
		t.Error("dym is an order")
	}
}

// FuzzDate checks that what is understood is a day that exists, and is read back as itself.
func FuzzDate(f *testing.F) {
	for _, s := range []string{"26/06/1975", "1er août 2001", "June 26, 1975", "27571.5", "10.11.53", "1975-06-26T00:00:00Z", "12:", "1.", "a:1"} {
		f.Add(s, uint8(0))
	}
	f.Fuzz(func(t *testing.T, s string, order uint8) {
		rule := DateRule{Order: Order(order % 4), Now: now}
		DateOrder([]string{s})
		iso, ok := Date(s, rule)
		if !ok {
			if iso != "" {
				t.Fatalf("%q is not ok and %q", s, iso)
			}
			return
		}
		if _, err := time.Parse(time.DateOnly, iso); err != nil {
			t.Fatalf("%q: %q", s, iso)
		}
		if again, ok := Date(iso, rule); !ok || again != iso {
			t.Fatalf("%q: %q, then %q", s, iso, again)
		}
	})
}
