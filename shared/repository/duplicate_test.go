package repository_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/muster-crm/muster/shared/dedupe"
	"github.com/muster-crm/muster/shared/fault"
	"github.com/muster-crm/muster/shared/policy"
	"github.com/muster-crm/muster/shared/repository"
	"github.com/muster-crm/muster/shared/repository/repositorytest"
)

const (
	greet     = `{"firstName":"Margaretha","lastName":"Yserbyt","birthDate":"1984-03-07","addresses":[{"street":"Watermolenlaan","number":"12","postcode":"9050","town":"Gent"}],"iban":"BE68539007547034"}`
	greetToo  = `{"firstName":"Greet","lastName":"Iserbyt","birthDate":"1984-07-03","addresses":[{"street":"Watermolenln.","number":"12","postcode":"9050","town":"Gent"}]}`
	namesake  = `{"firstName":"Margaretha","lastName":"Yserbyt"}`
	elsewhere = `{"firstName":"Piet","lastName":"Claes","iban":"BE68539007547034"}`
)

func make1(t *testing.T, h *repositorytest.House, kind, body string, guard bool) (string, error) {
	t.Helper()
	res, err := h.Repository.Create(t.Context(), repository.Write{Grant: h.Grant(policy.Owner), Guard: guard}, kind, []byte(body))
	if err != nil {
		return "", err
	}
	return res.Record.Base().ID, nil
}

