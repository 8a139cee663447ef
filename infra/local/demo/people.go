package demo

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/muster-crm/muster/shared/contact"
	"github.com/muster-crm/muster/shared/fold"
	"github.com/muster-crm/muster/shared/record"
)

// household is what people who live together share.
type household struct {
	tongue  tongue
	surname surname
	address contact.Address
	fixed   string // number of the line in the hall; "": none
}

// household makes a new one. One in nine speaks Spanish, one in nine English, two French.
func (s *story) household() household {
	h := household{tongue: tongues[[]int{0, 0, 0, 0, 0, 1, 1, 2, 3}[s.rand.IntN(9)]]}
	h.surname = pick(s.rand, h.tongue.last)
	t := s.town()
	h.address = s.address(t)
	if s.chance(35) {
		h.fixed = "+32" + t.area + strconv.Itoa(s.between(1000, 9999))
	}
	return h
}

// town chooses one; the first ones oftener.
func (s *story) town() town { return towns[min(s.rand.IntN(len(towns)), s.rand.IntN(len(towns)))] }

func (s *story) address(t town) contact.Address {
	a := contact.Address{Kind: "home", Street: pick(s.rand, streets), Number: strconv.Itoa(s.between(1, 180)), Postcode: t.postcode,
		Town: t.name, Country: "BE", Main: true, Delivery: true}
	switch {
	case s.chance(12):
		a.Box = strconv.Itoa(s.between(1, 24))
	case s.chance(6):
		a.Number += pick(s.rand, []string{"A", "B"})
	}
	return a
}

// person makes somebody of a household who is of an age today.
func (s *story) person(h household, age int) *contact.Contact {
	c := &contact.Contact{Prefix: h.surname.prefix, LastName: h.surname.name, Language: h.tongue.language, Status: "active", Type: "member",
		Addresses: []contact.Address{h.address}, BirthDate: record.DateOf(s.now.AddDate(-age, 0, -s.rand.IntN(364)-1))}
	names := h.tongue.women
	c.Gender = "female"
	if s.rand.IntN(2) == 0 {
		names, c.Gender = h.tongue.men, "male"
	}
	c.FirstName = pick(s.rand, names)
	if s.chance(2) {
		c.Gender = "other"
	}
	if s.chance(4) {
		c.Honorific = pick(s.rand, []string{"Dr.", "Ir.", "Prof."})
	}
	if s.chance(5) && len([]rune(c.FirstName)) > 5 {
		c.Nickname = string([]rune(c.FirstName)[:3])
	}
	yes := s.chance(70)
	c.Newsletter = &yes
	if s.chance(60) {
		c.Custom = record.Custom{"photoConsent": pick(s.rand, []string{"yes", "yes", "yes", "no", "not asked"})}
	}
	return c
}

// reach gives somebody an e-mail address and a mobile number of their own.
func (s *story) reach(c *contact.Contact) {
	c.Emails = append(c.Emails, contact.Email{Kind: "personal", Address: s.email(c), Main: true})
	if s.chance(88) {
		c.Phones = append(c.Phones, contact.Phone{Line: "mobile", Kind: "personal", Number: s.mobile(c.Language), Main: true})
	}
}

// email makes an address out of a name, nobody's so far. The domains are those set aside for examples.
func (s *story) email(c *contact.Contact) string {
	word := func(name string) string {
		return strings.Map(func(r rune) rune {
			if r >= 'a' && r <= 'z' {
				return r
			}
			return -1
		}, fold.String(name))
	}
	first, last := word(c.FirstName), word(c.Prefix+c.LastName)
	name := pick(s.rand, []string{first + "." + last, first + "." + last, first + last, first[:1] + "." + last, last + "." + first})
	domain := pick(s.rand, []string{"example.org", "example.com", "example.net", "letters.example", "post.example"})
	address := name + "@" + domain
	for n := 2; s.emails[address]; n++ {
		address = fmt.Sprintf("%s%d@%s", name, n, domain)
	}
	s.emails[address] = true
	return address
}

// mobile gives a number nobody has so far, in the country of a language or mostly in Belgium.
func (s *story) mobile(language string) string {
	s.mobiles++
	switch {
	case language == "fr" && s.chance(15):
		return fmt.Sprintf("+33639980%03d", s.mobiles%1000) // set aside for fiction
	case language == "en" && s.chance(30):
		return fmt.Sprintf("+447700900%03d", s.mobiles%1000) // set aside for fiction
	}
	return fmt.Sprintf("+324%d%06d", pick(s.rand, []int{70, 71, 72, 75, 85, 86, 94, 97, 98}), s.mobiles*1337%1000000)
}

