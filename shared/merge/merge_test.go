package merge_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/muster-crm/muster/shared/company"
	"github.com/muster-crm/muster/shared/contact"
	"github.com/muster-crm/muster/shared/family"
	"github.com/muster-crm/muster/shared/fault"
	"github.com/muster-crm/muster/shared/merge"
	"github.com/muster-crm/muster/shared/policy"
	"github.com/muster-crm/muster/shared/repository"
	"github.com/muster-crm/muster/shared/repository/repositorytest"
)

// house is a repository with its merges.
type house struct {
	*repositorytest.House
	merges *merge.Merges
}

func open(t testing.TB) house {
	h := repositorytest.Open(t, repositorytest.Options{})
	return house{h, merge.New(h.Repository)}
}

func (h house) person(body string) *contact.Contact {
	h.T.Helper()
	return h.Create("contact", body).(*contact.Contact)
}

func (h house) get(id string) *contact.Contact {
	h.T.Helper()
	rec, err := h.Get(h.T.Context(), h.Grant(policy.Owner), "contact", id)
	if err != nil {
		h.T.Fatal(err)
	}
	return rec.(*contact.Contact)
}

func (h house) patch(id, body string) {
	h.T.Helper()
	if _, err := h.Patch(h.T.Context(), h.Write(), "contact", id, repository.AnyVersion, []byte(body)); err != nil {
		h.T.Fatal(err)
	}
}

func (h house) merge(kind, main string, others ...string) *merge.Merge {
	h.T.Helper()
	told, _, err := h.merges.Do(h.T.Context(), h.Write(), merge.Request{Kind: kind, Main: main, Others: others})
	if err != nil {
		h.T.Fatal(err)
	}
	return told
}

func (h house) undo(told *merge.Merge) *merge.Merge {
	h.T.Helper()
	now, _, err := h.merges.Undo(h.T.Context(), h.Write(), told.ID, repository.DropNone)
	if err != nil {
		h.T.Fatal(err)
	}
	return now
}

// found lists the ids a question finds.
func (h house) found(kind, q string) []string {
	h.T.Helper()
	list, err := h.List(h.T.Context(), h.Grant(policy.Owner), kind, repository.Question{Text: q, Limit: 50, Count: true})
	if err != nil {
		h.T.Fatal(err)
	}
	if list.Total != len(list.IDs) {
		h.T.Errorf("%s counts %d and lists %d", q, list.Total, len(list.IDs))
	}
	slices.Sort(list.IDs)
	return list.IDs
}

// dump gives the live records as a backup would compare them.
func (h house) dump() map[string]string {
	h.T.Helper()
	all := map[string]string{}
	for id, raw := range h.Records() {
		var doc map[string]json.RawMessage
		if err := json.Unmarshal(raw, &doc); err != nil {
			h.T.Fatal(err)
		}
		if doc["deletedAt"] != nil {
			continue
		}
		for _, name := range []string{"version", "updatedAt", "updatedBy"} {
			delete(doc, name)
		}
		out, err := json.Marshal(doc)
		if err != nil {
			h.T.Fatal(err)
		}
		all[id] = string(out)
	}
	return all
}

const (
	jan  = `{"firstName":"Jan","lastName":"Peeters","emails":[{"address":"jan@example.org"}],"phones":[{"number":"0471 12 34 56"}],"tags":["board"],"externalIds":{"crm":"7"},"addresses":[{"town":"Gent"}]}`
	jean = `{"firstName":"Jean","lastName":"Peters","nickname":"Jeannot","birthDate":"1980-02-03","newsletter":true,"emails":[{"address":"jean@example.com"},{"address":"JAN@example.org"}],"phones":[{"number":"0472 12 34 56"}],"tags":["Board","choir"],"externalIds":{"crm":"8","shop":"9"},"addresses":[{"town":"Brugge"}]}`
	john = `{"firstName":"John","iban":"BE68539007547034","occupation":"baker"}`
)

