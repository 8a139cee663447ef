package template

import (
	"fmt"
	"slices"
	"strings"
)

// Parameters are values for the template's parameters. Those left out take their default.
type Parameters map[string]string

// Resolve works the document out under the given parameters.
func (d Document) Resolve(given Parameters) (*Template, error) {
	r := &resolver{doc: d, conditions: map[string]bool{}, deciding: map[string]bool{}}
	var err error
	if r.parameters, err = d.parameters(given); err != nil {
		return nil, err
	}
	d = d.Clone()
	if err := d.mergeGlobals(); err != nil {
		return nil, err
	}
	resources, _ := d["Resources"].(map[string]any)
	for id, v := range resources {
		resource, ok := v.(map[string]any)
		if !ok {
			return nil, fmt.Errorf("template: resource %s is not a mapping", id)
		}
		if name, ok := resource["Condition"].(string); ok {
			holds, err := r.condition(name)
			if err != nil {
				return nil, err
			}
			if !holds {
				delete(resources, id)
			}
		}
	}
	for _, section := range []string{"Resources", "Outputs"} {
		v, err := r.value(d[section])
		if err != nil {
			return nil, fmt.Errorf("template: %s: %w", section, err)
		}
		d[section] = v
	}
	return d.model(r.parameters)
}

func (d Document) parameters(given Parameters) (map[string]any, error) {
	declared, _ := d["Parameters"].(map[string]any)
	values := map[string]any{}
	for name, v := range declared {
		p, _ := v.(map[string]any)
		value, ok := any(given[name]), given[name] != ""
		if !ok {
			if value, ok = p["Default"]; !ok {
				return nil, fmt.Errorf("template: parameter %s needs a value", name)
			}
		}
		if allowed, ok := p["AllowedValues"].([]any); ok && !slices.ContainsFunc(allowed, func(a any) bool { return fmt.Sprint(a) == fmt.Sprint(value) }) {
			return nil, fmt.Errorf("template: parameter %s may not be %q", name, value)
		}
		if t, _ := p["Type"].(string); strings.HasPrefix(t, "List<") || t == "CommaDelimitedList" {
			var list []any
			for part := range strings.SplitSeq(fmt.Sprint(value), ",") {
				list = append(list, strings.TrimSpace(part))
			}
			value = list
		}
		values[name] = value
	}
	for name := range given {
		if _, ok := declared[name]; !ok {
			return nil, fmt.Errorf("template: there is no parameter %s", name)
		}
	}
	return values, nil
}

// mergeGlobals gives each function what Globals says, as SAM does: mappings are merged, lists appended, the rest is
// the function's own if it has it.
func (d Document) mergeGlobals() error {
	globals, _ := d.At("Globals", "Function").(map[string]any)
	resources, _ := d["Resources"].(map[string]any)
	for id, v := range resources {
		resource, _ := v.(map[string]any)
		if resource["Type"] != serverlessFunction {
			continue
		}
		properties, ok := resource["Properties"].(map[string]any)
		if !ok {
			return fmt.Errorf("template: function %s has no properties", id)
		}
		if globals != nil {
			resource["Properties"] = merge(clone(globals), properties)
		}
	}
	return nil
}

func merge(global, own any) any {
	switch g := global.(type) {
	case map[string]any:
		o, ok := own.(map[string]any)
		if !ok || intrinsic(o) != "" || intrinsic(g) != "" {
			return own
		}
		for k, v := range o {
			if under, ok := g[k]; ok {
				v = merge(under, v)
			}
			g[k] = v
		}
		return g
	case []any:
		if o, ok := own.([]any); ok {
			return append(g, o...)
		}
	}
	return own
}

// intrinsic gives the name of the function a map calls, "" when it is a plain map.
func intrinsic(m map[string]any) string {
	if len(m) == 1 {
		for k := range m {
			if k == "Ref" || k == "Condition" || strings.HasPrefix(k, "Fn::") {
				return k
			}
		}
	}
	return ""
}

type resolver struct {
	doc        Document
	parameters map[string]any
	conditions map[string]bool // those decided
	deciding   map[string]bool
}

// noValue is what AWS::NoValue resolves to: the property is not there.
type noValue struct{}

func (r *resolver) value(v any) (any, error) {
	switch v := v.(type) {
	case map[string]any:
		if name := intrinsic(v); name != "" && name != "Condition" {
			return r.call(name, v[name])
		}
		out := make(map[string]any, len(v))
		for k, e := range v {
			e, err := r.value(e)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", k, err)
			}
			if e != (noValue{}) {
				out[k] = e
			}
		}
		return out, nil
	case []any:
		out := make([]any, 0, len(v))
		for i, e := range v {
			e, err := r.value(e)
			if err != nil {
				return nil, fmt.Errorf("%d: %w", i, err)
			}
			if e != (noValue{}) {
				out = append(out, e)
			}
		}
		return out, nil
	}
	return v, nil
}

