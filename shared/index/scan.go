package index

import (
	"errors"
	"math/bits"
	"strings"
	"time"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/muster-crm/muster/shared/decimal"
	"github.com/muster-crm/muster/shared/query"
)

const (
	typeNumber  = query.TypeNumber
	typeDate    = query.TypeDate
	typeInstant = query.TypeInstant
)

// Limits of what the index reads.
const (
	maxNesting = 200
	maxElems   = 1 << 16
	maxNumber  = 1 << 62
)

var (
	errMalformed = errors.New("index: malformed JSON")
	errTwice     = errors.New("index: a member of the JSON comes twice")
	errTooLong   = errors.New("index: a list of the JSON is too long")
)

// scanner reads the indexed values out of a record's JSON, in one pass and without building anything else. What the
// schema does not name is checked to be JSON and passed over; so is a value of another type than its column's.
type scanner struct {
	s     *schema
	text  string
	at    int
	depth int
	cells []cell
	// The lengths of lists, which come last.
	lengths []cell
}

// read gives the cells of a record, appended to cells. They share text. The scanner may read another one then.
func (p *scanner) read(text string, cells []cell) ([]cell, error) {
	start := len(cells)
	p.text, p.at, p.depth, p.cells, p.lengths = text, 0, 0, cells, p.lengths[:0]
	if p.space() != '{' {
		return cells, errMalformed
	}
	if err := p.object(p.s.root, 0); err != nil {
		return cells, err
	}
	if p.space(); p.at < len(text) {
		return cells, errMalformed
	}
	p.cells = append(p.cells, p.lengths...)
	mine := p.cells[start:]
	sortCells(mine)
	for i := 1; i < len(mine); i++ {
		if mine[i-1].at == mine[i].at {
			return cells, errTwice
		}
	}
	return p.cells, nil
}

// space passes over white space and gives the byte it stops at, 0 at the end.
func (p *scanner) space() byte {
	if p.at < len(p.text) && p.text[p.at] > ' ' {
		return p.text[p.at]
	}
	return p.pass()
}

func (p *scanner) pass() byte {
	for p.at < len(p.text) {
		switch c := p.text[p.at]; c {
		case ' ', '\t', '\n', '\r':
			p.at++
		default:
			return c
		}
	}
	return 0
}

// object reads an object, at its brace. m describes it; nil passes over it.
func (p *scanner) object(m *member, elem int) error {
	if p.depth++; p.depth > maxNesting {
		return errMalformed
	}
	p.at++
	if p.space() == '}' {
		p.at++
		p.depth--
		return nil
	}
	expect := 0
	for {
		if p.space() != '"' {
			return errMalformed
		}
		kid, err := p.key(m, &expect)
		if err != nil {
			return err
		}
		if kid != nil && kid.plain && p.space() == '"' { // as most members are
			text, err := p.string()
			if err != nil {
				return err
			}
			if text != "" {
				p.cells = append(p.cells, cell{at: cellAt(kid.col, elem), text: text})
			}
		} else if err := p.value(kid, elem); err != nil {
			return err
		}
		switch p.space() {
		case ',':
			p.at++
		case '}':
			p.at++
			p.depth--
			return nil
		default:
			return errMalformed
		}
	}
}

// key reads the name of a member and its colon, and gives what is wanted of it, nil for nothing. expect is the member of m
// that probably comes next: members mostly come in the order of the schema.
func (p *scanner) key(m *member, expect *int) (*member, error) {
	if m != nil {
		rest := p.text[p.at:]
		for i := *expect; i < len(m.kids) && i < *expect+8; i++ {
			if k := m.kids[i]; len(rest) > len(k.prefix) && rest[1] == k.prefix[1] && rest[:len(k.prefix)] == k.prefix {
				p.at += len(k.prefix)
				*expect = i + 1
				return k, nil
			}
		}
	}
	name, err := p.string()
	if err != nil {
		return nil, err
	}
	if p.space() != ':' {
		return nil, errMalformed
	}
	p.at++
	if m != nil {
		for i, k := range m.kids {
			if k.name == name {
				*expect = i + 1
				return k, nil
			}
		}
	}
	return nil, nil
}

