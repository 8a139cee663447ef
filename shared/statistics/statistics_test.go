package statistics_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/muster-crm/muster/shared/contact"
	"github.com/muster-crm/muster/shared/fault"
	"github.com/muster-crm/muster/shared/group"
	"github.com/muster-crm/muster/shared/policy"
	"github.com/muster-crm/muster/shared/query"
	"github.com/muster-crm/muster/shared/record"
	"github.com/muster-crm/muster/shared/repository"
	"github.com/muster-crm/muster/shared/repository/repositorytest"
	"github.com/muster-crm/muster/shared/statistics"
)

// told writes bars as a test reads them.
func told(c statistics.Count) string {
	var all []string
	for _, b := range c.Bars {
		all = append(all, fmt.Sprintf("%s=%d", b.Value, b.Count))
	}
	return strings.Join(all, " ")
}

func TestAges(t *testing.T) {
	h := repositorytest.Open(t, repositorytest.Options{})
	now := h.Clock.Now()
	for i, years := range []int{0, 5, 6, 11, 12, 17, 18, 25, 26, 75, 76, 99, -1} {
		born := ""
		if years >= 0 {
			born = fmt.Sprintf(`,"birthDate":%q`, record.DateOf(now.AddDate(-years, 0, -1)))
		}
		h.Create(contact.Name, fmt.Sprintf(`{"firstName":"P%d"%s}`, i, born))
	}
	s, err := statistics.Of(t.Context(), h.Repository, h.Write().Grant, contact.Name, query.All, []string{"age"})
	if err != nil {
		t.Fatal(err)
	}
	if got, want := told(s.Counts[0]), "0-5=2 6-11=2 12-17=2 18-25=2 26-35=1 66-75=1 76-=2 =1"; got != want || s.Total != 13 {
		t.Errorf("%d in all: %s, not %s", s.Total, got, want)
	}
	for value, want := range map[string][2]int{"6-11": {6, 11}, "76-": {76, 0}} {
		if first, last, ok := statistics.Band(value); !ok || first != want[0] || last != want[1] {
			t.Errorf("%s is %d to %d, %v", value, first, last, ok)
		}
	}
	for _, value := range []string{"", "6", "a-b", "6-b"} {
		if _, _, ok := statistics.Band(value); ok {
			t.Errorf("%q is a band", value)
		}
	}
}

// One town is one bar however it is written, and somebody in two towns is in both.
func TestSeveralValues(t *testing.T) {
	h := repositorytest.Open(t, repositorytest.Options{})
	for i, addresses := range []string{`{"town":"Gent"}`, `{"town":"gent"}`, `{"town":"Gent"},{"town":"Brugge"}`, ``} {
		h.Create(contact.Name, fmt.Sprintf(`{"firstName":"P%d","addresses":[%s]}`, i, addresses))
	}
	s, err := statistics.Of(t.Context(), h.Repository, h.Write().Grant, contact.Name, query.All, []string{"addresses.town", "tags"})
	if err != nil {
		t.Fatal(err)
	}
	if got := told(s.Counts[0]); got != "Gent=3 Brugge=1 =1" || !s.Counts[0].Several {
		t.Errorf("%s, several %v", got, s.Counts[0].Several)
	}
	if got := told(s.Counts[1]); got != "=4" || !s.Counts[1].Several {
		t.Errorf("tags %s", got)
	}
}

