package rewrite

import (
	"slices"
	"strings"
)

// put replaces values at a path below an object and tells whether anything changed.
func put(object map[string]any, path string, matches func(string) bool, to string) (changed bool) {
	name, rest, deeper := strings.Cut(path, ".")
	switch value := object[name].(type) {
	case string:
		if !deeper && matches(value) && value != to {
			object[name] = to
			return true
		}
	case map[string]any:
		return deeper && put(value, rest, matches, to)
	case []any:
		if !deeper {
			list, changed := replaced(value, matches, to)
			object[name] = list
			return changed
		}
		for _, element := range value {
			if inner, ok := element.(map[string]any); ok && put(inner, rest, matches, to) {
				changed = true
			}
		}
	}
	return changed
}

// replaced gives a list of plain values in which one takes the place of others, at the first of their places.
func replaced(list []any, matches func(string) bool, to string) (out []any, changed bool) {
	there := false
	for _, element := range list {
		s, ok := element.(string)
		if !ok || !matches(s) && s != to {
			out = append(out, element)
			continue
		}
		changed = changed || s != to || there
		if !there {
			out, there = append(out, to), true
		}
	}
	return slices.Clip(out), changed
}
