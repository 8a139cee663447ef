package record

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/muster-crm/muster/shared/index"
	"github.com/muster-crm/muster/shared/policy"
	"github.com/muster-crm/muster/shared/query"
)

// Kind describes one kind of record. It is made by Define and not changed afterwards.
type Kind struct {
	Name    string // singular: in bodies, paths and keys
	Plural  string // of its collection in the API
	Prefix  string // of its ids
	Fields  []*Field
	Indexed bool // listed and searched; otherwise only read by its key

	Managed bool // written only by those who may manage the organisation
	Serial  bool // written one after the other, each write knowing all other records of the kind

	// Under are the kinds of which one owns each record of this kind, a child: its id ends in its owner's, it lies beside
	// it and is hidden while its owner is in the trash. Empty for kinds that stand alone.
	Under []string

	owner   string
	order   []string
	title   []string
	borrows []index.Borrow
	typ     reflect.Type
	byPath  map[string]*Field
	now     map[string]*Field // fields whose values hold for a time, by the path under which today's are asked for
	custom  *Field            // the member that holds the organisation's own values
	faults  []string
}

// Type says what a field holds.
type Type string

// The types. Text, code, email, phone, number, date, instant and flag mean what they mean in package query; the others
// are shapes around them.
const (
	Text    = Type(query.TypeText)
	Code    = Type(query.TypeCode)
	Email   = Type(query.TypeEmail)
	Phone   = Type(query.TypePhone)
	Number  = Type(query.TypeNumber)
	Day     = Type(query.TypeDate)
	Instant = Type(query.TypeInstant)
	Flag    = Type(query.TypeFlag)
	Long    = Type("long")   // text of some length, not indexed
	Link    = Type("link")   // the address of a page, http or https
	Object  = Type("object") // members of its own
	Map     = Type("map")    // text by name
	Values  = Type("custom") // the organisation's own fields
)

// Field describes one member of a kind, of the objects of one of its lists, or of the organisation's own fields.
type Field struct {
	Path     string // from the record: "emails.address"
	Name     string // in its object: "address"
	Type     Type
	List     bool // a list of these
	Fields   []*Field
	Required bool
	Max      int          // characters of a text
	Decimals int          // of a number: 12.5 is stored as it is written, and 12500000 in the index with 6 of them
	Least    *int64       // of a number, in its smallest unit: 10^-Decimals; nil: any
	Most     *int64       // likewise
	Items    int          // of a list or a map
	Values   string       // the code list its values are from
	Ref      []string     // the kinds of record whose ids it holds
	Class    policy.Class // who may read it
	How      index.Search
	Indexed  bool
	System   bool // set by the system only
	Derived  bool // computed from other fields
	Aliases  []string
	Age      string
	Now      string       // the path by which those values are asked for that hold today, see tag "now"
	Own      *CustomField // what the organisation says of it, nil for the kind's own members

	money bool // an amount and its currency
	index int  // of the struct member

	omitEmpty, omitZero bool // as encoding/json reads the struct member's tag
}

// Limits that hold where a tag says nothing.
const (
	defaultMax   = 255
	defaultItems = 50
	longMax      = 10000
	linkMax      = 2000
)

// Option adds to a kind what its struct cannot say.
type Option func(*Kind)

// Order gives the fields that order lists of the kind.
func Order(paths ...string) Option { return func(k *Kind) { k.order = paths } }

// Unindexed keeps a kind out of the index: long or append-heavy ones.
func Unindexed() Option { return func(k *Kind) { k.Indexed = false } }

// Managed keeps the writing of a kind to those who may manage the organisation: settings, users.
func Managed() Option { return func(k *Kind) { k.Managed = true } }

// OwnedBy keeps all records of a kind under one fixed owner instead of each under itself.
func OwnedBy(owner string) Option { return func(k *Kind) { k.owner = owner } }

// Under makes the records of a kind children: each belongs to a record of one of these kinds. The struct has a member
// Owner, "owner", with the tag "ref=...,system" that names the same kinds.
func Under(kinds ...string) Option { return func(k *Kind) { k.Under = kinds } }

// Serial orders the writes of a kind, so that a Validator may judge a record by all others of the kind (Env.Others). Only
// kinds that are kept under one fixed owner can be.
func Serial() Option { return func(k *Kind) { k.Serial = true } }

// Owner gives the owner of a record of the kind: what its key begins with. A child's id tells its owner's; one that does
// not is its own owner, where there is nothing.
func (k *Kind) Owner(id string) string {
	if k.owner != "" {
		return k.owner
	}
	if len(k.Under) > 0 {
		if parts := strings.SplitN(id, "_", 3); len(parts) == 3 && parts[2] != "" {
			return parts[2]
		}
	}
	return id
}

// ChildID gives the id of a child: one of its own, as a record that stands alone has, with its owner's behind it.
func ChildID(id, owner string) string { return id + "_" + owner }

// WellFormed tells whether something can be an id at all, so that nothing else gets into keys.
func WellFormed(id string) bool {
	if id == "" || len(id) > 64 {
		return false
	}
	for i := range len(id) {
		c := id[i]
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '_' {
			return false
		}
	}
	return true
}

