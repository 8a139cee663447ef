// Package population makes the reference contacts of the benchmarks: an organisation of invented people, the same for
// the same seed. Names follow the frequencies names have (a few very common, very many rare), as do towns, streets
// and mail providers; addresses, dates, tags and consents are filled as often as clubs fill them. What a contact holds is the
// product's own contact, made complete by the product's own rules, with a balance beside it as ledgers give one.
package population

import (
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/muster-crm/muster/shared/clock"
	"github.com/muster-crm/muster/shared/contact"
	"github.com/muster-crm/muster/shared/fold"
	"github.com/muster-crm/muster/shared/index"
	"github.com/muster-crm/muster/shared/policy"
	"github.com/muster-crm/muster/shared/query"
	"github.com/muster-crm/muster/shared/record"
)

// Now is when the benchmarks take place.
var Now = time.Date(2027, 3, 14, 10, 0, 0, 0, time.UTC)

// Person is a contact with its balance.
type Person struct {
	contact.Contact
	Balance int64 `json:"balance,omitempty"`
}

// Schema is that of contacts, with the balance.
func Schema() index.Schema {
	s := contact.Kind().Schema(nil)
	s.Columns = append(s.Columns, index.Column{Path: "balance", Type: query.TypeNumber, Class: policy.Finance})
	return s
}

// Population makes people one by one.
type Population struct {
	rng    *rand.Rand
	ids    *clock.IDs
	time   *clock.Manual
	start  time.Time
	step   time.Duration
	n      int
	number int64

	first, last, towns, streets, hosts, tags, domains weighted
	postcodes                                         map[string]string
}

// weighted is a list with the frequencies of its items.
type weighted struct {
	items []string
	sums  []float64
}

// zipf gives the item of rank r the weight 1/(r+shift)^exponent.
func zipf(items []string, shift, exponent float64) weighted {
	w := weighted{items: items, sums: make([]float64, len(items))}
	sum := 0.0
	for i := range items {
		sum += math.Pow(float64(i)+1+shift, -exponent)
		w.sums[i] = sum
	}
	return w
}

func (w *weighted) pick(r *rand.Rand) string {
	i, _ := slices.BinarySearch(w.sums, r.Float64()*w.sums[len(w.sums)-1])
	return w.items[min(i, len(w.items)-1)]
}

// New makes a population of n people by a seed.
func New(seed uint64, n int) *Population {
	rng := rand.New(rand.NewPCG(seed, 0x6d7573746572))
	var key [32]byte
	for i := range key {
		key[i] = byte(seed >> (8 * (i % 8)))
	}
	start := Now.AddDate(-8, 0, 0)
	p := &Population{rng: rng, time: clock.At(start), start: start, step: Now.AddDate(0, 0, -1).Sub(start) / time.Duration(n), postcodes: map[string]string{}}
	p.ids = clock.NewIDs(p.time, rand.NewChaCha8(key))
	p.first = zipf(names(rng, 4000, firstHeads, firstTails), 12, 1.05)
	p.last = zipf(names(rng, 60000, lastHeads, lastTails), 25, 0.95)
	p.towns = zipf(names(rng, 900, townHeads, townTails), 6, 0.95)
	p.streets = zipf(names(rng, 4000, streetHeads, streetTails), 8, 0.85)
	p.hosts = zipf(providers, 0.5, 1.2)
	p.domains = zipf(lower(names(rng, 5000, townHeads, domainTails)), 20, 0.8)
	p.tags = zipf(tagNames, 2, 1)
	for i, t := range p.towns.items {
		p.postcodes[t] = fmt.Sprint(1000 + (i*7919)%8990)
	}
	return p
}

// names makes n distinct names of parts.
func names(r *rand.Rand, n int, heads, tails []string) []string {
	seen := map[string]bool{}
	out := make([]string, 0, n)
	for len(out) < n {
		name := heads[r.IntN(len(heads))]
		for r.IntN(100) < 38 || len(out) > n/2 && r.IntN(100) < 45 {
			name += middles[r.IntN(len(middles))]
		}
		name += tails[r.IntN(len(tails))]
		if !seen[name] {
			seen[name] = true
			out = append(out, name)
		}
	}
	return out
}

func lower(list []string) []string {
	for i, s := range list {
		list[i] = strings.ToLower(s)
	}
	return list
}

func (p *Population) chance(percent float64) bool { return p.rng.Float64()*100 < percent }

func pick[T any](r *rand.Rand, list ...T) T { return list[r.IntN(len(list))] }

// oneOf picks by weights: item, weight, item, weight ...
func (p *Population) oneOf(list ...any) string {
	sum := 0
	for i := 1; i < len(list); i += 2 {
		sum += list[i].(int)
	}
	n := p.rng.IntN(sum)
	for i := 1; ; i += 2 {
		if n -= list[i].(int); n < 0 {
			return list[i-1].(string)
		}
	}
}

