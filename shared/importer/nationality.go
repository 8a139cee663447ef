package importer

import (
	"strings"
	"sync"

	"github.com/muster-crm/muster/shared/fold"
	"github.com/muster-crm/muster/shared/parse"
)

// nationalities are how people of a country are called in the four languages, men and women, where it is not the name
// of the country: those one meets in lists of clubs and schools.
const nationalities = `
AF|Afghan|Afghane|Afgaan|Afgaanse|Afgaans|afgano|afgana
AL|Albanian|Albanais|Albanaise|Albanees|Albanese|albanés|albanesa
AR|Argentinian|Argentine|Argentin|Argentijn|Argentijnse|Argentijns|argentino|argentina
AT|Austrian|Autrichien|Autrichienne|Oostenrijker|Oostenrijkse|Oostenrijks|austriaco|austriaca
AU|Australian|Australien|Australienne|Australiër|Australische|Australisch|australiano|australiana
BE|Belgian|Belge|Belg|Belgische|Belgisch|belga
BG|Bulgarian|Bulgare|Bulgaar|Bulgaarse|Bulgaars|búlgaro|búlgara
BR|Brazilian|Brésilien|Brésilienne|Braziliaan|Braziliaanse|Braziliaans|brasileño|brasileña
CA|Canadian|Canadien|Canadienne|Canadees|Canadese|canadiense
CD|Congolese|Congolais|Congolaise|Congolees|congoleño|congoleña
CH|Swiss|Suisse|Suissesse|Zwitser|Zwitserse|Zwitsers|suizo|suiza
CL|Chilean|Chilien|Chilienne|Chileen|Chileense|Chileens|chileno|chilena
CM|Cameroonian|Camerounais|Camerounaise|Kameroener|Kameroense|Kameroens|camerunés|camerunesa
CN|Chinese|Chinois|Chinoise|Chinees|chino|china
CO|Colombian|Colombien|Colombienne|Colombiaan|Colombiaanse|Colombiaans|colombiano|colombiana
CZ|Czech|Tchèque|Tsjech|Tsjechische|Tsjechisch|checo|checa
DE|German|Allemand|Allemande|Duitser|Duitse|Duits|alemán|alemana
DK|Danish|Dane|Danois|Danoise|Deen|Deense|Deens|danés|danesa
DZ|Algerian|Algérien|Algérienne|Algerijn|Algerijnse|Algerijns|argelino|argelina
EC|Ecuadorian|Équatorien|Équatorienne|Ecuadoraan|Ecuadoraanse|Ecuadoraans|ecuatoriano|ecuatoriana
EE|Estonian|Estonien|Estonienne|Est|Estse|Ests|estonio|estonia
EG|Egyptian|Égyptien|Égyptienne|Egyptenaar|Egyptische|Egyptisch|egipcio|egipcia
ES|Spanish|Spaniard|Espagnol|Espagnole|Spanjaard|Spaanse|Spaans|español|española
FI|Finnish|Finn|Finlandais|Finlandaise|Fin|Finse|Fins|finlandés|finlandesa
FR|French|Français|Française|Fransman|Franse|Frans|francés|francesa
GB|British|Briton|English|Scottish|Welsh|Britannique|Anglais|Anglaise|Brit|Britse|Brits|Engelsman|Engelse|Engels|británico|británica|inglés|inglesa
GH|Ghanaian|Ghanéen|Ghanéenne|Ghanees|Ghanese|ghanés|ghanesa
GN|Guinean|Guinéen|Guinéenne|Guineeër|Guinese|Guinees|guineano|guineana
GR|Greek|Grec|Grecque|Griek|Griekse|Grieks|griego|griega
HR|Croatian|Croat|Croate|Kroaat|Kroatische|Kroatisch|croata
HU|Hungarian|Hongrois|Hongroise|Hongaar|Hongaarse|Hongaars|húngaro|húngara
IE|Irish|Irlandais|Irlandaise|Ier|Ierse|Iers|irlandés|irlandesa
IN|Indian|Indien|Indienne|Indiër|Indiase|Indiaas|indio|india
IQ|Iraqi|Irakien|Irakienne|Irakees|Irakese|iraquí
IR|Iranian|Iranien|Iranienne|Iraniër|Iraanse|Iraans|iraní
IT|Italian|Italien|Italienne|Italiaan|Italiaanse|Italiaans|italiano|italiana
JP|Japanese|Japonais|Japonaise|Japanner|Japanse|Japans|japonés|japonesa
LT|Lithuanian|Lituanien|Lituanienne|Litouwer|Litouwse|Litouws|lituano|lituana
LU|Luxembourger|Luxembourgish|Luxembourgeois|Luxembourgeoise|Luxemburger|Luxemburgse|Luxemburgs|luxemburgués|luxemburguesa
LV|Latvian|Letton|Lettone|Let|Letse|Lets|letón|letona
MA|Moroccan|Marocain|Marocaine|Marokkaan|Marokkaanse|Marokkaans|marroquí
MX|Mexican|Mexicain|Mexicaine|Mexicaan|Mexicaanse|Mexicaans|mexicano|mexicana
NG|Nigerian|Nigérian|Nigériane|Nigeriaan|Nigeriaanse|Nigeriaans|nigeriano|nigeriana
NL|Dutch|Néerlandais|Néerlandaise|Nederlander|Nederlandse|Nederlands|neerlandés|neerlandesa|holandés|holandesa
NO|Norwegian|Norvégien|Norvégienne|Noor|Noorse|Noors|noruego|noruega
PE|Peruvian|Péruvien|Péruvienne|Peruaan|Peruaanse|Peruaans|peruano|peruana
PH|Filipino|Filipina|Philippin|Philippine|Filipijn|Filipijnse|Filipijns
PK|Pakistani|Pakistanais|Pakistanaise|Pakistaan|Pakistaanse|Pakistaans|pakistaní
PL|Polish|Pole|Polonais|Polonaise|Pool|Poolse|Pools|polaco|polaca
PT|Portuguese|Portugais|Portugaise|Portugees|Portugese|portugués|portuguesa
RO|Romanian|Roumain|Roumaine|Roemeen|Roemeense|Roemeens|rumano|rumana
RS|Serbian|Serb|Serbe|Serviër|Servische|Servisch|serbio|serbia
RU|Russian|Russe|Rus|Russische|Russisch|ruso|rusa
RW|Rwandan|Rwandais|Rwandaise|Rwandees|Rwandese|ruandés|ruandesa
SE|Swedish|Swede|Suédois|Suédoise|Zweed|Zweedse|Zweeds|sueco|sueca
SI|Slovenian|Slovene|Slovène|Sloveen|Sloveense|Sloveens|esloveno|eslovena
SK|Slovak|Slovaque|Slowaak|Slowaakse|Slowaaks|eslovaco|eslovaca
SN|Senegalese|Sénégalais|Sénégalaise|Senegalees|senegalés|senegalesa
SY|Syrian|Syrien|Syrienne|Syriër|Syrische|Syrisch|sirio|siria
TN|Tunisian|Tunisien|Tunisienne|Tunesiër|Tunesische|Tunesisch|tunecino|tunecina
TR|Turkish|Turk|Turc|Turque|Turkse|Turks|turco|turca
UA|Ukrainian|Ukrainien|Ukrainienne|Oekraïner|Oekraïense|Oekraïens|ucraniano|ucraniana
US|American|Américain|Américaine|Amerikaan|Amerikaanse|Amerikaans|estadounidense|norteamericano|norteamericana
VE|Venezuelan|Vénézuélien|Vénézuélienne|Venezolaan|Venezolaanse|Venezolaans|venezolano|venezolana
VN|Vietnamese|Vietnamien|Vietnamienne|Vietnamees|vietnamita
ZA|South African|Sud-Africain|Sud-Africaine|Zuid-Afrikaan|Zuid-Afrikaanse|Zuid-Afrikaans|sudafricano|sudafricana`

