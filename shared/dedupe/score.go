package dedupe

import (
	"math"
	"strings"
)

// Scorer compares the records of a corpus.
type Scorer struct {
	c    *Corpus
	told []Reason // what the comparison under way has said
	tell bool

	// What the organisation's own records have taught; see learn.
	mixed [unlikes]bool
	more  float64 // bits added to every pair, where there are more duplicates than usual
	torn  unlike  // how the two of the comparison under way are torn
	floor float64 // bits below which a comparison may end early, while a scan looks for pairs
}

// unlike are the ways in which two persons of one house have all in common but for one thing that two of a family differ in too.
type unlike uint8

const (
	whole  unlike = iota
	called        // born on one day, with different first names, and nothing else that would tell: twins, or one under two names
	aged          // of one name, born a generation apart: father and son, or one with a wrong date
	dated         // of one name, born in nearly the same years: no family has two; counted beside aged
	unlikes
)

// twins are the part of an organisation's people who make a pair of twins, at most.
const twins = 0.008

// A generation lies between a father and a son, or grandson, of his name, in years.
const (
	youngest = 15
	oldest   = 60
)

// learn decides by how many pairs there are of each way whether they are of one person: where there are several times more
// than nature makes, it is the records that are wrong. Wrong dates are wrong by any number of years, and so there are less than two
// a generation apart for each that is not.
func (s *Scorer) learn(pairs map[uint64]unlike) {
	var n [unlikes]int
	for _, u := range pairs {
		n[u]++
	}
	s.mixed[called] = n[called] >= 10 && float64(n[called]) >= 3*twins*float64(len(s.c.rows))
	s.mixed[aged] = n[dated] >= 4 && n[aged] <= 2*n[dated]
}

// expect learns from the number of sure pairs how probable it is that two records are the same before they are compared. It is taken
// for usual that one record in eight is there again.
func (s *Scorer) expect(sure int) {
	const usual = 1. / 8
	if n := len(s.c.rows); n > 0 && sure > 0 {
		s.more = min(max(math.Log2(float64(sure)/float64(n)/usual), 0), mostMore)
	}
}

const mostMore = 3

// Scorer gives a scorer of the corpus as it is now, as a whole organisation.
func (c *Corpus) Scorer() *Scorer {
	c.weigh(len(c.rows))
	return &Scorer{c: c, floor: math.Inf(-1)}
}

// Among gives a scorer of the corpus as a part of an organisation: what its first record has is as frequent as others say.
func (c *Corpus) Among(f Frequencies, first *Record) *Scorer {
	if given, surname := names(first); !first.Company {
		c.known(firsts, f, "firstName", given, given)
		c.known(lasts, f, "lastName", surname, strings.TrimSpace(strings.TrimPrefix(surname, first.Prefix)))
		c.known(births, f, "birthDate", first.Birth, first.Birth)
	}
	for _, v := range first.Emails {
		c.known(emails, f, "email", v, v)
	}
	for _, v := range first.Phones {
		c.known(phones, f, "phone", v, v)
	}
	for _, p := range first.Places {
		c.known(streets, f, "street", p.Street, p.Street)
		c.known(postcodes, f, "postcode", p.Postcode, p.Postcode)
		c.known(towns, f, "town", p.Town, p.Town)
	}
	if len(c.rows) > 0 && c.rows[0].company {
		for _, w := range c.tables[titles].values[c.rows[0].title].wordsOf() {
			v := &c.tables[words].values[w]
			v.count = max(v.count, int32(f.Count("name", v.text))+1)
		}
	}
	c.weigh(f.Size() + 1)
	return &Scorer{c: c, floor: math.Inf(-1)}
}

// known takes over how often a value occurs, the first record's own included. raw is how the corpus has it, asked how others do.
func (c *Corpus) known(which int, f Frequencies, field, raw, asked string) {
	t := &c.tables[which]
	at := t.byRaw[raw]
	if t.rare { // which keeps nothing by how it is written
		at = t.byText[readers[which](c, raw).text]
	}
	if raw == "" || at == 0 {
		return
	}
	v := &t.values[at]
	v.count = max(v.count, int32(f.Count(field, asked))+1)
}

