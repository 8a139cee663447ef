package index

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/muster-crm/muster/shared/policy"
	"github.com/muster-crm/muster/shared/query"
)

var teamSchema = Schema{Kind: "team", Title: []string{"name"}, Order: []string{"name"}, Columns: []Column{
	{Path: "name", Type: query.TypeText, Class: policy.Public, How: Words},
	{Path: "size", Type: query.TypeNumber, Class: policy.Public},
}}

var playerSchema = Schema{Kind: "player", Order: []string{"name"}, Columns: []Column{
	{Path: "name", Type: query.TypeText, Class: policy.Public, How: Words},
	{Path: "kit", Type: query.TypeCode, Class: policy.Public},
	{Path: "places.team", Type: query.TypeCode, List: "places", Class: policy.Public, Refs: []string{"team"}, Now: "places.now", From: "places.from", To: "places.to"},
	{Path: "places.from", Type: query.TypeDate, List: "places", Class: policy.Public},
	{Path: "places.to", Type: query.TypeDate, List: "places", Class: policy.Public},
}}

// player is a record whose places hold for a time.
type player struct {
	Name   string  `json:"name"`
	Kit    string  `json:"kit,omitempty"`
	Places []place `json:"places,omitempty"`
}

type place struct {
	Team string `json:"team,omitempty"`
	From string `json:"from,omitempty"`
	To   string `json:"to,omitempty"`
}

// on gives the teams somebody is in on a day.
func (p player) on(day string) []string {
	var all []string
	for _, in := range p.Places {
		if in.Team != "" && (in.From == "" || in.From <= day) && (in.To == "" || day <= in.To) && !slices.Contains(all, in.Team) {
			all = append(all, in.Team)
		}
	}
	return all
}

// What holds for a time is found and counted on the days it holds, in segments and among the latest changes, though nothing is
// written meanwhile.
func TestTimed(t *testing.T) {
	for seed := range uint64(6) {
		r := rand.New(rand.NewPCG(seed, 17))
		teams := NewBuilder(teamSchema)
		names := []string{"Under fifteen", "Under twelve", "Choir", "Choir of the young"}
		for i, name := range names {
			if err := teams.Add(Change{ID: fmt.Sprint("team_", i), Revision: 1, Value: []byte(fmt.Sprintf(`{"name":%q,"size":%d}`, name, 10*i))}); err != nil {
				t.Fatal(err)
			}
		}
		players := map[string]player{}
		day := func() string {
			if r.IntN(3) == 0 {
				return ""
			}
			return fmt.Sprintf("2026-%02d-%02d", 1+r.IntN(12), 1+r.IntN(28))
		}
		change := func(id string) Change {
			p := player{Name: fmt.Sprint("P", r.IntN(50)), Kit: []string{"", "red", "blue"}[r.IntN(3)]}
			most := 4
			if seed == 0 {
				most = 2 // at most one place: a column with one element a row
			}
			for range r.IntN(most) {
				p.Places = append(p.Places, place{Team: fmt.Sprint("team_", r.IntN(5)), From: day(), To: day()}) // one of them nobody knows
			}
			if seed == 1 {
				p.Places = []place{{Team: fmt.Sprint("team_", r.IntN(4)), From: day(), To: day()}} // everybody has one
			}
			players[id] = p
			value, err := json.Marshal(p)
			if err != nil {
				t.Fatal(err)
			}
			return Change{ID: id, Revision: 1, Value: value}
		}
		b := NewBuilder(playerSchema)
		for i := range 300 {
			if err := b.Add(change(fmt.Sprint("player_", i))); err != nil {
				t.Fatal(err)
			}
		}
		v := b.View(0)
		var later []Change
		for i := range 60 {
			c := change(fmt.Sprint("player_", 270+i))
			c.Revision = 2
			later = append(later, c)
		}
		v, err := v.Apply(1, later)
		if err != nil {
			t.Fatal(err)
		}
		v = v.Beside(map[string]*View{"team": teams.View(0), "player": v})
		owner := grant(policy.Owner)
		for range 40 {
			today := fmt.Sprintf("2026-%02d-%02d", 1+r.IntN(12), 1+r.IntN(28))
			now, err := time.ParseInLocation("2006-01-02 15:04", today+[]string{" 00:00", " 23:59"}[r.IntN(2)], time.FixedZone("", 13*3600))
			if err != nil {
				t.Fatal(err)
			}
			word := names[r.IntN(len(names))]
			team := r.IntN(5)
			for name, q := range map[string]struct {
				where query.Expr
				holds func(player) bool
			}{
				"by id": {query.Term{Field: "places.now", Op: query.Is, Value: fmt.Sprint("team_", team)},
					func(p player) bool { return slices.Contains(p.on(today), fmt.Sprint("team_", team)) }},
				"by title": {query.Term{Field: "places.now", Op: query.Has, Value: word}, func(p player) bool {
					return slices.ContainsFunc(p.on(today), func(id string) bool { return id != "team_4" && strings.HasPrefix(names[id[5]-'0'], word) })
				}},
				"filled":     {query.Term{Field: "places.now", Op: query.Filled}, func(p player) bool { return len(p.on(today)) > 0 }},
				"not filled": {query.Not{Expr: query.Term{Field: "places.now", Op: query.Filled}}, func(p player) bool { return len(p.on(today)) == 0 }},
				"and": {query.And{query.Term{Field: "kit", Op: query.Is, Value: "red"}, query.Term{Field: "places.now", Op: query.Is, Value: "team_1"}},
					func(p player) bool { return p.Kit == "red" && slices.Contains(p.on(today), "team_1") }},
				"by what the other record holds": {query.Term{Field: "places.now.size", Op: query.More, Value: "15"}, func(p player) bool {
					return slices.ContainsFunc(p.on(today), func(id string) bool { return id == "team_2" || id == "team_3" })
				}},
				"all": {nil, func(player) bool { return true }},
			} {
				answer, err := v.Find(Request{Where: q.where, Limit: 1000, Count: true, Now: now, Grant: owner, Facets: [][]string{{"places.now"}, {"places.now", "kit"}}})
				if err != nil {
					t.Fatal(err)
				}
				var got, want []string
				for _, hit := range answer.Hits {
					got = append(got, hit.ID)
				}
				one, two := map[string]int{}, map[string]int{}
				for id, p := range players {
					if !q.holds(p) {
						continue
					}
					want = append(want, id)
					in := p.on(today)
					if in == nil {
						in = []string{""}
					}
					for _, team := range in {
						one[team]++
						two[team+" "+p.Kit]++
					}
				}
				slices.Sort(got)
				slices.Sort(want)
				if diff := cmp.Diff(want, got); diff != "" {
					t.Fatalf("seed %d, %s on %s: %s", seed, name, today, diff)
				}
				for i, want := range []map[string]int{one, two} {
					counted := map[string]int{}
					for _, b := range answer.Facets[i] {
						counted[strings.Join(b.Values, " ")] = b.Count
					}
					if diff := cmp.Diff(want, counted); diff != "" {
						t.Fatalf("seed %d, %s on %s by %d: %s", seed, name, today, i+1, diff)
					}
				}
			}
		}
	}
}
