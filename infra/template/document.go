// Package template reads the SAM template as data: what would be deployed under given parameters.
//
// Parse gives a Document, the template as written, short tags in their long form. Resolve gives a Template, the model
// the local run serves and the tests judge: globals merged, conditions decided, intrinsic functions worked out. What
// only exists once deployed stays a symbol in the spelling of Fn::Sub: "${Table}", "${Queue.Arn}", "${AWS::Region}".
//
// Rules holds the template to the limits and traps of the services that linters miss, each as a row of its own;
// package checks that code and template agree stand beside it (Variables, Actions, Misrouted).
package template

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"
)

// File is the template's name at the top of the project.
const File = "template.yaml"

// Document is a template as written: maps, lists, strings, numbers and booleans, intrinsic functions as maps with the
// one key "Ref" or "Fn::...".
type Document map[string]any

// Find reads the template of the project that dir lies in: template.yaml there or in the nearest folder above. It
// gives the folder too.
func Find(dir string) (Document, string, error) {
	at, err := filepath.Abs(dir)
	if err != nil {
		return nil, "", err
	}
	for {
		raw, err := os.ReadFile(filepath.Join(at, File))
		if err == nil {
			d, err := Parse(raw)
			return d, at, err
		}
		if !errors.Is(err, os.ErrNotExist) {
			return nil, "", err
		}
		if filepath.Dir(at) == at {
			return nil, "", fmt.Errorf("no %s in %s or above it", File, dir)
		}
		at = filepath.Dir(at)
	}
}

// Parse reads a template's YAML.
func Parse(raw []byte) (Document, error) {
	var root yaml.Node
	if err := yaml.Unmarshal(raw, &root); err != nil {
		return nil, err
	}
	if len(root.Content) != 1 {
		return nil, errors.New("template: not one document")
	}
	v, err := value(root.Content[0])
	if err != nil {
		return nil, err
	}
	d, ok := v.(map[string]any)
	if !ok {
		return nil, errors.New("template: not a mapping")
	}
	return d, nil
}

// value turns a YAML node into data and a short tag into its long form.
func value(n *yaml.Node) (any, error) {
	v, err := untagged(n)
	if err != nil || !strings.HasPrefix(n.Tag, "!") || strings.HasPrefix(n.Tag, "!!") {
		return v, err
	}
	switch name := n.Tag[1:]; name {
	case "Ref", "Condition":
		return map[string]any{name: v}, nil
	case "GetAtt":
		if s, ok := v.(string); ok {
			id, attribute, _ := strings.Cut(s, ".")
			v = []any{id, attribute}
		}
		fallthrough
	default:
		return map[string]any{"Fn::" + name: v}, nil
	}
}

func untagged(n *yaml.Node) (any, error) {
	switch n.Kind {
	case yaml.MappingNode:
		m := make(map[string]any, len(n.Content)/2)
		for i := 0; i < len(n.Content); i += 2 {
			key := n.Content[i].Value
			if _, twice := m[key]; twice {
				return nil, fmt.Errorf("template: line %d: %q is there twice", n.Content[i].Line, key)
			}
			v, err := value(n.Content[i+1])
			if err != nil {
				return nil, err
			}
			m[key] = v
		}
		return m, nil
	case yaml.SequenceNode:
		l := make([]any, len(n.Content))
		for i, c := range n.Content {
			v, err := value(c)
			if err != nil {
				return nil, err
			}
			l[i] = v
		}
		return l, nil
	case yaml.ScalarNode:
		plain := *n
		if strings.HasPrefix(n.Tag, "!") && !strings.HasPrefix(n.Tag, "!!") {
			plain.Tag = "!!str"
		}
		var v any
		err := plain.Decode(&v)
		return v, err
	}
	return nil, fmt.Errorf("template: line %d: CloudFormation takes no aliases", n.Line)
}

// Clone copies the document.
func (d Document) Clone() Document { return clone(map[string]any(d)).(map[string]any) }

func clone(v any) any {
	switch v := v.(type) {
	case map[string]any:
		c := maps.Clone(v)
		for k := range c {
			c[k] = clone(c[k])
		}
		return c
	case []any:
		c := slices.Clone(v)
		for i := range c {
			c[i] = clone(c[i])
		}
		return c
	}
	return v
}

// At gives what lies at a path of map keys and list indices, nil when there is nothing.
func (d Document) At(path ...any) any {
	var v any = map[string]any(d)
	for _, step := range path {
		switch at := v.(type) {
		case map[string]any:
			key, _ := step.(string)
			v = at[key]
		case []any:
			i, ok := step.(int)
			if !ok || i < 0 || i >= len(at) {
				return nil
			}
			v = at[i]
		default:
			return nil
		}
	}
	return v
}
