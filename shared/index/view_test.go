package index

import (
	"cmp"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/muster-crm/muster/shared/fold"
	"github.com/muster-crm/muster/shared/policy"
	"github.com/muster-crm/muster/shared/query"
)

// Lookup finds what the model finds, in segments and among the latest changes, in the trash too.
func TestLookup(t *testing.T) {
	h := newHistory(t, 11, 1300)
	h.apply(400)
	same := map[string]func(a, b string) bool{
		"emails.address": func(a, b string) bool { return fold.String(a) == fold.String(b) },
		"lastName":       func(a, b string) bool { return fold.String(a) == fold.String(b) },
		"phones.number":  func(a, b string) bool { return fold.Digits(a) == fold.Digits(b) },
		"externalIds.*":  func(a, b string) bool { return a == b },
		"tags":           func(a, b string) bool { return a == b },
		"number":         func(a, b string) bool { return a == b },
		"birthDate":      func(a, b string) bool { return a == b },
		"id":             func(a, b string) bool { return a == b },
	}
	found := 0
	for path, equal := range same {
		values := []string{"nothing like it", "", "99999"}
		for _, r := range h.model.records {
			if len(values) < 60 && r.data != nil {
				values = append(values, r.values(path)...)
			}
		}
		values = append(values, strings.ToUpper(values[len(values)-1]))
		for _, value := range values {
			var want []string
			for _, r := range h.model.records {
				if r.data != nil && slices.ContainsFunc(r.values(path), func(v string) bool { return equal(v, value) }) {
					want = append(want, r.id)
				}
			}
			slices.Sort(want)
			var got []string
			for _, hit := range h.view.Lookup(path, value) {
				got = append(got, hit.ID)
				if hit.Trashed != h.model.records[hit.ID].trashed() || hit.Revision != h.model.records[hit.ID].revision {
					t.Errorf("%s: %+v is not as it should be", path, hit)
				}
			}
			if !slices.Equal(got, want) {
				t.Errorf("%s %q: %d found, want %d", path, value, len(got), len(want))
			}
			found += len(got)
		}
	}
	if found < 1000 {
		t.Errorf("only %d were found in all", found)
	}
	if hits := h.view.Lookup("nope", "x"); hits != nil {
		t.Errorf("an unknown column finds %d", len(hits))
	}
}

// Suggest counts what the model counts.
func TestSuggest(t *testing.T) {
	h := newHistory(t, 12, 1300)
	h.apply(400)
	for _, c := range []struct{ path, prefix string }{{"lastName", "p"}, {"lastName", "van d"}, {"lastName", "BERGH"}, {"firstName", ""},
		{"addresses.town", "sint-n"}, {"addresses.town", "niklaas"}, {"tags", "b"}, {"tags", "rü"}, {"emails.address", "jan"}, {"lastName", "zz"}} {
		counts := map[string]int{}
		for _, r := range h.model.records {
			if r.data == nil || r.trashed() {
				continue
			}
			for _, v := range distinct(r.values(c.path)) {
				f, p := fold.String(v), fold.String(c.prefix)
				if v != "" && (strings.HasPrefix(f, p) || beginsAWord(f, p)) {
					counts[v]++
				}
			}
		}
		var want []Bucket
		for v, n := range counts {
			want = append(want, Bucket{Values: []string{v}, Count: n})
		}
		slices.SortFunc(want, func(a, b Bucket) int {
			return cmp.Or(cmp.Compare(b.Count, a.Count), strings.Compare(a.Values[0], b.Values[0]))
		})
		for _, limit := range []int{1, 3, 1000} {
			got := h.view.Suggest(c.path, c.prefix, limit, grant(policy.Owner))
			if diff := gocmp.Diff(want[:min(limit, len(want))], got); diff != "" && len(got)+len(want) > 0 {
				t.Errorf("%s %q: %s", c.path, c.prefix, diff)
			}
		}
	}
	if got := h.view.Suggest("iban", "be", 5, grant(policy.Reader)); got != nil {
		t.Errorf("what may not be read was suggested: %v", got)
	}
	if got := h.view.Suggest("lastName", "p", 5, policy.Grant{}); got != nil {
		t.Errorf("without a grant: %v", got)
	}
}

func beginsAWord(folded, prefix string) bool {
	for i := 1; i < len(folded); i++ {
		if len(fold.Words(folded[i-1:i])) == 0 && strings.HasPrefix(folded[i:], prefix) && len(fold.Words(folded[i:i+1])) > 0 {
			return true
		}
	}
	return false
}

func TestSpelling(t *testing.T) {
	b := NewBuilder(people)
	for id, tags := range map[string]string{"a": `["Board"]`, "b": `["Élite","vip"]`} {
		if err := b.Add(Change{ID: id, Revision: 1, Value: []byte(`{"firstName":"x","tags":` + tags + `}`)}); err != nil {
			t.Fatal(err)
		}
	}
	v, err := b.View(1).Apply(2, []Change{{ID: "a", Revision: 2}, {ID: "c", Revision: 1, Value: []byte(`{"tags":["Coach"]}`)}})
	if err != nil {
		t.Fatal(err)
	}
	for value, want := range map[string]string{"ELITE": "Élite", "vip": "vip", "coach": "Coach", "board": "", "other": ""} {
		if got, ok := v.Spelling("tags", value); got != want || ok != (want != "") {
			t.Errorf("%q is spelled %q, want %q", value, got, want)
		}
	}
	if _, ok := v.Spelling("number", "1"); ok {
		t.Error("a number has a spelling")
	}
}

