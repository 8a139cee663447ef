package demo

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/muster-crm/muster/shared/contact"
	"github.com/muster-crm/muster/shared/iban"
	"github.com/muster-crm/muster/shared/nationalnumber"
	"github.com/muster-crm/muster/shared/record"
)

// details tells more of people than how they are reached: nationality, work, kit, the section they belong to. first is when
// those of the old card file came; what is sensitive of the others an administrator enters a few days after they joined.
func (s *story) details(first time.Time) {
	for _, p := range s.people {
		s.detail(p.at)
		papers := s.sensitive(p.at)
		if p.joined.Equal(first) {
			papers.into(p.at)
			continue
		}
		patch := papers.patch()
		s.on(s.later(p), func(ctx context.Context) error { return s.edit(ctx, wannes, p, patch) })
	}
}

// detail fills in what everybody in the office may enter.
func (s *story) detail(c *contact.Contact) {
	age := ageOf(c, s.now)
	c.Nationalities = []string{map[string]string{"nl": "BE", "fr": "BE", "es": "ES", "en": "GB"}[c.Language]}
	switch {
	case s.odds(6):
		c.Nationalities = append(c.Nationalities, choose(s.more, []string{"NL", "FR", "MA", "IT", "PT", "US"}))
	case c.Language == "en" && s.odds(40):
		c.Nationalities = []string{choose(s.more, []string{"IE", "US", "AU"})}
	}
	c.Nationalities = slices.Compact(c.Nationalities)
	if age >= 23 && age < 67 && s.odds(60) {
		c.Occupation = choose(s.more, occupations[c.Language])
		if s.odds(15) {
			year := s.now.Year() - s.more.IntN(age-20)
			c.Work = []contact.Work{{Employer: choose(s.more, employers), Role: c.Occupation, From: record.Date(fmt.Sprintf("%d-09-01", year))}}
			if s.odds(50) {
				c.Work = append(c.Work, contact.Work{Employer: choose(s.more, employers), From: record.Date(fmt.Sprintf("%d-02-01", year-3)), To: record.Date(fmt.Sprintf("%d-08-31", year))})
			}
		}
	}
	if age >= 22 && s.odds(45) {
		c.MaritalStatus = choose(s.more, []string{"married", "married", "cohabiting", "cohabiting", "single", "single", "divorced", "widowed"})
	}
	if slices.ContainsFunc(c.Tags, func(t string) bool { return isTeam(t) || strings.HasPrefix(t, "hockey") }) {
		number := s.more.IntN(99) + 1
		c.ShirtNumber = &number
		c.KitSize = s.kit(age)
	}
	if yes := true; s.odds(8) {
		c.PromotionalSMS = &yes
	}
	s.classify(c)
}

// kit gives the size of somebody's shirt: children's sizes are values of the organisation's own.
func (s *story) kit(age int) string {
	if age < 16 && s.own {
		return []string{"kid128", "kid140", "kid152", "kid164"}[min(3, max(0, (age-6)/3))]
	}
	return choose(s.more, []string{"xs", "s", "m", "m", "l", "l", "xl", "xxl"})
}

// classify puts somebody into the club's own categories, sections, groups and stores.
func (s *story) classify(c *contact.Contact) {
	has := func(words ...string) bool {
		return slices.ContainsFunc(c.Tags, func(t string) bool {
			return slices.ContainsFunc(words, func(w string) bool { return strings.Contains(t, w) || w == "U" && isTeam(t) })
		})
	}
	switch {
	case has("board"):
		c.Category = "board"
	case has("camp crew"):
		c.Category = "supervisor"
	case has("coach", "referee") && s.own:
		c.Category = "coach"
	}
	if !s.own {
		return
	}
	switch {
	case has("U"):
		c.Entity = s.set["Hockey youth"]
	case has("hockey"):
		c.Entity = s.set["Hockey"]
	case has("choir"):
		c.Entity = s.set["Choir"]
	case has("theatre"):
		c.Entity = s.set["Theatre"]
	case has("dance"):
		c.Entity = s.set["Dance"]
	case has("cycling", "badminton"):
		c.Entity = s.set["Recreation"]
	}
	switch {
	case c.Type == "customer":
		c.ClientGroup, c.Store = s.set["Associations"], s.set["Bar and hall"]
		if s.odds(60) {
			discount := 1500
			c.Discount = &discount
		}
	case c.Type == "donor":
		c.Operator = s.users[olivia].id
		c.ClientGroup = s.set["Friends of the club"]
	case s.odds(20):
		c.Store = s.set["Club shop"]
	}
	if c.Custom == nil {
		c.Custom = record.Custom{}
	}
	age := ageOf(c, s.now)
	if has("U", "hockey") {
		c.Custom["licenceUntil"] = fmt.Sprintf("%d-06-30", s.now.Year()+s.more.IntN(2))
		c.Custom["goals"] = s.more.IntN(30)
	}
	if age < 14 && s.odds(70) {
		c.Custom["swims"] = s.odds(80)
	}
	if s.odds(12) {
		c.Custom["keyDeposit"] = record.Money{Amount: 2500, Currency: "EUR"}
	}
	if age >= 18 && s.odds(25) {
		c.Custom["canHelp"] = choose(s.more, [][]string{{"bar"}, {"driving", "bar"}, {"kitchen"}, {"first aid", "driving"}, {"sound and light"}})
	}
}

