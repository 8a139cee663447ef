// Package app serves merges in the JSON API: what one would do, merging, what was merged, and taking it back. A merge and its
// undoing are done when they answer.
package app

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/muster-crm/muster/shared/httpapi"
	"github.com/muster-crm/muster/shared/merge"
	"github.com/muster-crm/muster/shared/policy"
	"github.com/muster-crm/muster/shared/recordapi"
	"github.com/muster-crm/muster/shared/repository"
)

// Ports are what the app stands on.
type Ports struct {
	Merges  *merge.Merges
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
	a.preview()
	a.create()
	a.list()
	a.get()
	a.undo()
	return a.API
}

// Request says which records become one.
type Request struct {
	Kind     string              `json:"kind" enum:"contact,company,family"`
	Main     string              `json:"main" maxLength:"400" doc:"The id of the record that stays, or ext:SYSTEM:ID"`
	Others   []string            `json:"others" minItems:"1" maxItems:"9" doc:"Those that end in it"`
	Choices  map[string]string   `json:"choices,omitempty" doc:"By field, or member of a map such as custom.size: the id of the record whose value stays. Without it that is the first record's that has one, the main one before the others; lists are united, and a choice keeps one record's list alone"`
	Keep     map[string][]string `json:"keep,omitempty" doc:"By list: the elements that stay of the union, each as id/place, such as con_x/0"`
	Reason   string              `json:"reason,omitempty" maxLength:"500"`
	Versions map[string]int64    `json:"versions,omitempty" doc:"By id: the versions of the records that were seen. 412 when one has moved on"`
}

func (r Request) domain() merge.Request {
	return merge.Request{Kind: r.Kind, Main: r.Main, Others: r.Others, Choices: r.Choices, Keep: r.Keep, Reason: r.Reason, Versions: r.Versions}
}

// Merge is a merge as the API shows it.
type Merge struct {
	ID        string     `json:"id"`
	State     string     `json:"state" enum:"done,undone"`
	Kind      string     `json:"kind" doc:"Of the records"`
	Main      string     `json:"main"`
	Others    []string   `json:"others"`
	Reason    string     `json:"reason,omitempty"`
	Changes   []Change   `json:"changes,omitempty" doc:"What the merge wrote of the main record; not in lists"`
	Conflicts []Conflict `json:"conflicts,omitempty" doc:"Fields that were edited since and that undo keeps, or has kept; not in lists"`
	CreatedAt time.Time  `json:"createdAt"`
	CreatedBy string     `json:"createdBy"`
	UndoneAt  *time.Time `json:"undoneAt,omitempty"`
	UndoneBy  string     `json:"undoneBy,omitempty"`
}

// Change is a field that a merge has written.
type Change struct {
	Field string          `json:"field"`
	From  json.RawMessage `json:"from,omitempty"`
	To    json.RawMessage `json:"to,omitempty"`
}

// Conflict is a field that was edited after the merge.
type Conflict struct {
	Field string          `json:"field"`
	Was   json.RawMessage `json:"was,omitempty" doc:"Before the merge"`
	Is    json.RawMessage `json:"is,omitempty" doc:"And stays"`
}

func show(m *merge.Merge) Merge {
	out := Merge{ID: m.ID, State: m.State(), Kind: m.Of, Main: m.Main, Others: m.Others, Reason: m.Reason, CreatedAt: m.CreatedAt, CreatedBy: m.CreatedBy, UndoneBy: m.UndoneBy}
	if !m.UndoneAt.IsZero() {
		out.UndoneAt = &m.UndoneAt
	}
	return out
}

// whole shows a merge with what it wrote and what its undoing keeps.
func (a app) whole(ctx context.Context, g policy.Grant, m *merge.Merge) (Merge, error) {
	out := show(m)
	c, err := a.Merges.Written(ctx, g, m)
	if err != nil {
		return out, err
	}
	for _, f := range c.Fields {
		out.Changes = append(out.Changes, Change{f.Field, f.From, f.To})
	}
	for _, field := range m.Conflicts {
		out.Conflicts = append(out.Conflicts, Conflict{Field: field})
	}
	if m.State() == merge.Undone || repository.MayMerge(g) != nil {
		return out, nil
	}
	p, err := a.Merges.Part(ctx, repository.Write{Grant: g}, m)
	if err != nil {
		return out, nil // the survivor is in the trash: undo says so
	}
	for _, c := range p.Conflicts {
		out.Conflicts = append(out.Conflicts, Conflict{c.Field, c.Was, c.Is})
	}
	return out, nil
}

