package app

import (
	"net/url"
	"strconv"
	"strings"

	"github.com/muster-crm/muster/functions/web/ui"
	"github.com/muster-crm/muster/shared/contact"
	"github.com/muster-crm/muster/shared/list"
	"github.com/muster-crm/muster/shared/phone/display"
	"github.com/muster-crm/muster/shared/query"
	"github.com/muster-crm/muster/shared/record"
)

// How contacts are written for the reader: names, numbers, codes, addresses.

// contactPath is the address of a contact's page; further parts name what is below it.
func contactPath(id string, parts ...string) string {
	return strings.Join(append([]string{HomePath, url.PathEscape(id)}, parts...), "/")
}

// listPath is the address of the contacts that a query finds.
func listPath(e query.Expr) string {
	return HomePath + "?" + url.Values{"q": {query.Format(e)}}.Encode()
}

// code writes a code of a list: as the organisation calls it, in the reader's language, or as it is.
func (x *exchange) code(of, code string) string {
	if code == "" {
		return ""
	}
	var own record.Own
	if x.cfg != nil {
		own.Lists = x.cfg.Lists
	}
	return own.CodeLabel(x.p, of, code)
}

// codes lists the codes that a list offers as options, long lists in the order of what is read.
func (x *exchange) codes(of string) []ui.Option {
	if of == list.Country {
		countries := x.p.Countries()
		options := make([]ui.Option, len(countries))
		for i, c := range countries {
			options[i] = ui.Option{Value: c.Code, Label: c.Name}
		}
		return options
	}
	codes := x.cfg.Lists.Codes(of)
	if of == list.Language && len(x.cfg.Settings.Languages) > 0 {
		codes = x.cfg.Settings.Languages
	}
	options := make([]ui.Option, len(codes))
	for i, code := range codes {
		options[i] = ui.Option{Value: code, Label: x.code(of, code)}
	}
	return options
}

// phone writes a number for readers of the organisation's country.
func (x *exchange) phone(e164 string) string { return display.Number(e164, x.cfg.Settings.Country) }

func (x *exchange) statusPill(status string) ui.Pill {
	pill := ui.Pill{Label: x.code(list.Status, status), Dot: true}
	switch status {
	case "active":
		pill.Tone = ui.Good
	case "pending":
		pill.Tone = ui.Warn
	}
	return pill
}

// pills are type and status.
func (x *exchange) pills(c *contact.Contact) []ui.Pill {
	var pills []ui.Pill
	if c.Type != "" {
		pills = append(pills, ui.Pill{Label: x.code(list.Type, c.Type), Tone: ui.Accent})
	}
	if c.Status != "" {
		pills = append(pills, x.statusPill(c.Status))
	}
	return pills
}

// tags are links to the contacts that have each.
func tags(c *contact.Contact) []ui.Link {
	links := make([]ui.Link, len(c.Tags))
	for i, tag := range c.Tags {
		links[i] = ui.Link{Label: tag, Href: listPath(query.Term{Field: "tags", Op: query.Has, Value: tag})}
	}
	return links
}

func numberOf(c *contact.Contact) string {
	if c.Number == 0 {
		return ""
	}
	return "#" + strconv.FormatInt(c.Number, 10)
}

// age writes how old a contact is, "" when that is not known.
func (x *exchange) age(c *contact.Contact) string {
	years, ok := record.Age(c.BirthDate, x.now())
	if !ok {
		return ""
	}
	return x.p.Age(years)
}

// sub is the line below a name: number, age.
func (x *exchange) sub(c *contact.Contact) string {
	return joinDots(numberOf(c), x.age(c))
}

func joinDots(parts ...string) string {
	var there []string
	for _, part := range parts {
		if part != "" {
			there = append(there, part)
		}
	}
	return strings.Join(there, " · ")
}

// addressLines writes an address as on an envelope; the country only when it is not the organisation's.
func (x *exchange) addressLines(a contact.Address) []string {
	street := strings.TrimSpace(a.Street + " " + a.Number)
	if a.Box != "" {
		street = strings.TrimSpace(street + " " + x.p.T("page.box", "box", a.Box))
	}
	lines := []string{street, strings.TrimSpace(a.Postcode + " " + a.Town), a.Region}
	if a.Country != x.cfg.Settings.Country {
		lines = append(lines, x.p.Country(a.Country))
	}
	var there []string
	for _, line := range lines {
		if line != "" {
			there = append(there, line)
		}
	}
	return there
}

// face is a contact's avatar.
func face(c *contact.Contact) ui.Face { return avatarOf(c) }

// person is a contact in a list.
func (x *exchange) person(c *contact.Contact, sub string) ui.Person {
	return ui.Person{Face: face(c), Href: contactPath(c.ID), Sub: sub}
}

// label names a field of contacts; the organisation's own ones by the label they were given.
func (x *exchange) label(path string) string {
	k, err := x.app.Records.Kind(contact.Name)
	if err != nil {
		return path
	}
	return x.fieldLabel(k, path)
}
