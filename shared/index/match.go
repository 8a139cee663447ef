package index

import (
	"math"
	"math/bits"
	"slices"

	"github.com/muster-crm/muster/shared/query"
)

// evaluation finds the rows of one segment that meet a plan.
type evaluation struct {
	memory
	g     *segment
	p     *plan
	units []*unitFound // what free text has found
	ords  []ordsFound  // what comparisons have found in dictionaries
	typos bool         // something was found by forgiving a typo
}

func (p *plan) on(g *segment) *evaluation {
	return &evaluation{memory: memory{n: g.n}, g: g, p: p}
}

// eval gives the rows of in that meet the expression at a level of agreement.
func (v *evaluation) eval(n node, in set, lv level) set {
	if in.empty() {
		return in
	}
	switch n := n.(type) {
	case andNode:
		// What is quick and selective first: the others then look at fewer rows.
		parts := n
		if len(parts) > 1 {
			parts = v.cheapest(n)
		}
		for _, part := range parts {
			if in = v.eval(part, in, lv); in.empty() {
				break
			}
		}
		return in
	case orNode:
		var out set
		for _, part := range n {
			out = v.or(out, v.eval(part, in, lv))
		}
		return out
	case notNode:
		return v.minus(in, v.eval(n.node, in, typed))
	case trashNode:
		return v.and(in, v.trash())
	case *termNode:
		return v.term(n, in)
	case *timedNode:
		return v.timed(n, in, lv)
	case *textNode:
		return v.text(n, in, lv)
	case *joinNode:
		return v.and(in, v.linked(n.l, n.choice()))
	case *titleNode:
		found := v.collect()
		in.each(v.n, func(row uint32) bool {
			if n.holds(rowSubject{v.g, row}) {
				found.add(row)
			}
			return true
		})
		return found.set()
	}
	return set{}
}

// text gives the rows of in that free text finds. The run that finds the fewest goes first; once few rows are left, each
// is looked at.
func (v *evaluation) text(n *textNode, in set, lv level) set {
	for _, r := range v.fewest(n.runs) {
		if in.empty() {
			break
		}
		if !in.isList() || len(in.list) > 32+v.n/2000 {
			in = v.and(in, v.run(r, lv))
			continue
		}
		kept := make([]uint32, 0, len(in.list))
		for _, row := range in.list {
			if v.p.matchesRun(r, rowSubject{v.g, row}, lv) {
				kept = append(kept, row)
			}
		}
		in = set{list: kept}
		v.typos = true // or perhaps not: the rows left will tell
	}
	return in
}

// fewest orders runs by the number of rows they probably find.
func (v *evaluation) fewest(runs []*run) []*run {
	if len(runs) < 2 {
		return runs
	}
	type priced struct {
		*run
		rows int
	}
	list := make([]priced, len(runs))
	for i, r := range runs {
		list[i] = priced{r, v.probably(r)}
	}
	slices.SortStableFunc(list, func(a, b priced) int { return a.rows - b.rows })
	out := make([]*run, len(list))
	for i := range list {
		out[i] = list[i].run
	}
	return out
}

// probably guesses how many rows a run finds by those with its longest word in a name.
func (v *evaluation) probably(r *run) int {
	u := r.units[0]
	if len(u.words) == 0 {
		return 0 // an address
	}
	longest := slices.MaxFunc(u.words, func(a, b string) int { return len(a) - len(b) })
	rows := 0
	for _, col := range v.p.searched[Words] {
		l, post := v.g.cols[col].dict.words(), v.g.cols[col].postings()
		for _, ord := range l.of(l.words.begins(longest)) {
			if rows += post.count(ord); rows > v.n/16 {
				break
			}
		}
	}
	return rows
}

// rowSubject is a row of a segment as free text looks at it.
type rowSubject struct {
	g   *segment
	row uint32
}

