package importer

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/muster-crm/muster/shared/contact"
	"github.com/muster-crm/muster/shared/email"
	"github.com/muster-crm/muster/shared/fold"
	"github.com/muster-crm/muster/shared/list"
	"github.com/muster-crm/muster/shared/parse"
	"github.com/muster-crm/muster/shared/phone"
	"github.com/muster-crm/muster/shared/record"
	"github.com/muster-crm/muster/shared/sheet"
)

// A target is where the cells of a column go. Most are fields of a contact by their path; those behind a colon say
// which one of a list ("emails.address:work") or how the cell is written ("name:full", "addresses:text").
//
// put reads one cell into the draft; the code is that of the fault when it cannot.
type target struct {
	name string
	put  func(d *draft, col *column, c sheet.Cell) (code string)
}

// draft is the contact a row becomes.
type draft struct {
	*contact.Contact
	plan   *Plan
	filled []bool       // by column: its cell said something that was understood
	empty  []bool       // by column: its cell has nothing in it
	where  parse.Place  // the main address, put together from several columns
	born   [3]string    // year, month, day from columns of their own
	job    contact.Work // likewise

	fullName  string                     // as written
	titled    bool                       // the gender is told by the form of address alone
	id        string                     // of the record, as an export has it
	rowKey    string                     // of the row of an earlier file that this one corrects
	emailsOf  map[string][]contact.Email // by target
	phonesOf  map[string][]contact.Phone // likewise
	functions []string                   // in the groups: one, or one for each
	from, to  []record.Date              // likewise
	groups    []string                   // the names of groups, families and companies
	families  []string
	role      string // in the families
	companies []string
	post      string // in the companies
}

// targets lists every target in the order a mapping offers them.
var targets = append(first, more...)

// first are the targets of who people are and how they are reached.
var first = []target{
	{"id", putID},
	{"number", putNumber},
	{"firstName", text(func(c *contact.Contact) *string { return &c.FirstName })},
	{"prefix", text(func(c *contact.Contact) *string { return &c.Prefix })},
	{"lastName", text(func(c *contact.Contact) *string { return &c.LastName })},
	{"name:full", putFullName},
	{"title", putTitle},
	{"suffix", text(func(c *contact.Contact) *string { return &c.Suffix })},
	{"nickname", text(func(c *contact.Contact) *string { return &c.Nickname })},
	{"birthDate", putBirthDate},
	{"birthDate:year", putBirthPart(0)},
	{"birthDate:month", putBirthPart(1)},
	{"birthDate:day", putBirthPart(2)},
	{"gender", putGender},
	{"language", putLanguage},
	{"emails.address", putEmails("")},
	{"emails.address:work", putEmails("work")},
	{"emails.address:father", putEmails("father")},
	{"emails.address:mother", putEmails("mother")},
	{"phones.number:mobile", putPhone("mobile", "")},
	{"phones.number:fixed", putPhone("fixed", "")},
	{"phones.number:work", putPhone("fixed", "work")},
	{"phones.number:father", putPhone("mobile", "father")},
	{"phones.number:mother", putPhone("mobile", "mother")},
	{"addresses:text", putAddress},
	{"addresses.street:line", putStreetLine},
	{"addresses.street", putPlace(func(p *parse.Place) *string { return &p.Street })},
	{"addresses.number", putPlace(func(p *parse.Place) *string { return &p.Number })},
	{"addresses.box", putPlace(func(p *parse.Place) *string { return &p.Box })},
	{"addresses.postcode", putPlace(func(p *parse.Place) *string { return &p.Postcode })},
	{"addresses.town", putPlace(func(p *parse.Place) *string { return &p.Town })},
	{"addresses.region", putPlace(func(p *parse.Place) *string { return &p.Region })},
	{"addresses.country", putCountry},
	{"type", putListed(list.Type, func(c *contact.Contact) *string { return &c.Type })},
	{"status", putListed(list.Status, func(c *contact.Contact) *string { return &c.Status })},
	{"tags", putTags},
	{"newsletter", putFlag(func(c *contact.Contact) **bool { return &c.Newsletter })},
	{"website", text(func(c *contact.Contact) *string { return &c.Website })},
	{"groups.group", putNames(func(d *draft) *[]string { return &d.groups })},
	{"groups.function", putGroupFunction},
	{"groups.from", putGroupDay(func(d *draft) *[]record.Date { return &d.from })},
	{"groups.to", putGroupDay(func(d *draft) *[]record.Date { return &d.to })},
	{"family", putNames(func(d *draft) *[]string { return &d.families })},
	{"family:role", putRole},
	{"company", putNames(func(d *draft) *[]string { return &d.companies })},
	{"company:function", putFunction},
}

