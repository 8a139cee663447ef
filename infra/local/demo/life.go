package demo

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/muster-crm/muster/shared/blob"
	"github.com/muster-crm/muster/shared/contact"
	"github.com/muster-crm/muster/shared/i18n"
	"github.com/muster-crm/muster/shared/job"
	"github.com/muster-crm/muster/shared/repository"
)

// plan invents the people and what happens over the years.
func (s *story) plan() {
	s.visits()
	s.arrivals()
	s.details(s.start.Add(opening))
	s.families()
	s.companies()
	s.groups()
	s.papers()
	s.uploads()
	s.twice()
	s.seasons()
	s.moves()
	for i, p := range s.people {
		switch {
		case i%67 == 5: // those everybody in the office knows
			for range s.between(12, 22) {
				s.change(p, s.rand.IntN(10), s.after(p))
			}
		case s.chance(28):
			s.change(p, s.rand.IntN(10), s.after(p))
		}
	}
	s.mistakes()
	s.departures()
	s.lists()
	s.lately()
	s.searches()
}

// opening is how long after the beginning those of the old card file come.
const opening = 26 * time.Hour

// arrivals lets people join: those of the old card file at first, most others when a season begins.
func (s *story) arrivals() {
	first := s.start.Add(opening)
	for len(s.people) < 170 {
		s.arrival(first, 55)
	}
	s.businesses(first)
	for len(s.people) < 410 {
		day := s.start.AddDate(0, s.between(1, 12*years-1), s.rand.IntN(28))
		if s.chance(60) { // when the season begins
			day = time.Date(s.start.Year()+s.between(0, years), 9, s.between(1, 4)*5, 0, 0, 0, 0, s.start.Location())
		}
		if day.After(first) && day.Before(s.now.AddDate(0, 0, -3)) {
			s.arrival(day, 45)
		}
	}
	old, days := []*person{}, map[string][]*person{}
	var order []string
	for _, p := range s.people {
		if p.joined.Equal(first) {
			old = append(old, p)
			continue
		}
		day := p.joined.Format(time.DateOnly)
		if days[day] == nil {
			order = append(order, day)
		}
		days[day] = append(days[day], p)
	}
	s.on(first, func(ctx context.Context) error {
		return s.join(ctx, repository.Write{Grant: s.users[olivia].grant.Via("import")}, old)
	})
	for _, day := range order {
		group, at, who := days[day], s.office(days[day][0].joined), s.clerk()
		via := pick(s.rand, []string{"telephone", "telephone", "form", "request"})
		for _, p := range group {
			p.joined = at
		}
		s.on(at, func(ctx context.Context) error {
			return s.join(ctx, repository.Write{Grant: s.users[who].grant.Via(via)}, group)
		})
	}
}

func (s *story) arrival(day time.Time, families int) {
	if s.chance(families) {
		s.family(day)
	} else {
		s.single(day)
	}
}

// after chooses a moment in a person's time with the club.
func (s *story) after(p *person) time.Time {
	from := p.joined.AddDate(0, 0, 6)
	days := int(s.now.Sub(from).Hours() / 24)
	if days < 2 {
		return s.now // too late to happen
	}
	return s.office(from.AddDate(0, 0, s.rand.IntN(days-1)))
}

// change plans one of the ten small things that change about people; some have nothing to change.
func (s *story) change(p *person, what int, at time.Time) {
	who := s.clerk()
	s.on(at, func(ctx context.Context) error {
		c, patch := p.at, map[string]any{}
		switch what {
		case 0, 1:
			if len(c.Phones) > 0 && c.Phones[0].Line == "mobile" {
				phones := slices.Clone(c.Phones)
				phones[0].Number = s.mobile("nl")
				patch["phones"] = phones
			}
		case 2:
			if len(c.Emails) > 0 && c.Emails[0].Kind == "personal" {
				emails := slices.Clone(c.Emails)
				emails[0].Address = s.email(c)
				patch["emails"] = emails
			}
		case 3, 4:
			patch["newsletter"] = c.Newsletter == nil || !*c.Newsletter
		case 5:
			patch["tags"] = tagged(c.Tags, func(t string) bool { return strings.HasPrefix(t, "volunteer day") }, "volunteer day "+at.Format("2006"))
		case 6:
			patch["custom"] = map[string]any{"photoConsent": pick(s.rand, []string{"yes", "no"})}
		case 7:
			patch["nickname"] = pick(s.rand, []string{"Bibi", "Coach", "Chef", "Kapi", "Momo", "Nono", "Pippo", "Sus", "Tante", "Zaza"})
		case 8:
			if ageOf(c, at) >= 18 && !slices.Contains(c.Tags, "camp crew") {
				patch["tags"] = append(slices.Clone(c.Tags), "camp crew")
			}
		case 9:
			if len(c.Addresses) == 1 {
				work := s.address(s.town())
				work.Kind, work.Main, work.Delivery = "billing", false, false
				patch["addresses"] = append(slices.Clone(c.Addresses), work)
			}
		}
		return s.edit(ctx, who, p, patch)
	})
}

