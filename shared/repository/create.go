package repository

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/muster-crm/muster/shared/catalog"
	"github.com/muster-crm/muster/shared/fault"
	"github.com/muster-crm/muster/shared/policy"
	"github.com/muster-crm/muster/shared/record"
	"github.com/muster-crm/muster/shared/store"
)

// Create makes a record from a request's body. Faults: Malformed, Invalid with every wrong value, Conflict with the
// holders of a blocked key, Denied.
func (r *Repository) Create(ctx context.Context, w Write, kind string, body []byte) (Result, error) {
	k, err := r.Kind(kind)
	if err != nil {
		return Result{}, err
	}
	if err := allow(w.Grant, k, policy.Create); err != nil {
		return Result{}, err
	}
	return r.once(ctx, w, k, func() (Result, error) { return r.createFrom(ctx, w, k, body) })
}

func (r *Repository) createFrom(ctx context.Context, w Write, k *record.Kind, body []byte) (Result, error) {
	rec, err := k.Create(body)
	if err != nil {
		return Result{}, err
	}
	return r.createOne(ctx, w, k, rec)
}

func (r *Repository) createOne(ctx context.Context, w Write, k *record.Kind, rec record.Record) (Result, error) {
	outcomes, err := r.CreateMany(ctx, w, k.Name, []record.Record{rec}, nil)
	if err != nil {
		return Result{}, err
	}
	if outcomes[0].Err != nil {
		return Result{}, outcomes[0].Err
	}
	res := outcomes[0].Result
	if !res.Replayed {
		res.Record = k.Hide(res.Record, w.Grant, res.own)
	}
	return res, nil
}

// Outcome is what became of one record of many.
type Outcome struct {
	Result
	Err  error    // a fault: the record was not made
	Kept []string // of UndoMany: the fields that were edited since, and stay
}

// Cost tells how many operations the creation of a record takes in a commit, so that callers can cut their chunks to
// log.MaxOps.
func Cost(rec record.Record) int { return 2 + len(keysOf(rec)) }

// CreateMany makes records in one commit. A record that fails its checks is left out and has its fault in its outcome;
// the others are made together. extra, when given, adds operations to the commit that tell of the outcomes (a job's
// cursor and results); the commit then happens even when no record is left. With one record and no extra the write's
// idempotency key is kept.
func (r *Repository) CreateMany(ctx context.Context, w Write, kind string, records []record.Record, extra func([]Outcome) ([]store.Op, error)) ([]Outcome, error) {
	k, err := r.Kind(kind)
	if err != nil {
		return nil, err
	}
	if err := allow(w.Grant, k, policy.Create); err != nil {
		return nil, err
	}
	if k.Serial && len(records) > 1 {
		return nil, fmt.Errorf("repository: of %s one is made at a time, since each is judged by all others", k.Name)
	}
	var checked []error
	for attempt := 1; attempt <= maxJudgements; attempt++ {
		m, err := r.moment(ctx, w.Grant)
		if err != nil {
			return nil, err
		}
		if checked == nil || k.Serial {
			if m, checked, err = r.checkNew(ctx, w, m, k, records); err != nil {
				return nil, err
			}
		}
		outcomes, err := r.create(ctx, w, m, k, records, checked, extra)
		if !errors.Is(err, errClaims) {
			return outcomes, err
		}
		if err := rest(ctx, attempt); err != nil {
			return nil, err
		}
	}
	return nil, fault.New(fault.Unavailable, "busy")
}

// checkNew holds new records against their rules and the caller's rights, each by itself, and their references against
// what there is.
func (r *Repository) checkNew(ctx context.Context, w Write, m moment, k *record.Kind, records []record.Record) (moment, []error, error) {
	m, err := r.ordered(ctx, w.Grant, m, k)
	if err != nil {
		return m, nil, err
	}
	env, err := r.env(w, m, k)
	if err != nil {
		return m, nil, err
	}
	checked := make([]error, len(records))
	lists := make([][]record.Reference, len(records))
	for i, rec := range records {
		if rec.Base().ID == "" && len(k.Under) == 0 {
			rec.Base().ID = r.IDs.New(k.Prefix)
		}
		if rec.Base().ID == "" {
			checked[i] = fault.Bad("owner", "required")
			continue
		}
		m.redirected(r, k, nil, rec)
		env.Others = m.orders[k.Name].others(rec.Base().ID)
		if checked[i] = k.Check(rec, env); checked[i] == nil {
			checked[i] = mayWrite(k, w.Grant, policy.Create, nil, rec, m.cfg.Fields)
		}
		if checked[i] == nil {
			lists[i] = newReferences(k, nil, rec, m.cfg.Fields)
		}
	}
	dangling, err := r.dangling(ctx, w.Grant, m.cfg, lists)
	for i := range dangling {
		if checked[i] == nil {
			checked[i] = dangling[i]
		}
	}
	return m, checked, err
}

