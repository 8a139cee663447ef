package app

import (
	"slices"
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"github.com/muster-crm/muster/functions/web/ui"
	"github.com/muster-crm/muster/shared/contact"
	"github.com/muster-crm/muster/shared/fault"
	"github.com/muster-crm/muster/shared/list"
	"github.com/muster-crm/muster/shared/phone/display"
	"github.com/muster-crm/muster/shared/record"
)

// contactForm writes the fields of a contact's form.
type contactForm struct {
	*exchange
	d      *draft
	fault  *fault.Fault
	errors map[string]string // sentences by path
	labels map[string]string // of fields, by path
}

func (x *exchange) contactForm(d *draft, f *fault.Fault) *contactForm {
	form := &contactForm{exchange: x, d: d, fault: f, errors: map[string]string{}, labels: map[string]string{}}
	if f != nil {
		for _, field := range f.Fields {
			if _, ok := form.errors[field.Path]; !ok {
				form.errors[field.Path] = x.p.Field(field)
			}
		}
	}
	return form
}

// base is what every field has; the last part of the path names it.
func (f *contactForm) base(path, label string, width ui.Width) ui.Base {
	f.labels[path] = label
	return ui.Base{Name: path, Label: label, Error: f.errors[path], Width: width}
}

func (f *contactForm) field(path string, width ui.Width) ui.Base {
	base := f.base(path, f.label(path), width)
	base.Required = f.required(path)
	return base
}

// required tells whether a member must have a value, of every contact or as the organisation wants it (SET-02).
func (f *contactForm) required(member string) bool {
	k, err := f.app.Records.Kind(contact.Name)
	if err != nil {
		return false
	}
	field, ok := k.Member(member)
	return ok && field.Required || slices.Contains(f.cfg.Mandatory(contact.Name), member)
}

// sub names a field of the objects of a list: "emails", "address" for "emails[2].address".
func (f *contactForm) sub(group, index, name string, width ui.Width) ui.Base {
	return f.base(group+"["+index+"]."+name, f.p.T("field.contact."+group+"."+name), width)
}

// form puts blocks into a form.
func (f *contactForm) form(id, action string, blocks []string) ui.Form {
	form := ui.Form{ID: id, Action: action, Key: f.newKey(), Guard: true}
	for _, block := range blocks {
		fields := f.block(block)
		switch {
		case len(fields) == 0:
		case len(blocks) == 1:
			form.Fields = append(form.Fields, fields...)
		default:
			form.Fields = append(form.Fields, ui.Section{Title: f.p.T("page.section." + block), Fields: fields})
		}
	}
	form.Wide = len(blocks) > 1
	if f.fault != nil {
		if len(f.fault.Fields) == 0 {
			form.Fault = f.p.Fault(f.fault)
		}
		for _, field := range f.fault.Fields {
			label := f.labels[field.Path]
			if label == "" {
				label = f.label(field.Path)
			}
			form.Errors = append(form.Errors, ui.FormError{Name: field.Path, Label: label, Text: f.p.Field(field)})
		}
	}
	return form
}

func (f *contactForm) block(block string) []ui.Field {
	switch block {
	case personBlock:
		return f.person()
	case reachBlock:
		return f.only(f.part("emails", f.emails), f.part("phones", f.phones), f.text("website", ui.Text{Type: "url"}, f.d.Website))
	case addressesBlock:
		return f.only(f.part("addresses", f.addresses))
	case classBlock:
		return f.class()
	case kitBlock:
		return f.only(f.row(f.text("shirtNumber", ui.Text{Mode: "numeric", Max: 10, Base: ui.Base{Width: ui.Narrow}}, f.d.numbers["shirtNumber"]), f.choice("kitSize", list.KitSize, f.d.KitSize)))
	case workBlock:
		return f.only(f.part("work", f.work))
	case papersBlock:
		return f.papers()
	case termsBlock:
		return f.terms()
	case tagsBlock:
		return f.only(f.part("tags", f.tagField))
	case customBlock:
		return f.custom()
	}
	if own, ok := f.ownBlock(block); ok {
		return []ui.Field{f.ownField(own)}
	}
	return nil
}

