package merge_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/muster-crm/muster/shared/deed"
	"github.com/muster-crm/muster/shared/fault"
	"github.com/muster-crm/muster/shared/policy"
	"github.com/muster-crm/muster/shared/record"
	"github.com/muster-crm/muster/shared/repository"
	"github.com/muster-crm/muster/shared/store"
)

// This file is about what lies beside merged records: what was done with them, their children, and who may name those.

// note notes that records were exported together, as an export does it.
func (h house) note(act deed.Act, ref, by string, ids ...string) {
	h.T.Helper()
	var entries []deed.Entry
	for _, id := range ids {
		entries = append(entries, deed.Entry{At: h.Clock.Now(), Act: act, Record: id, Ref: ref}.By(policy.Actor{ID: by}))
	}
	ops, err := deed.Ops(h.Tenant, entries...)
	if err != nil {
		h.T.Fatal(err)
	}
	if err := h.Store.Apply(h.T.Context(), store.Batch{Token: ref, Ops: ops}); err != nil {
		h.T.Fatal(err)
	}
	h.Clock.Advance(time.Hour)
}

// story tells a record's deeds and merges, newest first, read by so many lines at a time: what, and of whom.
func (h house) story(id string, f repository.HistoryFilter, limit int) (told []string) {
	h.T.Helper()
	var from repository.StoryPlace
	for {
		lines, next, err := h.Story(h.T.Context(), h.Grant(policy.Reader), "contact", id, f, from, limit)
		if err != nil || len(lines) > limit {
			h.T.Fatalf("%d lines of %d: %v", len(lines), limit, err)
		}
		for _, l := range lines {
			if l.Deed != nil {
				told = append(told, fmt.Sprint(l.Deed.Act, " ", l.Deed.Ref, " of ", l.Deed.Record))
			} else if l.Change.Of == "" {
				told = append(told, l.Change.Action)
			}
		}
		if next == nil {
			return told
		}
		from = *next
	}
}

// What was done with records that were merged is told with the survivor, each as of whom it was done with, in the order of
// time and in pages of any length; once the merge is undone, each has its own again.
func TestDeedsOfMerged(t *testing.T) {
	h := open(t)
	ids := []string{h.person(`{"firstName":"A"}`).ID, h.person(`{"firstName":"B"}`).ID, h.person(`{"firstName":"C"}`).ID}
	slices.Sort(ids) // by which deeds of one moment go
	a, b, c := ids[0], ids[1], ids[2]
	h.Clock.Advance(time.Hour)
	h.note(deed.Export, "exp_1", "usr_1", a, b, c) // in one moment
	h.note(deed.Print, "prn_1", "usr_2", b)
	h.note(deed.Export, "exp_2", "usr_1", a, c)
	before := map[string][]string{}
	for _, id := range []string{a, b, c} {
		before[id] = h.story(id, repository.HistoryFilter{}, 50)
	}
	inner := h.merge("contact", b, c)
	h.Clock.Advance(time.Hour)
	outer := h.merge("contact", a, b)
	h.Clock.Advance(time.Hour)
	h.note(deed.Export, "exp_3", "usr_1", a)
	of := func(what, id string) string { return what + " of " + id }
	want := []string{of("export exp_3", a), "contact.merge", of("export exp_2", a), of("export exp_2", c), of("print prn_1", b),
		of("export exp_1", a), of("export exp_1", b), of("export exp_1", c), "contact.create"}
	for limit := 1; limit <= 12; limit++ {
		if diff := cmp.Diff(want, h.story(a, repository.HistoryFilter{}, limit)); diff != "" {
			t.Errorf("by %d: %s", limit, diff)
		}
		if diff := cmp.Diff(want, h.story(c, repository.HistoryFilter{}, limit)); diff != "" {
			t.Errorf("through an old id, by %d: %s", limit, diff)
		}
		if diff := cmp.Diff([]string{of("print prn_1", b)}, h.story(a, repository.HistoryFilter{Actor: "usr_2"}, limit)); diff != "" {
			t.Errorf("of one user, by %d: %s", limit, diff)
		}
	}
	if _, _, err := h.Story(t.Context(), policy.Grant{}.In(h.Tenant), "contact", a, repository.HistoryFilter{}, repository.StoryPlace{}, 5); fault.From(err).Kind != fault.Denied {
		t.Errorf("nobody reads it: %v", err)
	}
	h.undo(inner)
	if got := h.story(c, repository.HistoryFilter{}, 50); slices.Contains(h.story(a, repository.HistoryFilter{}, 50), of("export exp_2", c)) || !slices.Contains(got, of("export exp_2", c)) {
		t.Errorf("the one that is back: %q", got)
	}
	h.undo(outer)
	for id, want := range before {
		got := slices.DeleteFunc(h.story(id, repository.HistoryFilter{}, 50), func(line string) bool { return strings.HasSuffix(line, "merge") })
		if id == a {
			want = append([]string{of("export exp_3", a)}, want...)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("after both: %s", diff)
		}
	}
}

