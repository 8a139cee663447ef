package boltstore

import (
	"bytes"
	"context"
	"time"

	"go.etcd.io/bbolt"
)

// sweepBatch is how many items one transaction of Sweep removes, so that writers hardly wait for it.
const sweepBatch = 100

// Sweep removes the items that have expired and says how many. It is only the broom: nothing sees them anyway.
func (s *Store) Sweep(ctx context.Context) (int, error) {
	d, total := s.driver, 0
	for {
		if err := ctx.Err(); err != nil {
			return total, err
		}
		now := d.clock.Now()
		due, err := d.due(now)
		if err != nil || len(due) == 0 {
			return total, err
		}
		removed, err := d.remove(due)
		if err != nil {
			return total, err
		}
		total += removed
	}
}

// due gives the first entries of the list of expiries that have expired.
func (d *driver) due(now time.Time) (due [][]byte, err error) {
	err = d.db.View(func(tx *bbolt.Tx) error {
		cursor := tx.Bucket(expiryBucket).Cursor()
		for k, _ := cursor.First(); k != nil && len(due) < sweepBatch; k, _ = cursor.Next() {
			second, _, err := splitExpiry(k)
			if err != nil {
				return err
			}
			if second > now.Unix() {
				return nil
			}
			due = append(due, bytes.Clone(k))
		}
		return nil
	})
	return due, err
}

// remove takes away the items behind entries of the list of expiries. An entry a writer has taken off the list since
// it was read stands for an item that is another one now.
func (d *driver) remove(due [][]byte) (removed int, err error) {
	err = d.db.Update(func(tx *bbolt.Tx) error {
		items, expiries := tx.Bucket(itemBucket), tx.Bucket(expiryBucket)
		for _, k := range due {
			if expiries.Get(k) == nil {
				continue
			}
			_, item, err := splitExpiry(k)
			if err != nil {
				return err
			}
			if err := items.Delete(item); err != nil {
				return err
			}
			if err := expiries.Delete(k); err != nil {
				return err
			}
			removed++
		}
		return nil
	})
	return removed, err
}
