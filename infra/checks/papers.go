package checks

import (
	"bytes"
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"
)

var adrName = regexp.MustCompile(`^infra/adr/(\d{4})-[a-z0-9-]+\.md$`)

// Decisions finds gaps in the numbers of decisions, and decisions that do not say what was chosen and why.
func Decisions(t *Tree) (found []string) {
	next := 1
	for _, name := range t.names() {
		if !below(name, "infra/adr") {
			continue
		}
		m := adrName.FindStringSubmatch(name)
		if m == nil {
			found = append(found, name+": decisions are named NNNN-title.md")
			continue
		}
		if want := fmt.Sprintf("%04d", next); m[1] != want {
			found = append(found, fmt.Sprintf("%s: the next decision has the number %s", name, want))
		}
		next++
		raw := t.Files[name]
		if !bytes.HasPrefix(raw, fmt.Appendf(nil, "# %s. ", strings.TrimLeft(m[1], "0"))) {
			found = append(found, name+": its title begins with its number")
		}
		for _, part := range []string{"Context", "Choice"} {
			if !regexp.MustCompile(`(?m)^(#+ )?` + part + `\b`).Match(raw) {
				found = append(found, name+": says nothing of the "+strings.ToLower(part))
			}
		}
	}
	return found
}

// papers are the texts whose paths in `code` must exist.
var papers = []string{"README.md", ".github/CONTRIBUTING.md", ".github/SECURITY.md"}

var quoted = regexp.MustCompile("`([^`\\s]+)`")

// isPath recognises a path of the project: below a folder of it, or with one of its files at the top.
var isPath = regexp.MustCompile(`^(\./)?((functions|shared|infra|\.github|\.ci)/|(template\.yaml|samconfig\.toml|Makefile|LICENSE|go\.mod|README\.md)$)`)

// Papers finds paths in papers that lead nowhere. In a path, <name> stands for any one name.
func Papers(t *Tree) (found []string) {
	dirs := map[string]bool{}
	for name := range t.Files {
		for d := path.Dir(name); d != "."; d = path.Dir(d) {
			dirs[d] = true
		}
	}
	for _, paper := range papers {
		raw, ok := t.Files[paper]
		if !ok {
			found = append(found, paper+": missing")
		}
		for _, m := range quoted.FindAllSubmatch(raw, -1) {
			at := path.Clean(strings.TrimSuffix(string(m[1]), "/..."))
			if !isPath.MatchString(string(m[1])) || t.exists(at, dirs) {
				continue
			}
			found = append(found, fmt.Sprintf("%s: there is no %s", paper, m[1]))
		}
	}
	return found
}

var anyName = regexp.MustCompile(`<[a-z]+>`)

// exists reports whether a file or folder is there, with any name for <name>. The name a driver, kind or suite would get
// stands for one to be written, so that a folder that fits is enough.
func (t *Tree) exists(at string, dirs map[string]bool) bool {
	if _, ok := t.Files[at]; ok || dirs[at] {
		return true
	}
	if !anyName.MatchString(at) {
		return false
	}
	parts := anyName.Split(at, -1)
	for i := range parts {
		parts[i] = regexp.QuoteMeta(parts[i])
	}
	fits := regexp.MustCompile("^" + strings.Join(parts, "[a-z]+") + "$")
	for name := range t.Files {
		if fits.MatchString(name) {
			return true
		}
	}
	for dir := range dirs {
		if fits.MatchString(dir) {
			return true
		}
	}
	return false
}

// machines are paths that are on one machine alone. They are put together here so that this file is clean of them.
var machines = regexp.MustCompile(`(^|[^\w./-])(/ho` + `me/\w|/Use` + `rs/\w|/ro` + `ot/\w|/wo` + `rk/\w|/tm` + `p/\w|[A-Z]:\\Users)`)

// Machines finds paths of somebody's machine.
func Machines(t *Tree) (found []string) {
	t.lines(func(name string, number int, line []byte) {
		if slices.Contains(machineFiles, name) {
			return
		}
		if m := machines.FindSubmatch(line); m != nil {
			found = append(found, fmt.Sprintf("%s:%d: %s... is a path of one machine", name, number, m[2]))
		}
	})
	return found
}

// machineFiles may name such paths: as the input of tests of paths, not as places.
var machineFiles = []string{"shared/blob/blob_test.go"}
