package app

import (
	"cmp"
	"slices"
	"strings"

	"github.com/muster-crm/muster/functions/web/ui"
	"github.com/muster-crm/muster/shared/fold"
	"github.com/muster-crm/muster/shared/policy"
	"github.com/muster-crm/muster/shared/query"
	"github.com/muster-crm/muster/shared/record"
	"github.com/muster-crm/muster/shared/repository"
	"github.com/muster-crm/muster/shared/saved"
)

// facet is one set of counts beside the list: of the values of a field.
type facet struct{ path string }

// facetRows is how many values of a facet are shown before the rest is asked for.
const facetRows = 6

// maxFacets is how many facets a kind has that names none.
const maxFacets = 6

// facetsOf gives the facets of a kind: those of its look, or its fields of few values.
func (x *exchange) facetsOf(l *look, k *record.Kind) []facet {
	if l.facets != nil {
		return slices.DeleteFunc(slices.Clone(l.facets), func(f facet) bool { return !x.inUse(k, f.path) })
	}
	var all []facet
	for _, f := range k.Fields {
		few := f.Type == record.Code && f.Indexed && !f.System || f.Type == record.Flag && f.Indexed
		if few && x.inUse(k, f.Path) && x.who.Grant.Fields(policy.Read, f.Class) && len(all) < maxFacets {
			all = append(all, facet{f.Path})
		}
	}
	return all
}

// term is the condition that a value of a facet stands for; "" is having none.
func (f facet) term(value string) query.Expr {
	switch {
	case value == "":
		return query.Not{Expr: query.Term{Field: f.path, Op: query.Filled}}
	case strings.HasSuffix(f.path, "town"): // a text: Has would find it in others
		return query.Term{Field: f.path, Op: query.Is, Value: value}
	}
	return query.Term{Field: f.path, Op: query.Has, Value: value}
}

// value reads such a condition back.
func (f facet) value(e query.Expr) (string, bool) {
	if not, ok := e.(query.Not); ok {
		t, ok := not.Expr.(query.Term)
		return "", ok && t.Field == f.path && t.Op == query.Filled
	}
	t, ok := e.(query.Term)
	return t.Value, ok && t.Field == f.path && (t.Op == query.Has || t.Op == query.Is)
}

// chosen finds the part of a query that chooses among the values of the facet: its place among the chips, and the values.
func (f facet) chosen(where query.Expr) (at int, values []string) {
	for i := range query.Chips(where) {
		part := conjunct(where, i)
		any, ok := part.(query.Or)
		if !ok {
			any = query.Or{part}
		}
		values = nil
		for _, e := range any {
			v, ok := f.value(e)
			if !ok {
				values = nil
				break
			}
			values = append(values, v)
		}
		if len(values) > 0 {
			return i, values
		}
	}
	return -1, nil
}

// counts counts the result by its facets. The values of a facet that is chosen from are counted as if it were not, so
// that more of them can be added.
func (l *listing) counts() (*ui.Facets, error) {
	rail := &ui.Facets{}
	for i, f := range l.facets {
		at, on := f.chosen(l.where)
		others := l.where
		buckets := l.found.Facets[i]
		if at >= 0 {
			others = query.Without(l.where, at)
			found, err := l.app.Records.List(l.ctx(), l.who.Grant, l.kind.Name, repository.Question{Where: others, Facets: [][]string{{f.path}}})
			if err != nil {
				return nil, err
			}
			buckets = found.Facets[0]
		}
		if group, ok := l.facet(f, others, on, buckets); ok {
			rail.Groups = append(rail.Groups, group)
		}
	}
	return rail, nil
}

