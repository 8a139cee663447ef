package runtimeapi_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"github.com/muster-crm/muster/infra/need"
	"github.com/muster-crm/muster/infra/runtimeapi"
)

// patience is how long a process may take before the test gives up on it; no test asserts a time.
const patience = time.Minute

func build(t *testing.T, dir string) string {
	t.Helper()
	path, err := runtimeapi.Build(t.Context(), dir, runtimeapi.Native, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	return path
}

func TestBootAndInvoke(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	p, err := runtimeapi.Boot(ctx, build(t, "testdata/echo"), map[string]string{"MUSTER_TABLE": "table"})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	if p.Start <= 0 {
		t.Errorf("started in %v", p.Start)
	}
	for _, file := range []string{"body-json", "body-binary", "path-question"} {
		event, err := os.ReadFile(filepath.Join("..", "..", "shared", "lambdahttp", "testdata", file+".json"))
		if err != nil {
			t.Fatal(err)
		}
		raw, err := p.Invoke(ctx, event)
		if err != nil {
			t.Fatal(err)
		}
		var answer events.APIGatewayV2HTTPResponse
		if err := json.Unmarshal(raw, &answer); err != nil {
			t.Fatal(err)
		}
		if answer.StatusCode != http.StatusOK || answer.Body == "" || answer.IsBase64Encoded != (file == "body-binary") {
			t.Errorf("%s: %+v", file, answer)
		}
		if !answer.IsBase64Encoded && !strings.HasSuffix(answer.Body, " table") {
			t.Errorf("%s: the environment is not there: %q", file, answer.Body)
		}
	}
	if _, err := p.Invoke(ctx, []byte("no event")); !isFunctionError(err) {
		t.Errorf("an event that is none: %v", err)
	}
	gone, cancelGone := context.WithCancel(ctx)
	cancelGone()
	if _, err := p.Invoke(gone, []byte("{}")); !errors.Is(err, context.Canceled) {
		t.Errorf("an invocation nobody waits for: %v", err)
	}
}

func isFunctionError(err error) bool {
	_, ok := errors.AsType[*runtimeapi.FunctionError](err)
	return ok
}

func TestBootTellsWhatWentWrong(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	_, err := runtimeapi.Boot(ctx, build(t, "testdata/broken"), nil)
	if err == nil || !strings.Contains(err.Error(), "MUSTER_TABLE is not set") || !strings.Contains(err.Error(), "ended") {
		t.Errorf("a function that does not start: %v", err)
	}
	if _, err := runtimeapi.Boot(ctx, filepath.Join(t.TempDir(), "none"), nil); err == nil {
		t.Error("a file that is not there was started")
	}
}

func TestBuildRefusesWhatIsNoProgram(t *testing.T) {
	if _, err := runtimeapi.Build(t.Context(), "testdata/library", runtimeapi.Deployed, t.TempDir()); err == nil {
		t.Error("a library is taken for a program")
	}
}

func TestZipped(t *testing.T) {
	binary := build(t, "testdata/echo")
	info, err := os.Stat(binary)
	if err != nil {
		t.Fatal(err)
	}
	n, err := runtimeapi.Zipped(binary)
	if err != nil || n < 1<<20 || int64(n) >= info.Size() {
		t.Errorf("%d bytes become %d, %v", info.Size(), n, err)
	}
}

// TestMakefileBuildsWithTheSameFlags keeps what is measured here and what is deployed the same.
func TestMakefileBuildsWithTheSameFlags(t *testing.T) {
	raw, err := os.ReadFile(filepath.Join(need.Root(), "Makefile"))
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(raw), "GOFLAGS='"+runtimeapi.GoFlags+"'") || !strings.Contains(string(raw), "CGO_ENABLED=0") {
		t.Errorf("the Makefile does not build with CGO_ENABLED=0 GOFLAGS='%s'", runtimeapi.GoFlags)
	}
}
