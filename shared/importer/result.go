package importer

import (
	"context"
	"encoding/json"

	"github.com/muster-crm/muster/shared/job"
	"github.com/muster-crm/muster/shared/policy"
)

// Rows reads the results of rows in the order of the file, at most limit behind line after: all, or those of one fate alone when
// result is given, of a preview also those that are Alike somebody.
func (i *Importer) Rows(ctx context.Context, g policy.Grant, id, result string, after, limit int) (rows []RowResult, next int, err error) {
	j, p, err := i.get(ctx, g, id)
	if err != nil {
		return nil, 0, err
	}
	if p.Attempt == "" {
		return nil, 0, nil
	}
	from := func(prefix string) *results { return &results{of: i.Jobs, job: j, prefix: prefix, after: after} }
	main, alike := from(p.Attempt+allRows), (*results)(nil)
	switch result {
	case Refused:
		main = from(p.Attempt + refusedRows)
	case Kept:
		main = from(undoPrefix(j))
	case Alike:
		main, result = from(p.Attempt+alikeRows), Create
	case Create, "":
		if j.Counts[Alike] > 0 {
			alike = from(p.Attempt + alikeRows)
		}
	}
	for {
		row, err := main.next(ctx)
		if err != nil || row == nil {
			return rows, 0, err
		}
		if result != "" && row.Result != result {
			continue
		}
		if len(rows) == limit {
			return rows, rows[limit-1].Line, nil
		}
		if alike != nil {
			noted, err := alike.at(ctx, row.Line)
			if err != nil {
				return nil, 0, err
			}
			if noted != nil {
				row = noted
			}
		}
		rows = append(rows, *row)
	}
}

// results reads results of rows in their order, behind a line.
type results struct {
	of     *job.Jobs
	job    *job.Job
	prefix string
	after  int
	name   string // of the last item that was read; "" before the first
	part   []RowResult
	early  *RowResult // read by at, and of a later line
	ended  bool
}

// resultItems is how many items are read at once.
const resultItems = 20

// next gives the next row, nil behind the last.
func (r *results) next(ctx context.Context) (*RowResult, error) {
	for {
		for len(r.part) > 0 {
			row := &r.part[0]
			if r.part = r.part[1:]; row.Line > r.after {
				return row, nil
			}
		}
		if r.ended {
			return nil, nil
		}
		// An item is named by its last line, so the first one behind the name of a line holds the line that follows it.
		if r.name == "" && r.after > 0 {
			r.name = r.prefix + lineName(r.after)
		}
		items, more, err := r.of.Items(ctx, r.job, r.prefix, r.name, resultItems)
		if err != nil {
			return nil, err
		}
		r.name, r.ended = more, more == ""
		for _, item := range items {
			var part []RowResult
			if err := json.Unmarshal(item.Value, &part); err != nil {
				return nil, err
			}
			r.part = append(r.part, part...)
		}
	}
}

// at moves on to a line and gives its row, nil where there is none.
func (r *results) at(ctx context.Context, line int) (*RowResult, error) {
	r.after = max(r.after, line-1)
	row := r.early
	for row == nil || row.Line < line {
		var err error
		if row, err = r.next(ctx); err != nil || row == nil {
			return nil, err
		}
	}
	if r.early = nil; row.Line > line {
		r.early, row = row, nil
	}
	return row, nil
}
