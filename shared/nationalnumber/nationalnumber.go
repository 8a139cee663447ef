// Package nationalnumber reads the numbers by which states know people: the Belgian rijksregisternummer, the Dutch
// burgerservicenummer, the Spanish DNI and NIE and the French numéro de sécurité sociale (NIR), each with its check
// digits. Of other countries a number is plain text.
//
// A number is kept without what stands between its characters (Read) and shown as it is written at home (Format).
package nationalnumber

import (
	"slices"
	"strings"
	"time"
)

// Codes of what Read refuses.
const (
	Invalid  = "national_number_invalid"    // not as long as it must be, or of other characters, or with a date there is not
	BadCheck = "national_number_bad_digits" // the check digits do not fit: something is mistyped
)

// MaxLength is the most characters a number of any country may have.
const MaxLength = 30

// plan is how a country makes its numbers.
type plan struct {
	check  func(number string) (code string)
	pad    int   // digits to which leading zeros are filled up that a spreadsheet took away, 0 for none
	groups []int // lengths of the groups in which it is shown
	marks  string
}

var plans = map[string]plan{
	"BE": {check: belgian, pad: 11, groups: []int{2, 2, 2, 3, 2}, marks: "..-."},
	"NL": {check: dutch, pad: 9},
	"ES": {check: spanish},
	"FR": {check: french, groups: []int{1, 2, 2, 2, 3, 3, 2}, marks: "      "},
}

// Countries lists the countries whose numbers are checked.
func Countries() []string { return []string{"BE", "ES", "FR", "NL"} }

// Read gives a country's number in the form it is kept in. code is "" or says why it is none. Of a country without a
// check the number is the text without the spaces around it.
func Read(country, s string) (number, code string) {
	p, ok := plans[country]
	if !ok {
		return strings.TrimSpace(s), ""
	}
	number = clean(s)
	if number == "" {
		return "", Invalid
	}
	if country == "ES" {
		number = padSpanish(number)
	} else if n := len(number); n < p.pad && n >= p.pad-2 && digits(number) {
		number = strings.Repeat("0", p.pad-n) + number
	}
	return number, p.check(number)
}

// Of lists the countries in which a number may be one: those whose check digits fit.
func Of(s string) []string {
	return slices.DeleteFunc(Countries(), func(country string) bool {
		_, code := Read(country, s)
		return code != ""
	})
}

// Format writes a number as it is written in its country. What is no number of it stays as it is.
func Format(country, number string) string {
	p := plans[country]
	total := 0
	for _, n := range p.groups {
		total += n
	}
	if total == 0 || len(number) != total || strings.ContainsFunc(number, func(r rune) bool { return r > '~' }) {
		return number
	}
	var b strings.Builder
	for i, n := range p.groups {
		if i > 0 {
			b.WriteByte(p.marks[i-1])
		}
		b.WriteString(number[:n])
		number = number[n:]
	}
	return b.String()
}

// clean takes away what stands between the characters.
func clean(s string) string {
	return strings.ToUpper(strings.Map(func(r rune) rune {
		switch r {
		case ' ', '\t', '\n', '\r', '.', '-', '/', '\u00a0', '\u2009', '\u202f', '\u2011':
			return -1
		}
		return r
	}, s))
}

// belgian checks the eleven digits of a rijksregisternummer or of a bis number: date of birth, a number in the order of
// the day's births, and 97 less the remainder of the nine before. From 2000 on a 2 is put before the nine. A bis number
// has 20 (sex not known) or 40 added to the month; of an unknown date month and day, or the day alone, are zero.
func belgian(n string) string {
	if len(n) != 11 || !digits(n) {
		return Invalid
	}
	month, day := int(number(n[2:4])), int(number(n[4:6]))
	serial := number(n[6:9])
	if month > 59 || month%20 > 12 || day > 31 || serial == 0 || serial == 999 {
		return Invalid
	}
	check := number(n[9:])
	for _, century := range []int64{19, 20} {
		nine := number(n[:9])
		if century == 20 {
			nine += 2_000_000_000
		}
		if 97-nine%97 != check {
			continue
		}
		year := int(century)*100 + int(number(n[:2]))
		if month%20 == 0 || day == 0 || exists(year, month%20, day) {
			return ""
		}
		return Invalid
	}
	return BadCheck
}

// dutch checks the nine digits of a burgerservicenummer: weighed 9 to 2 and -1 they sum up to a multiple of 11.
func dutch(n string) string {
	if len(n) != 9 || !digits(n) || number(n) == 0 {
		return Invalid
	}
	sum := 0
	for i := range 8 {
		sum += (9 - i) * int(n[i]-'0')
	}
	if sum -= int(n[8] - '0'); sum%11 != 0 {
		return BadCheck
	}
	return ""
}

// spanishLetters are the check letters by the remainder of 23.
const spanishLetters = "TRWAGMYFPDXBNJZSQVHLCKE"

// padSpanish fills up the zeros that a DNI is often written without.
func padSpanish(n string) string {
	if len(n) > 1 && len(n) < 9 && digits(n[:len(n)-1]) && !digits(n[len(n)-1:]) && len(n) >= 6 {
		return strings.Repeat("0", 9-len(n)) + n
	}
	return n
}

// spanish checks a DNI (eight digits and a letter), a NIE (X, Y or Z, which stand for 0, 1 and 2, seven digits and a
// letter) or one of the few that begin with K, L or M, whose seven digits alone count.
func spanish(n string) string {
	if len(n) != 9 {
		return Invalid
	}
	body := n[:8]
	switch i := strings.IndexByte("XYZ", n[0]); {
	case i >= 0:
		body = string([]byte{byte('0' + i)}) + n[1:8]
	case strings.IndexByte("KLM", n[0]) >= 0:
		body = n[1:8]
	}
	if !digits(body) || strings.IndexByte(spanishLetters, n[8]) < 0 {
		return Invalid
	}
	if spanishLetters[number(body)%23] != n[8] {
		return BadCheck
	}
	return ""
}

// french checks the fifteen characters of a NIR: sex, year and month of birth, the place by département and commune, a
// number in their register, and the key, 97 less the remainder of the thirteen before. The départements of Corsica, 2A
// and 2B, count as 19 and 18. A month over 12 says that it is not known.
func french(n string) string {
	if len(n) != 15 {
		return Invalid
	}
	whole := n
	switch n[5:7] {
	case "2A":
		whole = n[:5] + "19" + n[7:]
	case "2B":
		whole = n[:5] + "18" + n[7:]
	}
	if !digits(whole) || strings.IndexByte("123478", n[0]) < 0 {
		return Invalid
	}
	month := number(n[3:5])
	if month == 0 || month > 12 && month < 20 || month > 42 && month < 50 || n[5:7] == "00" || number(n[10:13]) == 0 {
		return Invalid
	}
	if 97-number(whole[:13])%97 != number(n[13:]) {
		return BadCheck
	}
	return ""
}

// exists tells whether the calendar has a day.
func exists(year, month, day int) bool {
	return time.Date(year, time.Month(month), day, 0, 0, 0, 0, time.UTC).Day() == day
}

func digits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}

// number gives the value of digits.
func number(s string) int64 {
	var n int64
	for i := range len(s) {
		n = n*10 + int64(s[i]-'0')
	}
	return n
}
