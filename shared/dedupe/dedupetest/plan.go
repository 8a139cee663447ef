package dedupetest

import (
	"fmt"
	"slices"
	"strings"

	"github.com/muster-crm/muster/shared/dedupe"
)

// Plan tells which set to make. What People and Companies make are the first five countries with the mistakes of somebody who types;
// a Plan has more countries, mistakes of every origin, families that are hard to tell apart, and sets with few fields.
type Plan struct {
	Seed          uint64
	Country       string // one of Countries or Abroad
	People, Again int    // different people, and records made again
	Fields        string // one of Layouts; "" for all
	Mistake       string // one of Mistakes, made in every record that is made again; "" for one to three of any
}

// Abroad lists further countries: names of other orders, scripts put into Latin letters, surnames with endings.
func Abroad() []string { return []string{"DE", "IT", "PL", "VN", "MA", "US"} }

// Layouts lists which fields sets may have, as "name birth home post phone mail gender" with some left out.
func Layouts() []string {
	return []string{"name birth", "name home", "name birth town", "name birth mail", "name mail phone", "name year home gender"}
}

// Made is a set, and what was done to each of its records; nothing to the first of a person.
type Made struct {
	Set
	Done [][]string
}

// Make makes the set of a plan.
func (p Plan) Make() Made {
	m := newMaker(p.Seed, p.Country)
	m.hard = true
	m.dateless = p.Fields != "" && !strings.Contains(p.Fields, "birth") && !strings.Contains(p.Fields, "year")
	for len(m.set.Records) < p.People {
		m.family()
	}
	first := len(m.set.Records)
	done := make([][]string, first)
	for range p.Again {
		i := m.IntN(first)
		r, what := m.mistaken(m.set.Records[i], p.Mistake)
		r.ID = fmt.Sprintf("r%06d", len(m.set.Records))
		m.set.Records = append(m.set.Records, r)
		m.set.Entity = append(m.set.Entity, m.set.Entity[i])
		done = append(done, what)
	}
	for i := range m.set.Records {
		keep(&m.set.Records[i], p.Fields)
	}
	m.Shuffle(len(m.set.Records), func(i, j int) {
		m.set.Records[i], m.set.Records[j] = m.set.Records[j], m.set.Records[i]
		m.set.Entity[i], m.set.Entity[j] = m.set.Entity[j], m.set.Entity[i]
		done[i], done[j] = done[j], done[i]
	})
	return Made{m.set, done}
}

// keep leaves a record the fields of a layout.
func keep(r *dedupe.Record, fields string) {
	if fields == "" {
		return
	}
	has := func(f string) bool { return slices.Contains(strings.Fields(fields), f) }
	switch {
	case has("year") && len(r.Birth) > 4:
		r.Birth = r.Birth[:4]
	case !has("birth") && !has("year"):
		r.Birth = ""
	}
	if !has("home") {
		places := r.Places
		r.Places = nil
		for _, p := range places {
			if has("town") {
				r.Places = append(r.Places, dedupe.Place{Town: p.Town})
			}
		}
	}
	if !has("mail") {
		r.Emails = nil
	}
	if !has("phone") {
		r.Phones = nil
	}
	if !has("gender") {
		r.Gender = ""
	}
}

// A mistake makes one field, or a few that go together, of a record wrong; it reports whether the record has them.
type mistake struct {
	name string
	make func(m *maker, r *dedupe.Record) bool
}

// Mistakes lists what goes wrong with the records of a Plan.
func Mistakes() (all []string) {
	for _, e := range mistakes {
		all = append(all, e.name)
	}
	return all
}

// mistaken makes the record of a person again, and tells how.
func (m *maker) mistaken(r dedupe.Record, only string) (dedupe.Record, []string) {
	r.Emails, r.Phones, r.Places = slices.Clone(r.Emails), slices.Clone(r.Phones), slices.Clone(r.Places)
	var done []string
	n := pick(m, 1, 1, 2, 2, 3)
	if only != "" {
		n = 1
	}
	for range n * 5 {
		e := mistakes[m.IntN(len(mistakes))]
		if only != "" {
			e = mistakes[slices.IndexFunc(mistakes, func(e mistake) bool { return e.name == only })]
		}
		if slices.Contains(done, e.name) {
			continue
		}
		if e.make(m, &r) {
			if done = append(done, e.name); len(done) == n {
				break
			}
		}
	}
	return r, done
}

// text makes a mistake of a text, which reports whether it has changed it.
func text(name string, of func(r *dedupe.Record) *string, change func(m *maker, s string) string) mistake {
	return mistake{name, func(m *maker, r *dedupe.Record) bool {
		at := of(r)
		if at == nil || *at == "" {
			return false
		}
		was := *at
		*at = change(m, was)
		return *at != was
	}}
}

func firstOf(r *dedupe.Record) *string { return &r.First }
func lastOf(r *dedupe.Record) *string  { return &r.Last }
func birthOf(r *dedupe.Record) *string { return &r.Birth }

func placeOf(of func(p *dedupe.Place) *string) func(r *dedupe.Record) *string {
	return func(r *dedupe.Record) *string {
		if len(r.Places) == 0 {
			return nil
		}
		return of(&r.Places[0])
	}
}

