package importer

import (
	"context"
	"encoding/json"
	"errors"
	"slices"

	"github.com/muster-crm/muster/shared/contact"
	"github.com/muster-crm/muster/shared/fault"
	"github.com/muster-crm/muster/shared/fold"
	"github.com/muster-crm/muster/shared/policy"
	"github.com/muster-crm/muster/shared/record"
	"github.com/muster-crm/muster/shared/repository"
	"github.com/muster-crm/muster/shared/store"
)

// take finds the fate of a row and brings it into an intake. It may be called again with another one: what it says of the
// row is said anew. Errors: those of the intake that are none of the row's (repository.ErrFull, ErrSeal), and of the store.
func (w *work) take(ctx context.Context, in *repository.Intake, p *pending) error {
	if p.draft == nil {
		return nil // refused by its cells, or no data
	}
	p.result = RowResult{Line: p.row.Line, Reasons: slices.Clone(p.notes)}
	d := p.draft
	if d.rowKey != "" {
		id, err := w.brought(ctx, in, d.rowKey)
		switch {
		case err != nil:
			return err
		case id != "" && w.params.Plan.Mode == MakeNew:
			p.result.Result, p.result.RecordID, p.result.Title = Unchanged, id, d.Title()
			p.result.Reasons = append(p.result.Reasons, Reason{Code: "already_in", Note: true})
			return nil
		case id != "":
			d.rowKey = "" // it is noted
			return w.change(ctx, in, p, id)
		}
	}
	ids, err := w.match(ctx, in, d)
	switch {
	case err != nil:
		return p.unless(err, w.columns)
	case len(ids) > 1:
		why, err := w.several(ctx, in, ids)
		p.refuse(why)
		return err
	case len(ids) == 1:
		return w.change(ctx, in, p, ids[0])
	}
	return w.make(ctx, in, p)
}

// unless refuses a row for what is a fault of its own; what is not is the answer.
func (p *pending) unless(err error, columns []*column) error {
	f := (*fault.Fault)(nil)
	if errors.As(err, &f) && f.Kind != fault.Internal && f.Kind != fault.Unavailable {
		p.refuse(reasons(err, columns))
		return nil
	}
	return err
}

// make makes a contact of a row.
func (w *work) make(ctx context.Context, in *repository.Intake, p *pending) error {
	d := p.draft
	if d.ID == "" {
		d.ID = w.Records.IDs.New(kind.Prefix)
	}
	taken, err := w.bring(ctx, in, p, repository.Part{Kind: contact.Name, New: d.Contact})
	if err != nil || taken == nil {
		return err
	}
	p.result.Result, p.result.Title = Create, d.Title()
	p.tells(w, taken)
	w.warn(p, taken.Warnings)
	if w.params.Plan.MatchKey == KeyNameBirth {
		in.Note(nameBirth(d.Contact), taken.ID)
	}
	if w.dry && w.params.Plan.Mode == MakeNew {
		in.Forget(taken.ID)
	}
	return nil
}

// change brings a row into a contact that is there.
func (w *work) change(ctx context.Context, in *repository.Intake, p *pending, id string) error {
	d := p.draft
	made := d.ID
	d.ID = id // for the families and companies that are to name it
	defer func() { d.ID = made }()
	before, err := in.Earlier(ctx, contact.Name, id, w.started)
	if err != nil {
		return err
	}
	var now *contact.Contact
	taken, err := w.bring(ctx, in, p, repository.Part{Kind: contact.Name, ID: id, Alter: func(rec record.Record) (record.Record, error) {
		now = rec.(*contact.Contact)
		return d.onto(now, w.columns)
	}})
	if err != nil || taken == nil {
		return err
	}
	r := &p.result
	r.Title = record.Title(taken.Record)
	p.tells(w, taken)
	w.warn(p, taken.Warnings)
	if d.Number != 0 && now != nil && d.Number != now.Number {
		r.Reasons = append(r.Reasons, Reason{Column: w.headed("number"), Field: "number", Code: "number_kept", Note: true})
	}
	for _, f := range taken.Fields {
		r.Changes = append(r.Changes, w.shown(f))
	}
	switch {
	case len(taken.Fields) == 0 && len(r.Links) == 0:
		r.Result = Unchanged
	case before:
		r.Result = Merge
	default:
		r.Result = Update
	}
	return nil
}

// tells names the record a row is about. A preview names none that is not there yet.
func (p *pending) tells(w *work, taken *repository.Taken) {
	if !w.dry {
		p.result.RecordID, p.result.Revision = taken.ID, taken.Revision
	} else if !taken.Fresh {
		p.result.RecordID = taken.ID
	}
}

// bring brings the parts of a row into an intake. What is taken of its contact is nil when the row is refused.
func (w *work) bring(ctx context.Context, in *repository.Intake, p *pending, self repository.Part) (*repository.Taken, error) {
	d := p.draft
	var before, after []repository.Part
	if w.linking {
		var why []Reason
		var err error
		if before, after, why, err = w.links(ctx, in, d); err != nil {
			return nil, p.unless(err, w.columns)
		}
		if len(why) > 0 {
			p.refuse(why)
			return nil, nil
		}
	}
	if d.rowKey != "" {
		note, err := json.Marshal(d.ID)
		if err != nil {
			return nil, err
		}
		self.With = []store.Op{{Kind: store.Put, Key: keyItem(w.grant.Tenant(), d.rowKey), Expect: store.Absent, Value: note}}
	}
	parts := append(append(before, self), after...)
	all, err := in.Take(ctx, parts...)
	if err != nil {
		return nil, p.unless(err, w.columns)
	}
	var taken *repository.Taken
	for i := range all {
		t := &all[i]
		if i == len(before) {
			taken = t
			continue
		}
		if t.Revision == 0 {
			continue
		}
		if t.Created {
			in.Note(t.Kind+":"+fold.String(record.Title(t.Record)), t.ID)
		}
		link := Linked{Kind: t.Kind, ID: t.ID, Revision: t.Revision, Created: t.Created, Title: record.Title(t.Record)}
		if w.dry {
			link.Revision = 0
			if t.Fresh {
				link.ID = ""
			}
		}
		p.result.Links = append(p.result.Links, link)
	}
	if d.rowKey != "" {
		in.Note(RowKey+":"+d.rowKey, taken.ID)
	}
	return taken, nil
}

func (w *work) warn(p *pending, warnings []repository.Warning) {
	for _, warning := range warnings {
		p.result.Reasons = append(p.result.Reasons, Reason{Field: warning.Path, Code: warning.Code, Note: true, Others: warning.Conflicts})
	}
}

// maxValue is how long a value may be that a result repeats, in bytes; maxChanges how many changes it tells of.
const (
	maxValue   = 200
	maxChanges = 20
)

// shown gives a change as results tell it.
func (w *work) shown(f record.FieldChange) Change {
	c := Change{Field: f.Field}
	if kind.Class(f.Field, w.params.Plan.cfg.Fields) != policy.Sensitive && len(f.From)+len(f.To) <= 2*maxValue {
		c.From, c.To = f.From, f.To
	}
	return c
}
