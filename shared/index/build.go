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
	ids     []string
	revs    []int64
	trashed []bool
	cols    []gathered
	lists   []gatheredList
	scratch []cell
}

// gathered holds the values of one column as they came: one a record, or one an element of its list.
type gathered struct {
	nums  []int64           // missing where there is none
	codes []uint32          // one more than the place in list; 0 where there is none
	list  []string          // the values
	place map[string]uint32 // their codes; not kept where hardly a value comes twice
	text  bool
	last  string // the value before, which often comes again
	code  uint32
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
	b := &Builder{s: s, cols: make([]gathered, len(s.cols)), lists: make([]gatheredList, len(s.lists))}
	if n > 0 {
		b.ids, b.revs, b.trashed = make([]string, 0, n), make([]int64, 0, n), make([]bool, 0, n)
	}
	for i := range s.cols {
		c := &s.cols[i]
		b.cols[i].text = !c.numeric()
		if b.cols[i].text && c.How != Address && c.How != Digits && !c.pairs() {
			b.cols[i].place = map[string]uint32{}
		}
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
	cells, err := b.s.read(text, b.scratch[:0])
	b.scratch = cells
	if err != nil {
		return err
	}
	b.add(strings.Clone(c.ID), c.Revision, cells)
	return nil
}

func (b *Builder) add(id string, revision int64, cells []cell) {
	n := len(b.ids)
	b.ids = append(b.ids, id)
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
			col.codes = append(extend(col.codes, at, 0), col.codeOf(c.text))
		}
		trashed = trashed || k == b.s.trash
	}
	b.trashed = append(b.trashed, trashed)
}

// extend makes a slice n long.
func extend[T any](s []T, n int, with T) []T {
	for len(s) < n {
		s = append(s, with)
	}
	return s
}

func (c *gathered) codeOf(text string) uint32 {
	if text == c.last {
		return c.code
	}
	code, ok := c.place[text]
	if !ok {
		text = strings.Clone(text)
		c.list = append(c.list, text)
		code = uint32(len(c.list))
		if c.place != nil {
			c.place[text] = code
		}
	}
	c.last, c.code = c.list[code-1], code
	return code
}

// View gives what was added, as it is at a sequence number. The builder is used up.
func (b *Builder) View(seq int64) *View {
	v := &View{s: b.s, seq: seq}
	if len(b.ids) > 0 {
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
	rows := b.newest()
	places := make([][]uint32, len(b.cols)) // by code, one more than the place in the dictionary
	for i := range b.cols {
		c := &b.cols[i]
		if !c.text {
			continue
		}
		c.place = nil
		if len(rows) < len(b.ids) {
			b.forget(i, rows)
		}
		g.cols[i].dict, places[i] = newDict(&b.s.cols[i].Column, c.list)
		c.list = nil
	}
	from := b.order(g, rows, places) // for each row of the segment, the record
	for i := range b.lists {
		g.lists[i] = b.lists[i].shape(from)
	}
	for i := range b.cols {
		b.fill(g, i, from, places[i])
	}
	g.ids.derive(g.n)
	return g
}

// newest gives the records that are the newest of theirs.
func (b *Builder) newest() []uint32 {
	table := make([]uint32, 2*len(b.ids)+1) // open hash of records + 1
	superseded := bitmap(nil)
	for i, id := range b.ids {
		slot := hashText(id) % uint64(len(table))
		for ; table[slot] != 0; slot = (slot + 1) % uint64(len(table)) {
			was := table[slot] - 1
			if b.ids[was] != id {
				continue
			}
			if superseded == nil {
				superseded = make(bitmap, words(len(b.ids)))
			}
			if b.revs[was] >= b.revs[i] {
				superseded.set(uint32(i))
			} else {
				superseded.set(was)
				table[slot] = uint32(i) + 1
			}
			break
		}
		if table[slot] == 0 {
			table[slot] = uint32(i) + 1
		}
	}
	rows := make([]uint32, 0, len(b.ids))
	for i := range uint32(len(b.ids)) {
		if superseded == nil || !superseded.has(i) {
			rows = append(rows, i)
		}
	}
	return rows
}

// forget leaves out the values that none of the rows has, so that no dictionary holds them.
func (b *Builder) forget(i int, rows []uint32) {
	c := &b.cols[i]
	used := make([]uint32, len(c.list)+1)
	mark := func(at int) {
		if at < len(c.codes) {
			used[c.codes[at]] = 1
		}
	}
	if list := b.s.cols[i].list; list >= 0 {
		starts := b.lists[list].starts(len(b.ids))
		for _, row := range rows {
			for at := starts[row]; at < starts[row+1]; at++ {
				mark(int(at))
			}
		}
	} else {
		for _, row := range rows {
			mark(int(row))
		}
	}
	list := c.list[:0]
	for code, text := range c.list {
		if used[code+1] == 1 {
			list = append(list, text)
			used[code+1] = uint32(len(list))
		}
	}
	used[0] = 0
	c.list = list
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

// order decides where each record goes, and fills in ids, revisions and the trash.
func (b *Builder) order(g *segment, rows []uint32, places [][]uint32) []uint32 {
	type key struct {
		first uint64 // the first two columns of the order
		row   uint32
	}
	groups := make([][]uint32, len(b.s.order)) // by record
	for k, col := range b.s.order {
		c, d := &b.cols[col], g.cols[col].dict
		groups[k] = make([]uint32, len(b.ids))
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
	kept := make([]key, len(rows))
	for i, row := range rows {
		kept[i].row = row
		for _, group := range groups[:min(len(groups), 2)] {
			kept[i].first = kept[i].first<<32 | uint64(group[row])
		}
	}
	slices.SortFunc(kept, func(x, y key) int {
		if x.first != y.first {
			return cmp.Compare(x.first, y.first)
		}
		for k := 2; k < len(groups); k++ {
			if n := cmp.Compare(groups[k][x.row], groups[k][y.row]); n != 0 {
				return n
			}
		}
		return strings.Compare(b.ids[x.row], b.ids[y.row])
	})
	g.n = len(kept)
	list := make([]string, g.n)
	least, most := int64(math.MaxInt64), int64(math.MinInt64)
	for i, k := range kept {
		rows[i] = k.row
		list[i] = b.ids[k.row]
		least, most = min(least, b.revs[k.row]), max(most, b.revs[k.row])
	}
	g.ids = newIDs(list)
	g.revs = newNumbers(g.n, least, most, 1)
	for i, row := range rows {
		g.revs.store(uint32(i), b.revs[row])
		if b.trashed[row] {
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
		starts := b.lists[list].starts(len(b.ids))
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
