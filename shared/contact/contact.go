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
	"github.com/muster-crm/muster/shared/index"
	"github.com/muster-crm/muster/shared/reach"
	"github.com/muster-crm/muster/shared/record"
)

// Name is the name of the kind.
const Name = "contact"

// Kind describes contacts.
func Kind() *record.Kind {
	return record.Define[Contact](Name, "contacts", "con", record.Order("sortName", "firstName"), record.Titled("firstName", "prefix", "lastName"),
		record.Borrow(index.Borrow{Path: "company", Kind: "company", Link: "contacts.contact", Text: "name"}),
		record.Borrow(index.Borrow{Path: "family", Kind: "family", Link: "members.contact", Text: "name", Quiet: true}))
}

// Contact is a person.
type Contact struct {
	record.Meta
	Number           int64             `json:"number,omitempty" field:"system,find=exact" readOnly:"true"`
	Type             string            `json:"type,omitempty" field:"list=type"`
	Category         string            `json:"category,omitempty" field:"list=category"`
	Status           string            `json:"status,omitempty" field:"list=status"`
	Entity           string            `json:"entity,omitempty" field:"ref=entity"`
	Honorific        string            `json:"title,omitempty" field:"max=50"`
	FirstName        string            `json:"firstName,omitempty" field:"required,max=100,find=words,alias=first"`
	Prefix           string            `json:"prefix,omitempty" field:"max=30,find=words"`
	LastName         string            `json:"lastName,omitempty" field:"max=100,find=words,alias=last"`
	SortName         string            `json:"sortName,omitempty" field:"derived,max=140" readOnly:"true"`
	Suffix           string            `json:"suffix,omitempty" field:"max=50"`
	Nickname         string            `json:"nickname,omitempty" field:"max=100,find=words"`
	Photo            string            `json:"photo,omitempty" field:"ref=file,system" readOnly:"true"`
	BirthDate        record.Date       `json:"birthDate,omitempty" field:"class=contact,age=age,alias=born"`
	Gender           string            `json:"gender,omitempty" field:"list=gender"`
	Nationalities    []string          `json:"nationalities,omitempty" field:"list=country,items=20,class=contact,alias=nationality"`
	MaritalStatus    string            `json:"maritalStatus,omitempty" field:"list=maritalStatus,class=contact"`
	Language         string            `json:"language,omitempty" field:"list=language"`
	Emails           []Email           `json:"emails,omitempty" field:"items=10,class=contact"`
	Phones           []Phone           `json:"phones,omitempty" field:"items=10,class=contact"`
	Addresses        []Address         `json:"addresses,omitempty" field:"items=20,class=contact"`
	Website          string            `json:"website,omitempty" field:"link,class=contact"`
	Tags             []string          `json:"tags,omitempty" field:"code,items=50,max=50,alias=tag"`
	Groups           []Place           `json:"groups,omitempty" field:"items=200"`
	Occupation       string            `json:"occupation,omitempty" field:"max=100,class=contact"`
	Work             []Work            `json:"work,omitempty" field:"items=50,class=contact"`
	ShirtNumber      *int              `json:"shirtNumber,omitempty" field:"min=0,max=999,alias=shirt"`
	KitSize          string            `json:"kitSize,omitempty" field:"list=kitSize,alias=kit"`
	IBAN             string            `json:"iban,omitempty" field:"max=34,class=sensitive"`
	IBANHolder       string            `json:"ibanHolder,omitempty" field:"max=140,class=sensitive"`
	NationalNumber   NationalNumber    `json:"nationalNumber,omitzero" field:"class=sensitive"`
	IdentityDocument IdentityDocument  `json:"identityDocument,omitzero" field:"class=sensitive"`
	Newsletter       *bool             `json:"newsletter,omitempty" field:"class=contact"`
	PromotionalSMS   *bool             `json:"promotionalSms,omitempty" field:"class=contact"`
	Consents         []Consent         `json:"consents,omitempty" field:"derived,items=1000,class=contact,unindexed" readOnly:"true"`
	Source           string            `json:"source,omitempty" field:"list=source"`
	Operator         string            `json:"operator,omitempty" field:"ref=user"`
	Store            string            `json:"store,omitempty" field:"ref=store"`
	ClientGroup      string            `json:"clientGroup,omitempty" field:"ref=clientGroup"`
	Discount         *int              `json:"discount,omitempty" field:"min=0,max=10000,class=finance" doc:"Basis points: 1250 is 12.5 %"`
	PaymentTermDays  *int              `json:"paymentTermDays,omitempty" field:"min=0,max=365,class=finance"`
	LoginBlocked     Block             `json:"loginBlocked,omitzero" field:"system" readOnly:"true"`
	ExternalIDs      map[string]string `json:"externalIds,omitempty" field:"max=100,items=20,find=exact,alias=ext"`
	Custom           record.Custom     `json:"custom,omitempty"`
}

