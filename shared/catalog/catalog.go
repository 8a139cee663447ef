// Package catalog keeps the indexes of organisations at the head of their logs. Whoever asks it for a view gets one that
// holds every write acknowledged before the question.
//
// An organisation's indexes, one a kind, stand on a shelf at one sequence number. A question reads the log behind that
// number, usually one empty answer of one read unit, applies what it finds and swaps the shelf; readers of the old one
// are undisturbed. A shelf that is not in memory is loaded from its snapshot, one compressed object a kind, or, when
// there is none or the organisation's own fields have changed since, built from the records of the table.
//
// The Views of a shelf stand beside each other, so that questions follow the links between kinds. Of kinds that are not
// indexed but have names, users and what the settings hold, the shelf knows those alone, for the records that
// refer to them.
//
// Keys used: reads records and log entries of package org; objects "current" (the manifest) and
// "<seq>/<kind>" of the area "index" in the bucket.
//
// Guarantees. A view is never older than any commit acknowledged before it was asked for, or, where the questions of one
// request are pinned together, before the first of them; all kinds of one organisation move together; memory stays below the limit by forgetting the organisations not asked for longest.
package catalog

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/muster-crm/muster/shared/blob"
	"github.com/muster-crm/muster/shared/fault"
	"github.com/muster-crm/muster/shared/index"
	"github.com/muster-crm/muster/shared/log"
	"github.com/muster-crm/muster/shared/org"
	"github.com/muster-crm/muster/shared/policy"
	"github.com/muster-crm/muster/shared/record"
	"github.com/muster-crm/muster/shared/setting"
	"github.com/muster-crm/muster/shared/store"
)

// Ports are what a catalog stands on.
type Ports struct {
	Store store.Store
	Log   *log.Log
	Kinds *record.Registry
	Blobs blob.Bucket // nil: no snapshots
	Limit int64       // bytes of all shelves together; 0: a gigabyte
}

// tail is how many log entries one read takes; behind by twice as many, a newer snapshot is looked for.
const tail = 1000

// Catalog keeps shelves. It is safe for concurrent use.
type Catalog struct {
	Ports
	mu      sync.Mutex
	places  map[org.Tenant]*place
	counter int64 // of questions, for forgetting the oldest
}

// place is an organisation's place in the catalog. Its lock lets one question at a time move the shelf on.
type place struct {
	moving sync.Mutex
	shelf  atomic.Pointer[Shelf]
	asked  atomic.Int64
}

// Shelf holds an organisation's indexes and configuration, all as of one sequence number. It does not change.
type Shelf struct {
	seq    int64
	config *setting.Config
	views  map[string]*index.View // kept up by the log
	names  map[string]*index.View // made from the configuration: of the kinds it holds, their names
	all    map[string]*index.View
}

// newShelf puts the views of an organisation beside each other.
func newShelf(seq int64, config *setting.Config, views, names map[string]*index.View) *Shelf {
	all := maps.Clone(names)
	for kind, v := range views {
		views[kind] = v.Beside(all)
		all[kind] = views[kind]
	}
	return &Shelf{seq, config, views, names, all}
}

// Title gives what a record of a kind is called, as index.View.Title does, also of kinds known by their names alone.
func (s *Shelf) Title(kind, id string, grant policy.Grant) (title string, trashed, ok bool) {
	v := s.all[kind]
	if v == nil {
		return "", false, false
	}
	return v.Title(id, grant)
}

// Root gives the id of the record of a kind that an id leads to: itself unless that record was merged into another.
func (s *Shelf) Root(kind, id string) string { return s.all[kind].Root(id) }

// Seq gives the sequence number of the last commit the shelf holds.
func (s *Shelf) Seq() int64 { return s.seq }

// Config gives the organisation's settings and own fields.
func (s *Shelf) Config() *setting.Config { return s.config }

// View gives the index of a kind.
func (s *Shelf) View(kind string) (View, error) {
	v := s.views[kind]
	if v == nil {
		return View{}, fmt.Errorf("catalog: %s is not indexed", kind)
	}
	return View{v}, nil
}

func (s *Shelf) bytes() (n int64) {
	for _, v := range s.views {
		n += v.Bytes()
	}
	return n
}

// New makes a catalog.
func New(p Ports) *Catalog {
	if p.Limit == 0 {
		p.Limit = 1 << 30
	}
	return &Catalog{Ports: p, places: map[org.Tenant]*place{}}
}

