package lambdahttp

import (
	"context"
	"encoding/base64"
	"errors"
	"net"
	"net/http"
	"net/url"
	"strings"

	"github.com/aws/aws-lambda-go/events"
	"github.com/awslabs/aws-lambda-go-api-proxy/core"
)

var accessor core.RequestAccessorV2

// Request makes the http.Request a server would have read from the wire out of a payload 2.0 event. It fails on a
// method that is none and on a body that is said to be base64 and is not.
func Request(ctx context.Context, event events.APIGatewayV2HTTPRequest) (*http.Request, error) {
	if !isMethod(event.RequestContext.HTTP.Method) {
		return nil, errors.New("lambdahttp: not a method")
	}
	if event.IsBase64Encoded {
		body, err := base64.StdEncoding.DecodeString(event.Body)
		if err != nil {
			return nil, errors.New("lambdahttp: the body is not base64")
		}
		event.Body, event.IsBase64Encoded = string(body), false
	}

	// The library gets only what it reads right: method, path, query and body. Host and headers follow after it.
	bare := event
	bare.Headers, bare.Cookies = nil, nil
	bare.RequestContext.DomainName = "host.invalid"
	if bare.RawPath == "" {
		bare.RawPath = event.RequestContext.HTTP.Path
	}
	bare.RawPath = escapedPath(bare.RawPath)
	bare.RawQueryString = escapedQuery(bare.RawQueryString)
	r, err := accessor.EventToRequest(bare)
	if err != nil {
		return nil, errors.New("lambdahttp: the event is no request") // the library's text quotes the address
	}
	r.Method = event.RequestContext.HTTP.Method // which the library turns to capitals
	r.URL.Scheme, r.URL.Host = "", ""
	r.RequestURI = r.URL.RequestURI()
	if event.Body == "" {
		r.Body = http.NoBody
	}

	for name, value := range event.Headers {
		r.Header.Set(name, value)
	}
	r.Host = event.RequestContext.DomainName
	if r.Host == "" {
		r.Host = r.Header.Get("Host")
	}
	r.Header.Del("Host")
	if len(event.Cookies) > 0 {
		r.Header.Set("Cookie", strings.Join(event.Cookies, "; "))
	}
	r.Header.Set("X-Request-Id", event.RequestContext.RequestID)
	r.RemoteAddr = net.JoinHostPort(event.RequestContext.HTTP.SourceIP, "0")
	return r.WithContext(ctx), nil
}

// escapedPath gives the path in escaped form. HTTP APIs hand paths over decoded, other sources of the same event (and
// test tools) encoded. One that nobody could have sent over the wire as it is was decoded: it is escaped whole. One
// that could have been is taken as it is.
func escapedPath(path string) string {
	if wireSafe(path) {
		if _, err := url.PathUnescape(path); err == nil {
			return path
		}
	}
	if !strings.HasPrefix(path, "/") {
		path = "/" + path
	}
	return (&url.URL{Path: path}).EscapedPath()
}

// wireSafe says whether s holds only bytes that can stand in the path of a request line.
func wireSafe(s string) bool {
	for i := range len(s) {
		if c := s[i]; c <= ' ' || c >= 0x7f || c == '?' || c == '#' {
			return false
		}
	}
	return true
}

// escapedQuery escapes what cannot stand in a query (controls, blanks, `#`, bytes over 126) and leaves the rest as it is.
func escapedQuery(query string) string {
	const hex = "0123456789ABCDEF"
	var b []byte
	for i := range len(query) {
		c := query[i]
		if c > ' ' && c < 0x7f && c != '#' {
			if b != nil {
				b = append(b, c)
			}
			continue
		}
		if b == nil {
			b = append(make([]byte, 0, len(query)+16), query[:i]...)
		}
		b = append(b, '%', hex[c>>4], hex[c&15])
	}
	if b == nil {
		return query
	}
	return string(b)
}

// isMethod says whether s is a token of RFC 9110, as every method is.
func isMethod(s string) bool {
	for _, c := range []byte(s) {
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', strings.IndexByte("!#$%&'*+-.^_`|~", c) >= 0:
		default:
			return false
		}
	}
	return s != ""
}
