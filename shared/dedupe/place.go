package dedupe

import (
	"strings"

	"github.com/muster-crm/muster/shared/fold"
)

// ways are what streets are called, in full and short: they tell one street from another hardly ever, and are left out by
// many who write an address.
var ways = func() map[string]bool {
	all := map[string]bool{}
	for _, w := range strings.Fields(`street st str straat road rd avenue ave av laan ln lane boulevard blvd blv bd place pl plein crescent cres cct
		circuit court ct drive dr way close terrace tce square sq highway hwy parade pde grove gr rue r chaussee ch chemin chem allee impasse quai route rte
		calle c cl avda avenida paseo pso plaza pza carretera ctra camino weg steenweg stwg dreef hof lei kaai baan pad park kerkweg n s e w no nr
		north south east west the de la du des le les del el and at near between corner`) {
		all[w] = true
	}
	return all
}()

// endings are short forms at the end of Dutch street names.
var endings = []struct{ short, long string }{{"stwg", "steenweg"}, {"stw", "steenweg"}, {"str", "straat"}, {"ln", "laan"}, {"pln", "plein"}}

// place reads an address: the number may stand in the street.
func (c *Corpus) place(p *Place) place {
	var at place
	at.street = c.intern(streets, p.Street, readStreet)
	number := p.Number
	if number == "" {
		number = numberIn(p.Street)
	}
	at.number = c.intern(numbers, number, readNumber)
	at.postcode = c.intern(postcodes, p.Postcode, readDense)
	at.town = c.intern(towns, p.Town, readTown)
	if len(p.Box) > 4 { // a second line of the address
		at.line = c.intern(streets, p.Box, readStreet)
	}
	return at
}

// readTown reads the name of a town.
func readTown(_ *Corpus, raw string) value {
	parts := fold.Words(raw)
	v := value{text: strings.Join(parts, "")}
	v.split(parts)
	return v
}

// ordinals are the numbered streets of English towns.
var ordinals = map[string]string{"first": "1st", "second": "2nd", "third": "3rd", "fourth": "4th", "fifth": "5th", "sixth": "6th", "seventh": "7th",
	"eighth": "8th", "ninth": "9th", "tenth": "10th", "eleventh": "11th", "twelfth": "12th"}

// beside are words behind which somebody tells how to find a house, in the street it is in.
var beside = map[string]bool{"between": true, "near": true, "off": true, "opposite": true, "corner": true, "behind": true, "hoek": true, "tegenover": true,
	"naast": true, "angle": true, "pres": true, "face": true, "esquina": true, "junto": true, "frente": true}

// readStreet reads a street without numbers.
func readStreet(_ *Corpus, raw string) value {
	var all, main []string
	for _, w := range fold.Words(raw) {
		if beside[w] && len(main) > 0 {
			break
		}
		if hasDigit(w) && !ordinal(w) {
			continue
		}
		if number, ok := ordinals[w]; ok {
			w = number
		}
		for _, e := range endings {
			if rest, ok := strings.CutSuffix(w, e.short); ok && len(rest) > 3 {
				w = rest + e.long
				break
			}
		}
		all = append(all, w)
		if !ways[w] {
			main = append(main, w)
		}
	}
	v := value{text: strings.Join(all, "")}
	if len(main) == 0 {
		main = all
	}
	v.core = strings.Join(main, "")
	v.split(main)
	return v
}

// ordinal tells whether a word is a numbered street: "9th", "2eme".
func ordinal(w string) bool {
	end := strings.TrimLeft(w, "0123456789")
	switch end {
	case "st", "nd", "rd", "th", "e", "er", "eme", "de", "ste", "a", "o":
		return len(end) < len(w) && len(end) > 1
	}
	return false
}

func hasDigit(w string) bool { return strings.ContainsAny(w, "0123456789") }

// numberIn gives the house number in a street, as it is written first.
func numberIn(street string) string {
	for _, w := range fold.Words(street) {
		if hasDigit(w) && !ordinal(w) {
			return w
		}
	}
	return ""
}

