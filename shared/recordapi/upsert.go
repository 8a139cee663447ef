package recordapi

import (
	"context"
	"net/http"
	"strings"

	"github.com/muster-crm/muster/shared/fault"
	"github.com/muster-crm/muster/shared/httpapi"
	"github.com/muster-crm/muster/shared/record"
)

func (c collection) upsert() {
	if f, ok := c.kind.Field("externalIds"); !ok || f.Type != record.Map {
		return
	}
	// A path segment is one wildcard or none in net/http, so the whole of ext:SYSTEM:ID is one parameter.
	op := c.operation(http.MethodPut, "/{id}", "upsert", "Create or update a "+c.kind.Name+" by its id in another system")
	c.takes(&op, "application/json")
	c.answers(&op, http.StatusOK, http.StatusCreated)
	op.Errors = []int{http.StatusConflict, http.StatusPreconditionFailed, http.StatusUnprocessableEntity}
	type input struct {
		ID          string `path:"id" maxLength:"160" doc:"ext:SYSTEM:ID"`
		IfMatch     string `header:"If-Match"`
		Key         string `header:"Idempotency-Key" maxLength:"257"`
		ContentType string `header:"Content-Type"`
		RawBody     []byte
	}
	httpapi.Handle(c.API.API, op, func(ctx context.Context, in *input) (*Single, error) {
		if err := httpapi.WantJSON(in.ContentType); err != nil {
			return nil, err
		}
		rest, ok := strings.CutPrefix(in.ID, "ext:")
		system, external, ok2 := strings.Cut(rest, ":")
		if !ok || !ok2 || system == "" || external == "" {
			return nil, fault.New(fault.NotFound, "not_found")
		}
		version, err := Version(in.IfMatch)
		if err != nil {
			return nil, err
		}
		w, err := Write(ctx, in.Key, in.RawBody)
		if err != nil {
			return nil, err
		}
		res, err := c.Records.Upsert(ctx, w, c.kind.Name, system, external, version, in.RawBody)
		if err != nil {
			return nil, err
		}
		if res.Created {
			return c.created(res)
		}
		return answer(res, nil)
	})
}
