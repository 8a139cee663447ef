package index

import "math/bits"

// This file counts by one field alone, with nothing added up: a facet beside a list. The elements of a row lie together, and
// most rows have one or two, so each is counted where it lies; no function is called for each row of a set.

// singleSize is the largest number of codes counted in a table: every day of some centuries.
const singleSize = 1 << 17

// single counts the rows of a set by the codes of a column, each once for each of its codes, or for 0 when it has none. It
// gives nil when the codes are too many for a table, or when several of them stand for one.
func (t *tally) single(a *axis, g *segment, found set) []int64 {
	if a.f.timed != nil {
		return t.timely(a, g, found)
	}
	if a.c == nil || a.same != nil || found.isList() {
		return nil
	}
	size := a.size
	if a.f.age {
		size = int(min(a.c.last(), singleSize)) + 1
	}
	if size == 0 || size > singleSize {
		return nil
	}
	counts := make([]int64, size)
	switch c := &a.c.codes; {
	case c.w8 != nil:
		countBy(counts, a.c.shape, c.w8, found, g.n)
	case c.w16 != nil:
		countBy(counts, a.c.shape, c.w16, found, g.n)
	case c.w32 != nil:
		countBy(counts, a.c.shape, c.w32, found, g.n)
	default:
		countBy(counts, a.c.shape, c.w64, found, g.n)
	}
	return counts
}

// countBy counts the rows of a set, of n at most, by their codes.
func countBy[T uint8 | uint16 | uint32 | uint64](counts []int64, s *shape, codes []T, found set, n int) {
	for i := range words(n) {
		rows := ^uint64(0)
		if left := n - i*64; left < 64 {
			rows = 1<<left - 1
		}
		if !found.all {
			rows &= found.bits[i]
		}
		first := uint32(i * 64) // of the elements' places in this word, where every row has one
		there := rows
		if s.present != nil {
			first, there = s.present.before[i], s.present.bits[i]
			counts[0] += int64(bits.OnesCount64(rows &^ there))
		}
		if s.present == nil {
			for ; rows != 0; rows &= rows - 1 {
				countRow(counts, s.starts, codes, first+uint32(trailing(rows)))
			}
			continue
		}
		for rows &= there; rows != 0; rows &= rows - 1 {
			below := rows&-rows - 1
			countRow(counts, s.starts, codes, first+uint32(bits.OnesCount64(there&below)))
		}
	}
}

// countRow counts a row that has elements, the k-th of such rows.
func countRow[T uint8 | uint16 | uint32 | uint64](counts []int64, starts []uint32, codes []T, k uint32) {
	if starts == nil {
		counts[codes[k]]++
		return
	}
	mine := codes[starts[k]:starts[k+1]]
	if len(mine) == 1 {
		counts[mine[0]]++
		return
	}
	none := true
	for i, code := range mine {
		if code == 0 || repeated(mine[:i], code) {
			continue
		}
		counts[code]++
		none = false
	}
	if none {
		counts[0]++
	}
}

func repeated[T comparable](before []T, code T) bool {
	for _, other := range before {
		if other == code {
			return true
		}
	}
	return false
}

// fill puts counts by code into a group. Days become ages: the later somebody was born the younger they are, so an age is
// worked out once.
func (t *tally) fill(gr *group, a *axis, counts []int64) {
	if !a.f.age {
		for code, n := range counts {
			if n > 0 {
				gr.add([2]string{a.label(t, uint64(code)), ""}, int(n), nil)
			}
		}
		return
	}
	sum, years, until := int64(0), int64(0), int64(0)
	put := func() {
		if sum > 0 {
			gr.add([2]string{a.label(t, uint64(years+ageBase)), ""}, int(sum), nil)
		}
		sum = 0
	}
	for code, n := range counts {
		switch day := int64(0); {
		case n == 0:
			continue
		case code == 0:
			gr.add([2]string{"", ""}, int(n), nil)
			continue
		default:
			if day = a.c.value(uint64(code)); sum == 0 || day > until {
				put()
				years = age(day, t.p.now)
				_, until = bornWithin(years, years, t.p.now)
			}
		}
		sum += n
	}
	put()
}
