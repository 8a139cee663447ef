package dedupe

import (
	"cmp"
	"slices"
	"strings"

	"github.com/muster-crm/muster/shared/fold"
)

// forms are legal forms and what else the names of companies carry and leave out again.
var forms = func() map[string]bool {
	all := map[string]bool{}
	for _, w := range strings.Fields(`bv bvba nv sa srl sprl vzw ivzw asbl ltd limited gmbh sl slu cv cvba vof comm inc llc plc co company corp corporation
		sarl sas sasu eurl ag kg stichting vereniging association asociacion scrl ebvba the le la les el los las de het den der van du des del y e et en and und
		of l d s`) {
		all[w] = true
	}
	return all
}()

// readTitle reads the name of a company.
func readTitle(c *Corpus, raw string) value {
	folded := strings.ReplaceAll(strings.ReplaceAll(fold.String(raw), "'", ""), ".", "")
	all := fold.Words(folded)
	main := slices.DeleteFunc(slices.Clone(all), func(w string) bool { return forms[w] })
	if len(main) == 0 {
		main = all
	}
	v := value{text: strings.Join(main, "")}
	v.more = &more{}
	for _, w := range main {
		if at := c.word(w); !slices.Contains(v.words, at) {
			v.words = append(v.words, at)
		}
	}
	v.hear(sound(v.text))
	return v
}

// word gives the place of a word of a company's name, which is not counted.
func (c *Corpus) word(w string) int32 {
	t := &c.tables[words]
	at, ok := t.byText[w]
	if !ok {
		at = int32(len(t.values))
		t.byText[w] = at
		v := value{text: w, have: letters(w), hash: hash(w)}
		v.hear(sound(w))
		t.values = append(t.values, v)
	}
	return at
}

// titles tells how two names of companies agree, and what that adds.
func (c *Corpus) titles(a, b int32) (agreement, float64) {
	if a == 0 || b == 0 {
		return unknown, 0
	}
	x, y := &c.tables[titles].values[a], &c.tables[titles].values[b]
	vocabulary := c.tables[words].values
	weigh := func(v *value) (sum float64) {
		for _, w := range v.wordsOf() {
			sum += vocabulary[w].bits
		}
		return sum
	}
	all := func(v *value) float64 { return min(weigh(v), c.tables[titles].most) }
	if a == b {
		return equal, all(x)
	}
	if cmp.Or(cmp.Compare(len(x.wordsOf()), len(y.wordsOf())), cmp.Compare(x.text, y.text)) > 0 {
		x, y = y, x
	}
	shared, exact, own := 0.0, true, 0
	for _, w := range x.wordsOf() {
		best, likened := 0.0, false
		for _, v := range y.wordsOf() {
			switch one, other := &vocabulary[w], &vocabulary[v]; {
			case w == v:
				best = max(best, one.bits)
			case alike(one, other) == near:
				best, exact = max(best, min(one.bits, other.bits)-1), false
			case len(one.text) > 2 && len(other.text) > 2 && (strings.HasPrefix(one.text, other.text) || strings.HasPrefix(other.text, one.text)):
				best, exact = max(best, min(one.bits, other.bits)-3), false
			case alike(one, other) == rough:
				likened = true
			}
		}
		shared += best
		if best == 0 && !likened {
			own++
		}
	}
	smaller, larger := weigh(x), weigh(y)
	if smaller > larger {
		smaller, larger = larger, smaller
	}
	joined := alike(x, y)
	switch {
	case x.text == y.text:
		return equal, all(x)
	case joined == near:
		return near, all(x) - 2
	case shared >= 0.99*larger && exact:
		return equal, min(shared, c.tables[titles].most)
	case own > 0 && shared >= 0.5*smaller: // each has something that the other has not: the shop and the workshop
		return middle, min(shared, c.tables[titles].most) - 6
	case shared >= 0.8*larger:
		return near, min(shared, c.tables[titles].most) - 2
	case shared >= 0.8*smaller && smaller > 0:
		return part, min(shared, c.tables[titles].most) - 1.5 - 3*(1-shared/larger)
	case joined == rough:
		return rough, 2
	case shared >= 0.45*larger:
		return rough, 0
	}
	return different, -8
}
