package lambdahttp_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/google/go-cmp/cmp"

	"github.com/muster-crm/muster/shared/lambdahttp"
)

func get() events.APIGatewayV2HTTPRequest {
	event := events.APIGatewayV2HTTPRequest{RawPath: "/"}
	event.RequestContext.HTTP.Method = "GET"
	event.RequestContext.RequestID = "req1"
	return event
}

func answer(t *testing.T, h http.HandlerFunc) events.APIGatewayV2HTTPResponse {
	t.Helper()
	a, err := lambdahttp.Handler(h)(t.Context(), get())
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func TestAnswers(t *testing.T) {
	binary := []byte{0, 0xff, 0xfe, 1}
	for _, c := range []struct {
		name    string
		handler http.HandlerFunc
		want    events.APIGatewayV2HTTPResponse
	}{
		{"nothing written is 200", func(http.ResponseWriter, *http.Request) {},
			events.APIGatewayV2HTTPResponse{StatusCode: 200}},
		{"a status alone", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(204) },
			events.APIGatewayV2HTTPResponse{StatusCode: 204}},
		{"the first status counts", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(201); w.WriteHeader(500) },
			events.APIGatewayV2HTTPResponse{StatusCode: 201}},
		{"a status after the body is late", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/plain")
			_, _ = io.WriteString(w, "a")
			w.WriteHeader(500)
			_, _ = io.WriteString(w, "b")
		}, events.APIGatewayV2HTTPResponse{StatusCode: 200, Headers: map[string]string{"Content-Type": "text/plain"}, Body: "ab"}},
		{"an interim status is none", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(103); w.WriteHeader(404) },
			events.APIGatewayV2HTTPResponse{StatusCode: 404}},
		{"cookies stay apart", func(w http.ResponseWriter, _ *http.Request) {
			http.SetCookie(w, &http.Cookie{Name: "a", Value: "1", Expires: time.Date(2026, 11, 21, 0, 0, 0, 0, time.UTC)})
			http.SetCookie(w, &http.Cookie{Name: "b", Value: "2", HttpOnly: true})
		}, events.APIGatewayV2HTTPResponse{StatusCode: 200, Cookies: []string{"a=1; Expires=Sat, 21 Nov 2026 00:00:00 GMT", "b=2; HttpOnly"}}},
		{"repeated headers are joined", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Add("Vary", "Cookie")
			w.Header().Add("Vary", "Accept")
		}, events.APIGatewayV2HTTPResponse{StatusCode: 200, Headers: map[string]string{"Vary": "Cookie,Accept"}}},
		{"text stays text", func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "Zoë \u2028 漢") },
			events.APIGatewayV2HTTPResponse{StatusCode: 200, Headers: map[string]string{"Content-Type": "text/plain; charset=utf-8"}, Body: "Zoë \u2028 漢"}},
		{"bytes become base64", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(binary) },
			events.APIGatewayV2HTTPResponse{StatusCode: 200, Headers: map[string]string{"Content-Type": "application/octet-stream"},
				Body: base64.StdEncoding.EncodeToString(binary), IsBase64Encoded: true}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := answer(t, c.handler)
			if c.want.Headers == nil {
				c.want.Headers = map[string]string{}
			}
			if c.want.Cookies == nil {
				c.want.Cookies = []string{}
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

func TestPanic(t *testing.T) {
	var log bytes.Buffer
	slog.SetDefault(slog.New(slog.NewJSONHandler(&log, nil)))
	defer slog.SetDefault(slog.New(slog.NewTextHandler(os.Stderr, nil)))
	for _, p := range []any{errors.New("Jan Peeters"), "Jan Peeters", http.ErrAbortHandler} {
		log.Reset()
		a := answer(t, func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, "half a page")
			panic(p)
		})
		want := `{"code":"internal","requestId":"req1","status":500,"title":"Internal Server Error","type":"about:blank"}`
		if a.StatusCode != 500 || a.Body != want || a.Headers["Content-Type"] != "application/problem+json" {
			t.Errorf("panic(%T) gave %d %v %s", p, a.StatusCode, a.Headers, a.Body)
		}
		if strings.Contains(log.String(), "Peeters") || !strings.Contains(log.String(), `"requestId":"req1"`) || !strings.Contains(log.String(), "TestPanic") {
			t.Errorf("the log has no stack and request id, or quotes data: %s", log.String())
		}
	}
}

func TestAnswerLimit(t *testing.T) {
	for _, c := range []struct {
		name   string
		body   string
		status int
	}{
		{"just under", strings.Repeat("a", lambdahttp.MaxPayload-1024), 200},
		{"over", strings.Repeat("a", lambdahttp.MaxPayload), 500},
		{"over once quotes are escaped", strings.Repeat(`"`, lambdahttp.MaxPayload/2), 500},
		{"over once it is base64", strings.Repeat("\xff", lambdahttp.MaxPayload*3/4), 500},
		{"under as base64", strings.Repeat("\xff", lambdahttp.MaxPayload*3/4-1024), 200},
	} {
		t.Run(c.name, func(t *testing.T) {
			a := answer(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, c.body) })
			if a.StatusCode != c.status {
				t.Fatalf("status %d, want %d", a.StatusCode, c.status)
			}
			wire := encode(t, a)
			if len(wire) > lambdahttp.MaxPayload {
				t.Errorf("%d bytes on the wire", len(wire))
			}
			if c.status == 500 && !strings.Contains(a.Body, `"code":"response_too_large"`) {
				t.Errorf("the answer does not say why: %s", a.Body)
			}
		})
	}
}

// encode is how the Lambda runtime library writes an answer.
func encode(t *testing.T, v any) []byte {
	t.Helper()
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// FuzzSize holds the size estimate to what the encoder writes: never under, and not far over.
func FuzzSize(f *testing.F) {
	f.Add("a\"\\\n\x01\u2028", "/p", "c=1")
	f.Add("\xff\xfe", "", "")
	f.Fuzz(func(t *testing.T, body, path, cookie string) {
		event := events.APIGatewayV2HTTPRequest{Body: body, Cookies: []string{cookie}, Headers: map[string]string{"x": body}}
		estimate, real := lambdahttp.EventSize(event), len(encode(t, event))
		if estimate < real || estimate > real+1024 {
			t.Errorf("estimated %d, is %d", estimate, real)
		}
	})
}

// TestDeadline shows that a handler's time ends before Lambda's.
func TestDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 29*time.Second)
		defer cancel()
		start := time.Now()
		h := func(w http.ResponseWriter, r *http.Request) {
			<-r.Context().Done()
			w.WriteHeader(http.StatusServiceUnavailable)
		}
		a, err := lambdahttp.Handler(http.HandlerFunc(h))(ctx, get())
		if err != nil || a.StatusCode != 503 || ctx.Err() != nil {
			t.Errorf("status %d, %v, Lambda's context: %v", a.StatusCode, err, ctx.Err())
		}
		if took := time.Since(start); took != 29*time.Second-lambdahttp.Margin {
			t.Errorf("the context ended after %v", took)
		}
	})
}
