package emulator

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/muster-crm/muster/infra/template"
	"github.com/muster-crm/muster/shared/queue"
)

const declared = `
Parameters:
  Owner: {Type: String}
  Stage: {Type: String, Default: dev, AllowedValues: [dev, prod]}
Resources:
  Api: {Type: AWS::Serverless::HttpApi, Properties: {}}
  Web:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: functions/web
      Timeout: 29
      Events: {Rest: {Type: HttpApi, Properties: {ApiId: !Ref Api}}}
  Jobs:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: functions/jobs
      Timeout: 10
      Events: {Work: {Type: SQS, Properties: {Queue: !GetAtt Queue.Arn, ScalingConfig: {MaximumConcurrency: 2}}}}
  Tick:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: functions/tick
      Timeout: 29
      Events: {Minute: {Type: ScheduleV2, Properties: {ScheduleExpression: rate(1 minute)}}}
  Queue:
    Type: AWS::SQS::Queue
    Properties: {VisibilityTimeout: 60, RedrivePolicy: {deadLetterTargetArn: !GetAtt Dead.Arn, maxReceiveCount: 3}}
  Dead: {Type: AWS::SQS::Queue, Properties: {}}
`

func document(t testing.TB) template.Document {
	t.Helper()
	d, err := template.Parse([]byte(declared))
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// parts are functions that do nothing.
func parts() Parts {
	return Parts{Functions: map[string]Function{
		"web":  {HTTP: http.NotFoundHandler()},
		"jobs": {Queue: func(context.Context, queue.Message) error { return nil }},
		"tick": {Schedule: func(context.Context, time.Time) error { return nil }},
	}}
}

func quiet() *slog.Logger { return slog.New(slog.DiscardHandler) }

// bubble starts a site without a listener, for tests on false time.
func bubble(t *testing.T, build func(Site) Parts) *Server {
	t.Helper()
	c := Config{Log: quiet(), Build: func(_ context.Context, s Site) (Parts, error) { return build(s), nil }}
	model, err := document(t).Resolve(template.Parameters{"Owner": "x"})
	if err != nil {
		t.Fatal(err)
	}
	s, err := assemble(t.Context(), c, model, "http://localhost:3000")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestServesOverHTTP(t *testing.T) {
	var site Site
	s, err := Start(t.Context(), Config{
		Template: document(t),
		Addr:     "127.0.0.1:0",
		Log:      quiet(),
		Build: func(_ context.Context, given Site) (Parts, error) {
			site = given
			p := parts()
			p.Functions["web"] = Function{HTTP: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				fmt.Fprintf(w, "web %s %s %s", r.Host, r.URL.Path, r.Header.Get("X-Forwarded-Proto"))
			})}
			p.Mounts = map[string]http.Handler{"/_mail/": http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "mail") })}
			return p, nil
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	if s.URL() != site.URL || !strings.HasPrefix(s.URL(), "http://localhost:") {
		t.Errorf("is at %q, functions think %q", s.URL(), site.URL)
	}
	host := strings.TrimPrefix(s.URL(), "http://")
	for path, want := range map[string]string{"/a%20b": "web " + host + " /a b http", "/_mail": "mail", "/_mail/1": "mail", "/_mailbox": "web " + host + " /_mailbox http"} {
		resp, err := http.Get(s.URL() + path)
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(resp.Body)
		if err != nil || string(got) != want {
			t.Errorf("%s answers %q, %v; want %q", path, got, err, want)
		}
		resp.Body.Close()
	}

	// A second one on the same address is told so.
	_, err = Start(t.Context(), Config{Template: document(t), Addr: strings.Replace(host, "localhost", "127.0.0.1", 1), Log: quiet(),
		Build: func(context.Context, Site) (Parts, error) { return parts(), nil }})
	if err == nil || !strings.Contains(err.Error(), "cannot listen on 127.0.0.1:") {
		t.Errorf("two sites at one address: %v", err)
	}

	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var out bytes.Buffer
	if err := s.Run(ctx, &out, time.Minute); err != nil || out.String() != s.URL()+"\n" {
		t.Errorf("run: %v, said %q", err, out.String())
	}
	if _, err := http.Get(s.URL()); err == nil {
		t.Error("it answers after Close")
	}
}

