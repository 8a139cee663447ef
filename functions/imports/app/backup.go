package app

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/muster-crm/muster/shared/backup"
	"github.com/muster-crm/muster/shared/backup/archive"
	"github.com/muster-crm/muster/shared/blob"
	"github.com/muster-crm/muster/shared/fault"
	"github.com/muster-crm/muster/shared/httpapi"
	"github.com/muster-crm/muster/shared/job"
	"github.com/muster-crm/muster/shared/policy"
)

// Process is a backup or a restore as the API shows it.
type Process struct {
	ID        string           `json:"id"`
	Title     string           `json:"title,omitempty" doc:"Of a backup the organisation, of a restore the file's name"`
	State     job.State        `json:"state" enum:"draft,previewed,queued,running,done,failed,cancelled,undone"`
	Phase     string           `json:"phase,omitempty" enum:"preview,run"`
	Counts    map[string]int64 `json:"counts" doc:"records, changes, files and done"`
	Holds     *Holds           `json:"holds,omitempty" doc:"What the file of a restore holds; there once it has been checked"`
	Failure   *failure         `json:"failure,omitempty"`
	CreatedAt time.Time        `json:"createdAt"`
	CreatedBy string           `json:"createdBy"`
	StartedAt *time.Time       `json:"startedAt,omitempty"`
	EndedAt   *time.Time       `json:"endedAt,omitempty"`
	Upload    *blob.Upload     `json:"upload,omitempty" doc:"Only in the answer that creates a restore: post a multipart form with the fields and, last, the file as \"file\""`
}

// Holds is what a checked file holds.
type Holds struct {
	Organisation string    `json:"organisation"`
	MadeAt       time.Time `json:"madeAt"`
	Records      int64     `json:"records"`
	Changes      int64     `json:"changes"`
	Files        int64     `json:"files"`
}

func process(ctx context.Context, j *job.Job) Process {
	out := Process{ID: j.ID, Title: j.Title, State: j.State, Phase: j.Phase, Counts: map[string]int64{}, CreatedAt: j.CreatedAt, CreatedBy: j.Maker.ID}
	for _, name := range []string{"records", "changes", "files", "done"} {
		out.Counts[name] = j.Counts[name]
	}
	if j.Kind == backup.RestoreKind {
		out.Holds = holds(backup.Checked(j))
	}
	if j.Failure != "" {
		out.Failure = &failure{Code: j.Failure, Message: httpapi.Printer(ctx).Field(fault.At("", j.Failure))}
	}
	if !j.StartedAt.IsZero() {
		out.StartedAt = &j.StartedAt
	}
	if !j.EndedAt.IsZero() {
		out.EndedAt = &j.EndedAt
	}
	return out
}

func holds(head archive.Head, end archive.End, checked bool) *Holds {
	if !checked {
		return nil
	}
	return &Holds{Organisation: head.Organisation, MadeAt: head.MadeAt, Records: end.Records, Changes: end.Changes, Files: end.Files}
}

type processOutput struct {
	Status int `json:"-"`
	Body   Process
}

// backups registers the operations of backups and restores.
func (a app) backups() {
	a.createBackup()
	a.createRestore()
	for _, p := range []struct{ kind, plural, one string }{{backup.Kind, "backups", "a backup"}, {backup.RestoreKind, "restores", "a restore"}} {
		a.listProcesses(p.kind, p.plural)
		a.getProcess(p.kind, p.plural, "Read "+p.one)
		a.actProcess(p.kind, p.plural, "cancel", "Stop "+p.one, func(ctx context.Context, g policy.Grant, id string) (*job.Job, error) {
			if _, err := a.Backups.Get(ctx, g, p.kind, id); err != nil {
				return nil, err
			}
			return a.Backups.Jobs.Cancel(ctx, g, id)
		})
	}
	a.actProcess(backup.RestoreKind, "restores", "check", "Read the whole file without writing anything", a.Backups.Check)
	a.actProcess(backup.RestoreKind, "restores", "run", "Write what has been checked", a.Backups.Run)
	a.backupFile()
}

func (a app) createBackup() {
	op := huma.Operation{Method: http.MethodPost, Path: "/v1/backups", OperationID: "create-backup", Summary: "Back the organisation up", Tags: []string{"backups"},
		DefaultStatus: http.StatusCreated}
	httpapi.Handle(a.API, op, func(ctx context.Context, _ *struct{}) (*processOutput, error) {
		j, err := a.Backups.Create(ctx, httpapi.Caller(ctx).Grant)
		if err != nil {
			return nil, err
		}
		return &processOutput{Status: http.StatusCreated, Body: process(ctx, j)}, nil
	})
}

