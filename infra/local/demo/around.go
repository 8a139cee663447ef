package demo

import (
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/muster-crm/muster/shared/call"
	"github.com/muster-crm/muster/shared/company"
	"github.com/muster-crm/muster/shared/contact"
	"github.com/muster-crm/muster/shared/family"
	"github.com/muster-crm/muster/shared/note"
	"github.com/muster-crm/muster/shared/reach"
	"github.com/muster-crm/muster/shared/record"
	"github.com/muster-crm/muster/shared/reminder"
	"github.com/muster-crm/muster/shared/repository"
	"github.com/muster-crm/muster/shared/satisfaction"
	"github.com/muster-crm/muster/shared/service"
	"github.com/muster-crm/muster/shared/ticket"
)

// Families, companies and what the office writes down about people. All choices here are of a source of their own
// (story.more), so that the people stay who they are.

// home is a household that is a family in the records.
type home struct {
	people []*person
	record *family.Family // once it is made
}

// households lists those of several people, in the order they joined. What businesses have to do with each other is none.
func (s *story) households() []*home {
	var all []*home
	at := map[int]*home{}
	for _, p := range s.people {
		if at[p.home] == nil {
			at[p.home] = &home{}
			all = append(all, at[p.home])
		}
		at[p.home].people = append(at[p.home].people, p)
	}
	var several []*home
	for _, h := range all {
		if len(h.people) > 1 {
			several = append(several, h)
		}
	}
	return several
}

// family makes the record of a household out of its people that are in the records.
func (h *home) family(now time.Time) *family.Family {
	f := &family.Family{}
	f.Kind = family.Name
	for _, p := range h.people {
		if p.at.ID == "" || p.at.DeletedAt != nil {
			continue
		}
		m := family.Member{Contact: p.at.ID, Role: "child"}
		if ageOf(p.at, now) >= 18 {
			m.Role = "parent"
		}
		f.Members = append(f.Members, m)
		if a, ok := p.at.MainAddress(); ok && f.Address == (reach.Place{}) {
			f.Address = a.Place()
		}
		f.Name = cmp.Or(f.Name, join(p.at.Prefix, p.at.LastName))
	}
	return f
}

func join(prefix, name string) string {
	if prefix == "" {
		return name
	}
	return prefix + " " + name
}

// families makes the households families, an hour after the first of them joined.
func (s *story) families() {
	s.homesOf = map[int]*home{}
	for i, h := range s.households() {
		s.homesOf[h.people[0].home] = h
		who := s.anybody()
		at := h.people[0].joined.Add(time.Hour + time.Duration(i%50)*time.Minute)
		if s.odds(25) { // some were made a family later
			at = s.later(h.people[0])
		}
		carpool := s.odds(30)
		s.on(at, func(ctx context.Context) error {
			f := h.family(s.clock.Now())
			if len(f.Members) < 2 {
				return nil
			}
			if carpool {
				f.Custom = record.Custom{"carpool": true}
			}
			res, err := s.create(ctx, who, family.Name, f)
			if err == nil {
				h.record = res.(*family.Family)
			}
			return err
		})
	}
}

// moveHome gives the family of a household its new address.
func (s *story) moveHome(ctx context.Context, who, number int, to contact.Address) error {
	h := s.homesOf[number]
	if h == nil || h.record == nil {
		return nil
	}
	_, err := s.Records.Patch(ctx, s.by(who), family.Name, h.record.ID, repository.AnyVersion, encode(map[string]any{"address": to.Place()}))
	return err
}

// companyOf makes the record of a business, with whom one speaks to there and perhaps somebody of the club.
func (s *story) companyOf(p *person, other *person) *company.Company {
	b := p.business
	c := &company.Company{Name: b.name, Website: "https://www." + b.domain, TaxNumber: s.taxNumber(),
		CompanyKind: map[string]string{"supplier": "supplier", "partner": "sponsor", "customer": "customer"}[b.kind],
		Emails:      []reach.Email{{Kind: "work", Address: "info@" + b.domain, Main: true}},
		Phones:      append([]reach.Phone(nil), p.at.Phones...), Addresses: append([]reach.Address(nil), p.at.Addresses...),
		Contacts: []company.Contact{{Contact: p.at.ID, Function: choose(s.more, []string{"director", "sales", "accounting"}), From: record.DateOf(p.joined)}}}
	c.Kind = company.Name
	if other != nil && other.at.ID != "" && other.at.DeletedAt == nil {
		c.Contacts = append(c.Contacts, company.Contact{Contact: other.at.ID, Function: "director"})
	}
	return c
}

