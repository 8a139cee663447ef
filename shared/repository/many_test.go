package repository_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/muster-crm/muster/shared/contact"
	"github.com/muster-crm/muster/shared/log"
	"github.com/muster-crm/muster/shared/record"
	"github.com/muster-crm/muster/shared/repository"
	"github.com/muster-crm/muster/shared/repository/repositorytest"
	"github.com/muster-crm/muster/shared/store"
)

// person makes a contact as an import does, from "name", "name e-mail" or "name #number".
func person(words string) record.Record {
	c := &contact.Contact{Meta: record.Meta{Kind: "contact"}}
	for i, word := range strings.Fields(words) {
		switch {
		case i == 0 && word != "-":
			c.FirstName = word
		case strings.HasPrefix(word, "#"):
			fmt.Sscanf(word, "#%d", &c.Number)
		case strings.Contains(word, "@"):
			c.Emails = append(c.Emails, contact.Email{Address: word})
		}
	}
	return c
}

func people(words ...string) (all []record.Record) {
	for _, w := range words {
		all = append(all, person(w))
	}
	return all
}

// fates says what became of records: their number, or why not.
func fates(outcomes []repository.Outcome) []string {
	var all []string
	for _, out := range outcomes {
		switch {
		case out.Err != nil:
			all = append(all, told(out.Err))
		case len(out.Warnings) > 0:
			all = append(all, "warned of "+out.Warnings[0].Conflicts[0].Title)
		default:
			all = append(all, "made")
		}
	}
	return all
}

func TestCreateManyMixed(t *testing.T) {
	h := blocking(t)
	h.contact(`{"firstName":"Jan","emails":[{"address":"jan@example.org"}]}`)
	records := people("Piet piet@example.org", "- nobody@example.org", "Mia JAN@example.org", "Eva eva@example.org", "Ann piet@example.org", "Bob nobody@example.org", "Eva2 eva@example.org", "Tom #1", "Tim #9", "Tam #9")
	outcomes, err := h.CreateMany(t.Context(), h.Write(), "contact", records, nil)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"made", "invalid, firstName required", "conflict, emails[0].address email_taken, (Jan)", "made",
		"conflict, emails[0].address email_taken, (Piet)", "made", // the holder is in the same commit
		"conflict, emails[0].address email_taken, (Eva)", "conflict, number number_taken", "made", "conflict, number number_taken"}
	if diff := cmp.Diff(want, fates(outcomes)); diff != "" {
		t.Error(diff)
	}
	seq := map[int64]bool{}
	for i, out := range outcomes {
		if out.Err == nil {
			seq[h.history(out.Record.Base().ID)[0].Seq] = true
			if !out.Created || records[i].Base().ID != out.Record.Base().ID {
				t.Errorf("%d: %+v", i, out)
			}
		}
	}
	if len(seq) != 1 {
		t.Errorf("the records were made in %d commits", len(seq))
	}
	if c := outcomes[8].Record.(*contact.Contact); c.Number != 9 {
		t.Errorf("number %d", c.Number)
	}
}

