package vcard

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"

	"github.com/muster-crm/muster/shared/fault"
)

// Looks reports whether a file that begins so is one of cards.
func Looks(head []byte) bool {
	r := NewReader(bytes.NewReader(head))
	for {
		line, err := r.physical()
		if text := strings.TrimSpace(strings.TrimPrefix(line, "\ufeff")); text != "" {
			return begins(text)
		}
		if err != nil {
			return false
		}
	}
}

// Reader walks over the cards of a file.
type Reader struct {
	src   *bufio.Reader
	line  int    // of the file, of what peeked holds
	ahead string // the physical line that was looked at
	have  bool
	end   error
	begun bool // BEGIN of the next card has been read
	card  Card
	count int
	err   error
}

// NewReader reads cards. UTF-16 is known by its byte order mark.
func NewReader(r io.Reader) *Reader {
	src := bufio.NewReaderSize(r, 32<<10)
	if head, _ := src.Peek(2); len(head) == 2 && (head[0] == 0xFF && head[1] == 0xFE || head[0] == 0xFE && head[1] == 0xFF) {
		decoder := unicode.UTF16(unicode.LittleEndian, unicode.ExpectBOM).NewDecoder()
		src = bufio.NewReaderSize(transform.NewReader(src, decoder), 32<<10)
	}
	return &Reader{src: src}
}

// Card is the card Next moved to.
func (r *Reader) Card() Card { return r.card }

// Err is what ended the cards, nil at a regular end.
func (r *Reader) Err() error { return r.err }

// Next moves to the next card. It is false at the end and at an error.
func (r *Reader) Next() bool {
	if r.err != nil || !r.begin() {
		return false
	}
	if r.count++; r.count > MaxCards {
		r.err = fault.New(fault.Invalid, "file_too_many_rows")
		return false
	}
	r.card = Card{Version: V3, Line: r.line}
	r.begun = false
	r.err = r.read(&r.card)
	return r.err == nil
}

// begin goes to the next BEGIN:VCARD.
func (r *Reader) begin() bool {
	for !r.begun {
		line, err := r.physical()
		if err != nil {
			switch {
			case !errors.Is(err, io.EOF):
				r.err = err
			case r.count == 0:
				r.err = fault.New(fault.Invalid, "file_empty")
			}
			return false
		}
		r.begun = begins(line)
	}
	return true
}

func begins(line string) bool {
	name, value, ok := strings.Cut(strings.TrimPrefix(line, "\ufeff"), ":")
	return ok && strings.EqualFold(strings.TrimSpace(name), "BEGIN") && strings.EqualFold(strings.TrimSpace(value), "VCARD")
}

func ends(line string) bool {
	name, value, ok := strings.Cut(line, ":")
	return ok && strings.EqualFold(strings.TrimSpace(name), "END") && strings.EqualFold(strings.TrimSpace(value), "VCARD")
}

// read reads the properties of a card to its end.
func (r *Reader) read(c *Card) error {
	size, nested, agent := 0, 0, false
	for {
		line, whole, err := r.logical(c.Version == V21)
		if errors.Is(err, io.EOF) {
			c.Flaw = true
			return nil
		}
		if err != nil {
			return err
		}
		if size += len(line); size > MaxCard {
			return fault.New(fault.Invalid, "file_damaged", "line", strconv.Itoa(c.Line))
		}
		c.Flaw = c.Flaw || !whole
		switch {
		case begins(line) && (agent || nested > 0) && nested < maxNesting:
			nested++ // the card of somebody's assistant
			continue
		case begins(line):
			c.Flaw, r.begun = true, true
			return nil
		case ends(line) && nested > 0:
			nested--
			continue
		case ends(line):
			return nil
		case nested > 0 || strings.TrimSpace(line) == "":
			continue
		}
		p, ok := property(line)
		if !ok || !whole {
			c.Flaw = c.Flaw || !ok
			continue
		}
		agent = p.Name == "AGENT" && strings.TrimSpace(p.Value) == ""
		if p.Name == "VERSION" {
			if v := Version(strings.TrimSpace(p.Value)); v == V21 || v == V3 || v == V4 {
				c.Version = v
			}
			for i := range c.Properties {
				c.Properties[i].old = c.Version == V21
			}
			continue
		}
		p.old = c.Version == V21
		if len(c.Properties) == maxProperties {
			c.Flaw = true
			continue
		}
		c.Properties = append(c.Properties, p)
	}
}

