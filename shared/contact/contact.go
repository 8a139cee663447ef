// Package contact is the kind of record Muster is about: a person, whatever they are to the organisation. Members,
// students, customers, donors, volunteers, suppliers and partners are one kind in one list; which of them somebody is
// says the contact type (REC-01, CLS-01).
//
// Keys: e-mail addresses, mobile numbers and external ids are unique in the organisation, under its key policy; the
// system number is given by the head of the log and never again (REC-30).
package contact

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/muster-crm/muster/shared/email"
	"github.com/muster-crm/muster/shared/fold"
	"github.com/muster-crm/muster/shared/record"
)

// Name is the name of the kind.
const Name = "contact"

// Kind describes contacts.
func Kind() *record.Kind {
	return record.Define[Contact](Name, "contacts", "con", record.Order("sortName", "firstName"))
}

// Contact is a person.
type Contact struct {
	record.Meta
	Number      int64             `json:"number,omitempty" field:"system,find=exact" readOnly:"true"`
	Type        string            `json:"type,omitempty" field:"list=type"`
	Status      string            `json:"status,omitempty" field:"list=status"`
	Honorific   string            `json:"title,omitempty" field:"max=50"`
	FirstName   string            `json:"firstName,omitempty" field:"required,max=100,find=words,alias=first"`
	Prefix      string            `json:"prefix,omitempty" field:"max=30,find=words"`
	LastName    string            `json:"lastName,omitempty" field:"max=100,find=words,alias=last"`
	SortName    string            `json:"sortName,omitempty" field:"derived,max=140" readOnly:"true"`
	Suffix      string            `json:"suffix,omitempty" field:"max=50"`
	Nickname    string            `json:"nickname,omitempty" field:"max=100,find=words"`
	BirthDate   record.Date       `json:"birthDate,omitempty" field:"class=contact,age=age,alias=born"`
	Gender      string            `json:"gender,omitempty" field:"list=gender"`
	Language    string            `json:"language,omitempty" field:"list=language"`
	Emails      []Email           `json:"emails,omitempty" field:"items=10,class=contact"`
	Phones      []Phone           `json:"phones,omitempty" field:"items=10,class=contact"`
	Addresses   []Address         `json:"addresses,omitempty" field:"items=20,class=contact"`
	Website     string            `json:"website,omitempty" field:"class=contact"`
	Tags        []string          `json:"tags,omitempty" field:"code,items=50,max=50,alias=tag"`
	Newsletter  *bool             `json:"newsletter,omitempty" field:"class=contact"`
	Consents    []Consent         `json:"consents,omitempty" field:"derived,items=1000,class=contact,unindexed" readOnly:"true"`
	Source      string            `json:"source,omitempty" field:"list=source"`
	ExternalIDs map[string]string `json:"externalIds,omitempty" field:"max=100,items=20,find=exact,alias=ext"`
	Custom      record.Custom     `json:"custom,omitempty"`
}

// Email is one of a contact's e-mail addresses.
type Email struct {
	Kind    string `json:"kind,omitempty" field:"list=emailKind"`
	Address string `json:"address,omitempty" field:"required,email,max=254,find=address,alias=email"`
	Main    bool   `json:"main,omitempty"`
}

// Phone is one of a contact's numbers. Line is "mobile" (unique, REC-06) or "fixed" (REC-07).
type Phone struct {
	Line   string `json:"line,omitempty" field:"list=phoneLine"`
	Kind   string `json:"kind,omitempty" field:"list=phoneKind"`
	Number string `json:"number,omitempty" field:"required,phone,max=40,find=digits,alias=phone"`
	Main   bool   `json:"main,omitempty"`
}

// Address is one of a contact's postal addresses.
type Address struct {
	Kind     string `json:"kind,omitempty" field:"list=addressKind"`
	Street   string `json:"street,omitempty" field:"alias=street"`
	Number   string `json:"number,omitempty" field:"max=20"`
	Box      string `json:"box,omitempty" field:"max=20"`
	Postcode string `json:"postcode,omitempty" field:"max=20,code,alias=postcode"`
	Town     string `json:"town,omitempty" field:"max=100,alias=town,alias=city"`
	Region   string `json:"region,omitempty" field:"max=100"`
	Country  string `json:"country,omitempty" field:"list=country,alias=country"`
	Main     bool   `json:"main,omitempty"`
	Delivery bool   `json:"delivery,omitempty"`
}

