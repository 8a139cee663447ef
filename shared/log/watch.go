package log

import (
	"context"
	"sync/atomic"
)

type watchKey struct{}

// Watch gives a context that counts the commits tried in it, whatever became of them.
func Watch(ctx context.Context) context.Context {
	return context.WithValue(ctx, watchKey{}, new(atomic.Int64))
}

// Watched tells how many there were so far; 0 where nobody counts.
func Watched(ctx context.Context) int64 {
	if n, ok := ctx.Value(watchKey{}).(*atomic.Int64); ok {
		return n.Load()
	}
	return 0
}

// noteCommit counts a commit that is over.
func noteCommit(ctx context.Context) {
	if n, ok := ctx.Value(watchKey{}).(*atomic.Int64); ok {
		n.Add(1)
	}
}
