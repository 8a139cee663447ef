package rewrite_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/muster-crm/muster/shared/contact"
	"github.com/muster-crm/muster/shared/fault"
	"github.com/muster-crm/muster/shared/job"
	"github.com/muster-crm/muster/shared/policy"
	"github.com/muster-crm/muster/shared/repository"
	"github.com/muster-crm/muster/shared/rewrite"
	"github.com/muster-crm/muster/shared/setting"
	"github.com/muster-crm/muster/shared/store"
	"github.com/muster-crm/muster/shared/store/storefault"
)

// A value of a list that is replaced is nowhere any more, in the trash neither, and can be brought back with all that had
// it.
func TestReplaceAValue(t *testing.T) {
	h := open(t, nil)
	own := h.make(setting.ValueName, map[string]any{"list": "type", "label": "Sponsor"})
	h.person("type", "sponsor")
	h.person("type", "donor")
	h.person("type", "member")
	gone := h.person("type", "sponsor")
	h.trash(contact.Name, gone)
	before := h.all()

	plan, err := h.rewrites.Plan(t.Context(), h.grant, rewrite.Request{Of: "type", From: []string{"sponsor", "donor"}, To: "partner"})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(rewrite.Plan{Uses: []rewrite.Use{{Kind: "contact", Count: 2}}, Total: 2}, plan); diff != "" {
		t.Error(diff)
	}
	j := h.run(rewrite.Request{Of: "type", From: []string{"sponsor", "donor"}, To: "partner", Remove: true})
	if j.State != job.Done || j.Total != 3 || j.Counts["done"] != 3 {
		t.Fatalf("%s (%s): %d of %d", j.State, j.Failure, j.Counts["done"], j.Total)
	}
	if diff := cmp.Diff(map[string]string{"P001": "partner []", "P002": "partner []", "P003": "member []", "P004+": "partner []"}, h.all()); diff != "" {
		t.Error(diff)
	}
	if codes := h.live("type"); slices.Contains(codes, "sponsor") || slices.Contains(codes, "donor") {
		t.Errorf("still offered: %v", codes)
	}
	rec, err := h.kernel.Records.Get(t.Context(), h.grant, setting.ValueName, own)
	if err != nil || rec.Base().DeletedAt == nil {
		t.Errorf("the own value is not in the trash: %v", err)
	}
	if h.config().Lists.Label("type", "sponsor") != "Sponsor" {
		t.Error("its name is not known any more")
	}
	changes, _, err := h.kernel.Records.History(t.Context(), h.grant, contact.Name, h.ids()["P001"], 0, 1)
	if err != nil || changes[0].Batch != j.ID || changes[0].Name != "Olga" || changes[0].Fields[0].Field != "type" {
		t.Errorf("the history says %+v, %v", changes, err)
	}

	j = h.undo(j.ID)
	if j.State != job.Undone || j.Counts["done"] != 3 || j.Counts["kept"] != 0 {
		t.Fatalf("%s (%s): %v", j.State, j.Failure, j.Counts)
	}
	if diff := cmp.Diff(before, h.all()); diff != "" {
		t.Error(diff)
	}
	if codes := h.live("type"); !slices.Contains(codes, "sponsor") || !slices.Contains(codes, "donor") {
		t.Errorf("not offered again: %v", codes)
	}
	_, err = h.rewrites.Undo(t.Context(), h.grant, j.ID)
	if !errors.Is(err, fault.Conflict) {
		t.Errorf("undone twice: %v", err)
	}
}

// ids gives the contacts by first name.
func (h *house) ids() map[string]string {
	h.t.Helper()
	list, err := h.kernel.Records.List(h.t.Context(), h.grant, contact.Name, repository.Question{Limit: repository.MaxPage})
	if err != nil {
		h.t.Fatal(err)
	}
	ids := map[string]string{}
	for _, id := range list.IDs {
		ids[h.contact(id).FirstName] = id
	}
	return ids
}

