package record

import (
	"bytes"
	"cmp"
	"encoding/json"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/muster-crm/muster/shared/decimal"
	"github.com/muster-crm/muster/shared/index"
	"github.com/muster-crm/muster/shared/list"
	"github.com/muster-crm/muster/shared/policy"
)

// Custom holds the values of an organisation's own fields by the field's name, as JSON has them: a string for text, long
// text, links, dates, choices and files (the file's id), a json.Number of up to Decimals decimals, a bool, a []any of
// strings for several choices, and a map of "amount" and "currency" for an amount, as Money. An optional field that a
// record carries without a value holds "".
type Custom map[string]any

// UnmarshalJSON keeps numbers as they are written.
func (c *Custom) UnmarshalJSON(data []byte) error {
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	return d.Decode((*map[string]any)(c))
}

// customPath is the member that holds an organisation's own values.
const customPath = "custom"

// Decimals are those of a number an organisation keeps in a field of its own. Numbers are stored as they are written,
// 12.5, without exponent and without zeros at the end; the index holds them in millionths.
const Decimals = 6

// CustomField is a field an organisation has defined for a kind (REC-31).
type CustomField struct {
	Kind    string // of the records that have it
	Name    string // its key in "custom"
	Label   string
	Type    string       // one of the list "fieldType"
	Options []string     // of a choice, or several
	Class   policy.Class // who may read it; "" is public

	// Required: a new record must have a value, and none that has one may lose it. A record from before the field, or the
	// word, was there is saved without.
	Required bool
	// Optional: a record carries the field only where somebody has chosen so, by a value or by "" (REC-32); null takes it off
	// again. An optional field is never required and has no default.
	Optional bool
	Default  any // of new records, as in JSON; nil: none

	Min, Max string // bounds of a number, such as "12.5"; "": none
}

// The types of the organisation's own fields: the list "fieldType".
const (
	ownText    = "text"
	ownLong    = "long"
	ownNumber  = "number"
	ownAmount  = "amount"
	ownDate    = "date"
	ownFlag    = "flag"
	ownChoice  = "choice"
	ownChoices = "choices"
	ownLink    = "link"
	ownFile    = "file"
)

// Field describes the values of an organisation's own field as Define does those of a kind's members.
func (f CustomField) Field() *Field {
	field := &Field{Path: customPath + "." + f.Name, Name: f.Name, Max: defaultMax, Items: defaultItems, Indexed: true,
		Class: cmp.Or(f.Class, policy.Public), Required: f.Required && !f.Optional, Own: &f}
	switch f.Type {
	case ownLong:
		field.Type, field.Max, field.Indexed = Long, longMax, false
	case ownNumber:
		field.Type, field.Decimals = Number, Decimals
		field.Least, field.Most = bound(f.Min), bound(f.Max)
	case ownAmount:
		field.Type, field.money = Object, true
		for _, inner := range moneyFields {
			member := *inner
			member.Path, member.Class = field.Path+"."+inner.Name, field.Class
			field.Fields = append(field.Fields, &member)
		}
	case ownDate:
		field.Type = Day
	case ownFlag:
		field.Type = Flag
	case ownChoice:
		field.Type = Code
	case ownChoices:
		field.Type, field.List, field.Items = Code, true, max(defaultItems, len(f.Options))
	case ownLink:
		field.Type, field.Max = Link, linkMax
	case ownFile:
		field.Type, field.Ref = Code, []string{"file"}
	default:
		field.Type, field.How = Text, index.Words
	}
	return field
}

func bound(text string) *int64 {
	if n, ok := decimal.Read(text, Decimals); ok {
		return &n
	}
	return nil
}

// OwnFields describes the organisation's own fields of the kind, in their order; none for a kind that can have none.
func (k *Kind) OwnFields(custom []CustomField) []*Field {
	if k.custom == nil {
		return nil
	}
	var fields []*Field
	for _, f := range custom {
		if f.Kind == k.Name {
			fields = append(fields, f.Field())
		}
	}
	return fields
}

