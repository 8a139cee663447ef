// Package satisfaction is the kind of record for how content somebody said they were: a score from 1 to 5 with its date,
// origin and comment (MSG-10).
package satisfaction

import (
	"cmp"
	"slices"
	"strconv"

	"github.com/muster-crm/muster/shared/record"
)

// Name is the name of the kind.
const Name = "satisfaction"

// Kind describes scores.
func Kind() *record.Kind {
	return record.Define[Satisfaction](Name, "satisfactions", "sat", record.Under("contact", "company", "family"))
}

// Satisfaction is one score. It was given today unless it says otherwise.
type Satisfaction struct {
	record.Meta
	Owner   string      `json:"owner,omitempty" field:"ref=contact|company|family,system" readOnly:"true"`
	Score   int         `json:"score,omitempty" field:"required,min=1,max=5"`
	Date    record.Date `json:"date,omitempty"`
	Origin  string      `json:"origin,omitempty" field:"list=satisfactionOrigin"`
	Comment string      `json:"comment,omitempty" field:"long,max=2000"`
}

// Title gives the score.
func (s *Satisfaction) Title() string { return strconv.Itoa(s.Score) + "/5" }

// Normalize completes a score.
func (s *Satisfaction) Normalize(env *record.Env) { s.Date = cmp.Or(s.Date, record.DateOf(env.Now)) }

// Validate refuses what is still to be said.
func (s *Satisfaction) Validate(env *record.Env) []record.Problem {
	if s.Date > record.DateOf(env.Now) {
		return []record.Problem{{Path: "date", Code: "date_future"}}
	}
	return nil
}

// Course is how content somebody was over time.
type Course struct {
	Latest  *Satisfaction   // nil when there is none
	Average int             // in hundredths: 425 is 4.25
	Scores  []*Satisfaction // the oldest first; of one day in the order they were entered
}

// CourseOf puts scores in the order of time. The average is rounded to the nearest hundredth.
func CourseOf(scores []*Satisfaction) Course {
	c := Course{Scores: slices.Clone(scores)}
	slices.SortStableFunc(c.Scores, func(a, b *Satisfaction) int {
		return cmp.Or(cmp.Compare(a.Date, b.Date), a.CreatedAt.Compare(b.CreatedAt))
	})
	if len(c.Scores) == 0 {
		return c
	}
	sum := 0
	for _, s := range c.Scores {
		sum += s.Score
	}
	c.Latest = c.Scores[len(c.Scores)-1]
	c.Average = (200*sum + len(scores)) / (2 * len(scores))
	return c
}
