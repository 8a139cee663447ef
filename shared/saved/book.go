package saved

import (
	"slices"
	"strconv"
	"strings"

	"github.com/muster-crm/muster/shared/fault"
	"github.com/muster-crm/muster/shared/fold"
	"github.com/muster-crm/muster/shared/policy"
	"github.com/muster-crm/muster/shared/query"
)

// Field is the name of the condition that stands for a saved search.
const Field = "search"

// Codes of the faults of Expand, all of kind fault.Invalid at query.Path, beside those of query.Limits.
const (
	Unknown = "unknown_search" // there is none, or not for the caller
	Broken  = "search_broken"  // its expression speaks of what is no longer there
	Cycle   = "search_cycle"   // it stands for itself
)

// Book is the saved searches of an organisation as one caller sees them.
type Book struct {
	all []*Search
	g   policy.Grant
}

// NewBook makes the book of a caller of all searches that are not in the trash.
func NewBook(all []*Search, g policy.Grant) Book { return Book{all, g} }

// Of lists the searches for a kind that the caller sees, their own first, then the others, each by name.
func (b Book) Of(kind string) []*Search {
	var all []*Search
	for _, s := range b.all {
		if s.For == kind && s.SeenBy(b.g) {
			all = append(all, s)
		}
	}
	slices.SortStableFunc(all, func(a, o *Search) int {
		if a.own(b.g) != o.own(b.g) {
			if a.own(b.g) {
				return -1
			}
			return 1
		}
		return strings.Compare(fold.String(a.Name)+"\x00"+a.ID, fold.String(o.Name)+"\x00"+o.ID)
	})
	return all
}

// find gives the search of an id, nil where the caller sees none.
func (b Book) find(kind, id string) *Search {
	i := slices.IndexFunc(b.all, func(s *Search) bool { return s.ID == id && s.For == kind && s.SeenBy(b.g) })
	if i < 0 {
		return nil
	}
	return b.all[i]
}

// Fields adds the condition on saved searches to the fields of a kind: it takes the id of a search, or its name, of
// several with one name the caller's own.
func (b Book) Fields(kind string, fields query.Fields) query.Fields {
	return searching{fields, b, kind}
}

type searching struct {
	query.Fields
	book Book
	kind string
}

// Field answers for the saved searches, and leaves everything else to the kind.
func (f searching) Field(name string) (query.Field, bool) {
	if !strings.EqualFold(name, Field) {
		return f.Fields.Field(name)
	}
	ids := map[string]string{}
	of := f.book.Of(f.kind)
	for _, s := range of {
		ids[fold.String(s.ID)] = s.ID
	}
	for _, s := range of {
		if name := fold.String(s.Name); ids[name] == "" {
			ids[name] = s.ID
		}
	}
	return query.Field{Path: Field, Type: query.TypeCode, Values: ids}, true
}

// Expand puts the expressions of saved searches in the place of the conditions that name them. What it gives is within the
// limits of expressions too, and is evaluated, not kept. fields are those of the kind, as Fields gives them.
func (b Book) Expand(kind string, e query.Expr, fields query.Fields) (query.Expr, error) {
	if !Named(e) {
		return e, nil
	}
	x := expansion{book: b, kind: kind, fields: fields}
	e, err := x.expand(e, nil, -1)
	if err != nil {
		return nil, err
	}
	e = query.Normal(e)
	return e, query.Limits(e)
}

// Spell gives an expression with saved searches by their names, for people to read, where a name leads back to the search.
func (b Book) Spell(kind string, e query.Expr) query.Expr {
	if !Named(e) {
		return e
	}
	switch e := e.(type) {
	case query.And:
		return query.And(b.spellAll(kind, e))
	case query.Or:
		return query.Or(b.spellAll(kind, e))
	case query.Not:
		return query.Not{Expr: b.Spell(kind, e.Expr)}
	case query.Term:
		field, _ := searching{nil, b, kind}.Field(Field)
		if s := b.find(kind, e.Value); s != nil && field.Values[fold.String(s.Name)] == s.ID {
			e.Value = s.Name
		}
		return e
	}
	return e
}

func (b Book) spellAll(kind string, parts []query.Expr) []query.Expr {
	out := make([]query.Expr, len(parts))
	for i, part := range parts {
		out[i] = b.Spell(kind, part)
	}
	return out
}

// Named tells whether an expression speaks of a saved search.
func Named(e query.Expr) bool {
	found := false
	query.Walk(e, func(e query.Expr) bool {
		term, ok := e.(query.Term)
		found = found || ok && term.Field == Field
		return !found
	})
	return found
}

type expansion struct {
	book   Book
	kind   string
	fields query.Fields
	opened int // searches so far
}

// expand walks an expression; within are the searches it lies in, and at the place of the outermost in the text, -1 for none.
func (x *expansion) expand(e query.Expr, within []string, at int) (query.Expr, error) {
	switch e := e.(type) {
	case query.And:
		parts, err := x.all(e, within, at)
		return query.And(parts), err
	case query.Or:
		parts, err := x.all(e, within, at)
		return query.Or(parts), err
	case query.Not:
		part, err := x.expand(e.Expr, within, at)
		return query.Not{Expr: part}, err
	case query.Text:
		if at >= 0 {
			e.Pos = at
		}
		return e, nil
	case query.Term:
		if at >= 0 {
			e.Pos = at
		}
		if e.Field == Field {
			return x.open(e, within)
		}
		return e, nil
	}
	return e, nil
}

func (x *expansion) all(parts []query.Expr, within []string, at int) ([]query.Expr, error) {
	out := make([]query.Expr, len(parts))
	for i, part := range parts {
		var err error
		if out[i], err = x.expand(part, within, at); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// open gives what a condition on a saved search stands for.
func (x *expansion) open(term query.Term, within []string) (query.Expr, error) {
	bad := func(code string, pairs ...string) error {
		return fault.Bad(query.Path, code, append([]string{"pos", strconv.Itoa(term.Pos)}, pairs...)...)
	}
	if term.Op == query.Filled {
		return nil, bad(query.UnknownOperator, "word", "*", "field", Field)
	}
	s := x.book.find(x.kind, term.Value)
	if s == nil {
		return nil, bad(Unknown, "word", term.Value)
	}
	if slices.Contains(within, s.ID) {
		return nil, bad(Cycle, "name", s.Name)
	}
	if x.opened++; x.opened > query.MaxConditions {
		return nil, bad(query.TooMany, "max", strconv.Itoa(query.MaxConditions))
	}
	if len(within) == MaxDepth {
		return nil, bad(query.TooDeep, "max", strconv.Itoa(MaxDepth))
	}
	e, err := query.Parse(s.Query, x.fields)
	if err != nil {
		if f := fault.From(err).Fields; len(f) > 0 && f[0].Args["field"] == Field {
			return nil, bad(Unknown, "word", f[0].Args["word"])
		}
		return nil, bad(Broken, "name", s.Name)
	}
	return x.expand(e, append(slices.Clone(within), s.ID), term.Pos)
}
