// Package store is the port to the database: one table of items addressed by partition and sort key.
//
// Purpose. Everything Muster keeps is an Item: opaque bytes under a Key, with a revision that every change raises by
// one. A driver offers four methods. What DynamoDB refuses, the port refuses before any driver sees it (Checked), so
// that the embedded store can never accept what the cloud would not.
//
// Guarantees every driver gives, proven by package storetest:
//   - Apply is all or nothing, and each operation's expectation is judged against the state the others are judged against.
//   - Get and Query are strongly consistent: they see every acknowledged Apply. Get in mode Together returns items as
//     of one moment; a Query that runs beside a committing Apply may see a part of it.
//   - Sort keys order by bytes.
//   - An item past its expiry is absent, in reads and in expectations; a driver may remove it at any time after.
//   - The same Batch applied again through the same Store with the same Token within ten minutes, whatever happened to
//     the first attempt's answer, has its effect once: after the attempt that had it, every later one answers success. An attempt that had
//     no effect is not remembered; the next one is judged afresh. Another Batch under the Token of one that had its
//     effect is refused.
package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/muster-crm/muster/shared/fault"
)

// Limits, from DynamoDB's (items 400 KB, transactions 100 actions and 4 MB, partition key 2,048 bytes, sort key 1,024
// bytes, query pages 1 MB) and, for values, Muster's own. MaxTogether items of the greatest size make less than 4 MB.
const (
	MaxActions   = 100
	MaxBatch     = 4 << 20
	MaxValue     = 64 << 10
	MaxPartition = 2048
	MaxSort      = 1024
	MaxGet       = 100
	MaxTogether  = 60
	MaxQuery     = 1000
	MaxPage      = 1 << 20
	MaxToken     = 36
)

// Key addresses an item. Both parts are byte strings and never empty.
type Key struct {
	Partition string
	Sort      string
}

// Item is what is stored under a key.
type Item struct {
	Key
	Revision int64     // 1 on creation, one more with each change
	Value    []byte    // opaque; at most MaxValue bytes
	Expires  time.Time // to the second, a fraction is cut off; zero: never
}

// Live says whether the item has not expired. An item expires at the beginning of the second Expires names.
func (i *Item) Live(now time.Time) bool {
	return i.Expires.IsZero() || i.Expires.Unix() > now.Unix()
}

// Expectations of an Op that are no revision.
const (
	Absent int64 = 0  // there must be no item under the key
	Any    int64 = -1 // only for Delete: whatever is there, or nothing
)

// OpKind says what an Op does.
type OpKind uint8

// What an Op can do.
const (
	Put    OpKind = iota + 1 // write Value and Expires; the revision becomes Expect+1, or Revision where given
	Delete                   // remove the item
	Check                    // change nothing, only hold the expectation
)

// Op is one action of a Batch. The batch fails unless the item under Key is at revision Expect (or Absent, or Any).
// A Delete that expects Absent holds the expectation and does nothing.
type Op struct {
	Kind     OpKind
	Key      Key
	Expect   int64
	Value    []byte
	Expires  time.Time
	Revision int64 // of a Put that moves an item in from elsewhere: the revision it gets, above Expect; 0: Expect+1
}

// Next is the revision a Put gives its item.
func (op Op) Next() int64 {
	if op.Revision != 0 {
		return op.Revision
	}
	return op.Expect + 1
}

// Batch is what Apply commits: 1 to MaxActions operations on different keys, together at most MaxBatch bytes. Token
// makes a repeated attempt the same attempt; it is new for every batch and the same for its resends. It is 1 to MaxToken
// printable ASCII characters.
type Batch struct {
	Token string
	Ops   []Op
}

// Query asks for a part of one partition in the order of sort keys. Prefix, or From (inclusive) and To (exclusive),
// narrow it; After continues behind a sort key an earlier page ended with. After may be any string: one before the part
// asked for changes nothing, one behind it gives an empty page.
type Query struct {
	Partition string
	Prefix    string
	From, To  string
	After     string
	Reverse   bool
	Limit     int // 1 to MaxQuery; 0 is MaxQuery
}

// Bounds gives the part of the partition a query asks for as a range, from inclusive and to exclusive; an empty to has
// no end. It does not take After into account.
func (q Query) Bounds() (from, to string) {
	if q.Prefix == "" {
		return q.From, q.To
	}
	for n := len(q.Prefix); n > 0; n-- {
		if last := q.Prefix[n-1]; last < 0xff {
			return q.Prefix, q.Prefix[:n-1] + string([]byte{last + 1})
		}
	}
	return q.Prefix, ""
}

