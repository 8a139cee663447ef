package checks

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"io"
	"os"
	"os/exec"
	"path"
	"slices"
	"strings"
)

// awsDrivers are the folders that may know the services of AWS: the drivers, what gives them their configuration, and
// what stands between Lambda and a handler. Mains may too.
var awsDrivers = []string{"shared/awsenv", "shared/lambdahttp", "shared/blob/s3blob", "shared/mail/sesmail", "shared/queue/sqsqueue",
	"shared/store/dynamostore"}

// awsTools are the folders below infra that stand in for AWS on a laptop and in tests, or open its drivers for them.
var awsTools = []string{"infra/local/gateway", "infra/local/wire", "infra/runtimeapi"}

// embedded are the drivers of the laptop.
var embedded = []string{"shared/store/boltstore", "shared/blob/dirblob", "shared/mail/dirmail", "shared/queue/memqueue"}

// withPhones are the functions that take telephone numbers in, for which alone the number plans are worth their weight.
var withPhones = []string{"functions/contacts", "functions/imports", "functions/jobs", "functions/web"}

const phoneNumbers = "github.com/nyaruka/phonenumbers"

// kernelOnly are the packages that apps reach through the operations of the product alone.
var kernelOnly = []string{"shared/store", "shared/log", "shared/index", "shared/catalog"}

func isAWS(p string) bool { return below(p, "github.com/aws", "github.com/awslabs") }

// isMain reports whether a folder is a function's main.
func isMain(dir string) bool { return path.Dir(dir) == "functions" }

// isApp reports whether a folder belongs to an app.
func isApp(dir string) bool {
	parts := strings.Split(dir, "/")
	return len(parts) > 2 && parts[0] == "functions"
}

// isSuite reports whether a folder is a suite of tests.
func isSuite(dir string) bool { return strings.HasSuffix(path.Base(dir), "test") }

// own gives the folder of a package of the project.
func own(importPath string) (dir string, ok bool) { return strings.CutPrefix(importPath, Module+"/") }

// Imports holds every import to the rules of who may know whom.
func Imports(t *Tree) (found []string) {
	for _, s := range t.Go {
		for i, p := range s.Imports {
			if why := forbidden(s, p); why != "" {
				found = append(found, s.at(s.AST.Imports[i].Pos(), "imports %s: %s", p, why))
			}
		}
	}
	return found
}

// forbidden says why a file may not import a package, "" if it may.
func forbidden(s *Source, p string) string {
	from := s.Dir()
	to, ours := own(p)
	switch {
	case below(from, "shared") && ours && below(to, "functions"):
		return "shared knows no function"
	case below(from, "shared") && ours && below(to, "infra") && !s.Test && !isSuite(from):
		return "shared knows nothing of what builds and runs it"
	case isMain(from) && ours && below(to, "infra"):
		return "a function knows nothing of what builds and runs it"
	case ours && isApp(to) && !below(from, path.Join(strings.Split(to, "/")[:2]...), "infra"):
		return "an app is its main's and infra's alone"
	case isAWS(p) && !below(from, awsDrivers...) && !isMain(from) && !below(from, awsTools...):
		return "only drivers and mains know AWS"
	case p == "testing" && !s.Test && !isSuite(from) && from != "infra/need":
		return "what is not a test or a suite knows no tests"
	case isApp(from) && !s.Test && ours && slices.Contains(kernelOnly, to):
		return "apps only translate; this is the kernel's"
	}
	return ""
}

// callers are what sends requests in net/http.
var callers = []string{"Client", "DefaultClient", "Get", "Head", "Post", "PostForm", "NewRequest", "NewRequestWithContext", "DefaultTransport"}

// Calls finds functions that call over the network: what they share, they share as packages.
func Calls(t *Tree) (found []string) {
	t.walk(func(s *Source) bool { return below(s.Path, "functions") && !s.Test }, func(s *Source, n ast.Node) {
		if sel, ok := n.(*ast.SelectorExpr); ok && isName(sel.X, "http") && slices.Contains(callers, sel.Sel.Name) {
			found = append(found, s.at(n.Pos(), "uses http.%s: a function calls no other", sel.Sel.Name))
		}
	})
	return found
}

func isName(e ast.Expr, name string) bool {
	id, ok := e.(*ast.Ident)
	return ok && id.Name == name
}

// Graph is what packages are built from: import paths by import path, as Lambda builds them.
type Graph map[string][]string

// List asks the go command for the graph of everything that is deployed or run, below the project's folder.
func List(dir string) (Graph, error) {
	cmd := exec.Command("go", "list", "-e", "-deps", "-tags=lambda.norpc", "-json=ImportPath,Imports", "./functions/...", "./shared/...", "./infra/local/...")
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOOS=linux", "GOARCH=arm64", "CGO_ENABLED=0")
	cmd.Stderr = os.Stderr
	raw, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("go list: %w", err)
	}
	g := Graph{}
	for d := json.NewDecoder(bytes.NewReader(raw)); ; {
		var p struct {
			ImportPath string
			Imports    []string
		}
		switch err := d.Decode(&p); {
		case errors.Is(err, io.EOF):
			return g, nil
		case err != nil:
			return nil, err
		}
		g[p.ImportPath] = p.Imports
	}
}

// chain gives how a package comes to be linked into another: the imports that lead to it, nil if none do.
func (g Graph) chain(from string, is func(string) bool) []string {
	came := map[string]string{from: ""}
	for queue := []string{from}; len(queue) > 0; queue = queue[1:] {
		at := queue[0]
		if at != from && is(at) {
			var way []string
			for p := at; p != ""; p = came[p] {
				way = append([]string{strings.TrimPrefix(p, Module+"/")}, way...)
			}
			return way
		}
		for _, p := range g[at] {
			if _, seen := came[p]; !seen {
				came[p] = at
				queue = append(queue, p)
			}
		}
	}
	return nil
}

// Linked holds what is linked into programs and packages to the rules.
func (g Graph) Linked() (found []string) {
	paths := make([]string, 0, len(g))
	for p := range g {
		paths = append(paths, p)
	}
	slices.Sort(paths)
	for _, p := range paths {
		dir, ours := own(p)
		if !ours {
			continue
		}
		no := func(what string, is func(string) bool) {
			if way := g.chain(p, is); way != nil {
				found = append(found, fmt.Sprintf("%s: %s: %s", dir, what, strings.Join(way, " > ")))
			}
		}
		in := func(folders ...string) func(string) bool {
			return func(p string) bool { to, ours := own(p); return ours && below(to, folders...) }
		}
		if isMain(dir) {
			no("an embedded driver is linked into a Lambda", in(embedded...))
			no("infra is linked into a Lambda", in("infra"))
			if !slices.Contains(withPhones, dir) {
				no("the number plans are linked into a function that takes no numbers in", func(p string) bool { return p == phoneNumbers })
			}
		}
		if isMain(dir) || dir == "infra/local" {
			no("package testing is linked into a program", func(p string) bool { return p == "testing" })
		}
		if isApp(dir) || below(dir, "shared") && !below(dir, awsDrivers...) {
			no("AWS is linked into what is neither driver nor main", isAWS)
		}
	}
	return found
}
