package record_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/muster-crm/muster/shared/fold"
	"github.com/muster-crm/muster/shared/i18n"
	"github.com/muster-crm/muster/shared/list"
	"github.com/muster-crm/muster/shared/query"
	"github.com/muster-crm/muster/shared/record"
)

func TestQueryFieldsByName(t *testing.T) {
	fields := things.QueryFields(append(ownFields, record.CustomField{Kind: "thing", Name: "count", Type: "text"}))
	for name, want := range map[string]string{
		"name": "name text", "NAME": "name text", "called": "name text", "tag": "tags code", "tags": "tags code", "part": "parts.text text",
		"parts.text": "parts.text text", "years": "years number", "born": "born date", "keys": "keys.* code", "keys.*": "keys.* code",
		"size": "custom.size code", "custom.size": "custom.size code", "note": "custom.note text",
		"count": "count number", "custom.count": "custom.count text", // the kind's own field keeps its name
		"id": "id code", "created": "createdAt instant", "changed": "updatedAt instant", "deletedBy": "deletedBy code", "version": "version number",
		"story": "", "account": "account filled", "paper": "paper filled", "paper.number": "", "pin": "custom.pin filled",
		"weight": "custom.weight number", "fee": "custom.fee.amount number", "fee.currency": "custom.fee.currency code", "custom.fee": "custom.fee.amount number",
		"cost": "cost.amount number", "cost.amount": "cost.amount number", "cost.currency": "cost.currency code", "diets": "custom.diets code", "secret": "", "custom": "", "parts": "", "": "", "custom.secret": "",
	} {
		f, ok := fields.Field(name)
		got := ""
		if ok {
			got = f.Path + " " + string(f.Type)
		}
		if got != want {
			t.Errorf("%q is %q, want %q", name, got, want)
		}
	}
}

// A code is found by itself and by its label in any language.
func TestValuesOfLists(t *testing.T) {
	fields := things.QueryFields(nil)
	for text, want := range map[string]string{
		"gender:female":              "female",
		"gender:FEMALE":              "female",
		"gender:Vrouw":               "female",
		"gender:Femme":               "female",
		"gender:mujer":               "female",
		"country:BE":                 "BE",
		"country:be":                 "BE",
		"country:België":             "BE",
		"country:belgique":           "BE",
		"country:Bélgica":            "BE",
		"country:Belgium":            "BE",
		`country:"Verenigde Staten"`: "US",
		"parts.kind:vader":           "father",
		"gender:gone":                "",
		"country:atlantis":           "",
		"country:B":                  "",
		"tag:gone":                   "gone", // tags are anything
	} {
		e, err := query.Parse(text, fields)
		term, _ := e.(query.Term)
		switch {
		case want == "" && err == nil:
			t.Errorf("%s was read as %+v", text, e)
		case want != "" && (err != nil || term.Value != want):
			t.Errorf("%s: %+v, %v; want %q", text, e, err, want)
		}
	}
}

// Every label of every list leads to its code: no two codes of a list are called the same in any two languages.
func TestEveryLabelLeadsToItsCode(t *testing.T) {
	for _, name := range list.BuiltIn().Names() {
		k := record.Define[thing]("thing", "things", "thg")
		f, _ := k.Field("gender")
		f.Values = name
		field, ok := k.QueryFields(nil).Field("gender")
		if !ok || field.Values == nil {
			t.Fatalf("no values of list %s", name)
		}
		for _, code := range list.Codes(name) {
			if got := field.Values[fold.String(code)]; got != code {
				t.Errorf("%s: the code %s leads to %q", name, code, got)
			}
			for _, language := range i18n.Languages() {
				p := i18n.New(language, nil)
				label := p.Country(code)
				if name == list.Currency {
					label = code
				} else if name != list.Country {
					if key := "list." + name + "." + code; !p.Has(key) {
						t.Errorf("%s lacks %s", language, key)
						continue
					} else {
						label = p.T(key)
					}
				}
				if got := field.Values[fold.String(label)]; got != code {
					t.Errorf("%s %s: %q leads to %q, not %q", name, language, label, got, code)
				}
			}
		}
	}
}

func TestValuesAreGatheredOnce(t *testing.T) {
	fields := things.QueryFields(nil)
	fields.Field("country")
	if n := testing.AllocsPerRun(100, func() { fields.Field("country") }); n > 0 {
		t.Errorf("a field costs %v allocations", n)
	}
}

func TestUnknownListTakesAnyValue(t *testing.T) {
	k := record.Define[thing]("thing", "things", "thg")
	f, _ := k.Field("gender")
	f.Values = "colour"
	if field, ok := k.QueryFields(nil).Field("gender"); !ok || field.Values != nil {
		t.Errorf("%+v", field)
	}
}

