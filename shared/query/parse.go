package query

import (
	"strconv"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"github.com/muster-crm/muster/shared/fault"
)

// Path is the path of the faults of Parse.
const Path = "q"

// Codes of the faults of Parse and ParseJSON, all of kind fault.Invalid. Their arguments are "pos", the byte position
// in the text (Parse alone), "word", what offends, and where it helps "field", "type" and "max".
const (
	UnknownField    = "unknown_field"
	UnknownOperator = "unknown_operator" // there is none such, or not for this type of field
	BadValue        = "bad_value"        // of the wrong type, not in the field's list, or missing
	UnclosedQuote   = "unclosed_quote"
	UnclosedGroup   = "unclosed_group"
	UnopenedGroup   = "unopened_group"
	TooDeep         = "too_deep"
	TooMany         = "too_many"
	TooLong         = "too_long"
	BadShape        = "bad_shape" // ParseJSON: not an expression
)

// Parse reads the text form against the fields of a kind. An empty text is All. The tree it gives is in the form
// Normal makes. Positions count in the text after Unicode normalisation (NFC), which is how browsers send it.
func Parse(text string, fields Fields) (Expr, error) {
	text = norm.NFC.String(strings.ToValidUTF8(text, " "))
	if len(text) > MaxLength {
		return nil, fault.Bad(Path, TooLong, "max", strconv.Itoa(MaxLength))
	}
	p := &parser{text: text, fields: fields}
	e := p.or()
	if p.err == nil && p.pos < len(text) {
		p.fail(UnopenedGroup, p.pos, ")")
	}
	if p.err != nil {
		return nil, p.err
	}
	if code, max, at := exceeds(e); code != "" {
		return nil, fault.Bad(Path, code, "pos", strconv.Itoa(at), "max", strconv.Itoa(max))
	}
	return e, nil
}

// parser goes through a text once, from left to right. After the first fault it stands at the end of the text.
type parser struct {
	text   string
	pos    int
	fields Fields
	read   int // conditions so far
	err    error
}

func (p *parser) fail(code string, pos int, word string, more ...string) {
	if p.err == nil {
		p.err = fault.Bad(Path, code, append([]string{"pos", strconv.Itoa(pos), "word", word}, more...)...)
	}
	p.pos = len(p.text)
}

// count refuses a text of too many conditions before much work is done for it.
func (p *parser) count(pos int) {
	if p.read++; p.read > MaxConditions {
		p.fail(TooMany, pos, "", "max", strconv.Itoa(MaxConditions))
	}
}

func (p *parser) rest() string { return p.text[p.pos:] }

// more skips spaces and tells whether the group goes on.
func (p *parser) more() bool {
	p.pos = len(p.text) - len(strings.TrimLeftFunc(p.rest(), isSpace))
	return p.pos < len(p.text) && p.text[p.pos] != ')'
}

// joins tells whether here stands a keyword with something behind it to join; otherwise it is a word like any other.
func (p *parser) joins(keyword string) bool {
	if !hasKeyword(p.rest(), keyword) {
		return false
	}
	behind := parser{text: p.text, pos: p.pos + len(keyword)}
	return behind.more()
}

func (p *parser) or() Expr {
	parts := []Expr{p.and()}
	for p.more() { // and stops before the end of a group only at an OR that joins
		p.pos += len("OR")
		parts = append(parts, p.and())
	}
	return or(parts)
}

func (p *parser) and() Expr {
	var parts []Expr
	for p.more() {
		switch {
		case len(parts) > 0 && p.joins("OR"):
			return and(parts)
		case len(parts) > 0 && p.joins("AND"):
			p.pos += len("AND")
		default:
			parts = append(parts, p.not())
		}
	}
	return and(parts)
}

func (p *parser) not() Expr {
	if p.joins("NOT") {
		p.pos += len("NOT")
		p.more()
		return Not{p.not()}
	}
	if strings.HasPrefix(p.rest(), "-") {
		if next, _ := utf8.DecodeRuneInString(p.text[p.pos+1:]); negates(next) {
			p.pos++
			return Not{p.part()}
		}
	}
	if number, size := telephone(p.rest()); size > 0 {
		start := p.pos
		p.pos += size
		p.count(start)
		return Text{Words: number, Pos: start}
	}
	return p.part()
}

