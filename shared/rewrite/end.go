package rewrite

import (
	"context"
	"encoding/json"
	"errors"
	"slices"

	"github.com/muster-crm/muster/shared/fault"
	"github.com/muster-crm/muster/shared/job"
	"github.com/muster-crm/muster/shared/repository"
	"github.com/muster-crm/muster/shared/setting"
)

// ofValues tells whether the subject is a managed list: its values are removed by code, all others by id.
func (q Request) ofValues() bool { return slices.Contains(setting.ManagedLists(), q.Of) }

// retire takes the values that are to be removed out of what is offered. Done again it changes nothing.
func (w *work) retire(ctx context.Context, j *job.Job) error {
	if !w.request.Remove || !w.request.ofValues() {
		return nil
	}
	cfg, err := w.Records.Config(ctx, w.grant)
	if err != nil {
		return err
	}
	for _, code := range w.request.From {
		if err := w.setRetired(ctx, j, cfg, code, true); err != nil {
			return err
		}
	}
	return nil
}

// setRetired says whether a value is offered.
func (w *work) setRetired(ctx context.Context, j *job.Job, cfg *setting.Config, code string, retired bool) error {
	v := cfg.Value(w.request.Of, code)
	switch {
	case v == nil && !retired, v != nil && v.Retired == retired:
		return nil
	case v == nil:
		if _, ok := cfg.Lists.Find(w.request.Of, code); !ok || !(&setting.Value{List: w.request.Of, Code: code}).BuiltIn() {
			return nil // gone already
		}
		body, err := json.Marshal(map[string]any{"list": w.request.Of, "code": code, "retired": true})
		if err != nil {
			return err
		}
		_, err = w.Records.Create(ctx, w.write(j), setting.ValueName, body)
		if errors.Is(err, fault.Conflict) {
			return nil // somebody has just made something of it
		}
		return err
	}
	body, err := json.Marshal(map[string]any{"retired": retired})
	if err != nil {
		return err
	}
	_, err = w.Records.Patch(ctx, w.write(j), setting.ValueName, v.ID, repository.AnyVersion, body)
	return gone(err)
}

// gone forgives that what was to be changed is there no more.
func gone(err error) error {
	if errors.Is(err, fault.NotFound) || errors.Is(err, fault.Conflict) {
		return nil
	}
	return err
}

// Finish removes the values that have been replaced: the organisation's own go to the trash, built-in ones stay retired.
// One that somebody uses again by now stays as well.
func (w *work) Finish(ctx context.Context, j *job.Job) error {
	if j.Phase == phaseRun && w.request.Remove {
		if err := w.remove(ctx, j); err != nil {
			return err
		}
	}
	return w.Records.Snapshot(ctx, w.grant)
}

func (w *work) remove(ctx context.Context, j *job.Job) error {
	cfg, err := w.Records.Config(ctx, w.grant)
	if err != nil {
		return err
	}
	for _, value := range w.request.From {
		kind, id := w.request.Of, value
		if w.request.ofValues() {
			v := cfg.Value(w.request.Of, value)
			if v == nil || v.BuiltIn() {
				continue
			}
			kind, id = setting.ValueName, v.ID
		}
		if _, err := w.Records.Trash(ctx, w.write(j), kind, id, repository.AnyVersion); gone(err) != nil {
			return err
		}
	}
	return nil
}

// returned brings back what Finish removed and retire retired.
func (w *work) returned(ctx context.Context, j *job.Job) error {
	if !w.request.Remove {
		return nil
	}
	if !w.request.ofValues() {
		for _, id := range w.request.From {
			if _, err := w.Records.Restore(ctx, w.write(j), w.request.Of, id, repository.AnyVersion, repository.DropNone); gone(err) != nil {
				return err
			}
		}
		return nil
	}
	cfg, err := w.Records.Config(ctx, w.grant)
	if err != nil {
		return err
	}
	for _, rec := range cfg.Trashed(setting.ValueName) {
		v := rec.(*setting.Value)
		if v.List != w.request.Of || !slices.Contains(w.request.From, v.Code) {
			continue
		}
		if _, err := w.Records.Restore(ctx, w.write(j), setting.ValueName, v.ID, repository.AnyVersion, repository.DropNone); gone(err) != nil {
			return err
		}
	}
	if cfg, err = w.Records.Config(ctx, w.grant); err != nil {
		return err
	}
	for _, code := range w.request.From {
		if slices.Contains(w.retired, code) {
			continue
		}
		if err := w.setRetired(ctx, j, cfg, code, false); err != nil {
			return err
		}
	}
	return nil
}

// Close has nothing to release.
func (w *work) Close() error { return nil }
