package need

import (
	"os"
	"path/filepath"
	"testing"
)

// Axe gives the source of axe-core, the accessibility checker that tests run inside pages: from the file named by
// MUSTER_AXE, else from .cache/npm (npm install --prefix .cache/npm axe-core).
func Axe(t testing.TB) string {
	t.Helper()
	path := os.Getenv("MUSTER_AXE")
	if path == "" {
		path = filepath.Join(Root(), ".cache", "npm", "node_modules", "axe-core", "axe.min.js")
	}
	source, err := os.ReadFile(path)
	if err != nil {
		missing(t, "axe-core (npm install --prefix .cache/npm axe-core, or set MUSTER_AXE to its axe.min.js)")
	}
	return string(source)
}
