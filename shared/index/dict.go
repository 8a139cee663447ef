package index

import (
	"cmp"
	"math"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/muster-crm/muster/shared/fold"
	"github.com/muster-crm/muster/shared/query"
)

// dict holds the distinct values of a column, sorted by their folded form and then by their spelling. A value is known
// by its place, so that comparing places compares values.
type dict struct {
	folded texts
	prefix string  // put before the folded form to have the value, where no other spelling is kept
	other  *ranked // the values with a spelling of their own; nil for none
	raw    texts   // those spellings

	how   Search
	pairs bool // the values are the pairs of a map

	// What follows from the values is made when it is first asked for: most columns are only shown.
	sorted   sync.Once
	groups   []uint32 // for each value, the first with the same folded form; nil when no two share it
	searched sync.Once
	list     *wordList  // of columns searched by words
	sign     *signature // of columns searched anywhere, when there are many values
}

// foldValue gives the form in which a column's values are compared.
func foldValue(c *Column, value string) string {
	if c.Type == query.TypePhone {
		return fold.Digits(value)
	}
	return fold.String(value)
}

// appendFolded appends what foldValue gives.
func appendFolded(dst []byte, c *Column, value string) []byte {
	if c.Type == query.TypePhone {
		for i := range len(value) {
			if d := value[i]; d >= '0' && d <= '9' {
				dst = append(dst, d)
			}
		}
		return dst
	}
	return fold.Append(dst, value)
}

// newDict makes the dictionary of some values. It gives for each value, counted from one, its place, counted so too.
func newDict(c *Column, values *pile) (*dict, []uint32) {
	n := values.len()
	folded := newPile(n, len(values.data))
	entries := make([]keyed, n)
	for i := range uint32(n) {
		entries[i].at = i
		folded.data = appendFolded(folded.data, c, values.at(i))
		folded.end()
	}
	sortTexts(entries, folded.at, 0, func(a, b uint32) int { return strings.Compare(values.at(a), values.at(b)) })
	d := dictOf(c)
	place := make([]uint32, n+1)
	list := newPile(n, len(folded.data))
	var raw pile
	differ := make(bitmap, words(n))
	for i, e := range entries {
		value := values.at(e.at)
		if i == 0 || value != values.at(entries[i-1].at) {
			text := folded.at(e.at)
			if rest, ok := strings.CutPrefix(value, d.prefix); !ok || rest != text {
				differ.set(uint32(list.len()))
				raw.add(value)
			}
			list.add(text)
		}
		place[e.at+1] = uint32(list.len())
	}
	d.folded = list.texts()
	if raw.len() > 0 {
		d.other, d.raw = rank(differ[:words(d.len())]), raw.texts()
	}
	return d, place
}

// head gives the first 8 bytes of a text, so that comparing heads compares beginnings.
func head(s string) uint64 {
	var h uint64
	for i := range min(len(s), 8) {
		h |= uint64(s[i]) << (56 - 8*i)
	}
	return h
}

// dictOf makes an empty dictionary for a column.
func dictOf(c *Column) *dict {
	d := &dict{how: c.How, pairs: c.pairs()}
	if c.Type == query.TypePhone {
		d.prefix = "+"
	}
	return d
}

// group gives the same number for values that fold alike, in their order.
func (d *dict) group(i uint32) uint32 {
	d.sorted.Do(d.makeGroups)
	if d.groups != nil {
		return d.groups[i]
	}
	return i
}

func (d *dict) makeGroups() {
	n := uint32(d.len())
	for i := uint32(1); i < n; i++ {
		same := d.folded.at(i) == d.folded.at(i-1)
		if same && d.groups == nil {
			d.groups = make([]uint32, n)
			for j := range i {
				d.groups[j] = j
			}
		}
		if same {
			d.groups[i] = d.groups[i-1]
		} else if d.groups != nil {
			d.groups[i] = i
		}
	}
}

// words gives the words of the values of a column searched by words.
func (d *dict) words() *wordList {
	d.searched.Do(d.makeSearch)
	return d.list
}

func (d *dict) makeSearch() {
	switch {
	case d.how == Words:
		d.list = newWordList(&d.folded)
	case d.how == Anywhere, d.how == Address, d.how == Exact && d.pairs:
		d.sign = newSignature(&d.folded, 3)
	case d.how == Digits:
		d.sign = newSignature(&d.folded, 4)
	}
}

func (d *dict) len() int { return d.folded.len() }

