package index

import (
	"errors"
	"slices"
	"strconv"
	"strings"
	"weak"

	"github.com/muster-crm/muster/shared/fault"
	"github.com/muster-crm/muster/shared/fold"
	"github.com/muster-crm/muster/shared/query"
)

// This file follows the links between kinds. A condition on records of another kind is answered on that kind's View first;
// what it chooses there then leads to rows here, by the values of the column that holds the ids.

// maxHops is how many links one condition may follow.
const maxHops = 3

// link leads from the records of one View to those of another.
type link struct {
	from  *View
	to    *View
	here  int    // the column here that holds ids of theirs, -1 for none
	there int    // else the column there that holds ids of ours
	text  []int  // the columns there that name a record, those the grant may read
	may   []bool // the columns there the grant may read
}

// borrow finds the link of a Borrow; nil when there is no such path, or not for the grant.
func (p *plan) borrow(path string) *link {
	i := slices.IndexFunc(p.s.Borrows, func(b Borrow) bool { return b.Path == path })
	if i < 0 {
		return nil
	}
	return p.borrowed(&p.s.Borrows[i])
}

func (p *plan) borrowed(b *Borrow) *link {
	l := p.link(b.Kind)
	if l == nil {
		return nil
	}
	there, ok := l.to.s.byPath[b.Link]
	if !ok || !l.may[there] || l.to.s.cols[there].numeric() {
		return nil
	}
	l.here, l.there = -1, there
	if b.Text != "" {
		l.text = nil
		if i, ok := l.to.s.byPath[b.Text]; ok && l.may[i] && !l.to.s.cols[i].numeric() {
			l.text = []int{i}
		}
	}
	return l
}

// refs gives the links of a column of ids, one a kind.
func (p *plan) refs(col int) []*link {
	var links []*link
	for _, kind := range p.s.cols[col].Refs {
		if l := p.link(kind); l != nil && !p.s.cols[col].numeric() {
			l.here = col
			links = append(links, l)
		}
	}
	return links
}

// link makes a link to a kind, nil when it is not beside.
func (p *plan) link(kind string) *link {
	to := p.beside[kind]
	if to == nil {
		return nil
	}
	l := &link{from: p.v, to: to, may: to.s.reading(p.grant).may}
	for _, i := range to.s.title {
		if l.may[i] && !to.s.cols[i].numeric() {
			l.text = append(l.text, i)
		}
	}
	return l
}

// beyond makes a plan for the records at the other end of a link.
func (p *plan) beyond(l *link) *plan {
	other := &plan{s: l.to.s, v: l.to, beside: p.beside, grant: p.grant, now: p.now, hops: p.hops + 1}
	p.others = append(p.others, other)
	return other
}

// joinNode holds for records linked with one that meets a condition of its kind.
type joinNode struct {
	l      *link
	other  *plan
	node   node
	chosen *chosen // once asked for
}

func (p *plan) join(l *link, other *plan, n node) *joinNode {
	return &joinNode{l: l, other: other, node: n}
}

func (j *joinNode) choice() *chosen {
	if j.chosen == nil {
		j.chosen = j.other.choose(func(e *evaluation) set { return e.eval(j.node, everything, typed) },
			func(r *row) bool { return j.other.matches(j.node, r, typed) })
	}
	return j.chosen
}

// refTerm compiles a comparison of a column of ids: with the ids, and with the titles of the records that have them.
func (p *plan) refTerm(t *termNode, f field, e query.Term) node {
	either := orNode{t}
	for _, l := range p.refs(t.col) {
		for _, id := range l.to.Alike(e.Value) {
			if id != e.Value {
				other := *t
				other.value = id
				p.textTerm(&other, f)
				either = append(either, &other)
			}
		}
		either = append(either, p.called(l, e, false))
	}
	return either
}

