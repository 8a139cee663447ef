package record

import (
	"fmt"
	"maps"
	"net/url"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"github.com/muster-crm/muster/shared/decimal"
	"github.com/muster-crm/muster/shared/fault"
	"github.com/muster-crm/muster/shared/policy"
)

// Check brings a record into its canonical form and holds it against its kind's rules: text trimmed and NFC, empty
// texts and elements dropped, instants in UTC, the kind's Normalizer, the fields' own rules, custom fields, the kind's Validator. The
// fault is Invalid with every wrong value at its path.
func (k *Kind) Check(r Record, env *Env) error {
	v := reflect.ValueOf(r).Elem()
	c := checker{kind: k, env: env}
	if env.Before != nil {
		c.before = reflect.ValueOf(env.Before).Elem()
	}
	k.tidy(v, k.Fields)
	c.tidyCustom(v)
	if n, ok := r.(Normalizer); ok {
		n.Normalize(env)
	}
	c.fields(v, k.Fields, "")
	c.mandatory(v)
	c.customOf(v)
	if val, ok := r.(Validator); ok {
		for _, p := range val.Validate(env) {
			if !c.refused(p.Path, "masked") { // what is wrong with a mask is that it is one
				c.faults = append(c.faults, fault.At(p.Path, p.Code, p.Pairs...))
			}
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
	case f.Type == Link:
		v.SetString(withScheme(Clean(v.String(), false)))
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
	before reflect.Value              // the stored record; invalid on creation
	codes  map[string]map[string]bool // those the stored record has, by the field's path; gathered when first needed
	faults []fault.Field
}

func (c *checker) add(path, code string, pairs ...string) {
	c.faults = append(c.faults, fault.At(path, code, pairs...))
}

// refused reports whether a value was refused for a reason.
func (c *checker) refused(path, code string) bool {
	return slices.ContainsFunc(c.faults, func(f fault.Field) bool { return f.Path == path && f.Code == code })
}

// tidyCustom completes the own values and brings them into their canonical form.
func (c *checker) tidyCustom(v reflect.Value) {
	if c.kind.custom == nil {
		return
	}
	member := v.Field(c.kind.custom.index)
	own := c.env.ownFields(c.kind)
	values := tidyCustom(member.Interface().(Custom), own)
	if !c.before.IsValid() {
		values = c.complete(values, own)
	}
	member.Set(reflect.ValueOf(values))
}

// customOf checks the own values.
func (c *checker) customOf(v reflect.Value) {
	if c.kind.custom == nil {
		return
	}
	var had Custom
	if c.before.IsValid() {
		had = c.before.Field(c.kind.custom.index).Interface().(Custom)
	}
	c.custom(v.Field(c.kind.custom.index).Interface().(Custom), had, c.env.ownFields(c.kind))
}

// mandatory checks that the record has what the organisation wants filled, unless it had none before either.
func (c *checker) mandatory(v reflect.Value) {
	for _, path := range c.env.Mandatory {
		f := c.kind.byPath[path]
		if f == nil || f.Path != f.Name || f.System || f.Required {
			continue // the field's own rule says it, or nobody can fill it
		}
		if !c.env.fills(f) {
			continue
		}
		if v.Field(f.index).IsZero() && (!c.before.IsValid() || !c.before.Field(f.index).IsZero()) {
			c.add(path, "required")
		}
	}
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
	if f.Class == policy.Sensitive && v.Kind() == reflect.String && Masked(v.String()) {
		c.add(path, "masked")
		return
	}
	switch f.Type {
	case Object:
		c.fields(v, f.Fields, path+".")
	case Map:
		texts := v.Interface().(map[string]string)
		if len(texts) > f.Items {
			c.add(path, "too_many", "max", strconv.Itoa(f.Items))
		}
		for _, key := range sortedKeys(texts) {
			c.text(texts[key], f, path+"."+key)
			c.text(key, f, path+"."+key)
		}
	case Number:
		c.bounds(v.Int(), f, path)
	case Instant, Flag, Values:
	default:
		c.string(v.String(), f, path)
	}
}

// string checks a value that is a text of some type.
func (c *checker) string(s string, f *Field, path string) {
	switch f.Type {
	case Day:
		if _, err := Date(s).Parse(); err != nil {
			c.add(path, "bad_date")
		}
		return
	case Link:
		if !sound(s) {
			c.add(path, "bad_url")
			return
		}
	case Code:
		if f.Values != "" && !c.env.lists().Has(f.Values, s) && !c.had(f.Path)[s] {
			c.add(path, "bad_choice", "list", f.Values)
			return
		}
	}
	c.text(s, f, path)
}

// had gives the codes the stored record has in a field.
func (c *checker) had(path string) map[string]bool {
	if c.codes == nil && c.before.IsValid() {
		c.codes = map[string]map[string]bool{}
		gather(c.before, c.kind.Fields, "", func(f *Field, _ string, v reflect.Value) {
			if f.Values == "" {
				return
			}
			if c.codes[f.Path] == nil {
				c.codes[f.Path] = map[string]bool{}
			}
			c.codes[f.Path][v.String()] = true
		})
	}
	return c.codes[path]
}

func (c *checker) text(s string, f *Field, path string) {
	if utf8.RuneCountInString(s) > f.Max {
		c.add(path, "too_long", "max", strconv.Itoa(f.Max))
	}
}

// bounds checks a number in its smallest unit.
func (c *checker) bounds(n int64, f *Field, path string) {
	switch {
	case f.Least != nil && n < *f.Least:
		c.add(path, "too_small", "min", decimal.Write(*f.Least, f.Decimals))
	case f.Most != nil && n > *f.Most:
		c.add(path, "too_large", "max", decimal.Write(*f.Most, f.Decimals))
	}
}

// withScheme puts "https://" before an address that has no scheme.
func withScheme(s string) string {
	if s == "" || strings.Contains(s, "://") {
		return s
	}
	return "https://" + s
}

// sound reports whether a text is the address of a page: http or https, a host, and nobody's login before it.
func sound(s string) bool {
	u, err := url.Parse(s)
	return err == nil && u.Hostname() != "" && u.User == nil && (u.Scheme == "http" || u.Scheme == "https")
}

func sortedKeys[V any, M ~map[string]V](m M) []string { return slices.Sorted(maps.Keys(m)) }

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