func (s rowSubject) texts(col int, yield func(folded string) bool) bool {
	c := &s.g.cols[col]
	lo, hi := c.shape.span(s.row)
	for e := lo; e < hi; e++ {
		if code := c.at(e); code > 0 && yield(c.dict.folded.at(uint32(code-1))) {
			return true
		}
	}
	return false
}

func (s rowSubject) refs(col int, yield func(id string) bool) bool {
	c := &s.g.cols[col]
	lo, hi := c.shape.span(s.row)
	for e := lo; e < hi; e++ {
		if code := c.at(e); code > 0 && yield(c.dict.value(uint32(code-1))) {
			return true
		}
	}
	return false
}

func (s rowSubject) id() string { return s.g.ids.at(s.row) }

func (s rowSubject) number(col int, n int64) bool {
	c := &s.g.cols[col]
	lo, hi := c.shape.span(s.row)
	for e := lo; e < hi; e++ {
		if code := c.at(e); code > 0 && c.value(code) == n {
			return true
		}
	}
	return false
}

func (v *evaluation) trash() set {
	if v.g.trash == nil {
		return set{}
	}
	return set{bits: v.g.trash}
}

// cheapest orders the parts of a conjunction.
func (v *evaluation) cheapest(n andNode) andNode {
	type priced struct {
		node
		cost int
	}
	list := make([]priced, len(n))
	for i, part := range n {
		list[i] = priced{part, v.cost(part)}
	}
	slices.SortStableFunc(list, func(a, b priced) int { return a.cost - b.cost })
	out := make(andNode, len(n))
	for i := range list {
		out[i] = list[i].node
	}
	return out
}

// cost guesses how many rows a part looks at.
func (v *evaluation) cost(n node) int {
	switch n := n.(type) {
	case *termNode:
		return v.termCost(n)
	case *timedNode:
		return v.cost(n.node)
	case *textNode:
		return v.g.n / 4
	case trashNode:
		return 1
	case *joinNode:
		return 4 * n.choice().count()
	case notNode:
		return 2*v.g.n + 1
	case orNode:
		sum := 0
		for _, part := range n {
			sum += v.cost(part)
		}
		return sum
	case andNode:
		least := v.g.n
		for _, part := range n {
			least = min(least, v.cost(part))
		}
		return least
	}
	return 0
}

func (v *evaluation) termCost(t *termNode) int {
	if t.on == onID {
		return 0
	}
	if t.on != onText || t.op == query.Filled {
		return v.g.n
	}
	c := &v.g.cols[t.col]
	post := c.postings()
	if post == nil {
		return v.g.n
	}
	rows := 0
	v.values(t, c).each(func(ord uint32) bool {
		rows += post.count(ord)
		return rows < v.g.n
	})
	return rows
}

// term gives the rows of in that meet a comparison.
func (v *evaluation) term(t *termNode, in set) set {
	switch t.on {
	case onID:
		if t.op == query.Filled {
			return in
		}
		if row, ok := v.g.ids.find(t.value); ok && in.has(row) {
			return set{list: []uint32{row}}
		}
		return set{}
	case onVersion:
		from, to := v.g.revs.bounds(t.lo, t.hi)
		return v.filter(in, &shape{rows: v.g.n, elems: v.g.n}, &v.g.revs.codes, func(code uint64) bool { return code >= from && code <= to })
	case onList:
		return v.filled(&v.g.lists[t.col], nil, in)
	}
	c := &v.g.cols[t.col]
	switch {
	case t.op == query.Filled:
		return v.filled(c.shape, &c.codes, in)
	case t.on == onNumber && t.op == query.Yearly:
		typ := v.g.s.cols[t.col].Type
		return v.filter(in, c.shape, &c.codes, func(code uint64) bool { return code > 0 && t.takes(c.value(code), typ) })
	case t.on == onNumber:
		from, to := c.bounds(t.lo, t.hi)
		if from > to || from > c.last() {
			return set{}
		}
		return v.within(in, c, from, to)
	}
	ords := v.values(t, c)
	if ords.n == 0 {
		return set{}
	}
	post := c.postings()
	if post != nil && ords.n == 1 {
		return v.and(in, post.set(ords.first()))
	}
	if post != nil && !(in.isList() && v.termCost(t) > 4*len(in.list)) {
		found := v.collect()
		ords.each(func(ord uint32) bool {
			found.addValue(post, ord)
			return true
		})
		return v.and(in, found.set())
	}
	if ords.bits == nil {
		return v.within(in, c, uint64(ords.lo)+1, uint64(ords.hi))
	}
	return v.filter(in, c.shape, &c.codes, func(code uint64) bool { return code > 0 && ords.bits.has(uint32(code-1)) })
}

