package importer_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/muster-crm/muster/shared/fault"
	"github.com/muster-crm/muster/shared/importer"
	"github.com/muster-crm/muster/shared/mapping"
	"github.com/muster-crm/muster/shared/repository"
)

// A mapping is kept by name, offered for lists with the same headers alone, and makes of them what it made of the first.
func TestMappings(t *testing.T) {
	h := open(t, nil)
	ctx, w := t.Context(), repository.Write{Grant: h.grant}
	first := h.upload("x.csv", []byte("Voornaam;Wat hij doet;E-mail\nAnn;baker;ann@example.org\n"))
	if _, err := h.imports.KeepMapping(ctx, w, first.ID, "Club"); !errors.Is(err, fault.Conflict) {
		t.Errorf("kept without a plan: %v", err)
	}
	h.plan(first.ID, importer.Plan{Mode: importer.Merging, MatchKey: importer.KeyEmail, Rule: importer.Overwrite, Columns: with(first.Guess.Columns, 1, importer.Column{Field: "occupation", Clear: true})})
	for _, name := range []string{"Club", "  clüb "} {
		if _, err := h.imports.KeepMapping(ctx, w, first.ID, name); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"", strings.Repeat("x", 61)} {
		if _, err := h.imports.KeepMapping(ctx, w, first.ID, name); !errors.Is(err, fault.Invalid) {
			t.Errorf("kept as %q: %v", name, err)
		}
	}
	same := h.upload("y.csv", []byte("VOORNAAM;wat hij doet;E-mail\nAnn;;ann@example.org\nBob;smith;bob@example.org\n"))
	fitting, err := h.imports.Fitting(ctx, h.grant, same)
	if err != nil || len(fitting) != 1 || fitting[0].Name != "clüb" {
		t.Fatalf("fitting %v %v", fitting, err)
	}
	h.run(first.ID)
	h.plan(same.ID, importer.PlanOf(fitting[0]))
	h.run(same.ID)
	want(t, "with the mapping", h.fates(same.ID), "2 update occupation", "3 create")
	other := h.upload("z.csv", []byte("Voornaam;E-mail;Wat hij doet\nAnn;ann@example.org;baker\n"))
	if fitting, err := h.imports.Fitting(ctx, h.grant, other); err != nil || len(fitting) != 0 {
		t.Errorf("others: %v %v", fitting, err)
	}
	// It is a record as any other: it has a history, goes into the trash, and comes back.
	id := fitting[0].ID
	changes, _, err := h.kernel.Records.History(ctx, h.grant, mapping.Name, id, 0, 10)
	if err != nil || len(changes) != 2 || len(changes[0].Fields) != 1 || changes[0].Fields[0].Field != "name" {
		t.Errorf("the history has %+v, %v", changes, err)
	}
	if _, err := h.kernel.Records.Trash(ctx, w, mapping.Name, id, repository.AnyVersion); err != nil {
		t.Fatal(err)
	}
	if all, err := h.imports.Mappings(ctx, h.grant); err != nil || len(all) != 0 {
		t.Errorf("left %v %v", all, err)
	}
	if _, err := h.imports.KeepMapping(ctx, w, first.ID, "Club"); err != nil {
		t.Fatal(err)
	}
	_, err = h.kernel.Records.Restore(ctx, w, mapping.Name, id, repository.AnyVersion, repository.DropNone)
	if f := fault.From(err); len(f.Fields) != 1 || f.Fields[0].Code != "name_taken" {
		t.Errorf("two of one name: %v", err)
	}
}

// What is kept under a name is the whole of the newest plan, and nothing of the one before.
func TestMappingIsReplaced(t *testing.T) {
	h := open(t, nil)
	w := repository.Write{Grant: h.grant}
	keep := func(plan importer.Plan) importer.Plan {
		t.Helper()
		imp := h.upload("x.csv", []byte("Voornaam;Geboren;E-mail\nAnn;01/02/1990;ann@example.org\n"))
		imp = h.plan(imp.ID, plan)
		res, err := h.imports.KeepMapping(t.Context(), w, imp.ID, "Club")
		if err != nil {
			t.Fatal(err)
		}
		kept := importer.PlanOf(res.Record.(*mapping.Mapping))
		want := *imp.Plan
		want.Sheet, want.Encoding, want.HeaderRow = "", "", nil // of that file
		if diff := cmp.Diff(want, kept, cmpopts.IgnoreUnexported(importer.Plan{})); diff != "" {
			t.Error(diff)
		}
		return kept
	}
	guessed := h.upload("x.csv", []byte("Voornaam;Geboren;E-mail\nAnn;01/02/1990;ann@example.org\n")).Guess.Columns
	full := slices.Clone(guessed)
	full[1].Rule, full[2].Clear = importer.Overwrite, true
	keep(importer.Plan{Mode: importer.Merging, MatchKey: importer.KeyEmail, Rule: importer.Leave, BadCell: importer.Drop, DefaultCountry: "NL", Links: importer.Links{Group: importer.Reject}, Columns: full})
	bare := slices.Clone(guessed)
	bare[1] = importer.Column{Header: "Geboren", Ignore: true}
	keep(importer.Plan{Columns: bare})
}
