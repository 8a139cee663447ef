package repository_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/muster-crm/muster/shared/record"
	"github.com/muster-crm/muster/shared/repository"
	"github.com/muster-crm/muster/shared/store"
)

// Changes of many contacts that are taken back take with them what they noted of consent, and what else they computed.
func TestUndoOfConsents(t *testing.T) {
	h := open(t)
	w := h.Write()
	w.Batch = "blk_1"
	var ids []string
	before := map[string]string{}
	for _, body := range []string{`{"firstName":"Ann","newsletter":true}`, `{"firstName":"Bob","newsletter":false}`, `{"firstName":"Cas","promotionalSms":true}`} {
		c := h.contact(body)
		ids, before[c.ID] = append(ids, c.ID), mustJSON(t, plainly(h.get(c.ID)))
	}
	for _, patch := range []string{`{"newsletter":false,"lastName":"Nys"}`, `{"newsletter":true,"promotionalSms":false,"prefix":"van","lastName":"Nys"}`} {
		done, err := h.ChangeMany(t.Context(), w, "contact", ids, func(record.Record) (repository.Step, error) { return repository.Step{Patch: []byte(patch)}, nil }, nil)
		if err != nil {
			t.Fatal(err)
		}
		var marks []repository.Mark
		for i, out := range done {
			if out.Err != nil || out.Record == nil {
				t.Fatalf("%s: %+v", patch, out)
			}
			marks = append(marks, repository.Mark{ID: ids[i], Revision: out.Record.Base().Version})
		}
		if c := h.get(ids[1]); c.SortName == "" || len(c.Consents) > 0 && c.Consents[0].Batch != w.Batch {
			t.Errorf("%s: %+v", patch, c)
		}
		if _, err := h.UndoMany(t.Context(), w, "contact", marks, func([]repository.Outcome) ([]store.Op, error) { return nil, nil }); err != nil {
			t.Fatal(err)
		}
		for _, id := range ids {
			if diff := cmp.Diff(before[id], mustJSON(t, plainly(h.get(id)))); diff != "" {
				t.Errorf("%s: %s", patch, diff)
			}
			if h.history(id)[0].Action != "contact.revert" {
				t.Errorf("%s", actions(h.history(id)))
			}
		}
	}
}
