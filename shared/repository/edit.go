package repository

import (
	"context"
	"errors"

	"github.com/muster-crm/muster/shared/fault"
	"github.com/muster-crm/muster/shared/policy"
	"github.com/muster-crm/muster/shared/record"
)

// AnyVersion stands for "whatever version there is" in an operation that takes one.
const AnyVersion int64 = -1

// Patch applies a JSON Merge Patch to version of a record. Faults: NotFound; Stale with the record as it is now when it
// has moved on; otherwise as Create. A patch that changes nothing writes nothing.
func (r *Repository) Patch(ctx context.Context, w Write, kind, id string, version int64, body []byte) (Result, error) {
	return r.edit(ctx, w, kind, id, version, patching(body))
}

// patching is the edit that applies a merge patch.
func patching(body []byte) edit {
	return edit{action: actionEdit, need: policy.Edit, alter: func(k *record.Kind, before record.Record) (record.Record, error) {
		return k.Patch(before, body)
	}}
}

// Trash puts a record into the trash: it leaves lists and searches and frees its unique keys (REC-35, REC-10).
func (r *Repository) Trash(ctx context.Context, w Write, kind, id string, version int64) (Result, error) {
	return r.edit(ctx, w, kind, id, version, r.trashing(func(k *record.Kind, before record.Record) (record.Record, error) {
		return k.Copy(before)
	}))
}

// trashing is the edit that puts a record into the trash as alter makes it.
func (r *Repository) trashing(alter func(*record.Kind, record.Record) (record.Record, error)) edit {
	return edit{action: actionTrash, need: policy.Trash, alter: func(k *record.Kind, before record.Record) (record.Record, error) {
		after, err := alter(k, before)
		if err != nil {
			return nil, err
		}
		now := r.Clock.Now()
		after.Base().DeletedAt = &now
		return after, nil
	}}
}

// edit is what is done to a record: the action as history names it, the right it needs, and how the new version is made
// from the stored one, which stays as it is.
type edit struct {
	action string
	need   policy.Action
	alter  func(*record.Kind, record.Record) (record.Record, error)
	lax    bool // it is not held against the kind's rules, and what lies in the trash takes part
	undo   bool // it takes back what the write's batch did
	size   int  // bytes of what it brings, where that is known
}

// of makes the new version of what is stored. Whoever makes it has a child before them as it is shown, and may repeat what
// it shows; it stays where it lies.
func (e edit) of(k *record.Kind, before stored) (record.Record, error) {
	seen, err := before.owned(k)
	if err != nil {
		return nil, err
	}
	after, err := e.alter(k, seen)
	if err == nil && len(k.Under) > 0 {
		k.Adopt(after, k.Owner(after.Base().ID))
	}
	return after, err
}

// checked reports whether the edit brings new values, which are held against the kind's rules. Trash and restore move
// a record as it is, valid by today's rules or not.
func (e edit) checked() bool { return !e.lax && e.action != actionTrash && e.action != actionRestore }

// edit makes an edit that a request asks for.
func (r *Repository) edit(ctx context.Context, w Write, kind, id string, version int64, e edit) (Result, error) {
	k, err := r.Kind(kind)
	if err != nil {
		return Result{}, err
	}
	if err := allow(w.Grant, k, e.need); err != nil {
		return Result{}, err
	}
	return r.once(ctx, w, k, func() (Result, error) { return r.make(ctx, w, k, id, version, e) })
}

// make is the one way a record changes: read, held against the version, made anew, checked, committed.
func (r *Repository) make(ctx context.Context, w Write, k *record.Kind, id string, version int64, e edit) (Result, error) {
	if err := allow(w.Grant, k, e.need); err != nil {
		return Result{}, err
	}
	for attempt := 1; attempt <= maxJudgements; attempt++ {
		res, err := r.editOnce(ctx, w, k, id, version, e)
		moved := errors.Is(err, fault.Stale) && version == AnyVersion
		if !moved && !errors.Is(err, errClaims) {
			return res, err
		}
		if err := rest(ctx, attempt); err != nil {
			return Result{}, err
		}
	}
	return Result{}, fault.New(fault.Unavailable, "busy")
}

func (r *Repository) editOnce(ctx context.Context, w Write, k *record.Kind, id string, version int64, e edit) (Result, error) {
	before, err := r.read(ctx, w.Grant, k, id)
	if err != nil {
		return Result{}, err
	}
	if err := r.current(ctx, w.Grant, k, before, version, e.action); err != nil {
		return Result{}, err
	}
	after, err := e.of(k, before)
	if err != nil {
		return Result{}, err
	}
	m, err := r.moment(ctx, w.Grant)
	if err != nil {
		return Result{}, err
	}
	if m, err = r.ordered(ctx, w.Grant, m, k); err != nil {
		return Result{}, err
	}
	if e.checked() {
		same, err := r.check(ctx, w, m, k, before.record, after, e.need)
		if err != nil || same {
			if err != nil {
				return Result{}, err
			}
			shown, err := m.ended(k, before.record)
			if err != nil {
				return Result{}, err
			}
			return Result{Record: k.Hide(shown, w.Grant, m.cfg.Fields), unchanged: true}, nil
		}
	} else if err := r.moving(w, m, k, before.record, after, e); err != nil {
		return Result{}, err
	}
	if e.action == actionTrash && configured(k) {
		if err := r.unused(ctx, w.Grant, m, before.record); err != nil {
			return Result{}, err
		}
	}
	return r.change(ctx, w, m, []change{{kind: k, before: before, after: after, action: e.action}})
}

