package parse

import (
	"strings"
	"sync"

	"github.com/muster-crm/muster/shared/fold"
)

//go:generate go run gen_countries.go

// Country gives the ISO 3166 alpha-2 code of a country written as its code of two or three letters or its name in
// English, Spanish, Dutch or French, whatever the case and accents: "United Kingdom", "België", "BEL", "be".
func Country(s string) (code string, ok bool) {
	if len(s) > 80 {
		return "", false
	}
	code, ok = byName()[nameKey(s)]
	return code, ok
}

// byName is made on first use.
var byName = sync.OnceValue(func() map[string]string {
	m := make(map[string]string, 1500)
	for line := range strings.Lines(countries) {
		fields := strings.Split(strings.TrimSpace(line), "|")
		for _, name := range fields {
			m[nameKey(name)] = fields[0]
		}
	}
	for line := range strings.Lines(countryAliases) {
		if fields := strings.Split(strings.TrimSpace(line), "|"); len(fields) > 1 {
			for _, name := range fields[1:] {
				m[nameKey(name)] = fields[0]
			}
		}
	}
	return m
})

// nameKey is the name without what people vary: case, accents, points, the article, and and &.
func nameKey(s string) string {
	s = fold.String(strings.NewReplacer(".", "", "&", " and ", "(", " ", ")", " ", "-", " ", "’", "'").Replace(s))
	for _, article := range []string{"the ", "la ", "le ", "les ", "el ", "los ", "las ", "de ", "het ", "l'"} {
		if rest, ok := strings.CutPrefix(s, article); ok && len(rest) > 3 {
			s = rest
			break
		}
	}
	return strings.Join(strings.Fields(s), " ")
}

// countryAliases are names in use that the table of countries does not have.
const countryAliases = `
GB|UK|Great Britain|Britain|England|Scotland|Wales|Northern Ireland|Engeland|Groot-Brittannië|Schotland|Noord-Ierland|Angleterre|Grande-Bretagne|Écosse|Irlande du Nord|Pays de Galles|Gran Bretaña|Inglaterra|Escocia|Gales|Irlanda del Norte
US|USA|United States of America|America|Verenigde Staten van Amerika|VS|Amerika|États-Unis d'Amérique|EUA|EEUU|EE UU|Estados Unidos de América
NL|Holland|Hollande|Holanda|Nederland (NL)
BE|Belgien|Vlaanderen
DE|Deutschland|BRD|Federal Republic of Germany
FR|Frankreich|France métropolitaine
ES|Spanien|Reino de España
IT|Italien|Italia
PT|Portogallo
CH|Schweiz|Svizzera|Confédération suisse
AT|Österreich
LU|Luxemburg|Lëtzebuerg|Groothertogdom Luxemburg|Grand-Duché de Luxembourg
IE|Éire|Republic of Ireland|Irish Republic
CZ|Czech Republic|Tsjechische Republiek|République tchèque|República Checa
TR|Turkey|Turkije|Turquie|Turquía|Türkiye
MK|Macedonia|Macedonië|Macédoine
RU|Russian Federation|Russische Federatie|Fédération de Russie|Federación Rusa
CD|Congo (DRC)|DR Congo|DRC|RDC|Zaire|Democratic Republic of the Congo
CG|Congo|Republic of the Congo
CI|Ivory Coast|Ivoorkust|Costa de Marfil
KR|Korea|South Korea|Republic of Korea|Zuid-Korea|Corée du Sud|Corea del Sur
KP|North Korea|Noord-Korea
MM|Burma|Birma|Birmanie|Birmania
CV|Cape Verde
SZ|Swaziland
VN|Viet Nam
SY|Syrian Arab Republic
IR|Islamic Republic of Iran
MD|Moldavia|Moldavië|Republic of Moldova
LA|Lao
PS|Palestine|Palestina|Palestijnse gebieden
TW|Taiwan
HK|Hong Kong|Hongkong
MO|Macau|Macao
VA|Vatican|Vaticaanstad|Vaticano
BY|Wit-Rusland|Biélorussie|Bielorrusia
SX|Sint Maarten
CW|Curacao
`
