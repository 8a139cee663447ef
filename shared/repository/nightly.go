package repository

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/muster-crm/muster/shared/dedupe"
	"github.com/muster-crm/muster/shared/org"
	"github.com/muster-crm/muster/shared/policy"
	"github.com/muster-crm/muster/shared/store"
)

// NightTopic is the topic of the messages that ask for LookThrough, one a night for every organisation.
const NightTopic = "night"

// Look is what the look of a night found.
type Look struct {
	At     time.Time `json:"at"`
	Same   int       `json:"same"`   // groups that are the same
	Likely int       `json:"likely"` // pairs that are likely
}

// LookThrough looks through an organisation for duplicates (DUP-10), keeps how many there are for LastLook, and writes a
// snapshot of its indexes, which whoever comes in the morning starts with. Doing it again is harmless.
func (r *Repository) LookThrough(ctx context.Context, t org.Tenant) error {
	found, err := r.FindDuplicates(ctx, everyField.In(t), DuplicatesQuestion{})
	if err != nil {
		return err
	}
	look := Look{At: r.Clock.Now().UTC()}
	for _, d := range found {
		if d.Level == dedupe.Same {
			look.Same++
		} else {
			look.Likely++
		}
	}
	value, err := json.Marshal(look)
	if err != nil {
		return err
	}
	items, err := r.Store.Get(ctx, store.Each, t.Look())
	if err != nil {
		return store.Fault(err)
	}
	op := store.Op{Kind: store.Put, Key: t.Look(), Expect: store.Absent, Value: value}
	if items[0] != nil {
		op.Expect = items[0].Revision
	}
	err = r.Store.Apply(ctx, store.Batch{Token: r.IDs.New("loo"), Ops: []store.Op{op}})
	if quicker := new(store.Failed); errors.As(err, &quicker) {
		err = nil // the message came twice, and the other one has written
	}
	if err != nil {
		return store.Fault(err)
	}
	return r.Catalog.Save(ctx, t)
}

// LastLook tells what the look of the last night found; At is zero when there was none.
func (r *Repository) LastLook(ctx context.Context, g policy.Grant) (Look, error) {
	var look Look
	if err := g.Allow(policy.Read); err != nil {
		return look, err
	}
	items, err := r.Store.Get(ctx, store.Each, g.Tenant().Look())
	if err != nil || items[0] == nil {
		return look, store.Fault(err)
	}
	return look, json.Unmarshal(items[0].Value, &look)
}
