package record

import (
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/muster-crm/muster/shared/index"
	"github.com/muster-crm/muster/shared/policy"
)

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
		f.omitEmpty, f.omitZero = strings.Contains(opts, "omitempty"), strings.Contains(opts, "omitzero")
		k.tag(f, member.Tag.Get("field"))
		k.fits(f, member.Type, member.Tag.Get("field"))
		if prefix != "" && f.Class != class {
			k.fault("%s is of another class than the object it is in", f.Path)
		}
		if prefix != "" && class == policy.Sensitive && (f.List || !slices.Contains(texts, f.Type)) {
			k.fault("%s is in a sensitive object and no text", f.Path)
		}
		if !f.omitEmpty && !f.omitZero && !f.Required && t != reflect.TypeFor[Money]() {
			k.fault("%s is stored even when empty: add omitempty", f.Path)
		}
		if f.Type == Object {
			f.Fields = k.describe(element(member.Type), f.Path+".", f.Class)
			f.money = element(member.Type) == reflect.TypeFor[Money]()
		}
		if f.Type == Values {
			if f.Path != customPath || f.List {
				k.fault("%s holds the organisation's own values: only %q can", f.Path, customPath)
			}
			k.custom = f
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
			if f.Type == Number {
				f.Most = k.bound(f, value)
			} else {
				f.Max = k.number(f, value)
			}
		case "min":
			f.Least = k.bound(f, value)
		case "items":
			f.Items = k.number(f, value)
		case "list":
			f.Type, f.Values = Code, value
		case "ref":
			f.Type, f.Ref = Code, strings.Split(value, "|")
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
		case "now":
			f.Now = value
		case "long":
			f.Type, f.Indexed = Long, false
			if f.Max == defaultMax {
				f.Max = longMax
			}
		case "link":
			f.Type = Link
			if f.Max == defaultMax {
				f.Max = linkMax
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
var texts = []Type{Text, Long, Link, Code, Email, Phone}

// fits reports words of a tag that mean nothing for the Go type they stand at.
func (k *Kind) fits(f *Field, t reflect.Type, tag string) {
	text := element(t).Kind() == reflect.String && element(t) != reflect.TypeFor[Date]()
	for word := range strings.SplitSeq(tag, ",") {
		name, value, _ := strings.Cut(word, "=")
		ok := true
		switch name {
		case "list", "ref":
			ok = text && value != "" && !slices.Contains(f.Ref, "")
		case "code", "email", "phone", "long", "link":
			ok = text
		case "max":
			ok = text || f.Type == Map || f.Type == Number
		case "min":
			ok = f.Type == Number
		case "class":
			// What is masked must be text: numbers, dates and lists have no end that could be shown.
			ok = f.Class != policy.Sensitive || !f.List && (text || f.Type == Object)
		case "items":
			ok = f.List || f.Type == Map
		case "age":
			ok = f.Type == Day && !f.List && value != ""
		case "now":
			ok = text && !f.List && value != ""
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

func (k *Kind) bound(f *Field, s string) *int64 {
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		k.fault("%s has no number in %q", f.Path, s)
	}
	return &n
}