// sensitive is what only an administrator enters.
type sensitive struct {
	iban, holder, allergies string
	number                  contact.NationalNumber
	document                contact.IdentityDocument
}

// into gives it to somebody who is yet to be made.
func (v sensitive) into(c *contact.Contact) {
	c.IBAN, c.IBANHolder, c.NationalNumber, c.IdentityDocument = v.iban, v.holder, v.number, v.document
	if v.allergies != "" {
		c.Custom["allergies"] = v.allergies
	}
}

// patch is what of it there is to enter.
func (v sensitive) patch() map[string]any {
	patch := map[string]any{}
	if v.iban != "" {
		patch["iban"], patch["ibanHolder"] = v.iban, v.holder
	}
	if v.number.Number != "" {
		patch["nationalNumber"] = v.number
	}
	if v.document.Number != "" {
		patch["identityDocument"] = v.document
	}
	if v.allergies != "" {
		patch["custom"] = map[string]any{"allergies": v.allergies}
	}
	return patch
}

// sensitive invents account and state numbers: right in their digits, and nobody's.
func (s *story) sensitive(c *contact.Contact) (v sensitive) {
	age := ageOf(c, s.now)
	if age >= 18 && s.odds(35) {
		v.iban, v.holder = s.account(), c.FirstName+" "+join(c.Prefix, c.LastName)
	}
	if c.Nationalities[0] == "BE" && c.BirthDate != "" && s.odds(20) {
		v.number = contact.NationalNumber{Country: "BE", Number: s.stateNumber(c)}
	}
	if age < 18 && c.BirthDate != "" && s.own && s.odds(8) {
		v.allergies = choose(s.more, []string{"Nuts", "Lactose intolerant", "Wasp stings: carries a pen", "Gluten"})
	}
	if age >= 18 && s.odds(5) {
		n := 5_990_000_000 + s.more.IntN(1_000_000)
		v.document = contact.IdentityDocument{Number: fmt.Sprintf("%d-%07d-%02d", n/10_000_000, n%10_000_000, cmp.Or(n%97, 97)), IssuedBy: c.Addresses[0].Town}
	}
	return v
}

// account invents a Belgian account at a bank there is not.
func (s *story) account() string {
	n := 9990000000 + s.more.IntN(10_000_000)
	number, code := iban.Of("BE", fmt.Sprintf("%010d%02d", n, cmp.Or(n%97, 97)))
	if code != "" {
		panic("demo: " + code) // twelve digits are a Belgian account
	}
	return number
}

// stateNumber invents a number for the day of somebody's birth.
func (s *story) stateNumber(c *contact.Contact) string {
	born := strings.ReplaceAll(string(c.BirthDate), "-", "")[2:]
	serial := s.more.IntN(400)*2 + 101 // odd for men
	if c.Gender == "female" {
		serial++
	}
	nine := 0
	for _, digit := range fmt.Sprintf("%s%03d", born, serial) {
		nine = nine*10 + int(digit-'0')
	}
	rest := nine % 97
	if c.BirthDate >= "2000-01-01" {
		rest = (2_000_000_000 + nine) % 97
	}
	number, code := nationalnumber.Read("BE", fmt.Sprintf("%09d%02d", nine, 97-rest))
	if code != "" {
		panic("demo: " + code) // the digits have just been made to fit
	}
	return number
}
