package index

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/muster-crm/muster/shared/decimal"
	"github.com/muster-crm/muster/shared/fault"
)

// tally counts and adds up the rows of an answer.
type tally struct {
	p      *plan
	groups []*group
	sums   []int // columns
	total  []int64
}

// group is one facet.
type group struct {
	fields  []field
	buckets map[[2]string]*Bucket
}

// nothing counts and adds up nothing.
var nothing = &tally{}

func (p *plan) tally(req *Request, may []bool) (*tally, error) {
	if len(req.Facets) == 0 && len(req.Sums) == 0 {
		return nothing, nil
	}
	t := &tally{p: p, total: make([]int64, len(req.Sums))}
	for _, path := range req.Sums {
		f, ok := p.s.field(path, may)
		if !ok || f.on != onNumber || f.age || f.typ != typeNumber {
			return nil, unknown("sums", path, 0)
		}
		t.sums = append(t.sums, f.col)
	}
	for _, paths := range req.Facets {
		if len(paths) < 1 || len(paths) > 2 {
			return nil, fault.Bad("facets", "bad_value")
		}
		g := &group{buckets: map[[2]string]*Bucket{}}
		for _, path := range paths {
			f, ok := p.s.field(path, may)
			if !ok {
				f.link = p.borrow(path)
				f.on, ok = onLink, f.link != nil
			}
			if !ok || f.on == onID {
				return nil, unknown("facets", path, 0)
			}
			if f.link != nil {
				f.all = p.beyond(f.link).everyone()
			}
			g.fields = append(g.fields, f)
		}
		t.groups = append(t.groups, g)
	}
	return t, nil
}

// Decimals tells how many decimals the sums of a number column have: they are in its smallest unit, in which the JSON may
// have it already.
func (v *View) Decimals(path string) int {
	if i, ok := v.s.byPath[path]; ok && v.s.cols[i].scaled() {
		return v.s.cols[i].Decimals
	}
	return 0
}

// add counts rows of one combination of values.
func (g *group) add(values [2]string, count int, sums []int64) {
	b := g.buckets[values]
	if b == nil {
		b = &Bucket{Values: slices.Clone(values[:len(g.fields)]), Sums: make([]int64, len(sums))}
		g.buckets[values] = b
	}
	b.Count += count
	for i, n := range sums {
		b.Sums[i] += n
	}
}

// row counts a single record.
func (t *tally) row(r *row) {
	if t == nothing {
		return
	}
	sums := make([]int64, len(t.sums))
	for i, col := range t.sums {
		for _, c := range r.column(col) {
			sums[i] += c.num
		}
		t.total[i] += sums[i]
	}
	for _, g := range t.groups {
		second := []string{""}
		if len(g.fields) == 2 {
			second = t.valuesOf(r, g.fields[1])
		}
		for _, a := range t.valuesOf(r, g.fields[0]) {
			for _, b := range second {
				g.add([2]string{a, b}, 1, sums)
			}
		}
	}
}

// valuesOf gives the distinct values of a record, or "" alone when it has none.
func (t *tally) valuesOf(r *row, f field) []string {
	if f.on == onVersion {
		return []string{strconv.FormatInt(r.revision, 10)}
	}
	var out []string
	add := func(text string) bool {
		if !slices.Contains(out, text) {
			out = append(out, text)
		}
		return false
	}
	if f.on == onLink {
		f.link.each(recordSubject{t.p, r}, f.all, add)
	} else {
		cells := r.column(f.col)
		if f.timed != nil {
			cells = f.timed.current(r, t.p.today())
		}
		for _, c := range cells {
			if f.on == onNumber {
				add(t.label(f, c.num))
			} else {
				add(t.ends(f, c.text))
			}
		}
	}
	if out == nil {
		return []string{""}
	}
	return out
}

// label writes a number as a facet shows it.
func (t *tally) label(f field, n int64) string {
	switch {
	case f.age:
		return strconv.FormatInt(age(n, t.p.now), 10)
	case f.typ == typeDate:
		return string(appendDate(nil, n))
	case f.typ == typeInstant:
		return string(appendInstant(nil, n))
	case f.on == onNumber:
		return decimal.Write(n, t.p.s.cols[f.col].Decimals)
	}
	return strconv.FormatInt(n, 10)
}

