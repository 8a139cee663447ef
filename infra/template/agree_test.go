package template_test

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/muster-crm/muster/infra/template"
)

// The project in small that code and template are compared in.
var small = map[string]string{
	"go.mod": "module example.org/small\n\ngo 1.26\n",
	"functions/a/main.go": `package main

import (
	"maps"
	"os"

	"example.org/small/shared/blob"
	"example.org/small/shared/setting"
)

func main() { blob.Open(os.Getenv("MUSTER_BUCKET"), setting.Address()) }
`,
	"functions/a/main_test.go": "package main\n\nconst x = \"MUSTER_TESTS\"\n",
	"functions/b/main.go":      "package main\n\nfunc main() {}\n",
	"shared/setting/setting.go": `package setting

import "os"

const address = "MUSTER_ADDRESS"

func Address() string { return read(address) }
func read(s string) string { return os.Getenv(s) }
func Other() string { return os.Getenv("MUSTER_OTHER") }
`,
	"shared/blob/blob.go": `package blob

import s "github.com/aws/aws-sdk-go-v2/service/s3"

func Open(string, string) { _ = s.GetObjectInput{} }
`,
	"template.yaml": `
Resources:
  A:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: functions/a
      Role: !GetAtt Role.Arn
      Environment: {Variables: {MUSTER_BUCKET: b, MUSTER_ADDRESS: a}}
  B:
    Type: AWS::Serverless::Function
    Properties: {CodeUri: functions/b}
  Role:
    Type: AWS::IAM::Role
    Properties:
      Policies: [{PolicyDocument: {Statement: [{Effect: Allow, Action: [logs:PutLogEvents, s3:GetObject]}]}}]
`,
}

func TestDisagree(t *testing.T) {
	for _, c := range []struct {
		name, file, from, to string
		want                 []string
	}{
		{name: "agreed"},
		{"a variable not given", "template.yaml", "MUSTER_BUCKET: b, ", "", []string{"A reads MUSTER_BUCKET and not: is given"}},
		{"a variable given for nothing", "functions/a/main.go", `"MUSTER_BUCKET"`, `"x"`, []string{"A is given MUSTER_BUCKET and not: reads"}},
		{"a variable read through a package", "functions/a/main.go", "setting.Address()", "setting.Other()",
			[]string{"A reads MUSTER_OTHER and not: is given", "A is given MUSTER_ADDRESS and not: reads"}},
		{"an action not granted", "template.yaml", ", s3:GetObject", "", []string{"A needs s3:GetObject and not: may"}},
		{"an action granted for nothing", "shared/blob/blob.go", "_ = s.GetObjectInput{}", "_ = s.Client{}", []string{"A may s3:GetObject and not: needs"}},
		{"a folder without main", "functions/b/main.go", "func main() {}", "func start() {}", []string{"B: there is no main in functions/b, its build would be an archive"}},
		{"a library as main", "functions/b/main.go", "package main", "package b", []string{"B: there is no main in functions/b, its build would be an archive"}},
		{"a function not declared", "template.yaml", "functions/b", "functions/c",
			[]string{"functions/b is not in the template", "B: there is no main in functions/c, its build would be an archive"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			root := t.TempDir()
			for name, text := range small {
				if name == c.file {
					if !strings.Contains(text, c.from) {
						t.Fatalf("%s holds no %q", name, c.from)
					}
					text = strings.Replace(text, c.from, c.to, 1)
				}
				path := filepath.Join(root, name)
				if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			d, _, err := template.Find(root)
			if err != nil {
				t.Fatal(err)
			}
			resolved, err := d.Resolve(nil)
			if err != nil {
				t.Fatal(err)
			}
			code, err := template.ReadCode(root)
			if err != nil {
				t.Fatal(err)
			}
			got, err := resolved.Disagree(code)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

func TestUnknownRequest(t *testing.T) {
	root := t.TempDir()
	for name, text := range map[string]string{
		"go.mod":  small["go.mod"],
		"main.go": "package main\n\nimport \"github.com/aws/aws-sdk-go-v2/service/dynamodb\"\n\nfunc main() { _ = dynamodb.ScanInput{} }\n",
	} {
		if err := os.WriteFile(filepath.Join(root, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	code, err := template.ReadCode(root)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := code.Actions("."); err == nil || !strings.Contains(err.Error(), "ScanInput") {
		t.Errorf("a request nobody entered: %v", err)
	}
}

func TestMisrouted(t *testing.T) {
	resolved, err := document(t).Resolve(deployments()[0])
	if err != nil {
		t.Fatal(err)
	}
	// One operation for each route of the API, so that only the differences below are complained about.
	var agreed, without []template.Operation
	for _, id := range slices.Sorted(maps.Keys(resolved.Functions)) {
		for _, r := range resolved.Functions[id].Routes {
			if !strings.HasPrefix(r.Path, "/v1/") {
				continue
			}
			method := r.Method
			if method == "ANY" {
				method = "GET"
			}
			o := template.Operation{Function: resolved.Functions[id].Name, Method: method, Path: strings.ReplaceAll(r.Path, "{proxy+}", "{id}")}
			agreed = append(agreed, o)
			if o.Path != "/v1/search" && !strings.HasPrefix(o.Path, "/v1/search/") {
				without = append(without, o)
			}
		}
	}
	for _, c := range []struct {
		name       string
		operations []template.Operation
		want       []string
	}{
		{"agreed", agreed, nil},
		{"another function's prefix", append(slices.Clone(agreed), template.Operation{Function: "search", Method: "GET", Path: "/v1/contacts/check"}),
			[]string{"GET /v1/contacts/check of search leads to contacts by ANY /v1/contacts/{proxy+}"}},
		{"no prefix at all", append(slices.Clone(agreed), template.Operation{Function: "search", Method: "GET", Path: "/v1/nowhere/{kind}"}),
			[]string{"GET /v1/nowhere/{kind} of search leads to web by $default"}},
		{"a route for nothing", without, []string{"Search: no operation uses ANY /v1/search", "Search: no operation uses ANY /v1/search/{proxy+}"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, resolved.Misrouted(c.operations)); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}