// physical reads one line without its end. Any run of CR before a LF belongs to it. A line beyond the bounds of a card
// is cut.
func (r *Reader) physical() (string, error) {
	if r.have {
		r.have = false
		r.line++
		return r.ahead, nil
	}
	if r.end != nil {
		return "", r.end
	}
	var b []byte
	returns := 0
	for {
		c, err := r.src.ReadByte()
		if err != nil {
			r.end = err
			if len(b) == 0 && returns == 0 {
				return "", err
			}
			break
		}
		if c == '\r' {
			returns++
			continue
		}
		if c == '\n' {
			break
		}
		if returns > 0 { // old files of Macs end their lines so
			if err := r.src.UnreadByte(); err != nil {
				return "", err
			}
			break
		}
		if len(b) < MaxCard+1 {
			b = append(b, c)
		}
	}
	r.line++
	return string(b), nil
}

// peek looks at the next physical line.
func (r *Reader) peek() (string, bool) {
	if !r.have {
		line, err := r.physical()
		if err != nil {
			return "", false
		}
		r.ahead, r.have = line, true
		r.line--
	}
	return r.ahead, true
}

// logical reads one statement: a line with those it is folded into. whole is false when it was too long to keep.
func (r *Reader) logical(old bool) (line string, whole bool, err error) {
	first, err := r.physical()
	if err != nil {
		return "", false, err
	}
	var b strings.Builder
	b.WriteString(first)
	whole = len(first) <= maxValue
	add := func(s string) {
		if whole = whole && b.Len()+len(s) <= maxValue; whole {
			b.WriteString(s)
		}
	}
	quoted, binary := transfer(first)
	for {
		next, ok := r.peek()
		if !ok {
			break
		}
		switch {
		case quoted && strings.HasSuffix(strings.TrimRight(b.String(), " \t"), "="):
			soft := strings.TrimRight(b.String(), " \t")
			b.Reset()
			b.WriteString(strings.TrimSuffix(soft, "="))
			add(next)
		case binary && strings.TrimSpace(next) != "" && !strings.Contains(next, ":"):
			add(strings.TrimSpace(next))
		case len(next) > 0 && (next[0] == ' ' || next[0] == '\t'):
			if old && !binary {
				add(next) // version 2.1 folds before a blank, which stays
			} else {
				add(next[1:])
			}
		default:
			return b.String(), whole, nil
		}
		if _, err := r.physical(); err != nil {
			break
		}
	}
	return b.String(), whole, nil
}

// transfer tells how the value of a line is written.
func transfer(line string) (quoted, binary bool) {
	head, _, ok := cutValue(line)
	if !ok {
		return false, false
	}
	head = strings.ToUpper(head)
	for part := range strings.SplitSeq(head, ";") {
		switch strings.TrimPrefix(part, "ENCODING=") {
		case "QUOTED-PRINTABLE":
			quoted = true
		case "BASE64", "B":
			binary = true
		}
	}
	return quoted, binary
}

// cutValue cuts a line at the colon before its value: the first one that is in no quotation marks.
func cutValue(line string) (head, value string, ok bool) {
	quoted := false
	for i := 0; i < len(line); i++ {
		switch line[i] {
		case '"':
			quoted = !quoted
		case ':':
			if !quoted {
				return line[:i], line[i+1:], true
			}
		}
	}
	return strings.Cut(line, ":")
}

// property reads a line.
func property(line string) (Property, bool) {
	head, value, ok := cutValue(line)
	if !ok {
		return Property{}, false
	}
	parts := splitQuoted(head, ';')
	p := Property{Name: strings.ToUpper(strings.TrimSpace(parts[0]))}
	if group, name, ok := strings.Cut(p.Name, "."); ok {
		p.Group, p.Name = strings.ToLower(group), name
	}
	if p.Name == "" || strings.ContainsFunc(p.Name, func(r rune) bool { return r != '-' && (r < 'A' || r > 'Z') && (r < '0' || r > '9') }) {
		return Property{}, false
	}
	charset := ""
	quoted := false
	for _, part := range parts[1:] {
		param := parameter(part)
		if len(param.Values) == 0 {
			continue
		}
		switch {
		case param.Name == "CHARSET":
			charset = param.Values[0]
			continue
		case param.Name == "ENCODING" && strings.EqualFold(param.Values[0], "QUOTED-PRINTABLE"):
			quoted = true
			continue
		case param.Name == "ENCODING" && !slices.Contains([]string{"B", "BASE64"}, strings.ToUpper(param.Values[0])):
			continue // 7bit, 8bit: nothing is encoded
		}
		for i, v := range param.Values {
			param.Values[i] = decode(v, charset)
		}
		p.Params = append(p.Params, param)
	}
	if quoted {
		value = unquote(value)
	}
	p.Value = clean(decode(value, charset))
	return p, true
}

