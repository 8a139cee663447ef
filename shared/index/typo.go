package index

import (
	"math/bits"
	"strings"
	"unicode/utf8"
)

// typoLetters is the length from which a word is forgiven a typo.
const typoLetters = 5

// forgiven tells whether a folded word is long enough to be forgiven a typo, and no number.
func forgiven(w string) bool {
	return runes(w) >= typoLetters && !strings.ContainsAny(w, "0123456789")
}

func runes(s string) int { return utf8.RuneCountInString(s) }

func trailing(w uint64) int { return bits.TrailingZeros64(w) }

// oneTypo tells whether b is a, of n letters, with one letter put in, left out, replaced, or swapped with its neighbour.
func oneTypo(a string, n int, b string) bool {
	if len(a) == n && isASCII(b) {
		return distanceOne([]byte(a), []byte(b))
	}
	if m := utf8.RuneCountInString(b); m < n-1 || m > n+1 {
		return false
	}
	return distanceOne([]rune(a), []rune(b))
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

func distanceOne[T comparable](a, b []T) bool {
	if len(a) > len(b) {
		a, b = b, a
	}
	if len(b)-len(a) > 1 {
		return false
	}
	i := 0
	for i < len(a) && a[i] == b[i] {
		i++
	}
	if len(a) < len(b) {
		return equal(a[i:], b[i+1:])
	}
	switch {
	case i == len(a):
		return false
	case equal(a[i+1:], b[i+1:]):
		return true
	}
	return i+1 < len(a) && a[i] == b[i+1] && a[i+1] == b[i] && equal(a[i+2:], b[i+2:])
}

func equal[T comparable](a, b []T) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}
