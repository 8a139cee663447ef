package index

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/muster-crm/muster/shared/fold"
	"github.com/muster-crm/muster/shared/policy"
	"github.com/muster-crm/muster/shared/query"
)

// people is a schema with a column of every sort.
var people = Schema{
	Kind: "person",
	Columns: []Column{
		{Path: "number", Type: query.TypeNumber, Class: policy.Public, How: Exact},
		{Path: "type", Type: query.TypeCode, Class: policy.Public},
		{Path: "firstName", Type: query.TypeText, Class: policy.Public, How: Words},
		{Path: "lastName", Type: query.TypeText, Class: policy.Public, How: Words},
		{Path: "birthDate", Type: query.TypeDate, Class: policy.Contact, Age: "age"},
		{Path: "emails.kind", Type: query.TypeCode, List: "emails", Class: policy.Contact},
		{Path: "emails.address", Type: query.TypeEmail, List: "emails", Class: policy.Contact, How: Address},
		{Path: "emails.main", Type: query.TypeFlag, List: "emails", Class: policy.Contact},
		{Path: "phones.number", Type: query.TypePhone, List: "phones", Class: policy.Contact, How: Digits},
		{Path: "addresses.street", Type: query.TypeText, List: "addresses", Class: policy.Contact},
		{Path: "addresses.town", Type: query.TypeText, List: "addresses", Class: policy.Contact, How: Words},
		{Path: "tags", Type: query.TypeCode, List: "tags", Class: policy.Public},
		{Path: "scores", Type: query.TypeNumber, List: "scores", Class: policy.Public},
		{Path: "newsletter", Type: query.TypeFlag, Class: policy.Public},
		{Path: "occupation", Type: query.TypeText, Class: policy.Public, How: Anywhere},
		{Path: "balance", Type: query.TypeNumber, Class: policy.Finance},
		{Path: "externalIds.*", Type: query.TypeCode, List: "externalIds", Class: policy.Public, How: Exact},
		{Path: "custom.size", Type: query.TypeCode, Class: policy.Public},
		{Path: "custom.colours", Type: query.TypeCode, List: "custom.colours", Class: policy.Public},
		{Path: "seenAt", Type: query.TypeInstant, Class: policy.Public},
		{Path: "iban", Type: query.TypeText, Class: policy.Sensitive, How: Exact},
		{Path: "weight", Type: query.TypeNumber, Class: policy.Public, Decimals: 3},
		{Path: "fee.amount", Type: query.TypeNumber, Class: policy.Public, Decimals: 2, Minor: true},
		{Path: "fee.currency", Type: query.TypeCode, Class: policy.Public},
		{Path: "secret", Type: query.TypeFilled, Class: policy.Public},
	},
	Order: []string{"lastName", "firstName"},
}

var now = time.Date(2027, 2, 28, 9, 30, 0, 0, time.FixedZone("CET", 3600))

func grant(r policy.Role) policy.Grant { return policy.For(policy.Actor{ID: "usr_1"}, r) }

// world makes records and expressions from few values, so that they meet.
type world struct{ *rand.Rand }

func pick[T any](w world, list ...T) T { return list[w.IntN(len(list))] }

func (w world) chance(percent int) bool { return w.IntN(100) < percent }

var (
	firstNames = []string{"Jan", "Janne", "Élodie", "Elodie", "ELODIE", "Jean-Pierre", "Marie", "Maria", "Bjørn", "Søren", "An", "Anna", "Đặng", "Иван", "Peter", "Pieter"}
	lastNames  = []string{"Peeters", "Peters", "Pieters", "Janssens", "Jansen", "Janssen", "De Smet", "de Smet", "d'Hondt", "O’Brien", "Müller", "Mueller", "Łukasz", "Straßer", "Van den Berghe", "Vandenberghe", "Claes", "Claesen"}
	streets    = []string{"Kerkstraat", "kerkstraat", "Dorpstraat", "Rue de l'Église", "Stationsplein"}
	townNames  = []string{"Gent", "Brugge", "Antwerpen", "Sint-Niklaas", "Liège", "Gentbrugge"}
	jobs       = []string{"Teacher", "Head teacher", "Baker of bread", "Engineer (rail)", "teacher"}
	colours    = []string{"red", "Red", "green", "blue"}
	hosts      = []string{"example.org", "mail.example.com", "Example.net"}
)