// Consent records that somebody agreed to be written to, or took it back. The list is only added to; the latest entry
// of a purpose decides.
type Consent struct {
	Purpose string    `json:"purpose,omitempty" field:"code"` // "newsletter"
	Channel string    `json:"channel,omitempty" field:"code"` // "email"
	Given   bool      `json:"given,omitempty"`
	Basis   string    `json:"basis,omitempty" field:"code"` // how it came to be: the list "source"
	Wording string    `json:"wording,omitempty"`            // what the person was shown, or the message key of our own sentence
	At      time.Time `json:"at,omitzero"`
	Actor   string    `json:"actor,omitempty"`
}

// Title gives the full name: first name, prefix and last name.
func (c *Contact) Title() string { return join(c.FirstName, c.Prefix, c.LastName) }

func join(parts ...string) string {
	return strings.Join(slices.DeleteFunc(parts, func(s string) bool { return s == "" }), " ")
}

// MainEmail gives the main e-mail address, "" if there is none.
func (c *Contact) MainEmail() string {
	for _, e := range c.Emails {
		if e.Main {
			return e.Address
		}
	}
	return ""
}

// Mobile gives the main mobile number, or the first, "" if there is none.
func (c *Contact) Mobile() string {
	first := ""
	for _, p := range c.Phones {
		switch {
		case p.Line == "mobile" && p.Main:
			return p.Number
		case p.Line == "mobile" && first == "":
			first = p.Number
		}
	}
	return first
}

// MainAddress gives the main address, false if there is none.
func (c *Contact) MainAddress() (Address, bool) {
	i := slices.IndexFunc(c.Addresses, func(a Address) bool { return a.Main })
	if i < 0 {
		return Address{}, false
	}
	return c.Addresses[i], true
}

// Keys gives the values that are unique in the organisation.
func (c *Contact) Keys() []record.Key {
	var keys []record.Key
	for i, e := range c.Emails {
		if e.Address != "" {
			keys = append(keys, record.Key{Name: "email", Path: fmt.Sprintf("emails[%d].address", i), Value: email.Fold(e.Address)})
		}
	}
	for i, p := range c.Phones {
		if p.Line == "mobile" && p.Number != "" {
			keys = append(keys, record.Key{Name: "mobile", Path: fmt.Sprintf("phones[%d].number", i), Value: p.Number})
		}
	}
	for system, id := range c.ExternalIDs {
		keys = append(keys, record.Key{Name: "externalId", Path: "externalIds." + system, Value: system + ":" + id})
	}
	slices.SortFunc(keys, func(a, b record.Key) int { return cmp.Compare(a.Path, b.Path) })
	return keys
}

// Normalize completes a contact and brings its values into canonical form.
func (c *Contact) Normalize(env *record.Env) {
	before, _ := env.Before.(*Contact)
	c.complete(before == nil, env)
	c.tags(before, env)
	for i := range c.Emails {
		c.Emails[i].Kind = cmp.Or(c.Emails[i].Kind, "personal")
		c.Emails[i].Address = email.Clean(c.Emails[i].Address)
	}
	for i := range c.Phones {
		c.phone(&c.Phones[i], env)
	}
	for i := range c.Addresses {
		a := &c.Addresses[i]
		a.Kind = cmp.Or(a.Kind, "home")
		a.Country = strings.ToUpper(cmp.Or(a.Country, env.Defaults.Country))
	}
	c.mains(before)
	if c.Website != "" && !strings.Contains(c.Website, "://") {
		c.Website = "https://" + c.Website
	}
	c.SortName = c.sortName(env.Defaults.Country)
	c.consent(before, env)
}

// complete fills in what every contact has, also when it was cleared, and what a new one has.
func (c *Contact) complete(creating bool, env *record.Env) {
	c.Type = cmp.Or(c.Type, "member")
	c.Status = cmp.Or(c.Status, "active")
	c.Gender = cmp.Or(c.Gender, "unstated")
	c.Language = cmp.Or(c.Language, env.Defaults.Language)
	if !creating {
		return
	}
	c.Source = cmp.Or(c.Source, env.Channel)
	if c.Newsletter == nil {
		// Only what an operator enters may be presumed (REC-25); files and programs say it themselves.
		yes := env.Channel == "telephone" && env.Defaults.Newsletter
		c.Newsletter = &yes
	}
}

