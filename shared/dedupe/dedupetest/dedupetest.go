// Package dedupetest makes people and companies with duplicates of which the truth is known: an organisation of one country, with
// families, namesakes and fathers whose sons are called as they are, and records of some of its people made a second and third
// time by somebody who mistyped, misheard, left out, swapped, shortened, moved house or married. The same seed makes the same.
//
// It is for tests and benchmarks. What it makes is invented.
package dedupetest

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/muster-crm/muster/shared/dedupe"
)

// Set is records and whom each is of.
type Set struct {
	Records []dedupe.Record
	Entity  []int // of each record
}

// Countries lists the countries sets can be made of.
func Countries() []string { return []string{"BE", "NL", "FR", "ES", "EN"} }

// maker makes the records of one set.
type maker struct {
	*rand.Rand
	country
	tail     []string // rarer surnames
	set      Set
	n        int
	hard     bool // families have names that are alike, as families do
	dateless bool // nobody can tell a father from his son

	known map[string]bool // people by name and birth date
}

// People makes a set of so many different people of a country, and beside them records that are one of them again.
func People(seed uint64, of string, people, again int) Set {
	m := newMaker(seed, of)
	for len(m.set.Records) < people {
		m.family()
	}
	m.repeat(people, again, m.corrupt)
	return m.set
}

// Companies makes a set of companies like People.
func Companies(seed uint64, of string, companies, again int) Set {
	m := newMaker(seed, of)
	for len(m.set.Records) < companies {
		m.add(m.firm())
	}
	m.repeat(companies, again, m.corruptFirm)
	return m.set
}

func newMaker(seed uint64, of string) *maker {
	m := &maker{Rand: rand.New(rand.NewPCG(seed, 0x64656475)), country: known(of), known: map[string]bool{}}
	for _, s := range m.surnames {
		for _, end := range []string{"", "s", "en", "aert", "ier", "ez", "ston"} {
			k := 2 + m.IntN(max(len(s)-3, 1))
			m.tail = append(m.tail, strings.ToValidUTF8(s[:min(k, len(s))], "")+pick(m, "o", "a", "e", "i", "ul", "er", "in")+pick(m, "k", "m", "r", "st", "v", "nd", "l")+end)
		}
	}
	return m
}

func pick[T any](m *maker, all ...T) T { return all[m.IntN(len(all))] }

// common picks the more often the earlier.
func (m *maker) common(all []string) string {
	return all[min(int(math.Abs(m.NormFloat64())*float64(len(all))/2.2), len(all)-1)]
}

func (m *maker) chance(percent int) bool { return m.IntN(100) < percent }

func (m *maker) add(r dedupe.Record) {
	r.ID = fmt.Sprintf("r%06d", len(m.set.Records))
	m.set.Records = append(m.set.Records, r)
	m.set.Entity = append(m.set.Entity, m.n)
	m.n++
}

// repeat makes records again.
func (m *maker) repeat(first, again int, spoil func(dedupe.Record) dedupe.Record) {
	for range again {
		i := m.IntN(first)
		r := spoil(m.set.Records[i])
		r.ID = fmt.Sprintf("r%06d", len(m.set.Records))
		m.set.Records = append(m.set.Records, r)
		m.set.Entity = append(m.set.Entity, m.set.Entity[i])
	}
	m.Shuffle(len(m.set.Records), func(i, j int) {
		m.set.Records[i], m.set.Records[j] = m.set.Records[j], m.set.Records[i]
		m.set.Entity[i], m.set.Entity[j] = m.set.Entity[j], m.set.Entity[i]
	})
}

