package app

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"strings"

	"github.com/muster-crm/muster/shared/fault"
	"github.com/muster-crm/muster/shared/httpapi"
	"github.com/muster-crm/muster/shared/policy"
	"github.com/muster-crm/muster/shared/query"
	"github.com/muster-crm/muster/shared/record"
	"github.com/muster-crm/muster/shared/recordapi"
	"github.com/muster-crm/muster/shared/repository"
	"github.com/muster-crm/muster/shared/saved"
)

// searches serves the saved searches (SRCH-12): what every kind has, a list of those the caller sees, and their results.
func searches(a *recordapi.API) {
	k := saved.Kind()
	recordapi.Register(a, k)
	listSearches(a, k)
	results(a)
}

// forInput narrows the list of searches.
type forInput struct {
	For string `query:"for" maxLength:"30" doc:"The kind of record they find; all kinds when absent"`
}

type searchesOutput struct {
	Body struct {
		Items []recordapi.Body `json:"items"`
	}
}

func listSearches(a *recordapi.API, k *record.Kind) {
	op := operation(http.MethodGet, "/v1/searches", "list-"+k.Name, "List the saved searches the caller sees: their own first, then those shared with them", k.Plural)
	recordapi.Answers(&op, http.StatusOK, recordapi.Object(recordapi.Members{"items": recordapi.List(a.Of(k))}))
	httpapi.Handle(a.API, op, func(ctx context.Context, in *forInput) (*searchesOutput, error) {
		g := httpapi.Caller(ctx).Grant
		if err := g.Allow(policy.Read); err != nil {
			return nil, err
		}
		cfg, err := a.Records.Config(ctx, g)
		if err != nil {
			return nil, err
		}
		out := &searchesOutput{}
		out.Body.Items = []recordapi.Body{}
		book := saved.NewBook(cfg.Searches, g)
		for _, of := range a.Records.Kinds.Kinds() {
			if in.For != "" && in.For != of.Name {
				continue
			}
			for _, s := range book.Of(of.Name) {
				one, err := recordapi.Answer(http.StatusOK, s, nil)
				if err != nil {
					return nil, err
				}
				out.Body.Items = append(out.Body.Items, one.Body)
			}
		}
		return out, nil
	})
}

// resultsInput asks for a page of what a search finds; q narrows it.
type resultsInput struct {
	recordapi.IDInput
	recordapi.ListInput
}

type resultsOutput struct {
	Body struct {
		Items recordapi.Found `json:"items"`
		Next  string          `json:"next,omitempty" doc:"The cursor of the next page"`
		Total *int            `json:"total,omitempty"`
	}
}

func results(a *recordapi.API) {
	op := operation(http.MethodGet, "/v1/searches/{id}/results", "results-of-search", "List what a saved search finds now, under the caller's rights, in its order unless another is asked for", "searches")
	op.Errors = []int{http.StatusUnprocessableEntity}
	httpapi.Handle(a.API, op, func(ctx context.Context, in *resultsInput) (*resultsOutput, error) {
		g := httpapi.Caller(ctx).Grant
		rec, err := a.Records.Get(ctx, g, saved.Name, in.ID)
		if err != nil {
			return nil, err
		}
		s, ok := rec.(*saved.Search)
		if !ok {
			return nil, errors.New("app: a saved search of another type")
		}
		if s.DeletedAt != nil {
			return nil, fault.New(fault.Conflict, "trashed")
		}
		sort := cmp.Or(in.Sort, s.Sort)
		q := repository.Question{Text: in.Q, Where: query.Term{Field: saved.Field, Op: query.Is, Value: s.ID}, Sort: recordapi.Sorts(sort), Limit: in.Limit, Count: in.Count}
		question := strings.Join([]string{"results", s.ID, s.Query, in.Q, sort}, "\n")
		list, next, err := a.Page(ctx, g, s.For, question, in.Cursor, q)
		if err != nil {
			return nil, err
		}
		out := &resultsOutput{}
		if out.Body.Items, err = a.Items(ctx, g, s.For, list, in.Fields); err != nil {
			return nil, err
		}
		out.Body.Next = next
		if in.Count {
			out.Body.Total = &list.Total
		}
		return out, nil
	})
}
