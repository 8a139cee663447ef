package fold

import (
	"unicode"
	"unicode/utf8"
)

// Words gives the words of s, folded: runs of letters and digits. What lies between them parts them, so "Jean-Pierre
// d'Hondt" has four.
func Words(s string) []string {
	var words []string
	for word, rest := Word(String(s)); word != ""; word, rest = Word(rest) {
		words = append(words, word)
	}
	return words
}

// Word gives the first word of a folded text and what follows it. The word is "" when there is none.
func Word(folded string) (word, rest string) {
	start := -1
	for i := 0; i < len(folded); {
		c, size, in := folded[i], 1, false
		if c < utf8.RuneSelf {
			in = c >= 'a' && c <= 'z' || c >= '0' && c <= '9'
		} else {
			var r rune
			r, size = utf8.DecodeRuneInString(folded[i:])
			in = unicode.IsLetter(r) || unicode.IsNumber(r) || unicode.IsMark(r)
		}
		switch {
		case in && start < 0:
			start = i
		case !in && start >= 0:
			return folded[start:i], folded[i:]
		}
		i += size
	}
	if start < 0 {
		return "", ""
	}
	return folded[start:], ""
}

// Digits gives the digits of s and drops everything else.
func Digits(s string) string {
	plain := true
	for i := 0; i < len(s) && plain; i++ {
		plain = isDigit(s[i])
	}
	if plain {
		return s
	}
	b := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		if isDigit(s[i]) {
			b = append(b, s[i])
		}
	}
	return string(b)
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }
