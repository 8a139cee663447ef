// Package repositorytest opens a repository on a store of its own for tests, and holds what lies in the store at the
// end against what the repository promises: no write without history, no history without a write, no claim that is
// nobody's and no key without its claim.
package repositorytest

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/muster-crm/muster/shared/blob"
	"github.com/muster-crm/muster/shared/catalog"
	"github.com/muster-crm/muster/shared/clock"
	"github.com/muster-crm/muster/shared/log"
	"github.com/muster-crm/muster/shared/org"
	"github.com/muster-crm/muster/shared/phone"
	"github.com/muster-crm/muster/shared/policy"
	"github.com/muster-crm/muster/shared/product"
	"github.com/muster-crm/muster/shared/record"
	"github.com/muster-crm/muster/shared/repository"
	"github.com/muster-crm/muster/shared/store"
	"github.com/muster-crm/muster/shared/store/boltstore"
	"github.com/muster-crm/muster/shared/store/storefault"
)

// Noon is when a house opens.
var Noon = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

// Options say what stands in a house. The zero value is an embedded store, the product's kinds and no snapshots.
type Options struct {
	Store store.Store                   // nil: an embedded one
	Clock *clock.Manual                 // nil: one that stands at Noon
	Kinds *record.Registry              // nil: the product's
	Wrap  func(store.Store) store.Store // stands between the repository and its store
	Blobs func(clock.Clock) blob.Bucket // nil: no snapshots
	Limit int64                         // of the catalog
}

// House is one process working for one organisation. Any key outside the organisation fails the test.
type House struct {
	*repository.Repository
	T      testing.TB
	Clock  *clock.Manual
	Below  store.Store // without what was wrapped around it
	Tenant org.Tenant

	options Options
	blobs   blob.Bucket
}

// Open opens a house with an organisation in it, and holds it against its promises when the test ends.
func Open(t testing.TB, o Options) *House {
	t.Helper()
	if o.Clock == nil {
		o.Clock = clock.At(Noon)
	}
	if o.Kinds == nil {
		o.Kinds = product.Kinds()
	}
	if o.Store == nil {
		bolt, err := boltstore.Open(filepath.Join(t.TempDir(), "store"), o.Clock)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { bolt.Close() })
		o.Store = bolt
	}
	h := &House{T: t, Clock: o.Clock, options: o}
	if o.Blobs != nil {
		h.blobs = o.Blobs(o.Clock)
	}
	return h.Organisation()
}

// Organisation founds one more organisation in the same store.
func (h *House) Organisation() *House {
	h.T.Helper()
	tenant, err := org.NewDirectory(h.options.Store, h.Clock).Found(h.T.Context(), clock.NewIDs(h.Clock, nil).New("org"))
	if err != nil {
		h.T.Fatal(err)
	}
	next := *h
	next.Tenant = tenant
	recorder := storefault.NewRecorder(h.T, h.options.Store)
	recorder.AllowPrefix(tenant.ID() + "#")
	next.Below = recorder
	next.Repository = nil
	again := next.Again()
	h.T.Cleanup(func() {
		if !h.T.Failed() {
			again.Verify()
		}
	})
	return again
}

// Again gives the house as one more process has it: the same store, nothing in memory.
func (h *House) Again() *House {
	next := *h
	s := h.Below
	if h.options.Wrap != nil {
		s = h.options.Wrap(s)
	}
	next.Repository = Over(s, h.Clock, h.options.Kinds, h.blobs, h.options.Limit)
	return &next
}

// Through gives the house as one more process has it whose store is s.
func (h *House) Through(s store.Store) *House {
	next := *h
	next.Repository = Over(s, h.Clock, h.options.Kinds, h.blobs, h.options.Limit)
	return &next
}

// Over makes a repository on a store.
func Over(s store.Store, clk clock.Clock, kinds *record.Registry, blobs blob.Bucket, limit int64) *repository.Repository {
	ids := clock.NewIDs(clk, nil)
	commits := log.New(s, clk, ids)
	return repository.New(repository.Ports{Store: s, Log: commits, Kinds: kinds, Clock: clk, IDs: ids, Phones: phone.Plan{},
		Catalog: catalog.New(catalog.Ports{Store: s, Log: commits, Kinds: kinds, Blobs: blobs, Limit: limit})})
}

// Grant gives what somebody in a role may do in the organisation.
func (h *House) Grant(role policy.Role) policy.Grant {
	return policy.For(policy.Actor{ID: "usr_" + string(role), Name: "Somebody", Source: "api"}, role).In(h.Tenant)
}

// Write is a write of an owner's.
func (h *House) Write() repository.Write { return repository.Write{Grant: h.Grant(policy.Owner)} }

// Create makes a record and gives it as it was answered.
func (h *House) Create(kind, body string) record.Record {
	h.T.Helper()
	res, err := h.Repository.Create(h.T.Context(), h.Write(), kind, []byte(body))
	if err != nil {
		h.T.Fatalf("create %s: %v", body, err)
	}
	return res.Record
}

// Settings writes the organisation's settings anew.
func (h *House) Settings(body string) {
	h.T.Helper()
	ctx := h.T.Context()
	_, err := h.Patch(ctx, h.Write(), "settings", "settings", repository.AnyVersion, []byte(body))
	if err == nil {
		return
	}
	k, _ := h.Kinds.Kind("settings")
	rec, err := k.Create([]byte(body))
	if err != nil {
		h.T.Fatal(err)
	}
	rec.Base().ID = "settings"
	outcomes, err := h.CreateMany(ctx, h.Write(), "settings", []record.Record{rec}, nil)
	if err != nil || outcomes[0].Err != nil {
		h.T.Fatalf("settings: %v, %v", err, outcomes)
	}
}

// Block is the body of settings under which nobody shares a key.
const Block = `{"name":"Harbour Choir","language":"nl","country":"BE","timeZone":"Europe/Brussels","keyPolicy":{"email":"block","mobile":"block"}}`

// Records gives all records there are, merged and trashed ones too, by id, as they are stored.
func (h *House) Records() map[string][]byte {
	h.T.Helper()
	all := map[string][]byte{}
	for id, item := range h.read().records {
		all[id] = item.Value
	}
	return all
}