// part reads a group, a phrase, a condition or a word.
func (p *parser) part() Expr {
	start := p.pos
	first, _ := utf8.DecodeRuneInString(p.rest())
	switch {
	case first == '(':
		return p.group()
	case isQuote(first):
		words := squeeze(p.phrase())
		if words == "" {
			p.fail(BadValue, start, words)
		}
		p.count(start)
		return Text{Words: words, Phrase: true, Pos: start}
	}
	if name, signs := comparison(p.rest()); name != "" && !isAddress(signs, p.rest()[len(name)+len(signs):]) {
		if field, ok := find(p.fields, name); ok {
			p.pos += len(name) + len(signs)
			return p.condition(field, signs, start)
		}
	}
	word := raw(p.rest(), "")
	p.pos += len(word)
	word = clean(word)
	if name, signs := comparison(word); name != "" && !isAddress(signs, word[len(name)+len(signs):]) {
		p.fail(UnknownField, start, name)
	}
	if !punctuation(word) {
		p.count(start)
	}
	return Text{Words: word, Phrase: !bare(word), Pos: start}
}

func (p *parser) group() Expr {
	start := p.pos
	p.pos++
	e := p.or()
	if !strings.HasPrefix(p.rest(), ")") {
		p.fail(UnclosedGroup, start, "(")
		return e
	}
	p.pos++
	return e
}

func (p *parser) phrase() string {
	text, size := quoted(p.rest())
	if size == 0 {
		p.fail(UnclosedQuote, p.pos, "\"")
		return ""
	}
	p.pos += size
	return text
}

// condition reads the values behind "field:".
func (p *parser) condition(field Field, signs string, start int) Expr {
	op, ok := comparisons[signs]
	if !ok {
		p.fail(UnknownOperator, start, signs, "field", field.Path)
		return All
	}
	not := op == "!="
	if not {
		op = Is
	}
	var parts []Expr
	for {
		if value, phrase, ok := p.value(field); ok && p.err == nil {
			e, code := condition(field, op, value, phrase)
			if code != "" {
				word := value
				if code == UnknownOperator {
					word = signs
				}
				p.fail(code, start, word, "field", field.Path, "type", string(field.Type))
				return All
			}
			e.Pos = start
			p.count(start)
			parts = append(parts, e)
		}
		if !strings.HasPrefix(p.rest(), ",") {
			break
		}
		p.pos++
	}
	ordered := op == Less || op == AtMost || op == More || op == AtLeast
	if len(parts) == 0 || len(parts) > 1 && ordered {
		p.fail(BadValue, start, p.text[start:p.pos], "field", field.Path, "type", string(field.Type))
		return All
	}
	if e := or(parts); !not {
		return e
	}
	return Not{or(parts)}
}

// value reads one value of a condition; ok is false where none stands.
func (p *parser) value(field Field) (value string, phrase, ok bool) {
	if first, _ := utf8.DecodeRuneInString(p.rest()); isQuote(first) {
		return p.phrase(), true, true
	}
	if number, size := telephone(p.rest()); size > 0 && field.Type == TypePhone {
		p.pos += size
		return number, false, true
	}
	value = raw(p.rest(), ",")
	p.pos += len(value)
	return value, false, value != ""
}

// words reads a text in which nothing is an operator: the words it is made of.
func words(s string) Expr {
	var parts []Expr
	for s = strings.TrimLeftFunc(s, isSpace); s != ""; s = strings.TrimLeftFunc(s, isSpace) {
		word, size := telephone(s)
		if size == 0 {
			word, _, _ = strings.Cut(s, " ")
			size = len(word)
		}
		s = s[size:]
		word = clean(word)
		parts = append(parts, Text{Words: word, Phrase: !bare(word)})
	}
	return and(parts)
}

// find looks a field up; the state of a record is a field of every kind.
func find(fields Fields, name string) (Field, bool) {
	if fields != nil {
		if field, ok := fields.Field(name); ok {
			return field, true
		}
	}
	if strings.EqualFold(name, State) {
		return Field{Path: State, Type: TypeCode, Values: map[string]string{Trashed: Trashed}}, true
	}
	return Field{}, false
}
