package bulk

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/muster-crm/muster/shared/fault"
	"github.com/muster-crm/muster/shared/job"
	"github.com/muster-crm/muster/shared/policy"
	"github.com/muster-crm/muster/shared/repository"
)

// What becomes of a record.
const (
	Done      = "done"
	Unchanged = "unchanged" // it was so already
	Skipped   = "skipped"   // it is not there to be changed
	Failed    = "failed"    // its checks, or the maker's rights, refuse it
	Back      = "back"      // put back by undo
	Kept      = "kept"      // left as it is by undo
)

// Results lists what can become of a record while an action is done.
func Results() []string { return []string{Done, Unchanged, Skipped, Failed} }

var countOf = map[string]string{Done: countChanged, Unchanged: countUnchanged, Skipped: countSkipped, Failed: countFailed, Back: countBack, Kept: countKept}

// Tally is what became of the records of an action so far.
type Tally struct {
	Total                            int64
	Done, Unchanged, Skipped, Failed int64
	Back, Kept                       int64 // of the newest undo
}

// Tally tells what became of the records.
func (b Bulk) Tally() Tally {
	t := Tally{Total: b.Total, Done: b.Counts[countChanged], Unchanged: b.Counts[countUnchanged], Skipped: b.Counts[countSkipped],
		Failed: b.Counts[countFailed], Back: b.Counts[countBack], Kept: b.Counts[countKept]}
	if b.Phase == phaseUndo {
		t.Total = t.Done + t.Unchanged + t.Skipped + t.Failed
	}
	return t
}

// Undos tells how often the action was begun to be taken back.
func (b Bulk) Undos() int64 { return b.Counts[countUndos] }

// Reason is why a record is skipped, failed or kept.
type Reason struct {
	Field string     `json:"field,omitempty"`
	Code  string     `json:"code"`
	Args  fault.Args `json:"args,omitempty"`
}

// Result is what became of one record.
type Result struct {
	ID       string   `json:"id"`
	Result   string   `json:"result"`
	Revision int64    `json:"revision,omitempty"` // that it led to
	Reasons  []Reason `json:"reasons,omitempty"`
}

// maxReasons is how many of a record's faults its result tells.
const maxReasons = 3

func resultOf(id string, out repository.Outcome) Result {
	switch {
	case out.Err == nil && out.Record == nil:
		return Result{ID: id, Result: Unchanged}
	case out.Err == nil:
		return Result{ID: id, Result: Done, Revision: out.Record.Base().Version + 1}
	}
	r := Result{ID: id, Result: Failed, Reasons: reasons(out.Err)}
	f := fault.From(out.Err)
	full := len(f.Fields) == 1 && f.Fields[0].Code == "group_full"
	if left := (skipped{}); errors.As(out.Err, &left) || errors.Is(f, fault.NotFound) || f.Code == "trashed" || full {
		r.Result = Skipped
	}
	return r
}

// reasons tells why a record was refused.
func reasons(err error) []Reason {
	f := fault.From(err)
	if len(f.Fields) == 0 {
		return []Reason{{Code: f.Code, Args: f.Args}}
	}
	var all []Reason
	for _, field := range f.Fields[:min(len(f.Fields), maxReasons)] {
		all = append(all, Reason{Field: field.Path, Code: field.Code, Args: field.Args})
	}
	return all
}

// exceptions gives the results that somebody may want to do something about.
func exceptions(results []Result) []Result {
	return slices.DeleteFunc(slices.Clone(results), func(r Result) bool {
		return r.Result != Skipped && r.Result != Failed && r.Result != Kept
	})
}

// Named is a result with what the record is called.
type Named struct {
	Result
	Title string `json:"title"`
}

// Items reads the results of an action, those of one kind alone when result is given (Kept: what its last undo left as it
// is), at most limit behind the place after ("" for the first). next is "" at the end.
func (b *Bulks) Items(ctx context.Context, g policy.Grant, id, result, after string, limit int) (items []Named, next string, err error) {
	bulk, err := b.Get(ctx, g, id)
	if err != nil {
		return nil, "", err
	}
	prefix := "r/"
	switch result {
	case "", Done, Unchanged:
	case Skipped, Failed:
		prefix = "x/"
	case Kept:
		prefix = fmt.Sprintf("u/%03d/", bulk.Counts[countUndos])
	default:
		return nil, "", fault.Bad("result", "bad_choice")
	}
	var at place
	if after != "" {
		if _, err := fmt.Sscanf(after, "%d.%d", &at.item, &at.offset); err != nil {
			return nil, "", fault.Bad("cursor", "bad_cursor")
		}
	}
	found, end, err := b.results(ctx, bulk.Job, prefix, result, at, limit)
	if err != nil {
		return nil, "", err
	}
	if end != nil {
		next = fmt.Sprintf("%d.%d", end.item, end.offset)
	}
	items, err = b.named(ctx, g, found)
	return items, next, err
}

// place is where in the results of a job something stands: an item, and how many results of it come before.
type place struct{ item, offset int }

// results reads results from a place on; end is nil when there are no more.
func (b *Bulks) results(ctx context.Context, j *job.Job, prefix, result string, at place, limit int) (found []Result, end *place, err error) {
	// Items are named by numbers of six digits: this sorts right before one.
	after := fmt.Sprintf("%s%06d~", prefix, at.item-1)
	if at.item == 0 {
		after = ""
	}
	for {
		items, more, err := b.Jobs.Items(ctx, j, prefix, after, 20)
		if err != nil {
			return nil, nil, err
		}
		for _, item := range items {
			var part []Result
			if err := json.Unmarshal(item.Value, &part); err != nil {
				return nil, nil, err
			}
			n, err := strconv.Atoi(strings.TrimPrefix(item.Key.Sort, prefix))
			if err != nil {
				return nil, nil, err
			}
			for i, r := range part {
				if n == at.item && i < at.offset || result != "" && r.Result != result {
					continue
				}
				if len(found) == limit {
					return found, &place{n, i}, nil
				}
				found = append(found, r)
			}
		}
		if more == "" {
			return found, nil, nil
		}
		after = more
	}
}

// named adds what the records are called; an id of nothing is called by itself.
func (b *Bulks) named(ctx context.Context, g policy.Grant, results []Result) ([]Named, error) {
	ids := make([]string, len(results))
	for i, r := range results {
		ids[i] = r.ID
	}
	titles, err := b.Records.Titles(ctx, g, ids...)
	if err != nil {
		return nil, err
	}
	all := make([]Named, len(results))
	for i, r := range results {
		all[i] = Named{Result: r, Title: cmp.Or(titles[r.ID].Title, r.ID)}
	}
	return all, nil
}
