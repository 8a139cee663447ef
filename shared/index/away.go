package index

import (
	"maps"
	"slices"
	"strings"

	"github.com/muster-crm/muster/shared/query"
)

// This file is about records that were merged into others. They are in no list, count or facet any more, nor in the trash;
// but their ids lead to the record they have ended in, wherever another record holds them, and so do the numbers, addresses
// and codes they were known by. Of each the View keeps these alone.

// pathMerged is the member that names the record another one was merged into.
const pathMerged = "mergedInto"

// away holds the merged records of a View. A nil one holds none.
type away struct {
	rows  []*row              // by id
	root  map[string]string   // by id: the record it has ended in, through any number of merges
	under map[string][]string // the other way round
}

// known tells whether a merged record is still found by a column.
func (s *schema) known(col int) bool {
	return col == s.merged || s.cols[col].How == Exact || s.cols[col].How == Address || s.cols[col].How == Digits
}

// known gives of a record what it is known by, nil for one that was not merged.
func (r *row) known(s *schema) *row {
	if r.gone || len(r.column(s.merged)) == 0 {
		return nil
	}
	kept := &row{id: r.id, revision: r.revision}
	for _, c := range r.cells {
		col := c.col()
		length := col >= len(s.cols) && slices.ContainsFunc(r.cells, func(of cell) bool {
			return of.col() < len(s.cols) && s.cols[of.col()].list == col-len(s.cols) && s.known(of.col())
		})
		if length || col < len(s.cols) && s.known(col) {
			kept.cells = append(kept.cells, c)
		}
	}
	return kept
}

// with gives the merged records after some changes; nil in them stands for one that is there again.
func (a *away) with(s *schema, moved map[string]*row) *away {
	if len(moved) == 0 {
		return a
	}
	next := &away{root: map[string]string{}, under: map[string][]string{}}
	into := map[string]string{}
	add := func(r *row) {
		next.rows = append(next.rows, r)
		into[r.id] = r.column(s.merged)[0].text
	}
	if a != nil {
		for _, r := range a.rows {
			if _, ok := moved[r.id]; !ok {
				add(r)
			}
		}
	}
	for _, r := range moved {
		if r != nil {
			add(r)
		}
	}
	if len(next.rows) == 0 {
		return nil
	}
	slices.SortFunc(next.rows, func(x, y *row) int { return strings.Compare(x.id, y.id) })
	for _, r := range next.rows {
		end := r.id
		for range next.rows { // so that even a circle ends
			further, ok := into[end]
			if !ok {
				break
			}
			end = further
		}
		next.root[r.id] = end
		next.under[end] = append(next.under[end], r.id)
	}
	return next
}

func (a *away) row(id string) *row {
	if a == nil {
		return nil
	}
	i, ok := slices.BinarySearchFunc(a.rows, id, func(r *row, id string) int { return strings.Compare(r.id, id) })
	if !ok {
		return nil
	}
	return a.rows[i]
}

// end gives the record an id leads to: itself unless it was merged.
func (a *away) end(id string) string {
	if a != nil {
		if root, ok := a.root[id]; ok {
			return root
		}
	}
	return id
}

// alike lists the ids that lead to a record: its own and those of what was merged into it.
func (a *away) alike(id string) []string {
	if a == nil || len(a.under[id]) == 0 {
		return []string{id}
	}
	return append([]string{id}, a.under[id]...)
}

// ends lists the records that merged ones have ended in, of those that hold.
func (a *away) ends(holds func(*row) bool) (ids []string) {
	if a == nil {
		return nil
	}
	for _, r := range a.rows {
		if root := a.root[r.id]; !slices.Contains(ids, root) && holds(r) {
			ids = append(ids, root)
		}
	}
	return ids
}

// places is segment.places for ids of which some may be of merged records.
func (a *away) places(g *segment, s *store) []uint32 {
	rows := g.places(s)
	if a == nil {
		return rows
	}
	rows = slices.Clone(rows)
	for id, root := range a.root {
		if ord, ok := s.dict.place(id); ok {
			if rows[ord], ok = g.ids.find(root); !ok {
				rows[ord] = gone
			}
		}
	}
	return rows
}

// Root gives the id of the record that an id leads to: itself unless that record was merged into another.
func (v *View) Root(id string) string { return v.merged().end(id) }

// Alike lists the ids that lead to the same record as an id, that record's own first.
func (v *View) Alike(id string) []string { return v.merged().alike(v.Root(id)) }

// Merged lists the ids of merged records with those of the records they have ended in.
func (v *View) Merged() map[string]string {
	if a := v.merged(); a != nil {
		return maps.Clone(a.root)
	}
	return nil
}

func (v *View) merged() *away {
	if v == nil {
		return nil
	}
	return v.away
}

// putAway takes the merged records out of the segments.
func (v *View) putAway() {
	moved := map[string]*row{}
	for i := range v.segs {
		h := &v.segs[i]
		c := &h.cols[v.s.merged]
		var edit *marker
		c.shape.each(func(at, elem uint32) {
			if c.at(elem) == 0 {
				return
			}
			if edit == nil {
				edit = h.dead.edit(h.n)
			}
			edit.set(at)
			r := &row{id: h.ids.at(at), revision: h.revision(at), cells: h.cells(at, nil)}
			moved[r.id] = r.known(v.s)
		})
		if edit != nil {
			h.dead = edit.paged
		}
	}
	v.away = v.away.with(v.s, moved)
}

// led gives the records that what was merged into them makes a word find, beside what they have themselves.
func (p *plan) led(u *unit, lv level) []string {
	if p.v.merged() == nil {
		return nil
	}
	if lv == forgiving {
		lv = typed
	}
	if p.found == nil {
		p.found = map[*unit]*[forgiving][]string{}
	}
	f := p.found[u]
	if f == nil {
		f = &[forgiving][]string{}
		for lv := range f {
			f[lv] = p.v.away.ends(func(r *row) bool { return p.matchesElsewhere(u, recordSubject{p, r}, level(lv)) })
		}
		p.found[u] = f
	}
	return f[lv]
}

// dialled gives the records that what was merged into them makes a telephone number find.
func (p *plan) dialled(digits string, lv level) []string {
	return p.v.merged().ends(func(r *row) bool {
		return slices.ContainsFunc(p.searched[Digits], func(col int) bool {
			return recordSubject{p, r}.texts(col, func(f string) bool { return dialled(f, digits, lv) })
		})
	})
}

// known adds to a comparison the records that it finds by what was merged into them.
func (p *plan) known(t *termNode) node {
	asked := t.op == query.Has || t.op == query.Is || t.op == query.Contains
	if asked && (t.on == onText || t.on == onNumber) && p.s.known(t.col) {
		if ids := p.v.merged().ends(func(r *row) bool { return p.matchesTerm(t, r) }); len(ids) > 0 {
			either := orNode{t}
			for _, id := range ids {
				either = append(either, &termNode{on: onID, value: id})
			}
			return either
		}
	}
	return t
}

// ended gives the cells of a record with the ids of merged records led to where they have ended.
func (v *View) ended(cells []cell) []cell {
	copied := false
	for i := range cells {
		col := cells[i].col()
		if col >= len(v.s.cols) {
			break // lengths of lists
		}
		for _, kind := range v.s.cols[col].Refs {
			if end := v.beside[kind].Root(cells[i].text); end != cells[i].text {
				if !copied {
					cells, copied = slices.Clone(cells), true
				}
				cells[i].text = end
			}
		}
	}
	return cells
}
