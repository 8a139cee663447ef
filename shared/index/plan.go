package index

import (
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/muster-crm/muster/shared/decimal"
	"github.com/muster-crm/muster/shared/fault"
	"github.com/muster-crm/muster/shared/fold"
	"github.com/muster-crm/muster/shared/policy"
	"github.com/muster-crm/muster/shared/query"
)

// plan is an expression made ready for a schema and a grant: fields found and allowed, values read and folded. It is
// evaluated on segments (match.go, text.go) and on single rows (rowmatch.go), which must agree.
type plan struct {
	s        *schema
	root     node
	trash    bool // the expression names is:trashed: records in the trash are not left out
	hasText  bool
	typos    bool             // typos may be forgiven in some of it
	searched [Exact + 1][]int // columns by way of searching, those the grant may read
	lenders  []*lender        // kinds whose names free text looks into
	now      time.Time

	v      *View // whose records it finds, nil for a plan that follows no links
	beside map[string]*View
	grant  policy.Grant
	hops   int // links that lead to it
	others []*plan
	open   []*evaluation // to be given back
	found  map[*unit]*[forgiving][]string
}

// node is andNode, orNode, notNode, *termNode, *timedNode, *textNode, trashNode, *joinNode or *titleNode.
type node interface{}

type (
	andNode   []node
	orNode    []node
	notNode   struct{ node }
	trashNode struct{}
)

// what a term looks at.
type target uint8

const (
	onText    target = iota // a column with a dictionary
	onNumber                // a column of numbers
	onID                    //
	onVersion               //
	onList                  // a list, whatever is in it
	onLink                  // the records of another kind that hold ours: only counted by
)

// termNode is a comparison.
type termNode struct {
	on     target
	col    int // the column, or for onList the list
	op     query.Op
	value  string   // as given
	folded string   // as the column's values are folded
	words  []string // for Has on text
	code   bool     // the column is one of codes
	tail   bool     // for phones: the value is in national notation, the number only ends with it
	lo, hi int64    // for numbers: from lo to hi
	days   [2]int   // for Yearly: month*100+day, from and to
	zone   *time.Location
}

// textNode is free text: every run of it must be found.
type textNode struct{ runs []*run }

// run is a row of words. Several are one only when they are digits: then they may be one telephone number.
type run struct {
	units []*unit
	phone string // the digits together, as looked for in numbers; "" when they are none
}

// unit is one word as typed.
type unit struct {
	text   string   // folded
	words  []string // its words, none for an e-mail address
	phrase bool
	number int64 // its value when isNum
	isNum  bool
	typo   bool // one of its words may be forgiven a typo
}

// Levels of agreement between a record and free text. Each includes the ones before it.
type level uint8

const (
	whole     level = iota // every word is a whole word, address or number of the record
	typed                  // every word is found as typed
	forgiving              // typos are forgiven
)

func unknown(path, name string, pos int) error {
	return fault.Bad(path, query.UnknownField, "word", name, "pos", strconv.Itoa(pos))
}

// plan compiles an expression for a caller. It must be closed.
func (v *View) plan(e query.Expr, grant policy.Grant, now time.Time) (*plan, error) {
	if err := grant.Allow(policy.Read); err != nil {
		return nil, err
	}
	r := v.s.reading(grant)
	p := &plan{s: v.s, now: now, v: v, beside: v.beside, grant: grant, searched: r.searched}
	if e == nil {
		e = query.All
	}
	var err error
	p.root, err = p.compile(e, r.may, 0)
	if err == nil && p.trash {
		err = grant.Allow(policy.Restore)
	}
	if hidden := p.hidden(); hidden != nil {
		p.root = andNode{p.root, notNode{hidden}}
	}
	return p, err
}

