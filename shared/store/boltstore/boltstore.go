// Package boltstore is the store in one file, for the local run and for tests, over bbolt.
//
// Keys used. Three buckets: "items" (partition with its length before it, then the sort key, so that the sort keys of a
// partition keep their byte order and no partition runs into another), "expiries" (the items that expire, by time, for
// the broom) and "tokens" (the batches of the last ten to twenty minutes).
//
// Guarantees. Those of the port. An acknowledged Apply is on the disk: every commit is synced, and batches that wait
// while one is being synced share the next sync, so a lone writer waits for nobody and many writers pay for one sync
// together. Readers never wait for writers. One process has the file at a time; a second one gets ErrInUse.
package boltstore

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"

	"github.com/muster-crm/muster/shared/clock"
	"github.com/muster-crm/muster/shared/store"
)

// ErrInUse says that another process has the file open.
var ErrInUse = errors.New("boltstore: the file is in use by another process")

// lockWait is how long Open waits for another process to let go of the file.
const lockWait = time.Second

var (
	itemBucket   = []byte("items")
	expiryBucket = []byte("expiries")
	tokenBucket  = []byte("tokens")
)

// Store is a store.Store in a file.
type Store struct {
	store.Store
	driver *driver
}

var _ store.Series = (*Store)(nil)

// Open opens the file at path, which is made if it is not there; its folder has to be. The clock decides what has
// expired. Errors: ErrInUse.
func Open(path string, clock clock.Clock) (*Store, error) {
	db, err := bbolt.Open(path, 0o600, &bbolt.Options{Timeout: lockWait, FreelistType: bbolt.FreelistMapType})
	if errors.Is(err, bolterrors.ErrTimeout) {
		return nil, ErrInUse
	}
	if err != nil {
		return nil, fmt.Errorf("boltstore: open: %w", err)
	}
	err = db.Update(func(tx *bbolt.Tx) error {
		for _, name := range [][]byte{itemBucket, expiryBucket, tokenBucket} {
			if _, err := tx.CreateBucketIfNotExists(name); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, errors.Join(fmt.Errorf("boltstore: open: %w", err), db.Close())
	}
	d := &driver{db: db, clock: clock}
	return &Store{Store: store.Checked(d), driver: d}, nil
}

// driver implements the port below the limits.
type driver struct {
	db    *bbolt.DB
	clock clock.Clock

	mu         sync.Mutex
	queue      []*waiting // batches no commit has taken yet
	committing bool       // a goroutine is working on the queue
}

func (d *driver) Close() error { return d.db.Close() }

func (d *driver) Get(ctx context.Context, _ store.Mode, keys ...store.Key) ([]*store.Item, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	now := d.clock.Now()
	items := make([]*store.Item, len(keys))
	err := d.db.View(func(tx *bbolt.Tx) error {
		bucket := tx.Bucket(itemBucket)
		for i, key := range keys {
			item, err := load(bucket, key)
			if err != nil {
				return err
			}
			if item != nil && item.Live(now) {
				items[i] = item
			}
		}
		return nil
	})
	return items, err
}
