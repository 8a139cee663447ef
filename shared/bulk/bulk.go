// Package bulk does one thing to many records at once, and takes it back.
//
// A bulk action is a name with parameters, done to a target: records that were ticked, all that a query finds, or, said in
// so many words, all of a kind. What it does to one record is a step of the repository (ChangeMany), so that every record
// goes through the very checks, rights and history of the single action. A new action is one line in the table of actions.
//
// Users are records of another sort: what is done to them is done by package account, one in a commit (user.go).
//
// An action is first previewed (Preview): how many, which, who is left as they are or skipped and why. Then it is a job
// (package job). Its first chunks write down which records it is about, by their ids, so that what it changes does not
// move the target under it. Each chunk after that changes the next records in one commit with the cursor and with a result
// for each: done, unchanged, skipped or failed, with the reason. Undo walks these results and puts
// every field back that is as the action left it; those that were edited since are kept and listed.
//
// Keys used: those of package job; of a job the items "t/<n>" with the ids of its target, "r/<chunk>" with the results,
// "x/<chunk>" with those of records that were skipped or failed, "u/<attempt>/<chunk>" with the records, and their fields, that undo
// kept.
//
// Guarantees. A chunk that is killed or delivered twice does nothing twice. An action that is refused changes nothing; an
// empty target is refused, and never means all. A deletion does what its maker has confirmed by its count, or nothing.
package bulk

import (
	"context"
	"crypto/sha256"
	"encoding/base32"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/muster-crm/muster/shared/account"
	"github.com/muster-crm/muster/shared/contact"
	"github.com/muster-crm/muster/shared/fault"
	"github.com/muster-crm/muster/shared/job"
	"github.com/muster-crm/muster/shared/org"
	"github.com/muster-crm/muster/shared/policy"
	"github.com/muster-crm/muster/shared/query"
	"github.com/muster-crm/muster/shared/record"
	"github.com/muster-crm/muster/shared/repository"
	"github.com/muster-crm/muster/shared/store"
	"github.com/muster-crm/muster/shared/target"
)

// Kind is the kind of its jobs, prefix that of their ids.
const (
	Kind   = "bulk"
	prefix = "blk"
)

// Undoable is how long after it was made an action can be taken back.
const Undoable = 30 * 24 * time.Hour

// The phases of a bulk action.
const (
	phaseRun  = "run"
	phaseUndo = "undo"
)

// Request is a bulk action.
type Request struct {
	Kind   string        `json:"kind"` // of the records; "" means contacts
	Action string        `json:"action"`
	Target target.Target `json:"target"`
	Params Params        `json:"params,omitempty"`
	Base   string        `json:"base,omitempty"` // of the addresses in mails that users are sent
}

// Ports are what bulk actions stand on.
type Ports struct {
	Records  *repository.Repository // with a catalog
	Jobs     *job.Jobs
	Accounts *account.Accounts // nil where nothing is done with users
}

// Bulks previews, starts, does and undoes bulk actions. It is safe for concurrent use.
type Bulks struct {
	Ports
	chunk, list int // records of one commit, and ids of one item of the target
}

// New makes Bulks.
func New(p Ports) *Bulks { return &Bulks{p, chunkRecords, listIDs} }

// params is what a job keeps of what it was asked. Ids of records lie in items of their own.
type params struct {
	Request
	Count int64  `json:"count"`          // of the records, when it was started
	Body  string `json:"body,omitempty"` // of the request, to tell a repeated one
}

// Bulk is a bulk action that was started.
type Bulk struct {
	*job.Job
	Request Request // without the ids of its target
	Ticked  bool    // its target named records one by one

	count int64
}

func open(j *job.Job) (Bulk, error) {
	var p params
	err := json.Unmarshal(j.Params, &p)
	return Bulk{Job: j, Request: p.Request, Ticked: p.Target.Q == "" && p.Target.Search == "" && !p.Target.All, count: p.Count}, err
}

// Of reads a job as the bulk action it is. The fault is NotFound for a job of another kind.
func Of(j *job.Job) (Bulk, error) {
	if j.Kind != Kind {
		return Bulk{}, fault.New(fault.NotFound, "not_found")
	}
	return open(j)
}

// Undoable tells whether an action can be taken back at a time.
func (b Bulk) Undoable(now time.Time) bool {
	return b.undoable() && !b.Final() && b.Counts[countChanged] > 0 && now.Before(b.CreatedAt.Add(Undoable))
}

// Final tells whether what the action does cannot be taken back.
func (b Bulk) Final() bool {
	return b.Request.Kind == account.Name && slices.ContainsFunc(userActions, func(a Action) bool { return a.Final && a.Name == b.Request.Action })
}

func (b Bulk) undoable() bool {
	return b.State == job.Done || b.State == job.Cancelled || b.State == job.Failed
}

