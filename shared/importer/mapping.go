package importer

import (
	"context"
	"crypto/sha256"
	"encoding/base32"
	"encoding/json"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/muster-crm/muster/shared/fault"
	"github.com/muster-crm/muster/shared/fold"
	"github.com/muster-crm/muster/shared/org"
	"github.com/muster-crm/muster/shared/policy"
	"github.com/muster-crm/muster/shared/record"
	"github.com/muster-crm/muster/shared/store"
)

// Mapping is a plan that is kept by name, for the next list with the same columns (IMP-08). It is a convenience of the whole
// organisation and no record: it has no history, and who may import may keep, use and drop it. One of the same name takes
// its place. It lies beside the jobs, under "mappings".
type Mapping struct {
	ID      string    `json:"id"`
	Name    string    `json:"name"`
	Columns string    `json:"columns" doc:"Names the headers it is for, in their order"`
	Plan    Plan      `json:"plan"`
	At      time.Time `json:"at"`
	By      string    `json:"by"`
}

// MaxMappings is how many an organisation keeps; maxMappingName how long their names are.
const (
	MaxMappings    = 200
	maxMappingName = 60
	mappingsOf     = "mappings" // in place of a job
)

// fingerprint names the headers of a file, whatever their case, accents and signs.
func fingerprint(columns []Column) string {
	h := sha256.New()
	for _, c := range columns {
		h.Write([]byte(fold.String(strings.TrimSpace(c.Header)) + "\n"))
	}
	return base32.HexEncoding.WithPadding(base32.NoPadding).EncodeToString(h.Sum(nil))[:26]
}

func mappingID(name string) string {
	sum := sha256.Sum256([]byte(fold.String(name)))
	return "map_" + strings.ToLower(base32.HexEncoding.WithPadding(base32.NoPadding).EncodeToString(sum[:]))[:26]
}

func mappingKey(t org.Tenant, id string) store.Key { return t.JobItem(mappingsOf, id) }

// Mappings lists those that are kept, by name.
func (i *Importer) Mappings(ctx context.Context, g policy.Grant) ([]Mapping, error) {
	if err := g.Allow(policy.Import); err != nil {
		return nil, err
	}
	var all []Mapping
	q := g.Tenant().JobItems(mappingsOf, "map_")
	for {
		page, err := i.Records.Store.Query(ctx, q)
		if err != nil {
			return nil, store.Fault(err)
		}
		for _, item := range page.Items {
			var m Mapping
			if err := json.Unmarshal(item.Value, &m); err != nil {
				return nil, err
			}
			all = append(all, m)
		}
		if page.Next == "" {
			break
		}
		q.After = page.Next
	}
	slices.SortFunc(all, func(a, b Mapping) int { return strings.Compare(fold.String(a.Name), fold.String(b.Name)) })
	return all, nil
}

// Fitting lists the mappings for the headers an import has, the newest first.
func (i *Importer) Fitting(ctx context.Context, g policy.Grant, imp Import) ([]Mapping, error) {
	if imp.Guess == nil || imp.Guess.HeaderRow == 0 {
		return nil, nil
	}
	all, err := i.Mappings(ctx, g)
	if err != nil {
		return nil, err
	}
	of := fingerprint(imp.Guess.Columns)
	all = slices.DeleteFunc(all, func(m Mapping) bool { return m.Columns != of || len(m.Plan.Columns) != len(imp.Guess.Columns) })
	slices.SortStableFunc(all, func(a, b Mapping) int { return b.At.Compare(a.At) })
	return all, nil
}

// KeepMapping keeps the plan of an import by a name. Faults: Invalid for a name that is missing or too long, or when there is
// no room; Conflict (no_plan) for an import without a plan.
func (i *Importer) KeepMapping(ctx context.Context, g policy.Grant, id, name string) (Mapping, error) {
	_, p, err := i.get(ctx, g, id)
	if err != nil {
		return Mapping{}, err
	}
	switch name = record.Clean(name, false); {
	case name == "":
		return Mapping{}, fault.Bad("name", "required")
	case len([]rune(name)) > maxMappingName:
		return Mapping{}, fault.Bad("name", "too_long", "max", strconv.Itoa(maxMappingName))
	case p.Plan == nil || p.Guess == nil:
		return Mapping{}, fault.New(fault.Conflict, "no_plan")
	}
	m := Mapping{ID: mappingID(name), Name: name, Columns: fingerprint(p.Guess.Columns), Plan: *p.Plan, At: i.Records.Clock.Now(), By: g.Actor().ID}
	m.Plan.Sheet, m.Plan.Encoding, m.Plan.HeaderRow = "", "", nil // of that file
	all, err := i.Mappings(ctx, g)
	if err != nil {
		return Mapping{}, err
	}
	if len(all) >= MaxMappings && !slices.ContainsFunc(all, func(o Mapping) bool { return o.ID == m.ID }) {
		return Mapping{}, fault.Bad("name", "too_many", "max", strconv.Itoa(MaxMappings))
	}
	value, err := json.Marshal(m)
	if err != nil {
		return Mapping{}, err
	}
	return m, i.put(ctx, mappingKey(g.Tenant(), m.ID), value)
}

// DropMapping drops a mapping and gives it back. The fault is NotFound when there is none.
func (i *Importer) DropMapping(ctx context.Context, g policy.Grant, id string) (Mapping, error) {
	all, err := i.Mappings(ctx, g)
	if err != nil {
		return Mapping{}, err
	}
	at := slices.IndexFunc(all, func(m Mapping) bool { return m.ID == id })
	if at < 0 {
		return Mapping{}, fault.New(fault.NotFound, "not_found")
	}
	return all[at], i.put(ctx, mappingKey(g.Tenant(), id), nil)
}

// put writes an item, or removes it, whatever is there.
func (i *Importer) put(ctx context.Context, key store.Key, value []byte) error {
	var err error
	for attempt := 1; attempt <= maxAttempts; attempt++ {
		op := store.Op{Kind: store.Delete, Key: key, Expect: store.Any}
		if value != nil {
			items, readErr := i.Records.Store.Get(ctx, store.Each, key)
			if readErr != nil {
				return store.Fault(readErr)
			}
			op = store.Op{Kind: store.Put, Key: key, Expect: store.Absent, Value: value}
			if items[0] != nil {
				op.Expect = items[0].Revision
			}
		}
		err = i.Records.Store.Apply(ctx, store.Batch{Token: i.Records.IDs.New("mp"), Ops: []store.Op{op}})
		var failed *store.Failed
		if !errors.As(err, &failed) && !store.Passing(err) {
			return err
		}
		if err := pause(ctx, attempt); err != nil {
			return err
		}
	}
	return store.Fault(err)
}
