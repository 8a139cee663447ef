package sheet

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// However a file is cut into parts, it is whole and reads as the same rows.
func TestParts(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		xlsx := rapid.Bool().Draw(t, "xlsx")
		var file bytes.Buffer
		part := func(at Mark) Part {
			if xlsx {
				return NewXLSXPart(&file, "Leden", at)
			}
			return NewCSVPart(&file, ';', at)
		}
		w := part(Mark{})
		titled := rapid.Bool().Draw(t, "titled")
		if titled {
			if err := w.Header([]string{"a", "b"}); err != nil {
				t.Fatal(err)
			}
		}
		before := 0
		cut := func() {
			at, err := w.Pause()
			if err != nil || int64(file.Len()-before) != w.Written() {
				t.Fatalf("%v, %d bytes of %d", err, file.Len()-before, w.Written())
			}
			before = file.Len()
			raw, err := json.Marshal(at)
			if err != nil {
				t.Fatal(err)
			}
			at = Mark{}
			if err := json.Unmarshal(raw, &at); err != nil {
				t.Fatal(err)
			}
			w = part(at)
		}
		rows := rapid.IntRange(1, 30).Draw(t, "rows")
		for n := range rows {
			for range rapid.SampledFrom([]int{0, 0, 0, 1, 2}).Draw(t, "cuts") {
				cut()
			}
			if err := w.Row([]Cell{T(strings.Repeat("row", n+1)), {Kind: Number, Text: fmt.Sprintf("%d.50", n)}}); err != nil {
				t.Fatal(err)
			}
		}
		if rapid.Bool().Draw(t, "last") {
			cut()
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		if xlsx {
			unzips(t, file.Bytes())
		}
		book, err := Open(bytes.NewReader(file.Bytes()), int64(file.Len()), Options{})
		if err != nil {
			t.Fatal(err)
		}
		got, err := readAll(book, "")
		if titled && err == nil {
			got = got[1:]
		}
		if err != nil || len(got) != rows {
			t.Fatalf("%d rows of %d, %v", len(got), rows, err)
		}
		for n, row := range got {
			if row.Text(0) != strings.Repeat("row", n+1) || !strings.HasPrefix(row.Text(1), fmt.Sprintf("%d.5", n)) {
				t.Fatalf("row %d: %v", n, row)
			}
		}
	})
}

// unzips holds a file against the sums and sizes in it.
func unzips(t *rapid.T, file []byte) {
	z, err := zip.NewReader(bytes.NewReader(file), int64(len(file)))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		if n, err := io.Copy(io.Discard, r); err != nil || uint64(n) != f.UncompressedSize64 {
			t.Fatalf("%s: %d bytes, %v", f.Name, n, err)
		}
	}
}
