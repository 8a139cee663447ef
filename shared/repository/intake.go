package repository

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/muster-crm/muster/shared/catalog"
	"github.com/muster-crm/muster/shared/fault"
	"github.com/muster-crm/muster/shared/log"
	"github.com/muster-crm/muster/shared/policy"
	"github.com/muster-crm/muster/shared/record"
	"github.com/muster-crm/muster/shared/store"
)

// Intake judges what the rows of a file bring, one row after the other: each is held against the records there are and
// against the rows before it. What passes is gathered into lots of one commit each, which are written together in their
// order (Commit), or, in a dry intake, never.
//
// It is for one goroutine, and as of the moment it was opened: when a commit finds that something has moved since, whoever
// uses it opens another and brings the rows again.
type Intake struct {
	r       *Repository
	w       Write
	m       moment
	dry     bool
	envs    map[string]*record.Env
	held    map[string]*held // records that rows have made or changed or are about, by id
	noted   map[string][]string
	claims  *claims
	sealed  map[store.Key]bool // claims that a lot before this one writes
	fresh   fresh
	numbers map[int64]string // that rows have brought or will get, with the ids of the records
	next    int64            // the next number, when a row has brought one; 0: not needed so far

	lots []plan
	lot  []*held // of the lot that is being gathered, in order
	with []store.Op
	ops  int
	size int
}

// held is a record as the rows so far leave it.
type held struct {
	kind    *record.Kind
	before  stored        // in the store
	now     record.Record // nil: none, or, in a dry intake, to be read from raw
	raw     []byte
	missing bool
	action  string // of the lot; "" while it holds no change of the record
	sealed  bool   // a lot before this one changes it
}

// Part is one record that a row makes or changes.
type Part struct {
	Kind  string
	New   record.Record                              // to be made; nil: ID names one that is there
	ID    string                                     //
	Alter func(record.Record) (record.Record, error) // gives a changed copy, or nil to leave it; its fault refuses the row
	With  []store.Op                                 // the caller's, written with the row
}

// Taken is what a row does to one record.
type Taken struct {
	ID       string
	Kind     string
	Revision int64 // that it gets; 0: nothing changes
	Created  bool
	Fresh    bool          // it is not stored yet: this row or one before it makes it
	Record   record.Record // as the row leaves it
	Fields   []record.FieldChange
	Warnings []Warning
}

// Reasons why a row is not taken that are none of its own.
var (
	ErrFull = errors.New("repository: the lot is full")             // cut it, and bring the row again
	ErrSeal = errors.New("repository: a lot before holds the same") // commit, and bring the row to another intake
)

// Intake opens an intake. A dry one judges without end and is never committed.
func (r *Repository) Intake(ctx context.Context, w Write, dry bool) (*Intake, error) {
	if err := w.Grant.Allow(policy.Create); err != nil {
		return nil, err
	}
	m, err := r.moment(ctx, w.Grant)
	if err != nil {
		return nil, err
	}
	in := &Intake{r: r, w: w, m: m, dry: dry, envs: map[string]*record.Env{}, held: map[string]*held{}, noted: map[string][]string{},
		claims: newClaims(w.tenant()), sealed: map[store.Key]bool{}, fresh: fresh{}, numbers: map[int64]string{}}
	in.empty()
	return in, nil
}

// View gives the index of a kind as of the intake's moment.
func (in *Intake) View(kind string) (catalog.View, error) { return in.m.shelf.View(kind) }

// Read reads together what rows will be held against: the holders of keys, and records by kind and id.
func (in *Intake) Read(ctx context.Context, keys []record.Key, ids map[string][]string) error {
	if err := in.holders(ctx, keys); err != nil {
		return err
	}
	for kind, all := range ids {
		k, err := in.r.Kind(kind)
		if err != nil {
			return err
		}
		all = slices.DeleteFunc(slices.Clone(all), func(id string) bool { return in.held[id] != nil })
		found, err := in.r.loadMany(ctx, in.w, k, all)
		if err != nil {
			return err
		}
		for i, id := range all {
			h := &held{kind: k, before: found[i], now: found[i].record, missing: found[i].record == nil}
			if !h.missing {
				// A merged record is the one it has ended in.
				end := h.now.Base().ID
				if in.held[end] == nil {
					in.held[end] = h
				}
				h = in.held[end]
			}
			in.held[id] = h
		}
	}
	return nil
}

