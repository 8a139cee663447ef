package dedupe_test

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/muster-crm/muster/shared/dedupe"
	"github.com/muster-crm/muster/shared/dedupe/dedupetest"
)

func never(int, int) bool { return false }

// same gives the groups of a set that are the same.
func same(t *testing.T, set dedupetest.Set) [][]int {
	t.Helper()
	c := dedupe.NewCorpus()
	for i := range set.Records {
		c.Add(&set.Records[i])
	}
	s := c.Scorer()
	pairs, err := s.Scan(t.Context(), dedupe.Default)
	if err != nil {
		t.Fatal(err)
	}
	var groups [][]int
	for _, g := range s.Groups(pairs, dedupe.Default, never) {
		if g.Level == dedupe.Same {
			groups = append(groups, g.Rows)
		}
	}
	return groups
}

// Labelled pairs of every country: precision 0.97 and recall 0.95 or better at the default threshold (DUP-08). The seeds are
// others than those the weights were looked at with.
func TestLabelledPairs(t *testing.T) {
	for seed := range uint64(2) {
		for _, of := range dedupetest.Countries() {
			for what, set := range map[string]dedupetest.Set{"people": dedupetest.People(100+seed, of, 2500, 600), "companies": dedupetest.Companies(100+seed, of, 800, 200)} {
				if c := set.Judge(same(t, set)); c.Precision() < 0.97 || c.Recall() < 0.95 {
					t.Errorf("%s of %s, seed %d: precision %.4f, recall %.4f", what, of, seed, c.Precision(), c.Recall())
				}
			}
		}
	}
}

// crowd are people beside whom two are compared: without them every name would be the only one of its kind.
func crowd() []dedupe.Record { return dedupetest.People(5, "BE", 400, 0).Records }

func compare(a, b dedupe.Record) dedupe.Score {
	c := dedupe.NewCorpus()
	c.Add(&a)
	c.Add(&b)
	for _, r := range crowd() {
		c.Add(&r)
	}
	return c.Scorer().Score(0, 1)
}

var home = []dedupe.Place{{Street: "Watermolenlaan", Number: "12", Postcode: "9050", Town: "Gent"}}

