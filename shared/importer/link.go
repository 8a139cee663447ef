package importer

import (
	"context"
	"slices"
	"strings"

	"github.com/muster-crm/muster/shared/company"
	"github.com/muster-crm/muster/shared/contact"
	"github.com/muster-crm/muster/shared/family"
	"github.com/muster-crm/muster/shared/fault"
	"github.com/muster-crm/muster/shared/fold"
	"github.com/muster-crm/muster/shared/group"
	"github.com/muster-crm/muster/shared/list"
	"github.com/muster-crm/muster/shared/parse"
	"github.com/muster-crm/muster/shared/record"
	"github.com/muster-crm/muster/shared/repository"
	"github.com/muster-crm/muster/shared/sheet"
)

// Links of a row (IMP-07): groups are a part of the contact; families and companies hold their contacts, so that a row that
// names one changes that too, in the same commit. A name is what a record is called, whatever its case and accents, or its
// id. One that nobody has is made once for all rows that say it, or rejects them, as the plan says.

// maxNames is how many groups, families or companies a row may name, of each.
const maxNames = 10

func putNames(names func(*draft) *[]string) func(*draft, *column, sheet.Cell) string {
	return func(d *draft, _ *column, c sheet.Cell) string {
		for _, name := range several(c.Text) {
			if !parse.Missing(name) && !slices.ContainsFunc(*names(d), func(n string) bool { return same(n, name) }) {
				*names(d) = append(*names(d), name)
			}
		}
		if len(*names(d)) > maxNames {
			return "too_many"
		}
		return ""
	}
}

// putGroupFunction reads functions in groups: one, or one for each of them.
func putGroupFunction(d *draft, _ *column, c sheet.Cell) string {
	for _, text := range several(c.Text) {
		code := ""
		if fault := putCode(list.Functions, &code, d.plan, text); fault != "" {
			return fault
		}
		d.functions = append(d.functions, code)
	}
	return ""
}

func putRole(d *draft, _ *column, c sheet.Cell) string {
	return putCode(list.FamilyRole, &d.role, d.plan, c.Text)
}

func putFunction(d *draft, _ *column, c sheet.Cell) string {
	return putCode(list.CompanyFunction, &d.post, d.plan, c.Text)
}

func putCode(of string, to *string, plan *Plan, text string) string {
	if parse.Missing(text) {
		return ""
	}
	code, ok := codeOf(plan.lists(), of, text)
	if !ok {
		return "bad_choice"
	}
	*to = code
	return ""
}

// putGroupDay reads days: one, or one for each of the groups.
func putGroupDay(days func(*draft) *[]record.Date) func(*draft, *column, sheet.Cell) string {
	return func(d *draft, col *column, c sheet.Cell) string {
		text := c.Text
		if c.Kind == sheet.Date {
			text, _, _ = strings.Cut(text, "T")
		}
		for _, text := range several(text) {
			if parse.Missing(text) {
				continue
			}
			iso, ok := parse.Date(text, parse.DateRule{Order: col.order})
			if !ok {
				return "bad_date"
			}
			*days(d) = append(*days(d), record.Date(iso))
		}
		return ""
	}
}

// nth gives what holds for a place in a list of so many: its own, or the one that is said of all.
func nth[T any](values []T, i, n int) (value T) {
	switch {
	case len(values) == n:
		return values[i]
	case len(values) == 1:
		return values[0]
	}
	return value
}