func must(t *testing.T, h *repositorytest.House, body string) string {
	t.Helper()
	id, err := make1(t, h, "contact", body, false)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// A record that is the same as one there is is refused where somebody asks for that, and only then (API-07).
func TestGuard(t *testing.T) {
	h := repositorytest.Open(t, repositorytest.Options{})
	first := must(t, h, greet)
	_, err := make1(t, h, "contact", greetToo, true)
	f := fault.From(err)
	if !errors.Is(err, fault.Conflict) || f.Code != repository.Duplicate || len(f.Clashes) != 1 || f.Clashes[0].ID != first || f.Clashes[0].Title != "Margaretha Yserbyt" {
		t.Fatalf("%v %+v", err, f.Clashes)
	}
	for name, body := range map[string]string{"of the same name alone": namesake, "with nothing but the account in common": elsewhere} {
		if _, err := make1(t, h, "contact", body, true); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := make1(t, h, "contact", `{"lastName":"Yserbyt"}`, true); !errors.Is(err, fault.Invalid) {
		t.Errorf("a record with a mistake is judged before its rules: %v", err)
	}
	if _, err := make1(t, h, "contact", greetToo, false); err != nil {
		t.Errorf("confirmed: %v", err)
	}
	if _, err := make1(t, h, "company", `{"name":"Drukkerij Yserbyt BV","taxNumber":"BE0123456749"}`, true); err != nil {
		t.Fatal(err)
	}
	if _, err := make1(t, h, "company", `{"name":"Drukkerij Yserbyt","taxNumber":"BE0123456749"}`, true); fault.From(err).Code != repository.Duplicate {
		t.Errorf("the same company: %v", err)
	}
	if _, err := make1(t, h.Organisation(), "contact", greet, true); err != nil {
		t.Errorf("in another organisation: %v", err)
	}
}

// Who reads less is told less: what is hidden adds nothing to a score.
func TestAlikeByRights(t *testing.T) {
	h := repositorytest.Open(t, repositorytest.Options{})
	must(t, h, greet)
	found, err := h.Alike(t.Context(), h.Grant(policy.Reader), "contact", []byte(greetToo))
	if err != nil || len(found) != 1 || found[0].Level != dedupe.Same {
		t.Fatalf("%+v, %v", found, err)
	}
	if fields := reasons(found[0].Score); !slices.Contains(fields, "birthDate") || !slices.Contains(fields, "street") {
		t.Errorf("reasons %q", fields)
	}
	if _, err := h.Alike(t.Context(), h.Grant("stranger"), "contact", []byte(greetToo)); !errors.Is(err, fault.Denied) {
		t.Errorf("somebody without rights: %v", err)
	}
	if found, err := h.Alike(t.Context(), h.Grant(policy.Owner), "contact", []byte(elsewhere)); err != nil || len(found) > 0 {
		t.Errorf("the bank account tells: %+v, %v", found, err)
	}
	for _, half := range []string{`{}`, `{"firstName":"M"}`, `{"birthDate":"1984-99-99","phones":[{"number":"0"}],"emails":[{"address":""}],"addresses":[{}]}`} {
		if found, err := h.Alike(t.Context(), h.Grant(policy.Owner), "contact", []byte(half)); err != nil || len(found) > 0 {
			t.Errorf("%s: %+v, %v", half, found, err)
		}
	}
}

func reasons(s dedupe.Score) (fields []string) {
	for _, r := range s.Reasons {
		fields = append(fields, r.Field)
	}
	return fields
}

// A pair that is no duplicate is not offered again until one of its scored fields changes (DUP-09).
func TestDismiss(t *testing.T) {
	h := repositorytest.Open(t, repositorytest.Options{})
	owner := h.Grant(policy.Owner)
	one, two := must(t, h, greet), must(t, h, greetToo)
	must(t, h, elsewhere)
	pairs := func() (all [][]string) {
		t.Helper()
		found, err := h.FindDuplicates(t.Context(), owner, repository.DuplicatesQuestion{})
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range found {
			all = append(all, slices.Sorted(slices.Values(d.IDs)))
		}
		return all
	}
	offered := [][]string{slices.Sorted(slices.Values([]string{one, two}))}
	w := repository.Write{Grant: owner}
	step := func(name string, want [][]string, do func() error) {
		t.Helper()
		if err := do(); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if diff := cmp.Diff(want, pairs()); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
	patch := func(body string) func() error {
		return func() error {
			rec, err := h.Repository.Get(t.Context(), owner, "contact", two)
			if err == nil {
				_, err = h.Repository.Patch(t.Context(), w, "contact", two, rec.Base().Version, []byte(body))
			}
			return err
		}
	}
	dismiss := func(how repository.Dismissal) func() error {
		return func() error { return h.Dismiss(t.Context(), w, []string{two, one}, how) }
	}
	step("found", offered, func() error { return nil })
	step("no duplicate", nil, dismiss(repository.NotDuplicate))
	step("another field", nil, patch(`{"occupation":"baker","iban":"BE68539007547034"}`))
	if found, err := h.Alike(t.Context(), owner, "contact", []byte(`{"id":"`+two+`",`+greetToo[1:])); err != nil || len(found) > 0 {
		t.Errorf("the form still offers %+v, %v", found, err)
	}
	step("a scored field", offered, patch(`{"nickname":"Greetje"}`))
	step("once more", nil, dismiss(repository.NotDuplicate))
	step("taken back", offered, dismiss(repository.OfferAgain))
	step("put off", nil, dismiss(repository.PutOff))
	h.Clock.Advance(8 * 24 * time.Hour)
	step("a week later", offered, func() error { return nil })
	if err := h.Dismiss(t.Context(), repository.Write{Grant: h.Grant(policy.Reader)}, []string{one, two}, repository.NotDuplicate); !errors.Is(err, fault.Denied) {
		t.Errorf("a reader: %v", err)
	}
	for _, ids := range [][]string{{one}, {one, one}, make([]string, 11)} {
		if err := h.Dismiss(t.Context(), w, ids, repository.NotDuplicate); !errors.Is(err, fault.Invalid) {
			t.Errorf("%q: %v", ids, err)
		}
	}
	if err := h.Dismiss(t.Context(), w, []string{one, "con_nobody"}, repository.NotDuplicate); !errors.Is(err, fault.NotFound) {
		t.Errorf("nobody: %v", err)
	}
	if got, err := h.FindDuplicates(t.Context(), owner, repository.DuplicatesQuestion{Level: dedupe.Likely}); err != nil || len(got) > 0 {
		t.Errorf("likely are %+v, %v", got, err)
	}
	for _, q := range []repository.DuplicatesQuestion{{Kind: "note"}, {Level: "odd"}} {
		if _, err := h.FindDuplicates(t.Context(), owner, q); !errors.Is(err, fault.Invalid) {
			t.Errorf("%+v: %v", q, err)
		}
	}
	step("in the trash", nil, func() error {
		_, err := h.Repository.Trash(t.Context(), w, "contact", two, repository.AnyVersion)
		return err
	})
}

// The look of a night keeps what it found, for those who may read; a second one takes its place.
func TestLookThrough(t *testing.T) {
	h := repositorytest.Open(t, repositorytest.Options{})
	ctx, g := t.Context(), h.Grant(policy.Owner)
	if look, err := h.Repository.LastLook(ctx, g); err != nil || !look.At.IsZero() {
		t.Fatalf("before the first night: %+v, %v", look, err)
	}
	must(t, h, greet)
	for night, want := range []repository.Look{{}, {Same: 1}} {
		if night == 1 {
			must(t, h, greetToo)
		}
		for range 2 { // a message may come twice
			if err := h.Repository.LookThrough(ctx, g.Tenant()); err != nil {
				t.Fatal(err)
			}
		}
		look, err := h.Repository.LastLook(ctx, h.Grant(policy.Reader))
		if err != nil || look.At.IsZero() || look.Same != want.Same || look.Likely != want.Likely {
			t.Errorf("after night %d: %+v, %v", night, look, err)
		}
	}
	if _, err := h.Repository.LastLook(ctx, policy.Grant{}.In(g.Tenant())); !errors.Is(err, fault.Denied) {
		t.Errorf("whoever may read nothing: %v", err)
	}
}
