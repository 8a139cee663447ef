package merge_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/muster-crm/muster/shared/merge"
)

// model is what merging means: a record's field is what was last put there by somebody who has not taken it back; a record
// leads to the one it was merged into until that merge is undone.
type model struct {
	layers map[string][]layer // by record and field
	into   map[string]edge
	order  []string
	known  map[string]string // the address each was made with
}

type layer struct {
	batch     string // of a merge, "" for an edit
	value     string
	add, drop []string // tags
}

type edge struct{ batch, to string }

func (m *model) root(id string) string {
	for m.into[id].to != "" {
		id = m.into[id].to
	}
	return id
}

func (m *model) value(id, field string) string {
	layers := m.layers[id+field]
	if len(layers) == 0 {
		return ""
	}
	return layers[len(layers)-1].value
}

// list gives what layers have added and not dropped.
func (m *model) list(id, field string) []string {
	var tags []string
	for _, l := range m.layers[id+field] {
		tags = slices.DeleteFunc(tags, func(t string) bool { return slices.Contains(l.drop, t) })
		for _, t := range l.add {
			if !slices.Contains(tags, t) {
				tags = append(tags, t)
			}
		}
	}
	slices.Sort(tags)
	return tags
}

func (m *model) write(id, field string, l layer) { m.layers[id+field] = append(m.layers[id+field], l) }

func (m *model) merge(batch, main string, others []string, choices map[string]string) {
	for _, field := range singles {
		value := m.value(main, field)
		for _, o := range others {
			if value == "" {
				value = m.value(o, field)
			}
		}
		if id, ok := choices[field]; ok {
			value = m.value(id, field)
		}
		if value != m.value(main, field) {
			m.write(main, field, layer{batch: batch, value: value})
		}
	}
	for _, field := range lists {
		had, united := m.list(main, field), layer{batch: batch}
		for _, o := range others {
			for _, t := range m.list(o, field) {
				if !slices.Contains(had, t) && !slices.Contains(united.add, t) {
					united.add = append(united.add, t)
				}
			}
		}
		if len(united.add) > 0 {
			m.write(main, field, united)
		}
	}
	for _, o := range others {
		m.into[o] = edge{batch, main}
	}
}

// undo gives the fields that stay as they were edited since.
func (m *model) undo(batch, main string) (conflicts []string) {
	for _, field := range append(slices.Clone(singles), lists...) {
		layers := m.layers[main+field]
		i := slices.IndexFunc(layers, func(l layer) bool { return l.batch == batch })
		if i < 0 {
			continue
		}
		if last := layers[len(layers)-1]; i < len(layers)-1 && last.batch == "" {
			conflicts = append(conflicts, field)
		}
		m.layers[main+field] = slices.Delete(slices.Clone(layers), i, i+1)
	}
	maps.DeleteFunc(m.into, func(_ string, e edge) bool { return e.batch == batch })
	for up, ok := m.into[main]; ok; up, ok = m.into[up.to] {
		m.leave(up)
	}
	slices.Sort(conflicts)
	return conflicts
}

// leave takes off a record what a merge united that none of the others has any more.
func (m *model) leave(up edge) {
	for _, field := range lists {
		layers := slices.Clone(m.layers[up.to+field])
		for i, l := range layers {
			if l.batch != up.batch {
				continue
			}
			layers[i].add = slices.DeleteFunc(slices.Clone(l.add), func(t string) bool {
				for _, other := range slices.Sorted(maps.Keys(m.into)) {
					if m.into[other].batch == up.batch && slices.Contains(m.list(other, field), t) {
						return false
					}
				}
				return true
			})
		}
		m.layers[up.to+field] = layers
	}
}

var lists = []string{"emails", "tags"}

var singles = []string{"nickname", "occupation", "honorific"}

var named = map[string]string{"nickname": "nickname", "occupation": "occupation", "honorific": "title"}

