package template_test

import (
	"fmt"
	"maps"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/muster-crm/muster/infra/template"
)

// document is the project's template, the caller's to change.
func document(t testing.TB) template.Document {
	t.Helper()
	d, _, err := template.Find(".")
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// deployments are the parameters the template is judged under: each branch of each condition is in one of them.
func deployments() []template.Parameters {
	base := template.Parameters{"OwnerEmail": "owner@example.org", "MailFrom": "muster@example.org"}
	with := func(name, value string) template.Parameters {
		p := maps.Clone(base)
		p[name] = value
		return p
	}
	return []template.Parameters{base, with("Stage", "prod"), with("Alarms", "on"), with("PublicUrl", "https://members.example.org")}
}

// broken names the rules a document breaks under any deployment.
func broken(t *testing.T, d template.Document) map[string][]string {
	t.Helper()
	all := map[string][]string{}
	for _, p := range deployments() {
		resolved, err := d.Resolve(p)
		if err != nil {
			t.Fatal(err)
		}
		maps.Copy(all, template.Break(resolved))
	}
	return all
}

func TestTemplateBreaksNoRule(t *testing.T) {
	for rule, complaints := range broken(t, document(t)) {
		t.Errorf("%s: %s", rule, complaints)
	}
}

// change is one mistake somebody could make.
type change func(template.Document)

// set puts a value at a path; nil removes what is there.
func set(v any, path ...any) change {
	return func(d template.Document) {
		last := len(path) - 1
		switch at := d.At(path[:last]...).(type) {
		case map[string]any:
			if v == nil {
				delete(at, path[last].(string))
				return
			}
			at[path[last].(string)] = v
		case []any:
			at[path[last].(int)] = v
		default:
			panic(fmt.Sprint("nothing at ", path))
		}
	}
}

func property(v any, id string, path ...any) change {
	return set(v, slices.Concat([]any{"Resources", id, "Properties"}, path)...)
}

func both(changes ...change) change {
	return func(d template.Document) {
		for _, c := range changes {
			c(d)
		}
	}
}

type object = map[string]any

func ref(name string) object        { return object{"Ref": name} }
func att(id, attribute string) any  { return object{"Fn::GetAtt": []any{id, attribute}} }
func route(method, path string) any { return event(object{"Method": method, "Path": path}) }
func event(properties object) any {
	properties["ApiId"] = ref("Api")
	return object{"Type": "HttpApi", "Properties": properties}
}

// routes adds routes to a function until it has n.
func routes(id string, n int) change {
	return func(d template.Document) {
		events := d["Resources"].(object)[id].(object)["Properties"].(object)["Events"].(object)
		for i := range n - len(events) {
			property(route("GET", fmt.Sprintf("/more/%s/%d", id, i)), id, "Events", fmt.Sprint("More", i))(d)
		}
	}
}

// mistakes holds, for every rule, what must break that rule and no other.
var mistakes = map[string][]change{
	"functions run as provided.al2023 on arm64": {
		set("go1.x", "Globals", "Function", "Runtime"),
		property([]any{"x86_64"}, "Search", "Architectures"), // lists of Globals are appended to
	},
	"functions are built by SAM's Go builder into bootstrap": {
		set(nil, "Resources", "Web", "Metadata"),
		property("main", "Jobs", "Handler"),
	},
	"each function has a folder of its own below functions": {
		property("functions/bootstrap", "Web", "CodeUri"),
		property("functions/contacts/app", "Contacts", "CodeUri"),
		property("functions/contacts", "Search", "CodeUri"),
		property("shared/search", "Search", "CodeUri"),
	},
	"functions behind the gateway end before it does": {set(31, "Globals", "Function", "Timeout"), property(30, "Web", "Timeout")},
	"functions behind the gateway have a whole core":  {property(512, "Accounts", "MemorySize")},
	"each function logs into a group of its own": {both(
		property(ref("ContactsLog"), "Schedule", "LoggingConfig", "LogGroup"),
		property(att("ContactsLog", "Arn"), "ScheduleRole", "Policies", 0, "PolicyDocument", "Statement", 0, "Resource"),
	)},
	"log groups have a retention": {property(nil, "WebLog", "RetentionInDays")},
	"schedules have an expression that fires": {
		property("rate(1 minutes)", "Schedule", "Events", "EachMinute", "Properties", "ScheduleExpression"),
		property("cron(0 8 * * *)", "Schedule", "Events", "EachMinute", "Properties", "ScheduleExpression"),
	},
	"schedules omit their name": {
		property(nil, "Schedule", "Events", "EachMinute", "Properties", "OmitName"),
		property("tick", "Schedule", "Events", "EachMinute", "Properties", "Name"),
	},

	"the stage is $default":               {property("v1", "Api", "StageName")},
	"throttles hang on routes that exist": {property(object{"ThrottlingRateLimit": 1, "ThrottlingBurstLimit": 1}, "Api", "RouteSettings", "POST /v1/session")},
	"throttles let something through":     {property(nil, "Api", "RouteSettings", "POST /sign-in", "ThrottlingRateLimit")},
	"signing in is throttled":             {property(nil, "Api", "RouteSettings", "POST /v1/sessions")},
	"no detailed route metrics":           {property(object{"DetailedMetricsEnabled": true}, "Api", "DefaultRouteSettings"), property(true, "Api", "RouteSettings", "POST /reset", "DetailedMetricsEnabled")},
	"events are of payload 2.0":           {property("1.0", "Contacts", "Events", "Collection", "Properties", "PayloadFormatVersion")},
	"each route is there once and leads to the API": {
		property(route("ANY", "/v1/contacts"), "Search", "Events", "Mine"),
		property(nil, "Web", "Events", "Pages"),
		property(nil, "Web", "Events", "Pages", "Properties", "ApiId"),
	},
	"at most 150 routes":           {both(routes("Contacts", 40), routes("Search", 40), routes("Imports", 40), routes("Web", 40))},
	"at most 40 routes a function": {routes("Imports", 41)},

	"tables have the binary keys pk and sk": {
		property("PK", "Table", "KeySchema", 0, "AttributeName"),
		property("S", "Table", "AttributeDefinitions", 1, "AttributeType"),
	},
	"tables are billed per request":        {property("PROVISIONED", "Table", "BillingMode")},
	"tables can be put back to any moment": {property(nil, "Table", "PointInTimeRecoverySpecification"), property(false, "Table", "PointInTimeRecoverySpecification", "PointInTimeRecoveryEnabled")},
	"tables sweep by exp":                  {property("ttl", "Table", "TimeToLiveSpecification", "AttributeName"), property(false, "Table", "TimeToLiveSpecification", "Enabled")},
	"tables are encrypted":                 {property(nil, "Table", "SSESpecification")},
	"tables have neither stream nor index": {property(object{"StreamViewType": "KEYS_ONLY"}, "Table", "StreamSpecification"), property([]any{object{"IndexName": "by"}}, "Table", "GlobalSecondaryIndexes")},
	"data outlives the stack in prod and only there": {
		set("Delete", "Resources", "Table", "DeletionPolicy"),
		set("Retain", "Resources", "Bucket", "DeletionPolicy"),
		set(nil, "Resources", "Bucket", "UpdateReplacePolicy"),
		property(false, "Table", "DeletionProtectionEnabled"),
		property(true, "Table", "DeletionProtectionEnabled"),
	},
	"buckets are private": {
		property(nil, "Bucket", "PublicAccessBlockConfiguration"),
		property(false, "Bucket", "PublicAccessBlockConfiguration", "BlockPublicPolicy"),
		property("ObjectWriter", "Bucket", "OwnershipControls", "Rules", 0, "ObjectOwnership"),
	},
	"buckets are encrypted": {property(nil, "Bucket", "BucketEncryption")},
	"buckets refuse plain HTTP and grant nothing by policy": {
		set(nil, "Resources", "BucketTransport"),
		property("true", "BucketTransport", "PolicyDocument", "Statement", 0, "Condition", "Bool", "aws:SecureTransport"),
		property("Allow", "BucketTransport", "PolicyDocument", "Statement", 0, "Effect"),
		property([]any{att("Bucket", "Arn")}, "BucketTransport", "PolicyDocument", "Statement", 0, "Resource"),
	},
	"buckets clean up": {
		property("Disabled", "Bucket", "LifecycleConfiguration", "Rules", 0, "Status"),
		property("temp/", "Bucket", "LifecycleConfiguration", "Rules", 1, "Prefix"),
		property(nil, "Bucket", "LifecycleConfiguration", "Rules", 2, "Prefix"),
	},
	"uploads are taken across origins, nothing is given": {
		property(nil, "Bucket", "CorsConfiguration"),
		property([]any{"POST", "GET"}, "Bucket", "CorsConfiguration", "CorsRules", 0, "AllowedMethods"),
		property([]any{[]any{"https://a.example.org"}}, "Bucket", "CorsConfiguration", "CorsRules", 0, "AllowedOrigins"),
		property([]any{""}, "Bucket", "CorsConfiguration", "CorsRules", 0, "AllowedOrigins"),
	},

	"messages stay hidden six times as long as their function may take": {
		property(359, "Queue", "VisibilityTimeout"), property(nil, "Queue", "VisibilityTimeout"), property(61, "Jobs", "Timeout"),
	},
	"batches report the messages that failed": {property(nil, "Jobs", "Events", "Work", "Properties", "FunctionResponseTypes")},
	"queues start at most so many workers": {
		property(nil, "Jobs", "Events", "Work", "Properties", "ScalingConfig"),
		property(1, "Jobs", "Events", "Work", "Properties", "ScalingConfig", "MaximumConcurrency"),
	},
	"work that fails ends in a dead letter queue": {property(nil, "Queue", "RedrivePolicy"), property(1, "Queue", "RedrivePolicy", "maxReceiveCount")},
	"dead letter queues say whose they are": {
		property(nil, "DeadLetters", "RedriveAllowPolicy"),
		property("allowAll", "DeadLetters", "RedriveAllowPolicy", "redrivePermission"),
		property([]any{object{"Fn::Sub": "arn:${AWS::Partition}:sqs:${AWS::Region}:${AWS::AccountId}:${AWS::StackName}-work"}}, "DeadLetters", "RedriveAllowPolicy", "sourceQueueArns"),
	},
	"dead letters are kept longer than the living": {property(345600, "DeadLetters", "MessageRetentionPeriod"), property(nil, "DeadLetters", "MessageRetentionPeriod")},
	"queues are encrypted":                         {property(nil, "Queue", "SqsManagedSseEnabled")},

	"each function has a role of its own": {both(
		property(att("ContactsRole", "Arn"), "Imports", "Role"),
		property([]any{att("ContactsLog", "Arn"), att("ImportsLog", "Arn")}, "ContactsRole", "Policies", 0, "PolicyDocument", "Statement", 0, "Resource"),
	)},
	"only Lambda takes on the roles": {
		property("*", "WebRole", "AssumeRolePolicyDocument", "Statement", 0, "Principal"),
		property("ec2.amazonaws.com", "WebRole", "AssumeRolePolicyDocument", "Statement", 0, "Principal", "Service"),
	},
	"roles use the stack's policies alone": {property([]any{"arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"}, "ScheduleRole", "ManagedPolicyArns")},
	"IAM actions are spelt right": {
		property("dynamodb:TransactWriteItems", "TableAccess", "PolicyDocument", "Statement", 0, "Action", 0),
		property("dynamodb:Scan", "TableAccess", "PolicyDocument", "Statement", 0, "Action", 0),
		property("s3:*", "BucketAccess", "PolicyDocument", "Statement", 1, "Action"),
	},
	"rights name exact resources of the stack": {
		property("*", "TableAccess", "PolicyDocument", "Statement", 0, "Resource"),
		property(object{"Fn::Sub": "arn:${AWS::Partition}:ses:${AWS::Region}:${AWS::AccountId}:identity/*"}, "MailAccess", "PolicyDocument", "Statement", 0, "Resource", 0),
		property("Deny", "QueueAccess", "PolicyDocument", "Statement", 0, "Effect"),
		property(object{"Fn::Sub": "${Bucket.Arn}/*/*"}, "FilesRole", "Policies", 0, "PolicyDocument", "Statement", 1, "Resource", 0),
		property(object{"Fn::Sub": "${Bucket.Arn}/f*"}, "FilesRole", "Policies", 0, "PolicyDocument", "Statement", 1, "Resource", 0),
	},
	"a mail right names its sender": {property(nil, "MailAccess", "PolicyDocument", "Statement", 0, "Condition")},
	"functions may write their own log and no other": {
		property(att("ContactsLog", "Arn"), "WebRole", "Policies", 0, "PolicyDocument", "Statement", 0, "Resource"),
		property([]any{"logs:PutLogEvents"}, "WebRole", "Policies", 0, "PolicyDocument", "Statement", 0, "Action"),
	},
	"functions may take from the queues that feed them and no other": {
		property([]any{"sqs:ReceiveMessage", "sqs:DeleteMessage"}, "JobsRole", "Policies", 0, "PolicyDocument", "Statement", 1, "Action"),
		property(att("DeadLetters", "Arn"), "JobsRole", "Policies", 0, "PolicyDocument", "Statement", 1, "Resource"),
		property([]any{"sqs:SendMessage", "sqs:ReceiveMessage"}, "QueueAccess", "PolicyDocument", "Statement", 0, "Action"),
	},

	"two stacks do not collide on names": {
		property("muster", "Table", "TableName"),
		property(object{"Fn::Sub": "/muster/${Stage}/web"}, "WebLog", "LogGroupName"),
	},
	"no resource waits for itself": {
		property(object{"Fn::Sub": "https://${Api}.execute-api.${AWS::Region}.${AWS::URLSuffix}"}, "Web", "Environment", "Variables", "MUSTER_PUBLIC_URL"),
		property(ref("Api"), "Table", "Tags"),
	},
	"at most 400 resources": {func(d template.Document) {
		for i := range 400 {
			set(object{"Type": "AWS::SSM::Parameter", "Properties": object{}}, "Resources", fmt.Sprint("Extra", i))(d)
		}
	}},
	"alarms are there only when asked for": {
		set(nil, "Resources", "ErrorAlarm", "Condition"),
		set(object{"Fn::Equals": []any{"a", "b"}}, "Conditions", "HasAlarms"),
	},
	"the stack says where everything is": {set(nil, "Outputs", "BucketName")},
}

// TestEachRuleCatchesItsMistakes makes each mistake in a fresh copy of the template: exactly its rule must break.
func TestEachRuleCatchesItsMistakes(t *testing.T) {
	original := document(t)
	names := map[string]bool{}
	for _, rule := range template.Rules() {
		if names[rule.Name] {
			t.Errorf("two rules are named %q", rule.Name)
		}
		names[rule.Name] = true
		if len(mistakes[rule.Name]) == 0 {
			t.Errorf("no mistake proves %q", rule.Name)
		}
	}
	for name, changes := range mistakes {
		if !names[name] {
			t.Errorf("there is no rule %q", name)
			continue
		}
		for i, mistake := range changes {
			t.Run(fmt.Sprintf("%s/%d", name, i), func(t *testing.T) {
				d := original.Clone()
				mistake(d)
				if cmp.Equal(original, d) {
					t.Fatal("the mistake changes nothing")
				}
				found := broken(t, d)
				if got := slices.Sorted(maps.Keys(found)); !slices.Equal(got, []string{name}) {
					t.Errorf("breaks %q: %q", got, found)
				}
			})
		}
	}
}