// byNationality finds countries by the plain form of those words. It is made on first use.
var byNationality = sync.OnceValue(func() map[string]string {
	m := map[string]string{}
	for line := range strings.Lines(nationalities) {
		names := strings.Split(strings.TrimSpace(line), "|")
		for _, name := range names[1:] {
			m[plain(name)] = names[0]
		}
	}
	return m
})

// demonym gives the country of somebody who is called so.
func demonym(s string) (code string, ok bool) {
	code, ok = byNationality()[plain(s)]
	return code, ok
}

// nationality reads one nationality: a country, or what its people are called. A word for people goes before a country:
// "Argentine" says the same of both.
func nationality(s string) (code string, ok bool) {
	if code, ok = demonym(s); !ok {
		code, ok = parse.Country(s)
	}
	return code, ok
}

// between are what stands between several of something in one cell.
var between = strings.NewReplacer(";", "\n", "/", "\n", "|", "\n", ",", "\n", "+", "\n", "&", "\n", " en ", "\n", " and ", "\n", " et ", "\n", " y ", "\n")

// nationalitiesOf reads the nationalities of a cell, each once.
func nationalitiesOf(s string) (codes []string, ok bool) {
	if code, ok := nationality(s); ok {
		return []string{code}, true // Bosnia and Herzegovina is one
	}
	for part := range strings.SplitSeq(between.Replace(s), "\n") {
		if fold.String(strings.TrimSpace(part)) == "" {
			continue
		}
		code, ok := nationality(strings.TrimSpace(part))
		if !ok {
			return nil, false
		}
		codes = append(codes, code)
	}
	return codes, len(codes) > 0
}
