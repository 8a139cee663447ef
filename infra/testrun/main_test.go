package main

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestSummary(t *testing.T) {
	var out strings.Builder
	s := &summary{out: &out, left: map[string]int{}}
	s.read(strings.NewReader(`{"Action":"output","Package":"m/a","Test":"TestA","Output":"quiet\n"}
{"Action":"pass","Package":"m/a","Test":"TestA","Elapsed":0.1}
{"Action":"output","Package":"m/a","Test":"TestB","Output":"    x_test.go:1: left out: needs chromium (Debian package chromium)\n"}
{"Action":"skip","Package":"m/a","Test":"TestB"}
{"Action":"pass","Package":"m/a","Elapsed":1.25}
{"Action":"output","Package":"m/b","Test":"TestC","Output":"    b_test.go:7: got 1, want 2\n"}
{"Action":"fail","Package":"m/b","Test":"TestC","Elapsed":0.1}
{"Action":"fail","Package":"m/b","Elapsed":0.2}
{"Action":"skip","Package":"m/c"}
something that is no event
`))
	s.close(3 * time.Second)
	want := `ok    m/a  1.2s
    b_test.go:7: got 1, want 2
FAIL  m/b  0.2s
something that is no event

Tests: 1 passed, 2 failed
They took 3 s.
Left out for want of chromium (Debian package chromium): 1 tests.
`
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestSplit(t *testing.T) {
	raced, plain := split([]string{"x.org/muster/shared/log", "x.org/muster/infra/local/gateway", "x.org/muster/infra/template", "x.org/muster/functions/web"})
	if len(raced) != 2 || len(plain) != 2 {
		t.Errorf("raced %v, plain %v", raced, plain)
	}
}
