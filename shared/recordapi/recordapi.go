// Package recordapi gives a kind of record its operations in the JSON API: the collection, single records, batches, the
// trash, history and reverting. One line, Register, does it for any registered kind; what a kind has beyond these its
// function registers beside them.
package recordapi

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/muster-crm/muster/shared/fault"
	"github.com/muster-crm/muster/shared/httpapi"
	"github.com/muster-crm/muster/shared/record"
	"github.com/muster-crm/muster/shared/repository"
)

// MaxBatch is how many items one batch may hold (API-06).
const MaxBatch = 100

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
	c.get()
	c.patch()
	c.trash()
	c.restore()
	c.history()
	c.revert()
	c.upsert()
}

type collection struct {
	*API
	kind *record.Kind
	path string
}

func (c collection) operation(method, path, id, summary string) huma.Operation {
	return huma.Operation{Method: method, Path: c.path + path, OperationID: id + "-" + c.kind.Name, Summary: summary, Tags: []string{c.kind.Plural}}
}

// schema refers to the kind's Go type in the document.
func (c collection) schema() *huma.Schema {
	return c.OpenAPI().Components.Schemas.Schema(reflect.TypeOf(c.kind.New()).Elem(), true, c.kind.Name)
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
	op.Responses = map[string]*huma.Response{}
	for _, s := range statuses {
		op.Responses[strconv.Itoa(s)] = &huma.Response{Description: http.StatusText(s),
			Content: map[string]*huma.MediaType{"application/json": {Schema: c.schema()}}}
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

// write makes the Write of a request.
func write(ctx context.Context, key string, body []byte) (repository.Write, error) {
	k, err := httpapi.Key(ctx, key, body, "")
	return repository.Write{Grant: httpapi.Caller(ctx).Grant, Key: k}, err
}

type createInput struct {
	ContentType string `header:"Content-Type"`
	Key         string `header:"Idempotency-Key" maxLength:"257" doc:"Makes a repeated request one request, for 24 hours"`
	RawBody     []byte
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
		w, err := write(ctx, in.Key, in.RawBody)
		if err != nil {
			return nil, err
		}
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
		w, err := write(ctx, in.Key, in.RawBody)
		if err != nil {
			return nil, err
		}
		res, err := c.Records.Patch(ctx, w, c.kind.Name, in.ID, version, in.RawBody)
		return single(res, err)
	})
}

func single(res repository.Result, err error) (*Single, error) {
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
		w, err := write(ctx, in.Key, nil)
		if err != nil {
			return nil, err
		}
		return single(c.Records.Trash(ctx, w, c.kind.Name, in.ID, version))
	})
}

// optional reads an If-Match that may be absent: then whatever version there is.
func optional(header string) (int64, error) {
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
		version, err := optional(in.IfMatch)
		if err != nil {
			return nil, err
		}
		drop := repository.DropNone
		if in.Body != nil {
			drop = repository.Drop(in.Body.Drop)
		}
		w, err := write(ctx, in.Key, []byte(drop))
		if err != nil {
			return nil, err
		}
		return single(c.Records.Restore(ctx, w, c.kind.Name, in.ID, version, drop))
	})
}

// Entry is a line of a record's history.
type Entry struct {
	Seq       int64                `json:"seq" doc:"Of the organisation's log"`
	At        time.Time            `json:"at"`
	Actor     string               `json:"actor"`
	ActorName string               `json:"actorName,omitempty"`
	ActingFor string               `json:"actingFor,omitempty"`
	Batch     string               `json:"batch,omitempty"`
	Action    string               `json:"action"`
	Version   int64                `json:"version"`
	Changes   []record.FieldChange `json:"changes"`
	Text      string               `json:"text" doc:"A sentence in the caller's language"`
}

type historyInput struct {
	IDInput
	Limit  int    `query:"limit" minimum:"1" maximum:"200" default:"50"`
	Cursor string `query:"cursor"`
	Field  string `query:"field" doc:"Only changes of this field"`
	Actor  string `query:"actor" doc:"Only changes by this user"`
	From   string `query:"from" format:"date" doc:"Only changes on or after this day"`
	To     string `query:"to" format:"date" doc:"Only changes on or before this day"`
}

type historyOutput struct {
	Body struct {
		Items []Entry `json:"items"`
		Next  string  `json:"next,omitempty"`
	}
}

func (c collection) history() {
	op := c.operation(http.MethodGet, "/{id}/history", "history-of", "Read the history of a "+c.kind.Name+", newest first")
	httpapi.Handle(c.API.API, op, func(ctx context.Context, in *historyInput) (*historyOutput, error) {
		g := httpapi.Caller(ctx).Grant
		question := strings.Join([]string{"history", c.kind.Name, in.ID, in.Field, in.Actor, in.From, in.To}, "\n")
		var before int64
		if in.Cursor != "" {
			if err := c.Cursors.Open(ctx, g, question, in.Cursor, &before); err != nil {
				return nil, err
			}
		}
		filter := repository.HistoryFilter{Field: in.Field, Actor: in.Actor, From: record.Date(in.From), To: record.Date(in.To)}
		changes, next, err := c.Records.HistoryOf(ctx, g, c.kind.Name, in.ID, filter, before, in.Limit)
		if err != nil {
			return nil, err
		}
		out := &historyOutput{}
		out.Body.Items = Entries(ctx, c.kind, changes)
		if next != 0 {
			out.Body.Next, err = c.Cursors.Seal(ctx, g, question, next)
		}
		return out, err
	})
}

