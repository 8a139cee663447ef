package app

import (
	"context"
	"net/http"
	"time"

	"github.com/muster-crm/muster/shared/httpapi"
	"github.com/muster-crm/muster/shared/job"
	"github.com/muster-crm/muster/shared/policy"
	"github.com/muster-crm/muster/shared/rewrite"
)

// rewriteOf is a rewrite as the API shows it.
type rewriteOf struct {
	ID        string           `json:"id,omitempty" doc:"Absent from a dry run"`
	State     job.State        `json:"state" enum:"previewed,queued,running,done,failed,cancelled,undone"`
	Of        string           `json:"of"`
	From      []string         `json:"from"`
	To        string           `json:"to"`
	Remove    bool             `json:"remove,omitempty"`
	Total     int64            `json:"total" doc:"Records that have one of the values when it begins, those in the trash too"`
	Counts    map[string]int64 `json:"counts,omitempty" doc:"done: records changed; kept: left as they are by an undo, because they were edited since"`
	Uses      []rewrite.Use    `json:"uses,omitempty" doc:"Of a dry run: records that would change, by kind, those in the trash left out"`
	Failure   string           `json:"failure,omitempty" doc:"The code of what it failed on"`
	CreatedAt time.Time        `json:"createdAt,omitzero"`
	EndedAt   time.Time        `json:"endedAt,omitzero"`
}

type rewriteOutput struct {
	Status   int    `json:"-"`
	Location string `header:"Location"`
	Body     rewriteOf
}

func showRewrite(j *job.Job, q rewrite.Request) *rewriteOutput {
	return &rewriteOutput{Status: http.StatusOK, Body: rewriteOf{ID: j.ID, State: j.State, Of: q.Of, From: q.From, To: q.To, Remove: q.Remove,
		Total: j.Total, Counts: j.Counts, Failure: j.Failure, CreatedAt: j.CreatedAt, EndedAt: j.EndedAt}}
}

type newRewriteInput struct {
	Body struct {
		Of     string   `json:"of" maxLength:"30" doc:"A managed list, tags, entity, store or clientGroup"`
		From   []string `json:"from" minItems:"1" maxItems:"50" doc:"Codes of the list, tags, or ids: what is replaced"`
		To     string   `json:"to" maxLength:"200" doc:"What takes their place"`
		Remove bool     `json:"remove,omitempty" doc:"Remove the replaced values afterwards"`
		DryRun bool     `json:"dryRun,omitempty" doc:"Count only"`
	}
}

func (a app) startRewrite() {
	op := operation(http.MethodPost, "/rewrites", "create-rewrite", "Put one value in the place of others in every record: replace a value of a list, rename or merge tags", "lists",
		http.StatusUnprocessableEntity)
	op.DefaultStatus = http.StatusAccepted
	httpapi.Handle(a.API, op, func(ctx context.Context, in *newRewriteInput) (*rewriteOutput, error) {
		g := httpapi.Caller(ctx).Grant
		q := rewrite.Request{Of: in.Body.Of, From: in.Body.From, To: in.Body.To, Remove: in.Body.Remove}
		if in.Body.DryRun {
			plan, err := a.Rewrites.Plan(ctx, g, q)
			if err != nil {
				return nil, err
			}
			return &rewriteOutput{Status: http.StatusOK, Body: rewriteOf{State: job.Previewed, Of: q.Of, From: q.From, To: q.To, Remove: q.Remove,
				Total: int64(plan.Total), Uses: plan.Uses}}, nil
		}
		j, err := a.Rewrites.Start(ctx, g, q)
		if err != nil {
			return nil, err
		}
		out, err := a.readRewrite(ctx, j.ID)
		if err != nil {
			return nil, err
		}
		out.Status, out.Location = http.StatusAccepted, "/v1/rewrites/"+j.ID
		return out, nil
	})
}

func (a app) readRewrite(ctx context.Context, id string) (*rewriteOutput, error) {
	j, q, err := a.Rewrites.Get(ctx, httpapi.Caller(ctx).Grant, id)
	if err != nil {
		return nil, err
	}
	return showRewrite(j, q), nil
}

type rewriteInput struct {
	ID string `path:"id" maxLength:"64"`
}

func (a app) getRewrite() {
	op := operation(http.MethodGet, "/rewrites/{id}", "get-rewrite", "Read how far a rewrite is", "lists")
	httpapi.Handle(a.API, op, func(ctx context.Context, in *rewriteInput) (*rewriteOutput, error) {
		return a.readRewrite(ctx, in.ID)
	})
}

func (a app) changeRewrite(action, summary string, do func(context.Context, policy.Grant, string) (*job.Job, error)) {
	op := operation(http.MethodPost, "/rewrites/{id}/"+action, action+"-rewrite", summary, "lists", http.StatusConflict)
	op.DefaultStatus = http.StatusAccepted
	httpapi.Handle(a.API, op, func(ctx context.Context, in *rewriteInput) (*rewriteOutput, error) {
		if _, err := do(ctx, httpapi.Caller(ctx).Grant, in.ID); err != nil {
			return nil, err
		}
		out, err := a.readRewrite(ctx, in.ID)
		if err != nil {
			return nil, err
		}
		out.Status = http.StatusAccepted
		return out, nil
	})
}
