package kernel_test

import (
	"context"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/muster-crm/muster/shared/clock"
	"github.com/muster-crm/muster/shared/kernel"
	"github.com/muster-crm/muster/shared/org"
	"github.com/muster-crm/muster/shared/product"
	"github.com/muster-crm/muster/shared/queue"
	"github.com/muster-crm/muster/shared/store"
	"github.com/muster-crm/muster/shared/store/boltstore"
)

// asked is a queue that only tells what it was asked to wait for.
type asked struct{ waits []time.Duration }

func (q *asked) Send(_ context.Context, messages ...queue.Message) error {
	for _, m := range messages {
		q.waits = append(q.waits, m.Delay)
	}
	return queue.Check(messages)
}

// Work that is due soon waits in the queue until then; what is due is worked on at once; what no message can wait for is not sent.
func TestSendWaitsUntilDue(t *testing.T) {
	noon := time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC)
	now := clock.At(noon)
	s, err := boltstore.Open(filepath.Join(t.TempDir(), "store"), now)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	tenant, ops := org.Founding("org_test", false)
	if err := s.Apply(t.Context(), store.Batch{Token: "t", Ops: ops}); err != nil {
		t.Fatal(err)
	}
	q := &asked{}
	k := kernel.New(kernel.Ports{Store: s, Kinds: product.Kinds(), Clock: now, Queue: q})
	for _, after := range []time.Duration{-time.Hour, 0, 400 * time.Millisecond, time.Minute, queue.MaxDelay, queue.MaxDelay + 1} {
		if err := k.Send(t.Context(), org.Due{Tenant: tenant, Topic: "job", Ref: "job_1", At: noon.Add(after)}, 0); err != nil {
			t.Errorf("%v: %v", after, err)
		}
	}
	if diff := cmp.Diff([]time.Duration{0, 0, 400 * time.Millisecond, time.Minute, queue.MaxDelay}, q.waits); diff != "" {
		t.Error(diff)
	}
}
