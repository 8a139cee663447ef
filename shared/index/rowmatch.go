package index

import (
	"slices"
	"strings"
	"time"

	"github.com/muster-crm/muster/shared/fold"
	"github.com/muster-crm/muster/shared/query"
)

// This file says what a match is, for one record at a time. Segments find the same by other means.

// matches tells whether a record meets the expression at a level of agreement. It does not look at the trash, but
// where the expression names it.
func (p *plan) matches(n node, r *row, lv level) bool {
	switch n := n.(type) {
	case andNode:
		for _, part := range n {
			if !p.matches(part, r, lv) {
				return false
			}
		}
		return true
	case orNode:
		for _, part := range n {
			if p.matches(part, r, lv) {
				return true
			}
		}
		return false
	case notNode:
		return !p.matches(n.node, r, typed)
	case trashNode:
		return r.trashed
	case *termNode:
		return p.matchesTerm(n, r)
	case *timedNode:
		return p.matchesTimed(n, r)
	case *textNode:
		for _, run := range n.runs {
			if !p.matchesRun(run, recordSubject{p, r}, lv) {
				return false
			}
		}
		return true
	case *joinNode:
		return n.l.joins(recordSubject{p, r}, n.choice())
	case *titleNode:
		return n.holds(recordSubject{p, r})
	}
	return false
}

func (p *plan) matchesTerm(t *termNode, r *row) bool {
	switch t.on {
	case onID:
		return t.op == query.Filled || r.id == t.value
	case onVersion:
		return r.revision >= t.lo && r.revision <= t.hi
	case onList:
		return len(r.column(len(p.s.cols)+t.col)) > 0
	}
	cells := r.column(t.col)
	if t.op == query.Filled {
		return len(cells) > 0
	}
	c := &p.s.cols[t.col].Column
	if t.on == onText && c.How != Unsearched {
		return slices.ContainsFunc(r.ready(p).values, func(v readyValue) bool { return v.col == t.col && t.takesText(v.folded, v.raw) })
	}
	for i := range cells {
		if t.on == onNumber && t.takes(cells[i].num, c.Type) || t.on == onText && t.takesText(foldValue(c, cells[i].text), cells[i].text) {
			return true
		}
	}
	return false
}

// takes tells whether a number meets the comparison.
func (t *termNode) takes(v int64, typ query.Type) bool {
	if t.op != query.Yearly {
		return v >= t.lo && v <= t.hi
	}
	var day int
	if typ == typeDate {
		_, m, d := date(v)
		day = m*100 + d
	} else {
		_, m, d := time.Unix(0, v).In(t.zone).Date()
		day = int(m)*100 + d
	}
	if t.days[0] <= t.days[1] {
		return day >= t.days[0] && day <= t.days[1]
	}
	return day >= t.days[0] || day <= t.days[1]
}

// takesText tells whether a value meets the comparison.
func (t *termNode) takesText(folded, raw string) bool {
	switch t.op {
	case query.Is:
		if t.tail {
			return endsNumber(folded, t.folded)
		}
		if t.exactly() {
			return raw == t.value
		}
		return folded == t.folded
	case query.Has:
		if t.tail {
			return endsNumber(folded, t.folded)
		}
		if t.words != nil {
			return begin(folded, t.words)
		}
		return folded == t.folded
	case query.Contains:
		return t.folded != "" && strings.Contains(folded, t.folded)
	case query.Less:
		return folded < t.folded
	case query.AtMost:
		return folded <= t.folded
	case query.More:
		return folded > t.folded
	case query.AtLeast:
		return folded >= t.folded
	}
	return false
}

// exactly tells that a code is compared as it is spelled.
func (t *termNode) exactly() bool { return t.code && t.op == query.Is }

// endsNumber tells whether the digits of a telephone number are those given, behind no more than a country code.
func endsNumber(all, digits string) bool {
	return digits != "" && len(all)-len(digits) <= 3 && strings.HasSuffix(all, digits)
}

// begin tells whether every one of words begins a word of a folded value.
func begin(folded string, words []string) bool {
	for _, w := range words {
		found := false
		eachWord(folded, func(word string) { found = found || strings.HasPrefix(word, w) })
		if !found {
			return false
		}
	}
	return true
}

// subject is what free text is looked for in: one record, wherever it is kept.
type subject interface {
	// texts calls yield for the values of a column, folded, until it gives true, and tells whether it did.
	texts(col int, yield func(folded string) bool) bool
	// hasWord tells whether a word of a column of names is found by w.
	hasWord(col int, w string, lv level) bool
	// number tells whether one of a column's values is n.
	number(col int, n int64) bool
	// refs is texts for a column of ids, which are given as they are.
	refs(col int, yield func(id string) bool) bool
	id() string
}

