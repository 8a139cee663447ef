package i18n

import (
	"slices"
	"strings"
	"sync"
)

// Country is an ISO 3166-1 country with its name in a language.
type Country struct{ Code, Name string }

// countries holds each language's countries in the order of its alphabet, once they were needed.
var countries = func() map[Language]func() []Country {
	all := map[Language]func() []Country{}
	for _, l := range Languages() {
		all[l] = sync.OnceValue(func() []Country { return sortedCountries(New(l, nil)) })
	}
	return all
}()

func sortedCountries(p *Printer) []Country {
	type keyed struct {
		Country
		key string
	}
	var list []keyed
	for key, m := range p.texts {
		if code, ok := strings.CutPrefix(key, "country."); ok {
			list = append(list, keyed{Country{code, m["other"]}, p.CollationKey(m["other"])})
		}
	}
	slices.SortFunc(list, func(a, b keyed) int { return strings.Compare(a.key, b.key) })
	sorted := make([]Country, len(list))
	for i, c := range list {
		sorted[i] = c.Country
	}
	return sorted
}

// Countries lists every country by its name in the printer's language.
func (p *Printer) Countries() []Country { return slices.Clone(countries[p.language]()) }

// Country is the name of a country by its ISO code; a code that is none comes back as it is.
func (p *Printer) Country(code string) string {
	if m, ok := p.texts["country."+code]; ok {
		return m["other"]
	}
	return code
}
