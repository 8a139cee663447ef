package app

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/muster-crm/muster/shared/exporter"
	"github.com/muster-crm/muster/shared/fault"
	"github.com/muster-crm/muster/shared/httpapi"
	"github.com/muster-crm/muster/shared/i18n"
	"github.com/muster-crm/muster/shared/job"
	"github.com/muster-crm/muster/shared/target"
)

// Export is an export as the API shows it.
type Export struct {
	ID        string           `json:"id"`
	Kind      string           `json:"kind"`
	Target    target.Target    `json:"target"`
	Sort      []string         `json:"sort,omitempty"`
	Rows      string           `json:"rows,omitempty" enum:"contact"`
	Fields    []string         `json:"fields"`
	Format    string           `json:"format" enum:"xlsx,csv,vcard,pdf"`
	Language  string           `json:"language"`
	State     job.State        `json:"state" enum:"draft,previewed,queued,running,done,failed,cancelled,undone"`
	Counts    map[string]int64 `json:"counts" doc:"rows and done"`
	Failure   *failure         `json:"failure,omitempty"`
	CreatedAt time.Time        `json:"createdAt"`
	CreatedBy string           `json:"createdBy"`
	StartedAt *time.Time       `json:"startedAt,omitempty"`
	EndedAt   *time.Time       `json:"endedAt,omitempty"`
	Until     *time.Time       `json:"until,omitempty" doc:"How long its maker can fetch the file; absent for others"`
}

func (a app) showExport(ctx context.Context, x exporter.Export) Export {
	o := x.Order
	out := Export{ID: x.ID, Kind: o.Kind, Target: o.Target, Sort: o.Sort, Rows: o.Rows, Fields: o.Fields, Format: string(o.Format), Language: string(o.Language),
		State: x.State, Counts: map[string]int64{"rows": x.Total, "done": x.Counts["done"]}, CreatedAt: x.CreatedAt, CreatedBy: x.Maker.ID}
	if out.Fields == nil {
		out.Fields = []string{}
	}
	if x.Failure != "" {
		out.Failure = &failure{Code: x.Failure, Message: httpapi.Printer(ctx).Field(fault.At("", x.Failure))}
	}
	if !x.StartedAt.IsZero() {
		out.StartedAt = &x.StartedAt
	}
	if !x.EndedAt.IsZero() {
		out.EndedAt = &x.EndedAt
	}
	if a.Exports.Fetchable(httpapi.Caller(ctx).Grant, x) {
		until := x.EndedAt.Add(exporter.Kept)
		out.Until = &until
	}
	return out
}

type exportOutput struct {
	Status int `json:"-"`
	Body   Export
}

type createExportInput struct {
	Body struct {
		Kind     string         `json:"kind" enum:"contact,family,company,group"`
		Target   *target.Target `json:"target,omitempty" doc:"Exactly one of ids, q, search and all; absent, and without q and ids: all"`
		Q        string         `json:"q,omitempty" maxLength:"4000" doc:"In short for target.q; not together with a target"`
		IDs      []string       `json:"ids,omitempty" maxItems:"1000" doc:"In short for target.ids; not together with a target"`
		Sort     []string       `json:"sort,omitempty" maxItems:"5" doc:"Paths, - before one that goes down; absent: as lists are ordered"`
		Rows     string         `json:"rows,omitempty" enum:"contact" doc:"One row for each linked contact of a family or company, whose columns are named contact.<path>"`
		Fields   []string       `json:"fields,omitempty" maxItems:"200" doc:"Columns in their order: paths of fields, custom.<name>, emails.address:work, externalIds.<system>; absent: the usual ones. A sensitive one needs the right to reveal, and is noted"`
		Format   string         `json:"format" enum:"xlsx,csv,vcard,pdf" doc:"pdf is the profile of one contact, named by its id, and takes no fields"`
		Language string         `json:"language,omitempty" enum:"en,es,nl,fr" doc:"Of headers and words; absent: the caller's"`
	}
}

