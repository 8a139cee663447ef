// Package log is the strict log of an organisation: the one order of everything that happened in it.
//
// Every write of an organisation is one Commit. In a single all-or-nothing batch it moves the organisation's head from
// n to n+1 on condition that it is n, writes log entry n+1, and does whatever the write is about: records, their
// changes, claims of unique keys, the idempotency record, due items. So entries have no gaps and never change places,
// and a reader that has seen entry n has seen all there is before it. With the changes that lie beside the records the
// log is history, feed of the index and source of undo.
//
// The head also holds the time of the last commit (the next one is never earlier, so the order needs no clock) and the
// next number of a contact.
//
// Keys used: o#head/head, o#l/sequence (package org).
//
// Guarantees. A commit whose answer was nil happened once. A failed expectation of anything but head and entry is the
// answer (*store.Failed); losing the race for the head is not, the commit is proposed again at the new head. When the
// outcome of an Apply is unknown, entry n+1 settles it: ours means done; another's means ours can never happen; none
// means the identical batch is sent again under the same token.
package log

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"github.com/muster-crm/muster/shared/clock"
	"github.com/muster-crm/muster/shared/fault"
	"github.com/muster-crm/muster/shared/org"
	"github.com/muster-crm/muster/shared/policy"
	"github.com/muster-crm/muster/shared/store"
)

// MaxOps is how many operations a proposal may hold: a batch's limit less head and entry.
const MaxOps = store.MaxActions - 2

// entryLimit is how large the item of an entry may be with the records it carries for the index, in bytes: a block of the
// table's, of which writes pay two units each. Records that do not fit the index fetches. attributes is what an item
// counts beside keys and value.
const (
	entryLimit = 1024
	attributes = 16
)

// Head is where an organisation's log stands.
type Head struct {
	Seq    int64     `json:"seq"`
	At     time.Time `json:"at"`     // of the commit being proposed: now, or the last commit's time if that is later
	Number int64     `json:"number"` // the next free contact number; 1 in a new organisation
}

// Ref names a revision of a record.
type Ref struct {
	Owner    string `json:"o,omitempty"` // empty: the record itself
	Kind     string `json:"k"`
	ID       string `json:"i"`
	Revision int64  `json:"r"`
}

// Key gives the store key of the record.
func (r Ref) Key(t org.Tenant) store.Key {
	owner := r.Owner
	if owner == "" {
		owner = r.ID
	}
	return t.Record(owner, r.Kind, r.ID)
}

// Proposal is what a commit would do at a head.
type Proposal struct {
	Ops    []store.Op // at most MaxOps, none on head or log
	Refs   []Ref      // the records among them
	Values [][]byte   // one a ref: its JSON as written, nil to let the index fetch it
	Number int64      // the next free number afterwards; 0: unchanged
	Action string     // what is done, such as "contact.create"
	Actor  policy.Actor
	Batch  string // the bulk action, import or merge it belongs to
}

// Entry is one commit as the log keeps it.
type Entry struct {
	Seq    int64             `json:"-"`
	At     time.Time         `json:"at"`
	Commit string            `json:"c"`
	Action string            `json:"a"`
	Actor  policy.Actor      `json:"by"`
	Batch  string            `json:"b,omitempty"`
	Refs   []Ref             `json:"refs,omitempty"`
	Docs   []json.RawMessage `json:"docs,omitempty"` // one a ref when they fit: the records' JSON
}

// Log commits to and reads the logs of all organisations in a store. It is safe for concurrent use.
type Log struct {
	store store.Store
	clock clock.Clock
	ids   *clock.IDs
	turns sync.Map // tenant -> chan struct{} with room for one: whose turn it is to commit
}

// position is a head as one commit knows it.
type position struct {
	known    bool
	head     Head
	revision int64
}

// patience is how long a commit without a deadline of its own keeps trying.
const patience = 20 * time.Second

// New makes the log of a store.
func New(s store.Store, c clock.Clock, ids *clock.IDs) *Log {
	return &Log{store: s, clock: c, ids: ids}
}