func (w world) instant() string {
	t := time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC).Add(time.Duration(w.IntN(1000)) * 26 * time.Hour)
	if w.chance(30) {
		t = t.Add(time.Duration(w.IntN(1000)) * time.Millisecond)
	}
	return t.Format(time.RFC3339Nano)
}

func (w world) record(trash bool) map[string]any {
	r := map[string]any{"id": "ignored", "kind": "person", "createdAt": w.instant(), "createdBy": pick(w, "usr_1", "usr_2", "system"),
		"updatedAt": w.instant(), "updatedBy": "usr_1", "firstName": pick(w, firstNames...), "type": pick(w, "member", "donor", "external")}
	if trash {
		r["deletedAt"] = w.instant()
		r["deletedBy"] = "usr_2"
	}
	some := func(percent int, name string, value func() any) {
		if w.chance(percent) {
			r[name] = value()
		}
	}
	last := pick(w, lastNames...)
	some(90, "lastName", func() any { return last })
	some(95, "number", func() any { return w.IntN(3000) })
	some(70, "birthDate", func() any {
		return time.Date(1960+w.IntN(50), 1, 1+w.IntN(366), 0, 0, 0, 0, time.UTC).Format(time.DateOnly)
	})
	some(10, "birthDate", func() any { return pick(w, "1996-02-29", "1997-02-28", "1997-03-01", "2009-02-28") })
	some(80, "emails", func() any {
		list := []any{}
		for i := range 1 + w.IntN(3) {
			e := map[string]any{}
			if w.chance(95) {
				e["address"] = fmt.Sprintf("%s.%s%d@%s", strings.ToLower(fold.Words(r["firstName"].(string))[0]),
					strings.ReplaceAll(fold.String(last), " ", ""), w.IntN(2000), pick(w, hosts...))
			}
			if w.chance(70) {
				e["kind"] = pick(w, "personal", "work")
			}
			if w.chance(50) {
				e["main"] = i == 0
			}
			list = append(list, e)
		}
		return list
	})
	some(60, "phones", func() any {
		list := []any{}
		for range 1 + w.IntN(2) {
			list = append(list, map[string]any{"number": fmt.Sprintf("+32%d%06d", pick(w, 471, 9221, 33), w.IntN(3000)*331)})
		}
		return list
	})
	some(70, "addresses", func() any {
		list := []any{}
		for range 1 + w.IntN(2) {
			a := map[string]any{"town": pick(w, townNames...)}
			if w.chance(80) {
				a["street"] = pick(w, streets...)
			}
			list = append(list, a)
		}
		return list
	})
	some(40, "tags", func() any { return w.some(3, "board", "Board", "vip", "coach", "rüde") })
	some(8, "scores", func() any { return []any{w.IntN(5) - 2, w.IntN(5)} })
	some(80, "newsletter", func() any { return w.chance(50) })
	some(5, "occupation", func() any { return pick(w, jobs...) })
	some(50, "balance", func() any { return 25 * (w.IntN(20) - 10) })
	some(30, "externalIds", func() any {
		return map[string]any{"club": fmt.Sprintf("A%d", w.IntN(900)), "old": pick(w, "x:1", "77", "A5")}
	})
	some(30, "custom", func() any {
		c := map[string]any{}
		if w.chance(70) {
			c["size"] = pick(w, "S", "M", "XL")
		}
		if w.chance(30) {
			c["colours"] = w.some(2, colours...)
		}
		return c
	})
	some(30, "seenAt", func() any { return w.instant() })
	some(20, "iban", func() any { return fmt.Sprintf("BE%014d", w.IntN(50)) })
	some(40, "weight", func() any { return json.Number(pick(w, "2.5", "2.501", "-0.25", "3", "70.125", "-12")) })
	some(30, "fee", func() any { return map[string]any{"amount": 125 * (w.IntN(9) - 4), "currency": pick(w, "EUR", "JPY")} })
	some(30, "secret", func() any {
		return pick[any](w, "x", "", nil, map[string]any{"country": "BE", "number": ""}, map[string]any{"number": ""}, []any{}, 0, false)
	})
	some(20, "unknown", func() any { return map[string]any{"deep": []any{1.5, nil, "x\n\"", map[string]any{}}} })
	return r
}

