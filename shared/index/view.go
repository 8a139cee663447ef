package index

import (
	"cmp"
	"slices"
	"strings"

	"github.com/muster-crm/muster/shared/policy"
	"github.com/muster-crm/muster/shared/query"
)

// View is the records of one kind as they are at one sequence number. It never changes and is safe for concurrent use.
type View struct {
	s       *schema
	seq     int64
	segs    []held // the older, the larger
	recent  []*row // the latest changes, by id; among them records that are gone
	live    int
	trashed int
	away    *away            // the merged records, which are in neither
	beside  map[string]*View // of other kinds, and its own
}

// held is a segment in a View, less the rows that later changes have superseded.
type held struct {
	*segment
	dead paged
}

// maxRecent is the number of changes kept as they came. Every search looks at each of them, so more are made a segment;
// segments are joined so that each is several times smaller than the one before.
const (
	maxRecent = 1024
	growth    = 4
)

// Beside gives the View as one of several by kind, at one sequence number: it may then look at the records linked with its
// own. What Apply makes of it stands alone again.
func (v *View) Beside(views map[string]*View) *View {
	beside := *v
	beside.beside = views
	return &beside
}

// Seq gives the sequence number the View stands at.
func (v *View) Seq() int64 { return v.seq }

// Len gives the number of records, and of those in the trash beside them.
func (v *View) Len() (live, trashed int) { return v.live, v.trashed }

// Bytes guesses the memory the View takes.
func (v *View) Bytes() int64 {
	n := int64(0)
	for i := range v.segs {
		n += int64(v.segs[i].size()) + int64(len(v.segs[i].dead.pages)*8)
		for _, pg := range v.segs[i].dead.pages {
			if pg != nil {
				n += 8 * pageWords
			}
		}
	}
	for _, r := range v.recent {
		n += int64(len(r.id)) + 32*int64(len(r.cells)) + 80
		for i := range r.cells {
			n += int64(len(r.cells[i].text)) * 2
		}
	}
	return n
}

func (v *View) counts() {
	v.live, v.trashed = 0, 0
	for i := range v.segs {
		h := &v.segs[i]
		dead := 0
		for w, bits := range h.trash {
			dead += set{bits: bitmap{bits &^ h.dead.word(w)}}.count(0)
		}
		v.trashed += dead
		v.live += h.n - h.dead.n - dead
	}
	for _, r := range v.recent {
		v.count(r, 1)
	}
}

func (v *View) count(r *row, by int) {
	switch {
	case r.gone:
	case r.trashed:
		v.trashed += by
	default:
		v.live += by
	}
}

// Apply gives the View after some changes, at a sequence number. Of several changes of a record the newest counts; one
// that is not newer than what is held is passed over, so that applying twice does no harm. JSON that is malformed is
// an error, and then nothing is applied. The View itself stays as it is.
func (v *View) Apply(seq int64, changes []Change) (*View, error) {
	rows, err := v.s.rows(changes)
	if err != nil {
		return nil, err
	}
	next := &View{s: v.s, seq: max(seq, v.seq), segs: slices.Clone(v.segs), live: v.live, trashed: v.trashed}
	moved := map[string]*row{}
	next.recent = make([]*row, 0, len(v.recent)+len(rows))
	edits := make([]*marker, len(v.segs))
	places := v.places(rows)
	old := v.recent
	for i, r := range rows {
		for len(old) > 0 && old[0].id < r.id {
			next.recent = append(next.recent, old[0])
			old = old[1:]
		}
		was := v.away.row(r.id)
		if was != nil && was.revision >= r.revision {
			continue
		}
		if len(old) > 0 && old[0].id == r.id {
			if old[0].revision >= r.revision {
				continue
			}
			next.count(old[0], -1)
			old = old[1:]
		} else if !next.supersede(r, places[i*len(v.segs):], edits) {
			continue
		}
		if r.merged {
			moved[r.id] = r.known(v.s)
			r = &row{id: r.id, revision: r.revision, gone: true}
		} else if was != nil {
			moved[r.id] = nil
		}
		next.count(r, 1)
		next.recent = append(next.recent, r)
	}
	next.away = v.away.with(v.s, moved)
	next.recent = append(next.recent, old...)
	for i, e := range edits {
		if e != nil {
			next.segs[i].dead = e.paged
		}
	}
	if len(next.recent) > maxRecent {
		next.join()
	}
	return next, nil
}