// check holds the new version of a record against its rules, what there is to refer to, and the caller's rights. same
// tells that nothing differs.
func (r *Repository) check(ctx context.Context, w Write, m moment, k *record.Kind, before, after record.Record, need policy.Action) (same bool, err error) {
	m.redirected(r, k, before, after)
	if err := r.valid(w, m, k, before, after); err != nil {
		return false, err
	}
	changes, err := k.Diff(before, after)
	if err != nil || len(changes) == 0 {
		return err == nil, err
	}
	if err := mayWrite(k, w.Grant, need, before, after, m.cfg.Fields); err != nil {
		return false, err
	}
	dangling, err := r.dangling(ctx, w.Grant, m.cfg, [][]record.Reference{newReferences(k, before, after, m.cfg.Fields)})
	if err != nil {
		return false, err
	}
	if dangling[0] != nil {
		return false, dangling[0]
	}
	return false, m.seats.take(k, before, after)
}

// valid holds a version of a record against the rules of its kind.
func (r *Repository) valid(w Write, m moment, k *record.Kind, before, after record.Record) error {
	env, err := r.env(w, m, k)
	if err != nil {
		return err
	}
	return m.holds(k, env, before, after)
}

// holds is valid, in the environment of the write.
func (m moment) holds(k *record.Kind, env *record.Env, before, after record.Record) error {
	env.Before = before
	env.Others = m.orders[k.Name].others(after.Base().ID)
	return k.Check(after, env)
}

// moving holds what goes into the trash or comes out of it against the caller's rights. A record of a serial kind must
// also agree with the others there are by now.
func (r *Repository) moving(w Write, m moment, k *record.Kind, before, after record.Record, e edit) error {
	if err := mayWrite(k, w.Grant, e.need, before, after, m.cfg.Fields); err != nil {
		return err
	}
	if !k.Serial || e.action != actionRestore {
		return nil
	}
	return r.valid(w, m, k, before, after)
}

// change commits changes of existing records together. The first is the one the answer is about.
func (r *Repository) change(ctx context.Context, w Write, m moment, changes []change) (Result, error) {
	var keys []record.Key
	for _, c := range changes {
		var err error
		if m, err = r.ordered(ctx, w.Grant, m, c.kind); err != nil {
			return Result{}, err
		}
		keys = append(keys, newKeys(c.before.record, c.after)...)
		keys = append(keys, newKeys(c.after, c.before.record)...)
	}
	claims, err := r.readClaims(ctx, w.tenant(), keys)
	if err != nil {
		return Result{}, err
	}
	if err := r.ending(ctx, claims, idsOf(changes)...); err != nil {
		return Result{}, err
	}
	for _, c := range changes {
		if err := r.release(ctx, claims, c); err != nil {
			return Result{}, err
		}
	}
	var shared []clash
	for _, c := range changes {
		refused, warned := claims.judge(m, c.kind.Name, c.after.Base().ID, newKeys(c.before.record, c.after))
		if len(refused) > 0 {
			return Result{}, r.conflict(ctx, w.Grant, refused, nil)
		}
		shared = append(shared, warned...)
	}
	first := changes[0]
	res := Result{Record: first.after}
	if res.Warnings, err = r.warnings(ctx, w.Grant, shared, nil); err != nil {
		return Result{}, err
	}
	p := plan{changes: changes, claims: claims, orders: m.orders, seats: m.seats, answer: keep(first.kind, &res, first.before.raw)}
	raw, err := r.commit(ctx, w, first.kind.Name+"."+first.action, p)
	if err != nil {
		return Result{}, err
	}
	if raw != nil {
		return r.replay(ctx, w, first.kind, raw)
	}
	shown, err := m.ended(first.kind, first.after)
	if err != nil {
		return Result{}, err
	}
	res.Record = first.kind.Hide(shown, w.Grant, m.cfg.Fields)
	return res, nil
}

// stale is the fault of a version that is not the one there is, which it shows.
func (r *Repository) stale(ctx context.Context, g policy.Grant, k *record.Kind, now stored) error {
	rec, err := r.show(ctx, g, k, now)
	if err != nil {
		return err
	}
	stale := fault.New(fault.Stale, "stale")
	stale.Current = rec
	return stale
}

// current holds a record against the version a caller has seen and the place it must be in for an action.
func (r *Repository) current(ctx context.Context, g policy.Grant, k *record.Kind, now stored, version int64, action string) error {
	base := now.record.Base()
	if version != AnyVersion && version != base.Version {
		return r.stale(ctx, g, k, now)
	}
	switch trashed := base.DeletedAt != nil; {
	case action == actionRestore && !trashed:
		return fault.New(fault.Conflict, "not_trashed")
	case action != actionRestore && trashed:
		return fault.New(fault.Conflict, "trashed")
	}
	return nil
}
