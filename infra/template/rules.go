package template

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/muster-crm/muster/infra/template/cron"
)

// Limits of the gateway and of a stack met only at deployment, and ours below them.
const (
	MaxHTTPSeconds       = 29 // the gateway gives up at 30
	MaxRoutes            = 150
	MaxRoutesPerFunction = 40 // each is a statement in the function's resource policy, which ends at 20 KB
	MaxResources         = 400
)

// Rule is one trap or limit. Check gives a complaint for each breach.
type Rule struct {
	Name  string
	Check func(t *Template) []string
}

// Rules are all rules, in the order of the template's parts.
func Rules() []Rule {
	return slices.Concat(functionRules, apiRules, dataRules, queueRules, rightsRules, stackRules)
}

// Break names the rules a template breaks, with their complaints.
func Break(t *Template) map[string][]string {
	broken := map[string][]string{}
	for _, r := range Rules() {
		if complaints := r.Check(t); len(complaints) > 0 {
			broken[r.Name] = complaints
		}
	}
	return broken
}

type complaints []string

func (c *complaints) unless(ok bool, format string, args ...any) {
	if !ok {
		*c = append(*c, fmt.Sprintf(format, args...))
	}
}

// each makes a rule about every one of a kind of resource, in the order of their ids.
func each[T any](all func(*Template) map[string]*T, check func(t *Template, id string, v *T, c *complaints)) func(*Template) []string {
	return func(t *Template) []string {
		var c complaints
		found := all(t)
		for _, id := range slices.Sorted(maps.Keys(found)) {
			check(t, id, found[id], &c)
		}
		return c
	}
}

func functions(t *Template) map[string]*Function { return t.Functions }
func apis(t *Template) map[string]*API           { return t.APIs }
func tables(t *Template) map[string]*Table       { return t.Tables }
func buckets(t *Template) map[string]*Bucket     { return t.Buckets }
func queues(t *Template) map[string]*Queue       { return t.Queues }
func roles(t *Template) map[string]*Role         { return t.Roles }
func logGroups(t *Template) map[string]*LogGroup { return t.LogGroups }

var functionRules = []Rule{
	{"functions run as provided.al2023 on arm64", each(functions, func(_ *Template, id string, f *Function, c *complaints) {
		c.unless(f.Runtime == "provided.al2023" && slices.Equal(f.Architectures, []string{"arm64"}), "%s: %s on %v", id, f.Runtime, f.Architectures)
	})},
	{"functions are built by SAM's Go builder into bootstrap", each(functions, func(_ *Template, id string, f *Function, c *complaints) {
		c.unless(f.BuildMethod == "go1.x" && f.Handler == "bootstrap", "%s: %s, %s", id, f.BuildMethod, f.Handler)
	})},
	{"each function has a folder of its own below functions", func(t *Template) []string {
		var c complaints
		owner := map[string]string{}
		for _, id := range slices.Sorted(maps.Keys(t.Functions)) {
			uri := t.Functions[id].CodeURI
			name, ok := strings.CutPrefix(uri, "functions/")
			c.unless(ok && name != "" && name != "bootstrap" && !strings.Contains(name, "/"), "%s: %s", id, uri)
			c.unless(owner[uri] == "", "%s and %s share %s", owner[uri], id, uri)
			owner[uri] = id
		}
		return c
	}},
	{"functions behind the gateway end before it does", each(functions, func(_ *Template, id string, f *Function, c *complaints) {
		c.unless(len(f.Routes) == 0 || f.Timeout <= MaxHTTPSeconds, "%s may take %d s", id, f.Timeout)
	})},
	{"functions behind the gateway have a whole core", each(functions, func(_ *Template, id string, f *Function, c *complaints) {
		c.unless(len(f.Routes) == 0 || f.MemorySize >= 1769, "%s has %d MB", id, f.MemorySize)
	})},
	{"each function logs into a group of its own", func(t *Template) []string {
		var c complaints
		owner := map[string]string{}
		for _, id := range slices.Sorted(maps.Keys(t.Functions)) {
			group := symbol(t.Functions[id].LoggingConfig.LogGroup)
			c.unless(t.LogGroups[group] != nil && owner[group] == "", "%s logs into %q", id, group)
			owner[group] = id
		}
		return c
	}},
	{"log groups have a retention", each(logGroups, func(_ *Template, id string, g *LogGroup, c *complaints) {
		c.unless(g.RetentionInDays != "", "%s keeps logs for ever", id)
	})},
	{"schedules have an expression that fires", each(functions, func(_ *Template, id string, f *Function, c *complaints) {
		for _, s := range f.Schedules {
			_, err := cron.Parse(s.Expression)
			c.unless(err == nil, "%s: %v", id, err)
		}
	})},
	{"schedules omit their name", each(functions, func(_ *Template, id string, f *Function, c *complaints) {
		for _, s := range f.Schedules {
			c.unless(s.OmitName && s.Name == "", "%s: two stacks would collide on a schedule's name", id)
		}
	})},
}