// Page is an answer to a Query. Next is the After of the following page, empty at the end. A page may hold fewer items
// than the limit and still have a next one (a page ends at MaxPage bytes), and the last page may be empty.
type Page struct {
	Items []Item
	Next  string
}

// Mode says whether the items of one Get must agree with each other.
type Mode uint8

// Modes of Get.
const (
	Each     Mode = iota // each item as of its own moment
	Together             // all items as of one moment
)

// Store is the port. All methods are safe for concurrent use.
//
// Errors: *Failed when expectations do not hold; ErrBusy when another transaction was in the way or the table
// throttled, and for reads when it does not answer (this attempt did nothing, try again); ErrUnknown when Apply's outcome is not known; *Refused for a request
// outside the limits; the context's error; anything else is a defect or an outage. After ErrUnknown only the same Batch
// with the same Token tells what happened, and a later ErrBusy for it says nothing about the first attempt.
type Store interface {
	// Get reads up to MaxGet different keys, MaxTogether in mode Together. The answer has one entry a key, in their
	// order, nil where there is no item.
	Get(ctx context.Context, mode Mode, keys ...Key) ([]*Item, error)
	// Query reads one page of one partition.
	Query(ctx context.Context, q Query) (Page, error)
	// Apply commits a batch, all or nothing.
	Apply(ctx context.Context, b Batch) error
	// Close releases the store. No other method may be called afterwards.
	Close() error
}

// ErrBusy says that this attempt did nothing, because of contention or throttling.
var ErrBusy = errors.New("store: busy, nothing was done")

// ErrUnknown says that an Apply may or may not have happened.
var ErrUnknown = errors.New("store: the outcome is not known")

// Passing tells whether an error is one of the store's passing troubles: ErrBusy or ErrUnknown.
func Passing(err error) bool { return errors.Is(err, ErrBusy) || errors.Is(err, ErrUnknown) }

// Fault makes of the store's passing troubles what callers can act on, a fault of kind Unavailable; every other error, and
// none, stays as it is. It is for reads, and for writes that may happen twice: of an outcome that is not known it says no more
// than to try again.
func Fault(err error) error {
	if Passing(err) {
		return fault.Wrap(fault.Unavailable, "unavailable", err)
	}
	return err
}

// Failed says which expectations of a Batch did not hold. Nothing was done.
type Failed struct {
	Failures []Failure // in the order of the batch, at least one
}

// Failure is one expectation that did not hold, with the item that is there instead (nil: none).
type Failure struct {
	Index   int
	Key     Key
	Current *Item
}

func (f *Failed) Error() string {
	return fmt.Sprintf("store: %d expectations did not hold, first at operation %d", len(f.Failures), f.Failures[0].Index)
}

// Refused says that a request breaks a limit of the port.
type Refused struct {
	Reason string
}

func (r *Refused) Error() string { return "store: refused: " + r.Reason }

func refuse(format string, args ...any) error { return &Refused{Reason: fmt.Sprintf(format, args...)} }

// Checked wraps a driver with the port's limits. Every driver's constructor returns a checked store. A driver below it
// sees a Query only when the part it asks for can hold something, with a Limit, and with an After that is inside the part.
func Checked(driver Store) Store { return checked{driver} }

type checked struct{ driver Store }

func (c checked) Get(ctx context.Context, mode Mode, keys ...Key) ([]*Item, error) {
	if len(keys) == 0 {
		return nil, nil
	}
	if len(keys) > MaxGet || mode == Together && len(keys) > MaxTogether {
		return nil, refuse("%d keys in one get", len(keys))
	}
	seen := make(map[Key]bool, len(keys))
	for _, k := range keys {
		if err := checkKey(k); err != nil {
			return nil, err
		}
		if seen[k] {
			return nil, refuse("a key twice in one get")
		}
		seen[k] = true
	}
	return c.driver.Get(ctx, mode, keys...)
}