// Entries gives changes as the API shows them.
func Entries(ctx context.Context, k *record.Kind, changes []record.Change) []Entry {
	p := httpapi.Printer(ctx)
	entries := make([]Entry, 0, len(changes))
	for _, ch := range changes {
		e := Entry{Seq: ch.Seq, At: ch.At, Actor: ch.Actor, ActorName: ch.Name, ActingFor: ch.For, Batch: ch.Batch, Action: ch.Action,
			Version: ch.Revision, Changes: ch.Fields, Text: record.Sentence(p, k, ch)}
		if e.Changes == nil {
			e.Changes = []record.FieldChange{}
		}
		entries = append(entries, e)
	}
	return entries
}

type revertInput struct {
	IDInput
	Entry   int64  `path:"entry" doc:"The entry's seq"`
	IfMatch string `header:"If-Match"`
	Key     string `header:"Idempotency-Key" maxLength:"257"`
	Body    *struct {
		Fields []string `json:"fields,omitempty" maxItems:"300" doc:"Take back these fields only, also where they were edited since"`
	}
}

func (c collection) revert() {
	op := c.operation(http.MethodPost, "/{id}/history/{entry}/revert", "revert", "Take one change of a "+c.kind.Name+" back")
	c.answers(&op, http.StatusOK)
	op.Errors = []int{http.StatusConflict, http.StatusPreconditionFailed, http.StatusUnprocessableEntity}
	httpapi.Handle(c.API.API, op, func(ctx context.Context, in *revertInput) (*Single, error) {
		version, err := optional(in.IfMatch)
		if err != nil {
			return nil, err
		}
		var fields []string
		if in.Body != nil {
			fields = in.Body.Fields
		}
		w, err := write(ctx, in.Key, []byte(strings.Join(fields, "\n")))
		if err != nil {
			return nil, err
		}
		return single(c.Records.Revert(ctx, w, c.kind.Name, in.ID, version, in.Entry, fields))
	})
}

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
		version, err := optional(in.IfMatch)
		if err != nil {
			return nil, err
		}
		w, err := write(ctx, in.Key, in.RawBody)
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
		return single(res, nil)
	})
}

type batchInput struct {
	Key  string `header:"Idempotency-Key" maxLength:"250"`
	Body struct {
		Items []json.RawMessage `json:"items" minItems:"1" maxItems:"100" doc:"New records; or, with id and version, merge patches of existing ones"`
	}
}

type batchOutput struct {
	Body struct {
		Results []batchResult `json:"results"`
	}
}

type batchResult struct {
	Status  int              `json:"status"`
	Record  *Body            `json:"record,omitempty"`
	Problem *httpapi.Problem `json:"problem,omitempty"`
}

func (c collection) batch() {
	op := c.operation(http.MethodPost, "/batch", "batch", "Create or change up to 100 "+c.kind.Plural+", each by itself")
	op.MaxBodyBytes = 5 << 20
	httpapi.Handle(c.API.API, op, func(ctx context.Context, in *batchInput) (*batchOutput, error) {
		out := &batchOutput{}
		for i, item := range in.Body.Items {
			res, status, err := c.item(ctx, in.Key, i, item)
			if err != nil {
				out.Body.Results = append(out.Body.Results, batchResult{Status: httpapi.Status(fault.From(err).Kind), Problem: c.Problem(ctx, err)})
				continue
			}
			one, err := Answer(status, res.Record, res.Warnings)
			if err != nil {
				return nil, err
			}
			out.Body.Results = append(out.Body.Results, batchResult{Status: status, Record: &one.Body})
		}
		return out, nil
	})
}

// item does one item of a batch: with an id it is a patch of the version it names, without one a new record.
func (c collection) item(ctx context.Context, key string, i int, raw json.RawMessage) (repository.Result, int, error) {
	k, err := httpapi.Key(ctx, key, raw, strconv.Itoa(i))
	if err != nil {
		return repository.Result{}, 0, err
	}
	w := repository.Write{Grant: httpapi.Caller(ctx).Grant, Key: k}
	var target struct {
		ID      *string `json:"id"`
		Version *int64  `json:"version"`
	}
	if err := json.Unmarshal(raw, &target); err != nil || !bytes.HasPrefix(bytes.TrimSpace(raw), []byte("{")) {
		return repository.Result{}, 0, fault.New(fault.Malformed, "malformed")
	}
	if target.ID == nil {
		res, err := c.Records.Create(ctx, w, c.kind.Name, raw)
		return res, http.StatusCreated, err
	}
	if target.Version == nil {
		return repository.Result{}, 0, fault.New(fault.Unconditional, "if_match_required")
	}
	res, err := c.Records.Patch(ctx, w, c.kind.Name, *target.ID, *target.Version, raw)
	return res, http.StatusOK, err
}
