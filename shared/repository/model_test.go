package repository_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/muster-crm/muster/shared/contact"
	"github.com/muster-crm/muster/shared/fault"
	"github.com/muster-crm/muster/shared/policy"
	"github.com/muster-crm/muster/shared/repository"
	"github.com/muster-crm/muster/shared/repository/repositorytest"
)

// model is what an organisation of contacts should be, as simply as it can be said.
type model struct {
	records map[string]*modelled
	order   []string
}

// modelled is one contact: its values by field, and what happened to it.
type modelled struct {
	values  map[string]string
	trashed bool
	changes []modelledChange
}

type modelledChange struct {
	action   string
	from, to map[string]string // of the fields that changed
}

// fields of the model; the last two are unique keys.
var fields = []string{"firstName", "lastName", "emails", "externalIds.shop"}

func unique(field string) bool { return field == "emails" || field == "externalIds.shop" }

// holder finds the live record that has a key beside id.
func (m *model) holder(field, value, id string) string {
	for _, other := range m.order {
		r := m.records[other]
		if other != id && !r.trashed && value != "" && r.values[field] == value {
			return other
		}
	}
	return ""
}

func (m *model) clashes(id string, values map[string]string) []string {
	var all []string
	for _, f := range fields {
		if unique(f) && m.holder(f, values[f], id) != "" {
			all = append(all, f)
		}
	}
	return all
}

// write gives a record other values, and notes it.
func (m *model) write(id, action string, values map[string]string) {
	r := m.records[id]
	c := modelledChange{action: action, from: map[string]string{}, to: map[string]string{}}
	for _, f := range fields {
		if r.values[f] != values[f] {
			c.from[f], c.to[f] = r.values[f], values[f]
		}
	}
	r.values, r.changes = values, append(r.changes, c)
}

func with(values map[string]string, field, value string) map[string]string {
	next := maps.Clone(values)
	next[field] = value
	return next
}

func (m *model) create(id string, values map[string]string) string {
	if len(m.clashes("", values)) > 0 {
		return "taken"
	}
	m.records[id], m.order = &modelled{}, append(m.order, id)
	m.write(id, "create", values)
	return "done"
}

func (m *model) edit(id, action string, values map[string]string) string {
	r := m.records[id]
	if maps.Equal(r.values, values) {
		return "done"
	}
	for _, f := range fields {
		if unique(f) && r.values[f] != values[f] && m.holder(f, values[f], id) != "" {
			return "taken"
		}
	}
	m.write(id, action, values)
	return "done"
}

func (m *model) patch(id, field, value string) string {
	if m.records[id].trashed {
		return "trashed"
	}
	return m.edit(id, "edit", with(m.records[id].values, field, value))
}

func (m *model) trash(id string, values map[string]string) string {
	if m.records[id].trashed {
		return "trashed"
	}
	m.write(id, "trash", values)
	m.records[id].trashed = true
	return "done"
}

func (m *model) restore(id string, drop repository.Drop) string {
	r := m.records[id]
	if !r.trashed {
		return "not_trashed"
	}
	values := r.values
	for _, f := range m.clashes(id, values) {
		switch drop {
		case repository.DropNone:
			return "taken"
		case repository.DropRestored:
			values = with(values, f, "")
		}
	}
	lost := map[string]map[string]string{}
	for _, f := range m.clashes(id, values) {
		other := m.holder(f, values[f], id)
		if lost[other] == nil {
			lost[other] = m.records[other].values
		}
		lost[other] = with(lost[other], f, "")
	}
	for other, values := range lost {
		m.write(other, "edit", values)
	}
	m.write(id, "restore", values)
	r.trashed = false
	return "done"
}

func (m *model) revert(id string, n int) string {
	r := m.records[id]
	c := r.changes[n]
	if c.action == "trash" {
		return m.restore(id, repository.DropNone)
	}
	if r.trashed {
		return "trashed"
	}
	if c.action == "create" {
		return m.trash(id, r.values)
	}
	values := maps.Clone(r.values)
	for f, to := range c.to {
		if values[f] != to {
			return "edited_since"
		}
		values[f] = c.from[f]
	}
	if c.action == "restore" {
		return m.trash(id, values)
	}
	return m.edit(id, "revert", values)
}

// outcome says in the model's words what the repository answered.
func outcome(err error) string {
	f := fault.From(err)
	switch {
	case f == nil:
		return "done"
	case f.Kind == fault.Conflict && strings.HasSuffix(f.Code, "_taken"):
		return "taken"
	case f.Kind == fault.Conflict:
		return f.Code
	}
	return told(err)
}

// valuesOf reads a contact as the model sees it.
func valuesOf(c *contact.Contact) map[string]string {
	return map[string]string{"firstName": c.FirstName, "lastName": c.LastName, "emails": emails(c), "externalIds.shop": c.ExternalIDs["shop"]}
}

// patchOf makes the merge patch that sets a field.
func patchOf(field, value string) string {
	quoted := fmt.Sprintf("%q", value)
	if value == "" {
		quoted = "null"
	}
	switch {
	case field == "emails" && value != "":
		return body(`{"emails":[{"address":%q}]}`, value)
	case field == "externalIds.shop":
		return body(`{"externalIds":{"shop":%s}}`, quoted)
	}
	return body(`{%q:%s}`, field, quoted)
}

