package record

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"github.com/muster-crm/muster/shared/fault"
	"github.com/muster-crm/muster/shared/list"
	"github.com/muster-crm/muster/shared/policy"
)

// Check brings a record into its canonical form and holds it against its kind's rules: text trimmed and NFC, empty
// texts and elements dropped, instants in UTC, the kind's Normalizer, the fields' own rules, custom fields, the kind's Validator. The
// fault is Invalid with every wrong value at its path.
func (k *Kind) Check(r Record, env *Env) error {
	v := reflect.ValueOf(r).Elem()
	k.tidy(v, k.Fields)
	if n, ok := r.(Normalizer); ok {
		n.Normalize(env)
	}
	c := checker{kind: k, env: env}
	if env.Before != nil {
		c.before = reflect.ValueOf(env.Before).Elem()
	}
	c.fields(v, k.Fields, "")
	if val, ok := r.(Validator); ok {
		for _, p := range val.Validate(env) {
			c.faults = append(c.faults, fault.At(p.Path, p.Code, p.Pairs...))
		}
	}
	return fault.Fields(c.faults)
}

// Clean gives text as it is stored: NFC, without surrounding space, without control characters and without the
// invisible ones that come along when text is copied. Text of lines keeps its tabs and line breaks, those of every
// system written one way; in other text they become spaces. Cleaning is idempotent.
func Clean(s string, lines bool) string {
	plain := true
	for i := range len(s) {
		if c := s[i]; c >= utf8.RuneSelf || c < ' ' || c == 0x7f {
			plain = false
			break
		}
	}
	if !plain {
		s = norm.NFC.String(strings.Map(func(r rune) rune {
			switch {
			case r == '\t' && lines:
				return r
			case r == '\n' || r == '\r' || r == 0x85 || r == 0x2028 || r == 0x2029:
				if lines {
					return '\n'
				}
				return ' '
			case r == '\t' || r == 0xa0:
				return ' '
			case unicode.IsControl(r), r == 0xad, r == 0x200b, r == 0x2060, r == 0xfeff, r >= 0x202a && r <= 0x202e, r >= 0x2066 && r <= 0x2069:
				return -1 // also the marks that would turn the text around them
			}
			return r
		}, strings.ReplaceAll(s, "\r\n", "\n")))
	}
	return strings.TrimSpace(s)
}

func (k *Kind) tidy(v reflect.Value, fields []*Field) {
	for _, f := range fields {
		member := v.Field(f.index)
		if f.List {
			k.tidyList(member, f)
			continue
		}
		k.tidyOne(member, f)
	}
}

func (k *Kind) tidyOne(v reflect.Value, f *Field) {
	if v.Kind() == reflect.Pointer {
		if v.IsNil() {
			return
		}
		v = v.Elem()
	}
	switch {
	case v.Kind() == reflect.String:
		v.SetString(Clean(v.String(), f.Type == Long))
	case f.Type == Instant:
		v.Set(reflect.ValueOf(v.Interface().(time.Time).UTC()))
	case f.Type == Object:
		k.tidy(v, f.Fields)
	case f.Type == Map:
		keys := v.MapKeys()
		slices.SortFunc(keys, func(a, b reflect.Value) int { return strings.Compare(a.String(), b.String()) })
		for _, key := range keys { // in order, so that of names that clean to the same the last one counts
			text := Clean(v.MapIndex(key).String(), false)
			clean := reflect.ValueOf(Clean(key.String(), false))
			v.SetMapIndex(key, reflect.Value{})
			if text != "" {
				v.SetMapIndex(clean, reflect.ValueOf(text))
			}
		}
		if v.Len() == 0 {
			v.SetZero()
		}
	case f.Type == Values:
		for _, key := range v.MapKeys() {
			value := v.MapIndex(key).Elem()
			if !value.IsValid() {
				v.SetMapIndex(key, reflect.Value{})
				continue
			}
			if s, ok := value.Interface().(string); ok {
				if s = Clean(s, false); s == "" {
					v.SetMapIndex(key, reflect.Value{})
				} else {
					v.SetMapIndex(key, reflect.ValueOf(s))
				}
			}
		}
		if v.Len() == 0 {
			v.SetZero()
		}
	}
}

// tidyList drops the empty elements of a list: rows of a form that were left blank.
func (k *Kind) tidyList(v reflect.Value, f *Field) {
	kept := 0
	for i := range v.Len() {
		k.tidyOne(v.Index(i), f)
		if !v.Index(i).IsZero() {
			if kept != i {
				v.Index(kept).Set(v.Index(i))
			}
			kept++
		}
	}
	if kept == 0 {
		v.SetZero()
		return
	}
	v.SetLen(kept)
}