// family makes parents and children. The parents' address is the children's too.
func (s *story) family(joined time.Time) []*person {
	h, home := s.household(), s.homes()
	var all []*contact.Contact
	parents := s.between(1, 2)
	for range parents {
		c := s.person(h, s.between(34, 52))
		if len(all) > 0 && s.chance(60) { // in Belgium both keep their names
			other := pick(s.rand, h.tongue.last)
			c.Prefix, c.LastName = other.prefix, other.name
		}
		s.reach(c)
		if s.chance(65) {
			c.Type = "external" // they are there for their children
		} else {
			s.activity(c)
		}
		if s.chance(18) {
			c.Tags = append(c.Tags, pick(s.rand, tasks))
			c.Type = "volunteer"
		}
		all = append(all, c)
	}
	for range s.between(1, 3) {
		c := s.person(h, s.between(6, 17))
		if slices.ContainsFunc(all, func(o *contact.Contact) bool { return o.FirstName == c.FirstName }) {
			continue // nobody calls two of a family the same
		}
		c.Honorific = ""
		for i, parent := range all[:parents] {
			kind := map[string]string{"female": "mother", "male": "father"}[parent.Gender]
			if kind == "" {
				kind = "other"
			}
			if i == 0 || s.chance(40) {
				c.Emails = append(c.Emails, contact.Email{Kind: kind, Address: parent.Emails[0].Address, Main: i == 0})
			}
		}
		if ageOf(c, s.now) >= 14 && s.chance(70) {
			c.Phones = append(c.Phones, contact.Phone{Line: "mobile", Kind: "personal", Number: s.mobile(c.Language), Main: true})
		}
		s.activity(c)
		if c.Custom == nil {
			c.Custom = record.Custom{}
		}
		if phones := all[0].Phones; len(phones) > 0 && s.chance(70) {
			c.Custom["emergency"] = all[0].FirstName + " " + phones[0].Number
		}
		all = append(all, c)
	}
	if h.fixed != "" {
		for _, c := range all {
			c.Phones = append(c.Phones, contact.Phone{Line: "fixed", Kind: "personal", Number: h.fixed, Main: len(c.Phones) == 0})
		}
	}
	return s.add(home, joined, all...)
}

// single makes somebody who joins alone.
func (s *story) single(joined time.Time) []*person {
	h := s.household()
	c := s.person(h, []int{s.between(18, 26), s.between(23, 40), s.between(30, 60), s.between(55, 84)}[s.rand.IntN(4)])
	s.reach(c)
	if h.fixed != "" {
		c.Phones = append(c.Phones, contact.Phone{Line: "fixed", Kind: "personal", Number: h.fixed, Main: len(c.Phones) == 0})
	}
	switch n := s.rand.IntN(100); {
	case n < 56:
		s.activity(c)
	case n < 64:
		c.Type, c.Tags = "student", []string{pick(s.rand, []string{"dance workshop", "theatre course"})}
	case n < 78:
		c.Type, c.Tags = "volunteer", []string{pick(s.rand, tasks)}
	default:
		c.Type, c.Tags = "donor", []string{pick(s.rand, []string{"friend of the club", "friend of the club", "new hall fund"})}
		if s.chance(30) {
			c.Emails[0].Kind = "work"
		}
	}
	return s.add(s.homes(), joined, c)
}

// businesses makes those the club buys from, sells to and is helped by.
func (s *story) businesses(joined time.Time) []*person {
	var all []*person
	for _, b := range businesses {
		c := s.person(s.household(), s.between(28, 60))
		c.Type, c.Custom, c.BirthDate = b.kind, nil, ""
		c.Emails = []contact.Email{{Kind: "work", Address: fold.String(c.FirstName) + "@" + b.domain, Main: true}}
		c.Phones = []contact.Phone{{Line: "fixed", Kind: "work", Number: "+3227" + strconv.Itoa(s.between(670100, 679999)), Main: true}}
		c.Addresses[0].Kind = "billing"
		one := s.add(s.homes(), joined.AddDate(0, s.rand.IntN(40), s.rand.IntN(28)), c)
		one[0].business = &b
		all = append(all, one...)
	}
	return all
}

func (s *story) homes() int {
	if len(s.people) == 0 {
		return 0
	}
	return s.people[len(s.people)-1].home + 1
}

func (s *story) add(home int, joined time.Time, all ...*contact.Contact) []*person {
	first := len(s.people)
	for _, c := range all {
		c.Kind = contact.Name
		s.people = append(s.people, &person{home: home, joined: joined, at: c})
	}
	return s.people[first:]
}

// The tags of what people do in the club.
var (
	tasks   = []string{"board", "coach", "coach", "referee", "first aid", "bar crew", "bar crew", "events", "camp crew", "photographer"}
	seniors = []string{"hockey seniors", "hockey veterans", "choir", "choir", "theatre", "dance", "cycling", "badminton"}
)

// activity lets somebody take part in something that suits their age.
func (s *story) activity(c *contact.Contact) {
	age := ageOf(c, s.now)
	switch {
	case age < 18 && s.chance(70):
		c.Tags = append(c.Tags, team(age))
		s.licences += s.between(1, 90)
		c.ExternalIDs = map[string]string{"federation": fmt.Sprintf("VHL-%05d", 20000+s.licences)}
	case age < 18:
		c.Tags = append(c.Tags, pick(s.rand, []string{"children's choir", "youth theatre", "dance kids"}))
	default:
		tag := pick(s.rand, seniors)
		c.Tags = append(c.Tags, tag)
		if tag == "choir" {
			if c.Custom == nil {
				c.Custom = record.Custom{}
			}
			c.Custom["instrument"] = pick(s.rand, []string{"soprano", "alto", "tenor", "bass"})
		}
	}
}

// team gives the youth team of an age.
func team(age int) string { return fmt.Sprintf("U%d", max(8, (age+2)/2*2)) }

func isTeam(tag string) bool {
	return len(tag) > 1 && tag[0] == 'U' && strings.Trim(tag[1:], "0123456789") == ""
}

// ageOf gives the whole years since somebody's birth.
func ageOf(c *contact.Contact, at time.Time) int {
	born, err := c.BirthDate.Parse()
	if err != nil {
		return 0
	}
	age := at.Year() - born.Year()
	if at.YearDay() < born.YearDay() {
		age--
	}
	return age
}

// tagged gives tags with some taken out and others put in.
func tagged(tags []string, out func(string) bool, in ...string) []string {
	return append(slices.DeleteFunc(slices.Clone(tags), out), in...)
}
