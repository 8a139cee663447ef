package app

import (
	"context"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/muster-crm/muster/shared/access"
	"github.com/muster-crm/muster/shared/httpapi"
	"github.com/muster-crm/muster/shared/record"
	"github.com/muster-crm/muster/shared/recordapi"
	"github.com/muster-crm/muster/shared/repository"
)

type accessInput struct {
	Record string `query:"record" maxLength:"64" doc:"Only accesses to this record, by its id"`
	Actor  string `query:"actor" maxLength:"64" doc:"Only accesses by this user"`
	Field  string `query:"field" maxLength:"100" doc:"Only accesses to this field"`
	From   string `query:"from" format:"date" doc:"Only accesses on or after this day"`
	To     string `query:"to" format:"date" doc:"Only accesses on or before this day"`
	Limit  int    `query:"limit" minimum:"1" maximum:"200" default:"50"`
	Cursor string `query:"cursor" maxLength:"2000"`
}

type accessOutput struct {
	Body struct {
		Items []access.Entry `json:"items"`
		Next  string         `json:"next,omitempty" doc:"The cursor of the next page"`
	}
}

// accesses lists who was shown what is sensitive (HIST-07).
func accesses(a *recordapi.API) {
	op := huma.Operation{Method: http.MethodGet, Path: "/v1/accesses", OperationID: "list-accesses",
		Summary: "List who was shown sensitive fields, the latest first", Tags: []string{"accesses"}, Errors: []int{http.StatusUnprocessableEntity}}
	httpapi.Handle(a.API, op, func(ctx context.Context, in *accessInput) (*accessOutput, error) {
		g := httpapi.Caller(ctx).Grant
		filter := repository.AccessFilter{Record: in.Record, Actor: in.Actor, Field: in.Field, From: record.Date(in.From), To: record.Date(in.To)}
		question := strings.Join([]string{"accesses", in.Record, in.Actor, in.Field, in.From, in.To}, "\n")
		after := ""
		if in.Cursor != "" {
			if err := a.Cursors.Open(ctx, g, question, in.Cursor, &after); err != nil {
				return nil, err
			}
		}
		entries, next, err := a.Records.Accesses(ctx, g, filter, after, in.Limit)
		if err != nil {
			return nil, err
		}
		out := &accessOutput{}
		if out.Body.Items = entries; entries == nil {
			out.Body.Items = []access.Entry{}
		}
		if next != "" {
			out.Body.Next, err = a.Cursors.Seal(ctx, g, question, next)
		}
		return out, err
	})
}
