package sheet

import (
	"bytes"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"
	"pgregory.net/rapid"

	"github.com/muster-crm/muster/shared/fault"
)

// anyText generates texts with all that is difficult in a file of either format.
func anyText() *rapid.Generator[string] {
	return rapid.OneOf(
		rapid.String(),
		rapid.StringOf(rapid.SampledFrom([]rune("'=+-@\t\r\n;,|\" _x0D<&>\u00a0é😀\v\ufeff"))),
		rapid.SampledFrom([]string{"00042", "=1+1", "+32 471 56 54 31", "-12,50", "'-x", "''=x", "_x000D_", "_x005F_", "TRUE", "1E5", "#N/A",
			" x ", "a;b", `a"b`, "a,b", "\"", "''", "'", "sep=;", "@x", "\tx", "\rx", "＝x", "2026-01-01"}),
	).Filter(func(s string) bool { return !strings.ContainsAny(s, "\x00\ufffe\uffff") })
}

func anyCell() *rapid.Generator[Cell] {
	return rapid.Custom(func(t *rapid.T) Cell {
		switch rapid.IntRange(0, 6).Draw(t, "kind") {
		case 0:
			return Cell{}
		case 1:
			v := rapid.OneOf(rapid.Float64Range(-1e9, 1e9), rapid.Just(0.0), rapid.Map(rapid.Int64Range(-1e14, 1e14), func(i int64) float64 { return float64(i) })).Draw(t, "number")
			return Cell{Kind: Number, Text: string(appendNumber(nil, strconv.AppendFloat(nil, v, 'f', -1, 64)))}
		case 2:
			return Cell{Kind: Date, Text: anyTime(t).Format("2006-01-02")}
		case 3:
			at := anyTime(t)
			if at.Hour()+at.Minute()+at.Second() == 0 {
				at = at.Add(time.Second)
			}
			return Cell{Kind: Date, Text: at.Format("2006-01-02T15:04:05")}
		case 4:
			return Cell{Kind: Bool, Text: rapid.SampledFrom([]string{"TRUE", "FALSE"}).Draw(t, "bool")}
		case 5:
			return Cell{Kind: Time, Text: anyTime(t).Format("15:04:05")}
		}
		return T(anyText().Draw(t, "text"))
	})
}

func anyTime(t *rapid.T) time.Time {
	first := time.Date(1900, 3, 1, 0, 0, 0, 0, time.UTC).Unix()
	last := time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC).Unix()
	return time.Unix(rapid.Int64Range(first, last).Draw(t, "time"), 0).UTC()
}

// TestRoundTrip writes any rows and reads the same ones back: an export can be imported unchanged. A text file keeps
// the texts, a workbook the kinds too.
func TestRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		format := rapid.SampledFrom([]string{"xlsx", ",", ";", "\t"}).Draw(t, "format")
		table := rapid.SliceOfN(rapid.SliceOfN(anyCell(), 1, 6), 1, 8).Draw(t, "table")
		titles := rapid.SliceOfN(anyText(), 1, 6).Draw(t, "titles")
		titles[0] = "title" + titles[0]
		if format != "xlsx" {
			// a text file full of control characters is taken for no text
			for i := range titles {
				titles[i] = printable(titles[i])
			}
			for _, cells := range table {
				for i := range cells {
					cells[i] = Cell{Kind: cells[i].Kind, Text: printable(cells[i].Text)}
					if cells[i].Text == "" {
						cells[i] = Cell{}
					}
				}
			}
		}
		var expected []Row
		for i, cells := range append([][]Cell{nil}, table...) {
			r := Row{Line: i + 1, Cells: cells}
			if i == 0 {
				for _, title := range titles {
					r.Cells = append(r.Cells, T(title))
				}
			}
			if r = r.Clone(); trim(&r) {
				expected = append(expected, r)
			}
		}
		var b bytes.Buffer
		w := NewXLSXWriter(&b, "Leden")
		var o Options
		if format != "xlsx" {
			o.Comma = rune(format[0])
			w = NewCSVWriter(&b, o.Comma)
		}
		if err := w.Header(titles); err != nil {
			t.Fatal(err)
		}
		for _, cells := range table {
			if err := w.Row(cells); err != nil {
				t.Fatal(err)
			}
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		book, err := Open(bytes.NewReader(b.Bytes()), int64(b.Len()), o)
		if err != nil {
			t.Fatal(err)
		}
		got, err := readAll(book, "")
		if err != nil {
			t.Fatal(err)
		}
		if len(got) != len(expected) {
			t.Fatalf("%d rows, want %d", len(got), len(expected))
		}
		for i := range got {
			want := expected[i]
			if format != "xlsx" { // lines within cells count there, and all cells are texts
				got[i].Line, got[i].Flaw = want.Line, ""
				for j := range want.Cells {
					if want.Cells[j].Kind != Empty {
						want.Cells[j].Kind = Text
					}
				}
			}
			if diff := cmp.Diff(want, got[i]); diff != "" {
				t.Fatalf("row %d: %s", i, diff)
			}
		}
	})
}

