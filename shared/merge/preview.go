package merge

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"

	"github.com/muster-crm/muster/shared/record"
	"github.com/muster-crm/muster/shared/repository"
)

// Preview is what a merge would do.
type Preview struct {
	Records []record.Record // the main one first, as the caller sees them
	Result  record.Record
	Rows    []Row // those that differ first; sensitive values masked
	Lost    []Lost
	Moves   []Move
	Links   []Linked
}

// Lost is a value that no field of the survivor will hold. It stays in the history, and comes back when the merge is undone.
type Lost struct {
	Field string
	Of    string // the record that has it
	Value json.RawMessage
}

// Move is what one of the others has hanging on it, by kind: it is the survivor's from then on.
type Move struct {
	Of    string
	Kind  string
	Total int
	Items []repository.Ref // the latest, to 500
}

// Linked is a record that names one of the others: from then on it names the survivor.
type Linked struct {
	Of string
	repository.Link
}

// Preview tells what Do would do, and writes nothing. A list that would be too long is marked and not refused. Faults as
// Do's.
func (m *Merges) Preview(ctx context.Context, w repository.Write, req Request) (Preview, error) {
	if err := repository.MayMerge(w.Grant); err != nil {
		return Preview{}, err
	}
	if err := req.check(); err != nil {
		return Preview{}, err
	}
	k, err := m.records.Kind(req.Kind)
	if err != nil {
		return Preview{}, err
	}
	cfg, err := m.records.Config(ctx, w.Grant)
	if err != nil {
		return Preview{}, err
	}
	records, err := m.records.Together(ctx, w.Grant, req.union())
	if err != nil {
		return Preview{}, err
	}
	u := uniting{kind: k, own: cfg.Fields, req: req, grant: w.Grant, records: records}
	result, err := m.records.Survivor(ctx, w, req.Kind, records, func([]record.Record) (record.Record, error) {
		if err := u.unite(); err != nil {
			return nil, err
		}
		return u.result()
	})
	if err != nil {
		return Preview{}, err
	}
	p := Preview{Result: k.Hide(result, w.Grant, cfg.Fields)}
	for _, rec := range records {
		p.Records = append(p.Records, k.Hide(rec, w.Grant, cfg.Fields))
	}
	p.show(k, cfg.Fields, w, u.rows)
	for _, rec := range records[1:] {
		if err := m.hanging(ctx, w, req.Kind, rec.Base().ID, &p); err != nil {
			return Preview{}, err
		}
	}
	return p, nil
}

// show keeps the rows the caller may see, as they may see them, and lists what would be lost.
func (p *Preview) show(k *record.Kind, own []record.CustomField, w repository.Write, rows []Row) {
	see := func(field string, raw json.RawMessage) json.RawMessage {
		shown := k.HideChange(record.Change{Fields: []record.FieldChange{{Field: field, To: raw}}}, w.Grant, own)
		if len(shown.Fields) == 0 {
			return nil
		}
		return shown.Fields[0].To
	}
	for _, r := range rows {
		if !slices.ContainsFunc(r.Values, func(v json.RawMessage) bool { return !blank(see(r.Field, v)) }) {
			continue
		}
		for i, value := range r.Values {
			id := p.Records[i].Base().ID
			if !r.List && !blank(value) && string(value) != string(r.Result) {
				p.Lost = append(p.Lost, Lost{r.Field, id, see(r.Field, value)})
			}
			r.Values[i] = see(r.Field, value)
		}
		for _, pick := range r.Picked {
			if !pick.Stays && !pick.Again {
				p.Lost = append(p.Lost, Lost{r.Field, pick.Of, pick.Value})
			}
		}
		r.Result = see(r.Field, r.Result)
		p.Rows = append(p.Rows, r)
	}
	slices.SortStableFunc(p.Rows, func(a, b Row) int { return cmp.Compare(order(a), order(b)) })
}

func order(r Row) int {
	switch {
	case r.Over:
		return 0
	case r.Differ:
		return 1
	}
	return 2
}

// hanging lists what hangs on one of the others.
func (m *Merges) hanging(ctx context.Context, w repository.Write, kind, id string, p *Preview) error {
	around, err := m.records.Around(ctx, w.Grant, kind, id)
	if err != nil {
		return err
	}
	for _, k := range m.records.Kinds.Children(kind) {
		if around.Totals[k.Name] == 0 {
			continue
		}
		move := Move{Of: id, Kind: k.Name, Total: around.Totals[k.Name]}
		for _, child := range around.Children[k.Name] {
			move.Items = append(move.Items, repository.Ref{ID: child.Base().ID, Kind: k.Name, Title: record.Title(child)})
		}
		p.Moves = append(p.Moves, move)
	}
	links, err := m.records.Linked(ctx, w.Grant, kind, id)
	for _, l := range links {
		p.Links = append(p.Links, Linked{id, l})
	}
	return err
}
