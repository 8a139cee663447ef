package query

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/muster-crm/muster/shared/fault"
)

func TestParseJSON(t *testing.T) {
	for _, c := range []struct{ json, text string }{
		{`{}`, ""},
		{` {"and":[]} `, ""},
		{`{"or":[]}`, "-()"},
		{`{"field":"status","op":"=","value":"active"}`, "status=active"},
		{`{"field":"status","value":"in afwachting"}`, "status:pending"},
		{`{"field":"town","value":["Gent","Brugge"]}`, "town:Gent,Brugge"},
		{`{"field":"emails.address","op":"*"}`, "email:*"},
		{`{"not":{"field":"EMAIL","op":"*"}}`, "-email:*"},
		{`{"field":"name","value":"*"}`, `name:"*"`},
		{`{"field":"age","op":">=","value":12}`, "age>=12"},
		{`{"field":"age","op":"..","value":"10..12"}`, "age:10..12"},
		{`{"field":"age","value":"10.."}`, "age>=10"},
		{`{"field":"newsletter","value":true}`, "newsletter:yes"},
		{`{"field":"birthDate","op":"<","value":"-18y"}`, "birthDate<-18y"},
		{`{"text":"jan peet"}`, "jan peet"},
		{`{"text":"jan peet","phrase":true}`, `"jan peet"`},
		{`{"text":"+32 471 12 34 56 jan"}`, "+32 471 12 34 56 jan"},
		{`{"text":"-jan OR town:Gent"}`, `"-jan" "OR" "town:Gent"`},
		{`{"and":[{"or":[{"text":"a"},{"text":"b"}]},{"not":{"text":"c"}},{"and":[{"text":"d"}]}]}`, "(a OR b) NOT c d"},
	} {
		got, err := ParseJSON([]byte(c.json), contact)
		if err != nil {
			t.Errorf("%s: %v", c.json, err)
			continue
		}
		if diff := cmp.Diff(mustParse(t, c.text), got, alike); diff != "" {
			t.Errorf("%s is not %s:\n%s", c.json, c.text, diff)
		}
	}
}

func TestParseJSONRefuses(t *testing.T) {
	nested := strings.Repeat(`{"not":`, 6) + `{"text":"a"}` + strings.Repeat("}", 6)
	for _, c := range []struct{ json, path, code string }{
		{``, "filter", BadShape},
		{`null`, "filter", BadShape},
		{`[]`, "filter", BadShape},
		{`{"and":[`, "filter", BadShape},
		{`{"and":null}`, "filter.and", BadShape},
		{`{"and":{}}`, "filter.and", BadShape},
		{`{"and":[1]}`, "filter.and[0]", BadShape},
		{`{"and":[],"or":[]}`, "filter.or", BadShape},
		{`{"And":[]}`, "filter.And", BadShape},
		{`{"not":null}`, "filter.not", BadShape},
		{`{"field":"status","value":"active","extra":1}`, "filter.extra", BadShape},
		{`{"field":1,"value":"active"}`, "filter", BadShape},
		{`{"or":[{},{"field":"size","value":"L"}]}`, "filter.or[1].field", UnknownField},
		{`{"field":"age","op":"like","value":3}`, "filter.op", UnknownOperator},
		{`{"field":"age","op":"~","value":3}`, "filter.op", UnknownOperator},
		{`{"field":"birthDate","op":"@","value":"05-21..05-21"}`, "filter.op", UnknownOperator},
		{`{"field":"age"}`, "filter.value", BadShape},
		{`{"field":"age","value":null}`, "filter.value", BadShape},
		{`{"field":"age","value":{}}`, "filter.value", BadShape},
		{`{"field":"age","value":[]}`, "filter.value", BadShape},
		{`{"field":"age","value":[1,[2]]}`, "filter.value", BadShape},
		{`{"field":"age","value":[1,"x"]}`, "filter.value[1]", BadValue},
		{`{"field":"age","value":1.5}`, "filter.value", BadValue},
		{`{"field":"age","op":"..","value":"12"}`, "filter.value", BadValue},
		{`{"field":"age","op":"*","value":"12"}`, "filter.value", BadShape},
		{`{"field":"status","value":"gone"}`, "filter.value", BadValue},
		{`{"text":" "}`, "filter.text", BadValue},
		{`{"text":3}`, "filter", BadShape},
		{`{"text":"a","phrase":"yes"}`, "filter", BadShape},
		{nested, "filter", TooDeep},
		{strings.Repeat(`{"not":`, 500) + `{}` + strings.Repeat("}", 500), "filter", TooDeep},
		{`{"text":"` + strings.Repeat("a ", 51) + `"}`, "filter", TooMany},
		{`{"text":"` + strings.Repeat("a", MaxLength+1) + `"}`, "filter", TooLong},
		{strings.Repeat(" ", maxJSON) + "{}", "filter", TooLong},
	} {
		e, err := ParseJSON([]byte(c.json), contact)
		f := fault.From(err)
		if err == nil || f.Kind != fault.Invalid || f.Fields[0].Path != c.path || f.Fields[0].Code != c.code {
			t.Errorf("%.60s gives %v, %v; want %s at %s", c.json, e, err, c.code, c.path)
		}
	}
}

