package query

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/muster-crm/muster/shared/fault"
)

// kind is the fields of the tests' kind, by folded name.
type kind map[string]Field

func (k kind) Field(name string) (Field, bool) {
	f, ok := k[strings.ToLower(name)]
	return f, ok
}

var contact = func() kind {
	k := kind{}
	for _, f := range []Field{
		{Path: "firstName", Type: TypeText},
		{Path: "lastName", Type: TypeText, Aliases: []string{"name"}},
		{Path: "addresses.town", Type: TypeText, Aliases: []string{"town"}},
		{Path: "tags", Type: TypeCode, Aliases: []string{"tag"}},
		{Path: "type", Type: TypeCode, Values: map[string]string{
			"member": "member", "lid": "member", "socio": "member", "donor": "donor"}},
		{Path: "status", Type: TypeCode, Values: map[string]string{
			"actief": "active", "pending": "pending", "in afwachting": "pending", "retire": "withdrawn", "active": "active"}},
		{Path: "emails.address", Type: TypeEmail, Aliases: []string{"email"}},
		{Path: "phones.number", Type: TypePhone, Aliases: []string{"phone"}},
		{Path: "birthDate", Type: TypeDate},
		{Path: "createdAt", Type: TypeInstant},
		{Path: "age", Type: TypeNumber},
		{Path: "newsletter", Type: TypeFlag},
		{Path: "custom.weight", Type: TypeNumber, Decimals: 3, Aliases: []string{"weight"}},
		{Path: "iban", Type: TypeFilled},
		{Path: "custom.t-shirt", Type: TypeText},
	} {
		for _, name := range append(f.Aliases, f.Path) {
			k[strings.ToLower(name)] = f
		}
	}
	return k
}()

// Shorthands for trees.
func w(words string) Text                     { return Text{Words: words} }
func ph(words string) Text                    { return Text{Words: words, Phrase: true} }
func has(field, v string) Term                { return Term{Field: field, Op: Has, Value: v} }
func cond(field string, op Op, v string) Term { return Term{Field: field, Op: op, Value: v} }

var alike = cmp.Options{
	cmpopts.IgnoreFields(Term{}, "Pos"), cmpopts.IgnoreFields(Text{}, "Pos"), cmpopts.EquateEmpty(),
}

func mustParse(t testing.TB, text string) Expr {
	t.Helper()
	e, err := Parse(text, contact)
	if err != nil {
		t.Fatalf("Parse(%q): %v %v", text, err, fault.From(err).Fields)
	}
	return e
}

