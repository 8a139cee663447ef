package merge_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/muster-crm/muster/shared/contact"
	"github.com/muster-crm/muster/shared/fault"
	"github.com/muster-crm/muster/shared/idem"
	"github.com/muster-crm/muster/shared/merge"
	"github.com/muster-crm/muster/shared/policy"
	"github.com/muster-crm/muster/shared/record"
	"github.com/muster-crm/muster/shared/repository"
	"github.com/muster-crm/muster/shared/repository/repositorytest"
	"github.com/muster-crm/muster/shared/store"
	"github.com/muster-crm/muster/shared/store/meter"
)

// told writes a fault as its kind, code and fields.
func told(err error) string {
	if err == nil {
		return "done"
	}
	f := fault.From(err)
	s := f.Kind.String() + " " + f.Code
	for _, field := range f.Fields {
		s += " " + field.Path + ":" + field.Code
	}
	return s
}

func (h house) block() {
	h.Settings(`{"name":"x","language":"nl","country":"BE","timeZone":"UTC","keyPolicy":{"email":"block","mobile":"block"}}`)
}

func TestRefusals(t *testing.T) {
	h := open(t)
	a, b, gone := h.person(jan).ID, h.person(jean).ID, h.person(john).ID
	if _, err := h.Trash(t.Context(), h.Write(), "contact", gone, repository.AnyVersion); err != nil {
		t.Fatal(err)
	}
	fam := h.Create("family", `{"name":"F"}`).Base().ID
	var many []string
	for i := range 10 {
		many = append(many, fmt.Sprintf("con_%d", i))
	}
	for _, c := range []struct {
		req  merge.Request
		want string
	}{
		{merge.Request{Kind: "note", Main: a, Others: []string{b}}, "invalid invalid kind:bad_choice"},
		{merge.Request{Kind: "contact", Others: []string{b}}, "invalid invalid main:required"},
		{merge.Request{Kind: "contact", Main: a}, "invalid invalid others:required"},
		{merge.Request{Kind: "contact", Main: a, Others: many}, "invalid invalid others:too_many"},
		{merge.Request{Kind: "contact", Main: a, Others: []string{a}}, "invalid invalid others[0]:twice"},
		{merge.Request{Kind: "contact", Main: a, Others: []string{b, b}}, "invalid invalid others[1]:twice"},
		{merge.Request{Kind: "contact", Main: a, Others: []string{fam}}, "not_found not_found others[0]:not_found"},
		{merge.Request{Kind: "contact", Main: a, Others: []string{gone}}, "conflict trashed others[0]:trashed"},
		{merge.Request{Kind: "contact", Main: gone, Others: []string{a}}, "conflict trashed main:trashed"},
		{merge.Request{Kind: "contact", Main: a, Others: []string{b}, Versions: map[string]int64{b: 7}}, "stale stale"},
		{merge.Request{Kind: "contact", Main: a, Others: []string{b}, Choices: map[string]string{"nickname": gone}}, "invalid invalid choices.nickname:bad_reference"},
		{merge.Request{Kind: "contact", Main: a, Others: []string{b}, Choices: map[string]string{"number": b, "nothing": b}}, "invalid invalid choices.nothing:unknown_field choices.number:unknown_field"},
		{merge.Request{Kind: "contact", Main: a, Others: []string{b}, Keep: map[string][]string{"emails": {"con_x/0"}}}, "invalid invalid keep.emails[0]:bad_reference"},
	} {
		before := h.dump()
		_, _, err := h.merges.Do(t.Context(), h.Write(), c.req)
		if got := told(err); got != c.want {
			t.Errorf("%+v: %s, not %s", c.req, got, c.want)
		}
		if diff := cmp.Diff(before, h.dump()); diff != "" {
			t.Errorf("%+v is refused and writes %s", c.req, diff)
		}
	}
	reader := repository.Write{Grant: h.Grant(policy.Reader)}
	if _, _, err := h.merges.Do(t.Context(), reader, merge.Request{Kind: "contact", Main: a, Others: []string{b}}); !errors.Is(err, fault.Denied) {
		t.Errorf("a reader merges: %v", err)
	}
}

