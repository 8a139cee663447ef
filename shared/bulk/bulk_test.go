package bulk_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/muster-crm/muster/shared/bulk"
	"github.com/muster-crm/muster/shared/contact"
	"github.com/muster-crm/muster/shared/fault"
	"github.com/muster-crm/muster/shared/idem"
	"github.com/muster-crm/muster/shared/job"
	"github.com/muster-crm/muster/shared/policy"
	"github.com/muster-crm/muster/shared/repository"
	"github.com/muster-crm/muster/shared/setting"
	"github.com/muster-crm/muster/shared/store"
	"github.com/muster-crm/muster/shared/store/storefault"
	"github.com/muster-crm/muster/shared/target"
)

// Every action does to each record what the single action does, tells of those it had nothing to do with, and is taken
// back as if it had never been.
func TestActions(t *testing.T) {
	h := open(t, nil)
	south := h.make(setting.EntityName, map[string]any{"name": "South"})
	h.make(setting.FieldName, map[string]any{"for": "contact", "name": "size", "label": "Size", "type": "choice", "options": []any{"S", "M"}})
	h.make(setting.FieldName, map[string]any{"for": "contact", "name": "licence", "label": "Licence", "type": "number"})
	h.make(setting.ValueName, map[string]any{"list": "category", "label": "Youth"})
	a := h.person("tags", []any{"Board", "U12"}, "type", "donor", "custom", map[string]any{"size": "S"})
	b := h.person("emails", []any{map[string]any{"kind": "personal", "address": "bee@example.org"}}, "entity", south, "category", "youth")
	c := h.person("tags", []any{"board"}, "status", "withdrawn", "custom", map[string]any{"size": "M", "licence": 12.5})
	gone := h.person("tags", []any{"x"})
	h.trash(gone)
	everybody := target.Target{IDs: []string{a, b, c, gone, "con_00000000000000000000000000", "nonsense!", a}}
	members := func(of func(*contact.Contact) string) []string {
		return []string{of(h.contact(a)), of(h.contact(b)), of(h.contact(c))}
	}
	tags := func(c *contact.Contact) string { return fmt.Sprint(c.Tags) }
	for name, c := range map[string]struct {
		action string
		params bulk.Params
		counts string // done, unchanged
		of     func(*contact.Contact) string
		want   []string
	}{
		"add a tag":         {"tag.add", params("tag", "new"), "3 0", tags, []string{"[Board U12 new]", "[new]", "[Board new]"}},
		"its spelling":      {"tag.add", params("tag", "u12"), "2 1", tags, []string{"[Board U12]", "[U12]", "[Board U12]"}},
		"add what is there": {"tag.add", params("tag", " BOARD "), "1 2", tags, []string{"[Board U12]", "[Board]", "[Board]"}},
		"remove a tag":      {"tag.remove", params("tag", "bóard"), "2 1", tags, []string{"[U12]", "[]", "[]"}},
		"category":          {"category", params("category", "youth"), "2 1", func(c *contact.Contact) string { return c.Category }, []string{"youth", "youth", "youth"}},
		"no category":       {"category", params("category", ""), "1 2", func(c *contact.Contact) string { return c.Category }, []string{"", "", ""}},
		"type":              {"type", params("type", "donor"), "2 1", func(c *contact.Contact) string { return c.Type }, []string{"donor", "donor", "donor"}},
		"status":            {"status", params("status", "withdrawn"), "2 1", func(c *contact.Contact) string { return c.Status }, []string{"withdrawn", "withdrawn", "withdrawn"}},
		"entity":            {"entity", params("entity", south), "2 1", func(c *contact.Contact) string { return c.Entity }, []string{south, south, south}},
		"own choice":        {"custom", params("field", "size", "value", "M"), "2 1", func(c *contact.Contact) string { return fmt.Sprint(c.Custom["size"]) }, []string{"M", "M", "M"}},
		"own number":        {"custom", params("field", "licence", "value", 12.5), "2 1", func(c *contact.Contact) string { return fmt.Sprint(c.Custom["licence"]) }, []string{"12.5", "12.5", "12.5"}},
		"no own value":      {"custom", params("field", "size"), "2 1", func(c *contact.Contact) string { return fmt.Sprint(c.Custom["size"]) }, []string{"<nil>", "<nil>", "<nil>"}},
		"delete": {bulk.Delete, params("count", 6), "3 0", func(c *contact.Contact) string { return fmt.Sprint(c.DeletedAt != nil) },
			[]string{"true", "true", "true"}},
	} {
		t.Run(name, func(t *testing.T) {
			before := h.dump()
			q := bulk.Request{Action: c.action, Target: everybody, Params: c.params}
			p, err := h.bulks.Preview(t.Context(), h.grant, q)
			if err != nil {
				t.Fatal(err)
			}
			if got := fmt.Sprint(p.Changed, p.Same); got != c.counts || p.Count != 6 || p.Skipped != 3 || !p.Exact || len(p.Samples) != 6 || len(p.Except) != 3 {
				t.Errorf("previewed: %s: %+v", got, p)
			}
			if diff := cmp.Diff(before, h.dump()); diff != "" {
				t.Errorf("the preview wrote: %s", diff)
			}
			done := h.run(q)
			if got := fmt.Sprint(done.Counts["changed"], done.Counts["unchanged"]); done.State != job.Done || got != c.counts ||
				done.Counts["skipped"] != 3 || done.Counts["failed"] != 0 || done.Total != 6 || done.Counts["done"] != 6 {
				t.Errorf("%s (%s): %v", done.State, done.Failure, done.Counts)
			}
			if diff := cmp.Diff(c.want, members(c.of)); diff != "" {
				t.Error(diff)
			}
			skipped := h.items(done.ID, bulk.Skipped)
			if diff := cmp.Diff(map[string]string{"P004": "skipped :trashed", "con_00000000000000000000000000": "skipped :not_found", "nonsense!": "skipped :not_found"}, skipped); diff != "" {
				t.Error(diff)
			}
			if all := h.items(done.ID, ""); len(all) != 6 {
				t.Errorf("%v", all)
			}
			undone := h.undo(done.ID)
			if undone.State != job.Undone || undone.Counts["back"] != done.Counts["changed"] || undone.Counts["kept"] != 0 {
				t.Errorf("%s (%s): %v", undone.State, undone.Failure, undone.Counts)
			}
			if diff := cmp.Diff(before, h.dump()); diff != "" {
				t.Errorf("after undo: %s", diff)
			}
			if _, err := h.bulks.Undo(t.Context(), h.grant, done.ID); !errors.Is(err, fault.Conflict) {
				t.Errorf("undone twice: %v", err)
			}
		})
	}
	changes, _, err := h.kernel.Records.History(t.Context(), h.grant, contact.Name, a, 0, 2)
	if err != nil || changes[0].Batch == "" || changes[0].Batch != changes[1].Batch || changes[0].Name != "Olga" {
		t.Errorf("the history says %+v, %v", changes, err)
	}
}

