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
//
// Its methods are given the place where to begin and give the one behind what they have read, or failed, with the reason in
// err. So the place stays in a register all the way.
type scanner struct {
	s       *schema
	text    string
	depth   int
	cells   []cell
	lengths []cell // those of lists, which come last
	err     error
}

const failed = -1

func (p *scanner) fail(err error) int {
	p.err = err
	return failed
}

// read gives the cells of a record, appended to cells. They share text. The scanner may read another one then.
func (p *scanner) read(text string, cells []cell) ([]cell, error) {
	p.text, p.depth, p.cells, p.lengths = text, 0, cells, p.lengths[:0]
	c, at := next(text, 0)
	if c != '{' {
		return cells, errMalformed
	}
	if at = p.object(p.s.root, 0, at); at < 0 {
		return cells, p.err
	}
	if _, at = next(text, at); at < len(text) {
		return cells, errMalformed
	}
	p.cells = append(p.cells, p.lengths...)
	mine := p.cells[len(cells):]
	sortCells(mine)
	for i := 1; i < len(mine); i++ {
		if mine[i-1].at == mine[i].at {
			return cells, errTwice
		}
	}
	return p.cells, nil
}

// next passes over white space and gives the byte behind it, 0 at the end, and its place.
func next(text string, at int) (byte, int) {
	if at < len(text) && text[at] > ' ' {
		return text[at], at
	}
	return pass(text, at)
}

func pass(text string, at int) (byte, int) {
	for ; at < len(text); at++ {
		switch c := text[at]; c {
		case ' ', '\t', '\n', '\r':
		default:
			return c, at
		}
	}
	return 0, at
}

// object reads an object, at its brace. m describes it; nil passes over it.
func (p *scanner) object(m *member, elem, at int) int {
	if p.depth++; p.depth > maxNesting {
		return p.fail(errMalformed)
	}
	c, at := next(p.text, at+1)
	if c == '}' {
		p.depth--
		return at + 1
	}
	var kid *member
	expect := 0
	for {
		if c != '"' {
			return p.fail(errMalformed)
		}
		if kid, expect, at = p.key(m, expect, at); at < 0 {
			return failed
		}
		if c, at = next(p.text, at); c == '"' && kid != nil && kid.plain { // as most members are
			var text string
			if text, at = p.string(at); text != "" {
				p.cells = append(p.cells, cell{at: cellAt(kid.col, elem), text: text})
			}
		} else {
			at = p.value(kid, elem, at)
		}
		if at < 0 {
			return failed
		}
		switch c, at = next(p.text, at); c {
		case ',':
			c, at = next(p.text, at+1)
		case '}':
			p.depth--
			return at + 1
		default:
			return p.fail(errMalformed)
		}
	}
}

// key reads the name of a member and its colon, and gives what is wanted of it, nil for nothing. expect is the member of m
// that probably comes next, if those that are absent do not: members mostly come in the order of the schema.
func (p *scanner) key(m *member, expect, at int) (kid *member, after, behind int) {
	if m != nil && at+8 <= len(p.text) {
		word := load(p.text[at : at+8])
		for i := expect; i < len(m.names); i++ {
			if n := &m.names[i]; word&n.mask == n.head && strings.HasPrefix(p.text[at+8:], n.rest) {
				return m.kids[i], i + 1, at + n.size
			}
		}
		for i := range m.names[:expect] {
			if n := &m.names[i]; word&n.mask == n.head && strings.HasPrefix(p.text[at+8:], n.rest) {
				return m.kids[i], i + 1, at + n.size
			}
		}
	}
	name, end := p.string(at)
	if end < 0 {
		return nil, 0, failed
	}
	c, colon := next(p.text, end)
	if c != ':' {
		return nil, 0, p.fail(errMalformed)
	}
	// A name not found above may be one that is wanted, in another spelling: it holds escapes, or space follows it.
	if m != nil && (len(name) != end-at-2 || colon > end || at+8 > len(p.text)) {
		for i, k := range m.kids {
			if k.name == name {
				return k, i + 1, colon + 1
			}
		}
	}
	return nil, expect, colon + 1
}

