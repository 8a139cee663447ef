package repository_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/muster-crm/muster/shared/fault"
	"github.com/muster-crm/muster/shared/policy"
	"github.com/muster-crm/muster/shared/query"
	"github.com/muster-crm/muster/shared/repository"
	"github.com/muster-crm/muster/shared/repository/repositorytest"
	"github.com/muster-crm/muster/shared/saved"
)

// by makes a write of somebody in a role.
func by(h *repositorytest.House, role policy.Role) repository.Write {
	return repository.Write{Grant: h.Grant(role)}
}

// save makes a saved search of somebody in a role.
func save(t *testing.T, h *repositorytest.House, role policy.Role, name, text string, roles ...string) *saved.Search {
	t.Helper()
	shared := ""
	if len(roles) > 0 {
		shared = `,"roles":["` + strings.Join(roles, `","`) + `"]`
	}
	res, err := h.Repository.Create(t.Context(), by(h, role), saved.Name, []byte(fmt.Sprintf(`{"name":%q,"for":"contact","query":%q%s}`, name, text, shared)))
	if err != nil {
		t.Fatal(name, err)
	}
	return res.Record.(*saved.Search)
}

// A saved search is a question like any other: it is answered as things are now, under the rights of whoever asks.
func TestSavedSearches(t *testing.T) {
	h := repositorytest.Open(t, repositorytest.Options{})
	jan := h.Create("contact", `{"firstName":"Jan","lastName":"Peeters","tags":["board"],"iban":"BE68539007547034"}`).Base().ID
	h.Create("contact", `{"firstName":"An","lastName":"Peeters","tags":["vip"]}`)
	board := save(t, h, policy.Owner, "Board", "tag:board")
	both := save(t, h, policy.Owner, "Both", `search:Board OR tag:vip`)
	find := func(role policy.Role, text string) string {
		t.Helper()
		list, err := h.List(t.Context(), h.Grant(role), "contact", repository.Question{Text: text, Limit: 10, Count: true})
		if err != nil {
			f := fault.From(err)
			if len(f.Fields) > 0 {
				return f.Fields[0].Code
			}
			return f.Code
		}
		return fmt.Sprint(list.Total)
	}
	for text, want := range map[string]string{"search:" + board.ID: "1", `search:"Board" an`: "0", "search:Both": "2", "-search:Both": "0", "search:" + both.ID + " tag:vip": "1", "search:nothing": "bad_value"} {
		if got := find(policy.Owner, text); got != want {
			t.Errorf("%s finds %s, want %s", text, got, want)
		}
	}
	h.Create("contact", `{"firstName":"Els","lastName":"Claes","tags":["board"]}`)
	if got := find(policy.Owner, "search:Both"); got != "3" {
		t.Errorf("a record made since: %s", got)
	}
	if got := find(policy.Admin, "search:"+board.ID); got != "bad_value" {
		t.Errorf("another's private search: %s", got)
	}
	t.Run("as structured filter, count, facet and everywhere at once", func(t *testing.T) {
		filter, err := query.JSON(query.Term{Field: "search", Op: query.Is, Value: board.ID})
		if err != nil {
			t.Fatal(err)
		}
		list, err := h.List(t.Context(), h.Grant(policy.Owner), "contact", repository.Question{Filter: filter, Count: true, Facets: [][]string{{"tags"}}})
		if err != nil || list.Total != 2 || len(list.Facets[0]) != 1 {
			t.Errorf("%+v %v", list, err)
		}
		ids, _, err := h.Matching(t.Context(), h.Grant(policy.Owner), "contact", repository.Question{Text: "search:Board", Limit: 10})
		if err != nil || len(ids) != 2 {
			t.Errorf("%v %v", ids, err)
		}
		still, err := h.Still(t.Context(), h.Grant(policy.Owner))
		if err != nil {
			t.Fatal(err)
		}
		var rows []string
		if err := still.Each("contact", repository.Question{Text: "search:Board jan"}, func(r repository.Row) error { rows = append(rows, r.ID); return nil }); err != nil || !cmp.Equal(rows, []string{jan}) {
			t.Errorf("%v %v", rows, err)
		}
	})
	t.Run("of a field the reader may not see it finds nothing out", func(t *testing.T) {
		save(t, h, policy.Owner, "Discount", "discount>0", "editor", "reader")
		if got, want := find(policy.Reader, "search:Discount"), find(policy.Reader, "discount>0"); got != want || want != "unknown_field" {
			t.Errorf("%s, and without the search %s", got, want)
		}
		if got := find(policy.Editor, "search:Discount"); got != "0" {
			t.Errorf("%s", got)
		}
	})
}

