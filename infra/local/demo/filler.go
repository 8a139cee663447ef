package demo

import (
	"context"
	"math/rand/v2"
	"slices"
	"sync"

	"github.com/muster-crm/muster/shared/company"
	"github.com/muster-crm/muster/shared/contact"
	"github.com/muster-crm/muster/shared/family"
	"github.com/muster-crm/muster/shared/fault"
	"github.com/muster-crm/muster/shared/group"
	"github.com/muster-crm/muster/shared/policy"
	"github.com/muster-crm/muster/shared/record"
	"github.com/muster-crm/muster/shared/repository"
)

// Filler brings the club's people into an organisation somebody has set up and that is still empty, so that they can look
// around before their own come (SET-09). Years of history cannot come along: the log of an organisation goes forwards
// only. The organisation keeps its own settings and fields.
type Filler struct {
	records *repository.Repository
	one     sync.Mutex // of two at once the second finds the organisation filled
}

// NewFiller makes a filler of the organisations in a repository.
func NewFiller(r *repository.Repository) *Filler { return &Filler{records: r} }

// Fill makes the people, as they are today, and tells how many. They belong to one batch. Faults: Denied for whoever does
// not manage the organisation; Conflict (not_empty) when it holds contacts.
func (f *Filler) Fill(ctx context.Context, g policy.Grant) (int, error) {
	if err := g.Allow(policy.Manage); err != nil {
		return 0, err
	}
	f.one.Lock()
	defer f.one.Unlock()
	found, err := f.records.List(ctx, g, contact.Name, repository.Question{Count: true})
	if err != nil {
		return 0, err
	}
	if found.Total > 0 {
		return 0, fault.New(fault.Conflict, "not_empty")
	}
	cfg, err := f.records.Config(ctx, g)
	if err != nil {
		return 0, err
	}
	s := &story{now: f.records.Clock.Now().In(cfg.Settings.Zone()), rand: rand.New(rand.NewChaCha8(seed)), more: rand.New(rand.NewChaCha8(beside)), emails: map[string]bool{}}
	s.start = s.now.AddDate(-years, 0, 0)
	s.arrivals()
	for _, p := range s.people {
		s.detail(p.at)
		s.sensitive(p.at).into(p.at)
		s.present(p, cfg.Defaults())
	}
	w := repository.Write{Grant: g.Via("import"), Batch: f.records.IDs.New("demo")}
	made := 0
	if err := s.joinGroups(ctx, f.records, w); err != nil {
		return made, err
	}
	for lot := range lots(s.people) {
		outcomes, err := f.records.CreateMany(ctx, w, contact.Name, records(lot), nil)
		if err != nil {
			return made, err
		}
		for _, out := range outcomes {
			if out.Err == nil { // what the organisation's own rules refuse is left out
				made++
			}
		}
	}
	for kind, all := range map[string][]record.Record{family.Name: s.familyRecords(), company.Name: s.companyRecords()} {
		for lot := range slices.Chunk(all, companyLot) {
			if _, err := f.records.CreateMany(ctx, w, kind, lot, nil); err != nil {
				return made, err
			}
		}
	}
	return made, nil
}

// joinGroups makes the groups, and puts people into theirs before they are in the records.
func (s *story) joinGroups(ctx context.Context, records *repository.Repository, w repository.Write) error {
	var all []record.Record
	for _, c := range crews {
		all = append(all, c.record("", ""))
	}
	made, err := records.CreateMany(ctx, w, group.Name, all, nil)
	if err != nil {
		return err
	}
	ids := map[string]string{}
	for i, out := range made {
		if out.Err == nil { // as with people
			ids[crews[i].name] = out.Record.Base().ID
		}
	}
	for p, in := range places(s.people, ids, record.DateOf(s.now.AddDate(0, -2, 0))) {
		p.at.Groups = in
	}
	return nil
}

// companyLot is how many records of several fields and one key fit one commit.
const companyLot = 30

// familyRecords makes the households of those who are in the records families.
func (s *story) familyRecords() (all []record.Record) {
	for _, h := range s.households() {
		if f := h.family(s.now); len(f.Members) > 1 {
			all = append(all, f)
		}
	}
	return all
}

// companyRecords makes the businesses companies.
func (s *story) companyRecords() (all []record.Record) {
	for _, p := range s.people {
		if p.business != nil && p.at.ID != "" {
			all = append(all, s.companyOf(p, nil))
		}
	}
	return all
}

// present makes of somebody as they joined somebody as they are, in an organisation without the club's own fields.
func (s *story) present(p *person, d record.Defaults) {
	c := p.at
	c.Custom = nil
	if slices.ContainsFunc(c.Tags, isTeam) {
		c.Tags = tagged(c.Tags, isTeam, team(ageOf(c, s.now)))
	}
	if !slices.Contains(d.Languages, c.Language) {
		c.Language = ""
	}
}
