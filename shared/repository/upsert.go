package repository

import (
	"context"
	"encoding/json"
	"errors"

	"github.com/muster-crm/muster/shared/fault"
)

// Upsert creates the record that another system knows under an id, or patches it when there is one (API-05). version is
// what the record must be at, or AnyVersion. The body is a record without externalIds or with the same one. Parallel
// upserts make one record: the claim of the external id lets one create, the others find it and patch.
func (r *Repository) Upsert(ctx context.Context, w Write, kind, system, external string, version int64, body []byte) (Result, error) {
	k, err := r.Kind(kind)
	if err != nil {
		return Result{}, err
	}
	if res, ok, err := r.replayed(ctx, w, k); ok || err != nil {
		return res, err
	}
	body, err = withExternalID(body, system, external)
	if err != nil {
		return Result{}, err
	}
	for range maxJudgements {
		res, err := r.Patch(ctx, w, kind, "ext:"+system+":"+external, version, body)
		if !errors.Is(err, fault.NotFound) {
			return res, err
		}
		if version != AnyVersion {
			return Result{}, fault.New(fault.Stale, "stale")
		}
		res, err = r.Create(ctx, w, kind, body)
		if f := fault.From(err); f != nil && f.Kind == fault.Conflict && len(f.Fields) > 0 && f.Fields[0].Path == "externalIds."+system {
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
