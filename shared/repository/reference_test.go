package repository_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/muster-crm/muster/shared/policy"
	"github.com/muster-crm/muster/shared/record"
	"github.com/muster-crm/muster/shared/repository"
	"github.com/muster-crm/muster/shared/repository/repositorytest"
)

// A new reference names a live record of the right kind; one that is there stays.
func TestReferences(t *testing.T) {
	h := clubhouse(t, repositorytest.Options{})
	ctx := t.Context()
	jan, mia, gone := h.contact(`{"firstName":"Jan"}`).ID, h.contact(`{"firstName":"Mia"}`).ID, h.contact(`{"firstName":"Piet"}`).ID
	h.trash(gone)
	chess := h.Create("club", `{"name":"Chess"}`).Base().ID
	m := h.under("memo", chess, `{"text":"x"}`).Base().ID
	for members, want := range map[string]string{
		`"chair":"` + jan + `"`:                     "done",
		`"chair":"` + gone + `"`:                    "invalid, chair bad_reference",
		`"chair":"` + chess + `"`:                   "invalid, chair bad_reference",
		`"chair":"con_01jd00000000000000000000aa"`:  "invalid, chair bad_reference",
		`"chair":"settings"`:                        "invalid, chair bad_reference",
		`"chair":"Con_1/x"`:                         "invalid, chair bad_reference",
		`"patron":"` + chess + `"`:                  "done",
		`"patron":"` + jan + `"`:                    "done",
		`"patron":"` + m + `"`:                      "invalid, patron bad_reference",
		`"keeper":"usr_01jd00000000000000000000aa"`: "invalid, keeper bad_reference",
		fmt.Sprintf(`"members":[{"contact":%q},{"contact":%q}]`, jan, mia):            "done",
		fmt.Sprintf(`"members":[{"contact":%q},{"contact":%q}]`, jan, gone):           "invalid, members[1].contact bad_reference",
		fmt.Sprintf(`"members":[{"contact":%q}],"chair":%q,"patron":"x"`, gone, gone): "invalid, chair bad_reference, members[0].contact bad_reference, patron bad_reference",
	} {
		if _, err := h.Repository.Create(ctx, h.Write(), "club", []byte(`{"name":"a",`+members+`}`)); told(err) != want {
			t.Errorf("%s: %s, want %s", members, told(err), want)
		}
		c := h.Create("club", `{"name":"a"}`)
		if _, err := h.Patch(ctx, h.Write(), "club", c.Base().ID, 1, []byte(`{`+members+`}`)); told(err) != want {
			t.Errorf("patch %s: %s, want %s", members, told(err), want)
		}
	}
	// A wrong value is told of before references are looked up.
	if _, err := h.Repository.Create(ctx, h.Write(), "club", []byte(`{"chair":"x"}`)); told(err) != "invalid, name required" {
		t.Errorf("%s", told(err))
	}
	c := h.Create("club", fmt.Sprintf(`{"name":"a","chair":%q,"members":[{"contact":%q,"role":"x"},{"contact":%q}]}`, jan, jan, mia))
	h.trash(jan)
	for patch, want := range map[string]string{
		`{"name":"b"}`:                     "done",
		fmt.Sprintf(`{"chair":%q}`, jan):   "done",
		fmt.Sprintf(`{"patron":%q}`, jan):  "invalid, patron bad_reference", // it is not there yet
		fmt.Sprintf(`{"chair":%q}`, chess): "invalid, chair bad_reference",
		fmt.Sprintf(`{"members":[{"contact":%q},{"contact":%q,"role":"y"}]}`, mia, jan): "done", // moved and edited, not new
	} {
		if _, err := h.Patch(ctx, h.Write(), "club", c.Base().ID, anyVersion, []byte(patch)); told(err) != want {
			t.Errorf("%s: %s, want %s", patch, told(err), want)
		}
	}
	// A child is no reference's to take when its owner is in the trash.
	other := h.Create("club", `{"name":"Go"}`)
	h.away(other)
	if _, err := h.CreateUnder(ctx, h.Write(), "memo", chess, []byte(fmt.Sprintf(`{"text":"x","about":%q}`, other.Base().ID))); told(err) != "invalid, about bad_reference" {
		t.Errorf("%s", told(err))
	}
	// A revert that would bring a reference back to what is gone by now is told so.
	h.Patch(ctx, h.Write(), "club", c.Base().ID, anyVersion, []byte(`{"chair":null}`))
	changes, _, err := h.History(ctx, h.Grant(policy.Owner), "club", c.Base().ID, 0, 1)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := h.Revert(ctx, h.Write(), "club", c.Base().ID, anyVersion, changes[0].Seq, nil); told(err) != "invalid, chair bad_reference" {
		t.Errorf("%s", told(err))
	}
}

