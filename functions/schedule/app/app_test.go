package app_test

import (
	"context"
	"errors"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/muster-crm/muster/functions/schedule/app"
	"github.com/muster-crm/muster/shared/clock"
	"github.com/muster-crm/muster/shared/org"
	"github.com/muster-crm/muster/shared/repository"
	"github.com/muster-crm/muster/shared/store"
	"github.com/muster-crm/muster/shared/store/boltstore"
)

var night = time.Date(2026, 5, 4, 3, 0, 0, 0, time.UTC)

func open(t *testing.T, at time.Time) (store.Store, *clock.Manual) {
	t.Helper()
	now := clock.At(at)
	s, err := boltstore.Open(filepath.Join(t.TempDir(), "store"), now)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s, now
}

// TestDue queues what is due by the next call, as often as it is asked until it is done, and nothing that is due later. Each is told with
// the time it is due, for which its message waits.
func TestDue(t *testing.T) {
	noon := night.Add(9 * time.Hour)
	s, now := open(t, noon)
	tenant, ops := org.Founding("org_test", false)
	for ref, after := range map[string]time.Duration{"job_late": -time.Minute, "job_now": 0, "job_soon": 400 * time.Millisecond, "job_then": 40 * time.Second, "job_later": 2 * time.Minute} {
		ops = append(ops, org.Due{Tenant: tenant, Topic: "job", Ref: ref, At: noon.Add(after)}.Put())
	}
	if err := s.Apply(t.Context(), store.Batch{Token: "t", Ops: ops}); err != nil {
		t.Fatal(err)
	}
	var sent []string
	waits := map[string]time.Duration{}
	broken := map[string]bool{}
	tick := app.New(app.Ports{Directory: org.NewDirectory(s, now), Keys: org.NewKeys(s, now), Send: func(_ context.Context, d org.Due, _ int) error {
		sent = append(sent, d.Ref)
		waits[d.Ref] = d.At.Sub(noon)
		if broken[d.Ref] {
			return errors.New("queue gone")
		}
		return nil
	}})
	for _, want := range [][]string{{"job_late", "job_now", "job_soon", "job_then"}, {"job_late", "job_now", "job_soon", "job_then"}} {
		sent = nil
		if err := tick(t.Context(), now.Now()); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, sent); diff != "" {
			t.Errorf("sent (-want +got):\n%s", diff)
		}
	}
	if diff := cmp.Diff(map[string]time.Duration{"job_late": -time.Minute, "job_now": 0, "job_soon": time.Second, "job_then": 40 * time.Second}, waits); diff != "" {
		t.Errorf("due at (-want +got):\n%s", diff)
	}
	t.Run("one that cannot be sent keeps no other back", func(t *testing.T) {
		sent, broken["job_late"] = nil, true
		if err := tick(t.Context(), now.Now()); err == nil {
			t.Error("the failure is not told")
		}
		if len(sent) != 4 {
			t.Errorf("sent %v", sent)
		}
	})
}

// TestKeys renews an old sealing key in the night, and only then.
func TestKeys(t *testing.T) {
	s, now := open(t, night)
	keys := org.NewKeys(s, now)
	tick := app.New(app.Ports{Directory: org.NewDirectory(s, now), Keys: keys, Send: func(context.Context, org.Due, int) error { return nil }})
	count := func() int {
		all, err := keys.Keys(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return len(all)
	}
	if n := count(); n != 1 {
		t.Fatalf("%d keys at first", n)
	}
	for _, step := range []struct {
		after time.Duration
		want  int
	}{{time.Hour, 1}, {100*24*time.Hour - time.Hour, 2}, {24 * time.Hour, 2}} {
		now.Advance(step.after)
		if err := tick(t.Context(), now.Now()); err != nil {
			t.Fatal(err)
		}
		if n := count(); n != step.want {
			t.Errorf("%d keys at %v, want %d", n, now.Now(), step.want)
		}
	}
}

// TestNight asks for the work of the night once for each organisation, at 03:00 UTC and at no other minute.
func TestNight(t *testing.T) {
	s, now := open(t, night.Add(-time.Minute))
	want := map[string]int{}
	for _, id := range []string{"org_one", "org_two", "org_three"} {
		_, ops := org.Founding(id, false)
		if err := s.Apply(t.Context(), store.Batch{Token: id, Ops: ops}); err != nil {
			t.Fatal(err)
		}
		want[id]++
	}
	sent := map[string]int{}
	tick := app.New(app.Ports{Directory: org.NewDirectory(s, now), Keys: org.NewKeys(s, now), Send: func(_ context.Context, d org.Due, _ int) error {
		if d.Topic != repository.NightTopic {
			t.Errorf("sent %+v", d)
		}
		sent[d.Tenant.ID()]++
		return nil
	}})
	for range 3 {
		if err := tick(t.Context(), now.Now()); err != nil {
			t.Fatal(err)
		}
		now.Advance(time.Minute)
	}
	if diff := cmp.Diff(want, sent); diff != "" {
		t.Errorf("sent (-want +got):\n%s", diff)
	}
}