func (r *Repository) create(ctx context.Context, w Write, m moment, k *record.Kind, records []record.Record, checked []error, extra func([]Outcome) ([]store.Op, error)) ([]Outcome, error) {
	j, err := r.newJudge(w, m, k)
	if err != nil {
		return nil, err
	}
	checked = slices.Clone(checked)
	for i, rec := range records {
		if checked[i] == nil {
			checked[i] = m.seats.take(k, nil, rec)
		}
		if err := checked[i]; err != nil && !refused(err) {
			return nil, err
		}
	}
	outcomes, err := j.judge(ctx, records, checked)
	if err != nil {
		return nil, err
	}
	if len(records) == 1 && extra == nil && outcomes[0].Err == nil {
		if err := r.guard(ctx, w, m, k, records[0]); errors.Is(err, fault.Conflict) {
			outcomes[0].Err = err
		} else if err != nil {
			return nil, err
		}
	}
	p := plan{claims: j.claims, orders: m.orders, seats: m.seats}
	for i, out := range outcomes {
		if out.Err == nil {
			p.changes = append(p.changes, change{kind: k, after: records[i], action: actionCreate})
		}
	}
	if extra != nil {
		if p.ops, err = extra(outcomes); err != nil {
			return nil, err
		}
	} else if len(p.changes) == 0 {
		return outcomes, nil
	}
	if len(records) == 1 && extra == nil {
		p.answer = keep(k, &outcomes[0].Result, nil)
	}
	raw, err := r.commit(ctx, w, k.Name+"."+actionCreate, p)
	if err != nil {
		return nil, err
	}
	if raw != nil {
		outcomes[0].Result, err = r.replay(ctx, w, k, raw)
	}
	return outcomes, err
}

// judge holds new records against the unique keys and numbers there are, and against each other: an earlier one takes
// what a later one then may not have.
type judge struct {
	r       *Repository
	w       Write
	moment  moment
	kind    *record.Kind
	view    *catalog.View // nil for kinds that are not indexed
	claims  *claims
	numbers map[int64]bool // taken by records judged earlier
	fresh   fresh          // those records
	dry     bool           // they are never stored
	next    int64          // the number the next record without one would get; 0: not needed so far
}

func (r *Repository) newJudge(w Write, m moment, k *record.Kind) (*judge, error) {
	view, err := m.view(k)
	return &judge{r: r, w: w, moment: m, kind: k, view: view, claims: newClaims(w.tenant()), numbers: map[int64]bool{}, fresh: fresh{}}, err
}

func (j *judge) judge(ctx context.Context, records []record.Record, checked []error) ([]Outcome, error) {
	var keys []record.Key
	for i, rec := range records {
		if checked[i] == nil {
			keys = append(keys, keysOf(rec)...)
		}
	}
	if err := j.claims.read(ctx, j.r.Store, keys); err != nil {
		return nil, err
	}
	if err := j.r.ending(ctx, j.claims); err != nil {
		return nil, err
	}
	if j.next == 0 && slices.ContainsFunc(records, brings) {
		if err := j.count(ctx); err != nil {
			return nil, err
		}
	}
	outcomes := make([]Outcome, len(records))
	for i, rec := range records {
		out := &outcomes[i]
		if out.Err = checked[i]; out.Err != nil {
			continue
		}
		n, ok := rec.(numbered)
		if ok && n.SystemNumber() != 0 {
			if j.numbers[n.SystemNumber()] || j.view != nil && j.view.Taken("number", n.SystemNumber()) {
				out.Err = numberTaken()
				continue
			}
		}
		refused, warned := j.claims.judge(j.moment, j.kind.Name, rec.Base().ID, keysOf(rec))
		if len(refused) > 0 {
			if out.Err = j.r.conflict(ctx, j.w.Grant, refused, j.fresh); !errors.Is(out.Err, fault.Conflict) {
				return nil, out.Err // the holders could not be read: that is no fault of the record
			}
			continue
		}
		var err error
		if out.Warnings, err = j.r.warnings(ctx, j.w.Grant, warned, j.fresh); err != nil {
			return nil, err
		}
		if ok {
			j.number(n)
		}
		out.Record, out.Created, out.own = rec, true, j.moment.cfg.Fields
		j.remember(rec)
	}
	return outcomes, nil
}