// At finds the field that describes what lies at a path of a change: the organisation's own for "custom.size", else the
// top-level one. There is none for an own field that was taken away.
func (k *Kind) At(path string, custom []CustomField) (*Field, bool) {
	name, ok := strings.CutPrefix(path, customPath+".")
	if !ok || k.custom == nil {
		return k.Member(path)
	}
	for _, f := range custom {
		if f.Kind == k.Name && (f.Name == name || strings.HasPrefix(name, f.Name+".")) {
			return f.Field(), true
		}
	}
	return nil, false
}

// Class gives the class of what lies at a path; what nobody knows any more is as private as can be.
func (k *Kind) Class(path string, custom []CustomField) policy.Class {
	if f, ok := k.At(path, custom); ok {
		return f.Class
	}
	return policy.Sensitive
}

// Carries reports whether a record's own values hold a field: every field that is not optional is carried, an optional
// one where it was chosen (REC-32).
func (c Custom) Carries(f CustomField) bool {
	_, there := c[f.Name]
	return there || !f.Optional
}

// ownFields finds the organisation's own fields of the kind by name. They are described once for all records that are
// checked with an Env.
func (e *Env) ownFields(k *Kind) map[string]*Field {
	if len(e.Fields) == 0 {
		return nil
	}
	if e.ownKind != k || len(e.ownOf) != len(e.Fields) || &e.ownOf[0] != &e.Fields[0] {
		e.own, e.ownKind, e.ownOf = map[string]*Field{}, k, e.Fields
		for _, f := range k.OwnFields(e.Fields) {
			e.own[f.Name] = f
		}
	}
	return e.own
}

// complete gives a new record the values its own fields begin with. A default that the field would refuse today is left
// out: it must not stand in the way of new records.
func (c *checker) complete(values Custom, own map[string]*Field) Custom {
	for name, f := range own {
		if f.Own.Default == nil || f.Own.Optional || has(values[name]) {
			continue
		}
		value := tidyOwn(f, f.Own.Default)
		trial := checker{kind: c.kind, env: c.env}
		if trial.ownValue(value, f, ""); !has(value) || len(trial.faults) > 0 {
			continue
		}
		if values == nil {
			values = Custom{}
		}
		values[name] = value
	}
	return values
}

func has(value any) bool { return value != nil && value != "" }

// tidyCustom brings own values into their canonical form and drops those that are empty, but for the optional ones a
// record carries.
func tidyCustom(values Custom, own map[string]*Field) Custom {
	for name, value := range values {
		f := own[name]
		value = tidyOwn(f, value)
		switch {
		case has(value):
			values[name] = value
		case f != nil && f.Own.Optional && values[name] != nil:
			values[name] = ""
		default:
			delete(values, name)
		}
	}
	if len(values) == 0 {
		return nil
	}
	return values
}

// tidyOwn gives the canonical form of one value, nil for an empty one. f is nil for a field nobody knows.
func tidyOwn(f *Field, value any) any {
	switch value := value.(type) {
	case string:
		s := Clean(value, f != nil && f.Type == Long)
		if f != nil && f.Type == Link {
			s = withScheme(s)
		}
		if s == "" {
			return nil
		}
		return s
	case json.Number:
		if n, ok := decimal.Read(string(value), Decimals); ok {
			return json.Number(decimal.Write(n, Decimals))
		}
	case int:
		return json.Number(strconv.Itoa(value))
	case int64:
		return json.Number(strconv.FormatInt(value, 10))
	case Money:
		return map[string]any{"amount": json.Number(strconv.FormatInt(value.Amount, 10)), "currency": value.Currency}
	case []string:
		var all []any
		for _, s := range value {
			all = append(all, s)
		}
		return tidyOwn(f, all)
	case []any:
		var kept []any
		for _, element := range value {
			if s, ok := element.(string); ok {
				if element = Clean(s, false); element == "" || slices.Contains(kept, element) {
					continue
				}
			}
			kept = append(kept, element)
		}
		if kept == nil {
			return nil
		}
		return kept
	case map[string]any:
		kept := map[string]any{}
		for name, inner := range value {
			if inner = tidyOwn(nil, inner); inner != nil {
				kept[name] = inner
			}
		}
		if len(kept) == 0 {
			return nil
		}
		return kept
	}
	return value
}

