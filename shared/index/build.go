package index

import (
	"cmp"
	"math"
	"slices"
	"strings"
	"unsafe"

	"github.com/muster-crm/muster/shared/query"
)

const typeText = query.TypeText

// Builder makes a View from records. It is not safe for concurrent use.
type Builder struct {
	s       *schema
	ids     vocabulary
	newest  []uint32 // by number of the id: the newest record of it
	revs    []int64  // by record
	trashed []bool
	cols    []gathered
	lists   []gatheredList
	scan    scanner
	scratch []cell
}

// gathered holds the values of one column as they came: one a record, or one an element of its list.
type gathered struct {
	nums   []int64    // missing where there is none
	codes  []uint32   // the numbers of the values; 0 where there is none
	values vocabulary // the values
	text   bool
}

// gatheredList holds the lengths of one list.
type gatheredList struct {
	lengths []uint32 // by record
	total   int
}

const missing = math.MinInt64

// NewBuilder makes a builder of records of a kind.
func NewBuilder(s Schema) *Builder { return newBuilder(compile(s), 0) }

// newBuilder makes a builder with room for n records.
func newBuilder(s *schema, n int) *Builder {
	b := &Builder{s: s, scan: scanner{s: s}, cols: make([]gathered, len(s.cols)), lists: make([]gatheredList, len(s.lists))}
	if n > 0 {
		b.newest, b.revs, b.trashed = make([]uint32, 0, n), make([]int64, 0, n), make([]bool, 0, n)
	}
	for i := range s.cols {
		c := &s.cols[i]
		b.cols[i].text = !c.numeric()
		b.cols[i].values.loose = c.How == Address || c.How == Digits || c.pairs()
	}
	return b
}

// Add adds a record. Of several revisions of one, the newest stays; a change without a value adds nothing. JSON that is
// malformed is an error and adds nothing.
func (b *Builder) Add(c Change) error {
	if c.Value == nil {
		return nil
	}
	// The cells share the bytes of the JSON, and what is kept of them is copied before Add returns.
	text := unsafe.String(unsafe.SliceData(c.Value), len(c.Value))
	cells, err := b.scan.read(text, b.scratch[:0])
	b.scratch = cells
	if err != nil {
		return err
	}
	b.add(c.ID, c.Revision, cells)
	return nil
}

func (b *Builder) add(id string, revision int64, cells []cell) {
	n := len(b.revs)
	if k := int(b.ids.code(id)); k > len(b.newest) {
		b.newest = append(b.newest, uint32(n))
	} else if b.revs[b.newest[k-1]] < revision {
		b.newest[k-1] = uint32(n)
	}
	b.revs = append(b.revs, revision)
	trashed := false
	for i := range cells {
		c := &cells[i]
		k := c.col()
		if k >= len(b.cols) {
			l := &b.lists[k-len(b.cols)]
			l.lengths = extend(l.lengths, n, 0)
			l.lengths = append(l.lengths, uint32(c.num))
			l.total += int(c.num)
			continue
		}
		col := &b.cols[k]
		at := n
		if list := b.s.cols[k].list; list >= 0 {
			at = b.lists[list].total + c.elem()
		}
		if !col.text {
			col.nums = append(extend(col.nums, at, missing), c.num)
		} else {
			col.codes = append(extend(col.codes, at, 0), col.values.code(c.text))
		}
		trashed = trashed || k == b.s.trash
	}
	b.trashed = append(b.trashed, trashed)
}

// extend makes a slice n long, with room for one more.
func extend[T any](s []T, n int, with T) []T {
	s = room(s, n+1-len(s))
	for len(s) < n {
		s = append(s, with)
	}
	return s
}

// View gives what was added, as it is at a sequence number. The builder is used up.
func (b *Builder) View(seq int64) *View {
	v := &View{s: b.s, seq: seq}
	if len(b.revs) > 0 {
		v.segs = []held{{segment: b.segment()}}
		v.putAway()
	}
	*b = *newBuilder(b.s, 0)
	v.counts()
	return v
}

const gone = ^uint32(0)

