package importer

import (
	"reflect"
	"slices"
	"strings"

	"github.com/muster-crm/muster/shared/contact"
	"github.com/muster-crm/muster/shared/email"
	"github.com/muster-crm/muster/shared/fold"
	"github.com/muster-crm/muster/shared/parse"
	"github.com/muster-crm/muster/shared/reach"
	"github.com/muster-crm/muster/shared/record"
)

// How a row changes a contact that is there, column by column (IMP-06). What fill finds empty it fills, and of lists it adds
// what is missing where nothing is out of place: tags and groups, an address or a number of a kind of which there is none. Overwrite makes a list what the cell says. A
// contact that says already what the row says is left as it is, in whatever order its values stand.

// onto gives a copy of a contact with what the row says of it; nil when the row is silent.
func (d *draft) onto(now *contact.Contact, columns []*column) (*contact.Contact, error) {
	copied, err := kind.Copy(now)
	if err != nil {
		return nil, err
	}
	after := copied.(*contact.Contact)
	for i, col := range columns {
		rule := d.plan.rule(&col.Column)
		if col.Ignore || rule == Leave {
			continue
		}
		filled, clear := d.filled[i], !d.filled[i] && col.Clear && d.empty[i]
		if filled || clear {
			d.merge(after, col.Field, rule == Overwrite, clear)
		}
	}
	d.mergeAddress(after, columns)
	if d.Gender != "" && d.titled && after.Gender == "unstated" {
		after.Gender = d.Gender // as the form of address tells
	}
	return after, nil
}

// scalars are the members that hold one value each, by target.
var scalars = map[string]func(*contact.Contact) any{
	"firstName":                 func(c *contact.Contact) any { return &c.FirstName },
	"prefix":                    func(c *contact.Contact) any { return &c.Prefix },
	"lastName":                  func(c *contact.Contact) any { return &c.LastName },
	"title":                     func(c *contact.Contact) any { return &c.Honorific },
	"suffix":                    func(c *contact.Contact) any { return &c.Suffix },
	"nickname":                  func(c *contact.Contact) any { return &c.Nickname },
	"birthDate":                 func(c *contact.Contact) any { return &c.BirthDate },
	"birthDate:year":            func(c *contact.Contact) any { return &c.BirthDate },
	"gender":                    func(c *contact.Contact) any { return &c.Gender },
	"language":                  func(c *contact.Contact) any { return &c.Language },
	"type":                      func(c *contact.Contact) any { return &c.Type },
	"status":                    func(c *contact.Contact) any { return &c.Status },
	"category":                  func(c *contact.Contact) any { return &c.Category },
	"entity":                    func(c *contact.Contact) any { return &c.Entity },
	"newsletter":                func(c *contact.Contact) any { return &c.Newsletter },
	"promotionalSms":            func(c *contact.Contact) any { return &c.PromotionalSMS },
	"website":                   func(c *contact.Contact) any { return &c.Website },
	"maritalStatus":             func(c *contact.Contact) any { return &c.MaritalStatus },
	"occupation":                func(c *contact.Contact) any { return &c.Occupation },
	"shirtNumber":               func(c *contact.Contact) any { return &c.ShirtNumber },
	"kitSize":                   func(c *contact.Contact) any { return &c.KitSize },
	"iban":                      func(c *contact.Contact) any { return &c.IBAN },
	"ibanHolder":                func(c *contact.Contact) any { return &c.IBANHolder },
	"nationalNumber.number":     func(c *contact.Contact) any { return &c.NationalNumber },
	"identityDocument.number":   func(c *contact.Contact) any { return &c.IdentityDocument.Number },
	"identityDocument.issuedBy": func(c *contact.Contact) any { return &c.IdentityDocument.IssuedBy },
	"source":                    func(c *contact.Contact) any { return &c.Source },
	"store":                     func(c *contact.Contact) any { return &c.Store },
	"clientGroup":               func(c *contact.Contact) any { return &c.ClientGroup },
	"discount":                  func(c *contact.Contact) any { return &c.Discount },
	"paymentTermDays":           func(c *contact.Contact) any { return &c.PaymentTermDays },
}

