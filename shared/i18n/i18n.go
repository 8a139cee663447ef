// Package i18n gives Muster its words: every sentence, label, date and number a person reads, in English, Spanish,
// Dutch and French.
//
// Sentences live in catalogue/<language>/<area>.json, one flat object a file: a key ("nav.contacts") to a text, or to
// its plural forms. Texts hold arguments as {name}; {n} is the number a plural form was chosen by. All languages have
// the same keys with the same arguments; the package's tests prove it. A language's catalogue is read on first use,
// never at program start.
//
// A Printer writes in one language and one time zone. It cannot fail: a key that is not in the catalogue is a defect,
// so in a test binary it panics; in production it goes to the log and the reader sees the last part of the key spelt
// out. Nothing is escaped here: templ escapes what it writes.
package i18n

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

// Language is one of the languages Muster speaks, as its BCP 47 code.
type Language string

// The languages.
const (
	English Language = "en"
	Spanish Language = "es"
	Dutch   Language = "nl"
	French  Language = "fr"
)

// Languages lists every language; the first is the default.
func Languages() []Language { return []Language{English, Spanish, Dutch, French} }

// Valid reports whether l is one of the languages.
func (l Language) Valid() bool { return slices.Contains(Languages(), l) }

// Name is the language's name in that language, as a language menu shows it.
func (l Language) Name() string {
	switch l {
	case Spanish:
		return "Español"
	case Dutch:
		return "Nederlands"
	case French:
		return "Français"
	}
	return "English"
}

// maxRanges bounds how much of an Accept-Language header is looked at.
const maxRanges = 32

// Match picks the language for an Accept-Language header among those enabled (all when none are given): the most
// wanted range whose primary tag is enabled, the earlier one among equals. Where nothing fits it is the first of
// enabled.
func Match(header string, enabled ...Language) Language {
	if len(enabled) == 0 {
		enabled = Languages()
	}
	best, bestWeight := enabled[0], 0
	for i, part := range strings.Split(header, ",") {
		if i == maxRanges {
			break
		}
		tag, params, _ := strings.Cut(part, ";")
		weight := 1000
		if name, value, ok := strings.Cut(strings.TrimSpace(params), "="); ok && strings.EqualFold(strings.TrimSpace(name), "q") {
			weight = quality(strings.TrimSpace(value))
		}
		if weight <= bestWeight {
			continue
		}
		primary, _, _ := strings.Cut(strings.TrimSpace(tag), "-")
		if primary == "*" {
			best, bestWeight = enabled[0], weight
			continue
		}
		if l := Language(strings.ToLower(primary)); slices.Contains(enabled, l) {
			best, bestWeight = l, weight
		}
	}
	return best
}

// quality reads an RFC 9110 weight ("0.8") in thousandths; what is no weight counts as 0.
func quality(s string) int {
	whole, fraction, _ := strings.Cut(s, ".")
	if len(fraction) > 3 || (whole != "0" && whole != "1") {
		return 0
	}
	n, err := strconv.Atoi(whole + (fraction + "000")[:3])
	if err != nil || n < 0 || n > 1000 {
		return 0
	}
	return n
}

// Printer writes in one language and one time zone. It is safe for concurrent use and costs nothing to make.
type Printer struct {
	language Language
	zone     *time.Location
	texts    map[string]message
}

// New makes a printer. An unknown language becomes the default one; a nil zone is UTC.
func New(language Language, zone *time.Location) *Printer {
	if !language.Valid() {
		language = English
	}
	if zone == nil {
		zone = time.UTC
	}
	return &Printer{language: language, zone: zone, texts: catalogue(language)}
}

// Language is the printer's language.
func (p *Printer) Language() Language { return p.language }

// Zone is the printer's time zone.
func (p *Printer) Zone() *time.Location { return p.zone }