func TestLevels(t *testing.T) {
	jan := dedupe.Record{First: "Johannes", Prefix: "van den", Last: "Yserbyt", Birth: "1984-03-07", Gender: "male", Places: home, Emails: []string{"johannes.yserbyt@example.org"}}
	for name, c := range map[string]struct {
		other dedupe.Record
		want  dedupe.Level
		says  map[string]dedupe.Agreement
	}{
		"a copy":                       {jan, dedupe.Same, map[string]dedupe.Agreement{"firstName": dedupe.Equal, "birthDate": dedupe.Equal, "email": dedupe.Equal}},
		"typing mistakes":              {dedupe.Record{First: "Johannnes", Prefix: "van den", Last: "Yserbijt", Birth: "1984-03-07", Places: home}, dedupe.Same, map[string]dedupe.Agreement{"firstName": dedupe.Close}},
		"a familiar form":              {dedupe.Record{First: "Jan", Last: "Van den Yserbyt", Birth: "1984-03-07"}, dedupe.Same, map[string]dedupe.Agreement{"firstName": dedupe.Short}},
		"an initial":                   {dedupe.Record{First: "J.", Prefix: "van den", Last: "Yserbyt", Birth: "1984-03-07", Places: home}, dedupe.Same, map[string]dedupe.Agreement{"firstName": dedupe.Initial}},
		"names swapped":                {dedupe.Record{First: "Yserbyt", Last: "Johannes", Birth: "1984-03-07", Places: home}, dedupe.Same, map[string]dedupe.Agreement{"firstName": dedupe.Swapped, "lastName": dedupe.Swapped}},
		"day and month swapped":        {dedupe.Record{First: "Johannes", Prefix: "van den", Last: "Yserbyt", Birth: "1984-07-03", Places: home}, dedupe.Same, map[string]dedupe.Agreement{"birthDate": dedupe.Swapped}},
		"all of the name in one field": {dedupe.Record{First: "Johannes Yserbyt", Birth: "1984-03-07", Places: home}, dedupe.Same, nil},
		"a changed surname":            {dedupe.Record{First: "Johannes", Last: "Claes", Birth: "1984-03-07", Emails: jan.Emails}, dedupe.Same, map[string]dedupe.Agreement{"lastName": dedupe.Different}},
		"by name alone":                {dedupe.Record{First: "Johannes", Prefix: "van den", Last: "Yserbyt"}, dedupe.Likely, nil},
		"by name and town":             {dedupe.Record{First: "Johannes", Prefix: "van den", Last: "Yserbyt", Places: []dedupe.Place{{Town: "Gent"}}}, dedupe.Likely, nil},
		"his wife":                     {dedupe.Record{First: "Marleen", Prefix: "van den", Last: "Yserbyt", Birth: "1986-11-21", Places: home, Emails: jan.Emails}, dedupe.Unlikely, nil},
		"his wife, undated":            {dedupe.Record{First: "Marleen", Prefix: "van den", Last: "Yserbyt", Places: home, Emails: jan.Emails}, dedupe.Unlikely, nil},
		"his son of the same name":     {dedupe.Record{First: "Johannes", Prefix: "van den", Last: "Yserbyt", Birth: "2012-09-15", Places: home}, dedupe.Likely, nil},
		"his twin":                     {dedupe.Record{First: "Bartholomeus", Prefix: "van den", Last: "Yserbyt", Birth: "1984-03-07", Places: home}, dedupe.Unlikely, nil},
		"somebody else":                {dedupe.Record{First: "Griet", Last: "Peeters", Birth: "1971-01-30", Places: []dedupe.Place{{Street: "Kerkstraat", Number: "3", Postcode: "1000", Town: "Brussel"}}}, dedupe.Unlikely, nil},
		"somebody in the same house":   {dedupe.Record{Last: "Yserbyt", Places: home}, dedupe.Likely, nil},
		"nobody":                       {dedupe.Record{}, dedupe.Unlikely, nil},
		"a company of his name":        {dedupe.Record{Company: true, Name: "Johannes van den Yserbyt", Places: home}, dedupe.Unlikely, nil},
	} {
		t.Run(name, func(t *testing.T) {
			s := compare(jan, c.other)
			if got := dedupe.Default.Level(s); got != c.want {
				t.Errorf("%s, want %s: %+v", got, c.want, s)
			}
			if back := compare(c.other, jan); back.Points != s.Points || back.Doubt != s.Doubt {
				t.Errorf("%+v, the other way round %+v", s, back)
			}
			for field, want := range c.says {
				if !slices.Contains(s.Reasons, dedupe.Reason{Field: field, Agreement: want}) {
					t.Errorf("says nothing of %s %s: %+v", field, want, s.Reasons)
				}
			}
		})
	}
}

func TestCompanies(t *testing.T) {
	acme := dedupe.Record{Company: true, Name: "Drukkerij Yserbyt BV", Tax: "BE0123456749", Website: "https://www.yserbyt.example/nl", Places: home, Phones: []string{"+3292334455"}}
	for name, c := range map[string]struct {
		other dedupe.Record
		want  dedupe.Level
	}{
		"another legal form":         {dedupe.Record{Company: true, Name: "DRUKKERIJ YSERBYT NV", Phones: acme.Phones}, dedupe.Same},
		"a typing mistake":           {dedupe.Record{Company: true, Name: "Drukerij Yserbyt", Places: home}, dedupe.Same},
		"the same tax number":        {dedupe.Record{Company: true, Name: "Yserbyt Drukkerij", Tax: "BE 0123.456.749"}, dedupe.Same},
		"another tax number":         {dedupe.Record{Company: true, Name: "Drukkerij Yserbyt BV", Tax: "BE0999999922", Places: home}, dedupe.Likely},
		"by name alone":              {dedupe.Record{Company: true, Name: "Drukkerij Yserbyt"}, dedupe.Likely},
		"a branch in a town":         {dedupe.Record{Company: true, Name: "Drukkerij Yserbyt BV", Places: []dedupe.Place{{Street: "Stationsplein", Number: "1", Postcode: "3500", Town: "Hasselt"}}}, dedupe.Unlikely},
		"another shop of the family": {dedupe.Record{Company: true, Name: "Slagerij Yserbyt", Places: home, Phones: acme.Phones}, dedupe.Likely},
		"a door further":             {dedupe.Record{Company: true, Name: "Drukkerij Yserbyt BV", Places: []dedupe.Place{{Street: "Watermolenlaan", Number: "48", Postcode: "9050", Town: "Gent"}}}, dedupe.Same},
		"its town in French":         {dedupe.Record{Company: true, Name: "Drukkerij Yserbyt BV", Places: []dedupe.Place{{Street: "Watermolenlaan", Number: "12", Town: "Gand"}}}, dedupe.Same},
		"others in the building":     {dedupe.Record{Company: true, Name: "Bakkerij Moens", Places: home, Phones: acme.Phones}, dedupe.Unlikely},
	} {
		t.Run(name, func(t *testing.T) {
			c1 := dedupe.NewCorpus()
			c1.Add(&acme)
			c1.Add(&c.other)
			for _, r := range dedupetest.Companies(5, "BE", 300, 0).Records {
				c1.Add(&r)
			}
			s := c1.Scorer().Score(0, 1)
			if got := dedupe.Default.Level(s); got != c.want {
				t.Errorf("%s, want %s: %+v", got, c.want, s)
			}
		})
	}
}