func (h house) under(kind, owner, body string) record.Record {
	h.T.Helper()
	res, err := h.CreateUnder(h.T.Context(), h.Write(), kind, owner, []byte(body))
	if err != nil {
		h.T.Fatal(err)
	}
	return res.Record
}

// children are what may lie under a contact, by kind.
var children = map[string]string{
	"note": `{"text":"x"}`, "file": "", "reminder": `{"text":"x","dueAt":"2026-12-01T12:00:00Z"}`, "call": `{"number":"+32471000000"}`,
	"ticket": `{"subject":"x"}`, "service": `{"item":"x"}`, "satisfaction": `{"score":3}`,
}

// shown gives a child as each way of reading it shows it.
func (h house) shown(kind, id string) map[string]string {
	h.T.Helper()
	ctx, g := h.T.Context(), h.Grant(policy.Owner)
	plain := func(rec record.Record) string { return mustJSON(h.T.(*testing.T), rec) }
	got, err := h.Get(ctx, g, kind, id)
	if err != nil {
		h.T.Fatal(err)
	}
	ways := map[string]string{"single": plain(got)}
	many, err := h.Read(ctx, g, kind, []string{id})
	if err != nil || len(many) != 1 {
		h.T.Fatal(many, err)
	}
	ways["of a list"] = plain(many[0])
	k, err := h.Kind(kind)
	if err != nil {
		h.T.Fatal(err)
	}
	around, err := h.Around(ctx, g, "contact", k.Owner(id))
	if err != nil {
		h.T.Fatal(err)
	}
	for _, rec := range around.Children[kind] {
		if rec.Base().ID == id {
			ways["around"] = plain(rec)
		}
	}
	if k.Indexed {
		list, err := h.List(ctx, g, kind, repository.Question{Text: "id:" + id, Limit: 2})
		if err != nil || len(list.Items) != 1 {
			h.T.Fatal(list, err)
		}
		ways["listed"] = string(list.Items[0])
	}
	return ways
}