// merge brings what one column says into a contact. clear says that its cell is empty and empties the field.
func (d *draft) merge(after *contact.Contact, target string, overwrite, clear bool) {
	if at, ok := scalars[target]; ok {
		set(at(after), at(d.Contact), overwrite, clear, target == "gender" && after.Gender == "unstated")
		return
	}
	field, sort, _ := strings.Cut(target, ":")
	switch field {
	case "name":
		d.mergeName(after, overwrite)
	case "emails.address":
		after.Emails = mergeEmails(after.Emails, sort, d.emailsOf[target], overwrite, clear)
	case "phones.number":
		after.Phones = mergePhones(after.Phones, sort, d.phonesOf[target], overwrite, clear)
	case "tags":
		after.Tags = mergeWords(after.Tags, d.Tags, overwrite, clear)
	case "nationalities":
		if clear || overwrite && !sameWords(after.Nationalities, d.Nationalities) || len(after.Nationalities) == 0 {
			after.Nationalities = d.Nationalities
		}
	case "work.employer", "work.role":
		d.mergeWork(after, field, overwrite, clear)
	case "groups.group":
		d.mergeGroups(after, overwrite, clear)
	}
	if system, ok := strings.CutPrefix(target, "externalIds."); ok {
		if clear {
			delete(after.ExternalIDs, system)
		} else if overwrite || after.ExternalIDs[system] == "" {
			if after.ExternalIDs == nil {
				after.ExternalIDs = map[string]string{}
			}
			after.ExternalIDs[system] = d.ExternalIDs[system]
		}
	}
	if own, ok := strings.CutPrefix(target, "custom."); ok {
		value, there := d.Custom[own]
		switch {
		case clear:
			delete(after.Custom, own)
		case there && (overwrite || void(after.Custom[own])):
			if after.Custom == nil {
				after.Custom = record.Custom{}
			}
			after.Custom[own] = value
		}
	}
}

// void tells whether a value of the organisation's own says nothing.
func void(value any) bool { return value == nil || value == "" }

// set puts the value that from points to where to points.
func set(to, from any, overwrite, clear, void bool) {
	t, f := reflect.ValueOf(to).Elem(), reflect.ValueOf(from).Elem()
	switch {
	case clear:
		t.SetZero()
	case f.IsZero():
	case overwrite, void, t.IsZero():
		t.Set(f)
	}
}

// mergeName reads a whole name, unless it is the one the contact has.
func (d *draft) mergeName(after *contact.Contact, overwrite bool) {
	if fold.String(d.fullName) == fold.String(after.Title()) || !overwrite && after.FirstName != "" {
		return
	}
	after.FirstName, after.Prefix, after.LastName = d.FirstName, "", d.LastName
}

// mergeEmails brings addresses of a sort (see emailSort) into a list.
func mergeEmails(list []reach.Email, sort string, incoming []reach.Email, overwrite, clear bool) []reach.Email {
	has := func(all []reach.Email, e reach.Email) bool {
		return slices.ContainsFunc(all, func(o reach.Email) bool { return email.Fold(o.Address) == email.Fold(e.Address) })
	}
	of := func(e reach.Email) bool { return emailSort(e) == sort }
	if clear || overwrite {
		list = slices.DeleteFunc(list, func(e reach.Email) bool { return of(e) && !has(incoming, e) })
	} else if slices.ContainsFunc(list, of) {
		return list
	}
	for _, e := range incoming {
		if !has(list, e) {
			list = append(list, e)
		}
	}
	reach.MarkEmails(list, true)
	return list
}

// emailSort tells which column an e-mail address is of, as exports have them.
func emailSort(e reach.Email) string {
	switch e.Kind {
	case "work", "father", "mother":
		return e.Kind
	}
	return ""
}

// phoneSort tells which column a number is of.
func phoneSort(p reach.Phone) string {
	switch {
	case p.Kind == "father" || p.Kind == "mother":
		return p.Kind
	case p.Line == "mobile":
		return "mobile"
	case p.Kind == "work":
		return "work"
	}
	return "fixed"
}

func mergePhones(list []reach.Phone, sort string, incoming []reach.Phone, overwrite, clear bool) []reach.Phone {
	has := func(all []reach.Phone, p reach.Phone) bool {
		return slices.ContainsFunc(all, func(o reach.Phone) bool { return o.Number == p.Number })
	}
	of := func(p reach.Phone) bool { return phoneSort(p) == sort }
	if clear || overwrite {
		list = slices.DeleteFunc(list, func(p reach.Phone) bool { return of(p) && !has(incoming, p) })
	} else if slices.ContainsFunc(list, of) {
		return list
	}
	for _, p := range incoming {
		if !has(list, p) {
			list = append(list, p)
		}
	}
	reach.MarkPhones(list, true)
	return list
}

// mergeWords brings values of which each is there once into a list: those that are missing, or, to overwrite, no others.
func mergeWords(list, incoming []string, overwrite, clear bool) []string {
	has := func(all []string, word string) bool {
		return slices.ContainsFunc(all, func(o string) bool { return fold.String(o) == fold.String(word) })
	}
	if clear {
		return nil
	}
	if overwrite {
		list = slices.DeleteFunc(list, func(word string) bool { return !has(incoming, word) })
	}
	for _, word := range incoming {
		if !has(list, word) {
			list = append(list, word)
		}
	}
	return list
}

func sameWords(a, b []string) bool {
	a, b = slices.Sorted(slices.Values(a)), slices.Sorted(slices.Values(b))
	return slices.Equal(slices.Compact(a), slices.Compact(b))
}