// A first name and the telephone of an office are not somebody.
func TestHalfNames(t *testing.T) {
	eva := dedupe.Record{First: "Eva", Phones: []string{"+3292334455"}}
	if s := compare(eva, eva); dedupe.Default.Level(s) == dedupe.Same {
		t.Errorf("%+v", s)
	}
	eva.Birth = "1984-03-07"
	if s := compare(eva, eva); dedupe.Default.Level(s) != dedupe.Same {
		t.Errorf("with a birth date %+v", s)
	}
}

// A value that many bear tells less.
func TestFrequency(t *testing.T) {
	points := func(last string, bearers int) int {
		c := dedupe.NewCorpus()
		for i := range 2 {
			c.Add(&dedupe.Record{ID: fmt.Sprint(i), First: "Willemijn", Last: last, Places: []dedupe.Place{{Town: "Gent"}}})
		}
		for range bearers {
			c.Add(&dedupe.Record{First: "Piet", Last: last})
		}
		for _, r := range crowd()[:380-bearers] {
			c.Add(&r)
		}
		return c.Scorer().Score(0, 1).Points
	}
	if rare, common := points("Yserbyt", 0), points("Yserbyt", 200); rare <= common+5 {
		t.Errorf("a rare name gives %d points, a common one %d", rare, common)
	}
}

// The others of an organisation may be known by numbers alone.
func TestAmong(t *testing.T) {
	rec := dedupe.Record{First: "Jan", Last: "Peeters", Birth: "1984-03-07", Places: home, Emails: []string{"jan@example.org"}, Phones: []string{"+32471123456"}}
	other := dedupe.Record{First: "Jan", Last: "Peeters", Places: []dedupe.Place{{Town: "Gent"}}}
	points := func(n map[string]int) int {
		c := dedupe.NewCorpus()
		c.Add(&rec)
		c.Add(&other)
		return c.Among(counts(n), &rec).Score(0, 1).Points
	}
	if rare, common := points(nil), points(map[string]int{"lastName": 900, "firstName": 700}); rare <= common {
		t.Errorf("%d points with a rare name, %d with a common one", rare, common)
	}
	other = dedupe.Record{First: "Jan", Emails: rec.Emails}
	if own, office := points(nil), points(map[string]int{"email": 900}); own <= office {
		t.Errorf("%d points with a mailbox of one's own, %d with one of 900 people", own, office)
	}
	rec.Prefix, other = "van den", dedupe.Record{First: "Jan", Prefix: "van den", Last: "Peeters"}
	if rare, common := points(nil), points(map[string]int{"lastName": 900}); rare <= common {
		t.Errorf("%d points with a rare surname behind its prefix, %d with a common one", rare, common)
	}
}

type counts map[string]int

func (counts) Size() int                       { return 10000 }
func (c counts) Count(field, value string) int { return c[field] }

