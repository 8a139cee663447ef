package sheet

import (
	"bytes"
	"errors"
	"io"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"
)

// Limits of an XML part. Real parts stay far below them.
const (
	xmlWindow = 64 << 10 // what is held of a part at first
	xmlTag    = 1 << 20  // longest tag
	xmlDepth  = 256      // deepest nesting
)

var (
	errXML     = errors.New("the XML is broken")
	errDoctype = errors.New("the XML has a document type")
	errDeep    = errors.New("the XML is nested too deep")
	errTag     = errors.New("the XML has a tag of a megabyte")
	errCharset = errors.New("the XML has an unknown encoding")
)

// tokenKind is what the scanner stands on.
type tokenKind uint8

const (
	tokenStart tokenKind = iota + 1
	tokenEnd
	tokenText
	tokenEOF
)

// scanner reads an XML part one token at a time without allocating: made for the parts of a workbook, which are plain
// and long. It checks that elements nest and that the part ends, refuses every DOCTYPE, skips comments and
// instructions, and holds one window of the part in memory. Names are local: prefixes are cut off, so strict and
// prefixed documents read like any other.
//
// name, attrs and text point into the window and are valid until the next call.
type scanner struct {
	src      io.Reader
	buf      []byte
	pos, end int
	eof      bool

	name  []byte // of tokenStart and tokenEnd
	attrs []byte // of tokenStart, unread
	text  []byte // of tokenText: raw, a long text comes in pieces
	cdata bool   // text holds no entities

	open  []byte // names of the open elements, one after the other
	marks []int  // where each begins
	empty bool   // the start just given was <x/>: its end follows
	in    bool   // inside a CDATA section
	root  bool   // the root element was seen
}

// newScanner starts on a part. The encodings of XML that occur are read: UTF-8, UTF-16, and Latin-1 where declared.
func newScanner(r io.Reader) (*scanner, error) {
	s := &scanner{src: r, buf: make([]byte, xmlWindow)}
	for s.end < 256 && !s.eof {
		if err := s.fill(); err != nil {
			return nil, err
		}
	}
	head := s.buf[:s.end]
	switch {
	case bytes.HasPrefix(head, bom):
		s.pos = 3
	case bytes.HasPrefix(head, []byte{0xFF, 0xFE}), bytes.HasPrefix(head, []byte{'<', 0}):
		return s.recode(unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewDecoder().Reader)
	case bytes.HasPrefix(head, []byte{0xFE, 0xFF}), bytes.HasPrefix(head, []byte{0, '<'}):
		return s.recode(unicode.UTF16(unicode.BigEndian, unicode.UseBOM).NewDecoder().Reader)
	}
	if decl, _, ok := bytes.Cut(head, []byte("?>")); ok && bytes.HasPrefix(decl, []byte("<?xml")) {
		switch enc := bytes.ToLower(declared(decl)); string(enc) {
		case "", "utf-8", "utf8", "us-ascii", "ascii":
		case "iso-8859-1", "windows-1252", "latin1":
			return s.recode(charmap.Windows1252.NewDecoder().Reader)
		default:
			return nil, errCharset
		}
	}
	return s, nil
}

func declared(decl []byte) []byte {
	_, rest, ok := bytes.Cut(decl, []byte("encoding"))
	rest = bytes.TrimLeft(rest, " \t\r\n=")
	if !ok || len(rest) < 2 {
		return nil
	}
	value, _, _ := bytes.Cut(rest[1:], rest[:1])
	return value
}

// recode reads what is in the window again, and all that follows, through a decoder.
func (s *scanner) recode(decode func(io.Reader) io.Reader) (*scanner, error) {
	seen := bytes.Clone(s.buf[s.pos:s.end])
	s.src = decode(io.MultiReader(bytes.NewReader(seen), s.src))
	s.pos, s.end, s.eof = 0, 0, false
	return s, nil
}

// fill reads more into the window: it first moves what is unread to the front and, when the window is full, makes it
// larger, up to the longest tag.
func (s *scanner) fill() error {
	if s.pos > 0 {
		copy(s.buf, s.buf[s.pos:s.end])
		s.end -= s.pos
		s.pos = 0
	}
	if s.end == len(s.buf) {
		if len(s.buf) >= xmlTag {
			return errTag
		}
		s.buf = append(s.buf, make([]byte, len(s.buf))...)
	}
	n, end, err := readSome(s.src, s.buf[s.end:], min(4<<10, len(s.buf)-s.end))
	s.end += n
	s.eof = end
	return err
}