// readers read the values of the tables that are rare.
var readers = map[int]func(*Corpus, string) value{emails: readEmail, phones: readPhone}

// Score compares two records, by their places in the corpus, with the reasons.
func (s *Scorer) Score(i, j int) Score {
	s.tell, s.told = true, nil
	bits, doubt := s.compare(&s.c.rows[i], &s.c.rows[j])
	s.tell = false
	return Score{Points: points(bits, doubt), Doubt: doubt, Reasons: s.told}
}

func (s *Scorer) say(field string, how agreement) {
	if s.tell && how != unknown {
		s.told = append(s.told, Reason{field, said[how]})
	}
}

// compare gives the bits of two records, and whether they must not be taken for the same.
func (s *Scorer) compare(a, b *row) (bits float64, doubt bool) {
	switch {
	case a.company != b.company:
		return -100, true
	case a.company:
		return s.companies(a, b)
	}
	return s.persons(a, b)
}

// How much may be said for two persons by what families share, by how their first names agree.
const (
	gendersMost = 2.4
	noFirst     = 14 // one first name is missing
	relatives   = 4  // the first names are different ones
	siblings    = 15 // they may be
)

// persons compares two persons.
func (s *Scorer) persons(a, b *row) (float64, bool) {
	c := s.c
	first, firstAdds, last, lastAdds := s.named(a, b)
	birth, birthAdds := s.born(a, b)
	s.torn = whole
	if first == different && birth < near && firstAdds+relatives+max(birthAdds, 0)+c.prior+mostMore+gendersMost < s.floor {
		return s.floor - mostMore - 1, true
	}
	house := lastAdds
	email, phone, at, ways, mine := s.reached(a, b)
	house += ways
	if s.tell {
		s.say("firstName", first)
		s.say("lastName", last)
		s.say("birthDate", birth)
		s.say("email", email)
		s.say("phone", phone)
		s.say("street", at.street)
		s.say("town", at.town)
	}
	clash := a.gender != 0 && b.gender != 0 && a.gender != b.gender
	switch {
	case !at.one || clash:
	case (first == different || first == kin) && birth >= near && c.bare(a) && c.bare(b):
		s.torn = called
	case first >= near && last >= near && birth == different:
		if first >= swapped || c.bare(a) && c.bare(b) {
			s.torn = dated
		}
		if years := s.c.years(a, b); years >= youngest && years <= oldest {
			s.torn = aged
		}
	}
	lifted := s.torn == dated || s.torn != whole && s.mixed[s.torn]
	dateless := birth < rough && !mine // nothing but what a family shares
	switch {
	case lifted:
	case first == different, birth == different && (first < near || last < part): // mother and daughter
		house = min(house, relatives)
	case first == kin, first == middle, first == rough && !mine, first == short && dateless:
		house = min(house, siblings)
	case (first == unknown || first == initial) && dateless:
		house = min(house, noFirst)
	}
	bits := firstAdds + house + birthAdds + c.prior + s.more
	switch {
	case clash:
		bits -= 4
		s.say("gender", different)
	case a.gender != 0 && a.gender == b.gender:
		bits += 0.9
		if a.gender == 'f' && last == different && birth >= near {
			bits += 1.5 // who has married
		}
		s.say("gender", equal)
	}
	own := 0 // of what one person has, and half a family at most
	for _, agrees := range [...]bool{birth >= rough, email >= near, phone >= near, at.one} {
		if agrees {
			own++
		}
	}
	doubt := clash && first != equal && first != swapped || !lifted && (first == different || birth == different) ||
		own == 0 || own == 1 && last == unknown && birth < rough && !at.one || // many share a telephone in an office
		first == unknown && last == unknown && !(birth >= near && at.one) ||
		first == kin && !lifted && !(mine && birth == equal) || first == middle && dateless || // brothers and sisters
		last == kin && dateless ||
		last < rough && last != unknown && birth < rough && email != equal && phone != equal || // two of one first name in one house
		a.generation != b.generation && (a.generation > 0 && b.generation > 0 || birth < near && !mine)
	return bits, doubt
}

// bare tells that nothing is known of a person but name, birth date and home.
func (c *Corpus) bare(r *row) bool { return r.gender == 0 && r.emails.n == 0 && r.phones.n == 0 }

