// Package preference keeps what a user likes to see: how many rows a page of a list has and which columns (SRCH-06,
// SRCH-13). It follows them to every browser they sign in with.
//
// A taste is no record: it has no history, no version and nobody but its user reads it. So it lies beside the log, one
// small item a user, written only when something in it changes.
//
// Keys used: o#p (package org).
//
// Guarantees. A user reads and writes their own preferences alone. Of two changes at once both are kept unless they are
// of the same list.
package preference

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"regexp"
	"slices"

	"github.com/muster-crm/muster/shared/fault"
	"github.com/muster-crm/muster/shared/policy"
	"github.com/muster-crm/muster/shared/store"
)

// UsualRows is how many rows a page has until its reader chooses.
const UsualRows = 50

// RowChoices are the numbers of rows a page may have.
func RowChoices() []int { return []int{25, 50, 100, 200} }

// Preferences are what one user likes. The zero value is of somebody who has not chosen yet.
type Preferences struct {
	Rows    int                 `json:"rows,omitempty"`    // a page of any list; one of RowChoices, 0: not chosen
	Columns map[string][]string `json:"columns,omitempty"` // of a list, by the kind it is of, in their order; none: not chosen
}

// RowsOr gives the rows chosen, or the usual number.
func (p Preferences) RowsOr() int {
	if p.Rows == 0 {
		return UsualRows
	}
	return p.Rows
}

// The limits of what is kept.
const (
	MaxLists   = 100 // that have columns of their own
	MaxColumns = 300 // of one list
)

var name = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_.]{0,99}$`)

// check refuses what nobody can have chosen. Faults: Invalid at "rows" (choice) or "columns" (too_many, bad_choice).
func (p Preferences) check() error {
	if p.Rows != 0 && !slices.Contains(RowChoices(), p.Rows) {
		return fault.Bad("rows", "choice")
	}
	if len(p.Columns) > MaxLists {
		return fault.Bad("columns", "too_many", "max", fmt.Sprint(MaxLists))
	}
	for list, columns := range p.Columns {
		if len(columns) > MaxColumns {
			return fault.Bad("columns", "too_many", "max", fmt.Sprint(MaxColumns))
		}
		for _, n := range append([]string{list}, columns...) {
			if !name.MatchString(n) {
				return fault.Bad("columns", "bad_choice")
			}
		}
	}
	return nil
}

// clone gives preferences that share nothing with p.
func (p Preferences) clone() Preferences {
	c := Preferences{Rows: p.Rows, Columns: maps.Clone(p.Columns)}
	if c.Columns == nil {
		c.Columns = map[string][]string{}
	}
	return c
}

// Book keeps the preferences of all users. It is safe for concurrent use.
type Book struct{ store store.Store }

// New opens the book in a store.
func New(s store.Store) *Book { return &Book{s} }

// Of reads the preferences of whoever holds a grant. The fault is Unavailable while the store does not answer.
func (b *Book) Of(ctx context.Context, g policy.Grant) (Preferences, error) {
	p, _, err := b.read(ctx, key(g))
	return p, err
}

func key(g policy.Grant) store.Key { return g.Tenant().Preference(g.Actor().ID) }

func (b *Book) read(ctx context.Context, k store.Key) (p Preferences, revision int64, err error) {
	items, err := b.store.Get(ctx, store.Each, k)
	if err != nil {
		return Preferences{}, 0, store.Fault(err)
	}
	if items[0] == nil {
		return Preferences{}, store.Absent, nil
	}
	if err := json.Unmarshal(items[0].Value, &p); err != nil {
		return Preferences{}, 0, fmt.Errorf("preference: stored: %w", err)
	}
	return p, items[0].Revision, nil
}

// tries is how often a change is begun again because another one of the same user came between.
const tries = 5

// Keep changes the preferences of whoever holds a grant; what stays as it was is not written. Faults: Invalid with the
// place of a choice there is not; Unavailable.
func (b *Book) Keep(ctx context.Context, g policy.Grant, change func(*Preferences)) error {
	k := key(g)
	for range tries {
		was, revision, err := b.read(ctx, k)
		if err != nil {
			return err
		}
		now := was.clone()
		change(&now)
		if err := now.check(); err != nil {
			return err
		}
		if len(now.Columns) == 0 {
			now.Columns = nil
		}
		if reflect.DeepEqual(was, now) {
			return nil
		}
		value, err := json.Marshal(now)
		if err != nil {
			return err
		}
		err = b.store.Apply(ctx, store.Batch{Token: rand.Text(), Ops: []store.Op{{Kind: store.Put, Key: k, Expect: revision, Value: value}}})
		if failed := new(store.Failed); !errors.As(err, &failed) {
			return store.Fault(err)
		}
	}
	return fault.New(fault.Unavailable, "unavailable")
}
