package job_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/muster-crm/muster/shared/clock"
	"github.com/muster-crm/muster/shared/fault"
	"github.com/muster-crm/muster/shared/job"
	"github.com/muster-crm/muster/shared/org"
	"github.com/muster-crm/muster/shared/policy"
	"github.com/muster-crm/muster/shared/store"
	"github.com/muster-crm/muster/shared/store/boltstore"
	"github.com/muster-crm/muster/shared/store/storefault"
)

var noon = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

// shop is an organisation with jobs that count: each chunk adds one to an item, in the commit of its cursor.
type shop struct {
	t      *testing.T
	clock  *clock.Manual
	below  store.Store
	jobs   *job.Jobs
	ids    *clock.IDs
	tenant org.Tenant
	grant  policy.Grant

	mu     sync.Mutex
	sent   []org.Due
	roles  map[string]policy.Role // of users, as they are now; none: gone
	opened []policy.Role
	chunk  func(ctx context.Context, j *job.Job, n int64) error // before a chunk commits
	finish func() error
	closed int
}

const kind, total = "count", 4

func open(t *testing.T, wrap func(store.Store) store.Store) *shop {
	t.Helper()
	s := &shop{t: t, clock: clock.At(noon), roles: map[string]policy.Role{"usr_1": policy.Editor, "usr_2": policy.Editor, "usr_3": policy.Admin}}
	bolt, err := boltstore.Open(filepath.Join(t.TempDir(), "store"), s.clock)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { bolt.Close() })
	recorder := storefault.NewRecorder(t, bolt)
	recorder.AllowPrefix("org_1#")
	recorder.AllowPrefix("due#")
	s.below = recorder
	over := s.below
	if wrap != nil {
		over = wrap(over)
	}
	s.tenant, _ = org.Founding("org_1", false)
	s.grant = s.of("usr_1")
	s.ids = clock.NewIDs(s.clock, nil)
	s.jobs = job.New(over, s.clock, s.ids, func(_ context.Context, d org.Due, hops int) error {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.sent = append(s.sent, d)
		if hops > 14 {
			return fault.New(fault.Exhausted, "too_many_hops")
		}
		return nil
	})
	return s
}

func (s *shop) of(user string) policy.Grant {
	return policy.For(policy.Actor{ID: user, Name: user}, s.roles[user]).In(s.tenant)
}

// GrantOf gives the rights a user has now.
func (s *shop) GrantOf(_ context.Context, _ org.Tenant, user string) (policy.Grant, error) {
	if s.roles[user] == "" {
		return policy.Grant{}, fault.New(fault.Denied, "denied")
	}
	return s.of(user), nil
}

// Open readies the work.
func (s *shop) Open(_ context.Context, g policy.Grant, _ *job.Job) (job.Work, error) {
	s.opened = append(s.opened, g.Role())
	return s, g.Allow(policy.Edit)
}

// Chunk counts one on.
func (s *shop) Chunk(ctx context.Context, j *job.Job) (bool, error) {
	var n int64
	if j.Cursor != nil {
		if err := json.Unmarshal(j.Cursor, &n); err != nil {
			return false, err
		}
	}
	if n == total {
		return true, nil
	}
	if s.chunk != nil {
		if err := s.chunk(ctx, j, n); err != nil {
			return false, err
		}
	}
	next := *j
	next.Cursor, next.Counts = json.RawMessage(fmt.Sprint(n+1)), map[string]int64{"done": n + 1}
	if err := s.jobs.Save(ctx, &next, store.Op{Kind: store.Put, Key: j.Item(fmt.Sprintf("n/%d", n)), Expect: store.Absent, Value: []byte(`1`)}); err != nil {
		return false, err
	}
	*j = next
	return false, nil
}

// Finish and Close note that they were called.
func (s *shop) Finish(context.Context, *job.Job) error {
	if s.finish != nil {
		return s.finish()
	}
	return nil
}

func (s *shop) Close() error {
	s.closed++
	return nil
}

func (s *shop) runner(budget time.Duration) *job.Runner {
	return job.NewRunner(s.jobs, s, map[string]job.Worker{kind: s}, budget)
}

