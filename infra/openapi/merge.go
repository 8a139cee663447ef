package main

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/muster-crm/muster/infra/template"
	"github.com/muster-crm/muster/shared/httpapi"
)

// document is an OpenAPI document as JSON.
type document map[string]any

// at gives the object under a path of names; an empty one when there is none.
func (d document) at(names ...string) map[string]any {
	now := map[string]any(d)
	for _, name := range names {
		now, _ = now[name].(map[string]any)
	}
	return now
}

// encode gives the document as it is committed: indented, its members in order.
func (d document) encode() ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	err := e.Encode(d)
	return b.Bytes(), err
}

// decode reads a document, numbers as they stand.
func decode(raw []byte) (document, error) {
	var d document
	r := json.NewDecoder(bytes.NewReader(raw))
	r.UseNumber()
	err := r.Decode(&d)
	return d, err
}

// documents gives the document of each function.
func documents(apis map[string]*httpapi.API) (map[string]document, error) {
	all := map[string]document{}
	for name, api := range apis {
		raw, err := json.Marshal(api.OpenAPI())
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		if all[name], err = decode(raw); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
	}
	return all, nil
}

// about is what the whole says of itself.
var about = map[string]any{
	"title":       "Muster",
	"version":     httpapi.Version,
	"description": "Contact and member management. Sign in with POST /v1/sessions and send the token as a bearer token.",
	"license":     map[string]any{"name": "Apache-2.0", "identifier": "Apache-2.0"},
}

// distinguish tells schemas apart that different functions have under one name: the meaning most of them share keeps the
// name, another takes the function's in front of it.
func distinguish(docs map[string]document) error {
	functions := slices.Sorted(maps.Keys(docs))
	meanings := map[string]map[string][]string{} // functions by the JSON of what they mean by a name
	for _, f := range functions {
		for name, schema := range docs[f].at("components", "schemas") {
			raw, err := json.Marshal(schema)
			if err != nil {
				return err
			}
			if meanings[name] == nil {
				meanings[name] = map[string][]string{}
			}
			meanings[name][string(raw)] = append(meanings[name][string(raw)], f)
		}
	}
	for name, by := range meanings {
		groups := slices.SortedFunc(maps.Values(by), func(a, b []string) int {
			return cmp.Or(cmp.Compare(len(b), len(a)), cmp.Compare(a[0], b[0]))
		})
		for _, group := range groups[1:] {
			for _, f := range group {
				rename(docs[f], name, strings.ToUpper(f[:1])+f[1:]+name)
			}
		}
	}
	return nil
}

// unify drops schemas that got a longer name only because a function has its types in another order: those that say what the
// one with the shorter name says.
func unify(d document) {
	schemas := d.at("components", "schemas")
	for again := true; again; {
		again = false
		for _, name := range slices.Sorted(maps.Keys(schemas)) {
			for _, other := range slices.Sorted(maps.Keys(schemas)) {
				if other != name && strings.HasSuffix(name, other) && reflect.DeepEqual(schemas[other], schemas[name]) {
					rename(d, name, other)
					again = true
					break
				}
			}
		}
	}
}

// rename gives a schema of a document another name, and leads what refers to it there.
func rename(d document, from, to string) {
	schemas := d.at("components", "schemas")
	schemas[to] = schemas[from]
	delete(schemas, from)
	var walk func(any)
	walk = func(v any) {
		switch v := v.(type) {
		case map[string]any:
			if v["$ref"] == "#/components/schemas/"+from {
				v["$ref"] = "#/components/schemas/" + to
			}
			for _, member := range v {
				walk(member)
			}
		case []any:
			for _, element := range v {
				walk(element)
			}
		}
	}
	walk(map[string]any(d))
}

// merge makes one document of the functions'. Schemas of one name that mean different things are told apart; anything
// else two functions say of the same name must be the same, and a path is one function's alone. It takes the documents.
func merge(docs map[string]document) (document, error) {
	if err := distinguish(docs); err != nil {
		return nil, err
	}
	paths, owners := map[string]any{}, map[string]string{}
	components := map[string]any{}
	whole := document{"info": about, "paths": paths, "components": components}
	var errs []error
	for _, name := range slices.Sorted(maps.Keys(docs)) {
		d := docs[name]
		for path, item := range d.at("paths") {
			if owner, ok := owners[shape(path)]; ok {
				errs = append(errs, fmt.Errorf("%s: %s has it too", path, owner))
			}
			owners[shape(path)], paths[path] = name, item
		}
		for _, member := range []string{"openapi", "security"} {
			errs = append(errs, same(whole, member, d[member]))
		}
		for group, parts := range d.at("components") {
			if components[group] == nil {
				components[group] = map[string]any{}
			}
			for part, value := range parts.(map[string]any) {
				if err := same(components[group].(map[string]any), part, value); err != nil {
					errs = append(errs, fmt.Errorf("%s: components.%s.%w", name, group, err))
				}
			}
		}
	}
	unify(whole)
	errs = append(errs, share(whole))
	slices.SortFunc(errs, func(a, b error) int { return strings.Compare(fmt.Sprint(a), fmt.Sprint(b)) })
	return whole, errors.Join(errs...)
}

// same puts a value under a name, where nothing else may be.
func same(into map[string]any, name string, value any) error {
	if there, ok := into[name]; ok && !reflect.DeepEqual(there, value) {
		return fmt.Errorf("%s: two functions mean different things by it", name)
	}
	into[name] = value
	return nil
}

// shape is a path without the names of its parameters: two of one shape cannot be told apart.
func shape(path string) string {
	var b strings.Builder
	for {
		open := strings.IndexByte(path, '{')
		end := strings.IndexByte(path, '}')
		if open < 0 || end < open {
			return b.String() + path
		}
		b.WriteString(path[:open] + "{}")
		path = path[end+1:]
	}
}

// methods are the members of a path that are operations.
var methods = []string{"get", "put", "post", "delete", "options", "head", "patch", "trace"}

// operations lists what a function's document has, in order.
func operations(function string, d document) []template.Operation {
	var all []template.Operation
	for _, path := range slices.Sorted(maps.Keys(d.at("paths"))) {
		for _, method := range methods {
			if d.at("paths", path, method) != nil {
				all = append(all, template.Operation{Function: function, Method: strings.ToUpper(method), Path: path})
			}
		}
	}
	return all
}