var (
	streetOf = placeOf(func(p *dedupe.Place) *string { return &p.Street })
	numberOf = placeOf(func(p *dedupe.Place) *string { return &p.Number })
	postOf   = placeOf(func(p *dedupe.Place) *string { return &p.Postcode })
	townOf   = placeOf(func(p *dedupe.Place) *string { return &p.Town })
)

func typo(m *maker, s string) string { return m.typo(s) }

// swap changes two neighbours.
func swap(m *maker, s string) string {
	if len(s) < 2 {
		return s
	}
	i := m.IntN(len(s) - 1)
	b := []byte(s)
	b[i], b[i+1] = b[i+1], b[i]
	return string(b)
}

// cut leaves the beginning, as a column that is too narrow does.
func cut(m *maker, s string) string {
	runes := []rune(s)
	if len(runes) < 8 {
		return s
	}
	return string(runes[:max(len(runes)*2/3, 6)])
}

// scan reads letters as a machine does.
func scan(m *maker, s string) string {
	pairs := [][2]string{{"rn", "m"}, {"m", "rn"}, {"l", "1"}, {"o", "0"}, {"cl", "d"}, {"e", "c"}, {"i", "l"}, {"h", "b"}, {"s", "5"}}
	m.Shuffle(len(pairs), func(i, j int) { pairs[i], pairs[j] = pairs[j], pairs[i] })
	for _, p := range pairs {
		if strings.Contains(s[1:], p[0]) {
			return s[:1] + strings.Replace(s[1:], p[0], p[1], 1)
		}
	}
	return s
}

// beside hits the key beside the one that is meant, and now and then two letters.
func beside(m *maker, s string) string {
	rows := []string{"qwertyuiop", "asdfghjkl", "zxcvbnm"}
	b := []byte(s)
	for range pick(m, 1, 1, 1, 2) {
		i := 1 + m.IntN(max(len(b)-1, 1))
		if i >= len(b) {
			continue
		}
		for _, row := range rows {
			if at := strings.IndexByte(row, b[i]); at >= 0 {
				b[i] = row[max(min(at+pick(m, -1, 1), len(row)-1), 0)]
				break
			}
		}
	}
	return string(b)
}

// plain writes letters without their marks, in one of the ways there are.
func plain(m *maker, s string) string {
	how := pick(m, 0, 1)
	for _, p := range [][3]string{{"ü", "ue", "u"}, {"ö", "oe", "o"}, {"ä", "ae", "a"}, {"ß", "ss", "s"}, {"é", "e", "e'"}, {"è", "e", "e"}, {"í", "i", "i"}, {"á", "a", "a"},
		{"ó", "o", "o"}, {"ñ", "n", "nh"}, {"ł", "l", "l"}, {"ę", "e", "en"}, {"ą", "a", "on"}, {"ś", "s", "s"}, {"ń", "n", "n"}, {"ç", "c", "s"}, {"ë", "e", "e"}, {"ú", "u", "u"}, {"ż", "z", "z"}, {"ź", "z", "z"}} {
		s = strings.ReplaceAll(s, p[0], p[1+how])
	}
	return s
}

