package recordtest

import (
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/muster-crm/muster/shared/fault"
	"github.com/muster-crm/muster/shared/i18n"
	"github.com/muster-crm/muster/shared/policy"
	"github.com/muster-crm/muster/shared/query"
	"github.com/muster-crm/muster/shared/record"
	"github.com/muster-crm/muster/shared/repository"
)

// life: a record is made, read, changed, put away and taken back, and its history tells of all of it.
func (s *suite) life(t *testing.T) {
	h := s.house(t)
	ctx, k := t.Context(), s.kind
	small := s.make(t, h, s.minimal())
	r := s.make(t, h, s.full(1))
	if r.Base().ID == small.Base().ID || !strings.HasPrefix(r.Base().ID, k.Prefix+"_") || r.Base().Version != 1 {
		t.Errorf("%+v", r.Base())
	}
	s.same(t, h, r)
	if _, err := h.Trash(ctx, h.Write(), k.Name, small.Base().ID, 1); err != nil { // so that it is in nothing's way
		t.Fatal(err)
	}

	res, err := h.Patch(ctx, h.Write(), k.Name, r.Base().ID, 1, []byte(mustJSON(t, s.patch(0))))
	if err != nil {
		t.Fatalf("patch: %v", err)
	}
	edited := res.Record
	whole := s.full(0)
	for _, name := range fixed[k.Name] {
		whole[name] = s.full(1)[name]
	}
	want := plain(t, k, k.Hide(s.checked(t, whole), h.Grant(policy.Owner), s.custom()))
	if diff := cmp.Diff(want, dropped(s, plain(t, k, edited))); diff != "" || edited.Base().Version != 2 {
		t.Errorf("the patch made another record: %s", diff)
	}
	s.same(t, h, edited)
	s.kept(t, h, edited.Base().ID, whole)

	changes, _, err := h.History(ctx, h.Write().Grant, k.Name, r.Base().ID, 0, 10)
	if err != nil || len(changes) != 2 {
		t.Fatalf("%+v, %v", changes, err)
	}
	res, err = h.Revert(ctx, h.Write(), k.Name, r.Base().ID, 2, changes[0].Seq, nil)
	if err != nil {
		t.Fatalf("revert: %v", err)
	}
	if diff := cmp.Diff(plain(t, k, r), plain(t, k, res.Record)); diff != "" {
		t.Errorf("the change was not taken back: %s", diff)
	}
	s.same(t, h, res.Record)
	s.kept(t, h, r.Base().ID, s.full(1))

	if res, err = h.Trash(ctx, h.Write(), k.Name, r.Base().ID, 3); err != nil || res.Record.Base().DeletedAt == nil {
		t.Fatalf("trash: %v", err)
	}
	s.same(t, h, res.Record)
	if res, err = h.Restore(ctx, h.Write(), k.Name, r.Base().ID, 4, repository.DropNone); err != nil || res.Record.Base().DeletedAt != nil {
		t.Fatalf("restore: %v", err)
	}
	if diff := cmp.Diff(plain(t, k, r), plain(t, k, res.Record)); diff != "" {
		t.Errorf("another record was restored: %s", diff)
	}

	changes, _, err = h.History(ctx, h.Write().Grant, k.Name, r.Base().ID, 0, 10)
	if err != nil {
		t.Fatal(err)
	}
	var actions []string
	for _, c := range changes {
		actions = append(actions, strings.TrimPrefix(c.Action, k.Name+"."))
		for _, language := range i18n.Languages() {
			if s.wordless {
				break
			}
			if record.Sentence(i18n.New(language, nil), k, c) == "" {
				t.Errorf("%s: nothing is said of %s", language, c.Action)
			}
		}
	}
	if diff := cmp.Diff([]string{"restore", "trash", "revert", "edit", "create"}, actions); diff != "" {
		t.Error(diff)
	}
}

// dropped leaves out of a patched record what a merge patch cannot take away: members of maps that the patch does not
// name.
func dropped(s *suite, doc map[string]any) map[string]any {
	for _, f := range s.kind.Fields {
		if f.Type != record.Map && f.Type != record.Values {
			continue
		}
		wanted, ok := s.value(f, 0).(map[string]any)
		members, there := doc[f.Name].(map[string]any)
		if ok && there {
			maps.DeleteFunc(members, func(name string, _ any) bool { return wanted[name] == nil })
		}
		if len(members) == 0 {
			delete(doc, f.Name)
		}
	}
	return doc
}

