package demo

import (
	"context"
	"time"

	"github.com/muster-crm/muster/shared/company"
	"github.com/muster-crm/muster/shared/contact"
	"github.com/muster-crm/muster/shared/family"
	"github.com/muster-crm/muster/shared/policy"
	"github.com/muster-crm/muster/shared/saved"
)

// Questions the office asks again: those of all its work, shared, and what somebody keeps for themselves.

// asked is a saved search in the making.
type asked struct {
	by      int // who of the office
	of      string
	name    string
	query   string
	sort    string
	columns []string
	roles   []policy.Role // it is shared with; none: its maker's alone
}

var (
	theOffice = []policy.Role{policy.Admin, policy.Editor}
	everybody = []policy.Role{policy.Admin, policy.Editor, policy.Reader}
)

var searches = []asked{
	{by: ines, of: contact.Name, name: "Youth without photo consent", query: "age<18 status:active -custom.photoConsent:yes", sort: "birthDate",
		columns: []string{"birthDate", "tags", "phones.number", "custom.photoConsent"}, roles: theOffice},
	{by: wannes, of: contact.Name, name: "Members with a birthday this month", query: "type:member status:active birthDate:*-this-month", sort: "birthDate",
		columns: []string{"birthDate", "emails.address", "phones.number", "addresses.town"}, roles: everybody},
	{by: ines, of: contact.Name, name: "Licence to be renewed", query: "status:active custom.licenceUntil<=this-year", sort: "lastName",
		columns: []string{"custom.licenceUntil", "emails.address", "phones.number"}, roles: theOffice},
	{by: wannes, of: contact.Name, name: "Can help in the bar or the kitchen", query: "status:active age>=18 (custom.canHelp:bar OR custom.canHelp:kitchen)",
		columns: []string{"custom.canHelp", "phones.number", "addresses.town"}, roles: everybody},
	{by: olivia, of: contact.Name, name: "Members without a newsletter", query: "type:member status:active email:* -newsletter:true", roles: theOffice},
	{by: ines, of: contact.Name, name: "Parents to ask for the photo form", query: `search:"Youth without photo consent" family:*`, columns: []string{"birthDate", "phones.number"}},
	{by: olivia, of: contact.Name, name: "Donors I thank myself", query: "type:donor -status:withdrawn", columns: []string{"addresses.town", "emails.address", "updatedAt"}},
	{by: olivia, of: contact.Name, name: "Who left this year", query: "status:withdrawn updatedAt>=this-year"},
	{by: wannes, of: family.Name, name: "Families that share cars", query: "custom.carpool:true", roles: everybody},
	{by: olivia, of: company.Name, name: "Sponsors whose contract ends this year", query: "custom.sponsorLevel:* custom.contractUntil:this-year", sort: "name", roles: theOffice},
}

// searches saves them, one after the other, in the last weeks before now.
func (s *story) searches() {
	for i, a := range searches {
		at := s.now.AddDate(0, 0, 3*i-40)
		s.on(time.Date(at.Year(), at.Month(), at.Day(), 9+i%7, 11*i%60, 0, 0, at.Location()), func(ctx context.Context) error {
			body := map[string]any{"for": a.of, "name": a.name, "query": a.query}
			if a.sort != "" {
				body["sort"] = a.sort
			}
			if len(a.columns) > 0 {
				body["columns"] = a.columns
			}
			if len(a.roles) > 0 {
				body["roles"] = a.roles
			}
			_, err := s.Records.Create(ctx, s.by(a.by), saved.Name, encode(body))
			return err
		})
	}
}