// next moves to the next token. Text between elements comes as tokenText too, white space included.
func (s *scanner) next() (tokenKind, error) {
	if s.empty {
		s.empty = false
		return tokenEnd, s.pop(s.name)
	}
	for {
		if s.in {
			if s.section("]]>") {
				return tokenText, nil
			}
			if s.in {
				if err := s.more(); err != nil {
					return 0, err
				}
			}
			continue
		}
		if s.pos == s.end {
			if s.eof {
				if len(s.marks) > 0 || !s.root {
					return 0, io.ErrUnexpectedEOF
				}
				return tokenEOF, nil
			}
			if err := s.fill(); err != nil {
				return 0, err
			}
			continue
		}
		if s.buf[s.pos] != '<' {
			ok, err := s.run()
			if err != nil {
				return 0, err
			}
			if ok {
				return tokenText, nil
			}
			continue
		}
		if s.end-s.pos < 9 && !s.eof { // as long as <![CDATA[
			if err := s.fill(); err != nil {
				return 0, err
			}
			continue
		}
		rest := s.buf[s.pos:s.end]
		if len(rest) < 2 {
			return 0, io.ErrUnexpectedEOF
		}
		switch {
		case rest[1] == '/':
			return tokenEnd, s.endTag()
		case rest[1] == '?':
			if err := s.skipTo("?>"); err != nil {
				return 0, err
			}
		case rest[1] != '!':
			return tokenStart, s.startTag()
		case bytes.HasPrefix(rest, []byte("<!--")):
			s.pos += 4
			if err := s.skipTo("-->"); err != nil {
				return 0, err
			}
		case bytes.HasPrefix(rest, []byte("<![CDATA[")) && len(s.marks) > 0:
			s.pos += 9
			s.in = true
		default:
			return 0, errDoctype
		}
	}
}

// more makes sure that there are further bytes.
func (s *scanner) more() error {
	if s.eof {
		return io.ErrUnexpectedEOF
	}
	return s.fill()
}

// run takes the text up to the next tag, or as much of it as the window holds without cutting an entity or a line end.
func (s *scanner) run() (bool, error) {
	for {
		win := s.buf[s.pos:s.end]
		n := bytes.IndexByte(win, '<')
		if n < 0 {
			if n = len(win); !s.eof {
				if i := bytes.LastIndexByte(win, '&'); i >= 0 && n-i < 16 && bytes.IndexByte(win[i:], ';') < 0 {
					n = i
				} else if win[n-1] == '\r' {
					n--
				}
				if n == 0 || len(win) < xmlWindow/2 {
					if err := s.fill(); err != nil {
						return false, err
					}
					continue
				}
			}
		}
		s.text, s.cdata = win[:n], false
		s.pos += n
		return true, nil
	}
}

// section takes CDATA up to its end, or as much as the window holds; false asks for more or says that it ended.
func (s *scanner) section(end string) bool {
	win := s.buf[s.pos:s.end]
	n := bytes.Index(win, []byte(end))
	if n >= 0 {
		s.text, s.cdata, s.in = win[:n], true, false
		s.pos += n + len(end)
		return n > 0
	}
	if n = len(win) - len(end); n <= 0 {
		return false
	}
	s.text, s.cdata = win[:n], true
	s.pos += n
	return true
}

// skipTo passes over bytes up to and with end, however many.
func (s *scanner) skipTo(end string) error {
	for {
		win := s.buf[s.pos:s.end]
		if n := bytes.Index(win, []byte(end)); n >= 0 {
			s.pos += n + len(end)
			return nil
		}
		s.pos += max(0, len(win)-len(end)+1)
		if err := s.more(); err != nil {
			return err
		}
	}
}

// tag finds the whole tag at the current position, which is its '<', and gives what is between the angles.
func (s *scanner) tag() ([]byte, error) {
	i := s.pos + 1
	quote := byte(0)
	for {
		for ; i < s.end; i++ {
			switch c := s.buf[i]; {
			case quote != 0:
				if c == quote {
					quote = 0
				}
			case c == '"' || c == '\'':
				quote = c
			case c == '>':
				tag := s.buf[s.pos+1 : i]
				s.pos = i + 1
				return tag, nil
			case c == '<':
				return nil, errXML
			}
		}
		at := i - s.pos
		if err := s.more(); err != nil {
			return nil, err
		}
		i = s.pos + at
	}
}

func (s *scanner) startTag() error {
	tag, err := s.tag()
	if err != nil {
		return err
	}
	if len(s.marks) == 0 {
		if s.root {
			return errXML
		}
		s.root = true
	}
	if n := len(tag); n > 0 && tag[n-1] == '/' {
		tag, s.empty = tag[:n-1], true
	}
	n := 0
	for n < len(tag) && !space(tag[n]) {
		n++
	}
	if n == 0 || tag[0] == '=' {
		return errXML
	}
	if len(s.marks) >= xmlDepth {
		return errDeep
	}
	s.marks = append(s.marks, len(s.open))
	s.open = append(s.open, tag[:n]...)
	s.attrs = tag[n:]
	s.name = local(tag[:n])
	return nil
}

func (s *scanner) endTag() error {
	tag, err := s.tag()
	if err != nil {
		return err
	}
	n := len(tag)
	for n > 1 && space(tag[n-1]) {
		n--
	}
	name := tag[1:n]
	if len(s.marks) == 0 || !bytes.Equal(s.open[s.marks[len(s.marks)-1]:], name) {
		return errXML
	}
	return s.pop(local(name))
}

