package template

import (
	"maps"
	"regexp"
	"slices"
	"strings"
)

// knownActions are the IAM actions the product can have a use for. CloudFormation takes any spelling and a wrong one
// grants nothing, so a new action has to be entered here first.
var knownActions = []string{
	"dynamodb:GetItem", "dynamodb:BatchGetItem", "dynamodb:Query", "dynamodb:PutItem", "dynamodb:UpdateItem",
	"dynamodb:DeleteItem", "dynamodb:ConditionCheckItem",
	"s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:ListBucket", "s3:AbortMultipartUpload",
	"sqs:SendMessage", "sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ChangeMessageVisibility",
	"ses:SendRawEmail", "ses:SendEmail",
	"logs:CreateLogStream", "logs:PutLogEvents",
}

var rightsRules = []Rule{
	{"each function has a role of its own", func(t *Template) []string {
		var c complaints
		owner := map[string]string{}
		for _, id := range slices.Sorted(maps.Keys(t.Functions)) {
			role := symbol(t.Functions[id].Role)
			c.unless(t.Roles[role] != nil, "%s: role %q", id, t.Functions[id].Role)
			c.unless(owner[role] == "", "%s and %s share %s", owner[role], id, role)
			owner[role] = id
		}
		return c
	}},
	{"only Lambda takes on the roles", each(roles, func(_ *Template, id string, r *Role, c *complaints) {
		ok := len(r.Trust.Statement) == 1 && slices.Equal(r.Trust.Statement[0].Action, []string{"sts:AssumeRole"})
		if ok {
			principal, _ := r.Trust.Statement[0].Principal.(map[string]any)
			ok = len(principal) == 1 && principal["Service"] == "lambda.amazonaws.com"
		}
		c.unless(ok, "%s: %v", id, r.Trust)
	})},
	{"roles use the stack's policies alone", each(roles, func(t *Template, id string, r *Role, c *complaints) {
		for _, arn := range r.ManagedPolicyArns {
			c.unless(t.Policies[symbol(arn)] != nil, "%s: %s", id, arn)
		}
	})},
	{"IAM actions are spelt right", statements(func(id string, s Statement, c *complaints) {
		for _, action := range s.Action {
			c.unless(slices.Contains(knownActions, action), "%s: there is no %q here", id, action)
		}
	})},
	{"rights name exact resources of the stack", statements(func(id string, s Statement, c *complaints) {
		c.unless(s.Effect == "Allow" && len(s.Resource) > 0, "%s: %s of %v", id, s.Effect, s.Resource)
		for _, resource := range s.Resource {
			c.unless(exact(resource), "%s: %s", id, resource)
		}
	})},
	{"a mail right names its sender", statements(func(id string, s Statement, c *complaints) {
		for _, action := range s.Action {
			from, _ := s.Condition["StringEquals"]["ses:FromAddress"].(string)
			c.unless(!strings.HasPrefix(action, "ses:") || from != "", "%s: %s under any name", id, action)
		}
	})},
	{"functions may write their own log and no other", each(functions, func(t *Template, id string, f *Function, c *complaints) {
		var own []string // one, unless the role is shared, which another rule is about
		for _, other := range t.Functions {
			if other.Role == f.Role {
				own = append(own, "${"+symbol(other.LoggingConfig.LogGroup)+".Arn}")
			}
		}
		slices.Sort(own)
		var granted []string
		for _, s := range t.Statements(f) {
			for _, action := range s.Action {
				if strings.HasPrefix(action, "logs:") {
					granted = append(granted, action)
					c.unless(slices.Equal(slices.Sorted(slices.Values(s.Resource)), own), "%s: %s", id, s.Resource)
				}
			}
		}
		slices.Sort(granted)
		c.unless(slices.Equal(granted, []string{"logs:CreateLogStream", "logs:PutLogEvents"}), "%s: %v", id, granted)
	})},
	{"functions may take from the queues that feed them and no other", each(functions, func(t *Template, id string, f *Function, c *complaints) {
		var fed, granted []string
		for _, s := range f.Sources {
			for _, action := range consumerActions {
				fed = append(fed, action+" "+s.Queue)
			}
		}
		for _, s := range t.Statements(f) {
			for _, action := range s.Action {
				if strings.HasPrefix(action, "sqs:") && action != "sqs:SendMessage" {
					for _, resource := range s.Resource {
						granted = append(granted, action+" "+resource)
					}
				}
			}
		}
		slices.Sort(fed)
		slices.Sort(granted)
		c.unless(slices.Equal(fed, granted), "%s: may %v, needs %v", id, granted, fed)
	})},
}

// consumerActions are what Lambda does with the rights of a function that a queue feeds.
var consumerActions = []string{"sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage"}

// statements makes a rule about every statement of every policy of roles.
func statements(check func(id string, s Statement, c *complaints)) func(*Template) []string {
	return func(t *Template) []string {
		var c complaints
		for _, id := range slices.Sorted(maps.Keys(t.Roles)) {
			for _, p := range t.Roles[id].Policies {
				for _, s := range p.PolicyDocument.Statement {
					check(id, s, &c)
				}
			}
		}
		for _, id := range slices.Sorted(maps.Keys(t.Policies)) {
			for _, s := range t.Policies[id].PolicyDocument.Statement {
				check(id, s, &c)
			}
		}
		return c
	}
}

// area is a part of a bucket: all objects whose names begin alike.
var area = regexp.MustCompile(`^(.*\.Arn\})(?:/[a-z]+)?/\*$`)

// exact says whether a resource of a policy is one thing: an ARN of the stack's own, or all objects of a bucket of its or
// of an area of one.
func exact(resource string) bool {
	if strings.HasPrefix(resource, "arn:${AWS::Partition}:") {
		return !strings.ContainsAny(resource, "*?")
	}
	if m := area.FindStringSubmatch(resource); m != nil {
		resource = m[1]
	}
	return symbol(resource) != "" && strings.HasSuffix(resource, ".Arn}")
}

// Granted lists what a function's role allows, sorted.
func (t *Template) Granted(f *Function) []string {
	all := map[string]bool{}
	for _, s := range t.Statements(f) {
		if s.Effect == "Allow" {
			for _, action := range s.Action {
				all[action] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(all))
}
