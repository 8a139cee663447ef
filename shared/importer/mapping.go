package importer

import (
	"context"
	"encoding/json"
	"errors"
	"slices"

	"github.com/muster-crm/muster/shared/fault"
	"github.com/muster-crm/muster/shared/fold"
	"github.com/muster-crm/muster/shared/mapping"
	"github.com/muster-crm/muster/shared/policy"
	"github.com/muster-crm/muster/shared/record"
	"github.com/muster-crm/muster/shared/repository"
)

// Mappings lists the mappings that are kept, by name (IMP-08).
func (i *Importer) Mappings(ctx context.Context, g policy.Grant) ([]*mapping.Mapping, error) {
	if err := g.Allow(policy.Import); err != nil {
		return nil, err
	}
	cfg, err := i.Records.Config(ctx, g)
	if err != nil {
		return nil, err
	}
	return cfg.Mappings, nil
}

// Fitting lists the mappings for the headers an import has, the newest first.
func (i *Importer) Fitting(ctx context.Context, g policy.Grant, imp Import) ([]*mapping.Mapping, error) {
	all, err := i.Mappings(ctx, g)
	if err != nil || imp.Guess == nil || imp.Guess.HeaderRow == 0 {
		return nil, err
	}
	var headers []string
	for _, c := range imp.Guess.Columns {
		headers = append(headers, c.Header)
	}
	all = slices.DeleteFunc(slices.Clone(all), func(m *mapping.Mapping) bool { return !m.Fits(headers) })
	slices.SortStableFunc(all, func(a, b *mapping.Mapping) int { return b.UpdatedAt.Compare(a.UpdatedAt) })
	return all, nil
}

// KeepMapping keeps the plan of an import by a name, in the mapping of that name where there is one. Faults: those of a write
// of mappings; Conflict (no_plan) for an import without a plan.
func (i *Importer) KeepMapping(ctx context.Context, w repository.Write, id, name string) (repository.Result, error) {
	_, p, err := i.get(ctx, w.Grant, id)
	if err != nil {
		return repository.Result{}, err
	}
	if p.Plan == nil || p.Guess == nil {
		return repository.Result{}, fault.New(fault.Conflict, "no_plan")
	}
	name = record.Clean(name, false)
	body, err := json.Marshal(p.Plan.kept(name))
	if err != nil {
		return repository.Result{}, err
	}
	for attempt := 1; ; attempt++ {
		all, err := i.Mappings(ctx, w.Grant)
		if err != nil {
			return repository.Result{}, err
		}
		at := slices.IndexFunc(all, func(m *mapping.Mapping) bool { return fold.String(m.Name) == fold.String(name) })
		if at >= 0 {
			return i.Records.Patch(ctx, w, mapping.Name, all[at].ID, repository.AnyVersion, body)
		}
		made, err := i.Records.Create(ctx, w, mapping.Name, body)
		if taken(err) && attempt == 1 {
			continue // somebody has kept one of that name meanwhile
		}
		return made, err
	}
}

// taken tells whether a mapping was refused for its name alone.
func taken(err error) bool {
	f := (*fault.Fault)(nil)
	return errors.As(err, &f) && len(f.Fields) == 1 && f.Fields[0].Code == "name_taken"
}

// kept gives what a mapping keeps of a plan, every member of it, so that nothing stays of what was kept before.
func (p *Plan) kept(name string) map[string]any {
	columns := []mapping.Column{}
	for _, c := range p.Columns {
		k := mapping.Column{Header: mapping.Header(c.Header)}
		if !c.Ignore {
			k.Field, k.Rule, k.DateFormat, k.Clear = c.Field, c.Rule, c.DateFormat, c.Clear
		}
		columns = append(columns, k)
	}
	return map[string]any{"name": name, "mode": p.Mode, "matchKey": p.MatchKey, "rule": p.Rule, "badCell": p.BadCell, "defaultCountry": p.DefaultCountry,
		"links": map[string]string{"group": p.Links.Group, "tags": p.Links.Tags, "family": p.Links.Family, "company": p.Links.Company}, "columns": columns}
}

// PlanOf gives the plan that a mapping keeps.
func PlanOf(m *mapping.Mapping) Plan {
	p := Plan{Mode: m.Mode, MatchKey: m.MatchKey, Rule: m.Rule, BadCell: m.BadCell, DefaultCountry: m.DefaultCountry, Links: Links(m.Links)}
	for _, c := range m.Columns {
		p.Columns = append(p.Columns, Column{Header: c.Header, Field: c.Field, Ignore: c.Field == "", Rule: c.Rule, DateFormat: c.DateFormat, Clear: c.Clear})
	}
	return p
}
