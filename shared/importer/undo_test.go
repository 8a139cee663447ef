package importer_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/muster-crm/muster/shared/catalog"
	"github.com/muster-crm/muster/shared/contact"
	"github.com/muster-crm/muster/shared/fault"
	"github.com/muster-crm/muster/shared/importer"
	"github.com/muster-crm/muster/shared/job"
	"github.com/muster-crm/muster/shared/org"
	"github.com/muster-crm/muster/shared/repository"
	"github.com/muster-crm/muster/shared/store"
)

// dump is every live record of the organisation by its key, without version and the time and maker of the last change.
func (h *house) dump() map[string]string {
	h.t.Helper()
	all := map[string]string{}
	var mu sync.Mutex
	err := catalog.EachRecord(context.Background(), h.kernel.Store, h.grant.Tenant(), func(item store.Item) error {
		_, kind, id, ok := org.ParseRecord(item.Sort)
		if !ok {
			return nil
		}
		var doc map[string]any
		if err := json.Unmarshal(item.Value, &doc); err != nil {
			return err
		}
		if doc["deletedAt"] != nil {
			return nil
		}
		delete(doc, "updatedAt")
		delete(doc, "updatedBy")
		raw, err := json.Marshal(doc)
		mu.Lock()
		defer mu.Unlock()
		all[kind+"/"+id] = string(raw)
		return err
	})
	if err != nil {
		h.t.Fatal(err)
	}
	return all
}

// known puts n contacts there that a file may find, in one import.
func (h *house) known(n int) {
	h.t.Helper()
	var b strings.Builder
	b.WriteString("Voornaam;Naam;E-mail;GSM;Tags\n")
	for i := range n {
		fmt.Fprintf(&b, "Known%d;Nys;p%d@example.org;0471%06d;old\n", i, i*3, 100000+i)
	}
	if imp := h.run(h.upload("known.csv", []byte(b.String())).ID); imp.Counts["create"] != int64(n) {
		h.t.Fatal(imp.Counts)
	}
}

// mixed is a file of n rows of which some find contacts of known, some come twice, and some cannot go in.
func mixed(n int) []byte {
	var b strings.Builder
	b.WriteString("Voornaam;Naam;E-mail;GSM;Beroep;Tags;Gezin;Nieuwsbrief\n")
	for i := range n {
		mail, mobile, family := fmt.Sprintf("p%d@example.org", i), fmt.Sprintf("0472%06d", i), ""
		switch {
		case i%11 == 4 && i > 20:
			mail = fmt.Sprintf("p%d@example.org", i-20)
		case i%17 == 5:
			mobile = "12345"
		case i%13 == 6:
			family = fmt.Sprint("Gezin ", i/60)
		}
		fmt.Fprintf(&b, "Person%d;Tester;%s;%s;job%d;t%d;%s;%s\n", i, mail, mobile, i%7, i%3, family, []string{"ja", "", "nee"}[i/2%3])
	}
	return []byte(b.String())
}

// merging uploads a file and plans to overwrite by e-mail, with families.
func (h *house) merging(file []byte) string {
	h.t.Helper()
	imp := h.upload("mixed.csv", file)
	columns := imp.Guess.Columns
	columns[6].Field, columns[6].Ignore = "family", false
	return h.plan(imp.ID, importer.Plan{Mode: importer.Merging, MatchKey: importer.KeyEmail, Rule: importer.Overwrite, Columns: columns}).ID
}

func (h *house) undo(id string) importer.Import {
	h.t.Helper()
	if _, err := h.imports.Undo(h.t.Context(), h.grant, id); err != nil {
		h.t.Fatal(err)
	}
	return h.work(id)
}

