package repository

import (
	"context"
	"errors"

	"github.com/muster-crm/muster/shared/fault"
	"github.com/muster-crm/muster/shared/policy"
	"github.com/muster-crm/muster/shared/record"
	"github.com/muster-crm/muster/shared/setting"
	"github.com/muster-crm/muster/shared/store"
)

// Create makes a record from a request's body. Faults: Malformed, Invalid with every wrong value, Conflict with the
// holders of a blocked key, Denied.
func (r *Repository) Create(ctx context.Context, w Write, kind string, body []byte) (Result, error) {
	k, err := r.Kind(kind)
	if err != nil {
		return Result{}, err
	}
	if err := w.Grant.Allow(policy.Create); err != nil {
		return Result{}, err
	}
	if res, ok, err := r.replayed(ctx, w, k); ok || err != nil {
		return res, err
	}
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
	return outcomes[0].Result, outcomes[0].Err
}

// Outcome is what became of one record of many.
type Outcome struct {
	Result
	Err error // a fault: the record was not made
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
	if err := w.Grant.Allow(policy.Create); err != nil {
		return nil, err
	}
	cfg, err := r.Config(ctx, w.Grant)
	if err != nil {
		return nil, unavailable(err)
	}
	env, err := r.env(ctx, w, cfg, k)
	if err != nil {
		return nil, err
	}
	checked := make([]error, len(records))
	for i, rec := range records {
		if rec.Base().ID == "" {
			rec.Base().ID = r.IDs.New(k.Prefix)
		}
		if checked[i] = k.Check(rec, env); checked[i] == nil {
			checked[i] = mayWrite(k, w.Grant, policy.Create, nil, rec)
		}
	}
	for range maxJudgements {
		outcomes, err := r.create(ctx, w, cfg, k, records, checked, extra)
		if !errors.Is(err, errClaims) {
			return outcomes, err
		}
	}
	return nil, fault.New(fault.Unavailable, "busy")
}

func (r *Repository) create(ctx context.Context, w Write, cfg *setting.Config, k *record.Kind, records []record.Record, checked []error, extra func([]Outcome) ([]store.Op, error)) ([]Outcome, error) {
	var keys []record.Key
	for i, rec := range records {
		if checked[i] == nil {
			keys = append(keys, keysOf(rec)...)
		}
	}
	claims, err := r.readClaims(ctx, w.tenant(), keys)
	if err != nil {
		return nil, err
	}
	outcomes := make([]Outcome, len(records))
	p := plan{claims: claims}
	for i, rec := range records {
		out := &outcomes[i]
		if out.Err = checked[i]; out.Err != nil {
			continue
		}
		refused, warned := claims.judge(cfg, k.Name, rec.Base().ID, keysOf(rec))
		if len(refused) > 0 {
			out.Err = r.conflict(ctx, w.Grant, refused)
			continue
		}
		if out.Warnings, err = r.warnings(ctx, w.Grant, warned); err != nil {
			return nil, err
		}
		out.Record, out.Created = rec, true
		p.changes = append(p.changes, change{kind: k, after: rec, action: actionCreate})
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
		outcomes[0].Result, err = r.replay(k, raw)
	}
	return outcomes, err
}

// mayWrite refuses changes of fields whose class the grant may not write.
func mayWrite(k *record.Kind, g policy.Grant, a policy.Action, before, after record.Record) error {
	changes, err := k.Diff(before, after)
	if err != nil {
		return err
	}
	var faults []fault.Field
	for _, c := range changes {
		if f, ok := k.Member(c.Field); ok && !f.System && !g.Fields(a, f.Class) {
			faults = append(faults, fault.At(c.Field, "denied"))
		}
	}
	if len(faults) == 0 {
		return nil
	}
	denied := fault.New(fault.Denied, "denied")
	denied.Fields = faults
	return denied
}
