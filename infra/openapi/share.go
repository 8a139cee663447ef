package main

import (
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// often is how many operations have to say the same for it to stand in one place.
const often = 3

// share lets what many operations say in the same words stand once among the components, where they refer to it:
// parameters, and the answers that are problems. A description that a parameter and its schema both give is the
// parameter's.
func share(d document) error {
	parameters, responses := newShelf("parameters"), newShelf("responses")
	err := eachOperation(d, func(op map[string]any) error {
		for _, p := range list(op["parameters"]) {
			p, _ := p.(map[string]any)
			name, _ := p["name"].(string)
			if schema, ok := p["schema"].(map[string]any); ok && schema["description"] == p["description"] {
				delete(schema, "description")
			}
			if err := parameters.count(name, p); err != nil {
				return err
			}
		}
		answers, _ := op["responses"].(map[string]any)
		for _, status := range slices.Sorted(maps.Keys(answers)) {
			if err := responses.count(problemName(answers[status]), answers[status]); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	parameters.name()
	responses.name()
	err = eachOperation(d, func(op map[string]any) error {
		all := list(op["parameters"])
		for i, p := range all {
			all[i] = parameters.refer(p)
		}
		answers, _ := op["responses"].(map[string]any)
		for status, r := range answers {
			answers[status] = responses.refer(r)
		}
		return nil
	})
	for _, s := range []*shelf{parameters, responses} {
		if len(s.shared) > 0 {
			d.at("components")[s.group] = s.shared
		}
	}
	return err
}

func list(v any) []any {
	all, _ := v.([]any)
	return all
}

// problemName names an answer that is a problem after its status; other answers, which are an operation's own, have none.
func problemName(answer any) string {
	r, _ := answer.(map[string]any)
	content, _ := r["content"].(map[string]any)
	if content["application/problem+json"] == nil {
		return ""
	}
	text, _ := r["description"].(string)
	return text
}

// eachOperation calls f with every operation, in order.
func eachOperation(d document, f func(map[string]any) error) error {
	for _, path := range slices.Sorted(maps.Keys(d.at("paths"))) {
		for _, method := range methods {
			if op := d.at("paths", path, method); op != nil {
				if err := f(op); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// shelf is a group of components.
type shelf struct {
	group  string
	seen   map[string]*said // by JSON
	order  []*said          // of first use
	shared map[string]any   // by name
}

// said is something operations say, and how often.
type said struct {
	base, name string
	value      any
	times      int
}

func newShelf(group string) *shelf {
	return &shelf{group: group, seen: map[string]*said{}, shared: map[string]any{}}
}

// count notes one use of a value that would be called base; "" is left where it is.
func (s *shelf) count(base string, value any) error {
	raw, err := json.Marshal(value)
	if err != nil || base == "" {
		return err
	}
	there := s.seen[string(raw)]
	if there == nil {
		there = &said{base: pascal(base), value: value}
		s.seen[string(raw)] = there
		s.order = append(s.order, there)
	}
	there.times++
	return nil
}

// name names what is said often: what is said most by the plain name, the others by numbers behind it.
func (s *shelf) name() {
	slices.SortStableFunc(s.order, func(a, b *said) int { return b.times - a.times })
	for _, v := range s.order {
		if v.times < often {
			continue
		}
		v.name = v.base
		for n := 2; s.shared[v.name] != nil; n++ {
			v.name = v.base + strconv.Itoa(n)
		}
		s.shared[v.name] = v.value
	}
}

// refer gives a reference to a value that has a name, or the value.
func (s *shelf) refer(value any) any {
	raw, err := json.Marshal(value)
	if err != nil || s.seen[string(raw)] == nil || s.seen[string(raw)].name == "" {
		return value
	}
	return map[string]any{"$ref": "#/components/" + s.group + "/" + s.seen[string(raw)].name}
}

// pascal writes words ("Not Found", "If-Match") as one name.
func pascal(s string) string {
	var b strings.Builder
	for word := range strings.FieldsFuncSeq(s, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }) {
		b.WriteString(strings.ToUpper(word[:1]) + word[1:])
	}
	return b.String()
}
