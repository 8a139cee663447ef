package dedupe_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/muster-crm/muster/shared/dedupe"
	"github.com/muster-crm/muster/shared/dedupe/dedupetest"
)

// kin are two of one family, who share the surname unless they have their own.
type kin struct {
	a, b         string // first names
	lastA, lastB string
	bornA, bornB string
	male         [2]string // genders
}

// Two of a family are never the same, whatever of home, telephone and mailbox they share.
func TestFamilies(t *testing.T) {
	const one, other, child = "1984-03-07", "1986-11-21", "2012-09-15"
	twins := func(a, b string) kin { return kin{a: a, b: b, bornA: one, bornB: one} }
	siblings := func(a, b string) kin { return kin{a: a, b: b, bornA: one, bornB: other} }
	undated := func(a, b string) kin { return kin{a: a, b: b} }
	half := func(a, b string) kin { return kin{a: a, b: b, bornA: one} }
	for name, k := range map[string]kin{
		"twins":                              twins("Tim", "Tom"),
		"twins, a girl and a boy":            twins("Daniel", "Daniela"),
		"twins, both girls":                  twins("Anna", "Hanna"),
		"twins, half alike":                  twins("Lotte", "Lore"),
		"twins, a letter apart":              twins("Mila", "Milan"),
		"twins of double names":              twins("Jean-Pierre", "Jean-Luc"),
		"twins called for the Virgin":        twins("María José", "María Carmen"),
		"twins with a middle name":           twins("Van An", "Van Binh"),
		"twins with a name in common":        twins("Léa Marie", "Sarah Marie"),
		"twins, known by their sex":          {a: "Andrea", b: "Andrej", bornA: one, bornB: one, male: [2]string{"female", "male"}},
		"brothers":                           siblings("Sam", "Sem"),
		"brothers of double names":           siblings("José Luis", "José Antonio"),
		"sisters":                            siblings("Julie", "Julia"),
		"sisters, undated":                   undated("Julie", "Julia"),
		"brothers, undated":                  undated("Jean-Marc", "Jean-Paul"),
		"brothers, one undated":              half("Tim", "Tom"),
		"brother and sister":                 undated("Finn", "Fien"),
		"a couple":                           undated("Peter", "Petra"),
		"a couple, one dated":                half("Johan", "Johanna"),
		"a couple with their own surnames":   {a: "Marie", b: "Marc", lastA: "Yserbyt", lastB: "Claes"},
		"mother and daughter":                {a: "Maria", b: "Marleen", bornA: "1955-01-30", bornB: child},
		"mother and daughter of one name":    {a: "Maria", b: "Maria", bornA: "1955-01-30", bornB: child},
		"father and son of one name":         {a: "Johannes", b: "Johannes", bornA: one, bornB: child},
		"grandfather and grandson":           {a: "Johannes", b: "Jan", bornA: "1944-05-17", bornB: child},
		"father and son by years":            {a: "Johannes", b: "Johannes", bornA: "1984", bornB: "2012"},
		"senior and junior":                  {a: "John", b: "John", lastA: "Yserbyt Sr.", lastB: "Yserbyt Jr."},
		"junior and his father":              {a: "John", b: "John", lastA: "Yserbyt", lastB: "Yserbyt Jr."},
		"the second and the third":           {a: "John", b: "John", lastA: "Yserbyt II", lastB: "Yserbyt III", bornA: one},
		"an initial that fits two":           undated("J.", "Joke"),
		"two initials":                       undated("J.", "J."),
		"no first name":                      undated("", "Joke"),
		"father and son of double surnames":  {a: "José", b: "José", lastA: "García Yserbyt", lastB: "García Claes"},
		"of one second name":                 undated("Stefan", "Torsten Stefan"),
		"of one name with their own surname": {a: "Marie", b: "Marie", lastA: "Yserbyt", lastB: "Claes"},
	} {
		for shared, with := range map[string]func(r *dedupe.Record){
			"a home":                       func(r *dedupe.Record) { r.Places = home },
			"a home and a telephone":       func(r *dedupe.Record) { r.Places, r.Phones = home, []string{"+3292334455"} },
			"a family mailbox":             func(r *dedupe.Record) { r.Places, r.Emails = home, []string{"familie@example.org"} },
			"the mailbox of somebody else": func(r *dedupe.Record) { r.Places, r.Emails = home, []string{"wilfried.yserbyt@example.org"} },
			"home, telephone and mailbox": func(r *dedupe.Record) {
				r.Places, r.Phones, r.Emails = home, []string{"+3292334455"}, []string{"yserbyt@example.org"}
			},
			"two telephones and two mailboxes": func(r *dedupe.Record) {
				r.Places, r.Phones, r.Emails = home, []string{"+3292334455", "+32478112233"}, []string{"yserbyt@example.org", "familie@example.com"}
			},
		} {
			a := dedupe.Record{First: k.a, Last: "Yserbyt", Birth: k.bornA, Gender: k.male[0]}
			b := dedupe.Record{First: k.b, Last: "Yserbyt", Birth: k.bornB, Gender: k.male[1]}
			if k.lastA != "" {
				a.Last, b.Last = k.lastA, k.lastB
			}
			with(&a)
			with(&b)
			if k.lastA != "" && len(a.Phones)+len(a.Emails) > 0 && k.a == "Marie" && k.b == "Marie" {
				continue // she has married
			}
			if s := compare(a, b); dedupe.Default.Level(s) == dedupe.Same {
				t.Errorf("%s who share %s are the same: %+v", name, shared, s)
			}
		}
	}
}

