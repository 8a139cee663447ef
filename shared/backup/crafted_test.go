package backup_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/muster-crm/muster/shared/backup/archive"
)

// lines counts the lines of a whole file by what they are of.
func lines(t testing.TB, file []byte) map[string]int {
	t.Helper()
	counts := map[string]int{}
	r := archive.NewReader(bytes.NewReader(file), int64(len(file)), archive.Mark{})
	for more := true; more; {
		var err error
		more, err = r.Member(func(e archive.Entry) error {
			block, err := e.Block()
			kind, _, _ := strings.Cut(e.Name, "/")
			counts[kind] += bytes.Count(block, []byte("\n"))
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return counts
}

// crafted is a whole file that holds one line of records.
func crafted(t testing.TB, line string) []byte {
	t.Helper()
	var out bytes.Buffer
	m, err := archive.NewMember(&out, "")
	if err != nil {
		t.Fatal(err)
	}
	head := `{"format":1,"organisation":"Club"}`
	for _, e := range [][2]string{{archive.HeadName, head}, {"records/000000.ndjson", line + "\n"}} {
		if err := m.Add(e[0], int64(len(e[1])), strings.NewReader(e[1])); err != nil {
			t.Fatal(err)
		}
	}
	sum, err := m.Close()
	if err != nil {
		t.Fatal(err)
	}
	if err := archive.WriteEnd(&out, archive.End{Records: 1, Number: 1, Sum: sum}); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}
