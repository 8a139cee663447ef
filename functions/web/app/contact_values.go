package app

import (
	"encoding/json"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/muster-crm/muster/functions/web/ui"
	"github.com/muster-crm/muster/shared/contact"
	"github.com/muster-crm/muster/shared/decimal"
	"github.com/muster-crm/muster/shared/email"
	"github.com/muster-crm/muster/shared/list"
	"github.com/muster-crm/muster/shared/parse"
	"github.com/muster-crm/muster/shared/phone/display"
	"github.com/muster-crm/muster/shared/policy"
	"github.com/muster-crm/muster/shared/record"
	"github.com/muster-crm/muster/shared/setting"
)

// The blocks of a contact: parts of its form that can also be edited by themselves.
const (
	personBlock    = "person"
	reachBlock     = "reach"
	addressesBlock = "addresses"
	classBlock     = "class"
	kitBlock       = "kit"
	workBlock      = "work"
	papersBlock    = "papers"
	termsBlock     = "terms"
	customBlock    = "custom"
	tagsBlock      = "tags"
)

// formBlocks are the blocks of the whole form, in order.
var formBlocks = []string{personBlock, reachBlock, addressesBlock, classBlock, kitBlock, workBlock, papersBlock, termsBlock, customBlock}

// blockFields are the members of a contact that each block holds. An own field by itself is a block too, by its name in
// forms: "custom.size".
var blockFields = map[string][]string{
	personBlock:    {"title", "firstName", "prefix", "lastName", "suffix", "nickname", "birthDate", "gender", "language", "nationalities", "maritalStatus", "occupation"},
	reachBlock:     {"emails", "phones", "website"},
	addressesBlock: {"addresses"},
	classBlock:     {"type", "category", "status", "entity", "tags", "newsletter", "promotionalSms", "source"},
	kitBlock:       {"shirtNumber", "kitSize"},
	workBlock:      {"work"},
	papersBlock:    {"iban", "ibanHolder", "nationalNumber", "identityDocument"},
	termsBlock:     {"operator", "store", "clientGroup", "discount", "paymentTermDays"},
	customBlock:    {"custom"},
	tagsBlock:      {"tags"},
}

// draft is a contact as a form holds it: with values that may be wrong, and numbers as they were typed.
type draft struct {
	contact.Contact
	typed   []typedPhone      // beside Phones
	numbers map[string]string // as they are typed, by member
}

// typedPhone is a number in two parts: the country whose calling code it has, and the rest as people at home dial it.
type typedPhone struct{ Country, Number string }

// draftOf opens a contact for editing.
func (x *exchange) draftOf(c *contact.Contact) *draft {
	d := &draft{Contact: *c, numbers: map[string]string{}}
	for member, n := range map[string]*int{"shirtNumber": c.ShirtNumber, "paymentTermDays": c.PaymentTermDays} {
		if n != nil {
			d.numbers[member] = strconv.Itoa(*n)
		}
	}
	if c.Discount != nil {
		d.numbers["discount"] = x.figures(decimal.Write(int64(*c.Discount), percentDecimals))
	}
	for _, p := range c.Phones {
		d.typed = append(d.typed, x.dialled(p.Number))
	}
	return d
}

// newDraft is a contact about to be made.
func (x *exchange) newDraft() *draft {
	defaults := x.cfg.Defaults()
	d := &draft{Contact: contact.Contact{Type: "member", Status: "active", Entity: x.cfg.Home(x.who.Grant.Entity()), Gender: "unstated", Language: defaults.Language, Source: "telephone",
		Newsletter: &defaults.Newsletter, Custom: record.Custom{}}, numbers: map[string]string{}}
	if s := x.cfg.Store(); s != nil {
		d.Store = s.ID
	}
	if x.cfg.Settings.Operator == setting.Creator {
		d.Operator = x.who.Grant.Actor().ID
	}
	for _, f := range x.contactOwn() {
		if f.Default != nil {
			d.Custom[f.Name] = f.Default
		}
	}
	return d
}

// percentDecimals are those of a discount as people see it: it is kept in hundredths of a percent.
const percentDecimals = 2

