package index

import (
	"slices"
	"sync"
)

// set is a set of rows of a segment: all of them, a bitmap, or a sorted list. The empty set is an empty list. A set is
// never changed once made: its list may be part of the postings.
type set struct {
	all  bool
	bits bitmap
	list []uint32
}

var everything = set{all: true}

func (s set) isList() bool { return !s.all && s.bits == nil }
func (s set) empty() bool  { return s.isList() && len(s.list) == 0 }

func (s set) has(row uint32) bool {
	switch {
	case s.all:
		return true
	case s.bits != nil:
		return s.bits.has(row)
	}
	_, ok := slices.BinarySearch(s.list, row)
	return ok
}

// count gives the number of rows of a set, of n at most.
func (s set) count(n int) int {
	switch {
	case s.all:
		return n
	case s.bits != nil:
		return s.bits.count()
	}
	return len(s.list)
}

// each calls yield for the rows of a set, of n at most, in order, until it gives false.
func (s set) each(n int, yield func(row uint32) bool) { s.from(0, n, yield) }

// from calls yield for the rows of a set beginning with start, like each.
func (s set) from(start uint32, n int, yield func(row uint32) bool) {
	switch {
	case s.all:
		for row := start; int(row) < n; row++ {
			if !yield(row) {
				return
			}
		}
	case s.bits != nil:
		skip := ^uint64(0) << (start & 63)
		for i := int(start >> 6); i < len(s.bits); i++ {
			for w := s.bits[i] & skip; w != 0; w &= w - 1 {
				if !yield(uint32(i*64 + trailing(w))) {
					return
				}
			}
			skip = ^uint64(0)
		}
	default:
		k, _ := slices.BinarySearch(s.list, start)
		for _, row := range s.list[k:] {
			if !yield(row) {
				return
			}
		}
	}
}

// bitmaps are reused: one of a million rows is 125 KB.
var bitmaps sync.Pool

// memory hands out bitmaps for the time of one evaluation.
type memory struct {
	n    int // rows
	used []bitmap
}

func (m *memory) bitmap() bitmap {
	var b bitmap
	if old, ok := bitmaps.Get().(*bitmap); ok && cap(*old) >= words(m.n) {
		b = (*old)[:words(m.n)]
		clear(b)
	} else {
		b = make(bitmap, words(m.n))
	}
	m.used = append(m.used, b)
	return b
}

func (m *memory) release() {
	for i := range m.used {
		bitmaps.Put(&m.used[i])
	}
	m.used = nil
}

func (m *memory) and(a, b set) set {
	switch {
	case a.all:
		return b
	case b.all:
		return a
	case a.bits != nil && b.bits != nil:
		out := m.bitmap()
		for i := range out {
			out[i] = a.bits[i] & b.bits[i]
		}
		return set{bits: out}
	case b.isList() && (a.bits != nil || len(b.list) < len(a.list)):
		a, b = b, a
	}
	// a is a list, and the shorter one when both are.
	out := make([]uint32, 0, len(a.list))
	if b.bits != nil {
		for _, row := range a.list {
			if b.bits.has(row) {
				out = append(out, row)
			}
		}
		return set{list: out}
	}
	rest := b.list
	for _, row := range a.list {
		rest = rest[gallop(rest, row):]
		if len(rest) == 0 {
			break
		}
		if rest[0] == row {
			out = append(out, row)
		}
	}
	return set{list: out}
}

// gallop gives the place of the first element that is not before row.
func gallop(list []uint32, row uint32) int {
	hi := 1
	for hi < len(list) && list[hi] < row {
		hi *= 2
	}
	lo := hi / 2
	hi = min(hi+1, len(list))
	k, _ := slices.BinarySearch(list[min(lo, len(list)):hi], row)
	return min(lo, len(list)) + k
}

func (m *memory) or(a, b set) set {
	switch {
	case a.all || b.empty():
		return a
	case b.all || a.empty():
		return b
	}
	c := m.collect()
	c.addSet(a)
	c.addSet(b)
	return c.set()
}

// minus gives the rows of a that are not in b.
func (m *memory) minus(a, b set) set {
	switch {
	case b.all:
		return set{}
	case b.empty():
		return a
	case a.isList():
		var out []uint32 // often it stays empty
		for _, row := range a.list {
			if !b.has(row) {
				out = append(out, row)
			}
		}
		return set{list: out}
	}
	out := m.bitmap()
	if a.all {
		out.fill(m.n)
	} else {
		copy(out, a.bits)
	}
	if b.bits != nil {
		for i := range out {
			out[i] &^= b.bits[i]
		}
	} else {
		for _, row := range b.list {
			out[row>>6] &^= 1 << (row & 63)
		}
	}
	return set{bits: out}
}

// collector gathers rows in any order into a set.
type collector struct {
	m      *memory
	shared []uint32 // the only list so far, not our own
	list   []uint32
	bits   bitmap
	all    bool
}

func (m *memory) collect() collector { return collector{m: m} }

// enough is the length from which a list is no longer worth sorting.
func (c *collector) enough() int { return 32 + c.m.n/4096 }

func (c *collector) own(more int) {
	if c.bits != nil {
		return
	}
	if len(c.shared)+len(c.list)+more <= c.enough() {
		if c.shared != nil {
			c.list = append(c.list, c.shared...)
			c.shared = nil
		}
		return
	}
	c.bits = c.m.bitmap()
	for _, row := range c.shared {
		c.bits.set(row)
	}
	for _, row := range c.list {
		c.bits.set(row)
	}
	c.shared, c.list = nil, nil
}

func (c *collector) add(row uint32) {
	if c.bits == nil && c.shared == nil && len(c.list) < c.enough() {
		c.list = append(c.list, row)
		return
	}
	c.own(1)
	if c.bits != nil {
		c.bits.set(row)
	} else {
		c.list = append(c.list, row)
	}
}

// addList adds a sorted list, which must not change any more.
func (c *collector) addList(rows []uint32) {
	if len(rows) == 0 {
		return
	}
	if c.bits == nil && c.shared == nil && len(c.list) == 0 {
		c.shared = rows
		return
	}
	c.own(len(rows))
	if c.bits == nil {
		c.list = append(c.list, rows...)
		return
	}
	for _, row := range rows {
		c.bits.set(row)
	}
}

func (c *collector) addBits(b bitmap) {
	c.own(c.m.n)
	if c.bits == nil { // few rows in all
		c.bits = c.m.bitmap()
		for _, row := range c.list {
			c.bits.set(row)
		}
		c.list = nil
	}
	for i, w := range b {
		c.bits[i] |= w
	}
}

func (c *collector) addSet(s set) {
	switch {
	case s.all:
		c.all = true
	case s.bits != nil:
		c.addBits(s.bits)
	default:
		c.addList(s.list)
	}
}

func (c *collector) set() set {
	switch {
	case c.all:
		return everything
	case c.bits != nil:
		return set{bits: c.bits}
	case c.shared != nil:
		return set{list: c.shared}
	}
	slices.Sort(c.list)
	return set{list: slices.Compact(c.list)}
}
