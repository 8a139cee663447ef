package index

import (
	"cmp"
	"slices"
)

// postings tells for each value of a dictionary the rows that have it: as a bitmap for the frequent ones, else as a
// sorted list.
type postings struct {
	bits map[uint32]bitmap // of the frequent values
	// Where values mostly have many rows: the lists one after the other, where each begins, and the end.
	starts []uint32
	rows   []uint32
	// Where they mostly have one: that row, or several and the place of the list in starts and rows.
	single []uint32
}

const several = 1 << 31

func (p *postings) list(ord uint32) []uint32 {
	if p.single != nil {
		at := p.single[ord]
		if at&several == 0 {
			return p.single[ord : ord+1]
		}
		ord = at &^ several
	}
	return p.rows[p.starts[ord]:p.starts[ord+1]]
}

// set gives the rows of a value.
func (p *postings) set(ord uint32) set {
	if b, ok := p.bits[ord]; ok {
		return set{bits: b}
	}
	return set{list: p.list(ord)}
}

// count gives the number of rows of a value, roughly where it is frequent.
func (p *postings) count(ord uint32) int {
	if b, ok := p.bits[ord]; ok {
		return 8 * len(b)
	}
	return len(p.list(ord))
}

// A column whose values have fewer rows on average has no postings, unless its kind is asked for by value or searched.
const worthwhile = 32

// frequent gives the number of rows from which a value's rows are kept as a bitmap.
func frequent(rows int) uint32 { return uint32(rows/32 + 16) }

// postings gives the postings of a dictionary's column, nil where few ask for one of its values. They are made when
// they are first asked for.
func (c *store) postings() *postings {
	c.asked.Do(func() {
		if c.posted() {
			c.post = c.makePostings()
		}
	})
	return c.post
}

func (c *store) posted() bool {
	return c.col.Type != typeText || c.col.How != Unsearched || c.codes.len() >= worthwhile*c.dict.len()
}

// postingsSize guesses the bytes they take.
func (c *store) postingsSize() int {
	elems := c.codes.len()
	if c.dict == nil {
		if c.col.How == Exact {
			return 4 * elems
		}
		return 0
	}
	values := c.dict.len()
	switch {
	case !c.posted():
		return 0
	case values <= 16:
		return 8 * values * words(c.shape.rows)
	case values > elems/2:
		return 4 * elems
	}
	return 4 * (elems + values)
}

func (c *store) makePostings() *postings {
	codes := c.codes.wide()
	n := c.dict.len()
	counts := make([]uint32, n+1)
	owners := c.shape.owners()
	if owners == nil {
		owners = make([]uint32, len(codes))
		for i := range owners {
			owners[i] = uint32(i)
		}
	}
	if c.shape.starts != nil {
		codes = once(codes, owners, n)
	}
	for _, code := range codes {
		counts[code]++
	}
	p := &postings{}
	rows := c.shape.rows
	maps := make([]bitmap, n+1)
	singles := 0
	for ord, count := range counts[1:] {
		if count > frequent(rows) {
			if p.bits == nil {
				p.bits = map[uint32]bitmap{}
			}
			maps[ord+1] = make(bitmap, words(rows))
			p.bits[uint32(ord)] = maps[ord+1]
			counts[ord+1] = 0
		}
		if count == 1 {
			singles++
		}
	}
	next := make([]uint32, n+1) // where the next row of each code goes
	total := uint32(0)
	if n > 0 && singles > n/2 {
		p.single = make([]uint32, n)
		p.starts = make([]uint32, 1, n-singles+1)
		for ord, count := range counts[1:] {
			if count != 1 {
				next[ord+1] = total
				total += count
				p.single[ord] = several | uint32(len(p.starts)-1)
				p.starts = append(p.starts, total)
			}
		}
	} else {
		p.starts = make([]uint32, n+1)
		for ord, count := range counts[1:] {
			next[ord+1] = total
			total += count
			p.starts[ord+1] = total
		}
	}
	p.rows = make([]uint32, total)
	for e, code := range codes {
		switch {
		case code == 0:
		case maps[code] != nil:
			maps[code].set(owners[e])
		case p.single != nil && p.single[code-1]&several == 0:
			p.single[code-1] = owners[e]
		default:
			p.rows[next[code]] = owners[e]
			next[code]++
		}
	}
	return p
}

// equal gives the rows of a column of numbers, one a row, that have a code. The rows by their codes are made when first
// asked for.
func (c *store) equal(code uint64) []uint32 {
	c.asked.Do(func() { c.post = &postings{rows: c.codes.order()} })
	rows := c.post.rows
	lo, _ := slices.BinarySearchFunc(rows, code, func(row uint32, code uint64) int { return cmp.Compare(c.at(row), code) })
	hi := lo
	for hi < len(rows) && c.at(rows[hi]) == code {
		hi++
	}
	return rows[lo:hi]
}

// order gives the places of the codes in the order of the codes, equal ones as they stand: by their last 16 bits, then by
// those before, as far as there are any.
func (c *codes) order() []uint32 {
	n := c.len()
	out, other := make([]uint32, n), make([]uint32, n)
	for i := range out {
		out[i] = uint32(i)
	}
	for shift := 0; shift < 8*c.width(); shift += 16 {
		var starts [1<<16 + 1]uint32
		for i := range uint32(n) {
			starts[c.at(i)>>shift&0xffff+1]++
		}
		for d := range 1 << 16 {
			starts[d+1] += starts[d]
		}
		for _, at := range out {
			d := c.at(at) >> shift & 0xffff
			other[starts[d]] = at
			starts[d]++
		}
		out, other = other, out
	}
	return out
}

// once blanks the codes that a row has had already.
func once(codes, owners []uint32, n int) []uint32 {
	last := make([]uint32, n+1)
	for e, code := range codes {
		if last[code] == owners[e]+1 {
			codes[e] = 0
		}
		last[code] = owners[e] + 1
	}
	return codes
}

// owners gives the row of each element; nil when that is the element itself.
func (s *shape) owners() []uint32 {
	if s.present == nil && s.starts == nil {
		return nil
	}
	out := make([]uint32, 0, s.elems)
	s.each(func(row, elem uint32) { out = append(out, row) })
	return out
}

// wide gives the codes in words of 32 bits. Only numbers have wider ones.
func (c *codes) wide() []uint32 {
	switch {
	case c.w8 != nil:
		return widen(c.w8)
	case c.w16 != nil:
		return widen(c.w16)
	}
	return slices.Clone(c.w32)
}

func widen[T uint8 | uint16](codes []T) []uint32 {
	out := make([]uint32, len(codes))
	for i, code := range codes {
		out[i] = uint32(code)
	}
	return out
}
