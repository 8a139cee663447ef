// Package app serves files in the JSON API: documents of contacts, families and companies, photos of contacts, logos of
// companies and of the organisation.
//
// Bytes of documents never pass through it: an upload is a form the caller posts to the bucket, a download an address
// there that is good for five minutes. The address comes as JSON and not as a redirect, since many programs would send
// the bearer token along to it. Only thumbnails, which we made ourselves, are answered as they are.
package app

import (
	"context"
	"log/slog"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/muster-crm/muster/shared/blob"
	"github.com/muster-crm/muster/shared/company"
	"github.com/muster-crm/muster/shared/contact"
	"github.com/muster-crm/muster/shared/family"
	"github.com/muster-crm/muster/shared/file"
	"github.com/muster-crm/muster/shared/group"
	"github.com/muster-crm/muster/shared/httpapi"
	"github.com/muster-crm/muster/shared/record"
	"github.com/muster-crm/muster/shared/recordapi"
	"github.com/muster-crm/muster/shared/repository"
)

// Ports are what the app stands on.
type Ports struct {
	Files   *file.Files
	Auth    httpapi.Authenticator
	Cursors httpapi.Cursors
	Log     *slog.Logger
}

// New makes the app.
func New(p Ports) http.Handler { return API(p).Handler() }

type app struct {
	*recordapi.API
	files *file.Files
}

// API registers the app's operations.
func API(p Ports) *httpapi.API {
	var records *repository.Repository
	if p.Files != nil {
		records = p.Files.Records
	}
	a := app{API: &recordapi.API{API: httpapi.New(p.Auth, p.Log), Records: records, Cursors: p.Cursors}, files: p.Files}
	people, companies := contact.Kind(), company.Kind()
	owners := []*record.Kind{people, family.Kind(), companies, group.Kind()}
	recordapi.RegisterUnder(a.API, file.Kind(), record.NewRegistry(owners...), recordapi.MadeElsewhere())
	for _, of := range owners {
		a.begin(of)
	}
	a.ready()
	a.download()
	a.picture(people, "photo")
	a.picture(companies, "logo")
	a.ownLogo()
	return a.API.API
}

// File is a file as the API shows it.
type File struct {
	*file.File
	Upload *blob.Upload `json:"upload,omitempty" doc:"Only in the answer that creates it: within an hour, post a multipart form with the fields and, last, the bytes as \"file\""`
}

type fileOutput struct {
	Status   int    `json:"-"`
	ETag     string `header:"ETag"`
	Location string `header:"Location"`
	Body     File
}

func show(status int, res repository.Result) *fileOutput {
	out := &fileOutput{Status: status, ETag: httpapi.ETag(res.Record.Base().Version)}
	out.Body.File, _ = res.Record.(*file.File)
	return out
}

func operation(method, path, id, summary string) huma.Operation {
	return huma.Operation{Method: method, Path: "/v1/" + path, OperationID: id, Summary: summary, Tags: []string{"files"}}
}

type beginBody struct {
	Name    string       `json:"name" maxLength:"255"`
	Size    int64        `json:"size" doc:"Bytes: to 25 MB for a document, 10 MB for a photo, 5 MB for a logo"`
	Purpose file.Purpose `json:"purpose,omitempty" enum:"document,photo,logo" default:"document" doc:"A photo is of a contact, a logo of a company"`
}

type beginInput struct {
	recordapi.IDInput
	Key  string `header:"Idempotency-Key" maxLength:"257"`
	Body beginBody
}

func (a app) begin(of *record.Kind) {
	op := operation(http.MethodPost, of.Plural+"/{id}/files", "create-file-of-"+of.Name, "Begin a file of a "+of.Name)
	op.DefaultStatus = http.StatusCreated
	op.Errors = []int{http.StatusConflict, http.StatusUnprocessableEntity}
	httpapi.Handle(a.API.API, op, func(ctx context.Context, in *beginInput) (*fileOutput, error) {
		w, err := recordapi.WriteOf(ctx, in.Key, in.Body)
		if err != nil {
			return nil, err
		}
		if in.Body.Purpose == "" {
			in.Body.Purpose = file.Document
		}
		res, upload, err := a.files.Begin(ctx, w, of.Name, in.ID, in.Body.Name, in.Body.Size, in.Body.Purpose)
		if err != nil {
			return nil, err
		}
		out := show(http.StatusCreated, res)
		out.Location, out.Body.Upload = "/v1/files/"+upload.ID, &upload.Upload
		return out, nil
	})
}

type idInput struct {
	ID  string `path:"id" maxLength:"64"`
	Key string `header:"Idempotency-Key" maxLength:"257"`
}

func (a app) ready() {
	op := operation(http.MethodPost, "files/{id}/ready", "ready-file", "Say that the bytes of a file are there; they are judged by their content")
	op.Errors = []int{http.StatusConflict, http.StatusUnprocessableEntity}
	httpapi.Handle(a.API.API, op, func(ctx context.Context, in *idInput) (*fileOutput, error) {
		w, err := recordapi.WriteOf(ctx, in.Key, nil)
		if err != nil {
			return nil, err
		}
		res, err := a.files.Ready(ctx, w, in.ID)
		if err != nil {
			return nil, err
		}
		return show(http.StatusOK, res), nil
	})
}

type addressOutput struct {
	Body file.Address
}

func (a app) download() {
	op := operation(http.MethodGet, "files/{id}/download", "download-file", "Get the address a file can be fetched at, for five minutes")
	op.Errors = []int{http.StatusConflict}
	httpapi.Handle(a.API.API, op, func(ctx context.Context, in *struct {
		ID string `path:"id" maxLength:"64"`
	}) (*addressOutput, error) {
		address, err := a.files.Download(ctx, httpapi.Caller(ctx).Grant, in.ID)
		return &addressOutput{address}, err
	})
}