// Every child of a merged record says that it is the survivor's, however it is read, and answers to an edit say so too; what
// was shown may be sent back. With the merge undone all is as it was, to the byte.
func TestOwnerIsTheSurvivor(t *testing.T) {
	for _, k := range open(t).Kinds.Children("contact") {
		body, ok := children[k.Name]
		if !ok {
			t.Errorf("nothing is known of a %s", k.Name)
		}
		if body == "" {
			continue // made of bytes: see package file
		}
		t.Run(k.Name, func(t *testing.T) {
			h := open(t)
			a, b := h.person(`{"firstName":"A"}`).ID, h.person(`{"firstName":"B"}`).ID
			if k.Name == "reminder" {
				me := h.Create("user", `{"name":"Me","email":"me@example.org","role":"editor","language":"en"}`).Base().ID
				body = `{"assignee":"` + me + `",` + body[1:]
			}
			child := h.under(k.Name, b, body).Base().ID
			before, dump := h.shown(k.Name, child), h.dump()
			m := h.merge("contact", a, b)
			owner := func(doc string) string {
				var of struct{ Owner string }
				if err := json.Unmarshal([]byte(doc), &of); err != nil {
					t.Fatal(err)
				}
				return of.Owner
			}
			for way, doc := range h.shown(k.Name, child) {
				if owner(doc) != a {
					t.Errorf("%s: of %s", way, owner(doc))
				}
				if got := strings.Replace(doc, `"owner":"`+a+`"`, `"owner":"`+b+`"`, 1); got != before[way] {
					t.Errorf("%s: %s, not %s", way, got, before[way])
				}
			}
			h.undo(m)
			if diff := cmp.Diff(before, h.shown(k.Name, child)); diff != "" {
				t.Errorf("shown %s", diff)
			}
			now := h.dump()
			if diff := cmp.Diff(dump, now); diff != "" {
				t.Error(diff)
			}
			m = h.merge("contact", a, b)
			whole, err := h.Get(t.Context(), h.Grant(policy.Owner), k.Name, child)
			if err != nil {
				t.Fatal(err)
			}
			same, err := h.Patch(t.Context(), h.Write(), k.Name, child, 1, []byte(mustJSON(t, whole)))
			if err != nil || same.Record.Base().Version != 1 || owner(mustJSON(t, same.Record)) != a {
				t.Errorf("as it was shown: %s %v", mustJSON(t, same.Record), err)
			}
			if _, err := h.Patch(t.Context(), h.Write(), k.Name, child, 1, []byte(`{"owner":"`+b+`"}`)); fault.From(err).Kind != fault.Invalid {
				t.Errorf("of another: %v", err)
			}
			edited, err := h.Patch(t.Context(), h.keyed("edit", "one"), k.Name, child, 1, []byte(`{"owner":"`+a+`",`+body[1:]))
			if err != nil || owner(mustJSON(t, edited.Record)) != a {
				t.Errorf("edited: %s %v", mustJSON(t, edited.Record), err)
			}
			h.undo(m)
			if got := owner(h.shown(k.Name, child)["single"]); got != b {
				t.Errorf("in the end it is %s's", got)
			}
		})
	}
}

// An answer that is given once more, and that of a stale edit, say whose a child is by now.
func TestOwnerInAnswers(t *testing.T) {
	h := open(t)
	a, b := h.person(`{"firstName":"A"}`).ID, h.person(`{"firstName":"B"}`).ID
	n := h.under("note", b, `{"text":"x"}`).Base().ID
	edit := func() string {
		res, err := h.Patch(t.Context(), h.keyed("edit", "one"), "note", n, 1, []byte(`{"text":"y"}`))
		if err != nil {
			t.Fatal(err)
		}
		return mustJSON(t, res.Record)
	}
	edit()
	h.merge("contact", a, b)
	if got := edit(); !strings.Contains(got, `"owner":"`+a+`"`) {
		t.Errorf("once more: %s", got)
	}
	_, err := h.Patch(t.Context(), h.Write(), "note", n, 1, []byte(`{"text":"z"}`))
	if f := fault.From(err); f.Kind != fault.Stale || !strings.Contains(mustJSON(t, f.Current), `"owner":"`+a+`"`) {
		t.Errorf("stale: %v %v", err, f.Current)
	}
}

// file makes a document of a record, as package file does it.
func (h house) file(owner string) string {
	h.T.Helper()
	k, err := h.Kind("file")
	if err != nil {
		h.T.Fatal(err)
	}
	rec, err := k.Decode([]byte(`{"kind":"file","name":"letter.pdf","purpose":"document","state":"ready","type":"application/pdf","size":10}`), 0)
	if err != nil {
		h.T.Fatal(err)
	}
	h.Adopt(k, rec, owner)
	res, err := h.Make(h.T.Context(), h.Write(), "file", rec)
	if err != nil {
		h.T.Fatal(err)
	}
	return res.Record.Base().ID
}

