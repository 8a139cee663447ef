package datadir_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/muster-crm/muster/infra/local/datadir"
)

func TestOpen(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a", "b")
	for i, fresh := range []bool{true, false, false} {
		d, err := datadir.Open(path)
		if err != nil || d.Fresh != fresh || d.Path != path {
			t.Errorf("open %d: %+v, %v", i, d, err)
		}
	}
	d := datadir.Dir{Path: path}
	for _, p := range []string{d.Store(), d.Blobs(), d.Mail()} {
		if filepath.Dir(p) != path {
			t.Errorf("%s is elsewhere", p)
		}
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("others may look: %v, %v", info.Mode(), err)
	}
}

func TestOpenRefuses(t *testing.T) {
	for _, c := range []struct{ file, text, about string }{
		{"format", "2\n", "newer"},
		{"format", "0\n", "older"},
		{"format", "x\n", "damaged"},
		{"holiday.jpg", "", "not Muster's"},
	} {
		path := t.TempDir()
		if err := os.WriteFile(filepath.Join(path, c.file), []byte(c.text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := datadir.Open(path); err == nil || !strings.Contains(err.Error(), c.about) {
			t.Errorf("%s %q: %v", c.file, c.text, err)
		}
	}
	if _, err := datadir.Open(filepath.Join(os.DevNull, "x")); err == nil {
		t.Error("a folder below a device")
	}
}