// filled gives the rows of in that have any value.
func (v *evaluation) filled(s *shape, c *codes, in set) set {
	if c == nil {
		found := v.collect()
		in.each(v.n, func(row uint32) bool {
			if lo, hi := s.span(row); hi > lo {
				found.add(row)
			}
			return true
		})
		return found.set()
	}
	return v.filter(in, s, c, func(code uint64) bool { return code > 0 })
}

// filter gives the rows of in with an element whose code will do.
func (v *evaluation) filter(in set, s *shape, c *codes, do func(code uint64) bool) set {
	found := v.collect()
	if in.all {
		s.each(func(row, elem uint32) {
			if do(c.at(elem)) {
				found.add(row)
			}
		})
		return found.set()
	}
	in.each(v.n, func(row uint32) bool {
		lo, hi := s.span(row)
		for e := lo; e < hi; e++ {
			if do(c.at(e)) {
				found.add(row)
				break
			}
		}
		return true
	})
	return found.set()
}

// within gives the rows of in with a code from one to another.
func (v *evaluation) within(in set, c *store, from, to uint64) set {
	if in.all && c.shape.present == nil && c.shape.starts == nil {
		if from == to && c.col.How == Exact && c.dict == nil {
			return set{list: c.equal(from)}
		}
		out := v.bitmap()
		switch {
		case c.w8 != nil:
			scan(out, c.w8, from, to)
		case c.w16 != nil:
			scan(out, c.w16, from, to)
		case c.w32 != nil:
			scan(out, c.w32, from, to)
		default:
			scan(out, c.w64, from, to)
		}
		return set{bits: out}
	}
	return v.filter(in, c.shape, &c.codes, func(code uint64) bool { return code-from <= to-from })
}

// scan sets the bits of the codes from one to another.
func scan[T uint8 | uint16 | uint32 | uint64](out bitmap, codes []T, from, to uint64) {
	span := to - from
	for i := range out {
		w := uint64(0)
		block := codes[i*64 : min(i*64+64, len(codes))]
		for k, code := range block {
			_, beyond := bits.Sub64(span, uint64(code)-from, 0)
			w |= (beyond ^ 1) << k
		}
		out[i] = w
	}
}

// ordSet is a set of places in a dictionary: a range, or the bits within it.
type ordSet struct {
	lo, hi uint32
	bits   bitmap
	n      int
}

func ordRange(lo, hi uint32) ordSet { return ordSet{lo: lo, hi: hi, n: int(hi - lo)} }

// first gives the first place of a set that has one.
func (o *ordSet) first() (ord uint32) {
	o.each(func(at uint32) bool { ord = at; return false })
	return ord
}

func (o *ordSet) each(yield func(ord uint32) bool) {
	if o.bits == nil {
		for ord := o.lo; ord < o.hi; ord++ {
			if !yield(ord) {
				return
			}
		}
		return
	}
	set{bits: o.bits}.each(0, yield)
}

// values gives the values of a dictionary that meet a comparison.
func (v *evaluation) values(t *termNode, c *store) *ordSet {
	for _, f := range v.ords {
		if f.t == t {
			return f.ords
		}
	}
	o := v.findOrds(t, c.dict)
	v.ords = append(v.ords, ordsFound{t, &o})
	return &o
}