// tags makes spellings that differ only in case and accents one tag (CLS-04). A tag the contact had already keeps its
// spelling: nobody's edit of something else changes it.
func (c *Contact) tags(before *Contact, env *record.Env) {
	seen := map[string]bool{}
	kept := c.Tags[:0:0]
	for _, tag := range c.Tags {
		if key := fold.String(tag); !seen[key] {
			seen[key] = true
			if env.Spelling != nil && (before == nil || !slices.Contains(before.Tags, tag)) {
				tag = env.Spelling("tags", tag)
			}
			kept = append(kept, tag)
		}
	}
	c.Tags = kept
}

func (c *Contact) phone(p *Phone, env *record.Env) {
	p.Kind = cmp.Or(p.Kind, "personal")
	if env.Phones == nil || p.Number == "" {
		return
	}
	if e164, line, code := env.Phones.Read(p.Number, env.Defaults.Country); code == "" {
		p.Number = e164
		p.Line = cmp.Or(p.Line, line, "mobile")
	}
}

// mains marks the only element of a list as its main one, and of the first ones the contact gets the first; later the
// operator says which one follows a main one that was removed (REC-08).
func (c *Contact) mains(before *Contact) {
	if before == nil {
		before = &Contact{}
	}
	mark(c.Emails, len(before.Emails) == 0, func(e *Email) *bool { return &e.Main })
	mark(c.Phones, len(before.Phones) == 0, func(p *Phone) *bool { return &p.Main })
	mark(c.Addresses, len(before.Addresses) == 0, func(a *Address) *bool { return &a.Main })
	mark(c.Addresses, len(before.Addresses) == 0, func(a *Address) *bool { return &a.Delivery })
}

// mark marks the first element of a list in which none is, if it is the only one or may be chosen for the operator.
func mark[T any](list []T, choose bool, main func(*T) *bool) {
	if len(list) == 0 || len(list) > 1 && !choose {
		return
	}
	for i := range list {
		if *main(&list[i]) {
			return
		}
	}
	*main(&list[0]) = true
}

// sortName orders by the custom of the country: Belgians look for "Van den Berghe" under V, everybody else under B
// (REC-36).
func (c *Contact) sortName(country string) string {
	if country == "BE" {
		return join(c.Prefix, c.LastName)
	}
	if c.Prefix != "" && c.LastName != "" {
		return c.LastName + ", " + c.Prefix
	}
	return join(c.LastName, c.Prefix)
}

// consent notes every change of the newsletter flag with its basis, time and actor.
func (c *Contact) consent(before *Contact, env *record.Env) {
	was := false
	c.Consents = nil
	if before != nil {
		was = before.Newsletter != nil && *before.Newsletter
		c.Consents = before.Consents
	}
	is := c.Newsletter != nil && *c.Newsletter
	if is == was {
		return
	}
	c.Consents = append(slices.Clone(c.Consents), Consent{Purpose: "newsletter", Channel: "email", Given: is,
		Basis: env.Channel, Wording: "consent.newsletter", At: env.Now.UTC(), Actor: env.Actor})
}

// SystemNumber gives the contact's number in the organisation.
func (c *Contact) SystemNumber() int64 { return c.Number }

// SetSystemNumber sets it; only creation does (REC-30).
func (c *Contact) SetSystemNumber(n int64) { c.Number = n }

// Drop removes the value that holds a unique key.
func (c *Contact) Drop(key record.Key) {
	switch key.Name {
	case "email":
		c.Emails = slices.DeleteFunc(c.Emails, func(e Email) bool { return email.Fold(e.Address) == key.Value })
		mark(c.Emails, true, func(e *Email) *bool { return &e.Main })
	case "mobile":
		c.Phones = slices.DeleteFunc(c.Phones, func(p Phone) bool { return p.Line == "mobile" && p.Number == key.Value })
		mark(c.Phones, true, func(p *Phone) *bool { return &p.Main })
	case "externalId":
		for system, id := range c.ExternalIDs {
			if system+":"+id == key.Value {
				delete(c.ExternalIDs, system)
			}
		}
	}
}
