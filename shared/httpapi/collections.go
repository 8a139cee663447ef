package httpapi

import (
	"net/http"
	"strings"
	"sync"
)

// Collections serves an API in parts: the operations below "/v1/<name>" are those of the part of that name. Each is put
// together when it is first asked for, so that a function with many kinds starts as soon as one with few. others makes the
// API that answers for all other paths.
func Collections(parts map[string]func() *API, others func() *API) http.Handler {
	serve := func(build func() *API) func() http.Handler {
		return sync.OnceValue(func() http.Handler { return build().Handler() })
	}
	handlers := make(map[string]func() http.Handler, len(parts))
	for name, build := range parts {
		handlers[name] = serve(build)
	}
	rest := serve(others)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		path, _ := strings.CutPrefix(r.URL.Path, "/v1/")
		name, _, _ := strings.Cut(path, "/")
		handler, ok := handlers[name]
		if !ok {
			handler = rest
		}
		handler().ServeHTTP(w, r)
	})
}
