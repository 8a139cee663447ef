package app

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/muster-crm/muster/shared/httpapi"
	"github.com/muster-crm/muster/shared/mapping"
	"github.com/muster-crm/muster/shared/recordapi"
)

type mappingsInput struct {
	Import string `query:"import" maxLength:"64" doc:"Those alone that fit the headers of this import, the newest first"`
}

type mappingsOutput struct {
	Body struct {
		Items []recordapi.Body `json:"items"`
	}
}

type keepInput struct {
	IDInput
	Key  string `header:"Idempotency-Key" maxLength:"257" doc:"Makes a repeated request one request, for 24 hours"`
	Body struct {
		Name string `json:"name" maxLength:"255"`
	}
}

// mappings registers the operations on mappings, the plans that are kept by name: what every kind has, a list of them, and keeping the
// plan of an import.
func (a app) mappings() {
	api := &recordapi.API{API: a.API, Records: a.Records, Cursors: a.Cursors}
	k := mapping.Kind()
	recordapi.Register(api, k)
	list := huma.Operation{Method: http.MethodGet, Path: "/v1/" + k.Plural, OperationID: "list-" + k.Name, Summary: "List the mappings that are kept, by name", Tags: []string{k.Plural}}
	recordapi.Answers(&list, http.StatusOK, recordapi.Object(recordapi.Members{"items": recordapi.List(api.Of(k))}))
	httpapi.Handle(a.API, list, func(ctx context.Context, in *mappingsInput) (*mappingsOutput, error) {
		g := httpapi.Caller(ctx).Grant
		all, err := a.Imports.Mappings(ctx, g)
		if in.Import != "" && err == nil {
			imp, found := a.Imports.Get(ctx, g, in.Import)
			if found != nil {
				return nil, found
			}
			all, err = a.Imports.Fitting(ctx, g, imp)
		}
		if err != nil {
			return nil, err
		}
		out := &mappingsOutput{}
		out.Body.Items = []recordapi.Body{}
		for _, m := range all {
			one, err := recordapi.Answer(http.StatusOK, m, nil)
			if err != nil {
				return nil, err
			}
			out.Body.Items = append(out.Body.Items, one.Body)
		}
		return out, nil
	})
	keep := a.operation(http.MethodPost, "/{id}/keep", "keep-"+k.Name, "Keep the plan of an import by a name, in the mapping of that name where there is one")
	recordapi.Answers(&keep, http.StatusOK, api.Of(k))
	httpapi.Handle(a.API, keep, func(ctx context.Context, in *keepInput) (*recordapi.Single, error) {
		w, err := recordapi.WriteOf(ctx, in.Key, in.Body)
		if err != nil {
			return nil, err
		}
		res, err := a.Imports.KeepMapping(ctx, w, in.ID, in.Body.Name)
		if err != nil {
			return nil, err
		}
		return recordapi.Answer(http.StatusOK, res.Record, res.Warnings)
	})
}
