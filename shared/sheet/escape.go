package sheet

import (
	"bytes"
	"unicode/utf16"
	"unicode/utf8"
)

// unescape replaces, in place, the _xHHHH_ by which Excel writes characters that XML cannot hold, and says how long
// the text is then. Two that form a surrogate pair are one character. NUL is left out.
func unescape(s []byte) []byte {
	i := bytes.Index(s, []byte("_x"))
	if i < 0 {
		return s
	}
	out := s[:i]
	for i < len(s) {
		r, ok := escaped(s[i:])
		if !ok {
			out = append(out, s[i])
			i++
			continue
		}
		i += 7
		if utf16.IsSurrogate(r) {
			second, ok := escaped(s[i:])
			if pair := utf16.DecodeRune(r, second); ok && pair != utf8.RuneError {
				r = pair
				i += 7
			} else {
				r = utf8.RuneError
			}
		}
		if r != 0 {
			out = utf8.AppendRune(out, r) // never longer than the 7 or 14 bytes it stands for
		}
	}
	return out
}

func escaped(s []byte) (rune, bool) {
	if len(s) < 7 || s[0] != '_' || s[1] != 'x' || s[6] != '_' {
		return 0, false
	}
	r := rune(0)
	for _, c := range s[2:6] {
		d := hex(c)
		if d < 0 {
			return 0, false
		}
		r = r<<4 | rune(d)
	}
	return r, true
}

// trimSpace is what Excel does to a text without xml:space="preserve".
func trimSpace(s []byte) []byte { return bytes.Trim(s, " \t\r\n") }
