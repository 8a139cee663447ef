package rewrite

import (
	"bytes"
	"context"
	"encoding/json"
	"maps"

	"github.com/muster-crm/muster/shared/job"
	"github.com/muster-crm/muster/shared/record"
	"github.com/muster-crm/muster/shared/repository"
	"github.com/muster-crm/muster/shared/store"
)

// putBack undoes what one chunk did, the last one first.
func (w *work) putBack(ctx context.Context, j *job.Job, at cursor) (end bool, err error) {
	items, _, err := w.Jobs.Items(ctx, j, "r/", at.Item, 1)
	if err != nil {
		return false, err
	}
	if len(items) == 0 {
		return true, w.returned(ctx, j)
	}
	var done []touched
	if err := json.Unmarshal(items[0].Value, &done); err != nil {
		return false, err
	}
	at.Item = items[0].Key.Sort
	ids, changes := make([]string, len(done)), map[string]record.FieldChange{}
	for i, t := range done {
		ids[i] = t.ID
		if changes[t.ID], err = w.changed(ctx, t); err != nil {
			return false, err
		}
	}
	k, err := w.Records.Kind(done[0].Kind)
	if err != nil {
		return false, err
	}
	var next job.Job
	_, err = w.Records.EditMany(ctx, w.write(j), k.Name, ids, func(before record.Record) (record.Record, error) {
		return back(k, before, done[0].Path, changes[before.Base().ID])
	}, func(outcomes []repository.Outcome) ([]store.Op, error) {
		counts := map[string]int64{}
		maps.Copy(counts, j.Counts)
		for _, out := range outcomes {
			if out.Err == nil && out.Record != nil {
				counts["done"]++
			} else {
				counts["kept"]++
			}
		}
		return w.save(j, &next, at, counts, nil)
	})
	return false, j.Become(&next, err)
}

// changed finds what a chunk did to the field of a record.
func (w *work) changed(ctx context.Context, t touched) (record.FieldChange, error) {
	changes, _, err := w.Records.History(ctx, w.grant, t.Kind, t.ID, t.Revision+1, 1)
	if gone(err) != nil || len(changes) == 0 || changes[0].Revision != t.Revision {
		return record.FieldChange{}, gone(err)
	}
	for _, f := range changes[0].Fields {
		if f.Field == t.Path {
			return f, nil
		}
	}
	return record.FieldChange{}, nil
}

// back gives a record with a field as it was before a change; nil when the field is no longer as the change left it.
func back(k *record.Kind, now record.Record, path string, c record.FieldChange) (record.Record, error) {
	encoded, err := json.Marshal(now)
	if err != nil {
		return nil, err
	}
	var doc map[string]json.RawMessage
	if err := json.Unmarshal(encoded, &doc); err != nil {
		return nil, err
	}
	if c.Field == "" || !bytes.Equal(doc[path], c.To) {
		return nil, nil
	}
	if c.From == nil {
		delete(doc, path)
	} else {
		doc[path] = c.From
	}
	if encoded, err = json.Marshal(doc); err != nil {
		return nil, err
	}
	return k.Decode(encoded, now.Base().Version)
}