func TestMerge(t *testing.T) {
	h := open(t)
	ctx, g := t.Context(), h.Grant(policy.Owner)
	a, b, c := h.person(jan), h.person(jean), h.person(john)
	fam := h.Create("family", `{"name":"Peeters","members":[{"contact":"`+b.ID+`"}]}`).Base().ID
	com := h.Create("company", `{"name":"Bakery","contacts":[{"contact":"`+c.ID+`"}]}`).Base().ID
	note, err := h.CreateUnder(ctx, h.Write(), "note", b.ID, []byte(`{"text":"sings"}`))
	if err != nil {
		t.Fatal(err)
	}
	before := h.dump()
	told := h.merge("contact", a.ID, b.ID, c.ID)
	if told.State() != merge.Done || told.Main != a.ID || !cmp.Equal(told.Others, []string{b.ID, c.ID}) {
		t.Errorf("%+v", told)
	}
	s := h.get(a.ID)
	if s.FirstName != "Jan" || s.Nickname != "Jeannot" || s.BirthDate != "1980-02-03" || s.Occupation != "baker" || s.Number != a.Number {
		t.Errorf("%+v", s)
	}
	if len(s.Emails) != 2 || len(s.Phones) != 2 || len(s.Addresses) != 2 || !cmp.Equal(s.Tags, []string{"board", "choir"}) || s.ExternalIDs["crm"] != "7" || s.ExternalIDs["shop"] != "9" {
		t.Errorf("%+v", s)
	}
	for _, id := range []string{b.ID, c.ID, "ext:crm:8", "ext:shop:9"} {
		if got := h.get(id); got.ID != a.ID {
			t.Errorf("%s leads to %s", id, got.ID)
		}
	}
	only := []string{a.ID}
	for _, q := range []string{"", b.ID, "id:" + b.ID, "jean@example.com", "email:jean@example.com", "number:2", "2", "0472123456", `ext:"crm:8"`, "8", `family:Peeters`, `company:Bakery`, "family:" + fam} {
		if q == b.ID {
			continue
		}
		if got := h.found("contact", q); !cmp.Equal(got, only) {
			t.Errorf("%q finds %v, not %v", q, got, only)
		}
	}
	for _, id := range []string{a.ID, b.ID} {
		if got := h.found("family", "members.contact:"+id); !cmp.Equal(got, []string{fam}) {
			t.Errorf("families of %s: %v", id, got)
		}
		if got := h.found("note", "owner:"+id); !cmp.Equal(got, []string{note.Record.Base().ID}) {
			t.Errorf("notes of %s: %v", id, got)
		}
		around, err := h.Around(ctx, g, "contact", id)
		if err != nil || around.Record.Base().ID != a.ID || around.Totals["note"] != 1 {
			t.Errorf("around %s: %+v, %v", id, around, err)
		}
		links, err := h.Linked(ctx, g, "contact", id)
		if err != nil || len(links) != 2 {
			t.Errorf("links of %s: %+v, %v", id, links, err)
		}
	}
	titles, err := h.Titles(ctx, g, b.ID)
	if err != nil || titles[b.ID].Title != "Jan Peeters" || titles[b.ID].ID != a.ID {
		t.Errorf("%+v, %v", titles, err)
	}
	if got := h.found("company", "contacts.contact.firstName:Jan"); !cmp.Equal(got, []string{com}) {
		t.Errorf("companies by the survivor's name: %v", got)
	}
	// Writes through an old id are the survivor's.
	h.patch(b.ID, `{"suffix":"jr"}`)
	if h.get(a.ID).Suffix != "jr" {
		t.Error("a write through an old id is lost")
	}
	h.patch(a.ID, `{"suffix":null}`)
	// In another process all of it is the same.
	fresh := house{h.Again(), nil}
	if got := fresh.found("contact", "jean@example.com"); !cmp.Equal(got, only) {
		t.Errorf("after a rebuild: %v", got)
	}
	undone := h.undo(told)
	if undone.State() != merge.Undone || len(undone.Conflicts) > 0 {
		t.Errorf("%+v", undone)
	}
	if diff := cmp.Diff(before, h.dump()); diff != "" {
		t.Errorf("merged and undone it is another: %s", diff)
	}
	if got := h.found("contact", "jean@example.com"); !cmp.Equal(got, []string{b.ID}) {
		t.Errorf("%v", got)
	}
	if _, _, err := h.merges.Undo(ctx, h.Write(), told.ID, ""); !errors.Is(err, fault.Conflict) || fault.From(err).Code != "not_merged" {
		t.Errorf("undone twice: %v", err)
	}
}

func TestUndoKeepsEdits(t *testing.T) {
	h := open(t)
	a, b := h.person(jan), h.person(jean)
	told := h.merge("contact", a.ID, b.ID)
	h.patch(a.ID, `{"nickname":"Jo","tags":["board","choir","new"]}`)
	now := h.undo(told)
	if !cmp.Equal(now.Conflicts, []string{"nickname", "tags"}) {
		t.Errorf("%v", now.Conflicts)
	}
	got := h.get(a.ID)
	if got.Nickname != "Jo" || !cmp.Equal(got.Tags, []string{"board", "new"}) || got.BirthDate != "" || len(got.Emails) != 1 {
		t.Errorf("%+v", got)
	}
	if got := h.get(b.ID); got.Nickname != "Jeannot" || len(got.Emails) != 2 {
		t.Errorf("%+v", got)
	}
}

