package repository

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/muster-crm/muster/shared/access"
	"github.com/muster-crm/muster/shared/fault"
	"github.com/muster-crm/muster/shared/log"
	"github.com/muster-crm/muster/shared/policy"
	"github.com/muster-crm/muster/shared/record"
)

// MaxReveal is how many fields one request may ask for.
const MaxReveal = 50

// Reveal gives the values of sensitive fields of a record as JSON, by path: "iban", "nationalNumber.number", "custom.size".
// Empty ones are not in the answer. That they were asked for, and by whom, is in the access log before they are answered,
// each time anew. Faults: Denied without the right to reveal; NotFound; Invalid (fields[n] unknown_field) for a path that is
// of no sensitive field.
func (r *Repository) Reveal(ctx context.Context, w Write, kind, id string, paths []string) (map[string]json.RawMessage, error) {
	k, err := r.Kind(kind)
	if err != nil {
		return nil, err
	}
	for _, need := range []policy.Action{policy.Read, policy.Reveal} {
		if err := w.Grant.Allow(need); err != nil {
			return nil, err
		}
	}
	cfg, err := r.Config(ctx, w.Grant)
	if err != nil {
		return nil, err
	}
	if err := sensitive(k, paths, cfg.Fields); err != nil {
		return nil, err
	}
	got, err := r.read(ctx, w.Grant, k, id)
	if err != nil {
		return nil, err
	}
	values := map[string]json.RawMessage{}
	for _, path := range paths {
		value, err := member(got.raw, path)
		if err != nil {
			return nil, err
		}
		if value != nil && string(value) != `""` { // an own field that is carried empty
			values[path] = value
		}
	}
	_, err = r.Log.Commit(ctx, w.tenant(), func(head log.Head) (log.Proposal, error) {
		p := log.Proposal{Action: k.Name + "." + actionReveal, Actor: w.Grant.Actor(), Batch: w.Batch, Number: head.Number}
		p.Ops, err = access.Put(w.tenant(), head, p.Actor, access.Entry{Act: access.Reveal, Kind: k.Name, Record: got.record.Base().ID, Fields: paths})
		return p, err
	})
	if err != nil {
		return nil, err
	}
	return values, nil
}

// sensitive holds the paths of a request against the fields there are.
func sensitive(k *record.Kind, paths []string, own []record.CustomField) error {
	if len(paths) == 0 {
		return fault.Bad("fields", "required")
	}
	if len(paths) > MaxReveal {
		return fault.Bad("fields", "too_many", "max", fmt.Sprint(MaxReveal))
	}
	var bad []fault.Field
	for i, path := range paths {
		f, ok := k.Field(path)
		if !ok {
			for _, own := range k.OwnFields(own) {
				if own.Path == path {
					f, ok = own, true
				}
			}
		}
		if !ok || f.Class != policy.Sensitive {
			bad = append(bad, fault.At(fmt.Sprintf("fields[%d]", i), "unknown_field", "word", path))
		}
	}
	return fault.Fields(bad)
}

// AccessFilter narrows the access log. Its zero value narrows nothing; days are the organisation's, both included.
type AccessFilter struct {
	Record   string
	Actor    string
	Field    string
	From, To record.Date
}

// Accesses reads the access log, of a record with what was merged into it, the latest first, behind the place after ("" from the latest); next is "" at the end. A
// page may hold fewer than limit and still have a next one. Faults: Denied for whoever does not manage the organisation;
// Invalid for a day that is none.
func (r *Repository) Accesses(ctx context.Context, g policy.Grant, f AccessFilter, after string, limit int) (entries []access.Entry, next string, err error) {
	if err := g.Allow(policy.Manage); err != nil {
		return nil, "", err
	}
	within := access.Filter{Actor: f.Actor, Field: f.Field}
	if within.Records, err = r.aliases(ctx, g, f.Record); err != nil {
		return nil, "", err
	}
	if f.From != "" || f.To != "" {
		cfg, err := r.Config(ctx, g)
		if err != nil {
			return nil, "", err
		}
		if within.From, err = begins("from", f.From, 0, cfg.Settings.Zone()); err != nil {
			return nil, "", err
		}
		if within.To, err = begins("to", f.To, 1, cfg.Settings.Zone()); err != nil {
			return nil, "", err
		}
	}
	return access.List(ctx, r.Store, g, within, after, limit)
}

// aliases lists the ids under which a record was known: its own and those of the records merged into it, or one alone where
// there is no such record any more. None for none.
func (r *Repository) aliases(ctx context.Context, g policy.Grant, id string) ([]string, error) {
	if id == "" {
		return nil, nil
	}
	k, ok := r.kindOf(id)
	if !ok {
		return []string{id}, nil
	}
	got, err := r.seek(ctx, g.Tenant(), k, id)
	if err != nil || got.record == nil {
		return []string{id}, err
	}
	return r.ledBy(ctx, g.Tenant(), k, got.record)
}

// begins tells when a day, or one some days later, begins in a zone; the zero time for no day.
func begins(path string, day record.Date, later int, zone *time.Location) (time.Time, error) {
	if day == "" {
		return time.Time{}, nil
	}
	at, err := day.Parse()
	if err != nil {
		return time.Time{}, fault.Bad(path, "bad_date")
	}
	return time.Date(at.Year(), at.Month(), at.Day()+later, 0, 0, 0, 0, zone), nil
}
