package query

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"

	"github.com/muster-crm/muster/shared/fault"
)

// The JSON form is one of these objects:
//
//	{"and": [...]}  {"or": [...]}  {"not": {...}}          {} is All
//	{"field": "status", "op": "=", "value": "active"}      op as in Op, ":" when absent; several values mean one of them
//	{"field": "emails", "op": "*"}
//	{"text": "jan peeters"}  {"text": "jan peeters", "phrase": true}
//
// A value is a string, a number, or true or false, and is read as in the text form, but that a star is only a star.

// FilterPath is the path that the paths of ParseJSON's faults begin with: "filter.and[1].value".
const FilterPath = "filter"

// maxJSON bounds the JSON form in bytes: MaxConditions of them with room for spaces.
const maxJSON = 16 * MaxLength

// ParseJSON reads the JSON form against the fields of a kind. The tree it gives is in the form Normal makes. Faults
// are those of Parse, with the path of what offends in place of its position.
func ParseJSON(data []byte, fields Fields) (Expr, error) {
	if len(data) > maxJSON {
		return nil, fault.Bad(FilterPath, TooLong, "max", strconv.Itoa(maxJSON))
	}
	e, err := decoder{fields}.expr(data, FilterPath, 0)
	if err != nil {
		return nil, err
	}
	e = Normal(e)
	if code, limit, _ := exceeds(e); code != "" {
		return nil, fault.Bad(FilterPath, code, "max", strconv.Itoa(limit))
	}
	return e, nil
}

type decoder struct{ fields Fields }

// maxNesting bounds what is read at all, before Normal makes it flat.
const maxNesting = 100

func (d decoder) expr(data json.RawMessage, path string, depth int) (Expr, error) {
	if depth > maxNesting {
		return nil, fault.Bad(FilterPath, TooDeep, "max", strconv.Itoa(MaxDepth))
	}
	members, err := object(data, path)
	if err != nil {
		return nil, err
	}
	kind := ""
	for _, name := range []string{"and", "or", "not", "text", "field"} {
		if members[name] != nil && kind == "" {
			kind = name
		}
	}
	for name := range members {
		if name != kind && !(kind == "text" && name == "phrase") && !(kind == "field" && (name == "op" || name == "value")) {
			return nil, fault.Bad(path+"."+name, BadShape, "word", name)
		}
	}
	switch kind {
	case "and":
		parts, err := d.list(members["and"], path+".and", depth)
		return And(parts), err
	case "or":
		parts, err := d.list(members["or"], path+".or", depth)
		return Or(parts), err
	case "not":
		part, err := d.expr(members["not"], path+".not", depth+1)
		return Not{part}, err
	case "text":
		return text(members, path)
	case "field":
		return d.term(members, path)
	}
	return All, nil
}

func object(data json.RawMessage, path string) (map[string]json.RawMessage, error) {
	var members map[string]json.RawMessage
	if err := json.Unmarshal(data, &members); err != nil || members == nil {
		return nil, fault.Bad(path, BadShape)
	}
	return members, nil
}

func (d decoder) list(data json.RawMessage, path string, depth int) ([]Expr, error) {
	var items []json.RawMessage
	if err := json.Unmarshal(data, &items); err != nil || items == nil {
		return nil, fault.Bad(path, BadShape)
	}
	parts := make([]Expr, len(items))
	for i, item := range items {
		part, err := d.expr(item, fmt.Sprintf("%s[%d]", path, i), depth+1)
		if err != nil {
			return nil, err
		}
		parts[i] = part
	}
	return parts, nil
}

// text reads words as they would be read in the search box, but that nothing in them is an operator.
func text(members map[string]json.RawMessage, path string) (Expr, error) {
	var s string
	var phrase bool
	if json.Unmarshal(members["text"], &s) != nil || members["phrase"] != nil && json.Unmarshal(members["phrase"], &phrase) != nil {
		return nil, fault.Bad(path, BadShape)
	}
	if s = squeeze(s); s == "" {
		return nil, fault.Bad(path+".text", BadValue)
	}
	if phrase {
		return Text{Words: s, Phrase: true}, nil
	}
	return words(s), nil
}

func (d decoder) term(members map[string]json.RawMessage, path string) (Expr, error) {
	var name, op string
	if json.Unmarshal(members["field"], &name) != nil || members["op"] != nil && json.Unmarshal(members["op"], &op) != nil {
		return nil, fault.Bad(path, BadShape)
	}
	field, ok := find(d.fields, name)
	if !ok {
		return nil, fault.Bad(path+".field", UnknownField, "word", name)
	}
	if op == "" {
		op = string(Has)
	}
	if !field.Type.Allows(Op(op)) {
		return nil, fault.Bad(path+".op", UnknownOperator, "word", op, "field", field.Path, "type", string(field.Type))
	}
	if Op(op) == Filled {
		if members["value"] != nil {
			return nil, fault.Bad(path+".value", BadShape)
		}
		return Term{Field: field.Path, Op: Filled}, nil
	}
	values, several, err := scalars(members["value"], path+".value")
	if err != nil {
		return nil, err
	}
	var parts Or
	for i, value := range values {
		at := path + ".value"
		if several {
			at = fmt.Sprintf("%s[%d]", at, i)
		}
		term, code := condition(field, Op(op), value, true)
		if code != "" {
			return nil, fault.Bad(at, code, "word", value, "field", field.Path, "type", string(field.Type))
		}
		parts = append(parts, term)
	}
	return parts, nil
}

// scalars reads a value, or a list of at least one.
func scalars(data json.RawMessage, path string) (values []string, several bool, err error) {
	items := []json.RawMessage{data}
	if bytes.HasPrefix(bytes.TrimSpace(data), []byte("[")) {
		several = true
		if json.Unmarshal(data, &items) != nil || len(items) == 0 {
			return nil, several, fault.Bad(path, BadShape)
		}
	}
	for _, item := range items {
		var v any
		read := json.NewDecoder(bytes.NewReader(item))
		read.UseNumber()
		if err := read.Decode(&v); err != nil {
			return nil, several, fault.Bad(path, BadShape)
		}
		switch v := v.(type) {
		case string:
			values = append(values, v)
		case json.Number:
			values = append(values, v.String())
		case bool:
			values = append(values, strconv.FormatBool(v))
		default:
			return nil, several, fault.Bad(path, BadShape)
		}
	}
	return values, several, nil
}

// JSON writes e in the JSON form: ParseJSON(JSON(e)) is Normal(e).
func JSON(e Expr) ([]byte, error) { return json.Marshal(encode(Normal(e))) }

type wire struct {
	And    *[]wire `json:"and,omitempty"`
	Or     *[]wire `json:"or,omitempty"`
	Not    *wire   `json:"not,omitempty"`
	Field  string  `json:"field,omitempty"`
	Op     Op      `json:"op,omitempty"`
	Value  string  `json:"value,omitempty"`
	Text   string  `json:"text,omitempty"`
	Phrase bool    `json:"phrase,omitempty"`
}

func encode(e Expr) wire {
	switch e := e.(type) {
	case And:
		if len(e) > 0 {
			return wire{And: encodeAll(e)}
		}
	case Or:
		return wire{Or: encodeAll(e)}
	case Not:
		part := encode(e.Expr)
		return wire{Not: &part}
	case Term:
		return wire{Field: e.Field, Op: e.Op, Value: e.Value}
	case Text:
		return wire{Text: e.Words, Phrase: e.Phrase}
	}
	return wire{}
}

func encodeAll(parts []Expr) *[]wire {
	out := make([]wire, len(parts))
	for i, e := range parts {
		out[i] = encode(e)
	}
	return &out
}
