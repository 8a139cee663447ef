package app

import (
	"encoding/json"

	"github.com/a-h/templ"

	"github.com/muster-crm/muster/functions/web/ui"
	"github.com/muster-crm/muster/shared/record"
)

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

// stored writes a field's stored value for people.
func (x *exchange) stored(k *record.Kind, path string, raw json.RawMessage) string {
	return k.Show(x.p, path, raw, x.wording())
}

// nameRefs finds the titles of all records that those of a list refer to, so that cells can show them.
func (x *exchange) nameRefs(k *record.Kind, items []*listed) error { return nil }

// fieldCell shows the value of a field in a table.
func (x *exchange) fieldCell(k *record.Kind, f *record.Field, value any) templ.Component {
	if value == nil {
		return nil
	}
	raw, err := json.Marshal(value)
	if err != nil {
		return nil
	}
	text := x.stored(k, f.Path, raw)
	switch {
	case f.Values != "" && !f.List:
		return ui.Badge(ui.Pill{Label: text})
	case f.Type == record.Number || f.Type == record.Day || f.Type == record.Instant:
		return ui.Number(text)
	}
	return words(text)
}