// rows reads changes: one row a record, its newest, sorted by id.
func (s *schema) rows(changes []Change) ([]*row, error) {
	all := make([]row, len(changes))
	order := make([]keyed, len(changes))
	// Room for the texts and the cells of the next records.
	var texts strings.Builder
	var cells []cell
	scan := scanner{s: s}
	for i := range changes {
		c := &changes[i]
		r := &all[i]
		*r = row{id: c.ID, revision: c.Revision, gone: c.Value == nil}
		order[i].at = uint32(i)
		if r.gone {
			continue
		}
		if cap(cells) < 64 {
			cells = make([]cell, 0, min(1000, 64*(len(changes)-i)))
		}
		if texts.Cap()-texts.Len() < len(c.Value) {
			texts = strings.Builder{}
			texts.Grow(max(len(c.Value), min(1<<14, len(c.Value)*(len(changes)-i))))
		}
		texts.Write(c.Value)
		read, err := scan.read(texts.String()[texts.Len()-len(c.Value):], cells)
		if err != nil {
			return nil, err
		}
		r.cells = slices.Clip(read)
		r.trashed, r.merged = len(r.column(s.trash)) > 0, len(r.column(s.merged)) > 0
		if cap(read) == cap(cells) { // they were read into the room
			cells = cells[len(read):len(read)]
		}
	}
	sortTexts(order, func(i uint32) string { return all[i].id }, 0, func(a, b uint32) int {
		return cmp.Or(cmp.Compare(all[b].revision, all[a].revision), cmp.Compare(a, b))
	})
	list := make([]*row, 0, len(changes))
	for _, e := range order {
		if r := &all[e.at]; len(list) == 0 || r.id != list[len(list)-1].id {
			list = append(list, r)
		}
	}
	return list, nil
}

// places gives where the segments have the ids of some rows, or gone: of the first row in every segment, then of the next.
func (v *View) places(rows []*row) []uint32 {
	k := len(v.segs)
	at := make([]uint32, k*len(rows))
	if len(rows) == 0 {
		return at
	}
	for i := range v.segs {
		v.segs[i].ids.findAll(rows, at[i:], k)
	}
	return at
}

// supersede marks the row of a segment that r replaces, of those it is at. It gives false when that is as new as r.
func (v *View) supersede(r *row, places []uint32, edits []*marker) bool {
	for i := range v.segs {
		h, at := &v.segs[i], places[i]
		if at == gone || h.dead.has(at) {
			continue
		}
		if h.revision(at) >= r.revision {
			return false
		}
		if edits[i] == nil {
			edits[i] = h.dead.edit(h.n)
		}
		edits[i].set(at)
		v.count(&row{trashed: h.trashed(at)}, -1)
		return true
	}
	return true
}

// join makes a segment of the latest changes, together with the segments that are not several times as large.
func (v *View) join() {
	size := len(v.recent)
	k := len(v.segs)
	for ; k > 0; k-- {
		h := &v.segs[k-1]
		if alive := h.n - h.dead.n; alive >= growth*size && alive > h.n/2 {
			break
		}
		size += h.n - h.dead.n
	}
	b := newBuilder(v.s, size)
	v.gather(b, k)
	v.segs = v.segs[:k:k]
	v.recent = nil
	if len(b.revs) > 0 {
		v.segs = append(v.segs, held{segment: b.segment()})
	}
}

// gather adds the records of the segments from k on, and the latest changes.
func (v *View) gather(b *Builder, k int) {
	var cells []cell
	for i := range v.segs[k:] {
		h := &v.segs[k+i]
		for at := range uint32(h.n) {
			if !h.dead.has(at) {
				cells = h.cells(at, cells[:0])
				b.add(h.ids.at(at), h.revision(at), cells)
			}
		}
	}
	for _, r := range v.recent {
		if !r.gone {
			b.add(r.id, r.revision, r.cells)
		}
	}
}

