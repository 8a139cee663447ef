package index

import (
	"bytes"
	"cmp"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/muster-crm/muster/shared/fault"
)

// ordering is the order of an answer: by agreement with free text where that counts, by the columns asked for, then in
// the order of the schema, then by id.
type ordering struct {
	p      *plan
	ranked bool
	keys   []sortKey // those asked for
	usual  []sortKey // those of the schema
}

type sortKey struct {
	field
	down bool
}

// sortValue is a value to sort by. Missing ones come last whichever way.
type sortValue struct {
	there bool
	num   int64
	text  string // folded
}

func (k *sortKey) numeric() bool { return k.on == onNumber || k.on == onVersion }

func (k *sortKey) compare(a, b sortValue) int {
	if a.there != b.there {
		if a.there {
			return -1
		}
		return 1
	}
	n := cmp.Compare(a.num, b.num)
	if n == 0 {
		n = strings.Compare(a.text, b.text)
	}
	if k.down {
		return -n
	}
	return n
}

func (p *plan) ordering(req *Request, may []bool) (*ordering, error) {
	o := &ordering{p: p, ranked: len(req.Sort) == 0 && p.hasText, usual: p.s.usual}
	for _, s := range req.Sort {
		f, ok := p.s.field(s.Path, may)
		if !ok {
			return nil, unknown("sort", s.Path, 0)
		}
		o.keys = append(o.keys, sortKey{f, s.Down})
	}
	return o, nil
}

// entry is a row on its way into an answer, or the place of one.
type entry struct {
	level level // 0 unless ranked
	exact bool
	// ranked tells that level says how well it matches.
	ranked bool
	s      *sorter // of the segment of the row
	row    uint32
	r      *row // the row, when it is in no segment

	keys []sortValue // set by value
	id   string
}

func (o *ordering) compare(a, b *entry) int {
	if a.level != b.level {
		return cmp.Compare(a.level, b.level)
	}
	for i := range a.keys {
		if n := o.key(i).compare(a.keys[i], b.keys[i]); n != 0 {
			return n
		}
	}
	return strings.Compare(a.id, b.id)
}

func (o *ordering) key(i int) *sortKey {
	if i < len(o.keys) {
		return &o.keys[i]
	}
	return &o.usual[i-len(o.keys)]
}

func (o *ordering) width() int { return len(o.keys) + len(o.usual) }

// position writes where an entry stands.
func (o *ordering) position(e *entry) *Position {
	p := &Position{ID: e.id}
	if o.ranked {
		p.Keys = append(p.Keys, strconv.Itoa(int(e.level)))
	}
	for i, v := range e.keys {
		switch {
		case !v.there:
			p.Keys = append(p.Keys, "")
		case o.key(i).numeric():
			p.Keys = append(p.Keys, strconv.FormatInt(v.num, 10))
		default:
			p.Keys = append(p.Keys, v.text)
		}
	}
	return p
}

// after reads a position.
func (o *ordering) after(p *Position) (*entry, error) {
	wrong := fault.Bad("after", "bad_cursor")
	e := &entry{id: p.ID}
	keys := p.Keys
	if o.ranked {
		if len(keys) == 0 || len(keys[0]) != 1 || keys[0][0] < '0' || keys[0][0] > '2' {
			return nil, wrong
		}
		e.level = level(keys[0][0] - '0')
		keys = keys[1:]
	}
	if len(keys) != o.width() {
		return nil, wrong
	}
	for i, text := range keys {
		v := sortValue{there: text != ""}
		if v.there && o.key(i).numeric() {
			n, err := strconv.ParseInt(text, 10, 64)
			if err != nil {
				return nil, wrong
			}
			v.num = n
		} else {
			v.text = text
		}
		e.keys = append(e.keys, v)
	}
	return e, nil
}

// ofRow gives the value of a single record to sort by: of a list, the first.
func (k *sortKey) ofRow(p *plan, r *row) sortValue {
	switch k.on {
	case onID:
		return sortValue{there: true, text: r.id}
	case onVersion:
		return sortValue{there: true, num: r.revision}
	}
	cells := r.column(k.col)
	switch {
	case len(cells) == 0 || cells[0].elem() != 0:
		return sortValue{}
	case k.age:
		return sortValue{there: true, num: age(cells[0].num, p.now)}
	case k.on == onNumber:
		return sortValue{there: true, num: cells[0].num}
	}
	return textValue(foldValue(&p.s.cols[k.col].Column, cells[0].text))
}

// textValue makes the value of a folded text. One that folds to nothing counts as missing.
func textValue(folded string) sortValue { return sortValue{there: folded != "", text: folded} }