// seasons moves the young on to the next team when they are old enough.
func (s *story) seasons() {
	for i, p := range s.people {
		if !slices.ContainsFunc(p.at.Tags, isTeam) {
			continue
		}
		p.at.Tags = tagged(p.at.Tags, isTeam, team(ageOf(p.at, p.joined)))
		for year := p.joined.Year(); year <= s.now.Year(); year++ {
			at := time.Date(year, 8, 24, 9, 30, 0, 0, s.start.Location()).Add(time.Duration(i) * 2 * time.Minute)
			if at.Before(p.joined) {
				continue
			}
			next := team(ageOf(p.at, at))
			s.on(at, func(ctx context.Context) error {
				if p.at.Status == "withdrawn" || slices.Contains(p.at.Tags, next) {
					return nil
				}
				return s.edit(ctx, wannes, p, map[string]any{"tags": tagged(p.at.Tags, isTeam, next)})
			})
		}
	}
}

// moves lets whole households move house.
func (s *story) moves() {
	moved := map[int]bool{}
	for range 16 {
		p := pick(s.rand, s.people[:330])
		if moved[p.home] || p.at.BirthDate == "" {
			continue
		}
		moved[p.home] = true
		at, to, who := s.after(p), s.address(s.town()), s.clerk()
		for _, other := range s.people {
			if other.home != p.home {
				continue
			}
			s.on(at, func(ctx context.Context) error {
				addresses := slices.Clone(other.at.Addresses)
				addresses[0] = to
				return s.edit(ctx, who, other, map[string]any{"addresses": addresses})
			})
			at = at.Add(time.Minute)
		}
		s.on(at, func(ctx context.Context) error { return s.moveHome(ctx, who, p.home, to) })
	}
}

// mistakes are made and taken back, by the same or by somebody else.
func (s *story) mistakes() {
	for i := range 18 {
		p := s.people[i*19+3]
		at, who, wrong := s.after(p), s.clerk(), map[string]any{}
		switch i % 6 {
		case 0:
			wrong["lastName"] = pick(s.rand, p.lastNames())
		case 1:
			wrong["status"] = "withdrawn"
		case 2:
			wrong["tags"] = []string{}
		case 3:
			wrong["birthDate"] = "1971-01-01"
		case 4:
			wrong["emails"], wrong["phones"] = []any{}, []any{}
		case 5:
			wrong["firstName"], wrong["gender"] = pick(s.rand, tongues[0].women), "female"
		}
		s.on(at, func(ctx context.Context) error {
			was := p.at.Version
			if err := s.edit(ctx, who, p, wrong); err != nil || p.at.Version == was {
				return err
			}
			s.clock.Advance(time.Duration(s.between(4, 900)) * time.Second)
			return s.revert(ctx, (who+i)%3, p)
		})
	}
}

func (p *person) lastNames() []string {
	var names []string
	for _, n := range tongues[0].last {
		if n.name != p.at.LastName {
			names = append(names, n.name)
		}
	}
	return names
}

// departures are people who leave, in good order or into the trash, some to come back.
func (s *story) departures() {
	for i, p := range s.people {
		if i%13 != 7 || p.at.Type != "member" {
			continue
		}
		who := s.clerk()
		leave := s.after(p)
		s.on(leave, func(ctx context.Context) error {
			return s.edit(ctx, who, p, map[string]any{"status": "withdrawn", "newsletter": false})
		})
		if i%26 == 7 {
			s.on(leave.AddDate(0, s.between(3, 14), 0), func(ctx context.Context) error {
				return s.edit(ctx, who, p, map[string]any{"status": "active"})
			})
		}
	}
	for i := range 12 {
		p := s.people[i*29+11]
		at, who := s.office(s.now.AddDate(0, 0, -s.between(2, 300))), s.clerk()
		if !p.joined.Before(at.AddDate(0, 0, -2)) {
			continue
		}
		s.on(at, func(ctx context.Context) error { return s.trash(ctx, who, p) })
		if i%4 == 3 {
			s.on(at.Add(time.Duration(s.between(2, 30))*time.Hour), func(ctx context.Context) error { return s.restore(ctx, olivia, p) })
		}
	}
}

