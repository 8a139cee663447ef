package sheet

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/xuri/excelize/v2"
)

// The benchmarks read a table of 100,000 rows of 20 cells, as excelize writes it, with this package and with excelize.
// peak-MB is the largest the process has been (Linux), so for it each is to be run alone, on a file made before:
//
//	MUSTER_BENCH_XLSX=people.xlsx go test -run - -bench ReadXLSX/muster -benchtime 1x ./shared/sheet
const (
	benchRows    = 100_000
	benchColumns = 20
)

var benchFile = sync.OnceValue(func() string {
	path := os.Getenv("MUSTER_BENCH_XLSX")
	if path == "" {
		path = filepath.Join(os.TempDir(), "muster-sheet-bench.xlsx")
	} else if _, err := os.Stat(path); err == nil {
		return path
	}
	f := excelize.NewFile()
	w, err := f.NewStreamWriter("Sheet1")
	if err != nil {
		panic(err)
	}
	row := make([]any, benchColumns)
	for i := 1; i <= benchRows; i++ {
		for c := range row {
			switch c % 4 {
			case 0:
				row[c] = i*c + 7
			case 1:
				row[c] = "Janssens " + strconv.Itoa(i%5000)
			case 2:
				row[c] = fmt.Sprintf("person%d@example.org", i)
			case 3:
				row[c] = float64(i) / 4
			}
		}
		if err := w.SetRow("A"+strconv.Itoa(i), row); err != nil {
			panic(err)
		}
	}
	if err := w.Flush(); err != nil {
		panic(err)
	}
	if err := f.SaveAs(path); err != nil {
		panic(err)
	}
	return path
})

func BenchmarkReadXLSX(b *testing.B) {
	b.Run("muster", func(b *testing.B) {
		path := benchFile()
		report(b, func() int {
			f, err := os.Open(path)
			if err != nil {
				b.Fatal(err)
			}
			defer f.Close()
			info, err := f.Stat()
			if err != nil {
				b.Fatal(err)
			}
			return count(b, f, info.Size())
		})
	})
	b.Run("excelize", func(b *testing.B) {
		path := benchFile()
		report(b, func() int {
			f, err := excelize.OpenFile(path)
			if err != nil {
				b.Fatal(err)
			}
			defer f.Close()
			rows, err := f.Rows("Sheet1")
			if err != nil {
				b.Fatal(err)
			}
			n := 0
			for rows.Next() {
				cells, err := rows.Columns()
				if err != nil {
					b.Fatal(err)
				}
				n += len(cells)
			}
			return n
		})
	})
}

func BenchmarkReadCSV(b *testing.B) {
	var buf bytes.Buffer
	w := NewCSVWriter(&buf, ';')
	writeBench(b, w)
	report(b, func() int { return count(b, bytes.NewReader(buf.Bytes()), int64(buf.Len())) })
}

func BenchmarkWriteXLSX(b *testing.B) {
	report(b, func() int { return writeBench(b, NewXLSXWriter(io.Discard, "Sheet1")) })
}

func writeBench(b *testing.B, w Writer) int {
	row := make([]Cell, benchColumns)
	for i := range benchRows {
		for c := range row {
			switch c % 4 {
			case 0:
				row[c] = Cell{Kind: Number, Text: strconv.Itoa(i*c + 7)}
			case 1:
				row[c] = T("Janssens " + strconv.Itoa(i%5000))
			case 2:
				row[c] = T("person" + strconv.Itoa(i) + "@example.org")
			case 3:
				row[c] = Cell{Kind: Date, Text: "1975-06-26"}
			}
		}
		if err := w.Row(row); err != nil {
			b.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		b.Fatal(err)
	}
	return benchRows * benchColumns
}

func count(b *testing.B, r io.ReaderAt, size int64) int {
	book, err := Open(r, size, Options{})
	if err != nil {
		b.Fatal(err)
	}
	rows, err := book.Rows("")
	if err != nil {
		b.Fatal(err)
	}
	n := 0
	for rows.Next() {
		n += len(rows.Row().Cells)
	}
	if rows.Err() != nil {
		b.Fatal(rows.Err())
	}
	return n
}

// report runs fn and tells rows a second and the peak of the process's memory.
func report(b *testing.B, fn func() int) {
	for b.Loop() {
		if n := fn(); n != benchRows*benchColumns {
			b.Fatalf("%d cells", n)
		}
	}
	b.ReportMetric(float64(benchRows*b.N)/b.Elapsed().Seconds(), "rows/s")
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return // not Linux
	}
	if _, after, ok := strings.Cut(string(status), "VmHWM:"); ok {
		kb, err := strconv.ParseFloat(strings.Fields(after)[0], 64)
		if err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(kb/1024, "peak-MB")
	}
}
