package repository_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/muster-crm/muster/shared/fault"
	"github.com/muster-crm/muster/shared/policy"
	"github.com/muster-crm/muster/shared/repository"
)

// Codes are found by what they are called in any language; what is on no list is refused.
func TestListByCode(t *testing.T) {
	h := open(t)
	jan := h.contact(`{"firstName":"Jan","addresses":[{"town":"Gent"}]}`)
	piet := h.contact(`{"firstName":"Piet","status":"withdrawn","type":"donor","addresses":[{"country":"FR"}]}`)
	for text, want := range map[string][]string{
		"status:active":        {jan.ID},
		"status:actief":        {jan.ID},
		"status:ACTIF":         {jan.ID},
		"status:uitgeschreven": {piet.ID},
		"type:donateur":        {piet.ID},
		"country:France":       {piet.ID},
		"country:frankrijk":    {piet.ID},
		"country:BE":           {jan.ID},
		"-status:actief":       {piet.ID},
		"tag:gone":             nil,
	} {
		list, err := h.List(t.Context(), h.Grant(policy.Reader), "contact", repository.Question{Text: text, Limit: 10, Count: true})
		if err != nil || !slices.Equal(list.IDs, want) || list.Total != len(want) {
			t.Errorf("%s: %v, %v", text, list.IDs, err)
		}
	}
	for _, text := range []string{"status:gone", "country:atlantis", "nothing:x", `"open`} {
		if _, err := h.List(t.Context(), h.Grant(policy.Reader), "contact", repository.Question{Text: text, Limit: 10}); !errors.Is(err, fault.Invalid) {
			t.Errorf("%s: %v", text, err)
		}
		if _, err := h.Parse(t.Context(), h.Grant(policy.Reader), "contact", text); !errors.Is(err, fault.Invalid) {
			t.Errorf("parsing %s: %v", text, err)
		}
	}
}

func TestListPages(t *testing.T) {
	h := open(t)
	var want []string
	for n := range 25 {
		c := h.contact(body(`{"firstName":"N","lastName":"P%02d"}`, n))
		want = append(want, c.ID)
	}
	var got []string
	q := repository.Question{Limit: 7}
	for pages := 0; ; pages++ {
		list, err := h.List(t.Context(), h.Grant(policy.Reader), "contact", q)
		if err != nil || pages > 4 {
			t.Fatal(err)
		}
		got = append(got, list.IDs...)
		if q.After = list.Next; q.After == nil {
			break
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	for limit, want := range map[int]string{-1: "invalid, limit bad_value", 201: "invalid, limit bad_value", 200: "done", 0: "done"} {
		if _, err := h.List(t.Context(), h.Grant(policy.Reader), "contact", repository.Question{Limit: limit}); told(err) != want {
			t.Errorf("limit %d: %s", limit, told(err))
		}
	}
}

// Forms of a question given together must all hold.
func TestListByAllForms(t *testing.T) {
	h := open(t)
	c := h.contact(`{"firstName":"Jan","tags":["a"]}`)
	h.contact(`{"firstName":"Jan"}`)
	h.contact(`{"firstName":"Piet","tags":["a"]}`)
	list, err := h.List(t.Context(), h.Grant(policy.Reader), "contact", repository.Question{Text: "jan", Filter: []byte(`{"field":"tags","value":"a"}`), Limit: 10, Facets: [][]string{{"status"}}})
	if err != nil || !slices.Equal(list.IDs, []string{c.ID}) || list.Facets[0][0].Count != 1 || !strings.Contains(string(list.Items[0]), `"firstName":"Jan"`) {
		t.Errorf("%+v, %v", list, err)
	}
}

func TestListOfNoIndex(t *testing.T) {
	h := open(t)
	for _, kind := range []string{"settings", "field", "unheard"} {
		if _, err := h.List(t.Context(), h.Grant(policy.Owner), kind, repository.Question{Limit: 1}); !errors.Is(err, fault.NotFound) {
			t.Errorf("%s: %v", kind, err)
		}
		if _, err := h.Suggest(t.Context(), h.Grant(policy.Owner), kind, "tags", "", 1); !errors.Is(err, fault.NotFound) {
			t.Errorf("%s: %v", kind, err)
		}
	}
}

func TestSuggest(t *testing.T) {
	h := open(t)
	for n, tags := range []string{`"board"`, `"board","bar"`, `"choir"`} {
		h.contact(body(`{"firstName":"N%d","tags":[%s]}`, n, tags))
	}
	buckets, err := h.Suggest(t.Context(), h.Grant(policy.Reader), "contact", "tags", "B", 10)
	var got []string
	for _, b := range buckets {
		got = append(got, fmt.Sprint(b.Values[0], b.Count))
	}
	if diff := cmp.Diff([]string{"board2", "bar1"}, got); diff != "" || err != nil {
		t.Errorf("%v %s", err, diff)
	}
}

// A new spelling of a tag becomes the one in use; edits of other things change none.
func TestTagsBecomeOne(t *testing.T) {
	h := open(t)
	h.contact(`{"firstName":"Jan","tags":["Élite"]}`)
	h.contact(`{"firstName":"Piet","tags":["elite"]}`)
	c := h.contact(`{"firstName":"Mia","tags":["ELITE","new"]}`)
	if diff := cmp.Diff([]string{"Élite", "new"}, c.Tags); diff != "" {
		t.Error(diff)
	}
	list, err := h.List(t.Context(), h.Grant(policy.Reader), "contact", repository.Question{Text: "tag:élite", Limit: 10})
	if err != nil || len(list.IDs) != 3 {
		t.Errorf("%v, %v", list.IDs, err)
	}
}

func TestRead(t *testing.T) {
	h := open(t)
	a, b, gone := h.contact(`{"firstName":"A"}`), h.contact(`{"firstName":"B"}`), h.contact(`{"firstName":"C"}`)
	h.trash(gone.ID)
	ids := []string{b.ID, "con_nobody", gone.ID, "../x", "", a.ID, b.ID}
	for role, want := range map[policy.Role]string{policy.Owner: "B C A", policy.Reader: "B A"} {
		records, err := h.Read(t.Context(), h.Grant(role), "contact", ids)
		var got []string
		for _, r := range records {
			got = append(got, r.(interface{ Title() string }).Title())
		}
		if err != nil || strings.Join(got, " ") != want {
			t.Errorf("%s reads %v, %v", role, got, err)
		}
	}
	if _, err := h.Read(t.Context(), h.Grant("stranger"), "contact", ids); !errors.Is(err, fault.Denied) {
		t.Errorf("%v", err)
	}
	if records, err := h.Read(t.Context(), h.Grant(policy.Owner), "contact", nil); err != nil || len(records) != 0 {
		t.Errorf("%v, %v", records, err)
	}
	var many []string
	for n := range 210 {
		many = append(many, fmt.Sprintf("con_%d", n))
	}
	if records, err := h.Read(t.Context(), h.Grant(policy.Owner), "contact", append(many, a.ID)); err != nil || len(records) != 1 {
		t.Errorf("%v, %v", records, err)
	}
}
