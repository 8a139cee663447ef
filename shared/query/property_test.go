package query

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/muster-crm/muster/infra/need"
	"github.com/muster-crm/muster/shared/fault"
)

// words and values that random trees are made of, many of them awkward.
var (
	someWords = []string{"jan", "peet", "O'Brien", "-", "--", "-x", ",", "jan:", "12:30", "+32", "0471", "123456", "(0", "0)", "5\"",
		`"`, `\`, "OR", "AND", "NOT", "NOT(", "Jan(senior)", "a)", "(b", "town:Gent", "is:", "https://x.org/?a=b", "<a@b.org>", "é", "e\u0301",
		"İ", "日本", "🎉", "&", "<", "=", "...", "a..b", "*", "'t", "“x”", "«y»", "jan;", "\u0338", "a\u00a0b", "(0)471", "00 32", "x!=y", "t~u"}
	someValues = map[Type][]string{
		TypeText: {"Gent", "Sint-Niklaas", "*", "a,b", "a b", `"`, `\`, `\"`, "(", ")", "-x", "a..b", "..", "=", "<3", "\u0338", "+32", "0471", "é", "NOT", "//x", "“q”"},
		TypeCode: {"vip", "board member", "a,b", "*", "Ünïcode", "0471"}, TypeEmail: {"jan@example.org", "@example.org", "jan"},
		TypePhone:  {"+32471123456", "0471", "+", "123456"},
		TypeNumber: {"0", "-5", "007", "1..3", "4..", "..9", "123456", "2.50", "-0.125..3"}, TypeFilled: {"*"},
		TypeDate:    {"2010", "2010-05", "2010-05-21", "*-05", "*-05-21", "*-today", "*-today..*-+7d", "today", "-30d", "+2w..+3m", "this-month", "last-year..today", "1/2/2003"},
		TypeInstant: {"2010", "2010-05-21T10:30", "2010-05-21T10:30:15.5+02:00", "now", "-12h..now", "-30d", "next-week", "*-12-31"},
		TypeFlag:    {"true", "no", "sí"},
	}
	someOps = []Op{Is, Has, Has, Less, AtMost, More, AtLeast, Filled, Contains, Within}
)

// randomTree makes any tree, within the limits or not, in normal form or not.
func randomTree(r *rand.Rand, depth int) Expr {
	parts := func() []Expr {
		out := make([]Expr, r.IntN(4))
		for i := range out {
			out[i] = randomTree(r, depth-1)
		}
		return out
	}
	kind := r.IntN(9)
	if depth == 0 {
		kind = 3 + r.IntN(6)
	}
	switch kind {
	case 0:
		return And(parts())
	case 1:
		return Or(parts())
	case 2:
		return Not{randomTree(r, depth-1)}
	case 3, 4:
		words := someWords[r.IntN(len(someWords))]
		if r.IntN(3) == 0 {
			words += " " + someWords[r.IntN(len(someWords))]
		}
		return Text{Words: words, Phrase: r.IntN(4) == 0}
	}
	return randomTerm(r)
}

func randomTerm(r *rand.Rand) Expr {
	names := []string{"name", "town", "tag", "email", "phone", "birthDate", "createdAt", "age", "newsletter", "weight", "iban"}
	for {
		field := contact[strings.ToLower(names[r.IntN(len(names))])]
		values := someValues[field.Type]
		if term, code := condition(field, someOps[r.IntN(len(someOps))], values[r.IntN(len(values))], true); code == "" {
			return term
		}
	}
}

func TestFormsAgree(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	refused := 0
	for range 8000 {
		e := randomTree(r, 3+r.IntN(5))
		want := Normal(e)
		if diff := cmp.Diff(want, Normal(want), alike); diff != "" {
			t.Fatalf("Normal is not done at once with %#v:\n%s", e, diff)
		}
		text := Format(e)
		got, err := Parse(text, contact)
		data, jerr := JSON(e)
		if jerr != nil {
			t.Fatal(jerr)
		}
		again, jerr := ParseJSON(data, contact)
		if code, _, _ := exceeds(want); code != "" {
			refused++
			if err == nil || jerr == nil {
				t.Fatalf("%q is over a limit (%s) and was read: %v, %v", text, code, err, jerr)
			}
			continue
		}
		if err != nil || jerr != nil {
			t.Fatalf("%#v\nas %s: %v %v\nas %s: %v", e, text, err, fault.From(err), data, jerr)
		}
		if diff := cmp.Diff(want, got, alike); diff != "" {
			t.Fatalf("Parse(%s) (-want +got):\n%s", text, diff)
		}
		if diff := cmp.Diff(want, again, alike); diff != "" {
			t.Fatalf("ParseJSON(%s) (-want +got):\n%s", data, diff)
		}
	}
	if refused == 0 || refused > 4000 {
		t.Fatalf("%d of 8000 trees were over a limit", refused)
	}
}