func (r *resolver) call(name string, raw any) (any, error) {
	if name == "Fn::If" {
		args, ok := raw.([]any)
		if !ok || len(args) != 3 {
			return nil, fmt.Errorf("Fn::If takes a condition and two values")
		}
		condition, _ := args[0].(string)
		holds, err := r.condition(condition)
		if err != nil {
			return nil, err
		}
		if holds {
			return r.value(args[1])
		}
		return r.value(args[2])
	}
	arg, err := r.value(raw)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	switch name {
	case "Ref":
		target, _ := arg.(string)
		return r.ref(target)
	case "Fn::GetAtt":
		target, ok := strs(arg)
		if !ok || len(target) != 2 || !r.isResource(target[0]) {
			return nil, fmt.Errorf("Fn::GetAtt of %v, which is no resource's attribute", arg)
		}
		return "${" + target[0] + "." + target[1] + "}", nil
	case "Fn::Sub":
		return r.sub(arg)
	case "Fn::Join":
		if args, ok := arg.([]any); ok && len(args) == 2 {
			by, byOK := args[0].(string)
			if parts, ok := strs(args[1]); ok && byOK {
				return strings.Join(parts, by), nil
			}
		}
	case "Fn::Split":
		if args, ok := strs(arg); ok && len(args) == 2 {
			var parts []any
			for part := range strings.SplitSeq(args[1], args[0]) {
				parts = append(parts, part)
			}
			return parts, nil
		}
	case "Fn::Select":
		if args, ok := arg.([]any); ok && len(args) == 2 {
			i, iOK := args[0].(int)
			if list, ok := args[1].([]any); ok && iOK && i >= 0 && i < len(list) {
				return list[i], nil
			}
		}
	default:
		return nil, fmt.Errorf("%s is not known here", name)
	}
	return nil, fmt.Errorf("%s cannot take %v", name, arg)
}

func (r *resolver) isResource(id string) bool { return r.doc.At("Resources", id) != nil }

func (r *resolver) ref(name string) (any, error) {
	if name == "AWS::NoValue" {
		return noValue{}, nil
	}
	if v, ok := r.parameters[name]; ok {
		return v, nil
	}
	if strings.HasPrefix(name, "AWS::") || r.isResource(name) {
		return "${" + name + "}", nil
	}
	return nil, fmt.Errorf("reference to %q, which is neither parameter nor resource", name)
}

// sub replaces ${Name} by the value of a variable or parameter and leaves what is only known after deployment.
func (r *resolver) sub(arg any) (any, error) {
	text, ok := arg.(string)
	var variables map[string]any
	if list, isList := arg.([]any); isList && len(list) == 2 {
		text, ok = list[0].(string)
		variables, _ = list[1].(map[string]any)
	}
	if !ok {
		return nil, fmt.Errorf("Fn::Sub takes a text, or a text and variables")
	}
	var out strings.Builder
	for {
		before, rest, found := strings.Cut(text, "${")
		out.WriteString(before)
		if !found {
			return out.String(), nil
		}
		name, after, closed := strings.Cut(rest, "}")
		if !closed {
			return nil, fmt.Errorf("Fn::Sub with a brace left open")
		}
		text = after
		if strings.HasPrefix(name, "!") {
			out.WriteString("${" + name[1:] + "}")
			continue
		}
		v, ok := variables[name]
		if !ok {
			id, attribute, isAttribute := strings.Cut(name, ".")
			var err error
			if v, err = r.ref(id); err != nil {
				return nil, err
			}
			if isAttribute {
				v = "${" + id + "." + attribute + "}"
			}
		}
		fmt.Fprint(&out, v)
	}
}

func (r *resolver) condition(name string) (bool, error) {
	if holds, ok := r.conditions[name]; ok {
		return holds, nil
	}
	definition := r.doc.At("Conditions", name)
	if definition == nil {
		return false, fmt.Errorf("there is no condition %q", name)
	}
	if r.deciding[name] {
		return false, fmt.Errorf("condition %q depends on itself", name)
	}
	r.deciding[name] = true
	holds, err := r.decide(definition)
	r.conditions[name], r.deciding[name] = holds, false
	return holds, err
}

func (r *resolver) decide(v any) (bool, error) {
	m, _ := v.(map[string]any)
	name := intrinsic(m)
	args, _ := m[name].([]any)
	switch name {
	case "Condition":
		other, _ := m[name].(string)
		return r.condition(other)
	case "Fn::Equals":
		both, err := r.value(args)
		if err != nil {
			return false, err
		}
		if list := both.([]any); len(list) == 2 {
			return fmt.Sprint(list[0]) == fmt.Sprint(list[1]), nil
		}
	case "Fn::Not":
		if len(args) == 1 {
			holds, err := r.decide(args[0])
			return !holds, err
		}
	case "Fn::And", "Fn::Or":
		for _, arg := range args {
			holds, err := r.decide(arg)
			if err != nil || holds == (name == "Fn::Or") {
				return holds, err
			}
		}
		return name == "Fn::And", nil
	}
	return false, fmt.Errorf("not a condition: %v", v)
}

// strs gives a list of strings.
func strs(v any) ([]string, bool) {
	list, ok := v.([]any)
	out := make([]string, len(list))
	for i, e := range list {
		s, isString := e.(string)
		if !isString {
			return nil, false
		}
		out[i] = s
	}
	return out, ok
}
