package recordtest

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/muster-crm/muster/shared/i18n"
	"github.com/muster-crm/muster/shared/index"
	"github.com/muster-crm/muster/shared/phone"
	"github.com/muster-crm/muster/shared/policy"
	"github.com/muster-crm/muster/shared/record"
	"github.com/muster-crm/muster/shared/repository/repositorytest"
)

var environment = record.Env{Now: repositorytest.Noon, Channel: "api", Actor: "usr_1", Phones: phone.Plan{},
	Defaults: record.Defaults{Country: "BE", Language: "en"},
	Fields: []record.CustomField{
		{Kind: "contact", Name: "colour1", Label: "Colour", Type: "choice", Options: []string{"blue", "red"}},
		{Kind: "contact", Name: "note1", Label: "Note", Type: "text"},
	}}

// checked makes a record of a body and brings it into its canonical form.
func (s *suite) checked(t *testing.T, body any) record.Record {
	t.Helper()
	r, err := s.kind.Create([]byte(mustJSON(t, body)))
	if err != nil {
		t.Fatalf("%s: %v", mustJSON(t, body), err)
	}
	env := environment
	if err := s.kind.Check(r, &env); err != nil {
		t.Fatalf("%s: %v", mustJSON(t, body), err)
	}
	r.Base().ID = s.kind.Prefix + "_1"
	return r
}

// values: what is put into a record comes out of it.
func (s *suite) values(t *testing.T) {
	k := s.kind
	for name, body := range map[string]map[string]any{"minimal": s.minimal(), "full": s.full(0), "other": s.full(1)} {
		r := s.checked(t, body)
		value, err := k.Encode(r, nil)
		if err != nil {
			t.Fatal(err)
		}
		back, err := k.Decode(value, 3)
		if err != nil {
			t.Fatal(err)
		}
		if again, err := k.Encode(back, value); err != nil || string(again) != string(value) {
			t.Errorf("%s: %s was read and written as %s, %v", name, value, again, err)
		}
		if changes, err := k.Diff(r, back); err != nil || len(changes) > 0 || back.Base().Version != 3 || back.Base().Kind != k.Name {
			t.Errorf("%s: a record differs from itself: %+v, %v", name, changes, err)
		}
		if copied, err := k.Copy(r); err != nil || !cmp.Equal(plain(t, k, r), plain(t, k, copied)) {
			t.Errorf("%s: a copy is another: %v", name, err)
		}
		if name != "minimal" {
			s.complete(t, name, r)
		}
		if whole := k.Hide(r, policy.For(policy.Actor{}, policy.Owner)); !cmp.Equal(plain(t, k, r), plain(t, k, whole)) {
			t.Errorf("%s: something is hidden from an owner", name)
		}
		if none := k.Hide(r, policy.Grant{}); len(plain(t, k, none)) > 0 {
			t.Errorf("%s: somebody without rights sees %v", name, plain(t, k, none))
		}
		if record.Title(r) == "" {
			t.Errorf("%s: it has no name", name)
		}
		// The record as it is read may be sent back as a patch.
		patched, err := k.Patch(r, value)
		if err != nil || !cmp.Equal(plain(t, k, r), plain(t, k, patched)) {
			t.Errorf("%s: the record as it is read is refused: %v", name, err)
		}
	}
}

// complete: a sample with everything has a value in every field, and its creation tells of each.
func (s *suite) complete(t *testing.T, name string, r record.Record) {
	t.Helper()
	changes, err := s.kind.Diff(nil, r)
	if err != nil {
		t.Fatal(err)
	}
	told := map[string]bool{}
	for _, c := range changes {
		member, _ := s.kind.Member(c.Field)
		told[member.Name] = true
		if c.From != nil || c.To == nil {
			t.Errorf("%s: %s came from %s to %s", name, c.Field, c.From, c.To)
		}
	}
	for _, f := range s.kind.Fields {
		if f.System || told[f.Name] {
			continue
		}
		if v, ok := s.value(f, 0).(map[string]any); ok && len(v) == 0 {
			continue // own fields of a kind of which the samples have none
		}
		t.Errorf("%s: the sample has no %s", name, f.Name)
	}
}