// TestModel does random sequences of creations, edits, merges, merges of merged records and undoings in any order, and
// holds every record against the model after each step.
func TestModel(t *testing.T) {
	steps := 0
	for seed := range uint64(30) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			w := &world{house: open(t), model: model{layers: map[string][]layer{}, into: map[string]edge{}, known: map[string]string{}}, rand: rand.New(rand.NewPCG(seed, 7)), t: t}
			for range 4 {
				w.create()
			}
			for range 40 {
				w.step()
				w.compare()
				steps++
				if t.Failed() {
					t.FailNow()
				}
			}
			for len(w.merges) > 0 {
				w.undo()
				w.compare()
			}
		})
	}
	t.Logf("%d steps", steps)
}

// TestIdentity merges and merges again at random, edits nothing, and undoes all of it in any order: the dump is what it was,
// byte for byte.
func TestIdentity(t *testing.T) {
	for seed := range uint64(30) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			w := &world{house: open(t), model: model{layers: map[string][]layer{}, into: map[string]edge{}, known: map[string]string{}}, rand: rand.New(rand.NewPCG(seed, 8)), t: t}
			for range 7 {
				w.create()
			}
			before := w.dump()
			for range 5 {
				w.merge()
			}
			if w.rand.IntN(2) == 0 && len(w.merges) > 0 {
				w.undo()
				w.merge()
			}
			for len(w.merges) > 0 {
				if conflicts := w.undo(); len(conflicts) > 0 {
					t.Errorf("nobody has edited %v", conflicts)
				}
			}
			if diff := cmp.Diff(before, w.dump()); diff != "" {
				t.Errorf("%s\n%s", diff, strings.Join(w.said, "\n"))
			}
		})
	}
}

type world struct {
	house
	model
	rand   *rand.Rand
	t      *testing.T
	n      int
	merges []*merge.Merge
	said   []string
}

func (w *world) say(format string, args ...any) {
	w.said = append(w.said, fmt.Sprintf(format, args...))
}

func (w *world) fresh() string {
	w.n++
	return fmt.Sprintf("v%d", w.n)
}

func (w *world) create() {
	w.n++
	values := map[string]string{}
	for _, f := range singles {
		if w.rand.IntN(2) == 0 {
			values[f] = w.fresh()
		}
	}
	tag := w.fresh()
	c := w.person(fmt.Sprintf(`{"firstName":"A","nickname":%q,"occupation":%q,"title":%q,"tags":["all",%q],"emails":[{"address":"m%d@example.org"}]}`,
		values["nickname"], values["occupation"], values["honorific"], tag, w.n))
	w.order, w.known[c.ID] = append(w.order, c.ID), c.Emails[0].Address
	for f, v := range values {
		w.write(c.ID, f, layer{value: v})
	}
	w.write(c.ID, "tags", layer{add: []string{"all", tag}})
	w.write(c.ID, "emails", layer{add: []string{w.known[c.ID]}})
	w.say("create %s", c.ID)
}

func (w *world) any() string { return w.order[w.rand.IntN(len(w.order))] }

func (w *world) roots() (roots []string) {
	for _, id := range w.order {
		if w.root(id) == id {
			roots = append(roots, id)
		}
	}
	return roots
}

func (w *world) step() {
	switch n := w.rand.IntN(10); {
	case n < 1 && len(w.order) < 10:
		w.create()
	case n < 5:
		w.edit()
	case n < 8:
		w.merge()
	case len(w.merges) > 0:
		w.undo()
	}
}

func (w *world) edit() {
	id := w.any() // also one that leads elsewhere
	root := w.root(id)
	if w.rand.IntN(3) == 0 {
		tags := w.list(root, "tags")
		l := layer{}
		if len(tags) > 1 && w.rand.IntN(2) == 0 {
			l.drop = []string{tags[w.rand.IntN(len(tags))]}
		} else {
			l.add = []string{w.fresh()}
		}
		w.write(root, "tags", l)
		w.patch(id, `{"tags":["`+strings.Join(w.list(root, "tags"), `","`)+`"]}`)
		w.say("edit %s tags +%v -%v", root, l.add, l.drop)
		return
	}
	field, value := singles[w.rand.IntN(len(singles))], w.fresh()
	w.write(root, field, layer{value: value})
	w.patch(id, fmt.Sprintf(`{%q:%q}`, named[field], value))
	w.say("edit %s %s %s", root, field, value)
}

