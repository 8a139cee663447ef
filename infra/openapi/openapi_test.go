package main

import (
	"bytes"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/muster-crm/muster/infra/need"
	"github.com/muster-crm/muster/infra/template"
)

func merged(t *testing.T) (map[string]document, document) {
	t.Helper()
	docs, err := documents(apis())
	if err != nil {
		t.Fatal(err)
	}
	whole, err := merge(docs)
	if err != nil {
		t.Fatal(err)
	}
	return docs, whole
}

// TestCommitted holds the committed document to what a fresh run writes, twice.
func TestCommitted(t *testing.T) {
	committed, err := os.ReadFile(filepath.Join(need.Root(), File))
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		_, whole := merged(t)
		fresh, err := whole.encode()
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(fresh, committed) {
			t.Fatalf("%s is not what the apps say: run make generate\n%s", File, cmp.Diff(strings.Split(string(committed), "\n"), strings.Split(string(fresh), "\n")))
		}
	}
}

// TestValid holds the document to the structure OpenAPI 3.1 asks for.
func TestValid(t *testing.T) {
	_, whole := merged(t)
	if v, _ := whole["openapi"].(string); !strings.HasPrefix(v, "3.1.") {
		t.Errorf("openapi %q", v)
	}
	for _, c := range complaints(whole) {
		t.Error(c)
	}
}

// TestRouted proves that the template leads every operation to the function that has it, and that each of its routes of
// the API has one.
func TestRouted(t *testing.T) {
	docs, _ := merged(t)
	var all []template.Operation
	for name, d := range docs {
		all = append(all, operations(name, d)...)
	}
	if len(all) < 40 {
		t.Fatalf("%d operations", len(all))
	}
	file, _, err := template.Find(".")
	if err != nil {
		t.Fatal(err)
	}
	resolved, err := file.Resolve(template.Parameters{"OwnerEmail": "owner@example.org", "MailFrom": "muster@example.org"})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range resolved.Misrouted(all) {
		t.Error(c)
	}
}

var parameter = regexp.MustCompile(`\{([^}]+)\}`)

