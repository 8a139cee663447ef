package index

import (
	"bytes"
	"encoding/json"
	"errors"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/muster-crm/muster/shared/policy"
	"github.com/muster-crm/muster/shared/query"
)

// The list item holds what the record's JSON holds in the indexed columns the grant may read, from wherever it is kept.
func TestAppendJSONGivesBackTheRecord(t *testing.T) {
	hidden := map[policy.Role][]string{policy.Owner: nil, policy.Editor: {"iban"}, policy.Reader: {"iban", "balance"}}
	for seed := range uint64(3) {
		h := newHistory(t, seed, 500)
		h.apply(300)
		read := h.snapshot(h.view)
		for _, r := range h.model.records {
			if r.data == nil {
				continue
			}
			for role, without := range hidden {
				want := map[string]any{}
				for k, v := range r.data {
					want[k] = v
				}
				for _, name := range append(without, "unknown", "secret") {
					delete(want, name)
				}
				if c, ok := want["custom"].(map[string]any); ok && len(c) == 0 {
					delete(want, "custom")
				}
				want["id"], want["kind"], want["version"] = r.id, "person", json.Number(itoa(r.revision))
				for _, v := range []*View{h.view, read} {
					hit, ok := v.Get(r.id)
					if !ok {
						t.Fatal("a record is missing")
					}
					text := v.AppendJSON([]byte("x"), hit, grant(role))[1:]
					var got map[string]any
					d := json.NewDecoder(bytes.NewReader(text))
					d.UseNumber()
					if err := d.Decode(&got); err != nil {
						t.Fatalf("%s: %v", text, err)
					}
					if diff := cmp.Diff(want, got); diff != "" {
						t.Fatalf("%s: %s", role, diff)
					}
				}
			}
		}
	}
}

func itoa(n int64) string {
	b, _ := json.Marshal(n)
	return string(b)
}

func TestAppendJSONText(t *testing.T) {
	in := `{"kind":"person","firstName":"J\u00e0n \"x\" \\ \u2028 <b>\n\u0001","emails":[{},{"address":"a@b.c","main":false},{}],"tags":["b","","a","b",null],` +
		`"externalIds":{"z":"1","a":"2:3"},"custom":{"size":"M","other":1},"number":0,"newsletter":false,"lastName":"","occupation":null,"birthDate":"2001-02-29"}`
	want := `{"id":"1","kind":"person","version":4,"number":0,"firstName":"Jàn \"x\" \\ \u2028 <b>\n\u0001","emails":[{},{"address":"a@b.c","main":false},{}],` +
		`"tags":["b","a","b"],"newsletter":false,"externalIds":{"z":"1","a":"2:3"},"custom":{"size":"M"}}`
	b := NewBuilder(people)
	if err := b.Add(Change{ID: "1", Revision: 4, Value: []byte(in)}); err != nil {
		t.Fatal(err)
	}
	v := b.View(1)
	hit, _ := v.Get("1")
	if got := string(v.AppendJSON(nil, hit, grant(policy.Owner))); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if got := string(v.AppendJSON(nil, hit, policy.Grant{})); got != "{}" {
		t.Errorf("without a grant: %s", got)
	}
}

func TestMalformedJSON(t *testing.T) {
	for _, in := range []string{"", "{", "[]", "null", `{"a":}`, `{"a":1,}`, `{a:1}`, `{"a":01}`, `{"a":1.}`, `{"a":1e}`, `{"a":-}`, `{"a":tru}`, `{"a":"x}`,
		`{"a":"\x"}`, `{"a":"\u12"}`, "{\"a\":\"\n\"}", `{"a":[1,]}`, `{"a":[1 2]}`, `{"a":{}}x`, "{\"firstName\":\"\xff\"}", `{"firstName":"\q"}`,
		`{"firstName":"a","firstName":"b"}`, `{"tags":["a"],"tags":["b"]}`, strings.Repeat(`{"a":`, 300) + "1" + strings.Repeat("}", 300)} {
		b := NewBuilder(people)
		if err := b.Add(Change{ID: "1", Revision: 1, Value: []byte(in)}); err == nil {
			t.Errorf("%.40q was accepted", in)
		}
		if live, _ := b.View(1).Len(); live != 0 {
			t.Errorf("%.40q was added", in)
		}
		v := NewBuilder(people).View(1)
		if _, err := v.Apply(2, []Change{{ID: "1", Revision: 1, Value: []byte(in)}}); err == nil {
			t.Errorf("%.40q was applied", in)
		}
	}
}

