package boltstore

import (
	"bytes"
	"context"

	"go.etcd.io/bbolt"

	"github.com/muster-crm/muster/shared/store"
)

func (d *driver) Query(ctx context.Context, q store.Query) (store.Page, error) {
	if err := ctx.Err(); err != nil {
		return store.Page{}, err
	}
	now := d.clock.Now()
	var page store.Page
	err := d.db.View(func(tx *bbolt.Tx) error {
		size := 0
		for w := walk(tx.Bucket(itemBucket).Cursor(), q); w.valid(); w.next() {
			item, err := decodeItem(store.Key{Partition: q.Partition, Sort: w.sort()}, w.value)
			if err != nil {
				return err
			}
			if !item.Live(now) {
				continue
			}
			size += len(w.key) + len(w.value)
			if size > store.MaxPage && len(page.Items) > 0 {
				page.Next = page.Items[len(page.Items)-1].Sort
				return nil
			}
			page.Items = append(page.Items, *item)
			if len(page.Items) == q.Limit {
				page.Next = item.Sort // as DynamoDB, without a look whether there is more
				return nil
			}
		}
		return nil
	})
	return page, err
}

// walker goes through the entries a query asks for, in its direction.
type walker struct {
	cursor     *bbolt.Cursor
	partition  []byte // with its length, as keys begin
	from, to   []byte // whole keys, to exclusive; nil: the partition's end
	reverse    bool
	key, value []byte
}

func walk(cursor *bbolt.Cursor, q store.Query) *walker {
	w := &walker{cursor: cursor, partition: partitionKey(q.Partition), reverse: q.Reverse}
	key := func(sort string) []byte { return append(bytes.Clone(w.partition), sort...) }
	from, to := q.Bounds()
	w.from = key(from)
	if to != "" {
		w.to = key(to)
	}
	switch {
	case q.After != "" && q.Reverse:
		w.to = key(q.After)
	case q.After != "":
		w.from = append(key(q.After), 0)
	}
	if !q.Reverse {
		w.key, w.value = cursor.Seek(w.from)
		return w
	}
	end := w.to
	if end == nil {
		end = successor(w.partition)
	}
	if k, _ := cursor.Seek(end); k == nil {
		w.key, w.value = cursor.Last()
	} else {
		w.key, w.value = cursor.Prev()
	}
	return w
}

func (w *walker) valid() bool {
	switch {
	case w.key == nil || !bytes.HasPrefix(w.key, w.partition):
		return false
	case w.reverse:
		return bytes.Compare(w.key, w.from) >= 0
	default:
		return w.to == nil || bytes.Compare(w.key, w.to) < 0
	}
}

func (w *walker) next() {
	if w.reverse {
		w.key, w.value = w.cursor.Prev()
	} else {
		w.key, w.value = w.cursor.Next()
	}
}

func (w *walker) sort() string { return string(w.key[len(w.partition):]) }

// successor is the first key behind all that begin with b. The length a partition begins with is below 0xffff, so
// there always is one.
func successor(b []byte) []byte {
	b = bytes.Clone(b)
	for i := len(b) - 1; ; i-- {
		if b[i] < 0xff {
			b[i]++
			return b[:i+1]
		}
	}
}
