package index

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/muster-crm/muster/shared/fault"
	"github.com/muster-crm/muster/shared/policy"
	"github.com/muster-crm/muster/shared/query"
)

// history is a view with the model of what it should hold.
type history struct {
	world
	t     *testing.T
	view  *View
	model *model
	ids   []string
	seq   int64
	plain bool // ids of no usual form too
}

func newHistory(t *testing.T, seed uint64, n int) *history {
	h := &history{world: world{rand.New(rand.NewPCG(seed, 1))}, t: t, model: &model{map[string]*modelRecord{}}, plain: seed%3 == 0}
	b := NewBuilder(people)
	for range n {
		c := h.create()
		h.model.apply([]Change{c})
		if err := b.Add(c); err != nil {
			t.Fatal(err)
		}
		clear(c.Value) // the builder must have taken what it needs
	}
	h.view = b.View(h.seq)
	return h
}

func (h *history) create() Change {
	id := h.id()
	if h.plain && h.chance(10) {
		id = fmt.Sprint("p", h.IntN(1e9))
	}
	h.ids = append(h.ids, id)
	return Change{ID: id, Revision: 1, Value: marshal(h.t, h.record(h.chance(5)))}
}

// changes makes new records, newer revisions, repeated and older ones, and records gone for good.
func (h *history) changes(n int) []Change {
	var list []Change
	for range n {
		if len(h.ids) == 0 || h.chance(40) {
			list = append(list, h.create())
			continue
		}
		id := pick(h.world, h.ids...)
		c := Change{ID: id, Revision: int64(1 + h.IntN(6))}
		if old := h.model.records[id]; old != nil && old.data == nil {
			continue // an id is not used again
		}
		if h.chance(90) {
			c.Value = marshal(h.t, h.record(h.chance(10)))
		} else {
			c.Revision = 100
		}
		list = append(list, c)
	}
	return list
}

func (h *history) apply(n int) {
	h.t.Helper()
	h.seq++
	list := h.changes(n)
	h.model.apply(list)
	next, err := h.view.Apply(h.seq, list)
	if err != nil {
		h.t.Fatal(err)
	}
	for _, c := range list {
		clear(c.Value)
	}
	h.view = next
}

var sortPaths = []string{"lastName", "firstName", "number", "birthDate", "age", "emails.address", "emails.kind", "phones.number",
	"addresses.town", "addresses.street", "tags", "scores", "newsletter", "occupation", "balance", "weight", "fee.amount", "fee.currency", "secret",
	"custom.size", "seenAt", "createdAt", "id", "version"}

func (h *history) sorts() []Sort {
	if h.chance(40) {
		return nil
	}
	list := []Sort{{pick(h.world, sortPaths...), h.chance(50)}}
	if h.chance(40) {
		list = append(list, Sort{pick(h.world, sortPaths...), h.chance(50)})
	}
	return list
}

// check asks one random question of the view and of the model.
func (h *history) check() {
	h.t.Helper()
	e := h.expr(3)
	sorts := h.sorts()
	want, levels := h.model.find(e, sorts)
	limit := 1 + h.IntN(40)
	if h.chance(20) {
		limit = 10000
	}
	req := Request{Where: e, Sort: sorts, Limit: limit, Count: true, Now: now, Grant: grant(policy.Owner)}
	var got []string
	for {
		a, err := h.view.Find(req)
		if err != nil {
			h.t.Fatalf("%#v: %v", e, err)
		}
		if a.Total != len(want) {
			h.t.Errorf("%#v: total %d, want %d", e, a.Total, len(want))
		}
		if len(a.Hits) > limit {
			h.t.Fatalf("%d hits, limit %d", len(a.Hits), limit)
		}
		for _, hit := range a.Hits {
			got = append(got, hit.ID)
			r := h.model.records[hit.ID]
			if r == nil || hit.Revision != r.revision || hit.Trashed != r.trashed() || hit.Exact != (levels[hit.ID] <= typed) ||
				hit.Whole != (len(sorts) == 0 && hasText(e) && levels[hit.ID] == whole) {
				h.t.Fatalf("%#v: hit %+v does not fit %+v at level %d", e, hit, r, levels[hit.ID])
			}
		}
		if a.Next == nil || len(got) > len(want) {
			break
		}
		req.After = a.Next
	}
	var ids []string
	for _, r := range want {
		ids = append(ids, r.id)
	}
	if !slices.Equal(got, ids) {
		for i := range min(len(got), len(ids)) {
			if got[i] != ids[i] {
				h.t.Fatalf("%#v by %v: hit %d of %d/%d is\n%s\nwant\n%s", e, sorts, i, len(got), len(ids),
					marshal(h.t, h.model.records[got[i]].data), marshal(h.t, h.model.records[ids[i]].data))
			}
		}
		h.t.Fatalf("%#v by %v: %d hits, want %d", e, sorts, len(got), len(ids))
	}
}

