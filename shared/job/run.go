package job

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/muster-crm/muster/shared/fault"
	"github.com/muster-crm/muster/shared/org"
	"github.com/muster-crm/muster/shared/policy"
)

// Worker does the work of one kind of job.
type Worker interface {
	// Open readies the work at the job's cursor: opens a file, skips what is done.
	Open(ctx context.Context, g policy.Grant, j *Job) (Work, error)
}

// Work is an opened job.
type Work interface {
	// Chunk does the next part of the work within a few seconds. It commits its effects together with the job (Job.Put,
	// then Job.Saved) and reports whether the phase is at its end; the runner then ends the job. A fault of kind
	// Conflict with code job_moved means that somebody else was quicker.
	Chunk(ctx context.Context, j *Job) (end bool, err error)
	// Finish is called once after the last chunk, before the job is written as done; it may run again after a crash.
	Finish(ctx context.Context, j *Job) error
	Close() error
}

// Rights gives the grant a user has now. The fault is Denied or NotFound when there is none any more.
type Rights interface {
	GrantOf(ctx context.Context, t org.Tenant, user string) (policy.Grant, error)
}

// Runner works on queued jobs.
type Runner struct {
	jobs    *Jobs
	rights  Rights
	workers map[string]Worker
	budget  time.Duration
	alone   time.Time // since when no other process works on jobs; zero: others may
}

// NewRunner makes a runner for the given workers by kind. budget is how long one call may work before it passes the job
// on through the queue: a function's timeout less a chunk.
func NewRunner(jobs *Jobs, rights Rights, workers map[string]Worker, budget time.Duration) *Runner {
	return &Runner{jobs: jobs, rights: rights, workers: workers, budget: budget}
}

// Alone tells the runner that no other process works on the jobs from now on: whoever still holds a lease has died, and
// its job goes on at once. For a program that has its store to itself.
func (r *Runner) Alone() *Runner {
	r.alone = r.jobs.clock.Now()
	return r
}

// held reports whether somebody who may be alive works on a job.
func (r *Runner) held(j *Job) bool {
	taken := j.Lease.Add(-lease)
	return j.Lease.After(r.jobs.clock.Now()) && (r.alone.IsZero() || !taken.Before(r.alone))
}

// Run works on the job a message names until it ends or the budget is used up. Errors ask the queue to deliver the
// message again.
func (r *Runner) Run(ctx context.Context, t org.Tenant, id string, hops int) error {
	j, err := r.jobs.load(ctx, t, id)
	if errors.Is(err, fault.NotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	if j.State != Queued && j.State != Running || r.held(j) {
		return nil // ended, or somebody works on it
	}
	j.State, j.Holder = Running, r.jobs.ids.New("ls")
	j.Lease = r.jobs.clock.Now().Add(lease)
	if err := r.jobs.Save(ctx, j); err != nil {
		if Moved(err) {
			return nil
		}
		return err
	}
	err = r.work(ctx, j, hops)
	switch {
	case err == nil, Moved(err):
		return nil
	case ctx.Err() != nil, errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return err // killed in the middle: the lease runs out, the queue delivers again
	case errors.Is(err, fault.Unavailable):
		return errors.Join(err, r.release(context.WithoutCancel(ctx), j))
	}
	slog.ErrorContext(ctx, "job failed", "job", j.ID, "kind", j.Kind, "error", err.Error())
	return r.end(ctx, j, Failed, fault.From(err).Code)
}

func (r *Runner) work(ctx context.Context, j *Job, hops int) (err error) {
	worker := r.workers[j.Kind]
	if worker == nil {
		return fmt.Errorf("job: nobody works on %s", j.Kind)
	}
	g, err := r.rights.GrantOf(ctx, j.tenant, j.Maker.ID)
	if err != nil {
		return err
	}
	work, err := worker.Open(ctx, g, j)
	if err != nil {
		return err
	}
	defer func() {
		if work != nil {
			err = errors.Join(err, work.Close())
		}
	}()
	began := time.Now()
	for first := true; ; first = false {
		if j.Cancel {
			return r.end(ctx, j, Cancelled, "")
		}
		if !first {
			now, err := r.rights.GrantOf(ctx, j.tenant, j.Maker.ID)
			if err != nil {
				return err
			}
			if now.Role() != g.Role() {
				// The work holds the rights it was opened with: it goes on under those the maker has now, or not at all.
				g = now
				if err := work.Close(); err != nil {
					work = nil
					return err
				}
				if work, err = worker.Open(ctx, g, j); err != nil {
					return err
				}
			}
		}
		j.Lease = r.jobs.clock.Now().Add(lease)
		end, err := work.Chunk(ctx, j)
		if Moved(err) {
			if err := r.reload(ctx, j); err != nil {
				return err
			}
			continue
		}
		if err != nil {
			return err
		}
		if end {
			if err := work.Finish(ctx, j); err != nil {
				return err
			}
			return r.end(ctx, j, r.goal(j), "")
		}
		if time.Since(began) > r.budget {
			if err := r.release(ctx, j); err != nil {
				return err
			}
			// Beyond the hops Lambda allows, schedule passes the job on.
			if err := r.jobs.send(ctx, j.due(), hops+1); err != nil && !errors.Is(err, fault.Exhausted) {
				return err
			}
			return nil
		}
	}
}

// goal is the state a phase ends in.
func (r *Runner) goal(j *Job) State {
	switch j.Phase {
	case "preview":
		return Previewed
	case "undo":
		return Undone
	}
	return Done
}

// reload learns what somebody else wrote: a request to cancel lets us go on and see it, another worker's lease stops us.
func (r *Runner) reload(ctx context.Context, j *Job) error {
	now, err := r.jobs.load(ctx, j.tenant, j.ID)
	if err != nil {
		return err
	}
	if now.Holder != j.Holder || now.State != Running {
		return fault.New(fault.Conflict, "job_moved")
	}
	*j = *now
	return nil
}

// release gives the lease back so that the next worker need not wait for it.
func (r *Runner) release(ctx context.Context, j *Job) error {
	j.Lease = time.Time{}
	return r.jobs.Save(ctx, j)
}

// end writes the job's end and removes its due item.
func (r *Runner) end(ctx context.Context, j *Job, s State, failure string) error {
	for {
		j.State, j.Failure, j.Lease, j.Cancel = s, failure, time.Time{}, false
		j.EndedAt = r.jobs.clock.Now()
		err := r.jobs.Save(ctx, j, j.due().Drop())
		if !Moved(err) {
			return err
		}
		if err := r.reload(ctx, j); err != nil {
			return err
		}
	}
}
