package gateway_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/textproto"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/aws/aws-lambda-go/events"
	"github.com/google/go-cmp/cmp"

	"github.com/muster-crm/muster/infra/local/gateway"
	"github.com/muster-crm/muster/infra/template"
	"github.com/muster-crm/muster/shared/lambdahttp"
)

var noon = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

// parse reads a request as a server does.
func parse(t testing.TB, wire string) (*http.Request, []byte, error) {
	t.Helper()
	r, err := http.ReadRequest(bufio.NewReader(strings.NewReader(wire)))
	if err != nil {
		return nil, nil, err
	}
	r.RemoteAddr = "203.0.113.7:4321"
	body, err := io.ReadAll(r.Body)
	return r, body, err
}

func TestEvent(t *testing.T) {
	r, body, err := parse(t, "POST /v1/contacts/Zo%C3%AB%20a%2Fb?tag=a&tag=b&q=x%20y HTTP/1.1\r\n"+
		"Host: localhost:3000\r\nCookie: a=1; b=2\r\nCookie: c=3\r\nAccept: text/html\r\nAccept: */*\r\nConnection: close\r\n"+
		"X-Forwarded-For: 198.51.100.1\r\nX-Amzn-Trace-Id: Root=1-1-1\r\nUser-Agent: curl\r\n"+
		"Content-Type: application/json\r\nContent-Length: 13\r\n\r\n{\"a\":\"Zoë\"}\n")
	if err != nil {
		t.Fatal(err)
	}
	m := template.Match{
		Route:      template.Route{Method: "ANY", Path: "/v1/contacts/{proxy+}"},
		Parameters: map[string]string{"proxy": "Zoë a/b"},
	}
	got := gateway.Event(r, body, m, noon)
	id := got.RequestContext.RequestID
	if len(id) != 16 || !strings.HasSuffix(id, "=") {
		t.Errorf("request id %q", id)
	}
	want := events.APIGatewayV2HTTPRequest{
		Version:        "2.0",
		RouteKey:       "ANY /v1/contacts/{proxy+}",
		RawPath:        "/v1/contacts/Zoë a/b",
		RawQueryString: "tag=a&tag=b&q=x%20y",
		Cookies:        []string{"a=1", "b=2", "c=3"},
		Headers: map[string]string{
			"accept": "text/html,*/*", "content-type": "application/json", "content-length": "13", "host": "localhost:3000",
			"user-agent": "curl", "x-amzn-trace-id": "Root=1-1-1", "x-forwarded-for": "198.51.100.1, 203.0.113.7",
			"x-forwarded-port": "3000", "x-forwarded-proto": "http",
		},
		QueryStringParameters: map[string]string{"tag": "a,b", "q": "x y"},
		PathParameters:        map[string]string{"proxy": "Zoë a/b"},
		RequestContext: events.APIGatewayV2HTTPRequestContext{
			RouteKey: "ANY /v1/contacts/{proxy+}", AccountID: "000000000000", Stage: "$default", RequestID: id, APIID: "local",
			DomainName: "localhost:3000", DomainPrefix: "localhost", Time: "21/Nov/2026:12:00:00 +0000", TimeEpoch: noon.UnixMilli(),
			HTTP: events.APIGatewayV2HTTPRequestContextHTTPDescription{Method: "POST", Path: "/v1/contacts/Zoë a/b", Protocol: "HTTP/1.1", SourceIP: "203.0.113.7", UserAgent: "curl"},
		},
		Body: "{\"a\":\"Zoë\"}\n",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestEventEncodesBodies(t *testing.T) {
	for _, c := range []struct {
		header, body string
		encoded      bool
	}{
		{"Content-Type: application/json; charset=utf-8", "{}", false},
		{"Content-Type: text/csv", "a,b", false},
		{"Content-Type: application/xml", "<a/>", false},
		{"Content-Type: application/merge-patch+json", "{}", true},
		{"Content-Type: application/x-www-form-urlencoded", "a=b", true},
		{"Content-Type: text/csv\r\nContent-Encoding: gzip", "a,b", true},
		{"Content-Type: text/csv", "Zo\xeb", true},
		{"X-Nothing: at all", "a", true},
		{"X-Nothing: at all", "", false},
	} {
		r, body, err := parse(t, fmt.Sprintf("POST / HTTP/1.1\r\nHost: a\r\n%s\r\nContent-Length: %d\r\n\r\n%s", c.header, len(c.body), c.body))
		if err != nil {
			t.Fatal(err)
		}
		if e := gateway.Event(r, body, template.Match{}, noon); e.IsBase64Encoded != c.encoded {
			t.Errorf("%q %q: base64 is %v", c.header, c.body, e.IsBase64Encoded)
		}
	}
}

// tell writes down what of a request must come through the gateway as it is.
func tell(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	fmt.Fprintf(w, "%s path %q query %q host %q length %d\n", r.Method, r.URL.Path, r.URL.Query(), r.Host, r.ContentLength)
	for _, name := range slices.Sorted(maps.Keys(r.Header)) {
		switch {
		case strings.HasPrefix(name, "X-Forwarded-"), name == "X-Amzn-Trace-Id", name == "X-Request-Id", name == "Content-Length",
			name == "Connection", name == "Keep-Alive", name == "Proxy-Connection", name == "Te", name == "Trailer", name == "Upgrade", name == "Cookie":
		default:
			fmt.Fprintf(w, "header %s %q\n", name, strings.Join(r.Header[name], ","))
		}
	}
	for _, c := range r.Cookies() {
		fmt.Fprintf(w, "cookie %s %q\n", c.Name, c.Value)
	}
	fmt.Fprintf(w, "body %q %v\n", body, err)
}

// through sends a request to tell by way of an event in JSON and back.
func through(t *testing.T, r *http.Request, body []byte) string {
	t.Helper()
	sent := gateway.Event(r, body, template.Match{}, noon)
	raw, err := json.Marshal(sent)
	if err != nil {
		t.Fatal(err)
	}
	var event events.APIGatewayV2HTTPRequest
	if err := json.Unmarshal(raw, &event); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(sent, event); diff != "" {
		t.Errorf("the event changes on the wire (-sent +received)\n%s", diff)
	}
	answer, err := lambdahttp.Handler(http.HandlerFunc(tell))(t.Context(), event)
	if err != nil {
		t.Fatal(err)
	}
	w := httptest.NewRecorder()
	if err := gateway.Answer(w, answer); err != nil {
		t.Fatal(err)
	}
	return w.Body.String()
}

func direct(r *http.Request, body []byte) string {
	w := httptest.NewRecorder()
	r.Body = io.NopCloser(bytes.NewReader(body))
	tell(w, r)
	return w.Body.String()
}

var requests = []string{
	"GET / HTTP/1.1\r\nHost: localhost:3000\r\n\r\n",
	"GET /a/Zo%C3%AB%20b HTTP/1.1\r\nHost: a\r\n\r\n",
	"GET /a/100%25 HTTP/1.1\r\nHost: a\r\n\r\n",
	"GET /a/what%3F%23 HTTP/1.1\r\nHost: a\r\n\r\n",
	"GET //a/../b/ HTTP/1.1\r\nHost: a\r\n\r\n",
	"GET /?a=1&a=2&b=%26&c=x+y&d HTTP/1.1\r\nHost: a\r\n\r\n",
	"GET / HTTP/1.1\r\nHost: a\r\nIf-None-Match: \"a\", \"b\"\r\nStripe-Signature: t=1,v1=2\r\nDate: Sat, 21 Nov 2026 10:11:12 GMT\r\n\r\n",
	"GET / HTTP/1.1\r\nHost: a\r\nCookie: a=\"1\"; b=2==\r\nCookie: c=3\r\n\r\n",
	"POST / HTTP/1.1\r\nHost: a\r\nContent-Type: application/octet-stream\r\nContent-Length: 4\r\n\r\n\x00\xff\xfe\x01",
	"POST / HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 12\r\n\r\n{\"a\":\"Zo\xc3\xab\"}",
	"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n",
	"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
	"DELETE /v1/contacts/con_1 HTTP/1.1\r\nHost: [::1]:3000\r\nIf-Match: \"3\"\r\n\r\n",
}

// TestRoundTrip shows that a handler sees the same request through the gateway as straight from the wire.
func TestRoundTrip(t *testing.T) {
	for _, wire := range requests {
		r, body, err := parse(t, wire)
		if err != nil {
			t.Fatal(err)
		}
		r.ContentLength = int64(len(body)) // a chunked body has a length once an event holds it
		if diff := cmp.Diff(direct(r, body), through(t, r, body)); diff != "" {
			t.Errorf("%q (-direct +through)\n%s", wire, diff)
		}
	}
}

func FuzzRoundTrip(f *testing.F) {
	for _, wire := range requests {
		f.Add(wire)
	}
	f.Fuzz(func(t *testing.T, wire string) {
		r, body, err := parse(t, wire)
		if err != nil || !utf8.ValidString(wire) && !utf8.ValidString(fmt.Sprint(r.Header, r.URL, r.Host)) {
			return
		}
		if _, err := json.Marshal(r.URL.Path); err != nil || !utf8.ValidString(r.URL.Path) || !utf8.ValidString(fmt.Sprint(r.URL.Query())) {
			return // JSON carries no such bytes
		}
		for name := range r.Header {
			if textproto.CanonicalMIMEHeaderKey(strings.ToLower(name)) != name {
				return // a server refuses such names
			}
		}
		if r.URL.Path == "" || r.URL.Path[0] != '/' || r.URL.Host != "" || escapedTwice(r.URL.Path) {
			return
		}
		r.ContentLength = int64(len(body))
		if diff := cmp.Diff(direct(r, body), through(t, r, body)); diff != "" {
			t.Errorf("%q (-direct +through)\n%s", wire, diff)
		}
	})
}

// escapedTwice says whether a decoded path looks escaped still: then the function cannot know that it is not.
func escapedTwice(path string) bool {
	for i := 0; i+2 < len(path); i++ {
		if path[i] == '%' && strings.ContainsRune("0123456789abcdefABCDEF", rune(path[i+1])) && strings.ContainsRune("0123456789abcdefABCDEF", rune(path[i+2])) {
			return true
		}
	}
	return false
}

func TestAnswer(t *testing.T) {
	for _, c := range []struct {
		name   string
		answer events.APIGatewayV2HTTPResponse
		status int
		header http.Header
		body   string
	}{
		{"plain", events.APIGatewayV2HTTPResponse{StatusCode: 200, Headers: map[string]string{"Content-Type": "text/html", "Content-Length": "99"}, Body: "ab"},
			200, http.Header{"Content-Type": {"text/html"}}, "ab"},
		{"base64", events.APIGatewayV2HTTPResponse{StatusCode: 200, Body: "AP8=", IsBase64Encoded: true},
			200, http.Header{"Content-Type": {"text/plain;charset=UTF-8"}}, "\x00\xff"},
		{"cookies", events.APIGatewayV2HTTPResponse{StatusCode: 303, Headers: map[string]string{"location": "/"}, Cookies: []string{"a=1", "b=2"}},
			303, http.Header{"Location": {"/"}, "Set-Cookie": {"a=1", "b=2"}}, ""},
		{"empty", events.APIGatewayV2HTTPResponse{StatusCode: 204}, 204, http.Header{}, ""},
	} {
		w := httptest.NewRecorder()
		if err := gateway.Answer(w, c.answer); err != nil {
			t.Errorf("%s: %v", c.name, err)
		}
		if w.Code != c.status || w.Body.String() != c.body || !cmp.Equal(w.Header(), c.header) {
			t.Errorf("%s: %d %v %q", c.name, w.Code, w.Header(), w.Body)
		}
	}
	for _, broken := range []events.APIGatewayV2HTTPResponse{{}, {StatusCode: 99}, {StatusCode: 700}, {StatusCode: 200, Body: "%", IsBase64Encoded: true}} {
		w := httptest.NewRecorder()
		if err := gateway.Answer(w, broken); err == nil || w.Body.Len() > 0 {
			t.Errorf("%+v is answered", broken)
		}
	}
}
