package repository

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"slices"

	"github.com/muster-crm/muster/shared/fault"
	"github.com/muster-crm/muster/shared/log"
	"github.com/muster-crm/muster/shared/org"
	"github.com/muster-crm/muster/shared/policy"
	"github.com/muster-crm/muster/shared/record"
	"github.com/muster-crm/muster/shared/store"
)

// The actions of changes, after the kind's name and a dot.
const (
	actionCreate  = "create"
	actionEdit    = "edit"
	actionTrash   = "trash"
	actionRestore = "restore"
	actionRevert  = "revert"
	actionReveal  = "reveal" // in the log alone: it changes nothing
)

// change is what a write does to one record.
type change struct {
	kind   *record.Kind
	before stored // zero on creation
	after  record.Record
	action string
	fields []record.FieldChange // what differs, where that is known already
}

// numbered records are given the organisation's next number when they are made with none.
type numbered interface {
	SystemNumber() int64
	SetSystemNumber(int64)
}

// plan is a write that has passed its checks: what one commit will do.
type plan struct {
	changes []change
	claims  *claims
	orders  map[string]*order      // of the serial kinds among them
	seats   *seats                 // that they take
	ops     []store.Op             // of the caller, such as a job's cursor
	answer  func() ([]byte, error) // for the idempotency record; nil: none
}

// errClaims says that a claim, or the order of a serial kind, moved between reading and committing: read again and judge again.
var errClaims = errors.New("repository: a claim moved")

// maxJudgements is how often a write is judged anew when claims keep moving under it.
const maxJudgements = 20

// commit writes a plan. Beside faults it answers errClaims; replayed holds the kept answer when an equal request was
// quicker; *store.Failed is about the caller's own operations.
func (r *Repository) commit(ctx context.Context, w Write, action string, p plan) (replayed []byte, err error) {
	preset := presets(p)
	_, err = r.Log.Commit(ctx, w.tenant(), func(head log.Head) (log.Proposal, error) {
		return r.proposal(ctx, w, action, p, head, preset, &numbering{since: head.Seq, given: map[int64]bool{}})
	})
	return r.committed(ctx, w, p, preset, err)
}

// commitSeries writes plans one after the other, and tells how many of them are written; the error is that of the next.
func (r *Repository) commitSeries(ctx context.Context, w Write, action string, plans []plan) (done int, err error) {
	all := make([][]int64, len(plans))
	for i, p := range plans {
		all[i] = presets(p)
	}
	var n *numbering
	last := 0
	done, err = r.Log.CommitSeries(ctx, w.tenant(), len(plans), func(i int, head log.Head) (log.Proposal, error) {
		if n == nil || i <= last {
			n = &numbering{since: head.Seq, given: map[int64]bool{}} // begun, or begun again behind what is written
		}
		last = i
		return r.proposal(ctx, w, action, plans[i], head, all[i], n)
	})
	if err != nil {
		for i := len(plans) - 1; i > done; i-- {
			unnumber(plans[i], all[i])
		}
		_, err = r.committed(ctx, w, plans[done], all[done], err)
	}
	return done, err
}

// presets gives the numbers that the records of a plan bring.
func presets(p plan) []int64 {
	preset := make([]int64, len(p.changes))
	for i, c := range p.changes {
		if n, ok := c.after.(numbered); ok {
			preset[i] = n.SystemNumber()
		}
	}
	return preset
}

// unnumber lets what was numbered for a commit that did not happen ask for a number anew.
func unnumber(p plan, preset []int64) {
	for i, c := range p.changes {
		if n, ok := c.after.(numbered); ok && c.before.record == nil {
			n.SetSystemNumber(preset[i])
		}
	}
}

// committed says what the error of a plan's commit means.
func (r *Repository) committed(ctx context.Context, w Write, p plan, preset []int64, err error) ([]byte, error) {
	if err != nil {
		unnumber(p, preset)
	}
	var failed *store.Failed
	if errors.As(err, &failed) {
		return r.judgeFailure(ctx, w, p, failed)
	}
	return nil, err
}