func (s *shop) run(id string) error {
	return s.runner(time.Hour).Run(s.t.Context(), s.tenant, id, 0)
}

// begun makes a job and starts it.
func (s *shop) begun() string {
	s.t.Helper()
	return s.begunAs(s.ids.New("cnt"))
}

func (s *shop) begunAs(id string) string {
	s.t.Helper()
	j, err := s.jobs.CreateAs(s.t.Context(), s.grant, id, kind, "Counting", map[string]int{"to": total})
	if err != nil {
		s.t.Fatal(err)
	}
	if j, err = s.jobs.Start(s.t.Context(), s.grant, j.ID, "run", func(j *job.Job) error { j.Total = total; return nil }); err != nil {
		s.t.Fatal(err)
	}
	return j.ID
}

func (s *shop) get(id string) *job.Job {
	s.t.Helper()
	j, err := s.jobs.Get(s.t.Context(), s.grant, id)
	if err != nil {
		s.t.Fatal(err)
	}
	return j
}

// told is how far a job has come: its state, why it failed, its count and what it wrote.
func (s *shop) told(id string) string {
	s.t.Helper()
	j := s.get(id)
	items, _, err := s.jobs.Items(s.t.Context(), j, "n/", "", 100)
	if err != nil {
		s.t.Fatal(err)
	}
	due := 0
	if !j.DueAt.IsZero() {
		op := org.Due{Tenant: s.tenant, Topic: job.Topic, Ref: id, At: j.DueAt}.Put()
		found, err := s.below.Get(s.t.Context(), store.Each, op.Key)
		if err != nil {
			s.t.Fatal(err)
		}
		if found[0] != nil {
			due = 1
		}
	}
	return fmt.Sprintf("%s %q %d of %d, %d written, %d due", j.State, j.Failure, j.Counts["done"], j.Total, len(items), due)
}

const finished = `done "" 4 of 4, 4 written, 0 due`

// A job begins with its due item, is done chunk by chunk, and ends without it. A message that comes again changes nothing.
func TestRun(t *testing.T) {
	s := open(t, nil)
	id := s.begun()
	if got := s.told(id); got != `queued "" 0 of 4, 0 written, 1 due` || len(s.sent) != 1 || s.sent[0].Ref != id {
		t.Errorf("%s, sent %v", got, s.sent)
	}
	for range 3 {
		if err := s.run(id); err != nil || s.told(id) != finished {
			t.Errorf("%s, %v", s.told(id), err)
		}
	}
	if s.closed != 1 || len(s.opened) != 1 {
		t.Errorf("opened %v, closed %d", s.opened, s.closed)
	}
	if err := s.run("cnt_none"); err != nil {
		t.Errorf("a job there is not: %v", err)
	}
	if _, err := s.jobs.Cancel(t.Context(), s.grant, id); fault.From(err).Code != "job_ended" {
		t.Errorf("cancelled behind its end: %v", err)
	}
}

// A phase ends in its own state.
func TestPhases(t *testing.T) {
	for phase, want := range map[string]job.State{"preview": job.Previewed, "run": job.Done, "undo": job.Undone} {
		s := open(t, nil)
		j, err := s.jobs.Create(t.Context(), s.grant, kind, "cnt", "", nil)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.jobs.Start(t.Context(), s.grant, j.ID, phase, func(*job.Job) error { return nil }); err != nil {
			t.Fatal(err)
		}
		if _, err := s.jobs.Start(t.Context(), s.grant, j.ID, phase, func(*job.Job) error { return nil }); fault.From(err).Code != "job_running" {
			t.Errorf("started twice: %v", err)
		}
		if err := s.run(j.ID); err != nil || s.get(j.ID).State != want {
			t.Errorf("%s: %s, %v", phase, s.get(j.ID).State, err)
		}
	}
}

