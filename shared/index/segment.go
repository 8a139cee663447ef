package index

import (
	"encoding/binary"
	"strings"
	"sync"
	"unsafe"
)

// segment is an immutable set of records held by columns. Its rows are in the order of the schema, then of the ids, so
// that the place of a row says where it stands in a list.
type segment struct {
	s     *schema
	n     int
	ids   ids
	revs  numbers
	trash bitmap // rows in the trash; nil for none
	lists []shape
	cols  []store

	placing  sync.Mutex
	placings []placing
}

// shape tells which elements of a column, or of the columns of one list, belong to which row.
type shape struct {
	rows    int
	elems   int
	present *ranked  // the rows that have elements; nil: every row
	starts  []uint32 // of the elements of each such row, and the end; nil: one each
}

func (s *shape) span(row uint32) (lo, hi uint32) {
	if s.present != nil {
		k, ok := s.present.place(row)
		if !ok {
			return 0, 0
		}
		row = k
	}
	if s.starts == nil {
		return row, row + 1
	}
	return s.starts[row], s.starts[row+1]
}

// each calls yield for every element with its row, in order.
func (s *shape) each(yield func(row, elem uint32)) {
	if s.present == nil {
		for row := range uint32(s.rows) {
			s.elements(row, row, yield)
		}
		return
	}
	k := uint32(0)
	for i, w := range s.present.bits {
		for ; w != 0; w &= w - 1 {
			s.elements(uint32(i*64+trailing(w)), k, yield)
			k++
		}
	}
}

func (s *shape) elements(row, k uint32, yield func(row, elem uint32)) {
	if s.starts == nil {
		yield(row, k)
		return
	}
	for e := s.starts[k]; e < s.starts[k+1]; e++ {
		yield(row, e)
	}
}

func (s *shape) size() int {
	n := 4 * len(s.starts)
	if s.present != nil {
		n += 12 * len(s.present.bits)
	}
	return n
}

// store is one column of a segment: numbers, or entries of a dictionary.
type store struct {
	col   *Column
	shape *shape
	numbers
	dict *dict // then a code is one more than the place of the value, 0 for none

	asked sync.Once
	post  *postings // once asked for
}

// numbers holds integers as codes: 0 for none, else (value-base)/scale+1.
type numbers struct {
	codes
	base, scale int64
	most        int64 // no value is larger
}

func (n *numbers) value(code uint64) int64 { return n.base + int64(code-1)*n.scale }

// last gives the largest code there may be.
func (n *numbers) last() uint64 { return uint64(n.most-n.base)/uint64(n.scale) + 1 }

// newNumbers holds n places for values that lie between least and most and are apart by multiples of scale.
func newNumbers(n int, least, most, scale int64) numbers {
	if scale == 0 {
		scale = 1
	}
	return numbers{newCodes(n, uint64(most-least)/uint64(scale)+1), least, scale, most}
}

func (n *numbers) store(i uint32, v int64) { n.put(i, uint64(v-n.base)/uint64(n.scale)+1) }

// bounds gives the codes of the values from lo to hi; from is beyond to when there are none.
func (n *numbers) bounds(lo, hi int64) (from, to uint64) {
	if hi < n.base || hi < lo {
		return 1, 0
	}
	from = 1
	if lo > n.base {
		if from = uint64(lo-n.base)/uint64(n.scale) + 1; uint64(lo-n.base)%uint64(n.scale) != 0 {
			from++
		}
	}
	return from, uint64(hi-n.base)/uint64(n.scale) + 1
}

// ids holds the ids of a segment's rows and finds a row by its id. Ids of the usual form, a prefix common to all and
// a ULID in lower case, take 16 bytes each.
type ids struct {
	prefix string
	packed []byte   // 16 bytes each
	plain  texts    // ids of any other form
	table  []uint32 // open hash of rows + 1, two thirds full
}

const ulidLength = 26

const crockford = "0123456789abcdefghjkmnpqrstvwxyz"

var crockfordValue = func() (t [256]byte) {
	for i := range t {
		t[i] = 0xff
	}
	for i, c := range []byte(crockford) {
		t[c] = byte(i)
	}
	return t
}()

// newIDs makes the ids of rows that come from the given records.
func newIDs(all *pile, from []uint32) ids {
	var x ids
	if !x.pack(all, from) {
		p := newPile(len(from), len(all.data))
		for _, record := range from {
			p.add(all.at(record))
		}
		x = ids{plain: p.texts()}
	}
	return x
}

func (x *ids) pack(all *pile, from []uint32) bool {
	if len(from) == 0 {
		return false
	}
	first := all.at(from[0])
	if len(first) < ulidLength {
		return false
	}
	x.prefix = strings.Clone(first[:len(first)-ulidLength])
	x.packed = make([]byte, 0, 16*len(from))
	for _, record := range from {
		rest, ok := strings.CutPrefix(all.at(record), x.prefix)
		if !ok || len(rest) != ulidLength {
			return false
		}
		hi, lo, ok := unulid(rest)
		if !ok {
			return false
		}
		x.packed = binary.BigEndian.AppendUint64(x.packed, hi)
		x.packed = binary.BigEndian.AppendUint64(x.packed, lo)
	}
	return true
}

// unulid reads the 26 digits of 5 bits; the first holds 3.
func unulid(s string) (hi, lo uint64, ok bool) {
	bad := byte(0)
	for i := range ulidLength {
		v := crockfordValue[s[i]]
		bad |= v
		hi = hi<<5 | lo>>59
		lo = lo<<5 | uint64(v&31)
	}
	return hi, lo, bad < 32 && crockfordValue[s[0]] < 8
}

