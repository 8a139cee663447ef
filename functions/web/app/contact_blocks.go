package app

import (
	"encoding/json"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/muster-crm/muster/functions/web/ui"
	"github.com/muster-crm/muster/shared/contact"
	"github.com/muster-crm/muster/shared/decimal"
	"github.com/muster-crm/muster/shared/list"
	"github.com/muster-crm/muster/shared/policy"
	"github.com/muster-crm/muster/shared/record"
	"github.com/muster-crm/muster/shared/setting"
)

// The blocks of a contact's profile: what is filled, of what the organisation uses and the reader may see.

// shows tells whether a member of contacts is there for the reader.
func (x *exchange) shows(member string) bool {
	k, err := x.app.Records.Kind(contact.Name)
	if err != nil {
		return false
	}
	f, ok := k.Member(member)
	if !ok {
		return record.IsMeta(member)
	}
	class := f.Class
	if class == policy.Sensitive {
		class = policy.Contact // who may reach people sees the masks
	}
	return x.cfg.Used(contact.Name, member) && x.who.Grant.Fields(policy.Read, class)
}

// item is a fact under the name of its field; it is empty where the field is not shown.
func (x *exchange) item(path, value string) ui.Item {
	if !x.shows(path) {
		return ui.Item{}
	}
	return ui.Item{Label: x.label(path), Value: value}
}

func present(items ...ui.Item) []ui.Item {
	var there []ui.Item
	for _, i := range items {
		if i.Label != "" && (i.Value != "" || i.Body != nil) {
			there = append(there, i)
		}
	}
	return there
}

func (x *exchange) personalBlock(c *contact.Contact) ui.Block {
	gender := x.code(list.Gender, c.Gender)
	if c.Gender == "unstated" {
		gender = ""
	}
	born := x.item("birthDate", "")
	if t, err := c.BirthDate.Parse(); err == nil {
		born.Value, born.Note = x.p.LongDate(t), x.age(c)
	}
	nations := make([]string, len(c.Nationalities))
	for i, country := range c.Nationalities {
		nations[i] = x.code(list.Country, country)
	}
	return ui.Block{ID: blockID(personBlock), Title: x.p.T("page.section.person"), Empty: x.p.T("form.none"), Items: present(
		x.item("title", c.Honorific), x.item("firstName", c.FirstName), x.item("prefix", c.Prefix), x.item("lastName", c.LastName),
		x.item("suffix", c.Suffix), x.item("nickname", c.Nickname), born, x.item("gender", gender), x.item("language", x.code(list.Language, c.Language)),
		x.item("nationalities", strings.Join(nations, ", ")), x.item("maritalStatus", x.code(list.MaritalStatus, c.MaritalStatus)), x.item("occupation", c.Occupation))}
}

// lifeBlock is what the overview tells of a person beside the name and the pills above it.
func (x *exchange) lifeBlock(c *contact.Contact) ui.Block {
	b := ui.Block{ID: "block-life", Title: x.p.T("page.section.person")}
	var above []string
	for _, path := range []string{"firstName", "prefix", "lastName", "type", "status", "tags"} {
		above = append(above, x.label(path))
	}
	for _, part := range []ui.Block{x.personalBlock(c), x.classBlock(c), x.kitBlock(c), x.termsBlock(c)} {
		for _, item := range part.Items {
			if !slices.Contains(above, item.Label) {
				b.Items = append(b.Items, item)
			}
		}
	}
	return b
}