// same: what was answered is what is read.
func (s *suite) same(t *testing.T, h house, want record.Record) {
	t.Helper()
	got, err := h.Again().Get(t.Context(), h.Write().Grant, s.kind.Name, want.Base().ID)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(mustJSON(t, want), mustJSON(t, got)); diff != "" {
		t.Errorf("what was answered is not what is read: %s", diff)
	}
}

// kept: behind the masks lies what was sent.
func (s *suite) kept(t *testing.T, h house, id string, body map[string]any) {
	t.Helper()
	want := map[string]any{}
	canonical := plain(t, s.kind, s.checked(t, body))
	for _, f := range s.kind.Fields {
		if f.Class == policy.Sensitive && canonical[f.Name] != nil {
			want[f.Name] = canonical[f.Name]
		}
	}
	if values, ok := canonical["custom"].(map[string]any); ok {
		for _, f := range s.kind.OwnFields(s.custom()) {
			if f.Class == policy.Sensitive && values[f.Name] != nil {
				want[f.Path] = values[f.Name]
			}
		}
	}
	if len(want) == 0 {
		return
	}
	shown, err := h.Reveal(t.Context(), h.Write(), s.kind.Name, id, slices.Sorted(maps.Keys(want)))
	if err != nil {
		t.Fatal(err)
	}
	var got map[string]any
	if err := json.Unmarshal([]byte(mustJSON(t, shown)), &got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("behind the masks lies something else: %s", diff)
	}
}

// owners: a record of every kind that may own children gets one; while it lies in the trash nobody finds the child, and
// with it the child is there again.
func (s *suite) owners(t *testing.T) {
	h := s.house(t)
	ctx, g := t.Context(), h.Write().Grant
	for _, kind := range s.kind.Under {
		owner := s.refer(t, h, kind)[0]
		child := h.under(t, s.kind.Name, owner, mustJSON(t, s.minimal()))
		id := child.Base().ID
		if s.kind.Owner(id) != owner {
			t.Errorf("%s belongs to %s, not to %s", id, s.kind.Owner(id), owner)
		}
		s.same(t, h, child)
		around, err := h.Around(ctx, g, kind, owner)
		if err != nil || !slices.ContainsFunc(around.Children[s.kind.Name], func(r record.Record) bool { return r.Base().ID == id }) {
			t.Errorf("around a %s there is no %s: %v", kind, s.kind.Name, err)
		}
		if _, err := h.Trash(ctx, h.Write(), kind, owner, repository.AnyVersion); err != nil {
			t.Fatal(err)
		}
		if _, err := h.Get(ctx, g, s.kind.Name, id); !errors.Is(err, fault.NotFound) {
			t.Errorf("the %s of a %s in the trash is found: %v", s.kind.Name, kind, err)
		}
		if _, err := h.CreateUnder(ctx, h.Write(), s.kind.Name, owner, []byte(mustJSON(t, s.minimal()))); err == nil {
			t.Errorf("a %s was given to a %s in the trash", s.kind.Name, kind)
		}
		if _, err := h.Restore(ctx, h.Write(), kind, owner, repository.AnyVersion, repository.DropNone); err != nil {
			t.Fatal(err)
		}
		s.same(t, h, child)
	}
	if _, err := h.CreateUnder(ctx, h.Write(), s.kind.Name, s.kind.Prefix+"_1", []byte(mustJSON(t, s.minimal()))); !errors.Is(err, fault.NotFound) {
		t.Errorf("a %s belongs to nobody: %v", s.kind.Name, err)
	}
}

