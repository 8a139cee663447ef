package seal

import (
	"context"
	"crypto/rand"
	"slices"
	"sync"
	"time"

	"github.com/muster-crm/muster/shared/clock"
	"github.com/muster-crm/muster/shared/fault"
)

// SecretBytes is the length of a key's secret.
const SecretBytes = 32

// How long a ring trusts the keys it read, and how soon at the earliest a token of an unknown key makes it read them
// again (so that garbage tokens cannot drive reads of the source).
const (
	CacheFor   = 5 * time.Minute
	rereadWait = 5 * time.Second
)

// Spread is how long a new key should wait before it seals: Key.From = now + Spread. By then every process has read
// it, whatever it has cached, so no token is refused for being too fresh.
const Spread = 2 * CacheFor

// Key is one version of the installation's secret.
type Key struct {
	ID     uint32    `json:"id"`     // its version; written into every token
	Secret []byte    `json:"secret"` // SecretBytes random bytes
	From   time.Time `json:"from"`   // from then on it seals and signs; it opens and verifies at once
}

// NewKey makes a key of random bytes. The first key of an installation takes the zero time, later ones now + Spread.
func NewKey(id uint32, from time.Time) Key {
	secret := make([]byte, SecretBytes)
	rand.Read(secret)
	return Key{ID: id, Secret: secret, From: from}
}

// KeySource gives the keys in use, in any order. An implementation that finds none makes the first.
type KeySource interface {
	Keys(ctx context.Context) ([]Key, error)
}

// Static is a key source that always gives the same keys.
type Static []Key

// Keys gives the keys.
func (s Static) Keys(context.Context) ([]Key, error) { return s, nil }

// Ring seals and opens with the keys of a source. It is safe for concurrent use and reads nothing until first used.
type Ring struct {
	source KeySource
	clock  clock.Clock

	mu   sync.Mutex
	keys []Key // sorted by From, then ID
	read time.Time
}

// NewRing makes a ring over a source of keys.
func NewRing(source KeySource, clock clock.Clock) *Ring {
	return &Ring{source: source, clock: clock}
}

// current gives the key that seals: the one whose time came last.
func (r *Ring) current(ctx context.Context) (Key, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	now := r.clock.Now()
	if err := r.load(ctx, now, CacheFor); err != nil {
		return Key{}, err
	}
	for _, key := range slices.Backward(r.keys) {
		if !key.From.After(now) {
			return key, nil
		}
	}
	return Key{}, fault.New(fault.Internal, "seal_no_key")
}

// find gives the key of an id.
func (r *Ring) find(ctx context.Context, id uint32) (Key, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	now := r.clock.Now()
	for _, age := range []time.Duration{CacheFor, rereadWait} {
		if err := r.load(ctx, now, age); err != nil {
			return Key{}, err
		}
		for _, key := range r.keys {
			if key.ID == id {
				return key, nil
			}
		}
	}
	return Key{}, ErrOpen
}

// load reads the keys when what is known is as old as age. A source that fails while keys are known leaves those in
// use: they are still good, only newer ones are missed.
func (r *Ring) load(ctx context.Context, now time.Time, age time.Duration) error {
	if r.keys != nil && now.Sub(r.read) < age {
		return nil
	}
	keys, err := r.source.Keys(ctx)
	if err == nil {
		err = check(keys)
	}
	if err != nil {
		if r.keys != nil {
			return nil
		}
		return err
	}
	keys = slices.Clone(keys)
	slices.SortFunc(keys, func(a, b Key) int {
		if order := a.From.Compare(b.From); order != 0 {
			return order
		}
		return int(int64(a.ID) - int64(b.ID))
	})
	r.keys, r.read = keys, now
	return nil
}

// check refuses what would weaken the ring: no keys, short secrets, two keys of one id.
func check(keys []Key) error {
	if len(keys) == 0 {
		return fault.New(fault.Internal, "seal_no_key")
	}
	seen := map[uint32]bool{}
	for _, key := range keys {
		if len(key.Secret) != SecretBytes || seen[key.ID] {
			return fault.New(fault.Internal, "seal_bad_key")
		}
		seen[key.ID] = true
	}
	return nil
}
