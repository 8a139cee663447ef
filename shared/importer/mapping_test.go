package importer_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/muster-crm/muster/shared/fault"
	"github.com/muster-crm/muster/shared/importer"
)

// A mapping is kept by name, offered for lists with the same headers alone, and makes of them what it made of the first.
func TestMappings(t *testing.T) {
	h := open(t, nil)
	ctx := t.Context()
	first := h.upload("x.csv", []byte("Voornaam;Wat hij doet;E-mail\nAnn;baker;ann@example.org\n"))
	if _, err := h.imports.KeepMapping(ctx, h.grant, first.ID, "Club"); !errors.Is(err, fault.Conflict) {
		t.Errorf("kept without a plan: %v", err)
	}
	h.plan(first.ID, importer.Plan{Mode: importer.Merging, MatchKey: importer.KeyEmail, Rule: importer.Overwrite, Columns: with(first.Guess.Columns, 1, importer.Column{Field: "occupation", Clear: true})})
	for _, name := range []string{"Club", "  clüb "} {
		if _, err := h.imports.KeepMapping(ctx, h.grant, first.ID, name); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"", strings.Repeat("x", 61)} {
		if _, err := h.imports.KeepMapping(ctx, h.grant, first.ID, name); !errors.Is(err, fault.Invalid) {
			t.Errorf("kept as %q: %v", name, err)
		}
	}
	same := h.upload("y.csv", []byte("VOORNAAM;wat hij doet;E-mail\nAnn;;ann@example.org\nBob;smith;bob@example.org\n"))
	fitting, err := h.imports.Fitting(ctx, h.grant, same)
	if err != nil || len(fitting) != 1 || fitting[0].Name != "clüb" {
		t.Fatalf("fitting %v %v", fitting, err)
	}
	h.run(first.ID)
	h.plan(same.ID, fitting[0].Plan)
	h.run(same.ID)
	want(t, "with the mapping", h.fates(same.ID), "2 update occupation", "3 create")
	other := h.upload("z.csv", []byte("Voornaam;E-mail;Wat hij doet\nAnn;ann@example.org;baker\n"))
	if fitting, err := h.imports.Fitting(ctx, h.grant, other); err != nil || len(fitting) != 0 {
		t.Errorf("others: %v %v", fitting, err)
	}
	if m, err := h.imports.DropMapping(ctx, h.grant, fitting[0].ID); err != nil || m.Name != "clüb" {
		t.Errorf("dropped %v %v", m, err)
	}
	if _, err := h.imports.DropMapping(ctx, h.grant, fitting[0].ID); !errors.Is(err, fault.NotFound) {
		t.Errorf("dropped twice: %v", err)
	}
	if all, err := h.imports.Mappings(ctx, h.grant); err != nil || len(all) != 0 {
		t.Errorf("left %v %v", all, err)
	}
}
