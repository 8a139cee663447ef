package template

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Code is the project's Go code, read as text: nothing is compiled.
type Code struct {
	root   string
	module string
	parsed map[string][]*ast.File // by folder
}

// ReadCode opens the project at root.
func ReadCode(root string) (*Code, error) {
	raw, err := os.ReadFile(filepath.Join(root, "go.mod"))
	if err != nil {
		return nil, err
	}
	match := regexp.MustCompile(`(?m)^module\s+(\S+)`).FindSubmatch(raw)
	if match == nil {
		return nil, fmt.Errorf("template: no module line in %s/go.mod", root)
	}
	return &Code{root: root, module: string(match[1]), parsed: map[string][]*ast.File{}}, nil
}

// files parses a folder's Go files but its tests.
func (s *Code) files(dir string) ([]*ast.File, error) {
	if files, ok := s.parsed[dir]; ok {
		return files, nil
	}
	names, err := fs.Glob(os.DirFS(filepath.Join(s.root, dir)), "*.go")
	if err != nil {
		return nil, err
	}
	var files []*ast.File
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), filepath.Join(s.root, dir, name), nil, parser.SkipObjectResolution)
		if err != nil {
			return nil, err
		}
		files = append(files, f)
	}
	s.parsed[dir] = files
	return files, nil
}

// IsMain says whether a folder is a program.
func (s *Code) IsMain(dir string) (bool, error) {
	files, err := s.files(dir)
	if err != nil || len(files) == 0 || files[0].Name.Name != "main" {
		return false, err
	}
	for _, f := range files {
		for _, d := range f.Decls {
			if f, ok := d.(*ast.FuncDecl); ok && f.Recv == nil && f.Name.Name == "main" {
				return true, nil
			}
		}
	}
	return false, nil
}

// local gives the folder of a package of the project's own.
func (s *Code) local(importPath string) (string, bool) {
	dir, ok := strings.CutPrefix(importPath, s.module+"/")
	return dir, ok
}

// imports maps the names a file knows packages by to their paths.
func imports(f *ast.File) map[string]string {
	names := map[string]string{}
	for _, spec := range f.Imports {
		p, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			continue
		}
		name := path.Base(p)
		if regexp.MustCompile(`^v\d+$`).MatchString(name) {
			name = path.Base(path.Dir(p))
		}
		if spec.Name != nil {
			name = spec.Name.Name
		}
		names[name] = p
	}
	return names
}

// Linked lists the folders of the project's packages a package is built from, itself included.
func (s *Code) Linked(dir string) ([]string, error) {
	seen := map[string]bool{}
	var walk func(dir string) error
	walk = func(dir string) error {
		if seen[dir] {
			return nil
		}
		seen[dir] = true
		files, err := s.files(dir)
		if err != nil {
			return err
		}
		for _, f := range files {
			for _, p := range imports(f) {
				if own, ok := s.local(p); ok {
					if err := walk(own); err != nil {
						return err
					}
				}
			}
		}
		return nil
	}
	err := walk(dir)
	return slices.Sorted(maps.Keys(seen)), err
}

var variable = regexp.MustCompile(`^MUSTER_[A-Z][A-Z0-9_]*$`)

// Variables lists the environment variables a main reads: the names that stand in its own files and in the bodies of
// the project's functions it calls by name, there followed through their package.
func (s *Code) Variables(dir string) ([]string, error) {
	found := map[string]bool{}
	files, err := s.files(dir)
	if err != nil {
		return nil, err
	}
	type function struct{ dir, name string }
	followed := map[function]bool{}
	var follow func(function) error
	collect := func(n ast.Node, called func(name string)) {
		ast.Inspect(n, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.BasicLit:
				if name, err := strconv.Unquote(n.Value); err == nil && n.Kind == token.STRING && variable.MatchString(name) {
					found[name] = true
				}
			case *ast.Ident:
				called(n.Name)
			}
			return true
		})
	}
	follow = func(at function) error {
		if followed[at] {
			return nil
		}
		followed[at] = true
		files, err := s.files(at.dir)
		if err != nil {
			return err
		}
		for _, f := range files {
			for _, d := range f.Decls {
				switch d := d.(type) {
				case *ast.FuncDecl:
					if d.Name.Name == at.name {
						collect(d, func(name string) { err = firstError(err, follow(function{at.dir, name})) })
					}
				case *ast.GenDecl:
					for _, spec := range d.Specs {
						if v, ok := spec.(*ast.ValueSpec); ok && slices.ContainsFunc(v.Names, func(n *ast.Ident) bool { return n.Name == at.name }) {
							collect(v, func(string) {})
						}
					}
				}
			}
		}
		return err
	}
	for _, f := range files {
		names := imports(f)
		collect(f, func(string) {})
		ast.Inspect(f, func(n ast.Node) bool {
			if sel, ok := n.(*ast.SelectorExpr); ok {
				if x, ok := sel.X.(*ast.Ident); ok {
					if own, ok := s.local(names[x.Name]); ok {
						err = firstError(err, follow(function{own, sel.Sel.Name}))
					}
				}
			}
			return true
		})
	}
	return slices.Sorted(maps.Keys(found)), err
}

