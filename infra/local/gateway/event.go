package gateway

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io"
	"mime"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/aws/aws-lambda-go/events"

	"github.com/muster-crm/muster/infra/template"
)

// Event makes the payload 2.0 event an HTTP API would send to a function for a request: path decoded, header names in
// lower case, repeated headers and values joined by commas, cookies apart, bodies in base64 unless they are text.
func Event(r *http.Request, body []byte, m template.Match, now time.Time) events.APIGatewayV2HTTPRequest {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		host = r.RemoteAddr
	}
	id := requestID()
	headers := make(map[string]string, len(r.Header)+5)
	var cookies []string
	for name, values := range r.Header {
		switch name {
		case "Cookie":
			for _, line := range values {
				for cookie := range strings.SplitSeq(line, ";") {
					if cookie = strings.TrimSpace(cookie); cookie != "" {
						cookies = append(cookies, utf8Only(cookie))
					}
				}
			}
		case "Connection", "Keep-Alive", "Proxy-Connection", "Te", "Trailer", "Upgrade":
		default:
			headers[strings.ToLower(name)] = utf8Only(strings.Join(values, ","))
		}
	}
	headers["host"] = utf8Only(r.Host)
	headers["x-forwarded-proto"] = scheme(r)
	headers["x-forwarded-port"] = servedPort(r)
	if before := headers["x-forwarded-for"]; before != "" {
		headers["x-forwarded-for"] = before + ", " + host
	} else {
		headers["x-forwarded-for"] = host
	}
	if headers["x-amzn-trace-id"] == "" {
		headers["x-amzn-trace-id"] = traceID(now)
	}
	if len(body) > 0 {
		headers["content-length"] = strconv.Itoa(len(body))
	}

	path := utf8Only(r.URL.Path)
	name, _, _ := strings.Cut(r.Host, ":")
	prefix, _, _ := strings.Cut(name, ".")
	e := events.APIGatewayV2HTTPRequest{
		Version:               "2.0",
		RouteKey:              m.Route.Key(),
		RawPath:               path,
		RawQueryString:        utf8Only(r.URL.RawQuery),
		Cookies:               cookies,
		Headers:               headers,
		QueryStringParameters: joined(r.URL.RawQuery),
		PathParameters:        m.Parameters,
		RequestContext: events.APIGatewayV2HTTPRequestContext{
			RouteKey:     m.Route.Key(),
			AccountID:    "000000000000",
			Stage:        "$default",
			RequestID:    id,
			APIID:        "local",
			DomainName:   headers["host"],
			DomainPrefix: utf8Only(prefix),
			Time:         now.UTC().Format("02/Jan/2006:15:04:05 +0000"),
			TimeEpoch:    now.UnixMilli(),
			HTTP: events.APIGatewayV2HTTPRequestContextHTTPDescription{
				Method: r.Method, Path: path, Protocol: r.Proto, SourceIP: host, UserAgent: headers["user-agent"],
			},
		},
	}
	switch {
	case len(body) == 0:
	case isText(r.Header) && utf8.Valid(body):
		e.Body = string(body)
	default:
		e.Body, e.IsBase64Encoded = base64.StdEncoding.EncodeToString(body), true
	}
	return e
}

// Answer writes a function's answer to the client. An answer that is none is an error; nothing was written then.
func Answer(w http.ResponseWriter, a events.APIGatewayV2HTTPResponse) error {
	if a.StatusCode < 200 || a.StatusCode > 599 {
		return fmt.Errorf("gateway: %d is no status to answer with", a.StatusCode)
	}
	body := a.Body
	if a.IsBase64Encoded {
		raw, err := base64.StdEncoding.DecodeString(a.Body)
		if err != nil {
			return fmt.Errorf("gateway: the answer's body is not base64")
		}
		body = string(raw)
	}
	h := w.Header()
	for name, value := range a.Headers {
		if !strings.EqualFold(name, "Content-Length") {
			h.Set(name, value)
		}
	}
	for _, cookie := range a.Cookies {
		h.Add("Set-Cookie", cookie)
	}
	if len(body) > 0 && h.Get("Content-Type") == "" {
		h.Set("Content-Type", "text/plain;charset=UTF-8")
	}
	w.WriteHeader(a.StatusCode)
	if len(body) > 0 {
		_, _ = io.WriteString(w, body) // the client may have gone
	}
	return nil
}

// isText says whether an HTTP API hands the body over as text: by the content type alone, and not when it is encoded.
func isText(h http.Header) bool {
	if h.Get("Content-Encoding") != "" {
		return false
	}
	kind, _, err := mime.ParseMediaType(h.Get("Content-Type"))
	if err != nil {
		return false
	}
	switch kind {
	case "application/json", "application/javascript", "application/xml":
		return true
	}
	return strings.HasPrefix(kind, "text/")
}

// joined gives the query's values by name, those of one name joined by commas.
func joined(query string) map[string]string {
	values, _ := url.ParseQuery(query) // what cannot be read is left out, as there
	if len(values) == 0 {
		return nil
	}
	out := make(map[string]string, len(values))
	for name, v := range values {
		out[utf8Only(name)] = utf8Only(strings.Join(v, ","))
	}
	return out
}

// utf8Only makes a string one that JSON can carry.
func utf8Only(s string) string { return strings.ToValidUTF8(s, "\uFFFD") }

func scheme(r *http.Request) string {
	if r.TLS != nil {
		return "https"
	}
	return "http"
}

func servedPort(r *http.Request) string {
	if _, port, err := net.SplitHostPort(r.Host); err == nil && port != "" {
		return port
	}
	if r.TLS != nil {
		return "443"
	}
	return "80"
}

// requestID makes an id like the gateway's: 15 letters and an equals sign.
func requestID() string {
	var b [11]byte
	_, _ = rand.Read(b[:])
	return base64.URLEncoding.EncodeToString(b[:])
}

func traceID(now time.Time) string {
	var b [12]byte
	_, _ = rand.Read(b[:])
	return fmt.Sprintf("Root=1-%08x-%s", now.Unix(), hex.EncodeToString(b[:]))
}
