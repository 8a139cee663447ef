package boltstore

import (
	"context"
	"fmt"
	"time"

	"go.etcd.io/bbolt"

	"github.com/muster-crm/muster/shared/store"
)

// maxShared is how many batches share a sync at most.
const maxShared = 128

// waiting is a batch on its way into the file, or several that follow each other.
type waiting struct {
	ctx     context.Context
	batches []store.Batch
	digests []digest
	answer  chan answer
}

// answer is how many of them were applied, and the error of the next.
type answer struct {
	done int
	err  error
}

// Apply queues the batch. The goroutine that works on the queue lives only while there is something in it: it takes
// whatever is there, commits it as one transaction of the file, and by then the next ones are waiting. A context that
// ends while the batch waits withdraws it; from then on the answer is certain and milliseconds away.
func (d *driver) Apply(ctx context.Context, b store.Batch) error {
	_, err := d.apply(ctx, []store.Batch{b})
	return err
}

// ApplyAll applies batches that follow each other in one transaction of the file; see store.Series.
func (s *Store) ApplyAll(ctx context.Context, batches []store.Batch) (done int, err error) {
	var refused error
	for i, b := range batches {
		if refused = store.Hold(b); refused != nil {
			batches = batches[:i]
			break
		}
	}
	if done, err = s.driver.apply(ctx, batches); err == nil {
		err = refused
	}
	return done, err
}

func (d *driver) apply(ctx context.Context, batches []store.Batch) (done int, err error) {
	w := &waiting{ctx: ctx, batches: batches, answer: make(chan answer, 1)}
	for _, b := range batches {
		w.digests = append(w.digests, digestOf(b))
	}
	d.mu.Lock()
	d.queue = append(d.queue, w)
	if !d.committing {
		d.committing = true
		go d.commitQueue()
	}
	d.mu.Unlock()
	a := <-w.answer
	return a.done, a.err
}

func (d *driver) commitQueue() {
	for {
		d.mu.Lock()
		n := min(len(d.queue), maxShared)
		if n == 0 {
			d.queue, d.committing = nil, false
			d.mu.Unlock()
			return
		}
		group := d.queue[:n]
		d.queue = d.queue[n:]
		d.mu.Unlock()
		for i, a := range d.commit(group) {
			group[i].answer <- a
		}
	}
}

// commit judges the batches one after the other in one transaction of the file, each against the state the ones before
// it leave. One that is refused has written nothing and leaves the others alone. If the file itself fails, all share
// the error, because each may have been judged by what another wrote.
func (d *driver) commit(group []*waiting) []answer {
	answers := make([]answer, len(group))
	all := func(err error) []answer {
		for i := range answers {
			answers[i] = answer{0, err}
		}
		return answers
	}
	tx, err := d.db.Begin(true)
	if err != nil {
		return all(fmt.Errorf("boltstore: begin: %w", err))
	}
	defer tx.Rollback() // does nothing after Commit
	now, wrote := d.clock.Now(), false
	for i, w := range group {
		a := &answers[i]
		for n := 0; n < len(w.batches) && a.err == nil; n++ {
			done := false
			if done, a.err, err = apply(w.ctx, tx, w.batches[n], w.digests[n], now); err != nil {
				return all(fmt.Errorf("boltstore: apply: %w", err))
			}
			if wrote = wrote || done; a.err == nil {
				a.done++
			}
		}
	}
	if !wrote {
		return answers
	}
	if err := tx.Commit(); err != nil {
		return all(fmt.Errorf("%w: %w", store.ErrUnknown, err))
	}
	return answers
}

// apply judges and writes one batch. wrote says whether there is anything to commit, answer is what its caller gets,
// and err is a failure of the file.
func apply(ctx context.Context, tx *bbolt.Tx, b store.Batch, sum digest, now time.Time) (wrote bool, answer, err error) {
	if err := ctx.Err(); err != nil {
		return false, err, nil
	}
	switch known, same := lookToken(tx, b.Token, sum); {
	case known && same:
		return false, nil, nil
	case known:
		return false, &store.Refused{Reason: "the token of another batch"}, nil
	}
	items := tx.Bucket(itemBucket)
	before := make([]*store.Item, len(b.Ops))
	var failures []store.Failure
	for i, op := range b.Ops {
		if before[i], err = load(items, op.Key); err != nil {
			return false, nil, err
		}
		current := before[i]
		if current != nil && !current.Live(now) {
			current = nil
		}
		if !holds(op.Expect, current) {
			failures = append(failures, store.Failure{Index: i, Key: op.Key, Current: current})
		}
	}
	if failures != nil {
		return false, &store.Failed{Failures: failures}, nil
	}
	for i, op := range b.Ops {
		if err := write(tx, op, before[i]); err != nil {
			return false, nil, err
		}
	}
	return true, nil, rememberToken(tx, b.Token, sum, now)
}

func holds(expect int64, current *store.Item) bool {
	switch {
	case expect == store.Any:
		return true
	case current == nil:
		return expect == store.Absent
	default:
		return current.Revision == expect
	}
}

// write carries out op where before was stored, expired or not, and keeps the list of expiries in step.
func write(tx *bbolt.Tx, op store.Op, before *store.Item) error {
	if op.Kind == store.Check {
		return nil
	}
	items, expiries, key := tx.Bucket(itemBucket), tx.Bucket(expiryBucket), itemKey(op.Key)
	if before != nil && !before.Expires.IsZero() {
		if err := expiries.Delete(expiryKey(seconds(before.Expires), key)); err != nil {
			return err
		}
	}
	if op.Kind == store.Delete {
		return items.Delete(key)
	}
	expires := seconds(op.Expires)
	if expires != 0 {
		if err := expiries.Put(expiryKey(expires, key), []byte{}); err != nil {
			return err
		}
	}
	return items.Put(key, encodeItem(op.Next(), expires, op.Value))
}
