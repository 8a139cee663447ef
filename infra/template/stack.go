package template

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
)

var stackRules = []Rule{
	{"two stacks do not collide on names", func(t *Template) []string {
		var c complaints
		names := []string{"QueueName", "TableName", "BucketName", "FunctionName", "RoleName", "LogGroupName", "TopicName", "ManagedPolicyName", "AlarmName"}
		for _, id := range slices.Sorted(maps.Keys(t.Resources)) {
			for _, property := range names {
				name, ok := t.Resources[id].Properties[property].(string)
				c.unless(!ok || strings.Contains(name, "${AWS::StackName}"), "%s: %s", id, name)
			}
		}
		return c
	}},
	{"no resource waits for itself", func(t *Template) []string {
		if circle := t.circle(); circle != nil {
			return []string{strings.Join(circle, " -> ")}
		}
		return nil
	}},
	{"at most 400 resources", func(t *Template) []string {
		var c complaints
		n := t.Deployed()
		c.unless(n <= MaxResources, "%d resources", n)
		return c
	}},
	{"alarms are there only when asked for", func(t *Template) []string {
		var c complaints
		n := 0
		for _, r := range t.Resources {
			if r.Type == "AWS::CloudWatch::Alarm" || r.Type == "AWS::SNS::Topic" {
				n++
			}
		}
		asked := t.Parameters["Alarms"] == "on"
		c.unless(asked == (n > 0), "asked for: %v, there: %d", asked, n)
		return c
	}},
	{"the stack says where everything is", func(t *Template) []string {
		var c complaints
		for _, name := range []string{"Url", "TableName", "BucketName", "QueueUrl", "DeadLetterQueueUrl"} {
			c.unless(t.Outputs[name] != "", "there is no output %s", name)
		}
		return c
	}},
}

// Deployed estimates how many resources a stack of the template has after SAM's transform.
func (t *Template) Deployed() int {
	n := len(t.Resources)
	for _, f := range t.Functions {
		n += len(f.Routes) // a permission each
		n += len(f.Sources)
		n += 2 * len(f.Schedules) // and its role
		if f.Role == "" {
			n++
		}
	}
	return n + len(t.APIs) // a stage each
}

var symbols = regexp.MustCompile(`\$\{([A-Za-z0-9]+)`)

// needs tells for each resource which others must be there first. An API waits for the functions its routes lead to,
// since SAM writes their ARNs into its definition; a function does not wait for what calls it.
func (t *Template) needs() map[string][]string {
	out := map[string][]string{}
	for id, r := range t.Resources {
		properties := maps.Clone(r.Properties)
		if r.Type == serverlessFunction {
			delete(properties, "Events")
		}
		seen := map[string]bool{}
		for _, match := range symbols.FindAllStringSubmatch(fmt.Sprint(properties), -1) {
			if t.Resources[match[1]] != nil && !seen[match[1]] {
				seen[match[1]] = true
				out[id] = append(out[id], match[1])
			}
		}
	}
	for id, f := range t.Functions {
		for _, r := range f.Routes {
			if api := symbol(r.API); !slices.Contains(out[api], id) {
				out[api] = append(out[api], id)
			}
		}
	}
	return out
}

// circle finds resources that wait for each other, nil when there are none.
func (t *Template) circle() []string {
	needs := t.needs()
	const visiting, done = 1, 2
	state := map[string]int{}
	var walk func(id string, path []string) []string
	walk = func(id string, path []string) []string {
		path = append(path, id)
		switch state[id] {
		case visiting:
			return path[slices.Index(path, id):]
		case done:
			return nil
		}
		state[id] = visiting
		for _, next := range slices.Sorted(slices.Values(needs[id])) {
			if circle := walk(next, path); circle != nil {
				return circle
			}
		}
		state[id] = done
		return nil
	}
	for _, id := range slices.Sorted(maps.Keys(t.Resources)) {
		if circle := walk(id, nil); circle != nil {
			return circle
		}
	}
	return nil
}
