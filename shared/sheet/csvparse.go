package sheet

import "bytes"

// parser cuts one record of a text file into its fields. It reads what RFC 4180 says and, where files differ from it,
// what their makers meant:
//
//   - a quote in an unquoted field is a character: 53" screen
//   - a quoted field may have a quote that is not doubled: it ends the field only if no other quote of the line does so
//     better, that is, before a delimiter or the line's end; what follows the end belongs to the field
//   - spaces around a quoted field go
//   - a quote that is never closed, up to the end of the file or the longest cell, is a character, and the record ends
//     with its line
//   - \n, \r\n and \r all end a line
type parser struct {
	comma    byte // a line feed where lines are single values
	text     []byte
	fields   []int // end of each field in text
	lines    int   // line ends passed
	unclosed bool

	literal      int // position of the opening quote to take as a character, -1: none
	decided      int // up to where a stray quote's fate is known
	decidedStays bool
}

// parse reads one record from the start of p, and says how long it is. ok is false when the record may go on beyond p;
// whole says that nothing does.
func (p *parser) parse(b []byte, whole bool) (n int, ok bool) {
	p.unclosed = false
	p.literal = -1
	for {
		n, ok, retry := p.record(b, whole)
		if !retry {
			return n, ok
		}
		p.unclosed = true
	}
}

func (p *parser) record(b []byte, whole bool) (n int, ok, retry bool) {
	p.text, p.fields, p.lines, p.decided = p.text[:0], p.fields[:0], 0, 0
	i := 0
	for {
		// a field starts at i
		open := i
		for open < len(b) && b[open] == ' ' {
			open++
		}
		if open > i && open < len(b) && b[open] == '"' && !whole && !bytes.ContainsAny(b[open:], "\r\n") {
			return 0, false, false // the rest of the line decides
		}
		if open < len(b) && b[open] == '"' && open > p.literal && (open == i || p.closes(b, open+1)) {
			end, ok, closed := p.quoted(b, open+1, whole)
			if !ok {
				return 0, false, false
			}
			if !closed {
				p.literal = open
				return 0, false, true
			}
			i = end
		}
		// what is not quoted, up to the field's end
		end := i
		for end < len(b) && b[end] != p.comma && b[end] != '\n' && b[end] != '\r' {
			end++
		}
		p.text = append(p.text, b[i:end]...)
		if end == len(b) {
			if !whole {
				return 0, false, false
			}
			p.fields = append(p.fields, len(p.text))
			return end, true, false
		}
		p.fields = append(p.fields, len(p.text))
		i = end + 1
		switch b[end] {
		case '\r':
			if i == len(b) && !whole {
				return 0, false, false
			}
			if i < len(b) && b[i] == '\n' {
				i++
			}
			fallthrough
		case '\n':
			p.lines++
			return i, true, false
		}
	}
}

// quoted reads a quoted field whose text starts at i, and gives where it ends, behind its closing quote and spaces
// before a delimiter. ok is false when more bytes are needed; closed is false when the quote is never closed.
func (p *parser) quoted(b []byte, i int, whole bool) (end int, ok, closed bool) {
	start, length, lines := len(p.text), 0, 0
	for {
		q := bytes.IndexByte(b[i:], '"')
		piece := b[i:]
		if q >= 0 {
			piece = b[i : i+q]
		}
		// \r\n cut by the end of b is no matter: then more bytes are asked for
		lines += bytes.Count(piece, []byte{'\n'}) + bytes.Count(piece, []byte{'\r'}) - bytes.Count(piece, []byte("\r\n"))
		if length += units(piece); length > MaxCell && lines > 0 {
			p.text = p.text[:start]
			return 0, true, false
		}
		if q < 0 {
			return 0, whole, false
		}
		p.text = append(p.text, piece...)
		i += q + 1
		if i == len(b) {
			if !whole {
				return 0, false, false
			}
			p.lines += lines
			return i, true, true
		}
		if b[i] == '"' {
			p.text = append(p.text, '"')
			length++
			i++
			continue
		}
		if e, yes, more := p.fieldEnd(b, i); yes {
			if more && !whole {
				return 0, false, false
			}
			p.lines += lines
			return e, true, true
		}
		if !whole && !bytes.ContainsAny(b[i:], "\r\n") {
			return 0, false, false // the rest of the line decides
		}
		if !p.closes(b, i) {
			p.lines += lines
			return i, true, true
		}
		p.text = append(p.text, '"')
		length++
	}
}

// fieldEnd says whether nothing but spaces stands between i and the end of the field, and where that is. more says
// that b ended before anything else came.
func (p *parser) fieldEnd(b []byte, i int) (end int, yes, more bool) {
	for i < len(b) && b[i] == ' ' {
		i++
	}
	if i == len(b) {
		return i, true, true
	}
	return i, b[i] == '\n' || b[i] == '\r' || b[i] == p.comma, false
}

// closes says whether, from i on and within the line, a quote comes that closes a field before one that opens one.
func (p *parser) closes(b []byte, i int) bool {
	if i < p.decided {
		return p.decidedStays
	}
	from := i
	for ; i < len(b) && b[i] != '\n' && b[i] != '\r'; i++ {
		if b[i] != '"' {
			continue
		}
		if i+1 < len(b) && b[i+1] == '"' {
			i++
			continue
		}
		if _, yes, _ := p.fieldEnd(b, i+1); yes {
			p.decided, p.decidedStays = i, true
			return true
		}
		before := i - 1
		for before >= from && b[before] == ' ' {
			before--
		}
		if before >= from && b[before] == p.comma {
			break
		}
	}
	p.decided, p.decidedStays = i, false
	return false
}
