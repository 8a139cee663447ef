package importer_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/muster-crm/muster/shared/contact"
	"github.com/muster-crm/muster/shared/family"
	"github.com/muster-crm/muster/shared/importer"
	"github.com/muster-crm/muster/shared/job"
	"github.com/muster-crm/muster/shared/repository"
)

// create makes a record of a kind.
func (h *house) create(kind, body string) string {
	h.t.Helper()
	res, err := h.kernel.Records.Create(h.t.Context(), repository.Write{Grant: h.grant.Via("api")}, kind, []byte(body))
	if err != nil {
		h.t.Fatal(err)
	}
	return res.Record.Base().ID
}

func (h *house) patch(id, body string) {
	h.t.Helper()
	if _, err := h.kernel.Records.Patch(h.t.Context(), repository.Write{Grant: h.grant.Via("api")}, contact.Name, id, repository.AnyVersion, []byte(body)); err != nil {
		h.t.Fatal(err)
	}
}

func (h *house) contact(id string) *contact.Contact {
	h.t.Helper()
	rec, err := h.kernel.Records.Get(h.t.Context(), h.grant, contact.Name, id)
	if err != nil {
		h.t.Fatal(err)
	}
	return rec.(*contact.Contact)
}

// fates gives the fate of each row, with the fields it changes and the codes of its reasons.
func (h *house) fates(id string) []string {
	h.t.Helper()
	var all []string
	for _, r := range h.rows(id, "", 100) {
		line := fmt.Sprint(r.Line, " ", r.Result)
		for _, c := range r.Changes {
			line += " " + c.Field
		}
		for _, why := range r.Reasons {
			line += " " + why.Code
		}
		all = append(all, line)
	}
	return all
}

func want(t *testing.T, what string, got []string, want ...string) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s: %s", what, diff)
	}
}

// people are those whom the files of these tests are about.
func (h *house) people() (ann, bob, twin1, twin2 string) {
	ann = h.create(contact.Name, `{"firstName":"Ann","lastName":"Nys","birthDate":"1980-02-01","emails":[{"address":"ann@example.org"}],"phones":[{"line":"mobile","number":"+32471000001"}],"externalIds":{"old":"A1"},"tags":["board"]}`)
	bob = h.create(contact.Name, `{"firstName":"Bob","lastName":"Bos","birthDate":"1981-03-02","externalIds":{"old":"B2"},"nickname":"Bobby","addresses":[{"street":"Kerkstraat","number":"1","town":"Gent","postcode":"9000"}]}`)
	twin1 = h.create(contact.Name, `{"firstName":"Tom","lastName":"Twin","birthDate":"1990-01-01"}`)
	twin2 = h.create(contact.Name, `{"firstName":"Tom","lastName":"Twin","birthDate":"1990-01-01"}`)
	return ann, bob, twin1, twin2
}

