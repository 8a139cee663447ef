package app

import (
	"encoding/json"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/a-h/templ"

	"github.com/muster-crm/muster/functions/web/ui"
	"github.com/muster-crm/muster/shared/contact"
	"github.com/muster-crm/muster/shared/decimal"
	"github.com/muster-crm/muster/shared/file"
	"github.com/muster-crm/muster/shared/list"
	"github.com/muster-crm/muster/shared/record"
)

// How values of fields are written for the reader.

// ownOf lists the organisation's own fields of a kind.
func (x *exchange) ownOf(k *record.Kind) []record.CustomField {
	var own []record.CustomField
	for _, f := range x.cfg.Fields {
		if f.Kind == k.Name {
			own = append(own, f)
		}
	}
	return own
}

// fieldLabel names a field of a kind; the organisation's own ones by the label they were given.
func (x *exchange) fieldLabel(k *record.Kind, path string) string {
	return k.Label(x.p, path, x.wording())
}

// stored writes a field's stored value for people, as histories tell it.
func (x *exchange) stored(k *record.Kind, path string, raw json.RawMessage) string {
	return k.Show(x.p, path, raw, x.wording())
}

// text writes one value of a field, no list and no object but an amount.
func (x *exchange) text(f *record.Field, value any) string {
	switch value := value.(type) {
	case bool:
		if value {
			return x.p.T("form.yes")
		}
		return x.p.T("form.no")
	case json.Number:
		if n, ok := decimal.Read(string(value), f.Decimals); ok {
			return x.p.Figure(n, f.Decimals)
		}
		return string(value)
	case document:
		if n, currency, ok := amountOf(f, value); ok {
			return x.p.Money(n, list.MinorUnits(currency), currency)
		}
		return strings.Join(x.lines(f, value), " · ")
	case string:
		return x.phrase(f, value)
	}
	return ""
}

func (x *exchange) phrase(f *record.Field, s string) string {
	switch {
	case f.Values != "":
		return x.code(f.Values, s)
	case f.Ref != nil:
		return x.called(s)
	case f.Type == record.Day:
		return x.p.Date(s)
	case f.Type == record.Instant:
		if t, err := time.Parse(time.RFC3339, s); err == nil {
			return x.p.Moment(t)
		}
	case f.Type == record.Phone:
		return x.phone(s)
	case f.Type == record.Link:
		return strings.TrimSuffix(strings.TrimPrefix(strings.TrimPrefix(s, "https://"), "http://"), "/")
	}
	return s
}

// amountOf reads an amount of money.
func amountOf(f *record.Field, value document) (minor int64, currency string, ok bool) {
	if !f.IsMoney() {
		return 0, "", false
	}
	number, _ := value["amount"].(json.Number)
	currency, _ = value["currency"].(string)
	minor, ok = decimal.Read(string(number), 0)
	return minor, currency, ok
}

// isPlace tells whether the objects of a field are postal addresses.
func isPlace(f *record.Field) bool { return inner(f, "street") != nil && inner(f, "town") != nil }

func inner(f *record.Field, name string) *record.Field {
	if i := slices.IndexFunc(f.Fields, func(f *record.Field) bool { return f.Name == name }); i >= 0 {
		return f.Fields[i]
	}
	return nil
}

// lines writes an object: an address as on an envelope, anything else member by member.
func (x *exchange) lines(f *record.Field, value document) []string {
	if isPlace(f) {
		var a contact.Address
		if raw, err := json.Marshal(value); err == nil && json.Unmarshal(raw, &a) == nil {
			return x.addressLines(a)
		}
	}
	var parts []string
	for _, in := range f.Fields {
		if v, ok := value[in.Name]; ok && in.Type != record.Flag {
			parts = append(parts, x.text(in, v))
		}
	}
	return slices.DeleteFunc(parts, func(s string) bool { return s == "" })
}

