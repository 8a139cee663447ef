package app

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/muster-crm/muster/shared/fault"
	"github.com/muster-crm/muster/shared/httpapi"
	"github.com/muster-crm/muster/shared/i18n"
	"github.com/muster-crm/muster/shared/policy"
	"github.com/muster-crm/muster/shared/record"
	"github.com/muster-crm/muster/shared/recordapi"
	"github.com/muster-crm/muster/shared/repository"
	"github.com/muster-crm/muster/shared/rewrite"
	"github.com/muster-crm/muster/shared/setting"
)

// valueOf is a value of a list as the API shows it.
type valueOf struct {
	ID      string `json:"id,omitempty" doc:"Of what the organisation has made of it; absent for a built-in value that is as it came"`
	Version int64  `json:"version,omitempty"`
	Code    string `json:"code" doc:"What records hold"`
	Label   string `json:"label" doc:"In the caller's language, unless the organisation has a name of its own for it"`
	BuiltIn bool   `json:"builtIn,omitempty"`
	Needed  bool   `json:"needed,omitempty" doc:"The program itself writes it: it can be renamed and nothing else"`
	Retired bool   `json:"retired,omitempty" doc:"Offered no more; records that have it keep it"`
	Order   int    `json:"order"`
	Uses    int    `json:"uses" doc:"Records that have it, those in the trash left out"`
}

type listOf struct {
	List   string `json:"list"`
	Label  string `json:"label"`
	Values int    `json:"values" doc:"Offered ones"`
	Used   bool   `json:"used" doc:"There is a field that takes its values from it"`
}

type listsOutput struct {
	Body struct {
		Items []listOf `json:"items"`
	}
}

func (a app) lists() {
	op := operation(http.MethodGet, "/lists", "list-lists", "Name the lists an organisation makes its own", "lists")
	httpapi.Handle(a.API, op, func(ctx context.Context, _ *none) (*listsOutput, error) {
		cfg, err := a.config(ctx)
		if err != nil {
			return nil, err
		}
		p, out := httpapi.Printer(ctx), &listsOutput{}
		out.Body.Items = []listOf{}
		for _, name := range setting.ManagedLists() {
			out.Body.Items = append(out.Body.Items, listOf{name, p.T("lists." + name), len(cfg.Lists.Codes(name)), a.Rewrites.Used(name)})
		}
		return out, nil
	})
}

// config reads the organisation's configuration for somebody who may read.
func (a app) config(ctx context.Context) (*setting.Config, error) {
	g := httpapi.Caller(ctx).Grant
	if err := g.Allow(policy.Read); err != nil {
		return nil, err
	}
	return a.records.Config(ctx, g)
}

// ListInput names a list.
type ListInput struct {
	List string `path:"list" maxLength:"30"`
}

type valuesOutput struct {
	Body struct {
		Items []valueOf `json:"items"`
	}
}

func (a app) values() {
	op := operation(http.MethodGet, "/lists/{list}/values", "values-of-list", "List the values of a list in their order, with how often they are used", "lists")
	httpapi.Handle(a.API, op, func(ctx context.Context, in *ListInput) (*valuesOutput, error) {
		cfg, err := a.config(ctx)
		if err != nil {
			return nil, err
		}
		if !slices.Contains(setting.ManagedLists(), in.List) {
			return nil, fault.New(fault.NotFound, "not_found")
		}
		uses, err := a.Rewrites.Counts(ctx, httpapi.Caller(ctx).Grant, in.List)
		if err != nil {
			return nil, err
		}
		out := &valuesOutput{}
		out.Body.Items = []valueOf{}
		for _, v := range cfg.Values(in.List) {
			out.Body.Items = append(out.Body.Items, showValue(httpapi.Printer(ctx), cfg, in.List, v, uses[v.Code]))
		}
		return out, nil
	})
}

func showValue(p *i18n.Printer, cfg *setting.Config, list string, v setting.Listed, uses int) valueOf {
	one := valueOf{Code: v.Code, Label: record.Own{Lists: cfg.Lists}.CodeLabel(p, list, v.Code), Retired: v.Retired, Order: v.Order, Uses: uses,
		BuiltIn: (&setting.Value{List: list, Code: v.Code}).BuiltIn(), Needed: setting.Needed(list, v.Code)}
	if v.Record != nil {
		one.ID, one.Version = v.Record.ID, v.Record.Version
	}
	return one
}

type newValueInput struct {
	ListInput
	Key         string `header:"Idempotency-Key" maxLength:"257"`
	ContentType string `header:"Content-Type"`
	RawBody     []byte
}

// createValue takes the list from the path; what else there is, the kind holds against its rules.
func (a app) createValue() {
	op := operation(http.MethodPost, "/lists/{list}/values", "create-value-of-list", "Add a value to a list, or make something of a built-in one", "lists",
		http.StatusConflict, http.StatusUnprocessableEntity)
	op.SkipValidateBody = true
	op.RequestBody = &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{"application/json": {Schema: a.of(setting.ValueKind())}}}
	recordapi.Answers(&op, http.StatusCreated, a.of(setting.ValueKind()))
	httpapi.Handle(a.API, op, func(ctx context.Context, in *newValueInput) (*recordapi.Single, error) {
		if err := httpapi.WantJSON(in.ContentType); err != nil {
			return nil, err
		}
		if !slices.Contains(setting.ManagedLists(), in.List) {
			return nil, fault.New(fault.NotFound, "not_found")
		}
		w, err := recordapi.Write(ctx, in.Key, in.RawBody)
		if err != nil {
			return nil, err
		}
		var members map[string]json.RawMessage
		if err := json.Unmarshal(in.RawBody, &members); err != nil || members == nil {
			return nil, fault.New(fault.Malformed, "malformed")
		}
		if members["list"], err = json.Marshal(in.List); err != nil {
			return nil, err
		}
		body, err := json.Marshal(members)
		if err != nil {
			return nil, err
		}
		res, err := a.records.Create(ctx, w, setting.ValueName, body)
		if err != nil {
			return nil, err
		}
		out, err := recordapi.Answer(http.StatusCreated, res.Record, res.Warnings)
		if err == nil {
			out.Location = "/v1/values/" + res.Record.Base().ID
		}
		return out, err
	})
}