// Rows find their contact by whatever key was chosen; those that match nobody are new, those that match several are rejected.
func TestMatchKeys(t *testing.T) {
	h := open(t, nil)
	ann, bob, twin1, _ := h.people()
	file := "ID;Nr;Oud;Voornaam;Naam;Geboren;E-mail;GSM;Beroep\n" +
		ann + ";1;A1;Ann;Nys;1/2/1980;ANN@example.org;0471 00 00 01;baker\n" +
		bob + ";2;B2;Bob;Bos;2/3/1981;;;smith\n" +
		";;C3;Cas;Cool;3/4/1982;cas@example.org;0471 00 00 03;clerk\n"
	columns := func(c []importer.Column) []importer.Column {
		for i, field := range []string{"id", "number", "externalIds.old", "firstName", "lastName", "birthDate", "emails.address", "phones.number:mobile", "occupation"} {
			c[i].Field, c[i].Ignore = field, false
		}
		return c
	}
	for key, bobs := range map[string]string{"id": "3 update occupation", "number": "3 update occupation", "externalId": "3 update occupation",
		"email": "3 reject number_taken", "mobile": "3 reject number_taken", "nameBirthDate": "3 update occupation"} {
		t.Run(key, func(t *testing.T) {
			imp := h.upload("x.csv", []byte(file))
			imp = h.plan(imp.ID, importer.Plan{Mode: importer.Merging, MatchKey: key, Columns: columns(imp.Guess.Columns)})
			imp = h.preview(imp.ID)
			want(t, key, h.fates(imp.ID), "2 update occupation", bobs, "4 create")
			if h.contact(ann).Occupation != "" {
				t.Error("a preview wrote")
			}
		})
	}
	t.Run("several", func(t *testing.T) {
		imp := h.upload("x.csv", []byte("Voornaam;Naam;Geboren;Beroep\nTom;Twin;1/1/1990;baker\ntóm;TWIN;2/1/1990;baker\n"))
		h.plan(imp.ID, importer.Plan{Mode: importer.Merging, MatchKey: importer.KeyNameBirth})
		h.run(imp.ID)
		want(t, "several", h.fates(imp.ID), "2 reject several_matches", "3 create")
		if others := h.rows(imp.ID, importer.Refused, 10)[0].Reasons[0].Others; len(others) != 2 || others[0].ID != twin1 && others[1].ID != twin1 || others[0].Title != "Tom Twin" {
			t.Errorf("candidates %v", others)
		}
	})
	t.Run("unknown id", func(t *testing.T) {
		imp := h.upload("x.csv", []byte("ID;Voornaam\n"+strings.Replace(ann, "con_0", "con_z", 1)+";Ann\n;Zoë\n"+ann+";\n"))
		h.plan(imp.ID, importer.Plan{Mode: importer.Merging, MatchKey: importer.KeyID})
		h.run(imp.ID)
		want(t, "id", h.fates(imp.ID), "2 reject unknown_id", "3 create", "4 unchanged")
	})
}

// What a column does to a contact that is there is its rule's to say; an empty cell clears only where that was chosen.
func TestRules(t *testing.T) {
	for name, test := range map[string]struct {
		plan importer.Plan
		cell map[int]importer.Column // rule and clear, by column
		fate []string
		ann  string
		bob  string
	}{
		"fill":      {plan: importer.Plan{Rule: importer.Fill}, fate: []string{"2 update tags occupation", "3 update emails"}, ann: "|baker|board,new", bob: "Bobby|bob@example.org"},
		"overwrite": {plan: importer.Plan{Rule: importer.Overwrite}, fate: []string{"2 update nickname tags occupation", "3 update nickname emails"}, ann: "Annie|baker|new", bob: "Rob|bob@example.org"},
		"skip":      {plan: importer.Plan{Rule: importer.Leave}, fate: []string{"2 unchanged", "3 unchanged"}, ann: "|", bob: "Bobby|"},
	} {
		t.Run(name, func(t *testing.T) {
			h := open(t, nil)
			ann, bob, _, _ := h.people()
			imp := h.upload("x.csv", []byte("Oud;Bijnaam;Beroep;Tags;E-mail\nA1;;baker;new;\nB2;Rob;;;bob@example.org\n"))
			if name == "overwrite" {
				imp = h.upload("x.csv", []byte("Oud;Bijnaam;Beroep;Tags;E-mail\nA1;Annie;baker;new;\nB2;Rob;;;bob@example.org\n"))
			}
			test.plan.Mode, test.plan.MatchKey, test.plan.Columns = importer.Merging, importer.KeyExternalID, with(imp.Guess.Columns, 0, importer.Column{Field: "externalIds.old"})
			h.plan(imp.ID, test.plan)
			imp = h.run(imp.ID)
			want(t, name, h.fates(imp.ID), test.fate...)
			a, b := h.contact(ann), h.contact(bob)
			if name != "skip" {
				if got := a.Nickname + "|" + a.Occupation + "|" + strings.Join(a.Tags, ","); got != test.ann {
					t.Errorf("Ann %s", got)
				}
			}
			if got := b.Nickname + "|" + b.MainEmail(); got != test.bob {
				t.Errorf("Bob %s", got)
			}
		})
	}
	t.Run("clear", func(t *testing.T) {
		h := open(t, nil)
		_, bob, _, _ := h.people()
		imp := h.upload("x.csv", []byte("Oud;Bijnaam;Beroep;Straat;Nummer;Gemeente\nB2;;;;;\n"))
		columns := with(imp.Guess.Columns, 0, importer.Column{Field: "externalIds.old"})
		columns = with(columns, 1, importer.Column{Field: "nickname", Clear: true})
		for i, field := range []string{"addresses.street", "addresses.number", "addresses.town"} {
			columns = with(columns, 3+i, importer.Column{Field: field})
		}
		h.plan(imp.ID, importer.Plan{Mode: importer.Merging, MatchKey: importer.KeyExternalID, Rule: importer.Overwrite, Columns: columns})
		h.run(imp.ID)
		want(t, "clear", h.fates(imp.ID), "2 update nickname")
		if b := h.contact(bob); b.Nickname != "" || b.Addresses[0].Street != "Kerkstraat" {
			t.Errorf("Bob %+v", b)
		}
	})
}

