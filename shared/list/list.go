// Package list holds the code lists that a field may take its values from: what a gender, a status, a kind of phone or
// a country can be.
//
// A list is a name and codes in the order they are offered. Codes are stored and compared; what people read is in the
// message catalogues, under "list.<list>.<code>" (countries under "country.<code>"), and pages order long lists by what
// they read. The built-in lists are those every organisation has; an organisation's own
// values come on top of them with Lists.With, which makes a new set and leaves the old one as it is.
package list

import (
	"maps"
	"slices"
	"strings"
)

// Names of the built-in lists.
const (
	Gender        = "gender"
	Status        = "status"
	Type          = "type" // of a contact
	EmailKind     = "emailKind"
	PhoneKind     = "phoneKind"
	PhoneLine     = "phoneLine"
	AddressKind   = "addressKind"
	MaritalStatus = "maritalStatus"
	Source        = "source"
	Language      = "language" // BCP 47: the languages of the product
	Country       = "country"  // ISO 3166-1 alpha-2
	KeyPolicy     = "keyPolicy"
	FieldType     = "fieldType" // of an organisation's own field
)

// Lists is a set of code lists by name. The zero value has none. It does not change.
type Lists struct {
	codes map[string][]string
}

var builtIn = Lists{map[string][]string{
	Gender:        {"female", "male", "other", "unstated"},
	Status:        {"pending", "active", "withdrawn"},
	Type:          {"member", "external", "donor", "volunteer", "supplier", "student", "partner", "customer"},
	EmailKind:     {"personal", "work", "father", "mother", "other"},
	PhoneKind:     {"personal", "work", "father", "mother", "other"},
	PhoneLine:     {"mobile", "fixed"},
	AddressKind:   {"home", "billing", "delivery", "other"},
	MaritalStatus: {"single", "married", "cohabiting", "divorced", "widowed"},
	Source:        {"telephone", "form", "request", "import", "api"},
	Language:      {"en", "es", "nl", "fr"},
	Country:       strings.Fields(countries),
	KeyPolicy:     {"block", "warn", "family"},
	FieldType:     {"text", "choice"},
}}

// countries are the 249 of ISO 3166-1.
const countries = `
	AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ
	BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY BZ
	CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ
	DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO FR
	GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY
	HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP
	KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY
	MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ
	NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY
	QA RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ
	TC TD TF TG TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG UM US UY UZ
	VA VC VE VG VI VN VU WF WS YE YT ZA ZM ZW`

// BuiltIn gives the lists every organisation has.
func BuiltIn() Lists { return builtIn }

// Names gives the names of the lists, sorted.
func (l Lists) Names() []string { return slices.Sorted(maps.Keys(l.codes)) }

// Codes gives the codes of a list in the order they are offered; none for a list there is not. The caller may keep
// and change the slice.
func (l Lists) Codes(name string) []string { return slices.Clone(l.codes[name]) }

// Has tells whether a list has a code. Case matters: codes are what programs write.
func (l Lists) Has(name, code string) bool { return slices.Contains(l.codes[name], code) }

// With gives the lists with more codes behind those that list name has already; a name that is new makes a new list.
func (l Lists) With(name string, codes ...string) Lists {
	more := maps.Clone(l.codes)
	if more == nil {
		more = map[string][]string{}
	}
	all := slices.Clone(more[name])
	for _, code := range codes {
		if !slices.Contains(all, code) {
			all = append(all, code)
		}
	}
	more[name] = all
	return Lists{more}
}

// Codes gives the codes of a built-in list.
func Codes(name string) []string { return builtIn.Codes(name) }

// Has tells whether a built-in list has a code.
func Has(name, code string) bool { return builtIn.Has(name, code) }
