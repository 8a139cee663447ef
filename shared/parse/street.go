package parse

import (
	"regexp"
	"strings"

	"github.com/muster-crm/muster/shared/fold"
)

// The expressions are of the kind that runs in time proportional to the text.
var (
	// 99 bis, rue ...; 53 High Street; 12A, Park Lane; 12-14 rue ...
	numberFirst = regexp.MustCompile(`^(\d{1,5}[A-Za-z]?(?:\s?[-/]\s?\d{1,5}[A-Za-z]?)?(?:\s?(?i:bis|ter|quater|quinquies)|\s[A-D])?)(\s*,\s*|\s+)(\pL.{2,})$`)
	// a number behind a street, with what may stand before and behind it
	numberLater = regexp.MustCompile(`(?:^|[\s,])((?i:n[º°o]\.?|nr\.?|num\.?|núm\.?|no\.?|#)?\s?)(\d{1,5}(?:\s?-\s?\d{1,5})?[A-Za-z]?(?:\s(?:[A-Z]|(?i:bis|ter|quater)))?)(?:\s*[,/]\s*|\s+|$)`)
	// Flat 2, 53 High Street
	flatFirst = regexp.MustCompile(`^((?i:flat|apartment|apt\.?|unit|suite|room|studio|appt?\.?|appartement|bât\.?|bâtiment|bat\.?|résidence)\s+[^,]{1,30}?)(?:\s*,\s*|\s+)(\d.*)$`)
	// s/n: without number, in Spanish addresses
	noNumber = regexp.MustCompile(`(?i)^(.+?)[\s,]+(s/n|s\.n\.|sin número|sin num\.?)(?:[\s,]+(.*))?$`)
	// bus 3, bte 3, box 3: the word goes
	boxWord = regexp.MustCompile(`(?i)^(?:bus|bte\.?|bt\.?|boîte|boite|box|postbus|b)\.?\s*([\pL\d][\pL\d./-]{0,9})$`)
	// what else follows a number; it stays as it is
	boxPart = regexp.MustCompile(`(?i)^(?:` +
		`(?:apt|appt?|appartement|apartment|app|flat|unit|suite|studio|piso|puerta|pta|planta|esc|escalera|bloque|blq|portal|bajos?|entlo|` +
		`entresuelo|ático|atico|pral|principal|izq|izquierda|dcha|derecha|verdieping|verd|verdiep|étage|etage|et|bât|bâtiment|bat|porte|` +
		`hs|gelijkvloers|glvl|rdc)(?:[\s.,ºª°/-].{0,30}|\d.{0,10})?` +
		`|[\pL\d]{1,4}|\d{1,3}[\s-]?\pL{1,2}|\pL{1,2}[\s-]?\d{1,3}|\d{1,2}\s?[ºª°].{0,20}|\d{1,2}\s?(?:e|de|ste|er|ème|eme)\s(?:verd|ét|et).{0,10})$`)

	boxJoined = regexp.MustCompile(`(?i)^(\d+[a-z]?)\s?(?:bus|bte|box)\s?([\pL\d]{1,6})$`)
)

// ways are the words French street names start with: they tell "12 rue du 8 mai 1945" from "8 Meistraat 12".
var ways = set("rue avenue av ave bd boulevard blvd bld place pl chemin ch che impasse imp allee allees all quai route rte cours square sq " +
	"passage pass ruelle chaussee sentier sente villa lotissement lot voie faubourg fg cite esplanade rond-point promenade hameau clos " +
	"montee traverse rampe venelle residence domaine lieu-dit mail parvis porte pont zone za zi")

// Street takes a line of an address apart: the street, its number, and the box, floor or flat. It knows the ways of
// Belgium and the Netherlands (Kerkstraat 12 bus 3; Molenweg 124A), France (99 bis, rue de la République), Spain
// (Calle Mayor 5, 2º B; s/n) and the United Kingdom (Flat 2, 53 High Street). What it cannot take apart is the street.
func Street(s string) (street, number, box string) {
	s = strings.Trim(strings.Join(strings.Fields(s), " "), " ,;")
	if len(s) > 255 {
		return s, "", ""
	}
	if m := flatFirst.FindStringSubmatch(s); m != nil {
		if street, number, box = Street(m[2]); number != "" && box == "" {
			return street, number, m[1]
		}
	}
	if m := numberFirst.FindStringSubmatch(s); m != nil && leads(m[2], m[3]) {
		street, box = m[3], ""
		if head, tail, ok := strings.Cut(street, ","); ok {
			if b, ok := asBox(strings.TrimSpace(tail)); ok {
				street, box = strings.TrimSpace(head), b
			}
		}
		return street, m[1], box
	}
	if m := noNumber.FindStringSubmatch(s); m != nil {
		return strings.TrimRight(m[1], " ,"), "s/n", strings.TrimSpace(m[3])
	}
	for at := 0; at < len(s); {
		m := numberLater.FindStringSubmatchIndex(s[at:])
		if m == nil {
			break
		}
		street := strings.TrimRight(s[:at+m[0]], " ,")
		number := s[at+m[4] : at+m[5]]
		rest := strings.Trim(s[at+m[1]:], " ,/")
		if b, ok := asBox(rest); ok && street != "" && !(len(number) == 4 && rest != "" && isDigit(rest[0])) {
			return street, number, b
		}
		at += m[5]
	}
	if i := strings.LastIndexByte(s, ' '); i > 0 {
		if m := boxJoined.FindStringSubmatch(s[i+1:]); m != nil {
			return strings.TrimRight(s[:i], " ,"), m[1], m[2]
		}
	}
	return s, "", ""
}

// leads says whether a number in front is the house's: a comma follows, or a word for a French street, or nothing that
// looks like another house number ends the line.
func leads(separator, street string) bool {
	word, _, _ := strings.Cut(fold.String(street), " ")
	if strings.Contains(separator, ",") || ways[strings.TrimRight(word, ".")] {
		return true
	}
	last := street[strings.LastIndexAny(street, " ,")+1:]
	return !isDigit(last[0]) && !boxWord.MatchString(last)
}

// asBox says whether the text behind a house number is a box, and gives it without the word for one.
func asBox(s string) (string, bool) {
	if s == "" {
		return "", true
	}
	if m := boxWord.FindStringSubmatch(s); m != nil {
		return m[1], true
	}
	if len(s) <= 40 && boxPart.MatchString(s) {
		return s, true
	}
	return "", false
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }
