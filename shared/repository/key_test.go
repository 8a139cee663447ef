package repository_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/muster-crm/muster/shared/contact"
	"github.com/muster-crm/muster/shared/fault"
	"github.com/muster-crm/muster/shared/policy"
	"github.com/muster-crm/muster/shared/record"
	"github.com/muster-crm/muster/shared/repository"
	"github.com/muster-crm/muster/shared/repository/repositorytest"
)

// TestKeyPolicies goes through every policy and key: what a second contact with the key is told (REC-09).
func TestKeyPolicies(t *testing.T) {
	for name, c := range map[string]struct{ settings, first, second, want string }{
		"e-mail by default":           {"", `"emails":[{"address":"a@example.org"}]`, `"emails":[{"address":"A@EXAMPLE.org"}]`, "warned of emails[0].address email_shared (Jan)"},
		"mobile by default":           {"", `"phones":[{"number":"0471123456"}]`, `"phones":[{"number":"+32 471 12 34 56"}]`, "conflict, phones[0].number mobile_taken, (Jan)"},
		"fixed phone":                 {"", `"phones":[{"number":"092334455"}]`, `"phones":[{"number":"092334455"}]`, ""},
		"mobile kept as fixed":        {"", `"phones":[{"number":"0471123456"}]`, `"phones":[{"line":"fixed","number":"0471123456"}]`, ""},
		"external id":                 {"", `"externalIds":{"shop":"7"}`, `"externalIds":{"shop":"7"}`, "conflict, externalIds.shop key_taken, (Jan)"},
		"another external id":         {"", `"externalIds":{"shop":"7"}`, `"externalIds":{"club":"7"}`, ""},
		"external id in another case": {"", `"externalIds":{"shop":"a"}`, `"externalIds":{"shop":"A"}`, ""},
		"e-mail blocked":              {`"email":"block"`, `"emails":[{"address":"a@example.org"}]`, `"emails":[{"address":"x@example.org"},{"address":"A@example.org"}]`, "conflict, emails[1].address email_taken, (Jan)"},
		"e-mail in a family":          {`"email":"family"`, `"emails":[{"address":"a@example.org"}]`, `"emails":[{"address":"a@example.org"}]`, "conflict, emails[0].address email_taken, (Jan)"},
		"mobile with warning":         {`"mobile":"warn"`, `"phones":[{"number":"0471123456"}]`, `"phones":[{"number":"0471123456"}]`, "warned of phones[0].number mobile_shared (Jan)"},
		"two at once":                 {`"email":"block"`, `"emails":[{"address":"a@example.org"}],"phones":[{"number":"0471123456"}]`, `"emails":[{"address":"a@example.org"}],"phones":[{"number":"0471123456"}]`, "conflict, emails[0].address email_taken, phones[0].number mobile_taken, (Jan), (Jan)"},
	} {
		for way, second := range map[string]func(h house) (repository.Result, error){
			"creating": func(h house) (repository.Result, error) {
				return h.Repository.Create(t.Context(), h.Write(), "contact", []byte(`{"firstName":"Piet",`+c.second+`}`))
			},
			"editing": func(h house) (repository.Result, error) {
				return h.Patch(t.Context(), h.Write(), "contact", h.contact(`{"firstName":"Piet"}`).ID, 1, []byte(`{`+c.second+`}`))
			},
		} {
			t.Run(name+"/"+way, func(t *testing.T) {
				h := open(t)
				if c.settings != "" {
					h.Settings(body(`{"name":"x","language":"nl","country":"BE","timeZone":"UTC","keyPolicy":{%s}}`, c.settings))
				}
				holder := h.contact(`{"firstName":"Jan",` + c.first + `}`)
				res, err := second(h)
				got := ""
				if err != nil {
					got = told(err)
				}
				for _, w := range res.Warnings {
					got += "warned of " + w.Path + " " + w.Code + " (" + w.Conflicts[0].Title + ")"
				}
				if got != c.want {
					t.Errorf("%q, want %q", got, c.want)
				}
				if f := fault.From(err); f != nil && f.Clashes[0].ID != holder.ID {
					t.Errorf("the refusal names %+v", f.Clashes)
				}
			})
		}
	}
}