func TestJSON(t *testing.T) {
	got, err := JSON(mustParse(t, `status:active,pending -email:* age>=12 "jan peeters"`))
	want := `{"and":[{"or":[{"field":"status","op":":","value":"active"},{"field":"status","op":":","value":"pending"}]},` +
		`{"not":{"field":"emails.address","op":"*"}},{"field":"age","op":"\u003e=","value":"12"},{"text":"jan peeters","phrase":true}]}`
	if err != nil || string(got) != want {
		t.Errorf("JSON gives %s, %v\nwant %s", got, err, want)
	}
}

func TestChips(t *testing.T) {
	e := mustParse(t, "status:active,pending -tag:vip (town:Gent OR jan) peet")
	chips := []string{"status:active,pending", "-tags:vip", "addresses.town:Gent OR jan", "peet"}
	if diff := cmp.Diff(chips, Chips(e)); diff != "" {
		t.Errorf("chips (-want +got):\n%s", diff)
	}
	if got, want := Format(Without(e, 2)), "status:active,pending -tags:vip peet"; got != want {
		t.Errorf("without the third: %s, want %s", got, want)
	}
	if got := Format(Without(e, 4)); got != Format(e) {
		t.Errorf("without a fifth, which there is not: %s", got)
	}
	if got, want := Format(With(e, has("type", "member"))), Format(e)+" type:member"; got != want {
		t.Errorf("with a type: %s, want %s", got, want)
	}
	if got := Format(With(e, Not{has("tags", "vip")})); got != Format(e) {
		t.Errorf("with what it has: %s", got)
	}
	either := mustParse(t, "a OR b")
	if got, want := Format(With(either, w("c"))), "(a OR b) c"; got != want {
		t.Errorf("alternatives with a word: %s, want %s", got, want)
	}
	if got := Chips(either); len(got) != 1 {
		t.Errorf("alternatives are one chip, not %q", got)
	}
	if got := Without(either, 0); !cmp.Equal(got, All, alike) || len(Chips(All)) != 0 {
		t.Errorf("nothing left is %v with chips %q", got, Chips(All))
	}
}

func TestWalk(t *testing.T) {
	var words []string
	Walk(mustParse(t, "a (b OR -c) -(d e)"), func(e Expr) bool {
		if text, ok := e.(Text); ok {
			words = append(words, text.Words)
		}
		_, alternatives := e.(Or)
		return !alternatives
	})
	if got := strings.Join(words, ""); got != "ade" {
		t.Errorf("visited %s, want ade", got)
	}
}
