package app

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/muster-crm/muster/shared/bulk"
	"github.com/muster-crm/muster/shared/fault"
	"github.com/muster-crm/muster/shared/httpapi"
	"github.com/muster-crm/muster/shared/job"
	"github.com/muster-crm/muster/shared/policy"
	"github.com/muster-crm/muster/shared/repository"
	"github.com/muster-crm/muster/shared/target"
)

// Bulk is a bulk action as the API shows it: one that was started, or what one would do.
type Bulk struct {
	ID         string           `json:"id,omitempty" doc:"Absent from a dry run"`
	Kind       string           `json:"kind" doc:"Of the records"`
	Action     string           `json:"action"`
	Params     map[string]any   `json:"params,omitempty"`
	Target     target.Target    `json:"target" doc:"Without the ids, which are among the items"`
	DryRun     bool             `json:"dryRun,omitempty"`
	State      job.State        `json:"state" enum:"draft,previewed,queued,running,done,failed,cancelled,undone"`
	Phase      string           `json:"phase,omitempty" enum:"run,undo"`
	Counts     map[string]int64 `json:"counts" doc:"total, done, unchanged, skipped and failed; after undo also undone and kept"`
	Exact      *bool            `json:"exact,omitempty" doc:"Of a dry run: every record was judged; else the first were, and the others counted"`
	Samples    []BulkItem       `json:"samples,omitempty" doc:"Of a dry run: ten of the records"`
	Exceptions []BulkItem       `json:"exceptions,omitempty" doc:"Of a dry run: ten of those that would be skipped or refused"`
	Failure    *failure         `json:"failure,omitempty"`
	UndoUntil  *time.Time       `json:"undoUntil,omitempty" doc:"While it can be taken back"`
	CreatedAt  *time.Time       `json:"createdAt,omitempty"`
	CreatedBy  string           `json:"createdBy,omitempty"`
	StartedAt  *time.Time       `json:"startedAt,omitempty"`
	EndedAt    *time.Time       `json:"endedAt,omitempty"`
}

// BulkItem is what became, or would become, of a record.
type BulkItem struct {
	ID      string       `json:"id"`
	Title   string       `json:"title"`
	Result  string       `json:"result" enum:"done,unchanged,skipped,failed,kept"`
	Reason  string       `json:"reason,omitempty" doc:"In the caller's language"`
	Reasons []BulkReason `json:"reasons,omitempty"`
}

// BulkReason is why a record is skipped, refused or kept.
type BulkReason struct {
	Path string `json:"path,omitempty"`
	Code string `json:"code"`
}

func bulkItems(ctx context.Context, all []bulk.Named) []BulkItem {
	items := make([]BulkItem, 0, len(all))
	for _, n := range all {
		item := BulkItem{ID: n.ID, Title: n.Title, Result: n.Result.Result, Reason: bulk.Sentences(httpapi.Printer(ctx), n.Reasons)}
		for _, r := range n.Reasons {
			item.Reasons = append(item.Reasons, BulkReason{Path: r.Field, Code: r.Code})
		}
		items = append(items, item)
	}
	return items
}

// asked shows what was asked for.
func asked(q bulk.Request) (Bulk, error) {
	q.Target.IDs = nil
	out := Bulk{Kind: q.Kind, Action: q.Action, Target: q.Target, Params: map[string]any{}}
	for name, raw := range q.Params {
		var value any
		if err := json.Unmarshal(raw, &value); err != nil {
			return out, err
		}
		out.Params[name] = value
	}
	return out, nil
}

