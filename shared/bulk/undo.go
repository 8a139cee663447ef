package bulk

import (
	"context"

	"github.com/muster-crm/muster/shared/job"
	"github.com/muster-crm/muster/shared/repository"
	"github.com/muster-crm/muster/shared/store"
)

// EditedSince is the code of the reason why undo leaves a field, or a whole record, as it is.
const EditedSince = "edited_since"

// putBack undoes the next of what was done, in one commit with the cursor.
func (w *work) putBack(ctx context.Context, j *job.Job, at cursor) (end bool, err error) {
	marks, err := w.nextMarks(ctx, j, &at)
	if err != nil || len(marks) == 0 {
		return err == nil, err
	}
	var next job.Job
	n := 0
	_, err = w.Records.UndoMany(ctx, w.write(j), w.bulk.Request.Kind, marks, func(outcomes []repository.Outcome) ([]store.Op, error) {
		n = len(outcomes)
		results := make([]Result, n)
		var err error
		for i, out := range outcomes {
			results[i] = Result{ID: marks[i].ID, Result: Back}
			switch {
			case out.Err != nil:
				results[i] = Result{ID: marks[i].ID, Result: Kept, Reasons: reasons(out.Err)}
			case len(out.Kept) > 0:
				results[i] = Result{ID: marks[i].ID, Result: Kept}
				for _, field := range out.Kept {
					results[i].Reasons = append(results[i].Reasons, Reason{Field: field, Code: EditedSince})
				}
			}
		}
		moved := at
		moved.Offset, moved.Chunks = at.Offset+n, at.Chunks+1
		counts := counted(j, results)
		var ops []store.Op
		if kept := exceptions(results); len(kept) > 0 {
			if ops, err = keep(j, undoName(j.Counts[countUndos], at.Chunks), kept); err != nil {
				return nil, err
			}
		}
		return w.save(j, &next, moved, counts, ops)
	})
	if err := j.Become(&next, err); err != nil {
		return false, err
	}
	return false, w.snapshot(ctx, n)
}

// nextMarks gives the changes that are to be taken back next.
func (w *work) nextMarks(ctx context.Context, j *job.Job, at *cursor) ([]repository.Mark, error) {
	for {
		if w.item != at.Item {
			w.results = nil
			there, err := w.read(ctx, j, resultName(at.Item), &w.results)
			if err != nil || !there {
				return nil, err
			}
			w.item = at.Item
		}
		var marks []repository.Mark
		done := 0
		for _, r := range w.results {
			if r.Result != Done {
				continue
			}
			if done++; done > at.Offset && len(marks) < w.chunk {
				marks = append(marks, repository.Mark{ID: r.ID, Revision: r.Revision})
			}
		}
		if len(marks) > 0 {
			return marks, nil
		}
		at.Item, at.Offset = at.Item+1, 0
	}
}
