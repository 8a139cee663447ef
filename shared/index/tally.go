package index

// This file counts where every row has one value on each axis and in each column that is added up: the usual facet. Each
// step is a loop over one column. When most rows are counted, all are, and the others are taken off again.

// chunk is the number of rows counted at a time, so that what is noted of them stays in the nearest cache.
const chunk = 1024

// cross is a table of combinations of codes in the making.
type cross struct {
	t      *tally
	g      *segment
	a, b   *axis
	size   int // combinations
	counts []int64
	sums   [][]weight // by column
	cells  [chunk]uint32
}

// weight is the sum of codes, and how many of them there were.
type weight struct{ sum, n int64 }

// lanes is the number of places each combination has in counts and sums. Neighbours often are of one combination, and
// adding to a place again has to wait for the time before.
const lanes = 4

// plain gives the count and the sums of each combination.
func (t *tally) plain(a, b *axis, g *segment, found set) []int64 {
	c := &cross{t: t, g: g, a: a, b: b, size: a.size * b.size}
	c.counts = make([]int64, lanes*c.size)
	for range t.sums {
		c.sums = append(c.sums, make([]weight, lanes*c.size))
	}
	if 4*found.count(g.n) > 3*g.n {
		for lo := 0; lo < g.n; lo += chunk {
			c.add(lo, min(lo+chunk, g.n))
		}
		c.rows(found, true, -1)
	} else {
		c.rows(found, false, 1)
	}
	width := 1 + len(t.sums)
	table := make([]int64, c.size*width)
	for i := range c.counts {
		cell := i / lanes * width
		table[cell] += c.counts[i]
		for j, col := range t.sums {
			n, w := &g.cols[col].numbers, c.sums[j][i]
			table[cell+1+j] += w.n*(n.base-n.scale) + w.sum*n.scale
		}
	}
	return table
}

// add counts the rows from lo to hi.
func (c *cross) add(lo, hi int) {
	cells := c.cells[:hi-lo]
	if one, other := &c.a.c.codes, c.second(); one.w8 != nil && other.w8 != nil {
		both(cells, one.w8[lo:hi], other.w8[lo:hi], uint32(c.b.size), c.counts)
	} else {
		c.place(cells, lo, hi)
	}
	for j, col := range c.t.sums {
		switch codes := &c.g.cols[col].codes; {
		case codes.w8 != nil:
			weigh(c.sums[j], cells, codes.w8[lo:hi])
		case codes.w16 != nil:
			weigh(c.sums[j], cells, codes.w16[lo:hi])
		case codes.w32 != nil:
			weigh(c.sums[j], cells, codes.w32[lo:hi])
		default:
			weigh(c.sums[j], cells, codes.w64[lo:hi])
		}
	}
}

// place sets cells to those of the rows from lo to hi, and counts them.
func (c *cross) place(cells []uint32, lo, hi int) {
	switch codes := &c.a.c.codes; {
	case codes.w8 != nil:
		first(cells, codes.w8[lo:hi])
	case codes.w16 != nil:
		first(cells, codes.w16[lo:hi])
	default:
		first(cells, codes.w32[lo:hi])
	}
	switch codes := c.second(); {
	case codes.w8 != nil:
		second(cells, codes.w8[lo:hi], uint32(c.b.size))
	case codes.w16 != nil:
		second(cells, codes.w16[lo:hi], uint32(c.b.size))
	case codes.w32 != nil:
		second(cells, codes.w32[lo:hi], uint32(c.b.size))
	default:
		for i := range cells {
			cells[i] = cells[i]*lanes + uint32(i%lanes)
		}
	}
	counts := c.counts
	for _, cell := range cells {
		counts[cell]++
	}
}

// both is place for codes of one byte each, as nearly all that are counted are, in one go.
func both(cells []uint32, one, other []uint8, size uint32, counts []int64) {
	one, other = one[:len(cells)], other[:len(cells)]
	for i := range cells {
		cell := (uint32(one[i])*size+uint32(other[i]))*lanes + uint32(i%lanes)
		cells[i] = cell
		counts[cell]++
	}
}

// second gives the codes of the second axis, none when there is no such axis.
func (c *cross) second() *codes {
	if c.b.g == nil {
		return &codes{}
	}
	return &c.b.c.codes
}

// first sets cells to the codes of the first axis.
func first[T uint8 | uint16 | uint32](cells []uint32, codes []T) {
	codes = codes[:len(cells)]
	for i := range cells {
		cells[i] = uint32(codes[i])
	}
}

// second puts the codes of the second axis, which is of a size, beside them, and the lane behind.
func second[T uint8 | uint16 | uint32](cells []uint32, codes []T, size uint32) {
	codes = codes[:len(cells)]
	for i, cell := range cells {
		cells[i] = (cell*size+uint32(codes[i]))*lanes + uint32(i%lanes)
	}
}

func weigh[T uint8 | uint16 | uint32 | uint64](sums []weight, cells []uint32, codes []T) {
	codes = codes[:len(cells)]
	for i, cell := range cells {
		code := uint64(codes[i])
		w := &sums[cell]
		w.sum += int64(code)
		w.n += int64((code | -code) >> 63) // 1 unless it is 0
	}
}

// rows counts the rows of a set, or those outside it, one by one.
func (c *cross) rows(found set, outside bool, sign int64) {
	count := func(row uint32) bool {
		cell := int(c.a.c.at(row))
		if c.b.g != nil {
			cell = cell*c.b.size + int(c.b.c.at(row))
		}
		cell = lanes*cell + int(row)%lanes
		c.counts[cell] += sign
		for j, col := range c.t.sums {
			if code := c.g.cols[col].at(row); code > 0 {
				c.sums[j][cell].sum += sign * int64(code)
				c.sums[j][cell].n += sign
			}
		}
		return true
	}
	if !outside {
		found.each(c.g.n, count)
		return
	}
	if found.all {
		return
	}
	for i, w := range found.bits {
		if w = ^w; i == len(found.bits)-1 && c.g.n%64 != 0 {
			w &= 1<<(c.g.n%64) - 1
		}
		for ; w != 0; w &= w - 1 {
			count(uint32(i*64 + trailing(w)))
		}
	}
}