// segment makes the columns.
func (b *Builder) segment() *segment {
	g := &segment{s: b.s, cols: make([]store, len(b.s.cols)), lists: make([]shape, len(b.s.lists))}
	places := make([][]uint32, len(b.cols)) // by code, one more than the place in the dictionary
	for i := range b.cols {
		c := &b.cols[i]
		if !c.text {
			continue
		}
		c.values.table = nil
		if len(b.newest) < len(b.revs) {
			b.forget(i)
		}
		g.cols[i].dict, places[i] = newDict(&b.s.cols[i].Column, &c.values.pile)
		c.values = vocabulary{}
	}
	from := b.order(g, places) // for each row of the segment, the record
	for i := range b.lists {
		g.lists[i] = b.lists[i].shape(from)
	}
	for i := range b.cols {
		b.fill(g, i, from, places[i])
	}
	g.ids.derive(g.n)
	return g
}

// forget leaves out the values that none of the newest records has, so that no dictionary holds them.
func (b *Builder) forget(i int) {
	c := &b.cols[i]
	used := make([]uint32, c.values.len()+1)
	mark := func(at int) {
		if at < len(c.codes) {
			used[c.codes[at]] = 1
		}
	}
	if list := b.s.cols[i].list; list >= 0 {
		starts := b.lists[list].starts(len(b.revs))
		for _, record := range b.newest {
			for at := starts[record]; at < starts[record+1]; at++ {
				mark(int(at))
			}
		}
	} else {
		for _, record := range b.newest {
			mark(int(record))
		}
	}
	used[0] = 0
	kept := newPile(0, 0)
	for code := range used[1:] {
		if used[code+1] == 1 {
			kept.add(c.values.at(uint32(code)))
			used[code+1] = uint32(kept.len())
		}
	}
	c.values.pile = kept
	for k, code := range c.codes {
		c.codes[k] = used[code]
	}
}

// starts gives where the elements of each of n records begin, and the end.
func (l *gatheredList) starts(n int) []uint32 {
	starts := make([]uint32, n+1)
	for i := range n {
		starts[i+1] = starts[i]
		if i < len(l.lengths) {
			starts[i+1] += l.lengths[i]
		}
	}
	return starts
}

// order decides where each record goes, and fills in ids, revisions and the trash. It gives for each row its record.
func (b *Builder) order(g *segment, places [][]uint32) []uint32 {
	groups := make([][]uint32, len(b.s.order)) // by record
	for k, col := range b.s.order {
		c, d := &b.cols[col], g.cols[col].dict
		groups[k] = make([]uint32, len(b.revs))
		for i := range groups[k] {
			groups[k][i] = gone
			if i < len(c.codes) && c.codes[i] > 0 {
				ord := places[col][c.codes[i]] - 1
				if group := d.group(ord); group > 0 || d.folded.at(ord) != "" {
					groups[k][i] = group
				}
			}
		}
	}
	first, others := groups[:min(len(groups), 2)], groups[min(len(groups), 2):]
	kept := make([]keyed, len(b.newest)) // by number of the id
	for i, record := range b.newest {
		kept[i].at = uint32(i)
		for _, group := range first {
			kept[i].key = kept[i].key<<32 | uint64(group[record])
		}
	}
	sortKeyed(kept, func(run []keyed) {
		slices.SortFunc(run, func(x, y keyed) int {
			for _, group := range others {
				if n := cmp.Compare(group[b.newest[x.at]], group[b.newest[y.at]]); n != 0 {
					return n
				}
			}
			return strings.Compare(b.ids.at(x.at), b.ids.at(y.at))
		})
	})
	g.n = len(kept)
	rows, ids := make([]uint32, g.n), make([]uint32, g.n)
	least, most := int64(math.MaxInt64), int64(math.MinInt64)
	for i, k := range kept {
		ids[i], rows[i] = k.at, b.newest[k.at]
		least, most = min(least, b.revs[rows[i]]), max(most, b.revs[rows[i]])
	}
	g.ids = newIDs(&b.ids.pile, ids)
	g.revs = newNumbers(g.n, least, most, 1)
	for i, record := range rows {
		g.revs.store(uint32(i), b.revs[record])
		if b.trashed[record] {
			if g.trash == nil {
				g.trash = make(bitmap, words(g.n))
			}
			g.trash.set(uint32(i))
		}
	}
	return rows
}

