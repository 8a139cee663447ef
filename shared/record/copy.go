package record

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"sync"
	"time"
)

// Copies and members without the detour through the whole record's JSON: a bulk action makes a version of each of its
// records, and most of what it did was to write down and read back what it leaves as it is.

// Copy gives a record that shares nothing with another.
func (k *Kind) Copy(r Record) (Record, error) {
	after := reflect.New(k.typ)
	after.Elem().Set(reflect.ValueOf(r).Elem())
	part(after.Elem())
	return after.Interface().(Record), nil
}

// part gives a value slices, maps and pointers of its own in place of those it shares with the one it was set from.
func part(v reflect.Value) {
	switch v.Kind() {
	case reflect.Pointer:
		if v.IsNil() {
			return
		}
		own := reflect.New(v.Type().Elem())
		own.Elem().Set(v.Elem())
		part(own.Elem())
		v.Set(own)
	case reflect.Slice:
		if v.IsNil() {
			return
		}
		own := reflect.MakeSlice(v.Type(), v.Len(), v.Len())
		reflect.Copy(own, v)
		if shares(v.Type().Elem()) {
			for i := range own.Len() {
				part(own.Index(i))
			}
		}
		v.Set(own)
	case reflect.Map:
		if v.IsNil() {
			return
		}
		own := reflect.MakeMapWithSize(v.Type(), v.Len())
		for each := v.MapRange(); each.Next(); {
			value := each.Value()
			if shares(value.Type()) {
				apart := reflect.New(value.Type()).Elem()
				apart.Set(value)
				part(apart)
				value = apart
			}
			own.SetMapIndex(each.Key(), value)
		}
		v.Set(own)
	case reflect.Interface:
		if v.IsNil() {
			return
		}
		own := reflect.New(v.Elem().Type()).Elem()
		own.Set(v.Elem())
		part(own)
		v.Set(own)
	case reflect.Struct:
		for i := range v.NumField() {
			if f := v.Type().Field(i); (f.IsExported() || f.Anonymous) && shares(f.Type) {
				part(v.Field(i))
			}
		}
	}
}

var sharing sync.Map // reflect.Type -> bool

// shares tells whether copies of a value of a type have something in common. A time has, and nobody can change it.
func shares(t reflect.Type) bool {
	if known, ok := sharing.Load(t); ok {
		return known.(bool)
	}
	some := false
	switch t.Kind() {
	case reflect.Pointer, reflect.Slice, reflect.Map, reflect.Interface:
		some = true
	case reflect.Struct:
		for i := 0; i < t.NumField() && t != reflect.TypeFor[time.Time](); i++ {
			some = some || (t.Field(i).IsExported() || t.Field(i).Anonymous) && shares(t.Field(i).Type)
		}
	}
	sharing.Store(t, some)
	return some
}

// With gives a record with the values at some paths replaced: a member's, or one in a map ("custom.size", whose name may have
// dots). nil takes a value away. Nothing is checked; it fails for a value the member cannot hold.
func (k *Kind) With(r Record, values []PathValue) (Record, error) {
	after, err := k.Copy(r)
	if err != nil {
		return nil, err
	}
	v := reflect.ValueOf(after).Elem()
	for _, change := range values {
		name, inner, deeper := strings.Cut(change.Path, ".")
		f, ok := k.Field(name)
		if !ok {
			return nil, fmt.Errorf("record: %s has no member %q", k.Name, name)
		}
		value := change.Value
		if deeper {
			if value, err = f.replaced(v, inner, value); err != nil {
				return nil, err
			}
		}
		member := v.Field(f.index)
		member.SetZero()
		if value == nil {
			continue
		}
		if err := json.Unmarshal(value, member.Addr().Interface()); err != nil {
			return nil, fmt.Errorf("record: %s of %s: %w", change.Path, k.Name, err)
		}
	}
	return after, nil
}

// PathValue is the JSON of a value and where it goes.
type PathValue struct {
	Path  string
	Value json.RawMessage
}

// replaced gives the JSON of a map with one of its values replaced; nil when none is left.
func (f *Field) replaced(record reflect.Value, name string, value json.RawMessage) (json.RawMessage, error) {
	raw, err := f.encoded(record)
	if err != nil {
		return nil, err
	}
	members := map[string]json.RawMessage{}
	if raw != nil {
		if err := json.Unmarshal(raw, &members); err != nil {
			return nil, err
		}
	}
	if members[name] = value; value == nil {
		delete(members, name)
	}
	if len(members) == 0 {
		return nil, nil
	}
	return json.Marshal(members)
}

// encoded gives the JSON of one member of a record as the record's JSON has it, nil where it has none.
func (f *Field) encoded(record reflect.Value) (json.RawMessage, error) {
	v := record.Field(f.index)
	switch {
	case f.omitEmpty && empty(v), f.omitZero && zero(v):
		return nil, nil
	}
	return json.Marshal(v.Addr().Interface())
}

// empty is what a member with omitempty is left out for.
func empty(v reflect.Value) bool {
	switch v.Kind() {
	case reflect.Slice, reflect.Map, reflect.String:
		return v.Len() == 0
	case reflect.Struct:
		return false
	}
	return v.IsZero()
}

// zero is what a member with omitzero is left out for.
func zero(v reflect.Value) bool {
	if z, ok := v.Interface().(interface{ IsZero() bool }); ok && (v.Kind() != reflect.Pointer || !v.IsNil()) {
		return z.IsZero()
	}
	return v.IsZero()
}