func (x *exchange) reachBlock(c *contact.Contact) ui.Block {
	b := ui.Block{ID: blockID(reachBlock), Title: x.p.T("page.section.reach"), Empty: x.p.T("page.noReach")}
	main := func(is bool, several int) string {
		if is && several > 1 {
			return strings.ToLower(x.p.T("form.main"))
		}
		return ""
	}
	kind := func(of, code string) string {
		if code == "personal" {
			return "" // goes without saying
		}
		return x.code(of, code)
	}
	if x.shows("emails") {
		for _, e := range c.Emails {
			b.Items = append(b.Items, ui.Item{Label: x.p.T("field.contact.emails.address"), Value: e.Address, Href: "mailto:" + url.PathEscape(e.Address),
				Note: joinDots(kind(list.EmailKind, e.Kind), main(e.Main, len(c.Emails)))})
		}
	}
	if x.shows("phones") {
		for _, n := range c.Phones {
			label := x.label("phones")
			if n.Line != "" {
				label = x.code(list.PhoneLine, n.Line)
			}
			b.Items = append(b.Items, ui.Item{Label: label, Value: x.phone(n.Number), Href: "tel:" + n.Number, Note: joinDots(kind(list.PhoneKind, n.Kind), main(n.Main, len(c.Phones)))})
		}
	}
	if site := x.item("website", pageName(c.Website)); site.Value != "" {
		site.Href = linkTo(c.Website)
		b.Items = append(b.Items, site)
	}
	return b
}

// pageName is the address of a page without what goes without saying.
func pageName(link string) string {
	return strings.TrimSuffix(strings.TrimPrefix(strings.TrimPrefix(link, "https://"), "http://"), "/")
}

// linkTo gives the address of a page of the web as it is, "" for anything else.
func linkTo(link string) string {
	if u, err := url.Parse(link); err == nil && u.Host != "" && (u.Scheme == "https" || u.Scheme == "http") {
		return link
	}
	return ""
}

func (x *exchange) addressBlock(c *contact.Contact) ui.Block {
	b := ui.Block{ID: blockID(addressesBlock), Title: x.p.T("field.contact.addresses"), Empty: x.p.T("page.noAddress")}
	if !x.shows("addresses") {
		return b
	}
	for _, a := range c.Addresses {
		var notes []string
		if a.Main && len(c.Addresses) > 1 {
			notes = append(notes, strings.ToLower(x.p.T("form.main")))
		}
		if a.Delivery && len(c.Addresses) > 1 {
			notes = append(notes, strings.ToLower(x.p.T("field.contact.addresses.delivery")))
		}
		b.Items = append(b.Items, ui.Item{Label: x.code(list.AddressKind, a.Kind), Value: strings.Join(x.addressLines(a), "\n"), Note: joinDots(notes...)})
	}
	return b
}

func (x *exchange) classBlock(c *contact.Contact) ui.Block {
	labels := x.item("tags", "")
	if len(c.Tags) > 0 {
		labels.Body = ui.Labels(tags(c))
	}
	entity := ui.Item{}
	if len(x.cfg.Entities) > 1 {
		entity = x.item("entity", x.called(c.Entity))
	}
	return ui.Block{ID: blockID(classBlock), Title: x.p.T("page.section.class"), Items: present(
		x.item("type", x.code(list.Type, c.Type)), x.item("category", x.code(list.Category, c.Category)), x.item("status", x.code(list.Status, c.Status)), entity, labels,
		x.consent(c, "newsletter", "newsletter", c.Newsletter), x.consent(c, "promotionalSms", "promotion", c.PromotionalSMS), x.item("source", x.code(list.Source, c.Source)))}
}

// consent is whether somebody agreed to be written to, since when and on what ground.
func (x *exchange) consent(c *contact.Contact, member, purpose string, given *bool) ui.Item {
	item := x.item(member, "")
	if given == nil {
		return item
	}
	item.Value = x.yesNo(*given)
	for i := len(c.Consents) - 1; i >= 0; i-- {
		if at := c.Consents[i]; at.Purpose == purpose {
			item.Note = joinDots(x.p.Day(at.At), x.code(list.Source, at.Basis))
			break
		}
	}
	return item
}

func (x *exchange) yesNo(yes bool) string {
	if yes {
		return x.p.T("form.yes")
	}
	return x.p.T("form.no")
}

