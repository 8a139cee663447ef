package recordtest

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/muster-crm/muster/shared/list"
	"github.com/muster-crm/muster/shared/phone"
	"github.com/muster-crm/muster/shared/policy"
	"github.com/muster-crm/muster/shared/record"
	"github.com/muster-crm/muster/shared/repository/repositorytest"
)

// samples are the values that kinds' own rules demand, two of each, by kind and path; nil for none.
var samples = map[string]map[string][2]any{
	"settings": {
		"timeZone":          {"Europe/Brussels", "America/New_York"},
		"keyPolicy":         {map[string]any{"email": "block"}, map[string]any{"email": "warn", "mobile": "family"}},
		"languages":         {[]any{"en", "nl"}, []any{"es", "fr", "nl"}},
		"colour":            {"#aa0011", "#00bb22"},
		"bankAccounts.iban": {"BE68539007547034", "NL91ABNA0417164300"},
		"profile":           {map[string]any{"contact.birthDate": "unused"}, map[string]any{"contact.birthDate": "mandatory"}},
	},
	"field": {
		"for":      {"contact", "contact"},
		"name":     {"colour", "shape"},
		"type":     {"choice", "text"},
		"options":  {[]any{"red", "blue"}, nil},
		"class":    {"contact", "finance"},
		"required": {true, nil},
		"optional": {nil, true},
		"default":  {"red", nil},
		"min":      {nil, nil},
		"max":      {nil, nil},
	},
	"value": {
		"list":    {"category", "kitSize"},
		"code":    {"coach", "giant"},
		"retired": {true, nil},
	},
	"season": {
		"from":    {"2025-09-01", "2026-09-01"},
		"to":      {"2026-08-31", "2027-08-31"},
		"current": {true, nil},
		"closed":  {nil, true},
	},
	"store": {
		"default": {true, true},
	},
	"search": {
		"for":     {"contact", "contact"},
		"query":   {"tags:board", "addresses.town:Gent jan"},
		"sort":    {"lastName", "-birthDate,lastName"},
		"columns": {[]any{"tags"}, []any{"status", "type"}},
		"roles":   {[]any{"editor"}, []any{"editor", "reader"}},
	},
	"mapping": {
		"mode":    {"merge", "create"},
		"rule":    {"fill", "overwrite"},
		"badCell": {"reject", "drop"},
		"links": {map[string]any{"group": "create", "tags": "reject", "family": "create", "company": "create"},
			map[string]any{"group": "reject", "tags": "create", "family": "reject", "company": "create"}},
		"columns.rule":       {"fill", "skip"},
		"columns.dateFormat": {"dmy", "ymd"},
	},
	"user": {
		"role": {"reader", "editor"},
	},
	"contact": {
		"iban": {"BE68539007547034", "NL91ABNA0417164300"},
	},
	"note": {
		"shared": {true, true},
	},
	"reminder": {
		"dueAt":        {"2026-11-23T08:00:00Z", "2026-11-24T09:30:00Z"},
		"done":         {true, true},
		"snoozedUntil": {"2026-11-25T08:00:00Z", "2026-11-26T09:30:00Z"},
	},
	"service": {
		"in":  {"2026-11-01", "2026-11-02"},
		"out": {"2026-11-21", "2026-11-22"},
	},
}

// fixed are the members a kind lets nobody change once a record is made.
var fixed = map[string][]string{"field": {"for", "name"}, "value": {"list", "code"}, "search": {"for"}}

// needed are the members a kind wants although no tag says so.
var needed = map[string][]string{"field": {"options"}, "value": {"label"}}

// tied are the members that cannot all be changed by themselves: what others hold decides. Two samples of seasons follow each
// other, since both are made where a record refers to one.
var tied = map[string][]string{"field": {"type", "options", "required", "optional", "default"}, "value": {"label"}, "season": {"from", "to", "current", "closed"}}

// settings are those of an organisation that speaks every language.
const settings = `{"name":"Harbour Choir","language":"en","languages":["en","es","nl","fr"],"country":"BE","timeZone":"Europe/Brussels"}`

// ownField is a field of an organisation's own with two sample values.
type ownField struct {
	record.CustomField
	samples [2]any
}

// everyOwnField has one of each type, one that is sensitive and one that a record carries by choice.
var everyOwnField = []ownField{
	{record.CustomField{Name: "ownText", Type: "text"}, [2]any{"Élan", "Ørsted 2"}},
	{record.CustomField{Name: "ownLong", Type: "long"}, [2]any{"one\ntwo", "three"}},
	{record.CustomField{Name: "ownNumber", Type: "number", Class: policy.Finance, Min: "-99.5", Max: "1000000"}, [2]any{json.Number("12.5"), -3}},
	{record.CustomField{Name: "ownAmount", Type: "amount"}, [2]any{map[string]any{"amount": 1250, "currency": "EUR"}, map[string]any{"amount": -5, "currency": "JPY"}}},
	{record.CustomField{Name: "ownDate", Type: "date", Class: policy.Contact}, [2]any{"2000-02-29", "1999-12-31"}},
	{record.CustomField{Name: "ownFlag", Type: "flag"}, [2]any{true, false}},
	{record.CustomField{Name: "ownChoice", Type: "choice", Options: []string{"blue", "red"}}, [2]any{"blue", "red"}},
	{record.CustomField{Name: "ownChoices", Type: "choices", Options: []string{"vegan", "halal"}}, [2]any{[]any{"vegan"}, []any{"halal", "vegan"}}},
	{record.CustomField{Name: "ownLink", Type: "link"}, [2]any{"https://example.org/a", "https://example.org/b"}},
	{record.CustomField{Name: "ownFile", Type: "file"}, [2]any{}}, // ids of files
	{record.CustomField{Name: "ownSecret", Type: "text", Class: policy.Sensitive}, [2]any{"secret one", "two"}},
	{record.CustomField{Name: "ownExtra", Type: "number", Optional: true}, [2]any{42, json.Number("7.25")}},
}