func sentence(t *testing.T, language i18n.Language, action string, pairs ...string) string {
	t.Helper()
	c := record.Change{Action: "thing." + action}
	for i := 0; i < len(pairs); i += 3 {
		f := record.FieldChange{Field: pairs[i]}
		if pairs[i+1] != "" {
			f.From = []byte(pairs[i+1])
		}
		if pairs[i+2] != "" {
			f.To = []byte(pairs[i+2])
		}
		c.Fields = append(c.Fields, f)
	}
	return record.Sentence(i18n.New(language, nil), contacts, c)
}

// contacts have labels, which things have not.
var contacts = record.Define[person]("contact", "contacts", "con")

type person struct {
	record.Meta
	FirstName   string            `json:"firstName,omitempty" field:"required"`
	Gender      string            `json:"gender,omitempty" field:"list=gender"`
	Born        record.Date       `json:"birthDate,omitempty"`
	Newsletter  *bool             `json:"newsletter,omitempty"`
	Emails      []mailbox         `json:"emails,omitempty"`
	Countries   []string          `json:"tags,omitempty" field:"list=country"`
	ExternalIDs map[string]string `json:"externalIds,omitempty"`
	Custom      record.Custom     `json:"custom,omitempty"`
}

type mailbox struct {
	Kind    string `json:"kind,omitempty" field:"list=emailKind"`
	Address string `json:"address,omitempty" field:"email"`
	Main    bool   `json:"main,omitempty"`
}

