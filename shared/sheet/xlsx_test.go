package sheet

import (
	"archive/zip"
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// part is one entry of a workbook made for a test.
type part struct{ name, content string }

// workbookOf makes the parts of a workbook of one sheet; sheet is the content of its sheetData.
func workbookOf(sheet string, more ...part) []part {
	parts := []part{
		{"_rels/.rels", packageRels},
		{"xl/workbook.xml", xmlHead + `<workbook xmlns="` + nsMain + `" xmlns:r="` + nsRel + `"><sheets><sheet name="S" sheetId="1" r:id="rId1"/></sheets></workbook>`},
		{"xl/_rels/workbook.xml.rels", xmlHead + `<Relationships xmlns="` + nsPack + `">` +
			`<Relationship Id="rId1" Type="` + nsRel + `/worksheet" Target="worksheets/sheet1.xml"/>` +
			`<Relationship Id="rId2" Type="` + nsRel + `/styles" Target="styles.xml"/>` +
			`<Relationship Id="rId3" Type="` + nsRel + `/sharedStrings" Target="sharedStrings.xml"/></Relationships>`},
		{"xl/worksheets/sheet1.xml", xmlHead + `<worksheet xmlns="` + nsMain + `"><sheetData>` + sheet + `</sheetData></worksheet>`},
	}
	for _, m := range more {
		replaced := false
		for i := range parts {
			if parts[i].name == m.name {
				parts[i], replaced = m, true
			}
		}
		if !replaced {
			parts = append(parts, m)
		}
	}
	return parts
}

func zipOf(t testing.TB, parts []part) []byte { return archiveOf(t, zip.Deflate, parts) }

func archiveOf(t testing.TB, method uint16, parts []part) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, p := range parts {
		w, err := z.CreateHeader(&zip.FileHeader{Name: p.name, Method: method})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(p.content)); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// sst makes a table of shared strings of its items.
func sst(items string) part {
	return part{"xl/sharedStrings.xml", xmlHead + `<sst xmlns="` + nsMain + `">` + items + `</sst>`}
}

// styles makes a style sheet with one cell style for each format: a number or a code.
func styles(formats ...string) part {
	var custom, cells strings.Builder
	for i, f := range formats {
		id := f
		if strings.Trim(f, "0123456789") != "" || f == "00" || f == "00000" || f == "0" {
			id = fmt.Sprint(200 + i)
			fmt.Fprintf(&custom, `<numFmt numFmtId="%s" formatCode="%s"/>`, id, strings.NewReplacer("&", "&amp;", `"`, "&quot;", "<", "&lt;", ">", "&gt;").Replace(f))
		}
		fmt.Fprintf(&cells, `<xf numFmtId="%s" applyNumberFormat="1"/>`, id)
	}
	return part{"xl/styles.xml", xmlHead + `<styleSheet xmlns="` + nsMain + `"><numFmts>` + custom.String() +
		`</numFmts><cellStyleXfs><xf numFmtId="14"/></cellStyleXfs><cellXfs>` + cells.String() + `</cellXfs><dxfs><dxf><numFmt numFmtId="14" formatCode="x"/></dxf></dxfs></styleSheet>`}
}

// TestCells reads one cell of each shape a file can hold.
func TestCells(t *testing.T) {
	strs := sst(`<si><t>plain</t></si><si><r><rPr><b/></rPr><t>Ri</t></r><r><t xml:space="preserve">ch </t></r><r><t>text</t></r></si>` +
		`<si><t>課</t><rPh sb="0" eb="1"><t>カ</t></rPh><phoneticPr fontId="1"/></si><si><t xml:space="preserve">  two  </t></si><si><t>  two  </t></si>` +
		`<si><t>a_x000D_b</t></si><si><t>a_x005F_x000D_b</t></si><si/><si><t/></si><si><t>&amp;&lt;&gt;&quot;&apos;&#233;&#xE9;</t></si>` +
		`<si><t><![CDATA[<a> & </a>]]></t></si><si><t>x<!-- no -->y<?no ?>z</t></si><si><t>_xD83D__xDE00_ _xD83D_</t></si><si><t>_x00e9__xZZZZ__x00</t></si>` +
		"<si><t>a\r\nb\rc</t></si><si><t>a_x0000_b</t></si>")
	for _, c := range []struct{ name, cell, want string }{
		{"shared", `<c t="s"><v>0</v></c>`, "text plain"},
		{"rich", `<c t="s"><v>1</v></c>`, "text Rich text"},
		{"phonetic", `<c t="s"><v>2</v></c>`, "text 課"},
		{"space kept", `<c t="s"><v>3</v></c>`, "text   two  "},
		{"space not kept", `<c t="s"><v>4</v></c>`, "text two"},
		{"escape", `<c t="s"><v>5</v></c>`, "text a\rb"},
		{"escaped escape", `<c t="s"><v>6</v></c>`, "text a_x000D_b"},
		{"empty shared", `<c t="s"><v>7</v></c>`, ""},
		{"empty shared text", `<c t="s"><v>8</v></c>`, ""},
		{"entities", `<c t="s"><v>9</v></c>`, `text &<>"'éé`},
		{"cdata", `<c t="s"><v>10</v></c>`, "text <a> & </a>"},
		{"comment within", `<c t="s"><v>11</v></c>`, "text xyz"},
		{"surrogates", `<c t="s"><v>12</v></c>`, "text 😀 \uFFFD"},
		{"escape in small letters", `<c t="s"><v>13</v></c>`, "text é_xZZZZ__x00"},
		{"line ends", `<c t="s"><v>14</v></c>`, "text a\nb\nc"},
		{"NUL", `<c t="s"><v>15</v></c>`, "text ab"},
		{"inline", `<c t="inlineStr"><is><t>in</t></is></c>`, "text in"},
		{"inline rich", `<c t="inlineStr"><is><r><t>i</t></r><r><rPr><sz val="9"/></rPr><t>n</t></r></is></c>`, "text in"},
		{"no type", `<c><v>12</v></c>`, "number 12"},
		{"number", `<c t="n"><v>12.50</v></c>`, "number 12.5"},
		{"negative", `<c><v>-0.5</v></c>`, "number -0.5"},
		{"exponent", `<c><v>4.7165431E+8</v></c>`, "number 471654310"},
		{"phone as number", `<c><v>32471565431</v></c>`, "number 32471565431"},
		{"15 digits", `<c><v>0.30000000000000004</v></c>`, "number 0.3"},
		{"16 digits", `<c><v>1234567890123456</v></c>`, "number 1234567890123460"},
		{"small", `<c><v>1E-5</v></c>`, "number 0.00001"},
		{"tiny", `<c><v>1E-12</v></c>`, "number 1E-12"},
		{"huge", `<c><v>1E+22</v></c>`, "number 1E+22"},
		{"beyond", `<c><v>1E+999</v></c>`, "number 1E+999"},
		{"leading zeros", `<c><v>007</v></c>`, "number 7"},
		{"minus zero", `<c><v>-0</v></c>`, "number 0"},
		{"spaces", `<c><v> 7 </v></c>`, "number 7"},
		{"not a number", `<c><v>NaN</v></c>`, "text NaN"},
		{"true", `<c t="b"><v>1</v></c>`, "bool TRUE"},
		{"false", `<c t="b"><v>0</v></c>`, "bool FALSE"},
		{"error", `<c t="e"><v>#N/A</v></c>`, "error #N/A"},
		{"formula", `<c><f>1+1</f><v>2</v></c>`, "number 2 formula"},
		{"formula of text", `<c t="str"><f>A1&amp;"x"</f><v>ax </v></c>`, "text ax  formula"},
		{"formula never calculated", `<c><f>1+1</f></c>`, ""},
		{"shared formula", `<c><f t="shared" si="0"/><v>3</v></c>`, "number 3 formula"},
		{"iso date", `<c t="d"><v>2021-01-01</v></c>`, "date 2021-01-01"},
		{"iso stamp", `<c t="d"><v>2021-01-01T10:10:10.4</v></c>`, "date 2021-01-01T10:10:10"},
		{"iso midnight", `<c t="d"><v>2021-01-01T00:00:00Z</v></c>`, "date 2021-01-01"},
		{"iso time", `<c t="d"><v>10:10:10</v></c>`, "time 10:10:10"},
		{"iso nonsense", `<c t="d"><v>soon</v></c>`, "text soon"},
		{"unknown type", `<c t="zz"><v>1</v></c>`, "text 1"},
		{"empty", `<c/>`, ""},
		{"empty value", `<c><v></v></c>`, ""},
		{"style beyond the table", `<c s="99"><v>5</v></c>`, "number 5"},
		{"extension", `<c><v>5</v><extLst><ext uri="x"><v>9</v></ext></extLst></c>`, "number 5"},
		{"attributes with spaces", "<c  t = 'b'\n s=\"0\" ><v>1</v></c >", "bool TRUE"},
		{"angle in attribute", `<c t="n" x=">"><v>1</v></c>`, "number 1"},
	} {
		t.Run(c.name, func(t *testing.T) {
			// a second cell, so that the row has content whatever the first is
			rows := all(t, openBytes(t, zipOf(t, workbookOf(`<row>`+c.cell+`<c r="C1"><v>1</v></c></row>`, strs, styles("0"))), Options{}), "")
			got := rows[0].Cells[0]
			text := ""
			if got.Kind != Empty {
				text = got.Kind.String() + " " + got.Text
			}
			if got.Formula && got.Kind != Empty {
				text += " formula"
			}
			if text != c.want {
				t.Errorf("%q, want %q", text, c.want)
			}
		})
	}
}

// TestFormats reads numbers under formats.
func TestFormats(t *testing.T) {
	for _, c := range []struct{ format, value, want string }{
		{"14", "27571", "date 1975-06-26"},
		{"14", "27571.75", "date 1975-06-26"},
		{"15", "27571", "date 1975-06-26"},
		{"17", "27571", "date 1975-06-26"},
		{"22", "27571.75", "date 1975-06-26T18:00:00"},
		{"22", "27571", "date 1975-06-26"},
		{"22", "0.75", "time 18:00:00"},
		{"18", "0.75", "time 18:00:00"},
		{"20", "27571.75", "time 18:00:00"},
		{"21", "0.999999", "time 00:00:00"},
		{"46", "1.5", "time 36:00:00"},
		{"45", "0.5", "time 12:00:00"},
		{"27", "27571", "date 1975-06-26"},
		{"34", "0.5", "time 12:00:00"},
		{"58", "27571", "date 1975-06-26"},
		{"71", "27571", "date 1975-06-26"},
		{"14", "1", "date 1900-01-01"},
		{"14", "59", "date 1900-02-28"},
		{"14", "60", "date 1900-02-29"},
		{"14", "61", "date 1900-03-01"},
		{"14", "0", "number 0"},
		{"14", "-1", "number -1"},
		{"14", "2958465", "date 9999-12-31"},
		{"14", "2958466", "number 2958466"},
		{"22", "36526.9999999", "date 2000-01-02"},
		{"dd/mm/yyyy", "27571", "date 1975-06-26"},
		{"[$-80C]dd/mm/yyyy", "27571", "date 1975-06-26"},
		{"[$-F800]dddd\\,\\ mmmm\\ dd\\,\\ yyyy", "27571", "date 1975-06-26"},
		{"dd/mm/yyyy;@", "27571", "date 1975-06-26"},
		{"d mmmm yyyy", "27571", "date 1975-06-26"},
		{"mmm-yy", "27571", "date 1975-06-26"},
		{"mmmm", "27571", "date 1975-06-26"},
		{"yyyymmdd", "27571", "date 1975-06-26"},
		{`yyyy"年"m"月"d"日"`, "27571", "date 1975-06-26"},
		{"dd/mm/yyyy hh:mm:ss", "27571.5", "date 1975-06-26T12:00:00"},
		{"dd/mm/yyyy h:mm AM/PM", "27571.75", "date 1975-06-26T18:00:00"},
		{"yyyy-mm-dd hh:mm:ss.000", "27571.5", "date 1975-06-26T12:00:00"},
		{"jj/mm/aaaa", "27571", "date 1975-06-26"},
		{"TT.MM.JJJJ", "27571", "date 1975-06-26"},
		{"dd-mm-jjjj", "27571", "date 1975-06-26"},
		{"h:mm", "0.5", "time 12:00:00"},
		{"hh:mm:ss", "0.5", "time 12:00:00"},
		{"mm:ss", "0.5", "time 12:00:00"},
		{"h:mm AM/PM", "0.5", "time 12:00:00"},
		{"[h]:mm", "2.5", "time 60:00:00"},
		{"[hh]:mm:ss", "2.5", "time 60:00:00"},
		{"[mm]:ss", "0.5", "time 12:00:00"},
		{"[hh]:mm:ss.0", "0.5", "time 12:00:00"},
		{"AM/PM h", "0.5", "time 12:00:00"},
		{"h:mm A/P", "0.5", "time 12:00:00"},
		{`yyyy"h"`, "27571", "date 1975-06-26"},
		{"jj/mm/aaaa hh:mm", "27571.5", "date 1975-06-26T12:00:00"},
		{"aaaa", "27571", "number 27571"},
		{"[m]", "0.5", "time 12:00:00"},
		{"0 \"d\"", "12.5", "number 12.5"},
		{"[Red]0.00", "12.5", "number 12.5"},
		{"General;[Red]-General", "12.5", "number 12.5"},
		{"General", "12.5", "number 12.5"},
		{"GENERAL", "12.5", "number 12.5"},
		{"Standard", "12.5", "number 12.5"},
		{"Standaard", "12.5", "number 12.5"},
		{"Estándar", "12.5", "number 12.5"},
		{"@", "12.5", "number 12.5"},
		{"0.00", "12.5", "number 12.5"},
		{"#,##0.00", "1234.5", "number 1234.5"},
		{"# ##0", "1234", "number 1234"},
		{"#\\ ###\\ ##0", "1234567", "number 1234567"},
		{`"€" #,##0.00`, "12.5", "number 12.5"},
		{"[$€-x-euro2] #,##0.00", "12.5", "number 12.5"},
		{`#,##0.00 "dagen"`, "12.5", "number 12.5"},
		{`0 "kg"`, "12", "number 12"},
		{`00 "kg"`, "12", "number 12"},
		{"0%", "0.21", "number 0.21"},
		{"0.00E+00", "1234", "number 1234"},
		{"# ?/?", "0.5", "number 0.5"},
		{`"Sd"0`, "5", "number 5"},
		{"00000", "42", "text 00042"},
		{"00000", "123456", "text 123456"},
		{"00000", "1.5", "number 1.5"},
		{"00000", "-42", "number -42"},
		{`"M"000000`, "42", "text M000042"},
		{`0#" "##" "##" "##" "##`, "612345678", "text 06 12 34 56 78"},
		{`00" "00" "00" "00" "00`, "612345678", "text 06 12 34 56 78"},
		{`0000\ 00\ 00\ 00`, "471565431", "text 0471 56 54 31"},
		{`000\.000\.000\-00`, "75062612345", "text 750.626.123-45"},
		{"(###) ###-####", "8005551234", "text (800) 555-1234"},
		{"###-####", "5551234", "text 555-1234"},
		{"0000-0000", "12345678", "text 1234-5678"},
		{`"TRUE";"TRUE";"FALSE"`, "1", "bool TRUE"},
		{`"TRUE";"TRUE";"FALSE"`, "0", "bool FALSE"},
		{`"ja";"ja";"nee"`, "0", "text nee"},
		{`"yes";"no"`, "-1", "text no"},
		{";;;", "5", "number 5"},
		{"", "5", "number 5"},
		{strings.Repeat("0", 2000), "5", "number 5"},
	} {
		rows := all(t, openBytes(t, zipOf(t, workbookOf(`<row><c s="0"><v>`+c.value+`</v></c></row>`, styles(c.format))), Options{}), "")
		if got := rows[0].Cells[0].Kind.String() + " " + rows[0].Cells[0].Text; got != c.want {
			t.Errorf("%s under %q: %q, want %q", c.value, c.format, got, c.want)
		}
	}
}

// TestFormats1904 reads the same days in the other date system.
func TestFormats1904(t *testing.T) {
	book := part{"xl/workbook.xml", `<workbook xmlns:r="` + nsRel + `"><workbookPr date1904="1"/><sheets><sheet name="S" r:id="rId1"/></sheets></workbook>`}
	for value, want := range map[string]string{"26109": "1975-06-26", "0": "1904-01-01", "59": "1904-02-29", "60": "1904-03-01"} {
		rows := all(t, openBytes(t, zipOf(t, workbookOf(`<row><c s="0"><v>`+value+`</v></c></row>`, styles("14"), book)), Options{}), "")
		if got := rows[0].Cells[0].Text; got != want {
			t.Errorf("%s: %s, want %s", value, got, want)
		}
	}
}

// TestPlaces reads cells from where they stand, and where they do not say, from where they follow.
func TestPlaces(t *testing.T) {
	for _, c := range []struct{ name, sheet, want string }{
		{"no references", `<row><c><v>1</v></c><c><v>2</v></c></row><row><c><v>3</v></c></row>`, "1 1|2\n2 3\n"},
		{"sparse", `<row r="3"><c r="B3"><v>1</v></c><c r="D3"><v>2</v></c></row><row r="10"><c r="A10"><v>3</v></c></row>`, "3 |1||2\n10 3\n"},
		{"some references", `<row r="3"><c r="B3"><v>1</v></c><c><v>2</v></c></row><row><c><v>3</v></c></row>`, "3 |1|2\n4 3\n"},
		{"out of order", `<row r="1"><c r="B1"><v>2</v></c><c r="A1"><v>1</v></c></row>`, "1 1|2\n"},
		{"twice", `<row r="1"><c r="A1" t="inlineStr"><is><t>old</t></is></c><c r="A1"><v>1</v></c></row>`, "1 1\n"},
		{"twice, shared last", `<row r="1"><c r="A1"><v>9</v></c><c r="A1" t="s"><v>0</v></c></row>`, "1 shared\n"},
		{"small letters", `<row r="1"><c r="b1"><v>2</v></c></row>`, "1 |2\n"},
		{"empty rows", `<row r="1"/><row r="2"><c r="A2" s="1"/></row><row r="3"><c><v>1</v></c></row><row r="4"></row>`, "3 1\n"},
		{"blank texts", `<row r="1"><c t="inlineStr"><is><t xml:space="preserve">  </t></is></c></row><row r="2"><c><v>1</v></c></row>`, "2 1\n"},
		{"far empty cells", `<row r="1"><c r="A1"><v>1</v></c><c r="XFD1" s="3"/></row>`, "1 1\n"},
		{"last row", `<row r="1048576"><c><v>1</v></c></row>`, "1048576 1\n"},
		{"foreign elements", `<x><row><c><v>9</v></c></row></x><row><y><c><v>9</v></c></y><c><v>1</v></c></row>`, "1 1\n"},
	} {
		rows := all(t, openBytes(t, zipOf(t, workbookOf(c.sheet, sst("<si><t>shared</t></si>"))), Options{}), "")
		var b strings.Builder
		for _, r := range rows {
			fmt.Fprintf(&b, "%d %s\n", r.Line, strings.Join(texts(r), "|"))
		}
		if diff := cmp.Diff(c.want, b.String()); diff != "" {
			t.Errorf("%s: %s", c.name, diff)
		}
	}
}

// TestDialects reads the same sheet as other writers would write it.
func TestDialects(t *testing.T) {
	sheet := `<row r="1"><c r="A1"><v>1</v></c></row>`
	strict := strings.NewReplacer("http://schemas.openxmlformats.org/spreadsheetml/2006/main", "http://purl.oclc.org/ooxml/spreadsheetml/main",
		"http://schemas.openxmlformats.org/officeDocument/2006/relationships", "http://purl.oclc.org/ooxml/officeDocument/relationships")
	wide := func(s string, big bool) string {
		var b strings.Builder
		for _, r := range s {
			if big {
				b.WriteString(string([]byte{byte(r >> 8), byte(r)}))
			} else {
				b.WriteString(string([]byte{byte(r), byte(r >> 8)}))
			}
		}
		return b.String()
	}
	sheetPart := func(s string) part { return part{"xl/worksheets/sheet1.xml", s} }
	for _, c := range []struct {
		name  string
		parts func([]part) []part
	}{
		{"strict", func(p []part) []part {
			for i := range p {
				p[i].content = strict.Replace(p[i].content)
			}
			return p
		}},
		{"prefixes", func(p []part) []part {
			return append(p[:3], sheetPart(`<x:worksheet xmlns:x="m"><x:sheetData><x:row x:r="1"><x:c r="A1"><x:v>1</x:v></x:c></x:row></x:sheetData></x:worksheet>`))
		}},
		{"UTF-16", func(p []part) []part {
			return append(p[:3], sheetPart("\xff\xfe"+wide(`<?xml version="1.0" encoding="UTF-16"?>`+p[3].content[len(xmlHead):], false)))
		}},
		{"UTF-16 big", func(p []part) []part {
			return append(p[:3], sheetPart("\xfe\xff"+wide(p[3].content[len(xmlHead):], true)))
		}},
		{"mark", func(p []part) []part { p[3].content = "\xef\xbb\xbf" + p[3].content; return p }},
		{"Latin-1", func(p []part) []part {
			p[3].content = `<?xml version='1.0' encoding='ISO-8859-1'?><worksheet><!-- \xe9 --><sheetData>` + sheet + `</sheetData></worksheet>`
			return p
		}},
		{"no declaration", func(p []part) []part { p[3].content = p[3].content[len(xmlHead):]; return p }},
		{"indented", func(p []part) []part {
			p[3].content = strings.ReplaceAll(p[3].content, "><", ">\r\n\t <")
			return p
		}},
		{"backslashes", func(p []part) []part {
			for i := range p {
				p[i].name = strings.ReplaceAll(p[i].name, "/", `\`)
			}
			return p
		}},
		{"capitals", func(p []part) []part { p[3].name = "xl/Worksheets/Sheet1.xml"; return p }},
		{"absolute targets", func(p []part) []part {
			p[2].content = strings.ReplaceAll(p[2].content, `Target="worksheets`, `Target="/xl/worksheets`)
			return p
		}},
		{"no package relations", func(p []part) []part { return p[1:] }},
		{"another main part", func(p []part) []part {
			p[0].content = strings.ReplaceAll(p[0].content, "xl/workbook.xml", "book/main.xml")
			p[1].name, p[2].name, p[3].name = "book/main.xml", "book/_rels/main.xml.rels", "book/worksheets/sheet1.xml"
			return p
		}},
		{"traversal names beside", func(p []part) []part {
			return append(p, part{"../../../etc/passwd", "x"}, part{"/etc/passwd", "x"}, part{`C:\x`, "x"}, part{"", "x"})
		}},
		{"declared dimension", func(p []part) []part {
			p[3].content = strings.Replace(p[3].content, "<sheetData>", `<dimension ref="A1:XFD1048576"/><cols><col min="1" max="16384"/></cols><sheetData>`, 1)
			return p
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := table(all(t, openBytes(t, zipOf(t, c.parts(workbookOf(sheet))), Options{}), "")); got != "1\n" {
				t.Errorf("%q", got)
			}
		})
	}
}

// TestSheets lists the sheets, and reads the first that is not hidden unless told otherwise.
func TestSheets(t *testing.T) {
	parts := workbookOf("",
		part{"xl/workbook.xml", `<workbook xmlns:r="` + nsRel + `"><sheets><sheet name="Hid &amp; den" sheetId="1" state="hidden" r:id="a"/>` +
			`<sheet name="Chart" r:id="c"/><sheet name="Gone" r:id="zz"/><sheet name="Leden" r:id="b"/><sheet name="Very" state="veryHidden" r:id="a"/></sheets></workbook>`},
		part{"xl/_rels/workbook.xml.rels", `<Relationships><Relationship Id="a" Type="x/worksheet" Target="worksheets/sheet1.xml"/>` +
			`<Relationship Id="b" Type="x/worksheet" Target="worksheets/sheet2.xml"/><Relationship Id="c" Type="x/chartsheet" Target="c.xml"/></Relationships>`},
		part{"xl/worksheets/sheet1.xml", `<worksheet><sheetData><row><c><v>1</v></c></row></sheetData></worksheet>`},
		part{"xl/worksheets/sheet2.xml", `<worksheet><sheetData><row><c><v>2</v></c></row></sheetData></worksheet>`})
	data := zipOf(t, parts)
	b := openBytes(t, data, Options{})
	if diff := cmp.Diff([]Sheet{{"Hid & den", true}, {"Leden", false}, {"Very", true}}, b.Sheets()); diff != "" {
		t.Error(diff)
	}
	if b.Default().Name != "Leden" {
		t.Error(b.Default())
	}
	for sheet, want := range map[string]string{"": "2\n", "Leden": "2\n", "Hid & den": "1\n", "Very": "1\n"} {
		if got := table(all(t, b, sheet)); got != want {
			t.Errorf("%q: %q", sheet, got)
		}
	}
	if got := table(all(t, openBytes(t, data, Options{Sheet: "Very"}), "")); got != "1\n" {
		t.Errorf("chosen sheet: %q", got)
	}
	if code := refusal(data, Options{Sheet: "No"}); code != "file_no_sheet" {
		t.Error(code)
	}
	if _, err := b.Rows("No"); err == nil {
		t.Error("a sheet that is not there was opened")
	}
}

// TestKeptTexts shows that texts stay valid when the rows move on, as Row says.
func TestKeptTexts(t *testing.T) {
	var sheet strings.Builder
	for i := range 2000 {
		fmt.Fprintf(&sheet, `<row><c t="inlineStr"><is><t>text %d</t></is></c><c><v>%d</v></c></row>`, i, i)
	}
	b := openBytes(t, zipOf(t, workbookOf(sheet.String())), Options{})
	rows, err := b.Rows("")
	if err != nil {
		t.Fatal(err)
	}
	var kept []string
	for rows.Next() {
		kept = append(kept, rows.Row().Text(0)+rows.Row().Text(1)+rows.Row().Text(2)+rows.Row().Text(-1))
	}
	rows.Close()
	rows.Close()
	if rows.Next() || rows.Err() != nil {
		t.Error("rows go on after their end")
	}
	for i, k := range kept {
		if want := fmt.Sprintf("text %d%d", i, i); k != want {
			t.Fatalf("row %d: %q", i, k)
		}
	}
}

func TestColumnName(t *testing.T) {
	for column, want := range map[int]string{0: "A", 25: "Z", 26: "AA", 701: "ZZ", 702: "AAA", 16383: "XFD", -1: ""} {
		if got := ColumnName(column); got != want {
			t.Errorf("%d: %s, want %s", column, got, want)
		}
		if column < 0 {
			continue
		}
		if got, ok := columnOf([]byte(want + "7")); !ok || got != column {
			t.Errorf("%s: %d %v", want, got, ok)
		}
	}
}
