package sheet

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"runtime"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"github.com/muster-crm/muster/shared/fault"
)

const oneCell = `<row><c><v>1</v></c></row>`

// TestDamaged refuses workbooks that are broken, lie or attack, each with its reason.
func TestDamaged(t *testing.T) {
	good := zipOf(t, workbookOf(oneCell))
	sheet := func(xml string) []byte { return zipOf(t, workbookOf("", part{"xl/worksheets/sheet1.xml", xml})) }
	cell := func(xml string) []byte { return zipOf(t, workbookOf(`<row>`+xml+`</row>`)) }
	nested := strings.Repeat("<a>", 300) + strings.Repeat("</a>", 300)
	laughs := `<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>`
	for _, c := range []struct {
		name string
		data []byte
		code string
	}{
		{"sound", good, ""},
		{"cut in the middle", good[:len(good)/2], "file_damaged"},
		{"cut at the end", good[:len(good)-5], "file_damaged"},
		{"wrong checksum", corrupt(good, "xl/worksheets/sheet1.xml"), "file_damaged"},
		{"entities of a bomb", sheet(laughs + `<worksheet><sheetData><row><c t="inlineStr"><is><t>&b;</t></is></c></row></sheetData></worksheet>`), "file_damaged"},
		{"document type in the strings", zipOf(t, workbookOf(oneCell, part{"xl/sharedStrings.xml", laughs + "<sst/>"})), "file_damaged"},
		{"document type in the workbook", zipOf(t, workbookOf(oneCell, part{"xl/workbook.xml", `<!DOCTYPE x SYSTEM "file:///etc/passwd"><workbook/>`})), "file_damaged"},
		{"entity of no document type", cell(`<c t="inlineStr"><is><t>&b;</t></is></c>`), "file_damaged"},
		{"entity without end", cell(`<c t="inlineStr"><is><t>a & b</t></is></c>`), "file_damaged"},
		{"character beyond Unicode", cell(`<c t="inlineStr"><is><t>&#x110000;</t></is></c>`), "file_damaged"},
		{"bytes that are no UTF-8", cell(`<c t="inlineStr"><is><t>a` + "\xff" + `</t></is></c>`), "file_damaged"},
		{"NUL", cell(`<c t="inlineStr"><is><t>a` + "\x00" + `</t></is></c>`), "file_damaged"},
		{"NUL by number", cell(`<c t="str"><v>a&#0;</v></c>`), "file_damaged"},
		{"a sheet's name of no UTF-8", zipOf(t, workbookOf(oneCell, part{"xl/workbook.xml", "<workbook><sheets><sheet name='\xff'/></sheets></workbook>"})), "file_damaged"},
		{"deep nesting", cell(nested), "file_damaged"},
		{"deep nesting before the rows", sheet(`<worksheet>` + nested + `</worksheet>`), "file_damaged"},
		{"crossed elements", cell(`<c><v>1</c></v>`), "file_damaged"},
		{"unclosed elements", sheet(`<worksheet><sheetData><row><c><v>1</v></c></row>`), "file_damaged"},
		{"two roots", sheet(`<worksheet/><worksheet/>`), "file_damaged"},
		{"no root", sheet(`  `), "file_damaged"},
		{"nothing in the sheet", sheet(``), "file_damaged"},
		{"a torn tag", sheet(`<worksheet><sheetData`), "file_damaged"},
		{"a torn comment", sheet(`<worksheet><!-- `), "file_damaged"},
		{"a torn section", sheet(`<worksheet><![CDATA[ `), "file_damaged"},
		{"a megabyte of a tag", sheet(`<worksheet><sheetData a="` + strings.Repeat("x", 2<<20) + `">`), "file_damaged"},
		{"attribute without quotes", cell(`<c r=A1><v>1</v></c>`), "file_damaged"},
		{"attribute without value", cell(`<c r><v>1</v></c>`), "file_damaged"},
		{"a sheet of another encoding", sheet(`<?xml version="1.0" encoding="EBCDIC"?><worksheet/>`), "file_damaged"},
		{"a row that cannot be", zipOf(t, workbookOf(`<row r="0">`+`</row>`)), "file_damaged"},
		{"a row beyond the last", zipOf(t, workbookOf(`<row r="1048577"><c><v>1</v></c></row>`)), "file_damaged"},
		{"a cell that cannot be", cell(`<c r="1A"><v>1</v></c>`), "file_damaged"},
		{"a cell beyond the last", cell(`<c r="XFE1"><v>1</v></c>`), "file_damaged"},
		{"a shared string that is not there", cell(`<c t="s"><v>3</v></c>`), "file_damaged"},
		{"a shared string below the first", cell(`<c t="s"><v>-1</v></c>`), "file_damaged"},
		{"no sheet part", zipOf(t, workbookOf("")[:3]), "file_damaged"},
		{"no sheet", zipOf(t, workbookOf("", part{"xl/workbook.xml", "<workbook><sheets/></workbook>"})), "file_empty"},
		{"empty sheet", zipOf(t, workbookOf("")), "file_empty"},
		{"empty cells", cell(`<c/><c t="s"/><c t="inlineStr"><is><t> </t></is></c>`), "file_empty"},
		{"no rows element", sheet(`<worksheet><cols/></worksheet>`), "file_empty"},
		{"a workbook that is none", zipOf(t, workbookOf("", part{"xl/workbook.xml", "<html/>"})), "file_not_table"},
		{"parts twice", zipOf(t, append(workbookOf(oneCell), part{"xl/worksheets/sheet1.xml", "<worksheet/>"})), "file_damaged"},
		{"parts twice but for case", zipOf(t, append(workbookOf(oneCell), part{"XL/worksheets/Sheet1.xml", "<worksheet/>"})), "file_damaged"},
		{"too many entries", zipOf(t, append(workbookOf(oneCell), make([]part, maxEntries)...)), "file_damaged"},
		{"too many columns", cell(`<c r="GS1"><v>1</v></c>`), "file_too_many_columns"},
		{"too many columns of texts", cell(`<c r="GS1" t="inlineStr"><is><t>x</t></is></c>`), "file_too_many_columns"},
		{"blank cells beyond the columns", cell(`<c r="A1"><v>1</v></c><c r="GS1" t="inlineStr"><is><t> </t></is></c>`), ""},
		{"a long cell", cell(`<c t="inlineStr"><is><t>` + strings.Repeat("x", MaxCell+1) + `</t></is></c>`), "file_cell_too_long"},
		{"a long cell of runs", cell(`<c t="inlineStr"><is>` + strings.Repeat("<r><t>"+strings.Repeat("x", 1000)+"</t></r>", 33) + `</is></c>`), "file_cell_too_long"},
		{"a long value", cell(`<c t="str"><v>` + strings.Repeat("x", MaxCell+1) + `</v></c>`), "file_cell_too_long"},
		{"a cell of 50 MB", cell(`<c t="inlineStr"><is><t>` + strings.Repeat("x", 50<<20) + `</t></is></c>`), "file_cell_too_long"},
		{"a value of 50 MB", cell(`<c><v>` + strings.Repeat("1", 50<<20) + `</v></c>`), "file_cell_too_long"},
		{"a long cell of few characters", cell(`<c t="inlineStr"><is><t>` + strings.Repeat("é", MaxCell) + `</t></is></c>`), ""},
		{"a long cell of escapes", cell(`<c t="inlineStr"><is><t>` + strings.Repeat("_x000D_", 100) + `x</t></is></c>`), ""},
		{"a long shared string", zipOf(t, workbookOf(`<row><c t="s"><v>0</v></c></row>`, sst("<si><t>"+strings.Repeat("x", MaxCell+1)+"</t></si>"))), "file_cell_too_long"},
		{"one cell a thousand times", cell(strings.Repeat(`<c r="A1" t="inlineStr"><is><t>`+noise(30_000)+`</t></is></c>`, 1200)), "file_damaged"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := refusal(c.data, Options{}); got != c.code {
				t.Errorf("%q, want %q", got, c.code)
			}
		})
	}
}

