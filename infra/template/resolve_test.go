package template_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/muster-crm/muster/infra/template"
)

// resolved works out one property "P" of a resource "R".
func resolved(t *testing.T, yaml string, p template.Parameters) (any, error) {
	t.Helper()
	d, err := template.Parse([]byte(`
Parameters:
  Text: {Type: String, Default: plain}
  Empty: {Type: String, Default: ""}
  List: {Type: CommaDelimitedList, Default: "a, b"}
  Few: {Type: String, Default: one, AllowedValues: [one, two]}
Conditions:
  Yes: !Equals [!Ref Text, plain]
  No: !Not [!Condition Yes]
  Both: !And [!Condition Yes, !Condition No]
  Either: !Or [!Condition No, !Condition Yes]
Resources:
  Gone: {Type: X, Condition: No, Properties: {}}
  R:
    Type: X
    Properties:
      P: ` + yaml + "\n"))
	if err != nil {
		return nil, err
	}
	resolved, err := d.Resolve(p)
	if err != nil {
		return nil, err
	}
	if resolved.Resources["Gone"] != nil {
		t.Error("a resource whose condition fails is there")
	}
	return resolved.Resources["R"].Properties["P"], nil
}

func TestResolve(t *testing.T) {
	for _, c := range []struct {
		yaml string
		want any
	}{
		{`3`, 3.0},
		{`yes it is`, "yes it is"},
		{`!Ref Text`, "plain"},
		{`{Ref: Text}`, "plain"},
		{`!Ref List`, []any{"a", "b"}},
		{`!Ref R`, "${R}"},
		{`!Ref AWS::Region`, "${AWS::Region}"},
		{`!Ref AWS::NoValue`, nil},
		{`[1, !Ref AWS::NoValue, 2]`, []any{1.0, 2.0}},
		{`!GetAtt R.Arn`, "${R.Arn}"},
		{`!GetAtt [R, Arn]`, "${R.Arn}"},
		{`{"Fn::GetAtt": [R, Nested.Arn]}`, "${R.Nested.Arn}"},
		{`!Sub "x-${Text}-${R}-${R.Arn}-${AWS::StackName}-${!Literal}"`, "x-plain-${R}-${R.Arn}-${AWS::StackName}-${Literal}"},
		{`!Sub ["${A}/${Text}", {A: !Ref Few}]`, "one/plain"},
		{`!If [Yes, !Ref Text, b]`, "plain"},
		{`!If [No, a, !If [Either, c, d]]`, "c"},
		{`!If [Both, a, b]`, "b"},
		{`!Join ["-", [a, !Ref Text]]`, "a-plain"},
		{`!Select [1, !Split ["@", "a@b"]]`, "b"},
		{`!Ref Empty`, ""},
	} {
		got, err := resolved(t, c.yaml, nil)
		if err != nil {
			t.Errorf("%s: %v", c.yaml, err)
		} else if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s (-want +got)\n%s", c.yaml, diff)
		}
	}
}

func TestResolveRefuses(t *testing.T) {
	for _, c := range []struct {
		yaml       string
		parameters template.Parameters
		about      string
	}{
		{yaml: `!Ref Nothing`, about: "Nothing"},
		{yaml: `!GetAtt Nothing.Arn`, about: "Nothing"},
		{yaml: `!Sub "${Nothing}"`, about: "Nothing"},
		{yaml: `!Sub "${Text"`, about: "brace"},
		{yaml: `!If [Maybe, 1, 2]`, about: "Maybe"},
		{yaml: `!If [Yes, 1]`, about: "Fn::If"},
		{yaml: `!Select [2, [a, b]]`, about: "Fn::Select"},
		{yaml: `!Join [a]`, about: "Fn::Join"},
		{yaml: `!Transform x`, about: "Fn::Transform"},
		{yaml: `&a [1]` + "\n      Q: *a", about: "aliases"},
		{yaml: `{A: 1, A: 2}`, about: "A"},
		{yaml: `1`, parameters: template.Parameters{"Few": "three"}, about: "Few"},
		{yaml: `1`, parameters: template.Parameters{"Nothing": "1"}, about: "Nothing"},
	} {
		_, err := resolved(t, c.yaml, c.parameters)
		if err == nil || !strings.Contains(err.Error(), c.about) {
			t.Errorf("%s with %v: %v", c.yaml, c.parameters, err)
		}
	}
	if _, err := document(t).Resolve(nil); err == nil {
		t.Error("the project's template resolves without an owner")
	}
}

func TestGlobalsMerge(t *testing.T) {
	d, err := template.Parse([]byte(`
Globals:
  Function: {Timeout: 3, Architectures: [arm64], Environment: {Variables: {A: "1", B: "2"}}}
Resources:
  F:
    Type: AWS::Serverless::Function
    Properties: {CodeUri: functions/f, Timeout: 5, Architectures: [x86_64], Environment: {Variables: {B: "3"}}}
`))
	if err != nil {
		t.Fatal(err)
	}
	r, err := d.Resolve(nil)
	if err != nil {
		t.Fatal(err)
	}
	f, ok := r.Named("f")
	if !ok || f.Timeout != 5 {
		t.Fatalf("%+v", f)
	}
	if diff := cmp.Diff(map[string]string{"A": "1", "B": "3"}, f.Environment.Variables); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"arm64", "x86_64"}, f.Architectures); diff != "" {
		t.Error(diff)
	}
}

func TestFind(t *testing.T) {
	dir := t.TempDir()
	deep := filepath.Join(dir, "a", "b")
	if err := os.MkdirAll(deep, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, template.File), []byte("Resources: {}\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if d, root, err := template.Find(deep); err != nil || root != dir || d.At("Resources") == nil {
		t.Errorf("%v, %q, %v", d, root, err)
	}
	if _, _, err := template.Find("/"); err == nil {
		t.Error("there is a template above everything")
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte("Parameters: {P: {Default: a}}\nGlobals: {Function: {Timeout: 3}}\nResources: {Q: {Type: AWS::SQS::Queue, Properties: {QueueName: !Sub \"${P}-x\"}}}"))
	f.Add([]byte("Resources: {A: {Type: AWS::Serverless::Function, Properties: {Events: {E: {Type: SQS, Properties: {Queue: !GetAtt A}}}}}}"))
	f.Add([]byte("Conditions: {A: !Not [!Condition A]}\nResources: {R: {Condition: A, Type: X}}"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		d, err := template.Parse(raw)
		if err != nil {
			return
		}
		if resolved, err := d.Resolve(nil); err == nil {
			template.Break(resolved)
			resolved.Router().Match("GET", "/v1/contacts")
		}
	})
}
