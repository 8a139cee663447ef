// Package gateway does in one process what an API Gateway HTTP API does in front of Lambda functions: it finds the
// route of a request as the template declares it, makes a payload 2.0 event of the request, calls the function with
// it and writes its answer. Limits are the service's: 10,240 bytes of request line and header values, 10 MB of body,
// 6 MB of event, 30 s, and the throttles of the template. Refusals look like the service's too.
package gateway

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"github.com/muster-crm/muster/infra/template"
	"github.com/muster-crm/muster/shared/lambdahttp"
)

// Limits of HTTP APIs.
const (
	MaxHead     = 10240 // bytes of request line and header values
	MaxBody     = 10 << 20
	Patience    = 30 * time.Second // for a function's answer
	maxInFlight = 1000             // functions running at once, as an account's quota
)

// Gateway serves the routes of a template.
type Gateway struct {
	router    *template.Router
	functions map[string]lambdahttp.Func // by name
	throttles map[string]*bucket         // by route key
	fallback  *bucket                    // of routes without one, nil when there is none
	slots     chan struct{}
	calls     sync.WaitGroup
	log       *slog.Logger
}

// New makes the gateway of a template's API. functions are the functions that routes lead to, by name; one that is
// missing is an error, and so is one that no route leads to.
func New(t *template.Template, functions map[string]lambdahttp.Func, log *slog.Logger) (*Gateway, error) {
	g := &Gateway{router: t.Router(), functions: functions, throttles: map[string]*bucket{}, slots: make(chan struct{}, maxInFlight), log: log}
	routed := map[string]bool{}
	for _, f := range t.Functions {
		if len(f.Routes) == 0 {
			continue
		}
		routed[f.Name] = true
		if functions[f.Name] == nil {
			return nil, fmt.Errorf("gateway: the template leads requests to %s, which is not there", f.Name)
		}
	}
	for name := range functions {
		if !routed[name] {
			return nil, fmt.Errorf("gateway: no route of the template leads to %s", name)
		}
	}
	for _, api := range t.APIs {
		for key, throttle := range api.RouteSettings {
			g.throttles[key] = newBucket(throttle)
		}
		g.fallback = newBucket(api.DefaultRouteSettings)
	}
	return g, nil
}

// ServeHTTP implements http.Handler.
func (g *Gateway) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if headSize(r) > MaxHead {
		refuse(w, http.StatusRequestHeaderFieldsTooLarge, "Request Header Fields Too Large")
		return
	}
	m, ok := g.router.Match(r.Method, r.URL.Path)
	if !ok {
		refuse(w, http.StatusNotFound, "Not Found")
		return
	}
	now := time.Now()
	if !g.throttle(m.Route.Key()).take(now) {
		refuse(w, http.StatusTooManyRequests, "Too Many Requests")
		return
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, MaxBody))
	if _, tooLarge := errors.AsType[*http.MaxBytesError](err); tooLarge {
		refuse(w, http.StatusRequestEntityTooLarge, "Request Entity Too Large")
		return
	}
	if err != nil {
		refuse(w, http.StatusBadRequest, "Bad Request")
		return
	}
	event := Event(r, body, m, now)
	w.Header().Set("Apigw-Requestid", event.RequestContext.RequestID)
	if !lambdahttp.Fits(event) {
		refuse(w, http.StatusRequestEntityTooLarge, "Request Entity Too Large")
		return
	}
	g.invoke(r.Context(), w, m.Function, event)
}

// invoke calls the function and waits for it as long as the gateway would. The client's leaving does not end the
// function: it does not in Lambda either.
func (g *Gateway) invoke(client context.Context, w http.ResponseWriter, f *template.Function, event events.APIGatewayV2HTTPRequest) {
	select {
	case g.slots <- struct{}{}:
	default:
		refuse(w, http.StatusServiceUnavailable, "Service Unavailable")
		return
	}
	timeout := time.Duration(f.Timeout) * time.Second
	type result struct {
		answer events.APIGatewayV2HTTPResponse
		err    error
	}
	done := make(chan result, 1)
	g.calls.Go(func() {
		defer func() { <-g.slots }()
		ctx, cancel := context.WithTimeout(context.WithoutCancel(client), timeout)
		defer cancel()
		answer, err := g.functions[f.Name](ctx, event)
		done <- result{answer, err}
	})
	patience := time.NewTimer(min(timeout, Patience))
	defer patience.Stop()
	log := g.log.With("function", f.Name, "requestId", event.RequestContext.RequestID)
	select {
	case r := <-done:
		err := r.err
		if err == nil {
			err = Answer(w, r.answer)
		}
		if err != nil {
			log.Error("function failed", "error", err)
			refuse(w, http.StatusInternalServerError, "Internal Server Error")
		}
	case <-patience.C:
		if timeout <= Patience {
			log.Error("function timed out", "after", timeout)
			refuse(w, http.StatusInternalServerError, "Internal Server Error")
			return
		}
		log.Error("function is too slow for the gateway")
		refuse(w, http.StatusServiceUnavailable, "Service Unavailable")
	case <-client.Done():
	}
}

// Drain waits for functions that still run, whether or not their client waits for them, until ctx ends.
func (g *Gateway) Drain(ctx context.Context) error {
	drained := make(chan struct{})
	go func() {
		g.calls.Wait()
		close(drained)
	}()
	select {
	case <-drained:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// headSize is the number of bytes of the request line and of header values.
func headSize(r *http.Request) int {
	n := len(r.Method) + len(r.RequestURI) + len(r.Proto) + 4 + len(r.Host)
	for _, values := range r.Header {
		for _, v := range values {
			n += len(v)
		}
	}
	return n
}

// refuse answers in the gateway's own words.
func refuse(w http.ResponseWriter, status int, message string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = fmt.Fprintf(w, `{"message":%q}`, message)
}

func (g *Gateway) throttle(route string) *bucket {
	if b, ok := g.throttles[route]; ok {
		return b
	}
	return g.fallback
}

// bucket is a token bucket. A nil one lets everything through.
type bucket struct {
	rate, burst float64
	mu          sync.Mutex
	tokens      float64
	at          time.Time
}

func newBucket(t template.Throttle) *bucket {
	if t.Rate <= 0 || t.Burst <= 0 {
		return nil
	}
	return &bucket{rate: t.Rate, burst: float64(t.Burst), tokens: float64(t.Burst)}
}

func (b *bucket) take(now time.Time) bool {
	if b == nil {
		return true
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.at.IsZero() {
		b.tokens = min(b.burst, b.tokens+b.rate*now.Sub(b.at).Seconds())
	}
	b.at = now
	if b.tokens < 1 {
		return false
	}
	b.tokens--
	return true
}