// What is private is not there for others, whatever they do with it.
func TestPrivateSearches(t *testing.T) {
	h := repositorytest.Open(t, repositorytest.Options{})
	mine := save(t, h, policy.Editor, "Mine", "tag:x")
	shared := save(t, h, policy.Editor, "Ours", "tag:y", "reader")
	try := func(role policy.Role, id string) string {
		t.Helper()
		var outcomes []string
		note := func(err error) {
			if err == nil {
				outcomes = append(outcomes, "ok")
			} else {
				outcomes = append(outcomes, fault.From(err).Code)
			}
		}
		w := by(h, role)
		_, err := h.Get(t.Context(), w.Grant, saved.Name, id)
		note(err)
		_, _, err = h.History(t.Context(), w.Grant, saved.Name, id, 0, 10)
		note(err)
		titles, err := h.Titles(t.Context(), w.Grant, id)
		if err == nil && titles[id].Title == "" {
			err = fault.New(fault.NotFound, "untitled")
		}
		note(err)
		found, err := h.Read(t.Context(), w.Grant, saved.Name, []string{id})
		if err == nil && len(found) == 0 {
			err = fault.New(fault.NotFound, "unread")
		}
		note(err)
		_, err = h.Patch(t.Context(), w, saved.Name, id, repository.AnyVersion, []byte(`{"query":"tag:`+string(role)+`"}`))
		note(err)
		_, err = h.Trash(t.Context(), w, saved.Name, id, repository.AnyVersion)
		note(err)
		if err == nil {
			_, err = h.Restore(t.Context(), w, saved.Name, id, repository.AnyVersion, repository.DropNone)
			note(err)
		}
		return strings.Join(outcomes, " ")
	}
	for _, c := range []struct {
		role policy.Role
		id   string
		want string
	}{
		{policy.Editor, mine.ID, "ok ok ok ok ok ok ok"},
		{policy.Owner, mine.ID, "not_found not_found untitled unread not_found not_found"},
		{policy.Reader, mine.ID, "not_found not_found untitled unread not_found not_found"},
		{policy.Editor, shared.ID, "ok ok ok ok ok ok ok"},
		{policy.Reader, shared.ID, "ok ok ok ok denied denied"},
		{policy.Owner, shared.ID, "ok ok ok ok ok ok ok"},
	} {
		if got := try(c.role, c.id); got != c.want {
			t.Errorf("%s with %s: %s, want %s", c.role, c.id, got, c.want)
		}
	}
	t.Run("who only reads has searches too, and shares none", func(t *testing.T) {
		own := save(t, h, policy.Reader, "Own", "tag:z")
		if got := try(policy.Reader, own.ID); got != "ok ok ok ok ok ok ok" {
			t.Error(got)
		}
		_, err := h.Patch(t.Context(), by(h, policy.Reader), saved.Name, own.ID, repository.AnyVersion, []byte(`{"roles":["editor"]}`))
		if !errors.Is(err, fault.Denied) {
			t.Errorf("shared: %v", err)
		}
		if _, err := h.Repository.Create(t.Context(), by(h, policy.Reader), "contact", []byte(`{"firstName":"x"}`)); !errors.Is(err, fault.Denied) {
			t.Errorf("a reader made a contact: %v", err)
		}
	})
	t.Run("not in another organisation", func(t *testing.T) {
		other := h.Organisation()
		if _, err := other.Get(t.Context(), other.Grant(policy.Editor), saved.Name, shared.ID); !errors.Is(err, fault.NotFound) {
			t.Error(err)
		}
	})
}