// fields: each field can be changed, emptied and taken back by itself, or is refused at its own path.
func (s *suite) fields(t *testing.T) {
	h := s.house(t)
	ctx, k := t.Context(), s.kind
	r := s.make(t, h, s.full(0))
	fields := k.Fields
	for _, own := range k.OwnFields(s.custom()) {
		fields = append(slices.Clip(fields), own)
	}
	for _, f := range fields {
		if f.System || f.Type == record.Values {
			continue
		}
		for what, value := range map[string]any{"changed": s.other(f), "emptied": nil} {
			before, err := h.Get(ctx, h.Write().Grant, k.Name, r.Base().ID)
			if err != nil {
				t.Fatal(err)
			}
			res, err := h.Patch(ctx, h.Write(), k.Name, r.Base().ID, before.Base().Version, []byte(mustJSON(t, patching(f, value))))
			if err != nil {
				fields := fault.From(err).Fields
				at := slices.ContainsFunc(fields, func(at fault.Field) bool {
					member, ok := k.Member(at.Path)
					return ok && member == f
				})
				if slices.Contains(tied[k.Name], f.Name) && len(fields) > 0 {
					continue
				}
				if !at || (what != "emptied" || !f.Required) && !slices.Contains(fixed[k.Name], f.Name) {
					t.Errorf("%s %s: %v", f.Name, what, err)
				}
				continue
			}
			if res.Record.Base().Version == before.Base().Version {
				continue // the sample is what it was, or the kind fills in what is empty
			}
			changes, _, err := h.History(ctx, h.Write().Grant, k.Name, r.Base().ID, 0, 1)
			if err != nil {
				t.Fatal(err)
			}
			res, err = h.Revert(ctx, h.Write(), k.Name, r.Base().ID, repository.AnyVersion, changes[0].Seq, nil)
			if err != nil {
				t.Fatalf("%s %s cannot be taken back: %v", f.Name, what, err)
			}
			if diff := cmp.Diff(plain(t, k, before), plain(t, k, res.Record)); diff != "" {
				t.Errorf("%s %s and taken back: %s", f.Name, what, diff)
			}
		}
	}
}

// other gives the second sample of a field, the organisation's own or not.
func (s *suite) other(f *record.Field) any {
	for _, own := range s.own() {
		if f.Own != nil && own.Name == f.Name {
			return s.ownValue(own, 1)
		}
	}
	return s.value(f, 1)
}

// patching gives one field a value.
func patching(f *record.Field, value any) map[string]any {
	if f.Own != nil {
		return map[string]any{"custom": map[string]any{f.Name: value}}
	}
	return map[string]any{f.Name: value}
}

// list: a record is found by every column that holds something of it.
func (s *suite) list(t *testing.T) {
	h := s.house(t)
	g, k := h.Write().Grant, s.kind
	before, err := h.List(t.Context(), g, k.Name, repository.Question{Limit: 10})
	if err != nil {
		t.Fatal(err)
	}
	r := s.make(t, h, s.full(1))
	ask := func(q repository.Question) []string {
		t.Helper()
		q.Limit = 10
		list, err := h.List(t.Context(), g, k.Name, q)
		if err != nil {
			t.Errorf("%+v: %v", q, err)
		}
		// Those that were there are the owners of what the record refers to.
		return slices.DeleteFunc(list.IDs, func(id string) bool { return slices.Contains(before.IDs, id) })
	}
	if got := ask(repository.Question{}); !slices.Equal(got, []string{r.Base().ID}) {
		t.Errorf("the list holds %v", got)
	}
	cfg, err := h.Config(t.Context(), g)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range k.Schema(cfg.Fields).Columns {
		if f, ok := k.Member(c.Path); ok && f.System && !f.Derived {
			continue // the samples set no system members
		}
		where := query.Term{Field: c.Path, Op: query.Filled}
		if inner, ok := k.Field(c.Path); ok && inner.Type == record.Flag && strings.Contains(c.Path, ".") {
			where = query.Term{Field: c.Path, Op: query.Is, Value: "true"}
		}
		if got := ask(repository.Question{Where: where}); !slices.Equal(got, []string{r.Base().ID}) {
			t.Errorf("%s finds %v", where.Field, got)
		}
		if c.Type == query.TypeFilled {
			continue // nobody sorts or counts by what they do not see
		}
		if c.Type != query.TypeFlag {
			if got := ask(repository.Question{Sort: []repository.Sort{{Path: c.Path, Down: true}}}); len(got) != 1 {
				t.Errorf("sorted by %s there is %v", c.Path, got)
			}
		}
		if got := ask(repository.Question{Facets: [][]string{{c.Path}}}); len(got) != 1 {
			t.Errorf("counted by %s there is %v", c.Path, got)
		}
	}
	if _, err := h.Trash(t.Context(), h.Write(), k.Name, r.Base().ID, 1); err != nil {
		t.Fatal(err)
	}
	if got := ask(repository.Question{}); len(got) != 0 {
		t.Errorf("the list holds what is in the trash: %v", got)
	}
	if got := ask(repository.Question{Text: "is:trashed"}); !slices.Equal(got, []string{r.Base().ID}) {
		t.Errorf("the trash holds %v", got)
	}
	if _, err := h.List(t.Context(), h.Grant(policy.Role("")), k.Name, repository.Question{Limit: 1}); err == nil {
		t.Error("somebody without rights lists them")
	}
}