// load gives 8 bytes as a number, the first the least.
func load(b string) uint64 {
	_ = b[7]
	return uint64(b[0]) | uint64(b[1])<<8 | uint64(b[2])<<16 | uint64(b[3])<<24 |
		uint64(b[4])<<32 | uint64(b[5])<<40 | uint64(b[6])<<48 | uint64(b[7])<<56
}

// value reads any value. m says what is wanted of it, nil for nothing.
func (p *scanner) value(m *member, elem, at int) int {
	if m != nil && m.col >= 0 && p.s.cols[m.col].form == inAnything {
		return p.anything(m.col, elem, at)
	}
	single := m != nil && m.col >= 0 && m.list < 0
	c, at := next(p.text, at)
	switch c {
	case '{':
		switch {
		case m == nil || m.list >= 0 && !m.mapped || m.col >= 0 && !m.mapped:
			return p.object(nil, 0, at)
		case m.mapped:
			return p.pairs(m, at)
		}
		return p.object(m, elem, at)
	case '[':
		if m == nil || m.list < 0 || m.mapped {
			return p.array(nil, at)
		}
		return p.array(m, at)
	case '"':
		text, end := p.string(at)
		if end >= 0 && single {
			p.keepText(m.col, elem, text)
		}
		return end
	case 't', 'f', 'n':
		word, end := p.word(at)
		if end >= 0 && single {
			p.keepWord(m.col, elem, word)
		}
		return end
	}
	n, whole, end := p.number(at)
	if end >= 0 && single {
		if c := &p.s.cols[m.col].Column; c.scaled() {
			n, whole = decimal.Read(p.text[at:end], c.Decimals)
		}
		if whole {
			p.keepNumber(m.col, elem, n)
		}
	}
	return end
}

// anything reads any value and keeps that it says something: it holds a text, a number, or true or false.
func (p *scanner) anything(col, elem, at int) int {
	end := p.value(nil, 0, at)
	if end >= 0 && says(p.text[at:end]) {
		p.cells = append(p.cells, cell{at: cellAt(col, elem), text: "true"})
	}
	return end
}

// says tells whether JSON that is well formed holds a value that is not empty, but for the names of members.
func says(text string) bool {
	p := scanner{text: text}
	for at := 0; at < len(text); {
		switch c := text[at]; c {
		case '"':
			s, end := p.string(at)
			if end < 0 {
				return false
			}
			if c, _ := next(text, end); s != "" && c != ':' {
				return true
			}
			at = end
		case 't', 'f', '-', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9':
			return true
		case 'n':
			at += len("null")
		default:
			at++
		}
	}
	return false
}

// array reads a list, at its bracket. m is the list, nil passes over it.
func (p *scanner) array(m *member, at int) int {
	if p.depth++; p.depth > maxNesting {
		return p.fail(errMalformed)
	}
	c, at := next(p.text, at+1)
	if c == ']' {
		p.depth--
		return at + 1
	}
	for n := 0; ; {
		switch {
		case m == nil:
			at = p.value(nil, 0, at)
		case n >= maxElems:
			return p.fail(errTooLong)
		case m.col >= 0:
			// A list of plain values holds those that are there.
			before := len(p.cells)
			at = p.value(m.item, n, at)
			n += len(p.cells) - before
		case c != '{':
			at = p.value(nil, 0, at)
		default:
			at = p.object(m, n, at)
			n++
		}
		if at < 0 {
			return failed
		}
		switch c, at = next(p.text, at); c {
		case ',':
			c, at = next(p.text, at+1)
		case ']':
			p.depth--
			p.length(m, n)
			return at + 1
		default:
			return p.fail(errMalformed)
		}
	}
}

func (p *scanner) length(m *member, n int) {
	if m != nil && n > 0 {
		p.lengths = append(p.lengths, cell{at: cellAt(len(p.s.cols)+m.list, 0), num: int64(n)})
	}
}