// The index finds what looking at every record finds, in the same order, whatever came when.
func TestFindAgreesWithTheModel(t *testing.T) {
	for seed := range uint64(8) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			h := newHistory(t, seed, []int{0, 3, 300, 1500}[seed%4])
			for range 8 {
				h.check()
			}
			for _, n := range []int{1, 5, 100, 0, 400, 700, 300, 2, 1500, 30} {
				h.apply(n)
				for range 4 {
					h.check()
				}
			}
			live, trashed := 0, 0
			for _, r := range h.model.records {
				if r.data != nil && r.trashed() {
					trashed++
				} else if r.data != nil {
					live++
				}
			}
			if l, tr := h.view.Len(); l != live || tr != trashed {
				t.Errorf("Len is %d and %d, want %d and %d", l, tr, live, trashed)
			}
			h.view = h.snapshot(h.view)
			for range 8 {
				h.check()
			}
		})
	}
}

func (h *history) snapshot(v *View) *View {
	h.t.Helper()
	var b bytes.Buffer
	if err := v.WriteSnapshot(&b); err != nil {
		h.t.Fatal(err)
	}
	back, err := ReadSnapshot(&b, people)
	if err != nil {
		h.t.Fatal(err)
	}
	if back.Seq() != v.Seq() {
		h.t.Errorf("the snapshot stands at %d, want %d", back.Seq(), v.Seq())
	}
	return back
}

// dump writes all of a view.
func dump(t *testing.T, v *View) string {
	t.Helper()
	trash := query.Or{query.All, query.Term{Field: "is", Op: query.Has, Value: "trashed"}}
	a, err := v.Find(Request{Where: trash, Limit: 1 << 20, Grant: grant(policy.Owner), Now: now})
	if err != nil {
		t.Fatal(err)
	}
	var b []byte
	for _, hit := range a.Hits {
		b = v.AppendJSON(b, hit, grant(policy.Owner))
		b = append(b, '\n')
	}
	return string(b)
}

// Applying changes, building from the outcome, and reading a snapshot all give the same; applying again changes nothing;
// the older view stays as it was.
func TestApplyIsAsBuilding(t *testing.T) {
	for seed := range uint64(4) {
		h := newHistory(t, seed, 800)
		before := h.view
		was := dump(t, before)
		for _, n := range []int{10, 900, 300, 5} {
			list := h.changes(n)
			h.model.apply(list)
			h.seq++
			once, err := h.view.Apply(h.seq, list)
			if err != nil {
				t.Fatal(err)
			}
			twice, err := once.Apply(h.seq, list)
			if err != nil {
				t.Fatal(err)
			}
			if none, err := once.Apply(h.seq+1, nil); err != nil || dump(t, none) != dump(t, once) {
				t.Errorf("applying nothing makes a difference: %v", err)
			}
			if !slices.ContainsFunc(list, func(c Change) bool { return c.Value == nil }) {
				if diff := cmp.Diff(dump(t, once), dump(t, twice)); diff != "" {
					t.Errorf("applying twice: %s", diff)
				}
			}
			h.view = once
		}
		if dump(t, before) != was {
			t.Error("the older view has changed")
		}
		b := NewBuilder(people)
		for _, r := range h.model.records {
			if r.data == nil {
				continue
			}
			if err := b.Add(Change{ID: r.id, Revision: r.revision, Value: marshal(t, r.data)}); err != nil {
				t.Fatal(err)
			}
		}
		built := dump(t, b.View(h.seq))
		if diff := cmp.Diff(strings.Split(built, "\n"), strings.Split(dump(t, h.view), "\n")); diff != "" {
			t.Errorf("built and applied differ: %s", diff)
		}
		if built != dump(t, h.snapshot(h.view)) {
			t.Error("built and read from a snapshot differ")
		}
	}
}

