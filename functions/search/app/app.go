// Package app serves searches in the JSON API: structured questions about one kind, the global box over all of them, and
// saved searches.
package app

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/muster-crm/muster/shared/decimal"
	"github.com/muster-crm/muster/shared/fault"
	"github.com/muster-crm/muster/shared/httpapi"
	"github.com/muster-crm/muster/shared/recordapi"
	"github.com/muster-crm/muster/shared/repository"
)

// Ports are what the app stands on.
type Ports struct {
	Records *repository.Repository
	Auth    httpapi.Authenticator
	Cursors httpapi.Cursors
	Log     *slog.Logger
}

// New makes the app.
func New(p Ports) http.Handler { return API(p).Handler() }

// API registers the app's operations.
func API(p Ports) *httpapi.API {
	a := &recordapi.API{API: httpapi.New(p.Auth, p.Log), Records: p.Records, Cursors: p.Cursors}
	searchKind(a)
	searchAll(a)
	listDuplicates(a)
	dismissDuplicates(a)
	statisticsOf(a)
	searches(a)
	return a.API
}

func operation(method, path, id, summary, tag string) huma.Operation {
	return huma.Operation{Method: method, Path: path, OperationID: id, Summary: summary, Tags: []string{tag}}
}

type kindInput struct {
	Kind string `path:"kind" maxLength:"30"`
	Body struct {
		Q      string          `json:"q,omitempty" maxLength:"4000" doc:"The text form of the query language"`
		Filter json.RawMessage `json:"filter,omitempty" doc:"The structured form; both together must both hold"`
		Sort   []string        `json:"sort,omitempty" maxItems:"5" doc:"Fields; - before a field reverses it"`
		Limit  *int            `json:"limit,omitempty" minimum:"0" maximum:"200" doc:"Rows; 50 by default, 0 for counts alone"`
		Cursor string          `json:"cursor,omitempty" maxLength:"2000"`
		Fields []string        `json:"fields,omitempty" maxItems:"100" doc:"Members of the items; [\"*\"] reads the records, [\"id\"] gives ids only"`
		Count  bool            `json:"count,omitempty"`
		Facets []string        `json:"facets,omitempty" maxItems:"20" doc:"Fields to count by; two joined by a comma are counted together"`
		Sums   []string        `json:"sums,omitempty" maxItems:"10" doc:"Number fields to add up"`
	}
}

type bucket struct {
	Values []string `json:"values" doc:"One a field of the facet; empty for unknown"`
	Count  int      `json:"count"`
	Sums   []figure `json:"sums,omitempty"`
}

// figure is a sum in the smallest unit of its field, written as records have such numbers.
type figure struct {
	n      int64
	places int
}

// MarshalJSON writes the exact number.
func (f figure) MarshalJSON() ([]byte, error) { return []byte(decimal.Write(f.n, f.places)), nil }

// Schema tells that it is a number.
func (figure) Schema(huma.Registry) *huma.Schema { return &huma.Schema{Type: huma.TypeNumber} }

type kindOutput struct {
	Body struct {
		Items  recordapi.Found     `json:"items"`
		Next   string              `json:"next,omitempty"`
		Total  *int                `json:"total,omitempty"`
		Facets map[string][]bucket `json:"facets,omitempty"`
		Sums   map[string]figure   `json:"sums,omitempty"`
	}
}

func searchKind(a *recordapi.API) {
	op := huma.Operation{Method: http.MethodPost, Path: "/v1/search/{kind}", OperationID: "search-kind",
		Summary: "Search records of one kind", Tags: []string{"search"}, Errors: []int{http.StatusUnprocessableEntity}}
	httpapi.Handle(a.API, op, func(ctx context.Context, in *kindInput) (*kindOutput, error) {
		g, b := httpapi.Caller(ctx).Grant, in.Body
		q := repository.Question{Text: b.Q, Filter: b.Filter, Sort: recordapi.Sorts(strings.Join(b.Sort, ",")), Limit: 50, Count: b.Count, Sums: b.Sums}
		if b.Limit != nil {
			q.Limit = *b.Limit
		}
		for _, f := range b.Facets {
			q.Facets = append(q.Facets, strings.Split(f, ","))
		}
		question := strings.Join([]string{"search", in.Kind, b.Q, string(b.Filter), strings.Join(b.Sort, ",")}, "\n")
		list, next, err := a.Page(ctx, g, in.Kind, question, b.Cursor, q)
		if err != nil {
			return nil, err
		}
		out := &kindOutput{}
		if out.Body.Items, err = a.Items(ctx, g, in.Kind, list, strings.Join(b.Fields, ",")); err != nil {
			return nil, err
		}
		out.Body.Next = next
		if b.Count {
			out.Body.Total = &list.Total
		}
		out.Body.Facets, out.Body.Sums = facets(b.Facets, list), sums(b.Sums, list)
		return out, nil
	})
}

func facets(names []string, list repository.List) map[string][]bucket {
	if len(names) == 0 {
		return nil
	}
	all := map[string][]bucket{}
	for i, name := range names {
		buckets := []bucket{}
		for _, b := range list.Facets[i] {
			one := bucket{Values: b.Values, Count: b.Count}
			for k, n := range b.Sums {
				one.Sums = append(one.Sums, figure{n, list.Places[k]})
			}
			buckets = append(buckets, one)
		}
		all[name] = buckets
	}
	return all
}

func sums(names []string, list repository.List) map[string]figure {
	if len(names) == 0 {
		return nil
	}
	all := map[string]figure{}
	for i, name := range names {
		all[name] = figure{list.Sums[i], list.Places[i]}
	}
	return all
}

type allInput struct {
	Q     string `query:"q" maxLength:"400" required:"true"`
	Limit int    `query:"limit" minimum:"1" maximum:"50" default:"10" doc:"Results a kind"`
}

type allOutput struct {
	Body struct {
		Results []kindResult `json:"results"`
	}
}

type kindResult struct {
	Kind   string          `json:"kind"`
	Items  recordapi.Found `json:"items"`
	Titles []string        `json:"titles" doc:"What each item is called, in their order"`
	Total  int             `json:"total"`
}

// shortest is how many characters the global box needs (SRCH-02).
const shortest = 2

func searchAll(a *recordapi.API) {
	op := huma.Operation{Method: http.MethodGet, Path: "/v1/search", OperationID: "search-all",
		Summary: "Search every kind, best matches first", Tags: []string{"search"}, Errors: []int{http.StatusUnprocessableEntity}}
	httpapi.Handle(a.API, op, func(ctx context.Context, in *allInput) (*allOutput, error) {
		g := httpapi.Caller(ctx).Grant
		if len([]rune(strings.TrimSpace(in.Q))) < shortest {
			return nil, fault.Bad("q", "too_short", "min", "2")
		}
		out := &allOutput{}
		out.Body.Results = []kindResult{}
		found, err := a.Records.Search(ctx, g, in.Q, in.Limit)
		if err != nil {
			return nil, err
		}
		for _, f := range found {
			items, err := a.Items(ctx, g, f.Kind, f.List, "")
			if err != nil {
				return nil, err
			}
			out.Body.Results = append(out.Body.Results, kindResult{Kind: f.Kind, Items: items, Titles: f.Titles, Total: f.Total})
		}
		return out, nil
	})
}
