package repository

import (
	"context"
	"errors"
	"slices"

	"github.com/muster-crm/muster/shared/fault"
	"github.com/muster-crm/muster/shared/log"
	"github.com/muster-crm/muster/shared/org"
	"github.com/muster-crm/muster/shared/policy"
	"github.com/muster-crm/muster/shared/record"
	"github.com/muster-crm/muster/shared/setting"
	"github.com/muster-crm/muster/shared/store"
)

// Moved is a record that comes from another place with all it was there: its id, revision, times and history.
type Moved struct {
	Kind     string
	ID       string
	Revision int64
	Value    []byte // as stored
}

// MovedChange is a line of the history of such a record.
type MovedChange struct {
	ID       string
	Revision int64
	Value    []byte
}

// Arrival is what one commit takes in.
type Arrival struct {
	Records []Moved
	Changes []MovedChange
	Number  int64 // the next number of a contact is this one or a later one
}

// ReceiveCost tells how many operations a record takes on arrival, so that callers can cut their arrivals to log.MaxOps.
func ReceiveCost(rec record.Record) int { return 1 + len(keysOf(rec)) }

// Receive takes in what was moved here from another place, in one commit with the operations of extra. A record that is
// there already at its revision or a later one stays; one that is there at an earlier one is replaced, so the same
// arrival may come twice. The organisation's settings are replaced by those that come. Nothing is checked but the unique
// keys: what was stored elsewhere has passed its checks there. Faults: Denied; Conflict (key_taken) when another record
// holds a key.
func (r *Repository) Receive(ctx context.Context, w Write, a Arrival, extra func() ([]store.Op, error)) error {
	for range maxJudgements {
		err := r.receive(ctx, w, a, extra)
		if !errors.Is(err, errClaims) {
			return err
		}
	}
	return fault.New(fault.Unavailable, "busy")
}

func (r *Repository) receive(ctx context.Context, w Write, a Arrival, extra func() ([]store.Op, error)) error {
	m, err := r.moment(ctx, w.Grant)
	if err != nil {
		return err
	}
	in := incoming{t: w.tenant(), claims: newClaims(w.tenant())}
	if err := in.records(ctx, r, m.cfg, a.Records); err != nil {
		return err
	}
	if err := in.changes(ctx, r, a.Changes); err != nil {
		return err
	}
	claims, err := in.claims.ops()
	if err != nil {
		return err
	}
	more, err := extra()
	if err != nil {
		return err
	}
	_, err = r.Log.Commit(ctx, w.tenant(), func(head log.Head) (log.Proposal, error) {
		return log.Proposal{Action: "organisation.restore", Actor: w.Grant.Actor(), Batch: w.Batch, Number: max(head.Number, a.Number),
			Refs: in.refs, Values: in.values, Ops: slices.Concat(in.ops, claims, more)}, nil
	})
	var failed *store.Failed
	if errors.As(err, &failed) {
		for _, f := range failed.Failures {
			if f.Key.Partition != "" && !slices.ContainsFunc(more, func(op store.Op) bool { return op.Key == f.Key }) {
				return errClaims
			}
		}
	}
	return err
}

// incoming gathers the operations of an arrival.
type incoming struct {
	t      org.Tenant
	claims *claims
	refs   []log.Ref
	values [][]byte
	ops    []store.Op
}

func (in *incoming) records(ctx context.Context, r *Repository, cfg *setting.Config, moved []Moved) error {
	type arrived struct {
		kind *record.Kind
		ref  log.Ref
		rec  record.Record
	}
	var all []arrived
	var keys []store.Key
	var held []record.Key
	for _, mv := range moved {
		k, err := r.Kind(mv.Kind)
		if err != nil {
			return err
		}
		rec, err := k.Decode(mv.Value, mv.Revision)
		if err != nil {
			return err
		}
		ref := log.Ref{Kind: k.Name, ID: mv.ID, Revision: mv.Revision}
		if owner := k.Owner(mv.ID); owner != mv.ID {
			ref.Owner = owner
		}
		all, keys, held = append(all, arrived{k, ref, rec}), append(keys, ref.Key(in.t)), append(held, keysOf(rec)...)
	}
	there, err := r.getAll(ctx, keys)
	if err != nil {
		return err
	}
	before := make([]record.Record, len(all))
	for i, item := range there {
		if item == nil {
			continue
		}
		if before[i], err = all[i].kind.Decode(item.Value, item.Revision); err != nil {
			return err
		}
		held = append(held, keysOf(before[i])...)
	}
	if err := in.claims.read(ctx, r.Store, held); err != nil {
		return err
	}
	for i, a := range all {
		var was int64
		if before[i] != nil {
			was = before[i].Base().Version
		}
		if a.ref.Revision <= was {
			if a.kind.Name != setting.Name {
				continue
			}
			a.ref.Revision = was + 1
		}
		for _, key := range keysOf(before[i]) {
			in.claims.release(key, a.ref.ID)
		}
		for _, key := range keysOf(a.rec) {
			if others := in.claims.others(key, a.ref.ID); len(others) > 0 && (cfg.Settings.Policy(key.Name) == record.Block || len(others) >= maxHolders) {
				taken := fault.New(fault.Conflict, "key_taken")
				taken.Fields = []fault.Field{fault.At(key.Path, codeOf(takenCode, key, "key_taken"))}
				return taken
			}
			in.claims.add(key, a.kind.Name, a.ref.ID)
		}
		in.refs, in.values = append(in.refs, a.ref), append(in.values, moved[i].Value)
		in.ops = append(in.ops, store.Op{Kind: store.Put, Key: keys[i], Expect: was, Revision: a.ref.Revision, Value: moved[i].Value})
	}
	return nil
}

func (in *incoming) changes(ctx context.Context, r *Repository, moved []MovedChange) error {
	keys := make([]store.Key, len(moved))
	for i, c := range moved {
		keys[i] = in.t.Change(c.ID, c.Revision)
	}
	there, err := r.getAll(ctx, keys)
	if err != nil {
		return err
	}
	for i, c := range moved {
		op := store.Op{Kind: store.Put, Key: keys[i], Expect: store.Absent, Value: c.Value}
		if there[i] != nil {
			if string(there[i].Value) == string(c.Value) {
				continue
			}
			op.Expect = there[i].Revision
		}
		in.ops = append(in.ops, op)
	}
	return nil
}

// getAll reads any number of items.
func (r *Repository) getAll(ctx context.Context, keys []store.Key) ([]*store.Item, error) {
	var all []*store.Item
	for part := range slices.Chunk(keys, store.MaxGet) {
		items, err := r.Store.Get(ctx, store.Each, part...)
		if err != nil {
			return nil, store.Fault(err)
		}
		all = append(all, items...)
	}
	return all, nil
}

// settled is what a place may hold that an organisation is moved into.
var settled = []string{setting.Name, "user"}

// Bare reports whether an organisation holds no records but its settings and its users, trashed ones counted.
func (r *Repository) Bare(ctx context.Context, g policy.Grant) (bool, error) {
	t := g.Tenant()
	for n := range org.Buckets {
		q := store.Query{Partition: t.Bucket(n)}
		for {
			page, err := r.Store.Query(ctx, q)
			if err != nil {
				return false, store.Fault(err)
			}
			for _, item := range page.Items {
				_, kind, _, _ := org.ParseRecord(item.Sort)
				if _, known := r.Kinds.Kind(kind); known && !slices.Contains(settled, kind) {
					return false, nil
				}
			}
			if page.Next == "" {
				break
			}
			q.After = page.Next
		}
	}
	return true, nil
}
