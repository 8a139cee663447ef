// Package app serves in the JSON API what brings an organisation's data in and takes it along, and what is done to many records at once: bulk actions; exports; imports, created with the
// form their file is uploaded with, mapped, previewed, run and read row by row; and backups and their restoring.
package app

import (
	"context"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/muster-crm/muster/shared/backup"
	"github.com/muster-crm/muster/shared/blob"
	"github.com/muster-crm/muster/shared/bulk"
	"github.com/muster-crm/muster/shared/exporter"
	"github.com/muster-crm/muster/shared/fault"
	"github.com/muster-crm/muster/shared/httpapi"
	"github.com/muster-crm/muster/shared/importer"
	"github.com/muster-crm/muster/shared/job"
	"github.com/muster-crm/muster/shared/policy"
	"github.com/muster-crm/muster/shared/repository"
)

// Ports are what the app stands on.
type Ports struct {
	Records *repository.Repository
	Imports *importer.Importer
	Exports *exporter.Exporter
	Bulks   *bulk.Bulks
	Backups *backup.Backups
	Auth    httpapi.Authenticator
	Cursors httpapi.Cursors
	Log     *slog.Logger
}

// New makes the app.
func New(p Ports) http.Handler { return API(p).Handler() }

type app struct {
	*httpapi.API
	Ports
}

// API registers the app's operations.
func API(p Ports) *httpapi.API {
	a := app{API: httpapi.New(p.Auth, p.Log), Ports: p}
	a.create()
	a.list()
	a.get()
	a.plan()
	a.act("preview", "Find the fate of every row without writing anything", p.Imports.Preview)
	a.act("run", "Write the rows", p.Imports.Run)
	a.act("cancel", "Stop an import; what is written stays", p.Imports.Cancel)
	a.act("undo", "Take back what an import wrote; what was edited since stays and is listed", p.Imports.Undo)
	a.mappings()
	a.rows()
	a.errorFile()
	a.exports()
	a.bulks()
	a.backups()
	return a.API
}

// Import is an import as the API shows it.
type Import struct {
	ID        string           `json:"id"`
	Kind      string           `json:"kind"`
	FileName  string           `json:"fileName"`
	State     job.State        `json:"state" enum:"draft,previewed,queued,running,done,failed,cancelled,undone"`
	Phase     string           `json:"phase,omitempty" enum:"preview,run,undo"`
	Counts    map[string]int64 `json:"counts" doc:"rows, the fates of them (create, update, merge, unchanged, reject, skip) and done, of the newest preview or run; alike: those new ones of a preview that may be of somebody who is there, or of an earlier row; back and kept of an undo"`
	Guess     *importer.Guess  `json:"guess,omitempty" doc:"What the file looks like; absent until it is uploaded"`
	Plan      *importer.Plan   `json:"plan,omitempty"`
	Failure   *failure         `json:"failure,omitempty"`
	CreatedAt time.Time        `json:"createdAt"`
	CreatedBy string           `json:"createdBy"`
	StartedAt *time.Time       `json:"startedAt,omitempty"`
	EndedAt   *time.Time       `json:"endedAt,omitempty"`
	UndoUntil *time.Time       `json:"undoUntil,omitempty" doc:"Present while it can be taken back"`
	Upload    *blob.Upload     `json:"upload,omitempty" doc:"Only in the answer that creates it: post a multipart form with the fields and, last, the file as \"file\""`
}

type failure struct {
	Code    string `json:"code"`
	Message string `json:"message"`
}

func (a app) show(ctx context.Context, i importer.Import) Import {
	out := Import{ID: i.ID, Kind: i.Kind, FileName: i.FileName, State: i.State, Phase: i.Phase, Counts: map[string]int64{}, Guess: i.Guess, Plan: i.Plan,
		CreatedAt: i.CreatedAt, CreatedBy: i.Maker.ID}
	for _, name := range append(importer.Fates(), "rows", "done", "alike", "back", "kept") {
		out.Counts[name] = i.Counts[name]
	}
	if i.Failure != "" {
		out.Failure = &failure{Code: i.Failure, Message: httpapi.Printer(ctx).Field(fault.At("", i.Failure))}
	}
	if i.Undoable(a.Imports.Records.Clock.Now()) {
		until := i.UndoUntil()
		out.UndoUntil = &until
	}
	if !i.StartedAt.IsZero() {
		out.StartedAt = &i.StartedAt
	}
	if !i.EndedAt.IsZero() {
		out.EndedAt = &i.EndedAt
	}
	return out
}

type output struct {
	Status int `json:"-"`
	Body   Import
}

func (a app) operation(method, path, id, summary string) huma.Operation {
	return huma.Operation{Method: method, Path: "/v1/imports" + path, OperationID: id, Summary: summary, Tags: []string{"imports"},
		Errors: []int{http.StatusConflict, http.StatusUnprocessableEntity}}
}

type createInput struct {
	Body struct {
		Kind     string `json:"kind" enum:"contact" doc:"What the rows become"`
		FileName string `json:"fileName" maxLength:"255"`
		Size     int64  `json:"size" doc:"Bytes"`
	}
}

func (a app) create() {
	op := a.operation(http.MethodPost, "", "create-import", "Begin an import")
	op.DefaultStatus = http.StatusCreated
	httpapi.Handle(a.API, op, func(ctx context.Context, in *createInput) (*output, error) {
		who := httpapi.Caller(ctx)
		imp, upload, err := a.Imports.Create(ctx, who.Grant, in.Body.Kind, in.Body.FileName, in.Body.Size, httpapi.Printer(ctx).Language())
		if err != nil {
			return nil, err
		}
		out := &output{Status: http.StatusCreated, Body: a.show(ctx, imp)}
		out.Body.Upload = &upload
		return out, nil
	})
}

