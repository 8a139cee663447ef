package record

import (
	"bytes"
	"encoding/json"
	"slices"
)

type members = map[string]json.RawMessage

// keepUnknown gives the JSON of an object with the members of its stored form that no field describes: those a newer
// program wrote. In lists of objects an element keeps its unknown members as long as its known ones stay as they are.
// meta tells of names that are known though no field describes them.
func keepUnknown(value, stored json.RawMessage, fields []*Field, meta func(string) bool) (json.RawMessage, error) {
	if s := (skimmer{rest: stored}); s.object(fields, meta) {
		return value, nil
	}
	var now, old members
	if err := json.Unmarshal(stored, &old); err != nil {
		return nil, err
	}
	if err := json.Unmarshal(value, &now); err != nil {
		return nil, err
	}
	changed := false
	for name, raw := range old {
		f := named(fields, name)
		switch {
		case f == nil && !meta(name):
			now[name], changed = raw, true
		case f != nil && f.Type == Object && now[name] != nil:
			merge := keepUnknown
			if f.List {
				merge = keepInList
			}
			merged, err := merge(now[name], raw, f.Fields, never)
			if err != nil {
				return nil, err
			}
			if !bytes.Equal(merged, now[name]) {
				now[name], changed = merged, true
			}
		}
	}
	if !changed {
		return value, nil
	}
	return json.Marshal(now)
}

func never(string) bool { return false }

func named(fields []*Field, name string) *Field {
	i := slices.IndexFunc(fields, func(f *Field) bool { return f.Name == name })
	if i < 0 {
		return nil
	}
	return fields[i]
}

// keepInList does the same for a list of objects.
func keepInList(value, stored json.RawMessage, fields []*Field, meta func(string) bool) (json.RawMessage, error) {
	var now, old []json.RawMessage
	if err := json.Unmarshal(stored, &old); err != nil {
		return nil, err
	}
	if err := json.Unmarshal(value, &now); err != nil {
		return nil, err
	}
	before := map[string]json.RawMessage{} // stored elements that hold something unknown, by what is known of them
	for _, element := range old {
		known, some, err := onlyKnown(element, fields)
		if err != nil {
			return nil, err
		}
		if some {
			before[string(known)] = element
		}
	}
	if len(before) == 0 {
		return value, nil
	}
	for i, element := range now {
		known, _, err := onlyKnown(element, fields)
		if err != nil {
			return nil, err
		}
		if old, ok := before[string(known)]; ok {
			if now[i], err = keepUnknown(element, old, fields, meta); err != nil {
				return nil, err
			}
		}
	}
	return json.Marshal(now)
}

// onlyKnown gives an object without the members no field describes, its members in order. some tells whether there
// were any.
func onlyKnown(object json.RawMessage, fields []*Field) (known json.RawMessage, some bool, err error) {
	var all members
	if err := json.Unmarshal(object, &all); err != nil {
		return nil, false, err
	}
	for name, raw := range all {
		f := named(fields, name)
		switch {
		case f == nil:
			delete(all, name)
			some = true
		case f.Type == Object && !f.List:
			inner, unknown, err := onlyKnown(raw, f.Fields)
			if err != nil {
				return nil, false, err
			}
			all[name], some = inner, some || unknown
		}
	}
	known, err = json.Marshal(all)
	return known, some, err
}
