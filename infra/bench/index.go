package main

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"runtime"
	"runtime/debug"
	"runtime/pprof"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/muster-crm/muster/infra/bench/population"
	"github.com/muster-crm/muster/shared/index"
	"github.com/muster-crm/muster/shared/policy"
	"github.com/muster-crm/muster/shared/query"
)

type options struct {
	n, samples int
	seed       uint64
	only       string
	postgres   bool
	bin        string
	profile    string
}

// row is a line of the table: what was asked, and the budgets at 100,000 and at a million.
type row struct {
	name   string
	budget [2]time.Duration
	factor [2]float64 // by which PostgreSQL is to be slower
	ask    func(q *questions) question
}

// question is one request, in our terms; postgres.go says it in SQL.
type question struct {
	kind  string
	req   index.Request
	words []string // as typed
	args  []any
}

const us = time.Microsecond

var rows = []row{
	{"text of 3 letters", [2]time.Duration{700 * us, 3000 * us}, [2]float64{15, 25}, func(q *questions) question { return q.text(3) }},
	{"text of 5 letters", [2]time.Duration{700 * us, 3000 * us}, [2]float64{}, func(q *questions) question { return q.text(5) }},
	{"last name", [2]time.Duration{700 * us, 3000 * us}, [2]float64{}, func(q *questions) question { return q.search("text", q.person().LastName) }},
	{"full name, either order", [2]time.Duration{900 * us, 3500 * us}, [2]float64{7, 25}, (*questions).fullName},
	{"2 letters", [2]time.Duration{3000 * us, 20000 * us}, [2]float64{}, (*questions).twoLetters},
	{"phone digits", [2]time.Duration{40 * us, 150 * us}, [2]float64{20, 25}, (*questions).phone},
	{"e-mail exact", [2]time.Duration{20 * us, 20 * us}, [2]float64{}, (*questions).email},
	{"one typo", [2]time.Duration{150 * us, 1000 * us}, [2]float64{300, 300}, (*questions).typo},
	{"three filters, sorted, page of 50", [2]time.Duration{50 * us, 200 * us}, [2]float64{30, 40}, (*questions).filters},
	{"facets status x type, sum by type", [2]time.Duration{300 * us, 2200 * us}, [2]float64{70, 100}, (*questions).facets},
}

// questions draws questions from the population itself: what people look for is there.
type questions struct {
	rng    *rand.Rand
	people []*population.Person
	grant  policy.Grant
}

func (q *questions) person() *population.Person { return q.people[q.rng.IntN(len(q.people))] }

func (q *questions) request(where query.Expr) index.Request {
	return index.Request{Where: where, Limit: 50, Count: true, Now: population.Now, Grant: q.grant}
}

func (q *questions) search(kind string, words ...string) question {
	var and query.And
	for _, w := range words {
		and = append(and, query.Text{Words: w})
	}
	return question{kind: kind, req: q.request(and), words: words}
}

func beginning(s string, n int) string {
	r := []rune(s)
	return string(r[:min(n, len(r))])
}

func (q *questions) name() string {
	p := q.person()
	if q.rng.IntN(2) == 0 {
		return p.FirstName
	}
	return p.LastName
}

// text asks for the beginning of a name.
func (q *questions) text(letters int) question {
	for {
		if s := beginning(q.name(), letters); utf8.RuneCountInString(s) == letters && !strings.ContainsAny(s, "'") {
			return q.search("text", s)
		}
	}
}

func (q *questions) fullName() question {
	p := q.person()
	if q.rng.IntN(2) == 0 {
		return q.search("text", p.LastName, p.FirstName)
	}
	return q.search("text", p.FirstName, p.LastName)
}

func (q *questions) twoLetters() question { return q.search("text", beginning(q.name(), 2)) }

func (q *questions) phone() question {
	for {
		p := q.person()
		if len(p.Phones) == 0 {
			continue
		}
		number := "0" + p.Phones[0].Number[3:] // +32471565431 as 0471565431
		if q.rng.IntN(2) == 0 {
			number = number[len(number)-6:]
			if number[0] == '0' {
				continue
			}
		}
		return q.search("phone", number)
	}
}