// part is a field that is there where forms ask for its member.
func (f *contactForm) part(member string, make func() ui.Field) ui.Field {
	if !f.offers(member) {
		return nil
	}
	return make()
}

// only leaves out the fields that are not there.
func (f *contactForm) only(fields ...ui.Field) []ui.Field {
	return slices.DeleteFunc(fields, func(field ui.Field) bool { return field == nil })
}

// row puts the fields that are there beside each other.
func (f *contactForm) row(fields ...ui.Field) ui.Field {
	switch fields = f.only(fields...); len(fields) {
	case 0:
		return nil
	case 1:
		return fields[0]
	}
	return ui.Inline{Fields: fields}
}

// text is a line of text for a member.
func (f *contactForm) text(member string, like ui.Text, value string) ui.Field {
	return f.part(member, func() ui.Field {
		base := f.field(member, like.Width)
		base.Help = like.Help
		like.Base, like.Value = base, value
		return like
	})
}

// date is a calendar date for a member.
func (f *contactForm) date(member string, like ui.Date, value record.Date) ui.Field {
	return f.part(member, func() ui.Field {
		like.Base, like.Value = f.field(member, ui.Medium), string(value)
		return like
	})
}

// choice is a code of a list for a member that may be empty.
func (f *contactForm) choice(member, of, value string) ui.Field {
	return f.part(member, func() ui.Field {
		return ui.Select{Base: f.field(member, ui.Medium), Value: value, Options: f.withOther(f.codes(of), value, of), Empty: f.p.T("form.none")}
	})
}

// code is a code of a list for a member that always has one.
func (f *contactForm) codeOf(member, of, value string) ui.Field {
	return f.part(member, func() ui.Field {
		return ui.Select{Base: f.field(member, ui.Medium), Value: value, Options: f.withOther(f.codes(of), value, of)}
	})
}

func (f *contactForm) person() []ui.Field {
	today := string(record.DateOf(f.now()))
	return f.only(
		f.row(f.text("firstName", ui.Text{Max: 100, Alike: true}, f.d.FirstName), f.text("prefix", ui.Text{Base: ui.Base{Width: ui.Narrow}, Max: 30, Alike: true}, f.d.Prefix), f.text("lastName", ui.Text{Max: 100, Alike: true}, f.d.LastName)),
		f.row(f.date("birthDate", ui.Date{Min: "1900-01-01", Max: today, Alike: true}, f.d.BirthDate), f.codeOf("gender", list.Gender, f.d.Gender), f.codeOf("language", list.Language, f.d.Language)),
		f.row(f.text("title", ui.Text{Base: ui.Base{Width: ui.Narrow}, Max: 50}, f.d.Honorific), f.text("nickname", ui.Text{Max: 100, Alike: true}, f.d.Nickname), f.text("suffix", ui.Text{Base: ui.Base{Width: ui.Medium}, Max: 50}, f.d.Suffix)),
		f.part("nationalities", f.nationalities),
		f.row(f.choice("maritalStatus", list.MaritalStatus, f.d.MaritalStatus), f.text("occupation", ui.Text{Max: 100}, f.d.Occupation)))
}

// withOther keeps a stored value in a choice that no longer offers it.
func (f *contactForm) withOther(options []ui.Option, value, of string) []ui.Option {
	if value == "" || slices.ContainsFunc(options, func(o ui.Option) bool { return o.Value == value }) {
		return options
	}
	return append(options, ui.Option{Value: value, Label: f.code(of, value)})
}

// checkPath is where a value is checked as its field is left.
func (f *contactForm) checkPath() string {
	if f.d.ID == "" {
		return HomePath + "/check"
	}
	return HomePath + "/check?id=" + f.d.ID
}

