package app

import (
	"slices"

	"github.com/muster-crm/muster/functions/web/ui"
	"github.com/muster-crm/muster/shared/contact"
	"github.com/muster-crm/muster/shared/family"
	"github.com/muster-crm/muster/shared/list"
	"github.com/muster-crm/muster/shared/query"
	"github.com/muster-crm/muster/shared/record"
	"github.com/muster-crm/muster/shared/repository"
)

// Who belongs together: relatives in the head of a profile, an icon in lists (FAM-04).

// familiesOf finds the families of some contacts.
func (x *exchange) familiesOf(ids ...string) ([]*family.Family, error) {
	k, err := x.app.Records.Kind(family.Name)
	if err != nil || len(ids) == 0 {
		return nil, err
	}
	var any query.Or
	for _, id := range ids {
		any = append(any, query.Term{Field: "members.contact", Op: query.Is, Value: id})
	}
	found, err := x.app.Records.List(x.ctx(), x.who.Grant, family.Name, repository.Question{Where: query.Normal(any), Limit: repository.MaxPage})
	if err != nil {
		return nil, err
	}
	items, err := readItems(k, found.Items)
	if err != nil {
		return nil, err
	}
	families := make([]*family.Family, len(items))
	for i, item := range items {
		families[i] = item.Record.(*family.Family)
	}
	return families, nil
}

// markFamilies notes which of the contacts of a list are in a family.
func (x *exchange) markFamilies(records []record.Record) error {
	ids := make([]string, len(records))
	for i, r := range records {
		ids[i] = r.Base().ID
	}
	families, err := x.familiesOf(ids...)
	if err != nil {
		return err
	}
	x.marks = map[string][]ui.Link{}
	for _, f := range families {
		for _, m := range f.Members {
			mark := ui.Link{Label: x.p.T("family.in", "name", f.Name), Href: familyLook.at(f.ID), Icon: "family"}
			if m.Head {
				mark.Label = x.p.T("family.headOf", "name", f.Name)
			}
			again := func(l ui.Link) bool { return l.Href == mark.Href }
			if slices.Contains(ids, m.Contact) && !slices.ContainsFunc(x.marks[m.Contact], again) {
				x.marks[m.Contact] = append(x.marks[m.Contact], mark)
			}
		}
	}
	return nil
}

// relatives are the other members of a contact's families, for the head of the profile.
func (x *exchange) relatives(c *contact.Contact) (*ui.Near, error) {
	if c.DeletedAt != nil {
		return nil, nil
	}
	families, err := x.familiesOf(c.ID)
	if err != nil || len(families) == 0 {
		return nil, err
	}
	near := &ui.Near{Icon: "family", Label: x.p.T("kind.family.fellows")}
	var ids []string
	for _, f := range families {
		ids = append(ids, f.Contacts()...)
	}
	if err := x.learn(ids...); err != nil {
		return nil, err
	}
	for _, f := range families {
		for _, m := range f.Members {
			link := ui.Link{Label: x.called(m.Contact), Href: contactPath(m.Contact)}
			if m.Contact == c.ID || link.Label == "" || slices.ContainsFunc(near.Links, func(l ui.Link) bool { return l.Href == link.Href }) {
				continue
			}
			if m.Role != "other" {
				link.Label += " (" + x.code(list.FamilyRole, m.Role) + ")"
			}
			near.Links = append(near.Links, link)
		}
	}
	if len(near.Links) == 0 {
		return nil, nil
	}
	return near, nil
}