// hrefOf is where a value leads: a mailbox, a telephone, a page, the record that is meant.
func (x *exchange) hrefOf(f *record.Field, value any) string {
	s, ok := value.(string)
	switch {
	case !ok || s == "":
	case f.Type == record.Email:
		return "mailto:" + url.PathEscape(s)
	case f.Type == record.Phone:
		return "tel:" + s
	case f.Type == record.Link:
		if u, err := url.Parse(s); err == nil && (u.Scheme == "https" || u.Scheme == "http") {
			return s
		}
	case f.Ref != nil:
		if ref, ok := x.names[s]; ok && !ref.Trashed {
			if ref.Kind == file.Name {
				return x.fileHref(s)
			}
			if l := lookOf(ref.Kind); l != nil {
				return l.at(s)
			}
		}
	}
	return ""
}

// facts tells a field of a record in a block: one fact, or for lists of objects one each.
func (x *exchange) facts(k *record.Kind, f *record.Field, value any) []ui.Item {
	label := x.fieldLabel(k, f.Path)
	all, ok := value.([]any)
	switch {
	case value == nil:
		return nil
	case ok && f.Type == record.Object:
		var items []ui.Item
		for _, v := range all {
			if object, ok := v.(document); ok {
				items = append(items, x.elementFact(k, f, object, len(all) > 1))
			}
		}
		return items
	case ok:
		var parts []string
		for _, v := range all {
			parts = append(parts, x.text(f, v))
		}
		return present(ui.Item{Label: label, Value: strings.Join(parts, ", ")})
	}
	if object, ok := value.(document); ok && !f.IsMoney() {
		return present(ui.Item{Label: label, Value: strings.Join(x.lines(f, object), "\n")})
	}
	return present(ui.Item{Label: label, Value: x.text(f, value), Href: x.hrefOf(f, value)})
}

// elementFact tells an object of a list: named by its kind, its first member as the value and the others beside it.
func (x *exchange) elementFact(k *record.Kind, f *record.Field, object document, several bool) ui.Item {
	item := ui.Item{Label: x.fieldLabel(k, f.Path)}
	var notes []string
	if isPlace(f) {
		item.Value = strings.Join(x.lines(f, object), "\n")
	}
	for _, in := range f.Fields {
		v, ok := object[in.Name]
		if !ok || isPlace(f) && in.Type != record.Flag && in.Name != "kind" {
			continue
		}
		text := x.text(in, v)
		switch {
		case in.Name == "kind" && isPlace(f):
			item.Label = text
		case in.Type == record.Flag && v == true && several:
			notes = append(notes, strings.ToLower(x.p.T("form.main")))
		case in.Type == record.Flag:
		case item.Value == "" && in.Values == "":
			item.Value, item.Href = text, x.hrefOf(in, v)
			if in.Required {
				item.Label = x.fieldLabel(k, in.Path)
			}
		default:
			notes = append(notes, text)
		}
	}
	item.Note = joinDots(notes...)
	return item
}

// fieldCell shows the value of a field in a table.
func (x *exchange) fieldCell(f *record.Field, value any) templ.Component {
	if value == nil {
		return nil
	}
	if all, ok := value.([]any); ok {
		var links []ui.Link
		for _, v := range all {
			if text := x.text(f, v); text != "" {
				links = append(links, ui.Link{Label: text, Href: x.hrefOf(f, v)})
			}
		}
		return ui.Anchors(links)
	}
	text := x.text(f, value)
	switch {
	case text == "":
		return nil
	case f.Ref != nil:
		return ui.Anchors([]ui.Link{{Label: text, Href: x.hrefOf(f, value)}})
	case f.Values != "":
		return ui.Badge(ui.Pill{Label: text})
	case f.Type == record.Flag && value == false:
		return nil
	case f.Type == record.Flag:
		return ui.Badge(ui.Pill{Label: text, Tone: ui.Good})
	case f.Type == record.Number, f.Type == record.Day, f.Type == record.Instant, f.Type == record.Phone, f.IsMoney():
		return ui.Number(text)
	}
	return words(text)
}

// learnOf finds the titles of all records that some others refer to.
func (x *exchange) learnOf(k *record.Kind, records ...record.Record) error {
	var ids []string
	for _, r := range records {
		for _, ref := range k.References(r, x.cfg.Fields) {
			ids = append(ids, ref.ID)
		}
	}
	return x.learn(ids...)
}
