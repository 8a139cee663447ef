// Package parse reads values as people write them in lists and forms: dates, amounts, yes and no, names, addresses,
// countries, genders, several e-mail addresses in one cell. It is what the import uses between a cell and a field.
//
// Every function is pure, takes any text whatever, and says with its ok (or an empty result) when it did not
// understand: nothing is ever made up, and a value that can be read in two ways is read by a rule the caller gives,
// such as the order of day and month, found from the whole column. Words are known in English, Spanish, Dutch, French
// and partly German, whatever their case and accents. Amounts are integers from the first digit on: no float.
package parse

import (
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/muster-crm/muster/shared/fold"
)

// Order is the order in which the numbers of a date stand.
type Order uint8

// The orders. A date with its year of four digits first, or with its month as a word, is understood under all.
const (
	DMY    Order = iota // 26/06/1975
	MDY                 // 06/26/1975
	YMD                 // 75-06-26; 1975-06-26
	Serial              // 27571: days, as spreadsheets count them from 1900
)

var orderNames = [...]string{"dmy", "mdy", "ymd", "serial"}

// String is the order's name: dmy, mdy, ymd or serial.
func (o Order) String() string { return orderNames[o] }

// OrderNamed gives the order of a name.
func OrderNamed(name string) (Order, bool) {
	for i, n := range orderNames {
		if n == name {
			return Order(i), true
		}
	}
	return 0, false
}

// DateRule says how the dates of a column are to be read.
type DateRule struct {
	Order Order
	Now   time.Time // for years of two digits; zero: they are not understood
	Past  bool      // the dates are past, as birth dates are: a year of two digits is the last one before Now
}

// Date reads a calendar date and gives it as 2006-01-02. It understands numbers with points, slashes, dashes or
// spaces, months as words (26 juni 1975, 1er août 2001, June 26, 1975, 26-jun-75), days of the week before and times
// of day behind the date, which are dropped, and 19750626. A date that does not exist, or not in the rule's order, is
// not ok. Without Past, a year of two digits lies within 80 years before and 20 after Now.
func Date(s string, rule DateRule) (iso string, ok bool) {
	if len(s) > 60 {
		return "", false
	}
	p, ok := splitDate(s)
	if !ok {
		return "", false
	}
	if len(p.numbers) == 1 && p.month == 0 {
		return lone(p.numbers[0], rule)
	}
	d, ok := p.arrange(rule.Order)
	if !ok {
		return "", false
	}
	return d.iso(rule)
}

// DateOrder finds the order of the dates of a column. ambiguous says that no value, or values of both sorts, decide
// between day first and month first: then somebody should be asked. Texts that are no dates do not count.
func DateOrder(samples []string) (order Order, ambiguous bool) {
	var dmy, mdy, ymd, serial, open, words int
	for _, s := range samples {
		if len(s) > 60 {
			continue
		}
		p, ok := splitDate(s)
		switch {
		case !ok:
		case p.month > 0:
			words++
		case len(p.numbers) == 1:
			if n, err := strconv.Atoi(whole(p.numbers[0])); err == nil && n >= 100 && n < 100_000 {
				serial++
			}
		case len(p.numbers) != 3:
		case len(p.numbers[0]) == 4:
			words++
		default:
			a, b, c := number(p.numbers[0]), number(p.numbers[1]), number(p.numbers[2])
			switch {
			case a > 31 && len(p.numbers[2]) <= 2 && b <= 12 && c <= 31:
				ymd++
			case a > 12 && a <= 31 && b <= 12:
				dmy++
			case b > 12 && b <= 31 && a <= 12:
				mdy++
			case a <= 12 && b <= 12 && p.point:
				dmy++ // points are used where the day comes first
			case a <= 12 && b <= 12:
				open++
			}
		}
	}
	switch {
	case serial > 0 && serial >= dmy+mdy+ymd+open+words:
		return Serial, false
	case ymd > dmy+mdy:
		return YMD, false
	case mdy > dmy:
		return MDY, dmy > 0
	case dmy > 0:
		return DMY, mdy > 0
	case open > 0:
		return DMY, true
	case words > 0:
		return YMD, false
	}
	return DMY, false
}

