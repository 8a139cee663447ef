package recordapi

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/muster-crm/muster/shared/fault"
	"github.com/muster-crm/muster/shared/httpapi"
	"github.com/muster-crm/muster/shared/policy"
	"github.com/muster-crm/muster/shared/record"
	"github.com/muster-crm/muster/shared/repository"
)

// ListInput is what a list is asked in its address.
type ListInput struct {
	Q      string `query:"q" maxLength:"4000" doc:"The query language: words, type:member, birthDate<2010-01-01, is:trashed ..."`
	Sort   string `query:"sort" maxLength:"200" doc:"Fields, separated by commas; - before a field reverses it"`
	Limit  int    `query:"limit" minimum:"1" maximum:"200" default:"50"`
	Cursor string `query:"cursor" maxLength:"2000"`
	Fields string `query:"fields" maxLength:"2000" doc:"Members of the items, separated by commas; * reads the whole records"`
	Count  bool   `query:"count" doc:"Count the total"`
}

// ListOutput is a page of a list.
type ListOutput struct {
	Body struct {
		Items []Body `json:"items"`
		Next  string `json:"next,omitempty" doc:"The cursor of the next page"`
		Total *int   `json:"total,omitempty"`
	}
}

func (c collection) list() {
	op := c.operation(http.MethodGet, "", "list", "List "+c.kind.Plural)
	c.answersList(&op)
	httpapi.Handle(c.API.API, op, func(ctx context.Context, in *ListInput) (*ListOutput, error) {
		g := httpapi.Caller(ctx).Grant
		q := repository.Question{Text: in.Q, Sort: Sorts(in.Sort), Limit: in.Limit, Count: in.Count}
		question := strings.Join([]string{"list", c.kind.Name, in.Q, in.Sort}, "\n")
		return c.answerList(ctx, g, question, in.Cursor, in.Fields, q)
	})
}

// answerList answers one page of a question with its items.
func (c collection) answerList(ctx context.Context, g policy.Grant, question, cursor, fields string, q repository.Question) (*ListOutput, error) {
	list, next, err := c.Page(ctx, g, c.kind.Name, question, cursor, q)
	if err != nil {
		return nil, err
	}
	out := &ListOutput{}
	if out.Body.Items, err = c.Items(ctx, g, c.kind.Name, list, fields); err != nil {
		return nil, err
	}
	out.Body.Next = next
	if q.Count {
		out.Body.Total = &list.Total
	}
	return out, nil
}

// answersList documents a page of a list: its items are of the kind.
func (c collection) answersList(op *huma.Operation) {
	items := List(c.schema())
	items.Description = "With the indexed members, or those asked for"
	Answers(op, http.StatusOK, Object(Members{"items": items, "next": Text("The cursor of the next page"),
		"total": {Type: huma.TypeInteger, Format: "int64"}}, "next", "total"))
}

// Sorts reads a sort parameter.
func Sorts(s string) []repository.Sort {
	var sorts []repository.Sort
	for part := range strings.SplitSeq(s, ",") {
		if part = strings.TrimSpace(part); part != "" {
			path, down := strings.CutPrefix(part, "-")
			sorts = append(sorts, repository.Sort{Path: path, Down: down})
		}
	}
	return sorts
}

// Page answers one page of a question; cursor and next are sealed places in it.
func (a *API) Page(ctx context.Context, g policy.Grant, kind, question, cursor string, q repository.Question) (repository.List, string, error) {
	if cursor != "" {
		q.After = &repository.Position{}
		if err := a.Cursors.Open(ctx, g, question, cursor, q.After); err != nil {
			return repository.List{}, "", err
		}
	}
	list, err := a.Records.List(ctx, g, kind, q)
	if err != nil || list.Next == nil {
		return list, "", err
	}
	next, err := a.Cursors.Seal(ctx, g, question, list.Next)
	return list, next, err
}

// Items gives the items of a list with the wanted members: all indexed ones by default, the named ones, or with "*" the
// records themselves.
func (a *API) Items(ctx context.Context, g policy.Grant, kind string, list repository.List, fields string) ([]Body, error) {
	items := make([]Body, 0, len(list.Items))
	if fields == "*" {
		records, err := a.Records.Read(ctx, g, kind, list.IDs)
		if err != nil {
			return nil, err
		}
		for _, rec := range records {
			raw, err := json.Marshal(rec)
			if err != nil {
				return nil, err
			}
			items = append(items, Body{raw})
		}
		return items, nil
	}
	wanted, err := a.wanted(kind, fields)
	if err != nil {
		return nil, err
	}
	for _, item := range list.Items {
		if wanted != nil {
			if item, err = pick(item, wanted); err != nil {
				return nil, err
			}
		}
		items = append(items, Body{item})
	}
	return items, nil
}

// wanted reads a fields parameter; nil means every member. id is always among them.
func (a *API) wanted(kind, fields string) ([]string, error) {
	if fields == "" {
		return nil, nil
	}
	k, err := a.Records.Kind(kind)
	if err != nil {
		return nil, err
	}
	wanted := []string{"id"}
	for name := range strings.SplitSeq(fields, ",") {
		name = strings.TrimSpace(name)
		if _, ok := k.Field(name); !ok && !record.IsMeta(name) {
			return nil, fault.Bad("fields", "unknown_field", "word", name)
		}
		wanted = append(wanted, name)
	}
	return wanted, nil
}

func pick(item []byte, wanted []string) ([]byte, error) {
	var members map[string]json.RawMessage
	if err := json.Unmarshal(item, &members); err != nil {
		return nil, err
	}
	picked := make(map[string]json.RawMessage, len(wanted))
	for _, name := range wanted {
		if value, ok := members[name]; ok {
			picked[name] = value
		}
	}
	return json.Marshal(picked)
}
