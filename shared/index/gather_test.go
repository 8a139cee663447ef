package index

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
)

// Texts are sorted as strings compare, equal ones by the tie, however much they have in common.
func TestSortTexts(t *testing.T) {
	rng := rand.New(rand.NewPCG(4, 5))
	for _, n := range []int{0, 1, 2, 40, 255, 256, 3000} {
		for _, alphabet := range []string{"ab", "a\x00", "abcdefgh\u00e9\uffff"} {
			letters := []rune(alphabet)
			texts := make([]string, n)
			for i := range texts {
				var b strings.Builder
				b.WriteString(strings.Repeat("common", rng.IntN(3)*rng.IntN(2)))
				for range rng.IntN(24) {
					b.WriteRune(letters[rng.IntN(len(letters))])
				}
				texts[i] = b.String()
			}
			list, want := make([]keyed, n), make([]uint32, n)
			for i := range list {
				list[i].at, want[i] = uint32(i), uint32(i)
			}
			sortTexts(list, func(i uint32) string { return texts[i] }, 0, cmp.Compare[uint32])
			slices.SortFunc(want, func(a, b uint32) int { return cmp.Or(strings.Compare(texts[a], texts[b]), cmp.Compare(a, b)) })
			got := make([]uint32, n)
			for i := range list {
				got[i] = list[i].at
			}
			if diff := gocmp.Diff(want, got); diff != "" {
				t.Fatalf("%d of %q: %s", n, alphabet, diff)
			}
		}
	}
}

// Keys are sorted by all of their bytes.
func TestSortKeyed(t *testing.T) {
	rng := rand.New(rand.NewPCG(6, 7))
	for _, n := range []int{1, 255, 256, 5000} {
		for _, mask := range []uint64{^uint64(0), 0xff, 0xff00ff00, 1 << 63, 0} {
			list := make([]keyed, n)
			for i := range list {
				list[i] = keyed{rng.Uint64() & mask, uint32(i)}
			}
			want := slices.Clone(list)
			slices.SortFunc(want, func(a, b keyed) int { return cmp.Or(cmp.Compare(a.key, b.key), cmp.Compare(a.at, b.at)) })
			sortKeyed(list, func(run []keyed) {
				if len(run) < 2 {
					t.Errorf("a run of %d", len(run))
				}
				slices.SortFunc(run, func(a, b keyed) int { return cmp.Compare(a.at, b.at) })
			})
			if !slices.Equal(want, list) {
				t.Fatalf("%d keys of %x are not in order", n, mask)
			}
		}
	}
}

// A vocabulary gives a text the number it had, and its text for every number.
func TestVocabulary(t *testing.T) {
	rng := rand.New(rand.NewPCG(8, 9))
	var v vocabulary
	loose := vocabulary{loose: true}
	codes := map[string]uint32{}
	for i := range 20_000 {
		text := fmt.Sprint(rng.IntN(3000))
		if i%7 == 0 {
			text = ""
		}
		code, known := codes[text]
		if !known {
			code = uint32(len(codes) + 1)
			codes[text] = code
		}
		if got := v.code(text); got != code {
			t.Fatalf("%q is %d, then %d", text, code, got)
		}
		if got := loose.at(loose.code(text) - 1); got != text {
			t.Fatalf("%q is kept as %q", text, got)
		}
	}
	for text, code := range codes {
		if got := v.at(code - 1); got != text {
			t.Errorf("%d is %q, was %q", code, got, text)
		}
	}
	if all := v.texts(); all.len() != len(codes) {
		t.Errorf("%d texts of %d", all.len(), len(codes))
	}
}
