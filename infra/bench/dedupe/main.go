// Command dedupe measures how well duplicates are found, at the thresholds of an organisation that has set none:
//
//	go run ./dedupe                     labelled sets of MUSTER_TESTDATA/duplicates, and made ones
//	go run ./dedupe -pairs DIR          and writes the pairs of each labelled set to DIR/<set>.csv (id1,id2,score)
//	go run ./dedupe -half 1 -list 50    the wrong and missed pairs of one half of each labelled set; the other half is for judging
//	go run ./dedupe -wide -seed 23      sets of more countries and of few fields, and of each single mistake
//	go run ./dedupe -scan 100000        and how long the scan of so many contacts takes
//
// Beside precision, recall and F1 it tells which part of the true pairs is compared at all, found the same or not.
//
// A labelled set is a folder with contacts.csv (columns id, kind, first_name, last_name, organisation, street, street2, city,
// postcode, birth_date, email, phone) and truth.csv (id, entity). Columns that identify people (external_no) are not read.
package main

import (
	"context"
	"encoding/csv"
	"flag"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"path/filepath"
	"runtime/pprof"
	"slices"
	"strconv"
	"syscall"
	"time"

	"github.com/muster-crm/muster/infra/bench/population"
	"github.com/muster-crm/muster/shared/dedupe"
	"github.com/muster-crm/muster/shared/dedupe/dedupetest"
)

func main() {
	pairs := flag.String("pairs", "", "folder to write the pairs found to")
	scan := flag.Int("scan", 0, "contacts to scan for the time it takes")
	list := flag.Int("list", 0, "wrong and missed pairs to show of each set")
	half := flag.Int("half", 0, "1 or 2: only that half of the entities of each labelled set; look at the errors of one, judge by the other")
	seed := flag.Uint64("seed", 23, "of the sets that are made wide")
	wide := flag.Bool("wide", false, "sets of further countries, few fields and every single mistake")
	profile := flag.String("profile", "", "write a CPU profile of the scan to this file")
	flag.Parse()
	if err := run(os.Stdout, *pairs, *profile, *scan, *list, *half, *wide, *seed); err != nil {
		fmt.Fprintln(os.Stderr, "dedupe:", err)
		os.Exit(1)
	}
}

func run(out io.Writer, pairs, profile string, scan, list, half int, wide bool, seed uint64) error {
	dir := os.Getenv("MUSTER_TESTDATA")
	if dir == "" {
		dir = filepath.Join("..", "..", "..", "shared", "testdata")
	}
	names, err := filepath.Glob(filepath.Join(dir, "duplicates", "*", "contacts.csv"))
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "%-22s %8s %8s  %9s %9s %9s %9s   %s\n", "set", "records", "found", "precision", "recall", "F1", "compared", "CPU")
	for _, name := range names {
		set, err := read(filepath.Dir(name))
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		title := filepath.Base(filepath.Dir(name))
		if half > 0 {
			set = split(set, half)
		}
		groups := report(out, title, set, list)
		if pairs != "" {
			if err := write(filepath.Join(pairs, title+".csv"), set, groups); err != nil {
				return err
			}
		}
	}
	for _, of := range dedupetest.Countries() {
		report(out, "people "+of, dedupetest.People(11, of, 4000, 1000), list)
		report(out, "companies "+of, dedupetest.Companies(11, of, 1000, 250), list)
	}
	if wide {
		widely(out, seed, list)
	}
	if profile != "" {
		f, err := os.Create(profile)
		if err != nil {
			return err
		}
		defer f.Close()
		if err := pprof.StartCPUProfile(f); err != nil {
			return err
		}
		defer pprof.StopCPUProfile()
	}
	if scan > 0 {
		report(out, "scan", reference(scan), 0)
		report(out, "scan, duplicates", dedupetest.People(7, "BE", scan/2, scan/10), list)
	}
	return nil
}