// holds evaluates a tree where every condition is true or false by a hash of itself.
func holds(e Expr, seed uint64) bool {
	switch e := e.(type) {
	case And:
		for _, part := range e {
			if !holds(part, seed) {
				return false
			}
		}
		return true
	case Or:
		for _, part := range e {
			if holds(part, seed) {
				return true
			}
		}
		return false
	case Not:
		return !holds(e.Expr, seed)
	}
	h := seed
	for _, b := range []byte(fmt.Sprintf("%#v", e)) {
		h = (h ^ uint64(b)) * 1099511628211
	}
	return h>>33&1 == 1
}

// TestNormalSelectsTheSame uses conditions alone: of words, Normal makes phrases.
func TestNormalSelectsTheSame(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	var tree func(depth int) Expr
	tree = func(depth int) Expr {
		n := r.IntN(4)
		if depth == 0 {
			n = 3
		}
		parts := make([]Expr, r.IntN(4))
		switch n {
		case 0, 1:
			for i := range parts {
				parts[i] = tree(depth - 1)
			}
			if n == 0 {
				return And(parts)
			}
			return Or(parts)
		case 2:
			return Not{tree(depth - 1)}
		}
		return cond("age", Is, fmt.Sprint(r.IntN(9)))
	}
	for range 5000 {
		e := tree(4)
		for seed := range uint64(8) {
			if holds(e, seed) != holds(Normal(e), seed) {
				t.Fatalf("%#v and its normal form %#v differ", e, Normal(e))
			}
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{
		`type:member status:active tag:"board" birthDate<2010-01-01 town:Gent -tag:vip is:trashed (a OR b) NOT c jan peet "jan peeters"`,
		"+32 (0)471 12 34 56 12:30 O'Brien - jan@example.org <a@b.org> https://x.org", "phone:0471 12 34 56, 12", "age:10..12,3 age<1..2",
		"birthDate:*-today..*-+7d createdAt>-30d createdAt:2010-05-21T10:30", "NOT NOT -(a OR) AND b)", "tag!=\u0338 town=\u0338x \xff",
	} {
		f.Add(s)
	}
	for _, s := range someWords {
		f.Add(s)
	}
	f.Fuzz(checkText)
}

// checkText holds a text to what is promised of every text: it is refused as Invalid, or what it means prints as text
// and JSON that mean the same.
func checkText(t *testing.T, text string) {
	e, err := Parse(text, contact)
	if err != nil {
		if fault.From(err).Kind != fault.Invalid {
			t.Fatalf("Parse(%q): %v", text, err)
		}
		return
	}
	if diff := cmp.Diff(e, Normal(e), alike); diff != "" {
		t.Fatalf("Parse(%q) is not normal:\n%s", text, diff)
	}
	printed := Format(e)
	again, err := Parse(printed, contact)
	if err != nil {
		t.Fatalf("Parse(%q) prints as %q: %v", text, printed, err)
	}
	if diff := cmp.Diff(e, again, alike); diff != "" {
		t.Fatalf("Parse(%q) prints as %q and reads back otherwise:\n%s", text, printed, diff)
	}
	data, err := JSON(e)
	if err != nil {
		t.Fatal(err)
	}
	other, err := ParseJSON(data, contact)
	if err != nil {
		t.Fatalf("%s: %v", data, err)
	}
	if diff := cmp.Diff(e, other, alike); diff != "" {
		t.Fatalf("%q as JSON %s:\n%s", text, data, diff)
	}
	checkResolved(t, Resolve(e, contact, time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)))
	for i, chip := range Chips(e) {
		if _, err := Parse(chip, contact); err != nil {
			t.Fatalf("chip %q of %q: %v", chip, text, err)
		}
		if _, err := Parse(Format(Without(e, i)), contact); err != nil {
			t.Fatalf("%q without chip %d: %v", text, i, err)
		}
	}
}

// TestNaughtyStrings takes the strings that have broken other programs.
func TestNaughtyStrings(t *testing.T) {
	data, err := os.ReadFile(need.TestData(t, "text/blns.json"))
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	if err := json.Unmarshal(data, &all); err != nil || len(all) < 400 {
		t.Fatalf("%d strings, %v", len(all), err)
	}
	for _, s := range all {
		checkText(t, s)
		checkText(t, "name:"+s)
		checkText(t, quote(s))
	}
}

// TestTyping takes what people look for, letter by letter: at no moment is it refused.
func TestTyping(t *testing.T) {
	for _, text := range []string{
		"jan peeters", "Peeters, Jan", "O'Brien", "de la Cruz-Gómez", "'t Hof van Cleve", "Jan - Peeters & Zonen",
		"+32 471 12 34 56", "0471/12.34.56", "jan.peeters@example.org", "Jan Peeters <jan@example.org>", "12:30", "1/2/2010", "50% korting",
		"https://example.org/a?b=c#d", "jan OR piet AND NOT joris", "-vip", "#12 @jan C++", "Jan: Peeters; 9000 Gent", "3 < 4 > 2 ~ 1", "a=", "日本 太郎",
		"status:active,pending jan", "age>=12 -tag:vip", "newsletter:ja", "email:* is:trashed",
	} {
		for i := range text {
			if _, err := Parse(text[:i], contact); err != nil && !unfinished(text[:i]) {
				t.Errorf("%q is refused at %q: %v", text, text[:i], err)
			}
		}
		if _, err := Parse(text, contact); err != nil {
			t.Errorf("%q is refused: %v", text, err)
		}
	}
}

// unfinished tells that a text ends in a condition whose value is not complete.
func unfinished(text string) bool {
	words := strings.Fields(text)
	name, _ := comparison(strings.TrimPrefix(words[len(words)-1], "-"))
	_, known := find(contact, name)
	return known
}

// checkResolved fails when a value would not be understood by what evaluates the tree.
func checkResolved(t *testing.T, e Expr) {
	t.Helper()
	Walk(e, func(e Expr) bool {
		term, ok := e.(Term)
		if !ok || term.Op == Filled {
			return true
		}
		field, _ := find(contact, term.Field)
		first, last := term.Value, term.Value
		if term.Op == Within || term.Op == Yearly {
			first, last = Bounds(term.Value)
		}
		layout := map[Type]string{TypeDate: dayForm, TypeInstant: time.RFC3339Nano}[field.Type]
		if term.Op == Yearly {
			layout, first, last = dayForm, "2000-"+first, "2000-"+last
		}
		for _, value := range []string{first, last} {
			if _, err := time.Parse(layout, value); layout != "" && err != nil {
				t.Fatalf("%+v is not resolved: %v", term, err)
			}
		}
		return true
	})
}

func FuzzParseJSON(f *testing.F) {
	for _, s := range []string{
		`{}`, `{"and":[{"field":"status","op":"=","value":"active"},{"not":{"text":"jan peet"}}]}`,
		`{"or":[{"field":"age","op":"..","value":"1..3"},{"field":"emails.address","op":"*"},{"text":"+32 471 12 34 56","phrase":true}]}`,
		`{"field":"tag","value":["a","b",3,true]}`, `{"text":"jan: -x (y) OR \"z"}`,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		e, err := ParseJSON(data, contact)
		if err != nil {
			if fault.From(err).Kind != fault.Invalid {
				t.Fatalf("ParseJSON(%q): %v", data, err)
			}
			return
		}
		again, err := Parse(Format(e), contact)
		if err != nil {
			t.Fatalf("%s prints as %q: %v", data, Format(e), err)
		}
		if diff := cmp.Diff(e, again, alike); diff != "" {
			t.Fatalf("%s prints as %q and reads back otherwise:\n%s", data, Format(e), diff)
		}
	})
}

func BenchmarkParse(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		mustParse(b, `type:member status:active tag:"board" birthDate<2010-01-01 town:Gent -tag:vip is:trashed jan peet`)
	}
}
