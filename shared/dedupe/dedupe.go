// Package dedupe tells how probable it is that two records are of one person or one company, and why.
//
// It is the one scorer of the product: forms while they are typed in, the API, imports and the scan of an organisation
// ask it. It is pure: it knows features, not records, and neither store nor index.
//
// # The score
//
// As Fellegi and Sunter have it, every field that both records fill adds the logarithm of how much more often it agrees
// (or nearly, or not at all) in two records of one person than in two of anybody, in bits. What is missing adds nothing.
// From the sum is taken what it is worth that two records picked at random are hardly ever the same, which grows with the
// organisation. The weight of a value that agrees goes by how many bear it in the organisation (Peeters tells less than
// Yserbyt), smoothed by a population, so that small organisations do not take every name for rare.
//
// Names agree also when they sound alike in Dutch, French, Spanish or English, when one is a short form of the other,
// when one is a part or the initial of the other, with typing mistakes, when first and last name have changed places, and when
// both stand in one field. A first name that dictionaries have or that many bear is no mistake for another: Tim and Tom are two.
// Dates agree also with day and month swapped or a digit wrong, or as far as one is known; a surname may have changed.
//
// Families share surname, home, telephone and mailbox. So these count for little when the first names differ, and two records
// are never the same with first names that have nothing in common or are both names, with birth dates a generation apart, as senior
// and junior, or by name and town alone: something that one person has must agree as well, such as a birth date or a mailbox that is
// called as he is. An initial, a familiar form or a second name do not make one of two in a house. Who could be the father as well as
// the son, since he has no birth date, is neither. Only where a scan of records that have nothing but names, dates and homes finds
// several times more such pairs in one house than there are twins and namesakes does it take them for what they then are, records
// with wrong names and dates.
//
// Bank accounts, national numbers and whatever else is sensitive are no features, so that no score tells of them.
//
// # Candidates
//
// Never all pairs: Scan compares the records that share one of some keys (an address, a number, a birth date, how the name
// sounds together with a place ...). Of a key that more than a hundred share nothing is made; such pairs share another.
package dedupe

import "math"

// Record is what the scorer knows of one person or company. What is empty is unknown.
type Record struct {
	ID      string
	Company bool

	First, Nick, Prefix, Last string // of persons
	Birth                     string // "2006-01-02", or as far as it is known: "2006-01", "2006"
	Gender                    string // "female" and "male" tell something

	Name    string // of companies
	Tax     string
	Website string

	Emails []string
	Phones []string
	Places []Place
}

// Place is a postal address.
type Place struct{ Street, Number, Box, Postcode, Town string }

// Level says what a score means.
type Level string

// The levels.
const (
	Same     Level = "same"     // one and the same, as far as the fields can tell
	Likely   Level = "likely"   // somebody should look
	Unlikely Level = "unlikely" // not offered
)

// Thresholds say from how many points a pair is of a level.
type Thresholds struct{ Same, Likely int }

// Default are the thresholds of an organisation that has set none.
var Default = Thresholds{Same: 80, Likely: 60}

// Level gives the level of a score.
func (t Thresholds) Level(s Score) Level {
	switch {
	case s.Points >= t.Same && !s.Doubt:
		return Same
	case s.Points >= t.Likely:
		return Likely
	}
	return Unlikely
}

// Score is how alike two records are.
type Score struct {
	Points int // 0 to 100: 60 where both is as probable, 2.5 more for every doubling of the odds
	// Doubt tells that they are not to be taken for the same however many the points.
	Doubt   bool
	Reasons []Reason // what the points come from, by field; nil where nobody asked
}

// Reason is what one field says.
type Reason struct {
	Field     string // "firstName", "lastName", "name", "birthDate", "gender", "email", "phone", "street", "town", "taxNumber", "website"
	Agreement Agreement
}

// Agreement says how two values compare.
type Agreement string

// The agreements.
const (
	Equal     Agreement = "same"
	Close     Agreement = "close"     // but for typing mistakes
	Sounds    Agreement = "sound"     // spelled differently
	Short     Agreement = "short"     // a short or familiar form
	Part      Agreement = "part"      // one is part of the other
	Initial   Agreement = "initial"   // one is the initial of the other
	Swapped   Agreement = "swapped"   // first and last name, or day and month
	Different Agreement = "different" // nothing in common
)

const (
	even    = 60.0 // the points where both is as probable
	perBit  = 2.5
	doubted = 79 // the most points of a pair in doubt, below the default for Same
)

// points puts bits on the scale of people.
func points(bits float64, doubt bool) int {
	p := int(math.Round(even + perBit*bits))
	if doubt {
		p = min(p, doubted)
	}
	return min(max(p, 0), 100)
}
