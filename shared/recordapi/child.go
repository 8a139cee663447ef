package recordapi

import (
	"context"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/muster-crm/muster/shared/httpapi"
	"github.com/muster-crm/muster/shared/query"
	"github.com/muster-crm/muster/shared/record"
	"github.com/muster-crm/muster/shared/repository"
)

// Option changes what RegisterUnder adds.
type Option func(*collection)

// MadeElsewhere leaves the making of records to operations of the caller's own.
func MadeElsewhere() Option { return func(c *collection) { c.made = true } }

// RegisterUnder adds the operations of a kind of children: they are made and listed under each kind of owner that kinds
// has, and each lives at a path of its own.
func RegisterUnder(a *API, k *record.Kind, kinds *record.Registry, options ...Option) {
	RegisterChild(a, k)
	for _, name := range k.Under {
		if owner, ok := kinds.Kind(name); ok {
			RegisterOf(a, k, owner, options...)
		}
	}
}

// RegisterChild adds the half of RegisterUnder that lies at the kind's own path.
func RegisterChild(a *API, k *record.Kind) {
	c := collection{API: a, kind: k, path: "/v1/" + k.Plural}
	if k.Indexed {
		c.list()
	}
	c.single()
}

// RegisterOf adds the half that lies at the path of one kind of owner.
func RegisterOf(a *API, k, owner *record.Kind, options ...Option) {
	c := collection{API: a, kind: k, path: "/v1/" + k.Plural}
	for _, o := range options {
		o(&c)
	}
	if !c.made {
		c.createUnder(owner)
	}
	if k.Indexed {
		c.listUnder(owner)
	}
}

// under makes an operation on the children of an owner.
func (c collection) under(owner *record.Kind, method, id, summary string) huma.Operation {
	return huma.Operation{Method: method, Path: "/v1/" + owner.Plural + "/{id}/" + c.kind.Plural,
		OperationID: id + "-" + c.kind.Name + "-of-" + owner.Name, Summary: summary, Tags: []string{c.kind.Plural}}
}

type createUnderInput struct {
	IDInput
	CreateInput
}

func (c collection) createUnder(owner *record.Kind) {
	op := c.under(owner, http.MethodPost, "create", "Create a "+c.kind.Name+" of a "+owner.Name)
	c.takes(&op, "application/json")
	c.answers(&op, http.StatusCreated)
	op.Errors = []int{http.StatusConflict, http.StatusUnprocessableEntity}
	httpapi.Handle(c.API.API, op, func(ctx context.Context, in *createUnderInput) (*Single, error) {
		if err := httpapi.WantJSON(in.ContentType); err != nil {
			return nil, err
		}
		w, err := Write(ctx, in.Key, in.RawBody)
		if err != nil {
			return nil, err
		}
		id, err := c.Records.Resolve(ctx, w.Grant, owner.Name, in.ID)
		if err != nil {
			return nil, err
		}
		res, err := c.Records.CreateUnder(ctx, w, c.kind.Name, id, in.RawBody)
		if err != nil {
			return nil, err
		}
		return c.created(res)
	})
}

type listUnderInput struct {
	IDInput
	Q      string `query:"q" maxLength:"4000" doc:"The query language: words, conditions, is:trashed ..."`
	Sort   string `query:"sort" maxLength:"200" doc:"Fields, separated by commas; - before a field reverses it. The newest first by default"`
	Limit  int    `query:"limit" minimum:"1" maximum:"200" default:"50"`
	Cursor string `query:"cursor" maxLength:"2000"`
	Fields string `query:"fields" maxLength:"2000" default:"*" doc:"Members of the items, separated by commas; * reads the whole records"`
	Count  bool   `query:"count" doc:"Count the total"`
}

func (c collection) listUnder(owner *record.Kind) {
	op := c.under(owner, http.MethodGet, "list", "List the "+c.kind.Plural+" of a "+owner.Name)
	c.answersList(&op)
	op.Errors = []int{http.StatusUnprocessableEntity}
	httpapi.Handle(c.API.API, op, func(ctx context.Context, in *listUnderInput) (*ListOutput, error) {
		g := httpapi.Caller(ctx).Grant
		whose, err := c.Records.Get(ctx, g, owner.Name, in.ID)
		if err != nil {
			return nil, err
		}
		if in.Sort == "" {
			in.Sort = "-createdAt"
		}
		id := whose.Base().ID
		q := repository.Question{Text: in.Q, Where: query.Term{Field: "owner", Op: query.Is, Value: id}, Sort: Sorts(in.Sort), Limit: in.Limit, Count: in.Count}
		question := strings.Join([]string{"list", c.kind.Name, id, in.Q, in.Sort}, "\n")
		return c.answerList(ctx, g, question, in.Cursor, in.Fields, q)
	})
}
