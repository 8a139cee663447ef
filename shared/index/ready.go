package index

import "strings"

// ready is what searches and lists look at in a record outside a segment. It is made when somebody first looks, since most
// changes have become part of a segment before that, and kept with the record.
type ready struct {
	values []readyValue
	words  []readyWord
	usual  []sortValue // the record's place in the usual order
}

// readyValue is a text in a column that is searched.
type readyValue struct {
	col    int
	folded string
	raw    string
}

// readyWord is a word of a name.
type readyWord struct {
	col  int
	word string
	mask uint32 // its letters
}

// ready gives what is looked at in a record.
func (r *row) ready(p *plan) *ready {
	if known := r.readied.Load(); known != nil {
		return known
	}
	made := &ready{}
	for i := range r.cells {
		c := &r.cells[i]
		k := c.col()
		if k >= len(p.s.cols) {
			break // lengths of lists
		}
		col := &p.s.cols[k]
		if col.How == Unsearched || col.numeric() {
			continue
		}
		v := readyValue{k, foldValue(&col.Column, c.text), c.text}
		made.values = append(made.values, v)
		if col.How == Words {
			eachWord(v.folded, func(w string) { made.words = append(made.words, readyWord{k, w, letters(w)}) })
		}
	}
	for i := range p.s.usual {
		made.usual = append(made.usual, p.s.usual[i].ofRow(p, r))
	}
	r.readied.Store(made)
	return made
}

// hasWord tells whether one of the words of a column is found by a word as typed.
func (s recordSubject) hasWord(col int, w string, lv level) bool {
	words := s.r.ready(s.p).words
	if lv != forgiving || !forgiven(w) {
		for i := range words {
			if f := &words[i]; f.col == col && (f.word == w || lv > whole && strings.HasPrefix(f.word, w)) {
				return true
			}
		}
		return false
	}
	mask, n := letters(w), runes(w)
	for i := range words {
		if f := &words[i]; f.col == col && (strings.HasPrefix(f.word, w) || near(mask, f.mask) && oneTypo(w, n, f.word)) {
			return true
		}
	}
	return false
}

// hasWord is the same for a row of a segment.
func (s rowSubject) hasWord(col int, w string, lv level) bool {
	found := false
	return s.texts(col, func(f string) bool {
		eachWord(f, func(word string) { found = found || alike(w, word, lv) })
		return found
	})
}

// near tells whether words of these letters may differ by one typo: it adds a letter, takes one away, or both.
func near(a, b uint32) bool {
	missing, added := a&^b, b&^a
	return missing&(missing-1)|added&(added-1) == 0
}