// Numbers are given in the order of the records, around those that bring one.
func TestCreateManyNumbers(t *testing.T) {
	h := open(t)
	outcomes, err := h.CreateMany(t.Context(), h.Write(), "contact", people("A", "B #1", "C #3", "D", "E #2", "F #4", "G"), nil)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, out := range outcomes {
		if out.Err != nil {
			got = append(got, told(out.Err))
			continue
		}
		got = append(got, fmt.Sprint(out.Record.(*contact.Contact).Number))
	}
	want := []string{"1", "conflict, number number_taken", "3", "4", "2", "conflict, number number_taken", "5"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	// A number is never used again, not even when its contact lies in the trash.
	h.trash(outcomes[2].Record.Base().ID)
	outcomes, err = h.CreateMany(t.Context(), h.Write(), "contact", people("H #3"), nil)
	if err != nil || told(outcomes[0].Err) != "conflict, number number_taken" {
		t.Errorf("%v, %v", outcomes, err)
	}
	if c := h.contact(`{"firstName":"I"}`); c.Number != 6 {
		t.Errorf("number %d", c.Number)
	}
}

// What the caller adds is written with the records, also when none is left, and not when the commit fails.
func TestCreateManyExtra(t *testing.T) {
	h := open(t)
	cursor := h.Tenant.JobItem("job_1", "cursor")
	advance := func(expect int64) func([]repository.Outcome) ([]store.Op, error) {
		return func(outcomes []repository.Outcome) ([]store.Op, error) {
			return []store.Op{{Kind: store.Put, Key: cursor, Expect: expect, Value: []byte(strings.Join(fates(outcomes), ";"))}}, nil
		}
	}
	read := func() string {
		items, err := h.Below.Get(t.Context(), store.Each, cursor)
		if err != nil || items[0] == nil {
			return ""
		}
		return string(items[0].Value)
	}
	if _, err := h.CreateMany(t.Context(), h.Write(), "contact", people("Jan", "-"), advance(store.Absent)); err != nil || read() != "made;invalid, firstName required" {
		t.Errorf("%q, %v", read(), err)
	}
	if _, err := h.CreateMany(t.Context(), h.Write(), "contact", people("-"), advance(1)); err != nil || read() != "invalid, firstName required" {
		t.Errorf("%q, %v", read(), err)
	}
	rec := person("Piet")
	_, err := h.CreateMany(t.Context(), h.Write(), "contact", []record.Record{rec}, advance(1))
	if failed := (*store.Failed)(nil); !errors.As(err, &failed) || len(failed.Failures) != 1 || failed.Failures[0].Key != cursor {
		t.Errorf("a cursor that has moved: %v", err)
	}
	if n := rec.(*contact.Contact).Number; n != 0 {
		t.Errorf("the record that was not made keeps the number %d", n)
	}
	refused := errors.New("no")
	if _, err := h.CreateMany(t.Context(), h.Write(), "contact", people("Mia"), func([]repository.Outcome) ([]store.Op, error) { return nil, refused }); !errors.Is(err, refused) {
		t.Errorf("%v", err)
	}
	if outcomes, err := h.CreateMany(t.Context(), h.Write(), "contact", nil, nil); err != nil || len(outcomes) != 0 {
		t.Errorf("%v, %v", outcomes, err)
	}
}

func TestCost(t *testing.T) {
	h := open(t)
	records := people("A", "B b@example.org", "C c@example.org d@example.org")
	total := 0
	for i, want := range []int{2, 3, 4} {
		if got := repository.Cost(records[i]); got != want {
			t.Errorf("%d costs %d", i, got)
		}
	}
	var lot []record.Record
	for n := 0; total+3 <= log.MaxOps; n++ {
		lot = append(lot, person(fmt.Sprintf("N%d n%d@example.org", n, n)))
		total += 3
	}
	if _, err := h.CreateMany(t.Context(), h.Write(), "contact", lot, nil); err != nil {
		t.Errorf("%d records that cost %d: %v", len(lot), total, err)
	}
}

// TestDryRunTellsTheFate: whatever the records, their lots and the policy, a dry run says what the run then does.
func TestDryRunTellsTheFate(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	for round := range 12 {
		h := open(t)
		if round%2 == 0 {
			h.Settings(repositorytest.Block)
		}
		for range r.IntN(5) {
			h.CreateMany(t.Context(), h.Write(), "contact", people(randomPerson(r)), nil)
		}
		var words []string
		for range 40 {
			words = append(words, randomPerson(r))
		}
		dry, err := h.DryRun(t.Context(), h.Write(), "contact")
		if err != nil {
			t.Fatal(err)
		}
		var told, done []string
		for lot := words; len(lot) > 0; {
			n := min(1+r.IntN(15), len(lot))
			outcomes, err := dry.Judge(t.Context(), people(lot[:n]...))
			if err != nil {
				t.Fatal(err)
			}
			told, lot = append(told, whole(outcomes)...), lot[n:]
		}
		for lot := words; len(lot) > 0; {
			n := min(1+r.IntN(15), len(lot))
			outcomes, err := h.CreateMany(t.Context(), h.Write(), "contact", people(lot[:n]...), nil)
			if err != nil {
				t.Fatal(err)
			}
			done, lot = append(done, whole(outcomes)...), lot[n:]
		}
		if diff := cmp.Diff(told, done); diff != "" {
			t.Fatalf("round %d, %q: %s", round, words, diff)
		}
	}
}

func randomPerson(r *rand.Rand) string {
	words := []string{"-", "Jan", "Piet", "Mia"}[r.IntN(4)]
	for range r.IntN(3) {
		words += fmt.Sprintf(" a%d@example.org", r.IntN(12))
	}
	if r.IntN(3) == 0 {
		words += fmt.Sprintf(" #%d", 1+r.IntN(40))
	}
	return words
}

// whole says what became of records, with everybody who is named.
func whole(outcomes []repository.Outcome) []string {
	var all []string
	for _, out := range outcomes {
		s := told(out.Err)
		for _, w := range out.Warnings {
			s += " " + w.Path
			for _, c := range w.Conflicts {
				s += " " + c.Field + "=" + c.Title
			}
		}
		all = append(all, s)
	}
	return all
}

// A dry run writes nothing.
func TestDryRunWritesNothing(t *testing.T) {
	h := open(t)
	dry, err := h.DryRun(t.Context(), h.Write(), "contact")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := dry.Judge(t.Context(), people("Jan jan@example.org", "Piet #7")); err != nil {
		t.Fatal(err)
	}
	if seq, err := h.Seq(t.Context(), h.Write().Grant); err != nil || seq != 0 {
		t.Errorf("the log stands at %d, %v", seq, err)
	}
}