// Get finds a record by its id, in the trash too; by the id of a merged one the record it has ended in.
func (v *View) Get(id string) (Hit, bool) {
	id = v.Root(id)
	if i, ok := slices.BinarySearchFunc(v.recent, id, func(r *row, id string) int { return strings.Compare(r.id, id) }); ok {
		if v.recent[i].gone {
			return Hit{}, false
		}
		return v.recent[i].hit(), true
	}
	for i := range v.segs {
		h := &v.segs[i]
		if at, ok := h.ids.find(id); ok && !h.dead.has(at) {
			return h.hit(at), true
		}
	}
	return Hit{}, false
}

func (r *row) hit() Hit {
	return Hit{ID: r.id, Revision: r.revision, Exact: true, Trashed: r.trashed, row: rowID{r: r}}
}

func (g *segment) hit(at uint32) Hit {
	return Hit{ID: g.ids.at(at), Revision: g.revision(at), Exact: true, Trashed: g.trashed(at), row: rowID{g: g, row: at}}
}

// AppendJSON appends the record of a hit as lists show it: id, kind, version and every indexed column the grant may read,
// as the record's JSON had it, but that ids of merged records are those they have ended in. What is null or empty (a text, a list, an object) is absent. The hit may be of another
// View of the kind. A grant that may not read gets an empty object.
func (v *View) AppendJSON(dst []byte, h Hit, grant policy.Grant) []byte {
	if !grant.Can(policy.Read) {
		return append(dst, "{}"...)
	}
	var space [64]cell
	return v.s.appendJSON(dst, h.ID, h.Revision, v.ended(h.cells(space[:0])), v.s.reading(grant).may)
}

func (h *Hit) cells(space []cell) []cell {
	switch {
	case h.row.r != nil:
		return h.row.r.cells
	case h.row.g != nil:
		return h.row.g.cells(h.row.row, space)
	}
	return nil
}

// Lookup finds the records that have exactly a value in a column (folded where the column is text or an e-mail address, by
// its digits where it is a telephone number), in the trash too, by id. It looks at nobody's rights: what it finds is
// for the checks of an operation, not for showing. An unknown column finds nothing. What records were known by that were
// merged finds those they have ended in, and an id finds what holds any that leads to the same record.
func (v *View) Lookup(path, value string) []Hit {
	may := make([]bool, len(v.s.cols))
	for i := range may {
		may[i] = true
	}
	f, ok := v.s.field(path, may)
	if !ok {
		return nil
	}
	p := &plan{s: v.s, v: v}
	t := &termNode{op: query.Is, value: value, on: f.on, col: f.col}
	switch f.on {
	case onText:
		t.folded = foldValue(&v.s.cols[f.col].Column, value)
		t.code = f.typ == query.TypeCode
	case onNumber, onVersion:
		if f.age || !p.numberTerm(t, f, value) {
			return nil
		}
	}
	hits := v.holding(p, t)
	for _, id := range v.away.ends(func(r *row) bool { return p.matchesTerm(t, r) }) {
		if hit, ok := v.Get(id); ok {
			hits = append(hits, hit)
		}
	}
	for _, kind := range p.refsOf(t) {
		for _, id := range v.beside[kind].Alike(value) {
			if id != value {
				other := *t
				other.value, other.folded = id, foldValue(&v.s.cols[t.col].Column, id)
				hits = append(hits, v.holding(p, &other)...)
			}
		}
	}
	slices.SortFunc(hits, func(a, b Hit) int { return strings.Compare(a.ID, b.ID) })
	return slices.CompactFunc(hits, func(a, b Hit) bool { return a.ID == b.ID })
}

// refsOf lists the kinds of the records whose ids a comparison is about.
func (p *plan) refsOf(t *termNode) []string {
	if t.on != onText {
		return nil
	}
	return p.s.cols[t.col].Refs
}

// holding finds the records that meet a comparison, in the trash too.
func (v *View) holding(p *plan, t *termNode) (hits []Hit) {
	for i := range v.segs {
		h := &v.segs[i]
		e := p.on(h.segment)
		e.alive(h, e.term(t, everything), true).each(h.n, func(at uint32) bool {
			hits = append(hits, h.hit(at))
			return true
		})
		e.release()
	}
	for _, r := range v.recent {
		if !r.gone && p.matchesTerm(t, r) {
			hits = append(hits, r.hit())
		}
	}
	return hits
}
