// Package decimal reads and writes exact decimal numbers. A number of n decimals is held as a whole number of its
// smallest unit, 10^-n: with 2 decimals "12.5" is 1250. Nothing is ever rounded.
package decimal

import (
	"strconv"
	"strings"
)

// Max is the largest magnitude of a number in its smallest unit: what an index column holds, with room to add up.
const Max = 1 << 60

// Read reads a number in figures, as JSON writes those without exponent: an optional minus, digits, and a point with
// digits. ok is false when it is none, has more than places decimals that are not zero, or is beyond Max.
func Read(s string, places int) (n int64, ok bool) {
	digits, negative := strings.CutPrefix(s, "-")
	whole, part, pointed := strings.Cut(digits, ".")
	if !figures(whole) || pointed && !figures(part) {
		return 0, false
	}
	for len(part) > places && part[len(part)-1] == '0' {
		part = part[:len(part)-1]
	}
	if len(part) > places {
		return 0, false
	}
	n, err := strconv.ParseInt(whole+part+strings.Repeat("0", places-len(part)), 10, 64)
	if err != nil || n > Max {
		return 0, false
	}
	if negative {
		n = -n
	}
	return n, true
}

// figures reports whether a text is digits and nothing else.
func figures(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}

// Write writes a number in the one way every equal number is written: no exponent, no zeros behind the last decimal.
func Write(n int64, places int) string {
	s := Fixed(n, places)
	if places > 0 {
		s = strings.TrimRight(strings.TrimRight(s, "0"), ".")
	}
	return s
}

// Fixed writes a number with all its decimals.
func Fixed(n int64, places int) string {
	sign, magnitude := "", uint64(n)
	if n < 0 {
		sign, magnitude = "-", -magnitude
	}
	digits := strconv.FormatUint(magnitude, 10)
	if places <= 0 {
		return sign + digits
	}
	if missing := places + 1 - len(digits); missing > 0 {
		digits = strings.Repeat("0", missing) + digits
	}
	return sign + digits[:len(digits)-places] + "." + digits[len(digits)-places:]
}