// What was edited since stays as it is when a rewrite is undone, and is counted.
func TestUndoLeavesWhatWasEdited(t *testing.T) {
	h := open(t, nil)
	a, b := h.person("type", "donor"), h.person("type", "donor")
	j := h.run(rewrite.Request{Of: "type", From: []string{"donor"}, To: "partner"})
	for id, body := range map[string]string{a: `{"type":"student"}`, b: `{"nickname":"Bee"}`} {
		if _, err := h.kernel.Records.Patch(t.Context(), repository.Write{Grant: h.grant}, contact.Name, id, repository.AnyVersion, []byte(body)); err != nil {
			t.Fatal(err)
		}
	}
	j = h.undo(j.ID)
	if j.Counts["done"] != 1 || j.Counts["kept"] != 1 || h.contact(a).Type != "student" || h.contact(b).Type != "donor" || h.contact(b).Nickname != "Bee" {
		t.Errorf("%v: %s, %s", j.Counts, h.contact(a).Type, h.contact(b).Type)
	}
}

func TestTags(t *testing.T) {
	h := open(t, nil)
	h.person("tags", []any{"Bestuur", "U12"})
	h.person("tags", []any{"board", "Committee"})
	h.person("tags", []any{"committee", "U12"})
	h.person("tags", []any{"U12"})
	for name, c := range map[string]struct {
		q    rewrite.Request
		want map[string]string
	}{
		"rename": {rewrite.Request{From: []string{"bestuur"}, To: "Bureau"},
			map[string]string{"P001": "[Bureau U12]", "P002": "[board Committee]", "P003": "[Committee U12]", "P004": "[U12]"}},
		"merge takes the spelling there is": {rewrite.Request{From: []string{"Bestuur", "board"}, To: "COMMITTEE"},
			map[string]string{"P001": "[Committee U12]", "P002": "[Committee]", "P003": "[Committee U12]", "P004": "[U12]"}},
		"another spelling": {rewrite.Request{From: []string{"u12"}, To: "u-12"},
			map[string]string{"P001": "[Bestuur u-12]", "P002": "[board Committee]", "P003": "[Committee u-12]", "P004": "[u-12]"}},
		"other case": {rewrite.Request{From: []string{"U12"}, To: "u12"},
			map[string]string{"P001": "[Bestuur u12]", "P002": "[board Committee]", "P003": "[Committee u12]", "P004": "[u12]"}},
		"nobody has it": {rewrite.Request{From: []string{"none"}, To: "some"},
			map[string]string{"P001": "[Bestuur U12]", "P002": "[board Committee]", "P003": "[Committee U12]", "P004": "[U12]"}},
	} {
		t.Run(name, func(t *testing.T) {
			before := h.all()
			c.q.Of = rewrite.Tags
			j := h.run(c.q)
			got := map[string]string{}
			for name, text := range h.all() {
				got[name] = strings.TrimPrefix(text, "member ")
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("%s %s: %s", j.State, j.Failure, diff)
			}
			h.undo(j.ID)
			if diff := cmp.Diff(before, h.all()); diff != "" {
				t.Errorf("after undo: %s", diff)
			}
		})
	}
	counts, err := h.rewrites.Counts(t.Context(), h.grant, rewrite.Tags)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[string]int{"Bestuur": 1, "U12": 3, "board": 1, "Committee": 2}, counts); diff != "" {
		t.Error(diff)
	}
}

// Contacts move to another entity, and the empty one goes to the trash, where it could not go before.
func TestMoveToAnotherEntity(t *testing.T) {
	h := open(t, nil)
	north, south := h.make(setting.EntityName, map[string]any{"name": "North"}), h.make(setting.EntityName, map[string]any{"name": "South"})
	id := h.person("entity", north)
	_, err := h.kernel.Records.Trash(t.Context(), repository.Write{Grant: h.grant}, setting.EntityName, north, repository.AnyVersion)
	if f := fault.From(err); f == nil || f.Code != "in_use" || f.Args["n"] != "1" {
		t.Fatalf("an entity with people in it goes to the trash: %v", err)
	}
	j := h.run(rewrite.Request{Of: setting.EntityName, From: []string{north}, To: south, Remove: true})
	if j.Counts["done"] != 1 || h.contact(id).Entity != south || h.config().Entity(north) != nil {
		t.Errorf("%v: %s", j.Counts, h.contact(id).Entity)
	}
	h.undo(j.ID)
	if h.contact(id).Entity != north || h.config().Entity(north) == nil {
		t.Errorf("after undo: %s", h.contact(id).Entity)
	}
}