// Who may not write a field does not choose in it; its value moves all the same.
func TestRights(t *testing.T) {
	h := open(t)
	a, c := h.person(jan).ID, h.person(john).ID
	editor := repository.Write{Grant: h.Grant(policy.Editor)}
	if _, _, err := h.merges.Do(t.Context(), editor, merge.Request{Kind: "contact", Main: a, Others: []string{c}, Choices: map[string]string{"iban": c}}); told(err) != "denied denied choices.iban:denied" {
		t.Errorf("%v", err)
	}
	p, err := h.merges.Preview(t.Context(), editor, merge.Request{Kind: "contact", Main: a, Others: []string{c}})
	if err != nil {
		t.Fatal(err)
	}
	if shown := fmt.Sprintf("%s %+v", mustJSON(t, p.Result), p.Rows); strings.Contains(shown, "BE68539007547034") {
		t.Errorf("the preview shows %s", shown)
	}
	if _, _, err := h.merges.Do(t.Context(), editor, merge.Request{Kind: "contact", Main: a, Others: []string{c}}); err != nil {
		t.Fatal(err)
	}
	values, err := h.Reveal(t.Context(), h.Write(), "contact", a, []string{"iban"})
	if err != nil || string(values["iban"]) != `"BE68539007547034"` {
		t.Errorf("%s, %v", values, err)
	}
}