func TestParse(t *testing.T) {
	town, phone, birth, made := "addresses.town", "phones.number", "birthDate", "createdAt"
	for _, c := range []struct {
		text   string
		want   Expr
		format string // of the tree, where it differs from text; - for nothing
	}{
		{"", All, ""},
		{"  \t ", All, "-"},
		{"()", All, "-"},
		{"jan", w("jan"), ""},
		{"jan peet", And{w("jan"), w("peet")}, ""},
		{`"jan peeters"`, ph("jan peeters"), ""},
		{`“jan  peeters”`, ph("jan peeters"), `"jan peeters"`},
		{`"5\" \\ a\b"`, ph(`5" \ a\b`), `"5\" \\ a\\b"`},
		{"type:member status:active", And{has("type", "member"), has("status", "active")}, ""},
		{"TYPE:Lid", has("type", "member"), "type:member"},
		{"status:Retiré", has("status", "withdrawn"), "status:withdrawn"},
		{`status:"in afwachting"`, has("status", "pending"), "status:pending"},
		{`tag:"board" birthDate<2010-01-01 town:Gent -tag:vip is:trashed jan peet`,
			And{has("tags", "board"), cond(birth, Less, "2010-01-01"), has(town, "Gent"), Not{has("tags", "vip")},
				has("is", "trashed"), w("jan"), w("peet")},
			`tags:board birthDate<2010-01-01 addresses.town:Gent -tags:vip is:trashed jan peet`},

		// AND, OR, NOT and groups
		{"(a OR b) NOT c", And{Or{w("a"), w("b")}, Not{w("c")}}, "(a OR b) -c"},
		{"a b OR c d", Or{And{w("a"), w("b")}, And{w("c"), w("d")}}, "(a b) OR (c d)"},
		{"a AND b", And{w("a"), w("b")}, "a b"},
		{"a OR (b OR c)", Or{w("a"), w("b"), w("c")}, "a OR b OR c"},
		{"((((((((a))))))))", w("a"), "a"},
		{"-(a b)", Not{And{w("a"), w("b")}}, ""},
		{"NOT(a OR b)", Not{Or{w("a"), w("b")}}, "-(a OR b)"},
		{"NOT NOT a", Not{Not{w("a")}}, "NOT -a"},
		{"NOT 't", Not{w("'t")}, ""},
		{"-()", Not{All}, ""},
		{"jan OR", And{w("jan"), ph("OR")}, `jan "OR"`},
		{"OR jan", And{ph("OR"), w("jan")}, `"OR" jan`},
		{"NOT", ph("NOT"), `"NOT"`},
		{"(a AND) b", And{w("a"), ph("AND"), w("b")}, `a "AND" b`},
		{"a OR OR b", Or{w("a"), And{ph("OR"), w("b")}}, `a OR ("OR" b)`},
		{"and or not", And{w("and"), w("or"), w("not")}, ""},

		// what people type
		{"jan:", w("jan"), "jan"},
		{"jan=", w("jan"), "jan"},
		{"OR:", ph("OR"), `"OR"`},
		{"jan@example.org", w("jan@example.org"), ""},
		{"Jan Peeters <jan@example.org>", And{w("Jan"), w("Peeters"), w("jan@example.org")}, "Jan Peeters jan@example.org"},
		{"Peeters, Jan;", And{w("Peeters"), w("Jan")}, "Peeters Jan"},
		{"12:30", w("12:30"), ""},
		{"https://example.org/a:b?c=d", w("https://example.org/a:b?c=d"), ""},
		{"+32 471 12 34 56", w("+32471123456"), "+32471123456"},
		{"jan +32 (0)471/12.34.56 peet", And{w("jan"), w("+32471123456"), w("peet")}, "jan +32471123456 peet"},
		{"(0471) 12 34 56, jan", And{w("0471123456"), w("jan")}, "0471123456 jan"},
		{"(jan OR 0471 12 34 56)", Or{w("jan"), w("0471123456")}, "jan OR 0471123456"},
		{"(0471 12 34 56)", w("0471123456"), "0471123456"},
		{"(0471 12 34 56 OR jan)", Or{w("0471123456"), w("jan")}, "0471123456 OR jan"},
		{"0471 12 34 56 -vip", And{w("0471123456"), Not{w("vip")}}, "0471123456 -vip"},
		{"0471 - 12 34 56", w("0471123456"), "0471123456"},
		{"0471/12.34.56", w("0471/12.34.56"), ""},
		{"01/02/2010", w("01/02/2010"), ""},
		{"007 12", And{w("007"), w("12")}, ""},
		{"2010 2011", And{w("2010"), w("2011")}, ""},
		{"\u202a+32 471 12 34 56\u202c", w("+32471123456"), "+32471123456"},
		{"O'Brien", w("O'Brien"), ""},
		{"de la Cruz-Gómez", And{w("de"), w("la"), w("Cruz-Gómez")}, ""},
		{"-", w("-"), ""},
		{"Jan - Peeters & Zonen", And{w("Jan"), w("Peeters"), w("Zonen")}, "Jan Peeters Zonen"},
		{"--jan", w("--jan"), ""},
		{"-jan", Not{w("jan")}, ""},
		{"Jan(senior)", w("Jan(senior)"), ""},
		{"Jan (senior)", And{w("Jan"), w("senior")}, "Jan senior"},
		{`5" pijp`, And{w(`5"`), w("pijp")}, ""},
		{"café cafe\u0301", And{w("café"), w("café")}, "café café"},
		{"a+b C# @jan #1", And{w("a+b"), w("C#"), w("@jan"), w("#1")}, ""},

		// operators
		{"age>=12 age<18 age=7 age:007", And{cond("age", AtLeast, "12"), cond("age", Less, "18"), cond("age", Is, "7"), has("age", "7")},
			"age>=12 age<18 age=7 age:7"},
		{"age:>12 age:<=3", And{cond("age", More, "12"), cond("age", AtMost, "3")}, "age>12 age<=3"},
		{"name~eet town=Gent", And{cond("lastName", Contains, "eet"), cond(town, Is, "Gent")}, "lastName~eet addresses.town=Gent"},
		{"status!=active", Not{cond("status", Is, "active")}, "-status=active"},
		{"status!=active,pending", Not{Or{cond("status", Is, "active"), cond("status", Is, "pending")}}, "-status=active,pending"},
		{"email:* -phone:*", And{cond("emails.address", Filled, ""), Not{cond(phone, Filled, "")}}, "emails.address:* -phones.number:*"},
		{`name:"*"`, has("lastName", "*"), `lastName:"*"`},
		{"status:active,pending jan", And{Or{has("status", "active"), has("status", "pending")}, w("jan")}, ""},
		{"status:active,", has("status", "active"), "status:active"},
		{`tag:"a,b",c`, Or{has("tags", "a,b"), has("tags", "c")}, `tags:"a,b",c`},
		{`tag:a OR tag:b`, Or{has("tags", "a"), has("tags", "b")}, `tags:a,b`},
		{`tag:a OR town:b`, Or{has("tags", "a"), has(town, "b")}, `tags:a OR addresses.town:b`},
		{"weight>2.50 weight:-0.125 weight=+3", And{cond("custom.weight", More, "2.5"), has("custom.weight", "-0.125"), cond("custom.weight", Is, "3")},
			"custom.weight>2.5 custom.weight:-0.125 custom.weight=3"},
		{"weight:2.5..3.25", cond("custom.weight", Within, "2.5..3.25"), "custom.weight:2.5..3.25"},
		{"iban:* -iban:*", And{cond("iban", Filled, ""), Not{cond("iban", Filled, "")}}, ""},
		{"age:10..12", cond("age", Within, "10..12"), ""},
		{"age:10..", cond("age", AtLeast, "10"), "age>=10"},
		{"age:..12", cond("age", AtMost, "12"), "age<=12"},
		{"age:3,10..12", Or{has("age", "3"), cond("age", Within, "10..12")}, "age:3 OR age:10..12"},
		{"town:a..b", has(town, "a..b"), "addresses.town:a..b"},
		{"custom.t-shirt:XL", has("custom.t-shirt", "XL"), ""},
		{"-(status:active town:Gent)", Not{And{has("status", "active"), has(town, "Gent")}}, "-(status:active addresses.town:Gent)"},

		// values
		{"newsletter:ja newsletter=non newsletter:Sí", And{has("newsletter", "true"), cond("newsletter", Is, "false"), has("newsletter", "true")},
			"newsletter:true newsletter=false newsletter:true"},
		{"email:Jan@Example.org", has("emails.address", "jan@example.org"), "emails.address:jan@example.org"},
		{"phone:+32 (0)471 12 34 56 jan", And{has(phone, "+32471123456"), w("jan")}, "phones.number:+32471123456 jan"},
		{"phone:0032471", has(phone, "+32471"), "phones.number:+32471"},
		{`phone:"0471" 123456`, And{has(phone, "0471"), w("123456")}, `phones.number:"0471" 123456`},
		{"birthDate:2010", has(birth, "2010"), ""},
		{"birthDate:2010-5", has(birth, "2010-05"), "birthDate:2010-05"},
		{"birthDate=21/5/2010 birthDate<1.2.2011 birthDate:2010/05/21", And{cond(birth, Is, "2010-05-21"), cond(birth, Less, "2011-02-01"), has(birth, "2010-05-21")},
			"birthDate=2010-05-21 birthDate<2011-02-01 birthDate:2010-05-21"},
		{"birthDate:5/2010", has(birth, "2010-05"), "birthDate:2010-05"},
		{"birthDate:*-05-21 birthDate:*-5", And{has(birth, "*-05-21"), has(birth, "*-05")}, "birthDate:*-05-21 birthDate:*-05"},
		{"birthDate:*-today..*-+7d", cond(birth, Within, "*-today..*-+7d"), ""},
		{"createdAt>-30d createdAt:vandaag createdAt>=This-Month", And{cond(made, More, "-30d"), has(made, "today"), cond(made, AtLeast, "this-month")},
			"createdAt>-30d createdAt:today createdAt>=this-month"},
		{"createdAt>2026-05-01T10:00:00+02:00", cond(made, More, "2026-05-01T08:00:00Z"), "createdAt>2026-05-01T08:00:00Z"},
		{`createdAt>"2026-05-01 10:00"`, cond(made, More, "2026-05-01T10:00"), "createdAt>2026-05-01T10:00"},
		{"createdAt>-12h createdAt<now", And{cond(made, More, "-12h"), cond(made, Less, "now")}, ""},
		{"birthDate:2008-02-29", has(birth, "2008-02-29"), ""},
	} {
		got := mustParse(t, c.text)
		if diff := cmp.Diff(c.want, got, alike); diff != "" {
			t.Errorf("Parse(%q) (-want +got):\n%s", c.text, diff)
		}
		want := c.format
		switch want {
		case "":
			want = c.text
		case "-":
			want = ""
		}
		if s := Format(got); s != want {
			t.Errorf("Format of %q is %q, want %q", c.text, s, want)
		}
	}
}