// segment counts the rows found in a segment.
func (t *tally) segment(g *segment, found set) {
	if len(t.groups) == 0 && len(t.sums) == 0 || found.empty() {
		return
	}
	done := false
	for _, gr := range t.groups {
		done = t.count(gr, g, found, !done) || done
	}
	if done {
		return
	}
	for i, col := range t.sums {
		c := &g.cols[col]
		found.each(g.n, func(row uint32) bool {
			t.total[i] += c.sum(row)
			return true
		})
	}
}

// sum adds up the elements of a row.
func (c *store) sum(row uint32) int64 {
	total := int64(0)
	lo, hi := c.shape.span(row)
	for e := lo; e < hi; e++ {
		if code := c.at(e); code > 0 {
			total += c.value(code)
		}
	}
	return total
}

// axis is one side of a facet within a segment.
type axis struct {
	f     field
	c     *store
	size  int  // codes are below it; 0 when there may be too many to have a place each
	plain bool // every row has one element, its own
	g     *segment
	links *linkCodes        // for a link
	day   int64             // today, for values that hold for a time
	same  map[uint64]uint64 // of ids that lead to one record: the code that stands for each
}

// tableSize is the largest number of combinations counted in a table.
const tableSize = 1 << 16

func (t *tally) axis(g *segment, f field) axis {
	a := axis{f: f, g: g}
	switch f.on {
	case onVersion:
		return a
	case onLink:
		a.links, a.size = f.link.codes(f.all, g), f.all.codes()+1
		return a
	}
	a.c = &g.cols[f.col]
	a.plain = a.c.shape.present == nil && a.c.shape.starts == nil && f.timed == nil
	if f.timed != nil {
		a.day = t.p.today()
	}
	if a.c.dict != nil {
		a.size = a.c.dict.len() + 1
		a.same = t.same(a.c.dict, f)
	}
	return a
}

// ends gives the id a value leads to in a column of ids, and other values as they are.
func (t *tally) ends(f field, value string) string {
	for _, kind := range t.p.s.cols[f.col].Refs {
		if root := t.p.beside[kind].Root(value); root != value {
			return root
		}
	}
	return value
}

// same finds the ids in a dictionary that lead to one record.
func (t *tally) same(d *dict, f field) map[uint64]uint64 {
	var same map[uint64]uint64
	for _, kind := range t.p.s.cols[f.col].Refs {
		a := t.p.beside[kind].merged()
		if a == nil {
			continue
		}
		for root := range a.under {
			first := uint64(0)
			for _, id := range a.alike(root) {
				ord, ok := d.place(id)
				if code := uint64(ord) + 1; ok && first == 0 {
					first = code
				} else if ok {
					if same == nil {
						same = map[uint64]uint64{}
					}
					same[code] = first
				}
			}
		}
	}
	return same
}

// codes appends the distinct codes of a row, or 0 alone when it has none.
func (a *axis) codes(t *tally, row uint32, out []uint64) []uint64 {
	switch a.f.on {
	case onVersion:
		return append(out, a.g.revs.at(row))
	case onLink:
		return a.links.of(row, out)
	}
	start := len(out)
	lo, hi := a.c.shape.span(row)
	for e := lo; e < hi; e++ {
		code := a.c.at(e)
		if code > 0 && a.f.timed != nil && !a.f.timed.holds(a.g, e, a.day) {
			continue
		}
		if a.f.age && code > 0 {
			code = uint64(age(a.c.value(code), t.p.now) + ageBase)
		}
		if first, ok := a.same[code]; ok {
			code = first
		}
		if code > 0 && !slices.Contains(out[start:], code) {
			out = append(out, code)
		}
	}
	if len(out) == start {
		out = append(out, 0)
	}
	return out
}

func (a *axis) label(t *tally, code uint64) string {
	switch {
	case a.f.on == onVersion:
		return strconv.FormatInt(a.g.revs.value(code), 10)
	case code == 0:
		return ""
	case a.f.on == onLink:
		return a.f.all.id(code)
	case a.f.age:
		return strconv.FormatInt(int64(code)-ageBase, 10)
	case a.c.dict != nil:
		return t.ends(a.f, a.c.dict.value(uint32(code-1)))
	}
	return t.label(a.f, a.c.value(code))
}

