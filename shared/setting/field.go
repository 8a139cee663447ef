package setting

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/muster-crm/muster/shared/decimal"
	"github.com/muster-crm/muster/shared/policy"
	"github.com/muster-crm/muster/shared/record"
)

// MaxFields is how many fields of its own an organisation may define for one kind (REC-31).
const MaxFields = 200

// fieldKinds are the kinds that may have fields of an organisation's own.
var fieldKinds = []string{"contact", "family", "company", "group"}

// FieldKinds names the kinds that may have fields of an organisation's own.
func FieldKinds() []string { return slices.Clone(fieldKinds) }

// Types of own fields: codes of the list fieldType.
const (
	TypeText    = "text"
	TypeLong    = "long"
	TypeNumber  = "number"
	TypeAmount  = "amount"
	TypeDate    = "date"
	TypeFlag    = "flag"
	TypeChoice  = "choice"
	TypeChoices = "choices"
	TypeLink    = "link"
	TypeFile    = "file"
)

// Field is a field an organisation has defined for a kind (REC-31).
type Field struct {
	record.Meta
	For      string   `json:"for,omitempty" field:"required,code,max=30"`  // the kind that has it
	Key      string   `json:"name,omitempty" field:"required,code,max=30"` // in "custom"
	Label    string   `json:"label,omitempty" field:"required,max=60"`
	Type     string   `json:"type,omitempty" field:"required,list=fieldType"`
	Options  []string `json:"options,omitempty" field:"items=200,max=100"`
	Class    string   `json:"class,omitempty" field:"code,max=20"` // who may read it: a class of package policy; public where nothing is said
	Required bool     `json:"required,omitempty"`
	Optional bool     `json:"optional,omitempty"`                // carried by those records only for which somebody chose so (REC-32)
	Default  string   `json:"default,omitempty" field:"long"`    // of new records, as text: 12.5, 12.50 EUR, 2026-11-21, true; of several choices one a line
	Min      string   `json:"min,omitempty" field:"code,max=20"` // of a number
	Max      string   `json:"max,omitempty" field:"code,max=20"` // likewise
	Order    int      `json:"order,omitempty" field:"min=0,max=1000000000"`
}

// FieldKind describes an organisation's own fields.
func FieldKind() *record.Kind {
	return record.Define[Field](FieldName, "fields", "fld", record.Unindexed(), record.Managed(), record.OwnedBy(Owner), record.Serial())
}

// Title gives the label.
func (f *Field) Title() string { return f.Label }

// Keys holds the name unique among the fields of a kind.
func (f *Field) Keys() []record.Key {
	return []record.Key{{Name: "field", Path: "name", Value: f.For + "." + f.Key}}
}

// Normalize drops what the type has no use for.
func (f *Field) Normalize(*record.Env) {
	if f.Type != TypeChoice && f.Type != TypeChoices {
		f.Options = nil
	}
	if f.Type != TypeNumber {
		f.Min, f.Max = "", ""
	}
	if f.Class == string(policy.Public) {
		f.Class = ""
	}
}

// texts are the types whose values are all text: a field may change from one of them to another.
var texts = []string{TypeText, TypeLong, TypeChoice, TypeLink}

// Validate checks the name, the options and what they, the class and the default have to do with the type.
func (f *Field) Validate(env *record.Env) []record.Problem {
	var p []record.Problem
	add := func(path, code string, pairs ...string) {
		p = append(p, record.Problem{Path: path, Code: code, Pairs: pairs})
	}
	if f.Key != "" && !identifier(f.Key) {
		add("name", "bad_name")
	}
	if f.For != "" && !slices.Contains(fieldKinds, f.For) {
		add("for", "bad_choice")
	}
	if (f.Type == TypeChoice || f.Type == TypeChoices) && len(f.Options) == 0 {
		add("options", "required")
	}
	if f.Class != "" && !slices.Contains(policy.Classes(), policy.Class(f.Class)) {
		add("class", "bad_choice")
	}
	if f.Class == string(policy.Sensitive) && f.Type != TypeText {
		add("class", "sensitive_text")
	}
	if f.Required && f.Optional {
		add("optional", "field_required")
	}
	for path, bound := range map[string]string{"min": f.Min, "max": f.Max} {
		if _, ok := decimal.Read(bound, record.Decimals); bound != "" && !ok {
			add(path, "bad_number")
		}
	}
	if _, ok := f.initial(); !ok {
		add("default", "bad_default")
	} else if f.Default != "" && f.Optional {
		add("default", "field_optional")
	}
	if before, ok := env.Before.(*Field); ok && before != nil {
		f.stays(before, add)
	} else if f.siblings(env) >= MaxFields {
		add("for", "too_many", "max", strconv.Itoa(MaxFields))
	}
	return p
}

// stays refuses to change what values have been stored by.
func (f *Field) stays(before *Field, add func(path, code string, pairs ...string)) {
	if f.Key != before.Key {
		add("name", "read_only")
	}
	if f.For != before.For {
		add("for", "read_only")
	}
	if f.Type != before.Type && (!slices.Contains(texts, f.Type) || !slices.Contains(texts, before.Type)) {
		add("type", "field_type")
	}
}

// siblings counts the other fields of the kind.
func (f *Field) siblings(env *record.Env) (n int) {
	for _, r := range env.Others {
		if r.(*Field).For == f.For {
			n++
		}
	}
	return n
}

// initial gives the default as a value of "custom" has it. ok is false when it is none of the type.
func (f *Field) initial() (value any, ok bool) {
	s := strings.TrimSpace(f.Default)
	if s == "" {
		return nil, true
	}
	switch f.Type {
	case TypeNumber:
		_, ok := decimal.Read(s, record.Decimals)
		return json.Number(s), ok
	case TypeAmount:
		figures, currency, _ := strings.Cut(s, " ")
		m, ok := record.ReadMoney(figures, strings.ToUpper(strings.TrimSpace(currency)))
		return m, ok && m.Currency != ""
	case TypeDate:
		_, err := time.Parse(time.DateOnly, s)
		return s, err == nil
	case TypeFlag:
		return s == "true", s == "true" || s == "false"
	case TypeChoice:
		return s, slices.Contains(f.Options, s)
	case TypeChoices:
		var all []string
		for line := range strings.Lines(s) {
			if line = strings.TrimSpace(line); line != "" {
				all = append(all, line)
				ok = slices.Contains(f.Options, line)
				if !ok {
					return nil, false
				}
			}
		}
		return all, true
	case TypeFile:
		return nil, false
	}
	return s, true
}

// custom gives the field as records are checked with.
func (f *Field) custom() record.CustomField {
	c := record.CustomField{Kind: f.For, Name: f.Key, Label: f.Label, Type: f.Type, Options: f.Options, Class: policy.Class(f.Class),
		Required: f.Required, Optional: f.Optional, Min: f.Min, Max: f.Max}
	if value, ok := f.initial(); ok {
		c.Default = value
	}
	return c
}