func TestGet(t *testing.T) {
	h := newHistory(t, 13, 200)
	h.apply(150)
	for id, r := range h.model.records {
		hit, ok := h.view.Get(id)
		if ok != (r.data != nil) || ok && (hit.ID != id || hit.Revision != r.revision || hit.Trashed != r.trashed() || !hit.Exact) {
			t.Errorf("Get gives %+v and %v", hit, ok)
		}
	}
	for _, id := range []string{"", "nobody", h.world.id(), strings.ToUpper(h.ids[0])} {
		if _, ok := h.view.Get(id); ok {
			t.Errorf("%q was found", id)
		}
	}
}

// A hit shows the record as it was found, whatever has become of it.
func TestHitsOutliveTheirView(t *testing.T) {
	h := newHistory(t, 14, 50)
	a, err := h.view.Find(Request{Limit: 50, Grant: grant(policy.Owner), Now: now})
	if err != nil {
		t.Fatal(err)
	}
	var before []string
	for _, hit := range a.Hits {
		before = append(before, string(h.view.AppendJSON(nil, hit, grant(policy.Owner))))
	}
	h.apply(1500)
	for i, hit := range a.Hits {
		if got := string(h.view.AppendJSON(nil, hit, grant(policy.Owner))); got != before[i] {
			t.Errorf("the hit shows %s, was %s", got, before[i])
		}
	}
}

// Two views made from one do not disturb each other.
func TestViewsBranch(t *testing.T) {
	h := newHistory(t, 15, 30)
	one, err := h.view.Apply(1, []Change{{ID: "x", Revision: 1, Value: []byte(`{"firstName":"One"}`)}})
	if err != nil {
		t.Fatal(err)
	}
	two, err := h.view.Apply(2, []Change{{ID: "x", Revision: 1, Value: []byte(`{"firstName":"Two"}`)}})
	if err != nil {
		t.Fatal(err)
	}
	for want, v := range map[string]*View{"One": one, "Two": two} {
		hit, _ := v.Get("x")
		if got := string(v.AppendJSON(nil, hit, grant(policy.Owner))); !strings.Contains(got, want) {
			t.Errorf("got %s, want %s", got, want)
		}
	}
	if one.Seq() != 1 || two.Seq() != 2 || h.view.Seq() != 0 {
		t.Error("a sequence number is wrong")
	}
}

// What memory a view is thought to take grows with what it holds and is about right for columns in use.
func TestBytes(t *testing.T) {
	small, large := newHistory(t, 16, 200).view.Bytes(), newHistory(t, 16, 2000).view.Bytes()
	if small <= 0 || large < 4*small {
		t.Errorf("200 records take %d bytes, 2000 take %d", small, large)
	}
}

// Exact matches come before forgiven typos, whole words before beginnings.
func TestBestMatchFirst(t *testing.T) {
	b := NewBuilder(people)
	for id, name := range map[string]string{"1": "Jansen", "2": "Janssen", "3": "Janssens", "4": "Aaron", "5": "Jansenius"} {
		if err := b.Add(Change{ID: id, Revision: 1, Value: []byte(`{"firstName":"An","lastName":"` + name + `"}`)}); err != nil {
			t.Fatal(err)
		}
	}
	v, err := b.View(1).Apply(2, []Change{{ID: "6", Revision: 1, Value: []byte(`{"firstName":"Zoë","lastName":"Janssen"}`)}})
	if err != nil {
		t.Fatal(err)
	}
	for words, want := range map[string]string{
		"janssen":    "2 6 3 1?",
		"jansen":     "1 5 2? 6?",
		"an janssen": "2 3 1?",
		"janssen an": "2 3 1?",
		"janss":      "2 6 3",
		"jnassen":    "2? 6?",
	} {
		a, err := v.Find(Request{Where: query.Text{Words: words}, Limit: 10, Count: true, Grant: grant(policy.Reader), Now: now})
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, hit := range a.Hits {
			s := hit.ID
			if !hit.Exact {
				s += "?"
			}
			got = append(got, s)
		}
		if g := strings.Join(got, " "); g != want || a.Total != len(got) {
			t.Errorf("%q finds %s of %d, want %s", words, g, a.Total, want)
		}
	}
}

func TestAge(t *testing.T) {
	for _, c := range []struct {
		born, on string
		want     int64
	}{
		{"2000-05-21", "2027-05-20", 26}, {"2000-05-21", "2027-05-21", 27}, {"2004-02-29", "2022-02-27", 17}, {"2004-02-29", "2022-02-28", 18},
		{"2004-02-29", "2024-02-28", 19}, {"2004-02-29", "2024-02-29", 20}, {"2026-01-01", "2026-01-01", 0}, {"1999-12-31", "2026-01-01", 26},
	} {
		born, _ := parseDate(c.born)
		day, _ := parseDate(c.on)
		on := timeOf(day)
		if got := age(born, on); got != c.want {
			t.Errorf("born %s, on %s: %d, want %d", c.born, c.on, got, c.want)
		}
	}
	// The days of birth of an age are those whose age it is.
	for _, on := range []string{"2024-02-28", "2024-02-29", "2023-02-28", "2023-03-01", "2024-12-31", "2000-01-01"} {
		day, _ := parseDate(on)
		for years := int64(-1); years < 60; years++ {
			from, to := bornWithin(years, years, timeOf(day))
			for d := from - 3; d <= to+3; d++ {
				if got := age(d, timeOf(day)) == years; got != (d >= from && d <= to) {
					t.Fatalf("on %s, born on day %d: of age %d is %v", on, d, years, got)
				}
			}
		}
	}
}
