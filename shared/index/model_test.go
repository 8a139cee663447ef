package index

import (
	"cmp"
	"encoding/json"
	"math/big"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/muster-crm/muster/shared/decimal"
	"github.com/muster-crm/muster/shared/fold"
	"github.com/muster-crm/muster/shared/query"
)

// model is the obvious way to do all this: decoded records, looked at one by one.
type model struct {
	records map[string]*modelRecord
}

type modelRecord struct {
	id       string
	revision int64
	data     map[string]any
	in       *society // where it has links, else nil
	kind     string
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
	case "fee.amount":
		var out []string
		for _, cents := range valuesAt(r.data, []string{"fee", "amount"}) {
			n, err := strconv.Atoi(cents)
			if err != nil {
				panic(err)
			}
			out = append(out, decimal.Write(int64(n), 2))
		}
		return out
	case "secret":
		if r.data["secret"] != nil && strings.ContainsAny(string(mustMarshal(r.data["secret"])), "xB0f") {
			return []string{"true"}
		}
		return nil
	}
	return valuesAt(r.data, strings.Split(path, "."))
}

func mustMarshal(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return b
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

var types = func() map[string]query.Type {
	m := map[string]query.Type{"age": query.TypeNumber, "version": query.TypeNumber, "id": query.TypeCode}
	for _, c := range slices.Concat(people.Columns, companies.Columns, tickets.Columns, systemColumns) {
		m[c.Path] = c.Type
	}
	return m
}()

func typeOf(path string) query.Type { return types[path] }

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
	if r.in != nil {
		if holds, ok := r.in.meets(r, t); ok {
			return holds
		}
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
	n, ok := new(big.Rat).SetString(v + "e6")
	if !ok || !n.IsInt() {
		panic(v)
	}
	return n.Num().Int64()
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
	for _, path := range []string{"firstName", "lastName", "addresses.town", "name", "nickname", "subject"} {
		names = append(names, r.values(path)...)
	}
	if r.in != nil {
		names = append(names, r.in.lent(r)...)
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