func (a app) showBulk(ctx context.Context, b bulk.Bulk) (Bulk, error) {
	out, err := asked(b.Request)
	if err != nil {
		return out, err
	}
	out.ID, out.State, out.Phase, out.CreatedAt, out.CreatedBy = b.ID, b.State, b.Phase, &b.CreatedAt, b.Maker.ID
	counts := b.Tally()
	out.Counts = map[string]int64{"total": counts.Total, "done": counts.Done, "unchanged": counts.Unchanged, "skipped": counts.Skipped, "failed": counts.Failed}
	if b.Undos() > 0 {
		out.Counts["undone"], out.Counts["kept"] = counts.Back, counts.Kept
	}
	if b.Failure != "" {
		out.Failure = &failure{Code: b.Failure, Message: httpapi.Printer(ctx).Field(fault.At("", b.Failure))}
	}
	if b.Undoable(a.Bulks.Records.Clock.Now()) {
		until := b.UndoUntil()
		out.UndoUntil = &until
	}
	if !b.StartedAt.IsZero() {
		out.StartedAt = &b.StartedAt
	}
	if !b.EndedAt.IsZero() {
		out.EndedAt = &b.EndedAt
	}
	return out, nil
}

func showPreview(ctx context.Context, p bulk.Preview) (Bulk, error) {
	out, err := asked(p.Request)
	out.DryRun, out.State, out.Exact = true, job.Previewed, &p.Exact
	out.Counts = map[string]int64{"total": int64(p.Count), "done": int64(p.Changed), "unchanged": int64(p.Same), "skipped": int64(p.Skipped), "failed": int64(p.Failed)}
	out.Samples, out.Exceptions = bulkItems(ctx, p.Samples), bulkItems(ctx, p.Except)
	return out, err
}

type bulkOutput struct {
	Status int `json:"-"`
	Body   Bulk
}

func bulkOperation(method, path, id, summary string) huma.Operation {
	return huma.Operation{Method: method, Path: "/v1/bulks" + path, OperationID: id, Summary: summary, Tags: []string{"bulks"},
		Errors: []int{http.StatusConflict, http.StatusUnprocessableEntity}}
}

// bulks registers the operations of bulk actions.
func (a app) bulks() {
	a.createBulk()
	a.listBulks()
	a.bulk(http.MethodGet, "/{id}", "get-bulk", "Read a bulk action", func(ctx context.Context, g policy.Grant, id string) (bulk.Bulk, error) {
		return a.Bulks.Get(ctx, g, id)
	})
	a.bulk(http.MethodPost, "/{id}/cancel", "cancel-bulk", "Stop a bulk action; what is done stays done", func(ctx context.Context, g policy.Grant, id string) (bulk.Bulk, error) {
		return a.Bulks.Cancel(ctx, g, id)
	})
	a.bulk(http.MethodPost, "/{id}/undo", "undo-bulk", "Take back what a bulk action did, field by field; what was edited since is kept and listed", func(ctx context.Context, g policy.Grant, id string) (bulk.Bulk, error) {
		return a.Bulks.Undo(ctx, g, id)
	})
	a.bulkItems()
}

type createBulkInput struct {
	Key  string `header:"Idempotency-Key" maxLength:"257" doc:"Makes a repeated request one action"`
	Body struct {
		Kind   string         `json:"kind,omitempty" maxLength:"50" doc:"Of the records; contact when absent; user for those who sign in, named by ids or all"`
		Action string         `json:"action" maxLength:"50" doc:"tag.add and tag.remove {tag}; category, type, status, entity {the same name: the value, \"\" for none}; custom {field, value}; group.add {group, function, from} and group.remove {group, to}; delete {count: how many, to be sure}. Of users: grant and withdraw {role}; invite; reset"`
		Target target.Target  `json:"target" doc:"Exactly one of ids, q, search and all"`
		Params map[string]any `json:"params,omitempty"`
		DryRun bool           `json:"dryRun,omitempty" doc:"Tell what it would do, and write nothing"`
	}
	RawBody []byte
}

