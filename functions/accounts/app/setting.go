package app

import (
	"context"
	"net/http"

	"github.com/muster-crm/muster/shared/httpapi"
	"github.com/muster-crm/muster/shared/recordapi"
	"github.com/muster-crm/muster/shared/repository"
	"github.com/muster-crm/muster/shared/setting"
)

type settingsOutput struct {
	ETag string `header:"ETag"`
	Body *setting.Settings
}

func showSettings(rec any, err error) (*settingsOutput, error) {
	if err != nil {
		return nil, err
	}
	s := rec.(*setting.Settings)
	return &settingsOutput{ETag: httpapi.ETag(s.Version), Body: s}, nil
}

func (a app) settings() {
	op := operation(http.MethodGet, "/settings", "get-settings", "Read the organisation's settings", "settings")
	httpapi.Handle(a.API, op, func(ctx context.Context, _ *none) (*settingsOutput, error) {
		return showSettings(a.records.Get(ctx, httpapi.Caller(ctx).Grant, setting.Name, setting.Owner))
	})
}

func (a app) patchSettings() {
	op := operation(http.MethodPatch, "/settings", "patch-settings", "Change the organisation's settings by JSON Merge Patch", "settings",
		http.StatusPreconditionFailed, http.StatusPreconditionRequired, http.StatusUnprocessableEntity)
	a.takesPatch(&op, setting.Settings{})
	httpapi.Handle(a.API, op, func(ctx context.Context, in *PatchInput) (*settingsOutput, error) {
		if err := httpapi.WantJSON(in.ContentType, recordapi.MergePatch); err != nil {
			return nil, err
		}
		version, err := httpapi.IfMatch(in.IfMatch)
		if err != nil {
			return nil, err
		}
		w, err := recordapi.Write(ctx, in.Key, in.RawBody)
		if err != nil {
			return nil, err
		}
		res, err := a.records.Patch(ctx, w, setting.Name, setting.Owner, version, in.RawBody)
		return patched(res, err)
	})
}

func patched(res repository.Result, err error) (*settingsOutput, error) {
	return showSettings(res.Record, err)
}

type fieldsOutput struct {
	Body struct {
		Items []*setting.Field `json:"items"`
	}
}

func (a app) fields() {
	op := operation(http.MethodGet, "/fields", "list-field", "List the organisation's own fields", "fields")
	httpapi.Handle(a.API, op, func(ctx context.Context, _ *none) (*fieldsOutput, error) {
		fields, err := a.Accounts.Fields(ctx, httpapi.Caller(ctx).Grant)
		if err != nil {
			return nil, err
		}
		out := &fieldsOutput{}
		out.Body.Items = append([]*setting.Field{}, fields...)
		return out, nil
	})
}
