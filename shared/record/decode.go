package record

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/muster-crm/muster/shared/decimal"
	"github.com/muster-crm/muster/shared/fault"
)

// meta are the system members of every record; a request may only repeat them as they are.
var meta = []string{"id", "kind", "version", "createdAt", "createdBy", "updatedAt", "updatedBy", "deletedAt", "deletedBy",
	"mergedInto", "merge", "merged"}

// IsMeta reports whether a name is a system member that every record has.
func IsMeta(name string) bool { return slices.Contains(meta, name) }

// document is a record as JSON: what requests, merge patches and stored records have in common.
type document = map[string]any

// parse reads one JSON object and nothing behind it. The fault is Malformed.
func parse(body []byte) (document, error) {
	if !utf8.Valid(body) {
		return nil, fault.New(fault.Malformed, "malformed")
	}
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	var doc document
	if err := d.Decode(&doc); err != nil || doc == nil {
		return nil, fault.Wrap(fault.Malformed, "malformed", err)
	}
	if _, err := d.Token(); err != io.EOF {
		return nil, fault.New(fault.Malformed, "malformed")
	}
	return doc, nil
}

// Create reads a request's body as a new record. It does not check values beyond their types. Faults: Malformed;
// Invalid with every unknown, misplaced or mistyped member at its path.
func (k *Kind) Create(body []byte) (Record, error) {
	doc, err := parse(body)
	if err != nil {
		return nil, err
	}
	var faults []fault.Field
	for _, name := range meta {
		if _, ok := doc[name]; ok {
			faults = append(faults, fault.At(name, "read_only"))
			delete(doc, name)
		}
	}
	dropNulls(doc)
	faults = append(faults, k.shape(doc, k.Fields, "", nil)...)
	if err := fault.Fields(faults); err != nil {
		return nil, err
	}
	r := k.New()
	return r, fill(r, doc)
}

// Patch applies a JSON Merge Patch (RFC 7396) to a record and gives the new one; the old one is untouched. Faults as
// Create.
func (k *Kind) Patch(before Record, body []byte) (Record, error) {
	patch, err := parse(body)
	if err != nil {
		return nil, err
	}
	doc, err := k.touched(before, patch)
	if err != nil {
		return nil, err
	}
	var faults []fault.Field
	for _, name := range meta {
		value, ok := patch[name]
		if ok && !reflect.DeepEqual(value, doc[name]) {
			faults = append(faults, fault.At(name, "read_only"))
		}
		delete(patch, name)
	}
	k.unmask(patch, doc)
	faults = append(faults, k.shape(patch, k.Fields, "", doc)...)
	if err := fault.Fields(faults); err != nil {
		return nil, err
	}
	after, err := k.Copy(before)
	if err != nil {
		return nil, err
	}
	merge(doc, patch)
	v := reflect.ValueOf(after).Elem()
	for _, f := range k.Fields {
		if _, ok := patch[f.Name]; !ok {
			continue
		}
		member := v.Field(f.index)
		member.SetZero()
		if value, ok := doc[f.Name]; ok {
			encoded, err := json.Marshal(value)
			if err != nil {
				return nil, err
			}
			if err := json.Unmarshal(encoded, member.Addr().Interface()); err != nil {
				return nil, err
			}
		}
	}
	return after, nil
}

// touched gives the members of a record that a patch names.
func (k *Kind) touched(r Record, patch document) (document, error) {
	doc := document{}
	for _, name := range meta {
		if _, ok := patch[name]; ok {
			encoded, err := json.Marshal(r.Base())
			if err != nil {
				return nil, err
			}
			if doc, err = parse(encoded); err != nil {
				return nil, err
			}
			break
		}
	}
	v := reflect.ValueOf(r).Elem()
	for _, f := range k.Fields {
		if _, ok := patch[f.Name]; !ok {
			continue
		}
		encoded, err := f.encoded(v)
		if err != nil {
			return nil, err
		}
		if encoded != nil {
			if doc[f.Name], err = exact(encoded); err != nil {
				return nil, err
			}
		}
	}
	return doc, nil
}