// targetOf finds a target by its name; external ids and the organisation's own fields have one for each name.
func targetOf(name string) (target, bool) {
	if system, ok := strings.CutPrefix(name, "externalIds."); ok && system != "" {
		return target{name, putExternalID(system)}, true
	}
	if own, ok := strings.CutPrefix(name, "custom."); ok && own != "" {
		return target{name, putCustom(own)}, true
	}
	if name == RowKey {
		return target{name, putRowKey}, true
	}
	i := slices.IndexFunc(targets, func(t target) bool { return t.name == name })
	if i < 0 {
		return target{}, false
	}
	return targets[i], true
}

// Targets names the fields a column can go to, with those of the organisation's own fields.
func Targets(custom []record.CustomField) []string {
	var names []string
	for _, t := range targets {
		names = append(names, t.name)
	}
	names = append(names, "externalIds.import", RowKey)
	for _, f := range custom {
		if f.Kind == contact.Name && !fileField(f) {
			names = append(names, "custom."+f.Name)
		}
	}
	return names
}

// mobile tells whether a target holds mobile numbers.
func (t target) mobile() bool {
	return t.name == "phones.number:mobile" || t.name == "phones.number:father" || t.name == "phones.number:mother"
}

// shared tells whether several columns may go to one target: then their values are put together.
func sharedTarget(name string) bool {
	return strings.HasPrefix(name, "emails.") || strings.HasPrefix(name, "phones.") || name == "tags" || name == "nationalities" ||
		name == "groups.group" || name == "family" || name == "company"
}

func text(field func(*contact.Contact) *string) func(*draft, *column, sheet.Cell) string {
	return func(d *draft, _ *column, c sheet.Cell) string {
		if !parse.Missing(c.Text) {
			*field(d.Contact) = c.Text
		}
		return ""
	}
}

// putID reads the id of a record, as exports have it.
func putID(d *draft, _ *column, c sheet.Cell) string {
	if d.id = strings.TrimSpace(c.Text); !strings.HasPrefix(d.id, kind.Prefix+"_") {
		return "bad_value"
	}
	return ""
}

func putNumber(d *draft, _ *column, c sheet.Cell) string {
	n, err := strconv.ParseInt(strings.TrimSpace(c.Text), 10, 64)
	if err != nil || n < 1 || n > 1e12 {
		return "bad_number"
	}
	d.SetSystemNumber(n)
	return ""
}

func putFullName(d *draft, _ *column, c sheet.Cell) string {
	d.fullName = c.Text
	first, last := parse.PersonName(c.Text)
	if d.FirstName == "" {
		d.FirstName = first
	}
	if d.LastName == "" {
		d.LastName = last
	}
	return ""
}

// putTitle keeps a form of address and learns the gender it tells.
func putTitle(d *draft, col *column, c sheet.Cell) string {
	d.Honorific = c.Text
	if gender, ok := col.genders.Read(c.Text); ok && d.Gender == "" {
		d.Gender, d.titled = gender, true
	}
	return ""
}

func putBirthDate(d *draft, col *column, c sheet.Cell) string {
	if parse.Missing(c.Text) {
		return ""
	}
	s := c.Text
	if c.Kind == sheet.Date {
		s, _, _ = strings.Cut(s, "T")
	}
	iso, ok := parse.Date(s, parse.DateRule{Order: col.order, Now: d.plan.now, Past: true})
	if !ok {
		return "bad_date"
	}
	d.BirthDate = record.Date(iso)
	return ""
}

