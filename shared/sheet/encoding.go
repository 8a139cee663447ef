package sheet

import (
	"bytes"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	xunicode "golang.org/x/text/encoding/unicode"
)

var bom = []byte("\xef\xbb\xbf")

// encodings are those a text file may have; "" of the table is UTF-8, which needs no decoder.
var encodings = []struct {
	name    string
	charset encoding.Encoding
}{
	{"utf-8", nil},
	{"utf-16le", xunicode.UTF16(xunicode.LittleEndian, xunicode.IgnoreBOM)},
	{"utf-16be", xunicode.UTF16(xunicode.BigEndian, xunicode.IgnoreBOM)},
	{"windows-1252", charmap.Windows1252},
	{"iso-8859-15", charmap.ISO8859_15},
	{"cp850", charmap.CodePage850},
	{"macintosh", charmap.Macintosh},
}

// Encodings names the encodings that are read.
func Encodings() []string {
	names := make([]string, len(encodings))
	for i, e := range encodings {
		names[i] = e.name
	}
	return names
}

func charset(name string) encoding.Encoding {
	for _, e := range encodings {
		if e.name == name {
			return e.charset
		}
	}
	return nil
}

// evidence is what the bytes of a whole file say about its encoding.
type evidence struct {
	good, bad int // UTF-8 sequences of two bytes and more; bytes that are no part of one
	high      [256]contexts
}

// contexts counts how often a byte from 0x80 on stands beside what.
type contexts struct {
	all     int
	inWord  int // an ASCII letter on either side
	lower   int // the letter before is a small one
	capital int // a capital on either side and no small letter
	number  int // a digit or a space then digit beside it: where a currency sign stands
}

// detect judges the encoding of a text file by all its bytes.
//
// UTF-8 proves itself: text of another encoding is not valid UTF-8 by chance. A file of UTF-8 with a few broken bytes
// stays UTF-8. The one-byte encodings are told apart by what their high bytes would mean: letters of Western European
// languages where letters can be, against signs inside words and control characters.
func detect(src *source, head []byte) (string, error) {
	if name := utf16Order(head); name != "" {
		return name, nil
	}
	if bytes.HasPrefix(head, bom) {
		return "utf-8", nil
	}
	var e evidence
	buf := make([]byte, 256<<10)
	r := src.section(0)
	keep := 0 // bytes of the last piece that a sequence may continue
	for {
		n, last, err := readSome(r, buf[keep:], len(buf)-keep)
		if err != nil {
			return "", err
		}
		n += keep
		keep = e.add(buf[:n], last)
		copy(buf, buf[n-keep:n])
		if last {
			return e.judge(), nil
		}
	}
}

// add counts the bytes of a piece, and says how many at its end to see again with the next.
func (e *evidence) add(p []byte, last bool) int {
	i := 0
	for i < len(p) {
		if p[i] < utf8.RuneSelf {
			i++
			continue
		}
		if !last && len(p)-i < 8 {
			return len(p) - i
		}
		_, n := utf8.DecodeRune(p[i:])
		if n > 1 {
			e.good++
		} else {
			e.bad++
		}
		for range n {
			e.context(p, i)
			i++
		}
	}
	return 0
}

func (e *evidence) context(p []byte, i int) {
	c := &e.high[p[i]]
	c.all++
	at := func(j int) byte {
		if j < 0 || j >= len(p) {
			return ' '
		}
		return p[j]
	}
	before, after := at(i-1), at(i+1)
	small := func(b byte) bool { return 'a' <= b && b <= 'z' }
	big := func(b byte) bool { return 'A' <= b && b <= 'Z' }
	if small(before) || big(before) || small(after) || big(after) {
		c.inWord++
	}
	if small(before) {
		c.lower++
	}
	if (big(before) || big(after)) && !small(before) && !small(after) {
		c.capital++
	}
	if isDigit(before) || isDigit(after) || before == ' ' && isDigit(at(i-2)) || after == ' ' && isDigit(at(i+2)) {
		c.number++
	}
}

func (e *evidence) judge() string {
	if e.bad == 0 || e.good >= 10*e.bad {
		return "utf-8"
	}
	best, name := 0, ""
	for i, candidate := range []string{"windows-1252", "iso-8859-15", "cp850", "macintosh"} {
		decoder := charset(candidate).(*charmap.Charmap)
		score := 0
		for b := 0x80; b < 0x100; b++ {
			if c := &e.high[b]; c.all > 0 {
				score += c.score(decoder.DecodeByte(byte(b)))
			}
		}
		if i > 0 {
			score -= max(score, -score) / 8 // in doubt it is the first, which most files have
		}
		if i == 0 || score > best {
			best, name = score, candidate
		}
	}
	return name
}

// frequent and rare are the letters beyond ASCII of Dutch, French, German, Italian, Portuguese, Spanish and the Nordic
// languages.
const (
	frequent = "éèàçñíóáúüöäëïêôâî"
	rare     = "ûßãõåøæìòùœÿ"
)

// score says how well a character fits where its byte stands: positive for, negative against.
func (c *contexts) score(r rune) int {
	switch {
	case r == utf8.RuneError, unicode.IsControl(r):
		return -20 * c.all
	case unicode.IsLetter(r) && r != 'ª' && r != 'º' && r != 'ƒ':
		weight := 2
		switch small := unicode.ToLower(r); {
		case strings.ContainsRune(frequent, small):
			weight = 6
		case strings.ContainsRune(rare, small):
			weight = 4
		}
		score := weight * c.inWord
		if unicode.IsUpper(r) {
			score -= 2*weight*c.lower + (c.inWord-c.capital)/2 // a capital behind a small letter
		} else {
			score -= weight * c.capital / 2 // a small letter among capitals
		}
		return score - (c.all - c.inWord)
	case r == '€':
		return 6*c.number - 2*(c.inWord-min(c.inWord, c.number))
	case r == '’', r == '´', r == '‘':
		return 2*c.all + 4*c.inWord
	case r == '\u00a0', r == 'º', r == 'ª', r == '°', r == '–', r == '“', r == '”', r == '«', r == '»', r == '¿', r == '¡', r == '£', r == '§', r == '…', r == '•':
		return 2*c.all - 4*c.lower
	case r >= 0x2500 && r <= 0x25ff, r == '¤': // boxes and blocks
		return -6 * c.all
	}
	return -c.all - 4*c.inWord
}

// utf16Order recognises UTF-16 by its byte order mark or by every second byte being 0, as it is in Western texts. "" is
// something else.
func utf16Order(head []byte) string {
	switch {
	case bytes.HasPrefix(head, []byte{0xFF, 0xFE, 0, 0}), len(head) < 2:
		return ""
	case bytes.HasPrefix(head, []byte{0xFF, 0xFE}):
		return "utf-16le"
	case bytes.HasPrefix(head, []byte{0xFE, 0xFF}):
		return "utf-16be"
	}
	var zeros [2]int
	for i, b := range head {
		if b == 0 {
			zeros[i&1]++
		}
	}
	pairs := len(head) / 2
	switch {
	case pairs < 4:
	case zeros[1] > pairs*7/10 && zeros[0] <= pairs/50:
		return "utf-16le"
	case zeros[0] > pairs*7/10 && zeros[1] <= pairs/50:
		return "utf-16be"
	}
	return ""
}
