package boltstore_test

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/muster-crm/muster/shared/clock"
	"github.com/muster-crm/muster/shared/store"
	"github.com/muster-crm/muster/shared/store/boltstore"
	"github.com/muster-crm/muster/shared/store/storetest"
)

func someday() *clock.Manual { return clock.At(time.Date(2090, 3, 1, 12, 0, 0, 0, time.UTC)) }

func open(t *testing.T, path string, clk clock.Clock) *boltstore.Store {
	t.Helper()
	s, err := boltstore.Open(path, clk)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestSuite(t *testing.T) {
	clk := someday()
	storetest.Run(t, storetest.Suite{
		Open:   func(t *testing.T) store.Store { return open(t, filepath.Join(t.TempDir(), "store"), clk) },
		Clock:  clk,
		Effort: 5000,
	})
}
