// Package job is long work as a record with a cursor. A job is cut into chunks; each chunk is one commit that does a part
// of the work and moves the cursor on, on condition that nobody else has. So a chunk that is killed, delivered twice or
// run by two workers at once happens once, and whoever comes next goes on where the cursor stands.
//
// A job begins with a due item in the same commit; the writer sends a message to the queue, and schedule sends it again
// each minute until the job has ended. A worker takes a lease of two minutes, so that two rarely meet; when they do, the
// loser's commit fails on the cursor. A job runs under the rights its maker has at each chunk: who loses them stops it.
//
// Keys used: o#jobs/<id> the job, o#jm its place in the order they were made, o#j#<id>/<name> what belongs to it, due items with topic "job" (package org).
package job

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"strings"
	"time"

	"github.com/muster-crm/muster/shared/clock"
	"github.com/muster-crm/muster/shared/fault"
	"github.com/muster-crm/muster/shared/org"
	"github.com/muster-crm/muster/shared/policy"
	"github.com/muster-crm/muster/shared/store"
)

// State is where a process is in its life (api.md: processes are resources).
type State string

// The states.
const (
	Draft     State = "draft"
	Previewed State = "previewed"
	Queued    State = "queued"
	Running   State = "running"
	Done      State = "done"
	Failed    State = "failed"
	Cancelled State = "cancelled"
	Undone    State = "undone"
)

// Ended reports whether nothing more will happen by itself.
func (s State) Ended() bool { return s == Done || s == Failed || s == Cancelled || s == Undone }

// Topic is the topic of the due items and messages of jobs.
const Topic = "job"

// lease is how long a worker has a job to itself; it is renewed with every chunk.
const lease = 2 * time.Minute

// Job is one piece of long work.
type Job struct {
	ID        string           `json:"id"`
	Kind      string           `json:"kind"` // who works on it: "import"
	Phase     string           `json:"phase,omitempty"`
	State     State            `json:"state"`
	Title     string           `json:"title,omitempty"` // for people: a file's name
	Maker     policy.Actor     `json:"maker"`
	CreatedAt time.Time        `json:"createdAt"`
	StartedAt time.Time        `json:"startedAt,omitzero"`
	EndedAt   time.Time        `json:"endedAt,omitzero"`
	UpdatedAt time.Time        `json:"updatedAt"`
	Total     int64            `json:"total,omitempty"` // of Counts["done"], when known
	Counts    map[string]int64 `json:"counts,omitempty"`
	Params    json.RawMessage  `json:"params,omitempty"`  // what is to be done
	Cursor    json.RawMessage  `json:"cursor,omitempty"`  // how far it is
	Failure   string           `json:"failure,omitempty"` // fault code
	Cancel    bool             `json:"cancel,omitempty"`  // asked to stop
	Lease     time.Time        `json:"lease,omitzero"`
	Holder    string           `json:"holder,omitempty"`
	DueAt     time.Time        `json:"dueAt,omitzero"` // of its due item while it is queued or running

	tenant   org.Tenant
	revision int64
}

// Tenant says whose job it is.
func (j *Job) Tenant() org.Tenant { return j.tenant }

// Put gives the operation that writes the job as it is now, on condition that nobody has since it was read.
func (j *Job) Put() (store.Op, error) {
	value, err := json.Marshal(j)
	return store.Op{Kind: store.Put, Key: j.tenant.Job(j.ID), Expect: j.revision, Value: value}, err
}

// Saved notes that the operation of Put has been committed.
func (j *Job) Saved() { j.revision++ }

// Become notes what a commit led to that held the operation of next's Put: with no error the job is what next is. The fault is
// Conflict (job_moved) when somebody else wrote it first.
func (j *Job) Become(next *Job, err error) error {
	if failed := (*store.Failed)(nil); errors.As(err, &failed) {
		return fault.New(fault.Conflict, "job_moved")
	}
	if err != nil {
		return err
	}
	next.Saved()
	*j = *next
	return nil
}

// Item gives the key of something that belongs to the job.
func (j *Job) Item(name string) store.Key { return j.tenant.JobItem(j.ID, name) }

func (j *Job) due() org.Due {
	return org.Due{Tenant: j.tenant, Topic: Topic, Ref: j.ID, At: j.DueAt}
}

