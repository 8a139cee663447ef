package family_test

import (
	"encoding/json"
	"errors"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/muster-crm/muster/shared/contact"
	"github.com/muster-crm/muster/shared/family"
	"github.com/muster-crm/muster/shared/fault"
	"github.com/muster-crm/muster/shared/policy"
	"github.com/muster-crm/muster/shared/reach"
	"github.com/muster-crm/muster/shared/repository"
	"github.com/muster-crm/muster/shared/repository/repositorytest"
)

// A family that moves takes along those who live with it, and of them who is chosen (FAM-03).
func TestMove(t *testing.T) {
	h := repositorytest.Open(t, repositorytest.Options{})
	ctx, w := t.Context(), h.Write()
	person := func(name, addresses string) string {
		return h.Create("contact", `{"firstName":"`+name+`","addresses":[`+addresses+`]}`).Base().ID
	}
	const old, new = `"street":"Kerkstraat","number":"1","town":"Gent"`, `"street":"Molenweg","number":"7","town":"Gent"`
	an := person("An", `{`+old+`,"main":true,"delivery":true}`)
	bo := person("Bo", `{"kind":"billing","town":"Brugge","main":true,"delivery":true},{"kind":"other",`+old+`}`)
	cis := person("Cis", `{"town":"Brugge"}`)
	els := person("Els", `{`+old+`}`)
	gone := person("Gon", `{`+old+`}`)
	if _, err := h.Trash(ctx, w, "contact", gone, repository.AnyVersion); err != nil {
		t.Fatal(err)
	}
	if _, err := h.Restore(ctx, w, "contact", gone, repository.AnyVersion, repository.DropNone); err != nil {
		t.Fatal(err)
	}
	var members []map[string]string
	for _, id := range []string{an, bo, cis, els, gone} {
		members = append(members, map[string]string{"contact": id})
	}
	body, err := json.Marshal(map[string]any{"name": "Maes", "members": members})
	if err != nil {
		t.Fatal(err)
	}
	f := h.Create(family.Name, string(body)).(*family.Family)
	move := func(patch string) (f2 *family.Family, was reach.Place) {
		t.Helper()
		was = f.Address
		res, err := h.Patch(ctx, w, family.Name, f.ID, repository.AnyVersion, []byte(patch))
		if err != nil {
			t.Fatal(err)
		}
		f = res.Record.(*family.Family)
		return f, was
	}
	names := func(was reach.Place) (all []string) {
		t.Helper()
		followers, err := family.Followers(ctx, h.Repository, w.Grant, f, was)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range followers {
			all = append(all, c.FirstName)
		}
		slices.Sort(all)
		return all
	}
	if _, was := move(`{"address":{` + old + `}}`); names(was) != nil {
		t.Error("a first address is offered to those who are there")
	}
	if _, err := h.Trash(ctx, w, "contact", gone, repository.AnyVersion); err != nil {
		t.Fatal(err)
	}
	_, was := move(`{"address":{` + new + `}}`)
	if diff := cmp.Diff([]string{"An", "Bo", "Els"}, names(was)); diff != "" {
		t.Errorf("those who may follow: %s", diff)
	}
	if names(f.Address) != nil {
		t.Error("nobody follows to where they are")
	}
	if _, err := family.Move(ctx, h.Repository, w, f, was, []string{an, "con_elsewhere"}); !errors.Is(err, fault.Invalid) {
		t.Errorf("somebody of no family: %v", err)
	}
	// Els moves elsewhere before the answer comes.
	if _, err := h.Patch(ctx, w, "contact", els, repository.AnyVersion, []byte(`{"addresses":[{"town":"Leuven","main":true,"delivery":true}]}`)); err != nil {
		t.Fatal(err)
	}
	if n, err := family.Move(ctx, h.Repository, w, f, was, []string{bo, els}); n != 1 || err != nil {
		t.Errorf("%d moved, %v", n, err)
	}
	if n, err := family.Move(ctx, h.Repository, w, f, was, []string{bo, els}); n != 0 || err != nil {
		t.Errorf("%d moved twice, %v", n, err)
	}
	streets := map[string]string{}
	for _, id := range []string{an, bo, cis, els} {
		rec, err := h.Get(ctx, w.Grant, "contact", id)
		if err != nil {
			t.Fatal(err)
		}
		for _, a := range rec.(*contact.Contact).Addresses {
			streets[rec.(*contact.Contact).FirstName] += a.Kind + " " + a.Street + " " + a.Town + ";"
		}
	}
	want := map[string]string{"An": "home Kerkstraat Gent;", "Bo": "billing  Brugge;other Molenweg Gent;", "Cis": "home  Brugge;", "Els": "home  Leuven;"}
	if diff := cmp.Diff(want, streets); diff != "" {
		t.Error(diff)
	}
	if _, err := family.Followers(ctx, h.Repository, policy.Grant{}.In(h.Tenant), f, was); err == nil {
		t.Error("somebody without rights sees who follows")
	}
}
