package catalog

import (
	"context"
	"sync"

	"github.com/muster-crm/muster/shared/log"
	"github.com/muster-crm/muster/shared/org"
)

// Pin gives a context for one request: what is only read in it is read as of one moment, that of the first question, and
// the log is asked once. After a commit made in the context the log is asked again, so that a request sees its own writes.
func Pin(ctx context.Context) context.Context {
	if ctx.Value(pinKey{}) != nil {
		return ctx
	}
	return context.WithValue(log.Watch(ctx), pinKey{}, &pin{shelves: map[org.Tenant]pinned{}})
}

type pinKey struct{}

// pin holds the shelves that the questions of one request have seen.
type pin struct {
	mu      sync.Mutex
	shelves map[org.Tenant]pinned
}

// pinned is a shelf, and how many commits there had been in the context before it was asked for.
type pinned struct {
	shelf   *Shelf
	commits int64
}

// Pinned is Shelf for who only reads: as of the moment of the request's first question where its context is made by Pin.
func (c *Catalog) Pinned(ctx context.Context, t org.Tenant) (*Shelf, error) {
	if p, ok := ctx.Value(pinKey{}).(*pin); ok {
		p.mu.Lock()
		held, ok := p.shelves[t]
		p.mu.Unlock()
		if ok && held.commits == log.Watched(ctx) {
			return held.shelf, nil
		}
	}
	return c.Shelf(ctx, t)
}

// keep notes the shelf a question of a request has seen.
func keep(ctx context.Context, t org.Tenant, s *Shelf, commits int64) {
	p, ok := ctx.Value(pinKey{}).(*pin)
	if !ok {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if held := p.shelves[t]; held.shelf == nil || held.shelf.seq <= s.seq {
		p.shelves[t] = pinned{s, commits}
	}
}