// Rows of one file that are about one contact go together, whether the first of them made it or found it, in one commit or
// another.
func TestRowsOfOneContact(t *testing.T) {
	h := open(t, nil)
	ann, _, _, _ := h.people()
	var b strings.Builder
	b.WriteString("Voornaam;E-mail;Beroep;Bijnaam\nAnn;ann@example.org;baker;\nZoë;zoe@example.org;smith;\n")
	for i := range 300 {
		fmt.Fprintf(&b, "P%d;p%d@example.org;;\n", i, i)
	}
	b.WriteString("Ann;ann@example.org;;Annie\nZoë;ZOE@example.org;;Zo\nZoë;zoe@example.org;;Zo\n")
	imp := h.upload("x.csv", []byte(b.String()))
	h.plan(imp.ID, importer.Plan{Mode: importer.Merging, MatchKey: importer.KeyEmail})
	before := h.preview(imp.ID)
	seen := h.fates(imp.ID)
	imp = h.run(imp.ID)
	if diff := cmp.Diff(before.Counts, imp.Counts); diff != "" {
		t.Error(diff)
	}
	ran := h.fates(imp.ID)
	if diff := cmp.Diff(seen, ran); diff != "" {
		t.Error(diff)
	}
	want(t, "first", ran[:2], "2 update occupation", "3 create")
	want(t, "last", ran[302:], "304 merge nickname", "305 merge nickname", "306 unchanged")
	if a := h.contact(ann); a.Occupation != "baker" || a.Nickname != "Annie" {
		t.Errorf("Ann %+v", a)
	}
	if imp.Counts["create"] != 301 || imp.Counts["update"] != 1 || imp.Counts["merge"] != 2 || imp.Counts["unchanged"] != 1 {
		t.Errorf("counts %v", imp.Counts)
	}
}

// A contact that changed between preview and run is judged as it is then.
func TestTargetsThatChanged(t *testing.T) {
	h := open(t, nil)
	ann, bob, _, _ := h.people()
	imp := h.upload("x.csv", []byte("ID;Voornaam;Beroep\n"+ann+";Ann;baker\n"+bob+";Bob;smith\n"))
	h.plan(imp.ID, importer.Plan{Mode: importer.Merging, MatchKey: importer.KeyID})
	h.preview(imp.ID)
	want(t, "preview", h.fates(imp.ID), "2 update occupation", "3 update occupation")
	h.patch(ann, `{"occupation":"judge"}`)
	if _, err := h.kernel.Records.Trash(t.Context(), repository.Write{Grant: h.grant}, contact.Name, bob, repository.AnyVersion); err != nil {
		t.Fatal(err)
	}
	h.run(imp.ID)
	want(t, "run", h.fates(imp.ID), "2 unchanged", "3 reject trashed")
}