// parameter reads a parameter, with a name or, as version 2.1 allows, without.
func parameter(s string) Param {
	name, values, ok := strings.Cut(s, "=")
	name = strings.ToUpper(strings.TrimSpace(name))
	if !ok {
		switch name {
		case "":
			return Param{}
		case "QUOTED-PRINTABLE", "BASE64", "8BIT", "7BIT", "B":
			return Param{"ENCODING", []string{name}}
		case "INLINE", "URL", "CID", "CONTENT-ID":
			return Param{"VALUE", []string{strings.ToLower(name)}}
		}
		return Param{"TYPE", []string{strings.ToLower(name)}}
	}
	p := Param{Name: name}
	for _, v := range splitQuoted(values, ',') {
		v = strings.TrimSpace(v)
		if len(v) > 1 && v[0] == '"' && v[len(v)-1] == '"' {
			v = v[1 : len(v)-1]
		}
		v = clean(carets.Replace(v))
		if name == "TYPE" { // TYPE="work,voice" is meant as two
			for t := range strings.SplitSeq(strings.ToLower(v), ",") {
				if t = strings.TrimSpace(t); t != "" {
					p.Values = append(p.Values, t)
				}
			}
			continue
		}
		p.Values = append(p.Values, v)
	}
	return p
}

// carets undoes the escapes of RFC 6868.
var carets = strings.NewReplacer("^n", "\n", "^N", "\n", "^'", `"`, "^^", "^")

// splitQuoted cuts at a character that is in no quotation marks.
func splitQuoted(s string, at byte) []string {
	var parts []string
	from, quoted := 0, false
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '"':
			quoted = !quoted
		case s[i] == at && !quoted:
			parts = append(parts, s[from:i])
			from = i + 1
		}
	}
	return append(parts, s[from:])
}

// unquote undoes quoted-printable; what is none stays.
func unquote(s string) string {
	b := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		if s[i] == '=' && i+2 < len(s) {
			if n, err := strconv.ParseUint(s[i+1:i+3], 16, 8); err == nil {
				b = append(b, byte(n))
				i += 2
				continue
			}
		}
		b = append(b, s[i])
	}
	return string(bytes.ReplaceAll(b, []byte("\r\n"), []byte("\n")))
}

// charsets are those that version 2.1 is met in.
var charsets = map[string]*charmap.Charmap{"iso-8859-1": charmap.Windows1252, "windows-1252": charmap.Windows1252,
	"iso-8859-15": charmap.ISO8859_15, "iso-8859-2": charmap.ISO8859_2, "windows-1250": charmap.Windows1250, "windows-1251": charmap.Windows1251,
	"iso-8859-5": charmap.ISO8859_5, "iso-8859-7": charmap.ISO8859_7, "windows-1253": charmap.Windows1253, "iso-8859-9": charmap.ISO8859_9,
	"windows-1254": charmap.Windows1254, "koi8-r": charmap.KOI8R, "ibm850": charmap.CodePage850}

// decode makes a text UTF-8: from the character set it names, else from Windows-1252 when it is not UTF-8 already.
func decode(s, charset string) string {
	named := charsets[strings.ToLower(charset)]
	if named == nil {
		if utf8.ValidString(s) {
			return s
		}
		named = charmap.Windows1252
	}
	text, err := named.NewDecoder().String(s)
	if err != nil {
		return strings.ToValidUTF8(s, "\uFFFD")
	}
	return text
}

// clean drops what no text may hold.
func clean(s string) string {
	if !strings.ContainsFunc(s, control) {
		return s
	}
	return strings.Map(func(r rune) rune {
		if control(r) {
			return -1
		}
		return r
	}, s)
}

func control(r rune) bool { return r < ' ' && r != '\n' && r != '\t' || r == 0x7F }
