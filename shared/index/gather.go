package index

import (
	"cmp"
	"hash/maphash"
	"slices"
	"strings"
	"unsafe"
)

// This file gathers texts on their way into a segment, and sorts them. None of it holds a pointer for each text: a builder of
// a million records would otherwise give the collector of garbage millions of them to follow.

// pile is texts in the making.
type pile struct {
	off  []uint32
	data []byte
}

func newPile(n, size int) pile {
	return pile{off: make([]uint32, 1, n+1), data: make([]byte, 0, size)}
}

func (p *pile) len() int { return max(len(p.off)-1, 0) }

// at gives a text. It stays as it is, whatever is added.
func (p *pile) at(i uint32) string { return view(p.data[p.off[i] : p.off[i+1]-1]) }

func (p *pile) add(s string) {
	p.data = append(room(p.data, len(s)+1), s...)
	p.end()
}

// end ends the text whose bytes were appended to data.
func (p *pile) end() {
	if p.off == nil {
		p.off = append(p.off, 0)
	}
	p.data = append(room(p.data, 1), '\n')
	p.off = append(room(p.off, 1), uint32(len(p.data)))
}

// texts gives what was added. The pile is used up.
func (p *pile) texts() texts {
	if p.off == nil {
		p.off = []uint32{0}
	}
	return texts{tight(p.off), view(tight(p.data))}
}

// tight gives a slice without the room it did not need, where that is worth a copy: segments are kept.
func tight[T any](s []T) []T {
	if cap(s)-len(s) > len(s)/32 {
		return slices.Clone(s)
	}
	return s
}

// view gives bytes that do not change any more as a string.
func view(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }

// room makes room for n more elements. It doubles a slice, where append adds a quarter to a long one and so copies it time
// and again.
func room[T any](s []T, n int) []T {
	if cap(s)-len(s) < n {
		return slices.Grow(s, max(n, len(s), 16))
	}
	return s
}

// vocabulary gives texts numbers, from 1 on: the same text the same number, unless it is loose.
type vocabulary struct {
	pile
	loose bool   // texts are numbered as they come: hardly one comes twice
	table []slot // open hash, two thirds full at most
	last  uint32 // the number given before, which often comes again
}

type slot struct{ hash, code uint32 }

var seed = maphash.MakeSeed()

func (v *vocabulary) code(text string) uint32 {
	if v.last > 0 && v.at(v.last-1) == text {
		return v.last
	}
	if v.loose {
		v.add(text)
		v.last = uint32(v.len())
		return v.last
	}
	if 3*v.len() >= 2*len(v.table) {
		v.grow()
	}
	h := uint32(maphash.String(seed, text))
	mask := uint32(len(v.table) - 1)
	for at := h & mask; ; at = (at + 1) & mask {
		s := &v.table[at]
		if s.code == 0 {
			v.add(text)
			*s = slot{h, uint32(v.len())}
		} else if s.hash != h || v.at(s.code-1) != text {
			continue
		}
		v.last = s.code
		return s.code
	}
}

func (v *vocabulary) grow() {
	old := v.table
	v.table = make([]slot, max(16, 2*len(old)))
	mask := uint32(len(v.table) - 1)
	for _, s := range old {
		if s.code > 0 {
			at := s.hash & mask
			for v.table[at].code > 0 {
				at = (at + 1) & mask
			}
			v.table[at] = s
		}
	}
}

// keyed is something to be sorted, known by its place.
type keyed struct {
	key uint64
	at  uint32
}

// sortKeyed sorts by the keys, and calls tie for every run of two or more with the same key.
func sortKeyed(list []keyed, tie func(run []keyed)) {
	if len(list) < 256 {
		slices.SortFunc(list, func(a, b keyed) int { return cmp.Compare(a.key, b.key) })
	} else {
		radix(list)
	}
	for lo := 0; lo < len(list); {
		hi := lo + 1
		for hi < len(list) && list[hi].key == list[lo].key {
			hi++
		}
		if hi > lo+1 {
			tie(list[lo:hi])
		}
		lo = hi
	}
}

// radix sorts by the bytes of the keys, the last first.
func radix(list []keyed) {
	var counts [8][256]uint32
	for i := range list {
		for b, key := 0, list[i].key; b < 8; b, key = b+1, key>>8 {
			counts[b][key&0xff]++
		}
	}
	from, to := list, make([]keyed, len(list))
	for b := range counts {
		next := &counts[b]
		if next[from[0].key>>(8*b)&0xff] == uint32(len(list)) {
			continue // all alike
		}
		sum := uint32(0)
		for d, n := range next {
			next[d] = sum
			sum += n
		}
		for _, k := range from {
			d := k.key >> (8 * b) & 0xff
			to[next[d]] = k
			next[d]++
		}
		from, to = to, from
	}
	if &from[0] != &list[0] {
		copy(list, from)
	}
}

// sortTexts sorts places of texts whose first depth bytes are the same, and those of equal texts by tie.
func sortTexts(list []keyed, text func(uint32) string, depth int, tie func(a, b uint32) int) {
	longest := depth
	for i := range list {
		t := text(list[i].at)
		longest = max(longest, len(t))
		list[i].key = head(t[min(depth, len(t)):])
	}
	sortKeyed(list, func(run []keyed) {
		if len(run) > 32 && depth+8 < longest {
			sortTexts(run, text, depth+8, tie)
			return
		}
		slices.SortFunc(run, func(a, b keyed) int {
			if n := strings.Compare(text(a.at), text(b.at)); n != 0 {
				return n
			}
			return tie(a.at, b.at)
		})
	})
}
