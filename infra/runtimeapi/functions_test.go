package runtimeapi_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"github.com/muster-crm/muster/infra/runtimeapi"
	"github.com/muster-crm/muster/infra/template"
)

// trial is an event for a function, and what is wrong with its answer. AWS is not there: whatever needs it must say so
// in words.
type trial struct {
	event string
	judge func(answer []byte, err error) error
}

// request is the golden event of a GET.
func request(method, path string) string {
	raw, err := os.ReadFile(filepath.Join("..", "..", "shared", "lambdahttp", "testdata", "plain.json"))
	if err != nil {
		panic(err)
	}
	var e events.APIGatewayV2HTTPRequest
	if err := json.Unmarshal(raw, &e); err != nil {
		panic(err)
	}
	e.RawPath, e.RequestContext.HTTP.Path, e.RequestContext.HTTP.Method = path, path, method
	out, err := json.Marshal(e)
	if err != nil {
		panic(err)
	}
	return string(out)
}

// answers judges an answer over HTTP.
func answers(status int, contentType string) func([]byte, error) error {
	return func(raw []byte, err error) error {
		if err != nil {
			return err
		}
		var a events.APIGatewayV2HTTPResponse
		if err := json.Unmarshal(raw, &a); err != nil {
			return err
		}
		if a.StatusCode != status || !strings.HasPrefix(a.Headers["Content-Type"], contentType) {
			return fmt.Errorf("answered %d %s, want %d %s: %.300s", a.StatusCode, a.Headers["Content-Type"], status, contentType, a.Body)
		}
		return nil
	}
}

const problem = "application/problem+json"

var trials = map[string]trial{
	"contacts": {request("GET", "/v1/contacts"), answers(401, problem)},
	"search":   {request("GET", "/v1/search"), answers(401, problem)},
	"imports":  {request("GET", "/v1/imports"), answers(401, problem)},
	"files":    {request("GET", "/v1/files/none"), answers(401, problem)},
	"merge":    {request("GET", "/v1/merges"), answers(401, problem)},
	"accounts": {request("GET", "/v1/me"), answers(401, problem)},
	"web":      {request("GET", "/robots.txt"), answers(200, "text/plain; charset=utf-8")},
	"jobs": {`{"Records":[{"messageId":"m1","body":"no message of ours","eventSource":"aws:sqs"}]}`, func(raw []byte, err error) error {
		if err != nil {
			return err
		}
		var a events.SQSEventResponse
		if err := json.Unmarshal(raw, &a); err != nil || a.BatchItemFailures == nil {
			return fmt.Errorf("answered %s, %v", raw, err)
		}
		return nil
	}},
	"schedule": {`{}`, func(_ []byte, err error) error {
		if !isFunctionError(err) {
			return fmt.Errorf("without its table it reports %v", err)
		}
		return nil
	}},
}

// TestFunctions builds every function of the template, holds its package to the budget, starts it without a network and
// gives it an event, twice: an error must not end the process.
func TestFunctions(t *testing.T) {
	document, root, err := template.Find(".")
	if err != nil {
		t.Fatal(err)
	}
	model, err := document.Resolve(template.Parameters{"OwnerEmail": "owner@example.org", "MailFrom": "muster@example.org"})
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range model.Functions {
		t.Run(f.Name, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), 5*patience)
			defer cancel()
			trial, ok := trials[f.Name]
			if !ok {
				t.Fatal("there is no trial of this function")
			}
			dir := filepath.Join(root, f.CodeURI)
			binary, err := runtimeapi.Build(ctx, dir, runtimeapi.Native, t.TempDir())
			if err != nil {
				t.Fatal(err)
			}
			deployed, err := runtimeapi.Build(ctx, dir, runtimeapi.Deployed, t.TempDir())
			if err != nil {
				t.Fatal(err)
			}
			zipped, err := runtimeapi.Zipped(deployed)
			if err != nil {
				t.Fatal(err)
			}
			phone, err := runtimeapi.Links(ctx, dir, runtimeapi.PhoneNumbers)
			if err != nil {
				t.Fatal(err)
			}
			if budget := runtimeapi.Budget(f.Name, phone); zipped > budget {
				t.Errorf("%d bytes zipped, the budget is %d", zipped, budget)
			}
			p, err := runtimeapi.Boot(ctx, binary, runtimeapi.Environment(f, ""))
			if err != nil {
				t.Fatal(err)
			}
			defer p.Close()
			t.Logf("%.2f MB zipped, polled after %v, %d MB resident", float64(zipped)/(1<<20), p.Start.Round(100*time.Microsecond), p.Memory()>>20)
			for range 2 {
				invoke, cancel := context.WithTimeout(ctx, time.Duration(f.Timeout)*time.Second)
				answer, err := p.Invoke(invoke, []byte(trial.event))
				cancel()
				if err := trial.judge(answer, err); err != nil {
					t.Errorf("%v\n%s", err, p.Log())
				}
			}
		})
	}
}