// offers tells whether forms ask for a member of contacts: the organisation uses it, there is something to choose from, and
// the reader may write it.
func (x *exchange) offers(member string) bool {
	switch member {
	case "entity":
		if len(x.cfg.Entities) < 2 {
			return false
		}
	case "store":
		if len(x.cfg.Stores) < 2 {
			return false // there is nothing to tell apart (REC-29)
		}
	case "clientGroup":
		if len(x.cfg.ClientGroups) == 0 {
			return false
		}
	}
	k, err := x.app.Records.Kind(contact.Name)
	if err != nil {
		return false
	}
	f, ok := k.Member(member)
	return ok && x.cfg.Used(contact.Name, member) && x.who.Grant.Fields(policy.Edit, f.Class)
}

// contactOwn lists the organisation's own fields of contacts.
func (x *exchange) contactOwn() []record.CustomField {
	k, err := x.app.Records.Kind(contact.Name)
	if err != nil {
		return nil
	}
	return x.ownOf(k)
}

// ownBlock finds the own field that is a block by itself.
func (x *exchange) ownBlock(block string) (record.CustomField, bool) {
	own := x.contactOwn()
	i := slices.IndexFunc(own, func(f record.CustomField) bool { return ownName(f) == block })
	if i < 0 || !x.who.Grant.Fields(policy.Edit, ownClass(own[i])) {
		return record.CustomField{}, false
	}
	return own[i], true
}

// isBlock tells whether a block can be edited by itself.
func (x *exchange) isBlock(block string) bool {
	_, own := x.ownBlock(block)
	return own || len(blockFields[block]) > 0
}

// dialled takes a number in E.164 apart.
func (x *exchange) dialled(e164 string) typedPhone {
	code, _, _ := strings.Cut(display.Number(e164, ""), " ")
	country := countryOf(strings.TrimPrefix(code, "+"), x.cfg.Settings.Country)
	if country == "" || !strings.HasPrefix(code, "+") {
		return typedPhone{Number: e164}
	}
	return typedPhone{country, display.Number(e164, country)}
}

// countryOf finds a country with a calling code: the reader's own, one that is often used, or any.
func countryOf(code, home string) string {
	if code == "" {
		return ""
	}
	for _, country := range append([]string{home}, append(usualCountries, list.Codes(list.Country)...)...) {
		if display.CallingCode(country) == code {
			return country
		}
	}
	return ""
}

// usualCountries are offered for numbers; any other country's are typed with their +.
var usualCountries = strings.Fields("BE NL FR DE LU GB IE ES PT IT CH AT DK SE NO FI PL CZ SK HU RO BG GR HR SI RS UA RU TR MA DZ TN EG CD RW SN CM GH NG ZA IL IN CN JP KR PH AU NZ US BR AR MX CL CO")

// number gives what a typed number is to be stored as. What cannot be read keeps its calling code, so that it is not
// taken for a number at home.
func (x *exchange) number(t typedPhone) string {
	text := strings.TrimSpace(t.Number)
	if text == "" || strings.HasPrefix(text, "+") || strings.HasPrefix(text, "00") || t.Country == "" {
		return text
	}
	if e164, _, code := x.app.Records.Phones.Read(text, t.Country); code == "" {
		return e164
	}
	if t.Country == x.cfg.Settings.Country {
		return text
	}
	return "+" + display.CallingCode(t.Country) + " " + text
}

