// Package idem makes a repeated request one request. The Idempotency-Key of a request becomes an item that is written
// in the same commit as the request's effect, with its answer: whoever comes with the key again, at once or within 24
// hours, reads that answer. The losers of a race between equal requests fail on the item and read it too. Refusals
// write nothing and are judged anew each time (API-03).
//
// Keys used: o#i#xx (package org), under the hash of caller, route and key.
package idem

import (
	"context"
	"encoding/json"
	"time"

	"github.com/muster-crm/muster/shared/fault"
	"github.com/muster-crm/muster/shared/org"
	"github.com/muster-crm/muster/shared/store"
)

// Kept is how long an answer is kept.
const Kept = 24 * time.Hour

// MaxLength is how long a key may be.
const MaxLength = 255

// Key identifies a request. The zero Key is none.
type Key struct {
	Caller string // who sends it
	Route  string // method and path
	Name   string // the header's value
	Body   string // hash of the body: another body under the same key is refused
}

// IsZero reports whether there is no key.
func (k Key) IsZero() bool { return k.Name == "" }

// Item gives the key's place in the table.
func (k Key) Item(t org.Tenant) store.Key { return t.Idem(k.Caller, k.Route, k.Name) }

type kept struct {
	Body   string          `json:"body"`
	Answer json.RawMessage `json:"answer"`
}

// Put gives the operation that keeps an answer.
func (k Key) Put(t org.Tenant, answer []byte, now time.Time) (store.Op, error) {
	value, err := json.Marshal(kept{Body: k.Body, Answer: answer})
	if err != nil {
		return store.Op{}, err
	}
	return store.Op{Kind: store.Put, Key: k.Item(t), Expect: store.Absent, Value: value, Expires: now.Add(Kept)}, nil
}

// Answer looks for the kept answer of a key; nil when there is none. The fault is Invalid (idempotency_mismatch) when
// the key was used with another body.
func (k Key) Answer(ctx context.Context, s store.Store, t org.Tenant) ([]byte, error) {
	if k.IsZero() {
		return nil, nil
	}
	items, err := s.Get(ctx, store.Each, k.Item(t))
	if err != nil {
		return nil, err
	}
	return k.Read(items[0])
}

// Read takes the answer out of a key's item.
func (k Key) Read(item *store.Item) ([]byte, error) {
	if item == nil {
		return nil, nil
	}
	var there kept
	if err := json.Unmarshal(item.Value, &there); err != nil {
		return nil, err
	}
	if there.Body != k.Body {
		return nil, fault.New(fault.Invalid, "idempotency_mismatch")
	}
	return there.Answer, nil
}