// noise is a text that packs badly.
func noise(n int) string {
	b := make([]byte, n)
	x := uint32(1)
	for i := range b {
		x = x*1664525 + 1013904223
		b[i] = 'a' + byte(x>>24)%26
	}
	return string(b)
}

// corrupt changes the checksum that the archive's directory and the entry's head state for an entry.
func corrupt(data []byte, name string) []byte {
	data = bytes.Clone(data)
	z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		panic(err)
	}
	for _, f := range z.File {
		if f.Name == name {
			sum := binary.LittleEndian.AppendUint32(nil, f.CRC32)
			for i := 0; i+4 <= len(data); i++ {
				if bytes.Equal(data[i:i+4], sum) {
					data[i]++
				}
			}
		}
	}
	return data
}

// TestZipBombs refuses archives that expand without end, whatever sizes they state, without expanding them in memory.
func TestZipBombs(t *testing.T) {
	// raw writes an entry with the sizes it is told
	raw := func(z *zip.Writer, name string, content io.Reader, size, stated int64) {
		var body bytes.Buffer
		w, err := flate.NewWriter(&body, flate.BestSpeed)
		if err != nil {
			t.Fatal(err)
		}
		sum := crc32.NewIEEE()
		if _, err := io.Copy(io.MultiWriter(w, sum), io.LimitReader(content, size)); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		e, err := z.CreateRaw(&zip.FileHeader{Name: name, Method: zip.Deflate, CRC32: sum.Sum32(),
			CompressedSize64: uint64(body.Len()), UncompressedSize64: uint64(stated)})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := e.Write(body.Bytes()); err != nil {
			t.Fatal(err)
		}
	}
	bomb := func(name, head, unit string, size, stated int64) []byte {
		var b bytes.Buffer
		z := zip.NewWriter(&b)
		for _, p := range workbookOf(oneCell) {
			if p.name == name {
				continue
			}
			w, err := z.Create(p.name)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := io.WriteString(w, p.content); err != nil {
				t.Fatal(err)
			}
		}
		raw(z, name, io.MultiReader(strings.NewReader(head), &repeat{text: strings.Repeat(unit, 10_000)}), size, stated)
		if err := z.Close(); err != nil {
			t.Fatal(err)
		}
		return b.Bytes()
	}
	const sheet, size = "xl/worksheets/sheet1.xml", 64 << 20
	for _, c := range []struct {
		name string
		data []byte
		code string
	}{
		{"spaces", bomb(sheet, "<worksheet><sheetData>", " ", size, size), "file_unzips_too_large"},
		{"empty rows", bomb(sheet, "<worksheet><sheetData>", "<row/>", size, size), "file_unzips_too_large"},
		{"a comment", bomb(sheet, "<worksheet><!--", "x", size, size), "file_unzips_too_large"},
		{"behind the rows", bomb(sheet, "<worksheet><sheetData>"+oneCell+"</sheetData>", " ", size, size), "file_unzips_too_large"},
		{"a small size stated", bomb(sheet, "<worksheet><sheetData>", "<row/>", size, 1000), "file_damaged"},
		{"the strings", bomb("xl/sharedStrings.xml", "<sst>", "<si/>", size, size), "file_unzips_too_large"},
		{"the styles", bomb("xl/styles.xml", "<styleSheet><cellXfs>", "<xf/>", size, size), "file_damaged"},
		{"the relations", bomb("_rels/.rels", "<Relationships>", " ", size, size), "file_unzips_too_large"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if len(c.data) > 8<<20 {
				t.Fatal("the bomb is large itself")
			}
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			if got := refusal(c.data, Options{}); got != c.code {
				t.Errorf("%q, want %q", got, c.code)
			}
			runtime.ReadMemStats(&after)
			if grown := after.TotalAlloc - before.TotalAlloc; grown > maxStrings+32<<20 {
				t.Errorf("%d MB were used", grown>>20)
			}
		})
	}
}