// Jobs reads and writes jobs.
type Jobs struct {
	store store.Store
	clock clock.Clock
	ids   *clock.IDs
	send  func(ctx context.Context, d org.Due, hops int) error
}

// New makes Jobs. send queues the message that makes a due job run soon; the job is safe without it.
func New(s store.Store, c clock.Clock, ids *clock.IDs, send func(ctx context.Context, d org.Due, hops int) error) *Jobs {
	return &Jobs{store: s, clock: c, ids: ids, send: send}
}

// Create makes a job in state Draft.
func (js *Jobs) Create(ctx context.Context, g policy.Grant, kind, prefix, title string, params any) (*Job, error) {
	return js.CreateAs(ctx, g, js.ids.New(prefix), kind, title, params)
}

// CreateAs makes a job of an id that was chosen before, with what belongs to it. The fault is Conflict (job_moved) when
// there is one already.
func (js *Jobs) CreateAs(ctx context.Context, g policy.Grant, id, kind, title string, params any, with ...store.Op) (*Job, error) {
	raw, err := json.Marshal(params)
	if err != nil {
		return nil, err
	}
	now := js.clock.Now()
	j := &Job{ID: id, Kind: kind, State: Draft, Title: title, Maker: g.Actor(), CreatedAt: now, UpdatedAt: now,
		Params: raw, tenant: g.Tenant()}
	return j, js.Save(ctx, j, append([]store.Op{{Kind: store.Put, Key: j.tenant.JobMade(j.place()), Expect: store.Absent, Value: []byte(`{}`)}}, with...)...)
}

// place is where a job stands in the order in which they were made. Ids do not tell it: they begin with what a job does, and
// that of one which a request with an idempotency key began is made of the key.
func (j *Job) place() string {
	return j.CreatedAt.UTC().Format("20060102T150405.000000000Z") + "/" + j.ID
}

// Get reads a job. The fault is NotFound when there is none, or when it is another's and the caller may not manage.
func (js *Jobs) Get(ctx context.Context, g policy.Grant, id string) (*Job, error) {
	j, err := js.load(ctx, g.Tenant(), id)
	if err != nil {
		return nil, err
	}
	if j.Maker.ID != g.Actor().ID && !g.Can(policy.Manage) {
		return nil, fault.New(fault.NotFound, "not_found")
	}
	return j, nil
}

func (js *Jobs) load(ctx context.Context, t org.Tenant, id string) (*Job, error) {
	if id == "" || len(id) > 64 {
		return nil, fault.New(fault.NotFound, "not_found")
	}
	items, err := js.store.Get(ctx, store.Each, t.Job(id))
	if err != nil {
		return nil, store.Fault(err)
	}
	if items[0] == nil {
		return nil, fault.New(fault.NotFound, "not_found")
	}
	return read(t, *items[0])
}

func read(t org.Tenant, item store.Item) (*Job, error) {
	j := &Job{}
	if err := json.Unmarshal(item.Value, j); err != nil {
		return nil, err
	}
	j.tenant, j.revision = t, item.Revision
	return j, nil
}

// List reads the jobs the caller may see, newest first, at most limit behind the job after ("" for the first page).
func (js *Jobs) List(ctx context.Context, g policy.Grant, after string, limit int) (jobs []*Job, next string, err error) {
	q := g.Tenant().JobsMade()
	q.Limit = store.MaxGet
	if after != "" {
		j, err := js.load(ctx, g.Tenant(), after)
		if err != nil {
			return nil, "", err
		}
		q.After = j.place()
	}
	for {
		page, err := js.store.Query(ctx, q)
		if err != nil {
			return nil, "", store.Fault(err)
		}
		made, err := js.all(ctx, g.Tenant(), page.Items)
		if err != nil {
			return nil, "", err
		}
		for _, j := range made {
			if j.Maker.ID != g.Actor().ID && !g.Can(policy.Manage) {
				continue
			}
			if len(jobs) == limit {
				return jobs, jobs[limit-1].ID, nil
			}
			jobs = append(jobs, j)
		}
		if page.Next == "" {
			return jobs, "", nil
		}
		q.After = page.Next
	}
}

