// Package index is the in-memory read model of one organisation: for every indexed kind it answers lists, searches,
// filters, sorts, counts, facets, sums and look-ups without asking the database.
//
// A View is immutable and stands at one sequence number of the organisation's log. Apply makes a newer View that
// shares all that did not change; whoever holds the older one goes on reading it. A View can be written as a
// compressed snapshot and read back, and can be built from the records alone.
//
// # How records are held
//
// Most lie in segments: immutable, by columns, rows in the kind's usual order, so that the usual page needs no sort. Numbers,
// dates and instants are integers in as few bytes as their range needs. Everything else is a place in the column's
// dictionary, which holds the distinct values sorted by their folded form: comparing places compares values, equality and
// beginnings are binary searches, and names, towns and codes take a byte or two a row. Columns filled in fewer than one
// of 8 rows are sparse. What only follows from the values is made when it is first asked for: postings (bitmaps of
// the frequent values, lists of the others), words with their values, and signatures that tell which blocks of 32 values
// may hold a string, so that a search for part of an address looks at few of them.
//
// The latest changes, up to 1,024, are kept as they came and looked at one by one; then they become a segment, joined with
// those that are not several times as large. A row that a change supersedes is marked in a bitmap of the View's own.
//
// # What free text finds
//
// Every word must be found in some searchable column that the grant may read. In names (Words) a word finds words that
// begin with it, in any order; what an apostrophe joins is also one word. E-mail addresses and free text find it anywhere,
// from 3 letters on. Telephone numbers are found by 4 digits or more in national or international notation, also typed
// with spaces. Numbers and external ids are found whole, an external id with or without its system. A word with an @ is an
// address, not a name. A "phrase" is looked for as whole words one after the other in names, elsewhere anywhere. In names,
// one typo is forgiven in words of 5 letters or more without digits, but not below a Not. Whole words, addresses
// and numbers rank first, then what was found as typed, then what needed a typo forgiven.
//
// # Linked records
//
// Kinds are linked by ids: a column with Refs holds those of other records, and a Borrow names a column of another kind that
// holds ours. A View that stands Beside those of the other kinds follows both ways. Free text then finds a record also by
// the names of the records it is borrowed from, word by word, as if those names were its own. A condition on a
// column with Refs, or on the path of a Borrow, takes an id or the words of a title (each begins a word of it; with Is,
// the whole title); Filled asks a Borrow for any record at all. A path of the other kind behind it ("company.town",
// "contact.company.name") compares that record's own column, over three links at most. Records of another kind
// count when they are not in the trash and the grant may read the columns that lead there and the one compared.
//
// # How conditions compare
//
// As package query says; beyond it: Has compares codes without case and accents, Is as they are spelled. A telephone number
// without a plus is in national notation. An instant compared with a date means that whole day where the request's Now is.
// Filled takes the path of a list too. With is:trashed anywhere in the expression, the trash is looked at as well, and
// is:trashed holds for what lies there; otherwise nothing there is found.
package index

import (
	"time"

	"github.com/muster-crm/muster/shared/policy"
	"github.com/muster-crm/muster/shared/query"
)

// Search says how the search box looks into a column.
type Search uint8

// Ways of searching a column.
const (
	Unsearched Search = iota
	Words             // names and places: word beginnings, one typo in words of 5 letters or more
	Anywhere          // free text: the folded words occur anywhere
	Address           // e-mail: folded, anywhere, exact first
	Digits            // phone: digits in national or international notation, 4 or more, anywhere
	Exact             // numbers and external ids: the whole value
)

