package app

import (
	"slices"
	"strconv"
	"strings"

	"github.com/muster-crm/muster/functions/web/ui"
	"github.com/muster-crm/muster/shared/contact"
	"github.com/muster-crm/muster/shared/list"
	"github.com/muster-crm/muster/shared/record"
	"github.com/muster-crm/muster/shared/setting"
)

// The parts of a contact's form that are more than a line or a choice.

// nationalities are rows of one country each.
func (f *contactForm) nationalities() ui.Field {
	countries := f.codes(list.Country)
	row := func(index, country string) []ui.Field {
		base := f.base("nationalities["+index+"].country", f.p.T("field.contact.addresses.country"), ui.Medium)
		base.Error = f.errors["nationalities["+index+"]"]
		return []ui.Field{ui.Select{Base: base, Value: country, Options: f.withOther(countries, country, list.Country), Empty: f.p.T("form.none")}}
	}
	group := ui.Repeat{Base: f.field("nationalities", ui.AnyWidth), Item: f.p.T("field.contact.addresses.country"), Max: 20, Add: f.p.T("page.addNationality"), New: row(ui.NewIndex, f.cfg.Settings.Country)}
	for i, country := range f.d.Nationalities {
		group.Rows = append(group.Rows, ui.RepeatRow{Index: i, Fields: row(strconv.Itoa(i), country)})
	}
	return group
}

// work are the jobs somebody has or had.
func (f *contactForm) work() ui.Field {
	row := func(index string, w contact.Work) []ui.Field {
		return []ui.Field{
			ui.Text{Base: f.sub("work", index, "employer", ui.AnyWidth), Value: w.Employer, Max: 100},
			ui.Text{Base: f.sub("work", index, "role", ui.AnyWidth), Value: w.Role, Max: 100},
			ui.Date{Base: f.sub("work", index, "from", ui.Medium), Value: string(w.From)},
			ui.Date{Base: f.sub("work", index, "to", ui.Medium), Value: string(w.To)}}
	}
	group := ui.Repeat{Base: f.field("work", ui.AnyWidth), Item: f.p.T("field.contact.work"), Tall: true, Max: 50, Add: f.p.T("page.addWork"), New: row(ui.NewIndex, contact.Work{})}
	for i, w := range f.d.Work {
		group.Rows = append(group.Rows, ui.RepeatRow{Index: i, Fields: row(strconv.Itoa(i), w)})
	}
	return group
}

// papers are the numbers by which banks and states know somebody. They are shown masked here too: a mask that is sent back
// leaves the number as it is.
func (f *contactForm) papers() []ui.Field {
	inner := func(path string, width ui.Width) ui.Base {
		base := f.field(path, width)
		base.Required = false
		return base
	}
	iban := f.text("iban", ui.Text{Max: 42, Base: ui.Base{Help: f.p.T("page.masked.help")}}, f.d.IBAN)
	national := f.part("nationalNumber", func() ui.Field {
		number := inner("nationalNumber.number", ui.AnyWidth)
		number.Required = f.required("nationalNumber")
		country := f.d.NationalNumber.Country
		if country == "" {
			country = f.cfg.Settings.Country
		}
		return ui.Inline{Fields: []ui.Field{
			ui.Select{Base: inner("nationalNumber.country", ui.Medium), Value: country, Options: f.withOther(f.codes(list.Country), country, list.Country)},
			ui.Text{Base: number, Value: f.d.NationalNumber.Number, Max: 30}}}
	})
	document := f.part("identityDocument", func() ui.Field {
		number := inner("identityDocument.number", ui.AnyWidth)
		number.Required = f.required("identityDocument")
		return ui.Inline{Fields: []ui.Field{ui.Text{Base: number, Value: f.d.IdentityDocument.Number, Max: 30},
			ui.Text{Base: inner("identityDocument.issuedBy", ui.AnyWidth), Value: f.d.IdentityDocument.IssuedBy, Max: 100}}}
	})
	return f.only(f.row(iban, f.text("ibanHolder", ui.Text{Max: 140}, f.d.IBANHolder)), national, document)
}

