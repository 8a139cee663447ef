package sheet

import (
	"strings"
)

// formatKind says what a number format makes of a number.
type formatKind uint8

const (
	formatNumber  formatKind = iota // shown as a number
	formatDate                      // a day
	formatStamp                     // a day and a time
	formatTime                      // a time of day
	formatElapsed                   // a duration: [h]:mm
	formatEither                    // built-in formats that are a day in one language and a time in another
	formatDigits                    // digits in a pattern: 00000, 00" "00" "00
	formatWords                     // only words, by sign: "yes";;"no"
)

// numFormat is a number format, as far as it changes what a cell holds.
type numFormat struct {
	kind     formatKind
	pattern  []digit   // formatDigits
	sections [3]string // formatWords: positive, negative, zero
}

// digit is one character of a pattern: a place for a digit, which is shown even when there is none, or a literal.
type digit struct {
	char  byte
	place bool
	shown bool
}

// builtin are the formats that files name by number without saying what they are.
func builtin(id int) numFormat {
	switch {
	case id >= 14 && id <= 17:
		return numFormat{kind: formatDate}
	case id >= 18 && id <= 21, id == 45, id == 47:
		return numFormat{kind: formatTime}
	case id == 22:
		return numFormat{kind: formatStamp}
	case id == 46:
		return numFormat{kind: formatElapsed}
	case id >= 27 && id <= 36, id >= 50 && id <= 58, id >= 71 && id <= 81:
		return numFormat{kind: formatEither}
	}
	return numFormat{}
}

// parseFormat reads a format code.
func parseFormat(code string) numFormat {
	if len(code) > 1024 || strings.EqualFold(code, "General") {
		return numFormat{}
	}
	sections := splitSections(code)
	if len(sections) == 0 {
		return numFormat{}
	}
	if kind := dateKind(sections[0]); kind != formatNumber {
		return numFormat{kind: kind}
	}
	if len(sections) >= 2 {
		if f, ok := words(sections); ok {
			return f
		}
	}
	if pattern := digits(sections[0]); pattern != nil {
		return numFormat{kind: formatDigits, pattern: pattern}
	}
	return numFormat{}
}

// item is one element of a format code: a quoted or escaped literal, something in brackets, or a bare character.
type item struct {
	text    string
	literal bool
	bracket bool
}

// splitSections cuts a format code at its semicolons into items. Padding (_x) and filling (*x) say nothing and go.
func splitSections(code string) [][]item {
	sections := [][]item{nil}
	add := func(i item) {
		last := len(sections) - 1
		sections[last] = append(sections[last], i)
	}
	runes := []rune(code)
	for i := 0; i < len(runes); i++ {
		switch c := runes[i]; c {
		case ';':
			if len(sections) == 4 {
				return sections
			}
			sections = append(sections, nil)
		case '"', '[':
			closing := c
			if c == '[' {
				closing = ']'
			}
			j := i + 1
			for j < len(runes) && runes[j] != closing {
				j++
			}
			add(item{text: string(runes[i+1 : min(j, len(runes))]), literal: c == '"', bracket: c == '['})
			i = j
		case '\\':
			if i++; i < len(runes) {
				add(item{text: string(runes[i]), literal: true})
			}
		case '_', '*':
			i++
		default:
			add(item{text: string(c)})
		}
	}
	return sections
}

// dateKind says whether a section shows a date or time. Besides the letters that files should hold (English ones), the
// day and year letters of French, Spanish, Dutch and German that some writers leave in are known: jj/mm/aaaa.
func dateKind(section []item) formatKind {
	runs, digits := letters(section)
	if digits {
		return formatNumber
	}
	var day, month, clock, elapsed, foreign bool
	for i, r := range runs {
		switch r {
		case "y", "d", "e", "g", "b":
			day = true
		case "h", "s", "am":
			clock = true
		case "[h]", "[m]", "[s]":
			elapsed = true
		case "m": // minutes beside hours or seconds
			minutes := i > 0 && strings.Trim(runs[i-1], "[]") == "h" || i+1 < len(runs) && runs[i+1] == "s"
			clock = clock || minutes
			month = month || !minutes
		case "j", "a", "t":
			foreign = true
		default:
			return formatNumber // a word
		}
	}
	switch day = day || month; {
	case foreign && (!month || len(runs) < 2):
		return formatNumber
	case (day || foreign) && clock:
		return formatStamp
	case day || foreign:
		return formatDate
	case elapsed:
		return formatElapsed
	case clock:
		return formatTime
	}
	return formatNumber
}

