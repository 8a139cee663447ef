package sheet

import (
	"maps"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Layout says where the parts of a table are: titles above, the header, the data.
type Layout struct {
	HeaderRow  int      // index of the header in the sample, -1: the table has none
	HeaderLine int      // its line in the file, 0: none
	FirstLine  int      // line of the header, or of the first data: what stands above are titles, dates, notes
	Headers    []string // texts of the header, trimmed; without one the names of the columns: A, B, C
	Columns    int      // width of the table
}

// Reasons why a row is no data, from Layout.Skip.
const (
	TitleLine     = "title_line"     // above the header
	HeaderLine    = "header_line"    // the header, or a copy of it further down, as printed lists have on each page
	TotalLine     = "total_line"     // sums
	SeparatorLine = "separator_line" // dashes and the like
)

const (
	headerDepth = 25 // rows in which a header is looked for
	headerText  = 80 // characters of a title at most
)

// FindLayout judges the beginning of a table, some 100 rows with content (Book.Sample). Rows that fill less than half of
// the table's width are titles. The header is the next row, if it names columns: it repeats no text, and holds next to
// nothing that is plainly a value (a number, a date, an e-mail address, a phone number, a long text) or that comes back
// in the column below. Otherwise the table has no header.
func FindLayout(sample []Row) Layout {
	width := usualWidth(sample)
	for i, row := range sample[:min(len(sample), headerDepth)] {
		switch n := filled(row); {
		case n*2 < width || IsTotal(row, width):
		case isHeader(sample, i, width):
			return headed(sample, i, width)
		case n*3 >= width*2: // a row of data
			return headless(row.Line, width)
		}
	}
	return headless(0, width)
}

// LayoutAt is the layout with the header in a given line of the file, 0 for none: what a person chose. ok is false
// when the sample has no such line.
func LayoutAt(sample []Row, line int) (l Layout, ok bool) {
	width := usualWidth(sample)
	if line == 0 {
		return headless(0, width), true
	}
	i := slices.IndexFunc(sample, func(r Row) bool { return r.Line == line })
	if i < 0 {
		return headless(0, width), false
	}
	return headed(sample, i, width), true
}

func headed(sample []Row, i, width int) Layout {
	row := sample[i]
	l := Layout{HeaderRow: i, HeaderLine: row.Line, FirstLine: row.Line, Columns: max(width, len(row.Cells))}
	for column := range l.Columns {
		l.Headers = append(l.Headers, squeeze(row.Text(column)))
	}
	return l
}

func headless(first, width int) Layout {
	l := Layout{HeaderRow: -1, FirstLine: first, Columns: width}
	for column := range width {
		l.Headers = append(l.Headers, ColumnName(column))
	}
	return l
}

func squeeze(s string) string { return strings.Join(strings.Fields(s), " ") }

// Skip says why a row of the table is no data: one of the reasons above, "" when it is data.
func (l Layout) Skip(row Row) string {
	switch {
	case row.Line < l.FirstLine:
		return TitleLine
	case row.Line == l.HeaderLine && l.HeaderLine > 0, l.repeats(row):
		return HeaderLine
	case IsTotal(row, l.Columns):
		return TotalLine
	case isSeparator(row):
		return SeparatorLine
	}
	return ""
}

// repeats says whether a row is a copy of the header.
func (l Layout) repeats(row Row) bool {
	if l.HeaderRow < 0 || len(row.Cells) < 2 {
		return false
	}
	for i, h := range l.Headers {
		if h != squeeze(row.Text(i)) {
			return false
		}
	}
	return true
}

// usualWidth is the number of columns of most rows.
func usualWidth(sample []Row) int {
	counts := map[int]int{}
	for _, row := range sample {
		counts[len(row.Cells)]++
	}
	// rows with empty cells at their end are narrower than the table: the widest width that is not rare
	width, seen := 0, 0
	for _, w := range slices.Backward(slices.Sorted(maps.Keys(counts))) {
		seen += counts[w]
		if width = w; seen*10 >= len(sample) {
			break
		}
	}
	return width
}

func filled(row Row) int {
	n := 0
	for _, c := range row.Cells {
		if !blank(c.Text) {
			n++
		}
	}
	return n
}

// isHeader says whether row i of the sample names the columns of the rows below it.
func isHeader(sample []Row, i, width int) bool {
	row := sample[i]
	var below []Row
	for _, r := range sample[i+1 : min(len(sample), i+60)] {
		if !slices.Equal(r.Cells, row.Cells) { // lists for printing have the header on each page
			below = append(below, r)
		}
	}
	seen := map[string]bool{}
	names, values := 0, 0
	for column := range row.Cells {
		text := strings.TrimSpace(row.Text(column))
		if text == "" {
			continue
		}
		folded := strings.ToLower(text)
		switch {
		case row.Cells[column].Kind != Text && !isYear(text), looksValue(text), utf8.RuneCountInString(text) > headerText,
			recurs(below, column, folded):
			values++
		case !seen[folded]:
			names++
		}
		seen[folded] = true
	}
	if names == 0 || values*4 > names {
		return false
	}
	return width < 2 || names >= (width+1)/2
}

// recurs says whether a text comes back in a column.
func recurs(rows []Row, column int, folded string) bool {
	for _, r := range rows {
		if column < len(r.Cells) && strings.EqualFold(strings.TrimSpace(r.Cells[column].Text), folded) && len(r.Cells) > 1 {
			return true
		}
	}
	return false
}

// looksValue says whether a text is plainly a value and no name of a column: an e-mail or web address, or digits for
// more than half of it, as numbers, dates, phone numbers, postcodes and IBANs are. A year may name a column.
func looksValue(s string) bool {
	if strings.Contains(s, "@") && strings.Contains(s, ".") && !strings.Contains(s, " ") || strings.Contains(s, "://") {
		return true
	}
	if isYear(s) {
		return false
	}
	digits, letters := 0, 0
	for _, r := range s {
		switch {
		case unicode.IsDigit(r):
			digits++
		case unicode.IsLetter(r):
			letters++
		}
	}
	return digits > letters
}

func isYear(s string) bool {
	return len(s) == 4 && (s[:2] == "19" || s[:2] == "20") && isDigit(s[2]) && isDigit(s[3])
}

// totals are the words a line of sums starts with, in lower case: Dutch, French, Spanish, German, English.
var totals = []string{
	"total", "totals", "subtotal", "sub-total", "sub total", "grand total", "sum", "count", "number of", "balance",
	"totaal", "totalen", "subtotaal", "eindtotaal", "algemeen totaal", "aantal", "som", "saldo",
	"totaux", "sous-total", "sous total", "total général", "somme", "nombre", "nombre total", "solde",
	"totales", "total general", "suma", "sumas", "número de", "número total", "recuento", "cantidad",
	"gesamt", "gesamtsumme", "summe", "zwischensumme", "insgesamt", "anzahl",
}

// IsTotal says whether a row of a table of so many columns is a line of sums: one cell that starts with a word for it,
// perhaps a second text that goes on, and otherwise nothing but numbers. In a table of more than four columns most
// cells are empty or numbers.
func IsTotal(row Row, columns int) bool {
	label, texts, numbers := false, 0, 0
	for _, c := range row.Cells {
		text := strings.TrimSpace(c.Text)
		switch {
		case text == "":
		case c.Kind == Number || isNumber(text):
			numbers++
		case !label && texts == 0 && totalWord(text):
			label = true
		case c.Kind == Date:
			return false
		default:
			texts++
		}
	}
	if !label {
		return false
	}
	if texts > 0 {
		return texts == 1 && numbers > 0 && columns > 4 && (texts+numbers+1)*2 <= columns
	}
	return numbers > 0 || columns > 2
}

// totalWord says whether a text starts with a word for a total and has little more to it.
func totalWord(s string) bool {
	s = strings.ToLower(s)
	for _, w := range totals {
		rest, ok := strings.CutPrefix(s, w)
		if !ok {
			continue
		}
		r, _ := utf8.DecodeRuneInString(rest)
		if rest == "" || !unicode.IsLetter(r) && r != '-' && !strings.Contains(rest, "@") && len(strings.Fields(rest)) <= 3 {
			return true
		}
	}
	return false
}

// isNumber says whether a text is a number or an amount, in any of the usual notations.
func isNumber(s string) bool {
	digits := 0
	for _, r := range strings.TrimSuffix(strings.TrimPrefix(s, "EUR"), "EUR") {
		switch {
		case '0' <= r && r <= '9':
			digits++
		case strings.ContainsRune(" .,-+'’%()/\u00a0\u202f€$£", r):
		default:
			return false
		}
	}
	return digits > 0
}

// isSeparator says whether a row is a line drawn with characters.
func isSeparator(row Row) bool {
	for _, c := range row.Cells {
		if strings.Trim(c.Text, "-=_*.~#+| \t—–") != "" {
			return false
		}
	}
	// a single mark may be a value: "-" for nothing
	for _, c := range row.Cells {
		if len(strings.TrimSpace(c.Text)) > 1 {
			return true
		}
	}
	return filled(row) == len(row.Cells) && len(row.Cells) > 1
}
