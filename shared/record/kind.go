package record

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

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

	owner  string
	order  []string
	typ    reflect.Type
	byPath map[string]*Field
	faults []string
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
	Object  = Type("object") // members of its own
	Map     = Type("map")    // text by name
	Values  = Type("custom") // the organisation's own fields
)

// Field describes one member of a kind, or of the objects of one of its lists.
type Field struct {
	Path     string // from the record: "emails.address"
	Name     string // in its object: "address"
	Type     Type
	List     bool // a list of these
	Fields   []*Field
	Required bool
	Max      int          // characters of a text
	Items    int          // of a list or a map
	Values   string       // the code list its values are from
	Class    policy.Class // who may read it
	How      index.Search
	Indexed  bool
	System   bool // set by the system only
	Derived  bool // computed from other fields
	Aliases  []string
	Age      string

	index int // of the struct member
}

// Limits that hold where a tag says nothing.
const (
	defaultMax   = 255
	defaultItems = 50
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

// Owner gives the owner of a record of the kind: what its key begins with.
func (k *Kind) Owner(id string) string {
	if k.owner != "" {
		return k.owner
	}
	return id
}

// Define describes the kind of the struct T, which must embed Meta. Mistakes in its tags are kept for Registry.Check.
//
// The tag `field` holds comma-separated words:
//
//	required          must have a value
//	max=100           characters of a text, 255 if absent; text is never cut, longer is refused
//	items=10          of a list or a map, 50 if absent
//	list=gender       a code of that list
//	class=contact     the policy class, public if absent
//	find=words        how the search box looks into it: words, anywhere, address, digits, exact
//	alias=town        another name in queries; may be repeated
//	age=age           the name of the virtual field of whole years since this date
//	long              long text; not indexed
//	code email phone  what a text holds
//	system            set by the system only
//	derived           system, and computed from other fields: not in the history
//	unindexed         not in the index
func Define[T any](name, plural, prefix string, options ...Option) *Kind {
	k := &Kind{Name: name, Plural: plural, Prefix: prefix, Indexed: true, typ: reflect.TypeFor[T](), byPath: map[string]*Field{}}
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
	k.names()
	return k
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

// Field finds a field by its path.
func (k *Kind) Field(path string) (*Field, bool) {
	f, ok := k.byPath[path]
	return f, ok
}

func (k *Kind) describe(t reflect.Type, prefix string, class policy.Class) []*Field {
	var fields []*Field
	for i := range t.NumField() {
		member := t.Field(i)
		if member.Anonymous || !member.IsExported() {
			continue
		}
		name, opts, _ := strings.Cut(member.Tag.Get("json"), ",")
		if name == "" || name == "-" {
			k.fault("%s has no json name", member.Name)
			continue
		}
		f := &Field{Path: prefix + name, Name: name, Max: defaultMax, Items: defaultItems, Class: class, Indexed: true, index: i}
		k.typeOf(f, member.Type)
		k.tag(f, member.Tag.Get("field"))
		k.fits(f, member.Type, member.Tag.Get("field"))
		if prefix != "" && f.Class != class {
			k.fault("%s is of another class than the object it is in", f.Path)
		}
		if !strings.Contains(opts, "omitempty") && !strings.Contains(opts, "omitzero") && !f.Required {
			k.fault("%s is stored even when empty: add omitempty", f.Path)
		}
		if f.Type == Object {
			f.Fields = k.describe(element(member.Type), f.Path+".", f.Class)
		}
		if k.byPath[f.Path] != nil {
			k.fault("%s twice", f.Path)
		}
		k.byPath[f.Path] = f
		fields = append(fields, f)
	}
	return fields
}

func element(t reflect.Type) reflect.Type {
	for t.Kind() == reflect.Slice || t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	return t
}

func (k *Kind) typeOf(f *Field, t reflect.Type) {
	switch t {
	case reflect.TypeFor[Date]():
		f.Type = Day
		return
	case reflect.TypeFor[time.Time](), reflect.TypeFor[*time.Time]():
		f.Type = Instant
		return
	case reflect.TypeFor[Custom]():
		f.Type = Values
		return
	case reflect.TypeFor[map[string]string]():
		f.Type = Map
		return
	}
	switch t.Kind() {
	case reflect.String:
		f.Type = Text
	case reflect.Int, reflect.Int64:
		f.Type = Number
	case reflect.Bool:
		f.Type = Flag
	case reflect.Struct:
		f.Type = Object
	case reflect.Pointer:
		k.typeOf(f, t.Elem())
	case reflect.Slice:
		if f.List {
			k.fault("%s is a list of lists", f.Path)
			return
		}
		f.List = true
		k.typeOf(f, t.Elem())
	default:
		k.fault("%s has a Go type no field can have: %s", f.Path, t)
	}
}

var ways = map[string]index.Search{"words": index.Words, "anywhere": index.Anywhere, "address": index.Address,
	"digits": index.Digits, "exact": index.Exact}

func (k *Kind) tag(f *Field, tag string) {
	if tag == "" {
		return
	}
	for word := range strings.SplitSeq(tag, ",") {
		name, value, _ := strings.Cut(word, "=")
		switch name {
		case "required":
			f.Required = true
		case "max":
			f.Max = k.number(f, value)
		case "items":
			f.Items = k.number(f, value)
		case "list":
			f.Type, f.Values = Code, value
		case "class":
			f.Class = policy.Class(value)
			if !slices.Contains(policy.Classes(), f.Class) {
				k.fault("%s is of no known class: %q", f.Path, value)
			}
		case "find":
			how, ok := ways[value]
			if !ok {
				k.fault("%s is searched in no known way: %q", f.Path, value)
			}
			f.How = how
		case "alias":
			f.Aliases = append(f.Aliases, value)
		case "age":
			f.Age = value
		case "long":
			f.Type, f.Indexed = Long, false
			if f.Max == defaultMax {
				f.Max = 10000
			}
		case "code", "email", "phone":
			f.Type = Type(name)
		case "system":
			f.System = true
		case "derived":
			f.System, f.Derived = true, true
		case "unindexed":
			f.Indexed = false
		default:
			k.fault("%s has an unknown word in its tag: %q", f.Path, word)
		}
	}
}

// texts are the types a field with a Go string may be of.
var texts = []Type{Text, Long, Code, Email, Phone}

// fits reports words of a tag that mean nothing for the Go type they stand at.
func (k *Kind) fits(f *Field, t reflect.Type, tag string) {
	text := element(t).Kind() == reflect.String && element(t) != reflect.TypeFor[Date]()
	for word := range strings.SplitSeq(tag, ",") {
		name, value, _ := strings.Cut(word, "=")
		ok := true
		switch name {
		case "list":
			ok = text && value != ""
		case "code", "email", "phone", "long":
			ok = text
		case "max":
			ok = text || f.Type == Map
		case "items":
			ok = f.List || f.Type == Map
		case "age":
			ok = f.Type == Day && !f.List && value != ""
		case "find":
			ok = f.Indexed && f.Class != policy.Sensitive && (slices.Contains(texts, f.Type) || f.Type == Number || f.Type == Map)
		case "alias":
			ok = value != "" && f.Type != Object
		case "required":
			ok = f.Type != Flag || t.Kind() == reflect.Pointer
		}
		if !ok {
			k.fault("%s cannot be %q", f.Path, word)
		}
	}
}

func (k *Kind) number(f *Field, s string) int {
	n, err := strconv.Atoi(s)
	if err != nil || n < 1 {
		k.fault("%s has no number in %q", f.Path, s)
	}
	return n
}

// Schema describes the kind to the index, with the organisation's own fields.
func (k *Kind) Schema(custom []CustomField) index.Schema {
	s := index.Schema{Kind: k.Name, Order: k.order}
	k.columns(&s, k.Fields, "", custom)
	return s
}

func (k *Kind) columns(s *index.Schema, fields []*Field, list string, custom []CustomField) {
	for _, f := range fields {
		if !f.Indexed || f.Class == policy.Sensitive {
			continue
		}
		c := index.Column{Path: f.Path, Type: query.Type(f.Type), List: list, Class: f.Class, How: f.How, Age: f.Age}
		switch {
		case f.Type == Object && f.List:
			k.columns(s, f.Fields, f.Path, custom)
		case f.Type == Object:
			k.columns(s, f.Fields, list, custom)
		case f.Type == Map:
			c.Path, c.List, c.Type = f.Path+".*", f.Path, query.TypeCode
			s.Columns = append(s.Columns, c)
		case f.Type == Values:
			for _, own := range custom {
				if own.Kind != k.Name {
					continue
				}
				c.Path, c.Type, c.How = f.Path+"."+own.Name, query.TypeText, index.Words
				if own.Type == "choice" {
					c.Type, c.How = query.TypeCode, index.Unsearched
				}
				s.Columns = append(s.Columns, c)
			}
		default:
			if f.List {
				c.List = f.Path
			}
			s.Columns = append(s.Columns, c)
		}
	}
}

// Member finds the top-level field a path begins with: "custom" for "custom.size".
func (k *Kind) Member(path string) (*Field, bool) {
	if i := strings.IndexAny(path, ".["); i >= 0 {
		path = path[:i]
	}
	return k.Field(path)
}
