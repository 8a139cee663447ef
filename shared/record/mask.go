package record

import (
	"bytes"
	"cmp"
	"encoding/json"
	"reflect"
	"strings"

	"github.com/muster-crm/muster/shared/policy"
)

// mark stands for what is not shown of a sensitive value.
const mark = "•••"

// Mask shows the last 3 characters of a sensitive value (REC-23). Of one shorter than 6 characters nothing is shown. What
// is masked already stays as it is.
func Mask(s string) string {
	if s == "" || Masked(s) {
		return s
	}
	runes := []rune(s)
	if len(runes) < 6 {
		return mark
	}
	return mark + string(runes[len(runes)-3:])
}

// Masked reports whether a text is what Mask makes. Sensitive fields take no such value.
func Masked(s string) bool { return strings.HasPrefix(s, mark) }

// sight is how much of a value somebody sees.
type sight int

const (
	none sight = iota
	masked
	whole
)

// sees tells how much a grant shows of a class: of sensitive values their end to those who read how to reach a person,
// and never more. The whole value is for operations that note who asked for it.
func sees(g policy.Grant, class policy.Class) sight {
	switch {
	case class == policy.Sensitive && g.Fields(policy.Read, policy.Contact):
		return masked
	case class != policy.Sensitive && g.Fields(policy.Read, class):
		return whole
	}
	return none
}

// Hide gives a record as the grant may see it: without the members of classes it may not read, sensitive ones masked.
// The record itself stays as it is. custom are the organisation's own fields; of values none of them describes nothing
// is shown.
func (k *Kind) Hide(r Record, g policy.Grant, custom []CustomField) Record {
	v := reflect.ValueOf(r).Elem()
	var shown reflect.Value
	show := func(f *Field, value reflect.Value) {
		if !shown.IsValid() {
			shown = reflect.New(k.typ)
			shown.Elem().Set(v)
		}
		shown.Elem().Field(f.index).Set(value)
	}
	for _, f := range k.Fields {
		member := v.Field(f.index)
		if member.IsZero() {
			continue
		}
		switch sees(g, f.Class) {
		case none:
			show(f, reflect.Zero(member.Type()))
		case masked:
			show(f, maskMember(member, f))
		case whole:
			if f.Type == Values {
				show(f, reflect.ValueOf(k.hideCustom(member.Interface().(Custom), g, custom)))
			}
		}
	}
	if !shown.IsValid() {
		return r
	}
	return shown.Interface().(Record)
}

func (k *Kind) hideCustom(values Custom, g policy.Grant, custom []CustomField) Custom {
	var shown Custom
	for _, own := range custom {
		value, ok := values[own.Name]
		if !ok || own.Kind != k.Name {
			continue
		}
		switch sees(g, cmp.Or(own.Class, policy.Public)) {
		case none:
			continue
		case masked:
			value = maskOwn(own.Field(), value)
		}
		if shown == nil {
			shown = Custom{}
		}
		shown[own.Name] = value
	}
	return shown
}

// maskMember masks a text, or the texts of an object.
func maskMember(v reflect.Value, f *Field) reflect.Value {
	if v.Kind() == reflect.Pointer {
		inner := reflect.New(v.Type().Elem())
		inner.Elem().Set(maskMember(v.Elem(), f))
		return inner
	}
	masked := reflect.New(v.Type()).Elem()
	if f.Type != Object {
		masked.SetString(Mask(v.String()))
		return masked
	}
	masked.Set(v)
	for _, inner := range f.Fields {
		if member := v.Field(inner.index); !member.IsZero() {
			masked.Field(inner.index).Set(maskMember(member, inner))
		}
	}
	return masked
}

// maskOwn masks a value of an own field. Only what somebody has typed has an end worth showing: that of a choice or a date
// would tell it.
func maskOwn(f *Field, value any) any {
	if !has(value) {
		return value
	}
	switch f.Type {
	case Text, Long, Link, Number:
		switch value := value.(type) {
		case string:
			return Mask(value)
		case json.Number:
			return Mask(string(value))
		}
	}
	return mark
}

// HideChange gives a change as the grant may see it: without the fields of classes it may not read, sensitive values
// masked. The stored change keeps the values, since it is what an undo goes back to.
func (k *Kind) HideChange(c Change, g policy.Grant, custom []CustomField) Change {
	var shown []FieldChange
	for _, change := range c.Fields {
		f, ok := k.At(change.Field, custom)
		if !ok || f.Derived {
			continue
		}
		switch sees(g, f.Class) {
		case none:
			continue
		case masked:
			change.From, change.To = maskRaw(f, change.From), maskRaw(f, change.To)
		}
		shown = append(shown, change)
	}
	c.Fields = shown
	return c
}

// maskRaw masks a stored value of a sensitive field.
func maskRaw(f *Field, raw json.RawMessage) json.RawMessage {
	if raw == nil {
		return nil
	}
	value, err := exact(raw)
	if err != nil {
		return json.RawMessage(`"` + mark + `"`)
	}
	if f.Own != nil {
		value = maskOwn(f, value)
	} else {
		value = maskTexts(value)
	}
	shown, err := json.Marshal(value)
	if err != nil {
		return json.RawMessage(`"` + mark + `"`)
	}
	return shown
}

// maskTexts masks every text of a value.
func maskTexts(value any) any {
	switch value := value.(type) {
	case string:
		return Mask(value)
	case map[string]any:
		shown := map[string]any{}
		for name, inner := range value {
			shown[name] = maskTexts(inner)
		}
		return shown
	}
	return mark
}

// unmask leaves out of a patch what is the mask of the value there is: who sends back what they were shown changes
// nothing.
func (k *Kind) unmask(patch, doc document) {
	for _, f := range k.Fields {
		now, there := doc[f.Name]
		sent, ok := patch[f.Name]
		if !ok || !there {
			continue
		}
		if f.Class == policy.Sensitive && leaves(sent, now) {
			delete(patch, f.Name)
		}
		if f.Type != Values {
			continue
		}
		values, _ := now.(document)
		inner, _ := sent.(document)
		for name, value := range inner {
			if is, there := values[name]; there && leaves(value, is) {
				delete(inner, name)
			}
		}
	}
}

// leaves reports whether a value sent is nothing but the mask of the one there is. Of an object those members leave it that
// are.
func leaves(sent, now any) bool {
	switch sent := sent.(type) {
	case string:
		if !Masked(sent) {
			return false
		}
		switch now := now.(type) {
		case string:
			return sent == Mask(now) || sent == mark
		case json.Number:
			return sent == Mask(string(now)) || sent == mark
		}
		return sent == mark
	case document:
		members, ok := now.(document)
		if !ok {
			return false
		}
		some := false
		for name, value := range sent {
			if is, there := members[name]; there && leaves(value, is) {
				delete(sent, name)
				some = true
			}
		}
		return some && len(sent) == 0
	}
	return false
}

// exact reads any JSON value and keeps its numbers as they are written.
func exact(raw json.RawMessage) (value any, err error) {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	err = d.Decode(&value)
	return value, err
}