// links makes the parts of a row that are beside its contact: what its names stand for. Groups come before the contact, which
// names them; families and companies name it.
func (w *work) links(ctx context.Context, in *repository.Intake, d *draft) (before, after []repository.Part, refused []Reason, err error) {
	plan := w.params.Plan
	d.Groups = nil
	resolve := func(of, field, name, unknown string) (string, bool) {
		if err != nil {
			return "", false
		}
		ids, found := w.named(in, of, name)
		switch {
		case found != nil:
			err = found
		case len(ids) > 1:
			refused = append(refused, Reason{Column: w.headed(field), Field: field, Code: "several_named", Args: fault.Args{"name": name}})
		case len(ids) == 1:
			return ids[0], false
		case unknown == Reject:
			refused = append(refused, Reason{Column: w.headed(field), Field: field, Code: "unknown_name", Args: fault.Args{"name": name}})
		default:
			k, found := w.Records.Kind(of)
			if err = found; err == nil {
				return w.Records.IDs.New(k.Prefix), true
			}
		}
		return "", false
	}
	for i, name := range d.groups {
		id, fresh := resolve(group.Name, "groups.group", name, plan.Links.Group)
		if fresh {
			before = append(before, repository.Part{Kind: group.Name, New: &group.Group{Meta: record.Meta{ID: id}, Name: name}})
		}
		if id != "" {
			n := len(d.groups)
			d.Groups = append(d.Groups, contact.Place{Group: id, Function: nth(d.functions, i, n), From: nth(d.from, i, n), To: nth(d.to, i, n)})
		}
	}
	for _, name := range d.families {
		member := family.Member{Contact: d.ID, Role: d.role}
		id, fresh := resolve(family.Name, "family", name, plan.Links.Family)
		switch {
		case fresh:
			after = append(after, repository.Part{Kind: family.Name, New: &family.Family{Meta: record.Meta{ID: id}, Name: name, Members: []family.Member{member}}})
		case id != "":
			after = append(after, repository.Part{Kind: family.Name, ID: id, Alter: w.join(member)})
		}
	}
	for _, name := range d.companies {
		person := company.Contact{Contact: d.ID, Function: d.post}
		id, fresh := resolve(company.Name, "company", name, plan.Links.Company)
		switch {
		case fresh:
			after = append(after, repository.Part{Kind: company.Name, New: &company.Company{Meta: record.Meta{ID: id}, Name: name, Contacts: []company.Contact{person}}})
		case id != "":
			after = append(after, repository.Part{Kind: company.Name, ID: id, Alter: w.hire(person)})
		}
	}
	if plan.Links.Tags == Reject {
		view, found := in.View(contact.Name)
		if found != nil {
			return nil, nil, nil, found
		}
		for _, tag := range d.Tags {
			if _, known := view.Spelling("tags", tag); !known {
				refused = append(refused, Reason{Column: w.headed("tags"), Field: "tags", Code: "unknown_name", Args: fault.Args{"name": tag}})
			}
		}
	}
	return before, after, refused, err
}

// join makes a contact a member of a family, unless it is one.
func (w *work) join(m family.Member) func(record.Record) (record.Record, error) {
	return func(now record.Record) (record.Record, error) {
		if slices.Contains(now.(*family.Family).Contacts(), m.Contact) {
			return nil, nil
		}
		copied, err := familyKind.Copy(now)
		if err != nil {
			return nil, err
		}
		f := copied.(*family.Family)
		f.Members = append(f.Members, m)
		return f, nil
	}
}

// hire makes a contact one of a company's, unless it is one today.
func (w *work) hire(c company.Contact) func(record.Record) (record.Record, error) {
	today := record.DateOf(w.params.Plan.now)
	return func(now record.Record) (record.Record, error) {
		if slices.ContainsFunc(now.(*company.Company).Contacts, func(o company.Contact) bool {
			return o.Contact == c.Contact && (c.Function == "" || o.Function == c.Function) && o.On(today)
		}) {
			return nil, nil
		}
		copied, err := companyKind.Copy(now)
		if err != nil {
			return nil, err
		}
		f := copied.(*company.Company)
		f.Contacts = append(f.Contacts, c)
		return f, nil
	}
}

var familyKind, companyKind = family.Kind(), company.Kind()

// named finds the records of a kind that are called so, or have this id: those that are there, and those of rows before.
func (w *work) named(in *repository.Intake, of, name string) ([]string, error) {
	if ids := in.Noted(of + ":" + fold.String(name)); len(ids) > 0 {
		return ids, nil
	}
	view, err := in.View(of)
	if err != nil {
		return nil, err
	}
	if hit, ok := view.Get(name); ok && !hit.Trashed {
		return []string{hit.ID}, nil
	}
	var ids []string
	for _, hit := range view.Lookup("name", name) {
		if !hit.Trashed {
			ids = append(ids, hit.ID)
		}
	}
	return ids, nil
}

// headed gives the header of the column that goes to a target.
func (w *work) headed(target string) string {
	i := slices.IndexFunc(w.columns, func(c *column) bool { return !c.Ignore && c.Field == target })
	if i < 0 {
		return ""
	}
	return w.columns[i].Header
}
