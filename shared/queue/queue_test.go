package queue_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/muster-crm/muster/shared/fault"
	"github.com/muster-crm/muster/shared/queue"
)

func explode(context.Context, queue.Message) error { panic("jan@example.org is unexpected") }

func TestAPanicTellsWhereAndNotWhat(t *testing.T) {
	err := queue.Call(t.Context(), explode, queue.Message{})
	if !errors.Is(err, fault.Internal) || !strings.Contains(err.Error(), "explode") || strings.Contains(err.Error(), "jan@") {
		t.Errorf("%v", err)
	}
}

func TestSeconds(t *testing.T) {
	for given, want := range map[time.Duration]int32{0: 0, 1: 1, time.Second: 1, time.Second + 1: 2, queue.MaxDelay: 900} {
		if got := queue.Seconds(given); got != want {
			t.Errorf("Seconds(%v) = %d, want %d", given, got, want)
		}
	}
}