type mergeOutput struct {
	Status   int    `json:"-"`
	Location string `header:"Location"`
	Body     Merge
}

func operation(method, path, id, summary string) huma.Operation {
	return huma.Operation{Method: method, Path: "/v1/merges" + path, OperationID: id, Summary: summary, Tags: []string{"merges"}}
}

type createInput struct {
	Key  string `header:"Idempotency-Key" maxLength:"257"`
	Body Request
}

func (a app) create() {
	op := operation(http.MethodPost, "", "create-merge", "Merge two to ten records")
	op.DefaultStatus = http.StatusCreated
	op.Errors = []int{http.StatusConflict, http.StatusPreconditionFailed, http.StatusUnprocessableEntity}
	httpapi.Handle(a.API, op, func(ctx context.Context, in *createInput) (*mergeOutput, error) {
		w, err := recordapi.WriteOf(ctx, in.Key, in.Body)
		if err != nil {
			return nil, err
		}
		m, _, err := a.Merges.Do(ctx, w, in.Body.domain())
		if err != nil {
			return nil, err
		}
		out, err := a.whole(ctx, w.Grant, m)
		return &mergeOutput{Status: http.StatusCreated, Location: "/v1/merges/" + m.ID, Body: out}, err
	})
}

type idInput struct {
	ID string `path:"id" maxLength:"64"`
}

func (a app) get() {
	op := operation(http.MethodGet, "/{id}", "get-merge", "Read a merge")
	httpapi.Handle(a.API, op, func(ctx context.Context, in *idInput) (*mergeOutput, error) {
		g := httpapi.Caller(ctx).Grant
		m, err := a.Merges.Get(ctx, g, in.ID)
		if err != nil {
			return nil, err
		}
		out, err := a.whole(ctx, g, m)
		return &mergeOutput{Status: http.StatusOK, Body: out}, err
	})
}

type undoInput struct {
	ID   string `path:"id" maxLength:"64"`
	Key  string `header:"Idempotency-Key" maxLength:"257"`
	Body *undoBody
}

type undoBody struct {
	Drop string `json:"drop,omitempty" enum:"restored,holder" doc:"Who gives up a unique key that a record coming back and another one both have"`
}

func (a app) undo() {
	op := operation(http.MethodPost, "/{id}/undo", "undo-merge", "Take a merge back; what was edited since stays")
	op.Errors = []int{http.StatusConflict, http.StatusUnprocessableEntity}
	httpapi.Handle(a.API, op, func(ctx context.Context, in *undoInput) (*mergeOutput, error) {
		w, err := recordapi.WriteOf(ctx, in.Key, in.Body)
		if err != nil {
			return nil, err
		}
		drop := repository.DropNone
		if in.Body != nil {
			drop = repository.Drop(in.Body.Drop)
		}
		m, _, err := a.Merges.Undo(ctx, w, in.ID, drop)
		if err != nil {
			return nil, err
		}
		out, err := a.whole(ctx, w.Grant, m)
		return &mergeOutput{Status: http.StatusOK, Body: out}, err
	})
}

type listInput struct {
	Limit  int    `query:"limit" minimum:"1" maximum:"200" default:"50"`
	Cursor string `query:"cursor" maxLength:"2000"`
}

type listOutput struct {
	Body struct {
		Items []Merge `json:"items"`
		Next  string  `json:"next,omitempty"`
	}
}

const listQuestion = "merges"

func (a app) list() {
	op := operation(http.MethodGet, "", "list-merges", "List the merges, the latest first")
	httpapi.Handle(a.API, op, func(ctx context.Context, in *listInput) (*listOutput, error) {
		g := httpapi.Caller(ctx).Grant
		after := ""
		if in.Cursor != "" {
			if err := a.Cursors.Open(ctx, g, listQuestion, in.Cursor, &after); err != nil {
				return nil, err
			}
		}
		all, next, err := a.Merges.List(ctx, g, after, in.Limit)
		if err != nil {
			return nil, err
		}
		out := &listOutput{}
		out.Body.Items = []Merge{}
		for _, m := range all {
			out.Body.Items = append(out.Body.Items, show(m))
		}
		if next != "" {
			out.Body.Next, err = a.Cursors.Seal(ctx, g, listQuestion, next)
		}
		return out, err
	})
}

