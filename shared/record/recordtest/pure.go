package recordtest

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/muster-crm/muster/shared/i18n"
	"github.com/muster-crm/muster/shared/index"
	"github.com/muster-crm/muster/shared/policy"
	"github.com/muster-crm/muster/shared/record"
)

// checked makes a record of a body and brings it into its canonical form.
func (s *suite) checked(t *testing.T, body any) record.Record {
	t.Helper()
	r, err := s.kind.Create([]byte(mustJSON(t, body)))
	if err != nil {
		t.Fatalf("%.300s: %v", mustJSON(t, body), err)
	}
	r.Base().ID = s.kind.Prefix + "_1"
	if len(s.kind.Under) > 0 {
		owner := s.id(s.kind.Under[0], 0)
		r.Base().ID = record.ChildID(r.Base().ID, owner)
		s.kind.Adopt(r, owner)
	}
	if err := s.kind.Check(r, s.environment()); err != nil {
		t.Fatalf("%.300s: %v", mustJSON(t, body), err)
	}
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
			s.complete(t, name, body, r)
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

// masks: nobody is shown what is sensitive, in a record or in what is told of it, and sending back what was shown
// changes nothing.
func (s *suite) masks(t *testing.T) {
	k, custom := s.kind, s.custom()
	for n := range 2 {
		r := s.checked(t, s.full(n))
		before := mustJSON(t, r)
		changes, err := k.Diff(nil, r)
		if err != nil {
			t.Fatal(err)
		}
		for _, role := range append(policy.Roles(), "") {
			g := policy.For(policy.Actor{}, role)
			shown := k.Hide(r, g, custom)
			if diff := cmp.Diff(s.seen(plain(t, k, r), g), plain(t, k, shown)); diff != "" {
				t.Errorf("%q sees: %s", role, diff)
			}
			if !g.Can(policy.Read) {
				continue
			}
			same, err := k.Patch(r, []byte(mustJSON(t, shown)))
			if err != nil {
				t.Fatalf("%q cannot send back what they see: %v", role, err)
			}
			if changes, err := k.Diff(r, same); err != nil || len(changes) > 0 {
				t.Errorf("%q sends back what they see and changes %+v, %v", role, changes, err)
			}
			told := k.HideChange(record.Change{Action: k.Name + ".edit", Fields: changes}, g, custom)
			for _, c := range told.Fields {
				if class := k.Class(c.Field, custom); class != policy.Sensitive && !g.Fields(policy.Read, class) {
					t.Errorf("%q is told of %s", role, c.Field)
				}
				if k.Class(c.Field, custom) == policy.Sensitive && !strings.Contains(string(c.To), "•••") {
					t.Errorf("%q is told of %s: %s", role, c.Field, c.To)
				}
			}
		}
		if after := mustJSON(t, r); after != before {
			t.Errorf("showing %s made it %s", before, after)
		}
	}
}

// seen gives what a grant sees of a record's members.
func (s *suite) seen(doc map[string]any, g policy.Grant) map[string]any {
	see := func(class policy.Class, value any) any {
		switch {
		case class == policy.Sensitive && g.Fields(policy.Read, policy.Contact):
			return masked(value)
		case class == policy.Sensitive || !g.Fields(policy.Read, class):
			return nil
		}
		return value
	}
	seen := map[string]any{}
	for name, value := range doc {
		f, _ := s.kind.Field(name)
		if value = see(f.Class, value); value != nil {
			seen[name] = value
		}
	}
	if values, ok := seen["custom"].(map[string]any); ok {
		inner := map[string]any{}
		for _, f := range s.kind.OwnFields(s.custom()) {
			if value := see(f.Class, values[f.Name]); value != nil {
				inner[f.Name] = value
			}
		}
		seen["custom"] = inner
	}
	return seen
}

// masked masks every text of a value.
func masked(value any) any {
	switch value := value.(type) {
	case string:
		return record.Mask(value)
	case map[string]any:
		inner := map[string]any{}
		for name, v := range value {
			inner[name] = masked(v)
		}
		return inner
	}
	return value
}

// complete: a sample with everything has a value in every field, and its creation tells of each.
func (s *suite) complete(t *testing.T, name string, body map[string]any, r record.Record) {
	t.Helper()
	changes, err := s.kind.Diff(nil, r)
	if err != nil {
		t.Fatal(err)
	}
	told := map[string]bool{}
	for _, c := range changes {
		member, _ := s.kind.Member(c.Field)
		told[member.Name], told[c.Field] = true, true
		if c.From != nil || c.To == nil {
			t.Errorf("%s: %s came from %s to %s", name, c.Field, c.From, c.To)
		}
	}
	for _, f := range s.kind.Fields {
		if f.System || told[f.Name] || body[f.Name] == nil {
			continue
		}
		if v, ok := body[f.Name].(map[string]any); ok && len(v) == 0 {
			continue // own fields of a kind of which the samples have none
		}
		t.Errorf("%s: the sample has no %s", name, f.Name)
	}
	for _, f := range s.own() {
		if !told["custom."+f.Name] {
			t.Errorf("%s: the sample has no own field %s", name, f.Name)
		}
	}
}

// index: every column of the index has its place and its name in queries.
func (s *suite) index(t *testing.T) {
	schema := s.kind.Schema(s.custom())
	fields := s.kind.QueryFields(s.custom())
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
	if title, _, _ := v.Title(r.Base().ID, policy.For(policy.Actor{}, policy.Owner)); s.kind.Named() && title != record.Title(r) {
		t.Errorf("in the index it is called %q, and elsewhere %q", title, record.Title(r))
	}
	want := plain(t, s.kind, r)
	indexed(want, s.kind.Fields)
	indexed(want["custom"], s.kind.OwnFields(s.custom()))
	if diff := cmp.Diff(want, plain(t, s.kind, shown)); diff != "" {
		t.Errorf("a list shows another record: %s", diff)
	}
}

// indexed takes what the index does not hold out of a value.
func indexed(value any, fields []*record.Field) {
	switch value := value.(type) {
	case []any:
		for _, element := range value {
			indexed(element, fields)
		}
	case map[string]any:
		for _, f := range fields {
			if !f.Indexed || f.Class == policy.Sensitive {
				delete(value, f.Name)
				continue
			}
			indexed(value[f.Name], f.Fields)
		}
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
	own := record.Own{Fields: s.custom()}
	for _, language := range i18n.Languages() {
		p := i18n.New(language, nil)
		for _, f := range allFields(s.kind.Fields) {
			if f.Type == record.Values {
				continue // its fields have names of the organisation's
			}
			if object, name, ok := strings.Cut(f.Path, "."); ok {
				if money, ok := s.kind.Field(object); ok && money.IsMoney() && name != "" {
					continue // goes by the name of the whole
				}
			}
			if !p.Has("field."+s.kind.Name+"."+f.Path) && !p.Has("field."+f.Path) {
				t.Errorf("%s: no name for field.%s.%s", language, s.kind.Name, f.Path)
			}
		}
		if t.Failed() {
			s.wordless = true
			continue
		}
		for n := range 2 {
			changes, err := s.kind.Diff(nil, s.checked(t, s.full(n)))
			if err != nil {
				t.Fatal(err)
			}
			for _, c := range changes {
				if label, text := s.kind.Label(p, c.Field, own), s.kind.Show(p, c.Field, c.To, own); label == "" || text == "" {
					t.Errorf("%s: %s = %s is shown as %q: %q", language, c.Field, c.To, label, text)
				}
			}
			for _, c := range []record.Change{
				{Action: s.kind.Name + ".create", Fields: changes}, {Action: s.kind.Name + ".edit", Fields: changes}, {Action: s.kind.Name + ".edit", Fields: changes[:1]},
				{Action: s.kind.Name + ".revert", Fields: changes}, {Action: s.kind.Name + ".trash"}, {Action: s.kind.Name + ".restore"}, {Action: s.kind.Name + ".edit"},
			} {
				if record.Sentence(p, s.kind, c, own) == "" {
					t.Errorf("%s: nothing is said of %s", language, c.Action)
				}
			}
		}
	}
}
