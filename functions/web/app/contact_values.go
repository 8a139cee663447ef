package app

import (
	"encoding/json"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/muster-crm/muster/functions/web/ui"
	"github.com/muster-crm/muster/shared/contact"
	"github.com/muster-crm/muster/shared/email"
	"github.com/muster-crm/muster/shared/list"
	"github.com/muster-crm/muster/shared/parse"
	"github.com/muster-crm/muster/shared/phone/display"
	"github.com/muster-crm/muster/shared/record"
)

// The blocks of a contact: parts of its form that can also be edited by themselves.
const (
	personBlock    = "person"
	reachBlock     = "reach"
	addressesBlock = "addresses"
	classBlock     = "class"
	customBlock    = "custom"
	tagsBlock      = "tags"
)

// formBlocks are the blocks of the whole form, in order.
var formBlocks = []string{personBlock, reachBlock, addressesBlock, classBlock, customBlock}

// blockFields are the members of a contact that each block holds.
var blockFields = map[string][]string{
	personBlock:    {"title", "firstName", "prefix", "lastName", "suffix", "nickname", "birthDate", "gender", "language"},
	reachBlock:     {"emails", "phones", "website"},
	addressesBlock: {"addresses"},
	classBlock:     {"type", "status", "tags", "newsletter", "source"},
	customBlock:    {"custom"},
	tagsBlock:      {"tags"},
}

// draft is a contact as a form holds it: with values that may be wrong, and numbers as they were typed.
type draft struct {
	contact.Contact
	typed []typedPhone // beside Phones
}

// typedPhone is a number in two parts: the country whose calling code it has, and the rest as people at home dial it.
type typedPhone struct{ Country, Number string }

// draftOf opens a contact for editing.
func (x *exchange) draftOf(c *contact.Contact) *draft {
	d := &draft{Contact: *c}
	for _, p := range c.Phones {
		d.typed = append(d.typed, x.dialled(p.Number))
	}
	return d
}

// newDraft is a contact about to be made.
func (x *exchange) newDraft() *draft {
	defaults := x.cfg.Defaults()
	return &draft{Contact: contact.Contact{Type: "member", Status: "active", Gender: "unstated", Language: defaults.Language, Source: "telephone", Newsletter: &defaults.Newsletter}}
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
		case reachBlock:
			x.readEmails(form, d, again)
			x.readPhones(form, d, again)
			d.Website = form.Get("website")
		case addressesBlock:
			x.readAddresses(form, d, again)
		case classBlock:
			d.Type, d.Status, d.Source = form.Get("type"), form.Get("status"), form.Get("source")
			d.Tags = readTags(form.Get("tags"))
			yes := slices.Contains(form["newsletter"], "true")
			d.Newsletter = &yes
		case tagsBlock:
			d.Tags = readTags(form.Get("tags"))
		case customBlock:
			d.Custom = record.Custom{}
			for _, f := range x.own() {
				if v := strings.TrimSpace(form.Get("custom." + f.Name)); v != "" {
					d.Custom[f.Name] = v
				}
			}
		}
	}
	return again
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
	patch := map[string]any{}
	for _, block := range blocks {
		for _, name := range blockFields[block] {
			switch value, ok := doc[name]; {
			case slices.Contains(except, name):
			case name == "custom":
				own := map[string]any{}
				for _, f := range x.own() {
					if !slices.Contains(except, "custom."+f.Name) {
						own[f.Name] = d.Custom[f.Name]
					}
				}
				if len(own) > 0 {
					patch[name] = own
				}
			case ok:
				patch[name] = value
			default:
				patch[name] = nil
			}
		}
	}
	return json.Marshal(patch)
}
