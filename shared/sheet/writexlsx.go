package sheet

import (
	"bufio"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/muster-crm/muster/shared/fault"
)

// Styles of the cells written, by their place in stylesXML.
const (
	styleNone  = iota
	styleTitle // bold
	styleText  // format @: stays text when edited, so leading zeros stay
	styleDate
	styleStamp
	styleTime
	styleQuote // text that looks like a formula: marked so that editing it does not make it one
	styleMoney // two decimals, also where they are zeros
)

// xlsxWriter writes a workbook of one sheet, or a part of one. The sheet goes out first, row by row; the small parts follow
// at Close.
type xlsxWriter struct {
	zip   *packer
	w     *bufio.Writer // of the sheet
	name  string
	at    Mark
	begun bool // in this part
	err   error
	buf   []byte
}

// NewXLSXWriter writes a workbook with one sheet of the given name (cut to 31 characters, without those Excel
// forbids). Titles are bold, stay in view, and carry a filter; texts stay texts, whatever they look like; dates are
// dates. Memory does not grow with the rows. More rows than Excel has (1,048,576) or a text longer than its cells
// (32,767 characters) are refused with file_too_many_rows and file_cell_too_long.
func NewXLSXWriter(w io.Writer, sheet string) Writer { return NewXLSXPart(w, sheet, Mark{}) }

// NewXLSXPart goes on with a workbook of NewXLSXWriter behind what a Mark stands for.
func NewXLSXPart(w io.Writer, sheet string, at Mark) Part {
	return &xlsxWriter{zip: newPacker(w, at), name: sheetName(sheet), at: at}
}