// family makes one to five people who live together.
func (m *maker) family() {
	home := m.home()
	surname := m.surname()
	line := m.phone("fixed")
	box := ""
	size := pick(m, 1, 1, 1, 2, 2, 3, 4, 5)
	year := 1935 + m.IntN(60)
	twin := ""
	elder := "" // the first name of a child
	var father dedupe.Record
	var called []string
	for k := range size {
		r := dedupe.Record{Last: surname[1], Prefix: surname[0], Places: []dedupe.Place{home}}
		if k%2 == 0 {
			r.Gender, r.First = "male", m.common(m.men)
		} else {
			r.Gender, r.First = "female", m.common(m.women)
		}
		junior := false
		born := year + m.IntN(6)
		if k == 1 {
			if other := m.surname(); m.chance(70) {
				r.Prefix, r.Last = other[0], other[1]
			}
		}
		if k > 1 {
			born = year + 24 + m.IntN(12)
			if k == 2 && m.chance(5) && !m.dateless {
				r.First, junior = father.First, true // who is called as his father
			}
		}
		r.Birth = fmt.Sprintf("%d-%02d-%02d", born, 1+m.IntN(12), 1+m.IntN(28))
		twins := k > 2 && m.chance(10) && twin != ""
		if twins {
			r.Birth = twin
		}
		if m.hard && k > 2 && elder != "" && m.chance(30) {
			r.First = m.sibling(elder, map[string][]string{"male": m.men, "female": m.women}[r.Gender])
		}
		if k > 1 {
			elder = r.First
		}
		if m.hard {
			if slices.Contains(called, r.First) && !junior {
				continue // nobody calls two children the same
			}
			called = append(called, r.First)
		}
		for _, f := range m.feminine {
			if stem, ok := strings.CutSuffix(r.Last, f[0]); ok && r.Gender == "female" {
				r.Last = stem + f[1]
				break
			}
		}
		if k > 1 {
			twin = r.Birth
		}
		if m.juniors && k > 1 && r.First == father.First {
			r.Last += pick(m, " Jr", " Jr.", " II")
		}
		if m.chance(12) {
			r.First += pick(m, " ", "-") + m.common(map[string][]string{"male": m.men, "female": m.women}[r.Gender])
		}
		if r.First != father.First && !m.hard {
			if slices.ContainsFunc(strings.FieldsFunc(r.First, func(c rune) bool { return c == ' ' || c == '-' }), func(word string) bool { return slices.Contains(called, word[:2]) }) {
				continue // nobody calls two children alike, but many a father his son
			}
			for _, word := range strings.FieldsFunc(r.First, func(c rune) bool { return c == ' ' || c == '-' }) {
				called = append(called, word[:2])
			}
		}
		if m.chance(55) {
			r.Emails = []string{m.email(&r)}
		}
		if k == 0 && len(r.Emails) > 0 {
			box = r.Emails[0]
		}
		if k > 0 && box != "" && m.chance(35) {
			r.Emails = []string{box}
		}
		if m.chance(60) {
			r.Phones = append(r.Phones, m.phone("mobile"))
		}
		if m.chance(30) {
			r.Phones = append(r.Phones, line)
		}
		if m.chance(8) {
			r.Places = nil
		}
		if m.chance(12) && len(r.Emails)+len(r.Phones) > 0 && r.First != father.First && k > 0 {
			r.Birth = "" // but of nobody who cannot be told from his father without
		}
		if k == 0 {
			father = r
		}
		who := r.First + "|" + r.Last + "|" + r.Birth
		if m.known[who] {
			continue // nobody could tell them apart
		}
		m.known[who] = true
		m.add(r)
	}
}

func (m *maker) surname() [2]string {
	s := [2]string{"", m.common(m.surnames)}
	if m.chance(55) {
		s[1] = pick(m, m.tail...)
	}
	if m.chance(15) {
		s[0] = strings.ReplaceAll(pick(m, m.particles...), "-", " ")
	}
	return s
}

func (m *maker) home() dedupe.Place {
	t := m.IntN(len(m.towns))
	p := dedupe.Place{Street: m.common(m.streets), Number: fmt.Sprint(1 + int(m.ExpFloat64()*40)), Town: m.towns[t], Postcode: fmt.Sprint(1000 + t*487 + m.IntN(9)*10)}
	if m.chance(35) {
		p.Street = capital(strings.ToLower(pick(m, m.tail...))) + afterFirst(strings.ToLower(pick(m, m.streets...)))
	}
	if m.before {
		p.Street = pick(m, "rue ", "avenue ", "place ") + p.Street
		if len(m.ends) > 0 {
			p.Street = strings.TrimPrefix(strings.TrimPrefix(strings.TrimPrefix(p.Street, "rue "), "avenue "), "place ") + pick(m, m.ends...)
		}
	}
	return p
}

// capital puts the first letter of a word of ASCII letters in capitals.
func capital(s string) string {
	return strings.ToUpper(strings.TrimSuffix(s, afterFirst(s))) + afterFirst(s)
}

// afterFirst leaves out the first letter of a word.
func afterFirst(word string) string {
	_, size := utf8.DecodeRuneInString(word)
	return word[size:]
}