func (c checked) Query(ctx context.Context, q Query) (Page, error) {
	if q.Partition == "" || len(q.Partition) > MaxPartition {
		return Page{}, refuse("partition key of %d bytes", len(q.Partition))
	}
	for _, s := range []string{q.Prefix, q.From, q.To, q.After} {
		if len(s) > MaxSort {
			return Page{}, refuse("sort key of %d bytes", len(s))
		}
	}
	if q.Prefix != "" && (q.From != "" || q.To != "") {
		return Page{}, refuse("prefix and range in one query")
	}
	if q.Limit < 0 || q.Limit > MaxQuery {
		return Page{}, refuse("limit of %d", q.Limit)
	}
	if q.Limit == 0 {
		q.Limit = MaxQuery
	}
	from, to := q.Bounds()
	if to != "" && from >= to {
		return Page{}, nil
	}
	if q.After != "" {
		before, behind := q.After < from, to != "" && q.After >= to
		if q.Reverse {
			before, behind = behind, q.After <= from
		}
		switch {
		case behind:
			return Page{}, nil
		case before:
			q.After = ""
		}
	}
	return c.driver.Query(ctx, q)
}

func (c checked) Apply(ctx context.Context, b Batch) error {
	if err := Hold(b); err != nil {
		return err
	}
	return c.driver.Apply(ctx, b)
}

// Series is what a store may offer beside Apply: batches that follow each other, for less than one by one.
//
// They are applied in their order, each all or nothing and held against what those before it leave, up to the first that is
// not; done are those that were, and the error is of the next one, as Apply's. Each is held to the limits by itself, and to its
// own token: one that had its effect before counts as done. With ErrUnknown nothing is known of those behind the first done
// either: any number of them may have had their effect, in their order, and each tells under its token.
type Series interface {
	ApplyAll(ctx context.Context, batches []Batch) (done int, err error)
}

// ApplyAll applies a series of batches to any store: together where it offers that, else one by one.
func ApplyAll(ctx context.Context, s Store, batches []Batch) (done int, err error) {
	if series, ok := s.(Series); ok {
		return series.ApplyAll(ctx, batches)
	}
	for ; done < len(batches); done++ {
		if err := s.Apply(ctx, batches[done]); err != nil {
			return done, err
		}
	}
	return done, nil
}

// Hold holds a batch against the limits.
func Hold(b Batch) error {
	if len(b.Ops) == 0 || len(b.Ops) > MaxActions {
		return refuse("%d actions in one batch", len(b.Ops))
	}
	if b.Token == "" || len(b.Token) > MaxToken {
		return refuse("token of %d bytes", len(b.Token))
	}
	for _, c := range []byte(b.Token) {
		if c <= ' ' || c > '~' {
			return refuse("token with the byte %#x", c)
		}
	}
	total := 0
	seen := make(map[Key]bool, len(b.Ops))
	for _, op := range b.Ops {
		if err := checkKey(op.Key); err != nil {
			return err
		}
		if seen[op.Key] {
			return refuse("a key twice in one batch")
		}
		seen[op.Key] = true
		switch {
		case op.Kind < Put || op.Kind > Check:
			return refuse("unknown operation %d", op.Kind)
		case op.Expect < Any, op.Expect == Any && op.Kind != Delete:
			return refuse("expectation %d", op.Expect)
		case op.Kind != Put && (op.Value != nil || !op.Expires.IsZero()):
			return refuse("a value with an operation that writes none")
		case op.Revision != 0 && (op.Kind != Put || op.Revision <= op.Expect):
			return refuse("revision %d where %d is expected", op.Revision, op.Expect)
		case len(op.Value) > MaxValue:
			return refuse("value of %d bytes", len(op.Value))
		case !op.Expires.IsZero() && op.Expires.Unix() <= 0:
			return refuse("an expiry before 1970")
		}
		total += Size(op)
	}
	if total > MaxBatch {
		return refuse("batch of %d bytes", total)
	}
	return nil
}

func (c checked) Close() error { return c.driver.Close() }

// Size is what an operation counts against MaxBatch: its keys, its value, and the attributes and conditions a driver
// adds, which DynamoDB counts too.
func Size(op Op) int { return len(op.Key.Partition) + len(op.Key.Sort) + len(op.Value) + 128 }

func checkKey(k Key) error {
	switch {
	case k.Partition == "" || len(k.Partition) > MaxPartition:
		return refuse("partition key of %d bytes", len(k.Partition))
	case k.Sort == "" || len(k.Sort) > MaxSort:
		return refuse("sort key of %d bytes", len(k.Sort))
	}
	return nil
}
