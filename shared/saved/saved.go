// Package saved keeps questions people ask again (SRCH-12): a name for an expression of the query language about one kind
// of record, with the order and the columns its list is shown in.
//
// A saved search is its maker's alone, or shared with roles. In a query the condition "search:<id>", or search:"Name",
// stands for its expression, so that every list, count, export, bulk action and other search can use it. It is put in
// before the question is answered (Book.Expand), which is then answered under the rights of whoever asks: a search shows
// nobody what they could not have asked for themselves.
//
// Searches belong to the configuration (package setting): they lie beside the settings, are known wherever a question is
// asked, without a read of their own, and are written one after the other, each judged by all others. So no two of them can
// come to stand for each other.
//
// Guarantees. A stored expression could be read when it was saved, and its use of other searches has no circle. What
// others use is not deleted: Uses lists, as references like any other, which searches an expression speaks of.
package saved

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/muster-crm/muster/shared/fault"
	"github.com/muster-crm/muster/shared/fold"
	"github.com/muster-crm/muster/shared/list"
	"github.com/muster-crm/muster/shared/policy"
	"github.com/muster-crm/muster/shared/query"
	"github.com/muster-crm/muster/shared/record"
)

// Name is the name of the kind.
const Name = "search"

// owner is the owner of the records of the settings.
const owner = "settings"

// Limits.
const (
	MaxSearches = 1000 // of an organisation
	MaxOwn      = 200  // of one maker
	MaxDepth    = 5    // searches within searches
)

// Search is a saved search.
type Search struct {
	record.Meta
	Name    string   `json:"name,omitempty" field:"required,max=80,unindexed"`
	For     string   `json:"for,omitempty" field:"required,code,max=30"` // the kind of record it finds
	Query   string   `json:"query,omitempty" field:"long"`               // in the text form; none finds all
	Sort    string   `json:"sort,omitempty" field:"code,max=300"`        // as lists are asked for one: "lastName,-updatedAt"
	Columns []string `json:"columns,omitempty" field:"code,items=100"`   // paths of the fields its list shows, in their order; none: the reader's own choice
	Roles   []string `json:"roles,omitempty" field:"code,items=20"`      // it is shared with; none: its maker's alone
	Uses    []string `json:"uses,omitempty" field:"ref=search,system,items=50" readOnly:"true"`
}

// Kind describes saved searches.
func Kind() *record.Kind {
	return record.Define[Search](Name, "searches", "sch", record.Unindexed(), record.OwnedBy(owner), record.Serial())
}

// Title gives the name.
func (s *Search) Title() string { return s.Name }

// SeenBy tells whether a search is one's own or shared with one's role; who manages the organisation sees all that is shared.
func (s *Search) SeenBy(g policy.Grant) bool {
	return s.own(g) || slices.Contains(s.Roles, string(g.Role())) || len(s.Roles) > 0 && g.Can(policy.Manage)
}

// own tells whether a search is the caller's, made or being made.
func (s *Search) own(g policy.Grant) bool { return s.CreatedBy == "" || s.CreatedBy == g.Actor().ID }

// Mine tells whether somebody has made a search.
func (s *Search) Mine(g policy.Grant) bool { return s.CreatedBy == g.Actor().ID }

// ChangedBy tells whether somebody may change a search, or make it so: their own, and as a manager those that are shared.
// Sharing takes the right to edit.
func (s *Search) ChangedBy(g policy.Grant) bool {
	if len(s.Roles) > 0 && !g.Can(policy.Edit) {
		return false
	}
	return s.own(g) || len(s.Roles) > 0 && g.Can(policy.Manage)
}

// book is the searches there are, as the writer sees them, with this one as it is to be.
func (s *Search) book(env *record.Env) Book {
	all := []*Search{}
	for _, other := range env.Others {
		all = append(all, other.(*Search))
	}
	return NewBook(append(all, s), policy.For(policy.Actor{ID: env.Actor}, env.Role))
}

// read parses the expression against the fields of its kind as they are now; nil where there is no such kind.
func (s *Search) read(env *record.Env) (query.Expr, query.Fields, error) {
	if env.Kinds == nil {
		return nil, nil, nil
	}
	k, ok := env.Kinds.Kind(s.For)
	if !ok || !k.Indexed {
		return nil, nil, nil
	}
	lists := env.Lists
	if lists.IsZero() {
		lists = list.BuiltIn()
	}
	fields := s.book(env).Fields(k.Name, env.Kinds.QueryFields(k, env.Fields, lists))
	e, err := query.Parse(s.Query, fields)
	return e, fields, err
}