// mergeWork brings a job into the first one.
func (d *draft) mergeWork(after *contact.Contact, field string, overwrite, clear bool) {
	if len(after.Work) == 0 {
		if clear {
			return
		}
		after.Work = []contact.Work{{}}
	}
	to, from := &after.Work[0].Employer, &d.job.Employer
	if field == "work.role" {
		to, from = &after.Work[0].Role, &d.job.Role
	}
	set(to, from, overwrite, clear, false)
	if after.Work[0] == (contact.Work{}) {
		after.Work = after.Work[1:]
	}
}

// mergeGroups brings places in groups: those that are missing, or, to overwrite, no others. A place that has ended is one
// too, so that a list that was handed out changes nothing.
func (d *draft) mergeGroups(after *contact.Contact, overwrite, clear bool) {
	in := func(all []contact.Place, group string) bool {
		return slices.ContainsFunc(all, func(p contact.Place) bool { return p.Group == group })
	}
	if clear || overwrite {
		after.Groups = slices.DeleteFunc(after.Groups, func(p contact.Place) bool { return clear || !in(d.Groups, p.Group) })
	}
	today := record.DateOf(d.plan.now)
	vague := len(d.functions) != len(d.groups) // which of them is of which group is not said
	for _, p := range d.Groups {
		there := slices.ContainsFunc(after.Groups, func(o contact.Place) bool {
			return o.Group == p.Group && (vague || p.Function == "" || o.Function == p.Function) && (overwrite || o.On(today))
		})
		if !there {
			after.Groups = append(after.Groups, p)
		}
	}
}

// places are the columns a main address is put together from.
var places = []struct {
	target string
	of     func(*parse.Place) *string
	in     func(*reach.Address) *string
}{
	{"addresses.street", func(p *parse.Place) *string { return &p.Street }, func(a *reach.Address) *string { return &a.Street }},
	{"addresses.number", func(p *parse.Place) *string { return &p.Number }, func(a *reach.Address) *string { return &a.Number }},
	{"addresses.box", func(p *parse.Place) *string { return &p.Box }, func(a *reach.Address) *string { return &a.Box }},
	{"addresses.postcode", func(p *parse.Place) *string { return &p.Postcode }, func(a *reach.Address) *string { return &a.Postcode }},
	{"addresses.town", func(p *parse.Place) *string { return &p.Town }, func(a *reach.Address) *string { return &a.Town }},
	{"addresses.region", func(p *parse.Place) *string { return &p.Region }, func(a *reach.Address) *string { return &a.Region }},
	{"addresses.country", func(p *parse.Place) *string { return &p.Country }, func(a *reach.Address) *string { return &a.Country }},
}

// mergeAddress brings the address of a row into the main one. To fill, it must be the same place as far as both say
// something; to overwrite, each part that a column holds becomes what it says.
func (d *draft) mergeAddress(after *contact.Contact, columns []*column) {
	overwrite, clear, touched, whole := map[string]bool{}, map[string]bool{}, false, false
	for i, col := range columns {
		rule := d.plan.rule(&col.Column)
		if col.Ignore || rule == Leave || !strings.HasPrefix(col.Field, "addresses") {
			continue
		}
		name, _, _ := strings.Cut(col.Field, ":")
		touched = touched || d.filled[i] || col.Clear && d.empty[i]
		if rule == Overwrite {
			overwrite[name] = d.filled[i]
		}
		if col.Clear && d.empty[i] {
			clear[name] = true
		}
		if name == "addresses" || col.Field == "addresses.street:line" {
			whole = whole || rule == Overwrite && d.filled[i]
		}
	}
	if !touched {
		return
	}
	at := slices.IndexFunc(after.Addresses, func(a reach.Address) bool { return a.Main })
	if at < 0 {
		if d.where != (parse.Place{}) {
			after.Addresses = append(after.Addresses, d.Addresses...)
		}
		return
	}
	main := &after.Addresses[at]
	same := true
	for _, part := range places {
		is, says := *part.in(main), *part.of(&d.where)
		same = same && (is == "" || says == "" || fold.String(is) == fold.String(says))
	}
	for _, part := range places {
		is, says := part.in(main), *part.of(&d.where)
		switch {
		case clear[part.target]:
			*is = ""
		case says == "" && whole && (part.target == "addresses.number" || part.target == "addresses.box"):
			*is = "" // the line holds all of them
		case says == "":
		case overwrite[part.target], whole, *is == "" && same:
			*is = says
		}
	}
	if len(clear) > 0 && main.Place() == (reach.Place{Country: main.Country}) {
		after.Addresses = slices.Delete(after.Addresses, at, at+1)
		if len(after.Addresses) > 0 {
			after.Addresses[0].Main = true
		}
	}
}
