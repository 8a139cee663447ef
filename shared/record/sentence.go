package record

import (
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/muster-crm/muster/shared/decimal"
	"github.com/muster-crm/muster/shared/i18n"
	"github.com/muster-crm/muster/shared/list"
	"github.com/muster-crm/muster/shared/policy"
)

// Sentence tells a change in the reader's language: who did it is left to the caller, who may link the name. The change is
// as HideChange gives it. own are the organisation's words; without them its own fields and values go by their names in
// programs.
func Sentence(p *i18n.Printer, k *Kind, c Change, own ...Own) string {
	_, action, _ := strings.Cut(c.Action, ".")
	switch {
	case action == "create" || action == "trash" || action == "restore" || action == "merge" || action == "unmerge":
		return p.T("history." + action)
	case len(c.Fields) == 1:
		f := c.Fields[0]
		label := k.Label(p, f.Field, own...)
		from, to := k.Show(p, f.Field, f.From, own...), k.Show(p, f.Field, f.To, own...)
		switch {
		case blank(f.From) && blank(f.To) && f.From == nil:
			return p.T("history.carried", "field", label)
		case blank(f.From) && blank(f.To):
			return p.T("history.dropped", "field", label)
		case blank(f.From):
			return p.T("history.set", "field", label, "to", to)
		case blank(f.To):
			return p.T("history.cleared", "field", label, "from", from)
		}
		return p.T("history.changed", "field", label, "from", from, "to", to)
	case len(c.Fields) == 0:
		return p.T("history.hidden")
	}
	var labels []string
	for _, f := range c.Fields {
		if label := k.Label(p, f.Field, own...); !slices.Contains(labels, label) {
			labels = append(labels, label)
		}
	}
	if action == "revert" {
		return p.T("history.reverted", "fields", p.List(labels))
	}
	return p.T("history.edited", "fields", p.List(labels))
}

// blank reports whether a stored value is none: absent, or that of an optional field which is carried without one.
func blank(raw json.RawMessage) bool { return raw == nil || string(raw) == `""` }

// first gives the organisation's words, the zero Own where there are none.
func first(own []Own) Own {
	if len(own) > 0 {
		return own[0]
	}
	return Own{}
}

// Label names a field in the reader's language; the organisation's own fields by their label, members of a map by the
// map's name and their own where they have no name.
func (k *Kind) Label(p *i18n.Printer, path string, own ...Own) string {
	if name, ok := strings.CutPrefix(path, customPath+"."); ok {
		f, ok := k.At(path, first(own).Fields)
		if !ok || f.Own == nil || f.Own.Label == "" {
			return name
		}
		if strings.HasSuffix(name, ".currency") {
			return p.T("record.currency", "field", f.Own.Label)
		}
		return f.Own.Label
	}
	if key := "field." + k.Name + "." + path; p.Has(key) {
		return p.T(key)
	}
	if name, member, ok := strings.Cut(path, "."); ok {
		switch f, ok := k.Field(name); {
		case ok && f.Type == Map:
			return k.Label(p, name) + " " + member
		case ok && f.money && member == "currency":
			return p.T("record.currency", "field", k.Label(p, name))
		case ok && f.money:
			return k.Label(p, name)
		}
	}
	return p.T("field." + path)
}

// Show gives a field's stored value as people read it: codes by their label, dates, numbers and amounts in the language's
// form, lists of objects by their parts, records by their title, sensitive values masked.
func (k *Kind) Show(p *i18n.Printer, path string, raw json.RawMessage, own ...Own) string {
	if raw == nil {
		return ""
	}
	s := shower{p, first(own)}
	f, _ := k.At(path, s.own.Fields)
	if f == nil && strings.HasPrefix(path, customPath+".") {
		f, _ = k.Field(customPath) // its text as it is, when it is one
	}
	value, err := exact(raw)
	if err != nil || f == nil {
		return string(raw)
	}
	if f.Class == policy.Sensitive {
		if value, err = exact(maskRaw(f, raw)); err != nil {
			return mark
		}
	}
	return s.value(f, value)
}

// shower writes values for people.
type shower struct {
	p   *i18n.Printer
	own Own
}

func (s shower) value(f *Field, value any) string {
	switch value := value.(type) {
	case []any:
		var parts []string
		for _, v := range value {
			parts = append(parts, s.value(f, v))
		}
		return strings.Join(parts, "; ")
	case map[string]any:
		if f.money {
			return s.money(value)
		}
		var parts []string
		for _, inner := range f.Fields {
			// Which of several is the main one is told where it changes anything to read.
			if v, ok := value[inner.Name]; ok && inner.Type != Flag && inner.Name != "kind" && inner.Name != "line" {
				parts = append(parts, s.value(inner, v))
			}
		}
		return strings.Join(parts, " ")
	case bool:
		if value {
			return s.p.T("form.yes")
		}
		return s.p.T("form.no")
	case json.Number:
		if n, ok := decimal.Read(string(value), f.Decimals); ok {
			return s.p.Figure(n, f.Decimals)
		}
		return string(value)
	case string:
		return s.text(f, value)
	}
	return ""
}

func (s shower) money(value map[string]any) string {
	number, _ := value["amount"].(json.Number)
	currency, _ := value["currency"].(string)
	n, ok := decimal.Read(string(number), 0)
	if !ok {
		return currency
	}
	return s.p.Money(n, list.MinorUnits(currency), currency)
}

// codeLabel says what a code of a list is called; one without a label comes back as it is.
func codeLabel(p *i18n.Printer, lists list.Lists, name, code string) string {
	if label := lists.Label(name, code); label != "" {
		return label
	}
	switch name {
	case list.Country:
		return p.Country(code)
	case list.Currency:
		return code
	}
	if key := "list." + name + "." + code; p.Has(key) {
		return p.T(key)
	}
	return code
}

// CodeLabel says what a code of a list is called in the reader's language: by the organisation's own word, or the
// catalogue's; a code without either comes back as it is.
func (o Own) CodeLabel(p *i18n.Printer, name, code string) string {
	return codeLabel(p, o.Lists, name, code)
}

func (s shower) text(f *Field, text string) string {
	switch {
	case f.Values != "":
		return codeLabel(s.p, s.own.Lists, f.Values, text)
	case f.Ref != nil && s.own.Title != nil:
		if title := s.own.Title(text); title != "" {
			return title
		}
	case f.Type == Phone && s.own.Phone != nil:
		return s.own.Phone(text)
	case f.Type == Day:
		return s.p.Date(text)
	case f.Type == Instant:
		if t, err := time.Parse(time.RFC3339, text); err == nil {
			return s.p.Moment(t)
		}
	}
	return text
}
