// Package lambdahttp runs a plain http.Handler as a Lambda function behind an API Gateway HTTP API (payload 2.0).
//
// It stands on the core of aws-lambda-go-api-proxy and mends what that gets wrong, so that a handler sees what it would
// see under net/http:
//   - Headers arrive as they were sent. The library cuts most at commas, which breaks signatures, dates and ETag lists.
//   - A path may hold anything. HTTP APIs hand it over decoded, so `100%`, `?` and `#` in it are the path's own.
//   - Cookies are one header, RemoteAddr has a port, URL has no host, Host is the name the caller used.
//   - A handler that writes nothing has answered 200; of two WriteHeader calls the first counts.
//   - A panic is logged and answered with 500 instead of ending the process.
//   - The request's context ends half a second before Lambda would kill the function, so there is time to say 503.
//   - An answer over Lambda's limit is refused in words instead of failing without a trace.
//
// X-Request-Id is always the gateway's own id of the request, whatever the caller sent.
//
// Handlers cannot flush, hijack or see TLS; use the $default stage, for no stage name is stripped from paths.
package lambdahttp

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"runtime"
	"runtime/debug"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-lambda-go/lambda"
	"github.com/awslabs/aws-lambda-go-api-proxy/core"
)

// MaxPayload is the most bytes of JSON an event or an answer may have, from Lambda's limit for synchronous calls.
const MaxPayload = 6 << 20

// Margin is how long before Lambda's own deadline the context of a request ends.
const Margin = 500 * time.Millisecond

// Func is a Lambda handler of payload 2.0 events. Its error is always nil; it is there for Lambda's sake.
type Func = func(context.Context, events.APIGatewayV2HTTPRequest) (events.APIGatewayV2HTTPResponse, error)

// Start serves h to the Lambda runtime and does not return.
func Start(h http.Handler) { lambda.Start(Handler(h)) }

// Handler makes a Lambda handler of h.
func Handler(h http.Handler) Func {
	return func(ctx context.Context, event events.APIGatewayV2HTTPRequest) (events.APIGatewayV2HTTPResponse, error) {
		id := event.RequestContext.RequestID
		if deadline, ok := ctx.Deadline(); ok {
			var cancel context.CancelFunc
			ctx, cancel = context.WithDeadline(ctx, deadline.Add(-Margin))
			defer cancel()
		}
		request, err := Request(ctx, event)
		if err != nil {
			slog.WarnContext(ctx, "unreadable event", "requestId", id, "error", err)
			return problem(http.StatusBadRequest, "malformed", id), nil
		}
		w := writer{ProxyResponseWriterV2: core.NewProxyResponseWriterV2()}
		if !serve(h, &w, request, id) {
			return problem(http.StatusInternalServerError, "internal", id), nil
		}
		answer, err := w.GetProxyResponse()
		if err != nil {
			slog.ErrorContext(ctx, "no answer", "requestId", id, "error", err)
			return problem(http.StatusInternalServerError, "internal", id), nil
		}
		if len(answer.Body) > MaxPayload/8 { // less cannot grow over the limit
			if size := responseSize(answer); size > MaxPayload {
				slog.ErrorContext(ctx, "answer too large", "requestId", id, "bytes", size, "limit", MaxPayload)
				return problem(http.StatusInternalServerError, "response_too_large", id), nil
			}
		}
		return answer, nil
	}
}

// serve runs the handler and says whether it came back without a panic.
func serve(h http.Handler, w *writer, r *http.Request, id string) (ok bool) {
	defer func() {
		if p := recover(); p != nil {
			slog.ErrorContext(r.Context(), "panic", "requestId", id, "panic", describe(p), "stack", string(debug.Stack()))
			ok = false
		}
	}()
	h.ServeHTTP(w, r)
	w.WriteHeader(http.StatusOK)
	return true
}

// describe names a panic for the log. What the runtime says is about the program; anything else may quote data, so
// only its type is told.
func describe(p any) string {
	if err, ok := p.(runtime.Error); ok {
		return err.Error()
	}
	return fmt.Sprintf("%T", p)
}

// writer is the library's response writer with the rules of net/http for the status.
type writer struct {
	*core.ProxyResponseWriterV2
	wrote bool
}

func (w *writer) WriteHeader(status int) {
	if w.wrote || status < 200 {
		return
	}
	w.wrote = true
	w.ProxyResponseWriterV2.WriteHeader(status)
}

func (w *writer) Write(body []byte) (int, error) {
	w.WriteHeader(http.StatusOK)
	return w.ProxyResponseWriterV2.Write(body)
}

// problem is an answer of the adapter's own, in the form of RFC 9457.
func problem(status int, code, id string) events.APIGatewayV2HTTPResponse {
	body, _ := json.Marshal(map[string]any{
		"type": "about:blank", "title": http.StatusText(status), "status": status, "code": code, "requestId": id,
	})
	return events.APIGatewayV2HTTPResponse{
		StatusCode: status,
		Headers:    map[string]string{"Content-Type": "application/problem+json", "Cache-Control": "no-store"},
		Body:       string(body),
	}
}