// widely reports the sets of plans: countries, layouts, and the part of the records with each single mistake that is found.
func widely(out io.Writer, seed uint64, list int) {
	everywhere := slices.Concat(dedupetest.Countries(), dedupetest.Abroad())
	for _, of := range everywhere {
		report(out, "hard "+of, dedupetest.Plan{Seed: seed, Country: of, People: 4000, Again: 1000}.Make().Set, list)
	}
	for i, fields := range dedupetest.Layouts() {
		report(out, fields, dedupetest.Plan{Seed: seed, Country: everywhere[i%len(everywhere)], People: 4000, Again: 1000, Fields: fields}.Make().Set, list)
	}
	fmt.Fprintf(out, "%-32s %7s %7s %9s   in every country, of single mistakes\n", "mistake", "found", "looked", "precision")
	for _, mistake := range dedupetest.Mistakes() {
		var sum dedupetest.Count
		looked, all := 0, 0
		for i, of := range everywhere {
			set := dedupetest.Plan{Seed: seed + uint64(i), Country: of, People: 600, Again: 150, Mistake: mistake}.Make()
			groups, pairs := find(set.Set)
			count := set.Judge(groups)
			sum.True, sum.Wrong, sum.Missed = sum.True+count.True, sum.Wrong+count.Wrong, sum.Missed+count.Missed
			looked, all = looked+set.Judge(pairs).True, all+count.True+count.Missed
		}
		fmt.Fprintf(out, "%-32s %7.4f %7.4f %9.4f\n", mistake, sum.Recall(), float64(looked)/float64(all), sum.Precision())
	}
}

// find gives the groups of a set that are the same, and the pairs that were compared.
func find(set dedupetest.Set) (groups, compared [][]int) {
	c := dedupe.NewCorpus()
	for i := range set.Records {
		c.Add(&set.Records[i])
	}
	s := c.Scorer()
	pairs, err := s.Scan(context.Background(), dedupe.Default)
	if err == nil {
		err = s.Candidates(context.Background(), func(a, b int) { compared = append(compared, []int{a, b}) })
	}
	if err != nil {
		panic(err) // nothing ends it
	}
	for _, g := range s.Groups(pairs, dedupe.Default, func(int, int) bool { return false }) {
		if g.Level == dedupe.Same {
			groups = append(groups, g.Rows)
		}
	}
	return groups, compared
}

// reference makes the reference contacts of the benchmarks, who are all different people.
func reference(n int) (set dedupetest.Set) {
	p := population.New(1, n)
	for i := range n {
		c := p.Next()
		r := dedupe.Record{ID: c.ID, First: c.FirstName, Nick: c.Nickname, Prefix: c.Prefix, Last: c.LastName, Birth: string(c.BirthDate), Gender: c.Gender}
		for _, e := range c.Emails {
			r.Emails = append(r.Emails, e.Address)
		}
		for _, t := range c.Phones {
			r.Phones = append(r.Phones, t.Number)
		}
		for _, a := range c.Addresses {
			r.Places = append(r.Places, dedupe.Place{Street: a.Street, Number: a.Number, Box: a.Box, Postcode: a.Postcode, Town: a.Town})
		}
		set.Records = append(set.Records, r)
		set.Entity = append(set.Entity, i)
	}
	return set
}

// split gives the first or the second half of the entities of a set, the same whatever their order.
func split(set dedupetest.Set, half int) (part dedupetest.Set) {
	lowest := map[int]string{} // the id of the records of an entity that comes first
	for i, e := range set.Entity {
		if id := set.Records[i].ID; lowest[e] == "" || id < lowest[e] {
			lowest[e] = id
		}
	}
	for i, e := range set.Entity {
		if int(crc32.ChecksumIEEE([]byte(lowest[e]))%2) == half-1 {
			part.Records, part.Entity = append(part.Records, set.Records[i]), append(part.Entity, e)
		}
	}
	return part
}

// report scans a set and tells how right that was.
func report(out io.Writer, title string, set dedupetest.Set, list int) []dedupe.Group {
	before := cpu()
	c := dedupe.NewCorpus()
	c.Grow(len(set.Records))
	for i := range set.Records {
		c.Add(&set.Records[i])
	}
	s := c.Scorer()
	pairs, err := s.Scan(context.Background(), dedupe.Default)
	if err != nil {
		panic(err) // nothing ends it
	}
	groups := slices.DeleteFunc(s.Groups(pairs, dedupe.Default, func(int, int) bool { return false }), func(g dedupe.Group) bool { return g.Level != dedupe.Same })
	took := cpu() - before
	var rows [][]int
	for _, g := range groups {
		rows = append(rows, g.Rows)
	}
	count := set.Judge(rows)
	fmt.Fprintf(out, "%-22s %8d %8d  %9.4f %9.4f %9.4f %9.4f   %v\n", title, len(set.Records), count.True+count.Wrong, count.Precision(), count.Recall(), count.F1(), compared(set, s), took.Round(time.Millisecond))
	if list > 0 {
		show(out, set, s, rows, list)
	}
	return groups
}

