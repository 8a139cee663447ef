package repository

import (
	"cmp"
	"context"
	"errors"
	"slices"

	"github.com/muster-crm/muster/shared/fault"
	"github.com/muster-crm/muster/shared/policy"
)

// Found is what the records of one kind answer the global box.
type Found struct {
	Kind string
	List
	Titles []string // what the items are called, in their order
}

// Search asks every kind whose records are listed and have a title, with the best matches of each first, at most limit.
// The kinds with the best matches come first; those without any are left out. Kinds that a condition of the text means
// nothing for are not asked; Invalid when it means nothing for any.
func (r *Repository) Search(ctx context.Context, g policy.Grant, text string, limit int) ([]Found, error) {
	var found []Found
	var refused error
	asked := false
	ctx = Pin(ctx)
	for _, k := range r.Kinds.Kinds() {
		if !k.Indexed || !k.Named() {
			continue
		}
		list, err := r.List(ctx, g, k.Name, Question{Text: text, Limit: limit, Count: true})
		if errors.Is(err, fault.Invalid) {
			refused = cmp.Or(refused, err)
			continue
		}
		if err != nil {
			return nil, err
		}
		asked = true
		if list.Total == 0 {
			continue
		}
		f := Found{Kind: k.Name, List: list}
		titles, err := r.Titles(ctx, g, list.IDs...)
		if err != nil {
			return nil, err
		}
		for _, id := range list.IDs {
			f.Titles = append(f.Titles, titles[id].Title)
		}
		found = append(found, f)
	}
	if !asked && refused != nil {
		return nil, refused
	}
	slices.SortStableFunc(found, func(a, b Found) int { return cmp.Compare(a.rank, b.rank) })
	return found, nil
}
