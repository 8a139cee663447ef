package dedupe

import (
	"cmp"
	"slices"
	"strings"
)

// word is one word of a first name, or all of it.
type word struct {
	text     string
	have     uint64
	sound    uint64
	loud     uint8
	families []uint16
	known    bool // a name that dictionaries have
	count    int32
}

// asWord gives a value as one word.
func (v *value) asWord() word {
	return word{v.text, v.have, v.sound, v.loud, v.familiesOf(), v.known, v.count}
}

// named gives a word of a first name as what is known of it as a name of its own.
func (c *Corpus) named(w string) word {
	if at := c.tables[firsts].byText[w]; at > 0 {
		return c.tables[firsts].values[at].asWord()
	}
	s := sound(w)
	families, known := nicknames()[w]
	return word{w, letters(w), hashed(s), uint8(min(len(s), 255)), families, known, 1}
}

// A word that so many bear is a name and no mistake (more in large organisations, where mistakes are made again), unless one of which
// it may be a mistake has so many times more bearers.
const (
	borne   = 3
	another = 2000 // records
	oftener = 40
)

// isName tells whether a word is a name and no mistake for another.
func (c *Corpus) isName(w, other *word) bool {
	return w.known || w.count >= int32(borne+c.size/another) && w.count*oftener >= other.count && !hasDigit(w.text)
}

// genuine tells whether two words that are alike are both names that people have. Then one is no mistake for the other, but
// the name of a brother or a sister.
func (c *Corpus) genuine(a, b *word) bool { return c.isName(a, b) && c.isName(b, a) }

// oneWord tells how two words agree as first names.
func (c *Corpus) oneWord(a, b *word) agreement {
	if a.text == b.text {
		return equal
	}
	if share(a.families, b.families) {
		return short
	}
	n := max(len(a.text), len(b.text))
	if len(a.text) < 2 || len(b.text) < 2 {
		if a.text[0] == b.text[0] {
			return initial
		}
		return different
	}
	if ending, ok := gendered(a.text, b.text); ok && (ending > 1 || c.isName(a, b) == c.isName(b, a)) { // a letter less is a mistake as well
		return kin
	}
	most := min(max(n/3, 1), 3)
	if n == 5 {
		most = 2
	}
	far := most + 1
	if apart(a.have, b.have) <= most {
		far = distance(a.text, b.text, most)
	}
	alike := a.sound == b.sound && a.loud > 1 && (far <= most || distance(a.text, b.text, most+1) <= most+1)
	if far > most && (!alike || a.loud < 3) {
		if c.cutOff(a, b) {
			return near
		}
		return different
	}
	names := c.genuine(a, b)
	if (names || far > 1) && n > 2 && spoken(a.text) == spoken(b.text) {
		return sounds
	}
	switch {
	case names && (far == 1 || alike):
		return kin
	case names:
		return different
	case far == 1 && n > 2 && (n > 3 || a.text[0] == b.text[0]), far == 2 && n > 8, far == 3 && n > 13:
		return near
	case alike && a.loud > 2, alike && far == 1:
		return sounds
	case far > most, n < 4, n < 6 && a.text[0] != b.text[0]:
		return different
	}
	return rough
}

// cutOff tells whether one word is the other without its end, and no name.
func (c *Corpus) cutOff(a, b *word) bool {
	if len(a.text) > len(b.text) {
		a, b = b, a
	}
	return len(a.text) > 5 && !c.genuine(a, b) && strings.HasPrefix(b.text, a.text)
}

// firstNames tells how two first names agree.
func (c *Corpus) firstNames(a, b *value) agreement {
	x, y := a.asWord(), b.asWord()
	if a.partsOf() == nil && b.partsOf() == nil {
		return c.oneWord(&x, &y)
	}
	how := c.compound(a.list(), b.list())
	if one := a.partsOf() == nil || b.partsOf() == nil; how > different && !one || initials(a) || initials(b) {
		return how
	}
	whole := c.oneWord(&x, &y) // as one word: Jeanpiere and Jean-Pierre
	if whole == short && !(nicknames()[a.text] != nil && nicknames()[b.text] != nil) || strings.HasPrefix(a.text, b.text) || strings.HasPrefix(b.text, a.text) {
		return how
	}
	return max(how, whole)
}

// initials tells whether a name is a word and initials, which say nothing as one word.
func initials(v *value) bool {
	for _, w := range v.partsOf() {
		if len(w) == 1 {
			return true
		}
	}
	return false
}

// compound compares the words of two first names, of which one at least has several.
func (c *Corpus) compound(x, y []string) agreement {
	if cmp.Or(cmp.Compare(len(x), len(y)), slices.Compare(x, y)) > 0 {
		x, y = y, x
	}
	if len(y) > 8 {
		y = y[:8]
		x = x[:min(len(x), 8)]
	}
	var taken [8]bool
	worst, matched, leads := equal, 0, false
	for i, w := range x {
		a := c.named(w)
		best, at := different, -1
		for j, v := range y {
			if taken[j] {
				continue
			}
			b := c.named(v)
			how := c.oneWord(&a, &b)
			if how == different && a.have == b.have && len(w) == len(v) && !c.genuine(&a, &b) {
				how = rough // the letters in another order
			}
			if how > best || how == best && i == j && best > different {
				best, at = how, j
			}
		}
		if best < rough {
			worst = different
			continue
		}
		taken[at] = true
		matched++
		worst = min(worst, best)
		leads = leads || i == 0 && at == 0
	}
	switch {
	case matched == 0:
		return different
	case worst == different: // each has a word that the other has not: Jean-Pierre and Jean-Luc
		return kin
	case len(x) == len(y):
		return min(worst, near)
	case worst == initial && len(x) == 1, worst == rough:
		return worst
	case leads:
		return part
	}
	return middle
}