// linkedTerm compiles a comparison whose field leads to records of another kind.
func (p *plan) linkedTerm(e query.Term, may []bool) (node, error) {
	if l := p.borrow(e.Field); l != nil {
		switch e.Op {
		case query.Filled:
			return p.join(l, p.beyond(l), andNode(nil)), nil
		case query.Has, query.Is, query.Contains:
			return p.called(l, e, true), nil
		}
		return nil, fault.Bad(query.Path, query.UnknownOperator, "word", e.Value, "field", e.Field, "type", string(query.TypeCode), "pos", strconv.Itoa(e.Pos))
	}
	for i := len(e.Field) - 1; i > 0 && p.hops < maxHops; i-- {
		if e.Field[i] != '.' {
			continue
		}
		var links []*link
		timed := p.s.timed[e.Field[:i]]
		if timed != nil && !(may[timed.col] && may[timed.from] && may[timed.to]) {
			timed = nil
		}
		if col, ok := p.s.byPath[e.Field[:i]]; ok && may[col] {
			links = p.refs(col)
		} else if timed != nil {
			links = p.refs(timed.col)
		} else if l := p.borrow(e.Field[:i]); l != nil {
			links = append(links, l)
		}
		var out orNode
		var wrong error
		inner := e
		inner.Field = e.Field[i+1:]
		for _, l := range links {
			other := p.beyond(l)
			n, err := other.term(inner, l.may)
			switch f := (*fault.Fault)(nil); {
			case err == nil:
				out = append(out, p.join(l, other, n))
			case !errors.As(err, &f) || f.Fields[0].Code != query.UnknownField:
				wrong = err
			}
		}
		// Of several kinds, those that have the field count.
		if len(out) > 0 && timed != nil {
			return &timedNode{timed, out, p.today()}, nil
		} else if len(out) > 0 {
			return out, nil
		} else if wrong != nil {
			return nil, wrong
		}
	}
	return nil, unknown(query.Path, e.Field, e.Pos)
}

// called compiles a comparison with the title of a linked record, and with its id where that is asked for too.
func (p *plan) called(l *link, e query.Term, byID bool) node {
	other := p.beyond(l)
	var either orNode
	if byID && e.Op != query.Contains {
		either = append(either, &termNode{on: onID, op: query.Is, value: l.to.Root(e.Value)})
	}
	switch words := fold.Words(e.Value); {
	case len(l.text) == 0:
	case e.Op == query.Contains:
		for _, col := range l.text {
			either = append(either, other.nameTerm(col, query.Contains, e.Value))
		}
	case e.Op == query.Has && len(words) > 0, e.Op == query.Is && len(words) > 0:
		var every andNode
		for _, w := range words {
			var any orNode
			for _, col := range l.text {
				any = append(any, other.nameTerm(col, query.Has, w))
			}
			every = append(every, any)
		}
		if e.Op == query.Is {
			every = append(every, &titleNode{l.text, fold.String(e.Value)})
		}
		either = append(either, every)
	}
	return p.join(l, other, either)
}

// nameTerm compares a column whatever its type as text.
func (p *plan) nameTerm(col int, op query.Op, value string) *termNode {
	t := &termNode{on: onText, col: col, op: op, value: value}
	p.textTerm(t, field{on: onText, col: col, typ: query.TypeText})
	return t
}

// titleNode holds for the record whose title is the one given, folded.
type titleNode struct {
	cols  []int
	title string
}

// titled joins the parts of a title.
func titled(parts []string) string { return strings.Join(parts, " ") }

func (n *titleNode) holds(s subject) bool {
	var parts []string
	for _, col := range n.cols {
		s.texts(col, func(folded string) bool { parts = append(parts, folded); return true })
	}
	return titled(parts) == n.title
}

// hidden holds for what belongs to a record in the trash; nil when nothing does.
func (p *plan) hidden() node {
	if p.s.owner < 0 || p.hops > maxHops {
		return nil
	}
	var out orNode
	for _, l := range p.refs(p.s.owner) {
		if l.to.trashed > 0 {
			other := p.beyond(l)
			other.trash, other.hops = true, maxHops+1
			out = append(out, p.join(l, other, trashNode{}))
		}
	}
	if out == nil {
		return nil
	}
	return out
}

// chosen is a set of the records of a View.
type chosen struct {
	v     *View
	segs  []set  // of the rows of each segment
	rows  []*row // of the latest changes, by id
	typos bool   // a typo was perhaps forgiven
	// The rows by the ids they hold in the column of a link, once asked for.
	holding map[string][]*row
}

// choose gives the records of the plan's View that a search over segments finds and a test of single records holds for.
func (p *plan) choose(find func(*evaluation) set, holds func(*row) bool) *chosen {
	c := &chosen{v: p.v, segs: make([]set, len(p.v.segs))}
	hidden := p.hidden()
	for i := range p.v.segs {
		h := &p.v.segs[i]
		e := p.on(h.segment)
		p.open = append(p.open, e)
		found := e.alive(h, find(e), p.trash)
		if hidden != nil && !found.empty() {
			found = e.minus(found, e.eval(hidden, everything, typed))
		}
		c.segs[i] = found
		c.typos = c.typos || e.typos
	}
	for _, r := range p.v.recent {
		if !r.gone && (!r.trashed || p.trash) && holds(r) && (hidden == nil || !p.matches(hidden, r, typed)) {
			c.rows = append(c.rows, r)
		}
	}
	return c
}

