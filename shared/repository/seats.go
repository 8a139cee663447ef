package repository

import (
	"context"
	"encoding/json"
	"slices"
	"strconv"

	"github.com/muster-crm/muster/shared/catalog"
	"github.com/muster-crm/muster/shared/fault"
	"github.com/muster-crm/muster/shared/index"
	"github.com/muster-crm/muster/shared/org"
	"github.com/muster-crm/muster/shared/query"
	"github.com/muster-crm/muster/shared/record"
)

// Places in records that have room for so many (record.Roomy): a contact's in a group. Who takes one is held against all who
// have one, as the index knows them at the moment the write is judged by, and against those judged with it. A commit looks
// again when others have written since: where there is no room by then, the write is judged anew. So two who take the last
// place at once do not both get it. What the system puts back, an undo or a merge, is not asked.

// seats tells who has places, as of a moment, and who has taken some since by what was judged.
type seats struct {
	r     *Repository
	shelf *catalog.Shelf
	today record.Date
	halls map[string]*hall // by the id of the record that has room
	taken []taking
}

// hall is a record with room for so many: who has a place in it. nil stands for one that has room for all.
type hall struct {
	title  string
	room   int
	people map[string][]record.Seat // by the id of who has them
}

// taking is who takes places: those they have, and of them those they had not.
type taking struct {
	kind  *record.Kind
	id    string
	all   []record.Seat
	fresh []record.Seat
}

func (r *Repository) seats(shelf *catalog.Shelf) *seats {
	today := record.DateOf(r.Clock.Now().In(shelf.Config().Settings.Zone()))
	return &seats{r: r, shelf: shelf, today: today, halls: map[string]*hall{}}
}

// take gives a record the places it has after a write. The fault is Invalid (group_full) for one in which there is no room.
func (s *seats) take(k *record.Kind, before, after record.Record) error {
	t, err := s.asks(k, before, after)
	if err == nil {
		s.note(t)
	}
	return err
}

// asks tells which places a record takes anew, and refuses one in which there is no room.
func (s *seats) asks(k *record.Kind, before, after record.Record) (taking, error) {
	seated, ok := after.(record.Seated)
	if s == nil || !ok {
		return taking{}, nil
	}
	t := taking{kind: k, id: after.Base().ID, all: seated.Seats()}
	var had []record.Seat
	if before != nil && before.Base().DeletedAt == nil {
		had = before.(record.Seated).Seats()
	}
	for _, seat := range t.all {
		over := seat.To != "" && seat.To < s.today
		same := func(old record.Seat) bool { return old.In == seat.In && old.Covers(seat, s.today) }
		if !over && !slices.ContainsFunc(had, same) {
			t.fresh = append(t.fresh, seat)
		}
	}
	return t, s.fits(t)
}

// fits refuses a taking in which there is no room.
func (s *seats) fits(t taking) error {
	var full []fault.Field
	for _, seat := range t.fresh {
		h, err := s.hall(t.kind, seat)
		if err != nil {
			return err
		}
		if h != nil && !h.fits(t.id, seat, s.today) {
			full = append(full, fault.At(seat.Path, "group_full", "name", h.title, "n", strconv.Itoa(h.room)))
		}
	}
	return fault.Fields(full)
}

// note remembers who takes places.
func (s *seats) note(t taking) {
	if s == nil || len(t.fresh) == 0 {
		return
	}
	limited := false
	for _, seat := range t.all {
		if h := s.halls[seat.In]; h != nil {
			limited = true
			h.people[t.id] = slices.DeleteFunc(slices.Clone(t.all), func(other record.Seat) bool { return other.In != seat.In })
		}
	}
	if limited {
		s.taken = append(s.taken, t)
	}
}

// still tells whether there is room for all that were taken, as of a place in the log.
func (s *seats) still(ctx context.Context, t org.Tenant, seq int64) error {
	if s == nil || len(s.taken) == 0 {
		return nil
	}
	shelf, err := s.r.Catalog.ShelfAt(ctx, t, seq)
	if err != nil || shelf.Seq() == s.shelf.Seq() {
		return err
	}
	now := &seats{r: s.r, shelf: shelf, today: s.today, halls: map[string]*hall{}}
	for _, t := range s.taken {
		if err := now.fits(t); err != nil && refused(err) {
			return errClaims
		} else if err != nil {
			return err
		}
		now.note(t)
	}
	return nil
}

// hall reads who has places in a record, once.
func (s *seats) hall(k *record.Kind, seat record.Seat) (*hall, error) {
	if h, ok := s.halls[seat.In]; ok {
		return h, nil
	}
	h, err := s.read(k, seat)
	if err != nil {
		return nil, err
	}
	s.halls[seat.In] = h
	return h, nil
}

func (s *seats) read(k *record.Kind, seat record.Seat) (*hall, error) {
	of, ok := s.r.kindOf(seat.In)
	if !ok || !of.Indexed {
		return nil, nil
	}
	view, err := s.shelf.View(of.Name)
	if err != nil {
		return nil, err
	}
	hit, ok := view.Get(seat.In)
	if !ok {
		return nil, nil
	}
	rec := of.New()
	if err := json.Unmarshal(view.AppendJSON(nil, hit, everyField), rec); err != nil {
		return nil, err
	}
	roomy, ok := rec.(record.Roomy)
	if !ok || roomy.Room() == 0 {
		return nil, nil
	}
	h := &hall{title: record.Title(rec), room: roomy.Room(), people: map[string][]record.Seat{}}
	if view, err = s.shelf.View(k.Name); err != nil {
		return nil, err
	}
	request := index.Request{Where: query.Term{Field: field(seat.Path), Op: query.Is, Value: seat.In}, Limit: MaxPage, Grant: everyField}
	for {
		answer, err := view.Find(request)
		if err != nil {
			return nil, err
		}
		for _, hit := range answer.Hits {
			who := k.New()
			if err := json.Unmarshal(view.AppendJSON(nil, hit, everyField), who); err != nil {
				return nil, err
			}
			h.people[hit.ID] = slices.DeleteFunc(who.(record.Seated).Seats(), func(other record.Seat) bool { return other.In != seat.In })
		}
		if answer.Next == nil {
			return h, nil
		}
		request.After = answer.Next
	}
}

// fits tells whether there is room for one more on every day of a seat from today on. On the days between two on which somebody
// comes nobody is added, so those are enough.
func (h *hall) fits(id string, seat record.Seat, today record.Date) bool {
	days := []record.Date{max(seat.From, today)}
	for other, has := range h.people {
		for _, s := range has {
			if other != id && s.From > days[0] && (seat.To == "" || s.From <= seat.To) {
				days = append(days, s.From)
			}
		}
	}
	for _, day := range days {
		n := 0
		for other, has := range h.people {
			if other != id && slices.ContainsFunc(has, func(s record.Seat) bool { return s.On(day) }) {
				n++
			}
		}
		if n >= h.room {
			return false
		}
	}
	return true
}
