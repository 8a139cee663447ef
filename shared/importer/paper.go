package importer

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/muster-crm/muster/shared/contact"
	"github.com/muster-crm/muster/shared/fold"
	"github.com/muster-crm/muster/shared/iban"
	"github.com/muster-crm/muster/shared/list"
	"github.com/muster-crm/muster/shared/nationalnumber"
	"github.com/muster-crm/muster/shared/parse"
	"github.com/muster-crm/muster/shared/setting"
	"github.com/muster-crm/muster/shared/sheet"
)

// more are the targets of what lists say of people beside who they are and how they are reached.
var more = []target{
	{"category", putListed(list.Category, func(c *contact.Contact) *string { return &c.Category })},
	{"entity", putNamed(entityNamed, func(c *contact.Contact) *string { return &c.Entity })},
	{"nationalities", putNationalities},
	{"maritalStatus", putListed(list.MaritalStatus, func(c *contact.Contact) *string { return &c.MaritalStatus })},
	{"occupation", text(func(c *contact.Contact) *string { return &c.Occupation })},
	{"work.employer", putWork(func(w *contact.Work) *string { return &w.Employer })},
	{"work.role", putWork(func(w *contact.Work) *string { return &w.Role })},
	{"shirtNumber", putShirt},
	{"kitSize", putListed(list.KitSize, func(c *contact.Contact) *string { return &c.KitSize })},
	{"iban", putIBAN},
	{"ibanHolder", text(func(c *contact.Contact) *string { return &c.IBANHolder })},
	{"nationalNumber.number", putNationalNumber},
	{"nationalNumber.country", putNationalCountry},
	{"identityDocument.number", text(func(c *contact.Contact) *string { return &c.IdentityDocument.Number })},
	{"identityDocument.issuedBy", text(func(c *contact.Contact) *string { return &c.IdentityDocument.IssuedBy })},
	{"promotionalSms", putFlag(func(c *contact.Contact) **bool { return &c.PromotionalSMS })},
	{"source", putListed(list.Source, func(c *contact.Contact) *string { return &c.Source })},
	{"store", putNamed(storeNamed, func(c *contact.Contact) *string { return &c.Store })},
	{"clientGroup", putNamed(clientGroupNamed, func(c *contact.Contact) *string { return &c.ClientGroup })},
	{"discount", putDiscount},
	{"paymentTermDays", putTerm},
}

// putListed reads a value of a list the organisation may have made its own: by its code, by what the organisation calls
// it, or by its label in any language.
func putListed(name string, field func(*contact.Contact) *string) func(*draft, *column, sheet.Cell) string {
	return func(d *draft, _ *column, c sheet.Cell) string {
		if parse.Missing(c.Text) {
			return ""
		}
		code, ok := codeOf(d.plan.lists(), name, c.Text)
		if !ok {
			return "bad_choice"
		}
		*field(d.Contact) = code
		return ""
	}
}

// putNamed reads the name, or the id, of something the organisation has set up.
func putNamed(find func(cfg *setting.Config, name string) string, field func(*contact.Contact) *string) func(*draft, *column, sheet.Cell) string {
	return func(d *draft, _ *column, c sheet.Cell) string {
		if parse.Missing(c.Text) {
			return ""
		}
		id := ""
		if d.plan.cfg != nil {
			id = find(d.plan.cfg, c.Text)
		}
		if id == "" {
			return "bad_choice"
		}
		*field(d.Contact) = id
		return ""
	}
}

func same(name, text string) bool { return fold.String(name) == fold.String(strings.TrimSpace(text)) }

func entityNamed(cfg *setting.Config, name string) string {
	for _, e := range cfg.Entities {
		if same(e.Name, name) || e.ID == name {
			return e.ID
		}
	}
	return ""
}

func storeNamed(cfg *setting.Config, name string) string {
	for _, s := range cfg.Stores {
		if same(s.Name, name) || s.ID == name {
			return s.ID
		}
	}
	return ""
}

func clientGroupNamed(cfg *setting.Config, name string) string {
	for _, g := range cfg.ClientGroups {
		if same(g.Name, name) || g.ID == name {
			return g.ID
		}
	}
	return ""
}

func putNationalities(d *draft, _ *column, c sheet.Cell) string {
	if parse.Missing(c.Text) {
		return ""
	}
	codes, ok := nationalitiesOf(c.Text)
	if !ok {
		return "bad_choice"
	}
	d.Nationalities = append(d.Nationalities, codes...)
	return ""
}

// putWork fills in one job: a list has no more of them.
func putWork(field func(*contact.Work) *string) func(*draft, *column, sheet.Cell) string {
	return func(d *draft, _ *column, c sheet.Cell) string {
		if !parse.Missing(c.Text) {
			*field(&d.job) = c.Text
		}
		return ""
	}
}

