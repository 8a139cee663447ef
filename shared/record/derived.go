package record

import (
	"bytes"
	"encoding/json"
)

// DiffAll is Diff with the fields that are computed from others, for changes that are taken back to the byte.
func (k *Kind) DiffAll(before, after Record) ([]FieldChange, error) {
	changes, err := k.Diff(before, after)
	if err != nil {
		return nil, err
	}
	var from, to members
	for _, side := range []struct {
		r    Record
		into *members
	}{{before, &from}, {after, &to}} {
		encoded, err := json.Marshal(side.r)
		if err != nil {
			return nil, err
		}
		if err := json.Unmarshal(encoded, side.into); err != nil {
			return nil, err
		}
	}
	for _, f := range k.Fields {
		if a, b := from[f.Name], to[f.Name]; f.Derived && !bytes.Equal(a, b) {
			changes = append(changes, FieldChange{Field: f.Path, From: a, To: b})
		}
	}
	return changes, nil
}