func (p *plan) compile(e query.Expr, may []bool, depth int) (node, error) {
	if depth > 4*query.MaxDepth {
		return nil, fault.Bad(query.Path, query.TooDeep, "max", strconv.Itoa(query.MaxDepth))
	}
	switch e := e.(type) {
	case query.And:
		return p.and(e, may, depth)
	case query.Or:
		out := make(orNode, 0, len(e))
		for _, part := range e {
			n, err := p.compile(part, may, depth+1)
			if err != nil {
				return nil, err
			}
			out = append(out, n)
		}
		return out, nil
	case query.Not:
		n, err := p.compile(e.Expr, may, depth+1)
		return notNode{n}, err
	case query.Text:
		return p.text([]query.Text{e}), nil
	case query.Term:
		if e.Field == query.State {
			if e.Value != query.Trashed || e.Op != query.Has && e.Op != query.Is {
				return nil, fault.Bad(query.Path, query.BadValue, "word", e.Value, "field", e.Field, "pos", strconv.Itoa(e.Pos))
			}
			p.trash = true
			return trashNode{}, nil
		}
		return p.term(e, may)
	}
	return andNode(nil), nil
}

// and compiles a conjunction. Words side by side make one text, since a telephone number may be typed in pieces.
func (p *plan) and(e query.And, may []bool, depth int) (node, error) {
	var out andNode
	var space [4]query.Text // enough for most
	texts := space[:0]
	for _, part := range e {
		if t, ok := part.(query.Text); ok {
			texts = append(texts, t)
			continue
		}
		n, err := p.compile(part, may, depth+1)
		if err != nil {
			return nil, err
		}
		out = append(out, n)
	}
	if len(texts) > 0 {
		n := p.text(texts)
		if len(out) == 0 {
			return n, nil
		}
		out = append(out, n)
	}
	if len(out) == 1 {
		return out[0], nil
	}
	return out, nil
}

func (p *plan) text(texts []query.Text) node {
	if !p.hasText {
		p.hasText = true
		p.lenders = p.lend()
	}
	n := &textNode{}
	typedAny := false
	numeric := false // the last run is one of digits
	for _, t := range texts {
		if t.Phrase {
			text := fold.String(t.Words)
			typedAny = typedAny || text != ""
			if u := newUnit(text); u != nil {
				u.phrase, u.typo = true, false // in its order, as it is
				n.runs = append(n.runs, &run{units: []*unit{u}, phone: t.Words})
			}
			numeric = false
			continue
		}
		for chunk := range strings.FieldsSeq(t.Words) {
			text := fold.String(chunk)
			typedAny = typedAny || text != ""
			u := newUnit(text)
			if u == nil {
				continue
			}
			if isDialled(chunk) && numeric {
				last := n.runs[len(n.runs)-1]
				last.units = append(last.units, u)
				last.phone += chunk
				continue
			}
			numeric = isDialled(chunk)
			r := &run{units: []*unit{u}}
			if numeric {
				r.phone = chunk
			}
			n.runs = append(n.runs, r)
		}
	}
	for _, r := range n.runs {
		r.phone = dial(r.phone)
		p.typos = p.typos || slices.ContainsFunc(r.units, func(u *unit) bool { return u.typo })
	}
	if typedAny && len(n.runs) == 0 {
		return orNode(nil) // nothing but punctuation: found nowhere
	}
	return n
}

// newUnit makes the unit of a folded word; nil when it has neither letters nor digits.
func newUnit(text string) *unit {
	if word, _ := fold.Word(text); word == "" {
		return nil
	}
	u := &unit{text: text}
	if strings.IndexByte(text, '@') < 0 { // an e-mail address is no name
		u.words = fold.Words(text)
	}
	for _, w := range u.words {
		u.typo = u.typo || forgiven(w)
	}
	if strings.Trim(text, "+-0123456789") == "" {
		n, err := strconv.ParseInt(text, 10, 64)
		u.number, u.isNum = n, err == nil
	}
	return u
}

// short tells that the unit is looked for at the beginnings of words alone.
func (u *unit) short() bool { return runes(u.text) < 3 }

// isDialled tells whether a word is written like a telephone number, or a part of one.
func isDialled(s string) bool {
	digits := false
	for _, r := range s {
		switch {
		case r >= '0' && r <= '9':
			digits = true
		case !strings.ContainsRune("+-/.()\u2011\u2013", r):
			return false
		}
	}
	return digits
}

