package record_test

import (
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
	if diff := cmp.Diff(p.Moment(noon), things.Show(p, "seen", []byte(`"2026-11-21T12:00:00Z"`))); diff != "" {
		t.Error(diff)
	}
}
