package importer_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/muster-crm/muster/shared/contact"
	"github.com/muster-crm/muster/shared/importer"
	"github.com/muster-crm/muster/shared/job"
	"github.com/muster-crm/muster/shared/repository"
	"github.com/muster-crm/muster/shared/setting"
	"github.com/muster-crm/muster/shared/store"
)

// A row that would make a record larger than one may be is refused, and does not keep the others out.
func TestRowsThatAreTooLarge(t *testing.T) {
	h := open(t, nil)
	var header strings.Builder
	for i := range 8 {
		h.create(setting.FieldName, fmt.Sprintf(`{"for":"contact","name":"story%d","label":"Story %d","type":"long"}`, i, i))
		fmt.Fprintf(&header, ";Story %d", i)
	}
	ann := h.create(contact.Name, `{"firstName":"Ann","emails":[{"address":"p1@example.org"}],"custom":{"story0":"`+strings.Repeat("a", 9000)+`"}}`)
	long := strings.Repeat(";"+strings.Repeat("x", 9000), 8)
	file := "Voornaam;E-mail" + header.String() + "\nZoë;p0@example.org" + strings.Repeat(";short", 8) + "\nAnn;p1@example.org" + long +
		"\nBob;p2@example.org" + long + "\nCas;p3@example.org" + strings.Repeat(";short", 8) + "\n"
	imp := h.upload("large.csv", []byte(file))
	columns := imp.Guess.Columns
	for i := range 8 {
		columns[2+i].Field, columns[2+i].Ignore = fmt.Sprintf("custom.story%d", i), false
	}
	h.plan(imp.ID, importer.Plan{Mode: importer.Merging, MatchKey: importer.KeyEmail, Rule: importer.Overwrite, Columns: columns})
	fates := []string{"2 create", "3 reject record_too_large", "4 reject record_too_large", "5 create"}
	h.preview(imp.ID)
	want(t, "previewed", h.fates(imp.ID), fates...)
	if imp = h.run(imp.ID); imp.State != job.Done {
		t.Errorf("%s: %s", imp.State, imp.Failure)
	}
	want(t, "run", h.fates(imp.ID), fates...)
	if got := h.contact(ann); len(got.Custom) != 1 {
		t.Errorf("%d of its own fields are filled", len(got.Custom))
	}
}

