// Package fold makes the form of a text that is compared, so that "Élodie", "ELODIE" and "elodie" are the same word.
//
// The folded form is lower case, has no accents, spells ligatures and the letters Unicode does not take apart
// (ß ł đ ø æ œ þ ð ı ħ) in plain letters, replaces compatibility forms (full-width letters, superscripts) by the plain ones,
// writes every kind of apostrophe and hyphen one way, makes every run of white space one space and has none at its
// ends. Punctuation stays, so e-mail addresses keep their shape.
//
// Guarantees: folding is idempotent, never fails (bytes that are no UTF-8 become U+FFFD), and texts that are canonically
// equivalent fold alike. Folded text is fit for comparing, not for showing.
package fold

import (
	"sync"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// ascii holds what each byte below 0x80 folds to; control characters are white space.
var ascii = func() (t [utf8.RuneSelf]byte) {
	for i := range t {
		switch c := byte(i); {
		case c <= ' ' || c == 0x7f:
			t[i] = ' '
		case c >= 'A' && c <= 'Z':
			t[i] = c + 'a' - 'A'
		case c == '`':
			t[i] = '\''
		default:
			t[i] = c
		}
	}
	return t
}()

// String folds s. It allocates nothing when s is folded already.
func String(s string) string {
	if isFolded(s) {
		return s
	}
	return string(Append(make([]byte, 0, len(s)+4), s))
}

// isFolded reports whether s is plain ASCII that folding leaves as it is. False proves nothing.
func isFolded(s string) bool {
	space := true
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c >= utf8.RuneSelf || ascii[c] != c || space && c == ' ' {
			return false
		}
		space = c == ' '
	}
	return !space || s == ""
}

// Append appends the folded form of s to dst. It knows nothing of what dst holds already.
func Append(dst []byte, s string) []byte {
	start := len(dst)
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c >= utf8.RuneSelf {
			return appendAny(dst, start, s[i:], s)
		}
		if c = ascii[c]; c == ' ' {
			dst = appendSpace(dst, start)
		} else {
			dst = append(dst, c)
		}
	}
	return trim(dst, start)
}

func appendSpace(dst []byte, start int) []byte {
	if len(dst) == start || dst[len(dst)-1] == ' ' {
		return dst
	}
	return append(dst, ' ')
}

func trim(dst []byte, start int) []byte {
	if len(dst) > start && dst[len(dst)-1] == ' ' {
		return dst[:len(dst)-1]
	}
	return dst
}

// appendAny goes on with rest, which is the end of s, at its first rune beyond ASCII.
func appendAny(dst []byte, start int, rest, s string) []byte {
	latin := table()
	for _, r := range rest {
		switch {
		case r < utf8.RuneSelf:
			if c := ascii[r]; c == ' ' {
				dst = appendSpace(dst, start)
			} else {
				dst = append(dst, c)
			}
		case r < tableEnd:
			dst = appendFolded(dst, start, latin[r])
		default:
			f, ok := general(r)
			if !ok {
				return appendSlow(dst[:start], s)
			}
			dst = appendFolded(dst, start, f)
		}
	}
	return trim(dst, start)
}

func appendFolded(dst []byte, start int, f string) []byte {
	if f == " " {
		return appendSpace(dst, start)
	}
	return append(dst, f...)
}

// general folds the punctuation that word processors make, without the detour of appendSlow.
func general(r rune) (string, bool) {
	switch r {
	case '‘', '’', '‚', '‛', '′':
		return "'", true
	case '‐', '‑', '‒', '–', '—', '―', '−':
		return "-", true
	case '“', '”', '„':
		return "\"", true
	case '\u2009', '\u202f', '\u2028', '\u2029':
		return " ", true
	case '\u200b', '\u200c', '\u200d', '\u200e', '\u200f', '\u2060', '\ufeff':
		return "", true
	}
	return "", false
}

// appendSlow folds any text: it is taken apart as a whole, since marks may follow the letters they belong to.
func appendSlow(dst []byte, s string) []byte {
	start := len(dst)
	latin := table()
	for _, r := range norm.NFKD.String(s) {
		if r < tableEnd && r >= utf8.RuneSelf {
			dst = appendFolded(dst, start, latin[r])
			continue
		}
		dst = appendRune(dst, start, r)
	}
	return trim(dst, start)
}

// appendRune folds a rune that has no decomposition.
func appendRune(dst []byte, start int, r rune) []byte {
	if r < utf8.RuneSelf {
		return appendFolded(dst, start, string(rune(ascii[r])))
	}
	if f, ok := general(r); ok {
		return appendFolded(dst, start, f)
	}
	if f, ok := letters[r]; ok {
		return append(dst, f...)
	}
	switch {
	case unicode.Is(unicode.Mn, r), unicode.Is(unicode.Cf, r):
		return dst
	case unicode.IsSpace(r), unicode.IsControl(r):
		return appendSpace(dst, start)
	}
	return utf8.AppendRune(dst, unicode.ToLower(r))
}

// letters are those Unicode does not take apart, and the forms of one letter that lower case alone leaves apart.
var letters = map[rune]string{
	'ß': "ss", 'ẞ': "ss", 'ł': "l", 'Ł': "l", 'đ': "d", 'Đ': "d", 'ð': "d", 'Ð': "d", 'ø': "o", 'Ø': "o", 'æ': "ae", 'Æ': "ae",
	'œ': "oe", 'Œ': "oe", 'þ': "th", 'Þ': "th", 'ı': "i", 'ħ': "h", 'Ħ': "h", 'ŧ': "t", 'Ŧ': "t", 'ĸ': "k", 'ŋ': "n", 'Ŋ': "n", 'ς': "σ",
	'ʼ': "'", 'ʻ': "'", 'ʹ': "'",
}

const tableEnd = 0x300

// table holds what the runes from 0x80 to tableEnd fold to; "" for those that vanish. It is made on first use, since
// most texts are ASCII and programs that start often should not pay for it.
var table = sync.OnceValue(func() *[tableEnd]string {
	var t [tableEnd]string
	for r := rune(utf8.RuneSelf); r < tableEnd; r++ {
		b := []byte{'x'} // so that a space is not at the beginning
		for _, d := range norm.NFKD.String(string(r)) {
			b = appendRune(b, 0, d)
		}
		t[r] = string(b[1:])
	}
	return &t
})
