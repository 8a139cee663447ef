// Package sheet reads tabular files that come from outside (.xlsx, CSV, TSV) and writes the ones Muster hands out.
//
// What a file is, is judged by its content, never by its name. Everything is read as a stream: the memory used depends
// on the widest row and, for .xlsx, on the table of shared strings (at most 128 MB), never on the number of rows; no
// goroutine is started. All limits are constants below; a file over a limit, damaged, encrypted or of another kind is
// refused with a fault whose code says which. Nothing is ever extracted, evaluated or fetched: formulas give the value
// stored with them, a DOCTYPE in any XML part is a refusal.
//
// A cell is what the person who made the file sees, in a form a program can read: numbers with a decimal point and all
// their digits (15 significant ones, as Excel keeps), never with an exponent where digits will do; dates as 2006-01-02
// or 2006-01-02T15:04:05; booleans as TRUE and FALSE; error cells as the error they show. A number whose format only
// arranges its digits (00000, or 00" "00" "00) is given as arranged, because that is how postcodes, member numbers and
// phone numbers keep their leading zeros.
//
// Rows without any content are not returned; the line number of each row says where it stands in the file.
//
// Codes of refusals (all have kind Unsupported, but TooLarge for file_too_large and file_unzips_too_large, and Invalid
// for file_damaged, file_empty, file_no_sheet and the limits of rows, columns and cells):
//
//	file_encrypted          a password protects it
//	file_old_excel          .xls or .xlsb: to be saved as .xlsx
//	file_not_table          something else; argument "format" names it: PDF, Word, ODS, ZIP, HTML, image ...
//	file_damaged            cut off, checksum wrong, XML broken; argument "line" where a row is known
//	file_empty              no row with content
//	file_no_sheet           the sheet asked for is not there
//	file_too_large          more than 50 MB
//	file_unzips_too_large   expands to more than a table of that size can
//	file_too_many_rows      more than 200,000
//	file_too_many_columns   more than 200; argument "line"
//	file_cell_too_long      more than 32,767 characters; arguments "line" and "column"
package sheet

import (
	"io"
	"slices"

	"github.com/muster-crm/muster/shared/fault"
)

// Limits of what is read.
const (
	MaxBytes   = 50 << 20  // of the file
	MaxRows    = 200_000   // rows with content, beside 100 for titles and the header
	MaxColumns = 200       // columns with content
	MaxCell    = 32_767    // UTF-16 units of a cell, as in Excel
	maxUnzip   = 1 << 30   // bytes one part of an .xlsx may expand to
	maxStrings = 128 << 20 // bytes of the table of shared strings in memory
)

// Format is what a file turned out to be.
type Format string

// The formats that are read.
const (
	XLSX Format = "xlsx"
	CSV  Format = "csv" // any delimiter
)

// Kind says what a cell holds.
type Kind uint8

// The kinds of cell. From a CSV file only Empty and Text come.
const (
	Empty  Kind = iota
	Text        // as written
	Number      // -12.5: decimal point, no exponent below 1e21
	Date        // 2006-01-02 or 2006-01-02T15:04:05
	Time        // 15:04:05, a time of day or a duration; hours may exceed 24
	Bool        // TRUE or FALSE
	Error       // #N/A and its like
)

var kindNames = [...]string{"empty", "text", "number", "date", "time", "bool", "error"}

func (k Kind) String() string { return kindNames[k] }

// Cell is one value.
type Cell struct {
	Kind    Kind
	Formula bool // the value is the stored result of a formula
	Text    string
}

// Flaws of a row that was read all the same.
const (
	UnclosedQuote = "unclosed_quote" // a quotation mark opens a field and none closes it: it was taken as a character
	BadCharacter  = "bad_character"  // of a text file: bytes that are no character of its encoding, or NUL: replaced or left out
)

// Row is one row with content.
type Row struct {
	Line  int    // the row's number in Excel, or the line of a text file on which it starts; from 1
	Cells []Cell // up to the last one with content
	Flaw  string // "" or one of the flaws
}

// Clone gives a copy that stays when the rows move on.
func (r Row) Clone() Row {
	r.Cells = slices.Clone(r.Cells)
	return r
}

// Text gives the text of the cell in a column (from 0), "" where there is none.
func (r Row) Text(column int) string {
	if column < 0 || column >= len(r.Cells) {
		return ""
	}
	return r.Cells[column].Text
}

// Sheet is one table of a file. A text file has one, with no name.
type Sheet struct {
	Name   string
	Hidden bool
}

// Options override what the file itself says.
type Options struct {
	Sheet    string // name of the sheet that Rows("") reads; "" is the first one not hidden
	Encoding string // one of Encodings(); "" is detected
	Comma    rune   // delimiter of a text file; 0 is detected
}

// Book is an opened file. It is for one goroutine at a time.
type Book struct {
	format Format
	sheets []Sheet
	first  int // index of the default sheet
	text   *textFile
	zip    *workbook
}