// readNumber reads a house number: its digits, without what is added to them.
func readNumber(_ *Corpus, raw string) value {
	for _, w := range fold.Words(raw) {
		if n := strings.IndexFunc(w, func(r rune) bool { return r < '0' || r > '9' }); n != 0 {
			if n > 0 {
				w = w[:n]
			}
			return value{text: strings.TrimLeft(w, "0")}
		}
	}
	return value{}
}

// streetNames tells how two streets agree.
func streetNames(a, b *value) agreement {
	if a.core == b.core {
		return equal
	}
	how := different
	for _, texts := range [...][2]string{{a.core, b.core}, {a.text, b.text}} { // the text has the words that are no part of the core by a mistake
		n := max(len(texts[0]), len(texts[1]))
		switch d := distance(texts[0], texts[1], min(max(n/4, 1), 3)); {
		case d == 0:
			return equal
		case d == 1 && n > 4, d == 2 && n > 7, d == 3 && n > 11:
			return near
		case d <= n/4:
			how = rough
		}
	}
	if how == different && (a.partsOf() != nil || b.partsOf() != nil) {
		if how := among(a, b); how != unknown && how != initial {
			return part
		}
	}
	return how
}

// sited is how two addresses agree.
type sited struct {
	bits         float64
	street, town agreement
	one          bool // the same house, as far as is known
	road         bool // the same street, at whatever number
}

// compare tells how two addresses agree.
func (c *Corpus) compare(a, b *place) sited {
	var s sited
	bits := func(which int, x, y int32) float64 {
		t := c.tables[which].values
		return min(t[x].bits, t[y].bits)
	}
	s.street = c.names(streets, a.street, b.street)
	x, y := a.street, b.street
	if s.street < near && (a.line > 0 || b.line > 0) { // the lines of the address changed places
		for _, pair := range [...][2]int32{{a.line, b.street}, {a.street, b.line}} {
			if how := c.names(streets, pair[0], pair[1]); how >= near {
				s.street, x, y = how, pair[0], pair[1]
			}
		}
	}
	road := 0.0
	switch s.street {
	case equal:
		road = bits(streets, x, y)
	case near:
		road = bits(streets, x, y) - 1.5
	case part:
		road = bits(streets, x, y) - 3
	case rough:
		road = 1
	case different:
		road = -2
	}
	s.road = s.street >= near
	if c.names(streets, a.line, b.line) >= near {
		road += 4
	}
	if a.number > 0 && b.number > 0 {
		x, y := c.tables[numbers].values[a.number].text, c.tables[numbers].values[b.number].text
		n := max(len(x), len(y))
		switch {
		case a.number == b.number:
			road += bits(numbers, a.number, b.number)
		case n > 1 && distance(x, y, 1) == 1:
			if s.street >= near {
				s.street = near
				road -= 1
			}
		case s.street >= rough:
			s.street = rough
			road -= 5
		default:
			road -= 0.5
		}
	}
	post := 0.0
	if a.postcode > 0 && b.postcode > 0 {
		x, y := &c.tables[postcodes].values[a.postcode], &c.tables[postcodes].values[b.postcode]
		switch {
		case a.postcode == b.postcode:
			post = x.bits
		case distance(x.text, y.text, 1) == 1:
			post = 2
		default:
			post = -2
		}
	}
	town := 0.0
	switch s.town = c.names(towns, a.town, b.town); s.town {
	case equal, short:
		town = bits(towns, a.town, b.town)
	case near:
		town = bits(towns, a.town, b.town) - 1.5
	case part:
		town = bits(towns, a.town, b.town) - 2
	case rough:
		town = 0.5
	case different:
		town = -2
	}
	where := max(post, town) + 0.45*min(post, town)
	if s.town == unknown || post > town && s.town == different {
		switch {
		case post > 2:
			s.town = equal
		case post == 2:
			s.town = near
		case post < 0:
			s.town = different
		}
	}
	s.bits = max(road+where, -4)
	s.one = s.bits >= 8 && s.street != different && where > 0 || a.number == b.number && a.number > 0 && (s.street >= near || a.postcode == b.postcode && a.postcode > 0 && s.town >= near)
	return s
}
