package index

import "slices"

// This file lets free text find records by the names of others that hold their ids.

// lender is a kind that lends its names to free text.
type lender struct {
	l     *link
	p     *plan // searches the names there
	found map[asked]*chosen
}

// asked is what was looked for in the names of a lender.
type asked struct {
	unit *unit // a phrase
	word string
	lv   level
}

// lend readies the kinds whose names free text looks into.
func (p *plan) lend() []*lender {
	var lenders []*lender
	for i := range p.s.Borrows {
		b := &p.s.Borrows[i]
		if b.Quiet {
			continue
		}
		l := p.borrowed(b)
		if l == nil {
			continue
		}
		names := slices.DeleteFunc(slices.Clone(l.text), func(col int) bool { return l.to.s.cols[col].How != Words })
		if len(names) == 0 || l.to.live == 0 {
			continue
		}
		other := p.beyond(l)
		other.searched[Words] = names
		lenders = append(lenders, &lender{l: l, p: other, found: map[asked]*chosen{}})
	}
	return lenders
}

// word gives the records that have a word in their names.
func (b *lender) word(w string, lv level) *chosen {
	if lv == forgiving && !forgiven(w) {
		lv = typed
	}
	c := b.found[asked{nil, w, lv}]
	if c == nil {
		c = b.p.choose(func(e *evaluation) set { return e.word(w, lv) },
			func(r *row) bool { return b.p.matchesWord(w, recordSubject{b.p, r}, lv) })
		c.typos = c.typos || lv == forgiving && len(c.rows) > 0
		b.found[asked{nil, w, lv}] = c
	}
	return c
}

// phrase gives the records that have a phrase in their names.
func (b *lender) phrase(u *unit) *chosen {
	c := b.found[asked{unit: u}]
	if c == nil {
		c = b.p.choose(func(e *evaluation) set { return e.phrase(u) },
			func(r *row) bool { return b.p.matchesPhrase(u, recordSubject{b.p, r}) })
		b.found[asked{unit: u}] = c
	}
	return c
}
