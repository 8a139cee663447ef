package sheet

import (
	"bytes"
	"io"
	"unicode/utf8"

	"github.com/muster-crm/muster/shared/fault"
)

const (
	textWindow = 64 << 10
	maxRecord  = 16 << 20 // bytes of one line of a text file, line ends within quotes included
)

// textFile is an opened text file.
type textFile struct {
	src      *source
	encoding string
	comma    rune
	skip     int64 // bytes of the byte order mark
	sep      bool  // the first line is "sep=;"
	width    int   // usual number of fields; 0 where the delimiter was given
}

func openText(src *source, o Options) (*textFile, error) {
	t := &textFile{src: src, encoding: o.Encoding}
	head := make([]byte, min(src.size, sniffBytes))
	if err := src.readFull(head, 0); err != nil {
		return nil, err
	}
	if t.encoding == "" {
		var err error
		if t.encoding, err = detect(src, head); err != nil {
			return nil, err
		}
	}
	switch mark := utf16Order(head[:min(len(head), 3)]); {
	case t.encoding == "utf-8" && bytes.HasPrefix(head, bom):
		t.skip = 3
	case mark != "" && mark == t.encoding:
		t.skip = 2
	}
	sample := make([]byte, sniffBytes)
	n, whole, err := readSome(t.decoded(), sample, len(sample))
	if err != nil {
		return nil, err
	}
	sample = sample[:n]
	comma, length := sepLine(sample)
	if t.sep = length > 0; !t.sep {
		comma, t.width = detectComma(sample, whole)
	}
	if t.comma = rune(comma); o.Comma != 0 {
		if o.Comma < 0 || o.Comma >= utf8.RuneSelf || bytes.ContainsRune([]byte("\"\r\n\x00"), o.Comma) {
			return nil, fault.Bad("comma", "not_in_list")
		}
		t.comma, t.width = o.Comma, 0
	}
	return t, nil
}

// decoded reads the file as UTF-8.
func (t *textFile) decoded() io.Reader {
	r := t.src.section(t.skip)
	if c := charset(t.encoding); c != nil {
		return c.NewDecoder().Reader(r)
	}
	return r
}

// csvReader reads the records of a text file.
type csvReader struct {
	src      io.Reader
	buf      []byte
	pos, end int
	eof      bool
	line     int // on which the next record starts
	parser
	width int
	cells []Cell
}

func (t *textFile) rows() (rowReader, error) {
	r := &csvReader{src: t.decoded(), buf: make([]byte, textWindow), line: 1, width: t.width}
	if r.comma = byte(t.comma); r.comma == 0 {
		r.comma = '\n'
	}
	if t.sep {
		if err := r.fill(); err != nil {
			return nil, err
		}
		_, n := sepLine(r.buf[:r.end])
		r.pos = n
		r.line = 2
	}
	return r, nil
}

func (r *csvReader) close() { r.buf, r.pos, r.end, r.eof = nil, 0, 0, true }

// fill reads as much as the window takes, enlarging it when it is full of one record.
func (r *csvReader) fill() error {
	if r.pos > 0 {
		copy(r.buf, r.buf[r.pos:r.end])
		r.end -= r.pos
		r.pos = 0
	}
	if r.end == len(r.buf) {
		if len(r.buf) >= maxRecord {
			if len(r.fields) >= MaxColumns {
				return tooWide(r.line)
			}
			return tooLong(r.line, len(r.fields))
		}
		r.buf = append(r.buf, make([]byte, len(r.buf))...)
	}
	n, end, err := readSome(r.src, r.buf[r.end:], len(r.buf)-r.end)
	r.end += n
	r.eof = end
	return err
}

func (r *csvReader) read(row *Row) (bool, error) {
	for {
		if r.pos == r.end {
			if r.eof {
				return false, nil
			}
			if err := r.fill(); err != nil {
				return false, err
			}
			continue
		}
		n, ok := r.parse(r.buf[r.pos:r.end], r.eof)
		if !ok {
			if err := r.fill(); err != nil {
				return false, err
			}
			continue
		}
		record := r.buf[r.pos : r.pos+n]
		r.pos += n
		lines := r.lines
		r.otherComma(record)
		row.Line, row.Flaw = r.line, ""
		if r.unclosed {
			row.Flaw = UnclosedQuote
		}
		r.line += lines
		return true, r.settle(row)
	}
}

// otherComma reads a record that the delimiter of the file does not split with the one that gives it the file's
// width, if there is one: some address books mix them.
func (r *csvReader) otherComma(record []byte) {
	if r.width < 2 || len(r.fields) != 1 || blank(string(r.text)) {
		return
	}
	usual := r.comma
	for _, c := range commas {
		if c == usual || bytes.IndexByte(record, c) < 0 {
			continue
		}
		r.comma = c
		if r.parse(record, true); len(r.fields) >= r.width {
			break
		}
		r.comma = usual
		r.parse(record, true)
	}
	r.comma = usual
}

// settle turns the fields of the record into cells, with one string for all their texts.
func (r *csvReader) settle(row *Row) error {
	if bytes.IndexByte(r.text, 0) >= 0 || !utf8.Valid(r.text) {
		row.Flaw = BadCharacter
		r.repair()
	} else if bytes.Contains(r.text, []byte("\uFFFD")) {
		row.Flaw = BadCharacter
	}
	all := string(r.text)
	r.cells = r.cells[:0]
	from, last := 0, 0
	for i, end := range r.fields {
		text := all[from:end]
		if end-from > MaxCell && units(r.text[from:end]) > MaxCell {
			return tooLong(row.Line, i)
		}
		from = end
		c := Cell{Text: restore(text)}
		if text != "" {
			c.Kind = Text
			if !blank(text) {
				last = i
			}
		}
		if i < MaxColumns {
			r.cells = append(r.cells, c)
		} else if last >= MaxColumns {
			return tooWide(row.Line)
		}
	}
	row.Cells = r.cells
	return nil
}

// repair replaces bytes that are no UTF-8 and leaves NULs out.
func (r *csvReader) repair() {
	var text []byte
	from := 0
	for i, end := range r.fields {
		text = append(text, bytes.ToValidUTF8(bytes.ReplaceAll(r.text[from:end], []byte{0}, nil), []byte("\uFFFD"))...)
		from, r.fields[i] = end, len(text)
	}
	r.text = text
}
