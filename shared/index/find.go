package index

import "slices"

// rowID is where a hit lies: in a segment, or on its own. Both stay as they are, whatever becomes of the View.
type rowID struct {
	g   *segment
	row uint32
	r   *row
}

// Find answers a request. Records in the trash are left out unless Where names is:trashed, which holds for exactly
// those; naming it takes the right to restore.
//
// Errors: Denied when the grant may not read, or may not restore and Where names the trash; Invalid with code
// unknown_field (path q, sort, facets or sums) for a column there is not or that the grant may not read, and with
// unknown_operator or bad_value (path q); Invalid with bad_cursor (path after) for a Position of another request.
func (v *View) Find(req Request) (Answer, error) {
	may := v.s.reading(req.Grant).may
	p, err := v.plan(req.Where, req.Grant, req.Now)
	if err != nil {
		return Answer{}, err
	}
	defer p.close()
	o, err := p.ordering(&req, may)
	if err != nil {
		return Answer{}, err
	}
	t, err := p.tally(&req, may)
	if err != nil {
		return Answer{}, err
	}
	var after *entry
	if req.After != nil {
		if after, err = o.after(req.After); err != nil {
			return Answer{}, err
		}
	}
	f := finding{req: &req, p: p, o: o, t: t, after: after}
	for i := range v.segs {
		f.segment(&v.segs[i])
	}
	f.rows(v.recent)
	return f.answer(), nil
}

// finding is an answer in the making.
type finding struct {
	req     *Request
	p       *plan
	o       *ordering
	t       *tally
	after   *entry
	entries []entry
	sources int  // how many segments and the like the entries come from
	enough  bool // the first entries are in order, as many as are wanted: what comes behind them does not count
	total   int
}

// segment adds what a segment holds.
func (f *finding) segment(h *held) {
	v := f.p.on(h.segment)
	defer v.release()
	found := v.alive(h, v.eval(f.p.root, everything, forgiving), f.p.trash)
	if f.req.Count {
		f.total += found.count(h.n)
	}
	f.t.segment(h.segment, found)
	if f.req.Limit <= 0 || found.empty() {
		return
	}
	asTyped := found
	if v.typos {
		asTyped = v.eval(f.p.root, found, typed)
	}
	s := f.o.on(h.segment, f.after)
	before := len(f.entries)
	defer func() {
		if len(f.entries) > before {
			f.sources++
		}
	}()
	if !f.o.ranked {
		for _, row := range s.take(found, f.req.Limit+1, f.after != nil) {
			f.entries = append(f.entries, entry{s: s, row: row, exact: asTyped.has(row)})
		}
		return
	}
	wholes := v.eval(f.p.root, asTyped, whole)
	classes := [...]set{wholes, v.minus(asTyped, wholes), v.minus(found, asTyped)}
	need := f.req.Limit + 1
	for lv, class := range classes {
		if f.after != nil && level(lv) < f.after.level || need == 0 {
			continue
		}
		rows := s.take(class, need, f.after != nil && level(lv) == f.after.level)
		for _, row := range rows {
			f.entries = append(f.entries, entry{s: s, row: row, level: level(lv), exact: level(lv) <= typed, ranked: true})
		}
		need -= len(rows)
	}
}

// alive leaves out rows that are superseded, and those in the trash unless it was asked for.
func (v *evaluation) alive(h *held, found set, trash bool) set {
	hide := h.trash
	if trash {
		hide = nil
	}
	if h.dead.n == 0 && hide == nil || found.empty() {
		return found
	}
	if found.isList() {
		out := make([]uint32, 0, len(found.list))
		for _, row := range found.list {
			if !h.dead.has(row) && (hide == nil || !hide.has(row)) {
				out = append(out, row)
			}
		}
		return set{list: out}
	}
	out := v.bitmap()
	if found.all {
		out.fill(h.n)
	} else {
		copy(out, found.bits)
	}
	if h.dead.n > 0 {
		for k, pg := range h.dead.pages {
			if pg != nil {
				for i, w := range out[k*pageWords : min((k+1)*pageWords, len(out))] {
					out[k*pageWords+i] = w &^ pg[i]
				}
			}
		}
	}
	if hide != nil {
		for i := range out {
			out[i] &^= hide[i]
		}
	}
	return set{bits: out}
}

// rows adds what single records hold.
func (f *finding) rows(recent []*row) {
	for _, r := range recent {
		if r.gone || r.trashed && !f.p.trash {
			continue
		}
		lv := typed
		if !f.p.matches(f.p.root, r, typed) {
			if lv = forgiving; !f.p.typos || !f.p.matches(f.p.root, r, forgiving) {
				continue
			}
		}
		f.total++
		f.t.row(r)
		if f.req.Limit <= 0 {
			continue
		}
		rank := level(0)
		if f.o.ranked {
			if rank = lv; lv == typed && f.p.matches(f.p.root, r, whole) {
				rank = whole
			}
		}
		e := entry{r: r, level: rank, exact: lv == typed, ranked: f.o.ranked}
		e.value(f.o)
		if f.after == nil || f.o.compare(&e, f.after) > 0 {
			f.keep(e)
		}
	}
}

// keep adds an entry unless there are enough before it. From time to time it leaves out those that no longer count.
func (f *finding) keep(e entry) {
	need := f.req.Limit + 1
	if f.enough && f.o.compare(&e, &f.entries[need-1]) > 0 {
		return
	}
	f.entries = append(f.entries, e)
	f.sources = 2 // these are in no order yet
	if len(f.entries) >= 2*need {
		f.sort()
		f.entries, f.enough = f.entries[:need], true
	}
}

func (f *finding) sort() {
	for i := range f.entries {
		f.entries[i].value(f.o)
	}
	slices.SortFunc(f.entries, func(a, b entry) int { return f.o.compare(&a, &b) })
}

func (f *finding) answer() Answer {
	a := Answer{}
	if f.req.Count {
		a.Total = f.total
	}
	a.Facets, a.Sums = f.t.answer()
	if f.req.Limit <= 0 {
		return a
	}
	if f.sources > 1 {
		f.sort()
	}
	if len(f.entries) > f.req.Limit {
		f.entries = f.entries[:f.req.Limit]
		last := &f.entries[f.req.Limit-1]
		last.value(f.o)
		a.Next = f.o.position(last)
	}
	a.Hits = make([]Hit, len(f.entries))
	for i := range f.entries {
		a.Hits[i] = f.entries[i].hit()
	}
	return a
}
