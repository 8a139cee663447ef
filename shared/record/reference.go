package record

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
)

// Reference is the id of another record that a record holds.
type Reference struct {
	Path  string   // where: "members[2].contact"
	Kinds []string // the kinds of which it names one
	ID    string
}

// References lists the ids of other records that a record holds, its owner's and those in the organisation's own fields
// among them.
func (k *Kind) References(r Record, custom []CustomField) []Reference {
	var found []Reference
	v := reflect.ValueOf(r).Elem()
	gather(v, k.Fields, "", func(f *Field, path string, v reflect.Value) {
		switch {
		case f.Ref != nil:
			found = append(found, Reference{path, f.Ref, v.String()})
		case f.Type == Values:
			values := v.Interface().(Custom)
			for _, own := range custom {
				if id, ok := values[own.Name].(string); ok && id != "" && own.Kind == k.Name && own.Type == ownFile {
					f := own.Field()
					found = append(found, Reference{f.Path, f.Ref, id})
				}
			}
		}
	})
	return found
}

// OwnerOf gives the id of the record that a child says it belongs to, as it is shown; "" for what is no child.
func (k *Kind) OwnerOf(r Record) string {
	f := k.byPath[ownerPath]
	if f == nil || len(k.Under) == 0 {
		return ""
	}
	return reflect.ValueOf(r).Elem().Field(f.index).String()
}

// gather calls visit with every value of a record that is not empty and no object, and with its own values as a whole.
func gather(v reflect.Value, fields []*Field, prefix string, visit func(f *Field, path string, v reflect.Value)) {
	for _, f := range fields {
		member, path := v.Field(f.index), prefix+f.Name
		if member.IsZero() {
			continue
		}
		if !f.List {
			gatherOne(member, f, path, visit)
			continue
		}
		for i := range member.Len() {
			gatherOne(member.Index(i), f, fmt.Sprintf("%s[%d]", path, i), visit)
		}
	}
}

func gatherOne(v reflect.Value, f *Field, path string, visit func(f *Field, path string, v reflect.Value)) {
	if v.Kind() == reflect.Pointer {
		if v.IsNil() {
			return
		}
		v = v.Elem()
	}
	if f.Type == Object {
		gather(v, f.Fields, path+".", visit)
		return
	}
	visit(f, path, v)
}

// IDs lists the ids of other records that a change tells of, so that their names can be looked up before it is told.
func (k *Kind) IDs(c Change, custom []CustomField) []string {
	var ids []string
	var walk func(f *Field, value any)
	walk = func(f *Field, value any) {
		switch value := value.(type) {
		case string:
			if f.Ref != nil && !slices.Contains(ids, value) {
				ids = append(ids, value)
			}
		case []any:
			for _, element := range value {
				walk(f, element)
			}
		case map[string]any:
			for _, inner := range f.Fields {
				walk(inner, value[inner.Name])
			}
		}
	}
	for _, change := range c.Fields {
		f, ok := k.At(change.Field, custom)
		if !ok {
			continue
		}
		for _, raw := range []json.RawMessage{change.From, change.To} {
			var value any
			if json.Unmarshal(raw, &value) == nil {
				walk(f, value)
			}
		}
	}
	return ids
}

// Rerefer gives the references of a record, one after the other, other ids: what to says of each. Its owner stays, and so do
// the organisation's own fields.
func (k *Kind) Rerefer(r Record, to func(f *Field, id string) string) {
	gather(reflect.ValueOf(r).Elem(), k.Fields, "", func(f *Field, _ string, v reflect.Value) {
		if f.Ref != nil && f.Path != ownerPath {
			v.SetString(to(f, v.String()))
		}
	})
}
