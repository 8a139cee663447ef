// Package memqueue is a queue inside the process, for the local run and tests: it gives messages to its handler with
// SQS's rules of visibility, repetition and dead letters.
//
// It is not durable, and need not be: what must happen is a due item in the store, and the schedule sends it again
// after a restart.
//
// A message given out is hidden for the visibility timeout. If its handler returns nil in time or late, it is gone; if
// it fails, it comes again after Backoff; if it has neither returned, it comes again when the timeout ends, to
// another call. A message that was given out MaxReceives times and would come again is a dead letter.
//
// Time is the standard library's, so tests run it in a synctest bubble.
package memqueue

import (
	"container/heap"
	"context"
	"log/slog"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/muster-crm/muster/shared/fault"
	"github.com/muster-crm/muster/shared/queue"
)

// Options of a queue. A zero value takes the default in brackets.
type Options struct {
	Visibility  time.Duration                   // how long a message given out is hidden (1 min)
	MaxReceives int                             // how often a message is given out before it is a dead letter (5)
	Concurrency int                             // handlers at once (1)
	Timeout     time.Duration                   // a handler's deadline, as a function's timeout (none)
	Backoff     func(attempt int) time.Duration // the pause after the attempt-th failure (1 s doubling, at most Visibility)
	Log         *slog.Logger                    // where failures are noted (slog.Default)
}

// Queue is a queue.Queue with its consumer.
type Queue struct {
	o      Options
	handle queue.Handler
	ctx    context.Context // of handlers
	cancel context.CancelFunc
	wake   chan struct{} // something about waiting changed
	closed chan struct{}
	calls  sync.WaitGroup // the dispatcher and running handlers

	mu      sync.Mutex
	waiting line // every message not done, by when it can be given out
	dead    []queue.Message
	free    int // handlers that could start
	sent    int
	done    bool
}

var _ queue.Queue = (*Queue)(nil)

// New makes a queue whose messages go to handle, and starts it.
func New(handle queue.Handler, o Options) *Queue {
	o.Visibility = orElse(o.Visibility, time.Minute)
	o.MaxReceives = orElse(o.MaxReceives, 5)
	o.Concurrency = orElse(o.Concurrency, 1)
	if o.Log == nil {
		o.Log = slog.Default()
	}
	if o.Backoff == nil {
		o.Backoff = func(attempt int) time.Duration {
			return min(time.Second<<min(attempt-1, 20), o.Visibility)
		}
	}
	q := &Queue{o: o, handle: handle, free: o.Concurrency, wake: make(chan struct{}, 1), closed: make(chan struct{})}
	q.ctx, q.cancel = context.WithCancel(context.Background())
	q.calls.Go(q.dispatch)
	return q
}

func orElse[T int | time.Duration](value, def T) T {
	if value == 0 {
		return def
	}
	return value
}

// Send implements queue.Queue. A closed queue is Unavailable.
func (q *Queue) Send(ctx context.Context, messages ...queue.Message) error {
	if err := queue.Check(messages); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.done {
		return fault.New(fault.Unavailable, "queue")
	}
	for _, m := range messages {
		q.sent++
		m.ID, m.Attempt, m.Body = strconv.Itoa(q.sent), 0, slices.Clone(m.Body)
		wait := time.Duration(queue.Seconds(m.Delay)) * time.Second
		heap.Push(&q.waiting, &entry{message: m, due: time.Now().Add(wait), order: q.sent})
	}
	q.poke()
	return nil
}

// Dead gives the dead letters, oldest first.
func (q *Queue) Dead() []queue.Message {
	q.mu.Lock()
	defer q.mu.Unlock()
	return slices.Clone(q.dead)
}

// Redrive sends all dead letters again, as if they were new.
func (q *Queue) Redrive(ctx context.Context) error {
	q.mu.Lock()
	dead := q.dead
	q.dead = nil
	q.mu.Unlock()
	for i := range dead {
		dead[i].Delay = 0
	}
	return q.Send(ctx, dead...)
}

