package sheet

import (
	"errors"
	"io"
	"slices"

	"github.com/muster-crm/muster/shared/fault"
)

const (
	excelRows    = 1 << 20
	excelColumns = 1 << 14
	maxRowText   = 32 << 20 // bytes of one row: every column at its longest
)

var (
	errRef    = errors.New("a cell is at an impossible place")
	errShared = errors.New("a cell names a shared string that is not there")
)

// sheetReader reads the rows of a worksheet.
type sheetReader struct {
	book  *workbook
	part  io.ReadCloser
	s     *scanner
	line  int
	cells []Cell
	text  []byte // texts of the row that are not shared strings
	spans []span // where in text each cell's text is
	value []byte // of the cell at hand
	done  bool
}

// span is a cell's place in the row's text; column is where the text goes.
type span struct{ column, from, to int }

func (w *workbook) rows(i int) (rowReader, error) {
	if err := w.load(); err != nil {
		return nil, err
	}
	part, err := w.zip.open(w.sheets[i].part)
	if err != nil {
		return nil, err
	}
	s, err := newScanner(part)
	if err != nil {
		part.Close()
		return nil, err
	}
	r := &sheetReader{book: w, part: part, s: s}
	for {
		kind, err := s.next()
		if err == nil && kind == tokenEOF {
			return r, r.finish()
		}
		if err != nil {
			part.Close()
			return nil, err
		}
		if kind != tokenStart {
			continue
		}
		if string(s.name) == "sheetData" {
			return r, nil
		}
	}
}

func (r *sheetReader) close() { r.part.Close() }

// finish reads the part to its end, so that its checksum is compared.
func (r *sheetReader) finish() error {
	r.done = true
	_, err := io.Copy(io.Discard, r.s.src)
	return err
}

func (r *sheetReader) read(row *Row) (bool, error) {
	if r.done {
		return false, nil
	}
	more, err := r.next()
	if err != nil {
		return false, at(err, r.line)
	}
	row.Line, row.Cells = r.line, r.cells
	return more, nil
}

func (r *sheetReader) next() (bool, error) {
	for {
		kind, err := r.s.next()
		switch {
		case err != nil:
			return false, err
		case kind == tokenEnd: // of sheetData
			return false, r.finish()
		case kind != tokenStart:
		case string(r.s.name) == "row":
			if err := r.readRow(); err != nil {
				return false, err
			}
			if len(r.cells) > 0 {
				return true, nil
			}
		default:
			if err := r.s.skip(); err != nil {
				return false, err
			}
		}
	}
}

// readRow reads the cells of a row whose start was the last token.
func (r *sheetReader) readRow() error {
	s := r.s
	r.cells, r.text, r.spans = r.cells[:0], r.text[:0], r.spans[:0]
	r.line++
	for {
		name, value, ok, err := s.attr()
		if err != nil {
			return err
		}
		if !ok {
			break
		}
		if string(name) == "r" {
			n, ok := decimal(value)
			if !ok || n < 1 || n > excelRows {
				return errRef
			}
			r.line = n
		}
	}
	column := -1
	for {
		kind, err := s.next()
		switch {
		case err != nil:
			return err
		case kind == tokenEnd:
			return r.settle()
		case kind != tokenStart:
		case string(s.name) == "c":
			if column, err = r.readCell(column + 1); err != nil {
				return err
			}
		default:
			if err := s.skip(); err != nil {
				return err
			}
		}
	}
}

// settle gives the cells their texts: one string for the whole row.
func (r *sheetReader) settle() error {
	if len(r.text) == 0 {
		return nil
	}
	all := string(r.text)
	for _, p := range slices.Backward(r.spans) { // of two cells at one place the later stays
		if c := &r.cells[p.column]; c.Text == "" {
			c.Text = all[p.from:p.to]
		}
	}
	return nil
}

