// Package app is called once a minute and queues whatever is undone and due by the next call: work whose message was lost, whose
// worker died, or whose time comes. What comes later in the minute waits in the queue until it is due. Once a night it has the sealing keys renewed that have served their time, and every
// organisation looked through for duplicates.
package app

import (
	"context"
	"errors"
	"time"

	"github.com/muster-crm/muster/shared/org"
	"github.com/muster-crm/muster/shared/repository"
)

// Ports are what the app stands on.
type Ports struct {
	Directory *org.Directory
	Send      func(ctx context.Context, d org.Due, hops int) error
	Keys      *org.Keys
}

// keyAge is how long a sealing key serves before a new one takes over.
const keyAge = 90 * 24 * time.Hour

// each is how often it is called.
const each = time.Minute

// nightly says whether a call is the one of the night: 03:00 UTC.
func nightly(at time.Time) bool { return at.UTC().Hour() == 3 && at.UTC().Minute() == 0 }

// atOnce is how many due items of a shard one call queues; the next minute goes on.
const atOnce = 250

// New makes the app.
func New(p Ports) func(ctx context.Context, at time.Time) error {
	return func(ctx context.Context, at time.Time) error {
		due, err := p.Directory.DueBy(ctx, at.Add(each), atOnce)
		if err != nil {
			return err
		}
		var errs []error
		if nightly(at) {
			errs = append(errs, p.Keys.Rotate(ctx, keyAge), everybody(ctx, p))
		}
		for _, d := range due {
			errs = append(errs, p.Send(ctx, d, 0))
		}
		return errors.Join(errs...)
	}
}

// everybody queues the work of the night of every organisation.
func everybody(ctx context.Context, p Ports) error {
	var errs []error
	for after := ""; ; {
		tenants, next, err := p.Directory.All(ctx, after, 100)
		if err != nil {
			return errors.Join(append(errs, err)...)
		}
		for _, t := range tenants {
			errs = append(errs, p.Send(ctx, org.Due{Tenant: t, Topic: repository.NightTopic, Ref: t.ID()}, 0))
		}
		if next == "" {
			return errors.Join(errs...)
		}
		after = next
	}
}