// taxNumber invents a Belgian one: ten digits of which the last two are 97 less the remainder of the others.
func (s *story) taxNumber() string {
	n := 1_900_0000 + s.more.IntN(90000) // a range that is not given out
	digits := fmt.Sprintf("%08d%02d", n, 97-n%97)
	return "BE " + digits[:4] + "." + digits[4:7] + "." + digits[7:]
}

// companies makes the businesses companies, on the day they joined.
func (s *story) companies() {
	for i, p := range s.people {
		if p.business == nil {
			continue
		}
		var other *person
		if s.odds(40) {
			other = choose(s.more, s.people[:100])
		}
		who := s.anybody()
		s.on(p.joined.Add(2*time.Hour), func(ctx context.Context) error {
			if p.at.ID == "" {
				return nil
			}
			c := s.companyOf(p, other)
			if c.CompanyKind == "sponsor" {
				c.Custom = record.Custom{"sponsorLevel": []string{"gold", "silver", "bronze"}[i%3], "contractUntil": fmt.Sprintf("%d-12-31", s.now.Year()+i%2)}
			}
			made, err := s.create(ctx, who, company.Name, c)
			if err != nil || i%4 == 3 {
				return err
			}
			return s.logo(ctx, made.Base().ID, i)
		})
	}
}

// create makes a record of a kind that stands alone.
func (s *story) create(ctx context.Context, who int, kind string, r record.Record) (record.Record, error) {
	outcomes, err := s.Records.CreateMany(ctx, s.by(who), kind, []record.Record{r}, nil)
	if err != nil {
		return nil, err
	}
	return outcomes[0].Record, outcomes[0].Err
}

// beside writes down something about a person at a moment, and then what becomes of it, if they are there.
func (s *story) beside(p *person, kind string, at time.Time, body map[string]any, then ...map[string]any) {
	who, days := s.anybody(), s.more.IntN(6)+1
	id := ""
	here := func() bool { return p.at.ID != "" && p.at.DeletedAt == nil }
	s.on(at, func(ctx context.Context) error {
		if !here() {
			return nil
		}
		res, err := s.Records.CreateUnder(ctx, s.by(who), kind, p.at.ID, encode(body))
		if err == nil {
			id = res.Record.Base().ID
		}
		return err
	})
	for i, patch := range then {
		s.on(at.AddDate(0, 0, days*(i+1)), func(ctx context.Context) error {
			if id == "" || !here() {
				return nil
			}
			_, err := s.Records.Patch(ctx, s.by(who), kind, id, repository.AnyVersion, encode(patch))
			return err
		})
	}
}

// papers is what the office writes down about people over the years.
func (s *story) papers() {
	for _, p := range s.people {
		if s.odds(18) {
			s.notes(p)
		}
		if s.odds(12) {
			s.calls(p)
		}
		if s.odds(7) {
			s.tickets(p)
		}
		if s.odds(4) {
			s.services(p)
		}
		if s.odds(9) {
			s.scores(p)
		}
	}
	s.reminders()
}

func (s *story) notes(p *person) {
	for range s.more.IntN(2) + 1 {
		at := s.later(p)
		said := choose(s.more, notesSaid)
		var then []map[string]any
		if s.odds(20) {
			then = append(then, map[string]any{"text": said + "\n\nCalled back: all settled."})
		}
		s.beside(p, note.Name, at, map[string]any{"text": said}, then...)
	}
}

func (s *story) calls(p *person) {
	for range s.more.IntN(3) + 1 {
		at := s.later(p)
		c := map[string]any{"direction": choose(s.more, []string{"incoming", "incoming", "outgoing"}), "startedAt": at.Add(-10 * time.Minute)}
		if number := p.at.Mobile(); number != "" {
			c["number"] = number
		}
		if outcome := choose(s.more, []string{"reached", "reached", "reached", "noAnswer", "message", "callBack"}); outcome == "reached" {
			c["outcome"], c["minutes"], c["note"] = outcome, s.more.IntN(9)+1, choose(s.more, callsNoted)
		} else {
			c["outcome"] = outcome
		}
		s.beside(p, call.Name, at, c)
	}
}