// Groups, families and companies are found by name or made, once for all rows that say it, or reject the row.
func TestLinks(t *testing.T) {
	file := "Voornaam;E-mail;Groepen;Gezin;Rol;Bedrijf (gekoppeld);Tags\n" +
		"Ann;a@example.org;U15; de Vries;ouder;Acme;red\n" +
		"Bob;b@example.org;u15, Board;De Vries;kind;;red\n" +
		"Cas;c@example.org;;Peeters;;ACME;\n"
	for _, unknown := range []string{importer.MakeNew, importer.Reject} {
		t.Run(unknown, func(t *testing.T) {
			h := open(t, nil)
			h.create("group", `{"name":"U15"}`)
			peeters := h.create("family", `{"name":"Peeters"}`)
			imp := h.upload("x.csv", []byte(file))
			columns := imp.Guess.Columns
			for i, field := range []string{"firstName", "emails.address", "groups.group", "family", "family:role", "company", "tags"} {
				columns[i].Field, columns[i].Ignore = field, false
			}
			h.plan(imp.ID, importer.Plan{Columns: columns, Links: importer.Links{Group: unknown, Family: unknown, Company: unknown, Tags: unknown}})
			h.preview(imp.ID)
			seen := h.fates(imp.ID)
			imp = h.run(imp.ID)
			if diff := cmp.Diff(seen, h.fates(imp.ID)); diff != "" {
				t.Error(diff)
			}
			if unknown == importer.Reject {
				want(t, "rejected", seen, "2 reject unknown_name unknown_name unknown_name", "3 reject unknown_name unknown_name unknown_name", "4 reject unknown_name")
				return
			}
			want(t, "made", seen, "2 create", "3 create", "4 create")
			people := h.contacts(h.rows(imp.ID, "", 10))
			if len(people[0].Groups) != 1 || len(people[1].Groups) != 2 || people[0].Groups[0].Group != people[1].Groups[0].Group {
				t.Errorf("groups %v %v", people[0].Groups, people[1].Groups)
			}
			for kind, n := range map[string]int{"group": 2, "family": 2, "company": 1} {
				list, err := h.kernel.Records.List(t.Context(), h.grant, kind, repository.Question{Count: true})
				if err != nil || list.Total != n {
					t.Errorf("%d of %s, %v", list.Total, kind, err)
				}
			}
			rec, err := h.kernel.Records.Get(t.Context(), h.grant, "family", peeters)
			if err != nil || len(rec.(*family.Family).Members) != 1 || rec.(*family.Family).Members[0].Contact != people[2].ID {
				t.Errorf("Peeters %+v %v", rec, err)
			}
			linked, err := h.kernel.Records.Linked(t.Context(), h.grant, contact.Name, people[1].ID)
			if err != nil || len(linked) != 1 || linked[0].Title != "de Vries" {
				t.Errorf("Bob's %v %v", linked, err)
			}
		})
	}
}

// A file of rejected rows tells which rows they are: corrected and sent in twice it brings nobody in twice, whatever is in it.
func TestCorrectedTwice(t *testing.T) {
	for _, mode := range []string{importer.MakeNew, importer.Merging} {
		h := open(t, nil)
		imp := h.run(h.upload("x.csv", []byte("Voornaam;Naam;E-mail\nAnn;Nys;ann@example.org\nBob;Bos;geen adres\nCas;Cool;ook niet\n")).ID)
		corrected := []byte(strings.NewReplacer("geen adres", "", "ook niet", "").Replace(string(h.errorFile(imp.ID))))
		var counts []int64
		for range 2 {
			again := h.upload("again.csv", corrected)
			columns := again.Guess.Columns
			if last := columns[len(columns)-1]; last.Field != importer.RowKey {
				t.Fatalf("the last column becomes %q", last.Field)
			}
			h.plan(again.ID, importer.Plan{Mode: mode, MatchKey: importer.KeyEmail})
			before := h.preview(again.ID)
			again = h.run(again.ID)
			if diff := cmp.Diff(before.Counts, again.Counts); diff != "" || again.State != job.Done {
				t.Errorf("%s: %s", again.State, diff)
			}
			counts = append(counts, again.Counts["create"], again.Counts["unchanged"])
		}
		if diff := cmp.Diff([]int64{2, 0, 0, 2}, counts); diff != "" {
			t.Errorf("%s: %s", mode, diff)
		}
	}
}
