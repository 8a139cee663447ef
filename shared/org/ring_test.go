package org_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/muster-crm/muster/shared/clock"
	"github.com/muster-crm/muster/shared/org"
	"github.com/muster-crm/muster/shared/seal"
	"github.com/muster-crm/muster/shared/store"
	"github.com/muster-crm/muster/shared/store/boltstore"
	"github.com/muster-crm/muster/shared/store/storefault"
)

var noon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

func open(t *testing.T) (store.Store, *clock.Manual) {
	t.Helper()
	clk := clock.At(noon)
	s, err := boltstore.Open(filepath.Join(t.TempDir(), "store"), clk)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s, clk
}

func TestTheFirstKeyIsMadeOnce(t *testing.T) {
	s, clk := open(t)
	var made [8][]seal.Key
	var done sync.WaitGroup
	for i := range made {
		done.Go(func() {
			keys, err := org.NewKeys(s, clk).Keys(t.Context())
			if err != nil {
				t.Error(err)
			}
			made[i] = keys
		})
	}
	done.Wait()
	for _, keys := range made {
		if diff := cmp.Diff(made[0], keys); diff != "" || len(keys) != 1 {
			t.Fatalf("%d keys: %s", len(keys), diff)
		}
	}
}

// A ring that has the old keys in mind opens what a new key sealed, and tokens of a key live as long as promised.
func TestRotate(t *testing.T) {
	s, clk := open(t)
	keys := org.NewKeys(s, clk)
	ring := seal.NewRing(keys, clk)
	const month = 30 * 24 * time.Hour
	sealed := func() string {
		t.Helper()
		token, err := ring.Seal(t.Context(), "test", []byte("x"))
		if err != nil {
			t.Fatal(err)
		}
		return token
	}
	opens := func(token string) error {
		_, err := seal.NewRing(keys, clk).Open(t.Context(), "test", token)
		return err
	}
	count := func() int {
		t.Helper()
		all, err := keys.Keys(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return len(all)
	}
	first := sealed()
	rotate := func() {
		t.Helper()
		if err := keys.Rotate(t.Context(), month); err != nil {
			t.Fatal(err)
		}
	}
	rotate()
	if n := count(); n != 1 {
		t.Fatalf("%d keys: a young key was rotated", n)
	}
	clk.Advance(month)
	rotate()
	rotate()
	if n := count(); n != 2 {
		t.Fatalf("%d keys after rotating twice in one month", n)
	}
	early := sealed()
	if err := opens(early); err != nil {
		t.Error(err)
	}
	clk.Advance(seal.Spread)
	second := sealed()
	clk.Advance(month)
	rotate()
	if err := errors.Join(opens(first), opens(second)); err != nil {
		t.Errorf("a key was dropped too early: %v", err)
	}
	clk.Advance(month)
	rotate()
	if err := opens(first); !errors.Is(err, seal.ErrOpen) {
		t.Errorf("the oldest key is still there: %v", err)
	}
	if err := opens(second); err != nil {
		t.Error(err)
	}
	if n := count(); n != 3 {
		t.Errorf("%d keys", n)
	}
}

func TestKeysSurviveFaults(t *testing.T) {
	for _, kind := range []storefault.Kind{storefault.Before, storefault.After, storefault.Lost, storefault.Throttled} {
		s, clk := open(t)
		faults := storefault.New(s, storefault.At(2, kind))
		keys, err := org.NewKeys(faults, clk).Keys(t.Context())
		if err != nil || len(keys) != 1 {
			t.Errorf("%v: %d keys, %v", kind, len(keys), err)
		}
	}
}

func TestMessage(t *testing.T) {
	s, clk := open(t)
	ring := seal.NewRing(org.NewKeys(s, clk), clk)
	tenant, err := org.NewDirectory(s, clk).Found(t.Context(), "org_one")
	if err != nil {
		t.Fatal(err)
	}
	body, err := org.SealMessage(t.Context(), ring, tenant, "job", "job_1")
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(body, []byte("org_one")) {
		t.Error("the message tells the organisation")
	}
	got, topic, ref, err := org.OpenMessage(t.Context(), ring, body)
	if err != nil || got != tenant || topic != "job" || ref != "job_1" {
		t.Errorf("got %v %q %q %v", got.ID(), topic, ref, err)
	}
	other, err := ring.Seal(t.Context(), "cursor", []byte(`{"org":"org_one","topic":"job","ref":"job_1"}`))
	if err != nil {
		t.Fatal(err)
	}
	for _, forged := range []string{"", `{"org":"org_one"}`, string(body[:len(body)-1]), other} {
		if _, _, _, err := org.OpenMessage(t.Context(), ring, []byte(forged)); !errors.Is(err, seal.ErrOpen) {
			t.Errorf("%q: %v", forged, err)
		}
	}
}

func TestAttempt(t *testing.T) {
	s, clk := open(t)
	d := org.NewDirectory(s, clk)
	limit := org.Limit{Most: 2, In: time.Minute}
	try := func(what string) time.Duration {
		t.Helper()
		wait, err := d.Attempt(t.Context(), limit, "test", what)
		if err != nil {
			t.Fatal(err)
		}
		return wait
	}
	type step struct {
		after time.Duration
		what  string
		want  time.Duration
	}
	for i, s := range []step{
		{0, "a", 0}, {20 * time.Second, "a", 0}, {20 * time.Second, "a", 20 * time.Second}, {0, "b", 0},
		{20 * time.Second, "a", 0}, {0, "a", 20 * time.Second}, {time.Hour, "a", 0},
	} {
		clk.Advance(s.after)
		if got := try(s.what); got != s.want {
			t.Errorf("step %d: wait %v, want %v", i, got, s.want)
		}
	}
	try("c")
	try("c")
	if err := d.Forgive(t.Context(), "test", "c"); err != nil {
		t.Fatal(err)
	}
	if got := try("c"); got != 0 {
		t.Errorf("after forgiving: wait %v", got)
	}
}

func TestAttemptsAtOnceStayWithinTheLimit(t *testing.T) {
	s, clk := open(t)
	d := org.NewDirectory(s, clk)
	var mu sync.Mutex
	made := 0
	var done sync.WaitGroup
	for range 40 {
		done.Go(func() {
			wait, err := d.Attempt(context.Background(), org.Limit{Most: 7, In: time.Hour}, "test")
			if err != nil {
				t.Error(err)
			}
			if wait == 0 {
				mu.Lock()
				made++
				mu.Unlock()
			}
		})
	}
	done.Wait()
	if made != 7 {
		t.Errorf("%d tries were let through, want 7", made)
	}
}

func TestFoundingIsOnce(t *testing.T) {
	s, clk := open(t)
	d := org.NewDirectory(s, clk)
	apply := func(id string, first bool) error {
		_, ops := org.Founding(id, first)
		return s.Apply(t.Context(), store.Batch{Token: rand.Text(), Ops: ops})
	}
	empty := func() bool {
		t.Helper()
		e, err := d.Empty(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return e
	}
	if !empty() {
		t.Fatal("a new installation is not empty")
	}
	for _, step := range []struct {
		id    string
		first bool
		fails bool
	}{{"org_a", true, false}, {"org_b", true, true}, {"org_b", false, false}, {"org_b", false, true}} {
		var failed *store.Failed
		if err := apply(step.id, step.first); errors.As(err, &failed) != step.fails {
			t.Errorf("%+v: %v", step, err)
		}
	}
	if empty() {
		t.Error("the directory is still empty")
	}
}
