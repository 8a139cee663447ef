package memqueue_test

import (
	"context"
	"errors"
	"log/slog"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/muster-crm/muster/shared/fault"
	"github.com/muster-crm/muster/shared/queue"
	"github.com/muster-crm/muster/shared/queue/memqueue"
	"github.com/muster-crm/muster/shared/queue/queuetest"
)

var quiet = slog.New(slog.DiscardHandler)

// pass lets time pass in a bubble until everything has settled.
func pass(d time.Duration) {
	<-time.After(d)
	synctest.Wait()
}

func TestSuite(t *testing.T) {
	for _, concurrency := range []int{1, 4} {
		queuetest.Run(t, func(t *testing.T, handle queue.Handler, body func(*testing.T, queuetest.Rig)) {
			synctest.Test(t, func(t *testing.T) {
				q := memqueue.New(handle, memqueue.Options{Visibility: queuetest.Visibility,
					MaxReceives: queuetest.MaxReceives, Concurrency: concurrency, Log: quiet,
					Backoff: func(int) time.Duration { return queuetest.Visibility }})
				defer q.Close(context.Background())
				body(t, queuetest.Rig{Queue: q, Advance: pass, Dead: q.Dead})
			})
		})
	}
}

func send(t *testing.T, q *memqueue.Queue, bodies ...string) {
	t.Helper()
	for _, body := range bodies {
		if err := q.Send(t.Context(), queue.Message{Body: []byte(body)}); err != nil {
			t.Fatal(err)
		}
	}
}

func TestAHandlerThatOutlivesTheTimeoutIsCalledAgainAndEitherMayFinish(t *testing.T) {
	for _, first := range []int{1, 2} {
		synctest.Test(t, func(t *testing.T) {
			var calls atomic.Int32
			let := []chan struct{}{make(chan struct{}), make(chan struct{})}
			q := memqueue.New(func(_ context.Context, m queue.Message) error {
				calls.Add(1)
				<-let[m.Attempt-1]
				return nil
			}, memqueue.Options{Visibility: time.Minute, Concurrency: 2, Log: quiet})
			send(t, q, "x")
			pass(59 * time.Second)
			if calls.Load() != 1 {
				t.Fatalf("%d calls before the timeout", calls.Load())
			}
			pass(time.Second)
			if calls.Load() != 2 {
				t.Fatalf("%d calls after the timeout", calls.Load())
			}
			close(let[first-1])
			synctest.Wait()
			if q.Len() != 0 {
				t.Errorf("call %d finished and the message is still there", first)
			}
			close(let[2-first])
			pass(time.Hour)
			if calls.Load() != 2 || len(q.Dead()) != 0 {
				t.Errorf("%d calls, dead %v", calls.Load(), q.Dead())
			}
			q.Close(context.Background())
		})
	}
}

func TestALateFailureDoesNotBringForwardTheNextCall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var calls atomic.Int32
		let := make(chan struct{})
		q := memqueue.New(func(_ context.Context, m queue.Message) error {
			calls.Add(1)
			if m.Attempt == 1 {
				<-let
				return errors.New("late")
			}
			<-time.After(30 * time.Second)
			return nil
		}, memqueue.Options{Visibility: time.Minute, Concurrency: 2, Log: quiet})
		send(t, q, "x")
		pass(time.Minute)
		close(let)
		pass(time.Hour)
		if calls.Load() != 2 || q.Len() != 0 {
			t.Errorf("%d calls, %d left", calls.Load(), q.Len())
		}
		q.Close(context.Background())
	})
}

func TestAHandlerThatNeverEndsMakesADeadLetter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := memqueue.New(func(ctx context.Context, _ queue.Message) error {
			<-ctx.Done()
			return ctx.Err()
		}, memqueue.Options{Visibility: time.Minute, MaxReceives: 2, Concurrency: 5, Log: quiet})
		send(t, q, "x")
		pass(3 * time.Minute)
		if dead := q.Dead(); len(dead) != 1 || dead[0].Attempt != 2 || q.Len() != 0 {
			t.Errorf("dead %+v, %d left", dead, q.Len())
		}
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		if err := q.Close(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Close with stuck handlers: %v", err)
		}
	})
}

func TestTimeoutEndsAHandlersContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var took time.Duration
		q := memqueue.New(func(ctx context.Context, _ queue.Message) error {
			start := time.Now()
			<-ctx.Done()
			took = time.Since(start)
			return nil
		}, memqueue.Options{Timeout: 20 * time.Second, Log: quiet})
		send(t, q, "x")
		pass(time.Minute)
		if took != 20*time.Second {
			t.Errorf("the handler ran %v", took)
		}
		q.Close(context.Background())
	})
}

func TestBackoff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		var at []time.Duration
		q := memqueue.New(func(context.Context, queue.Message) error {
			at = append(at, time.Since(start)/time.Second)
			return errors.New("never")
		}, memqueue.Options{Visibility: 5 * time.Second, MaxReceives: 6, Log: quiet})
		send(t, q, "x")
		pass(time.Hour)
		want := []time.Duration{0, 1, 3, 7, 12, 17}
		if len(at) != len(want) {
			t.Fatalf("tried at %v", at)
		}
		for i := range want {
			if at[i] != want[i] {
				t.Fatalf("tried at %d s, want %d", at, want)
			}
		}
		q.Close(context.Background())
	})
}

func TestConcurrencyIsLimitedAndOrderKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var running, most atomic.Int32
		var order []string
		q := memqueue.New(func(_ context.Context, m queue.Message) error {
			most.Store(max(most.Load(), running.Add(1)))
			<-time.After(time.Second)
			running.Add(-1)
			order = append(order, string(m.Body))
			return nil
		}, memqueue.Options{Concurrency: 1, Log: quiet})
		send(t, q, "a", "b", "c", "d")
		pass(time.Minute)
		if most.Load() != 1 || len(order) != 4 || order[0] != "a" || order[3] != "d" {
			t.Errorf("%d at once, in order %v", most.Load(), order)
		}
		q.Close(context.Background())

		most.Store(0)
		q = memqueue.New(func(context.Context, queue.Message) error {
			most.Store(max(most.Load(), running.Add(1)))
			<-time.After(time.Second)
			running.Add(-1)
			return nil
		}, memqueue.Options{Concurrency: 3, Log: quiet})
		send(t, q, "a", "b", "c", "d", "e", "f", "g")
		pass(3 * time.Second)
		if most.Load() != 3 || q.Len() != 0 {
			t.Errorf("%d at once, %d left after 3 s", most.Load(), q.Len())
		}
		q.Close(context.Background())
	})
}

func TestCloseDrains(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var done atomic.Int32
		q := memqueue.New(func(context.Context, queue.Message) error {
			<-time.After(10 * time.Second)
			done.Add(1)
			return nil
		}, memqueue.Options{Concurrency: 2, Log: quiet})
		send(t, q, "a", "b", "c")
		pass(time.Second)
		if err := q.Close(context.Background()); err != nil {
			t.Fatal(err)
		}
		if done.Load() != 2 {
			t.Errorf("%d handlers ended before Close did; 2 were running, 1 must not start", done.Load())
		}
		if err := q.Send(t.Context(), queue.Message{Body: []byte("x")}); !errors.Is(err, fault.Unavailable) {
			t.Errorf("Send after Close: %v", err)
		}
		if err := q.Close(context.Background()); err != nil {
			t.Errorf("a second Close: %v", err)
		}
	})
}

func TestRedrive(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		healed := false
		var attempts []int
		q := memqueue.New(func(_ context.Context, m queue.Message) error {
			attempts = append(attempts, m.Attempt)
			if healed {
				return nil
			}
			return errors.New("not yet")
		}, memqueue.Options{MaxReceives: 2, Log: quiet})
		send(t, q, "x")
		pass(time.Hour)
		healed = true
		if err := q.Redrive(t.Context()); err != nil {
			t.Fatal(err)
		}
		pass(time.Hour)
		if len(attempts) != 3 || attempts[2] != 1 || len(q.Dead()) != 0 || q.Len() != 0 {
			t.Errorf("attempts %v, dead %v, %d left", attempts, q.Dead(), q.Len())
		}
		q.Close(context.Background())
	})
}