// A note names files of its record's, of those merged into it, and of what it was merged into; afterwards it keeps them,
// whosever they are, and takes no new ones of others.
func TestNotesNameFiles(t *testing.T) {
	h := open(t)
	a, b, c := h.person(`{"firstName":"A"}`).ID, h.person(`{"firstName":"B"}`).ID, h.person(`{"firstName":"C"}`).ID
	fa, fb, other, fc := h.file(a), h.file(b), h.file(b), h.file(c)
	na, nb := h.under("note", a, `{"text":"of a"}`).Base().ID, h.under("note", b, `{"text":"of b"}`).Base().ID
	patch := func(id, body string) string {
		_, err := h.Patch(t.Context(), h.Write(), "note", id, repository.AnyVersion, []byte(body))
		return told(err)
	}
	files := func(ids ...string) string { return `{"files":` + mustJSON(t, ids) + `}` }
	refused := "invalid files[0] bad_reference"
	if got := patch(na, files(fb)); !strings.Contains(got, "bad_reference") {
		t.Fatalf("before: %s", got)
	} else {
		refused = got
	}
	m := h.merge("contact", a, b)
	for id, body := range map[string]string{na: files(fa, fb), nb: files(fa, fb)} {
		if got := patch(id, body); got != "done" {
			t.Errorf("%s: %s", body, got)
		}
	}
	if got := patch(na, files(fc)); got != refused {
		t.Errorf("of somebody else: %s", got)
	}
	made := h.under("note", b, `{"text":"since","files":["`+fb+`"]}`).Base().ID // it is a's
	h.undo(m)
	for _, id := range []string{na, nb, made} {
		rec, err := h.Get(t.Context(), h.Grant(policy.Owner), "note", id)
		if err != nil || !strings.Contains(mustJSON(t, rec), fb) {
			t.Errorf("%s %v", mustJSON(t, rec), err)
		}
		if got := patch(id, `{"text":"edited"}`); got != "done" {
			t.Errorf("edited afterwards: %s", got)
		}
	}
	if got := patch(na, files(fb, other)); !strings.Contains(got, "files[1]") {
		t.Errorf("and one more of b's: %s", got)
	}
	titles, err := h.Titles(t.Context(), h.Grant(policy.Owner), fb)
	if err != nil || titles[fb].Title != "letter.pdf" || titles[fb].Trashed {
		t.Errorf("%v %v", titles, err)
	}
}

// Nobody is twice in a family, nor begins a function at a company twice on a day, by whatever id: but two members who are
// merged stay two, and can be sent back as they are shown.
func TestTwice(t *testing.T) {
	for kind, member := range map[string]string{"family": `{"name":"F","members":[%s]}`, "company": `{"name":"F","contacts":[%s]}`} {
		t.Run(kind, func(t *testing.T) {
			h := open(t)
			a, b, c := h.person(`{"firstName":"A"}`).ID, h.person(`{"firstName":"B"}`).ID, h.person(`{"firstName":"C"}`).ID
			with := func(ids ...string) string {
				var all []string
				for i, id := range ids {
					m := `{"contact":"` + id + `"}`
					if kind == "family" {
						m = fmt.Sprintf(`{"contact":%q,"head":%v}`, id, i == 0)
					}
					all = append(all, m)
				}
				return fmt.Sprintf(member, strings.Join(all, ","))
			}
			patch := func(id string, ids ...string) string {
				_, err := h.Patch(t.Context(), h.Write(), kind, id, repository.AnyVersion, []byte(with(ids...)))
				return told(err)
			}
			both, one := h.Create(kind, with(b, a)).Base().ID, h.Create(kind, with(b)).Base().ID
			dump := h.dump()
			m := h.merge("contact", a, b)
			if got := patch(both, a, a); got != "done" {
				t.Errorf("as it is shown: %s", got)
			}
			if got := patch(both, a, a, a); !strings.Contains(got, "twice") {
				t.Errorf("thrice: %s", got)
			}
			for _, ids := range [][]string{{a, a}, {b, a}, {a, b}} {
				if got := patch(one, ids...); !strings.Contains(got, "twice") {
					t.Errorf("the survivor beside the merged one: %q", got)
				}
			}
			if got := patch(one, a, c); got != "done" {
				t.Errorf("with another: %s", got)
			}
			if got := patch(one, a); got != "done" {
				t.Errorf("without: %s", got)
			}
			h.undo(m)
			if diff := cmp.Diff(dump, h.dump()); diff != "" {
				t.Error(diff)
			}
		})
	}
}
