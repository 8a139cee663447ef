package repository

import (
	"context"
	"encoding/json"
	"slices"

	"github.com/muster-crm/muster/shared/catalog"
	"github.com/muster-crm/muster/shared/dedupe"
	"github.com/muster-crm/muster/shared/fault"
	"github.com/muster-crm/muster/shared/index"
	"github.com/muster-crm/muster/shared/policy"
	"github.com/muster-crm/muster/shared/record"
)

// Comparison tells of many records that are to be made who is alike whom: those who are there, and those among the new ones
// that came before (DUP-08). It asks what the inbox of duplicates asks, of the organisation as it would be with all of them, and
// so says what the inbox would say. It holds about 500 bytes a record. One goroutine uses it at a time.
type Comparison struct {
	r      *Repository
	grant  policy.Grant
	kind   string
	corpus *dedupe.Corpus
	added  int // of the corpus, the new ones come first
	view   catalog.View
	scorer *dedupe.Scorer
	levels dedupe.Thresholds
	found  map[int32]*alikes // by new record
}

// alikes are the places of the records that are alike a new one, the most alike first.
type alikes struct{ there, before []int32 }

// Match is who a new record may be.
type Match struct {
	Candidate     // of another new record without id and title
	Before    int // the place of the new record that came before, -1 for one that is there
}

// maxMatches is how many of either sort are told of a new record.
const maxMatches = 3

// Compare begins a comparison of new records of a kind with those the grant reads. Faults: Denied for who reads none, NotFound
// for a kind whose duplicates are not looked for.
func (r *Repository) Compare(g policy.Grant, kind string) (*Comparison, error) {
	if err := g.Allow(policy.Read); err != nil {
		return nil, err
	}
	if scored[kind] == nil {
		return nil, fault.New(fault.NotFound, "not_found")
	}
	return &Comparison{r: r, grant: g, kind: kind, corpus: dedupe.NewCorpus()}, nil
}

// Add adds a new record, with its telephone numbers as records keep them; places count from 0.
func (c *Comparison) Add(made record.Record) error {
	body, err := json.Marshal(made)
	if err != nil {
		return err
	}
	rec, err := features(c.kind, body, func(number string) string { return number })
	if err != nil {
		return err
	}
	rec.ID = ""
	c.corpus.Add(rec)
	c.added++
	return nil
}

// Find compares the new records with all that are there by now, and with each other. It is called once, behind the last Add.
func (c *Comparison) Find(ctx context.Context) error {
	c.found = map[int32]*alikes{}
	if c.added == 0 {
		return nil
	}
	still, err := c.r.Still(ctx, c.grant)
	if err != nil {
		return err
	}
	if c.view, err = still.shelf.View(c.kind); err != nil {
		return err
	}
	live, _ := c.view.Len()
	c.corpus.Grow(live)
	paths := scored[c.kind]
	c.view.Walk(paths, c.grant, func(id string, cells []index.Cell) { c.corpus.Add(feature(c.kind, id, paths, cells)) })
	c.levels = still.Config().Settings.Thresholds()
	c.scorer = c.corpus.Scorer()
	pairs, err := c.scorer.Scan(ctx, c.levels)
	if err != nil {
		return fault.Wrap(fault.Unavailable, "unavailable", err)
	}
	// The new ones come first in the corpus, in their order.
	for _, p := range pairs {
		of, other, before := p.A, p.B, false
		switch {
		case int(p.A) >= c.added:
			continue // both are there: the inbox tells of them
		case int(p.B) < c.added:
			of, other, before = p.B, p.A, true
		}
		a := c.found[of]
		if a == nil {
			a = &alikes{}
			c.found[of] = a
		}
		list := &a.there
		if before {
			list = &a.before
		}
		if len(*list) < maxMatches {
			*list = append(*list, other)
		}
	}
	return nil
}

// Found gives the places of the new records that are alike somebody, in order.
func (c *Comparison) Found() []int {
	all := make([]int, 0, len(c.found))
	for at := range c.found {
		all = append(all, int(at))
	}
	slices.Sort(all)
	return all
}

// Of tells who the new record of a place may be, with the reasons: first those who are there, each the most alike first, at most
// three of either sort. Find comes before it.
func (c *Comparison) Of(i int) []Match {
	a := c.found[int32(i)]
	if a == nil {
		return nil
	}
	var all []Match
	for _, other := range a.there {
		m := Match{Candidate: c.candidate(i, int(other)), Before: -1}
		m.ID = c.corpus.ID(int(other))
		m.Title, _, _ = c.view.Title(m.ID, c.grant)
		all = append(all, m)
	}
	for _, other := range a.before {
		all = append(all, Match{Candidate: c.candidate(i, int(other)), Before: int(other)})
	}
	return all
}

func (c *Comparison) candidate(i, j int) Candidate {
	score := c.scorer.Score(i, j)
	return Candidate{Level: c.levels.Level(score), Score: score}
}
