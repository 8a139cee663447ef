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
// ones stay pairs, but for those within a group. apart tells of pairs that somebody has said are two; they are never together.
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
	for _, p := range pairs {
		if t.Level(p.Score) != Same || apart(int(p.A), int(p.B)) {
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
			if doubt && (bits < 0 || s.torn != whole) && !mixed {
				return false
			}
			sum += min(max(even+perBit*bits, 0), 100)
			n++
		}
	}
	return sum/float64(n) >= least
}