// Next makes the next person, a moment after the one before.
func (p *Population) Next() *Person {
	p.n++
	p.number += 1 + int64(p.rng.IntN(20)/19)
	created := p.start.Add(time.Duration(p.n)*p.step + time.Duration(p.rng.Int64N(int64(p.step)+1))/2).Truncate(time.Millisecond)
	p.time.Set(created)
	c := &Person{}
	c.Kind = contact.Name
	c.ID = p.ids.New("con")
	c.CreatedAt, c.UpdatedAt = created, created
	c.CreatedBy = "usr_" + pick(p.rng, "import", "anke", "bart", "front", "form", "desk1", "desk2")
	c.UpdatedBy = c.CreatedBy
	if p.chance(55) {
		c.UpdatedAt = created.Add(time.Duration(p.rng.Int64N(int64(Now.Sub(created))))).Truncate(time.Millisecond)
		c.UpdatedBy = "usr_" + pick(p.rng, "anke", "bart", "front", "desk1")
	}
	c.Number = p.number
	c.Type = p.oneOf("member", 62, "external", 14, "donor", 9, "volunteer", 6, "student", 4, "customer", 3, "supplier", 1, "partner", 1)
	c.Status = p.oneOf("active", 71, "withdrawn", 26, "pending", 3)
	c.FirstName, c.LastName = p.first.pick(p.rng), p.last.pick(p.rng)
	if p.chance(9) {
		c.Prefix = p.oneOf("van", 4, "de", 4, "van den", 2, "van der", 2, "ter", 1)
	}
	if p.chance(3) {
		c.Nickname = p.first.pick(p.rng)
	}
	if p.chance(4) {
		c.Honorific = p.oneOf("Dr.", 4, "Ir.", 2, "Prof.", 1)
	}
	if p.chance(88) {
		age := math.Abs(p.rng.NormFloat64()*24+28) + 3
		c.BirthDate = record.DateOf(Now.AddDate(0, 0, -int(age*365.25)))
	}
	c.Gender = p.oneOf("female", 46, "male", 47, "unstated", 6, "other", 1)
	c.Language = p.oneOf("nl", 78, "fr", 14, "en", 7, "es", 1)
	p.reach(c)
	for range p.rng.IntN(4) * p.rng.IntN(2) {
		if t := p.tags.pick(p.rng); !slices.Contains(c.Tags, t) {
			c.Tags = append(c.Tags, t)
		}
	}
	yes := p.chance(64)
	c.Newsletter = &yes
	c.Source = p.oneOf("import", 55, "form", 25, "telephone", 15, "request", 5)
	if p.chance(22) {
		c.ExternalIDs = map[string]string{p.oneOf("import", 3, "federation", 1): fmt.Sprint(100000 + p.rng.IntN(900000))}
	}
	if p.chance(30) {
		c.Balance = int64(p.rng.IntN(400)-150) * 50
	}
	env := &record.Env{Now: created, Channel: c.Source, Actor: c.CreatedBy, Defaults: record.Defaults{Country: "BE", Language: "nl"}}
	c.Normalize(env)
	return c
}

// reach fills in the ways to reach a person.
func (p *Population) reach(c *Person) {
	if p.chance(86) {
		c.Emails = append(c.Emails, contact.Email{Kind: "personal", Address: p.address(c)})
		if p.chance(11) {
			c.Emails = append(c.Emails, contact.Email{Kind: pick(p.rng, "work", "father", "mother"), Address: p.address(c)})
		}
	}
	if p.chance(82) {
		c.Phones = append(c.Phones, contact.Phone{Line: "mobile", Kind: "personal", Number: fmt.Sprintf("+324%s%06d", pick(p.rng, "70", "71", "72", "73", "74", "75", "76", "77", "78", "79", "84", "85", "86", "94", "95", "96", "97", "98", "99"), p.rng.IntN(1e6))})
	}
	if p.chance(24) {
		c.Phones = append(c.Phones, contact.Phone{Line: "fixed", Kind: "personal", Number: fmt.Sprintf("+32%s%06d", pick(p.rng, "92", "32", "22", "50", "11", "15", "16", "57"), p.rng.IntN(1e6))})
	}
	if p.chance(91) {
		t := p.towns.pick(p.rng)
		a := contact.Address{Kind: "home", Street: p.streets.pick(p.rng), Number: fmt.Sprint(1 + int(p.rng.ExpFloat64()*45)), Postcode: p.postcodes[t], Town: t}
		if p.chance(12) {
			a.Box = fmt.Sprint(1 + p.rng.IntN(30))
		}
		if p.chance(4) {
			a.Country = pick(p.rng, "NL", "FR", "DE")
		}
		c.Addresses = append(c.Addresses, a)
	}
	if p.chance(2) {
		c.Website = "https://www." + p.domains.pick(p.rng) + ".example"
	}
}

// address makes an e-mail address: mostly of the name, as people choose them.
func (p *Population) address(c *Person) string {
	first, last := compact(c.FirstName), compact(c.Prefix+c.LastName)
	host := p.hosts.pick(p.rng)
	if p.chance(14) {
		host = p.domains.pick(p.rng) + ".example"
	}
	local := ""
	switch n := p.rng.IntN(100); {
	case n < 42:
		local = first + "." + last
	case n < 55:
		local = first + last
	case n < 65:
		local = first[:1] + "." + last
	case n < 72:
		local = last + "." + first
	case n < 78:
		local = first + "_" + last
	case n < 88:
		local = first + fmt.Sprint(1940+p.rng.IntN(80))
	default:
		local = compact(p.streets.pick(p.rng)) + fmt.Sprint(p.rng.IntN(1000))
	}
	if p.chance(35) {
		local += fmt.Sprint(p.rng.IntN(100))
	}
	return local + "@" + host
}

func compact(s string) string { return strings.Join(fold.Words(s), "") }

// Change gives a person as the index takes it.
func (p *Person) Change(revision int64) index.Change {
	text, err := json.Marshal(p)
	if err != nil {
		panic(err) // a person is plain data
	}
	return index.Change{ID: p.ID, Revision: revision, Value: text}
}