// value gives a value as it was written.
func (d *dict) value(i uint32) string {
	if d.other != nil {
		if k, ok := d.other.place(i); ok {
			return d.raw.at(k)
		}
	}
	if d.prefix != "" {
		return d.prefix + d.folded.at(i)
	}
	return d.folded.at(i)
}

// size guesses the bytes the dictionary takes, with what is made when asked for.
func (d *dict) size() int {
	n := d.folded.size() + d.raw.size()
	if d.other != nil {
		n += 12 * len(d.other.bits)
	}
	switch d.how {
	case Words:
		n += d.folded.size() + 12*d.len()
	case Anywhere, Address, Digits:
		n += d.len() * signHashes / 8 / blockSize
	}
	return n
}

// find calls yield for every value whose folded form holds needle, in order. needle is not empty.
func (d *dict) find(needle string, yield func(i uint32)) {
	d.searched.Do(d.makeSearch)
	if d.sign == nil {
		d.folded.scan(0, uint32(d.len()), needle, yield)
		return
	}
	d.sign.blocks(needle, func(lo, hi uint32) {
		d.folded.scan(lo*blockSize, min(hi*blockSize, uint32(d.len())), needle, yield)
	})
}

// scan calls yield for the texts from lo to hi that hold needle.
func (t *texts) scan(lo, hi uint32, needle string, yield func(i uint32)) {
	if lo >= hi {
		return
	}
	// Look for the rarest letter of the needle, then for the needle around it.
	k := uint32(rarest(needle))
	letter, start, finish := needle[k], needle[0], needle[len(needle)-1]
	size := uint32(len(needle))
	data := t.data[:t.off[hi]]
	for at := t.off[lo] + k; at < uint32(len(data)); {
		found := strings.IndexByte(data[at:], letter)
		if found < 0 {
			return
		}
		at += uint32(found)
		head := at - k
		if head+size > uint32(len(data)) {
			return
		}
		if data[head] != start || data[head+size-1] != finish || data[head:head+size] != needle {
			at++
			continue
		}
		// The text is the last one that begins at or before. Near ones are likely.
		a, step := lo, uint32(1) // off[a] <= head
		for a+step < hi && t.off[a+step] <= head {
			a += step
			step *= 2
		}
		for b := min(a+step, hi); a+1 < b; {
			if mid := (a + b) / 2; t.off[mid] <= head {
				a = mid
			} else {
				b = mid
			}
		}
		yield(a)
		lo, at = a+1, t.off[a+1]+k
	}
}

// common holds the characters of names and addresses, the most frequent first. Others are rarer.
const common = "eainrs.tolmd@ucphjkgvbfy1w2039-485_67xqz"

// rarest gives the place of the byte of needle that probably occurs least.
func rarest(needle string) int {
	place, rarity := 0, -1
	for i := range len(needle) {
		r := strings.IndexByte(common, needle[i])
		if r < 0 {
			r = len(common)
		}
		if r > rarity {
			place, rarity = i, r
		}
	}
	return place
}

// signature tells which blocks of texts may hold a string: for every hash of a gram (3 letters, or 4 digits) the set of
// the blocks that have it. A block lacks a string when it lacks one of its grams.
type signature struct {
	gram   int
	n      int      // blocks
	stride int      // words of the set of one hash
	bits   []uint64 // the sets, one after the other
	counts []uint16 // blocks in each set, or the most there is room for
}

const (
	blockSize  = 32
	signHashes = 1 << 11
	maxGrams   = 8  // of a string that are looked for; more tell little more
	mostGrams  = 16 // of a string that these are chosen from
)

func newSignature(t *texts, gram int) *signature {
	n := (t.len() + blockSize - 1) / blockSize
	if n < 8 {
		return nil
	}
	s := &signature{gram: gram, n: n, stride: words(n)}
	s.bits = make([]uint64, s.stride*signHashes)
	for b := range n {
		text := t.data[t.off[b*blockSize]:t.off[min((b+1)*blockSize, t.len())]]
		w, bit := b>>6, uint64(1)<<(b&63)
		for i := 0; i+gram <= len(text); i++ {
			s.bits[s.hash(text[i:])*s.stride+w] |= bit
		}
	}
	s.counts = make([]uint16, signHashes)
	for h := range s.counts {
		s.counts[h] = uint16(min(bitmap(s.bits[h*s.stride:(h+1)*s.stride]).count(), math.MaxUint16))
	}
	return s
}

func (s *signature) hash(text string) int {
	v := uint32(text[0]) | uint32(text[1])<<8 | uint32(text[2])<<16
	if s.gram == 4 {
		v |= uint32(text[3]) << 24
	}
	return int(v * 0x9E3779B1 >> 21)
}

