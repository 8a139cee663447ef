package repository

import (
	"context"
	"slices"
	"time"

	"github.com/muster-crm/muster/shared/catalog"
	"github.com/muster-crm/muster/shared/fault"
	"github.com/muster-crm/muster/shared/index"
	"github.com/muster-crm/muster/shared/policy"
	"github.com/muster-crm/muster/shared/query"
	"github.com/muster-crm/muster/shared/record"
	"github.com/muster-crm/muster/shared/saved"
	"github.com/muster-crm/muster/shared/setting"
	"github.com/muster-crm/muster/shared/store"
)

// The index's own names for what a list is asked and answers, so that callers need not know the index.
type (
	Sort     = index.Sort
	Position = index.Position
	Bucket   = index.Bucket
)

// MaxPage is how many records one page of a list may hold.
const MaxPage = 200

// Question is what a list is asked.
type Question struct {
	Text   string     // in the text form of the query language
	Filter []byte     // in its structured form
	Where  query.Expr // a parsed one; what is given of the three must all hold
	Sort   []Sort
	After  *Position
	Limit  int // rows, to MaxPage; 0 for none
	Count  bool
	Facets [][]string
	Sums   []string
}

// List is the answer.
type List struct {
	Items  [][]byte // JSON of the indexed fields the caller may read
	IDs    []string // of the items
	Next   *Position
	Total  int
	Facets [][]Bucket
	Sums   []int64 // in the smallest unit of the field
	Places []int   // the decimals of the sums: with 2 of them 1250 is 12.5

	rank int // of the first item: 0 all words are its own, 1 they begin some of its, 2 with a typo
}

// List answers a question about the records of a kind, from the index as it is now. Faults: Invalid for a field, sort
// or facet that the caller may not read or that there is not.
func (r *Repository) List(ctx context.Context, g policy.Grant, kind string, q Question) (List, error) {
	if q.Limit < 0 || q.Limit > MaxPage {
		return List{}, fault.Bad("limit", "bad_value")
	}
	view, answer, err := r.find(ctx, g, kind, q)
	if err != nil {
		return List{}, err
	}
	list := List{Next: answer.Next, Total: answer.Total, Facets: answer.Facets, Sums: answer.Sums}
	for _, path := range q.Sums {
		list.Places = append(list.Places, view.Decimals(path))
	}
	if len(answer.Hits) > 0 {
		switch first := answer.Hits[0]; {
		case first.Whole:
		case first.Exact:
			list.rank = 1
		default:
			list.rank = 2
		}
	}
	for _, hit := range answer.Hits {
		list.Items = append(list.Items, view.AppendJSON(nil, hit, g))
		list.IDs = append(list.IDs, hit.ID)
	}
	return list, nil
}

// find asks the index.
func (r *Repository) find(ctx context.Context, g policy.Grant, kind string, q Question) (catalog.View, index.Answer, error) {
	k, shelf, view, err := r.ask(ctx, g, kind)
	if err != nil {
		return view, index.Answer{}, err
	}
	cfg := shelf.Config()
	now := r.Clock.Now().In(cfg.Settings.Zone())
	where, err := q.where(r.questions(g, k, cfg), now)
	if err != nil {
		return view, index.Answer{}, err
	}
	if trashed(where) && !g.Can(policy.Restore) {
		return view, index.Answer{}, fault.New(fault.Denied, "denied")
	}
	answer, err := view.Find(index.Request{Where: where, Sort: q.Sort, After: q.After, Limit: q.Limit, Count: q.Count,
		Facets: q.Facets, Sums: q.Sums, Now: now, Grant: g})
	return view, answer, err
}

// Matching lists the ids of the records that a question finds, with any limit: for work on all of them. Faults as List.
func (r *Repository) Matching(ctx context.Context, g policy.Grant, kind string, q Question) (ids []string, next *Position, err error) {
	_, answer, err := r.find(ctx, g, kind, q)
	for _, hit := range answer.Hits {
		ids = append(ids, hit.ID)
	}
	return ids, answer.Next, err
}

// questions are how one caller may ask about a kind: its fields, and the saved searches the caller sees.
type questions struct {
	query.Fields
	kind string
	book saved.Book
}

func (r *Repository) questions(g policy.Grant, k *record.Kind, cfg *setting.Config) questions {
	book := saved.NewBook(cfg.Searches, g)
	return questions{book.Fields(k.Name, r.Kinds.QueryFields(k, cfg.Fields, cfg.Lists)), k.Name, book}
}

// where puts the forms of a question together, saved searches in the place of their names, and makes moving dates fixed ones.
func (q Question) where(fields questions, now time.Time) (query.Expr, error) {
	where, err := query.Parse(q.Text, fields)
	if err != nil {
		return nil, err
	}
	if len(q.Filter) > 0 {
		filter, err := query.ParseJSON(q.Filter, fields)
		if err != nil {
			return nil, err
		}
		where = query.With(where, filter)
	}
	if q.Where != nil {
		where = query.With(where, q.Where)
	}
	if where, err = fields.book.Expand(fields.kind, where, fields); err != nil {
		return nil, err
	}
	return query.Resolve(where, fields, now), nil
}

