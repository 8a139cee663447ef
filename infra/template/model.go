package template

import (
	"encoding/json"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"
	"time"
)

// Types of the resources the model knows.
const (
	serverlessFunction = "AWS::Serverless::Function"
	serverlessHTTPAPI  = "AWS::Serverless::HttpApi"
	dynamoTable        = "AWS::DynamoDB::Table"
	s3Bucket           = "AWS::S3::Bucket"
	s3BucketPolicy     = "AWS::S3::BucketPolicy"
	sqsQueue           = "AWS::SQS::Queue"
	iamRole            = "AWS::IAM::Role"
	iamPolicy          = "AWS::IAM::ManagedPolicy"
	logGroup           = "AWS::Logs::LogGroup"
)

// Template is what would be deployed under one set of parameters. Maps are by logical id.
type Template struct {
	Parameters map[string]any
	Functions  map[string]*Function
	APIs       map[string]*API
	Tables     map[string]*Table
	Buckets    map[string]*Bucket
	Queues     map[string]*Queue
	Roles      map[string]*Role
	Policies   map[string]*ManagedPolicy
	LogGroups  map[string]*LogGroup
	Resources  map[string]*Resource // all of them, as data
	Outputs    map[string]string
}

// Resource is any resource as data.
type Resource struct {
	Type                string
	Properties          map[string]any
	DeletionPolicy      string
	UpdateReplacePolicy string
	Metadata            map[string]any
}

// Function is a Lambda function. Name is the last part of its CodeUri.
type Function struct {
	ID, Name      string `json:"-"`
	BuildMethod   string `json:"-"`
	CodeURI       string `json:"CodeUri"`
	Handler       string
	Runtime       string
	Architectures []string
	MemorySize    int // MB
	Timeout       int // seconds
	Role          string
	LoggingConfig struct{ LogGroup, LogFormat string }
	Environment   struct{ Variables map[string]string }
	Events        map[string]event

	Routes    []Route    `json:"-"` // by event name
	Sources   []Source   `json:"-"`
	Schedules []Schedule `json:"-"`
}

type event struct {
	Type       string
	Properties json.RawMessage
}

// Route leads requests from an API to a function. Method and Path are empty for $default.
type Route struct {
	API                  string `json:"ApiId"`
	Method, Path         string
	PayloadFormatVersion string
}

// Key is the route's name in the API: "POST /v1/sessions", "$default".
func (r Route) Key() string {
	if r.Path == "" {
		return "$default"
	}
	return strings.ToUpper(r.Method) + " " + r.Path
}

// Source feeds a function from a queue.
type Source struct {
	Queue                 string // its ARN as a symbol
	BatchSize             int
	FunctionResponseTypes []string
	ScalingConfig         struct{ MaximumConcurrency int }
}

// Schedule calls a function again and again.
type Schedule struct {
	Expression string `json:"ScheduleExpression"`
	TimeZone   string `json:"ScheduleExpressionTimezone"`
	OmitName   bool
	Name       string
}

// Throttle is a limit of requests a second.
type Throttle struct {
	Rate            float64 `json:"ThrottlingRateLimit"`
	Burst           int     `json:"ThrottlingBurstLimit"`
	DetailedMetrics bool    `json:"DetailedMetricsEnabled"`
}

// API is an HTTP API with its one stage.
type API struct {
	StageName            string
	RouteSettings        map[string]Throttle
	DefaultRouteSettings Throttle
}

// Table is a DynamoDB table.
type Table struct {
	BillingMode          string
	AttributeDefinitions []struct{ AttributeName, AttributeType string }
	KeySchema            []struct{ AttributeName, KeyType string }
	TimeToLive           struct {
		AttributeName string
		Enabled       bool
	} `json:"TimeToLiveSpecification"`
	Recovery struct {
		Enabled bool `json:"PointInTimeRecoveryEnabled"`
	} `json:"PointInTimeRecoverySpecification"`
	Encryption struct {
		Enabled bool `json:"SSEEnabled"`
	} `json:"SSESpecification"`
	DeletionProtection   bool `json:"DeletionProtectionEnabled"`
	StreamSpecification  any
	GlobalIndexes        []any `json:"GlobalSecondaryIndexes"`
	LocalIndexes         []any `json:"LocalSecondaryIndexes"`
	TableName, KMSKeyArn string
}