// The references of many new records are looked up together, each record judged by itself.
func TestReferencesOfMany(t *testing.T) {
	h := clubhouse(t, repositorytest.Options{})
	jan := h.contact(`{"firstName":"Jan"}`).ID
	k, _ := h.Kinds.Kind("club")
	var lot []record.Record
	for n := range 5 {
		chair := jan
		if n%2 == 1 {
			chair = "con_01jd00000000000000000000aa"
		}
		lot = append(lot, &club{Meta: record.Meta{Kind: k.Name}, Name: "a", Chair: chair})
	}
	outcomes, err := h.CreateMany(t.Context(), h.Write(), "club", lot, nil)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, out := range outcomes {
		got = append(got, told(out.Err))
	}
	bad := "invalid, chair bad_reference"
	if diff := cmp.Diff([]string{"done", bad, "done", bad, "done"}, got); diff != "" {
		t.Error(diff)
	}
}

func TestTitles(t *testing.T) {
	h := clubhouse(t, repositorytest.Options{})
	ctx := t.Context()
	h.Settings(repositorytest.Block)
	jan := h.contact(`{"firstName":"Jan","prefix":"van den","lastName":"Berg"}`).ID
	gone := h.contact(`{"firstName":"Piet"}`).ID
	h.trash(gone)
	chess := h.Create("club", `{"name":"Chess"}`).Base().ID
	m := h.under("memo", chess, `{"text":"open","secret":"BE00000123"}`).Base().ID
	l := h.under("letter", chess, `{"text":"Dear all"}`).Base().ID
	season := h.Create("season", `{"name":"2026-2027","from":"2026-09-01","to":"2027-06-30"}`).Base().ID
	want := map[string]repository.Ref{
		jan:        {ID: jan, Kind: "contact", Title: "Jan van den Berg"},
		gone:       {ID: gone, Kind: "contact", Title: "Piet", Trashed: true},
		chess:      {ID: chess, Kind: "club", Title: "Chess"},
		m:          {ID: m, Kind: "memo", Title: "open"},
		l:          {ID: l, Kind: "letter", Title: l},
		season:     {ID: season, Kind: "season", Title: "2026-2027"},
		"ent_root": {ID: "ent_root", Kind: "entity", Title: "Harbour Choir"},
	}
	ids := []string{"", "x", "con_x", "settings", "con_01jd00000000000000000000aa", m + "x", "mem_1"}
	for id := range want {
		ids = append(ids, id, id)
	}
	for name, process := range map[string]house{"warm": h, "cold": h.again()} {
		for _, role := range []policy.Role{policy.Owner, policy.Reader} {
			got, err := process.Titles(ctx, h.Grant(role), ids...)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s, %s: %s", name, role, diff)
			}
		}
	}
	if _, err := h.Titles(ctx, policy.Grant{}.In(h.Tenant), jan); told(err) != "denied, denied" {
		t.Errorf("%s", told(err))
	}
}

