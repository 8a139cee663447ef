package repository_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/muster-crm/muster/shared/fault"
	"github.com/muster-crm/muster/shared/policy"
	"github.com/muster-crm/muster/shared/product"
	"github.com/muster-crm/muster/shared/query"
	"github.com/muster-crm/muster/shared/record"
	"github.com/muster-crm/muster/shared/repository"
	"github.com/muster-crm/muster/shared/repository/repositorytest"
)

// secret is a kind with a field of every class.
type secret struct {
	record.Meta
	Name    string  `json:"name,omitempty" field:"required,find=words"`
	Phone   string  `json:"phone,omitempty" field:"class=contact"`
	Balance int     `json:"balance,omitempty" field:"class=finance"`
	Account string  `json:"account,omitempty" field:"class=sensitive"`
	Papers  *papers `json:"papers,omitempty" field:"class=sensitive"`
}

type papers struct {
	Number string `json:"number,omitempty"`
}

func (s *secret) Title() string { return s.Name }

// Keys makes the sensitive value unique.
func (s *secret) Keys() []record.Key {
	if s.Account == "" {
		return nil
	}
	return []record.Key{{Name: "account", Path: "account", Value: s.Account}}
}

// Drop removes it.
func (s *secret) Drop(record.Key) { s.Account = "" }

func secrets(t *testing.T) house {
	kinds := record.NewRegistry(append(product.Kinds().Kinds(), record.Define[secret]("secret", "secrets", "sec"))...)
	return house{repositorytest.Open(t, repositorytest.Options{Kinds: kinds})}
}

const wholeSecret = `{"name":"Jan","phone":"1","balance":2,"account":"BE00000123","papers":{"number":"NL1234567"}}`

// members lists the members of a record that are no system members.
func members(t *testing.T, r record.Record) string {
	t.Helper()
	var doc map[string]json.RawMessage
	if err := json.Unmarshal([]byte(mustJSON(t, r)), &doc); err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, name := range []string{"name", "phone", "balance", "account", "papers"} {
		if _, ok := doc[name]; ok {
			all = append(all, name)
		}
	}
	return strings.Join(all, " ")
}

// readable says by hand what of a record a role sees.
var readable = map[policy.Role]string{
	policy.Owner: "name phone balance account papers", policy.Admin: "name phone balance account papers",
	policy.Editor: "name phone balance account papers", policy.Reader: "name phone account papers",
}

func TestClassesAreHidden(t *testing.T) {
	h := secrets(t)
	s := h.Create("secret", wholeSecret)
	id := s.Base().ID
	for role, want := range readable {
		g := h.Grant(role)
		got, err := h.Get(t.Context(), g, "secret", id)
		if err != nil || members(t, got) != want {
			t.Errorf("%s reads %s, %v", role, members(t, got), err)
		}
		list, err := h.Read(t.Context(), g, "secret", []string{id, "sec_nobody"})
		if err != nil || len(list) != 1 || members(t, list[0]) != want {
			t.Errorf("%s reads in a list %+v, %v", role, list, err)
		}
		changes, _, err := h.History(t.Context(), g, "secret", id, 0, 10)
		if err != nil {
			t.Fatal(err)
		}
		var fields []string
		for _, f := range changes[0].Fields {
			fields = append(fields, f.Field)
		}
		if strings.Join(fields, " ") != want {
			t.Errorf("%s reads in the history %v", role, fields)
		}
		found, err := h.List(t.Context(), g, "secret", repository.Question{Limit: 10})
		if err != nil || len(found.Items) != 1 || strings.Contains(string(found.Items[0]), "123") || strings.Contains(string(found.Items[0]), "balance") != strings.Contains(want, "balance") {
			t.Errorf("%s finds %s, %v", role, found.Items, err)
		}
	}
	var nobody policy.Grant
	nobody = nobody.In(h.Tenant)
	if _, err := h.Get(t.Context(), nobody, "secret", id); !errors.Is(err, fault.Denied) {
		t.Errorf("nobody reads: %v", err)
	}
	if _, _, err := h.History(t.Context(), nobody, "secret", id, 0, 1); !errors.Is(err, fault.Denied) {
		t.Errorf("nobody reads the history: %v", err)
	}
	if _, err := h.List(t.Context(), nobody, "secret", repository.Question{Limit: 10}); !errors.Is(err, fault.Denied) {
		t.Errorf("nobody lists: %v", err)
	}
}