// custom checks the values of the organisation's own fields. One that the record had already stays acceptable when the
// field or the choice has been removed since, or is required now: else nothing of the record could be edited any more.
func (c *checker) custom(values, had Custom, own map[string]*Field) {
	for _, name := range sortedKeys(values) {
		value, at := values[name], customPath+"."+name
		if was, ok := had[name]; ok && reflect.DeepEqual(was, value) {
			continue
		}
		switch f := own[name]; {
		case f == nil:
			c.add(at, "unknown_member")
		case has(value):
			c.ownValue(value, f, at)
		}
	}
	for _, name := range sortedKeys(own) {
		if f := own[name]; f.Required && c.env.fills(f) && !has(values[name]) && (!c.before.IsValid() || has(had[name])) {
			c.add(f.Path, "required")
		}
	}
}

// fills tells whether the actor may fill a field.
func (e *Env) fills(f *Field) bool { return e.Fills == nil || e.Fills(f.Class) }

// ownValue checks one value of an own field.
func (c *checker) ownValue(value any, f *Field, at string) {
	s, text := value.(string)
	if f.Class == policy.Sensitive && text && Masked(s) {
		c.add(at, "masked")
		return
	}
	switch f.Type {
	case Flag:
		if _, ok := value.(bool); !ok {
			c.mistyped(at, "flag")
		}
	case Number:
		n, ok := value.(json.Number)
		scaled, exact := decimal.Read(string(n), f.Decimals)
		if !ok || !exact {
			c.mistyped(at, "number")
			return
		}
		c.bounds(scaled, f, at)
	case Object:
		c.ownAmount(value, at)
	case Code:
		if f.List {
			c.ownChoices(value, f, at)
			return
		}
		if !text {
			c.mistyped(at, "text")
			return
		}
		c.ownChoice(s, f, at)
	default:
		if !text {
			c.mistyped(at, "text")
			return
		}
		c.string(s, f, at)
	}
}

func (c *checker) mistyped(path, want string) { c.add(path, "bad_type", "type", want) }

func (c *checker) ownChoice(s string, f *Field, at string) {
	if f.Ref == nil && !slices.Contains(f.Own.Options, s) {
		c.add(at, "bad_choice")
		return
	}
	c.text(s, f, at)
}

func (c *checker) ownChoices(value any, f *Field, at string) {
	all, ok := value.([]any)
	if !ok {
		c.mistyped(at, "list")
		return
	}
	if len(all) > f.Items {
		c.add(at, "too_many", "max", strconv.Itoa(f.Items))
	}
	for i, element := range all {
		inner := at + "[" + strconv.Itoa(i) + "]"
		if s, ok := element.(string); ok {
			c.ownChoice(s, f, inner)
		} else {
			c.mistyped(inner, "text")
		}
	}
}

func (c *checker) ownAmount(value any, at string) {
	amount, ok := value.(map[string]any)
	if !ok {
		c.mistyped(at, "object")
		return
	}
	for _, name := range sortedKeys(amount) {
		if name != "amount" && name != "currency" {
			c.add(at+"."+name, "unknown_member")
		}
	}
	n, _ := amount["amount"].(json.Number)
	switch minor, exact := decimal.Read(string(n), 0); {
	case amount["amount"] == nil:
		c.add(at+".amount", "required")
	case !exact || minor > maxNumber || minor < -maxNumber:
		c.mistyped(at+".amount", "number")
	}
	switch currency, _ := amount["currency"].(string); {
	case amount["currency"] == nil:
		c.add(at+".currency", "required")
	case !c.env.lists().Has(list.Currency, currency):
		c.add(at+".currency", "bad_choice", "list", list.Currency)
	}
}
