package query

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// comparisons are the operators of the text form as they are written.
var comparisons = map[string]Op{
	":": Has, "=": Is, "<": Less, "<=": AtMost, ">": More, ">=": AtLeast, "~": Contains, "!=": "!=",
	":=": Is, ":<": Less, ":<=": AtMost, ":>": More, ":>=": AtLeast,
}

const operatorSigns = ":=<>~"

// comparison splits s where a name is followed by operator signs: "age>=12" gives "age" and ">=". Both are empty
// where s does not begin so.
func comparison(s string) (name, signs string) {
	end := 0
	for i, r := range s {
		if letter := unicode.IsLetter(r); letter || i > 0 && (unicode.IsDigit(r) || unicode.IsMark(r)) {
			end = i + utf8.RuneLen(r)
		} else if i == 0 || !strings.ContainsRune("._-", r) {
			break
		}
	}
	rest := s[end:]
	n := 0
	if strings.HasPrefix(rest, "!=") {
		n = 1
	}
	for n < len(rest) && strings.IndexByte(operatorSigns, rest[n]) >= 0 {
		n++
	}
	if end == 0 || n == 0 {
		return "", ""
	}
	return s[:end], rest[:n]
}

// isAddress tells that what comparison found is the beginning of an address of the web, or of one being typed.
func isAddress(signs, rest string) bool { return signs == ":" && strings.HasPrefix(rest, "/") }

// raw gives the beginning of s up to a space, one of the signs of stop, or a closing parenthesis not opened in it.
func raw(s, stop string) string {
	open := 0
	for i, r := range s {
		switch {
		case isSpace(r), strings.ContainsRune(stop, r):
			return s[:i]
		case r == '(':
			open++
		case r == ')' && open == 0:
			return s[:i]
		case r == ')':
			open--
		}
	}
	return s
}

// clean takes from a word what clings to it: commas and semicolons behind, a comparison with nothing to compare
// with ("jan:"), the angle brackets around an e-mail address.
func clean(word string) string {
	for {
		w := strings.TrimRight(word, ",;")
		if name, signs := comparison(w); name != "" && name+signs == w {
			w = name
		}
		if len(w) > 2 && w[0] == '<' && w[len(w)-1] == '>' && plainAddress(w[1:len(w)-1]) {
			w = w[1 : len(w)-1]
		}
		if w == "" || w == word {
			return word
		}
		word = w
	}
}

func plainAddress(s string) bool {
	for _, r := range s {
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune("@._+-'", r) {
			return false
		}
	}
	first, _ := utf8.DecodeRuneInString(s)
	return strings.Contains(s, "@") && (unicode.IsLetter(first) || unicode.IsDigit(first))
}

// bare tells whether a word can stand in the text form without quotes and be read back as itself.
func bare(word string) bool {
	if word == "" || strings.ContainsFunc(word, isSpace) || raw(word, "") != word || clean(word) != word {
		return false
	}
	if strings.Count(word, "(") != strings.Count(word, ")") {
		return false
	}
	first, n := utf8.DecodeRuneInString(word)
	if first == '(' || isQuote(first) {
		return false
	}
	second, _ := utf8.DecodeRuneInString(word[n:])
	if first == '-' && negates(second) {
		return false
	}
	for _, keyword := range []string{"AND", "OR", "NOT"} {
		if hasKeyword(word, keyword) {
			return false
		}
	}
	name, signs := comparison(word)
	return name == "" || isAddress(signs, word[len(name)+len(signs):])
}

// negates tells whether a hyphen before r means "not".
func negates(r rune) bool {
	return unicode.IsLetter(r) || unicode.IsDigit(r) || isQuote(r) || r == '(' || r == '+'
}

// hasKeyword tells whether s begins with the keyword as a word of its own.
func hasKeyword(s, keyword string) bool {
	rest, ok := strings.CutPrefix(s, keyword)
	if !ok {
		return false
	}
	next, _ := utf8.DecodeRuneInString(rest)
	return rest == "" || next == '(' || next == ')' || isSpace(next)
}