// drawn gives pairs of records of which many are of one person.
func drawn(t *testing.T, n int, try func(r *rand.Rand, a, b dedupe.Record)) {
	t.Helper()
	for i, of := range slices.Concat(dedupetest.Countries(), dedupetest.Abroad()) {
		r := rand.New(rand.NewPCG(uint64(i), 1))
		set := dedupetest.Plan{Seed: 40 + uint64(i), Country: of, People: 60, Again: 60}.Make()
		of := map[int][]int{}
		for i, e := range set.Entity {
			of[e] = append(of[e], i)
		}
		for range n {
			a := r.IntN(len(set.Records))
			b := r.IntN(len(set.Records))
			if same := of[set.Entity[a]]; r.IntN(4) > 0 && len(same) > 1 {
				b = same[r.IntN(len(same))]
			}
			try(r, set.Records[a], set.Records[b])
		}
	}
}

// duel compares two records that are alone.
func duel(a, b dedupe.Record) dedupe.Score {
	c := dedupe.NewCorpus()
	c.Add(&a)
	c.Add(&b)
	return c.Scorer().Score(0, 1)
}

func TestSymmetry(t *testing.T) {
	drawn(t, 200, func(r *rand.Rand, a, b dedupe.Record) {
		if diff := cmp.Diff(duel(a, b), duel(b, a)); diff != "" {
			t.Fatalf("%+v\n%+v\n%s", a, b, diff)
		}
	})
}

// The order of addresses, telephones and mailboxes says nothing.
func TestOrder(t *testing.T) {
	drawn(t, 100, func(r *rand.Rand, a, b dedupe.Record) {
		a.Emails, a.Phones, a.Places = slices.Concat(a.Emails, b.Emails), slices.Concat(a.Phones, b.Phones), slices.Concat(a.Places, b.Places)
		b.Emails = append(slices.Clone(b.Emails), "somebody@example.org", "some.body@example.com")
		want := duel(a, b)
		for _, rec := range []*dedupe.Record{&a, &b} {
			r.Shuffle(len(rec.Emails), func(i, j int) { rec.Emails[i], rec.Emails[j] = rec.Emails[j], rec.Emails[i] })
			r.Shuffle(len(rec.Phones), func(i, j int) { rec.Phones[i], rec.Phones[j] = rec.Phones[j], rec.Phones[i] })
			r.Shuffle(len(rec.Places), func(i, j int) { rec.Places[i], rec.Places[j] = rec.Places[j], rec.Places[i] })
		}
		if got := duel(a, b); got.Points != want.Points || got.Doubt != want.Doubt {
			t.Fatalf("%+v, in another order %+v\n%+v\n%+v", want, got, a, b)
		}
	})
}