// repeat reads one text over and over.
type repeat struct {
	text string // many times the text
	at   int
}

func (r *repeat) Read(p []byte) (int, error) {
	n := copy(p, r.text[r.at:])
	r.at = (r.at + n) % len(r.text)
	return n, nil
}

// TestManyStrings refuses a table of strings that does not fit the memory set apart for it.
func TestManyStrings(t *testing.T) {
	var b strings.Builder
	text := strings.Repeat("x", 30_000)
	for i := range maxStrings/len(text) + 2 {
		fmt.Fprintf(&b, "<si><t>%d%s</t></si>", i, text)
	}
	if got := refusal(zipOf(t, workbookOf(oneCell, sst(b.String()))), Options{}); got != "file_unzips_too_large" {
		t.Error(got)
	}
}

// TestDirectoryBomb refuses an archive whose directory alone is a burden, whatever count it states.
func TestDirectoryBomb(t *testing.T) {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for i := range 100_000 {
		if _, err := z.CreateRaw(&zip.FileHeader{Name: fmt.Sprint("xl/", i)}); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	if got := refusal(b.Bytes(), Options{}); got != "file_damaged" {
		t.Error(got)
	}
}

// TestManyEmptyRows reads a sheet of which a million rows are empty.
func TestManyEmptyRows(t *testing.T) {
	var b strings.Builder
	b.WriteString(oneCell)
	for i := 2; i < excelRows; i++ {
		fmt.Fprintf(&b, `<row r="%d" s="1" ht="15"/>`, i)
	}
	b.WriteString(`<row r="1048576"><c><v>2</v></c></row>`)
	rows := all(t, openBytes(t, zipOf(t, workbookOf(b.String())), Options{}), "")
	if len(rows) != 2 || rows[1].Line != excelRows {
		t.Error(rows)
	}
}

// TestTooManyRows refuses the row after the last that is allowed, in either format.
func TestTooManyRows(t *testing.T) {
	if got := refusal([]byte(strings.Repeat("a\n", MaxRows+100)), Options{}); got != "" {
		t.Error(got)
	}
	if got := refusal([]byte(strings.Repeat("a\n", MaxRows+101)), Options{}); got != "file_too_many_rows" {
		t.Error(got)
	}
	if got := refusal(zipOf(t, workbookOf(strings.Repeat(oneCell, MaxRows+101))), Options{}); got != "file_too_many_rows" {
		t.Error(got)
	}
}

// TestOtherZips names what an archive is that is no workbook.
func TestOtherZips(t *testing.T) {
	for _, c := range []struct{ entries, code, format string }{
		{"word/document.xml [Content_Types].xml", "file_not_table", "Word"},
		{"ppt/presentation.xml", "file_not_table", "PowerPoint"},
		{"mimetype content.xml META-INF/manifest.xml", "file_not_table", "ODS"},
		{"Index/Document.iwa Metadata/Properties.plist", "file_not_table", "Numbers"},
		{"readme.txt photo.jpg", "file_not_table", "ZIP"},
		{"xl/workbook.bin xl/worksheets/sheet1.bin", "file_old_excel", ""},
		{"xl/worksheets/sheet1.xml", "file_damaged", ""},
	} {
		var parts []part
		for name := range strings.FieldsSeq(c.entries) {
			parts = append(parts, part{name, "<x/>"})
		}
		data := zipOf(t, parts)
		_, err := Open(bytes.NewReader(data), int64(len(data)), Options{})
		if f := fault.From(err); f == nil || f.Code != c.code || f.Args["format"] != c.format {
			t.Errorf("%s: %v %v", c.entries, err, f.Args)
		}
	}
	// a document whose package names its main part
	docx := zipOf(t, []part{{"_rels/.rels", strings.ReplaceAll(packageRels, "xl/workbook.xml", "word/document.xml")}, {"word/document.xml", "<x/>"}})
	if got := refusal(docx, Options{}); got != "file_not_table" {
		t.Error(got)
	}
}

// TestEncrypted refuses protected files: those of Excel, and archives with a password.
func TestEncrypted(t *testing.T) {
	f := excelize.NewFile()
	if err := f.SetCellValue("Sheet1", "A1", "secret"); err != nil {
		t.Fatal(err)
	}
	path := t.TempDir() + "/x.xlsx"
	if err := f.SaveAs(path, excelize.Options{Password: "pass"}); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got := refusal(data, Options{}); got != "file_encrypted" {
		t.Error(got)
	}
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, p := range workbookOf(oneCell) {
		w, err := z.CreateRaw(&zip.FileHeader{Name: p.name, Flags: 1, UncompressedSize64: uint64(len(p.content)), CompressedSize64: uint64(len(p.content))})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(w, p.content); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	if got := refusal(b.Bytes(), Options{}); got != "file_encrypted" {
		t.Error(got)
	}
}

// TestOldExcel tells the files of old Excel from other documents of the same container.
func TestOldExcel(t *testing.T) {
	container := func(stream string) []byte {
		data := append([]byte("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"), make([]byte, 504)...)
		for _, r := range stream {
			data = append(data, byte(r), 0)
		}
		return append(data, make([]byte, 512)...)
	}
	for stream, code := range map[string]string{"Workbook": "file_old_excel", "Book": "file_old_excel", "WordDocument": "file_not_table",
		"EncryptedPackage": "file_encrypted"} {
		if got := refusal(container(stream), Options{}); got != code {
			t.Errorf("%s: %s", stream, got)
		}
	}
	// the name lies across two of the pieces that are read
	far := append([]byte("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"), make([]byte, 256<<10-14)...)
	if got := refusal(append(far, container("Workbook")[512:]...), Options{}); got != "file_old_excel" {
		t.Error(got)
	}
}

// failing is a file that cannot be read beyond some point.
type failing struct {
	data []byte
	from int64
	err  error
}

var errDisk = errors.New("the disk is gone")

func (f failing) ReadAt(p []byte, off int64) (int, error) {
	if off+int64(len(p)) > f.from {
		return 0, f.err
	}
	return bytes.NewReader(f.data).ReadAt(p, off)
}

// TestUnreadable tells a file that cannot be read from one that is damaged, wherever reading fails.
func TestUnreadable(t *testing.T) {
	csv := []byte(strings.Repeat("a;b\n", 100_000))
	for _, data := range [][]byte{zipOf(t, workbookOf(strings.Repeat(oneCell, 1000))), csv} {
		for from := int64(0); from < int64(len(data)); from += int64(len(data)/50 + 1) {
			for _, why := range []error{errDisk, io.ErrUnexpectedEOF} {
				b, err := Open(failing{data, from, why}, int64(len(data)), Options{})
				if err == nil {
					_, err = readAll(b, "")
				}
				if !errors.Is(err, fault.Unavailable) || !errors.Is(err, why) {
					t.Fatalf("from %d of %d: %v", from, len(data), err)
				}
			}
		}
	}
}

// TestShorter tells a file that ends before its stated size from a whole one.
func TestShorter(t *testing.T) {
	data := strings.Repeat("a;b\n", 100_000)
	b, err := Open(strings.NewReader(data), int64(len(data)+10), Options{Encoding: "utf-8"})
	if err == nil {
		_, err = readAll(b, "")
	}
	if !errors.Is(err, fault.Unavailable) {
		t.Error(err)
	}
}

// TestTooLarge refuses a file by its size alone.
func TestTooLarge(t *testing.T) {
	_, err := Open(failing{}, MaxBytes+1, Options{})
	if !errors.Is(err, fault.TooLarge) || fault.From(err).Code != "file_too_large" {
		t.Error(err)
	}
}

// TestOptionsRefused refuses options that mean nothing.
func TestOptionsRefused(t *testing.T) {
	for _, o := range []Options{{Encoding: "utf-7"}, {Comma: '"'}, {Comma: '\n'}, {Comma: 'é'}} {
		_, err := Open(strings.NewReader("a;b"), 3, o)
		if !errors.Is(err, fault.Invalid) || len(fault.From(err).Fields) != 1 {
			t.Errorf("%+v: %v", o, err)
		}
	}
}

// TestFaultsSayWhere gives the line, and the column, of what is wrong in a file.
func TestFaultsSayWhere(t *testing.T) {
	long := strings.Repeat("x", MaxCell+1)
	for _, c := range []struct {
		data         []byte
		line, column string
	}{
		{zipOf(t, workbookOf(`<row r="7"><c r="C7" t="inlineStr"><is><t>`+long+`</t></is></c></row>`)), "7", "C"},
		{zipOf(t, workbookOf(`<row r="7"><c r="C7" t="str"><v>`+strings.Repeat(long, 8)+`</v></c></row>`)), "7", "C"},
		{zipOf(t, workbookOf(oneCell+`<row r="7"><c r="C7"><v>1</w></c></row>`)), "7", ""},
		{zipOf(t, workbookOf(`<row r="7"><c r="ZZ7"><v>1</v></c></row>`)), "7", ""},
		{[]byte("a;b\nc;" + long + "\n"), "2", "B"},
		{[]byte("a;b\n\n\"c\nd\";e\nc;\"" + long + "\";\n"), "5", "B"},
		{[]byte("a;b\nc" + strings.Repeat(";d", 200) + "\n"), "2", ""},
	} {
		b, err := Open(bytes.NewReader(c.data), int64(len(c.data)), Options{})
		if err == nil {
			_, err = readAll(b, "")
		}
		if f := fault.From(err); f == nil || f.Args["line"] != c.line || f.Args["column"] != c.column {
			t.Errorf("%v: %v, want line %s column %s", err, f.Args, c.line, c.column)
		}
	}
}

// TestPatterns reads megabytes of whatever makes a reader look ahead or start over. Each is done in an instant when
// time grows with the length of a file, and not before the test's time is up when it grows with its square.
func TestPatterns(t *testing.T) {
	const size = 1 << 20
	long := strings.Repeat("x\"\"\n", 8000)
	for _, p := range []string{`"`, `"a`, "\"a\n", `""`, `"""`, `""a`, ` "`, `,"`, `a"b`, `"a"b`, "\"\n", `"x""`, `x,"y`, "x,\"y\n", " \"x,\n", "\"x\"\"\n",
		`"" "`, "\r", "a,\"\"\"b\n", "\"a,\"b\n", "\"a\nb\"c", `",`, `" ,`, "\x00", "\xff", ",", "a;b,c\td|e\n", "\"" + strings.Repeat("a\n", 16000), `"` + long + "y\n",
		"\"\n" + strings.Repeat("é", 16_000) + strings.Repeat(`""`, 16_000) + "\";\n"} {
		for _, head := range []string{"", "h1;h2;h3\n1;2;3\n", `"`, "h1,h2\n1,\" 2\n"} {
			refusal([]byte(head+strings.Repeat(p, size/len(p))), Options{})
		}
	}
	for _, p := range []string{"&amp;", "&#13;", "\r", "<!-- -->", "<![CDATA[x]]>", "<a/>", "_x000D_", "<r><t>x</t></r>", "<rPh><t>x</t></rPh>"} {
		for _, around := range []string{"<t>%s</t>", "<r>%s</r>"} {
			cell := fmt.Sprintf(around, strings.Repeat(p, size/len(p)))
			refusal(archiveOf(t, zip.Store, workbookOf(`<row><c t="inlineStr"><is>`+cell+`</is></c></row>`)), Options{})
			refusal(archiveOf(t, zip.Store, workbookOf(oneCell, sst("<si>"+cell+"</si>"))), Options{})
		}
	}
}