// View is the index of one kind.
type View struct{ *index.View }

// Taken reports whether a record, trashed or not, has the number under a path.
func (v View) Taken(path string, number int64) bool {
	return len(v.Lookup(path, strconv.FormatInt(number, 10))) > 0
}

// Shelf gives an organisation's indexes as they are now.
func (c *Catalog) Shelf(ctx context.Context, t org.Tenant) (*Shelf, error) {
	commits := log.Watched(ctx)
	s, err := c.fresh(ctx, t, 0)
	if err == nil {
		keep(ctx, t, s, commits)
	}
	return s, err
}

// ShelfAt gives an organisation's indexes at sequence number seq of its log or later. A commit that is just happening
// may be seen by its head before it is seen in the log, so this waits for it.
func (c *Catalog) ShelfAt(ctx context.Context, t org.Tenant, seq int64) (*Shelf, error) {
	for attempt := 1; ; attempt++ {
		s, err := c.fresh(ctx, t, seq)
		if err != nil || s.seq >= seq {
			return s, err
		}
		if err := pause(ctx, attempt); err != nil {
			return nil, err
		}
	}
}

// attempts is how often a read is tried again that came before the end of a commit: some seconds altogether.
const attempts = 20

// pause waits before an attempt at such a read. The fault is Unavailable after the last one, or when the context ends.
func pause(ctx context.Context, attempt int) error {
	if attempt >= attempts {
		return fault.New(fault.Unavailable, "unavailable")
	}
	timer := time.NewTimer(rand.N(min(time.Millisecond<<attempt, 250*time.Millisecond)))
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return fault.Wrap(fault.Unavailable, "unavailable", ctx.Err())
	}
}

func (c *Catalog) place(t org.Tenant) *place {
	c.mu.Lock()
	defer c.mu.Unlock()
	p := c.places[t]
	if p == nil {
		p = &place{}
		c.places[t] = p
	}
	c.counter++
	p.asked.Store(c.counter)
	return p
}

func (c *Catalog) fresh(ctx context.Context, t org.Tenant, seq int64) (*Shelf, error) {
	p := c.place(t)
	s := p.shelf.Load()
	if s != nil && seq > 0 && s.seq >= seq {
		return s, nil
	}
	var entries []log.Entry
	if s != nil {
		var err error
		if entries, err = c.Log.After(ctx, t, s.seq, tail); err != nil {
			return nil, store.Fault(err)
		}
		if len(entries) == 0 {
			return s, nil
		}
	}
	p.moving.Lock()
	defer p.moving.Unlock()
	if now := p.shelf.Load(); now != s {
		// Somebody moved it on meanwhile; what they saw may end before what we must see.
		s, entries = now, nil
	}
	s, err := c.advance(ctx, t, s, entries)
	if err != nil {
		return nil, err
	}
	p.shelf.Store(s)
	c.forget(p)
	return s, nil
}

// advance brings a shelf (nil: none yet) to the head of the log.
func (c *Catalog) advance(ctx context.Context, t org.Tenant, s *Shelf, entries []log.Entry) (*Shelf, error) {
	if s == nil {
		var err error
		if s, err = c.load(ctx, t); err != nil {
			return nil, err
		}
	}
	for rounds := 0; ; rounds++ {
		if entries == nil {
			var err error
			if entries, err = c.Log.After(ctx, t, s.seq, tail); err != nil {
				return nil, store.Fault(err)
			}
		}
		if len(entries) == 0 {
			return s, nil
		}
		if rounds == 2 {
			if newer, err := c.snapshot(ctx, t, s.seq); err != nil {
				return nil, err
			} else if newer != nil {
				s, entries = newer, nil
				continue
			}
		}
		next, err := c.apply(ctx, t, s, entries)
		if err != nil {
			return nil, err
		}
		s, entries = next, nil
	}
}