func (f *contactForm) emails() ui.Field {
	row := func(index string, e contact.Email) []ui.Field {
		address := f.sub("emails", index, "address", ui.AnyWidth)
		address.Check = f.checkPath()
		return append([]ui.Field{
			ui.Text{Base: address, Value: e.Address, Type: "email", Max: 254, Alike: true},
			ui.Select{Base: f.sub("emails", index, "kind", ui.Narrow), Value: e.Kind, Options: f.codes(list.EmailKind)},
			ui.Pick{Base: ui.Base{Label: f.p.T("form.main")}, Group: "emails.main", Value: index, On: e.Main}}, f.holders("emails["+index+"].address")...)
	}
	group := ui.Repeat{Base: f.field("emails", ui.AnyWidth), Item: f.p.T("field.contact.emails.address"), Max: 10, Add: f.p.T("page.addEmail"), New: row(ui.NewIndex, contact.Email{Kind: "personal"})}
	shown := f.d.Emails
	if len(shown) == 0 {
		shown = []contact.Email{{Kind: "personal", Main: true}}
	}
	for i, e := range shown {
		group.Rows = append(group.Rows, ui.RepeatRow{Index: i, Fields: row(strconv.Itoa(i), e)})
	}
	return group
}

func (f *contactForm) phones() ui.Field {
	row := func(index string, p contact.Phone, t typedPhone) []ui.Field {
		number := f.sub("phones", index, "number", ui.AnyWidth)
		number.Check = f.checkPath()
		return append([]ui.Field{
			ui.Select{Base: f.sub("phones", index, "line", ui.Narrow), Value: p.Line, Options: f.codes(list.PhoneLine)},
			ui.Select{Base: f.sub("phones", index, "country", ui.Narrow), Value: t.Country, Options: f.prefixes(t.Country)},
			ui.Text{Base: number, Value: t.Number, Type: "tel", Max: 40, Alike: true},
			ui.Select{Base: f.sub("phones", index, "kind", ui.Narrow), Value: p.Kind, Options: f.codes(list.PhoneKind)},
			ui.Pick{Base: ui.Base{Label: f.p.T("form.main")}, Group: "phones.main", Value: index, On: p.Main}}, f.holders("phones["+index+"].number")...)
	}
	home := f.cfg.Settings.Country
	fresh := contact.Phone{Line: "mobile", Kind: "personal"}
	group := ui.Repeat{Base: f.field("phones", ui.AnyWidth), Item: f.p.T("field.contact.phones.number"), Max: 10, Add: f.p.T("page.addPhone"), New: row(ui.NewIndex, fresh, typedPhone{Country: home})}
	if len(f.d.Phones) == 0 {
		fresh.Main = true
		group.Rows = []ui.RepeatRow{{Index: 0, Fields: row("0", fresh, typedPhone{Country: home})}}
	}
	for i, p := range f.d.Phones {
		group.Rows = append(group.Rows, ui.RepeatRow{Index: i, Fields: row(strconv.Itoa(i), p, f.d.typed[i])})
	}
	return group
}

// prefixes offers the countries whose calling codes are picked rather than typed: home first.
func (f *contactForm) prefixes(stored string) []ui.Option {
	home := f.cfg.Settings.Country
	countries := []string{home}
	for _, c := range append(slices.Clone(usualCountries), stored) {
		if c != "" && !slices.Contains(countries, c) {
			countries = append(countries, c)
		}
	}
	options := make([]ui.Option, 0, len(countries)+1)
	for _, c := range countries {
		if code := display.CallingCode(c); code != "" {
			options = append(options, ui.Option{Value: c, Label: c + " +" + code})
		}
	}
	slices.SortStableFunc(options[1:], func(a, b ui.Option) int { return strings.Compare(a.Label, b.Label) })
	return append(options, ui.Option{Value: "", Label: f.p.T("page.otherPrefix")})
}