func TestRefusals(t *testing.T) {
	h := open(t, nil)
	h.person("type", "donor")
	youth := h.make(setting.EntityName, map[string]any{"name": "Youth"})
	for name, c := range map[string]struct {
		q          rewrite.Request
		path, code string
	}{
		"no subject":        {rewrite.Request{From: []string{"a"}, To: "b"}, "of", "bad_choice"},
		"an unmanaged list": {rewrite.Request{Of: "country", From: []string{"BE"}, To: "NL"}, "of", "bad_choice"},
		"no values":         {rewrite.Request{Of: "type", To: "donor"}, "from", "required"},
		"too many":          {rewrite.Request{Of: "tags", From: make([]string, 51), To: "x"}, "from", "too_many"},
		"no such value":     {rewrite.Request{Of: "type", From: []string{"pirate"}, To: "donor"}, "from", "bad_choice"},
		"to no such value":  {rewrite.Request{Of: "type", From: []string{"donor"}, To: "pirate"}, "to", "bad_choice"},
		"to itself":         {rewrite.Request{Of: "type", From: []string{"donor"}, To: "donor"}, "to", "bad_choice"},
		"a needed one":      {rewrite.Request{Of: "status", From: []string{"active"}, To: "pending", Remove: true}, "from", "value_needed"},
		"no tag":            {rewrite.Request{Of: "tags", From: []string{"a"}, To: " \t"}, "to", "required"},
		"a long tag":        {rewrite.Request{Of: "tags", From: []string{"a"}, To: strings.Repeat("é", 51)}, "to", "too_long"},
		"no such entity":    {rewrite.Request{Of: "entity", From: []string{"ent_none"}, To: youth}, "from", "bad_reference"},
		"to no such entity": {rewrite.Request{Of: "entity", From: []string{youth}, To: "ent_none"}, "to", "bad_reference"},
		"the root":          {rewrite.Request{Of: "entity", From: []string{setting.RootEntity}, To: youth, Remove: true}, "from", "value_needed"},
	} {
		_, err := h.rewrites.Start(t.Context(), h.grant, c.q)
		f := fault.From(err)
		if f == nil || f.Kind != fault.Invalid || f.Fields[0].Path != c.path || f.Fields[0].Code != c.code {
			t.Errorf("%s: %v", name, err)
		}
		if _, again := h.rewrites.Plan(t.Context(), h.grant, c.q); fmt.Sprint(again) != fmt.Sprint(err) {
			t.Errorf("%s: planned: %v", name, again)
		}
	}
	editor := policy.For(policy.Actor{ID: "usr_x"}, policy.Editor).In(h.grant.Tenant())
	q := rewrite.Request{Of: "type", From: []string{"donor"}, To: "partner"}
	id := h.start(q)
	for what, err := range map[string]error{
		"plans":   second(h.rewrites.Plan(t.Context(), editor, q)),
		"starts":  second(h.rewrites.Start(t.Context(), editor, q)),
		"cancels": second(h.rewrites.Cancel(t.Context(), editor, id)),
		"undoes":  second(h.rewrites.Undo(t.Context(), editor, id)),
	} {
		if !errors.Is(err, fault.Denied) {
			t.Errorf("an editor %s: %v", what, err)
		}
	}
	if _, err := h.rewrites.Undo(t.Context(), h.grant, id); !errors.Is(err, fault.Conflict) {
		t.Errorf("undone before it ended: %v", err)
	}
	j, err := h.rewrites.Cancel(t.Context(), h.grant, id)
	if err != nil || !j.Cancel {
		t.Fatal(err)
	}
	if j = h.work(id); j.State != job.Cancelled {
		t.Errorf("a cancelled one is %s", j.State)
	}
}

func second[T any](_ T, err error) error { return err }

// crowd fills a house with people of whom many have a value, some of them in the trash.
func crowd(h *house) {
	h.make(setting.ValueName, map[string]any{"list": "type", "label": "Sponsor"})
	h.rewrites.SetChunk(2)
	for i := range 6 {
		id := h.person("type", []any{"sponsor", "sponsor", "sponsor", "member"}[i%4])
		if i == 1 {
			h.trash(contact.Name, id)
		}
	}
}

