// Package query is the one language of searches: the search box, URLs, saved searches, bulk targets, exports and the
// API all speak it.
//
// It has a text form for people,
//
//	type:member status:active tag:"board" birthDate<2010-01-01 town:Gent -tag:vip is:trashed jan peet
//
// and a structured JSON form for programs. Both parse to one tree of Expr, checked against the fields of a kind, and
// a tree prints back to either form: Parse(Format(e)) selects the same records.
//
// # The text form
//
// Parts side by side must all hold; AND, OR and NOT (in capitals, AND before OR) and parentheses say otherwise, and
// a hyphen before a part negates it. A part is a condition on a field, a word, or a "quoted phrase".
//
//	town:Gent  lastName=Peeters  age>=12  notes~rain     comparisons
//	status:active,pending                                one of these
//	age:10..12  membership.end:today..+30d  age:10..     ranges, both ends included
//	emails:*  -emails:*                                  filled, empty
//	birthDate:2010  birthDate:2010-05  birthDate:21/5/2010
//	createdAt>-30d  createdAt:this-month  end<today      dates that move with the day; d w m y, for instants h
//	birthDate:*-05-21  birthDate:*-this-month            every year: birthdays
//
// Someone who types is not punished for it. A colon (or another comparison) makes a condition only behind a name: a
// field's, or else something that looks like one, a letter followed by letters, digits and . _ - signs, and then only
// when a value follows. So 12:30, +32 471 12 34 56, O'Brien, jan@example.org, https://example.org, jan: and a lone
// hyphen are words; brackets, commas and colons that cling to a word are not part of it; a telephone number
// typed with spaces is one word; AND, OR and NOT with nothing to join are words. Punctuation between words is passed over.
//
// # Before a tree is evaluated
//
// A parsed tree keeps moving dates ("-30d") and periods ("2010-05") as they were written, so that a saved search
// goes on meaning what it says. Resolve replaces them by calendar dates; what evaluates a tree sees only canonical
// values, and the two operators Within and Yearly for ranges.
package query

// Op compares a field with a value.
type Op string

// The comparisons.
const (
	Is       Op = "="  // equal; for text: folded equal; for lists: any element
	Has      Op = ":"  // text: every word of the value begins a word of the field; other types: as Is
	Less     Op = "<"  // before, below
	AtMost   Op = "<=" //
	More     Op = ">"  // after, above
	AtLeast  Op = ">=" //
	Filled   Op = "*"  // has any value; has no Value
	Contains Op = "~"  // text: the folded value occurs anywhere in the field
	Within   Op = ".." // from the first to the second of two values, both included: "10..12"; see Bounds
	Yearly   Op = "@"  // made by Resolve alone: month and day lie in a range of days of the year, "12-28..01-03"
)

// Expr is a node of the tree: And, Or, Not, Term or Text.
type Expr interface{ expr() }

// And holds when every one of its parts does; an empty And always holds.
type And []Expr

// Or holds when one of its parts does; an empty Or never holds.
type Or []Expr

// Not holds when its part does not.
type Not struct{ Expr Expr }

// Term compares a field, by its path in the API ("lastName", "emails.address", "custom.size"), with a value in its
// canonical form: dates 2006-01-02, instants RFC 3339 in UTC, numbers as package decimal writes them, flags "true" or "false", codes as
// stored, telephone numbers as digits with or without a plus in front. Until Resolve, dates and instants may also be
// the periods and moving dates of the text form. Pos is the byte position in the text it was read from.
type Term struct {
	Field string
	Op    Op
	Value string
	Pos   int
}

// Text is a free word (or a "quoted phrase") to be found in any searchable field the reader may see. A telephone
// number typed with spaces arrives as one word of digits.
type Text struct {
	Words  string
	Phrase bool
	Pos    int
}

func (And) expr()  {}
func (Or) expr()   {}
func (Not) expr()  {}
func (Term) expr() {}
func (Text) expr() {}

// All is the expression that every record meets.
var All Expr = And(nil)

// Limits of an expression.
const (
	MaxDepth      = 5
	MaxConditions = 50
	MaxLength     = 4000 // bytes of the text form
)

// Type is what a field holds, as far as comparisons go.
type Type string

// The types of fields.
const (
	TypeText    Type = "text"    // names, words
	TypeCode    Type = "code"    // one of a list of values, a tag, an id, a country
	TypeEmail   Type = "email"   //
	TypePhone   Type = "phone"   // E.164
	TypeNumber  Type = "number"  // whole, or with as many decimals as its Field says
	TypeDate    Type = "date"    // calendar date
	TypeInstant Type = "instant" //
	TypeFlag    Type = "flag"    // yes or no
	TypeFilled  Type = "filled"  // only whether there is a value: what it is, nobody can ask
)

// Field is what the parser knows of a field of a kind.
type Field struct {
	Path     string            // as in the API
	Type     Type              //
	Aliases  []string          // other names it goes by in the text form: "tag" for "tags", "town" for "addresses.town", "email"
	Decimals int               // of a number: how many it may have at most, 0 for whole ones
	Values   map[string]string // for codes with words: label in any language, folded by package fold -> code; nil takes any value
}

// The field every kind has for the state of a record; "is:trashed" finds what lies in the trash. A Fields that
// answers to "is" itself may know more states.
const (
	State   = "is"
	Trashed = "trashed"
)

// Fields finds a field by its path or an alias; case does not matter.
type Fields interface {
	Field(name string) (Field, bool)
}