// years gives how many years two birth dates are apart.
func (c *Corpus) years(a, b *row) int {
	dates := c.tables[births].values
	n := int(dates[a.birth].date.year) - int(dates[b.birth].date.year)
	return max(n, -n)
}

// named compares the names of two persons, also with first and last name swapped.
func (s *Scorer) named(a, b *row) (first agreement, firstAdds float64, last agreement, lastAdds float64) {
	c := s.c
	names := c.tables[firsts].values
	first = c.names(firsts, a.first, b.first)
	x, y := a.first, b.first
	if first < near && (a.nick > 0 || b.nick > 0) { // who is called by a nickname
		for _, pair := range [...][2]int32{{a.nick, b.first}, {a.first, b.nick}} {
			if how := c.names(firsts, pair[0], pair[1]); how > first {
				first, x, y = how, pair[0], pair[1]
				if first == equal {
					first = short
				}
			}
		}
	}
	if first == equal && len(names[x].text) == 1 {
		first = initial
	}
	firstAdds = firstBits(first, min(names[x].bits, names[y].bits))
	last = c.names(lasts, a.last, b.last)
	surnames := c.tables[lasts].values
	lastAdds = lastBits(last, min(surnames[a.last].bits, surnames[b.last].bits))
	if last == near && c.size >= smoothing && min(surnames[a.last].count, surnames[b.last].count) < int32(borne+c.size/another) { // a mistake, not another surname
		lastAdds++
	}
	if first >= near && last != unknown || last == equal && first > rough || a.first == 0 && a.last == 0 || b.first == 0 && b.last == 0 {
		return first, firstAdds, last, lastAdds
	}
	if (a.first == 0) != (b.first == 0) { // one has it all in the surname
		all, other := a, b
		if b.first == 0 {
			all, other = b, a
		}
		if how, rest := c.inside(&surnames[all.last], other.first, other.last); how != unknown {
			return how, firstBits(how, names[other.first].bits) - 1, rest, lastBits(rest, surnames[other.last].bits) - 1
		}
	}
	// Swapped: each other's.
	one, adds := s.crossed(a.first, b.last)
	other, more := s.crossed(b.first, a.last)
	if one < rough && other < rough || one == different || other == different {
		return first, firstAdds, last, lastAdds
	}
	if adds+more-2 > firstAdds+lastAdds {
		return swapped, adds - 1, swapped, more - 1
	}
	return first, firstAdds, last, lastAdds
}

// crossed compares a first name with a surname.
func (s *Scorer) crossed(first, last int32) (agreement, float64) {
	if first == 0 || last == 0 {
		return unknown, 0
	}
	c := s.c
	x, y := &c.tables[firsts].values[first], &c.tables[lasts].values[last]
	if y.core == y.text && x.sound != y.sound && apart(x.have, y.have) > 3 && (y.more == nil || x.more == nil) && len(x.familiesOf()) == 0 {
		return different, -7
	}
	how := c.remember(crossings, first, last, func() agreement {
		if x.text == y.text || x.text == y.core {
			return equal
		}
		name, core := x.asWord(), c.named(y.core)
		how := c.oneWord(&name, &core)
		if y.core != y.text && how < near {
			text := c.named(y.text)
			how = max(how, c.oneWord(&name, &text))
		}
		return how
	})
	switch how {
	case equal, near, sounds, short, rough:
		return how, firstBits(how, min(x.bits, y.bits))
	}
	return different, -7
}

// born compares birth dates.
func (s *Scorer) born(a, b *row) (agreement, float64) {
	if a.birth == 0 || b.birth == 0 {
		return unknown, 0
	}
	dates := s.c.tables[births].values
	x, y := &dates[a.birth], &dates[b.birth]
	how, less := x.date.compare(&y.date)
	return how, min(x.bits, y.bits) + less
}

