package parse

import (
	"strings"
	"unicode"

	"github.com/muster-crm/muster/shared/fold"
)

// Emails gives the e-mail addresses of a cell, each once, in their order, and what else stands in it, "" when there is
// nothing else. Several are separated by semicolons, commas, bars, slashes, spaces or lines; names with the address in
// angles and mailto: are understood. Whether an address can exist is not judged here.
func Emails(s string) (addresses []string, rest string) {
	seen := map[string]bool{}
	var other []string
	for _, word := range strings.FieldsFunc(s, func(r rune) bool {
		return unicode.IsSpace(r) || strings.ContainsRune(";,|<>()[]\"\u00a0\u200b/", r)
	}) {
		word = strings.Trim(word, ".:'")
		if len(word) > 7 && strings.EqualFold(word[:7], "mailto:") {
			word = word[7:]
		}
		at := strings.LastIndexByte(word, '@')
		switch {
		case at > 0 && at < len(word)-1:
			if key := fold.String(word); !seen[key] {
				seen[key] = true
				addresses = append(addresses, word)
			}
		case word != "" && strings.IndexFunc(word, func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) || r == '@' }) >= 0:
			other = append(other, word)
		}
	}
	return addresses, strings.Join(other, " ")
}

// PersonName takes a full name apart. "Castaño Rey, Javier" has its last name before the comma. Of a name without one,
// words in capitals are the last name where others are not ("Jean DE LA TOUR", "DUPONT Jean"); otherwise the first
// word is the first name. A single word is a first name.
func PersonName(s string) (first, last string) {
	s = strings.Join(strings.Fields(s), " ")
	if l, f, ok := strings.Cut(s, ","); ok {
		l, f = strings.TrimSpace(l), strings.TrimSpace(f)
		if f == "" {
			return PersonName(l)
		}
		if l == "" {
			return PersonName(f)
		}
		return f, l
	}
	words := strings.Split(s, " ")
	if len(words) < 2 {
		return s, ""
	}
	from, to := len(words), 0
	for i, w := range words {
		if shouted(w) {
			from, to = min(from, i), i+1
		}
	}
	if from < to && to-from < len(words) && (from == 0 || to == len(words)) {
		if all(words[from:to], shouted) {
			if from == 0 {
				return strings.Join(words[to:], " "), strings.Join(words[:to], " ")
			}
			return strings.Join(words[:from], " "), strings.Join(words[from:], " ")
		}
	}
	return words[0], strings.Join(words[1:], " ")
}

func all(words []string, is func(string) bool) bool {
	for _, w := range words {
		if !is(w) {
			return false
		}
	}
	return true
}

// shouted says whether a word of two letters and more is in capitals. An initial (J.) is not.
func shouted(w string) bool {
	letters := 0
	for _, r := range w {
		if unicode.IsLower(r) {
			return false
		}
		if unicode.IsUpper(r) {
			letters++
		}
	}
	return letters > 1 && !strings.Contains(w, ".")
}
