package sheet

import (
	"archive/zip"
	"bytes"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/muster-crm/muster/shared/fault"
)

// check reads a file to its end and holds what it gives against what the package promises.
func check(t *testing.T, data []byte, o Options) {
	t.Helper()
	b, err := Open(bytes.NewReader(data), int64(len(data)), o)
	if err != nil {
		refused(t, err)
		return
	}
	for _, s := range b.Sheets() {
		rows, err := b.Rows(s.Name)
		if err != nil {
			refused(t, err)
			continue
		}
		line, n := 0, 0
		var sample []Row
		for rows.Next() {
			r := rows.Row()
			if n++; n < 50 {
				sample = append(sample, r.Clone())
			}
			if b.Format() == CSV && r.Line <= line || r.Line < 1 {
				t.Fatalf("line %d after %d", r.Line, line)
			}
			line = r.Line
			if len(r.Cells) == 0 || len(r.Cells) > MaxColumns || blank(r.Cells[len(r.Cells)-1].Text) {
				t.Fatalf("line %d has %d cells", line, len(r.Cells))
			}
			for _, c := range r.Cells {
				switch {
				case !utf8.ValidString(c.Text), strings.Contains(c.Text, "\x00"):
					t.Fatalf("line %d: %q", line, c.Text)
				case (c.Kind == Empty) != (c.Text == ""), units([]byte(c.Text)) > MaxCell:
					t.Fatalf("line %d: %v", line, c)
				case c.Kind == Number && !numeric([]byte(c.Text)):
					t.Fatalf("line %d: %v", line, c)
				}
			}
		}
		if rows.Err() != nil {
			refused(t, rows.Err())
		}
		layout := FindLayout(sample)
		for _, r := range sample {
			layout.Skip(r)
		}
		if again := table(sample); again != "" && b.Format() == CSV { // what was read once is read again
			second, _ := b.Sample(s.Name, len(sample))
			if table(second) != again {
				t.Fatal("another reading gives other rows")
			}
		}
	}
}

func refused(t *testing.T, err error) {
	t.Helper()
	if f := fault.From(err); !strings.HasPrefix(f.Code, "file_") && f.Code != "invalid" || f.Kind == fault.Internal {
		t.Fatal(err)
	}
}

// FuzzCSV reads any bytes as text of any encoding.
func FuzzCSV(f *testing.F) {
	for _, s := range []string{"a;b\n\"c\nd\";e\n", "\"open;x\ny", "\xff\xfea\x00;\x00b\x00", "\xef\xbb\xbfsep=;\r\n1;2", "x\xe9y;\x80 45\r\n", " \"a\"b\",\"c\"\"d\"\n",
		"'=1;''+2\n", "\"\"\"\r\"\r\n\x00\x1a"} {
		f.Add([]byte(s), "", byte(0))
		f.Add([]byte(s), "cp850", byte(';'))
	}
	f.Fuzz(func(t *testing.T, data []byte, encoding string, comma byte) {
		check(t, data, Options{Encoding: encoding, Comma: rune(comma)})
	})
}

// FuzzXLSX reads a workbook whose sheet, strings and styles are any bytes.
func FuzzXLSX(f *testing.F) {
	f.Add([]byte(`<worksheet><sheetData><row r="1"><c r="A1" t="s"><v>0</v></c><c t="inlineStr"><is><t>x</t></is></c></row></sheetData></worksheet>`),
		[]byte(`<sst><si><t>a_x000D_&amp;</t></si></sst>`), []byte(`<styleSheet><cellXfs><xf numFmtId="14"/></cellXfs></styleSheet>`))
	f.Add([]byte(`<a:worksheet><a:sheetData><a:row><a:c s="0"><a:f>1</a:f><a:v>27571.5</a:v></a:c></a:row></a:sheetData></a:worksheet>`),
		[]byte(`<sst><si><r><t xml:space="preserve"> a</t></r><rPh><t>b</t></rPh></si><si/></sst>`),
		[]byte(`<styleSheet><numFmts><numFmt numFmtId="200" formatCode="d/m/yy&quot;x&quot;"/></numFmts><cellXfs><xf numFmtId="200"/></cellXfs></styleSheet>`))
	f.Add([]byte("\xff\xfe<\x00w\x00/\x00>\x00"), []byte("<sst><![CDATA[x]]><!-- --></sst>"), []byte("<?xml version='1.0' encoding='latin1'?><x/>"))
	base := workbookOf("")
	f.Fuzz(func(t *testing.T, sheet, strs, style []byte) {
		parts := append(base[:3:3], part{"xl/worksheets/sheet1.xml", string(sheet)}, part{"xl/sharedStrings.xml", string(strs)}, part{"xl/styles.xml", string(style)})
		check(t, archiveOf(t, zip.Store, parts), Options{})
	})
}

// FuzzOpen reads any bytes at all.
func FuzzOpen(f *testing.F) {
	f.Add(zipOf(f, workbookOf(oneCell)))
	f.Add([]byte("PK\x05\x06" + strings.Repeat("\x00", 18)))
	f.Add([]byte("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"))
	f.Add([]byte("%PDF-"))
	f.Fuzz(func(t *testing.T, data []byte) { check(t, data, Options{}) })
}

// FuzzFormat reads any format code and shows a number under it.
func FuzzFormat(f *testing.F) {
	for _, s := range []string{"dd/mm/yyyy", `0#" "##`, `"TRUE";"TRUE";"FALSE"`, "[$-80C]d mmm", "h:mm AM/PM", "[h]:mm", "_(#,##0_)", "a", "\\", "[", `"`, "*"} {
		f.Add(s, "27571.5")
		f.Add(s, "42")
	}
	f.Fuzz(func(t *testing.T, code, value string) {
		format := parseFormat(code)
		out, kind := appendValue(nil, []byte(value), &format, false)
		if kind == Number && !numeric(out) {
			t.Fatalf("%q under %q: %q", value, code, out)
		}
	})
}