// ofSegment gives the value of a row of a segment to sort by.
func (k *sortKey) ofSegment(p *plan, g *segment, row uint32) sortValue {
	switch k.on {
	case onID:
		return sortValue{there: true, text: g.ids.at(row)}
	case onVersion:
		return sortValue{there: true, num: g.revision(row)}
	}
	c := &g.cols[k.col]
	code := c.first(row)
	switch {
	case code == 0:
		return sortValue{}
	case k.age:
		return sortValue{there: true, num: age(c.value(code), p.now)}
	case k.on == onNumber:
		return sortValue{there: true, num: c.value(code)}
	}
	return textValue(c.dict.folded.at(uint32(code - 1)))
}

// first gives the code of a row's first element, 0 for none.
func (c *store) first(row uint32) uint64 {
	lo, hi := c.shape.span(row)
	if lo == hi {
		return 0
	}
	return c.at(lo)
}

// sorter orders the rows of one segment.
type sorter struct {
	o *ordering
	g *segment
	// Where to begin: for each key the first rank that counts, and whether a row of that rank is decided by what follows.
	limits []limit
	start  uint32 // first row behind the position in the usual order
	id     string
}

type limit struct {
	rank uint64
	tie  bool
}

// Ranks stand for values within a segment: equal values have equal ranks, and ranks rise in the order asked for.
const lastRank = math.MaxUint64

// rank gives the rank of a row by a key other than the id.
func (k *sortKey) rank(p *plan, g *segment, row uint32) uint64 {
	if k.on == onVersion {
		return k.turn(g.revs.at(row))
	}
	c := &g.cols[k.col]
	code := c.first(row)
	if code == 0 {
		return lastRank
	}
	if k.age {
		return k.turn(uint64(age(c.value(code), p.now) + ageBase))
	}
	if k.on == onNumber {
		return k.turn(code)
	}
	group := c.dict.group(uint32(code - 1))
	if group == 0 && c.dict.folded.at(0) == "" {
		return lastRank
	}
	return k.turn(uint64(group) + 1)
}

const ageBase = 2 * maxYears

func (k *sortKey) turn(rank uint64) uint64 {
	if k.down {
		return lastRank - 1 - rank
	}
	return rank
}

// limit gives the rank at which the rows behind a value begin.
func (k *sortKey) limit(g *segment, v sortValue) limit {
	if !v.there {
		return limit{lastRank, true}
	}
	var rank uint64
	var equal bool
	switch {
	case k.age:
		rank, equal = uint64(v.num+ageBase), true
	case k.on == onNumber || k.on == onVersion:
		n := &g.revs
		if k.on == onNumber {
			n = &g.cols[k.col].numbers
		}
		rank, _ = n.bounds(v.num, math.MaxInt64)
		equal = v.num >= n.base && n.value(rank) == v.num
	default:
		lo, hi := g.cols[k.col].dict.folded.equals(v.text)
		rank, equal = uint64(lo)+1, lo < hi
	}
	if !k.down {
		return limit{rank, equal}
	}
	if equal {
		return limit{k.turn(rank), true}
	}
	return limit{k.turn(rank) + 1, false}
}

func (o *ordering) on(g *segment, after *entry) *sorter {
	s := &sorter{o: o, g: g}
	if after == nil {
		return s
	}
	s.id = after.id
	for i := range o.keys {
		if o.keys[i].on == onID {
			s.limits = append(s.limits, limit{})
			continue
		}
		s.limits = append(s.limits, o.keys[i].limit(g, after.keys[i]))
	}
	usual := after.keys[len(o.keys):]
	lo, hi := uint32(0), uint32(g.n)
	for lo < hi {
		if mid := (lo + hi) / 2; s.beyond(mid, usual, after.id) {
			hi = mid
		} else {
			lo = mid + 1
		}
	}
	s.start = lo
	return s
}

// beyond tells whether a row comes behind a position in the usual order.
func (s *sorter) beyond(row uint32, keys []sortValue, id string) bool {
	for i := range keys {
		k := &s.o.usual[i]
		if n := k.compare(k.ofSegment(s.o.p, s.g, row), keys[i]); n != 0 {
			return n > 0
		}
	}
	return s.g.ids.at(row) > id
}

// behind tells whether a row comes behind the position.
func (s *sorter) behind(row uint32) bool {
	for i := range s.limits {
		k := &s.o.keys[i]
		if k.on == onID {
			// No two rows have the same id, so what follows decides nothing.
			n := strings.Compare(s.g.ids.at(row), s.id)
			return n != 0 && n > 0 != k.down
		}
		l := s.limits[i]
		switch r := k.rank(s.o.p, s.g, row); {
		case r != l.rank:
			return r > l.rank
		case !l.tie:
			return true
		}
	}
	return row >= s.start
}

func (s *sorter) compare(a, b uint32) int {
	for i := range s.o.keys {
		k := &s.o.keys[i]
		if k.on == onID {
			n := s.g.ids.compare(a, b)
			if k.down {
				n = -n
			}
			return n
		}
		if n := cmp.Compare(k.rank(s.o.p, s.g, a), k.rank(s.o.p, s.g, b)); n != 0 {
			return n
		}
	}
	return cmp.Compare(a, b)
}