// Other kinds have their fields changed and are deleted as well.
func TestOtherKinds(t *testing.T) {
	h := open(t, nil)
	h.make(setting.FieldName, map[string]any{"for": "company", "name": "sector", "label": "Sector", "type": "text"})
	h.make("company", map[string]any{"name": "Anchor"})
	h.make("company", map[string]any{"name": "Buoy"})
	before := h.dump()
	set := h.run(bulk.Request{Kind: "company", Action: "custom", Target: target.Target{All: true}, Params: params("field", "sector", "value", "Port")})
	gone := h.run(bulk.Request{Kind: "company", Action: bulk.Delete, Target: target.Target{Q: "anchor"}, Params: params("count", 1)})
	if set.Counts["changed"] != 2 || gone.Counts["changed"] != 1 {
		t.Errorf("%v, %v", set.Counts, gone.Counts)
	}
	h.undo(gone.ID)
	h.undo(set.ID)
	// Undone in reverse order both are as they were: the deletion has changed no field, and was taken back.
	if counts := h.get(set.ID).Counts; counts["kept"] != 0 || counts["back"] != 2 {
		t.Errorf("%v", counts)
	}
	if diff := cmp.Diff(before, h.dump()); diff != "" {
		t.Error(diff)
	}
	if _, err := h.bulks.Preview(t.Context(), h.grant, bulk.Request{Kind: "company", Action: "tag.add", Target: target.Target{All: true}, Params: params("tag", "x")}); !errors.Is(err, fault.Invalid) {
		t.Errorf("companies have no tags: %v", err)
	}
}