func (w world) some(n int, from ...string) []any {
	var list []any
	for range 1 + w.IntN(n) {
		list = append(list, pick(w, from...))
	}
	return list
}

// id makes ids of the usual form; some worlds have others too.
func (w world) id() string {
	b := []byte("per_0")
	for range 25 {
		b = append(b, crockford[w.IntN(32)])
	}
	return string(b)
}

// term makes a comparison of the record's fields with values near those that occur.
func (w world) term() query.Expr {
	op := func(list ...query.Op) query.Op { return pick(w, list...) }
	number := func(field string, n, d int) query.Expr {
		t := query.Term{Field: field, Op: op(query.Is, query.Has, query.Less, query.AtMost, query.More, query.AtLeast, query.Within, query.Filled)}
		t.Value = strconv.Itoa(n)
		if t.Op == query.Within {
			t.Value += ".." + strconv.Itoa(n+d)
		}
		return t
	}
	text := func(field string, values []string) query.Expr {
		t := query.Term{Field: field, Op: op(query.Is, query.Has, query.Contains, query.Filled, query.Less, query.AtMost, query.More, query.AtLeast), Value: pick(w, values...)}
		if t.Op == query.Contains || t.Op == query.Has && w.chance(60) {
			t.Value = w.part(t.Value)
		}
		return t
	}
	decimal := func(field, value, other string) query.Expr {
		t := query.Term{Field: field, Op: op(query.Is, query.Has, query.Less, query.AtMost, query.More, query.AtLeast, query.Within, query.Filled), Value: value}
		if t.Op == query.Within {
			t.Value += ".." + other
		}
		return t
	}
	switch w.IntN(26) {
	case 22:
		return decimal("weight", pick(w, "2.5", "2.5", "-12", "2.6", "-0.3"), "3")
	case 23:
		return decimal("fee.amount", pick(w, "1.25", "2.5", "0", "-3", "1.3"), "4")
	case 24:
		return query.Term{Field: "fee.currency", Op: op(query.Is, query.Has), Value: pick(w, "EUR", "jpy")}
	case 25:
		return query.Term{Field: "secret", Op: query.Filled}
	case 0:
		return number("number", w.IntN(3000), 500)
	case 1:
		return query.Term{Field: "type", Op: op(query.Is, query.Has, query.Filled), Value: pick(w, "member", "Donor", "external", "none")}
	case 2:
		return text("firstName", firstNames)
	case 3:
		return text("lastName", lastNames)
	case 4:
		return number("age", 10+w.IntN(60), 10)
	case 5:
		day := fmt.Sprintf("%d-02-28", 1960+w.IntN(50))
		t := query.Term{Field: "birthDate", Op: op(query.Is, query.Less, query.AtMost, query.More, query.AtLeast, query.Within, query.Filled), Value: day}
		if t.Op == query.Within {
			t.Value += "..2005-03-01"
		}
		return t
	case 6:
		return query.Term{Field: "birthDate", Op: query.Yearly, Value: pick(w, "02-28..02-29", "12-15..01-20", "05-01..05-31")}
	case 7:
		return query.Term{Field: "emails.kind", Op: op(query.Is, query.Has, query.Filled), Value: pick(w, "personal", "work", "Work")}
	case 8:
		return query.Term{Field: "emails.address", Op: op(query.Contains, query.Is, query.Has, query.Filled),
			Value: pick(w, "jan.peeters", "@example.net", "an.claes", "berghe", "jan.peeters12@example.org", "Marie.Claes7@Example.net", "x")}
	case 9:
		return query.Term{Field: "emails.main", Op: op(query.Is, query.Has, query.Filled), Value: pick(w, "true", "false")}
	case 10:
		return query.Term{Field: "phones.number", Op: op(query.Is, query.Has, query.Contains, query.Filled),
			Value: pick(w, fmt.Sprintf("+32471%06d", w.IntN(3000)*331), fmt.Sprintf("0471%06d", w.IntN(3000)*331), "9221", "0471")}
	case 11:
		return text("addresses.street", streets)
	case 12:
		return text("addresses.town", townNames)
	case 13:
		return query.Term{Field: "tags", Op: op(query.Is, query.Has, query.Filled), Value: pick(w, "board", "Board", "BOARD", "vip", "rude", "none")}
	case 14:
		return number("scores", w.IntN(6)-2, 1)
	case 15:
		return query.Term{Field: "newsletter", Op: op(query.Is, query.Has, query.Filled), Value: pick(w, "true", "false")}
	case 16:
		return text("occupation", jobs)
	case 17:
		return number("balance", 25*(w.IntN(20)-10)+w.IntN(2), 60)
	case 18:
		return query.Term{Field: pick(w, "custom.size", "custom.colours", "externalIds.*", "createdBy"), Op: op(query.Is, query.Has, query.Filled),
			Value: pick(w, "S", "m", "Red", "red", "old:77", "club:A5", "usr_1")}
	case 19:
		t := query.Term{Field: pick(w, "seenAt", "createdAt", "updatedAt"), Op: op(query.Is, query.Less, query.AtMost, query.More, query.AtLeast, query.Filled), Value: w.instant()}
		if w.chance(30) {
			t.Value = t.Value[:10]
		}
		return t
	case 20:
		return query.Term{Field: pick(w, "emails", "externalIds", "addresses"), Op: query.Filled}
	}
	return query.Term{Field: pick(w, "id", "version"), Op: query.Is, Value: "2"}
}

