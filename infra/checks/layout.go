package checks

import (
	"bytes"
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"
)

// topLevel is all there is at the top beside files that begin with a dot.
var topLevel = []string{"LICENSE", "Makefile", "README.md", "functions", "go.mod", "go.sum", "infra", "samconfig.toml", "shared", "template.yaml"}

// TopLevel finds names at the top that do not belong there.
func TopLevel(t *Tree) (found []string) {
	for _, name := range t.names() {
		first, _, _ := strings.Cut(name, "/")
		if !strings.HasPrefix(first, ".") && !slices.Contains(topLevel, first) {
			found = append(found, name+": the top level holds only "+strings.Join(topLevel, " "))
		}
	}
	return found
}

// Bootstrap finds folders of the name that the build of a function gives its program.
func Bootstrap(t *Tree) (found []string) {
	for _, name := range t.names() {
		if slices.Contains(strings.Split(path.Dir(name), "/"), "bootstrap") {
			found = append(found, name+": no folder is named bootstrap, the name of a function's program")
		}
	}
	return found
}

var codeURI = regexp.MustCompile(`(?m)^\s*CodeUri:\s*['"]?([^'"\s]+)`)

// CodeURIs finds functions of the template whose folder is no program: the build would succeed with an archive.
func CodeURIs(t *Tree) (found []string) {
	_, folders := t.folders()
	matches := codeURI.FindAllSubmatch(t.Files["template.yaml"], -1)
	for _, m := range matches {
		dir := path.Clean(string(m[1]))
		if !isMain(dir) || !slices.ContainsFunc(folders[dir], func(s *Source) bool { return s.AST.Name.Name == "main" }) {
			found = append(found, fmt.Sprintf("template.yaml: CodeUri %s is no folder functions/<name> with a package main", m[1]))
		}
	}
	if len(matches) == 0 {
		found = append(found, "template.yaml: no CodeUri in it")
	}
	return found
}

// Limits of files, in lines.
const (
	mostLines     = 700
	mostMainLines = 60
)

// Sizes finds files that do more than one thing, by their length, and mains that do more than wire.
func Sizes(t *Tree) (found []string) {
	for _, s := range t.Go {
		n := bytes.Count(t.Files[s.Path], []byte("\n"))
		switch {
		case n > mostLines && !s.Generated:
			found = append(found, fmt.Sprintf("%s: %d lines, at most %d", s.Path, n, mostLines))
		case isMain(s.Dir()) && !s.Test && n > mostMainLines:
			found = append(found, fmt.Sprintf("%s: %d lines, a main has at most %d", s.Path, n, mostMainLines))
		}
	}
	names, folders := t.folders()
	for _, dir := range names {
		production := slices.DeleteFunc(slices.Clone(folders[dir]), func(s *Source) bool { return s.Test })
		if isMain(dir) && len(production) != 1 {
			found = append(found, fmt.Sprintf("%s: a function's main is one file, not %d", dir, len(production)))
		}
	}
	return found
}

// vague are names that say nothing of what a package provides.
var vague = []string{"util", "utils", "common", "type", "types", "model", "models", "handler", "handlers", "helper", "helpers", "misc", "base", "core", "lib"}

// Names finds packages named for nothing, or otherwise than their folder.
func Names(t *Tree) (found []string) {
	names, folders := t.folders()
	for _, dir := range names {
		name := strings.TrimSuffix(folders[dir][0].AST.Name.Name, "_test")
		switch {
		case slices.Contains(vague, name) || slices.Contains(vague, path.Base(dir)):
			found = append(found, dir+": a package is named for what it provides")
		case name != "main" && name != path.Base(dir):
			found = append(found, fmt.Sprintf("%s: package %s in a folder of another name", dir, name))
		}
	}
	return found
}