// Merges of one record are undone in any order, and of a chain in any order too.
func TestAnyOrder(t *testing.T) {
	for name, order := range map[string][]int{"forth": {0, 1}, "back": {1, 0}} {
		for _, chain := range []bool{false, true} {
			h := open(t)
			a, b, c := h.person(john), h.person(jean), h.person(jan)
			before := h.dump()
			choose := func(main, other string) *merge.Merge {
				told, _, err := h.merges.Do(t.Context(), h.Write(), merge.Request{Kind: "contact", Main: main, Others: []string{other},
					Choices: map[string]string{"firstName": other, "tags": other}})
				if err != nil {
					t.Fatal(err)
				}
				return told
			}
			told := []*merge.Merge{choose(a.ID, b.ID)}
			if chain {
				told = append(told, choose(c.ID, a.ID))
				if h.get(b.ID).ID != c.ID || h.get(b.ID).FirstName != "Jean" {
					t.Errorf("%+v", h.get(b.ID))
				}
			} else {
				told = append(told, choose(a.ID, c.ID))
			}
			for _, i := range order {
				if now := h.undo(told[i]); len(now.Conflicts) > 0 {
					t.Errorf("%s %v: %v", name, chain, now.Conflicts)
				}
			}
			if diff := cmp.Diff(before, h.dump()); diff != "" {
				t.Errorf("%s %v: %s", name, chain, diff)
			}
		}
	}
}

func TestCompaniesAndFamilies(t *testing.T) {
	h := open(t)
	p, q := h.person(jan), h.person(john)
	before := h.dump()
	x := h.Create("company", `{"name":"A","taxNumber":"BE 0403.170.701","contacts":[{"contact":"`+p.ID+`"}]}`).Base().ID
	y := h.Create("company", `{"name":"B","taxNumber":"BE 0404.616.494","website":"example.org","contacts":[{"contact":"`+p.ID+`"},{"contact":"`+q.ID+`"}]}`).Base().ID
	f := h.Create("family", `{"name":"F","members":[{"contact":"`+p.ID+`"}]}`).Base().ID
	g := h.Create("family", `{"name":"G","members":[{"contact":"`+q.ID+`"},{"contact":"`+p.ID+`"}]}`).Base().ID
	_ = before
	before = h.dump()
	c, d := h.merge("company", x, y), h.merge("family", f, g)
	rec, err := h.Get(t.Context(), h.Grant(policy.Owner), "company", y)
	if com := rec.(*company.Company); err != nil || com.ID != x || len(com.Contacts) != 2 || com.Website == "" {
		t.Errorf("%+v, %v", com, err)
	}
	if got := h.found("company", "vat:\"BE 0404.616.494\""); !cmp.Equal(got, []string{x}) {
		t.Errorf("%v", got)
	}
	if got := h.found("contact", "company:A"); len(got) != 2 {
		t.Errorf("%v", got)
	}
	h.undo(c)
	h.undo(d)
	if diff := cmp.Diff(before, h.dump()); diff != "" {
		t.Error(diff)
	}
}

// Records that name a merged one are shown naming the survivor; sending that back changes nothing, and undoing the merge
// finds who was named.
func TestReferences(t *testing.T) {
	h := open(t)
	ctx, g := t.Context(), h.Grant(policy.Owner)
	a, b, c := h.person(john), h.person(jean), h.person(jan)
	f := h.Create("family", `{"name":"F","members":[{"contact":"`+b.ID+`"},{"contact":"`+a.ID+`"}]}`)
	before := h.dump()
	told := h.merge("contact", a.ID, b.ID)
	rec, err := h.Get(ctx, g, "family", f.Base().ID)
	if err != nil {
		t.Fatal(err)
	}
	shown := rec.(*family.Family)
	if !cmp.Equal(shown.Contacts(), []string{a.ID, a.ID}) {
		t.Errorf("shown with %v", shown.Contacts())
	}
	list, err := h.List(ctx, g, "family", repository.Question{Limit: 1})
	if err != nil || len(list.Items) != 1 || bytes.Contains(list.Items[0], []byte(b.ID)) {
		t.Errorf("listed as %s, %v", list.Items, err)
	}
	back, err := json.Marshal(map[string]any{"members": shown.Members})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := h.Patch(ctx, h.Write(), "family", f.Base().ID, shown.Version, back); err != nil {
		t.Fatal(err)
	}
	if rec, err = h.Get(ctx, g, "family", f.Base().ID); err != nil || rec.Base().Version != shown.Version {
		t.Errorf("what was shown, sent back, is another: %+v, %v", rec, err)
	}
	// Who is named anew by an old id is the survivor, and stays so.
	other := h.Create("family", `{"name":"G","members":[{"contact":"`+b.ID+`"},{"contact":"`+c.ID+`"}]}`).(*family.Family)
	if !cmp.Equal(other.Contacts(), []string{a.ID, c.ID}) {
		t.Errorf("named anew: %v", other.Contacts())
	}
	h.undo(told)
	got := h.dump()
	delete(got, other.ID)
	if diff := cmp.Diff(before, got); diff != "" {
		t.Error(diff)
	}
}
