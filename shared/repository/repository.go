// Package repository keeps records of every registered kind: it creates, reads, patches, trashes, restores and
// reverts them, with their checks, rights, unique keys, idempotency and history. There is one path for a write: single
// and many at once, page, API, import and job all end in commit.
//
// A write checks first and then commits once: the records with the revisions they were read at, one change beside each,
// the claims of their unique keys, the idempotency record, and whatever the caller adds, all in one log.Commit.
//
// Keys used: records, changes, claims and idempotency records of package org.
//
// Guarantees. No write without history and no history without a write. Of any number of writers with one version of a
// record, one succeeds and the others learn Stale. Under the policy Block no two live records hold one key. A refused
// write changes nothing.
package repository

import (
	"bytes"
	"context"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/muster-crm/muster/shared/catalog"
	"github.com/muster-crm/muster/shared/clock"
	"github.com/muster-crm/muster/shared/fault"
	"github.com/muster-crm/muster/shared/idem"
	"github.com/muster-crm/muster/shared/log"
	"github.com/muster-crm/muster/shared/org"
	"github.com/muster-crm/muster/shared/policy"
	"github.com/muster-crm/muster/shared/record"
	"github.com/muster-crm/muster/shared/setting"
	"github.com/muster-crm/muster/shared/store"
)

// maxRecord is how large a record's JSON may be: an idempotency record that repeats it must still be an item.
const maxRecord = store.MaxValue - 8<<10

// Ports are what a repository stands on.
type Ports struct {
	Store   store.Store
	Log     *log.Log
	Catalog *catalog.Catalog // nil where nothing is listed or searched
	Kinds   *record.Registry
	Clock   clock.Clock
	IDs     *clock.IDs
	Phones  record.Phones // nil where no numbers are written
}

// Repository keeps records. It is safe for concurrent use.
type Repository struct {
	Ports
	scans scans
}

// New makes a repository.
func New(p Ports) *Repository { return &Repository{Ports: p} }

// Write says who writes and how.
type Write struct {
	Grant policy.Grant
	Key   idem.Key  // zero: none
	Batch string    // the import, bulk action or merge the write belongs to
	Due   []org.Due // work that must follow, noted in the same commit
	// Guard refuses the creation of one record that is the same as one there is, by the scorer of duplicates. Imports go without.
	Guard bool
	// Ask has the Guard refuse one that is likely the same as well, unless whoever writes has Seen those it may be.
	Ask  bool
	Seen []string
}

func (w Write) tenant() org.Tenant { return w.Grant.Tenant() }

// Warning tells of a key that other records hold too, under the policies that let it pass.
type Warning struct {
	Path      string        `json:"path"`
	Code      string        `json:"code"`
	Conflicts []fault.Clash `json:"conflicts,omitempty"`
}

// Result is what a write answers.
type Result struct {
	Record   record.Record
	Warnings []Warning
	Created  bool // an upsert made a new record
	Replayed bool // the answer of an earlier request with the same idempotency key

	unchanged bool                 // nothing was to be written
	own       []record.CustomField // by which the record is shown
}

// Kind finds a kind; NotFound when there is none of that name.
func (r *Repository) Kind(name string) (*record.Kind, error) {
	k, ok := r.Kinds.Kind(name)
	if !ok {
		return nil, fault.New(fault.NotFound, "not_found")
	}
	return k, nil
}

// allow refuses what the grant does not let do to records of a kind.
func allow(g policy.Grant, k *record.Kind, a policy.Action) error {
	switch {
	case k.Managed && a != policy.Read:
		a = policy.Manage
	case k.Guarded() && a != policy.Reveal:
		a = policy.Read
	}
	return g.Allow(a)
}

// Config reads the organisation's settings and own fields.
func (r *Repository) Config(ctx context.Context, g policy.Grant) (*setting.Config, error) {
	m, err := r.glance(ctx, g)
	return m.cfg, err
}

// Get reads a record. Trashed records are shown to those who may restore them; to others, and where there is none, the
// fault is NotFound. Instead of an id, "ext:system:id" names a record by an external id.
func (r *Repository) Get(ctx context.Context, g policy.Grant, kind, id string) (record.Record, error) {
	k, err := r.Kind(kind)
	if err != nil {
		return nil, err
	}
	if err := g.Allow(policy.Read); err != nil {
		return nil, err
	}
	got, err := r.read(ctx, g, k, id)
	if err != nil {
		return nil, err
	}
	return r.show(ctx, g, k, got)
}