// Facets of single values add up to the total, and every bucket holds what the model counts.
func TestFacets(t *testing.T) {
	for seed := range uint64(3) {
		h := newHistory(t, seed, 700)
		h.apply(200)
		for range 20 {
			e := h.expr(2)
			paths := [][]string{{pick(h.world, sortPaths[:len(sortPaths)-1]...)}}
			if paths[0][0] == "id" {
				continue
			}
			single := pick(h.world, "type", "newsletter", "lastName", "number", "age", "birthDate", "custom.size")
			paths = append(paths, []string{single}, []string{"type", pick(h.world, "tags", "addresses.town", "newsletter", "age")})
			a, err := h.view.Find(Request{Where: e, Count: true, Facets: paths, Sums: []string{"balance", "scores"}, Now: now, Grant: grant(policy.Owner)})
			if err != nil {
				t.Fatal(err)
			}
			// Each field alone, with nothing added up, is counted another way: to the same.
			alone := [][]string{paths[0], {single}, {"type"}, {"tags"}, {"addresses.town"}, {"newsletter"}, {"age"}, {"birthDate"}, {"custom.size"}}
			added, err := h.view.Find(Request{Where: e, Facets: alone, Sums: []string{"balance"}, Now: now, Grant: grant(policy.Owner)})
			if err != nil {
				t.Fatal(err)
			}
			counted, err := h.view.Find(Request{Where: e, Facets: alone, Now: now, Grant: grant(policy.Owner)})
			if err != nil {
				t.Fatal(err)
			}
			for k, group := range alone {
				if got, want := bars(counted.Facets[k]), bars(added.Facets[k]); got != want {
					t.Errorf("%s by %v: %s, not %s", query.Format(e), group, got, want)
				}
			}
			want, _ := h.model.find(e, nil)
			var sums [2]int64
			for _, r := range want {
				addUp(&sums, r)
			}
			if !slices.Equal(a.Sums, sums[:]) {
				t.Errorf("sums %v, want %v", a.Sums, sums)
			}
			for k, group := range paths {
				counts := map[string]int{}
				totals := map[string][2]int64{}
				for _, r := range want {
					for _, x := range distinct(r.values(group[0])) {
						second := []string{""}
						if len(group) == 2 {
							second = distinct(r.values(group[1]))
						}
						for _, y := range second {
							counts[x+"|"+y]++
							s := totals[x+"|"+y]
							addUp(&s, r)
							totals[x+"|"+y] = s
						}
					}
				}
				sum := 0
				for i, b := range a.Facets[k] {
					key := strings.Join(b.Values, "|")
					if len(group) == 1 {
						key += "|"
					}
					if s := totals[key]; b.Count != counts[key] || !slices.Equal(b.Sums, s[:]) {
						t.Errorf("%v %q: %d %v, want %d %v", group, key, b.Count, b.Sums, counts[key], s)
					}
					if i > 0 && a.Facets[k][i-1].Count < b.Count {
						t.Errorf("%v: not the largest first", group)
					}
					sum += b.Count
				}
				if len(a.Facets[k]) != len(counts) {
					t.Errorf("%v: %d buckets, want %d", group, len(a.Facets[k]), len(counts))
				}
				if k == 1 && sum != a.Total {
					t.Errorf("%v adds up to %d, the total is %d", group, sum, a.Total)
				}
			}
		}
	}
}