// all reads the jobs of places.
func (js *Jobs) all(ctx context.Context, t org.Tenant, places []store.Item) ([]*Job, error) {
	keys := make([]store.Key, len(places))
	for i, place := range places {
		_, id, _ := strings.Cut(place.Sort, "/")
		keys[i] = t.Job(id)
	}
	if len(keys) == 0 {
		return nil, nil
	}
	items, err := js.store.Get(ctx, store.Each, keys...)
	if err != nil {
		return nil, store.Fault(err)
	}
	jobs := make([]*Job, 0, len(items))
	for _, item := range items {
		if item == nil {
			continue
		}
		j, err := read(t, *item)
		if err != nil {
			return nil, err
		}
		jobs = append(jobs, j)
	}
	return jobs, nil
}

// Save writes a job, with the operations given. The fault is Conflict (job_moved) when somebody else wrote it meanwhile.
func (js *Jobs) Save(ctx context.Context, j *Job, with ...store.Op) error {
	j.UpdatedAt = js.clock.Now()
	op, err := j.Put()
	if err != nil {
		return err
	}
	err = js.apply(ctx, store.Batch{Token: js.ids.New("jw"), Ops: append([]store.Op{op}, with...)})
	if err == nil {
		j.Saved()
	}
	return err
}

// apply commits a batch outside the log, sending it again while its outcome is unknown.
func (js *Jobs) apply(ctx context.Context, b store.Batch) error {
	for attempt := 0; ; attempt++ {
		err := js.store.Apply(ctx, b)
		var failed *store.Failed
		switch {
		case errors.As(err, &failed):
			return fault.New(fault.Conflict, "job_moved")
		case attempt < 10 && store.Passing(err):
			select {
			case <-time.After(time.Duration(attempt+1) * 10 * time.Millisecond):
			case <-ctx.Done():
				return store.Fault(err)
			}
		default:
			return store.Fault(err)
		}
	}
}

// Update changes a job that nobody works on. change is called again when somebody else was quicker.
func (js *Jobs) Update(ctx context.Context, g policy.Grant, id string, change func(*Job) error) (*Job, error) {
	for {
		j, err := js.Get(ctx, g, id)
		if err != nil {
			return nil, err
		}
		if err := change(j); err != nil {
			return nil, err
		}
		if err := js.Save(ctx, j); !Moved(err) {
			return j, err
		}
	}
}

// Moved reports whether somebody else wrote the job first.
func Moved(err error) bool {
	return errors.Is(err, fault.Conflict) && fault.From(err).Code == "job_moved"
}

// Start queues a job for a phase of its work. change prepares it, or refuses by its state.
func (js *Jobs) Start(ctx context.Context, g policy.Grant, id, phase string, change func(*Job) error) (*Job, error) {
	for {
		j, err := js.Get(ctx, g, id)
		if err != nil {
			return nil, err
		}
		if j.State == Queued || j.State == Running {
			return nil, fault.New(fault.Conflict, "job_running")
		}
		if err := change(j); err != nil {
			return nil, err
		}
		now := js.clock.Now()
		j.State, j.Phase, j.Cancel, j.Failure = Queued, phase, false, ""
		j.Cursor, j.Lease, j.Holder = nil, time.Time{}, ""
		j.StartedAt, j.EndedAt, j.DueAt = now, time.Time{}, now
		err = js.Save(ctx, j, j.due().Put())
		if Moved(err) {
			continue
		}
		if err == nil {
			if sendErr := js.send(ctx, j.due(), 0); sendErr != nil {
				slog.WarnContext(ctx, "job not queued; schedule will", "job", j.ID, "error", sendErr.Error())
			}
		}
		return j, err
	}
}

// Cancel asks a job to stop. What is done stays done; a job that waits or works ends at its next chunk.
func (js *Jobs) Cancel(ctx context.Context, g policy.Grant, id string) (*Job, error) {
	return js.Update(ctx, g, id, func(j *Job) error {
		switch {
		case j.State.Ended():
			return fault.New(fault.Conflict, "job_ended")
		case j.State == Draft || j.State == Previewed:
			j.State, j.EndedAt = Cancelled, js.clock.Now()
		default:
			j.Cancel = true
		}
		return nil
	})
}

// Items reads what belongs to a job under a prefix, in order, at most limit behind the name after.
func (js *Jobs) Items(ctx context.Context, j *Job, prefix, after string, limit int) ([]store.Item, string, error) {
	q := j.tenant.JobItems(j.ID, prefix)
	q.After, q.Limit = after, limit
	page, err := js.store.Query(ctx, q)
	return page.Items, page.Next, store.Fault(err)
}