func TestGroups(t *testing.T) {
	records := crowd()
	one := dedupe.Record{First: "Willemijn", Last: "Yserbyt", Birth: "1984-03-07", Places: home}
	two, three := one, one
	two.First, two.Birth = "Willemien", ""
	three.Last = "Iserbyt"
	likely := dedupe.Record{First: "Willemijn", Last: "Yserbyt"}
	records = append(records, one, two, three, likely)
	c := dedupe.NewCorpus()
	for i := range records {
		c.Add(&records[i])
	}
	s := c.Scorer()
	pairs, err := s.Scan(t.Context(), dedupe.Default)
	if err != nil {
		t.Fatal(err)
	}
	n := len(crowd())
	of := func(level dedupe.Level, apart func(a, b int) bool) (all [][]int) { // those of the last four
		for _, g := range s.Groups(pairs, dedupe.Default, apart) {
			if g.Level == level && g.Rows[0] >= n {
				all = append(all, g.Rows)
			}
		}
		return all
	}
	if diff := cmp.Diff([][]int{{n, n + 1, n + 2}}, of(dedupe.Same, never)); diff != "" {
		t.Error(diff)
	}
	if got := of(dedupe.Likely, never); len(got) == 0 || slices.ContainsFunc(got, func(g []int) bool { return len(g) != 2 || g[1] != n+3 }) {
		t.Errorf("likely are %v", got)
	}
	for _, g := range of(dedupe.Same, func(a, b int) bool { return a == n && b == n+2 || a == n+2 && b == n }) {
		if slices.Contains(g, n) && slices.Contains(g, n+2) {
			t.Errorf("two that are no duplicates are in %v", g)
		}
	}
}

// Who has no birth date and could be the father as well as the son is neither.
func TestGroupsBetween(t *testing.T) {
	records := crowd()
	father := dedupe.Record{First: "Willemijn", Last: "Yserbyt", Birth: "1954-03-07", Places: home}
	son, nobody := father, father
	son.Birth, nobody.Birth = "1984-11-30", ""
	records = append(records, father, son, nobody)
	c := dedupe.NewCorpus()
	for i := range records {
		c.Add(&records[i])
	}
	s := c.Scorer()
	pairs, err := s.Scan(t.Context(), dedupe.Default)
	if err != nil {
		t.Fatal(err)
	}
	n, likely := len(records), 0
	for _, g := range s.Groups(pairs, dedupe.Default, never) {
		switch {
		case !slices.Contains(g.Rows, n-1):
		case g.Level == dedupe.Same:
			t.Errorf("%v are the same", g.Rows)
		default:
			likely++
		}
	}
	if likely != 2 {
		t.Errorf("likely with %d, want both", likely)
	}
}

func TestScanEnds(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := dedupe.NewCorpus().Scorer().Scan(ctx, dedupe.Default); err == nil {
		t.Error("a scan goes on when nobody waits for it")
	}
}

func TestForms(t *testing.T) {
	if forms := dedupe.Forms("Margaretha"); !slices.Contains(forms, "greet") || slices.Contains(forms, "margaretha") {
		t.Errorf("%q", forms)
	}
	if forms := dedupe.Forms("Xyz"); forms != nil {
		t.Errorf("%q", forms)
	}
}

func FuzzScore(f *testing.F) {
	f.Add("Jan", "van den", "Berghe", "1984-03-07", "jan@example.org", "+32471123456", "Kerkstraat 12", "9000", "Gent")
	f.Add("", "", "", "0000-99-99", "@", "1", "12", "", "")
	f.Add("山田", "\xff", "É", "1984-3-7", "a@b", "+", "between near", "x", "-")
	f.Fuzz(func(t *testing.T, first, prefix, last, birth, email, phone, street, postcode, town string) {
		r := dedupe.Record{First: first, Nick: prefix, Prefix: prefix, Last: last, Birth: birth, Emails: []string{email}, Phones: []string{phone},
			Places: []dedupe.Place{{Street: street, Box: town, Postcode: postcode, Town: town}}}
		firm := dedupe.Record{Company: true, Name: first + " " + last, Tax: phone, Website: email, Places: r.Places}
		c := dedupe.NewCorpus()
		for _, one := range []dedupe.Record{r, r, firm, firm} {
			c.Add(&one)
		}
		s := c.Scorer()
		for i := range c.Len() {
			for j := range c.Len() {
				x, y := s.Score(i, j), s.Score(j, i)
				if x.Points != y.Points || x.Doubt != y.Doubt || x.Points < 0 || x.Points > 100 {
					t.Fatalf("%+v and %+v", x, y)
				}
			}
		}
		if _, err := s.Scan(t.Context(), dedupe.Default); err != nil {
			t.Fatal(err)
		}
	})
}
