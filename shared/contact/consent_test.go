package contact_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/muster-crm/muster/shared/record"
)

// What a batch noted goes with it when it is taken back, unless somebody has noted something of the purpose since.
func TestConsentTakenBack(t *testing.T) {
	for name, test := range map[string]struct {
		did  string // who set which flag: "n" is the newsletter, "s" promotional messages; in capitals it is set, else cleared
		undo string // which of the batches, and what the flags are then
		want string
	}{
		"nothing since":                   {"1N", "1 ns", ""},
		"both":                            {"1N 1S", "1 ns", ""},
		"what was before stays":           {"-N -n 1N", "1 ns", "-N -n"},
		"there and back":                  {"-S 1N 1n", "1 nS", "-S"},
		"there and back and there":        {"1N 1n 1N", "1 ns", ""},
		"the other purpose since":         {"1N -S", "1 nS", "-S"},
		"withdrawn since":                 {"1N -n", "1 ns", "1N -n"},
		"withdrawn and given since":       {"1N -n -N", "1 ns", "1N -n -N 1n"},
		"the batch changed nothing of it": {"-N", "1 Ns", "-N"},
		"the last first":                  {"1N 2n", "2 Ns", "1N"},
		"the first first":                 {"1N 2n", "1 ns", "1N 2n"},
		"and then the last":               {"1N 2n", "2 ns", ""},
		"it stays as the batch set it":    {"1N", "1 Ns", "1N"},
		"withdrawn by the batch":          {"-N 1n", "1 Ns", "-N"},
	} {
		t.Run(name, func(t *testing.T) {
			flag := func(word string) (by, patch string) {
				by = strings.Trim(word[:1], "-")
				field := map[string]string{"n": "newsletter", "s": "promotionalSms"}[strings.ToLower(word[1:])]
				return by, fmt.Sprintf(`{%q:%v}`, field, strings.ToUpper(word) == word)
			}
			c := made(t, `{"firstName":"a","newsletter":false}`)
			for _, word := range strings.Fields(test.did) {
				by, patch := flag(word)
				var err error
				if c, err = edited(t, c, patch, func(e *record.Env) { e.Batch = by }); err != nil {
					t.Fatal(err)
				}
			}
			batch, flags, _ := strings.Cut(test.undo, " ")
			patch := fmt.Sprintf(`{"newsletter":%v,"promotionalSms":%v}`, flags[0] == 'N', flags[1] == 'S')
			before := slices.Clone(c.Consents)
			back, err := edited(t, c, patch, func(e *record.Env) { e.Batch, e.Undo = batch, true })
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, n := range back.Consents {
				letter := n.Purpose[:1]
				if letter == "p" {
					letter = "s"
				}
				if n.Given {
					letter = strings.ToUpper(letter)
				}
				by := n.Batch
				if by == "" {
					by = "-"
				}
				got = append(got, by+letter)
			}
			if diff := cmp.Diff(test.want, strings.Join(got, " ")); diff != "" {
				t.Error(diff)
			}
			if !cmp.Equal(before, c.Consents) {
				t.Error("the stored notes were written over")
			}
		})
	}
}
