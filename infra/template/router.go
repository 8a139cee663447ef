package template

import (
	"cmp"
	"maps"
	"slices"
	"strings"
)

// maxSegments is how many segments of a path the router tells apart; the rest is one.
const maxSegments = 64

// Router finds the function a request goes to, as an HTTP API does: the most specific route wins, a named method wins
// over ANY, and $default takes the rest.
type Router struct {
	routes   []bound // most specific first
	fallback *bound
}

type bound struct {
	Route
	function *Function
	segments []string
}

// Match is where a request goes.
type Match struct {
	Function   *Function
	Route      Route
	Parameters map[string]string // path parameters; a greedy one may hold slashes
}

// Router makes the router of the template's routes.
func (t *Template) Router() *Router {
	r := &Router{}
	for _, id := range slices.Sorted(maps.Keys(t.Functions)) {
		for _, route := range t.Functions[id].Routes {
			b := bound{route, t.Functions[id], strings.Split(route.Path, "/")}
			if route.Path == "" {
				r.fallback = &b
				continue
			}
			r.routes = append(r.routes, b)
		}
	}
	slices.SortStableFunc(r.routes, func(a, b bound) int { return a.compare(b) })
	return r
}

// rank orders segments: literal, variable, greedy variable.
func rank(segment string) int {
	switch {
	case !strings.HasPrefix(segment, "{"):
		return 0
	case !strings.HasSuffix(segment, "+}"):
		return 1
	}
	return 2
}

// compare puts the more specific route first: at the first segment where they differ in rank the literal one, then a
// named method before ANY.
func (b bound) compare(other bound) int {
	for i := range min(len(b.segments), len(other.segments)) {
		if c := cmp.Compare(rank(b.segments[i]), rank(other.segments[i])); c != 0 {
			return c
		}
	}
	return cmp.Or(
		cmp.Compare(len(other.segments), len(b.segments)),
		cmp.Compare(anyMethod(b.Method), anyMethod(other.Method)),
		strings.Compare(b.Key(), other.Key()),
	)
}

func anyMethod(method string) int {
	if strings.EqualFold(method, "ANY") {
		return 1
	}
	return 0
}

// Match finds the route of a request by its method and decoded path. Without a $default route there may be none.
func (r *Router) Match(method, path string) (Match, bool) {
	segments := strings.SplitN(path, "/", maxSegments)
	for i := range r.routes {
		b := &r.routes[i]
		if !strings.EqualFold(b.Method, method) && anyMethod(b.Method) == 0 {
			continue
		}
		if parameters, ok := b.match(segments); ok {
			return Match{b.function, b.Route, parameters}, true
		}
	}
	if r.fallback != nil {
		return Match{r.fallback.function, r.fallback.Route, nil}, true
	}
	return Match{}, false
}

func (b *bound) match(segments []string) (map[string]string, bool) {
	var parameters map[string]string
	for i, want := range b.segments {
		if i >= len(segments) {
			return nil, false
		}
		got := segments[i]
		kind := rank(want)
		if kind == 0 {
			if got != want {
				return nil, false
			}
			continue
		}
		if kind == 2 {
			got = strings.Join(segments[i:], "/")
		}
		if got == "" {
			return nil, false
		}
		if parameters == nil {
			parameters = map[string]string{}
		}
		parameters[strings.TrimRight(strings.Trim(want, "{}"), "+")] = got
		if kind == 2 {
			return parameters, true
		}
	}
	return parameters, len(segments) == len(b.segments)
}