// Bucket is an S3 bucket.
type Bucket struct {
	PublicAccess struct {
		BlockPublicAcls, BlockPublicPolicy, IgnorePublicAcls, RestrictPublicBuckets bool
	} `json:"PublicAccessBlockConfiguration"`
	OwnershipControls struct {
		Rules []struct{ ObjectOwnership string }
	}
	Encryption struct {
		Rules []struct {
			Default struct{ SSEAlgorithm string } `json:"ServerSideEncryptionByDefault"`
		} `json:"ServerSideEncryptionConfiguration"`
	} `json:"BucketEncryption"`
	Lifecycle struct {
		Rules []struct {
			Status, Prefix   string
			ExpirationInDays int
			Abort            struct{ DaysAfterInitiation int } `json:"AbortIncompleteMultipartUpload"`
		}
	} `json:"LifecycleConfiguration"`
	CORS struct {
		Rules []struct {
			AllowedMethods, AllowedOrigins, AllowedHeaders []any
		} `json:"CorsRules"`
	} `json:"CorsConfiguration"`
}

// Queue is an SQS queue. Times are in seconds.
type Queue struct {
	ID                     string `json:"-"`
	QueueName              string
	VisibilityTimeout      *int
	MessageRetentionPeriod *int
	DelaySeconds           int
	SqsManagedSseEnabled   bool
	Redrive                *struct {
		Target      string `json:"deadLetterTargetArn"` // an ARN as a symbol
		MaxReceives int    `json:"maxReceiveCount"`
	} `json:"RedrivePolicy"`
	RedriveAllow *struct {
		Permission string   `json:"redrivePermission"`
		Sources    []string `json:"sourceQueueArns"`
	} `json:"RedriveAllowPolicy"`
}

// Visibility is how long a received message is hidden from others.
func (q *Queue) Visibility() time.Duration { return seconds(q.VisibilityTimeout, 30) }

// Retention is how long a message is kept.
func (q *Queue) Retention() time.Duration { return seconds(q.MessageRetentionPeriod, 345600) }

// MaxReceives is how often a message is given out before it becomes a dead letter, 0 when it never does.
func (q *Queue) MaxReceives() int {
	if q.Redrive == nil {
		return 0
	}
	return q.Redrive.MaxReceives
}

func seconds(v *int, def int) time.Duration {
	if v != nil {
		def = *v
	}
	return time.Duration(def) * time.Second
}

// Role is an IAM role.
type Role struct {
	RoleName          string
	Trust             PolicyDocument `json:"AssumeRolePolicyDocument"`
	ManagedPolicyArns []string
	Policies          []struct{ PolicyDocument PolicyDocument }
}

// ManagedPolicy is a policy several roles share.
type ManagedPolicy struct{ PolicyDocument PolicyDocument }

// PolicyDocument is a list of statements.
type PolicyDocument struct{ Statement []Statement }

// Statement is one statement of a policy.
type Statement struct {
	Effect    string
	Principal any
	Action    oneOrMany
	Resource  oneOrMany
	Condition map[string]map[string]any
}

// oneOrMany is a string or a list of them, as policies take.
type oneOrMany []string

func (o *oneOrMany) UnmarshalJSON(raw []byte) error {
	var one string
	if json.Unmarshal(raw, &one) == nil {
		*o = oneOrMany{one}
		return nil
	}
	return json.Unmarshal(raw, (*[]string)(o))
}

// LogGroup is a CloudWatch log group.
type LogGroup struct {
	LogGroupName    string
	RetentionInDays json.Number
}

