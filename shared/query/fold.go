package query

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// letters are the Latin letters that Unicode does not take apart into a base and an accent.
var letters = strings.NewReplacer("ß", "ss", "ł", "l", "đ", "d", "ð", "d", "ø", "o", "æ", "ae", "œ", "oe", "þ", "th",
	"ı", "i", "ħ", "h", "ς", "σ")

// Fold makes the form of a text that is compared: without case, accents and ligatures, spaces and hyphens of any
// kind as one space. The keys of Field.Values are folded with it.
func Fold(s string) string {
	var b strings.Builder
	b.Grow(len(s))
	gap := false
	for _, r := range norm.NFKD.String(s) {
		switch {
		case unicode.Is(unicode.Mn, r):
		case isSpace(r) || unicode.Is(unicode.Pd, r):
			gap = b.Len() > 0
		default:
			if gap {
				b.WriteByte(' ')
				gap = false
			}
			b.WriteRune(unicode.ToLower(r))
		}
	}
	return letters.Replace(b.String())
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