// dial gives the digits by which a number is found in E.164, whatever notation it is typed in; "" when s is no number
// or has fewer than 4 digits.
func dial(s string) string {
	if !isDialled(strings.Join(strings.Fields(s), "")) {
		return ""
	}
	all := fold.Digits(s)
	if len(all) < 4 {
		return ""
	}
	d := fold.Digits(strings.ReplaceAll(s, "(0)", ""))
	if rest, ok := strings.CutPrefix(d, "00"); ok {
		d = rest
	} else {
		d = strings.TrimPrefix(d, "0")
	}
	if len(d) < 3 {
		return ""
	}
	return d
}

// term compiles a comparison.
func (p *plan) term(e query.Term, may []bool) (node, error) {
	t := &termNode{op: e.Op, value: e.Value, zone: p.now.Location()}
	wrong := func(code string, typ query.Type) error {
		return fault.Bad(query.Path, code, "word", e.Value, "field", e.Field, "type", string(typ), "pos", strconv.Itoa(e.Pos))
	}
	if i := slices.Index(p.s.lists, e.Field); i >= 0 && !p.s.isColumn(e.Field) {
		readable := false
		for c := range p.s.cols {
			readable = readable || p.s.cols[c].list == i && may[c]
		}
		if !readable {
			return nil, unknown(query.Path, e.Field, e.Pos)
		}
		if e.Op != query.Filled {
			return nil, wrong(query.UnknownOperator, "")
		}
		t.on, t.col = onList, i
		return t, nil
	}
	f, ok := p.s.field(e.Field, may)
	if !ok {
		return p.linkedTerm(e, may)
	}
	if f.timed != nil {
		return p.timedTerm(f.timed, e, may)
	}
	t.on, t.col = f.on, f.col
	yearly := e.Op == query.Yearly && (f.typ == typeDate || f.typ == typeInstant) && !f.age
	if !yearly && !f.typ.Allows(e.Op) && !(e.Op == query.Contains && f.typ == query.TypeCode) {
		return nil, wrong(query.UnknownOperator, f.typ)
	}
	if t.on == onText || t.on == onID {
		if t.on == onID {
			t.value = p.v.Root(t.value)
		}
		p.textTerm(t, f)
		if t.on == onText && p.s.cols[t.col].Refs != nil && t.op != query.Filled {
			return p.refTerm(t, f, e), nil
		}
		return p.known(t), nil
	}
	if !p.numberTerm(t, f, e.Value) {
		return nil, wrong(query.BadValue, f.typ)
	}
	return p.known(t), nil
}

func (s *schema) isColumn(path string) bool {
	_, ok := s.byPath[path]
	return ok
}

// field is something that can be compared, sorted by and counted by.
type field struct {
	on  target
	col int
	typ query.Type
	age bool

	timed *timing // only values that hold today
	link  *link   // for onLink
	all   *chosen // the records it leads to
}

// field finds a field the caller may read.
func (s *schema) field(path string, may []bool) (field, bool) {
	switch path {
	case pathID:
		return field{on: onID, typ: query.TypeCode}, true
	case pathVersion:
		return field{on: onVersion, typ: typeNumber}, true
	}
	if i, ok := s.byPath[path]; ok && may[i] {
		f := field{on: onText, col: i, typ: s.cols[i].Type}
		if s.cols[i].numeric() {
			f.on = onNumber
		}
		return f, true
	}
	if i, ok := s.ages[path]; ok && may[i] {
		return field{on: onNumber, col: i, typ: typeNumber, age: true}, true
	}
	if t := s.timed[path]; t != nil && may[t.col] && may[t.from] && may[t.to] {
		return field{on: onText, col: t.col, typ: s.cols[t.col].Type, timed: t}, true
	}
	return field{}, false
}

