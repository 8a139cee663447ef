package sheet

import (
	"bufio"
	"io"
	"strings"
	"unicode/utf8"
)

// Writer writes one table row by row. Close ends the file but does not close what lies below. After an error only
// Close may be called.
type Writer interface {
	// Header writes the titles of the columns; it comes first or not at all.
	Header(titles []string) error
	// Row writes the cells of the next row. Number, Date, Time and Bool cells have the texts that reading gives; one
	// that has another text is written as text.
	Row(cells []Cell) error
	Close() error
}

// Part writes a part of a file whose parts, put together in their order, are the file. It is ended by Pause, the last one by
// Close; the next part goes on where the Mark of Pause stands, in whatever process.
type Part interface {
	Writer
	// Pause ends the part and tells where the next one goes on.
	Pause() (Mark, error)
	// Written is about how many bytes the part has so far.
	Written() int64
}

// Mark is where a file stands between two parts. The zero Mark is its beginning.
type Mark struct {
	Begun   bool   `json:"begun,omitempty"`
	Titled  bool   `json:"titled,omitempty"`
	Line    int    `json:"line,omitempty"` // of a workbook, the last one
	Columns int    `json:"columns,omitempty"`
	Sum     uint32 `json:"sum,omitempty"`    // CRC-32 of the sheet so far
	Size    int64  `json:"size,omitempty"`   // bytes of the sheet so far
	Packed  int64  `json:"packed,omitempty"` // of those in the file
}

// T makes a cell of a text, an empty one of "".
func T(text string) Cell {
	if text == "" {
		return Cell{}
	}
	return Cell{Kind: Text, Text: text}
}

// csvWriter writes a text file.
type csvWriter struct {
	w     *bufio.Writer
	out   *counter
	comma byte
	begun bool
}

// NewCSVWriter writes CSV as spreadsheet programs read it: UTF-8 with a byte order mark, lines ending in CRLF, comma
// (',' or ';' or a tab) between the values. Texts that a spreadsheet program would take for a formula get an
// apostrophe in front, which reading takes off again, so that an export can be imported unchanged.
func NewCSVWriter(w io.Writer, comma rune) Writer { return NewCSVPart(w, comma, Mark{}) }

// NewCSVPart goes on with a file of NewCSVWriter behind what a Mark stands for.
func NewCSVPart(w io.Writer, comma rune, at Mark) Part {
	out := &counter{w: w}
	return &csvWriter{w: bufio.NewWriterSize(out, 32<<10), out: out, comma: byte(comma), begun: at.Begun}
}

// Pause ends the part.
func (c *csvWriter) Pause() (Mark, error) { return Mark{Begun: c.begun}, c.w.Flush() }

func (c *csvWriter) Written() int64 { return c.out.n }

// counter counts the bytes that pass.
type counter struct {
	w io.Writer
	n int64
}

func (c *counter) Write(p []byte) (int, error) {
	n, err := c.w.Write(p)
	c.n += int64(n)
	return n, err
}

func (c *csvWriter) begin() {
	if !c.begun {
		c.begun = true
		c.w.Write(bom)
	}
}

func (c *csvWriter) Header(titles []string) error {
	cells := make([]Cell, len(titles))
	for i, t := range titles {
		cells[i] = T(t)
	}
	return c.Row(cells)
}

func (c *csvWriter) Row(cells []Cell) error {
	c.begin()
	for i, cell := range cells {
		if i > 0 {
			c.w.WriteByte(c.comma)
		}
		text := cell.Text
		if cell.Kind == Text || formula(text) && !signed(text) {
			text = neutral(text)
		}
		// all delimiters are quoted, not only this file's: it may be opened with another
		if !strings.ContainsAny(text, ";,\t|\"\r\n") && !strings.HasPrefix(text, " ") && !strings.HasSuffix(text, " ") {
			c.w.WriteString(text)
			continue
		}
		c.w.WriteByte('"')
		for {
			before, after, found := strings.Cut(text, `"`)
			c.w.WriteString(before)
			if !found {
				break
			}
			c.w.WriteString(`""`)
			text = after
		}
		c.w.WriteByte('"')
	}
	_, err := c.w.WriteString("\r\n")
	return err
}

func (c *csvWriter) Close() error {
	c.begin()
	return c.w.Flush()
}

// valid makes a text one that a file can hold: U+FFFD for bytes that are no UTF-8.
func valid(s string) string {
	if utf8.ValidString(s) {
		return s
	}
	return strings.ToValidUTF8(s, "\uFFFD")
}