func TestFunctionsMustFitTheTemplate(t *testing.T) {
	for _, c := range []struct {
		name, about string
		change      func(Parts)
	}{
		{"one missing", "jobs", func(p Parts) { delete(p.Functions, "jobs") }},
		{"one too many", "other", func(p Parts) { p.Functions["other"] = Function{HTTP: http.NotFoundHandler()} }},
		{"no handler for a route", "routes", func(p Parts) { p.Functions["web"] = Function{} }},
		{"no handler for a schedule", "schedule", func(p Parts) { p.Functions["tick"] = Function{} }},
		{"a handler for nothing", "queue", func(p Parts) {
			f := p.Functions["web"]
			f.Queue = p.Functions["jobs"].Queue
			p.Functions["web"] = f
		}},
	} {
		_, err := Start(t.Context(), Config{Template: document(t), Addr: "127.0.0.1:0", Log: quiet(), Build: func(context.Context, Site) (Parts, error) {
			p := parts()
			c.change(p)
			return p, nil
		}})
		if err == nil || !strings.Contains(err.Error(), c.about) {
			t.Errorf("%s: %v", c.name, err)
		}
	}
	broken := errors.New("broken")
	if _, err := Start(t.Context(), Config{Template: document(t), Addr: "127.0.0.1:0", Build: func(context.Context, Site) (Parts, error) { return Parts{}, broken }}); !errors.Is(err, broken) {
		t.Errorf("an error of Build: %v", err)
	}
}

// TestQueue shows that messages come with the template's retries and end as dead letters, and that one sent while
// functions are built is not lost.
func TestQueue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		var got []string
		s := bubble(t, func(site Site) Parts {
			if err := site.Queues["Queue"].Send(t.Context(), queue.Message{Body: []byte("early")}); err != nil {
				t.Error(err)
			}
			if site.Queues["Dead"] != nil {
				t.Error("functions can send to a queue that nothing is fed from")
			}
			p := parts()
			p.Functions["jobs"] = Function{Queue: func(ctx context.Context, m queue.Message) error {
				mu.Lock()
				defer mu.Unlock()
				got = append(got, fmt.Sprintf("%s %d", m.Body, m.Attempt))
				if deadline, _ := ctx.Deadline(); time.Until(deadline) != 10*time.Second {
					t.Errorf("the function has until %v", time.Until(deadline))
				}
				if string(m.Body) == "bad" {
					return errors.New("bad")
				}
				return nil
			}}
			return p
		})
		synctest.Wait()
		if err := s.Queue("Queue").Send(t.Context(), queue.Message{Body: []byte("bad")}); err != nil {
			t.Fatal(err)
		}
		<-time.After(time.Hour)
		mu.Lock()
		defer mu.Unlock()
		if diff := cmp.Diff([]string{"early 1", "bad 1", "bad 2", "bad 3"}, got); diff != "" {
			t.Errorf("(-want +got)\n%s", diff)
		}
		if dead := s.Queue("Queue").Dead(); len(dead) != 1 || string(dead[0].Body) != "bad" {
			t.Errorf("dead letters %v", dead)
		}
		if err := s.Close(t.Context()); err != nil {
			t.Error(err)
		}
	})
}

// TestSchedule shows that a schedule fires at once and each minute, goes on after failures and panics, leaves out the
// times a long call covers, and stops with the site.
func TestSchedule(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		var fired []time.Duration
		calls := 0
		s := bubble(t, func(Site) Parts {
			p := parts()
			p.Functions["tick"] = Function{Schedule: func(ctx context.Context, at time.Time) error {
				fired = append(fired, at.Sub(start))
				switch calls++; calls {
				case 2:
					return errors.New("failed")
				case 3:
					panic("panicked")
				case 4:
					<-time.After(150 * time.Second) // deaf to its deadline
				}
				return nil
			}}
			return p
		})
		<-time.After(7*time.Minute + time.Second)
		if err := s.Close(t.Context()); err != nil {
			t.Error(err)
		}
		<-time.After(time.Hour)
		m := time.Minute
		want := []time.Duration{0, m, 2 * m, 3 * m, 6*m + 30*time.Second}
		if diff := cmp.Diff(want, fired); diff != "" {
			t.Errorf("(-want +got)\n%s", diff)
		}
	})
}

// TestCloseWaits shows that Close waits for the function a schedule called, and not longer than it may.
func TestCloseWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		finished := false
		s := bubble(t, func(Site) Parts {
			p := parts()
			p.Functions["tick"] = Function{Schedule: func(ctx context.Context, _ time.Time) error {
				select {
				case <-time.After(5 * time.Second):
					finished = true
					return nil
				case <-ctx.Done():
					return ctx.Err()
				}
			}}
			return p
		})
		synctest.Wait()
		short, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := s.Close(short); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("closed while a function runs: %v", err)
		}
		if err := s.Close(t.Context()); err != nil || !finished {
			t.Errorf("closed: %v, finished: %v", err, finished)
		}
	})
}