func TestParseRefuses(t *testing.T) {
	for _, c := range []struct {
		text, code, pos, word string
	}{
		{"jan birthdat:2010", UnknownField, "4", "birthdat"},
		{"foo.bar>3", UnknownField, "0", "foo.bar"},
		{"-foo:a", UnknownField, "1", "foo"},
		{`foo:"a b"`, UnknownField, "0", "foo"},
		{"is:open", BadValue, "0", "open"},
		{"name=~x", UnknownOperator, "0", "=~"},
		{"age=>3", UnknownOperator, "0", "=>"},
		{"jan status<active", UnknownOperator, "4", "<"},
		{"newsletter>yes", UnknownOperator, "0", ">"},
		{"age~3", UnknownOperator, "0", "~"},
		{"birthDate~2010", UnknownOperator, "0", "~"},
		{"status:gone", BadValue, "0", "gone"},
		{"status:", BadValue, "0", "status:"},
		{"status: active", BadValue, "0", "status:"},
		{`name:""`, BadValue, "0", ""},
		{"jan tag:,", BadValue, "4", "tag:,"},
		{"age:ten", BadValue, "0", "ten"},
		{"age:1.5", BadValue, "0", "1.5"},
		{"weight:1.0001", BadValue, "0", "1.0001"},
		{"weight:1e3", BadValue, "0", "1e3"},
		{"iban:BE68", UnknownOperator, "0", ":"},
		{"iban=BE68", UnknownOperator, "0", "="},
		{"iban<BE68", UnknownOperator, "0", "<"},
		{"age<1,5", BadValue, "0", "age<1,5"},
		{"age<1..5", BadValue, "0", "1..5"},
		{"age:..", BadValue, "0", ".."},
		{"age:99999999999999999999", BadValue, "0", "99999999999999999999"},
		{"newsletter:maybe", BadValue, "0", "maybe"},
		{"phone:abc", BadValue, "0", "abc"},
		{"birthDate:2010-13", BadValue, "0", "2010-13"},
		{"birthDate:2009-02-29", BadValue, "0", "2009-02-29"},
		{"birthDate:31/4/2010", BadValue, "0", "31/4/2010"},
		{"birthDate:21/5/10", BadValue, "0", "21/5/10"},
		{"birthDate:*-29/2", BadValue, "0", "*-29/2"},
		{"birthDate:*-this-year", BadValue, "0", "*-this-year"},
		{"birthDate>*-05", BadValue, "0", "*-05"},
		{"birthDate:*-05..2010", BadValue, "0", "*-05..2010"},
		{"birthDate:now", BadValue, "0", "now"},
		{"birthDate>-3h", BadValue, "0", "-3h"},
		{"birthDate:soon", BadValue, "0", "soon"},
		{"createdAt:2026-05-01T25:00", BadValue, "0", "2026-05-01T25:00"},
		{`jan "peet`, UnclosedQuote, "4", `"`},
		{`tag:"a`, UnclosedQuote, "4", `"`},
		{`""`, BadValue, "0", ""},
		{"jan (a OR b", UnclosedGroup, "4", "("},
		{"(a (b)", UnclosedGroup, "0", "("},
		{"jan) x", UnopenedGroup, "3", ")"},
		{"(a OR -(b (c OR -(d (e OR f)))))", TooDeep, "18", ""},
		{strings.Repeat("NOT ", 6) + "x", TooDeep, "24", ""},
		{strings.Repeat("NOT ", 900) + "()", TooDeep, "0", ""},
		{"jan " + strings.Repeat("a ", 50), TooMany, "102", ""},
		{"tag:" + strings.Repeat("a,", 51), TooMany, "0", ""},
		{strings.Repeat("a", MaxLength+1), TooLong, "", ""},
	} {
		e, err := Parse(c.text, contact)
		f := fault.From(err)
		if err == nil || f.Kind != fault.Invalid || len(f.Fields) != 1 {
			t.Errorf("Parse(%.40q) = %v, %v; want %s", c.text, e, err, c.code)
			continue
		}
		got := f.Fields[0]
		if got.Path != "q" || got.Code != c.code || got.Args["pos"] != c.pos || got.Args["word"] != c.word {
			t.Errorf("Parse(%.40q) refused with %+v, want %s at %s, %q", c.text, got, c.code, c.pos, c.word)
		}
	}
}