func TestClassesAreNotWritten(t *testing.T) {
	h := secrets(t)
	id := h.Create("secret", wholeSecret).Base().ID
	editor := h.as(policy.Editor)
	for body, want := range map[string]string{
		`{"name":"Mia"}`:                          "done",
		`{"balance":3}`:                           "done",
		`{"account":"BE9"}`:                       "denied, account denied",
		`{"account":null,"papers":null}`:          "denied, account denied, papers denied",
		`{"name":"Eva","papers":{"number":null}}`: "denied, papers denied",
		`{"account":"BE00000123"}`:                "done", // what it is already
		`{"papers":{"number":"NL1234567"}}`:       "done",
		`{"papers":{"number":"•••567"}}`:          "done", // what they are shown
		`{"account":"•••123"}`:                    "done",
		`{"account":"•••124"}`:                    "invalid, account masked",
		`{"name":"Ann","account":"BE\n00000123"}`: "denied, account denied",
	} {
		res, err := h.Patch(t.Context(), editor, "secret", id, anyVersion, []byte(body))
		if told(err) != want {
			t.Errorf("%s: %s, want %s", body, told(err), want)
		}
		if err == nil && members(t, res.Record) != readable[policy.Editor] {
			t.Errorf("%s answers %s", body, members(t, res.Record))
		}
	}
	if _, err := h.Repository.Create(t.Context(), editor, "secret", []byte(`{"name":"Mia","account":"BE7"}`)); told(err) != "denied, account denied" {
		t.Errorf("%s", told(err))
	}
	if _, err := h.Repository.Create(t.Context(), editor, "secret", []byte(`{"name":"Mia","balance":7}`)); err != nil {
		t.Errorf("%s", told(err))
	}
	// What they may not see stays as it is when they trash and restore.
	if _, err := h.Trash(t.Context(), editor, "secret", id, anyVersion); err != nil {
		t.Fatal(err)
	}
	if res, err := h.Restore(t.Context(), editor, "secret", id, anyVersion, repository.DropNone); err != nil || members(t, res.Record) != readable[policy.Editor] {
		t.Errorf("%+v, %v", res, err)
	}
	whole, err := h.Get(t.Context(), h.Grant(policy.Owner), "secret", id)
	if err != nil || members(t, whole) != readable[policy.Owner] {
		t.Errorf("%s, %v", members(t, whole), err)
	}
}

// A restoration may not drop what the caller may not write, and a revert takes back what the caller sees alone.
func TestClassesInRestoreAndRevert(t *testing.T) {
	h := secrets(t)
	id := h.Create("secret", wholeSecret).Base().ID
	if _, err := h.Trash(t.Context(), h.Write(), "secret", id, anyVersion); err != nil {
		t.Fatal(err)
	}
	other := h.Create("secret", `{"name":"Piet","account":"BE00000123"}`)
	for _, drop := range []repository.Drop{repository.DropRestored, repository.DropHolder} {
		if _, err := h.Restore(t.Context(), h.as(policy.Editor), "secret", id, anyVersion, drop); told(err) != "denied, account denied" {
			t.Errorf("%s: %s", drop, told(err))
		}
	}
	if _, err := h.Restore(t.Context(), h.Write(), "secret", id, anyVersion, repository.DropRestored); err != nil {
		t.Fatal(err)
	}
	if _, err := h.Patch(t.Context(), h.Write(), "secret", id, anyVersion, []byte(`{"name":"Mia","papers":{"number":"NL7654321"}}`)); err != nil {
		t.Fatal(err)
	}
	changes, _, err := h.History(t.Context(), h.Grant(policy.Editor), "secret", id, 0, 1)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := h.Revert(t.Context(), h.as(policy.Editor), "secret", id, anyVersion, changes[0].Seq, []string{"papers"}); told(err) != "denied, papers denied" {
		t.Errorf("%s", told(err))
	}
	if _, err := h.Revert(t.Context(), h.as(policy.Editor), "secret", id, anyVersion, changes[0].Seq, nil); err != nil {
		t.Fatal(err)
	}
	whole, err := h.Get(t.Context(), h.Grant(policy.Owner), "secret", id)
	if err != nil {
		t.Fatal(err)
	}
	if s := whole.(*secret); s.Name != "Jan" || s.Papers.Number != "•••321" {
		t.Errorf("%+v", s)
	}
	_ = other
}

// A kept answer shows what the caller may see today.
func TestKeptAnswersAreHidden(t *testing.T) {
	h := secrets(t)
	id := h.Create("secret", wholeSecret).Base().ID
	w := h.keyed("k", "b")
	w.Grant = h.Grant(policy.Editor)
	for n := range 2 {
		res, err := h.Patch(t.Context(), w, "secret", id, 1, []byte(`{"name":"Mia"}`))
		if err != nil || members(t, res.Record) != readable[policy.Editor] || res.Replayed != (n == 1) {
			t.Errorf("answer %d: %+v, %v", n, res, err)
		}
	}
	_, err := h.Patch(t.Context(), h.as(policy.Editor), "secret", id, 1, []byte(`{"name":"Eva"}`))
	if now, ok := fault.From(err).Current.(*secret); !ok || members(t, now) != readable[policy.Editor] {
		t.Errorf("a stale write is shown %+v", fault.From(err).Current)
	}
}

