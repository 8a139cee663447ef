package httpapi

import (
	"context"
	"net"
	"net/http"
	"strings"
)

// BaseOf gives the address a request was sent to, without a path: what links in mails begin with where nothing else is
// said. Of the machine itself it is a plain one.
func BaseOf(r *http.Request) string {
	scheme, name := "https://", r.Host
	if host, _, err := net.SplitHostPort(name); err == nil {
		name = host
	}
	if ip := net.ParseIP(strings.Trim(name, "[]")); name == "localhost" || ip.IsLoopback() {
		scheme = "http://"
	}
	return scheme + r.Host
}

// Base gives that of the request being answered.
func Base(ctx context.Context) string { return of(ctx).base }