// The target is what the query found when it began: what the action changes does not move it.
func TestTargetStaysAsItWas(t *testing.T) {
	h := open(t, nil)
	h.bulks.SetSizes(3, 4)
	for i := range 40 {
		h.person("tags", []any{fmt.Sprintf("t%d", i%2)})
	}
	done := h.run(bulk.Request{Action: "tag.add", Target: target.Target{Q: "tag:t0 -tag:t1"}, Params: params("tag", "t1")})
	if done.Counts["changed"] != 20 || done.Total != 20 {
		t.Errorf("%v of %d", done.Counts, done.Total)
	}
}

// A record that its checks refuse is left out with the reason, and does not stand in the way of others.
func TestRefusedAlone(t *testing.T) {
	h := open(t, nil)
	var many []any
	for i := range 50 {
		many = append(many, fmt.Sprintf("t%02d", i))
	}
	h.person("tags", many)
	h.person()
	done := h.run(bulk.Request{Action: "tag.add", Target: target.Target{All: true}, Params: params("tag", "one more")})
	if diff := cmp.Diff(map[string]string{"P001": "failed tags:too_many", "P002": "done"}, h.items(done.ID, "")); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(map[string]string{"P001": "failed tags:too_many"}, h.items(done.ID, bulk.Failed)); diff != "" {
		t.Error(diff)
	}
}

// Undo goes field by field: those nobody has touched since come back, the others are kept and listed. A key that was taken
// meanwhile is not taken away again.
func TestUndoKeepsWhatWasEdited(t *testing.T) {
	h := open(t, nil)
	if _, err := h.kernel.Records.Patch(t.Context(), h.write(), setting.Name, setting.Owner, repository.AnyVersion, []byte(`{"keyPolicy":{"email":"block"}}`)); err != nil {
		t.Fatal(err)
	}
	mail := []any{map[string]any{"kind": "personal", "address": "one@example.org"}}
	a, b, c, d, e := h.person("emails", mail), h.person(), h.person(), h.person(), h.person()
	tagged := h.run(bulk.Request{Action: "tag.add", Target: target.Target{IDs: []string{a, b, c, d, e}}, Params: params("tag", "x")})
	h.patch(b, `{"nickname":"Bee"}`)
	h.trash(c)
	h.patch(d, `{"tags":["x","y"],"nickname":"Dee"}`)
	h.patch(e, `{"tags":["y"]}`) // and as the action left it again
	h.patch(e, `{"tags":["x"]}`)
	undone := h.undo(tagged.ID)
	if undone.Counts["back"] != 3 || undone.Counts["kept"] != 2 {
		t.Errorf("%v", undone.Counts)
	}
	for id, want := range map[string]string{a: "[] ", b: "[] Bee", c: "[x] ", d: "[x y] Dee", e: "[] "} {
		if is := h.contact(id); fmt.Sprint(is.Tags)+" "+is.Nickname != want {
			t.Errorf("%s: %v %s, not %s", is.FirstName, is.Tags, is.Nickname, want)
		}
	}
	if diff := cmp.Diff(map[string]string{"P003": "kept :trashed", "P004": "kept tags:edited_since"}, h.items(undone.ID, bulk.Kept)); diff != "" {
		t.Error(diff)
	}
	gone := h.run(bulk.Request{Action: bulk.Delete, Target: target.Target{IDs: []string{a, b}}, Params: params("count", 2)})
	h.person("emails", mail)
	undone = h.undo(gone.ID)
	if undone.Counts["back"] != 1 || undone.Counts["kept"] != 1 || h.contact(a).DeletedAt == nil || h.contact(b).DeletedAt != nil {
		t.Errorf("%v", undone.Counts)
	}
	if diff := cmp.Diff(map[string]string{"P001": "kept emails[0].address:email_taken"}, h.items(undone.ID, bulk.Kept)); diff != "" {
		t.Error(diff)
	}
}