// TestActionsNeedRights: what each role is told when it does something to a contact.
func TestActionsNeedRights(t *testing.T) {
	for role, want := range map[policy.Role]string{
		policy.Owner: "create patch trash restore revert upsert many dry", policy.Admin: "create patch trash restore revert upsert many dry",
		policy.Editor: "create patch trash restore revert upsert many dry", policy.Reader: "", "stranger": "",
	} {
		t.Run(string(role), func(t *testing.T) {
			h := open(t)
			c := h.contact(`{"firstName":"Jan"}`)
			h.mustPatch(c.ID, `{"lastName":"x"}`)
			seq := h.history(c.ID)[0].Seq
			gone := h.contact(`{"firstName":"Piet"}`)
			h.trash(gone.ID)
			w := h.as(role)
			ctx := t.Context()
			var done []string
			note := func(name string, err error) {
				switch {
				case err == nil:
					done = append(done, name)
				case !errors.Is(err, fault.Denied):
					t.Errorf("%s: %v", name, err)
				}
			}
			_, err := h.Repository.Create(ctx, w, "contact", []byte(`{"firstName":"a"}`))
			note("create", err)
			_, err = h.Patch(ctx, w, "contact", c.ID, anyVersion, []byte(`{"nickname":"a"}`))
			note("patch", err)
			trashing := h.contact(`{"firstName":"Mia"}`)
			_, err = h.Trash(ctx, w, "contact", trashing.ID, anyVersion)
			note("trash", err)
			_, err = h.Restore(ctx, w, "contact", gone.ID, anyVersion, repository.DropNone)
			note("restore", err)
			_, err = h.Revert(ctx, w, "contact", c.ID, anyVersion, seq, nil)
			note("revert", err)
			_, err = h.Upsert(ctx, w, "contact", "shop", "1", anyVersion, []byte(`{"firstName":"a"}`))
			note("upsert", err)
			_, err = h.CreateMany(ctx, w, "contact", nil, nil)
			note("many", err)
			_, err = h.DryRun(ctx, w, "contact")
			note("dry", err)
			if diff := cmp.Diff(want, strings.Join(done, " ")); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// Settings and own fields are written by those who manage the organisation.
func TestManagedKinds(t *testing.T) {
	h := blocking(t)
	field := h.Create("field", `{"for":"contact","name":"size","label":"Size","type":"text"}`)
	for role, want := range map[policy.Role]string{policy.Owner: "done", policy.Admin: "done", policy.Editor: "denied, denied", policy.Reader: "denied, denied"} {
		w := h.as(role)
		if _, err := h.Patch(t.Context(), w, "settings", "settings", anyVersion, []byte(body(`{"name":%q}`, role))); told(err) != want {
			t.Errorf("%s writes the settings: %s", role, told(err))
		}
		if _, err := h.Patch(t.Context(), w, "field", field.Base().ID, anyVersion, []byte(body(`{"label":%q}`, role))); told(err) != want {
			t.Errorf("%s writes a field: %s", role, told(err))
		}
		if _, err := h.Get(t.Context(), w.Grant, "settings", "settings"); err != nil {
			t.Errorf("%s does not read the settings: %v", role, err)
		}
	}
}

// The list of the trash is for those who may restore.
func TestTrashIsListedForThoseWhoRestore(t *testing.T) {
	h := open(t)
	h.trash(h.contact(`{"firstName":"Jan"}`).ID)
	h.contact(`{"firstName":"Piet"}`)
	for role, want := range map[policy.Role]int{policy.Owner: 1, policy.Editor: 1, policy.Reader: -1} {
		for name, q := range map[string]repository.Question{
			"text":   {Text: "is:trashed", Limit: 10},
			"parsed": {Where: query.And{query.Term{Field: query.State, Op: query.Is, Value: query.Trashed}}, Limit: 10},
		} {
			list, err := h.List(t.Context(), h.Grant(role), "contact", q)
			if n := len(list.IDs); want < 0 && !errors.Is(err, fault.Denied) || want > 0 && (err != nil || n < want) {
				t.Errorf("%s asks by %s: %d, %v", role, name, n, err)
			}
		}
		if list, err := h.List(t.Context(), h.Grant(role), "contact", repository.Question{Limit: 10, Count: true}); err != nil || list.Total != 1 {
			t.Errorf("%s: %d, %v", role, list.Total, err)
		}
	}
}
