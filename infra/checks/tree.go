// Package checks holds the repository to its rules: which package may know which, what is linked into what, how files
// and packages are named and documented, which calls and words are not used, that every text has its key and every key
// its text, that papers name what exists.
//
// A rule is a function from the tree, or from the graph of what is linked, to its findings. Both are values that tests
// also make by hand, so that each rule is proven to find what it is for.
package checks

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"
)

// Module is the project's import path.
const Module = "github.com/muster-crm/muster"

// Tree is the project's files.
type Tree struct {
	Files map[string][]byte // by path, slashes
	Go    []*Source         // the Go files among them but those below testdata, in order
}

// Source is one Go file.
type Source struct {
	Path      string
	Test      bool
	Generated bool
	AST       *ast.File
	Imports   []string
	set       *token.FileSet
}

// Rule finds what is wrong with a tree: sentences that begin with a path.
type Rule func(*Tree) []string

// Read reads the project below fsys.
func Read(fsys fs.FS) (*Tree, error) {
	t := &Tree{Files: map[string][]byte{}}
	err := fs.WalkDir(fsys, ".", func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && slices.Contains([]string{".git", ".cache", ".data", ".aws-sam", "node_modules"}, d.Name()):
			return fs.SkipDir
		case !d.Type().IsRegular():
			return nil
		}
		raw, err := fs.ReadFile(fsys, name)
		if err != nil {
			return err
		}
		t.Files[name] = raw
		if path.Ext(name) != ".go" || strings.Contains(name, "testdata/") {
			return nil
		}
		s, err := read(name, raw)
		t.Go = append(t.Go, s)
		return err
	})
	return t, err
}

func read(name string, raw []byte) (*Source, error) {
	s := &Source{Path: name, Test: strings.HasSuffix(name, "_test.go"), set: token.NewFileSet()}
	var err error
	if s.AST, err = parser.ParseFile(s.set, name, raw, parser.ParseComments|parser.SkipObjectResolution); err != nil {
		return nil, err
	}
	s.Generated = ast.IsGenerated(s.AST)
	for _, spec := range s.AST.Imports {
		p, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			return nil, err
		}
		s.Imports = append(s.Imports, p)
	}
	return s, nil
}

// Dir is the folder of the file.
func (s *Source) Dir() string { return path.Dir(s.Path) }

// at makes a finding at a place in the file.
func (s *Source) at(pos token.Pos, format string, args ...any) string {
	return fmt.Sprintf("%s:%d: %s", s.Path, s.set.Position(pos).Line, fmt.Sprintf(format, args...))
}

// folders lists the folders that hold Go files, in order, with their files.
func (t *Tree) folders() (names []string, files map[string][]*Source) {
	files = map[string][]*Source{}
	for _, s := range t.Go {
		if files[s.Dir()] == nil {
			names = append(names, s.Dir())
		}
		files[s.Dir()] = append(files[s.Dir()], s)
	}
	slices.Sort(names)
	return names, files
}

// names lists the paths of all files, in order.
func (t *Tree) names() []string {
	names := make([]string, 0, len(t.Files))
	for name := range t.Files {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// lines calls do for every line of the text files.
func (t *Tree) lines(do func(name string, number int, line []byte)) {
	for _, name := range t.names() {
		if raw := t.Files[name]; len(raw) < 1<<20 && bytes.IndexByte(raw, 0) < 0 {
			for i, line := range bytes.Split(raw, []byte("\n")) {
				do(name, i+1, line)
			}
		}
	}
}

// walk visits every node of the Go files a rule is about.
func (t *Tree) walk(which func(*Source) bool, visit func(*Source, ast.Node)) {
	for _, s := range t.Go {
		if which(s) {
			ast.Inspect(s.AST, func(n ast.Node) bool {
				if n != nil {
					visit(s, n)
				}
				return true
			})
		}
	}
}

// below reports whether a path lies in one of the folders, or is one of them.
func below(name string, folders ...string) bool {
	return slices.ContainsFunc(folders, func(f string) bool { return name == f || strings.HasPrefix(name, f+"/") })
}
