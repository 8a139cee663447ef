package importer_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/muster-crm/muster/shared/account"
	"github.com/muster-crm/muster/shared/contact"
	"github.com/muster-crm/muster/shared/dedupe"
	"github.com/muster-crm/muster/shared/importer"
	"github.com/muster-crm/muster/shared/job"
	"github.com/muster-crm/muster/shared/repository"
	"github.com/muster-crm/muster/shared/setting"
)

// strangers makes n rows of people who have little in common.
func strangers(n int) []string {
	first := strings.Fields("Anna Bert Chloe Dries Elke Filip Greta Hugo Ines Joris Katrien Lander Maud Nils Ona Pieter Quinten Roos Sander Trui Urbain Veerle Wannes Xena Yves Zoe")
	last := strings.Fields("Aerts Bogaert Claessens Dhondt Engels Foubert Geerts Haesaert Impens Jonckheere Kerkhof Lauwers Moens Nachtergaele Oosterlinck Pauwels Quaghebeur Roelandt Stevens Tytgat")
	var rows []string
	for i := range n {
		rows = append(rows, fmt.Sprintf("%s;%s%s;%02d/%02d/%d;p%d@example.org", first[i%len(first)], last[i%len(last)], last[i/7%len(last)], i%28+1, i%12+1, 1930+i%80, i))
	}
	return rows
}

// file puts rows below a header.
func file(rows []string) []byte {
	return []byte("First name;Last name;Birth date;E-mail\n" + strings.Join(rows, "\n") + "\n")
}

// A preview says of every new row, the last of many too, who is there already and which earlier row is the same (DUP-08).
func TestAlike(t *testing.T) {
	h := open(t, nil)
	greet := h.create(contact.Name, `{"firstName":"Margaretha","lastName":"Yserbyt","birthDate":"1984-03-07","emails":[{"address":"greet@example.com"}]}`)
	rows := strangers(1400)
	rows[3] = "Bartholomeus;Vermoot;02/02/1990;bart@example.com"
	rows[700] = "Bartolomeus;Vermoot;02/02/1990;"
	rows[1399] = "Greet;Iserbyt;03/07/1984;"
	imp := h.preview(h.upload("people.csv", file(rows)).ID)
	if imp.State != job.Previewed || imp.Counts[importer.Create] != 1400 || imp.Counts[importer.Alike] != 2 {
		t.Fatalf("%s %s: %v", imp.State, imp.Failure, imp.Counts)
	}
	found := h.rows(imp.ID, importer.Alike, 50)
	if len(found) != 2 || found[0].Line != 702 || found[1].Line != 1401 {
		t.Fatalf("%+v", found)
	}
	row, there := found[0].Reasons, found[1].Reasons
	if len(row) != 1 || !row[0].Note || row[0].Code != importer.AlikeRow || len(row[0].Alike) != 1 || row[0].Alike[0].Line != 5 || row[0].Alike[0].Title != "Bartholomeus Vermoot" {
		t.Errorf("an earlier row: %+v", row)
	}
	if len(there) != 1 || !there[0].Note || there[0].Code != importer.Alike || len(there[0].Alike) != 1 || there[0].Alike[0].ID != greet || there[0].Alike[0].Title != "Margaretha Yserbyt" || there[0].Alike[0].Level != dedupe.Same {
		t.Fatalf("who is there: %+v", there)
	}
	if !slices.Contains(there[0].Alike[0].Reasons, importer.Agreement{Field: "firstName", Agreement: dedupe.Short}) {
		t.Errorf("the reasons are %v", there[0].Alike[0].Reasons)
	}
	all := h.rows(imp.ID, "", 333)
	if diff := cmp.Diff(found, slices.DeleteFunc(slices.Clone(all), func(r importer.RowResult) bool { return r.Reasons == nil })); diff != "" || len(all) != 1400 {
		t.Errorf("among all %d rows: %s", len(all), diff)
	}
	if diff := cmp.Diff(all, h.rows(imp.ID, importer.Create, 7)); diff != "" {
		t.Errorf("among the new ones, in small pages: %s", diff)
	}

	h.run(imp.ID)
	inbox, err := h.kernel.Records.FindDuplicates(t.Context(), h.grant, repository.DuplicatesQuestion{})
	if err != nil || len(inbox) != 2 {
		t.Fatalf("the inbox has %d: %v", len(inbox), err)
	}
	for _, d := range inbox {
		if said := row[0].Alike[0]; slices.Contains(d.IDs, greet) {
			said = there[0].Alike[0]
			if said.Score != d.Score.Points || said.Level != d.Level {
				t.Errorf("said %v, in the inbox %v", said, d)
			}
		}
	}
}