// compared gives the part of the true pairs that are compared at all.
func compared(set dedupetest.Set, s *dedupe.Scorer) float64 {
	var pairs [][]int
	err := s.Candidates(context.Background(), func(a, b int) {
		if set.Entity[a] == set.Entity[b] {
			pairs = append(pairs, []int{a, b})
		}
	})
	if err != nil {
		panic(err) // nothing ends it
	}
	return set.Judge(pairs).Recall()
}

// show lists wrong and missed pairs.
func show(out io.Writer, set dedupetest.Set, s *dedupe.Scorer, groups [][]int, most int) {
	at := map[int]int{}
	wrong, missed := 0, 0
	for g, rows := range groups {
		for k, i := range rows {
			at[i] = g + 1
			for _, j := range rows[k+1:] {
				if set.Entity[i] != set.Entity[j] {
					if wrong++; wrong <= most {
						fmt.Fprintf(out, "wrong  %+v\n    %+v\n    %+v\n", s.Score(i, j), set.Records[i], set.Records[j])
					}
				}
			}
		}
	}
	of := map[int][]int{}
	for i, e := range set.Entity {
		for _, j := range of[e] {
			if at[i] == 0 || at[i] != at[j] {
				if missed++; missed <= most {
					fmt.Fprintf(out, "missed %+v\n    %+v\n    %+v\n", s.Score(j, i), set.Records[j], set.Records[i])
				}
			}
		}
		of[e] = append(of[e], i)
	}
}

func cpu() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// read reads a labelled set.
func read(dir string) (set dedupetest.Set, err error) {
	people, err := table(filepath.Join(dir, "contacts.csv"))
	if err != nil {
		return set, err
	}
	truth, err := table(filepath.Join(dir, "truth.csv"))
	if err != nil {
		return set, err
	}
	entity, number := map[string]int{}, map[string]int{}
	for _, row := range truth {
		if _, ok := number[row["entity"]]; !ok {
			number[row["entity"]] = len(number)
		}
		entity[row["id"]] = number[row["entity"]]
	}
	for _, row := range people {
		r := dedupe.Record{ID: row["id"], First: row["first_name"], Last: row["last_name"], Name: row["organisation"], Birth: row["birth_date"],
			Company: row["kind"] == "organisation" || row["kind"] == "company"}
		if row["email"] != "" {
			r.Emails = []string{row["email"]}
		}
		if row["phone"] != "" {
			r.Phones = []string{row["phone"]}
		}
		r.Places = []dedupe.Place{{Street: row["street"], Box: row["street2"], Postcode: row["postcode"], Town: row["city"]}}
		set.Records = append(set.Records, r)
		set.Entity = append(set.Entity, entity[row["id"]])
	}
	return set, nil
}

func table(name string) ([]map[string]string, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil || len(rows) == 0 {
		return nil, err
	}
	var all []map[string]string
	for _, row := range rows[1:] {
		one := map[string]string{}
		for i, head := range rows[0] {
			one[head] = row[i]
		}
		all = append(all, one)
	}
	return all, nil
}

func write(name string, set dedupetest.Set, groups []dedupe.Group) error {
	f, err := os.Create(name)
	if err != nil {
		return err
	}
	defer f.Close()
	w := csv.NewWriter(f)
	_ = w.Write([]string{"id1", "id2", "score"})
	for _, g := range groups {
		for k, i := range g.Rows {
			for _, j := range g.Rows[k+1:] {
				_ = w.Write([]string{set.Records[i].ID, set.Records[j].ID, strconv.Itoa(g.Score.Points)})
			}
		}
	}
	w.Flush()
	return w.Error()
}
