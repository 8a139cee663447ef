package mail_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/muster-crm/muster/shared/fault"
	"github.com/muster-crm/muster/shared/mail"
)

func TestASCII(t *testing.T) {
	for given, want := range map[string]string{
		"jan@example.org":              "jan@example.org",
		"Jan.Peeters+club@EXAMPLE.org": "Jan.Peeters+club@example.org",
		"o'neil_{x}@example.org":       "o'neil_{x}@example.org",
		"jan@exämple.org":              "jan@xn--exmple-cua.org",
		"jan@EXÄMPLE.org":              "jan@xn--exmple-cua.org",
		"jan@straße.de":                "jan@xn--strae-oqa.de",
		"jan@例え.テスト":                   "jan@xn--r8jz45g.xn--zckzah",
		"jan@xn--exmple-cua.org":       "jan@xn--exmple-cua.org",
		"jan@sub.example.co.uk":        "jan@sub.example.co.uk",
	} {
		if got, err := mail.ASCII(given); err != nil || got != want {
			t.Errorf("%q: %q, %v; want %q", given, got, err, want)
		}
	}
	for _, bad := range []string{"", "@", "jan", "jan@", "@example.org", "jan@localhost", "jan@example.org.", "jan@-a.org",
		"jan@exa mple.org", "jan peeters@example.org", "jan@@example.org", "jän@example.org", `"jan"@example.org`,
		"<jan@example.org>", "Jan <jan@example.org>", "jan@example.org, eva@example.org", "jan@[127.0.0.1]", "jan@example..org",
		".jan@example.org", "jan.@example.org", "jan@a_b.org", "jan@xn--a.org", "jan@example.org\r\n", " jan@example.org",
		"jan(comment)@example.org", strings.Repeat("a", 65) + "@example.org", "jan@" + strings.Repeat("a", 64) + ".org",
		"jan@" + strings.Repeat("abcdefgh.", 30) + "org", "jan@ex\u200bample.org\x00"} {
		if got, err := mail.ASCII(bad); !errors.Is(err, fault.Invalid) {
			t.Errorf("%q is taken as %q (%v)", bad, got, err)
		}
	}
}

func FuzzASCII(f *testing.F) {
	for _, seed := range []string{"jan@example.org", "jan@exämple.org", "a@b", "\"@\"@x.y", "a@[::1]"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, given string) {
		out, err := mail.ASCII(given)
		if err != nil {
			return
		}
		for _, c := range []byte(out) {
			if c <= ' ' || c > '~' || strings.IndexByte("<>,;:\"\\()[]", c) >= 0 {
				t.Errorf("%q gives %q", given, out)
			}
		}
		if again, err := mail.ASCII(out); err != nil || again != out {
			t.Errorf("%q gives %q, that gives %q, %v", given, out, again, err)
		}
	})
}
