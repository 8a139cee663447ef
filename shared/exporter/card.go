package exporter

import (
	"slices"
	"strings"

	"github.com/muster-crm/muster/shared/list"
	"github.com/muster-crm/muster/shared/vcard"
)

// person makes a card of a contact, of the columns that were chosen.
func (w *work) person(d document) vcard.Person {
	has := func(paths ...string) bool {
		return slices.ContainsFunc(w.columns, func(c Column) bool { return slices.Contains(paths, c.Path) })
	}
	text := func(path string) string {
		if has(path) {
			return d.text(path)
		}
		return ""
	}
	p := vcard.Person{
		UID:       d.text("id"),
		FullName:  words(d.text("firstName"), d.text("prefix"), d.text("lastName")),
		FirstName: d.text("firstName"), Prefix: d.text("prefix"), LastName: d.text("lastName"),
		Honorific: text("title"), Suffix: text("suffix"), Nickname: text("nickname"), BirthDate: text("birthDate"), Occupation: text("occupation"),
	}
	if gender := text("gender"); slices.Contains([]string{"female", "male", "other"}, gender) {
		p.Gender = gender
	}
	if language := text("language"); language != "" {
		p.Languages = []string{language}
	}
	if site := text("website"); site != "" {
		p.Websites = []string{site}
	}
	for _, e := range d.list("emails") {
		if has(column("emails", "address", e)) {
			p.Emails = append(p.Emails, w.way(e, "address", list.EmailKind))
		}
	}
	for _, n := range d.list("phones") {
		if has(column("phones", "number", n)) {
			p.Phones = append(p.Phones, w.way(n, "number", list.PhoneKind))
		}
	}
	if has("addresses.street", "addresses.town", "addresses.postcode") {
		for _, a := range d.list("addresses") {
			p.Addresses = append(p.Addresses, w.address(a))
		}
	}
	if jobs := d.list("work"); len(jobs) > 0 && has("work.employer", "work.role") {
		p.Employer, p.JobTitle = jobs[0].text("employer"), jobs[0].text("role")
	}
	if tags, ok := d["tags"].([]any); ok && has("tags") {
		for _, t := range tags {
			if tag, ok := t.(string); ok {
				p.Categories = append(p.Categories, tag)
			}
		}
	}
	return p
}

// column names the column an e-mail address or a number stands in.
func column(member, value string, way document) string {
	path := member + "." + value
	if sort := sortOf(member, way); sort != "" {
		path += ":" + sort
	}
	return path
}

// kinds are what cards have words for; other kinds are told in the organisation's own.
var kinds = map[string]string{"personal": "home", "home": "home", "work": "work", "billing": "work"}

func (w *work) way(d document, value, of string) vcard.Way {
	way := vcard.Way{Value: d.text(value)}
	way.Main, _ = d["main"].(bool)
	if kind := d.text("kind"); kinds[kind] != "" {
		way.Types = append(way.Types, kinds[kind])
	} else if kind != "" && kind != "other" {
		way.Label = w.of.code(of, kind)
	}
	if d.text("line") == "mobile" {
		way.Types = append(way.Types, "cell")
	}
	return way
}

func (w *work) address(d document) vcard.Address {
	a := vcard.Address{Street: d.text("street"), Number: d.text("number"), Box: d.text("box"), Postcode: d.text("postcode"), Town: d.text("town"),
		Region: d.text("region"), Code: d.text("country")}
	a.Main, _ = d["main"].(bool)
	if a.Code != "" {
		a.Country = w.of.p.Country(strings.ToUpper(a.Code))
	}
	if kind := d.text("kind"); kinds[kind] != "" {
		a.Types = []string{kinds[kind]}
	} else if kind != "" && kind != "other" {
		a.Label = w.of.code(list.AddressKind, kind)
	}
	return a
}
