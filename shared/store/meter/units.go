package meter

import (
	"strconv"
	"strings"

	"github.com/muster-crm/muster/shared/store"
)

const (
	readBlock  = 4 << 10
	writeBlock = 1 << 10
)

// Get is the tally of one Get that answered items. A single item needs no transaction to agree with itself.
func Get(mode store.Mode, items []*store.Item) Tally {
	var units int64
	for _, item := range items {
		units += blocks(itemSize(item), readBlock)
	}
	if mode == store.Together && len(items) > 1 {
		units *= 2
	}
	return Tally{Get: Counted{Requests: 1, Items: int64(len(items)), Units: units}}
}

// Query is the tally of one Query that read items, those it did not show included.
func Query(items []store.Item) Tally {
	size := 0
	for i := range items {
		size += itemSize(&items[i])
	}
	return Tally{Query: Counted{Requests: 1, Items: int64(len(items)), Units: blocks(size, readBlock)}}
}

// Apply is the tally of one Apply.
func Apply(ops []store.Op) Tally {
	var units int64
	for _, op := range ops {
		item := store.Item{Key: op.Key}
		if op.Kind == store.Put {
			item.Revision, item.Value, item.Expires = op.Next(), op.Value, op.Expires
		}
		units += 2 * blocks(itemSize(&item), writeBlock)
	}
	return Tally{Apply: Counted{Requests: 1, Items: int64(len(ops)), Units: units}}
}

// blocks is how many blocks a size fills, at least one.
func blocks(size, block int) int64 { return int64(max(1, (size+block-1)/block)) }

// itemSize is what DynamoDB counts for an item: the names and the values of its attributes pk, sk, rev, val and exp.
func itemSize(item *store.Item) int {
	if item == nil {
		return 0
	}
	size := len("pk") + len(item.Partition) + len("sk") + len(item.Sort) +
		len("rev") + numberSize(item.Revision) + len("val") + len(item.Value)
	if !item.Expires.IsZero() {
		size += len("exp") + numberSize(item.Expires.Unix())
	}
	return size
}

// numberSize is a byte for two digits, zeros at the ends not counted, and one more. Numbers here are not negative.
func numberSize(n int64) int {
	digits := len(strings.Trim(strconv.FormatInt(n, 10), "0"))
	return (digits+1)/2 + 1
}