// bars writes a facet without what was added up.
func bars(buckets []Bucket) string {
	var all strings.Builder
	for _, b := range buckets {
		fmt.Fprintf(&all, "%q=%d ", b.Values, b.Count)
	}
	return all.String()
}

func distinct(values []string) []string {
	if len(values) == 0 {
		return []string{""}
	}
	slices.Sort(values)
	return slices.Compact(values)
}

func addUp(sums *[2]int64, r *modelRecord) {
	for i, path := range []string{"balance", "scores"} {
		for _, v := range r.values(path) {
			sums[i] += modelNumber(query.TypeNumber, v, false) / 1e6
		}
	}
}

// Pages that are read while the records change hold every record that stays as it is once, and in order.
func TestPagesWhileRecordsChange(t *testing.T) {
	for seed := range uint64(2) {
		h := newHistory(t, seed, 900)
		for _, sorts := range [][]Sort{nil, {{"number", false}}, {{"birthDate", true}, {"lastName", true}}, {{"emails.address", true}}, {{"id", true}}} {
			var still []string
			before := map[string]*modelRecord{}
			want, _ := h.model.find(query.All, sorts)
			for _, r := range want {
				before[r.id] = r
			}
			req := Request{Sort: sorts, Limit: 90, Now: now, Grant: grant(policy.Reader)}
			seen := map[string]int{}
			var order []string
			for {
				a, err := h.view.Find(req)
				if err != nil {
					t.Fatal(err)
				}
				for _, hit := range a.Hits {
					seen[hit.ID]++
					order = append(order, hit.ID)
				}
				if a.Next == nil {
					break
				}
				req.After = a.Next
				h.apply(60)
			}
			for _, r := range want {
				if h.model.records[r.id] == before[r.id] {
					still = append(still, r.id)
				}
			}
			for _, id := range still {
				if seen[id] != 1 {
					t.Fatalf("%v: a record that stayed was seen %d times", sorts, seen[id])
				}
			}
			order = slices.DeleteFunc(order, func(id string) bool { return h.model.records[id] != before[id] })
			if !slices.Equal(order, still) {
				t.Errorf("%v: the records that stayed came in another order", sorts)
			}
		}
	}
}

// Many read while one applies. The race detector says more than this test does.
func TestReadersDuringApply(t *testing.T) {
	h := newHistory(t, 7, 600)
	var mu sync.Mutex
	current := h.view
	var wait sync.WaitGroup
	done := make(chan struct{})
	for i := range 4 {
		w := world{rand.New(rand.NewPCG(uint64(i), 9))}
		wait.Go(func() {
			for {
				select {
				case <-done:
					return
				default:
				}
				mu.Lock()
				v := current
				mu.Unlock()
				e := w.expr(2)
				req := Request{Where: e, Limit: 20, Count: true, Facets: [][]string{{"type"}}, Now: now, Grant: grant(policy.Owner)}
				first, err := v.Find(req)
				if err != nil {
					t.Error(err)
					return
				}
				second, _ := v.Find(req)
				if first.Total != second.Total || len(first.Hits) != len(second.Hits) {
					t.Errorf("the same view answered %d and %d", first.Total, second.Total)
				}
				for _, hit := range first.Hits {
					v.AppendJSON(nil, hit, req.Grant)
				}
			}
		})
	}
	for range 40 {
		h.apply(70)
		mu.Lock()
		current = h.view
		mu.Unlock()
	}
	close(done)
	wait.Wait()
}

