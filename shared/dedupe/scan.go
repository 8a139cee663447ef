package dedupe

import (
	"cmp"
	"context"
	"math"
	"math/bits"
	"slices"
	"strings"
)

// Pair is two records, by their places in the corpus, and how alike they are.
type Pair struct {
	A, B  int32 // A before B
	Score Score // without reasons
	bits  float64
}

// crowd is how many records may share a key that candidates are made of.
const crowd = 100

// loose is how many may share one of the keys that very many share by chance, in a large organisation.
const loose = 16

// few is up to how many records every candidate is compared in full; of more, a candidate must have two things in common.
const few = 20000

// Scan finds the pairs that are likely or more, the most alike first. ctx ends it early, with ctx's error.
func (s *Scorer) Scan(ctx context.Context, t Thresholds) ([]Pair, error) {
	var found []Pair
	seen := map[uint64]bool{}
	least := t.Likely
	torn := map[uint64]unlike{}
	sure := 0
	s.floor = (float64(least)-even)/perBit - mostMore - 1
	defer func() { s.floor = math.Inf(-1) }()
	var lately [1 << 13]uint64 // pairs that have been compared, which other keys give again
	err := s.candidates(ctx, func(a, b int32) {
		pair := uint64(a)<<32 | uint64(b)
		last := &lately[(pair*0x9E3779B97F4A7C15)>>(64-13)]
		if *last == pair {
			return
		}
		*last = pair
		bits, doubt := s.compare(&s.c.rows[a], &s.c.rows[b])
		if s.torn != whole {
			torn[pair] = s.torn
			return
		}
		if points(bits+mostMore, doubt) >= least && !seen[pair] {
			seen[pair] = true
			found = append(found, Pair{A: a, B: b, Score: Score{Doubt: doubt}, bits: bits})
			if points(bits, doubt) >= Default.Same {
				sure++
			}
		}
	})
	if err != nil {
		return nil, err
	}
	s.learn(torn)
	s.expect(sure)
	for i := range found {
		found[i].bits += s.more
	}
	for pair := range torn {
		p := Pair{A: int32(pair >> 32), B: int32(pair & 0xffffffff)}
		p.bits, p.Score.Doubt = s.compare(&s.c.rows[p.A], &s.c.rows[p.B])
		found = append(found, p)
	}
	found = slices.DeleteFunc(found, func(p Pair) bool { return points(p.bits, p.Score.Doubt) < least })
	for i := range found {
		found[i].Score.Points = points(found[i].bits, found[i].Score.Doubt)
	}
	slices.SortFunc(found, func(x, y Pair) int {
		return cmp.Or(cmp.Compare(y.Score.Points, x.Score.Points), cmp.Compare(y.bits, x.bits), cmp.Compare(x.A, y.A), cmp.Compare(x.B, y.B))
	})
	return found, nil
}

// Candidates calls each for every pair that Scan compares, by places in the corpus, the first before the second; for a pair that shares
// several keys, several times.
func (s *Scorer) Candidates(ctx context.Context, each func(a, b int)) error {
	return s.candidates(ctx, func(a, b int32) { each(int(a), int(b)) })
}

func (s *Scorer) candidates(ctx context.Context, each func(a, b int32)) error {
	k := &keys{c: s.c, n: len(s.c.rows)}
	var looks []glance
	if k.n > few {
		looks = s.c.glances()
	}
	for which, of := range keyed {
		if err := ctx.Err(); err != nil {
			return err
		}
		most := crowd
		if k.n > few && (which == beginnings || which == halfDates) {
			most = loose
		}
		k.list = k.list[:0]
		for i := range s.c.rows {
			of(k, int32(i), &s.c.rows[i])
		}
		k.sort()
		for from := 0; from < len(k.list); {
			to := from + 1
			for to < len(k.list) && k.list[to]>>rowBits == k.list[from]>>rowBits {
				to++
			}
			if block := k.list[from:to]; len(block) > 1 && len(block) <= most {
				for i, x := range block {
					for _, y := range block[i+1:] {
						a, b := int32(x&rowMask), int32(y&rowMask)
						if a != b && (looks == nil || s.c.promising(a, b, &looks[a], &looks[b])) {
							each(a, b)
						}
					}
				}
			}
			from = to
		}
	}
	return nil
}

const (
	rowBits = 24
	rowMask = 1<<rowBits - 1
)

// keys collects, for one way of making keys, those of all records: a hash above the place of the record.
type keys struct {
	c    *Corpus
	n    int
	list []uint64

	spare []uint64
}