// full tells whether a value says anything.
func full(v any) bool {
	switch v := v.(type) {
	case nil:
		return false
	case string:
		return v != ""
	case []any:
		return slices.ContainsFunc(v, full)
	case map[string]any:
		for _, member := range v {
			if full(member) {
				return true
			}
		}
		return false
	}
	return true
}

// Whatever the index accepts is JSON, and what it gives back it reads again as the same.
func FuzzScanner(f *testing.F) {
	w := world{rand.New(rand.NewPCG(1, 2))}
	for range 20 {
		b, err := json.Marshal(w.record(w.chance(30)))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Add([]byte(`{"tags":["a",null,"\ud83d\ude00"],"number":-0,"externalIds":{"a":"b"}}`))
	f.Add([]byte(`{"secret":{"a":[null,{"":""}],"b" : ""},"weight":2.5,"fee":{"amount":-5}}`))
	f.Add([]byte(`{"secret":[{"a":[null,{"x":"":1}]}]}`))
	f.Add([]byte(`{"emails":[{"main":true},[],3],"birthDate":"0001-01-01","seenAt":"2026-01-01T00:00:00.5+02:00"}`))
	s := compile(people)
	f.Fuzz(func(t *testing.T, text []byte) {
		cells, err := (&scanner{s: s}).read(string(text), nil)
		if err != nil {
			return
		}
		if !json.Valid(text) {
			t.Fatalf("accepted %q", text)
		}
		// Of what is only held as filled, that is all that is known.
		var members map[string]any
		d := json.NewDecoder(bytes.NewReader(text))
		d.UseNumber()
		if err := d.Decode(&members); err != nil {
			t.Fatal(err)
		}
		secret := s.byPath["secret"]
		if held := slices.ContainsFunc(cells, func(c cell) bool { return c.col() == secret }); held != full(members["secret"]) {
			t.Fatalf("%q holds a secret: %v", text, held)
		}
		cells = slices.DeleteFunc(cells, func(c cell) bool { return c.col() == secret })
		may := s.reading(grant(policy.Owner)).may
		out := s.appendJSON(nil, "1", 1, cells, may)
		if !json.Valid(out) {
			t.Fatalf("wrote %q", out)
		}
		again, err := (&scanner{s: s}).read(string(out), nil)
		if err != nil {
			t.Fatalf("wrote %q and cannot read it: %v", out, err)
		}
		if diff := cmp.Diff(cells, again, cmp.AllowUnexported(cell{}), cmpopts.EquateEmpty()); diff != "" {
			t.Fatal(diff)
		}
		// A segment gives back the same as the row itself.
		b := newBuilder(s, 1)
		b.add("1", 1, cells)
		if segment := s.appendJSON(nil, "1", 1, b.segment().cells(0, nil), may); string(segment) != string(out) {
			t.Fatalf("kept %s\nas %s", out, segment)
		}
	})
}

// However a member's name is spelled and wherever it stands, it is found; others are not.
func TestNamesOfMembers(t *testing.T) {
	s := compile(Schema{Columns: []Column{{Path: "a", Type: query.TypeCode}, {Path: "sevenxx", Type: query.TypeCode},
		{Path: "beginning", Type: query.TypeCode}, {Path: "beginnings", Type: query.TypeCode}, {Path: `q"b`, Type: query.TypeCode}}})
	for text, want := range map[string]map[string]string{
		`{"a":"1"}`:                              {"a": "1"},
		`{"a" : "1"}`:                            {"a": "1"},
		"{\"\\u0061\"\n:\t\"1\"}":                {"a": "1"},
		`{"b":"1","a":"2"}`:                      {"a": "2"},
		`{"beginnings":"1","beginning":"2"}`:     {"beginnings": "1", "beginning": "2"},
		`{"beginning":"1","a":"2","x":"3"}`:      {"beginning": "1", "a": "2"},
		`{"sevenxx":"1","sevenx":"2","seven":3}`: {"sevenxx": "1"},
		`{"q\"b":"1"}`:                           {`q"b`: "1"},
		`{"q\u0022b":"1","begin\u006eing":"2"}`:  {`q"b`: "1", "beginning": "2"},
		`{"":"1","a\u0000":"2"}`:                 {},
	} {
		cells, err := (&scanner{s: s}).read(text, nil)
		if err != nil {
			t.Errorf("%s: %v", text, err)
		}
		got := map[string]string{}
		for _, c := range cells {
			got[s.cols[c.col()].Path] = c.text
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", text, diff)
		}
	}
}

// Reading a snapshot of whatever bytes gives a view or an error.
func FuzzReadSnapshot(f *testing.F) {
	w := world{rand.New(rand.NewPCG(1, 2))}
	for _, n := range []int{0, 1, 70, 700} {
		b := NewBuilder(people)
		for range n {
			text, err := json.Marshal(w.record(w.chance(30)))
			if err != nil {
				f.Fatal(err)
			}
			if err := b.Add(Change{ID: w.id(), Revision: 1, Value: text}); err != nil {
				f.Fatal(err)
			}
		}
		v := b.View(9)
		var out bytes.Buffer
		if err := v.WriteSnapshot(&out); err != nil {
			f.Fatal(err)
		}
		f.Add(out.Bytes(), false)
		if g := v.whole(); g != nil {
			p := &packer{}
			p.segment(g)
			f.Add(p.out, true)
		}
	}
	s := compile(people)
	f.Fuzz(func(t *testing.T, data []byte, bare bool) {
		var v *View
		if bare { // past the checksum, which hides most of the reader from a fuzzer
			g, ok := (&unpacker{in: data}).segment(s)
			if !ok {
				return
			}
			v = &View{s: s, segs: []held{{segment: g}}}
			v.counts()
		} else {
			var err error
			if v, err = ReadSnapshot(bytes.NewReader(data), people); err != nil {
				if !errors.Is(err, ErrSnapshotDamaged) && !errors.Is(err, ErrSnapshotForeign) {
					t.Fatal(err)
				}
				return
			}
		}
		for _, where := range []query.Expr{nil, query.Text{Words: "jan 0471"}, query.Term{Field: "birthDate", Op: query.Filled}} {
			a, err := v.Find(Request{Where: where, Sort: []Sort{{Path: "emails.address"}}, Limit: 20, Count: true, Facets: [][]string{{"type", "tags"}},
				Sums: []string{"balance"}, Now: now, Grant: grant(policy.Owner)})
			if err != nil {
				t.Fatal(err)
			}
			for _, hit := range a.Hits {
				v.AppendJSON(nil, hit, grant(policy.Owner))
			}
		}
	})
}

func TestSnapshotRefusals(t *testing.T) {
	h := newHistory(t, 5, 100)
	var b bytes.Buffer
	if err := h.view.WriteSnapshot(&b); err != nil {
		t.Fatal(err)
	}
	other := people
	other.Columns = people.Columns[1:]
	reordered := people
	reordered.Order = []string{"firstName"}
	for name, s := range map[string]Schema{"a column less": other, "another order": reordered, "another kind": {Kind: "company"}} {
		if _, err := ReadSnapshot(bytes.NewReader(b.Bytes()), s); !errors.Is(err, ErrSnapshotForeign) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for i := range b.Len() {
		broken := bytes.Clone(b.Bytes())
		broken[i] ^= 0x40
		if _, err := ReadSnapshot(bytes.NewReader(broken), people); err == nil {
			t.Fatalf("byte %d changed and nobody noticed", i)
		}
		if i%37 == 0 {
			if _, err := ReadSnapshot(bytes.NewReader(b.Bytes()[:i]), people); !errors.Is(err, ErrSnapshotDamaged) {
				t.Fatalf("cut at %d: %v", i, err)
			}
		}
	}
}