// value reads any value. m says what is wanted of it, nil for nothing.
func (p *scanner) value(m *member, elem int) error {
	if m != nil && m.col >= 0 && p.s.cols[m.col].form == inAnything {
		return p.anything(m.col, elem)
	}
	switch c := p.space(); c {
	case '{':
		switch {
		case m == nil || m.list >= 0 && !m.mapped || m.col >= 0 && !m.mapped:
			return p.object(nil, 0)
		case m.mapped:
			return p.pairs(m)
		}
		return p.object(m, elem)
	case '[':
		if m == nil || m.list < 0 || m.mapped {
			return p.array(nil)
		}
		return p.array(m)
	case '"':
		text, err := p.string()
		if err == nil && m != nil && m.col >= 0 && m.list < 0 {
			p.keepText(m.col, elem, text)
		}
		return err
	case 't', 'f', 'n':
		word, err := p.word()
		if err == nil && m != nil && m.col >= 0 && m.list < 0 {
			p.keepWord(m.col, elem, word)
		}
		return err
	default:
		start := p.at
		n, whole, err := p.number()
		if err == nil && m != nil && m.col >= 0 && m.list < 0 {
			if c := &p.s.cols[m.col].Column; c.scaled() {
				n, whole = decimal.Read(p.text[start:p.at], c.Decimals)
			}
			if whole {
				p.keepNumber(m.col, elem, n)
			}
		}
		return err
	}
}

// anything reads any value and keeps that it says something: it holds a text, a number, or true or false.
func (p *scanner) anything(col, elem int) error {
	start := p.at
	if err := p.value(nil, 0); err != nil {
		return err
	}
	if says(p.text[start:p.at]) {
		p.cells = append(p.cells, cell{at: cellAt(col, elem), text: "true"})
	}
	return nil
}

// says tells whether JSON that is well formed holds a value that is not empty, but for the names of members.
func says(text string) bool {
	p := scanner{text: text}
	for p.at < len(text) {
		switch c := text[p.at]; c {
		case '"':
			s, err := p.string()
			if err != nil || s != "" && p.space() != ':' {
				return err == nil
			}
		case 't', 'f', '-', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9':
			return true
		case 'n':
			p.at += len("null")
		default:
			p.at++
		}
	}
	return false
}

// array reads a list, at its bracket. m is the list, nil passes over it.
func (p *scanner) array(m *member) error {
	if p.depth++; p.depth > maxNesting {
		return errMalformed
	}
	p.at++
	n := 0
	if p.space() == ']' {
		p.at++
		p.depth--
		return nil
	}
	for {
		switch {
		case m == nil:
			if err := p.value(nil, 0); err != nil {
				return err
			}
		case n >= maxElems:
			return errTooLong
		case m.col >= 0:
			// A list of plain values holds those that are there.
			before := len(p.cells)
			if err := p.value(m.item, n); err != nil {
				return err
			}
			n += len(p.cells) - before
		default:
			if p.space() != '{' {
				if err := p.value(nil, 0); err != nil {
					return err
				}
			} else if err := p.object(m, n); err != nil {
				return err
			} else {
				n++
			}
		}
		switch p.space() {
		case ',':
			p.at++
			continue
		case ']':
			p.at++
			p.depth--
			p.length(m, n)
			return nil
		}
		return errMalformed
	}
}

func (p *scanner) length(m *member, n int) {
	if m != nil && n > 0 {
		p.lengths = append(p.lengths, cell{at: cellAt(len(p.s.cols)+m.list, 0), num: int64(n)})
	}
}

// pairs reads an object used as a map, at its brace.
func (p *scanner) pairs(m *member) error {
	if p.depth++; p.depth > maxNesting {
		return errMalformed
	}
	p.at++
	n := 0
	if p.space() == '}' {
		p.at++
		p.depth--
		return nil
	}
	for {
		if p.space() != '"' {
			return errMalformed
		}
		key, err := p.string()
		if err != nil {
			return err
		}
		if p.space() != ':' {
			return errMalformed
		}
		p.at++
		if p.space() == '"' {
			value, err := p.string()
			if err != nil {
				return err
			}
			if n >= maxElems {
				return errTooLong
			}
			if value != "" && key != "" && strings.IndexByte(key, ':') < 0 {
				p.cells = append(p.cells, cell{at: cellAt(m.col, n), text: key + ":" + value})
				n++
			}
		} else if err := p.value(nil, 0); err != nil {
			return err
		}
		switch p.space() {
		case ',':
			p.at++
		case '}':
			p.at++
			p.depth--
			p.length(m, n)
			return nil
		default:
			return errMalformed
		}
	}
}

// cutPair parts the text of a map's column. A key holds no colon.
func cutPair(text string) (key, value string) {
	key, value, _ = strings.Cut(text, ":")
	return key, value
}