// part gives the beginning of a text, or something from its middle.
func (w world) part(s string) string {
	r := []rune(s)
	from := 0
	if w.chance(30) {
		from = w.IntN(len(r))
	}
	return string(r[from : from+w.IntN(len(r)-from)+1])
}

// typo spoils a word.
func (w world) typo(s string) string {
	r := []rune(s)
	i := w.IntN(len(r))
	switch w.IntN(4) {
	case 0:
		return string(slices.Delete(r, i, i+1))
	case 1:
		return string(slices.Insert(r, i, 'e'))
	case 2:
		r[i] = 'x'
	case 3:
		if i+1 < len(r) {
			r[i], r[i+1] = r[i+1], r[i]
		}
	}
	return string(r)
}

func (w world) text() query.Text {
	switch w.IntN(10) {
	case 0:
		return query.Text{Words: pick(w, "Van den", "jean pierre", "claes7@example", "@", "de smet", "Head teacher", "an", "0471 00"), Phrase: true}
	case 1:
		return query.Text{Words: pick(w, "0471", "+32 471 00", "00329221", "1655", "04710", "(0)471", "471002", "32")}
	case 2:
		return query.Text{Words: pick(w, strconv.Itoa(w.IntN(3000)), "A5", "77", "x:1", "club:A7")}
	case 3:
		return query.Text{Words: pick(w, "example", "jan.pee", ".org", "teach", "@mail", "ann", "-", "(rail)", "berghe1")}
	case 4, 5:
		return query.Text{Words: w.typo(pick(w, lastNames...))}
	case 6:
		return query.Text{Words: pick(w, firstNames...) + " " + w.part(pick(w, lastNames...))}
	case 7:
		return query.Text{Words: pick(w, townNames...)}
	}
	return query.Text{Words: w.part(pick(w, append(firstNames, lastNames...)...))}
}

func (w world) expr(depth int) query.Expr {
	if depth > 0 && w.chance(60) {
		switch w.IntN(4) {
		case 0:
			return query.Not{Expr: w.expr(depth - 1)}
		case 1:
			var or query.Or
			for range w.IntN(4) {
				or = append(or, w.expr(depth-1))
			}
			return or
		default:
			var and query.And
			for range w.IntN(4) {
				and = append(and, w.expr(depth-1))
			}
			return and
		}
	}
	switch w.IntN(12) {
	case 0:
		return query.Term{Field: "is", Op: query.Has, Value: "trashed"}
	case 1, 2, 3, 4:
		return w.text()
	}
	return w.term()
}
