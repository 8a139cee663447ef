// Package email knows what an e-mail address is, when two are the same, and how one is written on the wire.
//
// An address is kept as its owner writes it (Clean). It is compared folded (Fold): people do not tell JAN@Example.org
// from jan@example.org, nor exämple.org from xn--exmple-cua.org, and neither does uniqueness. It is sent with its
// domain in ASCII (Wire).
//
// What the standards allow and no member ever has is refused: quoted local parts, comments, domains without a dot,
// numbers for domains.
package email

import (
	"net/netip"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/idna"
	"golang.org/x/text/unicode/norm"

	"github.com/muster-crm/muster/shared/fault"
)

// Limits in bytes (RFC 5321): of the part before the @, and of the whole address as it is sent.
const (
	MaxLocal = 64
	MaxTotal = 254
)

// Codes of the faults of Check, all of kind fault.Invalid.
const (
	Invalid   = "email_invalid"    // no address at all
	TooLong   = "email_too_long"   // over one of the limits
	BadDomain = "email_bad_domain" // what stands behind the @ can be no domain
)

// domains reads names of domains as a browser does, and checks them.
var domains = idna.New(idna.MapForLookup(), idna.BidiRule(), idna.Transitional(false), idna.VerifyDNSLength(true))

// Check tells what is wrong with an address. Spaces around it are, they are for Clean to take away.
func Check(address string) error {
	if code := check(address); code != "" {
		return fault.New(fault.Invalid, code)
	}
	return nil
}

// Valid tells whether Check finds nothing wrong.
func Valid(address string) bool { return check(address) == "" }

func check(address string) string {
	local, domain, ok := split(address)
	if !ok || strings.Contains(domain, "@") || !validLocal(local) || domain == "" {
		return Invalid
	}
	if !utf8.ValidString(domain) || strings.ContainsFunc(domain, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) }) {
		return Invalid
	}
	wire, err := domains.ToASCII(domain)
	switch {
	case len(local) > MaxLocal || len(local)+len("@")+max(len(domain), len(wire)) > MaxTotal:
		return TooLong
	case err != nil || !validDomain(wire):
		return BadDomain
	}
	return ""
}

// split cuts an address at its only @ that counts, the last.
func split(address string) (local, domain string, ok bool) {
	at := strings.LastIndexByte(address, '@')
	if at < 0 {
		return address, "", false
	}
	return address[:at], address[at+1:], true
}

// validLocal accepts what RFC 5322 calls a dot-atom, with the letters of RFC 6531.
func validLocal(local string) bool {
	if local == "" || !utf8.ValidString(local) || !norm.NFC.IsNormalString(local) {
		return false
	}
	if local[0] == '.' || local[len(local)-1] == '.' || strings.Contains(local, "..") {
		return false
	}
	for _, r := range local {
		switch {
		case r < utf8.RuneSelf:
			letter := r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9'
			if !letter && !strings.ContainsRune(".!#$%&'*+-/=?^_`{|}~", r) {
				return false
			}
		case !unicode.IsLetter(r) && !unicode.IsMark(r) && !unicode.IsDigit(r):
			return false
		}
	}
	return true
}

// validDomain accepts the ASCII form of a domain of two labels or more that is no number.
func validDomain(wire string) bool {
	last := strings.LastIndexByte(wire, '.')
	if last < 0 || last == len(wire)-1 {
		return false
	}
	if _, err := netip.ParseAddr(wire); err == nil {
		return false
	}
	return strings.ContainsFunc(wire[last+1:], unicode.IsLetter) && len(wire[last+1:]) > 1
}

// Clean gives an address as it is to be kept: without what comes along when it is copied (spaces, "mailto:", angle
// brackets), composed (NFC), the domain in lower case. What is no address comes back trimmed.
func Clean(s string) string {
	s = strings.TrimFunc(norm.NFC.String(s), func(r rune) bool {
		return unicode.IsSpace(r) || unicode.IsControl(r) || unicode.Is(unicode.Cf, r)
	})
	if len(s) > 7 && strings.EqualFold(s[:7], "mailto:") {
		s = s[7:]
	}
	if strings.HasPrefix(s, "<") && strings.HasSuffix(s, ">") {
		s = s[1 : len(s)-1]
	}
	local, domain, ok := split(s)
	if !ok {
		return s
	}
	if isASCII(domain) {
		return local + "@" + strings.ToLower(domain)
	}
	if mapped, err := domains.ToUnicode(domain); err == nil {
		return local + "@" + mapped
	}
	return s
}

// Fold gives the form by which addresses are compared and claimed: lower case, the domain in ASCII. It accepts anything
// and is idempotent.
func Fold(address string) string {
	local, domain, ok := split(strings.TrimSpace(address))
	if !ok {
		return lower(local)
	}
	return lower(local) + "@" + ascii(domain)
}

// lower folds case for comparing: also letters with two lower cases, like the Greek sigma.
func lower(s string) string {
	s = norm.NFC.String(strings.ToLower(strings.ToUpper(norm.NFC.String(s))))
	return strings.ReplaceAll(s, "ς", "σ")
}

// ascii gives the domain as it is in the DNS, or in lower case where it can be none.
func ascii(domain string) string {
	if wire, err := domains.ToASCII(domain); err == nil {
		return wire
	}
	return lower(domain)
}

// Wire gives a valid address as it is put into a message: its domain in ASCII. ok is false where the part before
// the @ is not ASCII, which only some servers take.
func Wire(address string) (wire string, ok bool) {
	local, domain, _ := split(address)
	if !isASCII(local) {
		return "", false
	}
	return local + "@" + ascii(domain), Valid(address)
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}
