package dedupe

import (
	"slices"
	"strings"

	"github.com/muster-crm/muster/shared/fold"
)

// addressed are titles that stand before first names.
var addressed = set(`dr mr mrs ms miss mme mlle monsieur madame prof ing ir drs mevr mevrouw dhr mw herr frau sr sra srta don dona dott dottssa sig sigra
	sir rev pan pani hr fr`)

// ages tell a father from his son of the same name.
var ages = map[string]uint8{"sr": 1, "senior": 1, "sen": 1, "pere": 1, "padre": 1, "jr": 2, "junior": 2, "jun": 2, "fils": 2, "hijo": 2, "filho": 2, "ii": 2, "iii": 3, "iv": 4, "neto": 3}

func set(words string) map[string]bool {
	all := map[string]bool{}
	for _, w := range strings.Fields(words) {
		all[w] = true
	}
	return all
}

// ageless takes what tells the generation off the end of a name.
func ageless(parts []string) []string {
	if n := len(parts) - 1; n > 0 && ages[parts[n]] > 0 {
		return parts[:n]
	}
	return parts
}

// generation gives what the end of a name tells of it: 1 for the elder, 2 for the younger and so on, 0 for nothing.
func generation(name string) uint8 {
	at := strings.LastIndexByte(name, ' ')
	if at < 0 || len(name)-at > 8 {
		return 0
	}
	return ages[strings.ToLower(strings.TrimRight(name[at+1:], "."))]
}

// bare leaves out what stands before a surname.
func bare(parts []string) []string {
	for len(parts) > 1 && particles[parts[0]] {
		parts = parts[1:]
	}
	return parts
}

// names gives first name and surname with its prefix, also where both are in the field of one: "Jan van den Berghe" as a first name,
// "Berghe, Jan" as a surname.
func names(r *Record) (first, last string) {
	first, last = fields(r)
	if r.Prefix != "" {
		last = r.Prefix + " " + last
	}
	return first, last
}

// fields gives first name and surname without its prefix.
func fields(r *Record) (first, last string) {
	first, last = r.First, r.Last
	switch {
	case last == "" && r.Prefix == "":
		if before, after, ok := strings.Cut(first, ","); ok {
			return strings.TrimSpace(after), strings.TrimSpace(before)
		}
		words := strings.Fields(first)
		if len(words) < 2 {
			return first, ""
		}
		at := len(words) - 1
		if k := slices.IndexFunc(words[1:at], func(w string) bool { return particles[fold.String(w)] }); k >= 0 {
			at = k + 1
		}
		if generation(first) > 0 && at == len(words)-1 && at > 1 {
			at--
		}
		return strings.Join(words[:at], " "), strings.Join(words[at:], " ")
	case first == "":
		if before, after, ok := strings.Cut(last, ","); ok && generation(last) == 0 {
			return strings.TrimSpace(after), strings.TrimSpace(before)
		}
	}
	return first, last
}

// inside compares a person with one whose first name stands in the field of the surname, before or behind it. It gives unknown when
// the names are not found there.
func (c *Corpus) inside(all *value, first, last int32) (agreement, agreement) {
	words := all.partsOf()
	x, y := &c.tables[firsts].values[first], &c.tables[lasts].values[last]
	name := x.asWord()
	most, rest := unknown, unknown
	for i := 1; i < len(words) && len(words) <= 6; i++ {
		for _, parts := range [...][2][]string{{words[:i], words[i:]}, {words[i:], words[:i]}} {
			w := c.named(strings.Join(parts[0], ""))
			surname := strings.Join(bare(parts[1]), "")
			v := value{text: surname, core: surname, have: letters(surname)}
			v.hear(sound(surname))
			own := value{text: y.core, core: y.core, have: letters(y.core), sound: y.sound, loud: y.loud}
			how, second := c.oneWord(&name, &w), equal
			if surname != y.core {
				second = lastNames(&own, &v)
			}
			if how >= sounds && second >= sounds && min(how, second) > min(most, rest) {
				most, rest = how, second
			}
		}
	}
	return most, rest
}
