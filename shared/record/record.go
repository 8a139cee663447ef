// Package record describes what Muster keeps: kinds of records.
//
// A kind is a Go struct that embeds Meta, with tags that say what each member is. One registration line
//
//	record.Define[Contact]("contact", "contacts", "con", record.Order("lastName", "firstName"))
//
// gives it reading, strict decoding, checks, history, search, list, form, import and API schema, since all of those
// are driven by the kind's fields. What a struct tag cannot say, a kind says by implementing one of the small
// interfaces Normalizer, Validator, Titler and Keyed.
//
// A kind stands alone, lies under one fixed owner (OwnedBy), or is of children that belong to records of other kinds
// (Under): then its ids tell their owner's. Organisations define fields of their own for the kinds that have a member
// "custom"; they are described as the kind's own members are, checked, indexed, told and shown by the same rules.
//
// This package is pure: it reads and writes no store. Package repository does the work on records.
//
// Guarantees. A record's stored JSON holds its members without the version, which is the revision of its item, and with
// every member that this program does not know, as it was: old and new programs may run side by side. Empty members
// are absent, so that equal records have equal bytes. What is sensitive leaves this package masked: by Hide, HideChange,
// Show and the index; the stored record and its changes hold it in full, and who sends a mask back changes nothing. What a
// record has already is never in the way of another edit: retired codes, own fields and choices that are gone, and
// fields that were made mandatory since.
package record

import (
	"encoding/json"
	"time"

	"github.com/muster-crm/muster/shared/list"
	"github.com/muster-crm/muster/shared/policy"
)

// Meta is what every record has. It is set by the system; requests cannot change it.
type Meta struct {
	ID        string     `json:"id" readOnly:"true"`
	Kind      string     `json:"kind" readOnly:"true"`
	Version   int64      `json:"version,omitempty" readOnly:"true"`
	CreatedAt time.Time  `json:"createdAt" readOnly:"true"`
	CreatedBy string     `json:"createdBy" readOnly:"true"`
	UpdatedAt time.Time  `json:"updatedAt" readOnly:"true"`
	UpdatedBy string     `json:"updatedBy" readOnly:"true"`
	DeletedAt *time.Time `json:"deletedAt,omitempty" readOnly:"true"` // set while in the trash
	DeletedBy string     `json:"deletedBy,omitempty" readOnly:"true"`
	// A record that was merged into another leads to it: it is read and written in its place.
	MergedInto string   `json:"mergedInto,omitempty" readOnly:"true"`
	Merge      string   `json:"merge,omitempty" readOnly:"true"`  // the merge that did it
	Merged     []string `json:"merged,omitempty" readOnly:"true"` // the records that were merged into this one itself
}

// Base gives the record's system members.
func (m *Meta) Base() *Meta { return m }

// Record is a pointer to a struct that embeds Meta.
type Record interface{ Base() *Meta }

// Date is a calendar date, 2006-01-02, or "" for none.
type Date string

// Parse gives the date as midnight UTC.
func (d Date) Parse() (time.Time, error) { return time.Parse(time.DateOnly, string(d)) }

// DateOf gives the date a time falls on.
func DateOf(t time.Time) Date { return Date(t.Format(time.DateOnly)) }

// Env is what checking a record may depend on beside the record itself.
type Env struct {
	Now      time.Time   // in the organisation's time zone
	Channel  string      // where the write comes from: one of the list "source"
	Actor    string      // who writes
	Role     policy.Role // and in which role
	Entity   string      // the actor's entity: what a new record starts in
	Before   Record      // the stored version, nil on creation
	Batch    string      // the bulk action, import or merge the write belongs to
	Undo     bool        // the write takes back what the batch did
	Defaults Defaults
	Phones   Phones // nil in programs that write no phone numbers
	Fields   []CustomField
	// Lists are the organisation's: the built-in ones with its own values, those that are retired known. The zero value
	// stands for the built-in ones. A value that is retired or gone is accepted where the stored record has it.
	Lists list.Lists
	// Mandatory are the paths of the kind's own top-level fields that the organisation wants filled (SET-02). As with
	// required own fields, a record that had none before is saved without.
	Mandatory []string
	// Fills tells whether the actor may fill fields of a class: nobody is held up by a mandatory field that is not theirs
	// to fill. nil stands for all of them.
	Fills func(policy.Class) bool
	// Others are all other live records of a kind whose writes are serial.
	Others []Record
	// Kinds are all there are, for records that say something of other kinds' fields; nil where nobody asks.
	Kinds *Registry
	// Root gives the id of the record that an id leads to: another one where that was merged, else itself. nil stands for
	// no merges; see Leads.
	Root func(id string) string
	// Spelling gives the spelling the organisation already uses for a value of a field, equal but for case and accents,
	// or the value itself.
	Spelling func(path, value string) string

	own     map[string]*Field // by name; of ownKind, described from ownOf
	ownKind *Kind
	ownOf   []CustomField
}

