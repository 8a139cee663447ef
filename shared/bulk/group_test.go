package bulk_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/muster-crm/muster/shared/bulk"
	"github.com/muster-crm/muster/shared/contact"
	"github.com/muster-crm/muster/shared/fault"
	"github.com/muster-crm/muster/shared/group"
	"github.com/muster-crm/muster/shared/job"
	"github.com/muster-crm/muster/shared/repository"
	"github.com/muster-crm/muster/shared/target"
)

// Contacts are put into a group and taken out of it; those who are in it are left out with the reason, and all of it is
// taken back as if it had never been (BULK-19).
func TestGroups(t *testing.T) {
	h := open(t, nil)
	u15, choir := h.make(group.Name, map[string]any{"name": "U15"}), h.make(group.Name, map[string]any{"name": "Choir"})
	in := func(id string, pairs ...string) any {
		place := map[string]any{"group": id}
		for i := 0; i < len(pairs); i += 2 {
			place[pairs[i]] = pairs[i+1]
		}
		return place
	}
	none := h.person()
	other := h.person("groups", []any{in(choir)})
	member := h.person("groups", []any{in(u15), in(choir)})
	coach := h.person("groups", []any{in(u15, "function", "coach", "from", "2020-01-01")})
	past := h.person("groups", []any{in(u15, "from", "2019-09-01", "to", "2020-06-30")})
	everybody := target.Target{IDs: []string{none, other, member, coach, past}}
	places := func(id string) string {
		s := ""
		for _, p := range h.contact(id).Groups {
			s += fmt.Sprintf("[%s %s %s-%s]", map[string]string{u15: "U15", choir: "Choir"}[p.Group], p.Function, p.From, p.To)
		}
		return s
	}
	for name, c := range map[string]struct {
		action  string
		params  bulk.Params
		counts  string // changed, unchanged, skipped
		want    []string
		skipped string // why
	}{
		"add": {"group.add", params("group", u15), "3 0 2",
			[]string{"[U15  -]", "[Choir  -][U15  -]", "[U15  -][Choir  -]", "[U15 coach 2020-01-01-]", "[U15  2019-09-01-2020-06-30][U15  -]"}, "already_in_group"},
		"add with a function": {"group.add", params("group", u15, "function", "coach", "from", "2026-01-01"), "4 0 1",
			[]string{"[U15 coach 2026-01-01-]", "[Choir  -][U15 coach 2026-01-01-]", "[U15  -][Choir  -][U15 coach 2026-01-01-]", "[U15 coach 2020-01-01-]",
				"[U15  2019-09-01-2020-06-30][U15 coach 2026-01-01-]"}, "already_in_group"},
		"take out": {"group.remove", params("group", u15), "3 2 0", []string{"", "[Choir  -]", "[Choir  -]", "", ""}, ""},
		"end": {"group.remove", params("group", u15, "to", "2026-06-30"), "2 3 0",
			[]string{"", "[Choir  -]", "[U15  -2026-06-30][Choir  -]", "[U15 coach 2020-01-01-2026-06-30]", "[U15  2019-09-01-2020-06-30]"}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			before := h.dump()
			q := bulk.Request{Action: c.action, Target: everybody, Params: c.params}
			p, err := h.bulks.Preview(t.Context(), h.grant, q)
			if err != nil {
				t.Fatal(err)
			}
			if got := fmt.Sprint(p.Changed, p.Same, p.Skipped); got != c.counts {
				t.Errorf("previewed: %s, not %s: %+v", got, c.counts, p)
			}
			done := h.run(q)
			if got := fmt.Sprint(done.Counts["changed"], done.Counts["unchanged"], done.Counts["skipped"]); done.State != job.Done || got != c.counts {
				t.Errorf("%s (%s): %s, not %s", done.State, done.Failure, got, c.counts)
			}
			var got []string
			for _, id := range everybody.IDs {
				got = append(got, places(id))
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
			for who, why := range h.items(done.ID, bulk.Skipped) {
				if why != "skipped :"+c.skipped {
					t.Errorf("%s: %s", who, why)
				}
			}
			undone := h.undo(done.ID)
			if diff := cmp.Diff(before, h.dump()); diff != "" || undone.Counts["kept"] != 0 {
				t.Errorf("after undo (%v): %s", undone.Counts, diff)
			}
		})
	}
	t.Run("a group that is full takes no more, in chunks as in one", func(t *testing.T) {
		h.bulks.SetSizes(2, 3)
		three := h.make(group.Name, map[string]any{"name": "Three", "capacity": 3})
		q := bulk.Request{Action: "group.add", Target: everybody, Params: params("group", three)}
		p, err := h.bulks.Preview(t.Context(), h.grant, q)
		if err != nil || p.Changed != 3 || p.Skipped != 2 {
			t.Errorf("previewed: %+v, %v", p, err)
		}
		done := h.run(q)
		if done.Counts["changed"] != 3 || done.Counts["skipped"] != 2 {
			t.Errorf("%v", done.Counts)
		}
		for who, why := range h.items(done.ID, bulk.Skipped) {
			if !strings.HasSuffix(why, ".group:group_full") {
				t.Errorf("%s: %s", who, why)
			}
		}
	})
	gone := h.make(group.Name, map[string]any{"name": "Gone"})
	if _, err := h.kernel.Records.Trash(t.Context(), h.write(), group.Name, gone, repository.AnyVersion); err != nil {
		t.Fatal(err)
	}
	for want, q := range map[string]bulk.Request{
		"params.group required":      {Action: "group.add", Params: params()},
		"params.group bad_reference": {Action: "group.add", Params: params("group", gone)},
		"params.function bad_choice": {Action: "group.add", Params: params("group", u15, "function", "pope")},
		"params.from bad_date":       {Action: "group.add", Params: params("group", u15, "from", "soon")},
		"params.to bad_date":         {Action: "group.remove", Params: params("group", u15, "to", "soon")},
		"action bad_choice":          {Action: "group.add", Kind: "company", Params: params("group", u15)},
	} {
		q.Target = target.Target{All: true}
		_, err := h.bulks.Preview(t.Context(), h.grant, q)
		f := fault.From(err)
		if !errors.Is(err, fault.Invalid) || len(f.Fields) == 0 || f.Fields[0].Path+" "+f.Fields[0].Code != want {
			t.Errorf("%s: %v", want, err)
		}
	}
	if k, err := h.kernel.Records.Kind(contact.Name); err != nil || len(bulk.ActionsOf(k)) == 0 {
		t.Error(err)
	}
}