// close gives back what the plan and those beyond it have used.
func (p *plan) close() {
	for _, e := range p.open {
		e.release()
	}
	for _, other := range p.others {
		other.close()
	}
}

// count guesses how many there are.
func (c *chosen) count() int {
	n := len(c.rows)
	for i := range c.segs {
		n += c.segs[i].count(c.v.segs[i].n)
	}
	return n
}

// has tells whether a record is among the chosen.
func (c *chosen) has(id string) bool {
	if _, ok := slices.BinarySearchFunc(c.rows, id, func(r *row, id string) int { return strings.Compare(r.id, id) }); ok {
		return true
	}
	for i := range c.segs {
		if !c.segs[i].empty() {
			if row, ok := c.v.segs[i].ids.find(id); ok && c.segs[i].has(row) {
				return true
			}
		}
	}
	return false
}

// each calls yield for the ids of the chosen that a record is linked with, until it gives true, and tells whether it did.
func (l *link) each(s subject, c *chosen, yield func(id string) bool) bool {
	if l.here >= 0 {
		return s.refs(l.here, func(id string) bool { id = l.to.Root(id); return c.has(id) && yield(id) })
	}
	return slices.ContainsFunc(l.from.merged().alike(s.id()), func(id string) bool { return l.held(id, c, yield) })
}

// held calls yield for the ids of the chosen that hold an id of ours, until it gives true, and tells whether it did.
func (l *link) held(id string, c *chosen, yield func(id string) bool) bool {
	for i := range c.segs {
		if c.segs[i].empty() {
			continue
		}
		h := &c.v.segs[i]
		s := &h.cols[l.there]
		ord, ok := s.dict.place(id)
		if !ok {
			continue
		}
		found := false
		s.postings().set(ord).each(h.n, func(row uint32) bool {
			found = c.segs[i].has(row) && yield(h.ids.at(row))
			return !found
		})
		if found {
			return true
		}
	}
	if len(c.rows) == 0 {
		return false
	}
	if c.holding == nil {
		c.holding = map[string][]*row{}
		for _, r := range c.rows {
			for _, cell := range r.column(l.there) {
				if list := c.holding[cell.text]; len(list) == 0 || list[len(list)-1] != r {
					c.holding[cell.text] = append(list, r)
				}
			}
		}
	}
	return slices.ContainsFunc(c.holding[id], func(r *row) bool { return yield(r.id) })
}

// joins tells whether a record is linked with one of the chosen.
func (l *link) joins(s subject, c *chosen) bool {
	return l.each(s, c, func(string) bool { return true })
}

// linked gives the rows that are linked with one of the chosen.
func (v *evaluation) linked(l *link, c *chosen) set {
	found := v.collect()
	if l.here >= 0 {
		s := &v.g.cols[l.here]
		post := s.postings()
		one := func(id string) {
			for _, id := range l.to.merged().alike(id) {
				if ord, ok := s.dict.place(id); ok {
					found.addValue(post, ord)
				}
			}
		}
		for i := range c.segs {
			h := &c.v.segs[i]
			if few(c.segs[i]) {
				c.segs[i].each(h.n, func(row uint32) bool { one(h.ids.at(row)); return true })
				continue
			}
			for ord, row := range l.to.merged().places(h.segment, s) {
				if row != gone && c.segs[i].has(row) {
					found.addValue(post, uint32(ord))
				}
			}
		}
		for _, r := range c.rows {
			one(r.id)
		}
		return found.set()
	}
	for i := range c.segs {
		h := &c.v.segs[i]
		s := &h.cols[l.there]
		var places []uint32
		if !few(c.segs[i]) {
			places = l.from.merged().places(v.g, s)
		}
		c.segs[i].each(h.n, func(row uint32) bool {
			lo, hi := s.shape.span(row)
			for e := lo; e < hi; e++ {
				code := s.at(e)
				switch {
				case code == 0:
				case places != nil:
					if at := places[code-1]; at != gone {
						found.add(at)
					}
				default:
					if at, ok := v.g.ids.find(l.from.Root(s.dict.value(uint32(code - 1)))); ok {
						found.add(at)
					}
				}
			}
			return true
		})
	}
	for _, r := range c.rows {
		for _, cell := range r.column(l.there) {
			if at, ok := v.g.ids.find(l.from.Root(cell.text)); ok {
				found.add(at)
			}
		}
	}
	return found.set()
}