// A search that others use is not deleted, and they are named; when two things happen at once, one of them learns of the
// other.
func TestSearchesInUse(t *testing.T) {
	h := repositorytest.Open(t, repositorytest.Options{})
	base := save(t, h, policy.Owner, "Base", "tag:x", "admin", "editor")
	save(t, h, policy.Editor, "Secret", "search:Base jan")
	one := save(t, h, policy.Owner, "One", "-search:Base")
	_, err := h.Trash(t.Context(), by(h, policy.Owner), saved.Name, base.ID, repository.AnyVersion)
	f := fault.From(err)
	if !errors.Is(err, fault.Conflict) || f.Code != "search_in_use" || f.Args["n"] != "2" || f.Args["names"] != "One, …" ||
		!cmp.Equal(f.Clashes, []fault.Clash{{ID: one.ID, Field: "uses", Title: "One"}}) {
		t.Errorf("%v %+v", err, f)
	}
	if _, err := h.Trash(t.Context(), by(h, policy.Owner), saved.Name, one.ID, repository.AnyVersion); err != nil {
		t.Error(err)
	}
	if _, err := h.Patch(t.Context(), by(h, policy.Owner), saved.Name, base.ID, repository.AnyVersion, []byte(`{"query":"search:One"}`)); fault.From(err).Fields[0].Code != "bad_value" {
		t.Errorf("one in the trash can be used: %v", err)
	}
	done := make(chan error, 2)
	last := save(t, h, policy.Owner, "Last", "tag:x")
	go func() {
		_, err := h.Trash(t.Context(), by(h, policy.Owner), saved.Name, last.ID, repository.AnyVersion)
		done <- err
	}()
	go func() {
		_, err := h.Again().Repository.Create(t.Context(), by(h, policy.Owner), saved.Name, []byte(`{"name":"User","for":"contact","query":"search:Last"}`))
		done <- err
	}()
	refusals := 0
	for range 2 {
		if err := <-done; err != nil {
			refusals++
		}
	}
	if refusals != 1 {
		t.Errorf("%d of two that cannot both be were refused", refusals)
	}
}

// No order of changes makes searches stand for each other.
func TestSearchesHaveNoCircle(t *testing.T) {
	h := repositorytest.Open(t, repositorytest.Options{})
	a := save(t, h, policy.Owner, "A", "tag:a")
	b := save(t, h, policy.Owner, "B", "search:A")
	c := save(t, h, policy.Owner, "C", "search:B OR tag:c")
	for _, id := range []string{a.ID, b.ID, c.ID} {
		_, err := h.Patch(t.Context(), by(h, policy.Owner), saved.Name, a.ID, repository.AnyVersion, []byte(`{"query":"search:`+id+`"}`))
		f := fault.From(err)
		if f == nil || len(f.Fields) != 1 || f.Fields[0].Path != "query" || f.Fields[0].Code != saved.Cycle {
			t.Errorf("%s: %v", id, err)
		}
	}
	list, err := h.List(t.Context(), h.Grant(policy.Owner), "contact", repository.Question{Text: "search:C", Count: true})
	if err != nil || list.Total != 0 {
		t.Error(list.Total, err)
	}
	cfg, err := h.Config(t.Context(), h.Grant(policy.Owner))
	if err != nil || !slices.ContainsFunc(cfg.Searches, func(s *saved.Search) bool { return s.ID == c.ID && cmp.Equal(s.Uses, []string{b.ID}) }) {
		t.Errorf("%+v %v", cfg.Searches, err)
	}
}
