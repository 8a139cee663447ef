package checks

import (
	"encoding/json"
	"fmt"
	"go/ast"
	"go/token"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/muster-crm/muster/shared/list"
	"github.com/muster-crm/muster/shared/product"
	"github.com/muster-crm/muster/shared/record"
	"github.com/muster-crm/muster/shared/setting"
)

// dynamic is the one table of keys that code puts together: what they begin with, and which ends there are.
var dynamic = map[string]func(rest string, said words) bool{
	"alike.field.":       coded,
	"alike.how.":         coded,
	"bulk.":              coded,
	"bulk.did.":          coded,
	"builder.join.":      coded,
	"complete.":          coded,
	"builder.op.":        coded,
	"count.":             coded,
	"access.act.":        coded,
	"deed.":              coded,
	"deed.did.":          coded,
	"country.":           func(rest string, _ words) bool { return list.Has(list.Country, rest) },
	"date.month.":        numbered,
	"duplicates.":        coded,
	"duplicates.said.":   coded,
	"date.weekday.":      numbered,
	"export.format.":     func(rest string, said words) bool { return said.coded(rest, ".help") },
	"export.rows.":       func(rest string, said words) bool { return said.coded(strings.TrimPrefix(rest, "record.")) },
	"fault.":             func(rest string, said words) bool { return said.coded(rest, "_taken", "_shared") },
	"field.":             member,
	"history.":           coded,
	"import.date.":       coded,
	"import.fate.":       coded,
	"import.field.":      imported,
	"import.group.":      coded,
	"import.key.":        coded,
	"import.link.":       coded,
	"import.mode.":       func(rest string, said words) bool { return said.coded(rest, ".help") },
	"import.rule.":       coded,
	"job.kind.":          coded,
	"job.state.":         coded,
	"kind.":              coded,
	"list.":              listed,
	"lists.":             func(rest string, _ words) bool { return slices.Contains(setting.ManagedLists(), rest) },
	"mail.":              coded,
	"nav.":               coded,
	"page.did.":          coded,
	"page.failure.":      numbered,
	"page.revert.":       coded,
	"page.section.":      coded,
	"page.via.":          func(rest string, said words) bool { return list.Has(list.Source, rest) || said.coded(rest) },
	"relative.":          coded,
	"role.":              coded,
	"settings.class.":    func(rest string, said words) bool { return said.coded(rest, ".help") },
	"settings.did.":      coded,
	"settings.policy.":   func(rest string, said words) bool { return said.coded(rest, ".help") },
	"settings.presence.": func(rest string, said words) bool { return said.coded(rest, ".help") },
	"settings.role.":     func(rest string, said words) bool { return said.coded(rest, ".help") },
	"settings.type.":     func(rest string, said words) bool { return said.coded(rest, ".help") },
	"story.":             coded,
	"welcome.":           func(rest string, said words) bool { return said.coded(rest, ".text") },
}

// words are the texts that stand in code.
type words map[string]*Source

// coded reports whether an end of a key is a code that stands in code: whole, each of its parts, or without one of the
// tails that code adds.
func (w words) coded(rest string, tails ...string) bool {
	for _, tail := range tails {
		rest = strings.TrimSuffix(rest, tail)
	}
	if w[rest] != nil {
		return true
	}
	parts := strings.Split(rest, ".")
	return len(parts) > 1 && !slices.ContainsFunc(parts, func(p string) bool { return w[p] == nil && w["."+p] == nil })
}

func coded(rest string, said words) bool { return said.coded(rest) }

func numbered(rest string, _ words) bool {
	_, err := strconv.Atoi(strings.TrimSuffix(rest, ".text"))
	return err == nil
}

func listed(rest string, _ words) bool {
	name, code, _ := strings.Cut(rest, ".")
	return list.Has(name, code)
}