// Commit proposes a write until it is committed or refused. propose is called with the head the write would follow,
// once for each attempt; it must be free of effects. An error of propose is the answer. Errors: Unavailable when the
// context ends first; *store.Failed when an expectation of the proposal does not hold.
func (l *Log) Commit(ctx context.Context, t org.Tenant, propose func(Head) (Proposal, error)) (Entry, error) {
	ctx, leave, err := l.enter(ctx, t)
	if err != nil {
		return Entry{}, err
	}
	defer leave()
	c := &position{}
	for attempt := 1; ; attempt++ {
		entry, err := l.try(ctx, t, c, propose)
		pause := busyPause
		switch {
		case errors.Is(err, errRace):
			pause = racePause
		case errors.Is(err, errBusy):
		case err != nil && ctx.Err() != nil && errors.Is(err, ctx.Err()):
			return Entry{}, late(ctx)
		default:
			return entry, err
		}
		if err := rest(ctx, attempt, pause); err != nil {
			return Entry{}, err
		}
	}
}

// enter waits for a commit's turn, and gives the context that ends when it has tried long enough. Commits of one organisation
// in one process queue here instead of racing; other processes are raced.
func (l *Log) enter(ctx context.Context, t org.Tenant) (_ context.Context, leave func(), err error) {
	cancel := func() {}
	if _, ok := ctx.Deadline(); !ok {
		ctx, cancel = context.WithTimeout(ctx, patience)
	}
	turn, _ := l.turns.LoadOrStore(t, make(chan struct{}, 1))
	select {
	case turn.(chan struct{}) <- struct{}{}:
	case <-ctx.Done():
		defer cancel()
		return nil, nil, late(ctx)
	}
	return ctx, func() {
		noteCommit(ctx)
		<-turn.(chan struct{})
		cancel()
	}, nil
}

// Reasons why a commit did not happen and may be proposed again.
var (
	errRace = errors.New("log: another commit came first")
	errBusy = errors.New("log: the table is busy")
)

// The longest pauses before that. Whoever has lost a race comes back soon: the longer they stayed away, the more often
// those who have just won would win again.
const (
	racePause = 32 * time.Millisecond
	busyPause = 250 * time.Millisecond
)

func (l *Log) try(ctx context.Context, t org.Tenant, c *position, propose func(Head) (Proposal, error)) (Entry, error) {
	if !c.known {
		if err := l.readHead(ctx, t, c); err != nil {
			return Entry{}, retryable(err)
		}
	}
	now := l.clock.Now()
	if now.Before(c.head.At) {
		now = c.head.At
	}
	at := c.head
	at.At = now
	proposal, err := propose(at)
	if err != nil {
		return Entry{}, err
	}
	entry, batch, err := l.batch(t, c, at, proposal)
	if err != nil {
		return Entry{}, err
	}
	switch err := l.apply(ctx, t, entry, batch, false); {
	case err == nil:
		return entry, nil
	case errors.Is(err, errRace):
		c.known = false
		return Entry{}, err
	default:
		var failed *store.Failed
		if !errors.As(err, &failed) {
			c.known = false
			return Entry{}, retryable(err)
		}
		return Entry{}, l.judge(c, failed)
	}
}

// batch builds the whole commit: the proposal, the entry and the head's move.
func (l *Log) batch(t org.Tenant, c *position, at Head, p Proposal) (Entry, store.Batch, error) {
	if len(p.Ops) > MaxOps {
		return Entry{}, store.Batch{}, fmt.Errorf("log: %d operations in one commit", len(p.Ops))
	}
	entry := Entry{Seq: at.Seq + 1, At: at.At, Commit: l.ids.New("cm"), Action: p.Action, Actor: p.Actor, Batch: p.Batch, Refs: p.Refs}
	value, err := json.Marshal(entry)
	if err != nil {
		return Entry{}, store.Batch{}, err
	}
	key := t.Entry(entry.Seq)
	size := len(key.Partition) + len(key.Sort) + attributes + len(value) + len(`,"docs":[]`)
	for _, v := range p.Values {
		size += len(v) + len(",")
	}
	none := func(v []byte) bool { return len(v) == 0 }
	if len(p.Values) == len(p.Refs) && len(p.Values) > 0 && !slices.ContainsFunc(p.Values, none) && size <= entryLimit {
		for _, v := range p.Values {
			entry.Docs = append(entry.Docs, v)
		}
		if value, err = json.Marshal(entry); err != nil {
			return Entry{}, store.Batch{}, err
		}
	}
	next := Head{Seq: entry.Seq, At: at.At, Number: at.Number}
	if p.Number != 0 {
		next.Number = p.Number
	}
	head, err := json.Marshal(next)
	if err != nil {
		return Entry{}, store.Batch{}, err
	}
	ops := append([]store.Op{
		{Kind: store.Put, Key: t.Head(), Expect: c.revision, Value: head},
		{Kind: store.Put, Key: key, Expect: store.Absent, Value: value},
	}, p.Ops...)
	return entry, store.Batch{Token: entry.Commit, Ops: ops}, nil
}