// compare orders two rows by their ids.
func (x *ids) compare(a, b uint32) int {
	if x.packed == nil {
		return strings.Compare(x.plain.at(a), x.plain.at(b))
	}
	return bytes.Compare(x.packed[16*a:16*a+16], x.packed[16*b:16*b+16])
}

// take gives the first n rows of found in the order asked for, those behind the position when resume is set.
func (s *sorter) take(found set, n int, resume bool) []uint32 {
	if found.empty() {
		return nil
	}
	if len(s.o.keys) == 0 {
		start := uint32(0)
		if resume {
			start = s.start
		}
		if found.isList() {
			rows := found.list[gallop(found.list, start):]
			return rows[:min(n, len(rows))]
		}
		out := make([]uint32, 0, min(n, s.g.n))
		found.from(start, s.g.n, func(row uint32) bool {
			out = append(out, row)
			return len(out) < n
		})
		return out
	}
	if k := &s.o.keys[0]; len(s.o.keys) == 1 && k.on != onID {
		return s.takeRanked(found, n, resume)
	}
	// The rows kept are a heap whose first is the last of them.
	out := make([]uint32, 0, min(n, s.g.n))
	worse := func(i, j int) bool { return s.compare(out[i], out[j]) > 0 }
	found.each(s.g.n, func(row uint32) bool {
		if resume && !s.behind(row) {
			return true
		}
		if len(out) < n {
			out = append(out, row)
			if len(out) == n {
				heapify(n, worse, func(i, j int) { out[i], out[j] = out[j], out[i] })
			}
			return true
		}
		if s.compare(row, out[0]) < 0 {
			out[0] = row
			sink(0, n, worse, func(i, j int) { out[i], out[j] = out[j], out[i] })
		}
		return true
	})
	slices.SortFunc(out, s.compare)
	return out
}

// takeRanked is take for one key that has ranks.
func (s *sorter) takeRanked(found set, n int, resume bool) []uint32 {
	type item struct {
		rank uint64
		row  uint32
	}
	k := &s.o.keys[0]
	items := make([]item, 0, min(n, s.g.n))
	worse := func(i, j int) bool {
		a, b := &items[i], &items[j]
		return a.rank > b.rank || a.rank == b.rank && a.row > b.row
	}
	swap := func(i, j int) { items[i], items[j] = items[j], items[i] }
	found.each(s.g.n, func(row uint32) bool {
		rank := k.rank(s.o.p, s.g, row)
		if len(items) == n && rank >= items[0].rank { // rows rise
			return true
		}
		if resume {
			switch l := s.limits[0]; {
			case rank < l.rank, rank == l.rank && l.tie && row < s.start:
				return true
			}
		}
		if len(items) < n {
			items = append(items, item{rank, row})
			if len(items) == n {
				heapify(n, worse, swap)
			}
			return true
		}
		items[0] = item{rank, row}
		sink(0, n, worse, swap)
		return true
	})
	slices.SortFunc(items, func(a, b item) int { return cmp.Or(cmp.Compare(a.rank, b.rank), cmp.Compare(a.row, b.row)) })
	out := make([]uint32, len(items))
	for i := range items {
		out[i] = items[i].row
	}
	return out
}

func heapify(n int, worse func(i, j int) bool, swap func(i, j int)) {
	for i := n/2 - 1; i >= 0; i-- {
		sink(i, n, worse, swap)
	}
}

func sink(i, n int, worse func(i, j int) bool, swap func(i, j int)) {
	for {
		child := 2*i + 1
		if child >= n {
			return
		}
		if child+1 < n && worse(child+1, child) {
			child++
		}
		if !worse(child, i) {
			return
		}
		swap(i, child)
		i = child
	}
}

// value sets what the entry is compared by.
func (e *entry) value(o *ordering) {
	if e.keys != nil {
		return
	}
	if e.r != nil {
		e.id, e.keys = e.r.id, e.r.ready(o.p).usual
		if len(o.keys) > 0 {
			e.keys = make([]sortValue, 0, o.width())
			for i := range o.keys {
				e.keys = append(e.keys, o.keys[i].ofRow(o.p, e.r))
			}
			e.keys = append(e.keys, e.r.ready(o.p).usual...)
		}
		return
	}
	e.id, e.keys = e.s.g.ids.at(e.row), make([]sortValue, o.width())
	for i := range e.keys {
		e.keys[i] = o.key(i).ofSegment(o.p, e.s.g, e.row)
	}
}

func (e *entry) hit() Hit {
	var h Hit
	if e.r != nil {
		h = e.r.hit()
	} else {
		h = e.s.g.hit(e.row)
	}
	h.Exact, h.Whole = e.exact, e.exact && e.ranked && e.level == whole
	return h
}
