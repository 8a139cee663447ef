// Package need finds what some tests want and a bare machine may lack: test data, DynamoDB Local, Chromium, PostgreSQL.
// Without it the test is left out with a plain sentence; under MUSTER_STRICT=1, as in CI, its absence is a failure.
// It is the one place in the project that leaves tests out.
package need

import (
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"testing"
)

// Root is the project's top folder.
func Root() string {
	_, file, _, _ := runtime.Caller(0)
	return filepath.Dir(filepath.Dir(filepath.Dir(file)))
}

// TestData gives the path of a file or folder of the test data, found through MUSTER_TESTDATA (default
// ../shared/testdata beside the project).
func TestData(t testing.TB, name string) string {
	t.Helper()
	dir := os.Getenv("MUSTER_TESTDATA")
	if dir == "" {
		dir = filepath.Join(Root(), "..", "shared", "testdata")
	}
	path := filepath.Join(dir, name)
	if _, err := os.Stat(path); err != nil {
		missing(t, "test data "+name+" (set MUSTER_TESTDATA)")
	}
	return path
}

// Program gives the path of the first of the named programs that is installed. hint says how to get it.
func Program(t testing.TB, hint string, names ...string) string {
	t.Helper()
	for _, name := range names {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	missing(t, names[0]+" ("+hint+")")
	return ""
}

// Chromium gives the path of the browser.
func Chromium(t testing.TB) string {
	t.Helper()
	return Program(t, "Debian package chromium", "chromium", "chromium-browser", "google-chrome")
}

func missing(t testing.TB, what string) {
	t.Helper()
	if os.Getenv("MUSTER_STRICT") == "1" {
		t.Fatalf("needs %s, and MUSTER_STRICT=1 lets nothing be left out", what)
	}
	t.Skipf("left out: needs %s", what)
}