// holders reads who holds keys, and where those that were merged have ended.
func (in *Intake) holders(ctx context.Context, keys []record.Key) error {
	known := len(in.claims.items)
	if err := in.claims.read(ctx, in.r.Store, keys); err != nil || len(in.claims.items) == known {
		return err
	}
	return in.r.ending(ctx, in.claims)
}

// Get gives a record as the rows so far leave it; nil when there is none, or none of the kind.
func (in *Intake) Get(ctx context.Context, kind, id string) (record.Record, error) {
	h, err := in.get(ctx, kind, id)
	if err != nil || h == nil {
		return nil, err
	}
	return h.record()
}

func (in *Intake) get(ctx context.Context, kind, id string) (*held, error) {
	if in.held[id] == nil {
		if err := in.Read(ctx, nil, map[string][]string{kind: {id}}); err != nil {
			return nil, err
		}
	}
	h := in.held[id]
	if h == nil || h.missing || h.kind.Name != kind {
		return nil, nil
	}
	return h, nil
}

// record gives the record as it is now.
func (h *held) record() (record.Record, error) {
	if h.now != nil || h.raw == nil {
		return h.now, nil
	}
	return h.kind.Decode(h.raw, 0)
}

// Earlier tells whether a record was made or changed by a row before this one, of this intake or of the write's batch, which
// began at a time.
func (in *Intake) Earlier(ctx context.Context, kind, id string, since time.Time) (bool, error) {
	h, err := in.get(ctx, kind, id)
	if err != nil || h == nil {
		return false, err
	}
	if h.action != "" || h.raw != nil || in.w.Batch == "" {
		return h.action != "" || h.raw != nil, nil
	}
	base := h.now.Base()
	if base.UpdatedAt.Before(since) {
		return false, nil
	}
	key := in.w.tenant().Change(id, base.Version)
	found, err := in.r.fetch(ctx, []store.Key{key})
	if err != nil || found[key] == nil {
		return false, err
	}
	c, err := readChange(*found[key])
	return c.Batch == in.w.Batch, err
}

// Holders gives the records of a kind that hold a unique key.
func (in *Intake) Holders(ctx context.Context, kind string, key record.Key) ([]string, error) {
	if err := in.holders(ctx, []record.Key{key}); err != nil {
		return nil, err
	}
	var ids []string
	for _, h := range in.claims.others(key, "") {
		if h.Kind == kind {
			ids = append(ids, h.ID)
		}
	}
	return ids, nil
}

// Note remembers a record by something that is no key, for the rows to come.
func (in *Intake) Note(what, id string) {
	if !slices.Contains(in.noted[what], id) {
		in.noted[what] = append(in.noted[what], id)
	}
}

// Noted gives the records noted so.
func (in *Intake) Noted(what string) []string { return in.noted[what] }

// Numbered gives the record of a row before this one that brought a number.
func (in *Intake) Numbered(n int64) string { return in.numbers[n] }

// effect is one part of a row, judged.
type effect struct {
	held  *held
	after record.Record // nil: it leaves the record as it is
	raw   []byte        // its JSON
	taken Taken
	begin []record.Key // unique keys it takes
	end   []record.Key // and gives up
	seats taking
	cost  int
	size  int
}

