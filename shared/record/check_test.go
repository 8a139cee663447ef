package record_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/muster-crm/muster/shared/policy"
	"github.com/muster-crm/muster/shared/record"
)

func TestClean(t *testing.T) {
	for in, want := range map[string][2]string{ // one line, lines
		"":                      {"", ""},
		"plain":                 {"plain", "plain"},
		"  a  b ":               {"a  b", "a  b"},
		"a\tb":                  {"a b", "a\tb"},
		"a\nb":                  {"a b", "a\nb"},
		"a\r\nb\rc":             {"a b c", "a\nb\nc"},
		"a\u2028b\u0085c":       {"a b c", "a\nb\nc"},
		"\u00a0a\u00a0b\u2003":  {"a b", "a b"},
		"e\u0301":               {"é", "é"},
		"e\u200b\u0301":         {"é", "é"},
		"a\u0000b\u0007":        {"ab", "ab"},
		"co\u00adoperative":     {"cooperative", "cooperative"},
		"\ufeffa\u202eb\u2066c": {"abc", "abc"},
		"\u200b \u2060":         {"", ""},
		"👩\u200d👩":              {"👩\u200d👩", "👩\u200d👩"},
		"\u05d0\u200f":          {"\u05d0\u200f", "\u05d0\u200f"},
		"<b>":                   {"<b>", "<b>"},
		"\xff":                  {"\ufffd", "\ufffd"},
		"\n\ta":                 {"a", "a"},
	} {
		if got := record.Clean(in, false); got != want[0] {
			t.Errorf("%q as one line: %q, want %q", in, got, want[0])
		}
		if got := record.Clean(in, true); got != want[1] {
			t.Errorf("%q as lines: %q, want %q", in, got, want[1])
		}
	}
}

// TestEveryRule breaks each rule once, at its path.
func TestEveryRule(t *testing.T) {
	for body, want := range map[string][]string{
		`{"name":"Lamp"}`:                                 nil,
		`{}`:                                              {"name required"},
		`{"name":"  \t"}`:                                 {"name required"},
		`{"name":"0123456789"}`:                           nil,
		`{"name":"0123456789x"}`:                          {"name too_long"},
		`{"name":"éééééééééé"}`:                           nil,
		`{"name":"bad"}`:                                  {"name bad_name"},
		`{"name":"a","story":"` + long(20) + `"}`:         nil,
		`{"name":"a","story":"` + long(21) + `"}`:         {"story too_long"},
		`{"name":"a","gender":"x"}`:                       {"gender bad_choice"},
		`{"name":"a","gender":"Female"}`:                  {"gender bad_choice"},
		`{"name":"a","country":"be"}`:                     {"country bad_choice"},
		`{"name":"a","born":"2023-02-29"}`:                {"born bad_date"},
		`{"name":"a","born":"29/02/2024"}`:                {"born bad_date"},
		`{"name":"a","tags":["a","b","c"]}`:               nil,
		`{"name":"a","tags":["a","b","c","d","toolong"]}`: {"tags too_many", "tags[4] too_long"},
		`{"name":"a","tags":["a"," ","","b"]}`:            nil,
		`{"name":"a","parts":[{},{"kind":" "}]}`:          nil,
		`{"name":"a","parts":[{"kind":"work"}]}`:          {"parts[0].text required"},
		`{"name":"a","parts":[{"text":"a"},{"text":"123456789","kind":"x"}]}`:        {"parts[1].kind bad_choice", "parts[1].text too_long"},
		`{"name":"a","parts":[{"text":"a"},{"text":"b"},{"text":"c"},{"text":"d"}]}`: {"parts too_many"},
		`{"name":"a","place":{"floor":1}}`:                                           {"place.town required"},
		`{"name":"a","place":{}}`:                                                    {"place.town required"},
		`{"name":"a","keys":{"a":"123456789"}}`:                                      {"keys.a too_long"},
		`{"name":"a","keys":{"123456789":"1"}}`:                                      {"keys.123456789 too_long"},
		`{"name":"a","keys":{"a":"1","b":"2","c":"3","d":"4"}}`:                      {"keys too_many"},
		`{"name":"a","keys":{"a":" "}}`:                                              nil,
		`{"name":"a","custom":{"size":"S","note":"x"}}`:                              nil,
		`{"name":"a","custom":{"size":"XXL"}}`:                                       {"custom.size bad_choice"},
		`{"name":"a","custom":{"size":"s"}}`:                                         {"custom.size bad_choice"},
		`{"name":"a","custom":{"note":"` + long(256) + `"}}`:                         {"custom.note too_long"},
		`{"name":"a","custom":{"secret":"x","nope":"y","size":" "}}`:                 {"custom.nope unknown_member", "custom.secret unknown_member"},
		`{"gender":"x","born":"x","tags":["toolong"]}`:                               {"born bad_date", "gender bad_choice", "name required", "tags[0] too_long"},
	} {
		x := create(t, body)
		if diff := cmp.Diff(want, faultsOf(t, things.Check(x, env()))); diff != "" {
			t.Errorf("%.60s: %s", body, diff)
		}
	}
}

