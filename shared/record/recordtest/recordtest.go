// Package recordtest proves for every kind of record what its registration promises: it can be made, read, changed,
// put away, taken back, listed, searched, shown and told about in every language.
//
// What a kind holds is filled in by the types of its fields. A kind whose own rules want more of a value than its type
// does has that value in the table of samples.
package recordtest

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"testing"

	"github.com/muster-crm/muster/shared/list"
	"github.com/muster-crm/muster/shared/record"
	"github.com/muster-crm/muster/shared/repository/repositorytest"
)

// Run proves every kind of a registry.
func Run(t *testing.T, kinds *record.Registry) {
	t.Run("registry", func(t *testing.T) {
		if err := kinds.Check(func(name string) bool { return slices.Contains(list.BuiltIn().Names(), name) }); err != nil {
			t.Error(err)
		}
	})
	for _, k := range kinds.Kinds() {
		t.Run(k.Name, func(t *testing.T) {
			t.Parallel()
			s := &suite{T: t, kind: k, kinds: kinds}
			t.Run("values", s.values)
			t.Run("index", s.index)
			t.Run("words", s.words)
			t.Run("life", s.life)
			t.Run("fields", s.fields)
			if k.Indexed {
				t.Run("list", s.list)
			}
		})
	}
}

type suite struct {
	*testing.T
	kind  *record.Kind
	kinds *record.Registry
}

// samples are the values that kinds' own rules demand, two of each, by kind and path.
var samples = map[string]map[string][2]any{
	"settings": {
		"timeZone":  {"Europe/Brussels", "America/New_York"},
		"keyPolicy": {map[string]any{"email": "block"}, map[string]any{"email": "warn", "mobile": "family"}},
		"languages": {[]any{"en", "nl"}, []any{"es", "fr", "nl"}},
	},
	"field": {
		"for":  {"contact", "contact"},
		"name": {"colour", "shape"},
	},
	"user": {
		"role": {"reader", "editor"},
	},
	"contact": {
		"website": {"https://example.org/a", "https://example.org/b"},
		"custom":  {map[string]any{"colour1": "blue"}, map[string]any{"colour1": "red", "note1": "x"}},
	},
}

// settings are those of an organisation that speaks every language.
const settings = `{"name":"Harbour Choir","language":"en","languages":["en","es","nl","fr"],"country":"BE","timeZone":"Europe/Brussels"}`

// own are the organisation's own fields that the samples have.
var own = []string{
	`{"for":"contact","name":"colour1","label":"Colour","type":"choice","options":["blue","red"]}`,
	`{"for":"contact","name":"note1","label":"Note","type":"text"}`,
}

// value makes the nth sample of a field, 0 or 1.
func (s *suite) value(f *record.Field, n int) any {
	if v, ok := samples[s.kind.Name][f.Path]; ok {
		return v[n]
	}
	if f.List {
		var all []any
		for i := range n + 1 {
			all = append(all, s.single(f, i))
		}
		return all
	}
	return s.single(f, n)
}

func (s *suite) single(f *record.Field, n int) any {
	switch f.Type {
	case record.Object:
		object := map[string]any{}
		for _, inner := range f.Fields {
			if inner.Type == record.Flag && n > 0 || inner.System {
				continue // one main of them is enough
			}
			object[inner.Name] = s.value(inner, n)
		}
		return object
	case record.Map:
		return map[string]any{"first": fmt.Sprint("a", n), fmt.Sprint("n", n): "b"}
	case record.Values:
		return map[string]any{}
	case record.Number:
		return 7 + n
	case record.Flag:
		return n == 0
	case record.Day:
		return []string{"2000-02-29", "1999-12-31"}[n]
	case record.Instant:
		return []string{"2026-11-20T08:00:00Z", "2026-11-19T09:30:00Z"}[n]
	case record.Email:
		return []string{"ada@example.org", "bob@example.com"}[n]
	case record.Phone:
		return []string{"+32471123456", "+32471123457"}[n]
	case record.Code:
		if codes := list.Codes(f.Values); len(codes) > 0 {
			return codes[n]
		}
	case record.Long:
		return []string{"one\ntwo", "three\nfour"}[n]
	}
	text := []rune([]string{"Élan ", "Ørsted "}[n] + f.Name)
	return string(text[:min(len(text), f.Max)])
}

// minimal makes the body of a record with no more than it must have, full one with all it can have.
func (s *suite) minimal() map[string]any {
	return s.body(0, func(f *record.Field) bool { return f.Required })
}

func (s *suite) full(n int) map[string]any {
	return s.body(n, func(*record.Field) bool { return true })
}

func (s *suite) body(n int, wanted func(*record.Field) bool) map[string]any {
	body := map[string]any{}
	for _, f := range s.kind.Fields {
		if !f.System && wanted(f) {
			body[f.Name] = s.value(f, n)
		}
	}
	return body
}

// house opens a house with the fields the samples have.
func (s *suite) house(t *testing.T) *repositorytest.House {
	t.Helper()
	h := repositorytest.Open(t, repositorytest.Options{Kinds: s.kinds})
	if _, ok := s.kinds.Kind("settings"); ok {
		h.Settings(settings)
	}
	if _, ok := s.kinds.Kind("field"); ok {
		for _, body := range own {
			h.Create("field", body)
		}
	}
	return h
}

func mustJSON(t testing.TB, v any) string {
	t.Helper()
	raw, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

// plain gives a record's members without those the system sets.
func plain(t testing.TB, k *record.Kind, r record.Record) map[string]any {
	t.Helper()
	var doc map[string]any
	if err := json.Unmarshal([]byte(mustJSON(t, r)), &doc); err != nil {
		t.Fatal(err)
	}
	maps.DeleteFunc(doc, func(name string, _ any) bool {
		f, ok := k.Field(name)
		return !ok || f.System
	})
	return doc
}