// complaints says what is wrong with a document.
func complaints(d document) (all []string) {
	say := func(format string, args ...any) { all = append(all, fmt.Sprintf(format, args...)) }
	ids, shapes := map[string]string{}, map[string]string{}
	for _, path := range slices.Sorted(maps.Keys(d.at("paths"))) {
		if other, ok := shapes[shape(path)]; ok {
			say("%s cannot be told from %s", path, other)
		}
		shapes[shape(path)] = path
		for _, method := range slices.Sorted(maps.Keys(d.at("paths", path))) {
			at := method + " " + path
			if !slices.Contains(methods, method) {
				say("%s: no method", at)
				continue
			}
			op := document(d.at("paths", path, method))
			id, _ := op["operationId"].(string)
			if other, ok := ids[id]; ok || id == "" {
				say("%s: operationId %q is also that of %s", at, id, other)
			}
			ids[id] = at
			if s, _ := op["summary"].(string); s == "" {
				say("%s: no summary", at)
			}
			if tags, _ := op["tags"].([]any); len(tags) == 0 {
				say("%s: no tags", at)
			}
			if len(op.at("responses")) == 0 {
				say("%s: no responses", at)
			}
			for status, r := range op.at("responses") {
				if response := d.resolve(r); response["description"] == nil || !regexp.MustCompile(`^([1-5]\d\d|default)$`).MatchString(status) {
					say("%s: response %s is none", at, status)
				}
			}
			var declared []string
			parameters, _ := op["parameters"].([]any)
			for _, p := range parameters {
				p := d.resolve(p)
				if p["in"] == "path" {
					declared = append(declared, fmt.Sprint(p["name"]))
					if p["required"] != true {
						say("%s: path parameter %v is not required", at, p["name"])
					}
				}
				if p["schema"] == nil {
					say("%s: parameter %v has no schema", at, p["name"])
				}
			}
			var named []string
			for _, m := range parameter.FindAllStringSubmatch(path, -1) {
				named = append(named, m[1])
			}
			slices.Sort(declared)
			slices.Sort(named)
			if !slices.Equal(declared, named) {
				say("%s: its path has parameters %q, declared are %q", at, named, declared)
			}
			if schemes, ok := op["security"].([]any); ok {
				for _, s := range schemes {
					for name := range s.(map[string]any) {
						if d.at("components", "securitySchemes", name) == nil {
							say("%s: there is no security scheme %s", at, name)
						}
					}
				}
			}
		}
	}
	used := map[string]bool{}
	references(map[string]any(d), func(ref string) {
		used[ref] = true
		names := strings.Split(strings.TrimPrefix(ref, "#/"), "/")
		if !strings.HasPrefix(ref, "#/") || d.at(names...) == nil {
			say("%s leads nowhere", ref)
		}
	})
	for _, group := range []string{"schemas", "parameters", "responses"} {
		for name := range d.at("components", group) {
			if !used["#/components/"+group+"/"+name] {
				say("nothing refers to %s %s", strings.TrimSuffix(group, "s"), name)
			}
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// resolve gives what a reference leads to, or the value itself.
func (d document) resolve(v any) map[string]any {
	value, _ := v.(map[string]any)
	if ref, ok := value["$ref"].(string); ok {
		return d.at(strings.Split(strings.TrimPrefix(ref, "#/"), "/")...)
	}
	return value
}

// references calls do for every $ref below a value.
func references(v any, do func(string)) {
	switch v := v.(type) {
	case map[string]any:
		for name, member := range v {
			if ref, ok := member.(string); ok && name == "$ref" {
				do(ref)
			}
			references(member, do)
		}
	case []any:
		for _, element := range v {
			references(element, do)
		}
	}
}

func TestComplaints(t *testing.T) {
	bad, err := decode([]byte(`{"openapi": "3.1.0", "paths": {
		"/a/{x}": {"get": {"operationId": "one", "summary": "s", "tags": ["t"], "responses": {"200": {"description": "ok"}},
			"parameters": [{"name": "x", "in": "path", "required": true, "schema": {}}]}},
		"/a/{y}": {"get": {"operationId": "one", "responses": {"abc": {}}, "security": [{"key": []}],
			"parameters": [{"name": "z", "in": "path", "schema": {"$ref": "#/components/schemas/None"}}, {"name": "q", "in": "query"}]},
			"fetch": {}}
	}, "components": {"schemas": {"Alone": {"type": "string"}}}}`))
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"#/components/schemas/None leads nowhere",
		"/a/{y} cannot be told from /a/{x}",
		"fetch /a/{y}: no method",
		"get /a/{y}: its path has parameters [\"y\"], declared are [\"z\"]",
		"get /a/{y}: no summary",
		"get /a/{y}: no tags",
		"get /a/{y}: operationId \"one\" is also that of get /a/{x}",
		"get /a/{y}: parameter q has no schema",
		"get /a/{y}: path parameter z is not required",
		"get /a/{y}: response abc is none",
		"get /a/{y}: there is no security scheme key",
		"nothing refers to schema Alone",
	}
	if diff := cmp.Diff(want, complaints(bad)); diff != "" {
		t.Error(diff)
	}
}

// What is shared is what the apps say, in another place: with every reference followed nothing is different but that a
// parameter's schema does not repeat its description.
func TestShareLosesNothing(t *testing.T) {
	docs, err := documents(apis())
	if err != nil {
		t.Fatal(err)
	}
	_, whole := merged(t)
	shared := 0
	for function, d := range docs {
		for path := range d.at("paths") {
			for _, method := range methods {
				plain, op := d.at("paths", path, method), whole.at("paths", path, method)
				for i, p := range list(plain["parameters"]) {
					p := p.(map[string]any)
					if schema := p["schema"].(map[string]any); schema["description"] == p["description"] {
						delete(schema, "description")
					}
					at := list(op["parameters"])[i].(map[string]any)
					if diff := cmp.Diff(p, whole.resolve(at)); diff != "" {
						t.Errorf("%s: %s %s: %s", function, method, path, diff)
					}
					if at["$ref"] != nil {
						shared++
					}
				}
				answers, _ := plain["responses"].(map[string]any)
				for status, r := range answers {
					at := op["responses"].(map[string]any)[status].(map[string]any)
					if at["$ref"] == nil {
						continue // schemas in it may go by a function's name
					}
					if diff := cmp.Diff(r, any(whole.resolve(at))); diff != "" {
						t.Errorf("%s: %s %s %s: %s", function, method, path, status, diff)
					}
					shared++
				}
			}
		}
	}
	if shared < 1000 {
		t.Errorf("only %d parameters and answers are shared", shared)
	}
}

func TestMergeRefuses(t *testing.T) {
	doc := func(path, schema string) document {
		d, err := decode([]byte(`{"openapi": "3.1.0", "paths": {"` + path + `": {}}, "components": {"securitySchemes": {"A": {"type": "` + schema + `"}}}}`))
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	for name, c := range map[string]struct {
		one, two document
		want     string
	}{
		"fits":        {doc("/a", "string"), doc("/b", "string"), ""},
		"same path":   {doc("/a/{x}", "string"), doc("/a/{y}", "string"), "/a/{y}: one has it too"},
		"same scheme": {doc("/a", "string"), doc("/b", "number"), "two: components.securitySchemes.A: two functions mean different things by it"},
	} {
		_, err := merge(map[string]document{"one": c.one, "two": c.two})
		got := ""
		if err != nil {
			got = err.Error()
		}
		if got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

// TestMergeTellsSchemasApart: of three functions, two mean the same by List.
func TestMergeTellsSchemasApart(t *testing.T) {
	doc := func(path, kind string) document {
		d, err := decode([]byte(`{"openapi": "3.1.0", "paths": {"` + path + `": {"get": {"$ref": "#/components/schemas/List"}}},
			"components": {"schemas": {"List": {"type": "array", "items": {"type": "` + kind + `"}}}}}`))
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	whole, err := merge(map[string]document{"books": doc("/b", "number"), "clubs": doc("/c", "string"), "deeds": doc("/d", "string")})
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]any{}
	for _, path := range []string{"/b", "/c", "/d"} {
		got[path] = whole.at("paths", path, "get")["$ref"]
	}
	for name := range whole.at("components", "schemas") {
		got[name] = whole.at("components", "schemas", name, "items")["type"]
	}
	want := map[string]any{"/b": "#/components/schemas/BooksList", "/c": "#/components/schemas/List", "/d": "#/components/schemas/List",
		"List": "string", "BooksList": "number"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
