package record_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/muster-crm/muster/shared/i18n"
	"github.com/muster-crm/muster/shared/index"
	"github.com/muster-crm/muster/shared/policy"
	"github.com/muster-crm/muster/shared/record"
)

func TestMask(t *testing.T) {
	for in, want := range map[string]string{"": "", "a": "•••", "12345": "•••", "123456": "•••456", "BE68 5390 0754 7034": "•••034", "ééééé": "•••", "élodié": "•••dié",
		"•••456": "•••456", "•••": "•••"} {
		if got := record.Mask(in); got != want {
			t.Errorf("%q is shown as %q, want %q", in, got, want)
		}
	}
}

func FuzzMask(f *testing.F) {
	for _, s := range []string{"", "a", "123456", "•••456", "••", "\xff\xff\xff\xff\xff\xff\xff"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got := record.Mask(s)
		if record.Mask(got) != got || (got == "") != (s == "") || s != "" && !record.Masked(got) {
			t.Fatalf("%q is shown as %q, and that as %q", s, got, record.Mask(got))
		}
		if record.Masked(s) {
			return
		}
		end := strings.TrimPrefix(got, "•••")
		if n := utf8.RuneCountInString(end); n > 3 || n > 0 && utf8.RuneCountInString(s) < 6 {
			t.Fatalf("%q is shown as %q", s, got)
		}
	})
}

// Every type of own field that is sensitive is masked, and its mask is taken back as no change.
func TestEverySensitiveType(t *testing.T) {
	var fields []record.CustomField
	for _, f := range ownFields {
		f.Class = policy.Sensitive
		fields = append(fields, f)
	}
	values := map[string][2]string{"size": {`"S"`, "•••"}, "note": {`"012345"`, "•••345"}, "story": {`"a\nlong one"`, "•••one"}, "weight": {"12.3456", "•••456"},
		"fee": {`{"amount":123456,"currency":"EUR"}`, "•••"}, "since": {`"2024-02-29"`, "•••"}, "keen": {"false", "•••"}, "diets": {`["vegan","halal"]`, "•••"},
		"site": {`"https://example.org/abc"`, "•••abc"}, "scan": {`"fil_0123456"`, "•••"}, "pin": {`"12345"`, "•••"}, "shoe": {`""`, ""}}
	for _, f := range fields {
		value, ok := values[f.Name]
		if !ok {
			if f.Kind == "thing" {
				t.Errorf("no value of %s", f.Name)
			}
			continue
		}
		e := env()
		e.Fields = fields
		x := create(t, `{"name":"a","custom":{"`+f.Name+`":`+value[0]+`}}`)
		if err := things.Check(x, e); err != nil {
			t.Fatal(f.Name, faultsOf(t, err))
		}
		for _, role := range policy.Roles() {
			shown := things.Hide(x, policy.For(policy.Actor{}, role), fields).(*thing)
			if got := shown.Custom[f.Name]; got != value[1] {
				t.Errorf("%s sees %s as %v", role, f.Name, got)
			}
			patch, err := json.Marshal(map[string]any{"name": "b", "custom": shown.Custom})
			if err != nil {
				t.Fatal(err)
			}
			next, err := things.Patch(x, patch)
			if err != nil {
				t.Fatal(f.Name, faultsOf(t, err))
			}
			if diff := cmp.Diff(x.Custom, next.(*thing).Custom); diff != "" {
				t.Errorf("%s sends back the mask of %s: %s", role, f.Name, diff)
			}
		}
		if s := things.Schema(fields); !slices.ContainsFunc(s.Columns, func(c index.Column) bool {
			return c.Path == "custom."+f.Name && c.Type == "filled" && c.Class == policy.Contact
		}) && f.Name != "story" {
			t.Errorf("the index knows not whether there is %s", f.Name)
		}
	}
	for _, c := range things.Schema(fields).Columns {
		if strings.HasPrefix(c.Path, "custom.") && c.Type != "filled" {
			t.Errorf("the index holds %s", c.Path)
		}
	}
}