// UndoUntil tells until when an action can be taken back.
func (b Bulk) UndoUntil() time.Time { return b.CreatedAt.Add(Undoable) }

// ready is a request that was held against what there is.
type ready struct {
	Request
	kind   *record.Kind
	action *Action
	todo   todo
	where  query.Expr // the target
}

// check holds a request against what there is. Faults: Invalid, Denied.
func (b *Bulks) check(ctx context.Context, w repository.Write, q Request) (*ready, error) {
	if q.Kind == "" {
		q.Kind = contact.Name
	}
	k, err := b.Records.Kind(q.Kind)
	if err != nil || !b.takes(k) {
		return nil, fault.Bad("kind", "bad_choice")
	}
	a, err := find(q.Action, k)
	if err != nil {
		return nil, err
	}
	if err := w.Grant.Allow(a.Need); err != nil {
		return nil, err
	}
	for _, name := range slices.Sorted(maps.Keys(q.Params)) {
		if !slices.Contains(a.Params, name) {
			return nil, fault.Bad("params."+name, "unknown_field", "word", name)
		}
	}
	r := &ready{Request: q, kind: k, action: a}
	if r.where, err = b.target(ctx, w.Grant, k, &r.Target); err != nil {
		return nil, err
	}
	r.todo, err = a.plan(ctx, b, w, k, a, q.Params)
	return r, err
}

// takes tells whether there are actions for a kind.
func (b *Bulks) takes(k *record.Kind) bool {
	return !k.Managed && k.Indexed || k.Name == account.Name && b.Accounts != nil
}

// target makes an expression of a target and brings it into its canonical form.
func (b *Bulks) target(ctx context.Context, g policy.Grant, k *record.Kind, t *target.Target) (query.Expr, error) {
	if err := t.Tidy(); err != nil {
		return nil, err
	}
	if k.Name == account.Name {
		if err := b.usersOf(ctx, g, t); err != nil {
			return nil, err
		}
	}
	return t.Where(ctx, b.Records, g, k.Name)
}

// Start begins a bulk action. The write's idempotency key makes a repeated request one action. Faults: Invalid for an
// action, target or parameter there is not (empty_target when it is of nobody, count_moved when a deletion is not of as
// many records as confirmed), Denied.
func (b *Bulks) Start(ctx context.Context, w repository.Write, q Request) (Bulk, error) {
	if again, ok, err := b.repeated(ctx, w); ok || err != nil {
		return again, err
	}
	r, err := b.check(ctx, w, q)
	if err != nil {
		return Bulk{}, err
	}
	n, err := b.count(ctx, w.Grant, r)
	if err != nil {
		return Bulk{}, err
	}
	if n == 0 {
		return Bulk{}, target.Empty()
	}
	if r.action.Name == Delete && r.todo.sure < 0 {
		return Bulk{}, fault.Bad("params.count", "required")
	}
	if r.todo.sure >= 0 && r.todo.sure != n {
		return Bulk{}, fault.Bad("params.count", "count_moved", "n", strconv.Itoa(n))
	}
	return b.begin(ctx, w, r, n)
}

// count tells how many records a target is of: all that were named, there or not, or what the query finds.
func (b *Bulks) count(ctx context.Context, g policy.Grant, r *ready) (int, error) {
	if len(r.Target.IDs) > 0 {
		return len(r.Target.IDs), nil
	}
	list, err := b.Records.List(ctx, g, r.kind.Name, repository.Question{Where: r.where, Count: true})
	return list.Total, err
}

// begin writes the job and queues it.
func (b *Bulks) begin(ctx context.Context, w repository.Write, r *ready, n int) (Bulk, error) {
	p := params{Request: r.Request, Count: int64(n), Body: w.Key.Body}
	p.Target.IDs = nil
	id := b.Records.IDs.New(prefix)
	if !w.Key.IsZero() {
		id = idOf(w)
	}
	lists, err := b.lists(w.Grant.Tenant(), id, 0, r.Target.IDs)
	if err != nil {
		return Bulk{}, err
	}
	_, err = b.Jobs.CreateAs(ctx, w.Grant, id, Kind, "", p, lists...)
	if job.Moved(err) {
		again, _, err := b.repeated(ctx, w)
		return again, err
	}
	if err != nil {
		return Bulk{}, err
	}
	return b.start(ctx, w.Grant, id, phaseRun)
}

// idOf gives the id of the job that a request with an idempotency key starts.
func idOf(w repository.Write) string {
	sum := sha256.Sum256([]byte(w.Key.Caller + "\n" + w.Key.Route + "\n" + w.Key.Name))
	return prefix + "_" + strings.ToLower(base32.HexEncoding.WithPadding(base32.NoPadding).EncodeToString(sum[:]))[:26]
}