func TestSentences(t *testing.T) {
	for want, got := range map[string]string{
		"Created":                                                sentence(t, i18n.English, "create", "firstName", "", `"Jan"`),
		"Moved to the trash":                                     sentence(t, i18n.English, "trash"),
		"Restored from the trash":                                sentence(t, i18n.English, "restore"),
		"First name: from Jan to Piet":                           sentence(t, i18n.English, "edit", "firstName", `"Jan"`, `"Piet"`),
		"Voornaam: van Jan naar Piet":                            sentence(t, i18n.Dutch, "edit", "firstName", `"Jan"`, `"Piet"`),
		"Gender: set to Female":                                  sentence(t, i18n.English, "edit", "gender", "", `"female"`),
		"Newsletter: from Yes to No":                             sentence(t, i18n.English, "edit", "newsletter", "true", "false"),
		"Tags: set to Belgium; France":                           sentence(t, i18n.English, "edit", "tags", "", `["BE","FR"]`),
		"E-mail addresses: a@example.org; b@example.org removed": sentence(t, i18n.English, "edit", "emails", `[{"kind":"work","address":"a@example.org","main":true},{"address":"b@example.org"}]`, ""),
		"External IDs shop: set to 7":                            sentence(t, i18n.English, "edit", "externalIds.shop", "", `"7"`),
		"size: set to M":                                         sentence(t, i18n.English, "edit", "custom.size", "", `"M"`),
		"Changed First name and Gender":                          sentence(t, i18n.English, "edit", "firstName", "", `"a"`, "gender", "", `"male"`),
		"Took back a change of First name and Gender":            sentence(t, i18n.English, "revert", "firstName", "", `"a"`, "gender", "", `"male"`),
		"Changed something you may not see":                      sentence(t, i18n.English, "edit"),
	} {
		if got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

// tell gives the English sentence of a thing's change, with the organisation's words.
func tell(language i18n.Language, field, from, to string) string {
	change := record.FieldChange{Field: field}
	if from != "" {
		change.From = []byte(from)
	}
	if to != "" {
		change.To = []byte(to)
	}
	var fields []record.CustomField
	for _, f := range ownFields {
		f.Kind = contacts.Name
		fields = append(fields, f)
	}
	own := record.Own{Fields: fields, Lists: list.BuiltIn().Replace("gender", []list.Value{{Code: "female", Label: "Lady"}, {Code: "male"}}),
		Title: func(id string) string { return map[string]string{"thg_2": "Lamp", "fil_1": "scan.pdf"}[id] }}
	return record.Sentence(i18n.New(language, nil), contacts, record.Change{Action: "contact.edit", Fields: []record.FieldChange{change}}, own)
}

func TestSentencesOfEveryType(t *testing.T) {
	for _, c := range []struct{ field, from, to, want string }{
		{"custom.size", "", `"M"`, "Size: set to M"},
		{"custom.weight", "12.5", "-1234.000001", "Weight: from 12.5 to −1,234.000001"},
		{"custom.fee", "", `{"amount":123456,"currency":"EUR"}`, "Fee: set to €1,234.56"},
		{"custom.fee", `{"amount":5,"currency":"JPY"}`, `{"amount":-5,"currency":"CHF"}`, "Fee: from JPY 5 to CHF −0.05"},
		{"custom.since", "", `"2024-02-29"`, "Since: set to 29/02/2024"},
		{"custom.keen", "true", "false", "Keen: from Yes to No"},
		{"custom.diets", "", `["vegan","none"]`, "Diets: set to vegan; none"},
		{"custom.site", `"https://example.org"`, "", "Site: https://example.org removed"},
		{"custom.scan", "", `"fil_1"`, "Scan: set to scan.pdf"},
		{"custom.scan", "", `"fil_2"`, "Scan: set to fil_2"},
		{"custom.pin", `"0123456"`, `"12345"`, "Pin: from •••456 to •••"},
		{"custom.shoe", "", `""`, "Shoe: added to the profile, still empty"},
		{"custom.shoe", `""`, "", "Shoe: taken off the profile"},
		{"custom.shoe", `""`, "42", "Shoe: set to 42"},
		{"custom.shoe", "42", `""`, "Shoe: 42 removed"},
		{"custom.gone", "", `"x"`, "gone: set to x"},
		{"gender", `"male"`, `"female"`, "Gender: from Male to Lady"},
		{"custom.fee.currency", "", `"EUR"`, "Fee: currency: set to EUR"},
	} {
		if got := tell(i18n.English, c.field, c.from, c.to); got != c.want {
			t.Errorf("%q, want %q", got, c.want)
		}
	}
	for language, want := range map[i18n.Language]string{
		i18n.Dutch: "Fee: van € 1.234,50 naar € −0,05", i18n.French: "Fee\u00a0: de 1 234,50 € à −0,05 €", i18n.Spanish: "Fee: de 1234,50 € a −0,05 €",
	} {
		if got := tell(language, "custom.fee", `{"amount":123450,"currency":"EUR"}`, `{"amount":-5,"currency":"EUR"}`); got != strings.ReplaceAll(want, " €", " €") &&
			got != strings.ReplaceAll(want, "€ ", "€ ") {
			t.Errorf("%s: %q, want %q", language, got, want)
		}
	}
}

// The organisation's own values are found by its own words for them, retired ones too.
func TestOwnWordsInQueries(t *testing.T) {
	lists := list.BuiltIn().Replace("gender", []list.Value{{Code: "female", Label: "Lady"}, {Code: "male", Retired: true}, {Code: "fluid", Label: "Gender-fluid"}})
	fields := things.QueryFields(ownFields, lists)
	for text, want := range map[string]string{"gender:lady": "female", "gender:female": "female", "gender:Vrouw": "female", "gender:man": "male", "gender:FLUID": "fluid",
		`gender:"gender-fluid"`: "fluid", "gender:other": "", "country:Belgium": "BE", "fee.currency:eur": "EUR", "cost.currency:EUR": "EUR", "size:M": "M"} {
		e, err := query.Parse(text, fields)
		term, _ := e.(query.Term)
		if (err != nil) != (want == "") || term.Value != want {
			t.Errorf("%s: %+v, %v; want %q", text, e, err, want)
		}
	}
	for name, want := range map[string]int{"weight": 6, "shoe": 6, "fee": 2, "custom.fee.amount": 2, "cost": 2, "cost.amount": 2, "count": 0, "number": 0} {
		if f, ok := fields.Field(name); !ok || f.Decimals != want || f.Type != query.TypeNumber {
			t.Errorf("%s is %+v", name, f)
		}
	}
	if n := testing.AllocsPerRun(100, func() { fields.Field("gender") }); n > 0 {
		t.Errorf("a field costs %v allocations", n)
	}
}

func TestShow(t *testing.T) {
	p := i18n.New(i18n.English, nil)
	for _, c := range []struct{ path, raw, want string }{
		{"firstName", "", ""},
		{"firstName", `"Jan"`, "Jan"},
		{"nothing", `"Jan"`, `"Jan"`},
		{"firstName", `{`, `{`},
		{"gender", `"retired"`, "retired"},
		{"birthDate", `"2000-02-29"`, p.Date("2000-02-29")},
		{"firstName", `null`, ""},
		{"firstName", `1234`, p.Number(1234)},
	} {
		raw := []byte(c.raw)
		if c.raw == "" {
			raw = nil
		}
		if got := contacts.Show(p, c.path, raw); got != c.want {
			t.Errorf("%s %s: %q, want %q", c.path, c.raw, got, c.want)
		}
	}
}

func TestSystemInstantsAreShown(t *testing.T) {
	p := i18n.New(i18n.English, nil)
	own := record.Own{Lists: list.BuiltIn().Replace("gender", []list.Value{{Code: "female", Label: "Lady"}})}
	for code, want := range map[string]string{"female": "Lady", "male": "Male", "gone": "gone"} {
		if got := own.CodeLabel(p, "gender", code); got != want {
			t.Errorf("%s is called %q", code, got)
		}
	}
	if got := own.CodeLabel(p, "currency", "EUR") + own.CodeLabel(p, "country", "BE"); got != "EURBelgium" {
		t.Errorf("%q", got)
	}
	if diff := cmp.Diff(p.Moment(noon), things.Show(p, "seen", []byte(`"2026-11-21T12:00:00Z"`))); diff != "" {
		t.Error(diff)
	}
}
