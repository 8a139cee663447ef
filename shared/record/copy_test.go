package record_test

import (
	"bytes"
	"encoding/json"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/muster-crm/muster/shared/record"
)

func object(t testing.TB, raw []byte) map[string]any {
	t.Helper()
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	doc := map[string]any{}
	if err := d.Decode(&doc); err != nil {
		t.Fatal(err)
	}
	return doc
}

// overlaid is RFC 7396, over whole documents.
func overlaid(doc, patch map[string]any) map[string]any {
	for name, value := range patch {
		switch inner, deep := value.(map[string]any); {
		case value == nil:
			delete(doc, name)
		case deep:
			there, _ := doc[name].(map[string]any)
			if there == nil {
				there = map[string]any{}
			}
			doc[name] = overlaid(there, inner)
		default:
			doc[name] = value
		}
	}
	return doc
}

// asJSON holds patches, differences and copies against what the records' whole JSON says.
func asJSON(t *testing.T, first, second []byte) {
	before, err := things.Create(first)
	if err != nil {
		return
	}
	whole := marshal(t, before)
	copied, err := things.Copy(before)
	if err != nil || !bytes.Equal(marshal(t, copied), whole) {
		t.Fatalf("a copy of %s is %s, %v", whole, marshal(t, copied), err)
	}
	after, err := things.Patch(before, second)
	if err != nil || bytes.Contains(first, []byte("•")) || bytes.Contains(second, []byte("•")) {
		return
	}
	want, err := things.Decode(marshal(t, overlaid(object(t, whole), object(t, second))), 0)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(marshal(t, want)), string(marshal(t, after))); diff != "" {
		t.Fatalf("%s patched with %s: %s", first, second, diff)
	}
	changes, err := things.Diff(before, after)
	if err != nil {
		t.Fatal(err)
	}
	from, to := object(t, whole), object(t, marshal(t, after))
	named := map[string]bool{}
	for _, c := range changes {
		name, _, _ := strings.Cut(c.Field, ".")
		named[name] = true
		if bytes.Equal(c.From, c.To) {
			t.Fatalf("%s is said to differ: %s", c.Field, c.From)
		}
	}
	for _, f := range things.Fields {
		if same := cmp.Equal(from[f.Name], to[f.Name]); !f.Derived && same == named[f.Name] {
			// Maps without members are left out of JSON and of differences alike.
			t.Fatalf("%s: %v and %v, named %v", f.Name, from[f.Name], to[f.Name], named[f.Name])
		}
	}
	if err := things.Check(after, env()); err == nil && !bytes.Equal(marshal(t, before), whole) {
		t.Fatalf("%s was changed with its copy", whole)
	}
}

func marshal(t testing.TB, v any) []byte {
	t.Helper()
	raw, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func FuzzAsJSON(f *testing.F) {
	for _, a := range bodies {
		for _, b := range bodies {
			f.Add([]byte(a), []byte(b))
		}
	}
	f.Fuzz(asJSON)
}

// Nothing that is done to a copy reaches what it was made of.
func TestCopiesShareNothing(t *testing.T) {
	before := create(t, `{"name":"a","tags":["x","y"],"parts":[{"kind":"work","text":"p"}],"place":{"town":"Gent"},"keys":{"a":"1"},"seen":"2026-11-21T12:00:00Z",
		"open":true,"custom":{"diets":["vegan"],"fee":{"amount":5,"currency":"EUR"}}}`)
	whole := marshal(t, before)
	made, err := things.Copy(before)
	if err != nil {
		t.Fatal(err)
	}
	c := made.(*thing)
	c.Tags[0], c.Parts[0].Text, c.Place.Town, c.Keys["a"], *c.Open = "z", "z", "z", "z", false
	c.Custom["diets"].([]any)[0] = "z"
	c.Custom["fee"].(map[string]any)["amount"] = json.Number("6")
	c.Custom["more"] = "z"
	if got := marshal(t, before); !bytes.Equal(got, whole) {
		t.Errorf("%s became %s", whole, got)
	}
}

// Wherever a newer program put a member of its own into a stored record, an update of the record keeps it, and adds no
// other.
func TestUnknownMembersAnywhere(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	full := create(t, `{"name":"a \" {b","tags":["x","{"],"parts":[{"kind":"work","text":"p,]"},{"text":"q"}],"place":{"town":"Gent","floor":2},"keys":{"a":"1\\"},
		"cost":{"amount":5,"currency":"EUR"},"custom":{"note":"}","fee":{"amount":5,"currency":"EUR"}}}`)
	stored, err := things.Encode(full, nil)
	if err != nil {
		t.Fatal(err)
	}
	if again, err := things.Encode(full, stored); err != nil || !bytes.Equal(again, stored) {
		t.Fatalf("%s became %s, %v", stored, again, err)
	}
	for _, where := range []string{"", "place", "parts", "cost"} {
		for _, value := range []string{`5`, `"x\"}"`, `{"deep":[1,{"b":"]"}]}`, `[{},"{"]`, `null`} {
			for range 5 {
				doc := object(t, stored)
				into := doc
				switch inner := doc[where].(type) {
				case map[string]any:
					into = inner
				case []any:
					into = inner[r.IntN(len(inner))].(map[string]any)
				}
				name := string(rune('A'+r.IntN(58))) + "new"
				if slices.ContainsFunc(things.Fields, func(f *record.Field) bool { return f.Name == name }) {
					continue
				}
				into[name] = json.RawMessage(value)
				newer := marshal(t, doc)
				kept, err := things.Encode(full, newer)
				if err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(object(t, newer), object(t, kept)); diff != "" {
					t.Fatalf("%s: %s", newer, diff)
				}
			}
		}
	}
}
