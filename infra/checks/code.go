package checks

import (
	"fmt"
	"go/ast"
	"go/token"
	"regexp"
	"slices"
	"strings"
)

// PackageComments finds packages without a comment that says what they are for.
func PackageComments(t *Tree) (found []string) {
	names, folders := t.folders()
	for _, dir := range names {
		if !slices.ContainsFunc(folders[dir], func(s *Source) bool { return s.AST.Doc.Text() != "" && !s.Generated }) {
			found = append(found, dir+": no package comment")
		}
	}
	return found
}

// Documented finds exported names without a comment. Members of a documented group may do without: of a declaration, or
// methods of one name line by line. So may methods everybody knows.
func Documented(t *Tree) (found []string) {
	for _, s := range t.Go {
		if s.Test || s.Generated || s.AST.Name.Name == "main" {
			continue
		}
		group, last := "", 0 // the name of the methods in the lines above, and the last of those
		for _, d := range s.AST.Decls {
			switch d := d.(type) {
			case *ast.FuncDecl:
				first := s.set.Position(d.Pos()).Line
				grouped := d.Recv != nil && d.Name.Name == group && first == last+1
				known := d.Recv != nil && slices.Contains(wellKnown, d.Name.Name)
				if d.Name.IsExported() && d.Doc == nil && exportedReceiver(d) && !known && !grouped {
					found = append(found, s.at(d.Pos(), "%s is not documented", d.Name.Name))
				}
				if d.Doc != nil || grouped {
					group, last = d.Name.Name, s.set.Position(d.End()).Line
				}
			case *ast.GenDecl:
				for _, spec := range d.Specs {
					found = append(found, undocumented(s, d, spec)...)
				}
			}
		}
	}
	return found
}

// wellKnown are methods whose name says it all, by interfaces of the standard library.
var wellKnown = []string{"Error", "String", "Unwrap"}

func undocumented(s *Source, d *ast.GenDecl, spec ast.Spec) (found []string) {
	switch spec := spec.(type) {
	case *ast.TypeSpec:
		if spec.Name.IsExported() && spec.Doc == nil && d.Doc == nil && spec.Comment == nil {
			found = append(found, s.at(spec.Pos(), "%s is not documented", spec.Name.Name))
		}
	case *ast.ValueSpec:
		for _, n := range spec.Names {
			if n.IsExported() && spec.Doc == nil && d.Doc == nil && spec.Comment == nil {
				found = append(found, s.at(n.Pos(), "%s is not documented", n.Name))
			}
		}
	}
	return found
}

// exportedReceiver reports whether a function is reached from outside: no method, or one of an exported type.
func exportedReceiver(f *ast.FuncDecl) bool {
	if f.Recv == nil {
		return true
	}
	e := f.Recv.List[0].Type
	for {
		switch x := e.(type) {
		case *ast.StarExpr:
			e = x.X
		case *ast.IndexExpr:
			e = x.X
		case *ast.IndexListExpr:
			e = x.X
		case *ast.Ident:
			return x.IsExported()
		default:
			return true
		}
	}
}

// sleepers are the files that may sleep, with the reason.
var sleepers = map[string]string{
	"infra/bench/postgres.go":  "another program comes up and does not say when",
	"infra/bench/site/main.go": "asks how far an import is, as a browser does",
}

// banned says why no code makes a call: one that sleeps waits too long or not long enough, one that skips tests nothing, and a store
// that does not sync loses what it has acknowledged.
func banned(s *Source, x, name string) string {
	switch {
	case x == "time" && name == "Sleep" && sleepers[s.Path] == "":
		return "time.Sleep: wait for what you wait for"
	case s.Path != "infra/need/need.go" && slices.Contains([]string{"Skip", "Skipf", "SkipNow"}, name) && slices.Contains([]string{"t", "b", "tb", "f"}, x):
		return "skips a test: ask package need"
	case name == "NoSync" || name == "NoFreelistSync" || name == "NoGrowSync":
		return name + ": an acknowledged write is on the disk"
	}
	return ""
}

