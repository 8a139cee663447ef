// Package recordapi gives a kind of record its operations in the JSON API: the collection, single records, batches, the
// trash, history, reverting and revealing. One line does it for any registered kind: Register for one that stands alone,
// RegisterUnder for children, which are made and listed under their owners. What a kind has beyond these its function
// registers beside them.
package recordapi

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"

	"github.com/danielgtaylor/huma/v2"

	"github.com/muster-crm/muster/shared/httpapi"
	"github.com/muster-crm/muster/shared/record"
	"github.com/muster-crm/muster/shared/repository"
)

// MergePatch is the media type of JSON Merge Patch (RFC 7396); PATCH takes application/json as well.
const MergePatch = "application/merge-patch+json"

// API is what the operations of kinds stand on.
type API struct {
	*httpapi.API
	Records *repository.Repository
	Cursors httpapi.Cursors
}

// Single is the answer that holds one record.
type Single struct {
	Status          int    `json:"-"`
	ETag            string `header:"ETag"`
	Location        string `header:"Location"`
	ContentLocation string `header:"Content-Location"`
	Body            Body
}

// Body is JSON made by the record itself.
type Body struct{ raw json.RawMessage }

// MarshalJSON gives the JSON as it is.
func (b Body) MarshalJSON() ([]byte, error) { return b.raw, nil }

// Schema lets an operation say what the body holds; see document.
func (Body) Schema(huma.Registry) *huma.Schema { return &huma.Schema{Type: huma.TypeObject} }

// Register adds the operations of a kind.
func Register(a *API, k *record.Kind) {
	c := collection{API: a, kind: k, path: "/v1/" + k.Plural}
	c.create()
	if k.Indexed {
		c.list()
	}
	c.batch()
	c.single()
	c.upsert()
}

// single adds what is done to single records.
func (c collection) single() {
	c.get()
	c.patch()
	c.trash()
	c.restore()
	c.history()
	c.revert()
	c.reveal()
}

type collection struct {
	*API
	kind *record.Kind
	path string
	made bool // by operations of the caller's own
}

func (c collection) operation(method, path, id, summary string) huma.Operation {
	return huma.Operation{Method: method, Path: c.path + path, OperationID: id + "-" + c.kind.Name, Summary: summary, Tags: []string{c.kind.Plural}}
}

// takes documents the body of an operation. It is the kind itself that holds the body against its rules.
func (c collection) takes(op *huma.Operation, media ...string) {
	op.SkipValidateBody = true
	op.RequestBody = &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{}}
	for _, m := range media {
		op.RequestBody.Content[m] = &huma.MediaType{Schema: c.schema()}
	}
}

func (c collection) answers(op *huma.Operation, statuses ...int) {
	for _, s := range statuses {
		Answers(op, s, c.schema())
	}
	op.DefaultStatus = statuses[0]
}

// Answer gives a record as the API shows it. Warnings stand beside its members.
func Answer(status int, rec record.Record, warnings []repository.Warning) (*Single, error) {
	raw, err := json.Marshal(rec)
	if err != nil {
		return nil, err
	}
	if len(warnings) > 0 {
		extra, err := json.Marshal(warnings)
		if err != nil {
			return nil, err
		}
		raw = slices.Concat(raw[:len(raw)-1], []byte(`,"warnings":`), extra, []byte("}"))
	}
	return &Single{Status: status, ETag: httpapi.ETag(rec.Base().Version), Body: Body{raw}}, nil
}

// Write makes the write of a request: its caller's, under its idempotency key, which holds for the body it came with.
func Write(ctx context.Context, key string, body []byte) (repository.Write, error) {
	k, err := httpapi.Key(ctx, key, body, "")
	return repository.Write{Grant: httpapi.Caller(ctx).Grant, Key: k}, err
}

// WriteOf is Write for a body that was read already.
func WriteOf(ctx context.Context, key string, body any) (repository.Write, error) {
	raw, err := json.Marshal(body)
	if err != nil {
		return repository.Write{}, err
	}
	return Write(ctx, key, raw)
}

// CreateInput is what the creation of a record takes.
type CreateInput struct {
	ContentType string `header:"Content-Type"`
	Key         string `header:"Idempotency-Key" maxLength:"257" doc:"Makes a repeated request one request, for 24 hours"`
	RawBody     []byte
}

// AllowDuplicate is the header that confirms a creation although the record is the same as one there is (API-07).
type AllowDuplicate struct {
	Allow bool `header:"Muster-Allow-Duplicate" doc:"true: create although the record is the same as one there is; the key policy holds all the same"`
}

type createInput struct {
	CreateInput
	AllowDuplicate
}

func (c collection) create() {
	op := c.operation(http.MethodPost, "", "create", "Create a "+c.kind.Name)
	c.takes(&op, "application/json")
	c.answers(&op, http.StatusCreated)
	op.Errors = []int{http.StatusConflict, http.StatusUnprocessableEntity}
	httpapi.Handle(c.API.API, op, func(ctx context.Context, in *createInput) (*Single, error) {
		if err := httpapi.WantJSON(in.ContentType); err != nil {
			return nil, err
		}
		w, err := Write(ctx, in.Key, in.RawBody)
		if err != nil {
			return nil, err
		}
		w.Guard = !in.Allow
		res, err := c.Records.Create(ctx, w, c.kind.Name, in.RawBody)
		if err != nil {
			return nil, err
		}
		return c.created(res)
	})
}