func putShirt(d *draft, _ *column, c sheet.Cell) string {
	if parse.Missing(c.Text) {
		return ""
	}
	n, err := strconv.Atoi(strings.TrimLeft(strings.TrimSpace(c.Text), "#"))
	if err != nil {
		return "bad_number"
	}
	d.ShirtNumber = &n
	return ""
}

func putIBAN(d *draft, _ *column, c sheet.Cell) string {
	if parse.Missing(c.Text) {
		return ""
	}
	number, code := iban.Read(c.Text)
	d.IBAN = number
	return code
}

func putNationalNumber(d *draft, _ *column, c sheet.Cell) string {
	if !parse.Missing(c.Text) {
		d.NationalNumber.Number = c.Text
	}
	return ""
}

func putNationalCountry(d *draft, _ *column, c sheet.Cell) string {
	if parse.Missing(c.Text) {
		return ""
	}
	code, ok := nationality(c.Text)
	if !ok {
		return "bad_choice"
	}
	d.NationalNumber.Country = code
	return ""
}

// settleNationalNumber finds whose number it is when nothing says so: of the country of the list when its check digits
// fit there, else of the only country where they do.
func (d *draft) settleNationalNumber() (code string) {
	n := &d.NationalNumber
	if n.Number == "" {
		*n = contact.NationalNumber{}
		return ""
	}
	if n.Country == "" {
		n.Country = d.plan.DefaultCountry
		if _, code := nationalnumber.Read(n.Country, n.Number); code != "" {
			if of := nationalnumber.Of(n.Number); len(of) == 1 {
				n.Country = of[0]
			}
		}
	}
	n.Number, code = nationalnumber.Read(n.Country, n.Number)
	return code
}

func putFlag(field func(*contact.Contact) **bool) func(*draft, *column, sheet.Cell) string {
	return func(d *draft, _ *column, c sheet.Cell) string {
		yes, ok := parse.Bool(c.Text)
		if !ok {
			return "bad_yes_no"
		}
		*field(d.Contact) = &yes
		return ""
	}
}

// putDiscount reads a percentage, of which basis points are kept: 12,5 % is 1250.
func putDiscount(d *draft, _ *column, c sheet.Cell) string {
	if parse.Missing(c.Text) {
		return ""
	}
	points, currency, ok := parse.Amount(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(c.Text), "%")))
	if !ok || currency != "" {
		return "bad_number"
	}
	n := int(points)
	d.Discount = &n
	return ""
}

var days = regexp.MustCompile(`^(\d{1,4})(\s*\p{L}+)?$`)

// putTerm reads a number of days, with or without the word.
func putTerm(d *draft, _ *column, c sheet.Cell) string {
	if parse.Missing(c.Text) {
		return ""
	}
	m := days.FindStringSubmatch(strings.TrimSpace(c.Text))
	if m == nil {
		return "bad_number"
	}
	n, _ := strconv.Atoi(m[1])
	d.PaymentTermDays = &n
	return ""
}

// strict are targets to which a header leads only when the cells below it can mostly be read: their words head other
// columns as well, and a wrong guess would reject every row.
var strict = []string{"category", "entity", "nationalities", "maritalStatus", "shirtNumber", "kitSize", "iban", "nationalNumber.number",
	"promotionalSms", "source", "store", "clientGroup", "discount", "paymentTermDays"}

// reads reports whether a target takes a value.
func (p *Plan) reads(name, value string) bool {
	t, ok := targetOf(name)
	if !ok {
		return false
	}
	d := &draft{Contact: kind.New().(*contact.Contact), plan: p}
	taken := t.put(d, &column{}, sheet.Cell{Text: value}) == ""
	d.finish(func(string, string) { taken = false })
	return taken
}

// isNationalNumber tells whether values are unmistakably such numbers. Of the Dutch ones every eleventh number passes, so a few
// of them prove nothing.
func isNationalNumber(values []string) bool {
	others := func(s string) bool {
		return slices.ContainsFunc(nationalnumber.Of(s), func(country string) bool { return country != "NL" })
	}
	return mostly(values, others) || len(values) >= 4 && mostly(values, func(s string) bool { return len(nationalnumber.Of(s)) > 0 })
}

var belgianCard = regexp.MustCompile(`^(\d{3})[- .]?(\d{7})[- .]?(\d{2})$`)

// isIdentityCard tells whether a value is the number of a Belgian identity card, whose last two digits are the remainder
// of the ten before.
func isIdentityCard(s string) bool {
	m := belgianCard.FindStringSubmatch(strings.TrimSpace(s))
	if m == nil {
		return false
	}
	ten, _ := strconv.Atoi(m[1] + m[2])
	rest := ten % 97
	if rest == 0 {
		rest = 97
	}
	last, _ := strconv.Atoi(m[3])
	return rest == last
}