// readDraft reads the fields of blocks from a form into a draft. again tells that one of the buttons that add and remove
// rows was used, so that the form is to be shown again.
func (x *exchange) readDraft(form url.Values, blocks []string, d *draft) (again bool) {
	again = form.Has(ui.AddName) || form.Has(ui.RemoveName)
	for _, block := range blocks {
		switch block {
		case personBlock:
			d.Honorific, d.FirstName, d.Prefix, d.LastName = form.Get("title"), form.Get("firstName"), form.Get("prefix"), form.Get("lastName")
			d.Suffix, d.Nickname = form.Get("suffix"), form.Get("nickname")
			d.BirthDate = record.Date(isoDate(form.Get("birthDate")))
			d.Gender, d.Language = form.Get("gender"), form.Get("language")
			d.MaritalStatus, d.Occupation = form.Get("maritalStatus"), form.Get("occupation")
			d.Nationalities = nil
			for _, p := range rows(form, "nationalities", again, func(p string) bool { return form.Get(p+"country") == "" }) {
				d.Nationalities = append(d.Nationalities, form.Get(p+"country"))
			}
		case reachBlock:
			x.readEmails(form, d, again)
			x.readPhones(form, d, again)
			d.Website = form.Get("website")
		case addressesBlock:
			x.readAddresses(form, d, again)
		case classBlock:
			d.Type, d.Category, d.Status, d.Source = form.Get("type"), form.Get("category"), form.Get("status"), form.Get("source")
			d.Entity, d.Tags = form.Get("entity"), readTags(form.Get("tags"))
			yes, sms := slices.Contains(form["newsletter"], "true"), slices.Contains(form["promotionalSms"], "true")
			d.Newsletter, d.PromotionalSMS = &yes, &sms
		case kitBlock:
			d.numbers["shirtNumber"], d.KitSize = strings.TrimSpace(form.Get("shirtNumber")), form.Get("kitSize")
		case workBlock:
			d.Work = nil
			blank := func(p string) bool {
				return strings.TrimSpace(form.Get(p+"employer")+form.Get(p+"role")+form.Get(p+"from")+form.Get(p+"to")) == ""
			}
			for _, p := range rows(form, "work", again, blank) {
				d.Work = append(d.Work, contact.Work{Employer: form.Get(p + "employer"), Role: form.Get(p + "role"),
					From: record.Date(isoDate(form.Get(p + "from"))), To: record.Date(isoDate(form.Get(p + "to")))})
			}
		case papersBlock:
			d.IBAN, d.IBANHolder = form.Get("iban"), form.Get("ibanHolder")
			d.NationalNumber = contact.NationalNumber{Country: form.Get("nationalNumber.country"), Number: form.Get("nationalNumber.number")}
			d.IdentityDocument = contact.IdentityDocument{Number: form.Get("identityDocument.number"), IssuedBy: form.Get("identityDocument.issuedBy")}
		case termsBlock:
			d.Operator, d.Store, d.ClientGroup = form.Get("operator"), form.Get("store"), form.Get("clientGroup")
			d.numbers["discount"], d.numbers["paymentTermDays"] = strings.TrimSpace(form.Get("discount")), strings.TrimSpace(form.Get("paymentTermDays"))
		case tagsBlock:
			d.Tags = readTags(form.Get("tags"))
		case customBlock:
			for _, f := range x.contactOwn() {
				if d.Custom.Carries(f) {
					x.takeOwn(form, d, f)
				}
			}
		default:
			if f, ok := x.ownBlock(block); ok {
				x.takeOwn(form, d, f)
			}
		}
	}
	return again
}

// takeOwn reads an own field into a draft.
func (x *exchange) takeOwn(form url.Values, d *draft, f record.CustomField) {
	d.Custom = maps.Clone(d.Custom)
	if d.Custom == nil {
		d.Custom = record.Custom{}
	}
	switch v := ownPatch(f, x.readOwn(form, f)); v {
	case nil:
		delete(d.Custom, f.Name)
	default:
		d.Custom[f.Name] = v
	}
}

// isoDate reads a date as browsers send it, or as people write it where there is a plain field.
func isoDate(text string) string {
	text = strings.TrimSpace(text)
	if iso, ok := parse.Date(text, parse.DateRule{}); ok {
		return iso
	}
	return text
}

func readTags(text string) []string {
	var all []string
	for tag := range strings.SplitSeq(text, ",") {
		if tag = record.Clean(tag, false); tag != "" {
			all = append(all, tag)
		}
	}
	return all
}

// rows lists the rows of a group to read. blank tells of a row that holds nothing; those are only kept while rows are
// being added and removed.
func rows(form url.Values, group string, again bool, blank func(prefix string) bool) []string {
	numbers, _ := ui.Rows(form, group)
	var prefixes []string
	for _, n := range numbers {
		prefix := group + "[" + strconv.Itoa(n) + "]."
		if again || !blank(prefix) {
			prefixes = append(prefixes, prefix)
		}
	}
	return prefixes
}

func (x *exchange) readEmails(form url.Values, d *draft, again bool) {
	d.Emails = nil
	for _, p := range rows(form, "emails", again, func(p string) bool { return strings.TrimSpace(form.Get(p+"address")) == "" }) {
		d.Emails = append(d.Emails, contact.Email{Kind: form.Get(p + "kind"), Address: email.Clean(form.Get(p + "address")), Main: chosenRow(form, "emails", "main", p)})
	}
}