func (v *evaluation) findOrds(t *termNode, d *dict) ordSet {
	all := uint32(d.len())
	some := func(find func(yield func(uint32))) ordSet {
		o := ordSet{bits: make(bitmap, words(d.len()))}
		find(func(ord uint32) {
			if !o.bits.has(ord) && t.takesText(d.folded.at(ord), d.value(ord)) {
				o.bits.set(ord)
				o.n++
			}
		})
		return o
	}
	every := func(yield func(uint32)) {
		for ord := range all {
			yield(ord)
		}
	}
	switch t.op {
	case query.Less:
		return ordRange(0, d.folded.lower(t.folded))
	case query.AtMost:
		_, hi := d.folded.equals(t.folded)
		return ordRange(0, hi)
	case query.More:
		_, hi := d.folded.equals(t.folded)
		return ordRange(hi, all)
	case query.AtLeast:
		return ordRange(d.folded.lower(t.folded), all)
	case query.Contains:
		if t.folded == "" {
			return ordSet{}
		}
		return some(func(yield func(uint32)) { d.find(t.folded, yield) })
	}
	switch {
	case t.tail && t.folded == "":
		return ordSet{}
	case t.tail:
		return some(func(yield func(uint32)) { d.find(t.folded, yield) })
	case t.exactly():
		lo, hi := d.folded.equals(t.folded)
		for ord := lo; ord < hi; ord++ {
			if d.value(ord) == t.value {
				return ordRange(ord, ord+1)
			}
		}
		return ordSet{}
	case t.words == nil:
		return ordRange(d.folded.equals(t.folded))
	case d.words() == nil:
		return some(every)
	}
	// The values of the word that begins the fewest.
	var fewest []uint32
	least := math.MaxInt
	for _, w := range t.words {
		if values := d.list.of(d.list.words.begins(w)); len(values) < least {
			fewest, least = values, len(values)
		}
	}
	return some(func(yield func(uint32)) {
		for _, ord := range fewest {
			yield(ord)
		}
	})
}

type ordsFound struct {
	t    *termNode
	ords *ordSet
}

// run gives the rows that a run of words finds.
func (v *evaluation) run(r *run, lv level) set {
	out := everything
	for _, u := range r.units {
		if out = v.and(out, v.unit(u, lv)); out.empty() {
			break
		}
	}
	if r.phone == "" {
		return out
	}
	found := v.collect()
	found.addSet(out)
	for _, col := range v.p.searched[Digits] {
		c := &v.g.cols[col]
		c.dict.find(r.phone, func(ord uint32) {
			if dialled(c.dict.folded.at(ord), r.phone, lv) {
				found.addValue(c.postings(), ord)
			}
		})
	}
	for _, id := range v.p.dialled(r.phone, lv) {
		if row, ok := v.g.ids.find(id); ok {
			found.add(row)
		}
	}
	return found.set()
}

func (c *collector) addValue(p *postings, ord uint32) {
	if b, ok := p.bits[ord]; ok {
		c.addBits(b)
		return
	}
	c.addList(p.list(ord))
}

// unit gives the rows that one word finds.
func (v *evaluation) unit(u *unit, lv level) set {
	if lv == forgiving && !u.typo {
		lv = typed
	}
	f := v.foundFor(u)
	if f.done[lv] {
		return f.rows[lv]
	}
	found := v.collect()
	if lv == forgiving {
		found.addSet(v.unit(u, typed))
	} else {
		found.addSet(f.other[lv])
	}
	found.addSet(v.words(u, lv))
	f.rows[lv], f.done[lv] = found.set(), true
	return f.rows[lv]
}

// unitFound is what was found for a unit, by level.
type unitFound struct {
	u     *unit
	rows  [forgiving + 1]set
	done  [forgiving + 1]bool
	other [forgiving]set // not in names
}

