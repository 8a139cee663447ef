package repository

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"

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
// how many there are, of what people keep for themselves also which: those the caller may see.
func (r *Repository) unused(ctx context.Context, g policy.Grant, m moment, rec record.Record) error {
	n, places, err := r.uses(ctx, g, m, rec)
	if err != nil || n == 0 {
		return err
	}
	if _, own := rec.(record.Guarded); !own {
		return fault.New(fault.Conflict, "in_use", "n", strconv.Itoa(n))
	}
	var names []string
	for _, p := range places {
		names = append(names, p.Title)
	}
	if len(places) < n {
		names = append(names, "…")
	}
	f := fault.New(fault.Conflict, "search_in_use", "n", strconv.Itoa(n), "names", strings.Join(names, ", "))
	f.Clashes = places
	return f
}

// namedPlaces is how many of the records that hold another one are named.
const namedPlaces = 10

// uses counts the live records that hold a record of the settings, and names the first of them.
func (r *Repository) uses(ctx context.Context, g policy.Grant, m moment, rec record.Record) (n int, places []fault.Clash, err error) {
	of, value := subject(rec)
	for _, k := range r.Kinds.Kinds() {
		if configured(k) {
			others := m.cfg.Live(k.Name)
			if o := m.orders[k.Name]; o != nil {
				others = o.records // those the write is judged by
			}
			for _, other := range others {
				i := slices.IndexFunc(k.References(other, nil), func(ref record.Reference) bool { return ref.ID == value })
				if i < 0 {
					continue
				}
				if n++; !record.Hidden(other, g) && len(places) < namedPlaces {
					places = append(places, fault.Clash{ID: other.Base().ID, Field: field(k.References(other, nil)[i].Path), Title: record.Title(other)})
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
			return 0, nil, err
		}
		if view == nil {
			return 0, nil, errors.New("repository: without a catalog nobody knows what is used")
		}
		any := query.Or{}
		for _, path := range paths {
			any = append(any, query.Term{Field: path, Op: query.Is, Value: value})
		}
		answer, err := view.Find(index.Request{Where: any, Count: true, Limit: namedPlaces, Grant: g, Now: r.Clock.Now()})
		if err != nil {
			return 0, nil, err
		}
		n += answer.Total
		for _, hit := range answer.Hits[:min(len(answer.Hits), namedPlaces-len(places))] {
			ref, err := refOf(k, view, hit, g)
			if err != nil {
				return 0, nil, err
			}
			places = append(places, fault.Clash{ID: hit.ID, Field: paths[0], Title: ref.Title})
		}
	}
	return n, places, nil
}
