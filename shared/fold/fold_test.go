package fold_test

import (
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/unicode/norm"

	"github.com/muster-crm/muster/shared/fold"
)

func TestString(t *testing.T) {
	for in, want := range map[string]string{
		"":                        "",
		"jan":                     "jan",
		"  Jan \t  Peeters\n":     "jan peeters",
		"Élodie":                  "elodie",
		"E\u0301lodie":            "elodie",
		"ÅNGSTRÖM":                "angstrom",
		"Straße":                  "strasse",
		"STRAẞE":                  "strasse",
		"Łódź":                    "lodz",
		"Đặng":                    "dang",
		"Bjørn":                   "bjorn",
		"Ægir":                    "aegir",
		"Œuvre":                   "oeuvre",
		"Þór":                     "thor",
		"Guðrún":                  "gudrun",
		"ISTANBUL":                "istanbul",
		"İstanbul":                "istanbul",
		"Diyarbakır":              "diyarbakir",
		"Ħamrun":                  "hamrun",
		"Ａｂｃ１":                    "abc1",
		"ﬁn":                      "fin",
		"O’Brien":                 "o'brien",
		"O`Brien":                 "o'brien",
		"Jean–Pierre":             "jean-pierre",
		"a\u00a0b\u2003c":         "a b c",
		"zero\u200bwidth":         "zerowidth",
		"soft\u00adhyphen":        "softhyphen",
		"Jan.Peeters@Example.ORG": "jan.peeters@example.org",
		"ΟΔΟΣ":                    "οδοσ",
		"οδός":                    "οδοσ",
		"Иван":                    "иван",
		"山田":                      "山田",
		"\xff":                    "\ufffd",
	} {
		if got := fold.String(in); got != want {
			t.Errorf("String(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestAppendKeepsWhatIsThere(t *testing.T) {
	for in, want := range map[string]string{"Jan": "x jan", " é": "x e", "e\u0301": "x e", "  ": "x "} {
		if got := string(fold.Append([]byte("x "), in)); got != want {
			t.Errorf("Append(%q) = %q, want %q", in, got, want)
		}
	}
}

// Every rune there is folds to something that folds to itself.
func TestEveryRune(t *testing.T) {
	for r := rune(0); r <= utf8.MaxRune; r++ {
		once := fold.String("a" + string(r) + "b")
		if twice := fold.String(once); twice != once {
			t.Errorf("%U folds to %q, then to %q", r, once, twice)
		}
	}
}

func TestWords(t *testing.T) {
	for in, want := range map[string][]string{
		"":                    nil,
		" - ":                 nil,
		"Jan Peeters":         {"jan", "peeters"},
		"Jean-Pierre d'Hondt": {"jean", "pierre", "d", "hondt"},
		"jan@example.org":     {"jan", "example", "org"},
		"Élan 3b, (straat)":   {"elan", "3b", "straat"},
		"Ünïcödé—山田, Иван":    {"unicode", "山田", "иван"},
	} {
		if diff := cmp.Diff(want, fold.Words(in)); diff != "" {
			t.Errorf("Words(%q): %s", in, diff)
		}
	}
}

func TestDigits(t *testing.T) {
	for in, want := range map[string]string{"": "", "0471": "0471", "+32 471/56.54.31": "32471565431", "abc": ""} {
		if got := fold.Digits(in); got != want {
			t.Errorf("Digits(%q) = %q, want %q", in, got, want)
		}
	}
}

func FuzzString(f *testing.F) {
	for _, s := range []string{"Élodie", "e\u0301", "Straße \t x", "\xff\u0301", "ﬃ", "각", "ᾳ", "K"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		once := fold.String(s)
		if twice := fold.String(once); twice != once {
			t.Fatalf("%q folds to %q, then to %q", s, once, twice)
		}
		if !utf8.ValidString(once) {
			t.Fatalf("%q folds to bytes that are no text: %q", s, once)
		}
		if utf8.ValidString(s) {
			if d := fold.String(norm.NFD.String(s)); d != once {
				t.Fatalf("%q folds to %q, taken apart to %q", s, once, d)
			}
		}
		for _, w := range fold.Words(s) {
			if fold.String(w) != w {
				t.Fatalf("word %q is not folded", w)
			}
		}
	})
}

func BenchmarkASCII(b *testing.B) {
	dst := make([]byte, 0, 64)
	for b.Loop() {
		dst = fold.Append(dst[:0], "Jan Peeters")
	}
}

func BenchmarkLatin(b *testing.B) {
	dst := make([]byte, 0, 64)
	for b.Loop() {
		dst = fold.Append(dst[:0], "Élodie Bjørnsson")
	}
}