func (x *exchange) kitBlock(c *contact.Contact) ui.Block {
	number := ""
	if c.ShirtNumber != nil {
		number = strconv.Itoa(*c.ShirtNumber)
	}
	return ui.Block{ID: blockID(kitBlock), Title: x.p.T("page.section.kit"), Empty: x.p.T("form.none"),
		Items: present(x.item("shirtNumber", number), x.item("kitSize", x.code(list.KitSize, c.KitSize)))}
}

func (x *exchange) workBlock(c *contact.Contact) ui.Block {
	b := ui.Block{ID: blockID(workBlock), Title: x.label("work"), Empty: x.p.T("form.none")}
	if !x.shows("work") {
		return b
	}
	for _, w := range c.Work {
		label := w.Employer
		if label == "" {
			label = x.label("work")
		}
		b.Items = append(b.Items, ui.Item{Label: label, Value: w.Role, Note: x.span(w.From, w.To)})
	}
	return b
}

// span writes from when to when something was; open ends are left open.
func (x *exchange) span(from, to record.Date) string {
	switch {
	case from == "" && to == "":
		return ""
	case to == "":
		return x.p.T("page.since", "when", x.p.Date(string(from)))
	case from == "":
		return x.p.T("page.until", "when", x.p.Date(string(to)))
	}
	return x.p.Date(string(from)) + " – " + x.p.Date(string(to))
}

func (x *exchange) papersBlock(c *contact.Contact) ui.Block {
	items := present(x.secret(c, c.IBAN, "iban"), x.secret(c, c.IBANHolder, "ibanHolder"), x.secret(c, c.NationalNumber.Number, "nationalNumber.number", "nationalNumber.country"),
		x.secret(c, c.IdentityDocument.Number, "identityDocument.number", "identityDocument.issuedBy"))
	if c.IdentityDocument.Number == "" {
		items = append(items, present(x.secret(c, c.IdentityDocument.IssuedBy, "identityDocument.issuedBy"))...)
	}
	return ui.Block{ID: blockID(papersBlock), Title: x.p.T("page.section.papers"), Empty: x.p.T("form.none"), Items: items}
}

// secret is a sensitive fact: its mask, with a button that shows the value to who may see it, or the value that was asked
// for just now (REC-23). Further paths are of what is shown beside it.
func (x *exchange) secret(c *contact.Contact, mask string, paths ...string) ui.Item {
	item := x.item(paths[0], mask)
	if item.Label == "" || mask == "" {
		return ui.Item{}
	}
	if raw, ok := x.revealed[paths[0]]; ok {
		item.Value = x.plainly(paths[0], raw)
		for _, path := range paths[1:] {
			if raw, ok := x.revealed[path]; ok {
				item.Value = joinDots(item.Value, x.plainly(path, raw))
			}
		}
		item.Note = x.p.T("page.revealed")
		return item
	}
	item.Masked = true
	if x.can(policy.Reveal) && c.DeletedAt == nil {
		item.Reveal = &ui.Action{Label: x.p.T("page.reveal"), Href: contactPath(c.ID, "reveal"), Post: true, Icon: "eye", Of: item.Label, Into: blockID(blockOfField(paths[0]))}
		for _, path := range paths {
			item.Reveal.Values = append(item.Reveal.Values, ui.Value{Name: "field", Value: path})
		}
	}
	return item
}

// blockOfField names the block a field stands in.
func blockOfField(path string) string {
	top, _, _ := strings.Cut(path, ".")
	if top == "custom" {
		return customBlock
	}
	for _, block := range formBlocks {
		if slices.Contains(blockFields[block], top) {
			return block
		}
	}
	return personBlock
}

// plainly writes a value that was revealed.
func (x *exchange) plainly(path string, raw json.RawMessage) string {
	var text string
	if json.Unmarshal(raw, &text) != nil {
		text = string(raw)
	}
	k, err := x.app.Records.Kind(contact.Name)
	if err != nil {
		return text
	}
	if f, ok := k.Field(path); ok && f.Values != "" {
		return x.code(f.Values, text)
	}
	return text
}