func (c collection) created(res repository.Result) (*Single, error) {
	out, err := Answer(http.StatusCreated, res.Record, res.Warnings)
	if err == nil {
		out.Location = c.path + "/" + res.Record.Base().ID
	}
	return out, err
}

// IDInput is the id in a path.
type IDInput struct {
	ID string `path:"id" maxLength:"400" doc:"The record's id, or ext:SYSTEM:ID for its id in another system"`
}

func (c collection) get() {
	op := c.operation(http.MethodGet, "/{id}", "get", "Read a "+c.kind.Name)
	c.answers(&op, http.StatusOK)
	httpapi.Handle(c.API.API, op, func(ctx context.Context, in *IDInput) (*Single, error) {
		rec, err := c.Records.Get(ctx, httpapi.Caller(ctx).Grant, c.kind.Name, in.ID)
		if err != nil {
			return nil, err
		}
		out, err := Answer(http.StatusOK, rec, nil)
		if err == nil && rec.Base().ID != in.ID {
			out.ContentLocation = c.path + "/" + rec.Base().ID
		}
		return out, err
	})
}

type changeInput struct {
	IDInput
	IfMatch     string `header:"If-Match" doc:"The ETag of the version that is changed"`
	Key         string `header:"Idempotency-Key" maxLength:"257"`
	ContentType string `header:"Content-Type"`
	RawBody     []byte
}

func (c collection) patch() {
	op := c.operation(http.MethodPatch, "/{id}", "patch", "Change a "+c.kind.Name+" by JSON Merge Patch")
	c.takes(&op, MergePatch, "application/json")
	c.answers(&op, http.StatusOK)
	op.Errors = []int{http.StatusConflict, http.StatusPreconditionFailed, http.StatusUnprocessableEntity, http.StatusPreconditionRequired}
	httpapi.Handle(c.API.API, op, func(ctx context.Context, in *changeInput) (*Single, error) {
		if err := httpapi.WantJSON(in.ContentType, MergePatch); err != nil {
			return nil, err
		}
		version, err := httpapi.IfMatch(in.IfMatch)
		if err != nil {
			return nil, err
		}
		w, err := Write(ctx, in.Key, in.RawBody)
		if err != nil {
			return nil, err
		}
		res, err := c.Records.Patch(ctx, w, c.kind.Name, in.ID, version, in.RawBody)
		return answer(res, err)
	})
}

func answer(res repository.Result, err error) (*Single, error) {
	if err != nil {
		return nil, err
	}
	return Answer(http.StatusOK, res.Record, res.Warnings)
}

// ConditionalInput is what operations without a body that change a record take.
type ConditionalInput struct {
	IDInput
	IfMatch string `header:"If-Match"`
	Key     string `header:"Idempotency-Key" maxLength:"257"`
}

func (c collection) trash() {
	op := c.operation(http.MethodDelete, "/{id}", "trash", "Put a "+c.kind.Name+" into the trash")
	c.answers(&op, http.StatusOK)
	op.Errors = []int{http.StatusConflict, http.StatusPreconditionFailed, http.StatusPreconditionRequired}
	httpapi.Handle(c.API.API, op, func(ctx context.Context, in *ConditionalInput) (*Single, error) {
		version, err := httpapi.IfMatch(in.IfMatch)
		if err != nil {
			return nil, err
		}
		w, err := Write(ctx, in.Key, nil)
		if err != nil {
			return nil, err
		}
		return answer(c.Records.Trash(ctx, w, c.kind.Name, in.ID, version))
	})
}

// Version reads an If-Match that may be absent: then whatever version there is.
func Version(header string) (int64, error) {
	if header == "" {
		return repository.AnyVersion, nil
	}
	return httpapi.IfMatch(header)
}

type restoreInput struct {
	ConditionalInput
	Body *struct {
		Drop string `json:"drop,omitempty" enum:"restored,holder" doc:"Which record gives up a key that was taken meanwhile"`
	}
}

func (c collection) restore() {
	op := c.operation(http.MethodPost, "/{id}/restore", "restore", "Take a "+c.kind.Name+" out of the trash")
	c.answers(&op, http.StatusOK)
	op.Errors = []int{http.StatusConflict, http.StatusPreconditionFailed}
	httpapi.Handle(c.API.API, op, func(ctx context.Context, in *restoreInput) (*Single, error) {
		version, err := Version(in.IfMatch)
		if err != nil {
			return nil, err
		}
		drop := repository.DropNone
		if in.Body != nil {
			drop = repository.Drop(in.Body.Drop)
		}
		w, err := Write(ctx, in.Key, []byte(drop))
		if err != nil {
			return nil, err
		}
		return answer(c.Records.Restore(ctx, w, c.kind.Name, in.ID, version, drop))
	})
}
