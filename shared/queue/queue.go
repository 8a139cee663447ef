// Package queue is the port to work that is done later: a sender, and the contract of whoever handles messages.
//
// Delivery is at least once and in no order: a message comes again when its handler fails or panics, outlives the
// visibility timeout, or dies. After a number of receives it is put aside as a dead letter. So handlers must make a
// repetition harmless (a job's chunks and due items do).
//
// No queue is the only record of work to do. What must happen is a due item in the store, written in the same commit
// as its cause; the message only makes it happen soon, and a schedule sends it again when it is due and undone.
//
// Bodies are text: JSON or a sealed token, since they carry the organisation they are for. Drivers: sqsqueue and the
// in-process memqueue; queuetest holds what both must do.
//
// Faults: Invalid (a message out of the limits), Exhausted (queue_hops: the message has been passed on too often),
// Unavailable (queue: the service does not answer; some of the messages may have been sent).
package queue

import (
	"context"
	"errors"
	"runtime/debug"
	"time"
	"unicode/utf8"

	"github.com/muster-crm/muster/shared/fault"
)

// Limits of the port.
const (
	MaxBody  = 255 << 10        // bytes of a body; SQS's 256 KB count attributes too
	MaxDelay = 15 * time.Minute // longer waits are due items
	MaxHops  = 15               // Lambda ends a function that feeds its own queue after about 16 rounds
)

// Queue sends messages. It is safe for concurrent use.
type Queue interface {
	// Send sends messages. Before any is sent all are checked. Faults: Invalid, Exhausted, Unavailable.
	Send(ctx context.Context, messages ...Message) error
}

// Message is a message to send or one that came.
type Message struct {
	Body  []byte
	Delay time.Duration // before its first delivery; 0 to MaxDelay, whole seconds, rounded up
	Hops  int           // how many messages led to this one: a handler that sends on gives its own message's Hops + 1

	ID      string // of a message that came; the same at each delivery
	Attempt int    // of a message that came: 1 at its first delivery
}

// Handler handles a message. A message whose handler returns nil is done; one whose handler fails comes again.
type Handler func(ctx context.Context, m Message) error

// Check refuses messages out of the limits. Drivers call it before they send any.
func Check(messages []Message) error {
	for _, m := range messages {
		switch {
		case len(m.Body) == 0:
			return fault.Bad("body", "required")
		case len(m.Body) > MaxBody:
			return fault.Bad("body", "too_long")
		case !text(m.Body):
			return fault.Bad("body", "format")
		case m.Delay < 0 || m.Delay > MaxDelay:
			return fault.Bad("delay", "range")
		case m.Hops < 0:
			return fault.Bad("hops", "range")
		case m.Hops > MaxHops:
			return fault.New(fault.Exhausted, "queue_hops")
		}
	}
	return nil
}

// text tells whether SQS would take the body: the characters XML 1.0 can write.
func text(body []byte) bool {
	if !utf8.Valid(body) {
		return false
	}
	for _, r := range string(body) {
		if r < ' ' && r != '\t' && r != '\n' && r != '\r' || r == 0xFFFE || r == 0xFFFF {
			return false
		}
	}
	return true
}

// Call calls a handler and makes an Internal fault of a panic, so that one bad message does not end the process. The
// fault's cause is the stack, without what the panic said, since that may quote the message.
func Call(ctx context.Context, handle Handler, m Message) (err error) {
	defer func() {
		if recover() != nil {
			err = fault.Wrap(fault.Internal, "queue_panic", errors.New(string(debug.Stack())))
		}
	}()
	return handle(ctx, m)
}

// Seconds gives a delay in whole seconds, rounded up, as SQS counts it.
func Seconds(d time.Duration) int32 { return int32((d + time.Second - 1) / time.Second) }
