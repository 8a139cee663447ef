package i18n

// category is the CLDR plural category of a whole number in a language: "one", "many" or "other".
//
// French counts 0 and 1 as one; Spanish and French say "1 000 000 de membres", the category many, for whole millions.
func category(l Language, n int) string {
	if n < 0 {
		n = -n
	}
	switch {
	case n == 1, n == 0 && l == French:
		return "one"
	case n != 0 && n%1_000_000 == 0 && (l == French || l == Spanish):
		return "many"
	}
	return "other"
}