func (p *scanner) keepText(col, elem int, text string) {
	c := cell{at: cellAt(col, elem)}
	switch p.s.cols[col].form {
	case inDigits, inWord:
		return
	case inDate:
		days, ok := parseDate(text)
		if !ok {
			return
		}
		c.num = days
	case inInstant:
		ns, ok := parseInstant(text)
		if !ok {
			return
		}
		c.num = ns
	default:
		if text == "" {
			return
		}
		c.text = text
	}
	p.cells = append(p.cells, c)
}

func (p *scanner) keepWord(col, elem int, word string) {
	if p.s.cols[col].form == inWord && word != "null" {
		p.cells = append(p.cells, cell{at: cellAt(col, elem), text: word})
	}
}

func (p *scanner) keepNumber(col, elem int, n int64) {
	if p.s.cols[col].form == inDigits && n > -maxNumber && n < maxNumber {
		p.cells = append(p.cells, cell{at: cellAt(col, elem), num: n})
	}
}

func (p *scanner) word() (string, error) {
	for _, w := range [...]string{"true", "false", "null"} {
		if strings.HasPrefix(p.text[p.at:], w) {
			p.at += len(w)
			return w, nil
		}
	}
	return "", errMalformed
}

// number reads a number; whole tells that it is written as an integer that fits.
func (p *scanner) number() (n int64, whole bool, err error) {
	s := p.text
	i := p.at
	negative := i < len(s) && s[i] == '-'
	if negative {
		i++
	}
	first := i
	whole = true
	for i < len(s) && s[i] >= '0' && s[i] <= '9' {
		if i-first >= 19 {
			whole = false
		}
		n = n*10 + int64(s[i]-'0')
		i++
	}
	if i == first || s[first] == '0' && i > first+1 {
		return 0, false, errMalformed
	}
	if i < len(s) && s[i] == '.' {
		whole = false
		start := i + 1
		for i++; i < len(s) && s[i] >= '0' && s[i] <= '9'; i++ {
		}
		if i == start {
			return 0, false, errMalformed
		}
	}
	if i < len(s) && (s[i] == 'e' || s[i] == 'E') {
		whole = false
		if i++; i < len(s) && (s[i] == '+' || s[i] == '-') {
			i++
		}
		start := i
		for ; i < len(s) && s[i] >= '0' && s[i] <= '9'; i++ {
		}
		if i == start {
			return 0, false, errMalformed
		}
	}
	p.at = i
	if n < 0 {
		whole = false
	}
	if negative {
		n = -n
	}
	return n, whole, nil
}

// string reads a string, at its quote.
func (p *scanner) string() (string, error) {
	s := p.text
	start := p.at + 1
	i := plainEnd(s, start)
	if i < len(s) && s[i] == '"' {
		p.at = i + 1
		return s[start:i], nil
	}
	for ; i < len(s); i++ {
		switch c := s[i]; {
		case c == '"':
			p.at = i + 1
			if !utf8.ValidString(s[start:i]) {
				return "", errMalformed
			}
			return s[start:i], nil
		case c == '\\':
			return p.escaped(start, i)
		case c < ' ':
			return "", errMalformed
		}
	}
	return "", errMalformed
}

// plainEnd gives the place of the first byte from i on that is a quote, a backslash, a control character or beyond ASCII;
// the length of s when there is none. It looks at 8 bytes at a time.
func plainEnd(s string, i int) int {
	const (
		low  = 0x0101010101010101
		high = 0x8080808080808080
	)
	for ; i+8 <= len(s); i += 8 {
		b := s[i : i+8]
		x := uint64(b[0]) | uint64(b[1])<<8 | uint64(b[2])<<16 | uint64(b[3])<<24 |
			uint64(b[4])<<32 | uint64(b[5])<<40 | uint64(b[6])<<48 | uint64(b[7])<<56
		quote, slash := x^low*'"', x^low*'\\'
		// A byte of x - spaces borrows from the next where it is below a space, one of quote - low where it is zero. What
		// is above a borrow may be wrong; the first byte found is right.
		if found := ((x - low*' ') | (quote - low) | (slash - low) | x) & high; found != 0 {
			return i + bits.TrailingZeros64(found)/8
		}
	}
	for i < len(s) && !stops(s[i]) {
		i++
	}
	return i
}

func stops(c byte) bool { return c < ' ' || c == '"' || c == '\\' || c >= utf8.RuneSelf }

