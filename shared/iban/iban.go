// Package iban reads the numbers of bank accounts as ISO 13616 has them: two letters of a country, two check digits and
// the number of the account at home, of the length that the country's banks have registered.
//
// A number is kept without spaces in capitals (Read) and shown in groups of four (Format). Read takes what people type
// and paste: small letters, any spacing, the word IBAN before it. A number is refused when its country has none, when
// its length is not that of its country, or when its check digits do not fit: those find every single wrong character
// and all but a few exchanged ones. Which banks there are changes monthly and is not looked at.
package iban

import (
	"strconv"
	"strings"
)

// Codes of what Read refuses.
const (
	Invalid   = "iban_invalid"    // no such number at all
	NoCountry = "iban_country"    // of a country that has none
	BadLength = "iban_length"     // longer or shorter than its country's
	BadCheck  = "iban_bad_digits" // the check digits do not fit: something is mistyped
)

// MaxLength is the most characters a number may have.
const MaxLength = 34

// registry holds the countries of the ISO 13616 register with the length of their numbers.
const registry = `
	AD24 AE23 AL28 AT20 AZ28 BA20 BE16 BG22 BH22 BI27 BR29 BY28 CH21 CR22 CY28 CZ24 DE22 DJ27 DK18 DO28
	EE20 EG29 ES24 FI18 FK18 FO18 FR27 GB22 GE22 GI23 GL18 GR27 GT28 HN28 HR21 HU28 IE22 IL23 IQ23 IS26 IT27
	JO30 KW30 KZ20 LB28 LC32 LI21 LT20 LU20 LV21 LY25 MC27 MD24 ME22 MK19 MN20 MR27 MT31 MU30 NI28 NL18 NO15
	OM23 PK24 PL28 PS29 PT25 QA29 RO24 RS22 RU33 SA24 SC31 SD18 SE24 SI19 SK24 SM27 SO23 ST25 SV28 TL23 TN24 TR26
	UA29 VA22 VG24 XK20 YE30`

// length gives the length of a country's numbers, 0 when it has none.
func length(country string) int {
	i := strings.Index(registry, country)
	if i < 0 || i+4 > len(registry) {
		return 0
	}
	n, _ := strconv.Atoi(registry[i+2 : i+4])
	return n
}

// Read gives a number in the form it is kept in. code is "" or says why it is none; the number is then as far as it
// could be brought into that form.
func Read(s string) (number, code string) {
	number = clean(s)
	if len(number) < 5 || !all(number[:2], letter) || !all(number[2:4], digit) ||
		!all(number, func(c byte) bool { return letter(c) || digit(c) }) {
		return number, Invalid
	}
	switch want := length(number[:2]); {
	case want == 0:
		return number, NoCountry
	case len(number) != want:
		return number, BadLength
	case number[2:4] != checkDigits(number[:2], number[4:]):
		return number, BadCheck
	}
	return number, ""
}

// Valid tells whether Read takes a number.
func Valid(s string) bool {
	_, code := Read(s)
	return code == ""
}

// clean takes away what stands between and before the characters.
func clean(s string) string {
	s = strings.ToUpper(strings.Map(func(r rune) rune {
		switch r {
		case ' ', '\t', '\n', '\r', '.', '-', '\u00a0', '\u2009', '\u202f', '\u2011':
			return -1
		}
		return r
	}, s))
	if rest, ok := strings.CutPrefix(s, "IBAN"); ok {
		s = strings.TrimLeft(rest, ":")
	}
	return s
}

// Of makes the number of an account out of the number it has at home: with its country and check digits before it. code
// is as Read's.
func Of(country, account string) (number, code string) {
	account = clean(account)
	if len(country) != 2 || !all(country, letter) || !all(account, func(c byte) bool { return letter(c) || digit(c) }) {
		return "", Invalid
	}
	return Read(country + checkDigits(country, account) + account)
}

// Format writes a number in groups of four. What is no number of letters and digits stays as it is.
func Format(number string) string {
	if number == "" || !all(number, func(c byte) bool { return letter(c) || digit(c) }) {
		return number
	}
	var b strings.Builder
	for i := 0; i < len(number); i += 4 {
		if i > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(number[i:min(i+4, len(number))])
	}
	return b.String()
}

// checkDigits gives the two digits before an account's number, of ISO 7064 mod 97-10: 02 to 98. A number whose digits
// are off by 97 leaves the same remainder and is no number all the same.
func checkDigits(country, account string) string {
	n := 98 - mod97(account+country+"00")
	return string([]byte{byte('0' + n/10), byte('0' + n%10)})
}

// mod97 reads letters as numbers of two digits, A as 10.
func mod97(s string) int {
	n := 0
	for i := range len(s) {
		if c := s[i]; digit(c) {
			n = (n*10 + int(c-'0')) % 97
		} else {
			n = (n*100 + int(c-'A') + 10) % 97
		}
	}
	return n
}

func letter(c byte) bool { return c >= 'A' && c <= 'Z' }
func digit(c byte) bool  { return c >= '0' && c <= '9' }

func all(s string, is func(byte) bool) bool {
	for i := range len(s) {
		if !is(s[i]) {
			return false
		}
	}
	return true
}