var apiRules = []Rule{
	{"the stage is $default", each(apis, func(_ *Template, id string, a *API, c *complaints) {
		c.unless(a.StageName == "$default", "%s: a stage's name would stand in every path", id)
	})},
	{"throttles hang on routes that exist", each(apis, func(t *Template, id string, a *API, c *complaints) {
		exists := map[string]bool{}
		for _, f := range t.Functions {
			for _, r := range f.Routes {
				exists[r.Key()] = true
			}
		}
		for _, key := range slices.Sorted(maps.Keys(a.RouteSettings)) {
			c.unless(exists[key], "%s: there is no route %q", id, key)
		}
	})},
	{"throttles let something through", each(apis, func(_ *Template, id string, a *API, c *complaints) {
		for _, key := range slices.Sorted(maps.Keys(a.RouteSettings)) {
			s := a.RouteSettings[key]
			c.unless(s.Rate > 0 && s.Burst > 0, "%s: %q has rate %v, burst %d", id, key, s.Rate, s.Burst)
		}
	})},
	{"signing in is throttled", each(apis, func(_ *Template, id string, a *API, c *complaints) {
		for _, key := range []string{"POST /v1/sessions", "POST /sign-in", "POST /reset"} {
			_, ok := a.RouteSettings[key]
			c.unless(ok, "%s: %q is not throttled", id, key)
		}
	})},
	{"no detailed route metrics", each(apis, func(_ *Template, id string, a *API, c *complaints) {
		on := a.DefaultRouteSettings.DetailedMetrics
		for _, s := range a.RouteSettings {
			on = on || s.DetailedMetrics
		}
		c.unless(!on, "%s: they are billed by the route", id)
	})},
	{"events are of payload 2.0", each(functions, func(_ *Template, id string, f *Function, c *complaints) {
		for _, r := range f.Routes {
			c.unless(r.PayloadFormatVersion == "" || r.PayloadFormatVersion == "2.0", "%s: %s is %s", id, r.Key(), r.PayloadFormatVersion)
		}
	})},
	{"each route is there once and leads to the API", func(t *Template) []string {
		var c complaints
		owner := map[string]string{}
		for _, id := range slices.Sorted(maps.Keys(t.Functions)) {
			for _, r := range t.Functions[id].Routes {
				c.unless(owner[r.Key()] == "", "%s and %s both take %s", owner[r.Key()], id, r.Key())
				c.unless(t.APIs[symbol(r.API)] != nil, "%s: %s belongs to %q", id, r.Key(), r.API)
				owner[r.Key()] = id
			}
		}
		c.unless(owner["$default"] != "", "nobody takes $default")
		return c
	}},
	{"at most 150 routes", func(t *Template) []string {
		var c complaints
		n := 0
		for _, f := range t.Functions {
			n += len(f.Routes)
		}
		c.unless(n <= MaxRoutes, "%d routes", n)
		return c
	}},
	{"at most 40 routes a function", each(functions, func(_ *Template, id string, f *Function, c *complaints) {
		c.unless(len(f.Routes) <= MaxRoutesPerFunction, "%s has %d routes", id, len(f.Routes))
	})},
}