// escaped goes on with a string that begins at start at its first backslash, i.
func (p *scanner) escaped(start, i int) (string, error) {
	s := p.text
	b := append(make([]byte, 0, 2*(i-start)+16), s[start:i]...)
	for i < len(s) {
		c := s[i]
		switch {
		case c == '"':
			p.at = i + 1
			if !utf8.Valid(b) {
				return "", errMalformed
			}
			return string(b), nil
		case c < ' ':
			return "", errMalformed
		case c != '\\':
			b = append(b, c)
			i++
			continue
		}
		if i+1 >= len(s) {
			return "", errMalformed
		}
		i += 2
		switch s[i-1] {
		case '"', '\\', '/':
			b = append(b, s[i-1])
		case 'b':
			b = append(b, '\b')
		case 'f':
			b = append(b, '\f')
		case 'n':
			b = append(b, '\n')
		case 'r':
			b = append(b, '\r')
		case 't':
			b = append(b, '\t')
		case 'u':
			r, ok := hex4(s, i)
			if !ok {
				return "", errMalformed
			}
			i += 4
			if utf16.IsSurrogate(r) {
				second := rune(utf8.RuneError)
				if i+1 < len(s) && s[i] == '\\' && s[i+1] == 'u' {
					if second, ok = hex4(s, i+2); !ok {
						return "", errMalformed
					}
				}
				if r = utf16.DecodeRune(r, second); r != utf8.RuneError {
					i += 6
				}
			}
			b = utf8.AppendRune(b, r)
		default:
			return "", errMalformed
		}
	}
	return "", errMalformed
}

func hex4(s string, i int) (rune, bool) {
	if i+4 > len(s) {
		return 0, false
	}
	var r rune
	for _, c := range []byte(s[i : i+4]) {
		switch {
		case c >= '0' && c <= '9':
			r = r<<4 | rune(c-'0')
		case c >= 'a' && c <= 'f':
			r = r<<4 | rune(c-'a'+10)
		case c >= 'A' && c <= 'F':
			r = r<<4 | rune(c-'A'+10)
		default:
			return 0, false
		}
	}
	return r, true
}

// parseDate reads 2006-01-02 as days since 1970.
func parseDate(s string) (int64, bool) {
	if len(s) != 10 || s[4] != '-' || s[7] != '-' {
		return 0, false
	}
	y, ok1 := digits(s[0:4])
	m, ok2 := digits(s[5:7])
	d, ok3 := digits(s[8:10])
	if !ok1 || !ok2 || !ok3 || y < 1 || m < 1 || m > 12 || d < 1 || d > daysIn(y, m) {
		return 0, false
	}
	return dayOf(y, m, d), true
}

func digits(s string) (int, bool) {
	n := 0
	for _, c := range []byte(s) {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = n*10 + int(c-'0')
	}
	return n, true
}

func leap(y int) bool { return y%4 == 0 && (y%100 != 0 || y%400 == 0) }

func daysIn(y, m int) int {
	switch m {
	case 4, 6, 9, 11:
		return 30
	case 2:
		if leap(y) {
			return 29
		}
		return 28
	}
	return 31
}

// dayOf gives the days from 1970-01-01 to a date of the Gregorian calendar, years 1 and later.
func dayOf(y, m, d int) int64 {
	if m <= 2 {
		y--
		m += 12
	}
	// Counted from 1 March of year 0, so that a leap day is the last of its year.
	return int64(365*y+y/4-y/100+y/400+(153*(m-3)+2)/5+d-1) - 719468
}

// date gives the calendar date of a day.
func date(day int64) (y, m, d int) {
	yy, mm, dd := time.Unix(day*86400, 0).UTC().Date()
	return yy, int(mm), dd
}

// parseInstant reads RFC 3339 as nanoseconds since 1970, for the years 1678 to 2261.
func parseInstant(s string) (int64, bool) {
	if len(s) < 20 || len(s) > 30 || s[len(s)-1] != 'Z' || s[10] != 'T' || s[13] != ':' || s[16] != ':' {
		return parseZoned(s)
	}
	day, ok := parseDate(s[:10])
	h, ok1 := digits(s[11:13])
	m, ok2 := digits(s[14:16])
	sec, ok3 := digits(s[17:19])
	if !ok || !ok1 || !ok2 || !ok3 || h > 23 || m > 59 || sec > 59 || day < -106000 || day > 106000 {
		return 0, false
	}
	ns := ((day*24+int64(h))*60+int64(m))*60 + int64(sec)
	ns *= 1e9
	if frac := s[19 : len(s)-1]; frac != "" {
		n, ok := digits(frac[1:])
		if frac[0] != '.' || len(frac) == 1 || !ok {
			return 0, false
		}
		for range 10 - len(frac) {
			n *= 10
		}
		ns += int64(n)
	}
	return ns, true
}

func parseZoned(s string) (int64, bool) {
	t, err := time.Parse(time.RFC3339, s)
	if err != nil || t.Year() < 1678 || t.Year() > 2261 {
		return 0, false
	}
	return t.UnixNano(), true
}