// apply moves a shelf over log entries.
func (c *Catalog) apply(ctx context.Context, t org.Tenant, s *Shelf, entries []log.Entry) (*Shelf, error) {
	seq := entries[len(entries)-1].Seq
	changes := map[string][]index.Change{}
	want := map[store.Key]log.Ref{}
	var settings []log.Ref
	for _, e := range entries {
		for i, ref := range e.Refs {
			if setting.Governs(ref.Kind, ref.ID) {
				settings = append(settings, ref)
			}
			if s.views[ref.Kind] == nil {
				continue
			}
			if len(e.Docs) == len(e.Refs) {
				changes[ref.Kind] = append(changes[ref.Kind], index.Change{ID: ref.ID, Revision: ref.Revision, Value: e.Docs[i]})
				continue
			}
			if key := ref.Key(t); want[key].Revision < ref.Revision {
				want[key] = ref
			}
		}
	}
	config := s.config
	if len(settings) > 0 {
		var err error
		if config, err = c.configure(ctx, t, settings); err != nil {
			return nil, err
		}
		if config.Digest() != s.config.Digest() {
			return c.build(ctx, t) // the schema changed with the organisation's own fields
		}
	}
	if err := c.fetch(ctx, want, changes); err != nil {
		return nil, err
	}
	views, names := make(map[string]*index.View, len(s.views)), s.names
	for kind, v := range s.views {
		moved, err := v.Apply(seq, changes[kind])
		if err != nil {
			return nil, err
		}
		views[kind] = moved
	}
	if config != s.config {
		var err error
		if names, err = c.names(config); err != nil {
			return nil, err
		}
	}
	return newShelf(seq, config, views, names), nil
}

// configure reads the configuration that log entries have changed. A query beside a committing transaction may miss a
// part of it, and is made again.
func (c *Catalog) configure(ctx context.Context, t org.Tenant, settings []log.Ref) (*setting.Config, error) {
	for attempt := 1; ; attempt++ {
		config, err := setting.Load(ctx, c.Store, t)
		if err != nil {
			return nil, store.Fault(err)
		}
		if !slices.ContainsFunc(settings, func(r log.Ref) bool { return !config.Holds(r.ID, r.Revision) }) {
			return config, nil
		}
		if err := pause(ctx, attempt); err != nil {
			return nil, err
		}
	}
}

// fetch reads the records that entries name and do not carry. A record that is older than its entry says, or not there,
// is asked for again together with the others of its kind: a read beside a committing transaction may be early, one of
// items as of one moment is not.
func (c *Catalog) fetch(ctx context.Context, want map[store.Key]log.Ref, into map[string][]index.Change) error {
	take := func(ref log.Ref, item *store.Item) {
		change := index.Change{ID: ref.ID, Revision: ref.Revision} // gone for good
		if item != nil {
			change.Revision, change.Value = item.Revision, item.Value
		}
		into[ref.Kind] = append(into[ref.Kind], change)
	}
	var early []store.Key
	for part := range slices.Chunk(slices.Collect(maps.Keys(want)), store.MaxGet) {
		items, err := c.Store.Get(ctx, store.Each, part...)
		if err != nil {
			return store.Fault(err)
		}
		for i, item := range items {
			if ref := want[part[i]]; item == nil || item.Revision < ref.Revision {
				early = append(early, part[i])
			} else {
				take(ref, item)
			}
		}
	}
	for part := range slices.Chunk(early, store.MaxTogether) {
		items, err := c.together(ctx, part)
		if err != nil {
			return err
		}
		for i, item := range items {
			take(want[part[i]], item)
		}
	}
	return nil
}

func (c *Catalog) together(ctx context.Context, keys []store.Key) ([]*store.Item, error) {
	for attempt := 1; ; attempt++ {
		items, err := c.Store.Get(ctx, store.Together, keys...)
		if !errors.Is(err, store.ErrBusy) {
			return items, err
		}
		if err := pause(ctx, attempt); err != nil {
			return nil, err
		}
	}
}

// load makes a shelf from its snapshot, or from the table.
func (c *Catalog) load(ctx context.Context, t org.Tenant) (*Shelf, error) {
	s, err := c.snapshot(ctx, t, -1)
	if s != nil || err != nil {
		return s, err
	}
	return c.build(ctx, t)
}

// schemas gives the schemas of the indexed kinds with the organisation's own fields, and of those that are known by their
// names alone.
func (c *Catalog) schemas(ctx context.Context, t org.Tenant) (map[string]index.Schema, *setting.Config, error) {
	cfg, err := setting.Load(ctx, c.Store, t)
	if err != nil {
		return nil, nil, store.Fault(err)
	}
	all := map[string]index.Schema{}
	for _, k := range c.Kinds.Kinds() {
		switch {
		case k.Indexed:
			all[k.Name] = k.Schema(cfg.Fields)
		case k.Named() && !setting.Governs(k.Name, setting.Owner):
			all[k.Name] = k.Names()
		}
	}
	return all, cfg, nil
}