// letters gives the letters of a section, each run of one letter as that letter in small, a duration's in brackets, and
// AM/PM as "am". digits says that it shows digits other than the decimals of seconds.
func letters(section []item) (runs []string, digits bool) {
	last := ""
	for i := 0; i < len(section); i++ {
		t := strings.ToLower(section[i].text)
		switch {
		case section[i].literal:
			t = ""
		case section[i].bracket:
			if t != "" && strings.Trim(t, t[:1]) == "" && strings.Contains("hms", t[:1]) {
				runs = append(runs, "["+t[:1]+"]")
			}
			t = ""
		case t == "0", t == "#", t == "?":
			if last == "." || last == "," {
				t = last
			} else {
				digits = true
			}
		case t == "a" && bare(section[i:], "am/pm"):
			runs, i, t = append(runs, "am"), i+4, ""
		case t == "a" && bare(section[i:], "a/p"):
			runs, i, t = append(runs, "am"), i+2, ""
		case len(t) == 1 && 'a' <= t[0] && t[0] <= 'z' && t != last:
			runs = append(runs, t)
		}
		last = t
	}
	return runs, digits
}

// bare says whether items start with the characters of a word, neither quoted nor in brackets.
func bare(items []item, word string) bool {
	for i := range len(word) {
		if i >= len(items) || items[i].literal || items[i].bracket || strings.ToLower(items[i].text) != word[i:i+1] {
			return false
		}
	}
	return true
}

// words reads a format of nothing but words, as LibreOffice writes for booleans: "TRUE";"TRUE";"FALSE".
func words(sections [][]item) (numFormat, bool) {
	f := numFormat{kind: formatWords}
	for i, s := range sections[:min(len(sections), 3)] {
		for _, it := range s {
			if it.bracket {
				continue
			}
			if !it.literal && it.text != " " {
				return f, false
			}
			f.sections[i] += it.text
		}
		if f.sections[i] == "" {
			return f, false
		}
	}
	if len(sections) == 2 {
		f.sections[2] = f.sections[0]
	}
	return f, true
}

// digits reads a format that only arranges the digits of a whole number: at least two places, and either more than one
// of them shown even when empty or a literal between them. Anything with a point, comma, percent, exponent, fraction
// or currency is an ordinary number, and so are thousands set apart by spaces and a number with its unit.
func digits(section []item) []digit {
	var pattern []digit
	for _, it := range section {
		switch {
		case it.bracket && strings.HasPrefix(it.text, "$") && !strings.HasPrefix(it.text, "$-"):
			return nil // a currency
		case it.bracket:
		case !it.literal && (it.text == "0" || it.text == "#" || it.text == "?"):
			pattern = append(pattern, digit{place: true, shown: it.text == "0"})
		case !it.literal && !strings.Contains(" -()/+:", it.text):
			return nil
		default:
			for i := range len(it.text) {
				pattern = append(pattern, digit{char: it.text[i]})
			}
		}
	}
	var groups []int // places between literals
	shown, spaces, after := 0, true, true
	for _, d := range pattern {
		switch {
		case d.place && after:
			groups, after = append(groups, 1), false
		case d.place:
			groups[len(groups)-1]++
		default:
			after = true
			spaces = spaces && d.char == ' '
		}
		if d.shown {
			shown++
		}
	}
	between := len(groups) > 1
	thousands := between && spaces && shown < 2
	for _, g := range groups[min(1, len(groups)):] {
		thousands = thousands && g == 3
	}
	switch {
	case shown < 2 && !between, thousands, len(groups) == 1 && after:
		return nil
	}
	return pattern
}

// appendDigits arranges the digits of a whole number; digits without a place go before the first one.
func appendDigits(dst []byte, pattern []digit, number []byte) []byte {
	missing := -len(number)
	for _, d := range pattern {
		if d.place {
			missing++
		}
	}
	start, next := len(dst), 0
	for _, d := range pattern {
		switch {
		case !d.place:
			if len(dst) > start || d.char != ' ' {
				dst = append(dst, d.char)
			}
		case missing > 0:
			missing--
			if d.shown {
				dst = append(dst, '0')
			}
		default:
			for ; missing < 0; missing++ {
				dst = append(dst, number[next])
				next++
			}
			dst = append(dst, number[next])
			next++
		}
	}
	return dst
}
