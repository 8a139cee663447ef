package app

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/muster-crm/muster/shared/contact"
	"github.com/muster-crm/muster/shared/httpapi"
	"github.com/muster-crm/muster/shared/policy"
	"github.com/muster-crm/muster/shared/record"
	"github.com/muster-crm/muster/shared/recordapi"
	"github.com/muster-crm/muster/shared/repository"
)

// recentChanges is how much of the history a profile shows.
const recentChanges = 20

// profile answers a record of a kind with everything around it: what belongs to it, who names it, and what happened last.
type profile struct {
	*recordapi.API
	kind     *record.Kind
	children []*record.Kind
}

func newProfile(a *recordapi.API, k *record.Kind, kinds *record.Registry) profile {
	return profile{a, k, childrenOf(k, kinds)}
}

type profileInput struct {
	ID string `path:"id" maxLength:"400"`
}

type profileOutput struct {
	ETag string `header:"ETag"`
	Body map[string]any
}

func (p profile) register() {
	op := huma.Operation{Method: http.MethodGet, Path: "/v1/" + p.kind.Plural + "/{id}/profile", OperationID: "profile-" + p.kind.Name,
		Summary: "Read a " + p.kind.Name + " and everything around it", Tags: []string{p.kind.Plural}}
	recordapi.Answers(&op, http.StatusOK, p.schema())
	httpapi.Handle(p.API.API, op, p.answer)
}

func (p profile) schema() *huma.Schema {
	children, totals := recordapi.Members{}, recordapi.Members{}
	for _, k := range p.children {
		children[k.Plural], totals[k.Plural] = recordapi.List(p.Of(k)), recordapi.Whole("")
	}
	described := recordapi.Object(children)
	described.Description = "What belongs to it, the newest first: at most 500 of a kind; lists have the others"
	counted := recordapi.Object(totals)
	counted.Description = "How many there are of each"
	names := &huma.Schema{Type: huma.TypeObject, AdditionalProperties: p.Like(repository.Ref{}),
		Description: "The records that this one and what belongs to it name, by id; those that are gone are absent"}
	members := recordapi.Members{p.kind.Name: p.Of(p.kind), "title": recordapi.Text(""), "age": recordapi.Whole("In years"), "children": described,
		"totals": counted, "links": p.Like([]repository.Link{}), "names": names, "history": p.Like([]recordapi.Entry{})}
	return recordapi.Object(members, "age")
}

func (p profile) answer(ctx context.Context, in *profileInput) (*profileOutput, error) {
	g := httpapi.Caller(ctx).Grant
	around, err := p.Records.Around(ctx, g, p.kind.Name, in.ID)
	if err != nil {
		return nil, err
	}
	rec := around.Record
	id := rec.Base().ID
	links, err := p.Records.Linked(ctx, g, p.kind.Name, id)
	if err != nil {
		return nil, err
	}
	changes, _, err := p.Records.History(ctx, g, p.kind.Name, id, 0, recentChanges)
	if err != nil {
		return nil, err
	}
	history, err := p.Entries(ctx, g, p.kind, changes)
	if err != nil {
		return nil, err
	}
	names, err := p.names(ctx, g, around)
	if err != nil {
		return nil, err
	}
	children, totals := map[string]any{}, map[string]int{}
	for _, k := range p.children {
		children[k.Plural] = around.Children[k.Name]
		if around.Children[k.Name] == nil {
			children[k.Plural] = []record.Record{}
		}
		totals[k.Plural] = around.Totals[k.Name]
	}
	if links == nil {
		links = []repository.Link{}
	}
	body := map[string]any{p.kind.Name: rec, "title": record.Title(rec), "children": children, "totals": totals,
		"links": links, "names": names, "history": history}
	if c, ok := rec.(*contact.Contact); ok {
		if age, ok := record.Age(c.BirthDate, p.Records.Now(ctx, g)); ok {
			body["age"] = age
		}
	}
	return &profileOutput{ETag: httpapi.ETag(rec.Base().Version), Body: body}, nil
}

// names tells what the records are called that a record and what belongs to it name.
func (p profile) names(ctx context.Context, g policy.Grant, around repository.Around) (map[string]repository.Ref, error) {
	cfg, err := p.Records.Config(ctx, g)
	if err != nil {
		return nil, err
	}
	seen := map[string]bool{around.Record.Base().ID: true}
	var ids []string
	note := func(k *record.Kind, rec record.Record) {
		for _, ref := range k.References(rec, cfg.Fields) {
			if !seen[ref.ID] {
				seen[ref.ID] = true
				ids = append(ids, ref.ID)
			}
		}
	}
	note(p.kind, around.Record)
	for _, k := range p.children {
		for _, rec := range around.Children[k.Name] {
			note(k, rec)
		}
	}
	return p.Records.Titles(ctx, g, ids...)
}
