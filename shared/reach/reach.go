// Package reach holds how somebody can be reached: e-mail addresses, telephone numbers and postal addresses. People,
// companies and families have them alike, with the same completion and the same rules (REC-05 to 08, REC-11).
package reach

import (
	"cmp"
	"slices"
	"strings"

	"github.com/muster-crm/muster/shared/email"
	"github.com/muster-crm/muster/shared/record"
)

// Email is one of somebody's e-mail addresses.
type Email struct {
	Kind    string `json:"kind,omitempty" field:"list=emailKind"`
	Address string `json:"address,omitempty" field:"required,email,max=254,find=address,alias=email"`
	Main    bool   `json:"main,omitempty"`
}

// Phone is one of somebody's numbers. Line is "mobile" (unique among contacts, REC-06) or "fixed" (REC-07).
type Phone struct {
	Line   string `json:"line,omitempty" field:"list=phoneLine"`
	Kind   string `json:"kind,omitempty" field:"list=phoneKind"`
	Number string `json:"number,omitempty" field:"required,phone,max=40,find=digits,alias=phone"`
	Main   bool   `json:"main,omitempty"`
}

// Address is one of somebody's postal addresses.
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

// Place is where an address is: an address without what it is to somebody.
type Place struct {
	Street   string `json:"street,omitempty" field:"alias=street"`
	Number   string `json:"number,omitempty" field:"max=20"`
	Box      string `json:"box,omitempty" field:"max=20"`
	Postcode string `json:"postcode,omitempty" field:"max=20,code,alias=postcode"`
	Town     string `json:"town,omitempty" field:"max=100,alias=town,alias=city"`
	Region   string `json:"region,omitempty" field:"max=100"`
	Country  string `json:"country,omitempty" field:"list=country,alias=country"`
}

// Place gives where an address is.
func (a Address) Place() Place {
	return Place{a.Street, a.Number, a.Box, a.Postcode, a.Town, a.Region, a.Country}
}

// At gives the same address at another place.
func (a Address) At(p Place) Address {
	a.Street, a.Number, a.Box, a.Postcode, a.Town, a.Region, a.Country = p.Street, p.Number, p.Box, p.Postcode, p.Town, p.Region, p.Country
	return a
}

// Complete gives a place its country, unless it is empty but for that.
func (p Place) Complete(env *record.Env) Place {
	if country := p.Country; p == (Place{Country: country}) {
		return Place{}
	}
	p.Country = strings.ToUpper(cmp.Or(p.Country, env.Defaults.Country))
	return p
}

// Ways are all the ways to reach somebody.
type Ways struct {
	Emails    []Email
	Phones    []Phone
	Addresses []Address
}

// Usual is what the elements are when nothing is said of them: codes of the lists of their kinds and lines.
type Usual struct{ Kind, Address, Line string }

// Complete brings the elements of the lists into canonical form, in place. before are those of the stored record.
func (w Ways) Complete(before Ways, usual Usual, env *record.Env) {
	for i := range w.Emails {
		w.Emails[i].Kind = cmp.Or(w.Emails[i].Kind, usual.Kind)
		w.Emails[i].Address = email.Clean(w.Emails[i].Address)
	}
	for i := range w.Phones {
		w.Phones[i].complete(usual, env)
	}
	for i := range w.Addresses {
		a := &w.Addresses[i]
		a.Kind = cmp.Or(a.Kind, usual.Address)
		a.Country = strings.ToUpper(cmp.Or(a.Country, env.Defaults.Country))
	}
	w.mark(before)
}

func (p *Phone) complete(usual Usual, env *record.Env) {
	p.Kind = cmp.Or(p.Kind, usual.Kind)
	if env.Phones == nil || p.Number == "" {
		return
	}
	if e164, line, code := env.Phones.Read(p.Number, env.Defaults.Country); code == "" {
		p.Number = e164
		p.Line = cmp.Or(p.Line, line, usual.Line)
	}
}

// mark marks the only element of a list as its main one, and of the first ones somebody gets the first; later the
// operator says which one follows a main one that was removed (REC-08).
func (w Ways) mark(before Ways) {
	MarkEmails(w.Emails, len(before.Emails) == 0)
	MarkPhones(w.Phones, len(before.Phones) == 0)
	mark(w.Addresses, len(before.Addresses) == 0, func(a *Address) *bool { return &a.Main })
	mark(w.Addresses, len(before.Addresses) == 0, func(a *Address) *bool { return &a.Delivery })
}

// MarkEmails marks a main e-mail address in a list that has none, if there is but one or one may be chosen.
func MarkEmails(list []Email, choose bool) {
	mark(list, choose, func(e *Email) *bool { return &e.Main })
}

// MarkPhones marks a main number in a list that has none, if there is but one or one may be chosen.
func MarkPhones(list []Phone, choose bool) {
	mark(list, choose, func(p *Phone) *bool { return &p.Main })
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

// MainEmail gives the main e-mail address, "" if there is none.
func (w Ways) MainEmail() string {
	if i := slices.IndexFunc(w.Emails, func(e Email) bool { return e.Main }); i >= 0 {
		return w.Emails[i].Address
	}
	return ""
}

// Mobile gives the main mobile number, or the first, "" if there is none.
func (w Ways) Mobile() string {
	first := ""
	for _, p := range w.Phones {
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
func (w Ways) MainAddress() (Address, bool) {
	if i := slices.IndexFunc(w.Addresses, func(a Address) bool { return a.Main }); i >= 0 {
		return w.Addresses[i], true
	}
	return Address{}, false
}
