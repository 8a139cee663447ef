package i18n

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// ports are packages whose refusals go to the program above them, which has its own words.
var ports = []string{"blob", "mail", "org", "queue", "seal", "sms", "store"}

// A code that a reader can meet has a sentence of its own, and the call gives what the sentence needs. Codes of the
// kinds that are no fault of the reader's (internal, unavailable) may do with the sentence of their kind. Looked for
// are literal codes in calls of fault.New, Wrap, Bad and At all over the project.
func TestEveryFaultHasASentence(t *testing.T) {
	root := filepath.Join("..", "..")
	p := New(English, nil)
	for _, dir := range []string{"shared", "functions"} {
		err := filepath.WalkDir(filepath.Join(root, dir), func(path string, d fs.DirEntry, err error) error {
			if err == nil && d.IsDir() && slices.Contains(ports, d.Name()) {
				return filepath.SkipDir
			}
			if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") || strings.Contains(filepath.Dir(path), "test") {
				return err
			}
			set := token.NewFileSet()
			file, err := parser.ParseFile(set, path, nil, parser.SkipObjectResolution)
			if err != nil {
				return err
			}
			ast.Inspect(file, func(n ast.Node) bool {
				call, ok := n.(*ast.CallExpr)
				if !ok || len(call.Args) < 2 {
					return true
				}
				function, ok := call.Fun.(*ast.SelectorExpr)
				if !ok || !isName(function.X, "fault") {
					return true
				}
				switch function.Sel.Name {
				case "New", "Wrap":
					kind, ok := call.Args[0].(*ast.SelectorExpr)
					if ok && (kind.Sel.Name == "Internal" || kind.Sel.Name == "Unavailable") {
						return true
					}
				case "Bad", "At":
				default:
					return true
				}
				literal, ok := call.Args[1].(*ast.BasicLit)
				if !ok {
					return true
				}
				code, err := strconv.Unquote(literal.Value)
				if err != nil {
					return true
				}
				m, ok := p.texts["fault."+code]
				if !ok {
					t.Errorf("%s: no sentence for the code %q", set.Position(call.Pos()), code)
				}
				given := literals(call.Args[2:])
				for _, name := range arguments(m["other"]) {
					if function.Sel.Name != "Wrap" && !call.Ellipsis.IsValid() && !slices.Contains(given, name) {
						t.Errorf("%s: the sentence of %q needs the argument %q", set.Position(call.Pos()), code, name)
					}
				}
				return true
			})
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

// literals lists the string literals among expressions.
func literals(all []ast.Expr) (texts []string) {
	for _, e := range all {
		if l, ok := e.(*ast.BasicLit); ok && l.Kind == token.STRING {
			if text, err := strconv.Unquote(l.Value); err == nil {
				texts = append(texts, text)
			}
		}
	}
	return texts
}

func isName(e ast.Expr, name string) bool {
	id, ok := e.(*ast.Ident)
	return ok && id.Name == name
}