// How a contact can be reached: see package reach.
type (
	Email   = reach.Email
	Phone   = reach.Phone
	Address = reach.Address
)

// Work is a job a contact has or had (REC-19).
type Work struct {
	Employer string      `json:"employer,omitempty" field:"max=100"`
	Role     string      `json:"role,omitempty" field:"max=100"`
	From     record.Date `json:"from,omitempty"`
	To       record.Date `json:"to,omitempty"`
}

// Place is a contact's place in a group (GRP-03). Open ends say nothing or last on.
type Place struct {
	Group    string      `json:"group,omitempty" field:"required,ref=group,alias=group,now=groups.now"`
	Function string      `json:"function,omitempty" field:"list=functions,alias=function"`
	From     record.Date `json:"from,omitempty"`
	To       record.Date `json:"to,omitempty"`
}

// The paths by which contacts are found by a group: one they are or were in, and one they are in today.
const (
	GroupPath    = "groups.group"
	GroupNowPath = "groups.now"
)

// On reports whether the place is held on a day.
func (p Place) On(day record.Date) bool {
	return (p.From == "" || p.From <= day) && (p.To == "" || day <= p.To)
}

// Seats are the contact's places in groups.
func (c *Contact) Seats() []record.Seat {
	var all []record.Seat
	for i, p := range c.Groups {
		all = append(all, record.Seat{Path: fmt.Sprintf("groups[%d].group", i), In: p.Group, From: p.From, To: p.To})
	}
	return all
}

// NationalNumber is what a state knows a contact by (REC-21).
type NationalNumber struct {
	Country string `json:"country,omitempty" field:"list=country"`
	Number  string `json:"number,omitempty" field:"max=30"`
}

// IdentityDocument is a passport or an identity card (REC-22).
type IdentityDocument struct {
	Number   string `json:"number,omitempty" field:"max=30"`
	IssuedBy string `json:"issuedBy,omitempty" field:"max=100"`
}

// Block says why and since when a contact may not sign in.
type Block struct {
	Reason string    `json:"reason,omitempty"`
	At     time.Time `json:"at,omitzero"`
}

// Consent records that somebody agreed to be written to, or took it back. The latest entry of a purpose decides. Entries are
// evidence and stay, but for those of an import, a bulk action or a merge that is taken back before anything else was noted
// of their purpose: they go with it, since nobody ever said so. That they were there is told by the history of the contact.
type Consent struct {
	Purpose string    `json:"purpose,omitempty" field:"code"` // "newsletter", "promotion"
	Channel string    `json:"channel,omitempty" field:"code"` // "email", "sms"
	Given   bool      `json:"given,omitempty"`
	Basis   string    `json:"basis,omitempty" field:"code"` // how it came to be: the list "source"
	Wording string    `json:"wording,omitempty"`            // what the person was shown, or the message key of our own sentence
	At      time.Time `json:"at,omitzero"`
	Actor   string    `json:"actor,omitempty"`
	Batch   string    `json:"batch,omitempty"` // the import, bulk action or merge it came by
}

// Title gives the full name: first name, prefix and last name.
func (c *Contact) Title() string { return join(c.FirstName, c.Prefix, c.LastName) }

func join(parts ...string) string {
	return strings.Join(slices.DeleteFunc(parts, func(s string) bool { return s == "" }), " ")
}

// ways gives the lists of ways to reach the contact, not copied.
func (c *Contact) ways() reach.Ways {
	return reach.Ways{Emails: c.Emails, Phones: c.Phones, Addresses: c.Addresses}
}

// MainEmail gives the main e-mail address, "" if there is none.
func (c *Contact) MainEmail() string { return c.ways().MainEmail() }

// Mobile gives the main mobile number, or the first, "" if there is none.
func (c *Contact) Mobile() string { return c.ways().Mobile() }

// MainAddress gives the main address, false if there is none.
func (c *Contact) MainAddress() (Address, bool) { return c.ways().MainAddress() }

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

// SystemNumber gives the contact's number in the organisation.
func (c *Contact) SystemNumber() int64 { return c.Number }

// SetSystemNumber sets it; only creation does (REC-30).
func (c *Contact) SetSystemNumber(n int64) { c.Number = n }

// Drop removes the value that holds a unique key.
func (c *Contact) Drop(key record.Key) {
	switch key.Name {
	case "email":
		c.Emails = slices.DeleteFunc(c.Emails, func(e Email) bool { return email.Fold(e.Address) == key.Value })
		reach.MarkEmails(c.Emails, true)
	case "mobile":
		c.Phones = slices.DeleteFunc(c.Phones, func(p Phone) bool { return p.Line == "mobile" && p.Number == key.Value })
		reach.MarkPhones(c.Phones, true)
	case "externalId":
		for system, id := range c.ExternalIDs {
			if system+":"+id == key.Value {
				delete(c.ExternalIDs, system)
			}
		}
	}
}