// count fills a group, and the totals of the sums too when those are wanted and every row is counted once. It tells
// whether it did that.
func (t *tally) count(gr *group, g *segment, found set, totals bool) bool {
	a := t.axis(g, gr.fields[0])
	b := axis{size: 1}
	if len(gr.fields) == 2 {
		b = t.axis(g, gr.fields[1])
	}
	width := 1 + len(t.sums)
	if width == 1 && b.g == nil && !a.plainCodes() {
		if counts := t.single(&a, g, found); counts != nil {
			t.fill(gr, &a, counts)
			return false
		}
	}
	if a.size > 0 && b.size > 0 && a.size*b.size <= tableSize {
		var table []int64
		once := a.plain && (b.plain || b.g == nil) && t.plainSums(g) && !found.isList()
		if once {
			table = t.plain(&a, &b, g, found)
		} else {
			table = make([]int64, a.size*b.size*width)
			t.pairs(&a, &b, g, found, func(row uint32, x, y uint64) {
				t.add(table[(int(x)*b.size+int(y))*width:], g, row)
			})
		}
		for i := 0; i < len(table); i += width {
			if table[i] == 0 {
				continue
			}
			k := i / width
			gr.add([2]string{a.label(t, uint64(k/b.size)), b.text(t, uint64(k%b.size))}, int(table[i]), table[i+1:i+width])
			if once && totals {
				for j, n := range table[i+1 : i+width] {
					t.total[j] += n
				}
			}
		}
		return once && totals
	}
	table := map[[2]uint64][]int64{}
	t.pairs(&a, &b, g, found, func(row uint32, x, y uint64) {
		at := table[[2]uint64{x, y}]
		if at == nil {
			at = make([]int64, width)
			table[[2]uint64{x, y}] = at
		}
		t.add(at, g, row)
	})
	for k, at := range table {
		gr.add([2]string{a.label(t, k[0]), b.text(t, k[1])}, int(at[0]), at[1:])
	}
	return false
}

// plainSums tells that every row has one value in each column that is added up.
func (t *tally) plainSums(g *segment) bool {
	for _, col := range t.sums {
		if s := g.cols[col].shape; s.present != nil || s.starts != nil {
			return false
		}
	}
	return true
}

// text is label, for an axis that may not be there.
func (a *axis) text(t *tally, code uint64) string {
	if a.g == nil {
		return ""
	}
	return a.label(t, code)
}

func (t *tally) add(at []int64, g *segment, row uint32) {
	at[0]++
	for i, col := range t.sums {
		at[i+1] += g.cols[col].sum(row)
	}
}

// plainCodes tells that every row has one element whose code has a place in a table.
func (a *axis) plainCodes() bool { return a.plain && a.size > 0 }

// pairs calls yield for every combination of values of every row.
func (t *tally) pairs(a, b *axis, g *segment, found set, yield func(row uint32, x, y uint64)) {
	var xs, ys []uint64
	found.each(g.n, func(row uint32) bool {
		xs = a.codes(t, row, xs[:0])
		ys = ys[:0]
		if b.g != nil {
			ys = b.codes(t, row, ys)
		} else {
			ys = append(ys, 0)
		}
		for _, x := range xs {
			for _, y := range ys {
				yield(row, x, y)
			}
		}
		return true
	})
}

func (t *tally) answer() ([][]Bucket, []int64) {
	var facets [][]Bucket
	for _, g := range t.groups {
		list := make([]Bucket, 0, len(g.buckets))
		for _, b := range g.buckets {
			list = append(list, *b)
		}
		slices.SortFunc(list, func(a, b Bucket) int {
			return cmp.Or(cmp.Compare(b.Count, a.Count), slices.CompareFunc(a.Values, b.Values, strings.Compare))
		})
		facets = append(facets, list)
	}
	if len(t.sums) == 0 {
		return facets, nil
	}
	return facets, t.total
}
