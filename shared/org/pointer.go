package org

import (
	"context"
	"encoding/json"
	"time"

	"github.com/muster-crm/muster/shared/clock"
	"github.com/muster-crm/muster/shared/fault"
	"github.com/muster-crm/muster/shared/store"
)

// PointerKind says what a pointer stands for.
type PointerKind string

// The kinds of pointers.
const (
	Login   PointerKind = "login"   // a login name, folded; unique over all organisations
	Session PointerKind = "session" // a session token
	Link    PointerKind = "link"    // a one-time link
)

// Pointer leads from something a stranger shows (a token, a link, a login name) to an organisation and what it means
// there. It lies under a hash of what is shown: reading the table tells no token.
type Pointer struct {
	Tenant   Tenant
	Ref      string          // the record it leads to, a user
	Data     json.RawMessage // what else its kind needs
	Expires  time.Time       // zero: never
	Revision int64
}

type storedPointer struct {
	Org  string          `json:"org"`
	Ref  string          `json:"ref"`
	Data json.RawMessage `json:"data,omitempty"`
}

func pointerKey(kind PointerKind, hash string) store.Key {
	return store.Key{Partition: "ptr#" + hash[:2], Sort: string(kind) + "/" + hash}
}

// PointerHash names a pointer without telling what was shown.
func PointerHash(kind PointerKind, shown string) string { return Hash("pointer", string(kind), shown) }

// PutPointer gives the operation that writes a pointer named by PointerHash, to be committed with what it belongs to.
// expect is the revision it has, or store.Absent.
func (t Tenant) PutPointer(kind PointerKind, hash, ref string, data any, expires time.Time, expect int64) (store.Op, error) {
	var raw json.RawMessage
	if data != nil {
		var err error
		if raw, err = json.Marshal(data); err != nil {
			return store.Op{}, err
		}
	}
	t.partition() // no pointer to no organisation
	value, err := json.Marshal(storedPointer{Org: t.id, Ref: ref, Data: raw})
	if err != nil {
		return store.Op{}, err
	}
	return store.Op{Kind: store.Put, Key: pointerKey(kind, hash), Expect: expect, Value: value, Expires: expires}, nil
}

// DropPointer gives the operation that removes a pointer; expect as in store.Op.
func (t Tenant) DropPointer(kind PointerKind, hash string, expect int64) store.Op {
	return store.Op{Kind: store.Delete, Key: pointerKey(kind, hash), Expect: expect}
}

// Directory finds organisations: the list of them, and the pointers into them.
type Directory struct {
	store store.Store
	clock clock.Clock
}

// NewDirectory makes the directory of a store.
func NewDirectory(s store.Store, c clock.Clock) *Directory { return &Directory{store: s, clock: c} }

// Resolve gives the pointer named by PointerHash. It is NotFound when there is none or it has expired.
func (d *Directory) Resolve(ctx context.Context, kind PointerKind, hash string) (Pointer, error) {
	items, err := d.store.Get(ctx, store.Each, pointerKey(kind, hash))
	if err != nil {
		return Pointer{}, err
	}
	if items[0] == nil {
		return Pointer{}, fault.New(fault.NotFound, "not_found")
	}
	var p storedPointer
	if err := json.Unmarshal(items[0].Value, &p); err != nil {
		return Pointer{}, err
	}
	return Pointer{Tenant: Tenant{p.Org}, Ref: p.Ref, Data: p.Data, Expires: items[0].Expires, Revision: items[0].Revision}, nil
}

// Found makes a new organisation: its entry in the directory, and with it the Tenant that its first records need.
// id comes from clock.IDs with the prefix "org".
func (d *Directory) Found(ctx context.Context, id string) (Tenant, error) {
	tenant, ops := Founding(id, false)
	if err := apply(ctx, d.store, ops...); err != nil {
		return Tenant{}, err
	}
	return tenant, nil
}

// All lists the organisations in the order they were founded, a page at a time; next is empty at the end.
func (d *Directory) All(ctx context.Context, after string, limit int) (tenants []Tenant, next string, err error) {
	page, err := d.store.Query(ctx, store.Query{Partition: "dir", After: after, Limit: limit})
	if err != nil {
		return nil, "", err
	}
	for _, item := range page.Items {
		tenants = append(tenants, Tenant{item.Sort})
	}
	return tenants, page.Next, nil
}
