package repository

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/muster-crm/muster/shared/fault"
	"github.com/muster-crm/muster/shared/policy"
	"github.com/muster-crm/muster/shared/record"
)

// Acceptable judges the values a patch brings, whatever record they are put on: those that no record could take, that name
// nothing, or that the caller may not write are refused, before anything is changed. Faults: NotFound, Denied, Invalid.
func (r *Repository) Acceptable(ctx context.Context, w Write, kind string, patch []byte) error {
	k, err := r.Kind(kind)
	if err != nil {
		return err
	}
	if err := allow(w.Grant, k, policy.Edit); err != nil {
		return err
	}
	m, err := r.moment(ctx, w.Grant)
	if err != nil {
		return err
	}
	none := k.New()
	after, err := k.Patch(none, patch)
	if err != nil {
		return err
	}
	changes, err := k.Diff(none, after)
	if err != nil {
		return err
	}
	if err := mayWrite(k, w.Grant, policy.Edit, none, after, m.cfg.Fields); err != nil {
		return err
	}
	env, err := r.env(w, m, k)
	if err != nil {
		return err
	}
	brought := func(path string) bool {
		return slices.ContainsFunc(changes, func(c record.FieldChange) bool {
			rest, ok := strings.CutPrefix(path, c.Field)
			return ok && (rest == "" || rest[0] == '.' || rest[0] == '[')
		})
	}
	if err := k.Check(after, env); err != nil {
		var f *fault.Fault
		if !errors.As(err, &f) || f.Kind != fault.Invalid {
			return err
		}
		// What else a record must have, this one has not.
		bad := slices.DeleteFunc(slices.Clone(f.Fields), func(f fault.Field) bool { return !brought(f.Path) })
		if err := fault.Fields(bad); err != nil {
			return err
		}
	}
	dangling, err := r.dangling(ctx, w.Grant, m.cfg, [][]record.Reference{newReferences(k, none, after, m.cfg.Fields)})
	if err != nil {
		return err
	}
	return dangling[0]
}