// list is a file that was imported.
type list struct {
	name string
	at   time.Time
	rows string
}

// lists are imported from files: those who came to the camp, and those who asked for the newsletter last week. Some rows
// say what cannot be.
func (s *story) lists() {
	camp := s.now.AddDate(-1, -4, 0)
	for _, l := range []list{
		{"camp " + camp.Format("2006") + ".csv", camp, s.sheet(16, "summer camp "+camp.Format("2006"), false)},
		{"open day.csv", s.now.AddDate(0, 0, -6), s.sheet(22, "open day", true)},
	} {
		s.on(s.office(l.at), func(ctx context.Context) error { return s.load(ctx, s.users[wannes], l) })
	}
}

// sheet makes a file of people.
func (s *story) sheet(rows int, tag string, faulty bool) string {
	var b strings.Builder
	b.WriteString("First name;Last name;Birth date;E-mail;Mobile;Street and number;Postcode;Town;Tags\n")
	for i := range rows {
		h := s.household()
		c := s.person(h, s.between(8, 60))
		email, mobile := s.email(c), s.mobile(c.Language)
		born, err := c.BirthDate.Parse()
		day := born.Format("02/01/2006")
		if err == nil && faulty {
			switch i {
			case 4:
				email = "no address"
			case 9:
				day = "31/02/2009"
			case 15:
				c.FirstName = ""
			}
		}
		last := strings.TrimSpace(c.Prefix + " " + c.LastName)
		b.WriteString(strings.Join([]string{c.FirstName, last, day, email, mobile, h.address.Street + " " + h.address.Number,
			h.address.Postcode, h.address.Town, tag}, ";") + "\n")
	}
	return b.String()
}

// load imports a file: upload, preview, run.
func (s *story) load(ctx context.Context, u user, l list) error {
	imp, _, err := s.imports.Create(ctx, u.grant, contact.Name, l.name, int64(len(l.rows)), i18n.Dutch)
	if err != nil {
		return err
	}
	name := u.grant.Tenant().Blob("imports", imp.ID+"/file")
	if _, err := s.Blobs.Put(ctx, name, bytes.NewReader([]byte(l.rows)), blob.Options{}); err != nil {
		return err
	}
	if _, err := s.imports.Get(ctx, u.grant, imp.ID); err != nil {
		return err
	}
	s.clock.Advance(time.Minute)
	if _, err := s.imports.Preview(ctx, u.grant, imp.ID); err != nil {
		return err
	}
	if err := s.runner.Run(ctx, u.grant.Tenant(), imp.ID, 0); err != nil {
		return err
	}
	s.clock.Advance(2 * time.Minute)
	if _, err := s.imports.Run(ctx, u.grant, imp.ID); err != nil {
		return err
	}
	if err := s.runner.Run(ctx, u.grant.Tenant(), imp.ID, 0); err != nil {
		return err
	}
	if imp, err = s.imports.Get(ctx, u.grant, imp.ID); err == nil && imp.State != job.Done {
		err = fmt.Errorf("import %s of %s: %s", imp.State, l.name, imp.Failure)
	}
	return err
}

// lately is what happened just before now: requests that wait for an answer, and the day's small changes.
func (s *story) lately() {
	for i := range 3 {
		at := s.now.Add(-time.Duration(s.between(2, 44)) * time.Hour)
		group := s.family(at)
		if i == 0 {
			group = append(group, s.single(at)...)
		}
		for _, p := range group {
			p.at.Status, p.joined = "pending", at
		}
		s.on(at, func(ctx context.Context) error {
			return s.join(ctx, repository.Write{Grant: s.users[ines].grant.Via("request")}, group)
		})
	}
	for i := range 14 {
		s.change(s.people[i*23+2], 3+i%5, s.now.Add(-time.Duration(4+9*i*i)*time.Minute))
	}
}
