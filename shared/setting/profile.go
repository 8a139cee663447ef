package setting

import (
	"slices"
	"strings"

	"github.com/muster-crm/muster/shared/list"
	"github.com/muster-crm/muster/shared/record"
)

// always are members that every record needs for itself: nobody does without them.
var always = []string{"number", "status", "entity", "externalIds", "custom", "owner"}

// Chosen lists the fields of a kind of which an organisation says whether they are used and mandatory (SET-02): those
// that the kind does not need by itself.
func Chosen(k *record.Kind) []*record.Field {
	return slices.DeleteFunc(slices.Clone(k.Fields), func(f *record.Field) bool {
		return f.Required || f.System || slices.Contains(always, f.Name)
	})
}

// use gives what is said of a field: Mandatory, Unused, or "" for used.
func (s *Settings) use(kind, path string) string { return s.Profile[kind+"."+path] }

// Used tells whether a standard field of a kind is to be shown and asked for.
func (c *Config) Used(kind, path string) bool {
	top, _, _ := strings.Cut(path, ".")
	return c.Settings.use(kind, top) != Unused
}

// Mandatory lists the standard fields of a kind that the organisation has made mandatory.
func (c *Config) Mandatory(kind string) []string {
	var paths []string
	for key, use := range c.Settings.Profile {
		if path, ok := strings.CutPrefix(key, kind+"."); ok && use == Mandatory {
			paths = append(paths, path)
		}
	}
	slices.Sort(paths)
	return paths
}

// profileProblems checks what is said of standard fields.
func (s *Settings) profileProblems(env *record.Env) []record.Problem {
	var p []record.Problem
	for key, use := range s.Profile {
		path := "profile." + key
		if !list.Has(list.ProfileUse, use) {
			p = append(p, record.Problem{Path: path, Code: "bad_choice", Pairs: []string{"list", list.ProfileUse}})
			continue
		}
		f := chosen(env, key)
		switch {
		case f == nil:
			p = append(p, record.Problem{Path: path, Code: "unknown_field", Pairs: []string{"word", key}})
		case use == Mandatory && f.Type == record.Flag:
			p = append(p, record.Problem{Path: path, Code: "field_flag"})
		}
	}
	return p
}

// chosen finds the field a key of the profile means.
func chosen(env *record.Env, key string) *record.Field {
	if env.Kinds == nil {
		return nil
	}
	kind, path, _ := strings.Cut(key, ".")
	k, ok := env.Kinds.Kind(kind)
	if !ok || !slices.Contains(fieldKinds, kind) {
		return nil
	}
	for _, f := range Chosen(k) {
		if f.Path == path {
			return f
		}
	}
	return nil
}
