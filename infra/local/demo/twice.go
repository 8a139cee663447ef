package demo

import (
	"context"

	"github.com/muster-crm/muster/shared/contact"
	"github.com/muster-crm/muster/shared/record"
)

// twice enters some people a second time, months later and with the usual slips: there is something for the inbox of
// duplicates to find.
func (s *story) twice() {
	const every = 47
	for i, p := range s.people {
		if i%every != 11 || p.business != nil {
			continue
		}
		s.on(p.joined.AddDate(0, 4, i%20), func(ctx context.Context) error {
			if p.at.ID == "" || p.at.DeletedAt != nil {
				return nil
			}
			_, err := s.create(ctx, ines, contact.Name, again(p.at, i/every))
			return err
		})
	}
}

// again is somebody as they are entered who does not look first whether they are there.
func again(c *contact.Contact, n int) *contact.Contact {
	twin := &contact.Contact{FirstName: c.FirstName, Prefix: c.Prefix, LastName: c.LastName, BirthDate: c.BirthDate, Gender: c.Gender,
		Language: c.Language, Type: "external", Status: "active", Source: "telephone", Entity: c.Entity}
	twin.Kind = contact.Name
	letters := []rune(c.LastName)
	switch n % 4 {
	case 0: // two letters the wrong way round, as it was heard
		if m := len(letters) / 2; m > 0 {
			letters[m-1], letters[m] = letters[m], letters[m-1]
		}
		twin.LastName = string(letters)
		twin.Emails = c.Emails
	case 1: // the names in each other's places
		twin.FirstName, twin.LastName = c.LastName, c.FirstName
		twin.Addresses = c.Addresses
	case 2: // another e-mail address, and the month before the day
		twin.Addresses = c.Addresses
		if d := string(c.BirthDate); len(d) == len("2006-01-02") && d[8:] <= "12" {
			twin.BirthDate = record.Date(d[:5] + d[8:] + "-" + d[5:7])
		}
	default: // an initial and no birth date
		twin.FirstName = string([]rune(c.FirstName)[:1]) + "."
		twin.BirthDate, twin.Emails, twin.Addresses = "", c.Emails, c.Addresses
	}
	return twin
}