func (x *exchange) readPhones(form url.Values, d *draft, again bool) {
	d.Phones, d.typed = nil, nil
	for _, p := range rows(form, "phones", again, func(p string) bool { return strings.TrimSpace(form.Get(p+"number")) == "" }) {
		typed := typedPhone{form.Get(p + "country"), form.Get(p + "number")}
		d.typed = append(d.typed, typed)
		d.Phones = append(d.Phones, contact.Phone{Line: form.Get(p + "line"), Kind: form.Get(p + "kind"), Number: x.number(typed), Main: chosenRow(form, "phones", "main", p)})
	}
}

func (x *exchange) readAddresses(form url.Values, d *draft, again bool) {
	d.Addresses = nil
	blank := func(p string) bool {
		return strings.TrimSpace(form.Get(p+"street")+form.Get(p+"number")+form.Get(p+"box")+form.Get(p+"postcode")+form.Get(p+"town")+form.Get(p+"region")) == ""
	}
	for _, p := range rows(form, "addresses", again, blank) {
		d.Addresses = append(d.Addresses, contact.Address{Kind: form.Get(p + "kind"), Street: form.Get(p + "street"), Number: form.Get(p + "number"),
			Box: form.Get(p + "box"), Postcode: form.Get(p + "postcode"), Town: form.Get(p + "town"), Region: form.Get(p + "region"), Country: form.Get(p + "country"),
			Main: chosenRow(form, "addresses", "main", p), Delivery: chosenRow(form, "addresses", "delivery", p)})
	}
}

// chosenRow tells whether the row of a prefix ("emails[1].") is the one picked for a mark of its group.
func chosenRow(form url.Values, group, mark, prefix string) bool {
	return group+"["+form.Get(group+"."+mark)+"]." == prefix
}

// body makes the JSON of a draft's blocks: a new contact, or a merge patch in which what is empty is taken away. Fields in
// except are left as they are stored.
func (x *exchange) body(d *draft, blocks, except []string) ([]byte, error) {
	encoded, err := json.Marshal(d.Contact)
	if err != nil {
		return nil, err
	}
	var doc map[string]json.RawMessage
	if err := json.Unmarshal(encoded, &doc); err != nil {
		return nil, err
	}
	patch, own := map[string]any{}, map[string]any{}
	for _, block := range blocks {
		if f, ok := x.ownBlock(block); ok && !slices.Contains(except, block) {
			own[f.Name] = d.Custom[f.Name]
		}
		for _, name := range blockFields[block] {
			switch value, ok := doc[name]; {
			case slices.Contains(except, name):
			case name == "custom":
				for _, f := range x.contactOwn() {
					if d.Custom.Carries(f) && x.who.Grant.Fields(policy.Edit, ownClass(f)) && !slices.Contains(except, ownName(f)) {
						own[f.Name] = d.Custom[f.Name]
					}
				}
			case !x.offers(name):
			case name == "shirtNumber", name == "paymentTermDays":
				patch[name] = number(d.numbers[name], strconv.Atoi)
			case name == "discount":
				patch[name] = number(x.plain(d.numbers[name]), func(text string) (int, error) {
					n, ok := decimal.Read(text, percentDecimals)
					if !ok {
						return 0, strconv.ErrSyntax
					}
					return int(n), nil
				})
			case name == "nationalNumber":
				patch[name] = object(map[string]string{"country": d.NationalNumber.Country, "number": d.NationalNumber.Number})
			case name == "identityDocument":
				patch[name] = object(map[string]string{"number": d.IdentityDocument.Number, "issuedBy": d.IdentityDocument.IssuedBy})
			case ok:
				patch[name] = value
			default:
				patch[name] = nil
			}
		}
	}
	if len(own) > 0 {
		patch["custom"] = own
	}
	return json.Marshal(patch)
}

// object is a member of texts in a patch, where what is left out stays: empty ones are taken away, all of them as a whole.
func object(members map[string]string) any {
	patch, filled := map[string]any{}, false
	for name, text := range members {
		if patch[name] = nil; text != "" {
			patch[name], filled = text, true
		}
	}
	if !filled {
		return nil
	}
	return patch
}

// number is what was typed as a number in a patch: nil when it is empty, the text when it is none.
func number(text string, read func(string) (int, error)) any {
	if text == "" {
		return nil
	}
	if n, err := read(text); err == nil {
		return n
	}
	return text
}
