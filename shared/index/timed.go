package index

import (
	"math/bits"
	"slices"
	"time"

	"github.com/muster-crm/muster/shared/query"
)

// This file looks at values that hold for a time: those of the objects of a list, of which other members say from and to which
// day. A column with Now has a second path by which only those are asked for, and counted, that hold on the day of the request.
// So who leaves a group at the end of the month is out of it on the first, though nobody writes that down.

// timing tells which columns say from when to when the values of another one hold.
type timing struct {
	col, from, to int
}

// timings finds the columns of the schema's values that hold for a time, by the path under which they are asked for.
func (s *schema) timings() map[string]*timing {
	all := map[string]*timing{}
	for i := range s.cols {
		c := &s.cols[i]
		from, ok1 := s.byPath[c.From]
		to, ok2 := s.byPath[c.To]
		if c.Now == "" || c.list < 0 || c.numeric() || !ok1 || !ok2 {
			continue
		}
		if day := func(k int) bool { return s.cols[k].form == inDate && s.cols[k].list == c.list }; day(from) && day(to) {
			all[c.Now] = &timing{i, from, to}
		}
	}
	return all
}

// timedNode holds for records with a value that meets a comparison and holds today.
type timedNode struct {
	*timing
	node
	today int64
}

// today is the day of a request, as columns of dates hold it.
func (p *plan) today() int64 {
	y, m, d := p.now.Date()
	return time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Unix() / 86400
}

// timedTerm compiles a comparison of values that hold today.
func (p *plan) timedTerm(t *timing, e query.Term, may []bool) (node, error) {
	e.Field = p.s.cols[t.col].Path
	n, err := p.term(e, may)
	return &timedNode{t, n, p.today()}, err
}

// takesValue tells whether a value meets a comparison as term has compiled it.
func (p *plan) takesValue(n node, t *timing, value string) bool {
	switch n := n.(type) {
	case orNode:
		return slices.ContainsFunc(n, func(part node) bool { return p.takesValue(part, t, value) })
	case *termNode:
		return n.on == onText && (n.op == query.Filled || n.takesText(foldValue(&p.s.cols[t.col].Column, value), value))
	case *joinNode:
		return n.choice().has(n.l.to.Root(value))
	}
	return false
}

// holds tells whether an element of a segment's list holds on a day.
func (t *timing) holds(g *segment, elem uint32, day int64) bool {
	from, to := &g.cols[t.from], &g.cols[t.to]
	if code := from.at(elem); code > 0 && from.value(code) > day {
		return false
	}
	code := to.at(elem)
	return code == 0 || to.value(code) >= day
}

// timed gives the rows of in that have a value which meets a comparison and holds today.
func (v *evaluation) timed(n *timedNode, in set, lv level) set {
	c := &v.g.cols[n.col]
	known := map[uint64]bool{} // of the codes, whether the comparison takes them
	takes := func(code uint64) bool {
		is, ok := known[code]
		if !ok {
			is = v.p.takesValue(n.node, n.timing, c.dict.value(uint32(code-1)))
			known[code] = is
		}
		return is
	}
	found := v.collect()
	v.eval(n.node, in, lv).each(v.n, func(row uint32) bool {
		lo, hi := c.shape.span(row)
		for e := lo; e < hi; e++ {
			if code := c.at(e); code > 0 && n.holds(v.g, e, n.today) && takes(code) {
				found.add(row)
				break
			}
		}
		return true
	})
	return found.set()
}

// current gives the values of a record that hold on a day.
func (t *timing) current(r *row, day int64) []cell {
	bound := func(col int, elem int, beyond func(int64) bool) bool {
		return slices.ContainsFunc(r.column(col), func(c cell) bool { return c.elem() == elem && beyond(c.num) })
	}
	return slices.DeleteFunc(slices.Clone(r.column(t.col)), func(c cell) bool {
		return bound(t.from, c.elem(), func(from int64) bool { return from > day }) || bound(t.to, c.elem(), func(to int64) bool { return to < day })
	})
}

// matchesTimed is timed for one record.
func (p *plan) matchesTimed(n *timedNode, r *row) bool {
	return slices.ContainsFunc(n.current(r, n.today), func(c cell) bool { return p.takesValue(n.node, n.timing, c.text) })
}

// timely counts the rows of a set by the codes that hold today, each once for each of its codes, or for 0 when it has none.
func (t *tally) timely(a *axis, g *segment, found set) []int64 {
	counts := make([]int64, a.size)
	var seen []uint64
	with := 0
	row := func(lo, hi uint32) {
		seen = seen[:0]
		for e := lo; e < hi; e++ {
			code := a.c.at(e)
			if first, ok := a.same[code]; ok {
				code = first
			}
			if code > 0 && a.f.timed.holds(g, e, a.day) && !slices.Contains(seen, code) {
				seen = append(seen, code)
				counts[code]++
			}
		}
		if len(seen) > 0 {
			with++
		}
	}
	if s := a.c.shape; found.isList() {
		for _, at := range found.list {
			row(s.span(at))
		}
	} else {
		s.spans(found, g.n, row)
	}
	counts[0] = int64(found.count(g.n) - with)
	return counts
}

// spans calls yield for the elements of the rows of a set, of n at most, that have any.
func (s *shape) spans(found set, n int, yield func(lo, hi uint32)) {
	for i := range words(n) {
		rows := ^uint64(0)
		if left := n - i*64; left < 64 {
			rows = 1<<left - 1
		}
		if !found.all {
			rows &= found.bits[i]
		}
		first, there := uint32(i*64), ^uint64(0)
		if s.present != nil {
			first, there = s.present.before[i], s.present.bits[i]
		}
		for rows &= there; rows != 0; rows &= rows - 1 {
			k := first + uint32(bits.OnesCount64(there&(rows&-rows-1)))
			if s.starts == nil {
				yield(k, k+1)
			} else {
				yield(s.starts[k], s.starts[k+1])
			}
		}
	}
}