type listInput struct {
	Limit  int    `query:"limit" minimum:"1" maximum:"200" default:"50"`
	Cursor string `query:"cursor" maxLength:"2000"`
}

type listOutput struct {
	Body struct {
		Items []Import `json:"items"`
		Next  string   `json:"next,omitempty"`
	}
}

func (a app) list() {
	httpapi.Handle(a.API, a.operation(http.MethodGet, "", "list-imports", "List imports, newest first"), func(ctx context.Context, in *listInput) (*listOutput, error) {
		g := httpapi.Caller(ctx).Grant
		var after string
		if in.Cursor != "" {
			if err := a.Cursors.Open(ctx, g, "imports", in.Cursor, &after); err != nil {
				return nil, err
			}
		}
		imports, next, err := a.Imports.List(ctx, g, after, in.Limit)
		if err != nil {
			return nil, err
		}
		out := &listOutput{}
		out.Body.Items = []Import{}
		for _, i := range imports {
			out.Body.Items = append(out.Body.Items, a.show(ctx, i))
		}
		if next != "" {
			out.Body.Next, err = a.Cursors.Seal(ctx, g, "imports", next)
		}
		return out, err
	})
}

// IDInput is the id in a path.
type IDInput struct {
	ID string `path:"id" maxLength:"64"`
}

func (a app) get() {
	httpapi.Handle(a.API, a.operation(http.MethodGet, "/{id}", "get-import", "Read an import"), func(ctx context.Context, in *IDInput) (*output, error) {
		imp, err := a.Imports.Get(ctx, httpapi.Caller(ctx).Grant, in.ID)
		if err != nil {
			return nil, err
		}
		return &output{Status: http.StatusOK, Body: a.show(ctx, imp)}, nil
	})
}

type planInput struct {
	IDInput
	Body importer.Plan
}

func (a app) plan() {
	httpapi.Handle(a.API, a.operation(http.MethodPut, "/{id}/plan", "plan-import", "Say how the file becomes records"), func(ctx context.Context, in *planInput) (*output, error) {
		imp, err := a.Imports.SetPlan(ctx, repository.Write{Grant: httpapi.Caller(ctx).Grant}, in.ID, in.Body)
		if err != nil {
			return nil, err
		}
		return &output{Status: http.StatusOK, Body: a.show(ctx, imp)}, nil
	})
}

func (a app) act(action, summary string, do func(context.Context, policy.Grant, string) (importer.Import, error)) {
	op := a.operation(http.MethodPost, "/{id}/"+action, action+"-import", summary)
	httpapi.Handle(a.API, op, func(ctx context.Context, in *IDInput) (*output, error) {
		imp, err := do(ctx, httpapi.Caller(ctx).Grant, in.ID)
		if err != nil {
			return nil, err
		}
		return &output{Status: http.StatusOK, Body: a.show(ctx, imp)}, nil
	})
}

type rowsInput struct {
	IDInput
	Result string `query:"result" enum:"create,update,merge,unchanged,reject,skip,kept,alike"`
	Limit  int    `query:"limit" minimum:"1" maximum:"200" default:"50"`
	Cursor string `query:"cursor" maxLength:"2000"`
}

// Row is what became of a row.
type Row struct {
	importer.RowResult
	Reason string `json:"reason,omitempty" doc:"In the caller's language"`
}

type rowsOutput struct {
	Body struct {
		Items []Row  `json:"items"`
		Next  string `json:"next,omitempty"`
	}
}

func (a app) rows() {
	httpapi.Handle(a.API, a.operation(http.MethodGet, "/{id}/rows", "rows-of-import", "Read what became, or would become, of the rows"), func(ctx context.Context, in *rowsInput) (*rowsOutput, error) {
		g := httpapi.Caller(ctx).Grant
		question := strings.Join([]string{"rows", in.ID, in.Result}, "\n")
		after := 0
		if in.Cursor != "" {
			if err := a.Cursors.Open(ctx, g, question, in.Cursor, &after); err != nil {
				return nil, err
			}
		}
		rows, next, err := a.Imports.Rows(ctx, g, in.ID, in.Result, after, in.Limit)
		if err != nil {
			return nil, err
		}
		out := &rowsOutput{}
		out.Body.Items = []Row{}
		for _, r := range rows {
			out.Body.Items = append(out.Body.Items, Row{r, importer.Sentences(httpapi.Printer(ctx), r.Reasons)})
		}
		if next != 0 {
			out.Body.Next, err = a.Cursors.Seal(ctx, g, question, next)
		}
		return out, err
	})
}

type fileOutput struct {
	Body struct {
		URL string `json:"url" doc:"Good for five minutes"`
	}
}

func (a app) errorFile() {
	httpapi.Handle(a.API, a.operation(http.MethodGet, "/{id}/errors", "errors-of-import", "Get the file of rejected rows"), func(ctx context.Context, in *IDInput) (*fileOutput, error) {
		url, err := a.Imports.ErrorFile(ctx, httpapi.Caller(ctx).Grant, in.ID)
		if err != nil {
			return nil, err
		}
		out := &fileOutput{}
		out.Body.URL = url
		return out, nil
	})
}