func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' && r != '\t' && r != '\r' && r != '\n' {
			return -1
		}
		return r
	}, s)
}

// TestExportDetected reads exports without being told anything.
func TestExportDetected(t *testing.T) {
	for _, comma := range ",;\t" {
		var b bytes.Buffer
		w := NewCSVWriter(&b, comma)
		if err := w.Header([]string{"Nº", "Naam", "Tags", "Nota", "Lidgeld"}); err != nil {
			t.Fatal(err)
		}
		for i := range 20 {
			if err := w.Row([]Cell{{Kind: Number, Text: strconv.Itoa(i)}, T("Peeters, Piet"), T("bestuur;jeugd"), T("a\nb"), {Kind: Number, Text: "-12.5"}}); err != nil {
				t.Fatal(err)
			}
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		book := openBytes(t, b.Bytes(), Options{})
		rows := all(t, book, "")
		if book.Comma() != comma || book.Encoding() != "utf-8" || len(rows) != 21 {
			t.Errorf("%q: %q %s %d rows", comma, book.Comma(), book.Encoding(), len(rows))
		}
		if diff := cmp.Diff([]string{"19", "Peeters, Piet", "bestuur;jeugd", "a\nb", "-12.5"}, texts(rows[20])); diff != "" {
			t.Error(diff)
		}
	}
}

// TestNeutral shows which texts get an apostrophe, and that it comes off again.
func TestNeutral(t *testing.T) {
	for in, want := range map[string]string{
		"=1+1": "'=1+1", "+1+cmd|' /C calc'!A0": "'+1+cmd|' /C calc'!A0", "-1+1": "'-1+1", "@SUM(A1)": "'@SUM(A1)", "\t=1": "'\t=1",
		"\r=1": "'\r=1", "\n=1": "'\n=1", "＝1": "'＝1", "+A1": "'+A1", "-": "'-", "+": "'+", "=": "'=", "-x": "'-x", "+ 1": "'+ 1",
		`="+"&"cmd"`: `'="+"&"cmd"`, "'=1": "''=1", "''=1": "'''=1", "'+32 471": "''+32 471", "+32-471": "'+32-471", "+32(0)471": "'+32(0)471",
		"+32 471 56 54 31": "+32 471 56 54 31", "+32471565431": "+32471565431", "-12,50": "-12,50", "-5": "-5", "+1.234,5": "+1.234,5",
		"": "", "a=1": "a=1", "'t Hooft": "'t Hooft", "'": "'", "''": "''", "1-1": "1-1", " =1": " =1", "a@b.example": "a@b.example",
	} {
		if got := neutral(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
		if got := restore(want); got != in {
			t.Errorf("%q: back %q, want %q", want, got, in)
		}
	}
}

// TestCSVBytes fixes what an export is made of.
func TestCSVBytes(t *testing.T) {
	var b bytes.Buffer
	w := NewCSVWriter(&b, ';')
	if err := w.Header([]string{"Naam", "Bedrag; in €"}); err != nil {
		t.Fatal(err)
	}
	if err := w.Row([]Cell{T("=cmd"), {Kind: Number, Text: "-5"}, T(`a "b"`), T("x,y"), {}, {Kind: Error, Text: "#N/A"}, {Kind: Number, Text: "=1+1"}, T(" x")}); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	want := "\xef\xbb\xbfNaam;\"Bedrag; in €\"\r\n'=cmd;-5;\"a \"\"b\"\"\";\"x,y\";;#N/A;'=1+1;\" x\"\r\n"
	if diff := cmp.Diff(want, b.String()); diff != "" {
		t.Error(diff)
	}
	b.Reset()
	if err := NewCSVWriter(&b, ';').Close(); err != nil || b.String() != string(bom) {
		t.Errorf("an empty file: %q %v", b.String(), err)
	}
}

// TestXLSXOpens has excelize judge the workbook that is written.
func TestXLSXOpens(t *testing.T) {
	var b bytes.Buffer
	w := NewXLSXWriter(&b, `Leden: "O'Neill" & [co]/2026 en nog veel meer`)
	if err := w.Header([]string{"Nummer", "Naam", "Geboren", "Om", "Lid"}); err != nil {
		t.Fatal(err)
	}
	if err := w.Row([]Cell{T("00042"), T("=1+1"), {Kind: Date, Text: "1975-06-26"}, {Kind: Date, Text: "2026-09-01T13:45:30"}, {Kind: Bool, Text: "TRUE"}}); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	f, err := excelize.OpenReader(bytes.NewReader(b.Bytes()))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	name := f.GetSheetList()[0]
	if name != `Leden  "O'Neill" &  co  2026 en` {
		t.Errorf("sheet %q", name)
	}
	get := func(cell string) string {
		v, err := f.GetCellValue(name, cell)
		if err != nil {
			t.Fatal(err)
		}
		kind, err := f.GetCellType(name, cell)
		if err != nil {
			t.Fatal(err)
		}
		formula, err := f.GetCellFormula(name, cell)
		if err != nil {
			t.Fatal(err)
		}
		return fmt.Sprint(v, " ", kind, " ", formula)
	}
	got := []string{get("A1"), get("A2"), get("B2"), get("C2"), get("D2"), get("E2")}
	want := []string{
		fmt.Sprint("Nummer ", excelize.CellTypeInlineString, " "), fmt.Sprint("00042 ", excelize.CellTypeInlineString, " "),
		fmt.Sprint("=1+1 ", excelize.CellTypeInlineString, " "), fmt.Sprint("06-26-75 ", excelize.CellTypeUnset, " "),
		fmt.Sprint("9/1/26 13:45 ", excelize.CellTypeUnset, " "), fmt.Sprint("TRUE ", excelize.CellTypeBool, " "),
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	panes, err := f.GetPanes(name)
	if err != nil || !panes.Freeze || panes.YSplit != 1 {
		t.Errorf("panes %+v %v", panes, err)
	}
	style, err := f.GetCellStyle(name, "A1")
	if err != nil {
		t.Fatal(err)
	}
	if s, err := f.GetStyle(style); err != nil || s.Font == nil || !s.Font.Bold {
		t.Errorf("title %+v %v", s, err)
	}
	if names := f.GetDefinedName(); len(names) != 1 || !strings.HasSuffix(names[0].RefersTo, "!$A$1:$E$2") {
		t.Errorf("filter %+v", names)
	}
}

// TestXLSXRefused refuses what Excel could not open.
func TestXLSXRefused(t *testing.T) {
	w := NewXLSXWriter(io.Discard, "")
	err := w.Row([]Cell{{}, T(strings.Repeat("x", MaxCell+1))})
	if f := fault.From(err); f == nil || f.Code != "file_cell_too_long" || f.Args["column"] != "B" {
		t.Error(err)
	}
	if w.Row([]Cell{T("x")}) == nil || w.Close() == nil {
		t.Error("a writer goes on after an error")
	}
	if err := NewXLSXWriter(io.Discard, "").Row(make([]Cell, excelColumns+1)); err == nil {
		t.Error("a row too wide was written")
	}
	full := NewXLSXWriter(io.Discard, "").(*xlsxWriter)
	if err := full.Row(nil); err != nil {
		t.Fatal(err)
	}
	full.at.Line = excelRows
	if f := fault.From(full.Row(nil)); f == nil || f.Code != "file_too_many_rows" {
		t.Error(f)
	}
}

// broken fails after some bytes.
type broken struct{ left int }

func (b *broken) Write(p []byte) (int, error) {
	if b.left -= len(p); b.left < 0 {
		return 0, io.ErrClosedPipe
	}
	return len(p), nil
}

// TestWriteErrors passes on the error of what lies below, wherever it fails.
func TestWriteErrors(t *testing.T) {
	for _, open := range []func(io.Writer) Writer{
		func(w io.Writer) Writer { return NewCSVWriter(w, ';') },
		func(w io.Writer) Writer { return NewXLSXWriter(w, "x") },
	} {
		write := func(below io.Writer) error {
			w := open(below)
			var err error
			for i := 0; i < 3000 && err == nil; i++ {
				err = w.Row([]Cell{T(noise(50)), {Kind: Number, Text: strconv.Itoa(i * math.MaxUint16)}})
			}
			if closing := w.Close(); err == nil {
				err = closing
			}
			return err
		}
		size := &broken{left: math.MaxInt}
		if err := write(size); err != nil {
			t.Fatal(err)
		}
		total := math.MaxInt - size.left
		for at := 0; at < total; at += total/20 + 1 {
			if err := write(&broken{left: at}); err == nil {
				t.Errorf("no error though writing failed after %d of %d bytes", at, total)
			}
		}
	}
}

// TestFormats of dates on both sides of what programs agree about.
func TestSerial(t *testing.T) {
	for text, want := range map[string]string{
		"1900-03-01": "61", "1900-02-28": "", "1899-12-31": "", "1904-01-01": "1462", "1969-12-31": "25568", "1969-12-31T12:00:00": "25568.5",
		"9999-12-31": "2958465", "2026-02-30": "", "soon": "", "18:00:00": "0.75", "25:00:00": "",
	} {
		if _, got := serial(Cell{Kind: Date, Text: text}); got != want {
			t.Errorf("%s: %s, want %s", text, got, want)
		}
	}
}
