package org

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/muster-crm/muster/shared/clock"
	"github.com/muster-crm/muster/shared/seal"
	"github.com/muster-crm/muster/shared/store"
)

// retireAfter is how long a key still opens tokens once its successor seals: longer than any token lives (a queue keeps
// messages 14 days).
const retireAfter = 30 * 24 * time.Hour

const ringPartition = "ring"

// Keys is the installation's key ring in the table, the source of a seal.Ring. The first key is made by whoever first
// asks for it; of several at once one makes it and the others read it.
type Keys struct {
	store store.Store
	clock clock.Clock
}

// NewKeys makes the key ring of a store.
func NewKeys(s store.Store, c clock.Clock) *Keys { return &Keys{store: s, clock: c} }

var _ seal.KeySource = (*Keys)(nil)

// storedKey is a key as it lies in the table.
type storedKey struct {
	seal.Key
	Made time.Time `json:"made"`
}

func ringKey(id uint32) store.Key {
	return store.Key{Partition: ringPartition, Sort: fmt.Sprintf("%010d", id)}
}

// Keys gives the keys in the order they were made, the first of them made if there is none.
func (k *Keys) Keys(ctx context.Context) ([]seal.Key, error) {
	all, err := k.read(ctx)
	if err != nil {
		return nil, err
	}
	if len(all) == 0 {
		if err := k.add(ctx, seal.NewKey(1, time.Time{}), nil); err != nil {
			return nil, err
		}
		if all, err = k.read(ctx); err != nil {
			return nil, err
		}
	}
	keys := make([]seal.Key, len(all))
	for i, s := range all {
		keys[i] = s.Key
	}
	return keys, nil
}

// Rotate adds a key when the newest is older than age, and removes those whose successor has sealed for so long that no
// token of theirs is left. Called often, or by several at once, it does its work once.
func (k *Keys) Rotate(ctx context.Context, age time.Duration) error {
	if _, err := k.Keys(ctx); err != nil {
		return err
	}
	all, err := k.read(ctx)
	if err != nil {
		return err
	}
	now := k.clock.Now()
	newest := all[len(all)-1]
	if now.Sub(newest.Made) < age {
		return nil
	}
	var old []store.Op
	for i := range len(all) - 1 {
		if now.Sub(all[i+1].From) > retireAfter {
			old = append(old, store.Op{Kind: store.Delete, Key: ringKey(all[i].ID), Expect: store.Any})
		}
	}
	return k.add(ctx, seal.NewKey(newest.ID+1, now.Add(seal.Spread)), old)
}

func (k *Keys) read(ctx context.Context) ([]storedKey, error) {
	page, err := k.store.Query(ctx, store.Query{Partition: ringPartition})
	if err != nil {
		return nil, err
	}
	all := make([]storedKey, len(page.Items))
	for i, item := range page.Items {
		if err := json.Unmarshal(item.Value, &all[i]); err != nil {
			return nil, fmt.Errorf("org: key ring: %w", err)
		}
	}
	return all, nil
}

// add writes a key together with other operations. Somebody who wrote a key of that id first is as good.
func (k *Keys) add(ctx context.Context, key seal.Key, others []store.Op) error {
	value, err := json.Marshal(storedKey{Key: key, Made: k.clock.Now()})
	if err != nil {
		return err
	}
	put := store.Op{Kind: store.Put, Key: ringKey(key.ID), Expect: store.Absent, Value: value}
	err = apply(ctx, k.store, append([]store.Op{put}, others...)...)
	if failed := (*store.Failed)(nil); errors.As(err, &failed) {
		return nil
	}
	return err
}