// readCell reads the cell whose start was the last token and gives its column, which is column unless it says so.
func (r *sheetReader) readCell(column int) (int, error) {
	s := r.s
	style := 0
	kind := byte('n')
	for {
		name, value, ok, err := s.attr()
		if err != nil {
			return 0, err
		}
		if !ok {
			break
		}
		if len(name) != 1 {
			continue
		}
		switch name[0] {
		case 'r':
			if column, ok = columnOf(value); !ok {
				return 0, errRef
			}
		case 's':
			if style, ok = decimal(value); !ok {
				return 0, errRef
			}
		case 't':
			kind = cellType(value)
		}
	}
	if column >= excelColumns {
		return 0, errRef
	}
	formula, found := false, false
	from := len(r.text)
	for {
		token, err := s.next()
		if err != nil {
			return 0, err
		}
		if token == tokenEnd {
			break
		}
		if token != tokenStart {
			continue
		}
		switch string(s.name) {
		case "v":
			found = true
			if r.value, err = appendContent(r.value[:0], s); err != nil {
				return 0, r.where(err, column)
			}
		case "is":
			if r.text, err = appendRich(r.text[:from], s); err != nil {
				return 0, r.where(err, column)
			}
		case "f":
			formula = true
			err = s.skip()
		default:
			err = s.skip()
		}
		if err != nil {
			return 0, err
		}
	}
	if !found && len(r.text) == from && !formula {
		return column, nil
	}
	c := Cell{Formula: formula}
	switch {
	case len(r.text) > from: // inline
		c.Kind = Text
	case found:
		if err := r.evaluate(&c, kind, style); err != nil {
			return 0, err
		}
	}
	if c.Kind == Empty {
		return column, nil
	}
	if column >= MaxColumns {
		if blank(c.Text) && blank(string(r.text[from:])) {
			r.text = r.text[:from]
			return column, nil
		}
		return 0, tooWide(r.line)
	}
	for len(r.cells) <= column {
		r.cells = append(r.cells, Cell{})
	}
	r.cells[column] = c
	if n := len(r.text) - from; n > 0 {
		if n > MaxCell && units(r.text[from:]) > MaxCell {
			return 0, tooLong(r.line, column)
		}
		if len(r.text) > maxRowText {
			return 0, errRef
		}
		r.spans = append(r.spans, span{column, from, len(r.text)})
	}
	return column, nil
}

// where names the cell in the refusal of one that is too long.
func (r *sheetReader) where(err error, column int) error {
	var f *fault.Fault
	if errors.As(err, &f) && f.Code == "file_cell_too_long" {
		return tooLong(r.line, column)
	}
	return err
}

// evaluate turns the stored value of a cell into its kind and text; a text that is no shared string goes to r.text.
func (r *sheetReader) evaluate(c *Cell, kind byte, style int) error {
	value := r.value
	if kind != 'f' {
		value = trimSpace(value)
	}
	if len(value) == 0 {
		return nil
	}
	switch kind {
	case 's':
		i, ok := decimal(value)
		if !ok || i >= r.book.strings.count {
			return errShared
		}
		if c.Text = r.book.strings.at(i); c.Text != "" {
			c.Kind = Text
		}
	case 'n':
		var general numFormat
		f := &general
		if style < len(r.book.styles) {
			f = &r.book.styles[style]
		}
		r.text, c.Kind = appendValue(r.text, value, f, r.book.from1904)
	case 'b':
		c.Kind, c.Text = Bool, "FALSE"
		if truth(string(value)) {
			c.Text = "TRUE"
		}
	case 'e':
		c.Kind = Error
		r.text = append(r.text, value...)
	case 'd':
		r.text, c.Kind = appendISO(r.text, value)
	default:
		c.Kind = Text
		r.text = append(r.text, unescape(value)...)
	}
	return nil
}

// cellType is one letter for a type: s shared, n number, b boolean, e error, d date, f text of a formula or any other.
func cellType(t []byte) byte {
	switch string(t) {
	case "s", "n", "b", "e", "d":
		return t[0]
	}
	return 'f'
}

// columnOf reads the column, from 0, of a reference such as AB12.
func columnOf(ref []byte) (int, bool) {
	n := 0
	for i, c := range ref {
		switch {
		case 'a' <= c && c <= 'z':
			c -= 'a' - 'A'
		case 'A' <= c && c <= 'Z':
		default:
			return n - 1, i > 0 && isDigit(c)
		}
		if n = n*26 + int(c-'A') + 1; n > excelColumns {
			return 0, false
		}
	}
	return n - 1, n > 0
}

func decimal(s []byte) (int, bool) {
	n := 0
	for _, c := range s {
		if !isDigit(c) || n > 1<<40 {
			return 0, false
		}
		n = n*10 + int(c-'0')
	}
	return n, len(s) > 0
}