// Whoever has a key already keeps it, whatever the policy has become.
func TestOwnKeysAreNoClash(t *testing.T) {
	h := open(t)
	a := h.contact(`{"firstName":"Jan","emails":[{"address":"a@example.org"}]}`)
	h.contact(`{"firstName":"Piet","emails":[{"address":"a@example.org"}]}`)
	h.Settings(repositorytest.Block)
	if _, err := h.patch(a.ID, anyVersion, `{"emails":[{"address":"A@example.org"}],"lastName":"x"}`); err != nil {
		t.Errorf("the same key in another case: %s", told(err))
	}
	if _, err := h.patch(a.ID, anyVersion, `{"emails":[]}`); err != nil {
		t.Errorf("giving it up: %s", told(err))
	}
	if _, err := h.patch(a.ID, anyVersion, `{"emails":[{"address":"a@example.org"}]}`); told(err) != "conflict, emails[0].address email_taken, (Piet)" {
		t.Errorf("taking it again: %s", told(err))
	}
}

func TestKeysMoveWithEdits(t *testing.T) {
	h := blocking(t)
	a := h.contact(`{"firstName":"Jan","emails":[{"address":"a@example.org"}]}`)
	b := h.contact(`{"firstName":"Piet"}`)
	h.mustPatch(a.ID, `{"emails":[{"address":"b@example.org"}]}`)
	h.mustPatch(b.ID, `{"emails":[{"address":"a@example.org"}]}`)
	if _, err := h.patch(a.ID, anyVersion, `{"emails":[{"address":"a@example.org"}]}`); told(err) != "conflict, emails[0].address email_taken, (Piet)" {
		t.Errorf("%s", told(err))
	}
}

// A family shares an address, to the number of holders a claim lists.
func TestSharedKeyHasAnEnd(t *testing.T) {
	h := open(t)
	var records []record.Record
	for n := range 50 {
		records = append(records, &contact.Contact{Meta: record.Meta{Kind: "contact"}, FirstName: body("N%d", n), Emails: []contact.Email{{Address: "club@example.org"}}})
	}
	for _, lot := range [][]record.Record{records[:25], records[25:]} {
		outcomes, err := h.CreateMany(t.Context(), h.Write(), "contact", lot, nil)
		if err != nil {
			t.Fatal(err)
		}
		for i, out := range outcomes {
			if out.Err != nil {
				t.Fatalf("%d: %s", i, told(out.Err))
			}
		}
	}
	_, err := h.Repository.Create(t.Context(), h.Write(), "contact", []byte(`{"firstName":"one too many","emails":[{"address":"club@example.org"}]}`))
	if f := fault.From(err); f == nil || f.Code != "email_taken" || len(f.Clashes) != 50 {
		t.Errorf("%s", told(err)[:60])
	}
}

