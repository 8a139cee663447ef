package index

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/muster-crm/muster/shared/decimal"
	"github.com/muster-crm/muster/shared/fold"
	"github.com/muster-crm/muster/shared/policy"
	"github.com/muster-crm/muster/shared/query"
)

// Title gives what a record is called, from the columns the grant may read, and whether it is in the trash, itself or what
// it belongs to. ok is false when there is no such record.
func (v *View) Title(id string, grant policy.Grant) (text string, trashed, ok bool) {
	hit, ok := v.Get(id)
	if !ok || !grant.Can(policy.Read) {
		return "", false, false
	}
	may := v.s.reading(grant).may
	cols := slices.DeleteFunc(slices.Clone(v.s.title), func(col int) bool { return !may[col] })
	var space [64]cell
	cells := hit.cells(space[:0])
	for i := range cells {
		if cells[i].col() != v.s.owner {
			continue
		}
		for _, kind := range v.s.cols[v.s.owner].Refs {
			if owners := v.beside[kind]; owners != nil {
				owner, ok := owners.Get(cells[i].text)
				hit.Trashed = hit.Trashed || ok && owner.Trashed
			}
		}
	}
	return v.s.titleOf(cells, cols), hit.Trashed, true
}

// titleOf puts the values of some columns together.
func (s *schema) titleOf(cells []cell, cols []int) string {
	var parts []string
	for _, col := range cols {
		for i := range cells {
			switch {
			case cells[i].col() != col:
			case s.cols[col].numeric():
				parts = append(parts, decimal.Write(cells[i].num, s.cols[col].Decimals))
			default:
				parts = append(parts, cells[i].text)
			}
		}
	}
	return titled(parts)
}

// Suggest gives the values of a column of text or codes that complete a prefix, which may begin any word of theirs, most
// frequent first, with the number of records that have each; those in the trash do not count. Of a column with Refs and
// of the path of a Borrow it gives the linked records, each with its title and its id, in whose titles every word of the
// prefix begins a word. It gives nothing for a column the grant may not read.
func (v *View) Suggest(path, prefix string, limit int, grant policy.Grant) []Bucket {
	p, err := v.plan(nil, grant, time.Time{})
	if err != nil {
		return nil
	}
	defer p.close()
	f, ok := v.s.field(path, v.s.reading(grant).may)
	if l := p.borrow(path); !ok && l != nil {
		return p.suggestLinked(path, []*link{l}, prefix, limit)
	}
	if !ok || f.on != onText {
		return nil
	}
	if links := p.refs(f.col); links != nil {
		return p.suggestLinked(path, links, prefix, limit)
	}
	want := foldValue(&v.s.cols[f.col].Column, prefix)
	counts := map[string]int{}
	for i := range v.segs {
		h := &v.segs[i]
		c := &h.cols[f.col]
		taken := make(bitmap, words(c.dict.len()))
		for ord := range uint32(c.dict.len()) {
			if completes(c.dict.folded.at(ord), want) {
				taken.set(ord)
			}
		}
		e := p.on(h.segment)
		p.open = append(p.open, e)
		shown := e.alive(h, e.eval(p.root, everything, typed), false)
		last := gone
		seen := map[uint32]bool{}
		c.shape.each(func(row, elem uint32) {
			code := c.at(elem)
			if code == 0 || !taken.has(uint32(code-1)) || !shown.has(row) {
				return
			}
			if row != last {
				clear(seen)
				last = row
			}
			if !seen[uint32(code)] {
				seen[uint32(code)] = true
				counts[c.dict.value(uint32(code-1))]++
			}
		})
	}
	t := &tally{p: p}
	for _, r := range v.recent {
		if r.gone || r.trashed || !p.matches(p.root, r, typed) {
			continue
		}
		for _, text := range t.valuesOf(r, f) {
			if text != "" && completes(foldValue(&v.s.cols[f.col].Column, text), want) {
				counts[text]++
			}
		}
	}
	out := make([]Bucket, 0, len(counts))
	for text, n := range counts {
		out = append(out, Bucket{Values: []string{text}, Count: n})
	}
	return largest(out, limit)
}

// suggestLinked gives the records that links lead to whose titles go on from a prefix.
func (p *plan) suggestLinked(path string, links []*link, prefix string, limit int) []Bucket {
	where := query.Term{Field: path, Op: query.Has, Value: prefix}
	if len(fold.Words(prefix)) == 0 {
		where.Op = query.Filled
	}
	// Records linked with one that is meant may be linked with others too.
	answer, err := p.v.Find(Request{Where: where, Facets: [][]string{{path}}, Grant: p.grant})
	if err != nil {
		return nil
	}
	var out []Bucket
	for _, l := range links {
		live := p.beyond(l).everyone()
		for _, b := range answer.Facets[0] {
			if !live.has(b.Values[0]) {
				continue
			}
			hit, _ := l.to.Get(b.Values[0])
			var space [64]cell
			if text := l.to.s.titleOf(hit.cells(space[:0]), l.text); begin(fold.String(text), fold.Words(prefix)) {
				out = append(out, Bucket{Values: []string{text, hit.ID}, Count: b.Count})
			}
		}
	}
	return largest(out, limit)
}

// largest gives the buckets of the largest counts.
func largest(list []Bucket, limit int) []Bucket {
	slices.SortFunc(list, func(a, b Bucket) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), slices.Compare(a.Values, b.Values))
	})
	return list[:min(limit, len(list))]
}

// completes tells whether a folded value, or a part of it that begins at a word, begins with want.
func completes(folded, want string) bool {
	if strings.HasPrefix(folded, want) {
		return true
	}
	for word, rest := fold.Word(folded); word != ""; word, rest = fold.Word(rest) {
		if strings.HasPrefix(folded[len(folded)-len(rest)-len(word):], want) {
			return true
		}
	}
	return false
}