// Column is one indexed field of a kind. Of one of query.TypeFilled only whether a record has a value is held: it is asked
// for with Filled, counted by, and never shown.
type Column struct {
	// Path is the member of the record's JSON: "lastName"; "emails.address" for a member of the objects of a list;
	// "tags" for a list of plain values; "custom.size" for a member of an object; "externalIds.*" for an object used
	// as a map, read as the list of its "key:value" pairs.
	Path  string
	Type  query.Type
	List  string // the list the column belongs to ("emails", "tags", "externalIds"), empty for a single value
	Class policy.Class
	How   Search
	// Age names a virtual column of whole years since this date ("age" on birthDate), "" for none. Years are counted
	// as in REC-12: 29 February counts as 28 February in other years.
	Age string
	// Decimals are those of a number column: with 6 of them the JSON number 2.5 is held as 2500000, and written back as 2.5.
	// Conditions and facets write it like that; sums are in the smallest unit, millionths.
	Decimals int `json:",omitempty"`
	// Minor tells that the JSON has the number in its smallest unit already: 250 where conditions and facets say 2.5.
	Minor bool `json:",omitempty"`
	// Now names a virtual column of those values that hold on the day of the request's Now ("groups.now" on groups.group): From and
	// To are the columns of days, in the same list, that say from when and to when they do, each absent where there is no such
	// limit. "" for none.
	Now, From, To string `json:"-"`
	// Refs are the kinds of the records whose ids the column holds, none for a column that holds no ids.
	Refs []string `json:"-"`
}

// Schema describes the indexed part of a kind.
type Schema struct {
	Kind    string
	Columns []Column
	// Order is the kind's usual order, by paths of text columns ("lastName", "firstName"); rows are kept in it.
	Order []string
	// Title are the columns of text and numbers whose values, one after the other, name a record. Others find it by the text.
	Title []string
	// Borrows are the kinds whose records hold ids of this kind's.
	Borrows []Borrow
	// Owner is the column that holds the id of the record each belongs to, "" for none. What belongs to a record in the
	// trash is not found, even where the trash is looked at.
	Owner string
}

// Borrow lets a kind be found by the records that hold its ids: a contact by the companies that name it. The path and all
// columns of the other kind behind it ("company.addresses.town") are fields of conditions, and the path one to count by.
type Borrow struct {
	Path string // its name in conditions: "company"
	Kind string // the other kind
	Link string // the column of that kind that holds ids of this one: "contacts.contact"
	Text string // the column of that kind to find it by, "" for its title
	// Quiet keeps free text out: only conditions look at the other kind.
	Quiet bool
}

// Change is one record as it is now. Value is its JSON, nil when it is gone for good. A record whose JSON holds
// "deletedAt" is in the trash: kept, and found only by is:trashed.
//
// The members createdAt, createdBy, updatedAt, updatedBy, deletedAt and deletedBy are columns of every kind, of class
// public; id and version filter and sort too. What is null or empty counts as absent. A value of another type than its
// column's is left out, as are numbers with a fraction or beyond 2^62, dates that are none, and entries of a map
// whose key holds a colon. Value is not kept: its bytes may be used again.
type Change struct {
	ID       string
	Revision int64
	Value    []byte
}

// Sort orders by a column; Down reverses. Records without a value come last either way.
type Sort struct {
	Path string
	Down bool
}

// Request asks a View.
type Request struct {
	Where  query.Expr // nil: every record
	Sort   []Sort     // empty: best match first when Where holds text, then Schema.Order; ties by Schema.Order, then id
	After  *Position  // continue behind this position of an earlier answer
	Limit  int        // rows wanted; 0 for none (counts, facets and sums alone)
	Count  bool       // fill Total
	Facets [][]string // groups of 1 or 2 paths to count by, such as {"status"} or {"status","type"}
	Sums   []string   // number columns to add up
	Now    time.Time  // for ages and what holds today, in the organisation's time zone
	Grant  policy.Grant
}

// Position is a place in a sorted answer. It survives changes of the index: the next page begins behind it even when
// the row it names has moved or gone.
type Position struct {
	Keys []string
	ID   string
}

// Hit is a row of an answer.
type Hit struct {
	ID       string
	Revision int64
	// Exact tells that the hit matched the words as they were typed, without forgiving a typo. Whole tells, of an answer with
	// the best match first, that each of them is a whole word, address or number of the record.
	Exact, Whole bool
	// Trashed tells that the record is in the trash.
	Trashed bool
	row     rowID
}

// Bucket is one bar of a facet: the values of its paths ("" for unknown) and how many rows have them.
type Bucket struct {
	Values []string
	Count  int
	Sums   []int64 // one a path of Request.Sums
}

// Answer is what a View answers.
type Answer struct {
	Hits   []Hit
	Next   *Position // nil at the end
	Total  int
	Facets [][]Bucket // one a group, largest first
	Sums   []int64
}