// recordSubject is a record outside a segment.
type recordSubject struct {
	p *plan
	r *row
}

func (s recordSubject) texts(col int, yield func(folded string) bool) bool {
	if s.p.s.cols[col].How != Unsearched {
		for _, v := range s.r.ready(s.p).values {
			if v.col == col && yield(v.folded) {
				return true
			}
		}
		return false
	}
	for _, c := range s.r.column(col) {
		if yield(foldValue(&s.p.s.cols[col].Column, c.text)) {
			return true
		}
	}
	return false
}

func (s recordSubject) refs(col int, yield func(id string) bool) bool {
	return slices.ContainsFunc(s.r.column(col), func(c cell) bool { return yield(c.text) })
}

func (s recordSubject) id() string { return s.r.id }

func (s recordSubject) number(col int, n int64) bool {
	return slices.ContainsFunc(s.r.column(col), func(c cell) bool { return c.num == n })
}

func (p *plan) matchesRun(r *run, s subject, lv level) bool {
	if r.phone != "" {
		for _, col := range p.searched[Digits] {
			if s.texts(col, func(digits string) bool { return dialled(digits, r.phone, lv) }) {
				return true
			}
		}
		if slices.Contains(p.dialled(r.phone, lv), s.id()) {
			return true
		}
	}
	for _, u := range r.units {
		if !p.matchesUnit(u, s, lv) {
			return false
		}
	}
	return true
}

// dialled tells whether a telephone number is found by digits.
func dialled(number, digits string, lv level) bool {
	if lv == whole {
		return endsNumber(number, digits)
	}
	return strings.Contains(number, digits)
}

func (p *plan) matchesUnit(u *unit, s subject, lv level) bool {
	return p.matchesWords(u, s, lv) || p.matchesElsewhere(u, s, lv) || slices.Contains(p.led(u, lv), s.id())
}

// matchesElsewhere is matchesUnit but for names.
func (p *plan) matchesElsewhere(u *unit, s subject, lv level) bool {
	if !u.short() {
		for _, how := range [...]Search{Anywhere, Address} {
			for _, col := range p.searched[how] {
				if s.texts(col, func(f string) bool { return f == u.text || lv > whole && strings.Contains(f, u.text) }) {
					return true
				}
			}
		}
	}
	for _, col := range p.searched[Exact] {
		c := &p.s.cols[col]
		switch {
		case !c.numeric():
			if s.texts(col, func(f string) bool { return exact(f, u.text, c.pairs()) }) {
				return true
			}
		case c.form == inDigits && u.isNum && s.number(col, u.number):
			return true
		}
	}
	return false
}

// exact tells whether a value is the one typed; of a pair of a map its second part will do.
func exact(folded, text string, pair bool) bool {
	if pair && folded != text {
		_, folded = cutPair(folded)
	}
	return folded == text
}

func (p *plan) matchesWords(u *unit, s subject, lv level) bool {
	if len(u.words) == 0 {
		return false
	}
	if u.phrase {
		return p.matchesPhrase(u, s)
	}
	for _, w := range u.words {
		if !p.matchesWord(w, s, lv) {
			return false
		}
	}
	return true
}

func (p *plan) matchesWord(w string, s subject, lv level) bool {
	for _, col := range p.searched[Words] {
		if s.hasWord(col, w, lv) {
			return true
		}
	}
	return slices.ContainsFunc(p.lenders, func(b *lender) bool { return b.l.joins(s, b.word(w, lv)) })
}

func (p *plan) matchesPhrase(u *unit, s subject) bool {
	for _, col := range p.searched[Words] {
		if s.texts(col, func(f string) bool { return hasPhrase(f, u.words) }) {
			return true
		}
	}
	return slices.ContainsFunc(p.lenders, func(b *lender) bool { return b.l.joins(s, b.phrase(u)) })
}

// alike tells whether a word as typed finds a word of a record.
func alike(w, word string, lv level) bool {
	switch lv {
	case whole:
		return word == w
	case typed:
		return strings.HasPrefix(word, w)
	}
	if strings.HasPrefix(word, w) {
		return true
	}
	return forgiven(w) && oneTypo(w, runes(w), word)
}

// hasPhrase tells whether a folded value holds the words one after the other.
func hasPhrase(folded string, phrase []string) bool {
	words := fold.Words(folded)
	for i := 0; i+len(phrase) <= len(words); i++ {
		if slices.Equal(words[i:i+len(phrase)], phrase) {
			return true
		}
	}
	return false
}
