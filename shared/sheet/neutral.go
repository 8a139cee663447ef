package sheet

import (
	"strings"
	"unicode/utf8"
)

// neutral makes a text safe to open in a spreadsheet program: one that would be taken for a formula gets an
// apostrophe in front, and so does one that starts with apostrophes followed by such a text, so that restore gives
// back exactly what was written. Numbers and phone numbers (+32 471 56 54 31, -12,50) stay as they are: a sign followed
// by nothing but digits, spaces, points and commas calculates nothing.
func neutral(s string) string {
	if rest := strings.TrimLeft(s, "'"); formula(rest) && (len(rest) < len(s) || !signed(rest)) {
		return "'" + s
	}
	return s
}

// restore takes off the apostrophe that neutral put in front.
func restore(s string) string {
	if len(s) > 1 && s[0] == '\'' && formula(strings.TrimLeft(s, "'")) {
		return s[1:]
	}
	return s
}

// formula says whether a spreadsheet program may take a text for a formula: by its first character, full-width forms
// among them, because some editions take those too.
func formula(s string) bool {
	r, _ := utf8.DecodeRuneInString(s)
	switch r {
	case '=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠':
		return true
	}
	return false
}

// signed says whether a text is a sign and a number, which may be a phone number.
func signed(s string) bool {
	if len(s) < 2 || s[0] != '+' && s[0] != '-' || !isDigit(s[1]) {
		return false
	}
	for i := 1; i < len(s); i++ {
		if !isDigit(s[i]) && s[i] != ' ' && s[i] != '.' && s[i] != ',' {
			return false
		}
	}
	return true
}