func (p *plan) textTerm(t *termNode, f field) {
	if t.on == onID {
		return
	}
	t.code = f.typ == query.TypeCode
	t.folded = foldValue(&p.s.cols[t.col].Column, t.value)
	switch {
	case f.typ == typeText && t.op == query.Has:
		if t.words = fold.Words(t.value); t.words == nil {
			t.op = query.Is
		}
	case f.typ == query.TypePhone && t.op != query.Filled:
		t.tail = !strings.HasPrefix(t.value, "+")
		if t.tail {
			t.folded = strings.TrimPrefix(t.folded, "0")
		}
	case t.op == query.Has && f.typ != query.TypeCode:
		t.op = query.Is
	}
}

// numberTerm reads the values of a comparison of numbers as a range.
func (p *plan) numberTerm(t *termNode, f field, value string) bool {
	t.lo, t.hi = math.MinInt64, math.MaxInt64
	switch t.op {
	case query.Filled:
		return true
	case query.Yearly:
		from, to := query.Bounds(value)
		for i, day := range [2]string{from, to} {
			if len(day) != 5 || day[2] != '-' {
				return false
			}
			m, ok1 := digits(day[:2])
			d, ok2 := digits(day[3:])
			if !ok1 || !ok2 {
				return false
			}
			t.days[i] = m*100 + d
		}
		return true
	}
	from, to := value, value
	if t.op == query.Within {
		from, to = query.Bounds(value)
	}
	first, _, ok1 := p.number(f, from)
	_, last, ok2 := p.number(f, to)
	if !ok1 || !ok2 {
		return false
	}
	switch t.op {
	case query.Is, query.Has, query.Within:
		t.lo, t.hi = first, last
	case query.Less:
		t.hi = first - 1
	case query.AtMost:
		t.hi = last
	case query.More:
		t.lo = last + 1
	case query.AtLeast:
		t.lo = first
	}
	if f.age {
		t.lo, t.hi = bornWithin(t.lo, t.hi, p.now)
	}
	return true
}

// number reads a value: a point, or a day where an instant is compared with a date.
func (p *plan) number(f field, value string) (first, last int64, ok bool) {
	switch f.typ {
	case typeDate:
		day, ok := parseDate(value)
		return day, day, ok
	case typeInstant:
		if _, ok := parseDate(value); ok {
			start, err := time.ParseInLocation(time.DateOnly, value, p.now.Location())
			return start.UnixNano(), start.AddDate(0, 0, 1).UnixNano() - 1, err == nil
		}
		ns, ok := parseInstant(value)
		return ns, ns, ok
	}
	places := 0
	if f.on == onNumber && !f.age {
		places = p.s.cols[f.col].Decimals
	}
	n, ok := decimal.Read(value, places)
	return n, n, ok
}

// age gives the whole years from a day to now. Who is born on 29 February has the 28th in other years (REC-12).
func age(born int64, now time.Time) int64 {
	y, m, d := date(born)
	ny, nm, nd := now.Date()
	if m == 2 && d == 29 && !leap(ny) {
		d = 28
	}
	years := ny - y
	if int(nm)*100+nd < m*100+d {
		years--
	}
	return int64(years)
}

// maxYears is beyond every age there can be between two dates of four-digit years.
const maxYears = 10000

// bornWithin gives the days of birth of those whose age is from lo to hi: age only falls as the day of birth rises.
func bornWithin(lo, hi int64, now time.Time) (from, to int64) {
	from, to = math.MinInt64, math.MaxInt64
	if hi < maxYears {
		from = bornLast(max(hi, -maxYears)+1, now) + 1
	}
	if lo > -maxYears {
		to = bornLast(min(lo, maxYears), now)
	}
	return from, to
}

// bornLast gives the last day of birth of those at least so many years old.
func bornLast(years int64, now time.Time) int64 {
	sameDay := time.Date(now.Year()-int(years), now.Month(), now.Day(), 0, 0, 0, 0, time.UTC)
	day := sameDay.Unix()/86400 + 3 // leap days move it by less
	for age(day, now) < years {
		day--
	}
	return day
}
