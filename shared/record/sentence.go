package record

import (
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/muster-crm/muster/shared/i18n"
)

// Sentence tells a change in the reader's language: who did it is left to the caller, who may link the name.
func Sentence(p *i18n.Printer, k *Kind, c Change) string {
	_, action, _ := strings.Cut(c.Action, ".")
	switch {
	case action == "create" || action == "trash" || action == "restore":
		return p.T("history." + action)
	case len(c.Fields) == 1:
		f := c.Fields[0]
		label := k.Label(p, f.Field)
		from, to := k.Show(p, f.Field, f.From), k.Show(p, f.Field, f.To)
		switch {
		case f.From == nil:
			return p.T("history.set", "field", label, "to", to)
		case f.To == nil:
			return p.T("history.cleared", "field", label, "from", from)
		}
		return p.T("history.changed", "field", label, "from", from, "to", to)
	case len(c.Fields) == 0:
		return p.T("history.hidden")
	}
	var labels []string
	for _, f := range c.Fields {
		if label := k.Label(p, f.Field); !slices.Contains(labels, label) {
			labels = append(labels, label)
		}
	}
	if action == "revert" {
		return p.T("history.reverted", "fields", p.List(labels))
	}
	return p.T("history.edited", "fields", p.List(labels))
}

// Label names a field in the reader's language; the organisation's own fields by their name, members of a map by the
// map's name and their own where they have no name.
func (k *Kind) Label(p *i18n.Printer, path string) string {
	if name, ok := strings.CutPrefix(path, "custom."); ok {
		return name
	}
	if key := "field." + k.Name + "." + path; p.Has(key) {
		return p.T(key)
	}
	if name, member, ok := strings.Cut(path, "."); ok {
		if f, ok := k.Field(name); ok && f.Type == Map {
			return k.Label(p, name) + " " + member
		}
	}
	return p.T("field." + path)
}

// Show gives a field's stored value as people read it: codes by their label, dates in the language's form, lists of
// objects by their parts.
func (k *Kind) Show(p *i18n.Printer, path string, raw json.RawMessage) string {
	if raw == nil {
		return ""
	}
	f, _ := k.Member(path)
	var value any
	if err := json.Unmarshal(raw, &value); err != nil || f == nil {
		return string(raw)
	}
	return show(p, f, value)
}

func show(p *i18n.Printer, f *Field, value any) string {
	switch value := value.(type) {
	case []any:
		var parts []string
		for _, v := range value {
			parts = append(parts, show(p, f, v))
		}
		return strings.Join(parts, "; ")
	case map[string]any:
		var parts []string
		for _, inner := range f.Fields {
			// Which of several is the main one is told where it changes anything to read.
			if v, ok := value[inner.Name]; ok && inner.Type != Flag && inner.Name != "kind" && inner.Name != "line" {
				parts = append(parts, show(p, inner, v))
			}
		}
		return strings.Join(parts, " ")
	case bool:
		if value {
			return p.T("form.yes")
		}
		return p.T("form.no")
	case float64:
		return p.Number(int64(value))
	case string:
		return showText(p, f, value)
	}
	return ""
}

// codeLabel says what a code of a list is called; one without a label comes back as it is.
func codeLabel(p *i18n.Printer, list, code string) string {
	if list == "country" {
		return p.Country(code)
	}
	if key := "list." + list + "." + code; p.Has(key) {
		return p.T(key)
	}
	return code
}

func showText(p *i18n.Printer, f *Field, s string) string {
	switch {
	case f.Values != "":
		return codeLabel(p, f.Values, s)
	case f.Type == Day:
		return p.Date(s)
	case f.Type == Instant:
		if t, err := time.Parse(time.RFC3339, s); err == nil {
			return p.Moment(t)
		}
	}
	return s
}