func putBirthPart(part int) func(*draft, *column, sheet.Cell) string {
	return func(d *draft, _ *column, c sheet.Cell) string {
		d.born[part] = strings.TrimSpace(c.Text)
		return ""
	}
}

func putGender(d *draft, col *column, c sheet.Cell) string {
	gender, ok := col.genders.Read(c.Text)
	if !ok {
		return "bad_choice"
	}
	d.Gender, d.titled = gender, false
	return ""
}

var languages = map[string]string{"english": "en", "engels": "en", "anglais": "en", "ingles": "en", "spanish": "es",
	"espanol": "es", "spaans": "es", "espagnol": "es", "dutch": "nl", "nederlands": "nl", "neerlandais": "nl",
	"neerlandes": "nl", "holandes": "nl", "french": "fr", "francais": "fr", "frans": "fr", "frances": "fr"}

func putLanguage(d *draft, _ *column, c sheet.Cell) string {
	word := fold.String(c.Text)
	if code, ok := languages[word]; ok {
		word = code
	}
	if !list.Has(list.Language, word) {
		return "bad_choice"
	}
	d.Language = word
	return ""
}

// kept adds a value to those of a target.
func kept[T any](of map[string][]T, target string, value T) map[string][]T {
	if of == nil {
		of = map[string][]T{}
	}
	of[target] = append(of[target], value)
	return of
}

func putEmails(kind string) func(*draft, *column, sheet.Cell) string {
	return func(d *draft, col *column, c sheet.Cell) string {
		if parse.Missing(c.Text) {
			return ""
		}
		addresses, rest := parse.Emails(c.Text)
		if len(addresses) == 0 || rest != "" && !parse.Missing(rest) {
			return "email_invalid"
		}
		for _, a := range addresses {
			if !email.Valid(a) {
				return "email_invalid"
			}
			key := email.Fold(a)
			if !slices.ContainsFunc(d.Emails, func(e contact.Email) bool { return email.Fold(e.Address) == key }) {
				d.Emails = append(d.Emails, contact.Email{Kind: kind, Address: a})
			}
			d.emailsOf = kept(d.emailsOf, col.Field, contact.Email{Kind: kind, Address: a})
		}
		return ""
	}
}

// putPhone reads a number, or several with something between them.
func putPhone(line, kind string) func(*draft, *column, sheet.Cell) string {
	return func(d *draft, col *column, c sheet.Cell) string {
		if parse.Missing(c.Text) {
			return ""
		}
		code := d.phone(col, c.Text, line, kind)
		if code == "" {
			return ""
		}
		numbers := several(c.Text)
		if len(numbers) < 2 {
			return code
		}
		for _, number := range numbers {
			if code := d.phone(col, number, line, kind); code != "" {
				return code
			}
		}
		return ""
	}
}

func (d *draft) phone(col *column, text, line, kind string) string {
	e164, found, code := phone.Plan{}.Read(text, d.plan.DefaultCountry)
	if code != "" {
		return code
	}
	p := contact.Phone{Line: cmp.Or(found, line), Kind: kind, Number: e164}
	if !slices.ContainsFunc(d.Phones, func(p contact.Phone) bool { return p.Number == e164 }) {
		d.Phones = append(d.Phones, p)
	}
	d.phonesOf = kept(d.phonesOf, col.Field, p)
	return ""
}

func putAddress(d *draft, _ *column, c sheet.Cell) string {
	if parse.Missing(c.Text) {
		return ""
	}
	p := parse.Address(c.Text)
	if p.Extra != "" && p.Street != "" {
		p.Street = p.Extra + ", " + p.Street
	}
	for _, part := range []struct{ to, from *string }{{&d.where.Street, &p.Street}, {&d.where.Number, &p.Number},
		{&d.where.Box, &p.Box}, {&d.where.Postcode, &p.Postcode}, {&d.where.Town, &p.Town}, {&d.where.Region, &p.Region},
		{&d.where.Country, &p.Country}} {
		if *part.to == "" {
			*part.to = *part.from
		}
	}
	return ""
}

