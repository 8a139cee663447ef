package acceptance

import (
	"bufio"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// areas are those of the feature catalogue.
const areas = "REC CLS SRCH BULK IMP DUP PROF FIN MEM GRP FAM COM RES DOC MSG REG SELF ROLE SET HIST API"

// pending.txt names, for rows that are proven in part, the clause that is missing and what brings it: one line a row. A row of
// which nothing can be there yet has no test here, and says "all of it".
func TestPendingLines(t *testing.T) {
	tested := map[string]bool{}
	files, err := filepath.Glob("*_test.go")
	if err != nil || len(files) == 0 {
		t.Fatal("no tests", err)
	}
	named := regexp.MustCompile(`(?m)^func Test([A-Z]+)([0-9]{2})_`)
	for _, file := range files {
		source, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range named.FindAllStringSubmatch(string(source), -1) {
			if !strings.Contains(" "+areas+" ", " "+m[1]+" ") {
				t.Errorf("%s: %s is no area of the catalogue", file, m[1])
			}
			tested[m[1]+"-"+m[2]] = true
		}
	}
	f, err := os.Open("pending.txt")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	line := regexp.MustCompile(`^([A-Z]+-[0-9]{2}): \S.* \(\S[^()]*\)$`)
	seen := map[string]bool{}
	for lines := bufio.NewScanner(f); lines.Scan(); {
		m := line.FindStringSubmatch(lines.Text())
		if m == nil {
			t.Errorf("not of the form ROW: missing clause (what brings it): %s", lines.Text())
			continue
		}
		if seen[m[1]] {
			t.Errorf("%s twice", m[1])
		}
		if none := strings.HasPrefix(lines.Text(), m[1]+": all of it ("); none == tested[m[1]] {
			t.Errorf("%s: is there a test here (%v), or is all of it pending (%v)?", m[1], tested[m[1]], none)
		}
		seen[m[1]] = true
	}
	if len(seen) == 0 {
		t.Error("no lines")
	}
}
