package app

import (
	"context"
	"net/http"

	"github.com/muster-crm/muster/shared/httpapi"
	"github.com/muster-crm/muster/shared/importer"
)

type mappingsInput struct {
	Import string `query:"import" maxLength:"64" doc:"Those alone that fit the headers of this import"`
}

type mappingsOutput struct {
	Body struct {
		Items []importer.Mapping `json:"items"`
	}
}

type keepInput struct {
	Body struct {
		Name   string `json:"name" maxLength:"60"`
		Import string `json:"import" maxLength:"64" doc:"The import whose plan is kept"`
	}
}

type mappingOutput struct {
	Status int `json:"-"`
	Body   importer.Mapping
}

// mappings registers the operations on plans that are kept by name.
func (a app) mappings() {
	httpapi.Handle(a.API, a.operation(http.MethodGet, "/mappings", "list-mappings", "List the plans that are kept by name"), func(ctx context.Context, in *mappingsInput) (*mappingsOutput, error) {
		g := httpapi.Caller(ctx).Grant
		out := &mappingsOutput{}
		var err error
		if in.Import == "" {
			out.Body.Items, err = a.Imports.Mappings(ctx, g)
		} else {
			imp, found := a.Imports.Get(ctx, g, in.Import)
			if found != nil {
				return nil, found
			}
			out.Body.Items, err = a.Imports.Fitting(ctx, g, imp)
		}
		if out.Body.Items == nil {
			out.Body.Items = []importer.Mapping{}
		}
		return out, err
	})
	op := a.operation(http.MethodPost, "/mappings", "keep-mapping", "Keep the plan of an import by a name; one of the same name is replaced")
	op.DefaultStatus = http.StatusCreated
	httpapi.Handle(a.API, op, func(ctx context.Context, in *keepInput) (*mappingOutput, error) {
		m, err := a.Imports.KeepMapping(ctx, httpapi.Caller(ctx).Grant, in.Body.Import, in.Body.Name)
		if err != nil {
			return nil, err
		}
		return &mappingOutput{Status: http.StatusCreated, Body: m}, nil
	})
	httpapi.Handle(a.API, a.operation(http.MethodDelete, "/mappings/{id}", "drop-mapping", "Drop a plan that is kept by name"), func(ctx context.Context, in *IDInput) (*mappingOutput, error) {
		m, err := a.Imports.DropMapping(ctx, httpapi.Caller(ctx).Grant, in.ID)
		if err != nil {
			return nil, err
		}
		return &mappingOutput{Status: http.StatusOK, Body: m}, nil
	})
}
