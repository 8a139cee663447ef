// Package phone reads telephone numbers by the number plans of the world and keeps them in E.164.
//
// It is the only package that holds those plans (github.com/nyaruka/phonenumbers, a port of Google's libphonenumber):
// they add about 11 MB and 9 ms of start-up to a program, so that only what takes numbers in may import it. Package
// phone/display writes numbers without them.
//
// A number is refused when it is impossible: of a length that its country does not have, or with one digit less than
// a mobile number has that begins so. One that is possible but not in the plan is taken, since new ranges are opened
// faster than plans are updated. What Parse gives reads back as itself.
package phone

import (
	"errors"
	"strings"
	"unicode"

	"github.com/nyaruka/phonenumbers"

	"github.com/muster-crm/muster/shared/fault"
)

// Codes of the faults of Parse, all of kind fault.Invalid.
const (
	Invalid    = "phone_invalid"    // not a telephone number
	Impossible = "phone_impossible" // too short, too long, or else no number its country can have
	NoCountry  = "phone_country"    // a calling code there is not, or none and no country to take it from
	Extension  = "phone_extension"  // an extension behind it, for which E.164 has no place
)

// Lines of a number.
const (
	Mobile  = "mobile"
	Fixed   = "fixed"
	Unknown = "" // the plan does not tell: in North America, for special numbers, for new ranges
)

// Number is a telephone number.
type Number struct {
	E164          string // "+32471123456": how it is kept and compared
	National      string // "0471 12 34 56": how it is written in its country
	International string // "+32 471 12 34 56"
	Country       string // ISO 3166-1 alpha-2; "" for numbers of no country
	Line          string // Mobile, Fixed or Unknown
}

// Parse reads a number as people write it. country (ISO 3166-1 alpha-2) is whose number it is when it has no calling
// code; it may be "".
func Parse(s, country string) (Number, error) {
	n, code := parse(s, strings.ToUpper(country))
	if code != "" {
		return Number{}, fault.New(fault.Invalid, code)
	}
	number := Number{
		E164:          phonenumbers.Format(n, phonenumbers.E164),
		National:      phonenumbers.Format(n, phonenumbers.NATIONAL),
		International: phonenumbers.Format(n, phonenumbers.INTERNATIONAL),
		Country:       phonenumbers.GetRegionCodeForNumber(n),
	}
	if number.Country == "" { // a number that is not in the plan: the country that goes by its calling code
		number.Country = phonenumbers.GetRegionCodeForCountryCode(int(n.GetCountryCode()))
	}
	if number.Country == phonenumbers.REGION_CODE_FOR_NON_GEO_ENTITY {
		number.Country = ""
	}
	number.Line = line(n)
	return number, nil
}

func line(n *phonenumbers.PhoneNumber) string {
	switch phonenumbers.GetNumberType(n) {
	case phonenumbers.MOBILE:
		return Mobile
	case phonenumbers.FIXED_LINE:
		return Fixed
	}
	return Unknown
}

// Plan is the part of Parse that records need, as a port (record.Phones): it need not write numbers as people read them, which takes longer than reading them.
type Plan struct{}

// Read gives a number in E.164 and its line, or the code of the fault why it is none.
func (Plan) Read(s, country string) (e164, of, code string) {
	n, code := parse(s, strings.ToUpper(country))
	if code != "" {
		return "", "", code
	}
	return phonenumbers.Format(n, phonenumbers.E164), line(n), ""
}

func parse(s, country string) (*phonenumbers.PhoneNumber, string) {
	s = strings.TrimFunc(s, func(r rune) bool { return unicode.IsSpace(r) || unicode.Is(unicode.Cf, r) })
	if len(s) > 4 && strings.EqualFold(s[:4], "tel:") {
		s = s[4:]
	}
	n, code := read(s, country)
	if rest, ok := strings.CutPrefix(s, "00"); ok && code != "" && code != Extension { // a plus, as most of the world dials it
		if abroad, why := read("+"+rest, ""); why == "" {
			return abroad, ""
		}
	}
	return n, code
}

func read(s, country string) (*phonenumbers.PhoneNumber, string) {
	n, err := phonenumbers.Parse(s, country)
	switch {
	case errors.Is(err, phonenumbers.ErrInvalidCountryCode):
		return nil, NoCountry
	case errors.Is(err, phonenumbers.ErrTooShortNSN), errors.Is(err, phonenumbers.ErrTooShortAfterIDD), errors.Is(err, phonenumbers.ErrNumTooLong):
		return nil, Impossible
	case err != nil:
		return nil, Invalid
	case n.GetExtension() != "":
		return nil, Extension
	case strings.ContainsFunc(s, unicode.IsLetter): // the plans read 0800-FLOWERS; people who write letters made a mistake
		return nil, Invalid
	case n.GetNationalNumber() == 0 || phonenumbers.IsPossibleNumberWithReason(n) != phonenumbers.IS_POSSIBLE:
		return nil, Impossible
	case !phonenumbers.IsValidNumber(n) && (padded(n) || short(n) || !stable(n)):
		return nil, Impossible
	}
	return n, ""
}

// short tells whether a number that is not in the plan would be a mobile number with one digit more. The longer ones are
// made, not read: reading takes ten times as long, and most of what is guessed to be a number of some country is none.
func short(n *phonenumbers.PhoneNumber) bool {
	number := n.GetNationalNumber() * 10
	longer := &phonenumbers.PhoneNumber{CountryCode: n.CountryCode, NationalNumber: &number, ItalianLeadingZero: n.ItalianLeadingZero, NumberOfLeadingZeros: n.NumberOfLeadingZeros}
	for end := number + 10; number < end; number++ {
		if phonenumbers.GetNumberType(longer) == phonenumbers.MOBILE {
			return true
		}
	}
	return false
}

// padded tells whether a number that is not in the plan begins with a zero, which outside Italy is one too many.
func padded(n *phonenumbers.PhoneNumber) bool {
	const italy = 39
	return n.GetItalianLeadingZero() && n.GetCountryCode() != italy
}

// stable tells whether a number reads back as itself: a digit in front may be taken for a trunk prefix.
func stable(n *phonenumbers.PhoneNumber) bool {
	e164 := phonenumbers.Format(n, phonenumbers.E164)
	again, err := phonenumbers.Parse(e164, "")
	return err == nil && phonenumbers.Format(again, phonenumbers.E164) == e164
}