// Who left a group, or has not come yet, is not counted as one of it; when a day begins, nobody writes that down.
func TestGroupsOfToday(t *testing.T) {
	h := repositorytest.Open(t, repositorytest.Options{})
	u15, choir := h.Create(group.Name, `{"name":"U15"}`).Base().ID, h.Create(group.Name, `{"name":"Choir"}`).Base().ID
	today := h.Clock.Now()
	day := func(n int) string { return string(record.DateOf(today.AddDate(0, 0, n))) }
	for i, groups := range []string{
		fmt.Sprintf(`{"group":%q}`, u15),
		fmt.Sprintf(`{"group":%q,"to":%q},{"group":%q}`, u15, day(0), choir),
		fmt.Sprintf(`{"group":%q,"from":%q,"to":%q},{"group":%q,"from":%q}`, u15, day(-20), day(-10), u15, day(1)),
		fmt.Sprintf(`{"group":%q,"to":%q}`, choir, day(-1)),
		``,
	} {
		h.Create(contact.Name, fmt.Sprintf(`{"firstName":"P%d","lastName":"Nys","groups":[%s]}`, i, groups))
	}
	seq := func() int64 {
		head, err := h.Log.Head(t.Context(), h.Grant(policy.Owner).Tenant())
		if err != nil {
			t.Fatal(err)
		}
		return head.Seq
	}
	written := seq()
	for _, want := range []string{u15 + "=2 " + choir + "=1 =3", u15 + "=2 " + choir + "=1 =2"} {
		s, err := statistics.Of(t.Context(), h.Repository, h.Write().Grant, contact.Name, query.All, []string{contact.GroupNowPath})
		if err != nil {
			t.Fatal(err)
		}
		if got := told(s.Counts[0]); got != want || !s.Counts[0].Several || !s.Counts[0].Refs {
			t.Errorf("%s: %s, not %s", h.Clock.Now(), got, want)
		}
		for _, bar := range s.Counts[0].Bars {
			list, err := h.List(t.Context(), h.Write().Grant, contact.Name, repository.Question{Where: bar.Where, Count: true})
			if err != nil || list.Total != bar.Count {
				t.Errorf("the bar %s of %d leads to %d, %v", bar.Value, bar.Count, list.Total, err)
			}
		}
		for text, want := range map[string]int{"groups.now:u15": 2, "groups.now.name:u15": 2, "group:u15": 3} {
			list, err := h.List(t.Context(), h.Write().Grant, contact.Name, repository.Question{Text: text, Count: true})
			if err != nil || list.Total != want {
				t.Errorf("%s finds %d, not %d, %v", text, list.Total, want, err)
			}
		}
		h.Clock.Advance(24 * time.Hour)
	}
	if seq() != written {
		t.Error("something was written")
	}
}

// Of random people and random questions: single values add up to the total, and every bar finds as many as it counts.
func TestBarsAddUp(t *testing.T) {
	h := repositorytest.Open(t, repositorytest.Options{})
	ctx, g := t.Context(), h.Write().Grant
	h.Create("field", `{"for":"contact","name":"licence","label":"Licence","type":"choice","options":["A","B","C"],"order":1}`)
	h.Create("field", `{"for":"contact","name":"helps","label":"Helps","type":"choices","options":["bar","kitchen"],"order":2}`)
	h.Create("field", `{"for":"contact","name":"swims","label":"Swims","type":"flag","order":3}`)
	teams := []string{h.Create(group.Name, `{"name":"U15"}`).Base().ID, h.Create(group.Name, `{"name":"Choir"}`).Base().ID}
	random := rand.New(rand.NewPCG(1, 2))
	pick := func(values ...string) string { return values[random.IntN(len(values))] }
	for i := range 150 {
		members := []string{fmt.Sprintf(`"firstName":"P%d"`, i)}
		add := func(name string, values ...string) {
			if v := pick(values...); v != "" {
				members = append(members, fmt.Sprintf("%q:%s", name, v))
			}
		}
		add("type", `"member"`, `"donor"`, ``)
		add("gender", `"female"`, `"male"`, ``)
		add("category", `"board"`, ``, ``)
		add("language", `"en"`, ``)
		add("birthDate", fmt.Sprintf(`"%d-02-28"`, 1930+random.IntN(96)), ``)
		add("tags", `["a"]`, `["a","b"]`, `["B"]`, ``)
		add("addresses", `[{"town":"Gent"}]`, `[{"town":"gent"},{"town":"Aalst"}]`, ``)
		add("groups", fmt.Sprintf(`[{"group":%q}]`, teams[0]), fmt.Sprintf(`[{"group":%q},{"group":%q,"function":"coach"}]`, teams[0], teams[1]), ``)
		add("custom", `{"licence":"A","swims":true}`, `{"licence":"B","helps":["bar"]}`, `{"swims":false,"helps":["bar","kitchen"]}`, ``)
		h.Create(contact.Name, "{"+strings.Join(members, ",")+"}")
	}
	k, err := h.Kind(contact.Name)
	if err != nil {
		t.Fatal(err)
	}
	cfg, err := h.Config(ctx, g)
	if err != nil {
		t.Fatal(err)
	}
	by := statistics.Usual(k, cfg, g)
	want := []string{"type", "status", "gender", "age", "language", "category", "entity", "groups.now", "tags", "addresses.town", "custom.licence", "custom.helps", "custom.swims"}
	if diff := cmp.Diff(want, by); diff != "" {
		t.Fatal(diff)
	}
	for _, q := range []string{"", "type:member", "-tags:a", "age>30", "gender:female tags:b", "category:*", "P1", "type:donor type:member"} {
		fields, err := h.QueryFields(ctx, g, contact.Name)
		if err != nil {
			t.Fatal(err)
		}
		where, err := query.Parse(q, fields)
		if err != nil {
			t.Fatal(err)
		}
		s, err := statistics.Of(ctx, h.Repository, g, contact.Name, where, nil)
		if err != nil {
			t.Fatal(err)
		}
		for i, c := range s.Counts {
			sum := 0
			for _, b := range c.Bars {
				sum += b.Count
				found, err := h.List(ctx, g, contact.Name, repository.Question{Text: query.Format(query.With(where, b.Where)), Count: true})
				if err != nil {
					t.Fatal(err)
				}
				if found.Total != b.Count {
					t.Errorf("%q by %s: %d have %q, and %d are found by it", q, c.Path, b.Count, b.Value, found.Total)
				}
			}
			if single := slices.Contains([]string{"type", "status", "gender", "age", "language", "category", "entity", "custom.licence", "custom.swims"}, by[i]); single == c.Several || single && sum != s.Total {
				t.Errorf("%q by %s: %d of %d, several %v", q, c.Path, sum, s.Total, c.Several)
			}
		}
	}
}