func firstError(a, b error) error {
	if a != nil {
		return a
	}
	return b
}

// requests maps what the code names of an SDK package to the IAM actions the request takes. Requests a stack makes
// itself, and code only tests call, take none.
var requests = map[string][]string{
	"dynamodb.GetItemInput":                 {"dynamodb:GetItem"},
	"dynamodb.BatchGetItemInput":            {"dynamodb:BatchGetItem"},
	"dynamodb.TransactGetItemsInput":        {"dynamodb:GetItem"},
	"dynamodb.QueryInput":                   {"dynamodb:Query"},
	"dynamodb.TransactWriteItemsInput":      {}, // by its parts:
	"dynamodb/types.Put":                    {"dynamodb:PutItem"},
	"dynamodb/types.Update":                 {"dynamodb:UpdateItem"},
	"dynamodb/types.Delete":                 {"dynamodb:DeleteItem"},
	"dynamodb/types.ConditionCheck":         {"dynamodb:ConditionCheckItem"},
	"dynamodb.CreateTableInput":             {},
	"dynamodb.DescribeTableInput":           {},
	"dynamodb.UpdateTimeToLiveInput":        {},
	"dynamodb.UpdateContinuousBackupsInput": {},

	"s3.GetObjectInput":               {"s3:GetObject"},
	"s3.HeadObjectInput":              {"s3:GetObject"},
	"s3.PutObjectInput":               {"s3:PutObject"},
	"s3.CreateMultipartUploadInput":   {"s3:PutObject"},
	"s3.UploadPartInput":              {"s3:PutObject"},
	"s3.UploadPartCopyInput":          {"s3:GetObject", "s3:PutObject"},
	"s3.CompleteMultipartUploadInput": {"s3:PutObject"},
	"s3.AbortMultipartUploadInput":    {"s3:AbortMultipartUpload"},
	"s3.DeleteObjectInput":            {"s3:DeleteObject"},
	"s3.ListObjectsV2Input":           {"s3:ListBucket"},

	"sqs.SendMessageInput":      {"sqs:SendMessage"},
	"sqs.SendMessageBatchInput": {"sqs:SendMessage"},

	"ses.SendRawEmailInput": {"ses:SendRawEmail"},
	"ses.SendEmailInput":    {"ses:SendEmail"},
}

const sdkServices = "github.com/aws/aws-sdk-go-v2/service/"

// Actions lists the IAM actions the drivers linked into a main take. A request that is not in the table above is an
// error: it has to be entered before the template can be held to it.
func (s *Code) Actions(dir string) ([]string, error) {
	linked, err := s.Linked(dir)
	if err != nil {
		return nil, err
	}
	needed := map[string]bool{}
	for _, at := range linked {
		files, err := s.files(at)
		if err != nil {
			return nil, err
		}
		for _, f := range files {
			names := imports(f)
			ast.Inspect(f, func(n ast.Node) bool {
				sel, ok := n.(*ast.SelectorExpr)
				if !ok {
					return true
				}
				x, ok := sel.X.(*ast.Ident)
				if !ok {
					return true
				}
				service, ok := strings.CutPrefix(names[x.Name], sdkServices)
				if !ok {
					return true
				}
				actions, known := requests[service+"."+sel.Sel.Name]
				if !known && strings.HasSuffix(sel.Sel.Name, "Input") && !strings.Contains(service, "/") {
					err = fmt.Errorf("template: %s makes %s.%s, whose IAM action is not known", at, service, sel.Sel.Name)
				}
				for _, a := range actions {
					needed[a] = true
				}
				return true
			})
		}
		if err != nil {
			return nil, err
		}
	}
	return slices.Sorted(maps.Keys(needed)), nil
}
