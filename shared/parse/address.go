package parse

import (
	"regexp"
	"strings"
)

// Place is an address taken apart. What was not found is "".
type Place struct {
	Street   string
	Number   string
	Box      string
	Postcode string
	Town     string
	Region   string // only of addresses that write it with the postcode: Springfield, IL 62701
	Country  string // ISO 3166 alpha-2
	Extra    string // lines that are none of these: the name of a house, a floor
}

var (
	// 9000 Gent, B-9000 Gent, 1012 AB Amsterdam, 75011 Paris, 28013 Madrid (Madrid)
	codeTown = regexp.MustCompile(`^(?:(B|BE|NL|F|FR|E|ES|D|DE|L|LU|CH|A|AT|I|IT|P|PT)[ -]{1,3})?(\d{4} ?[A-Z]{2}|\d{4,5}|\d{4}-\d{3})[ ,]+(\pL.*)$`)
	// Leeds LS1 1UR, or the code alone
	townCode = regexp.MustCompile(`^(?:(.*?\pL)[ ,]+)?((?i:GIR ?0AA|[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}))$`)
	// Springfield, IL 62701
	stateCode  = regexp.MustCompile(`^(\pL[^,]*?),? ([A-Z]{2}) (\d{5}(?:-\d{4})?)$`)
	regionCode = regexp.MustCompile(`^[A-Z]{2} \d{5}(?:-\d{4})?$`)
	// Kerkstraat 12 bus 3 9000 Gent: no comma between
	oneLine = regexp.MustCompile(`^(\pL.*?\d\S*(?: (?i:bus|bte|box) ?\S+)?)[ ]+(\d{4} [A-Z]{2}|\d{4,5}) +(\pL[^\d]*)$`)
)

// prefixes are the letters that stand before a postcode and name its country.
var prefixes = map[string]string{"B": "BE", "BE": "BE", "NL": "NL", "F": "FR", "FR": "FR", "E": "ES", "ES": "ES", "D": "DE", "DE": "DE",
	"L": "LU", "LU": "LU", "CH": "CH", "A": "AT", "AT": "AT", "I": "IT", "IT": "IT", "P": "PT", "PT": "PT"}

// Address takes a whole address apart, of several lines or of one whose parts stand between commas. The postcode and
// town are found first, the country behind them, the street before them.
func Address(s string) Place {
	if len(s) > 1000 {
		return Place{Street: s}
	}
	var p Place
	lines := split(s, "\n\r;|")
	single := len(lines) == 1
	if single {
		if m := oneLine.FindStringSubmatch(lines[0]); m != nil {
			lines = []string{m[1], m[2] + " " + m[3]}
		} else {
			lines = split(lines[0], ",")
		}
	}
	if n := len(lines); n > 1 {
		if code, ok := Country(strings.Trim(lines[n-1], "()")); ok {
			p.Country = code
			lines = lines[:n-1]
		}
	}
	for i := len(lines) - 1; i >= 0; i-- {
		if used := p.locality(lines, i); used > 0 {
			p.extra(lines[i+1:]...)
			lines = lines[:i+1-used]
			break
		}
	}
	if single && len(lines) > 1 {
		lines = []string{strings.Join(lines, ", ")}
	}
	best := 0
	for i, line := range lines {
		if _, number, _ := Street(line); number != "" && !boxPart.MatchString(line) {
			best = i
			break
		}
	}
	if len(lines) > 0 {
		p.Street, p.Number, p.Box = Street(lines[best])
	}
	for i, line := range lines {
		switch box, ok := asBox(line); {
		case i == best:
		case ok && p.Box == "" && p.Number != "" && (i == best-1 || i == best+1):
			p.Box = box
		default:
			p.extra(line)
		}
	}
	return p
}

func (p *Place) extra(lines ...string) {
	for _, line := range lines {
		p.Extra = strings.TrimPrefix(p.Extra+", "+line, ", ")
	}
}

// split cuts a text at any of the separators; parts that are empty go.
func split(s, separators string) []string {
	var parts []string
	for _, part := range strings.FieldsFunc(s, func(r rune) bool { return strings.ContainsRune(separators, r) }) {
		if part = strings.Trim(strings.Join(strings.Fields(part), " "), " ,"); part != "" {
			parts = append(parts, part)
		}
	}
	return parts
}

// locality reads the postcode and town of a line, and says how many lines, this one and those before it, held them.
func (p *Place) locality(lines []string, i int) int {
	line := lines[i]
	if m := codeTown.FindStringSubmatch(line); m != nil {
		p.Postcode, p.Town = m[2], m[3]
		if p.Country == "" {
			p.Country = prefixes[m[1]]
		}
		if town, country, ok := strings.Cut(m[3], ","); ok { // 9000 Gent, België
			if code, ok := Country(country); ok {
				p.Town, p.Country = strings.TrimSpace(town), code
			}
		}
		return 1
	}
	if m := townCode.FindStringSubmatch(line); m != nil {
		p.Postcode, p.Town = strings.ToUpper(m[2]), m[1]
		if p.Country == "" {
			p.Country = "GB"
		}
		if p.Town != "" || i == 0 {
			return 1
		}
		if _, number, _ := Street(lines[i-1]); number == "" && i > 1 {
			p.Town = lines[i-1]
			return 2
		}
		return 1
	}
	used := 1
	if i > 0 && regionCode.MatchString(line) { // a comma cut it
		line, used = lines[i-1]+", "+line, 2
	}
	if m := stateCode.FindStringSubmatch(line); m != nil {
		p.Town, p.Region, p.Postcode = m[1], m[2], m[3]
		if p.Country == "" {
			p.Country = "US"
		}
		return used
	}
	return 0
}
