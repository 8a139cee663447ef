package app

import (
	"github.com/a-h/templ"

	"github.com/muster-crm/muster/functions/web/ui"
	"github.com/muster-crm/muster/shared/company"
	"github.com/muster-crm/muster/shared/list"
	"github.com/muster-crm/muster/shared/reach"
	"github.com/muster-crm/muster/shared/record"
)

// companyLook is how companies are shown.
var companyLook = &look{
	kind: company.Name, plural: "companies", icon: "building", key: "g b", people: true, square: true,
	usual:  []string{mainColumn, "companyKind", "email", "phone", "town", "contacts"},
	facets: []facet{{"companyKind"}, {"addresses.town"}},
	blocks: []block{{"reach", "page.section.reach", []string{"emails", "phones", "website"}}},
	pills:  []string{"companyKind"},
	tones:  map[string]ui.Tone{},
}

func init() {
	companyLook.columns = []column{
		{id: "companyKind", path: "companyKind", cell: each(func(x *exchange, c *company.Company) templ.Component {
			return ui.Badge(ui.Pill{Label: x.code(list.CompanyKind, c.CompanyKind)})
		})},
		{id: "email", path: "emails.address", cell: each(func(_ *exchange, c *company.Company) templ.Component { return words(waysOf(c).MainEmail()) })},
		{id: "phone", path: "phones.number", alias: "page.phone", mid: true, cell: each(func(x *exchange, c *company.Company) templ.Component {
			for _, p := range c.Phones {
				if p.Main {
					return ui.Number(x.phone(p.Number))
				}
			}
			return nil
		})},
		{id: "town", path: "addresses.town", mid: true, cell: each(func(_ *exchange, c *company.Company) templ.Component {
			a, _ := waysOf(c).MainAddress()
			return words(a.Town)
		})},
		{id: "contacts", path: "contacts", still: true, wide: true, cell: each(func(x *exchange, c *company.Company) templ.Component {
			var ids []string
			for _, one := range c.Contacts {
				if one.On(record.DateOf(x.now())) {
					ids = append(ids, one.Contact)
				}
			}
			return x.contactLinks(ids...)
		})},
	}
	companyLook.prefill = named("name")
	companyLook.told = func(_ *exchange, r record.Record) string {
		c := r.(*company.Company)
		a, _ := waysOf(c).MainAddress()
		return joinDots(c.TaxNumber, a.Town)
	}
	companyLook.mail = func(r record.Record) string { return waysOf(r.(*company.Company)).MainEmail() }
}

// waysOf are the ways a company can be reached.
func waysOf(c *company.Company) reach.Ways {
	return reach.Ways{Emails: c.Emails, Phones: c.Phones, Addresses: c.Addresses}
}
