package importer

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"unicode"

	"github.com/muster-crm/muster/shared/contact"
	"github.com/muster-crm/muster/shared/fault"
	"github.com/muster-crm/muster/shared/fold"
	"github.com/muster-crm/muster/shared/job"
	"github.com/muster-crm/muster/shared/parse"
	"github.com/muster-crm/muster/shared/record"
	"github.com/muster-crm/muster/shared/repository"
	"github.com/muster-crm/muster/shared/setting"
)

// newFields makes a field of the organisation's own for every column of a plan that asks for one (IMP-03). It needs the
// right to manage; a field of that name that is there already is used.
func (i *Importer) newFields(ctx context.Context, w repository.Write, j *job.Job, plan *Plan, g *Guess, cfg *setting.Config) (*setting.Config, error) {
	made := false
	for n := range plan.Columns {
		c := &plan.Columns[n]
		if c.NewCustomField == "" {
			continue
		}
		if n >= len(g.Columns) {
			break // the plan does not fit the file; check says so
		}
		at := fmt.Sprintf("columns[%d].newCustomField", n)
		if !slices.Contains(newTypes, c.NewCustomField) {
			return nil, fault.Bad(at, "bad_choice")
		}
		label := g.Columns[n].Header
		name := fieldName(label)
		if name == "" {
			return nil, fault.Bad(at, "bad_name")
		}
		if !slices.ContainsFunc(cfg.Fields, func(f record.CustomField) bool { return f.Kind == contact.Name && f.Name == name }) {
			field := map[string]any{"for": contact.Name, "name": name, "label": label, "type": c.NewCustomField, "order": len(cfg.Fields) + n}
			if c.NewCustomField == setting.TypeChoice || c.NewCustomField == setting.TypeChoices {
				options, err := i.options(ctx, j, plan, n, c.NewCustomField == setting.TypeChoices)
				if err != nil {
					return nil, err
				}
				field["options"] = options
			}
			body, err := json.Marshal(field)
			if err != nil {
				return nil, err
			}
			if _, err := i.Records.Create(ctx, w, setting.FieldName, body); err != nil {
				if f := fault.From(err); f.Kind == fault.Invalid {
					return nil, fault.Bad(at, f.Fields[0].Code)
				}
				return nil, err
			}
			made = true
		}
		c.Field, c.Ignore, c.NewCustomField = "custom."+name, false, ""
	}
	if !made {
		return cfg, nil
	}
	return i.Records.Config(ctx, w.Grant)
}

// maxOptions is how many options a choice may have.
const maxOptions = 200

// options lists the values of a column, in the order of the file: as they are spelled first, one more than a choice may have
// at most.
func (i *Importer) options(ctx context.Context, j *job.Job, plan *Plan, column int, apart bool) ([]string, error) {
	object, err := i.Blobs.Open(ctx, file(j))
	if err != nil {
		return nil, uploaded(err)
	}
	defer object.Close()
	book, err := openBook(object, plan)
	if err != nil {
		return nil, err
	}
	sample, err := book.Sample(plan.Sheet, sampleRows)
	if err != nil {
		return nil, err
	}
	layout := layoutOf(book, sample, plan)
	rows, err := book.Each(plan.Sheet)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var all []string
	seen := map[string]bool{}
	for rows.Next() && len(all) <= maxOptions {
		if layout.Skip(rows.Row()) != "" {
			continue
		}
		values := []string{rows.Row().Text(column)}
		if apart {
			values = several(values[0])
		}
		for _, v := range values {
			v = record.Clean(v, false)
			if key := fold.String(v); v != "" && !parse.Missing(v) && !seen[key] {
				seen[key] = true
				all = append(all, v)
			}
		}
	}
	return all, rows.Err()
}

// fieldName makes the name of a field out of a header: "Lid sinds" becomes "lidSinds".
func fieldName(header string) string {
	var b strings.Builder
	upper := false
	for _, r := range fold.String(header) {
		switch {
		case r >= 'a' && r <= 'z' || r >= '0' && r <= '9' && b.Len() > 0:
			if upper && b.Len() > 0 {
				r = unicode.ToUpper(r)
			}
			b.WriteRune(r)
			upper = false
		default:
			upper = true
		}
	}
	name := b.String()
	return name[:min(30, len(name))]
}