// reached compares how two can be reached: the best of what each has. mine tells that they have a mailbox that is called as one of them.
func (s *Scorer) reached(a, b *row) (email, phone agreement, at sited, bits float64, mine bool) {
	c := s.c
	boxes := c.tables[emails].values
	for _, i := range c.of(a.emails) {
		for _, j := range c.of(b.emails) {
			switch x, y := &boxes[i], &boxes[j]; {
			case i == j:
				email = equal
				bits = max(bits, x.bits)
				mine = mine || c.calls(x, a) || c.calls(x, b)
			case x.core != "" && x.core != y.core && sameLetters(x.core, y.core): // two boxes of one name
				email = max(email, part)
				bits = max(bits, 1)
			case apart(x.have, y.have) <= 2 && distance(x.text, y.text, 1+len(x.text)/16) <= 1+len(x.text)/16 && x.core != "" && y.core != "":
				email = max(email, near)
				bits = max(bits, 9)
				mine = mine || c.calls(x, a) || c.calls(y, b)
			case x.core != "" && x.core == y.core:
				email = max(email, part)
				if surname := c.tables[lasts].values[a.last].core; len(surname) > 3 && strings.Contains(x.core, surname) {
					bits = max(bits, 2) // the name again
				} else {
					bits = max(bits, 6)
				}
			default:
				email = max(email, different)
			}
		}
	}
	if email == different {
		bits = -1
	}
	dialled := c.tables[phones].values
	most := 0.0
	for _, i := range c.of(a.phones) {
		for _, j := range c.of(b.phones) {
			switch x, y := &dialled[i], &dialled[j]; {
			case i == j:
				phone = equal
				most = max(most, x.bits)
			case apart(x.have, y.have) <= 1 && distance(x.text, y.text, 1) == 1:
				phone = max(phone, near)
				most = max(most, 5)
			default:
				phone = max(phone, different)
			}
		}
	}
	if phone == different {
		most = -0.8
	}
	bits += most
	found := false
	for _, p := range c.placesOf(a) {
		for _, q := range c.placesOf(b) {
			if s := c.compare(&p, &q); !found || s.bits > at.bits || s.bits == at.bits && s.one && !at.one {
				at, found = s, true
			}
		}
	}
	return email, phone, at, bits + min(at.bits, 24), mine
}

// calls tells whether a mailbox is called by the first name of somebody.
func (c *Corpus) calls(box *value, r *row) bool {
	name := c.tables[firsts].values[r.first].text
	return len(name) > 2 && strings.Contains(box.core, name)
}

// sameLetters tells whether two mailboxes are the same but for digits and what stands between words.
func sameLetters(a, b string) bool {
	letter := func(c byte) bool { return c >= 'a' && c <= 'z' || c >= 0x80 }
	for {
		for len(a) > 0 && !letter(a[0]) {
			a = a[1:]
		}
		for len(b) > 0 && !letter(b[0]) {
			b = b[1:]
		}
		switch {
		case len(a) == 0 && len(b) == 0:
			return true
		case len(a) == 0 || len(b) == 0 || a[0] != b[0]:
			return false
		}
		a, b = a[1:], b[1:]
	}
}

// companies compares two companies.
func (s *Scorer) companies(a, b *row) (float64, bool) {
	c := s.c
	name, bits := c.titles(a.title, b.title)
	email, phone, at, ways, _ := s.reached(a, b)
	tax, taxAdds := s.one(taxes, a.tax, b.tax, -5)
	site, siteAdds := s.one(sites, a.site, b.site, -2)
	if name == different { // companies move into each other's houses, and share them
		ways = min(ways, 6)
	}
	if s.tell {
		s.say("name", name)
		s.say("taxNumber", tax)
		s.say("website", site)
		s.say("email", email)
		s.say("phone", phone)
		s.say("street", at.street)
		s.say("town", at.town)
	}
	doubt := name == different && tax != equal || tax == different ||
		name == middle && tax != equal && site != equal || // two firms of one family
		email < near && phone < near && !at.one && tax < near && site < near && !(name >= near && at.road && at.town >= part) // a door further
	return bits + ways + taxAdds + siteAdds + c.prior + s.more, doubt
}

// one compares two values of which there is one each.
func (s *Scorer) one(which int, a, b int32, less float64) (agreement, float64) {
	switch t := s.c.tables[which].values; {
	case a == 0 || b == 0:
		return unknown, 0
	case a == b:
		return equal, t[a].bits
	case distance(t[a].text, t[b].text, 1) == 1 && len(t[a].text) > 6:
		return near, 5
	}
	return different, less
}