func (f *contactForm) addresses() ui.Field {
	countries := f.codes(list.Country)
	row := func(index string, a contact.Address) []ui.Field {
		return []ui.Field{
			ui.Select{Base: f.sub("addresses", index, "kind", ui.Narrow), Value: a.Kind, Options: f.codes(list.AddressKind)},
			ui.Text{Base: f.sub("addresses", index, "street", ui.AnyWidth), Value: a.Street, Alike: true},
			ui.Text{Base: f.sub("addresses", index, "number", ui.Narrow), Value: a.Number, Max: 20, Alike: true},
			ui.Text{Base: f.sub("addresses", index, "box", ui.Narrow), Value: a.Box, Max: 20},
			ui.Text{Base: f.sub("addresses", index, "postcode", ui.Narrow), Value: a.Postcode, Max: 20, Alike: true},
			ui.Text{Base: f.sub("addresses", index, "town", ui.Medium), Value: a.Town, Max: 100, Alike: true},
			ui.Text{Base: f.sub("addresses", index, "region", ui.Medium), Value: a.Region, Max: 100},
			ui.Select{Base: f.sub("addresses", index, "country", ui.Medium), Value: a.Country, Options: countries},
			ui.Pick{Base: ui.Base{Label: f.p.T("form.main")}, Group: "addresses.main", Value: index, On: a.Main},
			ui.Pick{Base: ui.Base{Label: f.p.T("field.contact.addresses.delivery")}, Group: "addresses.delivery", Value: index, On: a.Delivery}}
	}
	fresh := contact.Address{Kind: "home", Country: f.cfg.Settings.Country}
	group := ui.Repeat{Base: f.field("addresses", ui.AnyWidth), Item: f.p.T("page.address"), Tall: true, Max: 20, Add: f.p.T("page.addAddress"), New: row(ui.NewIndex, fresh)}
	for i, a := range f.d.Addresses {
		group.Rows = append(group.Rows, ui.RepeatRow{Index: i, Fields: row(strconv.Itoa(i), a)})
	}
	if len(group.Rows) == 0 {
		fresh.Main, fresh.Delivery = true, true
		group.Rows = []ui.RepeatRow{{Index: 0, Fields: row("0", fresh)}}
	}
	return group
}

func (f *contactForm) class() []ui.Field {
	return f.only(
		f.row(f.codeOf("type", list.Type, f.d.Type), f.choice("category", list.Category, f.d.Category), f.codeOf("status", list.Status, f.d.Status)),
		f.row(f.part("entity", f.entity), f.choice("source", list.Source, f.d.Source)),
		f.part("tags", f.tagField),
		f.toggle("newsletter", "page.newsletter", f.d.Newsletter),
		f.toggle("promotionalSms", "page.promotionalSms", f.d.PromotionalSMS))
}

func (f *contactForm) toggle(member, label string, on *bool) ui.Field {
	return f.part(member, func() ui.Field {
		base := f.field(member, ui.AnyWidth)
		base.Label = f.p.T(label)
		return ui.Toggle{Base: base, On: on != nil && *on}
	})
}

// maxTagOptions is how many tags in use are offered.
const maxTagOptions = 50

func (f *contactForm) tagField() ui.Field {
	base := f.field("tags", ui.AnyWidth)
	base.Help = f.p.T("page.tags.help")
	for path, text := range f.errors {
		if base.Error == "" && strings.HasPrefix(path, "tags[") {
			base.Error = text
		}
	}
	field := ui.Tokens{Base: base, Values: f.d.Tags}
	inUse, err := f.app.Records.Suggest(f.ctx(), f.who.Grant, contact.Name, "tags", "", maxTagOptions)
	if err != nil {
		return field // completions are a comfort
	}
	for _, b := range inUse {
		if len(b.Values) > 0 && b.Values[0] != "" {
			field.Options = append(field.Options, b.Values[0])
		}
	}
	return field
}

// holders names who has the value of a field already, at that field.
func (f *contactForm) holders(path string) []ui.Field {
	if f.fault == nil {
		return nil
	}
	var links []ui.Link
	for _, clash := range f.fault.Clashes {
		if clash.Field == path {
			links = append(links, ui.Link{Label: clash.Title, Href: contactPath(clash.ID)})
		}
	}
	if len(links) == 0 {
		return nil
	}
	return []ui.Field{ui.Part{Body: ui.CheckNote(ui.Bad, f.p.T("page.usedBy"), links)}}
}

// blockForm is the form of one block in its place.
func (x *exchange) blockForm(c *contact.Contact, block string, d *draft, f *fault.Fault) templ.Component {
	tab := personalTab
	if block == addressesBlock {
		tab = addressTab
	}
	form := x.contactForm(d, f).form("edit-"+block, contactPath(c.ID, "edit"), []string{block})
	form.Version = strconv.FormatInt(c.Version, 10)
	form.Into = blockID(block)
	form.Cancel = contactPath(c.ID, tab)
	if block == tagsBlock {
		form.Into, form.Cancel = "tags", contactPath(c.ID)
	}
	form.Values = []ui.Value{{Name: "block", Value: block}}
	return ui.FormView(x.p, form)
}