var dataRules = []Rule{
	{"tables have the binary keys pk and sk", each(tables, func(_ *Template, id string, v *Table, c *complaints) {
		ok := len(v.KeySchema) == 2 && v.KeySchema[0].AttributeName == "pk" && v.KeySchema[0].KeyType == "HASH" &&
			v.KeySchema[1].AttributeName == "sk" && v.KeySchema[1].KeyType == "RANGE" && len(v.AttributeDefinitions) == 2
		for _, a := range v.AttributeDefinitions {
			ok = ok && a.AttributeType == "B" // keys are byte strings
		}
		c.unless(ok, "%s: %v", id, v.KeySchema)
	})},
	{"tables are billed per request", each(tables, func(_ *Template, id string, v *Table, c *complaints) {
		c.unless(v.BillingMode == "PAY_PER_REQUEST", "%s: %s", id, v.BillingMode)
	})},
	{"tables can be put back to any moment", each(tables, func(_ *Template, id string, v *Table, c *complaints) {
		c.unless(v.Recovery.Enabled, "%s has no point-in-time recovery", id)
	})},
	{"tables sweep by exp", each(tables, func(_ *Template, id string, v *Table, c *complaints) {
		c.unless(v.TimeToLive.Enabled && v.TimeToLive.AttributeName == "exp", "%s: %v", id, v.TimeToLive)
	})},
	{"tables are encrypted", each(tables, func(_ *Template, id string, v *Table, c *complaints) {
		c.unless(v.Encryption.Enabled, "%s is not", id)
	})},
	{"tables have neither stream nor index", each(tables, func(_ *Template, id string, v *Table, c *complaints) {
		c.unless(v.StreamSpecification == nil && len(v.GlobalIndexes) == 0 && len(v.LocalIndexes) == 0, "%s has", id)
	})},
	{"data outlives the stack in prod and only there", func(t *Template) []string {
		var c complaints
		deletion, replacement := "Delete", "Delete"
		production := t.Parameters["Stage"] == "prod"
		if production {
			deletion, replacement = "RetainExceptOnCreate", "Retain"
		}
		for _, id := range slices.Sorted(maps.Keys(t.Resources)) {
			r := t.Resources[id]
			if r.Type == dynamoTable || r.Type == s3Bucket {
				c.unless(r.DeletionPolicy == deletion && r.UpdateReplacePolicy == replacement, "%s: %q, %q", id, r.DeletionPolicy, r.UpdateReplacePolicy)
			}
			if table := t.Tables[id]; table != nil {
				c.unless(table.DeletionProtection == production, "%s: protection is %v", id, table.DeletionProtection)
			}
		}
		return c
	}},
	{"buckets are private", each(buckets, func(_ *Template, id string, b *Bucket, c *complaints) {
		p := b.PublicAccess
		c.unless(p.BlockPublicAcls && p.BlockPublicPolicy && p.IgnorePublicAcls && p.RestrictPublicBuckets, "%s: %+v", id, p)
		c.unless(len(b.OwnershipControls.Rules) == 1 && b.OwnershipControls.Rules[0].ObjectOwnership == "BucketOwnerEnforced", "%s takes access lists", id)
	})},
	{"buckets are encrypted", each(buckets, func(_ *Template, id string, b *Bucket, c *complaints) {
		c.unless(len(b.Encryption.Rules) == 1 && b.Encryption.Rules[0].Default.SSEAlgorithm != "", "%s is not", id)
	})},
	{"buckets refuse plain HTTP and grant nothing by policy", each(buckets, func(t *Template, id string, _ *Bucket, c *complaints) {
		refused := false
		for _, r := range t.Resources {
			if r.Type != s3BucketPolicy || symbol(fmt.Sprint(r.Properties["Bucket"])) != id {
				continue
			}
			var policy struct{ PolicyDocument PolicyDocument }
			if err := convert(r.Properties, &policy); err != nil {
				c.unless(false, "%s: %v", id, err)
			}
			for _, s := range policy.PolicyDocument.Statement {
				c.unless(s.Effect == "Deny", "%s: its policy allows %v", id, s.Action)
				everything := slices.Equal(s.Action, []string{"s3:*"}) && s.Principal == "*" &&
					slices.Contains(s.Resource, "${"+id+".Arn}") && slices.Contains(s.Resource, "${"+id+".Arn}/*")
				refused = refused || everything && fmt.Sprint(s.Condition["Bool"]["aws:SecureTransport"]) == "false"
			}
		}
		c.unless(refused, "%s answers plain HTTP", id)
	})},
	{"buckets clean up", each(buckets, func(_ *Template, id string, b *Bucket, c *complaints) {
		abort, expires := false, map[string]bool{}
		for _, r := range b.Lifecycle.Rules {
			on := r.Status == "Enabled"
			abort = abort || on && r.Prefix == "" && r.Abort.DaysAfterInitiation > 0
			if on && r.ExpirationInDays > 0 {
				expires[r.Prefix] = true
				c.unless(r.Prefix != "", "%s: a rule without prefix deletes everything", id)
			}
		}
		c.unless(abort && expires["tmp/"] && expires["imports/"], "%s leaves something behind", id)
	})},
	{"uploads are taken across origins, nothing is given", each(buckets, func(_ *Template, id string, b *Bucket, c *complaints) {
		c.unless(len(b.CORS.Rules) > 0, "%s: browsers cannot upload", id)
		for _, r := range b.CORS.Rules {
			for _, list := range [][]any{r.AllowedMethods, r.AllowedOrigins, r.AllowedHeaders} {
				for _, v := range list {
					_, ok := v.(string)
					c.unless(ok && v != "", "%s: %v is no text (a list parameter within a list?)", id, v)
				}
			}
			c.unless(slices.Equal(r.AllowedMethods, []any{"POST"}), "%s: %v", id, r.AllowedMethods)
		}
	})},
}