// body is what a field is defined with.
func (f ownField) body(kind string) map[string]any {
	body := map[string]any{"for": kind, "name": f.Name, "label": "Own " + f.Type, "type": f.Type}
	for name, value := range map[string]string{"class": string(f.Class), "min": f.Min, "max": f.Max} {
		if value != "" {
			body[name] = value
		}
	}
	if f.Options != nil {
		body["options"] = f.Options
	}
	if f.Optional {
		body["optional"] = true
	}
	return body
}

// customKinds are the kinds an organisation may define fields for.
var customKinds = map[string]bool{"contact": true, "family": true, "company": true, "group": true}

// own lists the own fields of the kind's samples; none for a kind that has none.
func (s *suite) own() []ownField {
	if !customKinds[s.kind.Name] {
		return nil
	}
	return everyOwnField
}

// custom describes the own fields of the kind as records are checked with.
func (s *suite) custom() []record.CustomField {
	var fields []record.CustomField
	for _, f := range s.own() {
		f.Kind, f.Label = s.kind.Name, "Own "+f.Type
		fields = append(fields, f.CustomField)
	}
	return fields
}

// environment is what records are checked with where there is no store.
func (s *suite) environment() *record.Env {
	return &record.Env{Now: repositorytest.Noon, Channel: "api", Actor: "usr_1", Phones: phone.Plan{},
		Defaults: record.Defaults{Country: "BE", Language: "en"}, Fields: s.custom(), Kinds: s.kinds}
}

// value makes the nth sample of a field, 0 or 1.
func (s *suite) value(f *record.Field, n int) any {
	if v, ok := samples[s.kind.Name][f.Path]; ok {
		return v[n]
	}
	if f.List {
		var all []any
		for i := range n + 1 {
			all = append(all, s.single(f, i))
		}
		return all
	}
	return s.single(f, n)
}

func (s *suite) single(f *record.Field, n int) any {
	if len(f.Ref) > 0 {
		return s.id(f.Ref[0], n)
	}
	switch f.Type {
	case record.Object:
		object := map[string]any{}
		for _, inner := range f.Fields {
			if inner.Type == record.Flag && n > 0 || inner.System {
				continue // one main of them is enough
			}
			if value := s.value(inner, n); value != nil {
				object[inner.Name] = value
			}
		}
		return object
	case record.Map:
		return map[string]any{"first": fmt.Sprint("a", n), fmt.Sprint("n", n): "b"}
	case record.Values:
		values := map[string]any{}
		for _, own := range s.own() {
			values[own.Name] = s.ownValue(own, n)
		}
		return values
	case record.Number:
		return number(f, n)
	case record.Flag:
		return n == 0
	case record.Day:
		return []string{"2000-02-29", "1999-12-31"}[n]
	case record.Instant:
		return []string{"2026-11-20T08:00:00Z", "2026-11-19T09:30:00Z"}[n]
	case record.Email:
		return []string{"ada@example.org", "bob@example.com"}[n]
	case record.Phone:
		return []string{"+32471123456", "+32471123457"}[n]
	case record.Link:
		return []string{"https://example.org/a", "https://example.org/b"}[n]
	case record.Code:
		if codes := list.Codes(f.Values); len(codes) > 0 {
			return codes[n]
		}
	case record.Long:
		return []string{"one\ntwo", "three\nfour"}[n]
	}
	text := []rune([]string{"Élan ", "Ørsted "}[n] + s.mark + f.Name)
	return string(text[:min(len(text), f.Max)])
}

// number makes a number within the bounds of its field.
func number(f *record.Field, n int) int64 {
	value := int64(7 + n)
	if f.Least != nil {
		value = max(value, *f.Least+int64(n))
	}
	if f.Most != nil {
		value = min(value, *f.Most-int64(n))
	}
	return value
}

func (s *suite) ownValue(f ownField, n int) any {
	if f.Type == "file" {
		return s.id("file", n)
	}
	return f.samples[n]
}

// id names the nth record of a kind to refer to.
func (s *suite) id(kind string, n int) string {
	prefix := kind
	if k, ok := s.kinds.Kind(kind); ok {
		prefix = k.Prefix
	}
	return cmp.Or(s.ids[kind][n], fmt.Sprintf("%s_ref%d", prefix, n))
}

// minimal makes the body of a record with no more than it must have, full one with all it can have.
func (s *suite) minimal() map[string]any {
	return s.body(0, s.must)
}

// must tells whether a record needs a field.
func (s *suite) must(f *record.Field) bool {
	return f.Required || slices.Contains(needed[s.kind.Name], f.Name)
}

func (s *suite) full(n int) map[string]any {
	return s.body(n, func(*record.Field) bool { return true })
}

func (s *suite) body(n int, wanted func(*record.Field) bool) map[string]any {
	body := map[string]any{}
	for _, f := range s.kind.Fields {
		if f.System || !wanted(f) {
			continue
		}
		if value := s.value(f, n); value != nil {
			body[f.Name] = value
		}
	}
	return body
}

// patch makes the body that turns a record into the nth full one, as far as the kind lets it be changed.
func (s *suite) patch(n int) map[string]any {
	body := s.full(n)
	for _, f := range s.kind.Fields {
		if _, there := body[f.Name]; !there && !f.System {
			body[f.Name] = nil
		}
	}
	for _, name := range fixed[s.kind.Name] {
		delete(body, name)
	}
	return body
}