// proposal is what a plan's commit would do at a head.
func (r *Repository) proposal(ctx context.Context, w Write, action string, p plan, head log.Head, preset []int64, before *numbering) (log.Proposal, error) {
	t := w.tenant()
	if err := p.seats.still(ctx, t, before.since); err != nil {
		return log.Proposal{}, err
	}
	proposal := log.Proposal{Action: action, Actor: w.Grant.Actor(), Batch: w.Batch, Number: head.Number}
	for i, c := range p.changes {
		if err := r.number(ctx, w.Grant, &proposal, c, preset[i], before); err != nil {
			return log.Proposal{}, err
		}
		if err := propose(&proposal, t, w, head, c); err != nil {
			return log.Proposal{}, err
		}
	}
	ops, err := p.claims.ops()
	if err != nil {
		return log.Proposal{}, err
	}
	proposal.Ops = append(proposal.Ops, ops...)
	for _, kind := range slices.Sorted(maps.Keys(p.orders)) {
		op, err := p.orders[kind].move(p.changes, kind)
		if err != nil {
			return log.Proposal{}, err
		}
		proposal.Ops = append(proposal.Ops, op)
	}
	if p.answer != nil && !w.Key.IsZero() {
		answer, err := p.answer()
		if err != nil {
			return log.Proposal{}, err
		}
		op, err := w.Key.Put(t, answer, head.At)
		if err != nil {
			return log.Proposal{}, err
		}
		proposal.Ops = append(proposal.Ops, op)
	}
	for _, d := range w.Due {
		proposal.Ops = append(proposal.Ops, d.Put())
	}
	proposal.Ops = append(proposal.Ops, p.ops...)
	return proposal, nil
}

// numbering is what the new records of a commit, or of a series of them, need to know of each other's numbers.
type numbering struct {
	since int64          // the head before the first of them
	given map[int64]bool // the numbers of the records before
}

// judgeFailure says what a failed expectation means: an equal request that was quicker, a claim or a record that moved,
// or something of the caller's.
func (r *Repository) judgeFailure(ctx context.Context, w Write, p plan, failed *store.Failed) ([]byte, error) {
	t := w.tenant()
	for _, f := range failed.Failures {
		if !w.Key.IsZero() && f.Key == w.Key.Item(t) && f.Current != nil {
			return w.Key.Read(f.Current)
		}
	}
	for _, f := range failed.Failures {
		for _, c := range p.changes {
			base := c.after.Base()
			if f.Key != t.Record(c.kind.Owner(base.ID), c.kind.Name, base.ID) {
				continue
			}
			if f.Current == nil {
				return nil, fault.New(fault.Stale, "stale")
			}
			now, err := c.kind.Decode(f.Current.Value, f.Current.Revision)
			if err != nil {
				return nil, err
			}
			return nil, r.stale(ctx, w.Grant, c.kind, stored{record: now, raw: f.Current.Value})
		}
		if p.claims.items[f.Key] != nil {
			return nil, errClaims
		}
		for _, o := range p.orders {
			if f.Key == o.key {
				return nil, errClaims
			}
		}
	}
	return nil, failed
}

// number gives a new record its number: the one it brings, when that is free, or the next.
func (r *Repository) number(ctx context.Context, g policy.Grant, p *log.Proposal, c change, preset int64, before *numbering) error {
	n, ok := c.after.(numbered)
	if !ok || c.before.record != nil {
		return nil
	}
	switch {
	case preset == 0:
		n.SetSystemNumber(p.Number)
		p.Number++
	case preset >= p.Number:
		p.Number = preset + 1
	case before.given[preset]:
		return errClaims // others have moved the next number up to it since it was judged
	case r.Catalog == nil:
		return errors.New("repository: without a catalog no record brings its number")
	default:
		// A number below the counter is free when no record ever had it; the index knows all of them but those just before it.
		shelf, err := r.Catalog.ShelfAt(ctx, g.Tenant(), before.since)
		if err != nil {
			return err
		}
		view, err := shelf.View(c.kind.Name)
		if err != nil {
			return err
		}
		if view.Taken("number", preset) {
			return errClaims // taken since it was judged
		}
	}
	before.given[n.SystemNumber()] = true
	return nil
}