func (k *keys) add(row int32, parts ...uint64) {
	h := uint64(0x9E3779B97F4A7C15)
	for _, p := range parts {
		if p == 0 {
			return
		}
		h = (h ^ p) * 0xD6E8FEB86659FD93
		h ^= h >> 32
	}
	k.list = append(k.list, h<<rowBits|uint64(row))
}

// sort puts the keys in order: by their first bits into so many boxes that few are in each, and then within these.
func (k *keys) sort() {
	n := len(k.list)
	width := min(bits.Len(uint(n)), 16)
	shift := 64 - width
	ends := make([]int32, 1<<width)
	for _, x := range k.list {
		ends[x>>shift]++
	}
	sum := int32(0)
	for i, n := range ends {
		ends[i] = sum
		sum += n
	}
	k.spare = slices.Grow(k.spare[:0], n)[:n]
	for _, x := range k.list {
		k.spare[ends[x>>shift]] = x
		ends[x>>shift]++
	}
	from := int32(0)
	for _, to := range ends {
		if to > from+1 {
			slices.Sort(k.spare[from:to])
		}
		from = to
	}
	k.list, k.spare = k.spare, k.list
}

func (k *keys) value(which int, at int32) *value { return &k.c.tables[which].values[at] }

// text gives the hash of a value, 0 for none.
func (k *keys) text(which int, at int32) uint64 { return k.c.tables[which].values[at].hash }

func soundKey(v *value) uint64 { return v.sound }

func begin(s string, n int) uint64 {
	if len(s) < n {
		return 0
	}
	return hash(s[:n])
}

// Two of the ways.
const (
	beginnings = 4
	halfDates  = 6
)

// keyed are the ways of making keys. A true pair shares one of them although several of its fields are wrong.
var keyed = []func(k *keys, i int32, r *row){
	func(k *keys, i int32, r *row) { // a mailbox
		for _, e := range k.c.of(r.emails) {
			k.add(i, k.text(emails, e))
			if home := k.value(emails, e).core; home != "" {
				k.add(i, 1, hash(home))
			}
		}
	},
	func(k *keys, i int32, r *row) { // a telephone
		for _, p := range k.c.of(r.phones) {
			k.add(i, k.text(phones, p))
		}
	},
	func(k *keys, i int32, r *row) { // the name as it sounds, whichever part is first
		if a, b := soundKey(k.value(firsts, r.first)), soundKey(k.value(lasts, r.last)); a != 0 && b != 0 {
			k.add(i, min(a, b), max(a, b))
		}
		if r.nick > 0 {
			k.add(i, 3, soundKey(k.value(firsts, r.nick)), soundKey(k.value(lasts, r.last)))
			k.add(i, 3, soundKey(k.value(firsts, r.first)), soundKey(k.value(lasts, r.last)))
		}
		if words := k.value(lasts, r.last).partsOf(); r.first == 0 && len(words) < 7 { // all of it in one field
			for at := 1; at < len(words); at++ {
				for _, parts := range [...][2][]string{{words[:at], words[at:]}, {words[at:], words[:at]}} {
					a, b := hashed(sound(strings.Join(parts[0], ""))), hashed(sound(strings.Join(bare(parts[1]), "")))
					if a != 0 && b != 0 {
						k.add(i, min(a, b), max(a, b))
					}
				}
			}
		}
	},
	func(k *keys, i int32, r *row) { // the name in its other forms
		for _, form := range k.value(firsts, r.first).familiesOf() {
			k.add(i, uint64(form)+1, soundKey(k.value(lasts, r.last)))
		}
	},
	func(k *keys, i int32, r *row) { // the beginnings of the name
		k.add(i, begin(k.value(firsts, r.first).text, 1), begin(k.value(lasts, r.last).text, 4))
		k.add(i, 2, begin(k.value(firsts, r.first).text, 3), begin(k.value(lasts, r.last).text, 2))
	},
	func(k *keys, i int32, r *row) { // the birth date, whichever of day and month is first
		if d := &k.value(births, r.birth).date; r.birth > 0 {
			k.add(i, uint64(d.year), uint64(min(d.day, d.month)), uint64(max(d.day, d.month)))
		}
	},
	func(k *keys, i int32, r *row) { // two parts of the birth date and the beginning of a name
		d := &k.value(births, r.birth).date
		if r.birth == 0 {
			return
		}
		for n, name := range [...]uint64{begin(k.value(lasts, r.last).text, 2), begin(k.value(firsts, r.first).text, 1)} {
			if n > 0 && k.n > few {
				return
			}
			k.add(i, uint64(n+1), name, uint64(d.year), uint64(d.month))
			k.add(i, uint64(n+3), name, uint64(d.year), uint64(d.day))
			k.add(i, uint64(n+5), name, uint64(d.month), uint64(d.day))
		}
	},
	func(k *keys, i int32, r *row) { // the surname or the first name and where it lives
		last, first := soundKey(k.value(lasts, r.last)), soundKey(k.value(firsts, r.first))
		for _, p := range k.c.placesOf(r) {
			k.add(i, 1, last, k.text(postcodes, p.postcode))
			k.add(i, 2, last, k.text(towns, p.town))
			k.add(i, 3, first, k.text(postcodes, p.postcode))
			k.add(i, 4, first, k.text(towns, p.town))
			k.add(i, 5, first, hashed(k.value(streets, p.street).core))
			k.add(i, 6, last, hashed(k.value(streets, p.street).core))
		}
	},
	func(k *keys, i int32, r *row) { // the house
		for _, p := range k.c.placesOf(r) {
			road := hashed(k.value(streets, p.street).core)
			k.add(i, 1, road, k.text(numbers, p.number))
			k.add(i, 2, k.text(postcodes, p.postcode), k.text(numbers, p.number), begin(k.value(streets, p.street).core, 1))
			k.add(i, 3, k.text(towns, p.town), k.text(numbers, p.number), begin(k.value(streets, p.street).core, 1))
			for _, w := range k.value(streets, p.street).partsOf() {
				k.add(i, 4, hash(w), k.text(numbers, p.number))
			}
		}
	},
	func(k *keys, i int32, r *row) { // companies: each word of the name, its beginning, the numbers they are known by
		title := k.value(titles, r.title)
		for _, w := range title.wordsOf() {
			k.add(i, 1, soundKey(k.value(words, w)))
			for _, p := range k.c.placesOf(r) {
				k.add(i, 2, soundKey(k.value(words, w)), k.text(towns, p.town))
				k.add(i, 2, soundKey(k.value(words, w)), k.text(postcodes, p.postcode))
			}
		}
		k.add(i, 3, begin(title.text, 5))
		k.add(i, 4, k.text(taxes, r.tax))
		k.add(i, 5, k.text(sites, r.site))
	},
}

