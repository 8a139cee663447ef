// Package app works on what is queued: a message names a job, and the runner goes on with it where its cursor stands, or
// an upload that should have come by now, or an organisation that is to be looked through at night.
package app

import (
	"context"
	"errors"
	"log/slog"

	"github.com/muster-crm/muster/shared/file"
	"github.com/muster-crm/muster/shared/job"
	"github.com/muster-crm/muster/shared/org"
	"github.com/muster-crm/muster/shared/queue"
	"github.com/muster-crm/muster/shared/repository"
	"github.com/muster-crm/muster/shared/seal"
)

// Ports are what the app stands on.
type Ports struct {
	Runner  *job.Runner
	Files   *file.Files
	Records *repository.Repository
	Ring    *seal.Ring
	Log     *slog.Logger
}

// New makes the app.
func New(p Ports) queue.Handler {
	if p.Log == nil {
		p.Log = slog.Default()
	}
	return func(ctx context.Context, m queue.Message) error {
		tenant, topic, ref, err := org.OpenMessage(ctx, p.Ring, m.Body)
		switch {
		case errors.Is(err, seal.ErrOpen):
			// Not of our making: delivering it again would not change that.
			p.Log.ErrorContext(ctx, "message dropped", "message", m.ID)
			return nil
		case err != nil:
			return err
		}
		switch topic {
		case job.Topic:
			return p.Runner.Run(ctx, tenant, ref, m.Hops)
		case file.Topic:
			return p.Files.Expire(ctx, tenant, ref)
		case repository.NightTopic:
			return p.Records.LookThrough(ctx, tenant)
		}
		p.Log.ErrorContext(ctx, "message of an unknown topic dropped", "message", m.ID, "topic", topic)
		return nil
	}
}
