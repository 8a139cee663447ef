package template_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/muster-crm/muster/infra/need"
	"github.com/muster-crm/muster/infra/template"
)

// TestSamconfig holds samconfig.toml to the template: its stages resolve, and builds are never taken from SAM's cache,
// which looks at a function's folder alone and would miss a change in shared/.
func TestSamconfig(t *testing.T) {
	raw, err := os.ReadFile(filepath.Join(need.Root(), "samconfig.toml"))
	if err != nil {
		t.Fatal(err)
	}
	if regexp.MustCompile(`(?m)^\s*cached\s*=\s*true`).Match(raw) {
		t.Error("builds come from SAM's cache")
	}
	override := regexp.MustCompile(`"(\w+)=([^"]*)"`)
	deployments := 0
	for section := range strings.SplitSeq("\n"+string(raw), "\n[") {
		name, body, _ := strings.Cut(section, "]")
		stage, ok := strings.CutSuffix(name, ".deploy.parameters")
		if !ok {
			continue
		}
		deployments++
		given := template.Parameters{}
		for _, match := range override.FindAllStringSubmatch(body, -1) {
			given[match[1]] = match[2]
		}
		resolved, err := document(t).Resolve(given)
		if err != nil {
			t.Errorf("%s: %v", stage, err)
			continue
		}
		if want := map[string]string{"default": "dev", "prod": "prod"}[stage]; resolved.Parameters["Stage"] != want {
			t.Errorf("%s deploys stage %v", stage, resolved.Parameters["Stage"])
		}
		if !strings.Contains(body, `"CAPABILITY_IAM"`) {
			t.Errorf("%s cannot make roles", stage)
		}
	}
	if deployments != 2 {
		t.Errorf("%d deployments", deployments)
	}
}
