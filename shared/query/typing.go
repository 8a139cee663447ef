package query

import (
	"strings"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Typed is what is being typed at the end of a text: a word, or the value of a condition.
type Typed struct {
	Start int    // where it begins in the text: what completes it takes the place of the rest from here
	Word  string // as far as it is typed, a value without its quotes
	Field Field  // whose value it is; the zero Field for a word
	Signs string // the comparison before the value: ":"
}

// Typing finds what is being typed at the end of a text, for completing it. Within a phrase, and behind a space or a
// bracket, nothing is: ok is false.
func Typing(text string, fields Fields) (t Typed, ok bool) {
	text = norm.NFC.String(strings.ToValidUTF8(text, " "))
	if len(text) > MaxLength {
		return Typed{}, false
	}
	p := &parser{text: text, fields: fields}
	for {
		p.pos = len(p.text) - len(strings.TrimLeftFunc(p.rest(), func(r rune) bool { return isSpace(r) || r == '(' || r == ')' }))
		if rest := p.rest(); strings.HasPrefix(rest, "-") {
			if next, _ := utf8.DecodeRuneInString(rest[1:]); negates(next) {
				p.pos++
				continue
			}
		}
		start := p.pos
		first, _ := utf8.DecodeRuneInString(p.rest())
		if p.rest() == "" {
			return Typed{}, false
		}
		if isQuote(first) {
			_, size := quoted(p.rest())
			if size == 0 {
				return Typed{}, false
			}
			p.pos += size
			continue
		}
		if name, signs := comparison(p.rest()); name != "" && !isAddress(signs, p.rest()[len(name)+len(signs):]) {
			if field, known := find(fields, name); known && comparisons[signs] != "" {
				p.pos += len(name) + len(signs)
				if t, ok := p.typingValue(field, signs); ok {
					return t, true
				}
				continue
			}
		}
		word := raw(p.rest(), "")
		p.pos += len(word)
		if word == "" { // a sign that raw stops at
			_, size := utf8.DecodeRuneInString(p.rest())
			p.pos += size
		}
		if p.pos == len(p.text) {
			return Typed{Start: start, Word: word}, word != ""
		}
	}
}

// typingValue goes over the values of a condition; ok tells that the text ends in the last of them.
func (p *parser) typingValue(field Field, signs string) (Typed, bool) {
	for {
		t := Typed{Start: p.pos, Field: field, Signs: signs}
		first, _ := utf8.DecodeRuneInString(p.rest())
		if isQuote(first) {
			_, size := quoted(p.rest())
			if size == 0 {
				t.Word = strings.ReplaceAll(p.rest()[utf8.RuneLen(first):], `\`, "")
				return t, true
			}
			p.pos += size
		} else {
			t.Word = raw(p.rest(), ",")
			p.pos += len(t.Word)
			if p.pos == len(p.text) {
				return t, true
			}
		}
		if !strings.HasPrefix(p.rest(), ",") {
			return Typed{}, false
		}
		p.pos++
	}
}

// Value writes a value as it stands in the text form.
func Value(s string) string { return formatValue(squeeze(s), "") }
