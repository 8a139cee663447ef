package org

import (
	"context"

	"github.com/muster-crm/muster/shared/store"
)

// Founding gives the tenant of an organisation that is not there yet, and the operations that enter it into the
// directory. They belong into the very commit that writes its first records: so an organisation is there as a whole or
// not at all. id comes from clock.IDs with the prefix "org". A commit fails when an organisation of that id exists, and,
// with first, when any was founded as the first one before.
func Founding(id string, first bool) (Tenant, []store.Op) {
	ops := []store.Op{{Kind: store.Put, Key: store.Key{Partition: "dir", Sort: id}, Expect: store.Absent, Value: []byte("{}")}}
	if first {
		ops = append(ops, store.Op{Kind: store.Put, Key: store.Key{Partition: "first", Sort: "first"}, Expect: store.Absent, Value: []byte(id)})
	}
	return Tenant{id}, ops
}

// Empty reports whether there is no organisation.
func (d *Directory) Empty(ctx context.Context) (bool, error) {
	tenants, _, err := d.All(ctx, "", 1)
	return len(tenants) == 0, err
}
