package repository

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"github.com/muster-crm/muster/shared/deed"
	"github.com/muster-crm/muster/shared/policy"
	"github.com/muster-crm/muster/shared/record"
)

// Line is a line of a record's story: a change of it, or something that was done with it. One of the two is nil.
type Line struct {
	Change *record.Change
	Deed   *deed.Entry
	Of     string // the id of the record it happened to, where that was merged into this one
}

// At tells when it was.
func (l Line) At() time.Time {
	if l.Change != nil {
		return l.Change.At
	}
	return l.Deed.At
}

// StoryPlace is how far a story was read. The zero StoryPlace is its newest end.
type StoryPlace struct {
	Revision int64  `json:"r,omitempty"` // changes go on behind it; -1: there are no more
	Deed     string `json:"d,omitempty"` // deeds likewise, by deed.Entry.Place and the record; "-": there are no more
}

const (
	noChanges int64 = -1
	noDeeds         = "-"
)

// Story reads all there is to tell of a record, newest first: its changes, as HistoryOf gives them, and what was done with
// it (HIST-03), of those merged into it as well. At most limit lines behind a place; next is nil at the end. A filter by
// field leaves the changes alone.
func (r *Repository) Story(ctx context.Context, g policy.Grant, kind, id string, f HistoryFilter, from StoryPlace, limit int) (lines []Line, next *StoryPlace, err error) {
	k, err := r.Kind(kind)
	if err != nil {
		return nil, nil, err
	}
	if err := g.Allow(policy.Read); err != nil {
		return nil, nil, err
	}
	got, err := r.read(ctx, g, k, id)
	if err != nil {
		return nil, nil, err
	}
	whole := len(got.record.Base().Merged) > 0 // then places are log entries, as History's are
	var changes []record.Change
	older := noChanges
	if from.Revision != noChanges {
		n := int64(0)
		if changes, n, err = r.HistoryOf(ctx, g, kind, id, f, from.Revision, limit); err != nil {
			return nil, nil, err
		}
		if n > 0 {
			older = n
		}
	}
	var deeds []deed.Entry
	earlier := noDeeds
	if from.Deed != noDeeds && f.Field == "" {
		ids, err := r.ledBy(ctx, g.Tenant(), k, got.record)
		if err != nil {
			return nil, nil, err
		}
		if deeds, earlier, err = r.deeds(ctx, g, ids, f, from.Deed, limit); err != nil {
			return nil, nil, err
		}
	}
	place := from
	for len(lines) < limit && len(changes)+len(deeds) > 0 {
		if len(deeds) == 0 || len(changes) > 0 && !changes[0].At.Before(deeds[0].At) {
			lines = append(lines, Line{Change: &changes[0], Of: changes[0].Of})
			place.Revision, changes = changes[0].Revision, changes[1:]
			if whole {
				place.Revision = lines[len(lines)-1].Change.Seq
			}
		} else {
			lines = append(lines, Line{Deed: &deeds[0]})
			if of := deeds[0].Record; of != got.record.Base().ID {
				lines[len(lines)-1].Of = of
			}
			place.Deed, deeds = deedPlace(deeds[0]), deeds[1:]
		}
	}
	if len(changes) == 0 {
		place.Revision = older
	}
	if len(deeds) == 0 {
		place.Deed = earlier
	}
	if place.Revision == noChanges && place.Deed == noDeeds {
		return lines, nil, nil
	}
	return lines, &place, nil
}

// deeds reads what was done with records, newest first, as far as a filter keeps it; next is noDeeds at the end.
func (r *Repository) deeds(ctx context.Context, g policy.Grant, ids []string, f HistoryFilter, after string, limit int) (kept []deed.Entry, next string, err error) {
	cfg, err := r.Config(ctx, g)
	if err != nil {
		return nil, "", err
	}
	for {
		page, more, err := r.deedsOf(ctx, g, ids, after, limit)
		if err != nil {
			return nil, "", err
		}
		for i, e := range page {
			after = deedPlace(e)
			if !f.keepsDeed(e, record.DateOf(e.At.In(cfg.Settings.Zone()))) {
				continue
			}
			if kept = append(kept, e); len(kept) == limit {
				if i == len(page)-1 && !more {
					return kept, noDeeds, nil
				}
				return kept, after, nil
			}
		}
		if !more {
			return kept, noDeeds, nil
		}
	}
}

// deedsOf reads the next so many deeds of records behind a place, newest first; more tells that there are others.
func (r *Repository) deedsOf(ctx context.Context, g policy.Grant, ids []string, after string, limit int) (page []deed.Entry, more bool, err error) {
	name, last := after, ""
	if i := strings.LastIndexByte(after, '/'); i >= 0 {
		name, last = after[:i], after[i+1:]
	}
	for _, id := range ids {
		from := name
		if from != "" && id > last {
			from += "!" // one export notes deeds of one place with many records: with this one it is still to come
		}
		own, next, err := deed.List(ctx, r.Store, g, id, from, limit)
		if err != nil {
			return nil, false, err
		}
		page, more = append(page, own...), more || next != ""
	}
	slices.SortFunc(page, func(a, b deed.Entry) int {
		return cmp.Or(strings.Compare(b.Place(), a.Place()), strings.Compare(a.Record, b.Record))
	})
	if len(page) > limit {
		page, more = page[:limit], true
	}
	return page, more, nil
}

// deedPlace is where a deed stands among those of several records.
func deedPlace(e deed.Entry) string { return e.Place() + "/" + e.Record }

func (f HistoryFilter) keepsDeed(e deed.Entry, day record.Date) bool {
	return (f.Actor == "" || e.Actor == f.Actor) && (f.From == "" || day >= f.From) && (f.To == "" || day <= f.To)
}
