package runtimeapi

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/muster-crm/muster/infra/template"
)

// Process is a function's running binary.
type Process struct {
	*API
	Start time.Duration // from the start of the process to its first poll

	cmd  *exec.Cmd
	log  *buffer
	exit chan error
}

// Environment is what Lambda gives a function of the template: its own variables, symbols such as "${Table}" as plain
// names, and a region and credentials that lead nowhere. AWS services are at endpoint; "" is an address that refuses.
func Environment(f *template.Function, endpoint string) map[string]string {
	if endpoint == "" {
		endpoint = "http://127.0.0.1:1"
	}
	env := map[string]string{
		"AWS_REGION":               "eu-west-1",
		"AWS_ACCESS_KEY_ID":        "AKIAEXAMPLE",
		"AWS_SECRET_ACCESS_KEY":    "example",
		"AWS_SESSION_TOKEN":        "example",
		"AWS_ENDPOINT_URL":         endpoint,
		"AWS_LAMBDA_FUNCTION_NAME": f.Name,
		"_HANDLER":                 f.Handler,
		"TZ":                       "UTC",
	}
	plain := strings.NewReplacer("${", "", "}", "", ".", "-", "::", "-")
	for name, value := range f.Environment.Variables {
		env[name] = plain.Replace(value)
	}
	return env
}

// Boot starts a binary with the given environment and no other, and waits for its first poll until ctx ends. The
// process lives until Close, or until ctx ends.
func Boot(ctx context.Context, binary string, env map[string]string) (*Process, error) {
	api, err := Listen()
	if err != nil {
		return nil, err
	}
	p := &Process{API: api, log: &buffer{}, exit: make(chan error, 1)}
	p.cmd = exec.CommandContext(ctx, binary)
	p.cmd.Dir = filepath.Dir(binary)
	p.cmd.Stdout, p.cmd.Stderr = p.log, p.log
	p.cmd.Env = []string{"AWS_LAMBDA_RUNTIME_API=" + api.Addr(), "LAMBDA_TASK_ROOT=" + filepath.Dir(binary)}
	for _, name := range slices.Sorted(maps.Keys(env)) {
		p.cmd.Env = append(p.cmd.Env, name+"="+env[name])
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	start := time.Now()
	if err := p.cmd.Start(); err != nil {
		_ = api.Close()
		return nil, err
	}
	go func() {
		err := p.cmd.Wait()
		cancel(fmt.Errorf("the process ended: %v", err))
		p.exit <- err
	}()
	at, err := api.Ready(ctx)
	if err != nil {
		if cause := context.Cause(ctx); cause != nil {
			err = cause
		}
		err = fmt.Errorf("%w\n%s", err, p.log)
		_ = p.Close()
		return nil, err
	}
	p.Start = at.Sub(start)
	return p, nil
}

// Memory is the process's resident memory in bytes, 0 where it cannot be told.
func (p *Process) Memory() int64 {
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", p.cmd.Process.Pid))
	var size, resident int64
	if err != nil {
		return 0
	}
	if _, err := fmt.Sscan(string(raw), &size, &resident); err != nil {
		return 0
	}
	return resident * int64(os.Getpagesize())
}

// Log is what the process has written so far.
func (p *Process) Log() string { return p.log.String() }

// Close ends the process and the API.
func (p *Process) Close() error {
	_ = p.cmd.Process.Signal(syscall.SIGKILL)
	<-p.exit
	return p.API.Close()
}

// buffer is a bytes.Buffer for two goroutines.
type buffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}