// model reads a resolved document into the types above.
func (d Document) model(parameters map[string]any) (*Template, error) {
	t := &Template{Parameters: parameters, Outputs: map[string]string{}}
	outputs, _ := d["Outputs"].(map[string]any)
	for name := range outputs {
		t.Outputs[name] = fmt.Sprint(d.At("Outputs", name, "Value"))
	}
	if err := convert(d["Resources"], &t.Resources); err != nil {
		return nil, fmt.Errorf("template: resources: %w", err)
	}
	var errs [8]error
	t.Functions, errs[0] = ofType[Function](t, serverlessFunction)
	t.APIs, errs[1] = ofType[API](t, serverlessHTTPAPI)
	t.Tables, errs[2] = ofType[Table](t, dynamoTable)
	t.Buckets, errs[3] = ofType[Bucket](t, s3Bucket)
	t.Queues, errs[4] = ofType[Queue](t, sqsQueue)
	t.Roles, errs[5] = ofType[Role](t, iamRole)
	t.Policies, errs[6] = ofType[ManagedPolicy](t, iamPolicy)
	t.LogGroups, errs[7] = ofType[LogGroup](t, logGroup)
	for _, err := range errs {
		if err != nil {
			return nil, err
		}
	}
	for id, q := range t.Queues {
		q.ID = id
	}
	for id, f := range t.Functions {
		f.ID, f.Name = id, path.Base(f.CodeURI)
		f.BuildMethod, _ = t.Resources[id].Metadata["BuildMethod"].(string)
		if err := f.readEvents(); err != nil {
			return nil, fmt.Errorf("template: %s: %w", id, err)
		}
	}
	return t, nil
}

func ofType[T any](t *Template, kind string) (map[string]*T, error) {
	found := map[string]*T{}
	for id, r := range t.Resources {
		if r.Type != kind {
			continue
		}
		v := new(T)
		if err := convert(r.Properties, v); err != nil {
			return nil, fmt.Errorf("template: %s: %w", id, err)
		}
		found[id] = v
	}
	return found, nil
}

// convert moves data into a type by way of JSON.
func convert(from, to any) error {
	raw, err := json.Marshal(from)
	if err != nil {
		return err
	}
	return json.Unmarshal(raw, to)
}

func (f *Function) readEvents() error {
	for _, name := range slices.Sorted(maps.Keys(f.Events)) {
		e := f.Events[name]
		var err error
		switch e.Type {
		case "HttpApi":
			var r Route
			err = json.Unmarshal(e.Properties, &r)
			f.Routes = append(f.Routes, r)
		case "SQS":
			var s Source
			err = json.Unmarshal(e.Properties, &s)
			f.Sources = append(f.Sources, s)
		case "ScheduleV2":
			var s Schedule
			err = json.Unmarshal(e.Properties, &s)
			f.Schedules = append(f.Schedules, s)
		default:
			err = fmt.Errorf("events of type %q are not served here", e.Type)
		}
		if err != nil {
			return fmt.Errorf("event %s: %w", name, err)
		}
	}
	return nil
}

// Named gives the function of that name.
func (t *Template) Named(name string) (*Function, bool) {
	for _, f := range t.Functions {
		if f.Name == name {
			return f, true
		}
	}
	return nil, false
}

// QueueOf gives the logical id of the queue a source takes from.
func (t *Template) QueueOf(s Source) string { return symbol(s.Queue) }

// Statements gives everything a function's role allows or denies.
func (t *Template) Statements(f *Function) []Statement {
	role := t.Roles[symbol(f.Role)]
	if role == nil {
		return nil
	}
	var all []Statement
	for _, p := range role.Policies {
		all = append(all, p.PolicyDocument.Statement...)
	}
	for _, ref := range role.ManagedPolicyArns {
		if p := t.Policies[symbol(ref)]; p != nil {
			all = append(all, p.PolicyDocument.Statement...)
		}
	}
	return all
}

// symbol gives the logical id of a symbol: "Queue" of "${Queue.Arn}", "" when s is none.
func symbol(s string) string {
	inner, ok := strings.CutPrefix(s, "${")
	if !ok || !strings.HasSuffix(inner, "}") {
		return ""
	}
	id, _, _ := strings.Cut(strings.TrimSuffix(inner, "}"), ".")
	return id
}