// Somebody else's job is seen by those who manage alone, in pages, newest first.
func TestWhoSees(t *testing.T) {
	s := open(t, nil)
	var mine []string
	for i := range 7 {
		s.clock.Advance(time.Minute)
		s.grant = s.of([]string{"usr_1", "usr_2"}[i%2])
		id := s.begunAs([]string{"zzz_", "aaa_", "mmm_"}[i%3] + fmt.Sprint(9-i)) // of which the order tells nothing
		if i%2 == 0 {
			mine = slices.Insert(mine, 0, id)
		}
	}
	list := func(user string, limit int) (ids []string) {
		for after, more := "", true; more; more = after != "" {
			jobs, next, err := s.jobs.List(t.Context(), s.of(user), after, limit)
			if err != nil || len(jobs) > limit {
				t.Fatalf("%d of %d, %v", len(jobs), limit, err)
			}
			for _, j := range jobs {
				ids = append(ids, j.ID)
			}
			after = next
		}
		return ids
	}
	for limit := 1; limit < 9; limit++ {
		if diff := cmp.Diff(mine, list("usr_1", limit)); diff != "" {
			t.Errorf("by %d: %s", limit, diff)
		}
		if n := len(list("usr_3", limit)); n != 7 {
			t.Errorf("an administrator sees %d by %d", n, limit)
		}
	}
	for what, do := range map[string]func(policy.Grant) error{
		"get":    func(g policy.Grant) error { _, err := s.jobs.Get(t.Context(), g, mine[0]); return err },
		"cancel": func(g policy.Grant) error { _, err := s.jobs.Cancel(t.Context(), g, mine[0]); return err },
	} {
		if err := do(s.of("usr_2")); !errors.Is(err, fault.NotFound) {
			t.Errorf("another's %s: %v", what, err)
		}
	}
	for _, id := range []string{"", "nonsense", string(make([]byte, 65))} {
		if _, err := s.jobs.Get(t.Context(), s.grant, id); !errors.Is(err, fault.NotFound) {
			t.Errorf("%q: %v", id, err)
		}
	}
}

// Who loses the right stops a job at its next chunk; with other rights it goes on under those.
func TestRights(t *testing.T) {
	for name, c := range map[string]struct {
		role   policy.Role
		want   string
		opened []policy.Role
	}{
		"gone":          {"", `failed "denied" 2 of 4, 2 written, 0 due`, []policy.Role{policy.Editor}},
		"may no longer": {policy.Reader, `failed "denied" 2 of 4, 2 written, 0 due`, []policy.Role{policy.Editor, policy.Reader}},
		"has risen":     {policy.Admin, finished, []policy.Role{policy.Editor, policy.Admin}},
		"as it was":     {policy.Editor, finished, []policy.Role{policy.Editor}},
	} {
		t.Run(name, func(t *testing.T) {
			s := open(t, nil)
			id := s.begun()
			s.chunk = func(_ context.Context, _ *job.Job, n int64) error {
				if n == 1 {
					s.roles["usr_1"] = c.role
				}
				return nil
			}
			if err := s.run(id); err != nil {
				t.Fatal(err)
			}
			s.grant = s.of("usr_3")
			if got := s.told(id); got != c.want || !cmp.Equal(s.opened, c.opened) || s.closed < 1 {
				t.Errorf("%s, opened as %v, closed %d", got, s.opened, s.closed)
			}
		})
	}
}

// A job that is asked to stop ends behind the chunk it is at; what is done stays done.
func TestCancel(t *testing.T) {
	s := open(t, nil)
	id := s.begun()
	s.chunk = func(ctx context.Context, _ *job.Job, n int64) error {
		if n != 2 {
			return nil
		}
		_, err := s.jobs.Cancel(ctx, s.grant, id)
		return err
	}
	if err := s.run(id); err != nil || s.told(id) != `cancelled "" 2 of 4, 2 written, 0 due` {
		t.Errorf("%s, %v", s.told(id), err)
	}
	waiting := s.begun()
	if _, err := s.jobs.Cancel(t.Context(), s.grant, waiting); err != nil {
		t.Fatal(err)
	}
	if err := s.run(waiting); err != nil || s.get(waiting).State != job.Cancelled {
		t.Errorf("%s, %v", s.told(waiting), err)
	}
	draft, err := s.jobs.Create(t.Context(), s.grant, kind, "cnt", "", nil)
	if err != nil {
		t.Fatal(err)
	}
	if j, err := s.jobs.Cancel(t.Context(), s.grant, draft.ID); err != nil || j.State != job.Cancelled {
		t.Errorf("a draft: %v", err)
	}
}

