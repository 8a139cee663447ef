package email_test

import (
	"errors"
	"net/mail"
	"strings"
	"testing"

	"github.com/muster-crm/muster/shared/email"
	"github.com/muster-crm/muster/shared/fault"
)

func TestCheck(t *testing.T) {
	long := strings.Repeat("a", email.MaxLocal)
	label := strings.Repeat("b", 63)
	for address, code := range map[string]string{
		"jan@example.org":                           "",
		"Jan.Peeters+club@Example.ORG":              "",
		"o'brien@example.org":                       "",
		"jan_p-x@sub.example.co.uk":                 "",
		"1@example.org":                             "",
		"{a}!#$%&*/=?^`|~@example.org":              "",
		"josé@example.org":                          "",
		"用户@例え.jp":                                  "",
		"jan@exämple.org":                           "",
		"jan@xn--exmple-cua.org":                    "",
		"jan@straße.de":                             "",
		"jan@example.museum":                        "",
		"jan@123.example":                           "",
		long + "@example.org":                       "",
		long + "@" + label + ".org":                 "",
		long + "a@example.org":                      email.TooLong,
		"a@" + strings.Repeat(label+".", 4) + "org": email.TooLong,
		"a@" + label + "b.org":                      email.BadDomain,

		"":                        email.Invalid,
		"jan":                     email.Invalid,
		"jan@":                    email.Invalid,
		"@example.org":            email.Invalid,
		"jan@@example.org":        email.Invalid,
		"jan@peeters@example.org": email.Invalid,
		"jan peeters@example.org": email.Invalid,
		" jan@example.org":        email.Invalid,
		"jan@example.org ":        email.Invalid,
		"jan@exam ple.org":        email.Invalid,
		"jan@example.org\n":       email.Invalid,
		".jan@example.org":        email.Invalid,
		"jan.@example.org":        email.Invalid,
		"jan..p@example.org":      email.Invalid,
		`"jan p"@example.org`:     email.Invalid,
		"jan(club)@example.org":   email.Invalid,
		"Jan <jan@example.org>":   email.Invalid,
		"<jan@example.org>":       email.Invalid,
		"jan@example.org,p@x.org": email.Invalid,
		"jan;p@example.org":       email.Invalid,
		"mailto:jan@example.org":  email.Invalid,
		"jan\x00@example.org":     email.Invalid,
		"jan\xff@example.org":     email.Invalid,
		"jan\u200b@example.org":   email.Invalid,
		"jan@localhost":           email.BadDomain,
		"jan@example.":            email.BadDomain,
		"jan@example.org.":        email.BadDomain,
		"jan@.example.org":        email.BadDomain,
		"jan@example..org":        email.BadDomain,
		"jan@-example.org":        email.BadDomain,
		"jan@exa_mple.org":        email.BadDomain,
		"jan@[192.0.2.1]":         email.BadDomain,
		"jan@192.0.2.1":           email.BadDomain,
		"jan@example.1":           email.BadDomain,
		"jan@example.o":           email.BadDomain,
		"jan@example,org":         email.BadDomain,
		"jan@exam\xffple.org":     email.Invalid,
		"jan@xn--a.org":           email.BadDomain,
	} {
		err := email.Check(address)
		if code == "" && err != nil || code != "" && (!errors.Is(err, fault.Invalid) || fault.From(err).Code != code) {
			t.Errorf("Check(%q) = %v, want %q", address, err, code)
		}
		if email.Valid(address) != (code == "") {
			t.Errorf("Valid(%q) and Check disagree", address)
		}
	}
}

func TestClean(t *testing.T) {
	for s, want := range map[string]string{
		" Jan@Example.ORG\u00a0":      "Jan@example.org",
		"\u202ajan@example.org\u202c": "jan@example.org",
		"mailto:jan@example.org":      "jan@example.org",
		"<jan@example.org>":           "jan@example.org",
		"jose\u0301@example.org":      "josé@example.org",
		" jan ":                       "jan",
		"":                            "",
	} {
		if got := email.Clean(s); got != want {
			t.Errorf("Clean(%q) = %q, want %q", s, got, want)
		}
	}
}

