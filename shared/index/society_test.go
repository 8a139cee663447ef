package index

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/muster-crm/muster/shared/fold"
	"github.com/muster-crm/muster/shared/policy"
	"github.com/muster-crm/muster/shared/query"
)

// companies hold the ids of people, and of other companies.
var companies = Schema{
	Kind: "company",
	Columns: []Column{
		{Path: "name", Type: query.TypeText, Class: policy.Public, How: Words},
		{Path: "size", Type: query.TypeNumber, Class: policy.Public},
		{Path: "contacts.contact", Type: query.TypeCode, List: "contacts", Class: policy.Public, Refs: []string{"person"}},
		{Path: "contacts.function", Type: query.TypeCode, List: "contacts", Class: policy.Public},
		{Path: "parent", Type: query.TypeCode, Class: policy.Public, Refs: []string{"company"}},
		{Path: "nickname", Type: query.TypeText, Class: policy.Public, How: Words},
	},
	Order: []string{"name"},
	Title: []string{"name"},
}

// tickets belong to people or companies.
var tickets = Schema{
	Kind: "ticket",
	Columns: []Column{
		{Path: "subject", Type: query.TypeText, Class: policy.Public, How: Words},
		{Path: "ticketNumber", Type: query.TypeNumber, Class: policy.Public},
		{Path: "owner", Type: query.TypeCode, Class: policy.Public, Refs: []string{"person", "company"}},
		{Path: "helper", Type: query.TypeCode, Class: policy.Public, Refs: []string{"person"}},
	},
	Order: []string{"subject"},
	Title: []string{"ticketNumber", "subject"},
	Owner: "owner",
}

// linkedPeople are people as the other kinds know them.
var linkedPeople = func() Schema {
	s := people
	s.Title = []string{"firstName", "lastName"}
	s.Borrows = []Borrow{
		{Path: "company", Kind: "company", Link: "contacts.contact"},
		{Path: "nick", Kind: "company", Link: "contacts.contact", Text: "nickname", Quiet: true},
		{Path: "ticket", Kind: "ticket", Link: "helper", Quiet: true},
		{Path: "lastName", Kind: "company", Link: "contacts.contact"},
		{Path: "nothing", Kind: "nothing", Link: "contacts.contact"},
	}
	return s
}()

var societySchemas = []Schema{linkedPeople, companies, tickets}

// society is three kinds with links, and the obvious way to follow them.
type society struct {
	world
	t     *testing.T
	seq   int64
	views map[string]*View
	model map[string]*model
	ids   map[string][]string
	held  map[string]map[string][]*modelRecord // holders, once asked for
}

// newSociety makes as many records of each kind as sizes say.
func newSociety(t *testing.T, seed uint64, sizes ...int) *society {
	s := &society{world: world{rand.New(rand.NewPCG(seed, 3))}, t: t, views: map[string]*View{}, model: map[string]*model{}, ids: map[string][]string{}}
	for i, schema := range societySchemas {
		s.model[schema.Kind] = &model{map[string]*modelRecord{}}
		b := NewBuilder(schema)
		var list []Change
		for range sizes[i] {
			list = append(list, s.create(schema.Kind))
		}
		s.learn(schema.Kind, list)
		for _, c := range list {
			if err := b.Add(c); err != nil {
				t.Fatal(err)
			}
		}
		s.views[schema.Kind] = b.View(0)
	}
	s.together()
	return s
}

func (s *society) together() {
	for kind, v := range s.views {
		s.views[kind] = v.Beside(s.views)
	}
}

func (s *society) learn(kind string, list []Change) {
	s.model[kind].apply(list)
	for _, r := range s.model[kind].records {
		r.in, r.kind = s, kind
	}
	s.held = map[string]map[string][]*modelRecord{}
}

var companyNames = []string{"Acme", "Acme Belgium", "Peeters & Zonen", "Bakkerij Claes", "Janssens-Bouw", "Müller GmbH", "Gent Sport", "d'Hondt Garage"}