// Preview is what a merge would do.
type Preview struct {
	Fields []Field          `json:"fields" doc:"Those that differ first"`
	Lost   []Lost           `json:"lost" doc:"Values that no field of the result holds; they stay in the history"`
	Moves  []Move           `json:"moves" doc:"What hangs on the others, by record and kind"`
	Links  []Link           `json:"links" doc:"Records that name the others, and will lead to the survivor"`
	Result json.RawMessage  `json:"result" doc:"The survivor as it will be"`
	Seen   map[string]int64 `json:"versions" doc:"Of the records, to send along"`
}

// Field is a field of the records and of the result.
type Field struct {
	Field  string                     `json:"field"`
	Values map[string]json.RawMessage `json:"values" doc:"By record"`
	Result json.RawMessage            `json:"result,omitempty"`
	Chosen string                     `json:"chosen,omitempty" doc:"The record whose value stays; absent for a list that is united"`
	Differ bool                       `json:"differ"`
	Over   int                        `json:"over,omitempty" doc:"Of a list: how many elements may stay, when the union has more"`
	Picks  []Pick                     `json:"elements,omitempty" doc:"Of a list: those of all records"`
}

// Pick is an element of a list.
type Pick struct {
	Name  string          `json:"name" doc:"As keep takes it"`
	Value json.RawMessage `json:"value"`
	Stays bool            `json:"stays"`
}

// Lost is a value that does not stay.
type Lost struct {
	Field string          `json:"field"`
	Of    string          `json:"of"`
	Value json.RawMessage `json:"value,omitempty"`
}

// Move is what hangs on a record.
type Move struct {
	Of    string `json:"of"`
	Kind  string `json:"kind"`
	Total int    `json:"total"`
	Items []Item `json:"items" doc:"The latest, to 500"`
}

// Item names a record.
type Item struct {
	ID    string `json:"id"`
	Title string `json:"title"`
}

// Link is a record that names another.
type Link struct {
	Of    string `json:"of"`
	ID    string `json:"id"`
	Kind  string `json:"kind"`
	Title string `json:"title"`
	Field string `json:"field"`
}

type previewInput struct{ Body Request }

type previewOutput struct{ Body Preview }

func (a app) preview() {
	op := operation(http.MethodPost, "/preview", "preview-merge", "Tell what a merge would do, moved items and lost values among it")
	op.Errors = []int{http.StatusConflict, http.StatusPreconditionFailed, http.StatusUnprocessableEntity}
	httpapi.Handle(a.API, op, func(ctx context.Context, in *previewInput) (*previewOutput, error) {
		p, err := a.Merges.Preview(ctx, repository.Write{Grant: httpapi.Caller(ctx).Grant}, in.Body.domain())
		if err != nil {
			return nil, err
		}
		out := &previewOutput{Body: shown(p)}
		out.Body.Result, err = json.Marshal(p.Result)
		return out, err
	})
}

func shown(p merge.Preview) Preview {
	out := Preview{Fields: []Field{}, Lost: []Lost{}, Moves: []Move{}, Links: []Link{}, Seen: map[string]int64{}}
	ids := make([]string, len(p.Records))
	for i, rec := range p.Records {
		ids[i] = rec.Base().ID
		out.Seen[ids[i]] = rec.Base().Version
	}
	for _, r := range p.Rows {
		f := Field{Field: r.Field, Values: map[string]json.RawMessage{}, Result: r.Result, Chosen: r.Chosen, Differ: r.Differ}
		for i, value := range r.Values {
			if value != nil {
				f.Values[ids[i]] = value
			}
		}
		if r.Over {
			f.Over = r.Max
		}
		for _, pick := range r.Picked {
			f.Picks = append(f.Picks, Pick{pick.Name(), pick.Value, pick.Stays})
		}
		out.Fields = append(out.Fields, f)
	}
	for _, l := range p.Lost {
		out.Lost = append(out.Lost, Lost(l))
	}
	for _, m := range p.Moves {
		move := Move{Of: m.Of, Kind: m.Kind, Total: m.Total, Items: []Item{}}
		for _, item := range m.Items {
			move.Items = append(move.Items, Item{item.ID, item.Title})
		}
		out.Moves = append(out.Moves, move)
	}
	for _, l := range p.Links {
		out.Links = append(out.Links, Link{l.Of, l.ID, l.Kind, l.Title, l.Field})
	}
	return out
}