// Take judges a row: all its parts pass, or none. The fault of a row that is refused is a fault.Fault; ErrFull and ErrSeal
// say that it was not judged.
func (in *Intake) Take(ctx context.Context, parts ...Part) ([]Taken, error) {
	effects := make([]effect, len(parts))
	coming := map[string]bool{} // records that the row itself makes
	for i := range parts {
		if n := parts[i].New; n != nil {
			if n.Base().ID == "" {
				k, err := in.r.Kind(parts[i].Kind)
				if err != nil {
					return nil, err
				}
				n.Base().ID = in.r.IDs.New(k.Prefix)
			}
			coming[n.Base().ID] = true
		}
	}
	cost, size := 0, 0
	for i, part := range parts {
		var err error
		if effects[i], err = in.judge(ctx, part, coming); err != nil {
			return nil, err
		}
		cost, size = cost+effects[i].cost+len(part.With), size+effects[i].size
	}
	if err := in.fits(effects, cost, size); err != nil {
		return nil, err
	}
	if err := in.settle(ctx, effects); err != nil {
		return nil, err
	}
	in.ops, in.size = in.ops+cost, in.size+size
	taken := make([]Taken, len(effects))
	for i := range effects {
		if err := in.hold(&effects[i]); err != nil {
			return nil, err
		}
		taken[i] = effects[i].taken
		in.with = append(in.with, parts[i].With...)
	}
	return taken, nil
}

// env is what records of a kind are checked with.
func (in *Intake) env(k *record.Kind) (*record.Env, error) {
	if in.envs[k.Name] == nil {
		env, err := in.r.env(in.w, in.m, k)
		if err != nil {
			return nil, err
		}
		in.envs[k.Name] = env
	}
	return in.envs[k.Name], nil
}

// judge holds one part against the rules of its kind, the caller's rights and what there is to refer to.
func (in *Intake) judge(ctx context.Context, part Part, coming map[string]bool) (effect, error) {
	k, err := in.r.Kind(part.Kind)
	if err != nil {
		return effect{}, err
	}
	env, err := in.env(k)
	if err != nil {
		return effect{}, err
	}
	if part.New != nil {
		return in.judgeNew(ctx, k, env, part.New, coming)
	}
	if err := allow(in.w.Grant, k, policy.Edit); err != nil {
		return effect{}, err
	}
	h, err := in.get(ctx, k.Name, part.ID)
	if err != nil {
		return effect{}, err
	}
	if h == nil {
		return effect{}, fault.New(fault.NotFound, "not_found")
	}
	now, err := h.record()
	if err != nil {
		return effect{}, err
	}
	e := effect{held: h, taken: Taken{ID: now.Base().ID, Kind: k.Name, Record: now, Fresh: h.before.record == nil}}
	if now.Base().DeletedAt != nil {
		return e, fault.New(fault.Conflict, "trashed")
	}
	after, err := part.Alter(now)
	if err != nil || after == nil {
		return e, err
	}
	env.Before = now
	if err := k.Check(after, env); err != nil {
		return e, err
	}
	in.m.redirected(in.r, k, now, after)
	changes, err := k.Diff(now, after)
	if err != nil || len(changes) == 0 {
		return e, err
	}
	if err := mayWrite(k, in.w.Grant, policy.Edit, now, after, in.m.cfg.Fields); err != nil {
		return e, err
	}
	if err := in.refers(ctx, newReferences(k, now, after, in.m.cfg.Fields), coming); err != nil {
		return e, err
	}
	if e.seats, err = in.m.seats.asks(k, now, after); err != nil {
		return e, err
	}
	if e.raw, err = weighed(after, changes); err != nil {
		return e, err
	}
	e.after, e.begin, e.end = after, newKeys(now, after), newKeys(after, now)
	e.cost, e.size = len(e.begin)+len(e.end), changeSize+3*len(h.before.raw)
	if h.action == "" {
		e.cost += 2
	}
	e.taken.Revision, e.taken.Record, e.taken.Fields = 1, after, changes
	if h.before.record != nil {
		e.taken.Revision = h.before.record.Base().Version + 1
	}
	return e, nil
}