// ref gives the id of a record of a kind, mostly one of the first, so that many are linked with it; or one there is not.
func (s *society) ref(kind string) string {
	ids := s.ids[kind]
	if len(ids) == 0 || s.chance(3) {
		return s.id()
	}
	if s.chance(50) {
		ids = ids[:min(len(ids), 60)]
	}
	return ids[s.IntN(len(ids))]
}

func (s *society) create(kind string) Change {
	id := s.id()
	s.ids[kind] = append(s.ids[kind], id)
	return Change{ID: id, Revision: 1, Value: marshal(s.t, s.of(kind))}
}

// of makes a record of a kind.
func (s *society) of(kind string) map[string]any {
	if kind == "person" {
		return s.record(s.chance(8))
	}
	r := map[string]any{"createdAt": s.instant()}
	if s.chance(12) {
		r["deletedAt"] = s.instant()
	}
	if kind == "ticket" {
		r["subject"] = pick(s.world, "Broken", "Lost key", "Jan calls")
		if s.chance(80) {
			r["ticketNumber"] = s.IntN(100)
		}
		r["owner"] = s.ref(pick(s.world, "person", "company"))
		if s.chance(50) {
			r["helper"] = s.ref("person")
		}
		return r
	}
	if s.chance(95) {
		r["name"] = pick(s.world, companyNames...)
	}
	if s.chance(30) {
		r["nickname"] = pick(s.world, "Bread", "Iron works")
	}
	r["size"] = s.IntN(5)
	if s.chance(30) {
		r["parent"] = s.ref("company")
	}
	var list []any
	for range s.IntN(4) {
		c := map[string]any{"contact": s.ref("person")}
		if s.chance(50) {
			c["function"] = pick(s.world, "boss", "clerk")
		}
		list = append(list, c)
	}
	if list != nil {
		r["contacts"] = list
	}
	return r
}

// change applies some changes to every kind.
func (s *society) change(n int) {
	s.t.Helper()
	s.seq++
	for _, schema := range societySchemas {
		kind := schema.Kind
		var list []Change
		for range n {
			if len(s.ids[kind]) == 0 || s.chance(40) {
				list = append(list, s.create(kind))
				continue
			}
			c := Change{ID: pick(s.world, s.ids[kind]...), Revision: int64(2 + s.IntN(5)), Value: marshal(s.t, s.of(kind))}
			if old := s.model[kind].records[c.ID]; old != nil && old.data == nil {
				continue
			}
			if s.chance(5) {
				c.Revision, c.Value = 100, nil
			}
			list = append(list, c)
		}
		s.learn(kind, list)
		next, err := s.views[kind].Apply(s.seq, list)
		if err != nil {
			s.t.Fatal(err)
		}
		s.views[kind] = next
	}
	s.together()
}

// live gives a record that is there and not in the trash, nor what it belongs to.
func (s *society) live(kind, id string) *modelRecord {
	r := s.model[kind].records[id]
	if r == nil || r.data == nil || r.trashed() || s.orphan(r) {
		return nil
	}
	return r
}

// orphan tells that what a record belongs to is in the trash.
func (s *society) orphan(r *modelRecord) bool {
	if r.kind != "ticket" {
		return false
	}
	for _, kind := range []string{"person", "company"} {
		if owner := s.model[kind].records[r.data["owner"].(string)]; owner != nil && owner.data != nil && owner.trashed() {
			return true
		}
	}
	return false
}

// holders gives the live records of a kind that hold an id under a path.
func (s *society) holders(kind, path, id string) []*modelRecord {
	if s.held[kind] == nil {
		s.held[kind] = map[string][]*modelRecord{}
		for _, r := range s.model[kind].records {
			if s.live(kind, r.id) != nil {
				for _, id := range r.values(path) {
					s.held[kind][id] = append(s.held[kind][id], r)
				}
			}
		}
	}
	return s.held[kind][id]
}