func long(n int) string { return strings.Repeat("x", n) }

func TestCheckBringsIntoCanonicalForm(t *testing.T) {
	x := create(t, `{"name":" Lamp\n1 ","story":" a\r\nb ","tags":[""," b ","c"],"parts":[{"text":""},{"text":" e\u0301 "},{}],
		"keys":{" a ":"1","b":" ","c ":"3","c":"2"},"custom":{"note":"  x ","size":""},"seen":"2026-11-21T13:00:00+01:00","place":{"town":" Gent "}}`)
	if err := things.Check(x, env()); err != nil {
		t.Fatal(faultsOf(t, err))
	}
	seen := noon
	want := &thing{Meta: record.Meta{Kind: "thing"}, Name: "Lamp 1", Sort: "LAMP 1", Story: "a\nb", Tags: []string{"b", "c"}, Parts: []part{{Text: "é"}},
		Keys: map[string]string{"a": "1", "c": "3"}, Custom: record.Custom{"note": "x"}, Seen: &seen, Place: &place{Town: "Gent"}}
	if diff := cmp.Diff(want, x); diff != "" {
		t.Error(diff)
	}
	y := create(t, `{"name":"a","tags":[" "],"parts":[{}],"keys":{"a":""},"custom":{"note":" "}}`)
	if err := things.Check(y, env()); err != nil || y.Tags != nil || y.Parts != nil || y.Keys != nil || y.Custom != nil {
		t.Errorf("what is empty is there: %+v, %v", y, err)
	}
}

