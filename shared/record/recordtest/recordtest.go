// Package recordtest proves for every kind of record what its registration promises: it can be made, read, changed,
// put away, taken back, listed, searched, shown and told about in every language, whatever is sensitive of it stays
// masked, and children live and die with their owners.
//
// What a kind holds is filled in by the types of its fields. A kind whose own rules want more of a value than its type
// does has that value in the table of samples.
package recordtest

import (
	"encoding/json"
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
			t.Run("masks", s.masks)
			t.Run("index", s.index)
			t.Run("words", s.words)
			t.Run("life", s.life)
			t.Run("fields", s.fields)
			if k.Indexed {
				t.Run("list", s.list)
			}
			if len(k.Under) > 0 {
				t.Run("owners", s.owners)
			}
		})
	}
}

type suite struct {
	*testing.T
	kind  *record.Kind
	kinds *record.Registry
	mark  string // in texts, so that two samples are not called the same
	// wordless: some field has no name in some language, which is told once.
	wordless bool
	ids      map[string][2]string // of records the samples may refer to, by kind; made up where there is no store
}

// house is a house with what the samples speak of in it: the organisation's own fields, and records to refer to.
type house struct {
	*repositorytest.House
	owner string // of the children made in it
}

// house opens one.
func (s *suite) house(t *testing.T) house {
	t.Helper()
	h := house{House: repositorytest.Open(t, repositorytest.Options{Kinds: s.kinds})}
	if _, ok := s.kinds.Kind("settings"); ok {
		h.Settings(settings)
	}
	if _, ok := s.kinds.Kind("field"); ok {
		for _, f := range s.own() {
			h.Create("field", mustJSON(t, f.body(s.kind.Name)))
		}
	}
	s.ids = map[string][2]string{}
	s.actor(t, h)
	if len(s.kind.Under) > 0 {
		h.owner = s.refer(t, h, s.kind.Under[0])[0]
	}
	for _, f := range allFields(s.kind.Fields) {
		if len(f.Ref) > 0 && !f.System {
			s.refer(t, h, f.Ref[0])
		}
	}
	if len(s.own()) > 0 {
		s.refer(t, h, "file")
	}
	return h
}

// actor makes the user who writes in the house: some kinds refer to who writes when nobody else is named.
func (s *suite) actor(t *testing.T, h house) {
	t.Helper()
	k, ok := s.kinds.Kind("user")
	if !ok {
		return
	}
	other := &suite{T: s.T, kind: k, kinds: s.kinds, mark: "acting "}
	body := other.minimal()
	body["email"] = "actor@example.org"
	rec, err := k.Create([]byte(mustJSON(t, body)))
	if err != nil {
		t.Fatal(err)
	}
	rec.Base().ID = h.Write().Grant.Actor().ID
	outcomes, err := h.CreateMany(t.Context(), h.Write(), k.Name, []record.Record{rec}, nil)
	if err != nil || outcomes[0].Err != nil {
		t.Fatal(err, outcomes[0].Err)
	}
}

// refer makes two records of a kind to refer to, unless they are there, and gives their ids.
func (s *suite) refer(t *testing.T, h house, kind string) [2]string {
	t.Helper()
	if ids, ok := s.ids[kind]; ok {
		return ids
	}
	k, ok := s.kinds.Kind(kind)
	if !ok {
		t.Fatalf("there is no kind %s to refer to", kind)
	}
	other := &suite{T: s.T, kind: k, kinds: s.kinds, ids: s.ids, mark: "other "}
	var ids [2]string
	for n := range ids {
		body := other.body(n, other.must)
		if len(k.Under) == 0 {
			ids[n] = h.Create(kind, mustJSON(t, body)).Base().ID
			continue
		}
		ids[n] = h.under(t, kind, s.refer(t, h, k.Under[0])[0], mustJSON(t, body)).Base().ID
	}
	s.ids[kind] = ids
	return ids
}

// under makes a child.
func (h house) under(t *testing.T, kind, owner, body string) record.Record {
	t.Helper()
	res, err := h.CreateUnder(t.Context(), h.Write(), kind, owner, []byte(body))
	if err != nil {
		t.Fatalf("create %s: %v", body, err)
	}
	return res.Record
}

// make makes a record of the kind, under the house's owner if it is a child.
func (s *suite) make(t *testing.T, h house, body map[string]any) record.Record {
	t.Helper()
	if h.owner != "" {
		return h.under(t, s.kind.Name, h.owner, mustJSON(t, body))
	}
	return h.Create(s.kind.Name, mustJSON(t, body))
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
