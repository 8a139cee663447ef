package repository

import (
	"context"
	"errors"
	"slices"
	"strconv"

	"github.com/muster-crm/muster/shared/fault"
	"github.com/muster-crm/muster/shared/index"
	"github.com/muster-crm/muster/shared/policy"
	"github.com/muster-crm/muster/shared/query"
	"github.com/muster-crm/muster/shared/record"
)

// What belongs to the settings is not put into the trash while others hold it: a value of a list that contacts have, an
// entity they belong to (SET-01). It is retired, or replaced by another everywhere (package rewrite).

// listed is a record that stands for a code of a list.
type listed interface{ Listed() (list, code string) }

// subject names what others hold of a record of the settings, and the value they hold.
func subject(rec record.Record) (of, value string) {
	if l, ok := rec.(listed); ok {
		return l.Listed()
	}
	return rec.Base().Kind, rec.Base().ID
}

// Holding lists the paths of the indexed fields of a kind that hold values of a subject: codes of a list, ids of a kind, or
// "tags".
func Holding(k *record.Kind, of string) []string { return holding(k.Fields, of) }

func holding(fields []*record.Field, of string) (paths []string) {
	for _, f := range fields {
		held := f.Values == of && of != "" || slices.Contains(f.Ref, of) || f.Path == of && of == "tags"
		if held && f.Indexed && f.Class != policy.Sensitive {
			paths = append(paths, f.Path)
		}
		paths = append(paths, holding(f.Fields, of)...)
	}
	return paths
}

// unused refuses to put a record of the settings into the trash that others hold. The fault is Conflict (in_use) and says
// how many there are.
func (r *Repository) unused(ctx context.Context, g policy.Grant, m moment, rec record.Record) error {
	n, err := r.uses(ctx, g, m, rec)
	if err != nil || n == 0 {
		return err
	}
	return fault.New(fault.Conflict, "in_use", "n", strconv.Itoa(n))
}

// uses counts the live records that hold a record of the settings.
func (r *Repository) uses(ctx context.Context, g policy.Grant, m moment, rec record.Record) (n int, err error) {
	of, value := subject(rec)
	for _, k := range r.Kinds.Kinds() {
		if configured(k) {
			for _, other := range m.cfg.Live(k.Name) {
				if slices.ContainsFunc(k.References(other, nil), func(ref record.Reference) bool { return ref.ID == value }) {
					n++
				}
			}
			continue
		}
		paths := Holding(k, of)
		if len(paths) == 0 || !k.Indexed {
			continue
		}
		view, err := m.view(k)
		if err != nil {
			return 0, err
		}
		if view == nil {
			return 0, errors.New("repository: without a catalog nobody knows what is used")
		}
		any := query.Or{}
		for _, path := range paths {
			any = append(any, query.Term{Field: path, Op: query.Is, Value: value})
		}
		answer, err := view.Find(index.Request{Where: any, Count: true, Grant: g, Now: r.Clock.Now()})
		if err != nil {
			return 0, err
		}
		n += answer.Total
	}
	return n, nil
}
