package dedupe

import (
	"math"
	"slices"
	"strings"

	"github.com/muster-crm/muster/shared/fold"
)

// Corpus holds the features of the records that are compared, each distinct value once with what is worked out of it, and
// how many bear it.
type Corpus struct {
	rows   []row
	size   int // of the organisation; the rows may be a part of it
	prior  float64
	tables [nTables]table
	refs   []int32 // those of the rows' lists
	places []place
	cache  []remembered
	bits   int              // of the places in it
	tokens map[string]int32 // company words
}

// The tables of values.
const (
	firsts = iota
	lasts
	titles // names of companies
	words  // of those names
	births
	emails
	phones
	streets
	numbers
	postcodes
	towns
	taxes
	sites
	nTables
)

// smoothing is the population mixed into the organisation's own frequencies: so many people, and the part of them that bears
// a value as far as is known beforehand.
const smoothing = 500

// table holds the distinct values of a field. The first stands for none.
type table struct {
	byRaw  map[string]int32
	byText map[string]int32
	values []value
	usual  float64 // how frequent a value is beforehand
	most   float64 // bits its agreement adds at most
	rare   bool    // most values occur once: it is not worth while to remember how they are read
	chance bool    // but for some who do by chance
	unique bool    // who shares a value is known to, whatever the size of the organisation
}

// value is a distinct value of a field.
type value struct {
	text  string // folded, without what lies between words
	core  string // of a surname: without what stands before it; of a street: without what every street is called; of an e-mail address: whose it is
	have  uint64 // its letters
	hash  uint64
	sound uint64  // hash of how it sounds, 0 for none
	loud  uint8   // how long that is
	known bool    // of a first name: dictionaries have it
	count int32   // records that have it
	bits  float64 // what its agreement adds
	date  date
	*more // nil for most
}

// more is what few values have.
type more struct {
	parts []string // the words, when there are several
	short []uint16 // the families of a first name
	words []int32  // of a company's name
}

// parts gives the words of a value of several, nil for one word.
func (v *value) partsOf() []string {
	if v.more == nil {
		return nil
	}
	return v.parts
}

// families gives those of a first name.
func (v *value) familiesOf() []uint16 {
	if v.more == nil {
		return nil
	}
	return v.short
}

// wordsOf gives those of the name of a company.
func (v *value) wordsOf() []int32 {
	if v.more == nil {
		return nil
	}
	return v.words
}

// split notes the words of a value of several.
func (v *value) split(parts []string) {
	if len(parts) > 1 {
		v.more = &more{parts: parts}
	}
}

// hear notes how a value sounds.
func (v *value) hear(s string) {
	v.sound, v.loud = hashed(s), uint8(min(len(s), 255))
}

// span is a part of the lists of a Corpus.
type span struct {
	at int32
	n  uint8
}

// row is a record.
type row struct {
	id          string
	company     bool
	gender      byte
	generation  uint8
	first, nick int32
	last        int32
	title       int32
	birth       int32
	tax, site   int32
	emails      span
	phones      span
	places      span
}

type place struct{ street, line, number, postcode, town int32 }

// remembered is how two names compare, kept for the next two of the same.
type remembered struct {
	pair uint64
	was  agreement
}

// NewCorpus makes an empty corpus.
func NewCorpus() *Corpus {
	c := &Corpus{tokens: map[string]int32{}}
	for i, t := range [nTables]table{
		firsts: {usual: 1. / 250, most: 11}, lasts: {usual: 1. / 800, most: 14}, titles: {usual: 1. / 2000, most: 14}, words: {usual: 1. / 400, most: 10},
		births: {most: 14, unique: true, chance: true}, emails: {most: 14, unique: true, rare: true}, phones: {most: 13, unique: true, rare: true, chance: true},
		streets: {usual: 1. / 500, most: 12}, numbers: {usual: 1. / 40, most: 5.5}, postcodes: {usual: 1. / 100, most: 9}, towns: {usual: 1. / 50, most: 8},
		taxes: {most: 15, unique: true, rare: true}, sites: {most: 11, unique: true},
	} {
		t.byRaw, t.byText = map[string]int32{}, map[string]int32{}
		t.values = []value{{}}
		c.tables[i] = t
	}
	return c
}