// mistakes are by where they come from: hands, ears, machines, forms, and life.
var mistakes = []mistake{
	text("first name mistyped", firstOf, typo),
	text("surname mistyped", lastOf, typo),
	text("first name, key beside", firstOf, beside),
	text("surname, key beside", lastOf, beside),
	text("first name misread", firstOf, scan),
	text("surname misread", lastOf, scan),
	text("surname cut", lastOf, cut),
	text("street cut", streetOf, cut),
	text("first name misheard", firstOf, func(m *maker, s string) string { return m.heard(s) }),
	text("surname misheard", lastOf, func(m *maker, s string) string { return m.heard(s) }),
	text("first name in another form", firstOf, func(m *maker, s string) string {
		if form, ok := m.forms[s]; ok {
			return form
		}
		for full, short := range m.forms { // forms are few: any of those that fit
			if short == s {
				return full
			}
		}
		return s
	}),
	text("initial", firstOf, func(m *maker, s string) string { return string([]rune(s)[:1]) + "." }),
	text("second first name", firstOf, func(m *maker, s string) string {
		if at := strings.IndexAny(s, " -"); at > 0 {
			return s[:at]
		}
		return s + " " + string(rune('A'+m.IntN(20))) + "."
	}),
	text("title", firstOf, func(m *maker, s string) string { return pick(m, "Dr. ", "Mr ", "Mme ", "Ing. ", "Prof. ") + s }),
	text("capitals", lastOf, func(m *maker, s string) string { return strings.ToUpper(s) }),
	text("first name without marks", firstOf, plain),
	text("surname without marks", lastOf, plain),
	{"names swapped", func(m *maker, r *dedupe.Record) bool {
		r.First, r.Last = r.Last, r.First
		return r.Prefix == ""
	}},
	{"name in one field", func(m *maker, r *dedupe.Record) bool {
		if r.First == "" || r.Last == "" {
			return false
		}
		prefix := ""
		if r.Prefix != "" {
			prefix = r.Prefix + " "
		}
		switch m.IntN(3) {
		case 0:
			r.First, r.Last = r.First+" "+prefix+r.Last, ""
		case 1:
			r.First, r.Last = "", prefix+r.Last+", "+r.First
		default:
			r.First, r.Last = "", r.First+" "+prefix+r.Last
		}
		r.Prefix = ""
		return true
	}},
	{"particle", func(m *maker, r *dedupe.Record) bool {
		if r.Prefix == "" {
			return false
		}
		if m.chance(50) {
			r.Last = strings.ReplaceAll(r.Prefix, " ", "") + strings.ToLower(r.Last)
		}
		r.Prefix = ""
		return true
	}},
	{"double surname", func(m *maker, r *dedupe.Record) bool {
		if at := strings.IndexAny(r.Last, " -"); at > 0 {
			r.Last = r.Last[:at]
		} else {
			r.Last += pick(m, "-", " ") + m.surname()[1]
		}
		return true
	}},
	{"surname of another", func(m *maker, r *dedupe.Record) bool {
		if r.Gender != "female" || r.Birth == "" {
			return false
		}
		other := m.surname()
		r.Prefix, r.Last = other[0], other[1]
		return true
	}},
	{"day and month swapped", func(m *maker, r *dedupe.Record) bool {
		if len(r.Birth) != 10 || r.Birth[8:] > "12" || r.Birth[8:] == r.Birth[5:7] {
			return false
		}
		r.Birth = r.Birth[:5] + r.Birth[8:] + "-" + r.Birth[5:7]
		return true
	}},
	text("birth date mistyped", birthOf, func(m *maker, s string) string { return m.misdate(s) }),
	text("year of birth only", birthOf, func(m *maker, s string) string { return s[:4] }),
	text("first of January", birthOf, func(m *maker, s string) string { return s[:4] + "-01-01" }),
	text("no birth date", birthOf, func(m *maker, s string) string { return "" }),
	text("house number swapped", numberOf, swap),
	text("postcode swapped", postOf, swap),
	text("no postcode", postOf, func(*maker, string) string { return "" }),
	text("street mistyped", streetOf, typo),
	text("town mistyped", townOf, typo),
	text("town in another language", townOf, func(m *maker, s string) string {
		if other, ok := m.abroad[s]; ok {
			return other
		}
		return s
	}),
	text("street short", streetOf, func(_ *maker, s string) string {
		return strings.NewReplacer("straat", "str.", "straße", "str.", "laan", "ln", "avenue", "av.", "Street", "St", "Road", "Rd", "rue ", "r. ", "Via ", "V. ", "ulica ", "ul. ").Replace(s)
	}),
	{"number in the street", func(m *maker, r *dedupe.Record) bool {
		if len(r.Places) == 0 {
			return false
		}
		p := &r.Places[0]
		if m.before {
			p.Street, p.Number = p.Number+" "+p.Street, ""
		} else {
			p.Street, p.Number = p.Street+" "+p.Number, ""
		}
		return true
	}},
	{"moved", func(m *maker, r *dedupe.Record) bool {
		if r.Birth == "" || len(r.Places) == 0 {
			return false
		}
		r.Places[0] = m.home()
		return true
	}},
	{"no address", func(m *maker, r *dedupe.Record) bool {
		had := len(r.Places) > 0 && len(r.Emails)+len(r.Phones) > 0
		if had {
			r.Places = nil
		}
		return had
	}},
	{"another mailbox", func(m *maker, r *dedupe.Record) bool {
		had := len(r.Emails) > 0
		r.Emails = []string{m.email(r)}
		return had
	}},
	{"mailbox mistyped", func(m *maker, r *dedupe.Record) bool {
		had := len(r.Emails) > 0
		if had {
			r.Emails[0] = m.typo(r.Emails[0])
		}
		return had
	}},
	{"another telephone", func(m *maker, r *dedupe.Record) bool {
		had := len(r.Phones) > 0
		r.Phones = []string{m.phone("mobile")}
		return had
	}},
	{"telephone mistyped", func(m *maker, r *dedupe.Record) bool {
		had := len(r.Phones) > 0
		if had {
			r.Phones[0] = swap(m, r.Phones[0])
		}
		return had
	}},
}

// heard writes a name as it is heard, by the habits of its country and by those of all.
func (m *maker) heard(s string) string {
	for _, p := range m.spellings {
		if strings.Contains(s, p[0]) && m.chance(60) {
			return strings.Replace(s, p[0], p[1], 1)
		}
	}
	return m.respell(s)
}

// sibling gives a first name that is hard to tell from another: with a word of it, or but a letter or two away.
func (m *maker) sibling(of string, all []string) string {
	if at := strings.IndexAny(of, " -"); at > 0 {
		return of[:at+1] + pick(m, all...)
	}
	var near []string
	for _, s := range all {
		if s != of && (s[:2] == of[:2] || len(s) == len(of) && s[1:2] == of[1:2]) {
			near = append(near, s)
		}
	}
	if len(near) == 0 {
		return pick(m, all...)
	}
	return pick(m, near...)
}