// propose adds one change to a proposal: the record, the change beside it, and what the log says of it.
func propose(p *log.Proposal, t org.Tenant, w Write, head log.Head, c change) error {
	base, actor := c.after.Base(), w.Grant.Actor()
	var was int64
	if c.before.record != nil {
		was = c.before.record.Base().Version
	} else {
		base.CreatedAt, base.CreatedBy = head.At, actor.ID
	}
	base.Version, base.UpdatedAt, base.UpdatedBy = was+1, head.At, actor.ID
	if c.action == actionTrash {
		at := head.At
		base.DeletedAt, base.DeletedBy = &at, actor.ID
	}
	value, err := c.kind.Encode(c.after, c.before.raw)
	if err != nil {
		return err
	}
	if len(value) > maxRecord {
		return fault.New(fault.TooLarge, "record_too_large")
	}
	fields := c.fields
	if fields == nil {
		if fields, err = c.kind.Diff(c.before.record, c.after); err != nil {
			return err
		}
	}
	happened, err := json.Marshal(record.Change{Seq: head.Seq + 1, At: head.At, Actor: actor.ID, Name: actor.Name, For: actor.For,
		Channel: actor.Source, Batch: w.Batch, Action: c.kind.Name + "." + c.action, Fields: fields})
	if err != nil {
		return err
	}
	if len(happened) > store.MaxValue {
		return fault.New(fault.TooLarge, "record_too_large")
	}
	ref := log.Ref{Kind: c.kind.Name, ID: base.ID, Revision: base.Version}
	if owner := c.kind.Owner(base.ID); owner != base.ID {
		ref.Owner = owner
	}
	p.Refs = append(p.Refs, ref)
	p.Values = append(p.Values, value)
	p.Ops = append(p.Ops,
		store.Op{Kind: store.Put, Key: ref.Key(t), Expect: was, Value: value},
		store.Op{Kind: store.Put, Key: t.Change(base.ID, base.Version), Expect: store.Absent, Value: happened})
	return nil
}

// weighed gives a record's JSON, and refuses one that will not go into an item, or whose change will not: known before it
// is written together with others, it does not keep them out. What a write adds is little.
func weighed(after record.Record, changes []record.FieldChange) ([]byte, error) {
	raw, err := json.Marshal(after)
	if err != nil {
		return nil, err
	}
	told := 0
	for _, f := range changes {
		told += len(f.Field) + len(f.From) + len(f.To) + len(`{"field":"","from":,"to":},`)
	}
	if len(raw) > maxRecord-writeAdds || told > store.MaxValue-writeAdds {
		return nil, fault.New(fault.TooLarge, "record_too_large")
	}
	return raw, nil
}

// writeAdds is more than a write adds to a record and its change: who did it, and when.
const writeAdds = 2 << 10

// answer is a Result as an idempotency record keeps it.
type answer struct {
	Kind     string          `json:"kind"`
	Version  int64           `json:"version"`
	Value    json.RawMessage `json:"value"`
	Warnings []Warning       `json:"warnings,omitempty"`
	Created  bool            `json:"created,omitempty"`
}

func keep(k *record.Kind, res *Result, stored []byte) func() ([]byte, error) {
	return func() ([]byte, error) {
		value, err := k.Encode(res.Record, stored)
		if err != nil {
			return nil, err
		}
		return json.Marshal(answer{Kind: k.Name, Version: res.Record.Base().Version, Value: value, Warnings: res.Warnings, Created: res.Created})
	}
}

// replay reads a kept answer, which holds the whole record: what of it is shown depends on today's rights.
func (r *Repository) replay(ctx context.Context, w Write, k *record.Kind, raw []byte) (Result, error) {
	var a answer
	if err := json.Unmarshal(raw, &a); err != nil {
		return Result{}, err
	}
	rec, err := k.Decode(a.Value, a.Version)
	if err != nil {
		return Result{}, err
	}
	shown, err := r.show(ctx, w.Grant, k, stored{record: rec, raw: a.Value})
	return Result{Record: shown, Warnings: a.Warnings, Created: a.Created, Replayed: true}, err
}

// replayed looks for the answer of an earlier equal request.
func (r *Repository) replayed(ctx context.Context, w Write, k *record.Kind) (Result, bool, error) {
	raw, err := w.Key.Answer(ctx, r.Store, w.tenant())
	if err != nil || raw == nil {
		return Result{}, false, store.Fault(err)
	}
	res, err := r.replay(ctx, w, k, raw)
	return res, err == nil, err
}

// once does what a request asks for unless an equal request has done it: then its answer is given. Before a refusal is
// believed, or that there is nothing to do, the kept answer is looked for again, since the equal request may be the very
// thing that stands in the way.
func (r *Repository) once(ctx context.Context, w Write, k *record.Kind, do func() (Result, error)) (Result, error) {
	if res, ok, err := r.replayed(ctx, w, k); ok || err != nil {
		return res, err
	}
	res, err := do()
	if res.unchanged || errors.Is(err, fault.Conflict) || errors.Is(err, fault.Stale) || errors.Is(err, fault.NotFound) {
		if kept, ok, again := r.replayed(ctx, w, k); ok || again != nil {
			return kept, again
		}
	}
	return res, err
}
