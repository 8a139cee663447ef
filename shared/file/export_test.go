package file

import "testing"

// Unpacking lets documents unpack to so many bytes until the test ends.
func Unpacking(t *testing.T, most int64) {
	usual := maxUnpacked
	maxUnpacked = most
	t.Cleanup(func() { maxUnpacked = usual })
}