// Banned finds calls that no code makes.
func Banned(t *Tree) (found []string) {
	t.walk(func(s *Source) bool { return true }, func(s *Source, n ast.Node) {
		switch n := n.(type) {
		case *ast.SelectorExpr:
			x, _ := n.X.(*ast.Ident)
			if x == nil {
				x = &ast.Ident{}
			}
			if why := banned(s, x.Name, n.Sel.Name); why != "" {
				found = append(found, s.at(n.Pos(), "%s", why))
			}
		case *ast.KeyValueExpr:
			if id, ok := n.Key.(*ast.Ident); ok {
				if why := banned(s, "", id.Name); why != "" {
					found = append(found, s.at(n.Pos(), "%s", why))
				}
			}
		}
	})
	return found
}

// floats are the files of shared that may calculate with floating point, with the reason. No money is among them.
var floats = map[string]string{
	"shared/sheet/number.go":                 "cells of spreadsheets are floating-point numbers",
	"shared/sheet/writexlsx.go":              "as are their dates",
	"shared/sheet/comma.go":                  "a score of how likely a separator is",
	"shared/record/sentence.go":              "numbers of a decoded JSON document",
	"shared/exporter/paper/paper.go":         "lengths on paper",
	"shared/dedupe/company.go":               "probabilities and their logarithms",
	"shared/dedupe/corpus.go":                "probabilities and their logarithms",
	"shared/dedupe/date.go":                  "probabilities and their logarithms",
	"shared/dedupe/dedupe.go":                "probabilities and their logarithms",
	"shared/dedupe/group.go":                 "probabilities and their logarithms",
	"shared/dedupe/name.go":                  "probabilities and their logarithms",
	"shared/dedupe/place.go":                 "probabilities and their logarithms",
	"shared/dedupe/scan.go":                  "probabilities and their logarithms",
	"shared/dedupe/score.go":                 "probabilities and their logarithms",
	"shared/dedupe/dedupetest/dedupetest.go": "how right an answer is",
}

// Floats finds floating point in shared where nobody gave a reason for it.
func Floats(t *Tree) (found []string) {
	t.walk(func(s *Source) bool { return below(s.Path, "shared") && !s.Test && floats[s.Path] == "" }, func(s *Source, n ast.Node) {
		switch n := n.(type) {
		case *ast.Ident:
			if n.Name == "float64" || n.Name == "float32" {
				found = append(found, s.at(n.Pos(), "%s: whole numbers of the smallest unit are exact", n.Name))
			}
		case *ast.BasicLit:
			if n.Kind == token.FLOAT && strings.Contains(n.Value, ".") { // 1e9 is a whole number, too
				found = append(found, s.at(n.Pos(), "%s: whole numbers of the smallest unit are exact", n.Value))
			}
		}
	})
	return found
}

// unfinished are words of work that was left: in comments and papers they are a promise nobody keeps.
var unfinished = regexp.MustCompile(`\b(TO` + `DO|FIX` + `ME|XX` + `X|HA` + `CK)\b|(?i)\bnot (yet )?implemented\b|\bfor no` + `w\b|\b(is|are) a stu` + `b\b|\bstub` + `bed\b|\bplace` + `holder implementation\b`)

// Unfinished finds work that was left, in comments of code and in papers.
func Unfinished(t *Tree) (found []string) {
	for _, s := range t.Go {
		if s.Generated {
			continue
		}
		for _, group := range s.AST.Comments {
			for _, c := range group.List {
				if word := unfinished.FindString(c.Text); word != "" {
					found = append(found, s.at(c.Pos(), "%q: finish it", word))
				}
			}
		}
	}
	t.lines(func(name string, number int, line []byte) {
		if strings.HasSuffix(name, ".go") {
			return
		}
		if word := unfinished.Find(line); word != nil {
			found = append(found, fmt.Sprintf("%s:%d: %q: finish it", name, number, word))
		}
	})
	return found
}