// What the caller may not read is nothing to count by, nor is what there is not; other kinds have counts of their own.
func TestWhatIsCounted(t *testing.T) {
	h := repositorytest.Open(t, repositorytest.Options{})
	ctx, g := t.Context(), h.Write().Grant
	h.Create("field", `{"for":"contact","name":"fee","label":"Fee","type":"choice","options":["A"],"class":"finance"}`)
	reader := policy.For(policy.Actor{ID: "usr_r"}, policy.Reader).In(h.Tenant)
	k, err := h.Kind(contact.Name)
	if err != nil {
		t.Fatal(err)
	}
	cfg, err := h.Config(ctx, g)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Contains(statistics.Usual(k, cfg, g), "custom.fee") || slices.Contains(statistics.Usual(k, cfg, reader), "custom.fee") {
		t.Error("what is for some alone is counted by for others")
	}
	for kind, by := range map[string][]string{contact.Name: {"nothing"}, group.Name: {"type"}} {
		if _, err := statistics.Of(ctx, h.Repository, g, kind, query.All, by); !errors.Is(err, fault.Invalid) {
			t.Errorf("%s by %s: %v", kind, by, err)
		}
	}
	if _, err := statistics.Of(ctx, h.Repository, reader, contact.Name, query.All, []string{"custom.fee"}); !errors.Is(err, fault.Invalid) {
		t.Errorf("a reader counts by what they may not read: %v", err)
	}
	if _, err := statistics.Of(ctx, h.Repository, g, contact.Name, query.All, make([]string, statistics.MaxCounts+1)); !errors.Is(err, fault.Invalid) {
		t.Errorf("by too many: %v", err)
	}
	if _, err := statistics.Of(ctx, h.Repository, policy.Grant{}.In(h.Tenant), contact.Name, query.All, nil); err == nil {
		t.Error("somebody without rights counts")
	}
	h.Create(group.Name, `{"name":"U15","category":"team"}`)
	s, err := statistics.Of(ctx, h.Repository, g, group.Name, query.All, nil)
	if err != nil || s.Total != 1 || s.Counts[0].Path != "category" || told(s.Counts[0]) != "team=1" {
		t.Errorf("%+v, %v", s, err)
	}
}