func fill(r Record, doc document) error {
	encoded, err := json.Marshal(doc)
	if err != nil {
		return err
	}
	return json.Unmarshal(encoded, r)
}

func merge(doc, patch document) {
	for name, value := range patch {
		switch value := value.(type) {
		case nil:
			delete(doc, name)
		case document:
			inner, ok := doc[name].(document)
			if !ok {
				inner = document{}
			}
			merge(inner, value)
			doc[name] = inner
		default:
			doc[name] = value
		}
	}
}

func dropNulls(doc document) {
	for name, value := range doc {
		switch value := value.(type) {
		case nil:
			delete(doc, name)
		case document:
			dropNulls(value)
		}
	}
}

// shape holds a document's members against the fields: all known, all of the right JSON type. In a patch a null is
// welcome anywhere, and system members may repeat what before has.
func (k *Kind) shape(doc document, fields []*Field, prefix string, before document) []fault.Field {
	var faults []fault.Field
	for name, value := range doc {
		i := slices.IndexFunc(fields, func(f *Field) bool { return f.Name == name })
		path := prefix + name
		switch {
		case i < 0:
			faults = append(faults, fault.At(path, "unknown_member"))
		case fields[i].System:
			if before == nil || !reflect.DeepEqual(value, before[name]) {
				faults = append(faults, fault.At(path, "read_only"))
			}
		case value != nil:
			faults = append(faults, k.value(value, fields[i], path, fields[i].List)...)
		}
	}
	slices.SortStableFunc(faults, byPath)
	return faults
}

func byPath(a, b fault.Field) int { return strings.Compare(a.Path, b.Path) }

func (k *Kind) value(value any, f *Field, path string, list bool) []fault.Field {
	if list {
		elements, ok := value.([]any)
		if !ok {
			return mistyped(path, "list")
		}
		var faults []fault.Field
		for i, e := range elements {
			faults = append(faults, k.value(e, f, fmt.Sprintf("%s[%d]", path, i), false)...)
		}
		return faults
	}
	switch f.Type {
	case Flag:
		if _, ok := value.(bool); !ok {
			return mistyped(path, "flag")
		}
	case Number:
		n, ok := value.(json.Number)
		if !ok {
			return mistyped(path, "number")
		}
		if i, err := strconv.ParseInt(string(n), 10, 64); err != nil || i > maxNumber || i < -maxNumber {
			return mistyped(path, "number")
		}
	case Instant:
		s, ok := value.(string)
		if !ok {
			return mistyped(path, "instant")
		}
		var at time.Time
		if err := at.UnmarshalText([]byte(s)); err != nil {
			return mistyped(path, "instant")
		}
		if _, err := at.MarshalText(); err != nil { // an offset of a day can be read, not written
			return mistyped(path, "instant")
		}
	case Object:
		inner, ok := value.(document)
		if !ok {
			return mistyped(path, "object")
		}
		return k.shape(inner, f.Fields, path+".", nil)
	case Values:
		inner, ok := value.(document)
		if !ok {
			return mistyped(path, "object")
		}
		var faults []fault.Field
		for name, v := range inner {
			if v != nil && !possible(v) {
				faults = append(faults, mistyped(path+"."+name, "text")...)
			}
		}
		slices.SortFunc(faults, byPath)
		return faults
	case Map:
		inner, ok := value.(document)
		if !ok {
			return mistyped(path, "object")
		}
		var faults []fault.Field
		for name, v := range inner {
			if _, ok := v.(string); !ok && v != nil {
				faults = append(faults, mistyped(path+"."+name, "text")...)
			}
		}
		slices.SortFunc(faults, byPath)
		return faults
	default:
		if _, ok := value.(string); !ok {
			return mistyped(path, "text")
		}
	}
	return nil
}

// maxNumber is the largest whole number a field holds, either side of nothing.
const maxNumber = math.MaxInt32 * 1024

