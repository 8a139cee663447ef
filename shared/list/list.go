// Package list holds the code lists that a field may take its values from: what a gender, a status, a kind of phone or
// a country can be.
//
// A list is a name and codes in the order they are offered. Codes are stored and compared; what people read is in the
// message catalogues, under "list.<list>.<code>" (countries under "country.<code>", currencies are read by their code),
// unless the organisation calls it something else; pages order long lists by what they read.
//
// The built-in lists are those every organisation has. An organisation's own values come on top of them with
// Lists.Replace and Lists.With, which make a new set and leave the old one as it is. A value that is retired is offered
// no more and stays known: records that have it keep it.
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
	Currency      = "currency"  // ISO 4217

	ProfileUse      = "profileUse"      // what an organisation says of a standard field
	OperatorDefault = "operatorDefault" // who looks after a new contact
	PortalPart      = "portalPart"      // of what a member may see in the portal

	Category        = "category" // of a contact
	KitSize         = "kitSize"
	FamilyRole      = "familyRole"
	CompanyKind     = "companyKind"
	CompanyFunction = "companyFunction" // of a contact in a company
	TicketPriority  = "ticketPriority"
	TicketState     = "ticketState"
	CallDirection   = "callDirection"
	CallOutcome     = "callOutcome"
	ServiceState    = "serviceState"

	SatisfactionOrigin = "satisfactionOrigin"

	Functions        = "functions" // of a contact in a group
	GroupCategory    = "groupCategory"
	ActivitySubtype  = "activitySubtype"
	Attendance       = "attendance"
	ResourceCategory = "resourceCategory"
	ContractType     = "contractType"
	NewsCategory     = "newsCategory"
)

// Value is one value of a list.
type Value struct {
	Code    string
	Label   string // what the organisation calls it, in every language; "": what the catalogues say
	Retired bool   // not offered any more
}

// Lists is a set of code lists by name. The zero value has none. It does not change.
type Lists struct {
	values map[string][]Value
}

var builtIn = plain(map[string][]string{
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
	FieldType:     {"text", "long", "number", "amount", "date", "flag", "choice", "choices", "link", "file"},
	Currency:      strings.Fields(currencies),

	ProfileUse:      {"mandatory", "unused"},
	OperatorDefault: {"nobody", "creator"},
	PortalPart:      {"profile", "family", "groups", "calendar", "invoices", "documents", "messages"},

	Category:        {"board", "supervisor"},
	KitSize:         {"xs", "s", "m", "l", "xl", "xxl"},
	FamilyRole:      {"parent", "child", "partner", "other"},
	CompanyKind:     {"supplier", "sponsor", "customer"},
	CompanyFunction: {"director", "sales", "accounting", "other"},
	TicketPriority:  {"low", "normal", "high", "urgent"},
	TicketState:     {"open", "waiting", "solved", "closed"},
	CallDirection:   {"incoming", "outgoing"},
	CallOutcome:     {"reached", "noAnswer", "message", "callBack", "wrongNumber"},
	ServiceState:    {"received", "inWork", "waiting", "ready", "returned"},

	SatisfactionOrigin: {"conversation", "telephone", "email", "survey", "other"},

	Functions:     {"player", "coach", "assistant", "chair", "secretary"},
	GroupCategory: {"team", "workgroup", "class"},

	ActivitySubtype: {}, Attendance: {}, ResourceCategory: {}, ContractType: {}, NewsCategory: {},
})

func plain(codes map[string][]string) Lists {
	l := Lists{}
	for name := range codes {
		l = l.With(name, codes[name]...)
	}
	return l
}

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

// IsZero reports whether there are no lists at all.
func (l Lists) IsZero() bool { return l.values == nil }

// Names gives the names of the lists, sorted.
func (l Lists) Names() []string { return slices.Sorted(maps.Keys(l.values)) }

// Values gives all values of a list in the order they are offered, retired ones among them; none for a list there is
// not. The caller may keep and change the slice.
func (l Lists) Values(name string) []Value { return slices.Clone(l.values[name]) }

// Codes gives the codes of a list that are offered, in their order; none for a list there is not.
func (l Lists) Codes(name string) []string {
	var codes []string
	for _, v := range l.values[name] {
		if !v.Retired {
			codes = append(codes, v.Code)
		}
	}
	return codes
}

// Find gives a value of a list by its code, retired or not. Case matters: codes are what programs write.
func (l Lists) Find(name, code string) (Value, bool) {
	for _, v := range l.values[name] {
		if v.Code == code {
			return v, true
		}
	}
	return Value{}, false
}

// Has tells whether a list offers a code.
func (l Lists) Has(name, code string) bool {
	v, ok := l.Find(name, code)
	return ok && !v.Retired
}

// Label gives what the organisation calls a value, "" where it has no name of its own for it.
func (l Lists) Label(name, code string) string {
	v, _ := l.Find(name, code)
	return v.Label
}

// With gives the lists with more codes behind those that list name has already; a name that is new makes a new list.
func (l Lists) With(name string, codes ...string) Lists {
	values := l.Values(name)
	for _, code := range codes {
		if !slices.ContainsFunc(values, func(v Value) bool { return v.Code == code }) {
			values = append(values, Value{Code: code})
		}
	}
	return l.Replace(name, values)
}

// Replace gives the lists with these as all the values of list name. Of values with one code the first counts.
func (l Lists) Replace(name string, values []Value) Lists {
	more := maps.Clone(l.values)
	if more == nil {
		more = map[string][]Value{}
	}
	kept := []Value{}
	for _, v := range values {
		if !slices.ContainsFunc(kept, func(k Value) bool { return k.Code == v.Code }) {
			kept = append(kept, v)
		}
	}
	more[name] = kept
	return Lists{more}
}

// Codes gives the codes of a built-in list.
func Codes(name string) []string { return builtIn.Codes(name) }

// Has tells whether a built-in list has a code.
func Has(name, code string) bool { return builtIn.Has(name, code) }