func (m *maker) phone(line string) string {
	if line == "mobile" {
		return fmt.Sprintf("+32 47%d %06d", m.IntN(10), m.IntN(1000000))
	}
	return fmt.Sprintf("+32 9 %07d", m.IntN(10000000))
}

func (m *maker) email(r *dedupe.Record) string {
	home := strings.ToLower(strings.ReplaceAll(r.First, " ", "") + pick(m, ".", "", "_") + r.Last)
	if m.chance(40) {
		home += fmt.Sprint(m.IntN(99))
	}
	box := strings.ReplaceAll(home, " ", "") + "@" + pick(m, "kabel.example", "post.example.com", "home.example.net", "work.example.org")
	if m.hard && m.known[box] { // somebody else has it
		box = fmt.Sprint(m.n) + box
	}
	m.known[box] = true
	return box
}

// corrupt makes the record of a person again, with one to four mistakes.
func (m *maker) corrupt(r dedupe.Record) dedupe.Record {
	r.Emails, r.Phones, r.Places = slices.Clone(r.Emails), slices.Clone(r.Phones), slices.Clone(r.Places)
	for range pick(m, 1, 1, 2, 2, 3, 4) {
		switch m.IntN(17) {
		case 0, 1:
			r.First = m.typo(r.First)
		case 2, 3:
			r.Last = m.typo(r.Last)
		case 4:
			if r.Last != "" {
				r.First, r.Last = r.Last, r.First
			}
		case 5:
			if len(r.Birth) == 10 && r.Birth[8:] <= "12" {
				r.Birth = r.Birth[:5] + r.Birth[8:] + "-" + r.Birth[5:7]
			}
		case 6:
			r.Birth = m.misdate(r.Birth)
		case 7:
			if s, ok := m.forms[r.First]; ok {
				r.First = s
			}
		case 8:
			if r.Gender == "female" && r.Birth != "" {
				other := m.surname()
				r.Prefix, r.Last = other[0], other[1]
			}
		case 9:
			if r.Birth != "" && len(r.Emails)+len(r.Phones) > 0 {
				r.Places = []dedupe.Place{m.home()}
			}
		case 10:
			r.Emails = nil
		case 11:
			r.Phones = nil
		case 12:
			if len(r.Emails)+len(r.Phones)+len(r.Places) > 1 {
				r.Birth = ""
			}
		case 13:
			if len(r.Places) > 0 {
				p := &r.Places[0]
				switch m.IntN(4) {
				case 0:
					p.Street = m.typo(p.Street)
				case 1:
					p.Street = strings.NewReplacer("straat", "str.", "laan", "ln", "avenue", "av.", "Street", "St", "Road", "Rd", "rue ", "r. ").Replace(p.Street)
				case 2:
					p.Town = m.typo(p.Town)
				default:
					p.Postcode = m.typo(p.Postcode)
				}
			}
		case 14:
			r.First, r.Last = m.respell(r.First), m.respell(r.Last)
		case 15:
			if r.Prefix != "" {
				r.Last, r.Prefix = strings.ReplaceAll(r.Prefix, " ", "")+strings.ToLower(r.Last), ""
			}
			r.Gender = ""
		case 16:
			if len(r.Emails) > 0 {
				r.Emails[0] = m.typo(r.Emails[0])
			}
		}
	}
	return r
}

// typo mistypes one letter.
func (m *maker) typo(s string) string {
	runes := []rune(s)
	if len(runes) < 3 {
		return s
	}
	i := 1 + m.IntN(len(runes)-2)
	switch m.IntN(4) {
	case 0:
		runes[i], runes[i+1] = runes[i+1], runes[i]
	case 1:
		runes = slices.Delete(runes, i, i+1)
	case 2:
		runes = slices.Insert(runes, i, runes[i])
	default:
		near := "qwertyuiopasdfghjklzxcvbnm"
		if runes[i] >= '0' && runes[i] <= '9' {
			near = "0123456789"
		}
		runes[i] = rune(near[m.IntN(len(near))])
	}
	return string(runes)
}

