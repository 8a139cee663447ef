// Package queuetest holds what every queue must do, sender and consumer together.
package queuetest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/muster-crm/muster/shared/fault"
	"github.com/muster-crm/muster/shared/queue"
)

// Visibility and MaxReceives are what a rig's queue must be set to.
const (
	Visibility  = time.Minute
	MaxReceives = 3
)

// Rig is a queue under test.
type Rig struct {
	Queue   queue.Queue
	Advance func(time.Duration)    // lets time pass and everything due be delivered; 0 delivers what is due now
	Dead    func() []queue.Message // the dead letters; Body and Hops suffice
}

// Run runs the suite. open makes a queue whose messages go to handle, calls body once with it, and ends it.
func Run(t *testing.T, open func(t *testing.T, handle queue.Handler, body func(t *testing.T, r Rig))) {
	for _, c := range []struct {
		name string
		run  func(t *testing.T, k *keeper, r Rig)
	}{
		{"a message arrives as it was sent, once", arrives},
		{"many messages", many},
		{"delay", delay},
		{"a failed message comes again", again},
		{"one failure leaves the others alone", alone},
		{"a panic is a failure", panics},
		{"dead letters", deadLetters},
		{"limits", limits},
		{"hops", hops},
		{"cancelled", cancelled},
	} {
		t.Run(c.name, func(t *testing.T) {
			k := &keeper{}
			open(t, k.handle, func(t *testing.T, r Rig) { c.run(t, k, r) })
		})
	}
}

// keeper is a handler that keeps what came and fails as told.
type keeper struct {
	mu   sync.Mutex
	came []queue.Message
	fail func(queue.Message) error
}

func (k *keeper) handle(_ context.Context, m queue.Message) error {
	k.mu.Lock()
	k.came = append(k.came, m)
	fail := k.fail
	k.mu.Unlock()
	if fail != nil {
		return fail(m)
	}
	return nil
}

// bodies gives what came, each as "body#attempt", sorted.
func (k *keeper) bodies() []string {
	k.mu.Lock()
	defer k.mu.Unlock()
	var all []string
	for _, m := range k.came {
		all = append(all, fmt.Sprintf("%s#%d", m.Body, m.Attempt))
	}
	slices.Sort(all)
	return all
}

func (k *keeper) want(t *testing.T, when string, want ...string) {
	t.Helper()
	if diff := cmp.Diff(want, k.bodies()); diff != "" {
		t.Errorf("%s (-want +came):\n%s", when, diff)
	}
}

func send(t *testing.T, r Rig, messages ...queue.Message) {
	t.Helper()
	if err := r.Queue.Send(t.Context(), messages...); err != nil {
		t.Fatal(err)
	}
}

func text(body string) queue.Message { return queue.Message{Body: []byte(body)} }

func arrives(t *testing.T, k *keeper, r Rig) {
	body := "{\"a\":\"Zoë 👋 <&>\",\n\t\"b\":\"" + strings.Repeat("x", 1000) + "\"}"
	send(t, r, queue.Message{Body: []byte(body), Hops: 3, ID: "ignored", Attempt: 9})
	r.Advance(0)
	r.Advance(10 * Visibility)
	if len(k.came) != 1 {
		t.Fatalf("came %d times", len(k.came))
	}
	m := k.came[0]
	if string(m.Body) != body || m.Hops != 3 || m.Attempt != 1 || m.ID == "" || m.ID == "ignored" {
		t.Errorf("came as %+v", m)
	}
	if dead := r.Dead(); len(dead) != 0 {
		t.Errorf("dead letters: %v", dead)
	}
}

func many(t *testing.T, k *keeper, r Rig) {
	var messages []queue.Message
	var want []string
	for i := range 25 {
		// Together more than one request of a service may hold.
		body := fmt.Sprintf("%02d", i) + strings.Repeat("x", 20_000)
		messages = append(messages, text(body))
		want = append(want, body+"#1")
	}
	send(t, r, messages...)
	send(t, r)
	r.Advance(0)
	k.want(t, "25 messages", want...)
	ids := map[string]bool{}
	for _, m := range k.came {
		ids[m.ID] = true
	}
	if len(ids) != len(messages) {
		t.Errorf("%d messages have %d ids", len(messages), len(ids))
	}
}

func delay(t *testing.T, k *keeper, r Rig) {
	send(t, r, queue.Message{Body: []byte("late"), Delay: 89500 * time.Millisecond}, text("now"))
	r.Advance(0)
	k.want(t, "at once", "now#1")
	r.Advance(89 * time.Second)
	k.want(t, "a second before", "now#1")
	r.Advance(time.Second)
	k.want(t, "then", "late#1", "now#1")
}