// terms are those under which somebody is a customer.
func (f *contactForm) terms() []ui.Field {
	return f.only(
		f.row(f.part("operator", f.operator), f.part("store", func() ui.Field {
			var options []ui.Option
			for _, s := range f.cfg.Stores {
				options = append(options, ui.Option{Value: s.ID, Label: s.Name})
			}
			return f.refField("store", f.d.Store, options)
		})),
		f.row(f.part("clientGroup", func() ui.Field {
			var options []ui.Option
			for _, g := range f.cfg.ClientGroups {
				options = append(options, ui.Option{Value: g.ID, Label: g.Name})
			}
			return f.refField("clientGroup", f.d.ClientGroup, options)
		}), f.text("discount", ui.Text{Mode: "decimal", After: "%", Max: 10, Base: ui.Base{Width: ui.Narrow}}, f.d.numbers["discount"]),
			f.text("paymentTermDays", ui.Text{Mode: "numeric", Max: 10, Base: ui.Base{Width: ui.Narrow}}, f.d.numbers["paymentTermDays"])))
}

// refField is a choice among records of the organisation's settings. One that is gone stays where it is stored.
func (f *contactForm) refField(member, value string, options []ui.Option) ui.Field {
	if value != "" && !slices.ContainsFunc(options, func(o ui.Option) bool { return o.Value == value }) {
		options = append(options, ui.Option{Value: value, Label: f.p.T("page.otherChoice")})
	}
	return ui.Select{Base: f.field(member, ui.Medium), Value: value, Options: options, Empty: f.p.T("form.none")}
}

// operator is a choice among those who work here.
func (f *contactForm) operator() ui.Field {
	return f.refField("operator", f.d.Operator, f.colleagues())
}

// colleagues are those who can be given work, by name.
func (x *exchange) colleagues() []ui.Option {
	all, err := x.app.Accounts.Colleagues(x.ctx(), x.who.Grant)
	if err != nil {
		x.app.Log.WarnContext(x.ctx(), "colleagues not read", "request", x.id, "error", err.Error())
	}
	options := make([]ui.Option, len(all))
	for i, c := range all {
		options[i] = ui.Option{Value: c.ID, Label: c.Name}
	}
	slices.SortStableFunc(options, func(a, b ui.Option) int {
		return strings.Compare(x.p.CollationKey(a.Label), x.p.CollationKey(b.Label))
	})
	return options
}

// entity is a choice among the sections of the organisation, each set in below the one it belongs to.
func (f *contactForm) entity() ui.Field {
	var options []ui.Option
	for _, e := range f.cfg.Entities {
		options = append(options, ui.Option{Value: e.ID, Label: strings.Repeat("\u2003", e.Depth) + e.Name})
	}
	value := f.d.Entity
	if value == "" {
		value = setting.RootEntity
	}
	return ui.Select{Base: f.field("entity", ui.Medium), Value: f.cfg.Home(value), Options: options}
}

// custom are the own fields the contact carries.
func (f *contactForm) custom() []ui.Field {
	k, err := f.app.Records.Kind(contact.Name)
	if err != nil {
		return nil
	}
	var fields []ui.Field
	for _, own := range f.ownWritten(k, f.d.Custom) {
		if own.Type != setting.TypeFile || f.d.ID != "" { // there are no files before there is a contact
			fields = append(fields, f.ownField(own))
		}
	}
	return fields
}

// ownField is the input of one own field.
func (f *contactForm) ownField(own record.CustomField) ui.Field {
	name := ownName(own)
	base := f.base(name, own.Label, ui.AnyWidth)
	base.Required = own.Required && !own.Optional
	for path, text := range f.errors { // of a part of it: "custom.dues.amount", "custom.teams[1]"
		if base.Error == "" && (strings.HasPrefix(path, name+".") || strings.HasPrefix(path, name+"[")) {
			base.Error = text
		}
	}
	var files []ui.Option
	if own.Type == setting.TypeFile {
		files = f.filesOf(contact.Name, f.d.ID)
	}
	return f.ownInput(base, own, f.d.Custom[own.Name], files)
}