func (w *world) merge() {
	roots := w.roots()
	if len(roots) < 2 {
		return
	}
	w.rand.Shuffle(len(roots), func(i, j int) { roots[i], roots[j] = roots[j], roots[i] })
	some := roots[:2+w.rand.IntN(min(len(roots)-1, 3))]
	choices, asked := map[string]string{}, map[string]string{}
	for _, f := range singles {
		if w.rand.IntN(3) == 0 {
			id := some[w.rand.IntN(len(some))]
			if slices.ContainsFunc(some, func(id string) bool { return w.value(id, f) != "" }) {
				choices[f], asked[named[f]] = id, id
			}
		}
	}
	told, _, err := w.house.merges.Do(w.t.Context(), w.Write(), merge.Request{Kind: "contact", Main: some[0], Others: some[1:], Choices: asked})
	if err != nil {
		w.t.Fatalf("%v\n%s", err, strings.Join(w.said, "\n"))
	}
	w.model.merge(told.ID, some[0], some[1:], choices)
	w.merges = append(w.merges, told)
	w.say("merge %s %v %v", told.ID, some, choices)
}

func (w *world) undo() []string {
	i := w.rand.IntN(len(w.merges))
	told := w.merges[i]
	w.merges = slices.Delete(w.merges, i, i+1)
	w.say("undo %s of %s", told.ID, told.Main)
	now := w.house.undo(told)
	var got []string
	for _, f := range now.Conflicts {
		if f == "title" {
			f = "honorific"
		}
		got = append(got, f)
	}
	slices.Sort(got)
	want := w.model.undo(told.ID, told.Main)
	if diff := cmp.Diff(want, got); diff != "" {
		w.t.Errorf("conflicts: %s\n%s", diff, strings.Join(w.said, "\n"))
	}
	return got
}

// compare holds every record, its old ids and the index against the model.
func (w *world) compare() {
	w.t.Helper()
	for _, id := range w.order {
		root := w.root(id)
		got := w.get(id)
		if got.ID != root {
			w.t.Errorf("%s leads to %s, not %s\n%s", id, got.ID, root, strings.Join(w.said, "\n"))
			return
		}
		tags := slices.Sorted(slices.Values(got.Tags))
		for field, value := range map[string]string{"nickname": got.Nickname, "occupation": got.Occupation, "honorific": got.Honorific} {
			if value != w.value(root, field) {
				w.t.Errorf("%s of %s is %q, not %q\n%s", field, root, value, w.value(root, field), strings.Join(w.said, "\n"))
			}
		}
		want := w.list(root, "tags")
		if diff := cmp.Diff(want, tags); len(want)+len(tags) > 0 && diff != "" {
			w.t.Errorf("tags of %s: %s\n%s", root, diff, strings.Join(w.said, "\n"))
		}
	}
	want := slices.Sorted(slices.Values(w.roots()))
	if got := w.found("contact", ""); !cmp.Equal(got, want) {
		w.t.Errorf("the list has %v, not %v", got, want)
	}
	id := w.any()
	address := w.known[id]
	holders := []string{w.root(id)}
	for _, root := range w.roots() {
		if slices.Contains(w.list(root, "emails"), address) && !slices.Contains(holders, root) {
			holders = append(holders, root)
		}
	}
	slices.Sort(holders)
	if got := w.found("contact", address); !cmp.Equal(got, holders) {
		w.t.Errorf("%s finds %v, not %v\n%s", address, got, holders, strings.Join(w.said, "\n"))
	}
}