// Grow makes room for so many records more.
func (c *Corpus) Grow(n int) {
	c.rows = slices.Grow(c.rows, n)
	c.refs = slices.Grow(c.refs, 2*n)
	c.places = slices.Grow(c.places, n)
	for which, share := range map[int]int{emails: 1, phones: 1, births: 4, lasts: 3, streets: 16, firsts: 16} { // one value for so many records
		t := &c.tables[which]
		t.values = slices.Grow(t.values, n/share)
		if len(t.byText) == 0 {
			t.byText = make(map[string]int32, n/share)
		}
	}
}

// Len gives the number of records.
func (c *Corpus) Len() int { return len(c.rows) }

// ID gives the id of a record.
func (c *Corpus) ID(i int) string { return c.rows[i].id }

// Add adds a record.
func (c *Corpus) Add(r *Record) {
	w := row{id: r.ID, company: r.Company}
	if r.Company {
		w.title = c.intern(titles, r.Name, readTitle)
		for _, at := range c.tables[titles].values[w.title].wordsOf() {
			c.tables[words].values[at].count++
		}
		w.tax = c.intern(taxes, r.Tax, readDense)
		w.site = c.intern(sites, r.Website, readSite)
	} else {
		first, last := names(r)
		w.first = c.intern(firsts, first, readFirst)
		w.nick = c.intern(firsts, r.Nick, readFirst)
		w.last = c.intern(lasts, last, readLast)
		w.generation = max(generation(first), generation(last))
		w.birth = c.intern(births, r.Birth, readBirth)
		switch r.Gender {
		case "female", "male":
			w.gender = r.Gender[0]
		}
	}
	w.emails = c.list(emails, r.Emails, readEmail)
	w.phones = c.list(phones, r.Phones, readPhone)
	w.places.at = int32(len(c.places))
	for i := range r.Places {
		if p := c.place(&r.Places[i]); p != (place{}) && w.places.n < 20 {
			c.places = append(c.places, p)
			w.places.n++
		}
	}
	c.rows = append(c.rows, w)
}

func (c *Corpus) list(t int, raw []string, read func(*Corpus, string) value) span {
	s := span{at: int32(len(c.refs))}
	for _, v := range raw {
		if at := c.intern(t, v, read); at > 0 && s.n < 10 {
			c.refs = append(c.refs, at)
			s.n++
		}
	}
	return s
}

func (c *Corpus) of(s span) []int32 { return c.refs[s.at : s.at+int32(s.n)] }

func (c *Corpus) placesOf(r *row) []place {
	return c.places[r.places.at : r.places.at+int32(r.places.n)]
}

// intern gives the place of a value in its table, 0 for one that says nothing, and counts it.
func (c *Corpus) intern(which int, raw string, read func(*Corpus, string) value) int32 {
	if raw == "" {
		return 0
	}
	t := &c.tables[which]
	var at int32
	ok := false
	if !t.rare {
		at, ok = t.byRaw[raw]
	}
	if !ok {
		v := read(c, raw)
		if v.text != "" {
			if at, ok = t.byText[v.text]; !ok {
				at = int32(len(t.values))
				v.have = letters(v.text)
				v.hash = hash(v.text)
				t.values = append(t.values, v)
				t.byText[v.text] = at
			}
		}
		if !t.rare {
			t.byRaw[raw] = at
		}
	}
	if at > 0 {
		t.values[at].count++
	}
	return at
}

func hash(s string) uint64 {
	h := uint64(14695981039346656037)
	for i := range len(s) {
		h = (h ^ uint64(s[i])) * 1099511628211
	}
	return h ^ h>>29
}

// Frequencies tell how often values occur where the corpus is a part of an organisation only.
type Frequencies interface {
	Size() int // records in all
	// Count gives how many records have a value, as Record has it, in a field: "firstName", "lastName", "name" (a word of it),
	// "birthDate", "email", "phone", "street", "postcode", "town".
	Count(field, value string) int
}