// The trash frees keys; restoring claims them again, or asks which record drops them (REC-10).
func TestTrashFreesKeys(t *testing.T) {
	const full = `{"firstName":"Jan","emails":[{"address":"a@example.org"},{"address":"b@example.org"}],"phones":[{"number":"0471123456"}],"externalIds":{"shop":"7"}}`
	const conflict = "conflict, emails[0].address email_taken, externalIds.shop key_taken, phones[0].number mobile_taken, (Piet), (Piet), (Mia)"
	setup := func(t *testing.T) (h house, jan, piet, mia *contact.Contact) {
		h = blocking(t)
		jan = h.contact(full)
		h.trash(jan.ID)
		piet = h.contact(`{"firstName":"Piet","emails":[{"address":"A@example.org"},{"address":"c@example.org"}],"externalIds":{"shop":"7","club":"1"}}`)
		mia = h.contact(`{"firstName":"Mia","phones":[{"number":"0471123456"}]}`)
		return h, jan, piet, mia
	}
	t.Run("nobody took them", func(t *testing.T) {
		h := blocking(t)
		jan := h.contact(full)
		h.trash(jan.ID)
		back, err := h.restore(jan.ID, repository.DropRestored)
		if err != nil || len(back.Keys()) != 4 {
			t.Errorf("%+v, %v", back, err)
		}
	})
	t.Run("ask", func(t *testing.T) {
		h, jan, _, _ := setup(t)
		if _, err := h.restore(jan.ID, repository.DropNone); told(err) != conflict {
			t.Errorf("%s", told(err))
		}
	})
	t.Run("the restored one drops them", func(t *testing.T) {
		h, jan, piet, _ := setup(t)
		back, err := h.restore(jan.ID, repository.DropRestored)
		if err != nil || emails(back) != "b@example.org" || !back.Emails[0].Main || len(back.Phones) != 0 || len(back.ExternalIDs) != 0 {
			t.Errorf("%+v, %v", back, err)
		}
		if got := actions(h.history(jan.ID)); !strings.HasPrefix(got, "restore emails+externalIds.shop+phones, trash, create ") {
			t.Error(got)
		}
		if now := h.get(piet.ID); now.Version != 1 {
			t.Errorf("the holder was written: %+v", now)
		}
		// Taking the restoration back puts the record into the trash as it lay there.
		again, err := h.revert(jan.ID, 0)
		if err != nil || again.DeletedAt == nil || emails(again) != "a@example.org b@example.org" || again.ExternalIDs["shop"] != "7" {
			t.Errorf("%+v, %v", again, err)
		}
	})
	t.Run("the holders drop them", func(t *testing.T) {
		h, jan, piet, mia := setup(t)
		back, err := h.restore(jan.ID, repository.DropHolder)
		if err != nil || len(back.Keys()) != 4 {
			t.Errorf("%+v, %v", back, err)
		}
		if now := h.get(piet.ID); emails(now) != "c@example.org" || !now.Emails[0].Main || !cmp.Equal(now.ExternalIDs, map[string]string{"club": "1"}) || now.Version != 2 {
			t.Errorf("%+v", now)
		}
		if now := h.get(mia.ID); len(now.Phones) != 0 || now.Version != 2 {
			t.Errorf("%+v", now)
		}
		if got := actions(h.history(piet.ID)); !strings.HasPrefix(got, "edit emails+externalIds.shop, create ") {
			t.Error(got)
		}
		// It is one commit, and each part of it can be taken back by itself.
		if a, b := h.history(jan.ID)[0].Seq, h.history(piet.ID)[0].Seq; a != b {
			t.Errorf("entries %d and %d", a, b)
		}
		if _, err := h.revert(piet.ID, 0); told(err) != "conflict, emails[0].address email_taken, externalIds.shop key_taken, (Jan), (Jan)" {
			t.Errorf("%s", told(err))
		}
	})
	t.Run("the holder went away", func(t *testing.T) {
		h, jan, piet, mia := setup(t)
		h.trash(piet.ID)
		h.mustPatch(mia.ID, `{"phones":[]}`)
		if _, err := h.restore(jan.ID, repository.DropNone); err != nil {
			t.Errorf("%s", told(err))
		}
	})
	t.Run("too many holders to write at once", func(t *testing.T) {
		h := open(t)
		jan := h.contact(`{"firstName":"Jan","emails":[{"address":"a@example.org"}]}`)
		h.trash(jan.ID)
		for n := range 25 {
			h.contact(body(`{"firstName":"N%d","emails":[{"address":"a@example.org"}]}`, n))
		}
		h.Settings(repositorytest.Block)
		if _, err := h.restore(jan.ID, repository.DropHolder); !strings.HasPrefix(told(err), "conflict, emails[0].address email_taken, (N0)") {
			t.Errorf("%s", told(err))
		}
	})
	t.Run("shared keys are no clash", func(t *testing.T) {
		h := open(t)
		jan := h.contact(`{"firstName":"Jan","emails":[{"address":"a@example.org"}]}`)
		h.trash(jan.ID)
		h.contact(`{"firstName":"Piet","emails":[{"address":"a@example.org"}]}`)
		res, err := h.Restore(t.Context(), h.Write(), "contact", jan.ID, anyVersion, repository.DropNone)
		if err != nil || len(res.Warnings) != 1 || res.Warnings[0].Code != "email_shared" {
			t.Errorf("%+v, %v", res.Warnings, err)
		}
	})
}