// Adopt gives a child its owner. It sets the member and leaves the id to the caller, see ChildID.
func (k *Kind) Adopt(r Record, owner string) {
	if f := k.byPath[ownerPath]; f != nil && len(k.Under) > 0 {
		reflect.ValueOf(r).Elem().Field(f.index).SetString(owner)
	}
}

// ownerPath is the member of a child that names its owner.
const ownerPath = "owner"

// Define describes the kind of the struct T, which must embed Meta. Mistakes in its tags are kept for Registry.Check.
//
// The tag `field` holds comma-separated words:
//
//	required          must have a value
//	min=0 max=999     bounds of a number
//	max=100           characters of a text, 255 if absent; text is never cut, longer is refused
//	items=10          of a list or a map, 50 if absent
//	list=gender       a code of that list
//	ref=contact       the id of a record of that kind; ref=contact|company of one of these
//	class=contact     the policy class, public if absent; sensitive text, and objects of it, are shown masked (see Mask)
//	find=words        how the search box looks into it: words, anywhere, address, digits, exact
//	alias=town        another name in queries; may be repeated
//	age=age           the name of the virtual field of whole years since this date
//	now=work.now      the path under which those values are asked for that hold today, by the days "from" and "to" beside them
//	long              long text; not indexed
//	code email phone  what a text holds
//	link              the address of a page; "https://" is put before one without a scheme
//	system            set by the system only
//	derived           system, and computed from other fields: not in the history
//	unindexed         not in the index
func Define[T any](name, plural, prefix string, options ...Option) *Kind {
	k := &Kind{Name: name, Plural: plural, Prefix: prefix, Indexed: true, typ: reflect.TypeFor[T](), byPath: map[string]*Field{}, now: map[string]*Field{}}
	if _, ok := any(new(T)).(Record); !ok {
		k.fault("does not embed record.Meta")
		return k
	}
	k.Fields = k.describe(k.typ, "", policy.Public)
	for _, o := range options {
		o(k)
	}
	for _, path := range k.order {
		if f := k.byPath[path]; f == nil || f.Type != Text || f.List || strings.Contains(path, ".") {
			k.fault("ordered by %q, which is no text field", path)
		}
	}
	k.family()
	k.named()
	k.names()
	return k
}

// family reports what does not fit records that belong to others, or that are written one after the other.
func (k *Kind) family() {
	if k.Serial && k.owner == "" {
		k.fault("is written one after the other, and lies under no one owner")
	}
	if len(k.Under) == 0 {
		return
	}
	if k.owner != "" {
		k.fault("lies under %q and under others", k.owner)
	}
	f := k.byPath[ownerPath]
	if f == nil || !f.System || f.List || !slices.Equal(f.Ref, k.Under) {
		k.fault("has no system member %q with ref=%s", ownerPath, strings.Join(k.Under, "|"))
	}
}

// names reports what goes by one name in queries although it is two things.
func (k *Kind) names() {
	taken := map[string]string{}
	take := func(name, path string) {
		name = strings.ToLower(name)
		if other, ok := taken[name]; ok && other != path {
			k.fault("%s and %s both go by the name %q", other, path, name)
		}
		taken[name] = path
	}
	for _, f := range metaFields {
		take(f.Path, f.Path)
		for _, alias := range f.Aliases {
			take(alias, f.Path)
		}
	}
	for _, path := range slices.Sorted(maps.Keys(k.byPath)) {
		f := k.byPath[path]
		take(path, path)
		for _, alias := range f.Aliases {
			take(alias, path)
		}
		if f.Age != "" {
			take(f.Age, "the age of "+path)
		}
		if f.Now != "" {
			take(f.Now, "today's "+path)
			k.now[f.Now] = f
			list := path[:strings.LastIndexByte(path, '.')+1]
			within, from, to := k.byPath[strings.TrimSuffix(list, ".")], k.byPath[list+"from"], k.byPath[list+"to"]
			if within == nil || !within.List || from == nil || from.Type != Day || to == nil || to.Type != Day {
				k.fault("%s holds for a time, but is in no list of objects with the days \"from\" and \"to\"", path)
			}
		}
	}
}

func (k *Kind) fault(format string, args ...any) {
	k.faults = append(k.faults, k.Name+": "+fmt.Sprintf(format, args...))
}

// New makes an empty record of the kind.
func (k *Kind) New() Record {
	r := reflect.New(k.typ).Interface().(Record)
	r.Base().Kind = k.Name
	return r
}

// Field finds a field by its path, or by the path of what it holds today.
func (k *Kind) Field(path string) (*Field, bool) {
	f, ok := k.byPath[path]
	if !ok {
		f, ok = k.now[path]
	}
	return f, ok
}

// Member finds the top-level field a path begins with: "custom" for "custom.size".
func (k *Kind) Member(path string) (*Field, bool) {
	if i := strings.IndexAny(path, ".["); i >= 0 {
		path = path[:i]
	}
	return k.Field(path)
}
