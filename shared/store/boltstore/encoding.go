package boltstore

import (
	"bytes"
	"encoding/binary"
	"errors"
	"time"

	"go.etcd.io/bbolt"

	"github.com/muster-crm/muster/shared/store"
)

// errDamaged says that a stored entry is not one this package wrote.
var errDamaged = errors.New("boltstore: a damaged entry")

// itemHead is the size of what stands before an item's value: the revision and the second of expiry (0: never).
const itemHead = 16

// partitionKey is what all keys of a partition begin with.
func partitionKey(partition string) []byte {
	b := make([]byte, 0, 2+len(partition)+store.MaxSort)
	b = binary.BigEndian.AppendUint16(b, uint16(len(partition)))
	return append(b, partition...)
}

func itemKey(k store.Key) []byte { return append(partitionKey(k.Partition), k.Sort...) }

// expiryKey orders the items that expire by the second they do.
func expiryKey(second int64, itemKey []byte) []byte {
	return append(binary.BigEndian.AppendUint64(nil, uint64(second)), itemKey...)
}

// splitExpiry is the inverse of expiryKey.
func splitExpiry(b []byte) (second int64, itemKey []byte, err error) {
	if len(b) <= 8 {
		return 0, nil, errDamaged
	}
	return int64(binary.BigEndian.Uint64(b)), b[8:], nil
}

// seconds is the form in which an expiry is kept.
func seconds(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.Unix()
}

func encodeItem(revision, expires int64, value []byte) []byte {
	b := make([]byte, 0, itemHead+len(value))
	b = binary.BigEndian.AppendUint64(b, uint64(revision))
	b = binary.BigEndian.AppendUint64(b, uint64(expires))
	return append(b, value...)
}

// decodeItem copies, because b belongs to the file and its transaction.
func decodeItem(k store.Key, b []byte) (*store.Item, error) {
	if len(b) < itemHead {
		return nil, errDamaged
	}
	item := &store.Item{
		Key:      k,
		Revision: int64(binary.BigEndian.Uint64(b)),
		Value:    bytes.Clone(b[itemHead:]),
	}
	if second := int64(binary.BigEndian.Uint64(b[8:])); second != 0 {
		item.Expires = time.Unix(second, 0).UTC()
	}
	return item, nil
}

// load gives the item under k, expired or not; nil if there is none.
func load(items *bbolt.Bucket, k store.Key) (*store.Item, error) {
	b := items.Get(itemKey(k))
	if b == nil {
		return nil, nil
	}
	return decodeItem(k, b)
}
