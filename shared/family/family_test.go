package family_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/muster-crm/muster/shared/family"
	"github.com/muster-crm/muster/shared/reach"
	"github.com/muster-crm/muster/shared/record/kindtest"
)

var kind = family.Kind()

func TestRules(t *testing.T) {
	var crowd []string
	for i := range 51 {
		crowd = append(crowd, fmt.Sprintf(`{"contact":"con_%d"}`, i))
	}
	kindtest.Rules(t, kind, map[string][]string{
		`{}`: {"name required"},
		`{"name":"Peeters","address":{"street":"Kerkstraat","number":"1","town":"Gent"}}`:              nil,
		`{"name":"Peeters","address":{"town":"Gent","country":"XX"}}`:                                  {"address.country bad_choice"},
		`{"name":"` + strings.Repeat("x", 101) + `"}`:                                                  {"name too_long"},
		`{"name":"a","members":[{"contact":"con_1","role":"parent","head":true},{"contact":"con_2"}]}`: nil,
		`{"name":"a","members":[{"role":"parent"}]}`:                                                   {"members[0].contact required"},
		`{"name":"a","members":[{"contact":"con_1","role":"uncle"}]}`:                                  {"members[0].role bad_choice"},
		`{"name":"a","members":[{"contact":"con_1"},{"contact":"con_2"},{"contact":"con_1"}]}`:         {"members[2].contact twice"},
		`{"name":"a","members":[{"contact":"con_1","head":true},{"contact":"con_2","head":true}]}`:     {"members[1].head one_head"},
		`{"name":"a","members":[` + strings.Join(crowd[:50], ",") + `]}`:                               nil,
		`{"name":"a","members":[` + strings.Join(crowd, ",") + `]}`:                                    {"members too_many"},
		`{"name":"a","members":[{"contact":"con_1","since":"2020-01-01"}]}`:                            {"members[0].since unknown_member"},
		`{"name":"a","custom":{"x":"y"}}`:                                                              {"custom.x unknown_member"},
	})
}

// Of the first members a parent is the head; later the operator says who follows.
func TestHead(t *testing.T) {
	f, problems := kindtest.Make[*family.Family](t, kind, `{"name":"a","members":[{"contact":"con_1","role":"child"},{"contact":"con_2","role":"parent"},{"contact":"con_3","role":"parent"}]}`)
	if problems != nil || f.Head() != "con_2" || f.Title() != "a" {
		t.Fatalf("the head is %q, %q", f.Head(), problems)
	}
	if diff := cmp.Diff([]string{"con_1", "con_2", "con_3"}, f.Contacts()); diff != "" {
		t.Error(diff)
	}
	if _, problems := kindtest.Edit(t, kind, f, `{"members":[{"contact":"con_1"},{"contact":"con_3"}]}`); !cmp.Equal(problems, []string{"members choose_head"}) {
		t.Errorf("without its head: %q", problems)
	}
	next, problems := kindtest.Edit(t, kind, f, `{"members":[{"contact":"con_1"}]}`)
	if problems != nil || next.Head() != "con_1" || next.Members[0].Role != "other" {
		t.Errorf("the last one is %+v, %q", next.Members, problems)
	}
	none, problems := kindtest.Edit(t, kind, f, `{"members":[]}`)
	if problems != nil || none.Head() != "" || none.Contacts() != nil {
		t.Errorf("%+v, %q", none.Members, problems)
	}
	first, problems := kindtest.Edit(t, kind, none, `{"members":[{"contact":"con_1","role":"child"},{"contact":"con_3","role":"partner"}]}`)
	if problems != nil || first.Head() != "con_1" {
		t.Errorf("without parents the head is %q, %q", first.Head(), problems)
	}
}

func TestAddress(t *testing.T) {
	f, _ := kindtest.Make[*family.Family](t, kind, `{"name":"a","address":{"street":"Kerkstraat","country":"nl"}}`)
	if f.Address != (reach.Place{Street: "Kerkstraat", Country: "NL"}) {
		t.Errorf("%+v", f.Address)
	}
	f, _ = kindtest.Make[*family.Family](t, kind, `{"name":"a","address":{"country":"NL"}}`)
	if f.Address != (reach.Place{}) {
		t.Errorf("a country alone is the address %+v", f.Address)
	}
}

func FuzzFamily(f *testing.F) {
	f.Add([]byte(`{"name":"a","members":[{"contact":"con_1","role":"child"},{"contact":"con_2","role":"parent"}],"address":{"town":" Gent "}}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		if made, problems := kindtest.Make[*family.Family](t, kind, string(body)); problems == nil && made != nil {
			kindtest.Settled(t, kind, made)
			if len(made.Members) > 0 && made.Head() == "" {
				t.Errorf("%s has no head", body)
			}
		}
	})
}