func (s *story) tickets(p *person) {
	t, at := choose(s.more, questions), s.later(p)
	if s.odds(35) {
		at = s.now.Add(-time.Duration(s.more.IntN(9*24)+2) * time.Hour) // those that are still open
	}
	body := map[string]any{"subject": t.subject, "text": t.text, "priority": choose(s.more, []string{"low", "normal", "normal", "normal", "high", "urgent"}),
		"assignee": s.users[s.anybody()].id}
	answer := map[string]any{"text": t.answer}
	s.beside(p, ticket.Name, at, body, map[string]any{"state": "waiting", "answers": []any{answer}}, map[string]any{"state": "solved"}, map[string]any{"state": "closed"})
}

func (s *story) services(p *person) {
	at, w := s.later(p), choose(s.more, repairs)
	cost := record.Money{Amount: int64(s.more.IntN(90)+5) * 50, Currency: "EUR"}
	s.beside(p, service.Name, at, map[string]any{"item": w.item, "fault": w.fault}, map[string]any{"state": "inWork"},
		map[string]any{"state": "ready", "work": w.work, "cost": cost}, map[string]any{"state": "returned", "out": record.DateOf(at.AddDate(0, 1, 0))})
}

func (s *story) scores(p *person) {
	for range s.more.IntN(4) + 1 {
		score := []int{1, 2, 3, 3, 4, 4, 4, 5, 5, 5}[s.more.IntN(10)]
		body := map[string]any{"score": score, "origin": choose(s.more, []string{"survey", "survey", "conversation", "telephone", "email"})}
		if said := opinions[score]; s.odds(50) {
			body["comment"] = choose(s.more, said)
		}
		s.beside(p, satisfaction.Name, s.later(p), body)
	}
}

// reminders are done and past ones, some that are due now, and some to come.
func (s *story) reminders() {
	for i := range 46 {
		p := s.people[(i*37+4)%380]
		body := map[string]any{"text": choose(s.more, remindersSaid), "assignee": s.users[s.anybody()].id}
		switch {
		case i < 26:
			at := s.later(p)
			body["dueAt"] = at.AddDate(0, 0, 9)
			s.beside(p, reminder.Name, at, body, map[string]any{"done": true})
		case i < 34: // due since a while
			body["dueAt"] = s.now.Add(-time.Duration(s.more.IntN(70)+1) * time.Hour)
			s.beside(p, reminder.Name, s.now.AddDate(0, 0, -8), body)
		case i < 37: // put off
			body["dueAt"] = s.now.Add(-30 * time.Hour)
			body["snoozedUntil"] = s.now.Add(40 * time.Hour)
			s.beside(p, reminder.Name, s.now.AddDate(0, 0, -8), body)
		default:
			body["dueAt"] = s.now.Add(time.Duration(s.more.IntN(20*24)+1) * time.Hour)
			s.beside(p, reminder.Name, s.now.AddDate(0, 0, -3), body)
		}
	}
}

// later chooses a moment in a person's time with the club at which the office is open.
func (s *story) later(p *person) time.Time {
	days := int(s.now.Sub(p.joined).Hours()/24) - 3
	if days < 1 {
		return s.now // too late to happen
	}
	y, m, d := p.joined.AddDate(0, 0, s.more.IntN(days)+2).Date()
	return time.Date(y, m, d, s.more.IntN(8)+9, s.more.IntN(60), s.more.IntN(60), 0, s.now.Location())
}

// anybody of the office who may write.
func (s *story) anybody() int { return []int{olivia, wannes, wannes, ines, ines, ines}[s.more.IntN(6)] }

// odds is true so many times in a hundred.
func (s *story) odds(percent int) bool { return s.more.IntN(100) < percent }

// choose picks one of a list, at random.
func choose[T any](r *rand.Rand, from []T) T { return from[r.IntN(len(from))] }
