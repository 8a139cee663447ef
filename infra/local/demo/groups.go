package demo

import (
	"context"
	"slices"
	"time"

	"github.com/muster-crm/muster/shared/contact"
	"github.com/muster-crm/muster/shared/group"
	"github.com/muster-crm/muster/shared/record"
	"github.com/muster-crm/muster/shared/repository"
)

// Teams, workgroups and classes. Who does something in the club has its tag; when the season begins, those who do are put
// into its group.

// crew is a group in the making: whom it takes by their tag, and what the first of them are in it.
type crew struct {
	name, category, section string
	tag                     string
	room                    int      // how many it has room for; 0: any number
	first                   []string // functions of the first of them
	others                  string   // of the others
	about                   string
}

var crews = []crew{
	{name: "U8", category: "team", section: "Hockey youth", tag: "U8", room: 24, others: "player"},
	{name: "U10", category: "team", section: "Hockey youth", tag: "U10", room: 24, others: "player"},
	{name: "U12", category: "team", section: "Hockey youth", tag: "U12", room: 24, others: "player"},
	{name: "U14", category: "team", section: "Hockey youth", tag: "U14", room: 30, others: "player", about: "Trains on Tuesday and Friday at six."},
	{name: "U16", category: "team", section: "Hockey youth", tag: "U16", room: 30, others: "player"},
	{name: "U18", category: "team", section: "Hockey youth", tag: "U18", room: 30, others: "player"},
	{name: "First eleven", category: "team", section: "Hockey", tag: "hockey seniors", others: "player"},
	{name: "Veterans", category: "team", section: "Hockey", tag: "hockey veterans", others: "player"},
	{name: "Children’s choir", category: "class", section: "Choir", tag: "children's choir"},
	{name: "Choir", category: "class", section: "Choir", tag: "choir", about: "Rehearses every Thursday at eight in the hall."},
	{name: "Youth theatre", category: "class", section: "Theatre", tag: "youth theatre", room: 20},
	{name: "Dance kids", category: "class", section: "Dance", tag: "dance kids"},
	{name: "Board", category: "workgroup", tag: "board", first: []string{"chair", "secretary"}, about: "Meets on the first Monday of the month."},
	{name: "Bar crew", category: "workgroup", tag: "bar crew"},
	{name: "Summer camp", category: "workgroup", section: "Recreation", tag: "camp crew", room: 12},
}

// record makes the record of a crew; sections and season are ids, "" where there are none.
func (c crew) record(section, season string) *group.Group {
	g := &group.Group{Name: c.name, Category: c.category, Entity: section, Season: season, Description: c.about}
	g.Kind = group.Name
	if c.room > 0 {
		g.Capacity = &c.room
	}
	return g
}

// places puts people into the groups of their tags, from a day on; of the coaches each team gets one in turn. ids are those
// of the groups, by name.
func places(people []*person, ids map[string]string, from record.Date) map[*person][]contact.Place {
	all := map[*person][]contact.Place{}
	for _, c := range crews {
		n := 0
		for _, p := range people {
			if !slices.Contains(p.at.Tags, c.tag) || ids[c.name] == "" {
				continue
			}
			place := contact.Place{Group: ids[c.name], Function: c.others, From: from}
			if n < len(c.first) {
				place.Function = c.first[n]
			}
			if n++; c.room == 0 || n <= c.room {
				all[p] = append(all[p], place)
			}
		}
	}
	teams := slices.DeleteFunc(slices.Clone(crews), func(c crew) bool { return c.category != "team" || ids[c.name] == "" })
	n := 0
	for _, p := range people {
		if slices.Contains(p.at.Tags, "coach") && len(teams) > 0 {
			all[p] = append(all[p], contact.Place{Group: ids[teams[n%len(teams)].name], Function: "coach", From: from})
			n++
		}
	}
	return all
}

// putInto writes places of people, in as few commits as they fit in.
func (s *story) putInto(ctx context.Context, who int, people []*person, where map[*person][]contact.Place) error {
	people = slices.DeleteFunc(slices.Clone(people), func(p *person) bool { return len(where[p]) == 0 })
	for lot := range slices.Chunk(people, placeLot) {
		var ids []string
		of := map[string][]contact.Place{}
		for _, p := range lot {
			ids, of[p.at.ID] = append(ids, p.at.ID), where[p]
		}
		outcomes, err := s.Records.ChangeMany(ctx, s.by(who), contact.Name, ids, func(r record.Record) (repository.Step, error) {
			return repository.Step{Patch: encode(map[string]any{"groups": of[r.Base().ID]})}, nil
		}, nil)
		if err != nil {
			return err
		}
		for i, out := range outcomes {
			if err := lot[i].keep(out.Result, out.Err); err != nil {
				return err
			}
		}
	}
	return nil
}

// placeLot is how many people fit one commit.
const placeLot = 40

// groups makes the teams and workgroups, and puts everybody into theirs, when the season begins.
func (s *story) groups() {
	at := time.Date(s.now.Year(), time.September, 3, 20, 15, 0, 0, s.now.Location())
	if !at.Before(s.now) {
		at = at.AddDate(-1, 0, 0)
	}
	s.on(at, func(ctx context.Context) error {
		ids := map[string]string{}
		for _, c := range crews {
			made, err := s.create(ctx, wannes, group.Name, c.record(s.set[c.section], s.set[seasonOf(at)]))
			if err != nil {
				return err
			}
			ids[c.name] = made.Base().ID
		}
		var there []*person
		for _, p := range s.people {
			if p.at.ID != "" && p.at.DeletedAt == nil && p.at.Status != "withdrawn" {
				there = append(there, p)
			}
		}
		return s.putInto(ctx, wannes, there, places(there, ids, record.DateOf(at)))
	})
}