// weigh works out what the agreement of each value adds.
func (c *Corpus) weigh(size int) {
	c.size = size
	c.prior = -(math.Log2(float64(max(size, 300))) + 2)
	for i := range c.tables {
		t := &c.tables[i]
		for k := 1; k < len(t.values); k++ {
			t.values[k].bits = t.weight(t.values[k].count, size)
			if i == births {
				t.values[k].bits = min(t.values[k].bits, t.values[k].date.most())
			}
		}
	}
	c.bits = 10
	if len(c.rows) > few {
		c.bits = 15
	}
	c.cache = make([]remembered, 1<<c.bits)
}

// weight gives the bits of a value that so many records of an organisation have. The pair itself counts for one.
func (t *table) weight(count int32, size int) float64 {
	others := float64(max(count-1, 1))
	if t.unique {
		expected := 1.0
		if t.chance {
			expected += float64(size) / 22000
		}
		return min(max(t.most-math.Log2(max(others/expected, 1)), 1), t.most)
	}
	p := (others + smoothing*t.usual) / (float64(size) + smoothing)
	return min(max(-math.Log2(p), 0.5), t.most)
}

// readFirst reads a first name.
func readFirst(_ *Corpus, raw string) value {
	parts := ageless(fold.Words(raw))
	for len(parts) > 1 && addressed[parts[0]] {
		parts = parts[1:]
	}
	v := value{text: strings.Join(parts, "")}
	v.split(parts)
	v.hear(sound(v.text))
	short, known := nicknames()[v.text]
	v.known = known
	if len(parts) > 1 && !known {
		short = nicknames()[parts[0]]
	}
	if len(short) > 0 {
		if v.more == nil {
			v.more = &more{}
		}
		v.short = short
	}
	return v
}

// particles stand before surnames.
var particles = map[string]bool{"van": true, "vanden": true, "vander": true, "vande": true, "de": true, "den": true, "der": true, "het": true, "t": true, "ter": true, "ten": true, "te": true, "ver": true,
	"du": true, "des": true, "la": true, "le": true, "les": true, "l": true, "d": true, "del": true, "los": true, "las": true, "y": true, "e": true,
	"da": true, "do": true, "dos": true, "di": true, "della": true, "von": true, "zu": true, "zum": true, "vom": true, "el": true, "al": true, "ben": true,
	"op": true, "in": true, "o": true, "mac": true, "mc": true, "st": true, "saint": true, "sint": true}

// readLast reads a surname with what stands before it.
func readLast(_ *Corpus, raw string) value {
	parts := ageless(fold.Words(raw))
	v := value{text: strings.Join(parts, "")}
	main := bare(parts)
	v.core = strings.Join(main, "")
	v.split(main)
	v.hear(sound(v.core))
	return v
}

func readBirth(_ *Corpus, raw string) value {
	d, ok := readDate(raw)
	if !ok {
		return value{}
	}
	return value{text: raw, date: d}
}

func readDense(_ *Corpus, raw string) value { return value{text: strings.Join(fold.Words(raw), "")} }

func readSite(_ *Corpus, raw string) value {
	s := fold.String(raw)
	if _, rest, ok := strings.Cut(s, "://"); ok {
		s = rest
	}
	s = strings.TrimPrefix(s, "www.")
	if at := strings.IndexAny(s, "/?#"); at >= 0 {
		s = s[:at]
	}
	return value{text: s}
}

// anybody are mailboxes of no person.
var anybody = map[string]bool{"info": true, "contact": true, "admin": true, "office": true, "mail": true, "secretariaat": true, "secretariat": true,
	"secretary": true, "sales": true, "hello": true, "club": true, "post": true, "webmaster": true}

func readEmail(_ *Corpus, raw string) value {
	s := fold.String(raw)
	home, _, ok := strings.Cut(s, "@")
	if !ok || home == "" {
		return value{}
	}
	v := value{text: s, core: home}
	if anybody[home] || len(home) < 5 {
		v.core = ""
	}
	return v
}

// alwaysDialled are the digits at the end of a number that say whose it is, whatever is dialled before them.
const alwaysDialled = 8

func readPhone(_ *Corpus, raw string) value {
	digits := fold.Digits(raw)
	if len(digits) > alwaysDialled {
		digits = digits[len(digits)-alwaysDialled:]
	}
	if len(digits) < 5 || strings.Trim(digits, digits[:1]) == "" {
		return value{}
	}
	return value{text: digits}
}