// The check when a field is left says what saving would say (REC-05, REC-06).
func TestTypedValues(t *testing.T) {
	h := open(t)
	jan := h.contact(`{"firstName":"Jan","emails":[{"address":"a@example.org"}],"phones":[{"number":"0471123456"},{"number":"092334455"}]}`)
	for name, c := range map[string]struct {
		typed contact.Typed
		want  string
	}{
		"free e-mail":       {contact.Typed{Email: " B@Example.ORG "}, "B@example.org"},
		"taken e-mail":      {contact.Typed{Email: "mailto:A@example.org"}, "A@example.org taken by Jan"},
		"own e-mail":        {contact.Typed{Email: "a@example.org", ID: jan.ID}, "a@example.org"},
		"bad e-mail":        {contact.Typed{Email: "nobody"}, "email email_invalid"},
		"bad domain":        {contact.Typed{Email: "a@localhost"}, "email email_bad_domain"},
		"free mobile":       {contact.Typed{Mobile: "0471 12 34 57"}, "+32471123457"},
		"taken mobile":      {contact.Typed{Mobile: "0471 12 34 56"}, "+32471123456 taken, refused by Jan"},
		"own mobile":        {contact.Typed{Mobile: "0471 12 34 56", ID: jan.ID}, "+32471123456"},
		"impossible mobile": {contact.Typed{Mobile: "0471"}, "mobile phone_impossible"},
		"fixed phone":       {contact.Typed{Phone: "09 233 44 55"}, "+3292334455"},
		"bad phone":         {contact.Typed{Phone: "call me"}, "phone phone_invalid"},
		"blanks beside it":  {contact.Typed{Email: "  ", Mobile: "0471 12 34 57"}, "+32471123457"},
		"nothing":           {contact.Typed{Email: " "}, "invalid, one_value"},
		"two":               {contact.Typed{Email: "a@example.org", Phone: "092334455"}, "invalid, one_value"},
	} {
		t.Run(name, func(t *testing.T) {
			f, err := contact.Check(t.Context(), h.Repository, h.Grant(policy.Owner), c.typed)
			got := f.Value
			switch {
			case err != nil:
				got = told(err)
			case f.Problem != nil:
				got = f.Problem.Path + " " + f.Problem.Code
			case f.Taken:
				got += " taken"
				if f.Refused {
					got += ", refused"
				}
				got += " by " + f.Holders[0].Title
			}
			if got != c.want {
				t.Errorf("%q, want %q", got, c.want)
			}
		})
	}
	if _, err := contact.Check(t.Context(), h.Repository, h.Grant("stranger"), contact.Typed{Email: "a@example.org"}); told(err) != "denied, denied" {
		t.Errorf("%s", told(err))
	}
	if n := len(h.history(jan.ID)); n != 1 {
		t.Error("checking wrote something")
	}
}

// Own fields of an organisation are unique by name, and their names free again once they are trashed.
func TestFieldNamesAreUnique(t *testing.T) {
	h := open(t)
	const size = `{"for":"contact","name":"size","label":"Size","type":"text"}`
	f := h.Create("field", size)
	if _, err := h.Repository.Create(t.Context(), h.Write(), "field", []byte(size)); told(err) != "conflict, name key_taken, (Size)" {
		t.Errorf("%s", told(err))
	}
	if _, err := h.Trash(t.Context(), h.Write(), "field", f.Base().ID, 1); err != nil {
		t.Fatal(err)
	}
	h.Create("field", size)
	for _, drop := range []repository.Drop{repository.DropNone, repository.DropRestored, repository.DropHolder} { // a field without a name is none
		if _, err := h.Restore(t.Context(), h.Write(), "field", f.Base().ID, anyVersion, drop); told(err) != "conflict, name key_taken, (Size)" {
			t.Errorf("%q: %s", drop, told(err))
		}
	}
}