// Leads gives the id of the record that an id leads to, through any merges: what Validators compare owners and members by.
func (e *Env) Leads(id string) string {
	if e == nil || e.Root == nil {
		return id
	}
	return e.Root(id)
}

// lists are the lists that codes are from.
func (e *Env) lists() list.Lists {
	if e.Lists.IsZero() {
		return list.BuiltIn()
	}
	return e.Lists
}

// Own is what an organisation adds to the words records are told in.
type Own struct {
	Fields []CustomField
	Lists  list.Lists               // zero: the built-in ones
	Title  func(id string) string   // names the record of an id; nil, or "": the id itself is told
	Phone  func(e164 string) string // writes a telephone number for people; nil: as it is stored
}

// Defaults are the organisation's settings that records are checked and completed with.
type Defaults struct {
	Country    string   // ISO 3166-1 alpha-2: for numbers without a prefix
	Language   string   // BCP 47: of a new contact
	Languages  []string // the languages a contact may have
	Newsletter bool     // of contacts made by an operator
}

// Phones reads phone numbers. Package phone implements it; it is a port because the number plans weigh more than the
// rest of a function together.
type Phones interface {
	// Read gives a number in E.164 and the line it is ("mobile", "fixed" or "" when the plan does not tell); country is
	// the region of a number without prefix. code is the fault code when it is no number.
	Read(number, country string) (e164, line, code string)
}

// Normalizer brings a record into its canonical form and completes it: trimmed, folded, defaults filled in. It runs
// before the checks, also of the fields' own rules.
type Normalizer interface{ Normalize(*Env) }

// Validator checks what the fields' own rules cannot.
type Validator interface{ Validate(*Env) []Problem }

// Problem is a wrong value found by a Validator: the path, the fault code and the arguments of its sentence in pairs.
type Problem struct {
	Path  string
	Code  string
	Pairs []string
}

// Titler names a record for people.
type Titler interface{ Title() string }

// Title names a record for people, by its id when its kind has nothing better.
func Title(r Record) string {
	if t, ok := r.(Titler); ok {
		if title := t.Title(); title != "" {
			return title
		}
	}
	return r.Base().ID
}

// Keyed has values that are unique in the organisation.
type Keyed interface{ Keys() []Key }

// Key is one unique value of a record.
type Key struct {
	Name  string // which uniqueness: "email", "mobile", "externalId"
	Path  string // the field that holds it, for messages
	Value string // folded: equal values are the same key
}

// Policy says what happens when a key is already another record's.
type Policy string

// The policies.
const (
	Block  Policy = "block"  // refuse
	Warn   Policy = "warn"   // accept and say who else has it
	Family Policy = "family" // accept inside a family, refuse outside
)

// Change is what one commit did to one record: an entry of its history.
type Change struct {
	Seq      int64         `json:"seq"` // of the log entry
	At       time.Time     `json:"at"`
	Actor    string        `json:"actor"`
	Name     string        `json:"name,omitempty"` // of the actor, as it was
	For      string        `json:"for,omitempty"`  // acted for
	Channel  string        `json:"via,omitempty"`
	Batch    string        `json:"batch,omitempty"`
	Action   string        `json:"action"` // such as "contact.create"
	Revision int64         `json:"-"`
	Of       string        `json:"-"` // in the history of another record: the merged one that was changed
	Fields   []FieldChange `json:"fields,omitempty"`
}

// FieldChange is one field's value before and after; absent values are nil.
type FieldChange struct {
	Field string          `json:"field"`
	From  json.RawMessage `json:"from,omitempty"`
	To    json.RawMessage `json:"to,omitempty"`
}