func (x *exchange) termsBlock(c *contact.Contact) ui.Block {
	store, group := "", ""
	if len(x.cfg.Stores) > 1 || c.Store != "" {
		store = x.called(c.Store)
	}
	group = x.called(c.ClientGroup)
	items := present(x.item("operator", x.called(c.Operator)), x.item("store", store), x.item("clientGroup", group), x.discountItem(c), x.termItem(c))
	return ui.Block{ID: blockID(termsBlock), Title: x.p.T("page.section.terms"), Empty: x.p.T("form.none"), Items: items}
}

// groupOf is the client group whose terms a contact has where it has none of its own (CLS-07).
func (x *exchange) groupOf(c *contact.Contact) *setting.ClientGroup {
	i := slices.IndexFunc(x.cfg.ClientGroups, func(g *setting.ClientGroup) bool { return g.ID == c.ClientGroup })
	if i < 0 {
		return nil
	}
	return x.cfg.ClientGroups[i]
}

func (x *exchange) inPercent(basisPoints int) string {
	return x.figures(decimal.Write(int64(basisPoints), percentDecimals)) + "\u00a0%"
}

func (x *exchange) discountItem(c *contact.Contact) ui.Item {
	if c.Discount != nil {
		return x.item("discount", x.inPercent(*c.Discount))
	}
	item := x.item("discount", "")
	if g := x.groupOf(c); g != nil && g.Discount > 0 {
		item.Value, item.Note = x.inPercent(g.Discount), g.Name
	}
	return item
}

func (x *exchange) termItem(c *contact.Contact) ui.Item {
	if c.PaymentTermDays != nil {
		return x.item("paymentTermDays", strconv.Itoa(*c.PaymentTermDays))
	}
	item := x.item("paymentTermDays", "")
	if g := x.groupOf(c); g != nil && g.PaymentTermDays != nil {
		item.Value, item.Note = strconv.Itoa(*g.PaymentTermDays), g.Name
	}
	return item
}

// customBlock are the own fields a contact carries, in the organisation's order (PROF-03).
func (x *exchange) customBlock(c *contact.Contact) ui.Block {
	b := ui.Block{ID: blockID(customBlock), Title: x.p.T("page.section.custom"), Empty: x.p.T("form.none")}
	k, err := x.app.Records.Kind(contact.Name)
	if err != nil {
		return b
	}
	for _, f := range x.ownShown(k, c.Custom) {
		b.Items = append(b.Items, x.ownItems(c, k, f)...)
	}
	return b
}

// ownItems is the fact of an own field; none when it is empty.
func (x *exchange) ownItems(c *contact.Contact, k *record.Kind, f record.CustomField) []ui.Item {
	item := x.ownItem(c, k, f)
	if item.Value == "" && item.Body == nil {
		return nil
	}
	return []ui.Item{item}
}

func (x *exchange) ownItem(c *contact.Contact, k *record.Kind, f record.CustomField) ui.Item {
	name := ownName(f)
	item := ui.Item{ID: blockID(name), Label: f.Label}
	value, ok := c.Custom[f.Name]
	raw, err := json.Marshal(value)
	if !ok || err != nil || value == "" {
		return item
	}
	if ownClass(f) == policy.Sensitive {
		secret := x.secret(c, x.stored(k, name, raw), name)
		secret.ID, secret.Label = item.ID, f.Label
		return secret
	}
	item.Value = x.stored(k, name, raw)
	text, _ := value.(string)
	switch f.Type {
	case setting.TypeLink:
		item.Value, item.Href = pageName(text), linkTo(text)
	case setting.TypeFile:
		item.Value, item.Href = x.called(text), x.fileHref(text)
	}
	return item
}