func (q *questions) email() question {
	for {
		if p := q.person(); len(p.Emails) > 0 {
			return q.search("email", p.Emails[0].Address)
		}
	}
}

func (q *questions) typo() question {
	for {
		name := []rune(q.person().LastName)
		if len(name) < 6 {
			continue
		}
		i := 1 + q.rng.IntN(len(name)-2)
		switch q.rng.IntN(4) {
		case 0:
			name = append(name[:i:i], name[i+1:]...)
		case 1:
			name = append(name[:i:i], append([]rune{'k'}, name[i:]...)...)
		case 2:
			name[i] = 'q'
		case 3:
			name[i], name[i+1] = name[i+1], name[i]
		}
		return q.search("typo", string(name))
	}
}

func (q *questions) filters() question {
	for {
		p := q.person()
		if len(p.Addresses) == 0 {
			continue
		}
		term := func(field, value string) query.Expr { return query.Term{Field: field, Op: query.Is, Value: value} }
		r := q.request(query.And{term("type", p.Type), term("status", p.Status), term("addresses.town", p.Addresses[0].Town)})
		r.Sort = []index.Sort{{Path: "updatedAt", Down: true}}
		return question{kind: "filters", req: r, args: []any{p.Type, p.Status, p.Addresses[0].Town}}
	}
}

func (q *questions) facets() question {
	r := q.request(nil)
	r.Limit = 0
	r.Facets = [][]string{{"status", "type"}} // with the sum of each: by type alone is their sum
	r.Sums = []string{"balance"}
	return question{kind: "facets", req: r}
}

func (o *options) index(out io.Writer) error {
	fmt.Fprintf(out, "%d contacts, seed %d, %d measurements a row, %s, %s\n\n", o.n, o.seed, o.samples, runtime.Version(), processor())
	p := population.New(o.seed, o.n)
	people := make([]*population.Person, o.n)
	changes := make([]index.Change, o.n)
	bytesOfJSON := 0
	for i := range people {
		people[i] = p.Next()
		changes[i] = people[i].Change(1 + int64(i%4))
		bytesOfJSON += len(changes[i].Value)
	}
	runtime.GC()
	view, err := build(changes)
	if err != nil {
		return err
	}
	q := &questions{rng: rand.New(rand.NewPCG(o.seed, 77)), people: people, grant: policy.For(policy.Actor{ID: "usr_bench"}, policy.Owner)}
	t := &table{out: out, at: 0}
	if o.n > 300_000 {
		t.at = 1
	}
	var pg *postgres
	if o.postgres {
		if pg, err = startPostgres(o.bin, people); err != nil {
			return err
		}
		defer pg.stop()
	}
	if o.profile != "" {
		f, err := os.Create(o.profile)
		if err != nil {
			return err
		}
		defer f.Close()
		if err := pprof.StartCPUProfile(f); err != nil {
			return err
		}
	}
	t.head(pg != nil)
	for _, r := range rows {
		if !strings.Contains(r.name, o.only) {
			continue
		}
		list := make([]question, o.samples)
		for i := range list {
			list[i] = r.ask(q)
		}
		ours := median(len(list), func(i int) {
			if _, err := view.Find(list[i].req); err != nil {
				panic(err)
			}
		})
		var theirs time.Duration
		if pg != nil {
			if theirs, err = pg.compare(view, list); err != nil {
				return fmt.Errorf("%s: %w", r.name, err)
			}
		}
		t.time(r, ours, theirs)
	}
	if err := o.changes(t, q, view, changes); err != nil {
		return err
	}
	if strings.Contains(rebuild, o.only) && o.only != "" {
		if err := o.rebuilt(t, changes); err != nil {
			return err
		}
	}
	pprof.StopCPUProfile()
	if o.only != "" {
		return nil
	}
	var used []index.Request // bring about all that is made when first asked for
	for _, r := range rows {
		used = append(used, r.ask(q).req)
	}
	used = append(used, q.search("text", "4711").req)
	people, q.people = nil, nil // no part of what is measured now
	return o.sizes(t, view, changes, used, bytesOfJSON)
}

