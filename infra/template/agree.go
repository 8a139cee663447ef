package template

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Disagree compares the template with the code, in both directions, and gives a complaint for each difference: folders
// and mains, environment variables, IAM actions.
func (t *Template) Disagree(s *Code) ([]string, error) {
	var c complaints
	folders, err := os.ReadDir(filepath.Join(s.root, "functions"))
	if err != nil {
		return nil, err
	}
	for _, folder := range folders {
		_, declared := t.Named(folder.Name())
		c.unless(declared || !folder.IsDir(), "functions/%s is not in the template", folder.Name())
	}
	for _, id := range slices.Sorted(maps.Keys(t.Functions)) {
		f := t.Functions[id]
		main, err := s.IsMain(f.CodeURI)
		if err != nil {
			return nil, err
		}
		if !main {
			c.unless(false, "%s: there is no main in %s, its build would be an archive", id, f.CodeURI)
			continue
		}
		read, err := s.Variables(f.CodeURI)
		if err != nil {
			return nil, err
		}
		c.compare(id, "reads", "is given", read, slices.Sorted(maps.Keys(f.Environment.Variables)))
		needed, err := s.Actions(f.CodeURI)
		if err != nil {
			return nil, err
		}
		var granted []string // what Lambda itself does for the function is judged by Rules
		for _, action := range t.Granted(f) {
			if !strings.HasPrefix(action, "logs:") && !slices.Contains(consumerActions, action) {
				granted = append(granted, action)
			}
		}
		c.compare(id, "needs", "may", needed, granted)
	}
	return c, nil
}

// compare complains about what is in one sorted list alone.
func (c *complaints) compare(id, verb, otherVerb string, a, b []string) {
	for _, v := range a {
		c.unless(slices.Contains(b, v), "%s %s %s and not: %s", id, verb, v, otherVerb)
	}
	for _, v := range b {
		c.unless(slices.Contains(a, v), "%s %s %s and not: %s", id, otherVerb, v, verb)
	}
}

// Operation is one operation of a function's API: its method and path ("/v1/contacts/{id}").
type Operation struct{ Function, Method, Path string }

// Misrouted complains about operations the API would not lead to the function that has them, and about greedy routes
// of functions that none of the operations uses.
func (t *Template) Misrouted(operations []Operation) []string {
	var c complaints
	router := t.Router()
	used := map[string]bool{}
	for _, o := range operations {
		m, ok := router.Match(o.Method, strings.NewReplacer("{", "", "}", "").Replace(o.Path))
		switch {
		case !ok:
			c.unless(false, "%s %s of %s leads nowhere", o.Method, o.Path, o.Function)
		case m.Function.Name != o.Function:
			c.unless(false, "%s %s of %s leads to %s by %s", o.Method, o.Path, o.Function, m.Function.Name, m.Route.Key())
		default:
			used[m.Function.Name] = true
			if m.Route.Path != "" {
				used[prefix(m.Route.Path)] = true
			}
		}
	}
	for _, id := range slices.Sorted(maps.Keys(t.Functions)) {
		f := t.Functions[id]
		for _, r := range f.Routes {
			p := prefix(r.Path)
			c.unless(r.Path == "" || !strings.HasPrefix(p, "/v1/") || used[p], "%s: no operation uses %s", id, r.Key())
		}
	}
	return c
}

// prefix is the part of a route's path that it shares with its greedy companion.
func prefix(path string) string { return strings.TrimSuffix(path, "/{proxy+}") }