// Beyond its budget a call passes the job on through the queue, and gives its lease back; beyond the hops a queue allows,
// the due item is left to bring it back.
func TestBudget(t *testing.T) {
	s := open(t, nil)
	id := s.begun()
	for n := 1; n <= total; n++ {
		if err := s.runner(0).Run(t.Context(), s.tenant, id, n*4); err != nil {
			t.Fatal(err)
		}
		want := fmt.Sprintf(`running "" %d of 4, %d written, 1 due`, n, n)
		if got := s.told(id); got != want || !s.get(id).Lease.IsZero() || len(s.sent) != n+1 {
			t.Errorf("%s, sent %d", got, len(s.sent))
		}
	}
	if err := s.run(id); err != nil || s.told(id) != finished {
		t.Errorf("%s, %v", s.told(id), err)
	}
}

// Of two workers one has the job; the other's message is done with. The lease of one that died runs out, but for a program
// that knows that it is alone.
func TestLease(t *testing.T) {
	s := open(t, nil)
	id := s.begun()
	s.chunk = func(ctx context.Context, _ *job.Job, n int64) error {
		if n != 1 {
			return nil
		}
		if err := s.runner(time.Hour).Run(ctx, s.tenant, id, 0); err != nil {
			t.Error(err)
		}
		return context.Canceled // killed
	}
	if err := s.run(id); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	if got := s.told(id); got != `running "" 1 of 4, 1 written, 1 due` || len(s.opened) != 1 {
		t.Errorf("%s, opened %d times", got, len(s.opened))
	}
	s.chunk = nil
	if err := s.run(id); err != nil || s.get(id).Counts["done"] != 1 {
		t.Errorf("the lease was not minded: %s, %v", s.told(id), err)
	}
	s.clock.Advance(time.Minute)
	alone := s.runner(time.Hour).Alone()
	if err := alone.Run(t.Context(), s.tenant, id, 0); err != nil || s.told(id) != finished {
		t.Errorf("alone: %s, %v", s.told(id), err)
	}
	id = s.begun()
	s.chunk = func(context.Context, *job.Job, int64) error { return context.Canceled }
	if err := s.run(id); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	s.chunk = nil
	s.clock.Advance(2*time.Minute + time.Second)
	if err := s.run(id); err != nil || s.told(id) != finished {
		t.Errorf("behind the lease: %s, %v", s.told(id), err)
	}
}

// What cannot be had now is tried again by the queue at once; anything else ends the job with the code of its fault.
func TestFailures(t *testing.T) {
	for name, c := range map[string]struct {
		err  error
		want string
		free bool
	}{
		"unavailable": {fault.New(fault.Unavailable, "busy"), `running "" 1 of 4, 1 written, 1 due`, true},
		"a fault":     {fault.New(fault.Conflict, "count_moved"), `failed "count_moved" 1 of 4, 1 written, 0 due`, true},
		"a defect":    {errors.New("out of paper"), `failed "internal" 1 of 4, 1 written, 0 due`, true},
	} {
		t.Run(name, func(t *testing.T) {
			s := open(t, nil)
			id := s.begun()
			s.chunk = func(_ context.Context, _ *job.Job, n int64) error {
				if n == 1 {
					return c.err
				}
				return nil
			}
			err := s.run(id)
			if errors.Is(c.err, fault.Unavailable) != (err != nil) {
				t.Errorf("the queue is told %v", err)
			}
			if got := s.told(id); got != c.want || s.get(id).Lease.IsZero() != c.free {
				t.Errorf("%s, lease until %v", got, s.get(id).Lease)
			}
		})
	}
	t.Run("at the finish", func(t *testing.T) {
		s := open(t, nil)
		id := s.begun()
		s.finish = func() error { return fault.New(fault.Unavailable, "busy") }
		if err := s.run(id); err == nil || s.get(id).State != job.Running {
			t.Errorf("%s, %v", s.told(id), err)
		}
		s.finish = nil
		if err := s.run(id); err != nil || s.told(id) != finished {
			t.Errorf("%s, %v", s.told(id), err)
		}
	})
	t.Run("nobody works on it", func(t *testing.T) {
		s := open(t, nil)
		id := s.begun()
		if err := job.NewRunner(s.jobs, s, nil, time.Hour).Run(t.Context(), s.tenant, id, 0); err != nil || s.get(id).State != job.Failed {
			t.Errorf("%s, %v", s.told(id), err)
		}
	})
}

