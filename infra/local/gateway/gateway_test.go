package gateway_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"github.com/muster-crm/muster/infra/local/gateway"
	"github.com/muster-crm/muster/infra/template"
	"github.com/muster-crm/muster/shared/lambdahttp"
)

const declared = `
Resources:
  Api:
    Type: AWS::Serverless::HttpApi
    Properties: {RouteSettings: {POST /signin: {ThrottlingRateLimit: 2, ThrottlingBurstLimit: 3}}}
  Fast:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: functions/fast
      Timeout: 2
      Events:
        SignIn: {Type: HttpApi, Properties: {ApiId: !Ref Api, Method: POST, Path: /signin}}
        Fast: {Type: HttpApi, Properties: {ApiId: !Ref Api, Method: ANY, Path: "/fast/{proxy+}"}}
  Slow:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: functions/slow
      Timeout: 60
      Events: {Slow: {Type: HttpApi, Properties: {ApiId: !Ref Api, Method: ANY, Path: /slow}}}
  Worker:
    Type: AWS::Serverless::Function
    Properties: {CodeUri: functions/worker}
`

func model(t testing.TB) *template.Template {
	t.Helper()
	d, err := template.Parse([]byte(declared))
	if err != nil {
		t.Fatal(err)
	}
	m, err := d.Resolve(nil)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func serve(t testing.TB, fast, slow lambdahttp.Func) *gateway.Gateway {
	t.Helper()
	none := func(context.Context, events.APIGatewayV2HTTPRequest) (events.APIGatewayV2HTTPResponse, error) {
		return events.APIGatewayV2HTTPResponse{StatusCode: 204}, nil
	}
	if fast == nil {
		fast = none
	}
	if slow == nil {
		slow = none
	}
	g, err := gateway.New(model(t), map[string]lambdahttp.Func{"fast": fast, "slow": slow}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	return g
}

func call(g http.Handler, method, target string, body io.Reader) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	g.ServeHTTP(w, httptest.NewRequest(method, target, body))
	return w
}

func expect(t *testing.T, w *httptest.ResponseRecorder, status int, message string) {
	t.Helper()
	if w.Code != status || message != "" && w.Body.String() != fmt.Sprintf(`{"message":%q}`, message) {
		t.Errorf("answered %d %s, want %d %s", w.Code, w.Body, status, message)
	}
}

func TestNewNeedsEveryFunction(t *testing.T) {
	f := lambdahttp.Handler(http.NotFoundHandler())
	for _, functions := range []map[string]lambdahttp.Func{
		{"fast": f},
		{"fast": f, "slow": f, "other": f},
		{"fast": f, "slow": f, "worker": f},
	} {
		if _, err := gateway.New(model(t), functions, slog.Default()); err == nil {
			t.Errorf("%d functions are taken", len(functions))
		}
	}
}

func TestRouting(t *testing.T) {
	var got events.APIGatewayV2HTTPRequest
	g := serve(t, func(_ context.Context, e events.APIGatewayV2HTTPRequest) (events.APIGatewayV2HTTPResponse, error) {
		got = e
		return events.APIGatewayV2HTTPResponse{StatusCode: 201, Body: "done"}, nil
	}, nil)
	w := call(g, "PUT", "/fast/a%20b/c", nil)
	expect(t, w, 201, "")
	if got.RouteKey != "ANY /fast/{proxy+}" || got.PathParameters["proxy"] != "a b/c" || got.RawPath != "/fast/a b/c" {
		t.Errorf("event %+v", got)
	}
	if id := w.Header().Get("Apigw-Requestid"); id == "" || id != got.RequestContext.RequestID {
		t.Errorf("request id %q, in the event %q", id, got.RequestContext.RequestID)
	}
	expect(t, call(g, "GET", "/nowhere", nil), 404, "Not Found")
}

func TestLimits(t *testing.T) {
	g := serve(t, nil, nil)
	head := func(n int) *httptest.ResponseRecorder {
		r := httptest.NewRequest("GET", "/fast/x", nil)
		r.Header.Set("Cookie", strings.Repeat("c", n))
		w := httptest.NewRecorder()
		g.ServeHTTP(w, r)
		return w
	}
	expect(t, head(gateway.MaxHead-100), 204, "")
	expect(t, head(gateway.MaxHead), 431, "Request Header Fields Too Large")

	post := func(n int, kind string) *httptest.ResponseRecorder {
		r := httptest.NewRequest("POST", "/fast/x", strings.NewReader(strings.Repeat("b", n)))
		r.Header.Set("Content-Type", kind)
		w := httptest.NewRecorder()
		g.ServeHTTP(w, r)
		return w
	}
	expect(t, post(lambdahttp.MaxPayload-10000, "text/plain"), 204, "")
	expect(t, post(lambdahttp.MaxPayload, "text/plain"), 413, "Request Entity Too Large")
	expect(t, post(lambdahttp.MaxPayload*3/4-10000, "image/png"), 204, "")
	expect(t, post(lambdahttp.MaxPayload*3/4, "image/png"), 413, "Request Entity Too Large")
	expect(t, post(gateway.MaxBody+1, "text/plain"), 413, "Request Entity Too Large")
}

func TestFailures(t *testing.T) {
	answer := func(a events.APIGatewayV2HTTPResponse, err error) lambdahttp.Func {
		return func(context.Context, events.APIGatewayV2HTTPRequest) (events.APIGatewayV2HTTPResponse, error) {
			return a, err
		}
	}
	for _, f := range []lambdahttp.Func{
		answer(events.APIGatewayV2HTTPResponse{}, errors.New("broken")),
		answer(events.APIGatewayV2HTTPResponse{}, nil),
	} {
		expect(t, call(serve(t, f, nil), "GET", "/fast/x", nil), 500, "Internal Server Error")
	}
}

func TestTimeouts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hang := func(ctx context.Context, _ events.APIGatewayV2HTTPRequest) (events.APIGatewayV2HTTPResponse, error) {
			<-ctx.Done()
			return events.APIGatewayV2HTTPResponse{StatusCode: 200}, nil
		}
		g := serve(t, hang, hang)
		start := time.Now()
		w := call(g, "GET", "/fast/x", nil)
		if took := time.Since(start); took != 2*time.Second {
			t.Errorf("the function had %v", took)
		}
		if w.Code != 500 && w.Code != 200 { // at the very moment both are true
			t.Errorf("answered %d", w.Code)
		}
		start = time.Now()
		expect(t, call(g, "GET", "/slow", nil), 503, "Service Unavailable")
		if took := time.Since(start); took != gateway.Patience {
			t.Errorf("the gateway had patience for %v", took)
		}
		short, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := g.Drain(short); err == nil {
			t.Error("drained while a function runs")
		}
		if err := g.Drain(t.Context()); err != nil || time.Since(start) != 60*time.Second {
			t.Errorf("drained after %v: %v", time.Since(start), err)
		}
	})
}

func TestDeafFunctionTimesOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		g := serve(t, func(context.Context, events.APIGatewayV2HTTPRequest) (events.APIGatewayV2HTTPResponse, error) {
			<-release
			return events.APIGatewayV2HTTPResponse{StatusCode: 200}, nil
		}, nil)
		expect(t, call(g, "GET", "/fast/x", nil), 500, "Internal Server Error")
		close(release)
		if err := g.Drain(t.Context()); err != nil {
			t.Error(err)
		}
	})
}

// TestClientLeaves shows that a function runs on when its client hangs up.
func TestClientLeaves(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		finished := false
		g := serve(t, func(ctx context.Context, _ events.APIGatewayV2HTTPRequest) (events.APIGatewayV2HTTPResponse, error) {
			select {
			case <-ctx.Done():
			case <-time.After(time.Second):
				finished = true
			}
			return events.APIGatewayV2HTTPResponse{StatusCode: 200}, nil
		}, nil)
		ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		defer cancel()
		start := time.Now()
		g.ServeHTTP(httptest.NewRecorder(), httptest.NewRequestWithContext(ctx, "GET", "/fast/x", nil))
		if time.Since(start) != time.Millisecond {
			t.Errorf("waited %v for a client that left", time.Since(start))
		}
		if err := g.Drain(t.Context()); err != nil || !finished {
			t.Errorf("finished %v, %v", finished, err)
		}
	})
}

func TestThrottle(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := serve(t, nil, nil)
		count := func() (through int) {
			for range 10 {
				if call(g, "POST", "/signin", nil).Code == 204 {
					through++
				}
			}
			return through
		}
		if n := count(); n != 3 {
			t.Errorf("%d at once, the burst is 3", n)
		}
		expect(t, call(g, "POST", "/signin", nil), 429, "Too Many Requests")
		expect(t, call(g, "GET", "/fast/x", nil), 204, "")
		<-time.After(time.Second)
		if n := count(); n != 2 {
			t.Errorf("%d a second later, the rate is 2", n)
		}
		<-time.After(time.Hour)
		if n := count(); n != 3 {
			t.Errorf("%d an hour later, the burst is 3", n)
		}
	})
}

func BenchmarkList(b *testing.B) {
	page := []byte(`{"items":[` + strings.Repeat(`{"id":"con_01jd","lastName":"Peeters","firstName":"Jan"},`, 1000) + `{}]}`)
	h := lambdahttp.Handler(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write(page)
	}))
	g := serve(b, h, nil)
	r := httptest.NewRequest("GET", "/fast/contacts?q=jan&limit=50&sort=lastName", nil)
	r.Header.Set("Cookie", "__Host-session=abcdefghijklmnopqrstuvwxyz")
	r.Header.Set("Accept", "text/html,application/xhtml+xml;q=0.9")
	b.ReportAllocs()
	for b.Loop() {
		w := httptest.NewRecorder()
		g.ServeHTTP(w, r)
		if w.Code != 200 || w.Body.Len() != len(page) {
			b.Fatal(w.Code)
		}
	}
}
