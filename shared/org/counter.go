package org

import (
	"context"
	crand "crypto/rand"
	"encoding/json"
	"errors"
	"math/rand/v2"
	"time"

	"github.com/muster-crm/muster/shared/fault"
	"github.com/muster-crm/muster/shared/store"
)

// Limit is how often something may be tried: Most times in any span of In.
type Limit struct {
	Most int
	In   time.Duration
}

// attempts are the times, in Unix seconds and in order, of the last tries of one thing.
type attempts struct {
	At []int64 `json:"at"`
}

func attemptKey(what []string) store.Key {
	sum := Hash(append([]string{"attempt"}, what...)...)
	return store.Key{Partition: "try#" + sum[:2], Sort: sum}
}

// Attempt counts one try of what, such as ("sign-in", login), before it is made, so that any number of tries at once
// stay within the limit together. wait is 0 when it may be made; otherwise it was not counted, and wait says when the
// next one may be.
func (d *Directory) Attempt(ctx context.Context, limit Limit, what ...string) (wait time.Duration, err error) {
	key := attemptKey(what)
	for range patience {
		items, err := d.store.Get(ctx, store.Each, key)
		if err != nil {
			return 0, err
		}
		now := d.clock.Now()
		var tries attempts
		revision := store.Absent
		if items[0] != nil {
			revision = items[0].Revision
			if err := json.Unmarshal(items[0].Value, &tries); err != nil {
				return 0, err
			}
		}
		for len(tries.At) > 0 && tries.At[0] <= now.Add(-limit.In).Unix() {
			tries.At = tries.At[1:]
		}
		if len(tries.At) >= limit.Most {
			return time.Unix(tries.At[0], 0).Add(limit.In).Sub(now), nil
		}
		tries.At = append(tries.At, now.Unix())
		value, err := json.Marshal(tries)
		if err != nil {
			return 0, err
		}
		err = apply(ctx, d.store, store.Op{Kind: store.Put, Key: key, Expect: revision, Value: value, Expires: now.Add(limit.In + time.Second)})
		if failed := (*store.Failed)(nil); !errors.As(err, &failed) {
			return 0, err
		}
	}
	return time.Second, nil
}

// Forgive forgets the tries of what, after one that went well.
func (d *Directory) Forgive(ctx context.Context, what ...string) error {
	return apply(ctx, d.store, store.Op{Kind: store.Delete, Key: attemptKey(what), Expect: store.Any})
}

// patience is how often a small write outside the organisations is tried again.
const patience = 20

// apply commits operations outside every organisation, which no log orders. What it writes may be written twice
// without harm, so an unknown outcome is settled by sending the same batch again. The fault is Unavailable when the
// store stays busy; *store.Failed is the caller's to judge.
func apply(ctx context.Context, s store.Store, ops ...store.Op) error {
	batch := store.Batch{Token: crand.Text(), Ops: ops}
	for attempt := range patience {
		err := s.Apply(ctx, batch)
		if !store.Passing(err) {
			return err
		}
		timer := time.NewTimer(rand.N(min(time.Duration(2<<attempt)*time.Millisecond, 250*time.Millisecond)))
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return fault.Wrap(fault.Unavailable, "unavailable", ctx.Err())
		}
	}
	return fault.New(fault.Unavailable, "unavailable")
}
