package setting

import (
	"cmp"
	"slices"

	"github.com/muster-crm/muster/shared/fold"
	"github.com/muster-crm/muster/shared/record"
)

// Season is a named range of dates (CLS-06), of the whole organisation or of one entity.
type Season struct {
	record.Meta
	Name    string      `json:"name,omitempty" field:"required,max=60"`
	Entity  string      `json:"entity,omitempty" field:"ref=entity"` // the root where nothing is said
	From    record.Date `json:"from,omitempty" field:"required"`
	To      record.Date `json:"to,omitempty" field:"required"` // the last day
	Current bool        `json:"current,omitempty"`             // the one things are shown of; one of an entity
	Closed  bool        `json:"closed,omitempty"`              // over: nothing new is put into it
}

// SeasonKind describes seasons.
func SeasonKind() *record.Kind {
	return record.Define[Season](SeasonName, "seasons", "sea", record.Unindexed(), record.Managed(), record.OwnedBy(Owner), record.Serial())
}

// Title gives the name.
func (s *Season) Title() string { return s.Name }

// Normalize makes a season without an entity the whole organisation's.
func (s *Season) Normalize(*record.Env) { s.Entity = cmp.Or(s.Entity, RootEntity) }

// Validate refuses a range that ends before it begins, one that overlaps another of the entity, and a second current one.
func (s *Season) Validate(env *record.Env) []record.Problem {
	var p []record.Problem
	if s.From != "" && s.To != "" && s.To < s.From {
		p = append(p, record.Problem{Path: "to", Code: "ends_before"})
	}
	if s.Current && s.Closed {
		p = append(p, record.Problem{Path: "current", Code: "season_closed"})
	}
	for _, r := range env.Others {
		o := r.(*Season)
		if o.Entity != s.Entity {
			continue
		}
		if s.Name != "" && fold.String(o.Name) == fold.String(s.Name) {
			p = append(p, record.Problem{Path: "name", Code: "name_taken"})
		}
		if s.From != "" && s.From <= o.To && o.From <= s.To && s.From <= s.To {
			p = append(p, record.Problem{Path: "from", Code: "season_overlaps", Pairs: []string{"name", o.Name}})
		}
		if s.Current && o.Current {
			p = append(p, record.Problem{Path: "current", Code: "season_current", Pairs: []string{"name", o.Name}})
		}
	}
	return p
}

// Select makes the season the current one, or no longer.
func (s *Season) Select(on bool) { s.Current = on }

// Selected tells whether it is the current one.
func (s *Season) Selected() bool { return s.Current }

// Among names the seasons of which one is current: those of the entity.
func (s *Season) Among() string { return s.Entity }

// Season gives the current season of an entity: its own, or else that of the nearest entity above it; nil for none.
func (c *Config) Season(entity string) *Season {
	for _, id := range c.Above(entity) {
		if i := slices.IndexFunc(c.Seasons, func(s *Season) bool { return s.Entity == id && s.Current }); i >= 0 {
			return c.Seasons[i]
		}
	}
	return nil
}