// Len gives how many messages are neither done nor dead.
func (q *Queue) Len() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return len(q.waiting)
}

// Close stops giving out messages and waits for running handlers. When ctx ends first, their contexts are cancelled
// and ctx's error is returned at once. What was not handled is forgotten.
func (q *Queue) Close(ctx context.Context) error {
	q.mu.Lock()
	if !q.done {
		q.done = true
		close(q.closed)
	}
	q.mu.Unlock()
	defer q.cancel()
	drained := make(chan struct{})
	go func() {
		q.calls.Wait()
		close(drained)
	}()
	select {
	case <-drained:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// poke makes the dispatcher look again.
func (q *Queue) poke() {
	select {
	case q.wake <- struct{}{}:
	default:
	}
}

// dispatch gives out messages when they are due and a handler is free.
func (q *Queue) dispatch() {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		if wait, waits := q.give(); waits {
			timer.Reset(wait)
		} else {
			timer.Stop()
		}
		select {
		case <-q.closed:
			return
		case <-q.wake:
		case <-timer.C:
		}
	}
}

// give starts handlers for what is due, and says how long to wait for the next message if there is one to wait for.
func (q *Queue) give() (time.Duration, bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for len(q.waiting) > 0 && !q.done {
		e := q.waiting[0]
		if wait := time.Until(e.due); wait > 0 {
			return wait, true
		}
		if e.message.Attempt >= q.o.MaxReceives {
			heap.Pop(&q.waiting)
			q.dead = append(q.dead, e.message)
			q.o.Log.Error("message is a dead letter", "message", e.message.ID, "attempt", e.message.Attempt)
			continue
		}
		if q.free == 0 {
			return 0, false // the end of a handler wakes
		}
		q.free--
		e.message.Attempt++
		e.due = time.Now().Add(q.o.Visibility)
		heap.Fix(&q.waiting, e.place)
		m := e.message
		q.calls.Go(func() { q.call(e, m) })
	}
	return 0, false
}

// call runs the handler and settles the message.
func (q *Queue) call(e *entry, m queue.Message) {
	ctx, cancel := q.ctx, context.CancelFunc(func() {})
	if q.o.Timeout > 0 {
		ctx, cancel = context.WithTimeout(ctx, q.o.Timeout)
	}
	defer cancel()
	m.Body = slices.Clone(m.Body)
	err := queue.Call(ctx, q.handle, m)
	if err != nil {
		q.o.Log.Warn("message failed", "message", m.ID, "attempt", m.Attempt, "error", err.Error())
	}

	q.mu.Lock()
	defer q.mu.Unlock()
	q.free++
	switch {
	case e.place < 0: // done by another call meanwhile, or dead
	case err == nil:
		heap.Remove(&q.waiting, e.place)
	case e.message.Attempt == m.Attempt: // else it has been given out again, and that call decides
		e.due = time.Now()
		if m.Attempt < q.o.MaxReceives {
			e.due = e.due.Add(q.o.Backoff(m.Attempt))
		}
		heap.Fix(&q.waiting, e.place)
	}
	q.poke()
}

// entry is a message not done.
type entry struct {
	message queue.Message
	due     time.Time
	order   int
	place   int // in the line; -1 when it has left
}

// line is a heap of entries by when they are due, then by when they were sent.
type line []*entry

func (l line) Len() int { return len(l) }
func (l line) Less(i, j int) bool {
	if order := l[i].due.Compare(l[j].due); order != 0 {
		return order < 0
	}
	return l[i].order < l[j].order
}
func (l line) Swap(i, j int) {
	l[i], l[j] = l[j], l[i]
	l[i].place, l[j].place = i, j
}
func (l *line) Push(x any) {
	e := x.(*entry)
	e.place = len(*l)
	*l = append(*l, e)
}
func (l *line) Pop() any {
	old := *l
	e := old[len(old)-1]
	old[len(old)-1] = nil
	*l = old[:len(old)-1]
	e.place = -1
	return e
}