// What was deleted comes back from the trash, whatever was done to it there; who came back since, and was put away again by
// somebody else, stays there.
func TestUndoOfDeletion(t *testing.T) {
	h := open(t, nil)
	a, b, c := h.person(), h.person(), h.person()
	gone := h.run(bulk.Request{Action: bulk.Delete, Target: target.Target{IDs: []string{a, b, c}}, Params: params("count", 3)})
	restore := func(id string) {
		if _, err := h.kernel.Records.Restore(t.Context(), h.write(), contact.Name, id, repository.AnyVersion, repository.DropNone); err != nil {
			t.Fatal(err)
		}
	}
	restore(b)
	restore(c)
	h.trash(c)
	undone := h.undo(gone.ID)
	if undone.Counts["back"] != 2 || undone.Counts["kept"] != 1 || h.contact(a).DeletedAt != nil || h.contact(b).DeletedAt != nil || h.contact(c).DeletedAt == nil {
		t.Errorf("%v", undone.Counts)
	}
	if diff := cmp.Diff(map[string]string{"P003": "kept :edited_since"}, h.items(undone.ID, bulk.Kept)); diff != "" {
		t.Error(diff)
	}
}

func TestRefusals(t *testing.T) {
	h := open(t, nil)
	h.make(setting.FieldName, map[string]any{"for": "contact", "name": "size", "label": "Size", "type": "choice", "options": []any{"S", "M"}})
	h.make(setting.FieldName, map[string]any{"for": "contact", "name": "since", "label": "Since", "type": "date", "required": true})
	old := h.make(setting.ValueName, map[string]any{"list": "category", "label": "Old"})
	if _, err := h.kernel.Records.Patch(t.Context(), h.write(), setting.ValueName, old, repository.AnyVersion, []byte(`{"retired":true}`)); err != nil {
		t.Fatal(err)
	}
	id := h.person("custom", map[string]any{"since": "2020-01-01"})
	one := target.Target{IDs: []string{id}}
	before := h.dump()
	for name, c := range map[string]struct {
		q          bulk.Request
		path, code string
	}{
		"no target":         {bulk.Request{Action: "tag.add", Params: params("tag", "x")}, "target", "empty_target"},
		"a blank query":     {bulk.Request{Action: "tag.add", Target: target.Target{Q: "  "}, Params: params("tag", "x")}, "target", "empty_target"},
		"nobody":            {bulk.Request{Action: "tag.add", Target: target.Target{Q: "tag:nobody"}, Params: params("tag", "x")}, "target", "empty_target"},
		"two targets":       {bulk.Request{Action: "tag.add", Target: target.Target{Q: "x", All: true}, Params: params("tag", "x")}, "target", "one_target"},
		"a bad query":       {bulk.Request{Action: "tag.add", Target: target.Target{Q: "nothing:x"}, Params: params("tag", "x")}, "target.q", "unknown_field"},
		"too many":          {bulk.Request{Action: "tag.add", Target: target.Target{IDs: distinct(1001)}, Params: params("tag", "x")}, "target.ids", "too_many"},
		"no such kind":      {bulk.Request{Kind: "pirate", Action: "tag.add", Target: one}, "kind", "bad_choice"},
		"a managed kind":    {bulk.Request{Kind: "season", Action: bulk.Delete, Target: target.Target{All: true}}, "kind", "bad_choice"},
		"no such action":    {bulk.Request{Action: "dance", Target: one}, "action", "bad_choice"},
		"no tag":            {bulk.Request{Action: "tag.add", Target: one}, "params.tag", "required"},
		"a long tag":        {bulk.Request{Action: "tag.add", Target: one, Params: params("tag", strings.Repeat("é", 51))}, "params.tag", "too_long"},
		"no text":           {bulk.Request{Action: "tag.add", Target: one, Params: params("tag", 5)}, "params.tag", "bad_type"},
		"unknown parameter": {bulk.Request{Action: "tag.add", Target: one, Params: params("tag", "x", "size", 5)}, "params.size", "unknown_field"},
		"no such value":     {bulk.Request{Action: "type", Target: one, Params: params("type", "pirate")}, "params.type", "bad_choice"},
		"no value":          {bulk.Request{Action: "type", Target: one}, "params.type", "required"},
		"a retired value":   {bulk.Request{Action: "category", Target: one, Params: params("category", "old")}, "params.category", "bad_choice"},
		"no such entity":    {bulk.Request{Action: "entity", Target: one, Params: params("entity", "ent_none")}, "params.entity", "bad_reference"},
		"no such field":     {bulk.Request{Action: "custom", Target: one, Params: params("field", "colour", "value", "x")}, "params.field", "bad_choice"},
		"a bad own value":   {bulk.Request{Action: "custom", Target: one, Params: params("field", "size", "value", "XXL")}, "params.value", "bad_choice"},
		"a bad own date":    {bulk.Request{Action: "custom", Target: one, Params: params("field", "since", "value", "soon")}, "params.value", "bad_date"},
		"a needed own":      {bulk.Request{Action: "custom", Target: one, Params: params("field", "since", "value", nil)}, "params.value", "required"},
		"unconfirmed":       {bulk.Request{Action: bulk.Delete, Target: one}, "params.count", "required"},
		"another count":     {bulk.Request{Action: bulk.Delete, Target: one, Params: params("count", 2)}, "params.count", "count_moved"},
	} {
		_, err := h.bulks.Start(t.Context(), h.write(), c.q)
		f := fault.From(err)
		if f == nil || f.Kind != fault.Invalid || len(f.Fields) == 0 || f.Fields[0].Path != c.path || f.Fields[0].Code != c.code {
			t.Errorf("%s: %v", name, err)
		}
		if c.path == "params.count" {
			continue
		}
		if _, again := h.bulks.Preview(t.Context(), h.grant, c.q); fmt.Sprint(again) != fmt.Sprint(err) {
			t.Errorf("%s: previewed: %v", name, again)
		}
	}
	if diff := cmp.Diff(before, h.dump()); diff != "" {
		t.Error(diff)
	}
	list, _, err := h.bulks.List(t.Context(), h.grant, "", 10)
	if err != nil || len(list) != 0 {
		t.Errorf("refused ones are listed: %v, %v", list, err)
	}
}

