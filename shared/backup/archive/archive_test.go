package archive_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/muster-crm/muster/shared/backup/archive"
)

// made writes members of entries (name, content in turn), the end behind them, and gives the file.
func made(t testing.TB, members ...[]string) []byte {
	t.Helper()
	var out bytes.Buffer
	sum := ""
	for _, entries := range members {
		m, err := archive.NewMember(&out, sum)
		if err != nil {
			t.Fatal(err)
		}
		for i := 0; i < len(entries); i += 2 {
			if err := m.Add(entries[i], int64(len(entries[i+1])), strings.NewReader(entries[i+1])); err != nil {
				t.Fatal(err)
			}
		}
		if sum, err = m.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if err := archive.WriteEnd(&out, archive.End{Records: 3, Number: 8, Sum: sum}); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// read reads a file from a mark on: "name=content" of each entry, and the marks between members.
func read(data []byte, from archive.Mark) (entries []string, marks []archive.Mark, end archive.End, err error) {
	r := archive.NewReader(bytes.NewReader(data), int64(len(data)), from)
	for {
		more, err := r.Member(func(e archive.Entry) error {
			raw, err := io.ReadAll(e)
			entries = append(entries, e.Name+"="+string(raw))
			return err
		})
		if err != nil {
			return entries, marks, end, err
		}
		if !more {
			end, _ = r.End()
			return entries, marks, end, nil
		}
		marks = append(marks, r.Mark())
	}
}

const head = `{"format":1,"organisation":"Club"}`

func whole(t testing.TB) []byte {
	return made(t, []string{archive.HeadName, head, "records/000000.ndjson", strings.Repeat("{\"i\":1}\n", 1000)},
		[]string{"changes/000001.ndjson", "c", "files/files/a/b", ""}, []string{"records/000002.ndjson", "late"})
}

func TestWhatIsWrittenIsRead(t *testing.T) {
	data := whole(t)
	entries, marks, end, err := read(data, archive.Mark{})
	want := []string{archive.HeadName + "=" + head, "records/000000.ndjson=" + strings.Repeat("{\"i\":1}\n", 1000),
		"changes/000001.ndjson=c", "files/files/a/b=", "records/000002.ndjson=late"}
	if diff := cmp.Diff(want, entries); diff != "" || err != nil || end.Records != 3 || end.Number != 8 {
		t.Fatalf("%v %+v (-want +got):\n%s", err, end, diff)
	}
	if len(marks) != 4 || !marks[3].Ended || marks[3].Offset != int64(len(data)) {
		t.Fatalf("marks %+v", marks)
	}
	// From every mark the rest is read as it was.
	for i, read1 := range []int{2, 4, 5, 5} {
		rest, _, _, err := read(data, marks[i])
		if diff := cmp.Diff(want[read1:], rest); err != nil || (len(rest) > 0 || read1 < len(want)) && diff != "" {
			t.Errorf("from %d: %v\n%s", i, err, diff)
		}
	}
}

// A file that was cut anywhere, or altered anywhere, is never taken for a whole one.
func TestDamageIsFound(t *testing.T) {
	data := whole(t)
	for n := range len(data) {
		if _, _, _, err := read(data[:n], archive.Mark{}); !errors.Is(err, archive.ErrDamaged) {
			t.Fatalf("cut at %d: %v", n, err)
		}
	}
	intact, _, _, _ := read(data, archive.Mark{})
	for n := range data {
		altered := bytes.Clone(data)
		altered[n] ^= 0x55
		entries, _, _, err := read(altered, archive.Mark{})
		// Bytes of a gzip header that nobody uses (time, system) may be anything.
		if !errors.Is(err, archive.ErrDamaged) && (err != nil || !cmp.Equal(intact, entries)) {
			t.Fatalf("altered at %d: %v", n, err)
		}
	}
}

func TestWhatIsNoArchive(t *testing.T) {
	one := []string{archive.HeadName, head}
	data := whole(t)
	_, marks, _, _ := read(data, archive.Mark{})
	swapped := bytes.Join([][]byte{data[:marks[0].Offset], data[marks[1].Offset:marks[2].Offset], data[marks[0].Offset:marks[1].Offset], data[marks[2].Offset:]}, nil)
	for name, c := range map[string]struct {
		data []byte
		want error
	}{
		"nothing":                  {nil, archive.ErrDamaged},
		"text":                     {[]byte("dear reader"), archive.ErrDamaged},
		"members in another order": {swapped, archive.ErrDamaged},
		"twice":                    {bytes.Repeat(data, 2), archive.ErrDamaged},
		"no head":                  {made(t, []string{"records/000000.ndjson", "x"}), archive.ErrDamaged},
		"an empty member":          {made(t, nil), archive.ErrDamaged},
		"two heads":                {made(t, one, one), archive.ErrDamaged},
		"a newer one":              {made(t, []string{archive.HeadName, `{"format":2}`}), archive.ErrNewer},
		"no format":                {made(t, []string{archive.HeadName, `{}`}), archive.ErrDamaged},
		"something else in it":     {made(t, one, []string{"../../etc/passwd", "x"}), archive.ErrDamaged},
	} {
		if _, _, _, err := read(c.data, archive.Mark{}); !errors.Is(err, c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestBlocksAreBounded(t *testing.T) {
	data := made(t, []string{archive.HeadName, head, "records/000000.ndjson", strings.Repeat("x", archive.MaxBlock+1)})
	r := archive.NewReader(bytes.NewReader(data), int64(len(data)), archive.Mark{})
	_, err := r.Member(func(e archive.Entry) error {
		_, err := e.Block()
		return err
	})
	if !errors.Is(err, archive.ErrDamaged) {
		t.Error(err)
	}
}

func TestErrorsOfTheReaderStay(t *testing.T) {
	stop := errors.New("stop")
	data := whole(t)
	r := archive.NewReader(bytes.NewReader(data), int64(len(data)), archive.Mark{})
	if _, err := r.Member(func(archive.Entry) error { return stop }); err != stop {
		t.Error(err)
	}
}

func TestLines(t *testing.T) {
	var ids []string
	err := archive.Lines([]byte("{\"i\":\"a\",\"r\":1}\n{\"i\":\"b\"}\n"), func(c archive.Change) error {
		ids = append(ids, fmt.Sprint(c.ID, c.Revision))
		return nil
	})
	if diff := cmp.Diff([]string{"a1", "b0"}, ids); err != nil || diff != "" {
		t.Error(err, diff)
	}
	if err := archive.Lines([]byte("{"), func(archive.Change) error { return nil }); !errors.Is(err, archive.ErrDamaged) {
		t.Error(err)
	}
}

func FuzzReader(f *testing.F) {
	f.Add(whole(f))
	f.Add([]byte("\x1f\x8b\x08\x00"))
	f.Fuzz(func(t *testing.T, data []byte) {
		_, _, end, err := read(data, archive.Mark{})
		if err != nil && !errors.Is(err, archive.ErrDamaged) && !errors.Is(err, archive.ErrNewer) {
			t.Errorf("%v", err)
		}
		if err == nil && end.Sum == "" {
			t.Error("whole without an end")
		}
	})
}
