package importer

import (
	"context"
	"math/rand/v2"
	"time"

	"github.com/muster-crm/muster/shared/policy"
)

// pace gives people their turn: when somebody else has written since our last commits, the next ones wait until the log has
// been left to others for as long as one of those took. What is read and judged in between is done in that time.
type pace struct {
	seq   int64 // of the log after our last commit
	took  time.Duration
	ended time.Time
}

func (p *pace) rest(ctx context.Context, i *Importer, g policy.Grant) error {
	seq, err := i.Records.Seq(ctx, g)
	if err != nil {
		return err
	}
	ours := seq == p.seq
	p.seq = seq
	if ours || p.took == 0 {
		return nil
	}
	return wait(ctx, p.took-time.Since(p.ended))
}

// begin notes that commits begin, and the function it gives that they have ended.
func (p *pace) begin() (ended func()) {
	began := time.Now()
	return func() { p.ended, p.took = time.Now(), time.Since(began) }
}

// wrote notes how many they were.
func (p *pace) wrote(commits int) {
	p.seq += int64(commits)
	p.took /= time.Duration(max(1, commits))
}

// pause waits before another attempt.
func pause(ctx context.Context, attempt int) error {
	return wait(ctx, rand.N(time.Millisecond<<min(attempt, 7)))
}

func wait(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
