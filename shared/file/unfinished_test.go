package file_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/muster-crm/muster/shared/fault"
	"github.com/muster-crm/muster/shared/file"
	"github.com/muster-crm/muster/shared/record"
	"github.com/muster-crm/muster/shared/repository"
)

// An upload that never came is put away a day later; one that came is not.
func TestExpire(t *testing.T) {
	h := open(t)
	ctx, owner := t.Context(), h.contact()
	_, lost, err := h.Begin(ctx, h.write(), "contact", owner, "lost.pdf", 10, file.Document)
	if err != nil {
		t.Fatal(err)
	}
	sent := h.begin("contact", owner, "sent.pdf", file.Document, []byte(pdf)) // and never judged
	ready := h.begin("contact", owner, "ready.pdf", file.Document, []byte(pdf))
	if _, err := h.Ready(ctx, h.write(), ready); err != nil {
		t.Fatal(err)
	}
	due := func() []string {
		all, err := h.k.Directory.DueBy(ctx, h.clock.Now(), 100)
		if err != nil {
			t.Fatal(err)
		}
		var ids []string
		for _, d := range all {
			if d.Topic != file.Topic || d.Tenant != h.owner.Tenant() {
				t.Errorf("%+v", d)
			}
			ids = append(ids, d.Ref)
		}
		slices.Sort(ids)
		return ids
	}
	h.clock.Advance(23 * time.Hour)
	for _, id := range []string{lost.ID, sent, ready} {
		if err := h.Expire(ctx, h.owner.Tenant(), id); err != nil || h.file(id).DeletedAt != nil {
			t.Errorf("too early: %v", err)
		}
	}
	if got := due(); len(got) != 0 {
		t.Errorf("due too early: %v", got)
	}
	h.clock.Advance(2 * time.Hour)
	want := []string{lost.ID, sent, ready}
	slices.Sort(want)
	if diff := cmp.Diff(want, due()); diff != "" {
		t.Fatal(diff)
	}
	for range 2 {
		for _, id := range append(want, "fil_x", h.file(ready).ID[:29]+"z"+h.file(ready).ID[30:]) {
			if err := h.Expire(ctx, h.owner.Tenant(), id); err != nil {
				t.Errorf("%s: %v", id, err)
			}
		}
	}
	if got := due(); len(got) != 0 {
		t.Errorf("still due: %v", got)
	}
	if h.file(lost.ID).DeletedAt == nil || h.file(sent).DeletedAt == nil || h.file(ready).DeletedAt != nil {
		t.Error("the wrong ones were put away")
	}
	if diff := cmp.Diff([]string{"files/" + ready + "/" + h.file(ready).SHA[:32] + "/whole"}, h.objects()); diff != "" {
		t.Error(diff)
	}
	if h.file(lost.ID).DeletedBy != "system" {
		t.Errorf("by %s", h.file(lost.ID).DeletedBy)
	}
}

// Of any number that call at once, all get the same file.
func TestReadyTogether(t *testing.T) {
	h := open(t)
	owner := h.contact()
	id := h.begin("contact", owner, "a.pdf", file.Document, []byte(pdf))
	up, err := h.Offer(t.Context(), h.owner, "contact", owner, file.Document, func(string) string { return "http://localhost:3000/back" })
	if err != nil {
		t.Fatal(err)
	}
	h.send(up, []byte(pdf))
	type answer struct {
		rec record.Record
		err error
	}
	answers := make(chan answer)
	const n = 6
	for i := range n {
		go func() {
			var res repository.Result
			var err error
			if i%2 == 0 {
				res, err = h.Ready(context.WithoutCancel(t.Context()), h.write(), id)
			} else {
				res, err = h.Adopt(context.WithoutCancel(t.Context()), h.write(), "contact", owner, up.ID, "b", file.Document)
			}
			answers <- answer{res.Record, err}
		}()
	}
	for range n {
		a := <-answers
		if errors.Is(a.err, fault.Conflict) {
			continue // the upload was taken by another the moment before
		}
		if a.err != nil || a.rec.(*file.File).State != file.Ready {
			t.Errorf("%+v, %v", a.rec, a.err)
		}
	}
	if h.file(id).Version != 2 || h.file(up.ID).Version != 1 {
		t.Errorf("versions %d and %d", h.file(id).Version, h.file(up.ID).Version)
	}
}