func (x *ids) at(row uint32) string {
	if x.packed == nil {
		return x.plain.at(row)
	}
	hi, lo := x.pair(row)
	b := make([]byte, len(x.prefix)+ulidLength) // becomes the string
	copy(b, x.prefix)
	for i := len(b) - 1; i >= len(x.prefix); i-- {
		b[i] = crockford[lo&31]
		lo = lo>>5 | hi<<59
		hi >>= 5
	}
	return unsafe.String(unsafe.SliceData(b), len(b))
}

func (x *ids) pair(row uint32) (hi, lo uint64) {
	b := x.packed[16*row : 16*row+16]
	return binary.BigEndian.Uint64(b), binary.BigEndian.Uint64(b[8:])
}

func (x *ids) hash(row uint32) uint64 {
	if x.packed == nil {
		return hashText(x.plain.at(row))
	}
	return hashPair(x.pair(row))
}

func hashPair(hi, lo uint64) uint64 {
	h := (lo ^ hi*0x9E3779B97F4A7C15) * 0xD6E8FEB86659FD93
	return h ^ h>>32
}

func hashText(s string) uint64 {
	h := uint64(14695981039346656037)
	for i := range len(s) {
		h = (h ^ uint64(s[i])) * 1099511628211
	}
	return h ^ h>>32
}

// derive makes the table. It gives false when an id comes twice.
func (x *ids) derive(n int) bool {
	x.table = make([]uint32, n+n/2+1)
	for row := range uint32(n) {
		slot := x.slot(x.hash(row))
		for x.table[slot] != 0 {
			if x.same(x.table[slot]-1, row) {
				return false
			}
			slot = x.next(slot)
		}
		x.table[slot] = row + 1
	}
	return true
}

// slot gives where the search for an id begins, by its hash.
func (x *ids) slot(hash uint64) uint32 {
	return uint32(hash >> 32 * uint64(len(x.table)) >> 32)
}

func (x *ids) next(slot uint32) uint32 {
	if slot++; int(slot) == len(x.table) {
		return 0
	}
	return slot
}

func (x *ids) same(a, b uint32) bool {
	if x.packed == nil {
		return x.plain.at(a) == x.plain.at(b)
	}
	return string(x.packed[16*a:16*a+16]) == string(x.packed[16*b:16*b+16])
}

// wanted is an id to be found: what it is packed, and where the search begins.
type wanted struct {
	hi, lo uint64
	slot   uint32
	ok     bool // it may be one of these
}

func (x *ids) want(id string) (w wanted) {
	if len(x.table) == 0 {
		return w
	}
	if x.packed == nil {
		return wanted{slot: x.slot(hashText(id)), ok: true}
	}
	rest, ok := strings.CutPrefix(id, x.prefix)
	if !ok || len(rest) != ulidLength {
		return w
	}
	if w.hi, w.lo, w.ok = unulid(rest); w.ok {
		w.slot = x.slot(hashPair(w.hi, w.lo))
	}
	return w
}

// find gives the row of an id.
func (x *ids) find(id string) (uint32, bool) {
	w := x.want(id)
	if !w.ok {
		return 0, false
	}
	for slot := w.slot; x.table[slot] != 0; slot = x.next(slot) {
		row := x.table[slot] - 1
		if x.packed == nil {
			if x.plain.at(row) == id {
				return row, true
			}
		} else if a, b := x.pair(row); a == w.hi && b == w.lo {
			return row, true
		}
	}
	return 0, false
}

// findAll puts the rows of the ids of some records into every k-th place of out, gone for those there are not. It looks
// at the table for all of them first, so that the processor fetches many places of memory at once.
func (x *ids) findAll(list []*row, out []uint32, k int) {
	all := make([]wanted, len(list))
	for i, r := range list {
		all[i] = x.want(r.id)
	}
	for i, w := range all {
		out[i*k] = 0
		if w.ok {
			out[i*k] = x.table[w.slot]
		}
	}
	for i, w := range all {
		at := out[i*k]
		out[i*k] = gone
		if at == 0 {
			continue
		}
		if x.packed != nil {
			if hi, lo := x.pair(at - 1); hi == w.hi && lo == w.lo {
				out[i*k] = at - 1
				continue
			}
		}
		if row, ok := x.find(list[i].id); ok {
			out[i*k] = row
		}
	}
}

func (x *ids) size() int { return len(x.packed) + x.plain.size() + 4*len(x.table) }

// cells gives the values of a row, appended to cells.
func (g *segment) cells(row uint32, cells []cell) []cell {
	for i := range g.cols {
		c := &g.cols[i]
		lo, hi := c.shape.span(row)
		for e := lo; e < hi; e++ {
			code := c.at(e)
			if code == 0 {
				continue
			}
			cell := cell{at: cellAt(i, int(e-lo))}
			if c.dict != nil {
				cell.text = c.dict.value(uint32(code - 1))
			} else {
				cell.num = c.value(code)
			}
			cells = append(cells, cell)
		}
	}
	for i := range g.lists {
		if lo, hi := g.lists[i].span(row); hi > lo {
			cells = append(cells, cell{at: cellAt(len(g.cols)+i, 0), num: int64(hi - lo)})
		}
	}
	return cells
}

func (g *segment) trashed(row uint32) bool { return g.trash != nil && g.trash.has(row) }

func (g *segment) revision(row uint32) int64 { return g.revs.value(g.revs.at(row)) }

func (g *segment) size() int {
	n := g.ids.size() + g.revs.size() + 8*len(g.trash)
	for i := range g.lists {
		n += g.lists[i].size()
	}
	for i := range g.cols {
		c := &g.cols[i]
		n += c.numbers.size()
		if c.shape.starts == nil && c.shape.present != nil {
			n += c.shape.size()
		}
		if c.dict != nil {
			n += c.dict.size()
		}
		n += c.postingsSize()
	}
	return n
}
