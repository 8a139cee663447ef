// Package kernel puts the shared parts together on a set of ports, the same way in every function, on the laptop and in
// tests: directory, log, catalog, repository, jobs, keys. What a single function needs beside them its main adds.
package kernel

import (
	"context"
	"log/slog"

	"github.com/muster-crm/muster/shared/account/session"
	"github.com/muster-crm/muster/shared/blob"
	"github.com/muster-crm/muster/shared/catalog"
	"github.com/muster-crm/muster/shared/clock"
	"github.com/muster-crm/muster/shared/httpapi"
	"github.com/muster-crm/muster/shared/job"
	"github.com/muster-crm/muster/shared/log"
	"github.com/muster-crm/muster/shared/org"
	"github.com/muster-crm/muster/shared/queue"
	"github.com/muster-crm/muster/shared/record"
	"github.com/muster-crm/muster/shared/repository"
	"github.com/muster-crm/muster/shared/seal"
	"github.com/muster-crm/muster/shared/store"
)

// Ports are what the kernel stands on.
type Ports struct {
	Store  store.Store
	Kinds  *record.Registry
	Blobs  blob.Bucket   // nil: no snapshots of the index
	Queue  queue.Queue   // nil: due work waits for schedule
	Phones record.Phones // nil where no numbers are written
	Clock  clock.Clock   // nil: the machine's
	IDs    *clock.IDs    // nil: random ones
	Log    *slog.Logger  // nil: the default logger
	// Unlisted is for functions that list and search nothing: they read settings straight from the table instead of
	// holding an index of everything.
	Unlisted bool
}

// Kernel holds the shared parts.
type Kernel struct {
	Ports
	Directory *org.Directory
	Keys      *org.Keys
	Ring      *seal.Ring
	Commits   *log.Log
	Catalog   *catalog.Catalog // nil when Unlisted
	Records   *repository.Repository
	Jobs      *job.Jobs
	Cursors   httpapi.Cursors
}

// New puts the parts together. It does no work: nothing is read before the first request.
func New(p Ports) *Kernel {
	if p.Clock == nil {
		p.Clock = clock.System{}
	}
	if p.IDs == nil {
		p.IDs = clock.NewIDs(p.Clock, nil)
	}
	if p.Log == nil {
		p.Log = slog.Default()
	}
	k := &Kernel{Ports: p, Directory: org.NewDirectory(p.Store, p.Clock)}
	k.Keys = org.NewKeys(p.Store, p.Clock)
	k.Ring = seal.NewRing(k.Keys, p.Clock)
	k.Commits = log.New(p.Store, p.Clock, p.IDs)
	if !p.Unlisted {
		k.Catalog = catalog.New(catalog.Ports{Store: p.Store, Log: k.Commits, Kinds: p.Kinds, Blobs: p.Blobs})
	}
	k.Records = repository.New(repository.Ports{Store: p.Store, Log: k.Commits, Catalog: k.Catalog, Kinds: p.Kinds, Clock: p.Clock,
		IDs: p.IDs, Phones: p.Phones})
	k.Jobs = job.New(p.Store, p.Clock, p.IDs, k.Send)
	k.Cursors = httpapi.NewCursors(k.Ring)
	return k
}

// Sessions reads the sessions of one door: "api" or "page".
func (k *Kernel) Sessions(door string) session.Reader {
	return session.Reader{Directory: k.Directory, Source: door}
}

// Send queues the message that makes due work happen when it is due, or soon where it is already; what a message cannot wait for
// is left to schedule. hops counts the messages that led to it.
func (k *Kernel) Send(ctx context.Context, d org.Due, hops int) error {
	delay := max(d.At.Sub(k.Clock.Now()), 0)
	if k.Queue == nil || delay > queue.MaxDelay {
		return nil
	}
	body, err := org.SealMessage(ctx, k.Ring, d.Tenant, d.Topic, d.Ref)
	if err != nil {
		return err
	}
	return k.Queue.Send(ctx, queue.Message{Body: body, Delay: delay, Hops: hops})
}