// TestRandomOperations does whatever comes, by two processes in turn, and compares each answer and all that is there
// with the model.
func TestRandomOperations(t *testing.T) {
	for seed := range uint64(4) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			r := rand.New(rand.NewPCG(seed, 7))
			first := house{repositorytest.Open(t, repositorytest.Options{})}
			first.Settings(repositorytest.Block)
			houses := []house{first, first.again()}
			m := &model{records: map[string]*modelled{}}
			value := func(field string) string {
				switch field {
				case "emails":
					return []string{"", "a@example.org", "b@example.org", "c@example.org", "d@example.org"}[r.IntN(5)]
				case "externalIds.shop":
					return []string{"", "1", "2", "3"}[r.IntN(4)]
				case "lastName":
					return []string{"", "Peeters", "Claes"}[r.IntN(3)]
				}
				return []string{"Jan", "Piet", "Mia"}[r.IntN(3)]
			}
			for step := range 300 {
				h := houses[r.IntN(2)]
				ctx, w := t.Context(), h.Write()
				if len(m.order) < 4 || r.IntN(12) == 0 {
					values := map[string]string{}
					for _, f := range fields {
						values[f] = value(f)
					}
					res, err := h.Repository.Create(ctx, w, "contact", []byte(bodyOf(values)))
					id := ""
					if err == nil {
						id = res.Record.Base().ID
					}
					if want, got := m.create(id, values), outcome(err); got != want {
						t.Fatalf("step %d: create %v: %s, want %s", step, values, got, want)
					}
					continue
				}
				id := m.order[r.IntN(len(m.order))]
				var what, got, want string
				switch r.IntN(6) {
				case 0, 1:
					f := fields[r.IntN(len(fields))]
					v := value(f)
					what = "patch " + f + "=" + v
					_, err := h.Patch(ctx, w, "contact", id, anyVersion, []byte(patchOf(f, v)))
					got, want = outcome(err), m.patch(id, f, v)
				case 2:
					what = "trash"
					_, err := h.Trash(ctx, w, "contact", id, anyVersion)
					got, want = outcome(err), m.trash(id, m.records[id].values)
				case 3:
					drop := []repository.Drop{repository.DropNone, repository.DropRestored, repository.DropHolder}[r.IntN(3)]
					what = "restore, drop " + string(drop)
					_, err := h.Restore(ctx, w, "contact", id, anyVersion, drop)
					got, want = outcome(err), m.restore(id, drop)
				default:
					n := r.IntN(len(m.records[id].changes))
					what = fmt.Sprintf("revert of change %d, %s", n+1, m.records[id].changes[n].action)
					changes := h.history(id)
					_, err := h.Revert(ctx, w, "contact", id, anyVersion, changes[len(changes)-1-n].Seq, nil)
					got, want = outcome(err), m.revert(id, n)
				}
				if got != want {
					t.Fatalf("step %d: %s of %s: %s, want %s", step, what, id, got, want)
				}
				m.compare(t, houses[r.IntN(2)], id, fmt.Sprintf("step %d: %s", step, what))
			}
			for _, id := range m.order {
				m.compare(t, first, id, "at the end")
			}
			m.compareIndex(t, houses[1])
		})
	}
}

func bodyOf(values map[string]string) string {
	parts := []string{}
	for _, f := range fields {
		if values[f] != "" {
			patch := patchOf(f, values[f])
			parts = append(parts, patch[1:len(patch)-1])
		}
	}
	return "{" + strings.Join(parts, ",") + "}"
}

// compare holds a record and its history against the model.
func (m *model) compare(t *testing.T, h house, id, when string) {
	t.Helper()
	r := m.records[id]
	c := h.get(id)
	if diff := cmp.Diff(r.values, valuesOf(c)); diff != "" {
		t.Fatalf("%s: %s", when, diff)
	}
	if (c.DeletedAt != nil) != r.trashed || c.Version != int64(len(r.changes)) {
		t.Fatalf("%s: in the trash %v, at version %d after %d changes", when, c.DeletedAt != nil, c.Version, len(r.changes))
	}
	changes := h.history(id)
	slices.Reverse(changes)
	for i, want := range r.changes {
		if got := strings.TrimPrefix(changes[i].Action, "contact."); got != want.action {
			t.Fatalf("%s: change %d is %s, want %s", when, i+1, got, want.action)
		}
		named := map[string]bool{}
		for _, f := range changes[i].Fields {
			if slices.Contains(fields, f.Field) {
				named[f.Field] = true
			}
		}
		for f := range want.to {
			if !named[f] {
				t.Fatalf("%s: change %d does not name %s: %+v", when, i+1, f, changes[i].Fields)
			}
			delete(named, f)
		}
		if len(named) > 0 {
			t.Fatalf("%s: change %d names %v", when, i+1, named)
		}
	}
}

// compareIndex holds the lists against the model.
func (m *model) compareIndex(t *testing.T, h house) {
	t.Helper()
	for _, q := range []string{"", "is:trashed", "firstName:Jan", "email:a@example.org", "externalIds:shop:2", "lastName:*"} {
		var want []string
		for _, id := range m.order {
			r := m.records[id]
			matches := map[string]bool{
				"": true, "is:trashed": true, "firstName:Jan": r.values["firstName"] == "Jan", "email:a@example.org": r.values["emails"] == "a@example.org",
				"externalIds:shop:2": r.values["externalIds.shop"] == "2", "lastName:*": r.values["lastName"] != "",
			}[q]
			if matches && r.trashed == (q == "is:trashed") {
				want = append(want, id)
			}
		}
		list, err := h.List(t.Context(), h.Grant(policy.Owner), "contact", repository.Question{Text: q, Limit: 200, Count: true})
		if err != nil {
			t.Fatal(err)
		}
		slices.Sort(list.IDs)
		slices.Sort(want)
		if !slices.Equal(list.IDs, want) || list.Total != len(want) {
			t.Errorf("%q finds %v, want %v", q, list.IDs, want)
		}
	}
}
