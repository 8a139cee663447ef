package sheet

import (
	"bytes"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"

	"github.com/muster-crm/muster/infra/need"
)

// TestLikeExcelize reads whole workbooks with this package and with excelize, and compares every cell. Numbers are
// compared as numbers and dates as days, because excelize gives what is stored or what is shown.
func TestLikeExcelize(t *testing.T) {
	var files []string
	for _, pattern := range []string{"xlsx/*.xlsx", "contacts/*.xlsx"} {
		dir, name := filepath.Split(pattern)
		found, err := filepath.Glob(filepath.Join(need.TestData(t, filepath.Clean(dir)), name))
		if err != nil || len(found) == 0 {
			t.Fatal(pattern, err)
		}
		files = append(files, found...)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			compare(t, data)
		})
	}
	t.Run("made", func(t *testing.T) { compare(t, made(t)) })
}

// made is a workbook of excelize's with one of everything.
func made(t *testing.T) []byte {
	t.Helper()
	f := excelize.NewFile()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	style := func(s *excelize.Style) int {
		t.Helper()
		id, err := f.NewStyle(s)
		must(err)
		return id
	}
	custom := func(code string) int { return style(&excelize.Style{CustomNumFmt: &code}) }
	must(f.SetRowStyle("Sheet1", 50, 60, custom("dd/mm/yyyy")))
	for i, v := range []any{
		"text", "  spaces  ", "line\nbreak", "<&>\"'", "_x000D_", "naïve café 😀", "'quoted", "=1+1", "00042", strings.Repeat("é", 5000),
		0, 1, -1, 42, 1e15, 123456789012345678, 0.1 + 0.2, 1.0 / 3, -12.5, 1e-7, 1e20, 4.7165431e8,
		true, false, time.Date(1975, 6, 26, 0, 0, 0, 0, time.UTC), time.Date(2026, 9, 1, 13, 45, 30, 0, time.UTC), time.Duration(90 * time.Minute),
		nil, "", []byte("bytes"),
	} {
		name, err := excelize.CoordinatesToCellName(i%7*3+1, i/7*2+1)
		must(err)
		must(f.SetCellValue("Sheet1", name, v))
	}
	for i, code := range []string{"dd/mm/yyyy", "d mmmm yyyy", "[$-80C]dd/mm/yyyy", "yyyy-mm-dd hh:mm:ss", "mmm-yy"} {
		name := "A" + strconv.Itoa(20+i)
		must(f.SetCellValue("Sheet1", name, 27571+i))
		must(f.SetCellStyle("Sheet1", name, name, custom(code)))
	}
	must(f.SetCellFormula("Sheet1", "A30", "1+1"))
	must(f.SetCellRichText("Sheet1", "B30", []excelize.RichTextRun{{Text: "rich "}, {Text: "text", Font: &excelize.Font{Bold: true}}}))
	must(f.MergeCell("Sheet1", "C30", "F32"))
	must(f.SetCellValue("Sheet1", "C30", "merged"))
	_, err := f.NewSheet("Tweede & laatste")
	must(err)
	w, err := f.NewStreamWriter("Tweede & laatste")
	must(err)
	for i := 1; i <= 500; i++ {
		must(w.SetRow("B"+strconv.Itoa(i*2), []any{i, "streamed " + strconv.Itoa(i), nil, float64(i) / 7, i%2 == 0}))
	}
	must(w.Flush())
	must(f.SetSheetVisible("Sheet1", true))
	var b bytes.Buffer
	must(f.Write(&b))
	return b.Bytes()
}

func compare(t *testing.T, data []byte) {
	t.Helper()
	ref, err := excelize.OpenReader(bytes.NewReader(data), excelize.Options{RawCellValue: true})
	if err != nil {
		t.Fatal(err)
	}
	defer ref.Close()
	props, err := ref.GetWorkbookProps()
	if err != nil {
		t.Fatal(err)
	}
	from1904 := props.Date1904 != nil && *props.Date1904
	b := openBytes(t, data, Options{})
	names := ref.GetSheetList()
	if len(names) != len(b.Sheets()) {
		t.Fatalf("%v, excelize %v", b.Sheets(), names)
	}
	for i, s := range b.Sheets() {
		if s.Name != names[i] {
			t.Fatalf("%v, excelize %v", b.Sheets(), names)
		}
		want, err := ref.GetRows(s.Name)
		if err != nil {
			t.Fatal(err)
		}
		rows, err := readAll(b, s.Name)
		if err != nil && len(rows) > 0 {
			t.Fatal(err)
		}
		mine := map[int]Row{}
		for _, r := range rows {
			mine[r.Line] = r
		}
		cells := 0
		for y, line := range want {
			for x, raw := range line {
				var c Cell
				if r := mine[y+1]; x < len(r.Cells) {
					c = r.Cells[x]
				}
				if !same(c, raw, from1904) {
					t.Errorf("%s!%s%d: %v, excelize %q", s.Name, ColumnName(x), y+1, c, raw)
				}
				cells++
			}
		}
		for line, r := range mine {
			if line > len(want) || len(r.Cells) > len(want[line-1]) {
				t.Errorf("%s: line %d has %d cells", s.Name, line, len(r.Cells))
			}
		}
		t.Logf("%s: %d cells compared", s.Name, cells)
	}
}

func same(c Cell, raw string, from1904 bool) bool {
	switch c.Kind {
	case Empty:
		return strings.TrimSpace(raw) == ""
	case Text, Error:
		return c.Text == raw
	case Bool:
		return c.Text == "TRUE" && (raw == "1" || raw == "TRUE") || c.Text == "FALSE" && (raw == "0" || raw == "FALSE")
	}
	v, err := strconv.ParseFloat(raw, 64)
	if err != nil {
		return strings.HasPrefix(raw, c.Text) // stored as an ISO date
	}
	switch c.Kind {
	case Number:
		mine, err := strconv.ParseFloat(c.Text, 64)
		return err == nil && strconv.FormatFloat(mine, 'g', 15, 64) == strconv.FormatFloat(v, 'g', 15, 64)
	case Time:
		seconds := int64(v*86400 + 0.5)
		return c.Text == string(appendClock(nil, seconds))
	}
	at, err := excelize.ExcelDateToTime(v, from1904)
	return err == nil && strings.HasPrefix(at.Round(time.Second).Format("2006-01-02T15:04:05"), c.Text)
}