func again(t *testing.T, k *keeper, r Rig) {
	k.fail = func(m queue.Message) error {
		if m.Attempt < MaxReceives {
			return errors.New("a passing trouble")
		}
		return nil
	}
	send(t, r, queue.Message{Body: []byte("x"), Hops: 2})
	r.Advance(0)
	k.want(t, "first", "x#1")
	r.Advance(Visibility)
	k.want(t, "second", "x#1", "x#2")
	r.Advance(Visibility)
	r.Advance(10 * Visibility)
	k.want(t, "third and last", "x#1", "x#2", "x#3")
	for _, m := range k.came {
		if m.ID != k.came[0].ID || m.Hops != 2 {
			t.Errorf("came again as %+v, first as %+v", m, k.came[0])
		}
	}
	if dead := r.Dead(); len(dead) != 0 {
		t.Errorf("dead letters: %v", dead)
	}
}

func alone(t *testing.T, k *keeper, r Rig) {
	k.fail = func(m queue.Message) error {
		if string(m.Body) == "bad" && m.Attempt == 1 {
			return fault.New(fault.Unavailable, "store")
		}
		return nil
	}
	send(t, r, text("a"), text("bad"), text("c"))
	r.Advance(0)
	k.want(t, "first", "a#1", "bad#1", "c#1")
	r.Advance(Visibility)
	r.Advance(10 * Visibility)
	k.want(t, "in the end", "a#1", "bad#1", "bad#2", "c#1")
}

func panics(t *testing.T, k *keeper, r Rig) {
	k.fail = func(m queue.Message) error {
		if m.Attempt == 1 {
			panic("a defect")
		}
		return nil
	}
	send(t, r, text("x"), text("y"))
	r.Advance(0)
	r.Advance(Visibility)
	k.want(t, "in the end", "x#1", "x#2", "y#1", "y#2")
}

func deadLetters(t *testing.T, k *keeper, r Rig) {
	k.fail = func(queue.Message) error { return errors.New("never") }
	send(t, r, queue.Message{Body: []byte("x"), Hops: 4})
	r.Advance(0)
	for range MaxReceives - 1 {
		if dead := r.Dead(); len(dead) != 0 {
			t.Errorf("dead too early: %v", dead)
		}
		r.Advance(Visibility)
	}
	r.Advance(10 * Visibility)
	k.want(t, "tried", "x#1", "x#2", "x#3")
	if dead := r.Dead(); len(dead) != 1 || string(dead[0].Body) != "x" || dead[0].Hops != 4 {
		t.Errorf("dead letters: %+v", dead)
	}
}

func limits(t *testing.T, k *keeper, r Rig) {
	for name, m := range map[string]queue.Message{
		"an empty body":    {},
		"a long body":      text(strings.Repeat("x", queue.MaxBody+1)),
		"no text":          text("\xff"),
		"a control":        text("a\x00b"),
		"a non-character":  text("a\uffffb"),
		"a long delay":     {Body: []byte("x"), Delay: queue.MaxDelay + 1},
		"a negative delay": {Body: []byte("x"), Delay: -1},
		"negative hops":    {Body: []byte("x"), Hops: -1},
	} {
		if err := r.Queue.Send(t.Context(), text("good"), m); !errors.Is(err, fault.Invalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
	r.Advance(Visibility)
	k.want(t, "nothing is sent when one is refused")

	send(t, r, queue.Message{Body: []byte(strings.Repeat("x", queue.MaxBody)), Hops: queue.MaxHops}, queue.Message{Body: []byte("y"), Delay: queue.MaxDelay})
	r.Advance(queue.MaxDelay)
	if len(k.came) != 2 {
		t.Errorf("at the limits %d of 2 came", len(k.came))
	}
}

// hops sends a message on as long as the queue lets it.
func hops(t *testing.T, k *keeper, r Rig) {
	refused := make(chan error, 2)
	k.fail = func(m queue.Message) error {
		if err := r.Queue.Send(context.WithoutCancel(t.Context()), queue.Message{Body: m.Body, Hops: m.Hops + 1}); err != nil {
			refused <- err
		}
		return nil
	}
	send(t, r, text("x"))
	for range queue.MaxHops + 5 {
		r.Advance(Visibility)
	}
	if len(k.came) != queue.MaxHops+1 {
		t.Errorf("passed on %d times", len(k.came)-1)
	}
	select {
	case err := <-refused:
		if !errors.Is(err, fault.Exhausted) {
			t.Errorf("then: %v", err)
		}
	default:
		t.Error("then: no refusal")
	}
}

func cancelled(t *testing.T, k *keeper, r Rig) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := r.Queue.Send(ctx, text("x")); !errors.Is(err, context.Canceled) {
		t.Errorf("Send: %v", err)
	}
	r.Advance(Visibility)
	k.want(t, "cancelled")
}
