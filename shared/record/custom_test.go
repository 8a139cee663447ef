package record_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/muster-crm/muster/shared/list"
	"github.com/muster-crm/muster/shared/policy"
	"github.com/muster-crm/muster/shared/record"
)

// TestEveryOwnType puts every kind of value into every type of own field: taken in its canonical form, or refused.
func TestEveryOwnType(t *testing.T) {
	const scheme = "bad_url"
	for value, want := range map[string]string{ // "field value": what is kept, or the fault's end
		`note "  x "`:       `"x"`,
		`note "a\nb"`:       `"a b"`,
		`note 3`:            `! bad_type`,
		`note true`:         `! bad_type`,
		`note ["x"]`:        `! bad_type`,
		`note {"amount":1}`: `! bad_type`,
		`note ""`:           ``,
		`note "•••"`:        `"•••"`,
		`note "` + strings.Repeat("é", 255) + `"`: `"` + strings.Repeat("é", 255) + `"`,
		`note "` + long(256) + `"`:                `! too_long`,

		`story " a\r\nb "`:            `"a\nb"`,
		`story "` + long(10001) + `"`: `! too_long`,
		`story 1`:                     `! bad_type`,

		`weight 12.50`:      `12.5`,
		`weight -0.0`:       `0`,
		`weight 0.000001`:   `0.000001`,
		`weight 99.5`:       `99.5`,
		`weight 99.500001`:  `! too_large`,
		`weight -0.5`:       `-0.5`,
		`weight -0.6`:       `! too_small`,
		`weight "12"`:       `! bad_type`,
		`weight true`:       `! bad_type`,
		`shoe 123456789012`: `123456789012`,

		`fee {"amount":1250,"currency":"EUR"}`:          `{"amount":1250,"currency":"EUR"}`,
		`fee {"currency":" EUR ","amount":0}`:           `{"amount":0,"currency":"EUR"}`,
		`fee {"amount":-5,"currency":"JPY"}`:            `{"amount":-5,"currency":"JPY"}`,
		`fee {"amount":12.5,"currency":"EUR"}`:          `!.amount bad_type`,
		`fee {"amount":"5","currency":"EUR"}`:           `!.amount bad_type`,
		`fee {"amount":9999999999999,"currency":"EUR"}`: `!.amount bad_type`,
		`fee {"amount":5,"currency":"eur"}`:             `!.currency bad_choice`,
		`fee {"amount":5,"currency":7}`:                 `!.currency bad_choice`,
		`fee {"amount":5}`:                              `!.currency required`,
		`fee {"currency":"EUR"}`:                        `!.amount required`,
		`fee {}`:                                        ``,
		`fee 5`:                                         `! bad_type`,
		`fee "5"`:                                       `! bad_type`,
		`since "2024-02-29"`:                            `"2024-02-29"`,
		`since "2023-02-29"`:                            `! bad_date`,
		`since 20240229`:                                `! bad_type`,
		`keen true`:                                     `true`,
		`keen false`:                                    `false`,
		`keen "true"`:                                   `! bad_type`,
		`keen ""`:                                       ``,
		`size "S"`:                                      `"S"`,
		`size "s"`:                                      `! bad_choice`,
		`size 1`:                                        `! bad_type`,
		`diets ["vegan","none"]`:                        `["vegan","none"]`,
		`diets ["none"," none ","","vegan"]`:            `["none","vegan"]`,
		`diets []`:                                      ``,
		`diets ["","  "]`:                               ``,
		`diets ["vegan","fish"]`:                        `![1] bad_choice`,
		`diets "vegan"`:                                 `! bad_type`,
		`site "example.org/a"`:                          `"https://example.org/a"`,
		`site "http://example.org"`:                     `"http://example.org"`,
		`site "javascript:alert(1)"`:                    `! ` + scheme,
		`site "ftp://example.org"`:                      `! ` + scheme,
		`site "https://"`:                               `! ` + scheme,
		`site "https:// example.org"`:                   `! ` + scheme,
		`site "https://example.org/` + long(1981) + `"`: `! too_long`,
		`scan "fil_1"`:                                  `"fil_1"`,
		`scan 7`:                                        `! bad_type`,
		`pin "0123456"`:                                 `"0123456"`,
		`pin "•••456"`:                                  `! masked`,
		`shoe 42.5`:                                     `42.5`,
		`shoe ""`:                                       `""`, // carried, and still empty
		`shoe " "`:                                      `""`,
		`shoe null`:                                     ``,
		`nope "x"`:                                      `! unknown_member`,
		`nope ""`:                                       ``,
		`secret "of another kind"`:                      `! unknown_member`,
		`diets ["` + strings.Repeat(`x","`, 9) + `"]`: `![0] bad_choice`,
	} {
		name, raw, _ := strings.Cut(value, " ")
		x := create(t, `{"name":"a","custom":{"`+name+`":`+raw+`}}`)
		faults := faultsOf(t, things.Check(x, env()))
		if end, refused := strings.CutPrefix(want, "!"); refused {
			if diff := cmp.Diff([]string{"custom." + name + end}, faults); diff != "" {
				t.Errorf("%.80s: %s", value, diff)
			}
			continue
		}
		got := ""
		if kept, ok := x.Custom[name]; ok {
			encoded, err := json.Marshal(kept)
			if err != nil {
				t.Fatal(err)
			}
			got = string(encoded)
		}
		if got != want || faults != nil {
			t.Errorf("%.80s: %q, want %q; %v", value, got, want, faults)
		}
	}
}