// repeated finds the action that an equal request has started. The fault is Invalid (idempotency_mismatch) when the key
// was used for another.
func (b *Bulks) repeated(ctx context.Context, w repository.Write) (Bulk, bool, error) {
	if w.Key.IsZero() {
		return Bulk{}, false, nil
	}
	bulk, err := b.Get(ctx, w.Grant, idOf(w))
	switch {
	case errors.Is(err, fault.NotFound):
		return Bulk{}, false, nil
	case err != nil:
		return Bulk{}, false, err
	}
	var p params
	if err := json.Unmarshal(bulk.Params, &p); err != nil {
		return Bulk{}, false, err
	}
	if p.Body != w.Key.Body {
		return Bulk{}, false, fault.New(fault.Invalid, "idempotency_mismatch")
	}
	if bulk.State == job.Draft { // whoever made it got no further
		started, err := b.start(ctx, w.Grant, bulk.ID, phaseRun)
		if !errors.Is(err, fault.Conflict) {
			return started, true, err
		}
		bulk, err = b.Get(ctx, w.Grant, bulk.ID) // or has by now
		return bulk, true, err
	}
	return bulk, true, nil
}

func (b *Bulks) start(ctx context.Context, g policy.Grant, id, phase string) (Bulk, error) {
	j, err := b.Jobs.Start(ctx, g, id, phase, func(j *job.Job) error {
		bulk, err := open(j)
		switch {
		case err != nil:
			return err
		case phase == phaseRun && j.State != job.Draft:
			return fault.New(fault.Conflict, "job_ended")
		case phase == phaseRun:
			j.Total = bulk.count
			return nil
		case !bulk.undoable():
			return fault.New(fault.Conflict, "not_undoable")
		case !bulk.Undoable(b.Records.Clock.Now()):
			return fault.New(fault.Conflict, "undo_too_late")
		}
		counts := maps.Clone(j.Counts)
		for _, name := range []string{countDone, countBack, countKept} {
			delete(counts, name)
		}
		counts[countUndos]++
		j.Counts, j.Total = counts, counts[countChanged]
		return nil
	})
	if err != nil {
		return Bulk{}, err
	}
	return open(j)
}

// Get reads a bulk action.
func (b *Bulks) Get(ctx context.Context, g policy.Grant, id string) (Bulk, error) {
	if err := g.Allow(policy.Edit); err != nil {
		return Bulk{}, err
	}
	j, err := b.Jobs.Get(ctx, g, id)
	if err != nil {
		return Bulk{}, err
	}
	return Of(j)
}

// List reads the bulk actions the caller may see, newest first, at most limit behind the one after.
func (b *Bulks) List(ctx context.Context, g policy.Grant, after string, limit int) (all []Bulk, next string, err error) {
	if err := g.Allow(policy.Edit); err != nil {
		return nil, "", err
	}
	for {
		jobs, more, err := b.Jobs.List(ctx, g, after, limit)
		if err != nil {
			return nil, "", err
		}
		for _, j := range jobs {
			if j.Kind != Kind {
				continue
			}
			if len(all) == limit {
				return all, all[limit-1].ID, nil
			}
			bulk, err := open(j)
			if err != nil {
				return nil, "", err
			}
			all = append(all, bulk)
		}
		if after = more; after == "" {
			return all, "", nil
		}
	}
}

// Cancel asks a bulk action to stop. What is done stays done, and can be undone.
func (b *Bulks) Cancel(ctx context.Context, g policy.Grant, id string) (Bulk, error) {
	if _, err := b.Get(ctx, g, id); err != nil {
		return Bulk{}, err
	}
	j, err := b.Jobs.Cancel(ctx, g, id)
	if err != nil {
		return Bulk{}, err
	}
	return open(j)
}

// Undo takes back what an action that has ended changed. The fault is Conflict: not_undoable for one that has not ended
// or was undone, undo_too_late when there is nothing to be taken back any more.
func (b *Bulks) Undo(ctx context.Context, g policy.Grant, id string) (Bulk, error) {
	if _, err := b.Get(ctx, g, id); err != nil {
		return Bulk{}, err
	}
	return b.start(ctx, g, id, phaseUndo)
}

// lists gives the operations that write down ids of the target, from item n on.
func (b *Bulks) lists(t org.Tenant, id string, n int, ids []string) ([]store.Op, error) {
	var ops []store.Op
	for part := range slices.Chunk(ids, b.list) {
		value, err := json.Marshal(part)
		if err != nil {
			return nil, err
		}
		ops = append(ops, store.Op{Kind: store.Put, Key: t.JobItem(id, listName(n)), Expect: store.Absent, Value: value})
		n++
	}
	return ops, nil
}