func hashed(s string) uint64 {
	if s == "" {
		return 0
	}
	return hash(s)
}

// glance is what promising looks at first, side by side.
type glance struct {
	first, last, birth      int32
	firstSounds, lastSounds uint32
	forms, company          bool // of its first name
}

// glances gives those of all records.
func (c *Corpus) glances() []glance {
	all := make([]glance, len(c.rows))
	for i := range c.rows {
		r := &c.rows[i]
		first := &c.tables[firsts].values[r.first]
		all[i] = glance{r.first, r.last, r.birth, uint32(first.sound), uint32(c.tables[lasts].values[r.last].sound), first.more != nil, r.company}
	}
	return all
}

// promising tells whether two records have enough in common to be compared in full, where there are many candidates: two of first
// name, surname, birth date and house, or a mailbox or telephone and something else.
func (c *Corpus) promising(i, j int32, x, y *glance) bool {
	if x.company {
		return true
	}
	const enough = 4
	n := 0
	switch {
	case x.first == y.first, x.firstSounds == y.firstSounds && x.firstSounds != 0, x.firstSounds == y.lastSounds && x.firstSounds != 0,
		x.forms && y.forms && share(c.tables[firsts].values[x.first].familiesOf(), c.tables[firsts].values[y.first].familiesOf()):
		n += 2
	}
	if x.last == y.last || x.lastSounds == y.lastSounds && x.lastSounds != 0 {
		n += 2
	}
	if n >= enough {
		return true
	}
	if x.birth > 0 && y.birth > 0 {
		if dates := c.tables[births].values; x.birth == y.birth || dates[x.birth].date.close(&dates[y.birth].date) {
			n += 2
		}
	}
	if n >= enough {
		return true
	}
	a, b := &c.rows[i], &c.rows[j]
	for _, p := range c.placesOf(a) {
		for _, q := range c.placesOf(b) {
			if p.number == q.number && (p.street == q.street && p.street > 0 || p.postcode == q.postcode && p.postcode > 0) {
				n += 2
			}
			if p.town == q.town && p.town > 0 || p.postcode == q.postcode && p.postcode > 0 {
				n++
			}
		}
	}
	for _, x := range c.of(a.emails) {
		if slices.Contains(c.of(b.emails), x) {
			n += 3
		}
	}
	for _, x := range c.of(a.phones) {
		if slices.Contains(c.of(b.phones), x) {
			n += 3
		}
	}
	return n >= enough
}