func build(changes []index.Change) (*index.View, error) {
	b := index.NewBuilder(population.Schema())
	for _, c := range changes {
		if err := b.Add(c); err != nil {
			return nil, err
		}
	}
	return b.View(int64(len(changes))), nil
}

// changes measures Apply.
func (o *options) changes(t *table, q *questions, view *index.View, all []index.Change) error {
	for _, r := range []struct {
		n      int
		budget [2]time.Duration
	}{{1, [2]time.Duration{10 * us, 10 * us}}, {1000, [2]time.Duration{1500 * us, 2000 * us}}} {
		name := fmt.Sprintf("apply %d", r.n)
		if !strings.Contains(name, o.only) {
			continue
		}
		lists := make([][]index.Change, min(o.samples, 200))
		for i := range lists {
			lists[i] = make([]index.Change, r.n)
			for k := range lists[i] {
				c := all[q.rng.IntN(len(all))]
				lists[i][k] = index.Change{ID: c.ID, Revision: c.Revision + 10, Value: c.Value}
			}
		}
		var err error
		took := median(len(lists), func(i int) {
			if _, e := view.Apply(view.Seq()+1, lists[i]); e != nil {
				err = e
			}
		})
		if err != nil {
			return err
		}
		t.time(row{name: name, budget: r.budget}, took, 0)
	}
	return nil
}

// sizes measures what a view takes, and how it comes about.
func (o *options) sizes(t *table, view *index.View, changes []index.Change, used []index.Request, bytesOfJSON int) error {
	n := float64(len(changes))
	t.size("JSON of a contact", float64(bytesOfJSON)/n, [2]float64{})
	t.size("memory a contact, as the view guesses", float64(view.Bytes())/n, [2]float64{})
	before := heap()
	again, err := build(changes)
	if err != nil {
		return err
	}
	for _, r := range used {
		if _, err := again.Find(r); err != nil {
			return err
		}
	}
	t.size("memory a contact, as the heap grows", float64(heap()-before)/n, [2]float64{260, 250})
	runtime.KeepAlive(again)
	again = nil
	var snapshot bytes.Buffer
	wrote := median(1, func(int) { err = view.WriteSnapshot(&snapshot) })
	if err != nil {
		return err
	}
	t.size("snapshot a contact", float64(snapshot.Len())/n, [2]float64{65, 62})
	t.time(row{name: "write a snapshot"}, wrote, 0)
	runtime.GC()
	load := median(5, func(int) {
		var v *index.View
		if v, err = index.ReadSnapshot(bytes.NewReader(snapshot.Bytes()), population.Schema()); err != nil {
			return
		}
		_, err = v.Find(index.Request{Limit: 50, Count: true, Now: population.Now, Grant: policy.For(policy.Actor{}, policy.Owner)})
	})
	if err != nil {
		return err
	}
	t.time(row{name: "load to first answer", budget: [2]time.Duration{50 * time.Millisecond, 500 * time.Millisecond}}, load, 0)
	return o.rebuilt(t, changes)
}

const rebuild = "rebuild"

// rebuilt measures how long it takes to build a view from its records alone.
func (o *options) rebuilt(t *table, changes []index.Change) error {
	runtime.GC()
	var err error
	took := median(3, func(int) { _, err = build(changes) })
	t.time(row{name: rebuild, budget: [2]time.Duration{500 * time.Millisecond, 6 * time.Second}}, took, 0)
	return err
}

func heap() uint64 {
	debug.FreeOSMemory()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

func processor() string {
	text, err := os.ReadFile("/proc/cpuinfo")
	if err != nil {
		return runtime.GOARCH
	}
	for line := range strings.Lines(string(text)) {
		if name, ok := strings.CutPrefix(line, "model name"); ok {
			return strings.Trim(name, "\t :\n")
		}
	}
	return runtime.GOARCH
}
