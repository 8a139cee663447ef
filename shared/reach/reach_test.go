package reach_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/muster-crm/muster/shared/reach"
	"github.com/muster-crm/muster/shared/record"
	"github.com/muster-crm/muster/shared/record/kindtest"
)

func TestPlace(t *testing.T) {
	home := reach.Address{Kind: "home", Street: "Kerkstraat", Number: "1", Box: "2", Postcode: "9000", Town: "Gent", Region: "OVL", Country: "BE", Main: true}
	there := reach.Place{Street: "Molenweg", Number: "7", Box: "b", Postcode: "1015", Town: "Amsterdam", Region: "NH", Country: "NL"}
	moved := home.At(there)
	if moved.Place() != there || moved.Kind != "home" || !moved.Main || home.Street != "Kerkstraat" {
		t.Errorf("moved to %+v", moved)
	}
	if back := moved.At(home.Place()); back != home {
		t.Errorf("and back to %+v", back)
	}
}

// Whoever completes the lists of a person and of a company fills in what is usual there, and nothing that is said.
func TestUsual(t *testing.T) {
	w := reach.Ways{Emails: []reach.Email{{Address: "a@example.org"}, {Kind: "other", Address: "b@example.org"}},
		Phones:    []reach.Phone{{Number: "+1 212 555 2368"}, {Number: "0471 12 34 56"}, {Line: "mobile", Number: "02 767 01 00"}},
		Addresses: []reach.Address{{Town: "a"}, {Kind: "other", Town: "b", Country: "nl"}}}
	w.Complete(reach.Ways{}, reach.Usual{Kind: "work", Address: "billing", Line: "fixed"}, kindtest.Env())
	want := reach.Ways{Emails: []reach.Email{{Kind: "work", Address: "a@example.org", Main: true}, {Kind: "other", Address: "b@example.org"}},
		Phones: []reach.Phone{{Kind: "work", Line: "fixed", Number: "+12125552368", Main: true}, {Kind: "work", Line: "mobile", Number: "+32471123456"},
			{Kind: "work", Line: "mobile", Number: "+3227670100"}},
		Addresses: []reach.Address{{Kind: "billing", Town: "a", Country: "BE", Main: true, Delivery: true}, {Kind: "other", Town: "b", Country: "NL"}}}
	if diff := cmp.Diff(want, w); diff != "" {
		t.Error(diff)
	}
	if w.Mobile() != "+32471123456" || w.MainEmail() != "a@example.org" {
		t.Errorf("%s, %s", w.Mobile(), w.MainEmail())
	}
}

// Once somebody had addresses, which one is the main one is asked and not guessed.
func TestMainIsAsked(t *testing.T) {
	had := reach.Ways{Addresses: []reach.Address{{Town: "a", Main: true, Delivery: true}, {Town: "b"}, {Town: "c"}}}
	left := reach.Ways{Addresses: slices.Clone(had.Addresses[1:])}
	left.Complete(had, reach.Usual{}, kindtest.Env())
	if got := left.Check(kindtest.Env()); !cmp.Equal(got, []record.Problem{{Path: "addresses", Code: "choose_main"}, {Path: "addresses", Code: "choose_delivery"}}) {
		t.Errorf("%+v", got)
	}
	last := reach.Ways{Addresses: slices.Clone(had.Addresses[2:])}
	last.Complete(had, reach.Usual{}, kindtest.Env())
	if a, ok := last.MainAddress(); !ok || a.Town != "c" || last.Check(kindtest.Env()) != nil {
		t.Errorf("%+v", last)
	}
}
