package log

import (
	"context"
	"errors"

	"github.com/muster-crm/muster/shared/org"
	"github.com/muster-crm/muster/shared/store"
)

// CommitSeries commits proposals that follow each other, n of them, each as Commit does it. Where the store takes several
// batches at once they go together, so that a job pays for one way to the disk and not for each. propose is called with the
// number of the proposal, from 0, and the head it would follow; when something has come between it is called again, from the
// first that is not committed. done are those that are known to be; the error is of the one behind them.
func (l *Log) CommitSeries(ctx context.Context, t org.Tenant, n int, propose func(int, Head) (Proposal, error)) (done int, err error) {
	ctx, leave, err := l.enter(ctx, t)
	if err != nil {
		return 0, err
	}
	defer leave()
	c := &position{}
	for attempt := 1; done < n; attempt++ {
		some, err := l.trySeries(ctx, t, c, done, n, propose)
		done += some
		pause := busyPause
		switch {
		case err == nil:
			continue
		case errors.Is(err, errRace):
			pause = racePause
		case errors.Is(err, errBusy):
		case ctx.Err() != nil && errors.Is(err, ctx.Err()):
			return done, late(ctx)
		default:
			return done, err
		}
		if err := rest(ctx, attempt, pause); err != nil {
			return done, err
		}
	}
	return done, nil
}

// trySeries commits as many of the proposals from number first on as there are up to the first that cannot be.
func (l *Log) trySeries(ctx context.Context, t org.Tenant, c *position, first, n int, propose func(int, Head) (Proposal, error)) (done int, err error) {
	if !c.known {
		if err := l.readHead(ctx, t, c); err != nil {
			return 0, retryable(err)
		}
	}
	var entries []Entry
	var batches []store.Batch
	next := *c
	for i := first; i < n; i++ {
		at := next.head
		if now := l.clock.Now(); now.After(at.At) {
			at.At = now
		}
		proposal, err := propose(i, at)
		if err != nil {
			if i == first {
				return 0, err
			}
			break // those before it happen; then it is asked for again
		}
		entry, batch, err := l.batch(t, &next, at, proposal)
		if err != nil {
			return 0, err
		}
		entries, batches = append(entries, entry), append(batches, batch)
		next.head = Head{Seq: entry.Seq, At: at.At, Number: at.Number}
		if proposal.Number != 0 {
			next.head.Number = proposal.Number
		}
		next.revision++
	}
	done, err = store.ApplyAll(ctx, l.store, batches)
	for errors.Is(err, store.ErrUnknown) && done < len(batches) {
		// What happened is found out one by one: those that did are known by their tokens.
		if err = l.apply(ctx, t, entries[done], batches[done], true); err == nil {
			if done++; done < len(batches) {
				err = store.ErrUnknown
			}
		}
	}
	if err == nil {
		*c = next
		return done, nil
	}
	c.known = false
	var failed *store.Failed
	if errors.As(err, &failed) {
		return done, l.judge(&position{}, failed)
	}
	return done, retryable(err)
}