func TestMaskSentBackLeavesTheValue(t *testing.T) {
	x := create(t, `{"name":"Lamp","account":"BE68539007547034","paper":{"number":"1234567","by":"Harbour"},"custom":{"pin":"0123456"}}`)
	for patch, want := range map[string]string{
		`{"account":"•••034"}`: `{}`,
		`{"account":"•••"}`:    `{}`,
		`{"account":"•••034","paper":{"number":"•••567","by":"Town"}}`: `{"paper":{"number":"1234567","by":"Town"}}`,
		`{"paper":{"number":"•••567","by":"•••our"}}`:                  `{}`,
		`{"paper":{"number":"•••567","by":null}}`:                      `{"paper":{"number":"1234567","by":null}}`,
		`{"custom":{"pin":"•••456","note":"x"}}`:                       `{"custom":{"note":"x"}}`,
		`{"account":null}`:                      `{"account":null}`,
		`{"account":"BE71096123456769"}`:        `{"account":"BE71096123456769"}`,
		`{"paper":{"number":"7654321"}}`:        `{"paper":{"number":"7654321"}}`,
		`{"custom":{"pin":"•••"},"name":"Lam"}`: `{"name":"Lam"}`,
	} {
		got, err := things.Patch(x, []byte(patch))
		if err != nil {
			t.Fatal(patch, faultsOf(t, err))
		}
		expect, err := things.Patch(x, []byte(want))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(expect, got); diff != "" {
			t.Errorf("%s: %s", patch, diff)
		}
	}
	// The mask of another value is no value: somebody typed it, or the record has moved on.
	for patch, want := range map[string][]string{
		`{"account":"•••035"}`:          {"account masked"},
		`{"paper":{"by":"•••567"}}`:     {"paper.by masked"},
		`{"custom":{"pin":"•••457"}}`:   {"custom.pin masked"},
		`{"custom":{"size":"•••"}}`:     {"custom.size bad_choice"},
		`{"name":"•••","account":null}`: nil,
	} {
		next, err := things.Patch(x, []byte(patch))
		if err != nil {
			t.Fatal(patch, faultsOf(t, err))
		}
		e := env()
		e.Before = x
		if diff := cmp.Diff(want, faultsOf(t, things.Check(next, e))); diff != "" {
			t.Errorf("%s: %s", patch, diff)
		}
	}
}

// What is hidden is in nothing that is told: no change, no sentence.
func TestHistoryShowsMasks(t *testing.T) {
	before := create(t, `{"name":"a","gender":"other","account":"BE68539007547034","paper":{"number":"1234567"},"cost":{"amount":5,"currency":"EUR"},
		"custom":{"pin":"0123456","weight":12.5,"gone":"x"}}`)
	after := create(t, `{"name":"b","gender":"male","account":"BE71096123456769","paper":{"number":"7654321","by":"Town"},"custom":{"pin":"987654"}}`)
	changes, err := things.Diff(before, after)
	if err != nil {
		t.Fatal(err)
	}
	stored := fmt.Sprint(changes)
	whole := record.Change{Action: "thing.edit", Fields: changes}
	for role, want := range map[policy.Role][]string{
		policy.Owner: {`name "a" "b"`, `gender "other" "male"`, `account "•••034" "•••769"`, `paper {"number":"•••567"} {"by":"•••","number":"•••321"}`,
			`cost {"amount":5,"currency":"EUR"} `, `custom.pin "•••456" "•••654"`, `custom.weight 12.5 `},
		policy.Reader: {`name "a" "b"`, `gender "other" "male"`, `account "•••034" "•••769"`, `paper {"number":"•••567"} {"by":"•••","number":"•••321"}`,
			`custom.pin "•••456" "•••654"`},
		"stranger": nil,
	} {
		shown := things.HideChange(whole, policy.For(policy.Actor{}, role), ownFields)
		var got []string
		for _, f := range shown.Fields {
			got = append(got, strings.Join([]string{f.Field, string(f.From), string(f.To)}, " "))
		}
		slices.Sort(got)
		slices.Sort(want)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%q: %s", role, diff)
		}
		p := i18n.New(i18n.English, nil)
		for _, f := range shown.Fields {
			text := things.Show(p, f.Field, f.From, record.Own{Fields: ownFields}) + things.Show(p, f.Field, f.To, record.Own{Fields: ownFields})
			for _, secret := range []string{"BE68", "BE71", "1234567", "7654321", "0123456", "987654", "Town"} {
				if strings.Contains(text, secret) {
					t.Errorf("%q is told %s", role, text)
				}
			}
		}
	}
	if fmt.Sprint(changes) != stored || !strings.Contains(stored, "BE68539007547034") && !strings.Contains(fmt.Sprintf("%s", changes), "BE68539007547034") {
		t.Error("the stored change lost its values")
	}
	// Even a change that nobody has hidden is told with masks.
	p := i18n.New(i18n.English, nil)
	if got := things.Show(p, "account", []byte(`"BE68539007547034"`)); got != "•••034" {
		t.Errorf("an account is told as %q", got)
	}
	if got := things.Show(p, "custom.pin", []byte(`"0123456"`), record.Own{Fields: ownFields}); got != "•••456" {
		t.Errorf("a pin is told as %q", got)
	}
}