func distinct(n int) []string {
	ids := make([]string, n)
	for i := range ids {
		ids[i] = fmt.Sprintf("con_%d", i)
	}
	return ids
}

func TestRights(t *testing.T) {
	h := open(t, nil)
	q := bulk.Request{Action: "tag.add", Target: target.Target{IDs: []string{h.person()}}, Params: params("tag", "x")}
	id := h.start(q)
	reader := policy.For(policy.Actor{ID: "usr_r"}, policy.Reader).In(h.grant.Tenant())
	other := policy.For(policy.Actor{ID: "usr_e"}, policy.Editor).In(h.grant.Tenant())
	for what, kind := range map[string]fault.Kind{"previews": fault.Denied, "starts": fault.Denied, "lists": fault.Denied, "reads": fault.Denied, "cancels": fault.Denied, "undoes": fault.Denied} {
		err := map[string]error{
			"previews": second(h.bulks.Preview(t.Context(), reader, q)),
			"starts":   second(h.bulks.Start(t.Context(), repository.Write{Grant: reader}, q)),
			"reads":    second(h.bulks.Get(t.Context(), reader, id)),
			"cancels":  second(h.bulks.Cancel(t.Context(), reader, id)),
			"undoes":   second(h.bulks.Undo(t.Context(), reader, id)),
			"lists":    third(h.bulks.List(t.Context(), reader, "", 5)),
		}[what]
		if !errors.Is(err, kind) {
			t.Errorf("a reader %s: %v", what, err)
		}
	}
	for what, err := range map[string]error{
		"reads":   second(h.bulks.Get(t.Context(), other, id)),
		"cancels": second(h.bulks.Cancel(t.Context(), other, id)),
		"undoes":  second(h.bulks.Undo(t.Context(), other, id)),
		"items":   third(h.bulks.Items(t.Context(), other, id, "", "", 5)),
	} {
		if !errors.Is(err, fault.NotFound) {
			t.Errorf("another editor %s: %v", what, err)
		}
	}
	if _, err := h.bulks.Undo(t.Context(), h.grant, id); !errors.Is(err, fault.Conflict) {
		t.Errorf("undone before it ended: %v", err)
	}
	if b, err := h.bulks.Cancel(t.Context(), h.grant, id); err != nil || !b.Cancel {
		t.Fatal(err)
	}
	if b := h.work(id); b.State != job.Cancelled {
		t.Errorf("a cancelled one is %s", b.State)
	}
}

