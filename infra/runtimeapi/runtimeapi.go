// Package runtimeapi stands in for Lambda around a function's real binary: it builds a function as SAM's builder does,
// starts it against a Runtime API of its own, measures how long it takes until it asks for work, and gives it events.
package runtimeapi

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"sync"
	"time"
)

const prefix = "/2018-06-01/runtime/"

// API is a Lambda Runtime API for one function.
type API struct {
	server   *http.Server
	listener net.Listener
	ready    chan time.Time // the moment of the first poll
	polled   sync.Once
	work     chan *invocation
	initFail chan *FunctionError

	mu      sync.Mutex
	running map[string]*invocation
	count   int
}

type invocation struct {
	id       string
	payload  []byte
	deadline time.Time
	done     chan result
}

type result struct {
	answer []byte
	err    error
}

// FunctionError is what a function reports instead of an answer.
type FunctionError struct {
	Message string `json:"errorMessage"`
	Type    string `json:"errorType"`
}

func (e *FunctionError) Error() string { return "the function reports " + e.Type + ": " + e.Message }

// Listen opens the API on a free port of this machine.
func Listen() (*API, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	a := &API{listener: listener, ready: make(chan time.Time, 1), work: make(chan *invocation), initFail: make(chan *FunctionError, 1), running: map[string]*invocation{}}
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+prefix+"invocation/next", a.next)
	mux.HandleFunc("POST "+prefix+"invocation/{id}/response", a.response)
	mux.HandleFunc("POST "+prefix+"invocation/{id}/error", a.failure)
	mux.HandleFunc("POST "+prefix+"init/error", a.initError)
	a.server = &http.Server{Handler: mux}
	go func() { _ = a.server.Serve(listener) }()
	return a, nil
}

// Addr is the value for AWS_LAMBDA_RUNTIME_API.
func (a *API) Addr() string { return a.listener.Addr().String() }

// Ready waits for the function's first poll and gives its moment.
func (a *API) Ready(ctx context.Context) (time.Time, error) {
	select {
	case at := <-a.ready:
		return at, nil
	case err := <-a.initFail:
		return time.Time{}, err
	case <-ctx.Done():
		return time.Time{}, ctx.Err()
	}
}

// Invoke gives the function an event and waits for its answer until ctx ends. The function is told ctx's deadline, or
// a minute. The error is a *FunctionError when the function reports one.
func (a *API) Invoke(ctx context.Context, event []byte) ([]byte, error) {
	deadline, ok := ctx.Deadline()
	if !ok {
		deadline = time.Now().Add(time.Minute)
	}
	a.mu.Lock()
	a.count++
	i := &invocation{id: "invocation-" + strconv.Itoa(a.count), payload: event, deadline: deadline, done: make(chan result, 1)}
	a.running[i.id] = i
	a.mu.Unlock()
	select {
	case a.work <- i:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	select {
	case r := <-i.done:
		return r.answer, r.err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// Close closes the API; a function that polls ends.
func (a *API) Close() error { return a.server.Close() }

func (a *API) next(w http.ResponseWriter, r *http.Request) {
	a.polled.Do(func() { a.ready <- time.Now() })
	select {
	case i := <-a.work:
		h := w.Header()
		h.Set("Lambda-Runtime-Aws-Request-Id", i.id)
		h.Set("Lambda-Runtime-Deadline-Ms", strconv.FormatInt(i.deadline.UnixMilli(), 10))
		h.Set("Lambda-Runtime-Invoked-Function-Arn", "arn:aws:lambda:eu-west-1:000000000000:function:local")
		h.Set("Lambda-Runtime-Trace-Id", "Root=1-00000000-000000000000000000000000;Parent=0000000000000000;Sampled=0")
		h.Set("Content-Type", "application/json")
		_, _ = w.Write(i.payload)
	case <-r.Context().Done():
	}
}

// take ends an invocation.
func (a *API) take(w http.ResponseWriter, r *http.Request) (*invocation, []byte, bool) {
	body, err := io.ReadAll(r.Body)
	a.mu.Lock()
	i := a.running[r.PathValue("id")]
	delete(a.running, r.PathValue("id"))
	a.mu.Unlock()
	if err != nil || i == nil {
		http.Error(w, `{"errorType":"InvalidRequestID"}`, http.StatusBadRequest)
		return nil, nil, false
	}
	w.WriteHeader(http.StatusAccepted)
	return i, body, true
}

func (a *API) response(w http.ResponseWriter, r *http.Request) {
	if i, body, ok := a.take(w, r); ok {
		i.done <- result{answer: body}
	}
}

func (a *API) failure(w http.ResponseWriter, r *http.Request) {
	if i, body, ok := a.take(w, r); ok {
		i.done <- result{err: functionError(body)}
	}
}

func (a *API) initError(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	select {
	case a.initFail <- functionError(body):
	default:
	}
	w.WriteHeader(http.StatusAccepted)
}

func functionError(body []byte) *FunctionError {
	e := &FunctionError{}
	if json.Unmarshal(body, e) != nil {
		e.Message = fmt.Sprintf("%d bytes that are no report", len(body))
	}
	return e
}
