package bulk

import (
	"context"
	"encoding/json"
	"errors"
	"slices"

	"github.com/muster-crm/muster/shared/contact"
	"github.com/muster-crm/muster/shared/fault"
	"github.com/muster-crm/muster/shared/group"
	"github.com/muster-crm/muster/shared/query"
	"github.com/muster-crm/muster/shared/record"
	"github.com/muster-crm/muster/shared/repository"
)

// groupOf reads the group of an action, which must be one that is there.
func (b *Bulks) groupOf(ctx context.Context, w repository.Write, p Params) (string, error) {
	id, err := p.text("group")
	if err != nil {
		return "", err
	}
	if id == "" {
		return "", fault.Bad("params.group", "required")
	}
	g, err := b.Records.Get(ctx, w.Grant, group.Name, id)
	if errors.Is(err, fault.NotFound) || err == nil && g.Base().DeletedAt != nil {
		return "", fault.Bad("params.group", "bad_reference")
	}
	if err != nil {
		return "", err
	}
	return g.Base().ID, nil
}

// today is the day in the organisation's zone.
func (b *Bulks) today(ctx context.Context, w repository.Write) (record.Date, error) {
	cfg, err := b.Records.Config(ctx, w.Grant)
	if err != nil {
		return "", err
	}
	return record.DateOf(b.Records.Clock.Now().In(cfg.Settings.Zone())), nil
}

// places makes a step that changes the groups of a contact.
func places(change func([]contact.Place) ([]contact.Place, error)) func(record.Record) (repository.Step, error) {
	return func(rec record.Record) (repository.Step, error) {
		c, ok := rec.(*contact.Contact)
		if !ok {
			return repository.Step{}, fault.New(fault.Unsupported, "unsupported")
		}
		next, err := change(slices.Clone(c.Groups))
		if err != nil {
			return repository.Step{}, err
		}
		patch, err := json.Marshal(map[string]any{"groups": append([]contact.Place{}, next...)})
		return repository.Step{Patch: patch}, err
	}
}

// addToGroup puts contacts into a group, perhaps with a function and from a day on. Who is in it today, in whatever
// function, is left out; with a function named, who has that one (BULK-19).
func addToGroup(ctx context.Context, b *Bulks, w repository.Write, k *record.Kind, _ *Action, p Params) (todo, error) {
	id, err := b.groupOf(ctx, w, p)
	if err != nil {
		return todo{}, err
	}
	place := contact.Place{Group: id}
	if place.Function, err = p.text("function"); err != nil {
		return todo{}, err
	}
	from, err := p.text("from")
	if err != nil {
		return todo{}, err
	}
	place.From = record.Date(from)
	today, err := b.today(ctx, w)
	if err != nil {
		return todo{}, err
	}
	for _, part := range []struct {
		param string
		place contact.Place
	}{{"function", contact.Place{Group: id, Function: place.Function}}, {"from", place}} {
		patch, err := json.Marshal(map[string]any{"groups": []contact.Place{part.place}})
		if err != nil {
			return todo{}, err
		}
		if err := b.acceptable(ctx, w, k, patch, part.param); err != nil {
			return todo{}, err
		}
	}
	return todo{sure: -1, step: places(func(had []contact.Place) ([]contact.Place, error) {
		if slices.ContainsFunc(had, func(p contact.Place) bool {
			return p.Group == id && (place.Function == "" || p.Function == place.Function) && (p.To == "" || p.On(today))
		}) {
			return nil, Skip("already_in_group")
		}
		return append(had, place), nil
	})}, nil
}

// removeFromGroup takes contacts out of a group: without a day they were never in it, with one their places end on it.
func removeFromGroup(ctx context.Context, b *Bulks, w repository.Write, k *record.Kind, _ *Action, p Params) (todo, error) {
	id, err := b.groupOf(ctx, w, p)
	if err != nil {
		return todo{}, err
	}
	to, err := p.text("to")
	if err != nil {
		return todo{}, err
	}
	patch, err := json.Marshal(map[string]any{"groups": []contact.Place{{Group: id, To: record.Date(to)}}})
	if err != nil {
		return todo{}, err
	}
	if err := b.acceptable(ctx, w, k, patch, "to"); err != nil {
		return todo{}, err
	}
	t := todo{sure: -1, same: query.Not{Expr: group.In(id)}}
	if to != "" {
		t.same = nil // whose places have ended the index does not tell
	}
	t.step = places(func(had []contact.Place) ([]contact.Place, error) {
		in := func(p contact.Place) bool {
			return p.Group == id && (to == "" || p.To == "" || string(p.To) > to)
		}
		if to == "" {
			return slices.DeleteFunc(had, in), nil
		}
		for i := range had {
			if in(had[i]) {
				had[i].To = record.Date(to)
			}
		}
		return had, nil
	})
	return t, nil
}
