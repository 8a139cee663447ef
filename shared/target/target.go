// Package target says which records something is done to: those that were ticked, all that a query or a saved search finds,
// or, said in so many words, all of a kind. Bulk actions and exports take the same.
//
// A query and a saved search stand for what they find when they are asked, under the rights of whoever asks; so a target is kept
// as it was given. Nothing named is never all: whoever lets it be has to say so.
package target

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"github.com/muster-crm/muster/shared/fault"
	"github.com/muster-crm/muster/shared/policy"
	"github.com/muster-crm/muster/shared/query"
	"github.com/muster-crm/muster/shared/repository"
	"github.com/muster-crm/muster/shared/saved"
)

// MaxIDs is how many records a target can name one by one; more are the result of a query.
const MaxIDs = 1000

// Path is where requests have their target: its faults are there, and below it.
const Path = "target"

// Target names records: exactly one of its members does.
type Target struct {
	IDs    []string `json:"ids,omitempty" maxItems:"1000" doc:"Of the records, one by one"`
	Q      string   `json:"q,omitempty" maxLength:"4000" doc:"All that a query finds"`
	Search string   `json:"search,omitempty" maxLength:"64" doc:"All that a saved search finds, by its id"`
	All    bool     `json:"all,omitempty" doc:"Every record of the kind that is not in the trash"`
}

// IsZero tells whether a target names nothing.
func (t Target) IsZero() bool { return len(t.IDs) == 0 && t.Q == "" && t.Search == "" && !t.All }

// Tidy brings a target into its canonical form: every id once, in their order, and no blanks around the query. Faults:
// Invalid for one that names nothing, or more than one thing at once, or too much.
func (t *Target) Tidy() error {
	t.Q = strings.TrimSpace(t.Q)
	named := 0
	for _, there := range []bool{len(t.IDs) > 0, t.Q != "", t.Search != "", t.All} {
		if there {
			named++
		}
	}
	switch {
	case named == 0:
		return Empty()
	case named > 1:
		return fault.Bad(Path, "one_target")
	}
	t.IDs = slices.Clone(t.IDs)
	slices.Sort(t.IDs)
	if t.IDs = slices.Compact(t.IDs); len(t.IDs) > MaxIDs {
		return fault.Bad(Path+".ids", "too_many", "max", strconv.Itoa(MaxIDs))
	}
	return nil
}

// Empty is the fault of a target that is of nobody.
func Empty() error { return fault.Bad(Path, "empty_target") }

// Question asks for the records of a tidy target.
func (t Target) Question() repository.Question {
	switch {
	case t.Search != "":
		return repository.Question{Text: query.Format(query.Term{Field: saved.Field, Op: query.Is, Value: t.Search})}
	case len(t.IDs) > 0:
		return repository.Question{Where: Naming(t.IDs)}
	}
	return repository.Question{Text: t.Q}
}

// Where gives the expression of a tidy target as the caller may ask it. Faults: Invalid for a query that cannot be read, and
// for a saved search there is not.
func (t Target) Where(ctx context.Context, records *repository.Repository, g policy.Grant, kind string) (query.Expr, error) {
	q := t.Question()
	if q.Where != nil {
		return q.Where, nil
	}
	path := Path + ".q"
	if t.Search != "" {
		path = Path + ".search"
	}
	where, err := records.Parse(ctx, g, kind, q.Text)
	return where, fault.Move(err, func(string) string { return path })
}

// Naming selects records by their ids.
func Naming(ids []string) query.Expr {
	any := make(query.Or, len(ids))
	for i, id := range ids {
		any[i] = query.Term{Field: "id", Op: query.Is, Value: id}
	}
	return any
}
