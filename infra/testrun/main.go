// Command testrun is `make test`: it runs the tests of every package, those of shared/ and infra/local under the race
// detector, shows a line for each package and the whole story of each that fails, and says at the end what was left out
// for want of a tool and how to get it. Arguments are passed on to go test.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"slices"
	"strings"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	ok, err := run(ctx, os.Args[1:], os.Stdout)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
	if !ok || err != nil {
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, out io.Writer) (bool, error) {
	start := time.Now()
	packages, err := output(ctx, "go", "list", "./...")
	if err != nil {
		return false, err
	}
	raced, plain := split(strings.Fields(packages))
	s := &summary{out: out, left: map[string]int{}}
	if canRace(ctx) {
		err = s.test(ctx, append([]string{"-race"}, args...), raced)
	} else {
		s.left["the race detector (a C compiler, such as the package gcc)"]++
		err = s.test(ctx, args, raced)
	}
	if err == nil {
		err = s.test(ctx, args, plain)
	}
	s.close(time.Since(start))
	return s.failed == 0, err
}

// split parts the packages that are tested under the race detector from the others.
func split(packages []string) (raced, plain []string) {
	for _, p := range packages {
		_, below, _ := strings.Cut(p, "/muster/")
		if strings.HasPrefix(below, "shared/") || strings.HasPrefix(below, "infra/local/") {
			raced = append(raced, p)
		} else {
			plain = append(plain, p)
		}
	}
	return raced, plain
}

// canRace says whether programs with the race detector can be built here: it needs a C compiler on most systems.
func canRace(ctx context.Context) bool {
	env, err := output(ctx, "go", "env", "CGO_ENABLED", "CC")
	if err != nil {
		return false
	}
	fields := strings.Fields(env)
	if len(fields) < 2 || fields[0] != "1" {
		return false
	}
	_, err = exec.LookPath(fields[1])
	return err == nil
}

func output(ctx context.Context, name string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Stderr = os.Stderr
	text, err := cmd.Output()
	return string(text), err
}

// event is a line of go test -json.
type event struct {
	Action, Package, Test, Output string
	Elapsed                       float64
}

// summary gathers what the tests say.
type summary struct {
	out    io.Writer
	passed int
	failed int            // tests and packages
	left   map[string]int // tests by what they would need
	story  map[string]*strings.Builder
}

// test runs the tests of packages.
func (s *summary) test(ctx context.Context, args, packages []string) error {
	cmd := exec.CommandContext(ctx, "go", slices.Concat([]string{"test", "-json", "-timeout", "40m"}, args, packages)...)
	cmd.Stderr = os.Stderr
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	pipe, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	s.read(pipe)
	if err := cmd.Wait(); err != nil && s.failed == 0 {
		return fmt.Errorf("go test: %w", err)
	}
	return nil
}

// read follows the events of go test.
func (s *summary) read(r io.Reader) {
	s.story = map[string]*strings.Builder{}
	lines := bufio.NewReader(r)
	for {
		line, err := lines.ReadString('\n')
		var e event
		switch {
		case line == "":
		case json.Unmarshal([]byte(line), &e) != nil:
			fmt.Fprint(s.out, line)
		default:
			s.event(e)
		}
		if err != nil {
			return
		}
	}
}

func (s *summary) event(e event) {
	switch e.Action {
	case "output", "build-output":
		story := s.story[e.Package]
		if story == nil {
			story = &strings.Builder{}
			s.story[e.Package] = story
		}
		story.WriteString(e.Output)
		if _, need, ok := strings.Cut(e.Output, "left out: needs "); ok {
			s.left[strings.TrimSpace(need)]++
		}
		if e.Action == "build-output" {
			fmt.Fprint(s.out, e.Output)
		}
	case "pass":
		if e.Test != "" {
			s.passed++
			return
		}
		fmt.Fprintf(s.out, "ok    %s  %.1fs\n", e.Package, e.Elapsed)
		delete(s.story, e.Package)
	case "fail":
		s.failed++
		if e.Test == "" {
			if story := s.story[e.Package]; story != nil {
				fmt.Fprint(s.out, story)
			}
			fmt.Fprintf(s.out, "FAIL  %s  %.1fs\n", e.Package, e.Elapsed)
			delete(s.story, e.Package)
		}
	}
}

// close says how it went.
func (s *summary) close(took time.Duration) {
	fmt.Fprintf(s.out, "\nTests: %d passed, %d failed\nThey took %.0f s.\n", s.passed, s.failed, took.Seconds())
	if len(s.left) == 0 {
		fmt.Fprintln(s.out, "Nothing was left out.")
		return
	}
	var lines []string
	for need, n := range s.left {
		lines = append(lines, fmt.Sprintf("Left out for want of %s: %d tests.", need, n))
	}
	slices.Sort(lines)
	fmt.Fprintln(s.out, strings.Join(lines, "\n"))
}