// end is what a rewrite left behind.
type end struct {
	State  job.State
	Done   int64
	People map[string]string
	Codes  []string
	Steps  map[string]int // changes of each record
}

func (h *house) end(id string) end {
	h.t.Helper()
	j := h.job(id)
	e := end{State: j.State, Done: j.Counts["done"], People: h.all(), Codes: h.live("type"), Steps: map[string]int{}}
	for name, id := range h.ids() {
		e.Steps[name] = int(h.contact(id).Version)
	}
	return e
}

// sponsors is the rewrite of a crowd.
var sponsors = rewrite.Request{Of: "type", From: []string{"sponsor"}, To: "partner", Remove: true}

// Whatever goes wrong with any call of the store while a rewrite runs or is undone, what comes out is what a clean run
// leaves: every record is changed once, and the value is gone, or back.
func TestCrashes(t *testing.T) {
	for _, phase := range []string{"run", "undo"} {
		t.Run(phase, func(t *testing.T) {
			t.Parallel()
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
				crowd(h)
				id = h.start(sponsors)
				if phase == "undo" {
					h.work(id)
					if _, err := h.rewrites.Undo(t.Context(), h.grant, id); err != nil {
						t.Fatal(err)
					}
				}
				return h, id, faults.Calls()
			}
			h, id, from := begin()
			h.work(id)
			calls := faults.Calls() - from - 1 // the last one reads the job for the test
			want := h.end(id)
			if want.State != map[string]job.State{"run": job.Done, "undo": job.Undone}[phase] || want.Done != 5 {
				t.Fatalf("%s: %d", want.State, want.Done)
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
						if j, _, err := h.rewrites.Get(t.Context(), h.grant, id); err == nil && j.State.Ended() {
							break
						}
					}
					if diff := cmp.Diff(want, h.end(id)); diff != "" {
						t.Fatalf("call %d of %d %s:\n%s", call, calls, kind, diff)
					}
				}
			}
		})
	}
}

// A worker that is stopped between any two chunks leaves whole ones, and the next goes on behind them.
func TestStoppedBetweenChunks(t *testing.T) {
	clean := open(t, nil)
	crowd(clean)
	id := clean.start(sponsors)
	clean.work(id)
	want := clean.end(id)

	h := open(t, nil)
	crowd(h)
	id = h.start(sponsors)
	hops := 0
	for !h.job(id).State.Ended() {
		// A budget of nothing passes the job on after every chunk.
		if err := h.runner(0).Run(t.Context(), h.grant.Tenant(), id, 0); err != nil {
			t.Fatal(err)
		}
		hops++
	}
	if hops < 3 {
		t.Errorf("%d hops prove nothing", hops)
	}
	if diff := cmp.Diff(want, h.end(id)); diff != "" {
		t.Error(diff)
	}
}

// Whoever tags somebody while a tag is being renamed does so with the new name in the end, wherever in the list they are.
func TestWritersMeanwhile(t *testing.T) {
	h := open(t, nil)
	first := h.person("tags", []any{"other"})
	var ids []string
	for range 90 {
		ids = append(ids, h.person("tags", []any{"old"}))
	}
	id := h.start(rewrite.Request{Of: rewrite.Tags, From: []string{"old"}, To: "new"})
	for hops := 0; !h.job(id).State.Ended(); hops++ {
		if err := h.runner(0).Run(t.Context(), h.grant.Tenant(), id, 0); err != nil {
			t.Fatal(err)
		}
		if hops != 1 {
			continue
		}
		if n := h.job(id).Counts["done"]; n == 0 || n == 90 {
			t.Fatalf("%d are done: nobody is behind the cursor", n)
		}
		for _, id := range []string{first, ids[0]} {
			if _, err := h.kernel.Records.Patch(t.Context(), repository.Write{Grant: h.grant}, contact.Name, id, repository.AnyVersion, []byte(`{"tags":["old","x"]}`)); err != nil {
				t.Fatal(err)
			}
		}
	}
	for name, text := range h.all() {
		if strings.Contains(text, "old") {
			t.Errorf("%s still has it: %s", name, text)
		}
	}
	if tags := h.contact(first).Tags; !slices.Equal(tags, []string{"new", "x"}) {
		t.Errorf("%v", tags)
	}
}
