package nationalnumber_test

import (
	"fmt"
	"slices"
	"testing"
	"unicode/utf8"

	"github.com/muster-crm/muster/shared/nationalnumber"
)

const (
	bad   = nationalnumber.Invalid
	wrong = nationalnumber.BadCheck
)

func TestRead(t *testing.T) {
	for _, c := range []struct{ country, text, number, code string }{
		// The examples of the Belgian instructions, and the same person born a century later.
		{"BE", "85.07.30-033.28", "85073003328", ""},
		{"BE", "85 07 30 033 28", "85073003328", ""},
		{"BE", "93051822361", "93051822361", ""},
		{"BE", "17073003384", "17073003384", ""}, // born in 2017
		{"BE", "17.07.30-033.56", "17073003356", wrong},
		{"BE", "00.02.29-001.16", "00022900116", bad}, // 1900 had not
		{"BE", "00.02.29-001.45", "00022900145", ""},  // 2000 had such a day
		{"BE", "40000095579", "40000095579", ""},      // date of birth not known
		{"BE", "00000100364", "00000100364", ""},      // nor the year
		{"BE", "100364", "100364", bad},               // zeros are filled up only where one or two are missing
		{"BE", "4011800164", "04011800164", ""},       // the zero of the year, taken away by a spreadsheet
		{"BE", "85.27.30-033.71", "85273003371", ""},  // bis number, sex not known
		{"BE", "85.47.30-033.17", "85473003317", ""},  // bis number
		{"BE", "85.07.30-033.29", "85073003329", wrong},
		{"BE", "85.13.30-033.31", "85133003331", bad}, // no such month
		{"BE", "85.02.30-033.90", "85023003390", bad}, // no such day, though the digits fit
		{"BE", "85.07.32-033.59", "85073203359", bad},
		{"BE", "85.07.30-000.61", "85073000061", bad}, // no births before the first
		{"BE", "85.07.30-999.32", "85073099932", bad},
		{"BE", "85.67.30-033.08", "85673003308", bad},
		{"BE", "8507300332A", "8507300332A", bad},
		{"BE", "850730033281", "850730033281", bad},
		{"BE", "", "", bad},
		{"BE", "•••328", "•••328", bad}, // what is shown of one is none
		{"NL", "111222333", "111222333", ""},
		{"NL", "1234.56.782", "123456782", ""},
		{"NL", "10000008", "010000008", ""}, // of the times when they had eight digits
		{"NL", "123456789", "123456789", wrong},
		{"NL", "000000000", "000000000", bad},
		{"NL", "1234567", "001234567", wrong},
		{"NL", "123456", "123456", bad},
		{"NL", "1234567821", "1234567821", bad},
		{"NL", "12345678A", "12345678A", bad},
		{"ES", "12345678Z", "12345678Z", ""},
		{"ES", "12.345.678-z", "12345678Z", ""},
		{"ES", "1234567L", "01234567L", ""},
		{"ES", "X1234567L", "X1234567L", ""},
		{"ES", "Y-1234567-X", "Y1234567X", ""},
		{"ES", "Z1234567R", "Z1234567R", ""},
		{"ES", "K1234567L", "K1234567L", ""}, // below fourteen, without a DNI
		{"ES", "12345678A", "12345678A", wrong},
		{"ES", "X1234567A", "X1234567A", wrong},
		{"ES", "12345678", "12345678", bad},   // the letter belongs to it
		{"ES", "12345678I", "12345678I", bad}, // one of the letters that are never used
		{"ES", "A1234567L", "A1234567L", bad}, // a company's
		{"ES", "1Z", "1Z", bad},
		{"FR", "2 55 08 14 168 025 38", "255081416802538", ""},
		{"FR", "1 84 12 76 451 089 46", "184127645108946", ""},
		{"FR", "1 84 12 2A 451 089 33", "184122A45108933", ""},
		{"FR", "1 84 12 2b 451 089 60", "184122B45108960", ""},
		{"FR", "1 84 12 2A 451 089 60", "184122A45108960", wrong}, // the key of the other half of the island
		{"FR", "1 84 12 97 451 089 61", "184129745108961", ""},    // overseas
		{"FR", "1 84 30 76 451 089 43", "184307645108943", ""},    // month not known
		{"FR", "1 84 12 76 451 089 47", "184127645108947", wrong},
		{"FR", "1 84 13 76 451 089 18", "184137645108918", bad},
		{"FR", "1 84 00 76 451 089 70", "184007645108970", bad},
		{"FR", "9 84 12 76 451 089 46", "984127645108946", bad},
		{"FR", "1 84 12 2C 451 089 46", "184122C45108946", bad},
		{"FR", "1841276451089", "1841276451089", bad}, // the key belongs to it
		{"FR", "18412764510894655", "18412764510894655", bad},
		{"PT", " AB-12.345 ", "AB-12.345", ""},
		{"", "x", "x", ""},
	} {
		if got, code := nationalnumber.Read(c.country, c.text); got != c.number || code != c.code {
			t.Errorf("%s %q is %q, %q, want %q, %q", c.country, c.text, got, code, c.number, c.code)
		}
	}
}