// Open judges the file by its content and reads what is needed to list its sheets. r must stay readable while the
// book or its rows are in use. Every refusal is one of the faults of the package comment; an error of r itself comes
// back as a fault of kind Unavailable.
func Open(r io.ReaderAt, size int64, o Options) (*Book, error) {
	if size > MaxBytes {
		return nil, fault.New(fault.TooLarge, "file_too_large")
	}
	if o.Encoding != "" && !slices.Contains(Encodings(), o.Encoding) {
		return nil, fault.Bad("encoding", "not_in_list")
	}
	src := &source{r: r, size: size}
	head := make([]byte, min(size, sniffBytes))
	if err := src.readFull(head, 0); err != nil {
		return nil, src.fault(err)
	}
	kind, err := sniff(head, src)
	if err != nil {
		return nil, src.fault(err)
	}
	b := &Book{format: kind}
	if kind == XLSX {
		b.zip, err = openWorkbook(src)
		if err != nil {
			return nil, src.fault(err)
		}
		for _, s := range b.zip.sheets {
			b.sheets = append(b.sheets, s.Sheet)
		}
		b.first = max(0, slices.IndexFunc(b.sheets, func(s Sheet) bool { return !s.Hidden }))
	} else {
		b.text, err = openText(src, o)
		if err != nil {
			return nil, src.fault(err)
		}
		b.sheets = []Sheet{{}}
	}
	if o.Sheet != "" {
		if b.first = b.index(o.Sheet); b.first < 0 {
			return nil, fault.New(fault.Invalid, "file_no_sheet")
		}
	}
	return b, nil
}

// Format says what the file is.
func (b *Book) Format() Format { return b.format }

// Sheets lists the tables in the order of the file, hidden ones too.
func (b *Book) Sheets() []Sheet { return slices.Clone(b.sheets) }

// Default is the sheet that Rows("") reads.
func (b *Book) Default() Sheet { return b.sheets[b.first] }

// Encoding is the character encoding of a text file, "" for .xlsx.
func (b *Book) Encoding() string {
	if b.text == nil {
		return ""
	}
	return b.text.encoding
}

// Comma is the delimiter of a text file; 0 for .xlsx and for text of a single column.
func (b *Book) Comma() rune {
	if b.text == nil {
		return 0
	}
	return b.text.comma
}

// Rows starts reading a sheet by its name; "" is the default one. Several may be read one after the other.
func (b *Book) Rows(sheet string) (*Rows, error) {
	i := b.first
	if sheet != "" {
		if i = b.index(sheet); i < 0 {
			return nil, fault.New(fault.Invalid, "file_no_sheet")
		}
	}
	if b.text != nil {
		next, err := b.text.rows()
		if err != nil {
			return nil, b.text.src.fault(err)
		}
		return &Rows{next: next, src: b.text.src}, nil
	}
	next, err := b.zip.rows(i)
	if err != nil {
		return nil, b.zip.src.fault(err)
	}
	return &Rows{next: next, src: b.zip.src}, nil
}

// Sample gives copies of the first n rows with content of a sheet, fewer when it has fewer. A flaw further down is not
// met. A sheet without any content gives the fault file_empty.
func (b *Book) Sample(sheet string, n int) ([]Row, error) {
	rows, err := b.Rows(sheet)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var sample []Row
	for len(sample) < n && rows.Next() {
		sample = append(sample, rows.Row().Clone())
	}
	return sample, rows.Err()
}

func (b *Book) index(name string) int {
	return slices.IndexFunc(b.sheets, func(s Sheet) bool { return s.Name == name })
}

// Rows walks over the rows of a sheet.
type Rows struct {
	next  rowReader
	src   *source
	row   Row
	count int
	err   error
	done  bool
}

// rowReader fills in the next row; false is the end. The row's cells may be anything up to the limit of columns, with
// empty ones at the end; a row without content is left out by Rows.
type rowReader interface {
	read(*Row) (bool, error)
	close()
}

// Next moves to the next row with content. It is false at the end and at an error.
func (r *Rows) Next() bool {
	for !r.done {
		more, err := r.next.read(&r.row)
		switch {
		case err != nil:
			r.stop(r.src.fault(err))
		case !more && r.count == 0:
			r.stop(fault.New(fault.Invalid, "file_empty"))
		case !more:
			r.stop(nil)
		case trim(&r.row):
			if r.count++; r.count > MaxRows+100 {
				r.stop(fault.New(fault.Invalid, "file_too_many_rows"))
				continue
			}
			return true
		}
	}
	return false
}

// Row is the row Next moved to. Its cells are overwritten by the next call of Next; their texts stay valid.
func (r *Rows) Row() Row { return r.row }

// Err is the fault that ended the rows, nil at a regular end. A file without any content ends with file_empty.
func (r *Rows) Err() error { return r.err }

// Close releases what reading holds. It may be called at any time and more than once.
func (r *Rows) Close() {
	if !r.done {
		r.stop(nil)
	}
}

func (r *Rows) stop(err error) {
	r.done, r.err, r.row = true, err, Row{}
	r.next.close()
}

// trim cuts the empty cells at the end of the row and says whether any are left. White space alone is no content.
func trim(r *Row) bool {
	n := len(r.Cells)
	for n > 0 && blank(r.Cells[n-1].Text) {
		n--
	}
	r.Cells = r.Cells[:n]
	return n > 0
}

func blank(s string) bool {
	for _, c := range s {
		switch c {
		case ' ', '\t', '\r', '\n', '\u00a0', '\u202f', '\ufeff', '\u200b', '\x1a': // the last ends files of DOS
		default:
			return false
		}
	}
	return true
}
