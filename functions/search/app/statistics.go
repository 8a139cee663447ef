package app

import (
	"context"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/muster-crm/muster/shared/httpapi"
	"github.com/muster-crm/muster/shared/query"
	"github.com/muster-crm/muster/shared/recordapi"
	"github.com/muster-crm/muster/shared/statistics"
)

type statisticsInput struct {
	Kind string `path:"kind" maxLength:"30"`
	Q    string `query:"q" maxLength:"4000" doc:"The text form of the query language"`
	By   string `query:"by" maxLength:"1000" doc:"Fields to count by, comma separated; those people usually count by when absent"`
}

type statisticsOutput struct {
	Body struct {
		Total  int     `json:"total"`
		Counts []count `json:"counts"`
	}
}

// count is a field with the numbers of records by its values.
type count struct {
	Field   string `json:"field"`
	Several bool   `json:"several,omitempty" doc:"A record may have several values; otherwise the bars add up to the total"`
	Bars    []bar  `json:"bars"`
}

type bar struct {
	Value string `json:"value" doc:"Empty for unknown; of ages a band: \"6-11\", \"76-\""`
	Title string `json:"title,omitempty" doc:"Of the record the value names"`
	Count int    `json:"count"`
	Q     string `json:"q" doc:"The question narrowed to these records"`
}

func statisticsOf(a *recordapi.API) {
	op := huma.Operation{Method: http.MethodGet, Path: "/v1/statistics/{kind}", OperationID: "statistics-of-kind",
		Summary: "Count the records of one kind by their fields", Tags: []string{"search"}, Errors: []int{http.StatusUnprocessableEntity}}
	httpapi.Handle(a.API, op, func(ctx context.Context, in *statisticsInput) (*statisticsOutput, error) {
		g := httpapi.Caller(ctx).Grant
		fields, err := a.Records.QueryFields(ctx, g, in.Kind)
		if err != nil {
			return nil, err
		}
		where, err := query.Parse(in.Q, fields)
		if err != nil {
			return nil, err
		}
		var by []string
		if in.By != "" {
			by = strings.Split(in.By, ",")
		}
		found, err := statistics.Of(ctx, a.Records, g, in.Kind, where, by)
		if err != nil {
			return nil, err
		}
		titles, err := a.Records.Titles(ctx, g, found.Values()...)
		if err != nil {
			return nil, err
		}
		out := &statisticsOutput{}
		out.Body.Total, out.Body.Counts = found.Total, []count{}
		for _, c := range found.Counts {
			one := count{Field: c.Path, Several: c.Several, Bars: []bar{}}
			for _, b := range c.Bars {
				one.Bars = append(one.Bars, bar{Value: b.Value, Title: titles[b.Value].Title, Count: b.Count, Q: query.Format(query.With(where, b.Where))})
			}
			out.Body.Counts = append(out.Body.Counts, one)
		}
		return out, nil
	})
}