func mustJSON(t *testing.T, v any) string {
	t.Helper()
	raw, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

// A list that would be too long is refused until somebody says what stays of it.
func TestPicks(t *testing.T) {
	h := open(t)
	emails := func(from string) string {
		var list []string
		for i := range 6 {
			list = append(list, fmt.Sprintf(`{"address":"%s%d@example.org"}`, from, i))
		}
		return `{"firstName":"` + from + `","emails":[` + strings.Join(list, ",") + `]}`
	}
	a, b := h.person(emails("a")).ID, h.person(emails("b")).ID
	req := merge.Request{Kind: "contact", Main: a, Others: []string{b}}
	p, err := h.merges.Preview(t.Context(), h.Write(), req)
	if err != nil || !p.Rows[0].Over || p.Rows[0].Field != "emails" {
		t.Fatalf("%+v, %v", p.Rows, err)
	}
	if _, _, err := h.merges.Do(t.Context(), h.Write(), req); told(err) != "invalid invalid choices.emails:too_many" {
		t.Errorf("%v", err)
	}
	req.Keep = map[string][]string{"emails": {b + "/0", a + "/3"}}
	if _, _, err := h.merges.Do(t.Context(), h.Write(), req); err != nil {
		t.Fatal(err)
	}
	if got := h.get(a).Emails; len(got) != 2 || got[0].Address != "a3@example.org" || got[1].Address != "b0@example.org" {
		t.Errorf("%+v", got)
	}
	// What was dropped still leads there.
	if got := h.found("contact", "b4@example.org"); !cmp.Equal(got, []string{a}) {
		t.Errorf("%v", got)
	}
}

// A choice is of a record's value, whichever is the main one: an element that two records have stays, by whichever of the two
// it was named; and it is told whose value would stay if nobody chose.
func TestChoicesOfEitherMain(t *testing.T) {
	h := open(t)
	a := h.person(`{"firstName":"A","nickname":"Aa","emails":[{"address":"both@example.org"},{"address":"a@example.org"}]}`).ID
	b := h.person(`{"firstName":"B","occupation":"baker","emails":[{"address":"both@example.org"},{"address":"b@example.org"}]}`).ID
	for main, other := range map[string]string{a: b, b: a} {
		for _, both := range []string{a, b} {
			p, err := h.merges.Preview(t.Context(), h.Write(), merge.Request{Kind: "contact", Main: main, Others: []string{other},
				Choices: map[string]string{"firstName": a}, Keep: map[string][]string{"emails": {both + "/0", b + "/1"}}})
			if err != nil {
				t.Fatal(err)
			}
			usual := map[string]string{}
			for _, r := range p.Rows {
				usual[r.Field] = r.Usual
			}
			if usual["firstName"] != main || usual["nickname"] != a || usual["occupation"] != b || usual["emails"] != "" {
				t.Errorf("usually %v", usual)
			}
			got := p.Result.(*contact.Contact)
			if got.FirstName != "A" || len(got.Emails) != 2 || got.Emails[0].Address != "both@example.org" || got.Emails[1].Address != "b@example.org" {
				t.Errorf("%+v", got.Emails)
			}
		}
	}
}

// Unique keys count as the survivor's: nobody else has them, an edit of the survivor releases them, and what somebody has
// taken meanwhile stands in the way of undoing until it is said who loses it.
func TestKeys(t *testing.T) {
	h := open(t)
	h.block()
	ctx := t.Context()
	a, b := h.person(`{"firstName":"A","emails":[{"address":"a@example.org"}]}`).ID, h.person(`{"firstName":"B","emails":[{"address":"b@example.org"}]}`).ID
	m := h.merge("contact", a, b)
	taken := []byte(`{"firstName":"N","emails":[{"address":"b@example.org"}]}`)
	_, err := h.Repository.Create(ctx, h.Write(), "contact", taken)
	if f := fault.From(err); !errors.Is(err, fault.Conflict) || len(f.Clashes) != 1 || f.Clashes[0].ID != a {
		t.Errorf("the key of a merged record is had by %+v, %v", fault.From(err), err)
	}
	h.patch(a, `{"emails":[{"address":"a@example.org","main":true}]}`)
	n, err := h.Repository.Create(ctx, h.Write(), "contact", taken)
	if err != nil {
		t.Fatalf("a key that was taken off the survivor is not free: %v", err)
	}
	if _, _, err := h.merges.Undo(ctx, h.Write(), m.ID, repository.DropNone); told(err) != "conflict email_taken emails[0].address:email_taken" || fault.From(err).Clashes[0].ID != n.Record.Base().ID {
		t.Errorf("%v", err)
	}
	if _, _, err := h.merges.Undo(ctx, h.Write(), m.ID, repository.DropHolder); err != nil {
		t.Fatal(err)
	}
	if len(h.get(n.Record.Base().ID).Emails) != 0 || len(h.get(b).Emails) != 1 {
		t.Error("the holder keeps what was taken from it")
	}
	m = h.merge("contact", a, b)
	h.patch(a, `{"emails":[{"address":"a@example.org","main":true}]}`)
	if n, err = h.Repository.Create(ctx, h.Write(), "contact", taken); err != nil {
		t.Fatal(err)
	}
	if _, _, err := h.merges.Undo(ctx, h.Write(), m.ID, repository.DropRestored); err != nil {
		t.Fatal(err)
	}
	if len(h.get(n.Record.Base().ID).Emails) != 1 || len(h.get(b).Emails) != 0 {
		t.Error("who comes back has what it was to come back without")
	}
}

// A survivor in the trash takes all that ended in it along: nothing of it is found, its keys are free, and its merges wait.
func TestTrash(t *testing.T) {
	h := open(t)
	h.block()
	ctx := t.Context()
	a, b := h.person(`{"firstName":"A","emails":[{"address":"a@example.org"}]}`).ID, h.person(`{"firstName":"B","emails":[{"address":"b@example.org"}]}`).ID
	if _, err := h.CreateUnder(ctx, h.Write(), "note", b, []byte(`{"text":"x"}`)); err != nil {
		t.Fatal(err)
	}
	m := h.merge("contact", a, b)
	if _, err := h.Trash(ctx, h.Write(), "contact", b, repository.AnyVersion); err != nil {
		t.Fatal(err)
	}
	if got := h.found("contact", ""); len(got) != 0 {
		t.Errorf("%v", got)
	}
	if got := h.found("contact", "is:trashed"); !cmp.Equal(got, []string{a}) {
		t.Errorf("in the trash: %v", got)
	}
	if got := h.found("note", ""); len(got) != 0 {
		t.Errorf("notes of the trash: %v", got)
	}
	if _, _, err := h.merges.Undo(ctx, h.Write(), m.ID, repository.DropNone); told(err) != "conflict trashed" {
		t.Errorf("%v", err)
	}
	n, err := h.Repository.Create(ctx, h.Write(), "contact", []byte(`{"firstName":"N","emails":[{"address":"b@example.org"}]}`))
	if err != nil {
		t.Fatalf("a key in the trash is not free: %v", err)
	}
	if _, err := h.Trash(ctx, h.Write(), "contact", n.Record.Base().ID, 1); err != nil {
		t.Fatal(err)
	}
	if _, err := h.Restore(ctx, h.Write(), "contact", b, repository.AnyVersion, repository.DropNone); err != nil {
		t.Fatal(err)
	}
	if got := h.found("note", ""); len(got) != 1 {
		t.Errorf("notes come back: %v", got)
	}
	h.undo(m)
	if len(h.get(a).Emails) != 1 || len(h.get(b).Emails) != 1 {
		t.Errorf("%+v %+v", h.get(a).Emails, h.get(b).Emails)
	}
}

// At most 50 records end in one.
func TestForest(t *testing.T) {
	h := open(t)
	main := h.person(`{"firstName":"M"}`).ID
	var last *merge.Merge
	for range 5 {
		var others []string
		for range 9 {
			others = append(others, h.person(`{"firstName":"O"}`).ID)
		}
		last = h.merge("contact", main, others...)
	}
	var more []string
	for range 6 {
		more = append(more, h.person(`{"firstName":"P"}`).ID)
	}
	if _, _, err := h.merges.Do(t.Context(), h.Write(), merge.Request{Kind: "contact", Main: main, Others: more}); told(err) != "conflict too_many_merged" {
		t.Errorf("%v", err)
	}
	h.merge("contact", main, more[:5]...)
	if got := h.found("contact", ""); len(got) != 2 {
		t.Errorf("%v", got)
	}
	h.undo(last)
	if got := h.found("contact", ""); len(got) != 11 {
		t.Errorf("%v", got)
	}
}

// The same request is done once.
func TestOnce(t *testing.T) {
	h := open(t)
	a, b := h.person(jan).ID, h.person(jean).ID
	w := h.Write()
	w.Key = idem.Key{Caller: "usr_owner", Route: "POST /v1/merges", Name: "k", Body: "b"}
	req := merge.Request{Kind: "contact", Main: a, Others: []string{b}}
	first, replayed, err := h.merges.Do(t.Context(), w, req)
	if err != nil || replayed {
		t.Fatal(err)
	}
	again, replayed, err := h.merges.Do(t.Context(), w, req)
	if err != nil || !replayed || again.ID != first.ID {
		t.Errorf("%+v, %v, %v", again, replayed, err)
	}
	list, next, err := h.merges.List(t.Context(), w.Grant, "", 10)
	if err != nil || len(list) != 1 || next != "" {
		t.Errorf("%+v, %v", list, err)
	}
}

// A merge writes the same, whatever hangs on the records: one transaction of the same items.
func TestChildren(t *testing.T) {
	counted := &meter.Meter{}
	inner := repositorytest.Open(t, repositorytest.Options{Wrap: func(s store.Store) store.Store { return meter.Metered(s, counted) }})
	h := house{inner, merge.New(inner.Repository)}
	costs := map[int]string{}
	for _, children := range []int{1, 10000} {
		a, b := h.person(`{"firstName":"A"}`).ID, h.person(`{"firstName":"B"}`).ID
		for n := 0; n < children; n += 20 {
			k, _ := h.Kinds.Kind("note")
			var notes []record.Record
			for range min(20, children) {
				rec, err := k.Create([]byte(`{"text":"x"}`))
				if err != nil {
					t.Fatal(err)
				}
				h.Adopt(k, rec, b)
				notes = append(notes, rec)
			}
			if _, err := h.CreateMany(t.Context(), h.Write(), "note", notes, nil); err != nil {
				t.Fatal(err)
			}
		}
		h.seq()
		before := counted.Read()
		m := h.merge("contact", a, b)
		h.undo(m)
		after := counted.Read()
		costs[children] = fmt.Sprint(after.Apply.Requests-before.Apply.Requests, after.Apply.Items-before.Apply.Items)
	}
	t.Log(costs)
	if costs[1] != costs[10000] {
		t.Errorf("%v", costs)
	}
}
