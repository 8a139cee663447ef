package index

import (
	"cmp"
	"math"
	"slices"
	"strings"

	"github.com/muster-crm/muster/shared/query"
)

const typeText = query.TypeText

// Builder makes a View from records. It is not safe for concurrent use.
type Builder struct {
	s       *schema
	ids     []string
	revs    []int64
	trashed []bool
	known   map[string]uint32
	dropped map[uint32]bool // rows replaced by a newer revision
	cols    []gathered
	lists   []gathered
	scratch []cell
}

// gathered holds the values of one column as they came.
type gathered struct {
	rows  []uint32
	elems []uint16 // of columns in lists
	nums  []int64
	codes []uint32 // places in values
	place map[string]uint32
	list  []string
}

// NewBuilder makes a builder of records of a kind.
func NewBuilder(s Schema) *Builder { return newBuilder(compile(s)) }

func newBuilder(s *schema) *Builder {
	b := &Builder{s: s, known: map[string]uint32{}, dropped: map[uint32]bool{}}
	b.cols = make([]gathered, len(s.cols))
	b.lists = make([]gathered, len(s.lists))
	for i := range s.cols {
		if !s.cols[i].numeric() {
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
	cells, err := b.s.read(string(c.Value), b.scratch[:0])
	b.scratch = cells
	if err != nil {
		return err
	}
	b.add(c.ID, c.Revision, cells)
	return nil
}

func (b *Builder) add(id string, revision int64, cells []cell) {
	n := uint32(len(b.ids))
	if was, ok := b.known[id]; ok {
		if b.revs[was] >= revision {
			return
		}
		b.dropped[was] = true
	}
	id = strings.Clone(id)
	b.known[id] = n
	b.ids = append(b.ids, id)
	b.revs = append(b.revs, revision)
	trashed := false
	for i := range cells {
		c := &cells[i]
		if int(c.col) >= len(b.s.cols) {
			l := &b.lists[int(c.col)-len(b.s.cols)]
			l.rows = append(l.rows, n)
			l.nums = append(l.nums, c.num)
			continue
		}
		col := &b.cols[c.col]
		col.rows = append(col.rows, n)
		if b.s.cols[c.col].list >= 0 {
			col.elems = append(col.elems, c.elem)
		}
		trashed = trashed || int(c.col) == b.s.trash
		if col.place == nil {
			col.nums = append(col.nums, c.num)
			continue
		}
		code, ok := col.place[c.text]
		if !ok {
			code = uint32(len(col.list))
			text := strings.Clone(c.text)
			col.list = append(col.list, text)
			col.place[text] = code
		}
		col.codes = append(col.codes, code)
	}
	b.trashed = append(b.trashed, trashed)
}

// View gives what was added, as it is at a sequence number. The builder is used up.
func (b *Builder) View(seq int64) *View {
	v := &View{s: b.s, seq: seq}
	if len(b.ids) > 0 {
		g := b.segment()
		v.segs = []held{{segment: g}}
	}
	*b = *newBuilder(b.s)
	v.counts()
	return v
}

// segment makes the columns.
func (b *Builder) segment() *segment {
	g := &segment{s: b.s, cols: make([]store, len(b.s.cols)), lists: make([]shape, len(b.s.lists))}
	// Dictionaries first: the order of the rows is that of their places.
	places := make([][]uint32, len(b.cols))
	for i := range b.cols {
		c := &b.cols[i]
		if c.place == nil {
			continue
		}
		c.place = nil
		if len(b.dropped) > 0 {
			c.drop(b.dropped)
		}
		g.cols[i].dict, places[i] = newDict(&b.s.cols[i].Column, c.list)
		c.list = nil
	}
	to := b.order(g, places) // for each row added, its place in the segment; gone for none
	for i := range b.lists {
		g.lists[i] = b.lists[i].listShape(to, g.n)
	}
	for i := range b.cols {
		b.fill(g, i, to, places[i])
	}
	g.derive()
	return g
}

// derive makes everything that follows from the columns and their dictionaries. It gives false when an id comes twice.
func (g *segment) derive() bool {
	for i := range g.cols {
		g.cols[i].derive(&g.s.cols[i].Column, g.n)
	}
	return g.ids.derive(g.n)
}

// drop leaves out the values of dropped rows, so that no dictionary holds them.
func (c *gathered) drop(dropped map[uint32]bool) {
	used := make([]uint32, len(c.list))
	kept := 0
	for k, row := range c.rows {
		if dropped[row] {
			continue
		}
		c.rows[kept], c.codes[kept] = row, c.codes[k]
		if c.elems != nil {
			c.elems[kept] = c.elems[k]
		}
		used[c.codes[k]] = 1
		kept++
	}
	c.rows, c.codes = c.rows[:kept], c.codes[:kept]
	list := c.list[:0]
	for i, text := range c.list {
		if used[i] == 1 {
			used[i] = uint32(len(list))
			list = append(list, text)
		}
	}
	c.list = list
	for k := range c.codes {
		c.codes[k] = used[c.codes[k]]
	}
}

const gone = ^uint32(0)

// order decides where each row goes, and fills in ids, revisions and the trash.
func (b *Builder) order(g *segment, places [][]uint32) []uint32 {
	type key struct {
		keys [2]uint32 // of the first two columns of the order
		row  uint32
	}
	kept := make([]key, 0, len(b.ids))
	for row := range uint32(len(b.ids)) {
		if !b.dropped[row] {
			kept = append(kept, key{[2]uint32{gone, gone}, row})
		}
	}
	groups := make([][]uint32, len(b.s.order)) // by row
	for k, col := range b.s.order {
		groups[k] = make([]uint32, len(b.ids))
		for i := range groups[k] {
			groups[k][i] = gone
		}
		for i, row := range b.cols[col].rows {
			groups[k][row] = g.cols[col].dict.group(places[col][b.cols[col].codes[i]])
		}
		if k < 2 {
			for i := range kept {
				kept[i].keys[k] = groups[k][kept[i].row]
			}
		}
	}
	slices.SortFunc(kept, func(x, y key) int {
		if x.keys != y.keys {
			return cmp.Or(cmp.Compare(x.keys[0], y.keys[0]), cmp.Compare(x.keys[1], y.keys[1]))
		}
		for k := 2; k < len(groups); k++ {
			if n := cmp.Compare(groups[k][x.row], groups[k][y.row]); n != 0 {
				return n
			}
		}
		return strings.Compare(b.ids[x.row], b.ids[y.row])
	})
	g.n = len(kept)
	to := make([]uint32, len(b.ids))
	for i := range to {
		to[i] = gone
	}
	list := make([]string, g.n)
	least, most := int64(math.MaxInt64), int64(math.MinInt64)
	for i, k := range kept {
		to[k.row] = uint32(i)
		list[i] = b.ids[k.row]
		least, most = min(least, b.revs[k.row]), max(most, b.revs[k.row])
	}
	g.ids = newIDs(list)
	g.revs = newNumbers(g.n, least, most, 1)
	for i, k := range kept {
		g.revs.store(uint32(i), b.revs[k.row])
		if b.trashed[k.row] {
			if g.trash == nil {
				g.trash = make(bitmap, words(g.n))
			}
			g.trash.set(uint32(i))
		}
	}
	return to
}

// listShape makes the shape of a list from the lengths gathered.
func (c *gathered) listShape(to []uint32, rows int) shape {
	lengths := make([]uint32, rows)
	filled := 0
	for i, row := range c.rows {
		if at := to[row]; at != gone {
			lengths[at] = uint32(c.nums[i])
			filled++
		}
	}
	s := shape{rows: rows}
	if filled < rows/8 {
		present := make(bitmap, words(rows))
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

// singleShape makes the shape of a column of single values.
func (c *gathered) singleShape(to []uint32, rows int) *shape {
	filled := 0
	for _, row := range c.rows {
		if to[row] != gone {
			filled++
		}
	}
	if filled >= rows/8 {
		return &shape{rows: rows, elems: rows}
	}
	present := make(bitmap, words(rows))
	for _, row := range c.rows {
		if to[row] != gone {
			present.set(to[row])
		}
	}
	return &shape{rows: rows, elems: filled, present: rank(present)}
}

// fill puts the values of a column in their places.
func (b *Builder) fill(g *segment, i int, to, places []uint32) {
	c, s := &b.cols[i], &g.cols[i]
	list := b.s.cols[i].list
	if list >= 0 {
		s.shape = &g.lists[list]
	} else {
		s.shape = c.singleShape(to, g.n)
	}
	n := s.shape.elems
	if s.dict != nil {
		s.codes = newCodes(n, uint64(len(places)))
	} else {
		s.numbers = c.measure(n, to)
	}
	for k, row := range c.rows {
		if to[row] == gone {
			continue
		}
		at, _ := s.shape.span(to[row])
		if list >= 0 {
			at += uint32(c.elems[k])
		}
		if s.dict != nil {
			s.put(at, uint64(places[c.codes[k]])+1)
		} else {
			s.numbers.store(at, c.nums[k])
		}
	}
	*c = gathered{}
}

// measure finds the range of the numbers gathered and what they are all multiples of, counted from the least.
func (c *gathered) measure(n int, to []uint32) numbers {
	least, most := int64(math.MaxInt64), int64(math.MinInt64)
	for k, row := range c.rows {
		if to[row] != gone {
			least, most = min(least, c.nums[k]), max(most, c.nums[k])
		}
	}
	if least > most {
		return newNumbers(n, 0, 0, 1)
	}
	scale := uint64(0)
	for k, row := range c.rows {
		if scale == 1 {
			break
		}
		if to[row] != gone {
			scale = gcd(scale, uint64(c.nums[k]-least))
		}
	}
	return newNumbers(n, least, most, int64(scale))
}

func gcd(a, b uint64) uint64 {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}
