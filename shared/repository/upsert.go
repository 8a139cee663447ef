package repository

import (
	"context"
	"encoding/json"
	"errors"
	"slices"

	"github.com/muster-crm/muster/shared/fault"
	"github.com/muster-crm/muster/shared/policy"
	"github.com/muster-crm/muster/shared/record"
)

// Upsert creates the record that another system knows under an id, or patches it when there is one (API-05). version is
// what the record must be at, or AnyVersion. The body is a record without externalIds or with the same one. Parallel
// upserts make one record: the claim of the external id lets one create, the others find it and patch.
func (r *Repository) Upsert(ctx context.Context, w Write, kind, system, external string, version int64, body []byte) (Result, error) {
	k, err := r.Kind(kind)
	if err != nil {
		return Result{}, err
	}
	for _, need := range []policy.Action{policy.Create, policy.Edit} {
		if err := allow(w.Grant, k, need); err != nil {
			return Result{}, err
		}
	}
	if system, external = record.Clean(system, false), record.Clean(external, false); external == "" {
		return Result{}, fault.Bad("externalIds."+system, "required")
	}
	body, err = withExternalID(body, system, external)
	if err != nil {
		return Result{}, err
	}
	return r.once(ctx, w, k, func() (Result, error) { return r.upsert(ctx, w, k, system, external, version, body) })
}

func (r *Repository) upsert(ctx context.Context, w Write, k *record.Kind, system, external string, version int64, body []byte) (Result, error) {
	for attempt := 1; attempt <= maxJudgements; attempt++ {
		res, err := r.make(ctx, w, k, "ext:"+system+":"+external, version, patching(body))
		if !errors.Is(err, fault.NotFound) {
			return res, err
		}
		if version != AnyVersion {
			return Result{}, fault.New(fault.Stale, "stale")
		}
		res, err = r.createFrom(ctx, w, k, body)
		if errors.Is(err, fault.Conflict) && slices.ContainsFunc(fault.From(err).Fields, func(f fault.Field) bool { return f.Path == "externalIds."+system }) {
			if err := rest(ctx, attempt); err != nil {
				return Result{}, err
			}
			continue // somebody else was quicker: theirs is the record
		}
		return res, err
	}
	return Result{}, fault.New(fault.Unavailable, "busy")
}

// withExternalID adds the external id to a body that does not name it.
func withExternalID(body []byte, system, external string) ([]byte, error) {
	var doc map[string]json.RawMessage
	if err := json.Unmarshal(body, &doc); err != nil || doc == nil {
		return nil, fault.Wrap(fault.Malformed, "malformed", err)
	}
	ids := map[string]any{}
	if raw, ok := doc["externalIds"]; ok {
		if err := json.Unmarshal(raw, &ids); err != nil || ids == nil {
			return nil, fault.Bad("externalIds", "bad_type", "type", "object")
		}
	}
	if there, ok := ids[system]; ok && there != external {
		return nil, fault.Bad("externalIds."+system, "bad_value")
	}
	ids[system] = external
	raw, err := json.Marshal(ids)
	if err != nil {
		return nil, err
	}
	doc["externalIds"] = raw
	return json.Marshal(doc)
}