func sheetName(s string) string {
	s = strings.Map(func(r rune) rune {
		if strings.ContainsRune(`[]:*?/\`, r) || r < ' ' {
			return ' '
		}
		return r
	}, valid(s))
	for n := len([]rune(s)); units([]byte(s)) > 31; n-- {
		s = string([]rune(s)[:n-1])
	}
	if s = strings.Trim(s, "' "); s == "" {
		return "Sheet1"
	}
	return s
}

func (x *xlsxWriter) begin(titled bool) error {
	if x.begun || x.err != nil {
		return x.err
	}
	x.begun = true
	x.w = bufio.NewWriterSize(x.zip, 32<<10)
	if x.at.Begun {
		return nil
	}
	x.at.Begun, x.at.Titled = true, titled
	if x.err = x.zip.begin(); x.err != nil {
		return x.err
	}
	x.w.WriteString(xmlHead + `<worksheet xmlns="` + nsMain + `">`)
	if titled {
		x.w.WriteString(`<sheetViews><sheetView tabSelected="1" workbookViewId="0"><pane ySplit="1" topLeftCell="A2" ` +
			`activePane="bottomLeft" state="frozen"/><selection pane="bottomLeft"/></sheetView></sheetViews>`)
	}
	x.w.WriteString(`<sheetFormatPr defaultColWidth="16" defaultRowHeight="15"/><sheetData>`)
	return nil
}

func (x *xlsxWriter) Header(titles []string) error {
	if err := x.begin(true); err != nil {
		return err
	}
	cells := make([]Cell, len(titles))
	for i, t := range titles {
		cells[i] = T(t)
	}
	return x.row(cells, true)
}

func (x *xlsxWriter) Row(cells []Cell) error {
	if err := x.begin(false); err != nil {
		return err
	}
	return x.row(cells, false)
}

func (x *xlsxWriter) row(cells []Cell, titles bool) error {
	if x.err != nil {
		return x.err
	}
	x.at.Line++
	switch {
	case x.at.Line > excelRows:
		x.err = fault.New(fault.Invalid, "file_too_many_rows")
		return x.err
	case len(cells) > excelColumns:
		x.err = tooWide(x.at.Line)
		return x.err
	}
	x.at.Columns = max(x.at.Columns, len(cells))
	b := append(x.buf[:0], `<row r="`...)
	b = strconv.AppendInt(b, int64(x.at.Line), 10)
	b = append(b, `">`...)
	for i, c := range cells {
		if len(c.Text) > MaxCell && units([]byte(c.Text)) > MaxCell {
			x.err = tooLong(x.at.Line, i)
			return x.err
		}
		b = x.cell(b, i, c, titles)
	}
	b = append(b, "</row>"...)
	x.buf = b
	_, x.err = x.w.Write(b)
	return x.err
}

func (x *xlsxWriter) cell(b []byte, column int, c Cell, title bool) []byte {
	if c.Text == "" {
		return b
	}
	style, kind, value := styleText, "", ""
	switch c.Kind {
	case Number:
		if numeric([]byte(c.Text)) {
			style, value = styleNone, c.Text
			if point := strings.IndexByte(value, '.'); point > 0 && point == len(value)-3 {
				style = styleMoney
			}
		}
	case Bool:
		if c.Text == "TRUE" || c.Text == "FALSE" {
			style, kind, value = styleNone, "b", strconv.Itoa(len("FALSE")-len(c.Text))
		}
	case Error:
		if strings.HasPrefix(c.Text, "#") {
			style, kind, value = styleNone, "e", c.Text
		}
	case Date, Time:
		style, value = serial(c)
	}
	b = append(b, `<c r="`...)
	b = append(b, ColumnName(column)...)
	b = strconv.AppendInt(b, int64(x.at.Line), 10)
	if value == "" && formula(c.Text) {
		style = styleQuote
	}
	if title {
		style = styleTitle
	}
	if style != styleNone {
		b = append(b, `" s="`...)
		b = strconv.AppendInt(b, int64(style), 10)
	}
	if value == "" {
		b = append(b, `" t="inlineStr"><is><t xml:space="preserve">`...)
		b = appendEscaped(b, c.Text)
		return append(b, "</t></is></c>"...)
	}
	if kind != "" {
		b = append(b, `" t="`...)
		b = append(b, kind...)
	}
	b = append(b, `"><v>`...)
	b = appendEscaped(b, value)
	return append(b, "</v></c>"...)
}

// serial gives the style and day number of a date or time, "" for a text that is none or one before 1 March 1900,
// where programs disagree about the day.
func serial(c Cell) (style int, value string) {
	for _, f := range []struct {
		layout string
		style  int
	}{{"2006-01-02", styleDate}, {"2006-01-02T15:04:05", styleStamp}, {"15:04:05", styleTime}} {
		t, err := time.Parse(f.layout, c.Text)
		if err != nil {
			continue
		}
		seconds := int64(t.Hour()*3600 + t.Minute()*60 + t.Second())
		if f.style == styleTime {
			return f.style, fraction(0, seconds)
		}
		if day := t.Unix()/86400 + 25569; t.Year() > 1900 && t.Year() < 10000 || day > 60 && t.Year() == 1900 {
			if t.Unix() < 0 {
				day = (t.Unix()-seconds)/86400 + 25569
			}
			return f.style, fraction(day, seconds)
		}
	}
	return styleText, ""
}

func fraction(day, seconds int64) string {
	if seconds == 0 {
		return strconv.FormatInt(day, 10)
	}
	return strconv.FormatFloat(float64(day)+float64(seconds)/86400, 'f', -1, 64)
}

// appendEscaped adds a text as XML. Characters that XML cannot hold, carriage returns and what looks like an escape
// are written as Excel's _xHHHH_.
func appendEscaped(b []byte, s string) []byte {
	const digits = "0123456789ABCDEF"
	for i := 0; i < len(s); {
		c := s[i]
		if c >= utf8.RuneSelf {
			r, n := utf8.DecodeRuneInString(s[i:])
			if r == utf8.RuneError || r == 0xFFFE || r == 0xFFFF {
				b = append(b, "\uFFFD"...)
			} else {
				b = append(b, s[i:i+n]...)
			}
			i += n
			continue
		}
		i++
		switch {
		case c == '&':
			b = append(b, "&amp;"...)
		case c == '<':
			b = append(b, "&lt;"...)
		case c == '>':
			b = append(b, "&gt;"...)
		case c == 0: // no spreadsheet keeps it
		case c < ' ' && c != '\t' && c != '\n':
			b = append(b, '_', 'x', '0', '0', digits[c>>4], digits[c&15], '_')
		case c == '_':
			if _, is := escaped([]byte(s[i-1 : min(len(s), i+6)])); is {
				b = append(b, "_x005F"...)
			}
			b = append(b, '_')
		default:
			b = append(b, c)
		}
	}
	return b
}

func (x *xlsxWriter) Close() error {
	if err := x.begin(false); err != nil {
		return err
	}
	x.w.WriteString("</sheetData>")
	area := fmt.Sprintf("A1:%s%d", ColumnName(max(x.at.Columns, 1)-1), max(x.at.Line, 1))
	if x.at.Titled {
		x.w.WriteString(`<autoFilter ref="` + area + `"/>`)
	}
	x.w.WriteString("</worksheet>")
	if err := x.w.Flush(); err != nil {
		return err
	}
	names := ""
	if x.at.Titled {
		absolute := fmt.Sprintf("$A$1:$%s$%d", ColumnName(max(x.at.Columns, 1)-1), max(x.at.Line, 1))
		quoted := "'" + strings.ReplaceAll(x.name, "'", "''") + "'!" + absolute
		names = `<definedNames><definedName name="_xlnm._FilterDatabase" localSheetId="0" hidden="1">` +
			string(appendEscaped(nil, quoted)) + `</definedName></definedNames>`
	}
	name := strings.ReplaceAll(string(appendEscaped(nil, x.name)), `"`, "&quot;")
	if err := x.zip.end(); err != nil {
		return err
	}
	for _, part := range []struct{ name, content string }{
		{"xl/styles.xml", stylesXML},
		{"xl/workbook.xml", xmlHead + `<workbook xmlns="` + nsMain + `" xmlns:r="` + nsRel + `"><sheets><sheet name="` + name +
			`" sheetId="1" r:id="rId1"/></sheets>` + names + `</workbook>`},
		{"xl/_rels/workbook.xml.rels", workbookRels},
		{"_rels/.rels", packageRels},
		{"[Content_Types].xml", contentTypes},
	} {
		if err := x.zip.add(part.name, part.content); err != nil {
			return err
		}
	}
	return x.zip.close()
}

// Pause ends the part.
func (x *xlsxWriter) Pause() (Mark, error) {
	if x.err != nil {
		return Mark{}, x.err
	}
	if x.begun {
		if err := x.w.Flush(); err != nil {
			return Mark{}, err
		}
	}
	if err := x.zip.pause(&x.at); err != nil {
		return Mark{}, err
	}
	return x.at, nil
}

func (x *xlsxWriter) Written() int64 { return x.zip.written }

const (
	xmlHead = `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>` + "\n"
	nsMain  = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
	nsRel   = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
	nsPack  = "http://schemas.openxmlformats.org/package/2006/relationships"
	typeXML = "application/vnd.openxmlformats-officedocument.spreadsheetml."

	stylesXML = xmlHead + `<styleSheet xmlns="` + nsMain + `">` +
		`<fonts count="2"><font><sz val="11"/><name val="Calibri"/></font><font><b/><sz val="11"/><name val="Calibri"/></font></fonts>` +
		`<fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill></fills>` +
		`<borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>` +
		`<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>` +
		`<cellXfs count="8"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/>` +
		`<xf numFmtId="0" fontId="1" fillId="0" borderId="0" xfId="0" applyFont="1"/>` +
		`<xf numFmtId="49" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>` +
		`<xf numFmtId="14" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>` +
		`<xf numFmtId="22" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>` +
		`<xf numFmtId="21" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>` +
		`<xf numFmtId="49" fontId="0" fillId="0" borderId="0" xfId="0" quotePrefix="1" applyNumberFormat="1"/>` +
		`<xf numFmtId="4" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/></cellXfs>` +
		`<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>`

	workbookRels = xmlHead + `<Relationships xmlns="` + nsPack + `">` +
		`<Relationship Id="rId1" Type="` + nsRel + `/worksheet" Target="worksheets/sheet1.xml"/>` +
		`<Relationship Id="rId2" Type="` + nsRel + `/styles" Target="styles.xml"/></Relationships>`

	packageRels = xmlHead + `<Relationships xmlns="` + nsPack + `">` +
		`<Relationship Id="rId1" Type="` + nsRel + `/officeDocument" Target="xl/workbook.xml"/></Relationships>`

	contentTypes = xmlHead + `<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">` +
		`<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>` +
		`<Default Extension="xml" ContentType="application/xml"/>` +
		`<Override PartName="/xl/workbook.xml" ContentType="` + typeXML + `sheet.main+xml"/>` +
		`<Override PartName="/xl/worksheets/sheet1.xml" ContentType="` + typeXML + `worksheet+xml"/>` +
		`<Override PartName="/xl/styles.xml" ContentType="` + typeXML + `styles+xml"/></Types>`
)