// Every single wrong digit of a number is found.
func TestMistypedNumbers(t *testing.T) {
	for country, number := range map[string]string{"BE": "85073003328", "NL": "123456782", "ES": "12345678Z", "FR": "255081416802538"} {
		for i := range number {
			for c := byte('0'); c <= '9'; c++ {
				mistyped := number[:i] + string(c) + number[i+1:]
				if mistyped == number || number[i] > '9' {
					continue
				}
				if _, code := nationalnumber.Read(country, mistyped); code == "" {
					t.Errorf("%s: %s for %s is taken", country, mistyped, number)
				}
			}
		}
	}
}

// Of every hundred pairs of check digits one or, in Belgium, two fit: that of each century.
func TestOnePairFits(t *testing.T) {
	for _, c := range []struct {
		country, begin string
		most           int
	}{{"BE", "170730033", 2}, {"FR", "1841276451089", 1}} {
		n := 0
		for pair := range 100 {
			if _, code := nationalnumber.Read(c.country, fmt.Sprintf("%s%02d", c.begin, pair)); code == "" {
				n++
			}
		}
		if n != c.most {
			t.Errorf("%s: %d pairs fit", c.country, n)
		}
	}
}

func TestFormat(t *testing.T) {
	for _, c := range [][3]string{{"BE", "85073003328", "85.07.30-033.28"}, {"FR", "184122A45108933", "1 84 12 2A 451 089 33"},
		{"NL", "123456782", "123456782"}, {"ES", "12345678Z", "12345678Z"}, {"PT", "1", "1"}, {"BE", "•••328", "•••328"}, {"BE", "", ""}} {
		if got := nationalnumber.Format(c[0], c[1]); got != c[2] {
			t.Errorf("%s %s is written %s", c[0], c[1], got)
		}
	}
}

func TestOf(t *testing.T) {
	for s, want := range map[string][]string{"85.07.30-033.28": {"BE"}, "12345678Z": {"ES"}, "123456782": {"NL"},
		"255081416802538": {"FR"}, "17.05.2001": nil, "": nil, "+32471123456": nil} {
		if got := nationalnumber.Of(s); !slices.Equal(got, want) {
			t.Errorf("%q is of %v, want %v", s, got, want)
		}
	}
}

func FuzzRead(f *testing.F) {
	for _, s := range []string{"85.07.30-033.28", "12345678Z", "X1234567L", "123456782", "1 84 12 2A 451 089 33", "é", "\xff", "0", "K"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		for _, country := range append(nationalnumber.Countries(), "PT") {
			number, code := nationalnumber.Read(country, s)
			if code != "" || !utf8.ValidString(s) {
				continue
			}
			if country != "PT" && len(number) > nationalnumber.MaxLength {
				t.Fatalf("%s %q has %d characters", country, number, len(number))
			}
			if again, code := nationalnumber.Read(country, nationalnumber.Format(country, number)); again != number || code != "" {
				t.Fatalf("%s %q, written and read again, is %q, %q", country, number, again, code)
			}
		}
	})
}