// punctuation tells that nothing in a word could be looked for.
func punctuation(word string) bool {
	return !strings.ContainsFunc(word, func(r rune) bool {
		return !unicode.IsPunct(r) && !strings.ContainsRune("+<>=~|^`$", r)
	})
}

// isQuote tells whether a phrase may begin with r: typewriter quotes, and the curly ones that word processors make.
func isQuote(r rune) bool { return r == '"' || r == '“' || r == '”' || r == '„' }

// quoted reads the phrase at the beginning of s. It gives its text, and how many bytes it takes, 0 when it has no end.
// In it, \" and \\ stand for a quote and a backslash. A phrase begun by a typewriter quote ends with one; a curly one
// ends with any.
func quoted(s string) (text string, size int) {
	first, n := utf8.DecodeRuneInString(s)
	var b strings.Builder
	for i := n; i < len(s); {
		r, n := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == '\\' && i+1 < len(s) && (s[i+1] == '"' || s[i+1] == '\\'):
			b.WriteByte(s[i+1])
			i += 2
			continue
		case r == '"', first != '"' && isQuote(r):
			return b.String(), i + n
		}
		b.WriteRune(r)
		i += n
	}
	return "", 0
}

func quote(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s) + `"`
}

// A telephone number has that many digits (E.164 allows 15).
const minDigits, maxDigits = 6, 15

// dials tells whether a telephone number may begin so.
func dials(s string) bool {
	s = strings.TrimPrefix(s, "(")
	return s != "" && (s[0] == '+' || s[0] == '0')
}

// telephone reads a telephone number written in several pieces, or with parentheses, at the beginning of s: it begins
// with a plus or a zero and has minDigits to maxDigits digits. It gives the number as digits with or without a plus, and how many
// bytes it takes; 0 when there is none, or when it is in one piece and so needs no joining.
func telephone(s string) (number string, size int) {
	if !dials(s) {
		return "", 0
	}
	var b strings.Builder
	digits, open, joined := 0, false, false
	last := ' ' // the sign before
	for i := 0; i <= len(s); {
		r, n := utf8.DecodeRuneInString(s[i:])
		ends := n == 0 || r == ',' || r == ';' || r == ')' && !open
		if (ends || isSpace(r)) && !open && (last == ')' || isDigit(last)) && joined && digits >= minDigits {
			number, size = b.String(), i
		}
		switch {
		case ends, digits == maxDigits && isDigit(r):
			return number, size
		case isDigit(r):
			joined = joined || digits > 0 && isSpace(last)
			digits++
			b.WriteRune(r)
		case r == '+' && b.Len() == 0:
			b.WriteRune(r)
		case r == '(' && !open:
			joined = true
			if strings.HasPrefix(s[i:], "(0)") && digits > 0 && s[0] == '+' { // "+32 (0)471": the zero is for callers at home
				n, r = len("(0)"), ')'
			} else {
				open = true
			}
		case r == ')':
			open = false
		case r == '-' && isSpace(last) && !startsWithSpace(s[i+1:]): // negates what follows
			return number, size
		case r == '.', r == '/', r == '-', isSpace(r):
		default:
			return number, size
		}
		last = r
		i += n
	}
	return number, size
}

func isDigit(r rune) bool { return r >= '0' && r <= '9' }

func startsWithSpace(s string) bool {
	r, n := utf8.DecodeRuneInString(s)
	return n > 0 && isSpace(r)
}

// isSpace tells what separates words: white space, control characters and the invisible marks that come along when
// text is copied from elsewhere (zero-width spaces, marks of writing direction).
func isSpace(r rune) bool {
	switch {
	case unicode.IsSpace(r), unicode.IsControl(r):
		return true
	case r == 0x200B, r == 0x200E, r == 0x200F, r == 0x2060, r == 0xFEFF:
		return true
	}
	return r >= 0x202A && r <= 0x202E || r >= 0x2066 && r <= 0x2069
}

// squeeze makes every run of spaces one space and trims the ends.
func squeeze(s string) string {
	return strings.Join(strings.FieldsFunc(norm.NFC.String(strings.ToValidUTF8(s, " ")), isSpace), " ")
}
