// Package query is the one language of searches: the search box, URLs, saved searches, bulk targets, exports and the
// API all speak it.
//
// It has a text form for people,
//
//	type:member status:active tag:"board" birthDate<2010-01-01 town:Gent -tag:vip is:trashed jan peet
//
// and a structured JSON form for programs. Both parse to one tree of Expr, checked against the fields of a kind, and
// a tree prints back to either form: Parse(Format(e)) selects the same records.
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
// canonical form: dates 2006-01-02, instants RFC 3339, numbers in digits, flags "true" or "false", codes as stored.
// Pos is the byte position in the text it was read from.
type Term struct {
	Field string
	Op    Op
	Value string
	Pos   int
}

// Text is a free word (or a "quoted phrase") to be found in any searchable field the reader may see.
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
	TypeNumber  Type = "number"  // integer
	TypeDate    Type = "date"    // calendar date
	TypeInstant Type = "instant" //
	TypeFlag    Type = "flag"    // yes or no
)

// Field is what the parser knows of a field of a kind.
type Field struct {
	Path    string            // as in the API
	Type    Type              //
	Aliases []string          // other names it goes by in the text form: "tag" for "tags", "town" for "addresses.town", "email"
	Values  map[string]string // for codes with words: label in any language, folded -> code
}

// Fields finds a field by its path or an alias; case does not matter.
type Fields interface {
	Field(name string) (Field, bool)
}