// What an import wrote is taken back whole: the organisation's dump is as before, byte for byte.
func TestUndo(t *testing.T) {
	h := open(t, nil)
	h.create("family", `{"name":"Gezin 0"}`)
	h.known(60)
	before := h.dump()
	id := h.merging(mixed(400))
	imp := h.run(id)
	for _, fate := range []string{importer.Create, importer.Update, importer.Merge, importer.Refused} {
		if imp.Counts[fate] < 10 {
			t.Fatalf("counts %v prove little", imp.Counts)
		}
	}
	if cmp.Equal(before, h.dump()) {
		t.Fatal("the import wrote nothing")
	}
	imp = h.undo(id)
	if imp.State != job.Undone || imp.Counts["kept"] != 0 || imp.Counts["back"] != imp.Written() {
		t.Errorf("%s %s %v", imp.State, imp.Failure, imp.Counts)
	}
	if diff := cmp.Diff(before, h.dump()); diff != "" {
		t.Error(diff)
	}
	if _, err := h.imports.Undo(t.Context(), h.grant, id); fault.From(err) == nil || fault.From(err).Code != "not_undoable" {
		t.Errorf("undone twice: %v", err)
	}
	// And it may be imported again.
	again := h.run(h.merging(mixed(400)))
	if diff := cmp.Diff(counts(imp), counts(again)); diff != "" {
		t.Error(diff)
	}
}

func counts(i importer.Import) map[string]int64 {
	all := map[string]int64{}
	for _, fate := range importer.Fates() {
		all[fate] = i.Counts[fate]
	}
	return all
}

// Edits since stay, field by field, and are listed; what else the import wrote is as before.
func TestUndoKeepsEdits(t *testing.T) {
	h := open(t, nil)
	ann, bob, _, _ := h.people()
	imp := h.upload("x.csv", []byte("ID;Voornaam;Beroep;Bijnaam;E-mail\n"+ann+";Ann;baker;Annie;\n"+bob+";Bob;smith;Rob;\n;Cas;clerk;;cas@example.org\n;Dan;;;dan@example.org\n;Eva;;;eva@example.org\n"))
	h.plan(imp.ID, importer.Plan{Mode: importer.Merging, MatchKey: importer.KeyID, Rule: importer.Overwrite})
	h.run(imp.ID)
	rows := h.rows(imp.ID, importer.Create, 10)
	h.patch(ann, `{"occupation":"judge"}`)
	h.patch(rows[0].RecordID, `{"nickname":"Cassie"}`)
	if _, err := h.kernel.Records.Trash(t.Context(), repository.Write{Grant: h.grant}, contact.Name, rows[1].RecordID, repository.AnyVersion); err != nil {
		t.Fatal(err)
	}
	imp = h.undo(imp.ID)
	if a := h.contact(ann); a.Occupation != "judge" || a.Nickname != "" {
		t.Errorf("Ann is %q, called %q", a.Occupation, a.Nickname)
	}
	if b := h.contact(bob); b.Occupation != "" || b.Nickname != "Bobby" {
		t.Errorf("Bob is %q, called %q", b.Occupation, b.Nickname)
	}
	if c := h.contact(rows[0].RecordID); c.DeletedAt != nil || c.Nickname != "Cassie" {
		t.Errorf("Cas %+v", c)
	}
	for _, i := range []int{1, 2} {
		if c := h.contact(rows[i].RecordID); c.DeletedAt == nil {
			t.Errorf("%s is there", c.FirstName)
		}
	}
	var kept []string
	for _, r := range h.rows(imp.ID, importer.Kept, 10) {
		kept = append(kept, fmt.Sprint(r.Line, " ", r.Title, " ", r.Reasons[0].Field, " ", r.Reasons[0].Code))
	}
	want(t, "kept", kept, "2 Ann Nys occupation edited_since", "4 Cas  edited_since", "5 Dan  edited_since")
	if imp.Counts["kept"] != 3 || imp.Counts["back"] != 2 {
		t.Errorf("counts %v", imp.Counts)
	}
}

func TestUndoTooLate(t *testing.T) {
	h := open(t, nil)
	imp := h.run(h.upload("x.csv", list(5)).ID)
	if !imp.Undoable(h.clock.Now()) || !imp.UndoUntil().Equal(noon.Add(importer.Undoable)) {
		t.Errorf("undoable until %v", imp.UndoUntil())
	}
	h.clock.Advance(importer.Undoable + time.Minute)
	if _, err := h.imports.Undo(t.Context(), h.grant, imp.ID); fault.From(err) == nil || fault.From(err).Code != "undo_too_late" {
		t.Errorf("undone too late: %v", err)
	}
	for _, never := range []string{h.upload("y.csv", list(3)).ID, h.preview(h.upload("z.csv", list(3)).ID).ID} {
		if _, err := h.imports.Undo(t.Context(), h.grant, never); fault.From(err) == nil || fault.From(err).Code != "not_undoable" {
			t.Errorf("undone what did not run: %v", err)
		}
	}
}