// shape makes the shape of a list whose rows come from the given records.
func (l *gatheredList) shape(from []uint32) shape {
	lengths := make([]uint32, len(from))
	filled := 0
	for row, record := range from {
		if int(record) < len(l.lengths) && l.lengths[record] > 0 {
			lengths[row] = l.lengths[record]
			filled++
		}
	}
	s := shape{rows: len(from)}
	if filled < 3*len(from)/4 {
		present := make(bitmap, words(len(from)))
		kept := lengths[:0]
		for row, n := range lengths {
			if n > 0 {
				present.set(uint32(row))
				kept = append(kept, n)
			}
		}
		s.present, lengths = rank(present), kept
	}
	s.starts = make([]uint32, len(lengths)+1)
	for i, n := range lengths {
		s.starts[i+1] = s.starts[i] + n
	}
	s.elems = int(s.starts[len(lengths)])
	return s
}

// fill puts the values of a column in their places.
func (b *Builder) fill(g *segment, i int, from, places []uint32) {
	c, s := &b.cols[i], &g.cols[i]
	s.col = &b.s.cols[i].Column
	// Where the value of each element of the segment comes from.
	var source []uint32
	if list := b.s.cols[i].list; list >= 0 {
		s.shape = &g.lists[list]
		starts := b.lists[list].starts(len(b.revs))
		source = make([]uint32, 0, s.shape.elems)
		for _, record := range from {
			for at := starts[record]; at < starts[record+1]; at++ {
				source = append(source, at)
			}
		}
	} else {
		s.shape, source = c.single(from)
	}
	if s.dict != nil {
		s.codes = newCodes(len(source), uint64(s.dict.len()))
		for e, at := range source {
			if int(at) < len(c.codes) && c.codes[at] > 0 {
				s.put(uint32(e), uint64(places[c.codes[at]]))
			}
		}
	} else {
		s.numbers = measure(c.nums, source)
		for e, at := range source {
			if int(at) < len(c.nums) && c.nums[at] != missing {
				s.numbers.store(uint32(e), c.nums[at])
			}
		}
	}
	*c = gathered{}
}

// single makes the shape of a column of single values: sparse where fewer than one in 8 records has one.
func (c *gathered) single(from []uint32) (*shape, []uint32) {
	has := func(record uint32) bool {
		if c.nums != nil {
			return int(record) < len(c.nums) && c.nums[record] != missing
		}
		return int(record) < len(c.codes) && c.codes[record] > 0
	}
	filled := 0
	for _, record := range from {
		if has(record) {
			filled++
		}
	}
	rows := len(from)
	if filled >= rows/8 {
		return &shape{rows: rows, elems: rows}, from
	}
	present := make(bitmap, words(rows))
	source := make([]uint32, 0, filled)
	for row, record := range from {
		if has(record) {
			present.set(uint32(row))
			source = append(source, record)
		}
	}
	return &shape{rows: rows, elems: filled, present: rank(present)}, source
}

// measure makes numbers for the values at source: their range, and what they are all multiples of from the least.
func measure(nums []int64, source []uint32) numbers {
	least, most := int64(math.MaxInt64), int64(math.MinInt64)
	for _, at := range source {
		if int(at) < len(nums) && nums[at] != missing {
			least, most = min(least, nums[at]), max(most, nums[at])
		}
	}
	if least > most {
		return newNumbers(len(source), 0, 0, 1)
	}
	scale := uint64(0)
	for _, at := range source {
		if scale == 1 {
			break
		}
		if int(at) < len(nums) && nums[at] != missing {
			scale = gcd(scale, uint64(nums[at]-least))
		}
	}
	return newNumbers(len(source), least, most, int64(scale))
}

func gcd(a, b uint64) uint64 {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}