func second[T any](_ T, err error) error        { return err }
func third[T, S any](_ T, _ S, err error) error { return err }

// A request that comes again with its key is the same action; with another body it is refused.
func TestIdempotency(t *testing.T) {
	h := open(t, nil)
	q := bulk.Request{Action: "tag.add", Target: target.Target{IDs: []string{h.person()}}, Params: params("tag", "x")}
	w := h.write()
	w.Key = idem.Key{Caller: "usr_1", Route: "POST /v1/bulks", Name: "k", Body: "1"}
	first, err := h.bulks.Start(t.Context(), w, q)
	if err != nil {
		t.Fatal(err)
	}
	again, err := h.bulks.Start(t.Context(), w, q)
	if err != nil || again.ID != first.ID {
		t.Errorf("%v", err)
	}
	w.Key.Body = "2"
	if _, err := h.bulks.Start(t.Context(), w, q); fault.From(err).Code != "idempotency_mismatch" {
		t.Errorf("%v", err)
	}
}

// After thirty days nothing is taken back any more.
func TestUndoTooLate(t *testing.T) {
	h := open(t, nil)
	done := h.run(bulk.Request{Action: "tag.add", Target: target.Target{IDs: []string{h.person()}}, Params: params("tag", "x")})
	h.clock.Advance(bulk.Undoable - time.Minute)
	if !h.get(done.ID).Undoable(h.clock.Now()) {
		t.Error("not undoable a minute before")
	}
	h.clock.Advance(time.Minute)
	if _, err := h.bulks.Undo(t.Context(), h.grant, done.ID); fault.From(err).Code != "undo_too_late" {
		t.Errorf("%v", err)
	}
}

// Somebody who leaves between confirming a deletion and its beginning stops it before anything is gone.
func TestDeletionOfAsManyAsConfirmed(t *testing.T) {
	h := open(t, nil)
	h.person("type", "donor")
	h.person("type", "donor")
	id := h.start(bulk.Request{Action: bulk.Delete, Target: target.Target{Q: "type:donor"}, Params: params("count", 2)})
	h.person("type", "donor")
	before := h.dump()
	b := h.work(id)
	if b.State != job.Failed || b.Failure != "count_moved" || !cmp.Equal(before, h.dump()) {
		t.Errorf("%s: %s", b.State, b.Failure)
	}
}