// everyone gives all records of the plan's View.
func (p *plan) everyone() *chosen {
	return p.choose(func(*evaluation) set { return everything }, func(*row) bool { return true })
}

// id gives the id of a record by its code: the segments' rows one after the other, then the latest changes, from 1 on.
func (c *chosen) id(code uint64) string {
	at := int(code - 1)
	for i := range c.v.segs {
		if h := &c.v.segs[i]; at < h.n {
			return h.ids.at(uint32(at))
		} else {
			at -= h.n
		}
	}
	return c.rows[at].id
}

// codes is the largest code there may be.
func (c *chosen) codes() int {
	n := len(c.rows)
	for i := range c.v.segs {
		n += c.v.segs[i].n
	}
	return n
}

// linkCodes holds for each row of a segment the codes of the records that hold its id.
type linkCodes struct {
	starts []uint32 // by row, and the end
	codes  []uint64
}

func (x *linkCodes) of(row uint32, out []uint64) []uint64 {
	start := len(out)
	for _, code := range x.codes[x.starts[row]:x.starts[row+1]] {
		if !slices.Contains(out[start:], code) {
			out = append(out, code)
		}
	}
	if len(out) == start {
		out = append(out, 0)
	}
	return out
}

// codes gathers which of the chosen hold the ids of a segment's rows.
func (l *link) codes(c *chosen, g *segment) *linkCodes {
	type pair struct {
		row  uint32
		code uint64
	}
	var pairs []pair
	x := &linkCodes{starts: make([]uint32, g.n+1)}
	add := func(row uint32, code uint64) {
		pairs = append(pairs, pair{row, code})
		x.starts[row+1]++
	}
	first := uint64(1)
	for i := range c.segs {
		h := &c.v.segs[i]
		s := &h.cols[l.there]
		places := l.from.merged().places(g, s)
		c.segs[i].each(h.n, func(row uint32) bool {
			lo, hi := s.shape.span(row)
			for e := lo; e < hi; e++ {
				if code := s.at(e); code > 0 && places[code-1] != gone {
					add(places[code-1], first+uint64(row))
				}
			}
			return true
		})
		first += uint64(h.n)
	}
	for k, r := range c.rows {
		for _, cell := range r.column(l.there) {
			if row, ok := g.ids.find(l.from.Root(cell.text)); ok {
				add(row, first+uint64(k))
			}
		}
	}
	for row := range g.n {
		x.starts[row+1] += x.starts[row]
	}
	x.codes = make([]uint64, len(pairs))
	next := slices.Clone(x.starts)
	for _, p := range pairs {
		x.codes[next[p.row]] = p.code
		next[p.row]++
	}
	return x
}

// few tells that looking up the ids of the rows one by one is quicker than all the ids of a column at once.
func few(s set) bool { return s.isList() && len(s.list) <= 64 }

// place finds the place of a value as it is spelled.
func (d *dict) place(value string) (uint32, bool) {
	folded := fold.String(value)
	for ord := d.folded.lower(folded); int(ord) < d.len() && d.folded.at(ord) == folded; ord++ {
		if d.value(ord) == value {
			return ord, true
		}
	}
	return 0, false
}

// placing is where the ids in a column of another segment lie in this one.
type placing struct {
	of   weak.Pointer[store]
	rows []uint32
}

// places gives for every value of a column of ids, of any segment, the row that has that id here, or gone. What was found
// out once is kept as long as both segments are.
func (g *segment) places(s *store) []uint32 {
	g.placing.Lock()
	defer g.placing.Unlock()
	of := weak.Make(s)
	if i := slices.IndexFunc(g.placings, func(p placing) bool { return p.of == of }); i >= 0 {
		return g.placings[i].rows
	}
	rows := make([]uint32, s.dict.len())
	for ord := range rows {
		row, ok := g.ids.find(s.dict.value(uint32(ord)))
		if !ok {
			row = gone
		}
		rows[ord] = row
	}
	g.placings = slices.DeleteFunc(g.placings, func(p placing) bool { return p.of.Value() == nil })
	g.placings = append(g.placings, placing{of, rows})
	return rows
}