var queueRules = []Rule{
	{"messages stay hidden six times as long as their function may take", each(functions, func(t *Template, id string, f *Function, c *complaints) {
		for _, s := range f.Sources {
			q := t.Queues[symbol(s.Queue)]
			if q == nil {
				c.unless(false, "%s: %s is no queue", id, s.Queue)
				continue
			}
			c.unless(int(q.Visibility().Seconds()) >= 6*f.Timeout, "%s: %v for %d s", id, q.Visibility(), f.Timeout)
		}
	})},
	{"batches report the messages that failed", each(functions, func(_ *Template, id string, f *Function, c *complaints) {
		for _, s := range f.Sources {
			c.unless(slices.Contains(s.FunctionResponseTypes, "ReportBatchItemFailures"), "%s: one failure repeats a whole batch", id)
		}
	})},
	{"queues start at most so many workers", each(functions, func(_ *Template, id string, f *Function, c *complaints) {
		for _, s := range f.Sources {
			n := s.ScalingConfig.MaximumConcurrency
			c.unless(n >= 2 && n <= 1000, "%s: %d", id, n) // 2 is the service's least
		}
	})},
	{"work that fails ends in a dead letter queue", each(functions, func(t *Template, id string, f *Function, c *complaints) {
		for _, s := range f.Sources {
			q := t.Queues[symbol(s.Queue)]
			c.unless(q != nil && q.Redrive != nil && q.Redrive.MaxReceives >= 2 && t.Queues[symbol(q.Redrive.Target)] != nil, "%s: %s", id, s.Queue)
		}
	})},
	{"dead letter queues say whose they are", func(t *Template) []string {
		var c complaints
		sources := map[string][]string{}
		for _, id := range slices.Sorted(maps.Keys(t.Queues)) {
			if q := t.Queues[id]; q.Redrive != nil {
				target := symbol(q.Redrive.Target)
				sources[target] = append(sources[target], q.arn())
			}
		}
		for _, id := range slices.Sorted(maps.Keys(sources)) {
			q := t.Queues[id]
			ok := q != nil && q.RedriveAllow != nil && q.RedriveAllow.Permission == "byQueue" && slices.Equal(q.RedriveAllow.Sources, sources[id])
			c.unless(ok, "%s does not name %v", id, sources[id])
		}
		return c
	}},
	{"dead letters are kept longer than the living", each(queues, func(t *Template, id string, q *Queue, c *complaints) {
		if q.Redrive == nil {
			return
		}
		if dead := t.Queues[symbol(q.Redrive.Target)]; dead != nil {
			c.unless(dead.Retention() > q.Retention(), "%s: %v after %v", id, dead.Retention(), q.Retention())
		}
	})},
	{"queues are encrypted", each(queues, func(_ *Template, id string, q *Queue, c *complaints) {
		c.unless(q.SqsManagedSseEnabled, "%s is not", id)
	})},
}

// arn is the queue's ARN as a symbol, by name if it has one.
func (q *Queue) arn() string {
	if q.QueueName == "" {
		return "${" + q.ID + ".Arn}"
	}
	return "arn:${AWS::Partition}:sqs:${AWS::Region}:${AWS::AccountId}:" + q.QueueName
}