// Two imports that bring the same people at once make each of them once, and what either of them wrote can be taken back.
func TestTwoImportsAtOnce(t *testing.T) {
	h := open(t, nil)
	h.imports.SetSizes(20, 5, 10)
	h.known(10)
	file := mixed(120)
	ids := []string{h.merging(file), h.merging(file)}
	for _, id := range ids {
		if err := runs(h, id); err != nil {
			t.Fatal(err)
		}
	}
	var all sync.WaitGroup
	for _, id := range ids {
		all.Go(func() {
			if err := h.runner().Run(t.Context(), h.grant.Tenant(), id, 0); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	for _, id := range ids {
		if imp, err := h.imports.Get(t.Context(), h.grant, id); err != nil || imp.State != job.Done {
			t.Errorf("%s %s %v", imp.State, imp.Failure, err)
		}
	}
	people := map[string]int{}
	there, _, err := h.kernel.Records.Matching(t.Context(), h.grant, contact.Name, repository.Question{Limit: 1000})
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range there {
		people[h.contact(id).MainEmail()]++
		h.chained(id)
	}
	for mail, n := range people {
		if n != 1 {
			t.Errorf("%s is there %d times", mail, n)
		}
	}
	// What both of them wrote the same way, and what only one did, goes with both.
	for _, id := range []string{ids[1], ids[0]} {
		if imp := h.undo(id); imp.State != job.Undone {
			t.Errorf("%s %s", imp.State, imp.Failure)
		}
	}
}

// chained says what is wrong when the history of a contact does not lead from nothing to what it is, one change to the next.
func (h *house) chained(id string) {
	h.t.Helper()
	changes, next, err := h.kernel.Records.History(h.t.Context(), h.grant, contact.Name, id, 0, 100)
	if err != nil || next != 0 {
		h.t.Fatal(err, next)
	}
	holds := map[string]string{}
	for i := len(changes) - 1; i >= 0; i-- {
		if want := int64(len(changes) - i); changes[i].Revision != want {
			h.t.Errorf("%s: revision %d where %d is expected", id, changes[i].Revision, want)
		}
		for _, f := range changes[i].Fields {
			if holds[f.Field] != string(f.From) {
				h.t.Errorf("%s: revision %d found %s in %s, which held %s", id, changes[i].Revision, f.From, f.Field, holds[f.Field])
			}
			holds[f.Field] = string(f.To)
		}
	}
}

// What somebody edits while an import runs is neither lost nor overlooked: the history of each contact leads from one to the
// other, and the undo keeps what they wrote last.
func TestImportBesideEdits(t *testing.T) {
	h := open(t, nil)
	h.imports.SetSizes(24, 6, 10)
	h.known(40)
	there, _, err := h.kernel.Records.Matching(t.Context(), h.grant, contact.Name, repository.Question{Limit: 1000})
	if err != nil {
		t.Fatal(err)
	}
	id := h.merging(mixed(120))
	if err := runs(h, id); err != nil {
		t.Fatal(err)
	}
	done := make(chan error)
	go func() { done <- h.runner().Run(t.Context(), h.grant.Tenant(), id, 0) }()
	made := 0
	for n, running := 0, true; running; n++ {
		who := there[n%len(there)]
		h.patch(who, fmt.Sprintf(`{"nickname":"N%d","tags":["edited%d"]}`, n, n%3))
		if n%3 == 0 { // somebody who comes in the file too, perhaps
			made++
			h.create(contact.Name, fmt.Sprintf(`{"firstName":"New","emails":[{"address":"p%d@example.org"}]}`, 119-made%60))
		}
		select {
		case err := <-done:
			if err != nil {
				t.Fatal(err)
			}
			running = false
		default:
		}
	}
	nicknames := map[string]string{}
	for _, who := range there {
		h.chained(who)
		nicknames[who] = h.contact(who).Nickname
	}
	if imp := h.undo(id); imp.State != job.Undone {
		t.Errorf("%s %s", imp.State, imp.Failure)
	}
	for _, who := range there {
		h.chained(who)
		if c := h.contact(who); c.Nickname != nicknames[who] || c.Occupation != "" && c.DeletedAt == nil {
			t.Errorf("%s is called %q, a %s", c.FirstName, c.Nickname, c.Occupation)
		}
	}
}

// An import that is cancelled between any two of its commits is taken back as far as it came.
func TestUndoOfACancelledImport(t *testing.T) {
	for commits := 1; commits < 14; commits += 3 {
		var h *house
		var id string
		at := 1 << 30
		h = open(t, func(s store.Store) store.Store {
			return counting{s, &at, func() {
				if _, err := h.imports.Cancel(t.Context(), h.grant, id); err != nil {
					t.Error(err)
				}
			}}
		})
		h.imports.SetSizes(20, 5, 10)
		h.known(10)
		before := h.dump()
		id = h.merging(mixed(80))
		if err := runs(h, id); err != nil {
			t.Fatal(err)
		}
		at = commits
		imp := h.work(id)
		if imp.State != job.Cancelled {
			t.Fatalf("after %d commits: %s %v", commits, imp.State, imp.Counts)
		}
		if imp.Written() == 0 {
			continue
		}
		if imp = h.undo(id); imp.State != job.Undone || imp.Counts["kept"] != 0 || imp.Counts["back"] != imp.Written() {
			t.Errorf("after %d commits: %s %v", commits, imp.State, imp.Counts)
		}
		if diff := cmp.Diff(before, h.dump()); diff != "" {
			t.Errorf("after %d commits: %s", commits, diff)
		}
	}
}