// of describes records of a kind in the document.
func (a app) of(k *record.Kind) *huma.Schema {
	return (&recordapi.API{API: a.API, Records: a.records, Cursors: a.Cursors}).Of(k)
}

type tagOf struct {
	Tag  string `json:"tag"`
	Uses int    `json:"uses"`
}

type tagsOutput struct {
	Body struct {
		Items []tagOf `json:"items"`
	}
}

func (a app) tags() {
	op := operation(http.MethodGet, "/tags", "list-tags", "List the tags in use, by name, with how often they are used", "lists")
	httpapi.Handle(a.API, op, func(ctx context.Context, _ *none) (*tagsOutput, error) {
		g := httpapi.Caller(ctx).Grant
		if err := g.Allow(policy.Read); err != nil {
			return nil, err
		}
		uses, err := a.Rewrites.Counts(ctx, g, rewrite.Tags)
		if err != nil {
			return nil, err
		}
		out := &tagsOutput{}
		out.Body.Items = []tagOf{}
		for tag, n := range uses {
			out.Body.Items = append(out.Body.Items, tagOf{tag, n})
		}
		p := httpapi.Printer(ctx)
		slices.SortFunc(out.Body.Items, func(a, b tagOf) int { return strings.Compare(p.CollationKey(a.Tag), p.CollationKey(b.Tag)) })
		return out, nil
	})
}

type recordsOutput struct {
	Body struct {
		Items []recordapi.Body `json:"items"`
	}
}

// collection serves a kind of the settings: what every kind has, and a list of all there are, in their order.
func (a app) collection(k *record.Kind, all func(*setting.Config) []record.Record) {
	api := &recordapi.API{API: a.API, Records: a.records, Cursors: a.Cursors}
	recordapi.Register(api, k)
	if all == nil {
		return
	}
	op := operation(http.MethodGet, "/"+k.Plural, "list-"+k.Name, "List all "+k.Plural+" in their order", k.Plural)
	recordapi.Answers(&op, http.StatusOK, recordapi.Object(recordapi.Members{"items": recordapi.List(api.Of(k))}))
	httpapi.Handle(a.API, op, func(ctx context.Context, _ *none) (*recordsOutput, error) {
		cfg, err := a.config(ctx)
		if err != nil {
			return nil, err
		}
		g, out := httpapi.Caller(ctx).Grant, &recordsOutput{}
		out.Body.Items = []recordapi.Body{}
		for _, rec := range all(cfg) {
			one, err := recordapi.Answer(http.StatusOK, k.Hide(rec, g, cfg.Fields), nil)
			if err != nil {
				return nil, err
			}
			out.Body.Items = append(out.Body.Items, one.Body)
		}
		return out, nil
	})
}

// records makes records of what they are.
func records[T record.Record](all []T) []record.Record {
	out := make([]record.Record, len(all))
	for i, rec := range all {
		out[i] = rec
	}
	return out
}

func entities(cfg *setting.Config) []record.Record {
	var all []record.Record
	for _, p := range cfg.Entities {
		all = append(all, p.Entity)
	}
	return all
}

// rootEntity answers for the entity that is no record.
func (a app) rootEntity() {
	op := operation(http.MethodGet, "/entities/"+setting.RootEntity, "get-root-entity", "Read the entity all others are below; it is called what the organisation is called", "entities")
	recordapi.Answers(&op, http.StatusOK, a.of(setting.EntityKind()))
	httpapi.Handle(a.API, op, func(ctx context.Context, _ *none) (*recordapi.Single, error) {
		cfg, err := a.config(ctx)
		if err != nil {
			return nil, err
		}
		return recordapi.Answer(http.StatusOK, cfg.Entities[0].Entity, nil)
	})
}

// selectInput is a record that is made the selected one.
type selectInput struct {
	recordapi.IDInput
	IfMatch string `header:"If-Match"`
	Key     string `header:"Idempotency-Key" maxLength:"257"`
}

// selectOne makes a record the selected one of those it is among; the one that was is so no longer.
func (a app) selectOne(k *record.Kind, as, id, summary string) {
	op := operation(http.MethodPost, "/"+k.Plural+"/{id}/"+as, id, summary, k.Plural, http.StatusConflict, http.StatusPreconditionFailed, http.StatusUnprocessableEntity)
	recordapi.Answers(&op, http.StatusOK, a.of(k))
	httpapi.Handle(a.API, op, func(ctx context.Context, in *selectInput) (*recordapi.Single, error) {
		version := repository.AnyVersion
		if in.IfMatch != "" {
			var err error
			if version, err = httpapi.IfMatch(in.IfMatch); err != nil {
				return nil, err
			}
		}
		w, err := recordapi.Write(ctx, in.Key, nil)
		if err != nil {
			return nil, err
		}
		res, err := a.records.Select(ctx, w, k.Name, in.ID, version)
		if err != nil {
			return nil, err
		}
		return recordapi.Answer(http.StatusOK, res.Record, res.Warnings)
	})
}