// dateParts are the numbers and the month of a date, in the order in which they stand.
type dateParts struct {
	numbers []string
	month   int // as a word; 0: none
	before  int // numbers in front of the word
	point   bool
}

// splitDate takes a date apart. Anything that can stand in no date makes it not ok.
func splitDate(s string) (dateParts, bool) {
	var p dateParts
	s = withoutTime(strings.TrimSpace(s))
	rest := s
	for rest != "" {
		r := []rune(rest)[0]
		switch {
		case '0' <= r && r <= '9':
			n := strings.IndexFunc(rest, func(r rune) bool { return r < '0' || r > '9' })
			if n < 0 {
				n = len(rest)
			}
			if n < len(rest)-1 && len(p.numbers) == 0 && p.month == 0 && n <= 7 && rest[n] == '.' && decimals(rest[n+1:]) {
				n = len(rest) // 27571.5: a serial with a time of day
			}
			p.numbers = append(p.numbers, rest[:n])
			rest = rest[n:]
		case unicode.IsLetter(r) || r == 'º' || r == 'ª':
			n := strings.IndexFunc(rest, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsMark(r) && r != 'º' && r != 'ª' })
			if n < 0 {
				n = len(rest)
			}
			word := fold.String(rest[:n])
			rest = rest[n:]
			switch m := months[word]; {
			case m > 0 && p.month > 0:
				return p, false
			case m > 0:
				p.month, p.before = m, len(p.numbers)
			case !filler[word]:
				return p, false
			}
		case strings.ContainsRune(" ./-,'’\u00a0\u202f‐‑–", r):
			p.point = p.point || r == '.'
			rest = rest[len(string(r)):]
		default:
			return p, false
		}
	}
	return p, len(p.numbers) > 0 && len(p.numbers) <= 3
}

func decimals(s string) bool {
	return len(s) > 0 && strings.Trim(s, "0123456789") == "" && (len(s) > 2 || len(s) == 1)
}

// withoutTime cuts the time of day at the end: T10:30:00Z, 10:30, 10:30:00.000 +02:00, 3:04 PM.
func withoutTime(s string) string {
	colon := strings.IndexByte(s, ':')
	if colon < 0 {
		return s
	}
	start := colon
	for start > 0 && '0' <= s[start-1] && s[start-1] <= '9' {
		start--
	}
	if start == colon || start == 0 || colon-start > 2 {
		return s // and the colon makes it no date
	}
	tail := fold.String(s[start:])
	for _, word := range []string{"a. m.", "p. m.", "a.m.", "p.m.", "am", "pm", "uur", "h", "z", "utc", "gmt"} {
		tail = strings.TrimSuffix(tail, word)
	}
	if strings.Trim(tail, "0123456789:.+- ") != "" {
		return s
	}
	return strings.TrimRight(strings.TrimSuffix(s[:start], "T"), " ,")
}

// date is a day before its year is known to be of this century.
type date struct {
	year, month, day int
	short            bool // the year has two digits
}

// arrange puts the numbers in their places.
func (p dateParts) arrange(order Order) (date, bool) {
	n := p.numbers
	var y, m, d string
	switch {
	case p.month > 0 && len(n) == 2 && len(n[0]) == 4:
		y, d = n[0], n[1]
	case p.month > 0 && len(n) == 2:
		d, y = n[0], n[1]
	case p.month > 0 || len(n) != 3:
		return date{}, false
	case len(n[0]) == 4:
		y, m, d = n[0], n[1], n[2]
	case order == YMD && len(n[0]) == 2 && len(n[2]) <= 2:
		y, m, d = n[0], n[1], n[2]
	case order == MDY:
		m, d, y = n[0], n[1], n[2]
	default:
		d, m, y = n[0], n[1], n[2]
	}
	if len(y) != 2 && len(y) != 4 || len(d) > 2 || len(m) > 2 {
		return date{}, false
	}
	v := date{year: number(y), month: p.month, day: number(d), short: len(y) == 2}
	if p.month == 0 {
		v.month = number(m)
	}
	return v, true
}