func TestArgumentsOfSentences(t *testing.T) {
	err := things.Check(create(t, `{"name":"bad","gender":"x","tags":["a","b","c","d"],"story":"`+long(99)+`"}`), env())
	got := map[string]string{}
	for _, f := range faultFields(err) {
		for name, value := range f.Args {
			got[f.Path] += name + "=" + value
		}
	}
	want := map[string]string{"name": "why=so", "gender": "list=gender", "tags": "max=3", "story": "max=20"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// What a record had already stays acceptable when its field or choice has been removed since.
func TestRetiredCustomValuesStay(t *testing.T) {
	stored := create(t, `{"name":"a","custom":{"size":"XXL","gone":"x"}}`)
	e := env()
	e.Before = stored
	for body, want := range map[string][]string{
		`{"name":"b"}`:                            nil,
		`{"custom":{"gone":null}}`:                nil,
		`{"custom":{"gone":"y"}}`:                 {"custom.gone unknown_member"},
		`{"custom":{"size":"XL"}}`:                {"custom.size bad_choice"},
		`{"custom":{"size":"M"}}`:                 nil,
		`{"custom":{"size":"XXL","gone":"x"}}`:    nil,
		`{"custom":{"note":"XXL","size":"gone"}}`: {"custom.size bad_choice"},
	} {
		x, err := things.Patch(stored, []byte(body))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, faultsOf(t, things.Check(x, e))); diff != "" {
			t.Errorf("%s: %s", body, diff)
		}
	}
}

func TestHide(t *testing.T) {
	whole := create(t, `{"name":"Lamp","gender":"other","parts":[{"text":"x"}],"account":"BE68539007547034","paper":{"number":"AB123","by":"Harbour"},
		"custom":{"size":"S","pin":"0123456","weight":12.5}}`)
	for role, want := range map[policy.Role]string{
		policy.Owner: `{"name":"Lamp","gender":"other","parts":[{"text":"x"}],"account":"•••034","paper":{"number":"•••","by":"•••our"},
			"custom":{"size":"S","pin":"•••456","weight":12.5}}`,
		policy.Editor: `{"name":"Lamp","gender":"other","parts":[{"text":"x"}],"account":"•••034","paper":{"number":"•••","by":"•••our"},
			"custom":{"size":"S","pin":"•••456","weight":12.5}}`,
		policy.Reader: `{"name":"Lamp","gender":"other","parts":[{"text":"x"}],"account":"•••034","paper":{"number":"•••","by":"•••our"},
			"custom":{"size":"S","pin":"•••456"}}`,
		"stranger": `{}`,
	} {
		got := things.Hide(whole, policy.For(policy.Actor{}, role), ownFields)
		if diff := cmp.Diff(plain(t, create(t, want)), plain(t, got)); diff != "" {
			t.Errorf("%q: %s", role, diff)
		}
	}
	if whole.Account == "•••034" || whole.Name == "" || whole.Paper.By != "Harbour" || whole.Custom["pin"] != "0123456" {
		t.Error("hiding changed the record")
	}
	if got := things.Hide(whole, policy.For(policy.Actor{}, policy.Owner), nil).(*thing); got.Custom != nil {
		t.Errorf("values nobody describes are shown: %v", got.Custom)
	}
}

func TestAge(t *testing.T) {
	for _, c := range []struct {
		born record.Date
		on   string
		want int
		ok   bool
	}{
		{"2000-05-10", "2026-05-09", 25, true},
		{"2000-05-10", "2026-05-10", 26, true},
		{"2000-02-29", "2001-02-27", 0, true},
		{"2000-02-29", "2001-02-28", 1, true},
		{"2000-02-29", "2004-02-28", 3, true},
		{"2000-02-29", "2004-02-29", 4, true},
		{"2000-02-29", "2100-02-28", 100, true}, // no leap year
		{"2000-02-28", "2004-02-28", 4, true},
		{"2000-12-31", "2000-12-31", 0, true},
		{"2026-11-22", "2026-11-21", -1, false},
		{"", "2026-11-21", 0, false},
		{"2023-02-29", "2026-11-21", 0, false},
	} {
		on, err := time.Parse(time.DateOnly, c.on)
		if err != nil {
			t.Fatal(err)
		}
		years, ok := record.Age(c.born, on)
		if ok != c.ok || ok && years != c.want {
			t.Errorf("born %s, on %s: %d, %v", c.born, c.on, years, ok)
		}
	}
}

// TestAgeGrowsByOneAYear: on every day the age is that of the day before, or one more, and that on one day a year.
func TestAgeGrowsByOneAYear(t *testing.T) {
	for _, born := range []record.Date{"2000-02-28", "2000-02-29", "2000-03-01", "1999-12-31", "2000-01-01"} {
		day, err := born.Parse()
		if err != nil {
			t.Fatal(err)
		}
		birthdays := map[int]int{}
		last := 0
		for range 366 * 12 {
			day = day.AddDate(0, 0, 1)
			years, ok := record.Age(born, day)
			if !ok || years < last || years > last+1 {
				t.Fatalf("born %s: %d on %s, %d the day before", born, years, day.Format(time.DateOnly), last)
			}
			if years == last+1 {
				birthdays[day.Year()]++
			}
			last = years
		}
		for year, n := range birthdays {
			if n != 1 {
				t.Errorf("born %s: %d birthdays in %d", born, n, year)
			}
		}
	}
}

func ExampleClean() {
	fmt.Printf("%q", record.Clean("  Van\u00a0den\tBerghe\n", false))
	// Output: "Van den Berghe"
}
