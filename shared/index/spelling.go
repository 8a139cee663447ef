package index

import "github.com/muster-crm/muster/shared/query"

// Spelling gives the spelling in use of a value of a column of text or codes that equals value but for case and accents;
// ok is false when there is none. It looks at nobody's rights, like Lookup.
func (v *View) Spelling(path, value string) (spelling string, ok bool) {
	col, ok := v.s.byPath[path]
	if !ok || v.s.cols[col].numeric() {
		return "", false
	}
	column := &v.s.cols[col].Column
	t := &termNode{op: query.Has, on: onText, col: col, value: value, folded: foldValue(column, value)}
	take := func(cells []cell) bool {
		for _, c := range cells {
			if c.col() == col && foldValue(column, c.text) == t.folded {
				spelling = c.text
				return true
			}
		}
		return false
	}
	p := &plan{s: v.s}
	for i := range v.segs {
		h := &v.segs[i]
		e := p.on(h.segment)
		e.alive(h, e.term(t, everything), true).each(h.n, func(at uint32) bool { return !take(h.cells(at, nil)) })
		e.release()
		if spelling != "" {
			return spelling, true
		}
	}
	for _, r := range v.recent {
		if !r.gone && take(r.cells) {
			return spelling, true
		}
	}
	return "", false
}
