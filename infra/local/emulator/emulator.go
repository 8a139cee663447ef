// Package emulator serves what a SAM template declares in one process: its routes behind a gateway, its queues with
// their visibility, retries and dead letters, its schedules on the clock, the lifecycle of its buckets once a day. The
// functions are plain handlers, the very ones the Lambda mains start.
//
// It knows nothing of the product. Start listens first, then has the functions built (they may need the site's address
// and its queues), then serves. Close stops taking requests, waits for what runs, and returns; nothing that was
// acknowledged is lost by it, for queues are only ever a hint to work that the store knows of.
package emulator

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/muster-crm/muster/infra/local/gateway"
	"github.com/muster-crm/muster/infra/template"
	"github.com/muster-crm/muster/infra/template/cron"
	"github.com/muster-crm/muster/shared/blob"
	"github.com/muster-crm/muster/shared/lambdahttp"
	"github.com/muster-crm/muster/shared/queue"
	"github.com/muster-crm/muster/shared/queue/memqueue"
)

// DefaultAddr is where the site is unless told otherwise: on this machine only.
const DefaultAddr = "127.0.0.1:3000"

// Function is a function of the template as what its events call. Each kind of event the template gives it needs its
// handler, and no other may be set.
type Function struct {
	HTTP     http.Handler
	Queue    queue.Handler
	Schedule func(ctx context.Context, at time.Time) error
}

// Site is what functions can know of where they run.
type Site struct {
	URL    string                 // such as http://localhost:3000
	Queues map[string]queue.Queue // those that feed functions, by logical id; open to Build already
}

// Parts are what a site is made of.
type Parts struct {
	Functions map[string]Function     // by name: the last part of CodeUri
	Buckets   map[string]blob.Bucket  // by logical id: those whose lifecycle is kept
	Mounts    map[string]http.Handler // by path prefix, such as "/_mail/": what stands in for a service, not routed by the template
}

// Config says what to serve.
type Config struct {
	Template   template.Document
	Parameters template.Parameters // for the template; parameters without default that are left out get invented values
	Addr       string              // default DefaultAddr; port 0 takes any that is free
	Build      func(ctx context.Context, site Site) (Parts, error)
	Log        *slog.Logger // default slog.Default
}

// Server is a running site.
type Server struct {
	url     string
	server  *http.Server
	gateway *gateway.Gateway
	queues  map[string]*memqueue.Queue
	stop    context.CancelFunc // of schedules
	running sync.WaitGroup     // schedules and the listener
	failed  chan error
}

// Start serves the site until Close. An error says what does not fit: the template, the functions, the address.
func Start(ctx context.Context, c Config) (*Server, error) {
	if c.Log == nil {
		c.Log = slog.Default()
	}
	if c.Addr == "" {
		c.Addr = DefaultAddr
	}
	model, err := c.Template.Resolve(invented(c.Template, c.Parameters))
	if err != nil {
		return nil, err
	}
	listener, err := net.Listen("tcp", c.Addr)
	if err != nil {
		return nil, fmt.Errorf("cannot listen on %s: %w", c.Addr, err)
	}
	s, err := assemble(ctx, c, model, address(listener.Addr()))
	if err != nil {
		return nil, errors.Join(err, listener.Close())
	}
	s.running.Go(func() {
		if err := s.server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			s.failed <- err
		}
	})
	return s, nil
}