// remember lets later records name one that passed, if it holds something they may want.
func (j *judge) remember(rec record.Record) {
	if len(keysOf(rec)) == 0 {
		return
	}
	c := fault.Clash{ID: rec.Base().ID, Title: record.Title(rec)}
	if j.dry {
		c.ID = "" // it leads nowhere
	}
	j.fresh[rec.Base().ID] = c
}

// brings tells whether a record brings a number of its own.
func brings(rec record.Record) bool {
	n, ok := rec.(numbered)
	return ok && n.SystemNumber() != 0
}

// count finds out which number comes next.
func (j *judge) count(ctx context.Context) error {
	head, err := j.r.Log.Head(ctx, j.w.tenant())
	j.next = head.Number
	return store.Fault(err)
}

// number notes the number a new record brings or would get, in the order in which the commit will give them.
func (j *judge) number(n numbered) {
	own := n.SystemNumber()
	switch {
	case own == 0 && j.next == 0:
		return // nobody brings one
	case own == 0:
		own = j.next
		j.next++
	case own >= j.next:
		j.next = own + 1
	}
	j.numbers[own] = true
}

func numberTaken() error {
	f := fault.New(fault.Conflict, "number_taken")
	f.Fields = []fault.Field{fault.At("number", "number_taken")}
	return f
}

// Dry judges new records as CreateMany would, one lot after the other, and writes nothing.
type Dry struct{ *judge }

// DryRun begins a dry run.
func (r *Repository) DryRun(ctx context.Context, w Write, kind string) (*Dry, error) {
	k, err := r.Kind(kind)
	if err != nil {
		return nil, err
	}
	if err := allow(w.Grant, k, policy.Create); err != nil {
		return nil, err
	}
	m, err := r.moment(ctx, w.Grant)
	if err != nil {
		return nil, err
	}
	j, err := r.newJudge(w, m, k)
	if err != nil {
		return nil, err
	}
	j.dry = true
	return &Dry{j}, j.count(ctx)
}

// Judge tells what would become of records.
func (d *Dry) Judge(ctx context.Context, records []record.Record) ([]Outcome, error) {
	_, checked, err := d.r.checkNew(ctx, d.w, d.moment, d.kind, records)
	if err != nil {
		return nil, err
	}
	return d.judge.judge(ctx, records, checked)
}

// mayWrite refuses changes of fields whose class the grant may not write.
func mayWrite(k *record.Kind, g policy.Grant, a policy.Action, before, after record.Record, own []record.CustomField) error {
	if k.Guarded() {
		for _, version := range []record.Record{before, after} {
			if rec, ok := version.(record.Guarded); ok && !rec.ChangedBy(g) {
				return fault.New(fault.Denied, "denied")
			}
		}
		return nil
	}
	denied := func(c policy.Class) bool { return !g.Fields(a, c) }
	if !slices.ContainsFunc(k.Fields, func(f *record.Field) bool { return denied(f.Class) }) &&
		!slices.ContainsFunc(own, func(f record.CustomField) bool {
			return f.Kind == k.Name && denied(cmp.Or(f.Class, policy.Public))
		}) {
		return nil // all of them
	}
	changes, err := k.Diff(before, after)
	if err != nil {
		return err
	}
	var faults []fault.Field
	for _, c := range changes {
		if f, ok := k.Member(c.Field); ok && !f.System && denied(k.Class(c.Field, own)) {
			faults = append(faults, fault.At(c.Field, "denied"))
		}
	}
	if len(faults) == 0 {
		return nil
	}
	refused := fault.New(fault.Denied, "denied")
	refused.Fields = faults
	return refused
}
