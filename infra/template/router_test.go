package template_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/muster-crm/muster/infra/template"
)

func TestRouterTakesTheMostSpecificRoute(t *testing.T) {
	d, err := template.Parse([]byte(`
Resources:
  A:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: functions/a
      Events:
        One: {Type: HttpApi, Properties: {Method: GET, Path: /pets/dog/1}}
        Two: {Type: HttpApi, Properties: {Method: GET, Path: "/pets/dog/{id}"}}
        Three: {Type: HttpApi, Properties: {Method: GET, Path: "/pets/{proxy+}"}}
        Four: {Type: HttpApi, Properties: {Method: ANY, Path: "/pets/{proxy+}"}}
        Five: {Type: HttpApi, Properties: {Method: ANY, Path: /pets}}
        Six: {Type: HttpApi, Properties: {Method: POST, Path: /pets}}
        Seven: {Type: HttpApi, Properties: {Method: ANY, Path: "/pets/{kind}/food/{proxy+}"}}
  B:
    Type: AWS::Serverless::Function
    Properties: {CodeUri: functions/b, Events: {Rest: {Type: HttpApi, Properties: {}}}}
`))
	if err != nil {
		t.Fatal(err)
	}
	resolved, err := d.Resolve(nil)
	if err != nil {
		t.Fatal(err)
	}
	router := resolved.Router()
	for _, c := range []struct {
		method, path, function, route string
		parameters                    map[string]string
	}{
		{"GET", "/pets/dog/1", "a", "GET /pets/dog/1", nil},
		{"GET", "/pets/dog/2", "a", "GET /pets/dog/{id}", map[string]string{"id": "2"}},
		{"GET", "/pets/cat/2", "a", "GET /pets/{proxy+}", map[string]string{"proxy": "cat/2"}},
		{"PUT", "/pets/dog/1", "a", "ANY /pets/{proxy+}", map[string]string{"proxy": "dog/1"}},
		{"GET", "/pets/cat/food/a/b", "a", "ANY /pets/{kind}/food/{proxy+}", map[string]string{"kind": "cat", "proxy": "a/b"}},
		{"POST", "/pets", "a", "POST /pets", nil},
		{"GET", "/pets", "a", "ANY /pets", nil},
		{"GET", "/pets/", "b", "$default", nil},
		{"GET", "/petsy", "b", "$default", nil},
		{"GET", "/", "b", "$default", nil},
		{"GET", "", "b", "$default", nil},
		{"GET", "/Pets", "b", "$default", nil},
	} {
		m, ok := router.Match(c.method, c.path)
		if !ok || m.Function.Name != c.function || m.Route.Key() != c.route || !cmp.Equal(m.Parameters, c.parameters) {
			t.Errorf("%s %s goes to %v", c.method, c.path, m)
		}
	}
}

func TestTemplateRoutes(t *testing.T) {
	resolved, err := document(t).Resolve(deployments()[0])
	if err != nil {
		t.Fatal(err)
	}
	router := resolved.Router()
	for _, c := range []struct{ method, path, function, route string }{
		{"POST", "/v1/sessions", "accounts", "POST /v1/sessions"},
		{"DELETE", "/v1/sessions/current", "accounts", "ANY /v1/sessions/{proxy+}"},
		{"GET", "/v1/contacts", "contacts", "ANY /v1/contacts"},
		{"GET", "/v1/contacts/con_1/history", "contacts", "ANY /v1/contacts/{proxy+}"},
		{"POST", "/v1/search/contact", "search", "ANY /v1/search/{proxy+}"},
		{"PUT", "/v1/imports/imp_1/plan", "imports", "ANY /v1/imports/{proxy+}"},
		{"POST", "/sign-in", "web", "POST /sign-in"},
		{"GET", "/sign-in", "web", "$default"},
		{"GET", "/contacts", "web", "$default"},
	} {
		m, ok := router.Match(c.method, c.path)
		if !ok || m.Function.Name != c.function || m.Route.Key() != c.route {
			t.Errorf("%s %s goes to %v", c.method, c.path, m)
		}
	}
}