func TestRefusals(t *testing.T) {
	v := newHistory(t, 3, 50).view
	term := func(field string, op query.Op, value string) query.Expr {
		return query.And{query.Term{Field: field, Op: op, Value: value}}
	}
	for name, c := range map[string]struct {
		req  Request
		role policy.Role
		path string
		code string
	}{
		"unknown":           {Request{Where: term("nope", query.Is, "x")}, policy.Owner, "q", "unknown_field"},
		"unreadable":        {Request{Where: term("balance", query.Is, "1")}, policy.Reader, "q", "unknown_field"},
		"unreadable nested": {Request{Where: query.Or{query.Not{Expr: term("iban", query.Filled, "")}}}, policy.Editor, "q", "unknown_field"},
		"facet":             {Request{Facets: [][]string{{"balance"}}}, policy.Reader, "facets", "unknown_field"},
		"facet three":       {Request{Facets: [][]string{{"type", "tags", "number"}}}, policy.Owner, "facets", "bad_value"},
		"sum":               {Request{Sums: []string{"balance"}}, policy.Reader, "sums", "unknown_field"},
		"sum of text":       {Request{Sums: []string{"lastName"}}, policy.Owner, "sums", "unknown_field"},
		"sort":              {Request{Sort: []Sort{{"balance", false}}}, policy.Reader, "sort", "unknown_field"},
		"operator":          {Request{Where: term("type", query.Less, "x")}, policy.Owner, "q", "unknown_operator"},
		"list operator":     {Request{Where: term("emails", query.Is, "x")}, policy.Owner, "q", "unknown_operator"},
		"value":             {Request{Where: term("number", query.Is, "x")}, policy.Owner, "q", "bad_value"},
		"date":              {Request{Where: term("birthDate", query.Is, "2001-02-29")}, policy.Owner, "q", "bad_value"},
		"state":             {Request{Where: term("is", query.Is, "odd")}, policy.Owner, "q", "bad_value"},
		"cursor":            {Request{Limit: 1, After: &Position{Keys: []string{"a"}, ID: "b"}}, policy.Owner, "after", "bad_cursor"},
		"cursor number":     {Request{Limit: 1, Sort: []Sort{{"number", false}}, After: &Position{Keys: []string{"a", "", ""}}}, policy.Owner, "after", "bad_cursor"},
	} {
		c.req.Grant, c.req.Now = grant(c.role), now
		_, err := v.Find(c.req)
		var f *fault.Fault
		if !errors.As(err, &f) || f.Kind != fault.Invalid || len(f.Fields) != 1 || f.Fields[0].Path != c.path || f.Fields[0].Code != c.code {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, c := range map[string]struct {
		where query.Expr
		grant policy.Grant
	}{
		"no grant":           {nil, policy.Grant{}},
		"trash for a reader": {term("is", query.Has, "trashed"), grant(policy.Reader)},
	} {
		if _, err := v.Find(Request{Where: c.where, Grant: c.grant, Now: now}); !errors.Is(err, fault.Denied) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Free text looks into nothing the grant may not read.
func TestTextLooksOnlyWhereTheGrantMayRead(t *testing.T) {
	b := NewBuilder(people)
	if err := b.Add(Change{ID: "a", Revision: 1, Value: []byte(`{"firstName":"An","iban":"BE123"}`)}); err != nil {
		t.Fatal(err)
	}
	v := b.View(1)
	recent, err := NewBuilder(people).View(0).Apply(1, []Change{{ID: "a", Revision: 1, Value: []byte(`{"firstName":"An","iban":"BE123"}`)}})
	if err != nil {
		t.Fatal(err)
	}
	for role, want := range map[policy.Role]int{policy.Owner: 1, policy.Editor: 0} {
		for _, v := range []*View{v, recent} {
			a, err := v.Find(Request{Where: query.Text{Words: "BE123"}, Count: true, Grant: grant(role), Now: now})
			if err != nil || a.Total != want {
				t.Errorf("%s finds %d, want %d (%v)", role, a.Total, want, err)
			}
		}
	}
}