// Random actions on random people, taken back newest first, leave every record as it was, byte by byte.
func TestUndoProperty(t *testing.T) {
	for seed := range uint64(5) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			r := rand.New(rand.NewPCG(seed, 7))
			pick := func(of ...string) string { return of[r.IntN(len(of))] }
			h := open(t, nil)
			h.bulks.SetSizes(1+r.IntN(9), 1+r.IntN(20))
			h.make(setting.FieldName, map[string]any{"for": "contact", "name": "size", "label": "Size", "type": "choice", "options": []any{"S", "M"}})
			h.make(setting.FieldName, map[string]any{"for": "contact", "name": "note", "label": "Note", "type": "text"})
			for i := range 30 {
				p := []any{"type", pick("donor", "member", "supplier"), "status", pick("active", "pending"), "tags", []any{pick("a", "b", "c"), pick("d", "E", "f")},
					"emails", []any{map[string]any{"kind": "personal", "address": fmt.Sprintf("p%d@example.org", i)}}}
				if r.IntN(2) == 0 {
					p = append(p, "custom", map[string]any{"size": pick("S", "M")})
				}
				h.person(p...)
			}
			before := h.dump()
			action := func() bulk.Request {
				switch r.IntN(6) {
				case 0:
					return bulk.Request{Action: "tag.add", Params: params("tag", pick("A", "g", "e"))}
				case 1:
					return bulk.Request{Action: "tag.remove", Params: params("tag", pick("a", "B", "d"))}
				case 2:
					return bulk.Request{Action: "type", Params: params("type", pick("donor", "partner"))}
				case 3:
					return bulk.Request{Action: "custom", Params: params("field", "size", "value", pick("S", "M", ""))}
				case 4:
					return bulk.Request{Action: "custom", Params: params("field", "note", "value", pick("", "word"))}
				}
				return bulk.Request{Action: bulk.Delete}
			}
			for range 5 {
				q := action()
				q.Target = target.Target{Q: pick("type:donor", "tag:a", "-tag:b", "status:active size:S", "size:M")}
				p, err := h.bulks.Preview(t.Context(), h.grant, q)
				if err != nil {
					t.Fatal(err)
				}
				if q.Action == bulk.Delete {
					q.Params = params("count", p.Count)
				}
				done := h.run(q)
				if got, want := fmt.Sprint(done.Counts["changed"], done.Counts["unchanged"], done.Total), fmt.Sprint(p.Changed, p.Same, p.Count); got != want {
					t.Errorf("%s: previewed %s, was %s", q.Action, want, got)
				}
				if done.Counts["changed"] == 0 {
					continue
				}
				if undone := h.undo(done.ID); undone.Counts["kept"] != 0 || undone.Counts["back"] != done.Counts["changed"] {
					t.Errorf("%v", undone.Counts)
				}
				if diff := cmp.Diff(before, h.dump()); diff != "" {
					t.Fatalf("%s: %s", q.Action, diff)
				}
			}
		})
	}
}

// end is what an action left behind.
type end struct {
	State    job.State
	Counts   map[string]int64
	People   map[string]string
	Results  map[string]string
	Versions map[string]int64
}

func (h *house) end(id string) end {
	h.t.Helper()
	b := h.get(id)
	e := end{State: b.State, Counts: b.Counts, People: map[string]string{}, Results: h.items(id, ""), Versions: map[string]int64{}}
	for _, q := range []string{"", "is:trashed"} {
		ids, _, err := h.kernel.Records.Matching(h.t.Context(), h.grant, contact.Name, repository.Question{Text: q, Limit: 1000})
		if err != nil {
			h.t.Fatal(err)
		}
		for _, id := range ids {
			c := h.contact(id)
			e.People[c.FirstName+q] = fmt.Sprint(c.Tags)
			e.Versions[c.FirstName] = c.Version
		}
	}
	return e
}

// Whatever goes wrong with any call of the store while an action runs or is undone, what comes out is what a clean run
// leaves: every record is changed once.
func TestCrashes(t *testing.T) {
	actions := map[string]bulk.Request{
		"tag":    {Action: "tag.add", Target: target.Target{Q: "type:donor"}, Params: params("tag", "x")},
		"delete": {Action: bulk.Delete, Target: target.Target{Q: "type:donor"}, Params: params("count", 5)},
	}
	for name, q := range actions {
		for _, phase := range []string{"run", "undo"} {
			t.Run(name+" "+phase, func(t *testing.T) {
				t.Parallel()
				crashes(t, q, phase, nil)
			})
		}
		t.Run(name+" undo of edited", func(t *testing.T) {
			t.Parallel()
			crashes(t, q, "undo", func(h *house, people []string) {
				if q.Action == bulk.Delete {
					for _, id := range people[:2] {
						if _, err := h.kernel.Records.Restore(h.t.Context(), h.write(), contact.Name, id, repository.AnyVersion, repository.DropNone); err != nil {
							h.t.Fatal(err)
						}
					}
					h.trash(people[1])
					return
				}
				h.patch(people[0], `{"nickname":"Bee"}`)
				h.patch(people[1], `{"tags":["y"]}`)
			})
		})
	}
}