// Linked finds who names a record, those in the trash and children left out.
func TestLinked(t *testing.T) {
	h := clubhouse(t, repositorytest.Options{})
	ctx := t.Context()
	jan := h.contact(`{"firstName":"Jan"}`).ID
	chess := h.Create("club", fmt.Sprintf(`{"name":"Chess","chair":%q,"members":[{"contact":%q}]}`, jan, jan))
	family := h.Create("family", fmt.Sprintf(`{"name":"Peeters","members":[{"contact":%q}]}`, jan))
	old := h.Create("club", fmt.Sprintf(`{"name":"Go","patron":%q}`, jan))
	h.away(old)
	h.under("memo", jan, `{"text":"x"}`)
	links := func() string {
		t.Helper()
		all, err := h.Linked(ctx, h.Grant(policy.Reader), "contact", jan)
		if err != nil {
			t.Fatal(err)
		}
		var parts []string
		for _, l := range all {
			parts = append(parts, l.Kind+" "+l.Title+" "+l.Field)
		}
		return strings.Join(parts, ", ")
	}
	if got := links(); got != "club Chess chair, club Chess members.contact, family Peeters members.contact" {
		t.Error(got)
	}
	h.away(family)
	h.away(chess)
	h.back(old)
	if got := links(); got != "club Go patron" {
		t.Error(got)
	}
	h.back(family)
	if got := links(); got != "club Go patron, family Peeters members.contact" {
		t.Error(got)
	}
}

// TestFamilyPolicy: who is of one family shares a key, nobody else does.
func TestFamilyPolicy(t *testing.T) {
	h := clubhouse(t, repositorytest.Options{})
	ctx := t.Context()
	h.Settings(`{"name":"x","language":"nl","country":"BE","timeZone":"UTC","keyPolicy":{"email":"family","mobile":"block"}}`)
	const key = `{"emails":[{"address":"home@example.org"}]}`
	const taken = "conflict, emails[0].address email_taken"
	jan := h.contact(`{"firstName":"Jan","emails":[{"address":"home@example.org"}]}`).ID
	mia, piet, eva := h.contact(`{"firstName":"Mia"}`).ID, h.contact(`{"firstName":"Piet"}`).ID, h.contact(`{"firstName":"Eva"}`).ID
	try := func(id, want string) {
		t.Helper()
		res, err := h.Patch(ctx, h.Write(), "contact", id, anyVersion, []byte(key))
		if told(err) != want || len(res.Warnings) > 0 {
			t.Errorf("%s, %v, want %s", told(err), res.Warnings, want)
		}
		if err == nil {
			h.mustPatch(id, `{"emails":null}`)
		}
	}
	try(mia, taken+", (Jan)")
	family := h.Create("family", fmt.Sprintf(`{"name":"Peeters","members":[{"contact":%q},{"contact":%q}]}`, jan, mia))
	try(mia, "done")
	try(piet, taken+", (Jan)")
	k, _ := h.Kinds.Kind("contact")
	rec, _ := k.Create([]byte(key))
	if _, refused, _, err := h.Taken(ctx, h.Grant(policy.Owner), rec.(record.Keyed).Keys()[0], mia); err != nil || refused {
		t.Errorf("refused %v, %v", refused, err)
	}
	if _, refused, _, err := h.Taken(ctx, h.Grant(policy.Owner), rec.(record.Keyed).Keys()[0], ""); err != nil || !refused {
		t.Errorf("a new one: refused %v, %v", refused, err)
	}
	h.away(family)
	try(mia, taken+", (Jan)")
	h.back(family)
	h.mustPatch(mia, key)
	// Piet is of a family with Mia, and not with Jan.
	h.Create("family", fmt.Sprintf(`{"name":"Maes","members":[{"contact":%q},{"contact":%q}]}`, mia, piet))
	try(piet, taken+", (Jan), (Mia)")
	h.Create("family", fmt.Sprintf(`{"name":"Bos","members":[{"contact":%q},{"contact":%q},{"contact":%q}]}`, mia, eva, jan))
	try(eva, "done")
	// A trashed member takes the key along and gets it back within the family alone.
	h.trash(mia)
	h.away(family)
	if _, err := h.restore(mia, repository.DropNone); err != nil {
		t.Errorf("in another family with him still: %s", told(err))
	}
	// Mobiles are blocked, family or not.
	h.mustPatch(jan, `{"phones":[{"number":"0471123456"}]}`)
	if _, err := h.patch(mia, anyVersion, `{"phones":[{"number":"0471123456"}]}`); told(err) != "conflict, phones[0].number mobile_taken, (Jan)" {
		t.Errorf("%s", told(err))
	}
}