// Numbers are never made floats on their way.
func TestNumbersStayExact(t *testing.T) {
	for in, want := range map[string]string{"0.1": "0.1", "123456789012.345678": "123456789012.345678", "-7.10": "-7.1", "1.0": "1", "9007199254740993": ""} {
		r, err := things.Create([]byte(`{"name":"a","custom":{"shoe":` + in + `}}`))
		if err != nil {
			t.Fatal(in, err)
		}
		if err := things.Check(r, env()); (err != nil) != (want == "") {
			t.Fatal(in, err)
		}
		if want == "" {
			continue // beyond what the index holds
		}
		for range 3 {
			value, err := things.Encode(r, nil)
			if err != nil || !strings.Contains(string(value), `"shoe":`+want+`}`) {
				t.Errorf("%s was stored as %s, %v", in, value, err)
			}
			if r, err = things.Decode(value, 1); err != nil {
				t.Fatal(err)
			}
			if r, err = things.Patch(r, []byte(`{"story":"x"}`)); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// Values that programs put into a record by hand take the form of those that came as JSON.
func TestValuesOfPrograms(t *testing.T) {
	x := create(t, `{"name":"a"}`)
	x.Custom = record.Custom{"weight": 7, "shoe": int64(42), "fee": record.Money{Amount: 5, Currency: "EUR"}, "diets": []string{"vegan", ""}, "note": nil}
	if err := things.Check(x, env()); err != nil {
		t.Fatal(faultsOf(t, err))
	}
	want := create(t, `{"name":"a","custom":{"weight":7,"shoe":42,"fee":{"amount":5,"currency":"EUR"},"diets":["vegan"]}}`)
	if diff := cmp.Diff(want.Custom, x.Custom); diff != "" {
		t.Error(diff)
	}
	x.Custom = record.Custom{"shoe": nil}
	if err := things.Check(x, env()); err != nil || x.Custom != nil {
		t.Errorf("nothing was taken for a choice: %v, %v", x.Custom, err)
	}
	x.Custom = record.Custom{"weight": 1.5}
	if got := faultsOf(t, things.Check(x, env())); !cmp.Equal(got, []string{"custom.weight bad_type"}) {
		t.Errorf("a float was taken: %v", got)
	}
}

func TestDefaultsOfOwnFields(t *testing.T) {
	e := env()
	e.Fields = []record.CustomField{
		{Kind: "thing", Name: "size", Type: "choice", Options: []string{"S", "M"}, Default: "M"},
		{Kind: "thing", Name: "weight", Type: "number", Default: json.Number("1.50"), Required: true},
		{Kind: "thing", Name: "keen", Type: "flag", Default: false},
		{Kind: "thing", Name: "diets", Type: "choices", Options: []string{"vegan"}, Default: []any{"vegan"}},
		{Kind: "thing", Name: "gone", Type: "choice", Options: []string{"a"}, Default: "b"}, // the choice was taken away
		{Kind: "thing", Name: "shoe", Type: "number", Default: json.Number("42"), Optional: true},
		{Kind: "other", Name: "secret", Type: "text", Default: "x"},
	}
	for body, want := range map[string]string{
		`{"name":"a"}`: `{"size":"M","weight":1.5,"keen":false,"diets":["vegan"]}`,
		`{"name":"a","custom":{"size":"S","weight":2,"keen":true,"diets":null}}`: `{"size":"S","weight":2,"keen":true,"diets":["vegan"]}`,
		`{"name":"a","custom":{"size":" ","shoe":""}}`:                           `{"size":"M","weight":1.5,"keen":false,"diets":["vegan"],"shoe":""}`,
	} {
		x := create(t, body)
		if err := things.Check(x, e); err != nil {
			t.Fatal(body, faultsOf(t, err))
		}
		var doc record.Custom
		if err := json.Unmarshal([]byte(want), &doc); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(doc, x.Custom); diff != "" {
			t.Errorf("%s: %s", body, diff)
		}
	}
	// An edit brings nothing that was not there.
	e.Before = create(t, `{"name":"a"}`)
	x := create(t, `{"name":"b"}`)
	if err := things.Check(x, e); err != nil || x.Custom != nil {
		t.Errorf("%v, %v", x.Custom, err)
	}
}

// A field that is required from today on is asked of new records, and of old ones that have a value already (SET-02).
func TestWhatIsRequiredFromTodayOn(t *testing.T) {
	e := env()
	e.Fields = append(e.Fields[:len(e.Fields):len(e.Fields)], record.CustomField{Kind: "thing", Name: "badge", Type: "text", Required: true},
		record.CustomField{Kind: "thing", Name: "hat", Type: "text", Required: true, Optional: true})
	e.Mandatory = []string{"story", "parts", "seen", "name", "sort", "nothing", "place.floor"}
	for _, c := range []struct {
		before, body string
		want         []string
	}{
		{"", `{"name":"a"}`, []string{"custom.badge required", "parts required", "seen required", "story required"}},
		{"", `{"name":"a","story":" ","parts":[{}],"custom":{"badge":" ","hat":""}}`, []string{"custom.badge required", "parts required", "seen required", "story required"}},
		{"", `{"story":"x","parts":[{"text":"y"}],"seen":"2026-11-21T12:00:00Z","custom":{"badge":"7"}}`, []string{"name required"}},
		{`{"name":"a"}`, `{"name":"b"}`, nil},
		{`{"name":"a"}`, `{"name":"b","story":"x"}`, nil},
		{`{"name":"a","story":"x","custom":{"badge":"7"}}`, `{"name":"a","story":"y","custom":{"badge":"8"}}`, nil},
		{`{"name":"a","story":"x","custom":{"badge":"7"}}`, `{"name":"a"}`, []string{"custom.badge required", "story required"}},
		{`{"name":"a","custom":{"note":"x"}}`, `{"name":"a"}`, nil},
	} {
		e.Before = nil
		if c.before != "" {
			e.Before = create(t, c.before)
		}
		if diff := cmp.Diff(c.want, faultsOf(t, things.Check(create(t, c.body), e))); diff != "" {
			t.Errorf("%s after %s: %s", c.body, c.before, diff)
		}
	}
	e.Before, e.Fields[len(e.Fields)-2].Class = nil, policy.Sensitive
	e.Fields = slices.Clone(e.Fields) // described anew
	for _, fills := range []bool{true, false} {
		e.Fills = func(c policy.Class) bool { return fills || c != policy.Sensitive }
		var want []string
		if fills {
			want = []string{"custom.badge required"}
		}
		if diff := cmp.Diff(want, faultsOf(t, things.Check(create(t, `{"name":"a","story":"x","parts":[{"text":"y"}],"seen":"2026-11-21T12:00:00Z"}`), e))); diff != "" {
			t.Errorf("somebody who may fill it (%v): %s", fills, diff)
		}
	}
}

// Codes are from the organisation's lists. A value that was retired, or taken away, stays where it is and goes nowhere
// else.
func TestRetiredCodesStay(t *testing.T) {
	e := env()
	e.Lists = list.BuiltIn().Replace("gender", []list.Value{{Code: "female"}, {Code: "male", Retired: true}, {Code: "fluid"}}).With("emailKind", "club")
	for _, c := range []struct {
		before, body string
		want         []string
	}{
		{"", `{"name":"a","gender":"fluid","parts":[{"kind":"club","text":"x"}]}`, nil},
		{"", `{"name":"a","gender":"male"}`, []string{"gender bad_choice"}},
		{"", `{"name":"a","gender":"other"}`, []string{"gender bad_choice"}},
		{`{"name":"a","gender":"male"}`, `{"name":"b","gender":"male"}`, nil},
		{`{"name":"a","gender":"other"}`, `{"name":"b","gender":"other"}`, nil}, // not known any more
		{`{"name":"a","gender":"female"}`, `{"name":"a","gender":"male"}`, []string{"gender bad_choice"}},
		{`{"name":"a","parts":[{"kind":"old","text":"x"}]}`, `{"name":"a","parts":[{"text":"y"},{"kind":"old","text":"z"}]}`, nil},
		{`{"name":"a","parts":[{"kind":"old","text":"x"}]}`, `{"name":"a","gender":"old"}`, []string{"gender bad_choice"}},
	} {
		e.Before = nil
		if c.before != "" {
			e.Before = create(t, c.before)
		}
		if diff := cmp.Diff(c.want, faultsOf(t, things.Check(create(t, c.body), e))); diff != "" {
			t.Errorf("%s after %s: %s", c.body, c.before, diff)
		}
	}
}

// REC-32: a record carries its optional fields by choice.
func TestOptionalFieldsAreChosen(t *testing.T) {
	var shoe, note record.CustomField
	for _, f := range ownFields {
		switch f.Name {
		case "shoe":
			shoe = f
		case "note":
			note = f
		}
	}
	x := create(t, `{"name":"a"}`)
	for _, c := range []struct {
		patch   string
		carries bool
		told    string
	}{
		{`{"custom":{"shoe":""}}`, true, `custom.shoe  ""`},
		{`{"custom":{"shoe":42}}`, true, `custom.shoe "" 42`},
		{`{"custom":{"shoe":""}}`, true, `custom.shoe 42 ""`},
		{`{"custom":{"shoe":null}}`, false, `custom.shoe "" `},
		{`{"custom":{"shoe":7}}`, true, `custom.shoe  7`},
		{`{"custom":{"shoe":null}}`, false, `custom.shoe 7 `},
	} {
		e := env()
		e.Before = x
		r, err := things.Patch(x, []byte(c.patch))
		if err != nil {
			t.Fatal(err)
		}
		if err := things.Check(r, e); err != nil {
			t.Fatal(c.patch, faultsOf(t, err))
		}
		next := r.(*thing)
		if next.Custom.Carries(shoe) != c.carries || !next.Custom.Carries(note) {
			t.Errorf("%s: %v", c.patch, next.Custom)
		}
		changes, err := things.Diff(x, next)
		if err != nil || len(changes) != 1 {
			t.Fatal(changes, err)
		}
		if got := strings.Join([]string{changes[0].Field, string(changes[0].From), string(changes[0].To)}, " "); got != c.told {
			t.Errorf("%s: %q, want %q", c.patch, got, c.told)
		}
		x = next
	}
}

func TestFieldOfOwn(t *testing.T) {
	fields := things.OwnFields(ownFields)
	if len(fields) != len(ownFields)-1 || fields[0].Path != "custom.size" || fields[0].Own.Label != "Size" {
		t.Fatalf("%d fields, first %+v", len(fields), fields[0])
	}
	if got := boxes.OwnFields([]record.CustomField{{Kind: "box", Name: "a", Type: "text"}}); got != nil {
		t.Errorf("a kind without own values has fields %v", got)
	}
	for path, want := range map[string]policy.Class{"name": policy.Public, "gender": policy.Contact, "parts[2].text": policy.Contact, "paper.number": policy.Sensitive,
		"custom.pin": policy.Sensitive, "custom.weight": policy.Finance, "custom.fee": policy.Public, "custom.fee.amount": policy.Public,
		"custom.gone": policy.Sensitive, "nothing": policy.Sensitive, "cost.amount": policy.Finance} {
		if got := things.Class(path, ownFields); got != want {
			t.Errorf("%s is of class %s, want %s", path, got, want)
		}
	}
}

func TestMoney(t *testing.T) {
	for _, c := range []struct {
		text, currency, back string
		amount               int64
		ok                   bool
	}{
		{"12.5", "EUR", "12.50", 1250, true}, {"-0.01", "EUR", "-0.01", -1, true}, {"12.505", "EUR", "0.00", 0, false}, {"100", "JPY", "100", 100, true},
		{"100.5", "JPY", "0", 0, false}, {"1.234", "KWD", "1.234", 1234, true}, {"99999999999999", "EUR", "", 9999999999999900, false}, {"", "EUR", "0.00", 0, false},
	} {
		m, ok := record.ReadMoney(c.text, c.currency)
		if ok != c.ok || m.Amount != c.amount || ok && m.Text() != c.back {
			t.Errorf("%q %s is %+v, %v", c.text, c.currency, m, ok)
		}
	}
	for body, want := range map[string][]string{
		`{"name":"a","cost":{"amount":1250,"currency":"EUR"}}`: nil,
		`{"name":"a","cost":{"amount":0,"currency":"EUR"}}`:    nil,
		`{"name":"a","cost":{"amount":0,"currency":""}}`:       nil, // no value
		`{"name":"a","cost":{"amount":5}}`:                     {"cost.currency required"},
		`{"name":"a","cost":{"amount":5,"currency":"XXX"}}`:    {"cost.currency bad_choice"},
	} {
		x := create(t, body)
		if diff := cmp.Diff(want, faultsOf(t, things.Check(x, env()))); diff != "" {
			t.Errorf("%s: %s", body, diff)
		}
	}
}

func TestNumbersLinksAndReferences(t *testing.T) {
	for body, want := range map[string][]string{
		`{"name":"a","shirt":0}`:                            nil,
		`{"name":"a","shirt":999}`:                          nil,
		`{"name":"a","shirt":-1}`:                           {"shirt too_small"},
		`{"name":"a","shirt":1000}`:                         {"shirt too_large"},
		`{"name":"a","page":"javascript:alert(1)"}`:         {"page bad_url"},
		`{"name":"a","page":"mailto:x@example.org"}`:        {"page bad_url"},
		`{"name":"a","page":"data://x"}`:                    {"page bad_url"},
		`{"name":"a","friend":"` + long(256) + `"}`:         {"friend too_long"},
		`{"name":"a","account":"•••034"}`:                   {"account masked"},
		`{"name":"a","paper":{"number":"•••","by":"Town"}}`: {"paper.number masked"},
	} {
		if diff := cmp.Diff(want, faultsOf(t, things.Check(create(t, body), env()))); diff != "" {
			t.Errorf("%s: %s", body, diff)
		}
	}
	x := create(t, `{"name":"a","page":" example.org ","friend":"box_1","friends":["thg_2","thg_3"],"custom":{"scan":"fil_1","note":"fil_2"}}`)
	if err := things.Check(x, env()); err != nil || x.Page != "https://example.org" {
		t.Errorf("%q, %v", x.Page, err)
	}
	want := []record.Reference{{"friend", []string{"thing", "box"}, "box_1"}, {"friends[0]", []string{"thing"}, "thg_2"}, {"friends[1]", []string{"thing"}, "thg_3"},
		{"custom.scan", []string{"file"}, "fil_1"}}
	if diff := cmp.Diff(want, things.References(x, ownFields)); diff != "" {
		t.Error(diff)
	}
	changes, err := things.Diff(nil, x)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"box_1", "thg_2", "thg_3", "fil_1"}, things.IDs(record.Change{Fields: changes}, ownFields)); diff != "" {
		t.Error(diff)
	}
}