// crashes tries a phase of an action; between comes after the action and before its undo.
func crashes(t *testing.T, q bulk.Request, phase string, between func(h *house, people []string)) {
	var faults *storefault.Faults
	var plan storefault.Plan
	begin := func() (h *house, id string, from int) {
		plan = nil
		h = open(t, func(s store.Store) store.Store {
			faults = storefault.New(s, func(call int) storefault.Kind {
				if plan == nil {
					return storefault.None
				}
				return plan(call)
			})
			return faults
		})
		h.bulks.SetSizes(2, 3)
		var people []string
		for i := range 6 {
			tags := []any{"a"}
			if i == 2 {
				tags = []any{"x"}
			}
			people = append(people, h.person("type", []any{"donor", "member"}[min(i/5, 1)], "tags", tags,
				"emails", []any{map[string]any{"kind": "personal", "address": fmt.Sprintf("p%d@example.org", i)}}))
		}
		id = h.start(q)
		if phase == "undo" {
			h.work(id)
			if between != nil {
				between(h, people)
			}
			if _, err := h.bulks.Undo(t.Context(), h.grant, id); err != nil {
				t.Fatal(err)
			}
		}
		return h, id, faults.Calls()
	}
	h, id, from := begin()
	h.work(id)
	calls := faults.Calls() - from - 1 // the last one reads the job for the test
	want := h.end(id)
	if want.State != map[string]job.State{"run": job.Done, "undo": job.Undone}[phase] || want.Counts["changed"] < 4 || phase == "undo" && want.Counts["back"]+want.Counts["kept"] != want.Counts["changed"] || (between != nil) != (want.Counts["kept"] == 1) {
		t.Fatalf("%s: %v", want.State, want.Counts)
	}
	kinds := []storefault.Kind{storefault.Before, storefault.Throttled, storefault.After, storefault.Lost, storefault.Cancelled, storefault.KilledBefore, storefault.KilledAfter}
	for call := 1; call <= calls; call++ {
		for _, kind := range kinds {
			h, id, from := begin()
			plan = storefault.At(from+call, kind)
			for range 8 {
				_ = h.runner(time.Hour).Run(t.Context(), h.grant.Tenant(), id, 0) // what it says does not matter: it is called again
				faults.Revive()
				h.clock.Advance(3 * time.Minute) // the lease of a dead worker runs out
				if b, err := h.bulks.Get(t.Context(), h.grant, id); err == nil && b.State.Ended() {
					break
				}
			}
			plan = nil // what is left of it is not for those who only look
			if diff := cmp.Diff(want, h.end(id)); diff != "" {
				t.Fatalf("call %d of %d %s:\n%s", call, calls, kind, diff)
			}
		}
	}
	t.Logf("%d calls, %d points", calls, calls*len(kinds))
}

// An undo that was stopped and begun again puts back the rest.
func TestUndoBegunAgain(t *testing.T) {
	h := open(t, nil)
	h.bulks.SetSizes(2, 10)
	for range 6 {
		h.person()
	}
	before := h.dump()
	done := h.run(bulk.Request{Action: "tag.add", Target: target.Target{All: true}, Params: params("tag", "x")})
	if _, err := h.bulks.Undo(t.Context(), h.grant, done.ID); err != nil {
		t.Fatal(err)
	}
	if err := h.runner(0).Run(t.Context(), h.grant.Tenant(), done.ID, 0); err != nil { // one chunk
		t.Fatal(err)
	}
	if _, err := h.bulks.Cancel(t.Context(), h.grant, done.ID); err != nil {
		t.Fatal(err)
	}
	if b := h.work(done.ID); b.State != job.Cancelled || b.Counts["back"] != 2 {
		t.Fatalf("%s: %v", b.State, b.Counts)
	}
	undone := h.undo(done.ID)
	if undone.Counts["back"] != 6 || undone.Counts["kept"] != 0 || !cmp.Equal(before, h.dump()) {
		t.Errorf("%v", undone.Counts)
	}
}