// The organisation's thresholds are those of the preview, and rows that go into somebody are not compared.
func TestAlikeByPlan(t *testing.T) {
	h := open(t, nil)
	h.create(contact.Name, `{"firstName":"Margaretha","lastName":"Yserbyt","birthDate":"1984-03-07","emails":[{"address":"greet@example.com"}]}`)
	rows := []string{"Greet;Iserbyt;03/07/1984;greet@example.com", "Margaretta;Yserbyt;08/03/1984;", "Bart;Vermoot;;bart@example.com"}
	id := h.upload("people.csv", file(rows)).ID
	if n := h.preview(id).Counts[importer.Alike]; n != 2 {
		t.Errorf("%d alike", n)
	}
	h.plan(id, importer.Plan{Mode: importer.Merging, MatchKey: importer.KeyEmail})
	if imp := h.preview(id); imp.Counts[importer.Alike] != 1 || imp.Counts[importer.Unchanged] != 1 {
		t.Errorf("where one goes into her: %v", imp.Counts)
	}
	id = h.upload("people.csv", file(rows[1:])).ID
	if _, err := h.kernel.Records.Patch(t.Context(), repository.Write{Grant: h.grant}, setting.Name, setting.Owner, repository.AnyVersion, []byte(`{"duplicates":{"same":100,"likely":100}}`)); err != nil {
		t.Fatal(err)
	}
	if imp := h.preview(id); imp.Counts[importer.Alike] != 0 {
		t.Errorf("by the highest threshold: %v", imp.Counts)
	}
}

// A preview that is stopped while it writes down who is alike goes on behind what is written, and says the same.
func TestAlikeStopped(t *testing.T) {
	rows := strangers(2600)
	for i := range 1300 {
		rows[1300+i] = rows[i]
	}
	clean := open(t, nil)
	want := clean.preview(clean.upload("people.csv", file(rows)).ID)
	if want.Counts[importer.Alike] < 1300 {
		t.Fatalf("%v", want.Counts)
	}

	h := open(t, nil)
	id := h.upload("people.csv", file(rows)).ID
	if _, err := h.imports.Preview(t.Context(), h.grant, id); err != nil {
		t.Fatal(err)
	}
	partly := 0
	for {
		runner := job.NewRunner(h.kernel.Jobs, account.Rights{Store: h.kernel.Store, Kinds: h.kernel.Kinds}, map[string]job.Worker{importer.Kind: h.imports}, 0)
		if err := runner.Run(t.Context(), h.grant.Tenant(), id, 0); err != nil {
			t.Fatal(err)
		}
		imp, err := h.imports.Get(t.Context(), h.grant, id)
		if err != nil {
			t.Fatal(err)
		}
		if imp.State == job.Previewed {
			break
		}
		if n := imp.Counts[importer.Alike]; n > 0 && n < want.Counts[importer.Alike] {
			partly++
		}
	}
	if partly == 0 {
		t.Error("never stopped half way")
	}
	if diff := cmp.Diff(clean.rows(want.ID, "", 500), h.rows(id, "", 500)); diff != "" {
		t.Error(diff)
	}
	if n := len(h.rows(id, importer.Alike, 500)); int64(n) != want.Counts[importer.Alike] {
		t.Errorf("%d rows, counted %d", n, want.Counts[importer.Alike])
	}
}