// A job of an id that is there already is made by nobody else, and whoever is late learns it.
func TestOneOfAnID(t *testing.T) {
	s := open(t, nil)
	if _, err := s.jobs.CreateAs(t.Context(), s.grant, "cnt_1", kind, "", nil); err != nil {
		t.Fatal(err)
	}
	if _, err := s.jobs.CreateAs(t.Context(), s.grant, "cnt_1", kind, "", nil); !job.Moved(err) {
		t.Errorf("%v", err)
	}
	mine, err := s.jobs.Get(t.Context(), s.grant, "cnt_1")
	if err != nil {
		t.Fatal(err)
	}
	theirs, err := s.jobs.Get(t.Context(), s.grant, "cnt_1")
	if err != nil {
		t.Fatal(err)
	}
	if err := s.jobs.Save(t.Context(), theirs); err != nil {
		t.Fatal(err)
	}
	if err := s.jobs.Save(t.Context(), mine); !job.Moved(err) {
		t.Errorf("%v", err)
	}
	// Update does it again on what there is.
	if j, err := s.jobs.Update(t.Context(), s.grant, "cnt_1", func(j *job.Job) error { j.Title = "Renamed"; return nil }); err != nil || j.Title != "Renamed" {
		t.Errorf("%v", err)
	}
}

// Whatever goes wrong with any call of the store, every chunk is done once and the job ends.
func TestCrashes(t *testing.T) {
	var faults *storefault.Faults
	var plan storefault.Plan
	begin := func() (*shop, string, int) {
		plan = nil
		s := open(t, func(below store.Store) store.Store {
			faults = storefault.New(below, func(call int) storefault.Kind {
				if plan == nil {
					return storefault.None
				}
				return plan(call)
			})
			return faults
		})
		return s, s.begun(), faults.Calls()
	}
	s, id, from := begin()
	if err := s.run(id); err != nil {
		t.Fatal(err)
	}
	calls := faults.Calls() - from
	kinds := []storefault.Kind{storefault.Before, storefault.Throttled, storefault.After, storefault.Lost, storefault.Cancelled, storefault.KilledBefore, storefault.KilledAfter}
	for call := 1; call <= calls; call++ {
		for _, kind := range kinds {
			s, id, from := begin()
			plan = storefault.At(from+call, kind)
			for range 6 {
				_ = s.run(id) // what it says does not matter: it is called again
				faults.Revive()
				s.clock.Advance(3 * time.Minute)
			}
			plan = nil
			if got := s.told(id); got != finished {
				t.Fatalf("call %d of %d %s: %s", call, calls, kind, got)
			}
		}
	}
	t.Logf("%d calls, %d points", calls, calls*len(kinds))
}

// A job rests as long as its last chunk took when somebody else has written since, and not otherwise.
func TestPace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var p job.Pace
		rested := func(seq int64) time.Duration {
			began := time.Now()
			if err := p.Rest(t.Context(), seq); err != nil {
				t.Fatal(err)
			}
			return time.Since(began)
		}
		chunk := func(took time.Duration) {
			ended := p.Begin()
			timer := time.NewTimer(took)
			<-timer.C
			ended()
		}
		if d := rested(10); d != 0 {
			t.Errorf("before the first chunk: %v", d)
		}
		chunk(3 * time.Second)
		if d := rested(11); d != 0 {
			t.Errorf("nobody else wrote: %v", d)
		}
		chunk(5 * time.Second)
		if d := rested(14); d != 5*time.Second {
			t.Errorf("others wrote: %v", d)
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if err := p.Rest(ctx, 20); !errors.Is(err, context.Canceled) {
			t.Errorf("killed while it rests: %v", err)
		}
	})
}