type checker struct {
	kind   *Kind
	env    *Env
	before reflect.Value // the stored record; invalid on creation
	faults []fault.Field
}

func (c *checker) add(path, code string, pairs ...string) {
	c.faults = append(c.faults, fault.At(path, code, pairs...))
}

func (c *checker) fields(v reflect.Value, fields []*Field, prefix string) {
	for _, f := range fields {
		member, path := v.Field(f.index), prefix+f.Name
		if member.IsZero() {
			if f.Required {
				c.add(path, "required")
			}
			continue
		}
		if !f.List {
			c.one(member, f, path)
			continue
		}
		if member.Len() > f.Items {
			c.add(path, "too_many", "max", strconv.Itoa(f.Items))
		}
		for i := range member.Len() {
			c.one(member.Index(i), f, fmt.Sprintf("%s[%d]", path, i))
		}
	}
}

func (c *checker) one(v reflect.Value, f *Field, path string) {
	if v.Kind() == reflect.Pointer {
		v = v.Elem()
	}
	switch f.Type {
	case Object:
		c.fields(v, f.Fields, path+".")
	case Map:
		texts := v.Interface().(map[string]string)
		if len(texts) > f.Items {
			c.add(path, "too_many", "max", strconv.Itoa(f.Items))
		}
		for _, key := range slices.Sorted(maps.Keys(texts)) {
			c.text(texts[key], f, path+"."+key)
			c.text(key, f, path+"."+key)
		}
	case Values:
		var had Custom
		if c.before.IsValid() {
			had = c.before.Field(f.index).Interface().(Custom)
		}
		c.custom(v.Interface().(Custom), had, path)
	case Day:
		if _, err := Date(v.String()).Parse(); err != nil {
			c.add(path, "bad_date")
		}
	case Number, Instant, Flag:
	case Code:
		if f.Values != "" && !list.Has(f.Values, v.String()) {
			c.add(path, "bad_choice", "list", f.Values)
			return
		}
		c.text(v.String(), f, path)
	default:
		c.text(v.String(), f, path)
	}
}

func (c *checker) text(s string, f *Field, path string) {
	if utf8.RuneCountInString(s) > f.Max {
		c.add(path, "too_long", "max", strconv.Itoa(f.Max))
	}
}

// custom checks the values of the organisation's own fields. One that the record had already stays acceptable when the
// field or the choice has been removed since: else nothing of the record could be edited any more.
func (c *checker) custom(values, had Custom, path string) {
	for _, name := range slices.Sorted(maps.Keys(values)) {
		value, at := values[name], path+"."+name
		s, ok := value.(string)
		if ok && had[name] == any(s) {
			continue
		}
		i := slices.IndexFunc(c.env.Fields, func(f CustomField) bool { return f.Kind == c.kind.Name && f.Name == name })
		if i < 0 {
			c.add(at, "unknown_member")
			continue
		}
		switch {
		case !ok:
			c.add(at, "bad_type", "type", "text")
		case c.env.Fields[i].Type == "choice" && !slices.Contains(c.env.Fields[i].Options, s):
			c.add(at, "bad_choice")
		case utf8.RuneCountInString(s) > defaultMax:
			c.add(at, "too_long", "max", strconv.Itoa(defaultMax))
		}
	}
}

// Hide gives a record without the members of classes the grant may not read; the record itself stays as it is.
func (k *Kind) Hide(r Record, grant policy.Grant) Record {
	v := reflect.ValueOf(r).Elem()
	copied := reflect.New(k.typ)
	copied.Elem().Set(v)
	hidden := false
	for _, f := range k.Fields {
		if !grant.Fields(policy.Read, f.Class) {
			copied.Elem().Field(f.index).SetZero()
			hidden = true
		}
	}
	if !hidden {
		return r
	}
	return copied.Interface().(Record)
}

// Age gives the whole years between a birth date and a day. Somebody born on 29 February has the birthday on 28
// February in other years (REC-12).
func Age(born Date, on time.Time) (years int, ok bool) {
	b, err := born.Parse()
	if err != nil {
		return 0, false
	}
	years = on.Year() - b.Year()
	month, day := b.Month(), b.Day()
	leap := time.Date(on.Year(), time.February, 29, 0, 0, 0, 0, time.UTC).Day() == 29
	if month == time.February && day == 29 && !leap {
		day = 28
	}
	if on.Month() < month || on.Month() == month && on.Day() < day {
		years--
	}
	return years, years >= 0
}