func (a app) createBulk() {
	op := bulkOperation(http.MethodPost, "", "create-bulk", "Do one thing to many records")
	op.DefaultStatus = http.StatusCreated
	httpapi.Handle(a.API, op, func(ctx context.Context, in *createBulkInput) (*bulkOutput, error) {
		key, err := httpapi.Key(ctx, in.Key, in.RawBody, "")
		if err != nil {
			return nil, err
		}
		w := repository.Write{Grant: httpapi.Caller(ctx).Grant, Key: key}
		q := bulk.Request{Kind: in.Body.Kind, Action: in.Body.Action, Params: bulk.Params{}, Base: httpapi.Base(ctx), Target: in.Body.Target}
		for name, value := range in.Body.Params {
			if q.Params[name], err = json.Marshal(value); err != nil {
				return nil, err
			}
		}
		if in.Body.DryRun {
			p, err := a.Bulks.Preview(ctx, w.Grant, q)
			if err != nil {
				return nil, err
			}
			body, err := showPreview(ctx, p)
			return &bulkOutput{Status: http.StatusOK, Body: body}, err
		}
		b, err := a.Bulks.Start(ctx, w, q)
		if err != nil {
			return nil, err
		}
		body, err := a.showBulk(ctx, b)
		return &bulkOutput{Status: http.StatusCreated, Body: body}, err
	})
}

type bulksOutput struct {
	Body struct {
		Items []Bulk `json:"items"`
		Next  string `json:"next,omitempty"`
	}
}

func (a app) listBulks() {
	httpapi.Handle(a.API, bulkOperation(http.MethodGet, "", "list-bulks", "List bulk actions, newest first"), func(ctx context.Context, in *listInput) (*bulksOutput, error) {
		g := httpapi.Caller(ctx).Grant
		var after string
		if in.Cursor != "" {
			if err := a.Cursors.Open(ctx, g, "bulks", in.Cursor, &after); err != nil {
				return nil, err
			}
		}
		all, next, err := a.Bulks.List(ctx, g, after, in.Limit)
		if err != nil {
			return nil, err
		}
		out := &bulksOutput{}
		out.Body.Items = make([]Bulk, len(all))
		for i, b := range all {
			if out.Body.Items[i], err = a.showBulk(ctx, b); err != nil {
				return nil, err
			}
		}
		if next != "" {
			out.Body.Next, err = a.Cursors.Seal(ctx, g, "bulks", next)
		}
		return out, err
	})
}

// bulk registers an operation on one bulk action.
func (a app) bulk(method, path, id, summary string, do func(context.Context, policy.Grant, string) (bulk.Bulk, error)) {
	httpapi.Handle(a.API, bulkOperation(method, path, id, summary), func(ctx context.Context, in *IDInput) (*bulkOutput, error) {
		b, err := do(ctx, httpapi.Caller(ctx).Grant, in.ID)
		if err != nil {
			return nil, err
		}
		body, err := a.showBulk(ctx, b)
		return &bulkOutput{Status: http.StatusOK, Body: body}, err
	})
}

type bulkItemsInput struct {
	IDInput
	Result string `query:"result" enum:"done,unchanged,skipped,failed,kept" doc:"kept: what undo left as it is"`
	Limit  int    `query:"limit" minimum:"1" maximum:"200" default:"50"`
	Cursor string `query:"cursor" maxLength:"2000"`
}

type bulkItemsOutput struct {
	Body struct {
		Items []BulkItem `json:"items"`
		Next  string     `json:"next,omitempty"`
	}
}

func (a app) bulkItems() {
	httpapi.Handle(a.API, bulkOperation(http.MethodGet, "/{id}/items", "items-of-bulk", "Read what became of the records"), func(ctx context.Context, in *bulkItemsInput) (*bulkItemsOutput, error) {
		g := httpapi.Caller(ctx).Grant
		question := strings.Join([]string{"items", in.ID, in.Result}, "\n")
		var after string
		if in.Cursor != "" {
			if err := a.Cursors.Open(ctx, g, question, in.Cursor, &after); err != nil {
				return nil, err
			}
		}
		items, next, err := a.Bulks.Items(ctx, g, in.ID, in.Result, after, in.Limit)
		if err != nil {
			return nil, err
		}
		out := &bulkItemsOutput{}
		out.Body.Items = bulkItems(ctx, items)
		if next != "" {
			out.Body.Next, err = a.Cursors.Seal(ctx, g, question, next)
		}
		return out, err
	})
}