// Parse reads the text form of a query about a kind.
func (r *Repository) Parse(ctx context.Context, g policy.Grant, kind, text string) (query.Expr, error) {
	fields, err := r.QueryFields(ctx, g, kind)
	if err != nil {
		return nil, err
	}
	return query.Parse(text, fields)
}

// QueryFields gives what the query language knows of a kind, with the organisation's own fields and the saved searches the
// caller sees.
func (r *Repository) QueryFields(ctx context.Context, g policy.Grant, kind string) (query.Fields, error) {
	k, err := r.Kind(kind)
	if err != nil {
		return nil, err
	}
	cfg, err := r.Config(ctx, g)
	if err != nil {
		return nil, store.Fault(err)
	}
	return r.questions(g, k, cfg), nil
}

// Suggest completes a value of a field: the values that begin with prefix, most used first.
func (r *Repository) Suggest(ctx context.Context, g policy.Grant, kind, path, prefix string, limit int) ([]Bucket, error) {
	_, _, view, err := r.ask(ctx, g, kind)
	if err != nil {
		return nil, err
	}
	return view.Suggest(path, prefix, limit, g), nil
}

// Read reads the records of a list as they are stored, in its order; those gone meanwhile, or put where the caller does
// not see them, are left out.
func (r *Repository) Read(ctx context.Context, g policy.Grant, kind string, ids []string) ([]record.Record, error) {
	k, err := r.Kind(kind)
	if err != nil {
		return nil, err
	}
	if err := g.Allow(policy.Read); err != nil {
		return nil, err
	}
	var order [][]store.Key // of the records, with those of their owners
	var keys []store.Key
	for _, id := range ids {
		own := r.keysFor(g.Tenant(), k, id)
		if len(own) > 0 && !slices.Contains(keys, own[0]) {
			order, keys = append(order, own), append(keys, own...)
		}
	}
	found, err := r.fetch(ctx, keys)
	if err != nil {
		return nil, err
	}
	var raws [][]byte
	for _, item := range found {
		raws = append(raws, item.Value)
	}
	fields, err := r.own(ctx, g, raws...)
	if err != nil {
		return nil, err
	}
	var records []record.Record
	seen := map[string]bool{}
	for _, own := range order {
		item := found[own[0]]
		if item == nil {
			continue
		}
		var at stored
		if len(own) > 1 {
			if at.owner, err = r.endOf(ctx, g.Tenant(), found[own[1]]); err != nil {
				return nil, err
			}
			if at.owner == "" {
				continue
			}
		}
		if at.record, err = k.Decode(item.Value, item.Revision); err != nil {
			return nil, err
		}
		if at, err = r.follow(ctx, g.Tenant(), k, at); err != nil {
			return nil, err
		}
		if at.record == nil || seen[at.record.Base().ID] {
			continue
		}
		rec, err := at.owned(k)
		if err != nil {
			return nil, err
		}
		seen[rec.Base().ID] = true
		if !record.Hidden(rec, g) && (rec.Base().DeletedAt == nil || g.Can(policy.Restore)) {
			if leads(k.Fields) && len(k.Under) == 0 {
				m, err := r.glance(ctx, g)
				if err != nil {
					return nil, err
				}
				if rec, err = m.ended(k, rec); err != nil {
					return nil, err
				}
			}
			records = append(records, k.Hide(rec, g, fields))
		}
	}
	return records, nil
}

func trashed(e query.Expr) bool {
	found := false
	query.Walk(e, func(e query.Expr) bool {
		if term, ok := e.(query.Term); ok && term.Field == "is" && term.Value == "trashed" {
			found = true
		}
		return !found
	})
	return found
}

// ask gives what a question about a kind is answered from.
func (r *Repository) ask(ctx context.Context, g policy.Grant, kind string) (*record.Kind, *catalog.Shelf, catalog.View, error) {
	k, err := r.Kind(kind)
	if err != nil {
		return nil, nil, catalog.View{}, err
	}
	if err := g.Allow(policy.Read); err != nil {
		return nil, nil, catalog.View{}, err
	}
	if !k.Indexed {
		return nil, nil, catalog.View{}, fault.New(fault.NotFound, "not_found")
	}
	shelf, err := r.Catalog.Pinned(ctx, g.Tenant())
	if err != nil {
		return nil, nil, catalog.View{}, err
	}
	view, err := shelf.View(kind)
	return k, shelf, view, err
}

// Snapshot writes a snapshot of the organisation's indexes for functions that start without one.
func (r *Repository) Snapshot(ctx context.Context, g policy.Grant) error {
	return r.Catalog.Save(ctx, g.Tenant())
}

// Seq tells how many commits the organisation has seen.
func (r *Repository) Seq(ctx context.Context, g policy.Grant) (int64, error) {
	shelf, err := r.Catalog.Pinned(ctx, g.Tenant())
	if err != nil {
		return 0, err
	}
	return shelf.Seq(), nil
}