func (in *Intake) judgeNew(ctx context.Context, k *record.Kind, env *record.Env, rec record.Record, coming map[string]bool) (effect, error) {
	if err := allow(in.w.Grant, k, policy.Create); err != nil {
		return effect{}, err
	}
	env.Before = nil
	if err := k.Check(rec, env); err != nil {
		return effect{}, err
	}
	if err := mayWrite(k, in.w.Grant, policy.Create, nil, rec, in.m.cfg.Fields); err != nil {
		return effect{}, err
	}
	in.m.redirected(in.r, k, nil, rec)
	if err := in.refers(ctx, newReferences(k, nil, rec, in.m.cfg.Fields), coming); err != nil {
		return effect{}, err
	}
	seats, err := in.m.seats.asks(k, nil, rec)
	if err != nil {
		return effect{}, err
	}
	raw, err := weighed(rec, nil)
	if err != nil {
		return effect{}, err
	}
	begin := keysOf(rec)
	return effect{held: &held{kind: k}, after: rec, raw: raw, begin: begin, seats: seats, cost: 2 + len(begin), size: changeSize,
		taken: Taken{ID: rec.Base().ID, Kind: k.Name, Record: rec, Created: true, Fresh: true, Revision: 1}}, nil
}

// refers refuses references to what is not there; what a row has made, or makes beside them, is.
func (in *Intake) refers(ctx context.Context, refs []record.Reference, coming map[string]bool) error {
	refs = slices.DeleteFunc(refs, func(ref record.Reference) bool {
		of, ok := in.r.kindOf(ref.ID)
		if !ok || !slices.Contains(ref.Kinds, of.Name) {
			return false
		}
		if coming[ref.ID] {
			return true
		}
		h := in.held[ref.ID]
		if h == nil || h.missing {
			return false
		}
		return h.raw != nil || h.now != nil && h.now.Base().DeletedAt == nil
	})
	if len(refs) == 0 {
		return nil
	}
	dangling, err := in.r.dangling(ctx, in.w.Grant, in.m.cfg, [][]record.Reference{refs})
	if err != nil {
		return err
	}
	return dangling[0]
}

// fits tells whether a row goes into the lot that is being gathered.
func (in *Intake) fits(effects []effect, cost, size int) error {
	if in.dry {
		return nil
	}
	for _, e := range effects {
		if e.after == nil {
			continue
		}
		if e.held.sealed {
			return ErrSeal
		}
		for _, key := range slices.Concat(e.begin, e.end) {
			if in.sealed[in.claims.tenant.Claim(key.Name, key.Value)] {
				return ErrSeal
			}
		}
	}
	if len(in.lot) > 0 && (in.ops+cost > log.MaxOps || in.size+size > lotBytes) {
		return ErrFull
	}
	return nil
}

// settle holds the numbers and keys of a row against those that are taken, and takes them.
func (in *Intake) settle(ctx context.Context, effects []effect) error {
	var keys []record.Key
	for _, e := range effects {
		if n, ok := e.after.(numbered); ok && e.taken.Created && n.SystemNumber() != 0 {
			if err := in.free(ctx, e, n.SystemNumber()); err != nil {
				return err
			}
		}
		keys = append(append(keys, e.begin...), e.end...)
	}
	if err := in.holders(ctx, keys); err != nil {
		return err
	}
	for i := range effects {
		e := &effects[i]
		if e.after == nil {
			continue
		}
		refused, warned := in.claims.judge(in.m, e.held.kind.Name, e.taken.ID, e.begin)
		if len(refused) > 0 {
			for _, before := range effects[:i] { // what the parts before it took
				for _, key := range before.begin {
					in.claims.release(key, before.taken.ID)
				}
			}
			return in.r.conflict(ctx, in.w.Grant, refused, in.fresh)
		}
		var err error
		if e.taken.Warnings, err = in.r.warnings(ctx, in.w.Grant, warned, in.fresh); err != nil {
			return err
		}
	}
	for _, e := range effects {
		if len(e.end) > 0 {
			now, err := e.held.record()
			if err != nil {
				return err
			}
			if err := in.r.release(ctx, in.claims, change{kind: e.held.kind, before: stored{record: now}, after: e.after}); err != nil {
				return err
			}
		}
	}
	return nil
}

// free refuses a number that somebody has.
func (in *Intake) free(ctx context.Context, e effect, n int64) error {
	view, err := in.m.view(e.held.kind)
	if err != nil {
		return err
	}
	if in.numbers[n] != "" || view != nil && view.Taken("number", n) {
		return numberTaken()
	}
	if in.next == 0 {
		head, err := in.r.Log.Head(ctx, in.w.tenant())
		if err != nil {
			return store.Fault(err)
		}
		in.next = head.Number
		// The new ones before it in the same lots will get the numbers that come first.
		for _, h := range in.order() {
			in.number(h.now)
		}
	}
	if in.numbers[n] != "" {
		return numberTaken()
	}
	return nil
}