// exports registers the operations of exports.
func (a app) exports() {
	operation := func(method, path, id, summary string) huma.Operation {
		return huma.Operation{Method: method, Path: "/v1/exports" + path, OperationID: id, Summary: summary, Tags: []string{"exports"},
			Errors: []int{http.StatusConflict, http.StatusUnprocessableEntity}}
	}
	create := operation(http.MethodPost, "", "create-export", "Export records")
	create.DefaultStatus = http.StatusCreated
	httpapi.Handle(a.API, create, func(ctx context.Context, in *createExportInput) (*exportOutput, error) {
		b := in.Body
		language := i18n.Language(b.Language)
		if b.Language == "" {
			language = httpapi.Printer(ctx).Language()
		}
		which, err := exported(b.Target, b.Q, b.IDs)
		if err != nil {
			return nil, err
		}
		x, err := a.Exports.Create(ctx, httpapi.Caller(ctx).Grant, exporter.Order{Kind: b.Kind, Target: which, Sort: b.Sort, Rows: b.Rows, Fields: b.Fields,
			Format: exporter.Format(b.Format), Language: language})
		if err != nil && b.Target == nil {
			err = fault.Move(err, func(path string) string { return strings.TrimPrefix(path, target.Path+".") })
		}
		if err != nil {
			return nil, err
		}
		return &exportOutput{Status: http.StatusCreated, Body: a.showExport(ctx, x)}, nil
	})
	httpapi.Handle(a.API, operation(http.MethodGet, "", "list-exports", "List exports, newest first"), a.listExports)
	httpapi.Handle(a.API, operation(http.MethodGet, "/{id}", "get-export", "Read an export"), func(ctx context.Context, in *IDInput) (*exportOutput, error) {
		x, err := a.Exports.Get(ctx, httpapi.Caller(ctx).Grant, in.ID)
		if err != nil {
			return nil, err
		}
		return &exportOutput{Status: http.StatusOK, Body: a.showExport(ctx, x)}, nil
	})
	httpapi.Handle(a.API, operation(http.MethodPost, "/{id}/cancel", "cancel-export", "Stop an export"), func(ctx context.Context, in *IDInput) (*exportOutput, error) {
		x, err := a.Exports.Cancel(ctx, httpapi.Caller(ctx).Grant, in.ID)
		if err != nil {
			return nil, err
		}
		return &exportOutput{Status: http.StatusOK, Body: a.showExport(ctx, x)}, nil
	})
	httpapi.Handle(a.API, operation(http.MethodGet, "/{id}/file", "file-of-export", "Get the file of an export of one's own, for seven days"), func(ctx context.Context, in *IDInput) (*fileOutput, error) {
		url, err := a.Exports.Download(ctx, httpapi.Caller(ctx).Grant, in.ID)
		if err != nil {
			return nil, err
		}
		out := &fileOutput{}
		out.Body.URL = url
		return out, nil
	})
}

// exported gives the target of an export that was asked for in full, in short, or not at all: then all of the kind.
func exported(t *target.Target, q string, ids []string) (target.Target, error) {
	switch {
	case t != nil && (q != "" || ids != nil):
		return target.Target{}, fault.Bad(target.Path, "one_target")
	case t != nil:
		return *t, nil
	case q != "" || ids != nil:
		return target.Target{Q: q, IDs: ids}, nil
	}
	return target.Target{All: true}, nil
}

type exportsOutput struct {
	Body struct {
		Items []Export `json:"items"`
		Next  string   `json:"next,omitempty"`
	}
}

func (a app) listExports(ctx context.Context, in *listInput) (*exportsOutput, error) {
	g := httpapi.Caller(ctx).Grant
	var after string
	if in.Cursor != "" {
		if err := a.Cursors.Open(ctx, g, "exports", in.Cursor, &after); err != nil {
			return nil, err
		}
	}
	exports, next, err := a.Exports.List(ctx, g, after, in.Limit)
	if err != nil {
		return nil, err
	}
	out := &exportsOutput{}
	out.Body.Items = []Export{}
	for _, x := range exports {
		out.Body.Items = append(out.Body.Items, a.showExport(ctx, x))
	}
	if next != "" {
		out.Body.Next, err = a.Cursors.Seal(ctx, g, "exports", next)
	}
	return out, err
}