// foundFor looks for a unit outside of names, unless that was done.
func (v *evaluation) foundFor(u *unit) *unitFound {
	for _, f := range v.units {
		if f.u == u {
			return f
		}
	}
	f := &unitFound{u: u}
	v.units = append(v.units, f)
	wholes := v.collect()
	v.exact(&wholes, u)
	some := v.collect()
	if !u.short() {
		for _, how := range [...]Search{Anywhere, Address} {
			for _, col := range v.p.searched[how] {
				c := &v.g.cols[col]
				post := c.postings()
				c.dict.find(u.text, func(ord uint32) {
					some.addValue(post, ord)
					if len(c.dict.folded.at(ord)) == len(u.text) {
						wholes.addValue(post, ord)
					}
				})
			}
		}
	}
	for lv, found := range [...]*collector{whole: &wholes, typed: &some} {
		for _, id := range v.p.led(u, level(lv)) {
			if row, ok := v.g.ids.find(id); ok {
				found.add(row)
			}
		}
	}
	f.other[whole] = wholes.set()
	some.addSet(f.other[whole])
	f.other[typed] = some.set()
	return f
}

// exact adds the rows that have the word as a number or as the whole of a code.
func (v *evaluation) exact(found *collector, u *unit) {
	for _, col := range v.p.searched[Exact] {
		c := &v.g.cols[col]
		switch {
		case c.dict == nil:
			if u.isNum && v.g.s.cols[col].Type == typeNumber {
				if from, to := c.bounds(u.number, u.number); from <= to && from <= c.last() {
					found.addSet(v.within(everything, c, from, to))
				}
			}
		case c.dict.pairs:
			c.dict.find(u.text, func(ord uint32) {
				if exact(c.dict.folded.at(ord), u.text, true) {
					found.addValue(c.postings(), ord)
				}
			})
		default:
			lo, hi := c.dict.folded.equals(u.text)
			for ord := lo; ord < hi; ord++ {
				found.addValue(c.postings(), ord)
			}
		}
	}
}

// words gives the rows in whose names the words of a unit are found.
func (v *evaluation) words(u *unit, lv level) set {
	if len(u.words) == 0 {
		return set{}
	}
	if u.phrase {
		return v.phrase(u)
	}
	out := everything
	// Words without typos first: they are quicker, and may leave nothing to look for.
	for _, long := range [...]bool{false, true} {
		for _, w := range u.words {
			if long == (lv == forgiving && forgiven(w)) {
				if out = v.and(out, v.word(w, lv)); out.empty() {
					return out
				}
			}
		}
	}
	return out
}

// phrase gives the rows in whose names the words of a unit stand one after the other.
func (v *evaluation) phrase(u *unit) set {
	found := v.collect()
	for _, col := range v.p.searched[Words] {
		c := &v.g.cols[col]
		l := c.dict.words()
		for _, ord := range l.of(l.words.equals(u.words[0])) {
			if hasPhrase(c.dict.folded.at(ord), u.words) {
				found.addValue(c.postings(), ord)
			}
		}
	}
	for _, b := range v.p.lenders {
		found.addSet(v.linked(b.l, b.phrase(u)))
	}
	return found.set()
}

// word gives the rows in whose names a word is found.
func (v *evaluation) word(w string, lv level) set {
	found := v.collect()
	for _, col := range v.p.searched[Words] {
		c := &v.g.cols[col]
		l, post := c.dict.words(), c.postings()
		add := func(lo, hi uint32) {
			for _, ord := range l.of(lo, hi) {
				found.addValue(post, ord)
			}
		}
		if lv == whole {
			add(l.words.equals(w))
			continue
		}
		lo, hi := l.words.begins(w)
		add(lo, hi)
		if lv == forgiving && forgiven(w) {
			l.alike(w, func(word uint32) {
				if word < lo || word >= hi {
					add(word, word+1)
					v.typos = true
				}
			})
		}
	}
	for _, b := range v.p.lenders {
		c := b.word(w, lv)
		found.addSet(v.linked(b.l, c))
		v.typos = v.typos || c.typos
	}
	return found.set()
}
