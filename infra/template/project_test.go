package template_test

import (
	"testing"

	"github.com/muster-crm/muster/infra/need"
	"github.com/muster-crm/muster/infra/template"
)

// TestTemplateAgreesWithCode compares the project's template with its code: each function is a main that is declared,
// reads the environment variables it is given and is granted the actions its drivers take, no more and no less.
func TestTemplateAgreesWithCode(t *testing.T) {
	code, err := template.ReadCode(need.Root())
	if err != nil {
		t.Fatal(err)
	}
	resolved, err := document(t).Resolve(deployments()[0])
	if err != nil {
		t.Fatal(err)
	}
	complaints, err := resolved.Disagree(code)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range complaints {
		t.Error(c)
	}
}