// stored is a record as read: its value and the bytes it was read from.
type stored struct {
	record record.Record
	raw    []byte
	owner  string // of a child: the live record it belongs to, that its owner has ended in
	hidden bool   // its owner is in the trash, or not there
	again  bool   // of many: another id has led to it already
}

// show gives a record as the grant may see it: what it names, and the owner of a child, is where that has ended. The
// organisation's own fields are looked up only where it may have values of them.
func (r *Repository) show(ctx context.Context, g policy.Grant, k *record.Kind, s stored) (record.Record, error) {
	var err error
	switch {
	case len(k.Under) > 0:
		if s.owner == "" && !s.hidden { // an answer that was kept
			if s.owner, err = r.ownerOf(ctx, g.Tenant(), k, s.record.Base().ID); err != nil {
				return nil, err
			}
		}
		s.record, err = s.owned(k)
	case leads(k.Fields) && len(k.References(s.record, nil)) > 0:
		var m moment
		if m, err = r.glance(ctx, g); err == nil {
			s.record, err = m.ended(k, s.record)
		}
	}
	if err != nil {
		return nil, err
	}
	own, err := r.own(ctx, g, s.raw)
	if err != nil {
		return nil, err
	}
	return k.Hide(s.record, g, own), nil
}

// own gives the organisation's own fields for records, of which one at least has values of them.
func (r *Repository) own(ctx context.Context, g policy.Grant, raws ...[]byte) ([]record.CustomField, error) {
	if !slices.ContainsFunc(raws, func(raw []byte) bool { return bytes.Contains(raw, []byte(`"custom"`)) }) {
		return nil, nil
	}
	cfg, err := r.Config(ctx, g)
	if err != nil {
		return nil, err
	}
	return cfg.Fields, nil
}

func (r *Repository) read(ctx context.Context, g policy.Grant, k *record.Kind, id string) (stored, error) {
	id, err := r.resolve(ctx, g.Tenant(), k, id)
	if err != nil {
		return stored{}, err
	}
	got, err := r.seek(ctx, g.Tenant(), k, id)
	if err != nil {
		return stored{}, err
	}
	if got.record == nil || got.hidden || record.Hidden(got.record, g) || got.record.Base().DeletedAt != nil && allow(g, k, policy.Restore) != nil {
		return stored{}, fault.New(fault.NotFound, "not_found")
	}
	return got, nil
}

// load reads a record by its id, also one that was merged into another; the zero stored when there is none.
func (r *Repository) load(ctx context.Context, t org.Tenant, k *record.Kind, id string) (stored, error) {
	keys := r.keysFor(t, k, id)
	if len(keys) == 0 {
		return stored{}, nil
	}
	items, err := r.Store.Get(ctx, store.Each, keys...)
	if err != nil || items[0] == nil {
		return stored{}, store.Fault(err)
	}
	got := stored{raw: items[0].Value}
	if got.record, err = k.Decode(items[0].Value, items[0].Revision); err == nil && len(items) > 1 {
		got.owner, err = r.endOf(ctx, t, items[1])
		got.hidden = got.owner == ""
	}
	return got, err
}

// resolve turns "ext:system:id" into an id.
func (r *Repository) resolve(ctx context.Context, t org.Tenant, k *record.Kind, id string) (string, error) {
	external, ok := strings.CutPrefix(id, "ext:")
	if !ok {
		return id, nil
	}
	system, name, _ := strings.Cut(external, ":")
	items, err := r.Store.Get(ctx, store.Each, t.Claim("externalId", record.Clean(system, false)+":"+record.Clean(name, false)))
	if err != nil {
		return "", store.Fault(err)
	}
	if items[0] == nil {
		return "", fault.New(fault.NotFound, "not_found")
	}
	var c claim
	if err := json.Unmarshal(items[0].Value, &c); err != nil {
		return "", err
	}
	for _, h := range c.Holders {
		if h.Kind == k.Name {
			return h.ID, nil
		}
	}
	return "", fault.New(fault.NotFound, "not_found")
}