// pairs reads an object used as a map, at its brace.
func (p *scanner) pairs(m *member, at int) int {
	if p.depth++; p.depth > maxNesting {
		return p.fail(errMalformed)
	}
	c, at := next(p.text, at+1)
	if c == '}' {
		p.depth--
		return at + 1
	}
	var key string
	for n := 0; ; {
		if c != '"' {
			return p.fail(errMalformed)
		}
		if key, at = p.string(at); at < 0 {
			return failed
		}
		if c, at = next(p.text, at); c != ':' {
			return p.fail(errMalformed)
		}
		if c, at = next(p.text, at+1); c != '"' {
			at = p.value(nil, 0, at)
		} else {
			var value string
			value, at = p.string(at)
			switch {
			case at < 0:
			case n >= maxElems:
				return p.fail(errTooLong)
			case value != "" && key != "" && strings.IndexByte(key, ':') < 0:
				p.cells = append(p.cells, cell{at: cellAt(m.col, n), text: key + ":" + value})
				n++
			}
		}
		if at < 0 {
			return failed
		}
		switch c, at = next(p.text, at); c {
		case ',':
			c, at = next(p.text, at+1)
		case '}':
			p.depth--
			p.length(m, n)
			return at + 1
		default:
			return p.fail(errMalformed)
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

func (p *scanner) word(at int) (string, int) {
	rest := p.text[at:]
	switch {
	case strings.HasPrefix(rest, "true"):
		return "true", at + len("true")
	case strings.HasPrefix(rest, "false"):
		return "false", at + len("false")
	case strings.HasPrefix(rest, "null"):
		return "null", at + len("null")
	}
	return "", p.fail(errMalformed)
}

// number reads a number; whole tells that it is written as an integer that fits.
func (p *scanner) number(at int) (n int64, whole bool, end int) {
	s := p.text
	i := at
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
		return 0, false, p.fail(errMalformed)
	}
	if i < len(s) && s[i] == '.' {
		whole = false
		start := i + 1
		for i++; i < len(s) && s[i] >= '0' && s[i] <= '9'; i++ {
		}
		if i == start {
			return 0, false, p.fail(errMalformed)
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
			return 0, false, p.fail(errMalformed)
		}
	}
	if n < 0 {
		whole = false
	}
	if negative {
		n = -n
	}
	return n, whole, i
}

// string reads a string, at its quote.
func (p *scanner) string(at int) (string, int) {
	s := p.text
	start := at + 1
	i := plainEnd(s, start)
	if i < len(s) && s[i] == '"' {
		return s[start:i], i + 1
	}
	for ; i < len(s); i++ {
		switch c := s[i]; {
		case c == '"':
			if !utf8.ValidString(s[start:i]) {
				return "", p.fail(errMalformed)
			}
			return s[start:i], i + 1
		case c == '\\':
			return p.escaped(start, i)
		case c < ' ':
			return "", p.fail(errMalformed)
		}
	}
	return "", p.fail(errMalformed)
}

// plainEnd gives the place of the first byte from i on that is a quote, a backslash, a control character or beyond ASCII;
// the length of s when there is none. It looks at 8 bytes at a time.
func plainEnd(s string, i int) int {
	const (
		low  = 0x0101010101010101
		high = low << 7
	)
	for ; i+8 <= len(s); i += 8 {
		x := load(s[i : i+8])
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
func (p *scanner) escaped(start, i int) (string, int) {
	s := p.text
	b := append(make([]byte, 0, 2*(i-start)+16), s[start:i]...)
	for i < len(s) {
		c := s[i]
		switch {
		case c == '"':
			if !utf8.Valid(b) {
				return "", p.fail(errMalformed)
			}
			return string(b), i + 1
		case c < ' ':
			return "", p.fail(errMalformed)
		case c != '\\':
			b = append(b, c)
			i++
			continue
		}
		if i+1 >= len(s) {
			break
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
				return "", p.fail(errMalformed)
			}
			i += 4
			if utf16.IsSurrogate(r) {
				second := rune(utf8.RuneError)
				if i+1 < len(s) && s[i] == '\\' && s[i+1] == 'u' {
					if second, ok = hex4(s, i+2); !ok {
						return "", p.fail(errMalformed)
					}
				}
				if r = utf16.DecodeRune(r, second); r != utf8.RuneError {
					i += 6
				}
			}
			b = utf8.AppendRune(b, r)
		default:
			return "", p.fail(errMalformed)
		}
	}
	return "", p.fail(errMalformed)
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