func (l *listing) facet(f facet, others query.Expr, on []string, buckets []repository.Bucket) (ui.Facet, bool) {
	same := func(a, b string) bool { return fold.String(a) == fold.String(b) }
	group := ui.Facet{Label: l.fieldLabel(l.kind, f.path)}
	largest := 0
	for _, b := range buckets {
		largest = max(largest, b.Count)
	}
	whole := l.r.URL.Query().Get("facet") == f.path
	left := 0
	for i, b := range buckets {
		value := b.Values[0]
		is := slices.ContainsFunc(on, func(v string) bool { return same(v, value) })
		if i >= facetRows && !whole && !is {
			left++
			continue
		}
		var next []string
		if is {
			next = slices.DeleteFunc(slices.Clone(on), func(v string) bool { return same(v, value) })
		} else {
			next = append(slices.Clone(on), value)
		}
		item := ui.FacetItem{Label: l.facetLabel(f, value), Count: l.p.Number(int64(b.Count)), Share: shareOf(b.Count, largest), On: is, Href: l.asking(f.any(others, next))}
		group.Items = append(group.Items, item)
	}
	if left > 0 {
		group.More, group.All = l.p.N("filter.more", left), l.href("facet", f.path)
	}
	empty := len(buckets) == 0 || len(buckets) == 1 && buckets[0].Values[0] == ""
	return group, !empty
}

func (l *listing) facetLabel(f facet, value string) string {
	if value == "" {
		if field, ok := l.kind.Field(f.path); ok && field.Type == record.Flag {
			return l.p.T("form.no")
		}
		return l.p.T("form.none")
	}
	return l.valueLabel(f.path, value)
}

// any narrows a query to those with one of the values.
func (f facet) any(where query.Expr, values []string) query.Expr {
	if len(values) == 0 {
		return where
	}
	var or query.Or
	for _, v := range values {
		or = append(or, f.term(v))
	}
	return query.With(where, or)
}

// chip writes a part of a query for people, as far as that is shorter than the query's own words.
func (l *listing) chip(e query.Expr) string {
	not := false
	if n, ok := e.(query.Not); ok {
		e, not = n.Expr, true
	}
	parts, ok := e.(query.Or)
	if !ok {
		parts = query.Or{e}
	}
	var label string
	var values []string
	for _, part := range parts {
		t, ok := part.(query.Term)
		if !ok || label != "" && label != l.queryLabel(t.Field) {
			return query.Format(conjunctOf(e, not))
		}
		label = l.queryLabel(t.Field)
		switch t.Op {
		case query.Has, query.Is:
			values = append(values, l.valueLabel(t.Field, t.Value))
		case query.Filled:
			values = append(values, l.p.T("page.filled"))
		case query.Contains:
			values = append(values, "…"+t.Value+"…")
		case query.Within:
			from, to := query.Bounds(t.Value)
			values = append(values, l.valueLabel(t.Field, from)+" – "+l.valueLabel(t.Field, to))
		default:
			values = append(values, string(t.Op)+" "+l.valueLabel(t.Field, t.Value))
		}
	}
	text := label + ": " + strings.Join(values, ", ")
	if not {
		text = l.p.T("page.not", "what", text)
	}
	return text
}

func conjunctOf(e query.Expr, not bool) query.Expr {
	if not {
		return query.Not{Expr: e}
	}
	return e
}

// queryLabel names a field of the query language.
func (l *listing) queryLabel(path string) string {
	if l.p.Has("field."+l.kind.Name+"."+path) || l.p.Has("field."+path) || strings.HasPrefix(path, "custom.") {
		return l.fieldLabel(l.kind, path)
	}
	if path == saved.Field {
		return l.p.T("kind.search")
	}
	if of := lookOf(path); of != nil { // a name that is borrowed: family:peeters
		return l.p.T(of.one())
	}
	return path
}

// valueLabel writes a value as a query has it.
func (l *listing) valueLabel(path, value string) string {
	if path == saved.Field {
		return cmp.Or(l.called(value), value)
	}
	f, ok := l.kind.At(path, l.cfg.Fields)
	if !ok || f.Path != path {
		if f, ok = l.kind.Field(path); !ok {
			return value
		}
	}
	switch {
	case f.Type == record.Flag:
		return l.text(f, value == "true")
	case f.Type == record.Number && f.Decimals == 0:
		return value
	case f.Ref != nil:
		if err := l.learn(value); err != nil || l.called(value) == "" {
			return value
		}
	}
	return cmp.Or(l.phrase(f, value), value)
}

// shareOf is how long the bar of a count is, of 100: never nothing where something is counted.
func shareOf(n, largest int) int { return (n*100 + largest - 1) / max(largest, 1) }
