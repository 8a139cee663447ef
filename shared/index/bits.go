package index

import "math/bits"

// bitmap is a set of rows, one bit each.
type bitmap []uint64

func words(n int) int { return (n + 63) / 64 }

func (b bitmap) has(i uint32) bool { return b[i>>6]>>(i&63)&1 != 0 }
func (b bitmap) set(i uint32)      { b[i>>6] |= 1 << (i & 63) }

func (b bitmap) count() int {
	n := 0
	for _, w := range b {
		n += bits.OnesCount64(w)
	}
	return n
}

// fill sets the bits from 0 to n.
func (b bitmap) fill(n int) {
	for i := range b {
		b[i] = ^uint64(0)
	}
	if n%64 != 0 {
		b[len(b)-1] = 1<<(n%64) - 1
	}
}

// ranked is a bitmap that knows how many bits are set before each one.
type ranked struct {
	bits   bitmap
	before []uint32 // set bits before each word
	n      int      // set bits in all
}

func rank(b bitmap) *ranked {
	r := &ranked{bits: b, before: make([]uint32, len(b))}
	for i, w := range b {
		r.before[i] = uint32(r.n)
		r.n += bits.OnesCount64(w)
	}
	return r
}

// place gives the number of set bits before bit i, and whether i is set itself.
func (r *ranked) place(i uint32) (uint32, bool) {
	w := r.bits[i>>6]
	mask := uint64(1) << (i & 63)
	return r.before[i>>6] + uint32(bits.OnesCount64(w&(mask-1))), w&mask != 0
}

// paged is a set of rows that changes by copying: a copy shares every page but those that were changed.
type paged struct {
	pages []*page
	n     int // bits set
}

const pageWords = 64

type page [pageWords]uint64

func (p *paged) word(i int) uint64 {
	if i/pageWords < len(p.pages) {
		if pg := p.pages[i/pageWords]; pg != nil {
			return pg[i%pageWords]
		}
	}
	return 0
}

func (p *paged) has(i uint32) bool { return p.word(int(i>>6))>>(i&63)&1 != 0 }

// marker adds bits to a copy of a paged set.
type marker struct {
	paged
	own []bool // pages that are the copy's own
}

func (p *paged) edit(rows int) *marker {
	pages := make([]*page, (words(rows)+pageWords-1)/pageWords)
	copy(pages, p.pages)
	return &marker{paged: paged{pages, p.n}, own: make([]bool, len(pages))}
}

func (m *marker) set(i uint32) {
	if m.has(i) {
		return
	}
	w := int(i >> 6)
	k := w / pageWords
	if !m.own[k] {
		pg := &page{}
		if m.pages[k] != nil {
			*pg = *m.pages[k]
		}
		m.pages[k] = pg
		m.own[k] = true
	}
	m.pages[k][w%pageWords] |= 1 << (i & 63)
	m.n++
}

// codes is an array of unsigned numbers in the fewest whole bytes that hold the largest; one of the slices is in use.
type codes struct {
	w8  []uint8
	w16 []uint16
	w32 []uint32
	w64 []uint64
}

func newCodes(n int, largest uint64) codes {
	switch {
	case largest < 1<<8:
		return codes{w8: make([]uint8, n)}
	case largest < 1<<16:
		return codes{w16: make([]uint16, n)}
	case largest < 1<<32:
		return codes{w32: make([]uint32, n)}
	}
	return codes{w64: make([]uint64, n)}
}

func (c *codes) at(i uint32) uint64 {
	switch {
	case c.w8 != nil:
		return uint64(c.w8[i])
	case c.w16 != nil:
		return uint64(c.w16[i])
	case c.w32 != nil:
		return uint64(c.w32[i])
	}
	return c.w64[i]
}

func (c *codes) put(i uint32, v uint64) {
	switch {
	case c.w8 != nil:
		c.w8[i] = uint8(v)
	case c.w16 != nil:
		c.w16[i] = uint16(v)
	case c.w32 != nil:
		c.w32[i] = uint32(v)
	default:
		c.w64[i] = v
	}
}

func (c *codes) size() int { return len(c.w8) + 2*len(c.w16) + 4*len(c.w32) + 8*len(c.w64) }
func (c *codes) len() int  { return len(c.w8) + len(c.w16) + len(c.w32) + len(c.w64) }

// texts is a list of strings in one piece of memory, each ended by a line feed so that a search over all of them
// finds nothing that begins in one and ends in the next.
type texts struct {
	off  []uint32
	data string
}

func newTexts(list []string) texts {
	size := 0
	for _, s := range list {
		size += len(s) + 1
	}
	p := newPile(len(list), size)
	for _, s := range list {
		p.add(s)
	}
	return p.texts()
}

func (t *texts) len() int           { return max(len(t.off)-1, 0) }
func (t *texts) at(i uint32) string { return t.data[t.off[i] : t.off[i+1]-1] }
func (t *texts) size() int          { return 4*len(t.off) + len(t.data) }

// lower gives the first text that is not before s; the texts are sorted.
func (t *texts) lower(s string) uint32 {
	lo, hi := uint32(0), uint32(t.len())
	for lo < hi {
		if mid := (lo + hi) / 2; t.at(mid) < s {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	return lo
}

// begins gives the range of the sorted texts that begin with s.
func (t *texts) begins(s string) (lo, hi uint32) {
	lo = t.lower(s)
	a, b := lo, uint32(t.len())
	for a < b {
		mid := (a + b) / 2
		if text := t.at(mid); len(text) >= len(s) && text[:len(s)] == s {
			a = mid + 1
		} else {
			b = mid
		}
	}
	return lo, a
}

// equals gives the range of the sorted texts that are s.
func (t *texts) equals(s string) (lo, hi uint32) {
	lo = t.lower(s)
	for hi = lo; int(hi) < t.len() && t.at(hi) == s; hi++ {
	}
	return lo, hi
}
