// Package app is called once a minute and queues whatever is due and undone: work whose message was lost, whose worker
// died, or whose time has come.
package app

import (
	"context"
	"errors"
	"time"

	"github.com/muster-crm/muster/shared/org"
)

// Ports are what the app stands on.
type Ports struct {
	Directory *org.Directory
	Send      func(ctx context.Context, d org.Due, hops int) error
}

// atOnce is how many due items of a shard one call queues; the next minute goes on.
const atOnce = 250

// New makes the app.
func New(p Ports) func(ctx context.Context, at time.Time) error {
	return func(ctx context.Context, at time.Time) error {
		due, err := p.Directory.DueBy(ctx, at, atOnce)
		if err != nil {
			return err
		}
		var errs []error
		for _, d := range due {
			errs = append(errs, p.Send(ctx, d, 0))
		}
		return errors.Join(errs...)
	}
}