func (s *scanner) pop(name []byte) error {
	s.name, s.attrs = name, nil
	last := len(s.marks) - 1
	s.open, s.marks = s.open[:s.marks[last]], s.marks[:last]
	return nil
}

// skip passes over the rest of the element whose start was the last token.
func (s *scanner) skip() error {
	for depth := len(s.marks); len(s.marks) >= depth; {
		if _, err := s.next(); err != nil {
			return err
		}
	}
	return nil
}

// attr gives the next attribute of the start tag: its local name and its raw value. ok is false after the last.
func (s *scanner) attr() (name, value []byte, ok bool, err error) {
	a := s.attrs
	i := 0
	for i < len(a) && space(a[i]) {
		i++
	}
	if i == len(a) {
		s.attrs = nil
		return nil, nil, false, nil
	}
	start := i
	for i < len(a) && a[i] != '=' && !space(a[i]) {
		i++
	}
	name = a[start:i]
	for i < len(a) && space(a[i]) {
		i++
	}
	if i == len(a) || a[i] != '=' {
		return nil, nil, false, errXML
	}
	for i++; i < len(a) && space(a[i]); i++ {
	}
	if i == len(a) || a[i] != '"' && a[i] != '\'' {
		return nil, nil, false, errXML
	}
	n := bytes.IndexByte(a[i+1:], a[i])
	if n < 0 {
		return nil, nil, false, errXML
	}
	value = a[i+1 : i+1+n]
	s.attrs = a[i+n+2:]
	return name, value, true, nil
}

// values gives the wanted attributes of the start tag, decoded. Prefixed names count by their local name, except
// those of the namespace declarations.
func (s *scanner) values(names ...string) (map[string]string, error) {
	found := map[string]string{}
	for {
		name, value, ok, err := s.attr()
		if !ok || err != nil {
			return found, err
		}
		for _, want := range names {
			if string(local(name)) == want && !bytes.HasPrefix(name, []byte("xmlns")) {
				text, err := appendText(nil, value, false)
				if err == nil {
					err = proper(text)
				}
				if err != nil {
					return nil, err
				}
				found[want] = string(text)
			}
		}
	}
}

// proper refuses what no XML document may hold: bytes that are no UTF-8, and NUL.
func proper(text []byte) error {
	if !utf8.Valid(text) || bytes.IndexByte(text, 0) >= 0 {
		return errXML
	}
	return nil
}

func local(name []byte) []byte {
	if i := bytes.IndexByte(name, ':'); i >= 0 {
		return name[i+1:]
	}
	return name
}

func space(b byte) bool { return b == ' ' || b == '\t' || b == '\n' || b == '\r' }

// appendText adds the meaning of a raw text: entities replaced, line ends made \n as XML has it.
func appendText(dst, raw []byte, cdata bool) ([]byte, error) {
	special := "&\r"
	if bytes.IndexByte(raw, '\r') < 0 {
		special = "&"
	}
	for len(raw) > 0 {
		n := bytes.IndexAny(raw, special)
		if n < 0 {
			return append(dst, raw...), nil
		}
		dst = append(dst, raw[:n]...)
		if raw[n] == '\r' {
			dst = append(dst, '\n')
			raw = raw[n+1:]
			if len(raw) > 0 && raw[0] == '\n' {
				raw = raw[1:]
			}
			continue
		}
		if cdata {
			dst = append(dst, '&')
			raw = raw[n+1:]
			continue
		}
		end := bytes.IndexByte(raw[n:min(len(raw), n+16)], ';')
		if end < 0 {
			return dst, errXML
		}
		var err error
		if dst, err = appendEntity(dst, raw[n+1:n+end]); err != nil {
			return dst, err
		}
		raw = raw[n+end+1:]
	}
	return dst, nil
}

func appendEntity(dst, name []byte) ([]byte, error) {
	switch string(name) {
	case "amp":
		return append(dst, '&'), nil
	case "lt":
		return append(dst, '<'), nil
	case "gt":
		return append(dst, '>'), nil
	case "quot":
		return append(dst, '"'), nil
	case "apos":
		return append(dst, '\''), nil
	}
	if len(name) < 2 || name[0] != '#' {
		return dst, errXML // an entity of a document type, which there is none of
	}
	digits, base := name[1:], 10
	if digits[0] == 'x' || digits[0] == 'X' {
		digits, base = digits[1:], 16
	}
	if len(digits) == 0 {
		return dst, errXML
	}
	r := 0
	for _, c := range digits {
		d := hex(c)
		if d < 0 || d >= base {
			return dst, errXML
		}
		if r = r*base + d; r > utf8.MaxRune {
			return dst, errXML
		}
	}
	return utf8.AppendRune(dst, rune(r)), nil
}

func hex(c byte) int {
	switch {
	case '0' <= c && c <= '9':
		return int(c - '0')
	case 'a' <= c && c <= 'f':
		return int(c-'a') + 10
	case 'A' <= c && c <= 'F':
		return int(c-'A') + 10
	}
	return -1
}