// assemble builds everything but the listener and starts queues and schedules.
func assemble(ctx context.Context, c Config, model *template.Template, url string) (*Server, error) {
	site := Site{URL: url, Queues: map[string]queue.Queue{}}
	senders := map[string]*sender{}
	for _, f := range model.Functions {
		for _, source := range f.Sources {
			id := model.QueueOf(source)
			senders[id] = &sender{}
			site.Queues[id] = senders[id]
		}
	}
	parts, err := c.Build(ctx, site)
	if err != nil {
		return nil, err
	}
	if err := errors.Join(complete(model, parts.Functions), lifecycles(model, parts.Buckets)); err != nil {
		return nil, err
	}

	s := &Server{url: url, queues: map[string]*memqueue.Queue{}, failed: make(chan error, 1)}
	routed := map[string]lambdahttp.Func{}
	for name, f := range parts.Functions {
		if f.HTTP != nil {
			routed[name] = lambdahttp.Handler(f.HTTP)
		}
	}
	if s.gateway, err = gateway.New(model, routed, c.Log); err != nil {
		return nil, err
	}
	mux := mounted(s.gateway, parts.Mounts)
	s.server = &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second, IdleTimeout: 2 * time.Minute, ErrorLog: slog.NewLogLogger(c.Log.Handler(), slog.LevelDebug)}

	for _, f := range model.Functions {
		handlers := parts.Functions[f.Name]
		timeout := time.Duration(f.Timeout) * time.Second
		for _, source := range f.Sources {
			id := model.QueueOf(source)
			q := memqueue.New(handlers.Queue, memqueue.Options{
				Visibility:  model.Queues[id].Visibility(),
				MaxReceives: model.Queues[id].MaxReceives(),
				Concurrency: source.ScalingConfig.MaximumConcurrency,
				Timeout:     timeout,
				Log:         c.Log.With("function", f.Name, "queue", id),
			})
			s.queues[id] = q
			if err := senders[id].bind(ctx, q); err != nil {
				return nil, err
			}
		}
	}
	ctx, s.stop = context.WithCancel(context.WithoutCancel(ctx))
	for _, f := range model.Functions {
		for _, declared := range f.Schedules {
			t, err := newTicker(declared, parts.Functions[f.Name].Schedule, time.Duration(f.Timeout)*time.Second, c.Log.With("function", f.Name))
			if err != nil {
				s.stop()
				return nil, err
			}
			s.running.Go(func() { t.run(ctx) })
		}
	}
	for id, bucket := range parts.Buckets {
		sweeping := func(ctx context.Context, at time.Time) error { return expire(ctx, model.Buckets[id], bucket, at) }
		t, err := newTicker(daily, sweeping, time.Hour, c.Log.With("bucket", id))
		if err != nil {
			s.stop()
			return nil, err
		}
		s.running.Go(func() { t.run(ctx) })
	}
	return s, nil
}

// invented fills parameters that need a value and have none: nothing of the local run depends on them.
func invented(d template.Document, given template.Parameters) template.Parameters {
	values := maps.Clone(given)
	if values == nil {
		values = template.Parameters{}
	}
	declared, _ := d.At("Parameters").(map[string]any)
	for name := range declared {
		if d.At("Parameters", name, "Default") == nil && values[name] == "" {
			values[name] = strings.ToLower(name) + "@example.org"
		}
	}
	return values
}

// complete compares the functions that were built with those the template declares.
func complete(model *template.Template, functions map[string]Function) error {
	var errs []error
	for _, f := range model.Functions {
		built, ok := functions[f.Name]
		if !ok {
			errs = append(errs, fmt.Errorf("function %s of the template was not built", f.Name))
			continue
		}
		for _, part := range []struct {
			kind     string
			declared bool
			built    bool
		}{
			{"routes", len(f.Routes) > 0, built.HTTP != nil},
			{"a queue", len(f.Sources) > 0, built.Queue != nil},
			{"a schedule", len(f.Schedules) > 0, built.Schedule != nil},
		} {
			if part.declared != part.built {
				errs = append(errs, fmt.Errorf("function %s: the template gives it %s: %v, there is a handler for it: %v", f.Name, part.kind, part.declared, part.built))
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(functions)) {
		if _, ok := model.Named(name); !ok {
			errs = append(errs, fmt.Errorf("function %s is not in the template", name))
		}
	}
	return errors.Join(errs...)
}

// mounted puts handlers for path prefixes before another one.
func mounted(next http.Handler, mounts map[string]http.Handler) http.Handler {
	prefixes := slices.Sorted(maps.Keys(mounts))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for _, prefix := range prefixes {
			if strings.HasPrefix(r.URL.Path, prefix) || r.URL.Path+"/" == prefix {
				mounts[prefix].ServeHTTP(w, r)
				return
			}
		}
		next.ServeHTTP(w, r)
	})
}

// address is the URL of a listening address. On the machine itself it is called localhost, since browsers take some
// things (passkeys, secure cookies) from names only.
func address(a net.Addr) string {
	tcp, ok := a.(*net.TCPAddr)
	if !ok {
		return "http://" + a.String()
	}
	host := tcp.IP.String()
	if tcp.IP.IsLoopback() || tcp.IP.IsUnspecified() {
		host = "localhost"
	}
	return "http://" + net.JoinHostPort(host, fmt.Sprint(tcp.Port))
}

