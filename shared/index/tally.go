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
	counts []int64
	sums   [][]weight // by column, then by combination
	cells  [chunk]uint32
}

// weight is the sum of codes, and how many of them there were.
type weight struct{ sum, n int64 }

// plain gives the count and the sums of each combination.
func (t *tally) plain(a, b *axis, g *segment, found set) []int64 {
	c := &cross{t: t, g: g, a: a, b: b, counts: make([]int64, a.size*b.size)}
	for range t.sums {
		c.sums = append(c.sums, make([]weight, len(c.counts)))
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
	table := make([]int64, len(c.counts)*width)
	for i, count := range c.counts {
		table[i*width] = count
		for j, col := range t.sums {
			n, w := &g.cols[col].numbers, c.sums[j][i]
			table[i*width+1+j] = w.n*(n.base-n.scale) + w.sum*n.scale
		}
	}
	return table
}

// add counts the rows from lo to hi.
func (c *cross) add(lo, hi int) {
	cells := c.cells[:hi-lo]
	clear(cells)
	for _, x := range [...]*axis{c.a, c.b} {
		if x.g == nil {
			continue
		}
		switch codes := &x.c.codes; {
		case codes.w8 != nil:
			mix(cells, codes.w8[lo:hi], uint32(x.size))
		case codes.w16 != nil:
			mix(cells, codes.w16[lo:hi], uint32(x.size))
		default:
			mix(cells, codes.w32[lo:hi], uint32(x.size))
		}
	}
	for _, cell := range cells {
		c.counts[cell]++
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

func mix[T uint8 | uint16 | uint32](cells []uint32, codes []T, size uint32) {
	codes = codes[:len(cells)]
	for i, cell := range cells {
		cells[i] = cell*size + uint32(codes[i])
	}
}

func weigh[T uint8 | uint16 | uint32 | uint64](sums []weight, cells []uint32, codes []T) {
	codes = codes[:len(cells)]
	for i, cell := range cells {
		if code := codes[i]; code > 0 {
			w := &sums[cell]
			w.sum += int64(code)
			w.n++
		}
	}
}

// rows counts the rows of a set, or those outside it, one by one.
func (c *cross) rows(found set, outside bool, sign int64) {
	count := func(row uint32) bool {
		cell := uint32(c.a.c.at(row))
		if c.b.g != nil {
			cell = cell*uint32(c.b.size) + uint32(c.b.c.at(row))
		}
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
