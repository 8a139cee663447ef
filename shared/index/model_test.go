package index

import (
	"cmp"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"
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
	switch w.IntN(22) {
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

// model is the obvious way to do all this: decoded records, looked at one by one.
type model struct {
	records map[string]*modelRecord
}

type modelRecord struct {
	id       string
	revision int64
	data     map[string]any
}

func (m *model) apply(changes []Change) {
	for _, c := range changes {
		if old := m.records[c.ID]; old != nil && old.revision >= c.Revision {
			continue
		}
		r := &modelRecord{id: c.ID, revision: c.Revision}
		if c.Value != nil {
			d := json.NewDecoder(strings.NewReader(string(c.Value)))
			d.UseNumber()
			if err := d.Decode(&r.data); err != nil {
				panic(err)
			}
		}
		m.records[c.ID] = r
	}
}

func (r *modelRecord) trashed() bool { return r.data["deletedAt"] != nil }

// values gives the values of a path as text.
func (r *modelRecord) values(path string) []string {
	switch path {
	case "id":
		return []string{r.id}
	case "version":
		return []string{strconv.FormatInt(r.revision, 10)}
	case "age":
		var out []string
		for _, born := range r.values("birthDate") {
			out = append(out, strconv.Itoa(modelAge(born)))
		}
		return out
	}
	return valuesAt(r.data, strings.Split(path, "."))
}

func modelAge(born string) int {
	b, err := time.Parse(time.DateOnly, born)
	if err != nil {
		panic(err)
	}
	years := 0
	for {
		y := b.Year() + years + 1
		next := time.Date(y, b.Month(), b.Day(), 0, 0, 0, 0, now.Location())
		if b.Month() == 2 && b.Day() == 29 && next.Month() == 3 {
			next = time.Date(y, 2, 28, 0, 0, 0, 0, now.Location())
		}
		if next.After(now) {
			return years
		}
		years++
	}
}

func valuesAt(v any, path []string) []string {
	if list, ok := v.([]any); ok {
		var out []string
		for _, e := range list {
			out = append(out, valuesAt(e, path)...)
		}
		return out
	}
	if len(path) > 0 {
		object, _ := v.(map[string]any)
		if path[0] == "*" {
			var out []string
			for k, e := range object {
				out = append(out, k+":"+e.(string))
			}
			return out
		}
		if object[path[0]] == nil {
			return nil
		}
		return valuesAt(object[path[0]], path[1:])
	}
	switch v := v.(type) {
	case string:
		return []string{v}
	case json.Number:
		return []string{v.String()}
	case bool:
		return []string{strconv.FormatBool(v)}
	}
	return nil
}

func typeOf(path string) query.Type {
	switch path {
	case "age", "version":
		return query.TypeNumber
	}
	for _, c := range slices.Concat(people.Columns, systemColumns) {
		if c.Path == path {
			return c.Type
		}
	}
	return query.TypeCode
}

func (r *modelRecord) meets(e query.Expr, lv level) bool {
	switch e := e.(type) {
	case query.And:
		// Words side by side are one text.
		var text []query.Text
		for _, part := range e {
			if t, ok := part.(query.Text); ok {
				text = append(text, t)
			} else if !r.meets(part, lv) {
				return false
			}
		}
		return len(text) == 0 || r.meetsText(text, lv)
	case query.Or:
		return slices.ContainsFunc(e, func(part query.Expr) bool { return r.meets(part, lv) })
	case query.Not:
		return !r.meets(e.Expr, typed)
	case query.Text:
		return r.meetsText([]query.Text{e}, lv)
	case query.Term:
		return r.meetsTerm(e)
	}
	panic(e)
}

func (r *modelRecord) meetsTerm(t query.Term) bool {
	if t.Field == "is" {
		return r.trashed()
	}
	if t.Op == query.Filled && slices.Contains([]string{"emails", "externalIds", "addresses"}, t.Field) {
		return r.data[t.Field] != nil
	}
	values := r.values(t.Field)
	if t.Op == query.Filled {
		return len(values) > 0
	}
	return slices.ContainsFunc(values, func(v string) bool { return compares(typeOf(t.Field), v, t) })
}

func compares(typ query.Type, v string, t query.Term) bool {
	switch typ {
	case query.TypeNumber, query.TypeDate, query.TypeInstant:
		lower, upper := t.Value, t.Value
		if t.Op == query.Within {
			lower, upper = query.Bounds(t.Value)
		}
		if t.Op == query.Yearly {
			from, to := query.Bounds(t.Value)
			if day := v[5:10]; from <= to {
				return day >= from && day <= to
			} else {
				return day >= from || day <= to
			}
		}
		x := modelNumber(typ, v, false)
		lo, hi := modelNumber(typ, lower, false), modelNumber(typ, upper, true)
		return map[query.Op]bool{query.Is: x >= lo && x <= hi, query.Has: x >= lo && x <= hi, query.Within: x >= lo && x <= hi,
			query.Less: x < lo, query.AtMost: x <= hi, query.More: x > hi, query.AtLeast: x >= lo}[t.Op]
	case query.TypeText:
		a, b := fold.String(v), fold.String(t.Value)
		if words := fold.Words(t.Value); t.Op == query.Has && len(words) > 0 {
			for _, w := range words {
				if !slices.ContainsFunc(modelWords(v), func(word string) bool { return strings.HasPrefix(word, w) }) {
					return false
				}
			}
			return true
		}
		return map[query.Op]bool{query.Is: a == b, query.Has: a == b, query.Contains: strings.Contains(a, b), query.Less: a < b,
			query.AtMost: a <= b, query.More: a > b, query.AtLeast: a >= b}[t.Op]
	case query.TypePhone:
		a, b := fold.Digits(v), fold.Digits(t.Value)
		if !strings.HasPrefix(t.Value, "+") {
			b = strings.TrimPrefix(b, "0")
			if t.Op != query.Contains {
				return strings.HasSuffix(a, b) && len(a) <= len(b)+3
			}
		}
		if t.Op == query.Contains {
			return strings.Contains(a, b)
		}
		return a == b
	}
	switch {
	case t.Op == query.Contains:
		return strings.Contains(fold.String(v), fold.String(t.Value))
	case typ != query.TypeEmail && t.Op == query.Is:
		return v == t.Value
	}
	return fold.String(v) == fold.String(t.Value)
}

func modelNumber(typ query.Type, v string, end bool) int64 {
	switch typ {
	case query.TypeDate:
		t, err := time.Parse(time.DateOnly, v)
		if err != nil {
			panic(err)
		}
		return t.Unix()
	case query.TypeInstant:
		if t, err := time.ParseInLocation(time.DateOnly, v, now.Location()); err == nil {
			if end {
				t = t.AddDate(0, 0, 1).Add(-1)
			}
			return t.UnixNano()
		}
		t, err := time.Parse(time.RFC3339, v)
		if err != nil {
			panic(err)
		}
		return t.UnixNano()
	}
	n, err := strconv.ParseInt(v, 10, 64)
	if err != nil {
		panic(err)
	}
	return n
}

// modelWords gives the words of a name, and what an apostrophe joins as one.
func modelWords(s string) []string {
	f := fold.String(s)
	out := fold.Words(f)
	for part := range strings.FieldsFuncSeq(f, func(r rune) bool { return r == ' ' || r == '-' || r == '(' || r == ')' }) {
		out = append(out, strings.Join(fold.Words(part), ""))
	}
	return out
}

func (r *modelRecord) meetsText(texts []query.Text, lv level) bool {
	type group struct {
		chunks []string
		phrase bool
		digits bool
	}
	var groups []group
	some := false
	for _, t := range texts {
		chunks := strings.Fields(t.Words)
		if t.Phrase {
			some = true
			if len(fold.Words(t.Words)) > 0 {
				groups = append(groups, group{[]string{t.Words}, true, false})
			}
			continue
		}
		for _, c := range chunks {
			some = true
			if len(fold.Words(c)) == 0 {
				continue
			}
			digits := strings.Trim(c, "0123456789+-/.()") == ""
			if k := len(groups) - 1; digits && k >= 0 && groups[k].digits {
				groups[k].chunks = append(groups[k].chunks, c)
			} else {
				groups = append(groups, group{[]string{c}, false, digits})
			}
		}
	}
	if some && len(groups) == 0 {
		return false
	}
	for _, g := range groups {
		found := true
		for _, c := range g.chunks {
			found = found && r.meetsChunk(c, g.phrase, lv)
		}
		if all := strings.Join(g.chunks, ""); !found && (g.digits || g.phrase) && strings.Trim(all, " 0123456789+-/.()") == "" {
			found = r.meetsPhone(all, lv)
		}
		if !found {
			return false
		}
	}
	return true
}

func (r *modelRecord) meetsPhone(dialled string, lv level) bool {
	if len(fold.Digits(dialled)) < 4 {
		return false
	}
	d := fold.Digits(strings.ReplaceAll(dialled, "(0)", ""))
	d = strings.TrimPrefix(strings.TrimPrefix(d, "0"), "0")
	return len(d) >= 3 && slices.ContainsFunc(r.values("phones.number"), func(v string) bool {
		n := strings.TrimPrefix(v, "+")
		if lv == whole {
			return strings.HasSuffix(n, d) && len(n) <= len(d)+3
		}
		return strings.Contains(n, d)
	})
}

func (r *modelRecord) meetsChunk(chunk string, phrase bool, lv level) bool {
	f := fold.String(chunk)
	if len([]rune(f)) >= 3 {
		for _, path := range []string{"emails.address", "occupation"} {
			for _, v := range r.values(path) {
				if v := fold.String(v); v == f || lv != whole && strings.Contains(v, f) {
					return true
				}
			}
		}
	}
	if slices.Contains(r.values("number"), strings.TrimPrefix(f, "+")) && strings.Trim(f, "0123456789+") == "" && (f[0] != '0' || f == "0") {
		return true
	}
	if n, err := strconv.Atoi(f); err == nil && slices.Contains(r.values("number"), strconv.Itoa(n)) {
		return true
	}
	for _, path := range []string{"externalIds.*", "iban"} {
		for _, v := range r.values(path) {
			v = fold.String(v)
			_, second, ok := strings.Cut(v, ":")
			if v == f || path == "externalIds.*" && ok && second == f {
				return true
			}
		}
	}
	var names []string
	for _, path := range []string{"firstName", "lastName", "addresses.town"} {
		names = append(names, r.values(path)...)
	}
	words := fold.Words(chunk)
	if strings.Contains(f, "@") {
		return false
	}
	if phrase {
		return slices.ContainsFunc(names, func(n string) bool {
			return strings.Contains(" "+strings.Join(fold.Words(n), " ")+" ", " "+strings.Join(words, " ")+" ")
		})
	}
	for _, w := range words {
		if !slices.ContainsFunc(names, func(n string) bool {
			return slices.ContainsFunc(modelWords(n), func(word string) bool {
				switch lv {
				case whole:
					return w == word
				case typed:
					return strings.HasPrefix(word, w)
				}
				return strings.HasPrefix(word, w) || len([]rune(w)) >= 5 && !strings.ContainsAny(w, "0123456789") && modelTypo([]rune(w), []rune(word))
			})
		}) {
			return false
		}
	}
	return true
}

// modelTypo tries every typo.
func modelTypo(a, b []rune) bool {
	for i := range a {
		if string(slices.Delete(slices.Clone(a), i, i+1)) == string(b) {
			return true
		}
		if i+1 < len(a) {
			swapped := slices.Clone(a)
			swapped[i], swapped[i+1] = swapped[i+1], swapped[i]
			if string(swapped) == string(b) {
				return true
			}
		}
		if len(a) == len(b) {
			replaced := slices.Clone(a)
			replaced[i] = b[i]
			if string(replaced) == string(b) {
				return true
			}
		}
	}
	for i := range b {
		if string(slices.Delete(slices.Clone(b), i, i+1)) == string(a) {
			return true
		}
	}
	return false
}

func namesTrash(e query.Expr) bool {
	switch e := e.(type) {
	case query.And:
		return slices.ContainsFunc(e, namesTrash)
	case query.Or:
		return slices.ContainsFunc(e, namesTrash)
	case query.Not:
		return namesTrash(e.Expr)
	case query.Term:
		return e.Field == query.State
	}
	return false
}

func hasText(e query.Expr) bool {
	switch e := e.(type) {
	case query.And:
		return slices.ContainsFunc(e, hasText)
	case query.Or:
		return slices.ContainsFunc(e, hasText)
	case query.Not:
		return hasText(e.Expr)
	}
	_, ok := e.(query.Text)
	return ok
}

// find gives the records that meet e in the order asked for, with their levels.
func (m *model) find(e query.Expr, sorts []Sort) (list []*modelRecord, levels map[string]level) {
	levels = map[string]level{}
	for _, r := range m.records {
		if r.data == nil || r.trashed() && !namesTrash(e) {
			continue
		}
		for _, lv := range []level{whole, typed, forgiving} {
			if r.meets(e, lv) {
				levels[r.id] = lv
				list = append(list, r)
				break
			}
		}
	}
	slices.SortFunc(list, func(a, b *modelRecord) int {
		if len(sorts) == 0 && hasText(e) {
			if n := cmp.Compare(levels[a.id], levels[b.id]); n != 0 {
				return n
			}
		}
		for _, s := range sorts {
			if n := compareBy(s, a, b); n != 0 {
				return n
			}
		}
		return cmp.Or(compareBy(Sort{Path: "lastName"}, a, b), compareBy(Sort{Path: "firstName"}, a, b), strings.Compare(a.id, b.id))
	})
	return list, levels
}

func compareBy(s Sort, a, b *modelRecord) int {
	x, y := a.firstValue(s.Path), b.firstValue(s.Path)
	if x == "" || y == "" {
		return cmp.Compare(map[bool]int{true: 1}[x == ""], map[bool]int{true: 1}[y == ""])
	}
	var n int
	switch typ := typeOf(s.Path); typ {
	case query.TypeNumber, query.TypeDate, query.TypeInstant:
		n = cmp.Compare(modelNumber(typ, x, false), modelNumber(typ, y, false))
	case query.TypePhone:
		n = strings.Compare(fold.Digits(x), fold.Digits(y))
	default:
		n = strings.Compare(fold.String(x), fold.String(y))
	}
	if s.Down {
		return -n
	}
	return n
}

// firstValue gives what a record is sorted by: of a list the first element's.
func (r *modelRecord) firstValue(path string) string {
	list, member, nested := strings.Cut(path, ".")
	if elems, ok := r.data[list].([]any); ok && nested {
		first, _ := elems[0].(map[string]any)
		values := valuesAt(first, []string{member})
		if len(values) == 0 {
			return ""
		}
		return values[0]
	}
	if values := r.values(path); len(values) > 0 {
		return values[0]
	}
	return ""
}

func marshal(t testing.TB, v any) []byte {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func timeOf(day int64) time.Time { return time.Unix(day*86400, 0).UTC() }