// index: every column of the index has its place and its name in queries.
func (s *suite) index(t *testing.T) {
	schema := s.kind.Schema(environment.Fields)
	fields := s.kind.QueryFields(environment.Fields)
	paths := map[string]bool{}
	for _, c := range schema.Columns {
		if paths[c.Path] {
			t.Errorf("the column %s is there twice", c.Path)
		}
		paths[c.Path] = true
		if f, ok := fields.Field(c.Path); !ok || f.Path != c.Path || f.Type != c.Type {
			t.Errorf("a query by %s is one by %+v", c.Path, f)
		}
		if c.Class == policy.Sensitive || c.Class == "" {
			t.Errorf("the column %s is of class %q", c.Path, c.Class)
		}
		if c.Age != "" {
			if _, ok := fields.Field(c.Age); !ok {
				t.Errorf("no query by %s", c.Age)
			}
		}
	}
	for _, f := range allFields(s.kind.Fields) {
		for _, alias := range f.Aliases {
			if got, ok := fields.Field(alias); !ok || strings.TrimSuffix(got.Path, ".*") != f.Path {
				t.Errorf("%s is no other name of %s", alias, f.Path)
			}
		}
	}
	for _, path := range schema.Order {
		if !paths[path] {
			t.Errorf("lists are in the order of %s, which is not indexed", path)
		}
	}
	if !s.kind.Indexed {
		return
	}
	// The index keeps every column: what the full record has is what a list shows of it.
	b := index.NewBuilder(schema)
	r := s.checked(t, s.full(1))
	value, err := s.kind.Encode(r, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := b.Add(index.Change{ID: r.Base().ID, Revision: 1, Value: value}); err != nil {
		t.Fatal(err)
	}
	v := b.View(1)
	hit, ok := v.Get(r.Base().ID)
	if !ok {
		t.Fatal("the record is not in the index")
	}
	shown, err := s.kind.Decode(v.AppendJSON(nil, hit, policy.For(policy.Actor{}, policy.Owner)), 1)
	if err != nil {
		t.Fatal(err)
	}
	want := plain(t, s.kind, r)
	for _, f := range s.kind.Fields {
		if !f.Indexed || f.Class == policy.Sensitive {
			delete(want, f.Name)
		}
	}
	if diff := cmp.Diff(want, plain(t, s.kind, shown)); diff != "" {
		t.Errorf("a list shows another record: %s", diff)
	}
}

// allFields lists fields with those inside of objects.
func allFields(fields []*record.Field) []*record.Field {
	var all []*record.Field
	for _, f := range fields {
		all = append(append(all, f), allFields(f.Fields)...)
	}
	return all
}

// words: every field has a name in every language, and every value can be shown.
func (s *suite) words(t *testing.T) {
	for _, language := range i18n.Languages() {
		p := i18n.New(language, nil)
		for _, f := range allFields(s.kind.Fields) {
			if f.Type == record.Values {
				continue // its fields have names of the organisation's
			}
			if !p.Has("field."+s.kind.Name+"."+f.Path) && !p.Has("field."+f.Path) {
				t.Errorf("%s: no name for field.%s.%s", language, s.kind.Name, f.Path)
			}
		}
		if t.Failed() {
			continue
		}
		for n := range 2 {
			changes, err := s.kind.Diff(nil, s.checked(t, s.full(n)))
			if err != nil {
				t.Fatal(err)
			}
			for _, c := range changes {
				if s.kind.Show(p, c.Field, c.To) == "" || s.kind.Label(p, c.Field) == "" {
					t.Errorf("%s: %s = %s is shown as %q: %q", language, c.Field, c.To, s.kind.Label(p, c.Field), s.kind.Show(p, c.Field, c.To))
				}
			}
			for _, c := range []record.Change{
				{Action: s.kind.Name + ".create", Fields: changes}, {Action: s.kind.Name + ".edit", Fields: changes}, {Action: s.kind.Name + ".edit", Fields: changes[:1]},
				{Action: s.kind.Name + ".revert", Fields: changes}, {Action: s.kind.Name + ".trash"}, {Action: s.kind.Name + ".restore"}, {Action: s.kind.Name + ".edit"},
			} {
				if record.Sentence(p, s.kind, c) == "" {
					t.Errorf("%s: nothing is said of %s", language, c.Action)
				}
			}
		}
	}
}