// misdate mistypes one digit of a date, of those that leave it one.
func (m *maker) misdate(s string) string {
	if len(s) != 10 {
		return s
	}
	b := []byte(s)
	switch m.IntN(3) {
	case 0:
		b[3] = '0' + byte(m.IntN(10))
	case 1:
		b[9] = '1' + byte(m.IntN(8))
	default:
		b[2], b[3] = b[3], b[2]
	}
	if string(b) > "2026" {
		return s
	}
	return string(b)
}

// respell writes a name as it is heard.
func (m *maker) respell(s string) string {
	for _, pair := range [][2]string{{"ck", "k"}, {"ks", "x"}, {"ij", "y"}, {"ph", "f"}, {"c", "k"}, {"th", "t"}, {"z", "s"}, {"dt", "t"}, {"é", "e"}, {"í", "i"}, {"ae", "aa"}, {"v", "f"}} {
		if strings.Contains(s, pair[0]) && m.chance(50) {
			return strings.Replace(s, pair[0], pair[1], 1)
		}
	}
	return s
}

func (m *maker) firm() dedupe.Record {
	r := dedupe.Record{Company: true, Places: []dedupe.Place{m.home()}}
	switch m.IntN(3) {
	case 0:
		r.Name = pick(m, m.company...) + " " + pick(m, m.tail...)
	case 1:
		r.Name = pick(m, m.tail...) + " & " + pick(m, m.tail...)
	default:
		r.Name = pick(m, m.company...) + " " + m.common(m.surnames) + " " + pick(m, m.towns...)
	}
	if m.chance(60) {
		r.Name += " " + pick(m, m.legal...)
	}
	if m.chance(50) {
		r.Tax = fmt.Sprintf("BE0%09d", m.IntN(1000000000))
	}
	if m.chance(50) {
		r.Phones = []string{m.phone("fixed")}
	}
	if m.chance(40) {
		r.Emails = []string{"info@" + strings.ToLower(strings.Join(strings.Fields(strings.ReplaceAll(r.Name, "&", "")), "")) + ".example"}
	}
	return r
}

// corruptFirm makes the record of a company again.
func (m *maker) corruptFirm(r dedupe.Record) dedupe.Record {
	r.Emails, r.Phones, r.Places = slices.Clone(r.Emails), slices.Clone(r.Phones), slices.Clone(r.Places)
	for range pick(m, 1, 2, 2, 3) {
		words := strings.Fields(r.Name)
		switch m.IntN(8) {
		case 0:
			r.Name = m.typo(r.Name)
		case 1:
			for _, l := range m.legal {
				r.Name = strings.TrimSuffix(r.Name, " "+l)
			}
		case 2:
			r.Name = strings.Join(words[:len(words)-1], " ") + " " + words[len(words)-1] + " " + pick(m, m.legal...)
		case 3:
			if len(words) > 1 {
				words[0], words[1] = words[1], words[0]
				r.Name = strings.Join(words, " ")
			}
		case 4:
			r.Tax = ""
		case 5:
			r.Phones = nil
		case 6:
			r.Places[0].Street = m.typo(r.Places[0].Street)
		case 7:
			r.Name = strings.ToUpper(r.Name)
		}
	}
	return r
}

// Count is how right an answer is.
type Count struct{ True, Wrong, Missed int }

// Precision, Recall and F1 of an answer.
func (c Count) Precision() float64 { return ratio(c.True, c.True+c.Wrong) }

// Recall is the part of the true pairs that were found.
func (c Count) Recall() float64 { return ratio(c.True, c.True+c.Missed) }

// F1 is the harmonic mean of both.
func (c Count) F1() float64 { return ratio(2*c.True, 2*c.True+c.Wrong+c.Missed) }

func ratio(a, b int) float64 {
	if b == 0 {
		return 1
	}
	return float64(a) / float64(b)
}

// Judge counts the pairs of groups (of places in the set) against the truth.
func (s Set) Judge(groups [][]int) Count {
	var c Count
	sizes := map[int]int{}
	for _, e := range s.Entity {
		sizes[e]++
	}
	for _, n := range sizes {
		c.Missed += n * (n - 1) / 2
	}
	said := map[[2]int]bool{}
	for _, g := range groups {
		for k, i := range g {
			for _, j := range g[k+1:] {
				pair := [2]int{min(i, j), max(i, j)}
				if said[pair] {
					continue
				}
				said[pair] = true
				if s.Entity[i] == s.Entity[j] {
					c.True++
					c.Missed--
				} else {
					c.Wrong++
				}
			}
		}
	}
	return c
}