// Normalize brings the expression into its canonical form, notes which searches it speaks of, and puts the roles in order.
func (s *Search) Normalize(env *record.Env) {
	if len(s.Roles) > 0 {
		slices.SortFunc(s.Roles, func(a, b string) int { return cmp.Compare(rank(a), rank(b)) })
		s.Roles = slices.Compact(s.Roles)
	}
	e, _, err := s.read(env)
	if err != nil || e == nil {
		return
	}
	s.Query, s.Uses = query.Format(e), nil
	query.Walk(e, func(e query.Expr) bool {
		if term, ok := e.(query.Term); ok && term.Field == Field && !slices.Contains(s.Uses, term.Value) {
			s.Uses = append(s.Uses, term.Value)
		}
		return true
	})
	slices.Sort(s.Uses)
}

// rank is the place of a role among all, strongest first; unknown ones come last.
func rank(role string) int {
	if i := slices.Index(policy.Roles(), policy.Role(role)); i >= 0 {
		return i
	}
	return len(policy.Roles())
}

// Validate checks what the fields' own rules cannot. An expression that is as it was is not held against fields that are
// gone since: the search can still be renamed.
func (s *Search) Validate(env *record.Env) []record.Problem {
	var p []record.Problem
	add := func(path, code string, pairs ...string) {
		p = append(p, record.Problem{Path: path, Code: code, Pairs: pairs})
	}
	before, _ := env.Before.(*Search)
	for i, role := range s.Roles {
		if rank(role) == len(policy.Roles()) {
			add("roles["+strconv.Itoa(i)+"]", "bad_choice")
		}
	}
	if before != nil && s.For != before.For {
		add("for", "read_only")
	}
	s.siblings(env, before, add)
	if env.Kinds == nil || s.For == "" {
		return p
	}
	e, fields, err := s.read(env)
	if e == nil && err == nil {
		add("for", "bad_choice")
		return p
	}
	if before == nil || s.Query != before.Query || s.restored(env) {
		if err == nil {
			_, err = s.book(env).Expand(s.For, e, fields)
		}
		for _, f := range faultsOf(err) {
			add("query", f[0], f[1:]...)
		}
	}
	if before == nil || !slices.Equal(s.Columns, before.Columns) {
		for i, path := range s.Columns {
			if _, known := fields.Field(path); !known && !s.member(env, path) {
				add("columns["+strconv.Itoa(i)+"]", "unknown_field", "word", path)
			}
		}
	}
	if s.Sort != "" && (before == nil || s.Sort != before.Sort) {
		for path := range strings.SplitSeq(s.Sort, ",") {
			if _, known := fields.Field(strings.TrimPrefix(path, "-")); !known {
				add("sort", "unknown_field", "word", path)
			}
		}
	}
	s.sharing(env, add)
	return p
}

// restored tells that the search comes out of the trash.
func (s *Search) restored(env *record.Env) bool {
	return env.Before != nil && env.Before.Base().DeletedAt != nil && s.DeletedAt == nil
}

// member tells whether a path is a field of the kind, one of few values or not.
func (s *Search) member(env *record.Env, path string) bool {
	k, ok := env.Kinds.Kind(s.For)
	if !ok {
		return false
	}
	_, ok = k.At(path, env.Fields)
	return ok
}

// siblings holds the search against the others: two of one maker have two names, and there are only so many.
func (s *Search) siblings(env *record.Env, before *Search, add func(path, code string, pairs ...string)) {
	maker := cmp.Or(s.CreatedBy, env.Actor)
	mine := 0
	for _, r := range env.Others {
		o := r.(*Search)
		if o.CreatedBy != maker {
			continue
		}
		mine++
		if s.Name != "" && o.For == s.For && fold.String(o.Name) == fold.String(s.Name) {
			add("name", "name_taken")
		}
	}
	if before == nil && mine >= MaxOwn {
		add("name", "too_many", "max", strconv.Itoa(MaxOwn))
	} else if before == nil && len(env.Others) >= MaxSearches {
		add("name", "too_many", "max", strconv.Itoa(MaxSearches))
	}
}

// sharing refuses to share what speaks of searches that the others cannot see, so that it works for whom it is shared with.
func (s *Search) sharing(env *record.Env, add func(path, code string, pairs ...string)) {
	for _, r := range env.Others {
		o := r.(*Search)
		if !slices.Contains(s.Uses, o.ID) {
			continue
		}
		for _, role := range s.Roles {
			if !o.SeenBy(policy.For(policy.Actor{ID: " "}, policy.Role(role))) {
				add("roles", "search_private", "name", o.Name)
				break
			}
		}
	}
}

// faultsOf gives the codes of a fault's fields, each with its arguments in pairs.
func faultsOf(err error) [][]string {
	if err == nil {
		return nil
	}
	f := fault.From(err)
	if len(f.Fields) == 0 {
		return [][]string{{f.Code}}
	}
	var all [][]string
	for _, field := range f.Fields {
		one := []string{field.Code}
		for name, value := range field.Args {
			one = append(one, name, value)
		}
		all = append(all, one)
	}
	return all
}