// blocks calls yield for every range of blocks that may hold needle.
func (s *signature) blocks(needle string, yield func(lo, hi uint32)) {
	// The sets of the rarest grams, rarest first.
	var room [maxGrams + 1]int
	rare := room[:0]
	for i := 0; i+s.gram <= len(needle) && i < mostGrams; i++ {
		h := s.hash(needle[i:])
		k := len(rare)
		for k > 0 && s.counts[rare[k-1]] > s.counts[h] {
			k--
		}
		if k < maxGrams {
			rare = slices.Insert(rare, k, h)[:min(len(rare)+1, maxGrams)]
		}
	}
	var space [maxGrams][]uint64
	sets := space[:0]
	for _, h := range rare {
		sets = append(sets, s.bits[h*s.stride:(h+1)*s.stride])
	}
	lo, hi := uint32(0), uint32(0) // a range not yet told
	for w := range s.stride {
		found := ^uint64(0)
		for _, set := range sets {
			if found &= set[w]; found == 0 {
				break
			}
		}
		for ; found != 0; found &= found - 1 {
			switch block := uint32(w*64 + trailing(found)); {
			case int(block) >= s.n:
			case block == hi:
				hi++
			default:
				if lo < hi {
					yield(lo, hi)
				}
				lo, hi = block, block+1
			}
		}
	}
	if lo < hi {
		yield(lo, hi)
	}
}

// wordList holds the distinct words of a dictionary's values, sorted, with the values each occurs in.
type wordList struct {
	words  texts
	starts []uint32
	values []uint32
	masks  []uint32 // letters of each word, to look at few of them for a typo
}

func newWordList(folded *texts) *wordList {
	type entry struct {
		head  uint64
		word  string
		value uint32
	}
	entries := make([]entry, 0, folded.len()+folded.len()/4)
	for i := range uint32(folded.len()) {
		eachWord(folded.at(i), func(w string) { entries = append(entries, entry{head(w), w, i}) })
	}
	slices.SortFunc(entries, func(a, b entry) int {
		if a.head != b.head {
			return cmp.Compare(a.head, b.head)
		}
		return cmp.Or(strings.Compare(a.word, b.word), cmp.Compare(a.value, b.value))
	})
	l := &wordList{values: make([]uint32, 0, len(entries)), starts: make([]uint32, 0, len(entries)+1)}
	list := make([]string, 0, len(entries))
	for i, e := range entries {
		if i == 0 || e.word != entries[i-1].word {
			list = append(list, e.word)
			l.starts = append(l.starts, uint32(len(l.values)))
			l.masks = append(l.masks, letters(e.word))
		} else if e.value == entries[i-1].value {
			continue
		}
		l.values = append(l.values, e.value)
	}
	l.starts = append(l.starts, uint32(len(l.values)))
	l.words = newTexts(list)
	l.starts, l.values, l.masks = slices.Clip(l.starts), slices.Clip(l.values), slices.Clip(l.masks)
	return l
}

// of gives the values that hold the words from lo to hi.
func (l *wordList) of(lo, hi uint32) []uint32 { return l.values[l.starts[lo]:l.starts[hi]] }

// alike calls yield for every word that differs from w by one typo.
func (l *wordList) alike(w string, yield func(word uint32)) {
	mask := letters(w)
	n := utf8.RuneCountInString(w)
	for i, m := range l.masks {
		if !near(mask, m) {
			continue
		}
		if other := l.words.at(uint32(i)); len(other)+4 > len(w) && len(other) < len(w)+5 && oneTypo(w, n, other) {
			yield(uint32(i))
		}
	}
}

// letters gives the set of the letters of a folded word; others than a to z share the bits above.
func letters(w string) uint32 {
	var m uint32
	for i := range len(w) {
		if c := w[i]; c >= 'a' && c <= 'z' {
			m |= 1 << (c - 'a')
		}
	}
	return m
}

// eachWord calls yield for the words of a folded value, and for what an apostrophe joins as one word too: "d'hondt" is
// found by hondt and by dhondt.
func eachWord(folded string, yield func(string)) {
	rest := folded
	joined := ""
	for {
		word, after := fold.Word(rest)
		if word == "" {
			break
		}
		yield(word)
		if len(after) > 1 && after[0] == '\'' {
			if next, tail := fold.Word(after[1:]); next != "" && len(after)-1 == len(next)+len(tail) {
				joined += word
				rest = after
				continue
			}
		}
		if joined != "" {
			yield(joined + word)
			joined = ""
		}
		rest = after
	}
}