func TestFold(t *testing.T) {
	same := [][]string{
		{"jan@example.org", "JAN@EXAMPLE.ORG", " Jan@Example.Org "},
		{"jan@exämple.org", "jan@EXÄMPLE.org", "jan@xn--exmple-cua.org", "jan@exa\u0308mple.org"},
		{"josé@example.org", "JOSE\u0301@example.org"},
		{"σίσυφος@example.org", "ΣΊΣΥΦΟΣ@example.org"},
		{"jan", "JAN"},
		{"jan@bad_domain", "Jan@Bad_Domain"},
	}
	seen := map[string]int{}
	for i, group := range same {
		for _, address := range group {
			folded := email.Fold(address)
			if j, ok := seen[folded]; ok && j != i {
				t.Errorf("%q is the same as one of %q", address, same[j])
			}
			seen[folded] = i
		}
	}
	if len(seen) != len(same) {
		t.Errorf("%d groups of the same addresses fold to %d: %v", len(same), len(seen), seen)
	}
	// What differs for the owner stays apart: dots, tags, accents.
	for _, other := range []string{"j.an@example.org", "jan+club@example.org", "ján@example.org", "jan@example.com"} {
		if email.Fold(other) == email.Fold("jan@example.org") {
			t.Errorf("%q is taken for jan@example.org", other)
		}
	}
}

func TestWire(t *testing.T) {
	for _, c := range []struct {
		address, wire string
		ok            bool
	}{
		{"Jan@example.org", "Jan@example.org", true},
		{"jan@exämple.org", "jan@xn--exmple-cua.org", true},
		{"josé@example.org", "", false},
	} {
		if wire, ok := email.Wire(c.address); wire != c.wire || ok != c.ok {
			t.Errorf("Wire(%q) = %q, %v", c.address, wire, ok)
		}
	}
	if _, ok := email.Wire("jan"); ok {
		t.Error("what is no address can be sent to")
	}
}

func TestSuggest(t *testing.T) {
	for address, want := range map[string]string{
		"jan@gmial.com": "jan@gmail.com", "jan@gmail.co": "jan@gmail.com", "Jan@GMAIL.CON": "Jan@gmail.com", "jan@gmaill.com": "jan@gmail.com",
		"jan@hotnail.com": "jan@hotmail.com", "jan@hotmial.be": "jan@hotmail.be", "jan@telnet.be": "jan@telenet.be", "jan@outlok.com": "jan@outlook.com",
		"jan@gmail.com": "", "jan@hotmail.be": "", "jan@example.org": "", "jan@gmx.com": "", "jan@wex.de": "", "jan": "", "@gmial.com": "", "jan@": "",
	} {
		if got := email.Suggest(address); got != want {
			t.Errorf("Suggest(%q) = %q, want %q", address, got, want)
		}
	}
}

func FuzzEmail(f *testing.F) {
	for _, s := range []string{"jan@example.org", "JOSÉ@EXÄMPLE.org", "a@b@c", "mailto:<x@y.z>", "ß@ẞ.de", "İ@İ.org", "a@xn--a", "\u200b@.", "x@ⅷ.com", "ǅ@x.org"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		folded := email.Fold(s)
		if again := email.Fold(folded); again != folded {
			t.Fatalf("Fold(%q) = %q, and that folds to %q", s, folded, again)
		}
		clean := email.Clean(s)
		if !email.Valid(s) {
			return
		}
		if !email.Valid(clean) || email.Clean(clean) != clean {
			t.Fatalf("%q is valid and cleaned to %q, then to %q", s, clean, email.Clean(clean))
		}
		if email.Fold(clean) != folded {
			t.Fatalf("%q folds to %q, cleaned to %q", s, folded, email.Fold(clean))
		}
		if email.Fold(strings.ToUpper(s)) != folded && strings.ToLower(strings.ToUpper(s)) == s {
			t.Fatalf("%q is another address in capitals", s)
		}
		if wire, ok := email.Wire(s); ok {
			parsed, err := mail.ParseAddress(wire)
			if err != nil || parsed.Address != wire || len(wire) > email.MaxTotal || !email.Valid(wire) {
				t.Fatalf("%q goes out as %q: %v", s, wire, err)
			}
			if email.Fold(wire) != folded {
				t.Fatalf("%q folds to %q, as sent to %q", s, folded, email.Fold(wire))
			}
		}
	})
}