// apply sends a commit until its outcome is known; unknown tells that it was sent before, and how that went is not known. It
// answers errRace when another commit has taken its place in the log, so that it can never happen.
func (l *Log) apply(ctx context.Context, t org.Tenant, entry Entry, batch store.Batch, unknown bool) error {
	for attempt := 1; ; attempt++ {
		err := l.store.Apply(ctx, batch)
		switch {
		case errors.Is(err, store.ErrUnknown):
			unknown = true
		case unknown && errors.Is(err, store.ErrBusy):
			// This attempt did nothing; what the lost one did is as unknown as before.
		default:
			return err
		}
		for ; ; attempt++ {
			if err := rest(ctx, attempt, busyPause); err != nil {
				return err
			}
			items, err := l.store.Get(ctx, store.Each, t.Entry(entry.Seq))
			if err != nil {
				continue // unknown as before: ask until the deadline
			}
			if items[0] == nil {
				break // the head is still ours to move: send the same batch again
			}
			var there Entry
			if err := json.Unmarshal(items[0].Value, &there); err != nil {
				return err
			}
			if there.Commit == entry.Commit {
				return nil
			}
			return errRace
		}
	}
}

// judge reads a failed batch: a failed expectation of the proposal is the answer, a moved head alone is a reason to
// try again at the new one.
func (l *Log) judge(c *position, failed *store.Failed) error {
	own := &store.Failed{}
	for _, f := range failed.Failures {
		switch f.Index {
		case 0:
			if f.Current == nil || json.Unmarshal(f.Current.Value, &c.head) != nil {
				c.known = false
			} else {
				c.revision = f.Current.Revision
			}
		case 1: // the entry is there exactly when the head has moved
		default:
			f.Index -= 2
			own.Failures = append(own.Failures, f)
		}
	}
	if len(own.Failures) > 0 {
		return own
	}
	return errRace
}

func (l *Log) readHead(ctx context.Context, t org.Tenant, c *position) error {
	items, err := l.store.Get(ctx, store.Each, t.Head())
	if err != nil {
		return err
	}
	c.known, c.head, c.revision = true, Head{Number: 1}, store.Absent
	if items[0] != nil {
		c.revision = items[0].Revision
		return json.Unmarshal(items[0].Value, &c.head)
	}
	return nil
}

// Head reads where the log stands.
func (l *Log) Head(ctx context.Context, t org.Tenant) (Head, error) {
	var c position
	err := l.readHead(ctx, t, &c)
	return c.head, err
}

// After reads up to limit entries that follow sequence number seq, in order and without gaps: the answer ends before
// an entry that cannot be seen yet.
func (l *Log) After(ctx context.Context, t org.Tenant, seq int64, limit int) ([]Entry, error) {
	q := t.EntriesAfter(seq)
	q.Limit = limit
	page, err := l.store.Query(ctx, q)
	if err != nil {
		return nil, err
	}
	entries := make([]Entry, 0, len(page.Items))
	for _, item := range page.Items {
		e := Entry{}
		if err := json.Unmarshal(item.Value, &e); err != nil {
			return nil, err
		}
		e.Seq = seq + int64(len(entries)) + 1
		if t.Entry(e.Seq) != item.Key {
			break
		}
		entries = append(entries, e)
	}
	return entries, nil
}

func retryable(err error) error {
	if store.Passing(err) {
		return errBusy
	}
	return err
}

// rest waits with full jitter after an attempt, at most so long, and answers Unavailable when the deadline comes first.
func rest(ctx context.Context, attempt int, most time.Duration) error {
	timer := time.NewTimer(rand.N(min(2*time.Millisecond<<min(attempt, 8), most)))
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return late(ctx)
	}
}

// late is the answer when the context ends before the commit is settled.
func late(ctx context.Context) error {
	busy := fault.Wrap(fault.Unavailable, "busy", ctx.Err())
	busy.Retry = time.Second
	return busy
}
