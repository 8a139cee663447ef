package dedupe

import (
	"cmp"
	"slices"
)

// Group is records that belong together.
type Group struct {
	Rows  []int // places in the corpus
	Level Level
	Score Score // of its most alike two; with reasons
}

// largest is how many records a group holds at most: what one merge can take.
const largest = 10

// Groups puts pairs together, the most alike first: of pairs that are the same, whole groups whose members all are; the likely
// ones stay pairs, but for those within a group, and so do those of a record that is the same as two who are not one: father and son,
// where it has no birth date. apart tells of pairs that somebody has said are two; they are never together.
func (s *Scorer) Groups(pairs []Pair, t Thresholds, apart func(a, b int) bool) []Group {
	member := map[int]int{} // the group of a record
	groups := map[int][]int{}
	best := map[int]Pair{}
	own := func(i int) int {
		g, ok := member[i]
		if !ok {
			g = i
			member[i], groups[i] = i, []int{i}
		}
		return g
	}
	torn := s.between(pairs, t)
	for _, p := range pairs {
		if t.Level(p.Score) != Same || apart(int(p.A), int(p.B)) || torn[[2]int32{p.A, p.B}] {
			continue
		}
		g, h := own(int(p.A)), own(int(p.B))
		if g == h || len(groups[g])+len(groups[h]) > largest || !s.together(groups[g], groups[h], t, apart) {
			continue
		}
		groups[g] = append(groups[g], groups[h]...)
		for _, i := range groups[h] {
			member[i] = g
		}
		if old, ok := best[h]; ok && old.bits > best[g].bits {
			best[g] = old
		}
		if _, ok := best[g]; !ok {
			best[g] = p
		}
		delete(groups, h)
		delete(best, h)
	}
	var all []Group
	for g, rows := range groups {
		if len(rows) > 1 {
			slices.Sort(rows)
			all = append(all, Group{Rows: rows, Level: Same, Score: s.Score(int(best[g].A), int(best[g].B))})
		}
	}
	for _, p := range pairs {
		a, b := int(p.A), int(p.B)
		g, ok := member[a]
		h, ok2 := member[b]
		if ok && ok2 && g == h || apart(a, b) {
			continue
		}
		all = append(all, Group{Rows: []int{a, b}, Level: Likely, Score: s.Score(a, b)})
	}
	slices.SortFunc(all, func(x, y Group) int {
		return cmp.Or(cmp.Compare(rank(x.Level), rank(y.Level)), cmp.Compare(y.Score.Points, x.Score.Points), cmp.Compare(len(y.Rows), len(x.Rows)),
			slices.Compare(x.Rows, y.Rows))
	})
	return all
}

// clearly is how many bits more make it clear which of two somebody is.
const clearly = 4

// between gives the pairs of records that could be either of two persons, who differ in what the record does not have. Where one is
// clearly more alike, it is he, and the other pair is torn.
func (s *Scorer) between(pairs []Pair, t Thresholds) map[[2]int32]bool {
	partners := map[int32][]Pair{}
	for _, p := range pairs {
		if t.Level(p.Score) == Same && !s.c.rows[p.A].company {
			for _, q := range [...]Pair{{A: p.A, B: p.B, bits: p.bits}, {A: p.B, B: p.A, bits: p.bits}} {
				if s.c.vague(&s.c.rows[q.A]) {
					partners[q.A] = append(partners[q.A], q)
				}
			}
		}
	}
	torn := map[[2]int32]bool{}
	for i, all := range partners {
		for n, j := range all {
			for _, k := range all[:n] {
				if !s.either(&s.c.rows[i], &s.c.rows[j.B], &s.c.rows[k.B]) {
					continue
				}
				if j.bits < k.bits+clearly {
					torn[[2]int32{min(i, j.B), max(i, j.B)}] = true
				}
				if k.bits < j.bits+clearly {
					torn[[2]int32{min(i, k.B), max(i, k.B)}] = true
				}
			}
		}
	}
	return torn
}

// vague tells that a person has no full first name or birth date.
func (c *Corpus) vague(r *row) bool {
	return r.birth == 0 || c.tables[births].values[r.birth].date.partial() || len(c.tables[firsts].values[r.first].text) < 2
}

// either tells whether one could be the one of two as well as the other.
func (s *Scorer) either(one, a, b *row) bool {
	c := s.c
	if born, _ := s.born(a, b); born == different && !s.mixed[aged] && (one.birth == 0 || c.tables[births].values[one.birth].date.partial()) {
		return true
	}
	first := c.names(firsts, a.first, b.first)
	return (first == different || first == kin) && !s.mixed[called] && len(c.tables[firsts].values[one.first].text) < 2
}

func rank(l Level) int {
	if l == Same {
		return 0
	}
	return 1
}

// By how many points the members of a group may be less alike, on the average, than two that are the same: usually, and where
// values are known to have been mixed up.
const (
	slack = 15
	wild  = 35
)

// mangled tells that the first names of two persons have nothing in common, but are not both names: two mistakes for a third.
func (s *Scorer) mangled(a, b *row) bool {
	if a.first == 0 || b.first == 0 || s.c.names(firsts, a.first, b.first) != different {
		return false
	}
	x, y := s.c.tables[firsts].values[a.first].asWord(), s.c.tables[firsts].values[b.first].asWord()
	return !s.c.genuine(&x, &y)
}

// together tells whether the members of two groups are all the same: none in doubt with another, and alike on the average.
func (s *Scorer) together(g, h []int, t Thresholds, apart func(a, b int) bool) bool {
	sum, n, least := 0.0, 0, float64(t.Same-slack)
	mixed := s.mixed[called] || s.mixed[aged]
	if mixed {
		least = float64(t.Same - wild)
	}
	for _, i := range g {
		for _, j := range h {
			if apart(i, j) {
				return false
			}
			bits, doubt := s.compare(&s.c.rows[i], &s.c.rows[j])
			if doubt && (bits < 0 || s.torn != whole) && !mixed && !s.mangled(&s.c.rows[i], &s.c.rows[j]) {
				return false
			}
			sum += min(max(even+perBit*bits, 0), 100)
			n++
		}
	}
	return sum/float64(n) >= least
}