// iso completes the year and writes the date, if there is such a day.
func (d date) iso(rule DateRule) (string, bool) {
	if d.short {
		if rule.Now.IsZero() {
			return "", false
		}
		now := rule.Now.Year()
		d.year += now - now%100
		switch {
		case rule.Past:
			if time.Date(d.year, time.Month(d.month), d.day, 0, 0, 0, 0, time.UTC).After(rule.Now) {
				d.year -= 100
			}
		case d.year > now+20:
			d.year -= 100
		case d.year <= now-80:
			d.year += 100
		}
	}
	t := time.Date(d.year, time.Month(d.month), d.day, 0, 0, 0, 0, time.UTC)
	if d.year < 1000 || d.year > 9999 || t.Day() != d.day || t.Month() != time.Month(d.month) || t.Year() != d.year {
		return "", false
	}
	return t.Format(time.DateOnly), true
}

// lone reads a date of one number: a serial, or eight digits.
func lone(s string, rule DateRule) (string, bool) {
	if rule.Order == Serial {
		n, err := strconv.Atoi(whole(s))
		if err != nil || n < 61 || n > 2_958_465 { // from 1 March 1900: the days before are one off in some programs
			return "", false
		}
		return time.Unix(int64(n-25569)*86400, 0).UTC().Format(time.DateOnly), true
	}
	if len(s) != 8 || whole(s) != s {
		return "", false
	}
	if y := number(s[:4]); y >= 1850 && y < 2150 {
		if iso, ok := (date{year: y, month: number(s[4:6]), day: number(s[6:])}).iso(rule); ok {
			return iso, true
		}
	}
	d := date{year: number(s[4:]), month: number(s[2:4]), day: number(s[:2])}
	if rule.Order == MDY {
		d.month, d.day = d.day, d.month
	}
	if d.year < 1850 || d.year >= 2150 || rule.Order == YMD {
		return "", false
	}
	return d.iso(rule)
}

func whole(s string) string {
	s, _, _ = strings.Cut(s, ".")
	return s
}

// number reads up to nine digits.
func number(s string) int {
	if len(s) > 9 {
		return -1
	}
	n, err := strconv.Atoi(s)
	if err != nil {
		return -1
	}
	return n
}

// filler are words that stand in dates and say nothing: articles, the endings of ordinal numbers, days of the week.
var filler = set("de del el le la the of van den der d di dia le on op " +
	"st nd rd th er ere eme e ste º ª o a " +
	"maandag dinsdag woensdag donderdag vrijdag zaterdag zondag ma wo do vr za zo " +
	"monday tuesday wednesday thursday friday saturday sunday mon tue tues wed thu thur thurs fri sat sun " +
	"lundi mardi mercredi jeudi vendredi samedi dimanche lun mer jeu ven sam dim " +
	"lunes martes miercoles jueves viernes sabado domingo mie jue vie sab dom " +
	"montag dienstag mittwoch donnerstag freitag samstag sonntag mo di mi fr so")

func set(words string) map[string]bool {
	m := map[string]bool{}
	for w := range strings.FieldsSeq(words) {
		m[w] = true
		m[fold.String(w)] = true
	}
	return m
}

// months are the names of the months and what they are cut to.
var months = func() map[string]int {
	m := map[string]int{}
	for i, names := range []string{
		"january jan januari enero ene janvier janv januar jaenner",
		"february feb febr februari febrero fevrier fev fevr februar",
		"march mar maart mrt marzo mars maerz marz mrz",
		"april apr abril abr avril avr",
		"may mei mayo mai",
		"june jun juni junio juin",
		"july jul juli julio juillet juil",
		"august aug augustus agosto ago aout aou",
		"september sep sept septiembre set setiembre septembre",
		"october oct oktober okt octubre octobre",
		"november nov noviembre novembre",
		"december dec decem diciembre dic decembre dezember dez",
	} {
		for name := range strings.FieldsSeq(names) {
			m[name] = i + 1
		}
	}
	return m
}()