// possible reports whether a value can be one of an organisation's own field. Which it must be is known when the record is
// checked.
func possible(value any) bool {
	switch value := value.(type) {
	case string, bool:
		return true
	case json.Number:
		_, whole := decimal.Read(string(value), 0)
		_, ok := decimal.Read(string(value), Decimals)
		return ok || whole
	case []any:
		return !slices.ContainsFunc(value, func(e any) bool { _, text := e.(string); return !text })
	case document:
		for name, inner := range value {
			if _, deep := inner.(document); deep || inner != nil && (name != "amount" && name != "currency" || !possible(inner)) {
				return false
			}
		}
		return true
	}
	return false
}

func mistyped(path, want string) []fault.Field {
	return []fault.Field{fault.At(path, "bad_type", "type", want)}
}

// Encode gives a record's stored JSON. stored is what lies in the store now, nil on creation: members of it that this
// program does not know are kept.
func (k *Kind) Encode(r Record, stored []byte) ([]byte, error) {
	base := r.Base()
	version := base.Version
	base.Version = 0
	value, err := json.Marshal(r)
	base.Version = version
	if err != nil || stored == nil {
		return value, err
	}
	return keepUnknown(value, stored, k.Fields, IsMeta)
}

// Decode reads stored JSON; version is the item's revision.
func (k *Kind) Decode(value []byte, version int64) (Record, error) {
	r := k.New()
	if err := json.Unmarshal(value, r); err != nil {
		return nil, fmt.Errorf("record: stored %s: %w", k.Name, err)
	}
	r.Base().Version = version
	return r, nil
}

// Diff lists the fields in which two records differ, with their values before and after; before is nil on creation.
// Members of maps and custom fields are compared one by one ("custom.size"); lists as a whole. Meta's members and
// derived fields are left out.
func (k *Kind) Diff(before, after Record) ([]FieldChange, error) {
	from, to := structOf(before), structOf(after)
	var changes []FieldChange
	for _, f := range k.Fields {
		if f.Derived {
			continue
		}
		if from.IsValid() && to.IsValid() && same(from.Field(f.index), to.Field(f.index)) {
			continue
		}
		var a, b json.RawMessage
		var err error
		if from.IsValid() {
			if a, err = f.encoded(from); err != nil {
				return nil, err
			}
		}
		if to.IsValid() {
			if b, err = f.encoded(to); err != nil {
				return nil, err
			}
		}
		if bytes.Equal(a, b) {
			continue
		}
		if f.Type != Map && f.Type != Values {
			changes = append(changes, FieldChange{Field: f.Path, From: a, To: b})
			continue
		}
		inner, err := diffMembers(f.Path, a, b)
		if err != nil {
			return nil, err
		}
		changes = append(changes, inner...)
	}
	return changes, nil
}

// same tells at a glance that two values of a member are equal, so that their JSON is.
func same(a, b reflect.Value) bool {
	switch a.Kind() {
	case reflect.String:
		return a.String() == b.String()
	case reflect.Bool:
		return a.Bool() == b.Bool()
	case reflect.Int, reflect.Int64:
		return a.Int() == b.Int()
	}
	return a.IsZero() && b.IsZero() || reflect.DeepEqual(a.Interface(), b.Interface())
}

// structOf gives the struct a record points to; invalid for none.
func structOf(r Record) reflect.Value {
	if r == nil {
		return reflect.Value{}
	}
	return reflect.ValueOf(r).Elem()
}

func diffMembers(path string, a, b json.RawMessage) ([]FieldChange, error) {
	var from, to map[string]json.RawMessage
	for _, side := range []struct {
		raw  json.RawMessage
		into *map[string]json.RawMessage
	}{{a, &from}, {b, &to}} {
		if side.raw == nil {
			continue
		}
		if err := json.Unmarshal(side.raw, side.into); err != nil {
			return nil, err
		}
	}
	names := map[string]bool{}
	for name := range from {
		names[name] = true
	}
	for name := range to {
		names[name] = true
	}
	var changes []FieldChange
	for name := range names {
		if !bytes.Equal(from[name], to[name]) {
			changes = append(changes, FieldChange{Field: path + "." + name, From: from[name], To: to[name]})
		}
	}
	slices.SortFunc(changes, func(x, y FieldChange) int { return strings.Compare(x.Field, y.Field) })
	return changes, nil
}