// moment is what one write or question knows of its organisation, all of it as of one moment.
type moment struct {
	cfg    *setting.Config
	shelf  *catalog.Shelf    // nil where nothing is listed or searched
	orders map[string]*order // of serial kinds, by name
	seats  *seats            // nil without a shelf
}

// moment is now: what a write is judged by.
func (r *Repository) moment(ctx context.Context, g policy.Grant) (moment, error) {
	return r.at(ctx, g, (*catalog.Catalog).Shelf)
}

// glance is the moment of the request's first question, for what only reads; see Pin.
func (r *Repository) glance(ctx context.Context, g policy.Grant) (moment, error) {
	return r.at(ctx, g, (*catalog.Catalog).Pinned)
}

// Pin gives a context for one request: all it reads of lists and settings is as of one moment, that of its first question
// or of its own last write, and is asked for once.
func Pin(ctx context.Context) context.Context { return catalog.Pin(ctx) }

func (r *Repository) at(ctx context.Context, g policy.Grant, shelfOf func(*catalog.Catalog, context.Context, org.Tenant) (*catalog.Shelf, error)) (moment, error) {
	if r.Catalog == nil {
		cfg, err := setting.Load(ctx, r.Store, g.Tenant())
		return moment{cfg: cfg}, store.Fault(err)
	}
	shelf, err := shelfOf(r.Catalog, ctx, g.Tenant())
	if err != nil {
		return moment{}, err
	}
	return moment{cfg: shelf.Config(), shelf: shelf, seats: r.seats(shelf)}, nil
}

// view gives the index of a kind, nil for one that is not indexed.
func (m moment) view(k *record.Kind) (*catalog.View, error) {
	if m.shelf == nil || !k.Indexed {
		return nil, nil
	}
	view, err := m.shelf.View(k.Name)
	return &view, err
}

// env is what records of one write are checked with.
func (r *Repository) env(w Write, m moment, k *record.Kind) (*record.Env, error) {
	cfg := m.cfg
	env := &record.Env{
		Now:      r.Clock.Now().In(cfg.Settings.Zone()),
		Channel:  w.Grant.Actor().Source,
		Actor:    w.Grant.Actor().ID,
		Batch:    w.Batch,
		Role:     w.Grant.Role(),
		Defaults: cfg.Defaults(),
		Fields:   cfg.Fields,
		Entity:   cfg.Home(w.Grant.Entity()),
		Lists:    cfg.Lists,
		Kinds:    r.Kinds,
		Root: func(id string) string {
			if k, ok := r.kindOf(id); ok {
				id = m.end([]string{k.Name}, id)
			}
			return id
		},

		Mandatory: cfg.Mandatory(k.Name),
		Fills:     func(c policy.Class) bool { return w.Grant.Fields(policy.Edit, c) },
	}
	if r.Phones != nil {
		env.Phones = &readPhones{phones: r.Phones, read: map[[2]string][3]string{}}
	}
	view, err := m.view(k)
	if err != nil {
		return nil, err
	}
	if view != nil {
		known := map[[2]string]string{}
		env.Spelling = func(path, value string) string {
			key := [2]string{path, value}
			if spelling, ok := known[key]; ok {
				return spelling
			}
			spelling, ok := view.Spelling(path, value)
			if !ok {
				spelling = value
			}
			known[key] = spelling
			return spelling
		}
	}
	return env, nil
}

// Now gives the time in the organisation's zone.
func (r *Repository) Now(ctx context.Context, g policy.Grant) time.Time {
	now := r.Clock.Now()
	cfg, err := r.Config(ctx, g)
	if err != nil {
		return now
	}
	return now.In(cfg.Settings.Zone())
}

// readPhones remembers the numbers read last: normalizing and validating read each of them.
type readPhones struct {
	phones record.Phones
	read   map[[2]string][3]string
}

// mostPhones is how many numbers are remembered at most.
const mostPhones = 1000

func (p *readPhones) Read(number, country string) (e164, line, code string) {
	key := [2]string{number, country}
	known, ok := p.read[key]
	if !ok {
		if len(p.read) == mostPhones {
			clear(p.read) // a file has any number of rows
		}
		known[0], known[1], known[2] = p.phones.Read(number, country)
		p.read[key] = known
	}
	return known[0], known[1], known[2]
}