// URL is the site's address, without a slash at its end.
func (s *Server) URL() string { return s.url }

// Handler is what the site answers requests with, for callers that need no network.
func (s *Server) Handler() http.Handler { return s.server.Handler }

// Queue gives the queue with that logical id, nil when nothing is fed from it.
func (s *Server) Queue(id string) *memqueue.Queue { return s.queues[id] }

// Close stops listening, waits for requests, functions, schedules and messages being handled, and forgets messages not
// yet handled. When ctx ends first, what still runs is left to itself and ctx's error is returned.
func (s *Server) Close(ctx context.Context) error {
	s.stop()
	errs := []error{s.server.Shutdown(ctx), s.gateway.Drain(ctx)}
	for _, id := range slices.Sorted(maps.Keys(s.queues)) {
		errs = append(errs, s.queues[id].Close(ctx))
	}
	stopped := make(chan struct{})
	go func() {
		s.running.Wait()
		close(stopped)
	}()
	select {
	case <-stopped:
	case <-ctx.Done():
		errs = append(errs, ctx.Err())
	}
	return errors.Join(errs...)
}

// Run says where the site is and keeps it running until ctx ends, then closes it, taking at most patience. It fails when
// the site cannot go on.
func (s *Server) Run(ctx context.Context, out io.Writer, patience time.Duration) error {
	fmt.Fprintln(out, s.url)
	var failure error
	select {
	case <-ctx.Done():
	case failure = <-s.failed:
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), patience)
	defer cancel()
	return errors.Join(failure, s.Close(ctx))
}

// sender is a queue functions can be built with before the queue is there. What is sent meanwhile is kept.
type sender struct {
	mu    sync.Mutex
	early []queue.Message
	queue *memqueue.Queue
}

// Send implements queue.Queue.
func (s *sender) Send(ctx context.Context, messages ...queue.Message) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.queue != nil {
		return s.queue.Send(ctx, messages...)
	}
	if err := queue.Check(messages); err != nil {
		return err
	}
	s.early = append(s.early, messages...)
	return nil
}

func (s *sender) bind(ctx context.Context, q *memqueue.Queue) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.queue = q
	if len(s.early) == 0 {
		return nil
	}
	return q.Send(ctx, s.early...)
}

// ticker calls a function at the times of a schedule, one call after the other.
type ticker struct {
	when    cron.Expression
	zone    *time.Location
	first   bool // fire at once: a rate counts from its creation, which fires too
	call    func(context.Context, time.Time) error
	timeout time.Duration
	log     *slog.Logger
}

func newTicker(s template.Schedule, call func(context.Context, time.Time) error, timeout time.Duration, log *slog.Logger) (*ticker, error) {
	when, err := cron.Parse(s.Expression)
	if err != nil {
		return nil, err
	}
	zone, err := time.LoadLocation(s.TimeZone) // "" is UTC
	if err != nil {
		return nil, err
	}
	return &ticker{when: when, zone: zone, first: strings.HasPrefix(s.Expression, "rate("), call: call, timeout: timeout, log: log}, nil
}

// run fires until ctx ends. Times that pass while a call runs, or the machine sleeps, are left out.
func (t *ticker) run(ctx context.Context) {
	at := time.Now().In(t.zone)
	if t.first {
		t.fire(ctx, at)
	}
	for {
		next, ok := t.when.Next(at)
		if !ok {
			return
		}
		if now := time.Now().In(t.zone); next.Before(now) {
			at = now
			continue
		}
		timer := time.NewTimer(time.Until(next))
		select {
		case <-ctx.Done():
			timer.Stop()
			return
		case <-timer.C:
		}
		at = next
		t.fire(ctx, at)
	}
}

// fire calls the function. Its time does not end with the server's: Close waits for it.
func (t *ticker) fire(ctx context.Context, at time.Time) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), t.timeout)
	defer cancel()
	defer func() {
		if p := recover(); p != nil {
			t.log.Error("scheduled work panicked", "at", at, "panic", fmt.Sprintf("%T", p))
		}
	}()
	if err := t.call(ctx, at); err != nil {
		t.log.Error("scheduled work failed", "at", at, "error", err)
	}
}