var societyRefs = map[string]map[string][]string{
	"company": {"contacts.contact": {"person"}, "parent": {"company"}},
	"ticket":  {"owner": {"person", "company"}, "helper": {"person"}},
}

// linked gives the records a path leads to, and the paths of their title; ok is false when it leads nowhere.
func (s *society) linked(r *modelRecord, path string) (list []*modelRecord, ok bool) {
	if kinds := societyRefs[r.kind][path]; kinds != nil {
		for _, kind := range kinds {
			for _, id := range r.values(path) {
				if other := s.live(kind, id); other != nil {
					list = append(list, other)
				}
			}
		}
		return list, true
	}
	if r.kind == "person" {
		switch path {
		case "company", "nick":
			return s.holders("company", "contacts.contact", r.id), true
		case "ticket":
			return s.holders("ticket", "helper", r.id), true
		}
	}
	return nil, false
}

func (s *society) lent(r *modelRecord) []string {
	var names []string
	if r.kind == "person" {
		for _, c := range s.holders("company", "contacts.contact", r.id) {
			names = append(names, c.values("name")...)
		}
	}
	return names
}

func (r *modelRecord) titleParts(path string) []string {
	switch {
	case path == "nick":
		return r.values("nickname")
	case r.kind == "person":
		return append(r.values("firstName"), r.values("lastName")...)
	case r.kind == "company":
		return r.values("name")
	}
	return r.values("subject")
}

// meets follows a condition on a link; ok is false when it is none.
func (s *society) meets(r *modelRecord, t query.Term) (holds, ok bool) {
	if list, ok := s.linked(r, t.Field); ok {
		if refs := societyRefs[r.kind][t.Field] != nil; refs {
			if t.Op == query.Filled || t.Op != query.Contains && slices.ContainsFunc(r.values(t.Field), func(id string) bool { return compares(query.TypeCode, id, t) }) {
				return len(r.values(t.Field)) > 0, true
			}
			if t.Op == query.Contains && slices.ContainsFunc(r.values(t.Field), func(id string) bool { return strings.Contains(id, fold.String(t.Value)) }) {
				return true, true
			}
		} else if t.Op == query.Filled {
			return len(list) > 0, true
		}
		return slices.ContainsFunc(list, func(other *modelRecord) bool {
			parts := other.titleParts(t.Field)
			switch {
			case t.Op == query.Contains:
				return slices.ContainsFunc(parts, func(p string) bool { return strings.Contains(fold.String(p), fold.String(t.Value)) })
			case other.id == t.Value:
				return true
			case len(fold.Words(t.Value)) == 0:
				return false
			case t.Op == query.Is:
				return fold.String(strings.Join(parts, " ")) == fold.String(t.Value)
			}
			for _, w := range fold.Words(t.Value) {
				if !slices.ContainsFunc(parts, func(p string) bool {
					return slices.ContainsFunc(modelWords(p), func(word string) bool { return strings.HasPrefix(word, w) })
				}) {
					return false
				}
			}
			return true
		}), true
	}
	for i := len(t.Field) - 1; i > 0; i-- {
		if t.Field[i] != '.' {
			continue
		}
		if list, ok := s.linked(r, t.Field[:i]); ok {
			inner := t
			inner.Field = t.Field[i+1:]
			return slices.ContainsFunc(list, func(other *modelRecord) bool {
				return knows(other.kind, inner.Field) && other.meetsTerm(inner)
			}), true
		}
	}
	return false, false
}

// knows tells whether a kind has a field, followed over links.
func knows(kind, path string) bool {
	for _, s := range societySchemas {
		if s.Kind == kind {
			head, _, _ := strings.Cut(path, ".")
			return slices.Contains([]string{"id", "age", "version"}, path) ||
				slices.ContainsFunc(s.Columns, func(c Column) bool {
					return c.Path == path || societyRefs[kind][c.Path] != nil && strings.HasPrefix(path, c.Path+".")
				}) ||
				slices.ContainsFunc(s.Borrows, func(b Borrow) bool { return b.Path == head })
		}
	}
	return false
}
