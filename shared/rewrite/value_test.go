package rewrite

import (
	"encoding/json"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestPut(t *testing.T) {
	from := func(values ...string) func(string) bool {
		return func(s string) bool { return slices.Contains(values, s) }
	}
	for name, c := range map[string]struct {
		doc, path string
		from      func(string) bool
		to, want  string // "" for want: unchanged
	}{
		"a value":              {`{"type":"a"}`, "type", from("a"), "b", `{"type":"b"}`},
		"another value":        {`{"type":"c"}`, "type", from("a"), "b", ""},
		"none":                 {`{}`, "type", from("a"), "b", ""},
		"it already":           {`{"type":"b"}`, "type", from("a", "b"), "b", ""},
		"a list":               {`{"tags":["x","a","y"]}`, "tags", from("a"), "b", `{"tags":["x","b","y"]}`},
		"a list of both":       {`{"tags":["a","x","b"]}`, "tags", from("a"), "b", `{"tags":["b","x"]}`},
		"a list of both later": {`{"tags":["b","x","a"]}`, "tags", from("a"), "b", `{"tags":["b","x"]}`},
		"several":              {`{"tags":["a","c"]}`, "tags", from("a", "c"), "b", `{"tags":["b"]}`},
		"a list that has it":   {`{"tags":["b","x"]}`, "tags", from("a"), "b", ""},
		"members of a list":    {`{"emails":[{"kind":"a"},{"kind":"c"},{"kind":"a"}]}`, "emails.kind", from("a"), "b", `{"emails":[{"kind":"b"},{"kind":"c"},{"kind":"b"}]}`},
		"a member":             {`{"address":{"kind":"a"}}`, "address.kind", from("a"), "b", `{"address":{"kind":"b"}}`},
		"another type":         {`{"type":1}`, "type", from("1"), "b", ""},
		"an object":            {`{"type":{"x":"a"}}`, "type", from("a"), "b", ""},
		"no object":            {`{"emails":["a"]}`, "emails.kind", from("a"), "b", ""},
	} {
		var doc map[string]any
		if err := json.Unmarshal([]byte(c.doc), &doc); err != nil {
			t.Fatal(err)
		}
		changed := put(doc, c.path, c.from, c.to)
		got, err := json.Marshal(doc)
		if err != nil {
			t.Fatal(err)
		}
		want := c.want
		if want == "" {
			want = c.doc
		}
		if diff := cmp.Diff(want, string(got)); diff != "" || changed != (c.want != "") {
			t.Errorf("%s: changed %v %s", name, changed, diff)
		}
	}
}