// order gives the new records that have no commit yet.
func (in *Intake) order() []*held {
	var all []*held
	for _, p := range in.lots {
		for _, c := range p.changes {
			if c.action == actionCreate {
				all = append(all, &held{kind: c.kind, now: c.after})
			}
		}
	}
	for _, h := range in.lot {
		if h.action == actionCreate {
			all = append(all, h)
		}
	}
	return all
}

// number notes the number that a new record brings or will get.
func (in *Intake) number(rec record.Record) {
	n, ok := rec.(numbered)
	if !ok || in.next == 0 {
		return
	}
	own := n.SystemNumber()
	switch {
	case own == 0:
		own = in.next
		in.next++
	case own >= in.next:
		in.next = own + 1
	}
	in.numbers[own] = rec.Base().ID
}

// hold notes what a row makes of a record.
func (in *Intake) hold(e *effect) error {
	if e.after == nil {
		return nil
	}
	h, id := e.held, e.taken.ID
	in.m.seats.note(e.seats)
	if e.taken.Created {
		in.number(e.after)
		if len(e.begin) > 0 {
			clash := fault.Clash{ID: id, Title: record.Title(e.after)}
			if in.dry {
				clash.ID = "" // it leads nowhere
			}
			in.fresh[id] = clash
		}
		in.held[id] = h
	}
	if in.dry {
		h.now, h.before.raw, h.raw = nil, nil, e.raw
		return nil
	}
	if h.action == "" {
		h.action = actionEdit
		if e.taken.Created {
			h.action = actionCreate
		}
		in.lot = append(in.lot, h)
	}
	h.now = e.after
	return nil
}

// Forget lets a dry intake of rows that are about nothing but themselves go without the records they would make.
func (in *Intake) Forget(id string) {
	if in.dry {
		delete(in.held, id)
	}
}

// empty begins the next lot.
func (in *Intake) empty() { in.lot, in.with, in.ops, in.size = nil, nil, extraOps+len(in.w.Due), 0 }

// Len tells how many lots have been cut.
func (in *Intake) Len() int { return len(in.lots) }

// Cut ends the lot that is being gathered: it will be one commit with these operations of the caller's, at most eight, which
// happens even when the lot holds nothing else.
func (in *Intake) Cut(ops []store.Op) {
	p := plan{ops: slices.Concat(in.with, ops), claims: newClaims(in.w.tenant()), seats: in.m.seats}
	for _, h := range in.lot {
		p.changes = append(p.changes, change{kind: h.kind, before: h.before, after: h.now, action: h.action})
		h.sealed = true
	}
	for _, key := range in.claims.order {
		in.sealed[key] = true
	}
	p.claims.items, p.claims.order = in.claims.items, in.claims.order
	in.claims.order = nil
	for _, key := range p.claims.order {
		// Its item is the lot's now: whatever a row to come would write of it seals the intake before.
		in.claims.items[key].dirty = false
	}
	in.lots = append(in.lots, p)
	in.empty()
}

// Commit writes the lots that were cut, in their order, and tells how many of them are written: with an error, those before
// the one it is about. Errors: Stale or Unavailable when something has moved since the intake was opened, so that the rows
// are to be judged again (Overtaken tells); *store.Failed about an operation of the caller's.
func (in *Intake) Commit(ctx context.Context) (done int, err error) {
	action := "contact." + actionCreate
	if len(in.lots) > 0 && len(in.lots[0].changes) > 0 {
		first := in.lots[0].changes[0]
		action = first.kind.Name + "." + first.action
	}
	return in.r.commitSeries(ctx, in.w, action, in.lots)
}

// Overtaken tells whether an intake was not committed because what it was judged by has moved.
func Overtaken(err error) bool { return errors.Is(err, errClaims) || errors.Is(err, fault.Stale) }
