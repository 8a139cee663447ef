package job

import (
	"context"
	"time"
)

// Pace lets people write while a job does. The zero Pace begins one.
type Pace struct {
	seq  int64         // of the organisation's log after our last commit
	took time.Duration // by our last chunk
}

// Rest waits before a chunk as long as the last one took, when somebody else has written since. seq is where the log
// stands; a chunk is one commit.
func (p *Pace) Rest(ctx context.Context, seq int64) error {
	ours := seq == p.seq+1
	p.seq = seq
	if ours || p.took == 0 {
		return nil
	}
	timer := time.NewTimer(p.took)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Begin notes that a chunk begins, and the function it gives that it has ended.
func (p *Pace) Begin() (ended func()) {
	began := time.Now()
	return func() { p.took = time.Since(began) }
}