// names makes the views of the kinds a configuration holds. They are small, and made anew when it changes.
func (c *Catalog) names(config *setting.Config) (map[string]*index.View, error) {
	all := map[string]*index.View{}
	for _, k := range c.Kinds.Kinds() {
		if k.Indexed || !k.Named() || !setting.Governs(k.Name, setting.Owner) {
			continue
		}
		records := slices.Clone(config.Live(k.Name))
		if k.Name == setting.EntityName {
			records = append(records, config.Entity(setting.RootEntity))
		}
		b := index.NewBuilder(k.Names())
		for _, r := range records {
			value, err := json.Marshal(r)
			if err != nil {
				return nil, err
			}
			if err := b.Add(index.Change{ID: r.Base().ID, Revision: r.Base().Version, Value: value}); err != nil {
				return nil, err
			}
		}
		all[k.Name] = b.View(0)
	}
	return all, nil
}

// overlap is how many commits before the head a build may have seen half of.
const overlap = 100

// build makes a shelf from the records of the table: all buckets, side by side. The shelf stands somewhat before the head
// as it was before the reading, so that whatever was just being written, then or during it, is applied again; revisions
// make that harmless.
func (c *Catalog) build(ctx context.Context, t org.Tenant) (*Shelf, error) {
	head, err := c.Log.Head(ctx, t)
	if err != nil {
		return nil, store.Fault(err)
	}
	schemas, config, err := c.schemas(ctx, t)
	if err != nil {
		return nil, err
	}
	builders := map[string]*index.Builder{}
	for kind, schema := range schemas {
		builders[kind] = index.NewBuilder(schema)
	}
	var mu sync.Mutex
	err = EachRecord(ctx, c.Store, t, func(item store.Item) error {
		_, kind, id, ok := org.ParseRecord(item.Sort)
		if b := builders[kind]; ok && b != nil {
			mu.Lock()
			defer mu.Unlock()
			return b.Add(index.Change{ID: id, Revision: item.Revision, Value: item.Value})
		}
		return nil
	})
	if err != nil {
		return nil, store.Fault(err)
	}
	seq := max(head.Seq-overlap, 0)
	views := map[string]*index.View{}
	for kind, b := range builders {
		views[kind] = b.View(seq)
	}
	names, err := c.names(config)
	if err != nil {
		return nil, err
	}
	return newShelf(seq, config, views, names), nil
}

// EachRecord calls f with every record item of an organisation, from several goroutines at once.
func EachRecord(ctx context.Context, s store.Store, t org.Tenant, f func(store.Item) error) error {
	const readers = 8
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var next atomic.Int64
	var group sync.WaitGroup
	for range readers {
		group.Go(func() {
			for {
				n := int(next.Add(1) - 1)
				if n >= org.Buckets {
					return
				}
				if err := eachOf(ctx, s, store.Query{Partition: t.Bucket(n)}, f); err != nil {
					cancel(err)
					return
				}
			}
		})
	}
	group.Wait()
	return context.Cause(ctx)
}

func eachOf(ctx context.Context, s store.Store, q store.Query, f func(store.Item) error) error {
	for {
		page, err := s.Query(ctx, q)
		if err != nil {
			return err
		}
		for _, item := range page.Items {
			if err := f(item); err != nil {
				return err
			}
		}
		if page.Next == "" {
			return nil
		}
		q.After = page.Next
	}
}

// forget drops the shelves asked for longest ago until the rest fit the limit; kept stays.
func (c *Catalog) forget(kept *place) {
	c.mu.Lock()
	defer c.mu.Unlock()
	total := int64(0)
	for _, p := range c.places {
		if s := p.shelf.Load(); s != nil {
			total += s.bytes()
		}
	}
	for total > c.Limit {
		var oldest *place
		for _, p := range c.places {
			if p != kept && p.shelf.Load() != nil && (oldest == nil || p.asked.Load() < oldest.asked.Load()) {
				oldest = p
			}
		}
		if oldest == nil {
			return
		}
		total -= oldest.shelf.Load().bytes()
		oldest.shelf.Store(nil)
	}
}