// What two have in common makes them never less alike.
func TestAgreeing(t *testing.T) {
	drawn(t, 100, func(r *rand.Rand, a, b dedupe.Record) {
		before := duel(a, b)
		what := ""
		switch r.IntN(5) {
		case 0:
			what = "birth date"
			a.Birth, b.Birth = "1961-05-17", "1961-05-17"
			blank := a
			blank.Birth = ""
			before = duel(blank, b)
		case 1:
			what = "mailbox"
			a.Emails, b.Emails = append(slices.Clone(a.Emails), "both@example.org"), append(slices.Clone(b.Emails), "both@example.org")
		case 2:
			what = "telephone"
			a.Phones, b.Phones = append(slices.Clone(a.Phones), "+32 478 66 55 44"), append(slices.Clone(b.Phones), "+32 478 66 55 44")
		case 3:
			what = "address"
			here := dedupe.Place{Street: "Watermolenlaan", Number: "12", Postcode: "9050", Town: "Gent"}
			a.Places, b.Places = append(slices.Clone(a.Places), here), append(slices.Clone(b.Places), here)
		case 4:
			what = "gender"
			a.Gender, b.Gender = "female", ""
			before = duel(a, b)
			b.Gender = "female"
		}
		if after := duel(a, b); after.Points < before.Points || after.Doubt && !before.Doubt {
			t.Fatalf("%+v, with the same %s %+v\n%+v\n%+v", before, what, after, a, b)
		}
	})
}

// A scan finds the same in any order of the records.
func TestScanOrder(t *testing.T) {
	set := dedupetest.Plan{Seed: 9, Country: "BE", People: 400, Again: 150}.Make()
	scan := func(records []dedupe.Record) map[string]dedupe.Score {
		c := dedupe.NewCorpus()
		for i := range records {
			c.Add(&records[i])
		}
		pairs, err := c.Scorer().Scan(t.Context(), dedupe.Default)
		if err != nil {
			t.Fatal(err)
		}
		all := map[string]dedupe.Score{}
		for _, p := range pairs {
			a, b := c.ID(int(p.A)), c.ID(int(p.B))
			all[fmt.Sprint(min(a, b), max(a, b))] = p.Score
		}
		return all
	}
	want := scan(set.Records)
	r := rand.New(rand.NewPCG(3, 4))
	r.Shuffle(len(set.Records), func(i, j int) { set.Records[i], set.Records[j] = set.Records[j], set.Records[i] })
	if diff := cmp.Diff(want, scan(set.Records)); diff != "" {
		t.Error(diff)
	}
}

// Labelled sets of every country whose families are hard to tell apart, with mistakes of every origin: of the pairs that are the
// same at the default thresholds 0.985 are, of the true ones 0.9 are found and 0.99 compared; where records have few fields, less
// is found but no more is wrong. The seeds are others than those the weights were looked at with.
func TestHardSets(t *testing.T) {
	check := func(p dedupetest.Plan, recall, looked float64) {
		t.Helper()
		set := p.Make()
		if c := set.Judge(same(t, set.Set)); c.Precision() < 0.985 || c.Recall() < recall {
			t.Errorf("%s, %q: precision %.4f, recall %.4f", p.Country, p.Fields, c.Precision(), c.Recall())
		}
		c := dedupe.NewCorpus()
		for i := range set.Records {
			c.Add(&set.Records[i])
		}
		var pairs [][]int
		if err := c.Scorer().Candidates(t.Context(), func(a, b int) { pairs = append(pairs, []int{a, b}) }); err != nil {
			t.Fatal(err)
		}
		if c := set.Judge(pairs); c.Recall() < looked {
			t.Errorf("%s, %q: %.4f of the pairs are compared", p.Country, p.Fields, c.Recall())
		}
	}
	everywhere := slices.Concat(dedupetest.Countries(), dedupetest.Abroad())
	for i, of := range everywhere {
		check(dedupetest.Plan{Seed: 500 + uint64(i), Country: of, People: 1200, Again: 300}, 0.9, 0.99)
	}
	for i, fields := range dedupetest.Layouts() {
		check(dedupetest.Plan{Seed: 600 + uint64(i), Country: everywhere[i], People: 1200, Again: 300, Fields: fields}, 0.4, 0.9)
	}
}
