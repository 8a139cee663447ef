package store_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/muster-crm/muster/shared/fault"
	"github.com/muster-crm/muster/shared/store"
)

// Only the passing troubles become faults, wrapped or not; the cause stays within.
func TestFault(t *testing.T) {
	outage := errors.New("the disk is gone")
	for name, c := range map[string]struct {
		err     error
		passing bool
	}{
		"none":    {nil, false},
		"busy":    {store.ErrBusy, true},
		"unknown": {store.ErrUnknown, true},
		"wrapped": {fmt.Errorf("put: %w", store.ErrBusy), true},
		"failed":  {&store.Failed{Failures: []store.Failure{{}}}, false},
		"outage":  {outage, false},
	} {
		t.Run(name, func(t *testing.T) {
			got := store.Fault(c.err)
			if store.Passing(c.err) != c.passing || errors.Is(got, fault.Unavailable) != c.passing || !errors.Is(got, c.err) {
				t.Errorf("%v became %v", c.err, got)
			}
			if !c.passing && got != c.err {
				t.Errorf("%v became %v", c.err, got)
			}
		})
	}
}