func putStreetLine(d *draft, _ *column, c sheet.Cell) string {
	street, number, box := parse.Street(c.Text)
	d.where.Street = street
	if number != "" {
		d.where.Number = number
	}
	if box != "" {
		d.where.Box = box
	}
	return ""
}

func putPlace(field func(*parse.Place) *string) func(*draft, *column, sheet.Cell) string {
	return func(d *draft, _ *column, c sheet.Cell) string {
		if !parse.Missing(c.Text) {
			*field(&d.where) = c.Text
		}
		return ""
	}
}

func putCountry(d *draft, _ *column, c sheet.Cell) string {
	code, ok := parse.Country(c.Text)
	if !ok {
		return "bad_choice"
	}
	d.where.Country = code
	return ""
}

func putTags(d *draft, _ *column, c sheet.Cell) string {
	for _, tag := range several(c.Text) {
		if !parse.Missing(tag) {
			d.Tags = append(d.Tags, tag)
		}
	}
	return ""
}

// several cuts the values of a cell apart. One in quotation marks may hold what stands between others.
func several(text string) []string {
	var all []string
	for text != "" {
		value, rest, quoted := quotation(text)
		if !quoted {
			end := strings.IndexAny(text, parting)
			if end < 0 {
				end = len(text)
			}
			value, rest = text[:end], text[end:]
		}
		if value = strings.TrimSpace(value); value != "" {
			all = append(all, value)
		}
		text = strings.TrimLeft(rest, parting+" ")
	}
	return all
}

// parting are the characters that stand between values.
const parting = ";,|\n"

// quotation takes a value in quotation marks off the front of a text, when one stands there with nothing behind it but the
// next value.
func quotation(text string) (value, rest string, ok bool) {
	if !strings.HasPrefix(text, `"`) {
		return "", text, false
	}
	for end := 1; end < len(text); end++ {
		if text[end] != '"' {
			continue
		}
		if strings.HasPrefix(text[end+1:], `"`) {
			end++
			continue
		}
		rest = strings.TrimLeft(text[end+1:], " ")
		return strings.ReplaceAll(text[1:end], `""`, `"`), rest, rest == "" || strings.ContainsRune(parting, rune(rest[0]))
	}
	return "", text, false
}

func putExternalID(system string) func(*draft, *column, sheet.Cell) string {
	return func(d *draft, _ *column, c sheet.Cell) string {
		if d.ExternalIDs == nil {
			d.ExternalIDs = map[string]string{}
		}
		d.ExternalIDs[system] = c.Text
		return ""
	}
}

// finish puts together what came from several columns, and complains of what makes no sense together.
func (d *draft) finish(complain func(path, code string)) {
	if d.where != (parse.Place{}) {
		p := d.where
		if p.Country == "" {
			p.Country = d.plan.DefaultCountry
		}
		d.Addresses = append(d.Addresses, contact.Address{Kind: "home", Street: p.Street, Number: p.Number, Box: p.Box,
			Postcode: p.Postcode, Town: p.Town, Region: p.Region, Country: p.Country})
	}
	if d.job != (contact.Work{}) {
		d.Work = append(d.Work, d.job)
	}
	if code := d.settleNationalNumber(); code != "" {
		complain("nationalNumber.number", code)
	}
	if d.born != [3]string{} && d.BirthDate == "" && !d.settleBirth() {
		complain("birthDate", "bad_date")
	}
}

// settleBirth puts a birth date together; false when there is no such day.
func (d *draft) settleBirth() bool {
	if d.born[0] == "" || d.born[1] == "" || d.born[2] == "" {
		return false
	}
	iso, ok := parse.Date(strings.Join(d.born[:], "-"), parse.DateRule{Order: parse.YMD, Now: d.plan.now, Past: true})
	if ok {
		d.BirthDate = record.Date(iso)
	}
	return ok
}