type createRestoreInput struct {
	Body struct {
		FileName string `json:"fileName" maxLength:"255"`
		Size     int64  `json:"size" doc:"Bytes"`
	}
}

func (a app) createRestore() {
	op := huma.Operation{Method: http.MethodPost, Path: "/v1/restores", OperationID: "create-restore", Summary: "Begin to restore a backup", Tags: []string{"restores"},
		DefaultStatus: http.StatusCreated, Errors: []int{http.StatusConflict, http.StatusUnprocessableEntity}}
	httpapi.Handle(a.API, op, func(ctx context.Context, in *createRestoreInput) (*processOutput, error) {
		j, upload, err := a.Backups.CreateRestore(ctx, httpapi.Caller(ctx).Grant, in.Body.FileName, in.Body.Size)
		if err != nil {
			return nil, err
		}
		out := &processOutput{Status: http.StatusCreated, Body: process(ctx, j)}
		out.Body.Upload = &upload
		return out, nil
	})
}

type processesOutput struct {
	Body struct {
		Items []Process `json:"items"`
		Next  string    `json:"next,omitempty"`
	}
}

func (a app) listProcesses(kind, plural string) {
	op := huma.Operation{Method: http.MethodGet, Path: "/v1/" + plural, OperationID: "list-" + plural, Summary: "List " + plural + ", newest first", Tags: []string{plural}}
	httpapi.Handle(a.API, op, func(ctx context.Context, in *listInput) (*processesOutput, error) {
		g := httpapi.Caller(ctx).Grant
		var after string
		if in.Cursor != "" {
			if err := a.Cursors.Open(ctx, g, plural, in.Cursor, &after); err != nil {
				return nil, err
			}
		}
		jobs, next, err := a.Backups.List(ctx, g, kind, after, in.Limit)
		if err != nil {
			return nil, err
		}
		out := &processesOutput{}
		out.Body.Items = []Process{}
		for _, j := range jobs {
			out.Body.Items = append(out.Body.Items, process(ctx, j))
		}
		if next != "" {
			out.Body.Next, err = a.Cursors.Seal(ctx, g, plural, next)
		}
		return out, err
	})
}

func (a app) getProcess(kind, plural, summary string) {
	op := huma.Operation{Method: http.MethodGet, Path: "/v1/" + plural + "/{id}", OperationID: "get-" + kind, Summary: summary, Tags: []string{plural}}
	httpapi.Handle(a.API, op, func(ctx context.Context, in *IDInput) (*processOutput, error) {
		j, err := a.Backups.Get(ctx, httpapi.Caller(ctx).Grant, kind, in.ID)
		if err != nil {
			return nil, err
		}
		return &processOutput{Status: http.StatusOK, Body: process(ctx, j)}, nil
	})
}

func (a app) actProcess(kind, plural, action, summary string, do func(context.Context, policy.Grant, string) (*job.Job, error)) {
	op := huma.Operation{Method: http.MethodPost, Path: "/v1/" + plural + "/{id}/" + action, OperationID: action + "-" + kind, Summary: summary, Tags: []string{plural},
		Errors: []int{http.StatusConflict}}
	httpapi.Handle(a.API, op, func(ctx context.Context, in *IDInput) (*processOutput, error) {
		j, err := do(ctx, httpapi.Caller(ctx).Grant, in.ID)
		if err != nil {
			return nil, err
		}
		return &processOutput{Status: http.StatusOK, Body: process(ctx, j)}, nil
	})
}

func (a app) backupFile() {
	op := huma.Operation{Method: http.MethodGet, Path: "/v1/backups/{id}/file", OperationID: "file-of-backup", Summary: "Get the file of a backup", Tags: []string{"backups"},
		Errors: []int{http.StatusConflict}}
	httpapi.Handle(a.API, op, func(ctx context.Context, in *IDInput) (*fileOutput, error) {
		url, err := a.Backups.Download(ctx, httpapi.Caller(ctx).Grant, in.ID)
		if err != nil {
			return nil, err
		}
		out := &fileOutput{}
		out.Body.URL = url
		return out, nil
	})
}