// members are the paths of every field of every kind, and what the index and its queries call by a name of its own.
var members = func() map[string]bool {
	all := map[string]bool{}
	for _, k := range product.Kinds().Kinds() {
		var add func([]*record.Field)
		add = func(fields []*record.Field) {
			for _, f := range fields {
				all[k.Name+"."+f.Path], all[f.Path] = true, true
				if f.Age != "" {
					all[k.Name+"."+f.Age] = true
				}
				add(f.Fields)
			}
		}
		add(k.Fields)
	}
	for _, system := range []string{"createdAt", "createdBy", "updatedAt", "updatedBy", "deletedAt", "deletedBy"} {
		all[system] = true
	}
	return all
}()

// member reports whether an end names a field, with at most one code below it ("settings.keyPolicy.email").
func member(rest string, said words) bool {
	if members[rest] {
		return true
	}
	i := strings.LastIndexByte(rest, '.')
	return i > 0 && members[rest[:i]] && said[rest[i+1:]] != nil
}

// imported reports whether an end names a target of an import: a field, its path alone or with the part or kind a column
// may hold ("addresses:text", "birthDate:day"), or one that is no field ("family").
func imported(rest string, said words) bool {
	path, part, _ := strings.Cut(rest, ":")
	return said[rest] != nil || member(path, said) && (part == "" || said.coded(rest) || said[part] != nil || said[":"+part] != nil)
}

var (
	looksLikeKey = regexp.MustCompile(`^[a-z][a-zA-Z]*(\.[a-zA-Z0-9_]+)+\.?$`)
	catalogue    = regexp.MustCompile(`^shared/i18n/catalogue/en/[a-z]+\.json$`)
)

// Texts finds keys in code that the catalogue does not have, keys of the catalogue that no code uses, and rows of the
// table of dynamic keys that have had their time.
func Texts(t *Tree) (found []string) {
	keys, areas := map[string]string{}, map[string]bool{}
	for _, name := range t.names() {
		if !catalogue.MatchString(name) {
			continue
		}
		var texts map[string]json.RawMessage
		if err := json.Unmarshal(t.Files[name], &texts); err != nil {
			found = append(found, name+": "+err.Error())
		}
		for key := range texts {
			keys[key] = name
			area, _, _ := strings.Cut(key, ".")
			areas[area] = true
		}
	}
	said := words{}
	t.walk(func(s *Source) bool { return !s.Test && below(s.Path, "functions", "shared", "infra/local") }, func(s *Source, n ast.Node) {
		lit, ok := n.(*ast.BasicLit)
		if !ok || lit.Kind != token.STRING {
			return
		}
		text, err := strconv.Unquote(lit.Value)
		if err != nil {
			return
		}
		said[text] = s
		area, _, _ := strings.Cut(text, ".")
		if looksLikeKey.MatchString(text) && !strings.HasSuffix(text, ".templ") && areas[area] && keys[text] == "" && !begins(text) {
			found = append(found, s.at(lit.Pos(), "%q is not in the catalogue", text))
		}
	})
	for _, key := range slices.Sorted(maps.Keys(keys)) {
		if said[key] == nil && !composed(key, said) {
			found = append(found, fmt.Sprintf("%s: nothing says %q", keys[key], key))
		}
	}
	for _, prefix := range slices.Sorted(maps.Keys(dynamic)) {
		area, _, _ := strings.Cut(prefix, ".")
		if areas[area] && !slices.ContainsFunc(slices.Collect(maps.Keys(said)), func(s string) bool { return strings.HasPrefix(s, prefix) }) {
			found = append(found, fmt.Sprintf("infra/checks/words.go: no code begins a key with %q", prefix))
		}
	}
	return found
}

// begins reports whether a text is how the code begins a key, by the table.
func begins(text string) bool {
	for prefix := range dynamic {
		if strings.HasSuffix(text, ".") && strings.HasPrefix(text, prefix) {
			return true
		}
	}
	return false
}

// composed reports whether code puts a key together.
func composed(key string, said words) bool {
	for prefix, uses := range dynamic {
		if rest, ok := strings.CutPrefix(key, prefix); ok && uses(rest, said) {
			return true
		}
	}
	return false
}
